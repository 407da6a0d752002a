/*
 * bare_store: the floor of storing: the rows that newsd's store would write for the polls of feeds,
 * by prepared statements in large transactions, into the same tables and indexes with the same
 * settings; each row once and in its final state, nothing looked up, foreign keys not checked.
 */
#ifndef NEWSD_BENCH_BARE_STORE_H
#define NEWSD_BENCH_BARE_STORE_H

#include <stdint.h>

#include "record.h"

struct bare_store;

/* Open the store that newsd made at PATH. */
struct bare_store *bare_store_open(const char *path);
/* Write one poll of FEED_ID at HOST whose every entry is new and an article. */
void bare_store_put(struct bare_store *s, int64_t feed_id, const char *host,
    const struct feed_doc *doc, int64_t at);
void bare_store_close(struct bare_store *s);

#endif
