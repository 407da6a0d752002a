/*
 * test_e2e_attack: every document of attacks.c before real sandboxed workers (this program with
 * --worker), good ones between them: each costs itself alone. Nothing here is timed: a document is
 * bounded by the CPU that it uses, whatever else the machine does.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>

#include "attacks.h"
#include "digest.h"
#include "pool.h"
#include "prose.h"
#include "wire.h"
#include "worker.h"

#define GOODS 3 /* beside each attack */
#ifdef NEWSD_SANITIZED
#define CPU_MS INT64_C(20000) /* ten times as slow */
#else
#define CPU_MS INT64_C(2000)
#endif
#define WALL_MS   INT64_C(200000) /* not met by what is running */
#define ASLEEP_MS INT64_C(300)
#define BUSY_MS   INT64_C(300) /* of CPU, for what uses as much as it may */

/* A document whose answer is known. */
struct good {
	struct buf body, answer;
	struct job job;
};

static struct {
	struct event_base *base;
	struct pool *pool;
	struct good goods[2]; /* a page and a feed */
	size_t answered, wrong;
	int status, last_signal;
	char last_how[16], reason[256];
	unsigned deaths;
} t;

/* ---- good documents ---- */

static void
write_answer(struct buf *out, const struct reply *r)
{
	out->len = 0;
	wire_put_reply(out, 1, r);
}

static void
make_goods(void)
{
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 2; i++) {
		struct good *g = &t.goods[i];
		buf_init(&g->body, 1 << 20);
		buf_init(&g->answer, WIRE_FRAME_MAX);
		text.len = 0;
		prose_article(&text, 7 + (uint64_t)i, 300);
		buf_printf(&g->body,
		    i ? "<rss version=\"2.0\"><channel><title>Good</title><item><title>One</title>"
			"<link>https://g.example/1</link><description>%s</description></item>"
			"</channel></rss>"
		      : "<html lang=\"en\"><head><title>Good</title></head><body><article>"
			"<h1>Good</h1><p>%s</p></article></body></html>",
		    buf_str(&text));
		g->job = (struct job){.kind = i ? JOB_FEED : JOB_PAGE,
		    .flags = i ? JOB_WANT_TEXT : 0,
		    .url = "https://g.example/",
		    .content_type = "",
		    .content_encoding = "",
		    .agent = "newsd",
		    .body = g->body.data,
		    .body_len = g->body.len,
		    .inflated_max = 1 << 20};
		struct reply *r = digest(&g->job);
		assert_int_equal(r->status, 0);
		write_answer(&g->answer, r);
		reply_free(r);
	}
	buf_clear(&text);
}

static void
on_good(struct reply *r, void *arg)
{
	struct good *g = arg;
	struct buf answer;
	buf_init(&answer, WIRE_FRAME_MAX);
	write_answer(&answer, r);
	t.wrong +=
	    answer.len != g->answer.len || memcmp(answer.data, g->answer.data, answer.len) != 0;
	t.answered++;
	buf_clear(&answer);
	reply_free(r);
}

static void
submit_good(int i)
{
	struct good *g = &t.goods[i % 2];
	struct buf body;
	buf_init(&body, 1 << 20);
	buf_add(&body, g->body.data, g->body.len);
	pool_submit(t.pool, &g->job, &body, on_good, g);
}

/* ---- an attack ---- */

static void
on_death(const char *url, int pid, int sig, const char *how, void *arg)
{
	(void)url, (void)pid, (void)arg;
	t.last_signal = sig;
	snprintf(t.last_how, sizeof t.last_how, "%s", how);
}

static void
on_end(const struct pool_end *end, void *arg)
{
	(void)arg;
	t.deaths += end->deaths;
}

static void
on_attack(struct reply *r, void *arg)
{
	(void)arg;
	t.answered++;
	t.status = r->status;
	snprintf(t.reason, sizeof t.reason, "%s", r->reason ? r->reason : "");
	reply_free(r);
}

static void
start(int64_t cpu_ms, int64_t wall_ms)
{
	struct fault f = {0};
	struct pool_options o = {.workers = 2,
	    .cpu_ms = cpu_ms,
	    .deadline_ms = wall_ms,
	    .documents_max = 10000,
	    .queue_max = 100};
	t.base = event_base_new();
	assert_int_equal(pool_new(&t.pool, t.base, &o, &f), 0);
	pool_on_death(t.pool, on_death, NULL);
	pool_on_end(t.pool, on_end, NULL);
}

static void
stop(void)
{
	pool_free(t.pool);
	event_base_free(t.base);
}

/* What should have become of the worker and did not, in words; NULL: all is as it should. */
static const char *
judge(const struct attack *a)
{
	static const struct {
		int status;
		unsigned deaths;
		const char *how;
	} ends[] = {
	    [ATTACK_ANSWERED] = {0, 0, ""},
	    [ATTACK_KILLED] = {ERR_CRASHED, 2, "died"},
	    [ATTACK_CPU] = {ERR_TIMEOUT, 2, "cpu"},
	    [ATTACK_ASLEEP] = {ERR_TIMEOUT, 2, "wall"},
	};
	if (t.wrong)
		return "a good document beside it came out wrong";
	if (t.deaths != ends[a->end].deaths)
		return "workers died over it, or not enough of them";
	if (a->end == ATTACK_ANSWERED)
		return t.status == ERR_SYSTEM ? "no worker could be had" : NULL;
	if (t.status != ends[a->end].status || strcmp(t.last_how, ends[a->end].how) != 0)
		return "it ended in another way";
#ifndef NEWSD_SANITIZED
	if (t.last_signal != a->signal)
		return "it ended by another signal";
#endif
	return NULL;
}

