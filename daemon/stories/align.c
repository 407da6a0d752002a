/* align: see align.h. */
#include "align.h"

#include <string.h>

/* A token of A that occurs once in A, and where it does in B. */
struct once {
	uint64_t token;
	uint32_t b, times_a, times_b;
};

struct onces {
	struct once *slots; /* open addressing; times_a 0: free */
	uint32_t mask;
};

static struct once *
find_once(const struct onces *o, uint64_t token)
{
	for (uint32_t i = (uint32_t)token;; i++) {
		struct once *s = &o->slots[i & o->mask];
		if (!s->times_a || s->token == token)
			return s;
	}
}

/* The part of both texts that is not the same from their beginnings and to their ends. */
struct middle {
	uint32_t before, after, a_end, b_end;
};

static struct middle
find_middle(const struct reading *a, const struct reading *b)
{
	struct middle m = {0, 0, a->tokens_len, b->tokens_len};
	while (
	    m.before < m.a_end && m.before < m.b_end && a->tokens[m.before] == b->tokens[m.before])
		m.before++;
	while (m.a_end > m.before && m.b_end > m.before &&
	       a->tokens[m.a_end - 1] == b->tokens[m.b_end - 1]) {
		m.a_end--;
		m.b_end--;
		m.after++;
	}
	return m;
}

static void
count_tokens(struct arena *arena, struct onces *o, const struct reading *a, const struct reading *b,
    const struct middle *m)
{
	uint32_t size = 16;
	while (size < (m->a_end - m->before) * 2)
		size *= 2;
	o->slots = arena_zalloc(arena, size * sizeof *o->slots);
	o->mask = size - 1;
	for (uint32_t i = m->before; i < m->a_end; i++) {
		struct once *s = find_once(o, a->tokens[i]);
		s->token = a->tokens[i];
		s->times_a++;
	}
	for (uint32_t i = m->before; i < m->b_end; i++) {
		struct once *s = find_once(o, b->tokens[i]);
		if (!s->times_a)
			continue;
		s->b = i;
		s->times_b++;
	}
}

struct anchor {
	uint32_t a, b, before; /* before: index + 1 of the one that it follows in its chain */
};

/* Tokens once in both, in A's order; what comes back is the last of the longest chain that ascends
 * in B too, plus 1 (0: none). */
static uint32_t
chain_anchors(struct arena *arena, const struct onces *o, const struct reading *a,
    const struct middle *m, struct anchor **out)
{
	uint32_t most = m->a_end - m->before, n = 0, height = 0;
	struct anchor *anchors = arena_alloc(arena, most * sizeof *anchors);
	uint32_t *piles = arena_alloc(arena, most * sizeof *piles);
	for (uint32_t i = m->before; i < m->a_end; i++) {
		const struct once *s = find_once(o, a->tokens[i]);
		if (s->times_a != 1 || s->times_b != 1)
			continue;
		uint32_t low = 0, high = height;
		while (low < high) {
			uint32_t middle = low + (high - low) / 2;
			if (anchors[piles[middle]].b < s->b)
				low = middle + 1;
			else
				high = middle;
		}
		anchors[n] = (struct anchor){i, s->b, low ? piles[low - 1] + 1 : 0};
		piles[low] = n++;
		if (low == height)
			height++;
	}
	*out = anchors;
	return height ? piles[height - 1] + 1 : 0;
}

/* The run around ANCHOR as far as both texts agree, not reaching back over (A, B) nor out of the
 * middle. */
static struct run
extend(const struct reading *ra, const struct reading *rb, const struct middle *m,
    const struct anchor *at, uint32_t a, uint32_t b)
{
	uint32_t i = at->a, k = at->b, len;
	while (i > a && k > b && ra->tokens[i - 1] == rb->tokens[k - 1]) {
		i--;
		k--;
	}
	for (len = at->a - i; i + len < m->a_end && k + len < m->b_end; len++)
		if (ra->tokens[i + len] != rb->tokens[k + len])
			break;
	return (struct run){i, k, len};
}

/* Align the middle: add its runs to RUNS, which has N; returns how many there are then. */
static uint32_t
align_middle(struct arena *arena, const struct reading *a, const struct reading *b,
    const struct middle *m, struct run **runs, uint32_t n)
{
	struct onces onces;
	struct anchor *anchors;
	uint32_t end_a = m->before, end_b = m->before, length = 0;
	count_tokens(arena, &onces, a, b, m);
	uint32_t last = chain_anchors(arena, &onces, a, m, &anchors);
	for (uint32_t i = last; i; i = anchors[i - 1].before)
		length++;
	uint32_t *chain = arena_alloc(arena, length * sizeof *chain);
	for (uint32_t i = last, k = length; i; i = anchors[i - 1].before)
		chain[--k] = i - 1;
	for (uint32_t i = 0; i < length; i++) {
		if (anchors[chain[i]].a < end_a)
			continue; /* within the run before it */
		struct run run = extend(a, b, m, &anchors[chain[i]], end_a, end_b);
		*ARENA_PUSH(arena, *runs, n) = run;
		end_a = run.a + run.len;
		end_b = run.b + run.len;
	}
	return n;
}

uint32_t
align_readings(
    struct arena *arena, const struct reading *a, const struct reading *b, struct run **runs)
{
	struct middle m = find_middle(a, b);
	uint32_t n = 0;
	*runs = NULL;
	if (m.before)
		*ARENA_PUSH(arena, *runs, n) = (struct run){0, 0, m.before};
	n = align_middle(arena, a, b, &m, runs, n);
	if (m.after)
		*ARENA_PUSH(arena, *runs, n) = (struct run){m.a_end, m.b_end, m.after};
	return n;
}
