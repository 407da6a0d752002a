/*
 * drift: whether what is extracted from a site's pages has changed its character, as it does when
 * the site has a new template. Pure: running means of a site, packed for the store, and the
 * decision. One article proves nothing, a row of them does.
 */
#ifndef NEWSD_DRIFT_H
#define NEWSD_DRIFT_H

#include <stddef.h>
#include <stdint.h>

#define DRIFT_PACKED 25

enum drift_kind {
	DRIFT_NONE,
	DRIFT_SHORT,  /* texts have a fraction of the words that they had */
	DRIFT_TITLES, /* titles are not the feed's any more */
	DRIFT_EMPTY,  /* pages give no article any more */
	DRIFT_KINDS
};
/* "short", "titles", "empty" */
const char *drift_kind_name(enum drift_kind k);

struct drift {
	uint16_t articles;        /* that the means know, at most 1000 */
	float words;              /* mean of log2 of the words of a text */
	float titles;             /* share of titles that are the feed's; -1: not known */
	uint8_t odd[DRIFT_KINDS]; /* in a row, by kind; DRIFT_NONE: of any kind */
	uint8_t normal;           /* in a row, while a drift is open */
	uint8_t open;             /* enum drift_kind */
	int64_t since;            /* of the first odd one in a row, or of the open drift */
};

/* What one page came to. */
struct drift_page {
	uint32_t words;  /* 0: no article */
	int title_match; /* 1: its title is the feed's, 0: it is another, -1: not known */
};

struct drift_change {
	int begins, ends; /* at most one of them */
	enum drift_kind kind;
	int64_t since;        /* its first page */
	double before, after; /* words, or share of titles, or share of pages with an article */
	int settled;          /* ENDS: what was odd is usual now; else it is as it was */
};

/* Take the page V, which came at AT, into D, and say what changed. */
void drift_learn(struct drift *d, const struct drift_page *v, int64_t at, struct drift_change *out);

void drift_pack(const struct drift *d, uint8_t out[DRIFT_PACKED]);
/* Anything else than what was packed gives a site of which nothing is known. */
void drift_unpack(struct drift *d, const void *bytes, size_t len);

#endif
