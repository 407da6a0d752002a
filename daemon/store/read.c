/*
 * read: what people ask, by way of newsctl. Works on any handle, with newsd up or down. Bounded: no
 * answer costs more than its rows, but for the newest links, which looks at all that are pending.
 */
#include <string.h>
#include <sys/stat.h>

#include "buf.h"
#include "mem.h"
#include "store_priv.h"
#include "url.h"

#define QUERY_MAX 65536

/* Hand each row of ST to FILL and a callback until one says stop. */
#define EACH_ROW(s, q, st, fill, row, cb, arg)                                                     \
	do {                                                                                       \
		status = (st) ? 1 : (s)->fault.code;                                               \
		while (status > 0 && (status = store_step((s), (q), (st))) > 0) {                  \
			fill((st), &(row));                                                        \
			if (cb(&(row), (arg)))                                                     \
				break;                                                             \
		}                                                                                  \
		if (status > 0) {                                                                  \
			store_done(st);                                                            \
			status = 0;                                                                \
		}                                                                                  \
	} while (0)

/* ---- status ---- */

static int64_t
file_size(const char *path)
{
	struct stat st;
	return stat(path, &st) == 0 ? (int64_t)st.st_size : 0;
}

/* Add the row N of KIND and NAME to the counter that it is of. */
static void
add_count(int64_t *counts, const char *kind, const char *name, int64_t n)
{
	for (int i = 0; i < COUNTER_COUNT; i++)
		if (!strcmp(kind, store_counter_kind(i)) && !strcmp(name, store_counter_name(i)))
			counts[i] += n;
}

static int
read_counts(struct store *s, struct store_status *out)
{
	int64_t counts[COUNTER_COUNT];
	memcpy(counts, s->counts, sizeof counts); /* of an open transaction */
	sqlite3_stmt *st = store_query(s, SQL_STATUS_COUNTS, NULL, 0);
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_STATUS_COUNTS, st)) > 0)
		add_count(counts, col_text(st, 0), col_text(st, 1), col_int(st, 2));
	memcpy(out->outcomes, counts, sizeof out->outcomes);
	out->articles = counts[COUNT_ARTICLES];
	out->revisions = counts[COUNT_REVISIONS];
	out->sightings = counts[COUNT_SIGHTINGS];
	out->polls = counts[COUNT_POLLS];
	return status;
}

/* The first two numbers of the one row of Q. */
static int
read_two(struct store *s, enum sql q, int64_t *first, int64_t *second)
{
	sqlite3_stmt *st = store_query(s, q, NULL, 0);
	int status = st ? store_step(s, q, st) : s->fault.code;
	if (status <= 0)
		return status;
	*first = col_int(st, 0);
	*second = col_int(st, 1);
	store_done(st);
	return 0;
}

static int
read_figures(struct store *s, struct store_status *out)
{
	int64_t schema = 0;
	int found, status = read_counts(s, out);
	if (!status)
		status = store_number(s, SQL_STATUS_LINKS, &out->links, &found, NULL, 0);
	if (!status)
		status = read_two(s, SQL_STATUS_FEEDS, &out->feeds, &out->feeds_failing);
	if (!status)
		status = store_number(s, SQL_STATUS_STALE, &out->feeds_stale, &found, NULL, 0);
	if (!status)
		status = store_number(s, SQL_STATUS_PROPOSALS, &out->proposals, &found, NULL, 0);
	if (!status)
		status = read_two(s, SQL_STATUS_TIMES, &out->oldest_pending, &out->newest_article);
	if (!status)
		status = store_number(s, SQL_STATUS_UNJUDGED, &out->unjudged, &found, NULL, 0);
	if (!status)
		status = store_pragma_number(s, "user_version", &schema);
	out->schema = (int)schema;
	return status;
}

int
store_read_status(struct store *s, struct store_status *out)
{
	memset(out, 0, sizeof *out);
	/* one moment for all the figures, while newsd goes on writing */
	int own = sqlite3_get_autocommit(s->db);
	int status = own ? store_execute(s, "BEGIN", "begin to read the figures") : 0;
	if (!status)
		status = read_figures(s, out);
	if (own && !sqlite3_get_autocommit(s->db))
		sqlite3_exec(s->db, "ROLLBACK", NULL, NULL, NULL);
	if (status)
		return status;
	char *wal = mem_printf("%s-wal", s->path);
	out->size = file_size(s->path);
	out->wal_size = file_size(wal);
	mem_free(wal);
	return 0;
}

/* ---- articles ---- */

