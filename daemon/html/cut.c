/*
 * The scan before the parser. 60 % of a news page's bytes are script, style, svg and comments, and
 * dropping them first halves the parse; and libxml2 takes quadratic time over the attributes of one
 * tag and over end tags that match nothing, so both are bounded here.
 */
#include <stdint.h>
#include <string.h>
#include <strings.h>

#include "hash.h"
#include "html_priv.h"
#include "text.h"

#define NAME_MAX_LEN 40 /* a longer element name is no element */
#define OTHER_NAMES  256

enum treatment {
	CUT_RAW,    /* drop it with its content, which holds no tags */
	CUT_NESTED, /* drop it with its content, which may hold the same element again */
	CUT_INNER,  /* drop only its content, which holds no tags */
};

static const struct {
	const char *name;
	enum treatment treatment;
} treatments[] = {
    {"script", CUT_RAW},
    {"style", CUT_RAW},
    {"textarea", CUT_RAW},
    {"noembed", CUT_RAW},
    {"noframes", CUT_RAW},
    {"xmp", CUT_RAW},
    {"svg", CUT_NESTED},
    {"math", CUT_NESTED},
    {"template", CUT_NESTED},
    {"canvas", CUT_NESTED},
    {"iframe", CUT_INNER},
};

#define TREATMENTS (sizeof treatments / sizeof *treatments)

struct cutter {
	const char *p, *end;
	char *out, *to, *limit;
	/* start tags that wait for their end tag, by tag, or for unknown names by hash */
	unsigned open[HTML_TAG_COUNT + OTHER_NAMES];
	char endless[TREATMENTS]; /* 1: no end tag of it follows any more */
	char tangled[TREATMENTS]; /* 1: its nesting does not work out on this page */
	int json;                 /* the tag in hand is script with JSON-LD */
	int shadow;               /* ... template that is rendered */
};

/* ---- writing ---- */

static void
put(struct cutter *k, const char *s, size_t len)
{
	if (len > (size_t)(k->limit - k->to)) {
		size_t used = (size_t)(k->to - k->out), cap = (used + len) * 2;
		k->out = mem_resize(k->out, cap);
		k->to = k->out + used;
		k->limit = k->out + cap;
	}
	memcpy(k->to, s, len);
	k->to += len;
}

static void
put_str(struct cutter *k, const char *s)
{
	put(k, s, strlen(s));
}

/* A character that a reference stood for: markup stays a reference, controls are dropped. */
static void
put_decoded(struct cutter *k, const char *bytes, size_t n)
{
	unsigned char c = (unsigned char)bytes[0];
	if (n != 1)
		put(k, bytes, n);
	else if (c == '<')
		put_str(k, "&lt;");
	else if (c == '>')
		put_str(k, "&gt;");
	else if (c == '&')
		put_str(k, "&amp;");
	else if (c == '"')
		put_str(k, "&#34;");
	else if (c >= ' ' || c == '\n' || c == '\t')
		put(k, bytes, 1);
	else
		put(k, " ", 1);
}

enum place { IN_TEXT, IN_VALUE };

static void
put_text(struct cutter *k, const char *p, const char *end, enum place place)
{
	/* 1: never copied as it is, 2: only in text */
	static const char special[256] = {1, 1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 1, 1, 0, 1, 1, 1, 1, 1,
	    1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ['"'] = 2, ['&'] = 1};
	char least = place == IN_TEXT ? 1 : 2;
	while (p < end) {
		const char *start = p;
		while (
		    p < end && (!special[(unsigned char)*p] || special[(unsigned char)*p] > least))
			p++;
		put(k, start, (size_t)(p - start));
		if (p == end)
			return;
		char bytes[TEXT_REFERENCE_MAX];
		size_t n = 1, used = 0;
		if (*p == '&')
			used = text_reference(p, (size_t)(end - p), bytes, &n);
		put_decoded(k, used ? bytes : p, n);
		p += used ? used : 1;
	}
}

