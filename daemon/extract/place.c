/*
 * Where things stand on a page, seen from its title and its body: a date under the headline is the
 * article's, one in a list beside it is another's.
 */
#include "extract_priv.h"

#define LONG_LINE    80 /* weight of a line that is prose rather than a byline */
#define HEAD_LINES   40 /* between title and body at most */
#define ABOVE_LINES  6
#define TAIL_LINES   12
#define NO_TITLE_FOR 8 /* lines before the body that are its head when no line bears the title */

void
place_prepare(struct page *p)
{
	size_t from = p->title_line == SIZE_MAX ? 0 : p->title_line;
	size_t prose = 0;
	p->body_first = p->body_last = p->lines_len;
	for (size_t i = 0; i < p->lines_len; i++) {
		const struct line *l = &p->lines[i];
		if (!l->kept)
			continue;
		p->body_last = i;
		/* the standfirst often stands between the title and the byline */
		if (i >= from && l->weight >= LONG_LINE && ++prose <= 2)
			p->body_first = i;
	}
	if (p->body_first == p->lines_len && p->body_last < p->lines_len)
		p->body_first = p->body_last;
}

enum place_kind
place_of_line(const struct page *p, size_t i)
{
	size_t title = p->title_line;
	if (i >= p->lines_len)
		return PLACE_ELSEWHERE;
	if (i != title && p->lines[i].kept && p->lines[i].weight >= LONG_LINE)
		return PLACE_BODY;
	if (title == SIZE_MAX || title > p->body_first) {
		if (i < p->body_first && i + NO_TITLE_FOR >= p->body_first)
			return PLACE_HEAD;
	} else if (i >= title && i < p->body_first && i <= title + HEAD_LINES) {
		return PLACE_HEAD;
	} else if (i < title && i + ABOVE_LINES >= title) {
		return PLACE_ABOVE;
	}
	if (p->body_last < p->lines_len && i > p->body_last && i <= p->body_last + TAIL_LINES)
		return PLACE_TAIL;
	return i > p->body_first && i < p->body_last ? PLACE_BODY : PLACE_ELSEWHERE;
}

enum place_kind
place_of(const struct page *p, const struct html_node *n)
{
	while (n && !n->data)
		n = n->parent;
	return n ? place_of_line(p, element_of(n)->first_line) : PLACE_ELSEWHERE;
}

int
place_is_junk(const struct page *p, const struct html_node *n)
{
	while (n && !n->data)
		n = n->parent;
	if (!n)
		return 0;
	/* what the title or most of the prose bears, too, is said of the whole article */
	unsigned hints = element_of(n)->inherited & ~p->void_hints;
	if (p->title_line < p->lines_len)
		hints &= ~element_of(p->lines[p->title_line].block)->inherited;
	unsigned junk = HINT_COMMENT;
	if (place_of(p, n) != PLACE_HEAD)
		junk |= HINT_RELATED | HINT_NAV | HINT_CARD;
	return (hints & junk) != 0;
}