/* The columns of ARTICLE_COLUMNS in sql.c, then body and snippet. */
static void
fill_article(sqlite3_stmt *st, struct article_row *row)
{
	*row = (struct article_row){
	    .id = col_int(st, 0),
	    .story_id = col_int(st, 1),
	    .feed_id = col_int(st, 2),
	    .url = col_text(st, 3),
	    .title = col_text(st, 4),
	    .subtitle = col_text(st, 5),
	    .byline = col_text(st, 6),
	    .language = col_text(st, 7),
	    .site = col_text(st, 8),
	    .section = col_text(st, 9),
	    .tags = col_text(st, 10),
	    .image = col_text(st, 11),
	    .body_source = col_text(st, 12),
	    .verdict = col_text(st, 13),
	    .published_precision = col_text(st, 14),
	    .feed_url = col_text(st, 15),
	    .published = col_int(st, 16),
	    .modified = col_int(st, 17),
	    .first_seen = col_int(st, 18),
	    .words = col_int(st, 19),
	    .revisions = col_int(st, 20),
	    .confidence = sqlite3_column_double(st, 21),
	    .published_doubt = col_text(st, 22),
	    .published_raw = col_text(st, 23),
	    .evidence = col_text(st, 24),
	    .body = col_text(st, 25),
	    .snippet = col_text(st, 26),
	};
}

/* Quote every word of QUERY for FTS5, in which a quoted word has no operators; all must match. */
static int
quote_words(const char *query, struct buf *out)
{
	static const char space[] = " \t\r\n";
	int status = 0;
	for (query += strspn(query, space); *query && !status; query += strspn(query, space)) {
		size_t n = strcspn(query, space);
		status = buf_add_char(out, '"');
		for (size_t i = 0; i < n && !status; i++)
			status = buf_add(out, "\"\"", query[i] == '"' ? 2 : 0) ||
					 (query[i] != '"' && buf_add_char(out, query[i]))
				     ? ERR_LIMIT
				     : 0;
		if (!status)
			status = buf_add_str(out, "\" ");
		query += n;
	}
	return status;
}

static int
search(
    struct store *s, const char *match, int64_t since, size_t limit, store_article_cb cb, void *arg)
{
	struct article_row row;
	int status;
	sqlite3_stmt *st = QUERY(s, SQL_SEARCH, TEXT(match), INT(since), INT(limit));
	EACH_ROW(s, SQL_SEARCH, st, fill_article, row, cb, arg);
	/* a query that FTS5 can't read is a plain error without a code of its own */
	if (status < 0 && (sqlite3_errcode(s->db) & 0xff) == SQLITE_ERROR)
		status = fault_set(
		    &s->fault, ERR_INPUT, "cannot search for %s: %s", match, sqlite3_errmsg(s->db));
	return status;
}

int
store_search(struct store *s, const char *query, int raw, int64_t since, size_t limit,
    store_article_cb cb, void *arg)
{
	struct buf words;
	buf_init(&words, QUERY_MAX);
	int status = raw ? buf_add_str(&words, query) : quote_words(query, &words);
	if (status)
		status = fault_set(
		    &s->fault, ERR_LIMIT, "cannot search: more than %d bytes of words", QUERY_MAX);
	else if (!words.len)
		status = fault_set(&s->fault, ERR_INPUT, "cannot search: no word is given");
	else
		status = search(s, buf_str(&words), since, limit, cb, arg);
	buf_clear(&words);
	return status;
}

int
store_read_article(struct store *s, int64_t id, store_article_cb cb, void *arg)
{
	struct article_row row;
	sqlite3_stmt *st = QUERY(s, SQL_READ_ARTICLE, INT(id));
	int status = st ? store_step(s, SQL_READ_ARTICLE, st) : s->fault.code;
	if (!status)
		return store_not_found(s, "article", id);
	if (status < 0)
		return status;
	fill_article(st, &row);
	cb(&row, arg);
	store_done(st);
	return 0;
}

static void
fill_revision(sqlite3_stmt *st, struct revision_row *row)
{
	*row = (struct revision_row){.at = col_int(st, 0),
	    .title = col_text(st, 1),
	    .body = col_text(st, 2),
	    .cause = col_text(st, 3),
	    .words = col_int(st, 4)};
}

int
store_each_revision(struct store *s, int64_t article_id, store_revision_cb cb, void *arg)
{
	struct revision_row row;
	int status;
	sqlite3_stmt *st = QUERY(s, SQL_REVISIONS, INT(article_id));
	EACH_ROW(s, SQL_REVISIONS, st, fill_revision, row, cb, arg);
	return status;
}

/* ---- links ---- */

