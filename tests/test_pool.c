/*
 * pool and worker: real processes, this program itself with --worker. The documents are commands to
 * a digest of the test's own, which crashes, hangs, lies and tries the sandbox's doors.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "digest.h"
#include "pool.h"
#include "sandbox.h"
#include "wire.h"
#include "worker.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer)
#define NO_SANDBOX 1
#endif
#endif
#if defined(NEWSD_SANITIZED) || !defined(HAVE_SECCOMP)
#define NO_SANDBOX 1
#endif
#ifndef NO_SANDBOX
#define NO_SANDBOX 0
#endif

#define SELF "/proc/self/exe"

/* ---- in the worker: documents are commands ---- */

static unsigned digested;

static void
spin(void)
{
	for (volatile unsigned i = 0;; i++)
		;
}

static void
spin_ms(int64_t ms)
{
	int64_t end_us = clock_mono_us() + ms * 1000;
	while (clock_mono_us() < end_us)
		;
}

static void
write_raw(const void *data, size_t len)
{
	if (write(WORKER_FD, data, len) != (ssize_t)len)
		_exit(9);
}

/* A well-formed reply that nobody asked for. */
static void
write_reply(uint64_t id, enum job_kind kind)
{
	struct buf b;
	struct reply *r = reply_new(kind);
	reply_fail(r, ERR_INPUT, "forged");
	buf_init(&b, WIRE_FRAME_MAX);
	wire_put_reply(&b, id, r);
	write_raw(b.data, b.len);
	buf_clear(&b);
	reply_free(r);
}

static void
do_crash(struct reply *r)
{
	(void)r;
	signal(SIGSEGV, SIG_DFL);
	raise(SIGSEGV);
	abort();
}

static void
do_crash_unless_fresh(struct reply *r)
{
	if (digested > 1)
		do_crash(r);
}

static void
do_exit(struct reply *r)
{
	(void)r;
	_exit(3);
}

static void
do_hang(struct reply *r)
{
	(void)r;
	spin();
}

static void
do_slow(struct reply *r)
{
	(void)r;
	spin_ms(250);
}

static void
do_sleep(struct reply *r)
{
	(void)r;
	char rest[64];
	while (read(WORKER_FD, rest, sizeof rest) > 0)
		;
}

static void
do_hang_after_closing(struct reply *r)
{
	(void)r;
	close(WORKER_FD);
	spin();
}

static void
do_eat_memory(struct reply *r)
{
	(void)r;
	for (;;)
		memset(mem_alloc(16u << 20), 1, 4096);
}

static void
do_oversized(struct reply *r)
{
	static const uint8_t frame[] = {0xff, 0xff, 0xff, 0x7f, 1, 2, 3, 4, 5, 6, 7, 8};
	(void)r;
	write_raw(frame, sizeof frame);
	spin();
}

static void
do_garbage(struct reply *r)
{
	(void)r;
	write_raw("HTTP/1.1 200 OK\r\n\r\n", 19);
	spin();
}

static void
do_wrong_id(struct reply *r)
{
	(void)r;
	write_reply(UINT64_MAX, JOB_ROBOTS);
	spin();
}

/* All ids that may have been asked, but the wrong kind. */
static void
do_wrong_kind(struct reply *r)
{
	(void)r;
	for (uint64_t id = 1; id < 4; id++)
		write_reply(id, JOB_OPML);
	spin();
}

static void
do_too_much(struct reply *r)
{
	size_t len = WIRE_FRAME_MAX;
	char *big = arena_alloc(&r->arena, len + 1);
	memset(big, 'x', len);
	big[len] = '\0';
	r->robots->rules[0].pattern = big;
}

/* ---- in the worker: the sandbox's doors. What is refused is told; the rest ends the process. ----
 */

static void
do_open(struct reply *r)
{
	int fd = open("/etc/passwd", O_RDONLY);
	r->robots->crawl_delay_s = fd < 0 ? errno : -1;
}

static void
do_socket(struct reply *r)
{
	r->robots->crawl_delay_s = socket(AF_INET, SOCK_STREAM, 0);
}

