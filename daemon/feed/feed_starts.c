/*
 * feed starts: what each kind of element of the table does when it begins, with its attributes.
 */
#include "feed_parser.h"

#include <string.h>
#include <strings.h>

#include "text.h"
#include "url.h"

/* Each returns 1 when the text of its element is to be captured. */

static int
start_group(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	p->stack[p->depth].ctx = el->field;
	p->text.len = 0;
	p->overflow = p->escaped = 0;
	if (el->field == CTX_FEED)
		feed_read_root(p, tag);
	if (el->field == CTX_SOURCE)
		feed_set_field(p, FIELD_SOURCE, 9, feed_attr_url(p, tag, "url"));
	if (el->field == CTX_ITEM_IMAGE)
		feed_set_field(p, FIELD_IMAGE, 4, feed_attr_url(p, tag, "href"));
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
	char *about = feed_attr_rdf(p, tag, "about");
	char *guid = about ? text_line(p->j->a, about, strlen(about), FEED_URL_MAX) : NULL;
	if (guid && *guid && feed_claim(p, FIELD_GUID, 2)) {
		p->item->guid = guid;
		p->guid_link = url_is_web(guid) >= 0 ? guid : NULL;
	}
	char *changed = feed_attr(p, tag, "lastmod"); /* CDF */
	if (changed && !date_parse(changed, &p->item->updated))
		feed_claim(p, FIELD_UPDATED, 2);
	feed_set_field(p, FIELD_LINK, 3, feed_attr_url(p, tag, "href"));
	if (f->lang != f[-1].lang)
		feed_set_language(p, f->lang, 1);
	return 0;
}

