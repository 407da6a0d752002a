/*
 * links: the work list and the ends. Pending links are read as work, what the feed said of a link
 * is read back, and every link gets its outcome here.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "store_priv.h"
#include "url.h"

const char *
store_web(const char *url)
{
	return url && url_is_web(url) >= 0 ? url : NULL;
}

char *
store_join(struct arena *a, char *const *list, size_t count, const char *separator)
{
	size_t len = 0, step = strlen(separator);
	if (!count)
		return NULL;
	for (size_t i = 0; i < count; i++)
		len += strlen(list[i]) + step;
	char *out = arena_alloc(a, len + 1), *to = out;
	for (size_t i = 0; i < count; i++) {
		if (i) {
			memcpy(to, separator, step);
			to += step;
		}
		for (const char *p = list[i]; *p; p++)
			*to++ = (unsigned char)*p < ' ' ? ' ' : *p;
	}
	*to = '\0';
	return out;
}

struct value
store_date_value(struct date d)
{
	return (struct value){
	    .type = d.precision != DATE_NONE ? VALUE_INT : VALUE_NULL, .num = d.utc};
}

/* ---- pending links ---- */

static void
fill_work(sqlite3_stmt *st, struct arena *a, struct link_work *w)
{
	w->id = col_int(st, 0);
	w->url = arena_strdup(a, col_text(st, 1));
	w->fetch = arena_strdup(a, col_text(st, 2));
	w->host = (uint64_t)col_int(st, 3);
	w->feed_id = col_int(st, 4);
	w->content = (enum content_mode)col_int(st, 5);
	w->attempts = (int)col_int(st, 6);
	w->recheck = col_int(st, 7) != 0;
	w->has_content = col_int(st, 9) != 0;
	w->item = SIZE_MAX;
}

int
store_load_pending(struct store *s, uint64_t host, int64_t now, size_t limit, struct arena *a,
    struct link_work **links, size_t *len, int64_t *next_due)
{
	*links = NULL;
	*len = 0;
	*next_due = 0;
	sqlite3_stmt *st = QUERY(s, SQL_PENDING, INT(host), INT(limit + 1));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_PENDING, st)) > 0) {
		int64_t due = col_int(st, 8);
		if (due > now || *len == limit) {
			*next_due = due;
			break;
		}
		fill_work(st, a, ARENA_PUSH(a, *links, *len));
	}
	if (status > 0)
		store_done(st);
	if (status < 0 || *next_due <= now + LINK_DUE_MAX_S)
		return status < 0 ? status : 0;
	*next_due = now;
	return RUN(s, SQL_PULL_DUE, INT(host), INT(now), INT(now + LINK_DUE_MAX_S));
}

int
store_last_poll(struct store *s, int64_t *at)
{
	int found;
	return store_number(s, SQL_LAST_POLL, at, &found, NULL, 0);
}

int
store_settle_pending(struct store *s, int64_t now)
{
	return RUN(s, SQL_SETTLE_PENDING, INT(now));
}

int
store_each_pending_host(struct store *s, store_host_cb cb, void *arg)
{
	sqlite3_stmt *st = store_query(s, SQL_PENDING_HOSTS, NULL, 0);
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_PENDING_HOSTS, st)) > 0)
		if (cb((uint64_t)col_int(st, 0), col_text(st, 1), col_int(st, 2), arg))
			break;
	if (status > 0)
		store_done(st);
	return status < 0 ? status : 0;
}

/* ---- what the feed said ---- */

/* Split the lines of TEXT; NULL gives none. */
static char **
split_lines(struct arena *a, const char *text, size_t *len)
{
	char **list = NULL;
	*len = 0;
	while (text) {
		const char *end = strchr(text, '\n');
		*ARENA_PUSH(a, list, *len) =
		    arena_strndup(a, text, end ? (size_t)(end - text) : strlen(text));
		text = end ? end + 1 : NULL;
	}
	return list;
}

/* Three lines each: url, type, length. */
static void
split_enclosures(struct arena *a, const char *text, struct item *it)
{
	size_t count;
	char **lines = split_lines(a, text, &count);
	for (size_t i = 0; i + 3 <= count; i += 3) {
		struct enclosure *e = ARENA_PUSH(a, it->enclosures, it->enclosures_len);
		e->url = *lines[i] ? lines[i] : NULL;
		e->type = *lines[i + 1] ? lines[i + 1] : NULL;
		e->length = strtoll(lines[i + 2], NULL, 10);
	}
}

