/* sitemap: what is news of a sitemap, which sitemaps of an index are read; and the road of both
 * under a fake clock and network. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "mem.h"
#include "sitemap.h"
#include "world.h"

#define DAY INT64_C(86400)
#define NOW INT64_C(1790000000)

/* ---- the rules ---- */

/* A sitemap of COUNT entries; they are filled in by the caller. */
static struct feed_doc *
sitemap_of(struct arena *a, const char *format, size_t count)
{
	struct feed_doc *doc = arena_zalloc(a, sizeof *doc);
	doc->format = format;
	for (size_t i = 0; i < count; i++) {
		struct item *it = ARENA_PUSH(a, doc->items, doc->items_len);
		*it = (struct item){.link = arena_printf(a, "http://a.example/%zu", i)};
		it->fetch = it->canonical = it->link;
	}
	return doc;
}

static struct date
at(int64_t utc)
{
	return (struct date){.utc = utc, .precision = DATE_SECOND};
}

static void
test_formats(void **state)
{
	(void)state;
	static const struct {
		const char *format;
		int pages, index;
	} t[] = {
	    {"sitemap", 1, 0}, {"sitemap_text", 1, 0}, {"sitemap_index", 0, 1}, {"rss20", 0, 0}};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		const struct feed_doc doc = {.format = t[i].format};
		assert_int_equal(sitemap_is_pages(&doc), t[i].pages);
		assert_int_equal(sitemap_is_index(&doc), t[i].index);
	}
	const struct feed_doc none = {.format = NULL};
	assert_int_equal(sitemap_is_pages(&none) + sitemap_is_index(&none), 0);
}

static void
test_only_what_came_lately_is_news(void **state)
{
	(void)state;
	struct arena a = {0};
	struct feed_doc *doc = sitemap_of(&a, "sitemap", 8);
	doc->items[0].updated = at(NOW - 3 * DAY);
	doc->items[1].updated = at(NOW - 3 * DAY - 1);
	doc->items[2].published = at(NOW - 10 * DAY); /* touched lately, but old */
	doc->items[2].updated = at(NOW);
	/* 3 has no date */
	doc->items[4].updated = at(NOW + DAY);
	doc->items[5].updated = at(NOW + DAY + 1); /* no truth */
	doc->items[6].updated = (struct date){.utc = NOW - 4 * DAY, .precision = DATE_DAY};
	doc->items[7].updated = (struct date){.utc = NOW, .precision = DATE_MONTH};
	uint64_t hash = doc->items_hash;
	assert_int_equal(sitemap_keep_news(doc, NOW, 3 * DAY), 5);
	assert_int_equal(doc->items_len, 3);
	assert_string_equal(doc->items[0].link, "http://a.example/0");
	assert_string_equal(doc->items[1].link, "http://a.example/4");
	assert_string_equal(doc->items[2].link, "http://a.example/6"); /* its evening is recent */
	assert_true(doc->items_hash != hash);
	arena_clear(&a);
}

static void
test_without_dates_few_are_news(void **state)
{
	(void)state;
	struct arena a = {0};
	struct feed_doc *doc = sitemap_of(&a, "sitemap_text", SITEMAP_UNDATED_MAX);
	assert_int_equal(sitemap_keep_news(doc, NOW, DAY), 0);
	assert_int_equal(doc->items_len, SITEMAP_UNDATED_MAX);
	doc = sitemap_of(&a, "sitemap_text", SITEMAP_UNDATED_MAX + 1);
	assert_int_equal(sitemap_keep_news(doc, NOW, DAY), SITEMAP_UNDATED_MAX + 1);
	assert_int_equal(doc->items_len, 0);
	doc = sitemap_of(&a, "sitemap", 0);
	assert_int_equal(sitemap_keep_news(doc, NOW, DAY), 0);
	arena_clear(&a);
}

