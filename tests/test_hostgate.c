/* test_hostgate: pacing of requests to a host, with time handed in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "hostgate.h"

static void
no_rules(struct host_rules *r)
{
	(void)r;
	fail();
}

static const struct gate_signal well = {0}, trouble = {.answer = GATE_OVERLOADED},
				silence = {.answer = GATE_UNREACHABLE},
				minute_off = {.close_ms = 60000};

static void
test_gap_and_connections(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 2);
	struct host *h = hostgate_host(g, "a.example"), *got;
	struct gate_work w[4] = {
	    {.class = GATE_PAGE}, {.class = GATE_PAGE}, {.class = GATE_PAGE}, {.class = GATE_PAGE}};
	for (int i = 0; i < 4; i++)
		hostgate_add(g, h, &w[i], 5000);
	assert_ptr_equal(hostgate_next(g, 5000, GATE_RECHECK, &got), &w[0]);
	assert_ptr_equal(got, h);
	assert_null(hostgate_next(g, 5999, GATE_RECHECK, &got));
	assert_in_range(hostgate_wakeup(g, GATE_RECHECK), 6000, 6200); /* up to a fifth later */
	assert_ptr_equal(hostgate_next(g, 6200, GATE_RECHECK, &got), &w[1]);
	assert_null(hostgate_next(g, 9000, GATE_RECHECK, &got)); /* two are under way */
	assert_int_equal(hostgate_wakeup(g, GATE_RECHECK), INT64_MAX);
	hostgate_done(g, h, 9000, &well);
	assert_ptr_equal(hostgate_next(g, 9000, GATE_RECHECK, &got), &w[2]);
	hostgate_done(g, h, 9100, &minute_off); /* leave me alone */
	hostgate_done(g, h, 9200, &well);
	assert_int_equal(hostgate_wakeup(g, GATE_RECHECK), 69100);
	assert_ptr_equal(hostgate_next(g, 69100, GATE_RECHECK, &got), &w[3]);
	hostgate_done(g, h, 69200, &well);
	assert_int_equal(hostgate_active(g), 0);
	hostgate_free(g, no_rules);
}

static void
test_feeds_before_pages(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(0, 9);
	struct host *h = hostgate_host(g, "a.example"), *got;
	struct gate_work page = {.class = GATE_PAGE}, robots = {.class = GATE_ROBOTS},
			 feed = {.class = GATE_FEED};
	hostgate_add(g, h, &page, 0);
	hostgate_add(g, h, &robots, 0);
	hostgate_add(g, h, &feed, 0);
	assert_int_equal(h->pages, 1);
	assert_ptr_equal(hostgate_next(g, 1, GATE_RECHECK, &got), &feed);
	assert_ptr_equal(hostgate_next(g, 1, GATE_RECHECK, &got), &robots);
	assert_ptr_equal(hostgate_next(g, 1, GATE_RECHECK, &got), &page);
	assert_null(hostgate_next(g, 1, GATE_RECHECK, &got));
	assert_int_equal(h->pages, 0);
	hostgate_free(g, no_rules);
}

static void
test_hold_and_put_back(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 1);
	struct host *h = hostgate_host(g, "a.example"), *got;
	struct gate_work one = {.class = GATE_PAGE}, two = {.class = GATE_PAGE},
			 robots = {.class = GATE_ROBOTS};
	hostgate_add(g, h, &one, 0);
	hostgate_add(g, h, &two, 0);
	assert_ptr_equal(hostgate_next(g, 0, GATE_RECHECK, &got), &one);
	hostgate_put_back(g, h, &one, 0);
	hostgate_hold(g, h, GATE_PAGE, 1, 0);
	assert_null(hostgate_next(g, 0, GATE_RECHECK, &got));
	hostgate_add(g, h, &robots, 0);
	assert_ptr_equal(hostgate_next(g, 0, GATE_RECHECK, &got),
	    &robots); /* no gap is due: nothing was asked yet */
	hostgate_done(g, h, 100, &well);
	assert_null(hostgate_next(g, 5000, GATE_RECHECK, &got));
	hostgate_hold(g, h, GATE_PAGE, 0, 5000);
	assert_ptr_equal(hostgate_next(g, 5000, GATE_RECHECK, &got), &one); /* the order is kept */
	hostgate_done(g, h, 5000, &well);
	assert_int_equal(hostgate_remove(g, h, &two, 5000), 1);
	assert_int_equal(hostgate_remove(g, h, &two, 5000), 0);
	assert_int_equal(hostgate_wakeup(g, GATE_RECHECK), INT64_MAX);
	hostgate_free(g, no_rules);
}

