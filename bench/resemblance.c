/* resemblance: see resemblance.h. */
#include "resemblance.h"

#include <string.h>

#include "hash.h"

/* Shingle hashed once more for permutation I. */
static uint32_t
permute(uint64_t shingle, unsigned i)
{
	uint64_t h =
	    (shingle ^ (i + 1) * UINT64_C(0x9e3779b97f4a7c15)) * UINT64_C(0xff51afd7ed558ccd);
	return (uint32_t)((h ^ h >> 32) * UINT64_C(0xc4ceb9fe1a85ec53) >> 32);
}

void
minhash(const struct reading *r, uint32_t out[MINHASH_LEN])
{
	memset(out, 0xff, MINHASH_LEN * sizeof *out);
	for (uint32_t k = 0; k < r->shingles_len; k++)
		for (unsigned i = 0; i < MINHASH_LEN; i++) {
			uint32_t h = permute(r->shingles[k], i);
			if (h < out[i])
				out[i] = h;
		}
}

double
minhash_compare(const uint32_t a[MINHASH_LEN], const uint32_t b[MINHASH_LEN])
{
	unsigned same = 0;
	for (unsigned i = 0; i < MINHASH_LEN; i++)
		same += a[i] == b[i];
	return (double)same / MINHASH_LEN;
}

uint64_t
minhash_band(const uint32_t m[MINHASH_LEN], unsigned band)
{
	uint64_t h = hash64(m + band * MINHASH_ROWS, MINHASH_ROWS * sizeof *m) + band;
	return h ? h : 1;
}

uint64_t
simhash(const struct reading *r)
{
	int weights[64] = {0};
	uint64_t out = 0;
	for (uint32_t k = 0; k < r->shingles_len; k++)
		for (unsigned i = 0; i < 64; i++)
			weights[i] += r->shingles[k] >> i & 1 ? 1 : -1;
	for (unsigned i = 0; i < 64; i++)
		out |= (uint64_t)(weights[i] > 0) << i;
	return out;
}
