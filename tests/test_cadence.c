/* test_cadence: when a feed is polled next, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cadence.h"

#define NOW INT64_C(1769835600) /* Saturday 2026-01-31 05:00 UTC */

static struct cadence_input
input(enum cadence_event event)
{
	return (struct cadence_input){.event = event,
	    .now = NOW,
	    .interval_s = 3600,
	    .retry_after_s = -1,
	    .max_age_s = -1,
	    .min_s = 600,
	    .max_s = 86400,
	    .items = 30,
	    .seed = 7};
}

/* The wait in seconds; within 10 % above WANT is what the spread allows. */
static void
assert_wait(const struct cadence *c, int64_t want)
{
	assert_in_range(c->at - NOW, want, want + want / 10 + 1);
}

static void
test_new_entries_shorten(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_CHANGED);
	in.fresh = 25;
	cadence_decide(&in, &c);
	assert_wait(&c, 1800);
	in.fresh = 15;
	cadence_decide(&in, &c);
	assert_wait(&c, 2700);
	in.fresh = 1;
	cadence_decide(&in, &c);
	assert_wait(&c, 4050);
	assert_non_null(strstr(c.reason, "1 of 30"));
}

static void
test_nothing_new_lengthens_to_the_ceiling(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_UNCHANGED);
	cadence_decide(&in, &c);
	assert_wait(&c, 5400);
	in.interval_s = 80000;
	cadence_decide(&in, &c);
	assert_wait(&c, 86400);
}

static void
test_floor_holds(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_CHANGED);
	in.fresh = 30;
	in.interval_s = 700;
	cadence_decide(&in, &c);
	assert_wait(&c, 600);
}

static void
test_first_poll_starts_from_an_hour(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_CHANGED);
	in.interval_s = 0;
	in.fresh = 30;
	cadence_decide(&in, &c);
	assert_wait(&c, 3600);
}

static void
test_failures_double(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_FAILED);
	in.failures = 1;
	cadence_decide(&in, &c);
	assert_wait(&c, 600);
	in.failures = 4;
	cadence_decide(&in, &c);
	assert_wait(&c, 4800);
	assert_int_equal(c.interval_s, 3600); /* what was learned outlives the failure */
	in.failures = 1000000;
	cadence_decide(&in, &c);
	assert_wait(&c, 86400);
	assert_non_null(strstr(c.reason, "failure 1000000"));
}

static void
test_retry_after_is_obeyed_above_all(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_FAILED);
	in.failures = 1;
	in.retry_after_s = 7200;
	in.fixed_s = 300;
	cadence_decide(&in, &c);
	assert_wait(&c, 7200);
	assert_int_equal(c.not_before, NOW + 7200);
	assert_non_null(strstr(c.reason, "Retry-After"));
	in.retry_after_s = INT64_MAX; /* absurd: a week at most */
	cadence_decide(&in, &c);
	assert_wait(&c, 7 * 86400);
	in.retry_after_s = -1;
	cadence_decide(&in, &c);
	assert_int_equal(c.not_before, 0);
	assert_int_equal(c.at, NOW + 300);
}

static void
test_publisher_holds_it_up(void **state)
{
	(void)state;
	struct cadence c;
	struct feed_doc doc = {.ttl_min = 180, .sy_period_s = -1};
	struct cadence_input in = input(CADENCE_CHANGED);
	in.fresh = 30;
	in.doc = &doc;
	cadence_decide(&in, &c);
	assert_wait(&c, 10800);
	assert_int_equal(c.interval_s, 1800); /* what was learned is kept */
	assert_non_null(strstr(c.reason, "ttl"));
	in.max_age_s = 30000; /* absurd values are capped at a quarter of the ceiling */
	cadence_decide(&in, &c);
	assert_wait(&c, 21600);
	assert_non_null(strstr(c.reason, "max-age"));
}

static void
test_skip_hours_and_days(void **state)
{
	(void)state;
	struct cadence c;
	struct feed_doc doc = {
	    .ttl_min = -1, .sy_period_s = -1, .skip_days = 1 << 5}; /* Saturday */
	struct cadence_input in = input(CADENCE_UNCHANGED);
	in.doc = &doc;
	cadence_decide(&in, &c);
	assert_int_equal(c.at, NOW + 19 * 3600); /* Sunday 00:00 */
	assert_non_null(strstr(c.reason, "skip"));
	doc.skip_days = 0;
	doc.skip_hours = 1u << 6 | 1u << 7;
	cadence_decide(&in, &c);
	assert_int_equal(c.at, NOW + 3 * 3600); /* 08:00 */
	doc.skip_hours = 0xffffff;              /* never at all: ignored */
	cadence_decide(&in, &c);
	assert_wait(&c, 5400);
}

static void
test_feeds_do_not_fall_together(void **state)
{
	(void)state;
	struct cadence a, b;
	struct cadence_input in = input(CADENCE_UNCHANGED);
	cadence_decide(&in, &a);
	in.seed = 8;
	cadence_decide(&in, &b);
	assert_int_not_equal(a.at, b.at);
	assert_int_equal(a.interval_s, b.interval_s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_new_entries_shorten),
	    cmocka_unit_test(test_nothing_new_lengthens_to_the_ceiling),
	    cmocka_unit_test(test_floor_holds),
	    cmocka_unit_test(test_first_poll_starts_from_an_hour),
	    cmocka_unit_test(test_failures_double),
	    cmocka_unit_test(test_retry_after_is_obeyed_above_all),
	    cmocka_unit_test(test_publisher_holds_it_up),
	    cmocka_unit_test(test_skip_hours_and_days),
	    cmocka_unit_test(test_feeds_do_not_fall_together),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
