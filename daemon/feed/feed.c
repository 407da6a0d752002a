/*
 * feed: see include/feed.h. This file decides what a document is, hands it to the parser of its
 * dialect and gives the items their identity. feed_xml.c reads XML, feed_json.c JSON Feed,
 * feed_headers.c what HTTP says of a feed, feed_elements.c is the table of what elements mean,
 * feed_text.c makes texts and links fit.
 */
#include "feed.h"

#include <string.h>

#include "charset.h"
#include "feed_priv.h"
#include "hash.h"
#include "identity.h"
#include "text.h"
#include "url.h"

#define UTF8_GROWTH  4     /* no encoding's text is more than so many times as long in UTF-8 */
#define TITLE_WITHIN 65536 /* where a page has its title */
#define EXCERPT_MAX  80

static const char *const roots[] = {
    "rss", "rdf", "feed", "channel", "urlset", "sitemapindex", "entry", NULL};

/* ---- what the dialects share ---- */

static int
has_room(struct feed_job *j, size_t len)
{
	if (len < FEED_LIST_MAX)
		return 1;
	j->note = "more tags, authors or enclosures than newsd takes, the last ones are left out";
	return 0;
}

void
feed_add_word(struct feed_job *j, char ***list, size_t *len, char *word)
{
	if (!word || !*word || !has_room(j, *len))
		return;
	for (size_t i = 0; i < *len; i++)
		if ((*list)[i][0] == *word && !strcmp((*list)[i], word))
			return;
	*ARENA_PUSH(j->a, *list, *len) = word;
}

void
feed_add_words(struct feed_job *j, char ***list, size_t *len, const char *text)
{
	while (text && *text) {
		size_t n = strcspn(text, ",;");
		feed_add_word(j, list, len, n ? text_line(j->a, text, n, FEED_WORD_MAX) : NULL);
		text += n + (text[n] != '\0');
	}
}

void
feed_add_enclosure(struct feed_job *j, struct item *it, char *url, const char *type, int64_t length)
{
	if (!url || !has_room(j, it->enclosures_len))
		return;
	for (size_t i = 0; i < it->enclosures_len; i++)
		if (!strcmp(it->enclosures[i].url, url))
			return;
	struct enclosure *e = ARENA_PUSH(j->a, it->enclosures, it->enclosures_len);
	*e = (struct enclosure){url, NULL, length};
	if (type && *type)
		e->type = text_line(j->a, type, strlen(type), FEED_WORD_MAX);
}

struct item *
feed_add_item(struct feed_job *j)
{
	if (j->doc->items_len >= FEED_ITEMS_MAX) {
		j->note = TOO_MANY_ENTRIES;
		return NULL;
	}
	MEM_GROW(j->doc->items, j->doc->items_len, j->items_cap);
	struct item *it = &j->doc->items[j->doc->items_len++];
	*it = (struct item){0};
	return it;
}

int
feed_check_memory(struct feed_job *j)
{
	size_t items = j->doc->items_len;
	if (j->a->total - j->texts_from + items * FEED_ITEM_SENT > FEED_TEXTS_MAX)
		return fault_set(
		    j->f, ERR_LIMIT, "it has more than %zu MB of text", FEED_TEXTS_MAX >> 20);
	if (j->a->total + items * sizeof *j->doc->items <= j->memory_max)
		return 0;
	return fault_set(j->f, ERR_LIMIT,
	    "it needs more than %d times its size of memory and %zu KB", FEED_GROWTH,
	    FEED_GROWTH_ROOM >> 10);
}

void
feed_reset(struct feed_job *j)
{
	struct item *items = j->doc->items;
	*j->doc =
	    (struct feed_doc){.ttl_min = -1, .sy_period_s = -1, .format = "rss", .items = items};
	j->note = NULL;
}

int
feed_keep_whole(struct feed_job *j, int rc)
{
	if (rc != ERR_LIMIT || j->doc->items_len == 0)
		return rc;
	j->note = arena_printf(j->a, "%s: what follows is left out", j->f->text);
	*j->f = (struct fault){0};
	return 0;
}

