/*
 * test_fetch: the fetcher against an origin with bad manners on loopback, in the same loop. Names
 * come from a hosts file of the test's own; nothing leaves the machine.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <poll.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/inotify.h>
#include <unistd.h>

#include "../daemon/fetch/fetch_priv.h"
#include "clock.h"
#include "fetch_rig.h"

/* answers */

static void
answer_arrives_whole(void **state)
{
	(void)state;
	struct heard h;
	origin_page(origin, "/feed?a=1",
	    (struct origin_reply){
		.headers =
		    "content-TYPE:  application/rss+xml; charset=utf-8 \r\nRetry-After: 120\r\n"
		    "Cache-Control: public, max-age=900\r\n",
		.body = "<rss/>",
		.size = 6,
		.etag = "W/\"a b\"",
		.last_modified = "Tue, 01 Jul 2025 10:00:00 GMT"});
	net_get(&h, "/feed?a=1#fragment");
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(h.status, 200);
	assert_string_equal(h.final_url, net_url("127.0.0.1", "/feed?a=1"));
	assert_string_equal(h.type, "application/rss+xml; charset=utf-8");
	assert_string_equal(h.encoding, "");
	assert_string_equal(h.etag, "W/\"a b\"");
	assert_string_equal(h.last_modified, "Tue, 01 Jul 2025 10:00:00 GMT");
	assert_int_equal(h.retry_after_s, 120);
	assert_int_equal(h.max_age_s, 900);
	assert_int_equal(h.bytes, 6);
	assert_string_equal(buf_str(&h.body), "<rss/>");
	assert_true(door.budget->used > 0);
	heard_clear(&h);
	assert_int_equal(door.budget->used, 0);
	assert_int_equal(door.active(door.self), 0);
}

static void
request_bears_our_headers_and_no_others(void **state)
{
	(void)state;
	static const char *const accept[] = {[FETCH_FEED] = "application/rss+xml",
	    [FETCH_PAGE] = "text/html",
	    [FETCH_ROBOTS] = "text/plain"};
	char value[1024];
	for (enum fetch_kind kind = FETCH_FEED; kind <= FETCH_ROBOTS; kind++) {
		struct heard h;
		net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/x"), .kind = kind});
		const char *head = origin_last_head(origin);
		assert_non_null(
		    strstr(origin_header(head, "Accept", value, sizeof value), accept[kind]));
		assert_string_equal(
		    origin_header(head, "Accept-Encoding", value, sizeof value), "gzip, br, zstd");
		assert_string_equal(
		    origin_header(head, "User-Agent", value, sizeof value), "newsd-test/1");
		assert_null(origin_header(head, "If-None-Match", value, sizeof value));
		assert_null(origin_header(head, "If-Modified-Since", value, sizeof value));
		assert_null(origin_header(head, "Cookie", value, sizeof value));
		assert_null(origin_header(head, "Referer", value, sizeof value));
		snprintf(value, sizeof value, "Host: a.test:%u\r\n", origin_port(origin));
		assert_non_null(strstr(head, value));
		heard_clear(&h);
	}
}

static void
validators_are_sent_as_they_are_and_304_has_no_body(void **state)
{
	(void)state;
	struct heard h;
	origin_page(
	    origin, "/e", (struct origin_reply){.body = "new", .size = 3, .etag = "\"x;,y\""});
	origin_page(origin, "/m",
	    (struct origin_reply){.body = "new", .size = 3, .last_modified = "yesterday, perhaps"});
	net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/e"), .etag = "\"x;,y\""});
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(h.status, 304);
	assert_int_equal(h.body.len, 0);
	assert_string_equal(h.etag, "\"x;,y\"");
	net_fetch(&h, (struct fetch_request){
			  .url = net_url("a.test", "/m"), .last_modified = "yesterday, perhaps"});
	assert_int_equal(h.status, 304);
	net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/e"), .etag = "\"old\""});
	assert_int_equal(h.status, 200);
	heard_clear(&h);
	/* a validator can't smuggle a header in */
	net_fetch(
	    &h, (struct fetch_request){.url = net_url("a.test", "/e"), .etag = "\"x\"\r\nEvil: 1"});
	assert_null(strstr(origin_last_head(origin), "Evil"));
	heard_clear(&h);
}

static void
body_stays_compressed(void **state)
{
	(void)state;
	struct heard h;
	char text[4000];
	memset(text, 'a', sizeof text);
	origin_page(
	    origin, "/z", (struct origin_reply){.body = text, .size = sizeof text, .gzip = 1});
	net_get(&h, "/z");
	assert_int_equal(h.error, FETCH_OK);
	assert_string_equal(h.encoding, "gzip");
	assert_true(h.body.len < 200);
	assert_int_equal(h.body.data[0], 0x1f);
	assert_int_equal(h.body.data[1], 0x8b);
	heard_clear(&h);
}

