/*
 * test_scenarios_net: servers that misbehave on the wire, each scenario a test: real sockets on
 * loopback, and the documents that traps are made of. Those that take hours and days are in
 * test_scenarios.c; the rules behind them stand in docs/http.md.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zstd.h>
#include <brotli/encode.h>

#include "clock.h"
#include "digest.h"
#include "fetch_rig.h"
#include "hash.h"
#include "mem.h"
#include "pack.h"
#include "program.h"
#include "rights.h"

static void
page(const char *path, int status, const char *headers, const char *body)
{
	origin_page(origin, path,
	    (struct origin_reply){
		.status = status, .headers = headers, .body = body, .size = strlen(body)});
}

static void
raw(const char *path, const void *bytes, size_t size)
{
	origin_page(origin, path,
	    (struct origin_reply){.act = ORIGIN_RAW_KEEP, .body = bytes, .size = size});
}

static void
get_kept(struct heard *h, const char *path)
{
	net_fetch(h, (struct fetch_request){.url = net_url("a.test", path), .reuse = 1});
}

/* The value of NAME in the last request, "" when it had none. */
static const char *
sent(const char *name)
{
	static char value[1024];
	return origin_header(origin_last_head(origin), name, value, sizeof value) ? value : "";
}

/* ---- conditional requests ---- */

/* What follows an answer that should have no more on the connection is never the next answer. */
static void
nothing_is_poisoned_by(const char *head, size_t more)
{
	static const char evil[] = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL";
	struct buf answer;
	buf_init(&answer, 1u << 20);
	buf_add_str(&answer, head);
	while (answer.len < strlen(head) + more)
		buf_add_str(&answer, evil);
	raw("/odd", buf_str(&answer), answer.len);
	page("/good", 200, NULL, "good");
	for (int i = 0; i < 4; i++) {
		struct heard h;
		net_fetch(&h, (struct fetch_request){
				  .url = net_url("a.test", "/odd"), .etag = "\"e\"", .reuse = 1});
		heard_clear(&h);
		get_kept(&h, "/good");
		assert_int_equal(h.error, FETCH_OK);
		assert_string_equal(buf_str(&h.body), "good");
		heard_clear(&h);
	}
	buf_clear(&answer);
}

static void
a_304_with_a_body(void **state)
{
	(void)state;
	nothing_is_poisoned_by("HTTP/1.1 304 Not Modified\r\nContent-Length: 500\r\n\r\n", 500);
	nothing_is_poisoned_by("HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", 200000);
	nothing_is_poisoned_by("HTTP/1.1 304 Not Modified\r\n\r\n", 100);
}

static void
cl_too_small(void **state)
{
	(void)state;
	nothing_is_poisoned_by("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n0123456789", 500);
	nothing_is_poisoned_by("HTTP/1.1 204 No\r\n\r\n", 500);
}

static void
cl_and_te(void **state)
{
	(void)state;
	static const char answer[] = "HTTP/1.1 200 OK\r\nContent-Length: 3\r\nTransfer-Encoding: "
				     "chunked\r\n\r\n5\r\nwhole\r\n0\r\n\r\n";
	struct heard h;
	raw("/both", answer, sizeof answer - 1);
	get_kept(&h, "/both");
	assert_int_equal(h.error, FETCH_OK); /* RFC 9112 6.1: the transfer coding overrides */
	assert_string_equal(buf_str(&h.body), "whole");
	heard_clear(&h);
}

static void
gzip_etag(void **state)
{
	(void)state;
	struct heard h;
	page("/z", 200, "Vary: Accept-Encoding\r\nETag: \"a-gzip\"\r\n", "<rss/>");
	for (int i = 0; i < 3; i++) {
		net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/z"),
				  .etag = i ? "\"a-gzip\"" : NULL,
				  .reuse = i == 2});
		assert_string_equal(sent("Accept-Encoding"), "gzip, br, zstd");
		assert_int_equal(h.conditional, i > 0);
		heard_clear(&h);
	}
}

static void
parts_are_offered_and_asked_for(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		int offers;
	} cases[] = {{"", 0}, {"IM: feed\r\n", 1}, {"IM: gzip, FEED ;x\r\n", 1},
	    {"IM: feeder\r\n", 0}, {"Vary: Accept, a-im\r\n", 1}, {"Vary: ETag\r\n", 0}};
	struct heard h;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		page("/im", 226, cases[i].headers, "<rss/>");
		net_get(&h, "/im");
		assert_int_equal(h.status, 226);
		assert_int_equal(h.offers_parts, cases[i].offers);
		assert_string_equal(sent("A-IM"), "");
		heard_clear(&h);
	}
	net_fetch(&h, (struct fetch_request){
			  .url = net_url("a.test", "/im"), .etag = "\"1\"", .wants_part = 1});
	assert_string_equal(sent("A-IM"), "feed");
	heard_clear(&h);
	net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/im"), .wants_part = 1});
	assert_string_equal(sent("A-IM"), ""); /* of no use without */
	heard_clear(&h);
}

static void
validators_stay_with_their_url(void **state)
{
	(void)state;
	struct heard h;
	page("/from", 302, "Location: /to\r\n", "");
	page("/to", 200, NULL, "x");
	struct fetch_request rq = {.url = net_url("a.test", "/from"), .etag = "\"1\""};
	rq.validators_of = hash64_str(net_url("a.test", "/to"));
	net_fetch(&h, rq);
	assert_string_equal(sent("If-None-Match"), "\"1\"");
	assert_int_equal(h.conditional, 1);
	heard_clear(&h);
	page("/from", 302, "Location: /elsewhere\r\n", "");
	page("/elsewhere", 200, NULL, "x");
	rq.url = net_url("a.test", "/from");
	net_fetch(&h, rq);
	assert_string_equal(sent("If-None-Match"), "");
	assert_int_equal(h.conditional, 0);
	heard_clear(&h);
}

