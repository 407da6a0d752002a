/*
 * test_e2e_start: the ways in which newsd starts, refuses to start, reloads and stops: the one
 * clear line that each error gets, the exit status, and that a running daemon goes on.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "e2e_rig.h"
#include "mem.h"
#include "store.h"
#include "newsctl_rig.h"

#define NOBODY "65534"

/* TEXT is one line, and holds PART. */
static void
expect_line(const char *text, const char *part)
{
	expect(text, part);
	const char *end = strchr(text, '\n');
	assert_non_null(end);
	assert_string_equal(end, "\n");
}

/* newsd -n and newsd with SETTINGS both end with 2, and -n says PART in one line. */
static void
expect_refused(const char *settings, const char *part)
{
	struct ran ran;
	e2e_configure(settings);
	e2e_newsd(&ran, "-n", NULL);
	assert_int_equal(ran.status, 2);
	assert_string_equal(ran.out, "");
	expect_line(ran.err, part);
	ran_clear(&ran);
	e2e_newsd(&ran, "--once", NULL);
	assert_int_equal(ran.status, 2);
	ran_clear(&ran);
}

/* ---- the command line and the configuration ---- */

static void
run_words(struct ran *ran, const char *a, const char *b)
{
	char first[64], second[64] = "", *argv[] = {e2e.newsd, first, b ? second : NULL, NULL};
	snprintf(first, sizeof first, "%s", a);
	if (b)
		snprintf(second, sizeof second, "%s", b);
	program_run(ran, argv, NULL, 0);
}

static void
test_command_line(void **state)
{
	(void)state;
	struct ran ran;
	run_words(&ran, "--onec", NULL);
	assert_int_equal(ran.status, 2);
	expect(ran.err, "--onec");
	expect(ran.err, "Try `newsd --help`.");
	ran_clear(&ran);
	run_words(&ran, "now", NULL);
	assert_int_equal(ran.status, 2);
	expect_line(ran.err, "newsd: unexpected argument \"now\"; try `newsd --help`");
	ran_clear(&ran);
	run_words(&ran, "--help", NULL);
	assert_int_equal(ran.status, 0);
	expect(ran.out, "--once");
	expect(ran.out, "3 store or socket in use");
	ran_clear(&ran);
}

static void
test_configuration_unreadable(void **state)
{
	(void)state;
	struct ran ran;
	run_words(&ran, "-c", "/nonexistent/newsd.conf");
	assert_int_equal(ran.status, 2);
	expect_line(ran.err,
	    "newsd: configuration /nonexistent/newsd.conf can't be opened: No such file or "
	    "directory");
	ran_clear(&ran);
	run_words(&ran, "-c", "/");
	assert_int_equal(ran.status, 2);
	expect_line(ran.err, "newsd: configuration / can't be read: Is a directory");
	ran_clear(&ran);
}

static void
test_configuration_wrong(void **state)
{
	(void)state;
	expect_refused("workers = many\n",
	    "newsd.conf:9: workers = many: expected auto, or a whole "
	    "number from 0 to 256\n");
	expect_refused("poll_mni = 1h\n", "newsd.conf:9: unknown option \"poll_mni\"; did you mean "
					  "\"poll_min\"?\n");
	expect_refused(
	    "robots = yes\nrobots = no\n", "newsd.conf:10: robots was already given on line 9");
}

static void
test_check(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("1 /feed/one", "1 /feed/two", NULL);
	e2e_newsd(&ran, "-n", NULL);
	assert_int_equal(ran.status, 0);
	assert_string_equal(ran.err, "");
	expect_line(ran.out, "configuration ok: ");
	expect(ran.out, "2 feeds named");
	ran_clear(&ran);
	assert_int_equal(access(e2e.store, F_OK), -1); /* a check leaves nothing behind */
}

/* newsd -n with a file of STORE, SOCKET, LOG and MORE, in that order: its exit status; PART is in
 * the one line that it prints. */
static void
expect_verdict(int status, const char *const settings[4], const char *part)
{
	struct ran ran;
	char *text = mem_printf("store = %s\ncontrol_socket = %s\nlog_file = %s\n%s\n",
	    settings[0] ? settings[0] : e2e.store, settings[1] ? settings[1] : e2e.socket,
	    settings[2] ? settings[2] : e2e.log, settings[3] ? settings[3] : "");
	char *conf = e2e_write("check.conf", text);
	char n[] = "-n", c[] = "-c", *argv[] = {e2e.newsd, n, c, conf, NULL};
	program_run(&ran, argv, NULL, 0);
	if (ran.status != status)
		fail_msg("%s: status %d: %s", text, ran.status, ran.err);
	expect_line(status ? ran.err : ran.out, part);
	ran_clear(&ran);
	mem_free(conf);
	mem_free(text);
}