static void
all_ways_to_end_a_body_are_understood(void **state)
{
	(void)state;
	static const struct {
		enum origin_act act;
		size_t size;
		enum fetch_error error;
	} cases[] = {
	    {ORIGIN_WHOLE, 0, FETCH_OK},
	    {ORIGIN_WHOLE, 200000, FETCH_OK},
	    {ORIGIN_CHUNKED, 0, FETCH_OK},
	    {ORIGIN_CHUNKED, 200000, FETCH_OK},
	    {ORIGIN_UNTIL_CLOSE, 200000, FETCH_OK},
	    {ORIGIN_DRIP, 20, FETCH_OK},
	    {ORIGIN_TRUNCATED, 2000, FETCH_PROTOCOL},
	    {ORIGIN_CHUNKED_TRUNCATED, 2000, FETCH_PROTOCOL},
	    {ORIGIN_CLOSE, 0, FETCH_PROTOCOL},
	    {ORIGIN_CLOSE_IN_HEADERS, 0, FETCH_PROTOCOL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		origin_page(origin, "/b",
		    (struct origin_reply){
			.size = cases[i].size, .act = cases[i].act, .drip_ms = 1});
		net_get(&h, "/b");
		assert_int_equal(h.error, cases[i].error);
		if (h.error == FETCH_OK)
			assert_int_equal(h.body.len, cases[i].size);
		else
			assert_int_equal(h.body.len, 0);
		heard_clear(&h);
	}
	assert_int_equal(door.budget->used, 0);
}

static void
raw_get(struct heard *h, const char *raw)
{
	origin_page(origin, "/raw",
	    (struct origin_reply){.act = ORIGIN_RAW, .body = raw, .size = strlen(raw)});
	net_get(h, "/raw");
}

static void
broken_answers_are_protocol_errors(void **state)
{
	(void)state;
	static const char *const raws[] = {
	    "hello, I am no HTTP\r\n\r\n",
	    "HTTP/1.1 OK\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nabc",
	    "HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\nabc",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\nabc\r\n0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\nabc",
	    "HTTP/1.1 100 Continue\r\n\r\n",
	    "SSH-2.0-OpenSSH_9.2\r\n",
	};
	for (size_t i = 0; i < sizeof raws / sizeof *raws; i++) {
		struct heard h;
		raw_get(&h, raws[i]);
		if (h.error != FETCH_PROTOCOL)
			print_message("case %zu: %s\n", i, fetch_error_name(h.error));
		assert_int_equal(h.error, FETCH_PROTOCOL);
		assert_int_equal(h.body.len, 0);
		heard_clear(&h);
	}
}

static void
header_section_is_bounded(void **state)
{
	(void)state;
	struct buf raw;
	struct heard h;
	buf_init(&raw, 1u << 20);
	buf_add_str(&raw, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 300; i++)
		buf_printf(&raw, "X-%d: y\r\n", i);
	buf_add_str(&raw, "Content-Length: 0\r\n\r\n");
	raw_get(&h, buf_str(&raw));
	assert_int_equal(h.error, FETCH_PROTOCOL);
	buf_clear(&raw);
	buf_add_str(&raw, "HTTP/1.1 200 OK\r\n");
	for (int i = 0; i < 30; i++)
		buf_printf(&raw, "X: %05000d\r\n", i);
	buf_add_str(&raw, "Content-Length: 0\r\n\r\n");
	raw_get(&h, buf_str(&raw));
	assert_int_equal(h.error, FETCH_PROTOCOL);
	buf_clear(&raw);
	for (int i = 0; i < 300; i++)
		buf_add_str(&raw, "HTTP/1.1 100 Continue\r\n\r\n");
	buf_add_str(&raw, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
	raw_get(&h, buf_str(&raw));
	assert_int_equal(h.error, FETCH_PROTOCOL);
	buf_clear(&raw);
	origin_page(
	    origin, "/drip", (struct origin_reply){.act = ORIGIN_DRIP_HEADERS, .drip_ms = 1});
	struct fetch_options o = net_options();
	o.transfer_timeout_s = 1;
	net_reopen(&o);
	net_get(&h, "/drip");
	assert_int_equal(h.error, FETCH_TIMEOUT);
}

static void
headers_are_read_with_care(void **state)
{
	(void)state;
	struct heard h;
	raw_get(&h, "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\n\r\n"
		    "HTTP/1.1 200 OK\r\nContent-Type: text/a\r\nContent-Type: text/b\r\n"
		    "Content-Encoding: br\r\nContent-Encoding: gzip\r\nETag: \"a\x01z\"\r\n"
		    "Last-Modified:\r\nExpires: 0\r\nTransfer-Encoding: chunked\r\n\r\n"
		    "1\r\na\r\n0\r\nETag: \"trailer\"\r\n\r\n");
	assert_int_equal(h.error, FETCH_OK);
	assert_string_equal(h.type, "text/a");
	assert_string_equal(h.encoding, "br, gzip");
	assert_string_equal(h.etag, "");
	assert_string_equal(h.last_modified, "");
	assert_int_equal(h.max_age_s, 0);
	assert_int_equal(h.retry_after_s, -1);
	heard_clear(&h);
}

static void
headers_about_the_document_are_kept(void **state)
{
	(void)state;
	struct heard h;
	raw_get(&h, "HTTP/1.1 200 OK\r\nLink: <https://hub.example/>; rel=hub\r\n"
		    "content-location: /en/feed\r\nContent-Location: /second\r\n"
		    "Link: </feed>; rel=self\r\nContent-Length: 1\r\n\r\na");
	assert_string_equal(h.location, "/en/feed");
	assert_string_equal(h.link, "<https://hub.example/>; rel=hub, </feed>; rel=self");
	heard_clear(&h);
	struct buf raw; /* one that is too long is none, and takes no other along */
	buf_init(&raw, 1u << 16);
	buf_printf(&raw,
	    "HTTP/1.1 200 OK\r\nLink: <https://hub.example/>; rel=hub\r\nLink: <%05000d>\r\n"
	    "Content-Location: /%05000d\r\nContent-Length: 1\r\n\r\na",
	    0, 0);
	raw_get(&h, buf_str(&raw));
	assert_string_equal(h.location, "");
	assert_string_equal(h.link, "<https://hub.example/>; rel=hub");
	heard_clear(&h);
	buf_clear(&raw);
}

static void
freshness_and_retry_are_read(void **state)
{
	(void)state;
#define DATE "Date: Tue, 01 Jul 2025 10:00:00 GMT\r\n"
	static const struct {
		const char *headers;
		int64_t max_age_s, retry_after_s;
	} cases[] = {
	    {"", -1, -1},
	    {"Cache-Control: no-cache\r\n", -1, -1},
	    {"Cache-Control: private,Max-Age=\"60\"\r\n", 60, -1},
	    {"Cache-Control: s-maxage=9\r\nCache-Control: x-max-age=8, max-age=7\r\n", 7, -1},
	    {"Cache-Control: max-age=99999999999999999999\r\n", INT64_C(2147483648), -1},
	    {"Cache-Control: max-age=-1\r\n", -1, -1},
	    {DATE "Expires: Tue, 01 Jul 2025 10:30:00 GMT\r\n", 1800, -1},
	    {DATE "Expires: Tue, 01 Jul 2025 09:30:00 GMT\r\n", 0, -1},
	    {DATE "Cache-Control: max-age=5\r\nExpires: Tue, 01 Jul 2025 10:30:00 GMT\r\n", 5, -1},
	    {DATE "Retry-After: Tue, 01 Jul 2025 10:05:00 GMT\r\n", -1, 300},
	    {DATE "Retry-After: soon\r\n", -1, -1},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		origin_page(origin, "/f",
		    (struct origin_reply){.status = 503, .headers = cases[i].headers});
		net_get(&h, "/f");
		assert_int_equal(h.error, FETCH_OK);
		assert_int_equal(h.status, 503);
		if (h.max_age_s != cases[i].max_age_s || h.retry_after_s != cases[i].retry_after_s)
			print_message("case %zu\n", i);
		assert_int_equal(h.max_age_s, cases[i].max_age_s);
		assert_int_equal(h.retry_after_s, cases[i].retry_after_s);
		heard_clear(&h);
	}
}

static void
rate_limits_and_challenges_are_read(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		int64_t pace_ms;
		int challenge;
	} cases[] = {
	    {"", 0, 0},
	    {"RateLimit: limit=100, remaining=4, reset=50\r\n", 10000, 0},
	    {"RateLimit: \"default\";r=0;t=30\r\n", 30000, 0},
	    {"RateLimit: \"second\";r=50;t=1, \"hour\";r=1;t=600\r\n", 300000, 0},
	    {"RateLimit: \"hour\";r=1;t=600\r\nRateLimit: \"second\";r=50;t=1\r\n", 300000, 0},
	    {"RateLimit-Remaining: 9\r\nRateLimit-Reset: 60\r\n", 6000, 0},
	    {"X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 90\r\n", 90000, 0},
	    {DATE "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1751364060\r\n", 60000, 0},
	    {DATE "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 1751364000\r\n", 0, 0},
	    {"X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 9999999\r\n", 0, 0},
	    {"X-RateLimit-Remaining: many\r\nX-RateLimit-Reset: 9\r\n", 0, 0},
	    {"X-RateLimit-Remaining: 5\r\n", 0, 0},
	    {"Cf-Mitigated: challenge\r\n", 0, 1},
	    {"X-Amzn-Waf-Action: captcha\r\n", 0, 1},
	    {"Cf-Mitigated: none\r\n", 0, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		origin_page(origin, "/f",
		    (struct origin_reply){.status = 403, .headers = cases[i].headers});
		net_get(&h, "/f");
		if (h.pace_ms != cases[i].pace_ms || h.challenge != cases[i].challenge)
			print_message("case %zu\n", i);
		assert_int_equal(h.pace_ms, cases[i].pace_ms);
		assert_int_equal(h.challenge, cases[i].challenge);
		heard_clear(&h);
	}
}

/* bounds */

static void
body_is_bounded(void **state)
{
	(void)state;
	struct heard h;
	origin_page(origin, "/just", (struct origin_reply){.size = BODY_MAX});
	net_get(&h, "/just");
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(h.body.len, BODY_MAX);
	heard_clear(&h);
	origin_page(origin, "/over", (struct origin_reply){.size = BODY_MAX + 1});
	net_get(&h, "/over");
	assert_int_equal(h.error, FETCH_TOO_BIG);
	assert_int_equal(h.bytes, 0); /* by its announced length, at once */
	assert_int_equal(h.status, 200);
	origin_page(
	    origin, "/huge", (struct origin_reply){.size = 200u << 20, .act = ORIGIN_CHUNKED});
	net_get(&h, "/huge");
	assert_int_equal(h.error, FETCH_TOO_BIG);
	assert_true(h.bytes <= BODY_MAX);
	origin_page(origin, "/endless", (struct origin_reply){.act = ORIGIN_ENDLESS});
	net_get(&h, "/endless");
	assert_int_equal(h.error, FETCH_TOO_BIG);
	assert_int_equal(door.budget->used, 0);
}

static void
body_of_a_failure_is_not_waited_for(void **state)
{
	(void)state;
	struct heard h;
	static const enum origin_act acts[] = {ORIGIN_WHOLE, ORIGIN_ENDLESS, ORIGIN_UNTIL_CLOSE};
	for (size_t i = 0; i < 3; i++) {
		origin_page(origin, "/gone",
		    (struct origin_reply){.status = 410, .size = 200u << 20, .act = acts[i]});
		net_get(&h, "/gone");
		assert_int_equal(h.error, FETCH_OK);
		assert_int_equal(h.status, 410);
		assert_int_equal(h.body.len, 0);
		assert_true(h.bytes < 65536);
		origin_page(origin, "/moved",
		    (struct origin_reply){.status = 302,
			.size = 200u << 20,
			.act = acts[i],
			.headers = "Location: /small\r\n"});
		origin_page(origin, "/small", (struct origin_reply){.size = 3});
		net_get(&h, "/moved");
		assert_int_equal(h.status, 200);
		assert_int_equal(h.body.len, 3);
		heard_clear(&h);
	}
}

static void
silence_is_a_timeout(void **state)
{
	(void)state;
	struct heard h;
	struct fetch_options o = net_options();
	o.transfer_timeout_s = 1;
	net_reopen(&o);
	origin_page(origin, "/hang", (struct origin_reply){.act = ORIGIN_HANG});
	net_get(&h, "/hang");
	assert_int_equal(h.error, FETCH_TIMEOUT);
	assert_int_equal(h.status, 0);
	assert_true(fetch_error_is_transient(h.error));
}

static void
budget_holds_transfers_back_but_never_all(void **state)
{
	(void)state;
	enum { N = 20 };
	static struct heard h[N];
	int64_t total = 0;
	struct fetch_options o = net_options();
	o.bytes_in_flight = 128u << 10;
	net_reopen(&o);
	origin_page(origin, "/big", (struct origin_reply){.size = 200000, .act = ORIGIN_CHUNKED});
	size_t most = 0;
	for (int i = 0; i < N; i++) {
		h[i] = (struct heard){0};
		struct fetch_request rq = {.url = net_url("127.0.0.1", "/big"), .reuse = i % 2};
		door.start(door.self, &rq, heard_done, &h[i]);
	}
	while (door.active(door.self)) {
		event_base_loop(base, EVLOOP_ONCE);
		if (door.budget->used > most)
			most = door.budget->used;
	}
	for (int i = 0; i < N; i++) {
		assert_int_equal(h[i].calls, 1);
		assert_int_equal(h[i].error, FETCH_OK);
		total += h[i].bytes;
	}
	assert_int_equal(total, N * 200000);
	assert_true(fetch_counters(fetcher)->pauses > 0);
	/* the budget, a piece each for those that passed the check last, one whole body */
	assert_true(most < (128u << 10) + 2 * BODY_MAX);
	assert_int_equal(door.budget->used, 0);
}

static void
paused_transfers_go_on_when_bytes_are_released(void **state)
{
	(void)state;
	struct heard first, rest[3];
	struct fetch_options o = net_options();
	o.bytes_in_flight = 64u << 10;
	net_reopen(&o);
	origin_page(origin, "/big", (struct origin_reply){.size = 100000});
	net_get(&first, "/big"); /* its body is held: the budget is spent */
	assert_int_equal(first.body.len, 100000);
	for (int i = 0; i < 3; i++) {
		rest[i] = (struct heard){0};
		struct fetch_request rq = {.url = net_url("127.0.0.1", "/big")};
		door.start(door.self, &rq, heard_done, &rest[i]);
	}
	while (!fetcher->paused_len)
		event_base_loop(base, EVLOOP_ONCE);
	heard_clear(&first);
	door.released(door.self);
	for (int i = 0; i < 3; i++) {
		net_loop_until(&rest[i].calls);
		assert_int_equal(rest[i].error, FETCH_OK);
	}
}

/* A host that stalls with the privilege hands it on. */
static void
privilege_is_handed_on(void **state)
{
	(void)state;
	struct heard hold, slow = {0}, good = {0};
	struct fetch_options o = net_options();
	o.bytes_in_flight = 1024;
	net_reopen(&o);
	origin_page(origin, "/big", (struct origin_reply){.size = 100000});
	origin_page(origin, "/stall",
	    (struct origin_reply){.act = ORIGIN_DRIP, .size = 100000, .drip_ms = 100000});
	net_get(&hold, "/big");
	struct fetch_request rq = {.url = net_url("127.0.0.1", "/stall")};
	/* the head and the first byte come at once, then nothing for a long time */
	door.start(door.self, &rq, heard_done, &slow);
	for (int i = 0; i < 20 && !fetcher->privileged; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	rq.url = net_url("127.0.0.1", "/big");
	door.start(door.self, &rq, heard_done, &good);
	net_loop_until(&good.calls);
	assert_int_equal(good.error, FETCH_OK);
	assert_int_equal(slow.calls, 0);
	heard_clear(&hold);
}

/* redirects */

static void
redirects_are_followed(void **state)
{
	(void)state;
	static const struct {
		int first, second;
		int permanent;
	} cases[] = {{301, 308, 1}, {308, 301, 1}, {301, 302, 0}, {302, 301, 0}, {303, 307, 0}};
	char to_b[512], etag[64];
	snprintf(
	    to_b, sizeof to_b, "Location: http://b.test:%u/end?x#frag\r\n", origin_port(origin));
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		origin_page(origin, "/dir/start",
		    (struct origin_reply){
			.status = cases[i].first, .headers = "Location: ../next \r\n", .size = 10});
		origin_page(origin, "/next",
		    (struct origin_reply){.status = cases[i].second, .headers = to_b});
		origin_page(origin, "/end?x",
		    (struct origin_reply){.body = "end", .size = 3, .etag = "\"end\""});
		net_fetch(&h,
		    (struct fetch_request){
			.url = net_url("a.test", "/dir/start"), .etag = "\"v\"", .reuse = i % 2});
		assert_int_equal(h.error, FETCH_OK);
		assert_int_equal(h.status, 200);
		assert_int_equal(h.redirects, 2);
		assert_int_equal(h.permanent, cases[i].permanent);
		assert_string_equal(h.final_url, net_url("b.test", "/end?x"));
		assert_string_equal(h.etag, "\"end\"");
		assert_string_equal(buf_str(&h.body), "end");
		assert_string_equal(
		    origin_header(origin_last_head(origin), "If-None-Match", etag, sizeof etag),
		    "\"v\"");
		heard_clear(&h);
	}
}

static void
redirects_that_lead_nowhere_end(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		enum fetch_error error;
	} cases[] = {
	    {"", FETCH_REDIRECTS},
	    {"Location: \r\n", FETCH_REDIRECTS},
	    {"Location: #top\r\n", FETCH_REDIRECTS},
	    {"Location: /start\r\n", FETCH_REDIRECTS},
	    {"Location: file:///etc/passwd\r\n", FETCH_REFUSED},
	    {"Location: ftp://a.test/\r\n", FETCH_REFUSED},
	    {"Location: javascript:alert(1)\r\n", FETCH_REFUSED},
	    {"Location: gopher://127.0.0.1:6379/_x\r\n", FETCH_REFUSED},
	    {"Location: http://10.0.0.1:8000/\r\n", FETCH_REFUSED},
	    {"Location: http://private.test:8000/\r\n", FETCH_REFUSED},
	    {"Location: http://127.0.0.1:22/\r\n", FETCH_REFUSED},
	    {"Location: http://[::ffff:10.0.0.1]:8000/\r\n", FETCH_REFUSED},
	    {"Location: http://nowhere.invalid:8000/\r\n", FETCH_DNS},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		origin_page(origin, "/start",
		    (struct origin_reply){.status = 302, .headers = cases[i].headers});
		net_get(&h, "/start");
		if (h.error != cases[i].error)
			print_message(
			    "case %zu: %s (%s)\n", i, fetch_error_name(h.error), h.error_text);
		assert_int_equal(h.error, cases[i].error);
	}
}

static void
next_in_chain(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	static char header[64];
	(void)arg;
	int n = (int)strtol(rq->target + 1, NULL, 10);
	snprintf(header, sizeof header, "Location: /%d\r\n", n - 1);
	*reply = (struct origin_reply){.status = n ? 301 : 200, .headers = n ? header : ""};
}

struct gate {
	int64_t wait_ms;
	int asked;
	char url[128];
};

static int64_t
wait_at_gate(const char *url, void *arg)
{
	struct gate *g = arg;
	g->asked++;
	snprintf(g->url, sizeof g->url, "%s", url);
	return g->wait_ms;
}

/* A redirect to another host asks before it is followed; one within the host does not. */
static void
redirects_wait_for_the_other_host(void **state)
{
	(void)state;
	struct heard h;
	struct gate gate = {.wait_ms = 30};
	char location[128];
	snprintf(location, sizeof location, "Location: %s\r\n", net_url("b.test", "/c"));
	origin_page(
	    origin, "/a", (struct origin_reply){.status = 301, .headers = "Location: /b\r\n"});
	origin_page(origin, "/b", (struct origin_reply){.status = 302, .headers = location});
	origin_page(origin, "/c", (struct origin_reply){.body = "c"});
	door.on_hop(door.self, wait_at_gate, &gate);
	net_get(&h, "/a");
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(h.redirects, 2);
	assert_int_equal(gate.asked, 1);
	assert_string_equal(gate.url, net_url("b.test", "/c"));
	heard_clear(&h);
	uint64_t before = origin_counts(origin)->requests;
	gate.wait_ms = FETCH_HOP_WAIT_MS + 1;
	net_get(&h, "/a");
	assert_int_equal(h.error, FETCH_CLOSED);
	assert_string_equal(h.error_word, "closed");
	assert_int_equal(h.retry_after_s, 6);
	assert_string_equal(h.final_url, net_url("b.test", "/c"));
	assert_int_equal(origin_counts(origin)->requests - before, 2);
	heard_clear(&h);
	/* and one that waits when all ends is forgotten */
	gate.wait_ms = FETCH_HOP_WAIT_MS;
	struct heard none = {0};
	door.start(
	    door.self, &(struct fetch_request){.url = net_url("a.test", "/b")}, heard_done, &none);
	while (gate.asked < 3)
		event_base_loop(base, EVLOOP_ONCE);
	fetch_stop(fetcher);
	assert_int_equal(none.calls, 0);
}

static void
redirects_are_counted(void **state)
{
	(void)state;
	struct heard h;
	origin_answer(origin, next_in_chain, NULL);
	net_get(&h, "/5");
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(h.redirects, 5);
	assert_int_equal(h.permanent, 1);
	heard_clear(&h);
	net_get(&h, "/6");
	assert_int_equal(h.error, FETCH_REDIRECTS);
	assert_int_equal(h.redirects, 5);
	origin_page(
	    origin, "/a", (struct origin_reply){.status = 302, .headers = "Location: /b\r\n"});
	origin_page(origin, "/b",
	    (struct origin_reply){.status = 302, .headers = "Location: /a#again\r\n"});
	uint64_t before = origin_counts(origin)->requests;
	net_get(&h, "/a");
	assert_int_equal(h.error, FETCH_REDIRECTS);
	assert_non_null(strstr(h.error_text, "loop"));
	assert_int_equal(origin_counts(origin)->requests - before, 2);
}

/* addresses */

static void
policy_is_applied_at_connect(void **state)
{
	(void)state;
	static const char *const urls[] = {
	    "ftp://127.0.0.1/",
	    "file:///etc/passwd",
	    "//a.test/",
	    "",
	    "http://",
	    "http://a b/",
	    "http://127.0.0.1:22/",
	    "http://10.1.2.3:8080/",
	    "http://private.test:8080/",
	    "http://[fe80::1]:8080/",
	    "http://0.0.0.0:8080/",
	};
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		struct heard h;
		net_fetch(&h, (struct fetch_request){.url = urls[i]});
		if (h.error != FETCH_REFUSED)
			print_message(
			    "%s: %s (%s)\n", urls[i], fetch_error_name(h.error), h.error_text);
		assert_int_equal(h.error, FETCH_REFUSED);
		assert_false(fetch_error_is_transient(h.error));
	}
	assert_int_equal(fetch_counters(fetcher)->connections, 0);
}

