/*
 * robots: RFC 9309, compiled for one agent in a worker, judged in the main process. Pure.
 *
 * The RFC compares percent-normalised paths (2.2.2); Google's parser, for which most files are
 * written, compares them as written. Where the two readings differ, the stricter one is taken.
 */
#ifndef NEWSD_ROBOTS_H
#define NEWSD_ROBOTS_H

#include "record.h"

#define ROBOTS_MAX                                                                                 \
	(500u << 10) /* RFC 9309 2.5: at least 500 KiB are looked at; the rest is ignored */

/*
 * Compile BODY for AGENT (its product token, matched without case; groups for "*" where none fits).
 * Always sets *OUT, in A. What is no robots.txt has no rules and so allows everything.
 */
void robots_parse(
    struct arena *a, const uint8_t *body, size_t len, const char *agent, struct robots_doc **out);
/*
 * May URL (absolute http or https) be fetched? 1 or 0. Longest match wins, allow wins ties, no
 * match allows. The work is bounded (about 10 ms); past the bound: 0. /robots.txt itself is
 * implicitly allowed (RFC 9309 2.2.2): it is fetched without asking here.
 */
int robots_allows(const struct robots_doc *doc, const char *url);

#endif
