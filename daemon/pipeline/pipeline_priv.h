/*
 * pipeline_priv: the pipeline's own state, shared by its files: pipeline.c (the road: what has
 * happened), answers.c (what an answer means), admit.c (what may start), feeds.c (the set of
 * feeds), lookup.c (the search for feeds).
 */
#ifndef NEWSD_PIPELINE_PRIV_H
#define NEWSD_PIPELINE_PRIV_H

#include <sys/queue.h>

#include "hash.h"
#include "heap.h"
#include "hostgate.h"
#include "outage.h"
#include "pipeline.h"
#include "websub.h"

#define PAGES_PER_HOST    16     /* links of one host kept in memory; the rest waits in the store */
#define PAGES_LOW         4      /* below so many the store is asked for more */
#define PAGES_MAX         8192   /* links in memory, all hosts together */
#define PENDING_HOSTS_MAX 64     /* hosts asked for in one read */
#define CLOSED_LONG_MS    120000 /* closed for longer: what waits there holds nothing up */

enum feed_state {
	FEED_IDLE,    /* in the heap of due feeds */
	FEED_WAITING, /* at its host's gate */
	FEED_BUSY,    /* being fetched, parsed or written */
};

/* A feed that is polled. 100,000 of them fit into memory: strings are one allocation. */
struct feed {
	struct gate_work work;
	struct pipeline *p;
	struct heap_node due; /* monotonic ms */
	int64_t id;
	struct host *host;
	uint64_t url_key;       /* hash64_str(url_canonical(url)) of its own URL */
	uint64_t validators_of; /* see store.h */
	char *url; /* that is polled; its validators stand behind it, see feed_set_strings */
	int32_t fixed_s;
	int64_t not_before;        /* seconds: the server's demand; 0 none */
	int64_t polled_at;         /* seconds: when a poll last went well; 0: never */
	int64_t failed_at;         /* monotonic seconds: when no answer came last; 0: never */
	float pace;                /* windows an hour that go by, see cadence.h */
	struct write *flight;      /* the poll that a worker is parsing for */
	struct sitemap_walk *walk; /* the index that is being followed for it; NULL: none */
	uint32_t failures;
	uint16_t etag_at, modified_at; /* behind url; 0: none */
	int8_t content_own;            /* enum content_mode of this feed, -1: the global option */
	uint8_t state;   /* while an index is followed: FEED_BUSY, though it waits at gates */
	uint8_t removed; /* forget it when what is under way has ended */
	uint8_t from_file;
	uint8_t once_done;
	uint8_t offers_parts;
	uint8_t stale; /* its silence is strange */
};

/* A pending link in memory. */
struct link {
	struct gate_work work;
	struct pipeline *p;
	struct host *host;
	int64_t id, feed_id;
	char *url, *fetch; /* fetch NULL: it has none, only its feed's text */
	char *final_url;
	enum content_mode content;
	int attempts;
	int has_content;
	int recheck;          /* it was stored before, and its entry was updated */
	int status;           /* HTTP */
	unsigned rights;      /* what its server said, bits of rights.h */
	enum outcome verdict; /* what the page came to, while the feed's text is tried */
	char *reason;         /* why */
	int64_t patience_s;   /* a bot protection stood before the page: where the feed has no text,
				 it is asked for again after so long; 0: none did */
	struct held_page *page;     /* fetched, while it waits for what the feed says of it */
	STAILQ_ENTRY(link) waiting; /* for room in the pool */
	struct item *item;          /* while waiting: in item_arena; NULL: it has none */
	struct arena item_arena;
};

/* What is known of the robots.txt of one origin (scheme, host and port). */
struct origin_rules {
	struct gate_work work; /* the request for it */
	struct pipeline *p;
	struct host *host;
	char *url; /* of the robots.txt */
	int asked; /* it waits, or is under way */
	int known; /* until UNTIL_MS */
	int64_t until_ms;
	struct reply *reply; /* the compiled rules; NULL: everything is allowed, or see TROUBLE */
	char *trouble; /* why it is out of reach, in words: everything waits; NULL: it is not */
	int doublings; /* of the time until it is asked for again, when it is out of reach */
};

/* A host is two origins: http and https. */
struct host_rules {
	struct origin_rules origins[2];
};

