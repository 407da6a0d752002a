/*
 * test_proposals: nothing dies of an error: every kind of failure is looked at for ever, and what
 * looks final becomes a proposal: a permanent redirect, 410, two months without a success. Played
 * under the fake clock, over days and a year.
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

#define FEED  "http://a.example/feed"
#define NEW   "http://a.example/new/feed"
#define OTHER "http://a.example/other/feed"
#define DAY   86400
#define XML   "application/rss+xml"

static const char *const items[] = {"http://a.example/news/1", "http://a.example/news/2", NULL};
static const char *const others[] = {"http://a.example/sport/1", NULL};

static void
serve(struct world *w, const char *url, const char *const *urls)
{
	char *body = world_rss("A", urls);
	world_route(w, url, 200, XML, body);
	mem_free(body);
}

/* FEED redirects to TO, where URLS are. */
static struct route *
redirect(struct world *w, const char *to, const char *const *urls, int permanent)
{
	serve(w, FEED, urls);
	struct route *r = world_find(w, FEED);
	mem_free(r->final_url);
	r->final_url = mem_strdup(to);
	r->permanent = permanent;
	return r;
}

static struct world *
one_feed(const char *settings)
{
	char *all = mem_printf("content = feed\nkeep_polls = 60w\n%s", settings ? settings : "");
	struct world *w = world_new(all);
	mem_free(all);
	serve(w, FEED, items);
	world_add_feed(w, FEED);
	world_run(w, 60);
	return w;
}

static const char *
proposals(struct world *w)
{
	return world_sql(w,
	    "SELECT coalesce(group_concat(kind || ' ' || coalesce(new_url, '-') || ' ' || state, '; '),"
	    " '') FROM proposals");
}

static void
on_decided(const struct proposal_decision *d, const struct fault *f, void *arg)
{
	if (f)
		fail_msg("%s", f->text);
	char *ended = mem_strdup(d->ended ? d->ended : "");
	*(char **)arg = ended;
}

/* Accept proposal ID; why the feed is polled no more, "" when it is. To be freed. */
static char *
accept_it(struct world *w, int64_t id)
{
	char *ended = NULL;
	pipeline_decide(w->pipeline, id, 1, on_decided, &ended);
	world_run(w, 5);
	assert_non_null(ended);
	return ended;
}

/* ---- failures ---- */

struct kind {
	const char *name;
	int status; /* 0: the error */
	enum fetch_error error;
	const char *type, *body;
	int challenge;
	long first_s; /* between the first failure and the next try, at least */
};

static void
fail_as(struct world *w, const struct kind *k)
{
	struct route *r = world_route(w, FEED, k->status, k->type, k->body ? k->body : "");
	r->error = k->error;
	r->challenge = k->challenge;
}

static void
play_a_year(const struct kind *k)
{
	struct world *w = one_feed(NULL);
	fail_as(w, k);
	world_run(w, 365 * DAY);
	print_message(
	    "%s: %ld polls in a year\n", k->name, world_count(w, "SELECT count(*) FROM polls"));
	/* the first pause is the kind's own, no pause is longer than a week and its spread, and
	 * none longer than a day in the first two months (410: a week) */
	long first = world_count(w,
	    "SELECT min(at) FILTER (WHERE id > (SELECT min(id) FROM polls WHERE error IS NOT NULL)) -"
	    " min(at) FILTER (WHERE error IS NOT NULL) FROM polls");
	assert_in_range(first, k->first_s, k->first_s * 106 / 100 + 10);
	long early = world_count(w,
	    "SELECT max(at - before) FROM (SELECT at, lag(at) OVER (ORDER BY at) AS before FROM polls)"
	    " WHERE at < (SELECT min(at) FROM polls) + 55 * 86400");
	long late = world_count(w,
	    "SELECT max(at - before) FROM (SELECT at, lag(at) OVER (ORDER BY at) AS before FROM polls)");
	assert_in_range(early, k->first_s, (k->status == 410 ? 7 * DAY : DAY) * 106 / 100);
	assert_in_range(late, 7 * DAY, 7 * DAY * 106 / 100);
	assert_string_equal(proposals(w), k->status == 410 ? "gone - open" : "dead - open");
	/* it is still looked at, and lives again */
	assert_int_equal(world_count(w, "SELECT active FROM feeds"), 1);
	serve(w, FEED, items);
	world_find(w, FEED)->challenge = 0;
	world_run(w, 8 * DAY);
	assert_int_equal(world_count(w, "SELECT failures FROM feeds"), 0);
	assert_null(strstr(proposals(w), "open"));
	world_free(w);
}