static void
policy_is_applied_to_kept_connections(void **state)
{
	(void)state;
	struct heard h;
	origin_page(origin, "/", (struct origin_reply){.size = 1});
	net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/"), .reuse = 1});
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/"), .reuse = 1});
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	assert_int_equal(fetch_counters(fetcher)->connections, 1);
	address_policy_clear(&policy);
	net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/"), .reuse = 1});
	assert_int_equal(h.error, FETCH_REFUSED);
	assert_int_equal(fetch_counters(fetcher)->connections, 1);
}

static void
next_address_is_tried(void **state)
{
	(void)state;
	struct heard h;
	origin_page(origin, "/", (struct origin_reply){.size = 1});
	net_fetch(
	    &h, (struct fetch_request){.url = net_url("two.test", "/")}); /* 127.0.0.8 refuses */
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(fetch_counters(fetcher)->connections, 2);
	heard_clear(&h);
	net_fetch(&h, (struct fetch_request){.url = net_url("127-0-0-9.test", "/")});
	assert_int_equal(h.error, FETCH_CONNECT);
	assert_true(fetch_error_is_transient(h.error));
}

static void
all_spellings_of_a_host_connect(void **state)
{
	(void)state;
	static const char *const hosts[] = {"127.0.0.1", "A.TEST", "a.test.", "localhost"};
	origin_page(origin, "/", (struct origin_reply){.size = 1});
	for (size_t i = 0; i < 4; i++) {
		struct heard h;
		net_fetch(&h, (struct fetch_request){.url = net_url(hosts[i], "/")});
		if (h.error)
			print_message("%s: %s\n", hosts[i], h.error_text);
		assert_int_equal(h.error, FETCH_OK);
		heard_clear(&h);
	}
}

