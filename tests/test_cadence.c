/* test_cadence: when a feed is polled next, and why. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "cadence.h"

#define NOW  INT64_C(1769835600) /* Saturday 2026-01-31 05:00 UTC */
#define HOUR 3600
#define DAY  86400

static struct cadence_memory memory;

/* The memory of a feed that was watched for 28 days and shows FULL entries, PER_DAY of which come a
 * day. */
static void
remember(int per_day, uint32_t full)
{
	int64_t times[400];
	memory = (struct cadence_memory){.window = {.at = NOW, .full = full}};
	for (int day = 28; day > 0; day--) {
		int64_t t = NOW - day * DAY;
		for (int i = 0; i < per_day; i++)
			times[i] = t + ((int64_t)i * DAY / per_day + day * 5 * HOUR) % DAY;
		rhythm_learn(&memory.rhythm, t, t + DAY, times, (size_t)per_day);
	}
}

static struct cadence_input
input(enum cadence_event event)
{
	return (struct cadence_input){.event = event,
	    .now = NOW,
	    .retry_after_s = -1,
	    .max_age_s = -1,
	    .min_s = 600,
	    .blind_min_s = HOUR,
	    .max_s = DAY,
	    .has_validators = 1,
	    .price = 0.14,
	    .items = 30,
	    .memory = &memory,
	    .seed = 7};
}

/* The wait in seconds; within 5 % above WANT is what the spread allows. */
static void
assert_wait(const struct cadence *c, int64_t want)
{
	assert_in_range(c->at - NOW, want, want + want / 20 + 1);
}

static int64_t
wait_of(const struct cadence_input *in)
{
	struct cadence c;
	cadence_decide(in, &c);
	return c.interval_s;
}

static void
test_four_times_the_entries_twice_the_polls(void **state)
{
	(void)state;
	struct cadence_input in = input(CADENCE_UNCHANGED);
	remember(4, 1000);
	int64_t slow = wait_of(&in);
	remember(16, 1000);
	int64_t fast = wait_of(&in);
	assert_in_range(slow * 10 / fast, 17, 23);
	assert_in_range(slow, 4000, 6000); /* sqrt(2 * 0.14 / (4/24)) = 1.3 h */
}

static void
test_floor_and_ceiling(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_CHANGED);
	remember(400, 2000);
	in.fresh = 30;
	cadence_decide(&in, &c);
	assert_wait(&c, 600);
	assert_non_null(strstr(c.reason, "30 of 30"));
	assert_non_null(strstr(c.reason, "the floor"));
	remember(0, 20);
	in = input(CADENCE_UNCHANGED);
	in.max_s = 4 * HOUR;
	cadence_decide(&in, &c);
	assert_wait(&c, 4 * HOUR);
}

static void
test_without_validators_an_hour(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_CHANGED);
	remember(100, 500);
	in.has_validators = 0;
	cadence_decide(&in, &c);
	assert_wait(&c, HOUR);
	assert_non_null(strstr(c.reason, "without validators"));
	in.has_validators = 1;
	memory.honesty.lied_at = NOW - DAY; /* validators that lie are none */
	cadence_decide(&in, &c);
	assert_wait(&c, HOUR);
	assert_int_equal(c.mode, HONESTY_LIAR);
}

static void
test_sooner_when_the_window_would_scroll_on(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_CHANGED);
	remember(48, 1000);
	int64_t calm = wait_of(&in);
	remember(48, 5);
	memory.window.life_s = 3000;
	cadence_decide(&in, &c);
	assert_true(c.interval_s < calm);
	assert_in_range(c.interval_s, 600, 1500);
	assert_non_null(strstr(c.reason, "scrolls on"));
}

static void
test_a_feed_without_a_past(void **state)
{
	(void)state;
	struct cadence_input in = input(CADENCE_CHANGED);
	memory = (struct cadence_memory){0};
	assert_in_range(wait_of(&in), 1800, 2 * HOUR);
}

