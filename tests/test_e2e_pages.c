/*
 * test_e2e_pages: what the real newsd makes of good and bad feeds and pages. Two groups: one pass
 * over a feed and a page of every bad kind at once, of which each test looks at one; and good
 * feeds over several passes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "e2e_rig.h"
#include "mem.h"

/* ---- the zoo: one pass, looked at from all sides ---- */

static int
zoo_setup(void **state)
{
	int failed = e2e_setup(state);
	if (failed)
		return failed;
	e2e_feeds("1 /feed/zoo", "1 /feed/bad/html", "1 /feed/bad/empty", "1 /feed/bad/cut",
	    "1 /feed/bad/cut-gzip", "1 /feed/bad/latin", "1 /feed/bad/huge", "1 /feed/bad/endless",
	    "1 /feed/bad/loop", "6 /feed/bad/503", "1 /feed/bad/missing", "9 /feed/dead",
	    "66 /feed/refused", "1 /feed/one", NULL);
	e2e_once();
	return 0;
}

/* The link to PATH ended as OUTCOME, for a reason that holds WHY. */
static void
expect_link(const char *path, const char *outcome, const char *why)
{
	char *sql = mem_printf("SELECT outcome || ': ' || coalesce(reason, '') FROM links "
			       "WHERE url LIKE '%%%s'",
	    path);
	char *whole = mem_printf("%s: ", outcome), *text = e2e_text(sql);
	if (strncmp(text, whole, strlen(whole)) || !strstr(text, why))
		fail_msg("%s is \"%s\", not \"%s%s\"", path, text, whole, why);
	mem_free(sql);
	mem_free(whole);
	mem_free(text);
}

/* The article of the link to PATH has a body that holds PART. */
static void
expect_body(const char *path, const char *part)
{
	char *sql = mem_printf("SELECT a.title || ' ' || a.body FROM articles a "
			       "JOIN links l ON l.id = a.link_id WHERE l.url LIKE '%%%s'",
	    path);
	e2e_expect_text(sql, part);
	mem_free(sql);
}

static void
expect_poll(const char *path, const char *outcome, const char *error)
{
	char *sql = mem_printf("SELECT outcome || ': ' || coalesce(error, '') FROM polls "
			       "WHERE feed LIKE '%%%s'",
	    path);
	e2e_expect_text(sql, outcome);
	e2e_expect_text(sql, error);
	mem_free(sql);
}

#define LINK_TEST(name, path, outcome, why)                                                        \
	static void test_page_##name(void **state)                                                 \
	{                                                                                          \
		(void)state;                                                                       \
		expect_link(path, outcome, why);                                                   \
	}
#define POLL_TEST(name, path, outcome, error)                                                      \
	static void test_feed_##name(void **state)                                                 \
	{                                                                                          \
		(void)state;                                                                       \
		expect_poll(path, outcome, error);                                                 \
	}

LINK_TEST(good, "/news/30", "stored", "")
LINK_TEST(gone, "/gone/1", "gone", "HTTP 404")
LINK_TEST(forbidden_by_status, "/page/403", "http_error", "HTTP 403")
LINK_TEST(forbidden_by_robots, "/page/forbidden", "robots", "robots.txt forbids it")
LINK_TEST(
    huge, "/page/huge", "too_big", "209715200 bytes are announced, over the limit of 10485760")
LINK_TEST(endless, "/page/endless", "too_big", "the body is over the limit of 10485760 bytes")
LINK_TEST(redirect_loop, "/page/loop", "http_error", "redirected in a loop, back to http://")
LINK_TEST(pdf, "/page/pdf", "not_html", "Content-Type application/pdf")
LINK_TEST(cut_gzip, "/page/cut-gzip", "bad_body", "compressed data is bad after")
LINK_TEST(cut, "/page/cut", "pending", "bytes remaining to read")
LINK_TEST(empty, "/page/empty", "bad_body", "an empty body")
LINK_TEST(refused_port, "/other-port", "refused", "port 2 of 127.0.0.1 is not among allow_ports")
LINK_TEST(refused_address, "/other-address", "refused",
    "127.0.0.66 has the address 127.0.0.66 (loopback), see allow_private")
