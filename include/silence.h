/*
 * silence: is it strange that a feed brings nothing, or little? Pure. Silence is measured in what
 * the feed's rhythm expected of that time, by hour and weekday, so that nights and weekends pass
 * quickly. How long its silences usually are in this measure is learned: a feed that brings ten
 * entries at a time is silent for as long as ten take. Times are UTC epoch seconds.
 */
#ifndef NEWSD_SILENCE_H
#define NEWSD_SILENCE_H

#include <stddef.h>
#include <stdint.h>

#include "rhythm.h"

#define SILENCE_PACKED 24

enum silence_alarm {
	SILENCE_NONE,
	SILENCE_SILENT,    /* nothing came for an improbably long time */
	SILENCE_COLLAPSED, /* far less came in the last week than in the month */
};

struct silence {
	int64_t last;        /* when something last came; 0: never */
	float mean, longest; /* of its silences, in expected entries */
	uint32_t count;      /* of silences that are known, at most 2^30 */
	enum silence_alarm alarm;
};

/* Something new came at NOW; RHYTHM is the feed's as of before that. */
void silence_came(struct silence *s, const struct rhythm *rhythm, int64_t now);

/*
 * Judge the feed at NOW, after a poll that went well. S->alarm is raised, or clears itself: a
 * silence when something comes, a collapse when the week is like the month again, be it that the
 * month has become like the week. *CHANCE, in [0, 1]: that of such a silence. Returns 1 when the
 * alarm changed.
 */
int silence_judge(struct silence *s, const struct rhythm *rhythm, int64_t now, double *chance);

void silence_pack(const struct silence *s, uint8_t out[SILENCE_PACKED]);
void silence_unpack(struct silence *s, const void *bytes, size_t len);

#endif
