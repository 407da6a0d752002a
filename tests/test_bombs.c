/*
 * test_bombs: answers that are made to hold newsd up or to fill it: endless in their framing where
 * test_fetch has those with endless bodies, floods of HTTP/2, documents that unfold to more than
 * their share. Real sockets on loopback; each must end by itself, with nothing kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <event2/event.h>
#include <malloc.h>
#include <openssl/ssl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../daemon/fetch/fetch_priv.h"
#include "digest.h"
#include "feed.h"
#include "fetch_rig.h"
#include "inflate.h"
#include "mem.h"
#include "pack.h"
#include "wire.h"

#define FLOOD ((size_t)24 << 20)

/* Repeat PIECE behind HEAD up to FLOOD bytes. */
static void
flood(struct buf *b, const void *head, size_t head_len, const void *piece, size_t piece_len)
{
	buf_init(b, 2 * FLOOD);
	buf_add(b, head, head_len);
	while (b->len < FLOOD)
		buf_add(b, piece, piece_len);
}

/* ---- HTTP/1: framing without end ---- */

/* The answer made of HEAD and PIECE without end is an error of that name, and costs no memory. */
static void
ends(const char *head, const char *piece, enum fetch_error one, enum fetch_error other)
{
	struct buf b;
	struct heard h;
	flood(&b, head, strlen(head), piece, strlen(piece));
	origin_page(origin, "/flood",
	    (struct origin_reply){.act = ORIGIN_RAW, .body = b.data, .size = b.len});
	size_t before = mallinfo2().uordblks + mallinfo2().hblkhd;
	for (int reuse = 0; reuse < 2; reuse++) {
		net_fetch(
		    &h, (struct fetch_request){.url = net_url("a.test", "/flood"), .reuse = reuse});
		if (h.error != one && h.error != other)
			fail_msg("%.60s: %s (%s)", head, fetch_error_name(h.error), h.error_text);
		assert_int_equal(h.body.len, 0);
		heard_clear(&h);
	}
	assert_int_equal(door.budget->used, 0);
	size_t after = mallinfo2().uordblks + mallinfo2().hblkhd;
	/* the origin's own copy may still be on its way out */
	assert_true(after < before + FLOOD + ((size_t)2 << 20));
	buf_clear(&b);
}

#define CHUNKED "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

static void
endless_chunk_extension(void **state)
{
	(void)state;
	ends(CHUNKED "5;", "extension=1;", FETCH_PROTOCOL, FETCH_TIMEOUT);
}

static void
endless_chunk_size(void **state)
{
	(void)state;
	ends(CHUNKED, "0000000000", FETCH_PROTOCOL, FETCH_PROTOCOL);
}

static void
endless_trailers(void **state)
{
	(void)state;
	ends(CHUNKED "3\r\nabc\r\n0\r\n", "X-Trailer: 1\r\n", FETCH_PROTOCOL, FETCH_PROTOCOL);
	ends(CHUNKED "3\r\nabc\r\n0\r\nX-Trailer: ", "aaaaaaaa", FETCH_PROTOCOL, FETCH_PROTOCOL);
}

static void
endless_chunks_of_one_byte(void **state)
{
	(void)state;
	ends(CHUNKED, "1\r\nx\r\n", FETCH_TOO_BIG, FETCH_TOO_BIG);
}

static void
endless_headers(void **state)
{
	(void)state;
	ends("HTTP/1.1 200 OK\r\n", "X-Header: 1\r\n", FETCH_PROTOCOL, FETCH_PROTOCOL);
	ends("HTTP/1.1 200 OK\r\nX-Header: ", "aaaaaaaa", FETCH_PROTOCOL, FETCH_PROTOCOL);
	ends("HTTP/1.1 200 OK\r\nX-Header: a\r\n", " folded\r\n", FETCH_PROTOCOL, FETCH_PROTOCOL);
	ends("HTTP/1.1 200 ", "OK and ", FETCH_PROTOCOL, FETCH_PROTOCOL);
	ends("HTTP/1.1 200 OK\r\nSet-Cookie: a=b\r\n", "Set-Cookie: a=b\r\n", FETCH_PROTOCOL,
	    FETCH_PROTOCOL);
}

