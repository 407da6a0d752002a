/*
 * The encodings of the charset family: names, labels, converters, decoders. Owns the converters of
 * the process: tables for the single-byte encodings, iconv descriptors for the multi-byte ones;
 * UTF-16 and UTF-32 are done by hand. Decides nothing.
 */
#include "charset_priv.h"

#include <errno.h>
#include <iconv.h>
#include <string.h>

#include "errors.h"

/* ---- the encodings (WHATWG Encoding standard, "Names and labels") ---- */

static const struct encoding encodings[] = {
    {"utf-8", FORM_UTF8, NULL, NULL,
	" unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 utf8mb4 "
	"utf-8-sig "},
    {"windows-1252", FORM_SINGLE, "CP1252", NULL,
	" ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100 iso8859-1 "
	"iso88591"
	" iso_8859-1 iso_8859-1:1987 l1 latin1 latin-1 us-ascii windows-1252 x-cp1252 "
	"x-user-defined"
	" iso-latin-1 "},
    {"ibm866", FORM_SINGLE, "IBM866", NULL, " 866 cp866 csibm866 ibm866 "},
    {"iso-8859-2", FORM_SINGLE, "ISO-8859-2", NULL,
	" csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2 "
	"latin2 "},
    {"iso-8859-3", FORM_SINGLE, "ISO-8859-3", NULL,
	" csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3 "
	"latin3 "},
    {"iso-8859-4", FORM_SINGLE, "ISO-8859-4", NULL,
	" csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4 "
	"latin4 "},
    {"iso-8859-5", FORM_SINGLE, "ISO-8859-5", NULL,
	" csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5"
	" iso_8859-5:1988 "},
    {"iso-8859-6", FORM_SINGLE, "ISO-8859-6", NULL,
	" arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6 iso-8859-6-e"
	" iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987 "},
    {"iso-8859-7", FORM_SINGLE, "ISO-8859-7", NULL,
	" csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7 iso88597"
	" iso_8859-7 iso_8859-7:1987 sun_eu_greek "},
    {"iso-8859-8", FORM_SINGLE, "ISO-8859-8", NULL,
	" csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8 iso88598"
	" iso_8859-8 iso_8859-8:1988 visual "},
    {"iso-8859-8-i", FORM_SINGLE, "ISO-8859-8", NULL, " csiso88598i iso-8859-8-i logical "},
    {"iso-8859-10", FORM_SINGLE, "ISO-8859-10", NULL,
	" csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 "},
    {"iso-8859-13", FORM_SINGLE, "ISO-8859-13", NULL, " iso-8859-13 iso8859-13 iso885913 "},
    {"iso-8859-14", FORM_SINGLE, "ISO-8859-14", NULL, " iso-8859-14 iso8859-14 iso885914 "},
    {"iso-8859-15", FORM_SINGLE, "ISO-8859-15", NULL,
	" csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 latin9 latin-9 "},
    {"iso-8859-16", FORM_SINGLE, "ISO-8859-16", NULL, " iso-8859-16 "},
    {"koi8-r", FORM_SINGLE, "KOI8-R", NULL, " cskoi8r koi koi8 koi8-r koi8_r "},
    {"koi8-u", FORM_SINGLE, "KOI8-U", NULL, " koi8-ru koi8-u "},
    {"macintosh", FORM_SINGLE, "MACINTOSH", NULL, " csmacintosh mac macintosh x-mac-roman "},
    {"windows-874", FORM_SINGLE, "CP874", "TIS-620",
	" dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 cp874 "},
    {"windows-1250", FORM_SINGLE, "CP1250", NULL, " cp1250 windows-1250 x-cp1250 "},
    {"windows-1251", FORM_SINGLE, "CP1251", NULL,
	" cp1251 windows-1251 x-cp1251 win-1251 win1251 "},
    {"windows-1253", FORM_SINGLE, "CP1253", NULL, " cp1253 windows-1253 x-cp1253 "},
    {"windows-1254", FORM_SINGLE, "CP1254", NULL,
	" cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9 iso_8859-9:1989 l5"
	" latin5 windows-1254 x-cp1254 "},
    {"windows-1255", FORM_SINGLE, "CP1255", NULL, " cp1255 windows-1255 x-cp1255 "},
    {"windows-1256", FORM_SINGLE, "CP1256", NULL, " cp1256 windows-1256 x-cp1256 "},
    {"windows-1257", FORM_SINGLE, "CP1257", NULL, " cp1257 windows-1257 x-cp1257 "},
    {"windows-1258", FORM_SINGLE, "CP1258", NULL, " cp1258 windows-1258 x-cp1258 "},
    {"x-mac-cyrillic", FORM_SINGLE, "MAC-CYRILLIC", "MACCYRILLIC",
	" x-mac-cyrillic x-mac-ukrainian mac-cyrillic "},
    /* the standard's GBK decoder is its gb18030 decoder */
    {"gb18030", FORM_MULTI, "GB18030", NULL,
	" gb18030 chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58 x-gbk "
	"cp936"
	" ms936 windows-936 "},
    {"big5", FORM_MULTI, "BIG5-HKSCS", "BIG5", " big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 "},
    {"euc-jp", FORM_MULTI, "EUC-JP-MS", "EUC-JP", " cseucpkdfmtjapanese euc-jp x-euc-jp "},
    {"iso-2022-jp", FORM_MULTI, "ISO-2022-JP", NULL, " csiso2022jp iso-2022-jp "},
    {"shift_jis", FORM_MULTI, "CP932", "SHIFT_JIS",
	" csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cp932 "},
    {"euc-kr", FORM_MULTI, "UHC", "EUC-KR",
	" cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989 ksc5601 "
	"ksc_5601"
	" windows-949 uhc cp949 "},
    {"utf-16le", FORM_UTF16LE, NULL, NULL,
	" csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le utf16 "},
    {"utf-16be", FORM_UTF16BE, NULL, NULL, " unicodefffe utf-16be "},
    /* not in the standard, but in XML of the wild */
    {"utf-32le", FORM_UTF32LE, NULL, NULL, " utf-32 utf-32le ucs-4 "},
    {"utf-32be", FORM_UTF32BE, NULL, NULL, " utf-32be "},
};

