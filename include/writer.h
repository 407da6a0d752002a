/*
 * writer: the one thread that owns the store. Takes writes from the loop, applies many in one
 * transaction, and hands each back, on the loop, after the commit that holds it. A full disk or a
 * sick file holds the batch back and tries again: nothing is lost, and upstream stops because the
 * queue is bounded.
 *
 * Glues stories and store: it looks an article up by URL and exact text, stores it, and after the
 * commit has stories judge which story it is in (docs/stories.md).
 */
#ifndef NEWSD_WRITER_H
#define NEWSD_WRITER_H

#include "buf.h"
#include "cadence.h"
#include "config.h"
#include "record.h"
#include "store.h"

struct event_base;
struct writer;
struct write;

enum write_kind {
	WRITE_POLL,    /* a feed was polled */
	WRITE_ARTICLE, /* a page or an item was parsed */
	WRITE_OUTCOME, /* a link ended, or waits for its retry */
	WRITE_PENDING, /* read pending links of hosts */
	WRITE_ITEM,    /* read what the feed said of a link */
	WRITE_FEEDS,  /* add feeds; with sync also remove those of the files that are listed no more
		       */
	WRITE_REMOVE, /* remove a feed */
	WRITE_DECISION,     /* accept or dismiss a proposal */
	WRITE_STORY,        /* split or merge stories */
	WRITE_LINE,         /* decide about a line that a site repeats */
	WRITE_SUBSCRIPTION, /* record a subscription, or drop it */
	WRITE_HOST,         /* remember what was too much for a host */
	WRITE_OUTAGE,       /* our network is out, or again there */
	WRITE_GAP_END,      /* the recovery of a feed's gaps is over */
	WRITE_DEATH,        /* a document killed a worker, or does so no more */
	WRITE_QUARANTINE,   /* try a document that did again, or forget it */
	WRITE_KIND_COUNT
};

/* What became of one link. Strings in the write's arenas. */
struct link_result {
	enum outcome outcome;
	const char *reason;
	int64_t article_id;
	int revised;               /* 1: the article has a new text now */
	const char *site;          /* of which the drift is */
	struct drift_change drift; /* what is extracted from its pages has changed its character */
};

struct write_poll {
	struct poll poll; /* strings in ->in; doc is set from the reply */
	struct cadence_input cadence;
	const char *url;     /* that was polled; in ->in */
	int conditional;     /* validators were sent */
	struct cadence next; /* result: what was decided */
	int blank;           /* result: the validators are not kept */
	struct poll_gap gap; /* result */
	int stale_changed;   /* result: an alarm was raised, or is over */
	const char *stale;   /* result: why, in words; in ->result.arena */
	int is_stale;
	enum poll_outcome outcome; /* result: poll's, or unchanged when nothing was new */
	struct poll_result result;
	struct link_result *outcomes; /* result: with CONTENT_FEED one for each result.links */
};

struct write_article {
	int64_t link_id, feed_id;
	const char *url;       /* the link's canonical URL */
	const char *final_url; /* after redirects, NULL */
	const char *why;       /* why the feed's text stands in for the page, NULL */
	enum body_source source;
	int status, attempts;
	unsigned rights; /* what the server said; the page's own are in the article */
	int recheck;     /* the link was stored before */
	int64_t at;
	struct link_result result;
};

struct write_pending {
	uint64_t *hosts; /* asked; in ->in */
	size_t hosts_len;
	size_t limit; /* a host */
	int64_t now;
	struct {
		struct link_work *links;
		size_t links_len;
		int64_t next_due; /* seconds, 0: none */
	} * found;                /* result: one for each host; in ->out */
};

struct write_item {
	int64_t link_id;
	struct item *item; /* result */
};

struct write_feeds {
	struct feed_row *rows; /* in ->in */
	size_t rows_len;
	int sync;
	struct feed_row *stored; /* result: one for each row, as it is stored now */
	int *added;
	int64_t *removed; /* result: ids */
	size_t removed_len;
};

struct write_remove {
	int64_t feed_id;
};

