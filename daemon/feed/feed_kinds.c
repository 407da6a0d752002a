/*
 * feed kinds: what each kind of element of the table does with its attributes and its text. Fields
 * are claimed by rank, so that the order of elements in a document matters only among equals.
 */
#include "feed_parser.h"

#include <string.h>
#include <strings.h>

#include "language.h"
#include "text.h"
#include "url.h"

/* ---- attributes ---- */

static int
attr_is(const struct xml_attr *at, const char *name)
{
	return !strcasecmp(at->name, name);
}

char *
feed_attr(struct feed_parser *p, const struct xml_tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->attrs_len; i++) {
		struct xml_attr at = xml_tag_attr(tag, i);
		if (!at.prefix && attr_is(&at, name))
			return arena_strndup(p->j->a, at.value, at.len);
	}
	return NULL;
}

/* The attribute NAME of the RDF namespace. */
static char *
attr_get_rdf(struct feed_parser *p, const struct xml_tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->attrs_len; i++) {
		struct xml_attr at = xml_tag_attr(tag, i);
		if (at.prefix && attr_is(&at, name) && feed_namespace(at.uri, at.prefix) == NS_RDF)
			return arena_strndup(p->j->a, at.value, at.len);
	}
	return NULL;
}

static const char *
base_of(const struct feed_parser *p)
{
	return p->stack[p->depth].base;
}

static char *
attr_url(struct feed_parser *p, const struct xml_tag *tag, const char *name)
{
	char *value = feed_attr(p, tag, name);
	return value ? feed_url(p->j->a, base_of(p), value, strlen(value)) : NULL;
}

/* Digits in S, saturated; -1 when there are none. */
static int64_t
integer(const char *s)
{
	int64_t v = 0;
	if (!s)
		return -1;
	while (*s == ' ' || (*s >= '\t' && *s <= '\r'))
		s++;
	if (*s < '0' || *s > '9')
		return -1;
	for (; *s >= '0' && *s <= '9'; s++)
		if (v < INT64_MAX / 16)
			v = v * 10 + (*s - '0');
	return v;
}

/* ---- fields ---- */

static const struct {
	size_t feed, item; /* offsets of a char *; 0 (the first member is no field): none */
} places[FIELD_COUNT] = {
    [FIELD_TITLE] = {offsetof(struct feed_doc, title), offsetof(struct item, title)},
    [FIELD_LINK] = {offsetof(struct feed_doc, link), offsetof(struct item, link)},
    [FIELD_SUMMARY] = {offsetof(struct feed_doc, subtitle), offsetof(struct item, summary)},
    [FIELD_CONTENT] = {0, offsetof(struct item, content)},
    [FIELD_IMAGE] = {offsetof(struct feed_doc, image), offsetof(struct item, image)},
    [FIELD_COMMENTS] = {0, offsetof(struct item, comments)},
    [FIELD_RIGHTS] = {offsetof(struct feed_doc, rights), offsetof(struct item, rights)},
    [FIELD_LANGUAGE] = {offsetof(struct feed_doc, language), offsetof(struct item, language)},
    [FIELD_SOURCE] = {offsetof(struct feed_doc, generator), offsetof(struct item, source)},
};

/* 1 when FIELD is still open for a value of RANK, which it then has. */
static int
claim(struct feed_parser *p, unsigned field, unsigned rank)
{
	unsigned char *held = p->item ? &p->item_rank[field] : &p->feed_rank[field];
	if (*held >= rank)
		return 0;
	*held = (unsigned char)rank;
	return 1;
}

static void
set_field(struct feed_parser *p, unsigned field, unsigned rank, char *value)
{
	size_t offset = p->item ? places[field].item : places[field].feed;
	if (!value || !offset || !claim(p, field, rank))
		return;
	*(char **)((p->item ? (char *)p->item : (char *)p->j->doc) + offset) = value;
}

