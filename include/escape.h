/*
 * escape: text from outside made safe for one line of a log, of a terminal or of JSON. Ill-formed
 * UTF-8 becomes U+FFFD; whatever moves a cursor, ends a line, hides itself or turns the direction
 * of text (C0, C1, line separators, bidi controls, invisible format characters, tags) becomes a
 * visible
 * "\n" or "\u202e". Joiners stay: words and emoji need them. Never allocates.
 */
#ifndef NEWSD_ESCAPE_H
#define NEWSD_ESCAPE_H

#include <stddef.h>

enum escape_form {
	ESCAPE_PLAIN, /* for eyes: quotes and backslashes stay */
	ESCAPE_JSON,  /* the inside of a JSON string (RFC 8259 section 7) */
};

/* Room that is enough for LEN bytes in any form, with the NUL. */
#define ESCAPE_ROOM(len) ((len)*6 + 1)

/* Bytes of the character at S, of which there are LEN (not 0); *HIDES: it may not reach a line as
 * it is. */
size_t escape_step(const char *s, size_t len, int *hides);
/* 1 when there is one of these among LEN bytes of S: then escape_text would change it, in whichever
 * form. */
int escape_is_needed(const char *s, size_t len);

/*
 * Write LEN bytes of S to OUT, at most ROOM bytes with the final NUL, never half a character or
 * escape. Returns the length written; *CUT (may be NULL) is 1 when not all of S found room.
 */
size_t
escape_text(char *out, size_t room, const char *s, size_t len, enum escape_form form, int *cut);

#endif
