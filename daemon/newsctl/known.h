/*
 * known: the articles of a newsd's store, as `newsctl dedup --store` compares with them. Their
 * numbers, and those of their stories, are negative, so that they don't mix with those of the
 * stream. Only reads. Private to newsctl.
 */
#ifndef NEWSD_NEWSCTL_KNOWN_H
#define NEWSD_NEWSCTL_KNOWN_H

#include "store.h"
#include "stories.h"

/* Take the window's articles of STORE into STORIES, which O made. 0 or the store's error. */
int known_read(struct store *store, struct stories *stories, const struct story_options *o);
/* Article NUMBER (negative), in ARENA; *STORY (may be NULL) its story. ERR_NOT_FOUND. */
int known_load(struct store *store, int64_t number, struct arena *arena, struct story_article *out,
    int64_t *story);
/* The article with this canonical URL (may be NULL), else that with this text of TOKENS; 0 in
 * *NUMBER: none. *SAME_URL tells which. */
int known_find(struct store *store, const char *url, const uint8_t hash[16], uint32_t tokens,
    int64_t *number, int *same_url);

#endif
