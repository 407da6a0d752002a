/*
 * store_priv: what the files of the store share: the handle, the table of statements and the few
 * calls that run one. Never seen outside daemon/store.
 */
#ifndef NEWSD_STORE_PRIV_H
#define NEWSD_STORE_PRIV_H

#include <sqlite3.h>

#include "hash.h"
#include "store.h"

/* Every statement; sql.c gives text and purpose. Prepared when first used, kept until the close. */
enum sql {
	SQL_BEGIN,
	SQL_COMMIT,
	SQL_ROLLBACK,
	SQL_ADD_COUNT,
	/* feeds */
	SQL_PUT_FEED,
	SQL_FEED_IS_ACTIVE,
	SQL_REMOVE_FEED,
	SQL_EACH_FEED,
	SQL_FIND_FEED,
	SQL_FEED_BY_MOVED,
	SQL_FEED_BY_URL,
	SQL_RENAME_FEED,
	SQL_REDIRECT_FEED,
	SQL_FRESH_FEED,
	SQL_END_FEED,
	SQL_FEED_NAMES,
	SQL_INHERIT_FEED,
	SQL_MERGED_ON,
	SQL_MERGED_FEED,
	/* proposals */
	SQL_PROPOSAL_SEEN,
	SQL_PUT_PROPOSAL,
	SQL_OPEN_PROPOSAL,
	SQL_REFUSE_PROPOSAL,
	SQL_DROP_FORMING,
	SQL_WITHDRAW_PROPOSALS,
	SQL_EACH_PROPOSAL,
	SQL_READ_PROPOSAL,
	SQL_DECIDE_PROPOSAL,
	SQL_DROP_PROPOSALS,
	/* subscriptions */
	SQL_PUT_SUBSCRIPTION,
	SQL_DROP_SUBSCRIPTION,
	SQL_EACH_SUBSCRIPTION,
	/* quarantine */
	SQL_PUT_QUARANTINE,
	SQL_PRUNE_QUARANTINE,
	SQL_SETTLE_QUARANTINE,
	SQL_OPEN_QUARANTINE,
	SQL_EACH_QUARANTINE,
	SQL_READ_QUARANTINE,
	SQL_RETRY_QUARANTINE,
	SQL_DROP_QUARANTINE,
	SQL_PUT_OFFENDER,
	SQL_PRUNE_OFFENDERS,
	SQL_READ_OFFENDER,
	SQL_DROP_OFFENDER,
	SQL_REOPEN_LINK,
	/* polls */
	SQL_FEED_STATE,
	SQL_FEED_DOC,
	SQL_FEED_PUSHED,
	SQL_FEED_ARCHIVED,
	SQL_FEED_POLLED,
	SQL_PUT_POLL,
	SQL_PUT_GAP,
	SQL_REMEMBER_HOST,
	SQL_REMEMBERED_HOSTS,
	SQL_PUT_PROMISE,
	SQL_DROP_PROMISE,
	SQL_DROP_PROMISES,
	SQL_REBASE_PROMISES,
	SQL_EACH_PROMISE,
	SQL_FEED_STALE,
	SQL_PUT_OUTAGE,
	SQL_EXCUSE_FEEDS,
	SQL_END_OUTAGE,
	SQL_OPEN_OUTAGES,
	SQL_OPEN_GAPS,
	SQL_END_GAPS,
	SQL_OLD_POLLS,
	SQL_DROP_POLLS,
	SQL_RECENT_POLLS,
	SQL_FEED_POLLS,
	/* items, sightings, links */
	SQL_FIND_SIGHTING,
	SQL_PUT_SIGHTING,
	SQL_SET_SIGHTING,
	SQL_COUNT_NAMES,
	SQL_SET_TITLE,
	SQL_ENTRY_BEFORE,
	SQL_READ_WINDOW,
	SQL_PUT_WINDOW,
	SQL_PUT_ALIAS,
	SQL_COUNT_ALIASES,
	SQL_MOVE_LINK,
	SQL_LINK_BY_URL,
	SQL_PUT_HOST,
	SQL_PUT_LINK,
	SQL_PUT_ITEM,
	SQL_DROP_ITEM,
	SQL_PUT_CONTENT,
	SQL_DROP_CONTENT,
	SQL_RECHECK,
	SQL_REOPEN,
	SQL_PENDING,
	SQL_SETTLE_PENDING,
	SQL_LAST_POLL,
	SQL_PULL_DUE,
	SQL_PENDING_HOSTS,
	SQL_LOAD_ITEM,
	SQL_LINK_STATE,
	SQL_SET_OUTCOME,
	/* articles */
	SQL_ARTICLE_BY_URL,
	SQL_ARTICLE_BY_TEXT,
	SQL_ARTICLE_BY_LINK,
	SQL_NEXT_ARTICLE,
	SQL_PUT_ARTICLE,
	SQL_PUT_BODY,
	SQL_INDEX_TEXT,
	SQL_INDEX_NEW,
	SQL_UNINDEX_TEXT,
	SQL_LOAD_TEXT,
	SQL_PUT_REVISION,
	SQL_REVISE_ARTICLE,
	SQL_REVISE_BODY,
	SQL_PUT_OUTLINK,
	SQL_DROP_OUTLINKS,
	/* stories */
	SQL_PUT_ARRIVAL,
	SQL_LOAD_ARRIVALS,
	SQL_DROP_ARRIVAL,
	SQL_STORY_TEXT,
	SQL_TEXT_BEFORE,
	SQL_PUT_PRINT,
	SQL_SET_STORY,
	SQL_PUT_RELATION,
	SQL_EACH_PRINT,
	SQL_LAST_PRINT,
	SQL_PRINT_AT,
	SQL_EACH_MOVE,
	SQL_NOTE_MOVE,
	SQL_MOVE_STORY,
	SQL_STORY_OF,
	SQL_STORY_BESIDE,
	SQL_TOP_STORIES,
	SQL_STORY_MEMBERS,
	SQL_RELATIONS,
	/* sites */
	SQL_LOAD_SITE,
	SQL_PUT_SITE,
	SQL_PUT_LINE,
	SQL_PUT_DROPPED,
	SQL_FORGET_DROPPED,
	SQL_EACH_LINE,
	SQL_EACH_DROPPED,
	SQL_READ_LINE,
	SQL_DECIDE_LINE,
	SQL_PUT_DRIFT,
	SQL_END_DRIFT,
	SQL_LINK_SITE,
	/* reading, for people */
	SQL_EACH_GAP,
	SQL_STATUS_DUE,
	SQL_STATUS_GAPS,
	SQL_STATUS_FEEDS,
	SQL_STATUS_STALE,
	SQL_STATUS_PROPOSALS,
	SQL_STATUS_COUNTS,
	SQL_STATUS_LINKS,
	SQL_STATUS_UNJUDGED,
	SQL_STATUS_TIMES,
	SQL_SEARCH,
	SQL_READ_ARTICLE,
	SQL_RECENT_LINKS,
	SQL_READ_LINK,
	SQL_LINK_BY_FINAL,
	SQL_LINK_BY_ARTICLE_URL,
	SQL_SIGHTINGS,
	SQL_ALIASES,
	SQL_REVISIONS,
	SQL_COUNT
};

