/* e2e_rig: see tests/e2e_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "e2e_rig.h"

#include <cmocka.h>
#include <event2/event.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "mem.h"
#include "store_fixture.h"

#define FILE_MAX  ((size_t)16 << 20)
#define WORDS_MAX 16
#define PAUSE_MS  3

struct e2e e2e;
static char *feeds_option; /* the line of the configuration */

/* ---- files ---- */

char *
e2e_write(const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", e2e.dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	return path;
}

char *
e2e_read(const char *path)
{
	FILE *f = fopen(path, "r");
	char *text = mem_alloc(FILE_MAX);
	size_t len = f ? fread(text, 1, FILE_MAX - 1, f) : 0;
	text[len] = '\0';
	if (f)
		fclose(f);
	return text;
}

static char *
place(const char *name)
{
	return mem_printf("%s/%s", e2e.dir, name);
}

static char *
program(const char *variable, const char *otherwise)
{
	const char *path = getenv(variable);
	return mem_strdup(path ? path : otherwise);
}

/* ---- the configuration ---- */

void
e2e_configure(const char *settings)
{
	char *text = mem_printf("store = %s\ncontrol_socket = %s\nlog_file = %s\n"
				"allow_private = 127.0.0.1 127.0.0.2 127.0.0.3 127.0.0.4 127.0.0.5 "
				"127.0.0.6 127.0.0.7 127.0.0.8 127.0.0.9\nallow_ports = %u %d\n"
				"host_delay = 0\nhost_connections = 8\n"
				"commit_interval = 10ms\n%s%s",
	    e2e.store, e2e.socket, e2e.log, e2e.site.port, SITE_DEAD_PORT,
	    feeds_option ? feeds_option : "", settings);
	mem_free(e2e_write("newsd.conf", text));
	mem_free(text);
}

char *
e2e_url(unsigned host, const char *path)
{
	return mem_printf("http://127.0.0.%u:%u%s", host, e2e.site.port, path);
}

void
e2e_feeds(const char *first, ...)
{
	struct buf list;
	buf_init(&list, 65536);
	va_list words;
	va_start(words, first);
	for (const char *w = first; w; w = va_arg(words, const char *)) {
		char *end, *url;
		unsigned host = (unsigned)strtoul(w, &end, 10);
		url = host == 9 ? mem_printf("http://127.0.0.9:%d%s", SITE_DEAD_PORT, end + 1)
				: e2e_url(host, end + 1);
		buf_printf(&list, "%s\n", url);
		mem_free(url);
	}
	va_end(words);
	char *path = e2e_write("feeds.txt", buf_str(&list));
	mem_free(feeds_option);
	feeds_option = mem_printf("feeds = %s\n", path);
	mem_free(path);
	buf_clear(&list);
	e2e_configure("");
}

/* ---- life ---- */

int
e2e_setup(void **state)
{
	(void)state;
	snprintf(e2e.dir, sizeof e2e.dir, "/tmp/newsd-e2e-XXXXXX");
	if (!mkdtemp(e2e.dir))
		return -1;
	e2e.newsd = program("NEWSD", "./newsd");
	e2e.newsctl = program("NEWSCTL", "./newsctl");
	e2e.conf = place("newsd.conf");
	e2e.store = place("news.db");
	e2e.socket = place("control.sock");
	e2e.log = place("log");
	e2e.said = place("said");
	site_start(&e2e.site);
	e2e_configure("");
	return access(e2e.newsd, X_OK) || access(e2e.newsctl, X_OK);
}

static void
forget_newsd(void)
{
	if (e2e.pid)
		e2e_stop(SIGKILL);
}

int
e2e_fresh(void **state)
{
	(void)state;
	static const char *const suffixes[] = {"", "-wal", "-shm", ".lock"};
	forget_newsd();
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char *path = mem_printf("%s%s", e2e.store, suffixes[i]);
		unlink(path);
		mem_free(path);
	}
	unlink(e2e.log);
	e2e.site.site->phase = 0;
	mem_free(feeds_option);
	feeds_option = NULL;
	e2e_configure("");
	return 0;
}

