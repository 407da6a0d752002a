/*
 * schema: the tables, the views over them, and the road from an older version to this one. The
 * tables are private and may change with any version; the views are what people query, keep their
 * columns, and are made anew by every upgrade. schema_doc.c says in words what each column holds.
 *
 * To change a table: append a migration, never edit one that was released.
 */
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "schema.h"
#include "store_priv.h"

#define SQL_MAX 65536

/* ---- tables ---- */

/*
 * Indexes are only where a query of the daemon or a plain question of a reader needs one: each
 * costs the writer at every row. Notably absent: one on polls by feed, which would touch a page of
 * its own for every poll; polls are chained instead (prev), newest first from nd_feed.last_poll_id.
 *
 * A link is found by the hash of its URL and compared as text, so that the index is small and a
 * made collision harmless. `content` lies apart from nd_item, and `text` apart from nd_article,
 * because they are large and seldom wanted.
 */
static const char tables_1[] =
    "CREATE TABLE nd_feed ("
    " id INTEGER PRIMARY KEY,"
    " key TEXT NOT NULL UNIQUE,"                         /* the canonical form of url */
    " url TEXT NOT NULL,"                                /* the form to fetch */
    " title TEXT, site TEXT,"                            /* as the operator names them */
    " own_title TEXT, own_site TEXT, own_language TEXT," /* as the feed names them */
    " language TEXT, tags TEXT,"
    " origin INTEGER NOT NULL, content INTEGER NOT NULL,"
    " active INTEGER NOT NULL, added INTEGER NOT NULL,"
    " last_poll INTEGER, last_change INTEGER, last_status INTEGER, error TEXT,"
    " failures INTEGER NOT NULL DEFAULT 0,"
    " next_poll INTEGER, interval_s INTEGER, next_reason TEXT, not_before INTEGER,"
    " etag TEXT, last_modified TEXT, items_hash INTEGER,"
    " items_total INTEGER NOT NULL DEFAULT 0, last_poll_id INTEGER"
    ") STRICT;"

    "CREATE TABLE nd_host (id INTEGER PRIMARY KEY, name TEXT NOT NULL) STRICT;"

    "CREATE TABLE nd_link ("
    " id INTEGER PRIMARY KEY,"
    " url TEXT NOT NULL, url_hash INTEGER NOT NULL,"
    " host INTEGER NOT NULL REFERENCES nd_host,"
    " first_feed INTEGER NOT NULL REFERENCES nd_feed,"
    " first_seen INTEGER NOT NULL,"
    " content INTEGER NOT NULL,"
    " outcome TEXT NOT NULL, reason TEXT, at INTEGER NOT NULL, status INTEGER,"
    " attempts INTEGER NOT NULL DEFAULT 0, due INTEGER,"
    " rechecks INTEGER NOT NULL DEFAULT 0,"
    " article_id INTEGER REFERENCES nd_article,"
    " fetch_url TEXT,"                     /* NULL: the same as url */
    " final_url TEXT, final_hash INTEGER," /* NULL: no redirect */
    " CHECK (outcome <> 'pending' OR due IS NOT NULL)"
    ") STRICT;"
    "CREATE INDEX nd_link_url ON nd_link(url_hash);"
    /* outcome, though constant there, so that a look at all the pending needs no row */
    "CREATE INDEX nd_link_due ON nd_link(host, due, outcome) WHERE outcome = 'pending';"
    "CREATE INDEX nd_link_article ON nd_link(article_id) WHERE article_id IS NOT NULL;"
    "CREATE INDEX nd_link_final ON nd_link(final_hash) WHERE final_hash IS NOT NULL;"
    /* grows at its end: half a microsecond an outcome, 14 bytes a link */
    "CREATE INDEX nd_link_at ON nd_link(at) WHERE outcome <> 'pending';"

    "CREATE TABLE nd_item ("
    " link_id INTEGER PRIMARY KEY REFERENCES nd_link,"
    " title TEXT, authors TEXT, tags TEXT," /* lists: one a line */
    " published INTEGER, published_precision INTEGER, published_zone INTEGER,"
    " updated INTEGER, updated_precision INTEGER, updated_zone INTEGER,"
    " published_raw TEXT,"
    " image TEXT, comments TEXT, rights TEXT, language TEXT, source TEXT,"
    " enclosures TEXT," /* url, type and length, a line each */
    " summary TEXT"
    ") STRICT;"
    "CREATE TABLE nd_content (link_id INTEGER PRIMARY KEY REFERENCES nd_link,"
    " content TEXT NOT NULL) STRICT;"

    "CREATE TABLE nd_sighting ("
    " feed_id INTEGER NOT NULL REFERENCES nd_feed, guid_hash INTEGER NOT NULL,"
    " link_id INTEGER NOT NULL REFERENCES nd_link,"
    " guid TEXT, first_seen INTEGER NOT NULL,"
    " version INTEGER NOT NULL," /* the entry's `updated` as last seen, 0: none */
    " PRIMARY KEY (feed_id, guid_hash)"
    ") STRICT, WITHOUT ROWID;"
    "CREATE INDEX nd_sighting_link ON nd_sighting(link_id);"

    "CREATE TABLE nd_article ("
    " id INTEGER PRIMARY KEY,"
    " link_id INTEGER NOT NULL REFERENCES nd_link,"
    " feed_id INTEGER NOT NULL REFERENCES nd_feed,"
    " story_id INTEGER NOT NULL,"
    " url TEXT NOT NULL, url_hash INTEGER NOT NULL,"
    " text_high INTEGER NOT NULL, text_low INTEGER NOT NULL, tokens INTEGER NOT NULL,"
    " title TEXT, subtitle TEXT, byline TEXT,"
    " published INTEGER, published_precision TEXT, modified INTEGER, first_seen INTEGER NOT NULL,"
    " language TEXT, language_source TEXT, site TEXT, section TEXT, tags TEXT, image TEXT,"
    " agency TEXT, syndicated_from TEXT, charset TEXT, noarchive INTEGER NOT NULL,"
    " body_source TEXT NOT NULL, verdict TEXT NOT NULL, confidence REAL NOT NULL,"
    " words INTEGER NOT NULL, revisions INTEGER NOT NULL DEFAULT 0, revised INTEGER"
    ") STRICT;"
    "CREATE INDEX nd_article_url ON nd_article(url_hash);"
    "CREATE INDEX nd_article_text ON nd_article(text_high);"
    "CREATE INDEX nd_article_story ON nd_article(story_id);"
    "CREATE INDEX nd_article_published ON nd_article(published);"
    "CREATE TABLE nd_body (id INTEGER PRIMARY KEY REFERENCES nd_article,"
    " text TEXT NOT NULL) STRICT;"

    "CREATE TABLE nd_revision ("
    " id INTEGER PRIMARY KEY, article_id INTEGER NOT NULL REFERENCES nd_article,"
    " at INTEGER NOT NULL, title TEXT, body TEXT NOT NULL, cause TEXT, words INTEGER NOT NULL"
    ") STRICT;"
    "CREATE INDEX nd_revision_article ON nd_revision(article_id);"

    "CREATE TABLE nd_poll ("
    " id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL REFERENCES nd_feed,"
    " prev INTEGER," /* the poll of this feed before this one; pruned ones are dangling */
    " at INTEGER NOT NULL, outcome TEXT NOT NULL, status INTEGER, error TEXT,"
    " bytes INTEGER NOT NULL, items INTEGER, fresh INTEGER, duration_ms INTEGER NOT NULL,"
    " next_poll INTEGER, next_reason TEXT, recovered TEXT"
    ") STRICT;"

    "CREATE TABLE nd_count (kind TEXT NOT NULL, name TEXT NOT NULL, n INTEGER NOT NULL,"
    " PRIMARY KEY (kind, name)) STRICT, WITHOUT ROWID;"

    /* The text lives in the tables; the index is fed by the writer, which knows the old text that
     * a deletion must name. */
    "CREATE VIEW nd_text AS SELECT a.id AS id, a.title AS title, b.text AS body"
    " FROM nd_article a JOIN nd_body b ON b.id = a.id;"
    "CREATE VIRTUAL TABLE articles_fts USING fts5(title, body, content='nd_text',"
    " content_rowid='id', tokenize='unicode61 remove_diacritics 2');"
    "INSERT INTO articles_fts(articles_fts, rank) VALUES ('rank', 'bm25(5.0, 1.0)');"
    /* bytes of words gathered in memory: with the default of 1 MB a batch is written in pieces */
    "INSERT INTO articles_fts(articles_fts, rank) VALUES ('hashsize', 4194304);";

