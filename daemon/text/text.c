/*
 * text: see include/text.h. The cleaning of lines and paragraphs.
 */
#include "text.h"

#include <stdlib.h>
#include <string.h>
#include <utf8proc.h>

#include "text_priv.h"

enum class {
	CLASS_KEEP,
	CLASS_CHECK, /* keep, but the text may not be NFC */
	CLASS_DROP,
	CLASS_SPACE,
	CLASS_BREAK, /* a new line */
};

struct class_range {
	uint32_t first, last;
	enum class class;
};

/*
 * From U+0300 on, sorted; what stands in no range is CLASS_CHECK. KEEP is only said of characters
 * that NFC never changes and that never combine with the one before: a cheap superset of the NFC
 * quick check, made for the scripts that news are written in.
 */
static const struct class_range class_ranges[] = {
    {0x0388, 0x03ff, CLASS_KEEP},
    {0x0400, 0x0482, CLASS_KEEP},
    {0x048a, 0x0588, CLASS_KEEP},
    {0x05d0, 0x05f4, CLASS_KEEP},
    {0x060c, 0x060c, CLASS_KEEP},
    {0x061b, 0x061b, CLASS_KEEP},
    {0x061c, 0x061c, CLASS_DROP},
    {0x061f, 0x064a, CLASS_KEEP},
    {0x0660, 0x066f, CLASS_KEEP},
    {0x0671, 0x06d5, CLASS_KEEP},
    {0x0904, 0x0928, CLASS_KEEP},
    {0x092a, 0x0930, CLASS_KEEP},
    {0x0932, 0x0933, CLASS_KEEP},
    {0x0935, 0x0939, CLASS_KEEP},
    {0x093d, 0x094c, CLASS_KEEP},
    {0x0e01, 0x0e37, CLASS_KEEP},
    {0x0e3f, 0x0e47, CLASS_KEEP},
    {0x10a0, 0x10ff, CLASS_KEEP},
    {0x1680, 0x1680, CLASS_SPACE},
    {0x180e, 0x180e, CLASS_DROP},
    {0x1e00, 0x1eff, CLASS_KEEP},
    {0x2000, 0x200a, CLASS_SPACE},
    {0x200b, 0x200b, CLASS_DROP},
    {0x200c, 0x200d, CLASS_KEEP},
    {0x200e, 0x200f, CLASS_DROP},
    {0x2010, 0x2027, CLASS_KEEP},
    {0x2028, 0x2029, CLASS_BREAK},
    {0x202a, 0x202e, CLASS_DROP},
    {0x202f, 0x202f, CLASS_SPACE},
    {0x2030, 0x205e, CLASS_KEEP},
    {0x205f, 0x205f, CLASS_SPACE},
    {0x2060, 0x206f, CLASS_DROP},
    {0x2070, 0x20cf, CLASS_KEEP},
    {0x2100, 0x2125, CLASS_KEEP},
    {0x212c, 0x2328, CLASS_KEEP},
    {0x232b, 0x2adb, CLASS_KEEP},
    {0x3000, 0x3000, CLASS_SPACE},
    {0x3001, 0x3029, CLASS_KEEP},
    {0x3030, 0x3098, CLASS_KEEP},
    {0x309b, 0x312f, CLASS_KEEP},
    {0x3131, 0x3163, CLASS_KEEP},
    {0x3190, 0xa4cf, CLASS_KEEP},
    {0xac00, 0xd7a3, CLASS_KEEP},
    {0xfe00, 0xfe0f, CLASS_KEEP},
    {0xfe30, 0xfefe, CLASS_KEEP},
    {0xfeff, 0xfeff, CLASS_DROP},
    {0xff01, 0xffef, CLASS_KEEP},
    {0xfff9, 0xfffb, CLASS_DROP},
    {0xfffc, 0xfffd, CLASS_KEEP},
    {0xfffe, 0xffff, CLASS_DROP},
    {0x1bca0, 0x1bca3, CLASS_DROP},
    {0x1d173, 0x1d17a, CLASS_DROP},
    {0x1f000, 0x1faff, CLASS_KEEP},
    {0x20000, 0x2a6df, CLASS_KEEP},
    {0xe0000, 0xe00ff, CLASS_DROP}, /* tags: invisible letters */
    {0xe01f0, 0xe0fff, CLASS_DROP},
};

