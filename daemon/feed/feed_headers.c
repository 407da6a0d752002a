/*
 * feed headers: what the header section of a response says of the feed in its body. Hostile input:
 * the values are raw, and anything may stand in them.
 */
#include "feed_priv.h"

#include <string.h>
#include <strings.h>

#include "url.h"

#define LINKS_MAX 64 /* read of one header */

static int
is_space(char c)
{
	return c == ' ' || c == '\t';
}

/* S as a URL against BASE; NULL when it is no web URL, or holds bytes that no URI has. */
static char *
web_url(struct arena *a, const char *base, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] <= ' ' || s[i] > '~')
			return NULL;
	char *url = feed_url(a, base, s, len);
	return url && url_is_web(url) >= 0 ? url : NULL;
}

const char *
feed_header_base(struct arena *a, const char *url, const char *content_location)
{
	char here[URL_MAX], there[URL_MAX];
	if (!content_location || !*content_location)
		return url;
	char *base = web_url(a, url, content_location, strlen(content_location));
	if (!base || url_is_web(base) != url_is_web(url) || url_authority(url, here, sizeof here) ||
	    url_authority(base, there, sizeof there) || strcmp(here, there) != 0)
		return url;
	return base;
}

/* ---- Link (RFC 8288) ---- */

/* One link of the header; parts are NULL when absent. */
struct header_link {
	const char *target, *rel;
	size_t target_len, rel_len;
	int has_anchor;
};

/* The value of a parameter at P, a token or quoted; its inside in *VALUE. Returns what follows. */
static const char *
read_value(const char *p, const char **value, size_t *len)
{
	*value = p;
	if (*p != '"') {
		*len = strcspn(p, ";, \t");
		return p + *len;
	}
	*value = ++p;
	while (*p && *p != '"')
		p += p[0] == '\\' && p[1] ? 2 : 1;
	*len = (size_t)(p - *value);
	return p + (*p == '"');
}

/* The parameter at P, behind its ';'. Of several of a name the first counts (RFC 8288 3.3). */
static const char *
read_param(const char *p, struct header_link *link)
{
	const char *name = p, *value = NULL;
	size_t name_len = strcspn(p, "=;, \t"), len = 0;
	p += name_len;
	while (is_space(*p))
		p++;
	if (*p == '=') {
		for (p++; is_space(*p);)
			p++;
		p = read_value(p, &value, &len);
	}
	if (name_len == 3 && !strncasecmp(name, "rel", 3) && value && !link->rel) {
		link->rel = value;
		link->rel_len = len;
	}
	link->has_anchor |= name_len == 6 && !strncasecmp(name, "anchor", 6);
	return p;
}

/* Read the link at P into *LINK. Returns where the next one may begin, NULL: there is none. */
static const char *
read_link(const char *p, struct header_link *link)
{
	*link = (struct header_link){0};
	while (is_space(*p) || *p == ',')
		p++;
	const char *close = *p == '<' ? strchr(p, '>') : NULL;
	if (!close)
		return NULL;
	link->target = p + 1;
	link->target_len = (size_t)(close - p - 1);
	for (p = close + 1; *p && *p != ',';) {
		p += strspn(p, "; \t");
		if (*p && *p != ',')
			p = read_param(p, link);
	}
	return p;
}

/* 1 when REL, words between spaces, has NAME. */
static int
has_rel(const struct header_link *link, const char *name)
{
	size_t len = strlen(name);
	const char *p = link->rel, *end = p ? p + link->rel_len : NULL;
	while (p < end) {
		const char *word = p;
		while (p < end && !is_space(*p))
			p++;
		if ((size_t)(p - word) == len && !strncasecmp(word, name, len))
			return 1;
		p += p < end;
	}
	return 0;
}

/*
 * WebSub 4: where the header names a hub, it alone says which hubs and which topic; the document's
 * own are for want of that. Of the other relations the document knows more.
 */
void
feed_read_link_header(struct feed_job *j, const char *header)
{
	struct feed_doc *doc = j->doc;
	struct header_link link;
	char **hubs = NULL, *self = NULL;
	size_t hubs_len = 0;
	const char *p = header ? header : "";
	for (int i = 0; i < LINKS_MAX && (p = read_link(p, &link)); i++) {
		char *url = link.rel && !link.has_anchor
				? web_url(j->a, j->url, link.target, link.target_len)
				: NULL;
		if (!url)
			continue;
		if (has_rel(&link, "hub"))
			feed_add_word(j, &hubs, &hubs_len, url);
		if (has_rel(&link, "self") && !self)
			self = url;
		if (has_rel(&link, "next") && !doc->next)
			doc->next = url;
		if (has_rel(&link, "prev-archive") && !doc->prev_archive)
			doc->prev_archive = url;
	}
	if (hubs_len) {
		doc->hubs = hubs;
		doc->hubs_len = hubs_len;
	}
	if (self && (hubs_len || !doc->self))
		doc->self = self;
}
