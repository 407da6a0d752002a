/*
 * Words and tokens: what a word is in the scripts of the world, and the form in which two texts are
 * the same.
 */
#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text.h"
#include "text_priv.h"

enum word_part {
	PART_NONE,
	PART_WORD,
	PART_MARK,  /* goes on with the word before it, if there is one */
	PART_ALONE, /* a word of its own */
};

/* What an ASCII letter or digit is folded to; 0 for all else. */
static const char ascii_folded[256] = {
    /* clang-format off */
    ['0'] = '0', '1', '2', '3', '4', '5', '6', '7', '8', '9',
    ['A'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's',
    't', 'u', 'v', 'w', 'x', 'y', 'z',
    ['a'] = 'a', 'b', 'c', 'd', 'e', 'f', 'g', 'h', 'i', 'j', 'k', 'l', 'm', 'n', 'o', 'p', 'q', 'r', 's',
    't', 'u', 'v', 'w', 'x', 'y', 'z',
    /* clang-format on */
};

/* Scripts that put no spaces between words. */
static int
stands_alone(uint32_t c)
{
	return (c >= 0x0e00 && c <= 0x0eff) || (c >= 0x1000 && c <= 0x109f) ||
	       (c >= 0x1780 && c <= 0x17ff) || (c >= 0x3005 && c <= 0x3007) ||
	       (c >= 0x3040 && c <= 0x30ff) || (c >= 0x31f0 && c <= 0x31ff) ||
	       (c >= 0x3400 && c <= 0x4dbf) || (c >= 0x4e00 && c <= 0x9fff) ||
	       (c >= 0xf900 && c <= 0xfaff) || (c >= 0xff66 && c <= 0xff9f) ||
	       (c >= 0x20000 && c <= 0x3ffff);
}

static enum word_part
part_of(uint32_t c)
{
	if (c < 0x80)
		return ascii_folded[c] ? PART_WORD : PART_NONE;
	if (c >= 0x4e00 && c <= 0x9fff)
		return PART_ALONE;
	switch (utf8proc_category((int32_t)c)) {
	case UTF8PROC_CATEGORY_LU:
	case UTF8PROC_CATEGORY_LL:
	case UTF8PROC_CATEGORY_LT:
	case UTF8PROC_CATEGORY_LM:
	case UTF8PROC_CATEGORY_LO:
	case UTF8PROC_CATEGORY_ND:
	case UTF8PROC_CATEGORY_NL:
	case UTF8PROC_CATEGORY_NO:
		return stands_alone(c) ? PART_ALONE : PART_WORD;
	case UTF8PROC_CATEGORY_MN:
	case UTF8PROC_CATEGORY_MC:
	case UTF8PROC_CATEGORY_ME:
		return PART_MARK;
	default: /* ZWNJ and ZWJ stand within words of Persian and the Indic scripts */
		return c == 0x200c || c == 0x200d ? PART_MARK : PART_NONE;
	}
}

size_t
text_words(const char *s)
{
	const char *end = s + strlen(s);
	enum word_part before = PART_NONE;
	size_t words = 0;
	while (s < end) {
		if ((uint8_t)*s < 0x80) {
			enum word_part part = ascii_folded[(uint8_t)*s++] ? PART_WORD : PART_NONE;
			/* no branch: nobody can guess where words begin */
			words += (part == PART_WORD) & (before != PART_WORD);
			before = part;
			continue;
		}
		enum word_part part = part_of(text_next(&s, end));
		if (part == PART_MARK)
			part = before;
		else if (part == PART_ALONE || (part == PART_WORD && before != PART_WORD))
			words++;
		before = part;
	}
	return words;
}

/* ---- tokens ---- */

struct tokens {
	char *out;
	size_t len, cap, count;
	enum word_part before;
};

static void
token_add(struct tokens *t, uint32_t c)
{
	enum word_part part = part_of(c);
	if (part == PART_MARK) {
		if (t->before == PART_NONE)
			return;
	} else if (part == PART_NONE) {
		t->before = PART_NONE;
		return;
	} else if (part == PART_ALONE || t->before != PART_WORD) {
		if (t->count++)
			t->out[t->len++] = ' ';
		t->before = part;
	}
	t->len += text_put(t->out + t->len, c);
}

static void
tokens_room(struct tokens *t, size_t more)
{
	if (t->len + more > t->cap) {
		t->cap = (t->len + more) * 2;
		t->out = mem_resize(t->out, t->cap);
	}
}

/* Case fold C when that and NFKC are one simple step and no neighbour can change it; else 0. */
static uint32_t
fold_simple(uint32_t c)
{
	if (c < 0x80)
		return c >= 'A' && c <= 'Z' ? c + 32 : c;
	if (c >= 0xc0 && c <= 0xff)
		return c == 0xdf ? 0 : c <= 0xde && c != 0xd7 ? c + 32 : c;
	if (c >= 0x410 && c <= 0x44f)
		return c < 0x430 ? c + 32 : c;
	if (c >= 0x400 && c <= 0x45f)
		return c < 0x410 ? c + 80 : c;
	if ((c >= 0x391 && c <= 0x3a9) || (c >= 0x3ac && c <= 0x3ce))
		return c == 0x3c2 ? 0x3c3 : c <= 0x3a9 ? c + 32 : c;
	if ((c >= 0x100 && c <= 0x131) || (c >= 0x139 && c <= 0x13e) ||
	    (c >= 0x141 && c <= 0x148) || (c >= 0x14a && c <= 0x17e))
		return c == 0x130 ? 0 : (uint32_t)utf8proc_tolower((int32_t)c);
	if ((c >= 0x4e00 && c <= 0x9fff) || (c >= 0x3041 && c <= 0x3094) ||
	    (c >= 0x30a1 && c <= 0x30fa) || (c >= 0xac00 && c <= 0xd7a3) ||
	    (c >= 0x5d0 && c <= 0x5ea) || (c >= 0x620 && c <= 0x64a) || c == 0x6a9 || c == 0x6cc)
		return c;
	switch (c) {
	case 0x2013:
	case 0x2014:
	case 0x2018:
	case 0x2019:
	case 0x201c:
	case 0x201d:
	case 0x201e:
	case 0x2022:
	case 0x3001:
	case 0x3002:
		return c;
	}
	return 0;
}

/* The general way: NFKC and case folding by utf8proc, runs of marks bounded first. */
static void
add_slowly(struct tokens *t, const char *p, const char *end)
{
	char *bounded = mem_alloc((size_t)(end - p) * 3 + 1);
	size_t n = 0;
	unsigned marks = 0;
	while (p < end) {
		uint32_t c = text_next(&p, end);
		marks = utf8proc_get_property((int32_t)c)->combining_class ? marks + 1 : 0;
		if (marks <= TEXT_MARKS_MAX)
			n += text_put(bounded + n, c);
	}
	uint8_t *folded = NULL;
	utf8proc_ssize_t got = utf8proc_map((const uint8_t *)bounded, (utf8proc_ssize_t)n, &folded,
	    UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD |
		UTF8PROC_IGNORE);
	const char *f = got < 0 ? bounded : (char *)folded, *stop = f + (got < 0 ? n : (size_t)got);
	tokens_room(t, (size_t)(stop - f) * 2 + 8);
	while (f < stop)
		token_add(t, text_next(&f, stop));
	free(folded);
	mem_free(bounded);
}

/* Add [P, END), which no neighbour outside can change. */
static void
add_piece(struct tokens *t, const char *p, const char *end)
{
	struct tokens before = *t;
	const char *at = p;
	tokens_room(t, (size_t)(end - p) * 2 + 8);
	before.out = t->out;
	before.cap = t->cap;
	while (at < end) {
		uint32_t c = fold_simple(text_next(&at, end));
		if (!c) {
			*t = before;
			add_slowly(t, p, end);
			return;
		}
		token_add(t, c);
	}
}

/* Add the tokens at S up to the first with a character beyond ASCII, or up to END. Where it went.
 */
static const char *
add_ascii(struct tokens *t, const char *s, const char *end)
{
	tokens_room(t, (size_t)(end - s) + 1);
	char *to = t->out + t->len;
	while (s < end) {
		char *from = to;
		const char *start = s;
		if (t->count)
			*to++ = ' ';
		while (s < end && (*to = ascii_folded[(uint8_t)*s]) != 0)
			to++, s++;
		if (s < end && (uint8_t)*s >= 0x80) {
			s = start;
			to = from;
			break;
		}
		if (s == start)
			to = from;
		else
			t->count++;
		s++;
	}
	t->len = (size_t)(to - t->out);
	return s < end ? s : end;
}

char *
text_tokens(struct arena *a, const char *s, size_t *count)
{
	const char *end = s + strlen(s);
	size_t len = (size_t)(end - s);
	struct tokens t = {.cap = len + len / 8 + 64};
	t.out = mem_alloc(t.cap);
	while (s < end) {
		const char *p = s = add_ascii(&t, s, end);
		while (p < end && ((uint8_t)*p >= 0x80 || ascii_folded[(uint8_t)*p]))
			p++;
		if (p > s)
			add_piece(&t, s, p);
		t.before = PART_NONE;
		s = p < end ? p + 1 : p;
	}
	if (count)
		*count = t.count;
	char *kept = arena_strndup(a, t.out, t.len);
	mem_free(t.out);
	return kept;
}

enum text_kind
text_token_kind(const char *token, size_t len)
{
	const char *end = token + len;
	int alone = 0;
	while (token < end) {
		uint32_t c = text_next(&token, end);
		if (c < 0x80 ? c >= '0' && c <= '9'
			     : utf8proc_category((int32_t)c) == UTF8PROC_CATEGORY_ND)
			return TEXT_FIGURE;
		alone |= stands_alone(c);
	}
	return alone ? TEXT_CHARACTER : TEXT_WORD;
}
