/*
 * What the page says of itself, collected as written: meta, link, title, JSON-LD, microdata.
 * Chooses only between several values for the same thing by the rank of their source.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "rights.h"
#include "text.h"
#include "url.h"

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
    {"cxenseparse:title", META_TITLE, 4},
    {"title", META_TITLE, 4},
    {"citation_title", META_TITLE, 4},
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
    {"published-date", META_PUBLISHED, 6},
    {"published_date", META_PUBLISHED, 6},
    {"published_at", META_PUBLISHED, 6},
    {"published", META_PUBLISHED, 7},
    {"citation_publication_date", META_PUBLISHED, 6},
    {"citation_online_date", META_PUBLISHED, 6},
    {"citation_date", META_PUBLISHED, 7},
    {"prism.publicationdate", META_PUBLISHED, 6},
    {"bt:pubdate", META_PUBLISHED, 6},
    {"uploaddate", META_PUBLISHED, 8},
    {"dc:date", META_PUBLISHED, 7},
    {"dc:created", META_PUBLISHED, 7},
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
    {"modified-date", META_MODIFIED, 4},
    {"updated", META_MODIFIED, 4},
    {"dateupdate", META_MODIFIED, 4},
    {"revised", META_MODIFIED, 5},
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
    {"cxenseparse:author", META_AUTHOR, 2},
    {"article.author", META_AUTHOR, 2},
    {"authors", META_AUTHOR, 3},
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
offer_at(struct page *p, enum meta_slot slot, unsigned rank, const char *source, const char *value,
    const struct html_node *node)
{
	struct meta *m = &p->meta;
	if (!value || !*value)
		return;
	if (slot < META_CLAIMED) {
		if (m->claims_of[slot]++ < CLAIMS_MAX)
			*ARENA_PUSH(p->a, m->claims, m->claims_len) =
			    (struct claim){slot, rank, value, source, node};
	} else if (!m->rank[slot] || rank < m->rank[slot]) {
		m->rank[slot] = rank;
		m->value[slot] = value;
	}
}

/* Tags as one list: at commas and semicolons, else, where a line has neither, as one. */
static void
add_tags(struct page *p, const char *list)
{
	struct meta *m = &p->meta;
	while (list && *list && m->tags_len < TAGS_MAX) {
		size_t len = strcspn(list, ",;");
		const char *wide = strstr(list, "、");
		if (wide && (size_t)(wide - list) < len)
			len = (size_t)(wide - list);
		char *tag = text_line(p->a, list, len, 200);
		if (*tag)
			m->tags[m->tags_len++] = tag;
		list += len;
		list += !strncmp(list, "、", 3) ? 3 : *list != '\0';
	}
}

static int
has_text(const char *s, const char *word)
{
	return s && strcasestr(s, word) != NULL;
}

/* "og:title" is OpenGraph's, "twitter:title" Twitter's ... */
static const char *
kind_of_name(const char *name)
{
	return !strncasecmp(name, "og:", 3) || !strncasecmp(name, "article:", 8) ? "opengraph"
	       : !strncasecmp(name, "twitter:", 8)                               ? "twitter"
										 : "meta";
}

/* "Written by" as blog software translates it, in the label of a pair (twitter:label1 and
 * twitter:data1). */
static const char *const author_labels[] = {"written by", "by", "author", "geschrieben von",
    "verfasst von", "écrit par", "auteur", "escrito por", "autor", "scritto da", "geschreven door",
    "skrevet av", "skrevet af", "skriven av", "kirjoittanut", "napisane przez", "napsal",
    "scris de", "írta", "yazan", "написано автором", "автор", "interview by", "投稿者", "作者"};

static void
read_label(struct page *p, const char *name, const char *content)
{
	struct meta *m = &p->meta;
	const char *digit = name + strcspn(name, "0123456789");
	if (!strncasecmp(name, "twitter:label", 13)) {
		for (size_t i = 0; i < sizeof author_labels / sizeof *author_labels; i++)
			if (!strcasecmp(content, author_labels[i]))
				m->author_label = *digit;
	} else if (!strncasecmp(name, "twitter:data", 12) && *digit && *digit == m->author_label) {
		offer_at(p, META_AUTHOR, RANK_LABEL, "meta", value_of(p, content), NULL);
	}
}

