/*
 * test_pipeline: scenarios of the whole road under a fake clock and a fake network: the invariants
 * that stand at the head of daemon/pipeline/pipeline.c, each outcome, crash and replay, a week in a
 * second.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "mem.h"
#include "world.h"

#define FEED      "http://a.example/feed"
#define PAGE      "http://a.example/news/1"
#define ALLOW_ALL "User-agent: *\nAllow: /\n"

static void
serve(struct world *w, const char *url, int status, const char *type, char *body)
{
	world_route(w, url, status, type, body);
	mem_free(body);
}

static void
serve_feed(struct world *w, const char *url, const char *const *items)
{
	serve(w, url, 200, "application/rss+xml", world_rss("A", items));
}

static void
serve_page(struct world *w, const char *url, const char *topic)
{
	serve(w, url, 200, "text/html; charset=utf-8", world_page(topic));
}

/* A world with one feed of one page. */
static struct world *
one_page_world(const char *settings)
{
	struct world *w = world_new(settings);
	serve_feed(w, FEED, (const char *const[]){PAGE, NULL});
	serve_page(w, PAGE, "harbour bridge");
	world_route(w, "http://a.example/robots.txt", 200, "text/plain", ALLOW_ALL);
	world_add_feed(w, FEED);
	return w;
}

static void
test_from_feed_to_row(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_string_equal(world_sql(w, "SELECT url FROM articles"), PAGE);
	assert_string_equal(
	    world_sql(w, "SELECT title FROM articles"), "The harbour bridge report");
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "page");
	assert_string_equal(world_sql(w, "SELECT language FROM articles"), "en");
	assert_non_null(strstr(world_sql(w, "SELECT body FROM articles"), "two hundred residents"));
	assert_int_equal(world_count(w, "SELECT count(*) FROM sightings"), 1);
	assert_int_equal(world_count(w, "SELECT new FROM polls"), 1);
	assert_int_equal(world_find(w, "http://a.example/robots.txt")->hits, 1);
	world_check_ledger(w);
	world_free(w);
}

/* Relative links are those of the copy that was served. */
static void
test_content_location_is_the_base(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	serve_feed(w, FEED, (const char *const[]){"1", NULL});
	world_find(w, FEED)->content_location = mem_strdup("/news/feed.en");
	serve_page(w, PAGE, "harbour bridge");
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT url FROM articles"), PAGE);
	world_free(w);
}

static void
test_second_poll_is_conditional(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_find(w, FEED)->etag = mem_strdup("\"one\"");
	world_run(w, 86400);
	struct route *feed = world_find(w, FEED);
	assert_in_range(feed->hits, 3, 40);
	assert_int_equal(feed->conditional, feed->hits - 1);
	assert_int_equal(world_find(w, PAGE)->hits, 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls WHERE outcome = 'unchanged'"),
	    feed->hits - 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	/* validators outlive a restart */
	world_stop(w);
	world_start(w);
	world_run(w, 86400 * 2);
	feed = world_find(w, FEED);
	assert_int_equal(feed->conditional, feed->hits - 1);
	world_free(w);
}

static void
test_validators_of_a_broken_body_are_not_kept(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	world_route(w, FEED, 200, "application/rss+xml", "<html><body>Oops</body></html>")->etag =
	    mem_strdup("\"x\"");
	world_add_feed(w, FEED);
	world_run(w, 86400);
	assert_true(world_find(w, FEED)->hits > 2);
	assert_int_equal(world_find(w, FEED)->conditional, 0);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM polls WHERE outcome <> 'not_feed'"), 0);
	assert_int_not_equal(strlen(world_sql(w, "SELECT error FROM feeds")), 0);
	world_free(w);
}

static void
test_new_item_is_found(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_run(w, 60);
	serve_feed(w, FEED, (const char *const[]){"http://a.example/news/2", PAGE, NULL});
	serve_page(w, "http://a.example/news/2", "old lighthouse");
	world_run(w, 86400);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 2);
	assert_int_equal(world_find(w, PAGE)->hits, 1);
	assert_int_equal(world_count(w, "SELECT sum(new) FROM polls"), 2);
	world_check_ledger(w);
	world_free(w);
}

