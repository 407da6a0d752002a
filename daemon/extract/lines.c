/*
 * The tree as lines: runs of inline content between block boundaries, in document order, each with
 * what the rules weigh.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "hash.h"
#include "text.h"

struct line_builder {
	struct page *p;
	size_t raw_cap, lines_cap, linked_cap;
	size_t start;                   /* where the open line begins in raw */
	unsigned in_link;               /* open <a> elements with a href */
	const struct html_node *anchor; /* the last of them, NULL: it is closed */
	unsigned in_bold;               /* open <b>, <strong>, <em>, <i> */
	unsigned link_bytes;            /* weight so far that stands in links */
	unsigned bold_bytes;
	unsigned weight, commas;
	unsigned brs;    /* <br> since the last text */
	unsigned images; /* since the last line */
	struct html_node *block;
	struct map memo; /* hints.c */
};

struct element *
element_of(const struct html_node *n)
{
	return n->data;
}

const char *
line_text(struct page *p, struct line *l)
{
	if (!l->text)
		l->text = text_line(p->a, p->raw + l->at, l->len, EXTRACT_TEXT_MAX);
	return l->text;
}

static void
add_raw(struct line_builder *b, const char *s, size_t len)
{
	struct page *p = b->p;
	if (p->raw_len + len + 2 > b->raw_cap) {
		size_t cap = (p->raw_len + len) * 2 + 4096;
		p->raw = mem_resize(p->raw, cap);
		b->raw_cap = cap;
	}
	memcpy(p->raw + p->raw_len, s, len);
	p->raw_len += len;
}

/* What was added from AT on is text of the open link. */
static void
note_linked(struct line_builder *b, size_t at)
{
	struct page *p = b->p;
	struct linked *last = p->linked_len ? &p->linked[p->linked_len - 1] : NULL;
	if (!last || last->anchor != b->anchor || last->at < b->start) {
		MEM_GROW(p->linked, p->linked_len, b->linked_cap);
		last = &p->linked[p->linked_len++];
		*last = (struct linked){.anchor = b->anchor, .at = at};
	}
	last->end = p->raw_len;
}

/* ---- weighing ---- */

/* Weight of the character at S and whether it is punctuation; its length in bytes. */
static size_t
weigh_wide(const unsigned char *s, size_t left, unsigned *weight, unsigned *commas)
{
	size_t n = s[0] < 0xe0 ? 2 : s[0] < 0xf0 ? 3 : 4;
	if (n > left)
		return left;
	if (n == 3 && s[0] == 0xe3 &&
	    s[1] == 0x80) { /* U+3000-303F: space and punctuation of CJK */
		if (s[2] == 0x81 || s[2] == 0x82)
			++*commas;
		*weight += s[2] != 0x80;
	} else if (n == 3 && s[0] >= 0xe3 && s[0] <= 0xe9) {
		*weight += 2;
	} else if (n == 3 && s[0] == 0xef && (s[1] == 0xbc || s[1] == 0xbd)) { /* fullwidth forms */
		*commas += s[1] == 0xbc && (s[2] == 0x8c || s[2] == 0x81 || s[2] == 0x9f);
		*weight += 1;
	} else if (n == 3 && s[0] == 0xe2 && s[1] == 0x80) { /* U+2000-203F */
		*weight += s[2] >= 0x90;
		*commas += s[2] == 0xa6;
	} else if (n == 3 && s[0] == 0xe0 && s[1] == 0xa5 && s[2] == 0xa4) { /* danda */
		++*commas;
		++*weight;
	} else if (n == 2 && s[0] == 0xc2 && (s[1] == 0xa0 || s[1] == 0xad)) {
		return n; /* no-break space, soft hyphen */
	} else if (n == 2 && ((s[0] == 0xd8 && (s[1] == 0x8c || s[1] == 0x9b || s[1] == 0x9f)) ||
				 (s[0] == 0xdb &&
				     s[1] == 0x94))) { /* Arabic comma, semicolon, question, stop */
		++*commas;
		++*weight;
	} else {
		++*weight;
	}
	return n;
}

