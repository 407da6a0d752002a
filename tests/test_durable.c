/*
 * test_durable: what docs/durability.md promises of a store, on a real file: free space, unclean
 * ends, copies, upgrades. What is destroyed and mended stands in test_repair.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "schema.h"
#include "store_fixture.h"

#define ok(call) assert_int_equal((call), 0)
#define GB       (INT64_C(1) << 30)
#define MB       (INT64_C(1) << 20)

static void
refuse_finding(const char *sentence, void *arg)
{
	(void)arg;
	fail_msg("%s", sentence);
}

static void
count_finding(const char *sentence, void *arg)
{
	(void)sentence;
	++*(int *)arg;
}

static void
close_store(struct store_fixture *x)
{
	store_close(x->store);
	x->store = NULL;
}

static void
add_links(struct store_fixture *x, int first, size_t count)
{
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	ok(store_fixture_poll(
	    x, feed, T0 + first, store_fixture_doc(x, "a.example", first, count), &r));
	arena_clear(&r.arena);
}

/* The fixture's second connection looks at NAME of its directory from now on. */
static void
look_at(struct store_fixture *x, const char *name)
{
	snprintf(x->path, sizeof x->path, "%s/%s", x->dir, name);
}

/* ---- free space ---- */

static void
the_floor_follows_the_file_system_and_the_option(void **state)
{
	(void)state;
	assert_int_equal(store_floor(-1, 1000 * GB), 2 * GB);
	assert_int_equal(store_floor(-1, 20 * GB), GB);
	assert_int_equal(store_floor(-1, 100 * MB), 64 * MB);
	assert_int_equal(store_floor(0, 1000 * GB), 0);
	assert_int_equal(store_floor(5 * GB, 20 * GB), 5 * GB);
	struct store_room r = {.free = 100 * MB - 1, .total = GB};
	assert_true(store_room_is_low(&r, 100 * MB, 0));
	r.free = 100 * MB;
	assert_false(store_room_is_low(&r, 100 * MB, 0));
	assert_true(store_room_is_low(&r, 100 * MB, 1)); /* it was: not before there is more */
	r.free = 125 * MB;
	assert_false(store_room_is_low(&r, 100 * MB, 1));
	r.free = 0;
	assert_false(store_room_is_low(&r, 0, 0)); /* off */
}

static void
the_free_space_is_that_of_the_store(void **state)
{
	struct store_fixture *x = *state;
	struct store_room r;
	struct fault f;
	ok(store_room(x->store, &r, &f));
	assert_true(r.total > 0 && r.free > 0 && r.free <= r.total && r.block >= 512);
	assert_int_equal(store_read_room("/no/such/place", &r, &f), ERR_NOT_FOUND);
}

/* ---- unclean ends ---- */

static void
an_unclean_end_is_noticed(void **state)
{
	struct store_fixture *x = *state;
	assert_false(store_ended_unclean(x->store));
	close_store(x);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		struct store *s = store_fixture_open(x->path, STORE_WRITE);
		kill(getpid(), store_ended_unclean(s) ? SIGTERM : SIGKILL);
		_exit(1);
	}
	int how;
	assert_int_equal(waitpid(pid, &how, 0), pid);
	assert_true(WIFSIGNALED(how) && WTERMSIG(how) == SIGKILL);
	x->store = store_fixture_open(x->path, STORE_WRITE);
	assert_true(store_ended_unclean(x->store));
	struct store *reader = store_fixture_open(x->path, STORE_READ);
	assert_false(store_ended_unclean(reader)); /* is the writer's matter */
	store_close(reader);
	/* until a check found the store sound */
	close_store(x);
	x->store = store_fixture_open(x->path, STORE_WRITE);
	assert_true(store_ended_unclean(x->store));
	store_note_checked(x->store);
	close_store(x);
	x->store = store_fixture_open(x->path, STORE_WRITE);
	assert_false(store_ended_unclean(x->store));
}

static void
pages_are_checked_beside_a_writer(void **state)
{
	struct store_fixture *x = *state;
	add_links(x, 0, 500);
	struct store *reader = store_fixture_open(x->path, STORE_READ);
	ok(store_check_pages(reader, refuse_finding, NULL));
	ok(store_checkpoint(x->store, 1)); /* the look is over */
	store_close(reader);
	close_store(x);
	int64_t root =
	    store_fixture_int(x, "SELECT rootpage FROM sqlite_schema WHERE name = 'nd_item'");
	FILE *f = fopen(x->path, "r+");
	assert_non_null(f);
	ok(fseek(f, (root - 1) * 8192, SEEK_SET));
	assert_int_equal(fwrite("rubbish", 1, 7, f), 7);
	fclose(f);
	int findings = 0;
	reader = store_fixture_open(x->path, STORE_READ);
	assert_int_equal(store_check_pages(reader, count_finding, &findings), ERR_CORRUPT);
	assert_true(findings > 0);
	assert_non_null(strstr(store_fault(reader)->text, "newsctl --store"));
	store_close(reader);
}

