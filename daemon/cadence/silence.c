/* silence: see include/silence.h. */
#include "silence.h"

#include <math.h>

#include "cadence_priv.h"

#define DAY          86400
#define WATCHED_S    (7 * DAY) /* a rhythm needs a week to know the weekend */
#define COUNT_MIN    10        /* silences, before the next can be strange */
#define MEAN_OF      64        /* silences that the mean remembers */
#define LONGEST_KEEP 1000.0    /* expected entries in which 63 % of the longest are forgotten */
#define STRANGE      10.0      /* means: by chance one silence in 20,000, were all days alike */
#define LONGER       1.5       /* and so many times the longest that was seen lately */
#define SHORTEST_S   (6 * 3600)
#define COLLAPSE     0.1  /* of what the month expects of a week ... */
#define COLLAPSE_MIN 20.0 /* ... which is at least so many */

/* Entries that were expected since the last one came, by the rhythm as it was then. */
static double
expected_since(const struct silence *s, const struct rhythm *rhythm, int64_t now)
{
	struct rhythm then;
	rhythm_as_of(rhythm, s->last, &then);
	return rhythm_expect_usual(&then, s->last, now);
}

void
silence_came(struct silence *s, const struct rhythm *rhythm, int64_t now)
{
	if (s->last && now > s->last && rhythm->since) {
		double e = expected_since(s, rhythm, now);
		s->count += s->count < 1u << 30;
		s->mean += (float)((e - s->mean) / (s->count < MEAN_OF ? s->count : MEAN_OF));
		s->longest *= (float)exp(-e / LONGEST_KEEP);
		if (e > s->longest)
			s->longest = (float)e;
	}
	if (now > s->last)
		s->last = now;
}

static int
is_silent(const struct silence *s, const struct rhythm *rhythm, int64_t now, double *chance)
{
	double e = expected_since(s, rhythm, now), mean = s->mean > 1 ? s->mean : 1;
	*chance = exp(-e / mean);
	return now - s->last >= SHORTEST_S && e >= STRANGE * mean && e >= LONGER * s->longest;
}

static int
has_collapsed(const struct rhythm *rhythm, int64_t now, double *chance)
{
	double week = rhythm_week(rhythm, now), month = rhythm_month(rhythm, now);
	if (month < COLLAPSE_MIN || week > COLLAPSE * month)
		return 0;
	*chance = exp(week - month - week * log(week > 0 ? week / month : 1));
	return 1;
}

int
silence_judge(struct silence *s, const struct rhythm *rhythm, int64_t now, double *chance)
{
	enum silence_alarm before = s->alarm;
	*chance = 1;
	if (!s->last || !rhythm->since || s->count < COUNT_MIN || now - rhythm->since < WATCHED_S) {
		s->alarm = SILENCE_NONE;
	} else { /* a silence that has begun to be strange only becomes stranger, until news comes
		  */
		double c;
		s->alarm = is_silent(s, rhythm, now, &c) ? SILENCE_SILENT
			   : now - rhythm->since > 4 * WATCHED_S && has_collapsed(rhythm, now, &c)
			       ? SILENCE_COLLAPSED
			       : SILENCE_NONE;
		if (s->alarm)
			*chance = c < 1 ? c : 1;
	}
	return s->alarm != before;
}

void
silence_pack(const struct silence *s, uint8_t out[SILENCE_PACKED])
{
	uint8_t *at = out;
	pack_u64(&at, (uint64_t)s->last);
	pack_float(&at, s->mean);
	pack_float(&at, s->longest);
	pack_u32(&at, s->count);
	pack_u32(&at, (uint32_t)s->alarm);
}

void
silence_unpack(struct silence *s, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	*s = (struct silence){0};
	if (!bytes || len != SILENCE_PACKED)
		return;
	s->last = (int64_t)unpack_u64(&at);
	s->mean = unpack_float(&at);
	s->longest = unpack_float(&at);
	s->count = unpack_u32(&at);
	uint32_t alarm = unpack_u32(&at);
	s->alarm = alarm <= SILENCE_COLLAPSED ? (enum silence_alarm)alarm : SILENCE_NONE;
}
