/*
 * discover: see include/discover.h. The tables say which types, addresses and words are those of
 * feeds; they come from the formats' registrations and from what the common publishing systems
 * write (WordPress, Blogger, Drupal, Ghost, Hugo, Jekyll). None names a site.
 */
#include "discover.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "charset.h"
#include "extract.h"
#include "feed.h"
#include "hash.h"
#include "html.h"
#include "text.h"
#include "url.h"

#define CANDIDATES_MAX 250 /* of each way to be found; a page with more is no help */
#define TITLE_MAX      120 /* bytes */
#define WORDS_MAX      40  /* bytes of the text of a link to a feed: "Subscribe to our RSS feed" */
#define LOOKED_AT_MAX  65536
#define SAMPLE         10 /* entries whose text is counted */

/* ---- tables ---- */

/* Media types of feeds; `sure`: of nothing else. */
static const struct {
	const char *type;
	int sure;
} types[] = {
    {"application/rss+xml", 1},
    {"application/atom+xml", 1},
    {"application/feed+json", 1},
    {"application/x-rss+xml", 1},
    {"application/x.atom+xml", 1},
    {"application/x-atom+xml", 1},
    {"application/rss", 1},
    {"application/atom", 1},
    {"text/rss+xml", 1},
    {"text/atom+xml", 1},
    {"text/rss", 1},
    {"text/atom", 1},
    {"application/rdf+xml", 0},
    {"application/xml", 0},
    {"text/xml", 0},
    {"application/json", 0},
};

/* Pieces of an address or title (lower case) that tell what a feed is to its site. */
static const struct {
	const char *piece;
	enum feed_class class;
	enum { IN_PATH = 1, IN_TITLE = 2 } where;
} class_words[] = {
    {"comments", FEED_COMMENTS, IN_PATH | IN_TITLE},
    {"kommentar", FEED_COMMENTS, IN_TITLE},
    {"commentaires", FEED_COMMENTS, IN_PATH | IN_TITLE},
    {"comentarios", FEED_COMMENTS, IN_PATH | IN_TITLE},
    {"coment\xc3\xa1rios", FEED_COMMENTS, IN_TITLE},
    {"commenti", FEED_COMMENTS, IN_TITLE},
    {"komentarz", FEED_COMMENTS, IN_TITLE},
    {"reacties", FEED_COMMENTS, IN_PATH | IN_TITLE},
    {"\xd0\xbe\xd0\xbc\xd0\xbc\xd0\xb5\xd0\xbd\xd1\x82\xd0\xb0\xd1\x80", FEED_COMMENTS, IN_TITLE},
    {"\xe3\x82\xb3\xe3\x83\xa1\xe3\x83\xb3\xe3\x83\x88", FEED_COMMENTS, IN_TITLE},
    {"\xe8\xaf\x84\xe8\xae\xba", FEED_COMMENTS, IN_TITLE},
    {"podcast", FEED_PODCAST, IN_PATH | IN_TITLE},
    {"/category/", FEED_TOPIC, IN_PATH},
    {"/categories/", FEED_TOPIC, IN_PATH},
    {"/kategorie/", FEED_TOPIC, IN_PATH},
    {"/categorie/", FEED_TOPIC, IN_PATH},
    {"/categoria/", FEED_TOPIC, IN_PATH},
    {"/tag/", FEED_TOPIC, IN_PATH},
    {"/tags/", FEED_TOPIC, IN_PATH},
    {"/label/", FEED_TOPIC, IN_PATH},
    {"/-/", FEED_TOPIC, IN_PATH},
    {"/topic/", FEED_TOPIC, IN_PATH},
    {"/topics/", FEED_TOPIC, IN_PATH},
    {"/thema/", FEED_TOPIC, IN_PATH},
    {"/section/", FEED_TOPIC, IN_PATH},
    {"/sections/", FEED_TOPIC, IN_PATH},
    {"/rubrik/", FEED_TOPIC, IN_PATH},
    {"/rubrique/", FEED_TOPIC, IN_PATH},
    {"/author/", FEED_TOPIC, IN_PATH},
    {"/authors/", FEED_TOPIC, IN_PATH},
    {"?s=", FEED_TOPIC, IN_PATH},
    {"&s=", FEED_TOPIC, IN_PATH},
    {"?cat=", FEED_TOPIC, IN_PATH},
    {"?tag=", FEED_TOPIC, IN_PATH},
    {"/search", FEED_TOPIC, IN_PATH},
    {"category feed", FEED_TOPIC, IN_TITLE},
    {"tag feed", FEED_TOPIC, IN_TITLE},
    {"search results", FEED_TOPIC, IN_TITLE},
};