static void
test_check_of_what_a_start_needs(void **state)
{
	(void)state;
	char longer[160] = "/tmp/", fresh[128];
	memset(longer + 5, 'x', sizeof longer - 6);
	snprintf(fresh, sizeof fresh, "%s/new/newer/news.db", e2e.dir);
	static const struct {
		int status;
		const char *settings[4], *part;
	} rows[] = {
	    {0, {NULL}, "configuration ok: "},
	    {2, {NULL, NULL, NULL, "user = no-such-user"},
		"newsd: user = no-such-user: there is no such user"},
	    {2, {NULL, NULL, NULL, "group = no-such-group"},
		"newsd: group = no-such-group: there is no such group"},
	    {2, {"/dev/null/news.db"},
		"newsd: store = /dev/null/news.db: nothing can be made in /dev/null: "},
	    {2, {"/proc/no/such/news.db"}, "nothing can be made in /proc: "},
	    {2, {"/tmp"}, "newsd: store = /tmp: this is a directory"},
	    {2, {NULL, "/dev/null/x.sock"}, "newsd: control_socket = /dev/null/x.sock: "},
	    {2, {NULL, NULL, "/no/such/log"}, "newsd: log file /no/such/log can't be opened: "},
	    {2, {NULL, NULL, NULL, "ca_file = /no/such/ca.pem"},
		"newsd: ca_file = /no/such/ca.pem can't be read: No such file or directory"},
	    {2, {NULL, NULL, NULL, "ca_file = /tmp"}, "newsd: ca_file = /tmp can't be read: "},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		if (geteuid() == 0 && strncmp(rows[i].part, "nothing", 7) == 0 &&
		    access("/proc", W_OK) == 0)
			continue; /* a root for whom everything can be written */
		expect_verdict(rows[i].status, rows[i].settings, rows[i].part);
	}
	expect_verdict(2, (const char *const[4]){NULL, longer}, "the path has more than 107 bytes");
	expect_verdict(0, (const char *const[4]){fresh}, "configuration ok: ");
	assert_int_equal(access(e2e.store, F_OK), -1); /* nothing was made */
	*strstr(fresh, "/newer") = '\0';
	assert_int_equal(access(fresh, F_OK), -1);
}

/* As root the check is made as the user who would run. */
static void
test_check_as_the_user(void **state)
{
	(void)state;
	if (geteuid() != 0)
		e2e_skip("not root");
	char theirs[128], ours[128];
	assert_int_equal(chmod(e2e.dir, 0755), 0);
	snprintf(theirs, sizeof theirs, "%s/theirs.db", e2e.dir);
	snprintf(ours, sizeof ours, "%s/made/ours.db", e2e.dir);
	const char *settings[4] = {theirs, "/tmp/newsd-check.sock", "-", "user = nobody"};
	expect_verdict(2, settings, "theirs.db: nothing can be made in ");
	settings[0] = ours; /* root makes the directory and gives it to the user */
	settings[3] = "workers = 0\nuser = nobody";
	expect_verdict(0, settings, "configuration ok: ");
}

static void
test_feeds_file(void **state)
{
	(void)state;
	expect_refused("feeds = /nonexistent/feeds.opml\n",
	    "newsd: /nonexistent/feeds.opml: No such file or "
	    "directory; the option feeds names it\n");
	assert_int_equal(e2e_logged("/nonexistent/feeds.opml: No such file or directory"), 1);
	char *path =
	    e2e_write("page.html", "<!doctype html><html><body><p>Hello.</p></body></html>\n");
	char *settings = mem_printf("feeds = %s\n", path);
	expect_refused(
	    settings, "page.html: line 1: neither OPML nor a list of URLs but an HTML page\n");
	mem_free(settings);
	mem_free(path);
}

/* ---- the store ---- */

/* newsd --once ends with STATUS and its log's last words hold PART. */
static void
expect_failure(int status, const char *part)
{
	struct ran ran;
	e2e_newsd(&ran, "--once", NULL);
	assert_int_equal(ran.status, status);
	ran_clear(&ran);
	if (!e2e_logged(part)) {
		char *log = e2e_read(e2e.log);
		fail_msg("\"%s\" is not in the log: %s", part, log);
	}
}

