/* cadence: see include/cadence.h. */
#include "cadence.h"

#include <stdio.h>

#include "hash.h"

#define HOUR           3600
#define DAY            86400
#define FIRST_INTERVAL HOUR /* of a feed that we know nothing of yet */
#define SPREAD_PERCENT 10

static int64_t
clamp(int64_t v, int64_t low, int64_t high)
{
	return v < low ? low : v > high ? high : v;
}

/* "90 s", "25 min", "3.5 h", "2.0 d" */
static const char *
span(int64_t s, char out[24])
{
	if (s < 120)
		snprintf(out, 24, "%lld s", (long long)s);
	else if (s < 2 * HOUR)
		snprintf(out, 24, "%lld min", (long long)(s / 60));
	else if (s < 2 * DAY)
		snprintf(out, 24, "%.1f h", (double)s / HOUR);
	else
		snprintf(out, 24, "%.1f d", (double)s / DAY);
	return out;
}

/* Between 0 and SPREAD_PERCENT of S, the same for the same feed and moment. */
static int64_t
spread(int64_t s, uint64_t seed, int64_t now)
{
	uint64_t words[2] = {seed, (uint64_t)now};
	return (int64_t)(hash64(words, sizeof words) % (uint64_t)(s * SPREAD_PERCENT / 100 + 1));
}

/* The floor that the publisher asks for; WHO gets its name, NULL when there is none. */
static int64_t
publisher_floor(const struct cadence_input *in, const char **who)
{
	int64_t floor = 0;
	*who = NULL;
	const struct {
		int64_t s;
		const char *name;
	} demands[] = {
	    {in->doc && in->doc->ttl_min > 0 && in->doc->ttl_min < 7 * 24 * 60
		    ? in->doc->ttl_min * 60
		    : 0,
		"ttl"},
	    {in->doc ? in->doc->sy_period_s : 0, "sy:updatePeriod"},
	    {in->max_age_s, "max-age"},
	};
	for (size_t i = 0; i < sizeof demands / sizeof *demands; i++) {
		if (demands[i].s > floor) {
			floor = demands[i].s;
			*who = demands[i].name;
		}
	}
	return floor < in->max_s / 4 ? floor : in->max_s / 4;
}

/* Move AT past the hours and days that the publisher asks to skip. Returns 1 when it moved. */
static int
skip_hours(const struct feed_doc *doc, int64_t *at)
{
	if (!doc || (!doc->skip_hours && !doc->skip_days))
		return 0;
	int64_t t = *at;
	for (int tries = 0; tries < 8 * 24; tries++) {
		int hour = (int)(t / HOUR % 24),
		    day = (int)((t / DAY + 3) % 7); /* 1970-01-01: Thursday */
		int skipped = (doc->skip_hours >> hour & 1) || (doc->skip_days >> day & 1);
		if (!skipped) {
			int moved = t != *at;
			*at = t;
			return moved;
		}
		t = (t / HOUR + 1) * HOUR;
	}
	return 0; /* every hour is skipped: nonsense, ignored */
}

static void
decide_failed(const struct cadence_input *in, struct cadence *out)
{
	char a[24];
	int doublings = (int)clamp(in->failures - 1, 0, 16);
	int64_t wait = clamp(in->min_s << doublings, in->min_s, in->max_s);
	out->at = in->now + wait + spread(wait, in->seed, in->now);
	snprintf(out->reason, sizeof out->reason, "failure %lld in a row: again after %s",
	    (long long)in->failures, span(wait, a));
}

static void
decide_learned(const struct cadence_input *in, struct cadence *out)
{
	int64_t last = in->interval_s > 0 ? in->interval_s : FIRST_INTERVAL, next = last;
	const char *why, *who;
	char a[24], b[24];
	if (in->event == CADENCE_UNCHANGED) {
		next = last + last / 2;
		why = "nothing new";
	} else if (in->fresh * 3 > in->items * 2) {
		next = in->interval_s > 0 ? last / 2 : last;
		why = "most entries were new";
	} else if (in->fresh * 3 > in->items) {
		next = last * 3 / 4;
		why = "many entries were new";
	} else {
		next = last + last / 8;
		why = "few entries were new";
	}
	out->interval_s = clamp(next, in->min_s, in->max_s);
	int64_t floor = publisher_floor(in, &who), wait = out->interval_s;
	if (floor > wait) {
		wait = floor;
		snprintf(out->reason, sizeof out->reason, "%s (%lld of %lld): %s, held to %s by %s",
		    why, (long long)in->fresh, (long long)in->items, span(out->interval_s, a),
		    span(wait, b), who);
	} else {
		snprintf(out->reason, sizeof out->reason, "%s (%lld of %lld): again after %s", why,
		    (long long)in->fresh, (long long)in->items, span(wait, a));
	}
	out->at = in->now + wait + spread(wait, in->seed, in->now);
}

void
cadence_decide(const struct cadence_input *in, struct cadence *out)
{
	char a[24];
	*out = (struct cadence){.interval_s = in->interval_s};
	if (in->fixed_s > 0) {
		out->interval_s = in->fixed_s;
		out->at = in->now + in->fixed_s;
		snprintf(out->reason, sizeof out->reason, "every %s, as configured",
		    span(in->fixed_s, a));
	} else if (in->event == CADENCE_FAILED) {
		decide_failed(in, out);
	} else {
		decide_learned(in, out);
		if (skip_hours(in->doc, &out->at)) {
			size_t len = 0;
			while (out->reason[len])
				len++;
			snprintf(out->reason + len, sizeof out->reason - len,
			    ", moved past skipHours or skipDays");
		}
	}
	if (in->retry_after_s >= 0) {
		int64_t wait = clamp(in->retry_after_s, 0, RETRY_AFTER_MAX_S);
		out->not_before = in->now + wait;
		if (out->at < out->not_before) {
			out->at = out->not_before + spread(wait, in->seed, in->now);
			snprintf(out->reason, sizeof out->reason,
			    "the server asks for %s (Retry-After)", span(wait, a));
		}
	}
}
