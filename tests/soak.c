/*
 * soak: one newsd for minutes on end, beside a world that has new articles all the time, takes
 * feeds away and brings them back, opens and closes readers, reloads, kills workers and makes the
 * disk fail now and then. What must not grow is looked at every second: memory of the main process
 * and of its workers, descriptors, the write-ahead log. Run by tests/soak.sh; NEWSD_SOAK is how
 * many minutes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "clock.h"
#include "e2e_rig.h"
#include "fault_rig.h"
#include "mem.h"
#include "store.h"

#define ROUND_MS     3000
#define SAMPLE_MS    1000
#define WARM_UP      0.25 /* of the time; then come a first part that is compared with the last */
#define PART         0.25
#define DRIFT_MAX    0.05
#define LOG_SIZE_MAX (64 << 20)
#define WORKERS_MAX  16
#define SICK_CALLS   6
#define ERROR_EVERY  20 /* rounds */

struct sample {
	long rss_kb, worker_kb; /* of the main process; of the largest worker */
	long fds, wal;
};

static struct soak {
	struct sample *samples;
	size_t len, cap;
	struct faults *faults;
	sqlite3 *reader; /* in a transaction, or NULL */
	int extra;       /* a further feed is there */
	unsigned rounds, errors, reloads, readers, feeds;
	int64_t begun_ms;
} soak;

/* ---- what the kernel tells ---- */

static long
status_kb(int pid, const char *field)
{
	char line[256], *path = mem_printf("/proc/%d/status", pid);
	FILE *f = fopen(path, "r");
	long kb = 0;
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, field, strlen(field)))
			kb = strtol(line + strlen(field) + 1, NULL, 10);
	if (f)
		fclose(f);
	mem_free(path);
	return kb;
}

static long
count_fds(int pid)
{
	char *path = mem_printf("/proc/%d/fd", pid);
	DIR *d = opendir(path);
	long n = -2; /* . and .. */
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	mem_free(path);
	return n;
}

static long
largest_child_kb(int pid)
{
	char text[WORKERS_MAX * 12] = "", *path = mem_printf("/proc/%d/task/%d/children", pid, pid);
	FILE *f = fopen(path, "r");
	if (f && !fgets(text, sizeof text, f))
		*text = '\0';
	if (f)
		fclose(f);
	mem_free(path);
	long most = 0;
	char *rest = text, *end;
	for (long child; (child = strtol(rest, &end, 10)) > 0; rest = end) {
		long kb = status_kb((int)child, "VmRSS");
		most = kb > most ? kb : most;
	}
	return most;
}

static long
wal_size(void)
{
	struct stat st;
	char *path = mem_printf("%s-wal", e2e.store);
	long size = stat(path, &st) ? 0 : (long)st.st_size;
	mem_free(path);
	return size;
}

static void
take_sample(void)
{
	MEM_GROW(soak.samples, soak.len, soak.cap);
	soak.samples[soak.len++] = (struct sample){.rss_kb = status_kb(e2e.pid, "VmRSS"),
	    .worker_kb = largest_child_kb(e2e.pid),
	    .fds = count_fds(e2e.pid),
	    .wal = wal_size()};
}

/* ---- churn ---- */

static void
ctl(const char *command, const char *word)
{
	struct ran ran;
	e2e_ctl(&ran, 0, command, word, NULL);
	ran_clear(&ran);
}

/* A feed that comes and goes, by newsctl. */
static void
change_feeds(void)
{
	char *url = e2e_url(7, "/feed/paper/7");
	ctl(soak.extra ? "remove" : "add", url);
	soak.extra = !soak.extra;
	soak.feeds++;
	mem_free(url);
}

static void
configure(void)
{
	e2e_configure(soak.reloads % 2 ? "story_memory = 1M\npoll_max = 1d\n"
				       : "story_memory = 1M\npoll_max = 2d\n");
}

static void
reload(void)
{
	configure();
	kill(e2e.pid, SIGHUP);
	soak.reloads++;
}

