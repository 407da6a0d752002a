/*
 * hostgate_priv: what the files of hostgate share.
 *
 *   hostgate.c   the gates of hosts
 *   addresses.c  the gates of addresses at which several hosts live
 */
#ifndef NEWSD_HOSTGATE_PRIV_H
#define NEWSD_HOSTGATE_PRIV_H

#include "hash.h"
#include "hostgate.h"

/* An address at which hosts live. While it holds them, those whose own gate is open wait here, in
 * the order in which they came. */
struct gate_address {
	struct heap_node ready; /* when the first that waits may start, while one may */
	TAILQ_HEAD(, host) waiting;
	uint64_t key;
	int64_t open_ms;  /* closed before */
	size_t names;     /* hosts that live here */
	size_t active;    /* their requests under way */
	uint8_t ready_as; /* enum gate_class: the first that waits here */
};

struct hostgate {
	struct map hosts;
	struct map own;                  /* struct gate_own, by the hash of the host's name */
	struct heap ready[GATE_CLASSES]; /* hosts, by what each would start next */
	struct map addresses;            /* key -> struct gate_address */
	struct heap addresses_ready[GATE_CLASSES]; /* those where somebody waits */
	size_t address_names; /* so many hosts at most are held together; 0: none are */
	size_t active;
	int64_t delay_ms;
	int connections;
};

/* Up to a fifth of GAP_MS, as KEY and NOW_MS have it. */
int64_t hostgate_jitter_ms(uint64_t key, int64_t gap_ms, int64_t now_ms);
/* The class of what H would start next, or GATE_CLASSES. */
enum gate_class hostgate_class(const struct host *h);
/* Put H where it belongs after anything changed. */
void hostgate_settle(struct hostgate *g, struct host *h, int64_t now_ms);

/* 1: H must pass the gate of its address, too. */
int address_holds(const struct hostgate *g, const struct host *h);
/* H, whose own gate is open, waits at its address, which holds it; it may already. */
void address_enqueue(struct hostgate *g, struct host *h, int64_t now_ms);
/* H waits at its address no more; fine when it did not. */
void address_dequeue(struct hostgate *g, struct host *h, int64_t now_ms);
/* The next host that its address lets through with work of CLASS, which waits no more; NULL: none.
 */
struct host *address_next(struct hostgate *g, int64_t now_ms, enum gate_class class);
/* A request of H has begun, is over, or did not come about. */
void address_begin(struct hostgate *g, struct host *h, int64_t now_ms);
void address_end(struct hostgate *g, struct host *h, int64_t now_ms);
void address_cancel(struct hostgate *g, struct host *h, int64_t now_ms);
void address_free_all(struct hostgate *g);

#endif
