/* buf: see include/buf.h. */
#include "buf.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "errors.h"
#include "mem.h"

#define BUF_CAP_MIN 256
#define READ_CHUNK  65536

void
buf_init(struct buf *b, size_t max)
{
	buf_init_budget(b, max, NULL);
}

void
buf_init_budget(struct buf *b, size_t max, struct budget *budget)
{
	*b = (struct buf){.max = max, .budget = budget};
}

void
buf_clear(struct buf *b)
{
	if (b->budget)
		b->budget->used -= b->cap;
	mem_free(b->data);
	b->data = NULL;
	b->len = b->cap = 0;
}

void *
buf_reserve(struct buf *b, size_t len)
{
	if (len > b->max || b->len > b->max - len)
		return NULL;
	size_t need = b->len + len + 1;
	if (need > b->cap) {
		size_t cap = b->cap ? b->cap : BUF_CAP_MIN;
		while (cap < need)
			cap += cap / 2 + BUF_CAP_MIN;
		if (cap > b->max + 1 && b->max + 1 >= need)
			cap = b->max + 1;
		b->data = mem_resize(b->data, cap);
		if (b->budget)
			b->budget->used += cap - b->cap;
		b->cap = cap;
	}
	b->data[b->len] = '\0';
	return b->data + b->len;
}

void
buf_added(struct buf *b, size_t len)
{
	b->len += len;
	b->data[b->len] = '\0';
}

int
buf_add(struct buf *b, const void *data, size_t len)
{
	/* cap is never over max + 1: where there is room, it may be used */
	if (len >= b->cap - b->len && !buf_reserve(b, len))
		return ERR_LIMIT;
	if (len)
		memcpy(b->data + b->len, data, len);
	buf_added(b, len);
	return 0;
}

int
buf_add_str(struct buf *b, const char *s)
{
	return buf_add(b, s, strlen(s));
}

int
buf_add_char(struct buf *b, char c)
{
	return buf_add(b, &c, 1);
}

int
buf_printf(struct buf *b, const char *fmt, ...)
{
	va_list ap, again;
	va_start(ap, fmt);
	va_copy(again, ap);
	int n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	void *to = n < 0 ? NULL : buf_reserve(b, (size_t)n);
	if (to) {
		vsnprintf(to, (size_t)n + 1, fmt, again);
		buf_added(b, (size_t)n);
	}
	va_end(again);
	return to ? 0 : ERR_LIMIT;
}

int
buf_read_fd(struct buf *b, int fd)
{
	for (;;) {
		size_t left = b->max - b->len, want = left < READ_CHUNK ? left : READ_CHUNK;
		char beyond; /* at the maximum one byte more tells whether it is the end */
		ssize_t n = read(fd, want ? buf_reserve(b, want) : &beyond, want ? want : 1);
		if (n == 0)
			return 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return ERR_IO;
		if (!want)
			return ERR_LIMIT;
		buf_added(b, (size_t)n);
	}
}

void
buf_drop_front(struct buf *b, size_t len)
{
	if (len >= b->len) {
		b->len = 0;
		if (b->data)
			b->data[0] = '\0';
		return;
	}
	memmove(b->data, b->data + len, b->len - len + 1);
	b->len -= len;
}

void
buf_move(struct buf *to, struct buf *from)
{
	*to = *from;
	from->data = NULL;
	from->len = from->cap = 0;
}

const char *
buf_str(const struct buf *b)
{
	return b->data ? (const char *)b->data : "";
}