static void
test_a_slow_host_delays_nobody(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 1);
	struct host *slow = hostgate_host(g, "slow.example"),
		    *fast = hostgate_host(g, "fast.example"), *got;
	struct gate_work w[6];
	for (int i = 0; i < 6; i++)
		w[i] = (struct gate_work){.class = GATE_PAGE};
	hostgate_add(g, slow, &w[0], 0);
	hostgate_add(g, slow, &w[1], 0);
	assert_ptr_equal(hostgate_next(g, 0, GATE_RECHECK, &got), &w[0]); /* and never comes back */
	for (int i = 2; i < 6; i++)
		hostgate_add(g, fast, &w[i], 0);
	for (int i = 2; i < 6; i++) {
		assert_ptr_equal(hostgate_next(g, i * 1200, GATE_RECHECK, &got), &w[i]);
		assert_ptr_equal(got, fast);
		hostgate_done(g, fast, i * 1200 + 10, &well);
	}
	assert_ptr_equal(hostgate_find(g, slow->key), slow);
	assert_int_equal(hostgate_count(g), 2);
	hostgate_free(g, no_rules);
}

/* One request of H, alone; how long after it the next may follow. */
static int64_t
ask(struct hostgate *g, struct host *h, int64_t *now_ms, const struct gate_signal *signal)
{
	struct gate_work w = {.class = GATE_FEED};
	struct host *got;
	hostgate_add(g, h, &w, *now_ms);
	*now_ms =
	    hostgate_wakeup(g, GATE_RECHECK) > *now_ms ? hostgate_wakeup(g, GATE_RECHECK) : *now_ms;
	assert_ptr_equal(hostgate_next(g, *now_ms, GATE_RECHECK, &got), &w);
	hostgate_done(g, h, *now_ms + 10, signal);
	return hostgate_gap_ms(g, h);
}

static void
test_trouble_widens_the_gap_and_patience_narrows_it(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 4);
	struct host *h = hostgate_host(g, "a.example");
	int64_t now = 0, gap;
	assert_int_equal(ask(g, h, &now, &well), 1000);
	assert_int_equal(ask(g, h, &now, &trouble), 4000);
	assert_int_equal(ask(g, h, &now, &trouble), 16000);
	assert_int_equal(ask(g, h, &now, &silence), 32000);
	for (int i = 0; i < 300; i++) /* it never comes back under what was too much ... */
		assert_true((gap = ask(g, h, &now, &well)) >= 16000);
	assert_int_equal(gap, 16000);
	now += 86400000; /* ... for a day */
	for (int i = 0; i < 100; i++)
		gap = ask(g, h, &now, &well);
	assert_int_equal(gap, 1000);
	for (int i = 0; i < 20; i++)
		gap = ask(g, h, &now, &trouble);
	assert_int_equal(gap, GATE_GAP_MAX_MS);
	hostgate_free(g, no_rules);
}

static void
test_a_host_in_trouble_is_asked_one_by_one(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(0, 4);
	struct host *h = hostgate_host(g, "a.example"), *got;
	struct gate_work w[2] = {{.class = GATE_FEED}, {.class = GATE_FEED}};
	int64_t now = 0;
	ask(g, h, &now, &silence);
	hostgate_add(g, h, &w[0], 100000);
	hostgate_add(g, h, &w[1], 100000);
	assert_non_null(hostgate_next(g, 100000, GATE_RECHECK, &got));
	assert_null(hostgate_next(g, 200000, GATE_RECHECK, &got));
	hostgate_done(g, h, 200000, &well);
	assert_non_null(hostgate_next(g, 200000, GATE_RECHECK, &got));
	hostgate_done(g, h, 200001, &well);
	hostgate_free(g, no_rules);
}

