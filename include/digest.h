/*
 * digest: the whole mind of a worker: one job in, one reply out. Pure: the same call serves the
 * sandboxed worker, the inline mode, tests, fuzzers and benchmarks.
 */
#ifndef NEWSD_DIGEST_H
#define NEWSD_DIGEST_H

#include "record.h"

/* Do JOB. Never fails itself: the reply's status and reason tell. The caller frees the reply. */
struct reply *digest(const struct job *job);
/* Open what a sandbox would forbid later (converters, parser globals). Once per process. */
void digest_prepare(void);

#endif
