/* resemblance: the two usual ways to find near-duplicates, as they are usually set, to compare
 * with. */
#ifndef NEWSD_BENCH_RESEMBLANCE_H
#define NEWSD_BENCH_RESEMBLANCE_H

#include <stdint.h>

#include "signature.h"

#define MINHASH_BANDS 16u
#define MINHASH_ROWS  8u
#define MINHASH_LEN   (MINHASH_BANDS * MINHASH_ROWS)

/* MinHash of the shingles of R: MINHASH_LEN least values (Broder 1997). */
void minhash(const struct reading *r, uint32_t out[MINHASH_LEN]);
/* Share of the values that agree: an estimate of the resemblance. */
double minhash_compare(const uint32_t a[MINHASH_LEN], const uint32_t b[MINHASH_LEN]);
/* The hash of band BAND: equal bands make a candidate. Never 0. */
uint64_t minhash_band(const uint32_t m[MINHASH_LEN], unsigned band);

/* SimHash of the shingles of R (Charikar 2002; Manku et al. 2007 call up to 3 other bits a
 * near-duplicate). */
uint64_t simhash(const struct reading *r);

#endif