static void
endless_interim_answers(void **state)
{
	(void)state;
	ends("", "HTTP/1.1 100 Continue\r\n\r\n", FETCH_PROTOCOL, FETCH_PROTOCOL);
	ends("", "HTTP/1.1 103 Early Hints\r\nLink: </x>; rel=preload\r\n\r\n", FETCH_PROTOCOL,
	    FETCH_PROTOCOL);
}

static void
endless_empty_lines(void **state)
{
	(void)state;
	ends("", "\r\n\r\n\r\n", FETCH_PROTOCOL, FETCH_PROTOCOL);
}

/* What goes on behind its end is cut off there. */
static void
endless_rest(void **state)
{
	(void)state;
	struct buf b;
	struct heard h;
	static const char head[] = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nwhole";
	flood(&b, head, sizeof head - 1, "\r\n", 2);
	origin_page(origin, "/rest",
	    (struct origin_reply){.act = ORIGIN_RAW, .body = b.data, .size = b.len});
	for (int reuse = 0; reuse < 2; reuse++) {
		net_fetch(
		    &h, (struct fetch_request){.url = net_url("a.test", "/rest"), .reuse = reuse});
		assert_int_equal(h.error, FETCH_OK);
		assert_string_equal(buf_str(&h.body), "whole");
		heard_clear(&h);
	}
	buf_clear(&b);
}

/* A redirect with a body that does not end is followed all the same, and its body is not read. */
static void
endless_body_of_a_redirect(void **state)
{
	(void)state;
	struct heard h;
	origin_page(origin, "/r",
	    (struct origin_reply){
		.status = 302, .headers = "Location: /end\r\n", .act = ORIGIN_ENDLESS});
	origin_page(origin, "/end", (struct origin_reply){.body = "end", .size = 3});
	net_get(&h, "/r");
	assert_int_equal(h.error, FETCH_OK);
	assert_string_equal(buf_str(&h.body), "end");
	assert_true(h.bytes < 65536);
	heard_clear(&h);
}

/* What drips a byte at a time in a place that is no body ends at the transfer's time. */
static void
drips_in_every_place(void **state)
{
	(void)state;
	static const char *const heads[] = {
	    "", "HTTP/1.1 200 OK\r\n", CHUNKED "5;", CHUNKED "0\r\n", "HTTP/1.1 103 Hints\r\n\r\n"};
	struct fetch_options o = net_options();
	o.transfer_timeout_s = 1;
	net_reopen(&o);
	static struct heard h[5];
	memset(h, 0, sizeof h);
	for (size_t i = 0; i < 5; i++) { /* at once: one second for all */
		char path[16];
		snprintf(path, sizeof path, "/drip-%zu", i);
		origin_page(origin, path,
		    (struct origin_reply){.act = ORIGIN_RAW_DRIP,
			.body = heads[i],
			.size = strlen(heads[i]),
			.drip_ms = 2});
		struct fetch_request rq = {.url = net_url("a.test", path), .reuse = (int)(i % 2)};
		door.start(door.self, &rq, heard_done, &h[i]);
	}
	for (size_t i = 0; i < 5; i++) {
		net_loop_until(&h[i].calls);
		if (h[i].error != FETCH_TIMEOUT && h[i].error != FETCH_PROTOCOL)
			fail_msg("%s: %s", heads[i], h[i].error_text);
	}
}

/* ---- HTTP/2 ---- */

static int
choose_h2(SSL *ssl, const unsigned char **out, unsigned char *len, const unsigned char *in,
    unsigned in_len, void *arg)
{
	(void)ssl;
	(void)in;
	(void)in_len;
	(void)arg;
	*out = (const unsigned char *)"h2";
	*len = 2;
	return SSL_TLSEXT_ERR_OK;
}

