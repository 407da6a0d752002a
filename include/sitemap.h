/*
 * sitemap: what of a sitemap is news. A sitemap lists a whole site, as old as it is; newsd wants
 * what came lately. Pure.
 */
#ifndef NEWSD_SITEMAP_H
#define NEWSD_SITEMAP_H

#include "record.h"

#define SITEMAP_LINKS_MAX   1000 /* of one document: as many as a news sitemap may have (Google) */
#define SITEMAP_UNDATED_MAX 100  /* more entries without a date are a site, not its news */
#define SITEMAP_FOLLOW_MAX  8    /* sitemaps of an index that are read at one poll */

/* 1 when DOC is a sitemap of pages (XML or lines); of sitemaps. */
int sitemap_is_pages(const struct feed_doc *doc);
int sitemap_is_index(const struct feed_doc *doc);

/*
 * Leave in DOC, a sitemap of pages, the entries whose date of publication, else of modification,
 * is no more than MAX_AGE_S before NOW: of more than SITEMAP_LINKS_MAX the newest, in the order of
 * the document. Entries without a date stay only where no entry has one and there are at most
 * SITEMAP_UNDATED_MAX. items_hash becomes that of what is left. Returns how many were left out.
 */
size_t sitemap_keep_news(struct feed_doc *doc, int64_t now, int64_t max_age_s);

/*
 * The sitemaps that are worth reading of DOC, an index, in URLS (borrowed from DOC): those modified
 * in the last MAX_AGE_S, newest first, then those that say no time, with "news" in their address
 * first. *UNDATED: how many of the latter. Returns how many.
 */
size_t sitemap_choose(const struct feed_doc *doc, int64_t now, int64_t max_age_s,
    const char *urls[SITEMAP_FOLLOW_MAX], size_t *undated);

#endif
