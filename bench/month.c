/*
 * month: a simulated month of polling. The made-up world of newsworld.c is polled by newsd's own
 * deciding halves (cadence and hostgate as they ship) and by the rules of others, by a clock that
 * jumps from event to event; nothing is fetched, parsed or stored. Every entry's truth is known, so
 * that delay and loss are counted, not estimated, and the ledger can be held against it.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cadence.h"
#include "figures.h"
#include "hash.h"
#include "heap.h"
#include "hostgate.h"
#include "mem.h"
#include "newsworld.h"
#include "scale.h"

#define DAY       86400
#define HOST_MS   1000       /* host_delay as shipped */
#define PRICE     (8.0 / 60) /* poll_patience as shipped, in hours */
#define BINS      (60 * 24 * 2)
#define RETRY_S   1800 /* of the rate-limiting hosts */
#define RATIO_MAX 2.0
#define SEED      7 /* of the world that all rules poll */

/* One feed as the poller sees it. */
struct polled {
	struct heap_node due, done;
	struct gate_work work;
	struct world_feed *truth;
	struct host *host;
	struct cadence_memory memory;
	int64_t first_poll;
	int failures, stopped, ask; /* ask: without validators */
	uint64_t seen;              /* entries published until we last saw a whole document */
	int64_t week_entries;
};

struct tally {
	uint64_t requests, unchanged, throttled, found, lost, delay[2][BINS]; /* 1: productive */
	uint64_t close_starts; /* requests to a host less than HOST_MS after the one before */
	uint64_t gaps, gaps_false, lost_named, lost_within;
	double cpu_s;
};

struct month;

struct rule {
	const char *name;
	int paced; /* through the gate */
	void (*decide)(struct month *m, struct polled *p, enum cadence_event event, size_t fresh);
};

struct month {
	const struct rule *rule;
	struct world world;
	struct polled *feeds;
	struct heap due, done;
	struct hostgate *gate;
	int64_t now_ms, end_ms;
	int64_t *last_start_ms; /* per host */
	size_t active;
	struct tally t;
};

#define OF_DUE(n)  ((struct polled *)(void *)((char *)(n)-offsetof(struct polled, due)))
#define OF_DONE(n) ((struct polled *)(void *)((char *)(n)-offsetof(struct polled, done)))
#define OF_WORK(w) ((struct polled *)(void *)((char *)(w)-offsetof(struct polled, work)))

static int64_t
now_s(const struct month *m)
{
	return WORLD_START + m->now_ms / 1000;
}

static void
sleep_until(struct month *m, struct polled *p, int64_t at_s)
{
	if (!p->stopped)
		heap_set(&m->due, &p->due, (at_s - WORLD_START) * 1000);
}

/* ---- the rules ---- */

static void
decide_newsd(struct month *m, struct polled *p, enum cadence_event event, size_t fresh)
{
	struct cadence next;
	const struct world_feed *f = p->truth;
	struct cadence_input in = {.event = event,
	    .failure = f->habit == HABIT_DEAD ? f->failure : FAILURE_THROTTLED,
	    .now = now_s(m),
	    .failures = p->failures,
	    .retry_after_s = event == CADENCE_FAILED && f->habit != HABIT_DEAD ? RETRY_S : -1,
	    .max_age_s = -1,
	    .min_s = 600,
	    .blind_min_s = 3600,
	    .max_s = DAY,
	    .has_validators = f->validators && !f->malformed,
	    .price = PRICE,
	    .items = (int64_t)f->window,
	    .fresh = (int64_t)fresh,
	    .memory = &p->memory,
	    .seed = hash64(&p->truth->rng, sizeof p->truth->rng)};
	cadence_decide(&in, &next);
	p->ask = next.mode != HONESTY_TRUSTED;
	sleep_until(m, p, next.at);
}

static void
decide_hourly(struct month *m, struct polled *p, enum cadence_event event, size_t fresh)
{
	(void)event;
	(void)fresh;
	sleep_until(m, p, now_s(m) + 3600);
}

