/*
 * test_explain: what a person is told of polling: explain, gaps, proposals, status. A small world
 * of feeds lives for two weeks under the fake clock; then the commands are run on its store, with
 * its gates behind a control socket. What they print also goes to the test's own output, from where
 * docs/polling.md has its examples.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <signal.h>
#include <sqlite3.h>

#include "../daemon/newsctl/newsctl_priv.h"
#include "../daemon/service/service_priv.h"
#include "clock.h"
#include "control.h"
#include "mem.h"
#include "world.h"

#define HARBOUR "http://harbour.example/feed"
#define MILL    "http://mill.example/rss"
#define OLD     "http://old.example/feed"
#define BUSY    "http://busy.example/feed"
#define LIAR    "http://liar.example/feed"
#define HOUR    3600
#define DAY     86400
#define WINDOW  20

/* ---- the world ---- */

struct sample {
	struct world *w;
	char *socket;
	pid_t daemon;
	int64_t published[4000]; /* entries of the harbour's feed, oldest first */
	size_t published_len;
};

/* The harbour's feed as it stands: the newest WINDOW entries. */
static void
serve_harbour(struct sample *s)
{
	struct buf b;
	char date[40], etag[40];
	size_t n = s->published_len;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "<rss version=\"2.0\"><channel><title>The Harbour Post</title>"
			"<link>http://harbour.example/</link><ttl>30</ttl>"
			"<skipHours><hour>2</hour><hour>3</hour></skipHours>");
	for (size_t i = n; i > 0 && n - i < WINDOW; i--) {
		clock_iso(s->published[i - 1], date);
		buf_printf(&b,
		    "<item><title>Report %zu</title><link>http://harbour.example/%zu</link>"
		    "<guid>h%zu</guid><dc:date xmlns:dc=\"http://purl.org/dc/elements/1.1/\">%s"
		    "</dc:date></item>",
		    i, i, i, date);
	}
	buf_add_str(&b, "</channel></rss>");
	struct route *r = world_route(s->w, HARBOUR, 200, "application/rss+xml", buf_str(&b));
	snprintf(etag, sizeof etag, "\"h%zu\"", n);
	mem_free(r->etag);
	r->etag = mem_strdup(etag);
	buf_clear(&b);
}

/* How many entries the harbour brings in the hour that begins at T: by day, on workdays. */
static int
brings(int64_t t)
{
	int hour = (int)(t / HOUR % 24), day = (int)((t / DAY + 3) % 7);
	int by_day = hour >= 6 && hour < 20 ? hour == 9 || hour == 16 ? 3 : 1 : 0;
	return day < 5 ? by_day : by_day > 1;
}

static void
serve(struct world *w, const char *url, const char *link, const char *to, int permanent)
{
	char *body = world_rss("Feed", (const char *const[]){link, NULL});
	struct route *r = world_route(w, url, 200, "application/rss+xml", body);
	mem_free(r->final_url);
	r->final_url = mem_strdup(to);
	r->permanent = permanent;
	mem_free(body);
}

/* Let it run for DAYS; on day BURST (0: never) the harbour publishes 60 entries within minutes. */
static void
live(struct sample *s, int days, int burst)
{
	for (int hour = 0; hour < days * 24; hour++) {
		int64_t now = clock_now();
		int n = brings(now);
		if (burst && hour == burst * 24 + 11)
			n = 60;
		for (int i = 0; i < n; i++)
			s->published[s->published_len++] = now - 600 + i * 10;
		serve_harbour(s);
		world_run(s->w, HOUR);
	}
}

/* ---- its gates, behind a socket ---- */

static int
on_explain(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)peer;
	return hosts_explain(arg, ctl_json_int(request, "feed"), response, f);
}

static int
on_status(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)request, (void)peer, (void)f;
	hosts_put_closed(arg, response);
	return 0;
}

