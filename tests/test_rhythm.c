/* test_rhythm: how often a feed brings something, and how many entries went by unseen. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "honesty.h"
#include "rhythm.h"
#include "window.h"

#define HOUR   3600
#define DAY    86400
#define MONDAY INT64_C(1767571200) /* 2026-01-05 00:00 UTC */

static void
assert_near(double got, double want, double share)
{
	if (fabs(got - want) > share * want)
		fail_msg("%g is not near %g", got, want);
}

/* DAYS days in which an entry comes every STEP_S between the hours FROM and UNTIL. */
static void
live(struct rhythm *r, int days, int from, int until, int64_t step_s)
{
	for (int64_t t = MONDAY; t < MONDAY + (int64_t)days * DAY; t += HOUR) {
		int64_t times[64];
		size_t n = 0;
		int hour = (int)(t / HOUR % 24);
		for (int64_t at = t; at < t + HOUR && hour >= from && hour < until; at += step_s)
			times[n++] = at;
		rhythm_learn(r, t, t + HOUR, times, n);
	}
}

static double
rate_at(const struct rhythm *r, int64_t t)
{
	struct rhythm_rates rates;
	rhythm_rates(r, &rates);
	return rhythm_rate(&rates, t);
}

static void
test_nothing_known_is_a_guess(void **state)
{
	(void)state;
	struct rhythm r = {0};
	assert_near(rate_at(&r, MONDAY), 0.5, 0.01);
	assert_near(rhythm_expect(&r, MONDAY, MONDAY + 4 * HOUR), 2, 0.01);
}

static void
test_level_day_and_night_are_learned(void **state)
{
	(void)state;
	struct rhythm r = {0};
	live(&r, 28, 8, 20, HOUR / 4); /* four an hour by day, none by night */
	int64_t day = MONDAY + 29 * DAY;
	assert_near(rate_at(&r, day + 13 * HOUR), 4, 0.15);
	assert_true(rate_at(&r, day + 2 * HOUR) < 0.3);
	assert_near(rhythm_expect(&r, day, day + DAY), 48, 0.1);
}

static void
test_a_weekend_is_learned(void **state)
{
	(void)state;
	struct rhythm r = {0};
	for (int day = 0; day < 56; day++) {
		int64_t t = MONDAY + (int64_t)day * DAY, times[12];
		size_t n = 0;
		for (int h = 0; h < 12 && day % 7 < 5; h++)
			times[n++] = t + h * 2 * HOUR;
		rhythm_learn(&r, t, t + DAY, times, n);
	}
	int64_t next = MONDAY + 56 * DAY;
	double tuesday = rhythm_expect(&r, next + DAY, next + 2 * DAY),
	       sunday = rhythm_expect(&r, next + 6 * DAY, next + 7 * DAY);
	assert_true(sunday < tuesday / 3);
}

static void
test_polling_often_changes_nothing(void **state)
{
	(void)state;
	struct rhythm often = {0}, seldom = {0};
	int64_t times[24];
	for (int day = 0; day < 21; day++) {
		int64_t t = MONDAY + (int64_t)day * DAY;
		for (int h = 0; h < 24; h++) {
			times[h] = t + h * HOUR + 1800;
			rhythm_learn(&often, t + h * HOUR, t + h * HOUR + 2000, &times[h], 1);
			uint8_t bytes[RHYTHM_PACKED]; /* as the store keeps it between polls */
			rhythm_pack(&often, bytes);
			rhythm_unpack(&often, bytes, sizeof bytes);
		}
		rhythm_learn(&seldom, t, t + DAY, times, 24);
	}
	int64_t next = MONDAY + 21 * DAY;
	assert_near(rhythm_expect(&often, next, next + DAY),
	    rhythm_expect(&seldom, next, next + DAY), 0.05);
	assert_near(rhythm_expect(&often, next, next + DAY), 24, 0.1);
}

