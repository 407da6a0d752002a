/* rhythm: see include/rhythm.h. */
#include "rhythm.h"

#include <math.h>

#include "cadence_priv.h"

#define HOUR 3600
#define DAY  86400

/* How long counts are remembered (the time in which 63 % are forgotten). A level of a week follows
 * a feed that changes its ways; the shape of day and week needs a month to be seen at all. */
#define LEVEL_S (7.0 * DAY)
#define SHAPE_S (28.0 * DAY)
#define BURST_S (3.0 * HOUR)

/* Pseudo-counts: what is believed before anything is seen. */
#define LEVEL_PRIOR   0.5  /* entries ... */
#define LEVEL_PRIOR_H 1.0  /* ... in so many hours */
#define HOURS_PRIOR   24.0 /* entries spread evenly over the day */
#define DAYS_PRIOR    21.0 /* and over the week */
#define BURST_PRIOR   2.0

#define BURST_SHAPE 3.0 /* times the usual: the rest of a burst does not shape day and week */
#define BURST_MIN   0.25
#define BURST_MAX   12.0

static int
hour_of(int64_t t)
{
	return (int)(t / HOUR % 24);
}

static int
day_of(int64_t t)
{
	return (int)((t / DAY + 3) % 7); /* 1970-01-01 was a Thursday */
}

static void
forget(struct rhythm *r, int64_t now)
{
	double passed = (double)(now - r->at);
	if (passed <= 0)
		return;
	float shape = (float)exp(-passed / SHAPE_S), burst = (float)exp(-passed / BURST_S);
	r->level *= (float)exp(-passed / LEVEL_S);
	r->burst *= burst;
	r->burst_expected *= burst;
	for (int i = 0; i < 24; i++)
		r->hours[i] *= shape;
	for (int i = 0; i < 7; i++)
		r->days[i] *= shape;
	r->at = now;
}

/* Entries an hour, over the whole week. */
static double
level_of(const struct rhythm *r)
{
	if (!r->since)
		return LEVEL_PRIOR / LEVEL_PRIOR_H;
	double watched_h = LEVEL_S * (1 - exp(-(double)(r->at - r->since) / LEVEL_S)) / HOUR;
	return (r->level + LEVEL_PRIOR) / (watched_h + LEVEL_PRIOR_H);
}

static double
sum_of(const float *counts, int n)
{
	double sum = 0;
	for (int i = 0; i < n; i++)
		sum += counts[i];
	return sum;
}

static double
burst_of(const struct rhythm *r)
{
	double b = (r->burst + BURST_PRIOR) / (r->burst_expected + BURST_PRIOR);
	return b < BURST_MIN ? BURST_MIN : b > BURST_MAX ? BURST_MAX : b;
}

void
rhythm_rates(const struct rhythm *r, struct rhythm_rates *out)
{
	double level = level_of(r), hours = sum_of(r->hours, 24), days = sum_of(r->days, 7);
	for (int h = 0; h < 24; h++) {
		/* neighbours count half: nobody's morning is sharp */
		double here = 0.5 * r->hours[h] + 0.25 * r->hours[(h + 1) % 24] +
			      0.25 * r->hours[(h + 23) % 24];
		out->hours[h] = level * 24 * (here + HOURS_PRIOR / 24) / (hours + HOURS_PRIOR);
	}
	for (int d = 0; d < 7; d++)
		out->days[d] = 7 * (r->days[d] + DAYS_PRIOR / 7) / (days + DAYS_PRIOR);
	out->burst = burst_of(r);
	out->at = r->at;
}

static double
usual_rate(const struct rhythm_rates *r, int64_t t)
{
	return r->hours[hour_of(t)] * r->days[day_of(t)];
}

double
rhythm_rate(const struct rhythm_rates *r, int64_t t)
{
	double fade = t > r->at ? exp(-(double)(t - r->at) / BURST_S) : 1;
	return usual_rate(r, t) * (1 + (r->burst - 1) * fade);
}

/* The end of the hour that T is in, at most UNTIL. */
static int64_t
hour_end(int64_t t, int64_t until)
{
	int64_t end = (t / HOUR + 1) * HOUR;
	return end < until ? end : until;
}

static double
expect(const struct rhythm_rates *rates, int64_t from, int64_t until)
{
	double sum = 0;
	for (int64_t t = from, end; t < until; t = end) {
		end = hour_end(t, until);
		sum += rhythm_rate(rates, t + (end - t) / 2) * (double)(end - t) / HOUR;
	}
	return sum;
}

double
rhythm_expect(const struct rhythm *r, int64_t from, int64_t until)
{
	struct rhythm_rates rates;
	rhythm_rates(r, &rates);
	return expect(&rates, from, until);
}

double
rhythm_expect_usual(const struct rhythm *r, int64_t from, int64_t until)
{
	struct rhythm_rates rates;
	rhythm_rates(r, &rates);
	rates.burst = 1;
	return expect(&rates, from, until);
}

/* What was expected of the time from FROM until UNTIL, bursts apart, as it is remembered at UNTIL.
 */
