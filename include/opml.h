/* opml: lists of feeds: OPML of all versions, newsboat urls files, plain lists; and writing OPML.
 * Pure. */
#ifndef NEWSD_OPML_H
#define NEWSD_OPML_H

#include "buf.h"
#include "errors.h"
#include "record.h"

#define OPML_FEEDS_MAX 250000

/*
 * Parse a list of any of the three forms (any charset; broken OPML is recovered). DOC and all in it
 * live in A. Entries are in their order, with URLs as written ("feed:" is mapped to http); an empty
 * list is fine. Only http and https are taken: commands ("exec:", "|"), filters, queries, files and
 * other schemes are returned as refused, and so are lines that name no address beside those that
 * do. ERR_INPUT: none of the three, F says the line; ERR_LIMIT past OPML_FEEDS_MAX.
 */
int opml_parse(
    struct arena *a, const uint8_t *body, size_t len, struct opml_doc **out, struct fault *f);
/* The tags of FEED as newsd keeps them, in A: joined by spaces, with dashes for the spaces and
 * commas in them, so that a list written by opml_write reads the same. NULL when there are none. */
char *opml_join_tags(struct arena *a, const struct opml_feed *feed);
/* Append DOC as OPML 2.0 with TITLE (or NULL) to OUT: folders from the first tag, further tags as
 * categories; what is refused is left out. ERR_LIMIT past OUT's maximum. */
int opml_write(const struct opml_doc *doc, const char *title, struct buf *out);

#endif