void
feed_set_link_forms(struct feed_job *j, struct item *it, const char *link)
{
	static const char amp[] = "&amp;"; /* escaped once too often; no parameter begins so */
	const char *at = strstr(link, amp);
	if (at) {
		char *plain = arena_strdup(&j->scratch, link), *to = plain + (at - link);
		for (const char *p = at; *p;) {
			int escaped = !strncmp(p, amp, sizeof amp - 1);
			*to++ = *p;
			p += escaped ? sizeof amp - 1 : 1;
		}
		*to = '\0';
		link = plain;
	}
	/* most links are their own forms: then there is one string */
	char *canonical, *fetch;
	url_forms(&j->scratch, link, &canonical, &fetch);
	it->fetch =
	    fetch && it->link && !strcmp(fetch, it->link) ? it->link : arena_strdup(j->a, fetch);
	it->canonical = canonical && fetch && !strcmp(canonical, fetch)
			    ? it->fetch
			    : arena_strdup(j->a, canonical);
}

/* ---- identity ---- */

static uint64_t
hash_of(const char *s)
{
	return s ? hash64_str(s) : 0;
}

/*
 * Equal sets of items give equal hashes, whatever their order: a sum of mixed hashes. What changes
 * while the set does not is left out: parameters for tracking, and an `updated` that tells when the
 * feed was built.
 */
static uint64_t
hash_items(const struct feed_doc *doc)
{
	uint64_t sum = 0;
	int updated_tells = identity_updated_tells(doc->items, doc->items_len);
	for (size_t i = 0; i < doc->items_len; i++) {
		const struct item *it = &doc->items[i];
		uint64_t parts[5] = {it->key, hash_of(it->title),
		    hash_of(it->canonical ? it->canonical : it->link),
		    updated_tells ? (uint64_t)it->updated.utc : 0,
		    it->canonical ? 0 : (uint64_t)it->published.utc};
		sum += hash64(parts, sizeof parts);
	}
	return sum;
}

/* ---- what a document is ---- */

