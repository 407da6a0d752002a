/*
 * xml repair: rewrites broken markup as well-formed XML, in one pass, guided by a stack of what is
 * open. Everything that it can read as the author meant is kept; nothing is invented. Not a parser:
 * what it writes goes through the parser, which has the last word.
 */
#include "xml_priv.h"

#include <string.h>
#include <strings.h>

#include "text.h"

#define SEEN_MAX 256 /* attributes of one tag that are kept */

struct open {
	const char *name;
	size_t len;
};

struct repair {
	const char *p, *end;
	const struct xml_reader *reader;
	struct buf *out;
	struct fault *fault;
	struct open stack[XML_DEPTH_MAX];
	size_t depth;
	int rc;
	int root_closed;
	int endless;       /* no comment ends any more */
	int endless_cdata; /* no CDATA section ends any more */
};

/* Tags of HTML that are never closed and may stand bare in a description. */
static const char *const void_names[] = {"br", "hr", "img", "wbr", NULL};
/* Tags of HTML whose end tag is optional: the next one of its kind ends it. */
static const char *const closing_names[] = {
    "p", "li", "dt", "dd", "tr", "td", "th", "option", NULL};

static void
put(struct repair *r, const char *s, size_t len)
{
	if (!r->rc && buf_add(r->out, s, len))
		r->rc = fault_set(
		    r->fault, ERR_LIMIT, "the document grows too much when it is repaired");
}

static void
put_str(struct repair *r, const char *s)
{
	put(r, s, strlen(s));
}

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static size_t
name_length(const char *p, const char *end)
{
	const char *start = p;
	while (p < end && xml_is_name_char(*p))
		p++;
	return (size_t)(p - start);
}

/* ---- text ---- */

/* Write the ASCII character C escaped; a control character is dropped. */
static void
put_special(struct repair *r, char c)
{
	static const struct {
		char c;
		const char *escape;
	} escapes[] = {{'<', "&lt;"}, {'>', "&gt;"}, {'&', "&amp;"}, {'"', "&quot;"}};
	for (size_t i = 0; i < sizeof escapes / sizeof *escapes; i++)
		if (escapes[i].c == c)
			put_str(r, escapes[i].escape);
}

/* Text from P to END with everything escaped that has to be; LITERAL: references are no references
 * (CDATA). */
static void
put_text(struct repair *r, const char *p, const char *end, int literal)
{
	const char *from = p;
	while (p < end && !r->rc) {
		unsigned char c = (unsigned char)*p;
		if (c >= 0x20 ? c != '&' && c != '<' && c != '>' && c != '"' && c != 0xef
			      : c == '\t' || c == '\n' || c == '\r') {
			p++;
			continue;
		}
		put(r, from, (size_t)(p - from));
		char text[TEXT_REFERENCE_MAX];
		size_t text_len = 0, used = 0;
		if (c == '&' && !literal)
			used = text_reference(p, (size_t)(end - p), text, &text_len);
		if (used) { /* of XML or of HTML; anything else is just an ampersand */
			put_text(r, text, text + text_len, 1);
			p += used;
		} else if (c == 0xef &&
			   end - p >= 3) { /* U+FFFE and U+FFFF are no characters of XML */
			if (memcmp(p, "\xef\xbf\xbe", 3) != 0 && memcmp(p, "\xef\xbf\xbf", 3) != 0)
				put(r, p, 3);
			p += 3;
		} else {
			put_special(r, *p++);
		}
		from = p;
	}
	put(r, from, (size_t)(p - from));
}

/* ---- tags ---- */

static const char *
local(const struct open *o, size_t *len)
{
	const char *colon = memrchr(o->name, ':', o->len);
	const char *name = colon ? colon + 1 : o->name;
	*len = o->len - (size_t)(name - o->name);
	return name;
}

static int
local_is_in(const struct open *o, const char *const *list)
{
	size_t len;
	const char *name = local(o, &len);
	for (; list && *list; list++)
		if (strlen(*list) == len && !strncasecmp(*list, name, len))
			return 1;
	return 0;
}

static void
close_top(struct repair *r)
{
	const struct open *top = &r->stack[--r->depth];
	put_str(r, "</");
	put(r, top->name, top->len);
	put_str(r, ">");
	r->root_closed = r->depth == 0;
}

