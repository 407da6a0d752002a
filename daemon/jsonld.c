/*
 * jsonld: see include/jsonld.h. Owns nothing; json-c reads the JSON, tolerantly, under a depth
 * limit.
 */
#include "jsonld.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "text.h"

#define DEPTH_MAX      64
#define VALUE_MAX      ((size_t)4096)
#define BODY_MAX       ((size_t)1 << 20)
#define CANDIDATES_MAX 64
#define GRAPH_MAX      1000 /* nodes looked at for a reference by @id */

static const struct {
	const char *ending; /* of the type's name */
	enum jsonld_rank rank;
} ranks[] = {
    {"Article", JSONLD_ARTICLE},
    {"BlogPosting", JSONLD_ARTICLE},
    {"SocialMediaPosting", JSONLD_ARTICLE},
    {"DiscussionForumPosting", JSONLD_ARTICLE},
    {"Report", JSONLD_ARTICLE},
    {"Review", JSONLD_ARTICLE},
    {"VideoObject", JSONLD_VIDEO},
    {"Recipe", JSONLD_VIDEO},
    {"HowTo", JSONLD_VIDEO},
    {"WebPage", JSONLD_PAGE},
};

/* ---- from the block to JSON ---- */

static int
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* Pass over what wraps the value: white space, comment openers, CDATA. */
static const char *
skip_wrapping(const char *p, const char *end)
{
	while (p < end && *p != '{' && *p != '[')
		p++;
	/* "<![CDATA[" holds brackets of its own */
	while (end - p > 7 && !memcmp(p, "[CDATA[", 7)) {
		p += 7;
		while (p < end && *p != '{' && *p != '[')
			p++;
	}
	return p;
}

/* A copy fit for json-c: control characters within strings become spaces, and a line's end follows,
 * which ends a comment. */
static char *
make_readable(struct arena *a, const char *p, size_t len)
{
	char *copy = arena_alloc(a, len + 2);
	int in_string = 0;
	for (size_t i = 0; i < len; i++) {
		copy[i] = (unsigned char)p[i] < ' ' && (in_string || p[i] != '\n') ? ' ' : p[i];
		if (p[i] == '"' && !(in_string && i && p[i - 1] == '\\'))
			in_string = !in_string;
	}
	copy[len] = '\n';
	copy[len + 1] = '\0';
	return copy;
}

/* The next value at *P, which it moves on; NULL when there is none. */
static struct json_object *
parse_value(const char **p, const char *end)
{
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	struct json_object *v = NULL;
	if (!tok)
		return NULL;
	*p = skip_wrapping(*p, end);
	if (*p < end) {
		/* with the NUL after the end: json-c then knows that no more follows */
		v = json_tokener_parse_ex(tok, *p, (int)(end - *p) + 1);
		*p = v ? *p + json_tokener_get_parse_end(tok) : end;
	}
	json_tokener_free(tok);
	return v;
}

/* ---- values ---- */

static struct json_object *
get(struct json_object *o, const char *key)
{
	struct json_object *v = NULL;
	return json_object_is_type(o, json_type_object) && json_object_object_get_ex(o, key, &v)
		   ? v
		   : NULL;
}

static struct json_object *
first_of(struct json_object *v)
{
	while (json_object_is_type(v, json_type_array))
		v = json_object_array_length(v) ? json_object_array_get_idx(v, 0) : NULL;
	return v;
}

static char *
clean(struct arena *a, const char *s, size_t len, size_t max)
{
	char *plain = text_unescape(a, s, len < max * 2 ? len : max * 2);
	char *line = max > VALUE_MAX ? text_paragraphs(a, plain, strlen(plain), max)
				     : text_line(a, plain, strlen(plain), max);
	return *line ? line : NULL;
}

static char *
string_value(struct arena *a, struct json_object *v, size_t max)
{
	v = first_of(v);
	if (!json_object_is_type(v, json_type_string))
		return NULL;
	return clean(a, json_object_get_string(v), (size_t)json_object_get_string_len(v), max);
}

