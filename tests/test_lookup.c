/*
 * test_lookup: the search for feeds under a fake clock and a fake network: its steps, its order,
 * its end in time, its manners towards hosts; and a feed that moves while the daemon runs.
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

#define SITE "http://a.example/"
#define HTML "text/html; charset=utf-8"
#define RSS  "application/rss+xml"

#define DECLARE(href) "<link rel=alternate type=application/rss+xml href='" href "'>"

/* What a search came to. */
struct came {
	int answers, wanted;
	int64_t at_s; /* when, since its start */
	size_t count;
	char urls[600]; /* joined by spaces */
	enum found_by by;
	struct fault fault;
};

static int64_t started;

static void
on_found(const struct pipeline_found *found, size_t count, const struct fault *f, void *arg)
{
	struct came *o = arg;
	o->answers++;
	o->at_s = clock_now() - started;
	o->count = count;
	o->fault = f ? *f : (struct fault){0};
	size_t len = 0;
	for (size_t i = 0; i < count; i++)
		len += (size_t)snprintf(
		    o->urls + len, sizeof o->urls - len, "%s%s", i ? " " : "", found[i].url);
	o->by = count ? found[0].by : FOUND_BY_COUNT;
}

static int
is_wanted(void *arg)
{
	return ((struct came *)arg)->wanted;
}

static void
begin(struct world *w, struct came *o, const char *url)
{
	struct fault f = {0};
	*o = (struct came){.wanted = 1};
	started = clock_now();
	if (pipeline_discover(w->pipeline, url, on_found, is_wanted, o, &f) != 0)
		fail_msg("%s", f.text);
	assert_int_equal(o->answers, 0);
}

/* Search URL to the end. */
static void
find(struct world *w, struct came *o, const char *url)
{
	begin(w, o, url);
	world_run(w, 300);
	assert_int_equal(o->answers, 1);
}

static void
found(struct world *w, const char *url, const char *urls)
{
	struct came o;
	find(w, &o, url);
	if (o.fault.code)
		fail_msg("%s", o.fault.text);
	assert_string_equal(o.urls, urls);
}

static void
serve_feed(struct world *w, const char *url, const char *const *items)
{
	char *body = world_rss("A", items);
	world_route(w, url, 200, RSS, body);
	mem_free(body);
}

static const char *const one_item[] = {"http://a.example/news/1", NULL};

static size_t
hits(struct world *w, const char *url)
{
	const struct route *r = world_find(w, url);
	return r ? (size_t)r->hits : 0;
}

/* ---- steps ---- */

static void
test_each_is_fetched_and_parsed(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	world_route(w, SITE, 200, HTML,
	    DECLARE("/comments/feed") DECLARE("/empty") DECLARE("/404") DECLARE("/page")
		DECLARE("/one") DECLARE("http://b.example/two"));
	serve_feed(w, "http://a.example/comments/feed", one_item);
	serve_feed(w, "http://a.example/empty", one_item + 1);
	serve_feed(w, "http://a.example/one", one_item);
	serve_feed(w, "http://b.example/two", one_item);
	world_route(w, "http://a.example/404", 404, HTML, "gone");
	world_route(w, "http://a.example/page", 200, HTML, "<p>none</p>");
	found(w, SITE,
	    "http://a.example/one http://b.example/two http://a.example/empty "
	    "http://a.example/comments/feed");
	assert_int_equal(world_count(w, "SELECT count(*) FROM feeds"), 0);
	world_free(w);
}

static void
test_a_feed_is_no_search(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	struct came o;
	serve_feed(w, "http://a.example/one", one_item);
	find(w, &o, "http://a.example/one#x");
	assert_string_equal(o.urls, "http://a.example/one");
	assert_int_equal(o.by, FOUND_ITSELF);
	assert_int_equal(o.at_s, 0);
	world_free(w);
}