static void
test_entries_without_dates_count_too(void **state)
{
	(void)state;
	struct rhythm r = {0};
	int64_t none[10] = {0};
	for (int day = 0; day < 14; day++)
		rhythm_learn(
		    &r, MONDAY + (int64_t)day * DAY, MONDAY + (int64_t)(day + 1) * DAY, none, 10);
	int64_t next = MONDAY + 14 * DAY;
	assert_near(rhythm_expect(&r, next, next + DAY), 10, 0.1);
}

static void
test_a_burst_raises_and_fades(void **state)
{
	(void)state;
	struct rhythm r = {0};
	live(&r, 14, 0, 24, HOUR);
	int64_t t = MONDAY + 14 * DAY, times[40];
	double before = rate_at(&r, t);
	for (int i = 0; i < 40; i++)
		times[i] = t + i * 80;
	rhythm_learn(&r, t, t + HOUR, times, 40);
	assert_true(rate_at(&r, t + HOUR) > 4 * before);
	assert_true(rate_at(&r, t + HOUR + DAY) < 1.8 * before);
}

static void
test_a_feed_that_ends_is_forgotten(void **state)
{
	(void)state;
	struct rhythm r = {0};
	live(&r, 28, 0, 24, HOUR);
	int64_t t = MONDAY + 28 * DAY;
	rhythm_learn(&r, t, t + 60 * DAY, NULL, 0);
	assert_true(rate_at(&r, t + 60 * DAY) < 0.02);
}

static void
test_time_that_was_learned_is_not_learned_again(void **state)
{
	(void)state;
	struct rhythm r = {0};
	int64_t entry = MONDAY + HOUR;
	rhythm_learn(&r, MONDAY, MONDAY + 2 * HOUR, &entry, 1);
	struct rhythm once = r;
	rhythm_learn(&r, MONDAY, MONDAY + 2 * HOUR, NULL, 0);
	rhythm_learn(&r, MONDAY + DAY, MONDAY, NULL, 0); /* a clock set back */
	assert_true(r.at >= once.at && r.since == once.since);
	assert_near(rate_at(&r, MONDAY + 3 * HOUR), rate_at(&once, MONDAY + 3 * HOUR), 0.2);
}

static void
test_bytes_come_back_and_junk_is_nothing(void **state)
{
	(void)state;
	struct rhythm r = {0}, back;
	uint8_t bytes[RHYTHM_PACKED];
	live(&r, 9, 6, 22, HOUR / 3);
	rhythm_pack(&r, bytes);
	rhythm_unpack(&back, bytes, sizeof bytes);
	assert_memory_equal(&r, &back, sizeof r);
	rhythm_unpack(&back, bytes, sizeof bytes - 1);
	assert_int_equal(back.since, 0);
	rhythm_unpack(&back, NULL, 0);
	assert_int_equal(back.since, 0);
	memset(bytes, 0xff, sizeof bytes);
	rhythm_unpack(&back, bytes, sizeof bytes);
	assert_int_equal(back.since, 0);
	memset(bytes + 16, 0xff, sizeof bytes - 16); /* counts that are no numbers */
	rhythm_pack(&r, bytes);
	memset(bytes + 16, 0xff, sizeof bytes - 16);
	rhythm_unpack(&back, bytes, sizeof bytes);
	assert_true(rate_at(&back, MONDAY) >= 0);
}

/* ---- the window ---- */

#define W 20

/* The document that shows entries LAST - W + 1 .. LAST, published STEP_S apart up to NEWEST; those
 * after SEEN are fresh. */
static void
document(struct window_entry *e, int last, int seen, int64_t newest, int64_t step_s)
{
	for (int i = 0; i < W; i++)
		e[i] = (struct window_entry){.key = (uint64_t)(last - i),
		    .published = step_s ? newest - i * step_s : 0,
		    .fresh = last - i > seen};
}

