/* index: see index.h. */
#include "index.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"

#define GENERATIONS          8 /* in a window, and in the memory */
#define KEY_STORIES          8 /* stories that a key leads to, in one generation */
#define ARTICLES_MAX         (((uint32_t)1 << TABLE_VALUE_BITS) - 1)
#define STORY_ARTICLES_FIRST 2 /* candidates of one story, while others wait */

struct generation {
	struct generation *next; /* the one after it in time */
	int64_t span;            /* number of its eighth of the window, counted from 1970 */
	struct table keys;
	struct indexed *articles;
	uint32_t articles_len, articles_cap;
};

struct index {
	int64_t window_s, now;
	size_t memory_max, dropped;
	unsigned keys_max;
	struct generation *first, *last; /* oldest, newest */
};

static int64_t
span_length(int64_t window_s)
{
	return window_s / GENERATIONS > 0 ? window_s / GENERATIONS : 1;
}

struct index *
index_new(int64_t window_s, size_t memory_max, unsigned keys_max)
{
	struct index *x = mem_zalloc(sizeof *x);
	x->window_s = window_s;
	x->memory_max = memory_max;
	x->keys_max = keys_max;
	return x;
}

static void
drop_first(struct index *x)
{
	struct generation *g = x->first;
	x->first = g->next;
	if (!x->first)
		x->last = NULL;
	table_clear(&g->keys);
	mem_free(g->articles);
	mem_free(g);
}

void
index_free(struct index *x)
{
	if (!x)
		return;
	while (x->first)
		drop_first(x);
	mem_free(x);
}

static size_t
generation_bytes(const struct generation *g)
{
	return sizeof *g + g->keys.bytes + g->articles_cap * sizeof *g->articles;
}

static size_t
index_bytes(const struct index *x)
{
	size_t bytes = sizeof *x;
	for (const struct generation *g = x->first; g; g = g->next)
		bytes += generation_bytes(g);
	return bytes;
}

int64_t
index_start(int64_t window_s, int64_t now)
{
	int64_t span = span_length(window_s);
	return (now / span - GENERATIONS) * span;
}

int64_t
index_advance(struct index *x, int64_t at)
{
	if (at > x->now)
		x->now = at;
	while (x->first &&
	       x->first->span * span_length(x->window_s) < index_start(x->window_s, x->now))
		drop_first(x);
	return x->now;
}

/* The generation that takes a new article. */
static struct generation *
open_generation(struct index *x)
{
	int64_t span = x->now / span_length(x->window_s);
	struct generation *g = x->last;
	if (g && g->span == span && g->articles_len < ARTICLES_MAX &&
	    generation_bytes(g) < x->memory_max / GENERATIONS)
		return g;
	g = mem_zalloc(sizeof *g);
	g->span = span;
	if (x->last)
		x->last->next = g;
	else
		x->first = g;
	x->last = g;
	return g;
}

static void
bound_memory(struct index *x)
{
	while (x->first != x->last && index_bytes(x) > x->memory_max) {
		x->dropped += x->first->articles_len;
		drop_first(x);
	}
}

static const struct indexed *
article_at(const struct generation *g, uint64_t slot)
{
	return &g->articles[(slot & ARTICLES_MAX) - 1];
}

/* Make KEY lead to article N of G too, unless it leads to its story already. When it leads to very
 * many, the latest are kept. */
static void
add_key(struct generation *g, uint64_t key, uint32_t n)
{
	uint32_t at = 0;
	unsigned stories = 0;
	uint64_t *slot, *oldest = NULL;
	while ((slot = table_next(&g->keys, key, &at))) {
		if (article_at(g, *slot)->story == g->articles[n - 1].story)
			return;
		stories++;
		if (!oldest || *slot < *oldest)
			oldest = slot;
	}
	if (stories < KEY_STORIES)
		table_add(&g->keys, key, n);
	else
		*oldest = key << TABLE_VALUE_BITS | n;
}

/* The same for a line's key; a few stories are enough to know it. */
static void
add_line(struct generation *g, uint64_t key, uint32_t n)
{
	const struct indexed *a = &g->articles[n - 1];
	uint32_t at = 0;
	unsigned stories = 0;
	uint64_t *slot;
	for (; (slot = table_next(&g->keys, key, &at)); stories++)
		if (article_at(g, *slot)->story == a->story &&
		    article_at(g, *slot)->lead == a->lead)
			return;
	if (stories < INDEX_LINE_STORIES)
		table_add(&g->keys, key, n);
}

/* Lines have a key in the same table: the site's and the line's hash together. */
static uint64_t
line_key(uint32_t site, uint32_t line)
{
	uint64_t h = ((uint64_t)site << 32 | line) * 0x9e3779b97f4a7c15u;
	h = (h ^ h >> 32) * 0xd6e8feb86659fd93u;
	return h >> (64 - TABLE_KEY_BITS);
}

void
index_add(struct index *x, const struct indexed *a, const struct signature *s)
{
	index_advance(x, a->at);
	struct generation *g = open_generation(x);
	if (g->articles_len == g->articles_cap) {
		g->articles_cap += g->articles_cap / 8 + 16;
		g->articles = mem_resize_array(g->articles, g->articles_cap, sizeof *g->articles);
	}
	g->articles[g->articles_len] = *a;
	g->articles[g->articles_len++].lead = s->lead;
	for (unsigned i = 0; i < s->keys_len && i < x->keys_max; i++)
		add_key(g, s->keys[i], g->articles_len);
	for (unsigned i = 0; i < s->lines_len; i++)
		add_line(g, line_key(a->site, s->lines[i]), g->articles_len);
	bound_memory(x);
}

