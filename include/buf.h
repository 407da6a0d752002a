/*
 * buf: growable bytes with a mandatory maximum, and the budget that all bodies in flight share.
 */
#ifndef NEWSD_BUF_H
#define NEWSD_BUF_H

#include <stddef.h>
#include <stdint.h>

/* Bytes that may be held at once by many buffers together. */
struct budget {
	size_t used;
	size_t max;
};

/* Bytes that somebody else owns. */
struct view {
	const uint8_t *data;
	size_t len;
};

struct buf {
	uint8_t *data; /* NUL after the last byte whenever data is not NULL */
	size_t len;
	size_t cap;
	size_t max;            /* len never exceeds it */
	struct budget *budget; /* charged with cap; NULL: none */
};

void buf_init(struct buf *b, size_t max);
void buf_init_budget(struct buf *b, size_t max, struct budget *budget);
void buf_clear(struct buf *b); /* frees the bytes, keeps max and budget */

/* Append; ERR_LIMIT (and nothing appended) past max. The budget is charged, never refused here. */
int buf_add(struct buf *b, const void *data, size_t len);
int buf_add_str(struct buf *b, const char *s);
int buf_add_char(struct buf *b, char c);
int buf_printf(struct buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
/* Make room for LEN more bytes; returns where to write them, NULL past max. Then buf_added(). */
void *buf_reserve(struct buf *b, size_t len);
void buf_added(struct buf *b, size_t len);
/* Append all that FD gives until its end. ERR_LIMIT: there is more than max; ERR_IO: errno tells.
 */
int buf_read_fd(struct buf *b, int fd);
void buf_drop_front(struct buf *b, size_t len); /* forget the first LEN bytes */
/* Move FROM's bytes (and its charge) to TO, which must be empty; FROM is empty afterwards. */
void buf_move(struct buf *to, struct buf *from);
const char *buf_str(const struct buf *b); /* "" when empty */

#endif