static void
test_store_of_a_newer_version(void **state)
{
	(void)state;
	e2e_once();
	e2e_execute("PRAGMA user_version = 99");
	char *words = mem_printf("was written by a newer newsd (schema 99, this one knows %d): "
				 "upgrade newsd or use another store",
	    STORE_SCHEMA_VERSION);
	expect_failure(1, words);
	mem_free(words);
	e2e_expect_int("PRAGMA user_version", 99);
}

static void
test_store_of_another_program(void **state)
{
	(void)state;
	e2e_execute("CREATE TABLE mine(x); PRAGMA application_id = 77; PRAGMA user_version = 3");
	expect_failure(2, "this is the database of another program: correct the option `store`");
	e2e_expect_int("SELECT count(*) FROM mine", 0);
}

static void
test_store_not_writable(void **state)
{
	(void)state;
	struct ran ran;
	char *dir = mem_printf("%s/theirs", e2e.dir), *store = mem_printf("%s/news.db", dir);
	char *conf = e2e_write("theirs.conf", ""),
	     *text = mem_printf("store = %s\ncontrol_socket = "
				"%s/x.sock\n",
		 store, dir);
	mem_free(conf);
	conf = e2e_write("theirs.conf", text);
	assert_int_equal(mkdir(dir, 0555), 0);
	assert_int_equal(chmod(dir, 0555), 0);
	assert_int_equal(chmod(e2e.dir, 0755), 0);
	char word[][48] = {"/usr/bin/setpriv", "--reuid=" NOBODY, "--regid=" NOBODY,
	    "--clear-groups", "-c", "--once"};
	char *as_nobody[] = {
	    word[0], word[1], word[2], word[3], e2e.newsd, word[4], conf, word[5], NULL};
	char **argv = geteuid() == 0 ? as_nobody : as_nobody + 4;
	if (geteuid() == 0 && access(word[0], X_OK))
		e2e_skip("root without setpriv");
	program_run(&ran, argv, NULL, 0);
	if (ran.status == 126 || ran.status == 127)
		e2e_skip("an unprivileged user can't reach the program");
	assert_int_equal(ran.status, 1);
	expect(ran.err,
	    "cannot open it: Permission denied: check owner and mode of the file and of "
	    "its directory");
	ran_clear(&ran);
	mem_free(text);
	mem_free(conf);
	mem_free(store);
	mem_free(dir);
}

static void
test_store_in_use(void **state)
{
	(void)state;
	e2e_start();
	pid_t first = e2e.pid;
	char *part = mem_printf("in use by another newsd, process %d: stop that first", (int)first);
	expect_failure(3, part);
	mem_free(part);
	struct ran ran;
	e2e_ctl(&ran, 0, "status", NULL); /* the first one goes on */
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

/* ---- signals ---- */

static void
test_reload(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/one", NULL);
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	e2e_feeds("1 /feed/paper/1", NULL);
	kill(e2e.pid, SIGHUP);
	e2e_until_log(" reloaded feeds=1 reason=\"1 feeds added, 1 removed\"");
	e2e_until("SELECT count(*) FROM articles", 2 + SITE_PAPER - 1);
	e2e_expect_int("SELECT active FROM feeds WHERE url LIKE '%/one'", 0);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
}

static void
test_reload_fails(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("1 /feed/one", NULL);
	e2e_start();
	e2e_configure("host_delay = soon\n");
	kill(e2e.pid, SIGHUP);
	e2e_until_log(" reload_failed ");
	assert_int_equal(e2e_logged("newsd.conf:10: host_delay was already given on line 6"), 1);
	e2e_configure("poll_max = never\n");
	kill(e2e.pid, SIGHUP);
	e2e_until_log("newsd.conf:10: poll_max = never: expected ");
	e2e_until("SELECT count(*) FROM articles", 2); /* the old one goes on */
	e2e_ctl(&ran, 2, "status", NULL);              /* newsctl reads the same file */
	ran_clear(&ran);
	e2e_configure("");
	kill(e2e.pid, SIGHUP);
	e2e_until_log(" reloaded ");
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

static void
test_log_is_reopened(void **state)
{
	(void)state;
	char *old = mem_printf("%s.1", e2e.log);
	e2e_start();
	assert_int_equal(rename(e2e.log, old), 0);
	kill(e2e.pid, SIGUSR1);
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS; access(e2e.log, F_OK);) {
		assert_true(clock_mono_ms() < end);
		e2e_pause();
	}
	assert_int_equal(e2e_stop(SIGTERM), 0);
	assert_int_equal(e2e_logged(" stopped"), 1);
	char *text = e2e_read(old);
	expect(text, " ready ");
	expect_not(text, " stopped");
	mem_free(text);
	unlink(old);
	mem_free(old);
}

/* Whatever the log acknowledged is in the store. */
static void
expect_acknowledged(void)
{
	char *text = e2e_read(e2e.log), *rest = text, *line;
	size_t n = 0;
	while ((line = strsep(&rest, "\n"))) {
		const char *id = strstr(line, " link_id="), *outcome = strstr(line, " outcome=");
		if (!strstr(line, " info outcome ") || !id || !outcome)
			continue;
		char *sql = mem_printf(
		    "SELECT outcome FROM links WHERE id = %lld", strtoll(id + 9, NULL, 10));
		char *word = mem_strndup(outcome + 9, strcspn(outcome + 9, " "));
		e2e_expect_text(sql, word);
		mem_free(word);
		mem_free(sql);
		n++;
	}
	assert_true(n > 0);
	mem_free(text);
}

static void
test_stop_with_work_in_flight(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/slow", "3 /feed/paper/3", NULL);
	size_t seen = e2e.site.site->seen_len;
	e2e_start();
	e2e_until("SELECT count(*) >= 8 FROM articles", 1);
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS;
	     !site_count(e2e.site.site, seen, "/slow/", 0);) {
		assert_true(clock_mono_ms() < end);
		e2e_pause();
	}
	int64_t begin = clock_mono_ms();
	assert_int_equal(e2e_stop(SIGTERM), 0);
	assert_true(clock_mono_ms() - begin < 5000);
	assert_int_equal(e2e_logged(" stopped"), 1);
	expect_acknowledged();
	e2e_expect_int(
	    "SELECT count(*) FROM links WHERE url LIKE '%/slow/%' AND outcome <> 'pending'", 0);
	e2e_expect_sound();
}

