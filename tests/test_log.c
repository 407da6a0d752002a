/* Tests of log and escape: shapes of lines, hostile text, sinks and their troubles. */
#include "log.h"

#include <errno.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pthread.h>
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
#include <utf8proc.h>

#include <cmocka.h>

#include "clock.h"
#include "escape.h"
#include "mem.h"

#include "../daemon/log/log_parts.h"

#define NOW_MS INT64_C(1769835600000) /* 2026-01-31T05:00:00Z */

static char dir[] = "/tmp/newsd-test-log-XXXXXX";
static char path[64], other[64];

static int
setup(void **arg)
{
	(void)arg;
	clock_fake_start(NOW_MS);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	if (!mkdtemp(dir))
		return -1;
	snprintf(path, sizeof path, "%s/log", dir);
	snprintf(other, sizeof other, "%s/other", dir);
	return 0;
}

static int
teardown(void **arg)
{
	(void)arg;
	unlink(path);
	unlink(other);
	return rmdir(dir);
}

static int
start(void **arg)
{
	(void)arg;
	unlink(path);
	unlink(other);
	return log_open(path, LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL);
}

static int
stop(void **arg)
{
	(void)arg;
	log_set_tap(NULL, NULL);
	log_close();
	return 0;
}

/* All of FILE; the caller frees. */
static char *
slurp(const char *file)
{
	FILE *in = fopen(file, "r");
	if (!in)
		return mem_strdup("");
	size_t cap = 8u << 20;
	char *all = mem_alloc(cap);
	size_t len = fread(all, 1, cap - 1, in);
	all[len] = '\0';
	fclose(in);
	return all;
}

static void
assert_log_is(const char *expected)
{
	log_flush();
	char *all = slurp(path);
	assert_string_equal(all, expected);
	mem_free(all);
}

static size_t
count(const char *hay, const char *needle)
{
	size_t n = 0;
	for (const char *at = strstr(hay, needle); at; at = strstr(at + 1, needle))
		n++;
	return n;
}

static void
one_outcome(const char *url, const char *reason)
{
	struct log_line l;
	log_begin(&l, EV_OUTCOME);
	log_str(&l, LF_URL, url);
	log_int(&l, LF_LINK_ID, 7);
	log_str(&l, LF_OUTCOME, "gone");
	log_str(&l, LF_REASON, reason);
	log_str(&l, LF_TITLE, NULL);
	log_int(&l, LF_STATUS, 404);
	log_end(&l);
}

/* ---- shapes ---- */

static void
test_text_line(void **arg)
{
	(void)arg;
	one_outcome("https://a.example/x", "not found");
	log_warn("store is %d%% full", 93);
	assert_log_is(
	    "2026-01-31T05:00:00Z info outcome url=https://a.example/x link_id=7 outcome=gone "
	    "reason=\"not found\" status=404\n"
	    "2026-01-31T05:00:00Z warn note message=\"store is 93% full\"\n");
}

