/*
 * xml: see include/xml.h. This file finds the root and drives libxml2's SAX2 push parser (in 16 KB
 * chunks: 1.4 times as fast as in one piece); repair.c makes well-formed what is not.
 */
#include "xml.h"

#include <libxml/SAX2.h>
#include <libxml/catalog.h>
#include <libxml/parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "buf.h"
#include "mem.h"
#include "text.h"
#include "xml_priv.h"

#define CHUNK       16384
#define LATE_ROOT   65536 /* how far behind other tags a root is looked for */
#define NAME_BYTES  32    /* longest name of an HTML entity is CounterClockwiseContourIntegral */
#define WORDS_MAX   150
#define REPAIR_ROOM 65536
#define TAG_ATTRS   4096 /* in a tag that is not yet whole; may count what stands in a value */

/* ---- the root ---- */

int
xml_is_name_start(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || c == '_' || (unsigned char)c >= 0x80;
}

int
xml_is_name_char(char c)
{
	return xml_is_name_start(c) || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == ':';
}

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *
find(const char *p, const char *end, const char *what)
{
	return memmem(p, (size_t)(end - p), what, strlen(what));
}

/* The end of a DOCTYPE whose '<' is at P, its internal subset and quoted texts included. */
static const char *
skip_doctype(const char *p, const char *end)
{
	int subset = 0;
	char quote = 0;
	for (; p < end; p++) {
		if (quote) {
			if (*p == quote)
				quote = 0;
		} else if (*p == '"' || *p == '\'') {
			quote = *p;
		} else if (end - p > 3 && !memcmp(p, "<!--", 4)) {
			const char *close = find(p, end, "-->");
			if (!close)
				return end;
			p = close + 2;
		} else if (*p == '[') {
			subset = 1;
		} else if (*p == ']') {
			subset = 0;
		} else if (*p == '>' && !subset) {
			return p + 1;
		}
	}
	return end;
}

static const struct {
	const char *open, *close;
} declarations[] = {{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}};

/*
 * The end of the markup at P ("<!..." or "<?..."). A comment that never ends is its opening only,
 * anything else ends with its first '>'. *ENDLESS has a bit for each kind whose end was looked for
 * in vain: it is not looked for again.
 */
static const char *
skip_declaration(const char *p, const char *end, unsigned *endless)
{
	if (end - p > 9 && !strncasecmp(p, "<!doctype", 9))
		return skip_doctype(p, end);
	for (size_t i = 0; i < sizeof declarations / sizeof *declarations; i++) {
		size_t n = strlen(declarations[i].open);
		if ((size_t)(end - p) < n || memcmp(p, declarations[i].open, n) != 0)
			continue;
		const char *close =
		    *endless & 1u << i ? NULL : find(p + n, end, declarations[i].close);
		if (close)
			return close + strlen(declarations[i].close);
		*endless |= 1u << i;
		if (i == 0)
			return p + n;
	}
	const char *close = memchr(p, '>', (size_t)(end - p));
	return close ? close + 1 : end;
}

/* The local name of the tag at P in lower case. */
static void
local_name(const char *p, const char *end, char out[XML_NAME_MAX])
{
	size_t n = 0;
	for (p++; p < end && xml_is_name_char(*p); p++) {
		if (*p == ':')
			n = 0;
		else if (n + 1 < XML_NAME_MAX)
			out[n++] = *p >= 'A' && *p <= 'Z' ? (char)(*p | 32) : *p;
	}
	out[n] = '\0';
}

static int
in_list(const char *const *list, const char *name)
{
	for (; *list; list++)
		if (!strcmp(*list, name))
			return 1;
	return 0;
}

void
xml_find_root(const char *text, size_t len, const char *const *known, struct xml_root *out)
{
	*out = (struct xml_root){0};
	const char *p = text, *end = text + len;
	int found = 0, junk = 0;
	unsigned endless = 0;
	while (p < end) {
		while (p < end && is_space(*p))
			p++;
		const char *lt = memchr(p, '<', (size_t)(end - p));
		if (!lt || lt + 1 >= end)
			return;
		junk |= lt > p;
		p = lt;
		if (p[1] == '!' || p[1] == '?') {
			p = skip_declaration(p, end, &endless);
			continue;
		}
		if (!xml_is_name_start(p[1])) {
			junk = 1;
			p++;
			continue;
		}
		char name[XML_NAME_MAX];
		local_name(p, end, name);
		int good = in_list(known, name);
		if (!found || good) {
			out->at = (size_t)(p - text);
			memcpy(out->name, name, sizeof name);
			out->known = good;
			out->junk = junk;
			found = junk = 1;
		}
		if (good || !strcmp(out->name, "html") || p - text > LATE_ROOT)
			return;
		p++;
	}
}

/* ---- libxml2's events ---- */

struct session {
	const struct xml_reader *reader;
	void *ctx;
	xmlParserCtxtPtr parser;
	struct fault *fault;
	int rc;    /* what a callback returned */
	int depth; /* open elements */
	int deep;  /* stopped because of their number */
	int bound; /* namespaces that they bind */
	unsigned short binds[XML_DEPTH_MAX + 1];
	int closed; /* the root was closed */
	int repaired;
	xmlEntity entity;
	char entity_text[TEXT_REFERENCE_MAX + 1];
};

