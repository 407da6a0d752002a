/*
 * test_outage: our own network or the feeds; what many overdue feeds do at once. The decision
 * alone, then the whole road under a fake clock.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"
#include "outage.h"
#include "world.h"

#define NEVER INT64_MAX /* was anything heard since a request began */

/* ---- the decision ---- */

static uint64_t
site(int n)
{
	char name[32];
	snprintf(name, sizeof name, "www.site%d.example", n);
	return outage_site(name);
}

static void
test_a_site_is_what_one_owner_has(void **state)
{
	(void)state;
	assert_int_equal(outage_site("www.news.example"), outage_site("feeds.news.example:8080"));
	assert_int_not_equal(outage_site("news.example"), outage_site("olds.example"));
	assert_int_not_equal(outage_site("a.co.uk"), outage_site("b.co.uk"));
	assert_int_equal(outage_site("x.a.co.uk"), outage_site("a.co.uk"));
	assert_int_not_equal(outage_site("192.0.2.1"), outage_site("192.0.3.1"));
	assert_int_not_equal(outage_site("[2001:db8::1]:80"), outage_site("[2001:db8::2]:80"));
	assert_int_equal(outage_site("[2001:db8::1]:80"), outage_site("[2001:db8::1]"));
	assert_int_equal(outage_site("localhost"), outage_site("localhost:81"));
}

static void
test_many_sites_in_a_row_are_an_outage(void **state)
{
	(void)state;
	struct outage o = {0};
	for (int i = 0; i < 40; i++)
		assert_false(outage_answered(&o, site(i), 0));
	for (int i = 0; i < OUTAGE_SITES_MAX - 1; i++)
		assert_false(outage_failed(&o, site(i), OUTAGE_WELL, NEVER, 1000 + i));
	assert_true(outage_failed(&o, site(20), OUTAGE_WELL, NEVER, 1020));
	assert_int_equal(o.begins, 1000);
	assert_int_equal(outage_sites(&o), OUTAGE_SITES_MAX);
	assert_false(outage_failed(&o, site(21), OUTAGE_WELL, NEVER, 1021)); /* it is known */
	assert_true(outage_answered(&o, site(3), 0));
	assert_false(o.known);
	assert_false(outage_answered(&o, site(4), 0));
}

static void
test_one_answer_between_proves_the_network(void **state)
{
	(void)state;
	struct outage o = {0};
	for (int i = 0; i < 1000; i++) {
		assert_false(outage_failed(&o, site(i), OUTAGE_WELL, NEVER, i));
		if (i % 2 == 1)
			outage_answered(&o, site(5000 + i % 3), 0);
	}
}

/* Three feeds: one dead host is its own, all three are ours. */
static void
test_a_small_installation(void **state)
{
	(void)state;
	struct outage o = {0};
	for (int i = 0; i < 3; i++)
		outage_answered(&o, site(i), 0);
	for (int i = 0; i < 20; i++) /* the same one again and again, nothing else is polled */
		assert_false(outage_failed(&o, site(0), OUTAGE_WELL, NEVER, 100 + i));
	assert_false(outage_failed(&o, site(1), OUTAGE_WELL, NEVER, 130));
	assert_true(outage_failed(&o, site(2), OUTAGE_WELL, NEVER, 140));
}

static void
test_all_feeds_at_one_site_never_are(void **state)
{
	(void)state;
	struct outage o = {0};
	char name[32];
	for (int i = 0; i < 100; i++) {
		snprintf(name, sizeof name, "feeds%d.shared.example", i);
		assert_false(outage_failed(&o, outage_site(name), OUTAGE_WELL, NEVER, i));
	}
}

