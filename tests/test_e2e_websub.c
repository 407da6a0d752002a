/*
 * test_e2e_websub: a hub on loopback, with TLS, and the real daemon: discovery, request, redirect,
 * verification, signed delivery, refusals. The test is the hub, and what it delivers comes over a
 * real socket.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "clock.h"
#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"

static struct event_base *base;
static struct origin *paper, *hub;
static char *document, *feed_url, *hub_url, *callback, *secret, *moved_to;
static int hub_status; /* what it answers */
static unsigned port;  /* of newsd's endpoint */

/* ---- the hub and its paper ---- */

static char *
form_value(const char *form, const char *name)
{
	char *mark = mem_printf("%s=", name), *at = strstr(form, mark), *value = NULL;
	if (at) {
		at += strlen(mark);
		value = mem_strndup(at, strcspn(at, "&"));
	}
	mem_free(mark);
	return value;
}

static void
on_hub(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	static char headers[300];
	(void)arg;
	if (strcmp(rq->method, "POST") != 0)
		return;
	if (moved_to && !strcmp(rq->target, "/old")) {
		snprintf(headers, sizeof headers, "Location: %s\r\n", moved_to);
		*reply = (struct origin_reply){.status = 308, .headers = headers};
		return;
	}
	mem_free(callback);
	mem_free(secret);
	callback = form_value(rq->body, "hub.callback");
	secret = form_value(rq->body, "hub.secret");
	*reply = (struct origin_reply){.status = hub_status};
}

static void
until_asked(void)
{
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS; !callback; e2e_pump(base))
		if (clock_mono_ms() > end)
			fail_msg("the hub was not asked");
}

/* ---- a client of the endpoint ---- */

static int
connect_to(const char *unix_path)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct timeval patience = {10, 0};
	int fd = socket(unix_path ? AF_UNIX : AF_INET, SOCK_STREAM, 0);
	if (unix_path)
		snprintf(sun.sun_path, sizeof sun.sun_path, "%s", unix_path);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
	assert_int_equal(connect(fd, unix_path ? (struct sockaddr *)&sun : (struct sockaddr *)&sin,
			     unix_path ? sizeof sun : sizeof sin),
	    0);
	return fd;
}

/* Send TEXT of LEN bytes; the whole answer is malloc'ed. */
static char *
exchange(const char *unix_path, const char *text, size_t len)
{
	int fd = connect_to(unix_path);
	char *answer = mem_alloc(65536);
	size_t got = 0;
	for (size_t at = 0; at < len;) {
		ssize_t n = send(fd, text + at, len - at, MSG_NOSIGNAL);
		if (n <= 0)
			break; /* it has had enough of us */
		at += (size_t)n;
	}
	for (ssize_t n; (n = read(fd, answer + got, 65535 - got)) > 0;)
		got += (size_t)n;
	answer[got] = '\0';
	close(fd);
	return answer;
}

static int
status_of(char *answer)
{
	int status = strncmp(answer, "HTTP/1.1 ", 9) ? 0 : (int)strtol(answer + 9, NULL, 10);
	mem_free(answer);
	return status;
}

/* The path of the callback that the hub was given. */
static const char *
path_of(void)
{
	static char path[80];
	snprintf(path, sizeof path, "/websub/%s", callback + strlen(callback) - 32);
	return path;
}

/* What the hub asks; the answer. */
static char *
ask(const char *unix_path, const char *path, const char *query)
{
	char *text =
	    mem_printf("GET %s?%s HTTP/1.1\r\nHost: n\r\nConnection: close\r\n\r\n", path, query);
	char *answer = exchange(unix_path, text, strlen(text));
	mem_free(text);
	return answer;
}

static char *
verifying(const char *mode)
{
	return mem_printf("hub.mode=%s&hub.topic=%s&hub.challenge=echo-me&hub.lease_seconds=3600",
	    mode, feed_url);
}

