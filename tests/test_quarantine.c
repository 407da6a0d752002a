/*
 * test_quarantine: what follows from a document that kills its worker, played over days: when its
 * link is visited again, what else may become of it meanwhile, robots.txt, the text of a feed, a
 * restart. The workers are real.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "mem.h"
#include "worker.h"
#include "world.h"

#define FEED   "http://a.example/feed"
#define PAGE   "http://a.example/news/1"
#define OTHER  "http://a.example/news/2"
#define ROBOTS "http://a.example/robots.txt"
#define HOUR   3600
#define DAY    86400
#define LINK   "SELECT outcome FROM links WHERE url = '" PAGE "'"

#ifdef NEWSD_DEBUG_HOOKS

static void
serve(struct world *w, const char *url, const char *type, const char *mark, const char *topic)
{
	char *page = world_page(topic), *body = mem_printf("%s%s", mark, page);
	world_route(w, url, 200, type, body);
	mem_free(body);
	mem_free(page);
}

static void
serve_trap(struct world *w, const char *url)
{
	serve(w, url, "text/html; charset=utf-8", "<!-- newsd-debug-abort -->", "harbour bridge");
}

static struct world *
make(const char *settings)
{
	struct world *w = world_new(settings);
	char *body = world_rss("A", (const char *const[]){PAGE, OTHER, NULL});
	world_route(w, FEED, 200, "application/rss+xml", body);
	mem_free(body);
	serve_trap(w, PAGE);
	serve(w, OTHER, "text/html; charset=utf-8", "", "old lighthouse");
	world_add_feed(w, FEED);
	return w;
}

static void
expect_row(struct world *w, const char *state, long visits, long deaths)
{
	assert_string_equal(
	    world_sql(w, "SELECT state FROM quarantine ORDER BY id LIMIT 1"), state);
	assert_int_equal(
	    world_count(w, "SELECT visits FROM quarantine ORDER BY id LIMIT 1"), visits);
	assert_int_equal(
	    world_count(w, "SELECT deaths FROM quarantine ORDER BY id LIMIT 1"), deaths);
	world_check_ledger(w);
}

/* An hour, a day, and that was it. */
static void
test_spaced(void **state)
{
	(void)state;
	struct world *w = make("workers = 1\n");
	world_run(w, HOUR / 2);
	assert_int_equal(world_find(w, PAGE)->hits, 1);
	expect_row(w, "waiting", 1, 2);
	assert_string_equal(world_sql(w, LINK), "pending");
	world_run(w, HOUR);
	assert_int_equal(world_find(w, PAGE)->hits, 2);
	expect_row(w, "waiting", 2, 4);
	world_run(w, DAY - HOUR);
	assert_int_equal(world_find(w, PAGE)->hits, 2);
	assert_string_equal(world_sql(w, LINK), "pending");
	world_run(w, 2 * HOUR);
	assert_int_equal(world_find(w, PAGE)->hits, 3);
	expect_row(w, "given_up", 3, 6);
	assert_string_equal(world_sql(w, LINK), "parser_crash");
	world_run(w, 7 * DAY);
	assert_int_equal(world_find(w, PAGE)->hits, 3);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'stored'"), 1);
	world_free(w);
}

/* Visits are counted in the store: a restart in between changes nothing. */
static void
test_restart(void **state)
{
	(void)state;
	struct world *w = make("workers = 1\n");
	for (int i = 0; i < 4; i++) {
		world_run(w, 14 * HOUR);
		world_stop(w);
		world_start(w);
	}
	assert_int_equal(world_find(w, PAGE)->hits, 3);
	expect_row(w, "given_up", 3, 6);
	world_free(w);
}

/* Once the page is as it should be the row is cleared, and it starts from nothing the next time. */
static void
test_released(void **state)
{
	(void)state;
	struct world *w = make("workers = 1\n");
	serve(w, PAGE, "text/html; charset=\xff", "<!-- newsd-debug-abort -->", "harbour bridge");
	world_run(w, HOUR / 2);
	assert_string_equal(world_sql(w, "SELECT content_type FROM nd_offender"),
	    "text/html; charset=\xef\xbf\xbd"); /* whatever a server sends, this is text */
	serve(w, PAGE, "text/html; charset=utf-8", "", "harbour bridge");
	world_run(w, HOUR);
	expect_row(w, "released", 1, 2);
	assert_string_equal(world_sql(w, LINK), "stored");
	assert_int_equal(world_count(w, "SELECT bytes > 100 FROM quarantine"), 1);
	world_free(w);
}

static void
serve_dated(struct world *w, int day)
{
	char *feed = mem_printf("<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>A</title>"
				"<id>a</id><entry><id>1</id><title>Bridge %d</title>"
				"<link href=\"" PAGE "\"/><updated>2027-01-%02dT00:00:00Z</updated>"
				"</entry></feed>",
	    day, day);
	world_route(w, FEED, 200, "application/atom+xml", feed);
	mem_free(feed);
}