static void
test_second_feed_is_a_sighting(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	serve_feed(w, "http://b.example/feed",
	    (const char *const[]){"http://a.example/news/1?utm_source=b#top", NULL});
	serve_page(w, "http://a.example/news/1?utm_source=b", "harbour bridge");
	world_add_feed(w, "http://b.example/feed");
	world_run(w, 600);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	assert_int_equal(world_count(w, "SELECT count(DISTINCT feed) FROM sightings"), 2);
	assert_int_equal(
	    world_find(w, PAGE)->hits + world_find(w, "http://a.example/news/1?utm_source=b")->hits,
	    1);
	world_free(w);
}

static void
test_copy_on_another_site_is_a_duplicate(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	serve_feed(
	    w, "http://b.example/feed", (const char *const[]){"http://b.example/copy", NULL});
	serve_page(w, "http://b.example/copy", "harbour bridge");
	world_add_feed(w, "http://b.example/feed");
	world_run(w, 600);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'duplicate' "
					"AND article_id IS NOT NULL"),
	    1);
	assert_non_null(strstr(
	    world_sql(w, "SELECT reason FROM links WHERE outcome = 'duplicate'"), "the same text"));
	world_check_ledger(w);
	world_free(w);
}

/* ---- each outcome ---- */

struct end {
	const char *what;
	int status;
	enum fetch_error error;
	const char *type, *body, *outcome, *reason;
};

static void
test_every_failure_has_its_outcome(void **state)
{
	(void)state;
	static const struct end ends[] = {
	    {"dead", 404, 0, "text/html", "no", "gone", "404"},
	    {"removed", 410, 0, "text/html", "no", "gone", "410"},
	    {"forbidden", 403, 0, "text/html", "no", "http_error", "403"},
	    {"login", 401, 0, "text/html", "no", "wall", "401"},
	    {"picture", 200, 0, "image/png", "x", "not_html", "image/png"},
	    {"empty", 200, 0, "text/html", "", "bad_body", "empty"},
	    {"refused", 0, FETCH_REFUSED, NULL, NULL, "refused", "refused"},
	    {"loop", 0, FETCH_REDIRECTS, NULL, NULL, "http_error", "redirects"},
	    {"large", 0, FETCH_TOO_BIG, NULL, NULL, "too_big", "too_big"},
	    {"busy", 503, 0, "text/html", "no", "pending", "503"},
	    {"slow", 429, 0, "text/html", "no", "pending", "429"},
	    {"lost", 0, FETCH_DNS, NULL, NULL, "pending", "dns"},
	    {"hung", 0, FETCH_TIMEOUT, NULL, NULL, "pending", "timeout"},
	    {"stub", 200, 0, "text/html", "<html><body><p>Soon more.</p></body></html>", "stub",
		"not_article: 10 characters"},
	    {"softgone", 200, 0, "text/html", "<title>Page not found</title><p>Sorry.</p>", "gone",
		"error_page: headed"},
	    {"robot", 200, 0, "text/html", "<title>Just a moment...</title><p>Wait.</p>", "wall",
		"bot_challenge: titled"},
	    {"sold", 200, 0, "text/html",
		"<title>The dam</title><article><h1>The dam</h1><p>The dam was opened on Monday after "
		"a week of rain, to the relief of the town.</p><p>Subscribe to continue reading.</p>",
		"wall", "paywall_stub: "},
	    {"app", 200, 0, "text/html", "<title>App</title><div id=root></div>", "stub",
		"spa_shell: "},
	    {"film", 200, 0, "text/html",
		"<meta property=og:type content=video.other><title>Dam</title><p>The dam opens.</p>",
		"stub", "video_only: "},
	};
	struct world *w = world_new(NULL);
	const char *urls[sizeof ends / sizeof *ends + 1] = {NULL};
	char *made[sizeof ends / sizeof *ends];
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		/* hosts of their own: what closes one must not hold up the next */
		urls[i] = made[i] = mem_printf("http://%s.example/x", ends[i].what);
		world_route(w, made[i], ends[i].status, ends[i].type, ends[i].body)->error =
		    ends[i].error;
	}
	serve_feed(w, FEED, urls);
	world_add_feed(w, FEED);
	world_run(w, 120);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		char *sql = mem_printf("SELECT outcome FROM links WHERE url = '%s'", made[i]);
		if (strcmp(world_sql(w, sql), ends[i].outcome))
			fail_msg(
			    "%s: %s, not %s", ends[i].what, world_sql(w, sql), ends[i].outcome);
		mem_free(sql);
		sql = mem_printf("SELECT reason FROM links WHERE url = '%s'", made[i]);
		if (!strstr(world_sql(w, sql), ends[i].reason))
			fail_msg("%s: reason \"%s\" does not name %s", ends[i].what,
			    world_sql(w, sql), ends[i].reason);
		mem_free(sql);
	}
	world_check_ledger(w);
	/* what is transient is tried again and given up in the end, the rest is not touched again
	 */
	world_run(w, 86400 * 7);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'gave_up'"), 4);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'pending'"), 0);
	assert_int_equal(world_find(w, "http://lost.example/x")->hits, w->config->attempts_max);
	assert_int_equal(world_find(w, "http://dead.example/x")->hits, 1);
	world_check_ledger(w);
	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++)
		mem_free(made[i]);
	world_free(w);
}

