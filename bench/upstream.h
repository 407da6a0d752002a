/*
 * upstream: the server of all the feeds and pages that are fetched here. One process for every
 * host: it listens on all of 127.0.0.0/8, makes each answer from the Host that was asked for, and
 * is fast enough to stay out of the way. Its CPU is nobody's: it is not counted.
 *
 *   /feed        an RSS feed of BENCH_ITEMS entries with an ETag; 304 to its If-None-Match
 *   /drip        a feed that sends 24 KB and then 64 bytes a second, for ever
 *   /robots.txt  404
 *   others       an article page
 */
#ifndef NEWSD_BENCH_UPSTREAM_H
#define NEWSD_BENCH_UPSTREAM_H

#define UPSTREAM_ETAG "\"edition-1\""

struct upstream {
	int pid;
	unsigned port;
};

/* Start it as a process of its own, which ends with this one. */
void upstream_start(struct upstream *u, unsigned items);
void upstream_stop(struct upstream *u);

#define HOST_NAME_MAX_LEN 32
/* The host with the number I, "127.1.0.7:PORT". */
void upstream_host(const struct upstream *u, unsigned i, char out[HOST_NAME_MAX_LEN]);

#endif
