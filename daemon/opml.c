/*
 * opml: see include/opml.h. OPML goes through xml.c; the other two forms are lines. Never fetches,
 * never judges whether an address answers.
 */
#include "opml.h"

#include <string.h>
#include <strings.h>

#include "charset.h"
#include "escape.h"
#include "hash.h"
#include "text.h"
#include "url.h"
#include "xml.h"

#define UTF8_GROWTH    4
#define LINE_MAX_BYTES 4096 /* of a title or tag */
#define TAGS_MAX       256  /* of one feed */
#define EXCERPT_MAX    80

/* ---- what the forms share ---- */

static int
is_space(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static char *
line_of(struct arena *a, const char *s, size_t len)
{
	char *line = text_line(a, s, len, LINE_MAX_BYTES);
	return *line ? line : NULL;
}

/* URL as http(s), with feed: taken off; NULL when it is something else. As written, unless that has
 * characters that no list can hold. */
static char *
web_url(struct arena *a, const char *s, size_t len)
{
	while (len && is_space(*s))
		s++, len--;
	while (len && is_space(s[len - 1]))
		len--;
	char *url = arena_strndup(a, s, len);
	if (!strncasecmp(url, "feed://", 7))
		url = arena_printf(a, "http://%s", url + 7);
	else if (!strncasecmp(url, "feed:", 5))
		url += 5;
	char *fetch = url_fetch_form(a, url);
	return fetch && escape_is_needed(url, strlen(url)) ? fetch : fetch ? url : NULL;
}

/* Why what is written in S is no feed of the web, in A. */
static char *
refusal(struct arena *a, const char *s)
{
	static const struct {
		const char *begin, *why;
	} kinds[] = {
	    {"|", "a command, and newsd runs none"},
	    {"exec:", "a command, and newsd runs none"},
	    {"filter:", "a filter of newsboat, and newsd runs no commands"},
	    {"query:", "a query of newsboat over its other feeds"},
	    {"file:", "a file, and newsd reads feeds by http and https only"},
	};
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		if (!strncasecmp(s, kinds[i].begin, strlen(kinds[i].begin)))
			return arena_strdup(a, kinds[i].why);
	return arena_strdup(a, "no http or https address");
}

/* Another tag, unless it is there or there are TAGS_MAX. */
static void
add_tag(struct arena *a, struct opml_feed *feed, char *tag)
{
	if (feed->tags_len == TAGS_MAX)
		return;
	for (size_t i = 0; i < feed->tags_len; i++)
		if (!strcmp(feed->tags[i], tag))
			return;
	*ARENA_PUSH(a, feed->tags, feed->tags_len) = tag;
}

/* ---- OPML ---- */

struct reading {
	struct arena *a;
	struct opml_doc *doc;
	struct fault *f;
	char *folders[XML_DEPTH_MAX + 1]; /* by depth; NULL: no folder */
	size_t depth;
	int outlines; /* any outline at all */
	size_t body;  /* depth of the open <body> */
	int had_body; /* it was closed: what comes behind it is no part of the list */
	int opml;     /* the root is right */
};

/* The attribute NAME of TAG (any case) as one line; NULL when absent or empty. */
static char *
attr_line(struct arena *a, const struct xml_tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->attrs_len; i++) {
		struct xml_attr at = xml_tag_attr(tag, i);
		if (!at.prefix && !strcasecmp(at.name, name))
			return line_of(a, at.value, at.len);
	}
	return NULL;
}

/* OPML 2.0, "category": a comma list of slash-delimited paths. Each path is one tag. */
static void
add_categories(struct arena *a, struct opml_feed *feed, const char *categories)
{
	while (categories && *categories) {
		size_t len = strcspn(categories, ",");
		const char *word = categories;
		size_t n = len;
		if (n && *word == '/')
			word++, n--;
		char *tag = line_of(a, word, n);
		if (tag)
			add_tag(a, feed, tag);
		categories += len + (categories[len] != '\0');
	}
}