/* The subscriptions at hubs. */
struct push {
	char *url; /* of the callback, ends with '/'; NULL: WebSub is off */
	uint8_t key[WEBSUB_KEY];
	struct map by_feed;               /* id -> struct push_sub */
	struct map by_token;              /* hash64_str(token) -> the same */
	struct heap due;                  /* by monotonic ms: when the hub is to be asked */
	LIST_HEAD(, push_sub) subs;       /* all, also those that are forgotten while asked for */
	LIST_HEAD(, delivery) deliveries; /* being parsed or written */
};

struct pipeline {
	const struct config *config;
	struct fetch_door door;
	struct pool *pool;
	struct writer *writer;

	struct map feeds; /* id -> struct feed */
	struct map moves; /* id -> the URL to which a feed moves when its poll has ended */
	struct heap due;  /* feeds by monotonic ms */
	struct hostgate *gate;
	struct heap pending; /* hosts by when the store is to be asked for their links */
	struct map links;    /* id -> struct link */
	struct push push;
	struct outage outage;    /* in monotonic seconds */
	int64_t outage_since;    /* the same in seconds, while there is one */
	uint64_t unanswered;     /* see pipeline_status */
	int64_t wall_seen_ms;    /* the wall clock less the monotonic one, when last looked at */
	int64_t wall_ahead_s;    /* the clock was so far ahead before the start; 0 */
	int64_t outage_probe_ms; /* while there is one: nothing starts before */
	struct map recoveries;   /* feed id -> struct recovery, see recover.c */
	size_t recoveries_open;  /* those under way */
	LIST_HEAD(, seek) seeks; /* addresses of hosts that are being looked up */
	size_t seeks_len;
	struct map quarantined; /* what kills its worker -> struct quarantined, see quarantine.c */
	struct lookup *lookups; /* searches under way, also those answered already */
	size_t lookups_open;    /* not answered yet */
	STAILQ_HEAD(, link)
	waiting; /* links whose feed's text is to be parsed when there is room */

	size_t feeds_waiting, feeds_busy;
	size_t feeds_fetching; /* transfers of feeds under way */
	size_t reads_open;     /* WRITE_PENDING under way */
	size_t documents;      /* bytes of those that wait for the writer */
	int64_t sweep_ms;
	int64_t wall_offset_ms; /* wall minus monotonic time, as the dues were made with */
	int once, stopping;
	uint64_t polls, pages, stored, progress;
};

#define FEED_OF(w) ((struct feed *)(void *)((char *)(w)-offsetof(struct feed, work)))
#define LINK_OF(w) ((struct link *)(void *)((char *)(w)-offsetof(struct link, work)))
#define RULES_OF(w)                                                                                \
	((struct origin_rules *)(void *)((char *)(w)-offsetof(struct origin_rules, work)))

/* ---- pipeline.c: the road ---- */
void on_feed_fetched(struct fetch_result *r, void *feed);
/* F may not be asked for, for REASON: that is its poll. */
void pipeline_refuse_feed(struct feed *f, const char *reason);
void on_page_fetched(struct fetch_result *r, void *link);
void on_page_parsed(struct reply *reply, void *link);
void on_item_loaded(struct write *w, void *link);
/* The page will not come: end LINK as OUTCOME for REASON, unless its feed's text can stand in. */
void
pipeline_end_link(struct pipeline *p, struct link *l, enum outcome outcome, const char *reason);
/* Let LINK wait until DUE: that was an attempt. */
void pipeline_defer_link(struct link *l, const char *reason, int64_t due);
/* Try LINK again later, or give it up. MIN_DELAY_S: not sooner. */
void
pipeline_retry_link(struct pipeline *p, struct link *l, const char *reason, int64_t min_delay_s);
/* LINK stays pending until DUE_S (wall seconds) for REASON, and this was no attempt. */
void pipeline_postpone_link(struct link *l, const char *reason, int64_t due_s);
/* Take the text that the feed gave for LINK. */
void pipeline_use_item(struct pipeline *p, struct link *l);
/* Hand the waiting item text of LINK, or its page with it, to the pool, which has room. */
void pipeline_submit_item(struct pipeline *p, struct link *l);

/* Documents in memory count against the budget of bytes, from one to the other. */
void pipeline_charge(struct pipeline *p, const struct reply *r);
void pipeline_discharge(struct pipeline *p, const struct reply *r); /* NULL is fine */
/* Write the entries of REPLY (taken over), a document that is not the feed's own whole one, as POLL
 * tells. DONE discharges the reply. */
void pipeline_write_part(struct pipeline *p, struct reply *reply, const struct poll *poll,
    write_done_cb done, void *arg);