static void
ipv6_literal_connects(void **state)
{
	(void)state;
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 at = {.sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int has_v6 = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
	if (fd >= 0)
		close(fd);
	if (!has_v6) {
		print_message("SKIPPED: this machine has no IPv6 loopback\n");
		skip();
	}
	struct heard h;
	struct origin *six = origin_new(base, "::1", 0, NULL);
	char url[64];
	origin_page(six, "/", (struct origin_reply){.size = 1});
	snprintf(url, sizeof url, "http://[::1]:%u/", origin_port(six));
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	origin_free(six);
}

static void
unknown_host_is_a_dns_failure(void **state)
{
	(void)state;
	struct heard h;
	net_fetch(&h, (struct fetch_request){.url = "http://nowhere.invalid:8000/"});
	assert_int_equal(h.error, FETCH_DNS);
	net_fetch(&h, (struct fetch_request){.url = "http://silent-server.test:8000/"});
	assert_int_equal(h.error, FETCH_DNS);
	assert_true(fetch_counters(fetcher)->dns_lookups > 0);
}

/* connections */

static void
connections_are_kept_only_where_asked(void **state)
{
	(void)state;
	origin_page(origin, "/", (struct origin_reply){.size = 1});
	for (int reuse = 0; reuse < 2; reuse++) {
		uint64_t before = origin_counts(origin)->connections;
		for (int i = 0; i < 5; i++) {
			struct heard h;
			net_fetch(&h,
			    (struct fetch_request){.url = net_url("a.test", "/"), .reuse = reuse});
			assert_int_equal(h.error, FETCH_OK);
			heard_clear(&h);
		}
		assert_int_equal(origin_counts(origin)->connections - before, reuse ? 1 : 5);
	}
}

struct again {
	int left, done;
};

static void
on_done_again(struct fetch_result *r, void *arg)
{
	struct again *a = arg;
	assert_int_equal(r->error, a->left % 2 ? FETCH_REFUSED : FETCH_OK);
	if (!a->left--) {
		a->done = 1;
		return;
	}
	struct fetch_request rq = {.url = a->left % 2 ? "ftp://x/" : net_url("a.test", "/")};
	door.start(door.self, &rq, on_done_again, a);
}

static void
callback_may_start_the_next(void **state)
{
	(void)state;
	struct again a = {.left = 50};
	origin_page(origin, "/", (struct origin_reply){.size = 1});
	struct fetch_request rq = {.url = net_url("a.test", "/")};
	door.start(door.self, &rq, on_done_again, &a);
	net_loop_until(&a.done);
	assert_int_equal(door.active(door.self), 0);
}

static void
free_cancels_without_calling_back(void **state)
{
	(void)state;
	static struct heard h[6];
	static const char *const hosts[] = {"127.0.0.1", "a.test", "silent-server.test"};
	memset(h, 0, sizeof h);
	origin_page(origin, "/hang", (struct origin_reply){.act = ORIGIN_HANG});
	origin_page(origin, "/endless", (struct origin_reply){.act = ORIGIN_ENDLESS});
	for (int i = 0; i < 6; i++) {
		struct fetch_request rq = {
		    .url = i == 5 ? "ftp://x/" : net_url(hosts[i % 3], "/hang"), .reuse = i % 2};
		door.start(door.self, &rq, heard_done, &h[i]);
	}
	fetch_free(fetcher);
	fetcher = NULL;
	for (int i = 0; i < 5; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
	for (int i = 0; i < 6; i++)
		assert_int_equal(h[i].calls, 0);
}

/* libcurl's DNS cache must not grow with the hosts, nor walk: what is stale is bounded by what
 * runs. */
static void
dns_cache_of_libcurl_stays_empty(void **state)
{
	(void)state;
	char host[32];
	struct origin *any = origin_new(base, "0.0.0.0", 0, NULL);
	origin_page(any, "/", (struct origin_reply){.status = 304});
	for (int i = 0; i < 500; i++) {
		struct heard h;
		char url[64];
		snprintf(host, sizeof host, "127.1.%d.%d", i / 200, 1 + i % 200);
		snprintf(url, sizeof url, "http://%s:%u/", host, origin_port(any));
		net_fetch(&h, (struct fetch_request){.url = url});
		assert_int_equal(h.error, FETCH_OK);
		size_t stale = 0;
		for (struct curl_slist *s = fetcher->once.stale; s; s = s->next)
			stale++;
		assert_int_equal(stale, 1);
		assert_int_equal(fetcher->once.idle_len, 1);
	}
	origin_free(any);
}

/* proxy */

static void
as_proxy(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	(void)arg;
	int tunnel = strcmp(rq->method, "CONNECT") == 0;
	int asks = strstr(rq->target, "password") != NULL;
	*reply = (struct origin_reply){.status = tunnel ? 502
						 : asks ? 407
							: 200,
	    .body = "via",
	    .size = tunnel || asks ? 0 : 3};
}

static void
proxy_is_used_without_looking_hosts_up(void **state)
{
	(void)state;
	static const struct {
		const char *url;
		enum fetch_error error;
	} cases[] = {
	    {"http://unknown-to-dns.test:8080/a", FETCH_OK},
	    {"http://password.test:8080/a", FETCH_PROXY},
	    {"https://unknown-to-dns.test:8443/a", FETCH_PROXY},
	    {"http://10.0.0.1:8080/a", FETCH_REFUSED},
	    {"http://[fd00::1]:8080/a", FETCH_REFUSED},
	    {"http://unknown-to-dns.test:22/a", FETCH_REFUSED},
	    {"http://notlocalhost:8080/a", FETCH_OK},
	};
	struct fetch_options o = net_options();
	char proxy[64];
	static const char *const proxy_hosts[] = {"127.0.0.1", "http://proxy.test"};
	origin_answer(origin, as_proxy, NULL);
	for (size_t p = 0; p < 2; p++) {
		snprintf(proxy, sizeof proxy, "%s:%u", proxy_hosts[p], origin_port(origin));
		o.proxy = proxy;
		net_reopen(&o);
		for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
			struct heard h;
			net_fetch(&h, (struct fetch_request){.url = cases[i].url});
			if (h.error != cases[i].error)
				print_message("%s: %s\n", cases[i].url, h.error_text);
			assert_int_equal(h.error, cases[i].error);
			heard_clear(&h);
		}
		assert_int_equal(fetch_counters(fetcher)->dns_lookups, 0);
	}
	o.proxy = "http://127.0.0.9:1/";
	net_reopen(&o);
	struct heard h;
	net_fetch(&h, (struct fetch_request){.url = "http://a.test:8080/"});
	assert_int_equal(h.error, FETCH_PROXY);
	o.proxy = "http://nowhere.invalid:1/";
	net_reopen(&o);
	net_fetch(&h, (struct fetch_request){.url = "http://a.test:8080/"});
	assert_int_equal(h.error, FETCH_PROXY);
}

static void
environment_proxy_is_ignored(void **state)
{
	(void)state;
	struct heard h;
	setenv("http_proxy", "http://127.0.0.9:1/", 1);
	origin_page(origin, "/", (struct origin_reply){.size = 1});
	net_get(&h, "/");
	unsetenv("http_proxy");
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
}

static void
bad_options_are_refused_in_words(void **state)
{
	(void)state;
	static const struct {
		const char *proxy, *ca_file;
		int error;
	} cases[] = {
	    {"ftp://a.test:21", "", ERR_INPUT},
	    {"http://", "", ERR_INPUT},
	    {"http://a b:1", "", ERR_INPUT},
	    {"", "/nowhere/ca.pem", ERR_NOT_FOUND},
	    {"", hosts_path, ERR_INPUT},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct fault f = {0};
		struct fetcher *fe = (void *)1;
		struct fetch_options o = net_options();
		o.proxy = cases[i].proxy;
		o.ca_file = cases[i].ca_file;
		assert_int_equal(fetch_new(&fe, base, &o, &f), cases[i].error);
		assert_null(fe);
		assert_true(f.text[0] != '\0');
	}
}

/* TLS */

static unsigned
opens_seen(int watch)
{
	union {
		struct inotify_event event;
		char room[4096];
	} u;
	unsigned count = 0;
	struct pollfd p = {.fd = watch, .events = POLLIN};
	while (poll(&p, 1, 0) == 1) {
		ssize_t got = read(watch, &u, sizeof u);
		for (ssize_t at = 0; at < got;) {
			struct inotify_event *e = (struct inotify_event *)(u.room + at);
			count += (e->mask & IN_OPEN) != 0;
			at += (ssize_t)(sizeof *e + e->len);
		}
	}
	return count;
}

static void
ca_bundle_is_parsed_once(void **state)
{
	(void)state;
	struct origin *secure = origin_new(
	    base, NULL, 0, origin_tls_new(ca_path, "DNS:a.test,DNS:b.test,IP:127.0.0.1"));
	struct fetch_options o = net_options();
	static const char *const hosts[] = {"a.test", "b.test", "127.0.0.1"};
	char url[64];
	int watch = inotify_init1(IN_CLOEXEC);
	assert_true(inotify_add_watch(watch, ca_path, IN_OPEN) >= 0);
	o.ca_file = ca_path;
	net_reopen(&o);
	assert_int_equal(opens_seen(watch), 1);
	origin_page(secure, "/", (struct origin_reply){.size = 5});
	for (int i = 0; i < 12; i++) {
		struct heard h;
		snprintf(url, sizeof url, "https://%s:%u/", hosts[i % 3], origin_port(secure));
		net_fetch(&h, (struct fetch_request){.url = url, .reuse = i % 2});
		if (h.error)
			print_message("%s: %s\n", url, h.error_text);
		assert_int_equal(h.error, FETCH_OK);
		assert_int_equal(h.body.len, 5);
		heard_clear(&h);
	}
	assert_true(origin_counts(secure)->connections >= 8);
	assert_int_equal(opens_seen(watch), 0);
	assert_int_equal(fetch_counters(fetcher)->ca_loads, 1);
	close(watch);
	origin_free(secure);
}

static void
ca_bundle_is_read_again_when_it_changes(void **state)
{
	(void)state;
	struct heard h;
	char url[64];
	struct fetch_options o = net_options();
	SSL_CTX_free(origin_tls_new(ca_path, "DNS:other.test"));
	o.ca_file = ca_path;
	net_reopen(&o);
	char other[160];
	snprintf(other, sizeof other, "%s.new", ca_path);
	struct origin *secure = origin_new(base, NULL, 0, origin_tls_new(other, "DNS:a.test"));
	origin_page(secure, "/", (struct origin_reply){.size = 5});
	snprintf(url, sizeof url, "https://a.test:%u/", origin_port(secure));
	for (int reuse = 0; reuse < 2; reuse++) {
		net_fetch(&h, (struct fetch_request){.url = url, .reuse = reuse});
		assert_int_equal(h.error, FETCH_TLS);
	}
	assert_int_equal(rename(other, ca_path), 0);
	for (int reuse = 0; reuse < 2; reuse++) {
		net_fetch(&h, (struct fetch_request){.url = url, .reuse = reuse});
		assert_int_equal(h.error, FETCH_OK);
		heard_clear(&h);
	}
	assert_int_equal(fetch_counters(fetcher)->ca_loads, 2);
	net_write(ca_path, "broken"); /* what was read before stays */
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	origin_free(secure);
}

static void
bad_certificates_are_tls_failures(void **state)
{
	(void)state;
	struct heard h;
	char url[64];
	struct fetch_options o = net_options();
	struct origin *secure = origin_new(base, NULL, 0, origin_tls_new(ca_path, "DNS:a.test"));
	o.ca_file = ca_path;
	net_reopen(&o);
	snprintf(url, sizeof url, "https://b.test:%u/", origin_port(secure)); /* another name */
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_TLS);
	snprintf(url, sizeof url, "https://a.test:%u/", origin_port(origin)); /* no TLS at all */
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_TLS);
	snprintf(url, sizeof url, "http://a.test:%u/", origin_port(secure)); /* TLS unawares */
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_PROTOCOL);
	o.ca_file = ""; /* the system's bundle doesn't know this CA */
	net_reopen(&o);
	snprintf(url, sizeof url, "https://a.test:%u/", origin_port(secure));
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_TLS);
	origin_free(secure);
}