unsigned
index_line_stories(const struct index *x, uint32_t site, uint32_t line)
{
	uint64_t key = line_key(site, line), *slot;
	const struct indexed *seen[INDEX_LINE_STORIES];
	unsigned stories = 0;
	for (const struct generation *g = x->first; g; g = g->next)
		for (uint32_t at = 0; (slot = table_next(&g->keys, key, &at));) {
			const struct indexed *a = article_at(g, *slot);
			unsigned i = 0;
			while (
			    i < stories && (seen[i]->story != a->story || seen[i]->lead != a->lead))
				i++;
			if (i < stories)
				continue;
			seen[stories++] = a;
			if (stories == INDEX_LINE_STORIES)
				return stories;
		}
	return stories;
}

/* ---- finding ---- */

/* One key of the new article that leads to one of the index. Weight: the rarer the key, the more.
 */
struct hit {
	const struct indexed *article;
	uint32_t keys, weight;             /* of the article */
	uint32_t story_keys, story_weight; /* of its story */
};

#define WEIGHT_ALONE 840u /* a multiple of 1 to 8 */

static int
by_story(const void *a, const void *b)
{
	const struct indexed *x = ((const struct hit *)a)->article;
	const struct indexed *y = ((const struct hit *)b)->article;
	if (x->story != y->story)
		return x->story < y->story ? -1 : 1;
	return x->id < y->id ? -1 : x->id > y->id;
}

static int
by_weight(const void *a, const void *b)
{
	const struct hit *x = a, *y = b;
	if (x->weight != y->weight)
		return x->weight > y->weight ? -1 : 1;
	if (x->story_weight != y->story_weight)
		return x->story_weight > y->story_weight ? -1 : 1;
	return x->article->id < y->article->id ? -1 : x->article->id > y->article->id;
}

/* Everything that KEY leads to within the window, into HITS; returns how many. */
static size_t
collect(const struct index *x, uint64_t key, struct hit *hits)
{
	size_t n = 0;
	uint64_t *slot;
	for (const struct generation *g = x->first; g; g = g->next)
		for (uint32_t at = 0; (slot = table_next(&g->keys, key, &at));) {
			const struct indexed *a = article_at(g, *slot);
			if (a->at >= x->now - x->window_s)
				hits[n++] = (struct hit){.article = a, .keys = 1};
		}
	for (size_t i = 0; i < n; i++)
		hits[i].weight = n < 8 ? WEIGHT_ALONE / (uint32_t)n : WEIGHT_ALONE / 8;
	return n;
}

/* Sum the hits of each article, and of each story; returns how many articles there are. */
static size_t
gather(struct hit *hits, size_t n)
{
	size_t articles = 0, from = 0;
	qsort(hits, n, sizeof *hits, by_story);
	for (size_t i = 0; i < n; i++) {
		struct hit *last = articles ? &hits[articles - 1] : NULL;
		if (last && last->article->id == hits[i].article->id &&
		    last->article->story == hits[i].article->story) {
			last->keys += hits[i].keys;
			last->weight += hits[i].weight;
		} else {
			hits[articles++] = hits[i];
		}
	}
	for (size_t i = 0; i < articles; i++) {
		if (hits[i].article->story != hits[from].article->story)
			from = i;
		hits[from].story_keys += hits[i].keys;
		hits[from].story_weight += hits[i].weight;
	}
	for (size_t i = 1; i < articles; i++)
		if (hits[i].article->story == hits[i - 1].article->story) {
			hits[i].story_keys = hits[i - 1].story_keys;
			hits[i].story_weight = hits[i - 1].story_weight;
		}
	return articles;
}

static unsigned
count_of_story(const struct found *found, size_t n, int64_t story)
{
	unsigned count = 0;
	for (size_t i = 0; i < n; i++)
		count += found[i].story == story;
	return count;
}

size_t
index_find(const struct index *x, const struct signature *s, struct found out[INDEX_FOUND_MAX])
{
	size_t generations = 0, n = 0, found = 0;
	for (const struct generation *g = x->first; g; g = g->next)
		generations++;
	struct hit *hits =
	    mem_alloc(SIGNATURE_KEYS_MAX * KEY_STORIES * (generations + 1) * sizeof *hits);
	for (unsigned i = 0; i < s->keys_len && i < x->keys_max; i++)
		n += collect(x, s->keys[i], hits + n);
	n = gather(hits, n);
	qsort(hits, n, sizeof *hits, by_weight);
	/* the best of each story first; what room is left is for more of the same stories */
	for (unsigned most = STORY_ARTICLES_FIRST; most <= INDEX_FOUND_MAX;
	     most += INDEX_FOUND_MAX - STORY_ARTICLES_FIRST)
		for (size_t i = 0; i < n && found < INDEX_FOUND_MAX; i++) {
			const struct indexed *a = hits[i].article;
			if (hits[i].story_keys < 2 || count_of_story(out, found, a->story) >= most)
				continue;
			out[found++] = (struct found){a->id, a->story, hits[i].story_keys};
			hits[i].story_keys = 0; /* taken */
		}
	mem_free(hits);
	return found;
}

int64_t
index_oldest(const struct index *x)
{
	return x->first ? x->first->articles[0].id : 0;
}

void
index_measure(const struct index *x, struct index_figures *out)
{
	*out = (struct index_figures){.bytes = index_bytes(x), .dropped = x->dropped};
	for (const struct generation *g = x->first; g; g = g->next) {
		out->generations++;
		out->articles += g->articles_len;
		for (unsigned i = 0; i < TABLE_PARTS; i++)
			out->entries += g->keys.parts[i].count;
	}
}
