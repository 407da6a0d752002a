/*
 * fuzz_wire: bytes of a hostile peer. A reply that is taken must be written back as the same bytes:
 * then nothing in it was overlooked, and nothing was read twice.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try_reply(const uint8_t *data, size_t size)
{
	struct reply *reply;
	struct buf again;
	uint64_t id;
	if (wire_get_reply(data, size, &id, &reply))
		return;
	buf_init(&again, WIRE_FRAME_MAX);
	if (wire_put_reply(&again, id, reply) || again.len != size ||
	    memcmp(again.data, data, size) != 0)
		abort();
	buf_clear(&again);
	reply_free(reply);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct job job;
	uint64_t id;
	size_t need;
	unsigned layers;
	wire_frame_size(data, size, &need);
	wire_get_job(data, size, &id, &job);
	wire_is_hello(data, size, &layers);
	try_reply(data, size);
	return 0;
}
