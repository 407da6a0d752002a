/*
 * proposals: what polls suggest to do about their feeds, and what became of it. One row for a feed,
 * a kind and a new URL; sightings are counted, also of what was dismissed.
 */
#include <string.h>

#include "mem.h"
#include "store_priv.h"
#include "url.h"

static const char *const kind_names[PROPOSAL_KIND_COUNT] = {
    [PROPOSAL_MOVED] = "moved",
};

static const char *const state_names[PROPOSAL_STATE_COUNT] = {
    [PROPOSAL_OPEN] = "open",
    [PROPOSAL_ACCEPTED] = "accepted",
    [PROPOSAL_DISMISSED] = "dismissed",
};

const char *
proposal_kind_name(enum proposal_kind k)
{
	return (unsigned)k < PROPOSAL_KIND_COUNT ? kind_names[k] : "unknown";
}

const char *
proposal_state_name(enum proposal_state s)
{
	return (unsigned)s < PROPOSAL_STATE_COUNT ? state_names[s] : "unknown";
}

/* ---- a sighting ---- */

/* The feed that is (*POLLED), was or would be polled at URL; 0: none. */
static int
find_feed_at(struct store *s, struct arena *a, const char *url, int64_t *id, int *polled)
{
	const char *key = url ? url_canonical(a, url) : NULL;
	*id = *polled = 0;
	if (!key)
		return 0;
	sqlite3_stmt *st = QUERY(s, SQL_FEED_BY_URL, TEXT(key));
	int status = st ? store_step(s, SQL_FEED_BY_URL, st) : s->fault.code;
	if (status <= 0)
		return status;
	*id = col_int(st, 0);
	*polled = (int)col_int(st, 1);
	store_done(st);
	return 0;
}

static int
put_proposal(struct store *s, const struct poll *p, const struct proposal *o, struct poll_result *r)
{
	struct arena scratch = {0};
	int64_t id;
	int polled;
	const char *kind = proposal_kind_name(o->kind);
	int status = find_feed_at(s, &scratch, o->new_url, &id, &polled);
	arena_clear(&scratch);
	if (status || polled) /* also by this feed itself: that is no news */
		return status;
	status = RUN(s, SQL_PROPOSAL_SEEN, INT(p->feed_id), TEXT(kind), TEXT(o->new_url),
	    INT(p->at), TEXT(o->reason), TEXT(o->evidence));
	if (status || sqlite3_changes(s->db))
		return status;
	status = RUN(s, SQL_PUT_PROPOSAL, INT(p->feed_id), TEXT(kind), TEXT(o->old_url),
	    TEXT(o->new_url), TEXT(o->reason), TEXT(o->evidence), INT(p->at));
	if (!status)
		*ARENA_PUSH(&r->arena, r->proposed, r->proposed_len) = o;
	return status;
}

int
store_put_proposals(struct store *s, const struct poll *p, struct poll_result *r)
{
	int status = 0;
	for (size_t i = 0; i < p->proposals_len && !status; i++)
		status = put_proposal(s, p, &p->proposals[i], r);
	return status;
}

/* ---- reading ---- */

int
store_each_proposal(struct store *s, int all, store_proposal_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_PROPOSAL, INT(all != 0));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_PROPOSAL, st)) > 0) {
		struct proposal_row row = {.id = col_int(st, 0),
		    .feed_id = col_int(st, 1),
		    .first_seen = col_int(st, 2),
		    .last_seen = col_int(st, 3),
		    .seen = col_int(st, 4),
		    .decided = col_int(st, 5),
		    .feed_url = col_text(st, 6),
		    .feed_title = col_text(st, 7),
		    .kind = col_text(st, 8),
		    .old_url = col_text(st, 9),
		    .new_url = col_text(st, 10),
		    .reason = col_text(st, 11),
		    .evidence = col_text(st, 12),
		    .state = col_text(st, 13),
		    .failures = col_int(st, 14)};
		if (cb(&row, arg)) {
			store_done(st);
			break;
		}
	}
	return status < 0 ? status : 0;
}

/* ---- a decision ---- */

/* A proposal with what is known of its feed. */
struct open_proposal {
	int64_t id, feed_id;
	const char *kind, *old_url, *new_url, *state, *feed_url, *feed_key;
	int active;
	enum feed_origin origin;
};

