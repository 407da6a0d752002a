/*
 * test_store_open: a store is opened, shared, killed, damaged and starved of space. What needs root
 * (other users, a small file system) is skipped loudly for others.
 */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "hash.h"
#include "schema.h"
#include "store_fixture.h"

#define ok(call) assert_int_equal((call), 0)

#define OWNER_UID  61001
#define READER_UID 61002
#define GROUP_GID  61003

static int
try_open(const char *path, enum store_mode mode, struct fault *f)
{
	struct store *s;
	struct store_options o = {.path = path, .mode = mode, .synchronous = SYNC_NORMAL};
	memset(f, 0, sizeof *f);
	int status = store_open(&s, &o, f);
	assert_int_equal(status, f->code);
	assert_true(!status == (s != NULL));
	store_close(s);
	return status;
}

/* The fault tells where, and what to do: every expected word is in it, on one line. */
static void
assert_fault(const struct fault *f, int code, const char *path, const char *words)
{
	assert_int_equal(f->code, code);
	if (!strstr(f->text, path) || !strstr(f->text, words) || strchr(f->text, '\n'))
		fail_msg("fault: %s\nexpected: %s and %s", f->text, path, words);
}

static void
write_file(const char *path, const char *mode, long at, const void *data, size_t len)
{
	FILE *file = fopen(path, mode);
	assert_non_null(file);
	ok(fseek(file, at, SEEK_SET));
	assert_int_equal(fwrite(data, 1, len, file), len);
	ok(fclose(file));
}

static char *
in_dir(struct store_fixture *x, const char *name)
{
	return arena_printf(&x->arena, "%s/%s", x->dir, name);
}

static void
close_store(struct store_fixture *x)
{
	store_close(x->store);
	x->store = NULL;
}

/* ---- who may open ---- */

static void
a_second_writer_is_refused_with_the_pid_of_the_first(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char pid[32];
	snprintf(pid, sizeof pid, "process %ld:", (long)getpid());
	assert_int_equal(try_open(x->path, STORE_WRITE, &f), ERR_BUSY);
	assert_fault(&f, ERR_BUSY, x->path, pid);
	/* by another name it is the same store */
	char *link = in_dir(x, "other.db");
	ok(symlink(x->path, link));
	assert_int_equal(try_open(link, STORE_WRITE, &f), ERR_BUSY);
	/* and it is none the worse */
	int64_t feed = store_fixture_feed(x, "http://a.example/");
	assert_true(feed > 0);
	close_store(x);
	ok(try_open(link, STORE_WRITE, &f));
}

static void
a_reader_may_not_write(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct poll p = {.feed_id = 1, .at = T0};
	int added;
	struct feed_row row = {.url = "http://b.example/", .added = T0};
	struct store *s = store_fixture_open(x->path, STORE_READ);
	assert_int_equal(store_begin(s), ERR_READONLY);
	assert_int_equal(store_put_poll(s, &p, &r), ERR_READONLY);
	assert_int_equal(store_put_feed(s, &row, &added), ERR_READONLY);
	assert_fault(store_fault(s), ERR_READONLY, x->path, "reading only");
	store_close(s);
}

static void
a_reader_makes_no_store(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *path = in_dir(x, "none.db");
	assert_int_equal(try_open(path, STORE_READ, &f), ERR_NOT_FOUND);
	assert_fault(&f, ERR_NOT_FOUND, path, "start newsd");
	assert_int_equal(access(path, F_OK), -1);
}

static void
a_path_may_hold_any_character(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *path = in_dir(x, "a b%20?mode=memory#x&'\".db");
	ok(try_open(path, STORE_WRITE, &f));
	ok(access(path, F_OK));
	ok(try_open(path, STORE_READ, &f));
}