/* ---- freshness, patience ---- */

#define DATE "Date: Tue, 01 Jul 2025 10:00:00 GMT\r\n"

static void
freshness_is(const char *headers, int64_t max_age_s)
{
	struct heard h;
	page("/f", 200, headers, "x");
	net_get(&h, "/f");
	assert_int_equal(h.max_age_s, max_age_s);
	heard_clear(&h);
}

static void
maxage_minus_age(void **state)
{
	(void)state;
	freshness_is("Cache-Control: max-age=7200\r\n", 7200);
	freshness_is("Cache-Control: max-age=7200\r\nAge: 200\r\n", 7000);
	freshness_is("Cache-Control: max-age=7200\r\nAge: 99999\r\n", 0);
	freshness_is("Cache-Control: max-age=7200\r\nAge: -5\r\n", 7200);
	freshness_is("Cache-Control: max-age=7200\r\nAge: old\r\n", 7200);
	freshness_is("Cache-Control: s-maxage=1, stale-while-revalidate=9, immutable\r\n", -1);
}

static void
expires_past(void **state)
{
	(void)state;
	freshness_is("Expires: 0\r\n", 0);
	/* by the server's clock, which is a year wrong */
	freshness_is("Date: Wed, 01 Jul 2026 10:00:00 GMT\r\n"
		     "Expires: Wed, 01 Jul 2026 11:00:00 GMT\r\n",
	    3600);
	freshness_is("Date: Wed, 01 Jul 2026 10:00:00 GMT\r\n"
		     "Expires: Tue, 30 Jun 2026 10:00:00 GMT\r\n",
	    0);
}

static void
cc_garbage(void **state)
{
	(void)state;
	freshness_is("Cache-Control: max-age=invalid, no-cache, max-age=300\r\n", 300);
	freshness_is("Cache-Control: max-age\r\n", -1);
	freshness_is("Cache-Control: ,,;=max-age=300\r\n", -1);
}

static void
patience_is(const char *headers, int64_t retry_after_s)
{
	struct heard h;
	page("/r", 503, headers, "");
	net_get(&h, "/r");
	assert_int_equal(h.status, 503);
	assert_int_equal(h.retry_after_s, retry_after_s);
}

static void
a_503_with_each_form_of_date(void **state)
{
	(void)state;
	patience_is(DATE "Retry-After: Tue, 01 Jul 2025 11:00:00 GMT\r\n", 3600);
	patience_is(DATE "Retry-After: Tuesday, 01-Jul-25 11:00:00 GMT\r\n", 3600);
	patience_is(DATE "Retry-After: Tue Jul  1 11:00:00 2025\r\n", 3600);
	patience_is("Retry-After: 5400\r\n", 5400);
}

static void
retry_after_neg(void **state)
{
	(void)state;
	patience_is("Retry-After: -5\r\n", -1);
	patience_is("Retry-After: soon\r\n", -1);
	patience_is("Retry-After: 1e9\r\n", -1);
	patience_is(DATE "Retry-After: Fri, 31 Dec 1999 23:59:59 GMT\r\n", 0);
	patience_is(
	    "Retry-After: 999999999999\r\n", INT64_C(10) * 365 * 86400); /* cut again later */
}

/* ---- redirects ---- */

static void
redirect_chain(int first, int second, int permanent)
{
	struct heard h;
	page("/1", first, "Location: /2\r\n", "");
	page("/2", second, "Location: /3\r\n", "");
	page("/3", 200, NULL, "end");
	net_get(&h, "/1");
	assert_int_equal(h.error, FETCH_OK);
	assert_int_equal(h.redirects, 2);
	assert_int_equal(h.permanent, permanent);
	heard_clear(&h);
}

static void
a_301_then_302(void **state)
{
	(void)state;
	redirect_chain(301, 308, 1);
	redirect_chain(308, 308, 1);
	redirect_chain(301, 302, 0);
	redirect_chain(301, 307, 0);
	redirect_chain(303, 301, 0);
}

static void
redirect_loop(void **state)
{
	(void)state;
	struct heard h;
	page("/a", 301, "Location: /b\r\n", "");
	page("/b", 302, "Location: /a\r\n", "");
	net_get(&h, "/a");
	assert_int_equal(h.error, FETCH_REDIRECTS);
	assert_string_equal(fetch_error_name(h.error), "redirects");
	assert_non_null(strstr(h.error_text, "loop"));
	assert_int_equal(origin_counts(origin)->requests, 2);
}

static void
ever_on(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	static char header[64];
	(void)arg;
	snprintf(header, sizeof header, "Location: /%ld\r\n", strtol(rq->target + 1, NULL, 10) + 1);
	*reply = (struct origin_reply){.status = 301, .headers = header};
}

static void
redirect_infinite(void **state)
{
	(void)state;
	struct heard h;
	origin_answer(origin, ever_on, NULL);
	net_get(&h, "/1");
	assert_int_equal(h.error, FETCH_REDIRECTS);
	assert_int_equal(origin_counts(origin)->requests, 1 + net_options().redirects_max);
}