/* ---- reading ---- */

static int
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
}

static int
is_letter(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* The end of the tag that P is within, quotes respected: after '>', or END. */
static const char *
tag_end(const char *p, const char *end)
{
	while (p < end && *p != '>') {
		if (*p == '=') {
			for (p++; p < end && is_space(*p); p++)
				;
			if (p < end && (*p == '"' || *p == '\'')) {
				p = memchr(p + 1, *p, (size_t)(end - p - 1));
				if (!p)
					return end;
				p++;
			}
		} else {
			p++;
		}
	}
	return p < end ? p + 1 : end;
}

struct range {
	const char *at;
	size_t len;
};

static int
range_is(struct range r, const char *word)
{
	return r.len && (*r.at | 32) == *word && r.len == strlen(word) &&
	       !strncasecmp(r.at, word, r.len);
}

static int
range_has(struct range r, const char *word)
{
	size_t n = strlen(word);
	for (size_t i = 0; i + n <= r.len; i++)
		if (!strncasecmp(r.at + i, word, n))
			return 1;
	return 0;
}

/* One attribute at k->p; 0 at the tag's end, with k->p after it. */
static int
next_attribute(struct cutter *k, struct range *name, struct range *value)
{
	const char *p = k->p, *end = k->end;
	while (p < end && (is_space(*p) || *p == '/'))
		p++;
	if (p == end || *p == '>') {
		k->p = p < end ? p + 1 : end;
		return 0;
	}
	name->at = p++;
	while (p < end && !is_space(*p) && *p != '/' && *p != '=' && *p != '>')
		p++;
	name->len = (size_t)(p - name->at);
	*value = (struct range){p, 0};
	const char *q = p;
	while (q < end && is_space(*q))
		q++;
	if (q < end && *q == '=') {
		for (p = q + 1; p < end && is_space(*p); p++)
			;
		if (p < end && (*p == '"' || *p == '\'')) {
			const char *stop = memchr(p + 1, *p, (size_t)(end - p - 1));
			value->at = p + 1;
			value->len = (size_t)((stop ? stop : end) - value->at);
			p = stop ? stop + 1 : end;
		} else {
			value->at = p;
			while (p < end && !is_space(*p) && *p != '>')
				p++;
			value->len = (size_t)(p - value->at);
		}
	}
	k->p = p;
	return 1;
}

/* Style matters only where it hides. */
static int
is_wanted(const char *name, struct range value)
{
	return strcmp(name, "style") != 0 || range_has(value, "none") || range_has(value, "hidden");
}

static void
put_attributes(struct cutter *k, enum html_tag tag)
{
	struct range name, value;
	const char *seen[HTML_ATTRIBUTES_MAX];
	size_t count = 0;
	while (next_attribute(k, &name, &value)) {
		const char *known = html_find_attribute(name.at, name.len);
		size_t i = 0;
		if (!known || count == HTML_ATTRIBUTES_MAX || !is_wanted(known, value))
			continue;
		while (i < count && seen[i] != known)
			i++;
		if (i < count)
			continue;
		seen[count++] = known;
		put(k, " ", 1);
		put_str(k, known);
		put(k, "=\"", 2);
		put_text(k, value.at, value.at + value.len, IN_VALUE);
		put(k, "\"", 1);
		k->json |=
		    tag == HTML_SCRIPT && !strcmp(known, "type") && range_has(value, "ld+json");
		k->shadow |= tag == HTML_TEMPLATE && !strcmp(known, "shadowrootmode");
	}
}

/* The next end tag of NAME at or after P; END when there is none. */
static const char *
find_end_tag(const char *p, const char *end, struct range name)
{
	while ((p = memchr(p, '<', (size_t)(end - p)))) {
		if ((size_t)(end - p) < name.len + 3)
			return end;
		const char *after = p + 2 + name.len;
		if (p[1] == '/' && !strncasecmp(p + 2, name.at, name.len) &&
		    (is_space(*after) || *after == '>' || *after == '/'))
			return p;
		p++;
	}
	return end;
}

/* The end of an element that may hold others of its name: after its end tag, NULL when unclosed. */
static const char *
skip_nested(const char *p, const char *end, struct range name)
{
	unsigned depth = 1;
	while ((p = memchr(p, '<', (size_t)(end - p)))) {
		p++;
		int closes = p < end && *p == '/';
		if ((size_t)(end - p) <= name.len + (size_t)closes ||
		    strncasecmp(p + closes, name.at, name.len) != 0)
			continue;
		char after = p[closes + (int)name.len];
		if (!is_space(after) && after != '>' && after != '/')
			continue;
		const char *stop = tag_end(p, end);
		if (closes)
			depth--;
		else if (stop[-1] == '>' && stop[-2] != '/')
			depth++;
		p = stop;
		if (!depth)
			return p;
	}
	return NULL;
}

/* Pass over the content of an element that is cut. K->p is after its start tag. */
static void
skip_content(struct cutter *k, size_t row, struct range name)
{
	const char *stop = NULL;
	if (k->endless[row])
		return;
	if (treatments[row].treatment == CUT_NESTED && !k->tangled[row]) {
		stop = skip_nested(k->p, k->end, name);
		k->tangled[row] = !stop;
	}
	if (!stop) {
		stop = find_end_tag(k->p, k->end, name);
		/* the standard lets an unclosed script run to the end; others are taken as slips */
		if (stop == k->end && name.len != strlen("script")) {
			k->endless[row] = 1;
			return;
		}
		stop = tag_end(stop, k->end);
	}
	k->p = stop;
}

static size_t
find_treatment(struct range name)
{
	size_t row = 0;
	while (row < TREATMENTS && !range_is(name, treatments[row].name))
		row++;
	return row;
}

static int
is_void(enum html_tag tag)
{
	switch (tag) {
	case HTML_BASE:
	case HTML_BR:
	case HTML_EMBED:
	case HTML_FRAME:
	case HTML_HR:
	case HTML_IMG:
	case HTML_INPUT:
	case HTML_LINK:
	case HTML_META:
	case HTML_SOURCE:
		return 1;
	default:
		return 0;
	}
}

static unsigned *
open_count(struct cutter *k, enum html_tag tag, const char *name, size_t len)
{
	return &k->open[tag == HTML_OTHER ? HTML_TAG_COUNT + hash64(name, len) % OTHER_NAMES : tag];
}

/* Copy NAME in lower case; its length, 0 when it is no name that the parser takes. */
static size_t
lower_name(struct range name, char out[NAME_MAX_LEN])
{
	if (name.len > NAME_MAX_LEN)
		return 0;
	for (size_t i = 0; i < name.len; i++) {
		char c = name.at[i];
		if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '-' && c != '_' && c != ':')
			return 0;
		out[i] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	return name.len;
}

/* html, head and body count once; their end tags say nothing. */
static int
is_repeated(struct cutter *k, enum html_tag tag)
{
	return (tag == HTML_HTML || tag == HTML_HEAD || tag == HTML_BODY) && k->open[tag];
}

static struct range
read_name(const char *p, const char *end)
{
	struct range name = {p, 0};
	while (p < end && !is_space(*p) && *p != '/' && *p != '>')
		p++;
	name.len = (size_t)(p - name.at);
	return name;
}

static void
start_tag(struct cutter *k)
{
	struct range name = read_name(k->p + 1, k->end);
	char lower[NAME_MAX_LEN];
	size_t row = find_treatment(name), len = lower_name(name, lower);
	enum html_tag tag = html_find_tag(lower, len);
	const char *start = k->p;
	size_t mark = (size_t)(k->to - k->out);
	k->p = name.at + name.len;
	k->json = k->shadow = 0;
	if (!len || is_repeated(k, tag) || range_is(name, "wbr") || range_is(name, "track")) {
		k->p = tag_end(start, k->end);
		return;
	}
	put(k, "<", 1);
	put(k, lower, len);
	put_attributes(k, tag);
	put(k, ">", 1);
	if (k->json) {
		const char *stop = find_end_tag(k->p, k->end, name);
		size_t json = (size_t)(stop - k->p), at = (size_t)(k->to - k->out);
		put(k, k->p, json);
		for (size_t i = at; i < at + json; i++) /* libxml2 stops at NUL */
			k->out[i] = k->out[i] ? k->out[i] : ' ';
		put_str(k, "</script>");
		k->p = tag_end(stop, k->end);
		return;
	}
	if (row < TREATMENTS && !k->shadow) {
		int closed =
		    k->p[-1] == '>' && k->p[-2] == '/' && treatments[row].treatment == CUT_NESTED;
		if (!closed)
			skip_content(k, row, name);
		if (treatments[row].treatment == CUT_INNER)
			put_str(k, "</iframe>");
		else
			k->to = k->out + mark;
		return;
	}
	if (tag == HTML_SOURCE || tag == HTML_EMBED) { /* libxml2 takes them for containers */
		put(k, "</", 2);
		put(k, lower, len);
		put(k, ">", 1);
	} else if (!is_void(tag)) {
		++*open_count(k, tag, lower, len);
	}
}

static void
end_tag(struct cutter *k)
{
	struct range name = read_name(k->p + 2, k->end);
	char lower[NAME_MAX_LEN];
	size_t len = lower_name(name, lower);
	enum html_tag tag = html_find_tag(lower, len);
	k->p = tag_end(name.at, k->end);
	if (tag == HTML_BR) /* the standard: as <br> */
		put_str(k, "<br>");
	if (!len || is_void(tag) || tag == HTML_HTML || tag == HTML_BODY)
		return;
	unsigned *open = open_count(k, tag, lower, len);
	if (!*open)
		return;
	--*open;
	put(k, "</", 2);
	put(k, lower, len);
	put(k, ">", 1);
}

/* The end of the comment at P: after "-->" or "--!>", or ">" at once; END when it has none. */
static const char *
skip_comment(const char *p, const char *end)
{
	const char *open = p + 4, *gt = open;
	for (; (gt = memchr(gt, '>', (size_t)(end - gt))); gt++) {
		size_t inside = (size_t)(gt - open);
		if (inside == 0 || (inside == 1 && gt[-1] == '-') ||
		    (inside >= 2 && gt[-1] == '-' && gt[-2] == '-') ||
		    (inside >= 3 && gt[-1] == '!' && gt[-2] == '-' && gt[-3] == '-'))
			return gt + 1;
	}
	return end;
}

struct html_cut
html_cut(const char *text, size_t len)
{
	struct cutter k = {.p = text, .end = text + len};
	size_t cap = len + len / 8 + 256;
	k.out = k.to = mem_alloc(cap);
	k.limit = k.out + cap;
	while (k.p < k.end) {
		const char *lt = memchr(k.p, '<', (size_t)(k.end - k.p));
		put_text(&k, k.p, lt ? lt : k.end, IN_TEXT);
		if (!lt)
			break;
		k.p = lt;
		char next = lt + 1 < k.end ? lt[1] : '\0';
		if (is_letter(next)) {
			start_tag(&k);
		} else if (next == '/' && lt + 2 < k.end && is_letter(lt[2])) {
			end_tag(&k);
		} else if (next == '!' && k.end - lt >= 4 && !memcmp(lt, "<!--", 4)) {
			k.p = skip_comment(lt, k.end);
		} else if (next == '!' || next == '?' || next == '/') {
			const char *gt = memchr(lt, '>', (size_t)(k.end - lt));
			k.p = gt ? gt + 1 : k.end;
		} else {
			put_str(&k, "&lt;");
			k.p++;
		}
	}
	put(&k, "", 1); /* libxml2 likes a NUL after the end */
	return (struct html_cut){k.out, (size_t)(k.to - k.out) - 1};
}
