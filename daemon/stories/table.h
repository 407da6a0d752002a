/* table: the slots of one generation of the index. Private to stories/index. */
#ifndef NEWSD_STORIES_TABLE_H
#define NEWSD_STORIES_TABLE_H

#include <stddef.h>
#include <stdint.h>

#define TABLE_VALUE_BITS 24 /* values are below 2^24 and not 0 */
#define TABLE_KEY_BITS   40
#define TABLE_PARTS      64u

/* A part grows by an eighth when it is nine tenths full: the load stays between .8 and .9, and no
 * growth moves more than a 64th of the table. */
struct table_part {
	uint64_t *slots; /* key << 24 | value; 0: free */
	uint32_t count, cap;
};
struct table {
	struct table_part parts[TABLE_PARTS];
	size_t bytes;
};

void table_clear(struct table *t);

/* The slots that hold KEY, one after the other: start with *AT = 0; NULL at the end. Valid until
 * the next table_add. */
uint64_t *table_next(const struct table *t, uint64_t key, uint32_t *at);
/* Add KEY with VALUE. A key whose neighbourhood is full (made so on purpose, or by a miracle) is
 * left out: 0, else 1. */
int table_add(struct table *t, uint64_t key, uint32_t value);

#endif
