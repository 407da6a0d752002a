/*
 * The lines inside the container: each is kept or not, by the first rule that has an opinion. Rules
 * know tags, hints, link density, length, place and phrases; line.rule says which decided.
 */
#include <string.h>

#include "extract_priv.h"
#include "hash.h"
#include "text.h"

#define LEAD_WITHIN      40  /* lines above the container in which a standfirst is looked for */
#define STRONG_MIN       60  /* weight of a line that can only be body or junk with prose */
#define FIGURE_PROSE_MAX 600 /* a picture has no longer caption */
#define MODEL_OVER                                                                                 \
	150 /* thousandths of log odds over which a line is body; bench/train.py --over */

const char *const rule_names[RULE_COUNT] = {
#define X(up, low) #low,
    RULES(X)
#undef X
};

#ifdef NEWSD_DEBUG_HOOKS
unsigned extract_rules_off;
#define IS_OFF(rule) (extract_rules_off >> (rule)&1)
#else
#define IS_OFF(rule) 0
#endif

/* What stands between a line and the container. */
struct place {
	unsigned hints;
	struct html_node *list, *table, *figure;
};

static int
is_list(enum html_tag tag)
{
	return tag == HTML_UL || tag == HTML_OL || tag == HTML_DL;
}

static double
links_in(const struct html_node *n)
{
	const struct element *e = element_of(n);
	return e->weight ? (double)e->link_weight / e->weight : 0;
}

static struct place
find_place(const struct page *p, const struct line *l)
{
	struct place at = {.hints = 0};
	double all = prose_in(p, p->container);
	for (struct html_node *n = l->block; n && n != p->container; n = n->parent) {
		unsigned own = element_of(n)->own & ~p->void_hints;
		/* what holds half of the body is not what its name says */
		if (own & HINT_AGAINST && prose_in(p, n) > all * 0.5)
			own &= ~(unsigned)HINT_AGAINST;
		if (at.hints & HINT_BODY)
			own &= ~(unsigned)HINT_OVERRULED;
		at.hints |= own;
		if (is_list(n->tag))
			at.list = n;
		else if (n->tag == HTML_TABLE)
			at.table = n;
		else if (n->tag == HTML_FIGURE)
			at.figure = n;
	}
	return at;
}

/* Layouts of tables hold prose; tables of data hold cells. */
static int
is_data_table(const struct html_node *table)
{
	const struct element *e = element_of(table);
	return e->lines >= 3 && e->weight / e->lines < 50 && e->longest < 250;
}

/* A figure may also be a quote with its source, a table, or a mistake around half of the article.
 */
static int
is_picture(const struct page *p, const struct line *l, const struct place *at)
{
	return at->figure && !at->table && l->kind != LINE_QUOTE &&
	       prose_in(p, at->figure) < FIGURE_PROSE_MAX;
}

/* The rules: the name of the one that drops the line, NULL to keep it. */
static enum rule
why_dropped(struct page *p, struct line *l, const struct place *at)
{
	double links = l->weight ? (double)l->link_weight / l->weight : 0;
	if (l->kind == LINE_EMBED)
		return RULE_EMBED;
	if (at->hints & HINT_JUNK)
		return RULE_JUNK;
	if (at->hints & HINT_SIDE)
		return RULE_SIDE;
	if (l->kind == LINE_CAPTION || is_picture(p, l, at) ||
	    (at->hints & HINT_CAPTION && l->weight < 400))
		return RULE_CAPTION;
	if (at->hints & HINT_META && l->weight < 300)
		return RULE_META;
	if (at->hints & HINT_MEDIA && l->weight < 200)
		return RULE_MEDIA;
	if (at->table && is_data_table(at->table))
		return RULE_TABLE;
	if (at->list && links_in(at->list) > 0.5)
		return RULE_LINK_LIST;
	if (links > 0.8 && l->weight < 300)
		return RULE_LINK;
	if (links > 0.5 && (l->kind == LINE_TEXT || l->weight < 80))
		return RULE_LINKS;
	if (l->weight < 160 && phrase_is_read_more(line_text(p, l)))
		return RULE_READ_MORE;
	if (l->weight < 160 && phrase_is_furniture(line_text(p, l)))
		return RULE_FURNITURE;
	if (l->kind == LINE_TEXT && l->weight < 40 && !l->ends_sentence && !l->breaks)
		return RULE_SCRAP;
	return RULE_NONE;
}

static int
is_strong(const struct line *l)
{
	return l->kept && l->kind != LINE_HEADING && l->weight >= STRONG_MIN && l->worth > 0;
}

/* The tokens of two lines are equal. */
static int
same_words(struct arena *a, const char *one, const char *two)
{
	return !strcmp(text_tokens(a, one, NULL), text_tokens(a, two, NULL));
}

static void
drop(struct line *l, enum rule rule)
{
	if (IS_OFF(rule))
		return;
	l->kept = 0;
	l->rule = rule;
}

/* Scraps before the first and after the last real paragraph are bylines, dates, links. */
static void
trim_ends(struct page *p, size_t first, size_t last)
{
	size_t head = first, tail = last;
	while (head < last && !is_strong(&p->lines[head]))
		head++;
	if (head == last)
		return;
	while (tail > head && !is_strong(&p->lines[tail - 1]))
		tail--;
	for (size_t i = first; i < head; i++) {
		struct line *l = &p->lines[i];
		if (l->kept && (l->kind == LINE_HEADING || !l->ends_sentence || l->weight < 25))
			drop(l, RULE_BEFORE);
	}
	for (size_t i = tail; i < last; i++) {
		struct line *l = &p->lines[i];
		if (l->kept &&
		    (l->kind == LINE_HEADING || l->kind == LINE_TEXT || !l->ends_sentence))
			drop(l, RULE_AFTER);
	}
}

