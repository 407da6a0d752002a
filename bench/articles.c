/*
 * articles: end to end: feeds, robots.txt and pages from the server, fetched, extracted in workers,
 * stored with full text. Against the bare parts: the fetches, the parse of the pages.
 */
#include <stdio.h>
#include <unistd.h>

#include "bare_fetch.h"
#include "bare_parse.h"
#include "figures.h"
#include "mem.h"
#include "rig.h"
#include "samples.h"
#include "scale.h"

/* The same pages, fetched one from each host, and parsed. */
static double
bare_page_us(const struct upstream *u, unsigned pages, double *fetch)
{
	struct bare_fetch_result got;
	struct buf b;
	int64_t parse_us = 0, before = cpu_self_us();
	bare_fetch(u, pages, TRANSFERS, "/news/2026/story-0.html", NULL, &got);
	int64_t fetch_us = cpu_self_us() - before;
	if (got.failures)
		die("%ld bare fetches of pages failed", got.failures);
	buf_init(&b, SIZE_MAX / 4);
	for (unsigned i = 0; i < pages; i++, b.len = 0) {
		char host[HOST_NAME_MAX_LEN];
		upstream_host(u, i, host);
		sample_page(&b, host, "/news/2026/story-0.html");
		before = cpu_self_us();
		bare_parse_page(b.data, b.len);
		parse_us += cpu_self_us() - before;
	}
	buf_clear(&b);
	*fetch = (double)fetch_us / pages;
	return *fetch + (double)parse_us / pages;
}

static void
print_workers(const struct rig *r)
{
	int pids[RIG_WORKERS_MAX];
	size_t n = pool_pids(r->pool, pids, RIG_WORKERS_MAX);
	printf("  %-42s main %ld MB; workers", "peak memory", memory_kb(0, "VmHWM") / 1024);
	for (size_t i = 0; i < n; i++)
		printf(" %ld", memory_kb(pids[i], "VmHWM") / 1024);
	printf(" MB\n");
}

void
bench_articles(const struct scale *s)
{
	struct upstream u;
	struct rig r;
	struct rig_cost cost;
	struct pairs p = {.len = 0};
	unsigned pages = s->sites * s->site_pages;
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	struct rig_options o = {.feeds = s->sites,
	    .path = "/feed",
	    .content = "page",
	    .workers = processors > 0 ? (int)processors : 1,
	    .transfers = TRANSFERS};
	char title[96];
	upstream_start(&u, s->site_pages);
	rig_open(&r, &u, &o);
	r.measure_turns = 1;
	rig_pass(&r, &cost);
	if (rig_stored(&r) < pages)
		die("%llu of %u pages were stored", (unsigned long long)rig_stored(&r), pages);
	double fetch, bare = bare_page_us(&u, pages, &fetch);
	pairs_add(&p, (double)(cost.main_us + cost.workers_us) / pages, bare);
	pairs_heading("an article, end to end", "newsd", "fetch, parse");
	snprintf(title, sizeof title, "%u pages of %u sites", pages, s->sites);
	pairs_print(&p, title, "us");
	printf("  %-42s loop %.0f, writer %.0f, workers %.0f us; bare: fetch %.0f, parse %.0f us\n",
	    "of that", (double)cost.loop_us / pages, (double)(cost.main_us - cost.loop_us) / pages,
	    (double)cost.workers_us / pages, fetch, bare - fetch);
	printf("  %-42s %.0f on the wall, %.0f for each processor\n", "articles a second",
	    pages * 1e6 / (double)cost.wall_us,
	    pages * 1e6 / (double)(cost.main_us + cost.workers_us));
	print_workers(&r);
	rig_print_loop(&r, "event loop");
	rig_close(&r);
	upstream_stop(&u);
}
