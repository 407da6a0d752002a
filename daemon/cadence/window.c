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
#define CHANCE_MAX       0.135          /* that nothing was lost: see docs/polling.md */
#define OWN_PRIOR        0.1            /* events, so that a night does not expect nothing at all */
#define LAG_MIN_S        60
#define LAG_FORGET_S     (14.0 * 86400)
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

/* Of the LEN times, the N different ones, in place: entries that come together are one event. */
static size_t
keep_moments(int64_t *times, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		if (!n || times[n - 1] != times[i])
			times[n++] = times[i];
	return n;
}

/* What is thought of a window that shares nothing with the last one. */
struct turnover {
	double chance; /* that nothing was lost */
	double events; /* expected to be lost */
};

/*
 * N events are seen at TIMES until NOW, in a time in which the rhythm expected EXPECTED; how many
 * came between FROM and the first of them? If rates were the same throughout, the time before the
 * first has its share of all events, in proportion to the time after it. Two views of that
 * proportion, equally good by bench/month.c, better together (their geometric mean): the pace of
 * the window's older half, and the rhythm's shape of day and week. That there was none: all
 * events are Poisson with a rate that is known no better than by one event (a gamma prior with the
 * mean EXPECTED), so that the lost ones are negative binomial, in closed form. Their number is not
 * taken from that: the mean of a young feed is too low.
 */
static struct turnover
judge_turnover(const struct rhythm *rhythm, const int64_t *times, size_t n, int64_t from,
    int64_t now, double expected, double batch)
{
	double before_s = (double)(times[0] - from), after_s = (double)(now - times[0]) + 1;
	double half_s = (double)(times[n / 2] - times[0]);
	double pace =
	    half_s > 0 ? before_s / half_s * (double)(n / 2) / (double)n : before_s / after_s;
	double usual = rhythm_expect_usual(rhythm, from, times[0]) / batch,
	       own = rhythm_expect_usual(rhythm, times[0], now) / batch;
	double odds = sqrt(pace * (usual + OWN_PRIOR) / (own + OWN_PRIOR));
	double part = odds / (1 + odds) * expected / (expected + 1);
	return (struct turnover){
	    .chance = pow(1 - part, (double)n + 1), .events = (double)n * odds};
}

static void
find_dated_gap(const struct window *w, const struct rhythm *rhythm, int64_t *times, size_t n,
    int64_t now, struct window_view *out)
{
	if (times[0] <= w->newest)
		return; /* it reaches back to what was seen */
	/* what was published before the last look was seen then, but for what takes time to appear;
	 * unless that look was at an old copy, as entries tell that are older and were not there */
	int64_t seen = w->lag_s > 0 ? w->at - (int64_t)w->lag_s : 0;
	int64_t from = seen > w->newest && seen < times[0] ? seen : w->newest;
	size_t moments = keep_moments(times, n);
	double batch = (double)n / (double)moments;
	struct turnover t = judge_turnover(
	    rhythm, times, moments, from, now, rhythm_expect(rhythm, from, now) / batch, batch);
	out->gap_from = w->newest;
	out->gap_until = times[0];
	out->lost = t.events * batch;
	out->gap = t.chance <= CHANCE_MAX;
}

static void
find_gap(const struct window *w, const struct rhythm *rhythm, const struct window_entry *entries,
    size_t len, int64_t now, struct window_view *out)
{
	int64_t times[TIMES_MAX];
	size_t n = fresh_times(entries, len, now, times, TIMES_MAX);
	if (w->newest && n > 1) {
		find_dated_gap(w, rhythm, times, n, now, out);
		return;
	}
	double least = (double)out->fresh / UNDATED_SHARE;
	out->gap_from = w->at;
	out->gap_until = now;
	out->lost = rhythm_expect(rhythm, w->at, now) - (double)out->fresh;
	if (out->lost < least)
		out->lost = least;
	out->gap = out->lost >= LOST_MIN_UNDATED;
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

/* How old the newest entry is when it is seen: what takes time to appear is never younger. */
static void
learn_lag(struct window *w, size_t fresh, int64_t passed, int64_t now)
{
	if (!w->newest || !fresh)
		return;
	float lag = (float)(now - w->newest > LAG_MIN_S ? now - w->newest : LAG_MIN_S);
	w->lag_s *= (float)exp((double)passed / LAG_FORGET_S);
	if (w->lag_s <= 0 || lag < w->lag_s)
		w->lag_s = lag;
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
	learn_lag(w, fresh, passed, now);
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
	pack_float(&at, w->lag_s);
}

void
window_unpack(struct window *w, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	*w = (struct window){0};
	if (!bytes || (len != WINDOW_PACKED && len != WINDOW_OLDER))
		return;
	w->at = (int64_t)unpack_u64(&at);
	w->newest = (int64_t)unpack_u64(&at);
	uint32_t full = unpack_u32(&at);
	w->full = full >> 1;
	w->dated = full & 1;
	w->life_s = unpack_float(&at);
	for (int i = 0; i < WINDOW_MARKS; i++)
		w->marks[i] = unpack_u64(&at);
	if (len == WINDOW_PACKED)
		w->lag_s = unpack_float(&at);
}
