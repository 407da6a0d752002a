/*
 * test_e2e_sweep: newsd killed at its system calls and at random moments (tests/sweep_kinds.h), and
 * again and again over one stream. With NEWSD_SWEEP=N it is what tests/crash-sweep.sh runs: N
 * points of all kinds, of which it does its part (NEWSD_SWEEP_PART=I/OF), and prints a row for each
 * kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e_rig.h"
#include "mem.h"
#include "sweep_kinds.h"

#define STREAM_KILLS 50

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
		printf("stage\t%d\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%u\t%zu\t%lld\n", s, t->calls,
		    t->of_kind[CALL_WRITE], t->of_kind[CALL_SYNC], t->of_kind[CALL_TRUNCATE],
		    t->of_kind[CALL_NAME], t->of_kind[CALL_CREATE], t->reads, t->allocations,
		    t->told, (long long)t->ms);
	}
	fflush(stdout);
}

static void
print_tally(const struct sweep_kind *kind, const struct sweep_tally *t)
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
	for (size_t k = 0; k < SWEEP_KINDS; k++)
		shares += sweep_kinds[k].share;
	sweep_seed(part); /* random moments of its own */
	print_stages();
	for (size_t k = 0; k < SWEEP_KINDS; k++) {
		struct sweep_tally t = {0};
		unsigned count = (points * sweep_kinds[k].share + shares - 1) / shares;
		for (unsigned i = part; i < count; i += parts)
			sweep_point(&sweep_kinds[k], i, count, &t);
		print_tally(&sweep_kinds[k], &t);
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
	sweep_skip_where_impossible();
	sweep_restore(0);
	e2e.site.site->phase = 1;
	e2e_once();
	char *expected = sweep_content();
	e2e_expect_int("SELECT count(*) >= 10 FROM (SELECT 1 FROM nd_article GROUP BY story_id"
		       " HAVING count(*) > 1)",
	    1);
	sweep_restore(0);
	e2e.site.site->phase = 1;
	for (unsigned i = 0; i < STREAM_KILLS; i++) {
		/* seldom far enough to end, so that the next has something left to disturb */
		struct sweep_blow b = {.act = FAULT_KILL_AFTER, .times = 1};
		struct sweep_result r = {0};
		b.at = 1 + (uint32_t)sweep_roll(12 + i * 2);
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
	struct CMUnitTest tests[SWEEP_KILLS + 1] = {
	    {"test_stream_with_kills", test_stream_with_kills, e2e_fresh, NULL, NULL}};
	const struct CMUnitTest whole[] = {cmocka_unit_test(whole_sweep)};
	for (size_t k = 0; k < SWEEP_KILLS; k++)
		tests[k + 1] = (struct CMUnitTest){
		    sweep_kinds[k].name, sweep_sample, e2e_fresh, NULL, (void *)&sweep_kinds[k]};
	if (getenv("NEWSD_SWEEP"))
		return cmocka_run_group_tests(whole, sweep_setup, sweep_teardown);
	return cmocka_run_group_tests(tests, sweep_setup, sweep_teardown);
}