/* Append a frame, RFC 9113 4.1. */
static void
frame(
    struct buf *b, unsigned type, unsigned flags, uint32_t stream, const void *payload, size_t len)
{
	uint8_t head[9] = {(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len, (uint8_t)type,
	    (uint8_t)flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
	    (uint8_t)(stream >> 8), (uint8_t)stream};
	buf_add(b, head, sizeof head);
	buf_add(b, payload, len);
}

enum {
	DATA,
	HEADERS,
	PRIORITY,
	RST_STREAM,
	SETTINGS,
	PUSH_PROMISE,
	PING,
	GOAWAY,
	WINDOW,
	CONTINUE
};
#define END_HEADERS 4

/* Ask a server that answers with BEGIN and then PIECE again and again, over TLS as HTTP/2. */
static void
h2_ends(const char *what, const struct buf *begin, const struct buf *piece)
{
	struct buf b;
	struct heard h;
	char url[64];
	struct ssl_ctx_st *tls = origin_tls_new(ca_path, "DNS:a.test");
	SSL_CTX_set_alpn_select_cb(tls, choose_h2, NULL);
	struct origin *secure = origin_new(base, NULL, 0, tls);
	struct fetch_options o = net_options();
	o.ca_file = ca_path;
	o.transfer_timeout_s = 2;
	net_reopen(&o);
	buf_init(&b, 2 * FLOOD);
	frame(&b, SETTINGS, 0, 0, "", 0);
	buf_add(&b, begin->data, begin->len);
	while (piece->len && b.len < FLOOD)
		buf_add(&b, piece->data, piece->len);
	/* the preface of HTTP/2 reads as a request for "*" */
	origin_page(
	    secure, "*", (struct origin_reply){.act = ORIGIN_RAW, .body = b.data, .size = b.len});
	snprintf(url, sizeof url, "https://a.test:%u/", origin_port(secure));
	net_fetch(&h, (struct fetch_request){.url = url, .reuse = 1});
	if (h.error == FETCH_OK || h.error == FETCH_REFUSED || !origin_counts(secure)->requests)
		fail_msg("%s: %s, %d requests (%s)", what, fetch_error_name(h.error),
		    (int)origin_counts(secure)->requests, h.error_text);
	assert_int_equal(h.body.len, 0);
	heard_clear(&h);
	assert_int_equal(door.budget->used, 0);
	buf_clear(&b);
	origin_free(secure);
}

static void
h2_flood(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		unsigned type, flags;
		uint32_t stream;
		size_t len;
	} floods[] = {
	    {"pings", PING, 0, 0, 8},
	    {"settings", SETTINGS, 0, 0, 0},
	    {"settings that change", SETTINGS, 0, 0, 6},
	    {"resets of streams that were never begun", RST_STREAM, 0, 2, 4},
	    {"priorities", PRIORITY, 0, 1, 5},
	    {"empty data", DATA, 0, 1, 0},
	    {"window updates", WINDOW, 0, 0, 4},
	    {"an unknown kind of frame", 0xee, 0xff, 1, 100},
	};
	for (size_t i = 0; i < sizeof floods / sizeof *floods; i++) {
		struct buf none = {.max = 0}, piece;
		static const uint8_t payload[100] = {0, 4, 0, 0, 0xff, 1};
		uint8_t window[4] = {0, 0, 0, 0};
		buf_init(&piece, 4096);
		frame(&piece, floods[i].type, floods[i].flags, floods[i].stream,
		    floods[i].type == WINDOW ? window : payload, floods[i].len);
		h2_ends(floods[i].what, &none, &piece);
		buf_clear(&piece);
	}
}