int
e2e_teardown(void **state)
{
	(void)state;
	forget_newsd();
	site_stop(&e2e.site);
	store_fixture_remove(e2e.dir);
	char *strings[] = {e2e.newsd, e2e.newsctl, e2e.conf, e2e.store, e2e.socket, e2e.log,
	    e2e.said, feeds_option};
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		mem_free(strings[i]);
	feeds_option = NULL;
	return 0;
}

/* ---- programs ---- */

static void
take_words(char **argv, size_t n, va_list words)
{
	char *w;
	while ((w = va_arg(words, char *))) {
		assert_true(n < WORDS_MAX - 1);
		argv[n++] = w;
	}
	argv[n] = NULL;
}

void
e2e_newsd(struct ran *ran, ...)
{
	char config[] = "-c", *argv[WORDS_MAX] = {e2e.newsd, config, e2e.conf};
	va_list words;
	va_start(words, ran);
	take_words(argv, 3, words);
	va_end(words);
	program_run(ran, argv, NULL, 0);
}

void
e2e_once(void)
{
	struct ran ran;
	e2e_newsd(&ran, "--once", NULL);
	if (ran.status)
		fail_msg("newsd --once ended with %d: %s", ran.status, ran.err);
	ran_clear(&ran);
}

void
e2e_begin(const char *option)
{
	assert_int_equal(e2e.pid, 0);
	e2e.pid = fork();
	if (e2e.pid)
		return;
	int fd = open(e2e.said, O_WRONLY | O_CREAT | O_APPEND, 0600);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_DFL);
	dup2(fd, 1);
	dup2(fd, 2);
	execl(e2e.newsd, e2e.newsd, "-c", e2e.conf, option, (char *)NULL);
	_exit(127);
}

void
e2e_start(void)
{
	size_t before = e2e_logged(" ready ");
	e2e_begin(NULL);
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS; e2e_logged(" ready ") == before;) {
		if (clock_mono_ms() > end)
			fail_msg("newsd is not ready");
		e2e_pause();
	}
}

int
e2e_stop(int signal)
{
	pid_t pid = e2e.pid;
	assert_true(pid > 0);
	e2e.pid = 0;
	kill(pid, signal);
	return program_wait(pid);
}

void
e2e_ctl(struct ran *ran, int status, ...)
{
	char config[] = "-c", *argv[WORDS_MAX] = {e2e.newsctl, config, e2e.conf};
	va_list words;
	va_start(words, status);
	take_words(argv, 3, words);
	va_end(words);
	program_run(ran, argv, NULL, 0);
	if (ran->status != status)
		fail_msg("newsctl %s ended with %d, not %d: %s%s", argv[3], ran->status, status,
		    ran->out, ran->err);
}

/* ---- the store, as any reader sees it ---- */

static char *
first_text(const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st = NULL;
	char *text = NULL;
	if (sqlite3_open_v2(e2e.store, &db, SQLITE_OPEN_READONLY, NULL) == SQLITE_OK) {
		sqlite3_busy_timeout(db, 2000);
		if (sqlite3_prepare_v2(db, sql, -1, &st, NULL) == SQLITE_OK &&
		    sqlite3_step(st) == SQLITE_ROW)
			text = mem_strdup((const char *)sqlite3_column_text(st, 0));
		sqlite3_finalize(st);
	}
	sqlite3_close(db);
	return text;
}

int64_t
e2e_int(const char *sql)
{
	char *text = first_text(sql);
	int64_t n = text ? strtoll(text, NULL, 10) : INT64_MIN;
	mem_free(text);
	return n;
}

char *
e2e_text(const char *sql)
{
	char *text = first_text(sql);
	return text ? text : mem_strdup("");
}

void
e2e_expect_int(const char *sql, int64_t expected)
{
	int64_t n = e2e_int(sql);
	if (n != expected)
		fail_msg("%s: %lld, not %lld", sql, (long long)n, (long long)expected);
}

