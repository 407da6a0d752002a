/*
 * credits: lines around a body that say where its text comes from: "Source: ...", "This story was
 * originally published by ...", an agency's copyright. They are no text: they leave the body and
 * become syndicated_from and agency.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"
#include "url.h"

#define TAIL_LINES  4  /* of the kept ones: where credits stand */
#define PAST_LINES  6  /* and so many dropped ones behind them are asked, too */
#define WORDS_MAX   60 /* of a line that is a credit */
#define BEGINS_BY   60 /* bytes within which such a line comes to its point */
#define NAME_MAX    80
#define LABEL_WORDS 12 /* of a line "Source: ..." */

/* What stands before the name of the source, in lower case. */
static const char *const labels[] = {"source:", "source :", "sources:", "quelle:", "quellen:",
    "fuente:", "fonte:", "bron:", "källa:", "kilde:", "lähde:", "źródło:", "zdroj:", "forrás:",
    "sursa:", "izvor:", "vir:", "kaynak:", "sumber:", "nguồn:", "источник:", "джерело:",
    "източник:", "πηγή:", "المصدر:", "منبع:", "स्रोत:", "出典：", "出典:", "来源：",
    "来源:", "來源：", "來源:", "출처:", "ที่มา:", "credit:", "via:", NULL};

/* Within the first words of a line; the name follows. */
static const char *const origins[] = {"originally published by ", "originally published on ",
    "originally published in ", "originally published at ", "originally appeared on ",
    "originally appeared in ", "originally appeared at ", "first published by ",
    "first published on ", "first published in ", "first published at ", "first appeared on ",
    "first appeared in ", "first appeared at ", "republished from ", "reprinted from ",
    "reprinted with permission from ", "republished with permission from ", "syndicated from ",
    "erschien zuerst bei ", "erschien zuerst auf ", "erschien zuerst in ", "erschien zuerst im ",
    "zuerst erschienen bei ", "zuerst erschienen auf ", "zuerst erschienen in ",
    "zuerst erschienen im ", "zuerst veröffentlicht auf ", "zuerst veröffentlicht bei ",
    "ursprünglich erschienen auf ", "ursprünglich erschienen in ", "publié initialement sur ",
    "publié initialement par ", "initialement publié sur ", "initialement publié par ",
    "initialement paru dans ", "initialement paru sur ", "d'abord paru dans ", "d'abord paru sur ",
    "d'abord été publié sur ", "publicado originalmente en ", "publicado originalmente por ",
    "publicó originalmente en ", "apareció por primera vez en ", "pubblicato originariamente su ",
    "pubblicato originariamente da ", "originariamente pubblicato su ",
    "apparso per la prima volta su ", "tratto da ", "publicado originalmente no ",
    "publicado originalmente na ", "publicado originalmente em ", "originalmente publicado no ",
    "originalmente publicado em ", "verscheen eerder op ", "verscheen eerder in ",
    "verscheen oorspronkelijk op ", "oorspronkelijk gepubliceerd door ", "publicerades först i ",
    "publicerades först på ", "ble først publisert i ", "ble først publisert på ",
    "oprindeligt bragt i ", "ukazał się pierwotnie w ", "pierwotnie opublikowany w ",
    "původně publikován na ", "впервые опубликовано в ", "впервые опубликована в ",
    "впервые опубликован в ", NULL};

static const char *const rights[] = {"copyright", "©", "(c)", NULL};

/* What an owner's name is not. */
static const char *
past_year(const char *s)
{
	for (int again = 1; again;) {
		again = 0;
		while (*s && strchr(" ,-", *s))
			s++;
		for (const char *const *r = rights; *r; r++)
			if (!strncasecmp(s, *r, strlen(*r))) {
				s += strlen(*r);
				again = 1;
			}
		for (; isdigit((unsigned char)*s); s++)
			again = 1;
		if (!strncasecmp(s, "by ", 3) || !strncasecmp(s, "the ", 4)) {
			s += s[0] == 't' || s[0] == 'T' ? 4 : 3;
			again = 1;
		}
	}
	return s;
}

/* "first published on Wednesday", "... on 21st of June 2017": S is when, not where. */
static int
is_time(const char *s)
{
	static const char *const words[] = {"monday", "tuesday", "wednesday", "thursday", "friday",
	    "saturday", "sunday", "january", "february", "march", "april", "may ", "june", "july",
	    "august", "september", "october", "november", "december", NULL};
	for (const char *const *w = words; *w; w++)
		if (!strncasecmp(s, *w, strlen(*w)))
			return 1;
	return isdigit((unsigned char)*s);
}

/* Past an article in lower case: "der EMOTION", "the Gazette". */
static const char *
past_article(const char *s)
{
	size_t n = strcspn(s, " ");
	return n && n <= 3 && s[n] == ' ' && islower((unsigned char)*s) &&
		       !islower((unsigned char)s[n + 1])
		   ? s + n + 1
		   : s;
}

