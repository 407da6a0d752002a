/*
 * heap: an intrusive 4-ary heap of nodes by time: who is due next. Owns only its array of pointers.
 */
#ifndef NEWSD_HEAP_H
#define NEWSD_HEAP_H

#include <stddef.h>
#include <stdint.h>

/* Embedded in what is scheduled; zero-initialised is "in no heap". */
struct heap_node {
	int64_t due;
	size_t at; /* position + 1; 0: in no heap */
};

/* Zero-initialised is empty and valid. */
struct heap {
	struct heap_node **nodes;
	size_t len, cap;
};

/* Put NODE in (or move it, when it is in already) to be due at DUE. */
void heap_set(struct heap *h, struct heap_node *node, int64_t due);
void heap_remove(struct heap *h, struct heap_node *node); /* fine when it is in no heap */
struct heap_node *heap_peek(const struct heap *h);        /* the earliest, NULL when empty */
struct heap_node *
heap_pop_due(struct heap *h, int64_t now); /* the earliest if due <= NOW, else NULL */
void heap_clear(struct heap *h);           /* the nodes are not touched */

#endif