static void
test_text_quotes_where_needed(void **arg)
{
	(void)arg;
	static const struct {
		const char *value, *written;
	} rows[] = {
	    {"plain", "plain"},
	    {"", "\"\""},
	    {"https://a.example/?id=3", "\"https://a.example/?id=3\""},
	    {"say \"hi\"", "\"say \\\"hi\\\"\""},
	    {"back\\slash", "\"back\\\\slash\""},
	    {"caf\xc3\xa9", "\"caf\xc3\xa9\""},
	    {"a\nb", "\"a\\nb\""},
	    {"a\x1b[31mred", "\"a\\u001b[31mred\""},
	    {"c1 \xc2\x9b", "\"c1 \\u009b\""},
	    {"\xe2\x80\xaegnp.exe", "\"\\u202egnp.exe\""},
	    {"tag \xf3\xa0\x81\x81", "\"tag \\udb40\\udc41\""},
	    {"bad \xff\xc0\xaf", "\"bad \xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\""},
	    {"half \xe2\x82", "\"half \xef\xbf\xbd\xef\xbf\xbd\""},
	    {"\xe2\x80\x8dzwj", "\"\xe2\x80\x8dzwj\""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		assert_int_equal(truncate(path, 0), 0);
		struct log_line l;
		char expected[256];
		log_begin(&l, EV_RELOAD_FAILED);
		log_str(&l, LF_REASON, rows[i].value);
		log_end(&l);
		snprintf(expected, sizeof expected,
		    "2026-01-31T05:00:00Z error reload_failed reason=%s\n", rows[i].written);
		assert_log_is(expected);
	}
}

static void
test_text_cannot_forge(void **arg)
{
	(void)arg;
	one_outcome(
	    "https://a.example/\r\n2026-01-31T05:00:00Z info outcome url=https://evil.example/",
	    "x\nfake\xe2\x80\xa8 more\xc2\x85 and\x0b");
	log_error("line one\nline two\r\x1b]0;title\a");
	log_flush();
	char *all = slurp(path);
	assert_int_equal(count(all, "\n"), 2);
	assert_null(strpbrk(all, "\r\x1b\a\x0b"));
	assert_non_null(strstr(all, "line one\\nline two\\r\\u001b]0;title\\u0007"));
	mem_free(all);
}

static void
test_long_values_are_cut(void **arg)
{
	(void)arg;
	char *big = mem_alloc(100001);
	memset(big, 'a', 100000);
	big[100000] = '\0';
	one_outcome(big, "ok");
	log_warn("%s", big);
	for (size_t i = 0; i + 2 < 100000; i += 3)
		memcpy(big + i, "\xe2\x82\xac", 3);
	big[99999] = '\0';
	one_outcome("x", big);
	/* the worst case: every byte of every field becomes six */
	memset(big, 1, 100000);
	struct log_line l;
	log_begin(&l, EV_OUTCOME);
	for (int i = 0; i < LOG_FIELDS_MAX; i++)
		log_str(&l, LF_REASON, big);
	log_end(&l);
	log_flush();
	char *all = slurp(path), *save = NULL;
	int lines = 0;
	for (char *line = strtok_r(all, "\n", &save); line;
	     line = strtok_r(NULL, "\n", &save), lines++) {
		assert_true(strlen(line) < (LOG_VALUE_MAX + 64) * LOG_FIELDS_MAX);
		assert_non_null(strstr(line, "\xe2\x80\xa6"));
		assert_null(strstr(line, "\xef\xbf\xbd"));
	}
	assert_int_equal(lines, 4);
	mem_free(all);
	mem_free(big);
}

static void
test_levels(void **arg)
{
	(void)arg;
	struct log_line l;
	log_debug("hidden");
	log_begin(&l, EV_DISCOVERED);
	assert_false(l.wanted);
	log_str(&l, LF_URL, "https://a.example/");
	assert_int_equal(l.count, 0);
	log_end(&l);
	assert_log_is("");
	assert_int_equal(log_open(path, LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG, NULL), 0);
	log_debug("seen");
	assert_log_is("2026-01-31T05:00:00Z debug note message=seen\n");
	assert_int_equal(log_open(path, LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, NULL), 0);
	log_warn("hidden");
	assert_log_is("2026-01-31T05:00:00Z debug note message=seen\n");
}

static void
test_errors_are_written_at_once(void **arg)
{
	(void)arg;
	log_info("buffered");
	char *all = slurp(path);
	assert_string_equal(all, "");
	mem_free(all);
	log_error("urgent");
	all = slurp(path);
	assert_int_equal(count(all, "\n"), 2);
	mem_free(all);
}

static void
test_errno_survives(void **arg)
{
	(void)arg;
	errno = EXDEV;
	log_error("x");
	one_outcome("https://a.example/", "y");
	log_flush();
	assert_int_equal(errno, EXDEV);
}

/* ---- JSON ---- */

static struct json_object *
parse_strict(const char *line, size_t len)
{
	struct json_tokener *tok = json_tokener_new();
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *o = json_tokener_parse_ex(tok, line, (int)len + 1);
	if (!o)
		fail_msg(
		    "%s in: %.200s", json_tokener_error_desc(json_tokener_get_error(tok)), line);
	json_tokener_free(tok);
	return o;
}

static const char *
member(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) ? json_object_get_string(v) : NULL;
}

static void
test_json_line(void **arg)
{
	(void)arg;
	assert_int_equal(log_open(path, LOG_FORMAT_JSON, LOG_LEVEL_INFO, NULL), 0);
	one_outcome("https://a.example/?q=\"1\"", "not found");
	assert_log_is(
	    "{\"at\":\"2026-01-31T05:00:00Z\",\"level\":\"info\",\"event\":\"outcome\","
	    "\"url\":\"https://a.example/?q=\\\"1\\\"\",\"link_id\":7,\"outcome\":\"gone\","
	    "\"reason\":\"not found\",\"status\":404}\n");
}

