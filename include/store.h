/*
 * store: the only door to the database. Speaks in records, never in SQL; SQLite is its first
 * implementation, PostgreSQL its second. A handle belongs to one thread. Every function returns 0
 * or an enum error; store_fault tells it in words (a look-up's ERR_NOT_FOUND may go without).
 *
 * Writing: between store_begin and store_commit the writes of a batch are one; a call outside is a
 * transaction of its own. A write that the store fails spoils the open transaction: further writes
 * and the commit fail with the same error. A plain answer such as ERR_NOT_FOUND spoils nothing.
 *
 * Reading: rows are handed to a callback, strings borrowed until it returns; nonzero stops. A
 * callback may call the store, but not the function that called it.
 *
 * What users query are views (feeds, articles, links, sightings, polls, revisions, stories,
 * top_stories, story_members, relations, proposals, subscriptions, hubs, site_lines, dropped_lines,
 * drifts, quarantine, articles_fts), documented in newsd-schema(5); the tables behind them are
 * private and bear the prefix nd_.
 */
#ifndef NEWSD_STORE_H
#define NEWSD_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "config.h"
#include "drift.h"
#include "errors.h"
#include "outcome.h"
#include "record.h"
#include "sitelines.h"
#include "stories.h"
#include "window.h"

#define STORE_SCHEMA_VERSION 4

struct store;

enum store_mode { STORE_WRITE, STORE_READ };

struct store_options {
	const char *path;
	enum store_mode mode;
	enum synchronous synchronous; /* STORE_WRITE: what a commit waits for */
	int drop_links;               /* STORE_WRITE: do not keep what articles link to */
	int keep_site_lines; /* STORE_WRITE: lines that a site repeats stay in its articles */
	int upgrade_backup;  /* STORE_WRITE: before an upgrade copy it to PATH.vN-backup */
};

/*
 * Open (STORE_WRITE: create 0640, migrate, WAL with PERSIST_WAL, take the lock file PATH.lock,
 * which a second writer finds taken: ERR_BUSY with its pid). The directory must exist. F in words.
 * ERR_VERSION: a newer newsd wrote it, or (STORE_READ) an older one and it is not upgraded yet;
 * ERR_NOT_FOUND, ERR_DENIED, ERR_READONLY, ERR_FULL; ERR_CORRUPT; ERR_INPUT: not a store;
 * ERR_UNSUPPORTED: no WAL on this file system.
 */
int store_open(struct store **out, const struct store_options *o, struct fault *f);
/* Roll back what is open, checkpoint, close; the WAL stays for readers. NULL is fine. */
void store_close(struct store *s);
const struct fault *store_fault(const struct store *s); /* of the last failure */

int store_begin(struct store *s);
/* ERR_FULL, ERR_IO, ...: nothing of the transaction is there, and it is over. */
int store_commit(struct store *s);
/* Without an open transaction nothing happens. The fault of what led here is kept. */
void store_rollback(struct store *s);
/* Move WAL pages into the database; waits for nobody, readers keep what they need. FULL also
 * truncates the WAL when nobody reads. */
int store_checkpoint(struct store *s, int full);
/* Move all of the WAL and begin it anew, for which every reader of older pages must have ended:
 * wait for that up to WAIT_MS. 0 also when one did not: the WAL goes on to grow. */
int store_restart_log(struct store *s, int wait_ms);
/* Bytes of the WAL that the next commit would add to, as of the last commit or checkpoint. */
int64_t store_log_bytes(const struct store *s);

/* ---- room: free space on the store's file system; see docs/durability.md ---- */

struct store_room {
	int64_t free, total; /* bytes; free: for us, not for root alone */
	int64_t block;       /* bytes */
};
/* Of the file system that holds PATH. ERR_NOT_FOUND, ERR_IO. */
int store_read_room(const char *path, struct store_room *out, struct fault *f);
/* The same for the store S. */
int store_room(const struct store *s, struct store_room *out, struct fault *f);
/* How many bytes are to stay free on a file system of TOTAL, as the option free_space_floor
 * (OPTION; -1: auto) says. */
int64_t store_floor(int64_t option, int64_t total);
/* 1: R has less than FLOOR; where it had less before (WAS), 1 until there is a quarter more. */
int store_room_is_low(const struct store_room *r, int64_t floor, int was);

/* ---- saving, mending; see docs/durability.md ---- */

/* DONE of TOTAL of whatever is counted; nonzero breaks off. */
typedef int (*store_progress_cb)(int64_t done, int64_t total, void *arg);

struct store_copy {
	const char *file;           /* to be made */
	int force;                  /* one that is there is replaced */
	store_progress_cb progress; /* in pages; NULL */
	void *arg;
	int64_t bytes; /* result */
};
/*
 * Copy the store as it is at this moment into a new file, whoever writes to it meanwhile. C->file
 * appears when it is whole and on the disk. ERR_INPUT: there is a file, or it is the store;
 * ERR_FULL; ERR_TIMEOUT: broken off; ERR_IO, ERR_CORRUPT, ...
 */