static void
test_what_is_said_of_a_host_holds(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 2);
	hostgate_set_host(
	    g, "slow.example", &(struct gate_own){.delay_ms = 30000, .connections = 1});
	struct host *slow = hostgate_host(g, "slow.example"),
		    *other = hostgate_host(g, "b.example");
	int64_t now = 0;
	assert_int_equal(hostgate_gap_ms(g, slow), 30000);
	assert_int_equal(hostgate_gap_ms(g, other), 1000);
	hostgate_set_crawl_delay(other, 5000);
	assert_int_equal(hostgate_gap_ms(g, other), 5000);
	hostgate_set_crawl_delay(other, INT64_C(86400000)); /* absurd */
	assert_int_equal(hostgate_gap_ms(g, other), GATE_CRAWL_MAX_MS);
	/* a mirror of one's own */
	hostgate_set_host(g, "slow.example", &(struct gate_own){.delay_ms = 0, .connections = 8});
	assert_int_equal(hostgate_gap_ms(g, slow), 0);
	assert_int_equal(hostgate_gap_origin(g, slow), GATE_OWN);
	assert_int_equal(hostgate_connections(g, slow), 8);
	assert_int_equal(hostgate_gap_origin(g, other), GATE_CRAWL);
	hostgate_set_host(
	    g, "b.example", &(struct gate_own){.delay_ms = -1, .ignore_crawl_delay = 1});
	assert_int_equal(hostgate_gap_ms(g, other), 1000);
	assert_int_equal(hostgate_gap_origin(g, other), GATE_GENERAL);
	hostgate_clear_hosts(g);
	assert_int_equal(hostgate_gap_ms(g, other), GATE_CRAWL_MAX_MS);
	assert_int_equal(hostgate_gap_ms(g, slow), 1000);
	const struct gate_signal paced = {.pace_ms = 7000};
	ask(g, slow, &now, &paced);
	struct gate_work w = {.class = GATE_FEED};
	hostgate_add(g, slow, &w, now + 20);
	assert_int_equal(hostgate_wakeup(g, GATE_RECHECK), now + 10 + 7000);
	assert_int_equal(slow->closed_by, GATE_CLOSED_PACE);
	hostgate_free(g, no_rules);
}

/* All that wait at one moment, as far as they may go; how many did. */
static int
take_all(struct hostgate *g, int64_t now_ms, struct host **hosts)
{
	int n = 0;
	while (hostgate_next(g, now_ms, GATE_RECHECK, &hosts[n]))
		n++;
	return n;
}

static void
test_names_of_one_address_are_one(void **state)
{
	(void)state;
	static const char *const names[] = {"a.example", "b.example", "c.example"};
	struct hostgate *g = hostgate_new(1000, 2);
	struct host *h[3], *other = hostgate_host(g, "other.example"), *got[8];
	struct gate_work w[3] = {{.class = GATE_FEED}, {.class = GATE_FEED}, {.class = GATE_PAGE}},
			 alone = {.class = GATE_PAGE};
	hostgate_set_addresses(g, 3, 0);
	for (int i = 0; i < 3; i++) {
		h[i] = hostgate_host(g, names[i]);
		hostgate_place(g, h[i], 77, 0);
		hostgate_add(g, h[i], &w[i], 0);
	}
	hostgate_place(g, other, 78, 0);
	hostgate_add(g, other, &alone, 0);
	assert_int_equal(hostgate_names(g, h[0]), 3);
	assert_int_equal(hostgate_names(g, other), 1);
	assert_int_equal(take_all(g, 0, got), 2); /* one of the address, and the other */
	assert_true(got[0] == other || got[1] == other);
	struct host *first = got[0] == other ? got[1] : got[0];
	assert_int_equal(take_all(g, 999, got), 0);
	assert_in_range(hostgate_wakeup(g, GATE_RECHECK), 1000, 1200);
	assert_int_equal(take_all(g, 1200, got), 1); /* a gap later another */
	struct host *second = got[0];
	assert_ptr_not_equal(first, second);
	assert_int_equal(take_all(g, 9000, got), 0); /* two are under way */
	assert_int_equal(hostgate_wakeup(g, GATE_RECHECK), INT64_MAX);
	hostgate_done(g, first, 9000, &well);
	assert_int_equal(take_all(g, 9000, got), 1);
	assert_true(got[0] != first && got[0] != second);
	hostgate_done(g, got[0], 9001, &well);
	hostgate_done(g, second, 9001, &well);
	hostgate_done(g, other, 9001, &well);
	assert_int_equal(hostgate_active(g), 0);
	hostgate_free(g, no_rules);
}

