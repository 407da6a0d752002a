/*
 * feed text: the texts of a feed as text_line and HTML want them, links made absolute, persons
 * found in lines. Pure; knows no dialect.
 */
#include "feed_priv.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "charset.h"
#include "text.h"
#include "url.h"

#define TAG_NAME_MAX 16

/* Elements of HTML that feeds use in texts; "+": it separates words. Sorted. */
static const char *const html_names[] = {"a", "abbr", "acronym", "address+", "article+", "aside+",
    "audio+", "b", "big", "blockquote+", "br+", "center+", "cite", "code", "dd+", "del", "dfn",
    "div+", "dl+", "dt+", "em", "embed", "figcaption+", "figure+", "font", "footer+", "h1+", "h2+",
    "h3+", "h4+", "h5+", "h6+", "header+", "hr+", "i", "iframe+", "img", "ins", "kbd", "li+",
    "mark", "nobr", "object", "ol+", "p+", "pre+", "q", "s", "samp", "script+", "section+", "small",
    "source", "span", "strike", "strong", "style+", "sub", "sup", "table+", "tbody+", "td+", "th+",
    "thead+", "time", "tr+", "tt", "u", "ul+", "var", "video+", "wbr"};

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static int
is_letter(char c)
{
	return (c | 32) >= 'a' && (c | 32) <= 'z';
}

static void
trim_space(const char **s, size_t *len)
{
	while (*len && is_space(**s))
		(*s)++, (*len)--;
	while (*len && is_space((*s)[*len - 1]))
		(*len)--;
}

void
feed_trim(const char **s, size_t *len)
{
	static const char open[] = "<![CDATA[", close[] = "]]>";
	trim_space(s, len);
	if (*len < sizeof open - 1 || memcmp(*s, open, sizeof open - 1) != 0)
		return;
	*s += sizeof open - 1;
	*len -= sizeof open - 1;
	if (*len >= 3 && !memcmp(*s + *len - 3, close, 3))
		*len -= 3;
	trim_space(s, len);
}

static int
compare_name(const void *key, const void *entry)
{
	const char *name = key, *other = *(const char *const *)entry;
	size_t len = strcspn(other, "+");
	int order = strncmp(name, other, len);
	return order ? order : name[len] != '\0';
}

/* 0: the '<' at S begins no tag of HTML, 1: it does, 2: one that separates words. */
static int
html_tag(const char *s, size_t len)
{
	char name[TAG_NAME_MAX];
	size_t at = len > 1 && s[1] == '/' ? 2 : 1, n = 0;
	for (; at < len && n + 1 < sizeof name; at++) {
		char c = s[at];
		if (!is_letter(c) && !(n && c >= '1' && c <= '6'))
			break;
		name[n++] = (char)(c >= 'A' && c <= 'Z' ? c | 32 : c);
	}
	name[n] = '\0';
	if (at < len && !is_space(s[at]) && s[at] != '>' && s[at] != '/')
		return 0;
	const char *const *found = bsearch(name, html_names, sizeof html_names / sizeof *html_names,
	    sizeof *html_names, compare_name);
	return !n || !found ? 0 : 1 + (strchr(*found, '+') != NULL);
}

int
feed_looks_like_html(const char *s, size_t len)
{
	const char *end = s + len, *gt = s;
	int tags = 0;
	for (const char *p = s; (p = memchr(p, '<', (size_t)(end - p))); p++) {
		size_t left = (size_t)(end - p);
		if (!html_tag(p, left)) {
			if (left > 1 && (is_letter(p[1]) || p[1] == '/'))
				return 0; /* code, or a tag that is spoken of */
			continue;
		}
		if (gt <= p) /* one '>' may end many tags, and is looked for once */
			gt = memchr(p, '>', left);
		if (!gt)
			break;
		tags += p[1] == '/' || html_tag(p, left) == 2 || gt[-1] == '/';
	}
	return tags > 0;
}

const char *
feed_tag_end(const char *p, const char *end, int *endless)
{
	const char *first = memchr(p, '>', (size_t)(end - p)), *gt = *endless ? NULL : first;
	while (gt) {
		const char *open = memchr(p, '"', (size_t)(gt - p));
		if (!open)
			return gt;
		const char *close = memchr(open + 1, '"', (size_t)(end - open - 1));
		if (!close)
			break;
		p = close + 1;
		if (p > gt)
			gt = memchr(p, '>', (size_t)(end - p));
	}
	*endless = 1;
	return first ? first : end;
}

/* ---- lines ---- */

