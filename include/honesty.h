/*
 * honesty: may a feed's validators be believed? Some servers answer 304 though there is news, some
 * never answer 304. Pure. A lie costs news, so suspicion is checked: a feed whose silence under 304
 * is improbable is asked once without validators, at most once a day.
 */
#ifndef NEWSD_HONESTY_H
#define NEWSD_HONESTY_H

#include <stddef.h>
#include <stdint.h>

#include "rhythm.h"

#define HONESTY_PACKED 36

struct honesty {
	int64_t full_at;      /* when a whole document last came; 0: never */
	int64_t unchanged_at; /* when the last 304 came; 0: never, or a whole document since */
	int64_t asked_at;     /* when it was last asked without validators out of suspicion */
	int64_t lied_at;      /* when a lie was last found; 0: never */
	uint16_t lies;        /* 304s that hid entries, or seemed to */
	uint16_t useless;     /* in a row: validators sent, whole document, same entries */
};

enum honesty_mode {
	HONESTY_TRUSTED, /* conditional requests */
	HONESTY_ASK,     /* the next request goes without validators, to see */
	HONESTY_LIAR,    /* validators are never sent */
};

/* A 304 came at NOW. */
void honesty_unchanged(struct honesty *h, int64_t now);

/* What a whole document says of the 304 before it. */
struct honesty_news {
	int conditional; /* validators had been sent */
	size_t fresh;    /* entries that the feed had not shown before */
	int64_t oldest;  /* when the oldest of them was published, 0: unknown */
	int64_t middle;  /* ... and the middle one */
	int all_fresh;   /* nothing in it was known */
};

/*
 * A whole document came at NOW. A lie is news older than the last 304. Who was asked without
 * validators, out of suspicion, is convicted by one entry. Where the server itself ended its
 * silence, an old entry may have come late into the feed: then the half of at least three entries
 * must be so old, twice, or in a document of which nothing was known, so that some may be lost.
 */
void honesty_full(
    struct honesty *h, int64_t now, const struct honesty_news *news, const struct rhythm *rhythm);

/* How to ask at NOW. */
enum honesty_mode honesty_mode(const struct honesty *h, const struct rhythm *rhythm, int64_t now);

/* 1: its validators change though its entries don't: conditional requests save nothing. */
int honesty_is_useless(const struct honesty *h);

void honesty_pack(const struct honesty *h, uint8_t out[HONESTY_PACKED]);
void honesty_unpack(struct honesty *h, const void *bytes, size_t len);

#endif
