/*
 * restart: how long a newsd that was killed in the midst of its work takes until it is ready again,
 * on a store with many articles. The newsd is the real program (NEWSD, else ./newsd), and what it
 * does when it is killed is what it has to do: it judges which story each article is in.
 */
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "figures.h"
#include "mem.h"
#include "rig.h"
#include "scale.h"
#include "storing.h"

#define WAIT_MS 120000

extern char **environ;

struct restarted {
	const char *newsd;
	char *conf, *log, *store;
	pid_t pid;
};

static int64_t
size_of(const char *store, const char *suffix)
{
	struct stat st;
	char *path = mem_printf("%s%s", store, suffix);
	int64_t size = stat(path, &st) ? 0 : (int64_t)st.st_size;
	mem_free(path);
	return size;
}

static int
log_has(const struct restarted *r, const char *word)
{
	char line[4096];
	FILE *f = fopen(r->log, "r");
	int found = 0;
	while (f && !found && fgets(line, sizeof line, f))
		found = strstr(line, word) != NULL;
	if (f)
		fclose(f);
	return found;
}

static void
pause_ms(int ms)
{
	poll(NULL, 0, ms);
}

/* Start it; returns how long it took to be ready, and in *CPU_US what it used until then. */
static int64_t
start(struct restarted *r, int64_t *cpu_us)
{
	char option[] = "-c", *argv[] = {(char *)r->newsd, option, r->conf, NULL};
	unlink(r->log);
	int64_t begun = clock_mono_us();
	if (posix_spawn(&r->pid, r->newsd, NULL, NULL, argv, environ))
		die("%s can't be started", r->newsd);
	while (!log_has(r, " ready ")) {
		if (waitpid(r->pid, NULL, WNOHANG) == r->pid ||
		    clock_mono_us() - begun > WAIT_MS * INT64_C(1000))
			die("newsd is not ready; its log is %s", r->log);
		pause_ms(1);
	}
	*cpu_us = cpu_process_us(r->pid);
	return clock_mono_us() - begun;
}

static void
end(struct restarted *r, int signal_number)
{
	int status;
	kill(r->pid, signal_number);
	if (waitpid(r->pid, &status, 0) != r->pid)
		die("newsd is gone");
}

/* Kill it when its log has LOG_BYTES, or does not grow any more; then start it again. */
static void
kill_and_start(struct restarted *r, int64_t log_bytes)
{
	int64_t cpu_us, until = clock_mono_ms() + WAIT_MS;
	start(r, &cpu_us);
	while (size_of(r->store, "-wal") < log_bytes && clock_mono_ms() < until)
		pause_ms(1);
	end(r, SIGKILL);
	int64_t left = size_of(r->store, "-wal"), us = start(r, &cpu_us);
	printf("  killed with a log of %5.1f MB: ready after %7.1f ms, %7.1f ms of CPU\n",
	    (double)left / (1 << 20), (double)us / 1e3, (double)cpu_us / 1e3);
	end(r, SIGTERM);
}

/* The store is filled by a child, whose memory is not ours. */
static void
fill(const char *path, unsigned articles)
{
	struct upstream nobody = {.port = 8080};
	struct rig_options o = {.feeds = articles / FEED_ITEMS, .path = "/feed", .known = 1};
	int status;
	scratch_store(path, &nobody, &o);
	pid_t pid = fork();
	if (!pid) {
		storing_fill(path, articles);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		die("the store was not filled");
}

void
bench_restart(const struct scale *s)
{
	const char *newsd = getenv("NEWSD");
	char *dir = scratch_make();
	struct restarted r = {.newsd = newsd ? newsd : "./newsd",
	    .conf = mem_printf("%s/newsd.conf", dir),
	    .log = mem_printf("%s/log", dir),
	    .store = mem_printf("%s/news.db", dir)};
	int64_t cpu_us;
	FILE *conf = fopen(r.conf, "w");
	if (access(r.newsd, X_OK) || !conf) {
		printf("restart: SKIPPED: there is no %s (NEWSD)\n", r.newsd);
	} else {
		fprintf(conf, "store = %s\ncontrol_socket = %s/sock\nlog_file = %s\n", r.store, dir,
		    r.log);
		fclose(conf);
		fill(r.store, s->restart_articles);
		printf("\na start on a store of %u articles, %.0f MB\n", s->restart_articles,
		    (double)size_of(r.store, "") / (1 << 20));
		int64_t us = start(&r, &cpu_us);
		end(&r, SIGTERM);
		printf("  after an orderly end: ready after %7.1f ms, %7.1f ms of CPU\n",
		    (double)us / 1e3, (double)cpu_us / 1e3);
		kill_and_start(&r, 1 << 20);
		kill_and_start(&r, 16 << 20);
		kill_and_start(&r, 24 << 20);
	}
	mem_free(r.conf);
	mem_free(r.log);
	mem_free(r.store);
	scratch_remove(dir);
}
