/*
 * attacks: good pages in real workers, with documents beside them that are made to harm (those of
 * tests/attacks.c that are answered, which cost the most of all that needs no bug). Each costs
 * itself; the rest of the CPU should be what the good pages cost alone.
 */
#include <event2/event.h>
#include <stdio.h>

#include "../tests/attacks.h"
#include "figures.h"
#include "mem.h"
#include "pool.h"
#include "samples.h"
#include "scale.h"

#define PAGES      1000 /* of one side of a pair */
#define PAGES_MADE 40
#define SEVERAL    10 /* attacks among PAGES, to see what they do to the others */
#define STRIDE     37 /* so that each few are of all kinds */
#define UNDER_WAY  16

/* What is to be parsed. */
struct mix {
	size_t pages, attacks, first; /* FIRST: the number of its first attack */
};

struct run {
	struct event_base *base;
	struct pool *pool;
	size_t answered;
};

static size_t
attacks_answered(void)
{
	size_t n = 0;
	for (const struct attack *a = attacks; a->name; a++)
		n += a->end == ATTACK_ANSWERED;
	return n;
}

static const struct attack *
attack_at(size_t i)
{
	i = i * STRIDE % attacks_answered();
	for (const struct attack *a = attacks;; a++)
		if (a->end == ATTACK_ANSWERED && !i--)
			return a;
}

static void
on_done(struct reply *r, void *arg)
{
	struct run *run = arg;
	run->answered++;
	reply_free(r);
}

static void
submit(struct run *run, const struct job *job, struct buf *body)
{
	pool_submit(run->pool, job, body, on_done, run);
	while (pool_pending(run->pool) >= UNDER_WAY)
		event_base_loop(run->base, EVLOOP_ONCE);
}

static void
submit_attack(struct run *run, size_t i)
{
	struct buf body;
	buf_init(&body, ATTACK_MAX);
	struct job job = attack_make(attack_at(i), &body);
	submit(run, &job, &body);
	buf_clear(&body);
}

static void
submit_page(struct run *run, const struct sample *page)
{
	struct buf body;
	struct job job = {.kind = JOB_PAGE,
	    .url = "http://127.1.0.1/news/1/story-1.html",
	    .content_type = "text/html; charset=utf-8",
	    .content_encoding = "",
	    .inflated_max = 32 << 20};
	buf_init(&body, page->len);
	buf_add(&body, page->data, page->len);
	submit(run, &job, &body);
}

/* CPU of two workers for all of M, in microseconds, their start with it. */
static double
parse(const struct samples *pages, const struct mix *m)
{
	struct run run = {.base = event_base_new()};
	struct fault f;
	struct pool_options o = {.workers = 2,
	    .cpu_ms = 2000,
	    .deadline_ms = 60000,
	    .documents_max = 10000,
	    .queue_max = UNDER_WAY * 2};
	int64_t before_us = cpu_children_us();
	if (!run.base || pool_new(&run.pool, run.base, &o, &f))
		die("%s", f.text);
	size_t every = m->attacks ? m->pages / m->attacks : 0;
	for (size_t i = 0; i < m->pages; i++) {
		if (every && i % every == every / 2)
			submit_attack(&run, m->first + i / every);
		submit_page(&run, &pages->list[i % pages->len]);
	}
	for (size_t i = 0; !m->pages && i < m->attacks; i++)
		submit_attack(&run, m->first + i);
	while (run.answered < m->pages + m->attacks)
		event_base_loop(run.base, EVLOOP_ONCE);
	uint64_t deaths = pool_counters(run.pool)->crashes + pool_counters(run.pool)->timeouts;
	pool_free(run.pool);
	event_base_free(run.base);
	if (deaths)
		die("%llu workers died", (unsigned long long)deaths);
	return (double)(cpu_children_us() - before_us);
}

static void
make_pages(struct samples *pages)
{
	struct buf page;
	buf_init(&page, 4 << 20);
	for (int i = 0; i < PAGES_MADE; i++) {
		char path[32];
		page.len = 0;
		snprintf(path, sizeof path, "/news/%d/story", i);
		sample_page(&page, "127.1.0.1", path);
		samples_add(pages, &page);
	}
	buf_clear(&page);
}

void
bench_attacks(const struct scale *s)
{
	struct samples pages = {0};
	struct pairs together = {0}, others = {0};
	make_pages(&pages);
	pairs_heading("good pages in two workers", "beside", "alone");
	for (unsigned k = 0; k < s->pairs; k++) {
		const struct mix alone = {PAGES, 0, 0}, one = {PAGES, 1, k},
				 several = {PAGES, SEVERAL, k * SEVERAL},
				 evil = {0, SEVERAL, k * SEVERAL};
		double good = parse(&pages, &alone) / PAGES;
		pairs_add(&together, parse(&pages, &one) / PAGES, good);
		double all = parse(&pages, &several), theirs = parse(&pages, &evil);
		pairs_add(&others, (all - theirs) / PAGES, good);
	}
	pairs_print(&together, "beside an attack in 1000 documents, with it", "us");
	pairs_print(&others, "beside 10 attacks in 1000, without these", "us");
	samples_clear(&pages);
}
