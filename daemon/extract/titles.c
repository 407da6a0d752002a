/*
 * The title, by agreement: no single source is right on more than five pages of six, but the right
 * title is nearly always among them, and often more than once.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"

#define CANDIDATES_MAX (TITLES_MAX + 4)

/* Weights of the sources, tried on 1,300 pages: h1 and og:title are written for readers, the title
 * element and JSON-LD for search engines, twitter:title copies one of them. */
#define W_H1  1.6
#define W_LD  0.6
#define W_OG  1.1
#define W_DOC 0.4
#define W_TW  0.2

struct candidate {
	const char *text, *tokens;
	double votes;
};

struct ballot {
	struct page *p;
	struct candidate list[CANDIDATES_MAX];
	size_t len;
};

static void
add(struct ballot *b, const char *text, double votes)
{
	if (!text || !*text || b->len == CANDIDATES_MAX)
		return;
	const char *tokens = text_tokens(b->p->a, text, NULL);
	if (*tokens)
		b->list[b->len++] = (struct candidate){text, tokens, votes};
}

/* The separators between a title and the name of its site, with the spaces around them. */
static const char *const separators[] = {" | ", " - ", " – ", " — ", " · ", " • ", " » ", " « ",
    " :: ", " / ", " > ", "｜", " ‹ ", " › ", " ★ ", "_"};

/* The last separator of S; NULL when it has none. */
static const char *
last_separator(const char *s, size_t *width)
{
	const char *last = NULL;
	for (size_t i = 0; i < sizeof separators / sizeof *separators; i++)
		for (const char *p = s; (p = strstr(p, separators[i])); p++)
			if (!last || p > last) {
				last = p;
				*width = strlen(separators[i]);
			}
	return last;
}

static int
is_other(const struct ballot *b, const char *tokens)
{
	for (size_t i = 0; i < b->len; i++)
		if (!strcmp(b->list[i].tokens, tokens))
			return 1;
	return 0;
}

/* The letters and digits of S alone, lower case: "The Daily" and "thedaily" are one. */
static char *
squeeze(struct arena *a, const char *s)
{
	char *t = text_tokens(a, s, NULL), *to = t;
	for (const char *p = t; *p; p++)
		if (*p != ' ')
			*to++ = *p;
	*to = '\0';
	return t;
}

static int
names_site(struct page *p, const char *part)
{
	const char *names[] = {p->article->site, p->meta.value[META_SITE], p->ld.publisher};
	char *squeezed = squeeze(p->a, part);
	size_t len = strlen(squeezed);
	if (len < 2)
		return 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!names[i])
			continue;
		const char *site = squeeze(p->a, names[i]);
		if (*site &&
		    (strstr(site, squeezed) || (strlen(site) >= 3 && strstr(squeezed, site))))
			return 1;
	}
	/* the name in the address */
	char *plain = text_line(p->a, p->url, strcspn(p->url + 8, "/") + 8, 300);
	const char *host = squeeze(p->a, plain);
	return len >= 3 && strstr(host, squeezed) != NULL;
}

/* TEXT without the name of the site at its end (or, before it, of the section). */
static const char *
without_site(struct ballot *b, const char *text)
{
	for (int parts = 0; parts < 3; parts++) {
		size_t width = 0;
		const char *at = last_separator(text, &width);
		if (!at || at == text)
			break;
		char *front = text_line(b->p->a, text, (size_t)(at - text), 2000);
		const char *tokens = text_tokens(b->p->a, front, NULL);
		if (!*tokens || (!names_site(b->p, at + width) && !is_other(b, tokens)))
			break;
		text = front;
	}
	return text;
}

/* Every title counts for those with the same words, and half for those that it begins with. */
static void
count_votes(struct ballot *b, double total[])
{
	for (size_t i = 0; i < b->len; i++) {
		total[i] = 0;
		for (size_t j = 0; j < b->len; j++)
			if (!strcmp(b->list[i].tokens, b->list[j].tokens))
				total[i] += b->list[j].votes;
	}
}

char *
title_choose(struct page *p)
{
	struct ballot b = {.p = p};
	const char *h1 = NULL;
	double total[CANDIDATES_MAX];
	if (p->meta.h1) {
		char *s = html_text_start(p->a, p->meta.h1, 1000);
		h1 = text_line(p->a, s, strlen(s), 1000);
		/* one that only names the site is a logo */
		if (names_site(p, h1))
			h1 = NULL;
	}
	add(&b, h1, W_H1);
	add(&b, p->ld.rank >= JSONLD_VIDEO ? p->ld.headline : NULL, W_LD);
	for (size_t i = 0; i < p->meta.titles_len; i++)
		add(&b, p->meta.titles[i], i == 0 ? W_OG : W_TW);
	add(&b, p->meta.doc_title, W_DOC);
	for (size_t i = 0; i < b.len; i++) {
		b.list[i].text = without_site(&b, b.list[i].text);
		b.list[i].tokens = text_tokens(p->a, b.list[i].text, NULL);
	}
	if (!b.len)
		return NULL;
	count_votes(&b, total);
	size_t best = 0;
	for (size_t i = 1; i < b.len; i++)
		if (total[i] > total[best])
			best = i;
	return arena_strdup(p->a, b.list[best].text);
}