struct xml_attr
xml_tag_attr(const struct xml_tag *tag, size_t i)
{
	const char *const *a = (const char *const *)tag->attrs + i * 5;
	return (struct xml_attr){a[0], a[1], a[2], a[3], (size_t)(a[4] - a[3])};
}

static void
stop(struct session *s, int rc)
{
	s->rc = rc;
	xmlStopParser(s->parser);
}

static void
on_start(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int ns_len,
    const xmlChar **ns, int attrs_len, int defaulted, const xmlChar **attrs)
{
	struct session *s = ctx;
	(void)ns;
	(void)defaulted;
	if (s->rc || s->closed)
		return;
	if (++s->depth > XML_DEPTH_MAX) {
		s->deep = xmlSAX2GetLineNumber(s->parser);
		stop(s, fault_set(
			    s->fault, ERR_LIMIT, "elements nested deeper than %d", XML_DEPTH_MAX));
		return;
	}
	if (attrs_len + ns_len > XML_ATTRS_MAX) {
		stop(s, fault_set(s->fault, ERR_LIMIT, "a tag with more than %d attributes",
			    XML_ATTRS_MAX));
		return;
	}
	s->binds[s->depth] = (unsigned short)ns_len;
	s->bound += ns_len;
	if (s->bound > XML_BOUND_MAX) {
		stop(s, fault_set(
			    s->fault, ERR_LIMIT, "more than %d namespaces at once", XML_BOUND_MAX));
		return;
	}
	struct xml_tag tag = {
	    (const char *)name, (const char *)prefix, (const char *)uri, attrs, (size_t)attrs_len};
	int rc = s->reader->start(s->ctx, &tag);
	if (rc)
		stop(s, rc);
}

static void
on_end(void *ctx, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	struct session *s = ctx;
	(void)name;
	(void)prefix;
	(void)uri;
	if (s->rc || s->closed || s->depth == 0)
		return;
	s->bound -= s->binds[s->depth];
	s->closed = --s->depth == 0;
	s->reader->end(s->ctx);
}

static void
on_text(void *ctx, const xmlChar *text, int len)
{
	struct session *s = ctx;
	if (!s->rc && s->depth)
		s->reader->text(s->ctx, (const char *)text, (size_t)len);
}

/*
 * HTML's entities are used everywhere and declared nowhere. Given as a predefined entity, libxml2
 * hands its text to on_text; but in an attribute it would take the first byte only, so there it
 * stays undefined and the repair puts the character in.
 */
static xmlEntityPtr
on_entity(void *ctx, const xmlChar *name)
{
	struct session *s = ctx;
	if (s->parser->instate == XML_PARSER_ATTRIBUTE_VALUE)
		return NULL;
	char reference[NAME_BYTES + 3];
	int n = snprintf(reference, sizeof reference, "&%s;", (const char *)name);
	size_t len = 0;
	if (n < 0 || (size_t)n >= sizeof reference ||
	    text_reference(reference, (size_t)n, s->entity_text, &len) != (size_t)n)
		return NULL;
	s->entity_text[len] = '\0';
	s->entity = (xmlEntity){.type = XML_ENTITY_DECL,
	    .name = name,
	    .etype = XML_INTERNAL_PREDEFINED_ENTITY,
	    .content = (xmlChar *)s->entity_text,
	    .orig = (xmlChar *)s->entity_text,
	    .length = (int)len};
	return &s->entity;
}

/* The one instruction that the repair leaves in its text. */
static void
on_instruction(void *ctx, const xmlChar *target, const xmlChar *data)
{
	struct session *s = ctx;
	(void)target;
	(void)data;
	if (s->repaired && !s->rc && s->depth)
		s->reader->cut(s->ctx);
}

static xmlParserInputPtr
load_nothing(const char *url, const char *id, xmlParserCtxtPtr parser)
{
	(void)url;
	(void)id;
	(void)parser;
	return NULL;
}

void
xml_prepare(void)
{
	xmlInitParser();
	xmlSetExternalEntityLoader(load_nothing); /* NULL would be called */
	xmlCatalogSetDefaults(XML_CATA_ALLOW_NONE);
}

static xmlParserCtxtPtr
parser_new(struct session *s, int options)
{
	xmlSAXHandler sax = {
	    .initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .characters = on_text,
	    .ignorableWhitespace = on_text,
	    .cdataBlock = on_text,
	    .getEntity = on_entity,
	    .processingInstruction = on_instruction,
	};
	xmlParserCtxtPtr parser = xmlCreatePushParserCtxt(&sax, s, NULL, 0, NULL);
	if (!parser)
		abort(); /* no memory, as in mem.c */
	/* NOENT: without it "&amp;" in an attribute stays "&#38;"; nothing can be declared here */
	xmlCtxtUseOptions(parser,
	    XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET | XML_PARSE_NOENT | options);
	s->parser = parser;
	return parser;
}

