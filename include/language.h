/*
 * language: BCP 47 tags as the world writes them, made regular; and detection from text. Pure.
 */
#ifndef NEWSD_LANGUAGE_H
#define NEWSD_LANGUAGE_H

#include <stddef.h>

#define LANGUAGE_MAX 16

/* Make TAG regular ("EN_us" to "en-US", "english" to "en", "ger" to "de"); OUT gets "" when it is
 * no language. The first of a list counts. TAG may be NULL. */
void language_normalise(const char *tag, char out[LANGUAGE_MAX]);

/* Guess the language of TEXT (UTF-8) by script and most frequent words; "" when unsure. CONFIDENCE
 * (0-1, may be NULL). Looks at the first 8 KB. */
void language_detect(const char *text, size_t len, char out[LANGUAGE_MAX], double *confidence);

/* 1 when the two tags have the same primary subtag. */
int language_same(const char *a, const char *b);

#endif
