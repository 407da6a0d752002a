/*
 * test_recover: entries that went by unseen are looked for: archives (RFC 5005), older pages, the
 * news sitemap; bounds, trouble, a crash in the middle.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "clock.h"
#include "mem.h"
#include "world.h"

#define FEED   "http://a.example/feed"
#define ROBOTS "http://a.example/robots.txt"
#define WINDOW 10

/* Entry N: one in ten minutes until the start, then one a minute. */
static int64_t
time_of(int n)
{
	return n <= WINDOW ? WORLD_START - (WINDOW + 1 - n) * 600 : WORLD_START + (n - WINDOW) * 60;
}

struct doc {
	int newest, len;       /* entries NEWEST, NEWEST-1, ... */
	const char *generator; /* NULL: none */
	const char *links;     /* in the channel, or NULL */
	int undated;
};

static char *
atom(const struct doc *d)
{
	struct buf b;
	char at[32];
	buf_init(&b, 1 << 20);
	buf_printf(&b,
	    "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\">"
	    "<title>A</title><id>urn:a</id>%s",
	    d->links ? d->links : "");
	if (d->generator)
		buf_printf(&b, "<generator>%s</generator>", d->generator);
	for (int i = 0, n = d->newest; i < d->len && n > 0; i++, n--) {
		buf_printf(&b,
		    "<entry><id>urn:a:%d</id><title>Report %d</title><link href=\""
		    "http://a.example/news/%d\"/>",
		    n, n, n);
		if (!d->undated)
			buf_printf(&b, "<published>%s</published><updated>%s</updated>",
			    clock_iso(time_of(n), at), clock_iso(time_of(n), at));
		buf_add_str(&b, "</entry>");
	}
	buf_add_str(&b, "</feed>");
	char *s = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return s;
}

static void
serve(struct world *w, const char *url, struct doc d)
{
	char *body = atom(&d);
	world_route(w, url, 200, "application/atom+xml", body);
	mem_free(body);
}

/* A feed that showed entries 1 to 10, then shows NEWEST and the nine before it. */
static struct world *
world_of(const char *generator, const char *links)
{
	struct world *w = world_new("robots = off\n");
	serve(w, FEED, (struct doc){WINDOW, WINDOW, generator, links, 0});
	world_add_feed(w, FEED);
	world_run(w, 2400);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), WINDOW);
	return w;
}

static void
scroll_on(struct world *w, int newest, const char *generator, const char *links)
{
	serve(w, FEED, (struct doc){newest, WINDOW, generator, links, 0});
}

static void
assert_gap(struct world *w, const char *state, int found)
{
	assert_int_equal(world_count(w, "SELECT count(*) FROM gaps"), 1);
	assert_string_equal(world_sql(w, "SELECT state FROM gaps"), state);
	assert_int_equal(world_count(w, "SELECT found FROM gaps"), found);
	world_check_ledger(w);
}

static void
serve_pages(struct world *w, int newest)
{
	char url[64];
	for (int page = 2; newest - (page - 1) * WINDOW > 0; page++) {
		snprintf(url, sizeof url, FEED "?paged=%d", page);
		serve(w, url,
		    (struct doc){newest - (page - 1) * WINDOW, WINDOW, "WordPress", NULL, 0});
	}
}

static void
test_older_pages_bring_what_was_missed(void **state)
{
	(void)state;
	struct world *w = world_of("https://wordpress.org/?v=6.4", NULL);
	scroll_on(w, 40, "https://wordpress.org/?v=6.4", NULL);
	serve_pages(w, 40);
	world_run(w, 6000);
	assert_gap(w, "recovered", 20);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 40);
	assert_int_equal(world_find(w, FEED "?paged=2")->hits, 1);
	assert_int_equal(world_find(w, FEED "?paged=3")->hits, 1);
	assert_int_equal(
	    world_count(w, "SELECT sum(new) FROM polls WHERE outcome = 'recovery'"), 20);
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM gaps"), "reaches back"));
	/* what was recovered is no new window: the next poll sees no gap, and misses nothing */
	scroll_on(w, 45, "https://wordpress.org/?v=6.4", NULL);
	world_run(w, 6000);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 45);
	assert_int_equal(world_count(w, "SELECT count(*) FROM gaps"), 1);
	world_free(w);
}

