/*
 * admit: what may start. Takes due feeds to their hosts' gates, asks the store for pending links of
 * hosts that have few in memory, and starts what the gates let through while there is room
 * downstream.
 */
#include <assert.h>
#include <string.h>

#include "clock.h"
#include "pipeline_priv.h"

#define POOL_SPARE         16 /* places in the pool that fetches leave to texts of feed entries */
#define POOL_LISTS         1  /* and all leave to lists of feeds, which come one by one */
#define FEEDS_SHARE        4  /* of the transfers, one of so many is kept for feeds */
#define STARTS_MAX         32 /* in one turn of the loop: each, with its connect, takes 0.3 ms */
#define OUTAGE_SKIP_MS     600000
#define DUE_MAX            4096 /* feeds taken in one turn */
#define ROBOTS_SWEEP_MS    3600000
#define READ_AGAIN_MS      1000 /* when a read brought only links that are under way */
#define HOST_OF_PENDING(n) ((struct host *)(void *)((char *)(n)-offsetof(struct host, pending)))

/* ---- links in memory ---- */

void
admit_host_pending(struct pipeline *p, struct host *h, int64_t due_s)
{
	int64_t due = clock_mono_ms() + (due_s - clock_now()) * 1000;
	if (!h->pending.at || due < h->pending.due)
		heap_set(&p->pending, &h->pending, due);
}

/* The links of H that wait in the store are not to be read before UNTIL_MS. */
static void
wait_for_host(struct pipeline *p, struct host *h, int64_t until_ms)
{
	heap_set(&p->pending, &h->pending, until_ms);
	h->more = 0;
}

static struct link *
link_new(struct pipeline *p, struct host *h, const struct link_work *work)
{
	struct link *l = mem_zalloc(sizeof *l);
	l->work.class = work->recheck ? GATE_RECHECK : GATE_PAGE;
	l->p = p;
	l->host = h;
	l->id = work->id;
	l->feed_id = work->feed_id;
	l->url = mem_strdup(work->url);
	l->fetch = mem_strdup(work->fetch);
	l->content = work->content;
	l->attempts = work->attempts;
	l->has_content = work->has_content;
	l->recheck = work->recheck;
	return l;
}

void
admit_link(struct pipeline *p, const struct link_work *work)
{
	if (map_get(&p->links, (uint64_t)work->id))
		return;
	struct host *h = feeds_host_of(p, work->fetch ? work->fetch : work->url);
	int64_t closed_ms = hosts_closed_until_ms(p, h, CLOSED_LONG_MS);
	if (closed_ms) {
		wait_for_host(p, h, closed_ms);
		return;
	}
	if (h->pages >= PAGES_PER_HOST || p->links.count >= PAGES_MAX) {
		/* the next link that leaves the gate asks for more; where none waits, nobody would
		 */
		if (h->pages)
			h->more = 1;
		else
			admit_host_pending(p, h, clock_now());
		return;
	}
	struct link *l = link_new(p, h, work);
	map_put(&p->links, (uint64_t)l->id, l);
	h->links++;
	hostgate_add(p->gate, h, &l->work, clock_mono_ms());
}

void
admit_forget_link(struct pipeline *p, struct link *l)
{
	map_remove(&p->links, (uint64_t)l->id);
	l->host->links--;
	pipeline_drop_page(l);
	arena_clear(&l->item_arena);
	mem_free(l->url);
	mem_free(l->fetch);
	mem_free(l->final_url);
	mem_free(l->reason);
	mem_free(l);
}

/* A link has left its gate: is it time to ask the store for more of its host's? */
static void
host_took_page(struct pipeline *p, struct host *h)
{
	if (h->more && h->pages < PAGES_LOW) {
		h->more = 0;
		admit_host_pending(p, h, clock_now());
	}
}

void
admit_recall_link(struct pipeline *p, int64_t id)
{
	struct link *l = map_get(&p->links, (uint64_t)id);
	struct host *h = l ? l->host : NULL;
	if (!l || !hostgate_remove(p->gate, h, &l->work, clock_mono_ms()))
		return;
	admit_forget_link(p, l);
	host_took_page(p, h);
}