static void
downgrade_is_not_permanent(void **state)
{
	(void)state;
	struct heard h;
	char url[64], header[128];
	struct fetch_options o = net_options();
	struct origin *secure = origin_new(base, NULL, 0, origin_tls_new(ca_path, "DNS:a.test"));
	o.ca_file = ca_path;
	net_reopen(&o);
	snprintf(header, sizeof header, "Location: %s\r\n", net_url("a.test", "/plain"));
	origin_page(secure, "/", (struct origin_reply){.status = 301, .headers = header});
	origin_page(origin, "/plain", (struct origin_reply){.size = 1});
	snprintf(url, sizeof url, "https://a.test:%u/", origin_port(secure));
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(h.redirects, 1);
	assert_int_equal(h.permanent, 0);
	heard_clear(&h);
	origin_free(secure);
}

/* the origin itself */

static void
child_setup(struct origin *o, void *arg)
{
	origin_page(o, "/", (struct origin_reply){.body = arg, .size = strlen(arg)});
}

static void
origin_runs_in_a_child(void **state)
{
	(void)state;
	static char text[] = "from a child";
	const struct origin_counts *counts;
	unsigned port;
	char url[64];
	struct heard h;
	pid_t child = origin_spawn("127.0.0.1", child_setup, text, &port, &counts);
	snprintf(url, sizeof url, "http://127.0.0.1:%u/", port);
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_string_equal(buf_str(&h.body), text);
	assert_int_equal(counts->requests, 1);
	heard_clear(&h);
	origin_kill(child);
}

