/* store_fixture: see store_fixture.h. */
#include "store_fixture.h"

#include <ftw.h>
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "hash.h"
#include "text.h"
#include "url.h"

struct store *
store_fixture_open(const char *path, enum store_mode mode)
{
	struct fault f = {0};
	struct store *s = NULL;
	struct store_options o = {.path = path, .mode = mode, .synchronous = SYNC_OFF};
	if (store_open(&s, &o, &f) != 0)
		fail_msg("cannot open the store: %s", f.text);
	return s;
}

int
store_fixture_setup(void **state)
{
	struct store_fixture *x = mem_zalloc(sizeof *x);
	const char *tmp = getenv("TMPDIR");
	snprintf(x->dir, sizeof x->dir, "%s/newsd-store-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(x->dir))
		return -1;
	snprintf(x->path, sizeof x->path, "%s/news.db", x->dir);
	x->store = store_fixture_open(x->path, STORE_WRITE);
	*state = x;
	return 0;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

void
store_fixture_remove(const char *dir)
{
	nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

int
store_fixture_teardown(void **state)
{
	struct store_fixture *x = *state;
	store_close(x->store);
	store_fixture_remove(x->dir);
	arena_clear(&x->arena);
	mem_free(x);
	return 0;
}

/* ---- the second connection ---- */

static sqlite3 *
connect_to(const struct store_fixture *x, int flags)
{
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open_v2(x->path, &db, flags, NULL), SQLITE_OK);
	sqlite3_busy_timeout(db, 2000);
	return db;
}

void
store_fixture_execute(const struct store_fixture *x, const char *sql)
{
	sqlite3 *db = connect_to(x, SQLITE_OPEN_READWRITE);
	char *error = NULL;
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

static sqlite3_stmt *
first_row(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	int rc = sqlite3_step(st);
	if (rc != SQLITE_ROW && rc != SQLITE_DONE)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	return st;
}

int64_t
store_fixture_int(const struct store_fixture *x, const char *sql)
{
	sqlite3 *db = connect_to(x, SQLITE_OPEN_READONLY);
	sqlite3_stmt *st = first_row(db, sql);
	int64_t v = sqlite3_data_count(st) ? sqlite3_column_int64(st, 0) : INT64_MIN;
	sqlite3_finalize(st);
	sqlite3_close(db);
	return v;
}

char *
store_fixture_text(const struct store_fixture *x, const char *sql)
{
	sqlite3 *db = connect_to(x, SQLITE_OPEN_READONLY);
	sqlite3_stmt *st = first_row(db, sql);
	char *text =
	    sqlite3_data_count(st) ? mem_strdup((const char *)sqlite3_column_text(st, 0)) : NULL;
	sqlite3_finalize(st);
	sqlite3_close(db);
	return text;
}

/* ---- records ---- */

int64_t
store_fixture_feed(struct store_fixture *x, const char *url)
{
	int added;
	struct feed_row row = {.url = url, .content = -1, .added = T0};
	assert_int_equal(store_put_feed(x->store, &row, &added), 0);
	return row.id;
}

struct item *
store_fixture_item(struct store_fixture *x, struct feed_doc *doc, const char *guid,
    const char *link, const char *title)
{
	struct item *it = ARENA_PUSH(&x->arena, doc->items, doc->items_len);
	it->guid = arena_strdup(&x->arena, guid);
	it->link = arena_strdup(&x->arena, link);
	it->canonical = link ? url_canonical(&x->arena, link) : NULL;
	it->fetch = link ? url_fetch_form(&x->arena, link) : NULL;
	it->title = arena_strdup(&x->arena, title);
	it->key = hash64_str(guid ? guid : link ? link : title);
	doc->items_hash = hash64(&it->key, sizeof it->key) ^ doc->items_hash * 31;
	return it;
}

struct feed_doc *
store_fixture_doc(struct store_fixture *x, const char *host, int first, size_t count)
{
	struct feed_doc *doc = arena_zalloc(&x->arena, sizeof *doc);
	doc->format = "rss20";
	for (size_t i = 0; i < count; i++) {
		int n = first + (int)i;
		char *link = arena_printf(&x->arena, "http://%s/story/%d", host, n);
		char *title = arena_printf(&x->arena, "Story %d of %s", n, host);
		store_fixture_item(x, doc, link, link, title);
	}
	return doc;
}

int
store_fixture_poll(struct store_fixture *x, int64_t feed, int64_t at, const struct feed_doc *doc,
    struct poll_result *r)
{
	struct poll p = {.feed_id = feed,
	    .at = at,
	    .outcome = doc ? POLL_OK : POLL_UNCHANGED,
	    .status = doc ? 200 : 304,
	    .bytes = doc ? 1000 : 0,
	    .duration_ms = 12,
	    .etag = "\"v1\"",
	    .next_poll = at + 600,
	    .interval_s = 600,
	    .next_reason = "every 10 minutes",
	    .doc = doc};
	return store_put_poll(x->store, &p, r);
}

struct article
store_fixture_article(const char *url, const char *title, const char *text)
{
	struct arena scratch = {0};
	size_t count;
	struct article a = {.url = (char *)url,
	    .title = (char *)title,
	    .text = (char *)text,
	    .verdict = VERDICT_FULL,
	    .confidence = 0.75,
	    .words = (uint32_t)text_words(text)};
	char *tokens = text_tokens(&scratch, text, &count);
	hash128(tokens, strlen(tokens), a.text_hash);
	a.tokens = (uint32_t)count;
	arena_clear(&scratch);
	return a;
}

int64_t
store_fixture_store(
    struct store_fixture *x, int64_t link, int64_t feed, const struct article *a, int64_t at)
{
	int64_t id;
	assert_int_equal(store_put_article(x->store, a, link, feed, BODY_PAGE, at, 0, &id), 0);
	struct link_outcome o = {.link_id = link,
	    .outcome = OUTCOME_STORED,
	    .at = at,
	    .status = 200,
	    .attempts = 1,
	    .article_id = id};
	assert_int_equal(store_put_outcome(x->store, &o), 0);
	return id;
}
