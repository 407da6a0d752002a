/*
 * stories: which articles are the same, and which tell the same story. Pure: judges by what was
 * looked up, reads texts through a door, and never looks up itself. The order of checks, the first
 * that decides ends it: canonical URL and exact text (stories_judge), near text (stories_find).
 * docs/stories.md tells the method.
 */
#ifndef NEWSD_STORIES_H
#define NEWSD_STORIES_H

#include <stdint.h>

#include "record.h"
#include "signature.h"

/* ---- by URL and exact text ---- */

enum story_relation {
	STORY_NEW,       /* nothing like it: an article and a story of its own */
	STORY_UNCHANGED, /* the article that this very link led to before, with the same text */
	STORY_REVISION,  /* a known article with a new text */
	STORY_SAME_URL,  /* another link to a known article */
	STORY_SAME_TEXT, /* word for word a known article */
};

/* A known article, as far as judging needs it. */
struct story_known {
	int64_t id, link_id;
	const uint8_t *text_hash; /* 16 bytes */
	const char *title;        /* may be NULL */
};

/*
 * Judge ARTICLE, which LINK_ID led to, against the article known under its canonical URL and the
 * one with the same text (NULL: none). *OF gets the id of the known article, 0 for STORY_NEW.
 *
 * Sites that give all their pages one canonical URL are why another link's new text counts as a
 * revision only under the same title.
 */
enum story_relation stories_judge(const struct article *article, int64_t link_id,
    const struct story_known *by_url, const struct story_known *by_text, int64_t *of);

/*
 * May DECLARED (a page's canonical URL) stand for the page fetched from FETCHED? The same host,
 * one below the other, or its www, m or amp twin; and not the front page for an inner one.
 */
int stories_canonical_is_plausible(const char *declared, const char *fetched);

/* How a page's text changed. */
struct story_change {
	uint32_t added, removed; /* words */
	uint32_t kept;           /* words that stand in both, in the same order */
	uint32_t replaced;       /* of the removed ones, figures in whose place others stand now */
	double first, last;      /* where in the new text: of its words, how many stand before the
				    first change and up to the last; 0-1 */
};

/*
 * Compare two texts of one page word by word. 1: NEW says something else, and *CHANGE tells how
 * much; 0: what differs is white space, punctuation, letter case or a counter (a short line of
 * which only the figures are others: "12 comments", "updated 14:05").
 */
int stories_compare_revision(const char *old, const char *new, struct story_change *change);
/* CHANGE in words, for a reason or a cause: "34 words added, 5 removed, near the beginning". */
char *story_change_words(struct arena *a, const struct story_change *change);

/* ---- by near text ---- */

/* What one article is to another. Stored: don't renumber. */
enum story_kind {
	STORY_KIND_EXACT = 1, /* word for word the same */
	STORY_KIND_NEAR,      /* the same text, edited */
	STORY_KIND_CONTAINED, /* it is cut from the other */
	STORY_KIND_CONTAINS,  /* it holds the other, and more */
	STORY_KIND_REVISION,  /* a later text of the same page */
	STORY_KIND_QUOTES,    /* they share a passage; not the same story */
	STORY_KIND_COUNT
};
/* "exact", "near", ...; the words of the view and of `newsctl dedup`. */
const char *story_kind_name(enum story_kind k);

/* The rule by which two articles are what they are to each other. Stored: don't renumber. */
enum story_rule {
	STORY_RULE_COPY = 1,   /* within 72 hours: a copy, cut or put into a longer text */
	STORY_RULE_SHORT_COPY, /* the same, short, so that chance does more */
	STORY_RULE_EDITED,     /* within 72 hours: edited throughout */
	STORY_RULE_LATER,      /* within 72 hours: a later version, half of it new */
	STORY_RULE_WINDOW,     /* within the window: most of it, with its figures */
	STORY_RULE_PASSAGE,    /* a passage in common, no more */
	STORY_RULE_COUNT
};
/* "copy", "later version", ... and what it asks for, in words. */
const char *story_rule_name(enum story_rule r);
const char *story_rule_help(enum story_rule r);