/*
 * nd_window: the links of the entries that a feed showed lately, newest first: a number, then the
 * distance of each to the next. One row, because it is written with every document that has news.
 *
 * nd_outlink lies apart from nd_article, as most questions don't ask for it. The hash finds the
 * link that newsd itself has for the URL, if any. There is no index by it, which would cost the
 * writer more than the rows; who asks who links to a page reads the table through.
 */
static const char tables_2[] =
    /* see include/identity.h; 0: not known */
    "ALTER TABLE nd_sighting ADD COLUMN face INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE nd_sighting ADD COLUMN gist INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE nd_poll ADD COLUMN joined INTEGER;"
    "ALTER TABLE nd_poll ADD COLUMN overlap INTEGER;"
    "ALTER TABLE nd_feed ADD COLUMN memory BLOB;" /* see include/cadence.h */
    "CREATE TABLE nd_gap (id INTEGER PRIMARY KEY,"
    " feed_id INTEGER NOT NULL REFERENCES nd_feed, at INTEGER NOT NULL,"
    " begins INTEGER NOT NULL, ends INTEGER NOT NULL, lost REAL NOT NULL, state TEXT NOT NULL,"
    " found INTEGER NOT NULL DEFAULT 0) STRICT;"
    "CREATE INDEX nd_gap_at ON nd_gap(at);"
    "ALTER TABLE nd_feed ADD COLUMN recovered TEXT;"
    "ALTER TABLE nd_feed ADD COLUMN recovered_since INTEGER;"
    "ALTER TABLE nd_feed ADD COLUMN guids_changed INTEGER;"
    "CREATE TABLE nd_window (feed_id INTEGER PRIMARY KEY REFERENCES nd_feed,"
    " links TEXT NOT NULL) STRICT;"
    "CREATE TABLE nd_alias (url TEXT NOT NULL, url_hash INTEGER NOT NULL,"
    " link_id INTEGER NOT NULL REFERENCES nd_link,"
    " feed_id INTEGER NOT NULL REFERENCES nd_feed, at INTEGER NOT NULL) STRICT;"
    "CREATE INDEX nd_alias_url ON nd_alias(url_hash);"
    "CREATE INDEX nd_alias_link ON nd_alias(link_id);"
    /* what a date leaves open: bits (enum date_doubt) beside an entry, words beside an article */
    "ALTER TABLE nd_item ADD COLUMN published_doubt INTEGER NOT NULL DEFAULT 0;"
    "ALTER TABLE nd_article ADD COLUMN published_doubt TEXT;"
    "ALTER TABLE nd_article ADD COLUMN published_raw TEXT;"
    /* entries of a sitemap that were no news */
    "ALTER TABLE nd_poll ADD COLUMN skipped INTEGER;"
    /* an accepted proposal redirects a feed that a file lists: identity stays with url and key */
    "ALTER TABLE nd_feed ADD COLUMN moved_url TEXT;"
    "ALTER TABLE nd_feed ADD COLUMN moved_key TEXT;"
    "CREATE INDEX nd_feed_moved ON nd_feed(moved_key) WHERE moved_key IS NOT NULL;"
    "CREATE TABLE nd_proposal ("
    " id INTEGER PRIMARY KEY, feed_id INTEGER NOT NULL REFERENCES nd_feed,"
    " kind TEXT NOT NULL, old_url TEXT NOT NULL,"
    " new_url TEXT," /* NULL: the kind has none */
    " reason TEXT NOT NULL, evidence TEXT,"
    " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, seen INTEGER NOT NULL,"
    " state TEXT NOT NULL, decided INTEGER"
    ") STRICT;"
    /* one that was dismissed is not made again */
    "CREATE UNIQUE INDEX nd_proposal_one ON nd_proposal(feed_id, kind, coalesce(new_url, ''))"
    " WHERE state <> 'accepted';"
    "ALTER TABLE nd_article ADD COLUMN title_source TEXT;"
    "ALTER TABLE nd_article ADD COLUMN published_source TEXT;"
    "CREATE TABLE nd_outlink ("
    " article_id INTEGER NOT NULL REFERENCES nd_article, position INTEGER NOT NULL,"
    " url TEXT NOT NULL, url_hash INTEGER NOT NULL, host TEXT NOT NULL,"
    " PRIMARY KEY (article_id, position)) STRICT, WITHOUT ROWID;";

