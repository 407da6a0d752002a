/*
 * feed json: JSON Feed 1.0 and 1.1 (jsonfeed.org), with json-c. Values of a wrong type are taken as
 * absent, numbers as texts.
 */
#include "feed_priv.h"

#include <json-c/json.h>
#include <string.h>
#include <strings.h>

#include "language.h"
#include "text.h"
#include "url.h"

#define JSON_DEPTH_MAX  64
#define JSON_VALUE_SIZE 700 /* of an empty object, the largest for its text */

/* S as a string: "\\u0000" is dropped. */
static const char *
without_nul(struct feed_job *j, const char *s, size_t len)
{
	if (strlen(s) >= len)
		return s;
	char *copy = arena_alloc(j->a, len + 1), *to = copy;
	for (size_t i = 0; i < len; i++)
		if (s[i])
			*to++ = s[i];
	*to = '\0';
	return copy;
}

/* The text of member NAME; NULL when absent or empty. Borrowed from the document or the arena. */
static const char *
text_of(struct feed_job *j, json_object *o, const char *name)
{
	json_object *v;
	if (!json_object_object_get_ex(o, name, &v))
		return NULL;
	int scalar = json_object_is_type(v, json_type_string) ||
		     json_object_is_type(v, json_type_int) ||
		     json_object_is_type(v, json_type_double);
	const char *s = scalar ? json_object_get_string(v) : NULL;
	return s && *s ? without_nul(j, s, (size_t)json_object_get_string_len(v)) : NULL;
}

static json_object *
list_of(json_object *o, const char *name, size_t *len)
{
	json_object *v = NULL;
	json_object_object_get_ex(o, name, &v);
	*len = v && json_object_is_type(v, json_type_array) ? json_object_array_length(v) : 0;
	return v;
}

static char *
line_of(struct feed_job *j, json_object *o, const char *name)
{
	const char *s = text_of(j, o, name);
	return s ? feed_line(j->a, s, strlen(s), FEED_TEXT_PLAIN) : NULL;
}

static char *
url_of(struct feed_job *j, json_object *o, const char *name)
{
	const char *s = text_of(j, o, name);
	return s ? feed_url(j->a, j->base, s, strlen(s)) : NULL;
}

static char *
language_of(struct feed_job *j, json_object *o)
{
	char regular[LANGUAGE_MAX] = "";
	const char *s = text_of(j, o, "language");
	if (s)
		language_normalise(s, regular);
	return *regular ? arena_strdup(j->a, regular) : NULL;
}

static char *
person_of(struct feed_job *j, json_object *o)
{
	if (o && json_object_is_type(o, json_type_string)) {
		const char *s = json_object_get_string(o);
		return feed_person(j->a, s, strlen(s));
	}
	return o && json_object_is_type(o, json_type_object) ? line_of(j, o, "name") : NULL;
}

/* "authors" of 1.1, else "author" of 1.0. */
static void
add_authors(struct feed_job *j, json_object *o, char ***list, size_t *list_len)
{
	size_t len;
	json_object *authors = list_of(o, "authors", &len), *author = NULL;
	for (size_t i = 0; i < len; i++)
		feed_add_word(
		    j, list, list_len, person_of(j, json_object_array_get_idx(authors, i)));
	if (*list_len == 0 && json_object_object_get_ex(o, "author", &author))
		feed_add_word(j, list, list_len, person_of(j, author));
}

static void
add_tags(struct feed_job *j, json_object *o, char ***list, size_t *list_len)
{
	size_t len;
	json_object *tags = list_of(o, "tags", &len);
	for (size_t i = 0; i < len; i++) {
		json_object *tag = json_object_array_get_idx(tags, i);
		const char *s = tag && json_object_is_type(tag, json_type_string)
				    ? json_object_get_string(tag)
				    : NULL;
		feed_add_word(
		    j, list, list_len, s ? text_line(j->a, s, strlen(s), FEED_WORD_MAX) : NULL);
	}
}

static void
add_attachments(struct feed_job *j, json_object *o, struct item *it)
{
	size_t len;
	json_object *list = list_of(o, "attachments", &len);
	for (size_t i = 0; i < len; i++) {
		json_object *one = json_object_array_get_idx(list, i), *size;
		if (!one || !json_object_is_type(one, json_type_object))
			continue;
		int64_t bytes = json_object_object_get_ex(one, "size_in_bytes", &size) &&
					json_object_is_type(size, json_type_int)
				    ? json_object_get_int64(size)
				    : -1;
		feed_add_enclosure(
		    j, it, url_of(j, one, "url"), text_of(j, one, "mime_type"), bytes);
	}
}

static char *
markup_of(struct feed_job *j, json_object *o, const char *name, enum feed_text kind)
{
	const char *s = text_of(j, o, name);
	size_t len = s ? strlen(s) : 0;
	if (len > FEED_FIELD_MAX)
		j->note = TOO_LONG_TEXT;
	return s ? feed_markup(j->a, j->base, s, len, kind) : NULL;
}

