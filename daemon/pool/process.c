/*
 * pool: one worker process, from spawn to burial. The child is not trusted: an answer that was not
 * asked for, or is not well-formed, is the end of it.
 *
 * Death is seen as the end of the socket's stream, never by SIGCHLD; the pid is then waited for
 * without blocking, because the kernel may need a while to take a gigabyte apart.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "pool_priv.h"
#include "wire.h"

#define START_DEADLINE_MS 10000
#define LEAVE_DEADLINE_MS 2000
#define REAP_DELAY_MS     2
#define CPU_STEP_MS       5 /* between two looks at a worker that is near its bound */
#define BACKOFF_MIN_MS    20
#define BACKOFF_MAX_MS    30000
#define READ_CHUNK        ((size_t)64 << 10)
#define READS_MAX         16 /* in one turn of the loop */
#define IN_KEPT_MAX       ((size_t)1 << 20)

extern char **environ;

static void on_readable(evutil_socket_t fd, short what, void *arg);
static void on_writable(evutil_socket_t fd, short what, void *arg);

static void
set_due(struct worker *w, int64_t due_ms)
{
	w->due_ms = due_ms;
	pool_wake_at(w->pool, due_ms);
}

/* ---- birth ---- */

/* The environment of a worker: nothing of ours but what a sanitizer must be told. */
static void
make_environment(char *env[8])
{
	static char locale[] = "LC_ALL=C.UTF-8";
	static const char *const passed[] = {"ASAN_OPTIONS=", "UBSAN_OPTIONS=", "LSAN_OPTIONS="};
	size_t n = 0;
	env[n++] = locale;
	for (char **e = environ; e && *e; e++)
		for (size_t i = 0; i < sizeof passed / sizeof *passed; i++)
			if (!strncmp(*e, passed[i], strlen(passed[i])) && n < 7)
				env[n++] = *e;
	env[n] = NULL;
}

/* Start EXECUTABLE with FD as its WORKER_FD. 0 or an errno. */
static int
spawn(const char *executable, int fd, pid_t *pid)
{
	static char name[] = "newsd-worker", option[] = "--worker";
	char *argv[] = {name, option, NULL}, *env[8];
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	make_environment(env);
	sigfillset(&all);
	sigemptyset(&none);
	int rc = posix_spawn_file_actions_init(&files);
	if (rc)
		return rc;
	rc = posix_spawnattr_init(&attributes);
	if (rc) {
		posix_spawn_file_actions_destroy(&files);
		return rc;
	}
	if (!rc)
		rc = posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDWR, 0);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&files, STDIN_FILENO, STDOUT_FILENO);
	if (!rc)
		rc = posix_spawn_file_actions_adddup2(&files, fd, WORKER_FD);
	if (!rc)
		rc = posix_spawnattr_setsigmask(&attributes, &none);
	if (!rc)
		rc = posix_spawnattr_setsigdefault(&attributes, &all);
	if (!rc)
		rc = posix_spawnattr_setflags(
		    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	if (!rc)
		rc = posix_spawn(pid, executable, &files, &attributes, argv, env);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&files);
	return rc;
}

/*
 * Make the socket, its far end out of WORKER_FD's way, so that dup2 there always clears CLOEXEC.
 * Both ends block; this side says MSG_DONTWAIT in every call.
 */
static int
open_socket(int *near, int *far)
{
	int pair[2];
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair))
		return errno;
	*near = pair[0];
	*far = fcntl(pair[1], F_DUPFD_CLOEXEC, WORKER_FD + 1);
	int error = *far < 0 ? errno : 0;
	close(pair[1]);
	if (error)
		close(pair[0]);
	return error;
}

int
worker_start(struct worker *w, struct fault *f)
{
	const char *executable = w->pool->options.executable;
	int near = -1, far = -1;
	executable = executable ? executable : "/proc/self/exe";
	int error = open_socket(&near, &far);
	if (!error) {
		error = spawn(executable, far, &w->pid);
		close(far);
		if (error)
			close(near);
	}
	if (error) {
		w->pid = 0;
		w->state = WORKER_DOWN;
		return fault_set(f, ERR_SYSTEM, "cannot start a worker process (%s): %s",
		    executable, strerror(error));
	}
	w->fd = near;
	w->state = WORKER_STARTING;
	w->said_hello = 0;
	w->served = 0;
	buf_init(&w->in, WIRE_FRAME_MAX + READ_CHUNK);
	w->readable = event_new(w->pool->base, w->fd, EV_READ | EV_PERSIST, on_readable, w);
	w->writable = event_new(w->pool->base, w->fd, EV_WRITE, on_writable, w);
	event_add(w->readable, NULL);
	set_due(w, clock_mono_ms() + START_DEADLINE_MS);
	return 0;
}