/* Let A at the workers, good documents before, behind and beside it. Returns 1 when it did harm. */
static int
attack(const struct attack *a)
{
	struct buf body;
	t.answered = t.wrong = 0;
	t.deaths = 0;
	t.last_signal = 0;
	*t.last_how = '\0';
	buf_init(&body, ATTACK_MAX);
	struct job job = attack_make(a, &body);
	submit_good(0);
	pool_submit(t.pool, &job, &body, on_attack, NULL);
	for (int i = 1; i < GOODS; i++)
		submit_good(i);
	while (t.answered < GOODS + 1)
		assert_int_equal(event_base_loop(t.base, EVLOOP_ONCE), 0);
	buf_clear(&body);
	const char *harm = judge(a);
	if (harm)
		print_error("%s (%s): %s: status %d, %u deaths (%s, signal %d) %s\n", a->name,
		    job_kind_name(a->kind), harm, t.status, t.deaths, t.last_how, t.last_signal,
		    t.reason);
	return harm != NULL;
}

/* Those of one end; a build with sanitizers has no sandbox, and what only that stops is left out.
 */
static int
is_for_this_build(const struct attack *a)
{
	(void)a;
#ifndef NEWSD_DEBUG_HOOKS
	if (a->hook)
		return 0;
#endif
#if defined(NEWSD_SANITIZED)
	if (a->end == ATTACK_KILLED && a->signal != SIGSEGV)
		return 0;
#elif !defined(HAVE_SECCOMP)
	if (a->signal == SIGSYS || (a->hook && strstr(a->hook, "open")))
		return 0;
#endif
	return 1;
}

static int
attack_all(enum attack_end end, size_t *count)
{
	int harmful = 0;
	*count = 0;
	for (const struct attack *a = attacks; a->name; a++) {
		if (a->end != end || !is_for_this_build(a))
			continue;
		(*count)++;
		harmful += attack(a);
	}
	return harmful;
}

/* ---- tests ---- */

/* What is parsed, or refused, within its bounds. */
static void
test_answered(void **state)
{
	(void)state;
	size_t count;
	start(CPU_MS, WALL_MS);
	int harmful = attack_all(ATTACK_ANSWERED, &count);
	assert_true(count >= 90);
	assert_int_equal(pool_counters(t.pool)->respawns, 0);
	stop();
	assert_int_equal(harmful, 0);
}

static void
skip_without_hooks(size_t count)
{
	if (count)
		return;
	print_message("SKIPPED: this build has no debug hooks (configure --enable-debug)\n");
	skip();
}

/* What kills its worker, or tries the sandbox's doors. */
static void
test_killed(void **state)
{
	(void)state;
	size_t count;
	start(CPU_MS, WALL_MS);
	int harmful = attack_all(ATTACK_KILLED, &count);
	assert_int_equal(pool_counters(t.pool)->respawns, 2 * count);
	stop();
	assert_int_equal(harmful, 0);
	skip_without_hooks(count);
}

static void
test_cpu(void **state)
{
	(void)state;
	size_t count;
	start(BUSY_MS, WALL_MS);
	int harmful = attack_all(ATTACK_CPU, &count);
	stop();
	assert_int_equal(harmful, 0);
	skip_without_hooks(count);
}

static void
test_asleep(void **state)
{
	(void)state;
	size_t count = 0;
	/* while it sleeps the good ones beside it have their turn in the other worker; such a short
	 * bound may end them too, so none is looked at */
	start(CPU_MS, ASLEEP_MS);
	int harmful = 0;
	for (const struct attack *a = attacks; a->name; a++) {
		struct buf body;
		if (a->end != ATTACK_ASLEEP || !is_for_this_build(a))
			continue;
		buf_init(&body, ATTACK_MAX);
		struct job job = attack_make(a, &body);
		t.answered = t.wrong = t.deaths = 0;
		pool_submit(t.pool, &job, &body, on_attack, NULL);
		while (!t.answered)
			assert_int_equal(event_base_loop(t.base, EVLOOP_ONCE), 0);
		harmful += judge(a) != NULL;
		harmful += strstr(t.reason, "ms of CPU") == NULL;
		count++;
		buf_clear(&body);
	}
	stop();
	assert_int_equal(harmful, 0);
	skip_without_hooks(count);
}

static int
setup(void **state)
{
	(void)state;
	digest_prepare();
	make_goods();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		buf_clear(&t.goods[i].body);
		buf_clear(&t.goods[i].answer);
	}
	return 0;
}

int
main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_answered),
	    cmocka_unit_test(test_killed),
	    cmocka_unit_test(test_cpu),
	    cmocka_unit_test(test_asleep),
	};
	if (argc == 2 && !strcmp(argv[1], "--worker"))
		return worker_main();
	return cmocka_run_group_tests_name("attack", tests, setup, teardown);
}
