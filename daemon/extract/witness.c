/*
 * The feed's entry as a witness: runs of its words are listened for on the page. What holds them is
 * likely the body, and a page that holds none of a long text under another title is another page.
 */
#include <string.h>

#include "extract_priv.h"
#include "hash.h"
#include "text.h"

#define RUN       4    /* tokens of a phrase: fewer are said by chance */
#define HEAD_MAX  2048 /* bytes of the feed's text that are listened for */
#define TITLE_MAX 1000
#define QUIET     20 /* weight of a line that is not worth a listening */

/* Walks the phrases of TOKENS: the next begins where the one before has its second token. */
static const char *
next_phrase(const char **tokens, size_t *len)
{
	const char *start = *tokens, *end = start;
	for (int i = 0; i < RUN; i++) {
		if (!*end)
			return NULL;
		end += strcspn(end + (i > 0), " ") + (i > 0);
		if (i == 0)
			*tokens = *end ? end + 1 : end;
	}
	*len = (size_t)(end - start);
	return start;
}

static size_t
learn(struct map *phrases, const char *tokens)
{
	const char *phrase;
	size_t len;
	while ((phrase = next_phrase(&tokens, &len)))
		map_put(phrases, hash64(phrase, len) | 1, phrases);
	return phrases->count;
}

static unsigned
listen(const struct map *phrases, const char *tokens)
{
	const char *phrase;
	size_t len;
	unsigned heard = 0;
	while ((phrase = next_phrase(&tokens, &len)))
		heard += map_get(phrases, hash64(phrase, len) | 1) != NULL;
	return heard;
}

/* The plain text of MARKUP. */
static const struct article *
read_markup(struct page *p, const char *markup)
{
	struct article *a;
	size_t len = text_cut(markup, strlen(markup), JOB_WITNESS_MAX);
	return extract_fragment(p->a, p->url, markup, len, &a, NULL) ? NULL : a;
}

void
witness_hear(struct page *p, const char *title, const char *markup)
{
	struct map phrases = {0};
	const struct article *said = markup && *markup ? read_markup(p, markup) : NULL;
	if (!said || !*said->text)
		return;
	size_t head = text_cut(said->text, strlen(said->text), HEAD_MAX);
	const char *tokens = text_tokens(p->a, arena_strndup(p->a, said->text, head), NULL);
	size_t count = learn(&phrases, tokens);
	if (count) {
		struct witness *w = p->witness = arena_zalloc(p->a, sizeof *w);
		size_t len = title ? text_cut(title, strlen(title), TITLE_MAX) : 0;
		w->title = text_tokens(p->a, arena_strndup(p->a, title ? title : "", len), NULL);
		w->words = said->words;
		w->phrases = count;
		w->heard = arena_zalloc(p->a, (p->lines_len + 1) * sizeof *w->heard);
		for (size_t i = 0; i < p->lines_len; i++) {
			struct line *l = &p->lines[i];
			int loud = l->kind != LINE_EMBED && l->weight >= QUIET;
			w->heard[i + 1] =
			    w->heard[i] +
			    (loud ? listen(&phrases, text_tokens(p->a, line_text(p, l), NULL)) : 0);
		}
	}
	map_clear(&phrases);
}

double
witness_in(const struct page *p, const struct html_node *n)
{
	if (!p->witness)
		return 0;
	const struct element *e = element_of(n);
	const struct witness *w = p->witness;
	double share = (double)(w->heard[e->first_line + e->lines] - w->heard[e->first_line]) /
		       (double)w->phrases;
	return share < 1 ? share : 1;
}
