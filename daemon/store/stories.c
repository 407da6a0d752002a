/*
 * stories, stored: which article is in which story, what the articles are to each other, the keys
 * by which copies are found, and what an operator decided otherwise. Decides nothing itself: the
 * writer judges (daemon/writer/judge.c). See docs/stories.md.
 *
 * Every text that comes is an arrival: put into nd_arrival in the transaction of its article, and
 * moved from there to nd_print when it is judged. Both are numbered as one.
 */
#include <string.h>

#include "mem.h"
#include "store_priv.h"
#include "url.h"

#define HOST_MAX 256

/* ---- arrivals ---- */

int
store_put_arrival(struct store *s, int64_t article_id, int64_t at, int is_revision, int64_t *seq)
{
	int status = RUN(s, SQL_PUT_ARRIVAL, INT(article_id), INT(at), INT(is_revision));
	*seq = status ? 0 : sqlite3_last_insert_rowid(s->db);
	return status;
}

int
store_load_arrivals(
    struct store *s, size_t limit, struct arena *a, struct story_arrival **list, size_t *len)
{
	*list = NULL;
	*len = 0;
	sqlite3_stmt *st = QUERY(s, SQL_LOAD_ARRIVALS, INT(limit));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_LOAD_ARRIVALS, st)) > 0)
		*ARENA_PUSH(a, *list, *len) = (struct story_arrival){.seq = col_int(st, 0),
		    .article_id = col_int(st, 1),
		    .at = col_int(st, 2),
		    .is_revision = (int)col_int(st, 3)};
	return status;
}

/* What the stories of articles take for a site: the host, www or not; without one the feed. */
static const char *
site_of(struct arena *a, const char *url, int64_t feed_id)
{
	char host[HOST_MAX];
	if (!url || url_host(url, host, sizeof host) || !*host)
		return arena_printf(a, "feed %lld", (long long)feed_id);
	return arena_strdup(a, strncmp(host, "www.", 4) ? host : host + 4);
}

/* The text that article ID had until an arrival after SEQ replaced it; ERR_NOT_FOUND: it is the
 * present one. */
static int
load_older_text(struct store *s, int64_t id, int64_t seq, struct arena *a, struct story_text *out)
{
	sqlite3_stmt *st = QUERY(s, SQL_TEXT_BEFORE, INT(id), INT(seq));
	int status = st ? store_step(s, SQL_TEXT_BEFORE, st) : s->fault.code;
	if (status <= 0)
		return status ? status : ERR_NOT_FOUND;
	out->text = arena_strdup(a, col_text(st, 0));
	out->published = col_int(st, 1);
	store_done(st);
	return 0;
}

int
store_load_story_text(
    struct store *s, int64_t id, int64_t seq, struct arena *a, struct story_text *out)
{
	sqlite3_stmt *st = QUERY(s, SQL_STORY_TEXT, INT(id));
	int status = st ? store_step(s, SQL_STORY_TEXT, st) : s->fault.code;
	if (status <= 0)
		return status ? status : ERR_NOT_FOUND;
	int64_t revisions = col_int(st, 4);
	*out = (struct story_text){.story_id = col_int(st, 0),
	    .site = site_of(a, col_text(st, 1), col_int(st, 2)),
	    .published = col_int(st, 3),
	    .at = col_int(st, 5)};
	if (revisions)
		status = load_older_text(s, id, seq, a, out);
	if (!revisions || status == ERR_NOT_FOUND) {
		out->text = arena_strdup(a, col_text(st, 6));
		status = 0;
	}
	store_done(st);
	return status;
}

int
store_drop_arrival(struct store *s, int64_t seq)
{
	return RUN(s, SQL_DROP_ARRIVAL, INT(seq));
}

/* ---- what was judged ---- */