static void
weigh(struct line_builder *b, const char *text, size_t len)
{
	const unsigned char *s = (const unsigned char *)text;
	unsigned weight = 0, commas = 0;
	for (size_t i = 0; i < len;) {
		unsigned char c = s[i];
		if (c >= 0xc0) {
			i += weigh_wide(s + i, len - i, &weight, &commas);
			continue;
		}
		weight += c > ' ';
		commas += c == ',' || c == '.' || c == ';' || c == '?' || c == '!';
		i++;
	}
	b->weight += weight;
	b->commas += commas;
	if (b->in_link)
		b->link_bytes += weight;
	if (b->in_bold)
		b->bold_bytes += weight;
}

static int
ends_sentence(const char *s, size_t len)
{
	static const char *const ends[] = {
	    ".", "!", "?", ":", ";", "…", "。", "！", "？", "।", "؟", "۔", "።"};
	static const char *const closers[] = {"\"", "'", ")", "]", "”", "’", "»", "“", "«", "」",
	    "』", "）", " ", "\n", "\t", "\xc2\xa0", "*"};
	for (int again = 1; again;) {
		again = 0;
		for (size_t i = 0; i < sizeof closers / sizeof *closers; i++) {
			size_t n = strlen(closers[i]);
			if (len >= n && !memcmp(s + len - n, closers[i], n)) {
				len -= n;
				again = 1;
			}
		}
	}
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);
		if (len >= n && !memcmp(s + len - n, ends[i], n))
			return *ends[i] == ':' ? 2 : 1;
	}
	return 0;
}

/* ---- lines ---- */

static enum line_kind
kind_of(const struct html_node *block)
{
	for (const struct html_node *n = block; n; n = n->parent) {
		switch (n->tag) {
		case HTML_P:
			/* a quote or an item may hold paragraphs */
			for (const struct html_node *up = n->parent; up; up = up->parent) {
				if (up->tag == HTML_LI)
					return LINE_ITEM;
				if (up->tag == HTML_BLOCKQUOTE)
					return LINE_QUOTE;
				if (up->tag == HTML_FIGCAPTION)
					return LINE_CAPTION;
				if (up->tag != HTML_DIV && up->tag != HTML_SPAN &&
				    up->tag != HTML_P)
					break;
			}
			return LINE_PARAGRAPH;
		case HTML_H1:
		case HTML_H2:
		case HTML_H3:
		case HTML_H4:
		case HTML_H5:
		case HTML_H6:
			return LINE_HEADING;
		case HTML_LI:
		case HTML_DD:
		case HTML_DT:
			return LINE_ITEM;
		case HTML_BLOCKQUOTE:
			return LINE_QUOTE;
		case HTML_FIGCAPTION:
			return LINE_CAPTION;
		case HTML_PRE:
			return LINE_PRE;
		case HTML_DIV:
		case HTML_SPAN:
		case HTML_OTHER:
			continue;
		default:
			return LINE_TEXT;
		}
	}
	return LINE_TEXT;
}

static struct line *
new_line(struct line_builder *b, enum line_kind kind)
{
	struct page *p = b->p;
	MEM_GROW(p->lines, p->lines_len, b->lines_cap);
	struct line *l = &p->lines[p->lines_len++];
	*l = (struct line){.block = b->block, .at = b->start, .kind = kind};
	return l;
}

static void
flush(struct line_builder *b, int breaks)
{
	struct page *p = b->p;
	if (b->weight) {
		struct line *l = new_line(b, kind_of(b->block));
		l->len = p->raw_len - b->start;
		l->weight = b->weight;
		l->link_weight = b->link_bytes;
		l->bold_weight = b->bold_bytes;
		l->commas = b->commas;
		l->ends_sentence = ends_sentence(p->raw + l->at, l->len);
		l->breaks = breaks;
		l->images = b->images;
		b->images = 0;
	} else {
		p->raw_len = b->start;
		while (p->linked_len && p->linked[p->linked_len - 1].at >= b->start)
			p->linked_len--;
	}
	b->start = p->raw_len;
	b->weight = b->link_bytes = b->bold_bytes = b->commas = b->brs = 0;
}

