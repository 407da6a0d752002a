/*
 * The container: the element that holds the article's body, chosen for recall. Each element is
 * worth the prose in it less what is no prose; the worthiest one wins. What of its lines is no body
 * is judge.c's task.
 */
#include <stdint.h>
#include <string.h>

#include "extract_priv.h"
#include "text.h"

#define LINE_WORTH_MAX 700 /* one long line is not a whole article */
#define GAP_COST       0.6 /* for prose between the title and the body */
#define BEFORE_TITLE   0.3
#define ITEM_WORTH     0.3 /* lists are of links more often than of prose */
#define NO_PROSE_COST  0.2 /* most of it the line rules drop: it must not keep prose out */
#define WITNESS_GAIN   0.5 /* what holds all of the feed's text is so much worthier */
#define PROSE_MIN      40  /* weight from which a line may be prose */

/* How much prose stands in a line: about its weight, negative for links and scraps. */
static double
worth(const struct line *l)
{
	double links = l->weight ? (double)l->link_weight / l->weight : 0;
	double w = l->weight < LINE_WORTH_MAX ? l->weight : LINE_WORTH_MAX;
	if (l->kind == LINE_HEADING || l->kind == LINE_EMBED || l->kind == LINE_CAPTION)
		return 0;
	if (links > 0.5)
		return -12 - (w < 60 ? w * 0.5 : 30);
	if (l->weight < PROSE_MIN && !(l->ends_sentence && l->weight >= 20))
		return l->kind == LINE_PARAGRAPH ? -2 : -8;
	w *= 1 - links;
	if (!l->ends_sentence && !l->commas)
		w *= 0.5;
	if (l->kind == LINE_ITEM)
		return w * ITEM_WORTH;
	return l->kind == LINE_PARAGRAPH || l->kind == LINE_QUOTE ? w : w * 0.8;
}

int
line_is_junk(const struct page *p, const struct line *l)
{
	const struct element *e = element_of(l->block);
	return (e->inherited & ~p->void_hints & (HINT_JUNK | HINT_SIDE)) != 0;
}

/* Sum up lines in their blocks, then blocks in their parents. */
static void
sum_up(struct page *p)
{
	for (size_t i = 0; i < p->lines_len; i++) {
		struct line *l = &p->lines[i];
		struct element *e = element_of(l->block);
		double w = l->worth;
		if (w > 0 && line_is_junk(p, l))
			e->bad += w * 0.6;
		else if (w > 0)
			e->good += w;
		else
			e->bad -= w;
		e->weight += l->weight;
		e->link_weight += l->link_weight;
		if (l->weight > e->longest)
			e->longest = l->weight;
	}
	/* bottom-up: children come after their parents in document order */
	struct html_node *n = p->body;
	while (n->last)
		n = n->last;
	while (n != p->body) {
		struct element *e = n->data, *up = n->parent->data;
		if (e && up) {
			up->good += e->good;
			up->bad += e->bad;
			up->weight += e->weight;
			up->link_weight += e->link_weight;
			if (e->longest > up->longest)
				up->longest = e->longest;
		}
		if (n->prev) {
			n = n->prev;
			while (n->last)
				n = n->last;
		} else {
			n = n->parent;
		}
	}
}

/* The line that bears the title: the body is seldom before it and begins soon after. SIZE_MAX:
 * none. */
static size_t
find_title(struct page *p)
{
	if (!p->article->title)
		return SIZE_MAX;
	const char *want = text_tokens(p->a, p->article->title, NULL);
	size_t most = strlen(p->article->title) * 2 + 20, found = SIZE_MAX;
	for (size_t i = 0; i < p->lines_len; i++) {
		struct line *l = &p->lines[i];
		if (l->kind == LINE_EMBED || l->len > most + 200 || l->weight > most ||
		    l->weight * 2 < most / 8 ||
		    strcmp(text_tokens(p->a, line_text(p, l), NULL), want) != 0)
			continue;
		if (l->kind == LINE_HEADING && l->link_weight == 0)
			return i;
		found = found == SIZE_MAX ? i : found;
	}
	return found;
}

static double
score(const struct page *p, const struct html_node *n)
{
	size_t title = p->title_line;
	const struct element *e = element_of(n);
	double s = e->good - (e->own & HINT_BODY ? 0 : NO_PROSE_COST) * e->bad;
	if (s <= 0)
		return s;
	if (e->own & HINT_BODY)
		s *= 1.25;
	else if (n->tag == HTML_ARTICLE || e->own & HINT_ARTICLE)
		s *= 1.08;
	else if (n->tag == HTML_MAIN)
		s *= 1.03;
	else if (n == p->body)
		s *= 0.95;
	s *= 1 + WITNESS_GAIN * witness_in(p, n);
	if (title == SIZE_MAX)
		return s;
	if (e->first_line + e->lines <= title)
		return s * BEFORE_TITLE;
	if (e->first_line > title)
		s -= GAP_COST * (p->prose[e->first_line] - p->prose[title]);
	return s;
}

