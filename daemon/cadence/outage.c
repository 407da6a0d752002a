/* outage: see include/outage.h. */
#include "outage.h"

#include <string.h>

#include "hash.h"

#define SHORT_LABEL 3 /* "co", "com", "org" below a country's two letters */

/* The start of the last COUNT labels of NAME. */
static const char *
last_labels(const char *name, size_t len, int count)
{
	const char *at = name + len;
	while (at > name && (at[-1] != '.' || --count > 0))
		at--;
	return at;
}

uint64_t
outage_site(const char *host)
{
	size_t len = *host == '[' ? strcspn(host, "]") : strcspn(host, ":");
	if (*host == '[' || (len && strspn(host, "0123456789.") >= len))
		return hash64(host, len);
	const char *two = last_labels(host, len, 2), *one = last_labels(host, len, 1);
	size_t country = (size_t)(host + len - one), below = (size_t)(one - two);
	if (country == 2 && below > 0 && below - 1 <= SHORT_LABEL)
		two = last_labels(host, len, 3);
	return hash64(two, (size_t)(host + len - two));
}

int
outage_answered(struct outage *o, uint64_t site, int64_t at)
{
	size_t max = sizeof o->answered / sizeof *o->answered;
	int ended = o->known, seen = 0;
	for (size_t i = 0; i < max && !seen; i++)
		seen = o->answered[i] == site;
	if (!seen)
		o->answered[o->answered_at++ % max] = site;
	o->last_answer = at;
	o->known = 0;
	o->run_len = 0;
	return ended;
}

/* How much must fail, in halves of a site. */
static size_t
weight_needed(const struct outage *o)
{
	size_t known = 0;
	for (size_t i = 0; i < sizeof o->answered / sizeof *o->answered; i++)
		known += o->answered[i] != 0;
	return known < 2 * OUTAGE_SITES_MIN   ? 2 * OUTAGE_SITES_MIN
	       : known > 2 * OUTAGE_SITES_MAX ? 2 * OUTAGE_SITES_MAX
					      : known;
}

/* Drop failures that are too old, and one of SITE. */
static void
forget(struct outage *o, uint64_t site, int64_t now)
{
	size_t kept = 0;
	for (size_t i = 0; i < o->run_len; i++)
		if (o->run[i].site != site && now - o->run[i].at <= OUTAGE_RUN_S)
			o->run[kept++] = o->run[i];
	o->run_len = kept;
}

int
outage_failed(struct outage *o, uint64_t site, enum outage_weight weight, int64_t asked, int64_t at)
{
	size_t sum = 0;
	if (o->last_answer > asked)
		return 0;
	if (o->known || weight == OUTAGE_FAILING || (weight == OUTAGE_UNPROVEN && o->answered_at))
		return 0;
	for (size_t i = 0; i < o->run_len; i++)
		if (o->run[i].site == site && o->run[i].weight == OUTAGE_WELL)
			return 0; /* its first failure says all that it can */
	forget(o, site, at);
	if (o->run_len == OUTAGE_RUN_MAX)
		memmove(o->run, o->run + 1, --o->run_len * sizeof *o->run);
	o->run[o->run_len++] = (struct outage_failure){site, at, weight};
	for (size_t i = 0; i < o->run_len; i++)
		sum += (size_t)o->run[i].weight;
	if (sum < weight_needed(o))
		return 0;
	o->known = 1;
	o->begins = o->run[0].at;
	return 1;
}

size_t
outage_sites(const struct outage *o)
{
	return o->run_len;
}
