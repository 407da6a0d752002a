/*
 * worker: see include/worker.h. First everything is opened that the parsers will ever need, then
 * the sandbox is entered, then the parent is told, and only then comes the first document.
 */
#include "worker.h"

#include <errno.h>
#include <malloc.h>
#include <unistd.h>

#include "buf.h"
#include "digest.h"
#include "errors.h"
#include "sandbox.h"
#include "wire.h"

#define READ_CHUNK ((size_t)64 << 10)
#define KEPT_MAX   ((size_t)4 << 20) /* a larger buffer is given back after its document */

/*
 * A page's trees and buffers are freed after each document. With glibc's defaults (128 KB, moving)
 * the memory goes back to the kernel and is faulted in again for the next one: 5.4-6.4 ms of CPU a
 * news page against 4.2-4.8 ms with these; larger thresholds gained nothing more.
 */
#define MMAP_THRESHOLD (4 << 20)
#define TRIM_THRESHOLD (16 << 20)

static int
write_all(const struct buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(WORKER_FD, b->data + done, b->len - done);
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Read until IN holds a whole frame. 0: *SIZE is set; 1: the parent closed; negative: error. */
static int
read_frame(struct buf *in, size_t *size)
{
	for (;;) {
		int rc = wire_frame_size(in->data, in->len, size);
		if (rc || (*size && in->len >= *size))
			return rc;
		size_t want = *size > in->len + READ_CHUNK ? *size - in->len : READ_CHUNK;
		void *to = buf_reserve(in, want);
		if (!to)
			return ERR_LIMIT;
		ssize_t n = read(WORKER_FD, to, want);
		if (n == 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		buf_added(in, n > 0 ? (size_t)n : 0);
	}
}

static int
answer(const uint8_t *frame, size_t size, struct buf *out)
{
	struct job job;
	uint64_t id;
	int rc = wire_get_job(frame, size, &id, &job);
	if (rc)
		return rc;
	struct reply *reply = digest(&job);
	out->len = 0;
	/* the frame takes less than the records; growing by steps would hold two copies of it */
	buf_reserve(out, reply->arena.total);
	rc = wire_put_reply(out, id, reply);
	if (rc) {
		reply_fail(reply, rc, "what the parser made of it is too large");
		rc = wire_put_reply(out, id, reply);
	}
	reply_free(reply);
	return rc ? rc : write_all(out);
}

static void
give_back(struct buf *b)
{
	if (!b->len && b->cap > KEPT_MAX)
		buf_clear(b);
}

static int
serve(struct buf *in, struct buf *out, unsigned layers)
{
	wire_put_hello(out, layers);
	int rc = write_all(out);
	while (!rc) {
		size_t size;
		rc = read_frame(in, &size);
		if (!rc)
			rc = answer(in->data, size, out);
		if (!rc) {
			buf_drop_front(in, size);
			out->len = 0;
			give_back(in);
			give_back(out);
		}
	}
	return rc;
}

int
worker_main(void)
{
	struct buf in, out;
	unsigned layers;
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
#endif
	digest_prepare();
	if (sandbox_enter(WORKER_FD, &layers))
		return 1;
	buf_init(&in, WIRE_FRAME_MAX + READ_CHUNK);
	buf_init(&out, WIRE_FRAME_MAX);
	int rc = serve(&in, &out, layers);
	buf_clear(&in);
	buf_clear(&out);
	return rc == 1 ? 0 : 2;
}
