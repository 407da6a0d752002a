/*
 * test_e2e_durable: newsd and newsctl on a disk that fills up, after kills, and on a damaged store:
 * what docs/durability.md promises, as an operator sees it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <json-c/json.h>

#include "clock.h"
#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"

static size_t
requests(void)
{
	return e2e.site.site->seen_len;
}

/* ---- too little space ---- */

/* A floor that no disk has: nothing is fetched, newsctl is answered; another one, and it goes on.
 */
static void
test_floor(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("1 /feed/one", NULL);
	e2e_configure("free_space_floor = 900000G\n");
	size_t before = requests();
	e2e_start();
	e2e_until_log(" warn space_low reason=");
	e2e_ctl(&ran, 0, "poll", NULL);
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "status", NULL);
	expect(ran.out, "free_space_floor asks for");
	ran_clear(&ran);
	char *added = e2e_url(2, "/feed/one"); /* what an operator wants is stored all the same */
	e2e_ctl(&ran, 0, "add", "--no-discover", added, NULL);
	ran_clear(&ran);
	mem_free(added);
	e2e_expect_int("SELECT count(*) FROM feeds", 2);
	assert_int_equal(requests(), before);
	e2e_configure("free_space_floor = 0\n");
	kill(e2e.pid, SIGHUP);
	e2e_until_log(" info space_enough");
	e2e_until("SELECT count(*) FROM feeds WHERE last_poll > 0", 2);
	e2e_ctl(&ran, 0, "status", "--json", NULL);
	expect(ran.out, "\"paused\":null");
	ran_clear(&ran);
	assert_int_equal(e2e_logged(" space_low "), 1);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
	/* one pass does not wait for space */
	e2e_configure("free_space_floor = 900000G\n");
	e2e_newsd(&ran, "--once", NULL);
	assert_int_equal(ran.status, 1);
	ran_clear(&ran);
	assert_int_equal(e2e_logged(" stopping reason=\"too little space is free\""), 1);
}

/* A real disk under its floor, but not full: the store goes on to be written, nothing fails. */
static void
run_on_low_disk(const char *ballast)
{
	struct ran ran;
	e2e_feeds("1 /feed/growing", NULL);
	e2e_configure("free_space_floor = 16M\n");
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	int fd = open(ballast, O_RDWR | O_CREAT, 0600);
	assert_true(fd >= 0);
	assert_int_equal(posix_fallocate(fd, 0, 20 << 20), 0);
	close(fd);
	e2e_until_log(" space_low ");
	size_t before = requests();
	e2e.site.site->phase = 1;
	e2e_ctl(&ran, 0, "poll", NULL);
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "status", NULL);
	expect(ran.out, "free_space_floor asks for 16 MB");
	ran_clear(&ran);
	assert_int_equal(requests(), before);
	unlink(ballast);
	e2e_until_log(" space_enough");
	e2e_until("SELECT count(*) FROM articles", SITE_GROWN);
	assert_int_equal(e2e_logged(" space_low "), 1);
	assert_int_equal(e2e_logged(" store_trouble "), 0);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
}

static void
test_low_disk(void **state)
{
	(void)state;
	e2e_on_disk("32m", run_on_low_disk);
}

/* ---- after an unclean end ---- */

/* Wait until COUNT lines of the log hold PART. */
static void
until_logged(const char *part, size_t count)
{
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS; e2e_logged(part) < count; e2e_pause())
		if (clock_mono_ms() > end)
			fail_msg("the log has not %zu lines with \"%s\"", count, part);
}

static void
test_check_after_kill(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("1 /feed/one", NULL);
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	e2e_stop(SIGKILL);
	assert_int_equal(e2e_logged(" unclean_end "), 0);
	e2e_start();
	e2e_until_log(" warn unclean_end ");
	e2e_until_log(" info store_checked ");
	e2e_ctl(&ran, 0, "status", "--json", NULL);
	expect(ran.out, "\"store_check\":\"sound\"");
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_start(); /* after an end in order: no word */
	e2e_ctl(&ran, 0, "status", "--json", NULL);
	expect(ran.out, "\"store_check\":null");
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	assert_int_equal(e2e_logged(" unclean_end "), 1);
}

/* Write rubbish over the first page of TABLE. */
static void
damage(const char *table)
{
	char *sql = mem_printf("SELECT rootpage FROM sqlite_schema WHERE name = '%s'", table);
	int64_t page = e2e_int(sql);
	mem_free(sql);
	FILE *f = fopen(e2e.store, "r+");
	assert_non_null(f);
	assert_int_equal(fseek(f, (page - 1) * 8192, SEEK_SET), 0);
	assert_int_equal(fwrite("rubbish", 1, 7, f), 7);
	fclose(f);
}

