/*
 * test_e2e_sweep: newsd struck at its system calls and allocations, and killed at random moments
 * (tests/sweep_rig.h). As a test it takes a sample of each kind of blow. With NEWSD_SWEEP=N it is
 * what tests/crash-sweep.sh runs: N points in all, of which it does its part
 * (NEWSD_SWEEP_PART=I/OF), and prints a row for each kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "e2e_rig.h"
#include "mem.h"
#include "sweep_rig.h"

#define SAMPLE       20 /* points of a kind in `make check` */
#define SICK_CALLS   8  /* so many calls fail before the disk is well again */
#define STREAM_KILLS 50

enum place { AT_CALL, AT_ALLOCATION, AT_RANDOM };

static const struct kind {
	const char *name;
	unsigned share; /* of the points, in parts */
	enum place place;
	enum fault_act act;
	int error;
	uint32_t times;
} kinds[] = {
    {"killed before the call", 5, AT_CALL, FAULT_KILL_BEFORE, 0, 1},
    {"killed after the call", 5, AT_CALL, FAULT_KILL_AFTER, 0, 1},
    {"killed in half a write", 5, AT_CALL, FAULT_KILL_TORN, 0, 1},
    {"killed at random", 5, AT_RANDOM, FAULT_NONE, 0, 0},
    {"EIO once", 2, AT_CALL, FAULT_ERROR, EIO, 1},
    {"ENOSPC once", 2, AT_CALL, FAULT_ERROR, ENOSPC, 1},
    {"EIO for 8 calls", 1, AT_CALL, FAULT_ERROR, EIO, SICK_CALLS},
    {"ENOSPC in half a write", 1, AT_CALL, FAULT_SHORT, ENOSPC, SICK_CALLS},
    {"EIO for good", 1, AT_CALL, FAULT_ERROR, EIO, FAULTS_FOR_ALL},
    {"ENOSPC for good", 1, AT_CALL, FAULT_ERROR, ENOSPC, FAULTS_FOR_ALL},
    {"ENOMEM once", 2, AT_ALLOCATION, FAULT_NO_MEMORY, 0, 1},
};
#define KINDS (sizeof kinds / sizeof *kinds)

struct tally {
	unsigned points, struck, ended[3]; /* well, by a signal, with an error */
	unsigned found[FOUND_KINDS], unclean;
};

static uint64_t dice = 88172645463325252; /* the same points in every run */

static uint64_t
roll(uint64_t sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % sides;
}

/* Blow I of COUNT of KIND: they are spread evenly over both stages. */
static struct sweep_blow
blow_of(const struct kind *kind, unsigned i, unsigned count)
{
	struct sweep_blow b = {.act = kind->act, .error = kind->error, .times = kind->times};
	uint64_t total = 0, places[SWEEP_STAGES];
	for (int s = 0; s < SWEEP_STAGES; s++) {
		const struct sweep_stage *stage = &sweep_stages[s];
		places[s] = kind->place == AT_CALL         ? stage->calls
			    : kind->place == AT_ALLOCATION ? stage->allocations
							   : (uint64_t)stage->ms;
		total += places[s];
	}
	/* the middle of a slice, so that no two kinds need the same places */
	uint64_t at = kind->place == AT_RANDOM ? roll(total) : (2 * i + 1) * total / (2 * count);
	while (b.stage < SWEEP_STAGES - 1 && at >= places[b.stage])
		at -= places[b.stage++];
	if (kind->place == AT_RANDOM)
		b.kill_ms = (int64_t)at + 1;
	else
		b.at = (uint32_t)at + 1;
	return b;
}

static void
tally_add(struct tally *t, const struct sweep_result *r)
{
	t->points++;
	t->struck += r->struck != 0;
	t->ended[!r->status ? 0 : r->status > 128 ? 1 : 2]++;
	for (int i = 0; i < FOUND_KINDS; i++)
		t->found[i] += r->found[i] != 0;
	t->unclean += !sweep_is_clean(r);
}

static void
print_blow(const struct kind *kind, const struct sweep_blow *b, const struct sweep_result *r)
{
	fprintf(stderr, "%s, stage %d, at %u, after %lld ms: %s\n", kind->name, b->stage, b->at,
	    (long long)b->kill_ms, r->why);
}

static void
strike_point(const struct kind *kind, unsigned i, unsigned count, struct tally *t)
{
	struct sweep_blow b = blow_of(kind, i, count);
	struct sweep_result r;
	sweep_strike(&b, &r);
	tally_add(t, &r);
	if (getenv("NEWSD_SWEEP"))
		printf("point\t%s\t%u\t%d\n", kind->name, i, r.status);
	fflush(stdout);
	if (!sweep_is_clean(&r))
		print_blow(kind, &b, &r);
}

/* ---- the sample ---- */

static void
skip_where_impossible(void)
{
	if (sweep_is_possible())
		return;
	print_message("SKIPPED: tests/faults.so is not there: it is built on Linux\n");
	skip();
}