static void
add_item(struct feed_job *j, json_object *o)
{
	struct item *it = feed_add_item(j);
	if (!it)
		return;
	const char *id = text_of(j, o, "id");
	if (id)
		it->guid = text_line(j->a, id, strlen(id), FEED_URL_MAX);
	it->link = url_of(j, o, "url");
	if (!it->link)
		it->link = url_of(j, o, "external_url");
	if (!it->link && it->guid && url_is_web(it->guid) >= 0)
		it->link = it->guid;
	if (it->link)
		feed_set_link_forms(j, it, it->link);
	it->title = line_of(j, o, "title");
	it->content = markup_of(j, o, "content_html", FEED_TEXT_HTML);
	if (!it->content)
		it->content = markup_of(j, o, "content_text", FEED_TEXT_PLAIN);
	it->summary = markup_of(j, o, "summary", FEED_TEXT_PLAIN);
	it->image = url_of(j, o, "image");
	if (!it->image)
		it->image = url_of(j, o, "banner_image");
	it->language = language_of(j, o);
	it->published_raw = line_of(j, o, "date_published");
	if (it->published_raw)
		date_parse(it->published_raw, &it->published);
	char *modified = line_of(j, o, "date_modified");
	if (modified)
		date_parse(modified, &it->updated);
	add_authors(j, o, &it->authors, &it->authors_len);
	add_tags(j, o, &it->tags, &it->tags_len);
	add_attachments(j, o, it);
}

static void
read_feed(struct feed_job *j, json_object *o)
{
	struct feed_doc *doc = j->doc;
	char **authors = NULL;
	size_t len, authors_len = 0;
	doc->title = line_of(j, o, "title");
	doc->link = url_of(j, o, "home_page_url");
	doc->self = url_of(j, o, "feed_url");
	doc->subtitle = line_of(j, o, "description");
	doc->image = url_of(j, o, "icon");
	if (!doc->image)
		doc->image = url_of(j, o, "favicon");
	doc->language = language_of(j, o);
	doc->next = url_of(j, o, "next_url");
	add_authors(j, o, &authors, &authors_len);
	doc->author = authors_len ? authors[0] : NULL;
	json_object *hubs = list_of(o, "hubs", &len);
	for (size_t i = 0; i < len; i++) {
		json_object *hub = json_object_array_get_idx(hubs, i);
		if (hub && json_object_is_type(hub, json_type_object))
			feed_add_word(j, &doc->hubs, &doc->hubs_len, url_of(j, hub, "url"));
	}
}

/* ---- the document in parts ---- */

/*
 * What is not an item is one value, and each item another: so memory does not grow with the number
 * of items, and what is broken or cut costs one item.
 */
struct parts {
	struct feed_job *j;
	const char *text, *end;
	json_tokener *tokener;
	size_t values_max; /* of one part */
};

/* Behind the string, comment or character at P; END when it never ends. */
static const char *
skip_token(const char *p, const char *end)
{
	static const struct {
		const char *open, *close;
	} comments[] = {{"/*", "*/"}, {"//", "\n"}};
	if (*p == '"' || *p == '\'') {
		char quote = *p;
		for (p++; p < end && *p != quote; p++)
			p += *p == '\\';
		return p < end ? p + 1 : end;
	}
	for (size_t i = 0; *p == '/' && i < sizeof comments / sizeof *comments; i++) {
		if (end - p < 2 || memcmp(p, comments[i].open, 2) != 0)
			continue;
		const char *close = memmem(
		    p + 2, (size_t)(end - p - 2), comments[i].close, strlen(comments[i].close));
		return close ? close + strlen(comments[i].close) : end;
	}
	return p + 1;
}

/* Behind the list or object at P; NULL when it never ends. */
static const char *
skip_value(const char *p, const char *end)
{
	size_t depth = 0;
	while (p < end) {
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && --depth == 0)
			return p + 1;
		p = skip_token(p, end);
	}
	return NULL;
}

/* Behind the '[' of the document's items; NULL when it has none. */
static const char *
find_items(const char *p, const char *end)
{
	static const char name[] = "items";
	size_t depth = 0;
	int named = 0;
	while (p < end) {
		const char *after = skip_token(p, end);
		if (*p == '[' && depth == 1 && named)
			return after;
		if (*p == '{' || *p == '[')
			depth++;
		else if ((*p == '}' || *p == ']') && depth)
			depth--;
		else if (depth == 1 && *p == ',')
			named = 0;
		else if (depth == 1 && (*p == '"' || *p == '\''))
			named = (size_t)(after - p) == sizeof name + 1 &&
				!memcmp(p + 1, name, sizeof name - 1);
		p = after;
	}
	return NULL;
}

/* How many values there are at most: brackets and commas. */
static size_t
count_values(const char *p, const char *end)
{
	size_t count = 1;
	while (p < end) {
		count += *p == '{' || *p == '[' || *p == ',';
		p = skip_token(p, end);
	}
	return count;
}