int store_backup(struct store *s, struct store_copy *c);

/* What a repair could read of one table. */
struct store_saved {
	const char *table;
	int64_t rows, refused; /* read and kept; read and not what the table may hold */
	int64_t expected;      /* as the store itself counted; -1: it does not */
	int damaged;           /* 1: some of it can't be read */
};
struct store_repair {
	const char *path, *new_path;
	void (*saved)(const struct store_saved *t, void *arg);
	void (*say)(const char *sentence, void *arg); /* what is lost, or was made again */
	void *arg;
};
/*
 * Make a new store at R->new_path of all that can be read of the damaged one at R->path, which no
 * newsd may have and which is not changed. *LOST: rows that are known to be lost. ERR_BUSY: a newsd
 * has it; ERR_INPUT: new_path is there already, or path is no store; ERR_CORRUPT: not even the
 * names of its tables can be read; others as store_open.
 */
int store_repair(const struct store_repair *r, int64_t *lost, struct fault *f);

/* 1: who had S before did not end in order: it crashed, was killed, or lost its power; or the check
 * after that is still owed. */
int store_ended_unclean(const struct store *s);
/* The check after an unclean end found nothing: no other is owed. */
void store_note_checked(struct store *s);
/* ---- feeds ---- */

enum feed_origin { FEED_FROM_FILE, FEED_FROM_CONTROL };

/* A feed as stored. Strings borrowed: valid within the callback or as long as the caller keeps
 * them. */
struct feed_row {
	int64_t id;
	const char *url, *title, *site, *language, *tags; /* tags: space-separated */
	enum feed_origin origin;
	int content; /* enum content_mode, -1: the global option */
	int active;  /* 0: removed, history kept */
	int64_t added;
	const char *etag, *last_modified; /* opaque */
	uint64_t validators_of; /* hash64_str of the URL that gave them, after redirects; 0: not
				   known */
	int offers_parts;       /* 1: its server gives the new entries alone to who asks so */
	int64_t next_poll, interval_s;
	int64_t not_before;      /* the server's demand (Retry-After), 0: none */
	const char *next_reason; /* why then, in words */
	int64_t last_poll, last_change;
	int last_status;   /* HTTP; 0 none */
	const char *error; /* of the last poll, NULL when it went well */
	int64_t failures;  /* in a row */
	uint64_t items_hash;
	int64_t items_total;     /* links first seen here */
	const char *recovered;   /* why the last document was not well-formed, NULL: it was */
	int64_t recovered_since; /* the first such poll in a row */
	int64_t guids_changed;   /* when it last renamed most of its entries, 0: never */
	const char *moved_to;    /* an accepted proposal: polled there, not at url; NULL */
	const char *ended;       /* inactive by an accepted proposal: why; NULL */
	int64_t merged_into;     /* the feed that is polled in its place, 0: none */
	const char *validators;  /* how far they are believed, a word; NULL: not yet known */
	const uint8_t *memory;   /* what it remembers (cadence.h); NULL: nothing */
	size_t memory_len;
	int64_t stale_since; /* its silence is strange since then, 0: it is not */
};

/*
 * Insert or reactivate by URL (canonical form is the key); keeps URL and state of a known one. Of a
 * known feed title, site, language and tags that are NULL and a content of -1 leave what is there.
 * A feed that was added by control and is active stays one, whatever files list it. One that is
 * redirected (moved_to) is known by that URL, too: where a file lists it so, the redirection ends
 * and that is the feed's URL.
 *
 * One that an accepted proposal ended stays inactive as long as a file goes on listing it, and one
 * that was merged into another is that other one, whoever names it, as long as that is active.
 *
 * Writes back to ROW what is stored now: id, content, origin, added, active; its strings stay the
 * caller's.
 * *ADDED 1: it was not active before.
 */
int store_put_feed(struct store *s, struct feed_row *row, int *added);
/* Inactive, and no longer redirected, ended or merged: listed again, it comes back.
 * ERR_NOT_FOUND. */
int store_remove_feed(struct store *s, int64_t id);
typedef int (*store_feed_cb)(const struct feed_row *row, void *arg); /* nonzero stops */
int store_each_feed(struct store *s, int active_only, store_feed_cb cb, void *arg);
int
store_find_feed(struct store *s, const char *url, store_feed_cb cb, void *arg); /* ERR_NOT_FOUND */

/* ---- proposals: what a poll suggests to do about its feed, and nobody has done ---- */

enum proposal_kind {
	PROPOSAL_MOVED,    /* its address gives a page that names the feed elsewhere */
	PROPOSAL_REDIRECT, /* its address redirects for good to one that gives the same feed */
	PROPOSAL_GONE,     /* its server says 410 */
	PROPOSAL_DEAD,     /* no poll has gone well for long */
	PROPOSAL_KIND_COUNT
};
const char *proposal_kind_name(enum proposal_kind k);

