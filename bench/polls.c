/*
 * polls: what a poll costs the whole daemon (loop and writer; with documents also the workers),
 * against a bare libcurl loop that asks the same of the same server, and for the first poll also a
 * bare parse of the same bodies and bare inserts of the same rows.
 */
#include <stdio.h>
#include <string.h>

#include "bare_fetch.h"
#include "bare_parse.h"
#include "bare_store.h"
#include "clock.h"
#include "digest.h"
#include "figures.h"
#include "mem.h"
#include "rig.h"
#include "samples.h"
#include "scale.h"

static double
bare_poll_us(const struct upstream *u, unsigned hosts, const char *etag)
{
	struct bare_fetch_result got;
	int64_t before = cpu_self_us();
	bare_fetch(u, hosts, TRANSFERS, "/feed", etag, &got);
	if (got.failures || (etag ? got.answers_304 : got.answers_200) != hosts)
		die("bare fetch: %ld answered 200, %ld 304, %ld failed", got.answers_200,
		    got.answers_304, got.failures);
	return (double)(cpu_self_us() - before) / hosts;
}

/* ---- 304 ---- */

void
bench_polls(const struct scale *s)
{
	struct upstream u;
	struct rig r;
	struct rig_cost cost;
	struct pairs all = {.len = 0}, loop = {.len = 0};
	char title[64];
	struct rig_options o = {.feeds = s->feeds,
	    .path = "/feed",
	    .content = "feed",
	    .workers = 1,
	    .transfers = TRANSFERS,
	    .known = 1};
	upstream_start(&u, FEED_ITEMS);
	rig_open(&r, &u, &o);
	rig_pass(&r, &cost); /* everything has been touched once */
	bare_poll_us(&u, s->feeds, UPSTREAM_ETAG);
	for (unsigned i = 0; i < s->pairs; i++) {
		rig_pass(&r, &cost);
		double bare = bare_poll_us(&u, s->feeds, UPSTREAM_ETAG);
		pairs_add(&all, (double)(cost.main_us + cost.workers_us) / s->feeds, bare);
		pairs_add(&loop, (double)cost.loop_us / s->feeds, bare);
	}
	pairs_heading("a poll answered 304", "newsd", "libcurl");
	snprintf(title, sizeof title, "%u feeds on as many hosts", s->feeds);
	pairs_print(&all, title, "us");
	pairs_print(&loop, "of that the loop, without the writer", "us");
	rig_print_loop(&r, "event loop");
	rig_close(&r);
	upstream_stop(&u);
}

/* The mean of enough passes that FEW and MANY ask for as many polls. */
static double
poll_us(struct rig *r, unsigned hosts, unsigned polls)
{
	unsigned passes = polls / hosts > 1 ? polls / hosts : 1;
	int64_t us = 0;
	for (unsigned i = 0; i < passes; i++) {
		struct rig_cost cost;
		rig_pass(r, &cost);
		us += cost.main_us + cost.workers_us;
	}
	return (double)us / passes / hosts;
}

void
bench_hosts(const struct scale *s)
{
	struct upstream u;
	struct rig few, many;
	struct pairs p = {.len = 0};
	char title[64];
	struct rig_options o = {.feeds = s->hosts_few,
	    .path = "/feed",
	    .content = "feed",
	    .workers = 1,
	    .transfers = TRANSFERS,
	    .known = 1};
	upstream_start(&u, FEED_ITEMS);
	rig_open(&few, &u, &o);
	o.feeds = s->hosts_many;
	rig_open(&many, &u, &o);
	poll_us(&few, s->hosts_few, s->hosts_few);
	poll_us(&many, s->hosts_many, s->hosts_many);
	for (unsigned i = 0; i < 3; i++) {
		double at_few = poll_us(&few, s->hosts_few, s->hosts_many / 2);
		pairs_add(&p, poll_us(&many, s->hosts_many, s->hosts_many), at_few);
	}
	pairs_heading("a poll answered 304, by hosts", "many", "few");
	snprintf(title, sizeof title, "%u hosts against %u", s->hosts_many, s->hosts_few);
	pairs_print(&p, title, "us");
	rig_close(&many);
	rig_close(&few);
	upstream_stop(&u);
}

/* ---- 200 ---- */

struct floor {
	double fetch, parse, store;
};

