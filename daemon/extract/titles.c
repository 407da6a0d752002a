/*
 * The title, by agreement: no single source is right on more than five pages of six, but the right
 * title is nearly always among them, and often more than once.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"
#include "url.h"

#define CANDIDATES_MAX 32
#define PARTS_MAX      4 /* of a title that may be the site's, its section's ... */

/* Weights of the sources. The visible headline outweighs the head's titles, which are mostly copies
 * of each other; without one OpenGraph's is written for readers, the others for search engines. */
#define W_H1  3.0
#define W_LD  0.7
#define W_OG  1.1
#define W_DOC 0.4
#define W_TW  0.2

/* An h1 that shares less with every title of the head is a logo, a section or a widget. */
#define H1_LIKENESS       0.25
/* And one that shares less gives way to a lower heading that is word for word one of these: .4 to
 * .6 gain two titles of 791 each way. */
#define HEADLINE_LIKENESS 0.5
#define LIKENESS_WORDS    40 /* of a title that are compared */

struct candidate {
	const char *text, *tokens, *source;
	double votes;
};

struct ballot {
	struct page *p;
	struct candidate list[CANDIDATES_MAX];
	size_t len;
};

/* ---- the site's name ---- */

/* The separators between a title and the name of its site, with the spaces around them. */
static const char *const separators[] = {" | ", " - ", " – ", " — ", " · ", " • ", " » ", " « ",
    " :: ", " : ", " / ", " > ", "｜", " ‹ ", " › ", " ★ ", "_", "：", "|", " ǀ ", " ("};

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

static const char *
first_separator(const char *s, size_t *width)
{
	const char *first = NULL;
	for (size_t i = 0; i < sizeof separators / sizeof *separators; i++) {
		const char *p = strstr(s, separators[i]);
		if (p && (!first || p < first)) {
			first = p;
			*width = strlen(separators[i]);
		}
	}
	return first;
}

/* The letters and digits of S alone, lower case: "The Daily" and "thedaily" are one. */
char *
title_squeeze(struct arena *a, const char *s)
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
	char *squeezed = title_squeeze(p->a, part);
	size_t len = strlen(squeezed);
	if (len < 2)
		return 0;
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		if (!names[i])
			continue;
		const char *site = title_squeeze(p->a, names[i]);
		if (*site &&
		    (strstr(site, squeezed) || (strlen(site) >= 3 && strstr(squeezed, site))))
			return 1;
	}
	/* the name in the address */
	char host[256];
	return len >= 3 && !url_host(p->url, host, sizeof host) &&
	       strstr(title_squeeze(p->a, host), squeezed) != NULL;
}

int
title_is_site(struct page *p, const char *name)
{
	const char *names[] = {p->meta.value[META_SITE], p->ld.publisher, p->article->site};
	const char *squeezed = title_squeeze(p->a, name);
	char host[256];
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (names[i] && !strcmp(squeezed, title_squeeze(p->a, names[i])))
			return 1;
	if (url_host(p->url, host, sizeof host))
		return 0;
	const char *bare = !strncmp(host, "www.", 4) ? host + 4 : host;
	const char *label = title_squeeze(p->a, arena_strndup(p->a, bare, strcspn(bare, ".")));
	return !strcmp(squeezed, title_squeeze(p->a, bare)) || !strcmp(squeezed, label);
}

/* Is PART the page's section, by its metadata or a step of its address? */
static int
names_section(struct page *p, const char *part)
{
	const char *sections[] = {p->meta.value[META_SECTION], p->ld.section};
	const char *squeezed = title_squeeze(p->a, part);
	if (!*squeezed)
		return 0;
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
		if (sections[i] && !strcmp(squeezed, title_squeeze(p->a, sections[i])))
			return 1;
	for (const char *s = strchr(p->url + 8, '/'); s; s = strchr(s, '/')) {
		size_t len = strcspn(++s, "/?#");
		if (s[len] == '/' &&
		    !strcmp(squeezed, title_squeeze(p->a, arena_strndup(p->a, s, len))))
			return 1;
	}
	return 0;
}

/* ---- candidates ---- */

static int
is_other(const struct ballot *b, const char *tokens)
{
	for (size_t i = 0; i < b->len; i++)
		if (!strcmp(b->list[i].tokens, tokens))
			return 1;
	return 0;
}

/* TEXT without the site's name or a date before it. */
static const char *
without_front(struct ballot *b, const char *text)
{
	struct arena *a = b->p->a;
	struct date d;
	size_t width = 0;
	const char *at = first_separator(text, &width);
	if (!at || at == text || text_words(at + width) < 2)
		return text;
	const char *front = arena_strndup(a, text, (size_t)(at - text));
	if (!is_other(b, text_tokens(a, at + width, NULL)) && !title_is_site(b->p, front) &&
	    date_parse(front, &d) != 0)
		return text;
	return text_line(a, at + width, strlen(at + width), 2000);
}