static void
wrong_paths_are_explained(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *path = in_dir(x, "missing/news.db");
	assert_int_equal(try_open(path, STORE_WRITE, &f), ERR_NOT_FOUND);
	assert_fault(&f, ERR_NOT_FOUND, path, "make the directory");
	assert_int_equal(try_open(x->dir, STORE_WRITE, &f), ERR_INPUT);
	assert_fault(&f, ERR_INPUT, x->dir, "names a file");
	assert_int_equal(try_open("", STORE_WRITE, &f), ERR_INPUT);
	path = in_dir(x, "fifo");
	ok(mkfifo(path, 0600));
	assert_true(try_open(path, STORE_READ, &f) < 0); /* and does not wait for a writer */
}

/* ---- what the file is ---- */

static void
a_newer_store_is_refused(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *words = mem_printf("was written by a newer newsd (schema %d, this one knows %d): "
				 "upgrade newsd",
	    STORE_SCHEMA_VERSION + 1, STORE_SCHEMA_VERSION);
	char *set = mem_printf("PRAGMA user_version = %d", STORE_SCHEMA_VERSION + 1);
	close_store(x);
	store_fixture_execute(x, set);
	for (int mode = STORE_WRITE; mode <= STORE_READ; mode++) {
		assert_int_equal(try_open(x->path, (enum store_mode)mode, &f), ERR_VERSION);
		assert_fault(&f, ERR_VERSION, x->path, words);
	}
	mem_free(words);
	mem_free(set);
	store_fixture_execute(x, "PRAGMA user_version = 0");
	assert_int_equal(try_open(x->path, STORE_READ, &f), ERR_VERSION);
	assert_fault(&f, ERR_VERSION, x->path, "start newsd once");
}

static void
refuse_finding(const char *sentence, void *arg)
{
	(void)arg;
	fail_msg("%s", sentence);
}

/* Make the tables of VERSION, empty, at x->path. */
static void
make_old_store(struct store_fixture *x, int version)
{
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(x->path, &db), SQLITE_OK);
	for (int v = 1; v <= version; v++)
		ok(sqlite3_exec(db, schema_migration(v), NULL, NULL, NULL));
	char *sql =
	    mem_printf("PRAGMA application_id = 1853322084; PRAGMA user_version = %d", version);
	ok(sqlite3_exec(db, sql, NULL, NULL, NULL));
	mem_free(sql);
	sqlite3_close(db);
}

/* A store of the first version goes on: what it knew is known, and nothing comes twice. */
static void
an_older_store_is_upgraded(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	close_store(x);
	x->path[strlen(x->path) - 1] = '1';
	make_old_store(x, 1);
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 2);
	char *sql = mem_printf(
	    "INSERT INTO nd_feed (id, key, url, origin, content, active, added, items_hash) VALUES"
	    " (1, 'http://a.example/rss', 'http://a.example/rss', 1, -1, 1, %lld, 1);"
	    "INSERT INTO nd_host VALUES (%lld, 'a.example');"
	    "INSERT INTO nd_link (id, url, url_hash, host, first_feed, first_seen, content, outcome,"
	    " at, due) VALUES (1, 'http://a.example/story/1', %lld, %lld, 1, 5, 0, 'pending', 5, 5);"
	    "INSERT INTO nd_item (link_id, title) VALUES (1, 'Story 1 of a.example');"
	    "INSERT INTO nd_sighting VALUES (1, %lld, 1, 'http://a.example/story/1', 5, 0);"
	    "INSERT INTO nd_count VALUES ('links', 'pending', 1), ('rows', 'sightings', 1);",
	    (long long)T0, (long long)hash64_str("a.example"),
	    (long long)hash64_str("http://a.example/story/1"), (long long)hash64_str("a.example"),
	    (long long)doc->items[0].key);
	store_fixture_execute(x, sql);
	mem_free(sql);
	x->store = store_fixture_open(x->path, STORE_WRITE);
	ok(store_fixture_poll(x, 1, T0, doc, &r));
	assert_int_equal(r.fresh, 1);
	assert_int_equal(r.sightings, 1);
	arena_clear(&r.arena);
	assert_sql_int(x, "SELECT sum(links) FROM ledger", 2);
	assert_sql_int(x, "PRAGMA user_version", STORE_SCHEMA_VERSION);
	/* as if it had been one of this version from the beginning */
	assert_sql_int(x, "SELECT count(*) FROM nd_sighting WHERE face <> 0", 2);
	assert_sql_int(x, "SELECT count(*) FROM article_links", 0);
	ok(store_check(x->store, 1, refuse_finding, NULL));
}

