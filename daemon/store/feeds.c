/* feeds: the feeds and what is known of each. A feed is never deleted: its history hangs on it. */
#include "mem.h"
#include "store_priv.h"
#include "url.h"

#define CACHED_ROWS 1024 /* of 100,000 feeds read in a row; all would fill the cache, 16 MB */

/* The identity of a feed: its canonical URL; as written where it is no web URL. */
static const char *
feed_key(struct arena *a, const char *url)
{
	const char *key = url_canonical(a, url);
	return key ? key : url;
}

/* Whether the feed KEY is polled. */
static int
is_active(struct store *s, const char *key, int *active)
{
	int64_t n;
	int found, status = NUMBER(s, SQL_FEED_IS_ACTIVE, &n, &found, TEXT(key));
	*active = found && n;
	return status;
}

/*
 * A feed that is polled at *KEY by a redirection. A file that lists it so has been brought up to
 * date: the feed takes URL for its own. Anybody else means the feed that there is: *KEY becomes its
 * key.
 */
static int
follow_redirection(
    struct store *s, struct arena *a, const struct feed_row *row, const char *url, const char **key)
{
	int64_t id, taken;
	int found;
	sqlite3_stmt *st = QUERY(s, SQL_FEED_BY_MOVED, TEXT(*key));
	int status = st ? store_step(s, SQL_FEED_BY_MOVED, st) : s->fault.code;
	if (status <= 0)
		return status;
	id = col_int(st, 0);
	const char *own = arena_strdup(a, col_text(st, 1));
	store_done(st);
	status = NUMBER(s, SQL_FEED_IS_ACTIVE, &taken, &found, TEXT(*key));
	if (status || found) /* the key is another feed's, also one that was removed */
		return status;
	if (row->origin == FEED_FROM_FILE)
		return RUN(s, SQL_RENAME_FEED, INT(id), TEXT(*key), TEXT(url));
	*key = own;
	return 0;
}

/* ROW, the one that ST stands at: id, content, origin, added. */
static void
fill_stored(sqlite3_stmt *st, struct feed_row *row)
{
	row->id = col_int(st, 0);
	row->content = (int)col_int(st, 1);
	row->origin = (enum feed_origin)col_int(st, 2);
	row->added = col_int(st, 3);
}

/* Is the feed KEY merged into one that is active? Then ROW is that one. */
static int
find_merged(struct store *s, const char *key, struct feed_row *row, int *merged)
{
	sqlite3_stmt *st = QUERY(s, SQL_MERGED_FEED, TEXT(key));
	int status = st ? store_step(s, SQL_MERGED_FEED, st) : s->fault.code;
	*merged = status > 0;
	if (status <= 0)
		return status;
	fill_stored(st, row);
	row->active = 1;
	store_done(st);
	return 0;
}

static int
put_feed(struct store *s, struct feed_row *row, struct arena *a, int *added)
{
	const char *key = feed_key(a, row->url), *fetch = url_fetch_form(a, row->url);
	int active = 0, merged = 0,
	    status = follow_redirection(s, a, row, fetch ? fetch : row->url, &key);
	if (!status)
		status = find_merged(s, key, row, &merged);
	if (!status && !merged)
		status = is_active(s, key, &active);
	if (status || merged)
		return status;
	sqlite3_stmt *st = QUERY(s, SQL_PUT_FEED, TEXT(key), TEXT(fetch ? fetch : row->url),
	    TEXT(row->title), TEXT(store_web(row->site)), TEXT(row->language), TEXT(row->tags),
	    INT(row->origin), INT(row->content), INT(row->added));
	status = st ? store_step(s, SQL_PUT_FEED, st) : s->fault.code;
	if (status <= 0)
		return status;
	fill_stored(st, row);
	row->active = (int)col_int(st, 4);
	store_done(st);
	*added = !active && row->active;
	return 0;
}

int
store_put_feed(struct store *s, struct feed_row *row, int *added)
{
	struct arena scratch = {0};
	int own, status = store_enter(s, &own);
	*added = 0;
	if (status)
		return status;
	status = put_feed(s, row, &scratch, added);
	arena_clear(&scratch);
	return store_leave(s, own, status);
}

int
store_remove_feed(struct store *s, int64_t id)
{
	int own, status = store_enter(s, &own);
	if (status)
		return status;
	status = RUN(s, SQL_REMOVE_FEED, INT(id));
	if (!status && !sqlite3_changes(s->db))
		status = store_not_found(s, "feed", id);
	return store_leave(s, own, status);
}

/* The columns of FEED_COLUMNS in sql.c. */
static void
fill_feed(sqlite3_stmt *st, struct feed_row *row)
{
	*row = (struct feed_row){
	    .id = col_int(st, 0),
	    .url = col_text(st, 1),
	    .title = col_text(st, 2),
	    .site = col_text(st, 3),
	    .language = col_text(st, 4),
	    .tags = col_text(st, 5),
	    .origin = (enum feed_origin)col_int(st, 6),
	    .content = (int)col_int(st, 7),
	    .active = (int)col_int(st, 8),
	    .added = col_int(st, 9),
	    .etag = col_text(st, 10),
	    .last_modified = col_text(st, 11),
	    .next_poll = col_int(st, 12),
	    .interval_s = col_int(st, 13),
	    .not_before = col_int(st, 14),
	    .next_reason = col_text(st, 15),
	    .last_poll = col_int(st, 16),
	    .last_change = col_int(st, 17),
	    .last_status = (int)col_int(st, 18),
	    .error = col_text(st, 19),
	    .failures = col_int(st, 20),
	    .items_hash = (uint64_t)col_int(st, 21),
	    .items_total = col_int(st, 22),
	    .recovered = col_text(st, 23),
	    .recovered_since = col_int(st, 24),
	    .guids_changed = col_int(st, 25),
	    .moved_to = col_text(st, 26),
	    .validators_of = (uint64_t)col_int(st, 27),
	    .offers_parts = (int)col_int(st, 28),
	    .memory = sqlite3_column_blob(st, 29),
	    .memory_len = (size_t)sqlite3_column_bytes(st, 29),
	    .stale_since = col_int(st, 30),
	    .ended = col_text(st, 31),
	    .merged_into = col_int(st, 32),
	    .validators = col_text(st, 33),
	};
}

int
store_each_feed(struct store *s, int active_only, store_feed_cb cb, void *arg)
{
	struct feed_row row;
	size_t rows = 0;
	sqlite3_stmt *st = QUERY(s, SQL_EACH_FEED, INT(active_only != 0));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_FEED, st)) > 0) {
		/* what was read is not wanted again: the cache would stay full of it */
		if (++rows % CACHED_ROWS == 0)
			sqlite3_db_release_memory(s->db);
		fill_feed(st, &row);
		if (cb(&row, arg))
			break;
	}
	if (status > 0)
		store_done(st);
	return status < 0 ? status : 0;
}

int
store_find_feed(struct store *s, const char *url, store_feed_cb cb, void *arg)
{
	struct arena scratch = {0};
	struct feed_row row;
	sqlite3_stmt *st = QUERY(s, SQL_FIND_FEED, TEXT(feed_key(&scratch, url)));
	int status = st ? store_step(s, SQL_FIND_FEED, st) : s->fault.code;
	if (status > 0) {
		fill_feed(st, &row);
		cb(&row, arg);
		store_done(st);
		status = 0;
	} else if (!status) {
		status = fault_set(
		    &s->fault, ERR_NOT_FOUND, "store %s: there is no feed %s", s->path, url);
	}
	arena_clear(&scratch);
	return status;
}
