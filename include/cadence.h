/*
 * cadence: when a feed is polled next, and why. Pure.
 *
 * A poll costs a request; waiting costs every entry the time that it waits unseen. The moment to
 * poll is when waiting has cost as much as a request does: for entries that come at rate r(t), the
 * T at which the integral of r(t) * t from 0 to T reaches the price of a request in entry-hours.
 * (From minimising (price + cost of waiting) / T.) With a constant rate that is sqrt(2 price / r):
 * four times the entries, twice the polls. Sooner when entries could scroll away unseen; later
 * when the server or the publisher asks for it.
 */
#ifndef NEWSD_CADENCE_H
#define NEWSD_CADENCE_H

#include <stddef.h>
#include <stdint.h>

#include "honesty.h"
#include "record.h"
#include "rhythm.h"
#include "silence.h"
#include "window.h"

#define RETRY_AFTER_MAX_S (7 * 86400) /* a longer demand is an error of the server */

/* What the publisher asks for, kept because a 304 does not say it again. 0: nothing. */
struct cadence_hints {
	uint32_t ttl_s, sy_period_s;
	uint32_t skip_hours; /* bit h: GMT hour h is skipped */
	uint8_t skip_days;   /* bit 0 = Monday */
};

/* What a feed remembers from poll to poll, besides its validators. */
struct cadence_memory {
	int64_t failing_since; /* 0: the last poll went well */
	struct cadence_hints hints;
	struct rhythm rhythm;
	struct window window;
	struct honesty honesty;
	struct silence silence;
};
#define HINTS_PACKED 13
#define CADENCE_PACKED                                                                             \
	(1 + 8 + HINTS_PACKED + RHYTHM_PACKED + WINDOW_PACKED + HONESTY_PACKED + SILENCE_PACKED)

void cadence_pack(const struct cadence_memory *m, uint8_t out[CADENCE_PACKED]);
/* Anything else than what was packed gives a memory of nothing. What was remembered later than NOW
 * (seconds) was so by a clock that was ahead: it is taken for NOW, or nothing would be learned
 * until then. */
void cadence_unpack(struct cadence_memory *m, const void *bytes, size_t len, int64_t now);

/* A whole document, as memory wants to know it. */
struct cadence_document {
	const struct feed_doc *doc;         /* for its hints; NULL: it has none */
	const struct window_entry *entries; /* NULL: the same as in the last one */
	size_t len;
	int conditional; /* validators had been sent */
};

/* Take the document that came at NOW into memory; VIEW gets how it compares with the last one. */
void cadence_learn(struct cadence_memory *m, const struct cadence_document *d, int64_t now,
    struct window_view *view);

/* A 304 came at NOW: nothing new, if it may be believed. */
void cadence_learn_unchanged(struct cadence_memory *m, int64_t now);

/* Documents with FRESH new entries, which have no window of their own, came at NOW. */
void cadence_learn_parts(struct cadence_memory *m, size_t fresh, int64_t now);

/* A hub brought FRESH new entries at NOW, which says nothing about the window. */
void cadence_learn_pushed(struct cadence_memory *m, size_t fresh, int64_t now);

/* The poll at NOW, which went well, is learned: judge the feed's silence. REASON gets it in words.
 * Returns 1 when the alarm, which is in M, changed. */
int cadence_judge_silence(struct cadence_memory *m, int64_t now, char *reason, size_t size);

enum cadence_event {
	CADENCE_CHANGED,   /* the feed had entries that were new to us */
	CADENCE_UNCHANGED, /* 304, or nothing new */
	CADENCE_FAILED,    /* no feed came, see the failure */
};

/* Why no feed came. Each kind has its own patience. */
enum cadence_failure {
	FAILURE_DNS,
	FAILURE_CONNECT,
	FAILURE_TLS,
	FAILURE_TIMEOUT,
	FAILURE_BROKEN,    /* an answer that broke off, or no HTTP */
	FAILURE_SERVER,    /* 5xx */
	FAILURE_THROTTLED, /* 429, 503 */
	FAILURE_CLIENT,    /* 4xx */
	FAILURE_GONE,      /* 410 */
	FAILURE_CHALLENGE, /* a bot protection stands before it */
	FAILURE_REDIRECTS, /* in a loop, too many, to nowhere */
	FAILURE_TOO_BIG,   /* more than we take: each try costs as much as the last */
	FAILURE_REFUSED,   /* our own policy */
	FAILURE_NOT_FEED,
	FAILURE_PARSE,
	FAILURE_COUNT
};
const char *cadence_failure_name(enum cadence_failure f);

/* A failure that is not the feed's. */
enum cadence_excuse {
	EXCUSE_NONE,
	EXCUSE_OUTAGE, /* our own network is out */
	EXCUSE_CLOSED, /* it redirects to a host that is not to be asked now */
	EXCUSES
};

struct cadence_input {
	enum cadence_event event;
	enum cadence_failure failure; /* CADENCE_FAILED */
	int64_t now;                  /* seconds */
	int64_t failures;             /* in a row, with this one */
	int64_t retry_after_s;        /* the server's Retry-After; -1: none */
	int64_t max_age_s;            /* Cache-Control or Expires; -1: none */
	int64_t fixed_s;              /* the operator's interval for this feed; 0: none */
	int64_t min_s, max_s;         /* floor and ceiling */
	int64_t
	    blind_min_s; /* the floor where there are no validators to ask with; at least min_s */
	int has_validators;   /* the last document had some */
	double price;         /* of a request, in entry-hours */
	int64_t items, fresh; /* entries in the document, new ones among them; 0 after a 304 */
	const struct cadence_memory *memory;
	int64_t backup_s; /* a hub brings what is new: polls, which make sure of it, may lie so far
			     apart; 0: none does */
	enum cadence_excuse excuse; /* of CADENCE_FAILED: why the feed is not charged with it */
	int64_t again_s;            /* with EXCUSE_CLOSED: when the host opens */
	uint64_t seed;              /* spreads feeds that would fall together */
};

struct cadence {
	int64_t at;         /* seconds */
	int64_t interval_s; /* to be remembered; without spread and skipped hours */
	int64_t not_before; /* the server's demand, which nobody may override; 0: none */
	enum honesty_mode mode;
	float pace;       /* windows an hour that go by, by its usual rhythm */
	char reason[240]; /* in words, with the numbers */
};

/* Windows an hour that go by, by the rhythm as it usually is; 0: nothing is known. */
float cadence_pace(const struct cadence_memory *m);

/*
 * Decide. In order: Retry-After is obeyed whatever else says; failures back off, each kind at its
 * own pace, at most a day apart (410: a week), and a week after two months, never sooner than the
 * operator's fixed interval; which is kept where the poll went well; else the rhythm and
 * the window say how long to wait, within floor and ceiling, and the publisher's ttl, sy:* and
 * max-age hold it up (to at most a quarter of the ceiling, for values are often set to absurd
 * heights); skipHours and skipDays move the moment on. The spread only ever makes it later.
 */
void cadence_decide(const struct cadence_input *in, struct cadence *out);

/* No poll is put off for longer than so many seconds, where FIXED_S is the operator's interval (0:
 * none) and MAX_S the ceiling: a later one was decided by a clock that was ahead. */
int64_t cadence_furthest_s(int64_t fixed_s, int64_t max_s);

#endif