static void
do_exec(struct reply *r)
{
	char *argv[] = {NULL}, *env[] = {NULL};
	(void)r;
	execve("/bin/true", argv, env);
}

static void
do_fork(struct reply *r)
{
	(void)r;
	if (fork() == 0)
		_exit(0);
}

static void
do_kill(struct reply *r)
{
	(void)r;
	kill(getppid(), 0);
}

static void
do_map_code(struct reply *r)
{
	mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	(void)r;
}

static void
do_make_code(struct reply *r)
{
	void *p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(p, 4096, PROT_READ | PROT_EXEC);
	(void)r;
}

static const struct {
	const char *name;
	void (*act)(struct reply *r);
} commands[] = {
    {"crash", do_crash},
    {"crash-unless-fresh", do_crash_unless_fresh},
    {"exit", do_exit},
    {"hang", do_hang},
    {"slow", do_slow},
    {"sleep", do_sleep},
    {"hang-after-closing", do_hang_after_closing},
    {"eat-memory", do_eat_memory},
    {"oversized", do_oversized},
    {"garbage", do_garbage},
    {"wrong-id", do_wrong_id},
    {"wrong-kind", do_wrong_kind},
    {"too-much", do_too_much},
    {"open", do_open},
    {"socket", do_socket},
    {"exec", do_exec},
    {"fork", do_fork},
    {"kill", do_kill},
    {"map-code", do_map_code},
    {"make-code", do_make_code},
};

/* In place of the real one: the reply repeats the url and says how long the body was. */
struct reply *
digest(const struct job *job)
{
	struct reply *r = reply_new(job->kind);
	uint64_t sum = 0;
	for (size_t i = 0; i < job->body_len; i++)
		sum += job->body[i];
	r->robots = arena_zalloc(&r->arena, sizeof *r->robots);
	r->robots->crawl_delay_s = (double)(sum % 1000);
	struct robots_rule *rule = ARENA_PUSH(&r->arena, r->robots->rules, r->robots->rules_len);
	rule->pattern = arena_strdup(&r->arena, job->url);
	digested++;
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
		if (!strcmp(job->url, commands[i].name))
			commands[i].act(r);
	return r;
}

void
digest_prepare(void)
{
}

/* ---- in the test ---- */

static struct {
	struct event_base *base;
	struct pool *pool;
	size_t answered;
	int last_status, last_signal;
	const char *last_how;
	size_t ends;
	unsigned end_deaths, sandbox, sandbox_told;
	int end_signal;
	char end_reason[256], end_url[64];
	struct buf end_body;
	size_t deaths;
	char last_reason[256], last_url[64], dead_url[64];
	double last_delay;
	char order[64];
} t;

static void
on_death(const char *url, int pid, int sig, const char *how, void *arg)
{
	(void)arg;
	assert_true(pid > 0);
	t.deaths++;
	t.last_signal = sig;
	t.last_how = how;
	snprintf(t.dead_url, sizeof t.dead_url, "%s", url);
}

static void
on_end(const struct pool_end *end, void *arg)
{
	(void)arg;
	t.ends++;
	t.end_deaths = end->deaths;
	t.end_signal = end->signal;
	snprintf(t.end_reason, sizeof t.end_reason, "%s", end->reason ? end->reason : "");
	snprintf(t.end_url, sizeof t.end_url, "%s", end->job->url);
	buf_clear(&t.end_body);
	if (end->deaths)
		buf_move(&t.end_body, end->body);
}

static void
on_sandbox(unsigned layers, void *arg)
{
	(void)arg;
	t.sandbox_told++;
	t.sandbox = layers;
}

static int64_t cpu_ms; /* of the next pool */

static void
start(int workers, int64_t deadline_ms, size_t documents_max, const char *executable)
{
	struct fault f = {0};
	struct pool_options o = {
	    .workers = workers,
	    .cpu_ms = cpu_ms,
	    .deadline_ms = deadline_ms,
	    .documents_max = documents_max,
	    .queue_max = 200,
	    .executable = executable,
	};
	memset(&t, 0, sizeof t);
	t.base = event_base_new();
	assert_int_equal(pool_new(&t.pool, t.base, &o, &f), 0);
	pool_on_death(t.pool, on_death, NULL);
	pool_on_end(t.pool, on_end, NULL);
	pool_on_sandbox(t.pool, on_sandbox, NULL);
}

