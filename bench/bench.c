/*
 * bench: what newsd costs, against the bare libraries in the same run. See bench/README.md.
 *
 * usage: bench [NAME...]    BENCH_SCALE=quick|full, BENCH_FEEDS=N
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"
#include "samples.h"
#include "scale.h"
#include "worker.h"

static const struct scale scales[] = {
    {.name = "quick",
	.pairs = 5,
	.feeds = 2000,
	.hosts_few = 1000,
	.hosts_many = 10000,
	.first_feeds = 1000,
	.first_pairs = 2,
	.rows = 6000,
	.sites = 50,
	.site_pages = 10,
	.idle_feeds = 100000,
	.in_flight = 1000,
	.month_feeds = 2000,
	.month_days = 15,
	.week_feeds = 300,
	.week_days = 2,
	.decisions = 100000,
	.indexed = 1000000},
    {.name = "full",
	.pairs = 9,
	.feeds = 10000,
	.hosts_few = 1000,
	.hosts_many = 50000,
	.first_feeds = 10000,
	.first_pairs = 1,
	.rows = 30000,
	.sites = 200,
	.site_pages = 20,
	.idle_feeds = 100000,
	.in_flight = 1000,
	.month_feeds = 13000,
	.month_days = 30,
	.week_feeds = 1300,
	.week_days = 7,
	.decisions = 1000000,
	.indexed = 10000000},
};

static const struct {
	const char *name;
	void (*run)(const struct scale *s);
} benchmarks[] = {
    {"documents", bench_documents},
    {"feeds", bench_feeds},
    {"polls", bench_polls},
    {"hosts", bench_hosts},
    {"first", bench_first},
    {"store", bench_store},
    {"articles", bench_articles},
    {"month", bench_month},
    {"week", bench_week},
    {"holes", bench_holes},
    {"attacks", bench_attacks},
    {"busy", bench_busy},
    {"idle", bench_idle},
    {"story_methods", bench_story_methods},
    {"story_growth", bench_story_growth},
    {"story_store", bench_story_store},
};
#define BENCHMARKS (sizeof benchmarks / sizeof *benchmarks)

static struct scale
chosen_scale(void)
{
	const char *name = getenv("BENCH_SCALE"), *feeds = getenv("BENCH_FEEDS");
	for (size_t i = 0; i < sizeof scales / sizeof *scales; i++) {
		struct scale s = scales[i];
		if (strcmp(name && *name ? name : scales[0].name, s.name) != 0)
			continue;
		if (feeds && strtoul(feeds, NULL, 10))
			s.feeds = s.first_feeds = (unsigned)strtoul(feeds, NULL, 10);
		return s;
	}
	die("BENCH_SCALE=%s: quick or full was expected", name);
}

static int
run_one(const char *name, const struct scale *s)
{
	for (size_t i = 0; i < BENCHMARKS; i++) {
		if (strcmp(name, benchmarks[i].name) != 0)
			continue;
		benchmarks[i].run(s);
		return 0;
	}
	fprintf(stderr, "bench: %s: there is no such benchmark; there are:", name);
	for (size_t i = 0; i < BENCHMARKS; i++)
		fprintf(stderr, " %s", benchmarks[i].name);
	fputc('\n', stderr);
	return 2;
}

int
main(int argc, char **argv)
{
	if (argc > 1 && !strcmp(argv[1], "--worker"))
		return worker_main();
	if (argc < 2) {
		fprintf(stderr, "usage: %s NAME...\n", argv[0]);
		return 2;
	}
	struct scale s = chosen_scale();
	samples_prepare();
	int status = 0;
	for (int i = 1; i < argc && !status; i++)
		status = run_one(argv[i], &s);
	return status;
}