static const char *const migrations[STORE_SCHEMA_VERSION] = {tables_1, tables_2};

const char *
schema_migration(int version)
{
	return migrations[version - 1];
}

/* ---- views ---- */

/* Columns that come from another table are scalar subqueries: they cost only who asks for them. */
static const char views[] =
    "CREATE VIEW feeds AS SELECT f.id AS id, f.url AS url,"
    " coalesce(f.title, f.own_title) AS title, coalesce(f.site, f.own_site) AS site,"
    " coalesce(f.language, f.own_language) AS language, f.tags AS tags, f.active AS active,"
    " CASE f.origin WHEN 0 THEN 'file' ELSE 'control' END AS origin,"
    " CASE f.content WHEN 0 THEN 'page' WHEN 1 THEN 'feed' END AS content,"
    " f.added AS added, f.last_poll AS last_poll, f.last_change AS last_change,"
    " f.last_status AS last_status, f.error AS error, f.failures AS failures,"
    " f.next_poll AS next_poll, f.next_reason AS next_reason, f.not_before AS not_before,"
    " f.interval_s AS interval_s, f.etag AS etag, f.last_modified AS last_modified,"
    " f.items_total AS items, f.recovered AS recovered, f.recovered_since AS recovered_since,"
    " f.guids_changed AS guids_changed, f.moved_url AS moved_to"
    " FROM nd_feed f;"

    "CREATE VIEW links AS SELECT l.id AS id, l.url AS url,"
    " (SELECT url FROM nd_feed WHERE id = l.first_feed) AS first_feed,"
    " l.first_feed AS first_feed_id, l.first_seen AS first_seen,"
    " l.outcome AS outcome, l.reason AS reason, l.at AS at, l.status AS status,"
    " l.attempts AS attempts, l.due AS due, l.rechecks AS rechecks, l.article_id AS article_id,"
    " coalesce(l.fetch_url, l.url) AS fetch_url, l.final_url AS final_url,"
    " (SELECT name FROM nd_host WHERE id = l.host) AS host,"
    " CASE l.content WHEN 0 THEN 'page' ELSE 'feed' END AS content,"
    " (SELECT title FROM nd_item WHERE link_id = l.id) AS title,"
    " (SELECT replace(authors, char(10), ', ') FROM nd_item WHERE link_id = l.id) AS authors,"
    /* what claimed to lie in the future counts as of now */
    " (SELECT iif(published_doubt & 16, l.first_seen, published) FROM nd_item"
    "  WHERE link_id = l.id) AS published,"
    " (SELECT CASE WHEN published_doubt & 16 THEN 'future' ELSE CASE published_precision"
    "  WHEN 1 THEN 'year' WHEN 2 THEN 'month' WHEN 3 THEN 'day' WHEN 4 THEN 'minute'"
    "  WHEN 5 THEN 'second' END END FROM nd_item WHERE link_id = l.id) AS published_precision,"
    " (SELECT nullif(rtrim(iif(published_doubt & 1, 'zone ', '')"
    "  || iif(published_doubt & 2, 'order ', '') || iif(published_doubt & 4, 'century ', '')"
    "  || iif(published_doubt & 8, 'weekday ', '') || iif(published_doubt & 16, 'future', '')),"
    "  '') FROM nd_item WHERE link_id = l.id) AS published_doubt,"
    " (SELECT published_raw FROM nd_item WHERE link_id = l.id) AS published_raw,"
    " (SELECT updated FROM nd_item WHERE link_id = l.id) AS updated,"
    " (SELECT summary FROM nd_item WHERE link_id = l.id) AS summary"
    " FROM nd_link l;"

    "CREATE VIEW articles AS SELECT a.id AS id, a.url AS url, a.title AS title,"
    " a.title_source AS title_source,"
    " a.subtitle AS subtitle, a.byline AS byline, a.published AS published,"
    " a.published_precision AS published_precision, a.published_doubt AS published_doubt,"
    " a.published_raw AS published_raw, a.published_source AS published_source,"
    " a.modified AS modified,"
    " a.first_seen AS first_seen, a.language AS language, a.language_source AS language_source,"
    " a.site AS site, a.section AS section, a.tags AS tags, a.image AS image,"
    " a.agency AS agency, a.syndicated_from AS syndicated_from,"
    " (SELECT text FROM nd_body WHERE id = a.id) AS body, a.body_source AS body_source,"
    " a.verdict AS verdict, a.confidence AS confidence, a.story_id AS story_id,"
    " a.words AS words, a.link_id AS link_id, a.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = a.feed_id) AS feed,"
    " a.revisions AS revisions, a.revised AS revised, a.charset AS charset,"
    " a.noarchive AS noarchive"
    " FROM nd_article a;"

    "CREATE VIEW article_links AS SELECT o.article_id AS article_id, o.position AS position,"
    " o.url AS url, o.host AS host,"
    " (SELECT id FROM nd_link WHERE url_hash = o.url_hash AND url = o.url) AS link_id,"
    " (SELECT article_id FROM nd_link WHERE url_hash = o.url_hash AND url = o.url)"
    " AS to_article_id FROM nd_outlink o;"

    "CREATE VIEW sightings AS SELECT s.link_id AS link_id,"
    " (SELECT url FROM nd_link WHERE id = s.link_id) AS url, s.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = s.feed_id) AS feed, s.guid AS guid,"
    " s.first_seen AS first_seen,"
    " (SELECT article_id FROM nd_link WHERE id = s.link_id) AS article_id"
    " FROM nd_sighting s;"

    "CREATE VIEW aliases AS SELECT a.link_id AS link_id, a.url AS url, a.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = a.feed_id) AS feed, a.at AS at"
    " FROM nd_alias a;"

    "CREATE VIEW polls AS SELECT p.id AS id, p.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = p.feed_id) AS feed, p.at AS at,"
    " p.outcome AS outcome, p.status AS status, p.error AS error, p.recovered AS recovered,"
    " p.bytes AS bytes, p.items AS items, p.skipped AS skipped, p.fresh AS new,"
    " p.joined AS joined, p.overlap AS overlap, p.duration_ms AS duration_ms,"
    " p.next_poll AS next_poll, p.next_reason AS next_reason"
    " FROM nd_poll p;"

    "CREATE VIEW gaps AS SELECT g.id AS id, g.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = g.feed_id) AS feed, g.at AS at, g.begins AS begins,"
    " g.ends AS ends, g.lost AS lost, g.state AS state, g.found AS found FROM nd_gap g;"

    "CREATE VIEW revisions AS SELECT id, article_id, at, title, body, cause, words"
    " FROM nd_revision;"

    "CREATE VIEW stories AS SELECT g.id AS id, g.first_article AS first_article,"
    " (SELECT title FROM nd_article WHERE id = g.first_article) AS title,"
    " g.articles AS articles, g.links AS links, g.sites AS sites,"
    " g.first_seen AS first_seen, g.last_seen AS last_seen"
    " FROM (SELECT a.story_id AS id, min(a.id) AS first_article, count(*) AS articles,"
    "  sum((SELECT count(*) FROM nd_link l WHERE l.article_id = a.id)) AS links,"
    "  count(DISTINCT a.site) AS sites, min(a.first_seen) AS first_seen,"
    "  max(a.first_seen) AS last_seen FROM nd_article a GROUP BY a.story_id) g;"

    "CREATE VIEW proposals AS SELECT p.id AS id, p.feed_id AS feed_id,"
    " (SELECT url FROM nd_feed WHERE id = p.feed_id) AS feed, p.kind AS kind,"
    " p.old_url AS old_url, p.new_url AS new_url, p.reason AS reason, p.evidence AS evidence,"
    " p.first_seen AS first_seen, p.last_seen AS last_seen, p.seen AS seen, p.state AS state,"
    " p.decided AS decided FROM nd_proposal p;"

    "CREATE VIEW ledger AS SELECT name AS outcome, n AS links FROM nd_count"
    " WHERE kind = 'links';";

