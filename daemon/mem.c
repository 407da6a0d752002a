/* mem: see include/mem.h. */
#include "mem.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ARENA_CHUNK_MIN ((size_t)4096)
#define ARENA_CHUNK_MAX ((size_t)256 << 10)

void *
mem_checked(void *p)
{
	if (!p) {
		static const char words[] = "newsd: out of memory\n";
		fputs(words, stderr);
		abort();
	}
	return p;
}

void *
mem_alloc(size_t size)
{
	return mem_checked(malloc(size ? size : 1));
}

void *
mem_zalloc(size_t size)
{
	return mem_checked(calloc(1, size ? size : 1));
}

void *
mem_resize(void *p, size_t size)
{
	return mem_checked(realloc(p, size ? size : 1));
}

void *
mem_resize_array(void *p, size_t count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(count, size, &bytes))
		mem_checked(NULL);
	return mem_resize(p, bytes);
}

char *
mem_strdup(const char *s)
{
	return s ? mem_strndup(s, strlen(s)) : NULL;
}

char *
mem_strndup(const char *s, size_t len)
{
	char *copy = mem_alloc(len + 1);
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
mem_printf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;
	va_start(ap, fmt);
	int n = vasprintf(&s, fmt, ap);
	va_end(ap);
	return mem_checked(n < 0 ? NULL : s);
}

void
mem_free(void *p)
{
	free(p);
}

/* ---- arena: chunks in a list, each 16-byte aligned, growing geometrically ---- */

struct arena_chunk {
	struct arena_chunk *below;
	size_t size;
	char data[] __attribute__((aligned(16)));
};

static void
arena_add_chunk(struct arena *a, size_t need)
{
	size_t size = a->total ? a->total : ARENA_CHUNK_MIN;
	if (size > ARENA_CHUNK_MAX)
		size = ARENA_CHUNK_MAX;
	if (size < need)
		size = need;
	struct arena_chunk *chunk = mem_alloc(sizeof *chunk + size);
	chunk->below = a->chunks;
	chunk->size = size;
	a->chunks = chunk;
	a->next = chunk->data;
	a->left = size;
	a->total += sizeof *chunk + size;
}

void *
arena_alloc(struct arena *a, size_t size)
{
	size_t need = (size + 15) & ~(size_t)15;
	if (need < size)
		mem_checked(NULL);
	if (need == 0)
		need = 16;
	if (a->left < need)
		arena_add_chunk(a, need);
	void *p = a->next;
	a->next += need;
	a->left -= need;
	return p;
}

void
arena_reserve(struct arena *a, size_t size)
{
	if (a->left < size)
		arena_add_chunk(a, size);
}

void *
arena_zalloc(struct arena *a, size_t size)
{
	return memset(arena_alloc(a, size), 0, size);
}

char *
arena_strdup(struct arena *a, const char *s)
{
	return s ? arena_strndup(a, s, strlen(s)) : NULL;
}

char *
arena_strndup(struct arena *a, const char *s, size_t len)
{
	char *copy = arena_alloc(a, len + 1);
	memcpy(copy, s, len);
	copy[len] = '\0';
	return copy;
}

char *
arena_printf(struct arena *a, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	char *s = arena_alloc(a, (size_t)(n < 0 ? 0 : n) + 1);
	if (n < 0)
		s[0] = '\0';
	else
		vsnprintf(s, (size_t)n + 1, fmt, again);
	va_end(again);
	return s;
}

void *
arena_grow(struct arena *a, void *old, size_t old_count, size_t new_count, size_t size)
{
	size_t bytes;
	if (__builtin_mul_overflow(new_count, size, &bytes))
		mem_checked(NULL);
	char *grown = arena_alloc(a, bytes);
	if (old_count)
		memcpy(grown, old, old_count * size);
	memset(grown + old_count * size, 0, bytes - old_count * size);
	return grown;
}

/* They are listed in the arena itself. */
struct arena_adopted {
	struct arena_adopted *below;
	void *block;
};

void
arena_adopt(struct arena *a, void *p, size_t size)
{
	if (!p)
		return;
	struct arena_adopted *one = arena_alloc(a, sizeof *one);
	*one = (struct arena_adopted){a->adopted, p};
	a->adopted = one;
	a->total += size;
}

void
arena_clear(struct arena *a)
{
	for (struct arena_adopted *one = a->adopted; one; one = one->below)
		mem_free(one->block);
	for (struct arena_chunk *c = a->chunks, *below; c; c = below) {
		below = c->below;
		mem_free(c);
	}
	memset(a, 0, sizeof *a);
}