/* An element that never nests begins: close what hangs open from the one before it. */
static void
close_for_solo(struct repair *r)
{
	size_t keep = r->depth;
	while (keep > 1 && !local_is_in(&r->stack[keep - 1], r->reader->containers))
		keep--;
	while (r->depth > keep)
		close_top(r);
}

/* What the tag that begins ends, though it was never closed. */
static void
close_before(struct repair *r, const struct open *tag)
{
	if (local_is_in(tag, r->reader->solo))
		close_for_solo(r);
	if (r->depth == 0)
		return;
	const struct open *top = &r->stack[r->depth - 1];
	int again = top->len == tag->len && !strncasecmp(top->name, tag->name, tag->len) &&
		    local_is_in(tag, closing_names);
	int beside =
	    local_is_in(top, r->reader->lines) &&
	    (local_is_in(tag, r->reader->lines) || local_is_in(tag, r->reader->neighbours));
	if (again || beside)
		close_top(r);
}

static void
end_tag(struct repair *r)
{
	const char *name = r->p + 2;
	size_t len = name_length(name, r->end);
	const char *lt = memchr(r->p + 1, '<', (size_t)(r->end - r->p - 1));
	const char *gt = memchr(r->p, '>', (size_t)((lt ? lt : r->end) - r->p));
	r->p = gt ? gt + 1 : lt ? lt : r->end;
	for (int any_case = 0; any_case < 2; any_case++) {
		for (size_t i = r->depth; i > 0; i--) {
			const struct open *o = &r->stack[i - 1];
			if (o->len != len || (any_case ? strncasecmp(o->name, name, len) != 0
						       : memcmp(o->name, name, len) != 0))
				continue;
			while (r->depth >= i)
				close_top(r);
			return;
		}
	}
}

/* One attribute at R->p, whose name has NAME_LEN bytes; its value becomes [*VALUE, *VALUE_END). */
static void
read_value(struct repair *r, const char **value, const char **value_end)
{
	while (r->p < r->end && is_space(*r->p))
		r->p++;
	*value = *value_end = r->p;
	if (r->p >= r->end || *r->p != '=')
		return;
	r->p++;
	while (r->p < r->end && is_space(*r->p))
		r->p++;
	if (r->p >= r->end)
		return;
	if (*r->p == '"' || *r->p == '\'') {
		const char *close = memchr(r->p + 1, *r->p, (size_t)(r->end - r->p - 1));
		if (!close) /* never closed: up to the end of the tag */
			close = memchr(r->p, '>', (size_t)(r->end - r->p));
		*value = r->p + 1;
		*value_end = close ? close : r->end;
		r->p = close ? close + (*close != '>') : r->end;
		if (*value > *value_end)
			*value = *value_end;
		return;
	}
	*value = r->p;
	while (r->p < r->end && !is_space(*r->p) && *r->p != '>')
		r->p++;
	*value_end = r->p;
}

static int
was_seen(const struct open *seen, size_t count, const char *name, size_t len)
{
	for (size_t i = 0; i < count; i++)
		if (seen[i].len == len && !memcmp(seen[i].name, name, len))
			return 1;
	return 0;
}

/* The attributes at R->p up to the end of the tag; *VALUES: how many have one. 1 when it ended with
 * "/>". */
static int
copy_attributes(struct repair *r, int *values)
{
	struct open seen[SEEN_MAX];
	size_t count = 0;
	while (r->p < r->end && *r->p != '>' && *r->p != '<') {
		if (*r->p == '/' && r->p + 1 < r->end && r->p[1] == '>') {
			r->p += 2;
			return 1;
		}
		if (!xml_is_name_start(*r->p)) {
			r->p++;
			continue;
		}
		const char *name = r->p, *value, *value_end;
		size_t len = name_length(name, r->end);
		r->p += len;
		read_value(r, &value, &value_end);
		*values += value_end > value;
		if (count == SEEN_MAX || was_seen(seen, count, name, len))
			continue;
		seen[count++] = (struct open){name, len};
		put_str(r, " ");
		put(r, name, len);
		put_str(r, "=\"");
		put_text(r, value, value_end, 0);
		put_str(r, "\"");
	}
	if (r->p < r->end && *r->p == '>')
		r->p++;
	return 0;
}

