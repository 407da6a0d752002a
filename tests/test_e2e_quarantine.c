/*
 * test_e2e_quarantine: what becomes of documents that kill the worker that parses them, from the
 * first death to a good parse, through the real newsd and newsctl.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "e2e_rig.h"
#include "mem.h"

#ifdef NEWSD_DEBUG_HOOKS

#define ROW(column)  "SELECT " column " FROM quarantine WHERE url LIKE '%/page/trap'"
#define LINK(column) "SELECT " column " FROM links WHERE url LIKE '%/page/trap'"

/* One pass, and all that waits is due at the next. */
static void
visit(void)
{
	e2e_once();
	e2e_execute("UPDATE nd_link SET due = 0 WHERE outcome = 'pending'");
}

static void
expect_visits(int64_t visits, const char *state)
{
	e2e_expect_int(ROW("visits"), visits);
	e2e_expect_int(ROW("deaths"), visits * 2);
	e2e_expect_text(ROW("state"), state);
}

static void
test_three_visits(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/trap", NULL);
	e2e_once();
	expect_visits(1, "waiting");
#ifndef NEWSD_SANITIZED
	e2e_expect_int(ROW("signal"), SIGSEGV);
	e2e_expect_text(ROW("reason"), "the parser died of signal 11");
#endif
	e2e_expect_int(ROW("retry - last_seen"), 3600);
	e2e_expect_text(LINK("outcome"), "pending");
	e2e_expect_text("SELECT outcome FROM links WHERE url LIKE '%/news/30'", "stored");
	assert_int_equal(e2e_logged(" quarantine url=http://127.0.0.1:"), 1);
	e2e_expect_sound();

	e2e_execute("UPDATE nd_link SET due = 0 WHERE outcome = 'pending'");
	e2e_once(); /* another process: what was counted is read from the store */
	expect_visits(2, "waiting");
	e2e_expect_int(ROW("retry - last_seen"), 86400);

	e2e_execute("UPDATE nd_link SET due = 0 WHERE outcome = 'pending'");
	visit();
	expect_visits(3, "given_up");
	e2e_expect_text(LINK("outcome"), "parser_crash");
	e2e_expect_text(LINK("reason"), "visit 3 of 3");
	e2e_expect_int(ROW("retry IS NULL"), 1);
	size_t seen = e2e.site.site->seen_len;
	visit();
	assert_int_equal(site_count(e2e.site.site, seen, "/page/trap", 0), 0);
	e2e_expect_sound();
}

/* In the middle of it the page is mended: its row is cleared, and kept. */
static void
test_released(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/trap", NULL);
	visit();
	e2e.site.site->phase = 9;
	visit();
	e2e_expect_text(LINK("outcome"), "stored");
	expect_visits(1, "released");
	e2e_expect_int(ROW("settled >= last_seen"), 1);
	e2e_expect_int(ROW("bytes > 0"), 1);
	assert_int_equal(e2e_logged(" state=released"), 1);
	e2e_expect_sound();
}

/* A feed that kills is named, polled ever more seldom, and never given up. */
static void
test_feed(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/deadly", NULL);
	for (int64_t visits = 1; visits <= 4; visits++) {
		e2e_once();
		e2e_expect_int("SELECT visits FROM quarantine WHERE kind = 'feed'", visits);
		e2e_expect_text("SELECT state FROM quarantine", "waiting");
		e2e_expect_int("SELECT failures FROM feeds", visits);
		e2e_expect_int("SELECT q.retry = f.next_poll FROM quarantine q, feeds f"
			       " WHERE q.feed_id = f.id AND q.url = f.url",
		    1);
		e2e_expect_int("SELECT next_poll > last_poll + 3000 FROM feeds", 1);
	}
	e2e_expect_text("SELECT error FROM feeds", "crashed: the parser ");
	e2e.site.site->phase = 9;
	e2e_once();
	e2e_expect_text("SELECT state FROM quarantine", "released");
	e2e_expect_int("SELECT failures FROM feeds", 0);
	e2e_expect_text("SELECT outcome FROM links", "stored");
	e2e_expect_sound();
}

static void
expect_has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" lacks \"%s\"", text, part);
}

