/* labelled: texts of which it is known which tell the same story: to score by. */
#ifndef NEWSD_BENCH_LABELLED_H
#define NEWSD_BENCH_LABELLED_H

#include <stddef.h>

#include "hash.h"
#include "mem.h"

struct labelled {
	char *text, *site;
	uint64_t cluster;  /* equal: the same story */
	uint64_t parts[8]; /* clusters that it holds a part of: a link there is neither right nor
			      wrong */
	size_t parts_len;
	int background; /* not scored */
};
struct labelled_set {
	struct labelled *list; /* in order of arrival */
	size_t len, cap;
	struct arena arena;
};

/* Invented texts: stories with copies cut and edited, and reports from a form. */
void labelled_make(struct labelled_set *s, unsigned stories);
/* The texts of $BENCH_CORPUS/stories, where they are; 0: they are not. */
int labelled_read(struct labelled_set *s);
void labelled_clear(struct labelled_set *s);

#endif
