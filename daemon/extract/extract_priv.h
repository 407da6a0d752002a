/*
 * What the files of the extract family share. The road of a page: html tree -> lines (lines.c, with
 * the hints of hints.c) -> container (container.c) -> judged lines (judge.c) -> blocks and text
 * (extract.c); metadata.c reads what the page says of itself.
 */
#ifndef NEWSD_EXTRACT_PRIV_H
#define NEWSD_EXTRACT_PRIV_H

#include "extract.h"
#include "line_features.h"
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

/* What may drop a line: judge.c. RULE_NONE keeps it. The model knows them by number: add new ones
 * at the end, and train again. */
/* clang-format off */
#define RULES(X) \
	X(NONE, none) \
	X(EMBED, embed) \
	X(JUNK, junk) \
	X(SIDE, side) \
	X(CAPTION, caption) \
	X(META, meta) \
	X(MEDIA, media) \
	X(TABLE, table) \
	X(LINK_LIST, link_list) \
	X(LINK, link) \
	X(LINKS, links) \
	X(READ_MORE, read_more) \
	X(FURNITURE, furniture) \
	X(SCRAP, scrap) \
	X(OTHER_ARTICLE, other_article) \
	X(REPEAT, repeat) \
	X(TITLE, title) \
	X(BEFORE, before) \
	X(AFTER, after) \
	X(LONE_HEADING, lone_heading) \
	X(MODEL, model) \
	X(CREDIT, credit)
/* clang-format on */

enum rule {
#define X(up, low) RULE_##up,
	RULES(X)
#undef X
	    RULE_COUNT
};

/* A run of inline content between two block boundaries. */
struct line {
	struct html_node *block; /* the nearest block element */
	size_t at, len;          /* its raw text in page.raw */
	unsigned weight;         /* characters without spaces; Han and Kana count twice */
	unsigned link_weight;    /* of these, in links */
	unsigned bold_weight;    /* ... in b, strong, em, i */
	unsigned images;         /* between the line before and it */
	unsigned commas;         /* marks within sentences and at their ends, of all scripts */
	enum line_kind kind;
	int ends_sentence;   /* 2: with a colon */
	int breaks;          /* ended by <br><br>, not by a block */
	double worth;        /* container.c: how much prose, negative for links and scraps */
	struct alike *alike; /* features.c: blocks like its own */
	/* filled by judge.c: */
	int kept;
	int score;         /* see model_score() */
	enum rule rule;    /* that dropped it */
	unsigned as_block; /* which of article.blocks it has become, from 1; 0: none */
	const char *text;  /* clean, NULL until somebody asks: line_text() */
};

/* A stretch of page.raw within one line that is linked. */
struct linked {
	const struct html_node *anchor; /* <a> with a href */
	size_t at, end;
};

/* Lines in blocks of one tag and class, in parents of one tag and class. */
struct alike {
	double prose;
};

/* Kept for every element below body, in html_node.data. */
struct element {
	unsigned own;               /* enum hint, of itself */
	unsigned inherited;         /* ... and of its ancestors below body */
	unsigned lines, first_line; /* lines in its subtree */
	unsigned weight, link_weight, longest;
	double good, bad; /* see container.c */
	/* features.c: */
	uint64_t signature; /* tag and class */
	unsigned *siblings; /* of the same signature, itself too; blocks only */
	double own_prose;   /* in paragraphs that it holds itself */
	unsigned to_main; /* steps to the element with most own_prose in it, from 1; 0: not in it */
};

/* What the page's head and microdata say. */
enum meta_slot {
	/* several may be right, so that all are kept: */
	META_TITLE,
	META_PUBLISHED,
	META_MODIFIED,
	META_AUTHOR,
	META_CLAIMED, /* how many of these there are */
	/* of these only the best, as written: */
	META_DESCRIPTION = META_CLAIMED,
	META_SECTION,
	META_IMAGE,
	META_SITE,
	META_LANGUAGE,
	META_URL,
	META_TYPE,
	META_SLOTS
};

#define AUTHORS_MAX 32
#define CLAIMS_MAX  256 /* for each slot */
#define H1_MAX      12
#define H2_MAX      8
#define TAGS_MAX    64
#define BYLINE_MAX  160 /* bytes of a line that may be a byline */

