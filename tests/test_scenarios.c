/*
 * test_scenarios: servers that misbehave over hours and days, each scenario a test: the whole road
 * under a fake clock and a fake network. What is seen on the wire is in test_scenarios_net.c; the
 * rules behind them stand in docs/http.md.
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
#include "rights.h"
#include "world.h"

#define HOST      "http://news.example"
#define FEED      HOST "/feed"
#define PAGE      HOST "/story/1"
#define PAGE_2    HOST "/story/2"
#define ROBOTS    HOST "/robots.txt"
#define HOUR      3600
#define DAY       86400
#define ALLOW_ALL "User-agent: *\nAllow: /\n"
#define TYPE      "application/rss+xml"

static const char rss_one[] = "<rss version='2.0'><channel><title>T</title><item><title>One</title>"
			      "<link>" PAGE "</link></item></channel></rss>";
static const char rss_two[] = "<rss version='2.0'><channel><title>T</title><item><title>Two</title>"
			      "<link>" PAGE_2 "</link></item><item><title>One</title><link>" PAGE
			      "</link></item></channel></rss>";

static void
serve_page(struct world *w, const char *url, const char *topic)
{
	char *page = world_page(topic);
	world_route(w, url, 200, "text/html; charset=utf-8", page);
	mem_free(page);
}

/* A world whose one feed answers BODY with STATUS. */
static struct world *
world_with(const char *settings, int status, const char *type, const char *body)
{
	struct world *w = world_new(settings);
	serve_page(w, PAGE, "harbour bridge");
	serve_page(w, PAGE_2, "old lighthouse");
	world_route(w, ROBOTS, 200, "text/plain", ALLOW_ALL);
	world_route(w, FEED, status, type, body);
	world_add_feed(w, FEED);
	return w;
}

static struct route *
feed_of(struct world *w)
{
	return world_find(w, FEED);
}

static void
set(char **to, const char *value)
{
	mem_free(*to);
	*to = mem_strdup(value);
}

static void
assert_sql(struct world *w, const char *sql, const char *expected)
{
	assert_string_equal(world_sql(w, sql), expected);
}

static long
polls_as(struct world *w, const char *outcome)
{
	char sql[128];
	snprintf(sql, sizeof sql, "SELECT count(*) FROM polls WHERE outcome = '%s'", outcome);
	return world_count(w, sql);
}

/* ---- conditional requests ---- */

static void
ok_200_etag(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, "\"a1\"");
	feed_of(w)->last_modified = "Fri, 01 Jan 2027 00:00:00 GMT";
	world_run(w, DAY);
	assert_in_range(feed_of(w)->hits, 3, 100);
	assert_int_equal(feed_of(w)->conditional, feed_of(w)->hits - 1);
	assert_string_equal(feed_of(w)->sent_etag, "\"a1\"");
	assert_string_equal(feed_of(w)->sent_modified, "Fri, 01 Jan 2027 00:00:00 GMT");
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls WHERE new > 0"), 1);
	assert_int_equal(polls_as(w, "unchanged"), feed_of(w)->hits - 1);
	world_free(w);
}

/* Whatever a server calls a validator goes back byte for byte. */
static void
validators_are_opaque(const char *etag, const char *modified)
{
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, etag);
	feed_of(w)->last_modified = modified;
	world_run(w, DAY / 2);
	assert_int_equal(polls_as(w, "unchanged"), feed_of(w)->hits - 1);
	if (etag)
		assert_string_equal(feed_of(w)->sent_etag, etag);
	if (modified)
		assert_string_equal(feed_of(w)->sent_modified, modified);
	world_stop(w); /* and so also from the store */
	world_start(w);
	int hits = feed_of(w)->hits;
	world_run(w, DAY);
	assert_true(feed_of(w)->hits > hits);
	assert_int_equal(feed_of(w)->conditional, feed_of(w)->hits - 1);
	world_free(w);
}

static void
etag_weak_quotes(void **state)
{
	(void)state;
	validators_are_opaque("W/\"x\\\"y,z\"", NULL);
}

static void
etag_unquoted(void **state)
{
	(void)state;
	validators_are_opaque("abc", NULL);
}

static void
lastmod_odd(void **state)
{
	(void)state;
	validators_are_opaque(NULL, "Tue, 31-Feb-2026 99:99:99 CET");
}

static void
new_etag_in_304(struct route *r)
{
	if (r->hits == 2) {
		r->status = 304;
		set(&r->etag, "\"b\"");
	} else if (r->hits == 3) {
		r->status = 200;
	}
}

