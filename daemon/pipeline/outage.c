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
#define PROBES_HELD 4     /* feeds that wait at gates for that; the others stay where they are */

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
		if (f->failed_at >= o->begins && f->failures == 1)
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
	return p->outage.begins != 0;
}

void
outage_take_failure(struct feed *f, const struct fetch_result *r)
{
	struct pipeline *p = f->p;
	int64_t now = clock_now();
	if (!outage_is_network(r->error) || p->once) /* one pass does not wait for the network */
		return;
	enum outage_weight weight = f->failures    ? OUTAGE_FAILING
				    : f->polled_at ? OUTAGE_WELL
						   : OUTAGE_UNPROVEN;
	f->failed_at = now;
	if (!outage_failed(&p->outage, outage_site(f->host->name), weight,
		now - (r->duration_ms + 999) / 1000, now))
		return;
	struct write *w = write_new(WRITE_OUTAGE, on_outage_written, p);
	w->u.outage = (struct store_outage){.begins = p->outage.begins,
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
	int64_t began = p->outage.begins, now_ms = clock_mono_ms();
	if (!outage_answered(&p->outage, outage_site(h->name), clock_now()))
		return;
	struct write *w = write_new(WRITE_OUTAGE, on_outage_written, p);
	w->u.outage = (struct store_outage){.begins = began, .ends = clock_now()};
	writer_submit(p->writer, w);
	size_t at = 0;
	for (struct feed *f; (f = map_next(&p->feeds, &at));)
		if (f->state == FEED_IDLE && f->failed_at >= began && f->not_before <= clock_now())
			heap_set(&p->due, &f->due, now_ms);
	ramp_feeds(p);
}

int64_t
outage_may_start_ms(const struct pipeline *p)
{
	return p->outage.begins ? p->outage_probe_ms : 0;
}

void
outage_started(struct pipeline *p, int64_t now_ms)
{
	if (p->outage.begins)
		p->outage_probe_ms = now_ms + PROBE_MS;
}

int
outage_holds_feeds(const struct pipeline *p)
{
	return p->outage.begins && p->feeds_waiting >= PROBES_HELD;
}

int
outage_skips(const struct pipeline *p, const struct feed *f)
{
	return p->outage.begins && (f->failures || (!f->polled_at && p->outage.answered_at));
}

static int
load_outage(const struct store_outage *o, void *arg)
{
	struct pipeline *p = arg;
	p->outage.begins = o->begins;
	return 1;
}

int
outage_load(struct pipeline *p, struct store *store)
{
	return store_each_open_outage(store, load_outage, p);
}
