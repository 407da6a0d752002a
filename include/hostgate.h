/*
 * hostgate: who may be asked now. Every request to a host passes here: at most so many at once, a
 * gap between two, closed for as long as the host asked for. Look-ups go before feeds, feeds before
 * pages, pages before rechecks, over all hosts. Pure: time is handed in (monotonic milliseconds).
 * Owns the hosts, never the work that waits at them.
 *
 * The gap is learned: a host that says that it is asked too much is asked a quarter as often, one
 * that does not answer half as often, again and again; every good answer then gives back a little
 * of the rate (additive increase, multiplicative decrease), until the configured gap, or
 * robots.txt's crawl-delay, is reached. What was too much is not tried again for a day. A gap is
 * never shorter than said, and up to a fifth longer, so that feeds that fell together fall apart.
 *
 * Hosts that live at one address can be held together: they then pass the address's gate after
 * their own, one after the other in the order in which their own opened.
 */
#ifndef NEWSD_HOSTGATE_H
#define NEWSD_HOSTGATE_H

#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "heap.h"

enum gate_class {
	GATE_LOOKUP, /* somebody waits for it */
	GATE_FEED,
	GATE_HUB, /* a subscription to be asked for or renewed */
	GATE_ROBOTS,
	GATE_ARCHIVE, /* older pages of feeds, to recover gaps */
	GATE_PAGE,
	GATE_RECHECK, /* a page that is stored already */
	GATE_CLASSES
};

/* Embedded in what waits. */
struct gate_work {
	struct gate_work *next;
	enum gate_class class;
};

struct host_rules;
struct gate_address;

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
	int64_t open_ms;  /* closed before */
	uint32_t gap_ms;  /* learned; never under the one that is set; 0: nothing was learned */
	uint32_t knee_ms; /* a shorter gap than this was too much for it ... */
	int64_t knee_until_ms;    /* ... and is not tried again before */
	uint32_t crawl_ms;        /* crawl-delay of its robots.txt; 0: none */
	int32_t own_delay_ms;     /* the operator's for this host; -1: none */
	uint16_t own_connections; /* 0: none */
	uint8_t own_no_crawl;     /* 1: its crawl-delay is not taken */
	uint32_t pages;           /* waiting in GATE_PAGE and GATE_RECHECK */
	uint32_t feeds;           /* feeds that live here, for the decision to keep a connection */
	uint16_t active;          /* requests under way */
	uint8_t closed_by;        /* enum gate_closed: why open_ms lies beyond the gap */
	uint8_t hold;             /* bit per class: not to be started now */
	uint32_t links; /* the owner's: links in memory, also past the gate, and reads; they keep
			   the host */
	uint8_t more;   /* the store holds links that are due and not in memory */
	struct gate_address *address; /* where it lives; NULL: not known, or nobody asks */
	TAILQ_ENTRY(host) address_link;
	uint8_t ready_as;   /* enum gate_class: among whose it is ready */
	uint8_t at_address; /* waits there: its own gate is open */
	uint8_t is_sought;  /* its address is being looked up: nothing starts */
	struct host_rules
	    *rules; /* the owner's: what robots.txt says; NULL until a page was wanted */
};

/* Why a host was closed the last time. */
enum gate_closed {
	GATE_CLOSED_NOT,
	GATE_CLOSED_ASKED,       /* Retry-After, or what stands for it */
	GATE_CLOSED_PACE,        /* the rate limit that it told */
	GATE_CLOSED_OVERLOADED,  /* the gap that was learned from 429, 503, a bot protection */
	GATE_CLOSED_UNREACHABLE, /* the gap that was learned from its silence */
	GATE_CLOSED_FORBIDDEN,   /* ... from 403 */
	GATE_CLOSED_COUNT
};

struct hostgate;

#define GATE_GAP_MAX_MS   600000   /* no learned gap is longer */
#define GATE_KNEE_KEEP_MS 86400000 /* what was too much is not tried again for so long */
#define GATE_CRAWL_MAX_MS 120000   /* no crawl-delay is taken for longer */

/* How a request ended, as far as the host's patience is concerned. */
enum gate_answer {
	GATE_ANSWERED,
	GATE_OVERLOADED,  /* it says that it is asked too much: 429, 503, a bot protection */
	GATE_UNREACHABLE, /* no answer: connect, timeout */
	GATE_FORBIDDEN,   /* 403: it may be the pace that it minds */
};
struct gate_signal {
	enum gate_answer answer;
	int64_t close_ms; /* it wants to be left alone for so long; 0 */
	int64_t pace_ms;  /* what it grants leaves so much between two requests (RateLimit); 0 */
};