static void
a_304_with_a_new_etag(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, "\"a\"");
	feed_of(w)->turn = new_etag_in_304;
	world_run(w, DAY);
	assert_true(feed_of(w)->hits > 3);
	assert_string_equal(feed_of(w)->sent_etag, "\"b\"");
	assert_int_equal(polls_as(w, "ok"), 1);
	world_free(w);
}

static void
a_304_unsolicited(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 304, TYPE, "");
	set(&feed_of(w)->etag, "\"sly\"");
	world_run(w, DAY);
	assert_true(feed_of(w)->hits > 2);
	assert_int_equal(feed_of(w)->conditional, 0); /* nor does its ETag become ours */
	assert_int_equal(polls_as(w, "bad"), feed_of(w)->hits);
	assert_non_null(strstr(world_sql(w, "SELECT error FROM feeds"), "304"));
	world_route(w, FEED, 200, TYPE, rss_one);
	world_run(w, DAY);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	assert_sql(w, "SELECT count(*) FROM feeds WHERE error IS NULL", "1");
	world_free(w);
}

static void
a_304_forever_after_bad_parse(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, "<rss version='2.0'><chan");
	set(&feed_of(w)->etag, "\"broken\"");
	world_run(w, 3 * HOUR);
	assert_true(feed_of(w)->hits > 1);
	assert_int_equal(feed_of(w)->conditional, 0);
	struct route *r = world_route(w, FEED, 200, TYPE, rss_one);
	set(&r->etag, "\"broken\""); /* as if the ETag were made of the date alone */
	world_run(w, DAY);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	world_free(w);
}

static void
flap(struct route *r)
{
	set(&r->etag, r->hits % 2 ? "\"A\"" : "\"B\"");
}

static void
etag_flap(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	feed_of(w)->turn = flap;
	world_run(w, DAY);
	assert_true(feed_of(w)->hits > 2);
	assert_int_equal(polls_as(w, "ok"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM sightings"), 1);
	assert_int_equal(world_count(w, "SELECT sum(new) FROM polls"), 1);
	assert_int_equal(world_find(w, PAGE)->hits, 1);
	world_free(w);
}

static void
change_comment(struct route *r)
{
	char body[512];
	snprintf(body, sizeof body,
	    "<rss version='2.0'><channel><title>T</title><lastBuildDate>Fri, 01 Jan 2027 "
	    "%02d:00:00 GMT</lastBuildDate><!-- served by %d --><item><title>One</title><link>" PAGE
	    "</link></item></channel></rss>",
	    r->hits % 24, r->hits);
	set(&r->body, body);
	flap(r);
}

static void
etag_flap_dynamic(void **state)
{
	(void)state;
	struct world *still = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(still)->etag, "\"still\"");
	world_run(still, 2 * DAY);
	int hits = feed_of(still)->hits;
	world_free(still);
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	feed_of(w)->turn = change_comment;
	world_run(w, 2 * DAY);
	assert_int_equal(polls_as(w, "ok"), 1);
	assert_int_equal(world_count(w, "SELECT sum(new) FROM polls"), 1);
	assert_int_equal(world_find(w, PAGE)->hits, 1);
	assert_in_range(feed_of(w)->hits, 2, hits + 2); /* changed bytes are no news */
	world_free(w);
}

static void
restart_mid(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, "\"a\"");
	world_run(w, DAY);
	int64_t next = world_count(w, "SELECT next_poll FROM feeds");
	int hits = feed_of(w)->hits;
	assert_true(next > clock_now());
	world_stop(w);
	world_start(w);
	world_run(w, next - clock_now() - 1);
	assert_int_equal(feed_of(w)->hits, hits); /* a crash-loop asks no sooner */
	world_run(w, HOUR);
	assert_true(feed_of(w)->hits > hits);
	assert_int_equal(feed_of(w)->conditional, feed_of(w)->hits - 1);
	world_free(w);
}

/* ---- freshness ---- */

static void
maxage_7200(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	feed_of(w)->max_age_s = 7200;
	world_run(w, 60);
	int64_t first = feed_of(w)->last_hit;
	world_run(w, 7200 - 61);
	assert_int_equal(feed_of(w)->last_hit, first);
	world_run(w, DAY);
	assert_in_range(feed_of(w)->hits, 2, 13);
	world_free(w);
}

static void
ttl_garbage(void **state)
{
	(void)state;
	static const char *const ttls[] = {"-1", "0", "99999999", "abc", "1e9", ""};
	for (size_t i = 0; i < sizeof ttls / sizeof *ttls; i++) {
		char body[512];
		snprintf(body, sizeof body,
		    "<rss version='2.0'><channel><title>T</title><ttl>%s</ttl><item><title>One"
		    "</title><link>" PAGE "</link></item></channel></rss>",
		    ttls[i]);
		struct world *w = world_with(NULL, 200, TYPE, body);
		world_run(w, 3 * DAY);
		assert_in_range(feed_of(w)->hits, 3, 100);
		world_free(w);
	}
}