static void
robots_redirect6(void **state)
{
	(void)state;
	struct fetch_options o = net_options();
	o.redirects_max = 2;
	net_reopen(&o);
	for (int hops = 5; hops <= 6; hops++) {
		struct heard h;
		char from[16], to[64];
		for (int i = 0; i < hops; i++) { /* from one host to the other */
			static char headers[8][64];
			snprintf(from, sizeof from, "/%d", i);
			snprintf(to, sizeof to, "http://%s:%u/%d", i % 2 ? "a.test" : "b.test",
			    origin_port(origin), i + 1);
			snprintf(headers[i], sizeof headers[i], "Location: %.50s\r\n", to);
			page(from, 301, headers[i], "");
		}
		snprintf(from, sizeof from, "/%d", hops);
		page(from, 200, NULL, "User-agent: *");
		net_fetch(&h,
		    (struct fetch_request){.url = net_url("a.test", "/0"), .kind = FETCH_ROBOTS});
		assert_int_equal(h.error, hops == 5 ? FETCH_OK : FETCH_REDIRECTS);
		heard_clear(&h);
	}
}

static void
location_relative(void **state)
{
	(void)state;
	static const struct {
		const char *header, *target;
	} cases[] = {
	    {"Location: ../f.xml#frag\r\n", "/f.xml"},
	    {"Location: f.xml\r\n", "/dir/f.xml"},
	    {"Location: ?page=2\r\n", "/dir/start?page=2"},
	    {"Location: /with space/f.xml\r\n", "/with%20space/f.xml"},
	    {"Location: /caf\xc3\xa9.xml\r\n", "/caf%C3%A9.xml"},
	    {"Location: //B.TEST:@/x\r\n", NULL},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		page("/dir/start", 302, cases[i].header, "");
		if (cases[i].target)
			page(cases[i].target, 200, NULL, "found");
		net_get(&h, "/dir/start");
		if (cases[i].target)
			assert_string_equal(buf_str(&h.body), "found");
		else
			assert_int_not_equal(h.error, FETCH_OK);
		heard_clear(&h);
	}
}

static void
redirect_auth_leak(void **state)
{
	(void)state;
	static const struct {
		const char *auth, *sent;
	} cases[] = {
	    {"user:pass:word", "Basic dXNlcjpwYXNzOndvcmQ="}, {"bearer t0k.en", "Bearer t0k.en"}};
	static const char *const headers[] = {"X-Key: abc", "X-Evil: a\r\nb: c"};
	char to_b[128], to_port[128];
	unsigned other_port;
	struct origin *other = origin_new(base, NULL, 0, NULL);
	other_port = origin_port(other);
	origin_page(other, "/end", (struct origin_reply){.size = 1});
	snprintf(to_b, sizeof to_b, "Location: http://b.test:%u/end\r\n", origin_port(origin));
	snprintf(to_port, sizeof to_port, "Location: http://a.test:%u/end\r\n", other_port);
	page("/end", 200, NULL, "end");
	for (size_t i = 0; i < 2; i++) {
		struct heard h;
		struct fetch_own own = {.url = net_url("a.test", "/start"),
		    .auth = cases[i].auth,
		    .headers = headers,
		    .headers_len = 2,
		    .user_agent = "own/1"};
		struct fetch_request rq = {.url = own.url, .own = &own, .reuse = (int)i};
		page("/start", 302, "Location: /end\r\n", "");
		net_fetch(&h, rq);
		assert_string_equal(sent("Authorization"), cases[i].sent);
		assert_string_equal(sent("X-Key"), "abc");
		assert_string_equal(sent("User-Agent"), "own/1");
		assert_null(strstr(origin_last_head(origin), "X-Evil"));
		heard_clear(&h);
		page("/start", 302, to_b, "");
		net_fetch(&h, rq);
		assert_int_equal(h.status, 200);
		assert_string_equal(sent("Authorization"), "");
		assert_string_equal(sent("X-Key"), "");
		heard_clear(&h);
		page("/start", 302, to_port, "");
		net_fetch(&h, rq);
		assert_int_equal(h.status, 200);
		assert_null(strstr(origin_last_head(other), "Authorization"));
		heard_clear(&h);
		/* nor does the handle remember it for the next */
		net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/end")});
		assert_string_equal(sent("Authorization"), "");
		assert_string_equal(sent("User-Agent"), "newsd-test/1");
		heard_clear(&h);
	}
	origin_free(other);
}

static void
via_proxy(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	(void)rq;
	(void)arg;
	*reply = (struct origin_reply){.body = "via", .size = 3};
}

static void
one_feed_by_a_proxy(void **state)
{
	(void)state;
	struct heard h;
	char proxy[64];
	struct origin *p = origin_new(base, NULL, 0, NULL);
	origin_answer(p, via_proxy, NULL);
	snprintf(proxy, sizeof proxy, "http://127.0.0.1:%u", origin_port(p));
	struct fetch_own own = {.url = "http://far.test:8080/f", .proxy = proxy};
	page("/direct", 200, NULL, "direct");
	for (int i = 0; i < 2; i++) {
		net_fetch(&h, (struct fetch_request){.url = own.url, .own = &own});
		assert_string_equal(buf_str(&h.body), "via");
		heard_clear(&h);
		net_get(&h, "/direct"); /* the same handle, used again */
		assert_string_equal(buf_str(&h.body), "direct");
		heard_clear(&h);
	}
	own.proxy = "ftp://nonsense";
	net_fetch(&h, (struct fetch_request){.url = own.url, .own = &own});
	assert_int_equal(h.error, FETCH_PROXY);
	origin_free(p);
}

/* ---- broken answers ---- */

static void
rst_mid(void **state)
{
	(void)state;
	struct heard h;
	for (int reuse = 0; reuse < 2; reuse++) {
		origin_page(
		    origin, "/r", (struct origin_reply){.act = ORIGIN_RESET, .size = 100000});
		net_fetch(
		    &h, (struct fetch_request){.url = net_url("a.test", "/r"), .reuse = reuse});
		assert_int_equal(h.error, FETCH_PROTOCOL);
		assert_int_equal(h.body.len, 0);
		assert_true(fetch_error_is_transient(h.error));
	}
}

