/*
 * test_websub: hubs that push. The pure half by known answers; the rest of the daemon's half under
 * a fake clock and a fake network, where the test plays the hub.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "clock.h"
#include "mem.h"
#include "websub.h"
#include "world.h"

#define RSS   "application/rss+xml"
#define FEED  "https://paper.example/feed"
#define TOPIC "https://paper.example/feed?all"
#define HUB   "https://hub.example/"
#define OPEN  "http://hub.example/" /* anybody can read along */

static const uint8_t key[WEBSUB_KEY]; /* the one of a world */

/* ---- pure ---- */

static void
test_words(void **state)
{
	(void)state;
	uint8_t other[WEBSUB_KEY] = {1};
	char a[WEBSUB_WORD], b[WEBSUB_WORD];
	websub_derive(key, WEBSUB_TOKEN, 1, HUB, TOPIC, a);
	assert_int_equal(strlen(a), 32);
	assert_int_equal(strspn(a, "0123456789abcdef"), 32);
	websub_derive(key, WEBSUB_TOKEN, 1, HUB, TOPIC, b);
	assert_string_equal(a, b);
	const struct {
		const uint8_t *key;
		enum websub_word word;
		int64_t feed;
		const char *hub, *topic;
	} others[] = {
	    {other, WEBSUB_TOKEN, 1, HUB, TOPIC},
	    {key, WEBSUB_SECRET, 1, HUB, TOPIC},
	    {key, WEBSUB_TOKEN, 2, HUB, TOPIC},
	    {key, WEBSUB_TOKEN, 1, OPEN, TOPIC},
	    {key, WEBSUB_TOKEN, 1, HUB, FEED},
	};
	for (size_t i = 0; i < sizeof others / sizeof *others; i++) {
		websub_derive(others[i].key, others[i].word, others[i].feed, others[i].hub,
		    others[i].topic, b);
		assert_string_not_equal(a, b);
	}
}

static void
test_form(void **state)
{
	(void)state;
	struct arena a = {0};
	struct websub_ask ask = {.callback = "https://n.example/w/ab",
	    .topic = "https://p.example/?a=1&b=\xc3\xa9 +",
	    .secret = "s3",
	    .lease_s = 604800};
	assert_string_equal(websub_form(&a, &ask),
	    "hub.mode=subscribe&hub.topic=https%3A%2F%2Fp.example%2F%3Fa%3D1%26b%3D%C3%A9+%2B"
	    "&hub.callback=https%3A%2F%2Fn.example%2Fw%2Fab&hub.lease_seconds=604800"
	    "&hub.secret=s3");
	ask.unsubscribe = 1;
	assert_null(strstr(websub_form(&a, &ask), "secret"));
	assert_non_null(strstr(websub_form(&a, &ask), "hub.mode=unsubscribe"));
	arena_clear(&a);
}