static void
stop(void)
{
	buf_clear(&t.end_body);
	pool_free(t.pool);
	event_base_free(t.base);
	assert_int_equal(waitpid(-1, NULL, WNOHANG), -1); /* nobody is left */
	assert_int_equal(errno, ECHILD);
}

static void
on_done(struct reply *r, void *arg)
{
	t.order[t.answered % (sizeof t.order - 1)] = (char)(intptr_t)arg;
	t.answered++;
	t.last_status = r->status;
	t.last_delay = r->robots ? r->robots->crawl_delay_s : -2;
	snprintf(t.last_reason, sizeof t.last_reason, "%s", r->reason ? r->reason : "");
	snprintf(t.last_url, sizeof t.last_url, "%s", r->robots ? r->robots->rules[0].pattern : "");
	reply_free(r);
}

static void
submit(const char *url, const char *body, intptr_t tag)
{
	struct buf b;
	struct job job = {.kind = JOB_ROBOTS, .url = url, .inflated_max = 1000};
	buf_init(&b, 1u << 20);
	buf_add_str(&b, body);
	pool_submit(t.pool, &job, &b, on_done, (void *)tag);
	assert_null(b.data);
}

static void
run_until_answered(size_t count)
{
	while (t.answered < count)
		assert_int_equal(event_base_loop(t.base, EVLOOP_ONCE), 0);
}

static void
one(const char *command)
{
	submit(command, "", 'x');
	run_until_answered(t.answered + 1);
}

static void
test_answers(void **state)
{
	(void)state;
	start(1, 5000, 100, SELF);
	submit("http://a.example/", "abc", 'a');
	submit("http://b.example/", "", 'b');
	submit("http://c.example/", "c", 'c');
	assert_int_equal(t.answered, 0); /* never from within the call */
	assert_int_equal(pool_pending(t.pool), 3);
	assert_int_equal(pool_room(t.pool), 197);
	run_until_answered(3);
	assert_string_equal(t.order, "abc");
	assert_string_equal(t.last_url, "http://c.example/");
	assert_int_equal((int)t.last_delay, 'c');
	assert_int_equal(pool_pending(t.pool), 0);
	assert_int_equal(pool_counters(t.pool)->jobs, 3);
	assert_int_equal(pool_counters(t.pool)->respawns, 0);
	assert_int_equal(pool_run(t.pool), 0);
	stop();
}

/* While held, no document reaches a worker: the one here would kill it. */
static void
test_hold(void **state)
{
	int pid;
	(void)state;
	start(1, 5000, 100, SELF);
	one("good");
	pool_hold(t.pool, 1);
	submit("crash", "", 'a');
	assert_int_equal(pool_pids(t.pool, &pid, 1), 1);
	kill(pid, SIGKILL);
	while (!pool_counters(t.pool)->respawns)
		assert_int_equal(event_base_loop(t.base, EVLOOP_ONCE), 0);
	assert_int_equal(t.deaths, 0);
	assert_int_equal(t.answered, 1);
	assert_int_equal(pool_pending(t.pool), 1);
	pool_hold(t.pool, 0);
	run_until_answered(2);
	assert_int_equal(t.last_status, ERR_CRASHED);
	assert_int_equal(t.deaths, 2);
	stop();
}

static void
on_done_enough(struct reply *r, void *arg)
{
	on_done(r, arg);
	pool_hold(t.pool, 1);
	submit("later", "", 'z');
}