LINK_TEST(dead_host, "/dead", "pending", "Failed to connect to 127.0.0.9 port 1")
LINK_TEST(busy_host, "/page/503", "pending", "HTTP 503")

POLL_TEST(html, "/feed/bad/html", "not_feed", "html page: \"Sorry\"")
POLL_TEST(empty, "/feed/bad/empty", "not_feed", "empty document")
POLL_TEST(cut, "/feed/bad/cut", "bad", "bytes remaining to read")
POLL_TEST(cut_gzip, "/feed/bad/cut-gzip", "bad", "bad_encoding: compressed data is bad after")
POLL_TEST(huge, "/feed/bad/huge", "bad", "209715200 bytes are announced")
POLL_TEST(endless, "/feed/bad/endless", "bad", "the body is over the limit of 10485760 bytes")
POLL_TEST(redirect_loop, "/feed/bad/loop", "redirects", "redirected in a loop, back to http://")
POLL_TEST(missing, "/feed/bad/missing", "http", "HTTP 404")
POLL_TEST(dead_host, "/feed/dead", "network", "Failed to connect to 127.0.0.9 port 1")
POLL_TEST(refused_address, "/feed/refused", "refused", "(loopback), see allow_private")
POLL_TEST(good, "/feed/one", "ok", "")

static void
test_page_packed(void **state)
{
	(void)state;
	static const char *const paths[] = {"/page/gzip", "/page/br", "/page/zstd"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		expect_link(paths[i], "stored", "");
		expect_body(paths[i], "of the year.");
	}
}

/* Both declare UTF-8 and are windows-1252. */
static void
test_wrong_charset(void **state)
{
	(void)state;
	expect_body("/page/latin", "The caf\u00e9 report");
	expect_body("/page/latin", "\u201cOur caf\u00e9 stays open\u201d, the owner said.");
	e2e_expect_text("SELECT charset FROM articles WHERE title LIKE 'The caf%'", "windows-1252");
	expect_poll("/feed/bad/latin", "ok", "");
	e2e_expect_text("SELECT recovered FROM polls WHERE feed LIKE '%/latin'", "windows-1252");
	e2e_expect_text("SELECT title FROM links WHERE url LIKE '%/news/31'",
	    "The \u201ccaf\u00e9\u201d report");
}

/* A Retry-After holds for the next poll and for every link of the host; even --once obeys it. */
static void
test_retry_after(void **state)
{
	(void)state;
	e2e_expect_int("SELECT next_poll - last_poll >= 7200 FROM feeds "
		       "WHERE url LIKE '%/bad/503'",
	    1);
	e2e_expect_text("SELECT next_reason FROM feeds WHERE url LIKE '%/bad/503'", "Retry-After");
	e2e_expect_int("SELECT due - at >= 7200 FROM links WHERE url LIKE '%/page/503'", 1);
	size_t seen = e2e.site.site->seen_len;
	e2e_feeds("6 /feed/bad/503", "1 /feed/one", NULL);
	e2e_once();
	assert_int_equal(site_count(e2e.site.site, seen, "/feed/one", 0), 1);
	assert_int_equal(site_count(e2e.site.site, seen, "/feed/bad/503", 0), 0);
	assert_int_equal(site_count(e2e.site.site, seen, "/page/503", 0), 0);
}

/* Without the hooks of a debug build the two pages are plain articles. */
static int
has_hooks(void)
{
	return e2e_int("SELECT count(*) FROM links WHERE url LIKE '%/page/crash' "
		       "AND outcome = 'stored'") == 0;
}

static void
test_page_crash(void **state)
{
	(void)state;
	if (!has_hooks())
		e2e_skip("newsd has no debug hooks (configure --enable-debug)");
	expect_link("/page/crash", "pending", "visit 1 of 3");
	assert_true(e2e_logged(" worker_died ") >= 2);
}

static void
test_page_hang(void **state)
{
	(void)state;
	if (!has_hooks())
		e2e_skip("newsd has no debug hooks (configure --enable-debug)");
	/* on a machine that has no time for it the other bound comes first */
	expect_link("/page/hang", "pending", "the parser had not finished after ");
	assert_int_equal(e2e_logged("signal=9 reason=cpu") + e2e_logged("signal=9 reason=wall"), 2);
}

