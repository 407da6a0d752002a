/*
 * newsworld: a month of the world's feeds, made up: who publishes when, what a request would get.
 * Distributed as news feeds are (the shares stand in newsworld.c). The same seed gives the same
 * world, whoever polls it.
 */
#ifndef NEWSD_BENCH_NEWSWORLD_H
#define NEWSD_BENCH_NEWSWORLD_H

#include <stddef.h>
#include <stdint.h>

#include "cadence.h"

#define WORLD_START INT64_C(1767225600) /* Thursday 2026-01-01 */
#define WINDOW_MAX  60

enum habit {
	HABIT_PRODUCTIVE, /* a newsroom: day and night, bursts */
	HABIT_SLOW,       /* something now and then */
	HABIT_STALE,      /* answers, but brings nothing any more */
	HABIT_DEAD,       /* does not answer, or not with a feed */
};

struct world_feed {
	enum habit habit;
	uint32_t host;
	int malformed, dated, validators, liar,
	    unpaid_sy;                /* unpaid_sy: sy:updatePeriod in minutes */
	enum cadence_failure failure; /* of HABIT_DEAD */
	size_t window;
	double per_hour; /* mean rate */
	int zone_h, batch;
	/* what was published so far */
	uint64_t rng;
	int64_t next, burst_until, next_burst;
	uint64_t count;            /* entries ever, the first WINDOW of them before the start */
	int64_t times[WINDOW_MAX]; /* of entry N at N % WINDOW_MAX */
};

struct world_host {
	const char *name;
	int limit_per_min; /* more requests a minute are answered 429; 0: never */
	int64_t minute;
	int in_minute;
};

struct world {
	struct world_feed *feeds;
	size_t feeds_len;
	struct world_host *hosts;
	size_t hosts_len;
};

/* Make the world. FEEDS at most (0: as many as the list has); LIST: a file of feed URLs, whose
 * hosts give the distribution; NULL or absent: a made-up one of the same shape. */
void world_make(struct world *w, const char *list, size_t feeds, uint64_t seed);
/* Let F publish until NOW. */
void world_advance(struct world_feed *f, int64_t now);
/* 1: the host answers a request at NOW with 429. */
int world_throttles(struct world_host *h, int64_t now);
void world_clear(struct world *w);

uint64_t random_next(uint64_t *state);
double random_unit(uint64_t *state); /* 0 <= r < 1 */

#endif
