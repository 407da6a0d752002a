/*
 * polls: what a poll brought. The feed's state, the polls row, and of a document its entries, see
 * entries.c. All of one poll is in one transaction.
 */
#include <string.h>

#include "intake.h"
#include "mem.h"

const char *
poll_outcome_name(enum poll_outcome o)
{
	static const char *const names[POLL_OUTCOME_COUNT] = {
	    [POLL_OK] = "ok",
	    [POLL_UNCHANGED] = "unchanged",
	    [POLL_HTTP] = "http",
	    [POLL_NETWORK] = "network",
	    [POLL_REDIRECTS] = "redirects",
	    [POLL_REFUSED] = "refused",
	    [POLL_NOT_FEED] = "not_feed",
	    [POLL_BAD] = "bad",
	    [POLL_RECOVERY] = "recovery",
	};
	return (unsigned)o < POLL_OUTCOME_COUNT ? names[o] : "unknown";
}

static int
put_doc(struct store *s, const struct poll *p, struct poll_result *r)
{
	const struct feed_doc *doc = p->doc;
	struct intake in = {.s = s, .p = p, .r = r};
	int status = store_take_entries(&in);
	store_clear_intake(&in);
	if (status)
		return status;
	if (p->is_push || p->is_archive)
		return 0;
	return RUN(s, SQL_FEED_DOC, INT(p->feed_id), TEXT(doc->title), TEXT(store_web(doc->link)),
	    TEXT(doc->language), INT(doc->items_hash), INT(r->fresh),
	    SOME(r->links_len || r->sightings ? p->at : 0), SOME(r->renamed ? p->at : 0));
}

/* The feed's last poll, whether the items of P's document are those that it had then, and what it
 * remembers. */
static int
read_state(struct store *s, struct poll *p, struct arena *a, int64_t *last_poll, int *same)
{
	sqlite3_stmt *st = QUERY(s, SQL_FEED_STATE, INT(p->feed_id));
	int status = st ? store_step(s, SQL_FEED_STATE, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "feed", p->feed_id);
	if (status < 0)
		return status;
	*last_poll = col_int(st, 0);
	*same = p->doc && !col_int(st, 1) && (uint64_t)col_int(st, 2) == p->doc->items_hash;
	p->memory_len = (size_t)sqlite3_column_bytes(st, 3);
	if (p->memory_len)
		p->memory = memcpy(
		    arena_alloc(a, p->memory_len), sqlite3_column_blob(st, 3), p->memory_len);
	store_done(st);
	return 0;
}

static int
put_gap(struct store *s, const struct poll *p)
{
	if (!p->gap.ends)
		return 0;
	return RUN(s, SQL_PUT_GAP, INT(p->feed_id), INT(p->at), INT(p->gap.begins),
	    INT(p->gap.ends), REAL(p->gap.lost));
}

static struct value
count_value(const struct poll *p, int64_t n)
{
	return (struct value){.type = p->doc || p->has_parts ? VALUE_INT : VALUE_NULL, .num = n};
}

static int
put_pushed(struct store *s, struct poll *p, struct poll_result *r)
{
	if (p->decide)
		p->decide(p, r, p->decide_arg);
	return RUN(s, SQL_FEED_PUSHED, INT(p->feed_id), INT(r->fresh),
	    SOME(r->links_len || r->sightings ? p->at : 0), BLOB(p->memory, p->memory_len));
}

/* Write the polls row; LAST is the feed's row before it, 0: none. */
static int
put_row(struct store *s, const struct poll *p, const struct poll_result *r, int64_t last)
{
	s->counts[COUNT_POLLS]++;
	return RUN(s, SQL_PUT_POLL, INT(p->feed_id), INT(p->at),
	    TEXT(poll_outcome_name(p->outcome)), SOME(p->status), TEXT(p->error), INT(p->bytes),
	    count_value(p, r->items + p->skipped), count_value(p, r->fresh), INT(p->duration_ms),
	    SOME(p->next_poll), TEXT(p->next_reason), TEXT(p->recovered), SOME(last),
	    count_value(p, r->joined), SOME(p->skipped), count_value(p, p->overlap));
}

