/* signals: see signals.h. */
#include "signals.h"

#include <stddef.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define BUTTON_BYTES 60 /* a longer text is no button */

/* ---- of the whole page ---- */

/* Characters of S; Han, Kana and Hangul say as much as two letters. */
static size_t
characters(const char *s)
{
	size_t n = 0;
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		n += (c & 0xc0) != 0x80;
		n += c >= 0xe3 && c <= 0xed;
	}
	return n;
}

/* What classes and ids tell of an element, and where it is counted. */
static void
count_part(struct signals *s, const char *name)
{
	static const struct {
		const char *part;
		size_t at;
	} parts[] = {
	    {"captcha", offsetof(struct signals, captchas)},
	    {"cf-chl", offsetof(struct signals, captchas)},
	    {"turnstile", offsetof(struct signals, captchas)},
	    {"challenge-", offsetof(struct signals, captchas)},
	    {"paywall", offsetof(struct signals, paywalls)},
	    {"pay-wall", offsetof(struct signals, paywalls)},
	    {"regwall", offsetof(struct signals, paywalls)},
	    {"metered", offsetof(struct signals, paywalls)},
	    {"premium-wall", offsetof(struct signals, paywalls)},
	    {"video-player", offsetof(struct signals, players)},
	    {"videoplayer", offsetof(struct signals, players)},
	    {"jwplayer", offsetof(struct signals, players)},
	    {"video-js", offsetof(struct signals, players)},
	};
	for (size_t i = 0; name && i < sizeof parts / sizeof *parts; i++)
		if (strcasestr(name, parts[i].part))
			++*(unsigned *)(void *)((char *)s + parts[i].at);
}

/* Where scripts put the page; empty until then. */
static int
is_root(const struct html_node *n)
{
	static const char *const ids[] = {"root", "app", "__next", "__nuxt", "react-root",
	    "main-app", "app-root", "root-app", "reactroot", "svelte", "ember-app", "q-app",
	    "gatsby-focus-wrapper", "___gatsby", "single-spa-application"};
	const char *id = html_attr(n, "id");
	for (size_t i = 0; id && i < sizeof ids / sizeof *ids; i++)
		if (!strcasecmp(id, ids[i]))
			return !n->data || !element_of(n)->weight;
	return strncmp(n->name, "app-", 4) == 0 && !n->first;
}

static void
look_at(struct signals *s, struct html_node *n)
{
	switch (n->tag) {
	case HTML_TEXT:
	case HTML_HTML:
	case HTML_HEAD:
	case HTML_BODY: /* its classes tell of the site */
		return;
	case HTML_NOSCRIPT:
		if (!s->noscript)
			s->noscript = text_tokens(s->p->a, html_text_start(s->p->a, n, 400), NULL);
		return;
	case HTML_INPUT: {
		const char *type = html_attr(n, "type");
		s->passwords += type && !strcasecmp(type, "password");
		break;
	}
	case HTML_VIDEO:
		s->players++;
		break;
	default:
		break;
	}
	count_part(s, html_attr(n, "class"));
	count_part(s, html_attr(n, "id"));
	s->roots += is_root(n);
}

static const char *
title_words(struct page *p)
{
	const struct meta *m = &p->meta;
	const char *title = p->article->title ? p->article->title
			    : m->doc_title    ? m->doc_title
					      : "";
	return text_tokens(p->a, title, NULL);
}

void
signals_gather(struct signals *s)
{
	struct page *p = s->p;
	s->chars = characters(p->article->text);
	s->says_article =
	    p->ld.rank == JSONLD_ARTICLE ||
	    (p->meta.value[META_TYPE] && !strcasecmp(p->meta.value[META_TYPE], "article"));
	s->title = title_words(p);
	s->words = "";
	for (size_t i = 0; i < p->lines_len; i++)
		s->weight += p->lines[i].weight;
	if (s->weight < BARE_WEIGHT && p->raw)
		s->words = text_tokens(p->a, arena_strndup(p->a, p->raw, p->raw_len), NULL);
	if (s->chars >= WALL_CHARS)
		return;
	for (struct html_node *n = p->doc->root; n; n = html_next(p->doc->root, n))
		look_at(s, n);
}

/* ---- asked for ---- */

