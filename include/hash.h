/*
 * hash: fast non-cryptographic hashes (xxHash), for identity and look-up, and a map from a 64-bit
 * key to a pointer.
 */
#ifndef NEWSD_HASH_H
#define NEWSD_HASH_H

#include <stddef.h>
#include <stdint.h>

/* XXH3, seed 0; stable over machines and releases: these values are stored. */
uint64_t hash64(const void *data, size_t len);
uint64_t hash64_str(const char *s);
void hash128(const void *data, size_t len, uint8_t out[16]); /* canonical byte order */

/* Open-addressing map from a 64-bit key to a pointer. Zero-initialised is empty and valid. */
struct map {
	struct map_slot *slots;
	size_t count; /* live entries */
	size_t cap;   /* a power of two, or 0 */
	size_t used;  /* live entries and tombstones */
};
void *map_get(const struct map *m, uint64_t key);       /* NULL: absent */
void map_put(struct map *m, uint64_t key, void *value); /* VALUE not NULL; replaces */
void *map_remove(struct map *m, uint64_t key);          /* the old value or NULL */
/* Iterate: start with *AT = 0; returns the next value, NULL at the end. */
void *map_next(const struct map *m, size_t *at);
void map_clear(struct map *m);

#endif