static void
hdr_nul_ctl(void **state)
{
	(void)state;
	static const char *const answers[] = {
	    "HTTP/1.1 200 OK\r\nETag: \"a\rb\"\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nETag: \"a\x1b[31m\"\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nX: a\r\n folded\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\nno colon here\r\nContent-Length: 0\r\n\r\n",
	    "HTTP/1.1 200 OK\r\n: no name\r\nContent-Length: 0\r\n\r\n",
	};
	static const char nul[] = "HTTP/1.1 200 OK\r\nETag: \"a\0b\"\r\nContent-Length: 0\r\n\r\n";
	static const char latin[] =
	    "HTTP/1.1 200 OK\r\nETag: \"caf\xe9\"\r\nContent-Length: 0\r\n\r\n";
	struct heard h;
	for (size_t i = 0; i < sizeof answers / sizeof *answers; i++) {
		raw("/h", answers[i], strlen(answers[i]));
		net_get(&h, "/h");
		assert_string_equal(h.etag, ""); /* what can't be sent back is not kept */
		heard_clear(&h);
	}
	raw("/h", nul, sizeof nul - 1);
	net_get(&h, "/h");
	assert_string_equal(h.etag, "");
	heard_clear(&h);
	raw("/h", latin, sizeof latin - 1); /* RFC 9110 8.8.3: obs-text may be in it */
	net_get(&h, "/h");
	assert_string_equal(h.etag, "\"caf\xe9\"");
	heard_clear(&h);
}

static void
status_999(void **state)
{
	(void)state;
	static const struct {
		const char *answer;
		enum fetch_error error;
		int status;
	} cases[] = {
	    {"HTTP/1.1 999 Denied\r\nContent-Length: 0\r\n\r\n", FETCH_OK, 999},
	    {"HTTP/1.1 0 None\r\nContent-Length: 0\r\n\r\n", FETCH_PROTOCOL, 0},
	    {"HTTP/1.1 000 None\r\nContent-Length: 0\r\n\r\n", FETCH_PROTOCOL, 0},
	    {"HTTP/1.1 99 Low\r\nContent-Length: 0\r\n\r\n", FETCH_PROTOCOL, 0},
	    {"HTTP/1.1 1000 High\r\nContent-Length: 0\r\n\r\n", FETCH_PROTOCOL, 0},
	    {"HTTP/1.1 103 Early Hints\r\nETag: \"e\"\r\n\r\nHTTP/1.1 404 No\r\n"
	     "Content-Length: 0\r\n\r\n",
		FETCH_OK, 404},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		origin_page(origin, "/s",
		    (struct origin_reply){.act = ORIGIN_RAW,
			.body = cases[i].answer,
			.size = strlen(cases[i].answer)});
		net_get(&h, "/s");
		if (h.error != cases[i].error || h.status != cases[i].status)
			print_message("case %zu: %s %d\n", i, fetch_error_name(h.error), h.status);
		assert_int_equal(h.error, cases[i].error);
		assert_int_equal(h.status, cases[i].status);
		assert_string_equal(h.etag, "");
		heard_clear(&h);
	}
}

static void
a_flood_of_1xx(void **state)
{
	(void)state;
	struct buf flood;
	struct heard h;
	buf_init(&flood, 1u << 20);
	for (int i = 0; i < 20000; i++)
		buf_add_str(&flood, "HTTP/1.1 102 Processing\r\n\r\n");
	raw("/1", buf_str(&flood), flood.len);
	net_get(&h, "/1");
	assert_int_equal(h.error, FETCH_PROTOCOL);
	buf_clear(&flood);
}

static void
slow_and_endless(void **state)
{
	(void)state;
	struct heard h;
	struct fetch_options o = net_options();
	o.transfer_timeout_s = 1;
	net_reopen(&o);
	origin_page(
	    origin, "/d", (struct origin_reply){.act = ORIGIN_DRIP, .size = 100000, .drip_ms = 1});
	net_get(&h, "/d");
	assert_int_equal(h.error, FETCH_TIMEOUT);
	origin_page(origin, "/h", (struct origin_reply){.act = ORIGIN_DRIP_HEADERS, .drip_ms = 1});
	net_get(&h, "/h");
	assert_int_equal(h.error, FETCH_TIMEOUT);
	origin_page(origin, "/e", (struct origin_reply){.act = ORIGIN_ENDLESS});
	net_get(&h, "/e");
	assert_int_equal(h.error, FETCH_TOO_BIG);
}

/* ---- TLS ---- */