/* What the attribute NAME of N names is CONTENT. */
static void
read_named(struct page *p, const struct html_node *n, const char *name, const char *content)
{
	struct meta *m = &p->meta;
	const char *source = n->tag == HTML_META ? kind_of_name(name) : "microdata";
	for (size_t i = 0; i < sizeof meta_names / sizeof *meta_names; i++)
		if (!strcasecmp(name, meta_names[i].name))
			offer_at(p, meta_names[i].slot,
			    n->tag == HTML_META ? meta_names[i].rank : RANK_ITEMPROP, source,
			    value_of(p, content), n->tag == HTML_META ? NULL : n);
	if (n->tag != HTML_META)
		return;
	if (!strcasecmp(name, "robots") || !strcasecmp(name, "newsd"))
		m->rights |= rights_read_robots(content, "newsd");
	else if (!strcasecmp(name, "googlebot")) /* who asks the largest means all */
		m->rights |= rights_read_robots(content, "newsd") & RIGHTS_NOARCHIVE;
	else if (!strcasecmp(name, "tdm-reservation"))
		m->rights |= rights_read_reservation(content);
	else if (!strcasecmp(name, "article:tag"))
		add_tags(p, value_of(p, content));
	else if ((!strcasecmp(name, "keywords") || !strcasecmp(name, "news_keywords") ||
		     !strcasecmp(name, "parsely-tags")) &&
		 !m->tags_len)
		add_tags(p, value_of(p, content));
	else
		read_label(p, name, content);
}

static int
is_in_junk(const struct html_node *n)
{
	while (n && !n->data)
		n = n->parent;
	return n &&
	       (element_of(n)->inherited & (HINT_COMMENT | HINT_RELATED | HINT_NAV | HINT_CARD));
}