static void
test_sites_that_failed_before_say_nothing(void **state)
{
	(void)state;
	struct outage o = {0};
	for (int i = 0; i < 100; i++)
		assert_false(outage_failed(&o, site(i), OUTAGE_FAILING, NEVER, i));
	/* those that nobody asked before say half */
	for (int i = 0; i < 2 * OUTAGE_SITES_MIN - 1; i++)
		assert_false(outage_failed(&o, site(i), OUTAGE_UNPROVEN, NEVER, i));
	assert_true(outage_failed(&o, site(99), OUTAGE_UNPROVEN, NEVER, 99));
	outage_answered(&o, site(500), 0); /* and nothing, once the network is known to work */
	for (int i = 0; i < 100; i++)
		assert_false(outage_failed(&o, site(i), OUTAGE_UNPROVEN, NEVER, i));
}

static void
test_old_failures_are_forgotten(void **state)
{
	(void)state;
	struct outage o = {0};
	for (int i = 0; i < 20; i++)
		assert_false(
		    outage_failed(&o, site(i), OUTAGE_WELL, NEVER, i * (OUTAGE_RUN_S / 2 + 1)));
}

/* Three polls in a hundred fail by themselves: of a million polls none makes an outage. */
static void
test_chance_makes_none(void **state)
{
	(void)state;
	struct outage o = {0};
	for (uint64_t i = 0; i < 1000000; i++) {
		uint64_t r = hash64(&i, sizeof i);
		int n = (int)(r % 500);
		if (r >> 32 < UINT32_MAX / 100 * 3)
			assert_false(outage_failed(&o, site(n), OUTAGE_WELL, NEVER, (int64_t)i));
		else
			assert_false(outage_answered(&o, site(n), 0));
	}
}

/* A hundred hosts die at once; those who were asked beside them answer while we wait for the dead.
 */
static void
test_who_answers_meanwhile_proves_the_network(void **state)
{
	(void)state;
	struct outage o = {0};
	for (int i = 0; i < 40; i++)
		outage_answered(&o, site(i), 1003);
	for (int i = 100; i < 200; i++) /* asked before that, given up long after */
		assert_false(outage_failed(&o, site(i), OUTAGE_WELL, 1000, 1030));
	for (int i = 0; i < OUTAGE_SITES_MAX - 1; i++) /* asked after that */
		assert_false(outage_failed(&o, site(i), OUTAGE_WELL, 1010, 1040));
	assert_true(outage_failed(&o, site(30), OUTAGE_WELL, 1010, 1040));
}

/* ---- the whole road ---- */

#define FEEDS 24

static void
feed_url(int i, char out[64])
{
	snprintf(out, 64, "http://www.site%d.example/feed", i);
}

static void
serve(struct world *w, int from, int until, int up)
{
	char url[64], item[64];
	for (int i = from; i < until; i++) {
		feed_url(i, url);
		snprintf(item, sizeof item, "http://www.site%d.example/1", i);
		char *body = world_rss("A", (const char *const[]){item, NULL});
		struct route *r =
		    world_route(w, url, up ? 200 : 0, "application/rss+xml", up ? body : NULL);
		r->error = FETCH_DNS;
		r = world_route(w, item, up ? 404 : 0, NULL, NULL);
		r->error = FETCH_DNS;
		mem_free(body);
	}
}

static struct world *
world_of_feeds(int feeds)
{
	char url[64];
	struct world *w = world_new("robots = off\n");
	serve(w, 0, feeds, 1);
	for (int i = 0; i < feeds; i++) {
		feed_url(i, url);
		world_add_feed(w, url);
	}
	world_run(w, 3 * 3600);
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls WHERE outcome = 'network'"), 0);
	return w;
}

static int
hits(struct world *w, int feeds)
{
	char url[64];
	int sum = 0;
	for (int i = 0; i < feeds; i++) {
		feed_url(i, url);
		sum += world_find(w, url)->hits;
	}
	return sum;
}