static void
sy_hourly4(void **state)
{
	(void)state;
	struct world *w = world_with("poll_min = 30m\npoll_min_blind = 30m\n", 200, TYPE,
	    "<rss version='2.0' xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>"
	    "<title>T</title><sy:updatePeriod>hourly</sy:updatePeriod><sy:updateFrequency>4"
	    "</sy:updateFrequency><item><title>One</title><link>" PAGE
	    "</link></item></channel></rss>");
	world_run(w, DAY);
	assert_in_range(feed_of(w)->hits, 2, 49); /* the floor is half an hour */
	world_free(w);
}

/* ---- servers that have enough ---- */

static void
a_429_with_seconds(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 429, "text/plain", "slow down");
	feed_of(w)->retry_after_s = 5400;
	world_run(w, 60);
	assert_int_equal(feed_of(w)->hits, 1);
	int64_t first = feed_of(w)->last_hit;
	for (int i = 0; i < 5; i++) { /* by hand, again and again */
		pipeline_poll_now(w->pipeline, 0);
		world_run(w, 1000);
	}
	assert_int_equal(feed_of(w)->hits, 1);
	world_run(w, DAY);
	assert_true(feed_of(w)->hits > 1);
	assert_true(feed_of(w)->last_hit - first >= 5400);
	world_free(w);
}

static void
a_503_with_a_past_date(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 503, "text/plain", "later");
	feed_of(w)->retry_after_s = 0; /* as read from a moment that has passed */
	world_run(w, 600);
	assert_int_equal(feed_of(w)->hits, 1); /* backs off all the same */
	world_run(w, 2 * DAY);
	assert_in_range(feed_of(w)->hits, 3, 12);
	world_free(w);
}

static void
retry_after_absurd(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 429, "text/plain", "never");
	feed_of(w)->retry_after_s = INT64_C(1000000000);
	world_run(w, 60);
	world_run(w, 7 * DAY - 120);
	assert_int_equal(feed_of(w)->hits, 1);
	world_run(w, 2 * DAY);
	assert_int_equal(feed_of(w)->hits, 2);
	world_free(w);
}

static void
a_429_on_a_host_of_good_feeds(void **state)
{
	(void)state;
	enum { FEEDS = 60 };
	char url[64];
	struct world *w = world_new("poll_min = 10m\npoll_min_blind = 10m\n");
	world_route(w, ROBOTS, 200, "text/plain", ALLOW_ALL);
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, HOST "/feed/%d", i);
		world_route(w, url, 200, TYPE, "<rss version='2.0'><channel/></rss>");
	}
	struct route *r = world_find(w, HOST "/feed/30");
	r->status = 429;
	r->retry_after_s = 3600;
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, HOST "/feed/%d", i);
		world_add_feed(w, url);
	}
	world_run(w, 300);
	int64_t refused = world_find(w, HOST "/feed/30")->last_hit;
	assert_true(refused > 0);
	for (int i = 0; i < FEEDS; i++) { /* none of the others is asked after that */
		snprintf(url, sizeof url, HOST "/feed/%d", i);
		struct route *other = world_find(w, url);
		assert_true(!other->hits || other->last_hit <= refused + 2);
	}
	world_run(w, 3600 * 3);
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, HOST "/feed/%d", i);
		assert_true(world_find(w, url)->hits > 0);
	}
	world_free(w);
}

static void
a_500_forever(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 500, "text/html", "oops");
	world_run(w, HOUR);
	assert_in_range(feed_of(w)->hits, 2, 4);
	world_run(w, 29 * DAY);
	int hits = feed_of(w)->hits;
	assert_in_range(hits, 25, 45); /* once a day at last */
	world_run(w, 300 * DAY);
	assert_in_range(feed_of(w)->hits - hits, 300 / 7, 30 + 300 / 7 + 2); /* then once a week */
	world_route(w, FEED, 200, TYPE, rss_one);
	world_run(w, 8 * DAY);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	assert_int_equal(world_count(w, "SELECT failures FROM feeds"), 0);
	world_free(w);
}

static void
a_403_of_a_bot_protection(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 403, "text/html", "<html>Just a moment</html>");
	feed_of(w)->challenge = 1;
	world_run(w, 3 * HOUR);
	assert_int_equal(feed_of(w)->hits, 1);
	assert_non_null(strstr(world_sql(w, "SELECT error FROM feeds"), "bot_challenge"));
	world_run(w, 7 * DAY);
	assert_in_range(feed_of(w)->hits, 5, 12);
	world_free(w);
}

static int64_t starts[2000];
static size_t starts_len;