/* The last segment of a feed's address, and its endings. */
static const char *const feed_names[] = {"feed", "feeds", "rss", "atom", "rss2", "rdf", "rss.xml",
    "atom.xml", "feed.xml", "index.xml", "index.rdf", "feed.json", "rss.php", "feed.php"};
static const char *const feed_endings[] = {".rss", ".atom", ".rdf"};

/* The words of a link that leads to a feed. */
static const char *const feed_words[] = {"rss", "atom", "feed", "feeds"};

/* Where feeds stand by default. */
static const char *const guesses_beside[] = {
    "feed", "rss.xml"}; /* of a page that is not the root */
static const char *const guesses_at_root[] = {"/feed", "/rss", "/rss.xml", "/atom.xml", "/feed.xml",
    "/index.xml", "/feeds/posts/default", "/feed.json"};

#define COUNT(table) (sizeof table / sizeof *table)

/* ---- small help ---- */

/* Whether S has the word NAME among those that white space parts. */
static int
has_token(const char *s, const char *name)
{
	size_t len = strlen(name);
	while (s && *s) {
		size_t n = strcspn(s, " \t\r\n\f");
		if (n == len && !strncasecmp(s, name, len))
			return 1;
		s += n + (s[n] != '\0');
	}
	return 0;
}

/* Path and query of the web URL, from its slash on. */
static const char *
path_of(const char *url)
{
	struct url_parts parts;
	return url_split(url, &parts) || !parts.path_len ? "/" : parts.path;
}

static char *
lower(struct arena *a, const char *s)
{
	char *copy = arena_strdup(a, s ? s : "");
	for (char *p = copy; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p + 'a' - 'A');
	return copy;
}

static enum feed_class
class_of(struct arena *a, const char *url, const char *title)
{
	const char *path = lower(a, path_of(url)), *words = lower(a, title);
	for (size_t i = 0; i < COUNT(class_words); i++)
		if ((class_words[i].where & IN_PATH && strstr(path, class_words[i].piece)) ||
		    (class_words[i].where & IN_TITLE && strstr(words, class_words[i].piece)))
			return class_words[i].class;
	return FEED_MAIN;
}

/* ---- a page ---- */

struct candidate {
	struct feed_link link;
	int weak;     /* only its words speak for it */
	size_t order; /* in the document, from 1; 0: the feed of the very page */
};

struct search {
	struct arena *kept;     /* until the page is read */
	struct arena looked_at; /* what one link is, and those before it */
	const char *url, *base;
	int only_sure;
	struct candidate *found;
	size_t found_len;
	size_t counts[FOUND_BY_COUNT];
	struct map seen; /* by canonical URL */
};

/* The web address that HREF means on this page, also with the scheme "feed:"; NULL: none. */
static char *
address_of(struct search *s, const char *href)
{
	if (!href)
		return NULL;
	href += strspn(href, " \t\r\n\f");
	if (!strncasecmp(href, "feed:", 5))
		href += 5;
	char *url = *href ? url_resolve(&s->looked_at, s->base, href) : NULL;
	return url ? url_fetch_form(&s->looked_at, url) : NULL;
}