static void
test_intent(void **state)
{
	(void)state;
	struct arena a = {0};
	struct fault f;
	struct websub_intent i;
	assert_int_equal(
	    websub_read_intent(&a,
		"hub.mode=subscribe&hub.topic=https%3A%2F%2Fp.example%2F&hub.challenge=c+h%21"
		"&hub.lease_seconds=60",
		&i, &f),
	    0);
	assert_int_equal(i.mode, WEBSUB_SUBSCRIBE);
	assert_string_equal(i.topic, "https://p.example/");
	assert_string_equal(i.challenge, "c h!");
	assert_int_equal(i.lease_s, 60);
	assert_int_equal(
	    websub_read_intent(&a, "hub.topic=t&hub.mode=denied&hub.reason=no", &i, &f), 0);
	assert_int_equal(i.mode, WEBSUB_DENIED);
	assert_string_equal(i.reason, "no");

	static const char *const wrong[] = {NULL, "", "hub.mode=subscribe",
	    "hub.mode=subscribe&hub.topic=t", "hub.mode=subscribe&hub.topic=t&hub.challenge=",
	    "hub.mode=publish&hub.topic=t&hub.challenge=c", "hub.topic=t&hub.challenge=c", "%",
	    "&&=&"};
	for (size_t k = 0; k < sizeof wrong / sizeof *wrong; k++)
		assert_int_equal(websub_read_intent(&a, wrong[k], &i, &f), ERR_INPUT);
	char *long_one = arena_alloc(&a, 4000);
	memset(long_one, 'c', 3999);
	long_one[3999] = '\0';
	char *query = arena_printf(&a, "hub.mode=subscribe&hub.topic=t&hub.challenge=%s", long_one);
	assert_int_equal(websub_read_intent(&a, query, &i, &f), ERR_INPUT);
	static const struct {
		const char *text;
		int64_t s;
	} leases[] = {{"0", 0}, {"-5", 0}, {"1e9", 0}, {"864000", 864000}};
	for (size_t k = 0; k < sizeof leases / sizeof *leases; k++) {
		query = arena_printf(&a,
		    "hub.mode=subscribe&hub.topic=t&hub.challenge=c&hub.lease_seconds=%s",
		    leases[k].text);
		assert_int_equal(websub_read_intent(&a, query, &i, &f), 0);
		assert_int_equal(i.lease_s, leases[k].s);
	}
	arena_clear(&a);
}

/* HMACs of "newsd" by "key", from openssl's command line. */
static void
test_signatures(void **state)
{
	(void)state;
	static const struct {
		const char *method, *words;
		const EVP_MD *(*digest)(void);
		enum websub_signature proves;
	} methods[] = {
	    {"sha1", "sha1", EVP_sha1, WEBSUB_WEAK},
	    {"sha256", "SHA256", EVP_sha256, WEBSUB_SIGNED},
	    {"sha384", "sha384", EVP_sha384, WEBSUB_SIGNED},
	    {"sha512", "sha512", EVP_sha512, WEBSUB_SIGNED},
	    {"md5", "md5", EVP_md5, WEBSUB_UNSIGNED},
	};
	for (size_t i = 0; i < sizeof methods / sizeof *methods; i++) {
		unsigned char digest[EVP_MAX_MD_SIZE];
		unsigned len;
		char header[200];
		int at = snprintf(header, sizeof header, "%s=", methods[i].words);
		HMAC(
		    methods[i].digest(), "key", 3, (const unsigned char *)"newsd", 5, digest, &len);
		for (unsigned k = 0; k < len; k++)
			at += snprintf(header + at, sizeof header - (size_t)at, "%02x", digest[k]);
		assert_int_equal(websub_check(header, "key", "newsd", 5), methods[i].proves);
		if (methods[i].proves == WEBSUB_UNSIGNED)
			continue;
		assert_int_equal(websub_check(header, "key", "newsD", 5), WEBSUB_FORGED);
		assert_int_equal(websub_check(header, "kez", "newsd", 5), WEBSUB_FORGED);
		header[at - 1] = header[at - 1] == '0' ? '1' : '0';
		assert_int_equal(websub_check(header, "key", "newsd", 5), WEBSUB_FORGED);
		header[at - 1] = '\0';
		assert_int_equal(websub_check(header, "key", "newsd", 5), WEBSUB_FORGED);
	}
	assert_int_equal(
	    websub_check("sha256="
			 "a76a0bbd5a5e03f8b2a0a5cf6f9d7b0a3f0c6b1c2d3e4f5a6b7c8d9e0f1a2b3c",
		"key", "newsd", 5),
	    WEBSUB_FORGED);
	assert_int_equal(websub_check(NULL, "key", "newsd", 5), WEBSUB_UNSIGNED);
	assert_int_equal(websub_check("", "key", "newsd", 5), WEBSUB_UNSIGNED);
	assert_int_equal(websub_check("sha256", "key", "newsd", 5), WEBSUB_UNSIGNED);
	assert_int_equal(websub_check("sha256=zz", "key", "newsd", 5), WEBSUB_FORGED);
}

