/*
 * pipeline: the road of an article from a due feed to a committed row. Knows everybody, does
 * nothing itself: it hands each thing that has happened to whoever is next. Runs on the loop's
 * thread only.
 *
 * Time enters by pipeline_tick alone; tests play weeks with a fake clock and a fake fetch door.
 */
#ifndef NEWSD_PIPELINE_H
#define NEWSD_PIPELINE_H

#include "config.h"
#include "fetch.h"
#include "pool.h"
#include "record.h"
#include "store.h"
#include "writer.h"

struct pipeline;

struct pipeline_status {
	size_t feeds, feeds_waiting, feeds_busy;
	size_t links; /* in memory: waiting or under way */
	size_t hosts;
	size_t quarantined;            /* documents that kill their workers, waiting or given up */
	uint64_t polls, pages, stored; /* since the start */
	uint64_t progress;             /* grows with everything that ends */
	int64_t next_poll;             /* seconds, 0: none */
	uint64_t unanswered; /* polls in a row, of feeds that were well, that no server answered */
	int64_t outage;      /* since when our own network is out, in seconds; 0: it is not */
};

/* CONFIG is borrowed until pipeline_reconfigure or pipeline_free; so are DOOR and POOL. */
struct pipeline *
pipeline_new(const struct config *config, const struct fetch_door *door, struct pool *pool);
/* Read the active feeds and the hosts with pending links. Before the store goes to the writer. */
int pipeline_load(struct pipeline *p, struct store *store, struct fault *f);
void pipeline_start(struct pipeline *p, struct writer *writer);
void pipeline_reconfigure(struct pipeline *p, const struct config *config);

/* Make FEEDS (those of the files and sections) the feeds with that origin. DONE after the commit,
 * with how many were added and removed. */
typedef void (*pipeline_synced_cb)(size_t added, size_t removed, const struct fault *f, void *arg);
void pipeline_sync_feeds(
    struct pipeline *p, const struct opml_doc *feeds, pipeline_synced_cb done, void *arg);

/* What became of one feed that was added or removed. */
struct pipeline_fed {
	const char *url;
	int64_t id;
	int added;         /* 1: it was not polled before */
	const char *error; /* NULL: all is well */
};
/* F: not NULL when the store refused it all. FED is valid within the call. */
typedef void (*pipeline_fed_cb)(
    const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg);
/* Add COUNT feeds by hand (url, title, tags, content of ROWS), in one commit. A row that is no URL
 * of a feed has its error. */
void pipeline_add_feeds(
    struct pipeline *p, const struct feed_row *rows, size_t count, pipeline_fed_cb done, void *arg);
int pipeline_remove_feed(
    struct pipeline *p, int64_t id, pipeline_fed_cb done, void *arg, struct fault *f);
/* What came of a decision; valid within the call. F: not NULL when there was none. */
typedef void (*pipeline_decided_cb)(
    const struct proposal_decision *decision, const struct fault *f, void *arg);
/* Accept or dismiss proposal ID. An accepted feed is polled at its new URL at once. */
void
pipeline_decide(struct pipeline *p, int64_t id, int accept, pipeline_decided_cb done, void *arg);
/* What came of an order about stories; valid within the call. F: not NULL when there was none. */
typedef void (*pipeline_ordered_cb)(
    const struct story_ordered *done, const struct fault *f, void *arg);
/* Split or merge stories, now, and remember it. */
void pipeline_order_story(
    struct pipeline *p, const struct story_order *order, pipeline_ordered_cb done, void *arg);
/* What came of an order about a line; valid within the call. F: not NULL when there was none. */
typedef void (*pipeline_line_cb)(const struct site_line *line, const struct fault *f, void *arg);
/* Keep or drop the line ID that a site repeats, from now on. */
void pipeline_order_line(
    struct pipeline *p, int64_t id, enum siteline_order order, pipeline_line_cb done, void *arg);
/* What came of an order about a row of the quarantine; valid within the call. F: not NULL when
 * there was none. */
typedef void (*pipeline_quarantine_cb)(
    const struct quarantine_ordered *done, const struct fault *f, void *arg);
/* Try the document of row ID again, now where that can be done, or forget it. */
void pipeline_order_quarantine(struct pipeline *p, int64_t id, enum quarantine_order order,
    pipeline_quarantine_cb done, void *arg);
/* WORD: an id or a URL in any spelling. 0: unknown. */
int64_t pipeline_find_feed(const struct pipeline *p, const char *word);
/* Make a feed (0: all) due now, but never before the moment that its server asked for. Returns how
 * many. */
size_t pipeline_poll_now(struct pipeline *p, int64_t id);

/* ---- what is told to people ---- */

