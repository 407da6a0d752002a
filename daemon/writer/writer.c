/*
 * writer: the thread, its queue, its batches. The only file with a thread in it.
 *
 * A write goes loop -> incoming -> batch (one transaction) -> finished -> loop. The mutex guards
 * the two lists and the counters; a write belongs to exactly one of the places at any moment.
 */
#include <assert.h>
#include <errno.h>
#include <event2/event.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#include "clock.h"
#include "judge.h"
#include "log.h"
#include "writer_priv.h"

#define RETRY_S           2 /* between two tries of a batch that the disk refused */
/*
 * So many times commit_rows go into one batch when they wait already, because the one before took
 * its time: scattered index pages are then written once rather than in each of 8 commits. Of a
 * first poll of 2,000 feeds, 60,000 articles, the writer's CPU fell by a fifth; a batch takes half
 * a second.
 */
#define BEHIND_FACTOR     8
#define CHECKPOINT_ROWS   20000 /* rows between two checkpoints under load */
#define CHECKPOINT_IDLE_S 5     /* or so long after the last write */
#define PRUNE_EVERY_S     3600
#define PRUNE_ROWS        20000 /* at once, when there is nothing else to do */
#define PRUNE_SLICE       1000  /* after a batch, 2 ms; idle times do the rest */
#define STOP_STEPS        20    /* of judging, before an orderly end: a second; the rest can wait */
#define HAND_BACK_MS      5     /* of the loop's time at once: 500 rows of a batch took it 35 ms */

struct list {
	struct write *first, *last;
	size_t len, rows;
};

struct writer {
	struct store *store;
	struct writer_options o;
	struct event *wake; /* reads the eventfd on the loop */
	int wake_fd;
	writer_trouble_cb on_trouble;
	void *on_trouble_arg;

	pthread_t thread;
	pthread_mutex_t mutex;
	pthread_cond_t cond;
	struct list incoming, finished;
	size_t in_batch;
	int stop;
	struct writer_counters counters;
	struct fault trouble;
	int trouble_changed;

	/* the thread's own */
	struct judge *judge;
	int to_judge; /* 1: there may be something */
	size_t rows_since_checkpoint;
	int64_t last_write_ms, next_prune_ms;
};

/* What a write means to the store, roughly: a feed of 30 entries is more than one 304. */
static size_t
rows_of(const struct write *w)
{
	int is_document = w->kind == WRITE_POLL && w->reply && w->reply->feed;
	return 1 + (is_document ? w->reply->feed->items_len : 0);
}

static void
list_add(struct list *l, struct write *w)
{
	w->next = NULL;
	if (l->last)
		l->last->next = w;
	else
		l->first = w;
	l->last = w;
	l->len++;
	l->rows += rows_of(w);
}

static void
list_append(struct list *to, struct list *from)
{
	if (!from->first)
		return;
	if (to->last)
		to->last->next = from->first;
	else
		to->first = from->first;
	to->last = from->last;
	to->len += from->len;
	to->rows += from->rows;
	*from = (struct list){0};
}

static struct write *
list_pop(struct list *l)
{
	struct write *w = l->first;
	if (!w)
		return NULL;
	l->first = w->next;
	if (!l->first)
		l->last = NULL;
	l->len--;
	l->rows -= rows_of(w);
	w->next = NULL;
	return w;
}

/* The first writes of L, until they make ROWS_MAX rows. */
static struct list
list_take(struct list *l, size_t rows_max)
{
	struct list taken = {0};
	while (l->first && taken.rows < rows_max)
		list_add(&taken, list_pop(l));
	return taken;
}

struct write *
write_new(enum write_kind kind, write_done_cb done, void *arg)
{
	struct write *w = mem_zalloc(sizeof *w);
	w->kind = kind;
	w->done = done;
	w->arg = arg;
	w->submitted_ms = clock_mono_ms();
	return w;
}

void
write_free(struct write *w)
{
	if (!w)
		return;
	if (w->kind == WRITE_POLL)
		arena_clear(&w->u.poll.result.arena);
	if (w->kind == WRITE_DEATH)
		buf_clear(&w->u.death.document);
	reply_free(w->reply);
	arena_clear(&w->in);
	arena_clear(&w->out);
	mem_free(w);
}

/* ---- batches: on the writer's thread ---- */

/* 1: the store as a whole is in trouble, so that trying again later may help. */
static int
is_store_trouble(int status)
{
	return status == ERR_FULL || status == ERR_IO || status == ERR_BUSY ||
	       status == ERR_CORRUPT || status == ERR_READONLY || status == ERR_DENIED;
}