/* A heading is body only when body follows it. */
static void
drop_lone_headings(struct page *p, size_t first, size_t last)
{
	int follows = 0;
	for (size_t i = last; i-- > first;) {
		struct line *l = &p->lines[i];
		if (!l->kept)
			continue;
		if (l->kind != LINE_HEADING)
			follows = 1;
		else if (!follows)
			drop(l, RULE_LONE_HEADING);
		else
			follows = 1;
	}
}

/* The same when the model has spoken: several headings at the end may be a list. */
static void
drop_last_heading(struct page *p, size_t first, size_t last)
{
	while (last > first && !p->lines[last - 1].kept)
		last--;
	if (last == first || p->lines[last - 1].kind != LINE_HEADING)
		return;
	size_t before = last - 1;
	while (before > first && !p->lines[before - 1].kept)
		before--;
	if (before == first || p->lines[before - 1].kind != LINE_HEADING)
		drop(&p->lines[last - 1], RULE_LONE_HEADING);
}

static void
drop_repeats(struct page *p, size_t first, size_t last)
{
	struct map seen = {0};
	const char *title = p->article->title;
	for (size_t i = first; i < last; i++) {
		struct line *l = &p->lines[i];
		if (!l->kept)
			continue;
		const char *text = line_text(p, l);
		uint64_t key = hash64_str(text) | 1;
		if (l->weight >= 20 && map_get(&seen, key))
			drop(l, RULE_REPEAT);
		else if (title && l->weight < 300 && same_words(p->a, text, title))
			drop(l, RULE_TITLE);
		else
			map_put(&seen, key, l);
	}
	map_clear(&seen);
}

/* The nearest <article> around N below ROOT. */
static struct html_node *
article_of(const struct html_node *root, struct html_node *n)
{
	struct html_node *found = NULL;
	for (; n && n != root; n = n->parent)
		if (n->tag == HTML_ARTICLE)
			found = n;
	return found;
}

/* Pages that scroll on without end hold the next articles too: the first one, or the one with the
 * title, is meant. */
static void
drop_other_articles(struct page *p, size_t first, size_t last)
{
	struct html_node *mine = NULL;
	double all = prose_in(p, p->container);
	if (p->title_line >= first && p->title_line < last)
		mine = article_of(p->container, p->lines[p->title_line].block);
	for (size_t i = first; i < last && !mine; i++) {
		struct html_node *one = article_of(p->container, p->lines[i].block);
		if (one && prose_in(p, one) > all * 0.2)
			mine = one;
	}
	if (!mine || prose_in(p, mine) < 400)
		return;
	for (size_t i = first; i < last; i++) {
		struct html_node *one = article_of(p->container, p->lines[i].block);
		if (p->lines[i].kept && one && one != mine)
			drop(&p->lines[i], RULE_OTHER_ARTICLE);
	}
}

/* The standfirst often stands above the container, under the title. */
static void
keep_lead(struct page *p, size_t first)
{
	size_t from = first > LEAD_WITHIN ? first - LEAD_WITHIN : 0;
	for (size_t i = from; i < first; i++) {
		struct line *l = &p->lines[i];
		unsigned hints = element_of(l->block)->inherited & ~p->void_hints;
		if (!(hints & HINT_LEAD) || hints & (HINT_JUNK | HINT_SIDE | HINT_CAPTION) ||
		    l->worth < 40 || l->kind == LINE_HEADING || l->kind == LINE_ITEM)
			continue;
		l->kept = 1;
		l->rule = RULE_NONE;
		return;
	}
}

/* What the rules below say of a line the model does not overrule: what it would need to know is not
 * in a line. */
static int
is_final(enum rule rule)
{
	return rule == RULE_EMBED || rule == RULE_CAPTION || rule == RULE_OTHER_ARTICLE ||
	       rule == RULE_REPEAT || rule == RULE_TITLE;
}

/* Quotes that no rule is against: too few stood in what the model was learned from. */
static int
is_quoted(const struct line *l)
{
	return l->kept && l->kind == LINE_QUOTE && l->ends_sentence;
}

/* Where the model leaves nothing, the rules stand: it knows only pages with a body. */
static void
ask_model(struct page *p, size_t first, size_t last)
{
	int leaves = 0;
	features_build(p);
	for (size_t i = first; i < last; i++) {
		struct line *l = &p->lines[i];
		l->score = model_score(p->features[i - first]);
		leaves |= l->score > MODEL_OVER && !is_final(l->rule);
	}
	for (size_t i = first; leaves && i < last; i++) {
		struct line *l = &p->lines[i];
		if (is_final(l->rule) || is_quoted(l))
			continue;
		l->kept = l->score > MODEL_OVER;
		if (l->kept)
			l->rule = RULE_NONE;
		else if (l->rule == RULE_NONE)
			l->rule = RULE_MODEL;
	}
}

void
judge_lines(struct page *p)
{
	size_t first = p->first, last = p->last;
	for (size_t i = first; i < last; i++) {
		struct line *l = &p->lines[i];
		struct place at = find_place(p, l);
		l->rule = why_dropped(p, l, &at);
		if (IS_OFF(l->rule))
			l->rule = RULE_NONE;
		l->kept = l->rule == RULE_NONE;
	}
	drop_other_articles(p, first, last);
	keep_lead(p, first);
	drop_repeats(p, 0, last);
	trim_ends(p, first, last);
	drop_lone_headings(p, first, last);
	if (!IS_OFF(RULE_MODEL))
		ask_model(p, first, last);
	drop_repeats(p, 0, last);
	drop_last_heading(p, first, last);
}
