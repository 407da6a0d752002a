/*
 * The decoders of the charset family. Owns the converters of the process: tables for the
 * single-byte encodings, iconv descriptors for the multi-byte ones; UTF-16 and UTF-32 are done by
 * hand. Decides nothing.
 */
#include "charset_priv.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "errors.h"
#include "mem.h"

static struct converter {
	int usable;
	iconv_t cd;            /* FORM_MULTI */
	uint16_t meaning[256]; /* FORM_SINGLE, FORM_EBCDIC: 0: nothing */
} * converters;

/* Learn from iconv what the bytes of a single-byte encoding mean. */
static void
learn_single(iconv_t cd, int windows, uint16_t meaning[256])
{
	for (unsigned i = 0; i < 256; i++) {
		char in = (char)i, *from = &in;
		uint8_t out[8], *to = out;
		size_t in_left = 1, out_left = sizeof out;
		iconv(cd, NULL, NULL, NULL, NULL);
		size_t n = iconv(cd, &from, &in_left, (char **)&to, &out_left);
		/* some encodings keep a letter back until they know what follows (windows-1258) */
		if (n != (size_t)-1)
			iconv(cd, NULL, NULL, (char **)&to, &out_left);
		size_t got = sizeof out - out_left;
		if (n != (size_t)-1 && got == 2)
			meaning[i] = (uint16_t)(out[0] << 8 | out[1]);
		else if (windows && i >= 0x80 && i < 0xa0)
			meaning[i] = (uint16_t)i; /* the standard maps the holes to C1 controls */
	}
}

/* Open what E needs. */
static void
learn(const struct encoding *e, struct converter *c)
{
	int is_single = e->form != FORM_MULTI;
	const char *to = is_single ? "UTF-16BE" : "UTF-8";
	c->usable = !e->iconv;
	if (!e->iconv)
		return;
	iconv_t cd = iconv_open(to, e->iconv);
	if (cd == (iconv_t)-1 && e->iconv_else)
		cd = iconv_open(to, e->iconv_else);
	if (cd == (iconv_t)-1)
		return;
	c->usable = 1;
	if (!is_single) {
		c->cd = cd;
		return;
	}
	learn_single(cd, !strncmp(e->name, "windows", 7), c->meaning);
	iconv_close(cd);
}

void
charset_preload(void)
{
	if (converters)
		return;
	converters = mem_zalloc(charset_encodings_len * sizeof *converters);
	for (size_t i = 0; i < charset_encodings_len; i++)
		learn(&charset_encodings[i], &converters[i]);
}

int
charset_is_usable(const struct encoding *e)
{
	return converters[e - charset_encodings].usable;
}

/* ---- the decoders: append to OUT, count bytes without meaning in *BAD ---- */

static char *
put_utf8(char *to, uint32_t c)
{
	if (c < 0x80) {
		*to++ = (char)c;
	} else if (c < 0x800) {
		*to++ = (char)(0xc0 | c >> 6);
		*to++ = (char)(0x80 | (c & 0x3f));
	} else if (c < 0x10000) {
		*to++ = (char)(0xe0 | c >> 12);
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	} else {
		*to++ = (char)(0xf0 | c >> 18);
		*to++ = (char)(0x80 | (c >> 12 & 0x3f));
		*to++ = (char)(0x80 | (c >> 6 & 0x3f));
		*to++ = (char)(0x80 | (c & 0x3f));
	}
	return to;
}

#define PIECE 4096 /* units decoded between two looks at the room */

static int
decode_single(size_t which, const uint8_t *p, size_t len, struct buf *out, size_t *bad)
{
	const uint16_t *meaning = converters[which].meaning;
	while (len) {
		size_t n = len < PIECE ? len : PIECE;
		char *to = buf_reserve(out, n * 3), *start = to;
		char small[PIECE * 3];
		if (!to) /* near the maximum: count exactly */
			to = start = small;
		for (size_t i = 0; i < n; i++) {
			uint32_t c = meaning[p[i]];
			if (!c) {
				c = 0xfffd;
				++*bad;
			}
			to = put_utf8(to, c);
		}
		if (start == small) {
			if (buf_add(out, small, (size_t)(to - small)))
				return ERR_LIMIT;
		} else {
			buf_added(out, (size_t)(to - start));
		}
		p += n;
		len -= n;
	}
	return 0;
}

static int
decode_multi(size_t which, const uint8_t *p, size_t len, struct buf *out, size_t *bad)
{
	iconv_t cd = converters[which].cd;
	char *from = (char *)(uintptr_t)p; /* iconv's prototype lacks the const */
	iconv(cd, NULL, NULL, NULL, NULL);
	while (len) {
		char piece[PIECE], *to = piece;
		size_t left = sizeof piece;
		size_t n = iconv(cd, &from, &len, &to, &left);
		int why = errno;
		if (buf_add(out, piece, (size_t)(to - piece)))
			return ERR_LIMIT;
		if (n != (size_t)-1 || why == E2BIG)
			continue;
		/* a lead byte with a trail byte that is not ASCII goes as a pair, as in the
		 * standard */
		size_t skip = why == EINVAL ? len : len > 1 && (uint8_t)from[1] >= 0x80 ? 2 : 1;
		if (buf_add(out, CHARSET_REPLACEMENT, 3))
			return ERR_LIMIT;
		*bad += skip;
		from += skip;
		len -= skip;
	}
	return 0;
}

static uint32_t
unit(const uint8_t *p, unsigned width, int big)
{
	uint32_t c = 0;
	for (unsigned i = 0; i < width; i++)
		c |= (uint32_t)p[i] << 8 * (big ? width - 1 - i : i);
	return c;
}

/* UTF-16 and UTF-32. */
static int
decode_wide(unsigned width, int big, const uint8_t *p, size_t len, struct buf *out, size_t *bad)
{
	while (len) {
		char piece[PIECE * 4 + 8], *to = piece;
		for (size_t i = 0; i < PIECE && len; i++) {
			size_t used = len < width ? len : width;
			uint32_t c = used < width ? 0xd800 : unit(p, width, big);
			if (width == 2 && c >= 0xd800 && c < 0xdc00 && len >= 4) {
				uint32_t low = unit(p + 2, 2, big);
				if (low >= 0xdc00 && low < 0xe000) {
					c = 0x10000 + ((c - 0xd800) << 10) + (low - 0xdc00);
					used = 4;
				}
			}
			if (c == 0 || (c >= 0xd800 && c < 0xe000) || c > 0x10ffff) {
				c = 0xfffd;
				*bad += used;
			}
			to = put_utf8(to, c);
			p += used;
			len -= used;
		}
		if (buf_add(out, piece, (size_t)(to - piece)))
			return ERR_LIMIT;
	}
	return 0;
}

int
charset_decode(const struct encoding *e, const uint8_t *p, size_t len, struct buf *out, size_t *bad)
{
	size_t which = (size_t)(e - charset_encodings);
	switch (e->form) {
	case FORM_UTF8:
		return charset_repair(p, len, 1, out, bad);
	case FORM_SINGLE:
	case FORM_EBCDIC:
		return decode_single(which, p, len, out, bad);
	case FORM_MULTI:
		return decode_multi(which, p, len, out, bad);
	case FORM_UTF16LE:
	case FORM_UTF16BE:
		return decode_wide(2, e->form == FORM_UTF16BE, p, len, out, bad);
	case FORM_UTF32LE:
	case FORM_UTF32BE:
		return decode_wide(4, e->form == FORM_UTF32BE, p, len, out, bad);
	}
	return ERR_UNSUPPORTED;
}