static int
put_archive(struct store *s, const struct poll *p, const struct poll_result *r, int64_t last)
{
	int status = put_row(s, p, r, last);
	return status ? status
		      : RUN(s, SQL_FEED_ARCHIVED, INT(p->feed_id), INT(r->fresh),
			    INT(sqlite3_last_insert_rowid(s->db)));
}

static int
put_poll(struct store *s, struct poll *p, struct poll_result *r)
{
	int64_t last_poll = 0;
	int same = 0, status = read_state(s, p, &r->arena, &last_poll, &same);
	if (!status && same)
		r->items = (int64_t)p->doc->items_len;
	else if (!status && p->doc)
		status = put_doc(s, p, r);
	if (!status && p->is_push)
		return put_pushed(s, p, r);
	if (!status && p->is_archive)
		return put_archive(s, p, r, last_poll);
	if (status || p->is_part)
		return status;
	if (p->has_parts) {
		r->items = p->parts.items;
		r->fresh = p->parts.fresh;
		r->sightings = p->parts.sightings;
		r->joined = p->parts.joined;
	}
	if (p->decide)
		p->decide(p, r, p->decide_arg);
	status = put_row(s, p, r, last_poll);
	if (status)
		return status;
	status = put_gap(s, p);
	if (!status && p->stale_changed)
		status = RUN(s, SQL_FEED_STALE, INT(p->feed_id), TEXT(p->stale), INT(p->at));
	if (status)
		return status;
	return RUN(s, SQL_FEED_POLLED, INT(p->feed_id), INT(p->at), SOME(p->status), TEXT(p->error),
	    INT(p->failures), SOME(p->next_poll), SOME(p->interval_s), TEXT(p->next_reason),
	    SOME(p->not_before), TEXT(p->etag), TEXT(p->last_modified),
	    INT(sqlite3_last_insert_rowid(s->db)), INT(p->doc || p->has_parts), TEXT(p->recovered),
	    BLOB(p->memory, p->memory_len), SOME((int64_t)p->validators_of), INT(p->offers_parts),
	    TEXT(p->validators));
}

int
store_put_poll(struct store *s, struct poll *p, struct poll_result *r)
{
	int own, status = store_enter(s, &own);
	memset(r, 0, sizeof *r);
	if (status)
		return status;
	status = put_poll(s, p, r);
	if (!status && !p->is_part)
		status = store_put_proposals(s, p, r);
	return store_leave(s, own, status);
}

/* ---- keeping house ---- */

/*
 * Find the last of the first LIMIT polls that is older than BEFORE; 0: none. Polls are numbered as
 * they come: the old ones are the first, up to one that is neither older than BEFORE nor, because
 * the clock was wrong, later than NOW. What stands in between is as old as what follows it.
 */
static int
find_last_old(struct store *s, int64_t before, int64_t now, size_t limit, int64_t *last)
{
	int64_t furthest = 0;
	size_t seen = 0;
	sqlite3_stmt *st = store_query(s, SQL_OLD_POLLS, NULL, 0);
	int status = st ? 1 : s->fault.code;
	*last = 0;
	while (status > 0 && (status = store_step(s, SQL_OLD_POLLS, st)) > 0) {
		int64_t at = col_int(st, 1);
		if (at >= before && at <= now)
			break;
		if (seen++ < limit)
			furthest = col_int(st, 0);
		if (at < before)
			*last = furthest;
		if (seen >= limit && *last == furthest)
			break;
	}
	if (status > 0)
		store_done(st);
	return status < 0 ? status : 0;
}

int
store_prune_polls(struct store *s, int64_t before, int64_t now, size_t limit, size_t *removed)
{
	int64_t last;
	int own, status = store_enter(s, &own);
	*removed = 0;
	if (status)
		return status;
	status = find_last_old(s, before, now, limit, &last);
	if (!status && last) {
		status = RUN(s, SQL_DROP_POLLS, INT(last));
		*removed = status ? 0 : (size_t)sqlite3_changes(s->db);
		s->counts[COUNT_POLLS] -= (int64_t)*removed;
	}
	status = store_leave(s, own, status);
	if (status)
		*removed = 0;
	return status;
}
