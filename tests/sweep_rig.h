/*
 * sweep_rig: one point of a crash sweep. A newsd of tests/e2e_rig.h makes one pass over a small
 * world and is struck once (tests/faults.h); then it is started again and left alone, and what is
 * in the store must be what a run that nobody disturbed leaves there. Stage 0 begins without a
 * store, stage 1 with what stage 0 made, when the world has moved on: new entries, a revision,
 * copies.
 */
#ifndef NEWSD_TESTS_SWEEP_RIG_H
#define NEWSD_TESTS_SWEEP_RIG_H

#include <stddef.h>
#include <stdint.h>

#include "faults.h"

#define SWEEP_STAGES 2

struct sweep_blow {
	int stage;
	enum fault_act act;
	int error;          /* errno of the acts that have one */
	uint32_t at, times; /* of the calls or allocations, from 1 on; 0: none */
	int64_t kill_ms;    /* SIGKILL so long after the start; 0: none */
};

/* What was found wrong; all must be 0. */
enum sweep_finding {
	FOUND_LOST,        /* the log told of an outcome that the store does not have */
	FOUND_DOUBLE,      /* an article is there, or was told, twice */
	FOUND_UNSOUND,     /* a finding of store_check: integrity, sums, indexes */
	FOUND_DIFFERENT,   /* another end than that of the undisturbed run */
	FOUND_STUCK,       /* came to no end */
	FOUND_UNEXPLAINED, /* ended otherwise than it should, or without a line that says why */
	FOUND_KINDS
};
extern const char *const sweep_finding_words[FOUND_KINDS];

struct sweep_result {
	int struck;    /* 1: the blow hit; 0: the run was over before */
	int status;    /* of the struck run, as in struct ran */
	uint32_t kind; /* enum fault_call of the call that was struck last */
	unsigned found[FOUND_KINDS];
	char why[240]; /* the first finding, in words */
};

/* What an undisturbed stage comes to. */
struct sweep_stage {
	char *snapshot; /* path of the store that it begins with; NULL: none */
	char *truth;
	uint32_t calls, reads, allocations, of_kind[CALL_KINDS];
	int64_t ms;  /* how long it took */
	size_t told; /* outcomes in the log */
};
extern struct sweep_stage sweep_stages[SWEEP_STAGES];

/* Fixtures of a group: as e2e_setup, then each stage twice, which must agree. */
int sweep_setup(void **state);
int sweep_teardown(void **state);
/* 0: here newsd can't be struck (no faults.so). */
int sweep_is_possible(void);

void sweep_strike(const struct sweep_blow *blow, struct sweep_result *result);
/* Is there anything in RESULT that must not be? */
int sweep_is_clean(const struct sweep_result *result);

/* A store as STAGE begins, an empty log, the world's phase. */
void sweep_restore(int stage);
/* All that the store holds, in one text that does not depend on ids and times; malloc'ed. */
char *sweep_content(void);
/* Start newsd --once and end it by BLOW; its status as in struct ran. */
int sweep_run(const struct sweep_blow *blow, struct sweep_result *result);

#endif