static void
tls_failures_have_words(void **state)
{
	(void)state;
	static const struct {
		const char *word;
		struct origin_tls how;
	} cases[] = {
	    {"ok", {.names = "DNS:a.test"}},
	    {"ok", {.names = "DNS:a.test", .only_name = "a.test"}}, /* we do say the name */
	    {"ok", {.names = "DNS:a.test", .revokes = ORIGIN_CRL_OF_OTHERS}},
	    {"ok", {.names = "DNS:a.test", .revokes = ORIGIN_OLD_CRL_OF_OTHERS}},
	    {"ok", {.names = "DNS:a.test", .revokes = ORIGIN_STRANGE_CRL}},
	    {"tls_revoked", {.names = "DNS:a.test", .revokes = ORIGIN_CRL}},
	    {"tls_revoked", {.names = "DNS:a.test", .revokes = ORIGIN_OLD_CRL}},
	    {"tls_expired", {.names = "DNS:a.test",
				.revokes = ORIGIN_CRL_OF_OTHERS,
				.from_s = -7200,
				.until_s = -3600}},
	    {"tls_expired", {.names = "DNS:a.test", .from_s = -7200, .until_s = -3600}},
	    {"tls_not_yet_valid", {.names = "DNS:a.test", .from_s = 3600, .until_s = 7200}},
	    {"tls_self_signed", {.names = "DNS:a.test", .self_signed = 1}},
	    {"tls_unknown_issuer", {.names = "DNS:a.test", .leaves_out = 1}},
	    {"tls_wrong_host", {.names = "DNS:b.test"}},
	    {"tls_wrong_host", {.names = "DNS:a.test", .only_name = "b.test"}},
	    {"tls_weak", {.names = "DNS:a.test", .weak = 1}},
	    {"tls_too_old", {.names = "DNS:a.test", .old = 1}},
	};
	struct fetch_options o = net_options();
	o.ca_file = ca_path;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct heard h;
		char url[64];
		struct origin *secure =
		    origin_new(base, NULL, 0, origin_tls_made(ca_path, &cases[i].how));
		origin_page(secure, "/", (struct origin_reply){.size = 1});
		net_reopen(&o);
		uint64_t plain = origin_counts(origin)->requests;
		snprintf(url, sizeof url, "https://a.test:%u/", origin_port(secure));
		net_fetch(&h, (struct fetch_request){.url = url});
		if (strcmp(h.error_word, cases[i].word) != 0)
			print_message("case %zu: %s: %s\n", i, h.error_word, h.error_text);
		assert_string_equal(h.error_word, cases[i].word);
		assert_int_equal(h.error, strcmp(cases[i].word, "ok") ? FETCH_TLS : FETCH_OK);
		assert_int_equal(origin_counts(origin)->requests, plain);
		heard_clear(&h);
		origin_free(secure);
	}
	net_reopen(&o);
	struct heard h;
	char url[64];
	snprintf(url, sizeof url, "https://a.test:%u/", origin_port(origin));
	net_fetch(&h, (struct fetch_request){.url = url}); /* a server that speaks no TLS */
	assert_string_equal(h.error_word, "tls_none");
}

/* Is http://HOST on the port of SECURE, where only TLS is spoken, asked by https? */
static int
is_upgraded(const struct origin *secure, const char *host)
{
	struct heard h;
	char url[64], upgraded[64];
	snprintf(url, sizeof url, "http://%s:%u/", host, origin_port(secure));
	snprintf(upgraded, sizeof upgraded, "https://%s:%u/", host, origin_port(secure));
	net_fetch(&h, (struct fetch_request){.url = url});
	int is = h.error == FETCH_OK;
	assert_string_equal(h.final_url, is ? upgraded : url);
	heard_clear(&h);
	return is;
}

static void
promise(struct origin *secure, const char *host, const char *header)
{
	struct heard h;
	char url[64];
	origin_page(secure, "/", (struct origin_reply){.size = 1, .headers = header});
	snprintf(url, sizeof url, "https://%s:%u/", host, origin_port(secure));
	net_fetch(&h, (struct fetch_request){.url = url});
	heard_clear(&h);
	origin_page(secure, "/", (struct origin_reply){.size = 1});
}

#define HSTS "Strict-Transport-Security: "

static void
hsts_is_remembered(void **state)
{
	(void)state;
	struct fetch_options o = net_options();
	struct heard h;
	struct origin *secure = origin_new(
	    base, NULL, 0, origin_tls_new(ca_path, "DNS:a.test,DNS:sub.a.test,IP:127.0.0.1"));
	o.ca_file = ca_path;
	net_reopen(&o);
	page("/", 200, HSTS "max-age=1000\r\n", "x");
	net_get(&h, "/"); /* said over http: counts for nothing */
	heard_clear(&h);
	net_fetch(&h, (struct fetch_request){.url = net_url("a.test", "/")});
	heard_clear(&h);
	assert_false(is_upgraded(secure, "a.test"));
	promise(secure, "a.test", HSTS "nonsense\r\n");
	assert_false(is_upgraded(secure, "a.test"));
	promise(secure, "a.test", HSTS "max-age=\"1000\" ; x\r\n");
	assert_true(is_upgraded(secure, "a.test"));
	assert_false(is_upgraded(secure, "sub.a.test"));
	promise(secure, "a.test", HSTS "max-age=1000; includesubdomains\r\n");
	assert_true(is_upgraded(secure, "sub.a.test"));
	promise(secure, "a.test", HSTS "max-age=0\r\n");
	assert_false(is_upgraded(secure, "a.test"));
	assert_false(is_upgraded(secure, "sub.a.test"));
	promise(secure, "127.0.0.1", HSTS "max-age=1000\r\n"); /* an address has no name to keep */
	assert_false(is_upgraded(secure, "127.0.0.1"));
	promise(secure, "b.test", HSTS "max-age=1000\r\n"); /* its certificate is not valid */
	assert_false(is_upgraded(secure, "b.test"));
	origin_free(secure);
}

static void
take_promise(const struct fetch_promise *p, void *arg)
{
	struct fetch_promise *last = arg;
	assert_string_equal(p->host, "a.test");
	last->left_s = p->left_s;
	last->subdomains = p->subdomains;
	last->host = last->host ? last->host + 1 : "123456789"; /* counts */
}

static size_t
told(const struct fetch_promise *last)
{
	return last->host ? 10 - strlen(last->host) : 0;
}

/* Who remembers promises over a restart is told of them once, and gives them to the next fetcher.
 */