void
admit_unload_host(struct pipeline *p, struct host *h, int64_t until_s)
{
	int64_t now_ms = clock_mono_ms();
	size_t n = 0;
	for (enum gate_class c = GATE_PAGE; c <= GATE_RECHECK; c++)
		for (struct gate_work *w; (w = hostgate_take(p->gate, h, c, now_ms)); n++)
			admit_forget_link(p, LINK_OF(w));
	if (n || h->more) {
		h->more = 0;
		admit_host_pending(p, h, until_s);
	}
}

void
admit_shift(struct pipeline *p, int64_t delta_ms)
{
	for (size_t i = 0; i < p->due.len; i++) /* all by the same: they stay heaps */
		p->due.nodes[i]->due += delta_ms;
	for (size_t i = 0; i < p->pending.len; i++)
		p->pending.nodes[i]->due += delta_ms;
	for (size_t i = 0; i < p->push.due.len; i++)
		p->push.due.nodes[i]->due += delta_ms;
}

/* ---- reading pending links ---- */

static void
on_pending_loaded(struct write *w, void *arg)
{
	struct pipeline *p = arg;
	struct write_pending *r = &w->u.pending;
	p->reads_open--;
	for (size_t i = 0; i < r->hosts_len; i++) {
		struct host *h = hostgate_find(p->gate, r->hosts[i]);
		h->links--;
		if (w->status) {
			admit_host_pending(p, h, clock_now() + 60);
			continue;
		}
		size_t before = p->links.count;
		for (size_t k = 0; k < r->found[i].links_len; k++)
			admit_link(p, &r->found[i].links[k]);
		int64_t next = r->found[i].next_due;
		if (next && next <= r->now) { /* more is due than was read */
			if (p->links.count > before)
				h->more = 1;
			else
				heap_set(&p->pending, &h->pending, clock_mono_ms() + READ_AGAIN_MS);
		} else if (next) {
			admit_host_pending(p, h, next);
		}
		host_took_page(p, h);
	}
}

/* One read at a time, and only while there is room for what it brings. */
static int
may_read(const struct pipeline *p, size_t hosts)
{
	return !p->reads_open && p->links.count + (hosts + 1) * PAGES_PER_HOST <= PAGES_MAX;
}

static void
read_pending(struct pipeline *p, int64_t now_ms)
{
	uint64_t hosts[PENDING_HOSTS_MAX];
	size_t n = 0;
	while (n < PENDING_HOSTS_MAX && may_read(p, n)) {
		struct heap_node *node = heap_pop_due(&p->pending, now_ms);
		if (!node)
			break;
		struct host *h = HOST_OF_PENDING(node);
		int64_t closed_ms = hosts_closed_until_ms(p, h, CLOSED_LONG_MS);
		if (h->pages >= PAGES_LOW) {
			h->more = 1;
		} else if (closed_ms) {
			wait_for_host(p, h, closed_ms);
		} else {
			h->links++; /* the read holds on to it */
			hosts[n++] = h->key;
		}
	}
	if (!n)
		return;
	struct write *w = write_new(WRITE_PENDING, on_pending_loaded, p);
	w->u.pending = (struct write_pending){.hosts = arena_alloc(&w->in, n * sizeof *hosts),
	    .hosts_len = n,
	    .limit = PAGES_PER_HOST * 2,
	    .now = clock_now()};
	memcpy(w->u.pending.hosts, hosts, n * sizeof *hosts);
	p->reads_open++;
	writer_submit(p->writer, w);
}

/* ---- starting ---- */

