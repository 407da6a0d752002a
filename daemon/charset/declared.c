/*
 * What documents and media types say of their encoding. Reads declarations, believes none.
 */
#include "charset_priv.h"

#include <string.h>
#include <strings.h>

/* Browsers look at 1024 bytes first but honour later declarations too, by parsing again. */
#define PRESCAN_MAX ((size_t)16 << 10)

const struct encoding *
charset_find_param(const char *s, size_t len)
{
	static const char key[] = "charset";
	for (size_t i = 0; i + sizeof key - 1 < len; i++) {
		if (strncasecmp(s + i, key, sizeof key - 1))
			continue;
		size_t at = i + sizeof key - 1;
		while (at < len && strchr(" \t\r\n\f", s[at]) && s[at])
			at++;
		if (at == len || s[at] != '=')
			continue;
		at++;
		while (at < len && s[at] && strchr(" \t\r\n\f\"'", s[at]))
			at++;
		size_t start = at;
		while (at < len && s[at] && !strchr(" \t\r\n\f;,\"'", s[at]))
			at++;
		return charset_find(s + start, at - start);
	}
	return NULL;
}

const struct encoding *
charset_find_xml_declaration(const char *s, size_t len)
{
	if (len < 5 || memcmp(s, "<?xml", 5))
		return NULL;
	const char *end = memchr(s, '>', len);
	const char *at = end ? memmem(s, (size_t)(end - s), "encoding", 8) : NULL;
	if (!at)
		return NULL;
	at += 8;
	while (at < end && (*at == ' ' || *at == '=' || *at == '\t' || *at == '\n' || *at == '\r'))
		at++;
	if (at == end || (*at != '"' && *at != '\''))
		return NULL;
	const char *stop = memchr(at + 1, *at, (size_t)(end - at - 1));
	return stop ? charset_find(at + 1, (size_t)(stop - at - 1)) : NULL;
}

struct range {
	const char *at;
	size_t len;
};

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f';
}

static int
range_is(struct range r, const char *word)
{
	return r.len == strlen(word) && !strncasecmp(r.at, word, r.len);
}

/* Read one attribute of a tag at *P. Returns 0 at the tag's end, with *P there. */
static int
next_attribute(const char **p, const char *end, struct range *name, struct range *value)
{
	const char *at = *p;
	while (at < end && (is_space(*at) || *at == '/'))
		at++;
	*p = at;
	if (at == end || *at == '>')
		return 0;
	for (name->at = at++; at < end && !is_space(*at) && !strchr("/=>", *at); at++)
		if (!*at)
			break;
	name->len = (size_t)(at - name->at);
	*value = (struct range){at, 0};
	while (at < end && is_space(*at))
		at++;
	if (at < end && *at == '=') {
		for (at++; at < end && is_space(*at); at++)
			;
		char quote = at < end && (*at == '"' || *at == '\'') ? *at++ : '\0';
		for (value->at = at;
		     at < end && (quote ? *at != quote : !is_space(*at) && *at != '>'); at++)
			;
		value->len = (size_t)(at - value->at);
		at += quote && at < end;
	}
	*p = at;
	return 1;
}

/* HTML standard, "prescan a byte stream to determine its encoding", for meta. */
static const struct encoding *
find_meta(const char *s, size_t len)
{
	const char *p = s, *end = s + (len < PRESCAN_MAX ? len : PRESCAN_MAX);
	while ((p = memchr(p, '<', (size_t)(end - p))) && end - p > 6) {
		if (!memcmp(p, "<!--", 4)) {
			p = memmem(p + 4, (size_t)(end - p - 4), "-->", 3);
			if (!p)
				return NULL;
			continue;
		}
		if (strncasecmp(p, "<meta", 5) || !(is_space(p[5]) || p[5] == '/')) {
			p++;
			continue;
		}
		const struct encoding *found = NULL;
		struct range name, value;
		p += 5;
		while (!found && next_attribute(&p, end, &name, &value)) {
			if (range_is(name, "charset"))
				found = charset_find(value.at, value.len);
			else if (range_is(name, "content"))
				found = charset_find_param(value.at, value.len);
		}
		if (found)
			return found;
	}
	return NULL;
}

const struct encoding *
charset_find_declared(const char *s, size_t len, enum charset_kind kind)
{
	const struct encoding *e = kind == CHARSET_HTML ? find_meta(s, len) : NULL;
	if (!e && kind != CHARSET_TEXT)
		e = charset_find_xml_declaration(s, len);
	return e && e->form >= FORM_UTF16LE ? &charset_encodings[ENCODING_UTF8] : e;
}
