/* bare_parse: see bare_parse.h. */
#include "bare_parse.h"

#include <libxml/HTMLparser.h>
#include <libxml/parser.h>

#define PIECE ((size_t)16 << 10)

void
bare_parse_page(const uint8_t *data, size_t len)
{
	xmlFreeDoc(htmlReadMemory((const char *)data, (int)len, "http://127.0.0.1/", "UTF-8",
	    HTML_PARSE_RECOVER | HTML_PARSE_NOERROR | HTML_PARSE_NOWARNING | HTML_PARSE_NONET));
}

static void
on_start(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri, int namespaces,
    const xmlChar **namespace_list, int attributes, int defaulted, const xmlChar **attribute_list)
{
	(void)arg, (void)name, (void)prefix, (void)uri, (void)namespaces, (void)namespace_list;
	(void)attributes, (void)defaulted, (void)attribute_list;
}

static void
on_end(void *arg, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
	(void)arg, (void)name, (void)prefix, (void)uri;
}

static void
on_text(void *arg, const xmlChar *text, int len)
{
	(void)arg, (void)text, (void)len;
}

void
bare_parse_feed(const uint8_t *data, size_t len)
{
	xmlSAXHandler sax = {.initialized = XML_SAX2_MAGIC,
	    .startElementNs = on_start,
	    .endElementNs = on_end,
	    .characters = on_text,
	    .cdataBlock = on_text};
	xmlParserCtxtPtr ctxt = xmlCreatePushParserCtxt(&sax, NULL, NULL, 0, NULL);
	xmlCtxtUseOptions(
	    ctxt, XML_PARSE_RECOVER | XML_PARSE_NOERROR | XML_PARSE_NOWARNING | XML_PARSE_NONET);
	for (size_t at = 0; at < len; at += PIECE)
		xmlParseChunk(
		    ctxt, (const char *)data + at, (int)(len - at < PIECE ? len - at : PIECE), 0);
	xmlParseChunk(ctxt, NULL, 0, 1);
	xmlFreeDoc(ctxt->myDoc);
	xmlFreeParserCtxt(ctxt);
}
