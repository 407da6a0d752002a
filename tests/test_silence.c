/*
 * test_silence: is it strange that a feed brings nothing? Simulated years of feeds, of which every
 * entry is known. NEWSD_FIGURES=1 prints what docs/polling.md tells.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cadence.h"

#define HOUR  3600
#define DAY   86400
#define START INT64_C(1767225600) /* Thursday 2026-01-01 */

static double
unit(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return (double)((x ^ x >> 31) >> 11) / 9007199254740992.0;
}

struct habit {
	const char *name;
	double per_day;
	int batch;      /* entries at once */
	double weekend; /* times the usual */
	int office;     /* from 8 to 18 only */
	int burst;      /* four times the usual for two hours a week */
};

static const struct habit habits[] = {
    {"40 a day, day and night", 40, 1, 0.5, 0, 1},
    {"40 a day, office hours", 40, 1, 0, 1, 0},
    {"10 a day", 10, 1, 0.5, 0, 1},
    {"10 a day, three at a time", 10, 3, 0.5, 0, 0},
    {"1 a day, not on weekends", 1, 1, 0, 1, 0},
    {"3 a week", 3.0 / 7, 1, 1, 0, 0},
};
#define HABITS (sizeof habits / sizeof *habits)

static double
rate_per_s(const struct habit *h, int64_t t)
{
	double hour = (double)(t % DAY) / HOUR, shape = 1 + 0.85 * sin((hour - 8) / 24 * 6.2832);
	int weekend = (t / DAY + 3) % 7 >= 5;
	if (h->office)
		shape = hour >= 8 && hour < 18 ? 2.4 : 0;
	if (h->burst && t % (7 * DAY) / HOUR == 40)
		shape *= 4;
	return h->per_day / DAY / h->batch * shape * (weekend ? h->weekend : 1);
}

struct life {
	struct cadence_memory m;
	uint64_t rng;
	int64_t now;
	int alarms, alarmed;
};

/* Poll FEED as it is, hourly, until UNTIL; TIMES what the habit publishes. */
static void
live(struct life *l, const struct habit *h, int64_t until, double times)
{
	char reason[200];
	for (; l->now < until; l->now += HOUR) {
		int64_t from = l->now - HOUR, found[64];
		double expected = 0;
		size_t n = 0;
		for (int64_t t = from; t < l->now; t += 300) {
			expected = rate_per_s(h, t) * 300 * times;
			if (unit(&l->rng) < expected)
				for (int i = 0; i < h->batch && n < 64; i++)
					found[n++] = t;
		}
		if (n)
			silence_came(&l->m.silence, &l->m.rhythm, l->now);
		rhythm_learn(&l->m.rhythm, from, l->now, found, n);
		int was = l->m.silence.alarm != SILENCE_NONE;
		cadence_judge_silence(&l->m, l->now, reason, sizeof reason);
		int is = l->m.silence.alarm != SILENCE_NONE;
		l->alarms += is && !was;
		if (is && !was && !times)
			return;
	}
}

static void
test_a_year_of_usual_feeds_is_quiet(void **state)
{
	(void)state;
	for (size_t i = 0; i < HABITS; i++) {
		int alarms = 0;
		for (int feed = 0; feed < 20; feed++) {
			struct life l = {.rng = (uint64_t)feed * 1000 + i, .now = START};
			live(&l, &habits[i], START + 365 * DAY, 1);
			alarms += l.alarms;
		}
		if (getenv("NEWSD_FIGURES"))
			fprintf(stderr, "%-28s %.2f false alarms a year\n", habits[i].name,
			    alarms / 20.0);
		assert_true(alarms < 20);
	}
}