static void
test_json_is_valid_for_any_bytes(void **arg)
{
	(void)arg;
	assert_int_equal(log_open(path, LOG_FORMAT_JSON, LOG_LEVEL_INFO, NULL), 0);
	unsigned seed = 1;
	for (int i = 0; i < 2000; i++) {
		char value[128];
		size_t len = (size_t)(rand_r(&seed) % 127);
		for (size_t j = 0; j < len; j++)
			value[j] = (char)(1 + rand_r(&seed) % 255);
		value[len] = '\0';
		one_outcome(value, value);
		log_warn("%s", value);
	}
	log_flush();
	char *all = slurp(path), *save = NULL;
	int lines = 0;
	for (char *line = strtok_r(all, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		struct json_object *o = parse_strict(line, strlen(line));
		assert_string_equal(member(o, "at"), "2026-01-31T05:00:00Z");
		json_object_put(o);
		lines++;
	}
	assert_int_equal(lines, 4000);
	mem_free(all);
}

/* ---- escape ---- */

static void
test_escape_room(void **arg)
{
	(void)arg;
	static const char s[] = "a\x01\"\xe2\x82\xac\xf3\xa0\x81\x81";
	char whole[ESCAPE_ROOM(sizeof s)], part[ESCAPE_ROOM(sizeof s)];
	int cut;
	size_t len = escape_text(whole, sizeof whole, s, sizeof s - 1, ESCAPE_JSON, &cut);
	assert_false(cut);
	assert_string_equal(whole, "a\\u0001\\\"\xe2\x82\xac\\udb40\\udc41");
	for (size_t room = 0; room <= len; room++) {
		memset(part, 'z', sizeof part);
		size_t n = escape_text(part, room, s, sizeof s - 1, ESCAPE_JSON, &cut);
		assert_true(cut);
		assert_true(room == 0 || (n < room && part[n] == '\0'));
		assert_memory_equal(part, whole, n);
		assert_int_equal(part[room], 'z');
	}
	len = escape_text(whole, sizeof whole, "a\0b", 3, ESCAPE_PLAIN, &cut);
	assert_string_equal(whole, "a\\u0000b");
	assert_int_equal(len, 8);
}

/* ---- the tap ---- */

static char tapped[4096];
static int taps;

static void
on_tap(const char *json, size_t len, void *arg)
{
	assert_ptr_equal(arg, tapped);
	assert_true(len < sizeof tapped);
	memcpy(tapped, json, len);
	tapped[len] = '\0';
	taps++;
	log_info("from the tap");
}

static void
test_tap(void **arg)
{
	(void)arg;
	struct log_line l;
	taps = 0;
	log_set_tap(on_tap, tapped);
	log_begin(&l, EV_DISCOVERED);
	assert_true(l.wanted);
	log_str(&l, LF_URL, "https://a.example/");
	log_end(&l);
	log_warn("notes are not tapped");
	assert_int_equal(taps, 1);
	assert_string_equal(tapped, "{\"at\":\"2026-01-31T05:00:00Z\",\"level\":\"debug\","
				    "\"event\":\"discovered\",\"url\":\"https://a.example/\"}");
	log_set_tap(NULL, NULL);
	one_outcome("https://a.example/", "x");
	assert_int_equal(taps, 1);
	log_flush();
	char *all = slurp(path);
	assert_null(strstr(all, "discovered"));
	assert_int_equal(count(all, "from the tap"), 1);
	mem_free(all);
}

/* ---- sinks ---- */

static void
test_reopen(void **arg)
{
	(void)arg;
	struct fault f;
	struct stat st;
	log_info("one");
	assert_int_equal(rename(path, other), 0);
	mode_t before = umask(0077); /* whatever the service's mask is */
	assert_int_equal(log_reopen(&f), 0);
	umask(before);
	log_info("two");
	log_flush();
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0640);
	char *old = slurp(other), *new = slurp(path);
	assert_non_null(strstr(old, "message=one"));
	assert_null(strstr(old, "two"));
	assert_non_null(strstr(new, "message=two"));
	assert_null(strstr(new, "one"));
	mem_free(old);
	mem_free(new);
}