/* Readers stay in their transaction for one round. */
static void
change_reader(void)
{
	if (soak.reader) {
		sqlite3_close(soak.reader);
		soak.reader = NULL;
		return;
	}
	assert_int_equal(
	    sqlite3_open_v2(e2e.store, &soak.reader, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	sqlite3_busy_timeout(soak.reader, 2000);
	assert_int_equal(
	    sqlite3_exec(soak.reader, "BEGIN; SELECT count(*) FROM links;", NULL, NULL, NULL),
	    SQLITE_OK);
	soak.readers++;
}

/* Some of the next calls on the store fail. */
static void
make_disk_fail(void)
{
	if (!soak.faults)
		return;
	soak.faults->act = FAULT_ERROR;
	soak.faults->error = soak.errors % 2 ? EIO : ENOSPC;
	soak.faults->times = SICK_CALLS;
	__atomic_store_n(&soak.faults->at, soak.faults->calls + 5, __ATOMIC_SEQ_CST);
	soak.errors++;
}

static void
churn(void)
{
	unsigned n = soak.rounds;
	if (n % 5 == 1)
		change_feeds();
	if (n % 7 == 2)
		reload();
	if (n % 3 != 0)
		change_reader();
	if (n % 11 == 4)
		ctl("status", NULL);
	if (n % 13 == 5)
		kill(e2e.pid, SIGUSR1);
	if (n % ERROR_EVERY == 6)
		make_disk_fail();
}

static void
one_round(void)
{
	e2e.site.site->phase++;
	e2e.site.site->seen_len = 0;
	ctl("poll", NULL);
	churn();
	soak.rounds++;
	int64_t now = clock_mono_ms(), end = now + ROUND_MS, next = now;
	for (; now < end; now = clock_mono_ms()) {
		if (now >= next) {
			take_sample();
			next += SAMPLE_MS;
		}
		e2e_pause();
	}
}

/* ---- what came of it ---- */

static int
compare_longs(const void *a, const void *b)
{
	long x = *(const long *)a, y = *(const long *)b;
	return (x > y) - (x < y);
}

enum figure { RSS, WORKER, FDS, WAL };

static long
figure_of(const struct sample *s, enum figure what)
{
	return what == RSS      ? s->rss_kb
	       : what == WORKER ? s->worker_kb
	       : what == FDS    ? s->fds
				: s->wal;
}

/* The value below which SHARE of the samples FROM .. TO lie. */
static long
at_share(enum figure what, size_t from, size_t to, double share)
{
	long *values = mem_alloc((to - from) * sizeof *values);
	for (size_t i = from; i < to; i++)
		values[i - from] = figure_of(&soak.samples[i], what);
	qsort(values, to - from, sizeof *values, compare_longs);
	long value = values[(size_t)((double)(to - from - 1) * share)];
	mem_free(values);
	return value;
}

static void
print_minute(void)
{
	const struct sample *s = &soak.samples[soak.len - 1];
	printf("%4lld min: %u rounds, %lld articles, main %ld KB, largest worker %ld KB, "
	       "%ld descriptors, log %ld KB\n",
	    (long long)((clock_mono_ms() - soak.begun_ms) / 60000), soak.rounds,
	    (long long)e2e_int("SELECT count(*) FROM articles"), s->rss_kb, s->worker_kb, s->fds,
	    s->wal >> 10);
	fflush(stdout);
}

static double
drift(long before, long after)
{
	return before ? (double)(after - before) / (double)before : 1;
}

/* Compare the first part after the warm-up with the last. */
static void
judge(void)
{
	size_t part = (size_t)((double)soak.len * PART),
	       from = (size_t)((double)soak.len * WARM_UP), last = soak.len - part;
	assert_true(part > 10);
	long rss[2] = {at_share(RSS, from, from + part, 0.5), at_share(RSS, last, soak.len, 0.5)};
	long worker[2] = {
	    at_share(WORKER, from, from + part, 0.5), at_share(WORKER, last, soak.len, 0.5)};
	/* at rest between two rounds; the transfers that are open come and go */
	long fds[2] = {at_share(FDS, from, from + part, 0.05), at_share(FDS, last, soak.len, 0.05)};
	long wal = at_share(WAL, 0, soak.len, 1);
	printf("main process    %7ld KB -> %7ld KB  %+.1f %%\n", rss[0], rss[1],
	    drift(rss[0], rss[1]) * 100);
	printf("largest worker  %7ld KB -> %7ld KB  %+.1f %%\n", worker[0], worker[1],
	    drift(worker[0], worker[1]) * 100);
	printf("descriptors     %7ld    -> %7ld\n", fds[0], fds[1]);
	printf("log             %7ld KB at most\n", wal >> 10);
	printf("%u rounds, %lld articles, %u feeds added or removed, %u reloads, %u readers, %zu "
	       "workers died, %u faults of the disk (%zu times in trouble)\n",
	    soak.rounds, (long long)e2e_int("SELECT count(*) FROM articles"), soak.feeds,
	    soak.reloads, soak.readers, e2e_logged(" worker_died "), soak.errors,
	    e2e_logged(" store_trouble "));
	assert_true(drift(rss[0], rss[1]) < DRIFT_MAX);
	assert_true(drift(worker[0], worker[1]) < DRIFT_MAX);
	assert_true(fds[1] <= fds[0]);
	assert_true(wal < LOG_SIZE_MAX);
}

static void
test_soak(void **state)
{
	(void)state;
	const char *words = getenv("NEWSD_SOAK");
	int64_t minutes = words ? strtoll(words, NULL, 10) : 1, next = 60000;
	e2e_feeds("1 /feed/ever/1", "2 /feed/ever/2", "3 /feed/ever/3", "4 /feed/ever/4",
	    "5 /feed/ever/5", "6 /feed/ever/6", "1 /feed/bad/html", "2 /feed/bad/cut",
	    "3 /feed/bad/loop", "9 /nobody", NULL);
	configure();
	soak.faults = fault_rig_open(e2e.dir);
	if (soak.faults)
		fault_rig_begin(e2e.store);
	e2e_start();
	fault_rig_end();
	soak.begun_ms = clock_mono_ms();
	while (clock_mono_ms() - soak.begun_ms < minutes * 60000) {
		one_round();
		if (clock_mono_ms() - soak.begun_ms >= next) {
			print_minute();
			next += 60000;
		}
	}
	sqlite3_close(soak.reader);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
	judge();
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_soak)};
	int status = cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
	fault_rig_close();
	mem_free(soak.samples);
	return status;
}
