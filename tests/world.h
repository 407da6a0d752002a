/*
 * world: a whole newsd without sockets, processes, threads or waiting: real pipeline, parsers and
 * SQLite file, a fake fetch door and a fake clock. Time moves only when nothing is left to do.
 */
#ifndef NEWSD_TESTS_WORLD_H
#define NEWSD_TESTS_WORLD_H

#include <stdint.h>

#include "config.h"
#include "fetch.h"
#include "pipeline.h"

#define WORLD_START INT64_C(1798761600) /* 2027-01-01 00:00 UTC */

/* What the fake network answers for one URL; zeroed fields mean "nothing of it". */
struct route {
	char *url, *body, *type, *etag, *final_url, *content_location, *link;
	const char *last_modified; /* borrowed */
	char *form;                /* that was posted there last; NULL: none */
	int status;                /* 0: the fetch fails with ERROR */
	enum fetch_error error;
	int64_t retry_after_s, max_age_s;
	int no_304;    /* validators are not looked at */
	int challenge; /* a bot protection */
	int permanent; /* what led to FINAL_URL were 301s and 308s alone */
	int offers_parts;
	unsigned rights;
	size_t size; /* of BODY when it has bytes of 0; else 0 */
	const char *encoding;
	/* Called with each request, before it is answered: the route may change itself. */
	void (*turn)(struct route *r);
	int hits, conditional;           /* how often asked; with a validator */
	int64_t last_hit;                /* when, in seconds */
	char *sent_etag, *sent_modified; /* of the last request; NULL none */
	char *sent_auth;                 /* the same; of the feed's own section */
	int wants_part;
};

struct world {
	char *dir, *path;
	struct config *config;
	struct route *routes;
	size_t routes_len, routes_cap;
	struct fake_request *asked;
	size_t asked_len, asked_cap, asked_max; /* ASKED_MAX: most under way at once */
	/* where names live, and who waits to be told */
	struct place {
		char *host, *address;
		int cached; /* it was asked for */
	} * places;
	struct asked_place {
		char *host;
		resolve_done_cb done;
		void *arg;
	} * sought;
	size_t places_len, places_cap, sought_len, sought_cap, lookups;
	/* what hosts promised: who is told of it, and what was told anew since the last start */
	fetch_promise_cb heard;
	void *heard_arg;
	fetch_hop_cb may_hop;
	void *may_hop_arg;
	struct restored {
		char *host;
		int64_t left_s;
		int subdomains;
	} * restored;
	size_t restored_len, restored_cap;
	struct budget budget;
	struct event_base *base;
	struct pool *pool;
	struct pipeline *pipeline;
	struct writer *writer;
	/* requests as they started, while world_watch asks for them */
	struct watched {
		char *url;
		int64_t at_ms; /* monotonic */
	} * watched;
	size_t watched_len, watched_max;
	size_t pool_queue; /* jobs that the pool takes, from the next start on; 0: 1000 */
	long steps;        /* left before world_run stops as if killed; -1: no limit */
};

/* Make a world with an empty store in a directory of its own. SETTINGS: lines of configuration, or
 * NULL. With "workers = N" it has real worker processes, this program with --worker, and time goes
 * by in milliseconds while they work. */
struct world *world_new(const char *settings);
/* (Re)open the store and start: as a newsd that is started. */
void world_start(struct world *w);
/* End in order, keeping the files. */
void world_stop(struct world *w);
void world_free(struct world *w); /* also removes the files */

/* The answer for URL from now on. Returned for more detail; valid until the next call. */
struct route *
world_route(struct world *w, const char *url, int status, const char *type, const char *body);
struct route *world_find(struct world *w, const char *url);
/* HOST lives at ADDRESS from now on; a name that was never placed is not found. */
void world_place(struct world *w, const char *host, const char *address);
/* HOST promises to be asked by https alone for LEFT_S, committed. */
void world_promise(struct world *w, const char *host, int64_t left_s, int subdomains);
/* Add a feed by URL, committed. */
void world_add_feed(struct world *w, const char *url);
/* Keep the next MAX requests in w->watched. */
void world_watch(struct world *w, size_t max);
/* In the stopped world's store: all feeds were polled SECONDS ago; those with an id of more than
 * QUICK publish a window an hour, the others one a month. */
void world_make_overdue(struct world *w, int64_t seconds, int64_t quick);
/* Let it run for SECONDS of fake time. Returns 0, or 1 when the steps ran out. */
int world_run(struct world *w, int64_t seconds);

/* The first column of the first row of SQL on the store, as text; "" when there is none. Freed by
 * world_free. */
const char *world_sql(struct world *w, const char *sql);
long world_count(struct world *w, const char *sql);
/* Outcomes and pending must add up to the links. */
void world_check_ledger(struct world *w);

/* An RSS document whose items are the NULL-terminated URLs; a page with a body of about 120 words
 * about TOPIC. The caller frees them. */
char *world_rss(const char *title, const char *const *urls);
char *world_page(const char *topic);

#endif
