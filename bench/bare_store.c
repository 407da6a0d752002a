/* bare_store: see bare_store.h. */
#include "bare_store.h"

#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "figures.h"
#include "hash.h"
#include "mem.h"

#define BATCH_ROWS      500
#define CHECKPOINT_ROWS 20000

enum statement { HOST, LINK, ITEM, SIGHTING, ARTICLE, BODY, INDEX, POLL, FEED, STATEMENTS };

static const char *const texts[STATEMENTS] = {
    [HOST] = "INSERT INTO nd_host (id, name) VALUES (?1, ?2)",
    [LINK] = "INSERT INTO nd_link (id, url, url_hash, host, first_feed, first_seen, content, "
	     "outcome, at,"
	     " attempts, article_id, fetch_url) VALUES (?1, ?2, ?3, ?4, ?5, ?6, 1, 'stored', ?6, "
	     "0, ?1, ?7)",
    [ITEM] = "INSERT INTO nd_item (link_id, title, authors, tags, published, published_precision,"
	     " published_zone, published_raw, summary) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
    [SIGHTING] = "INSERT INTO nd_sighting (feed_id, guid_hash, link_id, guid, first_seen, version)"
		 " VALUES (?1, ?2, ?3, ?4, ?5, 0)",
    [ARTICLE] = "INSERT INTO nd_article (id, link_id, feed_id, story_id, url, url_hash, text_high, "
		"text_low,"
		" tokens, title, byline, published, published_precision, first_seen, language, "
		"language_source,"
		" site, tags, noarchive, body_source, verdict, confidence, words) VALUES (?1, ?1, "
		"?2, ?1, ?3, ?4,"
		" ?5, ?6, ?7, ?8, ?9, ?10, 'second', ?11, ?12, 'feed', ?13, ?14, 0, 'feed', "
		"'article', 1.0, ?7)",
    [BODY] = "INSERT INTO nd_body (id, text) VALUES (?1, ?2)",
    [INDEX] = "INSERT INTO articles_fts (rowid, title, body) SELECT id, title, body FROM nd_text "
	      "WHERE id >= ?1",
    [POLL] =
	"INSERT INTO nd_poll (feed_id, at, outcome, status, bytes, items, fresh, duration_ms, "
	"next_poll,"
	" next_reason) VALUES (?1, ?2, 'ok', 200, 30000, ?3, ?3, 3, ?2 + 3600, 'as bench says')",
    [FEED] = "UPDATE nd_feed SET own_title = ?2, own_site = ?3, own_language = ?4, items_hash = ?5,"
	     " items_total = ?6, last_change = ?7, last_poll = ?7, last_status = 200, next_poll = "
	     "?7 + 3600,"
	     " interval_s = 3600, next_reason = 'as bench says', etag = '\"edition-1\"', "
	     "last_poll_id = ?8"
	     " WHERE id = ?1",
};

struct bare_store {
	sqlite3 *db;
	sqlite3_stmt *statements[STATEMENTS];
	int64_t next_id, index_from;
	int open, rows, rows_since_checkpoint;
};

static void
check(struct bare_store *s, int rc)
{
	if (rc != SQLITE_OK && rc != SQLITE_DONE)
		die("bare store: %s", sqlite3_errmsg(s->db));
}

struct bare_store *
bare_store_open(const char *path)
{
	struct bare_store *s = mem_zalloc(sizeof *s);
	check(s, sqlite3_open_v2(path, &s->db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX, NULL));
	check(s,
	    sqlite3_exec(s->db,
		"PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA wal_autocheckpoint "
		"= 0;"
		"PRAGMA foreign_keys = OFF; PRAGMA secure_delete = OFF; PRAGMA temp_store = MEMORY;"
		"PRAGMA cache_size = -16384;",
		NULL, NULL, NULL));
	for (int i = 0; i < STATEMENTS; i++)
		check(s, sqlite3_prepare_v3(s->db, texts[i], -1, SQLITE_PREPARE_PERSISTENT,
			     &s->statements[i], NULL));
	s->next_id = 1;
	return s;
}

static void
run(struct bare_store *s, enum statement which)
{
	check(s, sqlite3_step(s->statements[which]));
	sqlite3_reset(s->statements[which]);
}

static void
text(sqlite3_stmt *st, int at, const char *value)
{
	sqlite3_bind_text(st, at, value, -1, SQLITE_STATIC);
}

static int64_t
half_of(const uint8_t *hash)
{
	uint64_t v = 0;
	for (int i = 0; i < 8; i++)
		v = v << 8 | hash[i];
	return (int64_t)v;
}