int
store_put_print(struct store *s, const struct story_print *p)
{
	int own, status = store_enter(s, &own);
	if (status)
		return status;
	status = RUN(s, SQL_PUT_PRINT, INT(p->seq), INT(p->article_id), INT(p->story_id),
	    INT(p->site), INT(p->at), BLOB(p->signature, p->signature_len));
	if (!status)
		status = RUN(s, SQL_SET_STORY, INT(p->article_id), INT(p->story_id));
	for (size_t i = 0; i < p->links_len && !status; i++) {
		const struct story_link *l = &p->links[i];
		status = RUN(s, SQL_PUT_RELATION, INT(p->article_id), INT(l->of), INT(l->kind),
		    INT(l->rule), REAL(l->similarity), REAL(l->containment), REAL(l->figures),
		    INT(p->at));
	}
	if (!status)
		status = store_drop_arrival(s, p->seq);
	return store_leave(s, own, status);
}

int
store_each_print(struct store *s, int64_t after, size_t limit, store_print_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_PRINT, INT(after), INT(limit));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_PRINT, st)) > 0) {
		struct story_print p = {.seq = col_int(st, 0),
		    .article_id = col_int(st, 1),
		    .story_id = col_int(st, 2),
		    .site = (uint32_t)col_int(st, 3),
		    .at = col_int(st, 4),
		    .signature = sqlite3_column_blob(st, 5),
		    .signature_len = (size_t)sqlite3_column_bytes(st, 5)};
		cb(&p, arg);
	}
	return status;
}

int
store_last_print(struct store *s, int64_t *seq, int64_t *at)
{
	*seq = *at = 0;
	sqlite3_stmt *st = store_query(s, SQL_LAST_PRINT, NULL, 0);
	int status = st ? store_step(s, SQL_LAST_PRINT, st) : s->fault.code;
	if (status <= 0)
		return status;
	*seq = col_int(st, 0);
	*at = col_int(st, 1);
	store_done(st);
	return 0;
}

/* Times never go back from one print to the next, so the place of one is found by halving. */
int
store_print_before(struct store *s, int64_t at, int64_t *seq)
{
	int64_t low = 0, high, last_at;
	int status = store_last_print(s, &high, &last_at);
	if (last_at < at)
		low = high;
	while (!status && low + 1 < high) { /* what is at LOW is before AT, what is at HIGH not */
		int64_t middle = low + (high - low) / 2, found_at;
		int found;
		status = NUMBER(s, SQL_PRINT_AT, &found_at, &found, INT(middle));
		if (found && found_at < at)
			low = middle;
		else
			high = middle;
	}
	*seq = low;
	return status;
}

/* ---- an operator's decisions ---- */

int
store_each_story_move(struct store *s, store_story_move_cb cb, void *arg)
{
	sqlite3_stmt *st = store_query(s, SQL_EACH_MOVE, NULL, 0);
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_MOVE, st)) > 0)
		cb(col_int(st, 0), col_int(st, 1), arg);
	return status;
}

/* Move the articles of story FROM to story TO: ONLY that one, or (0) all but EXCEPT. */
static int
move_articles(struct store *s, int64_t from, int64_t to, int64_t only, int64_t except,
    const struct story_order *o, int64_t *moved)
{
	int status = RUN(s, SQL_NOTE_MOVE, INT(from), INT(to), INT(only), INT(except),
	    TEXT(o->kind == STORY_SPLIT ? "split" : "merge"), INT(o->at));
	if (!status)
		status = RUN(s, SQL_MOVE_STORY, INT(from), INT(to), INT(only), INT(except));
	*moved += status ? 0 : sqlite3_changes(s->db);
	return status;
}

static int
split(struct store *s, const struct story_order *o, struct story_ordered *out)
{
	int64_t rest;
	int found, status = NUMBER(s, SQL_STORY_OF, &out->from, &found, INT(o->a));
	if (status)
		return status;
	if (!found)
		return store_not_found(s, "article", o->a);
	status = NUMBER(s, SQL_STORY_BESIDE, &rest, &found, INT(out->from), INT(o->a));
	if (status)
		return status;
	if (!found)
		return fault_set(&s->fault, ERR_INPUT,
		    "article %lld is the only one of its story: there is nothing to split",
		    (long long)o->a);
	out->story = o->a;
	if (o->a != out->from)
		return move_articles(s, out->from, o->a, o->a, 0, o, &out->moved);
	out->from = rest; /* the story's number is its own; the others go on as the next oldest's */
	return move_articles(s, o->a, rest, 0, o->a, o, &out->moved);
}