struct watched {
	struct rhythm rhythm;
	struct window window;
	struct window_entry e[W];
	struct window_view view;
};

/* A feed of an entry every ten minutes that was polled hourly for a week; its last entry is 1000.
 */
static void
watch(struct watched *x, int64_t step_s)
{
	*x = (struct watched){0};
	live(&x->rhythm, 7, 0, 24, 600);
	document(x->e, 1000, 994, MONDAY + 7 * DAY, step_s);
	window_learn(&x->window, x->e, W, MONDAY + 7 * DAY - HOUR);
	window_learn(&x->window, x->e, W, MONDAY + 7 * DAY);
}

static void
look(struct watched *x, int last, int64_t at, int64_t step_s)
{
	document(x->e, last, 1000, at, step_s);
	window_compare(&x->window, &x->rhythm, x->e, W, at, &x->view);
}

static void
test_overlap_is_no_gap(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	look(&x, 1019, MONDAY + 7 * DAY + 19 * 600, 600);
	assert_int_equal(x.view.fresh, 19);
	assert_int_equal(x.view.overlap, 1);
	assert_int_equal(x.view.gap, 0);
}

static void
test_a_gap_has_its_time_and_an_estimate(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	int64_t at = MONDAY + 7 * DAY + 10 * HOUR; /* 60 came, 20 are shown */
	look(&x, 1060, at, 600);
	assert_int_equal(x.view.gap, 1);
	assert_int_equal(x.view.gap_from, MONDAY + 7 * DAY);
	assert_int_equal(x.view.gap_until, at - (W - 1) * 600);
	assert_near(x.view.lost, 40, 0.3);
}

/* Nothing was published between the newest entry and the last look, which would have shown it. */
static void
test_silence_before_the_last_look_is_no_gap(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	/* looked at again, four hours later: nothing new; then a window full in its own pace */
	int64_t look_at = MONDAY + 7 * DAY + 4 * HOUR, at = look_at + W * 600;
	x.window.at = look_at;
	look(&x, 1020, at, 600);
	assert_int_equal(x.view.fresh, W);
	assert_int_equal(x.view.gap, 0);
	/* what came later than the last look, and is not shown, is one */
	look(&x, 1030, at + 10 * 600, 600);
	assert_int_equal(x.view.gap, 1);
	assert_near(x.view.lost, 10, 0.4);
	/* entries older than the last look, which did not show them: it was at an old copy */
	x.window.at = at;
	look(&x, 1040, at, 600);
	assert_int_equal(x.view.gap, 1);
	assert_true(x.view.lost > 10);
	/* a feed whose entries take two hours to appear is known by that */
	watch(&x, 600);
	x.window.at = look_at;
	x.window.lag_s = 4 * HOUR;
	look(&x, 1020, at, 600);
	assert_int_equal(x.view.gap, 1);
}

/* Entries that come five at a time are one event: a pause between two such is no loss of many. */
static void
test_entries_that_come_together_are_one_event(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	int64_t last = MONDAY + 7 * DAY;
	for (int i = 0; i < W; i++)
		x.e[i] = (struct window_entry){.key = (uint64_t)(2000 - i),
		    .published = last + 3 * HOUR - i / 5 * 2000,
		    .fresh = 1};
	window_compare(&x.window, &x.rhythm, x.e, W, last + 3 * HOUR, &x.view);
	assert_int_equal(x.view.gap, 0); /* of 20 that came one by one it would be */
	for (int i = 0; i < W; i++)
		x.e[i].published = last + 3 * HOUR - i * 360;
	window_compare(&x.window, &x.rhythm, x.e, W, last + 3 * HOUR, &x.view);
	assert_int_equal(x.view.gap, 1);
}

static void
test_a_gap_without_dates(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 0);
	look(&x, 1060, MONDAY + 7 * DAY + 10 * HOUR, 0);
	assert_int_equal(x.view.gap, 1);
	assert_int_equal(x.view.gap_from, MONDAY + 7 * DAY);
	assert_near(x.view.lost, 40, 0.3);
}