static void
test_reopen_failure_keeps_the_old_file(void **arg)
{
	(void)arg;
	struct fault f = {0};
	assert_int_equal(rename(path, other), 0);
	assert_int_equal(mkdir(path, 0700), 0);
	assert_int_equal(log_reopen(&f), ERR_IO);
	assert_non_null(strstr(f.text, path));
	log_info("still here");
	log_flush();
	char *old = slurp(other);
	assert_non_null(strstr(old, "still here"));
	mem_free(old);
	rmdir(path);
}

static void
test_open_failure_keeps_the_old_sink(void **arg)
{
	(void)arg;
	struct fault f;
	static const struct {
		const char *file;
		int code;
	} rows[] = {
	    {"/tmp/newsd-no-such-directory/log", ERR_NOT_FOUND},
	    {"/tmp", ERR_IO},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		memset(&f, 0, sizeof f);
		assert_int_equal(
		    log_open(rows[i].file, LOG_FORMAT_JSON, LOG_LEVEL_DEBUG, &f), rows[i].code);
		assert_non_null(strstr(f.text, rows[i].file));
	}
	/* a FIFO without a reader must not block */
	assert_int_equal(mkfifo(other, 0600), 0);
	assert_int_equal(log_open(other, LOG_FORMAT_TEXT, LOG_LEVEL_INFO, &f), ERR_IO);
	log_debug("hidden");
	log_info("kept");
	assert_log_is("2026-01-31T05:00:00Z info note message=kept\n");
}

static void
test_full_disk(void **arg)
{
	(void)arg;
	struct rlimit old, small = {0};
	getrlimit(RLIMIT_FSIZE, &old);
	small.rlim_max = old.rlim_max;
	log_info("before");
	log_flush();
	small.rlim_cur = 60; /* the next line is torn by it */
	setrlimit(RLIMIT_FSIZE, &small);
	for (int i = 0; i < 10; i++)
		log_error("during %d", i);
	uint64_t lost = log_lost();
	setrlimit(RLIMIT_FSIZE, &old);
	log_info("after");
	log_flush();
	log_info("later");
	log_flush();
	char *all = slurp(path);
	assert_int_equal(log_lost(), lost);
	assert_int_equal(count(all, "\n"), 14);
	assert_int_equal(count(all, "\n2026-01-31T05:00:00Z "), 13); /* no torn line */
	assert_int_equal(count(all, "could not be written"), 1);
	assert_int_equal(count(all, "lines lost: 0"), 1);
	assert_true(strstr(all, "during 9") < strstr(all, "message=after"));
	assert_true(strstr(all, "message=after") < strstr(all, "could not be written"));
	mem_free(all);
}

