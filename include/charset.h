/*
 * charset: bytes of whatever encoding to valid UTF-8. Decides as the WHATWG Encoding and HTML
 * standards do (BOM, then HTTP, then the document's own declaration, then detection), but looks at
 * the bytes too: a declaration that they contradict is overruled, in either direction.
 * Never changes the text's own words: an XML declaration or a meta that named the old encoding is
 * still in it, so a parser that gets the result must be told that it is UTF-8.
 */
#ifndef NEWSD_CHARSET_H
#define NEWSD_CHARSET_H

#include <stddef.h>
#include <stdint.h>

#include "buf.h"

enum charset_kind { CHARSET_XML, CHARSET_HTML, CHARSET_TEXT };

struct charset_result {
	char name[32];   /* the encoding that was used, lower case, name of the Encoding standard */
	int lied;        /* 1: a declaration was overruled because the bytes do not fit it */
	size_t replaced; /* bytes that became U+FFFD */
};

/* Open all converters that the Encoding standard names; call once before charset_to_utf8 in a
 * sandbox (the C library loads them from files). Later calls do nothing. Not for threads. */
void charset_preload(void);

/*
 * Convert DATA to valid UTF-8 into OUT (appended; BOM removed; NUL becomes U+FFFD). CONTENT_TYPE is
 * the HTTP header or "" or NULL. KIND says where the document declares itself: in the XML
 * declaration or in a meta. RESULT may be NULL. ERR_LIMIT past OUT's maximum (OUT is as before
 * then).
 */
int charset_to_utf8(const uint8_t *data, size_t len, const char *content_type,
    enum charset_kind kind, struct buf *out, struct charset_result *result);
/*
 * The same without a copy where none is needed: *TEXT points into DATA when that is valid UTF-8
 * (behind its BOM), else at what was put into ROOM, which must be empty. No NUL follows it.
 */
int charset_view_utf8(const uint8_t *data, size_t len, const char *content_type,
    enum charset_kind kind, struct buf *room, struct view *text, struct charset_result *result);

/* 1 when DATA is valid UTF-8 (no surrogates, no overlong forms). */
int charset_is_utf8(const uint8_t *data, size_t len);
/* Append DATA to OUT with every ill-formed sequence as one U+FFFD for its maximal subpart (Unicode
 * Standard, chapter 3, "U+FFFD Substitution of Maximal Subparts"). ERR_LIMIT past OUT's maximum. */
int charset_repair_utf8(const uint8_t *data, size_t len, struct buf *out);

#endif
