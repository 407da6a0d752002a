/*
 * ramp: many feeds are overdue at once, at a start, after an outage of our network or when a list
 * was added. The first few start now; the others follow one after the other, those first whose
 * window is likely to scroll on unseen. Hosts are spared by their gates in any case; this spares
 * the line, the name servers and sites that have many hosts.
 */
#include <stdlib.h>

#include "clock.h"
#include "pipeline_priv.h"

#define FREE_STARTS 64   /* a first run of few feeds is not held up */
#define PER_S       20   /* then so many start in a second ... */
#define LONGEST_S   1800 /* ... or more, that all have started in half an hour */
#define NOT_POLLED  0.01 /* windows an hour, of a feed that nothing is known of */

struct overdue {
	struct feed *feed;
	double risk; /* windows that went by since it was last seen */
};

static int
compare_risk(const void *a, const void *b)
{
	const struct overdue *x = a, *y = b;
	if (x->risk != y->risk)
		return x->risk < y->risk ? 1 : -1;
	uint64_t h = hash64(&x->feed->id, sizeof x->feed->id),
		 i = hash64(&y->feed->id, sizeof y->feed->id);
	return h < i ? -1 : h > i; /* not in the order of a list, which is that of its hosts */
}

static double
risk_of(const struct feed *f, int64_t now)
{
	double hours = f->polled_at && now > f->polled_at ? (double)(now - f->polled_at) / 3600 : 1;
	return (f->pace > 0 ? (double)f->pace : NOT_POLLED) * hours;
}

void
ramp_feeds(struct pipeline *p)
{
	int64_t now_ms = clock_mono_ms(), now = clock_now();
	size_t n = 0, at = 0;
	struct overdue *all = mem_alloc((p->feeds.count + 1) * sizeof *all);
	for (struct feed *f; (f = map_next(&p->feeds, &at));)
		if (f->state == FEED_IDLE && f->due.at && f->due.due <= now_ms)
			all[n++] = (struct overdue){f, risk_of(f, now)};
	qsort(all, n, sizeof *all, compare_risk);
	int64_t span_ms = (int64_t)n * 1000 / PER_S;
	if (span_ms > LONGEST_S * INT64_C(1000))
		span_ms = LONGEST_S * INT64_C(1000);
	for (size_t i = FREE_STARTS; i < n; i++) {
		int64_t late_ms = span_ms * (int64_t)(i - FREE_STARTS + 1) / (int64_t)n;
		heap_set(&p->due, &all[i].feed->due, now_ms + late_ms);
	}
	mem_free(all);
}
