/*
 * outage: our own network is out (include/outage.h decides). Meanwhile nothing starts but a request
 * now and then that tries whether it is back, no feed is charged with a failure and no link with an
 * attempt; then what waited starts ramped.
 */
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"

#define PROBE_MS    15000 /* between two requests that try */
#define PROBES_HELD 4 /* feeds that wait at open gates for that; the others stay where they are */

static void
tell_outage(const struct store_outage *o, int over)
{
	struct log_line l;
	char words[200], from[32];
	if (over)
		snprintf(words, sizeof words, "over, since %s", clock_iso(o->begins, from));
	log_begin(&l, EV_OUTAGE);
	log_str(&l, LF_STATE, over ? "over" : "out");
	log_str(&l, LF_REASON, over ? words : o->reason);
	log_end(&l);
}

static void
on_outage_written(struct write *w, void *arg)
{
	struct pipeline *p = arg;
	const struct store_outage *o = &w->u.outage;
	if (w->status) {
		if (!p->stopping)
			log_error("the store refuses an outage: %s", w->fault.text);
		return;
	}
	tell_outage(o, o->ends != 0);
	size_t at = 0;
	/* those that failed before it was known are not charged either: the store has done so */
	for (struct feed *f; !o->ends && (f = map_next(&p->feeds, &at));)
		if (f->failed_at >= p->outage.begins && f->failures == 1)
			f->failures = 0;
}

int
outage_is_network(enum fetch_error e)
{
	return e == FETCH_DNS || e == FETCH_CONNECT || e == FETCH_TLS || e == FETCH_TIMEOUT ||
	       e == FETCH_PROXY;
}

int
outage_is_known(const struct pipeline *p)
{
	return p->outage.known;
}

/* Is there one, and is it waited for? One pass does not wait. */
static int
is_waited_for(const struct pipeline *p)
{
	return p->outage.known && !p->once;
}

static int64_t
mono_s(void)
{
	return clock_mono_ms() / 1000;
}

void
outage_take_failure(struct feed *f, const struct fetch_result *r)
{
	struct pipeline *p = f->p;
	int64_t now = mono_s();
	if (!outage_is_network(r->error) || p->once)
		return;
	if (r->redirects) { /* its own host answered: it sent us on */
		outage_take_answer(p, f->host);
		return;
	}
	enum outage_weight weight = f->failures    ? OUTAGE_FAILING
				    : f->polled_at ? OUTAGE_WELL
						   : OUTAGE_UNPROVEN;
	f->failed_at = now;
	p->unanswered += weight == OUTAGE_WELL;
	if (!outage_failed(&p->outage, outage_site(f->host->name), weight,
		now - (r->duration_ms + 999) / 1000, now))
		return;
	p->outage_since = clock_now() - (now - p->outage.begins);
	struct write *w = write_new(WRITE_OUTAGE, on_outage_written, p);
	w->u.outage = (struct store_outage){.begins = p->outage_since,
	    .sites = (int64_t)outage_sites(&p->outage),
	    .reason = arena_printf(&w->in,
		"%zu sites failed one after the other and none answered between; the last: %s: %s",
		outage_sites(&p->outage), fetch_error_name(r->error), r->error_text)};
	p->outage_probe_ms = clock_mono_ms() + PROBE_MS;
	writer_submit(p->writer, w);
}

void
outage_take_answer(struct pipeline *p, const struct host *h)
{
	int64_t now_ms = clock_mono_ms(), now = clock_now();
	if (!outage_answered(&p->outage, outage_site(h->name), mono_s()))
		return;
	struct write *w = write_new(WRITE_OUTAGE, on_outage_written, p);
	w->u.outage = (struct store_outage){.begins = p->outage_since,
	    .ends = now > p->outage_since ? now : p->outage_since}; /* a clock was set back */
	p->outage_since = 0;
	writer_submit(p->writer, w);
	size_t at = 0;
	for (struct feed *f; (f = map_next(&p->feeds, &at));)
		if (f->state == FEED_IDLE && f->failed_at >= p->outage.begins &&
		    f->not_before <= now)
			heap_set(&p->due, &f->due, now_ms);
	ramp_feeds(p);
}

int64_t
outage_may_start_ms(const struct pipeline *p)
{
	return is_waited_for(p) ? p->outage_probe_ms : 0;
}

void
outage_started(struct pipeline *p, int64_t now_ms)
{
	if (p->outage.known)
		p->outage_probe_ms = now_ms + PROBE_MS;
}

int
outage_can_try(const struct host *h)
{
	return h->open_ms <= clock_mono_ms() + PROBE_MS && !(h->hold >> GATE_FEED & 1);
}

size_t
outage_feeds_wanted(const struct pipeline *p)
{
	size_t at = 0, waiting = 0;
	const struct host *h;
	if (!is_waited_for(p))
		return SIZE_MAX;
	while (waiting < PROBES_HELD && (h = hostgate_each(p->gate, &at))) {
		const struct gate_work *w = outage_can_try(h) ? h->queues[GATE_FEED].first : NULL;
		for (; w && waiting < PROBES_HELD; w = w->next)
			waiting++;
	}
	return PROBES_HELD - waiting;
}

int
outage_skips(const struct pipeline *p, const struct feed *f)
{
	return is_waited_for(p) && (f->failures || (!f->polled_at && p->outage.answered_at));
}

static int
load_outage(const struct store_outage *o, void *arg)
{
	struct pipeline *p = arg;
	p->outage.known = 1;
	p->outage.begins = mono_s(); /* no feed is known to have failed in it */
	p->outage_since = o->begins;
	return 1;
}

int
outage_load(struct pipeline *p, struct store *store)
{
	return store_each_open_outage(store, load_outage, p);
}