static int
on_start(void *ctx, const struct xml_tag *tag)
{
	struct reading *r = ctx;
	r->folders[++r->depth] = NULL;
	if (r->depth == 1)
		r->opml = !strcasecmp(tag->name, "opml");
	if (!strcasecmp(tag->name, "body") && !r->body) {
		r->body = r->depth;
		r->doc->feeds_len = 0; /* those in the head */
	}
	if (strcasecmp(tag->name, "outline") != 0)
		return 0;
	r->outlines = 1;
	if (r->had_body)
		return 0;
	char *title = attr_line(r->a, tag, "title"), *xml_url = attr_line(r->a, tag, "xmlUrl");
	if (!title)
		title = attr_line(r->a, tag, "text");
	if (!xml_url) {
		r->folders[r->depth] = title;
		return 0;
	}
	char *url = web_url(r->a, xml_url, strlen(xml_url));
	if (r->doc->feeds_len == OPML_FEEDS_MAX)
		return fault_set(r->f, ERR_LIMIT, "more than %d feeds in one list", OPML_FEEDS_MAX);
	struct opml_feed *feed = ARENA_PUSH(r->a, r->doc->feeds, r->doc->feeds_len);
	*feed = (struct opml_feed){.url = url ? url : xml_url,
	    .title = title,
	    .site = attr_line(r->a, tag, "htmlUrl"),
	    .refused = url ? NULL : refusal(r->a, xml_url)};
	for (size_t i = 1; i < r->depth; i++)
		if (r->folders[i])
			add_tag(r->a, feed, r->folders[i]);
	add_categories(r->a, feed, attr_line(r->a, tag, "category"));
	return 0;
}

static void
on_end(void *ctx)
{
	struct reading *r = ctx;
	if (r->depth == r->body) {
		r->body = 0;
		r->had_body = 1;
	}
	r->depth--;
}

static void
on_text(void *ctx, const char *s, size_t len)
{
	(void)ctx;
	(void)s;
	(void)len;
}

static void
on_cut(void *ctx)
{
	(void)ctx; /* every outline that was read is whole */
}

static void
on_restart(void *ctx)
{
	struct reading *r = ctx;
	*r->doc = (struct opml_doc){0};
	r->depth = 0;
	r->body = 0;
	r->had_body = r->outlines = r->opml = 0;
}

static int
parse_opml(struct arena *a, const char *text, size_t len, const struct xml_root *root,
    struct opml_doc *doc, struct fault *f)
{
	static const char *const none[] = {NULL};
	static const struct xml_reader reader = {.restart = on_restart,
	    .start = on_start,
	    .end = on_end,
	    .text = on_text,
	    .cut = on_cut,
	    .solo = none,
	    .containers = none};
	struct reading r = {.a = a, .doc = doc, .f = f};
	struct xml_report report;
	if (!*root->name || !strcmp(root->name, "html"))
		return fault_set(f, ERR_INPUT, "line 1: neither OPML nor a list of URLs but %s",
		    *root->name ? "an HTML page" : "markup without elements");
	int rc = xml_parse(text, len, root->at, &reader, &r, &report, f);
	if (!rc && !r.opml && !r.outlines)
		rc = fault_set(
		    f, ERR_INPUT, "root <%s>: neither OPML nor a list of URLs", root->name);
	return rc;
}

/* ---- lines: newsboat's urls file, of which a plain list is the simplest case ---- */

/* The next word of a line: bare, or in double quotes with backslashes. NULL at the end. */
static char *
next_word(struct arena *a, const char **p, const char *end)
{
	const char *s = *p;
	while (s < end && is_space(*s))
		s++;
	if (s == end)
		return NULL;
	int quoted = *s == '"';
	s += quoted;
	const char *stop = s;
	while (stop < end && (quoted ? *stop != '"' : !is_space(*stop)))
		stop += quoted && *stop == '\\' && stop + 1 < end ? 2 : 1;
	char *word = arena_alloc(a, (size_t)(stop - s) + 1);
	size_t n = 0;
	for (; s < stop; s++) {
		if (quoted && *s == '\\' && s + 1 < stop)
			s++;
		word[n++] = *s;
	}
	word[n] = '\0';
	*p = stop + (quoted && stop < end);
	return word;
}

/* 1 when S begins with a scheme (RFC 3986 3.1), or a pipe. */
static int
has_scheme(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789+.-");
	return *s == '|' || (n > 1 && s[n] == ':');
}

