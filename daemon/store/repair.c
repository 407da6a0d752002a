/*
 * repair: a new store of what can be read of a damaged one. salvage.c reads the tables; here what
 * was read is made consistent again, and what could not be is put into words. Nothing is hidden: a
 * link that is lost keeps its number with the outcome `lost`.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "mem.h"
#include "signature.h"
#include "store_priv.h"
#include "url.h"

#define LINK_BYTES_MIN 32         /* of the row of a link, with its entries in indexes */
#define SYSTEM_NAME    "nd_count" /* counted anew */

struct repair {
	const struct store_repair *r;
	struct store *from, *to;
	int fd; /* the damaged file; closed last, because that drops SQLite's locks on it */
	int version;
	int64_t links, articles, revisions, sightings,
	    polls; /* as FROM counted them, -1: unknown */
	int64_t lost;
};

/* "WHAT: N" and, where there is one, what to do about it or what comes of it. */
static void
say(const struct repair *r, const char *what, int64_t n, const char *advice)
{
	char sentence[256];
	snprintf(sentence, sizeof sentence, "%s: %lld%s%s", what, (long long)n, advice ? "; " : "",
	    advice ? advice : "");
	r->r->say(sentence, r->r->arg);
}

/* ---- functions that the statements below need ---- */

static void
host_name(const char *url, char name[URL_MAX + 1])
{
	if (!url || url_authority(url, name, URL_MAX + 1) != 0)
		snprintf(name, URL_MAX + 1, "%s", STORE_HOSTLESS);
}

static void
fn_host_name(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	char name[URL_MAX + 1];
	(void)n;
	host_name((const char *)sqlite3_value_text(args[0]), name);
	sqlite3_result_text(ctx, name, -1, SQLITE_TRANSIENT);
}

static void
fn_host_key(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	char name[URL_MAX + 1];
	(void)n;
	host_name((const char *)sqlite3_value_text(args[0]), name);
	sqlite3_result_int64(ctx, (int64_t)hash64_str(name));
}

static void
fn_hash(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	const char *text = (const char *)sqlite3_value_text(args[0]);
	(void)n;
	sqlite3_result_int64(ctx, text ? (int64_t)hash64_str(text) : 0);
}

/* text_part(text, what): the halves of a text's hash (0, 1), and its tokens (2). */
static void
fn_text_part(sqlite3_context *ctx, int n, sqlite3_value **args)
{
	const char *text = (const char *)sqlite3_value_text(args[0]);
	int what = sqlite3_value_int(args[1]);
	uint8_t hash[16];
	uint32_t tokens;
	uint64_t half = 0;
	(void)n;
	signature_text(text ? text : "", hash, &tokens);
	for (int i = 0; i < 8; i++)
		half = half << 8 | hash[8 * (what == 1) + i];
	sqlite3_result_int64(ctx, what == 2 ? (int64_t)tokens : (int64_t)half);
}

static int
add_functions(struct store *s)
{
	static const struct {
		const char *name;
		int args;
		void (*call)(sqlite3_context *, int, sqlite3_value **);
	} functions[] = {{"host_name", 1, fn_host_name}, {"host_key", 1, fn_host_key},
	    {"url_hash", 1, fn_hash}, {"text_part", 2, fn_text_part}};
	int rc = SQLITE_OK;
	for (size_t i = 0; i < sizeof functions / sizeof *functions && rc == SQLITE_OK; i++)
		rc = sqlite3_create_function(s->db, functions[i].name, functions[i].args,
		    SQLITE_UTF8 | SQLITE_DETERMINISTIC, NULL, functions[i].call, NULL, NULL);
	return rc == SQLITE_OK ? 0 : store_fail(s, rc, "prepare the repair");
}

/* ---- mending ---- */