static void
test_each_failure_at_its_own_pace(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_FAILED);
	remember(10, 20);
	in.failure = FAILURE_SERVER;
	in.failures = 1;
	cadence_decide(&in, &c);
	assert_wait(&c, 600);
	in.failures = 4;
	cadence_decide(&in, &c);
	assert_wait(&c, 4800);
	in.failure = FAILURE_CHALLENGE;
	in.failures = 1;
	cadence_decide(&in, &c);
	assert_wait(&c, 4 * HOUR);
	assert_non_null(strstr(c.reason, "challenge"));
	in.failure = FAILURE_SERVER;
	in.failures = 1000000;
	memory.failing_since = NOW - 3 * DAY;
	cadence_decide(&in, &c);
	assert_wait(&c, DAY);
	assert_non_null(strstr(c.reason, "failing for 3.0 d"));
	memory.failing_since = NOW - 61 * DAY; /* nothing dies, but it is looked at once a week */
	cadence_decide(&in, &c);
	assert_wait(&c, 7 * DAY);
	for (int f = 0; f < FAILURE_COUNT; f++)
		assert_non_null(cadence_failure_name((enum cadence_failure)f));
}

static void
test_retry_after_is_obeyed_above_all(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_FAILED);
	remember(10, 20);
	in.failure = FAILURE_THROTTLED;
	in.failures = 1;
	in.retry_after_s = 7200;
	in.fixed_s = 300;
	cadence_decide(&in, &c);
	assert_wait(&c, 7200);
	assert_int_equal(c.not_before, NOW + 7200);
	assert_non_null(strstr(c.reason, "Retry-After"));
	in.retry_after_s = INT64_MAX; /* absurd: a week at most */
	cadence_decide(&in, &c);
	assert_wait(&c, 7 * DAY);
	in.retry_after_s = -1;
	cadence_decide(&in, &c);
	assert_int_equal(c.not_before, 0);
	assert_wait(&c, 1800);
}

/* The operator's own interval holds where the poll went well. Who fails is left alone for as long
 * as anybody else, and never asked sooner than that. */
static void
test_an_interval_of_ones_own(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_UNCHANGED);
	remember(10, 20);
	in.fixed_s = 600;
	cadence_decide(&in, &c);
	assert_wait(&c, 600);
	assert_int_equal(c.interval_s, 600);
	assert_non_null(strstr(c.reason, "as configured"));
	int64_t first = c.at;
	in.seed = 8;
	cadence_decide(&in, &c);
	assert_int_not_equal(c.at, first); /* feeds of the same interval fall apart */
	in = input(CADENCE_FAILED);
	in.fixed_s = 600;
	in.failures = 3;
	in.failure = FAILURE_CHALLENGE;
	cadence_decide(&in, &c);
	assert_wait(&c, 16 * HOUR);
	in.failure = FAILURE_GONE;
	cadence_decide(&in, &c);
	assert_wait(&c, 4 * DAY);
	in.fixed_s = 2 * DAY;
	in.failure = FAILURE_CONNECT;
	cadence_decide(&in, &c);
	assert_wait(&c, 2 * DAY);
	in.excuse = EXCUSE_OUTAGE;
	cadence_decide(&in, &c);
	assert_wait(&c, 2 * DAY);
}

static void
test_publisher_holds_it_up_after_a_304_too(void **state)
{
	(void)state;
	struct cadence c;
	struct window_view view;
	struct window_entry entry = {.key = 1, .published = NOW - DAY, .fresh = 1};
	struct feed_doc doc = {.ttl_min = 180, .sy_period_s = -1};
	struct cadence_document d = {.doc = &doc, .entries = &entry, .len = 1};
	struct cadence_input in = input(CADENCE_UNCHANGED);
	remember(48, 100);
	cadence_learn(&memory, &d, NOW, &view);
	cadence_decide(&in, &c);
	assert_wait(&c, 3 * HOUR);
	assert_true(c.interval_s < HOUR); /* what was learned is kept */
	assert_non_null(strstr(c.reason, "ttl"));
	in.max_age_s = 30000; /* absurd values are capped at a quarter of the ceiling */
	cadence_decide(&in, &c);
	assert_wait(&c, 6 * HOUR);
	assert_non_null(strstr(c.reason, "max-age"));
	doc.ttl_min = -1; /* no longer said */
	in.max_age_s = -1;
	cadence_learn(&memory, &d, NOW, &view);
	assert_true(wait_of(&in) < HOUR);
}