/* Ranks of sources: those of the head (meta.c), then of the body's elements. */
enum {
	META_BODY_RANKS = 10,
	RANK_ITEMPROP = META_BODY_RANKS,
	RANK_REL, /* rel=author, time with pubdate */
	RANK_HREF,
	RANK_TIME = RANK_HREF,
	RANK_LABEL, /* "Written by" in a pair of meta elements */
	RANK_CLASS,
	META_RANKS
};

/* One source that says something of a slot. */
struct claim {
	enum meta_slot slot;
	unsigned rank; /* of the source, see meta.c; smaller is better */
	const char *value;
	const char *source;           /* its kind: "meta", "opengraph", "microdata" ... */
	const struct html_node *node; /* where it stands in the body, NULL: in the head */
};

struct meta {
	const char *value[META_SLOTS];
	unsigned rank[META_SLOTS]; /* of the source; smaller is better, 0: none yet */
	struct claim *claims;
	size_t claims_len, claims_of[META_CLAIMED];
	const char *doc_title, *canonical, *html_lang, *base;
	const char *h1[H1_MAX]; /* clean texts, one line each for theirs */
	size_t h1_len;
	const char *h2[H2_MAX]; /* lower headings, one line each: the first of the page */
	size_t h2_len;
	const char *tags[TAGS_MAX];
	size_t tags_len;
	unsigned rights;
	char author_label; /* digit of the twitter:labelN that means "written by" */
	unsigned metas;    /* elements read */
};

struct page {
	struct arena *a;
	const char *url;
	struct html_doc *doc;
	struct html_node *body; /* where lines come from */
	struct html_node *container;
	size_t first, last; /* its lines: first to last - 1 */
	struct line *lines;
	size_t lines_len;
	struct linked *linked; /* in order */
	size_t linked_len;
	double *prose;                      /* of lines 0 .. i-1 together; lines_len + 1 numbers */
	int16_t (*features)[FEATURE_COUNT]; /* of the container's lines */
	size_t title_line;                  /* the line that bears the title; SIZE_MAX: none */
	size_t body_first, body_last;       /* lines: the first and last of the body; see place.c */
	unsigned
	    void_hints; /* those that most prose of this page bears, so that they say nothing */
	char *raw;
	size_t raw_len;
	double binary; /* share of the bytes that no text has, 0-1; see extract.c */
	struct jsonld_article ld;
	struct article *article;
	struct meta meta;
	struct witness *witness; /* what the feed's entry says; NULL: nothing that helps */
};

/* hints.c */
struct map;
unsigned hints_of(const struct html_node *n);
/* The same for many elements of a page. MEMO is empty at first and the caller's to clear. */
unsigned hints_of_memo(struct map *memo, const struct html_node *n);

/* lines.c: fill page.lines, page.linked and the elements. */
void lines_build(struct page *p);
void lines_free(struct page *p);
struct element *element_of(const struct html_node *n);
const char *line_text(struct page *p, struct line *l);

/* container.c: set page.container, page.prose, line.worth and the sums of the elements. */
void container_choose(struct page *p);
/* Prose in N's subtree, hints disregarded. */
double prose_in(const struct page *p, const struct html_node *n);

int line_is_junk(const struct page *p, const struct line *l);

/* features.c: fill page.features. */
void features_build(struct page *p);

/* model.c: how likely a line is body, in thousandths of log odds: 0 is even. */
int model_score(const int16_t *features);

/* judge.c: decide which lines of the container are body. */
void judge_lines(struct page *p);
extern const char *const rule_names[RULE_COUNT];

/* meta.c: fill page.meta and page.ld. */
void meta_collect(struct page *p);
/* metadata.c: choose between the sources, into page.article: first what the body's rules ask for
 * (title, site, addresses), then what needs to know where the body is (authors, dates, language).
 */
void metadata_choose(struct page *p);
void metadata_choose_rest(struct page *p);
/* titles.c: set article.title and title_source to the title that most sources agree on. */
void title_choose(struct page *p);
/* The letters and digits of S alone, lower case: "The Daily" and "thedaily" are one. */
char *title_squeeze(struct arena *a, const char *s);
/* Is NAME just the site's, by what it calls itself or by its address? */
int title_is_site(struct page *p, const char *name);
/* dates.c: set article.published, published_source and modified. */
void dates_choose(struct page *p);
/* address_date.c: the day that URL names; 0: none. */
int date_in_address(struct arena *a, const char *url, struct date *out);
/* Does one of the lines from FROM up to, not including, TO hold a date? */
int date_in_lines(struct page *p, size_t from, size_t to);
/* credits.c: take lines that say where the text comes from out of the body, and note what they say.
 */
