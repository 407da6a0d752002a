/*
 * test_standstill: nothing stands still for one of its neighbours: a host that is closed for days
 * costs nobody else a place, a clock that was wrong delays nothing after it is set, work that waits
 * is not forgotten. The whole road, under the fake clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "mem.h"
#include "world.h"

#define TYPE "application/rss+xml"
#define FEED "http://a.example/feed"
#define HOUR 3600
#define DAY  86400

#define ITEMS_MAX 64

/* Serve at URL a feed of COUNT items http://HOST/FROM, FROM + 1, ... whose pages answer STATUS. */
static void
serve_feed(struct world *w, const char *url, const char *host, int from, int count, int status)
{
	char items[ITEMS_MAX][64];
	const char *urls[ITEMS_MAX + 1] = {0};
	for (int i = 0; i < count; i++) {
		snprintf(items[i], sizeof items[i], "http://%s/%d", host, from + i);
		urls[i] = items[i];
		char *page = world_page(items[i]);
		world_route(w, items[i], status, "text/html; charset=utf-8", page);
		mem_free(page);
	}
	char *body = world_rss("A", urls);
	world_route(w, url, 200, TYPE, body);
	mem_free(body);
}

static long
count_as(struct world *w, const char *outcome)
{
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM links WHERE outcome = '%s'", outcome);
	return world_count(w, sql);
}

/* ---- hosts that are closed ---- */

static void
test_links_of_a_closed_host_take_no_places(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\npoll_min = 10m\npoll_min_blind = 10m\n"
				    "poll_max = 1h\n");
	serve_feed(w, FEED, "closed.example", 0, 1, 429);
	world_find(w, "http://closed.example/0")->retry_after_s = 3 * DAY;
	world_add_feed(w, FEED);
	world_run(w, HOUR);
	struct pipeline_status s;
	serve_feed(w, FEED, "closed.example", 1, 40, 200); /* more come while it is closed */
	world_run(w, DAY);
	assert_int_equal(count_as(w, "pending"), 41);
	pipeline_read_status(w->pipeline, &s);
	assert_int_equal(s.links, 0);
	assert_int_equal(world_find(w, "http://closed.example/1")->hits, 0);
	world_route(w, "http://closed.example/0", 404, "text/html", "x");
	world_run(w, 3 * DAY);
	assert_int_equal(count_as(w, "stored"), 40);
	assert_int_equal(count_as(w, "gone"), 1);
	world_check_ledger(w);
	world_free(w);
}

/* ---- clocks ---- */

/* What was decided while the clock was 400 days ahead holds nothing up once it is set. */
static void
test_a_clock_that_was_ahead_delays_nothing(void **state)
{
	(void)state;
	static const int64_t ahead_ms = INT64_C(400) * DAY * 1000;
	struct world *w = world_new("robots = off\n");
	serve_feed(w, FEED, "a.example", 0, 1, 200);
	serve_feed(w, "http://b.example/feed", "b.example", 0, 1, 503); /* its page is retried */
	world_add_feed(w, FEED);
	world_add_feed(w, "http://b.example/feed");
	world_stop(w);
	clock_fake_jump(ahead_ms);
	world_start(w);
	world_run(w, HOUR);
	world_stop(w);
	int hits = world_find(w, FEED)->hits;
	assert_int_equal(count_as(w, "pending"), 1);
	clock_fake_jump(-ahead_ms);
	world_start(w);
	world_route(w, "http://b.example/0", 404, "text/html", "x");
	world_run(w, 2 * HOUR);
	assert_true(world_find(w, FEED)->hits > hits);
	assert_int_equal(count_as(w, "gone"), 1);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM feeds WHERE next_poll > 1798761600 + 864000"), 0);
	world_free(w);
}

/* The same without a restart: the link that was put off by the wrong clock is not lost. */
static void
test_a_link_that_a_wrong_clock_put_off_comes_back(void **state)
{
	(void)state;
	static const int64_t ahead_ms = INT64_C(400) * DAY * 1000;
	struct world *w = world_new("robots = off\n");
	serve_feed(w, FEED, "a.example", 0, 1, 503);
	world_add_feed(w, FEED);
	clock_fake_jump(ahead_ms);
	world_run(w, 60);
	assert_int_equal(count_as(w, "pending"), 1);
	clock_fake_jump(-ahead_ms);
	world_route(w, "http://a.example/0", 404, "text/html", "x");
	world_run(w, HOUR);
	assert_int_equal(count_as(w, "gone"), 1);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_links_of_a_closed_host_take_no_places),
	    cmocka_unit_test(test_a_clock_that_was_ahead_delays_nothing),
	    cmocka_unit_test(test_a_link_that_a_wrong_clock_put_off_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
