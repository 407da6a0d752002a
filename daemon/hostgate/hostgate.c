/* hostgate: see include/hostgate.h. Here: the gates of hosts. */
#include <assert.h>

#include "hostgate_priv.h"
#include "mem.h"

#define JITTER_PART  5    /* of the gap */
#define RISE_ANSWERS 16   /* so many good answers bring the rate from half to whole */
#define START_GAP_MS 1000 /* what trouble doubles where the set gap is shorter */

#define HOST_OF(node) ((struct host *)(void *)((char *)(node)-offsetof(struct host, ready)))

struct hostgate *
hostgate_new(int64_t delay_ms, int connections)
{
	struct hostgate *g = mem_zalloc(sizeof *g);
	hostgate_set(g, delay_ms, connections);
	return g;
}

void
hostgate_set(struct hostgate *g, int64_t delay_ms, int connections)
{
	g->delay_ms = delay_ms;
	g->connections = connections;
}

struct host *
hostgate_find(struct hostgate *g, uint64_t key)
{
	return map_get(&g->hosts, key);
}

static void
take_own_rules(struct host *h, const struct gate_own *own)
{
	h->own_delay_ms = own ? (int32_t)own->delay_ms : -1;
	h->own_connections = own ? (uint16_t)own->connections : 0;
	h->own_no_crawl = own && own->ignore_crawl_delay;
}

struct host *
hostgate_host(struct hostgate *g, const char *name)
{
	uint64_t key = hash64_str(name);
	struct host *h = map_get(&g->hosts, key);
	if (!h) {
		h = mem_zalloc(sizeof *h);
		h->key = key;
		h->name = mem_strdup(name);
		take_own_rules(h, map_get(&g->own, key));
		map_put(&g->hosts, key, h);
	}
	return h;
}

void
hostgate_set_host(struct hostgate *g, const char *name, const struct gate_own *rules)
{
	uint64_t key = hash64_str(name);
	struct gate_own *own = map_get(&g->own, key);
	if (!own)
		own = mem_zalloc(sizeof *own);
	*own = *rules;
	map_put(&g->own, key, own);
	struct host *h = map_get(&g->hosts, key);
	if (h)
		take_own_rules(h, own);
}

void
hostgate_clear_hosts(struct hostgate *g)
{
	size_t at = 0;
	for (struct gate_own *own; (own = map_next(&g->own, &at));)
		mem_free(own);
	map_clear(&g->own);
	at = 0;
	for (struct host *h; (h = hostgate_each(g, &at));)
		take_own_rules(h, NULL);
}

/* ---- the gap ---- */

static int64_t
set_gap_ms(const struct hostgate *g, const struct host *h)
{
	int64_t gap = h->own_delay_ms >= 0 ? h->own_delay_ms : g->delay_ms;
	return !h->own_no_crawl && h->crawl_ms > gap ? h->crawl_ms : gap;
}

int64_t
hostgate_gap_ms(const struct hostgate *g, const struct host *h)
{
	int64_t gap = set_gap_ms(g, h);
	return h->gap_ms > gap ? h->gap_ms : gap;
}

enum gate_origin
hostgate_gap_origin(const struct hostgate *g, const struct host *h)
{
	int64_t set = set_gap_ms(g, h);
	if (h->gap_ms > set)
		return GATE_LEARNED;
	if (!h->own_no_crawl && h->crawl_ms && h->crawl_ms == set)
		return GATE_CRAWL;
	return h->own_delay_ms >= 0 ? GATE_OWN : GATE_GENERAL;
}

void
hostgate_restore(struct host *h, int64_t gap_ms, int64_t knee_until_ms, int64_t open_ms)
{
	h->gap_ms = h->knee_ms = (uint32_t)(gap_ms < 0                 ? 0
					    : gap_ms > GATE_GAP_MAX_MS ? GATE_GAP_MAX_MS
								       : gap_ms);
	h->knee_until_ms = knee_until_ms;
	h->open_ms = open_ms;
}