static void
test_a_window_that_is_not_full_lost_nothing(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	document(x.e, 1010, 1000, MONDAY + 8 * DAY, 600);
	window_compare(
	    &x.window, &x.rhythm, x.e, 10, MONDAY + 8 * DAY, &x.view); /* it was emptied */
	assert_int_equal(x.view.gap, 0);
	struct window first = {0};
	window_compare(&first, &x.rhythm, x.e, W, MONDAY, &x.view); /* a first document */
	assert_int_equal(x.view.gap, 0);
}

static void
test_older_entries_shown_again_are_no_gap(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	document(x.e, 980, 1000, MONDAY + 7 * DAY - 20 * 600, 600); /* an old copy from a cache */
	window_compare(&x.window, &x.rhythm, x.e, W, MONDAY + 7 * DAY + HOUR, &x.view);
	assert_int_equal(x.view.gap, 0);
}

static void
test_a_pinned_entry_does_not_hide_a_gap(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	int64_t at = MONDAY + 7 * DAY + 10 * HOUR;
	document(x.e, 1060, 1000, at, 600);
	x.e[0] = (struct window_entry){.key = 7, .published = MONDAY - 300 * DAY};
	window_compare(&x.window, &x.rhythm, x.e, W, at, &x.view);
	assert_int_equal(x.view.overlap, 1);
	assert_int_equal(x.view.gap, 1);
}

static void
test_safe_time_follows_rate_and_turnover(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	int64_t now = MONDAY + 7 * DAY, safe = window_safe_s(&x.window, &x.rhythm, now, DAY);
	assert_in_range(safe, 1500, 4000); /* a third of 20 at six an hour, less its chance */
	document(x.e, 1020, 1000, now + 900, 45);
	window_learn(&x.window, x.e, W, now + 900); /* a whole window in a quarter of an hour */
	assert_in_range(window_safe_s(&x.window, &x.rhythm, now + 900, DAY), 300, 500);
	struct window none = {0};
	assert_true(window_safe_s(&none, &x.rhythm, now, DAY) == INT64_MAX);
}

static void
test_window_bytes(void **state)
{
	(void)state;
	struct watched x;
	struct window back;
	uint8_t bytes[WINDOW_PACKED];
	watch(&x, 600);
	window_pack(&x.window, bytes);
	window_unpack(&back, bytes, sizeof bytes);
	assert_memory_equal(&x.window, &back, sizeof back);
	window_unpack(&back, bytes, 3);
	assert_int_equal(back.at, 0);
}

static void
test_hostile_documents(void **state)
{
	(void)state;
	struct watched x;
	watch(&x, 600);
	struct window_entry e[300];
	for (int i = 0; i < 300; i++)
		e[i] = (struct window_entry){
		    .key = 0, .published = i % 3 ? INT64_MAX : INT64_MIN, .fresh = 1};
	window_compare(&x.window, &x.rhythm, e, 300, MONDAY + 8 * DAY, &x.view);
	window_learn(&x.window, e, 300, MONDAY + 8 * DAY);
	window_compare(&x.window, &x.rhythm, e, 0, MONDAY + 9 * DAY, &x.view);
	window_learn(&x.window, e, 0, MONDAY + 9 * DAY);
	window_learn(&x.window, e, 300, MONDAY); /* a clock set back */
	assert_true(window_safe_s(&x.window, &x.rhythm, MONDAY, DAY) > 0);
}

/* ---- honesty ---- */

/* A document came at NOW with FRESH entries, the oldest of which was published at OLDEST, the
 * middle one an hour after. */
static void
full(struct honesty *h, int64_t now, int conditional, size_t fresh, int64_t oldest,
    const struct rhythm *r)
{
	struct honesty_news news = {.conditional = conditional,
	    .fresh = fresh,
	    .oldest = oldest,
	    .middle = oldest ? oldest + HOUR : 0};
	honesty_full(h, now, &news, r);
}

