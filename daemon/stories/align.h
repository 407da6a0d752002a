/* align: which words of one text stand, in the same order, in another. Private to stories; pure. */
#ifndef NEWSD_STORIES_ALIGN_H
#define NEWSD_STORIES_ALIGN_H

#include "signature.h"

/* Tokens [A, A + LEN) of one reading are those at [B, B + LEN) of the other. */
struct run {
	uint32_t a, b, len;
};

/*
 * Align A with B: runs of equal tokens, ascending in both, into RUNS (in ARENA). What is the same
 * at both ends aligns; between, the runs are anchored at words that occur once in each (patience
 * diff), so that common words alone align nothing. Returns how
 * many runs there are. O(n log n).
 */
uint32_t align_readings(
    struct arena *arena, const struct reading *a, const struct reading *b, struct run **runs);

#endif
