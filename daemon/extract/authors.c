/*
 * Who wrote it: people's names out of what sites put in their place.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"

#define NAME_MAX_LEN 80

/* "By" and its like, before a name. */
static const char *const openers[] = {"by ", "by: ", "von ", "par ", "por ", "di ", "da ", "door ",
    "av ", "af ", "od ", "autor: ", "autor ", "autorin: ", "author: ", "author ",
    "auteur: ", "auteur ", "text: ", "texte: ", "written by ", "posted by ", "reported by ",
    "story by ", "words by ", "tekst: ", "foto: ", "автор: ", "автор ", "oleh ",
    "yazar: ", "bài: ", "作者：", "作者:", "文／", "文/", "記者", "记者", "kirjoittanut ", "van ",
    "(", "– ", "- ", "— ", "· ", "| "};

/* What stands between two names. */
static const char *const joiners[] = {", ", ";", " & ", " and ", " und ", " et ", " y ", " e ",
    " i ", " en ", " och ", " og ", " ja ", " и ", " ve ", " | ", " / ", "、", "，", "・", " · ",
    " • ", " / ", "\n", " with ", " mit ", " та ", " και "};

/* Words that no person's name has. */
static const char *const no_names[] = {"http:", "https:", "www.", "@", ".com", ".de", ".org", "/",
    "admin", "staff", "editor", "redaktion", "redaction", "rédaction", "redacción", "redazione",
    "redação", "newsroom", "desk", "reporter", "correspondent", "korrespondent", "minutes",
    "updated", "published", "veröffentlicht", "aktualisiert", "follow", "share", "more ", "view ",
    "posts", "author", "written", "no author", "unknown", "contributor", "team", "bureau",
    "agencies"};

static int
begins(const char *s, const char *word)
{
	return !strncasecmp(s, word, strlen(word));
}

static const char *
skip_openers(const char *s)
{
	for (int again = 1; again;) {
		again = 0;
		while (*s == ' ')
			s++;
		for (size_t i = 0; i < sizeof openers / sizeof *openers; i++)
			if (begins(s, openers[i])) {
				s += strlen(openers[i]);
				again = 1;
			}
	}
	return s;
}

/* The next joiner in S of LEN bytes: its place, LEN when there is none, and its width. */
static size_t
find_joiner(const char *s, size_t len, size_t *width)
{
	size_t best = len;
	*width = 0;
	for (size_t i = 0; i < sizeof joiners / sizeof *joiners; i++) {
		size_t n = strlen(joiners[i]);
		const char *at = memmem(s, len, joiners[i], n);
		if (at && (size_t)(at - s) < best) {
			best = (size_t)(at - s);
			*width = n;
		}
	}
	return best;
}

static int
has_digit(const char *s)
{
	return s[strcspn(s, "0123456789")] != '\0';
}

static int
is_site(struct page *p, const char *name)
{
	const char *sites[] = {p->meta.value[META_SITE], p->ld.publisher, p->article->site};
	const char *tokens = text_tokens(p->a, name, NULL);
	for (size_t i = 0; i < sizeof sites / sizeof *sites; i++)
		if (sites[i] && !strcmp(tokens, text_tokens(p->a, sites[i], NULL)))
			return 1;
	return 0;
}

static int
is_person(const char *name)
{
	size_t words = text_words(name);
	if (strlen(name) < 3 || strlen(name) > NAME_MAX_LEN || has_digit(name) || words == 0)
		return 0;
	for (size_t i = 0; i < sizeof no_names / sizeof *no_names; i++)
		if (strcasestr(name, no_names[i]))
			return 0;
	return words <= 6 || (unsigned char)name[0] >= 0xe0;
}

struct names {
	char *list[AUTHORS_MAX];
	size_t len;
};

static void
add_name(struct page *p, struct names *all, const char *s, size_t len, int trusted)
{
	char *name = text_line(p->a, s, len, 200);
	name = text_line(p->a, skip_openers(name), strlen(skip_openers(name)), 200);
	size_t n = strlen(name);
	while (n && strchr(" ,;.|-:)(", name[n - 1]))
		name[--n] = '\0';
	if (!n || (!trusted && !is_person(name)) || strstr(name, "://") || is_site(p, name))
		return;
	for (size_t i = 0; i < all->len; i++)
		if (!strcasecmp(all->list[i], name))
			return;
	if (all->len < AUTHORS_MAX)
		all->list[all->len++] = name;
}

/* All names in TEXT. */
static void
add_names(struct page *p, struct names *all, const char *text, int trusted)
{
	if (!text)
		return;
	text = skip_openers(text);
	for (size_t len = strlen(text); len;) {
		size_t width, at = find_joiner(text, len, &width);
		add_name(p, all, text, at, trusted);
		text += at + width;
		len -= at + width;
	}
}

void
authors_choose(struct page *p)
{
	struct names all = {.len = 0};
	if (p->ld.rank >= JSONLD_VIDEO)
		for (size_t i = 0; i < p->ld.authors_len; i++)
			add_names(p, &all, p->ld.authors[i], 1);
	/* meta names one author each; of elements in the body the first that names somebody */
	int in_head = p->meta.rank[META_AUTHOR] < 10;
	int named = all.len != 0;
	for (size_t i = 0; !named && i < p->meta.authors_len && (in_head || !all.len); i++)
		if (!strstr(p->meta.authors[i], "://"))
			add_names(p, &all, p->meta.authors[i], in_head);
	/* nobody is named: then whom the page names instead, be it the publisher */
	for (size_t i = 0; !all.len && p->ld.rank >= JSONLD_VIDEO && i < p->ld.authors_len; i++)
		if (!strstr(p->ld.authors[i], "://"))
			all.list[all.len++] = p->ld.authors[i];
	if (!all.len)
		return;
	p->article->authors = arena_alloc(p->a, all.len * sizeof *p->article->authors);
	memcpy(p->article->authors, all.list, all.len * sizeof *p->article->authors);
	p->article->authors_len = all.len;
}