/* The next step is taken only where the last one found nothing. */
static void
test_steps_in_order(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	struct came o;
	world_route(w, "http://a.example/robots.txt", 404, HTML, "");
	world_route(w, SITE, 200, HTML, DECLARE("/bad") "<a href=/rss>RSS</a>");
	world_route(w, "http://a.example/bad", 500, HTML, "");
	serve_feed(w, "http://a.example/rss", one_item);
	find(w, &o, SITE);
	assert_string_equal(o.urls, "http://a.example/rss");
	assert_int_equal(o.by, FOUND_LINKED);
	assert_int_equal(hits(w, "http://a.example/robots.txt"), 0);

	world_route(w, SITE, 200, HTML, DECLARE("/bad"));
	serve_feed(w, "http://a.example/feed.xml", one_item);
	find(w, &o, SITE);
	assert_string_equal(o.urls, "http://a.example/rss"); /* an earlier guess */
	assert_int_equal(o.by, FOUND_GUESSED);
	assert_int_equal(hits(w, "http://a.example/feed.xml"), 0);
	assert_int_equal(hits(w, "http://a.example/robots.txt"), 1);
	world_free(w);
}

/* "RSS" leads to a page that lists the feeds. */
static void
test_a_page_of_feeds(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	struct came o;
	world_route(w, SITE, 200, HTML, DECLARE("/bad") "<a href=/services/rss>RSS</a>");
	world_route(w, "http://a.example/services/rss", 200, HTML,
	    "<a href=/services/rss>RSS</a><a href=/top.rss>Top</a><a href=/sport.rss>Sport</a>"
	    "<a href=/bad>RSS</a>");
	serve_feed(w, "http://a.example/top.rss", one_item);
	serve_feed(w, "http://a.example/sport.rss", one_item);
	world_route(w, "http://a.example/bad", 404, HTML, "");
	find(w, &o, SITE);
	assert_string_equal(o.urls, "http://a.example/top.rss http://a.example/sport.rss");
	assert_int_equal(o.by, FOUND_LINKED);
	assert_int_equal(hits(w, "http://a.example/services/rss"), 1);
	assert_int_equal(hits(w, "http://a.example/bad"), 1);
	world_free(w);
}

static void
test_robots_are_obeyed(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	struct came o;
	world_route(w, SITE, 200, HTML, "<title>A</title>");
	serve_feed(w, "http://a.example/feed", one_item);
	world_route(w, "http://a.example/robots.txt", 200, "text/plain",
	    "User-agent: *\nDisallow: /feed\nSitemap: http://a.example/all.xml\n"
	    "Sitemap: http://a.example/news.xml\n");
	static const char sitemap[] =
	    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url><loc>"
	    "http://a.example/news/1</loc></url></urlset>";
	world_route(w, "http://a.example/all.xml", 200, "text/xml", sitemap);
	world_route(w, "http://a.example/news.xml", 200, "text/xml", sitemap);
	find(w, &o, SITE);
	assert_string_equal(o.urls, "http://a.example/news.xml http://a.example/all.xml");
	assert_int_equal(o.by, FOUND_SITEMAP);
	assert_int_equal(hits(w, "http://a.example/feed"), 0);

	/* out of reach: nothing is allowed */
	world_route(w, "http://a.example/robots.txt", 503, HTML, "");
	find(w, &o, SITE);
	assert_int_equal(o.fault.code, ERR_NOT_FOUND);
	assert_non_null(strstr(o.fault.text, "its robots.txt is out of reach"));
	assert_int_equal(hits(w, "http://a.example/feed"), 0);
	world_free(w);

	w = world_new("robots = no\n");
	world_route(w, SITE, 200, HTML, "<title>A</title>");
	serve_feed(w, "http://a.example/feed", one_item);
	world_route(w, "http://a.example/robots.txt", 200, "text/plain",
	    "User-agent: *\nDisallow: /feed\n");
	found(w, SITE, "http://a.example/feed");
	world_free(w);
}

static void
test_redirects(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	struct came o;
	/* the page's links are meant from where it ended */
	struct route *r = world_route(w, SITE, 200, HTML, DECLARE("feed"));
	r->final_url = mem_strdup("http://b.example/blog/");
	serve_feed(w, "http://b.example/blog/feed", one_item);
	find(w, &o, SITE);
	assert_string_equal(o.urls, "http://b.example/blog/feed");
	world_free(w);
}

