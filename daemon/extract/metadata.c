/*
 * The choice between the sources of the metadata.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "language.h"
#include "text.h"
#include "url.h"

#define SUBTITLE_MAX 1000
#define DATE_WORDS   6 /* of a date in a longer text */

static char *
first_of(struct arena *a, const char *one, const char *two)
{
	return arena_strdup(a, one && *one ? one : two);
}

/* ---- dates ---- */

/* "/2024/05/31/" or "2024-05-31" in the address. */
static int
date_in_url(const char *url, struct date *out)
{
	for (const char *p = url; *p; p++) {
		int n[3] = {0}, field = 0, digits = 0;
		if (p > url && p[-1] >= '0' && p[-1] <= '9')
			continue;
		const char *q = p;
		for (; field < 3; q++) {
			if (*q >= '0' && *q <= '9' && digits < 4) {
				n[field] = n[field] * 10 + *q - '0';
				digits++;
			} else if ((*q == '/' || *q == '-' || *q == '_') && field < 2 &&
				   digits == (field ? 2 : 4)) {
				field++;
				digits = 0;
			} else {
				break;
			}
		}
		if (field != 2 || digits != 2 || n[0] < 1990 || n[0] > 2100 || n[1] < 1 ||
		    n[1] > 12 || n[2] < 1 || n[2] > 31)
			continue;
		out->utc = date_days(n[0], n[1], n[2]) * 86400;
		out->precision = DATE_DAY;
		out->zone_known = 0;
		return 0;
	}
	return ERR_NOT_FOUND;
}

static int
try_date(const char *s, struct date *out)
{
	struct date d;
	if (!s || date_parse(s, &d) || d.precision < DATE_DAY)
		return 0;
	*out = d;
	return 1;
}

/* The same for the date of P's article, which keeps what was written. */
static int
try_published(struct page *p, const char *s)
{
	if (!try_date(s, &p->article->published))
		return 0;
	p->article->published_raw = arena_strdup(p->a, s);
	return 1;
}

/* A date within a short text: "Published August 7, 2023 by ...". */
static int
find_published(struct page *p, const char *s)
{
	if (!s || strlen(s) > 160 || !s[strcspn(s, "0123456789")])
		return 0;
	for (size_t from = 0; s[from];
	     from += strcspn(s + from, " ") + (s[from + strcspn(s + from, " ")] != 0)) {
		size_t ends[DATE_WORDS], n = 0;
		for (size_t at = from; n < DATE_WORDS && s[at];) {
			at += strcspn(s + at, " ");
			ends[n++] = at;
			at += s[at] == ' ';
		}
		while (n--) {
			size_t len = ends[n] - from;
			while (len && strchr(",.|)", s[from + len - 1]))
				len--;
			if (try_published(p, arena_strndup(p->a, s + from, len)))
				return 1;
		}
	}
	return 0;
}

static void
choose_dates(struct page *p)
{
	struct article *art = p->article;
	if (!try_published(p, p->ld.date_published) &&
	    !try_published(p, p->meta.value[META_PUBLISHED]) &&
	    !find_published(p, p->meta.value[META_PUBLISHED]))
		date_in_url(p->url, &art->published);
	if (!try_date(p->ld.date_modified, &art->modified))
		try_date(p->meta.value[META_MODIFIED], &art->modified);
	if (!art->published.precision)
		art->published = art->modified;
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

static void
choose_addresses(struct page *p)
{
	struct article *art = p->article;
	const char *declared = p->meta.canonical ? p->meta.canonical : p->meta.value[META_URL];
	char *base = p->meta.base ? url_resolve(p->a, p->url, p->meta.base) : NULL;
	const char *at = base && url_is_web(base) >= 0 ? base : p->url;
	if (declared)
		art->canonical = url_resolve(p->a, at, declared);
	if (art->canonical && url_is_web(art->canonical) < 0)
		art->canonical = NULL;
	/* another host may be right (syndication) but must not take over this page's identity; nor
	 * may a front page that every article names by mistake */
	if (art->canonical && same_host(art->canonical, p->url) &&
	    (!is_front_page(art->canonical) || is_front_page(p->url)))
		art->url = url_canonical(p->a, art->canonical);
	if (!art->url)
		art->url = url_canonical(p->a, p->url);
	if (!art->url)
		art->url = arena_strdup(p->a, p->url);
	const char *image = p->meta.value[META_IMAGE] ? p->meta.value[META_IMAGE] : p->ld.image;
	art->image = image ? url_resolve(p->a, at, image) : NULL;
	if (art->image && url_is_web(art->image) < 0)
		art->image = NULL;
}

/* ---- the rest ---- */

static void
choose_tags(struct page *p)
{
	struct article *art = p->article;
	if (!p->meta.tags_len && p->ld.keywords)
		for (const char *s = p->ld.keywords; *s && art->tags_len < 64;) {
			size_t len = strcspn(s, ",;");
			char *tag = text_line(p->a, s, len, 200);
			if (*tag)
				*ARENA_PUSH(p->a, art->tags, art->tags_len) = tag;
			s += len + (s[len] != '\0');
		}
	for (size_t i = 0; i < p->meta.tags_len; i++)
		*ARENA_PUSH(p->a, art->tags, art->tags_len) = arena_strdup(p->a, p->meta.tags[i]);
}

void
metadata_choose(struct page *p)
{
	struct article *art = p->article;
	art->site = first_of(p->a, p->meta.value[META_SITE], p->ld.publisher);
	art->title = title_choose(p);
	art->subtitle = first_of(p->a, p->meta.value[META_DESCRIPTION], p->ld.description);
	if (art->subtitle)
		art->subtitle = text_line(p->a, art->subtitle, strlen(art->subtitle), SUBTITLE_MAX);
	art->section = first_of(p->a, p->meta.value[META_SECTION], p->ld.section);
	art->noarchive = p->meta.noarchive;
	authors_choose(p);
	choose_dates(p);
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

void
metadata_choose_language(struct page *p)
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
