/*
 * wire: see include/wire.h. Each record has one table of its fields; one function writes by it and
 * one reads by it, so that the two directions can't differ.
 */
#include "wire.h"

#include <math.h>
#include <string.h>

#include "charset.h"
#include "feed.h"
#include "rights.h"
#include "sandbox.h"
#include "url.h"

#define MAGIC        (0x6e770000u | WIRE_VERSION) /* "nw" and the version */
#define NO_STRING    UINT32_MAX
#define SAME_STRING  (UINT32_MAX - 1) /* as the field before: the forms of most links are one */
#define RECORDS_ROOM 1024

enum frame_kind { FRAME_JOB = 1, FRAME_REPLY, FRAME_HELLO };

/* ---- what travels ---- */

enum field_type {
	F_STRING,  /* char *, may be NULL */
	F_TEXT,    /* char *, never NULL */
	F_URL,     /* char *, NULL or a web URL */
	F_WEB,     /* char *, a web URL */
	F_STRINGS, /* char ** and its length; no element is NULL */
	F_WEBS,    /* the same, of web URLs */
	F_RECORDS, /* a vector of another shape and its length */
	F_DATE,    /* struct date */
	F_CHOICE,  /* int or enum, 0 to MAX */
	F_BYTE,    /* uint8_t */
	F_U32,
	F_U64,
	F_I64,
	F_NUMBER, /* double, -1 to MAX */
	F_HASH,   /* uint8_t[16] */
};

struct shape;

struct field {
	enum field_type type;
	size_t at;
	size_t length_at; /* vectors: where the length (size_t) stands */
	unsigned max; /* F_CHOICE, F_NUMBER; of a vector: elements, 0: no more than bytes allow */
	const struct shape *of;
};

struct shape {
	size_t size;
	const struct field *fields;
	size_t fields_len;
};

#define AT(type, record, name)                                                                     \
	{                                                                                          \
		type, offsetof(struct record, name), 0, 0, NULL                                    \
	}
#define UPTO(type, record, name, max)                                                              \
	{                                                                                          \
		type, offsetof(struct record, name), 0, max, NULL                                  \
	}
