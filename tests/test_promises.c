/*
 * test_promises: hosts that want to be asked by https alone are remembered over restarts, with a
 * clock that may be wrong. That they are asked so is test_scenarios_net.c's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "clock.h"
#include "mem.h"
#include "store.h"
#include "world.h"

#define DAY  INT64_C(86400)
#define YEAR (365 * DAY)

static void
restart(struct world *w)
{
	world_stop(w);
	world_start(w);
}

/* What was told of HOST at the last start; NULL: nothing. */
static const struct restored *
restored(const struct world *w, const char *host)
{
	for (size_t i = 0; i < w->restored_len; i++)
		if (!strcmp(w->restored[i].host, host))
			return &w->restored[i];
	return NULL;
}

static void
test_a_restart_remembers(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	assert_int_equal(w->restored_len, 0);
	world_promise(w, "a.example", YEAR, 0);
	world_promise(w, "b.example", 10 * DAY, 1);
	world_promise(w, "c.example", DAY, 0);
	world_promise(w, "d.example", YEAR, 0);
	world_promise(w, "d.example", 0, 0); /* taken back */
	world_run(w, 2 * DAY);
	restart(w);
	assert_int_equal(w->restored_len, 2);
	assert_int_equal(restored(w, "a.example")->left_s, YEAR - 2 * DAY);
	assert_int_equal(restored(w, "a.example")->subdomains, 0);
	assert_int_equal(restored(w, "b.example")->left_s, 8 * DAY);
	assert_int_equal(restored(w, "b.example")->subdomains, 1);
	world_promise(w, "a.example", 3 * DAY, 1); /* another word of it counts */
	world_run(w, DAY);
	restart(w);
	assert_int_equal(restored(w, "a.example")->left_s, 2 * DAY);
	assert_int_equal(restored(w, "a.example")->subdomains, 1);
	/* what has expired is forgotten with the next that is heard */
	assert_int_equal(world_count(w, "SELECT count(*) FROM nd_promise"), 2);
	world_run(w, 20 * DAY);
	world_promise(w, "e.example", DAY, 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM nd_promise"), 1);
	world_free(w);
}

/* The wall clock says DAYS after the start of the world from now on. */
static void
set_clock(int64_t days)
{
	clock_fake_jump((WORLD_START + days * DAY) * 1000 - clock_now_ms());
}

static void
test_a_clock_that_is_set(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	set_clock(1000);
	world_promise(w, "a.example", 100 * DAY, 0);
	world_stop(w);
	set_clock(0); /* set back by years */
	world_start(w);
	assert_int_equal(restored(w, "a.example")->left_s, 100 * DAY); /* and not 1100 */
	world_run(w, 40 * DAY);
	restart(w);
	assert_int_equal(restored(w, "a.example")->left_s, 60 * DAY);
	world_stop(w);
	clock_fake_jump(-clock_now_ms()); /* 1970: it was never set, which is no reason to write */
	world_start(w);
	assert_int_equal(restored(w, "a.example")->left_s, 100 * DAY);
	world_stop(w);
	set_clock(40);
	world_start(w);
	assert_int_equal(restored(w, "a.example")->left_s, 60 * DAY);
	world_stop(w);
	set_clock(1000); /* far ahead */
	world_start(w);
	assert_null(restored(w, "a.example"));
	world_free(w);
}

static void
test_so_many_are_read(void **state)
{
	(void)state;
	struct world *w = world_new(NULL);
	char host[32];
	for (int i = 0; i <= STORE_PROMISES_MAX; i++) {
		snprintf(host, sizeof host, "h%d.example", i);
		w->heard(&(struct fetch_promise){host, DAY + i, 0}, w->heard_arg);
	}
	restart(w);
	assert_int_equal(w->restored_len, STORE_PROMISES_MAX);
	assert_null(restored(w, "h0.example")); /* the first that would expire */
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_a_restart_remembers),
	    cmocka_unit_test(test_a_clock_that_is_set),
	    cmocka_unit_test(test_so_many_are_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