static void
test_failures_are_explained(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	struct came o;
	struct fault f = {0};
	world_route(w, SITE, 403, HTML, "no");
	find(w, &o, SITE);
	assert_int_equal(o.fault.code, ERR_IO);
	assert_string_equal(o.fault.text,
	    "http://a.example/: HTTP 403; is the address right? --no-discover adds it all the same");
	world_route(w, "http://a.example/robots.txt", 404, HTML, "");
	world_route(w, SITE, 200, HTML, DECLARE("/bad") DECLARE("/bad2"));
	world_route(w, "http://a.example/bad", 410, HTML, "");
	find(w, &o, SITE);
	assert_int_equal(o.fault.code, ERR_NOT_FOUND);
	assert_non_null(strstr(o.fault.text, "names 2 addresses of feeds, but none is one"));
	assert_int_equal(
	    pipeline_discover(w->pipeline, "ftp://a.example/", on_found, is_wanted, &o, &f),
	    ERR_INPUT);
	world_free(w);
}

/* ---- manners and ends ---- */

/* A host is asked at its pace; in time what was found so far is the answer. */
static void
test_in_time(void **state)
{
	(void)state;
	struct world *w = world_new("host_delay = 20s\n");
	struct came o;
	world_route(w, SITE, 200, HTML, DECLARE("/1") DECLARE("/2") DECLARE("/3") DECLARE("/4"));
	for (int i = 1; i <= 4; i++) {
		char url[40];
		snprintf(url, sizeof url, "http://a.example/%d", i);
		serve_feed(w, url, one_item);
	}
	find(w, &o, SITE);
	assert_int_equal(o.at_s, PIPELINE_LOOKUP_S);
	assert_int_equal(o.count, 2);
	assert_int_equal(hits(w, "http://a.example/3") + hits(w, "http://a.example/4") +
			     hits(w, "http://a.example/1") + hits(w, "http://a.example/2"),
	    2);

	/* a host that is closed: nothing at all */
	struct route *r = world_route(w, SITE, 429, HTML, "");
	r->retry_after_s = 3600;
	find(w, &o, SITE);
	assert_int_equal(o.fault.code, ERR_IO);
	find(w, &o, SITE);
	assert_int_equal(o.fault.code, ERR_TIMEOUT);
	assert_int_equal(o.at_s, PIPELINE_LOOKUP_S);
	world_free(w);
}

static void
test_nobody_waits(void **state)
{
	(void)state;
	struct world *w = world_new("host_delay = 5s\n");
	struct came o;
	world_route(w, SITE, 200, HTML, DECLARE("/1") DECLARE("/2"));
	serve_feed(w, "http://a.example/1", one_item);
	serve_feed(w, "http://a.example/2", one_item);
	begin(w, &o, SITE);
	world_run(w, 1);
	assert_int_equal(hits(w, SITE), 1);
	o.wanted = 0;
	world_run(w, 60);
	assert_int_equal(o.answers, 1);
	assert_int_equal(hits(w, "http://a.example/1") + hits(w, "http://a.example/2"), 0);
	world_free(w);
}

static void
test_bounded_and_stopped(void **state)
{
	(void)state;
	struct world *w = world_new("host_delay = 5s\n");
	struct came o[PIPELINE_LOOKUPS_MAX], one;
	struct fault f = {0};
	world_route(w, SITE, 200, HTML, DECLARE("/1"));
	for (size_t i = 0; i < PIPELINE_LOOKUPS_MAX; i++)
		begin(w, &o[i], SITE);
	assert_int_equal(
	    pipeline_discover(w->pipeline, SITE, on_found, is_wanted, &one, &f), ERR_BUSY);
	world_run(w, 1);
	pipeline_stop(w->pipeline);
	for (size_t i = 0; i < PIPELINE_LOOKUPS_MAX; i++) {
		assert_int_equal(o[i].answers, 1);
		assert_int_equal(o[i].fault.code, ERR_BUSY);
	}
	assert_int_equal(
	    pipeline_discover(w->pipeline, SITE, on_found, is_wanted, &one, &f), ERR_BUSY);
	world_free(w);
}

/* ---- a feed that moves ---- */

static void
on_decided(const struct proposal_decision *d, const struct fault *f, void *arg)
{
	if (f)
		fail_msg("%s", f->text);
	assert_string_equal(d->new_url, "http://b.example/feed");
	*(int *)arg += 1;
}