/* Verdicts have other names than before. */
static void
an_older_verdict_is_renamed(void **state)
{
	struct store_fixture *x = *state;
	close_store(x);
	x->path[strlen(x->path) - 1] = '2';
	make_old_store(x, 2);
	store_fixture_execute(x,
	    "INSERT INTO nd_feed (id, key, url, origin, content, active, added) VALUES"
	    " (1, 'http://a.example/rss', 'http://a.example/rss', 1, -1, 1, 5);"
	    "INSERT INTO nd_host VALUES (1, 'a.example');"
	    "INSERT INTO nd_link (id, url, url_hash, host, first_feed, first_seen, content, outcome,"
	    " at) VALUES (1, 'http://a.example/1', 1, 1, 1, 5, 0, 'stored', 5);"
	    "INSERT INTO nd_article (id, link_id, feed_id, story_id, url, url_hash, text_high,"
	    " text_low, tokens, first_seen, noarchive, body_source, verdict, confidence, words) VALUES"
	    " (1, 1, 1, 1, 'http://a.example/1', 1, 1, 1, 1, 5, 0, 'page', 'article', 0.5, 9),"
	    " (2, 1, 1, 2, 'http://a.example/2', 2, 2, 2, 1, 5, 0, 'feed', 'article', 1, 9);");
	x->store = store_fixture_open(x->path, STORE_WRITE);
	assert_sql_text(x, "SELECT verdict FROM articles WHERE id = 1", "full");
	assert_sql_text(x, "SELECT verdict FROM articles WHERE id = 2", "feed_only");
	assert_sql_int(x, "SELECT count(*) FROM articles WHERE evidence IS NULL", 2);
}

static void
the_database_of_another_program_is_left_alone(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	struct store_fixture other = {0};
	snprintf(other.path, sizeof other.path, "%s/other.db", x->dir);
	write_file(other.path, "w", 0, "", 0);
	store_fixture_execute(&other, "CREATE TABLE mine(x); INSERT INTO mine VALUES (1)");
	assert_int_equal(try_open(other.path, STORE_WRITE, &f), ERR_INPUT);
	assert_fault(&f, ERR_INPUT, other.path, "another program");
	assert_sql_int(&other, "SELECT count(*) FROM sqlite_master", 1);
	assert_sql_text(&other, "PRAGMA journal_mode", "delete");
}

static void
an_interrupted_creation_is_done_again(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *path = in_dir(x, "empty.db");
	write_file(path, "w", 0, "", 0); /* the file was made, and then the machine stopped */
	ok(try_open(path, STORE_WRITE, &f));
	ok(try_open(path, STORE_READ, &f));
}

/* Make a database at PATH and die in the middle of a transaction, its journal left behind. */
static void
die_in_a_transaction(const char *path)
{
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		sqlite3 *db;
		if (sqlite3_open(path, &db) == SQLITE_OK)
			sqlite3_exec(db,
			    "PRAGMA cache_size = 2; CREATE TABLE a (b); INSERT INTO a VALUES (1);"
			    "BEGIN; WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n"
			    " LIMIT 1000) INSERT INTO a SELECT randomblob(500) FROM n;",
			    NULL, NULL, NULL);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
}

/* A newsd that was killed while it made its store: a reader can't undo that, newsd can. */
static void
a_journal_left_behind_is_explained_to_readers(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *path = in_dir(x, "begun.db");
	die_in_a_transaction(path);
	assert_int_equal(try_open(path, STORE_READ, &f), ERR_READONLY);
	assert_fault(&f, ERR_READONLY, path, "start newsd once");
}

