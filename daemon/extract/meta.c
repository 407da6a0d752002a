/*
 * What the page says of itself, collected as written: meta, link, title, JSON-LD, microdata.
 * Chooses only between several values for the same thing by the rank of their source.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"

#define VALUE_MAX ((size_t)2000)
#define METAS_MAX 1000
#define SHORT_MAX 120 /* a longer text in a byline element is a biography */

/* Names of meta (name, property, itemprop), case ignored; a smaller rank goes before. */
static const struct {
	const char *name;
	enum meta_slot slot;
	unsigned rank;
} meta_names[] = {
    {"og:title", META_TITLE, 1},
    {"twitter:title", META_TITLE, 3},
    {"parsely-title", META_TITLE, 2},
    {"sailthru.title", META_TITLE, 2},
    {"dc.title", META_TITLE, 4},
    {"dcterms.title", META_TITLE, 4},
    {"headline", META_TITLE, 4},
    {"og:description", META_DESCRIPTION, 1},
    {"description", META_DESCRIPTION, 2},
    {"twitter:description", META_DESCRIPTION, 3},
    {"dc.description", META_DESCRIPTION, 4},
    {"article:published_time", META_PUBLISHED, 1},
    {"og:article:published_time", META_PUBLISHED, 1},
    {"datepublished", META_PUBLISHED, 2},
    {"og:published_time", META_PUBLISHED, 3},
    {"parsely-pub-date", META_PUBLISHED, 3},
    {"sailthru.date", META_PUBLISHED, 4},
    {"article.published", META_PUBLISHED, 4},
    {"cxenseparse:recs:publishtime", META_PUBLISHED, 4},
    {"cxenseparse:publishtime", META_PUBLISHED, 4},
    {"dc.date.issued", META_PUBLISHED, 5},
    {"dcterms.issued", META_PUBLISHED, 5},
    {"dcterms.created", META_PUBLISHED, 5},
    {"dc.date.created", META_PUBLISHED, 5},
    {"dc.date", META_PUBLISHED, 6},
    {"dcterms.date", META_PUBLISHED, 6},
    {"pubdate", META_PUBLISHED, 6},
    {"publishdate", META_PUBLISHED, 6},
    {"publish-date", META_PUBLISHED, 6},
    {"publish_date", META_PUBLISHED, 6},
    {"publication_date", META_PUBLISHED, 6},
    {"publicationdate", META_PUBLISHED, 6},
    {"date_published", META_PUBLISHED, 6},
    {"article_date_original", META_PUBLISHED, 6},
    {"article:published", META_PUBLISHED, 6},
    {"originalpublicationdate", META_PUBLISHED, 6},
    {"date", META_PUBLISHED, 7},
    {"datecreated", META_PUBLISHED, 8},
    {"created", META_PUBLISHED, 8},
    {"release_date", META_PUBLISHED, 8},
    {"displaydate", META_PUBLISHED, 9},
    {"article:modified_time", META_MODIFIED, 1},
    {"og:article:modified_time", META_MODIFIED, 1},
    {"og:updated_time", META_MODIFIED, 2},
    {"datemodified", META_MODIFIED, 2},
    {"dcterms.modified", META_MODIFIED, 3},
    {"dc.date.modified", META_MODIFIED, 3},
    {"article.updated", META_MODIFIED, 3},
    {"lastmod", META_MODIFIED, 4},
    {"last-modified", META_MODIFIED, 5},
    {"author", META_AUTHOR, 2},
    {"article:author", META_AUTHOR, 3},
    {"parsely-author", META_AUTHOR, 1},
    {"sailthru.author", META_AUTHOR, 1},
    {"og:article:author", META_AUTHOR, 3},
    {"article:author_name", META_AUTHOR, 1},
    {"byl", META_AUTHOR, 1},
    {"dc.creator", META_AUTHOR, 3},
    {"dcterms.creator", META_AUTHOR, 3},
    {"citation_author", META_AUTHOR, 2},
    {"article:section", META_SECTION, 1},
    {"og:section", META_SECTION, 2},
    {"parsely-section", META_SECTION, 2},
    {"section", META_SECTION, 3},
    {"articlesection", META_SECTION, 3},
    {"og:image", META_IMAGE, 1},
    {"og:image:url", META_IMAGE, 1},
    {"og:image:secure_url", META_IMAGE, 2},
    {"twitter:image", META_IMAGE, 3},
    {"twitter:image:src", META_IMAGE, 3},
    {"parsely-image-url", META_IMAGE, 4},
    {"thumbnail", META_IMAGE, 5},
    {"image", META_IMAGE, 6},
    {"og:site_name", META_SITE, 1},
    {"application-name", META_SITE, 4},
    {"apple-mobile-web-app-title", META_SITE, 5},
    {"publisher", META_SITE, 3},
    {"dc.publisher", META_SITE, 3},
    {"cre", META_SITE, 4},
    {"og:locale", META_LANGUAGE, 3},
    {"content-language", META_LANGUAGE, 2},
    {"language", META_LANGUAGE, 2},
    {"dc.language", META_LANGUAGE, 2},
    {"inlanguage", META_LANGUAGE, 1},
    {"og:url", META_URL, 1},
    {"og:type", META_TYPE, 1},
};

