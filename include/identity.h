/*
 * identity: which entry of a feed is which: within one document, from poll to poll, and after the
 * feed has renamed them all. Pure: judges by what it is given, looks nothing up. The rules and
 * their reasons stand in docs/identity.md.
 *
 * Two mistakes are possible and do not weigh the same: what is taken for new though it is known
 * costs a fetch and is found to be a duplicate by its text; what is taken for known though it is
 * new is lost. In doubt an entry is new.
 */
#ifndef NEWSD_IDENTITY_H
#define NEWSD_IDENTITY_H

#include <stddef.h>
#include <stdint.h>

#include "record.h"

/* ---- one document ---- */

/*
 * Take away the link (canonical and fetch; not ->link) from entries of DOC that have a text of
 * their own and whose link names no page of theirs: the front page of the feed's own site, the page
 * that the whole feed belongs to, one page shared by different fragments (a live blog) or by three
 * entries and more. URL is the document's own.
 */
void identity_clear_shared_links(struct arena *a, const char *url, struct feed_doc *doc);

#define IDENTITY_LEVELS 3

/*
 * The key of IT within its feed, by the first (LEVEL 0) to the last thing that can identify it:
 * its guid, its link, its link and title; or without a link its guid, its title, its title and
 * date. Level 0 is what ->key holds. Never 0 but where there is no such level. A title counts by
 * its words alone, without markup, case, punctuation and a number of comments; where there is none,
 * its enclosure or the beginning of its text does.
 */
uint64_t identity_key(struct arena *a, const struct item *it, int level);

/* For each of LEN entries the first level whose key no entry shares that differs in link, title or
 * (without links) date, and that key. Entries that share it all the same are one, repeated: all but
 * the first of them get 0. */
void identity_tell_apart(
    struct arena *a, const struct item *items, size_t len, uint8_t *levels, uint64_t *keys);

/* 1 when the entries' `updated` tells something; 0: most bear the same, it is when the feed was
 * built. */
int identity_updated_tells(const struct item *items, size_t len);

/* ---- from poll to poll ---- */

/* Title and link (or, where there is none, the date) in 32 bits each, the title's are the high
 * ones: equal faces need no further look. Never 0. */
uint64_t identity_face(struct arena *a, const struct item *it);
/* A hash of the letters of the entry's text: markup and numbers do not count. 0: no text. */
uint64_t identity_gist(const struct item *it);

/* What is remembered of an entry. */
struct identity_known {
	uint64_t face, gist; /* 0: not known */
	const char *url;     /* its link's canonical URL; NULL: it has none */
	const char *title, *summary;
	struct date published;
};

enum {
	IDENTITY_OTHER = 1,   /* another entry under the same key; nothing else is set */
	IDENTITY_MOVED = 2,   /* the same, and its link was changed */
	IDENTITY_UPDATED = 4, /* the same, and it was changed so that its page is worth a look */
};

/* Judge the entry NOW (its gist in GIST) that bears the key of KNOWN. NEWER: its `updated` has
 * grown. 0: the same, nothing of weight has changed. */
int identity_judge(
    const struct identity_known *known, const struct item *now, uint64_t gist, int newer);

/* ---- a feed that has renamed its entries ---- */

/* COUNT of LEN entries are most of a feed: at least five, and three of five. */
int identity_is_most(size_t count, size_t len);

struct identity_trace {
	const char *title;
	const char *url; /* canonical; NULL: none */
	struct date date;
	int taken; /* now: it is known; old: the document shows it under its old name */
};

/*
 * Find for the entries NOW those of OLD, lately seen in the same feed, that they are: OF[i] is an
 * index of OLD or SIZE_MAX. The same title (of two words at least, and borne by no other entry,
 * neither now nor among the old), and as evidence the same date, or the same end of the URL's path
 * with no contradiction by dates, numbers in the path or parameters. Dates are evidence when the
 * pairs that agree in them show three different ones. Returns how many were found: none unless
 * they are most of NOW.
 */
size_t identity_match(const struct identity_trace *now, size_t now_len,
    const struct identity_trace *old, size_t old_len, size_t *of);

#endif