static void
garbage_is_called_damaged(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *path = in_dir(x, "garbage.db"), text[8192];
	memset(text, 'x', sizeof text);
	write_file(path, "w", 0, text, sizeof text);
	for (int mode = STORE_WRITE; mode <= STORE_READ; mode++) {
		assert_int_equal(try_open(path, (enum store_mode)mode, &f), ERR_CORRUPT);
		assert_fault(&f, ERR_CORRUPT, path, "move the file away");
	}
}

/* SQLite says nothing when it can't have its write-ahead log, as on a file system that is not
 * local: the locks and the shared memory of such a one are missing here. */
static void
a_file_system_without_a_log_is_refused(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char *path = in_dir(x, "remote.db");
	sqlite3_vfs_register(sqlite3_vfs_find("unix-none"), 1);
	int status = try_open(path, STORE_WRITE, &f);
	sqlite3_vfs_register(sqlite3_vfs_find("unix"), 1);
	assert_int_equal(status, ERR_UNSUPPORTED);
	assert_fault(&f, ERR_UNSUPPORTED, path, "put the store on a local file system");
	ok(try_open(path, STORE_WRITE, &f)); /* nothing is spoilt */
}

struct findings {
	int count;
	char text[4096];
};

static void
add_finding(const char *sentence, void *arg)
{
	struct findings *found = arg;
	size_t len = strlen(found->text);
	snprintf(found->text + len, sizeof found->text - len, "%s\n", sentence);
	found->count++;
}

static void
ignore_finding(const char *sentence, void *arg)
{
	(void)sentence, (void)arg;
}

/* Check the store for reading, as newsctl does. */
static int
check(struct store_fixture *x, int full, struct findings *found)
{
	memset(found, 0, sizeof *found);
	struct store *s = store_fixture_open(x->path, STORE_READ);
	int status = store_check(s, full, add_finding, found);
	if (status)
		assert_fault(store_fault(s), status, x->path, "findings");
	store_close(s);
	return status;
}

static void
fill(struct store_fixture *x)
{
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	ok(store_begin(x->store));
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 200), &r));
	for (size_t i = 0; i < 100; i++) {
		char *url = arena_strdup(&x->arena, r.links[i].url);
		char *text = arena_printf(&x->arena, "Text number %zu about whales and ships.", i);
		struct article a = store_fixture_article(url, "Whales", text);
		store_fixture_store(x, r.links[i].id, feed, &a, T0);
	}
	ok(store_commit(x->store));
	arena_clear(&r.arena);
}

static void
check_finds_what_is_wrong(void **state)
{
	static const struct {
		const char *vandal, *repair, *expected;
		int full;
	} rows[] = {
	    {"UPDATE nd_link SET outcome = 'gone' WHERE id = 150",
		"UPDATE nd_link SET outcome = 'pending' WHERE id = 150", "the ledger counts", 0},
	    {"UPDATE nd_link SET id = 900 WHERE id = 200",
		"UPDATE nd_link SET id = 200 WHERE id = 900",
		"links are numbered up to 900, there are 200", 0},
	    {"UPDATE nd_count SET n = n + 1 WHERE name = 'articles'",
		"UPDATE nd_count SET n = n - 1 WHERE name = 'articles'",
		"101 articles are counted, there are 100", 0},
	    {"UPDATE nd_link SET article_id = NULL WHERE id = 3",
		"UPDATE nd_link SET article_id = 3 WHERE id = 3", "is stored without an article",
		0},
	    {"UPDATE nd_link SET host = 12345 WHERE id = 3",
		"UPDATE nd_link SET host = (SELECT host FROM nd_link WHERE id = 4) WHERE id = 3",
		"of nd_link points to a row of nd_host", 0},
	    {"UPDATE nd_item SET link_id = 9999 WHERE link_id = 7",
		"UPDATE nd_item SET link_id = 7 WHERE link_id = 9999", "has no entry", 1},
	    {"UPDATE nd_link SET url = 'http://a.example/story/9', url_hash ="
	     " (SELECT url_hash FROM nd_link WHERE id = 9) WHERE id = 10",
		"UPDATE nd_link SET url = 'x', url_hash = 1 WHERE id = 10", "2 links have the URL",
		1},
	    {"INSERT INTO articles_fts(rowid, title, body) VALUES (555, 'a', 'b')",
		"INSERT INTO articles_fts(articles_fts, rowid, title, body)"
		" VALUES ('delete', 555, 'a', 'b')",
		"has an article 555", 0},
	    /* the trap of external content: deleted with other words than were indexed */
	    {"INSERT INTO articles_fts(articles_fts, rowid, title, body)"
	     " VALUES ('delete', 4, 'Whales', 'Other words');"
	     "INSERT INTO articles_fts(rowid, title, body) VALUES (4, 'Whales', 'Other words')",
		NULL, "the full-text index holds", 1},
	};
	struct store_fixture *x = *state;
	struct findings found;
	fill(x);
	ok(check(x, 1, &found));
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		store_fixture_execute(x, rows[i].vandal);
		assert_int_equal(check(x, rows[i].full, &found), ERR_CORRUPT);
		if (!strstr(found.text, rows[i].expected))
			fail_msg("expected: %s\nfound: %s", rows[i].expected, found.text);
		if (!rows[i].repair)
			continue;
		store_fixture_execute(x, rows[i].repair);
		ok(check(x, rows[i].full, &found));
	}
}