static int
is_space(uint8_t c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

/* Refuse a page: say its title, which tells a login page from a challenge. */
static int
refuse_page(struct feed_job *j, const char *text, size_t len)
{
	if (len > TITLE_WITHIN)
		len = TITLE_WITHIN;
	const char *end = text + len, *title = NULL;
	for (const char *p = text; !title && (p = memchr(p, '<', (size_t)(end - p))); p++)
		if (end - p > 7 && !strncasecmp(p, "<title", 6))
			title = memchr(p, '>', (size_t)(end - p));
	const char *close = title ? memchr(title, '<', (size_t)(end - title)) : NULL;
	char *words =
	    close ? feed_line(j->a, title + 1, (size_t)(close - title - 1), FEED_TEXT_HTML) : NULL;
	if (!words)
		return fault_set(j->f, ERR_INPUT, "html page");
	return fault_set(j->f, ERR_INPUT, "html page: \"%.*s\"",
	    (int)text_cut(words, strlen(words), EXCERPT_MAX), words);
}

static int
refuse(struct feed_job *j, const char *text, size_t len, const struct xml_root *root)
{
	static const char *const page_tags[] = {"html", "head", "body", "title", "script", "div",
	    "p", "br", "center", "h1", "meta", "style"};
	for (size_t i = 0; i < sizeof page_tags / sizeof *page_tags; i++)
		if (!strcmp(root->name, page_tags[i]))
			return refuse_page(j, text, len);
	if (!strcmp(root->name, "opml"))
		return fault_set(j->f, ERR_INPUT, "opml list of feeds, no feed");
	if (*root->name)
		return fault_set(
		    j->f, ERR_INPUT, "xml document with root <%s>, no feed", root->name);
	char *line = text_line(j->a, text, text_cut(text, len, 4 * EXCERPT_MAX), EXCERPT_MAX);
	return fault_set(j->f, ERR_INPUT, "no markup: \"%s\"", line);
}

static void
add_reason(struct feed_job *j, const char *reason)
{
	char **recovered = &j->doc->recovered;
	*recovered = *recovered ? arena_printf(j->a, "%s; %s", *recovered, reason)
				: arena_strdup(j->a, reason);
}

/* Parse the XML of TEXT, whose root was found. */
static int
parse_root(struct feed_job *j, const char *text, size_t len, const struct xml_root *root)
{
	int rc = feed_parse_xml(j, text, len, root);
	if (!rc && root->junk)
		add_reason(j, "text before the document");
	return rc;
}

/* Parse the feed that a page shows. ERR_INPUT: it shows none. */
static int
parse_shown(struct feed_job *j, const char *page, size_t page_len)
{
	struct arena shown = {0};
	struct xml_root root;
	size_t len;
	int rc = ERR_INPUT;
	const char *text = feed_in_page(&shown, page, page_len, &len);
	if (text && *text == '{') {
		rc = feed_parse_json(j, text, len);
	} else if (text) {
		xml_find_root(text, len, roots, &root);
		rc = root.known ? feed_parse_xml(j, text, len, &root) : ERR_INPUT;
	}
	arena_clear(&shown);
	if (rc || !j->doc->items_len)
		return ERR_INPUT;
	add_reason(j, "the feed stands inside of a page");
	return 0;
}

/* Parse the UTF-8 TEXT. */
static int
parse_text(struct feed_job *j, const char *text, size_t len)
{
	size_t at = 0;
	while (at < len && is_space((uint8_t)text[at]))
		at++;
	if (at == len)
		return fault_set(j->f, ERR_INPUT, "empty document");
	if (text[at] == '{' || text[at] == '[')
		return feed_parse_json(j, text + at, len - at);
	struct xml_root root;
	xml_find_root(text, len, roots, &root);
	if (root.known)
		return parse_root(j, text, len, &root);
	if (!strcmp(root.name, "html") && !parse_shown(j, text, len))
		return 0;
	if (!*root.name && feed_is_links(text, len))
		return feed_parse_links(j, text, len);
	return refuse(j, text, len, &root);
}

/* The items, which are the most of a document of short entries, go to the arena as they are. */
static void
give_items(struct feed_job *j)
{
	struct feed_doc *doc = j->doc;
	if (!doc->items_len) {
		mem_free(doc->items);
		doc->items = NULL;
		return;
	}
	doc->items = mem_resize_array(doc->items, doc->items_len, sizeof *doc->items);
	arena_adopt(j->a, doc->items, doc->items_len * sizeof *doc->items);
}

int
feed_parse(struct arena *a, const struct feed_source *from, const uint8_t *body, size_t len,
    struct feed_doc **out, struct fault *f)
{
	struct feed_job j = {.a = a,
	    .doc = arena_zalloc(a, sizeof *j.doc),
	    .url = from->url,
	    .base = feed_header_base(a, from->url, from->content_location),
	    .texts_from = a->total,
	    .memory_max = a->total + len * FEED_GROWTH + FEED_GROWTH_ROOM,
	    .f = f};
	struct charset_result charset;
	struct arena scratch = {0};
	struct view text;
	struct buf room;
	buf_init(&room, len * UTF8_GROWTH + 1);
	int rc =
	    charset_view_utf8(body, len, from->content_type, CHARSET_XML, &room, &text, &charset);
	if (rc)
		fault_set(f, rc, "the text can't be converted to UTF-8");
	else
		rc = parse_text(&j, (const char *)text.data, text.len);
	buf_clear(&room);
	arena_clear(&j.scratch);
	if (rc) {
		mem_free(j.doc->items);
		return rc;
	}
	give_items(&j);

	feed_read_link_header(&j, from->link);
	identity_clear_shared_links(&scratch, from->url, j.doc);
	for (size_t i = 0; i < j.doc->items_len; i++)
		j.doc->items[i].key = identity_key(&scratch, &j.doc->items[i], 0);
	arena_clear(&scratch);
	j.doc->items_hash = hash_items(j.doc);
	if (j.note)
		add_reason(&j, j.note);
	if (charset.lied)
		add_reason(
		    &j, arena_printf(a, "wrong encoding declared, read as %s", charset.name));
	else if (charset.replaced)
		add_reason(
		    &j, arena_printf(a, "%zu bytes are no %s", charset.replaced, charset.name));
	*out = j.doc;
	return 0;
}
