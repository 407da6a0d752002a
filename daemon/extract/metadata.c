/*
 * The choice between the sources of the metadata.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "language.h"
#include "rights.h"
#include "text.h"
#include "url.h"

#define SUBTITLE_MAX    1000
#define IMAGE_WIDTH_MIN 200 /* pixels */

static char *
first_of(struct arena *a, const char *one, const char *two)
{
	return arena_strdup(a, one && *one ? one : two);
}

/* ---- addresses ---- */

/* Is HOST, or one with "www.", "m." or "amp." before it, the same as OTHER, or its parent? */
static int
same_host(const char *one, const char *other)
{
	char a[256], b[256];
	if (url_host(one, a, sizeof a) || url_host(other, b, sizeof b))
		return 0;
	const char *longer = strlen(a) > strlen(b) ? a : b, *shorter = longer == a ? b : a;
	size_t more = strlen(longer) - strlen(shorter);
	if (!strcasecmp(longer + more, shorter) && (more == 0 || longer[more - 1] == '.'))
		return strchr(shorter, '.') != NULL;
	/* www.x and m.x */
	const char *rest_a = strchr(a, '.'), *rest_b = strchr(b, '.');
	return rest_a && rest_b && strchr(rest_a + 1, '.') && !strcasecmp(rest_a, rest_b);
}

static int
is_front_page(const char *url)
{
	struct url_parts u;
	return !url_split(url, &u) && u.path_len <= 1 && !u.query;
}

/* REF, in the form to fetch: what a page wrote into it moves no cursor. NULL: it leads nowhere. */
static char *
web_address(struct arena *a, const char *base, const char *ref)
{
	char *url = ref ? url_resolve(a, base, ref) : NULL;
	return url ? url_fetch_form(a, url) : NULL;
}

static void
choose_addresses(struct page *p)
{
	struct article *art = p->article;
	const char *declared = p->meta.canonical ? p->meta.canonical : p->meta.value[META_URL];
	char *base = p->meta.base ? url_resolve(p->a, p->url, p->meta.base) : NULL;
	const char *at = base && url_is_web(base) >= 0 ? base : p->url;
	art->canonical = web_address(p->a, at, declared);
	/* another host may be right (syndication) but must not take over this page's identity; nor
	 * may a front page that every article names by mistake */
	if (art->canonical && same_host(art->canonical, p->url) &&
	    (!is_front_page(art->canonical) || is_front_page(p->url)))
		art->url = url_canonical(p->a, art->canonical);
	struct url_parts parts;
	if (!art->url && !url_split(p->url, &parts))
		art->url = url_canonical(p->a, p->url);
	const char *image = p->meta.value[META_IMAGE] ? p->meta.value[META_IMAGE] : p->ld.image;
	art->image = web_address(p->a, at, image);
}

/* ---- the rest ---- */

static void
add_tag(struct page *p, const char *tag)
{
	struct article *art = p->article;
	for (size_t i = 0; i < art->tags_len; i++)
		if (!strcasecmp(art->tags[i], tag))
			return;
	if (art->tags_len < TAGS_MAX)
		*ARENA_PUSH(p->a, art->tags, art->tags_len) = arena_strdup(p->a, tag);
}

static void
choose_tags(struct page *p)
{
	for (size_t i = 0; i < p->meta.tags_len; i++)
		add_tag(p, p->meta.tags[i]);
	for (const char *s = p->meta.tags_len ? NULL : p->ld.keywords; s && *s;) {
		size_t len = strcspn(s, ",;");
		char *tag = text_line(p->a, s, len, 200);
		if (*tag)
			add_tag(p, tag);
		s += len + (s[len] != '\0');
	}
}

static void
choose_subtitle(struct page *p)
{
	struct article *art = p->article;
	art->subtitle = first_of(p->a, p->meta.value[META_DESCRIPTION], p->ld.description);
	if (art->subtitle)
		art->subtitle = text_line(p->a, art->subtitle, strlen(art->subtitle), SUBTITLE_MAX);
}

void
metadata_choose(struct page *p)
{
	struct article *art = p->article;
	art->site = first_of(p->a, p->meta.value[META_SITE], p->ld.publisher);
	title_choose(p);
	art->section = first_of(p->a, p->meta.value[META_SECTION], p->ld.section);
	art->rights = p->meta.rights;
	art->noarchive = (art->rights & RIGHTS_NOARCHIVE) != 0;
	choose_subtitle(p);
	choose_addresses(p);
	choose_tags(p);
}

/* Languages that detection by frequent words confuses, so that it can't overrule a declaration. */
static int
are_close(const char *a, const char *b)
{
	static const char *const groups[] = {" nb nn no da sv ", " hr sr bs sl mk bg ", " id ms ",
	    " cs sk ", " es ca gl pt ", " ru uk be bg ", " hi mr ne ", " ar fa ur ps "};
	char one[8], two[8];
	snprintf(one, sizeof one, " %.*s ", (int)strcspn(a, "-"), a);
	snprintf(two, sizeof two, " %.*s ", (int)strcspn(b, "-"), b);
	for (size_t i = 0; i < sizeof groups / sizeof *groups; i++)
		if (strstr(groups[i], one) && strstr(groups[i], two))
			return 1;
	return 0;
}

static void
choose_language(struct page *p)
{
	const char *said[] = {p->ld.language, p->meta.html_lang, p->meta.value[META_LANGUAGE]};
	char declared[LANGUAGE_MAX] = "", detected[LANGUAGE_MAX];
	double confidence;
	for (size_t i = 0; i < sizeof said / sizeof *said && !*declared; i++)
		language_normalise(said[i], declared);
	language_detect(p->article->text, strlen(p->article->text), detected, &confidence);
	int detect_wins =
	    *detected && (!*declared || (confidence >= 0.7 && p->article->words >= 40 &&
					    !language_same(declared, detected) &&
					    !are_close(declared, detected)));
	if (!*detected && !*declared)
		return;
	p->article->language = arena_strdup(p->a, detect_wins ? detected : declared);
	p->article->language_source = arena_strdup(p->a, detect_wins ? "detected" : "declared");
}

/* Icons and pixels give themselves away by their size, placeholders by their scheme. */
static int
is_picture(const struct html_node *n)
{
	const char *src = html_attr(n, "src"), *width = html_attr(n, "width");
	return src && *src && strncasecmp(src, "data:", 5) != 0 &&
	       (!width || strspn(width, "0123456789") == 0 ||
		   strtol(width, NULL, 10) >= IMAGE_WIDTH_MIN);
}

/* The head names no image: the first of the body. */
static void
find_image(struct page *p)
{
	for (struct html_node *n = p->container; n && !p->article->image;
	     n = html_next(p->container, n)) {
		if (n->tag != HTML_IMG || !is_picture(n) || place_is_junk(p, n))
			continue;
		char *url = url_resolve(p->a, p->url, html_attr(n, "src"));
		if (url && url_is_web(url) >= 0)
			p->article->image = url;
	}
}

void
metadata_choose_rest(struct page *p)
{
	place_prepare(p);
	find_image(p);
	authors_choose(p);
	dates_choose(p);
	choose_language(p);
	links_collect(p);
}