/* miniflux, round robin: every hour, and no more after three errors. */
static void
decide_round_robin(struct month *m, struct polled *p, enum cadence_event event, size_t fresh)
{
	p->stopped = event == CADENCE_FAILED && p->failures >= 3;
	decide_hourly(m, p, event, fresh);
}

/* miniflux, by entry frequency: a week by the entries of the last week, 5 minutes to a day. */
static void
decide_entry_frequency(struct month *m, struct polled *p, enum cadence_event event, size_t fresh)
{
	(void)fresh;
	p->stopped = event == CADENCE_FAILED && p->failures >= 3;
	int64_t wait = p->week_entries > 0 ? 7 * DAY / p->week_entries : DAY;
	wait = wait < 300 ? 300 : wait > DAY ? DAY : wait;
	sleep_until(m, p, now_s(m) + wait);
}

static const struct rule rules[] = {
    {"newsd", 1, decide_newsd},
    {"every hour", 0, decide_hourly},
    {"miniflux, round robin", 0, decide_round_robin},
    {"miniflux, entry frequency", 0, decide_entry_frequency},
};

/* ---- an answer ---- */

static void
count_found(struct month *m, const struct polled *p, int64_t published, int64_t now)
{
	int64_t minutes = (now - published) / 60;
	m->t.found++;
	m->t.delay[p->truth->habit == HABIT_PRODUCTIVE][minutes < BINS ? minutes : BINS - 1]++;
}

/* Hold the ledger's word against the truth. */
static void
count_gap(struct month *m, const struct window_view *view, uint64_t lost)
{
	m->t.gaps += view->gap != 0;
	m->t.gaps_false += view->gap && !lost;
	if (!view->gap || !lost)
		return;
	m->t.lost_named += lost;
	double ratio = view->lost / (double)lost;
	if (ratio <= RATIO_MAX && ratio >= 1 / RATIO_MAX)
		m->t.lost_within += lost;
}

/* The whole document: what is in it, new or not. Returns how many were new. */
static size_t
read_document(struct month *m, struct polled *p, int conditional)
{
	struct world_feed *f = p->truth;
	struct window_entry entries[WINDOW_MAX];
	size_t len = f->count < f->window ? (size_t)f->count : f->window, fresh = 0;
	int64_t now = now_s(m);
	uint64_t lost = 0;
	if (p->first_poll && f->count - p->seen > len)
		lost = f->count - p->seen - len;
	for (size_t i = 0; i < len; i++) {
		uint64_t number = f->count - 1 - i;
		int64_t t = f->times[number % WINDOW_MAX];
		int is_new = !p->first_poll || number >= p->seen;
		entries[i] = (struct window_entry){
		    .key = number + 1, .published = f->dated ? t : 0, .fresh = is_new};
		fresh += (size_t)is_new;
		if (is_new && p->first_poll)
			count_found(m, p, t, now);
	}
	m->t.lost += lost;
	if (m->rule->paced) {
		struct window_view view;
		struct feed_doc doc = {
		    .ttl_min = -1, .sy_period_s = f->unpaid_sy ? f->unpaid_sy * 60 : -1};
		struct cadence_document d = {
		    .doc = &doc, .entries = entries, .len = len, .conditional = conditional};
		cadence_learn(&p->memory, &d, now, &view);
		count_gap(m, &view, lost);
	}
	p->week_entries = 0;
	for (size_t i = 0; i < len; i++)
		p->week_entries += now - f->times[(f->count - 1 - i) % WINDOW_MAX] < 7 * DAY;
	if (!p->first_poll)
		p->first_poll = now;
	p->seen = f->count;
	return fresh;
}

/* A server that lies goes on saying 304 for six hours after news. */
static int
says_unchanged(const struct polled *p, int64_t now)
{
	const struct world_feed *f = p->truth;
	if (f->count == p->seen)
		return 1;
	uint64_t unseen = f->count - p->seen;
	int64_t first =
	    f->times[(f->count - (unseen < f->window ? unseen : f->window)) % WINDOW_MAX];
	return f->liar && now - first < 6 * 3600;
}