static void
test_a_year_of_each_failure(void **state)
{
	(void)state;
	static const struct kind kinds[] = {
	    {"dns", 0, FETCH_DNS, NULL, NULL, 0, 1800},
	    {"connect", 0, FETCH_CONNECT, NULL, NULL, 0, 600},
	    {"tls", 0, FETCH_TLS, NULL, NULL, 0, 3600},
	    {"timeout", 0, FETCH_TIMEOUT, NULL, NULL, 0, 900},
	    {"broken", 0, FETCH_PROTOCOL, NULL, NULL, 0, 600},
	    {"server", 500, 0, NULL, NULL, 0, 600},
	    {"throttled", 429, 0, NULL, NULL, 0, 1800},
	    {"client", 404, 0, NULL, NULL, 0, 3600},
	    {"challenge", 403, 0, NULL, NULL, 1, 4 * 3600},
	    {"gone", 410, 0, NULL, NULL, 0, DAY},
	    {"refused", 0, FETCH_REFUSED, NULL, NULL, 0, 3600},
	    {"not_feed", 200, 0, "text/html", "<html><body><p>Nothing here</p></body></html>", 0,
		3600},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		play_a_year(&kinds[i]);
}

/* ---- gone, dead ---- */

static void
test_410_is_proposed_when_it_lasts(void **state)
{
	(void)state;
	struct world *w = one_feed(NULL);
	world_route(w, FEED, 410, NULL, "");
	world_run(w, 2 * DAY);
	assert_string_equal(proposals(w), "");
	/* a server that was being rebuilt: nothing is left of it */
	serve(w, FEED, items);
	world_run(w, 8 * DAY);
	world_route(w, FEED, 410, NULL, "");
	world_run(w, 2 * DAY);
	assert_string_equal(proposals(w), "");
	world_run(w, 10 * DAY);
	assert_string_equal(proposals(w), "gone - open");
	char *ended = accept_it(w, 1);
	assert_string_equal(ended, "gone: its server says that it is gone");
	assert_string_equal(world_sql(w, "SELECT ended || active FROM feeds"),
	    "gone: its server says that it is gone0");
	int hits = world_find(w, FEED)->hits;
	world_run(w, 30 * DAY);
	assert_int_equal(world_find(w, FEED)->hits, hits);
	mem_free(ended);
	/* whoever adds it by hand wants it back */
	serve(w, FEED, items);
	world_add_feed(w, FEED);
	world_run(w, 60);
	assert_string_equal(world_sql(w, "SELECT active || coalesce(ended, '-') FROM feeds"), "1-");
	assert_int_equal(world_find(w, FEED)->hits, hits + 1);
	world_free(w);
}

static void
test_what_is_dismissed_stays_so_until_it_has_passed(void **state)
{
	(void)state;
	struct world *w = one_feed(NULL);
	char *ended = NULL;
	world_route(w, FEED, 0, NULL, "")->error = FETCH_DNS;
	world_run(w, 59 * DAY);
	assert_string_equal(proposals(w), "");
	world_run(w, 10 * DAY);
	assert_string_equal(proposals(w), "dead - open");
	assert_non_null(
	    strstr(world_sql(w, "SELECT reason FROM proposals"), "no poll has gone well for 6"));
	assert_non_null(strstr(
	    world_sql(w, "SELECT evidence FROM proposals"), "failures in a row since 2027-01-01"));
	pipeline_decide(w->pipeline, 1, 0, on_decided, &ended);
	world_run(w, 30 * DAY);
	mem_free(ended);
	assert_string_equal(proposals(w), "dead - dismissed");
	serve(w, FEED, items);
	world_run(w, 8 * DAY);
	assert_string_equal(proposals(w), "dead - withdrawn");
	world_route(w, FEED, 0, NULL, "")->error = FETCH_DNS;
	world_run(w, 70 * DAY);
	assert_string_equal(proposals(w), "dead - open");
	world_free(w);
}

static void
test_few_tries_make_nothing_dead(void **state)
{
	(void)state;
	struct world *w = one_feed(NULL);
	world_route(w, FEED, 500, NULL, "");
	world_run(w, 3 * DAY);
	assert_true(world_count(w, "SELECT failures FROM feeds") >= 8);
	/* the machine was off for two months */
	world_stop(w);
	clock_fake_advance(INT64_C(70) * DAY * 1000);
	world_start(w);
	world_run(w, 3 * DAY);
	assert_string_equal(proposals(w), "");
	world_free(w);
}

/* ---- redirects ---- */

static void
test_a_permanent_redirect_is_proposed_after_a_week(void **state)
{
	(void)state;
	struct world *w = one_feed(NULL);
	redirect(w, NEW, items, 1);
	world_run(w, 6 * DAY);
	assert_string_equal(proposals(w), "");
	world_run(w, 3 * DAY);
	assert_string_equal(proposals(w), "redirect " NEW " open");
	assert_true(world_count(w, "SELECT seen FROM proposals") >= 3);
	assert_non_null(strstr(world_sql(w, "SELECT evidence FROM proposals"),
	    "301 or 308 on every hop; 2 of 2 entries known"));
	serve(w, NEW, items);
	char *ended = accept_it(w, 1);
	assert_string_equal(ended, "");
	mem_free(ended);
	int hits = world_find(w, FEED)->hits;
	world_run(w, 2 * DAY);
	assert_int_equal(world_find(w, FEED)->hits, hits);
	assert_true(world_find(w, NEW)->hits > 0);
	world_free(w);
}

static void
test_temporary_and_foreign_redirects_never_are(void **state)
{
	(void)state;
	struct world *w = one_feed(NULL);
	redirect(w, NEW, items, 0);
	world_run(w, 30 * DAY);
	assert_string_equal(proposals(w), "");
	/* another feed is there */
	redirect(w, NEW, others, 1);
	world_run(w, 20 * DAY);
	assert_string_equal(proposals(w), "");
	/* for good, but for less than a week in a row: what was counted is forgotten */
	redirect(w, NEW, items, 1);
	world_run(w, 5 * DAY);
	serve(w, FEED, items);
	world_run(w, 2 * DAY);
	redirect(w, NEW, items, 1);
	world_run(w, 5 * DAY);
	assert_string_equal(proposals(w), "");
	world_free(w);
}

static void
test_a_redirect_that_ends_is_withdrawn(void **state)
{
	(void)state;
	struct world *w = one_feed(NULL);
	redirect(w, NEW, items, 1);
	world_run(w, 10 * DAY);
	assert_string_equal(proposals(w), "redirect " NEW " open");
	struct route *r = world_find(w, FEED);
	mem_free(r->final_url);
	r->final_url = NULL;
	world_run(w, 3 * DAY);
	assert_string_equal(proposals(w), "redirect " NEW " withdrawn");
	world_free(w);
}

static void
test_two_that_redirect_to_one_are_merged(void **state)
{
	(void)state;
	struct world *w = one_feed(NULL);
	serve(w, NEW, items);
	world_add_feed(w, NEW);
	redirect(w, NEW, items, 1);
	world_run(w, 10 * DAY);
	assert_string_equal(proposals(w), "redirect " NEW " open");
	char *ended = accept_it(w, 1);
	assert_string_equal(ended, "merged into feed 2, " NEW);
	mem_free(ended);
	assert_string_equal(
	    world_sql(w, "SELECT active || ' ' || merged_into FROM feeds WHERE id = 1"), "0 2");
	/* both have seen the entries, and go on having seen them */
	assert_int_equal(world_count(w, "SELECT count(*) FROM sightings"), 4);
	/* the old name means the feed that is polled */
	int hits = world_find(w, FEED)->hits;
	world_add_feed(w, FEED);
	world_run(w, 2 * DAY);
	assert_int_equal(world_find(w, FEED)->hits, hits);
	assert_int_equal(world_count(w, "SELECT count(*) FROM feeds WHERE active"), 1);
	world_free(w);
}

/* ---- by itself ---- */

static void
test_redirects_are_accepted_unasked_where_wanted(void **state)
{
	(void)state;
	struct world *w = one_feed("accept_proposals = redirects\n");
	redirect(w, NEW, items, 1);
	serve(w, NEW, items);
	world_run(w, 10 * DAY);
	assert_string_equal(proposals(w), "redirect " NEW " accepted");
	assert_true(world_find(w, NEW)->hits > 0);
	world_route(w, NEW, 410, NULL, "");
	world_run(w, 20 * DAY);
	assert_non_null(strstr(proposals(w), "gone - open"));
	world_free(w);

	w = one_feed("accept_proposals = all\n");
	world_route(w, FEED, 410, NULL, "");
	world_run(w, 20 * DAY);
	assert_string_equal(proposals(w), "gone - accepted");
	assert_int_equal(world_count(w, "SELECT active FROM feeds"), 0);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_year_of_each_failure),
	    cmocka_unit_test(test_410_is_proposed_when_it_lasts),
	    cmocka_unit_test(test_what_is_dismissed_stays_so_until_it_has_passed),
	    cmocka_unit_test(test_few_tries_make_nothing_dead),
	    cmocka_unit_test(test_a_permanent_redirect_is_proposed_after_a_week),
	    cmocka_unit_test(test_temporary_and_foreign_redirects_never_are),
	    cmocka_unit_test(test_a_redirect_that_ends_is_withdrawn),
	    cmocka_unit_test(test_two_that_redirect_to_one_are_merged),
	    cmocka_unit_test(test_redirects_are_accepted_unasked_where_wanted),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