void credits_take(struct page *p);

/* authors.c: set article.authors, and agency when nobody else did. */
void authors_choose(struct page *p);
/* links.c: set article.links and those of its blocks. */
void links_collect(struct page *p);

/* place.c: where on the page lines stand, seen from its title and body. */
enum place_kind {
	PLACE_HEAD,  /* between the title and the body: bylines and datelines stand here */
	PLACE_ABOVE, /* shortly before the title */
	PLACE_TAIL,  /* shortly after the body */
	PLACE_BODY,
	PLACE_ELSEWHERE,
};
enum place_kind place_of_line(const struct page *p, size_t line);
enum place_kind place_of(const struct page *p, const struct html_node *n);
/* Is N part of comments, navigation or other articles? */
int place_is_junk(const struct page *p, const struct html_node *n);
void place_prepare(struct page *p);

/* names.c */
enum name_kind {
	NAME_NONE,
	NAME_PERSON,
	NAME_HOUSE, /* the staff, the publisher, a department */
	NAME_AGENCY,
};
enum name_trust {
	NAME_DECLARED, /* metadata made to name authors */
	NAME_MARKED,   /* an element that is marked as an author's */
	NAME_SHOWN,    /* running text: only what looks like a name counts */
};
struct name {
	const char *text, *tokens;
	enum name_kind kind;
};
struct names {
	struct name list[AUTHORS_MAX];
	size_t len;
};
/* Add all names in TEXT that are not there yet. */
void names_add(struct arena *a, struct names *all, const char *text, enum name_trust trust);
/* The same for a line of text, if it is a byline ("By Ada Lind in Oslo"). */
void names_add_byline(struct arena *a, struct names *all, const char *line);
/* Is it an agency, or several ("sid/dpa")? */
int name_is_agency(struct arena *a, const char *name);

/* name_words.c */
enum name_words {
	WORDS_ROLE,
	WORDS_QUALIFIER,
	WORDS_HOUSE,
	WORDS_AGENCY,
	WORDS_NOBODY,
	WORDS_NO_NAME,
	WORDS_PARTICLE,
	WORDS_DEGREE,
};
int name_word_is(enum name_words list, const char *tokens);
/* Is one of the words of TOKENS in the list? */
int name_word_in(struct arena *a, enum name_words list, const char *tokens);

/* witness.c: the feed's text, by which the page's is recognised. */
struct witness {
	const char *title; /* tokens; "": it has none */
	uint32_t words;
	size_t phrases;  /* runs of tokens that are listened for */
	unsigned *heard; /* of them in lines 0 .. i-1 together; lines_len + 1 numbers */
};
/* Set page.witness, which needs the lines. */
void witness_hear(struct page *p, const char *title, const char *markup);
/* The share of the feed's text that stands in N's subtree, 0-1; 0 without a witness. */
double witness_in(const struct page *p, const struct html_node *n);

/* extract.c */
int extract_ends_with(const char *s, const char *end);
/* The block that a line is, if it is kept. */
enum block_type line_block_type(const struct line *l);

/* trace.c: set article.trace and article.claims. */
void trace_page(struct page *p);

/* verdict.c: set article.verdict, confidence and evidence. */
void verdict_judge(struct page *p);

/* verdict_words.c */
enum page_words {
	PAGE_CHALLENGE,
	PAGE_ERROR,
	PAGE_CONSENT,
	PAGE_ACCEPT,
	PAGE_SCRIPT,
	PAGE_PAYWALL,
	PAGE_LIVE,
	PAGE_WORDS_COUNT
};
/* The first phrase of LIST that is in TOKENS; NULL: none is. */
const char *page_words_find(enum page_words list, const char *tokens);
/* The same, but the phrase must be at least SHARE of TOKENS. */
const char *page_words_are(enum page_words list, const char *tokens, double share);
/* All of LIST, NULL at the end. */
const char *const *page_words_list(enum page_words list);

/* phrases.c: fixed phrases of many languages. S is clean text. */
int phrase_is_read_more(const char *s);
int phrase_is_furniture(const char *s); /* share, advertisement, sign up ... */
int phrase_is_comments(const char *s);  /* heads what readers wrote */

#ifdef NEWSD_DEBUG_HOOKS
extern void (*extract_on_page)(struct page *p); /* sees each judged page; bench/lines.c */
extern unsigned extract_rules_off; /* bit r: enum rule r drops nothing; bench/ablation.sh */
#endif

#endif
