/*
 * migrations: the tables, as each version of the schema has added to them. They are private and may
 * change with any version; what people query are the views of schema.c.
 *
 * To change a table: append a migration, never edit one that was released.
 */
#include "schema.h"
#include "store_priv.h"

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

static const char tables_3[] =
    /* verdicts: what a page is has more names, and says what it rests on */
    "ALTER TABLE nd_article ADD COLUMN evidence TEXT;"
    "UPDATE nd_article SET verdict = iif(body_source = 'feed', 'feed_only', 'full')"
    " WHERE verdict = 'article';"
    /* whose the validators are, and whether the server gives new entries alone (RFC 3229) */
    "ALTER TABLE nd_feed ADD COLUMN validators_of INTEGER;"
    "ALTER TABLE nd_feed ADD COLUMN offers_parts INTEGER NOT NULL DEFAULT 0;"
    /* what a page's site says of its use: words, see include/rights.h */
    "ALTER TABLE nd_link ADD COLUMN rights TEXT;"
    /* feeds that a hub pushes, see include/websub.h */
    "CREATE TABLE nd_subscription (feed_id INTEGER PRIMARY KEY REFERENCES nd_feed,"
    " hub TEXT NOT NULL, topic TEXT NOT NULL, state TEXT NOT NULL, since INTEGER,"
    " lease_until INTEGER, due INTEGER, attempts INTEGER NOT NULL, error TEXT,"
    " pushes INTEGER NOT NULL, dropped INTEGER NOT NULL, entries INTEGER NOT NULL,"
    " missed INTEGER NOT NULL, last_push INTEGER) STRICT;"
    /* what became of a feed by an accepted proposal, and how far its validators are believed */
    "ALTER TABLE nd_feed ADD COLUMN ended TEXT;"
    "ALTER TABLE nd_feed ADD COLUMN merged_into INTEGER REFERENCES nd_feed;"
    "ALTER TABLE nd_feed ADD COLUMN validators TEXT;"
    /* what became of gaps, see docs/polling.md */
    "ALTER TABLE nd_gap ADD COLUMN tried INTEGER;"
    "ALTER TABLE nd_gap ADD COLUMN reason TEXT;"
    "CREATE INDEX nd_gap_open ON nd_gap(feed_id) WHERE state = 'open';"
    /* what was too much for a host */
    "ALTER TABLE nd_host ADD COLUMN gap_ms INTEGER;"
    "ALTER TABLE nd_host ADD COLUMN gap_until INTEGER;"
    "ALTER TABLE nd_host ADD COLUMN closed_until INTEGER;"
    "CREATE INDEX nd_host_gap ON nd_host(gap_until) WHERE gap_until IS NOT NULL;"
    /* a feed whose silence is strange, see include/silence.h */
    "ALTER TABLE nd_feed ADD COLUMN stale TEXT;"
    "ALTER TABLE nd_feed ADD COLUMN stale_since INTEGER;"
    /* when our own network was out */
    "CREATE TABLE nd_outage (id INTEGER PRIMARY KEY, begins INTEGER NOT NULL, ends INTEGER,"
    " sites INTEGER NOT NULL, reason TEXT NOT NULL) STRICT;"
    /* stories. nd_print is append-only, and what it says of an article outlives it: no reference.
     * nd_arrival is what waits to be judged, numbered on from it. */
    "CREATE TABLE nd_print (seq INTEGER PRIMARY KEY, article_id INTEGER NOT NULL,"
    " story_id INTEGER NOT NULL, site INTEGER NOT NULL, at INTEGER NOT NULL,"
    " signature BLOB NOT NULL) STRICT;"
    "CREATE TABLE nd_arrival (seq INTEGER PRIMARY KEY, article_id INTEGER NOT NULL,"
    " at INTEGER NOT NULL, revision INTEGER NOT NULL) STRICT;"
    "CREATE TABLE nd_relation (article_id INTEGER NOT NULL, other_id INTEGER NOT NULL,"
    " kind INTEGER NOT NULL, rule INTEGER NOT NULL," /* enum story_kind, story_rule */
    " similarity REAL NOT NULL, containment REAL NOT NULL, figures REAL NOT NULL,"
    " at INTEGER NOT NULL, PRIMARY KEY (article_id, other_id)) STRICT, WITHOUT ROWID;"
    /* what an operator said of an article's story outranks nd_print */
    "CREATE TABLE nd_story_move (article_id INTEGER PRIMARY KEY, from_id INTEGER NOT NULL,"
    " story_id INTEGER NOT NULL, kind TEXT NOT NULL, at INTEGER NOT NULL) STRICT;"
    /* the arrival that replaced the text, and the date that was believed until then */
    "ALTER TABLE nd_revision ADD COLUMN arrival INTEGER;"
    "ALTER TABLE nd_revision ADD COLUMN published INTEGER;"
    "INSERT INTO nd_arrival (seq, article_id, at, revision)"
    " SELECT id, id, max(first_seen) OVER (ORDER BY id), 0 FROM nd_article ORDER BY id;"
    /* sites: what each repeats under its stories, and how its texts usually are */
    "CREATE TABLE nd_site (id INTEGER PRIMARY KEY, name TEXT NOT NULL, lines BLOB, drift BLOB)"
    " STRICT;" /* id: hash64_str(name) */
    "CREATE TABLE nd_line (id INTEGER PRIMARY KEY, site INTEGER NOT NULL, hash INTEGER NOT NULL,"
    " text TEXT NOT NULL, articles INTEGER NOT NULL, dropped INTEGER NOT NULL,"
    " first_seen INTEGER NOT NULL, last_seen INTEGER NOT NULL, decision TEXT) STRICT;"
    "CREATE UNIQUE INDEX nd_line_hash ON nd_line(site, hash);"
    "CREATE TABLE nd_dropped (article_id INTEGER NOT NULL, position INTEGER NOT NULL,"
    " line_id INTEGER NOT NULL, PRIMARY KEY (article_id, position)) STRICT, WITHOUT ROWID;"
    "CREATE TABLE nd_drift (id INTEGER PRIMARY KEY, site INTEGER NOT NULL, kind TEXT NOT NULL,"
    " began INTEGER NOT NULL, noticed INTEGER NOT NULL, before REAL NOT NULL,"
    " after REAL NOT NULL, ended INTEGER, how TEXT) STRICT;";

static const char tables_4[] =
    /* documents that killed a worker, see docs/security.md */
    "CREATE TABLE nd_quarantine (id INTEGER PRIMARY KEY, key INTEGER NOT NULL UNIQUE,"
    " kind TEXT NOT NULL, url TEXT NOT NULL, link_id INTEGER REFERENCES nd_link,"
    " feed_id INTEGER REFERENCES nd_feed, reason TEXT NOT NULL, signal INTEGER,"
    " deaths INTEGER NOT NULL, visits INTEGER NOT NULL, first_seen INTEGER NOT NULL,"
    " last_seen INTEGER NOT NULL, state TEXT NOT NULL, settled INTEGER) STRICT;"
    /* the last of these documents, as they were received */
    "CREATE TABLE nd_offender (id INTEGER PRIMARY KEY REFERENCES nd_quarantine,"
    " at INTEGER NOT NULL, url TEXT NOT NULL, content_type TEXT, content_encoding TEXT,"
    " size INTEGER NOT NULL, document BLOB NOT NULL) STRICT;";

static const char *const migrations[STORE_SCHEMA_VERSION] = {
    tables_1, tables_2, tables_3, tables_4};

const char *
schema_migration(int version)
{
	return migrations[version - 1];
}