enum proposal_state {
	PROPOSAL_FORMING, /* seen, but not often or long enough yet; shown to nobody */
	PROPOSAL_UNLIKE,  /* what began as another feed; shown to nobody */
	PROPOSAL_OPEN,
	PROPOSAL_ACCEPTED,
	PROPOSAL_DISMISSED,
	PROPOSAL_WITHDRAWN, /* what it was about has passed */
	PROPOSAL_STATE_COUNT
};
const char *proposal_state_name(enum proposal_state s);

struct proposal {
	enum proposal_kind kind;
	const char *old_url, *new_url; /* new_url NULL: the kind has none */
	const char *reason, *evidence; /* in words; what was seen */
	int unlike; /* another feed is there: remembered as long as it lasts, and not proposed */
};

struct proposal_row {
	int64_t id, feed_id, first_seen, last_seen, seen, decided; /* decided: 0: not yet */
	int64_t failures; /* of the feed's polls, in a row; 0: it is well again */
	const char *feed_url, *feed_title, *kind, *old_url, *new_url, *reason, *evidence, *state;
};
typedef int (*store_proposal_cb)(const struct proposal_row *row, void *arg); /* nonzero stops */
/* In the order in which they were first seen. ALL: also those that were decided or withdrawn.
 * FEED_ID 0: of all feeds. */
int store_each_proposal(struct store *s, int all, int64_t feed_id, store_proposal_cb cb, void *arg);

/* What came of a decision. Strings in the caller's arena. */
struct proposal_decision {
	int64_t feed_id;
	const char *old_url, *new_url;
	const char *listed_url; /* the URL that a file lists for the feed, NULL: none does */
	const char *ended;      /* it is polled no more: why; NULL: it is */
	int64_t merged_into;    /* the feed that is polled in its place, 0: none */
};
/*
 * Accept or dismiss proposal ID at the moment AT. A feed that moved is polled at the new URL from
 * now on: a feed that a file lists is redirected, any other gets that URL; what was known of the
 * old address (validators, errors, next poll) is forgotten. Where it redirects to an address at
 * which another feed is polled, it is merged into that: ended, its tags and a title that the
 * operator gave handed on, its sightings kept. One that is gone or dead is ended. Its other open
 * proposals go. ERR_NOT_FOUND: no such proposal; ERR_INPUT: accepted or withdrawn before, or the
 * feed was removed, or another feed is polled at the new URL of one that a page named.
 */
int store_decide_proposal(struct store *s, int64_t id, int accept, int64_t at, struct arena *a,
    struct proposal_decision *out);

/* ---- subscriptions: what hubs push (WebSub) ---- */

enum subscription_state {
	SUBSCRIPTION_WANTED, /* the hub is to be asked, again when DUE */
	SUBSCRIPTION_ASKED,  /* it took the request and has not verified it yet */
	SUBSCRIPTION_ACTIVE, /* verified, until LEASE_UNTIL */
	SUBSCRIPTION_DENIED, /* by the hub; asked again when DUE */
	SUBSCRIPTION_ENDING, /* to be cancelled at the hub */
	SUBSCRIPTION_STATES
};
const char *subscription_state_name(enum subscription_state s);

/* One for a feed. Times in seconds, 0: none. */
struct subscription {
	int64_t feed_id;
	const char *hub, *topic;
	enum subscription_state state;
	int64_t since; /* it became active */
	int64_t lease_until, due, attempts;
	const char *error;       /* what the hub said last against it; NULL */
	int64_t pushes, dropped; /* deliveries; those without a signature that fits */
	/* Entries that came first by a push, and those that polling found long after they were
	 * published. Of late: both are halved when together they are many. */
	int64_t entries, missed;
	int64_t last_push;
};
int store_put_subscription(struct store *s, const struct subscription *sub);
int store_drop_subscription(struct store *s, int64_t feed_id);
typedef int (*store_subscription_cb)(
    const struct subscription *sub, const char *feed_url, void *arg); /* nonzero stops */
int store_each_subscription(struct store *s, store_subscription_cb cb, void *arg);

/* ---- gaps: entries that went by unseen, and what became of them ---- */

enum gap_state {
	GAP_OPEN,      /* recovery is under way, or waits for the feed's next whole document */
	GAP_RECOVERED, /* what was fetched reaches back to what had been seen: nothing is missing */
	GAP_PARTLY,    /* some of it was found */
	GAP_LOST,      /* nothing was found, and nothing more is tried */
	GAP_STATE_COUNT
};
const char *gap_state_name(enum gap_state s);

/* Entries that went by unseen before a poll. */
struct poll_gap {
	int64_t begins, ends; /* they were published in this time; ends 0: there is no gap */
	double lost;          /* so many, estimated */
};

typedef int (*store_gap_cb)(int64_t feed_id, const struct poll_gap *gap, void *arg);
/* The feeds with open gaps: the whole time of these, and all that was lost in it. Nonzero of CB
 * stops. */
int store_each_open_gap(struct store *s, store_gap_cb cb, void *arg);
/* How the recovery of a feed's open gaps ended. */
struct gap_end {
	int64_t feed_id, at, noticed_until; /* seconds: now; only gaps noticed until then */
	int closed;         /* what was fetched reaches back to what had been seen */
	const char *reason; /* in words */
	/* result: */
	int64_t found;
	enum gap_state state;
};
/* End the open gaps of E's feed; what was found is counted by the dates of the entries that came
 * since each was noticed. */
