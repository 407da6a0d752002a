/*
 * entries: the entries of a document: known ones, and what has changed of them; known ones under
 * new names; new sightings of known links; new links. Which is which is judged by identity.
 */
#include <stdio.h>
#include <string.h>

#include "intake.h"
#include "mem.h"
#include "url.h"

#define HOSTS_MAX     65536 /* remembered as written; beyond, the memory begins anew */
#define SIGHTINGS_MAX 8     /* of one link in one feed: a feed that renames at every poll */

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
	/* as they are to be believed now; which entry it is, the dates as written tell */
	struct date published = it->published, updated = it->updated;
	date_settle(&published, in->p->at);
	date_settle(&updated, in->p->at);
	int status = RUN(in->s, SQL_PUT_ITEM, INT(link_id), TEXT(it->title),
	    TEXT(store_join(a, it->authors, it->authors_len, "\n")),
	    TEXT(store_join(a, it->tags, it->tags_len, "\n")), DATE(published),
	    SOME(published.precision), INT(published.zone_known), DATE(updated),
	    SOME(updated.precision), INT(updated.zone_known), TEXT(it->published_raw),
	    TEXT(store_web(it->image)), TEXT(store_web(it->comments)), TEXT(it->rights),
	    TEXT(it->language), TEXT(it->source), TEXT(join_enclosures(a, it)), TEXT(it->summary),
	    INT(published.doubt));
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

int
store_put_host(struct store *s, const char *url, uint64_t *key)
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

struct link_work *
store_add_work(
    struct intake *in, const struct entry *e, int64_t id, const char *url, const char *fetch)
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

int
store_reopen(struct intake *in, int64_t id, enum outcome outcome, const char *reason)
{
	in->s->counts[outcome]--;
	in->s->counts[OUTCOME_PENDING]++;
	return RUN(in->s, SQL_REOPEN, INT(id), INT(in->p->at), TEXT(reason));
}

/* The URL that stands for E: its link, or one that is made up. */
static const char *
url_of(struct intake *in, const struct entry *e)
{
	if (e->item->canonical)
		return e->item->canonical;
	return arena_printf(&in->scratch, "urn:newsd:%lld:%016llx", (long long)in->p->feed_id,
	    (unsigned long long)e->key);
}

/* Insert the link of E, pending and due now. URL is its canonical form or made up. */
static int
put_link(struct intake *in, struct entry *e, const char *url)
{
	const struct item *it = e->item;
	const char *fetch = it->canonical && it->fetch ? it->fetch : url;
	enum content_mode content = it->canonical ? in->p->content : CONTENT_FEED;
	uint64_t host, hash = hash64_str(url);
	int status = store_put_host(in->s, it->canonical, &host);
	if (!status)
		status =
		    RUN(in->s, SQL_PUT_LINK, TEXT(url), INT(hash), INT(host), INT(in->p->feed_id),
			INT(in->p->at), INT(content), TEXT(strcmp(fetch, url) != 0 ? fetch : NULL));
	if (status)
		return status;
	e->link_id = sqlite3_last_insert_rowid(in->s->db);
	map_put(&in->made, hash, e);
	in->s->counts[OUTCOME_PENDING]++;
	in->r->fresh++;
	struct link_work *w = store_add_work(in, e, e->link_id, url, fetch);
	w->host = host;
	w->content = content;
	return put_item(in, e->link_id, it);
}

/* ---- entries that the feed had before ---- */

/* How an entry was last seen in this feed. */
struct sighted {
	int64_t link_id, version;
	uint64_t face, gist;
	int same_guid; /* it bore the guid that it was looked for with */
};

/* Look for KEY, as that of IT. 1: there it is; 0: there is none; or an error. */
static int
find_sighting(struct intake *in, uint64_t key, const struct item *it, struct sighted *out)
{
	sqlite3_stmt *st = QUERY(in->s, SQL_FIND_SIGHTING, INT(in->p->feed_id), INT(key));
	int status = st ? store_step(in->s, SQL_FIND_SIGHTING, st) : in->s->fault.code;
	if (status <= 0)
		return status;
	*out = (struct sighted){.link_id = col_int(st, 0),
	    .version = col_int(st, 1),
	    .face = (uint64_t)col_int(st, 2),
	    .gist = (uint64_t)col_int(st, 3)};
	const char *guid = col_text(st, 4);
	out->same_guid = !guid || !it->guid ? !guid && !it->guid : !strcmp(guid, it->guid);
	store_done(st);
	return 1;
}

