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
    [PROPOSAL_REDIRECT] = "redirect",
    [PROPOSAL_GONE] = "gone",
    [PROPOSAL_DEAD] = "dead",
};

/* A proposal is made when it was seen so often over so long a time. A server that is being rebuilt
 * says all kinds of things for an hour, or for a weekend. */
static const struct {
	int64_t seen, span_s;
} thresholds[PROPOSAL_KIND_COUNT] = {
    [PROPOSAL_MOVED] = {1, 0},
    [PROPOSAL_REDIRECT] = {3, 7 * 86400},
    [PROPOSAL_GONE] = {3, 2 * 86400},
    [PROPOSAL_DEAD] = {1, 0}, /* whoever sees it has counted */
};

static const char *const state_names[PROPOSAL_STATE_COUNT] = {
    [PROPOSAL_FORMING] = "forming",
    [PROPOSAL_UNLIKE] = "unlike",
    [PROPOSAL_OPEN] = "open",
    [PROPOSAL_ACCEPTED] = "accepted",
    [PROPOSAL_DISMISSED] = "dismissed",
    [PROPOSAL_WITHDRAWN] = "withdrawn",
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
	int polled, opened;
	const char *kind = proposal_kind_name(o->kind);
	int status = find_feed_at(s, &scratch, o->new_url, &id, &polled);
	arena_clear(&scratch);
	/* by this feed itself: that is no news; by another: only what redirects there is the same
	 */
	if (status || (polled && (id == p->feed_id || o->kind != PROPOSAL_REDIRECT)))
		return status;
	status = RUN(s, SQL_PROPOSAL_SEEN, INT(p->feed_id), TEXT(kind), TEXT(o->new_url),
	    INT(p->at), TEXT(o->reason), TEXT(o->evidence));
	if (!status && !sqlite3_changes(s->db))
		status = RUN(s, SQL_PUT_PROPOSAL, INT(p->feed_id), TEXT(kind), TEXT(o->old_url),
		    TEXT(o->new_url), TEXT(o->reason), TEXT(o->evidence), INT(p->at));
	if (!status && o->unlike)
		return RUN(s, SQL_REFUSE_PROPOSAL, INT(p->feed_id), TEXT(kind), TEXT(o->new_url),
		    INT(p->at));
	if (!status)
		status = NUMBER(s, SQL_OPEN_PROPOSAL, &id, &opened, INT(p->feed_id), TEXT(kind),
		    TEXT(o->new_url), INT(thresholds[o->kind].seen),
		    INT(thresholds[o->kind].span_s));
	if (!status && opened)
		*ARENA_PUSH(&r->arena, r->proposed, r->proposed_len) =
		    (struct proposed){.id = id, .what = o};
	return status;
}

static int
is_good(const struct poll *p)
{
	return p->outcome == POLL_OK || p->outcome == POLL_UNCHANGED;
}

/* Did the server itself say something that tells against what it said before? */
static int
is_conclusive(const struct poll *p)
{
	return is_good(p) || p->outcome == POLL_NOT_FEED ||
	       (p->outcome == POLL_HTTP && p->status < 500 && p->status != 429);
}

int
store_put_proposals(struct store *s, const struct poll *p, struct poll_result *r)
{
	int status = 0;
	for (size_t i = 0; i < p->proposals_len && !status; i++)
		status = put_proposal(s, p, &p->proposals[i], r);
	if (!status && is_conclusive(p))
		status = RUN(s, SQL_DROP_FORMING, INT(p->feed_id), INT(p->at));
	if (!status && is_good(p))
		status = RUN(s, SQL_WITHDRAW_PROPOSALS, INT(p->feed_id), INT(p->at));
	return status;
}

/* ---- reading ---- */

int
store_each_proposal(struct store *s, int all, int64_t feed_id, store_proposal_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_PROPOSAL, INT(all != 0), INT(feed_id));
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
	const char *kind, *old_url, *new_url, *state, *feed_url, *feed_key, *reason, *evidence,
	    *tags;
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
	    .feed_key = arena_strdup(a, col_text(st, 8)),
	    .reason = arena_strdup(a, col_text(st, 9)),
	    .evidence = arena_strdup(a, col_text(st, 10)),
	    .tags = arena_strdup(a, col_text(st, 11))};
	store_done(st);
	return 0;
}

static int
is_kind(const struct open_proposal *p, enum proposal_kind kind)
{
	return !strcmp(p->kind, proposal_kind_name(kind));
}

static int
is_state(const struct open_proposal *p, enum proposal_state state)
{
	return !strcmp(p->state, proposal_state_name(state));
}

/* May P be accepted? *OTHER: a feed that has the new URL, 0: none; *MERGE: it is polled there, and
 * is the same. */
