/*
 * fuzz_headers: the header section of an answer, line by line as libcurl hands it over, and all
 * that fetch reads out of it: Retry-After, max-age, rate limits, rights, what a host promised
 * (HSTS).
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../daemon/fetch/fetch_priv.h"
#include "fuzz.h"
#include "rights.h"

#define SPAN_MAX_S (INT64_C(1) << 31) /* RFC 9111 1.2.2 */
#define DAY_MS     INT64_C(86400000)

/* What is sent back later, or logged, must be printable and short. */
static void
check_value(const char *value, size_t max)
{
	for (const char *c = value; c && *c; c++)
		check(((unsigned char)*c >= ' ' || *c == '\t') && *c != 0x7f);
	check(!value || strlen(value) <= max);
}

static void
check_values(const struct headers *h)
{
	check_value(h->etag, 1024);
	check_value(h->last_modified, 1024);
	check_value(h->location, 65536);
	check_value(h->link, 4096);
	check_value(h->content_type, 1024);
	check_value(h->content_encoding, 1024);
	check(h->status >= 0 && h->status < 10000 && h->content_length >= -1);
	check(headers_retry_after_s(h) >= -1);
	int64_t age = headers_max_age_s(h), pace = headers_pace_ms(h);
	check(age >= -1 && age <= SPAN_MAX_S);
	check(pace >= 0 && pace <= DAY_MS);
	headers_rights(h);
	headers_offer_parts(h);
	check(!headers_is_challenge(h) || h->mitigated);
}

static void
check_promise(const char *field)
{
	struct hsts hosts = {0};
	struct arena a = {0};
	char below[] = "http://a.b.example/", other[] = "http://c.example/";
	hsts_hear(&hosts, "b.example", field);
	int known = hsts_knows(&hosts, "b.example"), above = hsts_knows(&hosts, "a.b.example");
	check(known || !above);
	check(!hsts_knows(&hosts, "c.example") && !hsts_knows(&hosts, "example"));
	check((hsts_upgrade(&hosts, &a, below) != below) == above);
	check(hsts_upgrade(&hosts, &a, other) == other);
	hsts_hear(&hosts, "b.example", "max-age=0");
	check(!hsts_knows(&hosts, "b.example"));
	hsts_clear(&hosts);
	arena_clear(&a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct headers h;
	int rc = 0;
	headers_init(&h, &a);
	while (size && !rc) {
		const uint8_t *newline = memchr(data, '\n', size);
		size_t len = newline ? (size_t)(newline - data) + 1 : size;
		char *line = malloc(len); /* exact, so that a step too far is seen */
		if (!line)
			break;
		memcpy(line, data, len);
		rc = headers_add_line(&h, line, len);
		free(line);
		data += len;
		size -= len;
	}
	check(rc == 0 || rc == ERR_LIMIT);
	check_values(&h);
	if (h.hsts)
		check_promise(h.hsts);
	arena_clear(&a);
	return 0;
}
