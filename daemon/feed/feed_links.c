/*
 * feed links: references as absolute URLs, alone and inside of markup. Pure; knows no dialect.
 */
#include "feed_priv.h"

#include <string.h>
#include <strings.h>

#include "text.h"
#include "url.h"

#define SRCSET_MAX    16384
#define GROWTH_FACTOR 4 /* resolved links may make a text this many times as long */
#define GROWTH_ROOM   4096

/* Attributes of HTML that hold one URL. */
static const char *const url_attrs[] = {"href", "src", "cite", "poster", "data", "action",
    "longdesc", "background", "usemap", "formaction"};

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

int
feed_is_url_attr(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof url_attrs / sizeof *url_attrs; i++)
		if (strlen(url_attrs[i]) == len && !strncasecmp(url_attrs[i], name, len))
			return 1;
	return len == 6 && !strncasecmp(name, "srcset", 6) ? 2 : 0;
}

/* 1 when S begins with a scheme (RFC 3986 3.1). */
static int
has_scheme(const char *s, size_t len)
{
	if (!len || !is_letter(*s))
		return 0;
	for (size_t i = 1; i < len; i++) {
		if (s[i] == ':')
			return 1;
		int digit_or_sign =
		    (s[i] >= '0' && s[i] <= '9') || s[i] == '+' || s[i] == '-' || s[i] == '.';
		if (!is_letter(s[i]) && !digit_or_sign)
			return 0;
	}
	return 0;
}

char *
feed_url(struct arena *a, const char *base, const char *s, size_t len)
{
	feed_trim(&s, &len);
	if (!len || len > FEED_URL_MAX)
		return NULL;
	char *copy = arena_strndup(a, s, len);
	if (has_scheme(s, len) && !strpbrk(copy, "\t\r\n"))
		return url_line(a, copy);
	char *resolved = url_resolve(a, base, copy);
	return resolved ? resolved : url_line(a, copy);
}

int
feed_escape(struct buf *b, const char *s, size_t len)
{
	const char *end = s + len, *from = s;
	int rc = 0;
	for (; s < end; s++) {
		const char *escape = *s == '&'   ? "&amp;"
				     : *s == '<' ? "&lt;"
				     : *s == '>' ? "&gt;"
				     : *s == '"' ? "&quot;"
						 : NULL;
		if (!escape)
			continue;
		rc |= buf_add(b, from, (size_t)(s - from)) | buf_add_str(b, escape);
		from = s + 1;
	}
	rc |= buf_add(b, from, (size_t)(s - from));
	return rc ? ERR_LIMIT : 0;
}

/* HTML standard, "srcset": URLs that hold no white space, each with a descriptor up to a comma. */
char *
feed_srcset(struct arena *a, const char *base, const char *value, size_t len)
{
	const char *p = value, *end = value + len;
	struct buf out;
	buf_init(&out, len * GROWTH_FACTOR + GROWTH_ROOM);
	int rc = 0;
	while (!rc && p < end) {
		const char *from = p;
		while (p < end && (is_space(*p) || *p == ','))
			p++;
		rc = buf_add(&out, from, (size_t)(p - from));
		const char *url = p;
		while (p < end && !is_space(*p))
			p++;
		const char *url_end = p;
		while (url_end > url && url_end[-1] == ',')
			url_end--;
		char *resolved = feed_url(a, base, url, (size_t)(url_end - url));
		if (!rc)
			rc = resolved ? buf_add_str(&out, resolved)
				      : buf_add(&out, url, (size_t)(url_end - url));
		from = url_end;
		if (url_end == p) /* its descriptor */
			while (p < end && *p != ',')
				p++;
		if (!rc)
			rc = buf_add(&out, from, (size_t)(p - from));
	}
	char *result = rc ? NULL : arena_strdup(a, buf_str(&out));
	buf_clear(&out);
	return result;
}

struct value {
	const char *start, *end; /* without quotes */
	int kind;                /* of feed_is_url_attr */
};

