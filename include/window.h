/*
 * window: what a feed shows of its past, from one poll to the next. A feed is a window over the
 * newest entries; when a full window shares nothing with the last one, entries went by unseen.
 * Pure. Times are UTC epoch seconds.
 */
#ifndef NEWSD_WINDOW_H
#define NEWSD_WINDOW_H

#include <stddef.h>
#include <stdint.h>

#include "rhythm.h"

#define WINDOW_MARKS   4
#define WINDOW_PACKED  60   /* bytes of a packed window */
#define WINDOW_OLDER   56   /* the same before it had lag_s */
#define WINDOW_AHEAD_S 3600 /* a publication time may be ahead of us by so much */

/* What is remembered of a feed's documents. */
struct window {
	int64_t at;     /* when the last one was read; 0: never */
	int64_t newest; /* when its newest entry was published; 0: its entries have no dates */
	uint32_t full;  /* as many entries as it shows when it has enough */
	float
	    life_s; /* the shortest time lately in which a whole window was replaced; 0: unknown */
	uint64_t marks[WINDOW_MARKS]; /* keys of its newest entries, 0: fewer */
	uint32_t dated;               /* 1: most entries have dates */
	float lag_s; /* the newest entry was at least so old lately when it was seen; 0: unknown */
};

/* One entry of a document, in the document's order. */
struct window_entry {
	uint64_t key;      /* identity within the feed */
	int64_t published; /* 0: unknown */
	int fresh;         /* this feed never showed it before */
};

/* What a document says, compared with what was remembered. */
struct window_view {
	size_t entries, fresh, overlap; /* overlap: known before */
	int gap;                        /* entries went by unseen: */
	int64_t gap_from, gap_until;    /* they were published in this time */
	double lost;                    /* so many, estimated */
};

/*
 * Compare the document ENTRIES, read at NOW, with W. RHYTHM is the feed's as of before this
 * document. No gap is seen in a first document, in one that is not full, nor in one that only shows
 * older entries again.
 */
void window_compare(const struct window *w, const struct rhythm *rhythm,
    const struct window_entry *entries, size_t len, int64_t now, struct window_view *out);

/* Remember the document. */
void window_learn(struct window *w, const struct window_entry *entries, size_t len, int64_t now);

/*
 * How long the feed may be left alone from NOW on without entries going by unseen, in seconds:
 * until a third of the window is likely to be new, and never longer than half of the shortest life
 * of a window seen lately. INT64_MAX: nothing is known of its window.
 */
int64_t
window_safe_s(const struct window *w, const struct rhythm *rhythm, int64_t now, int64_t max_s);

void window_pack(const struct window *w, uint8_t out[WINDOW_PACKED]);
void window_unpack(struct window *w, const void *bytes, size_t len);

#endif