#define ENCODINGS (sizeof encodings / sizeof *encodings)

static struct {
	int ready;
	struct {
		int usable;
		iconv_t cd;          /* FORM_MULTI */
		uint16_t upper[128]; /* FORM_SINGLE: what 0x80-0xff mean; 0: nothing */
	} of[ENCODINGS];
} converters;

const struct encoding *
charset_find(const char *label, size_t len)
{
	char key[64];
	while (len && strchr(" \t\r\n\f\"'", label[0]))
		label++, len--;
	while (len && strchr(" \t\r\n\f\"'", label[len - 1]))
		len--;
	if (!len || len > sizeof key - 3)
		return NULL;
	key[0] = ' ';
	for (size_t i = 0; i < len; i++) {
		char c = label[i];
		if (c <= ' ' || c > '~')
			return NULL;
		key[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	memcpy(key + len + 1, " ", 2);
	for (size_t i = 0; i < ENCODINGS; i++)
		if (strstr(encodings[i].labels, key))
			return &encodings[i];
	return NULL;
}

/* Learn from iconv what the upper half of a single-byte encoding means. */
static void
learn_single(iconv_t cd, int windows, uint16_t upper[128])
{
	for (unsigned i = 0; i < 128; i++) {
		char in = (char)(0x80 + i), *from = &in;
		uint8_t out[8], *to = out;
		size_t in_left = 1, out_left = sizeof out;
		iconv(cd, NULL, NULL, NULL, NULL);
		size_t n = iconv(cd, &from, &in_left, (char **)&to, &out_left);
		/* some encodings keep a letter back until they know what follows (windows-1258) */
		if (n != (size_t)-1)
			iconv(cd, NULL, NULL, (char **)&to, &out_left);
		size_t got = sizeof out - out_left;
		if (n != (size_t)-1 && got == 2)
			upper[i] = (uint16_t)(out[0] << 8 | out[1]);
		else if (windows && i < 0x20)
			upper[i] =
			    (uint16_t)(0x80 + i); /* the standard maps the holes to C1 controls */
	}
}

void
charset_preload(void)
{
	if (converters.ready)
		return;
	converters.ready = 1;
	for (size_t i = 0; i < ENCODINGS; i++) {
		const struct encoding *e = &encodings[i];
		converters.of[i].usable = 1;
		if (!e->iconv)
			continue;
		const char *to = e->form == FORM_SINGLE ? "UTF-16BE" : "UTF-8";
		iconv_t cd = iconv_open(to, e->iconv);
		if (cd == (iconv_t)-1 && e->iconv_else)
			cd = iconv_open(to, e->iconv_else);
		if (cd == (iconv_t)-1) {
			converters.of[i].usable = 0;
			continue;
		}
		converters.of[i].cd = cd;
		if (e->form == FORM_SINGLE) {
			learn_single(cd, !strncmp(e->name, "windows", 7), converters.of[i].upper);
			iconv_close(cd);
		}
	}
}

int
charset_is_usable(const struct encoding *e)
{
	return converters.of[e - encodings].usable;
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
	const uint16_t *upper = converters.of[which].upper;
	while (len) {
		size_t n = len < PIECE ? len : PIECE;
		char *to = buf_reserve(out, n * 3), *start = to;
		char small[PIECE * 3];
		if (!to) /* near the maximum: count exactly */
			to = start = small;
		for (size_t i = 0; i < n; i++) {
			uint8_t b = p[i];
			uint32_t c = b < 0x80 ? b : upper[b - 0x80];
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
	iconv_t cd = converters.of[which].cd;
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
	size_t which = (size_t)(e - encodings);
	switch (e->form) {
	case FORM_UTF8:
		return charset_repair(p, len, 1, out, bad);
	case FORM_SINGLE:
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