/* The name that S begins with, in A; NULL when there is none. */
static char *
name_at(struct arena *a, const char *s)
{
	static const char *const ends[] = {" and is ", " and was ", " under ", " on ", " in ",
	    " with ", " – ", " — ", " | ", " am ", " le ", " el ", NULL};
	while (*s && strchr(" \"'*", *s))
		s++;
	s = past_article(s);
	if (is_time(s))
		return NULL;
	size_t len = strcspn(s, ",;:(\n");
	const char *stop = NULL;
	for (const char *dot = s; (dot = memchr(dot, '.', len - (size_t)(dot - s))) && !stop; dot++)
		if (dot[1] == ' ' || dot[1] == '\0') /* not that of a domain */
			stop = dot;
	if (stop)
		len = (size_t)(stop - s);
	char *name = arena_strndup(a, s, len);
	for (const char *const *e = ends; *e; e++) {
		char *at = strcasestr(name, *e);
		if (at && at > name)
			*at = '\0';
	}
	len = strlen(name);
	while (len && strchr(" \"'*", name[len - 1]))
		name[--len] = '\0';
	return len && len <= NAME_MAX && text_words(name) <= 8 ? name : NULL;
}

/* The host that the first link in BLOCK leads to; NULL: none, or the page's own. */
static char *
linked_host(struct page *p, const struct html_node *block)
{
	char host[256], own[256];
	for (struct html_node *n = (struct html_node *)block; n; n = html_next(block, n)) {
		const char *href = n->tag == HTML_A ? html_attr(n, "href") : NULL;
		char *url = href ? url_resolve(p->a, p->url, href) : NULL;
		if (!url || url_host(url, host, sizeof host))
			continue;
		if (!url_host(p->url, own, sizeof own) && !strcmp(host, own))
			return NULL;
		return arena_strdup(p->a, !strncmp(host, "www.", 4) ? host + 4 : host);
	}
	return NULL;
}

/* The source that TEXT names, NULL: it is no such line. */
static char *
source_of(struct page *p, const struct line *l, const char *text)
{
	size_t words = text_words(text);
	for (const char *const *s = labels; *s && words <= LABEL_WORDS; s++) {
		if (strncasecmp(text, *s, strlen(*s)) != 0)
			continue;
		const char *rest = text + strlen(*s);
		rest += strspn(rest, " ");
		int leads_on =
		    !strncasecmp(rest, "read ", 5) || phrase_is_read_more(rest) || !*rest;
		return leads_on ? linked_host(p, l->block) : name_at(p->a, rest);
	}
	for (const char *const *o = origins; *o && words <= WORDS_MAX; o++) {
		const char *at = strcasestr(text, *o);
		if (at && at - text <= BEGINS_BY)
			return name_at(p->a, at + strlen(*o));
	}
	return NULL;
}

/* The agency that TEXT gives the copyright to, or is the name of. */
static char *
agency_of(struct page *p, const char *text)
{
	if (text_words(text) > WORDS_MAX)
		return NULL;
	for (const char *const *r = rights; *r; r++)
		if (!strncasecmp(text, *r, strlen(*r))) {
			char *name = name_at(p->a, past_year(text));
			return name && name_is_agency(p->a, name) ? name : NULL;
		}
	return strlen(text) <= NAME_MAX && name_is_agency(p->a, text) ? arena_strdup(p->a, text)
								      : NULL;
}

/* "... (dpa/afp)" at the end of the last line. */
static char *
agency_at_end(struct page *p, const char *text)
{
	size_t len = strlen(text);
	const char *open = len && text[len - 1] == ')' ? strrchr(text, '(') : NULL;
	if (!open || len - (size_t)(open - text) > 40)
		return NULL;
	char *name = arena_strndup(p->a, open + 1, strlen(open) - 2);
	return name_is_agency(p->a, name) ? name : NULL;
}

void
credits_take(struct page *p)
{
	struct article *art = p->article;
	size_t kept = 0, past = 0;
	char *last_agency = NULL;
	for (size_t i = p->last; i-- > p->first && kept < TAIL_LINES;) {
		struct line *l = &p->lines[i];
		if (l->kind == LINE_EMBED || l->kind == LINE_CAPTION ||
		    (!l->kept && past++ >= PAST_LINES && !kept))
			continue;
		const char *text = line_text(p, l);
		char *source = source_of(p, l, text), *agency = agency_of(p, text);
		if (source && !art->syndicated_from && !title_is_site(p, source))
			art->syndicated_from = source;
		if (agency && !art->agency)
			art->agency = agency;
		if (l->kept && !kept && !last_agency)
			last_agency = agency_at_end(p, text);
		kept += (size_t)(l->kept != 0);
		if (l->kept && (source || agency)) {
			l->kept = 0;
			l->rule = RULE_CREDIT;
		}
	}
	if (!art->agency)
		art->agency = last_agency;
}