static enum class classify(uint32_t c) {
	if (c < 0x300){
	    if (c >= 0xa1) return c == 0xad ? CLASS_DROP : CLASS_KEEP;
	    if (c == '\n' || c == '\r' || c == '\v' || c == '\f' || c == 0x85) return CLASS_BREAK;
	    if (c == ' ' || c == '\t' || c == 0xa0) return CLASS_SPACE;
	    return c < 0x20 || c >= 0x7f ? CLASS_DROP : CLASS_KEEP;}
size_t low = 0, high = sizeof class_ranges / sizeof *class_ranges;
while (low < high) {
	size_t mid = (low + high) / 2;
	if (c > class_ranges[mid].last)
		low = mid + 1;
	else if (c < class_ranges[mid].first)
		high = mid;
	else
		return class_ranges[mid].class;
}
return (c & 0xfffe) == 0xfffe ? CLASS_DROP : CLASS_CHECK;
}

/* Bytes at P that stay as they are: characters that are kept, and single spaces between them. */
static size_t
kept_run(const char *p, const char *end)
{
	const char *start = p;
	char before = ' ';
	while (p < end) {
		char c = *p;
		if (c >= ' ' && c < 0x7f) {
			if ((c | before) == ' ') /* two spaces */
				break;
			before = c;
			p++;
			continue;
		}
		const char *next = p;
		uint32_t wide = text_next(&next, end);
		if (wide < 0x80 || wide == 0xfffd || classify(wide) != CLASS_KEEP)
			break;
		before = 'x';
		p = next;
	}
	if (p > start && p[-1] == ' ') /* what follows decides about it */
		p--;
	return (size_t)(p - start);
}

struct cleaner {
	char *out;
	size_t len, cap, max;
	char gap;  /* white space that is due before the next character: 0, ' ' or newline */
	int lines; /* 1: newlines stay */
	int check; /* 1: may not be NFC */
	unsigned combining; /* characters in a row */
	const char *start;  /* of the text that is cleaned, into which the places point */
	size_t *places, places_len, placed; /* see text_line_marked(); placed: so many are found */
};

/* Append what of FROM still fits; 0 when it did not all. */
static int
append(struct cleaner *k, const char *from, size_t run)
{
	if (k->len + run + 2 > k->cap) {
		k->cap = (k->len + run) * 2 + 64;
		k->out = mem_resize(k->out, k->cap);
	}
	if (k->gap && k->len && k->max - k->len > 1)
		k->out[k->len++] = k->gap;
	else if (k->gap && k->len)
		return 0;
	k->gap = '\0';
	size_t fits = text_cut(from, run, k->max - k->len);
	memcpy(k->out + k->len, from, fits);
	k->len += fits;
	return fits == run;
}

/* One character C, written as RUN bytes at FROM. 0: no more fits. */
static int
append_char(struct cleaner *k, uint32_t c, const char *from, size_t run)
{
	char bytes[4];
	enum class class = classify(c);
	if (class == CLASS_DROP)
		return 1;
	if (class == CLASS_SPACE || class == CLASS_BREAK) {
		if (k->gap != '\n')
			k->gap = class == CLASS_BREAK && k->lines ? '\n' : ' ';
		return 1;
	}
	if (class == CLASS_CHECK && utf8proc_get_property((int32_t)c)->combining_class) {
		if (++k->combining > TEXT_MARKS_MAX)
			return 1;
	} else {
		k->combining = 0;
	}
	k->check |= class == CLASS_CHECK;
	if (c == 0xfffd) { /* it may stand for an ill-formed byte */
		run = text_put(bytes, c);
		from = bytes;
	}
	return append(k, from, run);
}

/* What was read up to, not including, END went to AT and behind it. */
static void
place(struct cleaner *k, const char *from, const char *end, size_t at)
{
	size_t begin = (size_t)(from - k->start), past = (size_t)(end - k->start);
	for (; k->placed < k->places_len && k->places[k->placed] < past; k->placed++) {
		size_t to = at + k->places[k->placed] - begin;
		k->places[k->placed] = to < k->len ? to : k->len;
	}
}

/* Is offset AT within a grapheme cluster of S? */
static int
is_within(const char *s, size_t len, size_t at)
{
	if (!at || at >= len || ((uint8_t)s[at - 1] | (uint8_t)s[at]) < 0x80)
		return 0;
	const char *before = s + at - 1, *here = s + at;
	while (before > s && ((uint8_t)*before & 0xc0) == 0x80)
		before--;
	uint32_t c = text_next(&before, s + len);
	if (before != here || (c == 0x200d && (uint8_t)*here >= 0x80)) /* U+200D joins emoji */
		return 1;
	return !utf8proc_grapheme_break((int32_t)c, (int32_t)text_next(&here, s + len));
}

/* Move the places off the insides of clusters, and behind each other. */
static void
settle(const char *s, size_t len, size_t *places, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (i && places[i] < places[i - 1])
			places[i] = places[i - 1];
		while (is_within(s, len, places[i]))
			places[i]++;
		if (places[i] > len)
			places[i] = len;
	}
}

