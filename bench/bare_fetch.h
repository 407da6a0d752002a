/*
 * bare_fetch: the floor of a poll: libcurl's multi_socket on libevent, set as well as it can be for
 * many hosts that are asked once, and nothing around it.
 */
#ifndef NEWSD_BENCH_BARE_FETCH_H
#define NEWSD_BENCH_BARE_FETCH_H

#include "upstream.h"

struct bare_fetch_result {
	long answers_200, answers_304, failures;
	long long bytes;
};

/* Ask COUNT hosts of U for PATH, TRANSFERS at once; ETAG NULL: without condition. */
void bare_fetch(const struct upstream *u, unsigned count, unsigned transfers, const char *path,
    const char *etag, struct bare_fetch_result *out);

#endif
