/* Tests of control: lines and answers, hostile and slow peers, the socket file, the client's side.
 */
#include "control.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <grp.h>
#include <json-c/json.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "clock.h"
#include "log.h"
#include "mem.h"

static char dir[] = "/tmp/newsd-test-control-XXXXXX";
static char path[64];
static struct event_base *base;
static struct control *control;
static struct control_peer *later[4];
static size_t later_len;
static char answer[CONTROL_LINE_MAX + 2];

/* ---- a daemon of few commands ---- */

static int
handle_echo(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	struct json_object *v;
	(void)peer;
	(void)f;
	assert_ptr_equal(arg, path);
	if (json_object_object_get_ex(request, "text", &v))
		json_object_object_add(response, "text", json_object_get(v));
	return 0;
}

static int
handle_fail(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)arg;
	(void)request;
	(void)peer;
	json_object_object_add(response, "half", json_object_new_int(1));
	return fault_set(f, ERR_NOT_FOUND, "no feed \"x\" \xff\xe2\x82");
}

static int
handle_later(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)arg;
	(void)request;
	(void)response;
	(void)f;
	later[later_len++] = peer;
	return CONTROL_LATER;
}

static int
handle_now(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)arg;
	(void)request;
	(void)response;
	(void)f;
	control_answer(peer, NULL, NULL);
	return CONTROL_LATER;
}

static int
handle_big(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	struct json_object *v;
	(void)arg;
	(void)peer;
	(void)f;
	json_object_object_get_ex(request, "size", &v);
	size_t size = (size_t)json_object_get_int64(v);
	char *text = mem_alloc(size);
	memset(text, 'b', size);
	json_object_object_add(response, "big", json_object_new_string_len(text, (int)size));
	mem_free(text);
	return 0;
}

static int
handle_tail(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)arg;
	(void)request;
	(void)response;
	(void)f;
	control_subscribe(peer);
	control_publish(control, "{\"event\":\"too early\"}", 21);
	return 0;
}

static int
handle_quit(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)arg;
	(void)request;
	(void)response;
	(void)peer;
	(void)f;
	control_free(control);
	control = NULL;
	return 0;
}

static const struct control_command commands[] = {
    {"echo", handle_echo, "text: comes back", 0},
    {"fail", handle_fail, "fails", 0},
    {"later", handle_later, "answers when told", 0},
    {"now", handle_now, "answers by itself", 0},
    {"big", handle_big, "size: a long answer", 0},
    {"tail", handle_tail, "events", 0},
    {"quit", handle_quit, "ends the control", 0},
    {NULL, NULL, NULL, 0},
};

static int
start(void **arg)
{
	struct fault f = {0};
	(void)arg;
	later_len = 0;
	clock_fake_start(INT64_C(1769835600000));
	base = event_base_new();
	if (control_new(&control, base, path, "", commands, path, &f) != 0) {
		print_error("%s\n", f.text);
		return -1;
	}
	return 0;
}

static int
stop(void **arg)
{
	(void)arg;
	control_free(control);
	control = NULL;
	event_base_free(base);
	clock_fake_stop();
	return 0;
}

static int
make_dir(void **arg)
{
	(void)arg;
	signal(SIGPIPE, SIG_IGN);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/control.sock", dir);
	return 0;
}

static int
remove_dir(void **arg)
{
	(void)arg;
	return rmdir(dir); /* fails when something is left */
}

static void
pump(void)
{
	for (int i = 0; i < 20; i++)
		event_base_loop(base, EVLOOP_NONBLOCK);
}

/* ---- a client without manners ---- */

static int
dial(void)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static void
say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	pump();
}

/* All that has come; "" nothing. *END (may be NULL) is 1 at the end of the stream. */
static const char *
hear(int fd, int *end)
{
	size_t len = 0;
	ssize_t n;
	do {
		pump();
		n = recv(fd, answer + len, sizeof answer - 1 - len, 0);
		if (n > 0)
			len += (size_t)n;
	} while (n > 0);
	answer[len] = '\0';
	if (end)
		*end = n == 0;
	return answer;
}