static int
looks_like_feed(struct arena *a, const char *url)
{
	char *path = lower(a, path_of(url)), *query = strchr(path, '?');
	if (query && (strstr(query, "=rss") || strstr(query, "=atom")))
		return 1;
	path[strcspn(path, "?")] = '\0';
	size_t len = strlen(path);
	if (len > 4 && !strcmp(path + len - 4, ".xml") &&
	    (strstr(path, "rss") || strstr(path, "feed")))
		return 1;
	while (len && path[len - 1] == '/')
		path[--len] = '\0';
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	for (size_t i = 0; i < COUNT(feed_names); i++)
		if (!strcmp(name, feed_names[i]))
			return 1;
	for (size_t i = 0; i < COUNT(feed_endings); i++) {
		size_t n = strlen(feed_endings[i]);
		if (len > n && !strcmp(path + len - n, feed_endings[i]))
			return 1;
	}
	return !strncmp(path, "/feeds/posts/default", 20);
}

/* A link that hands an address on: to share a page, or to subscribe to it at some service. */
static int
hands_on(const char *url)
{
	const char *path = path_of(url);
	return strcasestr(path, "http:") || strcasestr(path, "https:") ||
	       strcasestr(path, "http%3a") || strcasestr(path, "https%3a");
}

/* A headline may speak of feeding, too: only short words count. */
static int
says_feed(struct arena *a, const char *words)
{
	if (strlen(words) > WORDS_MAX)
		return 0;
	char *text = lower(a, words);
	for (char *p = text; *p;) {
		size_t n = strspn(p, "abcdefghijklmnopqrstuvwxyz");
		for (size_t i = 0; n && i < COUNT(feed_words); i++)
			if (strlen(feed_words[i]) == n && !strncmp(p, feed_words[i], n))
				return 1;
		p += n ? n : 1;
	}
	return 0;
}

/* The row of TYPE in the table, -1: no type of feeds. */
static int
find_type(const char *type)
{
	if (!type)
		return -1;
	type += strspn(type, " \t\r\n\f");
	size_t len = strcspn(type, "; \t\r\n\f");
	for (size_t i = 0; i < COUNT(types); i++)
		if (strlen(types[i].type) == len && !strncasecmp(type, types[i].type, len))
			return (int)i;
	return -1;
}

/* A page about a topic names that topic's feed: there it is what was asked for. */
static int
is_of_this_page(const struct search *s, const char *url)
{
	const char *page = path_of(s->url), *path = path_of(url);
	size_t len = strcspn(page, "?");
	return len > 1 && strncmp(page, path, len) == 0;
}

static void
add(struct search *s, struct html_node *n, char *url, enum found_by by, int weak)
{
	const char *canonical = url_canonical(&s->looked_at, url);
	if (!canonical || s->counts[by] >= CANDIDATES_MAX ||
	    map_get(&s->seen, hash64_str(canonical)))
		return;
	s->counts[by]++;
	map_put(&s->seen, hash64_str(canonical), s);
	const char *title = html_attr(n, "title");
	if ((!title || !*title) && n->tag == HTML_A)
		title = html_text_start(&s->looked_at, n, TITLE_MAX);
	char *line = title ? text_line(s->kept, title, strlen(title), TITLE_MAX) : NULL;
	struct candidate *c = ARENA_PUSH(s->kept, s->found, s->found_len);
	*c = (struct candidate){.link = {.url = arena_strdup(s->kept, url),
				    .title = line && *line ? line : NULL,
				    .by = by,
				    .class = class_of(&s->looked_at, url, line)},
	    .weak = weak,
	    .order = s->found_len};
	if (c->link.class == FEED_TOPIC && is_of_this_page(s, url)) {
		c->link.class = FEED_MAIN;
		c->order = 0;
	}
}

