/*
 * outcome: the closed list of ends that a discovered link can come to. One table; the store, the
 * log, the manual and newsctl all read it.
 */
#ifndef NEWSD_OUTCOME_H
#define NEWSD_OUTCOME_H

enum outcome {
	OUTCOME_PENDING, /* not an end: still work to do */
	OUTCOME_STORED,
	OUTCOME_DUPLICATE, /* the same canonical URL or the same text as a stored article */
	OUTCOME_REVISION,  /* a new text under the canonical URL of a stored article */
	OUTCOME_FILTERED,  /* the operator's configuration says no */
	OUTCOME_ROBOTS,
	OUTCOME_GONE,       /* 404, 410 */
	OUTCOME_HTTP_ERROR, /* another status that will not change by retrying */
	OUTCOME_REFUSED,    /* address, port or scheme that newsd does not connect to */
	OUTCOME_NOT_HTML,
	OUTCOME_TOO_BIG,
	OUTCOME_BAD_BODY, /* truncated or undecodable */
	OUTCOME_WALL,     /* paywall, consent or login page */
	OUTCOME_STUB,     /* too little text to be the article */
	OUTCOME_LISTING,  /* a front page, section or link list */
	OUTCOME_PARSER_CRASH,
	OUTCOME_PARSER_TIMEOUT,
	OUTCOME_GAVE_UP, /* transient failures until the attempts ran out */
	OUTCOME_LOST,    /* its row was damaged, and a repair could not read it */
	OUTCOME_COUNT
};

struct outcome_row {
	const char *name; /* stable: stored, logged and queried by this word */
	const char *help; /* for people: what it means that a link ended so */
};
extern const struct outcome_row outcome_table[OUTCOME_COUNT];

/* Name O by its stable word; "unknown" for a foreign number. */
const char *outcome_name(enum outcome o);
/* Find the outcome of that exact NAME: enum outcome, or -1 (also for NULL). */
int outcome_parse(const char *name);

#endif
