/* sites: an article among those of its site: what lines go from its text, and what it teaches.
 * Private to the writer. */
#ifndef NEWSD_WRITER_SITES_H
#define NEWSD_WRITER_SITES_H

#include "drift.h"
#include "sitelines.h"
#include "store.h"

/* Strings live in the arena that was given. */
struct site_work {
	const char *site; /* host, with a port that is not usual; NULL: the article has none */
	struct sitelines lines;
	struct drift drift;
	struct siteline_text text;
	int title_match; /* see drift.h */
};

/* Read what is known of the site of URL, and take its lines out of A's text. ITEM: what the feed
 * said, NULL. */
int sites_begin(struct store *store, const char *url, struct article *a, const struct item *item,
    int64_t at, struct arena *arena, struct site_work *w);
/* TEXT, an older one of the same site, as it would be stored today: without its lines, in ARENA. W
 * may be of no site. */
const char *sites_without_lines(struct store *store, const struct site_work *w, const char *text,
    int64_t at, struct arena *arena);
/* The text was stored as article ID: IS_NEW, or in the place of another. *CHANGE: what is to be
 * told. */
int sites_end(struct store *store, struct site_work *w, const struct article *a, int64_t id,
    int is_new, int is_page, int64_t at, struct arena *arena, struct drift_change *change);
/* The page of LINK_ID gave no article. */
int sites_note_empty(struct store *store, int64_t link_id, int64_t at, struct arena *arena,
    struct drift_change *change, const char **site);
/* Do what an operator says of line ID. */
int sites_order_line(struct store *store, int64_t id, enum siteline_order order, int64_t at,
    struct arena *arena, struct site_line *line);

#endif
