/* feed: what its files share, see include/feed.h. */
#ifndef NEWSD_FEED_PRIV_H
#define NEWSD_FEED_PRIV_H

#include "buf.h"
#include "feed.h"
#include "xml.h"

#define FEED_LINE_MAX    4096 /* bytes of a title and of other texts of one line */
#define FEED_WORD_MAX    1024 /* bytes of a guid, a tag, a name */
#define FEED_URL_MAX     4096
/* Memory for what was read: a sitemap of nothing but short links takes 4 times its size. */
#define FEED_GROWTH      6 /* times the document */
#define FEED_GROWTH_ROOM ((size_t)1280 << 10)

#define TOO_LONG_TEXT    "a text longer than newsd takes is left out"
#define TOO_MANY_ENTRIES "more entries than newsd takes, the last ones are left out"

/* How the characters of a text are meant. */
enum feed_text {
	FEED_TEXT_HTML,   /* markup, as in all of RSS */
	FEED_TEXT_PLAIN,  /* characters; a child element makes it markup */
	FEED_TEXT_BASE64, /* Atom 0.3 mode="base64" */
};

/* What the parsers of the dialects work on. */
struct feed_job {
	struct arena *a;
	struct feed_doc *doc;
	const char *url;
	const char *base;     /* of references, where the document says nothing else */
	size_t items_cap;     /* of doc->items, which is not in the arena while it grows */
	struct arena scratch; /* what is only looked at; cleared after each item */
	size_t memory_max;    /* of the arena and the items */
	size_t texts_from;    /* bytes that the arena had before */
	const char *note;     /* something was left out or mended, for ->recovered */
	struct fault *f;
};

/* ---- feed_text.c ---- */

/* Take white space off both ends, and a CDATA section that was escaped and is text now. */
void feed_trim(const char **s, size_t *len);
/*
 * The end of the tag at P: its '>' outside of quotes, or the first one when quotes hide all others;
 * END when there is none. *ENDLESS, 0 at the beginning of a text, is set when quotes did so: from
 * there on they count no more, or the rest of the text would be read again for each tag.
 */
const char *feed_tag_end(const char *p, const char *end, int *endless);

/* One line of plain text from markup or characters; NULL when nothing is left. */
char *feed_line(struct arena *a, const char *s, size_t len, enum feed_text kind);
/* The name in "mail (Name)", "Name <mail>", "Name"; the address when there is no name. */
char *feed_person(struct arena *a, const char *s, size_t len);
/* 1 when plain characters hold HTML after all: a known end tag or <br>, <p>, <img> ... */
int feed_looks_like_html(const char *s, size_t len);
/* Decode base64 in B in place, if it holds UTF-8; else empty it. */
void feed_decode_base64(struct buf *b);
/* Characters U+0080-U+009F in B become what windows-1252 meant by them. */
void feed_mend_c1(struct buf *b);

/* ---- feed_links.c ---- */

/* Markup with its relative links resolved against BASE; plain characters are escaped. NULL: empty.
 */
char *
feed_markup(struct arena *a, const char *base, const char *s, size_t len, enum feed_text kind);
/* A reference as an absolute URL: unchanged when it has a scheme. NULL when empty or too long. */
char *feed_url(struct arena *a, const char *base, const char *s, size_t len);
/* The attribute NAME of HTML holds one URL: 1, the candidates of a srcset: 2, no URL: 0. */
int feed_is_url_attr(const char *name, size_t len);
/* VALUE of a srcset (no references of HTML in it) with its URLs resolved; NULL: too long. */
char *feed_srcset(struct arena *a, const char *base, const char *value, size_t len);
/* Append S with & < > " escaped. ERR_LIMIT past B's maximum. */
int feed_escape(struct buf *b, const char *s, size_t len);

/* ---- feed.c ---- */

/* Append to a list of at most FEED_LIST_MAX; NULL and what is already there are left out. */
void feed_add_word(struct feed_job *j, char ***list, size_t *len, char *word);
/* Append the parts of TEXT between commas and semicolons. */
void feed_add_words(struct feed_job *j, char ***list, size_t *len, const char *text);
void feed_add_enclosure(
    struct feed_job *j, struct item *it, char *url, const char *type, int64_t length);
/* A new item of the document, or NULL when it has FEED_ITEMS_MAX. */
struct item *feed_add_item(struct feed_job *j);
/* Check the memory that the document may take. 0 or ERR_LIMIT with fault set. */
int feed_check_memory(struct feed_job *j);
/* Forget the document that was read so far. */
void feed_reset(struct feed_job *j);
/* A bound was passed: keep the items before it and say so, if there are any. 0 or RC. */
int feed_keep_whole(struct feed_job *j, int rc);
/* The forms of IT->link for identity and for fetching, made from LINK. */
void feed_set_link_forms(struct feed_job *j, struct item *it, const char *link);

/* ---- the dialects ---- */

/* Parse XML whose root is ROOT; TEXT is UTF-8. 0 or an enum error with fault set. */
int feed_parse_xml(struct feed_job *j, const char *text, size_t len, const struct xml_root *root);
int feed_parse_json(struct feed_job *j, const char *text, size_t len);

