/* window: see include/window.h. */
#include "window.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "cadence_priv.h"

#define FULL_MIN         5  /* a window of fewer entries says nothing when it turns over */
#define FULL_PERCENT     85 /* of the usual number makes a window full */
#define FULL_FORGET      16 /* a smaller window becomes the usual one by 1/16 a poll */
#define FRESH_PERCENT    60 /* of a window must be new for a gap; else it shows its past again */
#define LIFE_FORGET_S    (14.0 * 86400) /* a short life is forgotten in two weeks */
#define SAFE_SHARE       3              /* a third of the window may be new */
#define TIMES_MAX        256            /* entries of a document whose times are looked at */
#define LOST_MIN         4.0 /* fewer: the window may just have turned over, see docs/polling.md */
#define LOST_MIN_UNDATED 2.0
#define UNDATED_SHARE                                                                              \
	3 /* a window without dates that turned over: it lost a third of one at least */

/* The publication time of E as far as it can be believed at NOW, else 0. */
static int64_t
published(const struct window_entry *e, int64_t now)
{
	return e->published > 0 && e->published < now + WINDOW_AHEAD_S ? e->published : 0;
}

static size_t
count_dated(const struct window_entry *entries, size_t len, int64_t now)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += published(&entries[i], now) != 0;
	return n;
}

static int
has_mark(const struct window *w, uint64_t key)
{
	for (int i = 0; i < WINDOW_MARKS; i++)
		if (w->marks[i] && w->marks[i] == key)
			return 1;
	return 0;
}

/* Publication times of the fresh entries, oldest first, at most MAX. Returns how many. */
static size_t
fresh_times(const struct window_entry *entries, size_t len, int64_t now, int64_t *times, size_t max)
{
	size_t n = 0;
	for (size_t i = 0; i < len && n < max; i++) {
		int64_t t = entries[i].fresh ? published(&entries[i], now) : 0;
		if (t)
			times[n++] = t;
	}
	qsort(times, n, sizeof *times, compare_times);
	return n;
}

/*
 * How many entries were published between FROM, the newest entry seen before, and the oldest of the
 * LEN fresh ones at TIMES, which came until NOW. Two views, equally good by bench/month.c, better
 * together (their geometric mean): the pace of the window's older half, and the rhythm's shape of
 * day and week, lifted to what came in the window's own time.
 */
static double
estimate_lost(
    const struct rhythm *rhythm, const int64_t *times, size_t len, int64_t from, int64_t now)
{
	double usual = rhythm_expect_usual(rhythm, from, times[0]),
	       own = rhythm_expect_usual(rhythm, times[0], now),
	       half_s = (double)(times[len / 2] - times[0]);
	double like_rhythm = usual * ((double)len + 0.5) / (own + 0.5);
	if (half_s <= 0)
		return like_rhythm;
	double like_window = (double)(len / 2) * (double)(times[0] - from) / half_s;
	return sqrt(like_window * like_rhythm);
}

static void
find_gap(const struct window *w, const struct rhythm *rhythm, const struct window_entry *entries,
    size_t len, int64_t now, struct window_view *out)
{
	int64_t times[TIMES_MAX];
	size_t n = fresh_times(entries, len, now, times, TIMES_MAX);
	int dated = w->newest && n > 1;
	if (dated && times[0] <= w->newest)
		return; /* it reaches back to what was seen */
	out->gap_from = dated ? w->newest : w->at;
	out->gap_until = dated ? times[0] : now;
	/* between two entries that follow each other lies one step of the rhythm, too */
	out->lost = dated ? estimate_lost(rhythm, times, n, out->gap_from, now) - 1
			  : rhythm_expect(rhythm, w->at, now) - (double)out->fresh;
	double least = dated ? 0 : (double)out->fresh / UNDATED_SHARE;
	if (out->lost < least)
		out->lost = least;
	out->gap = out->lost >= (dated ? LOST_MIN : LOST_MIN_UNDATED);
}