static void
test_archives_are_followed(void **state)
{
	(void)state;
	static const char first[] = "<link rel=\"prev-archive\" href=\"/old/2\"/>",
			  second[] = "<link rel=\"prev-archive\" href=\"/old/1\"/>";
	struct world *w = world_of(NULL, first);
	scroll_on(w, 35, NULL, first);
	serve(w, "http://a.example/old/2", (struct doc){25, 12, NULL, second, 0});
	serve(w, "http://a.example/old/1", (struct doc){13, 13, NULL, NULL, 0});
	world_run(w, 6000);
	assert_gap(w, "recovered", 15);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 35);
	assert_null(world_find(w, ROBOTS)); /* the feed links them itself */
	world_free(w);
}

static void
test_an_archive_that_leads_in_a_circle_ends(void **state)
{
	(void)state;
	static const char next[] = "<link rel=\"next\" href=\"/page/2\"/>";
	struct world *w = world_of(NULL, next);
	scroll_on(w, 40, NULL, next);
	serve(w, "http://a.example/page/2", (struct doc){30, 5, NULL, next, 0});
	world_run(w, 6000);
	assert_gap(w, "partly", 5);
	assert_int_equal(world_find(w, "http://a.example/page/2")->hits, 1);
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM gaps"), "circle"));
	world_free(w);
}

/* A news sitemap: the reports NEWEST to OLDEST, and OTHERS of the site's in the minutes after the
 * eleventh. */
static void
serve_sitemap(struct world *w, int newest, int oldest, int others)
{
	static const char entry[] =
	    "<url><loc>http://a.example/%s/%d</loc><news:news><news:publication_date>%s"
	    "</news:publication_date><news:title>Report %d</news:title></news:news></url>";
	struct buf b;
	char at[32];
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "<?xml version=\"1.0\"?><urlset "
			"xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" "
			"xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\">");
	for (int n = newest; n >= oldest; n--)
		buf_printf(&b, entry, "news", n, clock_iso(time_of(n), at), n);
	for (int i = 0; i < others; i++)
		buf_printf(&b, entry, "sport", i, clock_iso(time_of(11) + i % 180, at), i);
	buf_add_str(&b, "</urlset>");
	world_route(w, "http://a.example/news.xml", 200, "application/xml", buf_str(&b));
	buf_clear(&b);
	world_route(w, ROBOTS, 200, "text/plain",
	    "User-agent: *\nAllow: /\nSitemap: http://a.example/pages.xml\n"
	    "Sitemap: http://a.example/news.xml\n");
}

static void
test_the_news_sitemap_is_read(void **state)
{
	(void)state;
	struct world *w = world_of(NULL, NULL);
	scroll_on(w, 40, NULL, NULL);
	serve_sitemap(w, 40, 3, 0);
	world_run(w, 6000);
	assert_gap(w, "recovered", 20);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 40);
	world_free(w);
}

static void
test_a_sitemap_of_a_whole_site_is_left(void **state)
{
	(void)state;
	struct world *w = world_of(NULL, NULL);
	scroll_on(w, 24, NULL, NULL);
	serve_sitemap(w, 24, 3, 200);
	world_run(w, 6000);
	assert_gap(w, "lost", 0);
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM gaps"), "far more"));
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE url LIKE '%sport%'"), 0);
	world_free(w);
}

