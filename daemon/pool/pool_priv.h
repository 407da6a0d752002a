/*
 * pool_priv: what the two halves of pool share. pool.c owns the jobs, process.c the processes; a
 * job that a worker holds is in the worker's queue and nowhere else.
 */
#ifndef NEWSD_POOL_PRIV_H
#define NEWSD_POOL_PRIV_H

#include <event2/event.h>
#include <sys/types.h>

#include "pool.h"

/*
 * Jobs in one worker's socket. CPU of both sides for a job of nothing: 35 us with 1, 28 with 2, 20
 * with 4; for a news page (4.6 ms) no difference. With 2 a worker finds the next document waiting
 * when it has answered; more would put documents behind a slow one while another worker idles.
 */
#define PIPELINE 2

#define POOL_START_FAILURES_MAX 5 /* in a row, before jobs are refused */

struct task {
	struct task *next;
	struct job job; /* its strings live behind this struct */
	struct buf body;
	struct buf head; /* the frame up to the body, once a worker has it */
	size_t sent;     /* bytes of head and body that the socket took */
	uint64_t id;
	pool_done_cb done;
	void *arg;
	unsigned deaths;      /* workers that died over it */
	int signal;           /* that ended the last of them; 0: none */
	char *reason;         /* how, in words */
	struct reply *failed; /* set: to be answered with this */
};

struct task_list {
	struct task *first, **end; /* END is NULL or where the next pointer goes */
};

enum worker_state {
	WORKER_DOWN,     /* no process; to be started at DUE */
	WORKER_STARTING, /* until it says hello; killed at DUE */
	WORKER_READY,    /* killed at DUE when it holds a job */
	WORKER_LEAVING,  /* has served its time and been told to go; killed at DUE */
	WORKER_DYING,    /* killed or lost, to be reaped; looked at again at DUE */
};

enum worker_end { END_LOST, END_MALFORMED, END_CPU, END_WALL, END_RECYCLED };

struct worker {
	struct pool *pool;
	enum worker_state state;
	enum worker_end end; /* why it is dying */
	int said_hello;
	pid_t pid;
	int fd;
	struct event *readable, *writable;
	struct buf in;
	struct task *queue[PIPELINE]; /* the first is being worked on */
	size_t queue_len;
	size_t served;
	int64_t due_ms;      /* monotonic; INT64_MAX: never */
	int64_t turn_us;     /* when the first of the queue had its turn */
	int64_t turn_cpu_us; /* the worker's CPU time then; negative: it can't be read */
	int64_t used_cpu_ms; /* of the first of the queue, when it was last looked at */
};

struct pool {
	struct pool_options options;
	struct event_base *base;
	struct event *tick;
	int64_t tick_ms; /* when TICK fires; INT64_MAX: not armed */
	struct worker *workers;
	size_t workers_len;
	struct task_list queue;   /* waiting for a worker */
	struct task_list retries; /* waiting for a fresh worker */
	struct task_list failed;  /* waiting to be answered from the loop */
	size_t pending;
	int held; /* the caller wants no more answers for now */
	uint64_t next_id;
	unsigned start_failures; /* in a row, over all workers */
	struct pool_counters counters;
	unsigned sandbox; /* layers that hold in all workers so far */
	int sandbox_told;
	pool_death_cb on_death;
	pool_end_cb on_end;
	pool_sandbox_cb on_sandbox;
	void *on_death_arg, *on_end_arg, *on_sandbox_arg;
};

/* ---- pool.c ---- */

/* Give waiting jobs to workers that have room. */
void pool_pump(struct pool *p);
/* See to it that the tick comes at DUE_MS at the latest. */
void pool_wake_at(struct pool *p, int64_t due_ms);
/* Call back T's owner with REPLY and forget T. */
void pool_answer(struct pool *p, struct task *t, struct reply *reply);
/* Take back T from a worker that died, not because of it. */
void pool_take_back(struct pool *p, struct task *t);
/* The same because of it, by SIGNAL (0: none); STATUS and REASON are what it is answered in the
 * end.
 */
void pool_blame(struct pool *p, struct task *t, int signal, int status, const char *reason);
/* When no worker can be started, fail what waits for one. */
void pool_fail_waiting(struct pool *p);

/* ---- process.c ---- */

/* Spawn W's process. 0 or ERR_SYSTEM with F in words; W is down then. */
int worker_start(struct worker *w, struct fault *f);
/* 1 when W can take a job; FRESH: it must never have had one. */
int worker_has_room(const struct worker *w, int fresh);
/* Send T. W owns it until it is answered or taken back. */
void worker_give(struct worker *w, struct task *t);
/* Do what is due at NOW_MS. */
void worker_tick(struct worker *w, int64_t now_ms);
/* Kill, reap and forget. */
void worker_stop(struct worker *w);

#endif