/* A <link> or <a>. */
static void
look_at(struct search *s, struct html_node *n)
{
	if (s->looked_at.total > LOOKED_AT_MAX)
		arena_clear(&s->looked_at);
	const char *rel = html_attr(n, "rel"), *href = html_attr(n, "href");
	int alternate = has_token(rel, "alternate") && !has_token(rel, "stylesheet");
	int type = alternate ? find_type(html_attr(n, "type")) : -1;
	if (!href || (n->tag == HTML_LINK && !alternate && !has_token(rel, "feed")))
		return;
	if (s->only_sure && (type < 0 || !types[type].sure))
		return;
	if (type < 0 && s->counts[FOUND_LINKED] >= CANDIDATES_MAX && !has_token(rel, "feed"))
		return;
	char *url = address_of(s, href);
	if (!url)
		return;
	/* a REST interface of WordPress, which its pages declare as their alternate */
	if (type >= 0 && !types[type].sure && strstr(path_of(url), "/wp-json/"))
		return;
	if (type >= 0 || has_token(rel, "feed"))
		add(s, n, url, FOUND_DECLARED, 0);
	else if (hands_on(url))
		return;
	else if (looks_like_feed(&s->looked_at, url))
		add(s, n, url, FOUND_LINKED, 0);
	else if (n->tag == HTML_A &&
		 says_feed(&s->looked_at, html_text_start(&s->looked_at, n, TITLE_MAX)))
		add(s, n, url, FOUND_LINKED, 1);
}

static int
by_rank(const void *x, const void *y)
{
	const struct candidate *a = x, *b = y;
	if (a->link.by != b->link.by)
		return a->link.by < b->link.by ? -1 : 1;
	if (a->link.class != b->link.class)
		return a->link.class < b->link.class ? -1 : 1;
	if (a->weak != b->weak)
		return a->weak - b->weak;
	return a->order < b->order ? -1 : a->order > b->order;
}

/* The address against which the page's links are meant. */
static const char *
base_of(struct arena *a, const char *url, struct html_doc *doc)
{
	for (struct html_node *n = doc->root; n; n = html_next(doc->root, n)) {
		const char *href = n->tag == HTML_BASE ? html_attr(n, "href") : NULL;
		char *base = href ? url_resolve(a, url, href) : NULL;
		if (base && url_is_web(base) >= 0)
			return base;
	}
	return url;
}

/* The best of what was found, with its strings, to OUT in A. */
static void
take_best(struct arena *a, struct search *s, struct discovery *out)
{
	if (s->found_len)
		qsort(s->found, s->found_len, sizeof *s->found, by_rank);
	for (size_t i = 0; i < s->found_len && out->links_len < DISCOVERY_LINKS_MAX; i++) {
		struct feed_link link = s->found[i].link;
		if (s->only_sure && link.class == FEED_COMMENTS)
			continue;
		link.url = arena_strdup(a, link.url);
		link.title = arena_strdup(a, link.title);
		*ARENA_PUSH(a, out->links, out->links_len) = link;
	}
}

/* Add to OUT the links of the page BODY, and its title. */
static int
read_page(struct arena *a, const char *url, const char *content_type, const uint8_t *body,
    size_t len, int only_sure, struct discovery *out)
{
	struct arena scratch = {0};
	struct search s = {.kept = &scratch, .url = url, .only_sure = only_sure};
	struct html_doc *doc;
	struct buf room;
	struct view text;
	buf_init(&room, len * 3 + 16);
	int rc = charset_view_utf8(body, len, content_type, CHARSET_HTML, &room, &text, NULL);
	int has_tags = !rc && memchr(text.data, '<', text.len);
	if (has_tags) /* the tree of a text without is as large, and says nothing */
		rc = html_parse(&scratch, (const char *)text.data, text.len, &doc);
	buf_clear(&room);
	if (has_tags && !rc) {
		s.base = base_of(&scratch, url, doc);
		for (struct html_node *n = doc->root; n; n = html_next(doc->root, n)) {
			if (n->tag == HTML_LINK || (n->tag == HTML_A && !only_sure))
				look_at(&s, n);
			else if (n->tag == HTML_TITLE && !out->title) {
				const char *title = html_text_start(&scratch, n, TITLE_MAX);
				out->title = text_line(a, title, strlen(title), TITLE_MAX);
			}
		}
		take_best(a, &s, out);
	}
	map_clear(&s.seen);
	arena_clear(&s.looked_at);
	arena_clear(&scratch);
	return rc;
}