struct hostgate *hostgate_new(int64_t delay_ms, int connections);
void hostgate_set(struct hostgate *g, int64_t delay_ms, int connections);
/* Find the host NAME, or make it. */
struct host *hostgate_host(struct hostgate *g, const char *name);
struct host *hostgate_find(struct hostgate *g, uint64_t key); /* NULL: unknown */
void hostgate_add(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms);
/* Put back what hostgate_next gave, at the front, as if it had not been taken. */
void hostgate_put_back(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms);
/* The next work of the classes up to LAST that may start at NOW_MS, of the first class that has
 * one: taken out and counted as a request under way; NULL: none. */
struct gate_work *
hostgate_next(struct hostgate *g, int64_t now_ms, enum gate_class last, struct host **h);
/* The request that hostgate_next gave is over, and ended as SIGNAL says. */
void
hostgate_done(struct hostgate *g, struct host *h, int64_t now_ms, const struct gate_signal *signal);
/* What H answered to a request that came another way than by its gate: by a redirect, or that it
 * meant more than its status said. */
void hostgate_teach(
    struct hostgate *g, struct host *h, int64_t now_ms, const struct gate_signal *signal);
/* A redirect leads to H: after how many ms it may be asked, counted as a request that is due a gap.
 * More than MOST_MS: not so soon, and nothing was counted. */
int64_t hostgate_pass(struct hostgate *g, struct host *h, int64_t now_ms, int64_t most_ms);
/* Take up what H said before a restart: GAP_MS is its gap, and no shorter one is tried before
 * KNEE_UNTIL_MS; it is closed before OPEN_MS. */
void hostgate_restore(struct host *h, int64_t gap_ms, int64_t knee_until_ms, int64_t open_ms);
/* The gap that H has now, in ms, without jitter. */
int64_t hostgate_gap_ms(const struct hostgate *g, const struct host *h);
/* Where that gap comes from. */
enum gate_origin {
	GATE_GENERAL, /* the general gap */
	GATE_OWN,     /* the operator's for this host */
	GATE_CRAWL,   /* crawl-delay of its robots.txt */
	GATE_LEARNED, /* it was asked too much, or did not answer */
	GATE_ORIGINS
};
enum gate_origin hostgate_gap_origin(const struct hostgate *g, const struct host *h);
/* How many requests H may be asked at once now. */
int hostgate_connections(const struct hostgate *g, const struct host *h);
/* What robots.txt says of H; 0: nothing. */
void hostgate_set_crawl_delay(struct host *h, int64_t delay_ms);
/* The operator's word for one host. */
struct gate_own {
	int64_t delay_ms;       /* -1: the general one */
	int connections;        /* 0: the general number */
	int ignore_crawl_delay; /* 1: what robots.txt says of it is not taken */
};
void hostgate_set_host(struct hostgate *g, const char *name, const struct gate_own *own);
/* Forget all that was said by hostgate_set_host. */
void hostgate_clear_hosts(struct hostgate *g);
/* Hold hosts at one address together where not more than NAMES live there; 0: nowhere. */
void hostgate_set_addresses(struct hostgate *g, size_t names, int64_t now_ms);
/* H lives at the address with this KEY from now on, 0: nowhere that is known; it is sought no more.
 */
void hostgate_place(struct hostgate *g, struct host *h, uint64_t key, int64_t now_ms);
int hostgate_lives_at(const struct host *h, uint64_t key);
/* Nothing of H starts until it is placed. */
void hostgate_seek(struct hostgate *g, struct host *h, int64_t now_ms);
/* How many hosts are held together with H, itself included. */
size_t hostgate_names(const struct hostgate *g, const struct host *h);
/* It did not come to a request at all: no gap is due. */
void hostgate_cancel(struct hostgate *g, struct host *h, int64_t now_ms);
/* Take work out that has not started. 1 when it was there. */
int hostgate_remove(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms);
/* Take out the first of CLASS that waits, without a request; NULL: none. */
struct gate_work *
hostgate_take(struct hostgate *g, struct host *h, enum gate_class class, int64_t now_ms);
/* Forget hosts that nobody needs: no feed lives there, nothing waits or is under way, no rules, and
 * nothing that was too much for it is to be remembered. */
void hostgate_sweep(struct hostgate *g, int64_t now_ms);
void
hostgate_hold(struct hostgate *g, struct host *h, enum gate_class class, int on, int64_t now_ms);
/* When hostgate_next may give something of the classes up to LAST; INT64_MAX: nothing waits. */
int64_t hostgate_wakeup(const struct hostgate *g, enum gate_class last);
size_t hostgate_active(const struct hostgate *g);
/* All hosts: start with *AT = 0; NULL at the end. */
struct host *hostgate_each(const struct hostgate *g, size_t *at);
size_t hostgate_count(const struct hostgate *g);
/* Frees the hosts, and their rules by FREE_RULES; what waits is the owner's. */
void hostgate_free(struct hostgate *g, void (*free_rules)(struct host_rules *));

#endif