static void
test_a_feed_moves(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	int decided = 0;
	serve_feed(w, "http://a.example/feed", one_item);
	world_route(w, "http://a.example/robots.txt", 404, HTML, "");
	world_add_feed(w, "http://a.example/feed");
	world_run(w, 60);
	world_route(w, "http://a.example/feed", 200, HTML,
	    "<title>We moved</title>" DECLARE("http://b.example/feed"));
	world_run(w, 86400 * 2);
	assert_string_equal(
	    world_sql(w, "SELECT kind || ' ' || new_url || ' ' || state FROM proposals"),
	    "moved http://b.example/feed open");
	assert_true(world_count(w, "SELECT seen FROM proposals") > 1);
	assert_true(world_count(w, "SELECT failures FROM feeds") > 1);

	serve_feed(w, "http://b.example/feed", one_item);
	pipeline_decide(w->pipeline, 1, 1, on_decided, &decided);
	int old = (int)hits(w, "http://a.example/feed");
	world_run(w, 5);
	assert_int_equal(decided, 1);
	assert_int_equal(hits(w, "http://b.example/feed"), 1);
	assert_int_equal(world_find(w, "http://b.example/feed")->conditional, 0);
	world_run(w, 86400);
	assert_int_equal(hits(w, "http://a.example/feed"), old);
	assert_int_equal(world_count(w, "SELECT count(*) FROM feeds WHERE failures = 0"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 1);
	/* and stays there after a restart */
	world_stop(w);
	world_start(w);
	world_run(w, 86400);
	assert_int_equal(hits(w, "http://a.example/feed"), old);
	world_check_ledger(w);
	world_free(w);
}

/* Decided while it is at its gate or being polled: the poll ends at the old address. */
static void
test_a_busy_feed_moves(void **state)
{
	(void)state;
	struct world *w = world_new("host_delay = 30s\n");
	int decided = 0;
	world_route(w, "http://a.example/feed", 200, HTML, DECLARE("http://b.example/feed"));
	serve_feed(w, "http://b.example/feed", one_item);
	world_add_feed(w, "http://a.example/feed");
	world_run(w, 10);
	assert_int_equal(hits(w, "http://a.example/feed"), 1);
	/* at its gate, which opens later */
	pipeline_poll_now(w->pipeline, 0);
	world_run(w, 1);
	pipeline_decide(w->pipeline, 1, 1, on_decided, &decided);
	world_run(w, 120);
	assert_int_equal(decided, 1);
	assert_int_equal(hits(w, "http://a.example/feed"), 1);
	assert_int_equal(hits(w, "http://b.example/feed"), 1);
	world_free(w);

	w = world_new(NULL);
	world_route(w, "http://a.example/feed", 200, HTML, DECLARE("http://b.example/feed"));
	serve_feed(w, "http://b.example/feed", one_item);
	world_add_feed(w, "http://a.example/feed");
	world_run(w, 10);
	pipeline_poll_now(w->pipeline, 0);
	pipeline_tick(w->pipeline); /* now it is being fetched */
	pipeline_decide(w->pipeline, 1, 1, on_decided, &decided);
	writer_run(w->writer);
	assert_int_equal(decided, 2);
	world_run(w, 120);
	assert_int_equal(hits(w, "http://a.example/feed"), 2);
	assert_int_equal(hits(w, "http://b.example/feed"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM proposals WHERE state = 'open'"), 0);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_each_is_fetched_and_parsed),
	    cmocka_unit_test(test_a_feed_is_no_search),
	    cmocka_unit_test(test_steps_in_order),
	    cmocka_unit_test(test_a_page_of_feeds),
	    cmocka_unit_test(test_robots_are_obeyed),
	    cmocka_unit_test(test_redirects),
	    cmocka_unit_test(test_failures_are_explained),
	    cmocka_unit_test(test_in_time),
	    cmocka_unit_test(test_nobody_waits),
	    cmocka_unit_test(test_bounded_and_stopped),
	    cmocka_unit_test(test_a_feed_moves),
	    cmocka_unit_test(test_a_busy_feed_moves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
