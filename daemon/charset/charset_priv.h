/* What the files of the charset family share. */
#ifndef NEWSD_CHARSET_PRIV_H
#define NEWSD_CHARSET_PRIV_H

#include "charset.h"

#define CHARSET_REPLACEMENT "\xef\xbf\xbd"

enum form {
	FORM_UTF8,
	FORM_SINGLE,
	FORM_MULTI,
	FORM_UTF16LE,
	FORM_UTF16BE,
	FORM_UTF32LE,
	FORM_UTF32BE,
	FORM_EBCDIC
};

struct encoding {
	const char *name;
	enum form form;
	const char *iconv,
	    *iconv_else;    /* names for iconv_open; the second where the first is unknown */
	const char *labels; /* lower case, each between spaces */
};

/* Those that are asked for by number, at the beginning of the table. */
enum {
	ENCODING_UTF8,
	ENCODING_WINDOWS_1252,
	ENCODING_ISO_2022_JP,
	ENCODING_UTF16LE,
	ENCODING_UTF16BE,
	ENCODING_UTF32LE,
	ENCODING_UTF32BE,
};
extern const struct encoding charset_encodings[];
extern const size_t charset_encodings_len;

/* The encoding that LABEL names, NULL when unknown: in any case, with spaces and quotes around it,
 * and, where nothing else is known, with marks and zeros that are not in the table. */
const struct encoding *charset_find(const char *label, size_t len);
/* 1 when this system can decode E. */
int charset_is_usable(const struct encoding *e);
/* Append DATA as UTF-8 to OUT; adds the bytes without meaning to *BAD. */
int charset_decode(
    const struct encoding *e, const uint8_t *data, size_t len, struct buf *out, size_t *bad);
/* Append UTF-8 with ill-formed sequences and, with NUL_TOO, NULs replaced; adds their bytes to
 * *REPLACED. On ERR_LIMIT nothing was appended. */
int charset_repair(const uint8_t *data, size_t len, int nul_too, struct buf *out, size_t *replaced);

/* The label after "charset=" in S: a media type or a meta's content. */
const struct encoding *charset_find_param(const char *s, size_t len);
/* What the document says of itself; UTF-16 or EBCDIC read as ASCII means UTF-8. */
const struct encoding *charset_find_declared(const char *s, size_t len, enum charset_kind kind);
/* The label in the XML declaration at S. */
const struct encoding *charset_find_xml_declaration(const char *s, size_t len);

#endif
