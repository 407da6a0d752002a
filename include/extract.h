/*
 * extract: a page to a struct article: title, byline, dates, language, canonical, image, site name
 * and the body as typed blocks, with a verdict. Pure; no rule names a site.
 */
#ifndef NEWSD_EXTRACT_H
#define NEWSD_EXTRACT_H

#include "errors.h"
#include "record.h"

#define EXTRACT_TEXT_MAX (1u << 20) /* bytes of body text kept */

/* Open what a sandbox would forbid later: converters, parser globals, the JSON library's seed. Once
 * per process; later calls do nothing. */
void extract_prepare(void);

/* Extract the article of the page BODY (inflated, any charset), fetched from URL (absolute). Always
 * sets *OUT (verdict says what it is) unless ERR_LIMIT. All memory from A. */
int extract_page(struct arena *a, const char *url, const char *content_type, const uint8_t *body,
    size_t len, struct article **out, struct fault *f);

/* What somebody has and wants besides. */
struct extract_wish {
	int trace; /* tell what was decided, and why: article.trace and article.claims */
	/* what the feed's entry says of the page: its title, and its text as UTF-8 markup, of which
	 * JOB_WITNESS_MAX bytes are read; NULL or "": nothing */
	const char *witness_title, *witness;
};
int extract_page_as(struct arena *a, const struct extract_wish *wish, const char *url,
    const char *content_type, const uint8_t *body, size_t len, struct article **out,
    struct fault *f);
/* The same for a feed entry's HTML (UTF-8), links relative to URL: only text, blocks, image, words
 * and text_hash are filled. */
int extract_fragment(struct arena *a, const char *url, const char *html, size_t len,
    struct article **out, struct fault *f);

#endif