static int
has_ended(int fd)
{
	int end;
	hear(fd, &end);
	return end;
}

/* ---- requests and answers ---- */

static void
test_round_trip(void **arg)
{
	(void)arg;
	int fd = dial();
	say(fd, "{\"command\":\"echo\",\"text\":\"a\\nb \xc3\xa9/\"}\n");
	assert_string_equal(hear(fd, NULL), "{\"text\":\"a\\nb \xc3\xa9/\",\"ok\":true}\n");
	say(fd, " { \"command\" : \"echo\" } \r\n");
	assert_string_equal(hear(fd, NULL), "{\"ok\":true}\n");
	say(fd, "{\"command\":\"now\"}\n");
	assert_string_equal(hear(fd, NULL), "{\"ok\":true}\n");
	close(fd);
}

static void
test_failures_have_words_and_codes(void **arg)
{
	(void)arg;
	int fd = dial();
	say(fd, "{\"command\":\"fail\"}\n");
	assert_string_equal(hear(fd, NULL),
	    "{\"ok\":false,\"error\":\"no feed \\\"x\\\" "
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\",\"code\":\"not_found\"}\n");
	say(fd, "{\"command\":\"frobnicate\"}\n");
	assert_string_equal(hear(fd, NULL), "{\"ok\":false,\"error\":\"unknown command "
					    "\\\"frobnicate\\\"\",\"code\":\"unsupported\"}\n");
	close(fd);
}

static void
test_bad_requests(void **arg)
{
	(void)arg;
	static const struct {
		const char *line, *expected;
	} rows[] = {
	    {"", "no whole JSON value"},
	    {"hello", "expected one line such as"},
	    {"{\"command\":\"echo\"", "no whole JSON value"},
	    {"{\"command\":\"echo\"} x", "expected one line such as"},
	    {"{\"command\":\"echo\"}{}", "expected one line such as"},
	    {"{'command':'echo'}", "expected one line such as"},
	    {"{\"command\":\"echo\",}", "expected one line such as"},
	    {"{\"command\":3}", "string \\\"command\\\""},
	    {"{\"command\":null}", "string \\\"command\\\""},
	    {"[\"echo\"]", "string \\\"command\\\""},
	    {"{}", "string \\\"command\\\""},
	    {"null", "expected one line such as"},
	    {"{\"command\":\"ec\xff\"}", "expected one line such as"},
	    {"{\"command\":\"echo\",\"text\":[[[[[[[[[[[[[[[[[[[[1]]]]]]]]]]]]]]]]]]]]}",
		"nesting"},
	};
	int fd = dial(), end;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		send(fd, rows[i].line, strlen(rows[i].line), 0);
		say(fd, "\n");
		hear(fd, &end);
		assert_false(end);
		assert_non_null(strstr(answer, "\"ok\":false"));
		assert_non_null(strstr(answer, "\"code\":\"bad_input\""));
		if (!strstr(answer, rows[i].expected))
			fail_msg("%s: no \"%s\" in %s", rows[i].line, rows[i].expected, answer);
		assert_ptr_equal(strchr(answer, '\n'), answer + strlen(answer) - 1);
	}
	send(fd, "{\"command\":\"echo\"}\0\n", 20, 0);
	assert_non_null(strstr(hear(fd, NULL), "NUL byte"));
	say(fd, "{\"command\":\"echo\"}\n"); /* and still serves */
	assert_string_equal(hear(fd, NULL), "{\"ok\":true}\n");
	close(fd);
}

