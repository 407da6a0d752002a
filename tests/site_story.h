/*
 * site_story: an article page of our own writing, and the page of another site that took it over as
 * naive scrapers do: its headline twice, teasers before it, captions between its paragraphs, and
 * its source named at the end. And a stream of articles of three sites, of which the second took
 * over every second of the first's and the third every third, edited.
 */
#ifndef NEWSD_TESTS_SITE_STORY_H
#define NEWSD_TESTS_SITE_STORY_H

#include "buf.h"

#define SITE_STORY_TITLE "Ferry that ran aground off Saltmarsh had failed two inspections"

void site_story_original(struct buf *b);
void site_story_republished(struct buf *b);
/* Article NUMBER (from 1 on) of site HOST (1 to 3). */
void site_story_stream(struct buf *b, unsigned host, unsigned number);

#endif