/* How the text of a construct is meant (RFC 4287 3.1; Atom 0.3's mode; all of RSS is HTML). */
static int
start_text(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	p->kind = FEED_TEXT_HTML;
	if (el->field == FIELD_CONTENT && p->item) /* RFC 4287 4.1.3.2: it stands elsewhere */
		feed_set_field(p, FIELD_LINK, 2, feed_attr_url(p, tag, "src"));
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
start_credit(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	static const char *const roles[] = {"author", "writer", "journalist", "reporter"};
	char *role = feed_attr(p, tag, "role");
	for (size_t i = 0; role && i < sizeof roles / sizeof *roles; i++)
		if (!strcasecmp(roles[i], role))
			return start_person(p, el, tag);
	return 0;
}

/* Add what TAG says in an attribute: a term of Atom, a category of iTunes. */
static int
add_attr_tag(struct feed_parser *p, const struct xml_tag *tag)
{
	static const char *const names[] = {"term", "text"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *word = feed_attr(p, tag, names[i]);
		if (!word || !*word)
			continue;
		feed_add_tag(p, text_line(p->j->a, word, strlen(word), FEED_WORD_MAX));
		return 1;
	}
	return 0;
}

static int
start_tag_word(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	if (add_attr_tag(p, tag)) {
		p->stack[p->depth].ctx = p->stack[p->depth - 1].ctx; /* iTunes nests them */
		return 0;
	}
	char *label = feed_attr(p, tag, "label"); /* for readers, when there is no other */
	p->label = label && *label ? text_line(p->j->a, label, strlen(label), FEED_WORD_MAX) : NULL;
	return start_plain(p, el, tag);
}

void
feed_kind_tag_child(struct feed_parser *p, const struct xml_tag *tag)
{
	add_attr_tag(p, tag);
}

static int
start_enclosure(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	if (!p->item)
		return 0;
	char *type = feed_attr(p, tag, "type"), *url = feed_attr_url(p, tag, "url");
	feed_add_enclosure(p->j, p->item, url, type, feed_integer(feed_attr(p, tag, "length")));
	if (type && !strncasecmp(type, "image/", 6))
		feed_set_field(p, FIELD_IMAGE, 6, url);
	return 0;
}

/* What a media:content is that says neither its type nor its medium. */
static const char *const image_suffixes[] = {
    ".jpg", ".jpeg", ".png", ".gif", ".webp", ".avif", NULL};
static const char *const media_suffixes[] = {
    ".mp3", ".m4a", ".ogg", ".oga", ".opus", ".wav", ".mp4", ".m4v", ".mov", ".webm", ".ogv", NULL};

/* 1 when the path of URL ends as one of the list does. */
static int
has_suffix(const char *url, const char *const *suffixes)
{
	size_t len = url ? strcspn(url, "?#") : 0;
	for (; *suffixes; suffixes++) {
		size_t n = strlen(*suffixes);
		if (len > n && !strncasecmp(url + len - n, *suffixes, n))
			return 1;
	}
	return 0;
}

static int
start_media(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	(void)el;
	char *type = feed_attr(p, tag, "type"), *medium = feed_attr(p, tag, "medium");
	char *url = feed_attr_url(p, tag, "url");
	p->stack[p->depth].ctx = CTX_ITEM_IMAGE;
	int said = type || medium;
	if ((medium && !strcasecmp(medium, "image")) || (type && !strncasecmp(type, "image", 5)) ||
	    (!said && has_suffix(url, image_suffixes)))
		feed_set_field(p, FIELD_IMAGE, 6, url);
	else if (p->item && (said || has_suffix(url, media_suffixes)))
		feed_add_enclosure(
		    p->j, p->item, url, type, feed_integer(feed_attr(p, tag, "fileSize")));
	return 0;
}

static int
start_attr_url(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	char *url = feed_attr_url(p, tag, "href");
	if (!url)
		url = feed_attr_url(p, tag, "url");
	if (!url)
		url = feed_attr_rdf(p, tag, "resource");
	if (url)
		url = feed_url(p->j->a, feed_base_here(p), url, strlen(url));
	if (!url)
		return start_plain(p, el, tag);
	feed_set_field(p, el->field, el->rank, url);
	return 0;
}

/* ---- links of Atom (RFC 4287 4.2.7) ---- */

/* 1 when TAG is for readers of another language than that of the text around it. */
static int
is_foreign(struct feed_parser *p, const struct xml_tag *tag)
{
	const char *here = p->stack[p->depth].lang ? p->stack[p->depth].lang : p->j->doc->language;
	char *there = feed_attr(p, tag, "hreflang");
	return there && *there && here && strncasecmp(there, here, strcspn(here, "-_")) != 0;
}

static void
link_alternate(struct feed_parser *p, char *url, const struct xml_tag *tag, unsigned ctx)
{
	char *type = feed_attr(p, tag, "type");
	unsigned rank = !type || strcasestr(type, "html") ? 8 : 4;
	rank -= is_foreign(p, tag);
	if (ctx == CTX_SOURCE)
		feed_set_field(p, FIELD_SOURCE, 5, url);
	else
		feed_set_field(p, FIELD_LINK, rank, url);
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
		link_alternate(p, url, tag, ctx);
	} else if (ctx == CTX_ITEM && !strcasecmp(rel, "enclosure")) {
		feed_add_enclosure(
		    p->j, p->item, url, type, feed_integer(feed_attr(p, tag, "length")));
		if (type && !strncasecmp(type, "image/", 6))
			feed_set_field(p, FIELD_IMAGE, 6, url);
	} else if (ctx == CTX_ITEM && !strcasecmp(rel, "replies")) {
		feed_set_field(p, FIELD_COMMENTS, !type || strcasestr(type, "html") ? 8 : 4, url);
	} else if (ctx == CTX_ITEM && !strcasecmp(rel, "via")) { /* where it was found */
		feed_set_field(p, FIELD_SOURCE, 2, url);
	} else if (ctx == CTX_SOURCE && !strcasecmp(rel, "self")) {
		feed_set_field(p, FIELD_SOURCE, 4, url);
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
	char *url = feed_attr_url(p, tag, "href"), *rel = feed_attr(p, tag, "rel");
	if (!url)
		return start_plain(p, el, tag);
	link_relation(p, rel && *rel ? rel : "alternate", url, tag, p->stack[p->depth - 1].ctx);
	return 0;
}

static int (*const kinds[KIND_COUNT])(
    struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag) = {
    [KIND_GROUP] = start_group,
    [KIND_ITEM] = start_item,
    [KIND_LINE] = start_text,
    [KIND_MARKUP] = start_text,
    [KIND_WORD] = start_plain,
    [KIND_URL] = start_plain,
    [KIND_DATE] = start_plain,
    [KIND_LINK] = start_link,
    [KIND_GUID] = start_guid,
    [KIND_PERSON] = start_person,
    [KIND_CREDIT] = start_credit,
    [KIND_TAG] = start_tag_word,
    [KIND_TAGS] = start_plain,
    [KIND_LANGUAGE] = start_plain,
    [KIND_ENCLOSURE] = start_enclosure,
    [KIND_MEDIA] = start_media,
    [KIND_ATTR_URL] = start_attr_url,
    [KIND_TTL] = start_plain,
    [KIND_PERIOD] = start_plain,
    [KIND_FREQUENCY] = start_plain,
    [KIND_BEGIN] = start_plain,
    [KIND_HOUR] = start_plain,
    [KIND_DAY] = start_plain,
};

int
feed_kind_start(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag)
{
	return kinds[el->kind](p, el, tag);
}

void
feed_read_root(struct feed_parser *p, const struct xml_tag *tag)
{
	feed_set_field(p, FIELD_LINK, 3, feed_attr_url(p, tag, "href"));
	if (p->stack[p->depth].lang)
		feed_set_language(p, p->stack[p->depth].lang, 1);
}