/* Has E, known as SIGHTED, changed? The flags of identity_judge, or an error. */
static int
judge(struct intake *in, const struct entry *e, const struct sighted *sighted)
{
	/* of what had no `updated` that tells something, a first one tells nothing either */
	int newer = sighted->version && e->version > sighted->version;
	if (!newer && e->face == sighted->face)
		return 0;
	sqlite3_stmt *st = QUERY(in->s, SQL_ENTRY_BEFORE, INT(sighted->link_id));
	int status = st ? store_step(in->s, SQL_ENTRY_BEFORE, st) : in->s->fault.code;
	if (status <= 0)
		return status;
	const char *url = col_text(st, 0);
	struct identity_known known = {.face = sighted->face,
	    .gist = sighted->gist,
	    .url = url_is_web(url) >= 0 ? url : NULL,
	    .title = col_text(st, 1),
	    .summary = col_text(st, 2),
	    .published = {.utc = col_int(st, 3), .precision = (enum date_precision)col_int(st, 4)}};
	status = identity_judge(&known, e->item, e->gist, newer);
	store_done(st);
	return status;
}

/* The entry of the link ID has changed: what the feed says now is kept while it is of use, and
 * where the change is one of substance (UPDATED), an article is looked at again. */
static int
put_update(struct intake *in, const struct entry *e, int64_t id, int updated)
{
	struct store *s = in->s;
	sqlite3_stmt *st = QUERY(s, SQL_RECHECK, INT(id));
	int status = st ? store_step(s, SQL_RECHECK, st) : s->fault.code;
	if (status <= 0)
		return status;
	int outcome = outcome_parse(col_text(st, 0));
	int reopen =
	    updated && outcome > OUTCOME_PENDING && col_int(st, 1) < RECHECKS_MAX && col_int(st, 7);
	int own = col_int(st, 5) == in->p->feed_id;
	if (reopen) {
		struct link_work *w = store_add_work(in, e, id, col_text(st, 2), col_text(st, 3));
		w->host = (uint64_t)col_int(st, 4);
		w->feed_id = col_int(st, 5);
		w->content = (enum content_mode)col_int(st, 6);
		w->recheck = 1;
	}
	store_done(st);
	status = reopen ? store_reopen(in, id, (enum outcome)outcome, "entry updated") : 0;
	if (status)
		return status;
	if (reopen || (outcome == OUTCOME_PENDING && (own || updated)))
		return replace_item(in, id, e->item);
	return own ? RUN(in->s, SQL_SET_TITLE, INT(id), TEXT(e->item->title)) : 0;
}

static int
put_known(struct intake *in, const struct entry *e, const struct sighted *sighted, int change)
{
	int64_t id = sighted->link_id;
	*ARENA_PUSH(&in->scratch, in->links, in->links_len) = id;
	if (e->version <= sighted->version && e->face == sighted->face)
		return 0;
	int64_t version = e->version > sighted->version ? e->version : sighted->version;
	int status = RUN(in->s, SQL_SET_SIGHTING, INT(in->p->feed_id), INT(e->key), INT(version),
	    INT(e->face), INT(e->gist));
	if (!status && change & IDENTITY_MOVED) {
		in->r->joined++;
		status = store_move_link(in, e, id);
	}
	return status ? status : put_update(in, e, id, change & IDENTITY_UPDATED);
}

/* ---- entries that are new to the feed ---- */

/* How often the feed had the link ID before this poll, by other keys. */
static int
count_names(struct intake *in, int64_t id, int64_t *names)
{
	int found;
	*names = 0;
	return NUMBER(
	    in->s, SQL_COUNT_NAMES, names, &found, INT(id), INT(in->p->feed_id), INT(in->p->at));
}

static int
put_new_entry(struct intake *in, struct entry *e)
{
	const char *url = url_of(in, e);
	const struct entry *twin = e->link_id ? NULL : map_get(&in->made, hash64_str(url));
	int64_t names = 0;
	int status = 0;
	if (twin && !strcmp(url_of(in, twin), url))
		e->link_id = twin->link_id;
	else if (!e->link_id)
		status = put_link(in, e, url);
	else
		status = count_names(in, e->link_id, &names);
	if (!status && e->renamed)
		status = store_move_link(in, e, e->link_id);
	if (status || names >= SIGHTINGS_MAX)
		return status;
	in->seen[e->index].fresh = !names;
	if (names)
		in->r->joined++;
	else
		in->r->sightings++;
	in->s->counts[COUNT_SIGHTINGS]++;
	return RUN(in->s, SQL_PUT_SIGHTING, INT(in->p->feed_id), INT(e->key), INT(e->link_id),
	    TEXT(e->item->guid), INT(in->p->at), INT(e->version), INT(e->face), INT(e->gist));
}

