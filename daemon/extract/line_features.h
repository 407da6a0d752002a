/*
 * The features of a line: what the model of model.c weighs. None knows a language or a site; all
 * are small integers, so that a model decides alike on every machine.
 */
#ifndef NEWSD_EXTRACT_LINE_FEATURES_H
#define NEWSD_EXTRACT_LINE_FEATURES_H

#include <stdint.h>

/* One row: the name, and what it tells. Shares are percent. bench/train.py reads the names. */
#define FEATURES(X)                                                                                \
	/* the line itself */                                                                      \
	X(KIND)        /* enum line_kind */                                                        \
	X(TAG)         /* of its block: tag_class() */                                             \
	X(WEIGHT)      /* characters without spaces */                                             \
	X(LINKS)       /* share of them in links */                                                \
	X(BOLD)        /* ... in b, strong, em, i */                                               \
	X(COMMAS)      /* marks of sentences in 100 characters */                                  \
	X(ENDS)        /* like a sentence: 1; after a colon: 2 */                                  \
	X(BREAKS)      /* ended by a double br */                                                  \
	X(DIGITS)      /* share of digits */                                                       \
	X(UPPER)       /* share of A-Z */                                                          \
	X(FIRST)       /* enum first_char */                                                       \
	X(SIGNS)       /* marks of furniture in it: | @ (c) http 12:30 */                          \
	X(PHRASE)      /* begins to elsewhere: 2, furniture: 1, comments: 3 */                     \
	X(SEEN)        /* times that the same line stands before */                                \
	X(AGAIN)       /* ... after */                                                             \
	X(SOCIAL)      /* names of networks and services that pages ask to follow or allow */      \
	X(DESCRIPTION) /* begins as the page's description does */                                 \
	X(LD_BODY)     /* is in JSON-LD's articleBody: 2, is not: 1, there is none: 0 */           \
	X(LD_SIZE)     /* articleBody in percent of the page's prose */                            \
	X(IMAGES)      /* between the line before and it */                                        \
	X(IMAGES_AFTER)                                                                            \
	X(RULE)           /* enum rule: that would drop it */                                      \
	X(SINCE_H1)       /* lines since the last h1 */                                            \
	X(SINCE_COMMENTS) /* lines since one that heads comments */                                \
	X(SINCE_MORE)     /* lines since one that leads elsewhere */                               \
	/* what names say: of the block itself 3, of the next two around it 2, further out 1 */    \
	X(H_BODY)                                                                                  \
	X(H_LEAD)                                                                                  \
	X(H_COMMENT)                                                                               \
	X(H_RELATED)                                                                               \
	X(H_NAV)                                                                                   \
	X(H_SHARE)                                                                                 \
	X(H_SIGNUP)                                                                                \
	X(H_AD)                                                                                    \
	X(H_META)                                                                                  \
	X(H_CAPTION)                                                                               \
	X(H_MEDIA)                                                                                 \
	X(H_HIDDEN)                                                                                \
	X(H_SIDE)                                                                                  \
	X(H_ARTICLE)                                                                               \
	X(H_CARD)                                                                                  \
	X(H_AUTHOR)                                                                                \
	X(H_DATE)                                                                                  \
	/* what stands around it */                                                                \
	X(DEPTH)                                                                                   \
	X(IN_LIST)   /* share of links in the list around it, -1 none */                           \
	X(LIST_MEAN) /* weight of its lines on average */                                          \
	X(IN_TABLE)  /* weight of the table's lines on average, -1 none */                         \
	X(IN_FIGURE)                                                                               \
	X(IN_HEADER) /* header 1, form 2, details 3 */                                             \
	X(LIKE_SELF) /* siblings of the same tag and class as the block */                         \
	X(LIKE_UP)   /* ... as its parent */                                                       \
	X(LIKE_UP2)                                                                                \
	X(LIKE_UP3)                                                                                \
	X(UP_LINES) /* lines in its parent */                                                      \
	X(UP_LINKS) /* share of links there */                                                     \
	X(UP_MEAN)  /* weight of a line there */                                                   \
	X(UP_PROSE) /* share of the page's prose there */                                          \
	X(UP2_LINES)                                                                               \
	X(UP2_LINKS)                                                                               \
	X(UP2_MEAN)                                                                                \
	X(UP2_PROSE)                                                                               \
	X(UP3_LINES)                                                                               \
	X(UP3_LINKS)                                                                               \
	X(UP3_MEAN)                                                                                \
	X(UP3_PROSE)                                                                               \
	X(MAIN_UP)    /* steps from the element with most paragraphs up to one around both */      \
	X(MAIN_DOWN)  /* ... and down to the line's block */                                       \
	X(LIKE_PROSE) /* share of the page's prose in blocks of its tag, class and parent */       \
	/* its place */                                                                            \
	X(BEFORE)        /* share of the page's prose before it */                                 \
	X(AT)            /* share of the page's lines before it */                                 \
	X(TITLE_LINES)   /* lines since the title, negative before it */                           \
	X(TITLE_PROSE)   /* tens of prose since the title */                                       \
	X(STRONG_BEFORE) /* lines since the last that can only be prose */                         \
	X(STRONG_AFTER)                                                                            \
	X(NEAR) /* tens of prose in eleven lines */                                                \
	X(PREV_KIND)                                                                               \
	X(PREV_WEIGHT)                                                                             \
	X(PREV_LINKS)                                                                              \
	X(PREV_SAME) /* its parent is this line's */                                               \
	X(NEXT_KIND)                                                                               \
	X(NEXT_WEIGHT)                                                                             \
	X(NEXT_LINKS)                                                                              \
	X(NEXT_SAME)                                                                               \
	X(PREV2_WEIGHT)                                                                            \
	X(PREV2_LINKS)                                                                             \
	X(NEXT2_WEIGHT)                                                                            \
	X(NEXT2_LINKS)                                                                             \
	/* the page */                                                                             \
	X(PAGE_PROSE) /* tens */                                                                   \
	X(PAGE_LINES)

enum feature {
#define X(name) F_##name,
	FEATURES(X)
#undef X
	    FEATURE_COUNT
};

enum first_char { FIRST_OTHER, FIRST_LOWER, FIRST_UPPER, FIRST_DIGIT, FIRST_QUOTE, FIRST_MARK };

#endif
