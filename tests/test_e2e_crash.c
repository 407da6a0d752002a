/*
 * test_e2e_crash: kill -9 at instants spread over a run, counted in requests that the origin has
 * seen, never in time. What is started again must end with the same links, outcomes and bodies as a
 * run that nobody disturbed, and the file must be sound at every moment.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>

#include "clock.h"
#include "e2e_rig.h"
#include "mem.h"

#define INSTANTS 10

/* All that a run comes to, in one text; ids and times left out, which may differ. */
static const char whole[] =
    "SELECT group_concat(line, char(10)) FROM (SELECT l.url || ' ' || l.outcome || ' ' || "
    "coalesce(a.body, '-') AS line FROM links l LEFT JOIN articles a ON a.id = l.article_id "
    "ORDER BY l.url)";
static const char sighted[] =
    "SELECT group_concat(line, char(10)) FROM (SELECT feed || ' ' || url AS line FROM sightings "
    "ORDER BY feed, url)";

static void
choose_feeds(void)
{
	e2e_feeds("1 /feed/paper/1", "2 /feed/paper/2", "3 /feed/paper/3", "4 /feed/paper/4",
	    "1 /feed/full", "2 /feed/atom", NULL);
}

/* Run newsd --once until the origin has seen REQUESTS, then kill it. Returns 1 when it was ended by
 * that; 0: it had come to its own end before. */
static int
run_and_kill(size_t requests)
{
	size_t from = e2e.site.site->seen_len;
	int64_t end = clock_mono_ms() + E2E_WAIT_MS;
	e2e_begin("--once");
	while (e2e.site.site->seen_len - from < requests) {
		int status;
		if (waitpid(e2e.pid, &status, WNOHANG) == e2e.pid) {
			e2e.pid = 0;
			assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 0);
			return 0;
		}
		assert_true(clock_mono_ms() < end);
	}
	return e2e_stop(SIGKILL) == 128 + SIGKILL;
}

static void
expect_sound_if_there(void)
{
	char *text = e2e_text("PRAGMA integrity_check");
	if (*text && strcmp(text, "ok"))
		fail_msg("after the kill: %s", text);
	mem_free(text);
	int64_t difference = e2e_int(
	    "SELECT coalesce((SELECT sum(links) FROM ledger), 0) - (SELECT count(*) FROM links)");
	assert_true(difference == 0 || difference == INT64_MIN);
}

static void
test_kill_at_instants(void **state)
{
	(void)state;
	size_t killed = 0, from = e2e.site.site->seen_len;
	choose_feeds();
	e2e_once();
	size_t requests = e2e.site.site->seen_len - from;
	char *expected = e2e_text(whole), *expected_sightings = e2e_text(sighted);
	assert_true(strlen(expected) > 10000);
	for (size_t i = 0; i < INSTANTS; i++) {
		e2e_fresh(NULL);
		choose_feeds();
		killed += (size_t)run_and_kill(1 + i * (requests - 1) / (INSTANTS - 1));
		expect_sound_if_there();
		e2e_once();
		char *text = e2e_text(whole), *sightings = e2e_text(sighted);
		assert_string_equal(text, expected);
		assert_string_equal(sightings, expected_sightings);
		e2e_expect_sound();
		mem_free(text);
		mem_free(sightings);
	}
	print_message("%zu requests, killed %zu times\n", requests, killed);
	assert_true(killed >= INSTANTS - 1);
	mem_free(expected);
	mem_free(expected_sightings);
}

/* One store, killed again and again: each time a little further, and never a step back. */
static void
test_kill_again_and_again(void **state)
{
	(void)state;
	int64_t ended = 0;
	choose_feeds();
	e2e_once();
	char *expected = e2e_text(whole);
	e2e_fresh(NULL);
	choose_feeds();
	for (size_t i = 1; i <= 6; i++) {
		run_and_kill(4 + 3 * i);
		expect_sound_if_there();
		int64_t now = e2e_int("SELECT count(*) FROM links WHERE outcome <> 'pending'");
		assert_true(now == INT64_MIN || now >= ended);
		ended = now > ended ? now : ended;
	}
	e2e_once();
	char *text = e2e_text(whole);
	assert_string_equal(text, expected);
	e2e_expect_sound();
	mem_free(text);
	mem_free(expected);
}

#define FRESH(test) cmocka_unit_test_setup(test, e2e_fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FRESH(test_kill_at_instants),
	    FRESH(test_kill_again_and_again),
	};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
