/* pool: see include/pool.h. This half owns the jobs; process.c owns the processes. */
#include "pool.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "digest.h"
#include "pool_priv.h"
#include "wire.h"

#define DEATHS_MAX 2 /* workers that one document may kill */

/* ---- lists of jobs ---- */

static void
list_append(struct task_list *l, struct task *t)
{
	t->next = NULL;
	if (!l->first)
		l->end = &l->first;
	*l->end = t;
	l->end = &t->next;
}

static void
list_prepend(struct task_list *l, struct task *t)
{
	if (!l->first)
		l->end = &t->next;
	t->next = l->first;
	l->first = t;
}

/* Put what is in FROM, which is not empty, before what is in L. */
static void
list_put_before(struct task_list *l, struct task_list *from)
{
	*from->end = l->first;
	if (!l->first)
		l->end = from->end;
	l->first = from->first;
}

static struct task *
list_take(struct task_list *l)
{
	struct task *t = l->first;
	if (t)
		l->first = t->next;
	return t;
}

/* ---- jobs ---- */

static const char *
copy_string(char **to, const char *s)
{
	size_t size = s ? strlen(s) + 1 : 1;
	char *copy = memcpy(*to, s ? s : "", size);
	*to += size;
	return copy;
}

static struct task *
task_new(const struct job *job, struct buf *body)
{
	const char *strings[] = {job->url, job->content_type, job->content_encoding,
	    job->content_location, job->link, job->agent, job->witness_title, job->witness,
	    job->subject};
	size_t size = sizeof(struct task) + (job->subject || !job->url ? 0 : strlen(job->url));
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		size += (strings[i] ? strlen(strings[i]) : 0) + 1;
	struct task *t = mem_alloc(size);
	char *to = (char *)(t + 1);
	*t = (struct task){.job = *job};
	t->job.url = copy_string(&to, job->url);
	t->job.content_type = copy_string(&to, job->content_type);
	t->job.content_encoding = copy_string(&to, job->content_encoding);
	t->job.content_location = copy_string(&to, job->content_location);
	t->job.link = copy_string(&to, job->link);
	t->job.agent = copy_string(&to, job->agent);
	t->job.witness_title = copy_string(&to, job->witness_title);
	t->job.witness = copy_string(&to, job->witness);
	t->job.subject = copy_string(&to, job->subject ? job->subject : job->url);
	buf_move(&t->body, body);
	t->job.body = t->body.data;
	t->job.body_len = t->body.len;
	return t;
}

static void
task_free(struct task *t)
{
	buf_clear(&t->body);
	buf_clear(&t->head);
	reply_free(t->failed);
	mem_free(t->reason);
	mem_free(t);
}

static void
list_free(struct task_list *l)
{
	for (struct task *t; (t = list_take(l));)
		task_free(t);
}

void
pool_answer(struct pool *p, struct task *t, struct reply *reply)
{
	pool_done_cb done = t->done;
	void *arg = t->arg;
	struct pool_end end = {&t->job, reply, t->deaths, t->signal, t->reason, &t->body};
	if (p->on_end)
		p->on_end(&end, p->on_end_arg);
	task_free(t); /* first: the callee may look at the budget that its body was charged to */
	p->pending--;
	p->counters.jobs++;
	done(reply, arg);
}

/* Have T answered from the loop. */
static void
fail_task(struct pool *p, struct task *t, int status, const char *reason)
{
	t->failed = reply_new(t->job.kind);
	reply_fail(t->failed, status, "%s", reason);
	list_append(&p->failed, t);
	pool_wake_at(p, clock_mono_ms());
}

void
pool_take_back(struct pool *p, struct task *t)
{
	t->sent = 0;
	buf_clear(&t->head);
	list_prepend(&p->queue, t);
}

void
pool_blame(struct pool *p, struct task *t, int signal, int status, const char *reason)
{
	t->sent = 0;
	buf_clear(&t->head);
	t->signal = signal;
	mem_free(t->reason);
	t->reason = mem_strdup(reason);
	if (++t->deaths >= DEATHS_MAX)
		fail_task(p, t, status, reason);
	else
		list_append(&p->retries, t);
}

void
pool_fail_waiting(struct pool *p)
{
	static const char reason[] = "no worker process can be started";
	int ready = 0;
	if (p->start_failures < POOL_START_FAILURES_MAX)
		return;
	for (size_t i = 0; i < p->workers_len; i++)
		ready |= p->workers[i].state == WORKER_READY;
	for (struct task *t; (t = list_take(&p->retries));) /* these want a fresh one */
		fail_task(p, t, ERR_SYSTEM, reason);
	for (struct task *t; !ready && (t = list_take(&p->queue));)
		fail_task(p, t, ERR_SYSTEM, reason);
}

static void
answer_failed(struct pool *p)
{
	/* what a callback submits now may fail at once: that is for the next turn */
	struct task_list todo = p->failed;
	p->failed.first = NULL;
	for (struct task *t; (t = list_take(&todo));) {
		struct reply *reply = t->failed;
		t->failed = NULL;
		pool_answer(p, t, reply);
	}
}

/* The worker with the fewest jobs, so that none waits behind another while a process is idle. */
static struct worker *
find_worker(struct pool *p, int fresh)
{
	struct worker *best = NULL;
	for (size_t i = 0; i < p->workers_len; i++) {
		struct worker *w = &p->workers[i];
		if (worker_has_room(w, fresh) && (!best || w->queue_len < best->queue_len))
			best = w;
	}
	return best;
}