static void
note_start(struct route *r)
{
	(void)r;
	if (starts_len < sizeof starts / sizeof *starts)
		starts[starts_len++] = clock_mono_ms();
}

static void
many_feeds_one_host(void **state)
{
	(void)state;
	enum { FEEDS = 878 };
	char url[64];
	struct world *w = world_new("host_delay = 2s\n");
	starts_len = 0;
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, HOST "/feed/%d", i);
		world_route(w, url, 200, TYPE, "<rss version='2.0'><channel/></rss>");
		world_find(w, url)->turn = note_start;
	}
	world_route(
	    w, "http://other.example/feed", 200, TYPE, "<rss version='2.0'><channel/></rss>");
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, HOST "/feed/%d", i);
		world_add_feed(w, url);
	}
	world_add_feed(w, "http://other.example/feed");
	world_run(w, 60);
	assert_int_equal(world_find(w, "http://other.example/feed")->hits, 1); /* doesn't wait */
	assert_true(w->asked_max <= 3);
	world_run(w, 3600);
	assert_true(starts_len > FEEDS / 2);
	for (size_t i = 1; i < starts_len; i++)
		assert_true(starts[i] - starts[i - 1] >= 2000);
	world_free(w);
}

static void
start_herd(void **state)
{
	(void)state;
	enum { FEEDS = 1000 };
	char url[64];
	struct world *w = world_new("transfers = 20\n");
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, "http://h%d.example/feed", i);
		world_route(w, url, 200, TYPE, "<rss version='2.0'><channel/></rss>");
	}
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, "http://h%d.example/feed", i);
		world_add_feed(w, url);
	}
	world_stop(w);
	clock_fake_advance(3 * (int64_t)DAY * 1000); /* all are overdue */
	w->asked_max = 0;
	world_start(w);
	world_run(w, 4 * HOUR);
	assert_true(w->asked_max <= 20);
	for (int i = 0; i < FEEDS; i++) {
		snprintf(url, sizeof url, "http://h%d.example/feed", i);
		assert_in_range(world_find(w, url)->hits, 1, 24);
	}
	world_free(w);
}

static void
clock_jump(void **state)
{
	(void)state;
	static const int64_t jumps[] = {DAY, -DAY};
	for (size_t i = 0; i < 2; i++) {
		struct world *w = world_with("poll_min = 1h\n", 200, TYPE, rss_one);
		set(&feed_of(w)->etag, "\"a\"");
		world_run(w, DAY);
		int hits = feed_of(w)->hits;
		clock_fake_jump(jumps[i] * 1000);
		pipeline_clock_set(w->pipeline);
		world_run(w, 2 * DAY);
		/* neither a burst nor silence */
		assert_in_range(feed_of(w)->hits - hits, 1, 49);
		world_free(w);
	}
}

/* ---- redirects: what they change ---- */

/* A feed that is redirected to TARGET, whatever kind of redirect it is, stays what it was. */
static void
redirect_keeps_the_feed(const char *target, const char *type, const char *body)
{
	struct world *w = world_with(NULL, 200, type, body);
	set(&feed_of(w)->final_url, target);
	world_run(w, DAY);
	assert_sql(w, "SELECT url FROM feeds", FEED);
	assert_int_equal(world_count(w, "SELECT count(*) FROM feeds"), 1);
	world_free(w);
}

static void
a_301_or_308_or_302(void **state)
{
	(void)state;
	redirect_keeps_the_feed("http://new.example/feed", TYPE, rss_one);
}

static void
a_301_to_html(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	world_run(w, DAY);
	struct route *r = world_route(w, FEED, 200, "text/html",
	    "<html><head><title>This domain is for sale</title></head><body>Buy</body></html>");
	set(&r->final_url, "http://parking.example/");
	world_run(w, DAY);
	assert_sql(w, "SELECT url FROM feeds", FEED);
	assert_true(polls_as(w, "not_feed") > 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM sightings"), 1);
	world_free(w);
}

/* Validators are those of the URL that gave them: another target is asked for the whole. */
static void
redirect_to_another_target(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, "\"1\"");
	set(&feed_of(w)->final_url, "http://cdn-a.example/feed");
	world_run(w, 12 * HOUR);
	int hits = feed_of(w)->hits;
	assert_int_equal(feed_of(w)->conditional, hits - 1);
	world_stop(w);
	world_start(w);
	struct route *r = world_route(w, FEED, 200, TYPE, rss_two);
	set(&r->final_url, "http://cdn-b.example/feed");
	world_run(w, 12 * HOUR); /* the same weak name for another document */
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 2);
	assert_int_equal(feed_of(w)->conditional, feed_of(w)->hits - 2);
	world_free(w);
}