static int
merge(struct store *s, const struct story_order *o, struct story_ordered *out)
{
	const int64_t both[] = {o->a, o->b};
	int64_t any;
	int found, status = 0;
	for (int i = 0; i < 2; i++) {
		status = NUMBER(s, SQL_STORY_BESIDE, &any, &found, INT(both[i]), INT(0));
		if (status)
			return status;
		if (!found)
			return store_not_found(s, "story", both[i]);
	}
	if (o->a == o->b)
		return fault_set(&s->fault, ERR_INPUT, "story %lld and story %lld are one already",
		    (long long)o->a, (long long)o->b);
	out->story = o->a < o->b ? o->a : o->b;
	out->from = o->a < o->b ? o->b : o->a;
	return move_articles(s, out->from, out->story, 0, 0, o, &out->moved);
}

int
store_order_story(struct store *s, const struct story_order *o, struct story_ordered *out)
{
	int own, status = store_enter(s, &own);
	*out = (struct story_ordered){0};
	if (status)
		return status;
	status = o->kind == STORY_SPLIT ? split(s, o, out) : merge(s, o, out);
	return store_leave(s, own, status);
}

/* ---- reading, for people ---- */

int
store_each_story(struct store *s, int64_t since, size_t limit, store_story_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_TOP_STORIES, INT(since), INT(limit));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_TOP_STORIES, st)) > 0) {
		struct story_row row = {.id = col_int(st, 0),
		    .first_article = col_int(st, 1),
		    .articles = col_int(st, 2),
		    .links = col_int(st, 3),
		    .sites = col_int(st, 4),
		    .first_seen = col_int(st, 5),
		    .last_seen = col_int(st, 6),
		    .title = col_text(st, 7),
		    .origin = col_text(st, 8),
		    .origin_reason = col_text(st, 9)};
		if (cb(&row, arg))
			break;
	}
	if (status > 0) {
		store_done(st);
		status = 0;
	}
	return status;
}

int
store_each_member(struct store *s, int64_t story, store_member_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_STORY_MEMBERS, INT(story));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_STORY_MEMBERS, st)) > 0) {
		struct member_row row = {.article_id = col_int(st, 0),
		    .link_id = col_int(st, 1),
		    .url = col_text(st, 2),
		    .title = col_text(st, 3),
		    .site = col_text(st, 4),
		    .first_seen = col_int(st, 5),
		    .published = col_int(st, 6),
		    .relation = col_text(st, 7),
		    .of = col_int(st, 8),
		    .similarity = sqlite3_column_double(st, 9),
		    .decided = col_text(st, 10),
		    .agency = col_text(st, 11),
		    .syndicated_from = col_text(st, 12)};
		cb(&row, arg);
	}
	return status;
}

int
store_each_relation(struct store *s, int64_t article_id, store_relation_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_RELATIONS, INT(article_id));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_RELATIONS, st)) > 0) {
		struct relation_row row = {.article_id = col_int(st, 0),
		    .at = col_int(st, 7),
		    .story_id = col_int(st, 8),
		    .other_story_id = col_int(st, 9),
		    .link = {.of = col_int(st, 1),
			.kind = (enum story_kind)col_int(st, 2),
			.rule = (enum story_rule)col_int(st, 3),
			.similarity = sqlite3_column_double(st, 4),
			.containment = sqlite3_column_double(st, 5),
			.figures = sqlite3_column_double(st, 6)}};
		row.link.story = row.other_story_id;
		cb(&row, arg);
	}
	return status;
}