const char *
signals_accept_button(struct page *p)
{
	for (struct html_node *n = p->body; n; n = html_next(p->body, n)) {
		if (n->tag == HTML_TEXT)
			continue;
		const char *role = html_attr(n, "role"), *href = html_attr(n, "href");
		int button = n->tag == HTML_BUTTON || (role && !strcasecmp(role, "button")) ||
			     (n->tag == HTML_A && (!href || *href == '#' || *href == 'j'));
		char *text = button ? html_text_start(p->a, n, BUTTON_BYTES) : NULL;
		const char *found =
		    text ? page_words_are(PAGE_ACCEPT, text_tokens(p->a, text, NULL), 0.6) : NULL;
		if (found)
			return found;
	}
	return NULL;
}

const char *
signals_ask_for_money(struct page *p)
{
	size_t last = p->lines_len;
	while (last && !p->lines[last - 1].kept)
		last--;
	size_t from = last > 2 ? last - 2 : 0;
	for (size_t i = from; i < p->lines_len && i < last + 8; i++) {
		struct line *l = &p->lines[i];
		if (l->kind == LINE_EMBED || l->weight > 400)
			continue;
		const char *found =
		    page_words_find(PAGE_PAYWALL, text_tokens(p->a, line_text(p, l), NULL));
		if (found)
			return found;
	}
	return NULL;
}

size_t
signals_timed_entries(const struct page *p)
{
	const struct element *e = element_of(p->container);
	const char *last = NULL;
	size_t count = 0, at = SIZE_MAX;
	for (size_t i = 0; i < p->meta.claims_len; i++) {
		const struct claim *c = &p->meta.claims[i];
		if ((c->slot != META_PUBLISHED && c->slot != META_MODIFIED) || !c->node ||
		    !c->node->data || (last && !strcmp(last, c->value)))
			continue;
		size_t line = element_of(c->node)->first_line;
		if (line < e->first_line || line >= e->first_line + e->lines)
			continue;
		/* text between it and the one before */
		double prose = at == SIZE_MAX ? 0 : p->prose[line] - p->prose[at];
		count += at == SIZE_MAX || prose > 0;
		at = line;
		last = c->value;
	}
	return count;
}

int
signals_has_headline(struct page *p)
{
	if (p->title_line == SIZE_MAX || title_is_site(p, p->article->title))
		return 0;
	const struct line *l = &p->lines[p->title_line];
	return l->link_weight * 2 < l->weight;
}

/* The element that a simple selector (".class" or "#id") names first. */
static struct html_node *
select_first(const struct page *p, const char *selector)
{
	size_t len = strcspn(selector + 1, " .#:,>[") + 1;
	if ((*selector != '.' && *selector != '#') || len < 2)
		return NULL;
	for (struct html_node *n = p->body; n; n = html_next(p->body, n)) {
		const char *value =
		    n->tag == HTML_TEXT ? NULL : html_attr(n, *selector == '.' ? "class" : "id");
		for (const char *at = value; at && *at; at += strspn(at, " ")) {
			size_t word = strcspn(at, " ");
			if (word == len - 1 && !strncmp(at, selector + 1, word))
				return n;
			at += word;
		}
	}
	return NULL;
}

int
signals_have_paid_part(const struct page *p)
{
	struct html_node *n = p->ld.paid_selector ? select_first(p, p->ld.paid_selector) : NULL;
	return n && n->data && prose_in(p, n) > 0;
}

int
signals_lead_on(struct page *p)
{
	size_t last = p->lines_len;
	while (last && !p->lines[last - 1].kept)
		last--;
	for (size_t i = last; i < p->lines_len && i < last + 2; i++) {
		struct line *l = &p->lines[i];
		if (l->link_weight * 2 > l->weight && phrase_is_read_more(line_text(p, l)))
			return 1;
	}
	return 0;
}

double
signals_shared(struct page *p, const char *words, const char *tokens)
{
	size_t all = 0, in = 0;
	while (*words) {
		size_t len = strcspn(words, " ");
		const char *word = arena_strndup(p->a, words, len);
		const char *at = tokens;
		while ((at = strstr(at, word)) &&
		       ((at > tokens && at[-1] != ' ') || (at[len] && at[len] != ' ')))
			at++;
		all++;
		in += at != NULL;
		words += len + (words[len] == ' ');
	}
	return all ? (double)in / (double)all : 0;
}