/* A host and its gate. Strings are valid until the next tick. */
struct pipeline_host {
	const char *name;
	int64_t gap_ms;        /* between two requests now */
	const char *gap_from;  /* where that comes from, in words */
	int64_t crawl_ms;      /* crawl-delay of its robots.txt, as far as it was read; 0: none */
	int ignores_crawl;     /* 1: the operator wants it ignored */
	int64_t open_in_ms;    /* until the next request may start; 0: now */
	const char *closed_by; /* why that is longer than the gap, in words; NULL: it is not */
	const char *robots_trouble; /* why its robots.txt is out of reach; NULL: it is not */
	int connections, active;    /* requests at once: as many may be, are */
	size_t feeds, pages;        /* that live there; that wait */
	size_t names; /* hosts at its address that are held together with it, itself included */
};
struct pipeline_feed {
	const char *state; /* "sleeps", "waits at its host's gate", "is being polled" */
	int64_t next_poll; /* seconds; 0: now */
	struct pipeline_host host;
};
/* ERR_NOT_FOUND. */
int pipeline_read_feed(const struct pipeline *p, int64_t id, struct pipeline_feed *out);
/* The hosts that are closed, for the longest first; at most MAX of them into OUT. Returns how many
 * there are. */
size_t pipeline_closed_hosts(const struct pipeline *p, struct pipeline_host *out, size_t max);

/* ---- the search for feeds; see docs/discovery.md ---- */

#define PIPELINE_LOOKUPS_MAX 8  /* searches at once */
#define PIPELINE_LOOKUP_S    45 /* for one */

/* A feed that was found: fetched and parsed. */
struct pipeline_found {
	const char *url, *title, *format; /* title may be NULL */
	enum found_by by;
	enum feed_class class;
	uint32_t entries;
	int64_t newest; /* seconds, 0: unknown */
	int full_text;
	int64_t id; /* of the feed that is polled there already, 0: none */
};
/* F: not NULL when nothing was found, and says why. FOUND, the best first, is valid within the
 * call. */
typedef void (*pipeline_found_cb)(
    const struct pipeline_found *found, size_t count, const struct fault *f, void *arg);
/* 0: nobody waits for the answer any more. */
typedef int (*pipeline_wanted_cb)(void *arg);
/*
 * Find the feeds of URL, which may be one itself. DONE is called once, within PIPELINE_LOOKUP_S or
 * when WANTED says 0, at the latest by pipeline_stop; never from within this call. ERR_INPUT: no
 * web URL; ERR_BUSY: too many searches; DONE is not called then.
 */
int pipeline_discover(struct pipeline *p, const char *url, pipeline_found_cb done,
    pipeline_wanted_cb wanted, void *arg, struct fault *f);

/* ---- what hubs push (WebSub); see docs/websub.md ---- */

/* Subscribe at the hubs that feeds name, with URL (it ends with '/') and a token behind it as the
 * callback. KEY: what tokens and secrets are made from. Before pipeline_load. */
struct pipeline_push {
	const char *url;
	uint8_t key[32];
};
void pipeline_push_open(struct pipeline *p, const struct pipeline_push *push);
/* A hub asks at the callback TOKEN, with QUERY, whether we meant it. Returns the HTTP status; with
 * 200 *BODY, in A, is the answer. */
int pipeline_push_verify(
    struct pipeline *p, const char *token, const char *query, struct arena *a, const char **body);
struct pipeline_delivery {
	const char *token, *content_type, *content_encoding; /* "" when absent */
	const char *signature;                               /* X-Hub-Signature; NULL */
	struct buf *body;                                    /* taken when it is wanted */
};
/* A hub delivers. Returns the HTTP status: 202, 410 (no such subscription), 429 or 503 (again after
 * PIPELINE_PUSH_RETRY_S). */
#define PIPELINE_PUSH_RETRY_S 60
int pipeline_push_take(struct pipeline *p, const struct pipeline_delivery *d);

/* The wall clock, which was years off at pipeline_load, has been set: what is due moves along. */
void pipeline_clock_set(struct pipeline *p);

/* One pass: every feed once, then the pages; pipeline_is_done tells when. Retries are not waited
 * for. */
void pipeline_once(struct pipeline *p);
int pipeline_is_done(const struct pipeline *p);

/* Start what may start. Returns the monotonic millisecond at which it wants to be called again at
 * the latest. */
int64_t pipeline_tick(struct pipeline *p);
/* Start nothing any more, and answer the searches that are under way. */
void pipeline_stop(struct pipeline *p);
void pipeline_read_status(const struct pipeline *p, struct pipeline_status *out);
void pipeline_free(struct pipeline *p);

#endif