/* TEXT without the name of the site, and the sections beside it, at its end or beginning. */
static const char *
without_site(struct ballot *b, const char *text)
{
	struct arena *a = b->p->a;
	int site = 0;
	for (int parts = 0; parts < PARTS_MAX; parts++) {
		size_t width = 0;
		const char *at = last_separator(text, &width);
		if (!at || at == text)
			break;
		char *front = text_line(a, text, (size_t)(at - text), 2000);
		const char *tokens = text_tokens(a, front, NULL), *part = at + width;
		if (!*tokens || (!names_site(b->p, part) && !is_other(b, tokens) &&
				    !(site && names_section(b->p, part))))
			break;
		site = 1;
		text = front;
	}
	return without_front(b, text);
}

static void
add(struct ballot *b, const char *text, const char *source, double votes)
{
	if (!text || !*text || b->len == CANDIDATES_MAX)
		return;
	const char *tokens = text_tokens(b->p->a, text, NULL);
	if (*tokens)
		b->list[b->len++] = (struct candidate){text, tokens, source, votes};
}

/* How many of the words of the shorter list (words joined by a space) are in the other, 0 - 1. */
static double
likeness(struct arena *a, const char *one, const char *other)
{
	size_t words = 0, common = 0;
	const char *few = strlen(one) < strlen(other) ? one : other;
	char *many = arena_printf(a, " %s ", few == one ? other : one);
	for (const char *p = few; *p && words < LIKENESS_WORDS;) {
		size_t len = strcspn(p, " ");
		words++;
		common += strstr(many, arena_printf(a, " %.*s ", (int)len, p)) != NULL;
		p += len + (p[len] == ' ');
	}
	return words ? (double)common / (double)words : 0;
}

/* A title of the head is TOKENS, a separator and something else: the name of the site. */
static int
begins_a_title(const struct ballot *b, const char *tokens)
{
	for (size_t i = 0; i < b->len; i++) {
		size_t width;
		const char *text = b->list[i].text, *end = last_separator(text, &width);
		if (end &&
		    !strcmp(tokens, text_tokens(b->p->a,
					arena_strndup(b->p->a, text, (size_t)(end - text)), NULL)))
			return 1;
	}
	return 0;
}

/* How like the titles of the head TOKENS are: 0 - 1, 2 for the same. */
static double
likeness_to_head(const struct ballot *b, const char *tokens)
{
	double most = 0;
	for (size_t j = 0; j < b->len; j++) {
		double l = !strcmp(tokens, b->list[j].tokens)
			       ? 2
			       : likeness(b->p->a, tokens, b->list[j].tokens);
		most = l > most ? l : most;
	}
	return most;
}

/* TEXT on one line, or that line of it that is the title by another source: the others are a
 * kicker, a date, a second title. */
static const char *
line_of_h1(const struct ballot *b, const char *text)
{
	struct arena *a = b->p->a;
	for (const char *s = text; strchr(text, '\n') && *s;) {
		size_t len = strcspn(s, "\n");
		char *line = arena_strndup(a, s, len);
		if (text_words(line) >= 3 && is_other(b, text_tokens(a, line, NULL)))
			return line;
		s += len + (s[len] != '\0');
	}
	return text_line(a, text, strlen(text), 2000);
}

/* A lower heading that is word for word what the head says; NULL: none is. */
static const char *
choose_h2(const struct ballot *b)
{
	const struct meta *m = &b->p->meta;
	for (size_t i = 0; i < m->h2_len; i++)
		if (text_words(m->h2[i]) >= 3 && is_other(b, text_tokens(b->p->a, m->h2[i], NULL)))
			return m->h2[i];
	return NULL;
}

/* The headline: the h1 most like what the head says, or a lower heading that is just that where no
 * h1 is. NULL when all are of something else. */
static const char *
choose_headline(const struct ballot *b)
{
	struct page *p = b->p;
	const char *best = NULL;
	double most = 0;
	/* where the head says little, a lone h1 is the title whatever it says */
	int alone = p->meta.h1_len == 1 && b->len <= 1;
	for (size_t i = 0; i < p->meta.h1_len; i++) {
		const char *text = line_of_h1(b, p->meta.h1[i]);
		const char *tokens = text_tokens(p->a, text, NULL);
		size_t words = text_words(tokens);
		double like = !b->len                     ? 1
			      : begins_a_title(b, tokens) ? 2
							  : likeness_to_head(b, tokens);
		double least = words < 3 ? 2 : alone ? 0 : words == 3 ? 0.6 : H1_LIKENESS;
		/* one that only names the site is a logo */
		if (!*tokens || like < least || (best && like <= most) ||
		    (like < 2 && names_site(p, text)))
			continue;
		best = text;
		most = like;
	}
	const char *lower = most < HEADLINE_LIKENESS ? choose_h2(b) : NULL;
	return lower ? lower : best;
}