/* Keys that no signature is made of are found by a full check. */
static void
broken_keys_are_found(void **state)
{
	struct store_fixture *x = *state;
	int findings = 0;
	add_links(x, 0, 1);
	struct article a =
	    store_fixture_article("http://a.example/story/0", "T", "Some words here.");
	int64_t id = store_fixture_store(x, 1, 1, &a, T0);
	struct story_print p = {.seq = 1,
	    .article_id = id,
	    .story_id = id,
	    .at = T0,
	    .signature = "\xff\xff\x01",
	    .signature_len = 3};
	ok(store_put_print(x->store, &p));
	ok(store_check(x->store, 0, count_finding, &findings));
	assert_int_equal(findings, 0);
	assert_int_equal(store_check(x->store, 1, count_finding, &findings), ERR_CORRUPT);
	assert_int_equal(findings, 1);
}

/* ---- copies ---- */

struct meanwhile {
	struct store_fixture *x;
	int calls, stop_at;
	int64_t last, total;
};

/* newsd goes on writing. */
static int
write_meanwhile(int64_t done, int64_t total, void *arg)
{
	struct meanwhile *m = arg;
	assert_true(done >= m->last && done <= total);
	m->last = done;
	m->total = total;
	if (++m->calls == m->stop_at)
		return 1;
	add_links(m->x, 100000 + 10 * m->calls, 10);
	return 0;
}

static void
a_copy_is_of_one_moment(void **state)
{
	struct store_fixture *x = *state;
	for (int i = 0; i < 40; i++)
		add_links(x, 200 * i, 200);
	ok(store_checkpoint(x->store, 1));
	add_links(x, 9000, 7); /* stands in the log alone */
	struct meanwhile m = {.x = x};
	struct store_copy c = {.file = arena_printf(&x->arena, "%s/copy.db", x->dir),
	    .progress = write_meanwhile,
	    .arg = &m};
	struct store *reader = store_fixture_open(x->path, STORE_READ);
	ok(store_backup(reader, &c));
	store_close(reader);
	assert_true(m.calls > 1);
	assert_int_equal(m.last, m.total);
	assert_true(store_fixture_int(x, "SELECT count(*) FROM links") > 8007);
	look_at(x, "copy.db");
	struct stat st;
	ok(stat(x->path, &st));
	assert_int_equal(st.st_size, c.bytes);
	assert_int_equal(st.st_mode & 0777 & ~0640, 0);
	assert_sql_int(x, "SELECT count(*) FROM links", 8007);
	struct store *copy =
	    store_fixture_open(x->path, STORE_WRITE); /* is a store like any other */
	ok(store_check(copy, 1, refuse_finding, NULL));
	store_close(copy);
}

static void
a_copy_replaces_nothing_unasked(void **state)
{
	struct store_fixture *x = *state;
	add_links(x, 0, 3);
	struct store_copy c = {.file = arena_printf(&x->arena, "%s/copy.db", x->dir)};
	ok(store_backup(x->store, &c));
	assert_int_equal(store_backup(x->store, &c), ERR_INPUT);
	assert_non_null(strstr(store_fault(x->store)->text, "there is a file already"));
	add_links(x, 10, 3);
	c.force = 1;
	ok(store_backup(x->store, &c));
	char *link = arena_printf(&x->arena, "%s/link.db", x->dir);
	ok(symlink(x->path, link));
	c.file = link;
	assert_int_equal(store_backup(x->store, &c), ERR_INPUT);
	assert_non_null(strstr(store_fault(x->store)->text, "the store itself"));
	c.file = x->dir;
	assert_int_equal(store_backup(x->store, &c), ERR_INPUT);
	c.file = arena_printf(&x->arena, "%s/none/copy.db", x->dir);
	assert_int_equal(store_backup(x->store, &c), ERR_NOT_FOUND);
	look_at(x, "copy.db");
	assert_sql_int(x, "SELECT count(*) FROM links", 6);
}

