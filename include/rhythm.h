/*
 * rhythm: how often a feed brings something, by hour and day, learned from what it brought. Pure.
 *
 * An entry is expected at rate level * hour * day * burst. The three first are ratios of counts
 * that forget exponentially, pulled towards the plain case by a few pseudo-counts, so that a feed
 * of three entries has no night; burst compares the last hours with what the rest expected of
 * them. Times are UTC epoch seconds, rates are entries an hour. A rhythm that learns nothing costs
 * nothing: forgetting is computed from the time that passed.
 */
#ifndef NEWSD_RHYTHM_H
#define NEWSD_RHYTHM_H

#include <stddef.h>
#include <stdint.h>

struct rhythm {
	int64_t since; /* watched from here on; 0: nothing is known */
	int64_t at;    /* counts are as of this moment, and what came until then is in them */
	float level;   /* entries, forgotten in LEVEL_DAYS */
	float burst, burst_expected; /* entries and expected ones, forgotten in BURST_HOURS */
	float hours[24], days[7];    /* entries by hour of the day and day (0: Monday), UTC */
};

#define RHYTHM_PACKED 152 /* bytes of a packed rhythm */

/*
 * Learn that between FROM and UNTIL the LEN entries came that were published at TIMES (0, or
 * outside: some time between). FROM is as a rule the last poll, UNTIL this one; for the first
 * document of a feed, its oldest entry. Time that was learned before is not learned again: FROM
 * before AT is taken as AT.
 */
void rhythm_learn(struct rhythm *r, int64_t from, int64_t until, const int64_t *times, size_t len);

/* The rates that a rhythm amounts to, for looking at many moments. */
struct rhythm_rates {
	double hours[24], days[7]; /* entries an hour; factor */
	double burst;              /* factor at AT, fading towards 1 */
	int64_t at;
};

void rhythm_rates(const struct rhythm *r, struct rhythm_rates *out);
/* Entries an hour expected at T. Of a rhythm that knows nothing: one in two hours. */
double rhythm_rate(const struct rhythm_rates *r, int64_t t);

/* Entries expected between FROM and UNTIL. */
double rhythm_expect(const struct rhythm *r, int64_t from, int64_t until);
/* The same by hour, day and week alone, whatever the last hours brought. */
double rhythm_expect_usual(const struct rhythm *r, int64_t from, int64_t until);

/* R as it was at T, if nothing has come since. */
void rhythm_as_of(const struct rhythm *r, int64_t t, struct rhythm *out);
/* Entries of the last week as they are remembered at NOW, and what would be remembered, were it as
 * the last month was. */
double rhythm_week(const struct rhythm *r, int64_t now);
double rhythm_month(const struct rhythm *r, int64_t now);

/* Bytes for the store and back. Unpacking anything else than what was packed gives a rhythm that
 * knows nothing. */
void rhythm_pack(const struct rhythm *r, uint8_t out[RHYTHM_PACKED]);
void rhythm_unpack(struct rhythm *r, const void *bytes, size_t len);

#endif