/* The bound is met by the very document that ends the last road. */
static void
test_the_last_request_ends_the_last_road(void **state)
{
	(void)state;
	enum { ARCHIVES = 10 }; /* robots.txt and the sitemap make twelve */
	static const char first[] = "<link rel=\"prev-archive\" href=\"/old/1\"/>";
	struct world *w = world_of(NULL, first);
	scroll_on(w, 40, NULL, first);
	for (int n = 1; n <= ARCHIVES; n++) {
		char url[64], next[80] = "";
		snprintf(url, sizeof url, "http://a.example/old/%d", n);
		snprintf(next, sizeof next, "<link rel=\"prev-archive\" href=\"/old/%d\"/>", n + 1);
		serve(w, url, (struct doc){20, 1, NULL, n < ARCHIVES ? next : NULL, 0});
	}
	serve_sitemap(w, 40, 3, 200);
	world_run(w, 6000);
	assert_gap(w, "partly", 1);
	assert_int_equal(world_find(w, "http://a.example/news.xml")->hits, 1);
	const char *reason = world_sql(w, "SELECT reason FROM gaps");
	assert_non_null(
	    strstr(reason, "sitemap: it lists far more than this feed lost; 12 requests"));
	world_free(w);
}

static void
test_without_a_road_it_is_lost(void **state)
{
	(void)state;
	struct world *w = world_of(NULL, NULL);
	scroll_on(w, 40, NULL, NULL);
	world_run(w, 6000);
	assert_gap(w, "lost", 0);
	assert_int_not_equal(world_count(w, "SELECT tried FROM gaps"), 0);
	world_free(w);
}

static void
test_robots_forbid_what_the_feed_does_not_link(void **state)
{
	(void)state;
	struct world *w = world_of("WordPress", NULL);
	scroll_on(w, 40, "WordPress", NULL);
	serve_pages(w, 40);
	world_route(w, ROBOTS, 200, "text/plain", "User-agent: *\nDisallow: /*paged=\n");
	world_run(w, 6000);
	assert_gap(w, "lost", 0);
	assert_int_equal(world_find(w, FEED "?paged=2")->hits, 0);
	world_free(w);
}

/* Pages without end, none of which reaches back. */
static void
test_a_recovery_is_bounded(void **state)
{
	(void)state;
	char url[64];
	struct world *w = world_of("WordPress", NULL);
	world_run(w, 125000); /* the dates of the 2,000 are past */
	scroll_on(w, 2000, "WordPress", NULL);
	serve_pages(w, 2000);
	world_run(w, 90000);
	snprintf(url, sizeof url, FEED "?paged=%d", 30);
	assert_int_equal(world_find(w, url)->hits, 0);
	assert_string_equal(world_sql(w, "SELECT state FROM gaps"), "partly");
	assert_int_equal(world_count(w, "SELECT found FROM gaps"), 110);
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM gaps"), "too much"));
	world_free(w);
}

/* Trouble of the host leaves the gap open; the next poll brings the whole document and begins anew.
 */
static void
test_trouble_is_not_the_end(void **state)
{
	(void)state;
	struct world *w = world_of("WordPress", NULL);
	scroll_on(w, 40, "WordPress", NULL);
	serve_pages(w, 40);
	world_route(w, FEED "?paged=3", 502, NULL, NULL);
	world_run(w, 2400);
	assert_string_equal(world_sql(w, "SELECT state FROM gaps"), "open");
	serve_pages(w, 40);
	world_run(w, 12000);
	assert_gap(w, "recovered", 20);
	world_free(w);
}

static void
on_removed(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	(void)fed, (void)count, (void)arg;
	assert_null(f);
}

static void
test_a_feed_that_is_removed_ends_its_recovery(void **state)
{
	(void)state;
	struct world *w = world_of("WordPress", NULL);
	scroll_on(w, 40, "WordPress", NULL);
	serve_pages(w, 40);
	world_route(w, FEED "?paged=3", 502, NULL, NULL);
	world_run(w, 2400);
	struct fault fault;
	assert_int_equal(pipeline_remove_feed(w->pipeline, 1, on_removed, NULL, &fault), 0);
	world_run(w, 6000);
	assert_string_equal(world_sql(w, "SELECT state FROM gaps"), "open");
	world_free(w);
}