static void
hsts_outlives_a_restart(void **state)
{
	(void)state;
	struct fetch_options o = net_options();
	struct fetch_promise last = {0};
	struct origin *secure =
	    origin_new(base, NULL, 0, origin_tls_new(ca_path, "DNS:a.test,DNS:sub.a.test"));
	o.ca_file = ca_path;
	net_reopen(&o);
	door.on_promise(door.self, take_promise, &last);
	promise(secure, "a.test", HSTS "max-age=0\r\n"); /* it never promised */
	assert_int_equal(told(&last), 0);
	for (int i = 0; i < 3; i++)
		promise(secure, "a.test", HSTS "max-age=100000\r\n");
	assert_int_equal(told(&last), 1);
	assert_int_equal(last.left_s, 100000);
	assert_int_equal(last.subdomains, 0);
	promise(secure, "a.test", HSTS "max-age=100000; includeSubDomains\r\n");
	assert_int_equal(told(&last), 2);
	assert_int_equal(last.subdomains, 1);
	promise(secure, "a.test", HSTS "max-age=1000; includeSubDomains\r\n"); /* shorter */
	assert_int_equal(told(&last), 3);
	assert_int_equal(last.left_s, 1000);
	promise(secure, "a.test", HSTS "max-age=9999999999999; includeSubDomains\r\n");
	assert_int_equal(told(&last), 4);
	assert_int_equal(last.left_s, 2 * 365 * 86400);
	net_reopen(&o);
	assert_false(is_upgraded(secure, "a.test"));
	door.restore(door.self, &(struct fetch_promise){"a.test", 0, 0});
	assert_false(is_upgraded(secure, "a.test"));
	door.restore(door.self, &(struct fetch_promise){"a.test", 1000, 0});
	assert_true(is_upgraded(secure, "a.test"));
	assert_false(is_upgraded(secure, "sub.a.test"));
	door.on_promise(door.self, take_promise, &last);
	promise(secure, "a.test", HSTS "max-age=1000\r\n"); /* it is known already */
	assert_int_equal(told(&last), 4);
	promise(secure, "a.test", HSTS "max-age=0\r\n");
	assert_int_equal(told(&last), 5);
	assert_int_equal(last.left_s, 0);
	assert_false(is_upgraded(secure, "a.test"));
	origin_free(secure);
}

/* A host that promises https and sends back to http goes in a circle. */
static void
hsts_ends_downgrades(void **state)
{
	(void)state;
	struct fetch_options o = net_options();
	struct heard h;
	char url[64], header[160];
	struct origin *secure = origin_new(base, NULL, 0, origin_tls_new(ca_path, "DNS:a.test"));
	o.ca_file = ca_path;
	net_reopen(&o);
	snprintf(url, sizeof url, "https://a.test:%u/", origin_port(secure));
	snprintf(header, sizeof header, HSTS "max-age=1000\r\nLocation: http://a.test:%u/\r\n",
	    origin_port(secure));
	origin_page(secure, "/", (struct origin_reply){.status = 301, .headers = header});
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_REDIRECTS);
	origin_free(secure);
}

/* ---- the network ---- */

/* A socket at [::1]:PORT that answers no connection: its queue is full. Returns how many of FDS. */
static int
black_hole(unsigned port, int fds[8])
{
	struct sockaddr_in6 at = {.sin6_family = AF_INET6,
	    .sin6_port = htons((uint16_t)port),
	    .sin6_addr = IN6ADDR_LOOPBACK_INIT};
	int n = 0;
	fds[n++] = socket(AF_INET6, SOCK_STREAM, 0);
	if (fds[0] < 0 || bind(fds[0], (struct sockaddr *)&at, sizeof at) != 0 ||
	    listen(fds[0], 0) != 0)
		return 0;
	for (; n < 8; n++) {
		fds[n] = socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0);
		if (connect(fds[n], (struct sockaddr *)&at, sizeof at) == 0 || errno == EINPROGRESS)
			continue;
		break;
	}
	return n;
}

static void
ipv6_broken_and_ipv4_good(void **state)
{
	(void)state;
	struct heard h;
	int fds[8];
	struct fetch_options o = net_options();
	o.connect_timeout_s = 3; /* for all addresses together */
	net_reopen(&o);
	page("/", 200, NULL, "x");
	net_fetch(&h, (struct fetch_request){.url = net_url("six.test", "/")}); /* refused */
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	int n = black_hole(origin_port(origin), fds);
	if (!n) {
		print_message("SKIPPED: this machine has no IPv6 loopback\n");
		skip();
	}
	net_fetch(&h, (struct fetch_request){.url = net_url("six.test", "/")}); /* silence */
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	while (n > 0)
		close(fds[--n]);
}

static void
ipv6_only(void **state)
{
	(void)state;
	struct heard h;
	char url[64];
	int fds[8], n = black_hole(0, fds), has_v6 = n > 0;
	while (n > 0)
		close(fds[--n]);
	if (!has_v6) {
		print_message("SKIPPED: this machine has no IPv6 loopback\n");
		skip();
	}
	struct origin *six = origin_new(base, "::1", 0, NULL);
	origin_page(six, "/", (struct origin_reply){.size = 1});
	snprintf(url, sizeof url, "http://six.test:%u/", origin_port(six));
	net_fetch(&h, (struct fetch_request){.url = url});
	assert_int_equal(h.error, FETCH_OK);
	heard_clear(&h);
	origin_free(six);
}