static void
test_deaths_are_recorded(void **state)
{
	(void)state;
	if (!has_hooks())
		e2e_skip("newsd has no debug hooks (configure --enable-debug)");
	e2e_expect_int("SELECT count(*) FROM quarantine WHERE state = 'waiting' AND kind = 'page'"
		       " AND deaths = 2 AND visits = 1 AND retry - last_seen = 3600",
	    2);
	e2e_expect_text("SELECT reason FROM quarantine WHERE url LIKE '%/page/hang'", "ms of CPU");
}

/* Whatever came, the ledger adds up and the daemon came to its end in order. */
static void
test_zoo_is_sound(void **state)
{
	(void)state;
	e2e_expect_sound();
	e2e_expect_int("SELECT count(*) FROM links", 24);
	e2e_expect_int("SELECT count(*) FROM polls WHERE feed NOT LIKE '%/one'", 13);
	assert_int_equal(e2e_logged(" stopped"), 2);
}

/* ---- several passes over good feeds ---- */

static void
test_second_run_is_conditional(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/paper/1", "2 /feed/paper/2", NULL);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM articles", 2 * (SITE_PAPER - 1));
	e2e_expect_int("SELECT count(*) FROM links WHERE outcome = 'gone'", 2);
	size_t seen = e2e.site.site->seen_len;
	e2e_once();
	assert_int_equal(e2e.site.site->seen_len - seen, 2);
	assert_int_equal(site_count(e2e.site.site, seen, "/feed/", 0), 2);
	assert_int_equal(site_count(e2e.site.site, seen, "/", 1), 0);
	e2e_expect_int(
	    "SELECT count(*) FROM polls WHERE outcome = 'unchanged' AND status = 304", 2);
	e2e_expect_int("SELECT count(*) FROM articles", 2 * (SITE_PAPER - 1));
}

static void
test_sighting_and_duplicate(void **state)
{
	(void)state;
	size_t seen = e2e.site.site->seen_len;
	e2e_feeds("1 /feed/one", "1 /feed/two", NULL);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM links WHERE url LIKE '%/news/1'", 1);
	e2e_expect_int(
	    "SELECT count(DISTINCT feed_id) FROM sightings WHERE url LIKE '%/news/1'", 2);
	e2e_expect_int("SELECT count(*) FROM articles", 2);
	assert_int_equal(site_count(e2e.site.site, seen, "/news/", 0), 2);

	e2e.site.site->phase = 1; /* the same text on another host */
	e2e_once();
	e2e_expect_text(
	    "SELECT outcome || ': ' || reason FROM links WHERE url LIKE '%0.2:%/news/2'",
	    "duplicate: the same text as article");
	e2e_expect_int("SELECT count(*) FROM articles", 2);
	e2e_expect_int("SELECT count(*) FROM links d JOIN links o ON o.article_id = d.article_id "
		       "WHERE d.url LIKE '%0.2:%/news/2' AND o.url LIKE '%0.1:%/news/2'",
	    1);
	e2e_expect_sound();
}

static void
test_updated_entry_is_a_revision(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/atom", NULL);
	e2e_once();
	e2e_expect_text("SELECT body FROM articles", "report number 900");
	e2e.site.site->phase = 2;
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM articles", 1);
	e2e_expect_int("SELECT revisions FROM articles", 1);
	e2e_expect_text("SELECT body FROM articles", "report number 901");
	e2e_expect_text("SELECT body FROM revisions", "report number 900");
	e2e_expect_int("SELECT rechecks FROM links", 1);
	assert_int_equal(e2e_logged(" revised "), 1);
	e2e_expect_sound();
}

static void
test_full_content(void **state)
{
	(void)state;
	size_t seen = e2e.site.site->seen_len;
	char *url = e2e_url(1, "/feed/full"),
	     *section = mem_printf("[feed %s]\ncontent = feed\n", url);
	e2e_feeds("1 /feed/full", NULL);
	e2e_configure(section);
	e2e_once();
	e2e_expect_int(
	    "SELECT count(*) FROM articles WHERE body_source = 'feed' AND words > 300", 3);
	e2e_expect_text("SELECT body FROM articles WHERE title = 'Whole 2'", "report number 4002");
	assert_int_equal(e2e.site.site->seen_len - seen, 1);
	mem_free(section);
	mem_free(url);
	e2e_expect_sound();
}