void
hostgate_set_crawl_delay(struct host *h, int64_t delay_ms)
{
	h->crawl_ms = (uint32_t)(delay_ms < GATE_CRAWL_MAX_MS ? delay_ms : GATE_CRAWL_MAX_MS);
}

int64_t
hostgate_jitter_ms(uint64_t key, int64_t gap_ms, int64_t now_ms)
{
	uint64_t words[2] = {key, (uint64_t)now_ms};
	return (int64_t)(hash64(words, sizeof words) % (uint64_t)(gap_ms / JITTER_PART + 1));
}

/* At most so many at once: one while the host is in trouble. */
int
hostgate_connections(const struct hostgate *g, const struct host *h)
{
	if (h->gap_ms)
		return 1;
	return h->own_connections ? h->own_connections : g->connections;
}

static void
learn_trouble(struct host *h, enum gate_answer answer, int64_t gap_ms, int64_t now_ms)
{
	gap_ms *= answer == GATE_OVERLOADED ? 4 : 2;
	if (gap_ms > GATE_GAP_MAX_MS)
		gap_ms = GATE_GAP_MAX_MS;
	h->gap_ms = (uint32_t)gap_ms;
	if (answer == GATE_OVERLOADED) {
		h->knee_ms = h->gap_ms;
		h->knee_until_ms = now_ms + GATE_KNEE_KEEP_MS;
	}
}

static void
learn_gap(const struct hostgate *g, struct host *h, enum gate_answer answer, int64_t now_ms)
{
	int64_t set = set_gap_ms(g, h), gap = hostgate_gap_ms(g, h);
	int64_t unit = set > START_GAP_MS ? set : START_GAP_MS;
	if (answer != GATE_ANSWERED) {
		learn_trouble(h, answer, gap > unit ? gap : unit, now_ms);
		return;
	}
	if (!h->gap_ms)
		return;
	/* the rate 1/gap rises by a sixteenth of half the usual one */
	gap = gap * 2 * RISE_ANSWERS * unit / (2 * RISE_ANSWERS * unit + gap);
	if (now_ms < h->knee_until_ms && gap < h->knee_ms)
		gap = h->knee_ms;
	h->gap_ms = gap > unit ? (uint32_t)gap : 0;
}

enum gate_class
hostgate_class(const struct host *h)
{
	enum gate_class c = 0;
	while (c < GATE_CLASSES && (!h->queues[c].first || (h->hold >> c & 1)))
		c++;
	return c;
}

/* H may go as soon as its own gate is open. */
static int
wants_to_go(const struct hostgate *g, const struct host *h)
{
	return !h->is_sought && h->active < hostgate_connections(g, h) &&
	       hostgate_class(h) != GATE_CLASSES;
}

void
hostgate_settle(struct hostgate *g, struct host *h, int64_t now_ms)
{
	int wants = wants_to_go(g, h);
	if (h->at_address && wants && h->open_ms <= now_ms) {
		address_enqueue(g, h, now_ms); /* it keeps its place there */
		return;
	}
	address_dequeue(g, h, now_ms);
	enum gate_class class = hostgate_class(h);
	if (!wants || h->ready_as != class)
		heap_remove(&g->ready[h->ready_as], &h->ready);
	if (!wants)
		return;
	h->ready_as = (uint8_t) class;
	heap_set(&g->ready[class], &h->ready, h->open_ms > now_ms ? h->open_ms : now_ms);
}

static int is_page(enum gate_class class)
{
	return class == GATE_PAGE || class == GATE_RECHECK;
}

void
hostgate_add(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms)
{
	w->next = NULL;
	if (h->queues[w->class].last)
		h->queues[w->class].last->next = w;
	else
		h->queues[w->class].first = w;
	h->queues[w->class].last = w;
	h->pages += is_page(w->class);
	if (!h->ready.at || w->class < h->ready_as) /* else it keeps its turn */
		hostgate_settle(g, h, now_ms);
}