int store_end_gaps(struct store *s, struct gap_end *e);

/* ---- outages: when our own network was out (outage.h) ---- */

struct store_outage {
	int64_t begins, ends; /* seconds; ends 0: it is not over */
	int64_t sites;        /* that failed until it was known */
	const char *reason;   /* in words */
};
/* One begins: feeds that failed in it for the first time, before it was known, are not charged. Or
 * (O->ends) the open ones end. */
int store_put_outage(struct store *s, const struct store_outage *o);
typedef int (*store_outage_cb)(const struct store_outage *o, void *arg); /* nonzero stops */
int store_each_open_outage(struct store *s, store_outage_cb cb, void *arg);

/* ---- hosts: what was too much for them (hostgate.h) ---- */

struct host_memory {
	uint64_t key; /* hash64_str(name) */
	const char *name;
	int64_t gap_ms, gap_until; /* a shorter gap was too much, and is not tried before (s) */
	int64_t closed_until;      /* it wants to be left alone until then (s), 0: no more */
};
int store_put_host_memory(struct store *s, const struct host_memory *m);
typedef int (*store_host_memory_cb)(const struct host_memory *m, void *arg); /* nonzero stops */
/* Those whose word holds at NOW. */
int store_each_host_memory(struct store *s, int64_t now, store_host_memory_cb cb, void *arg);

/* ---- promises: hosts that want to be asked by https alone (RFC 6797) ---- */

#define STORE_PROMISES_MAX 8192 /* that are read; as many as a fetcher keeps */

struct store_promise {
	uint64_t key; /* hash64_str(host) */
	const char *host;
	int64_t heard, until; /* seconds; UNTIL not after HEARD: it was taken back */
	int subdomains;
};
/* Remember or forget, and forget what has expired when it was heard. */
int store_put_promise(struct store *s, const struct store_promise *p);
typedef int (*store_promise_cb)(const struct store_promise *p, void *arg); /* nonzero stops */
/* The clock was set back: what was heard later than NOW counts as heard now. */
int store_rebase_promises(struct store *s, int64_t now);
/* Those that hold at NOW, or were heard later than that: the longest first. */
int store_each_promise(struct store *s, int64_t now, store_promise_cb cb, void *arg);

/* ---- quarantine: documents that killed the worker that parsed them; docs/security.md ---- */

enum quarantine_state {
	QUARANTINE_WAITING, /* it will be tried again */
	QUARANTINE_GIVEN_UP,
	QUARANTINE_RELEASED, /* it was parsed */
	QUARANTINE_ENDED,    /* its link ended in another way */
	QUARANTINE_STATES
};
const char *quarantine_state_name(enum quarantine_state s);

struct quarantine_death {
	uint64_t key; /* of what it is: a link, feed or URL, and its kind */
	const char *kind, *url, *reason;
	int64_t link_id, feed_id; /* 0: none */
	int signal;               /* 0: it exited */
	int64_t deaths;           /* of this visit */
	int64_t visits, at;
	enum quarantine_state state;
	const char *document_url, *content_type, *content_encoding;
	const uint8_t *document; /* as received */
	size_t document_len;
};
/* Insert or update by key: deaths are added, the document is kept if it is not too large, in the
 * place of the oldest. *ID: the row's. */
int store_put_quarantine(struct store *s, const struct quarantine_death *d, int64_t *id);
/* The row of KEY is over, as STATE. No such row: nothing happens. */
int store_settle_quarantine(struct store *s, uint64_t key, enum quarantine_state state, int64_t at);
/* Those that wait or were given up. */
typedef void (*store_quarantined_cb)(
    uint64_t key, int64_t visits, enum quarantine_state state, void *arg);
int store_each_quarantined(struct store *s, store_quarantined_cb cb, void *arg);

struct quarantine_row { /* of the view quarantine */
	int64_t id, link_id, feed_id, signal, deaths, visits, first_seen, last_seen, retry;
	int64_t bytes; /* of the document, -1: it is not kept */
	const char *url, *kind, *feed, *reason, *state;
};
typedef int (*store_quarantine_cb)(const struct quarantine_row *row, void *arg);
/* In order of their last death. ALL: also those that are released or ended. */
int store_each_quarantine(struct store *s, int all, store_quarantine_cb cb, void *arg);
/* Take the bytes of the document of row ID; they are valid within the call of CB. ERR_NOT_FOUND: no
 * such row, or its document is not kept. */
typedef int (*store_offender_cb)(const uint8_t *data, size_t len, const char *url,
    const char *content_type, const char *content_encoding, void *arg);
int store_read_offender(struct store *s, int64_t id, store_offender_cb cb, void *arg);