static void
every_error_has_its_name(void **state)
{
	(void)state;
	for (int a = 0; a < FETCH_ERROR_COUNT; a++) {
		assert_non_null(fetch_error_name((enum fetch_error)a));
		for (int b = 0; b < a; b++)
			assert_string_not_equal(fetch_error_name((enum fetch_error)a),
			    fetch_error_name((enum fetch_error)b));
	}
	assert_string_equal(fetch_error_name(FETCH_TOO_BIG), "too_big");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(answer_arrives_whole),
	    CASE(request_bears_our_headers_and_no_others),
	    CASE(validators_are_sent_as_they_are_and_304_has_no_body),
	    CASE(body_stays_compressed),
	    CASE(all_ways_to_end_a_body_are_understood),
	    CASE(broken_answers_are_protocol_errors),
	    CASE(header_section_is_bounded),
	    CASE(headers_are_read_with_care),
	    CASE(headers_about_the_document_are_kept),
	    CASE(freshness_and_retry_are_read),
	    CASE(rate_limits_and_challenges_are_read),
	    CASE(body_is_bounded),
	    CASE(body_of_a_failure_is_not_waited_for),
	    CASE(silence_is_a_timeout),
	    CASE(budget_holds_transfers_back_but_never_all),
	    CASE(paused_transfers_go_on_when_bytes_are_released),
	    CASE(privilege_is_handed_on),
	    CASE(redirects_are_followed),
	    CASE(redirects_that_lead_nowhere_end),
	    CASE(redirects_wait_for_the_other_host),
	    CASE(redirects_are_counted),
	    CASE(policy_is_applied_at_connect),
	    CASE(policy_is_applied_to_kept_connections),
	    CASE(next_address_is_tried),
	    CASE(all_spellings_of_a_host_connect),
	    CASE(ipv6_literal_connects),
	    CASE(unknown_host_is_a_dns_failure),
	    CASE(connections_are_kept_only_where_asked),
	    CASE(callback_may_start_the_next),
	    CASE(free_cancels_without_calling_back),
	    CASE(dns_cache_of_libcurl_stays_empty),
	    CASE(proxy_is_used_without_looking_hosts_up),
	    CASE(environment_proxy_is_ignored),
	    CASE(bad_options_are_refused_in_words),
	    CASE(ca_bundle_is_parsed_once),
	    CASE(ca_bundle_is_read_again_when_it_changes),
	    CASE(bad_certificates_are_tls_failures),
	    CASE(downgrade_is_not_permanent),
	    CASE(origin_runs_in_a_child),
	    cmocka_unit_test(every_error_has_its_name),
	};
	return net_run(tests, sizeof tests / sizeof *tests);
}
