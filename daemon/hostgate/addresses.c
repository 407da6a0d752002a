/*
 * hostgate/addresses: hosts that live at one address are held together, as if they were one host:
 * so many requests at once, and a gap between two. Where more live than the operator says, it is a
 * content network's address, and nobody is held. Owns the addresses, each as long as a host lives
 * there.
 */
#include <assert.h>

#include "hostgate_priv.h"
#include "mem.h"

#define ADDRESS_OF(node)                                                                           \
	((struct gate_address *)(void *)((char *)(node)-offsetof(struct gate_address, ready)))

static int
holds(const struct hostgate *g, const struct gate_address *a)
{
	return a && a->names > 1 && a->names <= g->address_names;
}

int
address_holds(const struct hostgate *g, const struct host *h)
{
	return holds(g, h->address);
}

size_t
hostgate_names(const struct hostgate *g, const struct host *h)
{
	return address_holds(g, h) ? h->address->names : 1;
}

/* The first class of what waits at A; GATE_CLASSES: nothing does. */
static enum gate_class
class_of(const struct gate_address *a)
{
	enum gate_class class = GATE_CLASSES;
	struct host *h;
	TAILQ_FOREACH(h, &a->waiting, address_link) /* no more than address_names */
	class = hostgate_class(h) < class ? hostgate_class(h) : class;
	return class;
}

static void
settle_address(struct hostgate *g, struct gate_address *a, int64_t now_ms)
{
	enum gate_class class = class_of(a);
	int wants = class != GATE_CLASSES && a->active < (size_t)g->connections;
	if (!wants || a->ready_as != class)
		heap_remove(&g->addresses_ready[a->ready_as], &a->ready);
	if (!wants)
		return;
	a->ready_as = (uint8_t) class;
	heap_set(&g->addresses_ready[class], &a->ready, a->open_ms > now_ms ? a->open_ms : now_ms);
}

void
address_enqueue(struct hostgate *g, struct host *h, int64_t now_ms)
{
	if (!h->at_address)
		TAILQ_INSERT_TAIL(&h->address->waiting, h, address_link);
	h->at_address = 1;
	settle_address(g, h->address, now_ms);
}

void
address_dequeue(struct hostgate *g, struct host *h, int64_t now_ms)
{
	if (!h->at_address)
		return;
	TAILQ_REMOVE(&h->address->waiting, h, address_link);
	h->at_address = 0;
	settle_address(g, h->address, now_ms);
}

struct host *
address_next(struct hostgate *g, int64_t now_ms, enum gate_class class)
{
	struct heap_node *node = heap_peek(&g->addresses_ready[class]);
	if (!node || node->due > now_ms)
		return NULL;
	struct host *h = TAILQ_FIRST(&ADDRESS_OF(node)->waiting);
	while (hostgate_class(h) != class)
		h = TAILQ_NEXT(h, address_link);
	address_dequeue(g, h, now_ms);
	return h;
}

void
address_begin(struct hostgate *g, struct host *h, int64_t now_ms)
{
	struct gate_address *a = h->address;
	if (!a)
		return;
	a->active++;
	a->open_ms = now_ms + g->delay_ms + hostgate_jitter_ms(a->key, g->delay_ms, now_ms);
	settle_address(g, a, now_ms);
}

void
address_end(struct hostgate *g, struct host *h, int64_t now_ms)
{
	struct gate_address *a = h->address;
	if (!a)
		return;
	assert(a->active > 0);
	a->active--;
	settle_address(g, a, now_ms);
}

void
address_cancel(struct hostgate *g, struct host *h, int64_t now_ms)
{
	if (h->address)
		h->address->open_ms = now_ms;
	address_end(g, h, now_ms);
}

/* Who waits where nobody is held any more goes on. */
static void
release(struct hostgate *g, struct gate_address *a, int64_t now_ms)
{
	for (struct host *h; !holds(g, a) && (h = TAILQ_FIRST(&a->waiting));) {
		address_dequeue(g, h, now_ms);
		hostgate_settle(g, h, now_ms);
	}
}

static void
leave(struct hostgate *g, struct host *h, int64_t now_ms)
{
	struct gate_address *a = h->address;
	if (!a)
		return;
	address_dequeue(g, h, now_ms);
	a->active -= h->active;
	h->address = NULL;
	if (--a->names) {
		release(g, a, now_ms);
		settle_address(g, a, now_ms);
		return;
	}
	map_remove(&g->addresses, a->key);
	mem_free(a);
}

static void
enter(struct hostgate *g, struct host *h, uint64_t key, int64_t now_ms)
{
	struct gate_address *a = map_get(&g->addresses, key);
	if (!a) {
		a = mem_zalloc(sizeof *a);
		a->key = key;
		TAILQ_INIT(&a->waiting);
		map_put(&g->addresses, key, a);
	}
	h->address = a;
	a->names++;
	a->active += h->active;
	release(g, a, now_ms);
}

int
hostgate_lives_at(const struct host *h, uint64_t key)
{
	return h->address ? h->address->key == key : !key;
}

void
hostgate_place(struct hostgate *g, struct host *h, uint64_t key, int64_t now_ms)
{
	h->is_sought = 0;
	if (!hostgate_lives_at(h, key)) {
		leave(g, h, now_ms);
		if (key)
			enter(g, h, key, now_ms);
	}
	hostgate_settle(g, h, now_ms);
}

void
hostgate_seek(struct hostgate *g, struct host *h, int64_t now_ms)
{
	h->is_sought = 1;
	hostgate_settle(g, h, now_ms);
}

void
hostgate_set_addresses(struct hostgate *g, size_t names, int64_t now_ms)
{
	size_t at = 0;
	g->address_names = names;
	for (struct gate_address *a; (a = map_next(&g->addresses, &at));)
		release(g, a, now_ms);
}

void
address_free_all(struct hostgate *g)
{
	size_t at = 0;
	for (struct gate_address *a; (a = map_next(&g->addresses, &at));)
		mem_free(a);
	map_clear(&g->addresses);
	for (int c = 0; c < GATE_CLASSES; c++)
		heap_clear(&g->addresses_ready[c]);
}
