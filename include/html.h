/*
 * html: an HTML document of whatever brokenness to a compact tree in an arena. The only family that
 * touches the HTML parser (libxml2's SAX); what is known of libxml2 ends here. Pure; hostile input:
 * depth, nodes and attributes are capped, time is linear, walks need no recursion.
 */
#ifndef NEWSD_HTML_H
#define NEWSD_HTML_H

#include <stddef.h>
#include <stdint.h>

#include "errors.h"
#include "mem.h"

#define HTML_DEPTH_MAX      250 /* deeper elements are left out, their text stays */
#define HTML_NODES_MAX      500000
#define HTML_ATTRIBUTES_MAX 64 /* of one element; the rest is dropped */

enum html_tag { /* the elements that extraction asks for by number; all others are HTML_OTHER */
	HTML_TEXT = 0, /* a text node */
	HTML_OTHER,
	/* clang-format off */
	HTML_A, HTML_ABBR, HTML_ADDRESS, HTML_AMP_IMG, HTML_ARTICLE, HTML_ASIDE, HTML_AUDIO, HTML_B, HTML_BASE,
	HTML_BLOCKQUOTE, HTML_BODY, HTML_BR, HTML_BUTTON, HTML_CENTER, HTML_CITE, HTML_CODE, HTML_DD, HTML_DETAILS,
	HTML_DIV, HTML_DL, HTML_DT, HTML_EM, HTML_EMBED, HTML_FIELDSET, HTML_FIGCAPTION, HTML_FIGURE, HTML_FONT,
	HTML_FOOTER, HTML_FORM, HTML_FRAME, HTML_H1, HTML_H2, HTML_H3, HTML_H4, HTML_H5, HTML_H6, HTML_HEAD,
	HTML_HEADER, HTML_HR, HTML_HTML, HTML_I, HTML_IFRAME, HTML_IMG, HTML_INPUT, HTML_LABEL, HTML_LI, HTML_LINK,
	HTML_MAIN, HTML_META, HTML_NAV, HTML_NOSCRIPT, HTML_OBJECT, HTML_OL, HTML_OPTION, HTML_P, HTML_PICTURE,
	HTML_PRE, HTML_Q, HTML_RP, HTML_RT, HTML_RUBY, HTML_SCRIPT, HTML_SECTION, HTML_SELECT, HTML_SMALL,
	HTML_SOURCE, HTML_SPAN, HTML_STRONG, HTML_STYLE, HTML_SUB, HTML_SUMMARY, HTML_SUP, HTML_SVG, HTML_TABLE,
	HTML_TBODY, HTML_TD, HTML_TEMPLATE, HTML_TEXTAREA, HTML_TH, HTML_THEAD, HTML_TIME, HTML_TITLE, HTML_TR,
	HTML_U, HTML_UL, HTML_VIDEO, HTML_TAG_COUNT
	/* clang-format on */
};

struct html_attribute {
	const char *name;  /* lower case */
	const char *value; /* "" when it has none */
};

struct html_node {
	enum html_tag tag;
	unsigned attributes_len;
	const char *name; /* element name; for text: the text itself, UTF-8, references decoded */
	size_t text_len;  /* text nodes only */
	struct html_attribute *attributes;
	struct html_node *parent, *first, *last, *next, *prev;
	void *data; /* for the extractor's own use */
};

struct html_doc {
	struct html_node *root;        /* <html>, never NULL */
	struct html_node *head, *body; /* NULL when absent */
	size_t nodes;
	int truncated; /* a cap was reached */
};

/*
 * Parse valid UTF-8 TEXT into A. Dropped on the way: comments, style, svg, math, template, the
 * content of iframe and textarea, script except application/ld+json (kept as one text child of its
 * HTML_SCRIPT), and attributes outside the table in scan.c (handlers, most of style and data-*).
 * White space between blocks makes no node. Always gives a document; ERR_LIMIT only when the input
 * is over the caps in a way that leaves nothing usable.
 */
int html_parse(struct arena *a, const char *text, size_t len, struct html_doc **out);
/* The same for a fragment (feed content): the root is a synthetic HTML_BODY. */
int html_parse_fragment(struct arena *a, const char *text, size_t len, struct html_doc **out);

/* The value of an attribute, NULL when absent. */
const char *html_attr(const struct html_node *n, const char *name);
/* The next node in document order within ROOT (NULL at the end); html_skip passes over N's subtree.
 */
struct html_node *html_next(const struct html_node *root, struct html_node *n);
struct html_node *html_skip(const struct html_node *root, struct html_node *n);
/* All text below N joined, blocks and <br> as newlines; in A. */
char *html_text(struct arena *a, struct html_node *n);
/* Its beginning: as html_text, but ends with the text node that makes it longer than MAX bytes, or
 * after 2,000 nodes. For rules that ask many elements for a short text. */
char *html_text_start(struct arena *a, struct html_node *n, size_t max);
/* 1 for elements that begin a new line (p, div, li, h1, ...). */
int html_is_block(enum html_tag tag);

#endif
