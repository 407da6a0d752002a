/*
 * fuzz_robots: the first line is a URL, the rest a robots.txt. The compiled rules must be ASCII,
 * ordered as the judge expects them, and judged in bounded time.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "robots.h"

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct robots_doc *doc;
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t first = newline ? (size_t)(newline - data) : 0;
	size_t rest = newline ? first + 1 : 0;
	char *url = arena_strndup(&a, (const char *)data, first);
	robots_parse(&a, data + rest, size - rest, "newsd", &doc);
	size_t longest = SIZE_MAX;
	for (size_t i = 0; i < doc->rules_len; i++) {
		const char *pattern = doc->rules[i].pattern;
		check(strlen(pattern) && strlen(pattern) <= longest);
		longest = strlen(pattern);
		for (; *pattern; pattern++)
			check(*pattern > ' ' && *pattern < 0x7f);
	}
	check(doc->crawl_delay_s >= -1 && doc->crawl_delay_s <= 86400);
	robots_allows(doc, url);
	robots_allows(doc, "https://n.example/a/b.html?c=d");
	arena_clear(&a);
	return 0;
}