/* Stopped as by kill -9 after any number of steps and started again: everything is found once. */
static void
test_killed_anywhere_it_begins_anew(void **state)
{
	(void)state;
	for (long steps = 1; steps < 400; steps += 7) {
		struct world *w = world_of("WordPress", NULL);
		scroll_on(w, 40, "WordPress", NULL);
		serve_pages(w, 40);
		w->steps = steps;
		int killed = world_run(w, 6000);
		w->steps = -1;
		world_stop(w);
		world_start(w);
		world_run(w, 20000);
		assert_gap(w, "recovered", 20);
		assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 40);
		world_free(w);
		if (!killed)
			break;
	}
}

static void
test_entries_without_dates_are_known_by_their_names(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\n");
	serve(w, FEED, (struct doc){WINDOW, WINDOW, "WordPress", NULL, 1});
	world_add_feed(w, FEED);
	world_run(w, 2400);
	serve(w, FEED, (struct doc){40, WINDOW, "WordPress", NULL, 1});
	for (int page = 2; page <= 4; page++) {
		char url[64];
		snprintf(url, sizeof url, FEED "?paged=%d", page);
		serve(w, url, (struct doc){40 - (page - 1) * WINDOW, WINDOW, "WordPress", NULL, 1});
	}
	world_run(w, 6000);
	assert_string_equal(world_sql(w, "SELECT state FROM gaps"), "recovered");
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 40);
	world_free(w);
}

/* More gaps than are looked for at once, all behind one slow host: the others wait, and each is
 * looked for in its turn. */
static void
test_many_gaps_wait_for_each_other(void **state)
{
	(void)state;
	enum { FEEDS = 300 };
	struct world *w =
	    world_new("robots = off\ncontent = feed\n[host old.example]\ndelay = 120s\n");
	for (int newest = WINDOW; newest <= 40; newest += 30) {
		for (int i = 0; i < FEEDS; i++) {
			char url[64], links[96];
			snprintf(url, sizeof url, "http://a%d.example/feed", i);
			snprintf(links, sizeof links,
			    "<link rel=\"prev-archive\" href=\"http://old.example/%d\"/>", i);
			serve(w, url, (struct doc){newest, WINDOW, NULL, links, 0});
			if (newest == WINDOW)
				world_add_feed(w, url);
		}
		world_run(w, newest == WINDOW ? 2400 : 7200);
	}
	assert_int_equal(world_count(w, "SELECT count(*) FROM gaps"), FEEDS);
	assert_true(world_count(w, "SELECT count(*) FROM gaps WHERE state = 'open'") > 200);
	world_run(w, 2 * 86400);
	assert_int_equal(world_count(w, "SELECT count(*) FROM gaps WHERE state = 'open'"), 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM gaps"), FEEDS);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_older_pages_bring_what_was_missed),
	    cmocka_unit_test(test_archives_are_followed),
	    cmocka_unit_test(test_an_archive_that_leads_in_a_circle_ends),
	    cmocka_unit_test(test_the_news_sitemap_is_read),
	    cmocka_unit_test(test_a_sitemap_of_a_whole_site_is_left),
	    cmocka_unit_test(test_the_last_request_ends_the_last_road),
	    cmocka_unit_test(test_without_a_road_it_is_lost),
	    cmocka_unit_test(test_robots_forbid_what_the_feed_does_not_link),
	    cmocka_unit_test(test_a_recovery_is_bounded),
	    cmocka_unit_test(test_trouble_is_not_the_end),
	    cmocka_unit_test(test_a_feed_that_is_removed_ends_its_recovery),
	    cmocka_unit_test(test_killed_anywhere_it_begins_anew),
	    cmocka_unit_test(test_entries_without_dates_are_known_by_their_names),
	    cmocka_unit_test(test_many_gaps_wait_for_each_other),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