#define STORY_LINKS_MAX 6
#define STORY_WINDOW_S  ((int64_t)30 * 86400)
#define STORY_MEMORY    ((size_t)256 << 20)

struct story_options {
	int64_t window_s;  /* how long an article is looked for; 0: STORY_WINDOW_S */
	size_t memory_max; /* bytes of the index (0: STORY_MEMORY); what is too much is forgotten,
			      oldest first */
	unsigned
	    keys_max; /* of each article, at most SIGNATURE_KEYS_MAX (0): less is less memory */
};

/* An article as it is compared. Borrowed. */
struct story_article {
	const char *text;
	const char *site;  /* name of the site; what it repeats under its stories is left out */
	int64_t published; /* epoch seconds, 0 unknown */
	int64_t at;        /* when it arrived */
};

/* Where the texts are. */
struct story_door {
	/* Article ID into *OUT, whose strings live in ARENA. 0; ERR_NOT_FOUND when it is gone;
	 * another failure ends the search and is given back by stories_find. */
	int (*load)(void *arg, int64_t id, struct arena *arena, struct story_article *out);
	void *arg;
};

/* A relation of the new article to article OF. */
struct story_link {
	int64_t of, story; /* story: the one that OF is in */
	enum story_kind kind;
	enum story_rule rule;
	double similarity;  /* of the words of the shorter text, how many the other has; 0-1 */
	double containment; /* the same of shingles, without what only aligns */
	double figures; /* of the figures that stand at the same place, how many agree; 1: none do
			   not */
};

struct story_decision {
	int64_t story; /* the story that it belongs to; 0: a new one */
	struct story_link
	    links[STORY_LINKS_MAX]; /* membership first, if there is one; best first */
	size_t links_len;
};

struct stories;
struct stories *stories_new(const struct story_options *o, const struct story_door *door);
void stories_free(struct stories *s);

/*
 * Look for articles that A, whose signature is SIGNATURE, is near to. Changes nothing but the time:
 * what has left the window is forgotten. 0 (also when nothing was found), or the door's failure.
 */
int stories_find(struct stories *s, const struct story_article *a,
    const struct signature *signature, struct story_decision *d);

/* What stories_add knows a site by; 0 for NULL. Stored: stable over machines and releases. */
uint32_t story_site(const char *name);

/*
 * Take in an article once it is known which story it is in: ID, STORY, its SITE, its arrival AT and
 * its signature. A rebuild makes the same calls in the same order, from stories_rebuild_start on.
 */
void stories_add(struct stories *s, int64_t id, int64_t story, uint32_t site, int64_t at,
    const struct signature *signature);
/* The arrival from which on articles must be added again, when it is NOW. */
int64_t stories_rebuild_start(const struct story_options *o, int64_t now);

/* ID of the oldest article that is taken in and not forgotten; 0: there is none. */
int64_t stories_oldest(const struct stories *s);

struct story_figures {
	size_t bytes, articles, entries, forgotten; /* forgotten: before their time, for memory */
};
void stories_measure(const struct stories *s, struct story_figures *out);

/* ---- for people who ask why ---- */

/* One text of two, seen from the other. */
struct story_side {
	uint32_t tokens;
	double covered;  /* of its words, how many stand in the other text; 0-1, as all shares */
	double spread;   /* of its tenths, how many are covered */
	double head;     /* of its first 24 shingles, how many the other has */
	double before;   /* of its words, how many stand before the covered ones */
	uint8_t *shared; /* a flag for each token: it stands in the other text */
};

struct story_evidence {
	enum story_kind kind; /* of the first to the second; 0: nothing */
	enum story_rule rule;
	const char *refusal; /* why nothing, in words; NULL: it is something */
	struct story_side a, b;
	double similarity, containment, resemblance, figures;
	uint32_t passage;         /* words of the longest passage in common */
	uint32_t agree, conflict; /* figures that align; that stand in each other's place */
	int64_t distance_s;
};

/*
 * Measure A against B, as stories_find does but for the lines that a site repeats, which the index
 * alone knows. Flags in ARENA; their tokens are those of text_tokens, line by line.
 */
void stories_explain(struct arena *arena, const struct story_article *a,
    const struct story_article *b, struct story_evidence *out);

#endif