/* The pages are not there; the feed's own text stands in, and the reason says why. */
static void
test_feed_stands_in(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/full", NULL);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM articles WHERE body_source = 'feed'", 3);
	e2e_expect_text("SELECT reason FROM links LIMIT 1", "gone (HTTP 404)");
	e2e_expect_sound();
}

static void
test_no_workers(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/paper/1", NULL);
	e2e_configure("workers = 0\n");
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM articles", SITE_PAPER - 1);
	e2e_expect_sound();
}

/* What the page does not say is the sitemap's; what is old there is no news. */
static void
test_news_sitemap(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/sitemap/news.xml", NULL);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM links", 1);
	e2e_expect_text("SELECT title FROM articles", "The bridge & the ferry");
	e2e_expect_int("SELECT first_seen - published BETWEEN 3600 AND 3700 FROM articles", 1);
	e2e_expect_text("SELECT published_precision FROM articles", "second");
	e2e_expect_text("SELECT language FROM articles", "en");
	e2e_expect_int("SELECT items FROM polls", 301);
	e2e_expect_int("SELECT skipped FROM polls", 300);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM polls WHERE status = 304", 1);
	e2e_expect_int("SELECT count(*) FROM links", 1);
	e2e_expect_sound();
}

/* A URL a line; neither file nor entries have a date, and 100 links may be news. */
static void
test_text_sitemap(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/sitemap/plain.txt", NULL);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM articles", 2);
	e2e_expect_int("SELECT count(*) FROM articles WHERE body_source = 'page'", 2);
	e2e_expect_int("SELECT items FROM polls", 2);
	e2e_expect_int("SELECT recovered IS NULL FROM polls", 1);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM polls WHERE status = 304", 1);
	e2e_expect_int("SELECT count(*) FROM links", 2);
	e2e_expect_sound();
}

static void
test_sitemap_index(void **state)
{
	(void)state;
	size_t seen = e2e.site.site->seen_len;
	e2e_feeds("1 /feed/sitemap/index.xml", NULL);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM articles", 4);
	e2e_expect_int("SELECT count(*) FROM polls", 1);
	e2e_expect_int("SELECT items FROM polls", 4);
	e2e_expect_int("SELECT recovered IS NULL FROM polls", 1);
	assert_int_equal(site_count(e2e.site.site, seen, "/feed/sitemap/packed.xml.gz", 0), 1);
	assert_int_equal(site_count(e2e.site.site, seen, "/feed/sitemap/other.xml", 0), 1);
	assert_int_equal(site_count(e2e.site.site, seen, "/feed/sitemap/old.xml", 0), 0);
	seen = e2e.site.site->seen_len;
	e2e_once(); /* unchanged, and so are those that it dates */
	assert_int_equal(e2e.site.site->seen_len - seen, 1);
	e2e_expect_int("SELECT count(*) FROM polls WHERE status = 304", 1);
	e2e_expect_sound();
}

static void
test_json_feed(void **state)
{
	(void)state;
	e2e_feeds("1 /feed/json", NULL);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM articles", 2);
	e2e_expect_text("SELECT title FROM articles WHERE body_source = 'page'", "From the feed");
	e2e_expect_text("SELECT byline FROM articles WHERE body_source = 'page'", "Ana");
	e2e_expect_text("SELECT tags FROM articles WHERE body_source = 'page'", "sea");
	e2e_expect_text("SELECT published FROM articles_iso WHERE body_source = 'page'",
	    "2026-01-31T05:00:00Z");
	e2e_expect_text("SELECT published_raw FROM articles WHERE body_source = 'page'",
	    "2026-01-31T06:00:00+01:00");
	e2e_expect_text("SELECT body FROM articles WHERE title = 'Without a page'",
	    "report number 62 of the year");
	e2e_expect_text("SELECT url FROM articles WHERE title = 'Without a page'", "urn:newsd:1:");
	e2e_expect_sound();
}