static struct date
col_date(sqlite3_stmt *st, int i)
{
	return (struct date){.utc = col_int(st, i),
	    .precision = (enum date_precision)col_int(st, i + 1),
	    .zone_known = (int)col_int(st, i + 2)};
}

static void
fill_item(sqlite3_stmt *st, struct arena *a, struct item *it)
{
	const char *url = col_text(st, 2);
	it->guid = arena_strdup(a, col_text(st, 0));
	it->key = (uint64_t)col_int(st, 1);
	if (url_is_web(url) >= 0) {
		it->canonical = arena_strdup(a, url);
		it->fetch = arena_strdup(a, col_text(st, 3));
		it->link = it->fetch;
	}
	it->title = arena_strdup(a, col_text(st, 4));
	it->summary = arena_strdup(a, col_text(st, 5));
	it->content = arena_strdup(a, col_text(st, 6));
	it->authors = split_lines(a, col_text(st, 7), &it->authors_len);
	it->tags = split_lines(a, col_text(st, 8), &it->tags_len);
	split_enclosures(a, col_text(st, 9), it);
	it->published_raw = arena_strdup(a, col_text(st, 10));
	it->published = col_date(st, 11);
	it->updated = col_date(st, 14);
	it->image = arena_strdup(a, col_text(st, 17));
	it->comments = arena_strdup(a, col_text(st, 18));
	it->rights = arena_strdup(a, col_text(st, 19));
	it->language = arena_strdup(a, col_text(st, 20));
	it->source = arena_strdup(a, col_text(st, 21));
	it->published.doubt = (unsigned)col_int(st, 22);
}

int
store_load_item(struct store *s, int64_t link_id, struct arena *a, struct item **out)
{
	*out = NULL;
	sqlite3_stmt *st = QUERY(s, SQL_LOAD_ITEM, INT(link_id));
	int status = st ? store_step(s, SQL_LOAD_ITEM, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "link", link_id);
	if (status < 0)
		return status;
	*out = arena_zalloc(a, sizeof **out);
	fill_item(st, a, *out);
	store_done(st);
	return 0;
}

/* ---- outcomes ---- */

static int
set_outcome(struct store *s, const struct link_outcome *o, const char *final_url)
{
	struct arena scratch = {0};
	const char *canonical = final_url ? url_canonical(&scratch, final_url) : NULL;
	struct value hash = {.type = VALUE_NULL};
	if (final_url)
		hash = INT(hash64_str(canonical ? canonical : final_url));
	struct value due = {.type = VALUE_NULL};
	if (o->outcome == OUTCOME_PENDING)
		due = INT(o->due);
	int status = RUN(s, SQL_SET_OUTCOME, INT(o->link_id), TEXT(outcome_name(o->outcome)),
	    TEXT(o->reason), INT(o->at), SOME(o->status), INT(o->attempts), due,
	    SOME(o->article_id), TEXT(final_url), hash, TEXT(o->rights));
	arena_clear(&scratch);
	return status;
}

static int
put_outcome(struct store *s, const struct link_outcome *o)
{
	sqlite3_stmt *st = QUERY(s, SQL_LINK_STATE, INT(o->link_id));
	int status = st ? store_step(s, SQL_LINK_STATE, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "link", o->link_id);
	if (status < 0)
		return status;
	int before = outcome_parse(col_text(st, 0));
	int moved = o->final_url && strcmp(o->final_url, col_text(st, 1)) != 0;
	store_done(st);
	status = set_outcome(s, o, moved ? o->final_url : NULL);
	if (status)
		return status;
	if (before >= 0)
		s->counts[before]--;
	s->counts[o->outcome]++;
	if (o->outcome == OUTCOME_PENDING)
		return 0;
	return RUN(s, SQL_DROP_CONTENT, INT(o->link_id));
}

int
store_put_outcome(struct store *s, const struct link_outcome *o)
{
	int own, status = store_enter(s, &own);
	if (status)
		return status;
	return store_leave(s, own, put_outcome(s, o));
}
