/*
 * test_fetch_h2: servers of HTTP/2 that go away in the middle (RFC 9113 6.8): what they did not
 * take on is asked for again, at a new connection; what they did is read to its end; what breaks
 * off is no answer.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <curl/curl.h>
#include <stdio.h>
#include <string.h>

#include "fetch_rig.h"
#include "origin_h2.h"

#define MANY 8
#define HALF "<rss version='2.0'>"
#define REST "</rss>"

static struct h2_origin *server;

static void
answer_whole(struct h2_conn *c, uint32_t stream)
{
	h2_send_head(c, stream);
	h2_send_data(c, stream, HALF, 0);
	h2_send_data(c, stream, REST, 1);
}

static void
serve(h2_request_cb script, void *arg)
{
	struct fetch_options o = net_options();
	if (!(curl_version_info(CURLVERSION_NOW)->features & CURL_VERSION_HTTP2)) {
		print_message("SKIPPED: this libcurl speaks no HTTP/2\n");
		skip();
	}
	server = h2_new(base, origin_tls_new(ca_path, "DNS:a.test"), script, arg);
	o.ca_file = ca_path;
	net_reopen(&o);
}

static void
begin(struct heard *h)
{
	char url[64];
	snprintf(url, sizeof url, "https://a.test:%u/feed", h2_port(server));
	memset(h, 0, sizeof *h);
	door.start(door.self, &(struct fetch_request){.url = url, .reuse = 1}, heard_done, h);
}

/* Start COUNT requests behind one that has opened the connection. */
static void
ask(struct heard *h, size_t count)
{
	begin(&h[0]);
	net_loop_until(&h[0].calls);
	for (size_t i = 1; i < count; i++)
		begin(&h[i]);
	for (size_t i = 1; i < count; i++)
		net_loop_until(&h[i].calls);
}

static void
expect_whole(struct heard *h)
{
	if (h->error != FETCH_OK)
		fail_msg("%s: %s", h->error_word, h->error_text);
	assert_int_equal(h->status, 200);
	assert_int_equal(h->bytes, strlen(HALF REST));
	assert_int_equal(h->calls, 1);
	heard_clear(h);
}

/* On the first connection: of those after the first, two are taken on, and one of these is in the
 * middle when all must go. */
static void
goes_away(struct h2_conn *c, uint32_t stream, void *arg)
{
	uint32_t *taken = arg;
	if (h2_number(c) > 1 || h2_requests(c) == 1) {
		answer_whole(c, stream);
		return;
	}
	if (h2_requests(c) <= 3)
		taken[h2_requests(c) - 2] = stream;
	if (h2_requests(c) < MANY)
		return;
	answer_whole(c, taken[0]);
	h2_send_head(c, taken[1]);
	h2_send_data(c, taken[1], HALF, 0);
	h2_send_goaway(c, taken[1], H2_NO_ERROR);
	h2_send_data(c, taken[1], REST, 1);
}

static void
test_what_was_not_taken_on_is_asked_for_again(void **state)
{
	(void)state;
	static struct heard h[MANY];
	uint32_t taken[2];
	serve(goes_away, taken);
	ask(h, MANY);
	for (size_t i = 0; i < MANY; i++)
		expect_whole(&h[i]);
	assert_true(h2_connections(server) >= 2);
	/* and nobody goes back to the old one */
	struct heard more;
	unsigned before = h2_connections(server);
	begin(&more);
	net_loop_until(&more.calls);
	expect_whole(&more);
	assert_true(h2_connections(server) <= before + 1);
	h2_free(server);
}

/* It goes away and closes before the answer that it took on is whole. */
static void
breaks_off(struct h2_conn *c, uint32_t stream, void *arg)
{
	(void)arg;
	if (h2_number(c) > 1 || h2_requests(c) == 1) {
		answer_whole(c, stream);
		return;
	}
	h2_send_head(c, stream);
	h2_send_data(c, stream, HALF, 0);
	h2_send_goaway(c, stream, H2_INTERNAL_ERROR);
	h2_close(c);
}

static void
test_what_breaks_off_is_no_answer(void **state)
{
	(void)state;
	static struct heard h[2], again;
	serve(breaks_off, NULL);
	ask(h, 2);
	expect_whole(&h[0]);
	assert_int_equal(h[1].error, FETCH_PROTOCOL);
	assert_true(fetch_error_is_transient(h[1].error));
	heard_clear(&h[1]);
	begin(&again);
	net_loop_until(&again.calls);
	expect_whole(&again);
	assert_int_equal(h2_connections(server), 2);
	h2_free(server);
}

/* It refuses single streams, which it has not looked at (RFC 9113 8.7). */
static void
refuses(struct h2_conn *c, uint32_t stream, void *arg)
{
	(void)arg;
	if (h2_number(c) > 1 || h2_requests(c) == 1)
		answer_whole(c, stream);
	else
		h2_send_reset(c, stream, H2_REFUSED_STREAM);
}

static void
test_what_is_refused_is_asked_for_again(void **state)
{
	(void)state;
	static struct heard h[3];
	serve(refuses, NULL);
	ask(h, 3);
	for (size_t i = 0; i < 3; i++)
		expect_whole(&h[i]);
	h2_free(server);
}

/* A server that never takes on anything is not asked for ever. */
static void
takes_nothing_on(struct h2_conn *c, uint32_t stream, void *arg)
{
	(void)stream;
	++*(unsigned *)arg;
	h2_send_goaway(c, 0, H2_NO_ERROR);
	h2_close(c);
}

static void
test_a_server_that_always_goes_away(void **state)
{
	(void)state;
	struct heard h;
	unsigned asked = 0;
	serve(takes_nothing_on, &asked);
	begin(&h);
	net_loop_until(&h.calls);
	assert_int_equal(h.error, FETCH_PROTOCOL);
	assert_in_range(asked, 1, 12);
	heard_clear(&h);
	h2_free(server);
}

#define CASE(name) cmocka_unit_test_setup_teardown(name, net_setup, net_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    CASE(test_what_was_not_taken_on_is_asked_for_again),
	    CASE(test_what_breaks_off_is_no_answer),
	    CASE(test_what_is_refused_is_asked_for_again),
	    CASE(test_a_server_that_always_goes_away),
	};
	return net_run(tests, sizeof tests / sizeof *tests);
}
