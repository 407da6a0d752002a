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
	assert_ptr_equal(hostgate_next(g, 5000, &got), &w[0]);
	assert_ptr_equal(got, h);
	assert_null(hostgate_next(g, 5999, &got));
	assert_int_equal(hostgate_wakeup(g), 6000);
	assert_ptr_equal(hostgate_next(g, 6000, &got), &w[1]);
	assert_null(hostgate_next(g, 9000, &got)); /* two are under way */
	assert_int_equal(hostgate_wakeup(g), INT64_MAX);
	hostgate_done(g, h, 9000, 0);
	assert_ptr_equal(hostgate_next(g, 9000, &got), &w[2]);
	hostgate_done(g, h, 9100, 60000); /* leave me alone */
	hostgate_done(g, h, 9200, 0);
	assert_int_equal(hostgate_wakeup(g), 69100);
	assert_ptr_equal(hostgate_next(g, 69100, &got), &w[3]);
	hostgate_done(g, h, 69200, 0);
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
	assert_ptr_equal(hostgate_next(g, 1, &got), &feed);
	assert_ptr_equal(hostgate_next(g, 1, &got), &robots);
	assert_ptr_equal(hostgate_next(g, 1, &got), &page);
	assert_null(hostgate_next(g, 1, &got));
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
	assert_ptr_equal(hostgate_next(g, 0, &got), &one);
	hostgate_put_back(g, h, &one, 0);
	hostgate_hold(g, h, GATE_PAGE, 1, 0);
	assert_null(hostgate_next(g, 0, &got));
	hostgate_add(g, h, &robots, 0);
	assert_ptr_equal(
	    hostgate_next(g, 0, &got), &robots); /* no gap is due: nothing was asked yet */
	hostgate_done(g, h, 100, 0);
	assert_null(hostgate_next(g, 5000, &got));
	hostgate_hold(g, h, GATE_PAGE, 0, 5000);
	assert_ptr_equal(hostgate_next(g, 5000, &got), &one); /* the order is kept */
	hostgate_done(g, h, 5000, 0);
	assert_int_equal(hostgate_remove(g, h, &two, 5000), 1);
	assert_int_equal(hostgate_remove(g, h, &two, 5000), 0);
	assert_int_equal(hostgate_wakeup(g), INT64_MAX);
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
	assert_ptr_equal(hostgate_next(g, 0, &got), &w[0]); /* and never comes back */
	for (int i = 2; i < 6; i++)
		hostgate_add(g, fast, &w[i], 0);
	for (int i = 2; i < 6; i++) {
		assert_ptr_equal(hostgate_next(g, i * 1000, &got), &w[i]);
		assert_ptr_equal(got, fast);
		hostgate_done(g, fast, i * 1000 + 10, 0);
	}
	assert_ptr_equal(hostgate_find(g, slow->key), slow);
	assert_int_equal(hostgate_count(g), 2);
	hostgate_free(g, no_rules);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_gap_and_connections),
	    cmocka_unit_test(test_feeds_before_pages),
	    cmocka_unit_test(test_hold_and_put_back),
	    cmocka_unit_test(test_a_slow_host_delays_nobody),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
