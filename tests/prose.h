/*
 * prose: texts for tests and benchmarks, the same in every run: articles of invented words that are
 * as common and as rare as real ones (Zipf), copies of them with things done to them, and reports
 * from a form. Nothing in them is taken from anywhere.
 */
#ifndef NEWSD_TESTS_PROSE_H
#define NEWSD_TESTS_PROSE_H

#include <stdint.h>

#include "buf.h"

/* An article of about WORDS words in paragraphs, with figures, one for each SEED. */
void prose_article(struct buf *out, uint64_t seed, unsigned words);
/* The first PARAGRAPHS paragraphs of TEXT. */
void prose_cut(struct buf *out, const char *text, unsigned paragraphs);
/* TEXT with PERCENT of its words replaced, left out or joined by a new one, as SEED has it. */
void prose_edit(struct buf *out, const char *text, uint64_t seed, unsigned percent);
/* A weather report: always the same sentences, with the names and figures of SEED. */
void prose_report(struct buf *out, uint64_t seed);

#endif