/* Lines on their way into a list. */
struct lines {
	struct arena *a;
	struct opml_doc *doc;
	int known;       /* lines that are what a line of such a list is */
	int first_wrong; /* the number of the first that is not, 0: none */
	const char *wrong, *wrong_end;
};

static int
parse_line(struct lines *l, const char *p, const char *end, int number)
{
	struct arena *a = l->a;
	const char *line = p;
	char *word = next_word(a, &p, end);
	if (!word || *word == '#')
		return 0;
	char *url = web_url(a, word, strlen(word));
	int is_known = url || (has_scheme(word) && url_is_web(word) < 0);
	l->known |= is_known;
	if (!is_known && !l->first_wrong) {
		l->first_wrong = number;
		l->wrong = line;
		l->wrong_end = end;
	}
	if (l->doc->feeds_len == OPML_FEEDS_MAX)
		return ERR_LIMIT;
	struct opml_feed *feed = ARENA_PUSH(a, l->doc->feeds, l->doc->feeds_len);
	*feed = (struct opml_feed){.url = url};
	if (!url) {
		feed->url = text_line(a, word, strlen(word), LINE_MAX_BYTES);
		feed->refused = arena_printf(a, "line %d: %s", number, refusal(a, word));
		return 0;
	}
	while ((word = next_word(a, &p, end)) && *word != '#') {
		char *tag = line_of(a, word, strlen(word));
		if (tag && *tag == '~')
			feed->title = tag[1] ? tag + 1 : NULL;
		else if (tag && *tag != '!') /* newsboat: hide the feed */
			add_tag(a, feed, tag);
	}
	return 0;
}

static int
parse_lines(struct arena *a, const char *text, size_t len, struct opml_doc *doc, struct fault *f)
{
	const char *end = text + len;
	struct lines l = {.a = a, .doc = doc};
	for (int number = 1; text < end; number++) {
		const char *stop = text;
		while (stop < end && *stop != '\n' && *stop != '\r')
			stop++;
		if (parse_line(&l, text, stop, number))
			return fault_set(
			    f, ERR_LIMIT, "more than %d feeds in one list", OPML_FEEDS_MAX);
		text = stop + (end - stop > 1 && !memcmp(stop, "\r\n", 2) ? 2 : 1);
	}
	if (l.known || !l.first_wrong)
		return 0;
	char *line = text_line(a, l.wrong, (size_t)(l.wrong_end - l.wrong), EXCERPT_MAX);
	return fault_set(
	    f, ERR_INPUT, "line %d: \"%s\" does not begin with a URL", l.first_wrong, line);
}

int
opml_parse(struct arena *a, const uint8_t *body, size_t len, struct opml_doc **out, struct fault *f)
{
	struct opml_doc *doc = arena_zalloc(a, sizeof *doc);
	struct charset_result charset;
	struct buf text;
	buf_init(&text, len * UTF8_GROWTH + 1);
	int rc = charset_to_utf8(body, len, "", CHARSET_XML, &text, &charset);
	if (rc) {
		fault_set(f, rc, "the text can't be converted to UTF-8");
	} else {
		static const char *const known[] = {"opml", NULL};
		struct xml_root root;
		const char *s = buf_str(&text), *p = s;
		while (is_space(*p))
			p++;
		xml_find_root(s, text.len, known, &root);
		rc = *p == '<' || root.known ? parse_opml(a, s, text.len, &root, doc, f)
					     : parse_lines(a, s, text.len, doc, f);
	}
	buf_clear(&text);
	if (!rc)
		*out = doc;
	return rc;
}

/* ---- writing ---- */

char *
opml_join_tags(struct arena *a, const struct opml_feed *feed)
{
	char *tags = NULL;
	for (size_t i = 0; i < feed->tags_len; i++) {
		char *tag = arena_strdup(a, feed->tags[i]), *to = tag;
		for (const char *p = tag; *p; p++) {
			int parts = is_space(*p) || *p == ',';
			if (!parts && !(to == tag && *p == '/'))
				*to++ = *p;
			else if (parts && to > tag && to[-1] != '-')
				*to++ = '-';
		}
		while (to > tag && to[-1] == '-')
			to--;
		*to = '\0';
		if (*tag)
			tags = arena_printf(a, "%s%s%s", tags ? tags : "", tags ? " " : "", tag);
	}
	return tags;
}