static void
test_pieces_and_bunches(void **arg)
{
	(void)arg;
	static const char line[] = "{\"command\":\"echo\",\"text\":1}\n";
	int fd = dial();
	for (const char *c = line; *c; c++) {
		assert_string_equal(hear(fd, NULL), "");
		char one[2] = {*c, '\0'};
		say(fd, one);
	}
	assert_string_equal(hear(fd, NULL), "{\"text\":1,\"ok\":true}\n");
	char bunch[4096] = "", expected[4096] = "";
	for (int i = 0; i < 50; i++) {
		snprintf(bunch + strlen(bunch), sizeof bunch - strlen(bunch),
		    "{\"command\":\"%s\",\"text\":%d}\n", i % 5 ? "echo" : "now", i);
		if (i % 5)
			snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
			    "{\"text\":%d,\"ok\":true}\n", i);
		else
			snprintf(expected + strlen(expected), sizeof expected - strlen(expected),
			    "{\"ok\":true}\n");
	}
	say(fd, bunch);
	assert_string_equal(hear(fd, NULL), expected);
	close(fd);
}

/* Send LEN bytes as fast as they are taken; returns 0 when the other side has closed. */
static int
send_much(int fd, const char *data, size_t len)
{
	while (len) {
		ssize_t n = send(fd, data, len, 0);
		if (n < 0 && errno != EAGAIN)
			return 0;
		if (n > 0) {
			data += n;
			len -= (size_t)n;
		}
		pump();
	}
	return 1;
}

static void
test_lines_are_bounded(void **arg)
{
	(void)arg;
	size_t size = 2 * CONTROL_LINE_MAX;
	char *much = mem_alloc(size);
	int fd = dial();
	/* the longest that is allowed, newline and all */
	memset(much, ' ', size);
	memcpy(much, "{\"command\":\"echo\"}", 18);
	much[CONTROL_LINE_MAX - 1] = '\n';
	assert_true(send_much(fd, much, CONTROL_LINE_MAX));
	assert_string_equal(hear(fd, NULL), "{\"ok\":true}\n");
	/* one byte more, and far more */
	for (size_t more = 1; more < CONTROL_LINE_MAX; more += CONTROL_LINE_MAX - 2) {
		int end;
		much[CONTROL_LINE_MAX - 1] = ' ';
		send_much(fd, much, CONTROL_LINE_MAX + more);
		hear(fd, &end);
		assert_non_null(strstr(answer, "\"code\":\"limit\""));
		close(fd);
		fd = dial();
	}
	close(fd);
	mem_free(much);
}

static void
test_answers_are_bounded(void **arg)
{
	(void)arg;
	int fd = dial();
	say(fd, "{\"command\":\"big\",\"size\":3000000}\n");
	assert_non_null(strstr(hear(fd, NULL), "\"code\":\"limit\""));
	say(fd, "{\"command\":\"big\",\"size\":1000000}\n");
	assert_int_equal(strlen(hear(fd, NULL)), 1000000 + strlen("{\"big\":\"\",\"ok\":true}\n"));
	close(fd);
}

static void
test_who_does_not_read_is_not_served(void **arg)
{
	(void)arg;
	int fd = dial();
	static const char line[] = "{\"command\":\"big\",\"size\":1000000}\n";
	for (int i = 0; i < 40; i++)
		say(fd, line);
	size_t total = 0, rounds = 0;
	while (strlen(hear(fd, NULL)) && rounds++ < 1000)
		total += strlen(answer);
	assert_int_equal(total, 40 * (1000000 + strlen("{\"big\":\"\",\"ok\":true}\n")));
	/* and one that never reads is cut off in the end */
	say(fd, line);
	say(fd, line);
	clock_fake_advance((CONTROL_HALF_S + 1) * 1000);
	close(dial());
	pump();
	total = 0;
	int end = 0;
	while (!end) {
		hear(fd, &end);
		total += strlen(answer);
	}
	assert_true(total < 1000000);
	close(fd);
}

/* ---- answers that come later ---- */

static void
test_later(void **arg)
{
	(void)arg;
	int a = dial(), b = dial();
	struct fault f;
	say(a, "{\"command\":\"later\"}\n{\"command\":\"echo\",\"text\":2}\n");
	say(b, "{\"command\":\"echo\",\"text\":3}\n");
	assert_string_equal(hear(a, NULL), "");
	assert_string_equal(hear(b, NULL), "{\"text\":3,\"ok\":true}\n");
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "id", json_object_new_int(9));
	control_answer(later[0], o, NULL);
	assert_string_equal(hear(a, NULL), "{\"id\":9,\"ok\":true}\n{\"text\":2,\"ok\":true}\n");
	say(a, "{\"command\":\"later\"}\n");
	fault_set(&f, ERR_FULL, "no room");
	control_answer(later[1], json_object_new_object(), &f);
	assert_string_equal(
	    hear(a, NULL), "{\"ok\":false,\"error\":\"no room\",\"code\":\"disk_full\"}\n");
	close(a);
	close(b);
}