struct quarantine_ordered { /* strings in the caller's arena */
	uint64_t key;
	int64_t link_id, feed_id;
	const char *kind, *url;
	const char *fetch; /* the link's address, NULL: it is no link's */
};
/* Row ID gets three more visits: a link is pending again, from AT on. ERR_NOT_FOUND. */
int store_retry_quarantine(
    struct store *s, int64_t id, int64_t at, struct arena *a, struct quarantine_ordered *out);
/* Drop row ID with its document. ERR_NOT_FOUND. */
int store_forget_quarantine(
    struct store *s, int64_t id, struct arena *a, struct quarantine_ordered *out);

/* ---- polls, items, links ---- */

enum poll_outcome {
	POLL_OK,        /* 200, parsed, something new */
	POLL_UNCHANGED, /* 304, or the same item set */
	POLL_HTTP,      /* another status */
	POLL_NETWORK,   /* DNS, connect, TLS, timeout */
	POLL_REDIRECTS, /* too many, in a loop, or to nowhere */
	POLL_REFUSED,   /* by our own rules: scheme, port, address, robots.txt */
	POLL_NOT_FEED,  /* parsed, but no feed */
	POLL_BAD,       /* too big, truncated, parser crash */
	POLL_RECOVERY,  /* no poll: an older page, read to recover a gap */
	POLL_OUTCOME_COUNT
};
const char *poll_outcome_name(enum poll_outcome o);

struct poll_result;

struct poll {
	int64_t feed_id, at; /* seconds */
	enum poll_outcome outcome;
	int status;
	const char *error;
	int64_t bytes, duration_ms;
	const char *etag, *last_modified; /* to keep from now on; NULL: none */
	uint64_t validators_of;           /* as in feed_row */
	int offers_parts;
	int64_t next_poll, interval_s;
	const char *next_reason;
	int64_t failures;
	int64_t not_before; /* the server's Retry-After as a moment, which nobody may override; 0:
			       none */
	enum content_mode content;
	int64_t skipped; /* entries of a sitemap that are no news and were left out of DOC */
	int is_part;     /* a sitemap of an index: only its entries are recorded */
	int is_new_only; /* 226: DOC leaves out what the feed showed before */
	int is_push;     /* with is_part: a hub brought it, and it may hold a few entries only */
	int is_archive;  /* an older page (POLL_RECOVERY): its entries and a polls row are recorded
			  */
	int has_parts;   /* an index: PARTS is what its sitemaps, written before, brought */
	struct {
		int64_t items, fresh, sightings, joined;
	} parts;
	/* What the feed remembers (cadence.h): as it is stored, for DECIDE to read, and what DECIDE
	 * leaves there is stored. NULL: nothing. */
	const uint8_t *memory;
	size_t memory_len;
	const char *stale; /* with STALE_CHANGED: why its silence is strange, NULL: it is no more */
	int stale_changed;
	int64_t overlap; /* entries that the feed had shown before; -1: no document */
	struct poll_gap gap;
	/* set when the document was parsed: */
	const struct feed_doc *doc;
	const char *recovered;
	const char *redirect;   /* where redirects that are all permanent led; NULL: none */
	const char *validators; /* how far they are believed, for people; DECIDE sets it */
	const struct proposal *proposals; /* what it suggests */
	size_t proposals_len;
	/* Called once the items are counted and before the feed's row and the polls row are
	 * written, so that the next poll may depend on what was new; it may change outcome,
	 * next_poll, interval_s, next_reason, not_before, validators, memory, overlap, gap, stale,
	 * proposals. NULL: none. */
	void (*decide)(struct poll *p, const struct poll_result *r, void *arg);
	void *decide_arg;
};

#define STORE_HOSTLESS "-" /* the host of entries that have no link */

/* A link as work: what is needed to fetch it. */
struct link_work {
	int64_t id;
	char *url;     /* canonical */
	char *fetch;   /* form to fetch */
	uint64_t host; /* hash64_str of url_authority(url), or of STORE_HOSTLESS */
	int64_t feed_id;
	enum content_mode content;
	int attempts;
	int has_content; /* the feed gave text that could stand in */
	size_t item;     /* from a poll: index in doc->items; else SIZE_MAX */
	int recheck;     /* 1: was stored before; its entry was updated */
	int moved;       /* 1: known and not stored; its entry gave it another address to fetch */
};

struct poll_result {
	struct link_work *links; /* new, re-opened or moved, pending */
	size_t links_len;
	int64_t items;     /* entries seen */
	int64_t fresh;     /* links never seen before */
	int64_t sightings; /* entries that this feed did not have before */
	int64_t joined;    /* entries that it had before under another guid or link */
	int renamed;       /* those are most of its entries */
	struct proposed {
		int64_t id;
		const struct proposal *what;
	} * proposed; /* those that became open */
	size_t proposed_len;
	struct window_entry *entries; /* as they stand in the document; NULL: the same as last time
				       */
	size_t entries_len;
	struct arena arena;
};