static void
sample_kind(void **state)
{
	const struct kind *kind = *state;
	struct tally t = {0};
	skip_where_impossible();
#ifdef NEWSD_SANITIZED
	if (kind->place == AT_ALLOCATION) {
		print_message("SKIPPED: a sanitizer has its own malloc\n");
		skip();
	}
#endif
	for (unsigned i = 0; i < SAMPLE; i++)
		strike_point(kind, i, SAMPLE, &t);
	assert_int_equal(t.unclean, 0);
	assert_true(t.struck >= SAMPLE * 3 / 4); /* runs differ by some calls */
}

/* ---- the whole: a part of it in each of several processes ---- */

static unsigned
number_of(const char *variable, unsigned otherwise)
{
	const char *text = getenv(variable);
	return text ? (unsigned)strtoul(text, NULL, 10) : otherwise;
}

static void
print_stages(void)
{
	for (int s = 0; s < SWEEP_STAGES; s++) {
		const struct sweep_stage *t = &sweep_stages[s];
		printf("stage\t%d\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%zu\t%lld\n", s, t->calls,
		    t->of_kind[CALL_WRITE], t->of_kind[CALL_SYNC], t->of_kind[CALL_TRUNCATE],
		    t->of_kind[CALL_NAME], t->of_kind[CALL_CREATE], t->allocations, t->told,
		    (long long)t->ms);
	}
	fflush(stdout);
}

static void
print_tally(const struct kind *kind, const struct tally *t)
{
	printf("kind\t%s\t%u\t%u\t%u\t%u\t%u", kind->name, t->points, t->struck, t->ended[0],
	    t->ended[1], t->ended[2]);
	for (int i = 0; i < FOUND_KINDS; i++)
		printf("\t%u", t->found[i]);
	printf("\n");
	fflush(stdout);
}

static void
whole_sweep(void **state)
{
	(void)state;
	const char *words = getenv("NEWSD_SWEEP_PART");
	const char *slash = words ? strchr(words, '/') : NULL;
	unsigned points = number_of("NEWSD_SWEEP", 0), shares = 0, unclean = 0;
	unsigned part = number_of("NEWSD_SWEEP_PART", 0),
		 parts = slash ? (unsigned)strtoul(slash + 1, NULL, 10) : 1;
	for (size_t k = 0; k < KINDS; k++)
		shares += kinds[k].share;
	dice += part; /* random moments of its own */
	print_stages();
	for (size_t k = 0; k < KINDS; k++) {
		struct tally t = {0};
		unsigned count = (points * kinds[k].share + shares - 1) / shares;
		for (unsigned i = part; i < count; i += parts)
			strike_point(&kinds[k], i, count, &t);
		print_tally(&kinds[k], &t);
		unclean += t.unclean;
	}
	assert_int_equal(unclean, 0);
}

/* ---- one stream, killed again and again ---- */

/* Which articles are one story does not depend on how often, and when, newsd died. */
static void
test_stream_with_kills(void **state)
{
	(void)state;
	unsigned killed = 0;
	skip_where_impossible();
	sweep_restore(0);
	e2e.site.site->phase = 1;
	e2e_once();
	char *expected = sweep_content();
	e2e_expect_int("SELECT count(*) > 20 FROM (SELECT 1 FROM nd_article GROUP BY story_id"
		       " HAVING count(*) > 1)",
	    1);
	sweep_restore(0);
	e2e.site.site->phase = 1;
	for (unsigned i = 0; i < STREAM_KILLS; i++) {
		/* seldom far enough to end, so that the next has something left to disturb */
		struct sweep_blow b = {.act = FAULT_KILL_AFTER, .times = 1};
		struct sweep_result r = {0};
		b.at = 1 + (uint32_t)roll(12 + i * 2);
		killed += sweep_run(&b, &r) > 128;
		assert_true(sweep_is_clean(&r));
	}
	e2e_once();
	char *content = sweep_content();
	print_message("killed %u times\n", killed);
	assert_string_equal(content, expected);
	assert_true(killed >= STREAM_KILLS * 3 / 4);
	e2e_expect_sound();
	mem_free(content);
	mem_free(expected);
}

int
main(void)
{
	struct CMUnitTest tests[KINDS + 1] = {
	    {"test_stream_with_kills", test_stream_with_kills, e2e_fresh, NULL, NULL}};
	const struct CMUnitTest whole[] = {cmocka_unit_test(whole_sweep)};
	for (size_t k = 0; k < KINDS; k++)
		tests[k + 1] = (struct CMUnitTest){
		    kinds[k].name, sample_kind, e2e_fresh, NULL, (void *)&kinds[k]};
	if (getenv("NEWSD_SWEEP"))
		return cmocka_run_group_tests(whole, sweep_setup, sweep_teardown);
	return cmocka_run_group_tests(tests, sweep_setup, sweep_teardown);
}