/* A server that answers 304 whatever it has: found out, and said so in the view. */
static void
test_lying_validators_are_flagged(void **state)
{
	(void)state;
	struct world *w = world_new("content = feed\n");
	char urls[12][48];
	const char *items[13] = {NULL};
	world_add_feed(w, FEED);
	for (int hour = 0; hour < 10 * 24; hour++) {
		for (int i = 0; i < 12; i++) {
			snprintf(
			    urls[i], sizeof urls[i], "http://a.example/news/%d", hour + 12 - i);
			items[i] = urls[i];
		}
		serve_feed(w, FEED, items);
		if (hour > 72 && !world_find(w, FEED)->etag)
			world_find(w, FEED)->etag = mem_strdup("\"always\"");
		world_run(w, 3600);
		if (hour == 72)
			assert_string_equal(world_sql(w, "SELECT validators FROM feeds"), "none");
	}
	assert_string_equal(world_sql(w, "SELECT validators FROM feeds"), "lying");
	int hits = world_find(w, FEED)->hits, conditional = world_find(w, FEED)->conditional;
	world_run(w, 86400);
	assert_true(world_find(w, FEED)->hits > hits);
	assert_int_equal(world_find(w, FEED)->conditional, conditional);
	world_free(w);
}

static void
test_robots_are_honoured(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_route(w, "http://a.example/robots.txt", 200, "text/plain",
	    "User-agent: *\nDisallow: /news/\n");
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "robots");
	assert_int_equal(world_find(w, PAGE)->hits, 0);
	world_free(w);
}

static void
test_unreachable_robots_keep_links_pending(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_route(w, "http://a.example/robots.txt", 502, "text/plain", "down");
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "pending");
	assert_non_null(strstr(
	    world_sql(w, "SELECT reason FROM links"), "robots.txt is out of reach: HTTP 502"));
	assert_int_equal(world_find(w, PAGE)->hits, 0);
	world_route(w, "http://a.example/robots.txt", 200, "text/plain", ALLOW_ALL);
	world_run(w, 7200);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	world_free(w);
}

static void
test_robots_hold_for_their_scheme_alone(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	serve_feed(w, FEED, (const char *const[]){PAGE, "https://a.example/news/2", NULL});
	serve_page(w, "https://a.example/news/2", "old lighthouse");
	world_route(w, "https://a.example/robots.txt", 502, "text/plain", "down");
	world_run(w, 60);
	assert_string_equal(
	    world_sql(w, "SELECT outcome FROM links WHERE url LIKE 'http:%'"), "stored");
	assert_string_equal(
	    world_sql(w, "SELECT outcome FROM links WHERE url LIKE 'https:%'"), "pending");
	world_free(w);
}

static void
test_robots_can_be_switched_off(void **state)
{
	(void)state;
	struct world *w = one_page_world("robots = no\n");
	world_route(
	    w, "http://a.example/robots.txt", 200, "text/plain", "User-agent: *\nDisallow: /\n");
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_int_equal(world_find(w, "http://a.example/robots.txt")->hits, 0);
	world_free(w);
}

/* ---- the feed's own text ---- */

static char *
full_feed(const char *link)
{
	char *page = world_page("river dam"), *start = strstr(page, "<p>");
	*strstr(start, "</article>") = '\0';
	char *feed = mem_printf(
	    "<rss version=\"2.0\" "
	    "xmlns:content=\"http://purl.org/rss/1.0/modules/content/\"><channel>"
	    "<title>A</title><language>en</language><item><title>The dam</title><guid>1</guid>"
	    "%s%s%s<content:encoded><![CDATA[%s]]></content:encoded></item></channel></rss>",
	    link ? "<link>" : "", link ? link : "", link ? "</link>" : "", start);
	mem_free(page);
	return feed;
}