static int
deliver(const char *path, const char *body, const char *key)
{
	char signature[200] = "";
	if (key) {
		unsigned char mac[EVP_MAX_MD_SIZE];
		unsigned len;
		int at = snprintf(signature, sizeof signature, "X-Hub-Signature: sha256=");
		HMAC(EVP_sha256(), key, (int)strlen(key), (const unsigned char *)body, strlen(body),
		    mac, &len);
		for (unsigned i = 0; i < len; i++)
			at +=
			    snprintf(signature + at, sizeof signature - (size_t)at, "%02x", mac[i]);
		snprintf(signature + at, sizeof signature - (size_t)at, "\r\n");
	}
	char *text =
	    mem_printf("POST %s HTTP/1.1\r\nHost: n\r\nConnection: close\r\n"
		       "Content-Type: application/rss+xml\r\n%sContent-Length: %zu\r\n\r\n%s",
		path, signature, strlen(body), body);
	int status = status_of(exchange(NULL, text, strlen(text)));
	mem_free(text);
	return status;
}

/* ---- fixtures ---- */

static void
configure(const char *listen_at)
{
	char *list = mem_printf("%s\n", feed_url), *path = e2e_write("hub-feeds.txt", list);
	char *settings = mem_printf("feeds = %s\nca_file = %s/ca.pem\nallow_ports = %u %u\n"
				    "content = feed\nwebsub_listen = %s\n"
				    "websub_url = https://news.example/websub\n",
	    path, e2e.dir, origin_port(paper), origin_port(hub), listen_at);
	e2e_configure(settings);
	mem_free(settings);
	mem_free(path);
	mem_free(list);
}

static int
fresh(void **state)
{
	e2e_fresh(state);
	char *key = mem_printf("%s/websub.key", e2e.dir);
	unlink(key);
	mem_free(key);
	mem_free(callback);
	mem_free(secret);
	mem_free(moved_to);
	callback = secret = moved_to = NULL;
	hub_status = 202;
	port = origin_free_port(base);
	char *at = mem_printf("127.0.0.1:%u", port);
	configure(at);
	mem_free(at);
	return 0;
}

static int
setup(void **state)
{
	if (e2e_setup(state))
		return -1;
	base = event_base_new();
	char *ca = mem_printf("%s/ca.pem", e2e.dir);
	paper = origin_new(base, NULL, 0, NULL);
	hub = origin_new(base, NULL, 0, origin_tls_new(ca, "IP:127.0.0.1"));
	mem_free(ca);
	feed_url = mem_printf("http://127.0.0.1:%u/feed", origin_port(paper));
	hub_url = mem_printf("https://127.0.0.1:%u/old", origin_port(hub));
	document =
	    mem_printf("<feed xmlns='http://www.w3.org/2005/Atom'><title>Paper</title>"
		       "<link rel='hub' href='%s'/><link rel='self' href='%s'/><entry><id>1</id>"
		       "<title>One</title><link href='http://paper.example/1'/>"
		       "<content>The first story.</content></entry></feed>",
		hub_url, feed_url);
	origin_page(
	    paper, "/feed", (struct origin_reply){.body = document, .size = strlen(document)});
	origin_answer(hub, on_hub, NULL);
	return 0;
}

static int
teardown(void **state)
{
	origin_free(paper);
	origin_free(hub);
	event_base_free(base);
	mem_free(document);
	mem_free(feed_url);
	mem_free(hub_url);
	mem_free(callback);
	mem_free(secret);
	mem_free(moved_to);
	return e2e_teardown(state);
}

/* e2e_start waits for a line in the log; the hub need not be served meanwhile. */
static void
subscribe(void)
{
	e2e_start();
	until_asked();
	e2e_pump_until(base, "SELECT count(*) FROM subscriptions WHERE state = 'asked'", 1);
	char *query = verifying("subscribe"), *answer = ask(NULL, path_of(), query);
	expect(answer, "HTTP/1.1 200");
	expect(answer, "\r\n\r\necho-me");
	expect(answer, "text/plain");
	mem_free(answer);
	mem_free(query);
	e2e_pump_until(base, "SELECT count(*) FROM subscriptions WHERE state = 'active'", 1);
}

/* ---- tests ---- */