/* The captured text. */
static char *
captured(struct feed_parser *p)
{
	return (char *)p->text.data;
}

static void
add_tag(struct feed_parser *p, char *tag)
{
	if (p->item)
		feed_add_word(p->j, &p->item->tags, &p->item->tags_len, tag);
	else
		feed_add_word(p->j, &p->j->doc->tags, &p->j->doc->tags_len, tag);
}

static void
set_language(struct feed_parser *p, const char *tag, unsigned rank)
{
	char regular[LANGUAGE_MAX];
	language_normalise(tag, regular);
	if (*regular)
		set_field(p, FIELD_LANGUAGE, rank, arena_strdup(p->j->a, regular));
}

/* ---- kinds: what happens when an element begins; 1: capture its text ---- */

static int
start_group(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	p->stack[p->depth].ctx = el->field;
	if (el->field == CTX_FEED)
		feed_read_root(p, tag);
	if (el->field == CTX_SOURCE)
		set_field(p, FIELD_SOURCE, 9, attr_url(p, tag, "url"));
	if (el->field == CTX_ITEM_IMAGE)
		set_field(p, FIELD_IMAGE, 4, attr_url(p, tag, "href"));
	return 0;
}

static int
start_item(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	struct feed_frame *f = &p->stack[p->depth];
	p->item = feed_add_item(p->j);
	if (!p->item)
		return 0;
	f->ctx = CTX_ITEM;
	memset(p->item_rank, 0, sizeof p->item_rank);
	p->guid_link = p->original = NULL;
	char *about = attr_get_rdf(p, tag, "about");
	if (about && *about && claim(p, FIELD_GUID, 2))
		p->item->guid = about;
	set_field(p, FIELD_LINK, 3, attr_url(p, tag, "href"));
	if (f->lang != f[-1].lang)
		set_language(p, f->lang, 1);
	return 0;
}

/* How the text of a construct is meant (RFC 4287 3.1; Atom 0.3's mode; all of RSS is HTML). */
static int
start_text(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	p->kind = FEED_TEXT_HTML;
	const char *format = p->j->doc->format;
	char *type = feed_attr(p, tag, "type"), *mode = feed_attr(p, tag, "mode");
	if (mode && !strcasecmp(mode, "base64")) {
		p->kind = FEED_TEXT_BASE64;
	} else if (mode && !strcasecmp(mode, "escaped")) {
		p->kind = type && strcasestr(type, "html") ? FEED_TEXT_HTML : FEED_TEXT_PLAIN;
	} else if (type && (strcasestr(type, "xhtml") || !strcasecmp(type, "text") ||
			       !strcasecmp(type, "text/plain") || mode)) {
		p->kind = FEED_TEXT_PLAIN;
	} else if (type && strchr(type, '/') && strncasecmp(type, "text/", 5) != 0 &&
		   !strcasestr(type, "xml") && !strcasestr(type, "html")) {
		p->kind = FEED_TEXT_BASE64; /* RFC 4287 4.1.3.3 */
	} else if (!type && !strncmp(format, "atom", 4)) {
		p->kind = FEED_TEXT_PLAIN;
	}
	return 1;
}

static int
start_plain(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	(void)tag;
	p->kind = FEED_TEXT_PLAIN;
	return 1;
}

static int
start_guid(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	char *said = feed_attr(p, tag, "isPermaLink");
	p->permalink = !said ? -1 : !strcasecmp(said, "false") ? 0 : 1;
	p->kind = FEED_TEXT_PLAIN;
	return 1;
}

static int
start_person(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	p->person_name = p->person_mail = NULL;
	return start_plain(p, el, tag);
}

static int
start_tag_word(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	static const char *const names[] = {"term", "text", "label"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *word = feed_attr(p, tag, names[i]);
		if (!word || !*word)
			continue;
		add_tag(p, text_line(p->j->a, word, strlen(word), FEED_WORD_MAX));
		p->stack[p->depth].ctx = p->stack[p->depth - 1].ctx; /* iTunes nests them */
		return 0;
	}
	return start_plain(p, el, tag);
}