struct sql_row {
	const char *what; /* "cannot WHAT" in a fault */
	const char *text;
};
extern const struct sql_row sql_table[SQL_COUNT];

/* Counted as rows come and go, so that nobody has to count a million of them: the links by outcome,
 * then the rows of tables that only the writer sees grow. */
enum counter {
	COUNT_ARTICLES = OUTCOME_COUNT,
	COUNT_REVISIONS,
	COUNT_SIGHTINGS,
	COUNT_POLLS,
	COUNTER_COUNT
};
/* "links" with an outcome's name, or "rows" with a table's. */
const char *store_counter_kind(int counter);
const char *store_counter_name(int counter);

struct store {
	sqlite3 *db;
	char *path, *lock_path;
	int lock_fd; /* -1: only reading */
	enum store_mode mode;
	int is_open;       /* all of it: store_open has given it away */
	int ended_unclean; /* who had it before left its pid in the lock file */
	int check_owed;    /* so the pid stays there */
	int in_transaction;
	int drop_links, keep_site_lines;
	int failed; /* enum error of the first failure in the open transaction; it can't be
		       committed */
	struct fault fault;
	sqlite3_stmt *statements[SQL_COUNT];
	int64_t counts[COUNTER_COUNT]; /* changes of the open transaction */
	struct map hosts;              /* hosts that have their row for sure */
	int64_t index_from; /* articles from here on are indexed by the commit; 0: none */
	int64_t log_pages;  /* of the WAL, as the last commit left it; 0: the next begins it anew */
};

#define STORE_APPLICATION 0x6e777364 /* PRAGMA application_id: "nwsd" */
#define STORE_PAGE        8192
#define STORE_BUSY_MS     5000 /* a stranger who writes has so long to end */

/* ---- values for a statement, in the order of its ?1, ?2, ... ---- */

enum value_type { VALUE_NULL, VALUE_INT, VALUE_REAL, VALUE_TEXT, VALUE_BLOB };
struct value {
	enum value_type type;
	int64_t num;
	double real;
	const char *text; /* borrowed until the statement is done */
	const void *blob; /* the same; NUM bytes */
};

#define INT(v)  ((struct value){.type = VALUE_INT, .num = (int64_t)(v)})
#define REAL(v) ((struct value){.type = VALUE_REAL, .real = (v)})
/* NULL for 0: times and ids that are unknown */
#define SOME(v) ((struct value){.type = (v) ? VALUE_INT : VALUE_NULL, .num = (int64_t)(v)})
/* NULL for a NULL pointer */
#define TEXT(v) store_text_value(v)
#define DATE(v) store_date_value(v)
/* NULL for no bytes */
#define BLOB(v, len)                                                                               \
	((struct value){                                                                           \
	    .type = (len) ? VALUE_BLOB : VALUE_NULL, .blob = (v), .num = (int64_t)(len)})
