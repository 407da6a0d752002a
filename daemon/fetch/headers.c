/*
 * fetch/headers: what the header section of a response said, under bounds. Values with control
 * characters and values that are too long are as if absent: some are sent back later.
 */
#include <ctype.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "date.h"
#include "fetch_priv.h"
#include "rights.h"
#include "url.h"

#define BYTES_MAX                                                                                  \
	(64u << 10) /* of all sections; Apache sends at most 8 KB, browsers take 256 KB            \
		     */
#define LINES_MAX  256
#define AGE_MAX_S  INT64_C(2147483648) /* RFC 9111 1.2.2 */
#define VALUE_MAX  1024
#define LINK_MAX   4096 /* a hub, the feed itself and the links of a usual publishing system: 500 */
#define PACE_MAX_S 86400 /* a longer window of a rate limit is not believed */

/* The first of several of one name counts, but for those that are lists. */
static const struct wanted {
	const char *name;
	size_t offset;
	size_t max;
	int is_list;
} wanted[] = {
    {"Content-Type", offsetof(struct headers, content_type), VALUE_MAX, 0},
    {"Content-Encoding", offsetof(struct headers, content_encoding), VALUE_MAX, 1},
    {"Content-Length", offsetof(struct headers, length), VALUE_MAX, 0},
    {"ETag", offsetof(struct headers, etag), VALUE_MAX, 0},
    {"Last-Modified", offsetof(struct headers, last_modified), VALUE_MAX, 0},
    {"Content-Location", offsetof(struct headers, content_location), URL_MAX, 0},
    {"Link", offsetof(struct headers, link), LINK_MAX, 1},
    {"Location", offsetof(struct headers, location), 3 * URL_MAX, 0},
    {"Retry-After", offsetof(struct headers, retry_after), VALUE_MAX, 0},
    {"Cache-Control", offsetof(struct headers, cache_control), VALUE_MAX, 1},
    {"Expires", offsetof(struct headers, expires), VALUE_MAX, 0},
    {"Date", offsetof(struct headers, date), VALUE_MAX, 0},
    {"RateLimit", offsetof(struct headers, rate_limit), VALUE_MAX, 1},
    {"RateLimit-Remaining", offsetof(struct headers, rate_remaining), VALUE_MAX, 0},
    {"RateLimit-Reset", offsetof(struct headers, rate_reset), VALUE_MAX, 0},
    {"X-RateLimit-Remaining", offsetof(struct headers, rate_remaining), VALUE_MAX, 0},
    {"X-RateLimit-Reset", offsetof(struct headers, rate_reset), VALUE_MAX, 0},
    {"X-Rate-Limit-Remaining", offsetof(struct headers, rate_remaining), VALUE_MAX, 0},
    {"X-Rate-Limit-Reset", offsetof(struct headers, rate_reset), VALUE_MAX, 0},
    {"Cf-Mitigated", offsetof(struct headers, mitigated), VALUE_MAX, 0},
    {"X-Amzn-Waf-Action", offsetof(struct headers, mitigated), VALUE_MAX, 0},
    {"X-Vercel-Mitigated", offsetof(struct headers, mitigated), VALUE_MAX, 0},
    {"Age", offsetof(struct headers, age), VALUE_MAX, 0},
    {"Strict-Transport-Security", offsetof(struct headers, hsts), VALUE_MAX, 0},
    {"IM", offsetof(struct headers, im), VALUE_MAX, 1},
    {"Vary", offsetof(struct headers, vary), VALUE_MAX, 1},
    {"X-Robots-Tag", offsetof(struct headers, robots), VALUE_MAX, 1},
    {"TDM-Reservation", offsetof(struct headers, tdm), VALUE_MAX, 0},
};
#define WANTED_LEN (sizeof wanted / sizeof *wanted)

static char **
value_at(struct headers *h, const struct wanted *w)
{
	return (char **)(void *)((char *)h + w->offset);
}

