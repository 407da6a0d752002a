/*
 * text: Unicode text made plain: white space folded, invisible and control characters removed, NFC.
 * Also the normal form in which two texts are compared. Pure. Input is UTF-8; an ill-formed byte is
 * read as U+FFFD, never trusted.
 */
#ifndef NEWSD_TEXT_H
#define NEWSD_TEXT_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

/* One line: NFC, white space runs to one space, trimmed, control, zero-width (ZWJ and ZWNJ kept)
 * and bidi control characters removed, at most MAX bytes (cut at a character). A run of more than
 * 30 combining marks is cut (UAX #15, Stream-Safe Text Format): longer ones are attacks. */
char *text_line(struct arena *a, const char *s, size_t len, size_t max);

/* text_line, and each of the N MARKS, ascending offsets of characters in S, becomes that of the
 * same place in the result, ascending too: where the character went away, of the next that stayed,
 * and within a grapheme cluster (UAX #29), its end. Marks never change the text. */
char *
text_line_marked(struct arena *a, const char *s, size_t len, size_t max, size_t *marks, size_t n);

/* Paragraphs: as text_line for each line, empty lines dropped, lines joined by one newline. */
char *text_paragraphs(struct arena *a, const char *s, size_t len, size_t max);

/* Decode HTML character references once ("&amp;lt;" to "&lt;"); all names of the HTML standard. A
 * name without its semicolon counts where the standard lists it so and no letter, digit or "="
 * follows (the rule for attributes, so that query strings survive). */
char *text_unescape(struct arena *a, const char *s, size_t len);

#define TEXT_REFERENCE_MAX 8

/* Decode the character reference at S, which begins with '&': its bytes to OUT, their number to
 * OUT_LEN. Returns how many bytes of S it takes, 0 when there is none. */
size_t text_reference(const char *s, size_t len, char out[TEXT_REFERENCE_MAX], size_t *out_len);

/* Words: maximal runs of letters, digits and their marks; in scripts without word spaces (Han,
 * Kana, Thai, Lao, Khmer, Myanmar) each character is one. */
size_t text_words(const char *s);

/* The tokens of S for comparison: case folded, NFKC, joined by one space; punctuation is gone.
 * COUNT may be NULL. */
char *text_tokens(struct arena *a, const char *s, size_t *count);

enum text_kind {
	TEXT_WORD,
	TEXT_CHARACTER, /* of a script without word spaces */
	TEXT_FIGURE,    /* holds a decimal digit, of any script */
};
/* What one of these tokens is. */
enum text_kind text_token_kind(const char *token, size_t len);

/* Length of S cut to MAX bytes without splitting a character. */
size_t text_cut(const char *s, size_t len, size_t max);

/* Slips of the pen between two words, to guess what was meant: bytes that are to be inserted,
 * deleted, replaced or swapped with their neighbour (optimal string alignment). Of longer words the
 * first 64 bytes count. */
size_t text_distance(const char *a, const char *b);

#endif
