/*
 * feed ends: what each kind of element of the table does when it ends, its text captured.
 */
#include "feed_parser.h"

#include <string.h>
#include <strings.h>

#include "text.h"
#include "url.h"

int
feed_kind_is_group(const struct feed_element *el)
{
	return el->kind == KIND_GROUP || el->kind == KIND_ITEM;
}

int
feed_kind_has_text(const struct feed_element *el)
{
	return el && el->kind == KIND_GROUP &&
	       (el->field == CTX_IMAGE || el->field == CTX_ITEM_IMAGE || el->field == CTX_SOURCE);
}

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
		feed_set_link_forms(p->j, it, link);
	arena_clear(&p->j->scratch);
}

static void
end_line(struct feed_parser *p, const struct feed_element *el)
{
	feed_set_field(
	    p, el->field, el->rank, feed_line(p->j->a, feed_captured(p), p->text.len, p->kind));
}

static void
end_markup(struct feed_parser *p, const struct feed_element *el)
{
	feed_set_field(p, el->field, el->rank,
	    feed_markup(p->j->a, feed_base_here(p), feed_captured(p), p->text.len, p->kind));
}

static void
end_word(struct feed_parser *p, const struct feed_element *el)
{
	char *word = text_line(p->j->a, feed_captured(p), p->text.len, FEED_WORD_MAX);
	feed_set_field(p, el->field, el->rank, *word ? word : NULL);
}

/* A group in which text stands where elements should: an image's address, a source's name. */
static void
end_group(struct feed_parser *p, const struct feed_element *el)
{
	size_t len = p->text.len;
	p->text.len = 0;
	if (!feed_kind_has_text(el) || !len || p->overflow)
		return;
	char *line = feed_line(&p->j->scratch, feed_captured(p), len, FEED_TEXT_PLAIN);
	if (line && el->field == CTX_SOURCE)
		feed_set_field(p, FIELD_SOURCE, 3, arena_strdup(p->j->a, line));
	else if (line && !strchr(line, ' '))
		feed_set_field(
		    p, FIELD_IMAGE, 3, feed_url(p->j->a, feed_base_here(p), line, strlen(line)));
}

static void
end_url(struct feed_parser *p, const struct feed_element *el)
{
	char *url = feed_url(p->j->a, feed_base_here(p), feed_captured(p), p->text.len);
	if (el->field == FIELD_ORIGINAL)
		p->original = url;
	else
		feed_set_field(p, el->field, el->rank, url);
}

static void
end_link(struct feed_parser *p, const struct feed_element *el)
{
	unsigned ctx = p->stack[p->depth - 1].ctx;
	char *url = feed_url(p->j->a, feed_base_here(p), feed_captured(p), p->text.len);
	feed_set_field(p, ctx == CTX_SOURCE ? FIELD_SOURCE : el->field, el->rank, url);
	if (ctx == CTX_FEED && !p->item)
		feed_set_home(p, url);
}

static void
end_date(struct feed_parser *p, const struct feed_element *el)
{
	struct date d;
	char *raw = text_line(&p->j->scratch, feed_captured(p), p->text.len, DATE_TEXT_MAX);
	int bad = date_parse(raw, &d);
	struct item *it = p->item;
	if (it && el->field == FIELD_PUBLISHED && *raw && (!bad || !it->published_raw))
		raw = it->published_raw = arena_strdup(p->j->a, raw);
	if (bad || !feed_claim_again(p, el->field, el->rank))
		return;
	if (!it) {
		p->j->doc->updated = d;
	} else if (el->field == FIELD_PUBLISHED) {
		it->published = d;
		it->published_raw = raw;
		if (!strcmp(el->name, "date") && feed_claim_again(p, FIELD_UPDATED, 1))
			it->updated = d; /* Dublin Core does not say which of the two it is */
	} else {
		it->updated = d;
	}
}

static void
end_guid(struct feed_parser *p, const struct feed_element *el)
{
	struct item *it = p->item;
	char *guid = text_line(p->j->a, feed_captured(p), p->text.len, FEED_URL_MAX);
	if (!it || !*guid || !feed_claim(p, FIELD_GUID, el->rank))
		return;
	if (p->permalink == 1)
		guid = feed_url(p->j->a, p->stack[p->depth].base, guid, strlen(guid));
	it->guid = guid;
	/* RSS 2.0: a guid is a permalink unless it says that it is none. An id of Atom is an
	 * address by accident, but better than none. */
	p->guid_link = guid && p->permalink && url_is_web(guid) >= 0 ? guid : NULL;
}

