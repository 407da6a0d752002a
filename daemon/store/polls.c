/*
 * polls: what a poll brought. The feed's state, the polls row, and of a document its entries: known
 * ones, new sightings of known links, new links. All of one poll is in one transaction.
 */
#include <stdio.h>
#include <string.h>

#include "mem.h"
#include "store_priv.h"
#include "url.h"

/* A feed that changes `updated` at every poll must not have its pages fetched for ever. */
#define RECHECKS_MAX 5
#define HOSTS_MAX    65536 /* remembered as written; beyond, the memory begins anew */

const char *
poll_outcome_name(enum poll_outcome o)
{
	static const char *const names[POLL_OUTCOME_COUNT] = {
	    [POLL_OK] = "ok",
	    [POLL_UNCHANGED] = "unchanged",
	    [POLL_HTTP] = "http",
	    [POLL_NETWORK] = "network",
	    [POLL_NOT_FEED] = "not_feed",
	    [POLL_BAD] = "bad",
	};
	return (unsigned)o < POLL_OUTCOME_COUNT ? names[o] : "unknown";
}

/* One document on its way in. */
struct intake {
	struct store *s;
	const struct poll *p;
	struct poll_result *r;
	struct arena scratch;
	struct map done;   /* identities that were handled */
	struct map shared; /* keys that entries with different links bear */
};

/* One entry on its way in. */
struct entry {
	const struct item *item;
	size_t index; /* in the document */
	uint64_t key; /* its identity within the feed */
	int64_t version;
};

/* ---- writing an entry ---- */

/* Three lines each: url, type, length. */
static char *
join_enclosures(struct arena *a, const struct item *it)
{
	char **lines = NULL;
	size_t len = 0;
	for (size_t i = 0; i < it->enclosures_len; i++) {
		const struct enclosure *e = &it->enclosures[i];
		*ARENA_PUSH(a, lines, len) = arena_strdup(a, e->url ? e->url : "");
		*ARENA_PUSH(a, lines, len) = arena_strdup(a, e->type ? e->type : "");
		*ARENA_PUSH(a, lines, len) = arena_printf(a, "%lld", (long long)e->length);
	}
	return store_join(a, lines, len, "\n");
}

static int
has_text(const char *text)
{
	return text && *text;
}

static int
has_content(const struct item *it)
{
	return has_text(it->content) || has_text(it->summary);
}

static int
put_item(struct intake *in, int64_t link_id, const struct item *it)
{
	struct arena *a = &in->scratch;
	int status = RUN(in->s, SQL_PUT_ITEM, INT(link_id), TEXT(it->title),
	    TEXT(store_join(a, it->authors, it->authors_len, "\n")),
	    TEXT(store_join(a, it->tags, it->tags_len, "\n")), DATE(it->published),
	    SOME(it->published.precision), INT(it->published.zone_known), DATE(it->updated),
	    SOME(it->updated.precision), INT(it->updated.zone_known), TEXT(it->published_raw),
	    TEXT(it->image), TEXT(it->comments), TEXT(it->rights), TEXT(it->language),
	    TEXT(it->source), TEXT(join_enclosures(a, it)), TEXT(it->summary));
	if (!status && has_text(it->content))
		status = RUN(in->s, SQL_PUT_CONTENT, INT(link_id), TEXT(it->content));
	return status;
}

static int
replace_item(struct intake *in, int64_t link_id, const struct item *it)
{
	int status = RUN(in->s, SQL_DROP_ITEM, INT(link_id));
	if (!status)
		status = RUN(in->s, SQL_DROP_CONTENT, INT(link_id));
	return status ? status : put_item(in, link_id, it);
}

/* ---- links ---- */

/* The host of the link URL (NULL: an entry without one), which has its row afterwards. */
static int
put_host(struct store *s, const char *url, uint64_t *key)
{
	char name[URL_MAX + 1];
	if (!url || url_authority(url, name, sizeof name) != 0)
		snprintf(name, sizeof name, "%s", STORE_HOSTLESS);
	*key = hash64_str(name);
	if (map_get(&s->hosts, *key))
		return 0;
	if (s->hosts.count >= HOSTS_MAX)
		map_clear(&s->hosts);
	map_put(&s->hosts, *key, s);
	return RUN(s, SQL_PUT_HOST, INT(*key), TEXT(name));
}