static const char *
find_nghttpd(void)
{
	static const char *const paths[] = {"/usr/sbin/nghttpd", "/usr/bin/nghttpd",
	    "/usr/local/bin/nghttpd", "/opt/homebrew/bin/nghttpd"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (access(paths[i], X_OK) == 0)
			return paths[i];
	return NULL;
}

/* 1: nobody answers at URL, though a program has been started that should. */
static int
wait_for(const char *url)
{
	struct heard h;
	int64_t end_ms = clock_mono_ms() + 10000;
	do {
		net_fetch(&h, (struct fetch_request){.url = url, .reuse = 1});
		heard_clear(&h);
	} while (h.error == FETCH_CONNECT && clock_mono_ms() < end_ms);
	return h.error != FETCH_OK;
}

static void
http_2(void **state)
{
	(void)state;
	const char *nghttpd = find_nghttpd();
	if (!nghttpd) {
		print_message("SKIPPED: HTTP/2 wants nghttpd (Debian: nghttp2-server)\n");
		skip();
	}
	enum { N = 12 };
	static struct heard h[N];
	char port[16], root[64], url[96], cert[160], key[160], file[96];
	snprintf(port, sizeof port, "%u", origin_free_port(base));
	snprintf(cert, sizeof cert, "%s.cert", ca_path);
	snprintf(key, sizeof key, "%s.key", ca_path);
	snprintf(root, sizeof root, "/tmp/newsd-test-h2-XXXXXX");
	assert_non_null(mkdtemp(root));
	snprintf(file, sizeof file, "%s/feed.xml", root);
	net_write(file, "<rss version='2.0'/>");
	struct ssl_ctx_st *tls = origin_tls_new(ca_path, "DNS:a.test");
	origin_tls_write(tls, cert, key);
	origin_free(origin_new(base, NULL, 0, tls));
	char *argv[] = {
	    (char *)(uintptr_t)nghttpd, (char *)"-v", (char *)"-d", root, port, key, cert, NULL};
	int in, out;
	pid_t pid = program_start(argv, &in, &out);
	struct fetch_options o = net_options();
	o.ca_file = ca_path;
	net_reopen(&o);
	snprintf(url, sizeof url, "https://a.test:%s/feed.xml", port);
	int failed = wait_for(url);
	uint64_t connections = fetch_counters(fetcher)->connections;
	memset(h, 0, sizeof h);
	for (int i = 0; i < N && !failed; i++) {
		struct fetch_request rq = {.url = url, .reuse = 1};
		door.start(door.self, &rq, heard_done, &h[i]);
	}
	for (int i = 0; i < N && !failed; i++) {
		net_loop_until(&h[i].calls);
		failed = h[i].error != FETCH_OK || h[i].status != 200 || h[i].bytes != 20;
	}
	kill(pid, SIGTERM);
	close(in);
	close(out);
	program_wait(pid);
	unlink(file);
	unlink(cert);
	unlink(key);
	rmdir(root);
	assert_int_equal(failed, 0);
	/* many streams in one connection, which was there already */
	assert_int_equal(fetch_counters(fetcher)->connections - connections, 0);
}

/* ---- rights ---- */

static void
rights_in_headers(void **state)
{
	(void)state;
	static const struct {
		const char *headers;
		unsigned rights;
	} cases[] = {
	    {"", 0},
	    {"X-Robots-Tag: all\r\n", 0},
	    {"X-Robots-Tag: NoArchive , noindex\r\n", RIGHTS_NOARCHIVE | RIGHTS_NOINDEX},
	    {"X-Robots-Tag: noai\r\nX-Robots-Tag: noimageai\r\n", RIGHTS_NOAI | RIGHTS_NOIMAGEAI},
	    {"X-Robots-Tag: otherbot: noindex\r\n", 0},
	    {"X-Robots-Tag: otherbot: noindex, newsd: noarchive\r\n", RIGHTS_NOARCHIVE},
	    {"X-Robots-Tag: max-snippet: 0, nosnippet\r\n", RIGHTS_NOSNIPPET},
	    {"X-Robots-Tag: unavailable_after: 25 Jun 2030 15:00:00 GMT, noarchive\r\n",
		RIGHTS_NOARCHIVE},
	    {"TDM-Reservation: 1\r\n", RIGHTS_TDM_RESERVED},
	    {"TDM-Reservation: 0\r\n", 0},
	    {"TDM-Reservation: 10\r\n", 0},
	    {"X-Robots-Tag: legal, tdm_reserved\r\n", 0},
	};
	struct heard h;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		page("/x", 200, cases[i].headers, "x");
		net_get(&h, "/x");
		if (h.rights != cases[i].rights)
			print_message("case %zu: %x\n", i, h.rights);
		assert_int_equal(h.rights, cases[i].rights);
		heard_clear(&h);
	}
	page("/x", 451, "Link: <https://law.example/>; rel=blocked-by\r\n", "");
	net_get(&h, "/x");
	assert_int_equal(h.rights, RIGHTS_LEGAL);
}

/* ---- documents that are traps ---- */

/* Parse BODY as a feed; the status of the reply. */
static int
parse(
    const char *encoding, const char *type, const void *body, size_t len, char *title, size_t size)
{
	struct job job = {.kind = JOB_FEED,
	    .url = "http://a.test/feed",
	    .content_type = type,
	    .content_encoding = encoding,
	    .agent = "newsd",
	    .body = body,
	    .body_len = len,
	    .inflated_max = 8u << 20};
	struct reply *r = digest(&job);
	int status = r->status;
	if (title)
		snprintf(title, size, "%s",
		    r->feed && r->feed->items_len && r->feed->items[0].title
			? r->feed->items[0].title
			: "");
	/* whatever came of it fits into what a document may take */
	assert_true(r->arena.total < 64u << 20);
	reply_free(r);
	return status;
}

static void
billion_laughs(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1u << 20);
	buf_add_str(&b, "<!DOCTYPE rss [<!ENTITY a0 \"ha\">");
	for (int i = 1; i < 30; i++)
		buf_printf(
		    &b, "<!ENTITY a%d \"&a%d;&a%d;&a%d;&a%d;\">", i, i - 1, i - 1, i - 1, i - 1);
	buf_add_str(&b, "]><rss version='2.0'><channel><title>&a29;</title><item><title>&a29;"
			"</title><link>http://a.test/1</link></item></channel></rss>");
	parse("", "application/xml", buf_str(&b), b.len, NULL, 0);
	buf_clear(&b);
}