static void
test_no_feed_is_charged_with_an_outage(void **state)
{
	(void)state;
	struct world *w = world_of_feeds(FEEDS);
	serve(w, 0, FEEDS, 0);
	int before = hits(w, FEEDS);
	world_run(w, 24 * 3600);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages WHERE ends IS NULL"), 1);
	assert_int_equal(world_count(w, "SELECT max(failures) FROM feeds"), 0);
	struct pipeline_status s;
	pipeline_read_status(w->pipeline, &s);
	assert_int_not_equal(s.outage, 0);
	assert_true(s.unanswered > OUTAGE_SITES_MAX);
	/* it is tried now and then whether the network is back, no more */
	int tried = hits(w, FEEDS) - before;
	assert_in_range(tried, 24, 24 * 3600 / 15 + OUTAGE_SITES_MAX);
	serve(w, 0, FEEDS, 1);
	world_run(w, 1800);
	pipeline_read_status(w->pipeline, &s);
	assert_int_equal(s.unanswered, 0);
	assert_int_equal(s.outage, 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages WHERE ends IS NULL"), 0);
	/* it is noticed when feeds are polled, and over at the first request that is answered */
	assert_in_range(world_count(w, "SELECT max(ends - begins) / 3600 FROM outages"), 20, 24);
	assert_int_equal(world_count(w, "SELECT count(*) FROM feeds WHERE error IS NOT NULL"), 0);
	assert_int_equal(world_count(w, "SELECT max(failures) FROM feeds"), 0);
	world_free(w);
}

static void
test_an_outage_outlives_a_restart(void **state)
{
	(void)state;
	struct world *w = world_of_feeds(FEEDS);
	serve(w, 0, FEEDS, 0);
	world_run(w, 24 * 3600);
	world_stop(w);
	world_start(w);
	world_run(w, 7200);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages"), 1);
	assert_int_equal(world_count(w, "SELECT max(failures) FROM feeds"), 0);
	serve(w, 0, FEEDS, 1);
	world_run(w, 1800);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages WHERE ends IS NOT NULL"), 1);
	world_free(w);
}

static void
test_dead_hosts_are_charged(void **state)
{
	(void)state;
	struct world *w = world_of_feeds(FEEDS);
	serve(w, 0, FEEDS / 2, 0);
	world_run(w, 24 * 3600);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages"), 0);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM feeds WHERE failures > 1"), FEEDS / 2);
	world_free(w);
}

static void
test_links_lose_no_attempt_in_an_outage(void **state)
{
	(void)state;
	struct world *w = world_of_feeds(FEEDS);
	for (int i = 0; i < FEEDS; i++) { /* new links, whose pages are in trouble */
		char url[64], item[64];
		feed_url(i, url);
		snprintf(item, sizeof item, "http://www.site%d.example/2", i);
		char *body = world_rss("A", (const char *const[]){item, NULL});
		world_route(w, url, 200, "application/rss+xml", body);
		world_route(w, item, 500, NULL, NULL);
		mem_free(body);
	}
	world_run(w, 3 * 3600);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE outcome = 'pending'"), FEEDS);
	serve(w, 0, FEEDS, 0);
	for (int i = 0; i < FEEDS; i++) {
		char item[64];
		snprintf(item, sizeof item, "http://www.site%d.example/2", i);
		world_route(w, item, 0, NULL, NULL)->error = FETCH_DNS;
	}
	world_run(w, 6 * 3600); /* until it is known, attempts count */
	long attempts = world_count(w, "SELECT sum(attempts) FROM links");
	int asked = world_find(w, "http://www.site0.example/2")->hits;
	world_run(w, 4 * 86400);
	assert_true(world_find(w, "http://www.site0.example/2")->hits > asked + 2);
	assert_int_equal(world_count(w, "SELECT sum(attempts) FROM links"), attempts);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE outcome = 'pending'"), FEEDS);
	world_check_ledger(w);
	world_free(w);
}

/* Run until an outage is known (KNOWN 1) or over (0). Returns how many minutes it took; -1: more
 * than a week. */
