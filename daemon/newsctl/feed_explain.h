/* feed_explain: what newsctl explain knows of a feed, between gathering it and telling it. */
#ifndef NEWSD_NEWSCTL_FEED_EXPLAIN_H
#define NEWSD_NEWSCTL_FEED_EXPLAIN_H

#include "cadence.h"
#include "newsctl_priv.h"

struct explained {
	struct arena arena; /* of all strings */
	struct feed_row feed;
	struct cadence_memory memory; /* nothing: it never gave a document */
	int64_t now, next;            /* next: of the running newsd, else as stored */
	double hours[24],
	    days[7];          /* entries an hour by hour of the day; factor by day, Monday first */
	double rate, per_day; /* entries expected: an hour, now; a day */
	double until_next;    /* ... from the last document to the next poll */
	double overrun; /* probability that then more came than the window shows; -1: unknown */
	int64_t items, fresh; /* of the last document; -1: none is remembered */
	struct gap_row *gaps; /* of the last GAPS_DAYS, oldest first */
	size_t gaps_len;
	struct proposal_row *proposals; /* open ones */
	size_t proposals_len;
	struct json_object *live; /* what the running newsd says; NULL: nothing */
	const char *live_trouble; /* why; NULL */
};

#define EXPLAIN_GAPS_DAYS 30

/* Print it for people (feed_words.c). */
void explain_print(const struct explained *e);

#endif
