/*
 * feedlist: the feeds that the configuration names: the files of the option `feeds`, parsed by a
 * worker, as one list, with the titles and tags of [feed URL] sections.
 */
#ifndef NEWSD_FEEDLIST_H
#define NEWSD_FEEDLIST_H

#include "config.h"
#include "pool.h"
#include "record.h"

/* FEEDS (NULL on failure, with F) is valid within the call. */
typedef void (*feedlist_done_cb)(const struct opml_doc *feeds, const struct fault *f, void *arg);

/*
 * Read all files now and have POOL parse them; DONE is called once, from the loop or, when there is
 * nothing to parse, from within. One file that can't be read or is no list of feeds fails the
 * whole, so that a slip never removes feeds. CONFIG must live until DONE.
 */
void
feedlist_load(struct pool *pool, const struct config *config, feedlist_done_cb done, void *arg);

#endif
