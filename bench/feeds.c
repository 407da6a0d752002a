/*
 * feeds: the digest of a feed against libxml2's SAX push parser that throws everything away, and
 * against feedparser, on the same documents in the same run; the memory that the largest documents
 * take, and the CPU of the slowest.
 */
#include <dirent.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bare_parse.h"
#include "documents.h"
#include "figures.h"
#include "rival.h"
#include "scale.h"

#define FEEDS_MADE  200
#define REAL_MAX    4000
#define REAL_DIR    "feeds/real-fastfeedparser"
#define LARGE_ITEMS 10000 /* 15 MB */
#define LARGEST     5     /* documents whose memory is measured */
#define MEMORY_BASE (4 << 20)
#define MEMORY_RATE 8

static const struct rival feedparser = {.name = "feedparser",
    .interpreter = "BENCH_PYTHON",
    .otherwise = "/usr/bin/python3",
    .script_variable = "BENCH_FEEDPARSER",
    .script = "bench/feedparser_pass.py",
    .rounds = 20};

/* ---- memory, and the slowest ---- */

static int
larger(const void *a, const void *b)
{
	const struct sample *x = a, *y = b;
	return x->len < y->len ? 1 : x->len > y->len ? -1 : 0;
}

/* Bytes that digest() of document I adds to the peak of a process of its own. */
static long
peak_growth(const struct samples *s, size_t i)
{
	long growth = 0;
	int fds[2];
	if (pipe2(fds, O_CLOEXEC))
		die("no pipe");
	pid_t pid = fork();
	if (pid < 0)
		die("no process");
	if (pid == 0) {
		malloc_trim(0);
		long before = memory_kb(0, "VmRSS");
		int fd = open("/proc/self/clear_refs", O_WRONLY | O_CLOEXEC);
		if (fd < 0 || write(fd, "5", 1) != 1) /* the peak begins anew, proc(5) */
			_exit(1);
		documents_digest_one(s, i, JOB_FEED, 0);
		growth = (memory_kb(0, "VmHWM") - before) * 1024;
		_exit(write(fds[1], &growth, sizeof growth) != (ssize_t)sizeof growth);
	}
	close(fds[1]);
	if (read(fds[0], &growth, sizeof growth) != (ssize_t)sizeof growth)
		die("the peak of memory can't be measured");
	close(fds[0]);
	waitpid(pid, NULL, 0);
	return growth;
}

/* All feeds of the corpus, and one that is made as large as a body may be. */
static void
read_all(struct samples *s, const char *dir)
{
	struct dirent **names;
	struct buf b;
	char path[1024];
	int n = scandir(dir, &names, NULL, alphasort);
	for (int i = 0; i < n; free(names[i++])) {
		snprintf(path, sizeof path, "%s/%s", dir, names[i]->d_name);
		if (names[i]->d_name[0] != '.')
			samples_read(s, path, "", REAL_MAX - s->len);
	}
	if (n >= 0)
		free(names);
	buf_init(&b, SIZE_MAX / 4);
	sample_feed(&b, "127.1.0.1", LARGE_ITEMS);
	samples_add(s, &b);
	buf_clear(&b);
}

static void
bench_extremes(const char *dir)
{
	struct samples all = {0};
	int64_t slowest = 0;
	size_t which = 0;
	read_all(&all, dir);
	qsort(all.list, all.len, sizeof *all.list, larger);
	printf("\nextremes of %zu feeds, one of them generated\n", all.len);
	for (size_t i = 0; i < LARGEST && i < all.len; i++) {
		long growth = peak_growth(&all, i);
		double allowed = (double)all.list[i].len * MEMORY_RATE + MEMORY_BASE;
		printf("  memory of a feed of %8zu KB %13s %8ld KB, %4.1f times; %3.0f %% of 8 "
		       "times and 4 MB\n",
		    all.list[i].len / 1024, "", growth / 1024,
		    (double)growth / (double)all.list[i].len, 100 * (double)growth / allowed);
	}
	for (size_t i = 0; i < all.len; i++) {
		int64_t t0 = cpu_self_us();
		documents_digest_one(&all, i, JOB_FEED, 0);
		int64_t t = cpu_self_us() - t0;
		if (t > slowest) {
			slowest = t;
			which = i;
		}
	}
	printf("  %-42s %.1f ms for %zu KB, of 2000 ms\n", "CPU of the slowest",
	    (double)slowest / 1000, all.list[which].len / 1024);
	samples_clear(&all);
}

void
bench_feeds(const struct scale *s)
{
	struct samples made = {0}, real = {0};
	struct buf b;
	char title[128], host[32], path[512];
	documents_prepare();
	buf_init(&b, SIZE_MAX / 4);
	for (unsigned i = 0; i < FEEDS_MADE; i++, b.len = 0) {
		snprintf(host, sizeof host, "127.1.0.%u", i);
		sample_feed(&b, host, FEED_ITEMS);
		samples_add(&made, &b);
	}
	pairs_heading("a feed, whole", "digest", "SAX push");
	snprintf(title, sizeof title, "generated (%zu KB)", made.bytes / made.len / 1024);
	documents_compare(title, &made, JOB_FEED, 0, bare_parse_feed, s->pairs);
	snprintf(title, sizeof title, "generated, with the texts of its entries");
	documents_compare(title, &made, JOB_FEED, JOB_WANT_TEXT, bare_parse_feed, s->pairs);
	documents_path(path, sizeof path, REAL_DIR);
	samples_read(&real, path, ".xml", REAL_MAX);
	if (real.len) {
		snprintf(title, sizeof title, "real (%zu, %zu KB mean)", real.len,
		    real.bytes / real.len / 1024);
		double ratio =
		    documents_compare(title, &real, JOB_FEED, 0, bare_parse_feed, s->pairs * 3);
		printf("  %-42s %.0f %% of the throughput of the SAX push\n", "feeds digest",
		    100 / ratio);
		rival_compare(&feedparser, "a feed, whole", &real, JOB_FEED, path, s->pairs);
	} else {
		printf("  %-42s SKIPPED: there is no %s\n", "real", path);
	}
	documents_path(path, sizeof path, "feeds");
	bench_extremes(path);
	buf_clear(&b);
	samples_clear(&made);
	samples_clear(&real);
}