static int
put_news(struct intake *in)
{
	int status = 0, found;
	for (size_t i = 0; i < in->news_len && !status; i++) {
		struct entry *e = &in->news[i];
		const char *url = url_of(in, e);
		status = NUMBER(
		    in->s, SQL_LINK_BY_URL, &e->link_id, &found, INT(hash64_str(url)), TEXT(url));
	}
	if (!status)
		status = store_find_renamed(in);
	for (size_t i = 0; i < in->news_len && !status; i++)
		status = put_new_entry(in, &in->news[i]);
	/* an older page is not what the feed shows now */
	return status || in->p->is_archive ? status : store_put_window(in);
}

/* ---- the document ---- */

static struct entry
entry_of(struct intake *in, size_t i)
{
	const struct item *it = &in->p->doc->items[i];
	struct entry e = {.item = it, .index = i, .face = identity_face(&in->scratch, it)};
	struct date updated = it->updated;
	date_settle(&updated, in->p->at); /* a moment to come would outrank all that follow */
	if (in->updated_tells && updated.precision != DATE_NONE && updated.utc > 0)
		e.version = updated.utc;
	/* the text tells whether an update is one, and entries without a link apart */
	if (e.version || !it->canonical)
		e.gist = identity_gist(it);
	return e;
}

/*
 * Take the entry I in, whose key is KEY, of LEVEL. Where the key is another's, the next level
 * decides. An entry without link whose key nobody has may have been one of several with its guid or
 * title: the next levels tell, if it is the same guid there.
 */
static int
take_entry(struct intake *in, size_t i, uint64_t key, int level)
{
	struct entry e = entry_of(in, i);
	struct sighted sighted = {0};
	uint64_t vacant = 0;
	for (; key; key = identity_key(&in->scratch, e.item, ++level)) {
		int status = find_sighting(in, key, e.item, &sighted);
		if (status < 0)
			return status;
		if (!status && !vacant)
			vacant = key;
		if (!status && e.item->canonical)
			break;
		if (!status || (vacant && !sighted.same_guid))
			continue;
		e.key = key;
		int change = judge(in, &e, &sighted);
		if (change < 0)
			return change;
		if (!(change & IDENTITY_OTHER))
			return put_known(in, &e, &sighted, change);
	}
	if (!vacant) /* nothing tells it from the last one that it was compared with */
		return put_known(in, &e, &sighted, 0);
	e.key = vacant;
	*ARENA_PUSH(&in->scratch, in->news, in->news_len) = e;
	return 0;
}

/* Tell the entries as they stand in the document, repetitions apart. */
static void
tell_entries(struct intake *in)
{
	struct poll_result *r = in->r;
	r->entries = arena_alloc(&r->arena, (size_t)r->items * sizeof *r->entries + 1);
	for (size_t i = 0; i < in->p->doc->items_len; i++)
		if (in->seen[i].key)
			r->entries[r->entries_len++] = in->seen[i];
}

int
store_take_entries(struct intake *in)
{
	const struct feed_doc *doc = in->p->doc;
	size_t len = doc->items_len;
	uint8_t *levels = arena_alloc(&in->scratch, len + 1);
	uint64_t *keys = arena_alloc(&in->scratch, (len + 1) * sizeof *keys);
	int status = 0;
	in->seen = arena_zalloc(&in->scratch, (len + 1) * sizeof *in->seen);
	in->updated_tells = identity_updated_tells(doc->items, len);
	identity_tell_apart(&in->scratch, doc->items, len, levels, keys);
	for (size_t i = 0; i < len && !status; i++) {
		if (!keys[i]) /* repeats another */
			continue;
		in->r->items++;
		const struct date *published = &doc->items[i].published;
		in->seen[i] = (struct window_entry){.key = keys[i],
		    .published = published->precision >= DATE_MINUTE ? published->utc : 0};
		status = take_entry(in, i, keys[i], levels[i]);
	}
	if (!status && in->news_len)
		status = put_news(in);
	if (!status)
		tell_entries(in);
	in->r->renamed = identity_is_most((size_t)in->r->joined, (size_t)in->r->items);
	return status;
}

void
store_clear_intake(struct intake *in)
{
	map_clear(&in->made);
	arena_clear(&in->scratch);
}