static void
test_hold_inline(void **state)
{
	struct job job = {.kind = JOB_ROBOTS, .url = "two", .inflated_max = 1000};
	struct buf empty = {0};
	(void)state;
	start(0, 5000, 100, SELF);
	pool_hold(t.pool, 1);
	submit("one", "", 'a');
	assert_int_equal(pool_run(t.pool), 0);
	event_base_loop(t.base, EVLOOP_NONBLOCK);
	assert_int_equal(t.answered, 0);
	pool_hold(t.pool, 0);
	pool_submit(t.pool, &job, &empty, on_done_enough, (void *)(intptr_t)'b');
	submit("three", "", 'c');
	assert_int_equal(pool_run(t.pool), 2); /* then the second had enough */
	assert_int_equal(pool_pending(t.pool), 2);
	pool_hold(t.pool, 0);
	run_until_answered(4);
	assert_string_equal(t.order, "abcz");
	stop();
}

static void
test_inline(void **state)
{
	(void)state;
	start(0, 5000, 100, SELF);
	submit("one", "abc", 'a');
	submit("two", "", 'b');
	assert_int_equal(t.answered, 0);
	assert_int_equal(pool_run(t.pool), 2);
	assert_string_equal(t.order, "ab");
	submit("three", "", 'c'); /* without pool_run the loop does it */
	run_until_answered(3);
	assert_string_equal(t.last_url, "three");
	assert_int_equal(pool_pids(t.pool, NULL, 0), 0);
	stop();
}

/* A document that kills is tried twice, and its neighbours come through. */
static void
kills_twice(const char *command, int status, int sig, const char *words)
{
	size_t deaths = t.deaths, answered = t.answered;
	submit(command, "", '!');
	submit("good", "", 'g');
	submit("good", "", 'g');
	run_until_answered(answered + 3);
	assert_int_equal(t.deaths, deaths + 2);
	assert_string_equal(t.dead_url, command);
	assert_int_equal(!strcmp(t.last_how, "wall"), status == ERR_TIMEOUT);
	if (sig >= 0)
		assert_int_equal(t.last_signal, sig);
	one(command);
	assert_int_equal(t.last_status, status);
	if (!strstr(t.last_reason, words))
		fail_msg("%s: \"%s\" has no \"%s\"", command, t.last_reason, words);
	one("good");
	assert_int_equal(t.last_status, 0);
	assert_string_equal(t.last_url, "good");
}

static void
test_crash(void **state)
{
	(void)state;
	start(2, 5000, 100, SELF);
	/* a sanitizer catches the signal and exits */
	kills_twice("crash", ERR_CRASHED, NO_SANDBOX ? -1 : SIGSEGV, "the parser ");
	kills_twice("exit", ERR_CRASHED, 0, "exited with status 3");
	assert_int_equal(pool_counters(t.pool)->crashes, 8);
	assert_int_equal(pool_counters(t.pool)->timeouts, 0);
	assert_int_equal(pool_counters(t.pool)->respawns, 8);
	stop();
}

static void
test_crash_is_retried_in_a_fresh_worker(void **state)
{
	(void)state;
	start(1, 5000, 100, SELF);
	one("good");
	submit("crash-unless-fresh", "", 'a');
	submit("good", "", 'b');
	run_until_answered(3);
	assert_int_equal(t.deaths, 1);
	assert_int_equal(t.last_status, 0);
	stop();
}

static void
test_hang(void **state)
{
	(void)state;
	start(1, 200, 100, SELF);
	kills_twice("hang", ERR_TIMEOUT, SIGKILL, "not finished after 200 ms, in which it used ");
	assert_int_equal(pool_counters(t.pool)->timeouts, 4);
	assert_int_equal(pool_counters(t.pool)->crashes, 0);
	stop();
}

/* It burns CPU: the clock on the wall is not waited for. */
static void
test_cpu(void **state)
{
	(void)state;
	cpu_ms = 60;
	start(1, 60000, 100, SELF);
	cpu_ms = 0;
	submit("hang", "", '!');
	submit("good", "", 'g');
	run_until_answered(2);
	assert_int_equal(t.deaths, 2);
	assert_string_equal(t.last_how, "cpu");
	assert_int_equal(t.last_signal, SIGKILL);
	one("hang");
	assert_int_equal(t.last_status, ERR_TIMEOUT);
	assert_non_null(strstr(t.last_reason, "ms of CPU, of which it may use 60"));
	assert_int_equal(pool_counters(t.pool)->timeouts, 4);
	stop();
}