/* In order. ?1 is now, ?2 the number of links that there were. */
static const struct mending {
	const char *needs; /* the table that came latest of those that it names */
	int is_loss;       /* 1: the rows it changes are lost */
	const char *what, *advice;
	const char *sql;
} mendings[] = {
    {"nd_feed", 1, "feeds lost", "add them again, unless a file of the option feeds names them",
	"INSERT INTO nd_feed (id, key, url, title, origin, content, active, added)"
	" SELECT id, 'urn:newsd:lost-feed:' || id, 'urn:newsd:lost-feed:' || id,"
	" 'lost in a damaged store', 0, -1, 0, ?1 FROM (SELECT first_feed AS id FROM nd_link"
	" UNION SELECT feed_id FROM nd_article UNION SELECT feed_id FROM nd_sighting)"
	" WHERE id NOT IN (SELECT id FROM nd_feed)"},
    {"nd_article", 0, "links made again from their articles", NULL,
	"INSERT INTO nd_link (id, url, url_hash, host, first_feed, first_seen, content, outcome, at,"
	" reason, article_id)"
	" SELECT link_id, url, url_hash, host_key(url), feed_id, first_seen, 0, 'stored', first_seen,"
	" 'made again from its article when the store was repaired', min(id) FROM nd_article a"
	" WHERE link_id NOT IN (SELECT id FROM nd_link) AND NOT EXISTS"
	" (SELECT 1 FROM nd_link l WHERE l.url_hash = a.url_hash AND l.url = a.url)"
	" GROUP BY link_id"},
    {"nd_link", 0, "articles joined to their links again", NULL,
	"UPDATE nd_article SET link_id = (SELECT min(l.id) FROM nd_link l WHERE l.url_hash ="
	" nd_article.url_hash AND l.url = nd_article.url) WHERE link_id NOT IN (SELECT id FROM nd_link)"
	" AND EXISTS (SELECT 1 FROM nd_link l WHERE l.url_hash = nd_article.url_hash AND l.url ="
	" nd_article.url)"},
    /* a number that is missing; where no feed is left either, there is nothing to count from */
    {"nd_link", 1, "links lost",
	"they have that outcome; a feed that still shows one brings it anew",
	"WITH RECURSIVE n(id) AS (SELECT 1 WHERE ?2 > 0 UNION ALL SELECT id + 1 FROM n WHERE id < ?2)"
	" INSERT INTO nd_link (id, url, url_hash, host, first_feed, first_seen, content, outcome, at,"
	" reason) SELECT id, 'urn:newsd:lost:' || id, url_hash('urn:newsd:lost:' || id),"
	" host_key(NULL), (SELECT min(id) FROM nd_feed), coalesce((SELECT first_seen FROM nd_link l"
	" WHERE l.id < n.id ORDER BY l.id DESC LIMIT 1), ?1), 0, 'lost', ?1,"
	" 'its row was damaged when the store was repaired' FROM n"
	" WHERE id NOT IN (SELECT id FROM nd_link) AND (SELECT min(id) FROM nd_feed) > 0"},
    {"nd_host", 0, "hosts named again from their links", NULL,
	"INSERT OR IGNORE INTO nd_host (id, name) SELECT host, host_name(url) FROM nd_link"
	" WHERE host NOT IN (SELECT id FROM nd_host) GROUP BY host"},
    /* so that nothing leads to a lost link any more, and the entry is new when it is seen again */
    {"nd_sighting", 0, "sightings of lost links forgotten", NULL,
	"DELETE FROM nd_sighting WHERE link_id IN (SELECT id FROM nd_link WHERE outcome = 'lost')"},
    {"nd_item", 0, "entries of lost links forgotten", NULL,
	"DELETE FROM nd_item WHERE link_id IN (SELECT id FROM nd_link WHERE outcome = 'lost')"},
    {"nd_alias", 0, "aliases of lost links forgotten", NULL,
	"DELETE FROM nd_alias WHERE link_id IN (SELECT id FROM nd_link WHERE outcome = 'lost')"},
    {"nd_article", 0, "articles made again from texts and entries",
	"what their pages said of author, date and site is lost",
	"INSERT INTO nd_article (id, link_id, feed_id, story_id, url, url_hash, text_high, text_low,"
	" tokens, title, published, published_precision, first_seen, noarchive, body_source, verdict,"
	" confidence, words)"
	" SELECT b.id, l.id, l.first_feed, b.id, l.url, l.url_hash, text_part(b.text, 0),"
	" text_part(b.text, 1), text_part(b.text, 2), i.title, i.published,"
	" iif(i.published IS NULL, NULL, 'second'), l.first_seen, 0, 'page', 'full', 0.5,"
	" text_part(b.text, 2) FROM nd_body b"
	" JOIN nd_link l ON l.id = (SELECT min(k.id) FROM nd_link k WHERE k.article_id = b.id"
	" AND k.outcome IN ('stored', 'revision'))"
	" LEFT JOIN nd_item i ON i.link_id = l.id WHERE b.id NOT IN (SELECT id FROM nd_article)"},
    {"nd_print", 0, "of these in their stories again", NULL,
	"UPDATE nd_article SET story_id = (SELECT story_id FROM nd_print p WHERE p.article_id ="
	" nd_article.id ORDER BY seq DESC LIMIT 1) WHERE confidence = 0.5 AND site IS NULL AND"
	" story_id <> (SELECT story_id FROM nd_print p WHERE p.article_id = nd_article.id"
	" ORDER BY seq DESC LIMIT 1)"},
    {"nd_body", 0, "articles whose text is lost", "their links are pending again",
	"DELETE FROM nd_article WHERE id NOT IN (SELECT id FROM nd_body)"},
    {"nd_body", 1, "texts lost because neither article nor link is left", NULL,
	"DELETE FROM nd_body WHERE id NOT IN (SELECT id FROM nd_article)"},
    {"nd_link", 1, "links whose article is lost", "they are pending again, and newsd fetches them",
	"UPDATE nd_link SET outcome = 'pending', due = ?1, at = ?1, attempts = 0, article_id = NULL,"
	" reason = 'its article was lost in a damaged store' WHERE outcome IN"
	" ('stored', 'revision', 'duplicate') AND (article_id IS NULL OR article_id NOT IN"
	" (SELECT id FROM nd_article))"},
    {"nd_item", 1, "entries lost", "title and date of these links as the feed gave them",
	"INSERT INTO nd_item (link_id) SELECT id FROM nd_link WHERE outcome <> 'lost'"
	" AND id NOT IN (SELECT link_id FROM nd_item)"},
    {"nd_sighting", 0, "links whose sightings are lost",
	"said to be seen where they were seen first",
	"INSERT OR IGNORE INTO nd_sighting (feed_id, guid_hash, link_id, first_seen, version)"
	" SELECT first_feed, url_hash, id, first_seen, 0 FROM nd_link WHERE outcome <> 'lost'"
	" AND id NOT IN (SELECT link_id FROM nd_sighting)"},
    {"nd_feed", 0, "feeds that are asked for a whole document at their next poll", NULL,
	"UPDATE nd_feed SET etag = NULL, last_modified = NULL, items_hash = NULL"
	" WHERE active AND (etag IS NOT NULL OR last_modified IS NOT NULL OR items_hash IS NOT NULL)"},
    {"nd_arrival", 0, "articles that wait for their story to be found again", NULL,
	"INSERT INTO nd_arrival (seq, article_id, at, revision) SELECT"
	" (SELECT max(coalesce((SELECT max(seq) FROM nd_print), 0),"
	" coalesce((SELECT max(seq) FROM nd_arrival), 0))) + row_number() OVER (ORDER BY id), id,"
	" first_seen, 0 FROM nd_article WHERE id NOT IN (SELECT article_id FROM nd_print"
	" UNION ALL SELECT article_id FROM nd_arrival)"},
};

