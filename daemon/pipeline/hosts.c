/*
 * hosts: a host that said that it is asked too much is remembered in the store, with the gap that
 * was too short for it and the time for which it wants to be left alone: a restart does not try
 * anew what was too much.
 */
#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"

static void
on_host_written(struct write *w, void *arg)
{
	const struct pipeline *p = arg;
	if (w->status && !p->stopping)
		log_error("the store refuses what is known of the host %s: %s", w->u.host.name,
		    w->fault.text);
}

void
hosts_remember(struct pipeline *p, const struct host *h)
{
	int64_t now = clock_now(), now_ms = clock_mono_ms();
	struct write *w = write_new(WRITE_HOST, on_host_written, p);
	w->u.host = (struct host_memory){.key = h->key,
	    .name = arena_strdup(&w->in, h->name),
	    .gap_ms = h->knee_ms,
	    .gap_until = now + (h->knee_until_ms - now_ms) / 1000,
	    .closed_until = h->open_ms > now_ms ? now + (h->open_ms - now_ms + 999) / 1000 : 0};
	writer_submit(p->writer, w);
}

int64_t
hosts_closed_until_ms(const struct pipeline *p, const struct host *h, int64_t long_ms)
{
	int64_t gap_ms = hostgate_gap_ms(p->gate, h) * 6 / 5; /* with its jitter */
	if (gap_ms > long_ms)
		long_ms = gap_ms;
	return h->open_ms > clock_mono_ms() + long_ms ? h->open_ms : 0;
}

static int
load_host_memory(const struct host_memory *m, void *arg)
{
	struct pipeline *p = arg;
	int64_t now = clock_now() + p->wall_ahead_s, now_ms = clock_mono_ms();
	struct host *h = hostgate_host(p->gate, m->name);
	int64_t closed_s = m->closed_until - now, knee_ms = (m->gap_until - now) * 1000;
	/* none is closed for longer: the clock was ahead */
	if (closed_s > RETRY_AFTER_MAX_S)
		closed_s = 0;
	if (knee_ms > GATE_KNEE_KEEP_MS)
		knee_ms = GATE_KNEE_KEEP_MS;
	hostgate_restore(
	    h, m->gap_ms, now_ms + knee_ms, closed_s > 0 ? now_ms + closed_s * 1000 : 0);
	return 0;
}

int
hosts_load(struct pipeline *p, struct store *store)
{
	return store_each_host_memory(store, clock_now(), load_host_memory, p);
}
