/*
 * fuzz_discover: the first line is a URL, the rest a document. What is found is bounded, valid and
 * fetchable, and a page's sure links are among all its links or beyond their bound.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "discover.h"
#include "extract.h"
#include "fuzz.h"
#include "url.h"

static void
check_text(const char *s)
{
	check(!s || charset_is_utf8((const uint8_t *)s, strlen(s)));
}

static void
check_links(const struct discovery *d)
{
	struct url_parts parts;
	check(d->links_len <= DISCOVERY_LINKS_MAX);
	for (size_t i = 0; i < d->links_len; i++) {
		check(!url_split(d->links[i].url, &parts));
		check(d->links[i].by < FOUND_BY_COUNT && d->links[i].class < FEED_CLASS_COUNT);
		check_text(d->links[i].title);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct fault f;
	struct url_parts parts;
	struct discovery *d, *sure;
	char *guesses[DISCOVER_GUESSES_MAX];
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t first = newline ? (size_t)(newline - data) : 0, rest = newline ? first + 1 : 0;
	char *url = url_fetch_form(&a, arena_strndup(&a, (const char *)data, first));
	extract_prepare();
	if (!url)
		url = arena_strdup(&a, "https://n.example/a/b");
	if (!discover_document(&a, url, "", data + rest, size - rest, &d, &f)) {
		check(!d->format != !d->reason);
		check_text(d->title);
		check_text(d->reason);
		check_links(d);
	}
	discover_declared(&a, url, "text/html", data + rest, size - rest, &sure);
	if (sure)
		check_links(sure);
	size_t n = discover_guess(&a, url, guesses);
	check(n <= DISCOVER_GUESSES_MAX);
	for (size_t i = 0; i < n; i++)
		check(!url_split(guesses[i], &parts));
	arena_clear(&a);
	return 0;
}