static int
apply_in_transaction(struct writer *w, struct list *batch)
{
	int status = store_begin(w->store);
	for (struct write *x = batch->first; x && !status; x = x->next)
		if (!x->settled)
			status = apply_write(w->store, x);
	if (!status)
		status = store_commit(w->store);
	if (status)
		store_rollback(w->store);
	return status;
}

/* Something in the batch is refused by the store itself: find it, and let it fail alone. Trouble
 * may come in between: what is settled by then is not done again with the rest. */
static int
apply_one_by_one(struct writer *w, struct list *batch)
{
	for (struct write *x = batch->first; x; x = x->next) {
		if (x->settled)
			continue;
		struct list one = {.first = x, .last = x, .len = 1};
		struct write *rest = x->next;
		x->next = NULL;
		int status = apply_in_transaction(w, &one);
		x->next = rest;
		if (is_store_trouble(status))
			return status;
		x->settled = 1;
		x->status = status;
		if (status)
			x->fault = *store_fault(w->store);
	}
	return 0;
}

static void
set_trouble(struct writer *w, const struct fault *f)
{
	pthread_mutex_lock(&w->mutex);
	if (!f != !w->trouble.code) {
		w->trouble_changed = 1;
		w->trouble = f ? *f : (struct fault){0};
		memcpy(w->counters.trouble, w->trouble.text, sizeof w->counters.trouble);
	}
	pthread_mutex_unlock(&w->mutex);
}

static void
wake_loop(struct writer *w)
{
	uint64_t one = 1;
	if (w->wake_fd >= 0 && write(w->wake_fd, &one, sizeof one) != sizeof one && errno != EAGAIN)
		log_error("waking the loop failed: %s", strerror(errno));
}

/* Wait up to S seconds for the order to stop. Returns 1 when it came. The mutex is not held. */
static int
wait_for_stop(struct writer *w, int s)
{
	struct timespec until;
	clock_deadline(&until, s * INT64_C(1000));
	pthread_mutex_lock(&w->mutex);
	while (!w->stop && !pthread_cond_timedwait(&w->cond, &w->mutex, &until))
		;
	int stop = w->stop;
	pthread_mutex_unlock(&w->mutex);
	return stop;
}

/* 1: an operator decided about stories. */
static int
has_order(const struct list *batch)
{
	for (const struct write *x = batch->first; x; x = x->next)
		if (x->kind == WRITE_STORY && !x->status)
			return 1;
	return 0;
}

/* A part of the judging, after a batch or instead of idleness. Trouble shows up in the next batch;
 * what was not judged is tried again then. */
static void
judge_some(struct writer *w)
{
	struct story_figures figures;
	int failed = judge_step(w->judge, &w->to_judge);
	judge_measure(w->judge, &figures);
	pthread_mutex_lock(&w->mutex);
	if (failed && !w->counters.judging_failed)
		log_warn("stories are not judged for now: %s", store_fault(w->store)->text);
	w->counters.judging_failed = failed != 0;
	w->counters.stories_ready = judge_is_ready(w->judge);
	w->counters.stories = figures;
	pthread_mutex_unlock(&w->mutex);
}

/* Apply BATCH, holding it back for as long as the store is in trouble. Returns 0; or an error when
 * told to stop. */
static int
apply_batch(struct writer *w, struct list *batch)
{
	for (;;) {
		int64_t start = clock_mono_ms();
		int status = apply_in_transaction(w, batch);
		if (status && !is_store_trouble(status))
			status = apply_one_by_one(w, batch);
		int64_t ms = clock_mono_ms() - start;
		if (!status) {
			set_trouble(w, NULL);
			pthread_mutex_lock(&w->mutex);
			w->counters.commits++;
			w->counters.writes += batch->len;
			for (struct write *x = batch->first; x; x = x->next)
				w->counters.failed += x->status != 0;
			if (ms > w->counters.slowest_commit_ms)
				w->counters.slowest_commit_ms = ms;
			pthread_mutex_unlock(&w->mutex);
			w->rows_since_checkpoint += batch->rows;
			w->to_judge = 1;
			if (has_order(batch))
				judge_restart(w->judge);
			w->last_write_ms = clock_mono_ms();
			return 0;
		}
		set_trouble(w, store_fault(w->store));
		wake_loop(w);
		if (!w->o.threaded || wait_for_stop(w, RETRY_S))
			return status;
	}
}