/* What holds the page's one <main> is no box of it, whatever its class says ("dialog-off-canvas").
 */
static void
forgive_wrappers(struct page *p)
{
	struct html_node *main = NULL;
	for (struct html_node *n = p->body; n; n = html_next(p->body, n)) {
		if (n->tag != HTML_MAIN)
			continue;
		if (main)
			return;
		main = n;
	}
	for (struct html_node *n = main; n && n != p->body; n = n->parent)
		if (n->data)
			element_of(n)->own &= ~(unsigned)(HINT_JUNK | HINT_SIDE);
}

/* Hints of junk hold only where they don't cover most of the page's prose. */
static void
forgive(struct page *p)
{
	forgive_wrappers(p);
	double all = p->prose[p->lines_len];
	if (all <= 0)
		return;
	for (struct html_node *n = html_next(p->body, p->body); n; n = html_next(p->body, n)) {
		struct element *e = n->data;
		if (!e)
			continue;
		double most = e->own & HINT_COMMENT ? 0.9 : 0.55;
		if (e->own & (HINT_JUNK | HINT_SIDE) && prose_in(p, n) > all * most)
			e->own &= ~(unsigned)(HINT_JUNK | HINT_SIDE);
		const struct element *up = element_of(n->parent);
		e->inherited =
		    e->own | (up->inherited & ~(e->own & HINT_BODY ? HINT_OVERRULED : 0u));
	}
}

/* A hint that most of the prose bears, if in many pieces, is no hint on this page. */
static void
find_void_hints(struct page *p)
{
	double with[32] = {0}, all = p->prose[p->lines_len];
	p->void_hints = 0;
	for (size_t i = 0; i < p->lines_len; i++) {
		unsigned hints = element_of(p->lines[i].block)->inherited;
		for (unsigned bit = 0; p->lines[i].worth > 0 && bit < 32; bit++)
			if (hints >> bit & 1)
				with[bit] += p->lines[i].worth;
	}
	for (unsigned bit = 0; bit < 32; bit++)
		if (with[bit] > all * (1u << bit == HINT_COMMENT ? 0.9 : 0.55))
			p->void_hints |= 1u << bit & HINT_AGAINST;
}

double
prose_in(const struct page *p, const struct html_node *n)
{
	const struct element *e = element_of(n);
	return p->prose[e->first_line + e->lines] - p->prose[e->first_line];
}

static void
weigh_lines(struct page *p)
{
	p->prose = arena_alloc(p->a, (p->lines_len + 1) * sizeof *p->prose);
	p->prose[0] = 0;
	for (size_t i = 0; i < p->lines_len; i++) {
		double w = p->lines[i].worth = worth(&p->lines[i]);
		p->prose[i + 1] = p->prose[i] + (w > 0 ? w : 0);
	}
}

/* The worthiest element; NULL: none has prose that no hint is against. */
static struct html_node *
find_worthiest(struct page *p)
{
	struct html_node *best = NULL;
	double best_score = 0;
	for (struct html_node *n = p->body; n; n = html_next(p->body, n)) {
		if (!n->data || (n != p->body && !html_is_block(n->tag)))
			continue;
		double s = score(p, n);
		if (s > best_score) {
			best = n;
			best_score = s;
		}
	}
	return best;
}

static void
forget_sums(struct page *p)
{
	for (struct html_node *n = p->body; n; n = html_next(p->body, n)) {
		struct element *e = n->data;
		if (e)
			e->good = e->bad = 0, e->weight = e->link_weight = e->longest = 0;
	}
}

void
container_choose(struct page *p)
{
	weigh_lines(p);
	forgive(p);
	find_void_hints(p);
	sum_up(p);
	p->title_line = find_title(p);
	struct html_node *best = find_worthiest(p);
	if (!best && p->prose[p->lines_len] > 0) {
		/* hints are against every line of prose, each against a part: they say nothing */
		p->void_hints |= HINT_AGAINST;
		forget_sums(p);
		sum_up(p);
		best = find_worthiest(p);
	}
	p->container = best ? best : p->body;
	p->first = element_of(p->container)->first_line;
	p->last = p->first + element_of(p->container)->lines;
}
