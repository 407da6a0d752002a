/*
 * wall: the wall clock that is set while we run, or was ahead before we started. In memory all is
 * monotonic; what the store keeps is wall time, and a moment that was reckoned by a clock that was
 * ahead would be waited for for days. By a clock that is years off nothing is judged: it will be
 * set.
 */
#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"

#define SLACK_MS 60000 /* time synchronisation moves it less */

static void
on_settled(struct write *w, void *arg)
{
	(void)arg;
	if (w->status)
		log_error(
		    "links that wait for a moment of the clock's past stay so: %s", w->fault.text);
}

/* Have the store settle the links that were put off later than now. */
static void
settle_links(struct pipeline *p)
{
	struct write *w = write_new(WRITE_SETTLE, on_settled, p);
	w->u.settle_now = clock_now();
	writer_submit(p->writer, w);
}

int
wall_load(struct pipeline *p, struct store *store)
{
	p->wall_seen_ms = clock_now_ms() - clock_mono_ms();
	if (!clock_is_sane()) /* it will be set, and says nothing of what is stored */
		return 0;
	int64_t now = clock_now(), last_poll;
	int status = store_last_poll(store, &last_poll);
	if (!status && (last_poll - now) * 1000 > SLACK_MS) {
		p->wall_ahead_s = last_poll - now;
		log_warn("the store knows of a poll in %lld s: the clock was ahead, or is behind",
		    (long long)p->wall_ahead_s);
	}
	return status ? status : store_settle_pending(store, now);
}

void
wall_settle_feed(struct feed_row *row)
{
	int64_t ahead_s = row->last_poll - clock_now();
	if (ahead_s * 1000 <= SLACK_MS || !clock_is_sane())
		return;
	row->next_poll -= ahead_s;
	if (row->not_before)
		row->not_before -= ahead_s;
}

void
wall_limit_feed(struct pipeline *p, struct feed *f)
{
	int64_t now_ms = clock_mono_ms();
	int64_t furthest_ms = cadence_furthest_s(f->fixed_s, p->config->poll_max) * 1000;
	if (!clock_is_sane())
		return;
	if (f->not_before > clock_now() + RETRY_AFTER_MAX_S)
		f->not_before = 0;
	if (f->due.at && f->due.due > now_ms + furthest_ms)
		heap_set(&p->due, &f->due, now_ms);
}

void
wall_watch(struct pipeline *p)
{
	int64_t offset_ms = clock_now_ms() - clock_mono_ms(), back_ms = p->wall_seen_ms - offset_ms;
	p->wall_seen_ms = offset_ms;
	if (back_ms <= SLACK_MS || !clock_is_sane())
		return;
	log_warn("the clock went back by %lld s", (long long)(back_ms / 1000));
	settle_links(p);
}

void
pipeline_clock_set(struct pipeline *p)
{
	int64_t offset_ms = clock_now_ms() - clock_mono_ms();
	size_t at = 0;
	admit_shift(p, p->wall_offset_ms - offset_ms);
	p->wall_offset_ms = offset_ms;
	for (struct feed *f; (f = map_next(&p->feeds, &at));)
		wall_limit_feed(p, f);
	settle_links(p);
}
