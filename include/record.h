/*
 * record: the structs that travel. Strings are valid UTF-8, NUL-terminated, NULL when absent, and
 * live in the arena of the record that is named in its comment. Times are UTC epoch seconds, 0 when
 * unknown.
 */
#ifndef NEWSD_RECORD_H
#define NEWSD_RECORD_H

#include <stddef.h>
#include <stdint.h>

#include "date.h"
#include "mem.h"

/* ---- what a worker is asked ---- */

enum job_kind {
	JOB_FEED = 1, /* RSS, Atom, RDF, JSON Feed, sitemap */
	JOB_PAGE,     /* an HTML article page */
	JOB_FRAGMENT, /* an HTML fragment from a feed entry, to be text */
	JOB_ROBOTS,
	JOB_OPML,     /* OPML, newsboat urls, plain list */
	JOB_DISCOVER, /* whatever stands there: a feed, or a page that may name some */
	JOB_KIND_COUNT
};

#define JOB_WANT_TEXT  1u /* JOB_FEED: give every item its plain text and text_hash */
#define JOB_WANT_TRACE 2u /* JOB_PAGE: tell what was decided, and why */

#define JOB_WITNESS_MAX ((size_t)16384) /* bytes of markup; of a longer one the head is taken */

/* Borrowed: nothing in it belongs to the job. */
struct job {
	enum job_kind kind;
	unsigned flags;
	const char *url;              /* where the document was fetched, after redirects */
	const char *content_type;     /* header or "" */
	const char *content_encoding; /* header or "" */
	const char *content_location; /* JOB_FEED: header or "" */
	const char *link;             /* JOB_FEED: header or "" */
	const char *agent;            /* JOB_ROBOTS: the product token, "newsd" */
	/* JOB_PAGE: what the feed's entry says: its title, and its text as markup; "": nothing */
	const char *witness_title, *witness;
	const uint8_t *body;
	size_t body_len;
	size_t inflated_max; /* bound for the decoded document */
	/* Whose it is, for the record when workers die over it; not sent. SUBJECT: the URL by which
	 * the link or the feed is known, NULL: url; ids 0: none. */
	const char *subject;
	int64_t link_id, feed_id;
};

/* ---- what comes back ---- */

struct enclosure {
	char *url, *type;
	int64_t length; /* bytes as declared, -1 unknown */
};

/* One entry of a feed. Arena: the feed_doc's. */
struct item {
	char *guid;      /* as written, resolved where it is a link; NULL when the entry has none */
	char *link;      /* absolute, as the feed gave it */
	char *canonical; /* url_canonical(link); NULL when the link is unusable or not the entry's
			    own */
	char *fetch;     /* url_fetch_form(link) */
	char *title;     /* plain text, one line */
	char *summary, *content; /* markup as given, links resolved */
	char **authors;
	size_t authors_len;
	char *published_raw;
	struct date published, updated;
	char **tags;
	size_t tags_len;
	struct enclosure *enclosures;
	size_t enclosures_len;
	char *image, *comments, *rights, *language,
	    *source;  /* source: URL or title of the origin feed */
	uint64_t key; /* identity within the feed: guid, else link, else title; never 0 */
	/* with JOB_WANT_TEXT: */
	char *text; /* plain text of content, else of summary */
	uint8_t text_hash[16];
	uint32_t words;
};

/* Arena: its own (in the reply). */
struct feed_doc {
	const char *format; /* "rss20", "rss091", "rdf", "atom10", "atom03", "json1", "sitemap",
			       "sitemap_index", ... */
	char *title, *link, *self, *subtitle, *language, *image, *author, *rights, *generator;
	struct date updated;
	char **tags, **hubs;
	size_t tags_len, hubs_len;
	char *next, *prev_archive; /* RFC 5005 */
	int64_t ttl_min;           /* -1: none */
	int64_t sy_period_s;       /* sy:updatePeriod / updateFrequency; -1: none */
	struct date sy_base;       /* sy:updateBase: from when the periods are counted */
	uint32_t skip_hours;       /* bit h: GMT hour h is skipped */
	uint8_t skip_days;         /* bit 0 = Monday */
	char *recovered;           /* NULL, or why the document was not well-formed */
	struct item *items;
	size_t items_len;
	uint64_t
	    items_hash; /* over the set of (key, title, link, updated): equal sets, equal hashes */
};

