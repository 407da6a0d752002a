/*
 * Who wrote it. Every source gives a list of names; the first that names a person is taken, and
 * another that has all of these and more completes it. The publisher is named only where nobody
 * else is, and an agency is kept as such.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"

#define DATELINE_MAX 80 /* bytes in which a paragraph names its place, date and agency */
#define TEAM_MAX     10 /* a longer list is not completed from another source */

/* The sources, the surest first. */
enum {
	FROM_JSONLD,
	FROM_HEAD,  /* meta elements made for it */
	FROM_MARKS, /* elements marked as the author's, between title and body */
	FROM_BYLINE,
	FROM_LABEL,
	FROM_BARE,  /* a line that is only a name, beside a date */
	FROM_ABOVE, /* the same marks before the title and after the body */
	FROM_TAIL,
	FROM_TAIL_BYLINE,
	FROM_PAGE, /* JSON-LD of the page rather than of the article */
	FROM_ELSEWHERE,
	SOURCES
};

struct bylines {
	struct names from[SOURCES];
};

static size_t
persons(const struct names *n)
{
	size_t count = 0;
	for (size_t i = 0; i < n->len; i++)
		count += n->list[i].kind == NAME_PERSON;
	return count;
}

/* The site is a house, even where it is called a person. */
static void
settle(struct page *p, struct names *n)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->list[i].kind == NAME_PERSON && title_is_site(p, n->list[i].text))
			n->list[i].kind = NAME_HOUSE;
}

static void
read_jsonld(struct page *p, struct bylines *b)
{
	struct names *to = &b->from[p->ld.rank >= JSONLD_VIDEO ? FROM_JSONLD : FROM_PAGE];
	for (size_t i = 0; i < p->ld.authors_len; i++)
		names_add(p->a, to, p->ld.authors[i], NAME_DECLARED);
	size_t people = to->len;
	for (size_t i = 0; i < p->ld.houses_len; i++)
		names_add(p->a, to, p->ld.houses[i], NAME_DECLARED);
	for (size_t i = people; i < to->len; i++)
		if (to->list[i].kind == NAME_PERSON)
			to->list[i].kind = NAME_HOUSE;
}

/* Of the head the best source that names a person. */
static void
read_head(struct page *p, struct bylines *b)
{
	struct names *head = &b->from[FROM_HEAD];
	for (unsigned rank = 1; rank < META_RANKS && !persons(head); rank++) {
		for (size_t i = 0; i < p->meta.claims_len; i++) {
			const struct claim *c = &p->meta.claims[i];
			if (c->slot == META_AUTHOR && !c->node && c->rank == rank)
				names_add(p->a,
				    rank < META_BODY_RANKS ? head : &b->from[FROM_LABEL], c->value,
				    NAME_DECLARED);
		}
		settle(p, head);
	}
}

/* The first line of a marked element that names somebody: others are roles and biographies. */
static void
add_marked(struct page *p, struct names *to, const struct claim *c)
{
	size_t before = to->len;
	for (const char *s = c->value; *s && to->len == before;) {
		size_t len = strcspn(s, "\n");
		names_add(p->a, to, arena_strndup(p->a, s, len),
		    c->rank == RANK_CLASS ? NAME_SHOWN : NAME_MARKED);
		s += len + (s[len] != '\0');
	}
}

static void
read_marks(struct page *p, struct bylines *b)
{
	static const int place_to[] = {[PLACE_HEAD] = FROM_MARKS,
	    [PLACE_ABOVE] = FROM_ABOVE,
	    [PLACE_TAIL] = FROM_TAIL,
	    [PLACE_BODY] = FROM_ELSEWHERE,
	    [PLACE_ELSEWHERE] = FROM_ELSEWHERE};
	unsigned best[SOURCES] = {0};
	for (unsigned rank = META_BODY_RANKS; rank < META_RANKS; rank++) {
		for (size_t i = 0; i < p->meta.claims_len; i++) {
			const struct claim *c = &p->meta.claims[i];
			if (c->slot != META_AUTHOR || !c->node || c->rank != rank ||
			    place_is_junk(p, c->node))
				continue;
			int to = place_to[place_of(p, c->node)];
			/* in its place the first kind of mark that names somebody */
			if (best[to] && (best[to] != rank || to != FROM_MARKS))
				continue;
			add_marked(p, &b->from[to], c);
			if (persons(&b->from[to]))
				best[to] = rank;
		}
	}
}