static void
test_renewal(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 50; seed++) {
		int64_t s = websub_renew_s(1000, seed);
		assert_in_range(s, 800, 900);
		assert_in_range(websub_renew_s(1, seed), 48, 54);
		assert_true(websub_renew_s(INT64_MAX / 2, seed) <= WEBSUB_LEASE_MAX_S);
	}
	assert_int_not_equal(websub_renew_s(1000, 1), websub_renew_s(1000, 2));
}

static void
test_trust(void **state)
{
	(void)state;
	static const struct {
		int64_t pushed, missed;
		enum websub_trust trust;
	} cases[] = {
	    {0, 0, WEBSUB_UNPROVEN},
	    {19, 0, WEBSUB_UNPROVEN},
	    {20, 0, WEBSUB_RELIABLE},
	    {100, 2, WEBSUB_RELIABLE},
	    {100, 5, WEBSUB_UNPROVEN},
	    {0, 2, WEBSUB_UNPROVEN},
	    {0, 3, WEBSUB_UNRELIABLE},
	    {12, 3, WEBSUB_UNRELIABLE},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(websub_judge(cases[i].pushed, cases[i].missed), cases[i].trust);
	assert_string_equal(websub_trust_name(WEBSUB_UNRELIABLE), "unreliable");
}

/* ---- a world with a hub ---- */

#define SETTINGS                                                                                   \
	"content = feed\nwebsub_url = https://n.example/websub/\nwebsub_listen = 127.0.0.1:1\n"

static char token[WEBSUB_WORD];

/* Items FROM to TO, each published AGO seconds ago. */
static char *
feed_of(int from, int to, int64_t ago, const char *hub)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_printf(&b,
	    "<rss version=\"2.0\" xmlns:a=\"http://www.w3.org/2005/Atom\"><channel><title>P</title>");
	if (hub)
		buf_printf(&b,
		    "<a:link rel=\"hub\" href=\"%s\"/><a:link rel=\"self\" href=\"%s\"/>", hub,
		    TOPIC);
	for (int i = to; i >= from; i--) {
		char at[32];
		buf_printf(&b,
		    "<item><title>Story %d</title><link>https://paper.example/%d</link>"
		    "<description>The text of story %d is short.</description>"
		    "<pubDate>%s</pubDate></item>",
		    i, i, i, clock_iso(clock_now() - ago, at));
	}
	buf_add_str(&b, "</channel></rss>");
	char *s = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return s;
}

static void
serve(struct world *w, int from, int to, int64_t ago, const char *hub)
{
	char *body = feed_of(from, to, ago, hub);
	world_route(w, FEED, 200, RSS, body);
	mem_free(body);
}

/* The token that the hub was sent. */
static void
take_token(struct world *w, const char *hub)
{
	const struct route *r = world_find(w, hub);
	static const char mark[] = "hub.callback=https%3A%2F%2Fn.example%2Fwebsub%2F";
	const char *at = r && r->form ? strstr(r->form, mark) : NULL;
	assert_non_null(at);
	snprintf(token, sizeof token, "%s", at + sizeof mark - 1);
	token[WEBSUB_WORD - 1] = '\0';
}

/* A world whose feed names HUB, which has taken the request. */
static struct world *
asked_world(const char *hub)
{
	struct world *w = world_new(SETTINGS);
	world_route(w, hub, 202, "text/plain", "");
	serve(w, 1, 3, 60, hub);
	world_add_feed(w, FEED);
	world_run(w, 5);
	take_token(w, hub);
	return w;
}

/* The hub asks back, and is answered with STATUS. */
static void
verify(
    struct world *w, const char *with, const char *mode, const char *topic, int lease, int status)
{
	struct arena a = {0};
	const char *body;
	char *query = mem_printf(
	    "hub.mode=%s&hub.topic=%s&hub.challenge=chal&hub.lease_seconds=%d&hub.reason=full",
	    mode, topic, lease);
	assert_int_equal(pipeline_push_verify(w->pipeline, with, query, &a, &body), status);
	if (status == 200)
		assert_string_equal(body, strcmp(mode, "denied") ? "chal" : "");
	else
		assert_string_equal(body, "");
	mem_free(query);
	arena_clear(&a);
	world_run(w, 0);
}

