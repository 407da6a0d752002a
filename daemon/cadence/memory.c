/* memory: what a feed remembers from poll to poll. See include/cadence.h. */
#include "cadence.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cadence_priv.h"

#define MEMORY_VERSION 3 /* 1 was without silence, 2 without the window's lag */
#define PACKED_2       (CADENCE_PACKED - WINDOW_PACKED + WINDOW_OLDER)

static const size_t lengths[MEMORY_VERSION + 1] = {
    0, PACKED_2 - SILENCE_PACKED, PACKED_2, CADENCE_PACKED};

void
cadence_pack(const struct cadence_memory *m, uint8_t out[CADENCE_PACKED])
{
	*out++ = MEMORY_VERSION;
	pack_u64(&out, (uint64_t)m->failing_since);
	pack_u32(&out, m->hints.ttl_s);
	pack_u32(&out, m->hints.sy_period_s);
	pack_u32(&out, m->hints.skip_hours);
	*out++ = m->hints.skip_days;
	rhythm_pack(&m->rhythm, out);
	window_pack(&m->window, out + RHYTHM_PACKED);
	honesty_pack(&m->honesty, out + RHYTHM_PACKED + WINDOW_PACKED);
	silence_pack(&m->silence, out + RHYTHM_PACKED + WINDOW_PACKED + HONESTY_PACKED);
}

/* No moment that is remembered lies after NOW. */
static void
mend_times(struct cadence_memory *m, int64_t now)
{
	int64_t *const times[] = {&m->failing_since, &m->rhythm.since, &m->rhythm.at, &m->window.at,
	    &m->honesty.full_at, &m->honesty.unchanged_at, &m->honesty.asked_at,
	    &m->honesty.lied_at, &m->silence.last};
	for (size_t i = 0; i < sizeof times / sizeof *times; i++)
		if (*times[i] > now)
			*times[i] = now;
	if (m->window.newest > now + WINDOW_AHEAD_S) /* a publisher's clock may be a little ahead */
		m->window.newest = now;
}

void
cadence_unpack(struct cadence_memory *m, const void *bytes, size_t len, int64_t now)
{
	const uint8_t *at = bytes;
	*m = (struct cadence_memory){0};
	int version = bytes && len ? *at++ : 0;
	if (version < 1 || version > MEMORY_VERSION || len != lengths[version])
		return;
	m->failing_since = (int64_t)unpack_u64(&at);
	m->hints.ttl_s = unpack_u32(&at);
	m->hints.sy_period_s = unpack_u32(&at);
	m->hints.skip_hours = unpack_u32(&at);
	m->hints.skip_days = *at++;
	size_t window = version < 3 ? WINDOW_OLDER : WINDOW_PACKED;
	rhythm_unpack(&m->rhythm, at, RHYTHM_PACKED);
	window_unpack(&m->window, at += RHYTHM_PACKED, window);
	honesty_unpack(&m->honesty, at += window, HONESTY_PACKED);
	if (version > 1)
		silence_unpack(&m->silence, at + HONESTY_PACKED, SILENCE_PACKED);
	mend_times(m, now);
}

#define FIRST_SPAN_MAX_S (30 * 86400) /* older entries of a first document tell nothing */
#define FIRST_SPAN_S     3600         /* of a first document without dates */
#define TIMES_MAX        512
#define TTL_MAX_MIN      (7 * 24 * 60) /* more is nonsense */

/* Since when the fresh entries of a first document came: the document is a sample of that time. */
static int64_t
first_span_start(const struct window_entry *entries, size_t len, int64_t now)
{
	int64_t oldest = now;
	for (size_t i = 0; i < len; i++) {
		int64_t t = entries[i].published;
		if (t > now - FIRST_SPAN_MAX_S && t < oldest)
			oldest = t;
	}
	return oldest < now ? oldest : now - FIRST_SPAN_S;
}

static void
take_hints(struct cadence_hints *h, const struct feed_doc *doc)
{
	*h = (struct cadence_hints){0};
	if (!doc)
		return;
	if (doc->ttl_min > 0 && doc->ttl_min < TTL_MAX_MIN)
		h->ttl_s = (uint32_t)doc->ttl_min * 60;
	if (doc->sy_period_s > 0 && doc->sy_period_s < UINT32_MAX)
		h->sy_period_s = (uint32_t)doc->sy_period_s;
	h->skip_hours = doc->skip_hours;
	h->skip_days = doc->skip_days;
}