/* An article whose page was changed into a trap stays; another change is another three visits. */
static void
test_article_stays(void **state)
{
	(void)state;
	struct world *w = world_new("workers = 1\n");
	serve_dated(w, 1);
	serve(w, PAGE, "text/html; charset=utf-8", "", "harbour bridge");
	world_add_feed(w, FEED);
	world_run(w, HOUR);
	assert_string_equal(world_sql(w, LINK), "stored");
	world_run(w, DAY);
	serve_dated(w, 2);
	serve_trap(w, PAGE);
	world_run(w, 4 * DAY);
	expect_row(w, "given_up", 3, 6);
	assert_string_equal(world_sql(w, LINK), "stored");
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM links"), "parser_crash"));
	assert_int_equal(world_count(w, "SELECT revisions FROM articles"), 0);
	serve_dated(w, 6);
	world_run(w, DAY);
	assert_int_equal(world_find(w, PAGE)->hits, 6);
	expect_row(w, "waiting", 2, 10);
	assert_string_equal(world_sql(w, LINK), "pending");
	world_free(w);
}

/* The page is not there any more when it is visited again: that is the link's end. */
static void
test_ended(void **state)
{
	(void)state;
	struct world *w = make("workers = 1\n");
	world_run(w, HOUR / 2);
	world_route(w, PAGE, 404, "text/html", "");
	world_run(w, HOUR);
	expect_row(w, "ended", 1, 2);
	assert_string_equal(world_sql(w, LINK), "gone");
	world_free(w);
}

/* Rules that can't be read forbid all; they are looked at an hour later, then once a day. */
static void
test_robots(void **state)
{
	(void)state;
	struct world *w = make("workers = 1\n");
	world_route(w, ROBOTS, 200, "text/plain", "# newsd-debug-abort\n");
	world_run(w, HOUR / 2);
	assert_int_equal(world_find(w, ROBOTS)->hits, 1);
	assert_int_equal(world_find(w, PAGE)->hits, 0);
	assert_string_equal(world_sql(w, "SELECT kind FROM quarantine"), "robots");
	expect_row(w, "waiting", 1, 2);
	world_run(w, 2 * HOUR);
	assert_int_equal(world_find(w, ROBOTS)->hits, 2);
	world_run(w, 20 * HOUR);
	assert_int_equal(world_find(w, ROBOTS)->hits, 2);
	serve(w, PAGE, "text/html; charset=utf-8", "", "harbour bridge");
	world_route(w, ROBOTS, 200, "text/plain", "User-agent: *\n");
	world_run(w, 8 * HOUR);
	expect_row(w, "released", 2, 4);
	assert_string_equal(world_sql(w, LINK), "stored");
	world_free(w);
}

/* An entry without a page: its text is parsed for itself, and kills. In the feed it stands too far
 * behind to be seen by the hook. */
static void
test_fragment(void **state)
{
	(void)state;
	char space[5000];
	memset(space, ' ', sizeof space - 1);
	space[sizeof space - 1] = '\0';
	struct world *w = world_new("workers = 1\n");
	char *feed =
	    mem_printf("<rss version=\"2.0\"><channel><title>A</title>%s<item>"
		       "<title>One</title><guid isPermaLink=\"false\">x1</guid><description>"
		       "&lt;p>newsd-debug-abort&lt;/p></description></item></channel></rss>",
		space);
	world_route(w, FEED, 200, "application/rss+xml", feed);
	mem_free(feed);
	world_add_feed(w, FEED);
	world_run(w, HOUR / 2);
	expect_row(w, "waiting", 1, 2);
	assert_string_equal(world_sql(w, "SELECT kind FROM quarantine"), "fragment");
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "pending");
	world_run(w, 2 * DAY);
	expect_row(w, "given_up", 3, 6);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "parser_crash");
	world_free(w);
}

/* The feed itself kills: named, polled more and more seldom, no day without a poll. */
static void
test_feed(void **state)
{
	(void)state;
	struct world *w = make("workers = 1\n");
	serve_trap(w, FEED);
	world_run(w, 14 * DAY);
	int hits = world_find(w, FEED)->hits;
	assert_true(hits >= 14 && hits <= 25);
	expect_row(w, "waiting", hits, 2 * hits);
	assert_string_equal(world_sql(w, "SELECT url FROM quarantine"), FEED);
	assert_int_equal(
	    world_count(w, "SELECT q.retry = f.next_poll FROM quarantine q, feeds f"), 1);
	world_free(w);
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_spaced),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_released),
	    cmocka_unit_test(test_article_stays),
	    cmocka_unit_test(test_ended),
	    cmocka_unit_test(test_robots),
	    cmocka_unit_test(test_fragment),
	    cmocka_unit_test(test_feed),
	};
	if (argc == 2 && !strcmp(argv[1], "--worker"))
		return worker_main();
	return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}

#else

static void
test_skipped(void **state)
{
	(void)state;
	print_message("SKIPPED: this build has no debug hooks (configure --enable-debug)\n");
	skip();
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {cmocka_unit_test(test_skipped)};
	return cmocka_run_group_tests_name("quarantine", tests, NULL, NULL);
}

#endif