static int
check_accept(
    struct store *s, struct arena *a, const struct open_proposal *p, int64_t *other, int *merge)
{
	int polled, status = find_feed_at(s, a, p->new_url, other, &polled);
	if (status)
		return status;
	*merge = polled && *other != p->feed_id && is_kind(p, PROPOSAL_REDIRECT);
	if (!p->active)
		return fault_set(&s->fault, ERR_INPUT,
		    "feed %lld was removed; add it again, or dismiss the proposal",
		    (long long)p->feed_id);
	if (polled && *other != p->feed_id && !*merge)
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

/* The words of TAGS, and those of MORE that are not among them. */
static const char *
join_tags(struct arena *a, const char *tags, const char *more)
{
	for (const char *at = more ? more : ""; *(at += strspn(at, " "));) {
		size_t len = strcspn(at, " ");
		const char *had = tags ? tags : "";
		while (*had && (strncmp(had, at, len) || (had[len] && had[len] != ' '))) {
			had += strcspn(had, " ");
			had += strspn(had, " ");
		}
		if (!*had)
			tags = arena_printf(a, "%s%s%.*s", tags ? tags : "",
			    tags && *tags ? " " : "", (int)len, at);
		at += len;
	}
	return tags;
}

/* Feed INTO is polled in the place of P's from now on, and is known by both names. */
static int
merge_feed(struct store *s, struct arena *a, const struct open_proposal *p, int64_t into,
    struct proposal_decision *out)
{
	const char *tags = NULL, *url = NULL;
	sqlite3_stmt *st = QUERY(s, SQL_FEED_NAMES, INT(into));
	int status = st ? store_step(s, SQL_FEED_NAMES, st) : s->fault.code;
	if (status > 0) {
		url = arena_strdup(a, col_text(st, 0));
		tags = join_tags(a, arena_strdup(a, col_text(st, 1)), p->tags);
		store_done(st);
		status = 0;
	}
	out->ended = arena_printf(a, "merged into feed %lld, %s", (long long)into, url ? url : "?");
	out->merged_into = into;
	if (!status)
		status = RUN(s, SQL_INHERIT_FEED, INT(into), INT(p->feed_id), TEXT(tags));
	if (!status)
		status = RUN(s, SQL_MERGED_ON, INT(p->feed_id), INT(into));
	if (!status)
		status = RUN(s, SQL_END_FEED, INT(p->feed_id), TEXT(out->ended), INT(into));
	return status;
}

/* The feed of P is polled no more. */
static int
end_feed(
    struct store *s, struct arena *a, const struct open_proposal *p, struct proposal_decision *out)
{
	out->ended = arena_printf(a, "%s: %s", p->kind, p->reason);
	return RUN(s, SQL_END_FEED, INT(p->feed_id), TEXT(out->ended), SOME(0));
}

static int
do_accept(struct store *s, const struct open_proposal *p, int64_t at, struct arena *a,
    struct proposal_decision *out)
{
	int64_t other = 0;
	int merge = 0, status = check_accept(s, a, p, &other, &merge);
	if (status)
		return status;
	if (merge)
		return merge_feed(s, a, p, other, out);
	return p->new_url ? move_feed(s, a, p, other, at) : end_feed(s, a, p, out);
}

static int
decide(struct store *s, const struct open_proposal *p, int accept, int64_t at, struct arena *a,
    struct proposal_decision *out)
{
	if (is_state(p, PROPOSAL_ACCEPTED) || is_state(p, PROPOSAL_WITHDRAWN))
		return fault_set(&s->fault, ERR_INPUT, "proposal %lld was %s before",
		    (long long)p->id, p->state);
	int status = accept ? do_accept(s, p, at, a, out) : 0;
	if (!status)
		status = RUN(s, SQL_DECIDE_PROPOSAL, INT(p->id),
		    TEXT(proposal_state_name(accept ? PROPOSAL_ACCEPTED : PROPOSAL_DISMISSED)),
		    INT(at));
	if (!status && accept)
		status = RUN(s, SQL_DROP_PROPOSALS, INT(p->feed_id));
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
	/* nobody has been shown it */
	if (!status && (is_state(&p, PROPOSAL_FORMING) || is_state(&p, PROPOSAL_UNLIKE)))
		status = fault_set(&s->fault, ERR_NOT_FOUND,
		    "no proposal %lld; `newsctl proposals` lists them", (long long)id);
	if (!status)
		status = decide(s, &p, accept, at, a, out);
	if (!status) {
		out->feed_id = p.feed_id;
		out->old_url = p.old_url;
		out->new_url = p.new_url;
		out->listed_url = p.origin == FEED_FROM_FILE ? p.feed_url : NULL;
	}
	return store_leave(s, own, status);
}