static void
bombs(void **state)
{
	(void)state;
	size_t size = 64u << 20, len, len2, zlen = ZSTD_compressBound(size), blen = 1u << 20;
	char *zeros = mem_zalloc(size);
	uint8_t *once = pack_gzip(zeros, size, &len), *twice = pack_gzip(once, len, &len2);
	uint8_t *z = mem_alloc(zlen), *br = mem_alloc(blen);
	zlen = ZSTD_compress(z, zlen, zeros, size, 3);
	assert_true(
	    BrotliEncoderCompress(5, 22, BROTLI_MODE_GENERIC, size, (uint8_t *)zeros, &blen, br));
	assert_int_equal(parse("gzip", "", once, len, NULL, 0), ERR_LIMIT);
	assert_int_equal(parse("gzip, gzip", "", twice, len2, NULL, 0), ERR_LIMIT);
	assert_int_equal(parse("zstd", "", z, zlen, NULL, 0), ERR_LIMIT);
	assert_int_equal(parse("br", "", br, blen, NULL, 0), ERR_LIMIT);
	assert_int_equal(
	    parse("gzip, gzip, gzip, gzip", "", twice, len2, NULL, 0), ERR_UNSUPPORTED);
	assert_int_equal(parse("gzip", "", once, len * 9 / 10, NULL, 0), ERR_LIMIT);
	assert_int_equal(parse("x-own", "", once, len, NULL, 0), ERR_UNSUPPORTED);
	mem_free(br);
	mem_free(z);
	mem_free(twice);
	mem_free(once);
	mem_free(zeros);
}

static void
repeat(struct buf *b, const char *head, const char *piece, size_t n, const char *tail)
{
	buf_clear(b);
	buf_add_str(b, head);
	for (size_t i = 0; i < n; i++)
		buf_add_str(b, piece);
	buf_add_str(b, tail);
}

static void
endless_item(void **state)
{
	(void)state;
#define HEAD "<rss version='2.0'><channel><title>T</title>"
#define TAIL "</channel></rss>"
	struct buf b;
	char title[64];
	buf_init(&b, 8u << 20);
	repeat(&b, HEAD, "<item><link>http://a.test/</link></item>", 150000, TAIL);
	parse("", "", buf_str(&b), b.len, NULL, 0);
	repeat(&b, HEAD "<item><link>http://a.test/1</link><title>", "endless ", 900000,
	    "</title></item>" TAIL);
	parse("", "", buf_str(&b), b.len, title, sizeof title);
	repeat(&b, HEAD, "<d>", 1000000, TAIL);
	parse("", "", buf_str(&b), b.len, NULL, 0);
	repeat(&b, HEAD "<item ", "a='b' ", 100000, "/>" TAIL);
	parse("", "", buf_str(&b), b.len, NULL, 0);
	buf_clear(&b);
	/* and the next document is read as if nothing had been */
	static const char good[] = HEAD "<item><title>fine</title><link>/1</link></item>" TAIL;
	assert_int_equal(parse("", "", good, sizeof good - 1, title, sizeof title), 0);
	assert_string_equal(title, "fine");
}

static void
charset_conflict(void **state)
{
	(void)state;
	static const char latin1[] = "<?xml version='1.0' encoding='iso-8859-1'?>" HEAD
				     "<item><title>caf\xc3\xa9</title><link>/1</link></item>" TAIL;
	char title[64], utf16[2 * sizeof latin1] = "\xff\xfe";
	size_t n = 2;
	/* BOM of UTF-16, header of UTF-8, declaration of Latin-1 */
	for (const char *p = "<?xml version='1.0' encoding='iso-8859-1'?>" HEAD
			     "<item><title>yes</title><link>/1</link></item>" TAIL;
	     *p; p++) {
		utf16[n++] = *p;
		utf16[n++] = 0;
	}
	assert_int_equal(
	    parse("", "application/rss+xml; charset=utf-8", utf16, n, title, sizeof title), 0);
	assert_string_equal(title, "yes");
	/* header before declaration */
	assert_int_equal(parse("", "application/rss+xml; charset=utf-8", latin1, sizeof latin1 - 1,
			     title, sizeof title),
	    0);
	assert_string_equal(title, "caf\xc3\xa9");
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(a_304_with_a_body),
	    CASE(cl_too_small),
	    CASE(cl_and_te),
	    CASE(gzip_etag),
	    CASE(parts_are_offered_and_asked_for),
	    CASE(validators_stay_with_their_url),
	    CASE(maxage_minus_age),
	    CASE(expires_past),
	    CASE(cc_garbage),
	    CASE(a_503_with_each_form_of_date),
	    CASE(retry_after_neg),
	    CASE(a_301_then_302),
	    CASE(redirect_loop),
	    CASE(redirect_infinite),
	    CASE(robots_redirect6),
	    CASE(location_relative),
	    CASE(redirect_auth_leak),
	    CASE(one_feed_by_a_proxy),
	    CASE(rst_mid),
	    CASE(hdr_nul_ctl),
	    CASE(status_999),
	    CASE(a_flood_of_1xx),
	    CASE(slow_and_endless),
	    CASE(tls_failures_have_words),
	    CASE(hsts_is_remembered),
	    CASE(hsts_outlives_a_restart),
	    CASE(hsts_ends_downgrades),
	    CASE(ipv6_broken_and_ipv4_good),
	    CASE(ipv6_only),
	    CASE(http_2),
	    CASE(rights_in_headers),
	    cmocka_unit_test(billion_laughs),
	    cmocka_unit_test(bombs),
	    cmocka_unit_test(endless_item),
	    cmocka_unit_test(charset_conflict),
	};
	digest_prepare();
	return net_run(tests, sizeof tests / sizeof *tests);
}
