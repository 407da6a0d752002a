/*
 * html: see include/html.h. libxml2's SAX events to nodes in an arena. Owns all that is known of
 * libxml2.
 */
#include <libxml/HTMLparser.h>
#include <libxml/parserInternals.h>
#include <string.h>

#include "hash.h"
#include "html_priv.h"

/* Elements open in libxml2 at once, past which the page is cut off: its end tags walk over them. */
#define OPEN_MAX   2000
#define NAME_SLOTS 256 /* a power of two */

struct builder {
	struct arena *a;
	struct html_doc *doc;
	struct html_node *at; /* the open element */
	size_t depth, too_deep;
	htmlParserCtxtPtr parser;
	struct {
		char *data;
		size_t len, cap;
	} text;
	/* libxml2 gives equal names at equal addresses: what they mean, by address */
	struct {
		const xmlChar *name;
		const char *known;
		enum html_tag tag;
	} names[NAME_SLOTS];
};

static struct html_node *
new_node(struct builder *b, struct html_node *parent, enum html_tag tag)
{
	struct html_node *n = arena_zalloc(b->a, sizeof *n);
	n->tag = tag;
	b->doc->nodes++;
	n->parent = parent;
	if (!parent)
		return n;
	n->prev = parent->last;
	if (parent->last)
		parent->last->next = n;
	else
		parent->first = n;
	parent->last = n;
	return n;
}

static int
is_blank(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] != ' ' && s[i] != '\n' && s[i] != '\t' && s[i] != '\r')
			return 0;
	return 1;
}

/* Make a node of the text that has come since the last tag. NEXT_IS_BLOCK: a block follows. */
static void
flush_text(struct builder *b, int next_is_block)
{
	struct html_node *at = b->at, *last = at->last;
	size_t len = b->text.len;
	b->text.len = 0;
	if (!len)
		return;
	if (at->tag != HTML_PRE && is_blank(b->text.data, len)) {
		if (next_is_block || !last || (last->tag != HTML_TEXT && html_is_block(last->tag)))
			return;
		b->text.data[0] = ' ';
		len = 1;
	}
	if (b->doc->nodes >= HTML_NODES_MAX)
		return;
	struct html_node *n = new_node(b, at, HTML_TEXT);
	n->name = arena_strndup(b->a, b->text.data, len);
	n->text_len = len;
}

/* The tag and the lasting name of an element. */
static const char *
lookup(struct builder *b, const xmlChar *name, enum html_tag *tag)
{
	size_t slot = (((uintptr_t)name >> 3) ^ ((uintptr_t)name >> 11)) % NAME_SLOTS;
	if (b->names[slot].name != name) {
		size_t len = strlen((const char *)name);
		b->names[slot].name = name;
		b->names[slot].tag = html_find_tag((const char *)name, len);
		if (b->names[slot].tag != HTML_OTHER)
			b->names[slot].known = html_tag_name(b->names[slot].tag);
		else
			b->names[slot].known = arena_strdup(b->a, (const char *)name);
	}
	*tag = b->names[slot].tag;
	return b->names[slot].known;
}

static void
set_attributes(struct builder *b, struct html_node *n, const xmlChar **atts)
{
	size_t count = 0;
	while (atts[count * 2])
		count++;
	if (count > HTML_ATTRIBUTES_MAX)
		count = HTML_ATTRIBUTES_MAX;
	n->attributes = arena_alloc(b->a, count * sizeof *n->attributes);
	for (size_t i = 0; i < count; i++) {
		const char *name = html_find_attribute(
		    (const char *)atts[i * 2], strlen((const char *)atts[i * 2]));
		const char *value = (const char *)atts[i * 2 + 1];
		if (!name)
			continue;
		n->attributes[n->attributes_len++] =
		    (struct html_attribute){name, value && *value ? arena_strdup(b->a, value) : ""};
	}
}

static void
stop(struct builder *b)
{
	b->doc->truncated = 1;
	xmlStopParser(b->parser);
}

/* What of a page's elements may stand in its head. */
static int
is_of_head(enum html_tag tag)
{
	switch (tag) {
	case HTML_BASE:
	case HTML_BODY: /* begins itself */
	case HTML_HEAD:
	case HTML_LINK:
	case HTML_META:
	case HTML_NOSCRIPT:
	case HTML_OBJECT:
	case HTML_SCRIPT:
	case HTML_STYLE:
	case HTML_TEMPLATE:
	case HTML_TITLE:
	case HTML_OTHER: /* nobody knows */
		return 1;
	default:
		return 0;
	}
}

/* libxml2 does not know that <article> and its like end a head whose end tag was left out. */
static void
begin_body(struct builder *b)
{
	b->at = b->doc->body = new_node(b, b->doc->root, HTML_BODY);
	b->at->name = html_tag_name(HTML_BODY);
}

