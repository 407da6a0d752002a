/*
 * Links out: what the body's text links to, for those who study who cites whom. In the canonical
 * form, so that a link to a page that newsd knows is found by its URL.
 */
#include <string.h>

#include "extract_priv.h"
#include "hash.h"
#include "url.h"

/* Does N stand in a line that is body? */
static int
is_in_body(const struct page *p, const struct html_node *n)
{
	const struct element *e = n->data;
	return e && e->first_line < p->lines_len && p->lines[e->first_line].kept;
}

void
links_collect(struct page *p)
{
	struct article *art = p->article;
	const char *base = p->meta.base ? url_resolve(p->a, p->url, p->meta.base) : NULL;
	struct map seen = {0};
	if (!base || url_is_web(base) < 0)
		base = p->url;
	for (struct html_node *n = p->body; n; n = html_next(p->body, n)) {
		const char *href = n->tag == HTML_A ? html_attr(n, "href") : NULL;
		if (!href || !*href || *href == '#' || !is_in_body(p, n))
			continue;
		if (art->links_len == ARTICLE_LINKS_MAX)
			break;
		char *url = url_resolve(p->a, base, href);
		url = url && url_is_web(url) >= 0 ? url_canonical(p->a, url) : NULL;
		if (!url || (art->url && !strcmp(url, art->url)))
			continue;
		uint64_t key = hash64_str(url) | 1;
		if (map_get(&seen, key))
			continue;
		map_put(&seen, key, url);
		*ARENA_PUSH(p->a, art->links, art->links_len) = url;
	}
	map_clear(&seen);
}