/* Drop old polls, at most ROWS of them, when it is time; what is left is dropped the next time. */
static void
prune_polls(struct writer *w, size_t rows)
{
	int64_t mono = clock_mono_ms(), now = clock_now();
	size_t removed;
	if (w->o.keep_polls_s <= 0 || mono < w->next_prune_ms)
		return;
	store_prune_polls(w->store, now - w->o.keep_polls_s, now, rows, &removed);
	w->rows_since_checkpoint += removed;
	if (removed < rows)
		w->next_prune_ms = mono + PRUNE_EVERY_S * INT64_C(1000);
}

/* Between batches: move the WAL, drop old polls. Failures show up in the next batch; they lose
 * nothing. */
static void
keep_house(struct writer *w, int idle)
{
	int64_t now = clock_mono_ms();
	if (w->rows_since_checkpoint >= CHECKPOINT_ROWS ||
	    (idle && w->rows_since_checkpoint &&
		now - w->last_write_ms >= CHECKPOINT_IDLE_S * 1000)) {
		w->rows_since_checkpoint = 0;
		store_checkpoint(w->store, 0);
	}
	prune_polls(w, idle ? PRUNE_ROWS : PRUNE_SLICE);
}

/* How long the oldest write that waits may still do so, in milliseconds. */
static int64_t
wait_left(const struct writer *w)
{
	return w->incoming.first->submitted_ms + w->o.commit_interval_ms - clock_mono_ms();
}

/* What waits is a batch. The mutex is held. */
static int
is_due(const struct writer *w)
{
	return w->incoming.first && (w->incoming.rows >= w->o.commit_rows || wait_left(w) <= 0);
}

/* Wait for a batch: until it is full, or its oldest write is old enough, or we are told to stop.
 * Who has something else to do meanwhile gets an empty one instead of the wait. */
static struct list
next_batch(struct writer *w, int *stop)
{
	struct list batch = {0};
	struct timespec until;
	pthread_mutex_lock(&w->mutex);
	while (!w->stop && !w->to_judge && !w->incoming.first) {
		clock_deadline(&until, 1000);
		if (pthread_cond_timedwait(&w->cond, &w->mutex, &until) == ETIMEDOUT)
			break;
	}
	while (!w->stop && !w->to_judge && w->incoming.first && !is_due(w)) {
		clock_deadline(&until, wait_left(w));
		pthread_cond_timedwait(&w->cond, &w->mutex, &until);
	}
	if (w->stop || is_due(w))
		batch = list_take(&w->incoming, w->o.commit_rows * BEHIND_FACTOR);
	w->in_batch = batch.len;
	*stop = w->stop && !batch.len;
	pthread_mutex_unlock(&w->mutex);
	return batch;
}

static void
finish_batch(struct writer *w, struct list *batch)
{
	pthread_mutex_lock(&w->mutex);
	w->in_batch = 0;
	list_append(&w->finished, batch);
	pthread_mutex_unlock(&w->mutex);
	wake_loop(w);
}

static void *
run_thread(void *arg)
{
	struct writer *w = arg;
	for (;;) {
		int stop;
		struct list batch = next_batch(w, &stop);
		if (stop) {
			for (int i = 0; i < STOP_STEPS && w->to_judge; i++)
				judge_some(w);
			return NULL;
		}
		if (!batch.len && w->to_judge) {
			judge_some(w);
			continue;
		}
		if (!batch.len) {
			keep_house(w, 1);
			w->to_judge = w->counters.judging_failed; /* once more */
			continue;
		}
		int status = apply_batch(w, &batch);
		if (status) { /* told to stop while the store refuses: what is open will be done
				 again */
			for (struct write *x = batch.first; x; x = x->next)
				if (!x->settled)
					x->status = status;
			finish_batch(w, &batch);
			return NULL;
		}
		finish_batch(w, &batch);
		keep_house(w, 0);
		judge_some(w); /* also when batches come without a pause */
	}
}

/* ---- on the loop ---- */

/* Hand back what is finished, for about MAX_MS; the rest stays. */
static size_t
hand_back(struct writer *w, int64_t max_ms)
{
	int64_t start = clock_mono_ms();
	pthread_mutex_lock(&w->mutex);
	struct list done = w->finished;
	w->finished = (struct list){0};
	int changed = w->trouble_changed;
	struct fault trouble = w->trouble;
	w->trouble_changed = 0;
	pthread_mutex_unlock(&w->mutex);
	if (changed && w->on_trouble)
		w->on_trouble(trouble.code ? &trouble : NULL, w->on_trouble_arg);
	size_t n = 0;
	for (struct write *x; clock_mono_ms() - start < max_ms && (x = list_pop(&done)); n++) {
		if (x->done)
			x->done(x, x->arg);
		write_free(x);
	}
	pthread_mutex_lock(&w->mutex);
	list_append(&done, &w->finished);
	w->finished = done;
	pthread_mutex_unlock(&w->mutex);
	return n;
}

