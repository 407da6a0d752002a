/* honesty: see include/honesty.h. */
#include "honesty.h"

#include <math.h>

#include "cadence_priv.h"

#define FORGIVE_S   (30 * 86400) /* a liar is believed again after so long, and asked again */
#define ASK_EVERY_S 86400        /* an unconditional poll at most once a day */
#define SILENCE     3.0 /* so many entries expected, and none came: one in twenty by chance */
#define LOOK_S      (7 * 86400) /* and once a week in any case */
#define SLACK_S     3600        /* caches and clocks: news may be so old at a 304 without a lie */
#define WATCHED_S   (2 * 86400) /* a rhythm that was watched for less makes nothing improbable */
#define WATCHED_N   10 /* ... unless it has seen so many entries, as a first document may show */
#define USELESS_MIN 8
#define NEWS_MIN    3    /* entries that prove a lie which nobody asked for */
#define CHANCE_MIN  1e-4 /* undated entries that came since the last 304: less likely is a lie */

/* The chance of at least N entries where EXPECTED are (Poisson). */
static double
chance_of(size_t n, double expected)
{
	double term = exp(-expected), below = 0;
	for (size_t i = 0; i < n && i < 200; i++) {
		below += term;
		term *= expected / (double)(i + 1);
	}
	return 1 - below;
}

void
honesty_unchanged(struct honesty *h, int64_t now)
{
	h->unchanged_at = now;
	h->useless = 0;
}

/* The 304 before NEWS hid some of it. */
static int
is_lie(const struct honesty *h, int64_t now, const struct honesty_news *news,
    const struct rhythm *rhythm)
{
	if (!h->unchanged_at || !news->fresh)
		return 0;
	if (news->conditional)
		return news->fresh >= NEWS_MIN && news->middle &&
		       news->middle < h->unchanged_at - SLACK_S;
	if (news->oldest)
		return news->oldest < h->unchanged_at - SLACK_S;
	return chance_of(news->fresh, rhythm_expect(rhythm, h->unchanged_at, now)) < CHANCE_MIN;
}

void
honesty_full(
    struct honesty *h, int64_t now, const struct honesty_news *news, const struct rhythm *rhythm)
{
	if (is_lie(h, now, news, rhythm)) {
		h->lies = (uint16_t)(h->lies + (h->lies < UINT16_MAX));
		if (!news->conditional || news->all_fresh || h->lies > 1)
			h->lied_at = now;
	}
	if (news->conditional)
		h->useless = news->fresh ? 0 : (uint16_t)(h->useless + (h->useless < UINT16_MAX));
	else if (h->unchanged_at)
		h->asked_at = now;
	h->full_at = now;
	h->unchanged_at = 0;
}

enum honesty_mode
honesty_mode(const struct honesty *h, const struct rhythm *rhythm, int64_t now)
{
	if (h->lied_at && now - h->lied_at < FORGIVE_S)
		return HONESTY_LIAR;
	if (!h->unchanged_at || !h->full_at || now - h->asked_at < ASK_EVERY_S)
		return HONESTY_TRUSTED;
	if (now - rhythm->since < WATCHED_S && rhythm->level < WATCHED_N)
		return HONESTY_TRUSTED;
	if (now - h->full_at > LOOK_S && now - h->asked_at > LOOK_S)
		return HONESTY_ASK;
	return rhythm_expect_usual(rhythm, h->full_at, h->unchanged_at) > SILENCE ? HONESTY_ASK
										  : HONESTY_TRUSTED;
}

int
honesty_is_useless(const struct honesty *h)
{
	return h->useless >= USELESS_MIN;
}

void
honesty_pack(const struct honesty *h, uint8_t out[HONESTY_PACKED])
{
	uint8_t *at = out;
	pack_u64(&at, (uint64_t)h->full_at);
	pack_u64(&at, (uint64_t)h->unchanged_at);
	pack_u64(&at, (uint64_t)h->asked_at);
	pack_u64(&at, (uint64_t)h->lied_at);
	pack_u32(&at, h->lies | (uint32_t)h->useless << 16);
}

void
honesty_unpack(struct honesty *h, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	*h = (struct honesty){0};
	if (!bytes || len != HONESTY_PACKED)
		return;
	h->full_at = (int64_t)unpack_u64(&at);
	h->unchanged_at = (int64_t)unpack_u64(&at);
	h->asked_at = (int64_t)unpack_u64(&at);
	h->lied_at = (int64_t)unpack_u64(&at);
	uint32_t both = unpack_u32(&at);
	h->lies = (uint16_t)both;
	h->useless = (uint16_t)(both >> 16);
}