static void
start_feed(struct pipeline *p, struct host *h, struct feed *f)
{
	if (f->walk) {
		sitemaps_start(f);
		return;
	}
	int64_t now_ms = clock_mono_ms();
	struct origin_rules *rules = p->config->robots_feeds ? rules_of(p, h, f->url) : NULL;
	if (rules && !rules_are_known(rules, now_ms)) {
		hostgate_put_back(p->gate, h, &f->work, now_ms);
		rules_ask(rules, GATE_FEED, now_ms);
		return;
	}
	p->feeds_waiting--;
	p->feeds_busy++;
	f->state = FEED_BUSY;
	if (rules && (rules->trouble || !rules_allow(rules, f->url))) {
		hostgate_cancel(p->gate, h, now_ms);
		pipeline_refuse_feed(f, rules->trouble ? rules->trouble : "robots.txt forbids it");
		return;
	}
	struct fetch_own own;
	struct fetch_request request = {.url = f->url,
	    .kind = FETCH_FEED,
	    .etag = feed_etag(f),
	    .last_modified = feed_last_modified(f),
	    .validators_of = f->validators_of,
	    .wants_part = f->offers_parts,
	    .own = feed_own(f, &own),
	    .reuse = h->feeds > 1 || h->pages > 0};
	p->feeds_fetching++;
	p->door.start(p->door.self, &request, on_feed_fetched, f);
}

static void
start_robots(struct pipeline *p, struct origin_rules *o)
{
	struct fetch_request request = {.url = o->url, .kind = FETCH_ROBOTS, .reuse = 1};
	p->door.start(p->door.self, &request, on_robots_fetched, o);
}

int
link_is_fetched(const struct link *l)
{
	return l->content != CONTENT_FEED && l->fetch;
}

static void
start_page(struct pipeline *p, struct host *h, struct link *l)
{
	int64_t now_ms = clock_mono_ms();
	if (!link_is_fetched(l)) {
		hostgate_cancel(p->gate, h, now_ms);
		pipeline_use_item(p, l);
		host_took_page(p, h);
		return;
	}
	struct origin_rules *rules = p->config->robots ? rules_of(p, h, l->fetch) : NULL;
	if (rules && !rules_are_known(rules, now_ms)) {
		hostgate_put_back(p->gate, h, &l->work, now_ms);
		rules_ask(rules, l->work.class, now_ms);
		return;
	}
	if (rules && rules->trouble) {
		hostgate_cancel(p->gate, h, now_ms);
		pipeline_postpone_link(
		    l, rules->trouble, clock_now() + (rules->until_ms - now_ms) / 1000 + 1);
	} else if (rules && !rules_allow(rules, l->fetch)) {
		hostgate_cancel(p->gate, h, now_ms);
		pipeline_end_link(p, l, OUTCOME_ROBOTS, "robots.txt forbids it");
	} else {
		struct fetch_request request = {
		    .url = l->fetch, .kind = FETCH_PAGE, .reuse = h->pages > 0 || h->feeds > 1};
		p->door.start(p->door.self, &request, on_page_fetched, l);
	}
	host_took_page(p, h);
}

int
admit_item_has_room(const struct pipeline *p)
{
	return pool_room(p->pool) > p->door.active(p->door.self) + POOL_LISTS;
}

/* Everything that is fetched will need a place in the pool, then one at the writer. */
int
admit_has_room(const struct pipeline *p)
{
	size_t active = p->door.active(p->door.self);
	return active + p->seeks_len < (size_t)p->config->transfers &&
	       p->door.budget->used < p->door.budget->max &&
	       pool_room(p->pool) > active + POOL_SPARE + POOL_LISTS &&
	       writer_room(p->writer) > active + pool_pending(p->pool);
}

/* The classes that may start now: pages of hosts that swallow everything leave room for feeds. */
static enum gate_class
last_class(const struct pipeline *p)
{
	size_t most = (size_t)p->config->transfers;
	size_t others = p->door.active(p->door.self) + p->seeks_len - p->feeds_fetching;
	return others < most - most / FEEDS_SHARE ? GATE_RECHECK : GATE_FEED;
}

