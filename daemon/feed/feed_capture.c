/*
 * feed capture: the text of an element, with the elements inside of it written back as markup.
 * Atom's XHTML and the bare tags of careless RSS come out as HTML, their links resolved against the
 * xml:base that holds where they stand.
 */
#include "feed_parser.h"

#include <string.h>
#include <strings.h>

static void
set_overflow(struct feed_parser *p)
{
	p->overflow = 1;
	p->j->note = TOO_LONG_TEXT;
}

void
feed_capture_text(struct feed_parser *p, const char *s, size_t len)
{
	if (p->overflow)
		return;
	if (p->escaped ? feed_escape(&p->text, s, len) : buf_add(&p->text, s, len))
		set_overflow(p);
}

static void
capture_raw(struct feed_parser *p, const char *s)
{
	if (!p->overflow && buf_add_str(&p->text, s))
		set_overflow(p);
}

static int
is_void(const char *name)
{
	static const char *const names[] = {"br", "img", "hr", "wbr", "input", "source", "embed",
	    "col", "area", "track", "link", "meta", "param"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (!strcasecmp(names[i], name))
			return 1;
	return 0;
}

static void
capture_name(struct feed_parser *p, const struct feed_frame *f)
{
	if (f->prefix && !f->html) {
		capture_raw(p, f->prefix);
		capture_raw(p, ":");
	}
	capture_raw(p, f->name);
}

static void
capture_attr(struct feed_parser *p, const struct feed_frame *f, const struct xml_attr *at)
{
	const char *value = at->value;
	size_t len = at->len;
	int xml = at->prefix && !strcmp(at->prefix, "xml");
	if (xml && !strcasecmp(at->name, "base"))
		return;
	int kind = at->prefix ? 0 : feed_is_url_attr(at->name, strlen(at->name));
	if (kind) {
		struct arena *a = &p->j->scratch;
		char *url = kind == 1 ? feed_url(a, feed_base(p, f), value, len)
				      : feed_srcset(a, feed_base(p, f), value, len);
		if (url) {
			value = url;
			len = strlen(url);
		}
	}
	capture_raw(p, " ");
	if (at->prefix && !xml) {
		capture_raw(p, at->prefix);
		capture_raw(p, ":");
	}
	capture_raw(p, at->name);
	capture_raw(p, "=\"");
	if (!p->overflow && feed_escape(&p->text, value, len))
		set_overflow(p);
	capture_raw(p, "\"");
}

/* Plain characters that turn out to have elements among them are markup from the start. */
static void
capture_becomes_markup(struct feed_parser *p)
{
	struct buf plain = {0};
	buf_move(&plain, &p->text);
	p->escaped = 1;
	if (plain.len)
		feed_capture_text(p, (char *)plain.data, plain.len);
	plain.budget = NULL;
	buf_clear(&plain);
}

static int
only_space(const struct buf *b)
{
	for (size_t i = 0; i < b->len; i++)
		if (b->data[i] != ' ' && (b->data[i] < '\t' || b->data[i] > '\r'))
			return 0;
	return 1;
}

void
feed_capture_start(struct feed_parser *p, const struct feed_frame *f, const struct xml_tag *tag)
{
	enum feed_kind kind = p->stack[p->capture].el->kind;
	if (kind == KIND_PERSON || kind == KIND_CREDIT) {
		p->text.len = 0;
		return;
	}
	if (kind == KIND_TAG) { /* whatever stands in it is no part of its name */
		if (p->depth == p->capture + 1)
			p->child = p->text.len;
		feed_kind_tag_child(p, tag);
		return;
	}
	if (p->kind == FEED_TEXT_PLAIN && !p->escaped) {
		int first = only_space(&p->text);
		capture_becomes_markup(p);
		if (first && f->html && !strcmp(f->name, "div") && p->depth == p->capture + 1) {
			p->wrapper = p->depth;
			return;
		}
	}
	capture_raw(p, "<");
	capture_name(p, f);
	for (size_t i = 0; i < tag->attrs_len; i++) {
		struct xml_attr at = xml_tag_attr(tag, i);
		capture_attr(p, f, &at);
	}
	capture_raw(p, is_void(f->name) ? " />" : ">");
}

void
feed_capture_end(struct feed_parser *p, const struct feed_frame *f)
{
	enum feed_kind kind = p->stack[p->capture].el->kind;
	if (kind == KIND_TAG) {
		p->text.len = p->child;
		return;
	}
	if (kind == KIND_PERSON || kind == KIND_CREDIT) {
		char *line = feed_line(p->j->a, (char *)p->text.data, p->text.len, FEED_TEXT_PLAIN);
		if (!strcasecmp(f->name, "name") && line)
			p->person_name = line;
		if (!strcasecmp(f->name, "email") && line)
			p->person_mail = line;
		p->text.len = 0;
		return;
	}
	if (p->depth == p->wrapper || is_void(f->name))
		return;
	capture_raw(p, "</");
	capture_name(p, f);
	capture_raw(p, ">");
}

void
feed_capture_begin(struct feed_parser *p)
{
	p->capture = p->depth;
	p->text.len = 0;
	p->escaped = p->overflow = 0;
	p->wrapper = 0;
}

int
feed_capture_finish(struct feed_parser *p)
{
	p->capture = 0;
	if (p->overflow)
		return 0;
	if (!p->text.data) /* the text is a string, if an empty one */
		buf_reserve(&p->text, 0);
	if (p->kind == FEED_TEXT_BASE64)
		feed_decode_base64(&p->text);
	if (p->kind == FEED_TEXT_BASE64 || p->escaped)
		p->kind = FEED_TEXT_HTML;
	feed_mend_c1(&p->text);
	buf_added(&p->text, 0);
	return 1;
}