/* Tell of the links that a poll of F brought, which is committed, and admit those to be fetched. */
void pipeline_take_links(struct feed *f, const struct write_poll *poll);
/* The request to H is over, answered by R. */
void pipeline_leave_host(struct pipeline *p, struct host *h, const struct fetch_result *r);
/* Hand the body that R brought to a worker, as the document that AS describes: its kind, flags and
 * whose it is. */
void pipeline_parse(
    struct pipeline *p, const struct job *as, struct fetch_result *r, pool_done_cb done, void *arg);

/* ---- quarantine.c: documents that killed the worker that parsed them ---- */

/* The pool's: a document was answered. Those that killed are recorded, also those of nobody. */
void quarantine_on_end(const struct pool_end *end, void *pipeline);
/* How long to leave the document SUBJECT of KIND alone, which killed at this visit, in seconds; 0:
 * it is given up. */
int64_t quarantine_delay_s(const struct pipeline *p, enum job_kind kind, const char *subject);
/* The document of L, of KIND, killed its workers, in the end as STATUS and REASON say: L waits, or
 * is given up. */
void quarantine_take_link(struct link *l, enum job_kind kind, int status, const char *reason);
/* L has come to its outcome: what waits in the quarantine for it waits no more. */
void quarantine_end_link(struct link *l);
int quarantine_load(struct pipeline *p, struct store *store);
void quarantine_free(struct pipeline *p);
/* R's STATUS says that workers died over the document. */
int quarantine_is_death(int status);

/* ---- answers.c: what an answer means ---- */

/* How long the host is to be left alone after this answer, in ms. */
int64_t answer_close_ms(const struct fetch_result *r);
/* When what was asked for may be asked for again, in seconds; -1: it does not say. */
int64_t answer_retry_after_s(const struct fetch_result *r);
/* What it means for the gate of the host that gave it. */
struct gate_signal answer_signal(const struct fetch_result *r);
/* "HTTP 404" or the network's error in words, in A. */
const char *answer_describe(struct arena *a, const struct fetch_result *r);
/* POLL_BAD also: a 304 though nothing was asked by (RFC 9110 15.4.5). */
enum poll_outcome answer_poll_outcome(const struct fetch_result *r);
/* Why no feed came. */
enum cadence_failure answer_failure(const struct fetch_result *r);
/* The end of a link by the status of its page or the error that came in its place;
 * OUTCOME_PENDING: to be tried again; OUTCOME_STORED: it is to be read. */
enum outcome answer_page_outcome(const struct fetch_result *r);
/* ... and by the status of a worker's reply (errors.h). */
enum outcome answer_reply_outcome(int status);
/* ... and by what the page is; OUTCOME_STORED: it is to be. */
enum outcome answer_verdict_outcome(enum verdict v);
/* Why a page is not stored, in words, in A. */
const char *answer_describe_page(struct arena *a, const struct reply *r);
/* May TYPE, a Content-Type, be that of a page? */
int answer_is_page(const char *type);

/* ---- witness.c: a page is read together with what the feed says of it ---- */

/* Hand the page that R brought for L to a worker, with the feed's text if there is one. */
void pipeline_read_page(struct link *l, struct fetch_result *r);
/* What the feed says of L's page is known, and the pool has room. */
void pipeline_submit_page(struct pipeline *p, struct link *l);
/* Forget the page that L holds; none is fine. */
void pipeline_drop_page(struct link *l);

/* ---- sitemaps.c: an index of sitemaps ---- */

/* W is the poll of F whose document is an index: read what it names, then write it. */
void sitemaps_begin(struct feed *f, struct write *w);
/* The gate is open for the sitemap that F waits for. */
void sitemaps_start(struct feed *f);
void on_sitemap_fetched(struct fetch_result *r, void *feed);
/* H is closed for long: polls that wait for a sitemap there go on without it. */
void sitemaps_unload_host(struct pipeline *p, struct host *h);

/* ---- rules.c: robots.txt ---- */

/* The rules that hold for URL at host H, as far as they are known. */
struct origin_rules *rules_of(struct pipeline *p, struct host *h, const char *url);
int rules_are_known(const struct origin_rules *o, int64_t now_ms);
/* Ask for them, and let what is of CLASS wait at the host until they are known. */
void rules_ask(struct origin_rules *o, enum gate_class class, int64_t now_ms);
int rules_allow(const struct origin_rules *o, const char *url);
void on_robots_fetched(struct fetch_result *r, void *origin_rules);
/* Forget what has expired. */
void rules_sweep(struct pipeline *p, int64_t now_ms);
void rules_free(struct host_rules *r);