#define TOPIC_IN_QUERY "https%3A%2F%2Fpaper.example%2Ffeed%3Fall"

static struct world *
active_world(const char *hub)
{
	struct world *w = asked_world(hub);
	verify(w, token, "subscribe", TOPIC_IN_QUERY, 86400, 200);
	assert_string_equal(world_sql(w, "SELECT state FROM subscriptions"), "active");
	return w;
}

/* Deliver BODY, signed by METHOD (NULL: not), and expect STATUS. */
static void
deliver(struct world *w, const char *body, const char *method, const EVP_MD *digest, int status)
{
	char secret[WEBSUB_WORD], header[200] = "";
	unsigned char mac[EVP_MAX_MD_SIZE];
	unsigned len = 0;
	struct buf b;
	websub_derive(
	    key, WEBSUB_SECRET, world_count(w, "SELECT id FROM feeds"), HUB, TOPIC, secret);
	if (method) {
		HMAC(digest, secret, (int)strlen(secret), (const unsigned char *)body, strlen(body),
		    mac, &len);
		int at = snprintf(header, sizeof header, "%s=", method);
		for (unsigned i = 0; i < len; i++)
			at += snprintf(header + at, sizeof header - (size_t)at, "%02x", mac[i]);
	}
	buf_init_budget(&b, 1 << 20, &w->budget);
	buf_add_str(&b, body);
	struct pipeline_delivery d = {.token = token,
	    .content_type = RSS,
	    .content_encoding = "",
	    .signature = method ? header : NULL,
	    .body = &b};
	assert_int_equal(pipeline_push_take(w->pipeline, &d), status);
	buf_clear(&b);
}

static void
deliver_items(struct world *w, int from, int to)
{
	char *body = feed_of(from, to, 5, NULL);
	deliver(w, body, "sha256", EVP_sha256(), 202);
	mem_free(body);
	world_run(w, 2);
}

static int
hits(struct world *w, const char *url)
{
	const struct route *r = world_find(w, url);
	return r ? r->hits : 0;
}

/* A world whose hub has verified the request, and not yet answered it. */
static struct world *
verified_first_world(void)
{
	struct world *w = world_new(SETTINGS);
	world_route(w, HUB, 202, "text/plain", "");
	serve(w, 1, 3, 60, HUB);
	world_add_feed(w, FEED);
	for (int i = 0; i < 200 && !hits(w, HUB); i++) { /* until it is asked, not yet answered */
		w->steps = 1;
		world_run(w, 1);
	}
	w->steps = -1;
	assert_int_equal(hits(w, HUB), 1);
	take_token(w, HUB);
	verify(w, token, "subscribe", TOPIC_IN_QUERY, 86400, 200);
	return w;
}

/* ---- subscribing ---- */

static void
test_subscribes(void **state)
{
	(void)state;
	struct world *w = asked_world(HUB);
	const char *form = world_find(w, HUB)->form;
	assert_non_null(strstr(form, "hub.mode=subscribe"));
	assert_non_null(strstr(form, "hub.topic=" TOPIC_IN_QUERY)); /* its rel=self */
	assert_non_null(strstr(form, "hub.secret="));
	assert_string_equal(world_sql(w, "SELECT state FROM subscriptions"), "asked");
	verify(w, token, "subscribe", "https%3A%2F%2Fother.example%2F", 60, 404);
	verify(w, token, "unsubscribe", TOPIC_IN_QUERY, 60, 404);
	verify(w, "0123456789abcdef0123456789abcdef", "subscribe", TOPIC_IN_QUERY, 60, 404);
	verify(w, "", "subscribe", TOPIC_IN_QUERY, 60, 404);
	verify(w, token, "subscribe", TOPIC_IN_QUERY, 86400, 200);
	assert_string_equal(world_sql(w, "SELECT state FROM subscriptions"), "active");
	verify(w, token, "subscribe", TOPIC_IN_QUERY, 999999, 404); /* nobody asked again */
	assert_int_equal(world_count(w, "SELECT lease_until - since FROM subscriptions"), 86400);
	world_free(w);
}