static void
test_later_for_one_that_has_gone(void **arg)
{
	(void)arg;
	int fd = dial();
	say(fd, "{\"command\":\"later\"}\n{\"command\":\"later\"}\n");
	close(fd);
	pump();
	assert_int_equal(later_len, 1);
	control_answer(later[0], json_object_new_object(), NULL);
	pump();
	/* gone, but not yet noticed */
	fd = dial();
	say(fd, "{\"command\":\"later\"}\n");
	close(fd);
	control_answer(later[1], json_object_new_object(), NULL);
	pump();
}

static void
test_later_than_the_control(void **arg)
{
	(void)arg;
	int fd = dial();
	say(fd, "{\"command\":\"later\"}\n");
	control_free(control);
	control = NULL;
	assert_true(has_ended(fd));
	control_answer(later[0], json_object_new_object(), NULL);
	close(fd);
}

static void
test_free_from_a_handler(void **arg)
{
	(void)arg;
	int fd = dial();
	say(fd, "{\"command\":\"echo\"}\n{\"command\":\"quit\"}\n{\"command\":\"echo\"}\n");
	assert_true(has_ended(fd));
	assert_string_equal(answer, "{\"ok\":true}\n");
	close(fd);
}

static void
test_half_closed_still_gets_its_answer(void **arg)
{
	(void)arg;
	int fd = dial(), end;
	say(fd, "{\"command\":\"later\"}\n{\"command\":\"echo\"}\n");
	shutdown(fd, SHUT_WR);
	pump();
	assert_string_equal(hear(fd, &end), "");
	assert_false(end);
	control_answer(later[0], NULL, NULL);
	assert_string_equal(hear(fd, &end), "{\"ok\":true}\n{\"ok\":true}\n");
	assert_true(end);
	close(fd);
}

/* ---- patience ---- */

static void
test_half_requests_time_out(void **arg)
{
	(void)arg;
	int half = dial(), idle = dial(), owed = dial(), events = dial();
	say(owed, "{\"command\":\"later\"}\n");
	say(events, "{\"command\":\"tail\"}\n");
	hear(events, NULL);
	clock_fake_advance(100 * 1000);
	say(half, "{\"comm");
	clock_fake_advance((CONTROL_HALF_S - 1) * 1000);
	say(half, "and"); /* a drip does not help */
	close(dial());    /* every arrival looks after the others */
	pump();
	assert_false(has_ended(half));
	clock_fake_advance(2 * 1000);
	close(dial());
	pump();
	assert_true(has_ended(half));
	assert_false(has_ended(idle));
	clock_fake_advance((CONTROL_IDLE_S + 1) * 1000);
	close(dial());
	pump();
	assert_true(has_ended(idle));
	assert_false(has_ended(owed));
	assert_false(has_ended(events));
	control_answer(later[0], NULL, NULL);
	assert_string_equal(hear(owed, NULL), "{\"ok\":true}\n");
	close(half);
	close(idle);
	close(owed);
	close(events);
}

static void
test_peers_are_bounded(void **arg)
{
	(void)arg;
	int fds[CONTROL_PEERS_MAX], end;
	for (size_t i = 0; i < CONTROL_PEERS_MAX; i++) {
		fds[i] = dial();
		pump();
	}
	int one_more = dial();
	pump();
	hear(one_more, &end);
	assert_true(end);
	assert_non_null(strstr(answer, "\"code\":\"busy\""));
	close(one_more);
	say(fds[63], "{\"command\":\"echo\"}\n");
	assert_string_equal(hear(fds[63], NULL), "{\"ok\":true}\n");
	close(fds[0]);
	pump();
	one_more = dial();
	say(one_more, "{\"command\":\"echo\"}\n");
	assert_string_equal(hear(one_more, NULL), "{\"ok\":true}\n");
	close(one_more);
	for (size_t i = 1; i < CONTROL_PEERS_MAX; i++)
		close(fds[i]);
}