static void
end_person(struct feed_parser *p, const struct feed_element *el)
{
	struct arena *a = p->j->a;
	char *name = p->person_name ? p->person_name : p->person_mail;
	if (!name)
		name = feed_person(a, feed_captured(p), p->text.len);
	if (!name)
		return;
	/* an address alone is what there is when nobody is named */
	unsigned rank = el->rank > 5 && !p->person_mail && strchr(name, '@') && !strchr(name, ' ')
			    ? el->rank - 5
			    : el->rank;
	if (!p->item) {
		if (feed_claim(p, FIELD_AUTHORS, rank))
			p->j->doc->author = name;
		return;
	}
	if (p->item_rank[FIELD_AUTHORS] > rank)
		return;
	if (feed_claim(p, FIELD_AUTHORS, rank))
		p->item->authors_len = 0;
	feed_add_word(p->j, &p->item->authors, &p->item->authors_len, name);
}

static void
end_tag(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	char *line = feed_line(p->j->a, feed_captured(p), p->text.len, FEED_TEXT_HTML);
	if (line)
		line[text_cut(line, strlen(line), FEED_WORD_MAX)] = '\0';
	feed_add_tag(p, line ? line : p->label);
}

static void
end_tags(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	char *line = feed_line(p->j->a, feed_captured(p), p->text.len, FEED_TEXT_HTML);
	if (p->item)
		feed_add_words(p->j, &p->item->tags, &p->item->tags_len, line);
	else
		feed_add_words(p->j, &p->j->doc->tags, &p->j->doc->tags_len, line);
}

static void
end_language(struct feed_parser *p, const struct feed_element *el)
{
	feed_set_language(
	    p, text_line(p->j->a, feed_captured(p), p->text.len, FEED_WORD_MAX), el->rank);
}

/* ---- how often to come back ---- */

static void
end_ttl(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	p->j->doc->ttl_min = feed_integer(feed_captured(p));
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
	char *word = text_line(p->j->a, feed_captured(p), p->text.len, FEED_WORD_MAX);
	for (size_t i = 0; i < sizeof periods / sizeof *periods; i++)
		if (!strcasecmp(periods[i].name, word))
			p->period_s = periods[i].seconds;
}

static void
end_frequency(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	int64_t n = feed_integer(feed_captured(p));
	if (n > 0 && n <= 86400)
		p->frequency = (int)n;
}

/* sy:updateBase: the moment from which the periods are counted. */
static void
end_begin(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	date_parse(text_line(&p->j->scratch, feed_captured(p), p->text.len, DATE_TEXT_MAX),
	    &p->j->doc->sy_base);
}

static void
end_hour(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	int64_t hour = feed_integer(feed_captured(p));
	if (hour >= 0 && hour <= 24)
		p->j->doc->skip_hours |= UINT32_C(1) << hour % 24;
}

static void
end_day(struct feed_parser *p, const struct feed_element *el)
{
	(void)el;
	static const char *const days[] = {
	    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
	char *word = text_line(p->j->a, feed_captured(p), p->text.len, FEED_WORD_MAX);
	for (size_t i = 0; i < sizeof days / sizeof *days; i++)
		if (!strcasecmp(days[i], word))
			p->j->doc->skip_days |= (uint8_t)(1u << i);
}

static void (*const kinds[KIND_COUNT])(struct feed_parser *p, const struct feed_element *el) = {
    [KIND_GROUP] = end_group,
    [KIND_ITEM] = end_item,
    [KIND_LINE] = end_line,
    [KIND_MARKUP] = end_markup,
    [KIND_WORD] = end_word,
    [KIND_URL] = end_url,
    [KIND_DATE] = end_date,
    [KIND_LINK] = end_link,
    [KIND_GUID] = end_guid,
    [KIND_PERSON] = end_person,
    [KIND_CREDIT] = end_person,
    [KIND_TAG] = end_tag,
    [KIND_TAGS] = end_tags,
    [KIND_LANGUAGE] = end_language,
    [KIND_ATTR_URL] = end_url,
    [KIND_TTL] = end_ttl,
    [KIND_PERIOD] = end_period,
    [KIND_FREQUENCY] = end_frequency,
    [KIND_BEGIN] = end_begin,
    [KIND_HOUR] = end_hour,
    [KIND_DAY] = end_day,
};

void
feed_kind_end(struct feed_parser *p, const struct feed_element *el)
{
	if (kinds[el->kind])
		kinds[el->kind](p, el);
}
