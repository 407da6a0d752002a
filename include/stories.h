/*
 * stories: which articles are the same. Pure: judges by what was looked up, and never looks up
 * itself. The order of checks, the first that decides ends it: canonical URL, text.
 */
#ifndef NEWSD_STORIES_H
#define NEWSD_STORIES_H

#include <stdint.h>

#include "record.h"

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

#endif