/* What the target of a redirect says closes the target's gate, not that of the host that sent us
 * there; and while it is closed, nobody who is sent there asks. */
static void
redirect_to_a_busy_host(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	struct route *bad = world_route(w, HOST "/bad", 429, TYPE, "");
	set(&bad->final_url, "http://target.example/bad");
	bad->retry_after_s = 6 * HOUR;
	world_add_feed(w, HOST "/bad");
	world_run(w, DAY);
	assert_in_range(feed_of(w)->hits, 6, 200); /* keeps its schedule */
	assert_in_range(world_find(w, HOST "/bad")->hits, 1, 6);
	assert_sql(w, "SELECT name FROM nd_host WHERE closed_until > 0", "target.example");
	bad = world_route(w, HOST "/page", 200, TYPE, rss_two);
	set(&bad->final_url, "http://target.example/page");
	world_add_feed(w, HOST "/page");
	world_run(w, 60);
	assert_non_null(
	    strstr(world_sql(w, "SELECT error FROM feeds WHERE url = '" HOST "/page'"), "closed"));
	assert_sql(w, "SELECT failures FROM feeds WHERE url = '" HOST "/page'", "0");
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 1);
	world_run(w, 2 * DAY); /* when the host may be asked again, it is */
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 2);
	world_free(w);
}

/* A page that leads to a busy host waits for it, without an attempt. */
static void
page_redirect_to_a_busy_host(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	world_run(w, 60);
	struct route *busy = world_route(w, "http://target.example/feed", 429, TYPE, "");
	busy->retry_after_s = 2 * DAY;
	world_add_feed(w, "http://target.example/feed");
	world_run(w, 60);
	world_route(w, FEED, 200, TYPE, rss_two);
	set(&world_find(w, PAGE_2)->final_url, "http://target.example/story");
	world_run(w, DAY);
	assert_sql(w, "SELECT outcome FROM links WHERE url = '" PAGE_2 "'", "pending");
	assert_int_equal(
	    world_count(w, "SELECT max(attempts) FROM links WHERE outcome = 'pending'"), 0);
	world_run(w, 2 * DAY);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'stored'"), 2);
	world_free(w);
}

/* A site that forbids is asked more slowly. */
static void
forbidden_pages_slow_the_host(void **state)
{
	(void)state;
	const char *urls[41] = {NULL};
	char *made[40];
	struct world *w = world_with("host_delay = 1s\n", 200, TYPE, rss_one);
	for (int i = 0; i < 40; i++) {
		urls[i] = made[i] = mem_printf("http://shut.example/%d", i);
		world_route(w, made[i], 403, "text/html", "no");
	}
	char *rss = world_rss("T", urls);
	world_route(w, FEED, 200, TYPE, rss);
	world_run(w, HOUR);
	assert_in_range(
	    world_count(w, "SELECT count(*) FROM links WHERE outcome = 'http_error'"), 5, 20);
	world_run(w, DAY);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE outcome = 'http_error'"), 40);
	mem_free(rss);
	for (int i = 0; i < 40; i++)
		mem_free(made[i]);
	world_free(w);
}

static void
merge_two(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	world_route(w, HOST "/old", 200, TYPE, rss_one);
	set(&world_find(w, HOST "/old")->final_url, "http://new.example/feed");
	set(&feed_of(w)->final_url, "http://new.example/feed");
	world_add_feed(w, HOST "/old");
	world_run(w, DAY);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM sightings"), 2);
	assert_int_equal(world_find(w, PAGE)->hits, 1);
	world_free(w);
}

/* ---- what goes, and comes again ---- */

static void
a_410(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	world_run(w, DAY);
	world_route(w, FEED, 410, "text/plain", "gone");
	world_run(w, HOUR * 12);
	int hits = feed_of(w)->hits;
	world_run(w, 365 * DAY);
	assert_in_range(
	    feed_of(w)->hits - hits, 40, 70); /* a look a week, in case it was an error */
	assert_non_null(strstr(world_sql(w, "SELECT error FROM feeds"), "410"));
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	world_free(w);
}

static void
a_404_that_flaps(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	world_run(w, DAY);
	world_route(w, FEED, 404, "text/html", "not found");
	world_run(w, 2 * DAY);
	assert_true(polls_as(w, "http") > 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	world_route(w, FEED, 200, TYPE, rss_two);
	world_run(w, 2 * DAY);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 2);
	assert_int_equal(world_count(w, "SELECT failures FROM feeds"), 0);
	world_free(w);
}

/* A loop, an address that we don't ask, a document that is too large: so it will be in ten minutes,
 * too, and each try costs as much as the last. Each has its own word. */