/* The response may name the hub, and what it names goes before what the document does. */
static void
test_hub_in_the_header(void **state)
{
	(void)state;
	struct world *w = world_new(SETTINGS);
	world_route(w, HUB, 202, "text/plain", "");
	serve(w, 1, 3, 60, "https://other.example/");
	world_find(w, FEED)->link = mem_strdup("<" HUB ">; rel=\"hub\", <" TOPIC ">; rel=\"self\"");
	world_add_feed(w, FEED);
	world_run(w, 5);
	assert_non_null(strstr(world_find(w, HUB)->form, "hub.topic=" TOPIC_IN_QUERY));
	assert_int_equal(world_count(w, "SELECT count(*) FROM subscriptions"), 1);
	world_free(w);
}

/* Without the options, and where no hub is named, nobody is asked. */
static void
test_off(void **state)
{
	(void)state;
	struct world *w = world_new("content = feed\n");
	world_route(w, HUB, 202, "text/plain", "");
	serve(w, 1, 3, 60, HUB);
	world_add_feed(w, FEED);
	world_run(w, 3600);
	assert_int_equal(hits(w, HUB), 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM subscriptions"), 0);
	world_free(w);
}

/* The hub may verify before it has answered the request. */
static void
test_verifies_at_once(void **state)
{
	(void)state;
	struct world *w = verified_first_world();
	world_run(w, 10);
	assert_string_equal(world_sql(w, "SELECT state FROM subscriptions"), "active");
	assert_int_equal(world_count(w, "SELECT due > lease_until - 20000 FROM subscriptions"), 1);
	world_free(w);
}

static void
test_renews(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	world_run(w, 86400 * 79 / 100);
	assert_int_equal(hits(w, HUB), 1);
	world_run(w, 86400 * 12 / 100);
	assert_true(hits(w, HUB) >= 2);
	char before[WEBSUB_WORD];
	memcpy(before, token, sizeof before);
	take_token(w, HUB);
	assert_string_equal(token, before);
	verify(w, token, "subscribe", TOPIC_IN_QUERY, 86400, 200);
	world_run(w, 86400 / 2);
	assert_string_equal(world_sql(w, "SELECT state FROM subscriptions"), "active");
	/* and if it is not verified, it is asked again, until the lease is over */
	world_run(w, 86400);
	assert_string_equal(world_sql(w, "SELECT state FROM subscriptions"), "asked");
	assert_true(hits(w, HUB) > 3);
	world_free(w);
}

static void
test_denied(void **state)
{
	(void)state;
	struct world *w = asked_world(HUB);
	verify(w, token, "denied", TOPIC_IN_QUERY, 0, 200);
	assert_string_equal(
	    world_sql(w, "SELECT state || ' ' || error FROM subscriptions"), "denied full");
	char *body = feed_of(4, 4, 5, NULL);
	deliver(w, body, "sha256", EVP_sha256(), 410);
	mem_free(body);
	int asked = hits(w, HUB), polled = hits(w, FEED);
	world_run(w, 86400);
	verify(w, token, "denied", TOPIC_IN_QUERY, 0, 200); /* said already: it puts nothing off */
	world_run(w, 28 * 86400);
	assert_int_equal(hits(w, HUB), asked);
	assert_true(hits(w, FEED) > polled + 20); /* polls go on */
	world_run(w, 2 * 86400);
	assert_true(hits(w, HUB) > asked);
	world_free(w);
}

static void
test_hub_fails(void **state)
{
	(void)state;
	struct world *w = world_new(SETTINGS);
	world_route(w, HUB, 500, "text/plain", "");
	serve(w, 1, 3, 60, HUB);
	world_add_feed(w, FEED);
	world_run(w, 30);
	assert_string_equal(
	    world_sql(w, "SELECT state || ' ' || error FROM subscriptions"), "wanted HTTP 500");
	take_token(w, HUB);
	verify(w, token, "subscribe", TOPIC_IN_QUERY, 60, 404); /* it took no request */
	world_run(w, 7 * 86400);
	assert_in_range(hits(w, HUB), 8, 14); /* 1 h, 2 h, 4 h, ... a day */
	world_route(w, HUB, 202, "text/plain", "");
	world_run(w, 86400);
	verify(w, token, "subscribe", TOPIC_IN_QUERY, 86400, 200);
	world_free(w);
}

static void
test_another_hub(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	char old[WEBSUB_WORD];
	memcpy(old, token, sizeof old);
	world_route(w, "https://new.example/hub", 202, "text/plain", "");
	serve(w, 1, 4, 60, "https://new.example/hub");
	world_run(w, 7200);
	take_token(w, "https://new.example/hub");
	assert_string_not_equal(old, token);
	assert_string_equal(world_sql(w, "SELECT hub || ' ' || state FROM subscriptions"),
	    "https://new.example/hub asked");
	world_free(w);
}

static void
on_removed(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	(void)fed;
	(void)count;
	assert_null(f);
	*(int *)arg = 1;
}

static void
test_a_removed_feed_is_cancelled(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	struct fault f;
	int64_t id = world_count(w, "SELECT id FROM feeds");
	int done = 0;
	assert_int_equal(pipeline_remove_feed(w->pipeline, id, on_removed, &done, &f), 0);
	world_run(w, 5);
	assert_int_equal(done, 1);
	assert_non_null(strstr(world_find(w, HUB)->form, "hub.mode=unsubscribe"));
	char *body = feed_of(4, 4, 5, NULL);
	deliver(w, body, "sha256", EVP_sha256(), 410);
	mem_free(body);
	verify(w, token, "unsubscribe", TOPIC_IN_QUERY, 0, 200);
	assert_int_equal(world_count(w, "SELECT count(*) FROM subscriptions"), 0);
	verify(w, token, "unsubscribe", TOPIC_IN_QUERY, 0, 404);
	world_free(w);
}

/* The feed goes while the hub, which verified at once, has not answered the request yet. */
static void
test_a_feed_removed_while_asked_is_cancelled(void **state)
{
	(void)state;
	struct world *w = verified_first_world();
	struct fault f;
	int done = 0;
	int64_t id = world_count(w, "SELECT id FROM feeds");
	assert_int_equal(pipeline_remove_feed(w->pipeline, id, on_removed, &done, &f), 0);
	world_run(w, 30);
	assert_int_equal(done, 1);
	assert_non_null(strstr(world_find(w, HUB)->form, "hub.mode=unsubscribe"));
	world_free(w);
}

/* A hub that denies what is cancelled anyway has the last word. */
static void
test_a_removed_feed_is_denied(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	struct fault f;
	int done = 0;
	int64_t id = world_count(w, "SELECT id FROM feeds");
	assert_int_equal(pipeline_remove_feed(w->pipeline, id, on_removed, &done, &f), 0);
	world_run(w, 5);
	verify(w, token, "denied", TOPIC_IN_QUERY, 0, 200);
	assert_int_equal(world_count(w, "SELECT count(*) FROM subscriptions"), 0);
	world_free(w);
}

static void
on_decided(const struct proposal_decision *d, const struct fault *f, void *arg)
{
	(void)d;
	assert_null(f);
	*(int *)arg = 1;
}

/* Accepted as gone, it is no more ours than one that was removed. */
static void
test_a_feed_that_ends_is_cancelled(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	int done = 0;
	world_route(w, FEED, 410, "text/plain", "");
	for (int day = 0;
	     day < 60 && !world_count(w, "SELECT count(*) FROM proposals WHERE state = 'open'");
	     day++)
		world_run(w, 86400);
	int64_t id = world_count(w, "SELECT id FROM proposals WHERE state = 'open'");
	assert_true(id > 0);
	pipeline_decide(w->pipeline, id, 1, on_decided, &done);
	world_run(w, 5);
	assert_int_equal(done, 1);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM subscriptions WHERE state <> 'ending'"), 0);
	world_free(w);
}

static void
test_restart(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	world_stop(w);
	world_start(w);
	int before = hits(w, HUB);
	deliver_items(w, 4, 4);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 4);
	assert_int_equal(hits(w, HUB), before); /* not asked again */
	world_run(w, 86400 * 91 / 100);
	assert_true(hits(w, HUB) > before);
	world_free(w);
}

