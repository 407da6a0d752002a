/*
 * separators: where the leaves of a table begin, read from the pages above them, past SQLite, which
 * gives nothing away below a page that it can't read. What is found are hints for salvage.c: they
 * may be wrong (a newer page may stand in the log), and nothing is taken from them but keys to
 * seek.
 *
 * The format: sqlite.org/fileformat2.html, 1.6 (b-tree pages) and 2.1 (records).
 */
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "store_priv.h"

#define INTERIOR_INDEX 2
#define INTERIOR_TABLE 5
#define HEADER_LEN     12 /* of a page above others */
#define DEPTH_MAX      20 /* as SQLite allows */

struct walk {
	int fd;
	size_t page_size;
	int64_t pages_left; /* no more than the file has: a damaged tree may have loops */
	store_separator_cb cb;
	void *arg;
};

/* Read the variable-length number at *AT, which does not go past END. */
static int
read_varint(const uint8_t **at, const uint8_t *end, uint64_t *out)
{
	uint64_t v = 0;
	for (int i = 0; i < 9 && *at < end; i++) {
		uint8_t byte = *(*at)++;
		if (i == 8) {
			*out = v << 8 | byte;
			return 0;
		}
		v = v << 7 | (byte & 0x7f);
		if (!(byte & 0x80)) {
			*out = v;
			return 0;
		}
	}
	return ERR_INPUT;
}

static uint64_t
read_big_end(const uint8_t *p, size_t len)
{
	uint64_t v = 0;
	for (size_t i = 0; i < len; i++)
		v = v << 8 | p[i];
	return v;
}

/* Read the value of a number of serial type TYPE at *AT. */
static int
read_number(uint64_t type, const uint8_t **at, const uint8_t *end, int64_t *out)
{
	static const uint8_t lengths[] = {0, 1, 2, 3, 4, 6, 8, 0, 0, 0};
	if (type < 1 || type > 9 || type == 7 || (size_t)(end - *at) < lengths[type])
		return ERR_INPUT;
	size_t len = lengths[type];
	uint64_t v = read_big_end(*at, len);
	if (len && len < 8 && v >> (8 * len - 1)) /* negative */
		v |= ~UINT64_C(0) << (8 * len);
	*out = len ? (int64_t)v : type == 9;
	*at += len;
	return 0;
}

/* The first two columns of a record; one that is no number ends the look. */
static int
read_record(const uint8_t *at, const uint8_t *end, int64_t key[2])
{
	uint64_t payload, header_len, types[2] = {0, 0};
	if (read_varint(&at, end, &payload))
		return ERR_INPUT;
	const uint8_t *header = at;
	if (read_varint(&at, end, &header_len) || header_len > (size_t)(end - header))
		return ERR_INPUT;
	const uint8_t *body = header + header_len;
	if (read_varint(&at, body, &types[0]))
		return ERR_INPUT;
	if (at < body && read_varint(&at, body, &types[1]))
		return ERR_INPUT;
	key[1] = INT64_MIN;
	if (read_number(types[0], &body, end, &key[0]))
		return ERR_INPUT;
	read_number(types[1], &body, end, &key[1]); /* or it stays the least */
	return 0;
}

static void walk_page(struct walk *w, uint64_t number, int depth);

static void
walk_cell(struct walk *w, const uint8_t *page, size_t offset, int depth)
{
	const uint8_t *at = page + offset + 4, *end = page + w->page_size;
	int64_t key[2] = {0, INT64_MIN};
	uint64_t rowid;
	int failed;
	if (offset + 4 > w->page_size)
		return;
	if (page[0] == INTERIOR_INDEX) {
		failed = read_record(at, end, key);
	} else {
		failed = read_varint(&at, end, &rowid);
		key[0] = failed ? 0 : (int64_t)rowid;
	}
	walk_page(w, read_big_end(page + offset, 4), depth);
	if (!failed)
		w->cb(key, w->arg);
}

/* Hand over the keys of the page NUMBER and of those below it, if they are above others. */
static void
walk_page(struct walk *w, uint64_t number, int depth)
{
	if (!number || depth > DEPTH_MAX || w->pages_left-- <= 0)
		return;
	uint8_t *page = mem_alloc(w->page_size);
	off_t offset = (off_t)((number - 1) * w->page_size);
	int is_whole = pread(w->fd, page, w->page_size, offset) == (ssize_t)w->page_size;
	if (is_whole && (page[0] == INTERIOR_INDEX || page[0] == INTERIOR_TABLE)) {
		size_t cells = read_big_end(page + 3, 2);
		for (size_t i = 0; i < cells && HEADER_LEN + 2 * i + 2 <= w->page_size; i++)
			walk_cell(w, page, read_big_end(page + HEADER_LEN + 2 * i, 2), depth + 1);
		walk_page(w, read_big_end(page + 8, 4), depth + 1);
	}
	mem_free(page);
}

void
store_each_separator(int fd, int64_t page_size, int64_t root, store_separator_cb cb, void *arg)
{
	off_t size = lseek(fd, 0, SEEK_END);
	if (root < 2 || page_size < 512 || size <= 0)
		return;
	struct walk w = {.fd = fd,
	    .page_size = (size_t)page_size,
	    .pages_left = size / page_size,
	    .cb = cb,
	    .arg = arg};
	walk_page(&w, (uint64_t)root, 0);
}