static void
test_an_address_of_many_holds_nobody(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 1);
	struct host *h[4], *got[8];
	struct gate_work w[4];
	char name[] = "0.example";
	hostgate_set_addresses(g, 3, 0);
	for (int i = 0; i < 4; i++, name[0]++) {
		h[i] = hostgate_host(g, name);
		w[i] = (struct gate_work){.class = GATE_FEED};
		hostgate_add(g, h[i], &w[i], 0);
	}
	for (int i = 0; i < 3; i++)
		hostgate_place(g, h[i], 77, 0);
	hostgate_seek(g, h[3], 0); /* it is being looked up */
	assert_int_equal(take_all(g, 0, got), 1);
	hostgate_place(g, h[3], 77, 10); /* those that wait go, too */
	assert_int_equal(hostgate_names(g, h[0]), 1);
	assert_int_equal(take_all(g, 10, got), 3);
	for (int i = 0; i < 4; i++)
		hostgate_done(g, h[i], 20, &well);
	/* one moves away while it is asked: what is under way goes with it */
	hostgate_add(g, h[0], &w[0], 5000);
	assert_int_equal(take_all(g, 5000, got), 1);
	hostgate_place(g, h[0], 78, 5001);
	assert_int_equal(hostgate_names(g, h[1]), 3);
	for (int i = 1; i < 4; i++)
		hostgate_add(g, h[i], &w[i], 7000);
	assert_int_equal(take_all(g, 7000, got), 1);
	assert_int_equal(take_all(g, 99000, got), 0);
	hostgate_done(g, h[0], 99000, &well);
	assert_int_equal(take_all(g, 99000, got), 0);
	hostgate_set_addresses(g, 0, 99000); /* the operator wants it no more */
	assert_int_equal(take_all(g, 99000, got), 2);
	for (int i = 1; i < 4; i++)
		hostgate_done(g, h[i], 99001, &well);
	hostgate_sweep(g, 999000);
	assert_int_equal(hostgate_count(g), 0);
	hostgate_free(g, no_rules);
}

/* A host keeps its turn only while its own gate is open, and what it waits for is not taken. */
static void
test_a_turn_at_an_address_is_given_up(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 2);
	struct host *a = hostgate_host(g, "a.example"), *b = hostgate_host(g, "b.example"),
		    *c = hostgate_host(g, "c.example"), *got[8];
	struct gate_work w[5];
	hostgate_set_addresses(g, 9, 0);
	for (int i = 0; i < 5; i++)
		w[i] = (struct gate_work){.class = GATE_FEED};
	hostgate_place(g, a, 77, 0);
	hostgate_place(g, b, 77, 0);
	hostgate_place(g, c, 77, 0);
	hostgate_add(g, a, &w[0], 0);
	assert_int_equal(take_all(g, 0, got), 1);
	hostgate_add(g, a, &w[1], 0);
	hostgate_add(g, b, &w[2], 0);
	hostgate_add(g, c, &w[3], 0);
	assert_int_equal(take_all(g, 500, got), 0);
	hostgate_done(g, a, 600, &minute_off);
	assert_int_equal(hostgate_remove(g, b, &w[2], 700), 1);
	assert_int_equal(take_all(g, 1200, got), 1);
	assert_ptr_equal(got[0], c);
	hostgate_put_back(g, c, &w[3], 1200); /* no request came of it: no gap is due */
	hostgate_add(g, b, &w[2], 1200);
	assert_int_equal(take_all(g, 1200, got), 1);
	hostgate_done(g, got[0], 1300, &well);
	assert_int_equal(take_all(g, 2400, got), 1);
	hostgate_done(g, got[0], 2500, &well);
	assert_in_range(hostgate_wakeup(g, GATE_RECHECK), 60600, 60600);
	assert_int_equal(take_all(g, 60600, got), 1);
	assert_ptr_equal(got[0], a);
	hostgate_done(g, a, 60700, &well);
	hostgate_free(g, no_rules);
}

/* Feeds start before the pages of other hosts that were ready before them, pages before rechecks.
 */