/* ---- deliveries ---- */

static void
test_delivery(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	int polled = hits(w, FEED);
	deliver_items(w, 4, 5);
	assert_int_equal(hits(w, FEED), polled);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 5);
	assert_int_equal(world_count(w, "SELECT pushes FROM subscriptions"), 1);
	assert_int_equal(world_count(w, "SELECT entries FROM subscriptions"), 2);
	assert_string_equal(world_sql(w, "SELECT title FROM feeds"), "P");
	assert_int_equal(world_count(w, "SELECT count(*) FROM polls"), polled); /* it was none */
	deliver_items(w, 4, 5); /* once more: nothing new */
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 5);
	assert_int_equal(world_count(w, "SELECT entries FROM subscriptions"), 2);
	world_check_ledger(w);
	world_free(w);
}

static void
test_signature_is_wanted(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	char *body = feed_of(4, 4, 5, NULL);
	int polled = hits(w, FEED);
	deliver(w, body, NULL, NULL, 202); /* taken, and thrown away */
	deliver(w, body, "sha256", EVP_sha384(), 202);
	deliver(w, body, "md5", EVP_md5(), 202);
	world_run(w, 2);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 3);
	assert_int_equal(world_count(w, "SELECT dropped FROM subscriptions"), 3);
	assert_int_equal(hits(w, FEED), polled);
	deliver(w, body, "sha512", EVP_sha512(), 202);
	world_run(w, 2);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 4);
	mem_free(body);
	world_free(w);
}