/* What a page is. */
enum verdict {
	VERDICT_FULL,
	VERDICT_PARTIAL,   /* the beginning of an article */
	VERDICT_FEED_ONLY, /* the text is the feed's own */
	VERDICT_PAYWALL_STUB,
	VERDICT_CONSENT_WALL,
	VERDICT_BOT_CHALLENGE,
	VERDICT_SPA_SHELL,  /* the text would come by script */
	VERDICT_ERROR_PAGE, /* with a status that is none */
	VERDICT_LISTING,
	VERDICT_LIVE_BLOG,
	VERDICT_VIDEO_ONLY,
	VERDICT_NOT_ARTICLE, /* too little text, or that of something else */
	VERDICT_COUNT
};
enum block_type {
	BLOCK_PARAGRAPH,
	BLOCK_HEADING,
	BLOCK_LIST_ITEM,
	BLOCK_QUOTE,
	BLOCK_CAPTION,
	BLOCK_EMBED,
	BLOCK_TABLE,
	BLOCK_TYPE_COUNT
};
/* A stretch of a block's text that is a link, at whole characters. */
struct block_link {
	uint32_t at, len; /* bytes of the text */
	char *url;        /* web URL in the form to fetch: ASCII, no control characters */
};
struct block {
	enum block_type type;
	char *text;
	struct block_link *links; /* in order, apart from each other, none of them empty */
	size_t links_len;
};

#define BLOCK_LINKS_MAX   500              /* of all blocks of an article together */
#define BLOCK_LINKS_BYTES ((size_t)262144) /* ... and of their URLs */

#define ARTICLE_LINKS_MAX 200 /* a text with more is a list, and the rest tells no more */

/* JOB_WANT_TRACE: what became of a line of the page, in the page's order. */
struct trace_line {
	enum block_type type; /* that it would be, or is */
	int kept;
	const char *rule; /* that decided; "" of a line that no rule took */
	double score;     /* how likely it is body, as the model sees it, 0-1 */
	char *text;       /* its beginning */
};
/* ... and of a claim of its metadata. */
enum claim_fate {
	CLAIM_LOST,
	CLAIM_AGREES, /* another said the same before */
	CLAIM_WON,
	CLAIM_FATE_COUNT
};
const char *claim_fate_name(enum claim_fate f);
struct trace_claim {
	const char *field;  /* "title", "published", "modified", "author" */
	const char *source; /* as in title_source */
	char *value;
	enum claim_fate fate;
};

/* Arena: its own (in the reply). */
struct article {
	char *url; /* canonical URL that the page declares, else of where it was fetched; NULL when
		      that is no URL */
	char *canonical; /* as declared by the page, resolved; NULL when it declares none */
	char *title, *subtitle;
	char *title_source; /* "h1", "opengraph", "jsonld", "twitter", "meta", "title", "feed" */
	char **authors;
	size_t authors_len;
	char *published_raw; /* as the page writes it */
	struct date published, modified;
	char *published_source; /* "jsonld", "meta", "microdata", "time", "element", "text", "url",
				   "modified", "feed" */
	char *language;         /* BCP 47 */
	char *language_source;  /* "declared", "detected", "feed" */
	char *site, *section, *image, *agency, *syndicated_from, *charset;
	char **tags;
	size_t tags_len;
	struct block *blocks;
	size_t blocks_len;
	char **links; /* what the body links to: canonical forms, in order, each once */
	size_t links_len;
	char *text; /* plain text: paragraphs separated by newlines; "" when empty */
	uint32_t words;
	uint8_t text_hash[16]; /* of text_tokens(text) */
	uint32_t tokens;       /* how many tokens that hash covers */
	int from_jsonld;       /* the text is that of the page's JSON-LD, not of its elements */
	enum verdict verdict;
	double confidence; /* 0-1 */
	char *evidence;    /* what that rests on, in short words, commas between them */
	struct trace_line *trace;
	size_t trace_len;
	struct trace_claim *claims;
	size_t claims_len;
	int noarchive;   /* the page asks not to be archived */
	unsigned rights; /* what the page says of its use: bits of rights.h */
};

