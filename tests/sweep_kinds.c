/* sweep_kinds: see tests/sweep_kinds.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "sweep_kinds.h"

#include <cmocka.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define SICK_CALLS 3 /* so many calls fail before the disk is well again */

const struct sweep_kind sweep_kinds[SWEEP_KINDS] = {
    {"killed before the call", 5, 20, AT_CALL, FAULT_KILL_BEFORE, 0, 1},
    {"killed after the call", 5, 20, AT_CALL, FAULT_KILL_AFTER, 0, 1},
    {"killed in half a write", 5, 20, AT_CALL, FAULT_KILL_TORN, 0, 1},
    {"killed at random", 5, 20, AT_RANDOM, FAULT_NONE, 0, 0},
    {"EIO once", 2, 20, AT_CALL, FAULT_ERROR, EIO, 1},
    {"ENOSPC once", 2, 20, AT_CALL, FAULT_ERROR, ENOSPC, 1},
    {"EIO for 3 calls", 1, 10, AT_CALL, FAULT_ERROR, EIO, SICK_CALLS},
    {"ENOSPC in half a write", 1, 10, AT_CALL, FAULT_SHORT, ENOSPC, SICK_CALLS},
    {"EIO for good", 1, 6, AT_CALL, FAULT_ERROR, EIO, FAULTS_FOR_ALL},
    {"ENOSPC for good", 1, 6, AT_CALL, FAULT_ERROR, ENOSPC, FAULTS_FOR_ALL},
    {"EIO for a read", 2, 20, AT_READ, FAULT_READ, EIO, 1},
    {"ENOMEM once", 2, 20, AT_ALLOCATION, FAULT_NO_MEMORY, 0, 1},
};

static uint64_t dice = 88172645463325252;

void
sweep_seed(unsigned part)
{
	dice += part;
}

uint64_t
sweep_roll(uint64_t sides)
{
	dice ^= dice << 13;
	dice ^= dice >> 7;
	dice ^= dice << 17;
	return dice % sides;
}

/* Blow I of COUNT of KIND: they are spread evenly over both stages. */
static struct sweep_blow
blow_of(const struct sweep_kind *kind, unsigned i, unsigned count)
{
	struct sweep_blow b = {.act = kind->act, .error = kind->error, .times = kind->times};
	uint64_t total = 0, places[SWEEP_STAGES];
	for (int s = 0; s < SWEEP_STAGES; s++) {
		const struct sweep_stage *stage = &sweep_stages[s];
		places[s] = kind->place == AT_CALL         ? stage->calls
			    : kind->place == AT_READ       ? stage->reads
			    : kind->place == AT_ALLOCATION ? stage->allocations
							   : (uint64_t)stage->ms;
		total += places[s];
	}
	/* the middle of a slice, so that no two kinds need the same places */
	uint64_t at =
	    kind->place == AT_RANDOM ? sweep_roll(total) : (2 * i + 1) * total / (2 * count);
	while (b.stage < SWEEP_STAGES - 1 && at >= places[b.stage])
		at -= places[b.stage++];
	if (kind->place == AT_RANDOM)
		b.kill_ms = (int64_t)at + 1;
	else
		b.at = (uint32_t)at + 1;
	return b;
}

static void
tally_add(struct sweep_tally *t, const struct sweep_result *r)
{
	t->points++;
	t->struck += r->struck != 0;
	t->ended[!r->status ? 0 : r->status > 128 ? 1 : 2]++;
	for (int i = 0; i < FOUND_KINDS; i++)
		t->found[i] += r->found[i] != 0;
	t->unclean += !sweep_is_clean(r);
}

static void
print_blow(const struct sweep_kind *kind, const struct sweep_blow *b, const struct sweep_result *r)
{
	fprintf(stderr, "%s, stage %d, at %u, after %lld ms: %s\n", kind->name, b->stage, b->at,
	    (long long)b->kill_ms, r->why);
}

void
sweep_point(const struct sweep_kind *kind, unsigned i, unsigned count, struct sweep_tally *t)
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

void
sweep_skip_where_impossible(void)
{
	if (sweep_is_possible())
		return;
	print_message("SKIPPED: tests/faults.so is not there: it is built on Linux\n");
	skip();
}

void
sweep_sample(void **state)
{
	const struct sweep_kind *kind = *state;
	struct sweep_tally t = {0};
	sweep_skip_where_impossible();
#ifdef NEWSD_SANITIZED
	if (kind->place == AT_ALLOCATION) {
		print_message("SKIPPED: a sanitizer has its own malloc\n");
		skip();
	}
#endif
	for (unsigned i = 0; i < kind->sample; i++)
		sweep_point(kind, i, kind->sample, &t);
	assert_int_equal(t.unclean, 0);
	/* runs differ by some calls, and more in time */
	assert_true(t.struck >= kind->sample * (kind->place == AT_RANDOM ? 1 : 3) / 4);
}