/* Remove the tags and comments of HTML from S into OUT (at least LEN bytes). The new length. */
static size_t
strip_tags(const char *s, size_t len, char *out)
{
	size_t n = 0;
	const char *end = s + len;
	/* looked for in vain: not again */
	int endless_tag = 0, endless_comment = 0, endless_quote = 0;
	while (s < end) {
		const char *lt = memchr(s, '<', (size_t)(end - s));
		size_t run = (size_t)((lt ? lt : end) - s);
		memcpy(out + n, s, run);
		n += run;
		if (!lt)
			break;
		size_t left = (size_t)(end - lt);
		int comment = left > 3 && !memcmp(lt, "<!--", 4);
		int tag = comment ? 2 : html_tag(lt, left);
		const char *close = NULL;
		if (comment && !endless_comment) {
			close = memmem(lt, left, "-->", 3);
			endless_comment = close == NULL;
		} else if (!comment && tag && !endless_tag) {
			close = feed_tag_end(lt, end, &endless_quote);
			endless_tag = close == end;
			close = endless_tag ? NULL : close;
		}
		if (!close) {
			out[n++] = '<';
			s = lt + 1;
			continue;
		}
		if (tag == 2)
			out[n++] = ' ';
		s = close + (comment ? 3 : 1);
	}
	return n;
}

char *
feed_line(struct arena *a, const char *s, size_t len, enum feed_text kind)
{
	feed_trim(&s, &len);
	if (!len)
		return NULL;
	if (len > FEED_FIELD_MAX)
		len = text_cut(s, len, FEED_FIELD_MAX);
	if (kind == FEED_TEXT_PLAIN && memchr(s, '<', len) && feed_looks_like_html(s, len))
		kind = FEED_TEXT_HTML;
	if (kind == FEED_TEXT_HTML && memchr(s, '<', len)) {
		char *plain = arena_alloc(a, len);
		len = strip_tags(s, len, plain);
		s = plain;
	}
	if (kind == FEED_TEXT_HTML && memchr(s, '&', len)) {
		s = text_unescape(a, s, len);
		len = strlen(s);
	}
	if (!len)
		return NULL;
	char *line = text_line(a, s, len, FEED_LINE_MAX);
	return *line ? line : NULL;
}

char *
feed_person(struct arena *a, const char *s, size_t len)
{
	static const char mailto[] = "mailto:";
	char *line = feed_line(a, s, len, FEED_TEXT_PLAIN);
	if (line && !strncasecmp(line, mailto, sizeof mailto - 1))
		line += sizeof mailto - 1;
	if (!line || !*line)
		return NULL;
	char *open = strpbrk(line, "(<"), *at = strchr(line, '@');
	char *close = open ? strchr(open, *open == '(' ? ')' : '>') : NULL;
	if (open && close && at) {
		/* what holds no @ is the name */
		int name_inside = at < open;
		*close = '\0';
		if (!name_inside)
			*open = '\0';
		char *name = name_inside ? open + 1 : line;
		char *clean = feed_line(a, name, strlen(name), FEED_TEXT_PLAIN);
		if (clean)
			return clean;
		line = name_inside ? line : open + 1;
		if (name_inside)
			*open = '\0';
	}
	line = feed_line(a, line, strlen(line), FEED_TEXT_PLAIN);
	if (line)
		line[text_cut(line, strlen(line), FEED_WORD_MAX)] = '\0';
	return line;
}

/* ---- bytes ---- */

void
feed_decode_base64(struct buf *b)
{
	static const char alphabet[] =
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	unsigned bits = 0, have = 0;
	size_t n = 0;
	for (size_t i = 0; i < b->len; i++) {
		const char *at = b->data[i] ? strchr(alphabet, b->data[i]) : NULL;
		if (!at)
			continue;
		bits = bits << 6 | (unsigned)(at - alphabet);
		have += 6;
		if (have >= 8) {
			have -= 8;
			b->data[n++] = (uint8_t)(bits >> have & 0xff);
		}
	}
	if (!charset_is_utf8(b->data, n) || memchr(b->data, '\0', n))
		n = 0;
	b->len = n;
}

void
feed_mend_c1(struct buf *b)
{
	if (!b->len || !memchr(b->data, 0xc2, b->len))
		return;
	struct buf mended;
	const uint8_t *from = b->data, *end = b->data + b->len;
	buf_init_budget(&mended, b->len * 2, NULL);
	for (const uint8_t *p = from; (p = memchr(p, 0xc2, (size_t)(end - p))); p++) {
		if (end - p < 2 || p[1] >= 0xa0)
			continue;
		char reference[sizeof "&#255;"], meant[TEXT_REFERENCE_MAX];
		size_t len = 0;
		int n = snprintf(reference, sizeof reference, "&#%d;", p[1]);
		text_reference(reference, (size_t)n, meant, &len);
		buf_add(&mended, from, (size_t)(p - from));
		buf_add(&mended, meant, len);
		from = p + 2;
	}
	if (mended.len) {
		buf_add(&mended, from, (size_t)(end - from));
		mended.max = b->max;
		buf_clear(b);
		buf_move(b, &mended);
	}
}