static struct link_work *
add_work(struct intake *in, const struct entry *e, int64_t id, const char *url, const char *fetch)
{
	struct link_work *w = ARENA_PUSH(&in->r->arena, in->r->links, in->r->links_len);
	w->id = id;
	w->url = arena_strdup(&in->r->arena, url);
	w->fetch = arena_strdup(&in->r->arena, fetch);
	w->feed_id = in->p->feed_id;
	w->content = in->p->content;
	w->has_content = has_content(e->item);
	w->item = e->index;
	return w;
}

/* Insert the link of E, pending and due now. URL is its canonical form or made up. */
static int
put_link(struct intake *in, const struct entry *e, const char *url, int64_t *id)
{
	const struct item *it = e->item;
	const char *fetch = it->canonical && it->fetch ? it->fetch : url;
	enum content_mode content = it->canonical ? in->p->content : CONTENT_FEED;
	uint64_t host;
	int status = put_host(in->s, it->canonical, &host);
	if (!status)
		status = RUN(in->s, SQL_PUT_LINK, TEXT(url), INT(hash64_str(url)), INT(host),
		    INT(in->p->feed_id), INT(in->p->at), INT(content),
		    TEXT(strcmp(fetch, url) != 0 ? fetch : NULL));
	if (status)
		return status;
	*id = sqlite3_last_insert_rowid(in->s->db);
	in->s->counts[OUTCOME_PENDING]++;
	in->r->fresh++;
	struct link_work *w = add_work(in, e, *id, url, fetch);
	w->host = host;
	w->content = content;
	return put_item(in, *id, it);
}

/* An entry that this feed did not have before. */
static int
put_new_entry(struct intake *in, const struct entry *e)
{
	const struct item *it = e->item;
	const char *url = it->canonical;
	int64_t id;
	int found;
	if (!url)
		url = arena_printf(&in->scratch, "urn:newsd:%lld:%016llx",
		    (long long)in->p->feed_id, (unsigned long long)e->key);
	int status = NUMBER(in->s, SQL_LINK_BY_URL, &id, &found, INT(hash64_str(url)), TEXT(url));
	if (!status && !found)
		status = put_link(in, e, url, &id);
	if (!status)
		status = RUN(in->s, SQL_PUT_SIGHTING, INT(in->p->feed_id), INT(e->key), INT(id),
		    TEXT(it->guid), INT(in->p->at), INT(e->version));
	if (status)
		return status;
	in->r->sightings++;
	in->s->counts[COUNT_SIGHTINGS]++;
	return 0;
}

/* The entry of a known link was updated: what the feed says now is kept while it is of use, and an
 * article is looked at again. */
static int
put_update(struct intake *in, const struct entry *e, int64_t id)
{
	struct store *s = in->s;
	int status = RUN(s, SQL_SET_VERSION, INT(in->p->feed_id), INT(e->key), INT(e->version));
	sqlite3_stmt *st = status ? NULL : QUERY(s, SQL_RECHECK, INT(id));
	if (!st)
		return s->fault.code;
	status = store_step(s, SQL_RECHECK, st);
	if (status <= 0)
		return status;
	int outcome = outcome_parse(col_text(st, 0));
	int reopen = outcome > OUTCOME_PENDING && col_int(st, 1) < RECHECKS_MAX && col_int(st, 7);
	if (reopen) {
		struct link_work *w = add_work(in, e, id, col_text(st, 2), col_text(st, 3));
		w->host = (uint64_t)col_int(st, 4);
		w->feed_id = col_int(st, 5);
		w->content = (enum content_mode)col_int(st, 6);
		w->recheck = 1;
	}
	store_done(st);
	if (reopen) {
		s->counts[outcome]--;
		s->counts[OUTCOME_PENDING]++;
		status = RUN(s, SQL_REOPEN, INT(id), INT(in->p->at));
	} else {
		status = 0;
	}
	if (!status && (reopen || outcome == OUTCOME_PENDING))
		status = replace_item(in, id, e->item);
	return status;
}

static int
put_entry(struct intake *in, const struct entry *e)
{
	sqlite3_stmt *st = QUERY(in->s, SQL_FIND_SIGHTING, INT(in->p->feed_id), INT(e->key));
	int status = st ? store_step(in->s, SQL_FIND_SIGHTING, st) : in->s->fault.code;
	if (!status)
		return put_new_entry(in, e);
	if (status < 0)
		return status;
	int64_t id = col_int(st, 0), version = col_int(st, 1);
	store_done(st);
	return e->version > version ? put_update(in, e, id) : 0;
}

