/*
 * jsonld: schema.org article metadata out of application/ld+json blocks, tolerant of what sites
 * write (comments, CDATA, escaped twice, control characters, arrays and @graph, references by @id).
 * Pure. Judges nothing: values are as written, references decoded and white space folded.
 */
#ifndef NEWSD_JSONLD_H
#define NEWSD_JSONLD_H

#include <stddef.h>

#include "mem.h"

#define JSONLD_BLOCK_MAX   ((size_t)2 << 20) /* a longer block is not read */
#define JSONLD_AUTHORS_MAX 32

/* JSONLD_VIDEO: a work of another kind: a video, a recipe, instructions. */
enum jsonld_rank { JSONLD_NOTHING, JSONLD_PAGE, JSONLD_VIDEO, JSONLD_ARTICLE };

struct jsonld_article {
	char *type, *headline, *description, *article_body, *date_published, *date_modified,
	    *section;
	char *language, *image, *publisher, *url, *keywords;
	char **authors; /* people, as far as the page tells */
	size_t authors_len;
	char **houses; /* organisations that are named as authors */
	size_t houses_len;
	int is_accessible_for_free; /* -1 unknown */
	char *paid_selector;        /* CSS selector of the part that is not free */
	int is_live;                /* a live blog */
	enum jsonld_rank rank;      /* the best kind of thing that was described so far */
};

/* Add what the block JSON (LEN bytes) says of an article to OUT (zeroed by the caller, with
 * is_accessible_for_free -1): the first block that says a thing wins, and what is said of an
 * article goes before what is said of a page or a video. Strings in A. Returns 1 when the block
 * described an article. */
int jsonld_read(struct arena *a, const char *json, size_t len, struct jsonld_article *out);

#endif