static void
test_content_of_the_feed_is_enough(void **state)
{
	(void)state;
	struct world *w = world_new("content = feed\n");
	serve(w, FEED, 200, "application/rss+xml", full_feed(PAGE));
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "feed");
	assert_string_equal(world_sql(w, "SELECT title FROM articles"), "The dam");
	assert_non_null(strstr(world_sql(w, "SELECT body FROM articles"), "deciding vote"));
	assert_null(world_find(w, PAGE)); /* nobody asked for the page */
	world_check_ledger(w);
	world_free(w);
}

/* A feed whose one entry has the whole text of the page at PAGE, which answers BODY. */
static struct world *
witness_world(const char *body)
{
	struct world *w = world_new(NULL);
	serve(w, FEED, 200, "application/rss+xml", full_feed(PAGE));
	world_route(w, PAGE, 200, "text/html", body);
	world_add_feed(w, FEED);
	world_run(w, 600);
	world_check_ledger(w);
	return w;
}

static void
test_feed_is_a_witness(void **state)
{
	(void)state;
	char *page = world_page("river dam");
	struct world *w = witness_world(page);
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "page");
	assert_string_equal(world_sql(w, "SELECT verdict FROM articles"), "full");
	assert_non_null(strstr(world_sql(w, "SELECT evidence FROM articles"), "words"));
	world_free(w);
	/* the page shows the beginning only */
	char *cut = mem_strdup(page), *end = strstr(strstr(cut, "<p>"), "</p>");
	end[4] = '\0';
	w = witness_world(cut);
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "feed");
	assert_string_equal(world_sql(w, "SELECT verdict FROM articles"), "feed_only");
	assert_non_null(
	    strstr(world_sql(w, "SELECT reason FROM links"), "feed_only: the feed has"));
	world_free(w);
	mem_free(cut);
	mem_free(page);
}

static void
test_redirect_to_another_page_is_seen(void **state)
{
	(void)state;
	static const char elsewhere[] =
	    "<title>Cod prices fall</title><article><h1>Cod prices fall</h1><p>Fish was never as "
	    "cheap as in this spring, say the people who gut it, and they blame the ice that "
	    "did not come.</p><p>Whoever bought a boat last year wishes that he had not, and the "
	    "bank that lent him the money wishes so too, while the harbour master counts masts "
	    "and shakes his head.</p></article>";
	struct world *w = witness_world(elsewhere);
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "feed");
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM links"), "not_article: neither"));
	world_free(w);
}

static void
test_entry_without_link_is_kept(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	serve(w, FEED, 200, "application/rss+xml", full_feed(NULL));
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "feed");
	world_check_ledger(w);
	world_free(w);
}

static void
test_feed_stands_in_for_a_dead_page(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	serve(w, FEED, 200, "application/rss+xml", full_feed("http://a.example/dead"));
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "feed");
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM links"), "HTTP 404"));
	world_free(w);
}

/* ---- updates ---- */

static char *
dated_feed(const char *updated)
{
	return mem_printf(
	    "<feed "
	    "xmlns=\"http://www.w3.org/2005/Atom\"><title>A</title><id>a</id><updated>%s</updated>"
	    "<entry><id>1</id><title>Bridge</title><link "
	    "href=\"%s\"/><updated>%s</updated></entry></feed>",
	    updated, PAGE, updated);
}

static void
test_updated_entry_becomes_a_revision(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	serve(w, FEED, 200, "application/atom+xml", dated_feed("2027-01-01T00:00:00Z"));
	serve_page(w, PAGE, "harbour bridge");
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	serve(w, FEED, 200, "application/atom+xml", dated_feed("2027-01-01T01:00:00Z"));
	serve_page(w, PAGE, "harbour bridge and its toll");
	world_run(w, 86400);
	assert_int_equal(world_find(w, PAGE)->hits, 2);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM revisions"), 1);
	assert_null(strstr(world_sql(w, "SELECT body FROM revisions"), "toll"));
	assert_non_null(strstr(world_sql(w, "SELECT body FROM articles"), "toll"));
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'toll'"), 1);
	world_check_ledger(w);
	world_free(w);
}