static void
test_a_push(void **state)
{
	(void)state;
	struct ran ran;
	subscribe();
	assert_non_null(secret); /* over https */
	static const char two[] =
	    "<rss version='2.0'><channel><title>P</title><item><title>Two</title>"
	    "<link>http://paper.example/2</link><description>The second.</description></item>"
	    "</channel></rss>";
	assert_int_equal(deliver(path_of(), two, NULL), 202);
	assert_int_equal(deliver(path_of(), two, "not the secret"), 202);
	e2e_pump_until(base, "SELECT dropped FROM subscriptions", 2);
	e2e_expect_int("SELECT count(*) FROM articles WHERE title = 'Two'", 0);
	assert_int_equal(deliver(path_of(), two, secret), 202);
	e2e_pump_until(base, "SELECT count(*) FROM articles WHERE title = 'Two'", 1);
	e2e_pump_until(base, "SELECT entries FROM subscriptions", 1);
	e2e_until_log(" pushed ");
	assert_int_equal(deliver("/websub/0123456789abcdef0123456789abcdef", two, secret), 410);
	assert_int_equal(deliver("/websub/", two, secret), 410);

	e2e_ctl(&ran, 0, "hubs", NULL);
	expect(ran.out, "unproven");
	expect(ran.out, hub_url);
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "hubs", "--feeds", "--json", NULL);
	expect(ran.out, "\"state\":\"active\"");
	expect(ran.out, feed_url);
	ran_clear(&ran);

	/* the key and so the callback survive a restart */
	char *before = mem_strdup(path_of());
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_start();
	static const char three[] =
	    "<rss version='2.0'><channel><title>P</title><item><title>Three</title>"
	    "<link>http://paper.example/3</link><description>The third.</description></item>"
	    "</channel></rss>";
	assert_int_equal(deliver(before, three, secret), 202);
	e2e_pump_until(base, "SELECT count(*) FROM articles WHERE title = 'Three'", 1);
	mem_free(before);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
}

