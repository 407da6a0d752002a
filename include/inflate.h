/*
 * inflate: undo Content-Encoding under a bound. Runs in the workers only.
 */
#ifndef NEWSD_INFLATE_H
#define NEWSD_INFLATE_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"
#include "errors.h"

#define INFLATE_RATIO_MAX 1000 /* output / input, looked at from 1 MB on */

/*
 * Decode DATA as ENCODING, the Content-Encoding header ("gzip", "deflate", "br", "zstd",
 * "identity", a comma list of at most 3, "" for none). Also undoes a gzip file that was served
 * without the header (sitemap.xml.gz). *OUT points into ROOM, which must be empty, or at DATA where
 * there was nothing to undo: a document is never copied. ERR_LIMIT past ROOM's maximum or the
 * ratio, ERR_INPUT on truncated or corrupt data, ERR_UNSUPPORTED on another encoding; F says which.
 */
int inflate_body(const char *encoding, const uint8_t *data, size_t len, struct buf *room,
    struct view *out, struct fault *f);

#endif