static void
test_a_page_that_closes_later_keeps_its_article(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	serve(w, FEED, 200, "application/atom+xml", dated_feed("2027-01-01T00:00:00Z"));
	serve_page(w, PAGE, "harbour bridge");
	world_add_feed(w, FEED);
	world_run(w, 60);
	serve(w, FEED, 200, "application/atom+xml", dated_feed("2027-01-01T01:00:00Z"));
	world_route(w, PAGE, 403, "text/html", "subscribers only");
	world_run(w, 86400);
	assert_int_equal(world_find(w, PAGE)->hits, 2);
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_non_null(strstr(world_sql(w, "SELECT reason FROM links"), "HTTP 403"));
	assert_string_equal(world_sql(w, "SELECT body_source FROM articles"), "page");
	assert_non_null(strstr(world_sql(w, "SELECT body FROM articles"), "harbour bridge"));
	assert_int_equal(world_count(w, "SELECT count(*) FROM revisions"), 0);
	world_free(w);
}

/* A page that names the same canonical URL as its neighbours. */
static void
serve_shared(struct world *w, const char *url, const char *topic)
{
	char *page = world_page(topic), *head = strstr(page, "</head>");
	serve(w, url, 200, "text/html",
	    mem_printf("%.*s<link rel=\"canonical\" href=\"http://a.example/all\">%s",
		(int)(head - page), page, head));
	mem_free(page);
}

static void
test_update_under_a_shared_canonical_is_one_article(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	static const char form[] =
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>A</title><id>a</id>"
	    "<entry><id>1</id><title>1</title><link "
	    "href=\"http://a.example/one\"/><updated>2027-01-01T00:00:00Z</updated></entry>"
	    "<entry><id>2</id><title>2</title><link "
	    "href=\"http://a.example/two\"/><updated>2027-01-01T0%d:00:00Z</updated></entry></"
	    "feed>";
	serve(w, FEED, 200, "application/atom+xml", mem_printf(form, 0));
	serve_shared(w, "http://a.example/one", "harbour bridge");
	serve_shared(w, "http://a.example/two", "old lighthouse");
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 2);
	serve(w, FEED, 200, "application/atom+xml", mem_printf(form, 1));
	serve_shared(w, "http://a.example/two", "old lighthouse and its keeper");
	world_run(w, 86400);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 2);
	assert_int_equal(world_count(w, "SELECT count(*) FROM revisions"), 1);
	world_check_ledger(w);
	world_free(w);
}

/* ---- demands of servers ---- */

static void
test_retry_after_is_obeyed_also_by_hand(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	world_route(w, FEED, 429, "text/plain", "slow down")->retry_after_s = 20000;
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_int_equal(world_find(w, FEED)->hits, 1);
	assert_int_equal(pipeline_poll_now(w->pipeline, 0), 0);
	world_run(w, 600);
	world_stop(w); /* the demand outlives a restart */
	world_start(w);
	pipeline_once(w->pipeline);
	world_run(w, 600);
	assert_true(pipeline_is_done(w->pipeline));
	assert_int_equal(world_find(w, FEED)->hits, 1);
	world_free(w);
}

static void
test_an_absurd_retry_after_is_cut(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_route(w, PAGE, 503, "text/html", "x")->retry_after_s = INT64_C(315360000);
	world_run(w, 60);
	assert_int_equal(world_find(w, PAGE)->hits, 1);
	int hits = world_find(w, FEED)->hits;
	world_run(w, 86400 * 6); /* until then the demand holds for the whole host */
	assert_int_equal(world_find(w, FEED)->hits, hits);
	world_run(w, 86400 * 3);
	assert_true(world_find(w, FEED)->hits > hits);
	assert_int_equal(world_find(w, PAGE)->hits, 2);
	world_free(w);
}

/* What was too much for a host is not tried anew by a restart. */
static void
test_a_learned_gap_outlives_a_restart(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\nhost_delay = 1s\n");
	char url[64];
	for (int i = 0; i < 8; i++) {
		snprintf(url, sizeof url, "http://a.example/feed%d", i);
		world_route(w, url, i ? 200 : 429, "application/rss+xml", NULL);
		if (i)
			serve_feed(w, url, (const char *const[]){NULL});
	}
	world_add_feed(w, "http://a.example/feed0");
	world_run(w, 5);
	world_stop(w);
	world_start(w);
	for (int i = 1; i < 8; i++) {
		snprintf(url, sizeof url, "http://a.example/feed%d", i);
		world_add_feed(w, url);
	}
	world_watch(w, 7);
	int64_t now_ms = clock_mono_ms();
	world_run(w, 600);
	assert_int_equal(w->watched_len, 7);
	/* a minute without Retry-After, of which five seconds have passed; then a quarter as often
	 */
	assert_true(w->watched[0].at_ms - now_ms >= 54000);
	for (size_t i = 1; i < w->watched_len; i++)
		assert_true(w->watched[i].at_ms - w->watched[i - 1].at_ms >= 4000);
	world_free(w);
}