static void
test_an_honest_feed_is_trusted(void **state)
{
	(void)state;
	struct rhythm r = {0};
	struct honesty h = {0};
	live(&r, 7, 0, 24, HOUR);
	int64_t t = MONDAY + 7 * DAY;
	full(&h, t, 0, 20, t - 60, &r);
	honesty_unchanged(&h, t + 600);
	assert_int_equal(honesty_mode(&h, &r, t + 1200), HONESTY_TRUSTED);
	full(&h, t + 3600, 1, 1, t + 2000, &r);
	assert_int_equal(honesty_mode(&h, &r, t + 4000), HONESTY_TRUSTED);
	assert_int_equal(h.lies, 0);
}

static void
test_an_improbable_silence_is_looked_into_once_a_day(void **state)
{
	(void)state;
	struct rhythm r = {0};
	struct honesty h = {0};
	live(&r, 7, 0, 24, HOUR);
	int64_t t = MONDAY + 7 * DAY;
	full(&h, t, 0, 20, t, &r);
	honesty_unchanged(&h, t + 6 * HOUR); /* six were expected */
	assert_int_equal(honesty_mode(&h, &r, t + 6 * HOUR), HONESTY_ASK);
	full(&h, t + 7 * HOUR, 0, 0, 0, &r); /* it was silent in truth */
	assert_int_equal(h.lies, 0);
	honesty_unchanged(&h, t + 14 * HOUR);
	assert_int_equal(honesty_mode(&h, &r, t + 14 * HOUR), HONESTY_TRUSTED);
	honesty_unchanged(&h, t + 32 * HOUR);
	assert_int_equal(honesty_mode(&h, &r, t + 32 * HOUR), HONESTY_ASK);
}

static void
test_a_liar_is_found_and_forgiven(void **state)
{
	(void)state;
	struct rhythm r = {0};
	struct honesty h = {0};
	live(&r, 7, 0, 24, HOUR);
	int64_t t = MONDAY + 7 * DAY;
	full(&h, t, 0, 20, t, &r);
	honesty_unchanged(&h, t + 6 * HOUR);
	full(&h, t + 6 * HOUR + 600, 0, 5, t + HOUR, &r); /* published before the 304 */
	assert_int_equal(h.lies, 1);
	assert_int_equal(honesty_mode(&h, &r, t + 8 * HOUR), HONESTY_LIAR);
	assert_int_equal(honesty_mode(&h, &r, t + 40 * DAY), HONESTY_TRUSTED);
}

/* A server that ends its silence itself, with news from before its 304s. */
static void
test_a_liar_that_nobody_suspected(void **state)
{
	(void)state;
	struct rhythm r = {0};
	struct honesty h = {0};
	live(&r, 7, 0, 24, HOUR);
	int64_t t = MONDAY + 7 * DAY;
	full(&h, t, 0, 20, t, &r);
	honesty_unchanged(&h, t + 2 * HOUR);
	struct honesty lost = h, few = h;
	full(&h, t + 3 * HOUR, 1, 4, t - 2 * HOUR, &r);
	assert_int_equal(
	    honesty_mode(&h, &r, t + 3 * HOUR), HONESTY_TRUSTED); /* once: they came late */
	honesty_unchanged(&h, t + 5 * HOUR);
	full(&h, t + 6 * HOUR, 1, 4, t + HOUR, &r);
	assert_int_equal(honesty_mode(&h, &r, t + 6 * HOUR), HONESTY_LIAR);
	/* or at once, where everything in the document is new */
	struct honesty_news news = {
	    .conditional = 1, .fresh = 20, .oldest = t - HOUR, .middle = t, .all_fresh = 1};
	honesty_full(&lost, t + 3 * HOUR, &news, &r);
	assert_int_equal(honesty_mode(&lost, &r, t + 3 * HOUR), HONESTY_LIAR);
	/* one or two entries that come late prove nothing */
	for (int i = 0; i < 5; i++) {
		full(&few, t + 3 * HOUR, 1, 2, t - 5 * HOUR, &r);
		honesty_unchanged(&few, t + 4 * HOUR);
	}
	assert_int_equal(few.lies, 0);
}

