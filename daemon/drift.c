/* drift: see include/drift.h. */
#include "drift.h"

#include <math.h>
#include <string.h>

#define PACKED_AS    1
#define KNOWN_MIN    20 /* articles before anything is called odd */
#define MEAN_OVER    50 /* articles, about, that a mean looks back on */
#define ARTICLES_MAX 1000
#define ROW          5    /* odd ones in a row make a drift, usual ones in a row end it */
#define SHORT_LOG2   2.0F /* a quarter of the usual words */
#define TITLES_USUAL 0.8F /* so many must have matched before a mismatch is odd */
#define SETTLED      20   /* odd ones in a row: that is how the site is now */

const char *
drift_kind_name(enum drift_kind k)
{
	static const char *const names[DRIFT_KINDS] = {
	    [DRIFT_NONE] = "none",
	    [DRIFT_SHORT] = "short",
	    [DRIFT_TITLES] = "titles",
	    [DRIFT_EMPTY] = "empty",
	};
	return (unsigned)k < DRIFT_KINDS ? names[k] : "unknown";
}

static float
log2_words(uint32_t words)
{
	return log2f((float)words);
}

static void
learn_means(struct drift *d, const struct drift_page *v)
{
	if (!v->words)
		return;
	float share = 1 / (float)(d->articles < MEAN_OVER ? d->articles + 1 : MEAN_OVER);
	d->words += (log2_words(v->words) - d->words) * share;
	if (v->title_match >= 0)
		d->titles = d->titles < 0 || !d->articles
				? (float)v->title_match
				: d->titles + ((float)v->title_match - d->titles) * share;
	else if (!d->articles)
		d->titles = -1;
	d->articles = (uint16_t)(d->articles + (d->articles < ARTICLES_MAX));
}

static int
is_odd(const struct drift *d, const struct drift_page *v, enum drift_kind k)
{
	if (k == DRIFT_EMPTY)
		return !v->words;
	if (!v->words)
		return 0;
	if (k == DRIFT_SHORT)
		return log2_words(v->words) < d->words - SHORT_LOG2;
	return d->titles >= TITLES_USUAL && v->title_match == 0;
}

static void
count_row(uint8_t *row, int goes_on)
{
	*row = goes_on ? (uint8_t)(*row + (*row < UINT8_MAX)) : 0;
}

/* The way in which the newest page is odd; of several the one that has the longest row. */
static enum drift_kind
main_kind(const struct drift *d)
{
	enum drift_kind found = DRIFT_SHORT;
	for (int k = DRIFT_SHORT + 1; k < DRIFT_KINDS; k++)
		if (d->odd[k] > d->odd[found])
			found = (enum drift_kind)k;
	return found;
}

static double
before_of(const struct drift *d, enum drift_kind k)
{
	return k == DRIFT_SHORT ? exp2(d->words) : k == DRIFT_TITLES ? d->titles : 1;
}

static void
begin(struct drift *d, enum drift_kind k, const struct drift_page *v, struct drift_change *out)
{
	d->open = (uint8_t)k;
	d->normal = 0;
	*out = (struct drift_change){.begins = 1,
	    .kind = k,
	    .since = d->since,
	    .before = before_of(d, k),
	    .after = k == DRIFT_SHORT ? v->words : 0};
}

static void
end(struct drift *d, int settled, struct drift_change *out)
{
	*out = (struct drift_change){.ends = 1,
	    .kind = (enum drift_kind)d->open,
	    .since = d->since,
	    .before = before_of(d, (enum drift_kind)d->open),
	    .settled = settled};
	if (settled) /* learn the site anew */
		*d = (struct drift){.titles = -1};
	d->open = DRIFT_NONE;
	memset(d->odd, 0, sizeof d->odd);
}

void
drift_learn(struct drift *d, const struct drift_page *v, int64_t at, struct drift_change *out)
{
	int odd = 0;
	*out = (struct drift_change){0};
	if (d->articles < KNOWN_MIN) {
		learn_means(d, v);
		return;
	}
	for (int k = DRIFT_SHORT; k < DRIFT_KINDS; k++) {
		int is = is_odd(d, v, (enum drift_kind)k);
		count_row(&d->odd[k], is);
		odd |= is;
	}
	/* a broken template shows now in this way, now in that: any oddness goes on the row */
	count_row(&d->odd[DRIFT_NONE], odd);
	if (d->odd[DRIFT_NONE] == 1 && !d->open)
		d->since = at;
	if (!odd)
		learn_means(d, v); /* what is odd does not become the usual by and by */
	if (d->open) {
		d->normal = odd ? 0 : (uint8_t)(d->normal + 1);
		if (d->normal >= ROW)
			end(d, 0, out);
		else if (d->odd[DRIFT_NONE] >= SETTLED)
			end(d, 1, out);
		return;
	}
	if (d->odd[DRIFT_NONE] >= ROW)
		begin(d, main_kind(d), v, out);
}

/* ---- bytes ---- */

void
drift_pack(const struct drift *d, uint8_t out[DRIFT_PACKED])
{
	uint8_t *at = out;
	*at++ = PACKED_AS;
	*at++ = (uint8_t)(d->articles & 0xff);
	*at++ = (uint8_t)(d->articles >> 8);
	const float means[] = {d->words, d->titles};
	for (size_t i = 0; i < 2; i++) {
		uint32_t bits;
		memcpy(&bits, &means[i], 4);
		for (int b = 0; b < 4; b++)
			*at++ = (uint8_t)(bits >> 8 * b);
	}
	memcpy(at, d->odd, sizeof d->odd);
	at += sizeof d->odd;
	*at++ = d->normal;
	*at++ = d->open;
	for (int b = 0; b < 8; b++)
		*at++ = (uint8_t)((uint64_t)d->since >> 8 * b);
}

void
drift_unpack(struct drift *d, const void *bytes, size_t len)
{
	const uint8_t *at = bytes;
	float means[2];
	*d = (struct drift){.titles = -1};
	if (!bytes || len != DRIFT_PACKED || *at++ != PACKED_AS)
		return;
	d->articles = (uint16_t)(at[0] | at[1] << 8);
	at += 2;
	for (size_t i = 0; i < 2; i++, at += 4) {
		uint32_t bits = (uint32_t)at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 |
				(uint32_t)at[3] << 24;
		memcpy(&means[i], &bits, 4);
	}
	d->words = isfinite(means[0]) ? means[0] : 0;
	d->titles = isfinite(means[1]) ? means[1] : -1;
	memcpy(d->odd, at, sizeof d->odd);
	at += sizeof d->odd;
	d->normal = *at++;
	d->open = *at < DRIFT_KINDS ? *at : DRIFT_NONE;
	at++;
	uint64_t since = 0;
	for (int b = 0; b < 8; b++)
		since |= (uint64_t)*at++ << 8 * b;
	d->since = (int64_t)since;
}