static void
test_a_feed_that_falls_silent_is_noticed(void **state)
{
	(void)state;
	for (size_t i = 0; i < HABITS; i++) {
		double sum_h = 0, most_h = 0;
		for (int feed = 0; feed < 20; feed++) {
			struct life l = {.rng = (uint64_t)feed * 1000 + i, .now = START};
			int64_t dies = START + 90 * DAY + feed * 7 * HOUR;
			live(&l, &habits[i], dies, 1);
			l.m.silence.alarm = SILENCE_NONE;
			live(&l, &habits[i], dies + 120 * DAY, 0);
			assert_int_not_equal(l.m.silence.alarm, SILENCE_NONE);
			double hours = (double)(l.now - dies) / HOUR;
			sum_h += hours;
			most_h = hours > most_h ? hours : most_h;
		}
		if (getenv("NEWSD_FIGURES"))
			fprintf(stderr, "%-28s noticed after %.0f h, at most %.0f h\n",
			    habits[i].name, sum_h / 20, most_h);
		assert_true(
		    most_h < 96 + 24 * 50 / habits[i].per_day); /* a weekend may lie between */
	}
}

static void
test_it_clears_itself(void **state)
{
	(void)state;
	struct life l = {.rng = 5, .now = START};
	live(&l, &habits[0], START + 30 * DAY, 1);
	live(&l, &habits[0], START + 40 * DAY, 0);
	assert_int_equal(l.m.silence.alarm, SILENCE_SILENT);
	live(&l, &habits[0], l.now + DAY, 1);
	assert_int_equal(l.m.silence.alarm, SILENCE_NONE);
}

static void
test_a_collapse_in_volume_is_noticed_and_becomes_usual(void **state)
{
	(void)state;
	struct life l = {.rng = 5, .now = START};
	live(&l, &habits[0], START + 60 * DAY, 1);
	assert_int_equal(l.alarms, 0);
	live(&l, &habits[0], l.now + 25 * DAY, 0.02);
	assert_true(l.alarms > 0);
	live(&l, &habits[0], l.now + 150 * DAY, 0.02);
	assert_int_equal(l.m.silence.alarm, SILENCE_NONE);
}

static void
test_a_young_feed_is_not_judged(void **state)
{
	(void)state;
	struct life l = {.rng = 5, .now = START};
	live(&l, &habits[0], START + 3 * DAY, 1);
	live(&l, &habits[0], START + 6 * DAY, 0);
	assert_int_equal(l.m.silence.alarm, SILENCE_NONE);
}

static void
test_memory_is_kept_and_an_older_one_is_read(void **state)
{
	(void)state;
	struct life l = {.rng = 5, .now = START};
	struct cadence_memory back;
	uint8_t bytes[CADENCE_PACKED];
	live(&l, &habits[0], START + 30 * DAY, 1);
	l.m.window.lag_s = 600;
	cadence_pack(&l.m, bytes);
	cadence_unpack(&back, bytes, sizeof bytes, l.now);
	assert_memory_equal(&back.silence, &l.m.silence, sizeof back.silence);
	assert_true(back.window.lag_s == 600);
	/* as the version before the window's lag wrote it, which was the last of its window ... */
	size_t window_end = 1 + 8 + HINTS_PACKED + RHYTHM_PACKED + WINDOW_PACKED,
	       shorter = WINDOW_PACKED - WINDOW_OLDER;
	memmove(bytes + window_end - shorter, bytes + window_end, sizeof bytes - window_end);
	bytes[0] = 2;
	cadence_unpack(&back, bytes, sizeof bytes - shorter, l.now);
	assert_int_equal(back.window.at, l.m.window.at);
	assert_true(back.window.lag_s == 0);
	assert_memory_equal(&back.silence, &l.m.silence, sizeof back.silence);
	bytes[0] = 1; /* ... and the one before silence */
	cadence_unpack(&back, bytes, sizeof bytes - shorter - SILENCE_PACKED, l.now);
	assert_int_equal(back.rhythm.since, l.m.rhythm.since);
	assert_int_equal(back.silence.last, 0);
	cadence_unpack(&back, bytes, sizeof bytes, l.now);
	assert_int_equal(back.rhythm.since, 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_year_of_usual_feeds_is_quiet),
	    cmocka_unit_test(test_a_feed_that_falls_silent_is_noticed),
	    cmocka_unit_test(test_it_clears_itself),
	    cmocka_unit_test(test_a_collapse_in_volume_is_noticed_and_becomes_usual),
	    cmocka_unit_test(test_a_young_feed_is_not_judged),
	    cmocka_unit_test(test_memory_is_kept_and_an_older_one_is_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
