/*
 * hostgate: who may be asked now. Every request to a host passes here: at most so many at once, a
 * gap between two, closed for as long as the host asked for. Feeds go before pages, look-ups before
 * both. Pure: time is handed in (monotonic milliseconds). Owns the hosts, never the work that waits
 * at them.
 */
#ifndef NEWSD_HOSTGATE_H
#define NEWSD_HOSTGATE_H

#include <stddef.h>
#include <stdint.h>

#include "heap.h"

enum gate_class {
	GATE_LOOKUP, /* somebody waits for it */
	GATE_FEED,
	GATE_ROBOTS,
	GATE_PAGE,
	GATE_CLASSES
};

/* Embedded in what waits. */
struct gate_work {
	struct gate_work *next;
	enum gate_class class;
};

struct host_rules;

/* A host, keyed by name with port. About 150 bytes: there may be 100,000. */
struct host {
	struct heap_node ready; /* when the next request may start, while something waits */
	struct heap_node
	    pending;  /* for the owner of the pending links: when to look at the store */
	uint64_t key; /* hash64_str(name) */
	char *name;
	struct {
		struct gate_work *first, *last;
	} queues[GATE_CLASSES];
	int64_t open_ms; /* closed before */
	uint32_t pages;  /* waiting in GATE_PAGE */
	uint32_t feeds;  /* feeds that live here, for the decision to keep a connection */
	uint16_t active; /* requests under way */
	uint8_t hold;    /* bit per class: not to be started now */
	uint32_t links;  /* the owner's: links in memory, also past the gate, and reads; they keep
			    the host */
	uint8_t more;    /* the store holds links that are due and not in memory */
	struct host_rules
	    *rules; /* the owner's: what robots.txt says; NULL until a page was wanted */
};

struct hostgate;

struct hostgate *hostgate_new(int64_t delay_ms, int connections);
void hostgate_set(struct hostgate *g, int64_t delay_ms, int connections);
/* Find the host NAME, or make it. */
struct host *hostgate_host(struct hostgate *g, const char *name);
struct host *hostgate_find(struct hostgate *g, uint64_t key); /* NULL: unknown */
void hostgate_add(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms);
/* Put back what hostgate_next gave, at the front, as if it had not been taken. */
void hostgate_put_back(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms);
/* The next work that may start at NOW_MS: taken out and counted as a request under way; NULL: none.
 */
struct gate_work *hostgate_next(struct hostgate *g, int64_t now_ms, struct host **h);
/* The request that hostgate_next gave is over. CLOSE_MS: the host wants to be left alone for so
 * long; 0. */
void hostgate_done(struct hostgate *g, struct host *h, int64_t now_ms, int64_t close_ms);
/* It did not come to a request at all: no gap is due. */
void hostgate_cancel(struct hostgate *g, struct host *h, int64_t now_ms);
/* Take work out that has not started. 1 when it was there. */
int hostgate_remove(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms);
/* Take out the first of CLASS that waits, without a request; NULL: none. */
struct gate_work *
hostgate_take(struct hostgate *g, struct host *h, enum gate_class class, int64_t now_ms);
/* Forget hosts that nobody needs: no feed lives there, nothing waits or is under way, no rules. */
void hostgate_sweep(struct hostgate *g, int64_t now_ms);
void
hostgate_hold(struct hostgate *g, struct host *h, enum gate_class class, int on, int64_t now_ms);
/* When hostgate_next may give something; INT64_MAX: nothing waits. */
int64_t hostgate_wakeup(const struct hostgate *g);
size_t hostgate_active(const struct hostgate *g);
/* All hosts: start with *AT = 0; NULL at the end. */
struct host *hostgate_each(const struct hostgate *g, size_t *at);
size_t hostgate_count(const struct hostgate *g);
/* Frees the hosts, and their rules by FREE_RULES; what waits is the owner's. */
void hostgate_free(struct hostgate *g, void (*free_rules)(struct host_rules *));

#endif