static int
has_table(struct store *s, const char *name)
{
	return sqlite3_table_column_metadata(
		   s->db, "main", name, NULL, NULL, NULL, NULL, NULL, NULL) == SQLITE_OK;
}

/* Run M and say how many rows it was about. */
static int
mend(struct repair *r, const struct mending *m)
{
	sqlite3_stmt *st = NULL;
	if (!has_table(r->to, m->needs))
		return 0;
	int rc = sqlite3_prepare_v2(r->to->db, m->sql, -1, &st, NULL);
	if (rc == SQLITE_OK) {
		int last = sqlite3_bind_parameter_count(st);
		if (last >= 1)
			sqlite3_bind_int64(st, 1, clock_now());
		if (last >= 2)
			sqlite3_bind_int64(st, 2, r->links);
		rc = sqlite3_step(st);
	}
	int64_t n = sqlite3_changes64(r->to->db);
	sqlite3_finalize(st);
	if (rc != SQLITE_DONE)
		return store_fail(r->to, rc, "make it consistent");
	if (n)
		say(r, m->what, n, m->advice);
	r->lost += m->is_loss ? n : 0;
	return 0;
}

/* Rows of TABLE that point to a row that there is not: what must point somewhere goes. */
static int
drop_dangling(struct repair *r, const char *table, int64_t *dropped)
{
	char sql[512];
	sqlite3_stmt *st = NULL;
	struct store *to = r->to;
	int status = 0,
	    rc = sqlite3_prepare_v2(to->db,
		"SELECT iif(c.\"notnull\" OR c.pk, printf('DELETE FROM %s', ?1),"
		" printf('UPDATE %s SET %s = NULL', ?1, f.\"from\")) ||"
		" printf(' WHERE %s NOT IN (SELECT rowid FROM %s)', f.\"from\", f.\"table\")"
		" FROM pragma_foreign_key_list(?1) f JOIN pragma_table_info(?1) c"
		" ON c.name = f.\"from\"",
		-1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	while (rc == SQLITE_OK && !status && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		snprintf(sql, sizeof sql, "%s", col_text(st, 0));
		status = store_execute(to, sql, "make it consistent");
		*dropped += status ? 0 : sqlite3_changes64(to->db);
		rc = SQLITE_OK;
	}
	if (!status && rc != SQLITE_DONE)
		status = store_fail(to, rc, "make it consistent");
	sqlite3_finalize(st);
	return status;
}

static int
make_consistent(struct repair *r, char *const *tables, size_t count)
{
	int64_t dropped = 0;
	int status = store_execute(r->to, "BEGIN", "begin to write");
	for (size_t i = 0; i < sizeof mendings / sizeof *mendings && !status; i++)
		status = mend(r, &mendings[i]);
	for (size_t i = 0; i < count && !status; i++)
		status = drop_dangling(r, tables[i], &dropped);
	if (!status && dropped)
		say(r, "rows lost with what they belong to", dropped, NULL);
	r->lost += dropped;
	if (!status)
		status = store_recount(r->to);
	if (!status)
		status = store_execute(r->to,
		    "INSERT INTO articles_fts(articles_fts) VALUES ('rebuild')",
		    "make the full-text index");
	int end = store_execute(r->to, status ? "ROLLBACK" : "COMMIT", "commit");
	return status ? status : end;
}

/* ---- reading ---- */

/* The number that SQL gives of the damaged store; -1: it can't be read. */
static int64_t
ask(struct store *s, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int64_t n = -1;
	if (sqlite3_prepare_v2(s->db, sql, -1, &st, NULL) == SQLITE_OK &&
	    sqlite3_step(st) == SQLITE_ROW && sqlite3_column_type(st, 0) != SQLITE_NULL)
		n = col_int(st, 0);
	sqlite3_finalize(st);
	return n;
}

/* How many rows TABLE had, as the store counted; -1: nobody counted. *ALONE 1: what is missing is
 * lost, and no mending speaks of it. */
static int64_t
expected_of(const struct repair *r, const char *table, int *alone)
{
	const struct {
		const char *table;
		int64_t rows;
		int alone;
	} known[] = {{"nd_link", r->links, 0}, {"nd_item", r->links, 0},
	    {"nd_article", r->articles, 0}, {"nd_body", r->articles, 0},
	    {"nd_revision", r->revisions, 1}, {"nd_sighting", r->sightings, 1},
	    {"nd_poll", r->polls, 1}};
	*alone = 0;
	for (size_t i = 0; i < sizeof known / sizeof *known; i++) {
		if (strcmp(known[i].table, table) != 0)
			continue;
		*alone = known[i].alone;
		return known[i].rows;
	}
	return -1;
}

static int
salvage_tables(struct repair *r, char *const *tables, size_t count)
{
	int status = 0;
	for (size_t i = 0; i < count && !status; i++) {
		int alone;
		struct store_saved t = {
		    .table = tables[i], .expected = expected_of(r, tables[i], &alone)};
		status = store_salvage(r->from, r->fd, r->to, &t);
		if (alone && t.expected > t.rows)
			r->lost += t.expected - t.rows;
		if (!status)
			r->r->saved(&t, r->r->arg);
	}
	if (status)
		return status;
	/* where the counts can't be read: the last number that anything bears */
	int64_t last =
	    ask(r->to, "SELECT max(id) FROM (SELECT id FROM nd_link UNION ALL SELECT link_id"
		       " FROM nd_article UNION ALL SELECT link_id FROM nd_item)");
	/* a number may be damaged, too: there were never more links than the file has room for */
	int64_t most = lseek(r->fd, 0, SEEK_END) / LINK_BYTES_MIN;
	if (r->links < 0)
		r->links = last < most ? last : most;
	return 0;
}

/* The tables that rows go to, but the counts, in A. */
static int
list_tables(struct store *s, struct arena *a, char ***tables, size_t *count)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db,
	    "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'nd\\_%' ESCAPE '\\'"
	    " AND name <> '" SYSTEM_NAME "' ORDER BY rowid",
	    -1, &st, NULL);
	while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*ARENA_PUSH(a, *tables, *count) = arena_strdup(a, col_text(st, 0));
		rc = SQLITE_OK;
	}
	int status = rc == SQLITE_DONE ? 0 : store_fail(s, rc, "read the names of its tables");
	sqlite3_finalize(st);
	return status;
}

