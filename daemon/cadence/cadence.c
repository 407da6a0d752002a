/* cadence: see include/cadence.h. */
#include "cadence.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"

#define HOUR             3600
#define DAY              86400
#define SPREAD_PERCENT   5
#define SKIP_SPREAD_S    900 /* after an hour that is skipped; less than the hour that is not */
#define STEPS_PER_OCTAVE 8   /* of the integral: each step is an eighth of the time so far */
#define STEP_MIN_S       60
#define BACKUP_FACTOR    4   /* a hub that pushes everything makes polls so much rarer */
#define OUTAGE_LOOK_S    600 /* unless the end of the outage comes before */
#define SMALL_WINDOW     20  /* of a feed that never showed how many entries it holds */
#define SY_ENTRIES       2.0 /* more in a stated period: the statement is a default that nobody set */

/* How long after the first failure of its kind, then twice as long each time, at most CAP_S. What
 * passes by itself is looked at soon, what somebody must repair is not. */
static const struct {
	const char *name;
	int64_t first_s, cap_s;
} failures[FAILURE_COUNT] = {
    [FAILURE_DNS] = {"dns", 1800, DAY},
    [FAILURE_CONNECT] = {"connect", 600, DAY},
    [FAILURE_TLS] = {"tls", HOUR, DAY},
    [FAILURE_TIMEOUT] = {"timeout", 900, DAY},
    [FAILURE_BROKEN] = {"broken", 600, DAY},
    [FAILURE_SERVER] = {"server", 600, DAY},
    [FAILURE_THROTTLED] = {"throttled", 1800, DAY},
    [FAILURE_CLIENT] = {"client", HOUR, DAY},
    [FAILURE_GONE] = {"gone", DAY, 7 * DAY},
    [FAILURE_CHALLENGE] = {"challenge", 4 * HOUR, DAY},
    [FAILURE_REDIRECTS] = {"redirects", HOUR, DAY},
    [FAILURE_TOO_BIG] = {"too_big", HOUR, DAY},
    [FAILURE_REFUSED] = {"refused", HOUR, DAY},
    [FAILURE_NOT_FEED] = {"not_feed", HOUR, DAY},
    [FAILURE_PARSE] = {"parse", HOUR, DAY},
};

#define DEAD_AFTER_S (60 * DAY) /* failing for longer: looked at once a week, for ever */
#define DEAD_EVERY_S (7 * DAY)

const char *
cadence_failure_name(enum cadence_failure f)
{
	return failures[f].name;
}

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

/* Between 0 and MAX_S, the same for the same feed and moment. */
static int64_t
spread_within(int64_t max_s, const struct cadence_input *in)
{
	uint64_t words[2] = {in->seed, (uint64_t)in->now};
	return (int64_t)(hash64(words, sizeof words) % (uint64_t)(max_s + 1));
}

/* Between 0 and SPREAD_PERCENT of S. */
static int64_t
spread(int64_t s, const struct cadence_input *in)
{
	return spread_within(s * SPREAD_PERCENT / 100, in);
}

static void
add_reason(struct cadence *out, const char *words)
{
	size_t len = strlen(out->reason);
	snprintf(out->reason + len, sizeof out->reason - len, "%s", words);
}

/* ---- what the publisher asks for ---- */

/*
 * The floor that the publisher asks for; WHO gets its name, NULL when there is none. ttl and
 * max-age are demands. sy:updatePeriod only describes, and most software says "hourly" unasked: it
 * holds as long as the rhythm does not belie it.
 */