static int
start_enclosure(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	if (!p->item)
		return 0;
	char *type = feed_attr(p, tag, "type"), *url = attr_url(p, tag, "url");
	feed_add_enclosure(p->j, p->item, url, type, integer(feed_attr(p, tag, "length")));
	if (type && !strncasecmp(type, "image/", 6))
		set_field(p, FIELD_IMAGE, 6, url);
	return 0;
}

static int
start_media(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	char *type = feed_attr(p, tag, "type"), *medium = feed_attr(p, tag, "medium");
	char *url = attr_url(p, tag, "url");
	p->stack[p->depth].ctx = CTX_ITEM_IMAGE;
	if ((medium && !strcasecmp(medium, "image")) || (type && !strncasecmp(type, "image", 5)))
		set_field(p, FIELD_IMAGE, 6, url);
	else if (p->item && (type || medium))
		feed_add_enclosure(
		    p->j, p->item, url, type, integer(feed_attr(p, tag, "fileSize")));
	return 0;
}

static int
start_attr_url(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	char *url = attr_url(p, tag, "href");
	if (!url)
		url = attr_url(p, tag, "url");
	if (!url)
		url = attr_get_rdf(p, tag, "resource");
	set_field(p, el->field, el->rank, url);
	return 0;
}

/* ---- links of Atom (RFC 4287 4.2.7) ---- */

static void
link_alternate(struct feed_parser *p, char *url, const char *type, unsigned ctx)
{
	unsigned rank = !type || strcasestr(type, "html") ? 8 : 4;
	if (ctx == CTX_SOURCE)
		set_field(p, FIELD_SOURCE, 5, url);
	else
		set_field(p, FIELD_LINK, rank, url);
}

static void
link_relation(
    struct feed_parser *p, const char *rel, char *url, const struct xml_tag *tag, unsigned ctx)
{
	struct feed_doc *doc = p->j->doc;
	const struct {
		const char *rel;
		char **place;
	} of_feed[] = {
	    {"self", &doc->self}, {"next", &doc->next}, {"prev-archive", &doc->prev_archive}};
	char *type = feed_attr(p, tag, "type");
	static const char iana[] = "http://www.iana.org/assignments/relation/";
	if (!strncasecmp(rel, iana, sizeof iana - 1))
		rel += sizeof iana - 1;
	if (!strcasecmp(rel, "alternate")) {
		link_alternate(p, url, type, ctx);
	} else if (ctx == CTX_ITEM && !strcasecmp(rel, "enclosure")) {
		feed_add_enclosure(p->j, p->item, url, type, integer(feed_attr(p, tag, "length")));
		if (type && !strncasecmp(type, "image/", 6))
			set_field(p, FIELD_IMAGE, 6, url);
	} else if (ctx == CTX_ITEM && !strcasecmp(rel, "replies")) {
		set_field(p, FIELD_COMMENTS, !type || strcasestr(type, "html") ? 8 : 4, url);
	} else if (ctx == CTX_SOURCE && !strcasecmp(rel, "self")) {
		set_field(p, FIELD_SOURCE, 4, url);
	} else if (ctx == CTX_FEED && !strcasecmp(rel, "hub")) {
		feed_add_word(p->j, &doc->hubs, &doc->hubs_len, url);
	}
	for (size_t i = 0; ctx == CTX_FEED && i < sizeof of_feed / sizeof *of_feed; i++)
		if (!strcasecmp(rel, of_feed[i].rel) && !*of_feed[i].place)
			*of_feed[i].place = url;
}

static int
start_link(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	char *url = attr_url(p, tag, "href"), *rel = feed_attr(p, tag, "rel");
	if (!url)
		return start_plain(p, el, tag);
	link_relation(p, rel && *rel ? rel : "alternate", url, tag, p->stack[p->depth - 1].ctx);
	return 0;
}