static const char *
value_of(struct page *p, const char *s)
{
	char *line = text_line(p->a, s, strlen(s), VALUE_MAX);
	/* some escape twice: "AT&amp;amp;T" */
	if (strchr(line, '&')) {
		char *plain = text_unescape(p->a, line, strlen(line));
		line = text_line(p->a, plain, strlen(plain), VALUE_MAX);
	}
	return *line ? line : NULL;
}

static void
offer(struct meta *m, enum meta_slot slot, unsigned rank, const char *value)
{
	if (!value)
		return;
	if (slot == META_TITLE && m->titles_len < TITLES_MAX)
		m->titles[m->titles_len++] = value;
	if (slot == META_AUTHOR) {
		if (m->rank[slot] && rank < m->rank[slot])
			m->authors_len = 0;
		if ((!m->rank[slot] || rank <= m->rank[slot]) && m->authors_len < AUTHORS_MAX)
			m->authors[m->authors_len++] = value;
	}
	if (!m->rank[slot] || rank < m->rank[slot]) {
		m->rank[slot] = rank;
		m->value[slot] = value;
	}
}

static void
add_tags(struct page *p, const char *list)
{
	struct meta *m = &p->meta;
	while (list && *list && m->tags_len < sizeof m->tags / sizeof *m->tags) {
		size_t len = strcspn(list, ",;");
		char *tag = text_line(p->a, list, len, 200);
		if (*tag)
			m->tags[m->tags_len++] = tag;
		list += len + (list[len] != '\0');
	}
}

static int
has_text(const char *s, const char *word)
{
	return s && strcasestr(s, word) != NULL;
}

static void
read_meta(struct page *p, const struct html_node *n)
{
	const char *content = html_attr(n, "content");
	const char *names[] = {html_attr(n, "property"), html_attr(n, "name"),
	    html_attr(n, "itemprop"), html_attr(n, "http-equiv")};
	struct meta *m = &p->meta;
	if (!content || !*content || m->metas++ >= METAS_MAX)
		return;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		const char *name = names[i];
		if (!name)
			continue;
		for (size_t j = 0; j < sizeof meta_names / sizeof *meta_names; j++)
			if (!strcasecmp(name, meta_names[j].name))
				offer(m, meta_names[j].slot, meta_names[j].rank,
				    value_of(p, content));
		if (!strcasecmp(name, "robots") || !strcasecmp(name, "googlebot"))
			m->noarchive |= has_text(content, "noarchive");
		else if (!strcasecmp(name, "article:tag"))
			add_tags(p, value_of(p, content));
		else if ((!strcasecmp(name, "keywords") || !strcasecmp(name, "news_keywords") ||
			     !strcasecmp(name, "parsely-tags")) &&
			 !m->tags_len)
			add_tags(p, value_of(p, content));
	}
}

