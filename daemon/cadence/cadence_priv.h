/* cadence_priv: what the files of cadence/ share: an order of times; numbers to little-endian bytes
 * and back, for what a feed remembers. */
#ifndef NEWSD_CADENCE_PRIV_H
#define NEWSD_CADENCE_PRIV_H

#include <stdint.h>
#include <string.h>

/* Times in order, for qsort. */
static inline int
compare_times(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? -1 : x > y;
}

static inline void
pack_u32(uint8_t **at, uint32_t v)
{
	for (int i = 0; i < 4; i++)
		*(*at)++ = (uint8_t)(v >> 8 * i);
}

static inline uint32_t
unpack_u32(const uint8_t **at)
{
	uint32_t v = 0;
	for (int i = 0; i < 4; i++)
		v |= (uint32_t) * (*at)++ << 8 * i;
	return v;
}

static inline void
pack_u64(uint8_t **at, uint64_t v)
{
	pack_u32(at, (uint32_t)v);
	pack_u32(at, (uint32_t)(v >> 32));
}

static inline uint64_t
unpack_u64(const uint8_t **at)
{
	uint64_t low = unpack_u32(at);
	return low | (uint64_t)unpack_u32(at) << 32;
}

static inline void
pack_float(uint8_t **at, float v)
{
	uint32_t bits;
	memcpy(&bits, &v, sizeof bits);
	pack_u32(at, bits);
}

/* What no count and no span can be is taken as none. */
static inline float
unpack_float(const uint8_t **at)
{
	uint32_t bits = unpack_u32(at);
	float v;
	memcpy(&v, &bits, sizeof v);
	return v >= 0 && v < 1e12F ? v : 0;
}

#endif