/* The value of the next attribute from P that holds a relative URL; 0 at the tag's END. */
static int
next_relative(const char **p, const char *end, struct value *v)
{
	const char *eq;
	while ((eq = memchr(*p, '=', (size_t)(end - *p)))) {
		const char *name_end = eq, *name;
		while (name_end > *p && is_space(name_end[-1]))
			name_end--;
		for (name = name_end; name > *p && is_letter(name[-1]);)
			name--;
		const char *value = eq + 1;
		while (value < end && is_space(*value))
			value++;
		char quote = value < end && (*value == '"' || *value == '\'') ? *value : 0;
		const char *close;
		if (quote) {
			value++;
			close = memchr(value, quote, (size_t)(end - value));
		} else {
			for (close = value; close < end && !is_space(*close); close++)
				;
		}
		if (!close)
			close = end;
		*p = close < end ? close + 1 : end;
		while (value < close && is_space(*value))
			value++;
		int kind = feed_is_url_attr(name, (size_t)(name_end - name));
		if (value == close || !kind ||
		    (kind == 1 && has_scheme(value, (size_t)(close - value))))
			continue;
		*v = (struct value){value, close, kind};
		return 1;
	}
	return 0;
}

/* Append the reference V, resolved. 0, or ERR_LIMIT. */
static int
put_resolved(const char *base, const struct value *v, struct buf *out)
{
	size_t len = (size_t)(v->end - v->start);
	struct arena scratch = {0};
	char *resolved = NULL;
	if (len <= (v->kind == 1 ? FEED_URL_MAX : SRCSET_MAX)) {
		const char *reference = memchr(v->start, '&', len)
					    ? text_unescape(&scratch, v->start, len)
					    : arena_strndup(&scratch, v->start, len);
		resolved = v->kind == 1 ? url_resolve(&scratch, base, reference)
					: feed_srcset(&scratch, base, reference, strlen(reference));
	}
	int rc =
	    resolved ? feed_escape(out, resolved, strlen(resolved)) : buf_add(out, v->start, len);
	arena_clear(&scratch);
	return rc;
}

/* HTML with its relative links resolved, in OUT; nothing is written when it has none. */
static int
resolve_links(const char *base, const char *s, size_t len, struct buf *out)
{
	const char *end = s + len, *from = s;
	int rc = 0, endless_quote = 0;
	for (const char *p = s; !rc && (p = memchr(p, '<', (size_t)(end - p)));) {
		if (++p == end || !is_letter(*p))
			continue;
		const char *gt = feed_tag_end(p, end, &endless_quote);
		if (gt == end)
			break;
		struct value v;
		while (!rc && next_relative(&p, gt, &v)) {
			rc = buf_add(out, from, (size_t)(v.start - from));
			if (!rc)
				rc = put_resolved(base, &v, out);
			from = v.end;
		}
		p = gt;
	}
	return rc || from == s ? rc : buf_add(out, from, (size_t)(end - from));
}

char *
feed_markup(struct arena *a, const char *base, const char *s, size_t len, enum feed_text kind)
{
	feed_trim(&s, &len);
	if (!len || len > FEED_FIELD_MAX)
		return NULL;
	if (kind == FEED_TEXT_PLAIN && memchr(s, '<', len) && feed_looks_like_html(s, len))
		kind = FEED_TEXT_HTML;
	struct buf out;
	buf_init(&out, len * GROWTH_FACTOR + GROWTH_ROOM);
	int rc = 0;
	if (kind == FEED_TEXT_PLAIN && (memchr(s, '<', len) || memchr(s, '&', len)))
		rc = feed_escape(&out, s, len);
	else if (kind == FEED_TEXT_HTML && memchr(s, '<', len))
		rc = resolve_links(base, s, len, &out);
	char *result =
	    rc || !out.len ? arena_strndup(a, s, len) : arena_strndup(a, (char *)out.data, out.len);
	buf_clear(&out);
	return result;
}