static void
test_clock_that_is_set_later_moves_what_is_due(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_run(w, 60);
	world_stop(w);
	int hits = world_find(w, FEED)->hits;
	clock_fake_start(100000); /* a machine without a clock of its own */
	world_start(w);
	clock_fake_jump((WORLD_START + 86400) * 1000);
	pipeline_clock_set(w->pipeline);
	world_run(w, 86400);
	assert_true(world_find(w, FEED)->hits > hits);
	world_free(w);
}

static void
test_articles_known_from_elsewhere_count_as_new(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	world_run(w, 60);
	serve_feed(w, "http://b.example/feed", (const char *const[]){PAGE, NULL});
	world_add_feed(w, "http://b.example/feed");
	world_run(w, 60);
	assert_string_equal(
	    world_sql(w, "SELECT outcome FROM polls ORDER BY at DESC, feed_id DESC LIMIT 1"), "ok");
	assert_true(world_count(w, "SELECT min(added) FROM feeds") >= WORLD_START);
	world_free(w);
}

static void
test_once_ends_after_the_pages(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	serve_feed(
	    w, "http://b.example/feed", (const char *const[]){"http://b.example/down", NULL});
	world_route(w, "http://b.example/down", 503, "text/html", "x");
	world_add_feed(w, "http://b.example/feed");
	pipeline_once(w->pipeline);
	assert_false(pipeline_is_done(w->pipeline));
	world_run(w, 30);
	assert_true(pipeline_is_done(w->pipeline));
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'stored'"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'pending'"), 1);
	world_free(w);
}

/* ---- room ---- */

static void
test_nothing_starts_without_room(void **state)
{
	(void)state;
	struct world *w = world_new("transfers = 7\nhost_connections = 16\nrobots = no\n");
	enum { MANY = 300 };
	const char *urls[MANY + 1] = {NULL};
	char *made[MANY];
	for (int i = 0; i < MANY; i++) {
		urls[i] = made[i] = mem_printf("http://a.example/n/%d", i);
		char topic[32];
		snprintf(topic, sizeof topic, "matter number %d", i);
		serve_page(w, made[i], topic);
	}
	serve_feed(w, FEED, urls);
	world_add_feed(w, FEED);
	world_run(w, 60);
	/* 300 links of one host do not fit into memory at once, and all are fetched all the same */
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), MANY);
	assert_true(w->asked_max <= 7);
	assert_int_equal(w->budget.used, 0);
	for (int i = 0; i < MANY; i++) {
		assert_int_equal(world_find(w, made[i])->hits, 1);
		mem_free(made[i]);
	}
	world_check_ledger(w);
	world_free(w);
}

/* Documents are several times their bodies: the workers make no more of them than the writer is
 * ready to take. */
static void
test_documents_keep_to_the_budget(void **state)
{
	(void)state;
	struct world *w = world_new("bytes_in_flight = 1M\nbody_max = 1M\ncontent = feed\n");
	enum { MANY = 40, ITEMS = 30 };
	size_t most = 0;
	for (int i = 0; i < MANY; i++) {
		struct buf b;
		char url[64];
		buf_init(&b, 1 << 20);
		snprintf(url, sizeof url, "http://h%d.example/feed", i);
		buf_add_str(&b, "<rss version=\"2.0\"><channel><title>t</title>");
		for (int k = 0; k < ITEMS; k++)
			buf_printf(&b,
			    "<item><link>http://h%d.example/%d</link><description>Matter %d of %d "
			    "was discussed by the council for a long time.</description></item>",
			    i, k, k, i);
		buf_add_str(&b, "</channel></rss>");
		world_route(w, url, 200, "application/rss+xml", buf_str(&b));
		world_add_feed(w, url);
		buf_clear(&b);
	}
	for (int i = 0; i < 1000; i++) {
		w->steps = 1;
		world_run(w, 1);
		if (w->budget.used > most)
			most = w->budget.used;
	}
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), MANY * ITEMS);
	assert_true(most > w->budget.max / 4);
	assert_true(most < w->budget.max / 2);
	assert_int_equal(w->budget.used, 0);
	world_check_ledger(w);
	world_free(w);
}