/* It sleeps: for that it is not said to have used CPU, whatever the bound of that. */
static void
test_sleep_is_no_cpu(void **state)
{
	(void)state;
	cpu_ms = 50;
	start(1, 300, 100, SELF);
	cpu_ms = 0;
	one("sleep");
	assert_int_equal(t.last_status, ERR_TIMEOUT);
	assert_string_equal(t.last_how, "wall");
	assert_non_null(strstr(t.last_reason, "not finished after 300 ms, in which it used "));
	one("good");
	assert_int_equal(t.last_status, 0);
	stop();
}

/* Each document has its own CPU: together they use more than one may. */
static void
test_cpu_begins_with_the_turn(void **state)
{
	(void)state;
	cpu_ms = 480;
	start(1, 60000, 100, SELF);
	cpu_ms = 0;
	submit("slow", "", 'a');
	submit("slow", "", 'b');
	submit("slow", "", 'c');
	run_until_answered(3);
	assert_int_equal(t.deaths, 0);
	assert_int_equal(t.last_status, 0);
	stop();
}

/* Who keeps the record is told of every job, and gets the document of one that killed. */
static void
test_end_is_told(void **state)
{
	(void)state;
	start(1, 20000, 100, SELF);
	one("good");
	assert_int_equal(t.ends, 1);
	assert_int_equal(t.end_deaths, 0);
	assert_string_equal(t.end_reason, "");
	submit("exit", "the body", 'x');
	run_until_answered(2);
	assert_int_equal(t.ends, 2);
	assert_string_equal(t.end_url, "exit");
	assert_int_equal(t.end_deaths, 2);
	assert_int_equal(t.end_signal, 0);
	assert_string_equal(t.end_reason, "the parser exited with status 3");
	assert_int_equal(t.end_body.len, 8);
	assert_memory_equal(t.end_body.data, "the body", 8);
	buf_clear(&t.end_body);
	submit("crash-unless-fresh", "again", 'x'); /* and the second worker reads it */
	run_until_answered(3);
	assert_int_equal(t.last_status, 0);
	assert_int_equal(t.end_deaths, t.deaths - 2);
	stop();
}

/* A worker says what holds, and that is told once, whatever the number of workers. */
static void
test_sandbox_is_told_once(void **state)
{
	(void)state;
	start(2, 20000, 3, SELF);
	assert_int_equal(pool_sandbox(t.pool), -1);
	for (int i = 0; i < 20; i++)
		one("good");
	assert_true(pool_counters(t.pool)->recycled > 0);
	assert_int_equal(t.sandbox_told, 1);
	assert_int_equal(pool_sandbox(t.pool), t.sandbox);
	assert_int_equal((t.sandbox & SANDBOX_SECCOMP) != 0, !NO_SANDBOX);
	stop();
}

static void
test_deadline_begins_with_the_turn(void **state)
{
	(void)state;
	start(1, 480, 100, SELF);
	submit("slow", "", 'a');
	submit("slow", "", 'b');
	run_until_answered(2);
	assert_int_equal(t.deaths, 0);
	assert_int_equal(t.last_status, 0);
	stop();
}

static void
test_malformed(void **state)
{
	(void)state;
	static const char *const lies[] = {
	    "oversized", "garbage", "wrong-id", "wrong-kind", "hang-after-closing"};
	for (size_t i = 0; i < sizeof lies / sizeof *lies; i++) {
		start(1, 20000, 100, SELF);
		one(lies[i]);
		assert_int_equal(t.last_status, ERR_CRASHED);
		assert_int_equal(t.deaths, 2);
		one("good");
		assert_int_equal(t.last_status, 0);
		stop();
	}
}

static void
test_answer_too_large(void **state)
{
	(void)state;
	start(1, 20000, 100, SELF);
	one("too-much");
	assert_int_equal(t.last_status, ERR_LIMIT);
	assert_int_equal(t.deaths, 0);
	stop();
}

