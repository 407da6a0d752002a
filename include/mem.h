/*
 * mem: allocation that cannot fail (no memory: abort, the supervisor restarts us), and the arena in
 * which one document's or one record's strings live and die together.
 */
#ifndef NEWSD_MEM_H
#define NEWSD_MEM_H

#include <stddef.h>
#include <stdint.h>

void *mem_alloc(size_t size);                               /* uninitialised; size 0 gives 1 byte */
void *mem_zalloc(size_t size);                              /* zeroed */
void *mem_resize(void *p, size_t size);                     /* like realloc */
void *mem_resize_array(void *p, size_t count, size_t size); /* overflow aborts */
char *mem_strdup(const char *s);                            /* NULL gives NULL */
char *mem_strndup(const char *s, size_t len);
char *mem_printf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void mem_free(void *p);
/* P, which a library's own allocator gave; NULL aborts. For what must allocate in its own way. */
void *mem_checked(void *p);

/* Make room for one more element: the usual doubling for `type *v; size_t len, cap`. */
#define MEM_GROW(v, len, cap)                                                                      \
	do {                                                                                       \
		if ((len) == (cap)) {                                                              \
			(cap) = (cap) ? (cap)*2 : 8;                                               \
			(v) = mem_resize_array((v), (cap), sizeof *(v));                           \
		}                                                                                  \
	} while (0)

struct arena_chunk;
struct arena_adopted;

/*
 * A bump allocator. Zero-initialised is empty and valid. Nothing in it is freed one by one;
 * pointers stay valid until arena_clear. Not for threads.
 */
struct arena {
	struct arena_chunk *chunks;
	char *next;
	size_t left;
	size_t total; /* bytes obtained from the system */
	struct arena_adopted *adopted;
};

void *arena_alloc(struct arena *a, size_t size); /* 16-byte aligned, uninitialised */
void *arena_zalloc(struct arena *a, size_t size);
/* Get SIZE bytes from the system at once, for a caller who knows what it will need. */
void arena_reserve(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s); /* NULL gives NULL */
char *arena_strndup(struct arena *a, const char *s, size_t len);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Grow an array that lives in the arena by copying (doubling, so amortised). */
void *arena_grow(struct arena *a, void *old, size_t old_count, size_t new_count, size_t size);
/* P (NULL: nothing), SIZE bytes of mem_alloc, is A's from now on and lives as long: for an array
 * that grew too large to be copied. */
void arena_adopt(struct arena *a, void *p, size_t size);
void arena_clear(struct arena *a);

/* ARENA_PUSH(arena, vector, len): a new zeroed last element of an arena vector; capacity is implied
 * by the length (powers of two), so records need no `cap` field. Yields a pointer to it. */
#define ARENA_PUSH(a, v, len)                                                                      \
	((((len) & ((len)-1)) == 0                                                                 \
		 ? (void)((v) = arena_grow((a), (v), (len), (len) ? (len)*2 : 1, sizeof *(v)))     \
		 : (void)0),                                                                       \
	    &(v)[(len)++])

#endif
