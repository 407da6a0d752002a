/*
 * pool: N worker processes on socketpairs, or the same work inline with 0 workers. Owns the
 * processes: spawns them from /proc/self/exe with --worker, watches deadlines, kills, reaps,
 * respawns, recycles. A document that kills a worker is tried once more in a fresh one; then its
 * reply's status is ERR_CRASHED or ERR_TIMEOUT. When no worker can be started at all, jobs are
 * answered ERR_SYSTEM. Never parses.
 */
#ifndef NEWSD_POOL_H
#define NEWSD_POOL_H

#include "buf.h"
#include "errors.h"
#include "record.h"

struct event_base;
struct pool;

struct pool_options {
	int workers;            /* 0: inline */
	int64_t cpu_ms;         /* CPU time of one document, 0: any; 2000 */
	int64_t deadline_ms;    /* wall time of one document; 5000 */
	size_t documents_max;   /* recycle a worker after so many; 10000 */
	size_t queue_max;       /* jobs accepted and not yet answered */
	const char *executable; /* NULL: /proc/self/exe */
};

struct pool_counters {
	uint64_t jobs;     /* answered */
	uint64_t crashes;  /* deaths over a document, also by a malformed answer */
	uint64_t timeouts; /* kills because of CPU or wall time */
	uint64_t respawns; /* starts after the first of each worker, but for recycling */
	uint64_t recycled;
	int64_t busy_us; /* sum of times between a job's turn in its worker and its reply */
};

/* REPLY belongs to the callee. Called from the loop, or (inline) from pool_run. Must not free the
 * pool. */
typedef void (*pool_done_cb)(struct reply *reply, void *arg);
/* A worker died over the document at URL. SIGNAL 0: it exited. HOW: a word, "died", "malformed" (it
 * gave such an answer and was killed), "cpu" or "wall" (it was killed at that bound). */
typedef void (*pool_death_cb)(const char *url, int pid, int signal, const char *how, void *arg);
/* How a job ended, told right before its reply is handed on. All is valid within the call. */
struct pool_end {
	const struct job *job;
	const struct reply *reply;
	unsigned deaths;    /* workers that died over the document; 0: none */
	int signal;         /* that ended the last of them; 0: it exited */
	const char *reason; /* how it ended, in words; NULL: none died */
	struct buf *body;   /* as it was submitted; may be taken */
};
typedef void (*pool_end_cb)(const struct pool_end *end, void *arg);
/* The first worker is ready; LAYERS: of its sandbox, bits of sandbox.h. */
typedef void (*pool_sandbox_cb)(unsigned layers, void *arg);

/* Start the workers on BASE, which must outlive the pool. ERR_SYSTEM when the first can't be
 * spawned. */
int
pool_new(struct pool **out, struct event_base *base, const struct pool_options *o, struct fault *f);
void pool_on_death(struct pool *p, pool_death_cb cb, void *arg);
void pool_on_end(struct pool *p, pool_end_cb cb, void *arg);
/* CB is called once, from the loop; not in inline mode. */
void pool_on_sandbox(struct pool *p, pool_sandbox_cb cb, void *arg);
/* The layers that hold in every worker that was ready so far; negative before the first and inline.
 */
int pool_sandbox(const struct pool *p);
/* Jobs that may still be submitted. */
size_t pool_room(const struct pool *p);
/*
 * Hand in JOB (its strings are copied) with BODY, whose bytes the pool takes (BODY is empty
 * afterwards); job->body is ignored. There must be room (asserted). DONE is called once, never from
 * within this call.
 */
void
pool_submit(struct pool *p, const struct job *job, struct buf *body, pool_done_cb done, void *arg);
/* While ON, give the workers nothing new: for a caller who has enough documents to deal with. */
void pool_hold(struct pool *p, int on);
/* Inline mode: do what was submitted; returns how many (the loop does it too when nobody calls
 * this). With workers: 0. */
size_t pool_run(struct pool *p);
size_t pool_pending(const struct pool *p);
const struct pool_counters *pool_counters(const struct pool *p);
/* The pids, for tests and status; returns how many are alive (at most MAX are written). */
size_t pool_pids(const struct pool *p, int *pids, size_t max);
/* Ends the workers (kill, wait) and forgets pending jobs without calling back. NULL is fine. */
void pool_free(struct pool *p);

#endif
