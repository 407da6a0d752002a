/*
 * Fuzzer of feed_parse: any bytes are a feed or a fault in words, also in its header fields. The
 * first byte chooses the Content-Type, so that charsets are reached too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "feed.h"

#define HEADER_MAX 1024

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void
check_text(const char *s)
{
	if (s && !charset_is_utf8((const uint8_t *)s, strlen(s)))
		abort();
}

static void
check_item(const struct item *it)
{
	const char *texts[] = {it->guid, it->link, it->canonical, it->fetch, it->title, it->summary,
	    it->content, it->published_raw, it->image, it->comments, it->rights, it->language,
	    it->source};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_text(texts[i]);
	for (size_t i = 0; i < it->authors_len; i++)
		check_text(it->authors[i]);
	for (size_t i = 0; i < it->tags_len; i++)
		check_text(it->tags[i]);
	for (size_t i = 0; i < it->enclosures_len; i++) {
		check_text(it->enclosures[i].url);
		check_text(it->enclosures[i].type);
	}
	if (!it->key || (it->canonical && !it->fetch))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const char *const types[] = {"", "text/xml; charset=iso-8859-1",
	    "application/rss+xml; charset=utf-16le", "application/json",
	    "text/html; charset=bogus"};
	if (!len)
		return 0;
	const char *type = types[data[0] < 0x20 ? data[0] % 5 : 0];
	struct arena a = {0};
	struct feed_doc *doc = NULL;
	struct fault f = {0};
	char header[HEADER_MAX]; /* the beginning, once more */
	snprintf(header, sizeof header, "%.*s", (int)len, (const char *)data);
	struct feed_source from = {"https://fuzz.example/a/feed?x", type, header, header};
	if (feed_parse(&a, &from, data, len, &doc, &f) == 0) {
		if (!doc->format || doc->items_len > FEED_ITEMS_MAX)
			abort();
		check_text(doc->title);
		check_text(doc->subtitle);
		check_text(doc->recovered);
		check_text(doc->self);
		check_text(doc->next);
		check_text(doc->prev_archive);
		for (size_t i = 0; i < doc->hubs_len; i++)
			check_text(doc->hubs[i]);
		for (size_t i = 0; i < doc->items_len; i++)
			check_item(&doc->items[i]);
	} else if (doc || !*f.text || f.code >= 0) {
		abort();
	}
	arena_clear(&a);
	return 0;
}
