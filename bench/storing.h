/* storing: the store's own writes, for benchmarks that want a store with something in it. */
#ifndef NEWSD_BENCH_STORING_H
#define NEWSD_BENCH_STORING_H

/* Fill the store at PATH, made by scratch_store with at least ARTICLES / FEED_ITEMS feeds, with
 * articles as first polls would; they wait to be judged. */
void storing_fill(const char *path, unsigned articles);

#endif