static int
ends_with_words(const char *tokens, const char *end)
{
	size_t len = strlen(tokens), n = strlen(end);
	return n && len > n && tokens[len - n - 1] == ' ' && !strcmp(tokens + len - n, end);
}

static double
votes_for(const struct ballot *b, const char *tokens)
{
	double votes = 0;
	for (size_t i = 0; i < b->len; i++)
		if (!strcmp(b->list[i].tokens, tokens))
			votes += b->list[i].votes;
	return votes;
}

/*
 * A kicker before the title: whether it belongs to it, the other sources say. An h1 with one that
 * nobody else has votes for the title without it; an h1 without the one that both JSON-LD and
 * OpenGraph have is only half.
 */
static void
weigh_kicker(struct ballot *b, struct candidate *h1)
{
	if (votes_for(b, h1->tokens) > h1->votes)
		return;
	for (size_t i = 0; i < b->len; i++) {
		size_t kicker = strlen(h1->tokens) - strlen(b->list[i].tokens);
		if (ends_with_words(h1->tokens, b->list[i].tokens) &&
		    text_words(b->list[i].text) >= 3 &&
		    strcspn(h1->tokens, "0123456789") >= kicker) {
			h1->text = b->list[i].text;
			h1->tokens = b->list[i].tokens;
			return;
		}
		if (ends_with_words(b->list[i].tokens, h1->tokens) &&
		    votes_for(b, b->list[i].tokens) >= W_OG + W_LD)
			h1->votes = W_H1 / 2;
	}
}

/* The words of an h1 whose markup ran two of them together ("LiveDer") stand apart in the head. */
static const char *
with_words_apart(const struct ballot *b, const char *h1)
{
	const char *squeezed = title_squeeze(b->p->a, h1);
	for (size_t i = 0; i < b->len; i++)
		if (text_words(b->list[i].text) > text_words(h1) &&
		    !strcmp(squeezed, title_squeeze(b->p->a, b->list[i].text)))
			return b->list[i].text;
	return h1;
}

static double
weight_of(const char *source, int first)
{
	return !strcmp(source, "opengraph") && first ? W_OG : W_TW;
}

static void
read_head(struct ballot *b)
{
	struct page *p = b->p;
	int opengraph = 0;
	for (size_t i = 0; i < p->meta.claims_len; i++) {
		const struct claim *c = &p->meta.claims[i];
		if (c->slot != META_TITLE)
			continue;
		add(b, c->value, c->source, weight_of(c->source, !opengraph));
		opengraph |= !strcmp(c->source, "opengraph");
	}
	add(b, p->ld.headline, "jsonld", p->ld.rank >= JSONLD_VIDEO ? W_LD : W_TW);
	add(b, p->meta.doc_title, "title", W_DOC);
	for (size_t i = 0; i < b->len; i++) {
		b->list[i].text = without_site(b, b->list[i].text);
		b->list[i].tokens = text_tokens(p->a, b->list[i].text, NULL);
	}
}

static int
is_shouting(const char *s)
{
	int large = 0;
	for (; *s; s++) {
		if ((*s >= 'a' && *s <= 'z') || (unsigned char)*s >= 0x80)
			return 0;
		large += *s >= 'A' && *s <= 'Z';
	}
	return large > 8;
}

void
title_choose(struct page *p)
{
	struct ballot *b = arena_zalloc(p->a, sizeof *b);
	size_t best;
	b->p = p;
	read_head(b);
	const char *h1 = choose_headline(b);
	if (h1) {
		add(b, with_words_apart(b, without_site(b, h1)), "h1", W_H1);
		if (b->len)
			weigh_kicker(b, &b->list[b->len - 1]);
	}
	if (!b->len)
		return;
	best = b->len - 1; /* the h1, the last, wins a draw: it is what readers see */
	for (size_t i = 0; i + 1 < b->len; i++)
		if (votes_for(b, b->list[i].tokens) > votes_for(b, b->list[best].tokens))
			best = i;
	/* the same words, but not in capitals only */
	for (size_t i = 0; i < b->len && is_shouting(b->list[best].text); i++)
		if (!strcmp(b->list[i].tokens, b->list[best].tokens) &&
		    !is_shouting(b->list[i].text))
			best = i;
	p->article->title = arena_strdup(p->a, b->list[best].text);
	p->article->title_source = arena_strdup(p->a, b->list[best].source);
}
