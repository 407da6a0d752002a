/*
 * fuzz_inflate: the first line is a Content-Encoding, the rest a body. What comes out stays within
 * its bound; what is refused says why; and twice the same is the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "inflate.h"
#include "mem.h"

#define ROOM_MAX ((size_t)3 << 19) /* past the size from which on the ratio counts */

static int
inflate(const char *encoding, const uint8_t *data, size_t size, struct buf *room, struct view *out)
{
	struct fault f = {0};
	buf_init(room, ROOM_MAX);
	int rc = inflate_body(encoding, data, size, room, out, &f);
	check(room->len <= ROOM_MAX);
	check(rc == 0 || rc == ERR_LIMIT || rc == ERR_INPUT || rc == ERR_UNSUPPORTED);
	check(rc == 0 || *f.text);
	return rc;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct buf one, two;
	struct view first = {0}, second = {0};
	const uint8_t *newline = size ? memchr(data, '\n', size) : NULL;
	size_t used = newline ? (size_t)(newline - data) + 1 : 0;
	char *encoding = arena_strndup(&a, (const char *)data, used ? used - 1 : 0);
	data += used;
	size -= used;
	int rc = inflate(encoding, data, size, &one, &first);
	check(inflate(encoding, data, size, &two, &second) == rc);
	if (!rc) {
		check(first.len == second.len && first.len <= (size > ROOM_MAX ? size : ROOM_MAX));
		check(!first.len || !memcmp(first.data, second.data, first.len));
	}
	buf_clear(&one);
	buf_clear(&two);
	arena_clear(&a);
	return 0;
}