static int
put_escaped(struct buf *out, const char *s)
{
	int rc = 0;
	for (; *s && !rc; s++) {
		const char *escape = *s == '&'   ? "&amp;"
				     : *s == '<' ? "&lt;"
				     : *s == '>' ? "&gt;"
				     : *s == '"' ? "&quot;"
						 : NULL;
		rc = escape ? buf_add_str(out, escape) : buf_add_char(out, *s);
	}
	return rc;
}

static int
put_attr(struct buf *out, const char *name, const char *value)
{
	int rc = value ? buf_printf(out, " %s=\"", name) : 0;
	if (!rc && value)
		rc = put_escaped(out, value);
	return !rc && value ? buf_add_char(out, '"') : rc;
}

static int
put_feed(struct buf *out, const struct opml_feed *feed, const char *indent)
{
	int rc = buf_printf(out, "%s<outline type=\"rss\"", indent);
	rc = rc ? rc : put_attr(out, "text", feed->title ? feed->title : feed->url);
	rc = rc ? rc : put_attr(out, "title", feed->title);
	rc = rc ? rc : put_attr(out, "xmlUrl", feed->url);
	rc = rc ? rc : put_attr(out, "htmlUrl", feed->site);
	for (size_t i = 1; i < feed->tags_len && !rc; i++) {
		rc = buf_add_str(out, i == 1 ? " category=\"" : ",");
		rc = rc ? rc : put_escaped(out, feed->tags[i]);
	}
	if (!rc && feed->tags_len > 1)
		rc = buf_add_char(out, '"');
	return rc ? rc : buf_add_str(out, "/>\n");
}

static const char *
folder_of(const struct opml_feed *feed)
{
	return feed->tags_len ? feed->tags[0] : NULL;
}

/* The folder of feed FIRST with all its feeds, which NEXT chains. */
static int
put_folder(struct buf *out, const struct opml_doc *doc, size_t first, const size_t *next)
{
	int rc = buf_add_str(out, "    <outline");
	rc = rc ? rc : put_attr(out, "text", folder_of(&doc->feeds[first]));
	rc = rc ? rc : buf_add_str(out, ">\n");
	for (size_t i = first; i < doc->feeds_len && !rc; i = next[i])
		rc = put_feed(out, &doc->feeds[i], "      ");
	return rc ? rc : buf_add_str(out, "    </outline>\n");
}

/* The feeds in their order, each folder where its first feed stands. */
static int
put_body(struct buf *out, const struct opml_doc *doc)
{
	size_t *next = mem_resize_array(NULL, doc->feeds_len + 1, sizeof *next);
	char *is_first = mem_zalloc(doc->feeds_len + 1);
	struct map last = {0}; /* folder to the next[] of its last feed */
	int rc = 0;
	for (size_t i = 0; i < doc->feeds_len; i++) {
		const char *folder = folder_of(&doc->feeds[i]);
		next[i] = doc->feeds_len;
		if (!folder || doc->feeds[i].refused)
			continue;
		size_t *before = map_get(&last, hash64_str(folder));
		if (before)
			*before = i;
		else
			is_first[i] = 1;
		map_put(&last, hash64_str(folder), &next[i]);
	}
	for (size_t i = 0; i < doc->feeds_len && !rc; i++) {
		if (is_first[i])
			rc = put_folder(out, doc, i, next);
		else if (!folder_of(&doc->feeds[i]) && !doc->feeds[i].refused)
			rc = put_feed(out, &doc->feeds[i], "    ");
	}
	map_clear(&last);
	mem_free(is_first);
	mem_free(next);
	return rc;
}

int
opml_write(const struct opml_doc *doc, const char *title, struct buf *out)
{
	int rc = buf_add_str(out, "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
				  "<opml version=\"2.0\">\n  <head>\n    <title>");
	rc = rc ? rc : put_escaped(out, title ? title : "feeds");
	rc = rc ? rc : buf_add_str(out, "</title>\n  </head>\n  <body>\n");
	rc = rc ? rc : put_body(out, doc);
	return rc ? rc : buf_add_str(out, "  </body>\n</opml>\n");
}
