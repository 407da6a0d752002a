/* escape: see include/escape.h. */
#include "escape.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <utf8proc.h>

/* Code points that must not reach a line as they are, in order. */
static const struct {
	int32_t first, last;
} hidden[] = {
    {0x00, 0x1f},       /* C0 */
    {0x7f, 0x9f},       /* DEL and C1 */
    {0xad, 0xad},       /* soft hyphen */
    {0x061c, 0x061c},   /* Arabic letter mark */
    {0x180e, 0x180e},   /* Mongolian vowel separator */
    {0x200b, 0x200b},   /* zero width space */
    {0x200e, 0x200f},   /* left-to-right and right-to-left marks */
    {0x2028, 0x202e},   /* line and paragraph separator, bidi embedding and override */
    {0x2060, 0x206f},   /* invisible operators, bidi isolates, deprecated formats */
    {0xfeff, 0xfeff},   /* byte order mark */
    {0xfff9, 0xfffb},   /* interlinear annotation */
    {0x1bca0, 0x1bca3}, /* shorthand format controls */
    {0x1d173, 0x1d17a}, /* musical format controls */
    {0xe0000, 0xe007f}, /* tags */
};

static int
is_hidden(int32_t c)
{
	for (size_t i = 0; i < sizeof hidden / sizeof *hidden && c >= hidden[i].first; i++)
		if (c <= hidden[i].last)
			return 1;
	return 0;
}

size_t
escape_step(const char *s, size_t len, int *hides)
{
	int32_t c = (uint8_t)*s;
	utf8proc_ssize_t n = 1;
	if (c >= 0x80)
		n = utf8proc_iterate((const uint8_t *)s, len < 4 ? (utf8proc_ssize_t)len : 4, &c);
	*hides = n <= 0 || (!(c >= ' ' && c < 0x7f) && is_hidden(c));
	return n > 0 ? (size_t)n : 1;
}

int
escape_is_needed(const char *s, size_t len)
{
	int hides = 0;
	for (size_t i = 0; i < len && !hides;)
		i += escape_step(s + i, len - i, &hides);
	return hides;
}

/* The escape sequence of C in OUT (at least 13 bytes); returns its length. */
static size_t
write_escape(char *out, int32_t c)
{
	static const char letters[] = "btn fr"; /* RFC 8259 section 7, from U+0008 on */
	unsigned u = (unsigned)c;
	if (c >= 8 && c <= 13 && letters[c - 8] != ' ') {
		out[0] = '\\';
		out[1] = letters[c - 8];
		return 2;
	}
	if (u < 0x10000)
		return (size_t)snprintf(out, 13, "\\u%04x", u);
	u -= 0x10000;
	return (size_t)snprintf(
	    out, 13, "\\u%04x\\u%04x", 0xd800 + (u >> 10), 0xdc00 + (u & 0x3ff));
}

/* The next character of S as it will stand in OUT (at least 13 bytes); *TAKEN bytes are consumed.
 */
static size_t
next_piece(char *out, const uint8_t *s, size_t len, enum escape_form form, size_t *taken)
{
	int32_t c = s[0];
	*taken = 1;
	if (c >= 0x80) {
		utf8proc_ssize_t n = utf8proc_iterate(s, len < 4 ? (utf8proc_ssize_t)len : 4, &c);
		if (n <= 0) {
			memcpy(out, "\xef\xbf\xbd", 3);
			return 3;
		}
		*taken = (size_t)n;
	}
	if (is_hidden(c))
		return write_escape(out, c);
	size_t n = 0;
	if (form == ESCAPE_JSON && (c == '"' || c == '\\'))
		out[n++] = '\\';
	memcpy(out + n, s, *taken);
	return n + *taken;
}

size_t
escape_text(char *out, size_t room, const char *s, size_t len, enum escape_form form, int *cut)
{
	size_t at = 0, used = 0;
	while (at < len) {
		char piece[16];
		size_t taken, n;
		n = next_piece(piece, (const uint8_t *)s + at, len - at, form, &taken);
		if (used + n + 1 > room)
			break;
		memcpy(out + used, piece, n);
		used += n;
		at += taken;
	}
	if (room)
		out[used] = '\0';
	if (cut)
		*cut = at < len;
	return used;
}