static int
minutes_until(struct world *w, int known)
{
	struct pipeline_status s;
	for (int m = 0; m < 7 * 1440; m += 10) {
		pipeline_read_status(w->pipeline, &s);
		if ((s.outage != 0) == known)
			return m;
		world_run(w, 600);
	}
	return -1;
}

/* Feeds that wait at a host that is closed for days can't try the network, and keep nobody else
 * from doing so. */
static void
test_feeds_at_a_closed_host_hold_no_probe(void **state)
{
	(void)state;
	char url[64];
	struct world *w = world_of_feeds(FEEDS);
	for (int i = 0; i < 6; i++) {
		snprintf(url, sizeof url, "http://closed.example/%d", i);
		world_route(w, url, 429, "text/plain", "x")->retry_after_s = 3 * 86400;
		world_add_feed(w, url);
	}
	world_run(w, 600);
	serve(w, 0, FEEDS, 0);
	assert_in_range(minutes_until(w, 1), 1, 1440);
	serve(w, 0, FEEDS, 1);
	assert_in_range(minutes_until(w, 0), 0, 10);
	world_free(w);
}

/* What a feed's links lead to says nothing of our network: the watchdog need not bark. */
static void
test_links_that_lead_nowhere_are_no_silence(void **state)
{
	(void)state;
	static const enum fetch_error errors[] = {FETCH_REFUSED, FETCH_DNS};
	for (int e = 0; e < 2; e++) {
		struct world *w = world_new(NULL);
		char items[60][64], url[80];
		const char *urls[61] = {0};
		for (int i = 0; i < 60; i++) {
			snprintf(items[i], sizeof items[i], "http://h%d.nowhere.example/1", i);
			snprintf(url, sizeof url, "http://h%d.nowhere.example/robots.txt", i);
			world_route(w, items[i], 0, NULL, NULL)->error = errors[e];
			world_route(w, url, 0, NULL, NULL)->error = errors[e];
			urls[i] = items[i];
		}
		char *body = world_rss("A", urls);
		world_route(w, "http://a.example/feed", 200, "application/rss+xml", body);
		mem_free(body);
		world_add_feed(w, "http://a.example/feed");
		for (int minute = 0; minute < 60; minute++) {
			struct pipeline_status s;
			world_run(w, 60);
			pipeline_read_status(w->pipeline, &s);
			assert_int_equal(s.unanswered, 0);
		}
		world_free(w);
	}
}

static void
test_one_pass_waits_for_no_network(void **state)
{
	(void)state;
	struct world *w = world_of_feeds(FEEDS);
	serve(w, 0, FEEDS, 0);
	assert_in_range(minutes_until(w, 1), 1, 1440);
	world_stop(w);
	world_start(w);
	int before = hits(w, FEEDS);
	pipeline_once(w->pipeline);
	world_run(w, 10);
	assert_int_equal(hits(w, FEEDS) - before, FEEDS);
	assert_true(pipeline_is_done(w->pipeline));
	assert_int_equal(world_count(w, "SELECT max(failures) FROM feeds"), 0);
	world_free(w);
}

/* The wall clock is set back while the network fails: that is seen all the same, and told in times
 * of the new clock. */
static void
test_a_clock_that_is_set_back_hides_no_outage(void **state)
{
	(void)state;
	struct world *w = world_of_feeds(FEEDS);
	serve(w, 0, FEEDS, 0);
	clock_fake_jump(INT64_C(-30) * 86400 * 1000);
	assert_in_range(minutes_until(w, 1), 1, 1440);
	struct pipeline_status s;
	pipeline_read_status(w->pipeline, &s);
	assert_in_range(s.outage, clock_now() - 3600, clock_now());
	assert_int_equal(world_count(w, "SELECT max(failures) FROM feeds"), 0);
	clock_fake_jump(INT64_C(-30) * 86400 * 1000);
	serve(w, 0, FEEDS, 1);
	assert_in_range(minutes_until(w, 0), 0, 10);
	world_run(w, 60);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages WHERE ends >= begins"), 1);
	world_free(w);
}