static void
test_of_too_many_the_newest(void **state)
{
	(void)state;
	struct arena a = {0};
	struct feed_doc *doc = sitemap_of(&a, "sitemap", 3 * SITEMAP_LINKS_MAX);
	for (size_t i = 0; i < doc->items_len; i++)
		doc->items[i].updated = at(NOW - (int64_t)(doc->items_len - i));
	assert_int_equal(sitemap_keep_news(doc, NOW, DAY), 2 * SITEMAP_LINKS_MAX);
	assert_int_equal(doc->items_len, SITEMAP_LINKS_MAX);
	assert_int_equal(doc->items[0].updated.utc, NOW - SITEMAP_LINKS_MAX);
	/* all the same: the first of them */
	doc = sitemap_of(&a, "sitemap", SITEMAP_LINKS_MAX + 7);
	for (size_t i = 0; i < doc->items_len; i++)
		doc->items[i].updated = at(NOW - (i == SITEMAP_LINKS_MAX + 6 ? 0 : 5));
	assert_int_equal(sitemap_keep_news(doc, NOW, DAY), 7);
	assert_string_equal(doc->items[0].link, "http://a.example/0");
	assert_int_equal(doc->items[SITEMAP_LINKS_MAX - 1].updated.utc, NOW);
	arena_clear(&a);
}

static void
test_index(void **state)
{
	(void)state;
	struct arena a = {0};
	const char *urls[SITEMAP_FOLLOW_MAX];
	size_t undated;
	struct feed_doc *doc = sitemap_of(&a, "sitemap_index", 6);
	doc->items[0].updated = at(NOW - 2 * DAY);
	doc->items[1].updated = at(NOW - 9 * DAY);
	doc->items[2].updated = at(NOW - DAY);
	doc->items[4].fetch = (char *)"http://a.example/news.xml";
	doc->items[5].fetch = NULL; /* no address of the web */
	assert_int_equal(sitemap_choose(doc, NOW, 3 * DAY, urls, &undated), 4);
	assert_int_equal(undated, 2);
	static const char *const want[] = {"http://a.example/2", "http://a.example/0",
	    "http://a.example/news.xml", "http://a.example/3"};
	for (size_t i = 0; i < 4; i++)
		assert_string_equal(urls[i], want[i]);
	doc = sitemap_of(&a, "sitemap_index", 1000);
	assert_int_equal(sitemap_choose(doc, NOW, DAY, urls, &undated), SITEMAP_FOLLOW_MAX);
	assert_int_equal(undated, SITEMAP_FOLLOW_MAX);
	assert_string_equal(urls[0], "http://a.example/0");
	doc = sitemap_of(&a, "sitemap_index", 0);
	assert_int_equal(sitemap_choose(doc, NOW, DAY, urls, &undated), 0);
	arena_clear(&a);
}

/* ---- the road ---- */

#define INDEX "http://a.example/sitemap.xml"
#define PARTS "http://a.example/sitemaps/"

/* TEXT into BUF as an entry of a sitemap or an index (TAG) for URL, AGE_S old; -1: no date. */
static void
add_entry(struct buf *b, const char *tag, const char *url, int64_t age_s)
{
	char iso[32];
	buf_printf(b, "<%s><loc>%s</loc>", tag, url);
	if (age_s >= 0)
		buf_printf(b, "<lastmod>%s</lastmod>", clock_iso(WORLD_START - age_s, iso));
	buf_printf(b, "</%s>", tag);
}

static void
begin(struct buf *b, const char *root)
{
	buf_init(b, (size_t)16 << 20);
	buf_printf(b, "<%s xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>", root);
}

/* Serve what is in B at URL, as ROOT. */
static struct route *
serve(struct world *w, struct buf *b, const char *root, const char *url)
{
	buf_printf(b, "</%s>", root);
	struct route *r = world_route(w, url, 200, "application/xml", buf_str(b));
	buf_clear(b);
	return r;
}

/* A sitemap at URL of pages NAME/1 to NAME/COUNT, which are served, each AGE_S old. */
static void
serve_sitemap(struct world *w, const char *url, const char *name, int count, int64_t age_s)
{
	struct buf b;
	begin(&b, "urlset");
	for (int i = 1; i <= count; i++) {
		char *page = mem_printf("http://a.example/%s/%d", name, i),
		     *topic = mem_printf("%s bridge %d", name, i), *html = world_page(topic);
		add_entry(&b, "url", page, age_s);
		world_route(w, page, 200, "text/html; charset=utf-8", html);
		mem_free(page);
		mem_free(topic);
		mem_free(html);
	}
	serve(w, &b, "urlset", url);
}

static struct world *
sitemap_world(const char *settings)
{
	struct world *w = world_new(settings);
	world_route(w, "http://a.example/robots.txt", 404, NULL, "");
	return w;
}