/* SHA-1, or no secret at all because the hub is asked over http: the feed itself is asked. */
static void
test_weak_delivery_is_a_hint(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	char *body = feed_of(66, 66, 5, NULL);
	int polled = hits(w, FEED);
	serve(w, 2, 4, 60, HUB);
	deliver(w, body, "sha1", EVP_sha1(), 202);
	world_run(w, 2);
	assert_int_equal(hits(w, FEED), polled + 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 4);
	deliver(w, body, "sha1", EVP_sha1(), 202);
	world_run(w, 2);
	assert_int_equal(hits(w, FEED), polled + 1); /* not again so soon */
	world_free(w);

	w = active_world(OPEN);
	assert_null(strstr(world_find(w, OPEN)->form, "hub.secret"));
	polled = hits(w, FEED);
	serve(w, 2, 4, 60, OPEN);
	deliver(w, body, NULL, NULL, 202);
	world_run(w, 2);
	assert_int_equal(hits(w, FEED), polled + 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE url LIKE '%/66'"), 0);
	mem_free(body);
	world_free(w);
}

static void
test_unknown_callback(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	char *body = feed_of(4, 4, 5, NULL);
	snprintf(token, sizeof token, "%s", "ffffffffffffffffffffffffffffffff");
	deliver(w, body, "sha256", EVP_sha256(), 410);
	mem_free(body);
	world_free(w);
}

static void
test_flood(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	char *body = feed_of(4, 4, 5, NULL);
	int status = 202, taken = 0;
	for (; taken < 100; taken++) {
		struct buf b;
		buf_init_budget(&b, 1 << 20, &w->budget);
		buf_add_str(&b, body);
		struct pipeline_delivery d = {
		    .token = token, .content_type = RSS, .content_encoding = "", .body = &b};
		status = pipeline_push_take(w->pipeline, &d);
		buf_clear(&b);
		if (status != 202)
			break;
	}
	assert_int_equal(status, 429);
	assert_in_range(taken, 25, 40);
	world_run(w, 60);
	deliver(w, body, "sha256", EVP_sha256(), 202);
	mem_free(body);
	world_free(w);
}

static void
test_what_is_no_feed(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	deliver(w, "<html><p>Hello</p></html>", "sha256", EVP_sha256(), 202);
	deliver(w, "", "sha256", EVP_sha256(), 202);
	world_run(w, 2);
	assert_int_equal(world_count(w, "SELECT error IS NOT NULL FROM subscriptions"), 1);
	assert_string_equal(world_sql(w, "SELECT state FROM subscriptions"), "active");
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 3);
	world_free(w);
}