static void
push_front(struct host *h, struct gate_work *w)
{
	w->next = h->queues[w->class].first;
	h->queues[w->class].first = w;
	if (!h->queues[w->class].last)
		h->queues[w->class].last = w;
	h->pages += is_page(w->class);
}

void
hostgate_put_back(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms)
{
	push_front(h, w);
	hostgate_cancel(g, h, now_ms);
}

static struct gate_work *
take_first(struct host *h, enum gate_class class)
{
	struct gate_work *w = h->queues[class].first;
	h->queues[class].first = w->next;
	if (!w->next)
		h->queues[class].last = NULL;
	w->next = NULL;
	h->pages -= is_page(class);
	return w;
}

/* The next host that may start work of CLASS; one that its address holds waits there. */
static struct host *
next_host(struct hostgate *g, int64_t now_ms, enum gate_class class)
{
	for (;;) {
		struct host *h = address_next(g, now_ms, class);
		if (h)
			return h;
		struct heap_node *node = heap_pop_due(&g->ready[class], now_ms);
		if (!node)
			return NULL;
		h = HOST_OF(node);
		if (!address_holds(g, h))
			return h;
		address_enqueue(g, h, now_ms);
	}
}

/* H is asked at AT_MS: a gap is due after it. */
static void
close_for_gap(struct hostgate *g, struct host *h, int64_t at_ms)
{
	int64_t gap_ms = hostgate_gap_ms(g, h);
	h->open_ms = at_ms + gap_ms + hostgate_jitter_ms(h->key, gap_ms, at_ms);
	h->closed_by = GATE_CLOSED_NOT;
}

struct gate_work *
hostgate_next(struct hostgate *g, int64_t now_ms, enum gate_class last, struct host **host)
{
	struct host *h = NULL;
	for (enum gate_class c = 0; c <= last && !h; c++)
		h = next_host(g, now_ms, c);
	if (!h)
		return NULL;
	struct gate_work *w = take_first(h, hostgate_class(h));
	h->active++;
	g->active++;
	close_for_gap(g, h, now_ms);
	address_begin(g, h, now_ms);
	hostgate_settle(g, h, now_ms);
	*host = h;
	return w;
}

static void
end_request(struct hostgate *g, struct host *h)
{
	assert(h->active > 0);
	h->active--;
	g->active--;
}

static enum gate_closed
why_closed(const struct gate_signal *signal, int64_t rest_ms)
{
	if (rest_ms == signal->close_ms)
		return GATE_CLOSED_ASKED;
	if (rest_ms == signal->pace_ms)
		return GATE_CLOSED_PACE;
	return signal->answer == GATE_OVERLOADED  ? GATE_CLOSED_OVERLOADED
	       : signal->answer == GATE_FORBIDDEN ? GATE_CLOSED_FORBIDDEN
						  : GATE_CLOSED_UNREACHABLE;
}

void
hostgate_teach(struct hostgate *g, struct host *h, int64_t now_ms, const struct gate_signal *signal)
{
	int64_t rest_ms = signal->close_ms > signal->pace_ms ? signal->close_ms : signal->pace_ms;
	learn_gap(g, h, signal->answer, now_ms);
	if (signal->answer != GATE_ANSWERED && hostgate_gap_ms(g, h) > rest_ms)
		rest_ms = hostgate_gap_ms(g, h);
	if (rest_ms > 0 && now_ms + rest_ms > h->open_ms) {
		h->open_ms = now_ms + rest_ms;
		h->closed_by = (uint8_t)why_closed(signal, rest_ms);
	}
	hostgate_settle(g, h, now_ms);
}

void
hostgate_done(struct hostgate *g, struct host *h, int64_t now_ms, const struct gate_signal *signal)
{
	end_request(g, h);
	address_end(g, h, now_ms);
	hostgate_teach(g, h, now_ms, signal);
}