static void
on_start(void *ctx, const xmlChar *xml_name, const xmlChar **atts)
{
	struct builder *b = ctx;
	enum html_tag tag;
	const char *name = lookup(b, xml_name, &tag);
	flush_text(b, html_is_block(tag));
	if (tag == HTML_HTML) {
		if (atts && !b->doc->root->attributes)
			set_attributes(b, b->doc->root, atts);
		return;
	}
	if ((tag == HTML_BODY && b->doc->body) || (tag == HTML_HEAD && b->doc->head))
		return;
	if (b->doc->nodes >= HTML_NODES_MAX || b->parser->nameNr > OPEN_MAX) {
		stop(b);
		return;
	}
	if (b->depth >= HTML_DEPTH_MAX) {
		b->too_deep++;
		b->doc->truncated = 1;
		return;
	}
	if (b->at == b->doc->head && !b->doc->body && !is_of_head(tag))
		begin_body(b);
	struct html_node *n = new_node(b, b->at, tag);
	n->name = name;
	if (atts)
		set_attributes(b, n, atts);
	if (tag == HTML_BODY)
		b->doc->body = n;
	else if (tag == HTML_HEAD)
		b->doc->head = n;
	b->at = n;
	b->depth++;
}

static void
on_end(void *ctx, const xmlChar *xml_name)
{
	struct builder *b = ctx;
	enum html_tag tag;
	const char *name = lookup(b, xml_name, &tag);
	flush_text(b, html_is_block(b->at->tag));
	if (tag == HTML_HTML)
		return;
	if (b->too_deep) {
		b->too_deep--;
		return;
	}
	/* the parser closes what it opened, in order: the match is the open element itself */
	struct html_node *n = b->at;
	size_t up = 1;
	for (; n && (n->tag != tag || (tag == HTML_OTHER && strcmp(n->name, name) != 0));
	     n = n->parent)
		up++;
	if (n && n->parent) {
		b->at = n->parent;
		b->depth -= up;
	}
}

static void
on_text(void *ctx, const xmlChar *s, int len)
{
	struct builder *b = ctx;
	size_t n = (size_t)len;
	if (b->text.len + n > b->text.cap) {
		b->text.cap = (b->text.len + n) * 2 + 1024;
		b->text.data = mem_resize(b->text.data, b->text.cap);
	}
	memcpy(b->text.data + b->text.len, s, n);
	b->text.len += n;
}

/* Run libxml2 over CUT. */
static void
run_parser(struct builder *b, const struct html_cut *cut)
{
	xmlSAXHandler sax = {
	    .startElement = on_start,
	    .endElement = on_end,
	    .characters = on_text,
	    .ignorableWhitespace = on_text,
	    .cdataBlock = on_text,
	};
	htmlParserCtxtPtr parser = htmlCreateMemoryParserCtxt(cut->text, (int)cut->len);
	if (!parser) /* only when out of memory */
		return;
	*parser->sax = sax;
	parser->userData = b;
	b->parser = parser;
	htmlCtxtUseOptions(parser, HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING |
				       HTML_PARSE_NONET | HTML_PARSE_IGNORE_ENC);
	/* it is UTF-8, whatever a meta says; told so here, libxml2 does not look for one */
	xmlSwitchEncoding(parser, XML_CHAR_ENCODING_UTF8);
	parser->input->encoding = xmlStrdup((const xmlChar *)"utf-8");
	htmlParseDocument(parser);
	if (parser->myDoc)
		xmlFreeDoc(parser->myDoc);
	htmlFreeParserCtxt(parser);
}

int
html_parse(struct arena *a, const char *text, size_t len, struct html_doc **out)
{
	struct builder b = {.a = a, .doc = arena_zalloc(a, sizeof *b.doc)};
	struct html_doc *doc = *out = b.doc;
	doc->root = b.at = new_node(&b, NULL, HTML_HTML);
	doc->root->name = html_tag_name(HTML_HTML);
	struct html_cut cut = html_cut(text, len);
	int err = cut.len > INT32_MAX / 2 ? ERR_LIMIT : 0;
	if (!err && cut.len)
		run_parser(&b, &cut);
	flush_text(&b, 1);
	mem_free(cut.text);
	mem_free(b.text.data);
	return err;
}

int
html_parse_fragment(struct arena *a, const char *text, size_t len, struct html_doc **out)
{
	int err = html_parse(a, text, len, out);
	struct html_doc *doc = *out;
	if (doc->body) {
		doc->root = doc->body;
		doc->body->parent = NULL;
		doc->body->next = doc->body->prev = NULL;
	} else { /* nothing, or only what belongs in a head */
		doc->root->tag = HTML_BODY;
		doc->root->name = html_tag_name(HTML_BODY);
		doc->body = doc->root;
	}
	doc->head = NULL;
	return err;
}
