/*
 * test_e2e_control: newsctl against the real daemon, and without one; and other readers of the
 * store: while newsd writes, after a clean stop, after kill -9.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"

#define SQLITE3 "/usr/bin/sqlite3"

/* Run newsctl; its output holds PART. */
static void
ctl_says(const char *part, const char *a, const char *b)
{
	struct ran ran;
	e2e_ctl(&ran, 0, a, b, NULL);
	expect(ran.out, part);
	ran_clear(&ran);
}

static int64_t
number(struct json_object *o, const char *a, const char *b)
{
	struct json_object *m = member(o, a);
	return json_object_get_int64(b ? member(m, b) : m);
}

/* ---- the daemon runs ---- */

static void
test_add_poll_remove(void **state)
{
	(void)state;
	struct ran ran;
	char *url = e2e_url(1, "/feed/growing");
	e2e_start();
	e2e_ctl(&ran, 0, "add", "--title", "Growing up", "--tag", "local", url, NULL);
	expect(ran.out, url);
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM articles", 2);
	e2e_expect_int(
	    "SELECT count(*) FROM feeds WHERE title = 'Growing up' AND tags = 'local'", 1);
	ctl_says(url, "feeds", NULL);

	e2e.site.site->phase = 1;
	e2e_ctl(&ran, 0, "poll", url, NULL);
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM articles", SITE_GROWN);

	e2e_ctl(&ran, 0, "remove", url, NULL);
	ran_clear(&ran);
	e2e_expect_int("SELECT active FROM feeds", 0);
	e2e_ctl(&ran, 1, "remove", url, NULL);
	expect(ran.err, "`newsctl feeds` lists them");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "poll", "4711", NULL);
	expect(ran.err, "no feed 4711; `newsctl feeds` lists them");
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_int("SELECT count(*) FROM articles", SITE_GROWN); /* its history is kept */
	assert_int_equal(access(e2e.socket, F_OK), -1);
	mem_free(url);
}