/* The columns of LINK_COLUMNS in sql.c. */
static void
fill_link(sqlite3_stmt *st, struct link_row *row)
{
	*row = (struct link_row){
	    .id = col_int(st, 0),
	    .first_seen = col_int(st, 1),
	    .at = col_int(st, 2),
	    .due = col_int(st, 3),
	    .article_id = col_int(st, 4),
	    .attempts = col_int(st, 5),
	    .status = col_int(st, 6),
	    .rechecks = col_int(st, 7),
	    .url = col_text(st, 8),
	    .outcome = col_text(st, 9),
	    .reason = col_text(st, 10),
	    .final_url = col_text(st, 11),
	    .first_feed = col_text(st, 12),
	    .title = col_text(st, 13),
	};
}

int
store_each_recent_link(struct store *s, size_t count, store_link_cb cb, void *arg)
{
	struct link_row row;
	int status;
	sqlite3_stmt *st = QUERY(s, SQL_RECENT_LINKS, INT(count));
	EACH_ROW(s, SQL_RECENT_LINKS, st, fill_link, row, cb, arg);
	return status;
}

static int
find_link_id(struct store *s, const char *url, int64_t *id)
{
	int found;
	uint64_t hash = hash64_str(url);
	int status = NUMBER(s, SQL_LINK_BY_URL, id, &found, INT(hash), TEXT(url));
	if (!status && !found)
		status = NUMBER(s, SQL_LINK_BY_FINAL, id, &found, INT(hash));
	if (!status && !found)
		status = NUMBER(s, SQL_LINK_BY_ARTICLE_URL, id, &found, INT(hash), TEXT(url));
	if (status)
		return status;
	return found ? 0 : ERR_NOT_FOUND;
}

int
store_find_link(struct store *s, const char *url, store_link_cb cb, void *arg)
{
	struct arena scratch = {0};
	struct link_row row;
	int64_t id;
	const char *canonical = url_canonical(&scratch, url);
	int status = find_link_id(s, canonical ? canonical : url, &id);
	arena_clear(&scratch);
	if (status == ERR_NOT_FOUND)
		return fault_set(&s->fault, ERR_NOT_FOUND,
		    "store %s: no feed has named the link %s", s->path, url);
	if (status)
		return status;
	sqlite3_stmt *st = QUERY(s, SQL_READ_LINK, INT(id));
	EACH_ROW(s, SQL_READ_LINK, st, fill_link, row, cb, arg);
	return status;
}

static void
fill_sighting(sqlite3_stmt *st, struct sighting_row *row)
{
	*row = (struct sighting_row){.feed_id = col_int(st, 0),
	    .first_seen = col_int(st, 1),
	    .feed_url = col_text(st, 2),
	    .guid = col_text(st, 3),
	    .title = col_text(st, 4)};
}

int
store_each_sighting(struct store *s, int64_t link_id, store_sighting_cb cb, void *arg)
{
	struct sighting_row row;
	int status;
	sqlite3_stmt *st = QUERY(s, SQL_SIGHTINGS, INT(link_id));
	EACH_ROW(s, SQL_SIGHTINGS, st, fill_sighting, row, cb, arg);
	return status;
}

static void
fill_alias(sqlite3_stmt *st, struct alias_row *row)
{
	*row = (struct alias_row){
	    .at = col_int(st, 0), .url = col_text(st, 1), .feed_url = col_text(st, 2)};
}

int
store_each_alias(struct store *s, int64_t link_id, store_alias_cb cb, void *arg)
{
	struct alias_row row;
	int status;
	sqlite3_stmt *st = QUERY(s, SQL_ALIASES, INT(link_id));
	EACH_ROW(s, SQL_ALIASES, st, fill_alias, row, cb, arg);
	return status;
}

/* ---- polls ---- */

/* The columns of POLL_COLUMNS in sql.c. */
static void
fill_poll(sqlite3_stmt *st, struct poll_row *row)
{
	*row = (struct poll_row){
	    .at = col_int(st, 0),
	    .status = col_int(st, 1),
	    .bytes = col_int(st, 2),
	    .items = col_int(st, 3),
	    .fresh = col_int(st, 4),
	    .duration_ms = col_int(st, 5),
	    .next_poll = col_int(st, 6),
	    .feed_url = col_text(st, 7),
	    .outcome = col_text(st, 8),
	    .error = col_text(st, 9),
	    .next_reason = col_text(st, 10),
	};
}

int
store_each_poll(struct store *s, int64_t feed_id, size_t limit, store_poll_cb cb, void *arg)
{
	struct poll_row row;
	enum sql q = feed_id ? SQL_FEED_POLLS : SQL_RECENT_POLLS;
	int status;
	sqlite3_stmt *st =
	    feed_id ? QUERY(s, q, INT(feed_id), INT(limit)) : QUERY(s, q, INT(limit));
	EACH_ROW(s, q, st, fill_poll, row, cb, arg);
	return status;
}