static void
check_finds_damaged_pages(void **state)
{
	struct store_fixture *x = *state;
	struct findings found;
	char zeros[4096] = {0};
	struct stat st;
	fill(x);
	close_store(x);
	ok(stat(x->path, &st));
	for (long page = 20; page < st.st_size / 4096; page += 7)
		write_file(x->path, "r+", page * 4096, zeros, sizeof zeros);
	assert_int_equal(check(x, 1, &found), ERR_CORRUPT);
	assert_true(found.count > 0);
	/* and reading it is an error, not a crash */
	struct store *s = store_fixture_open(x->path, STORE_READ);
	struct store_status status;
	store_read_status(s, &status);
	struct findings ignored = {0};
	store_check(s, 0, add_finding, &ignored);
	store_close(s);
}

/* ---- the files ---- */

static unsigned
mode_of(struct store_fixture *x, const char *suffix)
{
	struct stat st;
	char *path = arena_printf(&x->arena, "%s%s", x->path, suffix);
	return stat(path, &st) == 0 ? st.st_mode & 07777 : 0;
}

static void
files_are_readable_by_the_group_and_stay(void **state)
{
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	struct store_fixture *x = *state;
	mode_t before = umask(0077); /* whatever the service's mask is */
	close_store(x);
	ok(unlink(x->path));
	x->store = store_fixture_open(x->path, STORE_WRITE);
	umask(before);
	store_fixture_feed(x, "http://a.example/");
	for (int i = 0; i < 3; i++)
		assert_int_equal(mode_of(x, suffixes[i]), 0640);
	close_store(x);
	for (int i = 0; i < 4; i++)
		assert_true(mode_of(x, suffixes[i]) != 0);
	assert_int_equal(mode_of(x, "-wal"), 0640);
	assert_int_equal(mode_of(x, "-shm"), 0640);
}

