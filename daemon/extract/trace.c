/*
 * What was decided, for people who ask: every line of the page with the rule that took it or not,
 * and every claim of title, dates and authors with the one that won. Made only when it is wanted,
 * from what the rules leave behind.
 */
#include <math.h>
#include <string.h>

#include "extract_priv.h"
#include "text.h"

#define LINES_MAX       5000
#define CLAIMS_TOLD_MAX 200
#define TEXT_MAX        240 /* bytes */

static int
is_inside(const struct page *p, size_t line)
{
	return line >= p->first && line < p->last;
}

/* The model's log odds as a probability; nobody asked it about lines outside the container. */
static double
score_of(const struct page *p, size_t line)
{
	return is_inside(p, line) ? 1 / (1 + exp(-p->lines[line].score / 1000.0)) : 0;
}

static const char *
rule_of(const struct page *p, size_t line)
{
	const struct line *l = &p->lines[line];
	if (l->rule != RULE_NONE && !l->kept)
		return rule_names[l->rule];
	if (is_inside(p, line))
		return "";
	return l->kept ? "standfirst" : "outside";
}

static char *
head_of(struct page *p, const char *s)
{
	return text_line(p->a, s, strlen(s), TEXT_MAX);
}

static void
trace_lines(struct page *p)
{
	struct article *art = p->article;
	for (size_t i = 0; i < p->lines_len && art->trace_len < LINES_MAX; i++) {
		struct line *l = &p->lines[i];
		char *text = head_of(p, line_text(p, l));
		if (!*text)
			continue;
		*ARENA_PUSH(p->a, art->trace, art->trace_len) =
		    (struct trace_line){.type = l->kind == LINE_EMBED     ? BLOCK_EMBED
						: l->kind == LINE_CAPTION ? BLOCK_CAPTION
									  : line_block_type(l),
			.kept = l->kept,
			.rule = rule_of(p, i),
			.score = score_of(p, i),
			.text = text};
	}
}

/* VALUE holds what was chosen of the title. */
static int
is_title(struct page *p, const char *value)
{
	const char *title = p->article->title;
	return title && strstr(text_tokens(p->a, value, NULL), text_tokens(p->a, title, NULL));
}

static int
is_date(const struct date *date, const char *value)
{
	struct date d;
	return date->precision != DATE_NONE && !date_parse(value, &d) && d.utc == date->utc;
}

static int
is_author(const struct page *p, const char *value)
{
	for (size_t i = 0; i < p->article->authors_len; i++)
		if (strstr(value, p->article->authors[i]))
			return 1;
	return 0;
}

/* Dates call all of the head's meta elements "meta". NULL: nobody keeps which was chosen. */
static int
is_chosen(const char *chosen, const char *source)
{
	return !chosen || !strcmp(chosen, source) ||
	       (!strcmp(chosen, "meta") &&
		   (!strcmp(source, "opengraph") || !strcmp(source, "twitter")));
}

static const char *const fields[META_CLAIMED] = {
    [META_TITLE] = "title",
    [META_PUBLISHED] = "published",
    [META_MODIFIED] = "modified",
    [META_AUTHOR] = "author",
};

/* What SOURCE says of SLOT. What agrees with the choice has won where it is the first of the source
 * that was chosen; where that is not known, the first of all. */
static void
add_claim(struct page *p, enum meta_slot slot, const char *source, const char *value)
{
	struct article *art = p->article;
	if (!value || !*value || art->claims_len == CLAIMS_TOLD_MAX)
		return;
	const char *chosen = slot == META_TITLE       ? art->title_source
			     : slot == META_PUBLISHED ? art->published_source
						      : NULL;
	int agrees = slot == META_TITLE       ? is_title(p, value)
		     : slot == META_PUBLISHED ? is_date(&art->published, value)
		     : slot == META_MODIFIED  ? is_date(&art->modified, value)
					      : is_author(p, value);
	int won = agrees && is_chosen(chosen, source);
	for (size_t i = 0; i < art->claims_len && won; i++)
		won =
		    art->claims[i].fate != CLAIM_WON || strcmp(art->claims[i].field, fields[slot]);
	*ARENA_PUSH(p->a, art->claims, art->claims_len) =
	    (struct trace_claim){.field = fields[slot],
		.source = source,
		.value = head_of(p, value),
		.fate = won      ? CLAIM_WON
			: agrees ? CLAIM_AGREES
				 : CLAIM_LOST};
}

/* Claims of SLOT that have places of their own. */
static void
trace_known(struct page *p, enum meta_slot slot)
{
	const struct meta *m = &p->meta;
	const struct jsonld_article *ld = &p->ld;
	switch (slot) {
	case META_TITLE:
		for (size_t i = 0; i < m->h1_len; i++)
			add_claim(p, slot, "h1", m->h1[i]);
		add_claim(p, slot, "title", m->doc_title);
		add_claim(p, slot, "jsonld", ld->headline);
		break;
	case META_PUBLISHED:
		add_claim(p, slot, "jsonld", ld->date_published);
		break;
	case META_MODIFIED:
		add_claim(p, slot, "jsonld", ld->date_modified);
		break;
	default:
		for (size_t i = 0; i < ld->authors_len; i++)
			add_claim(p, slot, "jsonld", ld->authors[i]);
		for (size_t i = 0; i < ld->houses_len; i++)
			add_claim(p, slot, "jsonld", ld->houses[i]);
	}
}

void
trace_page(struct page *p)
{
	trace_lines(p);
	for (enum meta_slot slot = 0; slot < META_CLAIMED; slot++) {
		trace_known(p, slot);
		for (size_t i = 0; i < p->meta.claims_len; i++)
			if (p->meta.claims[i].slot == slot)
				add_claim(
				    p, slot, p->meta.claims[i].source, p->meta.claims[i].value);
	}
}
