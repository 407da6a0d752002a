/*
 * What the files of the extract family share. The road of a page: html tree -> lines (lines.c, with
 * the hints of hints.c) -> container (container.c) -> judged lines (judge.c) -> blocks and text
 * (extract.c); metadata.c reads what the page says of itself.
 */
#ifndef NEWSD_EXTRACT_PRIV_H
#define NEWSD_EXTRACT_PRIV_H

#include "extract.h"
#include "html.h"
#include "jsonld.h"

/* What an element's tag, class, id, role and itemprop say of its content. */
enum hint {
	HINT_BODY = 1u << 0,    /* the article's body */
	HINT_LEAD = 1u << 1,    /* standfirst */
	HINT_COMMENT = 1u << 2, /* readers' comments */
	HINT_RELATED = 1u << 3, /* links to other articles */
	HINT_NAV = 1u << 4,     /* navigation, footer, tools of the site */
	HINT_SHARE = 1u << 5,
	HINT_SIGNUP = 1u << 6, /* newsletter, subscription, login, consent */
	HINT_AD = 1u << 7,
	HINT_META = 1u << 8, /* byline, dates, tags */
	HINT_CAPTION = 1u << 9,
	HINT_MEDIA = 1u << 10, /* player, gallery */
	HINT_HIDDEN = 1u << 11,
	HINT_SIDE = 1u << 12,    /* sidebars, boxes, widgets: a hint only */
	HINT_ARTICLE = 1u << 14, /* the article with its header */
	HINT_CARD = 1u << 15,    /* teaser */
	HINT_AUTHOR = 1u << 17,  /* with HINT_META: names a person */
	HINT_DATE = 1u << 18,
};

/* Never body, unless most of the page's prose is in it. */
#define HINT_JUNK                                                                                  \
	(HINT_COMMENT | HINT_RELATED | HINT_NAV | HINT_SHARE | HINT_SIGNUP | HINT_AD |             \
	    HINT_HIDDEN | HINT_CARD)

/* Hints against an element; BODY, LEAD and ARTICLE speak for it. */
#define HINT_AGAINST (HINT_JUNK | HINT_SIDE | HINT_META | HINT_MEDIA | HINT_CAPTION)

/* What a body inside says more surely than the elements around it. */
#define HINT_OVERRULED (HINT_COMMENT | HINT_NAV | HINT_META | HINT_SIDE | HINT_MEDIA)

enum line_kind {
	LINE_TEXT, /* in a div, td or the like */
	LINE_PARAGRAPH,
	LINE_HEADING,
	LINE_ITEM,
	LINE_QUOTE,
	LINE_CAPTION,
	LINE_PRE,
	LINE_EMBED, /* its text is the address of what is embedded */
};

/* A run of inline content between two block boundaries. */
struct line {
	struct html_node *block; /* the nearest block element */
	size_t at, len;          /* its raw text in page.raw */
	unsigned weight;         /* characters without spaces; Han and Kana count twice */
	unsigned link_weight;    /* of these, in links */
	unsigned commas;         /* marks within sentences and at their ends, of all scripts */
	enum line_kind kind;
	int ends_sentence;
	int breaks;   /* ended by <br><br>, not by a block */
	double worth; /* container.c: how much prose, negative for links and scraps */
	/* filled by judge.c: */
	int kept;
	const char *why;  /* the rule that decided */
	const char *text; /* clean, NULL until somebody asks: line_text() */
};

/* Kept for every element below body, in html_node.data. */
struct element {
	unsigned own;               /* enum hint, of itself */
	unsigned inherited;         /* ... and of its ancestors below body */
	unsigned lines, first_line; /* lines in its subtree */
	unsigned weight, link_weight, longest;
	double good, bad; /* see container.c */
};

/* What the page's head and microdata say, as written; the best source of each. */
enum meta_slot {
	META_TITLE,
	META_DESCRIPTION,
	META_PUBLISHED,
	META_MODIFIED,
	META_AUTHOR,
	META_SECTION,
	META_IMAGE,
	META_SITE,
	META_LANGUAGE,
	META_URL,
	META_TYPE,
	META_SLOTS
};

#define TITLES_MAX  8
#define AUTHORS_MAX 32

struct meta {
	const char *value[META_SLOTS];
	unsigned rank[META_SLOTS];      /* of the source; smaller is better, 0: none yet */
	const char *titles[TITLES_MAX]; /* every source of a title but <title> and h1 */
	size_t titles_len;
	const char *authors[AUTHORS_MAX]; /* of the best source, as written */
	size_t authors_len;
	const char *doc_title, *canonical, *html_lang, *base;
	struct html_node *h1;
	const char *tags[64];
	size_t tags_len;
	int noarchive;
	unsigned metas; /* elements read */
};

struct page {
	struct arena *a;
	const char *url;
	struct html_doc *doc;
	struct html_node *body; /* where lines come from */
	struct html_node *container;
	struct line *lines;
	size_t lines_len;
	double *prose;     /* of lines 0 .. i-1 together; lines_len + 1 numbers */
	size_t title_line; /* the line that bears the title; SIZE_MAX: none */
	unsigned
	    void_hints; /* those that most prose of this page bears, so that they say nothing */
	char *raw;
	size_t raw_len;
	struct jsonld_article ld;
	struct article *article;
	struct meta meta;
};

/* hints.c */
unsigned hints_of(const struct html_node *n);

/* lines.c: fill page.lines and the elements. */
void lines_build(struct page *p);
struct element *element_of(const struct html_node *n);
const char *line_text(struct page *p, struct line *l);

/* container.c: set page.container, page.prose, line.worth and the sums of the elements. */
void container_choose(struct page *p);
/* Prose in N's subtree, hints disregarded. */
double prose_in(const struct page *p, const struct html_node *n);

/* judge.c: decide which lines of the container are body. */
void judge_lines(struct page *p);

/* meta.c: fill page.meta and page.ld. */
void meta_collect(struct page *p);
/* metadata.c: choose between the sources, into page.article. Title and dates need no body; language
 * needs the text. */
void metadata_choose(struct page *p);
void metadata_choose_language(struct page *p);
/* titles.c: the title that most sources agree on, NULL when there is none. */
char *title_choose(struct page *p);
/* authors.c: set article.authors. */
void authors_choose(struct page *p);

/* phrases.c: fixed phrases of many languages. S is clean text. */
int phrase_is_read_more(const char *s);
int phrase_is_furniture(const char *s); /* share, advertisement, sign up ... */
int phrase_is_wall(const char *s);      /* bot check, consent, login */

#endif