static void
join(struct cleaner *k, const char *s, size_t len)
{
	if (k->len + len > k->cap) {
		k->cap = (k->len + len) * 2;
		k->out = mem_resize(k->out, k->cap);
	}
	memcpy(k->out + k->len, s, len);
	k->len += len;
}

/* Make the text NFC, piece by piece between the places: NFC never joins what stands in two clusters
 * (tests/test_text.c asks all characters), so that the whole is what it is without them. */
static void
compose(struct cleaner *k)
{
	const char *s = k->out;
	size_t len = k->len, at = 0;
	k->out = mem_alloc(k->cap);
	k->len = 0;
	for (size_t i = 0; i <= k->places_len; i++) {
		size_t end = i < k->places_len ? k->places[i] : len;
		uint8_t *nfc = NULL;
		utf8proc_ssize_t n = utf8proc_map((const uint8_t *)s + at,
		    (utf8proc_ssize_t)(end - at), &nfc, UTF8PROC_STABLE | UTF8PROC_COMPOSE);
		if (n < 0) /* not UTF-8, which can't be: we wrote it; or no memory */
			join(k, s + at, end - at);
		else
			join(k, (const char *)nfc, (size_t)n);
		free(nfc);
		at = end;
		if (i < k->places_len)
			k->places[i] = k->len;
	}
	mem_free((void *)(uintptr_t)s);
	k->len = text_cut(k->out, k->len, k->max);
}

/* All of S, as much as fits. */
static void
read_all(struct cleaner *k, const char *s, size_t len)
{
	const char *p = s, *end = s + len;
	for (int more = 1; more && p < end;) {
		const char *from = p;
		size_t run = kept_run(p, end), at = k->len + (k->gap && k->len);
		if (run) {
			p += run;
			k->combining = 0;
			more = append(k, from, run);
		} else {
			uint32_t c = text_next(&p, end);
			more = append_char(k, c, from, (size_t)(p - from));
		}
		place(k, from, p, at);
	}
	while (k->len && (k->out[k->len - 1] == ' ' || k->out[k->len - 1] == '\n'))
		k->len--;
	for (; k->placed < k->places_len; k->placed++)
		k->places[k->placed] = k->len;
}

static char *
clean(struct arena *a, const char *s, size_t len, size_t max, int lines, size_t *places, size_t n)
{
	if (kept_run(s, s + len) == len && len <= max) { /* most texts need no work */
		settle(s, len, places, n);
		return arena_strndup(a, s, len);
	}
	struct cleaner k = {.max = max,
	    .lines = lines,
	    .cap = (len < max ? len : max) + 64,
	    .start = s,
	    .places = places,
	    .places_len = n};
	k.out = mem_alloc(k.cap);
	read_all(&k, s, len);
	settle(k.out, k.len, places, n);
	if (k.check)
		compose(&k);
	for (size_t i = n; i-- && places[i] > k.len;)
		places[i] = k.len;
	char *kept = arena_strndup(a, k.out, k.len);
	mem_free(k.out);
	return kept;
}

char *
text_line(struct arena *a, const char *s, size_t len, size_t max)
{
	return clean(a, s, len, max, 0, NULL, 0);
}

char *
text_line_marked(struct arena *a, const char *s, size_t len, size_t max, size_t *marks, size_t n)
{
	return clean(a, s, len, max, 0, marks, n);
}

char *
text_paragraphs(struct arena *a, const char *s, size_t len, size_t max)
{
	return clean(a, s, len, max, 1, NULL, 0);
}

size_t
text_cut(const char *s, size_t len, size_t max)
{
	if (len <= max)
		return len;
	while (max && ((uint8_t)s[max] & 0xc0) == 0x80)
		max--;
	return max;
}

#define WORD_MAX 64

static size_t
least(size_t a, size_t b)
{
	return a < b ? a : b;
}

size_t
text_distance(const char *a, const char *b)
{
	size_t a_len = strnlen(a, WORD_MAX), b_len = strnlen(b, WORD_MAX);
	size_t rows[3][WORD_MAX + 1];
	size_t *before = rows[0], *last = rows[1], *now = rows[2];
	for (size_t j = 0; j <= b_len; j++)
		last[j] = j;
	for (size_t i = 1; i <= a_len; i++) {
		now[0] = i;
		for (size_t j = 1; j <= b_len; j++) {
			now[j] = least(
			    least(last[j], now[j - 1]) + 1, last[j - 1] + (a[i - 1] != b[j - 1]));
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
				now[j] = least(now[j], before[j - 2] + 1);
		}
		size_t *spare = before;
		before = last;
		last = now;
		now = spare;
	}
	return last[b_len];
}