static void
test_add_refused(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	e2e_ctl(&ran, 2, "add", "ftp://paper.example/feed", NULL);
	expect(ran.err, "is no http or https URL");
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds", 0);
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

static void
test_status(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("1 /feed/paper/1", NULL);
	e2e_start();
	e2e_until("SELECT count(*) FROM links WHERE outcome <> 'pending'", SITE_PAPER);
	ctl_says("stored", "status", NULL);
	e2e_ctl(&ran, 0, "status", "--json", NULL);
	struct json_object *o = one_json(ran.out), *live = member(o, "daemon");
	assert_int_equal(number(live, "pid", NULL), e2e.pid);
	assert_int_equal(number(live, "feeds", NULL), 1);
	assert_int_equal(number(live, "stored", NULL), SITE_PAPER - 1);
	assert_int_equal(number(live, "pages", NULL), SITE_PAPER);
	assert_true(number(live, "writer", "commits") > 0);
	assert_int_equal(number(live, "workers", "crashes"), 0);
	json_object_put(o);
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

static void
test_search_show_why(void **state)
{
	(void)state;
	struct ran ran;
	char *url = e2e_url(1, "/news/1"), *other = e2e_url(1, "/news/77");
	e2e_feeds("1 /feed/one", NULL);
	e2e_start();
	e2e_until("SELECT count(*) FROM articles", 2);
	e2e_ctl(&ran, 0, "search", "report", "\"number 2\"", NULL);
	expect(ran.out, "Report 2 from the county");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "search", "xylophone", NULL);
	ran_clear(&ran);
	ctl_says("This is report number 1 of the year.", "show", url);
	ctl_says("stored", "why", url);
	ctl_says("/feed/one", "why", url);
	e2e_ctl(&ran, 1, "why", other, NULL);
	expect(ran.err, other);
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	mem_free(url);
	mem_free(other);
}

static void
test_tail_follows(void **state)
{
	(void)state;
	struct ran ran;
	char word[][8] = {"-c", "tail", "-f", "-n", "0"}, *line, *url = e2e_url(1, "/feed/one");
	char *argv[] = {e2e.newsctl, word[0], e2e.conf, word[1], word[2], word[3], word[4], NULL};
	int in, out, stored = 0;
	e2e_start();
	pid_t tail = program_start(argv, &in, &out);
	/* a subscriber sees what comes after it: poll until it has seen something */
	e2e_ctl(&ran, 0, "add", url, NULL);
	ran_clear(&ran);
	for (int i = 0; i < 50 && !stored; i++) {
		while (!stored && (line = program_read_line(out, 1))) {
			stored = strstr(line, "stored") && strstr(line, "/news/");
			mem_free(line);
		}
		if (!stored) { /* it was not listening yet */
			e2e.site.site->phase = 1;
			char *more = e2e_url(1, "/feed/growing");
			e2e_ctl(&ran, 0, "add", more, NULL);
			ran_clear(&ran);
			mem_free(more);
		}
	}
	assert_true(stored);
	kill(tail, SIGTERM);
	program_wait(tail);
	close(in);
	close(out);
	assert_int_equal(e2e_stop(SIGTERM), 0); /* a gone subscriber is no trouble */
	mem_free(url);
}

static void
test_reload_by_newsctl(void **state)
{
	(void)state;
	struct ran ran;
	char *good, *bad = mem_strdup("store = /x\nworkers = many\n");
	e2e_start();
	good = e2e_read(e2e.conf);
	/* newsctl would stumble over the file itself, so it is told where the socket is */
	mem_free(e2e_write("newsd.conf", bad));
	char word[][12] = {"--socket", "--store", "reload"};
	char *empty = e2e_write("empty.conf", ""), config[] = "-c";
	char *argv[] = {
	    e2e.newsctl, config, empty, word[0], e2e.socket, word[1], e2e.store, word[2], NULL};
	program_run(&ran, argv, NULL, 0);
	assert_int_equal(ran.status, 1);
	expect(ran.err, "newsd.conf:2: workers = many: expected auto");
	ran_clear(&ran);
	assert_int_equal(e2e_logged(" reload_failed "), 1);
	mem_free(e2e_write("newsd.conf", good));
	e2e_feeds("1 /feed/one", NULL);
	e2e_ctl(&ran, 0, "reload", NULL);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds WHERE active", 1);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	mem_free(good);
	mem_free(bad);
	mem_free(empty);
}

static void
test_export_and_import(void **state)
{
	(void)state;
	struct ran ran;
	char *opml = mem_printf("%s/out.opml", e2e.dir), *a = e2e_url(1, "/feed/one"),
	     *b = e2e_url(1, "/feed/two");
	e2e_start();
	e2e_ctl(&ran, 0, "add", a, b, NULL);
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "export", opml, NULL);
	ran_clear(&ran);
	char *text = e2e_read(opml);
	expect(text, a);
	expect(text, b);
	mem_free(text);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_fresh(NULL);
	e2e_start();
	e2e_ctl(&ran, 0, "import", opml, NULL);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds WHERE active", 2);
	e2e_until("SELECT count(*) FROM articles", 2);
	ctl_says("", "check", "--full");
	assert_int_equal(e2e_stop(SIGTERM), 0);
	unlink(opml);
	mem_free(opml);
	mem_free(a);
	mem_free(b);
}