/* Let the control's periodic timer go off now. */
static int
fire(const struct event_base *b, const struct event *ev, void *arg)
{
	(void)b;
	(void)arg;
	if (event_get_fd(ev) < 0 && (event_get_events(ev) & EV_PERSIST))
		event_active((struct event *)(uintptr_t)ev, EV_TIMEOUT, 1);
	return 0;
}

static void
test_no_descriptor_left(void **arg)
{
	(void)arg;
	struct rlimit old, none;
	char log_path[80], said[4096];
	snprintf(log_path, sizeof log_path, "%s/log", dir);
	assert_int_equal(log_open(log_path, LOG_FORMAT_TEXT, LOG_LEVEL_WARN, NULL), 0);
	int fd = dial();
	getrlimit(RLIMIT_NOFILE, &old);
	none = old;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	pump();
	setrlimit(RLIMIT_NOFILE, &old);
	log_close();
	FILE *in = fopen(log_path, "r");
	said[fread(said, 1, sizeof said - 1, in)] = '\0';
	fclose(in);
	unlink(log_path);
	assert_non_null(strstr(said, "can't be accepted: Too many open files"));
	assert_ptr_equal(strchr(said, '\n'), said + strlen(said) - 1); /* once, not each turn */
	/* it rests, and then goes on */
	say(fd, "{\"command\":\"echo\"}\n");
	assert_string_equal(hear(fd, NULL), "");
	event_base_foreach_event(base, fire, NULL);
	assert_string_equal(hear(fd, NULL), "{\"ok\":true}\n");
	close(fd);
}

/* ---- events ---- */

static void
test_events(void **arg)
{
	(void)arg;
	int a = dial(), b = dial();
	say(a, "{\"command\":\"tail\"}\n{\"command\":\"echo\"}\n");
	assert_string_equal(hear(a, NULL), "{\"ok\":true}\n");
	control_publish(control, "{\"event\":\"one\"}", 15);
	say(a, "ignored\n");
	control_publish(control, "{\"event\":\"two\"}", 15);
	assert_string_equal(hear(a, NULL), "{\"event\":\"one\"}\n{\"event\":\"two\"}\n");
	assert_string_equal(hear(b, NULL), "");
	/* one that only listens on */
	shutdown(a, SHUT_WR);
	pump();
	control_publish(control, "{\"event\":\"three\"}", 17);
	assert_string_equal(hear(a, NULL), "{\"event\":\"three\"}\n");
	close(a);
	control_publish(control, "{}", 2);
	pump();
	control_publish(control, "{}", 2);
	pump();
	close(b);
}

static void
test_slow_subscribers_are_cut_off(void **arg)
{
	(void)arg;
	char line[1001];
	int slow = dial(), quick = dial();
	say(slow, "{\"command\":\"tail\"}\n");
	say(quick, "{\"command\":\"tail\"}\n");
	memset(line, 'e', 1000);
	line[1000] = '\0';
	hear(quick, NULL);
	size_t sent = 0, heard = 0;
	for (int i = 0; i < 3000; i++) {
		control_publish(control, line, 1000);
		sent += 1001;
		if (i % 100 == 0)
			heard += strlen(hear(quick, NULL));
	}
	heard += strlen(hear(quick, NULL));
	assert_int_equal(heard, sent);
	int end = 0;
	size_t got = 0;
	while (!end) {
		hear(slow, &end);
		got += strlen(answer);
	}
	assert_true(got < sent);
	close(slow);
	close(quick);
}

/* ---- the socket file ---- */

static int
try_control(const char *where, const char *group, struct fault *f)
{
	struct control *c = NULL;
	struct event_base *b = event_base_new();
	int error = control_new(&c, b, where, group, commands, NULL, f);
	control_free(c);
	event_base_free(b);
	return error;
}