/* ---- kinds: what happens when an element ends, its text captured ---- */

static void
end_item(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	struct item *it = p->item;
	if (!it)
		return;
	p->item = NULL;
	if (p->cut) { /* an entry that is not whole will come whole with the next poll */
		p->j->doc->items_len--;
		return;
	}
	if (!it->link)
		it->link = p->guid_link;
	const char *link = p->original ? p->original : it->link;
	if (link)
		url_forms(p->j->a, link, &it->canonical, &it->fetch);
}

static void
end_line(struct feed_parser *p, const struct feed_element *el)
{
	set_field(p, el->field, el->rank, feed_line(p->j->a, captured(p), p->text.len, p->kind));
}

static void
end_markup(struct feed_parser *p, const struct feed_element *el)
{
	set_field(p, el->field, el->rank,
	    feed_markup(p->j->a, base_of(p), captured(p), p->text.len, p->kind));
}

static void
end_word(struct feed_parser *p, const struct feed_element *el)
{
	char *word = text_line(p->j->a, captured(p), p->text.len, FEED_WORD_MAX);
	set_field(p, el->field, el->rank, *word ? word : NULL);
}

static void
end_url(struct feed_parser *p, const struct feed_element *el)
{
	char *url = feed_url(p->j->a, base_of(p), captured(p), p->text.len);
	if (el->field == FIELD_ORIGINAL)
		p->original = url;
	else
		set_field(p, el->field, el->rank, url);
}

static void
end_link(struct feed_parser *p, const struct feed_element *el)
{
	unsigned field = p->stack[p->depth - 1].ctx == CTX_SOURCE ? FIELD_SOURCE : el->field;
	set_field(p, field, el->rank, feed_url(p->j->a, base_of(p), captured(p), p->text.len));
}

static void
end_date(struct feed_parser *p, const struct feed_element *el)
{
	struct date d;
	char *raw = text_line(p->j->a, captured(p), p->text.len, DATE_TEXT_MAX);
	int bad = date_parse(raw, &d);
	struct item *it = p->item;
	if (it && el->field == FIELD_PUBLISHED && *raw && !it->published_raw)
		it->published_raw = raw;
	if (bad || !claim(p, el->field, el->rank))
		return;
	if (!it) {
		p->j->doc->updated = d;
	} else if (el->field == FIELD_PUBLISHED) {
		it->published = d;
		it->published_raw = raw;
	} else {
		it->updated = d;
	}
}

static void
end_guid(struct feed_parser *p, const struct feed_element *el)
{
	struct item *it = p->item;
	char *guid = text_line(p->j->a, captured(p), p->text.len, FEED_URL_MAX);
	if (!it || !*guid || !claim(p, FIELD_GUID, el->rank))
		return;
	if (p->permalink == 1)
		guid = feed_url(p->j->a, base_of(p), guid, strlen(guid));
	it->guid = guid;
	/* RSS 2.0: a guid is a permalink unless it says that it is none */
	p->guid_link = guid && p->permalink && el->rank == 9 && url_is_web(guid) >= 0 ? guid : NULL;
}

static void
end_person(struct feed_parser *p, const struct feed_element *el)
{
	struct arena *a = p->j->a;
	char *name = p->person_name ? p->person_name : p->person_mail;
	if (!name)
		name = feed_person(a, captured(p), p->text.len);
	if (!name)
		return;
	if (!p->item) {
		if (claim(p, FIELD_AUTHORS, el->rank))
			p->j->doc->author = name;
		return;
	}
	if (p->item_rank[FIELD_AUTHORS] > el->rank)
		return;
	if (claim(p, FIELD_AUTHORS, el->rank))
		p->item->authors_len = 0;
	feed_add_word(p->j, &p->item->authors, &p->item->authors_len, name);
}

static void
end_tag(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	char *line = feed_line(p->j->a, captured(p), p->text.len, FEED_TEXT_HTML);
	if (line)
		line[text_cut(line, strlen(line), FEED_WORD_MAX)] = '\0';
	add_tag(p, line);
}