/*
 * Record a poll: the feed's state, the polls row, and for a doc its items, sightings and new links.
 * Skips the items when doc->items_hash is the feed's. The result is cleared by the caller
 * (arena_clear), also after an error. ERR_NOT_FOUND: no such feed.
 *
 * An entry without a link gets urn:newsd:FEED:KEY and CONTENT_FEED. An entry that was changed in
 * substance opens its link again when that has an article of its own, a few times at most. Which
 * entry is which is judged by identity.h; new names of known entries lead to their links.
 */
int store_put_poll(struct store *s, struct poll *p, struct poll_result *r);

#define LINK_DUE_MAX_S (8 * 86400) /* no link is put off for longer: a Retry-After, and a day */
/* Pending links of HOST that are due at NOW, at most LIMIT, oldest due first, in A. NEXT_DUE: when
 * the next one that was not returned is due (0: none). Those that are due later than LINK_DUE_MAX_S
 * from now were put off by a clock that was ahead, and become due NOW. */
int store_load_pending(struct store *s, uint64_t host, int64_t now, size_t limit, struct arena *a,
    struct link_work **links, size_t *len, int64_t *next_due);
/* When the last poll was, by the clock of then; 0: never. */
int store_last_poll(struct store *s, int64_t *at);
/* The clock was ahead: pending links that were put off later than NOW wait from NOW on, as long as
 * they were to wait then. */
int store_settle_pending(struct store *s, int64_t now);
/* Every host that has pending links, with its name and the earliest due time. */
typedef int (*store_host_cb)(uint64_t host, const char *name, int64_t due, void *arg);
int store_each_pending_host(struct store *s, store_host_cb cb, void *arg);
/* What the feed said of a link: its item (title, authors, dates, content, ...; not text), in A. The
 * content is kept until the link's end. ERR_NOT_FOUND. */
int store_load_item(struct store *s, int64_t link_id, struct arena *a, struct item **out);

/* A link's end, or (OUTCOME_PENDING) its retry. */
struct link_outcome {
	int64_t link_id;
	enum outcome outcome;
	const char *reason; /* in words */
	int64_t at;
	int status; /* HTTP, 0 none */
	int attempts;
	int64_t due;           /* OUTCOME_PENDING: not before */
	int64_t article_id;    /* 0: as it was */
	const char *final_url; /* after redirects, NULL: the same */
	const char *rights;    /* words of rights.h, NULL: nothing was said */
};
int store_put_outcome(struct store *s, const struct link_outcome *o);

/* ---- articles ---- */

/* What an article's text is made of: the page's elements, the feed's entry, the page's JSON-LD. */
enum body_source { BODY_PAGE, BODY_FEED, BODY_JSONLD, BODY_SOURCES };
const char *body_source_name(enum body_source b);

struct article_key { /* what a look-up tells */
	int64_t id, story_id, link_id;
	uint8_t text_hash[16];
	uint32_t tokens;
};
int store_find_article_by_url(
    struct store *s, const char *url, struct article_key *out); /* ERR_NOT_FOUND */
int store_find_article_by_text(
    struct store *s, const uint8_t hash[16], struct article_key *out); /* ERR_NOT_FOUND */
/* The article that this very link led to. ERR_NOT_FOUND. */
int store_find_article_by_link(struct store *s, int64_t link_id, struct article_key *out);
/* Insert: *ID. STORY_ID 0: a new story of its own. */
int store_put_article(struct store *s, const struct article *a, int64_t link_id, int64_t feed_id,
    enum body_source source, int64_t at, int64_t story_id, int64_t *id);
/* Replace text and metadata of article ID, keeping what was as a row of `revisions` with CAUSE. URL
 * and first_seen stay, and so does what A does not say. ERR_NOT_FOUND. */
int store_revise_article(struct store *s, int64_t id, const struct article *a,
    enum body_source source, int64_t at, const char *cause);

/* ---- stories: see docs/stories.md ---- */

/* A text that came and was not judged yet: each article and each revision is one. */
struct story_arrival {
	int64_t seq, article_id;
	int64_t at; /* as it counts for stories: never before the one before it */
	int is_revision;
};
/* The first LIMIT of them, in A. */
int store_load_arrivals(
    struct store *s, size_t limit, struct arena *a, struct story_arrival **list, size_t *len);
/* One whose article is gone. */
int store_drop_arrival(struct store *s, int64_t seq);

struct story_text {
	const char *text, *site;
	int64_t story_id, published, at; /* at: the article's first_seen */
};
/* Article ID as it was when arrival SEQ came (INT64_MAX: as it is), in A. ERR_NOT_FOUND. */
int store_load_story_text(
    struct store *s, int64_t id, int64_t seq, struct arena *a, struct story_text *out);

/* What an arrival was judged to be. */
struct story_print {
	int64_t seq, article_id, story_id, at;
	uint32_t site;         /* story_site */
	const void *signature; /* signature_pack */
	size_t signature_len;
	const struct story_link *links; /* when it is put; not read back */
	size_t links_len;
};
/* The arrival P->seq is judged: its article is in that story, unless an operator said otherwise. */
int store_put_print(struct store *s, const struct story_print *p);
typedef void (*store_print_cb)(const struct story_print *p, void *arg);
/* At most LIMIT prints after number AFTER, in order. */
int store_each_print(struct store *s, int64_t after, size_t limit, store_print_cb cb, void *arg);
/* Number and time of the last print, 0: there is none. */
int store_last_print(struct store *s, int64_t *seq, int64_t *at);
/* The number of the last print before the moment AT, 0: there is none. */
int store_print_before(struct store *s, int64_t at, int64_t *seq);