static void
test_once(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/one", NULL);
	e2e_once();
	assert_int_equal(e2e_logged(" stopping reason=\"one pass is done\""), 1);
	expect_acknowledged();
	assert_int_equal(access(e2e.socket, F_OK), -1); /* it leaves no socket behind */
	e2e_expect_int("SELECT count(*) FROM articles", 2);
}

/* ---- a full disk ---- */

/* Fill the file system of PATH with it. */
static void
fill_disk(const char *path)
{
	static const char zeros[4096];
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	setvbuf(f, NULL, _IONBF, 0);
	while (fwrite(zeros, 1, sizeof zeros, f) == sizeof zeros)
		;
	fclose(f);
}

static void
run_on_full_disk(const char *ballast)
{
	struct ran ran;
	e2e_feeds("1 /feed/growing", NULL);
	e2e_configure("free_space_floor = 0\n"); /* it is smaller than any floor */
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	fill_disk(ballast);
	e2e.site.site->phase = 1;
	e2e_ctl(&ran, 0, "poll", NULL);
	ran_clear(&ran);
	e2e_until_log(" store_trouble ");
	e2e_ctl(&ran, 0, "status", NULL); /* the loop turns, and says what is wrong */
	expect(ran.out, "full");
	ran_clear(&ran);
	unlink(ballast);
	e2e_until_log(" store_recovered");
	e2e_until("SELECT count(*) FROM articles", SITE_GROWN);
	assert_int_equal(e2e_logged(" store_trouble "), 1);
	assert_int_equal(e2e_logged(" store_recovered"), 1);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	expect_acknowledged();
	e2e_expect_sound();
}

static void
test_disk_full(void **state)
{
	(void)state;
	e2e_on_disk("6m", run_on_full_disk);
}

#define FRESH(test) cmocka_unit_test_setup(test, e2e_fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FRESH(test_command_line),
	    FRESH(test_configuration_unreadable),
	    FRESH(test_configuration_wrong),
	    FRESH(test_check),
	    FRESH(test_check_of_what_a_start_needs),
	    FRESH(test_check_as_the_user),
	    FRESH(test_feeds_file),
	    FRESH(test_store_of_a_newer_version),
	    FRESH(test_store_of_another_program),
	    FRESH(test_store_not_writable),
	    FRESH(test_store_in_use),
	    FRESH(test_reload),
	    FRESH(test_reload_fails),
	    FRESH(test_log_is_reopened),
	    FRESH(test_stop_with_work_in_flight),
	    FRESH(test_once),
	    cmocka_unit_test_setup_teardown(test_disk_full, e2e_fresh, e2e_leave_disk),
	};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