#define MANY(type, record, name, max, of)                                                          \
	{                                                                                          \
		type, offsetof(struct record, name), offsetof(struct record, name##_len), max, of  \
	}
#define SHAPE(record, fields)                                                                      \
	{                                                                                          \
		sizeof(struct record), fields, sizeof fields / sizeof *fields                      \
	}

static const struct field enclosure_fields[] = {
    AT(F_STRING, enclosure, url),
    AT(F_STRING, enclosure, type),
    AT(F_I64, enclosure, length),
};
static const struct shape enclosure_shape = SHAPE(enclosure, enclosure_fields);

static const struct field item_fields[] = {
    AT(F_STRING, item, guid),
    AT(F_STRING, item, link),
    AT(F_URL, item, canonical),
    AT(F_URL, item, fetch),
    AT(F_STRING, item, title),
    AT(F_STRING, item, summary),
    AT(F_STRING, item, content),
    MANY(F_STRINGS, item, authors, FEED_LIST_MAX, NULL),
    AT(F_STRING, item, published_raw),
    AT(F_DATE, item, published),
    AT(F_DATE, item, updated),
    MANY(F_STRINGS, item, tags, FEED_LIST_MAX, NULL),
    MANY(F_RECORDS, item, enclosures, FEED_LIST_MAX, &enclosure_shape),
    AT(F_STRING, item, image),
    AT(F_STRING, item, comments),
    AT(F_STRING, item, rights),
    AT(F_STRING, item, language),
    AT(F_STRING, item, source),
    AT(F_U64, item, key),
    AT(F_STRING, item, text),
    AT(F_HASH, item, text_hash),
    AT(F_U32, item, words),
};
static const struct shape item_shape = SHAPE(item, item_fields);

static const struct field feed_fields[] = {
    AT(F_TEXT, feed_doc, format),
    AT(F_STRING, feed_doc, title),
    AT(F_STRING, feed_doc, link),
    AT(F_STRING, feed_doc, self),
    AT(F_STRING, feed_doc, subtitle),
    AT(F_STRING, feed_doc, language),
    AT(F_STRING, feed_doc, image),
    AT(F_STRING, feed_doc, author),
    AT(F_STRING, feed_doc, rights),
    AT(F_STRING, feed_doc, generator),
    AT(F_DATE, feed_doc, updated),
    MANY(F_STRINGS, feed_doc, tags, FEED_LIST_MAX, NULL),
    MANY(F_STRINGS, feed_doc, hubs, FEED_LIST_MAX, NULL),
    AT(F_STRING, feed_doc, next),
    AT(F_STRING, feed_doc, prev_archive),
    AT(F_I64, feed_doc, ttl_min),
    AT(F_I64, feed_doc, sy_period_s),
    AT(F_DATE, feed_doc, sy_base),
    AT(F_U32, feed_doc, skip_hours),
    AT(F_BYTE, feed_doc, skip_days),
    AT(F_STRING, feed_doc, recovered),
    MANY(F_RECORDS, feed_doc, items, FEED_ITEMS_MAX, &item_shape),
    AT(F_U64, feed_doc, items_hash),
};
static const struct shape feed_shape = SHAPE(feed_doc, feed_fields);

static const struct field block_link_fields[] = {
    AT(F_U32, block_link, at),
    AT(F_U32, block_link, len),
    AT(F_WEB, block_link, url),
};
static const struct shape block_link_shape = SHAPE(block_link, block_link_fields);

static const struct field block_fields[] = {
    UPTO(F_CHOICE, block, type, BLOCK_TYPE_COUNT - 1),
    AT(F_TEXT, block, text),
    MANY(F_RECORDS, block, links, BLOCK_LINKS_MAX, &block_link_shape),
};
static const struct shape block_shape = SHAPE(block, block_fields);

static const struct field trace_line_fields[] = {
    UPTO(F_CHOICE, trace_line, type, BLOCK_TYPE_COUNT - 1),
    UPTO(F_CHOICE, trace_line, kept, 1),
    AT(F_TEXT, trace_line, rule),
    UPTO(F_NUMBER, trace_line, score, 1),
    AT(F_TEXT, trace_line, text),
};
static const struct shape trace_line_shape = SHAPE(trace_line, trace_line_fields);

static const struct field trace_claim_fields[] = {
    AT(F_TEXT, trace_claim, field),
    AT(F_TEXT, trace_claim, source),
    AT(F_TEXT, trace_claim, value),
    UPTO(F_CHOICE, trace_claim, fate, CLAIM_FATE_COUNT - 1),
};
static const struct shape trace_claim_shape = SHAPE(trace_claim, trace_claim_fields);

static const struct field article_fields[] = {
    AT(F_URL, article, url),
    AT(F_STRING, article, canonical),
    AT(F_STRING, article, title),
    AT(F_STRING, article, subtitle),
    AT(F_STRING, article, title_source),
    MANY(F_STRINGS, article, authors, 0, NULL),
    AT(F_STRING, article, published_raw),
    AT(F_DATE, article, published),
    AT(F_DATE, article, modified),
    AT(F_STRING, article, published_source),
    AT(F_STRING, article, language),
    AT(F_STRING, article, language_source),
    AT(F_STRING, article, site),
    AT(F_STRING, article, section),
    AT(F_STRING, article, image),
    AT(F_STRING, article, agency),
    AT(F_STRING, article, syndicated_from),
    AT(F_STRING, article, charset),
    MANY(F_STRINGS, article, tags, 0, NULL),
    MANY(F_RECORDS, article, blocks, 0, &block_shape),
    MANY(F_WEBS, article, links, ARTICLE_LINKS_MAX, NULL),
    AT(F_TEXT, article, text),
    AT(F_U32, article, words),
    AT(F_HASH, article, text_hash),
    AT(F_U32, article, tokens),
    UPTO(F_CHOICE, article, from_jsonld, 1),
    UPTO(F_CHOICE, article, verdict, VERDICT_COUNT - 1),
    UPTO(F_NUMBER, article, confidence, 1),
    AT(F_STRING, article, evidence),
    MANY(F_RECORDS, article, trace, 0, &trace_line_shape),
    MANY(F_RECORDS, article, claims, 0, &trace_claim_shape),
    UPTO(F_CHOICE, article, noarchive, 1),
    UPTO(F_CHOICE, article, rights, RIGHTS_ALL),
};
static const struct shape article_shape = SHAPE(article, article_fields);

static const struct field robots_rule_fields[] = {
    AT(F_TEXT, robots_rule, pattern),
    AT(F_STRING, robots_rule, normal),
    UPTO(F_CHOICE, robots_rule, allow, 1),
};
static const struct shape robots_rule_shape = SHAPE(robots_rule, robots_rule_fields);

static const struct field robots_fields[] = {
    MANY(F_RECORDS, robots_doc, rules, 0, &robots_rule_shape),
    UPTO(F_NUMBER, robots_doc, crawl_delay_s, 86400),
    MANY(F_WEBS, robots_doc, sitemaps, 0, NULL),
};
static const struct shape robots_shape = SHAPE(robots_doc, robots_fields);

static const struct field opml_feed_fields[] = {
    AT(F_TEXT, opml_feed, url),
    AT(F_STRING, opml_feed, title),
    AT(F_STRING, opml_feed, site),
    AT(F_STRING, opml_feed, refused),
    MANY(F_STRINGS, opml_feed, tags, 0, NULL),
};
static const struct shape opml_feed_shape = SHAPE(opml_feed, opml_feed_fields);

static const struct field opml_fields[] = {
    MANY(F_RECORDS, opml_doc, feeds, 0, &opml_feed_shape),
};
static const struct shape opml_shape = SHAPE(opml_doc, opml_fields);

static const struct field feed_link_fields[] = {
    AT(F_WEB, feed_link, url),
    AT(F_STRING, feed_link, title),
    UPTO(F_CHOICE, feed_link, by, FOUND_BY_COUNT - 1),
    UPTO(F_CHOICE, feed_link, class, FEED_CLASS_COUNT - 1),
};
static const struct shape feed_link_shape = SHAPE(feed_link, feed_link_fields);

static const struct field discovery_fields[] = {
    AT(F_STRING, discovery, format),
    AT(F_STRING, discovery, reason),
    AT(F_STRING, discovery, title),
    AT(F_U32, discovery, entries),
    UPTO(F_CHOICE, discovery, full_text, 1),
    AT(F_I64, discovery, newest),
    UPTO(F_CHOICE, discovery, class, FEED_CLASS_COUNT - 1),
    MANY(F_RECORDS, discovery, links, DISCOVERY_LINKS_MAX, &feed_link_shape),
};
static const struct shape discovery_shape = SHAPE(discovery, discovery_fields);

/* What the fields of one record owe to each other; 0: fine. */

static int
check_feed(const void *document)
{
	const struct feed_doc *feed = document;
	for (size_t i = 0; i < feed->items_len; i++)
		if (!feed->items[i].key || !feed->items[i].canonical != !feed->items[i].fetch)
			return ERR_INPUT;
	return 0;
}

/* Fit to be written into markup: an URL as url_fetch_form makes it, whose bytes are counted. */
static int
is_plain_url(const char *url, size_t *bytes)
{
	size_t len = 0;
	while (url[len] > ' ' && url[len] < 0x7f)
		len++;
	*bytes += len;
	return !url[len];
}

static int
begins_character(char c)
{
	return ((uint8_t)c & 0xc0) != 0x80;
}

/* Do the links of B stand in its text, in order and at whole characters? */
static int
check_block_links(const struct block *b, size_t *bytes)
{
	size_t len = b->links_len ? strlen(b->text) : 0, past = 0;
	for (size_t i = 0; i < b->links_len; i++) {
		const struct block_link *l = &b->links[i];
		if (l->at < past || l->at >= len || !l->len || l->len > len - l->at)
			return ERR_INPUT;
		past = (size_t)l->at + l->len;
		if (!begins_character(b->text[l->at]) || !begins_character(b->text[past]) ||
		    !is_plain_url(l->url, bytes))
			return ERR_INPUT;
	}
	return 0;
}

static int
check_article(const void *document)
{
	const struct article *art = document;
	size_t links = 0, bytes = 0;
	for (size_t i = 0; i < art->blocks_len; i++) {
		links += art->blocks[i].links_len;
		if (check_block_links(&art->blocks[i], &bytes))
			return ERR_INPUT;
	}
	return links > BLOCK_LINKS_MAX || bytes > BLOCK_LINKS_BYTES ? ERR_INPUT : 0;
}

/* What newsd takes has a web URL. */
static int
check_opml(const void *document)
{
	const struct opml_doc *doc = document;
	for (size_t i = 0; i < doc->feeds_len; i++)
		if (!doc->feeds[i].refused && url_is_web(doc->feeds[i].url) < 0)
			return ERR_INPUT;
	return 0;
}

/* Which document answers which job, and where the reply holds it. */
static const struct {
	const struct shape *shape;
	size_t at;
	int (*check)(const void *document);
} document_table[JOB_KIND_COUNT] = {
    [JOB_FEED] = {&feed_shape, offsetof(struct reply, feed), check_feed},
    [JOB_PAGE] = {&article_shape, offsetof(struct reply, article), check_article},
    [JOB_FRAGMENT] = {&article_shape, offsetof(struct reply, article), check_article},
    [JOB_ROBOTS] = {&robots_shape, offsetof(struct reply, robots), NULL},
    [JOB_OPML] = {&opml_shape, offsetof(struct reply, opml), check_opml},
    [JOB_DISCOVER] = {&discovery_shape, offsetof(struct reply, discovery), NULL},
};

#if __SIZEOF_POINTER__ == 8
/* A member that is added to a record and forgotten here would be lost on the way. */
_Static_assert(sizeof(struct enclosure) == 24, "enclosure_fields");
_Static_assert(sizeof(struct item) == 240, "item_fields");
_Static_assert(sizeof(struct feed_doc) == 232, "feed_fields");
_Static_assert(sizeof(struct block_link) == 16, "block_link_fields");
_Static_assert(sizeof(struct block) == 32, "block_fields");
_Static_assert(sizeof(struct trace_line) == 32, "trace_line_fields");
_Static_assert(sizeof(struct trace_claim) == 32, "trace_claim_fields");
_Static_assert(sizeof(struct article) == 328, "article_fields");
_Static_assert(sizeof(struct robots_rule) == 24, "robots_rule_fields");
_Static_assert(sizeof(struct robots_doc) == 40, "robots_fields");
_Static_assert(sizeof(struct opml_feed) == 48, "opml_feed_fields");
_Static_assert(sizeof(struct opml_doc) == 16, "opml_fields");
_Static_assert(sizeof(struct feed_link) == 24, "feed_link_fields");
_Static_assert(sizeof(struct discovery) == 64, "discovery_fields");
#endif

/* ---- writing ---- */

static int
put_number(struct buf *out, uint64_t value, size_t bytes)
{
	uint8_t raw[8];
	for (size_t i = 0; i < bytes; i++)
		raw[i] = (uint8_t)(value >> 8 * i);
	return buf_add(out, raw, bytes);
}

static int
put_string(struct buf *out, const char *s)
{
	if (!s)
		return put_number(out, NO_STRING, 4);
	size_t len = strlen(s);
	if (len >= WIRE_FRAME_MAX || put_number(out, len, 4))
		return ERR_LIMIT;
	return buf_add(out, s, len + 1);
}

static int put_record(struct buf *out, const struct shape *shape, const char *record);

static int
put_vector(struct buf *out, const struct field *f, const char *vector, size_t len)
{
	int rc = len > UINT32_MAX ? ERR_LIMIT : put_number(out, len, 4);
	for (size_t i = 0; i < len && !rc; i++)
		rc = f->type == F_RECORDS
			 ? put_record(out, f->of, vector + i * f->of->size)
			 : put_string(out, ((char *const *)(const void *)vector)[i]);
	return rc;
}

static int
put_field(struct buf *out, const struct field *f, const char *record)
{
	const void *at = record + f->at;
	const struct date *date = at;
	uint64_t bits;
	switch (f->type) {
	case F_STRING:
	case F_TEXT:
	case F_URL:
	case F_WEB:
		return put_string(out, *(char *const *)at);
	case F_STRINGS:
	case F_WEBS:
	case F_RECORDS:
		return put_vector(out, f, *(char *const *)at,
		    *(const size_t *)(const void *)(record + f->length_at));
	case F_DATE:
		return put_number(out, (uint64_t)date->utc, 8) ||
			       put_number(out, (uint64_t)date->precision, 1) ||
			       put_number(out, (date->zone_known != 0) | date->doubt << 1, 1) ||
			       (date->doubt & DATE_DOUBT_ORDER &&
				   put_number(out, (uint16_t)date->swap_days, 2))
			   ? ERR_LIMIT
			   : 0;
	case F_CHOICE:
		return put_number(out, (uint64_t) * (const int *)at, 1);
	case F_BYTE:
		return put_number(out, *(const uint8_t *)at, 1);
	case F_U32:
		return put_number(out, *(const uint32_t *)at, 4);
	case F_U64:
	case F_I64:
		return put_number(out, *(const uint64_t *)at, 8);
	case F_NUMBER:
		memcpy(&bits, at, sizeof bits);
		return put_number(out, bits, 8);
	case F_HASH:
		return buf_add(out, at, 16);
	}
	return ERR_INPUT;
}

static int
is_string(const struct field *f)
{
	return f->type == F_STRING || f->type == F_TEXT || f->type == F_URL || f->type == F_WEB;
}

/* The string of the field before F, when both are strings; NULL: not so, or it is absent. */
static char *
string_before(const struct field *f, const char *record)
{
	if (!is_string(f) || !is_string(f - 1))
		return NULL;
	return *(char *const *)(const void *)(record + f[-1].at);
}

static int
put_record(struct buf *out, const struct shape *shape, const char *record)
{
	int rc = 0;
	for (size_t i = 0; i < shape->fields_len && !rc; i++) {
		const struct field *f = &shape->fields[i];
		const char *before = i ? string_before(f, record) : NULL;
		int same = before && before == *(char *const *)(const void *)(record + f->at);
		rc = same ? put_number(out, SAME_STRING, 4) : put_field(out, f, record);
	}
	return rc;
}

static int
put_header(struct buf *out, uint64_t id, enum frame_kind kind)
{
	return put_number(out, 0, 4) || put_number(out, MAGIC, 4) || put_number(out, id, 8) ||
		       put_number(out, kind, 1)
		   ? ERR_LIMIT
		   : 0;
}

/* Set the length of the frame that began at START, will have EXTRA bytes more and may have MAX;
 * undo it on RC. */
static int
end_frame(struct buf *out, size_t start, size_t extra, size_t max, int rc)
{
	size_t size = out->len - start;
	if (!rc && (extra > max || size > max - extra))
		rc = ERR_LIMIT;
	if (rc) {
		out->len = start;
		return rc;
	}
	for (size_t i = 0; i < 4; i++)
		out->data[start + i] = (uint8_t)((size + extra - 4) >> 8 * i);
	return 0;
}

void
wire_put_hello(struct buf *out, unsigned layers)
{
	size_t start = out->len;
	end_frame(out, start, 0, WIRE_FRAME_MAX, put_header(out, layers, FRAME_HELLO));
}

int
wire_put_job_head(struct buf *out, uint64_t id, const struct job *job)
{
	size_t start = out->len;
	int rc = put_header(out, id, FRAME_JOB) || put_number(out, job->kind, 1) ||
		 put_number(out, job->flags, 4) || put_number(out, job->inflated_max, 8) ||
		 put_string(out, job->url) || put_string(out, job->content_type) ||
		 put_string(out, job->content_encoding) || put_string(out, job->content_location) ||
		 put_string(out, job->link) || put_string(out, job->agent) ||
		 put_string(out, job->witness_title) || put_string(out, job->witness);
	return end_frame(out, start, job->body_len, WIRE_FRAME_MAX, rc ? ERR_LIMIT : 0);
}

static size_t
reply_max(uint64_t kind)
{
	return kind == JOB_OPML ? WIRE_FRAME_MAX : WIRE_REPLY_MAX;
}

int
wire_put_reply(struct buf *out, uint64_t id, const struct reply *reply)
{
	size_t start = out->len;
	int rc = put_header(out, id, FRAME_REPLY) || put_number(out, reply->kind, 1) ||
		 put_number(out, (uint64_t)-reply->status, 1) || put_string(out, reply->reason);
	if (!rc && !reply->status) {
		const char *const *document =
		    (const void *)((const char *)reply + document_table[reply->kind].at);
		rc = put_record(out, document_table[reply->kind].shape, *document);
	} else if (!rc && reply->discovery) { /* what the page that is no feed says of feeds */
		rc = put_record(out, &discovery_shape, (const char *)reply->discovery);
	}
	return end_frame(out, start, 0, reply_max(reply->kind), rc ? ERR_LIMIT : 0);
}

/* ---- reading ---- */

struct reader {
	const uint8_t *at, *end;
	struct arena *arena;
	int bad; /* once set, everything else reads as nothing */
};

static size_t
left(const struct reader *r)
{
	return (size_t)(r->end - r->at);
}

static uint64_t
get_number(struct reader *r, size_t bytes)
{
	uint64_t value = 0;
	if (left(r) < bytes) {
		r->bad = 1;
		r->at = r->end;
		return 0;
	}
	for (size_t i = 0; i < bytes; i++)
		value |= (uint64_t)r->at[i] << 8 * i;
	r->at += bytes;
	return value;
}

/* 1, and R is behind it, when SAME_STRING stands there. */
static int
get_same(struct reader *r)
{
	struct reader ahead = *r;
	if (get_number(&ahead, 4) != SAME_STRING || ahead.bad)
		return 0;
	*r = ahead;
	return 1;
}

/* The string at R, in place; it has its NUL and no other. */
static char *
get_bytes(struct reader *r, size_t *len)
{
	*len = 0;
	uint64_t n = get_number(r, 4);
	if (r->bad || n == NO_STRING)
		return NULL;
	if (n >= left(r) || memchr(r->at, '\0', n + 1) != r->at + n) {
		r->bad = 1;
		return NULL;
	}
	char *s = (char *)(uintptr_t)r->at;
	r->at += n + 1;
	*len = n;
	return s;
}

static char *
get_string(struct reader *r, enum field_type type)
{
	size_t len;
	struct url_parts parts;
	char *s = get_bytes(r, &len);
	int required = type == F_TEXT || type == F_WEB;
	int is_url = type == F_URL || type == F_WEB;
	if (!s)
		r->bad |= required;
	else if (!charset_is_utf8((const uint8_t *)s, len) || (is_url && url_split(s, &parts)))
		r->bad = 1;
	return s;
}

/* The fewest bytes that a record of SHAPE takes: no count can claim more memory than was sent for.
 */
static size_t
least_bytes(const struct shape *shape)
{
	static const uint8_t sizes[] = {
	    [F_STRING] = 4,
	    [F_TEXT] = 4, /* SAME_STRING */
	    [F_URL] = 4,
	    [F_WEB] = 4,
	    [F_STRINGS] = 4,
	    [F_WEBS] = 4,
	    [F_RECORDS] = 4,
	    [F_DATE] = 10,
	    [F_CHOICE] = 1,
	    [F_BYTE] = 1,
	    [F_U32] = 4,
	    [F_U64] = 8,
	    [F_I64] = 8,
	    [F_NUMBER] = 8,
	    [F_HASH] = 16,
	};
	size_t sum = 0;
	for (size_t i = 0; i < shape->fields_len; i++)
		sum += sizes[shape->fields[i].type];
	return sum;
}

static void get_record(struct reader *r, const struct shape *shape, char *record);

static void
get_vector(struct reader *r, const struct field *f, char *record)
{
	int records = f->type == F_RECORDS;
	size_t size = records ? f->of->size : sizeof(char *);
	uint64_t len = get_number(r, 4);
	if (len > left(r) / (records ? least_bytes(f->of) : 5) || (f->max && len > f->max))
		r->bad = 1;
	if (r->bad || !len)
		return;
	char *vector = arena_zalloc(r->arena, len * size);
	for (uint64_t i = 0; i < len && !r->bad; i++) {
		if (records)
			get_record(r, f->of, vector + i * size);
		else
			((char **)(void *)vector)[i] =
			    get_string(r, f->type == F_WEBS ? F_WEB : F_TEXT);
	}
	*(char **)(void *)(record + f->at) = vector;
	*(size_t *)(void *)(record + f->length_at) = len;
}

static void
get_number_field(struct reader *r, double max, double *out)
{
	uint64_t bits = get_number(r, 8);
	memcpy(out, &bits, sizeof bits);
	if (!(isfinite(*out) && *out >= -1 && *out <= max))
		r->bad = 1;
}

static void
get_field(struct reader *r, const struct field *f, char *record)
{
	void *at = record + f->at;
	struct date *date = at;
	uint64_t n;
	switch (f->type) {
	case F_STRING:
	case F_TEXT:
	case F_URL:
	case F_WEB:
		*(char **)at = get_string(r, f->type);
		break;
	case F_STRINGS:
	case F_WEBS:
	case F_RECORDS:
		get_vector(r, f, record);
		break;
	case F_DATE:
		date->utc = (int64_t)get_number(r, 8);
		n = get_number(r, 1);
		r->bad |= n > DATE_SECOND;
		date->precision = (enum date_precision)n;
		n = get_number(r, 1);
		r->bad |= n >> 1 > DATE_DOUBT_ALL;
		date->zone_known = n & 1;
		date->doubt = (unsigned)n >> 1;
		if (date->doubt & DATE_DOUBT_ORDER)
			date->swap_days = (int16_t)get_number(r, 2);
		break;
	case F_CHOICE:
		n = get_number(r, 1);
		r->bad |= n > f->max;
		*(int *)at = (int)n;
		break;
	case F_BYTE:
		*(uint8_t *)at = (uint8_t)get_number(r, 1);
		break;
	case F_U32:
		*(uint32_t *)at = (uint32_t)get_number(r, 4);
		break;
	case F_U64:
	case F_I64:
		*(uint64_t *)at = get_number(r, 8);
		break;
	case F_NUMBER:
		get_number_field(r, f->max, at);
		break;
	case F_HASH:
		if (left(r) < 16) {
			r->bad = 1;
		} else {
			memcpy(at, r->at, 16);
			r->at += 16;
		}
		break;
	}
}

/* Field F is the string BEFORE, which was found to be sound, but perhaps not to be a URL. */
static void
get_again(struct reader *r, const struct field *f, char *record, char *before)
{
	struct url_parts parts;
	if ((f->type == F_URL || f->type == F_WEB) && f[-1].type != F_URL && f[-1].type != F_WEB)
		r->bad |= url_split(before, &parts) != 0;
	*(char **)(void *)(record + f->at) = before;
}

static void
get_record(struct reader *r, const struct shape *shape, char *record)
{
	for (size_t i = 0; i < shape->fields_len && !r->bad; i++) {
		const struct field *f = &shape->fields[i];
		char *before = i ? string_before(f, record) : NULL;
		if (before && get_same(r))
			get_again(r, f, record, before);
		else
			get_field(r, f, record);
	}
}

int
wire_frame_size(const uint8_t *data, size_t len, size_t *need)
{
	*need = 0;
	if (len < 4)
		return 0;
	struct reader r = {.at = data, .end = data + len};
	uint64_t rest = get_number(&r, 4);
	if (rest < WIRE_HEADER - 4 || rest > WIRE_FRAME_MAX - 4)
		return ERR_LIMIT;
	if (len >= 8 && get_number(&r, 4) != MAGIC)
		return ERR_VERSION;
	*need = rest + 4;
	return 0;
}

static int
get_header(struct reader *r, const uint8_t *data, size_t len, enum frame_kind kind, uint64_t *id)
{
	size_t need;
	int rc = wire_frame_size(data, len, &need);
	if (rc)
		return rc;
	if (!need || need != len)
		return ERR_INPUT;
	*r = (struct reader){.at = data + 8, .end = data + len};
	*id = get_number(r, 8);
	return get_number(r, 1) == kind ? 0 : ERR_INPUT;
}

int
wire_is_hello(const uint8_t *data, size_t len, unsigned *layers)
{
	struct reader r;
	uint64_t id = 0;
	int is =
	    len == WIRE_HEADER && !get_header(&r, data, len, FRAME_HELLO, &id) && id <= SANDBOX_ALL;
	*layers = is ? (unsigned)id : 0;
	return is;
}

int
wire_get_job(const uint8_t *data, size_t len, uint64_t *id, struct job *job)
{
	struct reader r;
	size_t ignored;
	int rc = get_header(&r, data, len, FRAME_JOB, id);
	if (rc)
		return rc;
	uint64_t kind = get_number(&r, 1);
	*job = (struct job){
	    .kind = (enum job_kind)kind,
	    .flags = (unsigned)get_number(&r, 4),
	    .inflated_max = get_number(&r, 8),
	};
	/* header values come from the network as they are: they need not be UTF-8 */
	job->url = get_bytes(&r, &ignored);
	job->content_type = get_bytes(&r, &ignored);
	job->content_encoding = get_bytes(&r, &ignored);
	job->content_location = get_bytes(&r, &ignored);
	job->link = get_bytes(&r, &ignored);
	job->agent = get_bytes(&r, &ignored);
	job->witness_title = get_bytes(&r, &ignored);
	job->witness = get_bytes(&r, &ignored);
	job->body = r.at;
	job->body_len = left(&r);
	return r.bad || !kind || kind >= JOB_KIND_COUNT ? ERR_INPUT : 0;
}

int
wire_get_reply(const uint8_t *data, size_t len, uint64_t *id, struct reply **reply)
{
	struct reader r;
	int rc = get_header(&r, data, len, FRAME_REPLY, id);
	if (rc)
		return rc;
	uint64_t kind = get_number(&r, 1);
	uint64_t status = get_number(&r, 1);
	if (!kind || kind >= JOB_KIND_COUNT || status > -ERR_ENCODING || len > reply_max(kind))
		return ERR_INPUT;
	struct reply *made = reply_new((enum job_kind)kind);
	made->status = -(int)status;
	/* one copy for all: the strings stay where they stand in it; the records beside them are an
	 * eighth of a usual feed */
	size_t rest = left(&r);
	r.arena = &made->arena;
	arena_reserve(r.arena, rest + rest / 8 + RECORDS_ROOM);
	r.at = memcpy(arena_alloc(&made->arena, rest), r.at, rest);
	r.end = r.at + rest;
	made->reason = get_string(&r, F_STRING);
	if (!status) {
		char *document = arena_zalloc(&made->arena, document_table[kind].shape->size);
		get_record(&r, document_table[kind].shape, document);
		*(char **)(void *)((char *)made + document_table[kind].at) = document;
		if (!r.bad && document_table[kind].check && document_table[kind].check(document))
			r.bad = 1;
	} else if (kind == JOB_FEED && left(&r)) {
		made->discovery = arena_zalloc(&made->arena, sizeof *made->discovery);
		get_record(&r, &discovery_shape, (char *)made->discovery);
	}
	if (r.bad || left(&r)) {
		reply_free(made);
		return ERR_INPUT;
	}
	*reply = made;
	return 0;
}