/* ---- the ramp ---- */

#define MANY     10000
#define HOSTS    2500
#define PER_S    20
#define AT_FIRST 64

static void
on_added(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	(void)fed, (void)arg;
	assert_null(f);
	assert_int_equal(count, MANY);
}

/* Ten thousand feeds, all overdue: at most so many a second, no host beaten, the one that has most
 * to lose first. */
static void
test_ten_thousand_overdue_feeds_are_no_herd(void **state)
{
	(void)state;
	struct world *w = world_new("host_delay = 1s\ntransfers = 512\n");
	struct feed_row *rows = mem_zalloc(MANY * sizeof *rows);
	for (int i = 0; i < MANY; i++)
		rows[i] = (struct feed_row){
		    .url = mem_printf("http://h%d.example/%d", i % HOSTS, i), .content = -1};
	pipeline_add_feeds(w->pipeline, rows, MANY, on_added, NULL);
	writer_run(w->writer);
	world_stop(w);
	/* all polled ten hours ago; the last hundred publish a window an hour */
	world_make_overdue(w, 36000, MANY - 100);
	world_watch(w, MANY);
	world_start(w);
	world_run(w, 1200);
	int64_t last[HOSTS], first_s = w->watched[0].at_ms / 1000;
	int per_s[1201] = {0}, early = 0;
	memset(last, 0, sizeof last);
	assert_int_equal(w->watched_len, MANY); /* each once: they answer 404 and back off */
	for (size_t i = 0; i < w->watched_len; i++) {
		int host, feed;
		assert_int_equal(
		    sscanf(w->watched[i].url, "http://h%d.example/%d", &host, &feed), 2);
		int64_t at = w->watched[i].at_ms;
		assert_true(!last[host] || at - last[host] >= 1000);
		last[host] = at;
		per_s[at / 1000 - first_s]++;
		early += i < 200 && feed >= MANY - 100;
	}
	assert_int_equal(early, 100);
	assert_in_range(per_s[0], 1, AT_FIRST + PER_S);
	for (int s = 1; s < 1200; s++)
		assert_in_range(per_s[s], 0, PER_S + AT_FIRST / 4 + 4);
	for (int i = 0; i < MANY; i++)
		mem_free((char *)rows[i].url);
	mem_free(rows);
	world_free(w);
}

static void
test_few_feeds_start_at_once(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\n");
	serve(w, 0, FEEDS, 1);
	for (int i = 0; i < FEEDS; i++) {
		char url[64];
		feed_url(i, url);
		world_add_feed(w, url);
	}
	world_run(w, 1);
	assert_int_equal(hits(w, FEEDS), FEEDS);
	world_free(w);
}

/* ---- silence ---- */

/* Two feeds of a host bring an entry an hour for three weeks, then nothing: one alarm, which ends
 * with the next entry. */