static void
commit(struct bare_store *s)
{
	if (!s->open)
		return;
	sqlite3_bind_int64(s->statements[INDEX], 1, s->index_from);
	run(s, INDEX);
	check(s, sqlite3_exec(s->db, "COMMIT", NULL, NULL, NULL));
	s->open = 0;
	s->rows_since_checkpoint += s->rows;
	if (s->rows_since_checkpoint >= CHECKPOINT_ROWS) {
		sqlite3_wal_checkpoint_v2(s->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
		s->rows_since_checkpoint = 0;
	}
}

static void
put_link(struct bare_store *s, int64_t feed_id, int64_t host, const struct item *it, int64_t at)
{
	sqlite3_stmt *link = s->statements[LINK], *item = s->statements[ITEM],
		     *seen = s->statements[SIGHTING];
	sqlite3_bind_int64(link, 1, s->next_id);
	text(link, 2, it->canonical);
	sqlite3_bind_int64(link, 3, (int64_t)hash64_str(it->canonical));
	sqlite3_bind_int64(link, 4, host);
	sqlite3_bind_int64(link, 5, feed_id);
	sqlite3_bind_int64(link, 6, at);
	text(link, 7, strcmp(it->fetch, it->canonical) ? it->fetch : NULL);
	run(s, LINK);
	sqlite3_bind_int64(item, 1, s->next_id);
	text(item, 2, it->title);
	text(item, 3, it->authors_len ? it->authors[0] : NULL);
	text(item, 4, it->tags_len ? it->tags[0] : NULL);
	sqlite3_bind_int64(item, 5, it->published.utc);
	sqlite3_bind_int64(item, 6, it->published.precision);
	sqlite3_bind_int64(item, 7, it->published.zone_known);
	text(item, 8, it->published_raw);
	text(item, 9, it->summary);
	run(s, ITEM);
	sqlite3_bind_int64(seen, 1, feed_id);
	sqlite3_bind_int64(seen, 2, (int64_t)it->key);
	sqlite3_bind_int64(seen, 3, s->next_id);
	text(seen, 4, it->guid);
	sqlite3_bind_int64(seen, 5, at);
	run(s, SIGHTING);
}

static void
put_article(struct bare_store *s, int64_t feed_id, const struct feed_doc *doc,
    const struct item *it, int64_t at)
{
	sqlite3_stmt *article = s->statements[ARTICLE], *body = s->statements[BODY];
	sqlite3_bind_int64(article, 1, s->next_id);
	sqlite3_bind_int64(article, 2, feed_id);
	text(article, 3, it->canonical);
	sqlite3_bind_int64(article, 4, (int64_t)hash64_str(it->canonical));
	sqlite3_bind_int64(article, 5, half_of(it->text_hash));
	sqlite3_bind_int64(article, 6, half_of(it->text_hash + 8));
	sqlite3_bind_int64(article, 7, it->words);
	text(article, 8, it->title);
	text(article, 9, it->authors_len ? it->authors[0] : NULL);
	sqlite3_bind_int64(article, 10, it->published.utc);
	sqlite3_bind_int64(article, 11, at);
	text(article, 12, doc->language);
	text(article, 13, doc->title);
	text(article, 14, it->tags_len ? it->tags[0] : NULL);
	run(s, ARTICLE);
	sqlite3_bind_int64(body, 1, s->next_id);
	text(body, 2, it->text);
	run(s, BODY);
}

static void
put_poll(struct bare_store *s, int64_t feed_id, const struct feed_doc *doc, int64_t at)
{
	sqlite3_stmt *poll = s->statements[POLL], *feed = s->statements[FEED];
	sqlite3_bind_int64(poll, 1, feed_id);
	sqlite3_bind_int64(poll, 2, at);
	sqlite3_bind_int64(poll, 3, (int64_t)doc->items_len);
	run(s, POLL);
	sqlite3_bind_int64(feed, 1, feed_id);
	text(feed, 2, doc->title);
	text(feed, 3, doc->link);
	text(feed, 4, doc->language);
	sqlite3_bind_int64(feed, 5, (int64_t)doc->items_hash);
	sqlite3_bind_int64(feed, 6, (int64_t)doc->items_len);
	sqlite3_bind_int64(feed, 7, at);
	sqlite3_bind_int64(feed, 8, sqlite3_last_insert_rowid(s->db));
	run(s, FEED);
}

void
bare_store_put(
    struct bare_store *s, int64_t feed_id, const char *host, const struct feed_doc *doc, int64_t at)
{
	int64_t host_id = (int64_t)hash64_str(host);
	if (!s->open) {
		check(s, sqlite3_exec(s->db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
		s->open = 1;
		s->rows = 0;
		s->index_from = s->next_id;
	}
	sqlite3_bind_int64(s->statements[HOST], 1, host_id);
	text(s->statements[HOST], 2, host);
	run(s, HOST);
	for (size_t i = 0; i < doc->items_len; i++, s->next_id++, s->rows++) {
		put_article(s, feed_id, doc, &doc->items[i], at);
		put_link(s, feed_id, host_id, &doc->items[i], at);
	}
	put_poll(s, feed_id, doc, at);
	if (s->rows >= BATCH_ROWS)
		commit(s);
}

void
bare_store_close(struct bare_store *s)
{
	commit(s);
	for (int i = 0; i < STATEMENTS; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db);
	mem_free(s);
}