/* ---- death ---- */

static void
close_socket(struct worker *w)
{
	if (w->fd < 0)
		return;
	event_free(w->readable);
	event_free(w->writable);
	w->readable = w->writable = NULL;
	close(w->fd);
	w->fd = -1;
	buf_clear(&w->in);
}

static void
worker_kill(struct worker *w, enum worker_end end)
{
	if (w->state == WORKER_DYING)
		return;
	kill(w->pid,
	    SIGKILL); /* also where it seems to be gone: closing a socket is not yet dying */
	close_socket(w);
	w->state = WORKER_DYING;
	w->end = end;
	set_due(w, clock_mono_ms());
}

/* Put into words, and into an outcome, how the worker ended. */
static int
describe_end(const struct worker *w, int status, char *text, size_t size)
{
	const struct pool_options *o = &w->pool->options;
	if (w->end == END_CPU) {
		snprintf(text, size,
		    "the parser had not finished after %lld ms of CPU, of which it may use %lld",
		    (long long)w->used_cpu_ms, (long long)o->cpu_ms);
		return ERR_TIMEOUT;
	}
	if (w->end == END_WALL) {
		snprintf(text, size,
		    "the parser had not finished after %lld ms, in which it used %lld ms of CPU",
		    (long long)o->deadline_ms, (long long)w->used_cpu_ms);
		return ERR_TIMEOUT;
	}
	if (w->end == END_MALFORMED)
		snprintf(text, size, "the parser gave a malformed answer");
	else if (WIFSIGNALED(status))
		snprintf(text, size, "the parser died of signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		snprintf(text, size, "the parser exited with status %d", WEXITSTATUS(status));
	return ERR_CRASHED;
}

/* Give back the jobs of a worker that died: the first is to blame, the others are not. */
static void
give_back_queue(struct worker *w, int status)
{
	static const char *const words[] = {[END_LOST] = "died",
	    [END_MALFORMED] = "malformed",
	    [END_CPU] = "cpu",
	    [END_WALL] = "wall",
	    [END_RECYCLED] = "died"};
	struct pool *p = w->pool;
	char reason[160];
	int code = describe_end(w, status, reason, sizeof reason);
	while (w->queue_len > 1) /* from the last, so that they keep their order */
		pool_take_back(p, w->queue[--w->queue_len]);
	if (!w->queue_len) {
		if (w->end == END_LOST)
			log_warn("worker %d ended without a document: %s", (int)w->pid, reason);
		return;
	}
	struct task *head = w->queue[0];
	int timed_out = code == ERR_TIMEOUT, sig = WIFSIGNALED(status) ? WTERMSIG(status) : 0;
	w->queue_len = 0;
	if (!head->sent) { /* it was gone before */
		pool_take_back(p, head);
		return;
	}
	p->counters.timeouts += (uint64_t)timed_out;
	p->counters.crashes += (uint64_t)!timed_out;
	if (p->on_death)
		p->on_death(head->job.url, w->pid, sig, words[w->end], p->on_death_arg);
	pool_blame(p, head, sig, code, reason);
}

static int64_t
backoff_ms(unsigned failures)
{
	int64_t delay = BACKOFF_MIN_MS;
	while (--failures && delay < BACKOFF_MAX_MS)
		delay *= 2;
	return delay < BACKOFF_MAX_MS ? delay : BACKOFF_MAX_MS;
}

/* One more start failed: try again, each time later. */
static void
put_off(struct worker *w, const char *why)
{
	struct pool *p = w->pool;
	p->start_failures++;
	log_warn("a worker process did not start: %s", why);
	if (p->start_failures == POOL_START_FAILURES_MAX)
		log_error(
		    "%u starts of a worker process failed in a row: documents are answered with "
		    "an error until one can be started",
		    p->start_failures);
	w->state = WORKER_DOWN;
	set_due(w, clock_mono_ms() + backoff_ms(p->start_failures));
	pool_fail_waiting(p);
}

static void
start_again(struct worker *w)
{
	struct fault f;
	if (w->end != END_RECYCLED)
		w->pool->counters.respawns++;
	if (worker_start(w, &f))
		put_off(w, f.text);
}

/* The process is gone. STATUS is waitpid's. */
static void
bury(struct worker *w, int status)
{
	pid_t pid = w->pid;
	if (w->said_hello)
		give_back_queue(w, status);
	w->pid = 0;
	if (!w->said_hello) {
		char why[160], text[224];
		describe_end(w, status, why, sizeof why);
		snprintf(text, sizeof text, "pid %d before it was ready: %s", (int)pid,
		    w->end == END_WALL ? "too slow" : why);
		put_off(w, text);
		return;
	}
	if (w->end == END_RECYCLED) {
		w->pool->counters.recycled++;
		if (WIFEXITED(status) && WEXITSTATUS(status))
			log_warn("worker %d left with status %d", (int)pid, WEXITSTATUS(status));
	}
	start_again(w);
}

static void
try_to_reap(struct worker *w)
{
	int status = 0;
	pid_t rc = waitpid(w->pid, &status, WNOHANG);
	if (rc == 0 || (rc < 0 && errno == EINTR))
		set_due(w, clock_mono_ms() + REAP_DELAY_MS);
	else
		bury(w, status);
}

void
worker_stop(struct worker *w)
{
	close_socket(w);
	if (w->pid <= 0)
		return;
	kill(w->pid, SIGKILL);
	while (waitpid(w->pid, NULL, 0) < 0 && errno == EINTR)
		;
	w->pid = 0;
}

/* ---- life ---- */

static int
is_spent(const struct worker *w)
{
	return w->served + w->queue_len >= w->pool->options.documents_max;
}

int
worker_has_room(const struct worker *w, int fresh)
{
	if (w->state != WORKER_READY || w->queue_len == PIPELINE || is_spent(w))
		return 0;
	if (fresh)
		return !w->served && !w->queue_len;
	/* a document that has killed before is alone with its worker */
	return !w->queue_len || !w->queue[0]->deaths;
}

/* See to it that the worker is looked at when it may be past a bound: it can't use more CPU than
 * time goes by. */
static void
set_bounds(struct worker *w, int64_t now_ms)
{
	const struct pool_options *o = &w->pool->options;
	int64_t due_ms = w->turn_us / 1000 + o->deadline_ms, left_ms = o->cpu_ms - w->used_cpu_ms;
	if (left_ms < CPU_STEP_MS)
		left_ms = CPU_STEP_MS;
	if (o->cpu_ms && now_ms + left_ms < due_ms)
		due_ms = now_ms + left_ms;
	set_due(w, due_ms);
}

/* The first of the queue has its turn now. */
static void
begin_turn(struct worker *w)
{
	w->turn_us = clock_mono_us();
	w->turn_cpu_us = clock_cpu_us(w->pid);
	w->used_cpu_ms = 0;
	set_bounds(w, w->turn_us / 1000);
}

/* The worker has not answered, and may be past a bound. */
static void
check_bounds(struct worker *w, int64_t now_ms)
{
	const struct pool_options *o = &w->pool->options;
	int64_t cpu_us = clock_cpu_us(w->pid);
	w->used_cpu_ms = cpu_us >= 0 && w->turn_cpu_us >= 0 ? (cpu_us - w->turn_cpu_us) / 1000 : 0;
	if (o->cpu_ms && w->used_cpu_ms >= o->cpu_ms)
		worker_kill(w, END_CPU);
	else if (now_ms >= w->turn_us / 1000 + o->deadline_ms)
		worker_kill(w, END_WALL);
	else
		set_bounds(w, now_ms);
}

static void
retire_if_spent(struct worker *w)
{
	if (w->state != WORKER_READY || w->queue_len || !is_spent(w))
		return;
	shutdown(w->fd, SHUT_WR); /* it reads the end of the stream and exits */
	w->state = WORKER_LEAVING;
	set_due(w, clock_mono_ms() + LEAVE_DEADLINE_MS);
}

/* Send what the socket takes. An error is left to the reading side, which sees the end too. */
static void
flush(struct worker *w)
{
	for (size_t i = 0; i < w->queue_len; i++) {
		struct task *t = w->queue[i];
		while (t->sent < t->head.len + t->body.len) {
			size_t head = t->sent < t->head.len ? t->head.len - t->sent : 0;
			size_t body = t->sent - (t->head.len - head);
			struct iovec parts[] = {
			    {t->head.data + t->head.len - head, head},
			    {t->body.len ? t->body.data + body : NULL, t->body.len - body},
			};
			struct msghdr m = {.msg_iov = parts, .msg_iovlen = 2};
			ssize_t n = sendmsg(w->fd, &m, MSG_NOSIGNAL | MSG_DONTWAIT);
			if (n < 0 && errno == EINTR)
				continue;
			if (n < 0) {
				if (errno == EAGAIN)
					event_add(w->writable, NULL);
				return;
			}
			t->sent += (size_t)n;
		}
	}
}

static void
on_writable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	flush(arg);
}