static void
test_update_period_holds_unless_belied(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_UNCHANGED);
	remember(24, 100);
	memory.hints.sy_period_s = HOUR;
	cadence_decide(&in, &c);
	assert_wait(&c, HOUR);
	assert_non_null(strstr(c.reason, "sy:updatePeriod"));
	remember(96, 400); /* four an hour: "hourly" was never meant */
	memory.hints.sy_period_s = HOUR;
	cadence_decide(&in, &c);
	assert_true(c.at - NOW < 1800);
}

static void
test_skip_hours_and_days(void **state)
{
	(void)state;
	struct cadence c;
	struct cadence_input in = input(CADENCE_UNCHANGED);
	remember(24, 100);
	memory.hints.skip_days = 1 << 5; /* Saturday */
	cadence_decide(&in, &c);
	assert_in_range(c.at, NOW + 19 * HOUR, NOW + 19 * HOUR + 900); /* Sunday 00:00 */
	assert_non_null(strstr(c.reason, "skip"));
	memory.hints.skip_days = 0;
	memory.hints.skip_hours = 1u << 5 | 1u << 6 | 1u << 7;
	cadence_decide(&in, &c);
	assert_in_range(c.at, NOW + 3 * HOUR, NOW + 3 * HOUR + 900); /* 08:00 */
	int64_t quarters[4] = {0}; /* many feeds that skip the night are no herd in the morning */
	for (in.seed = 0; in.seed < 1000; in.seed++) {
		cadence_decide(&in, &c);
		quarters[(c.at - (NOW + 3 * HOUR)) / 226]++;
	}
	for (int i = 0; i < 4; i++)
		assert_in_range(quarters[i], 200, 300);
	memory.hints.skip_hours = 0xffffff; /* never at all: ignored */
	cadence_decide(&in, &c);
	assert_true(c.at - NOW < 2 * HOUR);
}

static void
test_feeds_do_not_fall_together(void **state)
{
	(void)state;
	struct cadence a, b;
	struct cadence_input in = input(CADENCE_UNCHANGED);
	remember(10, 20);
	cadence_decide(&in, &a);
	in.seed = 8;
	cadence_decide(&in, &b);
	assert_int_not_equal(a.at, b.at);
	assert_int_equal(a.interval_s, b.interval_s);
}

static void
test_a_first_document_teaches_its_own_past(void **state)
{
	(void)state;
	struct window_entry e[20];
	struct window_view view;
	struct cadence_document d = {.entries = e, .len = 20};
	struct cadence_input in = input(CADENCE_CHANGED);
	for (int i = 0; i < 20; i++)
		e[i] = (struct window_entry){
		    .key = (uint64_t)i + 1, .published = NOW - i * 600, .fresh = 1};
	memory = (struct cadence_memory){0};
	cadence_learn(&memory, &d, NOW, &view);
	assert_int_equal(view.gap, 0);
	int64_t busy = wait_of(&in);
	for (int i = 0; i < 20; i++)
		e[i].published = NOW - i * 29 * HOUR;
	memory = (struct cadence_memory){0};
	cadence_learn(&memory, &d, NOW, &view);
	assert_true(busy <= 1800);
	assert_true(wait_of(&in) > 2 * HOUR);
}

static void
test_memory_comes_back(void **state)
{
	(void)state;
	uint8_t bytes[CADENCE_PACKED];
	struct cadence_memory back;
	remember(10, 20);
	memory.hints = (struct cadence_hints){600, 3600, 7, 3};
	memory.honesty.full_at = NOW;
	cadence_pack(&memory, bytes);
	cadence_unpack(&back, bytes, sizeof bytes, NOW);
	assert_int_equal(back.hints.ttl_s, 600);
	assert_int_equal(back.hints.skip_hours, 7);
	assert_int_equal(back.hints.skip_days, 3);
	assert_int_equal(back.window.full, 20);
	assert_int_equal(back.honesty.full_at, NOW);
	assert_memory_equal(&back.rhythm, &memory.rhythm, sizeof back.rhythm);
	bytes[0] = 99; /* of another version */
	cadence_unpack(&back, bytes, sizeof bytes, NOW);
	assert_int_equal(back.window.full, 0);
}