/* The object in the @graph that V only refers to; V itself where it says more. */
static struct json_object *
follow(struct json_object *root, struct json_object *v)
{
	struct json_object *id = get(v, "@id"), *graph = get(root, "@graph");
	if (!id || json_object_object_length(v) > 2 || get(v, "name") || get(v, "url"))
		return v;
	if (json_object_is_type(root, json_type_array))
		graph = root;
	size_t n =
	    json_object_is_type(graph, json_type_array) ? json_object_array_length(graph) : 0;
	for (size_t i = 0; i < n && i < GRAPH_MAX; i++) {
		struct json_object *node = json_object_array_get_idx(graph, i),
				   *other = get(node, "@id");
		if (other && node != v &&
		    !strcmp(json_object_get_string(id), json_object_get_string(other)))
			return node;
	}
	return v;
}

/* A string, or the first of KEYS (NULL at the end) that the object has. */
static char *
named_value(
    struct arena *a, struct json_object *root, struct json_object *v, const char *const *keys)
{
	v = first_of(v);
	if (json_object_is_type(v, json_type_string))
		return string_value(a, v, VALUE_MAX);
	v = follow(root, v);
	for (; *keys; keys++) {
		char *s = string_value(a, get(v, *keys), VALUE_MAX);
		if (s)
			return s;
	}
	return NULL;
}

static int
has_type(struct json_object *o, const char *ending)
{
	struct json_object *type = get(o, "@type");
	size_t n = json_object_is_type(type, json_type_array) ? json_object_array_length(type) : 1;
	for (size_t i = 0; type && i < n; i++) {
		struct json_object *t = json_object_is_type(type, json_type_array)
					    ? json_object_array_get_idx(type, i)
					    : type;
		if (!json_object_is_type(t, json_type_string))
			continue;
		const char *s = json_object_get_string(t);
		size_t len = strlen(s), want = strlen(ending);
		if (len >= want && !strcasecmp(s + len - want, ending))
			return 1;
	}
	return 0;
}

static enum jsonld_rank
rank_of(struct json_object *o)
{
	for (size_t i = 0; i < sizeof ranks / sizeof *ranks; i++)
		if (has_type(o, ranks[i].ending))
			return ranks[i].rank;
	return JSONLD_NOTHING;
}

/* ---- authors ---- */

struct authors {
	char *people[JSONLD_AUTHORS_MAX], *others[JSONLD_AUTHORS_MAX];
	size_t people_len, others_len;
};

static void
add_author(struct arena *a, struct json_object *root, struct json_object *v, struct authors *all)
{
	static const char *const keys[] = {"name", "alternateName", NULL};
	int organisation;
	v = follow(root, v);
	organisation = has_type(v, "Organization") || has_type(v, "Corporation");
	/* some give one person with a list of names */
	struct json_object *list = get(v, "name");
	size_t n = json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 1;
	for (size_t i = 0; i < n; i++) {
		char *name = json_object_is_type(list, json_type_array)
				 ? string_value(a, json_object_array_get_idx(list, i), VALUE_MAX)
				 : named_value(a, root, v, keys);
		if (name && organisation && all->others_len < JSONLD_AUTHORS_MAX)
			all->others[all->others_len++] = name;
		else if (name && !organisation && all->people_len < JSONLD_AUTHORS_MAX)
			all->people[all->people_len++] = name;
	}
}

static void
read_authors(
    struct arena *a, struct json_object *root, struct json_object *o, struct jsonld_article *out)
{
	struct authors all = {.people_len = 0};
	struct json_object *v = get(o, "author");
	if (!v)
		v = get(o, "creator");
	if (json_object_is_type(v, json_type_array)) {
		for (size_t i = 0; i < json_object_array_length(v) && i < JSONLD_AUTHORS_MAX; i++)
			add_author(a, root, json_object_array_get_idx(v, i), &all);
	} else if (v) {
		add_author(a, root, v, &all);
	}
	out->authors_len = all.people_len;
	out->authors = arena_alloc(a, all.people_len * sizeof *out->authors);
	memcpy(out->authors, all.people, all.people_len * sizeof *out->authors);
	out->houses_len = all.others_len;
	out->houses = arena_alloc(a, all.others_len * sizeof *out->houses);
	memcpy(out->houses, all.others, all.others_len * sizeof *out->houses);
}

/* ---- one thing ---- */

