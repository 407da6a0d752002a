/*
 * faults: what tests/faults.c, preloaded into a newsd (LD_PRELOAD), and the test that struck it
 * share: a file mapped by both, named by the environment. Calls are those that may change the files
 * of one store: write, pwrite, writev, fsync, fdatasync, ftruncate, rename, unlink, and open when
 * it may create. Workers do not inherit the environment and so are not touched.
 */
#ifndef NEWSD_TESTS_FAULTS_H
#define NEWSD_TESTS_FAULTS_H

#include <stdint.h>

#define FAULTS_FILE    "NEWSD_FAULTS" /* the variable that names the shared file */
#define FAULTS_FOR_ALL UINT32_MAX     /* of `times`: from then on */

enum fault_act {
	FAULT_NONE, /* only count */
	FAULT_KILL_BEFORE,
	FAULT_KILL_AFTER,
	FAULT_KILL_TORN, /* half of what was to be written is, then the end */
	FAULT_ERROR,     /* the call fails with `error` and has done nothing */
	FAULT_SHORT,     /* the first writes half; those that follow fail with `error` */
	FAULT_READ,      /* a read fails with `error` */
	FAULT_NO_MEMORY, /* an allocation by a library fails */
};

enum fault_call { CALL_WRITE, CALL_SYNC, CALL_TRUNCATE, CALL_NAME, CALL_CREATE, CALL_KINDS };

struct faults {
	char prefix[128]; /* calls count on paths that begin so */
	int act, error;
	uint32_t at, times; /* strike the calls (allocations) at, at + 1 ... from 1 on */
	uint32_t calls, reads, allocations; /* seen so far */
	uint32_t of_kind[CALL_KINDS];       /* calls of each kind */
	uint32_t struck, struck_kind;       /* how many were; the kind of the last */
};

#endif