static void
a_checkpoint_moves_the_log_and_waits_for_nobody(void **state)
{
	struct store_fixture *x = *state;
	struct store_status status;
	fill(x);
	ok(store_read_status(x->store, &status));
	int64_t before = status.wal_size;
	assert_true(before > 100000); /* nothing was moved by itself */
	struct store *reader = store_fixture_open(x->path, STORE_READ);
	sqlite3 *db = NULL;
	ok(sqlite3_open_v2(x->path, &db, SQLITE_OPEN_READONLY, NULL));
	ok(sqlite3_exec(db, "BEGIN; SELECT count(*) FROM links", NULL, NULL, NULL));
	store_fixture_feed(x, "http://b.example/");
	ok(store_checkpoint(x->store, 0));
	ok(store_checkpoint(x->store, 1)); /* a reader is in the way */
	ok(sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
	sqlite3_close(db);
	store_close(reader);
	ok(store_checkpoint(x->store, 1));
	ok(store_read_status(x->store, &status));
	assert_int_equal(status.wal_size, 0);
	assert_true(status.size > 100000);
	assert_int_equal(status.schema, STORE_SCHEMA_VERSION);
}

/* ---- processes ---- */

struct child {
	pid_t pid;
	int to, from; /* pipes */
};

static void
become(uid_t uid)
{
	if (setgroups(0, NULL) || setgid(GROUP_GID) || setuid(uid))
		_exit(90);
}

/*
 * Start a writer as OWNER_UID (UID 0: as we are) that commits 3 links, has 4 more in an open
 * transaction, says so, and waits.
 */
static struct child
start_writer(struct store_fixture *x, uid_t uid)
{
	int down[2], up[2];
	char byte;
	ok(pipe(down) || pipe(up));
	struct child c = {.pid = fork(), .to = down[1], .from = up[0]};
	assert_true(c.pid >= 0);
	if (!c.pid) {
		struct poll_result r;
		if (uid)
			become(uid);
		umask(0077);
		close(down[1]);
		x->store = store_fixture_open(x->path, STORE_WRITE);
		int64_t feed = store_fixture_feed(x, "http://a.example/");
		store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 3), &r);
		arena_clear(&r.arena);
		store_begin(x->store);
		store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 4, 4), &r);
		arena_clear(&r.arena);
		if (write(up[1], "r", 1) != 1 || read(down[0], &byte, 1) != 0)
			_exit(91);
		store_close(x->store);
		_exit(0);
	}
	close(down[0]);
	close(up[1]);
	assert_int_equal(read(c.from, &byte, 1), 1);
	return c;
}

static int
end_writer(struct child *c, int with_kill)
{
	int status;
	if (with_kill)
		kill(c->pid, SIGKILL);
	close(c->to);
	close(c->from);
	assert_int_equal(waitpid(c->pid, &status, 0), c->pid);
	return status;
}

static void
kill_loses_what_was_not_committed_and_nothing_else(void **state)
{
	struct store_fixture *x = *state;
	struct findings found;
	struct poll_result r;
	close_store(x);
	struct child c = start_writer(x, 0);
	end_writer(&c, 1);
	assert_sql_int(x, "SELECT count(*) FROM links", 3);
	ok(check(x, 1, &found));
	x->store = store_fixture_open(x->path, STORE_WRITE);
	/* done again: stored once */
	int64_t feed = store_fixture_feed(x, "http://a.example/");
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 4, 4), &r));
	assert_int_equal(r.fresh, 4);
	arena_clear(&r.arena);
	ok(store_check(x->store, 1, ignore_finding, NULL));
	assert_sql_int(x, "SELECT sum(links) FROM ledger", 7);
}

/* Run sqlite3 -readonly as a member of the group; returns what it printed. */
static char *
read_as_group(struct store_fixture *x, const char *sql)
{
	int out[2], status;
	static char text[512];
	ok(pipe(out));
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		become(READER_UID);
		dup2(out[1], STDOUT_FILENO);
		dup2(out[1], STDERR_FILENO);
		execlp("sqlite3", "sqlite3", "-readonly", x->path, sql, (char *)NULL);
		_exit(127);
	}
	close(out[1]);
	size_t len = 0;
	ssize_t n;
	while ((n = read(out[0], text + len, sizeof text - 1 - len)) > 0)
		len += (size_t)n;
	text[len] = '\0';
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return text;
}

static int
have_client(void)
{
	const char *path = getenv("PATH");
	char file[512];
	for (const char *dir = path ? path : ""; *dir; dir += strspn(dir, ":")) {
		size_t n = strcspn(dir, ":");
		snprintf(file, sizeof file, "%.*s/sqlite3", (int)n, dir);
		if (!access(file, X_OK))
			return 1;
		dir += n;
	}
	return 0;
}