static const struct control_command commands[] = {
    {"explain", on_explain, "", 0}, {"status", on_status, "", 0}, {NULL, NULL, NULL, 0}};

static void
serve_gates(struct sample *s, int ready)
{
	struct event_base *base = event_base_new();
	struct control *control;
	struct service service = {.pipeline = s->w->pipeline};
	struct fault f;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (control_new(&control, base, s->socket, "", commands, &service, &f) != 0)
		_exit(1);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	event_base_dispatch(base);
	_exit(0);
}

static void
start_gates(struct sample *s)
{
	int ready[2];
	char byte;
	assert_int_equal(pipe(ready), 0);
	s->daemon = fork();
	assert_true(s->daemon >= 0);
	if (s->daemon == 0)
		serve_gates(s, ready[1]);
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
}

static int
make_sample(void **state)
{
	struct sample *s = mem_zalloc(sizeof *s);
	s->w = world_new("content = feed\n"
			 "host_delay = 1s\n"
			 "[host busy.example]\n"
			 "delay = 10s\n");
	s->socket = mem_printf("%s.sock", s->w->path);
	serve_harbour(s);
	serve(s->w, MILL, "http://mill.example/1", "http://mill.example/feed", 1);
	serve(s->w, LIAR, "http://liar.example/1", NULL, 0);
	world_route(s->w, OLD, 410, NULL, "");
	world_route(s->w, BUSY, 429, NULL, "")->retry_after_s = 20 * HOUR;
	const char *const feeds[] = {HARBOUR, MILL, OLD, BUSY, LIAR};
	for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++)
		world_add_feed(s->w, feeds[i]);
	live(s, 15, 13);
	start_gates(s);
	*state = s;
	return 0;
}

static int
free_sample(void **state)
{
	struct sample *s = *state;
	kill(s->daemon, SIGKILL);
	waitpid(s->daemon, NULL, 0);
	unlink(s->socket);
	mem_free(s->socket);
	world_free(s->w);
	mem_free(s);
	return 0;
}

/* ---- running a command ---- */

static const struct ctl_option *
find_option(const struct ctl_option *table, const char *name)
{
	while (table->name && strcmp(table->name, name) != 0)
		table++;
	assert_non_null(table->name);
	return table;
}

/* Run COMMAND with the word ARG (NULL: none); what it printed, malloc'ed; both streams. */
static char *
run(struct sample *s, const char *command, const char *arg, int json, enum ctl_exit expected)
{
	struct ctl ctl = {.command = ctl_find_command(command), .json = json};
	char *argv[] = {(char *)arg, NULL}, path[] = "/tmp/newsd-explain-XXXXXX";
	int fd = mkstemp(path), out = dup(STDOUT_FILENO), err = dup(STDERR_FILENO);
	assert_true(fd >= 0 && out >= 0 && err >= 0);
	unlink(path);
	ctl_give(&ctl, find_option(ctl_global_options, "store"), s->w->path);
	ctl_give(&ctl, find_option(ctl_global_options, "socket"), s->socket);
	fflush(stdout);
	dup2(fd, STDOUT_FILENO);
	dup2(fd, STDERR_FILENO);
	enum ctl_exit status = ctl.command->run(&ctl, arg != NULL, argv);
	fflush(stdout);
	dup2(out, STDOUT_FILENO);
	dup2(err, STDERR_FILENO);
	off_t len = lseek(fd, 0, SEEK_END);
	char *text = mem_zalloc((size_t)len + 1);
	assert_int_equal(pread(fd, text, (size_t)len, 0), len);
	close(fd);
	close(out);
	close(err);
	ctl_clear(&ctl);
	printf("$ newsctl %s %s\n%s\n", command, arg ? arg : "", text);
	assert_int_equal(status, expected);
	return text;
}