/* ---- hosts.c: what was too much for a host ---- */

/* H said that it is asked too much. */
void hosts_remember(struct pipeline *p, const struct host *h);
/* When H opens, in monotonic ms, if it is closed for more than LONG_MS, and not for its gap alone;
 * 0: it is not. */
int64_t hosts_closed_until_ms(const struct pipeline *p, const struct host *h, int64_t long_ms);
/* Before the feeds. */
int hosts_load(struct pipeline *p, struct store *store);

/* ---- wall.c ---- */

/* What waits in the store for moments that a clock reckoned which was ahead is due as if that had
 * been now: pending links at a start, the feed ROW as it is read; and while we run, when the clock
 * is set back. */
int wall_load(struct pipeline *p, struct store *store);
void wall_settle_feed(struct feed_row *row);
/* What F waits for may lie no further ahead than any decision could put it. */
void wall_limit_feed(struct pipeline *p, struct feed *f);
void wall_watch(struct pipeline *p);

/* ---- promises.c: hosts that want to be asked by https alone ---- */

int promises_load(struct pipeline *p, struct store *store);

/* ---- ramp.c: many are overdue at once ---- */

/* Spread the feeds that are due, the one with the most to lose first; few start at once. */
void ramp_feeds(struct pipeline *p);

/* ---- outage.c: our own network ---- */

/* May E come of our own network? */
int outage_is_network(enum fetch_error e);
int outage_is_known(const struct pipeline *p);
/* A poll of F ended as R, without an answer. */
void outage_take_failure(struct feed *f, const struct fetch_result *r);
/* H answered something. */
void outage_take_answer(struct pipeline *p, const struct host *h);
/* The monotonic millisecond before which nothing is to be started; 0: there is no outage. */
int64_t outage_may_start_ms(const struct pipeline *p);
void outage_started(struct pipeline *p, int64_t now_ms);
/* How many of the feeds that are due may be taken to their gates. In an outage few: those that the
 * network is tried by. */
size_t outage_feeds_wanted(const struct pipeline *p);
/* 1: a feed that waits at H can be started soon, and so is one of these. */
int outage_can_try(const struct host *h);
/* 1: F is no good to try the network by. */
int outage_skips(const struct pipeline *p, const struct feed *f);
int outage_load(struct pipeline *p, struct store *store);

/* ---- recover.c: what went by unseen ---- */

/* The poll W of F is written: recover the gap that it tells of, or an older one that waits for a
 * whole document. 1: it still waits for one. */
int recover_take(struct feed *f, const struct write *w);
/* The turn of WORK has come at its host. */
void recover_start(struct pipeline *p, struct gate_work *work);
void on_archive_fetched(struct fetch_result *r, void *recovery);
/* Take up the gaps that are open in the store. After the feeds. */
int recover_load(struct pipeline *p, struct store *store);
void recover_feed_gone(struct pipeline *p, int64_t feed_id);
void recover_free(struct pipeline *p);

/* ---- push.c: what hubs push ---- */

/* The document of F has come: subscribe where it names a hub. */
void push_discover(struct feed *f, const struct feed_doc *doc);
/* A poll of F is written: what it found and the hub did not bring is held against the hub. */
void push_tally(struct feed *f, const struct write_poll *poll);
/* F is polled no more: cancel its subscription. */
void push_feed_removed(struct pipeline *p, int64_t feed_id);
/* How long polls of F may lie apart, as its hub brings what is new; 0: it can't be relied on. */
int64_t push_backup_s(const struct feed *f);
/* Take the subscriptions whose hub is to be asked to their gates. Returns the monotonic millisecond
 * at which the next is due; INT64_MAX: none. */
int64_t push_tick(struct pipeline *p, int64_t now_ms);
/* The turn of WORK has come at its hub. */
void push_start(struct pipeline *p, struct gate_work *work);
int push_load(struct pipeline *p, struct store *store);
void push_free(struct pipeline *p);

/* ---- proposals.c: those that nobody needs to be asked about ---- */

/* Accept of what a poll PROPOSED, which is committed, as much as the configuration allows. */
void proposals_accept(struct pipeline *p, const struct poll_result *proposed);

/* ---- gates.c: what the operator says of hosts ---- */

/* Tell the gates what the configuration says now. */
void gates_configure(struct pipeline *p);
/* The request that passed H's gate ended as R says: what R tells is learned of the host that it
 * came from in the end. */
