/*
 * fuzz_url: a base and a reference, parted by the first newline, through all of url. What comes out
 * must be a fixed point, must split, and must name a host that another reader can't see elsewhere.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "errors.h"
#include "fuzz.h"
#include "url.h"

static void
check_form(struct arena *a, char *form, char *(*writer)(struct arena *, const char *))
{
	struct url_parts p;
	if (!form)
		return;
	char *again = writer(a, form);
	check(again && !strcmp(again, form));
	check(!url_split(form, &p) && !p.has_userinfo && p.host_len && p.path_len);
	check(strlen(form) <= URL_MAX && !strchr(form, '#'));
	for (const char *c = form; *c; c++)
		check(*c > ' ' && *c < 0x7f);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	char host[300];
	char *base = arena_strndup(&a, (const char *)data, size);
	char *newline = strchr(base, '\n');
	const char *ref = newline ? newline + 1 : base;
	if (newline)
		*newline = '\0';
	char *canonical = url_canonical(&a, ref);
	char *fetch = url_fetch_form(&a, ref);
	check_form(&a, canonical, url_canonical);
	check_form(&a, fetch, url_fetch_form);
	if (fetch) { /* both forms go to the same host, and identity is kept by fetching */
		char *same = url_canonical(&a, fetch);
		check(!canonical || (same && !strcmp(same, canonical)));
	}
	char *resolved = url_resolve(&a, base, ref);
	check(!resolved || strlen(resolved) <= URL_MAX);
	if (resolved)
		check_form(&a, url_canonical(&a, resolved), url_canonical);
	url_host(ref, host, sizeof host);
	url_is_web(ref);
	arena_clear(&a);
	return 0;
}