static void
section_start(struct headers *h, const char *line, size_t len)
{
	for (size_t i = 0; i < WANTED_LEN; i++)
		*value_at(h, &wanted[i]) = NULL;
	h->status = 0;
	h->content_length = -1;
	const char *space = memchr(line, ' ', len);
	const char *end = line + len;
	for (const char *p = space ? space + 1 : end;
	     p < end && isdigit((unsigned char)*p) && h->status < 1000; p++)
		h->status = h->status * 10 + (*p - '0');
}

void
headers_init(struct headers *h, struct arena *a)
{
	*h = (struct headers){.arena = a, .content_length = -1};
}

static int
value_is_clean(const char *value, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)value[i];
		if ((c < ' ' && c != '\t') || c == 0x7f)
			return 0;
	}
	return 1;
}

static void
value_set(struct headers *h, const struct wanted *w, const char *value, size_t len)
{
	char **to = value_at(h, w);
	if (len > w->max || !value_is_clean(value, len))
		return;
	if (!*to)
		*to = arena_strndup(h->arena, value, len);
	else if (w->is_list && strlen(*to) + 2 + len <= w->max)
		*to = arena_printf(h->arena, "%s, %.*s", *to, (int)len, value);
}

static void
field_add(struct headers *h, const char *line, size_t len)
{
	const char *colon = memchr(line, ':', len);
	if (!colon)
		return;
	size_t name_len = (size_t)(colon - line);
	const char *value = colon + 1, *end = line + len;
	while (value < end && (*value == ' ' || *value == '\t'))
		value++;
	while (end > value && (end[-1] == ' ' || end[-1] == '\t'))
		end--;
	for (size_t i = 0; i < WANTED_LEN; i++)
		if (strlen(wanted[i].name) == name_len &&
		    strncasecmp(wanted[i].name, line, name_len) == 0)
			value_set(h, &wanted[i], value, (size_t)(end - value));
}

/* Digits at P, held at MAX; -1: none. *END is set to the first that is none. */
static int64_t
number_read(const char *p, int64_t max, const char **end)
{
	int64_t n = -1;
	for (; isdigit((unsigned char)*p); p++) {
		n = (n < 0 ? 0 : n) * 10 + (*p - '0');
		if (n > max)
			n = max;
	}
	*end = p;
	return n;
}

static void
section_end(struct headers *h)
{
	const char *end;
	if (h->length)
		h->content_length = number_read(h->length, INT64_MAX / 16, &end);
	h->complete = h->status >= 200; /* 1xx: another section follows, RFC 9110 15.2 */
}

int
headers_add_line(struct headers *h, const char *line, size_t len)
{
	h->bytes += len;
	if (++h->lines > LINES_MAX || h->bytes > BYTES_MAX)
		return ERR_LIMIT;
	if (h->complete) /* trailers */
		return 0;
	while (len > 0 && (line[len - 1] == '\n' || line[len - 1] == '\r'))
		len--;
	if (len == 0)
		section_end(h);
	else if (len > 5 && memcmp(line, "HTTP/", 5) == 0)
		section_start(h, line, len);
	else
		field_add(h, line, len);
	return 0;
}

static int64_t
answered_at(const struct headers *h)
{
	struct date d;
	return h->date && date_parse(h->date, &d) == 0 ? d.utc : clock_now();
}

int64_t
headers_retry_after_s(const struct headers *h)
{
	return h->retry_after ? date_retry_after(h->retry_after, answered_at(h)) : -1;
}

/* The value of max-age in a Cache-Control field (RFC 9111 5.2.2.1), -1 when it has none. */
static int64_t
max_age_read(const char *value)
{
	static const char name[] = "max-age=";
	for (const char *p = value; p; p = strchr(p, ',')) {
		p += strspn(p, ", \t");
		if (strncasecmp(p, name, sizeof name - 1) != 0)
			continue;
		p += sizeof name - 1;
		p += *p == '"';
		int64_t age = number_read(p, AGE_MAX_S, &p);
		if (age >= 0)
			return age;
	}
	return -1;
}

