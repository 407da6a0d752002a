/*
 * test_e2e_replay: newsd on recorded real pages and feeds, through a proxy that replays them, in
 * checkouts that have the recordings beside them; elsewhere it is skipped, loudly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <arpa/inet.h>
#include <json-c/json.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"

#define PYTHON       "/usr/bin/python3"
#define REPLAY       "../shared/replay/replay.py" /* from the top of the sources */
#define ARTICLES_MIN 112                          /* of the recorded pages */
#define START_S      60

static unsigned
free_port(void)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	close(fd);
	return ntohs(a.sin_port);
}

/* The proxy, and the pipes that hold it. */
struct replay {
	pid_t pid;
	int in, out;
	unsigned port;
	char *opml, *log;
};
static struct replay replay; /* ended by the test's teardown, also where the test fails */

/* 0: it is not here. */
static int
replay_begin(struct replay *r)
{
	const char *source = getenv("NEWSD_SOURCE");
	char *script = mem_printf("%s/" REPLAY, source ? source : "."), port[16];
	char words[][8] = {"--port", "--opml", "--log"}, program[] = PYTHON;
	if (access(script, R_OK) || access(PYTHON, X_OK)) {
		mem_free(script);
		return 0;
	}
	*r = (struct replay){.port = free_port(),
	    .opml = mem_printf("%s/replay.opml", e2e.dir),
	    .log = mem_printf("%s/requests.jsonl", e2e.dir)};
	snprintf(port, sizeof port, "%u", r->port);
	char *argv[] = {program, script, words[0], port, words[1], r->opml, words[2], r->log, NULL};
	r->pid = program_start(argv, &r->in, &r->out);
	char *line = program_read_line(r->out, START_S);
	assert_non_null(line);
	mem_free(line);
	mem_free(script);
	return 1;
}

static int
replay_end(void **state)
{
	struct replay *r = &replay;
	(void)state;
	if (!r->pid)
		return 0;
	kill(r->pid, SIGKILL);
	program_wait(r->pid);
	close(r->in);
	close(r->out);
	mem_free(r->opml);
	mem_free(r->log);
	*r = (struct replay){0};
	return 0;
}

/* Look at the requests from line FROM on: returns how many lines there are, and counts the requests
 * for feeds that bore no validator, and those for anything else. */
static size_t
read_requests(const struct replay *r, size_t from, size_t *plain, size_t *others)
{
	char *text = e2e_read(r->log), *rest = text, *line;
	size_t n = 0;
	*plain = *others = 0;
	while ((line = strsep(&rest, "\n")) && *line) {
		if (n++ < from)
			continue;
		struct json_object *o = json_tokener_parse(line);
		const char *path = json_object_get_string(member(o, "path"));
		int is_feed = !strcmp(path, "/feed.xml") || !strcmp(path, "/feed");
		*others += !is_feed;
		*plain += is_feed && !json_object_get_boolean(member(o, "conditional"));
		json_object_put(o);
	}
	mem_free(text);
	return n;
}

static void
test_replay(void **state)
{
	(void)state;
	static const char articles[] = "SELECT count(*) FROM articles";
	size_t plain, others;
	if (!replay_begin(&replay)) {
		print_message("SKIPPED: there is no " REPLAY "\n");
		skip();
	}
	char *settings = mem_printf("store = %s\ncontrol_socket = %s\nlog_file = %s\n"
				    "host_delay = 0\nproxy = http://127.0.0.1:%u\nfeeds = %s\n",
	    e2e.store, e2e.socket, e2e.log, replay.port, replay.opml);
	mem_free(e2e_write("newsd.conf", settings));
	e2e_once();
	int64_t stored = e2e_int(articles),
		long_ones = e2e_int("SELECT count(*) FROM articles WHERE "
				    "body_source = 'page' AND length(body) >= 100");
	print_message("%lld articles, %lld of them pages of at least 100 characters\n",
	    (long long)stored, (long long)long_ones);
	assert_true(long_ones >= ARTICLES_MIN);
	e2e_expect_sound();

	size_t first = read_requests(&replay, 0, &plain, &others);
	e2e_once();
	size_t all = read_requests(&replay, first, &plain, &others);
	print_message("second pass: %zu requests, %zu feeds without a validator, %zu of others\n",
	    all - first, plain, others);
	assert_true(all > first);
	/* validators of what is not well-formed are not believed */
	assert_int_equal(plain, e2e_int("SELECT count(*) FROM feeds WHERE recovered <> ''"));
	assert_int_equal(others, 0);
	e2e_expect_int(articles, stored);
	mem_free(settings);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_replay, e2e_fresh, replay_end)};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
