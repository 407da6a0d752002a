/* rival: another program's library on the same documents in the same run, by a script of bench/
 * that parses them all once for each line that it gets, and answers with the CPU that it took. */
#ifndef NEWSD_BENCH_RIVAL_H
#define NEWSD_BENCH_RIVAL_H

#include "documents.h"

struct rival {
	const char *name;        /* "feedparser" */
	const char *interpreter; /* environment variable that names it, and what else is meant */
	const char *otherwise;
	const char *script_variable, *script;
	unsigned rounds; /* passes of digest() for one of its, which are much slower */
};

/* Print digest() of S, documents of KIND, against R, which reads them from the folder DIR, in PAIRS
 * turns; or that it is not there. HEADING: "a feed, whole". */
void rival_compare(const struct rival *r, const char *heading, const struct samples *s,
    enum job_kind kind, const char *dir, unsigned pairs);

#endif