/* ---- how far a hub can be relied on ---- */

/* What is pushed makes no gap, though the feed's window has turned over between two polls; and a
 * hub that pushes everything is polled more seldom. */
static void
test_reliable_hub(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	int at = 3, polled = 0, stretched = 0;
	for (int day = 0; day < 12; day++) {
		verify(w, token, "subscribe", TOPIC_IN_QUERY, 86400, day ? 200 : 404);
		polled = hits(w, FEED);
		for (int i = 0; i < 12; i++) {
			at++;
			char *body = feed_of(at, at, 5, NULL);
			deliver(w, body, "sha256", EVP_sha256(), 202);
			mem_free(body);
			world_run(w, 2);
			serve(w, at - 9 > 0 ? at - 9 : 1, at, 30, HUB);
			world_run(w, 7198);
			stretched += strstr(world_sql(w, "SELECT next_reason FROM feeds"),
					 "as its hub pushes") != NULL;
		}
	}
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), at);
	assert_int_equal(world_count(w, "SELECT missed FROM subscriptions"), 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM gaps"), 0);
	assert_non_null(strstr(world_sql(w, "SELECT next_reason FROM feeds"), "as its hub pushes"));
	assert_true(stretched > 60);
	assert_in_range(
	    hits(w, FEED) - polled, 5, 8); /* every four hours, though it posts every two */
	world_free(w);
}

static void
test_unreliable_hub(void **state)
{
	(void)state;
	struct world *w = active_world(HUB);
	for (int i = 4; i < 10; i++) { /* found by a poll long after, never pushed */
		serve(w, 1, i, 0, HUB);
		world_run(w, 3600 * 3);
	}
	assert_int_equal(world_count(w, "SELECT entries FROM subscriptions"), 0);
	assert_true(world_count(w, "SELECT missed FROM subscriptions") >= 3);
	assert_null(strstr(world_sql(w, "SELECT next_reason FROM feeds"), "as its hub pushes"));
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_form),
	    cmocka_unit_test(test_intent),
	    cmocka_unit_test(test_signatures),
	    cmocka_unit_test(test_renewal),
	    cmocka_unit_test(test_trust),
	    cmocka_unit_test(test_subscribes),
	    cmocka_unit_test(test_hub_in_the_header),
	    cmocka_unit_test(test_off),
	    cmocka_unit_test(test_verifies_at_once),
	    cmocka_unit_test(test_renews),
	    cmocka_unit_test(test_denied),
	    cmocka_unit_test(test_hub_fails),
	    cmocka_unit_test(test_another_hub),
	    cmocka_unit_test(test_a_removed_feed_is_cancelled),
	    cmocka_unit_test(test_a_feed_removed_while_asked_is_cancelled),
	    cmocka_unit_test(test_a_removed_feed_is_denied),
	    cmocka_unit_test(test_a_feed_that_ends_is_cancelled),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_delivery),
	    cmocka_unit_test(test_signature_is_wanted),
	    cmocka_unit_test(test_weak_delivery_is_a_hint),
	    cmocka_unit_test(test_unknown_callback),
	    cmocka_unit_test(test_flood),
	    cmocka_unit_test(test_what_is_no_feed),
	    cmocka_unit_test(test_reliable_hub),
	    cmocka_unit_test(test_unreliable_hub),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