struct write_decision {
	int64_t proposal_id, at;
	int accept;
	struct proposal_decision decision; /* result */
};

struct write_line {
	int64_t line_id, at;
	enum siteline_order order;
	struct site_line line; /* result */
};

struct write_subscription {
	struct subscription row; /* strings in ->in */
	int drop;                /* only row.feed_id matters */
};

struct write_death {
	struct quarantine_death death; /* strings in ->in; document is set from DOCUMENT */
	struct buf document;           /* owned; cleared on the loop */
	int settles;                   /* only key, state and at of DEATH matter */
	int64_t id;                    /* result: the row's, 0 when it settles */
};

enum quarantine_order { QUARANTINE_RETRY, QUARANTINE_FORGET };
struct write_quarantine {
	int64_t id, at;
	enum quarantine_order order;
	struct quarantine_ordered done; /* result; in ->out */
};

struct write_story {
	struct story_order order;
	struct story_ordered done; /* result */
};

typedef void (*write_done_cb)(struct write *w, void *arg);

struct write {
	enum write_kind kind;
	write_done_cb done; /* on the loop, after the commit; the write is freed when it returns */
	void *arg;
	struct arena in, out;      /* strings of the request; of the result */
	struct reply *reply;       /* WRITE_POLL, WRITE_ARTICLE: owned */
	const char *site;          /* result of WRITE_OUTCOME: whose pages have changed ... */
	struct drift_change drift; /* ... so */
	int status;                /* result: 0, or why this write alone failed */
	struct fault fault;
	int settled; /* the writer's own: committed or refused, while others of its batch are not */
	int64_t submitted_ms;
	struct write *next;
	union {
		struct write_poll poll;
		struct write_article article;
		struct link_outcome outcome; /* strings in ->in */
		struct write_pending pending;
		struct write_item item;
		struct write_feeds feeds;
		struct write_remove remove;
		struct write_decision decision;
		struct write_story story;
		struct write_subscription subscription;
		struct write_line line;
		struct write_death death;
		struct write_quarantine quarantine;
		struct host_memory host;    /* strings in ->in */
		struct store_outage outage; /* strings in ->in */
		struct gap_end gap_end;     /* strings in ->in */
	} u;
};

struct writer_options {
	int64_t commit_interval_ms;
	size_t commit_rows;
	size_t queue_max;
	int64_t keep_polls_s;
	struct story_options stories;
	int threaded; /* 0: writer_run does the work, for tests */
};

struct writer_counters {
	uint64_t commits, writes, failed;
	int64_t slowest_commit_ms;
	int64_t oldest_ms; /* monotonic time at which the oldest open write came, 0: none */
	char trouble[FAULT_TEXT_MAX]; /* "" when all is well */
	int judging_failed;           /* 1: it is tried again with the next batch */
	int stories_ready;            /* 0: the index of stories is still being read */
	struct story_figures stories;
};

/* Called on the loop when trouble begins (F in words) and ends (NULL). */
typedef void (*writer_trouble_cb)(const struct fault *f, void *arg);

/* Takes STORE. BASE may be NULL when not threaded. The thread starts at once. */
int writer_new(struct writer **out, struct event_base *base, struct store *store,
    const struct writer_options *o, struct fault *f);
void writer_on_trouble(struct writer *w, writer_trouble_cb cb, void *arg);
size_t writer_room(const struct writer *w);
size_t writer_pending(const struct writer *w); /* not yet handed back */
struct write *write_new(enum write_kind kind, write_done_cb done, void *arg);
void write_free(struct write *w); /* one that was never submitted; NULL is fine */
/* Takes W. Beyond the room it is taken all the same: what is under way must end. */
void writer_submit(struct writer *wr, struct write *w);
/* Not threaded: apply, commit, judge and hand back all that waits; returns how many were handed
 * back. */
size_t writer_run(struct writer *w);
void writer_read_counters(struct writer *w, struct writer_counters *out);
/* Apply what waits (unless there is trouble), commit, end the thread, hand back, close the store.
 */
void writer_free(struct writer *w);

#endif