static char *
joined(struct arena *a, struct json_object *v)
{
	if (!json_object_is_type(v, json_type_array))
		return string_value(a, v, VALUE_MAX);
	char *all = NULL;
	for (size_t i = 0; i < json_object_array_length(v) && i < 100; i++) {
		char *s = string_value(a, json_object_array_get_idx(v, i), 200);
		if (s)
			all = all ? arena_printf(a, "%s,%s", all, s) : s;
	}
	return all;
}

static int
is_free(struct json_object *v)
{
	v = first_of(v);
	if (json_object_is_type(v, json_type_boolean))
		return json_object_get_boolean(v);
	if (!json_object_is_type(v, json_type_string))
		return -1;
	const char *s = json_object_get_string(v), *bare = strrchr(s, '/');
	s = bare ? bare + 1 : s; /* http://schema.org/False */
	return !strcasecmp(s, "true") ? 1 : !strcasecmp(s, "false") ? 0 : -1;
}

/* The part that is sold, and how to find it on the page. */
static char *
paid_selector(struct arena *a, struct json_object *parts)
{
	size_t n =
	    json_object_is_type(parts, json_type_array) ? json_object_array_length(parts) : 1;
	for (size_t i = 0; parts && i < n && i < CANDIDATES_MAX; i++) {
		struct json_object *part = json_object_is_type(parts, json_type_array)
					       ? json_object_array_get_idx(parts, i)
					       : parts;
		char *selector = string_value(a, get(part, "cssSelector"), VALUE_MAX);
		if (selector && is_free(get(part, "isAccessibleForFree")) == 0)
			return selector;
	}
	return NULL;
}

static void
read_thing(
    struct arena *a, struct json_object *root, struct json_object *o, struct jsonld_article *out)
{
	static const char *const urls[] = {"url", "contentUrl", "@id", NULL};
	static const char *const ids[] = {"@id", "url", NULL};
	static const char *const names[] = {"name", "alternateName", NULL};
	static const char *const codes[] = {"alternateName", "name", NULL};
	out->rank = rank_of(o);
	out->type = string_value(a, get(o, "@type"), VALUE_MAX);
	out->headline = string_value(a, get(o, "headline"), VALUE_MAX);
	if (!out->headline)
		out->headline = string_value(a, get(o, "name"), VALUE_MAX);
	out->description = string_value(a, get(o, "description"), VALUE_MAX);
	out->article_body = string_value(a, get(o, "articleBody"), BODY_MAX);
	out->date_published = string_value(a, get(o, "datePublished"), VALUE_MAX);
	if (!out->date_published)
		out->date_published = string_value(a, get(o, "dateCreated"), VALUE_MAX);
	if (!out->date_published)
		out->date_published = string_value(a, get(o, "uploadDate"), VALUE_MAX);
	out->date_modified = string_value(a, get(o, "dateModified"), VALUE_MAX);
	out->section = named_value(a, root, get(o, "articleSection"), names);
	out->language = named_value(a, root, get(o, "inLanguage"), codes);
	out->image = named_value(a, root, get(o, "image"), urls);
	if (!out->image)
		out->image = named_value(a, root, get(o, "thumbnailUrl"), urls);
	out->publisher = named_value(a, root, get(o, "publisher"), names);
	out->url = named_value(a, root, get(o, "mainEntityOfPage"), ids);
	if (!out->url)
		out->url = string_value(a, get(o, "url"), VALUE_MAX);
	out->keywords = joined(a, get(o, "keywords"));
	out->is_accessible_for_free = is_free(get(o, "isAccessibleForFree"));
	out->paid_selector = paid_selector(a, get(o, "hasPart"));
	out->is_live = has_type(o, "LiveBlogPosting") || get(o, "coverageStartTime") != NULL;
	read_authors(a, root, o, out);
}