/* Where operators put articles, whatever was judged. */
typedef void (*store_story_move_cb)(int64_t article_id, int64_t story_id, void *arg);
int store_each_story_move(struct store *s, store_story_move_cb cb, void *arg);

enum story_order_kind { STORY_SPLIT, STORY_MERGE };
struct story_order {
	enum story_order_kind kind;
	int64_t a, b; /* split: article A becomes a story of its own; merge: stories A and B one */
	int64_t at;
};
struct story_ordered {
	int64_t story; /* the article's story; the one that both are now */
	int64_t from;  /* the story of those that it left; the one that is no more */
	int64_t moved; /* articles */
};
/* Do what an operator decided, and remember it. ERR_NOT_FOUND; ERR_INPUT: nothing to do. */
int store_order_story(struct store *s, const struct story_order *o, struct story_ordered *out);

struct story_row {
	int64_t id, first_article, articles, links, sites, first_seen, last_seen;
	const char *title, *origin, *origin_reason;
};
typedef int (*store_story_cb)(const struct story_row *row, void *arg); /* nonzero stops */
/* The stories that something came of since SINCE, those of most sites first. */
int store_each_story(struct store *s, int64_t since, size_t limit, store_story_cb cb, void *arg);

struct member_row { /* of the view story_members */
	int64_t article_id, link_id, first_seen, published, of;
	double similarity;
	const char *url, *title, *site, *relation, *decided, *agency, *syndicated_from;
};
typedef void (*store_member_cb)(const struct member_row *row, void *arg);
int store_each_member(struct store *s, int64_t story, store_member_cb cb, void *arg);

struct relation_row {
	int64_t article_id, at;
	int64_t story_id, other_story_id; /* as they are now */
	struct story_link link;
};
typedef void (*store_relation_cb)(const struct relation_row *row, void *arg);
/* What article ARTICLE_ID is to others, then what others of its story are to it. */
int store_each_relation(struct store *s, int64_t article_id, store_relation_cb cb, void *arg);

/* ---- sites: what is known of each from its articles; see sitelines.h and drift.h ---- */

/* NAME: host, with a port that is not usual. The rest packed; NULL: nothing is known. */
struct site_row {
	const char *name;
	const uint8_t *lines, *drift;
	size_t lines_len, drift_len;
};
/* In A. A site of which nothing is known is no error. */
int store_load_site(struct store *s, const char *name, struct arena *a, struct site_row *out);
int store_put_site(struct store *s, const struct site_row *row);
/* 1: the operator wants lines that sites repeat to stay. */
int store_keeps_site_lines(const struct store *s);

struct site_line {
	int64_t id;
	const char *site, *text, *decision; /* decision: a word of siteline_order_name */
	uint64_t hash;
	int64_t articles, dropped, first_seen, last_seen;
};
/* Insert or update by site and hash: articles (0: as it was), dropped (added), last_seen. */
int store_put_line(struct store *s, const struct site_line *l, int64_t *id);
/* Line LINE_ID was left out of an article, of which it was number POSITION (from 1). */
int store_put_dropped(struct store *s, int64_t article_id, size_t position, int64_t line_id);
int store_forget_dropped(struct store *s, int64_t article_id);
/* Record ORDER for line ID; OUT, in A, says which it is. ERR_NOT_FOUND. */
int store_decide_line(
    struct store *s, int64_t id, enum siteline_order order, struct arena *a, struct site_line *out);
typedef int (*store_line_cb)(const struct site_line *line, void *arg); /* nonzero stops */
/* Lines of SITE (NULL: of all), those first that go most often; ALL: also those that never went. */
int store_each_line(
    struct store *s, const char *site, int all, size_t limit, store_line_cb cb, void *arg);
typedef int (*store_dropped_cb)(int64_t position, int64_t line_id, const char *text, void *arg);
int store_each_dropped(struct store *s, int64_t article_id, store_dropped_cb cb, void *arg);

int
store_put_drift(struct store *s, const char *site, const struct drift_change *change, int64_t at);
/* The name of the site that link LINK_ID leads to, in A; NULL: no such link. */
int store_link_site(struct store *s, int64_t link_id, struct arena *a, char **site);

/* ---- keeping house ---- */

/* Drop polls older than BEFORE, the first LIMIT of them; *REMOVED less than LIMIT: none is left. A
 * poll that claims to be later than NOW is as old as those that came after it. The newest poll
 * stays whatever its age, so that numbers are not used again. */
int store_prune_polls(struct store *s, int64_t before, int64_t now, size_t limit, size_t *removed);

/* ---- reading, for people ---- */