static void
test_old_entries_become_no_links(void **state)
{
	(void)state;
	struct world *w = sitemap_world(NULL);
	struct buf b;
	begin(&b, "urlset");
	char *page = world_page("harbour bridge");
	for (int i = 0; i < 8000; i++) {
		char url[64];
		snprintf(url, sizeof url, "http://a.example/old/%d", i);
		add_entry(&b, "url", url, 4 * DAY + i);
	}
	add_entry(&b, "url", "http://a.example/new/1", 3600);
	serve(w, &b, "urlset", INDEX);
	world_route(w, "http://a.example/new/1", 200, "text/html", page);
	mem_free(page);
	world_add_feed(w, INDEX);
	world_run(w, 60);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	assert_int_equal(world_count(w, "SELECT items FROM polls"), 8001);
	assert_int_equal(world_count(w, "SELECT skipped FROM polls"), 8000);
	assert_int_equal(world_count(w, "SELECT new FROM polls"), 1);
	/* the date is the sitemap's, as that of the last change */
	assert_int_equal(world_count(w, "SELECT modified FROM articles"), WORLD_START - 3600);
	world_check_ledger(w);
	world_free(w);
}

static void
test_option(void **state)
{
	(void)state;
	struct world *w = sitemap_world("sitemap_max_age = 30d\n");
	serve_sitemap(w, INDEX, "old", 3, 20 * DAY);
	world_add_feed(w, INDEX);
	world_run(w, 60);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 3);
	assert_int_equal(world_count(w, "SELECT skipped IS NULL FROM polls"), 1);
	world_free(w);
}

/* An index of COUNT sitemaps one nearly a day older than the other; UNDATED: no ages. */
static struct route *
serve_index(struct world *w, int count, int undated)
{
	struct buf b;
	begin(&b, "sitemapindex");
	for (int i = 0; i < count; i++) {
		char url[64];
		snprintf(url, sizeof url, PARTS "%d.xml", i);
		add_entry(&b, "sitemap", url, undated ? -1 : i * DAY * 9 / 10);
	}
	return serve(w, &b, "sitemapindex", INDEX);
}

static void
test_index_is_followed(void **state)
{
	(void)state;
	struct world *w = sitemap_world(NULL);
	serve_sitemap(w, PARTS "0.xml", "zero", 2, 60);
	serve_sitemap(w, PARTS "1.xml", "one", 1, DAY);
	serve_sitemap(w, PARTS "2.xml", "two", 1, 2 * DAY);
	serve_sitemap(w, PARTS "9.xml", "nine", 1, 60); /* the index says that it is old */
	serve_index(w, 10, 0)->etag = mem_strdup("\"index\"");
	world_add_feed(w, INDEX);
	world_run(w, 600);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 4);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 4);
	/* one poll, with the sums */
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls"), 1);
	assert_string_equal(world_sql(w, "SELECT outcome FROM polls"), "ok");
	assert_int_equal(world_count(w, "SELECT items FROM polls"), 4);
	assert_int_equal(world_count(w, "SELECT new FROM polls"), 4);
	assert_int_equal(world_count(w, "SELECT items FROM feeds"), 4);
	assert_int_equal(world_find(w, PARTS "0.xml")->hits, 1);
	assert_int_equal(world_find(w, PARTS "9.xml")->hits, 0);
	/* the fourth, of nearly three days, is not there; so the index is asked for whole, and
	 * again */
	assert_string_equal(world_sql(w, "SELECT recovered FROM polls"),
	    "1 of 4 sitemaps were not read: " PARTS "3.xml: HTTP 404");
	assert_string_equal(world_sql(w, "SELECT etag FROM feeds"), "");
	serve_sitemap(w, PARTS "3.xml", "three", 1, 2 * DAY);
	world_run(w, DAY);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 5);
	assert_string_equal(
	    world_sql(w, "SELECT coalesce(recovered, '') FROM polls ORDER BY id DESC"), "");
	assert_string_equal(world_sql(w, "SELECT etag FROM feeds"), "\"index\"");
	assert_true(world_find(w, INDEX)->conditional > 0);
	world_check_ledger(w);
	world_free(w);
}