/* The documents that the hosts will serve, parsed and inserted bare. */
static void
bare_documents(const struct upstream *u, const struct rig_options *o, struct floor *out)
{
	char *dir = scratch_make(), *path = mem_printf("%s/news.db", dir);
	struct buf b;
	int64_t parse_us = 0, store_us = 0;
	buf_init(&b, SIZE_MAX / 4);
	scratch_store(path, u, o);
	struct bare_store *s = bare_store_open(path);
	for (unsigned i = 0; i < o->feeds; i++, b.len = 0) {
		char host[HOST_NAME_MAX_LEN], url[128];
		upstream_host(u, i, host);
		snprintf(url, sizeof url, "http://%s/feed", host);
		sample_feed(&b, host, FEED_ITEMS);
		struct job job = {.kind = JOB_FEED,
		    .flags = JOB_WANT_TEXT,
		    .url = url,
		    .content_type = "application/rss+xml; charset=utf-8",
		    .content_encoding = "",
		    .agent = "",
		    .body = b.data,
		    .body_len = b.len,
		    .inflated_max = 32 << 20};
		struct reply *r = digest(&job);
		if (r->status)
			die("a generated feed does not parse: %s", r->reason);
		int64_t t0 = cpu_self_us();
		bare_parse_feed(b.data, b.len);
		int64_t t1 = cpu_self_us();
		bare_store_put(s, i + 1, host, r->feed, clock_now());
		store_us += cpu_self_us() - t1;
		parse_us += t1 - t0;
		reply_free(r);
	}
	int64_t t1 = cpu_self_us();
	bare_store_close(s);
	store_us += cpu_self_us() - t1;
	out->parse = (double)parse_us / o->feeds;
	out->store = (double)store_us / o->feeds;
	buf_clear(&b);
	mem_free(path);
	scratch_remove(dir);
}

struct first {
	struct pairs all, loop, writer, workers;
};

static void
first_pair(const struct upstream *u, const struct rig_options *o, struct first *f, int last)
{
	struct rig r;
	struct rig_cost cost;
	struct floor bare;
	rig_open(&r, u, o);
	r.measure_turns = last;
	rig_pass(&r, &cost);
	if (rig_stored(&r) != (uint64_t)o->feeds * FEED_ITEMS)
		die("%llu of %u articles were stored", (unsigned long long)rig_stored(&r),
		    o->feeds * FEED_ITEMS);
	bare.fetch = bare_poll_us(u, o->feeds, NULL);
	bare_documents(u, o, &bare);
	pairs_add(&f->all, (double)(cost.main_us + cost.workers_us) / o->feeds,
	    bare.fetch + bare.parse + bare.store);
	pairs_add(&f->loop, (double)cost.loop_us / o->feeds, bare.fetch);
	pairs_add(&f->workers, (double)cost.workers_us / o->feeds, bare.parse);
	pairs_add(&f->writer, (double)(cost.main_us - cost.loop_us) / o->feeds, bare.store);
	if (last) {
		pairs_print(&f->all, "all of it", "us");
		pairs_print(&f->loop, "the loop / fetching", "us");
		pairs_print(&f->workers, "the worker / SAX parse", "us");
		pairs_print(&f->writer, "the writer / inserts", "us");
		rig_print_loop(&r, "event loop");
		printf("  %-42s main %ld MB, %.0f feeds/s on the wall\n", "peak memory",
		    memory_kb(0, "VmHWM") / 1024, o->feeds * 1e6 / (double)cost.wall_us);
	}
	rig_close(&r);
}

void
bench_first(const struct scale *s)
{
	struct upstream u;
	struct first f = {.all = {.len = 0}};
	struct rig_options o = {.feeds = s->first_feeds,
	    .path = "/feed",
	    .content = "feed",
	    .workers = 1,
	    .transfers = TRANSFERS};
	char title[96];
	upstream_start(&u, FEED_ITEMS);
	digest_prepare();
	snprintf(title, sizeof title, "a first poll: %u feeds, %u articles each", s->first_feeds,
	    FEED_ITEMS);
	pairs_heading(title, "newsd", "bare parts");
	for (unsigned i = 0; i < s->first_pairs; i++)
		first_pair(&u, &o, &f, i + 1 == s->first_pairs);
	upstream_stop(&u);
}
