/*
 * feed: a feed document of any dialect (RSS 0.9x-2.0, RDF, Atom 0.3/1.0, JSON Feed, sitemap) to a
 * struct feed_doc. Pure; hostile input.
 */
#ifndef NEWSD_FEED_H
#define NEWSD_FEED_H

#include "errors.h"
#include "record.h"

#define FEED_ITEMS_MAX 50000      /* of a document; sitemaps have no more by their own rules */
#define FEED_FIELD_MAX (4u << 20) /* bytes of one text field */
#define FEED_LIST_MAX  128        /* tags, authors, enclosures, hubs of one item or feed */
/* Bytes of all texts, an item counted as FEED_ITEM_SENT more: what is read must fit into one answer
 * of a worker (WIRE_REPLY_MAX). The largest feed of those that we know has 0.5 MB. */
#define FEED_ITEM_SENT 128
#define FEED_TEXTS_MAX ((size_t)15 << 20)

/* What HTTP said of a document. Header values are as they were received, "" when absent. */
struct feed_source {
	const char *url; /* after redirects */
	const char *content_type;
	const char *content_location; /* of the URL's own origin it is the base of references */
	const char *link;             /* RFC 8288: hub, self, next, prev-archive */
};

/*
 * Parse BODY (already inflated, any charset) that came FROM there. All memory comes from A. *OUT is
 * set on success. Broken documents are recovered and say so in ->recovered; so do those of which
 * something was left out: items past FEED_ITEMS_MAX or FEED_TEXTS_MAX, texts past FEED_FIELD_MAX,
 * an entry that the document's end cuts. item.canonical and .fetch are made from the link that
 * stood there before a redirector (feedburner:origLink), if there is one. ERR_INPUT: no feed (F
 * says what it is: "html page", "empty document", ...). ERR_LIMIT: nested too deep, too many
 * attributes, names or JSON values, or out of proportion in memory (6 times the document and 1.25
 * MB).
 */
int feed_parse(struct arena *a, const struct feed_source *from, const uint8_t *body, size_t len,
    struct feed_doc **out, struct fault *f);

#endif
