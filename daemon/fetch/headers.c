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
#include "url.h"

#define BYTES_MAX                                                                                  \
	(64u << 10) /* of all sections; Apache sends at most 8 KB, browsers take 256 KB            \
		     */
#define LINES_MAX 256
#define AGE_MAX_S INT64_C(2147483648) /* RFC 9111 1.2.2 */
#define VALUE_MAX 1024

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
    {"Location", offsetof(struct headers, location), 3 * URL_MAX, 0},
    {"Retry-After", offsetof(struct headers, retry_after), VALUE_MAX, 0},
    {"Cache-Control", offsetof(struct headers, cache_control), VALUE_MAX, 1},
    {"Expires", offsetof(struct headers, expires), VALUE_MAX, 0},
    {"Date", offsetof(struct headers, date), VALUE_MAX, 0},
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
	else if (w->is_list && strlen(*to) + len < w->max)
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
	int64_t age = h->cache_control ? max_age_read(h->cache_control) : -1;
	if (age >= 0 || !h->expires)
		return age;
	struct date d;
	if (date_parse(h->expires, &d) != 0) /* RFC 9111 5.3: invalid is "already expired" */
		return 0;
	int64_t left = d.utc - answered_at(h);
	return left < 0 ? 0 : left > AGE_MAX_S ? AGE_MAX_S : left;
}