static int64_t
publisher_floor(const struct cadence_input *in, const struct rhythm_rates *rates, const char **who)
{
	int64_t sy = in->memory->hints.sy_period_s;
	if (rhythm_rate(rates, in->now) * (double)sy / HOUR > SY_ENTRIES)
		sy = 0;
	int64_t floor = 0;
	*who = NULL;
	const struct {
		int64_t s;
		const char *name;
	} demands[] = {
	    {in->memory->hints.ttl_s, "ttl"},
	    {sy, "sy:updatePeriod"},
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
skip_hours(const struct cadence_hints *hints, int64_t *at)
{
	if (!hints->skip_hours && !hints->skip_days)
		return 0;
	int64_t t = *at;
	for (int tries = 0; tries < 8 * 24; tries++) {
		int hour = (int)(t / HOUR % 24),
		    day = (int)((t / DAY + 3) % 7); /* 1970-01-01: Thursday */
		int skipped = (hints->skip_hours >> hour & 1) || (hints->skip_days >> day & 1);
		if (!skipped) {
			int moved = t != *at;
			*at = t;
			return moved;
		}
		t = (t / HOUR + 1) * HOUR;
	}
	return 0; /* every hour is skipped: nonsense, ignored */
}

/* ---- failures ---- */

static void
decide_excused(const struct cadence_input *in, struct cadence *out)
{
	static const char *const words[EXCUSES] = {
	    [EXCUSE_OUTAGE] = "our own network is out",
	    [EXCUSE_CLOSED] = "it redirects to a host that is not to be asked now",
	};
	char a[24];
	int64_t wait = in->excuse == EXCUSE_OUTAGE ? OUTAGE_LOOK_S : in->again_s;
	if (wait < in->fixed_s)
		wait = in->fixed_s;
	out->at = in->now + wait + spread(wait, in);
	snprintf(out->reason, sizeof out->reason, "%s: again after %s", words[in->excuse],
	    span(wait, a));
}

static void
decide_failed(const struct cadence_input *in, struct cadence *out)
{
	char a[24], b[24];
	if (in->excuse) {
		decide_excused(in, out);
		return;
	}
	int doublings = (int)clamp(in->failures - 1, 0, 16);
	int64_t cap = failures[in->failure].cap_s, first = failures[in->failure].first_s;
	int64_t failing_s = in->memory->failing_since ? in->now - in->memory->failing_since : 0;
	if (failing_s > DEAD_AFTER_S && cap < DEAD_EVERY_S)
		first = cap = DEAD_EVERY_S;
	int64_t wait = clamp(first << doublings, in->min_s, cap);
	if (wait < in->fixed_s) /* who fails is asked no more often for having an interval */
		wait = in->fixed_s;
	out->at = in->now + wait + spread(wait, in);
	snprintf(out->reason, sizeof out->reason, "failure %lld in a row (%s): again after %s",
	    (long long)in->failures, failures[in->failure].name, span(wait, a));
	if (failing_s > DAY) {
		add_reason(out, ", failing for ");
		add_reason(out, span(failing_s, b));
	}
}

/* ---- the rhythm ---- */

/* Seconds from NOW until waiting has cost PRICE entry-hours, at most MAX_S. */
static int64_t
worth_s(const struct rhythm_rates *r, double price, int64_t now, int64_t max_s)
{
	double cost = 0;
	int64_t t = 0, step;
	while (t < max_s) {
		step = t / STEPS_PER_OCTAVE > STEP_MIN_S ? t / STEPS_PER_OCTAVE : STEP_MIN_S;
		double middle_h = ((double)t + (double)step / 2) / HOUR;
		cost += rhythm_rate(r, now + t + step / 2) * middle_h * (double)step / HOUR;
		t += step;
		if (cost >= price)
			break;
	}
	return t < max_s ? t : max_s;
}

static void
say_what_came(const struct cadence_input *in, struct cadence *out)
{
	if (in->event == CADENCE_CHANGED)
		snprintf(out->reason, sizeof out->reason, "%lld of %lld entries were new, ",
		    (long long)in->fresh, (long long)in->items);
	else
		snprintf(out->reason, sizeof out->reason, "nothing new, ");
}

static void
decide_learned(const struct cadence_input *in, struct cadence *out)
{
	const struct cadence_memory *m = in->memory;
	char a[24], b[24], words[120];
	const char *who;
	struct rhythm_rates rates;
	rhythm_rates(&m->rhythm, &rates);
	int64_t worth = worth_s(&rates, in->price, in->now, in->max_s),
		safe = window_safe_s(&m->window, &m->rhythm, in->now, in->max_s);
	say_what_came(in, out);
	double rate = rhythm_rate(&rates, in->now);
	snprintf(words, sizeof words,
	    rate >= 1 ? "%.1f an hour expected: " : "%.1f a day expected: ",
	    rate >= 1 ? rate : rate * 24);
	add_reason(out, words);
	int64_t wait = worth < safe ? worth : safe;
	int blind = !in->has_validators || out->mode == HONESTY_LIAR;
	int64_t floor = blind && in->blind_min_s > in->min_s ? in->blind_min_s : in->min_s;
	snprintf(words, sizeof words, "again after %s", span(clamp(wait, floor, in->max_s), a));
	add_reason(out, words);
	if (wait < floor)
		add_reason(out, blind ? " (the floor without validators)" : " (the floor)");
	else if (safe < worth)
		add_reason(out, ", before its window scrolls on");
	wait = clamp(wait, floor, in->max_s);
	if (wait < in->backup_s) {
		wait = wait * BACKUP_FACTOR < in->backup_s ? wait * BACKUP_FACTOR : in->backup_s;
		snprintf(words, sizeof words, ", stretched to %s as its hub pushes", span(wait, b));
		add_reason(out, words);
	}
	out->interval_s = wait;
	int64_t asked = publisher_floor(in, &rates, &who);
	if (asked > wait) {
		wait = asked;
		snprintf(words, sizeof words, ", held to %s by %s", span(wait, b), who);
		add_reason(out, words);
	}
	out->at = in->now + wait + spread(wait, in);
}

float
cadence_pace(const struct cadence_memory *m)
{
	struct rhythm_rates rates;
	double sum = 0;
	if (!m->rhythm.since)
		return 0;
	rhythm_rates(&m->rhythm, &rates);
	for (int h = 0; h < 24; h++)
		sum += rates.hours[h];
	return (float)(sum / 24 / (m->window.full ? m->window.full : SMALL_WINDOW));
}

void
cadence_decide(const struct cadence_input *in, struct cadence *out)
{
	char a[24];
	*out = (struct cadence){
	    .mode = honesty_mode(&in->memory->honesty, &in->memory->rhythm, in->now),
	    .pace = cadence_pace(in->memory)};
	if (in->event == CADENCE_FAILED) {
		decide_failed(in, out);
	} else if (in->fixed_s > 0) {
		out->interval_s = in->fixed_s;
		out->at = in->now + in->fixed_s + spread(in->fixed_s, in);
		snprintf(out->reason, sizeof out->reason, "every %s, as configured",
		    span(in->fixed_s, a));
	} else {
		decide_learned(in, out);
		if (skip_hours(&in->memory->hints, &out->at)) {
			out->at +=
			    spread_within(SKIP_SPREAD_S, in); /* all would come on the hour */
			add_reason(out, ", moved past skipHours or skipDays");
		}
	}
	if (in->retry_after_s >= 0) {
		int64_t wait = clamp(in->retry_after_s, 0, RETRY_AFTER_MAX_S);
		out->not_before = in->now + wait;
		if (out->at < out->not_before) {
			out->at = out->not_before + spread(wait, in);
			snprintf(out->reason, sizeof out->reason,
			    "the server asks for %s (Retry-After)", span(wait, a));
		}
	}
}

int64_t
cadence_furthest_s(int64_t fixed_s, int64_t max_s)
{
	int64_t longest = fixed_s > max_s ? fixed_s : max_s;
	if (longest < RETRY_AFTER_MAX_S) /* and DEAD_EVERY_S */
		longest = RETRY_AFTER_MAX_S;
	return longest + longest * SPREAD_PERCENT / 100 + 7 * DAY; /* skipDays */
}