static void
start_tag(struct repair *r)
{
	struct open tag = {r->p + 1, name_length(r->p + 1, r->end)};
	const char *start = r->p;
	close_before(r, &tag);
	if (r->depth == XML_DEPTH_MAX) {
		r->rc =
		    fault_set(r->fault, ERR_LIMIT, "elements nested deeper than %d", XML_DEPTH_MAX);
		return;
	}
	size_t before = r->out->len;
	put_str(r, "<");
	put(r, tag.name, tag.len);
	r->p += 1 + tag.len;
	int values = 0, empty = copy_attributes(r, &values);
	int cut = r->p == r->end && r->end[-1] != '>';
	int words = r->p < r->end && r->p[-1] != '>' && !values && r->depth; /* "a <b and <c" */
	if (r->rc)
		return;
	if (cut || words) { /* it was no tag, or the document ends in it */
		r->out->len = before;
		r->out->data[before] = '\0';
		if (words)
			put_text(r, start, r->p, 0);
		return;
	}
	empty |= local_is_in(&tag, void_names);
	put_str(r, empty ? "/>" : ">");
	if (!empty)
		r->stack[r->depth++] = tag;
	else if (r->depth == 0)
		r->root_closed = 1;
}

/* Where a CDATA section without "]]>" ends: before the end tag of its element, if there is one. */
static const char *
endless_cdata_end(const struct repair *r, const char *body)
{
	const struct open *top = r->depth ? &r->stack[r->depth - 1] : NULL;
	for (const char *p = body; top && (p = memmem(p, (size_t)(r->end - p), "</", 2)); p += 2) {
		size_t left = (size_t)(r->end - p);
		if (left > top->len + 2 && !memcmp(p + 2, top->name, top->len) &&
		    !xml_is_name_char(p[2 + top->len]))
			return p;
	}
	return r->end;
}

/* <! and <? : CDATA becomes text, the rest is dropped. */
static void
declaration(struct repair *r)
{
	static const char cdata[] = "<![CDATA[", comment[] = "<!--";
	size_t left = (size_t)(r->end - r->p);
	const char *close;
	if (left >= sizeof cdata - 1 && !strncasecmp(r->p, cdata, sizeof cdata - 1)) {
		const char *body = r->p + sizeof cdata - 1;
		close = r->endless_cdata ? NULL : memmem(body, (size_t)(r->end - body), "]]>", 3);
		r->endless_cdata = close == NULL;
		const char *end = close ? close : endless_cdata_end(r, body);
		put_text(r, body, end, 1);
		r->p = close ? close + 3 : end;
	} else if (left >= sizeof comment - 1 && !memcmp(r->p, comment, sizeof comment - 1)) {
		close = r->endless ? NULL : memmem(r->p, left, "-->", 3);
		r->endless = close == NULL; /* one that never ends hides nothing */
		r->p = close ? close + 3 : r->p + sizeof comment - 1;
	} else {
		close = memchr(r->p, '>', left);
		r->p = close ? close + 1 : r->end;
	}
}

int
xml_repair(const char *text, size_t len, size_t at, const struct xml_reader *reader,
    struct buf *out, struct fault *f)
{
	struct repair r = {
	    .p = text + at, .end = text + len, .reader = reader, .out = out, .fault = f};
	while (r.p < r.end && !r.rc && !r.root_closed) {
		const char *lt = memchr(r.p, '<', (size_t)(r.end - r.p));
		put_text(&r, r.p, lt ? lt : r.end, 0);
		r.p = lt ? lt : r.end;
		if (!lt)
			break;
		char next = r.end - lt > 1 ? lt[1] : '\0';
		if (next == '/') {
			end_tag(&r);
		} else if (next == '!' || next == '?') {
			declaration(&r);
		} else if (xml_is_name_start(next)) {
			start_tag(&r);
		} else { /* at the very end it is a tag that was cut */
			if (next)
				put_str(&r, "&lt;");
			r.p++;
		}
	}
	if (r.depth)
		put_str(&r, "<?cut?>");
	while (r.depth && !r.rc)
		close_top(&r);
	return r.rc;
}