int64_t
headers_max_age_s(const struct headers *h)
{
	const char *end;
	int64_t life = h->cache_control ? max_age_read(h->cache_control) : -1;
	/* RFC 9111 4.2.3: so old was the answer already when a cache gave it */
	int64_t age = h->age ? number_read(h->age, AGE_MAX_S, &end) : 0;
	age = age > 0 ? age : 0;
	if (life >= 0)
		return life > age ? life - age : 0;
	if (!h->expires)
		return -1;
	struct date d;
	if (date_parse(h->expires, &d) != 0) /* RFC 9111 5.3: invalid is "already expired" */
		return 0;
	int64_t left = d.utc - answered_at(h);
	return left < 0 ? 0 : left > AGE_MAX_S ? AGE_MAX_S : left;
}

/* The number that follows NAME= in a structured field, -1: none. */
static int64_t
parameter_read(const char *value, const char *name)
{
	size_t len = strlen(name);
	for (const char *p = value; (p = strstr(p, name)); p += len) {
		const char *end;
		int starts = p == value || strchr(";, \t", p[-1]);
		if (starts && p[len] == '=')
			return number_read(p + len + 1, AGE_MAX_S, &end);
	}
	return -1;
}

#define EPOCH_LEAST INT64_C(1000000000) /* a larger reset is a moment, a smaller one a span */

/*
 * What the server says it grants: so many more requests in so many seconds. Two forms of the draft
 * (draft-ietf-httpapi-ratelimit-headers: "limit=9, remaining=5, reset=60" up to -07, then
 * "policy";r=5;t=60), and the older pair of fields, whose reset is a span or a moment.
 */
static int64_t
pace_of(const struct headers *h, int64_t left, int64_t reset)
{
	if (reset > EPOCH_LEAST)
		reset -= answered_at(h);
	if (left < 0 || reset <= 0 || reset > PACE_MAX_S)
		return 0;
	return reset * 1000 / (left + 1);
}

/* The slowest of the policies in the list VALUE. */
static int64_t
slowest_policy(const struct headers *h, const char *value)
{
	int64_t slowest = 0;
	for (const char *p = value; *p;) {
		size_t len = strcspn(p, ",");
		const char *policy = arena_strndup(h->arena, p, len);
		int64_t pace = pace_of(h, parameter_read(policy, "r"), parameter_read(policy, "t"));
		slowest = pace > slowest ? pace : slowest;
		p += len + (p[len] == ',');
	}
	return slowest;
}

int64_t
headers_pace_ms(const struct headers *h)
{
	const char *end, *limit = h->rate_limit;
	if (limit && parameter_read(limit, "remaining") >= 0)
		return pace_of(
		    h, parameter_read(limit, "remaining"), parameter_read(limit, "reset"));
	if (limit)
		return slowest_policy(h, limit);
	if (!h->rate_remaining || !h->rate_reset)
		return 0;
	return pace_of(h, number_read(h->rate_remaining, AGE_MAX_S, &end),
	    number_read(h->rate_reset, AGE_MAX_S, &end));
}

/* 1 when the comma list VALUE (NULL: empty) has TOKEN. */
static int
list_has(const char *value, const char *token)
{
	size_t want = strlen(token);
	for (const char *p = value; p && *p;) {
		p += strspn(p, ", \t");
		size_t len = strcspn(p, ", \t;");
		if (len == want && !strncasecmp(p, token, len))
			return 1;
		p += strcspn(p, ",");
	}
	return 0;
}

int
headers_offer_parts(const struct headers *h)
{
	return list_has(h->im, "feed") || list_has(h->vary, "A-IM");
}

unsigned
headers_rights(const struct headers *h)
{
	unsigned rights = h->status == 451 ? RIGHTS_LEGAL : 0;
	if (h->robots)
		rights |= rights_read_robots(h->robots, "newsd");
	if (h->tdm)
		rights |= rights_read_reservation(h->tdm);
	return rights;
}

int
headers_is_challenge(const struct headers *h)
{
	return h->mitigated &&
	       (h->status == 403 || h->status == 429 || h->status == 503 || h->status == 202 ||
		   h->status == 405) &&
	       (strstr(h->mitigated, "challenge") || strstr(h->mitigated, "captcha") ||
		   strstr(h->mitigated, "deny"));
}