static void
end_tags(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	char *line = feed_line(p->j->a, captured(p), p->text.len, FEED_TEXT_HTML);
	if (p->item)
		feed_add_words(p->j, &p->item->tags, &p->item->tags_len, line);
	else
		feed_add_words(p->j, &p->j->doc->tags, &p->j->doc->tags_len, line);
}

static void
end_language(struct feed_parser *p, const struct feed_element *el)
{
	set_language(p, text_line(p->j->a, captured(p), p->text.len, FEED_WORD_MAX), el->rank);
}

/* ---- how often to come back ---- */

static void
end_ttl(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	p->j->doc->ttl_min = integer(captured(p));
}

static void
end_period(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	static const struct {
		const char *name;
		int64_t seconds;
	} periods[] = {{"hourly", 3600}, {"daily", 86400}, {"weekly", 604800}, {"monthly", 2592000},
	    {"yearly", 31536000}};
	char *word = text_line(p->j->a, captured(p), p->text.len, FEED_WORD_MAX);
	for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
		if (!strcasecmp(periods[i].name, word))
			p->period_s = periods[i].seconds;
}

static void
end_frequency(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	int64_t n = integer(captured(p));
	if (n > 0 && n <= 86400)
		p->frequency = (int)n;
}

static void
end_hour(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	int64_t hour = integer(captured(p));
	if (hour >= 0 && hour <= 24)
		p->j->doc->skip_hours |= UINT32_C(1) << hour % 24;
}

static void
end_day(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	static const char *const days[] = {
	    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
	char *word = text_line(p->j->a, captured(p), p->text.len, FEED_WORD_MAX);
	for (size_t i = 0; i < sizeof days / sizeof *days; i++)
		if (!strcasecmp(days[i], word))
			p->j->doc->skip_days |= (uint8_t)(1u << i);
}

static const struct {
	int (*start)(
	    struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag);
	void (*end)(struct feed_parser *p, const struct feed_element *el);
} kinds[KIND_COUNT] = {
    [KIND_GROUP] = {start_group, NULL},
    [KIND_ITEM] = {start_item, end_item},
    [KIND_LINE] = {start_text, end_line},
    [KIND_MARKUP] = {start_text, end_markup},
    [KIND_WORD] = {start_plain, end_word},
    [KIND_URL] = {start_plain, end_url},
    [KIND_DATE] = {start_plain, end_date},
    [KIND_LINK] = {start_link, end_link},
    [KIND_GUID] = {start_guid, end_guid},
    [KIND_PERSON] = {start_person, end_person},
    [KIND_TAG] = {start_tag_word, end_tag},
    [KIND_TAGS] = {start_plain, end_tags},
    [KIND_LANGUAGE] = {start_plain, end_language},
    [KIND_ENCLOSURE] = {start_enclosure, NULL},
    [KIND_MEDIA] = {start_media, NULL},
    [KIND_ATTR_URL] = {start_attr_url, NULL},
    [KIND_TTL] = {start_plain, end_ttl},
    [KIND_PERIOD] = {start_plain, end_period},
    [KIND_FREQUENCY] = {start_plain, end_frequency},
    [KIND_HOUR] = {start_plain, end_hour},
    [KIND_DAY] = {start_plain, end_day},
};

int
feed_kind_start(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	return kinds[el->kind].start(p, el, tag);
}

void
feed_kind_end(struct feed_parser *p, const struct feed_element *el)
{
	if (kinds[el->kind].end)
		kinds[el->kind].end(p, el);
}

void
feed_read_root(struct feed_parser *p, const struct xml_tag *tag)
{
	set_field(p, FIELD_LINK, 3, attr_url(p, tag, "href"));
	if (p->stack[p->depth].lang)
		set_language(p, p->stack[p->depth].lang, 1);
}