static void
test_index_without_dates_is_read_whole(void **state)
{
	(void)state;
	struct world *w = sitemap_world(NULL);
	for (int i = 0; i < 12; i++) {
		char url[64], name[16];
		snprintf(url, sizeof url, PARTS "%d.xml", i);
		snprintf(name, sizeof name, "n%d", i);
		serve_sitemap(w, url, name, 1, 60);
	}
	serve_index(w, 12, 1)->etag = mem_strdup("\"index\"");
	world_add_feed(w, INDEX);
	world_run(w, DAY);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), SITEMAP_FOLLOW_MAX);
	assert_true(world_find(w, INDEX)->hits > 2);
	assert_int_equal(world_find(w, INDEX)->conditional, 0);
	assert_int_equal(world_find(w, PARTS "0.xml")->hits, world_find(w, INDEX)->hits);
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls WHERE outcome = 'ok'"), 1);
	world_free(w);
}

/* Neither a page nor a further index nor a host that has had enough holds the poll up. */
static void
test_index_of_bad_sitemaps(void **state)
{
	(void)state;
	struct world *w = sitemap_world(NULL);
	world_route(w, PARTS "0.xml", 200, "text/html", "<html><body>Sorry</body></html>");
	world_route(w, PARTS "1.xml", 200, "application/xml",
	    "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><sitemap><loc>" INDEX
	    "</loc></sitemap></sitemapindex>");
	serve_index(w, 2, 0);
	world_add_feed(w, INDEX);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT recovered FROM polls"),
	    "2 of 2 sitemaps were not read: " PARTS "0.xml: html page");
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 0);
	world_free(w);

	w = sitemap_world(NULL);
	world_route(w, PARTS "0.xml", 429, NULL, "")->retry_after_s = 7200;
	serve_sitemap(w, PARTS "1.xml", "one", 1, 60);
	serve_index(w, 2, 0);
	world_add_feed(w, INDEX);
	world_run(w, 60);
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls"), 1);
	assert_string_equal(world_sql(w, "SELECT recovered FROM polls"),
	    "2 of 2 sitemaps were not read: " PARTS "0.xml: HTTP 429");
	assert_int_equal(world_find(w, PARTS "1.xml")->hits, 0);
	world_free(w);
}

/* Killed at any step and started again, every entry is there once. */
static void
test_index_survives_a_kill(void **state)
{
	(void)state;
	for (long steps = 1; steps < 40; steps += 3) {
		struct world *w = sitemap_world(NULL);
		serve_sitemap(w, PARTS "0.xml", "zero", 2, 60);
		serve_sitemap(w, PARTS "1.xml", "one", 2, 60);
		serve_index(w, 2, 0);
		world_add_feed(w, INDEX);
		w->steps = steps;
		world_run(w, 600);
		world_stop(w);
		w->steps = -1;
		world_start(w);
		world_run(w, 7200);
		assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 4);
		assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 4);
		assert_int_equal(world_count(w, "SELECT items FROM feeds"), 4);
		world_check_ledger(w);
		world_free(w);
	}
}

/* An end in the middle leaves nothing behind. */
static void
test_stop_while_following(void **state)
{
	(void)state;
	struct world *w = sitemap_world("host_delay = 1h\n");
	serve_sitemap(w, PARTS "0.xml", "zero", 1, 60);
	serve_index(w, 1, 0);
	world_add_feed(w, INDEX);
	world_run(w, 60); /* it waits for the gate */
	assert_int_equal(world_find(w, INDEX)->hits, 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls"), 0);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_formats),
	    cmocka_unit_test(test_only_what_came_lately_is_news),
	    cmocka_unit_test(test_without_dates_few_are_news),
	    cmocka_unit_test(test_of_too_many_the_newest),
	    cmocka_unit_test(test_index),
	    cmocka_unit_test(test_old_entries_become_no_links),
	    cmocka_unit_test(test_option),
	    cmocka_unit_test(test_index_is_followed),
	    cmocka_unit_test(test_index_without_dates_is_read_whole),
	    cmocka_unit_test(test_index_of_bad_sitemaps),
	    cmocka_unit_test(test_index_survives_a_kill),
	    cmocka_unit_test(test_stop_while_following),
	};
	return cmocka_run_group_tests_name("sitemap", tests, NULL, NULL);
}