/* The memory as the store would give it back at NOW. */
static void
reload(int64_t now)
{
	uint8_t bytes[CADENCE_PACKED];
	cadence_pack(&memory, bytes);
	cadence_unpack(&memory, bytes, sizeof bytes, now);
}

/* One poll while the clock was a year ahead: what is remembered of it must not outlast the mistake.
 */
static void
test_a_clock_that_was_ahead_is_forgotten(void **state)
{
	(void)state;
	struct window_view view;
	struct window_entry e[3];
	struct cadence_document d = {.entries = e, .len = 3};
	int64_t ahead = NOW + 400 * DAY;
	remember(72, 20);
	cadence_learn_unchanged(&memory, ahead);
	memory.honesty.lied_at = memory.honesty.asked_at = memory.failing_since = ahead;
	memory.window.newest = memory.silence.last = ahead;
	for (int64_t t = NOW; t < NOW + 14 * DAY; t += HOUR) { /* three an hour, as ever */
		reload(t);
		for (int i = 0; i < 3; i++)
			e[i] = (struct window_entry){(uint64_t)(t + i), t - i * 1200, 1};
		cadence_learn(&memory, &d, t, &view);
	}
	struct rhythm_rates rates;
	rhythm_rates(&memory.rhythm, &rates);
	assert_in_range(rhythm_rate(&rates, NOW + 14 * DAY) * 100, 200, 400);
	assert_in_range(memory.failing_since, NOW, NOW);
	assert_in_range(memory.honesty.lied_at, NOW, NOW);
	assert_in_range(memory.honesty.asked_at, NOW, NOW);
	assert_in_range(memory.silence.last, NOW, NOW + 14 * DAY);
	/* and it is a liar for a month, no longer */
	assert_int_equal(
	    honesty_mode(&memory.honesty, &memory.rhythm, NOW + 29 * DAY), HONESTY_LIAR);
	assert_int_not_equal(
	    honesty_mode(&memory.honesty, &memory.rhythm, NOW + 31 * DAY), HONESTY_LIAR);
}

/* A publisher's clock may be a little ahead of ours: that is none of our mistakes. */
static void
test_an_entry_a_little_ahead_stays(void **state)
{
	(void)state;
	remember(72, 20);
	memory.window.newest = NOW + 1800;
	reload(NOW);
	assert_int_equal(memory.window.newest, NOW + 1800);
	assert_int_equal(memory.rhythm.at, NOW);
	memory.window.newest = NOW + 2 * HOUR;
	reload(NOW);
	assert_int_equal(memory.window.newest, NOW);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_four_times_the_entries_twice_the_polls),
	    cmocka_unit_test(test_floor_and_ceiling),
	    cmocka_unit_test(test_without_validators_an_hour),
	    cmocka_unit_test(test_sooner_when_the_window_would_scroll_on),
	    cmocka_unit_test(test_a_feed_without_a_past),
	    cmocka_unit_test(test_each_failure_at_its_own_pace),
	    cmocka_unit_test(test_retry_after_is_obeyed_above_all),
	    cmocka_unit_test(test_an_interval_of_ones_own),
	    cmocka_unit_test(test_publisher_holds_it_up_after_a_304_too),
	    cmocka_unit_test(test_update_period_holds_unless_belied),
	    cmocka_unit_test(test_skip_hours_and_days),
	    cmocka_unit_test(test_feeds_do_not_fall_together),
	    cmocka_unit_test(test_a_first_document_teaches_its_own_past),
	    cmocka_unit_test(test_memory_comes_back),
	    cmocka_unit_test(test_a_clock_that_was_ahead_is_forgotten),
	    cmocka_unit_test(test_an_entry_a_little_ahead_stays),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
