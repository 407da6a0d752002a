/*
 * cadence: when a feed is polled next, and why. Pure.
 */
#ifndef NEWSD_CADENCE_H
#define NEWSD_CADENCE_H

#include <stdint.h>

#include "record.h"

#define RETRY_AFTER_MAX_S (7 * 86400) /* a longer demand is an error of the server */

enum cadence_event {
	CADENCE_CHANGED,   /* the feed had entries that were new to us */
	CADENCE_UNCHANGED, /* 304, or nothing new */
	CADENCE_FAILED,    /* no feed came: network, HTTP error, not a feed */
};

struct cadence_input {
	enum cadence_event event;
	int64_t now;           /* seconds */
	int64_t interval_s;    /* the last one; 0: never polled */
	int64_t failures;      /* in a row, with this one */
	int64_t retry_after_s; /* the server's Retry-After; -1: none */
	int64_t max_age_s;     /* Cache-Control or Expires; -1: none */
	int64_t fixed_s;       /* the operator's interval for this feed; 0: none */
	int64_t min_s, max_s;  /* floor and ceiling */
	int64_t items, fresh;  /* CADENCE_CHANGED: entries in the document, new ones among them */
	const struct feed_doc *doc; /* ttl, sy:*, skipHours, skipDays; NULL: none was parsed */
	uint64_t seed;              /* spreads feeds that would fall together */
};

struct cadence {
	int64_t at;         /* seconds */
	int64_t interval_s; /* to be remembered; without spread and skipped hours */
	int64_t not_before; /* the server's demand, which nobody may override; 0: none */
	char reason[200];   /* in words, with the numbers */
};

/*
 * Decide. In order: Retry-After is obeyed whatever else says; a fixed interval; failures back off
 * exponentially from the floor to the ceiling; else the interval shrinks when much of the window
 * was new and grows when little was, and the publisher's ttl, sy:* and max-age hold it up (to at
 * most a quarter of the ceiling, for values are often set to absurd heights); skipHours and
 * skipDays move the moment on.
 */
void cadence_decide(const struct cadence_input *in, struct cadence *out);

#endif