static void
test_socket_is_private(void **arg)
{
	(void)arg;
	struct stat st;
	assert_int_equal(lstat(path, &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_int_equal(st.st_mode & 07777, 0660);
}

static void
test_second_daemon_is_refused(void **arg)
{
	(void)arg;
	struct fault f = {0};
	assert_int_equal(try_control(path, "", &f), ERR_BUSY);
	assert_non_null(strstr(f.text, path));
	int fd = dial(); /* the first is unharmed */
	say(fd, "{\"command\":\"echo\"}\n");
	assert_string_equal(hear(fd, NULL), "{\"ok\":true}\n");
	close(fd);
}

static void
test_stale_socket_is_replaced(void **arg)
{
	(void)arg;
	struct fault f = {0};
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	memcpy(a.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof a), 0);
	close(fd);
	assert_int_equal(access(path, F_OK), 0);
	assert_int_equal(try_control(path, "", &f), 0);
	assert_int_equal(access(path, F_OK), -1); /* and removed at the end */
}

static void
test_socket_of_another_stays(void **arg)
{
	(void)arg;
	struct stat st;
	assert_int_equal(unlink(path), 0);
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	control_free(control);
	control = NULL;
	assert_int_equal(stat(path, &st), 0);
	unlink(path);
}

static void
test_places_that_will_not_do(void **arg)
{
	(void)arg;
	struct fault f = {0};
	char longer[200];
	int fd = open(path, O_CREAT | O_WRONLY, 0600);
	close(fd);
	assert_int_equal(try_control(path, "", &f), ERR_INPUT);
	assert_non_null(strstr(f.text, "something else"));
	assert_int_equal(unlink(path), 0); /* it was not touched */
	assert_int_equal(try_control("/tmp/newsd-no-such-directory/s", "", &f), ERR_NOT_FOUND);
	memset(longer, 'l', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	assert_int_equal(try_control(longer, "", &f), ERR_INPUT);
	assert_int_equal(try_control(path, "no-such-group", &f), ERR_INPUT);
	assert_non_null(strstr(f.text, "no-such-group"));
	assert_int_equal(access(path, F_OK), -1);
}

static void
test_check_of_a_path(void **arg)
{
	(void)arg;
	struct fault f = {0};
	char longest[sizeof((struct sockaddr_un *)NULL)->sun_path + 1] = "/";
	memset(longest + 1, 'l', sizeof longest - 2);
	assert_int_equal(control_check(longest, &f), ERR_INPUT);
	assert_non_null(strstr(f.text, "has more than 107 bytes"));
	longest[sizeof longest - 2] = '\0';
	assert_int_equal(control_check(longest, &f), 0);
	assert_int_equal(control_check("", &f), ERR_INPUT);
}

/* Forbid what the unit's SystemCallFilter=~@privileged forbids, in its way. */
static void
forbid_chown(void)
{
	static const char *const names[] = {"chown", "lchown", "fchown", "fchownat"};
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_ALLOW);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		int number = seccomp_syscall_resolve_name(names[i]);
		if (number != __NR_SCMP_ERROR)
			seccomp_rule_add(filter, SCMP_ACT_ERRNO(EPERM), number, 0);
	}
	if (seccomp_load(filter) < 0)
		_exit(98);
	seccomp_release(filter);
}

/* In a process of its own: 0 when PATH is listened on, with GROUP, under the unit's filter, and
 * the log is of WARNINGS lines. */