static void
test_news_after_the_304_is_no_lie(void **state)
{
	(void)state;
	struct rhythm r = {0};
	struct honesty h = {0};
	live(&r, 7, 0, 24, HOUR);
	int64_t t = MONDAY + 7 * DAY;
	full(&h, t, 0, 20, t, &r);
	honesty_unchanged(&h, t + 6 * HOUR);
	struct honesty undated = h;
	full(&h, t + 7 * HOUR, 0, 1, t + 6 * HOUR + 60, &r);
	assert_int_equal(h.lies, 0);
	full(&undated, t + 7 * HOUR, 0, 1, 0, &r); /* one in an hour: nothing strange */
	assert_int_equal(undated.lies, 0);
	honesty_unchanged(&undated, t + 12 * HOUR);
	full(&undated, t + 12 * HOUR + 60, 0, 9, 0, &r); /* nine in a minute are */
	assert_int_equal(undated.lies, 1);
}

static void
test_validators_that_save_nothing(void **state)
{
	(void)state;
	struct rhythm r = {0};
	struct honesty h = {0}, back;
	uint8_t bytes[HONESTY_PACKED];
	for (int i = 0; i < 8; i++) {
		assert_false(honesty_is_useless(&h));
		full(&h, MONDAY + i * HOUR, 1, 0, 0, &r);
	}
	assert_true(honesty_is_useless(&h));
	honesty_pack(&h, bytes);
	honesty_unpack(&back, bytes, sizeof bytes);
	assert_memory_equal(&h, &back, sizeof back);
	honesty_unchanged(&h, MONDAY + 9 * HOUR);
	assert_false(honesty_is_useless(&h));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_known_is_a_guess),
	    cmocka_unit_test(test_level_day_and_night_are_learned),
	    cmocka_unit_test(test_a_weekend_is_learned),
	    cmocka_unit_test(test_polling_often_changes_nothing),
	    cmocka_unit_test(test_entries_without_dates_count_too),
	    cmocka_unit_test(test_a_burst_raises_and_fades),
	    cmocka_unit_test(test_a_feed_that_ends_is_forgotten),
	    cmocka_unit_test(test_time_that_was_learned_is_not_learned_again),
	    cmocka_unit_test(test_bytes_come_back_and_junk_is_nothing),
	    cmocka_unit_test(test_overlap_is_no_gap),
	    cmocka_unit_test(test_a_gap_has_its_time_and_an_estimate),
	    cmocka_unit_test(test_silence_before_the_last_look_is_no_gap),
	    cmocka_unit_test(test_entries_that_come_together_are_one_event),
	    cmocka_unit_test(test_a_gap_without_dates),
	    cmocka_unit_test(test_a_window_that_is_not_full_lost_nothing),
	    cmocka_unit_test(test_older_entries_shown_again_are_no_gap),
	    cmocka_unit_test(test_a_pinned_entry_does_not_hide_a_gap),
	    cmocka_unit_test(test_safe_time_follows_rate_and_turnover),
	    cmocka_unit_test(test_window_bytes),
	    cmocka_unit_test(test_hostile_documents),
	    cmocka_unit_test(test_an_honest_feed_is_trusted),
	    cmocka_unit_test(test_an_improbable_silence_is_looked_into_once_a_day),
	    cmocka_unit_test(test_a_liar_is_found_and_forgiven),
	    cmocka_unit_test(test_a_liar_that_nobody_suspected),
	    cmocka_unit_test(test_news_after_the_304_is_no_lie),
	    cmocka_unit_test(test_validators_that_save_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