static void
read_link(struct page *p, const struct html_node *n)
{
	const char *rel = html_attr(n, "rel"), *href = html_attr(n, "href");
	if (!rel || !href || !*href)
		return;
	if (!strcasecmp(rel, "canonical") && !p->meta.canonical)
		p->meta.canonical = href;
	else if (!strcasecmp(rel, "image_src"))
		offer(&p->meta, META_IMAGE, 4, href);
}

static const char *
text_of(struct page *p, struct html_node *n, size_t max)
{
	char *s = html_text_start(p->a, n, max);
	s = text_line(p->a, s, strlen(s), max + 1);
	return *s ? s : NULL;
}

/* Like text_of, NULL when it is too long to be only a name or a date. */
static const char *
short_text_of(struct page *p, struct html_node *n)
{
	const char *s = text_of(p, n, SHORT_MAX);
	return s && strlen(s) <= SHORT_MAX ? s : NULL;
}

static int
is_in_junk(const struct html_node *n)
{
	while (n && !n->data)
		n = n->parent;
	return n &&
	       (element_of(n)->inherited & (HINT_COMMENT | HINT_RELATED | HINT_NAV | HINT_CARD));
}

/* Microdata and microformats in the body. */
static void
read_body_element(struct page *p, struct html_node *n)
{
	unsigned own = n->data ? element_of(n)->own : hints_of(n);
	const char *prop = html_attr(n, "itemprop"), *content = html_attr(n, "content");
	const char *when = html_attr(n, "datetime");
	struct meta *m = &p->meta;
	if (prop && !strcasecmp(prop, "datePublished") && !is_in_junk(n))
		offer(m, META_PUBLISHED, 10, content ? content : when ? when : short_text_of(p, n));
	else if (prop && !strcasecmp(prop, "dateModified") && !is_in_junk(n))
		offer(m, META_MODIFIED, 10, content ? content : when ? when : short_text_of(p, n));
	else if (n->tag == HTML_TIME && !is_in_junk(n))
		offer(m, META_PUBLISHED, html_attr(n, "pubdate") ? 11 : 12,
		    when && *when ? when : short_text_of(p, n));
	else if (own & HINT_DATE && !is_in_junk(n) && n->tag != HTML_HTML && n->tag != HTML_BODY)
		offer(m, META_PUBLISHED, 14, short_text_of(p, n));
	if (own & HINT_AUTHOR && !is_in_junk(n) && n->tag != HTML_BODY) {
		const char *rel = html_attr(n, "rel");
		unsigned rank = rel && has_text(rel, "author") ? 11 : prop ? 10 : 13;
		offer(m, META_AUTHOR, rank, content && *content ? content : short_text_of(p, n));
	}
}

void
meta_collect(struct page *p)
{
	struct meta *m = &p->meta;
	p->ld.is_accessible_for_free = -1;
	m->html_lang = html_attr(p->doc->root, "lang");
	if (!m->html_lang)
		m->html_lang = html_attr(p->doc->root, "xml:lang");
	for (struct html_node *n = p->doc->root; n; n = html_next(p->doc->root, n)) {
		switch (n->tag) {
		case HTML_TEXT:
			continue;
		case HTML_META:
			read_meta(p, n);
			break;
		case HTML_LINK:
			read_link(p, n);
			break;
		case HTML_BASE:
			if (!m->base)
				m->base = html_attr(n, "href");
			break;
		case HTML_TITLE:
			if (!m->doc_title)
				m->doc_title = text_of(p, n, VALUE_MAX);
			break;
		case HTML_SCRIPT:
			if (n->first)
				jsonld_read(p->a, n->first->name, n->first->text_len, &p->ld);
			break;
		case HTML_H1:
			if (!m->h1 && !is_in_junk(n) && text_of(p, n, VALUE_MAX))
				m->h1 = n;
			break;
		default:
			if (n->attributes_len || n->tag == HTML_TIME)
				read_body_element(p, n);
		}
	}
}