static void
read_bylines(struct page *p, struct bylines *b)
{
	for (size_t i = 0; i < p->lines_len; i++) {
		enum place_kind place = place_of_line(p, i);
		struct names *to = &b->from[place == PLACE_TAIL ? FROM_TAIL_BYLINE : FROM_BYLINE];
		if (i == p->title_line || persons(to) || p->lines[i].len > BYLINE_MAX * 3 ||
		    (place != PLACE_HEAD && place != PLACE_ABOVE && place != PLACE_TAIL))
			continue;
		const char *text = line_text(p, &p->lines[i]);
		if (strlen(text) <= BYLINE_MAX)
			names_add_byline(p->a, to, text);
	}
}

/* A name alone in its line, next to a line with a date, between title and body. */
static void
read_bare(struct page *p, struct names *to)
{
	for (size_t i = 0; i < p->lines_len && !to->len; i++) {
		struct line *l = &p->lines[i];
		if (place_of_line(p, i) != PLACE_HEAD || i == p->title_line ||
		    l->kind == LINE_EMBED || l->len > BYLINE_MAX || l->weight > 40 ||
		    place_is_junk(p, l->block))
			continue;
		const char *text = line_text(p, l);
		size_t words = text_words(text);
		struct names one = {.len = 0};
		if (words < 2 || words > 4 || strpbrk(text, "|/:?!,&"))
			continue;
		names_add(p->a, &one, text, NAME_SHOWN);
		if (one.len && date_in_lines(p, i ? i - 1 : 0, i + 2))
			*to = one;
	}
}

static int
has_name(const struct names *n, const struct name *one)
{
	for (size_t i = 0; i < n->len; i++)
		if (n->list[i].kind == NAME_PERSON && !strcmp(n->list[i].tokens, one->tokens))
			return 1;
	return 0;
}

/* Has MORE all persons of N, and others? */
static int
completes(const struct names *more, const struct names *n)
{
	if (persons(more) <= persons(n) || persons(more) > TEAM_MAX)
		return 0;
	for (size_t i = 0; i < n->len; i++)
		if (n->list[i].kind == NAME_PERSON && !has_name(more, &n->list[i]))
			return 0;
	return 1;
}

/* The persons, and the agency that they are named together with; EVERYBODY: the house, too. */
static void
take(struct page *p, const struct names *n, int everybody)
{
	struct article *art = p->article;
	for (size_t i = 0; i < n->len; i++)
		if (everybody || n->list[i].kind != NAME_HOUSE)
			*ARENA_PUSH(p->a, art->authors, art->authors_len) =
			    arena_strdup(p->a, n->list[i].text);
}

/* The agency of a dateline: "OSLO, May 3 (Reuters) - ...", NULL when there is none. */
static char *
agency_of_dateline(struct page *p)
{
	for (size_t i = 0, lines = 0; i < p->lines_len && lines < 2; i++) {
		if (!p->lines[i].kept || place_of_line(p, i) != PLACE_BODY)
			continue;
		lines++;
		const char *text = line_text(p, &p->lines[i]);
		const char *open = memchr(text, '(', strnlen(text, DATELINE_MAX));
		size_t len = open ? strcspn(open + 1, ")") : 0;
		if (!open || len > 30 || open[len + 1] != ')')
			continue;
		char *inside = arena_strndup(p->a, open + 1, len);
		if (name_is_agency(p->a, inside))
			return inside;
	}
	return NULL;
}

static void
note_agency(struct page *p, const struct bylines *b)
{
	struct article *art = p->article;
	for (size_t s = 0; s < FROM_ELSEWHERE; s++)
		for (size_t i = 0; i < b->from[s].len && !art->agency; i++)
			if (b->from[s].list[i].kind == NAME_AGENCY)
				art->agency = arena_strdup(p->a, b->from[s].list[i].text);
	if (!art->agency)
		art->agency = agency_of_dateline(p);
}

void
authors_choose(struct page *p)
{
	struct bylines *b = arena_zalloc(p->a, sizeof *b);
	const struct names *best = NULL, *house = NULL;
	read_jsonld(p, b);
	read_head(p, b);
	read_marks(p, b);
	read_bylines(p, b);
	read_bare(p, &b->from[FROM_BARE]);
	for (size_t i = 0; i < SOURCES; i++) {
		/* whom the page names elsewhere is likely another's author */
		if (i == FROM_ELSEWHERE && house)
			break;
		settle(p, &b->from[i]);
		if (!best && persons(&b->from[i]))
			best = &b->from[i];
		if (!house && b->from[i].len && i != FROM_ELSEWHERE)
			house = &b->from[i];
	}
	/* not from marks: there reviewers and editors stand beside authors */
	static const int more[] = {FROM_HEAD, FROM_BYLINE, FROM_LABEL};
	for (size_t i = 0; best && i < sizeof more / sizeof *more; i++)
		if (completes(&b->from[more[i]], best))
			best = &b->from[more[i]];
	note_agency(p, b);
	if (best || house)
		take(p, best ? best : house, best == NULL);
}
