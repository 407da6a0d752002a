/*
 * wire: job and reply as bytes between the main process and its workers. The peer is hostile: every
 * length is checked, every string of a reply must be UTF-8, every count bounded, every enum in
 * range, every URL that will be fetched a web URL, every link within its block's text. Pure.
 *
 * A frame: u32 length of the rest, u32 magic with version, u64 id, u8 kind (hello, job or reply),
 * payload. A worker says hello (no payload; id: the layers of its sandbox) once, when that is
 * closed. Numbers are little-endian; a string is u32 length + bytes + NUL, or the length UINT32_MAX
 * alone for NULL. What a record's payload holds is said once, in wire.c's tables, for both
 * directions.
 */
#ifndef NEWSD_WIRE_H
#define NEWSD_WIRE_H

#include "buf.h"
#include "errors.h"
#include "record.h"

#define WORKER_FD      3 /* where a worker finds its socket */
#define WIRE_VERSION   5u
#define WIRE_HEADER    17u
#define WIRE_FRAME_MAX (64u << 20) /* bytes of a whole frame */
/* ... of a reply, but for a list of feeds, which is the operator's own file: the main process
 * decodes it in its loop, and 16 MB take 10 to 25 ms there, whatever they hold, where 64 took 90 to
 * 230. */
#define WIRE_REPLY_MAX (16u << 20)

/* Append the frame by which a worker says that it is ready; LAYERS: bits of sandbox.h. */
void wire_put_hello(struct buf *out, unsigned layers);
/* 1 when DATA, a whole frame, is that. */
int wire_is_hello(const uint8_t *data, size_t len, unsigned *layers);
/* Append the frame's head for JOB with everything but its body, which the caller sends right behind
 * (body_len bytes): bodies are never copied. ERR_LIMIT, and nothing appended, over the frame. */
int wire_put_job_head(struct buf *out, uint64_t id, const struct job *job);
/* Look at DATA: 0 and *NEED = bytes of the whole first frame once 4 bytes are there (0: not yet);
 * ERR_LIMIT or ERR_VERSION when it can't be one. */
int wire_frame_size(const uint8_t *data, size_t len, size_t *need);
/* Decode a whole frame. The job's strings and body point into DATA. ERR_INPUT, ERR_VERSION. */
int wire_get_job(const uint8_t *data, size_t len, uint64_t *id, struct job *job);
/* Append REPLY. ERR_LIMIT, and nothing appended, over the bound of replies or OUT's maximum. */
int wire_put_reply(struct buf *out, uint64_t id, const struct reply *reply);
/* Decode a whole frame into a new *REPLY, the caller's to free. ERR_INPUT, ERR_VERSION: none is
 * made. */
int wire_get_reply(const uint8_t *data, size_t len, uint64_t *id, struct reply **reply);

#endif
