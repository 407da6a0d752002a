/* identity_priv: what the files of identity share. */
#ifndef NEWSD_IDENTITY_PRIV_H
#define NEWSD_IDENTITY_PRIV_H

#include "identity.h"

#define IDENTITY_STAMP_S 60 /* a feed is built within so many seconds */

/* The words of a title, in A; "" when it has none. COUNTERS: a bare number in brackets at its end
 * is one of comments, too, and not only "(12 comments)". */
const char *identity_title(struct arena *a, const char *title, int counters);
/* A hash of the letters of the first MAX bytes of markup or text; 0: none. */
uint64_t identity_letters(const char *s, size_t max);
/*
 * The link as far as it identifies: canonical and with its fragment, which may be all that tells
 * the posts of a live blog apart. NULL: none, or one that was taken away and has no fragment.
 */
const char *identity_link(struct arena *a, const struct item *it);
/* The end of the URL S, or where its fragment begins. */
const char *identity_fragment(const char *s);
/* 1: both are known to the day and name the same moment, as exactly as both say; -1: they don't; 0:
 * one is unknown. */
int identity_compare_dates(struct date a, struct date b);
/* 1 when two URLs are hardly of one article: their paths hold different numbers, or neither has all
 * the parameters of the other. */
int identity_urls_contradict(const char *x, const char *y);

#endif