static int
read_proposal(struct store *s, int64_t id, struct arena *a, struct open_proposal *out)
{
	sqlite3_stmt *st = QUERY(s, SQL_READ_PROPOSAL, INT(id));
	int status = st ? store_step(s, SQL_READ_PROPOSAL, st) : s->fault.code;
	if (!status)
		return fault_set(&s->fault, ERR_NOT_FOUND,
		    "no proposal %lld; `newsctl proposals` lists them", (long long)id);
	if (status < 0)
		return status;
	*out = (struct open_proposal){.id = id,
	    .feed_id = col_int(st, 0),
	    .kind = arena_strdup(a, col_text(st, 1)),
	    .old_url = arena_strdup(a, col_text(st, 2)),
	    .new_url = arena_strdup(a, col_text(st, 3)),
	    .state = arena_strdup(a, col_text(st, 4)),
	    .active = (int)col_int(st, 5),
	    .origin = (enum feed_origin)col_int(st, 6),
	    .feed_url = arena_strdup(a, col_text(st, 7)),
	    .feed_key = arena_strdup(a, col_text(st, 8))};
	store_done(st);
	return 0;
}

/* May P be accepted? *OTHER: a feed that has the new URL and is not polled there; 0: none. */
static int
check_accept(struct store *s, struct arena *a, const struct open_proposal *p, int64_t *other)
{
	int polled, status = find_feed_at(s, a, p->new_url, other, &polled);
	if (status)
		return status;
	if (!p->active)
		return fault_set(&s->fault, ERR_INPUT,
		    "feed %lld was removed; add it again, or dismiss the proposal",
		    (long long)p->feed_id);
	if (polled && *other != p->feed_id)
		return fault_set(&s->fault, ERR_INPUT,
		    "feed %lld is polled at %s already; remove feed %lld instead, and dismiss the "
		    "proposal",
		    (long long)*other, p->new_url, (long long)p->feed_id);
	return 0;
}

/* Poll the feed of P at its new URL from AT on. */
static int
move_feed(
    struct store *s, struct arena *a, const struct open_proposal *p, int64_t other, int64_t at)
{
	const char *key = url_canonical(a, p->new_url);
	int is_own = !strcmp(key, p->feed_key); /* back to where a file lists it */
	int status;
	if (is_own || (p->origin == FEED_FROM_CONTROL && !other))
		status = RUN(s, SQL_RENAME_FEED, INT(p->feed_id), TEXT(key), TEXT(p->new_url));
	else
		status = RUN(s, SQL_REDIRECT_FEED, INT(p->feed_id), TEXT(key), TEXT(p->new_url));
	if (!status)
		status = RUN(s, SQL_FRESH_FEED, INT(p->feed_id), INT(at),
		    TEXT("its new address was accepted"));
	return status;
}

static int
decide(struct store *s, const struct open_proposal *p, int accept, int64_t at, struct arena *a)
{
	int64_t other = 0;
	if (!strcmp(p->state, proposal_state_name(PROPOSAL_ACCEPTED)))
		return fault_set(
		    &s->fault, ERR_INPUT, "proposal %lld was accepted before", (long long)p->id);
	int status = accept ? check_accept(s, a, p, &other) : 0;
	if (!status && accept)
		status = move_feed(s, a, p, other, at);
	if (!status)
		status = RUN(s, SQL_DECIDE_PROPOSAL, INT(p->id),
		    TEXT(proposal_state_name(accept ? PROPOSAL_ACCEPTED : PROPOSAL_DISMISSED)),
		    INT(at));
	if (!status && accept)
		status = RUN(s, SQL_DROP_PROPOSALS, INT(p->feed_id), TEXT(p->kind));
	return status;
}

int
store_decide_proposal(struct store *s, int64_t id, int accept, int64_t at, struct arena *a,
    struct proposal_decision *out)
{
	struct open_proposal p = {0};
	int own, status = store_enter(s, &own);
	*out = (struct proposal_decision){0};
	if (status)
		return status;
	status = read_proposal(s, id, a, &p);
	if (!status)
		status = decide(s, &p, accept, at, a);
	if (!status)
		*out = (struct proposal_decision){.feed_id = p.feed_id,
		    .old_url = p.old_url,
		    .new_url = p.new_url,
		    .listed_url = p.origin == FEED_FROM_FILE ? p.feed_url : NULL};
	return store_leave(s, own, status);
}
