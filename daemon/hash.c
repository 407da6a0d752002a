/* hash: see include/hash.h. */
#include "hash.h"

#include <string.h>
#include <xxhash.h>

#include "mem.h"

struct map_slot {
	uint64_t key;
	void *value; /* NULL: never used; &tombstone: removed */
};

static char tombstone;

uint64_t
hash64(const void *data, size_t len)
{
	return XXH3_64bits(data, len);
}

uint64_t
hash64_str(const char *s)
{
	return hash64(s, strlen(s));
}

void
hash128(const void *data, size_t len, uint8_t out[16])
{
	XXH128_canonical_t c;
	XXH128_canonicalFromHash(&c, XXH3_128bits(data, len));
	memcpy(out, c.digest, 16);
}

/* The slot that holds KEY, else the one to put it in. CAP is not 0. */
static struct map_slot *
map_slot_for(const struct map *m, uint64_t key)
{
	struct map_slot *free_slot = NULL;
	/* keys may be small numbers: spread them (Fibonacci hashing) */
	for (size_t i = (size_t)((key * 0x9e3779b97f4a7c15u) >> 16);; i++) {
		struct map_slot *s = &m->slots[i & (m->cap - 1)];
		if (!s->value)
			return free_slot ? free_slot : s;
		if (s->value == &tombstone) {
			if (!free_slot)
				free_slot = s;
		} else if (s->key == key) {
			return s;
		}
	}
}

static void
map_resize(struct map *m, size_t cap)
{
	struct map old = *m;
	m->cap = cap;
	m->used = m->count;
	m->slots = mem_zalloc(cap * sizeof *m->slots);
	for (size_t i = 0; i < old.cap; i++)
		if (old.slots[i].value && old.slots[i].value != &tombstone)
			*map_slot_for(m, old.slots[i].key) = old.slots[i];
	mem_free(old.slots);
}

void *
map_get(const struct map *m, uint64_t key)
{
	if (!m->cap)
		return NULL;
	struct map_slot *s = map_slot_for(m, key);
	return s->value == &tombstone ? NULL : s->value;
}

void
map_put(struct map *m, uint64_t key, void *value)
{
	if ((m->used + 1) * 4 > m->cap * 3)
		map_resize(m, m->count * 2 < 8            ? 16
			      : m->count * 4 > m->cap * 2 ? m->cap * 2
							  : m->cap);
	struct map_slot *s = map_slot_for(m, key);
	if (!s->value)
		m->used++;
	if (!s->value || s->value == &tombstone)
		m->count++;
	s->key = key;
	s->value = value;
}

void *
map_remove(struct map *m, uint64_t key)
{
	if (!m->cap)
		return NULL;
	struct map_slot *s = map_slot_for(m, key);
	if (!s->value || s->value == &tombstone)
		return NULL;
	void *old = s->value;
	s->value = &tombstone;
	m->count--;
	return old;
}

void *
map_next(const struct map *m, size_t *at)
{
	while (*at < m->cap) {
		struct map_slot *s = &m->slots[(*at)++];
		if (s->value && s->value != &tombstone)
			return s->value;
	}
	return NULL;
}

void
map_clear(struct map *m)
{
	mem_free(m->slots);
	memset(m, 0, sizeof *m);
}