static void
read_meta(struct page *p, const struct html_node *n)
{
	static const char *const attributes[] = {"property", "name", "itemprop", "http-equiv"};
	const char *content = html_attr(n, "content");
	if (!content || !*content || p->meta.metas++ >= METAS_MAX || is_in_junk(n))
		return;
	for (size_t i = 0; i < sizeof attributes / sizeof *attributes; i++) {
		const char *name = html_attr(n, attributes[i]);
		if (name)
			read_named(p, n, name, content);
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
		offer_at(p, META_IMAGE, 4, "link", href, NULL);
}

static const char *
text_of(struct page *p, struct html_node *n, size_t max)
{
	char *s = html_text_start(p->a, n, max);
	s = text_line(p->a, s, strlen(s), max + 1);
	return *s ? s : NULL;
}

/* The lines of N's text, NULL when it is too long to be only a name or a date. */
static const char *
short_text_of(struct page *p, struct html_node *n)
{
	char *s = html_text_start(p->a, n, SHORT_MAX);
	s = text_paragraphs(p->a, s, strlen(s), SHORT_MAX + 1);
	return *s && strlen(s) <= SHORT_MAX ? s : NULL;
}

/* What stands for the author N: its content, the name within it, its text. */
static const char *
author_text(struct page *p, struct html_node *n)
{
	const char *content = html_attr(n, "content");
	if (content && *content)
		return content;
	struct html_node *in = html_next(n, n);
	for (int i = 0; in && i < 50; in = html_next(n, in), i++) {
		const char *prop = in->tag == HTML_TEXT ? NULL : html_attr(in, "itemprop");
		if (prop && !strcasecmp(prop, "name"))
			return html_attr(in, "content") ? html_attr(in, "content")
							: short_text_of(p, in);
	}
	return short_text_of(p, n);
}

/* Does the address lead to a page about an author? */
static int
is_author_address(const char *href)
{
	static const char *const steps[] = {"author", "authors", "autor", "autoren", "autores",
	    "auteur", "auteurs", "autore", "autori", "contributor", "contributors", "profile",
	    "profiles", "profil", "team", "staff", "writer", "writers", "journalist", "journalists",
	    "journaliste", "journalistes", "reporter", "reporters", "redakteur", "redaktion",
	    "columnist", "columnists", "columnistas", "by", "byline", "bio", "expert", "experts",
	    "forfatter", "skribent", "penulis", "yazar", "yazarlar"};
	if (strstr(href, "?author=") || strstr(href, "&author="))
		return 1;
	for (const char *s = href; (s = strchr(s, '/'));) {
		size_t len = strcspn(++s, "/?#");
		if (s[len] != '/' || !s[len + 1] || s[len + 1] == '?')
			continue;
		for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
			if (strlen(steps[i]) == len && !strncasecmp(s, steps[i], len))
				return 1;
	}
	return 0;
}

static void
read_author(struct page *p, struct html_node *n, unsigned own)
{
	const char *rel = html_attr(n, "rel"), *prop = html_attr(n, "itemprop");
	const char *href = n->tag == HTML_A ? html_attr(n, "href") : NULL;
	if (p->meta.claims_of[META_AUTHOR] >= CLAIMS_MAX)
		return;
	if (own & HINT_AUTHOR && prop && has_text(prop, "author"))
		offer_at(p, META_AUTHOR, RANK_ITEMPROP, "microdata", author_text(p, n), n);
	else if (own & HINT_AUTHOR && rel && has_text(rel, "author"))
		offer_at(p, META_AUTHOR, RANK_REL, "element", short_text_of(p, n), n);
	else if (href && is_author_address(href))
		offer_at(p, META_AUTHOR, RANK_HREF, "element", short_text_of(p, n), n);
	else if (own & HINT_AUTHOR)
		offer_at(p, META_AUTHOR, RANK_CLASS, "element", author_text(p, n), n);
}

/* The date that N hides in its title, as microformats do: <abbr class="published"
 * title="2026-...">; NULL: none. */
static const char *
titled_date(const struct html_node *n)
{
	const char *title = html_attr(n, "title");
	return title && strspn(title, "0123456789") == 4 && title[4] == '-' ? title : NULL;
}

/* What a machine is to read of the date N, NULL: only its text. */
static const char *
written_date(const struct html_node *n)
{
	const char *content = html_attr(n, "content"), *when = html_attr(n, "datetime");
	return content && *content ? content : when && *when ? when : titled_date(n);
}

static void
read_date(struct page *p, struct html_node *n, unsigned own)
{
	const char *prop = html_attr(n, "itemprop"), *class = html_attr(n, "class");
	const char *value = written_date(n);
	if (p->meta.claims_of[META_PUBLISHED] >= CLAIMS_MAX)
		return;
	if (prop && (has_text(prop, "datePublished") || has_text(prop, "dateModified")))
		offer_at(p, has_text(prop, "datePublished") ? META_PUBLISHED : META_MODIFIED,
		    RANK_ITEMPROP, "microdata", value ? value : short_text_of(p, n), n);
	else if (n->tag == HTML_TIME)
		offer_at(p, META_PUBLISHED, html_attr(n, "pubdate") ? RANK_REL : RANK_TIME, "time",
		    value ? value : short_text_of(p, n), n);
	else if (own & HINT_DATE && n->tag != HTML_HTML && n->tag != HTML_BODY)
		offer_at(p, META_PUBLISHED, RANK_CLASS, "element",
		    value ? value : short_text_of(p, n), n);
	else if (class && titled_date(n) &&
		 (has_text(class, "published") || has_text(class, "updated")))
		offer_at(p, has_text(class, "published") ? META_PUBLISHED : META_MODIFIED,
		    RANK_CLASS, "element", titled_date(n), n);
}

/* Is all of the heading N a link to the root of the page's own host: the name of the site? */
static int
leads_home(struct page *p, const struct html_node *n)
{
	struct url_parts home, own;
	const struct html_node *around = n->parent && n->parent->tag == HTML_A ? n->parent : NULL;
	const struct html_node *a = around;
	for (const struct html_node *c = n->first; c && !around; c = c->next)
		if (c->tag == HTML_A && !a)
			a = c;
		else if (c->tag != HTML_TEXT || text_words(c->name))
			return 0;
	const char *href = a ? html_attr(a, "href") : NULL;
	const char *url = href ? url_resolve(p->a, p->url, href) : NULL;
	if (!url || url_split(url, &home) || url_split(p->url, &own))
		return 0;
	return home.host_len == own.host_len && !strncasecmp(home.host, own.host, home.host_len) &&
	       home.path_len <= 1 && !home.query;
}

static void
read_h1(struct page *p, struct html_node *n)
{
	if (leads_home(p, n))
		return;
	char *s = html_text_start(p->a, n, VALUE_MAX);
	s = text_paragraphs(p->a, s, strlen(s), VALUE_MAX);
	if (*s && p->meta.h1_len < H1_MAX)
		p->meta.h1[p->meta.h1_len++] = s;
}

static void
read_h2(struct page *p, struct html_node *n)
{
	const char *s = NULL;
	if (p->meta.h2_len < H2_MAX && !is_in_junk(n) && !leads_home(p, n))
		s = text_of(p, n, VALUE_MAX);
	if (s)
		p->meta.h2[p->meta.h2_len++] = s;
}

/* Microdata and microformats in the body. */
static void
read_body_element(struct page *p, struct html_node *n)
{
	unsigned own = n->data ? element_of(n)->own : hints_of(n);
	const char *prop = html_attr(n, "itemprop");
	if (n->tag == HTML_BODY || n->tag == HTML_HTML)
		return;
	const char *property = html_attr(n, "property"), *content = html_attr(n, "content");
	if (property && content && *content)
		read_named(p, n, property, content);
	if (prop && has_text(prop, "headline") && !is_in_junk(n))
		read_h1(p, n);
	read_date(p, n, own);
	read_author(p, n, own);
}

/* The page bears the marks of teasers or navigation around its headline, too. */
static void
read_any_h1(struct page *p)
{
	for (struct html_node *n = p->doc->root; n; n = html_next(p->doc->root, n))
		if (n->tag == HTML_H1)
			read_h1(p, n);
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
			if (!is_in_junk(n))
				read_h1(p, n);
			break;
		case HTML_H2:
		case HTML_H3:
			read_h2(p, n);
			if (n->attributes_len)
				read_body_element(p, n);
			break;
		default:
			if (n->attributes_len || n->tag == HTML_TIME)
				read_body_element(p, n);
		}
	}
	if (!m->h1_len)
		read_any_h1(p);
}