/* Give the fixture's directory to OWNER_UID and the group, without a store in it. */
static void
give_directory(struct store_fixture *x)
{
	close_store(x);
	ok(unlink(x->path));
	ok(unlink(arena_printf(&x->arena, "%s-wal", x->path)));
	ok(unlink(arena_printf(&x->arena, "%s-shm", x->path)));
	ok(unlink(arena_printf(&x->arena, "%s.lock", x->path)));
	ok(chown(x->dir, OWNER_UID, GROUP_GID));
	ok(chmod(x->dir, 0750));
}

static void
the_group_reads_live_after_a_stop_and_after_a_kill(void **state)
{
	static const char sql[] = "SELECT count(*) FROM links_iso; SELECT sum(links) FROM ledger;"
				  "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'x'";
	struct store_fixture *x = *state;
	struct store *s;
	if (geteuid() != 0 || !have_client()) {
		print_message("SKIPPED: needs root and the sqlite3 client\n");
		skip();
	}
	give_directory(x);
	struct child c = start_writer(x, OWNER_UID);
	assert_string_equal(read_as_group(x, sql), "3\n3\n0\n"); /* live */
	assert_int_equal(end_writer(&c, 0), 0);
	assert_string_equal(read_as_group(x, sql), "3\n3\n0\n"); /* stopped */
	c = start_writer(x, OWNER_UID);
	end_writer(&c, 1);
	assert_string_equal(read_as_group(x, sql), "3\n3\n0\n"); /* killed */
	/* our own reader, as root, leaves nothing behind that the owner can't write */
	s = store_fixture_open(x->path, STORE_READ);
	store_close(s);
	c = start_writer(x, OWNER_UID);
	assert_int_equal(end_writer(&c, 0), 0);
	assert_string_equal(read_as_group(x, sql), "3\n3\n0\n");
	if (!strstr(read_as_group(x, "DELETE FROM nd_poll"), "readonly"))
		fail_msg("the group may write");
}

/* The answer of STORE_READ in a process of a member of the group, or of a stranger. */
static int
open_as(struct store_fixture *x, uid_t uid, gid_t gid, enum store_mode mode, struct fault *f)
{
	int out[2], status;
	ok(pipe(out));
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct store *s;
		struct store_options o = {.path = x->path, .mode = mode};
		memset(f, 0, sizeof *f);
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
			_exit(90);
		store_open(&s, &o, f);
		if (s && mode == STORE_READ && (store_check(s, 1, ignore_finding, NULL) != 0))
			_exit(92);
		if (write(out[1], f, sizeof *f) != (ssize_t)sizeof *f)
			_exit(91);
		store_close(s);
		_exit(0);
	}
	close(out[1]);
	assert_int_equal(read(out[0], f, sizeof *f), sizeof *f);
	close(out[0]);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	return f->code;
}

static void
permissions_are_explained(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	if (geteuid() != 0) {
		print_message("SKIPPED: needs root\n");
		skip();
	}
	give_directory(x);
	struct child c = start_writer(x, OWNER_UID);
	ok(open_as(x, READER_UID, GROUP_GID, STORE_READ, &f));
	ok(end_writer(&c, 0));
	ok(open_as(x, READER_UID, GROUP_GID, STORE_READ, &f));
	open_as(x, READER_UID, GROUP_GID, STORE_WRITE, &f);
	assert_fault(&f, ERR_DENIED, x->path, "check owner and mode");
	open_as(x, READER_UID, READER_UID, STORE_READ, &f);
	assert_fault(&f, ERR_DENIED, x->path, "check owner and mode");
	/* the directory lost its write permission: neither log nor lock can be made */
	ok(chown(x->dir, 0, GROUP_GID));
	ok(unlink(arena_printf(&x->arena, "%s.lock", x->path)));
	open_as(x, OWNER_UID, GROUP_GID, STORE_WRITE, &f);
	assert_fault(&f, ERR_DENIED, x->path, "mode of the directory");
}

/* ---- no space ---- */

/* A tmpfs of SIZE over the fixture's directory, in a mount namespace of its own. Returns 0 when
 * that can't be had here. */
static int
mount_small(struct store_fixture *x, const char *size)
{
	char options[64];
	snprintf(options, sizeof options, "size=%s,mode=0750", size);
	return geteuid() == 0 && !unshare(CLONE_NEWNS) &&
	       !mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) &&
	       !mount("tmpfs", x->dir, "tmpfs", 0, options);
}

