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
 * live in A. Only http and https entries are returned ("feed:" is mapped to them), in their order,
 * with URLs as written; an empty list is fine. What a newsboat list runs or queries ("exec:",
 * "filter:", "query:") and other schemes are left out. ERR_INPUT: none of the three, F says the
 * line; ERR_LIMIT past OPML_FEEDS_MAX.
 */
int opml_parse(
    struct arena *a, const uint8_t *body, size_t len, struct opml_doc **out, struct fault *f);
/* Append DOC as OPML 2.0 with TITLE (or NULL) to OUT: folders from the first tag, further tags as
 * categories. ERR_LIMIT past OUT's maximum. */
int opml_write(const struct opml_doc *doc, const char *title, struct buf *out);

#endif