static void
what_will_not_pass_is_asked_for_seldom(void **state)
{
	(void)state;
	static const struct {
		enum fetch_error error;
		const char *outcome, *reason;
	} cases[] = {{FETCH_REDIRECTS, "redirects", "redirects"},
	    {FETCH_REFUSED, "refused", "refused"}, {FETCH_TOO_BIG, "bad", "too_big"}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world *w = world_with(NULL, 200, TYPE, rss_one);
		world_run(w, DAY);
		world_route(w, FEED, 0, NULL, NULL)->error = cases[i].error;
		world_run(w, 2 * DAY);
		assert_in_range(polls_as(w, cases[i].outcome), 3, 8);
		assert_non_null(
		    strstr(world_sql(w, "SELECT next_reason FROM feeds"), cases[i].reason));
		assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
		world_free(w);
	}
}

/* ---- answers that are none ---- */

/* BODY in the feed's place is a failed poll of OUTCOME, and takes nothing away. */
static void
bad_answer(int status, const char *type, const char *body, const char *outcome)
{
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, "\"good\"");
	world_run(w, DAY);
	struct route *r = world_route(w, FEED, status, type, body);
	set(&r->etag, "\"bad\"");
	world_run(w, 2 * DAY);
	assert_true(polls_as(w, outcome) > 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls WHERE outcome = 'ok'"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM sightings"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 1);
	assert_int_not_equal(world_count(w, "SELECT failures FROM feeds"), 0);
	assert_true(!feed_of(w)->sent_etag || strcmp(feed_of(w)->sent_etag, "\"bad\"") != 0);
	r = world_route(w, FEED, 200, TYPE, rss_two);
	set(&r->etag, "\"good again\"");
	world_run(w, 2 * DAY);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 2);
	world_free(w);
}

static void
html_200_error(void **state)
{
	(void)state;
	bad_answer(200, "text/html",
	    "<html><head><title>Site maintenance</title></head><body><p>Back soon.</p></body></html>",
	    "not_feed");
}

static void
empty_200(void **state)
{
	(void)state;
	bad_answer(200, TYPE, "", "not_feed");
	bad_answer(200, TYPE, " \r\n\t \n", "not_feed");
	bad_answer(204, TYPE, "", "http");
}

static void
json_error(void **state)
{
	(void)state;
	bad_answer(200, "application/json", "{\"error\":\"rate\"}", "not_feed");
	bad_answer(200, "application/feed+json", "{\"items\":\"none today\"}", "not_feed");
}

static void
status_999(void **state)
{
	(void)state;
	bad_answer(999, "text/html", "denied", "http");
	bad_answer(299, TYPE, rss_two, "http");
	bad_answer(402, "text/html", "pay", "http");
	bad_answer(451, "text/html", "no", "http");
}

static void
rst_mid(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 0, TYPE, rss_one);
	feed_of(w)->error = FETCH_PROTOCOL;
	world_run(w, HOUR);
	assert_int_equal(polls_as(w, "bad"), feed_of(w)->hits);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 0);
	world_free(w);
}

static const uint8_t *
packed_rss(size_t *len)
{
	/* rss_one by gzip, made by hand as one stored block: RFC 1951 3.2.4 */
	static uint8_t out[sizeof rss_one + 32];
	static const uint8_t head[] = {0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 1};
	uint16_t n = sizeof rss_one - 1;
	uint8_t sizes[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)~n, (uint8_t)(~n >> 8)};
	memcpy(out, head, sizeof head);
	memcpy(out + sizeof head, sizes, 4);
	memcpy(out + sizeof head + 4, rss_one, n);
	*len = sizeof head + 4 + n; /* without checksum and length: cut short */
	return out;
}

static void
gzip_trunc(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	struct route *r = feed_of(w);
	size_t len;
	const uint8_t *packed = packed_rss(&len);
	mem_free(r->body);
	r->body = mem_alloc(len);
	memcpy(r->body, packed, len);
	r->size = len;
	r->encoding = "gzip";
	set(&r->etag, "\"cut\"");
	world_run(w, DAY);
	assert_int_equal(polls_as(w, "bad"), feed_of(w)->hits);
	assert_non_null(strstr(world_sql(w, "SELECT error FROM feeds"), "bad_encoding"));
	assert_int_equal(feed_of(w)->conditional, 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 0);
	world_free(w);
}

static void
gzip_lie(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	feed_of(w)->encoding = "gzip"; /* it is not: plain markup is taken for what it is */
	world_run(w, HOUR);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	world_route(w, FEED, 200, TYPE, "\x01\x02 no gzip, no feed");
	world_run(w, DAY);
	assert_true(polls_as(w, "bad") > 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), 1);
	world_free(w);
}