static void
test_more_links_than_fit_into_memory(void **state)
{
	(void)state;
	enum { FEEDS = 800, ITEMS = 12 };
	struct world *w = world_new("host_delay = 1s\nrobots = no\n");
	for (int f = 0; f < FEEDS; f++) {
		const char *urls[ITEMS + 1] = {NULL};
		char *made[ITEMS + 1];
		for (int i = 0; i < ITEMS; i++)
			urls[i] = made[i] = mem_printf("http://h%d.example/%d", f, i);
		made[ITEMS] = mem_printf("http://h%d.example/feed", f);
		serve_feed(w, made[ITEMS], urls);
		world_add_feed(w, made[ITEMS]);
		for (int i = 0; i <= ITEMS; i++)
			mem_free(made[i]);
	}
	assert_true(FEEDS * ITEMS > 8192);
	pipeline_once(w->pipeline);
	world_run(w, 2);
	world_stop(w); /* a backlog of its own, read at the next start */
	world_start(w);
	pipeline_once(w->pipeline);
	world_run(w, 300);
	assert_true(pipeline_is_done(w->pipeline));
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE outcome = 'gone'"), FEEDS * ITEMS);
	world_check_ledger(w);
	world_free(w);
}

/* Hosts are forgotten now and then; not one whose pending links are just being read. */
static void
test_hosts_are_kept_while_they_are_read(void **state)
{
	(void)state;
	struct world *w = one_page_world(NULL);
	serve_feed(
	    w, FEED, (const char *const[]){"http://b.example/1", "http://c.example/1", NULL});
	serve_page(w, "http://b.example/1", "harbour bridge");
	serve_page(w, "http://c.example/1", "old lighthouse");
	w->steps = 3; /* the poll is committed, the pages are not fetched */
	assert_int_equal(world_run(w, 60), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'pending'"), 2);
	w->steps = -1;
	world_stop(w);
	clock_fake_advance(INT64_C(7200) * 1000); /* the next turn is one that forgets */
	world_start(w);
	world_run(w, 86400);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 2);
	world_free(w);
}

/* ---- crash and replay ---- */

/* Of two copies the one that came first is stored; which that is, a restart may change. */
#define CRASH_SET                                                                                  \
	"SELECT group_concat(x, char(10)) || (SELECT count(*) FROM articles) FROM (SELECT "        \
	"l.url || ' ' || replace(l.outcome, 'duplicate', 'stored') || ' ' || coalesce(a.body, '')" \
	" AS x FROM links l LEFT JOIN articles a ON a.id = l.article_id ORDER BY l.url)"

static struct world *
crash_world(void)
{
	struct world *w = world_new(NULL);
	serve_feed(w, FEED,
	    (const char *const[]){PAGE, "http://a.example/news/2", "http://a.example/gone", NULL});
	serve_feed(
	    w, "http://b.example/feed", (const char *const[]){"http://b.example/copy", PAGE, NULL});
	serve_page(w, PAGE, "harbour bridge");
	serve_page(w, "http://a.example/news/2", "old lighthouse");
	serve_page(w, "http://b.example/copy", "harbour bridge");
	world_add_feed(w, FEED);
	world_add_feed(w, "http://b.example/feed");
	return w;
}

