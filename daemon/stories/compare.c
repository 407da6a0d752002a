/* compare: see compare.h. */
#include "compare.h"

#include <stdlib.h>
#include <string.h>

#include "align.h"

#define HEAD_SHINGLES      24u
#define LEAD_SHINGLES      10u
#define GAP_MAX            6u /* words between two runs that may stand in each other's place */
#define MARGIN_HEAD_LINES  2u
#define MARGIN_HEAD_TOKENS 12u
#define MARGIN_TAIL_LINES  5u
#define MARGIN_TAIL_TOKENS 30u
#define PARTS              10u
#define PART_COVERED       .25

static double
share(uint32_t part, uint32_t whole)
{
	return whole ? (double)part / whole : 0;
}

static uint32_t
count_shared(const struct reading *a, const struct reading *b)
{
	uint32_t shared = 0;
	for (uint32_t i = 0; i < a->shingles_len; i++)
		shared += reading_find(b, a->shingles[i]) >= 0;
	return shared;
}

double
compare_containment(const struct reading *a, const struct reading *b)
{
	const struct reading *few = a->shingles_len < b->shingles_len ? a : b;
	return share(count_shared(few, few == a ? b : a), few->shingles_len);
}

static int
by_value(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
	return x < y ? -1 : x > y;
}

/* How much of R's head OTHER has, and about where (the middle one of the places). */
static void
find_head(struct side *side, const struct reading *r, const struct reading *other)
{
	uint32_t found[HEAD_SHINGLES], n = 0, lead = 0;
	uint32_t most = r->shingles_len < HEAD_SHINGLES ? r->shingles_len : HEAD_SHINGLES;
	for (uint32_t i = 0; i < most; i++) {
		int64_t at = reading_find(other, r->shingles[i]);
		if (at < 0)
			continue;
		found[n++] = other->places[at];
		lead += i < LEAD_SHINGLES;
	}
	qsort(found, n, sizeof *found, by_value);
	side->head = share(n, most);
	side->lead = share(lead, most < LEAD_SHINGLES ? most : LEAD_SHINGLES);
	side->place = n ? share(found[n / 2], other->tokens_len) : 0;
}

/* ---- figures ---- */

/* The figures among LEN tokens of R from FIRST on. */
static uint32_t
count_figures(const struct reading *r, uint32_t first, uint32_t len)
{
	uint32_t n = 0;
	for (uint32_t i = 0; i < len; i++)
		n += r->kinds[first + i] == TEXT_FIGURE;
	return n;
}

/* Figures that stand in each other's place: the gap between two runs is short in both texts. */
static uint32_t
count_conflicts(const struct reading *a, const struct reading *b, const struct run *left,
    const struct run *right)
{
	uint32_t from_a = left->a + left->len, from_b = left->b + left->len;
	uint32_t gap_a = right->a - from_a, gap_b = right->b - from_b;
	if (gap_a > GAP_MAX || gap_b > GAP_MAX)
		return 0;
	uint32_t n = count_figures(a, from_a, gap_a), m = count_figures(b, from_b, gap_b);
	return n < m ? n : m;
}

/*
 * The text between the lines at its ends that are short: times, names of agencies, ways to
 * subscribe. Their figures are the site's, not the story's. At least two thirds of the text.
 */
struct body {
	uint32_t from, to;
};

static struct body
find_body(const struct reading *r)
{
	struct body body = {0, r->tokens_len};
	uint32_t left = r->tokens_len / 3, n = r->lines_len;
	for (uint32_t i = 0; i < n && i < MARGIN_HEAD_LINES; i++) {
		const struct reading_line *l = &r->lines[i];
		if (l->tokens > MARGIN_HEAD_TOKENS || l->tokens > left)
			break;
		body.from = l->first + l->tokens;
		left -= l->tokens;
	}
	for (uint32_t i = 1; i <= n && i <= MARGIN_TAIL_LINES; i++) {
		const struct reading_line *l = &r->lines[n - i];
		if (l->tokens > MARGIN_TAIL_TOKENS || l->tokens > left)
			break;
		body.to = l->first;
		left -= l->tokens;
	}
	return body;
}

