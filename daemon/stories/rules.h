/* rules: what two texts are to each other, by what was measured. Private to stories; pure. */
#ifndef NEWSD_STORIES_RULES_H
#define NEWSD_STORIES_RULES_H

#include "compare.h"
#include "stories.h"

/* Both are of one site that is known. */
int rules_same_site(const struct story_article *a, const struct story_article *b);
/* Seconds between the two: by publication where both tell it, else by arrival. */
int64_t rules_distance(const struct story_article *a, const struct story_article *b);
/* Of the figures that stand in each other's place, the share of those that agree. */
double rules_figures(const struct likeness *l);
/* Measure A against B (DISTANCE in seconds), by L, and name what they are to each other and the
 * RULE; 0: nothing, and then L may be left as it was. */
enum story_kind rules_judge(const struct reading *a, const struct reading *b, int64_t distance,
    int same_site, struct likeness *l, enum story_rule *rule);

/* Why rules_judge says that they are nothing to each other, in words; L as measured. */
const char *rules_refusal(
    const struct reading *a, const struct reading *b, int same_site, const struct likeness *l);

#endif
