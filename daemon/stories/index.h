/*
 * index: which articles of the window share keys with a new one. In memory only; what it holds is a
 * function of the calls of index_add since the oldest generation began, so it is rebuilt by making
 * them again. Private to stories; pure.
 *
 * Keys lie in open-addressed tables of 8-byte slots, a key and the article that brought it.
 * Articles are gathered in generations, an eighth of the window each (or of the memory, if that is
 * full first), and a generation is forgotten whole; each is made of its own articles alone, so that
 * those that were forgotten before it leave no trace in it.
 */
#ifndef NEWSD_STORIES_INDEX_H
#define NEWSD_STORIES_INDEX_H

#include "signature.h"

#define INDEX_FOUND_MAX 6 /* candidates that are worth reading */

struct index;

/* What is kept of an article; the caller gives it meaning. */
struct indexed {
	int64_t id, story;
	int64_t at;    /* arrival, epoch seconds */
	uint32_t site; /* hash of the site's name */
	uint32_t lead; /* of its signature; set by index_add */
};

struct found {
	int64_t id, story;
	uint32_t keys; /* of its story: how many keys lead there */
};

/* Keep articles for WINDOW_S seconds in at most MEMORY_MAX bytes, and of each the first KEYS_MAX
 * keys. */
struct index *index_new(int64_t window_s, size_t memory_max, unsigned keys_max);
void index_free(struct index *x);

/* Turn to the time AT: forget what is older than the window. Time never goes back: returns AT or,
 * if that is before an earlier call's, the latest. */
int64_t index_advance(struct index *x, int64_t at);

/*
 * Add an article's keys, and its lines as lines of its site. A key that leads to its story already
 * is not added again, so a copy costs little; one that leads to very many stories keeps the latest
 * of them.
 */
void index_add(struct index *x, const struct indexed *a, const struct signature *s);

/* The articles that share the most and the rarest keys with S, of stories that two keys or more
 * lead to; the best first. Returns how many. */
size_t
index_find(const struct index *x, const struct signature *s, struct found out[INDEX_FOUND_MAX]);

/*
 * In how many stories SITE had LINE, counted up to INDEX_LINE_STORIES. An article with another lead
 * counts as another story here, lest what all have in common makes them one and so is never known
 * for what it is.
 */
#define INDEX_LINE_STORIES 3
unsigned index_line_stories(const struct index *x, uint32_t site, uint32_t line);

/* Where a rebuild must begin for the index to be what it was: the oldest arrival that counts at
 * NOW. */
int64_t index_start(int64_t window_s, int64_t now);

/* Id of the oldest article, 0: none. */
int64_t index_oldest(const struct index *x);

struct index_figures {
	size_t bytes, articles, entries, generations,
	    dropped; /* dropped: for memory, not for age */
};
void index_measure(const struct index *x, struct index_figures *out);

#endif