static void
a_full_disk_loses_nothing(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct findings found;
	close_store(x);
	if (!mount_small(x, "3m")) {
		print_message("SKIPPED: needs root and a tmpfs\n");
		skip();
	}
	x->store = store_fixture_open(x->path, STORE_WRITE);
	int64_t feed = store_fixture_feed(x, "http://a.example/");
	int status = 0, batches = 0;
	while (!status && batches < 100) {
		struct feed_doc *doc = store_fixture_doc(x, "a.example", 200 * batches, 200);
		ok(store_begin(x->store));
		status = store_fixture_poll(x, feed, T0, doc, &r);
		arena_clear(&r.arena);
		status = store_commit(x->store); /* says the same as the poll, if that failed */
		batches += !status;
	}
	assert_true(batches > 2 && batches < 100);
	assert_fault(store_fault(x->store), ERR_FULL, x->path, "free space");
	assert_sql_int(x, "SELECT count(*) FROM links", 200 * batches);
	assert_sql_int(x, "SELECT sum(links) FROM ledger", 200 * batches);
	/* it stays readable, and once there is space it goes on where it was */
	ok(mount(NULL, x->dir, NULL, MS_REMOUNT, "size=30m"));
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 200 * batches, 200);
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	assert_int_equal(r.fresh, 200);
	arena_clear(&r.arena);
	close_store(x);
	ok(check(x, 1, &found));
	ok(umount2(x->dir, MNT_DETACH));
}

static void
a_disk_too_full_to_begin_is_refused(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	close_store(x);
	if (!mount_small(x, "512k")) {
		print_message("SKIPPED: needs root and a tmpfs\n");
		skip();
	}
	assert_int_equal(try_open(x->path, STORE_WRITE, &f), ERR_FULL);
	assert_fault(&f, ERR_FULL, x->path, "free at least");
	ok(umount2(x->dir, MNT_DETACH));
}

static void
a_read_only_file_system_is_explained(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	close_store(x);
	if (!mount_small(x, "8m")) {
		print_message("SKIPPED: needs root and a tmpfs\n");
		skip();
	}
	ok(try_open(x->path, STORE_WRITE, &f));
	ok(mount(NULL, x->dir, NULL, MS_REMOUNT | MS_RDONLY, NULL));
	assert_int_equal(try_open(x->path, STORE_WRITE, &f), ERR_READONLY);
	assert_fault(&f, ERR_READONLY, x->path, "read-only");
	ok(try_open(x->path, STORE_READ, &f)); /* reading goes on */
	ok(umount2(x->dir, MNT_DETACH));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_second_writer_is_refused_with_the_pid_of_the_first),
	    TEST(a_reader_may_not_write),
	    TEST(a_reader_makes_no_store),
	    TEST(a_path_may_hold_any_character),
	    TEST(wrong_paths_are_explained),
	    TEST(a_newer_store_is_refused),
	    TEST(an_older_store_is_upgraded),
	    TEST(an_older_verdict_is_renamed),
	    TEST(the_database_of_another_program_is_left_alone),
	    TEST(an_interrupted_creation_is_done_again),
	    TEST(a_journal_left_behind_is_explained_to_readers),
	    TEST(garbage_is_called_damaged),
	    TEST(a_file_system_without_a_log_is_refused),
	    TEST(check_finds_what_is_wrong),
	    TEST(check_finds_damaged_pages),
	    TEST(files_are_readable_by_the_group_and_stay),
	    TEST(a_checkpoint_moves_the_log_and_waits_for_nobody),
	    TEST(kill_loses_what_was_not_committed_and_nothing_else),
	    TEST(the_group_reads_live_after_a_stop_and_after_a_kill),
	    TEST(permissions_are_explained),
	    TEST(a_full_disk_loses_nothing),
	    TEST(a_disk_too_full_to_begin_is_refused),
	    TEST(a_read_only_file_system_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