/* The value of TEXT; NULL with the fault set. FROM: where it stands in the document. */
static json_object *
parse_part(struct parts *ps, const char *text, size_t len, size_t from)
{
	struct fault *f = ps->j->f;
	if (count_values(text, text + len) > ps->values_max) {
		fault_set(f, ERR_LIMIT,
		    "more than %zu json values in one part of a document of %zu bytes",
		    ps->values_max, (size_t)(ps->end - ps->text));
		return NULL;
	}
	json_tokener_reset(ps->tokener);
	json_object *o = json_tokener_parse_ex(ps->tokener, text, (int)len);
	enum json_tokener_error error = json_tokener_get_error(ps->tokener);
	if (error == json_tokener_error_depth)
		fault_set(f, ERR_LIMIT, "json nested deeper than %d", JSON_DEPTH_MAX);
	else if (error == json_tokener_continue)
		fault_set(f, ERR_INPUT, "json document ends too early");
	else if (!o)
		fault_set(f, ERR_INPUT, "json error at byte %zu: %s",
		    from + json_tokener_get_parse_end(ps->tokener), json_tokener_error_desc(error));
	return o;
}

/* An item was left out for the reason in the fault: the document says so. */
static void
leave_out(struct feed_job *j)
{
	j->note = arena_printf(j->a, "%s: left out", j->f->text);
	*j->f = (struct fault){0};
}

static void
read_item(struct parts *ps, const char *p, const char *after)
{
	struct feed_job *j = ps->j;
	json_object *o = parse_part(ps, p, (size_t)(after - p), (size_t)(p - ps->text));
	if (o)
		add_item(j, o);
	else
		leave_out(j);
	json_object_put(o);
	arena_clear(&j->scratch);
}

/* The items from P on; *AFTER is behind their ']', or the end. 0, or ERR_LIMIT. */
static int
read_items(struct parts *ps, const char *p, const char **after)
{
	struct feed_job *j = ps->j;
	int rc = 0;
	*after = ps->end;
	while (!rc && p < ps->end && j->doc->items_len < FEED_ITEMS_MAX) {
		if (*p == ']') {
			*after = p;
			return 0;
		}
		const char *next =
		    *p == '{' || *p == '[' ? skip_value(p, ps->end) : skip_token(p, ps->end);
		if (next && *p == '{')
			read_item(ps, p, next);
		p = next ? next : ps->end;
		rc = feed_check_memory(j);
	}
	if (!rc)
		j->note = p < ps->end ? TOO_MANY_ENTRIES : "json document ends too early";
	return rc;
}

/* The members of the document but its items, which stood from ITEMS to AFTER. */
static int
read_rest(struct parts *ps, const char *items, const char *after)
{
	struct feed_job *j = ps->j;
	struct buf rest;
	buf_init(&rest, (size_t)(ps->end - ps->text) + 2);
	buf_add(&rest, ps->text, (size_t)(items - ps->text));
	if (after < ps->end)
		buf_add(&rest, after, (size_t)(ps->end - after));
	else
		buf_add_str(&rest, "]}");
	json_object *o = parse_part(ps, buf_str(&rest), rest.len, 0);
	buf_clear(&rest);
	if (!o)
		return j->f->code;
	const char *version = text_of(j, o, "version");
	j->doc->format = version && strstr(version, "/1.1") ? "json11" : "json1";
	int rc = 0;
	if (!version && !text_of(j, o, "title") && !j->doc->items_len)
		rc = fault_set(j->f, ERR_INPUT, "json document, no feed");
	else
		read_feed(j, o);
	json_object_put(o);
	return rc;
}

/* Why a document without items is no feed. */
static int
refuse(struct parts *ps)
{
	json_object *o = parse_part(ps, ps->text, (size_t)(ps->end - ps->text), 0);
	int rc = o ? fault_set(ps->j->f, ERR_INPUT, "json document, no feed") : ps->j->f->code;
	json_object_put(o);
	return rc;
}

int
feed_parse_json(struct feed_job *j, const char *text, size_t len)
{
	if (len > INT32_MAX)
		return fault_set(j->f, ERR_LIMIT, "json document of more than 2 GB");
	struct parts ps = {j, text, text + len, json_tokener_new_ex(JSON_DEPTH_MAX),
	    (len * FEED_GROWTH + FEED_GROWTH_ROOM) / JSON_VALUE_SIZE};
	const char *after, *items = find_items(text, ps.end);
	feed_reset(j);
	int rc = items ? 0 : refuse(&ps);
	if (!rc)
		rc = feed_keep_whole(j, read_items(&ps, items, &after));
	if (!rc && after == ps.end && j->doc->items_len == 0)
		rc = fault_set(j->f, ERR_INPUT, "json document ends too early");
	if (!rc)
		rc = read_rest(&ps, items, after);
	json_tokener_free(ps.tokener);
	return rc;
}
