/*
 * feed fields: attributes of a tag, what references are relative to, and the fields of a feed or an
 * item, which are claimed by rank: the order of elements in a document matters only among equals.
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
			return arena_strndup(&p->j->scratch, at.value, at.len);
	}
	return NULL;
}

char *
feed_attr_rdf(struct feed_parser *p, const struct xml_tag *tag, const char *name)
{
	for (size_t i = 0; i < tag->attrs_len; i++) {
		struct xml_attr at = xml_tag_attr(tag, i);
		if (at.prefix && attr_is(&at, name) && feed_namespace(at.uri, at.prefix) == NS_RDF)
			return arena_strndup(&p->j->scratch, at.value, at.len);
	}
	return NULL;
}

/*
 * xml:base, else Content-Location, else the document's address (RFC 3986 5.1); but a feed of RSS
 * that is served by another host (a feed service, a CDN) and says neither means its site.
 */
const char *
feed_base(const struct feed_parser *p, const struct feed_frame *f)
{
	return p->home && f->base == p->j->url ? p->home : f->base;
}

const char *
feed_base_here(const struct feed_parser *p)
{
	return feed_base(p, &p->stack[p->depth]);
}

void
feed_set_home(struct feed_parser *p, const char *link)
{
	char here[URL_MAX], there[URL_MAX];
	if (!p->home && link && !url_host(link, there, sizeof there) &&
	    !url_host(p->j->url, here, sizeof here) && strcmp(here, there) != 0)
		p->home = link;
}

char *
feed_attr_url(struct feed_parser *p, const struct xml_tag *tag, const char *name)
{
	char *value = feed_attr(p, tag, name);
	return value ? feed_url(p->j->a, feed_base_here(p), value, strlen(value)) : NULL;
}

int64_t
feed_integer(const char *s)
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

int
feed_claim(struct feed_parser *p, unsigned field, unsigned rank)
{
	unsigned char *held = p->item ? &p->item_rank[field] : &p->feed_rank[field];
	if (*held >= rank)
		return 0;
	*held = (unsigned char)rank;
	return 1;
}

int
feed_claim_again(struct feed_parser *p, unsigned field, unsigned rank)
{
	unsigned char *held = p->item ? &p->item_rank[field] : &p->feed_rank[field];
	if (*held > rank)
		return 0;
	*held = (unsigned char)rank;
	return 1;
}

void
feed_set_field(struct feed_parser *p, unsigned field, unsigned rank, char *value)
{
	size_t offset = p->item ? places[field].item : places[field].feed;
	if (!value || !offset || !feed_claim(p, field, rank))
		return;
	*(char **)((p->item ? (char *)p->item : (char *)p->j->doc) + offset) = value;
}

char *
feed_captured(struct feed_parser *p)
{
	return (char *)p->text.data;
}

void
feed_add_tag(struct feed_parser *p, char *tag)
{
	if (p->item)
		feed_add_word(p->j, &p->item->tags, &p->item->tags_len, tag);
	else
		feed_add_word(p->j, &p->j->doc->tags, &p->j->doc->tags_len, tag);
}

void
feed_set_language(struct feed_parser *p, const char *tag, unsigned rank)
{
	char regular[LANGUAGE_MAX];
	language_normalise(tag, regular);
	if (*regular)
		feed_set_field(p, FIELD_LANGUAGE, rank, arena_strdup(p->j->a, regular));
}