static void
take_due_feeds(struct pipeline *p, int64_t now_ms)
{
	struct heap_node *node;
	size_t wanted = outage_feeds_wanted(p);
	for (int taken = 0; taken < DUE_MAX && wanted && (node = heap_pop_due(&p->due, now_ms));
	     taken++) {
		struct feed *f = (struct feed *)(void *)((char *)node - offsetof(struct feed, due));
		if (p->once && f->once_done)
			continue;
		if (outage_skips(p, f)) {
			heap_set(&p->due, &f->due, now_ms + OUTAGE_SKIP_MS);
			continue;
		}
		f->once_done = 1;
		f->state = FEED_WAITING;
		p->feeds_waiting++;
		wanted -= outage_can_try(f->host) != 0;
		hostgate_add(p->gate, f->host, &f->work, now_ms);
	}
}

int64_t
pipeline_tick(struct pipeline *p)
{
	int64_t now_ms = clock_mono_ms();
	struct host *h;
	struct gate_work *w;
	if (p->stopping)
		return INT64_MAX;
	wall_watch(p);
	for (struct link *l; (l = STAILQ_FIRST(&p->waiting)) && admit_item_has_room(p);) {
		STAILQ_REMOVE_HEAD(&p->waiting, waiting);
		p->door.budget->used -= l->item_arena.total;
		pipeline_submit_item(p, l);
	}
	int64_t lookups = lookup_tick(p, now_ms), hubs = push_tick(p, now_ms);
	take_due_feeds(p, now_ms);
	read_pending(p, now_ms);
	for (int starts = 0;
	     starts < STARTS_MAX && admit_has_room(p) && now_ms >= outage_may_start_ms(p) &&
	     (w = hostgate_next(p->gate, now_ms, last_class(p), &h));
	     starts++) {
		if (!addresses_take(p, h, w, now_ms))
			continue;
		outage_started(p, now_ms);
		switch (w->class) {
		case GATE_LOOKUP:
			lookup_start(p, w);
			break;
		case GATE_FEED:
			start_feed(p, h, FEED_OF(w));
			break;
		case GATE_HUB:
			push_start(p, w);
			break;
		case GATE_ARCHIVE:
			recover_start(p, w);
			break;
		case GATE_ROBOTS:
			start_robots(p, RULES_OF(w));
			break;
		default:
			start_page(p, h, LINK_OF(w));
		}
	}
	if (now_ms - p->sweep_ms >= ROBOTS_SWEEP_MS) {
		p->sweep_ms = now_ms;
		rules_sweep(p, now_ms);
	}
	int64_t next = p->sweep_ms + ROBOTS_SWEEP_MS;
	if (lookups < next)
		next = lookups;
	if (hubs < next)
		next = hubs;
	const struct heap_node *due = heap_peek(&p->due), *pending = heap_peek(&p->pending);
	if (due && due->due < next && outage_feeds_wanted(p))
		next = due->due;
	if (pending && pending->due < next && may_read(p, 0))
		next = pending->due;
	/* without room the end of something calls again, not the clock */
	int64_t gate = admit_has_room(p) ? hostgate_wakeup(p->gate, last_class(p)) : INT64_MAX;
	if (gate < next)
		next = gate;
	return next > outage_may_start_ms(p) ? next : outage_may_start_ms(p);
}

int
pipeline_is_done(const struct pipeline *p)
{
	int64_t now_ms = clock_mono_ms();
	const struct heap_node *pending = heap_peek(&p->pending), *due = heap_peek(&p->due);
	int far = hostgate_wakeup(p->gate, GATE_RECHECK) >
		  now_ms + 60000; /* nothing waits, or only at hosts that are closed */
	return !p->feeds_busy && !p->seeks_len && (!due || due->due > now_ms) && far &&
	       !hostgate_active(p->gate) && !p->reads_open && STAILQ_EMPTY(&p->waiting) &&
	       !pool_pending(p->pool) && !writer_pending(p->writer) &&
	       (!pending || pending->due > now_ms + READ_AGAIN_MS); /* a read may be owed */
}