/* A compiled robots.txt for one agent. Arena: its own (in the reply). */
struct robots_rule {
	char *pattern; /* as written, but ASCII and with upper-case %XX; may hold '*' and a final
			  '$' */
	char *normal;  /* with unreserved characters decoded too; NULL: the same */
	int allow;
};
struct robots_doc {
	struct robots_rule
	    *rules; /* the one that decides first: longest first, allow before disallow */
	size_t rules_len;
	double crawl_delay_s; /* -1: none */
	char **sitemaps;
	size_t sitemaps_len;
};

struct opml_feed {
	char *url, *title, *site;
	char *refused; /* NULL; or in words why newsd does not take it: then url is as written */
	char **tags;   /* folders, outermost first, and category words */
	size_t tags_len;
};
struct opml_doc {
	struct opml_feed *feeds;
	size_t feeds_len;
};

/* How an address came to be taken for a feed's, the surest first. */
enum found_by {
	FOUND_ITSELF,
	FOUND_DECLARED,
	FOUND_LINKED,
	FOUND_GUESSED,
	FOUND_SITEMAP,
	FOUND_BY_COUNT
};
const char *found_by_name(enum found_by b);

/* What a feed is to its site, the most wanted first. */
enum feed_class { FEED_MAIN, FEED_TOPIC, FEED_PODCAST, FEED_COMMENTS, FEED_CLASS_COUNT };
const char *feed_class_name(enum feed_class c);

#define DISCOVERY_LINKS_MAX 24 /* of a page: more are not worth a look */

struct feed_link {
	char *url;   /* form to fetch */
	char *title; /* as the page calls it, NULL: not at all */
	enum found_by by;
	enum feed_class class;
};

/* What a document is to somebody who looks for feeds. Arena: its own (in the reply). */
struct discovery {
	char *format; /* it is a feed: as in feed_doc; NULL: it is none, and why: */
	char *reason;
	char *title; /* of the feed or the page */
	uint32_t entries;
	int full_text;           /* 1: its entries carry whole texts */
	int64_t newest;          /* time of its newest entry as it claims, 0: unknown */
	enum feed_class class;   /* FEED_MAIN or, by its enclosures, FEED_PODCAST */
	struct feed_link *links; /* of a page: the best first, no address twice */
	size_t links_len;
};

/*
 * The answer to one job. Exactly one of the documents is set when status is 0. A JOB_FEED that
 * fails because the document is a page has `discovery` all the same, if the page declares feeds.
 */
struct reply {
	enum job_kind kind;
	int status; /* enum error */
	char *reason;
	struct feed_doc *feed;
	struct article *article;
	struct robots_doc *robots;
	struct opml_doc *opml;
	struct discovery *discovery;
	struct arena arena; /* holds all of the above */
};

struct reply *reply_new(enum job_kind kind);
/* What a failed reply says: its reason, or else the name of its status. Lives as long as R. */
const char *reply_words(const struct reply *r);
void reply_free(struct reply *r);
/* Set status and reason; drops documents. Returns status. */
int
reply_fail(struct reply *r, int status, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

const char *verdict_name(enum verdict v);
const char *block_type_name(enum block_type t);
const char *job_kind_name(enum job_kind k);

#endif
