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

/* An index of sitemaps at a.example that names one of b.example. */
static void
serve_index(struct world *w)
{
	world_route(w, "http://a.example/index.xml", 200, "application/xml",
	    "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap>"
	    "<loc>http://b.example/map.xml</loc></sitemap></sitemapindex>");
	world_route(w, "http://b.example/map.xml", 200, "application/xml",
	    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url>"
	    "<loc>http://b.example/story</loc><lastmod>2027-01-01T00:00:00Z</lastmod></url>"
	    "</urlset>");
}

static void
test_an_index_waits_for_no_closed_host(void **state)
{
	(void)state;
	/* closed before, or while the index waits at its gate */
	for (int before = 0; before < 2; before++) {
		struct world *w = world_new("robots = off\n[host b.example]\ndelay = 60s\n");
		serve_index(w);
		world_add_feed(w, "http://b.example/other"); /* nothing there, but a gap after it */
		world_run(w, 1);
		world_route(w, "http://b.example/feed", 429, "text/plain", "x")->retry_after_s =
		    6 * DAY;
		world_add_feed(w, "http://b.example/feed");
		world_run(w, before ? HOUR : 1);
		world_add_feed(w, "http://a.example/index.xml");
		world_run(w, DAY);
		assert_true(world_find(w, "http://a.example/index.xml")->hits > 2);
		assert_int_equal(world_find(w, "http://b.example/map.xml")->hits, 0);
		assert_non_null(strstr(
		    world_sql(w, "SELECT recovered FROM feeds WHERE url LIKE '%index.xml'"),
		    "1 of 1 sitemaps were not read: http://b.example/map.xml: its host is closed"));
		world_route(w, "http://b.example/feed", 404, "text/plain", "x");
		world_run(w, 6 * DAY); /* it opens */
		assert_true(world_find(w, "http://b.example/map.xml")->hits > 0);
		world_free(w);
	}
}

/* A host that is closed for less than its own gap keeps what waits there. */
static void
test_an_index_waits_where_requests_are_far_apart(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\n[host b.example]\ndelay = 600s\n");
	serve_index(w);
	world_route(w, "http://c.example/index.xml", 200, "application/xml",
	    world_find(w, "http://a.example/index.xml")->body);
	world_add_feed(w, "http://b.example/other");
	world_run(w, 1);
	world_route(w, "http://b.example/feed", 429, "text/plain", "x")->retry_after_s = 130;
	world_add_feed(w, "http://b.example/feed");
	world_run(w, 1);
	world_add_feed(w, "http://a.example/index.xml");
	world_add_feed(w, "http://c.example/index.xml");
	world_run(w, 2 * HOUR);
	assert_true(world_find(w, "http://b.example/map.xml")->hits >= 2);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM feeds WHERE recovered IS NOT NULL"), 0);
	world_free(w);
}

/* A page that meets a bot protection is tried again: it is the host that is in trouble. */
static void
test_a_bot_protection_costs_no_link(void **state)
{
	(void)state;
	char url[64];
	struct world *w = world_new("robots = off\n");
	serve_feed(w, FEED, "walled.example", 0, 60, 403);
	for (int i = 0; i < 60; i++) {
		snprintf(url, sizeof url, "http://walled.example/%d", i);
		world_find(w, url)->challenge = 1;
	}
	world_add_feed(w, FEED);
	world_run(w, 5 * DAY);
	assert_int_equal(count_as(w, "pending"), 60);
	assert_in_range(world_count(w, "SELECT max(attempts) FROM links"), 1, 2);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE reason LIKE '%bot_challenge%'"), 60);
	serve_feed(w, FEED, "walled.example", 0, 60, 200);
	for (int i = 0; i < 60; i++) {
		snprintf(url, sizeof url, "http://walled.example/%d", i);
		world_find(w, url)->challenge = 0;
	}
	world_run(w, DAY);
	assert_int_equal(count_as(w, "stored"), 60);
	world_check_ledger(w);
	world_free(w);
}

/* ... unless its feed says enough, or the protection stays for good. */
static void
test_behind_a_bot_protection_the_feeds_text_is_taken(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\n");
	char *page = world_page("river dam");
	char *body =
	    mem_printf("<rss version='2.0'><channel><title>A</title><item><title>One</title>"
		       "<link>http://walled.example/1</link><description><![CDATA[%s]]>"
		       "</description></item><item><title>Two</title>"
		       "<link>http://walled.example/2</link><description>In short."
		       "</description></item></channel></rss>",
		strstr(page, "<p>"));
	world_route(w, FEED, 200, TYPE, body);
	world_route(w, "http://walled.example/1", 403, "text/html", "x")->challenge = 1;
	world_route(w, "http://walled.example/2", 403, "text/html", "x")->challenge = 1;
	world_add_feed(w, FEED);
	world_run(w, 5 * HOUR);
	assert_int_equal(count_as(w, "stored"), 1);
	assert_int_equal(count_as(w, "pending"), 1);
	assert_non_null(strstr(
	    world_sql(w, "SELECT reason FROM links WHERE outcome = 'stored'"), "bot_challenge"));
	world_run(w, 2 * DAY);
	assert_int_equal(count_as(w, "gave_up"), 1);
	world_check_ledger(w);
	mem_free(page);
	mem_free(body);
	world_free(w);
}