/* ---- both stores ---- */

/* Open the damaged store, and keep newsd away from it. */
static int
open_damaged(struct repair *r, struct fault *f)
{
	struct store *s = r->from = mem_zalloc(sizeof *s);
	int64_t application, version;
	s->mode = STORE_READ;
	s->lock_fd = -1;
	s->path = mem_strdup(r->r->path);
	r->fd = open(s->path, O_RDONLY | O_CLOEXEC);
	if (r->fd < 0)
		return fault_set(f, error_of_file(errno), "store %s: it can't be read: %s", s->path,
		    strerror(errno));
	if (store_take_lock(s, f) ==
	    ERR_BUSY) /* a lock that can't be made keeps nobody from reading */
		return ERR_BUSY;
	int status = store_connect_reader(s);
	if (!status) {
		sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
		status = store_pragma_number(s, "application_id", &application);
	}
	if (!status)
		status = store_pragma_number(s, "user_version", &version);
	if (status)
		return fault_set(f, status,
		    "store %s: its first page can't be read, which names the tables: restore a backup "
		    "(%s)",
		    s->path, s->fault.text);
	r->version = (int)version;
	if (application != STORE_APPLICATION || version < 1 || version > STORE_SCHEMA_VERSION)
		return fault_set(f, ERR_INPUT,
		    "store %s: this is no store of newsd, or one of a newer newsd", s->path);
	return 0;
}