/* Each of the words up to NULL stands in TEXT, which is freed. */
static void
expect(char *text, ...)
{
	va_list ap;
	va_start(ap, text);
	for (const char *part; (part = va_arg(ap, const char *));)
		if (!strstr(text, part))
			fail_msg("\"%s\" is not in:\n%s", part, text);
	va_end(ap);
	mem_free(text);
}

/* ---- tests ---- */

static void
test_explain(void **state)
{
	struct sample *s = *state;
	expect(run(s, "explain", "harbour", 0, CTL_OK), "feed        1  The Harbour Post",
	    "next poll", "because     ", "entries a day", "by hour (UTC)  00 ▁",
	    "by weekday     Mo ", "it shows 20 entries", "expected until the next poll",
	    "ETag, trusted", "ttl 30 min", "skipHours 2 3",
	    "harbour.example: 1.0 s between two requests (host_delay), 2 at once",
	    "gaps        1 in the last 30 days", NULL);
	expect(run(s, "explain", BUSY, 0, CTL_OK), "(throttled): again after",
	    "server      asks to be left alone until", "in a row, since 2027-01-01",
	    "rhythm      not known yet", "(learned: ", "it asked to be left alone", NULL);
	expect(run(s, "explain", "3", 0, CTL_OK), "proposal    ",
	    "gone: its server says that it is gone", "HTTP 410", NULL);
	expect(run(s, "explain", "http://MILL.example/rss", 0, CTL_OK),
	    "redirect to http://mill.example/feed", "301 or 308 on every hop", NULL);
}

