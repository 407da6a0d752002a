/*
 * fault_rig: the other end of tests/faults.h: which newsd is to be struck, and how. What is set in
 * the shared block takes effect at once, also in a newsd that runs.
 */
#ifndef NEWSD_TESTS_FAULT_RIG_H
#define NEWSD_TESTS_FAULT_RIG_H

#include "faults.h"

/* Make the shared block in DIR. Returns it; NULL: there is no faults.so beside the tests, or it
 * can't be made. */
struct faults *fault_rig_open(const char *dir);
void fault_rig_close(void);
/* What is started from now on preloads faults.so, which counts calls on paths that begin with
 * PREFIX; until fault_rig_end. All counters are 0. */
void fault_rig_begin(const char *prefix);
void fault_rig_end(void);

#endif