static void
on_wake(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct writer *w = arg;
	uint64_t count;
	if (read(fd, &count, sizeof count) != sizeof count)
		return;
	hand_back(w, HAND_BACK_MS);
	pthread_mutex_lock(&w->mutex);
	int more = w->finished.first != NULL;
	pthread_mutex_unlock(&w->mutex);
	if (more)
		wake_loop(w);
}

int
writer_new(struct writer **out, struct event_base *base, struct store *store,
    const struct writer_options *o, struct fault *f)
{
	struct writer *w = mem_zalloc(sizeof *w);
	w->store = store;
	w->o = *o;
	w->wake_fd = -1;
	w->last_write_ms = clock_mono_ms();
	w->judge = judge_new(store, &o->stories);
	w->to_judge = 1;
	pthread_condattr_t attr;
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_mutex_init(&w->mutex, NULL);
	pthread_cond_init(&w->cond, &attr);
	pthread_condattr_destroy(&attr);
	*out = w;
	if (!o->threaded)
		return 0;
	w->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	w->wake =
	    w->wake_fd >= 0 ? event_new(base, w->wake_fd, EV_READ | EV_PERSIST, on_wake, w) : NULL;
	int failed = !w->wake || event_add(w->wake, NULL)
			 ? errno
			 : pthread_create(&w->thread, NULL, run_thread, w);
	if (!failed)
		return 0;
	w->o.threaded = 0;
	w->store = NULL; /* stays the caller's */
	writer_free(w);
	*out = NULL;
	return fault_set(f, ERR_SYSTEM, "the writer thread can't start: %s", strerror(failed));
}

void
writer_on_trouble(struct writer *w, writer_trouble_cb cb, void *arg)
{
	w->on_trouble = cb;
	w->on_trouble_arg = arg;
}

size_t
writer_pending(const struct writer *w)
{
	pthread_mutex_t *mutex = (pthread_mutex_t *)&w->mutex;
	pthread_mutex_lock(mutex);
	size_t n = w->incoming.len + w->in_batch + w->finished.len;
	pthread_mutex_unlock(mutex);
	return n;
}

size_t
writer_room(const struct writer *w)
{
	size_t pending = writer_pending(w);
	return pending < w->o.queue_max ? w->o.queue_max - pending : 0;
}

void
writer_submit(struct writer *wr, struct write *w)
{
	w->submitted_ms = clock_mono_ms();
	pthread_mutex_lock(&wr->mutex);
	list_add(&wr->incoming, w);
	/* the thread waits for the first write, and for a full batch; in between its own timer
	 * wakes it */
	if (wr->incoming.len == 1 || wr->incoming.rows >= wr->o.commit_rows)
		pthread_cond_signal(&wr->cond);
	pthread_mutex_unlock(&wr->mutex);
}

size_t
writer_run(struct writer *w)
{
	assert(!w->o.threaded);
	struct list batch = list_take(&w->incoming, SIZE_MAX);
	if (batch.len && apply_batch(w, &batch)) {
		list_append(&batch, &w->incoming);
		w->incoming = batch;
		hand_back(w, INT64_MAX); /* for the word of trouble */
		return 0;
	}
	if (batch.len)
		keep_house(w, 0);
	list_append(&w->finished, &batch);
	while (w->to_judge)
		judge_some(w);
	return hand_back(w, INT64_MAX);
}

void
writer_read_counters(struct writer *w, struct writer_counters *out)
{
	pthread_mutex_lock(&w->mutex);
	*out = w->counters;
	out->oldest_ms = w->incoming.first ? w->incoming.first->submitted_ms : 0;
	pthread_mutex_unlock(&w->mutex);
}

void
writer_free(struct writer *w)
{
	if (!w)
		return;
	pthread_mutex_lock(&w->mutex);
	w->stop = 1;
	pthread_cond_signal(&w->cond);
	pthread_mutex_unlock(&w->mutex);
	if (w->o.threaded)
		pthread_join(w->thread, NULL);
	else if (w->store)
		writer_run(w);
	hand_back(w, INT64_MAX);
	struct list rest = w->incoming;
	for (struct write *x = rest.first, *next; x; x = next) {
		next = x->next;
		write_free(x);
	}
	if (w->wake)
		event_free(w->wake);
	if (w->wake_fd >= 0)
		close(w->wake_fd);
	judge_free(w->judge);
	store_close(w->store);
	pthread_cond_destroy(&w->cond);
	pthread_mutex_destroy(&w->mutex);
	mem_free(w);
}
