/* judge: which story each article is in, judged after its commit. Private to the writer. */
#ifndef NEWSD_WRITER_JUDGE_H
#define NEWSD_WRITER_JUDGE_H

#include "store.h"
#include "stories.h"

struct judge;

/* Borrows STORE. */
struct judge *judge_new(struct store *store, const struct story_options *o);
void judge_free(struct judge *j); /* what is not judged stays in the store's queue; NULL is fine */

/*
 * Do a part of the work, some 50 ms: read the index, or judge what came and store what was found,
 * in a transaction of its own. *MORE 1: there is more to do. An error is the store's, and trying
 * again later may help.
 */
int judge_step(struct judge *j, int *more);
/* Read the index anew: an operator decided about stories. */
void judge_restart(struct judge *j);
/* 0: the index is being read, and arrivals wait. */
int judge_is_ready(const struct judge *j);
void judge_measure(const struct judge *j, struct story_figures *out);

#endif
