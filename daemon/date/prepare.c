/*
 * date prepare: the characters of a date. The world writes them in its own digits, wide forms,
 * dashes and spaces, and leaves HTML in them; behind this file there is ASCII, but for words.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "date_priv.h"

/* ---- references of HTML ---- */

static const struct {
	const char *name;
	int c;
} references[] = {{"nbsp", ' '}, {"ensp", ' '}, {"emsp", ' '}, {"thinsp", ' '}, {"ndash", '-'},
    {"mdash", '-'}, {"minus", '-'}, {"plus", '+'}, {"colon", ':'}, {"comma", ','}, {"period", '.'},
    {"sol", '/'}, {"quot", '"'}, {"apos", '\''}, {"lt", '<'}, {"gt", '>'}};

/* The character that the reference at P stands for, also one that was escaped again; 0 when there
 * is none. *NEXT: behind it. */
static int
reference_at(const char *p, const char **next)
{
	while (!strncmp(++p, "amp;", 4))
		p += 3;
	const char *end = strchr(p, ';');
	if (!end || end == p)
		return 0;
	*next = end + 1;
	if (*p == '#') {
		int hex = (p[1] | 32) == 'x';
		char *stop;
		long c = strtol(p + 1 + hex, &stop, hex ? 16 : 10);
		return stop == end && c > 0 && c < 0x10000 ? (int)c : 0;
	}
	for (size_t i = 0; i < sizeof references / sizeof *references; i++)
		if (strlen(references[i].name) == (size_t)(end - p) &&
		    !strncmp(references[i].name, p, (size_t)(end - p)))
			return references[i].c;
	return 0;
}

/* ---- characters ---- */

/* The value of a decimal digit in any script: scripts have theirs in a row. */
static int
digit_value(int c)
{
	int value = 0;
	while (value < 9 && utf8proc_category(c - value - 1) == UTF8PROC_CATEGORY_ND)
		value++;
	return value;
}

/* What C is read as: an ASCII character, itself, or 0 for nothing. */
static int
plain_char(int c)
{
	static const struct {
		int c, plain;
	} signs[] = {{0x60c, ','}, {0x3001, ','}, {0x3002, '.'}, {0xb7, ' '}, {0x2022, ' '},
	    {0x2027, ' '}, {0x30fb, ' '}, {0x2212, '-'}, {0x2044, '/'}, {0x2215, '/'},
	    {0x2236, ':'}, {0x3010, '('}, {0x3011, ')'}, {0x3014, '('}, {0x3015, ')'}};
	if (c > 0xff00 && c < 0xff5f) /* wide forms of ASCII */
		c -= 0xfee0;
	for (size_t i = 0; i < sizeof signs / sizeof *signs; i++)
		if (signs[i].c == c)
			return signs[i].plain;
	switch ((int)utf8proc_category(c)) {
	case UTF8PROC_CATEGORY_ND:
		return '0' + digit_value(c);
	case UTF8PROC_CATEGORY_ZS:
	case UTF8PROC_CATEGORY_ZL:
	case UTF8PROC_CATEGORY_ZP:
		return ' ';
	case UTF8PROC_CATEGORY_CC:
		return c >= '\t' && c <= '\r' ? ' ' : c;
	case UTF8PROC_CATEGORY_CF: /* marks of direction, soft hyphens */
	case UTF8PROC_CATEGORY_PI:
	case UTF8PROC_CATEGORY_PF:
		return 0;
	case UTF8PROC_CATEGORY_PD:
		return '-';
	default:
		return c == '"' || c == '\'' || c == '`' || c == 0x201e || c == 0x201a ? 0 : c;
	}
}

/* ---- numbers in CJK ---- */

#define CJK_LEN 3 /* bytes of each of these characters */

/* 0-9, 10 for ten, DATE_UNSET. */
static int
cjk_numeral(const char *p)
{
	static const char numerals[] = "〇一二三四五六七八九十";
	for (int i = 0; i <= 10; i++)
		if (!strncmp(p, numerals + (ptrdiff_t)i * CJK_LEN, CJK_LEN))
			return i;
	return !strncmp(p, "零", CJK_LEN) ? 0 : DATE_UNSET;
}

