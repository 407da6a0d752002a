/*
 * test_robots_road: robots.txt on the road (RFC 9309): what its own answer means, how long it
 * holds, and whom: pages always, feeds where the operator wants it. What its lines mean is
 * test_robots.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mem.h"
#include "world.h"

#define FEED     "http://a.example/feed"
#define PAGE     "http://a.example/news/1"
#define SECOND   "http://a.example/news/2"
#define ROBOTS   "http://a.example/robots.txt"
#define NOTHING  "User-agent: *\nDisallow: /\n"
#define NO_FEEDS "User-agent: *\nDisallow: /feed\n"
#define DAY      86400

static void
serve_feed(struct world *w, const char *const *items)
{
	char *body = world_rss("A", items);
	world_route(w, FEED, 200, "application/rss+xml", body);
	mem_free(body);
}

static void
serve_page(struct world *w, const char *url, const char *topic)
{
	char *body = world_page(topic);
	world_route(w, url, 200, "text/html; charset=utf-8", body);
	mem_free(body);
}

static struct world *
make(const char *settings)
{
	struct world *w = world_new(settings);
	serve_feed(w, (const char *const[]){PAGE, NULL});
	serve_page(w, PAGE, "harbour bridge");
	serve_page(w, SECOND, "old lighthouse");
	return w;
}

/* 2.3.1.2 to 2.3.1.4: redirects, unavailable, unreachable. */
static void
test_what_its_status_means(void **state)
{
	(void)state;
	static const struct {
		int status;
		enum fetch_error error;
		const char *body, *outcome;
	} rows[] = {
	    {200, FETCH_OK, "", "stored"},
	    {200, FETCH_OK, NOTHING, "robots"},
	    {401, FETCH_OK, NOTHING, "stored"},
	    {403, FETCH_OK, NOTHING, "stored"},
	    {404, FETCH_OK, NOTHING, "stored"},
	    {410, FETCH_OK, NOTHING, "stored"},
	    {429, FETCH_OK, NOTHING, "pending"}, /* it asks for patience, not for all */
	    {500, FETCH_OK, "", "pending"},
	    {503, FETCH_OK, "", "pending"},
	    {0, FETCH_REDIRECTS, "", "stored"}, /* more than five hops, or in a circle */
	    {0, FETCH_TIMEOUT, "", "pending"},
	    {0, FETCH_DNS, "", "pending"},
	    {0, FETCH_TLS, "", "pending"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct world *w = make(NULL);
		struct route *r =
		    world_route(w, ROBOTS, rows[i].status, "text/plain", rows[i].body);
		r->error = rows[i].error;
		world_add_feed(w, FEED);
		world_run(w, 300);
		const char *outcome = world_sql(w, "SELECT outcome FROM links");
		if (strcmp(outcome, rows[i].outcome))
			fail_msg("row %zu (status %d): %s instead of %s", i, rows[i].status,
			    outcome, rows[i].outcome);
		world_free(w);
	}
}

static void
test_a_redirected_one_holds_where_it_was_asked_for(void **state)
{
	(void)state;
	struct world *w = make(NULL);
	world_route(w, ROBOTS, 200, "text/plain", NOTHING)->final_url =
	    mem_strdup("http://b.example/robots.txt");
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "robots");
	world_free(w);
}

/* 2.4: not longer than a day. */
static void
test_it_is_kept_for_a_day(void **state)
{
	(void)state;
	struct world *w = make("poll_max = 1h\n");
	world_route(w, ROBOTS, 200, "text/plain", "User-agent: *\nAllow: /\n");
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_int_equal(world_find(w, ROBOTS)->hits, 1);
	world_run(w, DAY - 3 * 3600);
	serve_feed(w, (const char *const[]){SECOND, PAGE, NULL});
	world_route(w, ROBOTS, 200, "text/plain", NOTHING);
	world_run(w, 2 * 3600);
	assert_int_equal(world_find(w, ROBOTS)->hits, 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'stored'"), 2);
	world_run(w, 2 * 3600);
	serve_feed(w, (const char *const[]){"http://a.example/news/3", SECOND, PAGE, NULL});
	world_run(w, DAY);
	assert_int_equal(world_find(w, ROBOTS)->hits, 2);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'robots'"), 1);
	world_free(w);
}

static void
test_listed_feeds_are_polled_regardless(void **state)
{
	(void)state;
	struct world *w = make(NULL);
	world_route(w, ROBOTS, 200, "text/plain", NOTHING);
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_int_equal(world_find(w, FEED)->hits, 1);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "robots");
	world_free(w);
}

static void
test_feeds_obey_where_it_is_wanted(void **state)
{
	(void)state;
	struct world *w = make("robots_feeds = yes\n");
	world_route(w, ROBOTS, 200, "text/plain", NO_FEEDS);
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_int_equal(world_find(w, ROBOTS)->hits, 1);
	assert_int_equal(world_find(w, FEED)->hits, 0);
	assert_string_equal(
	    world_sql(w, "SELECT error FROM feeds"), "refused: robots.txt forbids it");
	assert_non_null(strstr(world_sql(w, "SELECT next_reason FROM feeds"), "(refused)"));
	/* it thinks better of it */
	world_route(w, ROBOTS, 200, "text/plain", "User-agent: *\nAllow: /\n");
	world_run(w, 3 * DAY);
	assert_true(world_find(w, FEED)->hits > 0);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	/* out of reach: nothing is asked for */
	world_route(w, ROBOTS, 500, "text/plain", "");
	world_run(w, 2 * DAY);
	int hits = world_find(w, FEED)->hits;
	world_run(w, 2 * DAY);
	assert_int_equal(world_find(w, FEED)->hits, hits);
	assert_non_null(strstr(
	    world_sql(w, "SELECT error FROM feeds"), "robots.txt is out of reach: HTTP 500"));
	world_free(w);
}

static void
test_feeds_and_pages_ask_for_it_once(void **state)
{
	(void)state;
	struct world *w = make("robots_feeds = yes\n");
	world_route(w, ROBOTS, 200, "text/plain", "User-agent: *\nAllow: /\n");
	world_add_feed(w, FEED);
	world_add_feed(w, "http://a.example/other");
	world_run(w, 60);
	assert_int_equal(world_find(w, ROBOTS)->hits, 1);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_what_its_status_means),
	    cmocka_unit_test(test_a_redirected_one_holds_where_it_was_asked_for),
	    cmocka_unit_test(test_it_is_kept_for_a_day),
	    cmocka_unit_test(test_listed_feeds_are_polled_regardless),
	    cmocka_unit_test(test_feeds_obey_where_it_is_wanted),
	    cmocka_unit_test(test_feeds_and_pages_ask_for_it_once),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