/* Let NEW fill what OLD lacks, or the other way round where NEW is of a better kind. */
static void
merge(struct jsonld_article *old, struct jsonld_article *new)
{
	if (new->rank > old->rank) {
		struct jsonld_article swap = *old;
		*old = *new;
		*new = swap;
	}
	char **to[] = {&old->type, &old->headline, &old->description, &old->article_body,
	    &old->date_published, &old->date_modified, &old->section, &old->language, &old->image,
	    &old->publisher, &old->url, &old->keywords, &old->paid_selector};
	char *from[] = {new->type, new->headline, new->description, new->article_body,
	    new->date_published, new->date_modified, new->section, new->language, new->image,
	    new->publisher, new->url, new->keywords, new->paid_selector};
	for (size_t i = 0; i < sizeof from / sizeof *from; i++)
		if (!*to[i])
			*to[i] = from[i];
	if (!old->authors_len) {
		old->authors = new->authors;
		old->authors_len = new->authors_len;
	}
	if (!old->houses_len) {
		old->houses = new->houses;
		old->houses_len = new->houses_len;
	}
	if (old->is_accessible_for_free < 0)
		old->is_accessible_for_free = new->is_accessible_for_free;
	old->is_live |= new->is_live;
}

/* The things that the block is about, not those that they list or mention. */
static void
read_value(struct arena *a, struct json_object *root, struct jsonld_article *out)
{
	struct json_object *todo[CANDIDATES_MAX] = {root};
	for (size_t at = 0, len = 1; at < len; at++) {
		struct json_object *o = todo[at];
		if (json_object_is_type(o, json_type_array)) {
			for (size_t i = 0; i < json_object_array_length(o) && len < CANDIDATES_MAX;
			     i++)
				todo[len++] = json_object_array_get_idx(o, i);
			continue;
		}
		if (rank_of(o) != JSONLD_NOTHING) {
			struct jsonld_article one;
			read_thing(a, root, o, &one);
			merge(out, &one);
		}
		static const char *const inner[] = {"@graph", "mainEntity", "mainEntityOfPage"};
		for (size_t i = 0; i < sizeof inner / sizeof *inner && len < CANDIDATES_MAX; i++) {
			struct json_object *v = get(o, inner[i]);
			if (json_object_is_type(v, json_type_object) ||
			    json_object_is_type(v, json_type_array))
				todo[len++] = v;
		}
	}
}

/* ---- broken JSON ---- */

/* The string after "KEY": in text that no parser takes, say for a quote too many elsewhere. */
static char *
fish(struct arena *a, const char *json, size_t len, const char *key)
{
	const char *end = json + len, *p = memmem(json, len, key, strlen(key));
	if (!p)
		return NULL;
	p += strlen(key);
	while (p < end && (is_space(*p) || *p == ':' || *p == '['))
		p++;
	if (p == end || *p != '"')
		return NULL;
	const char *stop = ++p;
	while (stop < end && (*stop != '"' || stop[-1] == '\\'))
		stop++;
	return stop < end ? clean(a, p, (size_t)(stop - p), VALUE_MAX) : NULL;
}

static void
read_broken(struct arena *a, const char *json, size_t len, struct jsonld_article *out)
{
	struct jsonld_article one = {.is_accessible_for_free = -1};
	if (!memmem(json, len, "Article\"", 8) && !memmem(json, len, "BlogPosting\"", 12))
		return;
	one.rank = JSONLD_PAGE; /* anything that parses goes before it */
	one.headline = fish(a, json, len, "\"headline\"");
	one.date_published = fish(a, json, len, "\"datePublished\"");
	one.date_modified = fish(a, json, len, "\"dateModified\"");
	one.section = fish(a, json, len, "\"articleSection\"");
	merge(out, &one);
}

int
jsonld_read(struct arena *a, const char *json, size_t len, struct jsonld_article *out)
{
	if (len > JSONLD_BLOCK_MAX)
		return 0;
	char *copy = make_readable(a, json, len);
	if (!strchr(copy, '"') && strstr(copy, "&quot;")) { /* escaped as if it were text */
		copy = text_unescape(a, copy, len + 1);
		len = strlen(copy) - 1;
	}
	const char *p = copy, *end = copy + len + 1;
	int read_any = 0;
	while (p < end) {
		struct json_object *v = parse_value(&p, end);
		if (!v)
			break;
		read_value(a, v, out);
		json_object_put(v);
		read_any = 1;
	}
	if (!read_any)
		read_broken(a, copy, len, out);
	return out->rank == JSONLD_ARTICLE;
}