static void
test_killed_anywhere_ends_the_same(void **state)
{
	(void)state;
	struct world *w = crash_world();
	world_run(w, 7200);
	char *want = mem_strdup(world_sql(w, CRASH_SET));
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE outcome = 'duplicate'"), 1);
	assert_non_null(strstr(want, "gone"));
	world_free(w);
	long killed = 0;
	for (long k = 0; k < 60; k++) {
		w = crash_world();
		world_stop(w);
		pid_t child = fork();
		assert_true(child >= 0);
		if (!child) { /* dies without a word after K steps of work */
			world_start(w);
			w->steps = k;
			_exit(world_run(w, 7200) ? 9 : 0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		killed += WEXITSTATUS(status) == 9;
		world_start(w);
		world_run(w, 7200);
		if (strcmp(want, world_sql(w, CRASH_SET)))
			fail_msg("killed after %ld steps: %s\nnot: %s", k, world_sql(w, CRASH_SET),
			    want);
		assert_string_equal(world_sql(w, "PRAGMA integrity_check"), "ok");
		world_check_ledger(w);
		world_free(w);
	}
	assert_true(killed > 8); /* the test would be empty if the work ended before */
	mem_free(want);
}

/* ---- a week ---- */

static void
test_a_week_in_a_second(void **state)
{
	(void)state;
	enum { FEEDS = 20, HOURS = 7 * 24 };
	struct world *w = world_new(NULL);
	char feed[64], page[64], older[64], topic[64];
	for (int f = 0; f < FEEDS; f++) {
		snprintf(feed, sizeof feed, "http://site%d.example/feed", f);
		serve_feed(w, feed, (const char *const[]){NULL});
		world_add_feed(w, feed);
	}
	int published = 0;
	for (int hour = 0; hour < HOURS; hour++) {
		for (int f = 0; f < FEEDS; f++) {
			if ((hour + f) % (3 + f) != 0)
				continue;
			snprintf(feed, sizeof feed, "http://site%d.example/feed", f);
			snprintf(page, sizeof page, "http://site%d.example/%d", f, hour);
			snprintf(older, sizeof older, "http://site%d.example/%d", f, hour - 3 - f);
			snprintf(topic, sizeof topic, "case %d of site %d", hour, f);
			serve_page(w, page, topic);
			serve_feed(w, feed,
			    (const char *const[]){page, hour >= 3 + f ? older : NULL, NULL});
			published++;
		}
		world_run(w, 3600);
		world_check_ledger(w);
	}
	world_run(w, 86400);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), published);
	long polls = world_count(w, "SELECT count(*) FROM polls");
	assert_in_range(polls, FEEDS * 8, FEEDS * HOURS * 2); /* neither asleep nor hammering */
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_from_feed_to_row),
	    cmocka_unit_test(test_content_location_is_the_base),
	    cmocka_unit_test(test_second_poll_is_conditional),
	    cmocka_unit_test(test_validators_of_a_broken_body_are_not_kept),
	    cmocka_unit_test(test_new_item_is_found),
	    cmocka_unit_test(test_second_feed_is_a_sighting),
	    cmocka_unit_test(test_articles_known_from_elsewhere_count_as_new),
	    cmocka_unit_test(test_copy_on_another_site_is_a_duplicate),
	    cmocka_unit_test(test_every_failure_has_its_outcome),
	    cmocka_unit_test(test_lying_validators_are_flagged),
	    cmocka_unit_test(test_robots_are_honoured),
	    cmocka_unit_test(test_unreachable_robots_keep_links_pending),
	    cmocka_unit_test(test_robots_hold_for_their_scheme_alone),
	    cmocka_unit_test(test_robots_can_be_switched_off),
	    cmocka_unit_test(test_content_of_the_feed_is_enough),
	    cmocka_unit_test(test_feed_is_a_witness),
	    cmocka_unit_test(test_redirect_to_another_page_is_seen),
	    cmocka_unit_test(test_entry_without_link_is_kept),
	    cmocka_unit_test(test_feed_stands_in_for_a_dead_page),
	    cmocka_unit_test(test_updated_entry_becomes_a_revision),
	    cmocka_unit_test(test_update_under_a_shared_canonical_is_one_article),
	    cmocka_unit_test(test_a_page_that_closes_later_keeps_its_article),
	    cmocka_unit_test(test_retry_after_is_obeyed_also_by_hand),
	    cmocka_unit_test(test_a_learned_gap_outlives_a_restart),
	    cmocka_unit_test(test_clock_that_is_set_later_moves_what_is_due),
	    cmocka_unit_test(test_an_absurd_retry_after_is_cut),
	    cmocka_unit_test(test_once_ends_after_the_pages),
	    cmocka_unit_test(test_nothing_starts_without_room),
	    cmocka_unit_test(test_documents_keep_to_the_budget),
	    cmocka_unit_test(test_more_links_than_fit_into_memory),
	    cmocka_unit_test(test_hosts_are_kept_while_they_are_read),
	    cmocka_unit_test(test_killed_anywhere_ends_the_same),
	    cmocka_unit_test(test_a_week_in_a_second),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