/* What newsctl shows and writes: the bytes as they came. */
static void
test_newsctl(void **state)
{
	(void)state;
	struct ran ran;
	struct stat st;
	char *file = mem_printf("%s/kept", e2e.dir);
	e2e_feeds("1 /feed/trap", NULL);
	e2e_ctl(&ran, 1, "quarantine", NULL); /* no store yet */
	ran_clear(&ran);
	e2e_once();
	e2e_ctl(&ran, 0, "quarantine", NULL);
	expect_has(ran.out, "waiting");
	expect_has(ran.out, "/page/trap");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "quarantine", "--json", NULL);
	expect_has(ran.out, "\"kind\":\"page\",\"state\":\"waiting\"");
	expect_has(ran.out, "\"deaths\":2,\"visits\":1");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "quarantine", "1", "--save", file, NULL);
	expect_has(ran.out, "/page/trap, Content-Type text/html");
	ran_clear(&ran);
	char *text = e2e_read(file);
	expect_has(text, "<!-- newsd-debug-crash -->");
	assert_int_equal(e2e_int(ROW("bytes")), strlen(text));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	e2e_ctl(&ran, 0, "quarantine", "1", "--save", "-", NULL);
	assert_string_equal(ran.out, text);
	ran_clear(&ran);
	mem_free(text);
	e2e_ctl(&ran, 1, "quarantine", "1", "--save", file, NULL); /* never over a file */
	expect_has(ran.err, "File exists");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "quarantine", "7", "--save", "-", NULL);
	expect_has(ran.err, "no kept document of the quarantine 7");
	ran_clear(&ran);
	e2e_ctl(&ran, 2, "quarantine", "--save", "-", NULL);
	ran_clear(&ran);
	e2e_ctl(&ran, 2, "quarantine", "1", "--retry", "1", NULL);
	ran_clear(&ran);
	e2e_ctl(&ran, 3, "quarantine", "--retry", "1", NULL); /* nobody listens */
	ran_clear(&ran);
	unlink(file);
	mem_free(file);
}

/* An operator's word: three more visits, now; and out of sight. */
static void
test_orders(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("1 /feed/trap", "1 /feed/deadly", NULL);
	for (int i = 0; i < 3; i++)
		visit();
	expect_visits(3, "given_up");
	char *id = e2e_text(ROW("id"));
	e2e_start();
	e2e_ctl(&ran, 0, "status", "--json", NULL);
	expect_has(ran.out, "\"quarantined\":2");
#ifndef NEWSD_SANITIZED
	expect_has(ran.out, "\"sandbox\":\"rlimits, ");
#endif
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "quarantine", "--retry", id, NULL);
	expect_has(ran.out, "its link is fetched again now");
	ran_clear(&ran);
	e2e_until(ROW("deaths"), 8);
	e2e_expect_int(ROW("visits"), 1);
	e2e_expect_text(ROW("state"), "waiting");
	e2e_expect_text(LINK("outcome"), "pending");
	e2e.site.site->phase = 9;
	e2e_ctl(&ran, 0, "quarantine", "--retry", id, "--json", NULL);
	expect_has(ran.out, "\"kind\":\"page\"");
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM quarantine WHERE url LIKE '%/page/trap'"
		  " AND state = 'released'",
	    1);
	e2e_until(
	    "SELECT count(*) FROM links WHERE url LIKE '%/page/trap' AND outcome = 'stored'", 1);
	char *feed = e2e_text("SELECT id FROM quarantine WHERE kind = 'feed'");
	e2e_ctl(&ran, 0, "quarantine", "--retry", feed, NULL);
	expect_has(ran.out, "its feed is polled now");
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM quarantine WHERE kind = 'feed' AND state = 'released'", 1);
	e2e_ctl(&ran, 0, "quarantine", "--forget", id, NULL);
	expect_has(ran.out, "/page/trap: forgotten");
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM quarantine WHERE url LIKE '%/page/trap'", 0);
	e2e_ctl(&ran, 1, "quarantine", "--forget", id, NULL);
	expect_has(ran.err, "no row of the quarantine");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "quarantine", NULL);
	expect_has(ran.err, "no document is in quarantine");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "quarantine", "--all", NULL);
	expect_has(ran.out, "released");
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	mem_free(feed);
	mem_free(id);
	e2e_expect_sound();
}

#define FRESH(test) cmocka_unit_test_setup(test, e2e_fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FRESH(test_three_visits),
	    FRESH(test_released),
	    FRESH(test_feed),
	    FRESH(test_newsctl),
	    FRESH(test_orders),
	};
	return cmocka_run_group_tests_name("quarantine", tests, e2e_setup, e2e_teardown);
}

#else

static void
test_skipped(void **state)
{
	(void)state;
	e2e_skip("newsd has no debug hooks (configure --enable-debug)");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_skipped)};
	return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}

#endif