static double
remembered(const struct rhythm *r, int64_t from, int64_t until)
{
	int64_t far = until - (int64_t)(8 * BURST_S);
	struct rhythm_rates rates;
	double sum = 0;
	rhythm_rates(r, &rates);
	for (int64_t t = from > far ? from : far, end; t < until; t = end) {
		end = hour_end(t, until);
		double age = (double)(until - (t + (end - t) / 2));
		sum += usual_rate(&rates, t) * (double)(end - t) / HOUR * exp(-age / BURST_S);
	}
	return sum;
}

/* WEIGHT entries at T, of which the shape of day and week takes SHARE. */
static void
count_entry(struct rhythm *r, int64_t t, double weight, double share)
{
	double age = (double)(r->at - t);
	float shape = (float)(weight * share * exp(-age / SHAPE_S));
	r->level += (float)(weight * exp(-age / LEVEL_S));
	r->burst += (float)(weight * exp(-age / BURST_S));
	r->hours[hour_of(t)] += shape;
	r->days[day_of(t)] += shape;
}

#define SPREAD_PARTS 24

/* Entries that came some time between FROM and UNTIL. */
static void
count_somewhere(struct rhythm *r, int64_t from, int64_t until, double weight, double share)
{
	for (int i = 0; i < SPREAD_PARTS; i++)
		count_entry(r, from + (until - from) * (2 * i + 1) / (2 * SPREAD_PARTS),
		    weight / SPREAD_PARTS, share);
}

void
rhythm_learn(struct rhythm *r, int64_t from, int64_t until, const int64_t *times, size_t len)
{
	if (!r->since)
		*r = (struct rhythm){.since = from, .at = from};
	int64_t told = from; /* an entry may be older than what was thought to be silence */
	if (from < r->at)
		from = r->at;
	if (until < from)
		return; /* a clock that was set back */
	double expected = remembered(r, r->at, until), loose = 0, share = 1;
	/* one great day must not make an hour of the day great for weeks */
	double plain = BURST_SHAPE * (1 + level_of(r) * (double)(until - r->at) / HOUR);
	if ((double)len > plain)
		share = plain / (double)len;
	forget(r, until);
	r->burst_expected += (float)expected;
	for (size_t i = 0; i < len; i++) {
		if (times[i] >= told && times[i] <= until && times[i] > 0)
			count_entry(r, times[i], 1, share);
		else
			loose++;
	}
	if (loose > 0)
		count_somewhere(r, from, until, loose, share);
}

void
rhythm_as_of(const struct rhythm *r, int64_t t, struct rhythm *out)
{
	*out = *r;
	if (t >= r->at || t < r->since)
		return;
	double back = (double)(r->at - t);
	float shape = (float)exp(back / SHAPE_S);
	out->at = t;
	out->level *= (float)exp(back / LEVEL_S);
	for (int i = 0; i < 24; i++)
		out->hours[i] *= shape;
	for (int i = 0; i < 7; i++)
		out->days[i] *= shape;
}

/* Seconds of what was watched until NOW that are remembered, where memory fades in KEEP_S. */
static double
watched_s(const struct rhythm *r, int64_t now, double keep_s)
{
	return keep_s * (1 - exp(-(double)(now - r->since) / keep_s));
}

double
rhythm_week(const struct rhythm *r, int64_t now)
{
	return now > r->at ? (double)r->level * exp(-(double)(now - r->at) / LEVEL_S)
			   : (double)r->level;
}

double
rhythm_month(const struct rhythm *r, int64_t now)
{
	if (now <= r->since)
		return 0;
	double faded = now > r->at ? exp(-(double)(now - r->at) / SHAPE_S) : 1;
	return sum_of(r->days, 7) * faded * watched_s(r, now, LEVEL_S) / watched_s(r, now, SHAPE_S);
}

/* ---- bytes ---- */

void
rhythm_pack(const struct rhythm *r, uint8_t out[RHYTHM_PACKED])
{
	uint8_t *at = out;
	pack_u64(&at, (uint64_t)r->since);
	pack_u64(&at, (uint64_t)r->at);
	pack_float(&at, r->level);
	pack_float(&at, r->burst);
	pack_float(&at, r->burst_expected);
	for (int i = 0; i < 24; i++)
		pack_float(&at, r->hours[i]);
	for (int i = 0; i < 7; i++)
		pack_float(&at, r->days[i]);
}

void
rhythm_unpack(struct rhythm *r, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	*r = (struct rhythm){0};
	if (!bytes || len != RHYTHM_PACKED)
		return;
	r->since = (int64_t)unpack_u64(&at);
	r->at = (int64_t)unpack_u64(&at);
	if (r->since <= 0 || r->at < r->since) {
		*r = (struct rhythm){0};
		return;
	}
	r->level = unpack_float(&at);
	r->burst = unpack_float(&at);
	r->burst_expected = unpack_float(&at);
	for (int i = 0; i < 24; i++)
		r->hours[i] = unpack_float(&at);
	for (int i = 0; i < 7; i++)
		r->days[i] = unpack_float(&at);
}
