/*
 * sweep_kinds: the kinds of blows of a sweep, where they fall, and a sample of each as a cmocka
 * test.
 */
#ifndef NEWSD_TESTS_SWEEP_KINDS_H
#define NEWSD_TESTS_SWEEP_KINDS_H

#include "sweep_rig.h"

enum sweep_place { AT_CALL, AT_READ, AT_ALLOCATION, AT_RANDOM };

#define SWEEP_KILLS 4 /* kinds that kill newsd: they come first */
#define SWEEP_KINDS 12

struct sweep_kind {
	const char *name;
	unsigned share; /* of the points of a whole sweep, in parts */
	unsigned
	    sample; /* points of a test; few where newsd waits, for a disk to be well or to stop */
	enum sweep_place place;
	enum fault_act act;
	int error;
	uint32_t times;
};
extern const struct sweep_kind sweep_kinds[SWEEP_KINDS];

struct sweep_tally {
	unsigned points, struck, ended[3]; /* well, by a signal, with an error */
	unsigned found[FOUND_KINDS], unclean;
};

/* A number below SIDES; the same ones in every run, after PART. */
void sweep_seed(unsigned part);
uint64_t sweep_roll(uint64_t sides);
/* Blow I of COUNT of KIND, which are spread evenly over all stages: strike, and say what was found.
 */
void sweep_point(const struct sweep_kind *kind, unsigned i, unsigned count, struct sweep_tally *t);
/* Skip the test, loudly, where newsd can't be struck. */
void sweep_skip_where_impossible(void);
/* A test: *STATE is the kind. */
void sweep_sample(void **state);

#endif
