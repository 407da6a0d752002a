/* feed parser: the state that the files of the XML dialects share. */
#ifndef NEWSD_FEED_PARSER_H
#define NEWSD_FEED_PARSER_H

#include "feed_priv.h"

#define CACHE_SLOTS 128
#define CACHE_SHIFT 57 /* of a 64-bit hash: its top bits number the slots */

/* One open element. */
struct feed_frame {
	unsigned ctx;                  /* of its children */
	const struct feed_element *el; /* NULL: unknown */
	const char *name, *prefix;
	const char *base, *lang;
	int html; /* in the namespace of XHTML */
};

/* What the names that libxml2 interned stand for. */
struct feed_cached {
	const char *name, *prefix, *uri;
	const struct feed_element *row; /* the first of its name */
	enum feed_ns ns;
};

struct feed_parser {
	struct feed_job *j;
	struct item *item; /* the open one */
	size_t depth;
	struct feed_cached cache[CACHE_SLOTS];
	const char *root_uri;
	unsigned char feed_rank[FIELD_COUNT], item_rank[FIELD_COUNT];

	size_t capture; /* depth of the element whose text is captured; 0: none */
	enum feed_text kind;
	struct buf text;
	int escaped;    /* plain characters became markup, because a child came */
	int overflow;   /* the text is longer than a field may be */
	size_t wrapper; /* depth of Atom's <div>, which is not content */
	size_t child;   /* length of the text before the element inside of a tag's */
	char *label;    /* of a tag */
	char *person_name, *person_mail;
	int permalink; /* guid: 1 said so, 0 denied, -1 not said */

	char *guid_link, *original;
	const char *home; /* the feed's own link when it is on another host than the document */
	int64_t period_s;
	int frequency;
	int cut;
	struct feed_frame stack[XML_DEPTH_MAX + 1]; /* last: it is never cleared */
};

/* ---- feed_fields.c ---- */

/* The attribute NAME (no namespace, any case) in the scratch arena; NULL when absent. */
char *feed_attr(struct feed_parser *p, const struct xml_tag *tag, const char *name);
/* The same of the RDF namespace. */
char *feed_attr_rdf(struct feed_parser *p, const struct xml_tag *tag, const char *name);
/* The attribute NAME as an absolute URL; NULL when absent or none. */
char *feed_attr_url(struct feed_parser *p, const struct xml_tag *tag, const char *name);
/* Digits in S (may be NULL), saturated; -1 when there are none. */
int64_t feed_integer(const char *s);
/* What references in the frame F are relative to, and those in the frame on top. */
const char *feed_base(const struct feed_parser *p, const struct feed_frame *f);
const char *feed_base_here(const struct feed_parser *p);
/* LINK is the feed's own: if it is on another host than the document, references are relative to
 * it. */
void feed_set_home(struct feed_parser *p, const char *link);
/* 1 when FIELD is still open for a value of RANK, which it then has: of equals the first. */
int feed_claim(struct feed_parser *p, unsigned field, unsigned rank);
/* The same, of equals the last: where a date stands twice, the later words are the correction. */
int feed_claim_again(struct feed_parser *p, unsigned field, unsigned rank);
/* VALUE (NULL: nothing happens) becomes FIELD of the open item, else of the feed, if RANK wins. */
void feed_set_field(struct feed_parser *p, unsigned field, unsigned rank, char *value);
void feed_set_language(struct feed_parser *p, const char *tag, unsigned rank);
void feed_add_tag(struct feed_parser *p, char *tag);
/* The captured text. */
char *feed_captured(struct feed_parser *p);

/* ---- feed_starts.c ---- */

/* EL begins with TAG; its frame is on top. 1: capture its text. */
int
feed_kind_start(struct feed_parser *p, const struct feed_element *el, const struct xml_tag *tag);
/* TAG begins inside of an element of KIND_TAG. */
void feed_kind_tag_child(struct feed_parser *p, const struct xml_tag *tag);
/* What the root says about the feed itself: language, link. */
void feed_read_root(struct feed_parser *p, const struct xml_tag *tag);

/* ---- feed_ends.c ---- */

/* EL ends; P->text is its text when it was captured. */
void feed_kind_end(struct feed_parser *p, const struct feed_element *el);
/* 1 when EL, whose text is not captured, has something to do at its end. */
int feed_kind_is_group(const struct feed_element *el);
/* 1 when EL (may be NULL) holds elements but is read when text stands in it instead. */
int feed_kind_has_text(const struct feed_element *el);

/* ---- feed_capture.c ---- */

/* Begin to capture the text of the element on top. */
void feed_capture_begin(struct feed_parser *p);
void feed_capture_text(struct feed_parser *p, const char *s, size_t len);
/* An element inside of the captured one begins or ends; F is its frame. */
void
feed_capture_start(struct feed_parser *p, const struct feed_frame *f, const struct xml_tag *tag);
void feed_capture_end(struct feed_parser *p, const struct feed_frame *f);
/* The captured element ends. 1: P->text and P->kind are ready for use; 0: too long, left out. */
int feed_capture_finish(struct feed_parser *p);

#endif