static void
test_document_too_large(void **state)
{
	(void)state;
	struct budget budget = {0, SIZE_MAX};
	struct buf b;
	struct job job = {.kind = JOB_ROBOTS, .url = "good", .inflated_max = 1000};
	start(1, 20000, 100, SELF);
	one("good");
	buf_init_budget(&b, 2 * (size_t)WIRE_FRAME_MAX, &budget);
	memset(buf_reserve(&b, WIRE_FRAME_MAX), 'x', WIRE_FRAME_MAX);
	buf_added(&b, WIRE_FRAME_MAX);
	pool_submit(t.pool, &job, &b, on_done, NULL);
	assert_int_equal(t.answered, 1);
	run_until_answered(2);
	assert_int_equal(t.last_status, ERR_LIMIT);
	assert_int_equal(budget.used, 0);
	stop();
}

static void
test_idle_worker_is_killed(void **state)
{
	(void)state;
	int pid = 0;
	start(1, 5000, 100, SELF);
	one("good");
	assert_int_equal(pool_pids(t.pool, &pid, 1), 1);
	kill(pid, SIGKILL);
	siginfo_t info;
	waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT);
	submit("good", "", 'x'); /* before the pool has noticed */
	run_until_answered(2);
	assert_int_equal(t.last_status, 0);
	assert_int_equal(t.deaths, 0); /* nobody is to blame */
	assert_int_equal(pool_counters(t.pool)->respawns, 1);
	stop();
}

static void
test_no_worker_starts(void **state)
{
	(void)state;
	struct fault f = {0};
	struct pool_options o = {.workers = 1, .queue_max = 1, .executable = "/nonexistent/newsd"};
	start(1, 5000, 100, "/bin/false");
	submit("good", "", 'a');
	submit("good", "", 'b');
	run_until_answered(2); /* not for ever */
	assert_int_equal(t.last_status, ERR_SYSTEM);
	one("good"); /* from then on at once */
	assert_int_equal(t.last_status, ERR_SYSTEM);
	stop();

	memset(&t, 0, sizeof t);
	t.base = event_base_new();
	assert_int_equal(pool_new(&t.pool, t.base, &o, &f), ERR_SYSTEM);
	assert_non_null(strstr(f.text, "/nonexistent/newsd"));
	event_base_free(t.base);
}

static size_t wrong;

static void
on_one_of_many(struct reply *r, void *arg)
{
	size_t n = (size_t)(uintptr_t)arg;
	char want[32];
	snprintf(want, sizeof want, "doc %zu", n);
	wrong += r->status || strcmp(r->robots->rules[0].pattern, want) != 0 ||
		 (size_t)r->robots->crawl_delay_s != n % 1000;
	reply_free(r);
	t.answered++;
}

/* Of many sizes, so that frames come in pieces; the workers are replaced meanwhile. */
static void
test_many(void **state)
{
	(void)state;
	enum { COUNT = 10000 };
	struct budget budget = {0, SIZE_MAX};
	size_t sent = 0;
	start(2, 20000, 700, SELF);
	wrong = 0;
	while (t.answered < COUNT) {
		while (sent < COUNT && pool_room(t.pool)) {
			struct buf b;
			char url[32];
			struct job job = {.kind = JOB_ROBOTS, .url = url};
			size_t len = sent % 500 == 0 ? 3000000 : sent * 37 % 20000 + 4;
			snprintf(url, sizeof url, "doc %zu", sent);
			buf_init_budget(&b, len, &budget);
			memset(buf_reserve(&b, len), 0, len);
			buf_added(&b, len);
			for (size_t left = sent % 1000, i = 0; left; i++) {
				b.data[i] = (uint8_t)(left > 250 ? 250 : left);
				left -= b.data[i];
			}
			pool_submit(t.pool, &job, &b, on_one_of_many, (void *)(uintptr_t)sent++);
		}
		assert_int_equal(event_base_loop(t.base, EVLOOP_ONCE), 0);
	}
	assert_int_equal(wrong, 0);
	assert_int_equal(budget.used, 0);
	assert_int_equal(pool_counters(t.pool)->jobs, COUNT);
	assert_int_equal(pool_counters(t.pool)->crashes, 0);
	assert_int_equal(pool_counters(t.pool)->respawns, 0);
	assert_true(pool_counters(t.pool)->recycled >= 13);
	stop();
}

