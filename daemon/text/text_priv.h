/* What the files of the text family share: reading and writing one character. */
#ifndef NEWSD_TEXT_PRIV_H
#define NEWSD_TEXT_PRIV_H

#include <stddef.h>
#include <stdint.h>

#define TEXT_MARKS_MAX 30 /* UAX #15, Stream-Safe Text Format */

/* The next character of *P (before END), 0xfffd for a byte that begins none. */
static inline uint32_t
text_next(const char **p, const char *end)
{
	const uint8_t *s = (const uint8_t *)*p;
	size_t left = (size_t)(end - *p);
	uint32_t c = s[0];
	if (c < 0x80) {
		*p += 1;
		return c;
	}
	if (c >= 0xc2 && c < 0xe0 && left >= 2 && (s[1] & 0xc0) == 0x80) {
		*p += 2;
		return (c & 0x1f) << 6 | (s[1] & 0x3f);
	}
	if (c >= 0xe0 && c < 0xf0 && left >= 3 && (s[1] & 0xc0) == 0x80 && (s[2] & 0xc0) == 0x80) {
		c = (c & 0x0f) << 12 | (uint32_t)(s[1] & 0x3f) << 6 | (s[2] & 0x3f);
		if (c >= 0x800 && (c < 0xd800 || c > 0xdfff)) {
			*p += 3;
			return c;
		}
	} else if (c >= 0xf0 && c < 0xf5 && left >= 4 && (s[1] & 0xc0) == 0x80 &&
		   (s[2] & 0xc0) == 0x80 && (s[3] & 0xc0) == 0x80) {
		c = (c & 0x07) << 18 | (uint32_t)(s[1] & 0x3f) << 12 |
		    (uint32_t)(s[2] & 0x3f) << 6 | (s[3] & 0x3f);
		if (c >= 0x10000 && c <= 0x10ffff) {
			*p += 4;
			return c;
		}
	}
	*p += 1;
	return 0xfffd;
}

/* Write C; returns how many bytes (1-4). */
static inline size_t
text_put(char *to, uint32_t c)
{
	if (c < 0x80) {
		to[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	to[0] = (char)(0xf0 | c >> 18);
	to[1] = (char)(0x80 | (c >> 12 & 0x3f));
	to[2] = (char)(0x80 | (c >> 6 & 0x3f));
	to[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

#endif