static void
leave_host(struct month *m, struct polled *p, int throttled)
{
	struct gate_signal signal = {.answer = throttled ? GATE_OVERLOADED : GATE_ANSWERED,
	    .close_ms = throttled ? RETRY_S * 1000 : 0};
	if (m->rule->paced)
		hostgate_done(m->gate, p->host, m->now_ms, &signal);
}

static void
on_answer(struct month *m, struct polled *p)
{
	struct world_feed *f = p->truth;
	int64_t now = now_s(m);
	int conditional = f->validators && !f->malformed && p->first_poll && !p->ask;
	m->t.requests++;
	world_advance(f, now);
	int throttled = world_throttles(&m->world.hosts[f->host], now);
	m->t.throttled += (uint64_t)throttled;
	leave_host(m, p, throttled);
	if (f->habit == HABIT_DEAD || throttled) {
		p->failures++;
		if (!p->memory.failing_since)
			p->memory.failing_since = now;
		m->rule->decide(m, p, CADENCE_FAILED, 0);
		return;
	}
	p->failures = 0;
	p->memory.failing_since = 0;
	if (conditional && says_unchanged(p, now)) {
		m->t.unchanged++;
		cadence_learn_unchanged(&p->memory, now);
		m->rule->decide(m, p, CADENCE_UNCHANGED, 0);
		return;
	}
	size_t fresh = read_document(m, p, conditional);
	m->rule->decide(m, p, fresh ? CADENCE_CHANGED : CADENCE_UNCHANGED, fresh);
}

/* ---- the clock ---- */

static void
start(struct month *m, struct polled *p)
{
	int64_t *last = &m->last_start_ms[p->truth->host];
	m->t.close_starts += *last && m->now_ms - *last < HOST_MS;
	*last = m->now_ms ? m->now_ms : 1;
	m->active++;
	uint64_t r = hash64(&m->now_ms, sizeof m->now_ms) ^ p->truth->rng;
	heap_set(&m->done, &p->done, m->now_ms + 100 + (int64_t)(r % 1400));
}

static void
on_due(struct month *m, struct polled *p)
{
	if (m->rule->paced)
		hostgate_add(m->gate, p->host, &p->work, m->now_ms);
	else
		start(m, p);
}

static void
start_what_may(struct month *m)
{
	struct host *h;
	struct gate_work *w;
	while (m->active < TRANSFERS && (w = hostgate_next(m->gate, m->now_ms, GATE_RECHECK, &h)))
		start(m, OF_WORK(w));
}

static int64_t
due_of(const struct heap *h)
{
	const struct heap_node *n = heap_peek(h);
	return n ? n->due : INT64_MAX;
}

static void
run(struct month *m)
{
	struct heap_node *n;
	for (;;) {
		int64_t next = due_of(&m->due), done = due_of(&m->done),
			gate = m->active < TRANSFERS ? hostgate_wakeup(m->gate, GATE_RECHECK)
						     : INT64_MAX;
		next = done < next ? done : next;
		next = gate < next ? gate : next;
		if (next > m->end_ms)
			break;
		m->now_ms = next > m->now_ms ? next : m->now_ms;
		while ((n = heap_pop_due(&m->done, m->now_ms))) {
			struct polled *p = OF_DONE(n);
			m->active--;
			on_answer(m, p);
		}
		while ((n = heap_pop_due(&m->due, m->now_ms)))
			on_due(m, OF_DUE(n));
		start_what_may(m);
	}
}

