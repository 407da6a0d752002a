/*
 * quarantine: documents that killed the worker that parsed them. One row for what a document is (a
 * link, a feed, else a URL, and its kind); the last of the documents themselves lie apart.
 */
#include <string.h>

#include "mem.h"
#include "store_priv.h"

#define ROWS_MAX      10000
#define OFFENDERS_MAX 20
#define OFFENDER_MAX  ((size_t)16 << 20)  /* bytes of one that is kept */
#define OFFENDERS_SUM (INT64_C(32) << 20) /* of all */

static const char *const state_names[QUARANTINE_STATES] = {
    [QUARANTINE_WAITING] = "waiting",
    [QUARANTINE_GIVEN_UP] = "given_up",
    [QUARANTINE_RELEASED] = "released",
    [QUARANTINE_ENDED] = "ended",
};

const char *
quarantine_state_name(enum quarantine_state s)
{
	return (unsigned)s < QUARANTINE_STATES ? state_names[s] : "unknown";
}

/* ---- a death ---- */

static int
keep_document(struct store *s, const struct quarantine_death *d, int64_t id)
{
	static const uint8_t nothing[1];
	if (d->document_len > OFFENDER_MAX)
		return 0;
	struct value document = {.type = VALUE_BLOB,
	    .blob = d->document_len ? d->document : nothing,
	    .num = (int64_t)d->document_len};
	int status = RUN(s, SQL_PUT_OFFENDER, INT(id), INT(d->at),
	    TEXT(d->document_url ? d->document_url : d->url), TEXT(d->content_type),
	    TEXT(d->content_encoding), INT(d->document_len), document);
	return status ? status
		      : RUN(s, SQL_PRUNE_OFFENDERS, INT(OFFENDERS_MAX), INT(OFFENDERS_SUM));
}

static int
put_quarantine(struct store *s, const struct quarantine_death *d, int64_t *id)
{
	int found, waits = d->state == QUARANTINE_WAITING;
	int status = NUMBER(s, SQL_PUT_QUARANTINE, id, &found, INT(d->key), TEXT(d->kind),
	    TEXT(d->url), SOME(d->link_id), SOME(d->feed_id), TEXT(d->reason), SOME(d->signal),
	    INT(d->deaths), INT(d->visits), INT(d->at), TEXT(state_names[d->state]),
	    SOME(waits ? 0 : d->at));
	if (!status)
		status = keep_document(s, d, *id);
	return status ? status : RUN(s, SQL_PRUNE_QUARANTINE, INT(ROWS_MAX));
}

int
store_put_quarantine(struct store *s, const struct quarantine_death *d, int64_t *id)
{
	int own, status = store_enter(s, &own);
	*id = 0;
	return status ? status : store_leave(s, own, put_quarantine(s, d, id));
}

int
store_settle_quarantine(struct store *s, uint64_t key, enum quarantine_state state, int64_t at)
{
	int64_t id;
	int found;
	return NUMBER(
	    s, SQL_SETTLE_QUARANTINE, &id, &found, INT(key), TEXT(state_names[state]), INT(at));
}

/* ---- reading ---- */

static enum quarantine_state
state_of(const char *name)
{
	for (int i = 0; name && i < QUARANTINE_STATES; i++)
		if (!strcmp(name, state_names[i]))
			return (enum quarantine_state)i;
	return QUARANTINE_WAITING;
}

int
store_each_quarantined(struct store *s, store_quarantined_cb cb, void *arg)
{
	sqlite3_stmt *st = store_query(s, SQL_OPEN_QUARANTINE, NULL, 0);
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_OPEN_QUARANTINE, st)) > 0)
		cb((uint64_t)col_int(st, 0), col_int(st, 1), state_of(col_text(st, 2)), arg);
	return status < 0 ? status : 0;
}

int
store_each_quarantine(struct store *s, int all, store_quarantine_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_QUARANTINE, INT(all != 0));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_QUARANTINE, st)) > 0) {
		struct quarantine_row row = {.id = col_int(st, 0),
		    .url = col_text(st, 1),
		    .kind = col_text(st, 2),
		    .link_id = col_int(st, 3),
		    .feed_id = col_int(st, 4),
		    .feed = col_text(st, 5),
		    .reason = col_text(st, 6),
		    .signal = col_int(st, 7),
		    .deaths = col_int(st, 8),
		    .visits = col_int(st, 9),
		    .first_seen = col_int(st, 10),
		    .last_seen = col_int(st, 11),
		    .state = col_text(st, 12),
		    .retry = col_int(st, 13),
		    .bytes = sqlite3_column_type(st, 14) == SQLITE_NULL ? -1 : col_int(st, 14)};
		if (cb(&row, arg)) {
			store_done(st);
			return 0;
		}
	}
	return status < 0 ? status : 0;
}

int
store_read_offender(struct store *s, int64_t id, store_offender_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_READ_OFFENDER, INT(id));
	int status = st ? store_step(s, SQL_READ_OFFENDER, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "kept document of the quarantine", id);
	if (status < 0)
		return status;
	cb(sqlite3_column_blob(st, 3), (size_t)sqlite3_column_bytes(st, 3), col_text(st, 0),
	    col_text(st, 1), col_text(st, 2), arg);
	store_done(st);
	return 0;
}

/* ---- what an operator orders ---- */

/* Row ID into OUT; *OUTCOME: of its link, negative without one. */
static int
read_row(struct store *s, int64_t id, struct arena *a, struct quarantine_ordered *out, int *outcome)
{
	*out = (struct quarantine_ordered){0};
	sqlite3_stmt *st = QUERY(s, SQL_READ_QUARANTINE, INT(id));
	int status = st ? store_step(s, SQL_READ_QUARANTINE, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "row of the quarantine", id);
	if (status < 0)
		return status;
	*out = (struct quarantine_ordered){.key = (uint64_t)col_int(st, 0),
	    .kind = arena_strdup(a, col_text(st, 1)),
	    .url = arena_strdup(a, col_text(st, 2)),
	    .link_id = col_int(st, 3),
	    .feed_id = col_int(st, 4),
	    .fetch = arena_strdup(a, col_text(st, 6))};
	*outcome = outcome_parse(col_text(st, 5));
	store_done(st);
	return 0;
}

static int
retry(struct store *s, int64_t id, int64_t at, struct arena *a, struct quarantine_ordered *out)
{
	int outcome, status = read_row(s, id, a, out, &outcome);
	if (!status)
		status = RUN(s, SQL_RETRY_QUARANTINE, INT(id));
	if (status || outcome < 0)
		return status;
	s->counts[outcome]--;
	s->counts[OUTCOME_PENDING]++;
	return RUN(s, SQL_REOPEN_LINK, INT(out->link_id), INT(at),
	    TEXT("an operator wants it to be tried again"));
}

int
store_retry_quarantine(
    struct store *s, int64_t id, int64_t at, struct arena *a, struct quarantine_ordered *out)
{
	int own, status = store_enter(s, &own);
	return status ? status : store_leave(s, own, retry(s, id, at, a, out));
}

int
store_forget_quarantine(
    struct store *s, int64_t id, struct arena *a, struct quarantine_ordered *out)
{
	int own, outcome, status = store_enter(s, &own);
	if (status)
		return status;
	status = read_row(s, id, a, out, &outcome);
	if (!status)
		status = RUN(s, SQL_DROP_OFFENDER, INT(id));
	if (!status)
		status = RUN(s, SQL_DROP_QUARANTINE, INT(id));
	return store_leave(s, own, status);
}