/* CONTINUATION without end (CVE-2024-27316 and its kin). */
static void
h2_endless_continuation(void **state)
{
	(void)state;
	struct buf begin, piece;
	uint8_t field[64] = {0x00, 1, 'x', 60}; /* a literal, not indexed: RFC 7541 6.2.2 */
	memset(field + 4, 'a', 60);
	buf_init(&begin, 4096);
	buf_init(&piece, 4096);
	frame(&begin, HEADERS, 0, 1, "\x88", 1); /* :status 200 */
	frame(&piece, CONTINUE, 0, 1, field, sizeof field);
	h2_ends("continuation", &begin, &piece);
	buf_clear(&piece);
	frame(&piece, CONTINUE, 0, 1, "", 0);
	h2_ends("empty continuation", &begin, &piece);
	buf_clear(&begin);
	buf_clear(&piece);
}

/* One long field that each further byte repeats (HPACK bomb, CVE-2016-1544). */
static void
h2_header_bomb(void **state)
{
	(void)state;
	struct buf begin, none = {.max = 0};
	static uint8_t block[16000];
	size_t n = 0;
	block[n++] = 0x88;
	block[n++] = 0x40; /* a literal that is indexed */
	block[n++] = 1;
	block[n++] = 'x';
	block[n++] = 0x7f; /* its length: 127 + 2^7 * 23 - ... = 3000 (RFC 7541 5.1) */
	block[n++] = (uint8_t)((3000 - 127) % 128 | 0x80);
	block[n++] = (3000 - 127) / 128;
	memset(block + n, 'a', 3000);
	n += 3000;
	memset(block + n, 0xbe, sizeof block - n); /* the newest of the table, 13,000 times */
	buf_init(&begin, 1 << 20);
	frame(&begin, HEADERS, END_HEADERS, 1, block, sizeof block);
	h2_ends("header bomb", &begin, &none);
	buf_clear(&begin);
}

static void
h2_push_is_refused(void **state)
{
	(void)state;
	struct buf begin, none = {.max = 0};
	buf_init(&begin, 4096);
	frame(&begin, PUSH_PROMISE, END_HEADERS, 1, "\0\0\0\2\x82\x87\x84", 7);
	h2_ends("push", &begin, &none);
	buf_clear(&begin);
}

/* ---- documents ---- */

static int
unfolds(const char *encoding, const uint8_t *data, size_t len, size_t max)
{
	struct buf room;
	struct view out;
	struct fault f = {0};
	buf_init(&room, max);
	int status = inflate_body(encoding, data, len, &room, &out, &f);
	assert_true(status == 0 || f.text[0]);
	assert_true(out.len <= max);
	buf_clear(&room);
	return status;
}

/* A bomb in a bomb in a bomb: each layer is bounded by itself, so that no layer between is larger.
 */
static void
nested_encodings(void **state)
{
	(void)state;
	size_t size = (size_t)32 << 20, len, len2, len3, len4;
	char *zeros = mem_zalloc(size);
	uint8_t *one = pack_gzip(zeros, size, &len), *two = pack_gzip(one, len, &len2),
		*three = pack_gzip(two, len2, &len3), *four = pack_gzip(three, len3, &len4);
	assert_int_equal(unfolds("gzip", one, len, size), ERR_LIMIT); /* by its ratio */
	assert_int_equal(unfolds("gzip, gzip", two, len2, size), ERR_LIMIT);
	assert_int_equal(unfolds("gzip, gzip, gzip", three, len3, size), ERR_LIMIT);
	assert_int_equal(unfolds("gzip, gzip, gzip, gzip", four, len4, size), ERR_UNSUPPORTED);
	/* three that are named and one that is not: still each within its bound */
	assert_int_equal(unfolds("gzip, gzip, gzip", four, len4, 1 << 20), ERR_LIMIT);
	/* a word that means nothing does not hide the count */
	assert_int_equal(
	    unfolds("identity, gzip, none, gzip, gzip, gzip", four, len4, size), ERR_UNSUPPORTED);
	mem_free(four);
	mem_free(three);
	mem_free(two);
	mem_free(one);
	mem_free(zeros);
}