/* Write the view TWIN over VIEW: the same columns, times as ISO 8601 text. */
static void
add_twin(struct buf *sql, const struct schema_view_row *v)
{
	const char *comma = "";
	buf_printf(sql, "CREATE VIEW %s AS SELECT ", v->twin);
	for (const struct schema_doc_row *c = schema_doc; c->view; c++) {
		if (strcmp(c->view, v->view) != 0)
			continue;
		if (c->type == SCHEMA_TIME)
			buf_printf(sql,
			    "%sstrftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', %s, 'unixepoch')"
			    " AS %s",
			    comma, c->column, c->column);
		else
			buf_printf(sql, "%s%s", comma, c->column);
		comma = ", ";
	}
	buf_printf(sql, " FROM %s;", v->view);
}

static int
make_views(struct store *s)
{
	struct buf sql;
	buf_init(&sql, SQL_MAX);
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		if (strcmp(v->view, "articles_fts") != 0)
			buf_printf(&sql, "DROP VIEW IF EXISTS %s;", v->view);
		if (v->twin)
			buf_printf(&sql, "DROP VIEW IF EXISTS %s;", v->twin);
	}
	buf_add_str(&sql, views);
	for (const struct schema_view_row *v = schema_views; v->view; v++)
		if (v->twin)
			add_twin(&sql, v);
	int status = store_execute(s, buf_str(&sql), "make the views");
	buf_clear(&sql);
	return status;
}

/* Every outcome has its row in the ledger from the first day. */
static int
seed_counts(struct store *s)
{
	int status = 0;
	for (int i = 0; i < COUNTER_COUNT && !status; i++)
		status = RUN(s, SQL_ADD_COUNT, TEXT(store_counter_kind(i)),
		    TEXT(store_counter_name(i)), INT(0));
	return status;
}

int
store_migrate(struct store *s)
{
	char pragmas[96];
	int64_t version;
	int status = store_begin(s);
	if (status)
		return status;
	status = store_pragma_number(s, "user_version", &version);
	if (!status && version == STORE_SCHEMA_VERSION)
		return store_leave(s, 1, 0);
	for (int64_t v = version; v < STORE_SCHEMA_VERSION && !status; v++)
		status = store_execute(s, migrations[v], "make the tables");
	if (!status)
		status = make_views(s);
	if (!status)
		status = seed_counts(s);
	snprintf(pragmas, sizeof pragmas, "PRAGMA application_id = %d; PRAGMA user_version = %d;",
	    STORE_APPLICATION, STORE_SCHEMA_VERSION);
	if (!status)
		status = store_execute(s, pragmas, "note the schema's version");
	return store_leave(s, 1, status);
}