/* The number at P before a unit, as "二〇二四年", "十二月", "元年". Its bytes; 0 when there is
 * none. */
static size_t
cjk_number(const char *p, int *value)
{
	struct date_scan unused = date_scan_blank;
	size_t n = 0, unit;
	int ten = 0, part = 0, digit;
	while (n < 8 * CJK_LEN && (digit = cjk_numeral(p + n)) != DATE_UNSET) {
		if (digit == 10) {
			ten = (part ? part : 1) * 10;
			part = 0;
		} else {
			part = part * 10 + digit;
		}
		n += CJK_LEN;
	}
	*value = ten + part;
	if (!n && !strncmp(p, "元年", 2 * CJK_LEN)) { /* the first year of an era */
		*value = 1;
		return CJK_LEN;
	}
	return n && date_unit_at(&unused, p + n, &unit) ? n : 0;
}

/* ---- the whole ---- */

struct out {
	char *text;
	size_t len;
	int overflow;
};

static void
put(struct out *o, int c)
{
	utf8proc_uint8_t bytes[4];
	utf8proc_ssize_t n = c ? utf8proc_encode_char(c, bytes) : 0;
	if (n <= 0)
		return;
	o->overflow |= o->len + (size_t)n > DATE_TEXT_MAX;
	if (o->overflow)
		return;
	memcpy(o->text + o->len, bytes, (size_t)n);
	o->len += (size_t)n;
}

static void
put_number(struct out *o, int value)
{
	int scale = 1;
	while (value / scale >= 10)
		scale *= 10;
	for (; scale; scale /= 10)
		put(o, '0' + value / scale % 10);
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* A character that is read as it is. */
static int
is_plain(char c)
{
	return c >= ' ' && c <= 'z' && c != '&' && c != '"' && c != '\'' && c != '`';
}

/* Do the spaces between TEXT's first N bytes and NEXT part nothing, as in "10 : 20" and "31 / 01 /
 * 2024"? A time may stand behind a slash: "31.1.2024 / 10:20". */
static int
closes_up(const char *text, size_t n, const char *next)
{
	char before = n ? text[n - 1] : '\0';
	if (is_digit(before) && *next == ':')
		return 1;
	if (before == ':' && is_digit(*next))
		return n > 1 && is_digit(text[n - 2]);
	if ((before == '/' && is_digit(*next)) || (is_digit(before) && *next == '/')) {
		next += *next == '/';
		next += strspn(next, " ");
		return next[strspn(next, "0123456789")] != ':';
	}
	return 0;
}

/* Leave one space of each run, and none at the ends. */
static size_t
close_up(char *text)
{
	size_t n = 0;
	for (const char *p = text; *p;) {
		if (*p != ' ') {
			text[n++] = *p++;
			continue;
		}
		const char *next = p + strspn(p, " ");
		if (next > p && n && *next && !closes_up(text, n, next))
			text[n++] = ' ';
		p = next;
	}
	text[n] = '\0';
	return n;
}

size_t
date_prepare(const char *text, char out[DATE_TEXT_MAX + 1])
{
	struct out o = {.text = out};
	for (const char *p = text; *p && !o.overflow;) {
		if (is_plain(*p)) { /* nearly always */
			o.overflow |= o.len == DATE_TEXT_MAX;
			out[o.len] = *p++;
			o.len += !o.overflow;
			continue;
		}
		const char *next = p;
		int value, c = *p == '&' ? reference_at(p, &next) : 0;
		size_t numeral = (unsigned char)*p >= 0xe3 ? cjk_number(p, &value) : 0;
		if (numeral) {
			put_number(&o, value);
			p += numeral;
			continue;
		}
		if (c) {
			p = next;
		} else {
			utf8proc_int32_t decoded;
			utf8proc_ssize_t used =
			    utf8proc_iterate((const utf8proc_uint8_t *)p, -1, &decoded);
			if (used <= 0)
				return 0;
			c = decoded;
			p += used;
		}
		put(&o, plain_char(c));
	}
	if (o.overflow)
		return 0;
	out[o.len] = '\0';
	return close_up(out);
}