/* 203 to 205: a hub that sends the request on to another address, and one that refuses it. */
static void
test_a_hub_that_moves(void **state)
{
	(void)state;
	moved_to = mem_printf("https://127.0.0.1:%u/new", origin_port(hub));
	subscribe();
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

static void
test_a_hub_that_refuses(void **state)
{
	(void)state;
	hub_status = 400;
	e2e_start();
	until_asked();
	e2e_pump_until(base, "SELECT count(*) FROM subscriptions WHERE error = 'HTTP 400'", 1);
	char *query = verifying("subscribe");
	assert_int_equal(status_of(ask(NULL, path_of(), query)), 404);
	mem_free(query);
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

static void
test_hostile_requests(void **state)
{
	(void)state;
	subscribe();
	static const char *const paths[] = {
	    "/", "/websub", "/websub/../../etc/passwd", "/%00", "*", "/websub/%2e%2e/x", "//"};
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
		char *answer = ask(NULL, paths[i], "hub.mode=subscribe&hub.challenge=reflected");
		assert_null(strstr(answer, "reflected"));
		mem_free(answer);
	}
	char *query = verifying("unsubscribe");
	assert_int_equal(status_of(ask(NULL, path_of(), query)), 404);
	mem_free(query);
	static const char *const raw[] = {"\r\n\r\n", "BREW / HTTP/1.1\r\n\r\n",
	    "DELETE / HTTP/1.1\r\nConnection: close\r\n\r\n",
	    "POST / HTTP/1.1\r\nContent-Length: 99999999999999\r\n\r\n",
	    "POST / HTTP/1.1\r\nContent-Length: -1\r\n\r\n", "\x16\x03\x01"};
	for (size_t i = 0; i < sizeof raw / sizeof *raw; i++) {
		int fd = connect_to(NULL);
		(void)!send(fd, raw[i], strlen(raw[i]), MSG_NOSIGNAL);
		shutdown(fd, SHUT_WR);
		char drain[512];
		while (read(fd, drain, sizeof drain) > 0)
			continue;
		close(fd);
	}
	char *huge = mem_alloc(20001);
	memset(huge, 'a', 20000);
	huge[20000] = '\0';
	char *text = mem_printf("GET / HTTP/1.1\r\nX: %s\r\n\r\n", huge);
	int status = status_of(exchange(NULL, text, strlen(text)));
	assert_int_not_equal(status, 200);
	mem_free(text);
	mem_free(huge);
	assert_int_equal(e2e_stop(SIGTERM), 0); /* it lives, and ends in order */
}

/* 1: the connection FD has been closed by the other side. */
static int
is_over(int fd)
{
	char c;
	ssize_t n = read(fd, &c, 1);
	return n == 0 || (n < 0 && errno == ECONNRESET);
}

/* Ask by FD, which stays open; 1: it is answered. */
static int
answers(int fd)
{
	static const char text[] = "GET /websub/x?hub.mode=subscribe HTTP/1.1\r\nHost: n\r\n\r\n";
	char answer[1024];
	ssize_t n = send(fd, text, sizeof text - 1, MSG_NOSIGNAL);
	n = n < 0 ? n : read(fd, answer, sizeof answer - 1);
	return n > 12 && !strncmp(answer, "HTTP/1.1 404", 12);
}

static void
test_so_many_connections(void **state)
{
	(void)state;
	enum { MOST = 64, MORE = 7 };
	int fds[MOST + MORE], last;
	subscribe();
	for (size_t i = 0; i < MOST + MORE; i++) /* who says nothing */
		fds[i] = connect_to(NULL);
	for (size_t i = 0; i < MORE; i++)
		assert_true(is_over(fds[i]));
	assert_true(answers(fds[MORE])); /* the oldest that is left, and quiet no more */
	last = connect_to(NULL);
	assert_true(is_over(fds[MORE + 1]));
	assert_true(answers(fds[MORE]));
	assert_true(answers(last));
	for (size_t i = MORE + 2; i < MOST + MORE; i++)
		assert_true(answers(fds[i]));
	/* ended ones make room without anybody's end */
	close(fds[MORE]);
	close(last);
	assert_int_equal(deliver(path_of(), document, secret), 202);
	for (size_t i = MORE + 2; i < MOST + MORE; i++) {
		assert_true(answers(fds[i]));
		close(fds[i]);
	}
	for (size_t i = 0; i < MORE; i++)
		close(fds[i]);
	close(fds[MORE + 1]);
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

static void
test_a_unix_socket(void **state)
{
	(void)state;
	char *path = mem_printf("%s/websub.sock", e2e.dir);
	char *at = mem_printf("unix:%s", path);
	struct stat st;
	configure(at);
	e2e_start();
	until_asked();
	e2e_pump_until(base, "SELECT count(*) FROM subscriptions WHERE state = 'asked'", 1);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0660);
	char *query = verifying("subscribe");
	assert_int_equal(status_of(ask(path, path_of(), query)), 200);
	mem_free(query);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	assert_int_not_equal(stat(path, &st), 0);
	mem_free(path);
	mem_free(at);
}

/* newsd -n, and the start, say what is wrong in one line. */
static void
test_wrong_options(void **state)
{
	(void)state;
	static const struct {
		const char *settings, *words;
		int checked;
	} cases[] = {
	    {"websub_listen = 127.0.0.1:8090\n", "websub_listen is set, websub_url is not", 1},
	    {"websub_url = https://n.example/\n", "websub_url is set, websub_listen is not", 1},
	    {"websub_url = https://n.example/\nwebsub_listen = nowhere\n", "expected ADDRESS:PORT",
		0},
	    {"websub_url = https://n.example/\nwebsub_listen = systemd\n",
		"no socket was handed over", 0},
	    {"websub_url = https://n.example/\nwebsub_listen = unix:relative\n",
		"expected an absolute path", 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct ran ran;
		e2e_configure(cases[i].settings);
		e2e_newsd(&ran, cases[i].checked ? "-n" : "--once", NULL);
		assert_int_not_equal(ran.status, 0);
		char *log = e2e_read(e2e.log);
		if (!strstr(ran.err, cases[i].words) && !strstr(log, cases[i].words))
			fail_msg("not told: %s: %s", cases[i].words, ran.err);
		mem_free(log);
		ran_clear(&ran);
	}
	char *key = e2e_write("websub.key", "short");
	struct ran ran;
	e2e_configure("websub_url = https://n.example/\nwebsub_listen = 127.0.0.1:0\n");
	e2e_newsd(&ran, "--once", NULL);
	assert_int_not_equal(ran.status, 0);
	assert_true(e2e_logged("is no key of newsd") > 0);
	ran_clear(&ran);
	mem_free(key);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_a_push, fresh),
	    cmocka_unit_test_setup(test_a_hub_that_moves, fresh),
	    cmocka_unit_test_setup(test_a_hub_that_refuses, fresh),
	    cmocka_unit_test_setup(test_hostile_requests, fresh),
	    cmocka_unit_test_setup(test_so_many_connections, fresh),
	    cmocka_unit_test_setup(test_a_unix_socket, fresh),
	    cmocka_unit_test_setup(test_wrong_options, fresh),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