/* Addresses, titles and tags of a list survive import, export, import and export. */
static void
test_lists_survive_the_round_trip(void **state)
{
	(void)state;
	struct ran ran;
	char *one = e2e_url(1, "/feed/one"), *two = e2e_url(1, "/feed/two?a=1&b=2");
	char *text = mem_printf("# mine\n%s \"~The One & Only\" \"far away\" sea\n%s sand\n"
				"\"exec:~/bin/feed.sh\" x\n",
	    one, two);
	char *list = e2e_write("urls", text), *first = mem_printf("%s/first.opml", e2e.dir),
	     *second = mem_printf("%s/second.opml", e2e.dir);
	e2e_start();
	e2e_ctl(&ran, 0, "import", list, NULL);
	expect(ran.out, "2 feeds added, 0 were there already, 0 refused, 1 not taken");
	expect(ran.err, "exec:~/bin/feed.sh: not taken: line 4: a command, and newsd runs none");
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM feeds WHERE last_poll > 0", 2); /* they name themselves */
	e2e_ctl(&ran, 0, "export", first, NULL);
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_fresh(NULL);
	e2e_start();
	e2e_ctl(&ran, 0, "import", first, NULL);
	expect(ran.out, "2 feeds added, 0 were there already, 0 refused\n");
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM feeds WHERE last_poll > 0", 2);
	e2e_ctl(&ran, 0, "export", second, NULL);
	ran_clear(&ran);
	e2e_expect_text("SELECT title FROM feeds WHERE url LIKE '%/one'", "The One & Only");
	e2e_expect_text("SELECT tags FROM feeds WHERE url LIKE '%/one'", "far-away sea");
	char *a = e2e_read(first), *b = e2e_read(second);
	expect(a, "The One &amp; Only");
	assert_string_equal(a, b);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	unlink(list);
	unlink(first);
	unlink(second);
	mem_free(a);
	mem_free(b);
	mem_free(one);
	mem_free(two);
	mem_free(text);
	mem_free(list);
	mem_free(first);
	mem_free(second);
}

/* ---- the daemon is down ---- */

static void
test_down(void **state)
{
	(void)state;
	struct ran ran;
	char *url = e2e_url(1, "/feed/two"), *page = e2e_url(1, "/news/1");
	e2e_feeds("1 /feed/one", NULL);
	e2e_once();
	ctl_says("/feed/one", "feeds", NULL);
	ctl_says("report number 1", "show", page);
	ctl_says("stored", "why", page);
	ctl_says("stored", "tail", NULL);
	ctl_says("", "check", NULL);
	e2e_ctl(&ran, 3, "status", NULL);
	expect(ran.out, "stored");
	ran_clear(&ran);
	static const char *const changes[][2] = {
	    {"add", "?"}, {"remove", "1"}, {"poll", NULL}, {"reload", NULL}};
	for (size_t i = 0; i < sizeof changes / sizeof *changes; i++) {
		const char *word = changes[i][1];
		e2e_ctl(&ran, 3, changes[i][0], word && *word == '?' ? url : word, NULL);
		expect(ran.err, e2e.socket);
		ran_clear(&ran);
	}
	mem_free(url);
	mem_free(page);
}

static void
test_no_store(void **state)
{
	(void)state;
	struct ran ran;
	e2e_ctl(&ran, 1, "feeds", NULL);
	expect(ran.err, "there is none: start newsd to make it");
	ran_clear(&ran);
}

/* ---- other readers ---- */

/* The program sqlite3, read-only, answers SQL with EXPECTED. */
static void
sqlite3_says(const char *sql, const char *expected)
{
	struct ran ran;
	char program[] = SQLITE3, mode[] = "-readonly", *query = mem_strdup(sql);
	char *argv[] = {program, mode, e2e.store, query, NULL};
	program_run(&ran, argv, NULL, 0);
	if (ran.status)
		fail_msg("sqlite3: %s", ran.err);
	assert_string_equal(ran.out, expected);
	ran_clear(&ran);
	mem_free(query);
}

static void
test_sqlite3_reads(void **state)
{
	(void)state;
	static const char count[] = "SELECT count(*) FROM articles";
	if (access(SQLITE3, X_OK)) {
		print_message("SKIPPED: there is no " SQLITE3 "\n");
		skip();
	}
	e2e_feeds("1 /feed/one", NULL);
	e2e_start();
	e2e_until(count, 2);
	sqlite3_says(count, "2\n");
	assert_int_equal(e2e_stop(SIGTERM), 0);
	sqlite3_says(count, "2\n");
	sqlite3_says("PRAGMA integrity_check", "ok\n");
	e2e_start();
	assert_int_equal(e2e_stop(SIGKILL), 128 + SIGKILL);
	sqlite3_says(count, "2\n");
	sqlite3_says("PRAGMA integrity_check", "ok\n");
	sqlite3_says("SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'county'", "2\n");
}

