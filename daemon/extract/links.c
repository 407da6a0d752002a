/*
 * Links out: what the body's text links to, for those who study who cites whom, and where in the
 * text, for those who read it. The first in the canonical form, so that a link to a page that newsd
 * knows is found by its URL; the second in the form to fetch.
 */
#include <string.h>

#include "extract_priv.h"
#include "hash.h"
#include "text.h"
#include "url.h"

struct collector {
	struct page *p;
	const char *base;
	struct map seen; /* by canonical form */
	/* the last one that was asked for: an element has several stretches of text */
	const struct html_node *anchor;
	char *canonical, *fetch; /* NULL: it leads nowhere, or here */
	size_t spans, span_bytes;
};

static int
is_own_page(const struct page *p, const char *canonical)
{
	return p->article->url && !strcmp(canonical, p->article->url);
}

static void
follow(struct collector *k, const struct html_node *anchor)
{
	const char *href = html_attr(anchor, "href");
	if (anchor == k->anchor)
		return;
	k->anchor = anchor;
	k->canonical = k->fetch = NULL;
	char *url = *href && *href != '#' ? url_resolve(k->p->a, k->base, href) : NULL;
	if (!url || url_is_web(url) < 0 || url_forms(k->p->a, url, &k->canonical, &k->fetch) ||
	    is_own_page(k->p, k->canonical))
		k->canonical = k->fetch = NULL;
}

static void
note_url(struct collector *k)
{
	struct article *art = k->p->article;
	uint64_t key = hash64_str(k->canonical) | 1;
	if (art->links_len == ARTICLE_LINKS_MAX || map_get(&k->seen, key))
		return;
	map_put(&k->seen, key, k->canonical);
	*ARENA_PUSH(k->p->a, art->links, art->links_len) = k->canonical;
}

/* Is there room for one more span? Then it is taken; the first that does not fit is the last. */
static int
take_room(struct collector *k)
{
	k->span_bytes += strlen(k->fetch);
	if (k->span_bytes > BLOCK_LINKS_BYTES)
		k->spans = BLOCK_LINKS_MAX;
	if (k->spans == BLOCK_LINKS_MAX)
		return 0;
	k->spans++;
	return 1;
}

/* Add the link from AT to END of the text of B, without the space around it. */
static void
add_span(struct arena *a, struct block *b, size_t at, size_t end, char *url)
{
	while (at < end && b->text[at] == ' ')
		at++;
	while (end > at && b->text[end - 1] == ' ')
		end--;
	if (end > at)
		*ARENA_PUSH(a, b->links, b->links_len) =
		    (struct block_link){(uint32_t)at, (uint32_t)(end - at), url};
}

/* L, which is kept, has N stretches that are linked: note where they lead and where they went. */
static void
collect_line(struct collector *k, const struct line *l, const struct linked *linked, size_t n)
{
	struct page *p = k->p;
	struct block *b =
	    l->as_block && k->spans < BLOCK_LINKS_MAX ? &p->article->blocks[l->as_block - 1] : NULL;
	size_t *marks = mem_alloc(2 * n * sizeof *marks), len = 0;
	char **urls = mem_alloc(n * sizeof *urls);
	for (size_t i = 0; i < n; i++) {
		follow(k, linked[i].anchor);
		if (!k->canonical)
			continue;
		note_url(k);
		if (!b || !take_room(k))
			continue;
		urls[len / 2] = k->fetch;
		marks[len++] = linked[i].at - l->at;
		marks[len++] = linked[i].end - l->at;
	}
	if (len)
		b->text =
		    text_line_marked(p->a, p->raw + l->at, l->len, EXTRACT_TEXT_MAX, marks, len);
	for (size_t i = 0; i < len; i += 2)
		add_span(p->a, b, marks[i], marks[i + 1], urls[i / 2]);
	mem_free(marks);
	mem_free(urls);
}

void
links_collect(struct page *p)
{
	struct collector k = {.p = p};
	const struct article *art = p->article;
	k.base = p->meta.base ? url_resolve(p->a, p->url, p->meta.base) : NULL;
	if (!k.base || url_is_web(k.base) < 0)
		k.base = p->url;
	if (art->from_jsonld) /* the blocks are not of these lines */
		k.spans = BLOCK_LINKS_MAX;
	for (size_t i = 0, line = 0, n; i < p->linked_len; i += n) {
		if (art->links_len == ARTICLE_LINKS_MAX && k.spans == BLOCK_LINKS_MAX)
			break;
		while (p->lines[line].at + p->lines[line].len <= p->linked[i].at)
			line++;
		const struct line *l = &p->lines[line];
		for (n = 1; i + n < p->linked_len && p->linked[i + n].at < l->at + l->len;)
			n++;
		if (l->kept)
			collect_line(&k, l, p->linked + i, n);
	}
	map_clear(&k.seen);
}
