/*
 * feed rescue: documents that are no feed by themselves but hold one: a page that shows a feed as
 * text (a browser's view that was saved, a server that says text/html), and a sitemap of bare lines
 * (sitemaps.org, "Text file").
 */
#include "feed_priv.h"

#include <string.h>
#include <strings.h>

#include "text.h"
#include "url.h"

#define LOOK_WITHIN 65536 /* where a page begins to show it */

static int
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* ---- a sitemap of lines ---- */

/* The next line that is not empty, trimmed; 0 at the end. */
static int
next_line(const char **p, const char *end, const char **line, size_t *len)
{
	while (*p < end && is_space(**p))
		(*p)++;
	const char *stop = *p;
	while (stop < end && *stop != '\n' && *stop != '\r')
		stop++;
	*line = *p;
	*p = stop;
	while (stop > *line && is_space(stop[-1]))
		stop--;
	*len = (size_t)(stop - *line);
	return *len > 0;
}

static int
is_link(const char *line, size_t len)
{
	static const char *const schemes[] = {"https://", "http://"};
	for (size_t i = 0; i < sizeof schemes / sizeof *schemes; i++) {
		size_t n = strlen(schemes[i]);
		if (len > n && len <= FEED_URL_MAX && !strncasecmp(line, schemes[i], n))
			return !memchr(line, ' ', len) && !memchr(line, '<', len) &&
			       !memchr(line, '\t', len);
	}
	return 0;
}

int
feed_is_links(const char *text, size_t len)
{
	const char *p = text, *end = text + len, *line;
	size_t line_len, count = 0;
	for (; next_line(&p, end, &line, &line_len); count++)
		if (!is_link(line, line_len))
			return 0;
	return count > 0;
}

int
feed_parse_links(struct feed_job *j, const char *text, size_t len)
{
	const char *p = text, *end = text + len, *line;
	size_t line_len;
	int rc = 0;
	feed_reset(j);
	j->doc->format = "sitemap_text";
	while (!rc && next_line(&p, end, &line, &line_len)) {
		struct item *it = feed_add_item(j);
		if (!it)
			break;
		it->link = arena_strndup(j->a, line, line_len);
		feed_set_link_forms(j, it, it->link);
		arena_clear(&j->scratch);
		rc = feed_check_memory(j);
	}
	return feed_keep_whole(j, rc);
}

/* ---- a page around a feed ---- */

/* The tag NAME ("<pre") in [P, END), any case. */
static const char *
find_tag(const char *p, const char *end, const char *name)
{
	size_t n = strlen(name);
	for (; (p = memchr(p, '<', (size_t)(end - p))); p++)
		if ((size_t)(end - p) > n && !strncasecmp(p, name, n) &&
		    (is_space(p[n]) || p[n] == '>'))
			return p;
	return NULL;
}

const char *
feed_in_page(struct arena *a, const char *text, size_t len, size_t *feed_len)
{
	const char *end = text + len, *within = len > LOOK_WITHIN ? text + LOOK_WITHIN : end;
	const char *rss = find_tag(text, within, "<rss"), *pre = find_tag(text, within, "<pre");
	if (rss) {
		*feed_len = (size_t)(end - rss);
		return rss;
	}
	const char *p = pre ? memchr(pre, '>', (size_t)(end - pre)) : NULL;
	for (p = p ? p + 1 : end; p < end && is_space(*p);)
		p++;
	const char *close = find_tag(p, end, "</pre");
	if (!close)
		close = end;
	if (p == close || (*p != '{' && *p != '&')) /* neither JSON nor "&lt;" */
		return NULL;
	const char *feed = text_unescape(a, p, (size_t)(close - p));
	*feed_len = strlen(feed);
	return feed;
}
