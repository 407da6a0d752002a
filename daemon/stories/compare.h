/* compare: how much two texts have in common, in several ways. Private to stories; pure. */
#ifndef NEWSD_STORIES_COMPARE_H
#define NEWSD_STORIES_COMPARE_H

#include "signature.h"

/* One text of two, seen from the other. Shares are 0-1. */
struct side {
	double covered; /* of its words, how many stand in a shared shingle or align */
	double spread;  /* of its tenths, how many are covered to a quarter or more */
	double head;    /* of its first 24 shingles, how many the other text has */
	double lead;    /* the same of its first 10 */
	double place;   /* where the other text has them: 0 at its beginning, 1 at its end */
	double before;  /* of its words, how many stand before the covered ones, a tenth of these
			   apart */
};

/* What A and B have in common. */
struct likeness {
	struct side a, b;
	double containment; /* of the shingles of the text that has fewer, how many are shared */
	double resemblance; /* shared of all that stand in either (Jaccard) */
	uint32_t passage;   /* words of the longest run that aligns */
	uint32_t agree;     /* figures that align */
	uint32_t conflict;  /* figures that stand in the place of another one */
};

/* Shingles of A that stand in B, as a share of the fewer: cheap, and enough to dismiss most
 * candidates. Both readings have their shingles. */
double compare_containment(const struct reading *a, const struct reading *b);
/* Measure all. */
void compare_readings(const struct reading *a, const struct reading *b, struct likeness *l);
/* The same, and which words of each stand in the other: a flag for each token, in ARENA. */
void compare_marked(struct arena *arena, const struct reading *a, const struct reading *b,
    struct likeness *l, uint8_t **marks_a, uint8_t **marks_b);

#endif