/* ---- feed_rescue.c ---- */

/* 1 when every line of TEXT is a link: then it is a sitemap, which feed_parse_links reads. */
int feed_is_links(const char *text, size_t len);
int feed_parse_links(struct feed_job *j, const char *text, size_t len);
/* The feed that the page in TEXT shows, in A or in TEXT itself; NULL when it shows none. */
const char *feed_in_page(struct arena *a, const char *text, size_t len, size_t *feed_len);

/* ---- feed_headers.c ---- */

/* What references in the document at URL are relative to, as its header CONTENT_LOCATION has it:
 * URL itself, or another one of its origin, in A. */
const char *feed_header_base(struct arena *a, const char *url, const char *content_location);
/* Give the document what the header Link (RFC 8288) says of the feed. */
void feed_read_link_header(struct feed_job *j, const char *link);

/* ---- feed_elements.c ---- */

enum feed_ns {
	NS_CORE = 1 << 0, /* no namespace, that of the root, all of RSS, Atom and CDF */
	NS_DC = 1 << 1,
	NS_DCTERMS = 1 << 2,
	NS_CONTENT = 1 << 3,
	NS_ITUNES = 1 << 4,
	NS_MEDIA = 1 << 5,
	NS_SY = 1 << 6,
	NS_XHTML = 1 << 7,
	NS_RDF = 1 << 8,
	NS_ADMIN = 1 << 9,
	NS_FEEDBURNER = 1 << 10,
	NS_NEWS = 1 << 11,       /* Google's news sitemaps */
	NS_SITE_IMAGE = 1 << 12, /* Google's image sitemaps */
	NS_GOOGLEPLAY = 1 << 13,
	NS_XML = 1 << 14, /* xml:base, xml:lang */
	NS_PRISM = 1 << 15,
	NS_SITE_VIDEO = 1 << 16, /* Google's video sitemaps */
	NS_OTHER = 1 << 17,
};

/* Where an element stands. */
enum feed_ctx {
	CTX_NONE = 0, /* inside of something that says nothing to us */
	CTX_FEED = 1 << 0,
	CTX_ITEM = 1 << 1,
	CTX_IMAGE = 1 << 2,      /* inside the feed's image */
	CTX_ITEM_IMAGE = 1 << 3, /* inside an item's image */
	CTX_SOURCE = 1 << 4,     /* where an item came from */
	CTX_HOURS = 1 << 5,
	CTX_DAYS = 1 << 6,
	CTX_SITEMAP = 1 << 7, /* a sitemap, which says nothing about itself */
	CTX_BOTH = CTX_FEED | CTX_ITEM,
};

/* What is done with an element; see feed_starts.c and feed_ends.c. */
enum feed_kind {
	KIND_GROUP, /* its children stand in the context that the row names as its field */
	KIND_ITEM,
	KIND_LINE,   /* plain text of one line */
	KIND_MARKUP, /* text with markup */
	KIND_WORD,   /* an identifier */
	KIND_URL,
	KIND_DATE,
	KIND_LINK, /* RSS text or Atom attributes */
	KIND_GUID,
	KIND_PERSON,
	KIND_CREDIT, /* media:credit: a person when its role is to have written */
	KIND_TAG,
	KIND_TAGS, /* comma list */
	KIND_LANGUAGE,
	KIND_ENCLOSURE,
	KIND_MEDIA,    /* media:content */
	KIND_ATTR_URL, /* a URL in href, url or rdf:resource, else the text */
	KIND_TTL,
	KIND_PERIOD,
	KIND_FREQUENCY,
	KIND_BEGIN,
	KIND_HOUR,
	KIND_DAY,
	KIND_COUNT,
};

enum feed_field {
	FIELD_NONE,
	FIELD_TITLE,
	FIELD_LINK,
	FIELD_SUMMARY, /* of a feed: the subtitle */
	FIELD_CONTENT,
	FIELD_IMAGE,
	FIELD_COMMENTS,
	FIELD_RIGHTS,
	FIELD_LANGUAGE,
	FIELD_SOURCE, /* of a feed: the generator */
	FIELD_GUID,
	FIELD_ORIGINAL, /* the link before a redirector replaced it */
	FIELD_PUBLISHED,
	FIELD_UPDATED,
	FIELD_AUTHORS,
	FIELD_COUNT,
};

struct feed_element {
	const char *name; /* lower case */
	unsigned ns;      /* any of these */
	unsigned ctx;     /* in any of these */
	enum feed_kind kind;
	unsigned field; /* enum feed_field; with KIND_GROUP enum feed_ctx */
	unsigned rank;  /* the higher wins, of equals the first */
};

/* The namespace of a URI, or by its prefix when there is no URI or an unknown one. */
enum feed_ns feed_namespace(const char *uri, const char *prefix);
/* The first row of the table for the element NAME (any case), NULL when there is none. */
const struct feed_element *feed_elements_find(const char *name);
/* The row at or behind ROW, of the same name, for an element of NS in CTX; NULL: none. */
const struct feed_element *
feed_elements_match(const struct feed_element *row, unsigned ns, unsigned ctx);

#endif