/* Make the new store, with the tables of the damaged one's version. */
static int
make_new(struct repair *r, struct fault *f)
{
	struct store *s = r->to = mem_zalloc(sizeof *s);
	s->mode = STORE_WRITE;
	s->lock_fd = -1;
	s->path = mem_strdup(r->r->new_path);
	int fd = open(s->path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
	if (fd < 0)
		return errno == EEXIST
			   ? fault_set(f, ERR_INPUT,
				 "%s: there is a file already: name a new one for the repaired store",
				 s->path)
			   : fault_set(f, errno == ENOSPC ? ERR_FULL : error_of_file(errno),
				 "%s: it can't be made: %s", s->path, strerror(errno));
	struct stat st; /* who repairs as root makes a file for newsd */
	if (geteuid() == 0 && fstat(r->fd, &st) == 0 && fchown(fd, st.st_uid, st.st_gid))
		log_warn(
		    "%s: it can't be given to the store's owner: %s", s->path, strerror(errno));
	close(fd);
	int rc = sqlite3_open_v2(s->path, &s->db,
	    SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	int status = rc == SQLITE_OK ? 0 : store_fail(s, rc, "open it");
	/* what is there when the repair is broken off is thrown away: it is synced when it is whole
	 */
	if (!status)
		status = store_execute(s,
		    "PRAGMA page_size = 8192; PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF;"
		    " PRAGMA foreign_keys = OFF; PRAGMA temp_store = MEMORY;"
		    " PRAGMA cache_size = -65536;",
		    "set it up");
	if (!status)
		status = store_make_tables(s, r->version);
	if (!status)
		status = add_functions(s);
	if (status)
		*f = s->fault;
	return status;
}

static void
read_counts(struct repair *r)
{
	const struct {
		int64_t *to;
		const char *sql;
	} counts[] = {
	    {&r->links, "SELECT sum(n) FROM nd_count WHERE kind = 'links'"},
	    {&r->articles, "SELECT n FROM nd_count WHERE name = 'articles'"},
	    {&r->revisions, "SELECT n FROM nd_count WHERE name = 'revisions'"},
	    {&r->sightings, "SELECT n FROM nd_count WHERE name = 'sightings'"},
	    {&r->polls, "SELECT n FROM nd_count WHERE name = 'polls'"},
	};
	for (size_t i = 0; i < sizeof counts / sizeof *counts; i++)
		*counts[i].to = ask(r->from, counts[i].sql);
}

static int
fill_new(struct repair *r, struct fault *f)
{
	struct arena a = {0};
	char **tables = NULL;
	size_t count = 0;
	read_counts(r);
	int status = list_tables(r->to, &a, &tables, &count);
	if (!status)
		status = salvage_tables(r, tables, count);
	if (!status)
		status = make_consistent(r, tables, count);
	arena_clear(&a);
	if (status)
		*f = r->to->fault;
	return status;
}

int
store_repair(const struct store_repair *options, int64_t *lost, struct fault *f)
{
	struct repair r = {.r = options, .fd = -1};
	int status = open_damaged(&r, f);
	if (!status)
		status = make_new(&r, f);
	int made = r.to && r.to->db;
	if (!status)
		status = fill_new(&r, f);
	*lost = r.lost;
	store_close(r.from);
	if (r.fd >= 0)
		close(r.fd);
	store_close(r.to);
	int error = status ? 0 : store_sync_file(options->new_path);
	if (error)
		status = fault_set(f, ERR_IO, "%s: it can't be brought to the disk: %s",
		    options->new_path, strerror(error));
	if (status && made)
		unlink(options->new_path);
	return status;
}