static int
listen_confined(const char *where, const char *group, int warnings)
{
	char line[512] = "", file[80];
	snprintf(file, sizeof file, "%s/log", dir);
	pid_t pid = fork();
	if (pid == 0) {
		struct control *c = NULL;
		struct fault f = {0};
		struct event_base *b = event_base_new();
		forbid_chown();
		if (log_open(file, LOG_FORMAT_TEXT, LOG_LEVEL_WARN, &f) ||
		    control_new(&c, b, where, group, commands, NULL, &f))
			_exit(99);
		log_flush();
		_exit(0);
	}
	int status, lines = 0;
	waitpid(pid, &status, 0);
	unlink(where);
	FILE *in = fopen(file, "r");
	for (; in && fgets(line, sizeof line, in); lines++)
		assert_non_null(strstr(line, "can't be given to the group"));
	if (in)
		fclose(in);
	unlink(file);
	assert_int_equal(lines, warnings);
	return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void
test_group_that_may_not_be_given_is_no_end(void **arg)
{
	(void)arg;
	char where[80];
	struct group *g;
	snprintf(where, sizeof where, "%s/confined.sock", dir);
	setgrent();
	do
		g = getgrent();
	while (g && g->gr_gid == getegid());
	assert_non_null(g);
	assert_int_equal(listen_confined(where, g->gr_name, 1), 0);
	g = getgrgid(getegid());
	if (g) /* its own: there is nothing to change */
		assert_int_equal(listen_confined(where, g->gr_name, 0), 0);
	endgrent();
}

/* ---- the client's side ---- */

static struct json_object *
request(const char *command)
{
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "command", json_object_new_string(command));
	return o;
}

/* Call against a peer that has said SAID already, and closes when CLOSES. */
static int
call(const char *said, size_t len, int closes, struct json_object **response, struct fault *f)
{
	int ends[2];
	char got[256];
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_true(send(ends[1], said, len, 0) == (ssize_t)len);
	if (closes)
		shutdown(ends[1], SHUT_WR);
	struct json_object *o = request("status");
	*response = NULL;
	int error = control_call_within(ends[0], o, response, 1, f);
	json_object_put(o);
	ssize_t n = recv(ends[1], got, sizeof got, 0);
	assert_int_equal(n, 21);
	assert_memory_equal(got, "{\"command\":\"status\"}\n", 21);
	close(ends[0]);
	close(ends[1]);
	return error;
}

static void
test_client_reads_answers(void **arg)
{
	(void)arg;
	struct json_object *o;
	struct fault f = {0};
	static const char good[] = "{\"ok\":true,\"feeds\":3}\n";
	assert_int_equal(call(good, sizeof good - 1, 0, &o, &f), 0);
	assert_true(json_object_object_get_ex(o, "feeds", NULL));
	json_object_put(o);
	static const struct {
		const char *said;
		int code;
		const char *words;
	} rows[] = {
	    {"{\"ok\":false,\"error\":\"no such feed\",\"code\":\"not_found\"}\n", ERR_NOT_FOUND,
		"no such feed"},
	    {"{\"ok\":false,\"error\":\"full\",\"code\":\"disk_full\"}\n", ERR_FULL, "full"},
	    {"{\"ok\":false,\"error\":\"new\",\"code\":\"from_the_future\"}\n", ERR_SYSTEM, "new"},
	    {"{\"ok\":false}\n", ERR_SYSTEM, "did not say why"},
	    {"{\"ok\":false,\"error\":7,\"code\":[]}\n", ERR_SYSTEM, "did not say why"},
	    {"{}\n", ERR_INPUT, "not one of newsd's"},
	    {"HTTP/1.1 400 Bad Request\n", ERR_INPUT, "not one of newsd's"},
	    {"[]\n", ERR_INPUT, "not one of newsd's"},
	    {"{\"ok\":tr", ERR_IO, "closed the connection"},
	    {"", ERR_IO, "closed the connection"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(call(rows[i].said, strlen(rows[i].said), 1, &o, &f), rows[i].code);
		assert_null(o);
		assert_int_equal(f.code, rows[i].code);
		assert_non_null(strstr(f.text, rows[i].words));
	}
	assert_int_equal(call("{\"ok\":", 6, 0, &o, &f), ERR_TIMEOUT);
}

static void
test_client_leaves_the_stream_alone(void **arg)
{
	(void)arg;
	int ends[2];
	char rest[64];
	struct json_object *o = request("tail"), *response = NULL;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
	assert_true(send(ends[1], "{\"ok\":true}\n{\"event\":1}\n{\"ev", 28, 0) == 28);
	assert_int_equal(control_call(ends[0], o, &response, NULL), 0);
	json_object_put(response);
	assert_int_equal(recv(ends[0], rest, sizeof rest, 0), 16);
	assert_memory_equal(rest, "{\"event\":1}\n{\"ev", 16);
	json_object_put(o);
	close(ends[0]);
	close(ends[1]);
}

static void
test_client_hears_the_reason_of_one_that_closed(void **arg)
{
	(void)arg;
	int ends[2];
	struct fault f = {0};
	struct json_object *o = request("status"), *response = NULL;
	static const char busy[] = "{\"ok\":false,\"error\":\"too many\",\"code\":\"busy\"}\n";
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, ends), 0);
	assert_true(send(ends[1], busy, sizeof busy - 1, 0) > 0);
	close(ends[1]);
	assert_int_equal(control_call(ends[0], o, &response, &f), ERR_BUSY);
	assert_string_equal(f.text, "too many");
	json_object_put(o);
	close(ends[0]);
}