static void
give_all(struct pool *p, struct task_list *from, int fresh)
{
	for (struct worker *w; from->first && (w = find_worker(p, fresh));) {
		struct task *t = list_take(from);
		buf_init(&t->head, WIRE_FRAME_MAX);
		t->id = ++p->next_id;
		if (wire_put_job_head(&t->head, t->id, &t->job))
			fail_task(p, t, ERR_LIMIT, "too large for a worker");
		else
			worker_give(w, t);
	}
}

void
pool_pump(struct pool *p)
{
	if (!p->held) {
		give_all(p, &p->retries, 1);
		give_all(p, &p->queue, 0);
	}
	pool_fail_waiting(p);
}

void
pool_hold(struct pool *p, int on)
{
	if (p->held == on)
		return;
	p->held = on;
	if (on)
		return;
	if (p->workers_len)
		pool_pump(p);
	else
		pool_wake_at(p, clock_mono_ms());
}

/* ---- time ---- */

void
pool_wake_at(struct pool *p, int64_t due_ms)
{
	int64_t now_ms = clock_mono_ms(), delay_ms = due_ms - now_ms;
	/* one that is armed comes first, unless the clock has run past it and it has not come */
	if (due_ms >= p->tick_ms && p->tick_ms >= now_ms)
		return;
	if (delay_ms < 0)
		delay_ms = 0;
	struct timeval tv = {(time_t)(delay_ms / 1000), (suseconds_t)(delay_ms % 1000 * 1000)};
	p->tick_ms = due_ms;
	event_add(p->tick, &tv);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct pool *p = arg;
	int64_t now_ms = clock_mono_ms();
	p->tick_ms = INT64_MAX;
	for (size_t i = 0; i < p->workers_len; i++) {
		struct worker *w = &p->workers[i];
		if (w->due_ms <= now_ms)
			worker_tick(w, now_ms);
		pool_wake_at(p, w->due_ms);
	}
	if (p->workers_len)
		pool_pump(p);
	else
		pool_run(p);
	answer_failed(p);
}

/* ---- the door ---- */

int
pool_new(struct pool **out, struct event_base *base, const struct pool_options *o, struct fault *f)
{
	struct pool *p = mem_zalloc(sizeof *p);
	int rc = 0;
	p->options = *o;
	p->base = base;
	p->tick_ms = INT64_MAX;
	p->tick = event_new(base, -1, 0, on_tick, p);
	p->workers_len = o->workers > 0 ? (size_t)o->workers : 0;
	p->workers = mem_zalloc(p->workers_len * sizeof *p->workers);
	for (size_t i = 0; i < p->workers_len; i++)
		p->workers[i] = (struct worker){.pool = p, .fd = -1, .due_ms = INT64_MAX};
	for (size_t i = 0; i < p->workers_len && !rc; i++)
		rc = worker_start(&p->workers[i], f);
	if (rc) {
		pool_free(p);
		return rc;
	}
	if (!p->workers_len)
		digest_prepare();
	*out = p;
	return 0;
}

void
pool_on_death(struct pool *p, pool_death_cb cb, void *arg)
{
	p->on_death = cb;
	p->on_death_arg = arg;
}

void
pool_on_end(struct pool *p, pool_end_cb cb, void *arg)
{
	p->on_end = cb;
	p->on_end_arg = arg;
}

void
pool_on_sandbox(struct pool *p, pool_sandbox_cb cb, void *arg)
{
	p->on_sandbox = cb;
	p->on_sandbox_arg = arg;
}

int
pool_sandbox(const struct pool *p)
{
	return p->sandbox_told ? (int)p->sandbox : -1;
}

size_t
pool_room(const struct pool *p)
{
	return p->options.queue_max > p->pending ? p->options.queue_max - p->pending : 0;
}

void
pool_submit(struct pool *p, const struct job *job, struct buf *body, pool_done_cb done, void *arg)
{
	assert(pool_room(p));
	struct task *t = task_new(job, body);
	t->done = done;
	t->arg = arg;
	p->pending++;
	list_append(&p->queue, t);
	if (p->workers_len)
		pool_pump(p);
	else
		pool_wake_at(p, clock_mono_ms());
}

size_t
pool_run(struct pool *p)
{
	size_t count = 0;
	if (p->workers_len || p->held)
		return 0;
	/* what a callback submits now is for the next call: this one ends */
	struct task_list todo = p->queue;
	p->queue.first = NULL;
	for (struct task *t; !p->held && (t = list_take(&todo)); count++) {
		int64_t from_us = clock_mono_us();
		struct reply *reply = digest(&t->job);
		p->counters.busy_us += clock_mono_us() - from_us;
		pool_answer(p, t, reply);
	}
	if (todo.first)
		list_put_before(&p->queue, &todo);
	return count;
}

size_t
pool_pending(const struct pool *p)
{
	return p->pending;
}

const struct pool_counters *
pool_counters(const struct pool *p)
{
	return &p->counters;
}

size_t
pool_pids(const struct pool *p, int *pids, size_t max)
{
	size_t count = 0;
	for (size_t i = 0; i < p->workers_len; i++)
		if (p->workers[i].pid > 0) {
			if (count < max)
				pids[count] = p->workers[i].pid;
			count++;
		}
	return count;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	for (size_t i = 0; i < p->workers_len; i++) {
		struct worker *w = &p->workers[i];
		worker_stop(w);
		for (size_t k = 0; k < w->queue_len; k++)
			task_free(w->queue[k]);
	}
	list_free(&p->queue);
	list_free(&p->retries);
	list_free(&p->failed);
	event_free(p->tick);
	mem_free(p->workers);
	mem_free(p);
}