struct value store_text_value(const char *s);
struct value store_date_value(struct date d); /* NULL when unknown */

/*
 * Bind the values to statement Q and return it, ready to step; NULL: failed, the fault is set. A
 * statement is in use until store_step says that it is done, or store_done; a callback must not
 * reach the same one.
 */
sqlite3_stmt *store_query(struct store *s, enum sql q, const struct value *values, size_t count);
/* 1: a row; 0: done; or an error, the fault set. */
int store_step(struct store *s, enum sql q, sqlite3_stmt *st);
void store_done(sqlite3_stmt *st);
/* Run a statement that gives no rows. */
int store_run(struct store *s, enum sql q, const struct value *values, size_t count);
/* Run a statement that gives one number; *FOUND 0 and *OUT 0 when it gives no row. */
int store_number(struct store *s, enum sql q, int64_t *out, int *found, const struct value *values,
    size_t count);

#define VALUES(...)                                                                                \
	(const struct value[]){__VA_ARGS__},                                                       \
	    sizeof((const struct value[]){__VA_ARGS__}) / sizeof(struct value)
#define QUERY(s, q, ...)              store_query((s), (q), VALUES(__VA_ARGS__))
#define RUN(s, q, ...)                store_run((s), (q), VALUES(__VA_ARGS__))
#define NUMBER(s, q, out, found, ...) store_number((s), (q), (out), (found), VALUES(__VA_ARGS__))

/* Columns of the row that a statement stands at; text borrowed until the next step. */
const char *col_text(sqlite3_stmt *st, int i);
int64_t col_int(sqlite3_stmt *st, int i); /* 0 for NULL */

/* ---- faults ---- */

/* Set the fault from SQLite's code RC of an attempt to WHAT ("record a poll"). Returns its error.
 */
int store_fail(struct store *s, int rc, const char *what);
/* The same without a handle's own error text, for failures before or beside it. */
int store_explain(struct fault *f, const char *path, int rc, const char *what, const char *why);
int store_not_found(struct store *s, const char *what, int64_t id);

/* ---- a function that writes several rows is whole: in the caller's transaction, or its own ----
 */

int store_enter(struct store *s, int *own);
int store_leave(struct store *s, int own, int status);

/* Index the articles that came in this transaction; see articles.c. */
int store_index_new(struct store *s);

/* Queue a text of an article to be judged (stories.c); *SEQ: its number. In an open transaction. */
int
store_put_arrival(struct store *s, int64_t article_id, int64_t at, int is_revision, int64_t *seq);

/* Record what P suggests; those that are new to R. In an open transaction. */
int store_put_proposals(struct store *s, const struct poll *p, struct poll_result *r);

/* ---- lists ---- */

/* URL when it is one of the web, else NULL: what a view hands on as a link must be no script. */
const char *store_web(const char *url);
/* Join COUNT strings by SEPARATOR, in A; NULL for none. Control characters in them become spaces.
 */
char *store_join(struct arena *a, char *const *list, size_t count, const char *separator);

/* ---- schema.c ---- */

/* Create or upgrade to STORE_SCHEMA_VERSION, in one transaction. */
int store_migrate(struct store *s);
/* Make the tables of an empty store as VERSION had them, whose upgrade is yet to come. */
int store_make_tables(struct store *s, int version);
/* Count anew all that is counted as it comes and goes. In an open transaction. */
int store_recount(struct store *s);
/* Execute SQL without rows or values; WHAT is for the fault. */
int store_execute(struct store *s, const char *sql, const char *what);
int store_pragma_number(struct store *s, const char *pragma, int64_t *out);

/* ---- open.c ---- */

/* Take the lock of the store at S->path. ERR_BUSY: a newsd has it; or it can't be made. */
int store_take_lock(struct store *s, struct fault *f);
/* Open S->path for reading, whatever it holds; the fault is the store's. */
int store_connect_reader(struct store *s);

/* ---- backup.c ---- */

/* Have the file PATH and its name on the disk. 0 or an errno. */
int store_sync_file(const char *path);

/* ---- salvage.c ---- */

/* Copy all rows of T->table that can be read from FROM to TO, committing now and then; what went
 * wrong in FROM is in T. FD: FROM's file, open for reading. 0, or an error of TO. */
int store_salvage(struct store *from, int fd, struct store *to, struct store_saved *t);

/* ---- separators.c ---- */

/* The key of a table, or the first two columns of one without rowid (INT64_MIN: no number). */
typedef void (*store_separator_cb)(const int64_t key[2], void *arg);
/* The keys that stand above the leaves of the tree at page ROOT of the file FD, as far as these
 * pages can be read. */
void
store_each_separator(int fd, int64_t page_size, int64_t root, store_separator_cb cb, void *arg);

#endif
