/*
 * sitelines: the lines that a site puts under or over its stories (newsletter calls, disclaimers,
 * author boxes), learned by their repetition over articles. Pure: a bounded memory for each site,
 * packed for the store, and the decision which lines of a text go.
 *
 * A line counts once an article. It is a site line when it came in several articles, over some
 * time, and in a good part of those of late; it is dropped from the ends of a text, and from its
 * middle only when nearly every article has it. An article most of which was seen before is another
 * version of a story, and teaches nothing. Nothing is dropped that would leave half of a text.
 */
#ifndef NEWSD_SITELINES_H
#define NEWSD_SITELINES_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

#define SITELINES_MAX      96 /* lines that are watched, of one site */
#define SITELINES_WORDS_LO 3  /* a shorter line is a word of the layout or of the language */
#define SITELINES_WORDS_HI 60 /* a longer one is a paragraph */
#define SITELINES_ENTRY    17 /* bytes of one, packed */
#define SITELINES_PACKED   (7 + SITELINES_MAX * SITELINES_ENTRY)
#define SITELINES_KNOWN    3 /* articles from which on a line may be a site line */

enum siteline_order { SITELINE_LEARNED, SITELINE_KEEP, SITELINE_DROP, SITELINE_ORDERS };
/* "learned", "keep", "drop" */
const char *siteline_order_name(enum siteline_order o);

struct siteline {
	uint64_t hash;
	uint32_t first_min;        /* minutes since 1970: when it was first seen */
	uint16_t articles;         /* halved now and then, with those of the site */
	uint16_t last;             /* the site's article that had it last, by number */
	enum siteline_order order; /* the operator's word on it */
};

struct sitelines {
	uint32_t number;   /* articles of the site, ever */
	uint16_t articles; /* the same as the lines' counts: halved */
	size_t len;
	struct siteline lines[SITELINES_MAX];
};

void sitelines_pack(const struct sitelines *s, uint8_t out[SITELINES_PACKED], size_t *len);
/* Anything else than what was packed gives a memory of nothing. */
void sitelines_unpack(struct sitelines *s, const void *bytes, size_t len);

/* A line of a text that is a candidate; TEXT points into the text. */
struct siteline_use {
	const char *text;
	size_t len;
	uint32_t words;
	uint64_t hash;
	size_t at;         /* which line of the text it is */
	int is_end;        /* it stands at the beginning or the end */
	int dropped;       /* sitelines_judge: it goes */
	uint16_t articles; /* after sitelines_learn: in how many, if it is among the watched */
};

struct siteline_text {
	struct siteline_use *uses; /* in the arena that was given */
	size_t uses_len, lines;
	uint32_t words;
};

/* The candidates of TEXT, whose lines end with '\n'. */
void sitelines_read(struct arena *a, const char *text, struct siteline_text *out);
/* Set ->dropped in T, by what S remembers. Returns how many lines go. */
size_t sitelines_judge(const struct sitelines *s, struct siteline_text *t, int64_t at);
/* TEXT without the lines that go, in A. */
char *sitelines_strip(struct arena *a, const char *text, const struct siteline_text *t);
/* Take the article of T, which came at AT and is a new one, into memory. */
void sitelines_learn(struct sitelines *s, struct siteline_text *t, int64_t at);
/* Remember the operator's word on the line with HASH. */
void sitelines_order(struct sitelines *s, uint64_t hash, enum siteline_order order, int64_t at);

#endif
