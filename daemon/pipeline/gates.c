/*
 * gates: what the operator says of hosts, and what their answers teach, is told to their gates;
 * redirects are asked whether the host that they lead to may be asked; and what gates know is told
 * to people: `newsctl explain` of one feed, `newsctl status` of the hosts that are closed.
 */
#include <string.h>

#include "clock.h"
#include "pipeline_priv.h"

static int64_t pass(const char *url, void *pipeline);

void
gates_configure(struct pipeline *p)
{
	const struct config *c = p->config;
	if (p->door.on_hop)
		p->door.on_hop(p->door.self, pass, p);
	hostgate_set(p->gate, c->host_delay, (int)c->host_connections);
	addresses_configure(p);
	hostgate_clear_hosts(p->gate);
	for (size_t i = 0; i < c->host_sections_len; i++) {
		const struct config_host *from = &c->host_sections[i];
		struct gate_own own = {.delay_ms = from->delay,
		    .connections = from->connections > 0 ? (int)from->connections : 0,
		    .ignore_crawl_delay = from->ignore_crawl_delay};
		hostgate_set_host(p->gate, from->name, &own);
	}
}

/* ---- what answers teach ---- */

/* H answered as SIGNAL says. */
static void
take_signal(struct pipeline *p, struct host *h, const struct gate_signal *signal)
{
	if (signal->answer == GATE_OVERLOADED)
		hosts_remember(p, h);
	if (signal->close_ms > CLOSED_LONG_MS) {
		admit_unload_host(p, h, clock_now() + signal->close_ms / 1000);
		sitemaps_unload_host(p, h);
	}
}

void
gates_end(struct pipeline *p, struct host *h, const struct fetch_result *r)
{
	static const struct gate_signal well;
	struct gate_signal signal = answer_signal(r);
	struct host *last = r->redirects ? feeds_host_of(p, r->final_url) : h;
	int64_t now_ms = clock_mono_ms();
	int was_asked = r->error != FETCH_CLOSED;
	hostgate_done(p->gate, h, now_ms, last == h && was_asked ? &signal : &well);
	if (!was_asked)
		return;
	if (last != h)
		hostgate_teach(p->gate, last, now_ms, &signal);
	take_signal(p, last, &signal);
}

void
gates_take_challenge(struct pipeline *p, const char *url)
{
	/* read from a page, it may be an error: one costs a longer gap, several close the host */
	static const struct gate_signal signal = {.answer = GATE_OVERLOADED};
	struct host *h = feeds_host_of(p, url);
	hostgate_teach(p->gate, h, clock_mono_ms(), &signal);
	take_signal(p, h, &signal);
}

/* A redirect leads to URL: after how many ms it may be asked. */
static int64_t
pass(const char *url, void *arg)
{
	struct pipeline *p = arg;
	return hostgate_pass(p->gate, feeds_host_of(p, url), clock_mono_ms(), FETCH_HOP_WAIT_MS);
}

/* ---- what gates know ---- */

static const char *const origins[GATE_ORIGINS] = {
    [GATE_GENERAL] = "host_delay",
    [GATE_OWN] = "its section in newsd.conf",
    [GATE_CRAWL] = "crawl-delay of its robots.txt",
    [GATE_LEARNED] = "learned: it was asked too much, or did not answer",
};

static const char *const closings[GATE_CLOSED_COUNT] = {
    [GATE_CLOSED_NOT] = NULL,
    [GATE_CLOSED_ASKED] = "it asked to be left alone (Retry-After, or a status that means it)",
    [GATE_CLOSED_PACE] = "the rate limit that it tells",
    [GATE_CLOSED_OVERLOADED] = "it said that it is asked too much",
    [GATE_CLOSED_UNREACHABLE] = "it did not answer",
    [GATE_CLOSED_FORBIDDEN] = "it forbade what was asked for (403)",
};

static void
read_host(const struct pipeline *p, const struct host *h, int64_t now_ms, struct pipeline_host *out)
{
	int64_t open_in_ms = h->open_ms > now_ms ? h->open_ms - now_ms : 0;
	*out = (struct pipeline_host){.name = h->name,
	    .gap_ms = hostgate_gap_ms(p->gate, h),
	    .gap_from = origins[hostgate_gap_origin(p->gate, h)],
	    .crawl_ms = h->crawl_ms,
	    .ignores_crawl = h->own_no_crawl,
	    .open_in_ms = open_in_ms,
	    .closed_by = open_in_ms ? closings[h->closed_by] : NULL,
	    .names = hostgate_names(p->gate, h),
	    .connections = hostgate_connections(p->gate, h),
	    .active = h->active,
	    .feeds = h->feeds,
	    .pages = h->pages};
	for (int i = 0; h->rules && i < 2 && !out->robots_trouble; i++)
		out->robots_trouble = h->rules->origins[i].trouble;
}

int
pipeline_read_feed(const struct pipeline *p, int64_t id, struct pipeline_feed *out)
{
	static const char *const states[] = {
	    [FEED_IDLE] = "sleeps",
	    [FEED_WAITING] = "waits at its host's gate",
	    [FEED_BUSY] = "is being polled",
	};
	int64_t now_ms = clock_mono_ms();
	const struct feed *f = map_get(&p->feeds, (uint64_t)id);
	if (!f)
		return ERR_NOT_FOUND;
	*out = (struct pipeline_feed){.state = states[f->state]};
	if (f->state == FEED_IDLE)
		out->next_poll = clock_now() + (f->due.due - now_ms) / 1000;
	read_host(p, f->host, now_ms, &out->host);
	return 0;
}

/* Closed for longer than its gap alone would have it, as one that was asked just now is. */
static int
is_closed(const struct host *h, int64_t now_ms)
{
	return h->closed_by != GATE_CLOSED_NOT && h->open_ms > now_ms;
}

size_t
pipeline_closed_hosts(const struct pipeline *p, struct pipeline_host *out, size_t max)
{
	int64_t now_ms = clock_mono_ms();
	size_t at = 0, found = 0, kept = 0;
	for (struct host *h; (h = hostgate_each(p->gate, &at));) {
		struct pipeline_host row;
		if (!is_closed(h, now_ms))
			continue;
		found++;
		read_host(p, h, now_ms, &row);
		size_t place = kept;
		while (place && out[place - 1].open_in_ms < row.open_in_ms)
			place--;
		if (place == max)
			continue;
		kept += kept < max;
		memmove(out + place + 1, out + place, (kept - place - 1) * sizeof *out);
		out[place] = row;
	}
	return found;
}
