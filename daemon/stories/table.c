/* table: see table.h. Keys are spread evenly already, being parts of good hashes: the slot of a key
 * is its share of the table, so that growing keeps their order. */
#include "table.h"

#include <string.h>

#include "mem.h"

#define PROBES_MAX 1024u /* slots from its home that a key may lie away: bounds hostile keys */
#define CAP_MIN    16u
#define HOME_BITS  34 /* of a key, those that choose the slot within the part */

static struct table_part *
part_of(const struct table *t, uint64_t key)
{
	return (struct table_part *)&t->parts[key >> HOME_BITS & (TABLE_PARTS - 1)];
}

static uint32_t
home_of(const struct table_part *p, uint64_t key)
{
	return (uint32_t)(((key & (((uint64_t)1 << HOME_BITS) - 1)) * p->cap) >> HOME_BITS);
}

/* The slot AT places after KEY's home, NULL past the last that it may have. */
static uint64_t *
probe(const struct table_part *p, uint64_t key, uint32_t at)
{
	if (at >= p->cap || at >= PROBES_MAX)
		return NULL;
	uint32_t i = home_of(p, key) + at;
	return &p->slots[i < p->cap ? i : i - p->cap];
}

uint64_t *
table_next(const struct table *t, uint64_t key, uint32_t *at)
{
	const struct table_part *p = part_of(t, key);
	uint64_t *slot;
	while ((slot = probe(p, key, (*at)++)) && *slot)
		if (*slot >> TABLE_VALUE_BITS == key)
			return slot;
	return NULL;
}

static int
put(struct table_part *p, uint64_t slot)
{
	uint64_t *to;
	for (uint32_t at = 0; (to = probe(p, slot >> TABLE_VALUE_BITS, at)); at++) {
		if (*to)
			continue;
		*to = slot;
		p->count++;
		return 1;
	}
	return 0;
}

static void
grow(struct table *t, struct table_part *p)
{
	struct table_part old = *p;
	p->cap = old.cap ? old.cap + old.cap / 8 + 1 : CAP_MIN;
	p->count = 0;
	p->slots = mem_zalloc(p->cap * sizeof *p->slots);
	t->bytes += (p->cap - old.cap) * sizeof *p->slots;
	for (uint32_t i = 0; i < old.cap; i++)
		if (old.slots[i])
			put(p, old.slots[i]);
	mem_free(old.slots);
}

int
table_add(struct table *t, uint64_t key, uint32_t value)
{
	struct table_part *p = part_of(t, key);
	if ((uint64_t)(p->count + 1) * 10 > (uint64_t)p->cap * 9)
		grow(t, p);
	return put(p, key << TABLE_VALUE_BITS | value);
}

void
table_clear(struct table *t)
{
	for (uint32_t i = 0; i < TABLE_PARTS; i++)
		mem_free(t->parts[i].slots);
	memset(t, 0, sizeof *t);
}
