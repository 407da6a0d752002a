/*
 * rig: the daemon without its main: store, fetcher, workers, pipeline and writer put together and
 * turned as service.c does, so that a pass can be measured. Stores lie in a directory of their own,
 * which the rig removes.
 */
#ifndef NEWSD_BENCH_RIG_H
#define NEWSD_BENCH_RIG_H

#include "config.h"
#include "fetch.h"
#include "pipeline.h"
#include "upstream.h"

#define RIG_WORKERS_MAX 64

struct rig_options {
	unsigned feeds;      /* one on each host */
	unsigned first;      /* number of the first host */
	const char *path;    /* of a feed, "/feed" */
	const char *content; /* "feed" or "page" */
	int workers, transfers;
	const char *resolv_conf; /* NULL: the system's */
	int known;               /* 1: polled before, so that all are asked with their ETag */
};

struct rig_cost { /* of a pass; microseconds of CPU */
	int64_t main_us, loop_us, workers_us, wall_us;
};

struct rig {
	struct config *config;
	char *dir, *store;
	struct event_base *base;
	struct event *tick, *heartbeat;
	struct fetcher *fetcher;
	struct fetch_door door;
	struct pool *pool;
	struct pipeline *pipeline;
	struct writer *writer;
	int64_t heartbeat_ms;
	/* the loop: heartbeats of 20 ms, how many came over 20 ms late, the latest; CPU of the
	 * longest turn, which tells apart our own work and other programs' */
	uint64_t beats, late;
	int64_t lag_max_ms, turn_max_us;
	size_t active_max;
	int measure_turns;
};

/* Make a store with the feeds, and everything on it. */
void rig_open(struct rig *r, const struct upstream *u, const struct rig_options *o);
/* Poll every feed once and do all that follows of it. */
void rig_pass(struct rig *r, struct rig_cost *cost);
/* Make every feed due, as a pass does, but go on with rig_turn. */
void rig_begin(struct rig *r);
/* One turn of the loop, at most WAIT_MAX_MS long. */
void rig_turn(struct rig *r, int64_t wait_max_ms);
uint64_t rig_stored(const struct rig *r);
int64_t rig_workers_us(const struct rig *r);
/* Print the loop's lag. */
void rig_print_loop(const struct rig *r, const char *name);
void rig_close(struct rig *r);

/* A new directory under $TMPDIR (/tmp), and its end with the files in it. */
char *scratch_make(void);
void scratch_remove(char *dir);
/* Make a store at PATH with COUNT feeds of O, numbered from 1. */
void scratch_store(const char *path, const struct upstream *u, const struct rig_options *o);

#endif