static int
is_skipped(const struct html_node *n)
{
	switch (n->tag) {
	case HTML_SCRIPT:
	case HTML_STYLE:
	case HTML_TEMPLATE:
	case HTML_NOSCRIPT:
	case HTML_SELECT:
	case HTML_OPTION:
	case HTML_TEXTAREA:
	case HTML_INPUT:
	case HTML_OBJECT:
	case HTML_AUDIO:
	case HTML_VIDEO:
	case HTML_SVG:
	case HTML_RT:
	case HTML_RP:
	case HTML_HEAD:
	case HTML_TITLE:
		return 1;
	default:
		return 0;
	}
}

/* A line that stands for an embedded frame. */
static void
add_embed(struct line_builder *b, const struct html_node *n)
{
	const char *src = html_attr(n, "src");
	if (!src || !*src)
		return;
	flush(b, 0);
	struct line *l = new_line(b, LINE_EMBED);
	l->text = src;
}

static int
is_link(const struct html_node *n)
{
	return n->tag == HTML_A && html_attr(n, "href") != NULL;
}

static int
is_bold(enum html_tag tag)
{
	return tag == HTML_B || tag == HTML_STRONG || tag == HTML_EM || tag == HTML_I;
}

static void
enter(struct line_builder *b, struct html_node *n)
{
	struct element *e = arena_zalloc(b->p->a, sizeof *e);
	n->data = e;
	if (n != b->p->body) {
		e->own = hints_of_memo(&b->memo, n);
		e->inherited = e->own;
		if (n->parent && element_of(n->parent))
			e->inherited |= element_of(n->parent)->inherited &
					~(e->own & HINT_BODY ? HINT_OVERRULED : 0u);
	}
	if (n->tag == HTML_BR) {
		if (++b->brs == 2)
			flush(b, 1);
		else if (b->weight)
			add_raw(b, "\n", 1);
		return;
	}
	if (html_is_block(n->tag)) {
		flush(b, 0);
		b->block = n;
	}
	e->first_line = (unsigned)b->p->lines_len;
	b->images += n->tag == HTML_IMG || n->tag == HTML_AMP_IMG;
	if (is_link(n)) {
		b->in_link++;
		b->anchor = n;
	}
	b->in_bold += is_bold(n->tag);
}

static void
leave(struct line_builder *b, struct html_node *n)
{
	struct element *e = element_of(n);
	if (html_is_block(n->tag)) {
		flush(b, 0);
		b->block = n->parent;
		while (b->block && b->block != b->p->body && !html_is_block(b->block->tag))
			b->block = b->block->parent;
		if (!b->block)
			b->block = b->p->body;
	}
	if (is_link(n)) {
		b->in_link--;
		b->anchor = NULL; /* HTML 13.2.6.4.7: an <a> ends the one that is open */
	}
	b->in_bold -= is_bold(n->tag);
	e->lines = (unsigned)b->p->lines_len - e->first_line;
}

void
lines_build(struct page *p)
{
	struct line_builder b = {.p = p, .block = p->body};
	struct html_node *n = p->body;
	add_raw(&b, "", 0); /* a page of embeds alone has raw text, too: none */
	enter(&b, n);
	while (n) {
		int down = 0;
		if (n->tag == HTML_TEXT) {
			weigh(&b, n->name, n->text_len);
			add_raw(&b, n->name, n->text_len);
			if (b.anchor)
				note_linked(&b, p->raw_len - n->text_len);
			if (b.weight)
				b.brs = 0;
		} else if (n->tag == HTML_IFRAME || n->tag == HTML_EMBED) {
			add_embed(&b, n);
		} else if (!is_skipped(n)) {
			if (n != p->body)
				enter(&b, n);
			if (n->first)
				down = 1;
			else if (n != p->body)
				leave(&b, n);
		}
		if (down) {
			n = n->first;
			continue;
		}
		while (n != p->body && !n->next) {
			n = n->parent;
			leave(&b, n);
		}
		n = n == p->body ? NULL : n->next;
	}
	flush(&b, 0);
	map_clear(&b.memo);
	element_of(p->body)->lines = (unsigned)p->lines_len;
}

void
lines_free(struct page *p)
{
	mem_free(p->lines);
	mem_free(p->linked);
	mem_free(p->raw);
}