/* A lower bound of the attributes in N bytes of a tag. Space may stand before the quote. */
static size_t
count_attrs(const char *p, size_t n)
{
	size_t count = 0;
	int behind_equals = 0;
	for (size_t i = 0; i < n; i++) {
		count += behind_equals && (p[i] == '"' || p[i] == '\'');
		behind_equals = p[i] == '=' || (behind_equals && is_space(p[i]));
	}
	return count;
}

/* Feed TEXT to the parser. Returns 0, ERR_INPUT when it is not well-formed, or S->rc. */
static int
push(struct session *s, const char *text, size_t len)
{
	xmlParserCtxtPtr parser = s->parser;
	size_t attrs = 0;
	int strict = !parser->recovery;
	for (size_t at = 0; at < len && !s->rc;) {
		size_t n = len - at < CHUNK ? len - at : CHUNK;
		/* libxml2 waits for the whole of a tag, then compares each attribute with each */
		int waiting = parser->instate == XML_PARSER_START_TAG &&
			      parser->input->end - parser->input->cur > CHUNK;
		attrs = waiting ? attrs + count_attrs(text + at, n) : 0;
		if (attrs > TAG_ATTRS)
			return fault_set(s->fault, ERR_LIMIT, "a tag with more than %d attributes",
			    XML_ATTRS_MAX);
		xmlParseChunk(parser, text + at, (int)n, 0);
		at += n;
		if (xmlDictSize(parser->dict) > XML_NAMES_MAX)
			return fault_set(s->fault, ERR_LIMIT,
			    "more than %d different names of elements", XML_NAMES_MAX);
		if (strict && !parser->wellFormed && !s->closed)
			return s->rc ? s->rc : ERR_INPUT;
	}
	if (!s->rc)
		xmlParseChunk(parser, NULL, 0, 1);
	if (s->rc)
		return s->rc;
	return strict && !s->closed ? ERR_INPUT : 0;
}

/* What libxml2 complained about first, with the line in the document that was fetched. */
static void
report_error(const struct session *s, const char *text, size_t at, struct xml_report *report)
{
	const xmlError *e = xmlCtxtGetLastError(s->parser);
	int line = 0, here = e && e->line > 0 ? e->line : s->deep ? s->deep : 1;
	for (size_t i = 0; i < at; i++)
		line += text[i] == '\n';
	/* the message may quote the document, cut anywhere */
	struct arena arena = {0};
	int early = !s->closed && (!e || !e->message || e->code == XML_ERR_DOCUMENT_END);
	const char *words = s->deep           ? "tags are not closed"
			    : early           ? "the document ends too early"
			    : e && e->message ? e->message
					      : "?";
	snprintf(report->recovered, sizeof report->recovered, "line %d: %s", line + here,
	    text_line(&arena, words, strcspn(words, "\n"), WORDS_MAX));
	arena_clear(&arena);
}

/* Parse the repaired text. */
static int
parse_repaired(struct session *s, const struct buf *repaired)
{
	int rc = push(s, buf_str(repaired), repaired->len);
	if (!rc && s->depth) /* libxml2 gave up, against all repair */
		s->reader->cut(s->ctx);
	while (!rc && s->depth)
		on_end(s, NULL, NULL, NULL);
	return rc;
}

/* Parse TEXT from AT: strictly, then repaired. */
static int
parse(const char *text, size_t len, size_t at, const struct xml_reader *reader, void *ctx,
    struct xml_report *report, struct fault *f)
{
	struct session s = {.reader = reader, .ctx = ctx, .fault = f};
	parser_new(&s, 0);
	int rc = push(&s, text + at, len - at);
	if (!s.parser->wellFormed || s.deep)
		report_error(&s, text, at, report);
	xmlFreeParserCtxt(s.parser);
	if (!s.deep && (rc != ERR_INPUT || s.rc)) /* too deep may only be unclosed */
		return rc;

	struct buf repaired;
	buf_init(&repaired, (len - at) * 2 + REPAIR_ROOM);
	rc = xml_repair(text, len, at, reader, &repaired, f);
	if (!rc) {
		reader->restart(ctx);
		s = (struct session){.reader = reader, .ctx = ctx, .fault = f, .repaired = 1};
		parser_new(&s, XML_PARSE_RECOVER);
		rc = parse_repaired(&s, &repaired);
		xmlFreeParserCtxt(s.parser);
	}
	buf_clear(&repaired);
	return rc;
}

int
xml_parse(const char *text, size_t len, size_t at, const struct xml_reader *reader, void *ctx,
    struct xml_report *report, struct fault *f)
{
	*report = (struct xml_report){0};
	struct buf expanded = {0};
	int rc = xml_expand_entities(text, len, at, &expanded, f);
	if (!rc && expanded.len)
		rc = parse(buf_str(&expanded), expanded.len, at, reader, ctx, report, f);
	else if (!rc)
		rc = parse(text, len, at, reader, ctx, report, f);
	buf_clear(&expanded);
	return rc;
}
