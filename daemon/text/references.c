/*
 * Character references of HTML (HTML standard, "Named character reference state" and following).
 */
#include <string.h>

#include "entities.h"
#include "text.h"
#include "text_priv.h"

#define ENTITIES (sizeof entities / sizeof *entities)

static int
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static const struct entity *
find_entity(const char *name, size_t len)
{
	size_t low = 0, high = ENTITIES;
	while (low < high) {
		size_t mid = (low + high) / 2;
		const char *here = entity_names + entities[mid].name;
		int order = strncmp(name, here, len);
		if (order == 0 && here[len] != '\0')
			order = -1;
		if (order == 0)
			return &entities[mid];
		if (order < 0)
			high = mid;
		else
			low = mid + 1;
	}
	return NULL;
}

/* What a number means: windows-1252 in the C1 range, U+FFFD for what is no character. */
static uint32_t
number_meaning(uint32_t c)
{
	static const uint16_t c1[32] = {0x20ac, 0x81, 0x201a, 0x192, 0x201e, 0x2026, 0x2020, 0x2021,
	    0x2c6, 0x2030, 0x160, 0x2039, 0x152, 0x8d, 0x17d, 0x8f, 0x90, 0x2018, 0x2019, 0x201c,
	    0x201d, 0x2022, 0x2013, 0x2014, 0x2dc, 0x2122, 0x161, 0x203a, 0x153, 0x9d, 0x17e,
	    0x178};
	if (c >= 0x80 && c < 0xa0)
		return c1[c - 0x80];
	return c == 0 || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff) ? 0xfffd : c;
}

static size_t
number_reference(const char *s, size_t len, char *out, size_t *out_len)
{
	size_t at = 2;
	uint32_t base = 10, c = 0;
	if (at < len && (s[at] == 'x' || s[at] == 'X')) {
		base = 16;
		at++;
	}
	size_t first = at;
	for (; at < len && is_alnum(s[at]); at++) {
		uint32_t digit =
		    s[at] <= '9' ? (uint32_t)(s[at] - '0') : (uint32_t)((s[at] | 32) - 'a' + 10);
		if (digit >= base)
			break;
		c = c > 0x10ffff ? c : c * base + digit;
	}
	if (at == first)
		return 0;
	*out_len = text_put(out, number_meaning(c));
	return at + (at < len && s[at] == ';');
}

size_t
text_reference(const char *s, size_t len, char out[TEXT_REFERENCE_MAX], size_t *out_len)
{
	if (len > 2 && s[1] == '#')
		return number_reference(s, len, out, out_len);
	size_t n = 0;
	while (n + 1 < len && n <= ENTITY_NAME_MAX && is_alnum(s[n + 1]))
		n++;
	const struct entity *e = n ? find_entity(s + 1, n) : NULL;
	if (!e)
		return 0;
	int closed = n + 1 < len && s[n + 1] == ';';
	if (!closed && (!e->legacy || (n + 1 < len && s[n + 1] == '=')))
		return 0;
	*out_len = text_put(out, e->first);
	if (e->second)
		*out_len += text_put(out + *out_len, e->second);
	return n + 1 + (size_t)closed;
}

char *
text_unescape(struct arena *a, const char *s, size_t len)
{
	/* no reference is shorter than its character: "&lt" and "&#9" give one byte, U+226B U+20D2
	 * ("&nGt;") six of five, so twice the length is enough */
	const char *p = s, *end = s + len, *amp = memchr(s, '&', len);
	if (!amp)
		return arena_strndup(a, s, len);
	char *out = arena_alloc(a, len * 2 + 1), *to = out;
	for (; amp; amp = memchr(p, '&', (size_t)(end - p))) {
		char bytes[TEXT_REFERENCE_MAX];
		size_t n = 0, used = text_reference(amp, (size_t)(end - amp), bytes, &n);
		if (!used) {
			bytes[0] = '&';
			n = used = 1;
		}
		to = mempcpy(to, p, (size_t)(amp - p));
		to = mempcpy(to, bytes, n);
		p = amp + used;
	}
	to = mempcpy(to, p, (size_t)(end - p));
	*to = '\0';
	return out;
}