/* A reader who looks all the time sees sums that hold at each look, and nothing half done. */
static void
test_ledger_holds_at_each_look(void **state)
{
	(void)state;
	size_t looks = 0, partial = 0;
	int64_t done = 0, seen = 0, end = clock_mono_ms() + E2E_WAIT_MS;
	e2e.site.site->phase = 1;
	e2e_feeds("1 /feed/growing", "1 /feed/paper/1", "2 /feed/paper/2", "3 /feed/paper/3",
	    "4 /feed/paper/4", NULL);
	e2e_start();
	while (done < SITE_GROWN + 4 * SITE_PAPER) {
		e2e_expect_int(
		    "SELECT (SELECT sum(links) FROM ledger) - (SELECT count(*) FROM links)", 0);
		e2e_expect_int(
		    "SELECT count(*) FROM (SELECT l.outcome AS o, l.links AS n FROM ledger l) "
		    "WHERE n <> (SELECT count(*) FROM links WHERE outcome = o)",
		    0);
		e2e_expect_int(
		    "SELECT (SELECT count(*) FROM articles) - (SELECT count(*) FROM links "
		    "WHERE outcome = 'stored')",
		    0);
		e2e_expect_int("SELECT count(*) FROM links WHERE outcome = 'stored' AND article_id "
			       "NOT IN (SELECT id FROM articles)",
		    0);
		done = e2e_int("SELECT count(*) FROM links WHERE outcome <> 'pending'");
		assert_true(done >= seen); /* no end is taken back */
		seen = done;
		looks++;
		partial += done > 0 && done < SITE_GROWN + 4 * SITE_PAPER;
		assert_true(clock_mono_ms() < end);
		e2e_pause();
	}
	print_message("%zu looks, %zu of them in the middle\n", looks, partial);
	assert_true(partial > 0);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
}

/* A line that a site repeats is listed, decided about and remembered. */
static void
test_lines_of_sites(void **state)
{
	(void)state;
	struct ran ran;
	e2e_once();
	e2e_execute("INSERT INTO nd_site (id, name) VALUES (1, 'paper.example')");
	e2e_execute(
	    "INSERT INTO nd_line (site, hash, text, articles, dropped, first_seen, last_seen)"
	    " VALUES (1, 7, 'Sign up for our letter.', 9, 4, 1, 2)");
	e2e_start();
	e2e_ctl(&ran, 0, "lines", "paper.example", NULL);
	expect(ran.out, "Sign up for our letter.");
	expect(ran.out, "learned");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "lines", "other.example", NULL);
	assert_null(strstr(ran.out, "Sign up"));
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "lines", "--keep", "1", NULL);
	expect(ran.out, "stays in the texts");
	ran_clear(&ran);
	e2e_expect_text("SELECT decision FROM site_lines", "keep");
	e2e_ctl(&ran, 0, "lines", "--json", NULL);
	expect(ran.out, "\"decision\":\"keep\"");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "lines", "--drop", "2", NULL);
	expect(ran.err, "no line 2");
	ran_clear(&ran);
	e2e_ctl(&ran, 2, "lines", "--drop", "x", NULL);
	ran_clear(&ran);
	e2e_ctl(&ran, 2, "lines", "--drop", "1", "--keep", "1", NULL);
	expect(ran.err, "exclude each other");
	ran_clear(&ran);
	e2e_ctl(&ran, 2, "lines", "paper.example", "--drop", "1", NULL);
	expect(ran.err, "exclude each other");
	ran_clear(&ran);
	e2e_expect_text("SELECT decision FROM site_lines", "keep");
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_ctl(&ran, 3, "lines", "--forget", "1", NULL);
	ran_clear(&ran);
}

#define FRESH(test) cmocka_unit_test_setup(test, e2e_fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FRESH(test_add_poll_remove),
	    FRESH(test_lines_of_sites),
	    FRESH(test_add_refused),
	    FRESH(test_status),
	    FRESH(test_search_show_why),
	    FRESH(test_tail_follows),
	    FRESH(test_reload_by_newsctl),
	    FRESH(test_export_and_import),
	    FRESH(test_lists_survive_the_round_trip),
	    FRESH(test_down),
	    FRESH(test_no_store),
	    FRESH(test_sqlite3_reads),
	    FRESH(test_ledger_holds_at_each_look),
	};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