void
cadence_learn_unchanged(struct cadence_memory *m, int64_t now)
{
	honesty_unchanged(&m->honesty, now);
	rhythm_learn(&m->rhythm, m->rhythm.at, now, NULL, 0);
}

void
cadence_learn_parts(struct cadence_memory *m, size_t fresh, int64_t now)
{
	const int64_t times[TIMES_MAX] = {0};
	int64_t from = m->window.at ? m->window.at : now - FIRST_SPAN_S;
	if (fresh)
		silence_came(&m->silence, &m->rhythm, now);
	rhythm_learn(&m->rhythm, from, now, times, fresh < TIMES_MAX ? fresh : TIMES_MAX);
	m->honesty = (struct honesty){.full_at = now, .asked_at = m->honesty.asked_at};
	m->window.at = now;
}

void
cadence_learn_pushed(struct cadence_memory *m, size_t fresh, int64_t now)
{
	const int64_t times[TIMES_MAX] = {0};
	if (fresh)
		silence_came(&m->silence, &m->rhythm, now);
	rhythm_learn(&m->rhythm, m->rhythm.at, now, times, fresh < TIMES_MAX ? fresh : TIMES_MAX);
}

/* The middle one of LEN TIMES, 0: it is unknown. */
static int64_t
middle_of(const int64_t *times, size_t len)
{
	int64_t sorted[TIMES_MAX];
	if (!len)
		return 0;
	memcpy(sorted, times, len * sizeof *sorted);
	qsort(sorted, len, sizeof *sorted, compare_times);
	return sorted[len / 2];
}

void
cadence_learn(struct cadence_memory *m, const struct cadence_document *d, int64_t now,
    struct window_view *view)
{
	int64_t times[TIMES_MAX], oldest = 0, from = m->window.at;
	int first = !from;
	size_t n = 0;
	take_hints(&m->hints, d->doc);
	if (!d->entries) {
		*view = (struct window_view){0};
		struct honesty_news same = {.conditional = d->conditional};
		honesty_full(&m->honesty, now, &same, &m->rhythm);
		rhythm_learn(&m->rhythm, m->rhythm.at, now, NULL, 0);
		m->window.at = now;
		return;
	}
	window_compare(&m->window, &m->rhythm, d->entries, d->len, now, view);
	if (view->fresh)
		silence_came(&m->silence, &m->rhythm, now);
	if (first)
		from = first_span_start(d->entries, d->len, now);
	for (size_t i = 0; i < d->len; i++) {
		int64_t t = d->entries[i].published;
		if (!d->entries[i].fresh || (first && t < from))
			continue;
		if (t > 0 && t <= now && (!oldest || t < oldest))
			oldest = t;
		if (n < TIMES_MAX)
			times[n++] = t;
	}
	struct honesty_news news = {.conditional = d->conditional,
	    .fresh = view->fresh,
	    .oldest = oldest,
	    .middle = middle_of(times, n),
	    .all_fresh = view->fresh == view->entries};
	honesty_full(&m->honesty, now, &news, &m->rhythm);
	rhythm_learn(&m->rhythm, from, now, times, n);
	window_learn(&m->window, d->entries, d->len, now);
}

int
cadence_judge_silence(struct cadence_memory *m, int64_t now, char *reason, size_t size)
{
	double chance;
	if (!silence_judge(&m->silence, &m->rhythm, now, &chance))
		return 0;
	double hours = (double)(now - m->silence.last) / 3600;
	if (m->silence.alarm == SILENCE_SILENT)
		snprintf(reason, size, "nothing new for %.1f %s, by chance once in %.0e times",
		    hours < 48 ? hours : hours / 24, hours < 48 ? "h" : "d", 1 / chance);
	else if (m->silence.alarm == SILENCE_COLLAPSED)
		snprintf(reason, size,
		    "%.0f entries in a week, where the month brought %.0f a week",
		    rhythm_week(&m->rhythm, now), rhythm_month(&m->rhythm, now));
	else
		snprintf(reason, size, "it is as usual again");
	return 1;
}