void
worker_give(struct worker *w, struct task *t)
{
	w->queue[w->queue_len++] = t;
	if (w->queue_len == 1)
		begin_turn(w);
	flush(w);
}

/* The first job of the queue is answered. */
static void
on_reply(struct worker *w, struct reply *reply)
{
	struct pool *p = w->pool;
	struct task *t = w->queue[0];
	w->queue_len--;
	memmove(w->queue, w->queue + 1, w->queue_len * sizeof *w->queue);
	w->served++;
	p->counters.busy_us += clock_mono_us() - w->turn_us;
	if (w->queue_len)
		begin_turn(w);
	else
		w->due_ms = INT64_MAX;
	pool_pump(p); /* before the callback: the worker waits for work, the callee does not */
	retire_if_spent(w);
	pool_answer(p, t, reply);
}

/* The worker W is ready and names its LAYERS. It has seen no document yet and is believed. */
static void
on_hello(struct worker *w, unsigned layers)
{
	struct pool *p = w->pool;
	w->state = WORKER_READY;
	w->said_hello = 1;
	w->due_ms = INT64_MAX;
	p->start_failures = 0;
	p->sandbox = p->sandbox_told ? p->sandbox & layers : layers;
	if (!p->sandbox_told && p->on_sandbox)
		p->on_sandbox(layers, p->on_sandbox_arg);
	p->sandbox_told = 1;
}

