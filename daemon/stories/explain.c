/* What two texts are to each other, with all that was measured: for people who ask. See
 * include/stories.h. */
#include <string.h>

#include "compare.h"
#include "rules.h"

static void
fill_side(struct story_side *to, const struct side *from, uint32_t tokens, uint8_t *shared)
{
	*to = (struct story_side){.tokens = tokens,
	    .covered = from->covered,
	    .spread = from->spread,
	    .head = from->head,
	    .before = from->before,
	    .shared = shared};
}

void
stories_explain(struct arena *arena, const struct story_article *a, const struct story_article *b,
    struct story_evidence *out)
{
	struct reading ra, rb;
	struct likeness l;
	uint8_t *shared_a, *shared_b;
	int same_site = rules_same_site(a, b);
	memset(out, 0, sizeof *out);
	reading_init(&ra, a->text);
	reading_init(&rb, b->text);
	reading_shingle(&ra);
	reading_shingle(&rb);
	out->distance_s = rules_distance(a, b);
	out->kind = rules_judge(&ra, &rb, out->distance_s, same_site, &l, &out->rule);
	compare_marked(arena, &ra, &rb, &l, &shared_a, &shared_b);
	if (!out->kind) {
		out->rule = 0;
		out->refusal = rules_refusal(&ra, &rb, same_site, &l);
	}
	fill_side(&out->a, &l.a, ra.tokens_len, shared_a);
	fill_side(&out->b, &l.b, rb.tokens_len, shared_b);
	out->similarity = ra.tokens_len <= rb.tokens_len ? l.a.covered : l.b.covered;
	out->containment = l.containment;
	out->resemblance = l.resemblance;
	out->figures = rules_figures(&l);
	out->passage = l.passage;
	out->agree = l.agree;
	out->conflict = l.conflict;
	reading_clear(&ra);
	reading_clear(&rb);
}