static void
test_unreachable_robots_cost_no_attempt(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	serve_feed(w, FEED, "a.example", 0, 20, 200);
	world_route(w, "http://a.example/robots.txt", 502, "text/plain", "x");
	world_add_feed(w, FEED);
	world_run(w, 3 * DAY);
	/* it is asked for again after ten minutes, then ever more rarely */
	assert_in_range(world_find(w, "http://a.example/robots.txt")->hits, 20, 32);
	assert_int_equal(count_as(w, "pending"), 20);
	assert_int_equal(world_count(w, "SELECT max(attempts) FROM links"), 0);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE reason LIKE 'robots.txt is out%'"),
	    20);
	world_route(w, "http://a.example/robots.txt", 404, "text/plain", "x");
	world_run(w, 4 * HOUR);
	assert_int_equal(count_as(w, "stored"), 20);
	world_check_ledger(w);
	world_free(w);
}

/* ---- what waits is not forgotten ---- */

/* A feed of COUNT entries that stay the same ones, of which the first MOVED live at b.example, the
 * others at a.example. */
static void
serve_moving(struct world *w, int count, int moved)
{
	char *body = mem_strdup("<rss version='2.0'><channel><title>A</title>");
	for (int i = 0; i < count; i++) {
		char *more = mem_printf("%s<item><title>Report %d</title><guid>id-%d</guid>"
					"<link>http://%c.example/%d</link></item>",
		    body, i, i, i < moved ? 'b' : 'a', i);
		mem_free(body);
		body = more;
	}
	char *whole = mem_printf("%s</channel></rss>", body);
	world_route(w, FEED, 200, TYPE, whole);
	mem_free(body);
	mem_free(whole);
}

/* All links of a host that are in memory move elsewhere: those that wait in the store are read. */
static void
test_links_behind_those_that_move_are_fetched(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\n[host a.example]\ndelay = 120s\n");
	world_add_feed(w, "http://f.example/feed"); /* nothing there */
	serve_moving(w, 24, 0);
	world_add_feed(w, FEED);
	world_run(w, 130);
	assert_true(count_as(w, "pending") > 20);
	serve_moving(w, 24, 20);
	assert_int_equal(pipeline_poll_now(w->pipeline, 2), 1);
	world_run(w, DAY / 2);
	assert_int_equal(count_as(w, "pending"), 0);
	assert_int_equal(count_as(w, "gone"), 24);
	world_free(w);
}

/* Texts of entries that wait for the pool are read in the order in which they came. */
static void
test_texts_wait_in_order(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\n");
	world_stop(w);
	w->pool_queue = 20;
	world_start(w);
	char *body = mem_strdup("<rss version='2.0'><channel><title>A</title>");
	for (int i = 0; i < 40; i++) {
		char topic[32];
		snprintf(topic, sizeof topic, "bridge %d", i);
		char *page = world_page(topic);
		char *more = mem_printf("%s<item><title>%s</title><link>http://h%d.example/1</link>"
					"<description><![CDATA[%s]]></description></item>",
		    body, topic, i, strstr(page, "<p>"));
		mem_free(page);
		mem_free(body);
		body = more;
	}
	char *whole = mem_printf("%s</channel></rss>", body);
	world_route(w, FEED, 200, TYPE, whole);
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_int_equal(count_as(w, "stored"), 40);
	/* the last entry is asked for first; of what is under way at once, the last is answered
	 * first */
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links a JOIN links b ON b.id = a.id + 1"
			   " WHERE a.id BETWEEN 2 AND 38 AND a.article_id < b.article_id"),
	    0);
	mem_free(body);
	mem_free(whole);
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
	world_run(w, 4 * HOUR); /* what was left of its wait is kept */
	assert_true(world_find(w, FEED)->hits > hits);
	assert_int_equal(count_as(w, "gone"), 1);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM feeds WHERE next_poll > 1798761600 + 864000"), 0);
	world_free(w);
}

/* A machine without a clock of its own starts in 1970: what servers asked for holds all the same.
 */
static void
test_a_clock_that_is_set_late_forgets_no_retry_after(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\n");
	struct route *r = world_route(w, FEED, 429, TYPE, "");
	r->retry_after_s = 5 * DAY;
	world_add_feed(w, FEED);
	world_run(w, 60);
	world_stop(w);
	assert_int_equal(world_find(w, FEED)->hits, 1);
	clock_fake_start(100000);
	world_start(w);
	clock_fake_jump((WORLD_START + DAY) * 1000);
	pipeline_clock_set(w->pipeline);
	world_run(w, 3 * DAY);
	assert_int_equal(world_find(w, FEED)->hits, 1);
	world_run(w, 3 * DAY);
	assert_int_equal(world_find(w, FEED)->hits, 2);
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
	    cmocka_unit_test(test_an_index_waits_for_no_closed_host),
	    cmocka_unit_test(test_an_index_waits_where_requests_are_far_apart),
	    cmocka_unit_test(test_a_bot_protection_costs_no_link),
	    cmocka_unit_test(test_behind_a_bot_protection_the_feeds_text_is_taken),
	    cmocka_unit_test(test_unreachable_robots_cost_no_attempt),
	    cmocka_unit_test(test_links_behind_those_that_move_are_fetched),
	    cmocka_unit_test(test_texts_wait_in_order),
	    cmocka_unit_test(test_a_clock_that_was_ahead_delays_nothing),
	    cmocka_unit_test(test_a_clock_that_is_set_late_forgets_no_retry_after),
	    cmocka_unit_test(test_a_link_that_a_wrong_clock_put_off_comes_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
