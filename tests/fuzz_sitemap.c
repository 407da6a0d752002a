/*
 * fuzz_sitemap: a sitemap of pages, of lines or of sitemaps through feed_parse, and what newsd
 * takes of it: bounded, in the order of the document, none of it older than was asked for.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "feed.h"
#include "fuzz.h"
#include "sitemap.h"

#define NOW   INT64_C(1790000000)
#define DAY_S INT64_C(86400)
#define AGE_S (7 * DAY_S)

static void
check_news(struct feed_doc *doc)
{
	size_t all = doc->items_len;
	size_t left = sitemap_keep_news(doc, NOW, AGE_S);
	check(doc->items_len + left == all && doc->items_len <= SITEMAP_LINKS_MAX);
	for (size_t i = 0; i < doc->items_len; i++) {
		const struct item *it = &doc->items[i];
		struct date d = it->published.precision >= DATE_DAY ? it->published : it->updated;
		int tells = d.precision >= DATE_DAY && d.utc <= NOW + DAY_S;
		check(!tells || d.utc + DAY_S >= NOW - AGE_S);
	}
	check(sitemap_keep_news(doc, NOW, AGE_S) == 0); /* what is news stays news */
}

static void
check_index(const struct feed_doc *doc)
{
	const char *urls[SITEMAP_FOLLOW_MAX];
	size_t undated, n = sitemap_choose(doc, NOW, AGE_S, urls, &undated);
	check(n <= SITEMAP_FOLLOW_MAX && n <= doc->items_len && undated <= n);
	for (size_t i = 0; i < n; i++)
		check(urls[i] && *urls[i]);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct feed_doc *doc = NULL;
	struct fault f = {0};
	struct feed_source from = {"https://fuzz.example/sitemap.xml", "text/xml", "", ""};
	if (feed_parse(&a, &from, data, size, &doc, &f) != 0)
		doc = NULL;
	/* lines of URLs are a sitemap by their type alone */
	from.content_type = "text/plain";
	if (!doc && feed_parse(&a, &from, data, size, &doc, &f) != 0)
		doc = NULL;
	if (doc && sitemap_is_pages(doc))
		check_news(doc);
	else if (doc && sitemap_is_index(doc))
		check_index(doc);
	arena_clear(&a);
	return 0;
}