/* A server that takes one connection and resets the others. */
static void
conn_limit(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_two);
	world_find(w, PAGE_2)->status = 0;
	world_find(w, PAGE_2)->error = FETCH_PROTOCOL;
	world_run(w, 120);
	assert_sql(w, "SELECT outcome FROM links WHERE url = '" PAGE "'", "stored");
	assert_sql(w, "SELECT outcome FROM links WHERE url = '" PAGE_2 "'", "pending");
	serve_page(w, PAGE_2, "old lighthouse");
	world_run(w, HOUR);
	assert_sql(w, "SELECT outcome FROM links WHERE url = '" PAGE_2 "'", "stored");
	world_free(w);
}

static void
paged_next(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, "application/atom+xml",
	    "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><id>t</id><link rel='next' "
	    "href='/feed?page=2'/><entry><title>One</title><id>1</id><link href='" PAGE
	    "'/></entry></feed>");
	world_route(w, FEED "?page=2", 200, "application/atom+xml",
	    "<feed xmlns='http://www.w3.org/2005/Atom'><title>T</title><id>t</id><link rel='next' "
	    "href='/feed?page=2&amp;again'/></feed>");
	world_run(w, 2 * DAY);
	assert_in_range(world_find(w, FEED "?page=2")->hits, 0, 20);
	world_free(w);
}

/* ---- secrets ---- */

#define SECRET "reader:Correct-Horse"

/* Is TEXT somewhere in the file PATH? */
static int
file_has(const char *path, const char *text)
{
	static char bytes[1u << 20];
	FILE *in = fopen(path, "r");
	size_t len = in ? fread(bytes, 1, sizeof bytes, in) : 0;
	if (in)
		fclose(in);
	return memmem(bytes, len, text, strlen(text)) != NULL;
}

static void
a_password_is_sent_and_kept_nowhere(void **state)
{
	(void)state;
	char wal[256];
	struct world *w =
	    world_with("[feed " FEED "]\nauth = " SECRET "\n", 401, "text/plain", "who are you?");
	world_run(w, 2 * HOUR);
	assert_string_equal(feed_of(w)->sent_auth, SECRET);
	world_route(w, FEED, 200, TYPE, rss_one);
	world_run(w, DAY);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	assert_string_equal(feed_of(w)->sent_auth, SECRET);
	assert_null(world_find(w, PAGE)->sent_auth); /* the feed's alone */
	assert_null(world_find(w, ROBOTS)->sent_auth);
	snprintf(wal, sizeof wal, "%s-wal", w->path);
	assert_true(file_has(w->path, FEED) || file_has(wal, FEED));
	assert_false(file_has(w->path, "Correct-Horse"));
	assert_false(file_has(wal, "Correct-Horse"));
	world_free(w);
}

/* ---- partial lists ---- */

static void
new_entries_alone(struct route *r)
{
	if (r->hits == 1)
		return;
	r->status = r->wants_part ? 226 : 200;
	set(&r->etag, "\"2\"");
	set(&r->body,
	    "<rss version='2.0'><channel><title>T</title><item><title>Two</title><link>" PAGE_2
	    "</link></item></channel></rss>");
}

static void
a_226_brings_new_entries_alone(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, "\"1\"");
	feed_of(w)->offers_parts = 1;
	feed_of(w)->turn = new_entries_alone;
	world_run(w, 5 * HOUR);
	world_stop(w);
	world_start(w);
	world_run(w, DAY);
	assert_true(feed_of(w)->wants_part);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM polls WHERE status = 226 AND new = 1"), 1);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM sightings"), 2); /* none is taken away */
	assert_int_equal(world_count(w, "SELECT count(*) FROM gaps"), 0);
	world_free(w);
}

static void
parts_are_not_asked_for_unoffered(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	set(&feed_of(w)->etag, "\"1\"");
	world_run(w, DAY);
	assert_int_equal(feed_of(w)->wants_part, 0);
	world_free(w);
}

/* ---- robots.txt ---- */

static void
robots_503(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	world_route(w, ROBOTS, 503, "text/plain", "down");
	world_run(w, DAY);
	assert_int_equal(world_find(w, PAGE)->hits, 0);
	assert_true(feed_of(w)->hits > 0);
	assert_sql(w, "SELECT outcome FROM links", "pending");
	world_route(w, ROBOTS, 200, "text/plain", ALLOW_ALL);
	world_run(w, DAY);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	world_free(w);
}

static void
robots_redirect6(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	struct route *r = world_route(w, ROBOTS, 0, "", "");
	r->error = FETCH_REDIRECTS; /* more than it follows: as if there were none */
	world_run(w, HOUR);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	world_free(w);
}