void
e2e_expect_text(const char *sql, const char *part)
{
	char *text = e2e_text(sql);
	if (!strstr(text, part))
		fail_msg("%s: \"%s\", which lacks \"%s\"", sql, text, part);
	mem_free(text);
}

void
e2e_execute(const char *sql)
{
	sqlite3 *db;
	char *error = NULL;
	assert_int_equal(sqlite3_open(e2e.store, &db), SQLITE_OK);
	if (sqlite3_exec(db, sql, NULL, NULL, &error) != SQLITE_OK)
		fail_msg("%s: %s", sql, error);
	sqlite3_close(db);
}

void
e2e_pause(void)
{
	poll(NULL, 0, PAUSE_MS);
}

void
e2e_until(const char *sql, int64_t value)
{
	int64_t n;
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS; (n = e2e_int(sql)) != value;) {
		if (clock_mono_ms() > end)
			fail_msg("%s is %lld and does not become %lld", sql, (long long)n,
			    (long long)value);
		e2e_pause();
	}
}

size_t
e2e_logged(const char *part)
{
	char *text = e2e_read(e2e.log), *rest = text, *line;
	size_t n = 0;
	while ((line = strsep(&rest, "\n")))
		n += strstr(line, part) != NULL;
	mem_free(text);
	return n;
}

void
e2e_until_log(const char *part)
{
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS; !e2e_logged(part);) {
		if (clock_mono_ms() > end)
			fail_msg("the log does not say \"%s\"", part);
		e2e_pause();
	}
}

void
e2e_pump(struct event_base *base)
{
	struct timeval in = {0, 3000};
	event_base_loopexit(base, &in);
	event_base_dispatch(base);
}

void
e2e_pump_until(struct event_base *base, const char *sql, int64_t value)
{
	for (int64_t end = clock_mono_ms() + E2E_WAIT_MS; e2e_int(sql) != value; e2e_pump(base))
		if (clock_mono_ms() > end)
			fail_msg(
			    "%s: %lld, not %lld", sql, (long long)e2e_int(sql), (long long)value);
}

void
e2e_skip(const char *why)
{
	print_message("SKIPPED: %s\n", why);
	skip();
}

/* ---- a disk of its own ---- */

static char *disk; /* mounted */

int
e2e_leave_disk(void **state)
{
	(void)state;
	e2e_fresh(NULL); /* ends newsd, which uses it */
	if (disk)
		umount2(disk, MNT_DETACH);
	mem_free(disk);
	disk = NULL;
	return 0;
}

void
e2e_on_disk(const char *size, void (*run)(const char *ballast))
{
	char *dir = mem_printf("%s/disk", e2e.dir), *ballast = mem_printf("%s/ballast", dir),
	     *options = mem_printf("size=%s", size), *old = e2e.store;
	assert_int_equal(mkdir(dir, 0755), 0);
	int mounted = mount("none", dir, "tmpfs", 0, options) == 0;
	mem_free(options);
	if (!mounted) {
		mem_free(dir);
		mem_free(ballast);
		e2e_skip("a tmpfs can't be mounted here (not root?)");
	}
	disk = dir;
	e2e.store = mem_printf("%s/news.db", dir);
	run(ballast);
	mem_free(e2e.store);
	e2e.store = old;
	mem_free(ballast);
}

void
e2e_expect_sound(void)
{
	e2e_expect_text("PRAGMA integrity_check", "ok");
	e2e_expect_int("SELECT (SELECT sum(links) FROM ledger) - (SELECT count(*) FROM links)", 0);
	e2e_expect_int(
	    "SELECT count(*) FROM (SELECT 1 FROM links GROUP BY url HAVING count(*) > 1)", 0);
	e2e_expect_int(
	    "SELECT count(*) FROM links WHERE outcome = 'stored' AND article_id IS NULL", 0);
	e2e_expect_int("SELECT count(*) FROM articles", e2e_int("SELECT count(*) FROM links "
								"WHERE outcome = 'stored'"));
}