static void
test_feeds_before_pages_of_other_hosts(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 1);
	struct host *got;
	struct gate_work page[3], recheck = {.class = GATE_RECHECK}, feed = {.class = GATE_FEED};
	hostgate_add(g, hostgate_host(g, "old.example"), &recheck, 0);
	for (int i = 0; i < 3; i++) {
		char name[] = "page0.example";
		name[4] = (char)('0' + i);
		page[i] = (struct gate_work){.class = GATE_PAGE};
		hostgate_add(g, hostgate_host(g, name), &page[i], 0);
	}
	hostgate_add(g, hostgate_host(g, "feed.example"), &feed, 900);
	assert_ptr_equal(hostgate_next(g, 1000, GATE_FEED, &got), &feed);
	assert_null(hostgate_next(g, 1000, GATE_FEED, &got)); /* no place for pages now */
	assert_int_equal(hostgate_wakeup(g, GATE_FEED), INT64_MAX);
	assert_int_equal(hostgate_wakeup(g, GATE_PAGE), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(hostgate_next(g, 1000, GATE_RECHECK, &got)->class, GATE_PAGE);
	assert_ptr_equal(hostgate_next(g, 1000, GATE_RECHECK, &got), &recheck);
	/* what comes first for a host that waits already, is what it waits with */
	struct host *h = hostgate_host(g, "page0.example");
	struct gate_work later = {.class = GATE_PAGE}, lookup = {.class = GATE_LOOKUP};
	hostgate_done(g, h, 1100, &well);
	hostgate_add(g, h, &later, 1100);
	hostgate_add(g, h, &lookup, 1200);
	assert_ptr_equal(hostgate_next(g, 9000, GATE_LOOKUP, &got), &lookup);
	assert_ptr_equal(got, h);
	hostgate_free(g, no_rules);
}

static void
test_redirects_pass_and_teach_the_gate_that_they_lead_to(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 2);
	struct host *h = hostgate_host(g, "a.example"), *got;
	struct gate_work page = {.class = GATE_PAGE};
	assert_int_equal(hostgate_pass(g, h, 5000, 3000), 0);
	int64_t second = hostgate_pass(g, h, 5000, 3000); /* after the first's gap */
	assert_in_range(second, 1000, 1200);
	hostgate_add(g, h, &page, 5000);
	assert_null(hostgate_next(g, 5000 + second + 999, GATE_RECHECK, &got));
	assert_in_range(hostgate_pass(g, h, 5000, 1500), 1501, 3000); /* too late: not counted */
	assert_ptr_equal(hostgate_next(g, 7400, GATE_RECHECK, &got), &page);
	hostgate_done(g, h, 7500, &well);
	hostgate_teach(g, h, 8000, &trouble);
	assert_int_equal(hostgate_gap_ms(g, h), 4000);
	hostgate_teach(g, h, 8000, &minute_off);
	assert_int_equal(hostgate_pass(g, h, 8000, 3000), 60000);
	assert_int_equal(hostgate_active(g), 0);
	hostgate_free(g, no_rules);
}

/* What was too much for a host is remembered for a day, also when nothing waits for it. */
static void
test_what_was_too_much_outlives_a_sweep(void **state)
{
	(void)state;
	struct hostgate *g = hostgate_new(1000, 2);
	struct host *h = hostgate_host(g, "a.example");
	int64_t now_ms = 1000;
	ask(g, h, &now_ms, &trouble);
	assert_int_equal(h->closed_by, GATE_CLOSED_OVERLOADED);
	hostgate_sweep(g, 3600000);
	assert_int_equal(hostgate_count(g), 1);
	for (int i = 0; i < 100; i++)
		ask(g, h, &now_ms, &well);
	assert_int_equal(h->closed_by, GATE_CLOSED_NOT); /* by its gap, as all are */
	hostgate_sweep(g, now_ms + 2 * 86400000);
	assert_int_equal(hostgate_count(g), 0);
	hostgate_free(g, no_rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gap_and_connections),
	    cmocka_unit_test(test_feeds_before_pages),
	    cmocka_unit_test(test_feeds_before_pages_of_other_hosts),
	    cmocka_unit_test(test_redirects_pass_and_teach_the_gate_that_they_lead_to),
	    cmocka_unit_test(test_what_was_too_much_outlives_a_sweep),
	    cmocka_unit_test(test_hold_and_put_back),
	    cmocka_unit_test(test_a_slow_host_delays_nobody),
	    cmocka_unit_test(test_trouble_widens_the_gap_and_patience_narrows_it),
	    cmocka_unit_test(test_a_host_in_trouble_is_asked_one_by_one),
	    cmocka_unit_test(test_what_is_said_of_a_host_holds),
	    cmocka_unit_test(test_names_of_one_address_are_one),
	    cmocka_unit_test(test_an_address_of_many_holds_nobody),
	    cmocka_unit_test(test_a_turn_at_an_address_is_given_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
