/*
 * fuzz_jsonld: blocks of application/ld+json, parted by a form feed, as a page has them one after
 * the other. What is read is text, bounded, and never taken back by a later block.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "fuzz.h"
#include "jsonld.h"

static void
check_text(const char *s)
{
	check(!s || charset_is_utf8((const uint8_t *)s, strlen(s)));
}

static void
check_article(const struct jsonld_article *j)
{
	const char *texts[] = {j->type, j->headline, j->description, j->article_body,
	    j->date_published, j->date_modified, j->section, j->language, j->image, j->publisher,
	    j->url, j->keywords, j->paid_selector};
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		check_text(texts[i]);
	check(j->authors_len <= JSONLD_AUTHORS_MAX && j->houses_len <= JSONLD_AUTHORS_MAX);
	for (size_t i = 0; i < j->authors_len; i++)
		check_text(j->authors[i]);
	for (size_t i = 0; i < j->houses_len; i++)
		check_text(j->houses[i]);
	check(j->is_accessible_for_free >= -1 && j->is_accessible_for_free <= 1);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct jsonld_article article = {.is_accessible_for_free = -1};
	if (!charset_is_utf8(data, size)) /* all text is made valid before */
		return 0;
	while (size) {
		const uint8_t *end = memchr(data, '\f', size);
		size_t len = end ? (size_t)(end - data) : size;
		enum jsonld_rank before = article.rank;
		char *block = malloc(len ? len : 1); /* exact, so that a step too far is seen */
		if (!block)
			break;
		memcpy(block, data, len);
		int found = jsonld_read(&a, block, len, &article);
		free(block);
		check(article.rank >= before && (!found || article.rank != JSONLD_NOTHING));
		check_article(&article);
		data += len + (end != NULL);
		size -= len + (end != NULL);
	}
	arena_clear(&a);
	return 0;
}