/* Look at one whole frame. 0, or an error: not what was asked for. */
static int
on_frame(struct worker *w, const uint8_t *frame, size_t size)
{
	struct reply *reply;
	uint64_t id;
	if (w->state == WORKER_STARTING) {
		unsigned layers;
		if (!wire_is_hello(frame, size, &layers))
			return ERR_INPUT;
		on_hello(w, layers);
		buf_drop_front(&w->in, size);
		pool_pump(w->pool);
		return 0;
	}
	/* only what was sent in full can have been answered */
	struct task *t = w->queue_len ? w->queue[0] : NULL;
	if (!t || t->sent < t->head.len + t->body.len)
		return ERR_INPUT;
	int rc = wire_get_reply(frame, size, &id, &reply);
	if (rc)
		return rc;
	if (id != t->id || reply->kind != t->job.kind) {
		reply_free(reply);
		return ERR_INPUT;
	}
	buf_drop_front(&w->in, size);
	on_reply(w, reply);
	return 0;
}

/* Answer what has come. Returns what wire says of the rest. */
static int
take_frames(struct worker *w, size_t *need)
{
	for (;;) {
		int rc = wire_frame_size(w->in.data, w->in.len, need);
		if (rc || !*need || w->in.len < *need)
			return rc;
		rc = on_frame(w, w->in.data, *need);
		if (rc)
			return rc;
	}
}

static void
read_answers(struct worker *w)
{
	size_t need = 0;
	for (int i = 0; i < READS_MAX; i++) {
		/* to the end of a frame and no further: what is read of the next would be moved */
		size_t want = need > w->in.len ? need - w->in.len : READ_CHUNK;
		ssize_t n = recv(w->fd, buf_reserve(&w->in, want), want, MSG_DONTWAIT);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN)
			return;
		if (n <= 0) {
			worker_kill(w, w->state == WORKER_LEAVING ? END_RECYCLED : END_LOST);
			return;
		}
		buf_added(&w->in, (size_t)n);
		if (take_frames(w, &need)) {
			log_warn("worker %d gave a malformed answer and is killed", (int)w->pid);
			worker_kill(w, END_MALFORMED);
			return;
		}
		if (!w->in.len && w->in.cap > IN_KEPT_MAX)
			buf_clear(&w->in);
		if ((size_t)n < want)
			return;
	}
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_answers(arg);
}

void
worker_tick(struct worker *w, int64_t now_ms)
{
	switch (w->state) {
	case WORKER_DOWN:
		start_again(w);
		break;
	case WORKER_STARTING:
	case WORKER_READY:
		/* the loop itself may have been late: what has come counts */
		read_answers(w);
		if (w->due_ms > now_ms)
			break;
		if (w->state == WORKER_STARTING)
			worker_kill(w, END_WALL);
		else if (w->state == WORKER_READY)
			check_bounds(w, now_ms);
		break;
	case WORKER_LEAVING:
		worker_kill(w, END_RECYCLED);
		break;
	case WORKER_DYING:
		try_to_reap(w);
		break;
	}
}