static int
is_in_body(const struct body *body, uint32_t token)
{
	return token >= body->from && token < body->to;
}

static void
compare_figures(struct likeness *l, const struct reading *a, const struct reading *b,
    const struct run *runs, uint32_t n)
{
	struct body body_a = find_body(a), body_b = find_body(b);
	for (uint32_t i = 0; i < n; i++) {
		for (uint32_t k = 0; k < runs[i].len; k++)
			l->agree += a->kinds[runs[i].a + k] == TEXT_FIGURE &&
				    (is_in_body(&body_a, runs[i].a + k) ||
					is_in_body(&body_b, runs[i].b + k));
		if (i > 0 && (is_in_body(&body_a, runs[i - 1].a + runs[i - 1].len) ||
				 is_in_body(&body_b, runs[i - 1].b + runs[i - 1].len)))
			l->conflict += count_conflicts(a, b, &runs[i - 1], &runs[i]);
	}
}

/* ---- covered words ---- */

/* Flag each word of R that stands in a shingle of OTHER's. */
static uint8_t *
mark_shingles(struct arena *arena, const struct reading *r, const struct reading *other)
{
	uint8_t *marks = arena_zalloc(arena, r->tokens_len);
	for (uint32_t i = 0; i < r->tokens_len; i++) {
		uint64_t shingle = reading_shingle_at(r, i);
		if (shingle && reading_find(other, shingle) >= 0)
			memset(marks + i, 1, reading_shingle_length(r, i));
	}
	return marks;
}

static void
sum_marks(struct side *side, const uint8_t *marks, uint32_t len)
{
	uint32_t all = 0, parts = 0, seen = 0, before = 0;
	for (uint32_t p = 0; p < PARTS; p++) {
		uint32_t from = (uint32_t)((uint64_t)len * p / PARTS);
		uint32_t to = (uint32_t)((uint64_t)len * (p + 1) / PARTS), n = 0;
		for (uint32_t i = from; i < to; i++)
			n += marks[i];
		all += n;
		parts += n > 0 && n >= PART_COVERED * (to - from);
	}
	/* stray words apart: what stands before the first tenth of what is covered */
	while (before < len && (seen += marks[before]) * 10 <= all)
		before++;
	side->covered = share(all, len);
	side->spread = share(parts, PARTS);
	side->before = all ? share(before, len) : 1;
}

void
compare_readings(const struct reading *a, const struct reading *b, struct likeness *l)
{
	struct arena arena = {0};
	uint8_t *marks_a, *marks_b;
	compare_marked(&arena, a, b, l, &marks_a, &marks_b);
	arena_clear(&arena);
}

void
compare_marked(struct arena *arena, const struct reading *a, const struct reading *b,
    struct likeness *l, uint8_t **marks_a, uint8_t **marks_b)
{
	struct run *runs;
	uint32_t n = a->shingles_len, m = b->shingles_len, shared = count_shared(a, b);
	*l = (struct likeness){0};
	l->containment = share(shared, n < m ? n : m);
	l->resemblance = share(shared, n + m - shared);
	find_head(&l->a, a, b);
	find_head(&l->b, b, a);
	uint32_t runs_len = align_readings(arena, a, b, &runs);
	compare_figures(l, a, b, runs, runs_len);
	*marks_a = mark_shingles(arena, a, b);
	*marks_b = mark_shingles(arena, b, a);
	for (uint32_t i = 0; i < runs_len; i++) {
		memset(*marks_a + runs[i].a, 1, runs[i].len);
		memset(*marks_b + runs[i].b, 1, runs[i].len);
		if (runs[i].len > l->passage)
			l->passage = runs[i].len;
	}
	sum_marks(&l->a, *marks_a, a->tokens_len);
	sum_marks(&l->b, *marks_b, b->tokens_len);
}