static void
test_a_strange_silence_is_told(void **state)
{
	struct sample *s = *state;
	sqlite3 *db;
	assert_int_equal(sqlite3_open(s->w->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(
		db, "UPDATE nd_feed SET stale_since = 1798761600 WHERE id = 1", NULL, NULL, NULL),
	    SQLITE_OK);
	expect(run(s, "explain", "1", 0, CTL_OK), "silence     it brings less than is likely",
	    "since 2027-01-01", NULL);
	assert_int_equal(
	    sqlite3_exec(db, "UPDATE nd_feed SET stale_since = NULL", NULL, NULL, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_close(db), SQLITE_OK);
}

static void
test_explain_in_json(void **state)
{
	struct sample *s = *state;
	char *text = run(s, "explain", "1", 1, CTL_OK);
	struct json_object *o = json_tokener_parse(text), *part;
	assert_non_null(o);
	assert_int_equal(ctl_json_int(o, "id"), 1);
	assert_true(json_object_object_get_ex(o, "rhythm", &part));
	assert_int_equal(json_object_array_length(json_object_object_get(part, "by_hour_utc")), 24);
	assert_true(json_object_object_get_ex(o, "window", &part));
	assert_int_equal(ctl_json_int(part, "shows"), 20);
	assert_true(json_object_object_get_ex(o, "validators", &part));
	assert_string_equal(ctl_json_str(part, "belief"), "trusted");
	assert_true(json_object_object_get_ex(o, "live", &part));
	assert_string_equal(ctl_json_str(part, "state"), "sleeps");
	assert_int_equal(json_object_array_length(json_object_object_get(o, "gaps")), 1);
	json_object_put(o);
	mem_free(text);
}

static void
test_a_word_that_fits_none_or_several(void **state)
{
	struct sample *s = *state;
	expect(run(s, "explain", "example/feed", 0, CTL_CHOICE),
	    "\"example/feed\" is in the title or URL of 4 feeds", HARBOUR, NULL);
	expect(run(s, "explain", "lighthouse", 0, CTL_FAILED), "no feed has \"lighthouse\"", NULL);
	expect(run(s, "explain", "77", 0, CTL_FAILED), "no feed has \"77\"", NULL);
	expect(run(s, "gaps", "", 0, CTL_USAGE), "which feed?", NULL);
}

static void
test_gaps(void **state)
{
	struct sample *s = *state;
	expect(run(s, "gaps", NULL, 0, CTL_OK), "NOTICED", "2027-01-14 1", "lost", HARBOUR,
	    "1 gap of 1 feed: about ",
	    "entries went by unseen, 0 of them were found again (1 lost)", NULL);
	expect(run(s, "gaps", "mill", 0, CTL_OK), "no gap was noticed in that time", NULL);
	char *text = run(s, "gaps", "harbour", 1, CTL_OK);
	struct json_object *o = json_tokener_parse(text);
	assert_string_equal(ctl_json_str(o, "state"), "lost");
	double lost = json_object_get_double(json_object_object_get(o, "lost"));
	assert_true(lost > 1);
	json_object_put(o);
	mem_free(text);
}

static void
test_proposals(void **state)
{
	struct sample *s = *state;
	assert_string_equal(world_sql(s->w, "SELECT group_concat(validators) FROM (SELECT"
					    " coalesce(validators, '-') AS validators FROM feeds"
					    " ORDER BY id)"),
	    "trusted,none,none,none,none");
	expect(run(s, "proposals", NULL, 0, CTL_OK), "gone", "redirect", "http://mill.example/feed",
	    NULL);
}

static void
test_status(void **state)
{
	struct sample *s = *state;
	expect(run(s, "status", NULL, 0, CTL_OK), "5 feeds: 2 failing, ",
	    "1 gap in the last 7 days", "2 open proposals", "1 host is closed", "busy.example",
	    "it asked to be left alone", NULL);
	char *text = run(s, "status", NULL, 1, CTL_OK);
	struct json_object *o = json_tokener_parse(text), *part;
	assert_true(json_object_object_get_ex(o, "polling", &part));
	assert_int_equal(ctl_json_int(part, "gaps"), 1);
	assert_true(json_object_object_get_ex(o, "daemon", &part));
	assert_int_equal(ctl_json_int(part, "hosts_closed"), 1);
	json_object_put(o);
	mem_free(text);
}

static void
test_without_newsd(void **state)
{
	struct sample *s = *state;
	kill(s->daemon, SIGKILL);
	waitpid(s->daemon, NULL, 0);
	expect(run(s, "explain", "1", 0, CTL_OK), "host        not known while newsd does not say",
	    "next poll", NULL);
	start_gates(s);
}

static void
test_a_reload_tells_the_gates(void **state)
{
	struct sample *s = *state;
	struct pipeline_feed feed;
	struct config *c = NULL;
	static const char text[] = "[host old.example]\ndelay = 7s\nconnections = 5\n";
	struct fault f;
	assert_int_equal(pipeline_read_feed(s->w->pipeline, 3, &feed), 0);
	assert_int_equal(feed.host.gap_ms, 1000);
	assert_int_equal(config_parse(&c, "test", text, sizeof text - 1, &f), 0);
	pipeline_reconfigure(s->w->pipeline, c);
	assert_int_equal(pipeline_read_feed(s->w->pipeline, 3, &feed), 0);
	assert_int_equal(feed.host.gap_ms, 7000);
	assert_string_equal(feed.host.gap_from, "its section in newsd.conf");
	assert_int_equal(feed.host.connections, 5);
	pipeline_reconfigure(s->w->pipeline, s->w->config);
	assert_int_equal(pipeline_read_feed(s->w->pipeline, 3, &feed), 0);
	assert_int_equal(feed.host.gap_ms, 1000);
	assert_int_equal(pipeline_read_feed(s->w->pipeline, 77, &feed), ERR_NOT_FOUND);
	config_free(c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_a_strange_silence_is_told),
	    cmocka_unit_test(test_explain_in_json),
	    cmocka_unit_test(test_a_word_that_fits_none_or_several),
	    cmocka_unit_test(test_gaps),
	    cmocka_unit_test(test_proposals),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_without_newsd),
	    cmocka_unit_test(test_a_reload_tells_the_gates),
	};
	return cmocka_run_group_tests(tests, make_sample, free_sample);
}