/* What was published and not seen when the month ends is neither found nor lost. */
static void
month_run(struct month *m, const struct rule *rule, const char *list, const struct scale *s,
    uint64_t seed)
{
	int64_t began_us = cpu_self_us();
	*m = (struct month){.rule = rule, .end_ms = (int64_t)s->month_days * DAY * 1000};
	world_make(&m->world, list, s->month_feeds, seed);
	m->gate = hostgate_new(HOST_MS, 1);
	m->feeds = mem_zalloc(m->world.feeds_len * sizeof *m->feeds);
	m->last_start_ms = mem_zalloc(m->world.hosts_len * sizeof *m->last_start_ms);
	uint64_t r = 1;
	for (size_t i = 0; i < m->world.feeds_len; i++) {
		struct polled *p = &m->feeds[i];
		p->truth = &m->world.feeds[i];
		p->host = hostgate_host(m->gate, m->world.hosts[p->truth->host].name);
		p->work.class = GATE_FEED;
		heap_set(&m->due, &p->due, (int64_t)(random_unit(&r) * 3600 * 1000));
	}
	run(m);
	m->t.cpu_s = (double)(cpu_self_us() - began_us) / 1e6;
}

static void
month_clear(struct month *m)
{
	hostgate_free(m->gate, NULL);
	heap_clear(&m->due);
	heap_clear(&m->done);
	mem_free(m->feeds);
	mem_free(m->last_start_ms);
	world_clear(&m->world);
}

/* ---- what came of it ---- */

/* The minute below which SHARE of the delays lie. */
static int
delay_at(const uint64_t *bins, double share)
{
	uint64_t total = 0, sum = 0;
	for (int i = 0; i < BINS; i++)
		total += bins[i];
	for (int i = 0; i < BINS; i++) {
		sum += bins[i];
		if ((double)sum >= share * (double)total)
			return i;
	}
	return BINS;
}

static double
share_of(uint64_t part, uint64_t whole)
{
	return whole ? 100.0 * (double)part / (double)whole : 0;
}

static void
month_print(const struct month *m)
{
	const struct tally *t = &m->t;
	printf("  %-26s %9.2f M %6.1f %% %8llu %6d %6d %9.3f %%  %6.1f s\n", m->rule->name,
	    (double)t->requests / 1e6, share_of(t->unchanged, t->requests),
	    (unsigned long long)t->close_starts, delay_at(t->delay[1], 0.5),
	    delay_at(t->delay[1], 0.99), share_of(t->lost, t->lost + t->found), t->cpu_s);
}

static void
ledger_print(const struct month *m)
{
	const struct tally *t = &m->t;
	printf(
	    "  lost in truth %llu of %llu; the ledger names %.1f %%, within a factor of 2 %.1f %%; "
	    "of its %llu gaps %.2f %% are false; answers 429: %llu\n",
	    (unsigned long long)t->lost, (unsigned long long)(t->lost + t->found),
	    share_of(t->lost_named, t->lost), share_of(t->lost_within, t->lost),
	    (unsigned long long)t->gaps, share_of(t->gaps_false, t->gaps),
	    (unsigned long long)t->throttled);
}

/* newsd's ledger in other worlds than the one in which the rules are compared. */
static void
other_worlds(const char *list, const struct scale *s)
{
	static const uint64_t seeds[] = {11, 23, 42};
	for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
		struct month *m = mem_zalloc(sizeof *m);
		month_run(m, &rules[0], list, s, seeds[i]);
		printf("  the world of seed %llu\n", (unsigned long long)seeds[i]);
		month_print(m);
		ledger_print(m);
		month_clear(m);
		mem_free(m);
		fflush(stdout);
	}
}

void
bench_month(const struct scale *s)
{
	const char *corpus = getenv("BENCH_CORPUS");
	char list[4096];
	snprintf(list, sizeof list, "%s/feedlists/news.txt", corpus ? corpus : "../shared/corpus");
	printf("a simulated month: %u feeds, %u days\n", s->month_feeds, s->month_days);
	printf("  %-26s %11s %8s %8s %6s %6s %11s  %8s\n", "", "requests", "304", "too near", "p50",
	    "p99", "lost", "CPU");
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		struct month *m = mem_zalloc(sizeof *m);
		month_run(m, &rules[i], list, s, SEED);
		month_print(m);
		if (rules[i].paced)
			ledger_print(m);
		month_clear(m);
		mem_free(m);
		fflush(stdout);
	}
	other_worlds(list, s);
}