static void
test_free_forgets(void **state)
{
	(void)state;
	struct budget budget = {0, SIZE_MAX};
	start(2, 20000, 100, SELF);
	for (int i = 0; i < 20; i++) {
		struct buf b;
		struct job job = {.kind = JOB_ROBOTS, .url = i % 2 ? "hang" : "good"};
		buf_init_budget(&b, 100, &budget);
		buf_add_str(&b, "body");
		pool_submit(t.pool, &job, &b, on_done, NULL);
	}
	run_until_answered(1);
	size_t answered = t.answered;
	stop();
	assert_int_equal(t.answered, answered);
	assert_int_equal(budget.used, 0);
}

/* The parent is killed while the worker is deep in a document: the worker goes too. */
static void
test_parent_dies(void **state)
{
	(void)state;
	int out[2], worker = 0, status = 0;
	prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0); /* the orphan becomes ours to wait for */
	assert_int_equal(pipe(out), 0);
	pid_t parent = fork();
	if (parent == 0) {
		int pid;
		start(1, 100000, 100, SELF);
		one("good");
		submit("hang", "", 'h');
		pool_pids(t.pool, &pid, 1);
		if (write(out[1], &pid, sizeof pid) != sizeof pid)
			_exit(1);
		spin();
	}
	assert_int_equal(read(out[0], &worker, sizeof worker), sizeof worker);
	kill(parent, SIGKILL);
	assert_int_equal(waitpid(parent, NULL, 0), parent);
	assert_int_equal(waitpid(worker, &status, 0), worker);
	assert_true(WIFSIGNALED(status) || WIFEXITED(status));
	close(out[0]);
	close(out[1]);
}

static void
test_sandbox(void **state)
{
	(void)state;
	static const char *const killed[] = {
	    "socket", "exec", "fork", "kill", "map-code", "make-code"};
	if (NO_SANDBOX) {
		print_message("SKIPPED: this build has no seccomp filter\n");
		skip();
	}
	start(1, 20000, 100, SELF);
	one("open");
	assert_int_equal(t.last_status, 0);
	assert_int_equal((int)t.last_delay, EACCES);
	for (size_t i = 0; i < sizeof killed / sizeof *killed; i++) {
		one(killed[i]);
		if (t.last_status != ERR_CRASHED || t.last_signal != SIGSYS)
			fail_msg("%s is possible (%d, signal %d)", killed[i], t.last_status,
			    t.last_signal);
	}
	one("eat-memory");
	assert_int_equal(t.last_status, ERR_CRASHED);
	assert_int_equal(t.last_signal, SIGABRT);
	one("good");
	assert_int_equal(t.last_status, 0);
	stop();
}

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answers),
	    cmocka_unit_test(test_inline),
	    cmocka_unit_test(test_hold),
	    cmocka_unit_test(test_hold_inline),
	    cmocka_unit_test(test_crash),
	    cmocka_unit_test(test_crash_is_retried_in_a_fresh_worker),
	    cmocka_unit_test(test_hang),
	    cmocka_unit_test(test_cpu),
	    cmocka_unit_test(test_sleep_is_no_cpu),
	    cmocka_unit_test(test_cpu_begins_with_the_turn),
	    cmocka_unit_test(test_end_is_told),
	    cmocka_unit_test(test_sandbox_is_told_once),
	    cmocka_unit_test(test_deadline_begins_with_the_turn),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_answer_too_large),
	    cmocka_unit_test(test_document_too_large),
	    cmocka_unit_test(test_idle_worker_is_killed),
	    cmocka_unit_test(test_no_worker_starts),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_free_forgets),
	    cmocka_unit_test(test_parent_dies),
	    cmocka_unit_test(test_sandbox),
	};
	if (argc == 2 && !strcmp(argv[1], "--worker"))
		return worker_main();
	return cmocka_run_group_tests_name("pool", tests, NULL, NULL);
}
