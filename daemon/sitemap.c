/* sitemap: see include/sitemap.h. */
#include "sitemap.h"

#include <stdlib.h>
#include <string.h>

#include "hash.h"

#define DAY_S 86400

/* What a date says of an entry's age. */
enum age { AGE_UNKNOWN, AGE_OLD, AGE_RECENT };

int
sitemap_is_index(const struct feed_doc *doc)
{
	return doc->format && !strcmp(doc->format, "sitemap_index");
}

int
sitemap_is_pages(const struct feed_doc *doc)
{
	return doc->format && !strncmp(doc->format, "sitemap", 7) && !sitemap_is_index(doc);
}

/* The moment up to which D may have been: a day is not over at its beginning. */
static int64_t
latest(struct date d)
{
	return d.utc + (d.precision == DATE_DAY ? DAY_S : 0);
}

static struct date
date_of(const struct item *it)
{
	return it->published.precision >= DATE_DAY ? it->published : it->updated;
}

static enum age
age_of(struct date d, int64_t now, int64_t max_age_s)
{
	/* a month is too little to go by, and a moment to come is no date */
	if (d.precision < DATE_DAY || d.utc > now + DAY_S)
		return AGE_UNKNOWN;
	return latest(d) >= now - max_age_s ? AGE_RECENT : AGE_OLD;
}

static int
newer_first(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return (x < y) - (x > y);
}

/* The date from which on there are SITEMAP_LINKS_MAX of COUNT recent entries. AT_CUTOFF: how many
 * of those of just that date. */
static int64_t
find_cutoff(
    const struct feed_doc *doc, int64_t now, int64_t max_age_s, size_t count, size_t *at_cutoff)
{
	int64_t *dates = mem_resize_array(NULL, count, sizeof *dates);
	size_t n = 0;
	for (size_t i = 0; i < doc->items_len; i++) {
		struct date d = date_of(&doc->items[i]);
		if (age_of(d, now, max_age_s) == AGE_RECENT)
			dates[n++] = d.utc;
	}
	qsort(dates, n, sizeof *dates, newer_first);
	int64_t cutoff = dates[SITEMAP_LINKS_MAX - 1];
	*at_cutoff = 0;
	for (size_t i = SITEMAP_LINKS_MAX; i > 0 && dates[i - 1] == cutoff; i--)
		++*at_cutoff;
	mem_free(dates);
	return cutoff;
}

size_t
sitemap_keep_news(struct feed_doc *doc, int64_t now, int64_t max_age_s)
{
	size_t counts[3] = {0}, kept = 0, at_cutoff = SIZE_MAX, before = doc->items_len;
	int64_t cutoff = INT64_MIN;
	for (size_t i = 0; i < before; i++)
		counts[age_of(date_of(&doc->items[i]), now, max_age_s)]++;
	int keep_undated = counts[AGE_UNKNOWN] == before && before <= SITEMAP_UNDATED_MAX;
	if (counts[AGE_RECENT] > SITEMAP_LINKS_MAX)
		cutoff = find_cutoff(doc, now, max_age_s, counts[AGE_RECENT], &at_cutoff);
	for (size_t i = 0; i < before; i++) {
		struct date d = date_of(&doc->items[i]);
		enum age age = age_of(d, now, max_age_s);
		int keep = age == AGE_UNKNOWN ? keep_undated : age == AGE_RECENT && d.utc >= cutoff;
		if (keep && age == AGE_RECENT && d.utc == cutoff)
			keep = at_cutoff > 0 && at_cutoff-- > 0;
		if (keep)
			doc->items[kept++] = doc->items[i];
	}
	doc->items_len = kept;
	/* the same document means something else a day later */
	uint64_t parts[2] = {doc->items_hash, before - kept};
	doc->items_hash = hash64(parts, sizeof parts);
	return before - kept;
}

/* ---- an index ---- */

struct candidate {
	const char *url;
	int64_t when; /* INT64_MIN: not said */
	size_t at;    /* in the index */
	int is_news;
};

static int
better_first(const void *a, const void *b)
{
	const struct candidate *x = a, *y = b;
	if (x->when != y->when)
		return x->when < y->when ? 1 : -1;
	if (x->is_news != y->is_news)
		return y->is_news - x->is_news;
	return x->at < y->at ? -1 : 1;
}

size_t
sitemap_choose(const struct feed_doc *doc, int64_t now, int64_t max_age_s,
    const char *urls[SITEMAP_FOLLOW_MAX], size_t *undated)
{
	struct candidate *list = mem_resize_array(NULL, doc->items_len + 1, sizeof *list);
	size_t n = 0, chosen;
	*undated = 0;
	for (size_t i = 0; i < doc->items_len; i++) {
		const struct item *it = &doc->items[i];
		enum age age = age_of(it->updated, now, max_age_s);
		if (!it->fetch || age == AGE_OLD)
			continue;
		list[n++] = (struct candidate){.url = it->fetch,
		    .when = age == AGE_RECENT ? it->updated.utc : INT64_MIN,
		    .at = i,
		    .is_news = strcasestr(it->fetch, "news") != NULL};
	}
	qsort(list, n, sizeof *list, better_first);
	for (chosen = 0; chosen < n && chosen < SITEMAP_FOLLOW_MAX; chosen++) {
		urls[chosen] = list[chosen].url;
		*undated += list[chosen].when == INT64_MIN;
	}
	mem_free(list);
	return chosen;
}
