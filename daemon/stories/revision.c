/* What changed between two texts of one page. See include/stories.h. */
#include <stdlib.h>
#include <string.h>

#include "align.h"
#include "stories.h"

#define COUNTER_TOKENS 8 /* a longer line is a sentence, and its figures are news */
#define GAP_MAX        6 /* words between two runs that may stand in each other's place */

/* The words of a line, without its figures; 0 when it is no counter's line. */
static uint64_t
counter_hash(const struct reading *r, const struct reading_line *l)
{
	uint64_t hash = 1;
	int figures = 0;
	if (l->tokens > COUNTER_TOKENS)
		return 0;
	for (uint32_t i = l->first; i < l->first + l->tokens; i++) {
		if (r->kinds[i] == TEXT_FIGURE)
			figures = 1;
		else
			hash = (hash ^ r->tokens[i]) * 0x100000001b3u;
	}
	return figures ? hash : 0;
}

static int
by_hash(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
	return x < y ? -1 : x > y;
}

/* Flag the lines of R that OTHER has too, but for the figures in them. */
static uint8_t *
flag_counters(struct arena *arena, const struct reading *r, const struct reading *other)
{
	uint8_t *flags = arena_zalloc(arena, r->lines_len);
	uint64_t *known = arena_alloc(arena, other->lines_len * sizeof *known);
	for (uint32_t i = 0; i < other->lines_len; i++)
		known[i] = counter_hash(other, &other->lines[i]);
	if (other->lines_len)
		qsort(known, other->lines_len, sizeof *known, by_hash);
	for (uint32_t i = 0; i < r->lines_len; i++) {
		uint64_t hash = counter_hash(r, &r->lines[i]);
		flags[i] = hash && other->lines_len &&
			   bsearch(&hash, known, other->lines_len, sizeof hash, by_hash);
	}
	return flags;
}

static void
drop_counters(struct arena *arena, struct reading *a, struct reading *b)
{
	uint8_t *flags_a = flag_counters(arena, a, b), *flags_b = flag_counters(arena, b, a);
	reading_drop_lines(a, flags_a);
	reading_drop_lines(b, flags_b);
}

static uint32_t
count_figures(const struct reading *r, uint32_t from, uint32_t to)
{
	uint32_t n = 0;
	for (uint32_t i = from; i < to; i++)
		n += r->kinds[i] == TEXT_FIGURE;
	return n;
}

/* Add what stands between (A, B), where the last run ended, and RUN. */
static void
add_gap(struct story_change *c, const struct reading *ra, const struct reading *rb, uint32_t a,
    uint32_t b, const struct run *run)
{
	uint32_t removed = run->a - a, added = run->b - b;
	if (!removed && !added)
		return;
	if (!c->added && !c->removed)
		c->first = rb->tokens_len ? (double)b / rb->tokens_len : 0;
	c->last = rb->tokens_len ? (double)run->b / rb->tokens_len : 1;
	c->added += added;
	c->removed += removed;
	if (removed <= GAP_MAX && added <= GAP_MAX) {
		uint32_t n = count_figures(ra, a, run->a), m = count_figures(rb, b, run->b);
		c->replaced += n < m ? n : m;
	}
}

int
stories_compare_revision(const char *old, const char *new, struct story_change *change)
{
	struct arena arena = {0};
	struct reading a, b;
	struct run *runs;
	uint32_t at_a = 0, at_b = 0;
	memset(change, 0, sizeof *change);
	reading_init(&a, old);
	reading_init(&b, new);
	drop_counters(&arena, &a, &b);
	uint32_t n = align_readings(&arena, &a, &b, &runs);
	for (uint32_t i = 0; i < n; i++) {
		add_gap(change, &a, &b, at_a, at_b, &runs[i]);
		at_a = runs[i].a + runs[i].len;
		at_b = runs[i].b + runs[i].len;
	}
	add_gap(change, &a, &b, at_a, at_b, &(struct run){a.tokens_len, b.tokens_len, 0});
	uint32_t new_tokens = b.tokens_len;
	reading_clear(&a);
	reading_clear(&b);
	arena_clear(&arena);
	change->kept = new_tokens - change->added;
	return change->added || change->removed;
}

char *
story_change_words(struct arena *a, const struct story_change *c)
{
	const char *where = c->last <= .34              ? ", near the beginning"
			    : c->first >= .66           ? ", near the end"
			    : c->last - c->first <= .34 ? ", in the middle"
							: "";
	const char *figures = c->replaced == 1 ? ", one figure replaced" : "";
	if (c->replaced > 1)
		figures = arena_printf(a, ", %u figures replaced", c->replaced);
	if (!c->added)
		return arena_printf(a, "%u %s removed%s%s", c->removed,
		    c->removed == 1 ? "word" : "words", where, figures);
	const char *words = c->added == 1 ? "word" : "words";
	if (!c->removed)
		return arena_printf(a, "%u %s added%s%s", c->added, words, where, figures);
	return arena_printf(
	    a, "%u %s added, %u removed%s%s", c->added, words, c->removed, where, figures);
}