static void
robots_change(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	world_run(w, HOUR);
	assert_sql(w, "SELECT outcome FROM links", "stored");
	world_route(w, ROBOTS, 200, "text/plain", "User-agent: *\nDisallow: /story/\n");
	world_run(w, DAY); /* no longer than that is the old one believed */
	world_route(w, FEED, 200, TYPE, rss_two);
	world_run(w, DAY);
	assert_sql(w, "SELECT outcome FROM links WHERE url = '" PAGE_2 "'", "robots");
	assert_int_equal(world_find(w, PAGE_2)->hits, 0);
	world_free(w);
}

/* ---- rights ---- */

static void
rights_are_recorded(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_two);
	world_find(w, PAGE)->rights = RIGHTS_NOARCHIVE | RIGHTS_TDM_RESERVED;
	world_find(w, PAGE_2)->rights = RIGHTS_LEGAL;
	world_find(w, PAGE_2)->status = 451;
	world_run(w, HOUR);
	assert_sql(w, "SELECT rights_signals FROM articles", "noarchive tdm_reserved");
	assert_sql(w, "SELECT rights_signals FROM links WHERE url = '" PAGE_2 "'", "legal");
	assert_sql(w, "SELECT outcome FROM links WHERE url = '" PAGE_2 "'", "http_error");
	assert_non_null(strstr(
	    world_sql(w, "SELECT reason FROM links WHERE url = '" PAGE_2 "'"), "legal reasons"));
	world_free(w);
}

static void
rights_are_read_from_the_page(void **state)
{
	(void)state;
	struct world *w = world_with(NULL, 200, TYPE, rss_one);
	char *page = world_page("harbour bridge");
	char *marked = mem_printf("<meta name=robots content='noai, NoIndex'>"
				  "<meta name=tdm-reservation content=1>%s",
	    page);
	world_route(w, PAGE, 200, "text/html", marked);
	world_run(w, HOUR);
	assert_sql(w, "SELECT rights_signals FROM articles", "noindex noai tdm_reserved");
	mem_free(marked);
	mem_free(page);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(ok_200_etag),
	    cmocka_unit_test(etag_weak_quotes),
	    cmocka_unit_test(etag_unquoted),
	    cmocka_unit_test(lastmod_odd),
	    cmocka_unit_test(a_304_with_a_new_etag),
	    cmocka_unit_test(a_304_unsolicited),
	    cmocka_unit_test(a_304_forever_after_bad_parse),
	    cmocka_unit_test(etag_flap),
	    cmocka_unit_test(etag_flap_dynamic),
	    cmocka_unit_test(restart_mid),
	    cmocka_unit_test(maxage_7200),
	    cmocka_unit_test(ttl_garbage),
	    cmocka_unit_test(sy_hourly4),
	    cmocka_unit_test(a_429_with_seconds),
	    cmocka_unit_test(a_503_with_a_past_date),
	    cmocka_unit_test(retry_after_absurd),
	    cmocka_unit_test(a_429_on_a_host_of_good_feeds),
	    cmocka_unit_test(a_500_forever),
	    cmocka_unit_test(a_403_of_a_bot_protection),
	    cmocka_unit_test(many_feeds_one_host),
	    cmocka_unit_test(start_herd),
	    cmocka_unit_test(clock_jump),
	    cmocka_unit_test(a_301_or_308_or_302),
	    cmocka_unit_test(a_301_to_html),
	    cmocka_unit_test(redirect_to_another_target),
	    cmocka_unit_test(redirect_to_a_busy_host),
	    cmocka_unit_test(page_redirect_to_a_busy_host),
	    cmocka_unit_test(forbidden_pages_slow_the_host),
	    cmocka_unit_test(merge_two),
	    cmocka_unit_test(a_410),
	    cmocka_unit_test(a_404_that_flaps),
	    cmocka_unit_test(what_will_not_pass_is_asked_for_seldom),
	    cmocka_unit_test(html_200_error),
	    cmocka_unit_test(empty_200),
	    cmocka_unit_test(json_error),
	    cmocka_unit_test(status_999),
	    cmocka_unit_test(rst_mid),
	    cmocka_unit_test(gzip_trunc),
	    cmocka_unit_test(gzip_lie),
	    cmocka_unit_test(conn_limit),
	    cmocka_unit_test(paged_next),
	    cmocka_unit_test(a_password_is_sent_and_kept_nowhere),
	    cmocka_unit_test(a_226_brings_new_entries_alone),
	    cmocka_unit_test(parts_are_not_asked_for_unoffered),
	    cmocka_unit_test(robots_503),
	    cmocka_unit_test(robots_redirect6),
	    cmocka_unit_test(robots_change),
	    cmocka_unit_test(rights_are_recorded),
	    cmocka_unit_test(rights_are_read_from_the_page),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