static void
test_client_bounds(void **arg)
{
	(void)arg;
	struct fault f = {0};
	struct json_object *response = NULL, *o = request("import");
	char *much = mem_alloc(CONTROL_LINE_MAX);
	memset(much, 'm', CONTROL_LINE_MAX);
	json_object_object_add(o, "text", json_object_new_string_len(much, CONTROL_LINE_MAX));
	assert_int_equal(control_call(-1, o, &response, &f), ERR_LIMIT);
	json_object_put(o);
	mem_free(much);
	much = mem_alloc(200);
	memset(much, '/', 199);
	much[199] = '\0';
	assert_int_equal(control_connect(much, &f), ERR_INPUT);
	mem_free(much);
}

static void
test_client_connects(void **arg)
{
	(void)arg;
	struct fault f = {0};
	int fd = control_connect(path, &f);
	assert_true(fd >= 0);
	assert_true(fcntl(fd, F_GETFD) & FD_CLOEXEC);
	assert_true(send(fd, "{\"command\":\"echo\"}\n", 19, 0) == 19);
	pump();
	fcntl(fd, F_SETFL, O_NONBLOCK);
	assert_string_equal(hear(fd, NULL), "{\"ok\":true}\n");
	close(fd);
	control_free(control);
	control = NULL;
	assert_int_equal(control_connect(path, &f), ERR_NOT_FOUND);
	assert_non_null(strstr(f.text, "newsd is not running"));
	assert_non_null(strstr(f.text, path));
	assert_non_null(strstr(f.text, "start"));
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
	    T(test_round_trip),
	    T(test_failures_have_words_and_codes),
	    T(test_bad_requests),
	    T(test_pieces_and_bunches),
	    T(test_lines_are_bounded),
	    T(test_answers_are_bounded),
	    T(test_who_does_not_read_is_not_served),
	    T(test_later),
	    T(test_later_for_one_that_has_gone),
	    T(test_later_than_the_control),
	    T(test_free_from_a_handler),
	    T(test_half_closed_still_gets_its_answer),
	    T(test_half_requests_time_out),
	    T(test_peers_are_bounded),
	    T(test_no_descriptor_left),
	    T(test_events),
	    T(test_slow_subscribers_are_cut_off),
	    T(test_socket_is_private),
	    T(test_second_daemon_is_refused),
	    cmocka_unit_test(test_stale_socket_is_replaced),
	    T(test_socket_of_another_stays),
	    cmocka_unit_test(test_places_that_will_not_do),
	    cmocka_unit_test(test_check_of_a_path),
	    cmocka_unit_test(test_group_that_may_not_be_given_is_no_end),
	    cmocka_unit_test(test_client_reads_answers),
	    cmocka_unit_test(test_client_leaves_the_stream_alone),
	    cmocka_unit_test(test_client_hears_the_reason_of_one_that_closed),
	    cmocka_unit_test(test_client_bounds),
	    T(test_client_connects),
	};
	return cmocka_run_group_tests(tests, make_dir, remove_dir);
}
