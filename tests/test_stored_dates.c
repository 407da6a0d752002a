/* What becomes of dates on the road: settled at discovery, the better of feed and page, none from
 * the future. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mem.h"
#include "world.h"

#define FEED "http://a.example/feed"
#define PAGE "http://a.example/news/1"

/* A world whose feed says FED of its one entry and whose page says MARKED (NULL: nothing); it has
 * run for a minute. */
static struct world *
dated_world(const char *fed, const char *marked)
{
	struct world *w = world_new(NULL);
	char *rss =
	    mem_printf("<rss version='2.0'><channel><title>A</title><item><title>Bridge</title>"
		       "<link>" PAGE "</link><pubDate>%s</pubDate></item></channel></rss>",
		fed);
	char *page = world_page("harbour bridge");
	char *meta = marked ? mem_printf("<html><head><meta property='article:published_time' "
					 "content='%s'>",
				  marked)
			    : NULL;
	char *head = strstr(page, "<head>");
	assert_non_null(head);
	char *dated = meta ? mem_printf("%s%s", meta, head + strlen("<head>")) : mem_strdup(page);
	world_route(w, FEED, 200, "application/rss+xml", rss);
	world_route(w, PAGE, 200, "text/html; charset=utf-8", dated);
	world_route(w, "http://a.example/robots.txt", 404, NULL, "");
	world_add_feed(w, FEED);
	world_run(w, 60);
	mem_free(rss);
	mem_free(page);
	mem_free(meta);
	mem_free(dated);
	return w;
}

/* The article's date: published (ISO, "=" when it is first_seen), precision, doubt, raw. */
static void
expect(struct world *w, const char *view, const char *want)
{
	char sql[512];
	snprintf(sql, sizeof sql,
	    "SELECT iif(published = first_seen, '=', strftime('%%Y-%%m-%%dT%%H:%%M:%%SZ', published,"
	    " 'unixepoch')) || '|' || coalesce(published_precision, '-') || '|' ||"
	    " coalesce(published_doubt, '-') || '|' || coalesce(published_raw, '-') FROM %s",
	    view);
	assert_string_equal(world_sql(w, sql), want);
}

static void
test_the_feed_speaks_where_the_page_is_silent(void **state)
{
	(void)state;
	struct world *w = dated_world("Thu, 31 Dec 2026 10:00 CST", NULL);
	static const char want[] = "2026-12-31T16:00:00Z|minute|zone|Thu, 31 Dec 2026 10:00 CST";
	expect(w, "links", want);
	expect(w, "articles", want);
	world_free(w);
}

static void
test_the_better_of_two(void **state)
{
	(void)state;
	struct world *w = dated_world("Thu, 31 Dec 2026 10:00:00 GMT", "2026-12-30");
	expect(w, "articles", "2026-12-31T10:00:00Z|second|-|Thu, 31 Dec 2026 10:00:00 GMT");
	world_free(w);
	w = dated_world("31 Dec 2026", "2026-12-30T10:00:00Z");
	expect(w, "articles", "2026-12-30T10:00:00Z|second|-|2026-12-30T10:00:00Z");
	world_free(w);
	/* equally exact, but one is in doubt */
	w = dated_world("Thu, 31 Dec 2026 10:00:00 GMT", "2026-12-31T05:00:00");
	expect(w, "articles", "2026-12-31T10:00:00Z|second|-|Thu, 31 Dec 2026 10:00:00 GMT");
	world_free(w);
}

static void
test_order_is_settled_at_discovery(void **state)
{
	(void)state;
	/* the 12th of January is no news yet; the 1st of December was */
	struct world *w = dated_world("01/12/2027 10:00 GMT", NULL);
	expect(w, "links", "=|future|future|01/12/2027 10:00 GMT");
	world_free(w);
	w = dated_world("01/12/2026 10:00 GMT", NULL);
	expect(w, "links", "2026-01-12T10:00:00Z|minute|order|01/12/2026 10:00 GMT");
	world_free(w);
	w = dated_world("12-01-2026 10:00 GMT", NULL);
	expect(w, "links", "2026-01-12T10:00:00Z|minute|order|12-01-2026 10:00 GMT");
	world_free(w);
	w = dated_world("31-12-2026 10:00 GMT", NULL);
	expect(w, "links", "2026-12-31T10:00:00Z|minute|-|31-12-2026 10:00 GMT");
	world_free(w);
}

static void
test_the_future_is_no_truth(void **state)
{
	(void)state;
	struct world *w = dated_world("Sun, 03 Jan 2027 00:00:00 GMT", NULL);
	expect(w, "links", "=|future|future|Sun, 03 Jan 2027 00:00:00 GMT");
	expect(w, "articles", "=|future|future|Sun, 03 Jan 2027 00:00:00 GMT");
	/* a feed that goes on to say so changes nothing, and opens nothing again */
	world_run(w, 86400);
	expect(w, "links", "=|future|future|Sun, 03 Jan 2027 00:00:00 GMT");
	assert_int_equal(world_count(w, "SELECT rechecks FROM links"), 0);
	world_free(w);
	/* the page's future gives way to what the feed says, and the other way round */
	w = dated_world("Thu, 31 Dec 2026 10:00:00 GMT", "2099-01-01T00:00:00Z");
	expect(w, "articles", "2026-12-31T10:00:00Z|second|-|Thu, 31 Dec 2026 10:00:00 GMT");
	world_free(w);
	w = dated_world("Thu, 01 Jan 2099 00:00:00 GMT", "2026-12-31T10:00:00Z");
	expect(w, "articles", "2026-12-31T10:00:00Z|second|-|2026-12-31T10:00:00Z");
	world_free(w);
	/* a clock or a zone may be a day ahead */
	w = dated_world("Fri, 01 Jan 2027 23:00:00 GMT", NULL);
	expect(w, "articles", "2027-01-01T23:00:00Z|second|-|Fri, 01 Jan 2027 23:00:00 GMT");
	world_free(w);
}

static void
test_no_date_stays_none(void **state)
{
	(void)state;
	struct world *w = dated_world("some day", NULL);
	assert_int_equal(world_count(w, "SELECT published IS NULL AND published_raw = 'some day'"
					" AND published_precision IS NULL FROM links"),
	    1);
	assert_int_equal(world_count(w, "SELECT published IS NULL FROM articles"), 1);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_the_feed_speaks_where_the_page_is_silent),
	    cmocka_unit_test(test_the_better_of_two),
	    cmocka_unit_test(test_order_is_settled_at_discovery),
	    cmocka_unit_test(test_the_future_is_no_truth),
	    cmocka_unit_test(test_no_date_stays_none),
	};
	return cmocka_run_group_tests_name("stored_dates", tests, NULL, NULL);
}