/* What was cut short is no document, whatever part of it can be read. */
static void
truncated_bodies_are_no_documents(void **state)
{
	(void)state;
	struct buf text;
	size_t len;
	buf_init(&text, 1 << 20);
	buf_add_str(&text, "<rss version='2.0'><channel><title>T</title>");
	for (int i = 0; i < 500; i++)
		buf_printf(&text,
		    "<item><title>Number %d</title><link>http://a.test/%d</link></item>", i,
		    i * 7919);
	buf_add_str(&text, "</channel></rss>");
	uint8_t *packed = pack_gzip(text.data, text.len, &len);
	for (size_t cut = 1; cut < len; cut += len / 37) {
		struct job job = {.kind = JOB_FEED,
		    .url = "http://a.test/feed",
		    .content_encoding = "gzip",
		    .body = packed,
		    .body_len = len - cut,
		    .inflated_max = 8 << 20};
		struct reply *r = digest(&job);
		assert_int_equal(r->status, ERR_ENCODING);
		assert_null(r->feed);
		reply_free(r);
	}
	mem_free(packed);
	buf_clear(&text);
}

/* A feed as large as may be received gives an answer that the main process decodes in some ten
 * milliseconds: what is more is left out, the newest kept, and said so. */
static void
huge_feed(void **state)
{
	(void)state;
	struct buf text, out;
	buf_init(&text, (size_t)64 << 20);
	buf_init(&out, WIRE_FRAME_MAX);
	for (int want_text = 0; want_text < 2; want_text++) {
		buf_clear(&text);
		buf_add_str(&text, "<rss version='2.0'><channel><title>T</title>");
		for (int i = 0; text.len < (size_t)30 << 20; i++)
			buf_printf(&text,
			    "<item><title>Number %d</title><link>http://a.test/%d</link><description>"
			    "&lt;p>%0900d&lt;/p></description></item>",
			    i, i, i);
		buf_add_str(&text, "</channel></rss>");
		struct job job = {.kind = JOB_FEED,
		    .flags = want_text ? JOB_WANT_TEXT : 0,
		    .url = "http://a.test/feed",
		    .body = text.data,
		    .body_len = text.len,
		    .inflated_max = (size_t)32 << 20};
		struct reply *r = digest(&job);
		assert_int_equal(r->status, 0);
		assert_non_null(strstr(r->feed->recovered, "more than 15 MB of text"));
		assert_in_range(r->feed->items_len, 5000, 20000);
		assert_string_equal(r->feed->items[0].title, "Number 0");
		assert_true(want_text == (r->feed->items[0].text != NULL));
		out.len = 0;
		assert_int_equal(wire_put_reply(&out, 1, r), 0);
		assert_in_range(out.len, WIRE_REPLY_MAX / 2, WIRE_REPLY_MAX);
		reply_free(r);
	}
	buf_clear(&out);
	buf_clear(&text);
}

int
main(void)
{
#define CASE(f) cmocka_unit_test_setup_teardown(f, net_setup, net_teardown)
	const struct CMUnitTest tests[] = {
	    CASE(endless_chunk_extension),
	    CASE(endless_chunk_size),
	    CASE(endless_trailers),
	    CASE(endless_chunks_of_one_byte),
	    CASE(endless_headers),
	    CASE(endless_interim_answers),
	    CASE(endless_empty_lines),
	    CASE(endless_rest),
	    CASE(endless_body_of_a_redirect),
	    CASE(drips_in_every_place),
	    CASE(h2_flood),
	    CASE(h2_endless_continuation),
	    CASE(h2_header_bomb),
	    CASE(h2_push_is_refused),
	    cmocka_unit_test(nested_encodings),
	    cmocka_unit_test(truncated_bodies_are_no_documents),
	    cmocka_unit_test(huge_feed),
	};
	digest_prepare();
	return net_run(tests, sizeof tests / sizeof *tests);
}