static void
test_feeds_of_a_host_that_fall_silent_are_one_alarm(void **state)
{
	(void)state;
	struct world *w = world_new("robots = off\ncontent = feed\n");
	static const char *const feeds[] = {"http://a.example/one", "http://a.example/two"};
	char items[2][12][64];
	for (int hour = 0; hour < 21 * 24 + 1; hour++) {
		for (int f = 0; f < 2; f++) {
			const char *urls[13] = {0};
			for (int i = 0; i < 12; i++) {
				snprintf(items[f][i], sizeof items[f][i], "http://a.example/%d/%d",
				    f, hour - i);
				urls[i] = items[f][i];
			}
			char *body = world_rss("A", urls);
			world_route(w, feeds[f], 200, "application/rss+xml", body);
			mem_free(body);
			if (!hour)
				world_add_feed(w, feeds[f]);
		}
		if (hour < 21 * 24)
			world_run(w, 3600);
		if (hour == 21 * 24 - 1) {
			assert_int_equal(world_count(w, "SELECT count(*) FROM alarms"), 0);
			world_run(w, 4 * 86400);
			assert_int_equal(world_count(w, "SELECT count(*) FROM alarms"), 1);
			assert_int_equal(world_count(w, "SELECT feeds FROM alarms"), 2);
			assert_string_equal(world_sql(w, "SELECT host FROM alarms"), "a.example");
			assert_non_null(
			    strstr(world_sql(w, "SELECT stale FROM feeds"), "nothing new for"));
		}
	}
	world_run(w, 2 * 86400);
	assert_int_equal(world_count(w, "SELECT count(*) FROM alarms"), 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM feeds WHERE stale_since"), 0);
	world_free(w);
}

/* ---- black holes ---- */

static void
on_hundred_added(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	(void)fed, (void)arg;
	assert_null(f);
	assert_int_equal(count, 100);
}

/* A hundred hosts that were well go down, each in its own way, beside good feeds: these keep their
 * schedule, nothing is taken for an outage. */
static void
test_a_hundred_dead_hosts_delay_nobody(void **state)
{
	(void)state;
	static const enum fetch_error ways[] = {FETCH_CONNECT, FETCH_TIMEOUT, FETCH_DNS};
	struct world *good = world_of_feeds(FEEDS);
	world_run(good, 2 * 86400);
	int alone = hits(good, FEEDS);
	world_free(good);
	struct world *w = world_of_feeds(FEEDS);
	struct feed_row rows[100] = {0};
	for (int i = 0; i < 100; i++) {
		rows[i] = (struct feed_row){
		    .url = mem_printf("http://dead%d.example/feed", i), .content = -1};
		world_route(w, rows[i].url, 0, NULL, NULL)->error = ways[i % 3];
	}
	pipeline_add_feeds(w->pipeline, rows, 100, on_hundred_added, NULL);
	writer_run(w->writer);
	world_run(w, 2 * 86400);
	assert_int_equal(hits(w, FEEDS), alone);
	assert_int_equal(world_count(w, "SELECT count(*) FROM outages WHERE ends IS NULL"), 0);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM feeds WHERE failures > 1 AND url LIKE '%dead%'"),
	    100);
	for (int i = 0; i < 100; i++)
		mem_free((char *)rows[i].url);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_site_is_what_one_owner_has),
	    cmocka_unit_test(test_many_sites_in_a_row_are_an_outage),
	    cmocka_unit_test(test_one_answer_between_proves_the_network),
	    cmocka_unit_test(test_a_small_installation),
	    cmocka_unit_test(test_all_feeds_at_one_site_never_are),
	    cmocka_unit_test(test_sites_that_failed_before_say_nothing),
	    cmocka_unit_test(test_old_failures_are_forgotten),
	    cmocka_unit_test(test_chance_makes_none),
	    cmocka_unit_test(test_who_answers_meanwhile_proves_the_network),
	    cmocka_unit_test(test_no_feed_is_charged_with_an_outage),
	    cmocka_unit_test(test_an_outage_outlives_a_restart),
	    cmocka_unit_test(test_dead_hosts_are_charged),
	    cmocka_unit_test(test_links_lose_no_attempt_in_an_outage),
	    cmocka_unit_test(test_feeds_at_a_closed_host_hold_no_probe),
	    cmocka_unit_test(test_links_that_lead_nowhere_are_no_silence),
	    cmocka_unit_test(test_one_pass_waits_for_no_network),
	    cmocka_unit_test(test_a_clock_that_is_set_back_hides_no_outage),
	    cmocka_unit_test(test_ten_thousand_overdue_feeds_are_no_herd),
	    cmocka_unit_test(test_few_feeds_start_at_once),
	    cmocka_unit_test(test_feeds_of_a_host_that_fall_silent_are_one_alarm),
	    cmocka_unit_test(test_a_hundred_dead_hosts_delay_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