/* ---- the document ---- */

/* Some feeds give all their entries one guid. Where two links share a key, the links tell them
 * apart, lest all but the first be lost. */
static void
find_shared_keys(struct intake *in)
{
	struct map first = {0};
	for (size_t i = 0; i < in->p->doc->items_len; i++) {
		struct item *it = &in->p->doc->items[i];
		const struct item *other = map_get(&first, it->key);
		if (!other)
			map_put(&first, it->key, it);
		else if (it->canonical && other->canonical &&
			 strcmp(it->canonical, other->canonical) != 0)
			map_put(&in->shared, it->key, it);
	}
	map_clear(&first);
}

static int
put_items(struct intake *in)
{
	const struct feed_doc *doc = in->p->doc;
	int status = 0;
	find_shared_keys(in);
	for (size_t i = 0; i < doc->items_len && !status; i++) {
		const struct item *it = &doc->items[i];
		struct entry e = {.item = it, .index = i, .key = it->key};
		if (it->canonical && map_get(&in->shared, it->key))
			e.key = hash64_str(it->canonical);
		if (it->updated.precision != DATE_NONE && it->updated.utc > 0)
			e.version = it->updated.utc;
		if (map_get(&in->done, e.key))
			continue;
		map_put(&in->done, e.key, in);
		in->r->items++;
		status = put_entry(in, &e);
	}
	return status;
}

static int
put_doc(struct store *s, const struct poll *p, struct poll_result *r)
{
	const struct feed_doc *doc = p->doc;
	struct intake in = {.s = s, .p = p, .r = r};
	int status = put_items(&in);
	map_clear(&in.done);
	map_clear(&in.shared);
	arena_clear(&in.scratch);
	if (status)
		return status;
	return RUN(s, SQL_FEED_DOC, INT(p->feed_id), TEXT(doc->title), TEXT(doc->link),
	    TEXT(doc->language), INT(doc->items_hash), INT(r->fresh),
	    SOME(r->links_len || r->sightings ? p->at : 0));
}

/* The feed's last poll, and whether the items of P's document are those that it had then. */
static int
read_state(struct store *s, const struct poll *p, int64_t *last_poll, int *same)
{
	sqlite3_stmt *st = QUERY(s, SQL_FEED_STATE, INT(p->feed_id));
	int status = st ? store_step(s, SQL_FEED_STATE, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "feed", p->feed_id);
	if (status < 0)
		return status;
	*last_poll = col_int(st, 0);
	*same = p->doc && !col_int(st, 1) && (uint64_t)col_int(st, 2) == p->doc->items_hash;
	store_done(st);
	return 0;
}

static struct value
count_value(const struct poll *p, int64_t n)
{
	return (struct value){.type = p->doc ? VALUE_INT : VALUE_NULL, .num = n};
}

static int
put_poll(struct store *s, struct poll *p, struct poll_result *r)
{
	int64_t last_poll = 0;
	int same = 0, status = read_state(s, p, &last_poll, &same);
	if (!status && same)
		r->items = (int64_t)p->doc->items_len;
	else if (!status && p->doc)
		status = put_doc(s, p, r);
	if (status)
		return status;
	if (p->decide)
		p->decide(p, r, p->decide_arg);
	status = RUN(s, SQL_PUT_POLL, INT(p->feed_id), INT(p->at),
	    TEXT(poll_outcome_name(p->outcome)), SOME(p->status), TEXT(p->error), INT(p->bytes),
	    count_value(p, r->items), count_value(p, r->fresh), INT(p->duration_ms),
	    SOME(p->next_poll), TEXT(p->next_reason), TEXT(p->recovered), SOME(last_poll));
	if (status)
		return status;
	s->counts[COUNT_POLLS]++;
	return RUN(s, SQL_FEED_POLLED, INT(p->feed_id), INT(p->at), SOME(p->status), TEXT(p->error),
	    INT(p->failures), SOME(p->next_poll), SOME(p->interval_s), TEXT(p->next_reason),
	    SOME(p->not_before), TEXT(p->etag), TEXT(p->last_modified),
	    INT(sqlite3_last_insert_rowid(s->db)));
}

int
store_put_poll(struct store *s, struct poll *p, struct poll_result *r)
{
	int own, status = store_enter(s, &own);
	memset(r, 0, sizeof *r);
	if (status)
		return status;
	return store_leave(s, own, put_poll(s, p, r));
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
