/*
 * signature: what texts are compared by: a hash of the whole, the reading (tokens, shingles,
 * figures, lines) by which two texts are measured against each other, and the few keys by which one
 * is found again. Pure, and stable over machines and releases: hash and keys are stored.
 */
#ifndef NEWSD_SIGNATURE_H
#define NEWSD_SIGNATURE_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"
#include "text.h"

#define SIGNATURE_TOKENS_MIN 40 /* a shorter text is never called the same as another */

/* Hash text_tokens(TEXT) to 128 bits, stable over machines and releases; TOKENS gets their number.
 */
void signature_text(const char *text, uint8_t hash[16], uint32_t *tokens);

/* ---- the reading of a text ---- */

#define READING_TOKENS_MAX 20000u /* of a longer text the rest is not compared */

struct reading_line {
	uint32_t hash;   /* of its tokens; two lines that differ in punctuation alone have one */
	uint32_t first;  /* its first token */
	uint32_t tokens; /* at least 1 */
};

/* Arena: its own. Zero-initialised is the reading of an empty text. */
struct reading {
	struct arena arena;
	uint64_t *tokens; /* hashes, in the order of the text */
	uint8_t *kinds;   /* enum text_kind of each */
	uint32_t tokens_len;
	struct reading_line *lines; /* those that have tokens */
	uint32_t lines_len;
	/* once reading_shingle has run: */
	uint64_t *shingles; /* each that occurs, once, in order of its first place */
	uint32_t *places;   /* the token at which it first begins */
	uint32_t shingles_len;
	uint32_t *slots; /* open addressing: index in shingles + 1, 0 free */
	uint32_t slots_mask;
};

/* Read TEXT, whose lines are paragraphs. The caller clears. */
void reading_init(struct reading *r, const char *text);
void reading_clear(struct reading *r);
/* Take out the lines whose DROP is not 0 (one flag a line), as if they had never stood there. */
void reading_drop_lines(struct reading *r, const uint8_t *drop);
/*
 * Make the shingles: three words, or five characters where the script puts no spaces between words,
 * in a row. What was cut out joins its neighbours.
 */
void reading_shingle(struct reading *r);
/* The shingle that begins at token I, 0 when the text ends before it does; how many tokens it has.
 */
uint64_t reading_shingle_at(const struct reading *r, uint32_t i);
uint32_t reading_shingle_length(const struct reading *r, uint32_t i);
/* Index of SHINGLE in r->shingles, -1 when it does not occur. */
int64_t reading_find(const struct reading *r, uint64_t shingle);

/* ---- the keys of a text ---- */

#define SIGNATURE_KEYS_MAX  36
#define SIGNATURE_LINES_MAX 6
/* Two counts, the lead and the lines of 32 bits, the keys of 40. */
#define SIGNATURE_BLOB_MAX  (2 + 4 + SIGNATURE_KEYS_MAX * 5 + SIGNATURE_LINES_MAX * 4)

/*
 * Keys are sampled shingles, those in front of a text more densely, because that is what is left
 * when a copy is cut. They are in order of priority: the first N of two texts can be compared with
 * one another as well as all of them. Lines are those at both ends, where sites put what they
 * repeat under every story.
 */
struct signature {
	uint64_t keys[SIGNATURE_KEYS_MAX]; /* below 2^40, no two the same */
	uint32_t lines[SIGNATURE_LINES_MAX];
	uint32_t lead; /* hash of the first line that is long enough for a sentence, 0: none */
	uint8_t keys_len, lines_len;
};

/* Make the keys of R, on which reading_shingle has run and no line was dropped. A text of fewer
 * than SIGNATURE_TOKENS_MIN tokens has none. */
void signature_make(struct signature *s, const struct reading *r);
/* Both of the above at once. */
void signature_of_text(struct signature *s, const char *text);
/* Write S into BLOB (SIGNATURE_BLOB_MAX bytes); returns its length. */
size_t signature_pack(const struct signature *s, uint8_t *blob);
/* Read it back; ERR_INPUT (and an empty signature) when BLOB is none. */
int signature_unpack(struct signature *s, const void *blob, size_t len);

#endif
