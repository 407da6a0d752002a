/*
 * xml: hostile XML as events. Finds the root in whatever surrounds it, parses strictly in one pass,
 * and only when that fails rewrites the document (bare ampersands, undefined entities, control
 * characters, unclosed and crossing tags, truncation) and parses once more. The only user of the
 * XML parser of libxml2. A DOCTYPE never reaches it: of its
 * entities only those that stand for plain characters are known, and put in before (entities.c).
 */
#ifndef NEWSD_XML_H
#define NEWSD_XML_H

#include <stddef.h>

#include "errors.h"

#define XML_DEPTH_MAX    256
#define XML_ATTRS_MAX    512 /* in one tag; libxml2 compares every pair */
#define XML_BOUND_MAX    256 /* namespaces bound at once; libxml2 looks through all for a prefix */
#define XML_NAMES_MAX    16384 /* different ones; libxml2 looks up a million in half a minute */
#define XML_NAME_MAX     64
#define XML_RECOVERY_MAX 200

/* The first tag that can be a document's root. */
struct xml_root {
	size_t at;               /* offset of its '<' */
	char name[XML_NAME_MAX]; /* local name in lower case, cut; "" when there is no tag at all */
	int known;               /* it is in the list that was asked for */
	int junk;                /* something that XML does not allow stands before it */
};

/*
 * A start tag. Within one parse equal names, prefixes and URIs have equal addresses (they come from
 * the parser's dictionary), so that a pointer can be the key of a cache.
 */
struct xml_tag {
	const char *name;   /* local name */
	const char *prefix; /* NULL: none */
	const char *uri;    /* NULL: none, or the prefix is not bound */
	const void *attrs;
	size_t attrs_len;
};

struct xml_attr {
	const char *name, *prefix, *uri;
	const char *value; /* LEN bytes, no NUL */
	size_t len;
};

/* Who listens. CTX is passed on. start may return an enum error (with fault set) to end the parse.
 */
struct xml_reader {
	void (*restart)(void *ctx); /* forget everything: the document comes again, repaired */
	int (*start)(void *ctx, const struct xml_tag *tag);
	void (*end)(void *ctx);
	void (*text)(void *ctx, const char *s, size_t len);
	void (*cut)(void *ctx); /* the document ended here; what closes from now on never did */
	/* For the repair, local names, lower case, NULL at the end: */
	const char *const *solo;       /* elements that never nest in one another (item, entry) */
	const char *const *containers; /* elements in which those stand (channel, feed) */
	const char *const *lines;      /* elements that hold text alone (title, link); NULL: none */
	const char *const *neighbours; /* elements that stand beside them, never inside */
};

struct xml_report {
	char recovered[XML_RECOVERY_MAX]; /* "" or why the document was not well-formed */
};

/* Shut libxml2's own doors for good, of its HTML parser, too: external entities come out empty,
 * catalogs are not looked at. Once a process, before its first document. */
void xml_prepare(void);

/* Attribute I of TAG, I < attrs_len. */
struct xml_attr xml_tag_attr(const struct xml_tag *tag, size_t i);

/*
 * Find the root of TEXT (valid UTF-8): the first start tag, or when that is not among KNOWN (local
 * names in lower case, NULL at the end) and not "html", the first one within 64 KB that is. The
 * start is returned all the same when none is.
 */
void xml_find_root(const char *text, size_t len, const char *const *known, struct xml_root *out);

/*
 * Parse the document in TEXT (valid UTF-8, no NUL) whose root tag begins at AT. Returns 0 with
 * REPORT filled, ERR_INPUT when not even the repaired text is a document, ERR_LIMIT past a bound (F
 * says which), or what a callback returned.
 */
int xml_parse(const char *text, size_t len, size_t at, const struct xml_reader *reader, void *ctx,
    struct xml_report *report, struct fault *f);

#endif