int64_t
hostgate_pass(struct hostgate *g, struct host *h, int64_t now_ms, int64_t most_ms)
{
	int64_t at_ms = h->open_ms > now_ms ? h->open_ms : now_ms;
	if (at_ms - now_ms > most_ms)
		return at_ms - now_ms;
	close_for_gap(g, h, at_ms);
	hostgate_settle(g, h, now_ms);
	return at_ms - now_ms;
}

void
hostgate_cancel(struct hostgate *g, struct host *h, int64_t now_ms)
{
	end_request(g, h);
	address_cancel(g, h, now_ms);
	h->open_ms = now_ms;
	hostgate_settle(g, h, now_ms);
}

int
hostgate_remove(struct hostgate *g, struct host *h, struct gate_work *w, int64_t now_ms)
{
	struct gate_work *before = NULL;
	for (struct gate_work *at = h->queues[w->class].first; at; before = at, at = at->next) {
		if (at != w)
			continue;
		if (before)
			before->next = w->next;
		else
			h->queues[w->class].first = w->next;
		if (h->queues[w->class].last == w)
			h->queues[w->class].last = before;
		h->pages -= is_page(w->class);
		w->next = NULL;
		hostgate_settle(g, h, now_ms);
		return 1;
	}
	return 0;
}

struct gate_work *
hostgate_take(struct hostgate *g, struct host *h, enum gate_class class, int64_t now_ms)
{
	if (!h->queues[class].first)
		return NULL;
	struct gate_work *w = take_first(h, class);
	hostgate_settle(g, h, now_ms);
	return w;
}

static void
free_host(struct host *h)
{
	mem_free(h->name);
	mem_free(h);
}

void
hostgate_sweep(struct hostgate *g, int64_t now_ms)
{
	size_t at = 0;
	for (struct host *h; (h = hostgate_each(g, &at));) {
		int waits = h->ready.at || h->at_address || h->is_sought || h->pending.at ||
			    h->more || h->hold;
		for (int c = 0; c < GATE_CLASSES; c++)
			waits |= h->queues[c].first != NULL;
		int knows = h->rules || h->open_ms > now_ms || h->knee_until_ms > now_ms;
		if (waits || knows || h->feeds || h->links || h->active)
			continue;
		hostgate_place(g, h, 0, now_ms);
		map_remove(&g->hosts, h->key);
		free_host(h);
	}
}

void
hostgate_hold(struct hostgate *g, struct host *h, enum gate_class class, int on, int64_t now_ms)
{
	if (on)
		h->hold |= (uint8_t)(1u << class);
	else
		h->hold &= (uint8_t) ~(1u << class);
	hostgate_settle(g, h, now_ms);
}

int64_t
hostgate_wakeup(const struct hostgate *g, enum gate_class last)
{
	int64_t first_ms = INT64_MAX;
	for (enum gate_class c = 0; c <= last; c++) {
		const struct heap_node *host = heap_peek(&g->ready[c]),
				       *address = heap_peek(&g->addresses_ready[c]);
		if (host && host->due < first_ms)
			first_ms = host->due;
		if (address && address->due < first_ms)
			first_ms = address->due;
	}
	return first_ms;
}

size_t
hostgate_active(const struct hostgate *g)
{
	return g->active;
}

struct host *
hostgate_each(const struct hostgate *g, size_t *at)
{
	return map_next(&g->hosts, at);
}

size_t
hostgate_count(const struct hostgate *g)
{
	return g->hosts.count;
}

void
hostgate_free(struct hostgate *g, void (*free_rules)(struct host_rules *))
{
	if (!g)
		return;
	size_t at = 0;
	hostgate_clear_hosts(g);
	for (struct host *h; (h = hostgate_each(g, &at));) {
		if (h->rules)
			free_rules(h->rules);
		free_host(h);
	}
	map_clear(&g->hosts);
	address_free_all(g);
	for (int c = 0; c < GATE_CLASSES; c++)
		heap_clear(&g->ready[c]);
	mem_free(g);
}
