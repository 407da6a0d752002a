/*
 * discover: what a document says to somebody who looks for feeds: that it is one, or which ones the
 * page names. Pure; hostile input: links are bounded in number and length, nothing is fetched.
 */
#ifndef NEWSD_DISCOVER_H
#define NEWSD_DISCOVER_H

#include "errors.h"
#include "record.h"

#define DISCOVER_GUESSES_MAX 8
#define DISCOVER_WORDS_MIN   150 /* an entry with so many carries a whole text */

/*
 * Read BODY (inflated, any charset), fetched from URL (absolute, after redirects) with CONTENT_TYPE
 * (or ""). Always sets *OUT: a feed has its summary, anything else its reason and, if it is a page,
 * its links: declared ones (rel=alternate with a type of feeds, rel=feed) and those that look like
 * a feed. ERR_LIMIT: over the limits of the parsers. Memory from A.
 */
int discover_document(struct arena *a, const char *url, const char *content_type,
    const uint8_t *body, size_t len, struct discovery **out, struct fault *f);

/*
 * Only the links of a page that are surely feeds and not those of comments: declared with a type
 * that nothing else has. *OUT is NULL when there are none. Memory from A.
 */
void discover_declared(struct arena *a, const char *url, const char *content_type,
    const uint8_t *body, size_t len, struct discovery **out);

/* The addresses at which a feed of the site of URL may stand though nobody names it, the likeliest
 * first, in A: at most DISCOVER_GUESSES_MAX. Returns how many. */
size_t discover_guess(struct arena *a, const char *url, char *guesses[DISCOVER_GUESSES_MAX]);

#endif