void gates_end(struct pipeline *p, struct host *h, const struct fetch_result *r);
/* A bot protection stood in the place of the page at URL: it says that its host is asked too much.
 */
void gates_take_challenge(struct pipeline *p, const char *url);

/* ---- addresses.c: hosts that live at one address ---- */

/* W, which H's gate let through, may be asked now as far as H's address is concerned. 0: it was put
 * back, as the address is not known yet, or is another one than it was. */
int addresses_take(struct pipeline *p, struct host *h, struct gate_work *w, int64_t now_ms);
/* Tell the gates what the configuration says now. */
void addresses_configure(struct pipeline *p);
void addresses_free(struct pipeline *p);

/* ---- lookup.c: the search for feeds ---- */

/* The turn of WORK has come at its host. */
void lookup_start(struct pipeline *p, struct gate_work *work);
/* End the searches whose time is over, or that nobody waits for. Returns the monotonic millisecond
 * at which the next is; INT64_MAX: none is under way. */
int64_t lookup_tick(struct pipeline *p, int64_t now_ms);
/* Answer all that are open. */
void lookup_stop(struct pipeline *p);
void lookup_free_all(struct pipeline *p);

/* ---- admit.c: what may start ---- */
/* Take a pending link into memory, or leave it in the store when there is no room. */
void admit_link(struct pipeline *p, const struct link_work *work);
/* 1: L's page is to be asked for, 0: its feed's text is all that is wanted of it. */
int link_is_fetched(const struct link *l);
/* Forget the link ID unless it is under way. */
void admit_recall_link(struct pipeline *p, int64_t id);
void admit_host_pending(struct pipeline *p, struct host *h, int64_t due_s);
void admit_forget_link(struct pipeline *p, struct link *l);
/* H is closed for long: its links give their places up and wait in the store until UNTIL_S. */
void admit_unload_host(struct pipeline *p, struct host *h, int64_t until_s);
/* Move all that is due by DELTA_MS: the wall clock was set. */
void admit_shift(struct pipeline *p, int64_t delta_ms);
/* May the text of a feed entry go to the pool? */
int admit_item_has_room(const struct pipeline *p);
/* May a fetch start? Everything that is fetched will need a place in the pool, then one at the
 * writer. */
int admit_has_room(const struct pipeline *p);

/* ---- tell.c: the log of what has been committed ---- */

/* A link's end, to be told. */
struct link_end {
	const char *url;
	int64_t link_id, feed_id;
	const struct link_result *result;
	int status, attempts;
	const struct article *article; /* NULL: none was stored */
	enum body_source source;
};
void tell_poll(const struct feed *f, const struct write_poll *p);
/* The feed has renamed most of its entries, and they were known again. */
void tell_guids_changed(const struct feed *f, const struct write_poll *p);
/* An accepted proposal ended F, for REASON. */
void tell_ended(const struct feed *f, const char *reason);
/* The silence of F became strange, or is no more; of several feeds of a host one alarm is told. */
void tell_stale(struct feed *f, const struct write_poll *p);
void tell_proposal(const struct feed *f, const struct proposal *proposal);
void
tell_discovered(const struct feed *f, const struct link_work *work, const struct feed_doc *doc);
/* Nothing, where CHANGE is none. */
void tell_drift(const char *site, const struct drift_change *change);
void tell_retry(const struct link *l, const struct link_outcome *o);
/* EVENT: EV_OUTCOME or EV_REVISED. */
void tell_end(const struct pipeline *p, enum log_event event, const struct link_end *e);

/* ---- feeds.c: the set of feeds ---- */
struct feed *feeds_add(struct pipeline *p, const struct feed_row *row);
void feeds_drop(struct pipeline *p, struct feed *f);
void feeds_forget_moves(struct pipeline *p);
/* Keep validators (NULL: none). */
void feed_set_strings(struct feed *f, const char *url, const char *etag, const char *last_modified);
const char *feed_etag(const struct feed *f);
const char *feed_last_modified(const struct feed *f);
/* Put F to sleep until DUE_S (wall seconds). */
void feeds_sleep(struct pipeline *p, struct feed *f, int64_t due_s);
/* What the configuration says of how F's server is asked, in ROOM; NULL: nothing. Borrowed. */
const struct fetch_own *feed_own(const struct feed *f, struct fetch_own *room);
enum content_mode feed_content(const struct pipeline *p, const struct feed *f);
/* The host of URL at the gate; of what has no URL (NULL, or no host in it) one of its own. */
struct host *feeds_host_of(struct pipeline *p, const char *url);
#endif