struct store_status {
	int64_t feeds, feeds_failing, feeds_stale, proposals /* open ones */, articles, revisions,
	    sightings, polls;
	int64_t links;                   /* by their numbers: they have no gaps */
	int64_t outcomes[OUTCOME_COUNT]; /* as counted at every change; their sum must be links */
	int64_t oldest_pending;          /* first_seen, 0 none */
	int64_t newest_article;
	int64_t unjudged;       /* texts that came, whose story is not decided yet */
	int64_t size, wal_size; /* bytes */
	int schema;
};
/* All figures are of one moment. */
int store_read_status(struct store *s, struct store_status *out);

/* How polling stands at a moment. */
struct store_polling {
	int64_t due, overdue; /* feeds whose next poll has come; more than an hour ago */
	int64_t ended;        /* feeds that accepted proposals ended */
	int64_t gaps, found;  /* since a moment; entries that recovery brought back */
	double lost;          /* entries, by estimate */
};
int store_read_polling(struct store *s, int64_t now, int64_t since, struct store_polling *out);

struct gap_row {
	int64_t id, feed_id, at, begins, ends, found;
	double lost;                                        /* by estimate */
	const char *state, *feed_url, *feed_title, *reason; /* why it ended so; NULL */
};
typedef int (*store_gap_row_cb)(const struct gap_row *row, void *arg); /* nonzero stops */
/* The gaps that were noticed since SINCE, in order of time; FEED_ID 0: of all feeds. */
int store_each_gap(struct store *s, int64_t since, int64_t feed_id, store_gap_row_cb cb, void *arg);

struct article_row {
	int64_t id, story_id, feed_id;
	const char *url, *title, *subtitle, *byline, *language, *site, *section, *tags, *image,
	    *body, *body_source, *verdict, *evidence, *published_precision, *published_doubt,
	    *published_raw, *feed_url;
	int64_t published, modified, first_seen, words, revisions;
	double confidence;
	const char *snippet; /* from a search, which leaves body NULL: matches within \1 and \2 */
};
typedef int (*store_article_cb)(const struct article_row *row, void *arg);
/* Full-text search, best first. RAW 0: every word of QUERY is quoted, so that no operator syntax
 * can fail. */
int store_search(struct store *s, const char *query, int raw, int64_t since, size_t limit,
    store_article_cb cb, void *arg);
int
store_read_article(struct store *s, int64_t id, store_article_cb cb, void *arg); /* ERR_NOT_FOUND */

struct revision_row {
	int64_t at, words; /* when it was replaced */
	const char *title, *body, *cause;
};
typedef int (*store_revision_cb)(const struct revision_row *row, void *arg);
/* The texts that an article had before, oldest first. */
int store_each_revision(struct store *s, int64_t article_id, store_revision_cb cb, void *arg);

struct link_row {
	int64_t id, first_seen, at, due, article_id, attempts, status, rechecks;
	const char *url, *outcome, *reason, *final_url, *first_feed, *title;
};
typedef int (*store_link_cb)(const struct link_row *row, void *arg);
/* The newest COUNT links by time of their outcome, oldest first. */
int store_each_recent_link(struct store *s, size_t count, store_link_cb cb, void *arg);
/* URL in any spelling: canonicalised, then by canonical, by a later address of the link, by final
 * URL, by the URL an article declares. */
int
store_find_link(struct store *s, const char *url, store_link_cb cb, void *arg); /* ERR_NOT_FOUND */
struct sighting_row {
	int64_t feed_id, first_seen;
	const char *feed_url, *guid, *title;
};
typedef int (*store_sighting_cb)(const struct sighting_row *row, void *arg);
/* Where a link was seen, in order of time. */
int store_each_sighting(struct store *s, int64_t link_id, store_sighting_cb cb, void *arg);
struct alias_row {
	int64_t at;
	const char *url, *feed_url;
};
typedef int (*store_alias_cb)(const struct alias_row *row, void *arg);
/* The other addresses that feeds gave a link later, in order of time. */
int store_each_alias(struct store *s, int64_t link_id, store_alias_cb cb, void *arg);
struct poll_row {
	int64_t at, status, bytes, items, fresh, duration_ms, next_poll;
	const char *feed_url, *outcome, *error, *next_reason;
};
typedef int (*store_poll_cb)(const struct poll_row *row, void *arg);
/* The newest LIMIT polls, newest first; FEED_ID 0: of all feeds. */
int store_each_poll(struct store *s, int64_t feed_id, size_t limit, store_poll_cb cb, void *arg);

/* Check the store: integrity (FULL: integrity_check, else quick_check), foreign keys, the sum of
 * outcomes, the full-text index, with FULL also the keys of stories. Each finding is handed to CB
 * as a sentence. 0: sound; ERR_CORRUPT.
 */
typedef void (*store_finding_cb)(const char *sentence, void *arg);
int store_check(struct store *s, int full, store_finding_cb cb, void *arg);
/* Read every page, one table at a time so that the log can be moved meanwhile, and nothing else. */
int store_check_pages(struct store *s, store_finding_cb cb, void *arg);

#endif