static void
a_copy_that_is_broken_off_leaves_nothing(void **state)
{
	struct store_fixture *x = *state;
	for (int i = 0; i < 40; i++)
		add_links(x, 200 * i, 200);
	struct meanwhile m = {.x = x, .stop_at = 1};
	struct store_copy c = {.file = arena_printf(&x->arena, "%s/copy.db", x->dir),
	    .progress = write_meanwhile,
	    .arg = &m};
	struct store *reader = store_fixture_open(x->path, STORE_READ);
	assert_int_equal(store_backup(reader, &c), ERR_TIMEOUT);
	store_close(reader);
	assert_int_equal(access(c.file, F_OK), -1);
	char *part = arena_printf(&x->arena, "%s.part-%ld", c.file, (long)getpid());
	assert_int_equal(access(part, F_OK), -1);
	add_links(x, 50000, 1); /* and the reader holds nothing any more */
	ok(store_checkpoint(x->store, 1));
}

/* ---- upgrades ---- */

static void
make_old(struct store_fixture *x, const char *name)
{
	sqlite3 *db = NULL;
	look_at(x, name);
	assert_int_equal(sqlite3_open(x->path, &db), SQLITE_OK);
	for (int v = 1; v < STORE_SCHEMA_VERSION; v++)
		ok(sqlite3_exec(db, schema_migration(v), NULL, NULL, NULL));
	char *sql = arena_printf(&x->arena,
	    "PRAGMA application_id = 1853322084; PRAGMA user_version = %d;"
	    "INSERT INTO nd_feed (id, key, url, origin, content, active, added) VALUES"
	    " (1, 'http://a.example/rss', 'http://a.example/rss', 1, -1, 1, 7)",
	    STORE_SCHEMA_VERSION - 1);
	ok(sqlite3_exec(db, sql, NULL, NULL, NULL));
	sqlite3_close(db);
}

static int
upgrade(struct store_fixture *x, int backup, struct fault *f)
{
	struct store *s;
	struct store_options o = {.path = x->path, .mode = STORE_WRITE, .upgrade_backup = backup};
	int status = store_open(&s, &o, f);
	store_close(s);
	return status;
}

static void
an_upgrade_keeps_a_copy(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	char name[64], *file;
	close_store(x);
	make_old(x, "old.db");
	snprintf(name, sizeof name, "old.db.v%d-backup", STORE_SCHEMA_VERSION - 1);
	file = arena_printf(&x->arena, "%s/%s", x->dir, name);
	ok(upgrade(x, 1, &f));
	assert_sql_int(x, "PRAGMA user_version", STORE_SCHEMA_VERSION);
	struct stat first, again;
	ok(stat(file, &first));
	ok(upgrade(x, 1, &f)); /* nothing to upgrade, nothing copied */
	ok(stat(file, &again));
	assert_int_equal(first.st_ino, again.st_ino);
	look_at(x, name);
	assert_sql_int(x, "PRAGMA user_version", STORE_SCHEMA_VERSION - 1);
	assert_sql_int(x, "SELECT count(*) FROM nd_feed", 1);
	/* the way back is a store again */
	ok(upgrade(x, 0, &f));
}

static void
an_upgrade_without_its_copy_is_refused(void **state)
{
	struct store_fixture *x = *state;
	struct fault f;
	close_store(x);
	make_old(x, "old.db");
	char *file = arena_printf(&x->arena, "%s.v%d-backup", x->path, STORE_SCHEMA_VERSION - 1);
	ok(mkdir(file, 0700)); /* in the way */
	assert_int_equal(upgrade(x, 1, &f), ERR_INPUT);
	assert_non_null(strstr(f.text, "upgrade_backup = no"));
	assert_non_null(strstr(f.text, file));
	assert_sql_int(x, "PRAGMA user_version", STORE_SCHEMA_VERSION - 1);
	ok(upgrade(x, 0, &f));
	assert_sql_int(x, "PRAGMA user_version", STORE_SCHEMA_VERSION);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_floor_follows_the_file_system_and_the_option),
	    TEST(the_free_space_is_that_of_the_store),
	    TEST(an_unclean_end_is_noticed),
	    TEST(pages_are_checked_beside_a_writer),
	    TEST(broken_keys_are_found),
	    TEST(a_copy_is_of_one_moment),
	    TEST(a_copy_replaces_nothing_unasked),
	    TEST(a_copy_that_is_broken_off_leaves_nothing),
	    TEST(an_upgrade_keeps_a_copy),
	    TEST(an_upgrade_without_its_copy_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