void
window_compare(const struct window *w, const struct rhythm *rhythm,
    const struct window_entry *entries, size_t len, int64_t now, struct window_view *out)
{
	int marked = 0;
	*out = (struct window_view){.entries = len};
	for (size_t i = 0; i < len; i++) {
		out->fresh += entries[i].fresh != 0;
		marked |= has_mark(w, entries[i].key);
	}
	out->overlap = len - out->fresh;
	int full = len >= FULL_MIN && len * 100 >= (size_t)w->full * FULL_PERCENT;
	if (w->at && w->marks[0] && full && !marked && out->fresh * 100 >= len * FRESH_PERCENT)
		find_gap(w, rhythm, entries, len, now, out);
}

/* The newest entries by date, or by the document's order when dates are missing. */
static void
take_marks(struct window *w, const struct window_entry *entries, size_t len, int64_t now)
{
	int64_t times[WINDOW_MARKS] = {0};
	size_t n = 0;
	memset(w->marks, 0, sizeof w->marks);
	for (size_t i = 0; i < len; i++) {
		int64_t t = w->dated ? published(&entries[i], now) : (int64_t)(len - i);
		size_t at = n;
		while (at > 0 && times[at - 1] < t)
			at--;
		if (at >= WINDOW_MARKS)
			continue;
		size_t last = n < WINDOW_MARKS ? n++ : WINDOW_MARKS - 1;
		for (size_t j = last; j > at; j--) {
			times[j] = times[j - 1];
			w->marks[j] = w->marks[j - 1];
		}
		times[at] = t;
		w->marks[at] = entries[i].key;
	}
}

void
window_learn(struct window *w, const struct window_entry *entries, size_t len, int64_t now)
{
	size_t fresh = 0;
	int64_t passed = w->at && now > w->at ? now - w->at : 0;
	if (!len)
		return;
	w->newest = 0;
	for (size_t i = 0; i < len; i++) {
		int64_t t = published(&entries[i], now);
		fresh += entries[i].fresh != 0;
		if (t > w->newest)
			w->newest = t;
	}
	w->dated = count_dated(entries, len, now) * 2 > len;
	if (!w->dated)
		w->newest = 0;
	if (len >= w->full)
		w->full = (uint32_t)len;
	else
		w->full -= (w->full - (uint32_t)len + FULL_FORGET - 1) / FULL_FORGET;
	if (w->life_s > 0)
		w->life_s *= (float)exp((double)passed / LIFE_FORGET_S);
	if (passed && fresh > 1) {
		float life = (float)passed * (float)len / (float)fresh;
		if (w->life_s <= 0 || life < w->life_s)
			w->life_s = life;
	}
	take_marks(w, entries, len, now);
	w->at = now;
}

int64_t
window_safe_s(const struct window *w, const struct rhythm *rhythm, int64_t now, int64_t max_s)
{
	if (w->full < FULL_MIN)
		return INT64_MAX;
	struct rhythm_rates rates;
	double room = (double)w->full / SAFE_SHARE, expected = 0;
	int64_t safe = INT64_MAX;
	rhythm_rates(rhythm, &rates);
	for (int64_t t = now, step; t < now + max_s; t += step) {
		step = (t - now) / 8 > 60 ? (t - now) / 8 : 60;
		expected += rhythm_rate(&rates, t + step / 2) * (double)step / 3600;
		if (expected + sqrt(expected) > room) {
			safe = t + step - now;
			break;
		}
	}
	if (w->life_s > 0 && (double)w->life_s / 2 < (double)safe)
		safe = (int64_t)(w->life_s / 2);
	return safe;
}

/* ---- bytes ---- */

void
window_pack(const struct window *w, uint8_t out[WINDOW_PACKED])
{
	uint8_t *at = out;
	pack_u64(&at, (uint64_t)w->at);
	pack_u64(&at, (uint64_t)w->newest);
	pack_u32(&at, w->full << 1 | w->dated);
	pack_float(&at, w->life_s);
	for (int i = 0; i < WINDOW_MARKS; i++)
		pack_u64(&at, w->marks[i]);
}

void
window_unpack(struct window *w, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	*w = (struct window){0};
	if (!bytes || len != WINDOW_PACKED)
		return;
	w->at = (int64_t)unpack_u64(&at);
	w->newest = (int64_t)unpack_u64(&at);
	uint32_t full = unpack_u32(&at);
	w->full = full >> 1;
	w->dated = full & 1;
	w->life_s = unpack_float(&at);
	for (int i = 0; i < WINDOW_MARKS; i++)
		w->marks[i] = unpack_u64(&at);
}