void
discover_declared(struct arena *a, const char *url, const char *content_type, const uint8_t *body,
    size_t len, struct discovery **out)
{
	struct discovery *d = arena_zalloc(a, sizeof *d);
	int rc = read_page(a, url, content_type, body, len, 1, d);
	*out = !rc && d->links_len ? d : NULL;
}

/* ---- a feed ---- */

static uint32_t
words_of(const char *url, const struct item *it)
{
	struct arena scratch = {0};
	struct article *text;
	const char *html = it->content ? it->content : it->summary;
	uint32_t words = 0;
	if (html && !extract_fragment(&scratch, url, html, strlen(html), &text, NULL))
		words = text->words;
	arena_clear(&scratch);
	return words;
}

static int
has_sound(const struct item *it)
{
	for (size_t i = 0; i < it->enclosures_len; i++)
		if (it->enclosures[i].type && !strncasecmp(it->enclosures[i].type, "audio/", 6))
			return 1;
	return 0;
}

static int64_t
moment(const struct date *d)
{
	return d->precision >= DATE_DAY ? d->utc : 0;
}

static void
summarize(struct arena *a, const char *url, const struct feed_doc *doc, struct discovery *out)
{
	size_t sample = doc->items_len < SAMPLE ? doc->items_len : SAMPLE, full = 0, sounds = 0;
	out->format = arena_strdup(a, doc->format);
	out->title = doc->title ? text_line(a, doc->title, strlen(doc->title), TITLE_MAX) : NULL;
	out->entries = (uint32_t)doc->items_len;
	for (size_t i = 0; i < doc->items_len; i++) {
		const struct item *it = &doc->items[i];
		int64_t published = moment(&it->published), updated = moment(&it->updated);
		int64_t at = published > updated ? published : updated;
		if (at > out->newest)
			out->newest = at;
		sounds += (size_t)has_sound(it);
	}
	for (size_t i = 0; i < sample; i++)
		full += words_of(url, &doc->items[i]) >= DISCOVER_WORDS_MIN;
	out->full_text = sample && full * 2 >= sample;
	if (doc->items_len && sounds * 2 > doc->items_len)
		out->class = FEED_PODCAST;
}

int
discover_document(struct arena *a, const char *url, const char *content_type, const uint8_t *body,
    size_t len, struct discovery **out, struct fault *f)
{
	struct arena scratch = {0};
	struct discovery *d = arena_zalloc(a, sizeof *d);
	struct feed_doc *doc;
	struct feed_source from = {url, content_type, "", ""};
	int rc = feed_parse(&scratch, &from, body, len, &doc, f);
	if (!rc) {
		summarize(a, url, doc, d);
	} else if (rc == ERR_INPUT) {
		d->reason = text_line(a, f->text, strlen(f->text), FAULT_TEXT_MAX);
		rc = read_page(a, url, content_type, body, len, 0, d);
		if (rc)
			fault_set(
			    f, rc, "the page of %zu bytes is over the limits of the parser", len);
	}
	arena_clear(&scratch);
	*out = d;
	return rc;
}

/* ---- guesses ---- */

size_t
discover_guess(struct arena *a, const char *url, char *guesses[DISCOVER_GUESSES_MAX])
{
	const char *path = path_of(url);
	const char *last = path;
	size_t n = 0;
	for (const char *p = path; *p && *p != '?'; p++)
		if (*p == '/')
			last = p;
	for (size_t i = 0; last != path && i < COUNT(guesses_beside); i++) {
		char *guess = url_resolve(a, url, guesses_beside[i]);
		if (guess)
			guesses[n++] = guess;
	}
	for (size_t i = 0; i < COUNT(guesses_at_root) && n < DISCOVER_GUESSES_MAX; i++) {
		char *guess = url_resolve(a, url, guesses_at_root[i]);
		if (guess)
			guesses[n++] = guess;
	}
	return n;
}