#define FRESH(test) cmocka_unit_test_setup(test, e2e_fresh)

/* ---- names of one machine ---- */

#define NAMES 10
#define SHORT "connect_timeout = 1s\ntransfer_timeout = 1s\n"

/* One pass over ten feeds that are never answered, at ten names of one address; how many of them
 * were asked at once. */
static uint64_t
asked_at_once(const char *settings)
{
	struct buf list;
	buf_init(&list, 4096);
	for (int i = 0; i < NAMES; i++)
		buf_printf(&list, "http://%c.localhost:%u/feed/hang\n", 'a' + i, e2e.site.port);
	e2e_feeds("1 /feed/one", NULL);
	mem_free(e2e_write("feeds.txt", buf_str(&list)));
	buf_clear(&list);
	e2e_configure(settings);
	e2e_once();
	e2e_expect_int("SELECT count(*) FROM polls WHERE error LIKE 'timeout%'", NAMES);
	return e2e.site.counts->most;
}

static void
test_names_of_one_address_take_turns(void **state)
{
	assert_int_equal(asked_at_once(SHORT "address_names = 10\n"), 8); /* host_connections */
	e2e_fresh(state);
	assert_int_equal(asked_at_once(SHORT), NAMES);
}

int
main(void)
{
	const struct CMUnitTest zoo[] = {
	    cmocka_unit_test(test_page_good),
	    cmocka_unit_test(test_page_gone),
	    cmocka_unit_test(test_page_forbidden_by_status),
	    cmocka_unit_test(test_page_forbidden_by_robots),
	    cmocka_unit_test(test_page_huge),
	    cmocka_unit_test(test_page_endless),
	    cmocka_unit_test(test_page_redirect_loop),
	    cmocka_unit_test(test_page_pdf),
	    cmocka_unit_test(test_page_cut_gzip),
	    cmocka_unit_test(test_page_cut),
	    cmocka_unit_test(test_page_empty),
	    cmocka_unit_test(test_page_refused_port),
	    cmocka_unit_test(test_page_refused_address),
	    cmocka_unit_test(test_page_dead_host),
	    cmocka_unit_test(test_page_busy_host),
	    cmocka_unit_test(test_page_packed),
	    cmocka_unit_test(test_page_crash),
	    cmocka_unit_test(test_page_hang),
	    cmocka_unit_test(test_deaths_are_recorded),
	    cmocka_unit_test(test_feed_html),
	    cmocka_unit_test(test_feed_empty),
	    cmocka_unit_test(test_feed_cut),
	    cmocka_unit_test(test_feed_cut_gzip),
	    cmocka_unit_test(test_feed_huge),
	    cmocka_unit_test(test_feed_endless),
	    cmocka_unit_test(test_feed_redirect_loop),
	    cmocka_unit_test(test_feed_missing),
	    cmocka_unit_test(test_feed_dead_host),
	    cmocka_unit_test(test_feed_refused_address),
	    cmocka_unit_test(test_feed_good),
	    cmocka_unit_test(test_wrong_charset),
	    cmocka_unit_test(test_retry_after),
	    cmocka_unit_test(test_zoo_is_sound),
	};
	const struct CMUnitTest passes[] = {
	    FRESH(test_second_run_is_conditional),
	    FRESH(test_sighting_and_duplicate),
	    FRESH(test_updated_entry_is_a_revision),
	    FRESH(test_full_content),
	    FRESH(test_feed_stands_in),
	    FRESH(test_no_workers),
	    FRESH(test_news_sitemap),
	    FRESH(test_text_sitemap),
	    FRESH(test_sitemap_index),
	    FRESH(test_json_feed),
	};
	const struct CMUnitTest addresses[] = {FRESH(test_names_of_one_address_take_turns)};
	int failed = cmocka_run_group_tests_name("zoo", zoo, zoo_setup, e2e_teardown);
	failed += cmocka_run_group_tests_name("addresses", addresses, e2e_setup, e2e_teardown);
	return failed + cmocka_run_group_tests_name("passes", passes, e2e_setup, e2e_teardown);
}
