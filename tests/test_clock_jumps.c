/*
 * test_clock_jumps: the wall clock is set by days, forward and back, while newsd runs or before it
 * starts again. Feeds go on being polled as often as before, links that wait come to their ends,
 * and all of them stay accounted for.
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

#define HOUR  INT64_C(3600)
#define DAY   (24 * HOUR)
#define FEEDS 20
#define TYPE  "application/rss+xml"

/* Jumps one after the other; 0 ends them. */
static const struct scenario {
	const char *name;
	int64_t jumps[3];
} scenarios[] = {
    {"10 days ahead", {10 * DAY}},
    {"10 days back", {-10 * DAY}},
    {"a year ahead", {365 * DAY}},
    {"ahead and back", {10 * DAY, -10 * DAY}},
    {"a year ahead and back", {365 * DAY, -365 * DAY}},
    {"back and ahead", {-10 * DAY, 10 * DAY}},
};

static void
feed_url(int i, char url[64])
{
	snprintf(url, 64, "http://h%d.example/feed", i);
}

/* Feeds of hosts of their own. Each names a page, and that of every second host is out of order for
 * now, so that its link waits for a retry. */
static struct world *
new_world(void)
{
	struct world *w = world_new("poll_min = 1h\nattempts_max = 20\n");
	char url[64], page_url[64], *body = world_page("the harbour");
	/* so that no jump leads before the day on which newsd was built, which is no time at all */
	clock_fake_jump(8 * 365 * DAY * 1000);
	for (int i = 0; i < FEEDS; i++) {
		feed_url(i, url);
		snprintf(page_url, sizeof page_url, "http://h%d.example/story", i);
		const char *pages[] = {page_url, NULL};
		char *rss = world_rss("A paper", pages);
		world_route(w, url, 200, TYPE, rss);
		world_route(w, page_url, i % 2 ? 503 : 200, "text/html", body);
		mem_free(rss);
	}
	for (int i = 0; i < FEEDS; i++) {
		feed_url(i, url);
		world_add_feed(w, url);
	}
	mem_free(body);
	return w;
}

static void
mend_pages(struct world *w)
{
	char url[64];
	for (int i = 1; i < FEEDS; i += 2) {
		snprintf(url, sizeof url, "http://h%d.example/story", i);
		world_find(w, url)->status = 200;
	}
}

/* Run a day; each feed is polled in it, and none more often than poll_min allows. */
static void
expect_a_usual_day(struct world *w, const char *name)
{
	int hits[FEEDS];
	char url[64];
	for (int i = 0; i < FEEDS; i++) {
		feed_url(i, url);
		hits[i] = world_find(w, url)->hits;
	}
	world_run(w, DAY + HOUR); /* poll_max is a day */
	for (int i = 0; i < FEEDS; i++) {
		feed_url(i, url);
		int polls = world_find(w, url)->hits - hits[i];
		if (polls < 1 || polls > 26)
			fail_msg("%s: %s was polled %d times in a day", name, url, polls);
	}
	world_check_ledger(w);
}

static void
play(const struct scenario *s, int restart)
{
	struct world *w = new_world();
	world_run(w, 2 * DAY);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE outcome = 'pending'"), FEEDS / 2);
	for (size_t i = 0; i < 3 && s->jumps[i]; i++) {
		if (restart)
			world_stop(w);
		clock_fake_jump(s->jumps[i] * 1000);
		if (restart)
			world_start(w);
		expect_a_usual_day(w, s->name);
	}
	mend_pages(w);
	expect_a_usual_day(w, s->name);
	expect_a_usual_day(w, s->name);
	long pending = world_count(w, "SELECT count(*) FROM links WHERE outcome = 'pending'");
	if (pending)
		fail_msg("%s%s: %ld links still wait", s->name, restart ? ", started again" : "",
		    pending);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links"), FEEDS);
	world_free(w);
}

static void
while_it_runs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		play(&scenarios[i], 0);
}

static void
before_it_starts_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof scenarios / sizeof *scenarios; i++)
		play(&scenarios[i], 1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(while_it_runs),
	    cmocka_unit_test(before_it_starts_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