/* Damage in a table that a start doesn't read: newsd runs, and says it loudly, at each start. */
static void
test_damaged_store(void **state)
{
	(void)state;
	struct ran ran;
	char *mended = mem_printf("%s/mended.db", e2e.dir);
	e2e_feeds("1 /feed/one", NULL);
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	assert_int_equal(e2e_stop(SIGTERM), 0); /* so that nothing of it stands in the log */
	e2e_start();
	e2e_stop(SIGKILL);
	damage("nd_outlink");
	for (size_t starts = 1; starts <= 2; starts++) {
		e2e_start();
		until_logged(" error store_damaged ", starts);
		if (starts == 1) {
			e2e_ctl(&ran, 0, "status", NULL);
			expect(ran.out, "newsctl repair");
			ran_clear(&ran);
			e2e_ctl(&ran, 1, "repair", mended, NULL);
			expect(ran.err, "in use by another newsd");
			ran_clear(&ran);
		}
		e2e_stop(SIGTERM);
	}
	e2e_ctl(&ran, 1, "check", NULL);
	expect(ran.out, "Page ");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "repair", mended, NULL);
	expect(ran.out, "damaged");
	expect(ran.out, "put this file in its place");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "repair", mended, NULL);
	expect(ran.err, "there is a file already");
	ran_clear(&ran);
	assert_int_equal(rename(mended, e2e.store), 0);
	char *tail = mem_printf("%s-wal", e2e.store);
	unlink(tail);
	memcpy(tail + strlen(tail) - 3, "shm", 3);
	unlink(tail);
	mem_free(tail);
	e2e_start(); /* and goes on with the mended one */
	until_logged(" info store_checked ", 1);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
	e2e_expect_int("SELECT count(*) FROM articles", 2);
	mem_free(mended);
}

/* ---- copies ---- */

static void
test_backup(void **state)
{
	(void)state;
	struct ran ran;
	char *copy = mem_printf("%s/copy.db", e2e.dir);
	e2e_feeds("1 /feed/one", NULL);
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	e2e_ctl(&ran, 0, "backup", copy, NULL);
	expect(ran.out, "MB in");
	assert_string_equal(ran.err, ""); /* no bar where there is no terminal */
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "backup", copy, NULL);
	expect(ran.err, "there is a file already");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "--json", "backup", "--force", copy, NULL);
	struct json_object *o = one_json(ran.out);
	assert_non_null(o);
	expect(ran.out, "\"bytes\":");
	json_object_put(o);
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_ctl(&ran, 0, "--store", copy, "check", "--full", NULL);
	ran_clear(&ran);
	unlink(copy);
	mem_free(copy);
}

/* ---- the doctor ---- */

/* The state of CHECK in the lines of JSON that the doctor wrote; the worst of several. */
static void
expect_state(const char *lines, const char *check, const char *state)
{
	char *part = mem_printf("{\"check\":\"%s\",\"state\":\"%s\"", check, state);
	expect(lines, part);
	mem_free(part);
}

static void
test_doctor(void **state)
{
	(void)state;
	static const char *const well[] = {"configuration", "newsd", "store", "write-ahead log",
	    "feeds", "certificates", "clock", "log"};
	struct ran ran;
	e2e_feeds("1 /feed/one", NULL);
	e2e_configure("free_space_floor = 0\n");
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	e2e_ctl(&ran, 0, "doctor", "--json", NULL);
	for (size_t i = 0; i < sizeof well / sizeof *well; i++)
		expect_state(ran.out, well[i], "ok");
	int are_seen = access("/proc/locks", R_OK) == 0; /* not within the service's confinement */
	expect(ran.out, are_seen ? "being read by none" : "can't be told");
	ran_clear(&ran);
	/* a reader, by its pid; this very process holds a transaction open */
	sqlite3 *db;
	assert_int_equal(sqlite3_open_v2(e2e.store, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM links", NULL, NULL, NULL), SQLITE_OK);
	char *reader = mem_printf("being read by %ld (test_e2e_durabl", (long)getpid());
	e2e_ctl(&ran, 0, "doctor", "--drop-in", NULL);
	expect(ran.out, "IPAddressDeny=any");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "doctor", NULL);
	expect(ran.out, are_seen ? reader : "can't be told");
	ran_clear(&ran);
	mem_free(reader);
	sqlite3_close(db);
	/* what is bad, and what would help */
	e2e_configure("free_space_floor = 900000G\nca_file = /no/such/bundle\n");
	e2e_ctl(&ran, 1, "doctor", "--json", NULL);
	expect_state(ran.out, "configuration", "bad");
	expect_state(ran.out, "space", "bad");
	expect_state(ran.out, "certificates", "bad");
	expect(ran.out, "or change free_space_floor");
	ran_clear(&ran);
	e2e_configure("");
	e2e_stop(SIGTERM);
	e2e_ctl(&ran, 0, "doctor", "--json", NULL);
	expect_state(ran.out, "newsd", "warn");
	ran_clear(&ran);
	unlink(e2e.store);
	e2e_ctl(&ran, 1, "doctor", "--json", NULL);
	expect_state(ran.out, "store", "bad");
	ran_clear(&ran);
}

#define FRESH(test) cmocka_unit_test_setup(test, e2e_fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FRESH(test_floor),
	    cmocka_unit_test_setup_teardown(test_low_disk, e2e_fresh, e2e_leave_disk),
	    FRESH(test_check_after_kill),
	    FRESH(test_damaged_store),
	    FRESH(test_backup),
	    FRESH(test_doctor),
	};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