static void
test_backlog_is_bounded(void **arg)
{
	(void)arg;
	char filler[1001];
	memset(filler, 'f', 1000);
	filler[1000] = '\0';
	uint64_t lost = log_lost();
	assert_int_equal(log_open("/dev/full", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	for (int i = 0; i < 6000; i++)
		log_info("%d %s", i, filler);
	assert_true(log_lost() - lost > 1500 && log_lost() - lost < 2500);
	assert_int_equal(log_open(path, LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	log_info("end");
	log_flush();
	char *all = slurp(path), expected[64];
	snprintf(
	    expected, sizeof expected, "lines lost: %llu", (unsigned long long)(log_lost() - lost));
	assert_non_null(strstr(all, "No space left on device"));
	assert_non_null(strstr(all, expected));
	assert_non_null(strstr(all, "message=\"0 f"));
	mem_free(all);
}

/* Put FD in the place of stderr; returns what stderr was. */
static int
replace_stderr(int fd)
{
	int old = dup(STDERR_FILENO);
	dup2(fd, STDERR_FILENO);
	return old;
}

static void
restore_stderr(int old)
{
	dup2(old, STDERR_FILENO);
	close(old);
}

static size_t
read_all(int fd, char *out, size_t room)
{
	size_t len = 0;
	ssize_t n;
	while (len < room && (n = read(fd, out + len, room - len)) > 0)
		len += (size_t)n;
	out[len < room ? len : room - 1] = '\0';
	return len;
}

static void
test_slow_pipe_never_blocks(void **arg)
{
	(void)arg;
	int ends[2];
	assert_int_equal(pipe(ends), 0);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	int old = replace_stderr(ends[1]);
	assert_int_equal(log_open("-", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	char filler[1001];
	memset(filler, 'f', 1000);
	filler[1000] = '\0';
	uint64_t lost = log_lost();
	for (int i = 0; i < 6000; i++) /* alarm of the harness if one of them waits */
		log_error("%d %s", i, filler);
	assert_true(log_lost() > lost);
	char *all = mem_alloc(16u << 20);
	size_t len = 0, n;
	do {
		n = read_all(ends[0], all + len, (16u << 20) - len);
		len += n;
		log_flush();
	} while (n > 0);
	restore_stderr(old);
	size_t seen = count(all, "\n");
	assert_int_equal(seen, 6000 - (log_lost() - lost) + 1);
	assert_int_equal(count(all, "reader is too slow"), 1);
	/* the reader goes away: counted, not fatal */
	close(ends[0]);
	log_error("nobody reads");
	log_close();
	close(ends[1]);
	mem_free(all);
}

static void
test_stderr_of_the_journal_has_priorities(void **arg)
{
	(void)arg;
	char announced[64];
	struct stat st;
	int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	fstat(fd, &st);
	snprintf(
	    announced, sizeof announced, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	int old = replace_stderr(fd);
	setenv("JOURNAL_STREAM", announced, 1);
	assert_int_equal(log_open("", LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG, NULL), 0);
	log_error("e");
	log_warn("w");
	log_info("i");
	log_debug("d");
	log_flush();
	setenv("JOURNAL_STREAM", "1:1", 1);
	assert_int_equal(log_open("-", LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG, NULL), 0);
	log_info("plain");
	log_close();
	unsetenv("JOURNAL_STREAM");
	restore_stderr(old);
	close(fd);
	char *all = slurp(path);
	assert_string_equal(all, "<3>2026-01-31T05:00:00Z error note message=e\n"
				 "<4>2026-01-31T05:00:00Z warn note message=w\n"
				 "<6>2026-01-31T05:00:00Z info note message=i\n"
				 "<7>2026-01-31T05:00:00Z debug note message=d\n"
				 "2026-01-31T05:00:00Z info note message=plain\n");
	mem_free(all);
}

static void *
log_from_another_thread(void *arg)
{
	(void)arg;
	log_warn("from elsewhere");
	one_outcome("https://a.example/", "thread");
	return NULL;
}

static void
test_another_thread_writes_at_once(void **arg)
{
	(void)arg;
	pthread_t t;
	taps = 0;
	log_set_tap(on_tap, tapped);
	log_info("buffered");
	assert_int_equal(pthread_create(&t, NULL, log_from_another_thread, NULL), 0);
	pthread_join(t, NULL);
	char *all = slurp(path);
	assert_non_null(strstr(all, "from elsewhere"));
	assert_null(strstr(all, "buffered"));
	assert_int_equal(taps, 0);
	mem_free(all);
	log_flush();
	all = slurp(path);
	assert_int_equal(count(all, "\n"), 3);
	mem_free(all);
}

/* ---- journald: a socket of the test's own stands in its place ---- */

#define MANY_ENTRIES 4096 /* more than a queue of datagrams holds */

static char journal[64];

/* Listen as journald does; the caller closes. */
static int
be_journald(void)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	snprintf(journal, sizeof journal, "%s/journal", dir);
	snprintf(address.sun_path, sizeof address.sun_path, "%s", journal);
	unlink(journal);
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0);
	assert_true(fd >= 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&address, sizeof address), 0);
	log_journal_path = journal;
	return fd;
}

static void
end_journald(int fd)
{
	log_close();
	close(fd);
	unlink(journal);
}

/* The next entry that has come, "" when there is none. */
static const char *
entry(int fd)
{
	static char text[2 * LOG_LINE_MAX];
	ssize_t n = recv(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return text;
}

static void
test_journal(void **arg)
{
	(void)arg;
	struct fault f;
	log_journal_path = other;
	assert_int_equal(log_open("journal", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, &f), ERR_NOT_FOUND);
	assert_non_null(strstr(f.text, "journald"));
	assert_int_equal(log_check("journal", &f), ERR_NOT_FOUND);
	int fd = be_journald();
	assert_int_equal(log_check("journal", &f), 0);
	assert_int_equal(log_open("journal", LOG_FORMAT_JSON, LOG_LEVEL_INFO, &f), 0);
	one_outcome("https://a.example/?a=\"b\"\nMESSAGE=fake", "x");
	log_flush();
	assert_string_equal(entry(fd),
	    "SYSLOG_IDENTIFIER=newsd\nPRIORITY=6\nNEWSD_EVENT=outcome\n"
	    "MESSAGE=outcome url=\"https://a.example/?a=\\\"b\\\"\\nMESSAGE=fake\" link_id=7 "
	    "outcome=gone reason=x status=404\n"
	    "NEWSD_URL=https://a.example/?a=\"b\"\\nMESSAGE=fake\nNEWSD_LINK_ID=7\n"
	    "NEWSD_OUTCOME=gone\nNEWSD_REASON=x\nNEWSD_STATUS=404\n");
	log_error("out of %s", "cheese");
	assert_string_equal(entry(fd), "SYSLOG_IDENTIFIER=newsd\nPRIORITY=3\nNEWSD_EVENT=note\n"
				       "MESSAGE=out of cheese\n");
	assert_string_equal(entry(fd), "");
	end_journald(fd);
}

/* 1 when the next entry is the note numbered N. */
static int
is_note(int fd, int n)
{
	char want[32];
	snprintf(want, sizeof want, "\nMESSAGE=%d ", n);
	return strstr(entry(fd), want) != NULL;
}

static void
test_slow_journal_never_blocks_and_loses_nothing_at_first(void **arg)
{
	(void)arg;
	int fd = be_journald(), sent = MANY_ENTRIES, seen = 0;
	assert_int_equal(log_open("journal", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	uint64_t lost = log_lost();
	for (int i = 0; i < sent; i++) /* alarm of the harness if one of them waits */
		log_error("%d of many", i);
	while (is_note(fd, seen)) { /* what it did not take at first comes in order */
		seen++;
		log_flush();
	}
	assert_int_equal(seen, sent);
	assert_int_equal(log_lost(), lost);
	end_journald(fd);
}

static void
test_dead_journal_is_counted_and_reported(void **arg)
{
	(void)arg;
	int fd = be_journald(), n = 0;
	char *filler = mem_alloc(LOG_VALUE_MAX + 1);
	memset(filler, 'f', LOG_VALUE_MAX);
	filler[LOG_VALUE_MAX] = '\0';
	assert_int_equal(log_open("journal", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	close(fd);
	uint64_t lost = log_lost();
	for (; log_lost() < lost + 7 && n < 10000; n++)
		log_error("%s", filler);
	assert_int_equal(log_lost(), lost + 7);
	fd = be_journald(); /* started anew, with a new socket */
	int reports = 0;
	const char *e = "x";
	for (n -= 7; n > 0 || *e;) {
		log_flush();
		e = entry(fd);
		n -= strstr(e, "MESSAGE=fff") != NULL;
		reports += strstr(e, "lines lost: 7\n") != NULL;
	}
	assert_int_equal(n, 0);
	assert_int_equal(reports, 1);
	mem_free(filler);
	end_journald(fd);
}

static void
test_backlog_of_another_kind_is_counted(void **arg)
{
	(void)arg;
	int fd = be_journald();
	assert_int_equal(log_open("journal", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	close(fd);
	unlink(journal);
	uint64_t lost = log_lost();
	log_error("one");
	log_error("two");
	assert_int_equal(log_lost(), lost);
	assert_int_equal(log_open(path, LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	assert_int_equal(log_lost(), lost + 2);
	log_error("three");
	char *all = slurp(path);
	assert_null(strstr(all, "=one"));
	assert_non_null(strstr(all, "=three"));
	assert_non_null(strstr(all, "lines lost: 2"));
	mem_free(all);
}

static void
test_another_thread_reaches_the_journal(void **arg)
{
	(void)arg;
	pthread_t t;
	int fd = be_journald();
	assert_int_equal(log_open("journal", LOG_FORMAT_TEXT, LOG_LEVEL_INFO, NULL), 0);
	taps = 0;
	log_set_tap(on_tap, tapped);
	log_info("buffered");
	assert_int_equal(pthread_create(&t, NULL, log_from_another_thread, NULL), 0);
	pthread_join(t, NULL);
	assert_non_null(strstr(entry(fd), "MESSAGE=from elsewhere\n"));
	assert_non_null(strstr(entry(fd), "NEWSD_REASON=thread\n"));
	assert_string_equal(entry(fd), "");
	assert_int_equal(taps, 0);
	end_journald(fd);
}

static void
test_check(void **arg)
{
	(void)arg;
	struct fault f;
	assert_int_equal(log_check("-", &f), 0);
	assert_int_equal(log_check("", &f), 0);
	assert_int_equal(log_check(path, &f), 0);
	assert_int_equal(log_check(other, &f), 0);
	assert_int_equal(access(other, F_OK), -1); /* nothing was made */
	assert_int_equal(log_check(dir, &f), ERR_IO);
	assert_int_equal(log_check("/no/such/log", &f), ERR_NOT_FOUND);
	assert_non_null(strstr(f.text, "/no/such/log can't be opened"));
	assert_int_equal(log_check("/dev/null/log", &f), ERR_NOT_FOUND);
}

/* ---- the tables ---- */

static void
test_tables_are_whole(void **arg)
{
	(void)arg;
	for (size_t i = 0; i < LF_COUNT; i++) {
		const struct log_field_row *r = &log_field_table[i];
		char expected[64] = "NEWSD_";
		assert_non_null(r->name);
		for (size_t j = 0; r->name[j]; j++)
			expected[j + 6] = r->name[j] == '_' ? '_' : (char)(r->name[j] - 'a' + 'A');
		assert_string_equal(r->journal, expected);
		assert_true(strlen(r->help) > 3 && r->help[strlen(r->help) - 1] == '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(r->name, log_field_table[j].name);
	}
	unsigned used[LF_COUNT] = {0};
	for (size_t i = 0; i < EV_COUNT; i++) {
		const struct log_event_row *r = &log_event_table[i];
		assert_non_null(r->word);
		assert_true(strlen(r->help) > 3 && r->help[strlen(r->help) - 1] == '.');
		for (size_t j = 0; j < i; j++)
			assert_string_not_equal(r->word, log_event_table[j].word);
		char *fields = mem_strdup(r->fields), *save = NULL;
		size_t n = 0;
		for (char *w = strtok_r(fields, " ", &save); w;
		     w = strtok_r(NULL, " ", &save), n++) {
			size_t j = 0;
			while (j < LF_COUNT && strcmp(log_field_table[j].name, w) != 0)
				j++;
			if (j == LF_COUNT)
				fail_msg("event %s names the unknown field %s", r->word, w);
			used[j]++;
		}
		assert_true(n <= LOG_FIELDS_MAX);
		mem_free(fields);
	}
	for (size_t i = 0; i < LF_COUNT; i++)
		if (!used[i])
			fail_msg("no event bears the field %s", log_field_table[i].name);
}

static void
test_undocumented_field_asserts(void **arg)
{
	(void)arg;
	for (int wrong_type = 0; wrong_type < 2; wrong_type++) {
		pid_t pid = fork();
		if (pid == 0) {
			struct log_line l;
			signal(SIGABRT, SIG_DFL);
			dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
			log_begin(&l, EV_POLL);
			if (wrong_type)
				log_str(&l, LF_ITEMS, "thirty");
			else
				log_str(&l, LF_URL, "https://a.example/");
			_exit(0);
		}
		int status;
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
	}
}

int
main(void)
{
#define T(name) cmocka_unit_test_setup_teardown(name, start, stop)
	const struct CMUnitTest tests[] = {
	    T(test_text_line),
	    T(test_text_quotes_where_needed),
	    T(test_text_cannot_forge),
	    T(test_long_values_are_cut),
	    T(test_levels),
	    T(test_errors_are_written_at_once),
	    T(test_errno_survives),
	    T(test_json_line),
	    T(test_json_is_valid_for_any_bytes),
	    T(test_escape_room),
	    T(test_tap),
	    T(test_reopen),
	    T(test_reopen_failure_keeps_the_old_file),
	    T(test_open_failure_keeps_the_old_sink),
	    T(test_full_disk),
	    T(test_backlog_is_bounded),
	    T(test_slow_pipe_never_blocks),
	    T(test_stderr_of_the_journal_has_priorities),
	    T(test_another_thread_writes_at_once),
	    T(test_journal),
	    T(test_slow_journal_never_blocks_and_loses_nothing_at_first),
	    T(test_dead_journal_is_counted_and_reported),
	    T(test_backlog_of_another_kind_is_counted),
	    T(test_another_thread_reaches_the_journal),
	    T(test_check),
	    T(test_tables_are_whole),
	    T(test_undocumented_field_asserts),
	};
	return cmocka_run_group_tests(tests, setup, teardown);
}
