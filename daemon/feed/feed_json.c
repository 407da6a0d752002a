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
#define JSON_VALUES_MAX 300000 /* json-c takes 700 bytes for an empty object */

/* The text of member NAME; NULL when absent or empty. Borrowed from the document. */
static const char *
text_of(json_object *o, const char *name)
{
	json_object *v;
	if (!json_object_object_get_ex(o, name, &v))
		return NULL;
	int scalar = json_object_is_type(v, json_type_string) ||
		     json_object_is_type(v, json_type_int) ||
		     json_object_is_type(v, json_type_double);
	const char *s = scalar ? json_object_get_string(v) : NULL;
	return s && *s ? s : NULL;
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
	const char *s = text_of(o, name);
	return s ? feed_line(j->a, s, strlen(s), FEED_TEXT_PLAIN) : NULL;
}

static char *
url_of(struct feed_job *j, json_object *o, const char *name)
{
	const char *s = text_of(o, name);
	return s ? feed_url(j->a, j->url, s, strlen(s)) : NULL;
}

static char *
language_of(struct feed_job *j, json_object *o)
{
	char regular[LANGUAGE_MAX] = "";
	const char *s = text_of(o, "language");
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
		feed_add_enclosure(j, it, url_of(j, one, "url"), text_of(one, "mime_type"), bytes);
	}
}

static char *
markup_of(struct feed_job *j, json_object *o, const char *name, enum feed_text kind)
{
	const char *s = text_of(o, name);
	return s ? feed_markup(j->a, j->url, s, strlen(s), kind) : NULL;
}

static void
add_item(struct feed_job *j, json_object *o)
{
	struct item *it = feed_add_item(j);
	if (!it)
		return;
	const char *id = text_of(o, "id");
	if (id)
		it->guid = text_line(j->a, id, strlen(id), FEED_URL_MAX);
	it->link = url_of(j, o, "url");
	if (!it->link)
		it->link = url_of(j, o, "external_url");
	if (!it->link && it->guid && url_is_web(it->guid) >= 0)
		it->link = it->guid;
	if (it->link)
		url_forms(j->a, it->link, &it->canonical, &it->fetch);
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

static int
read_document(struct feed_job *j, json_object *o)
{
	size_t len;
	json_object *items = list_of(o, "items", &len);
	const char *version = text_of(o, "version");
	if (!items || (!version && !text_of(o, "title") && !len))
		return fault_set(j->f, ERR_INPUT, "json document, no feed");
	j->doc->format = version && strstr(version, "/1.1") ? "json11" : "json1";
	j->doc->ttl_min = j->doc->sy_period_s = -1;
	read_feed(j, o);
	for (size_t i = 0; i < len; i++) {
		json_object *item = json_object_array_get_idx(items, i);
		if (item && json_object_is_type(item, json_type_object))
			add_item(j, item);
		int rc = feed_check_memory(j);
		if (rc)
			return rc;
	}
	return 0;
}

/* How many values there are at most: brackets and commas outside of strings. */
static size_t
count_values(const char *s, size_t len)
{
	size_t count = 0;
	int string = 0;
	for (size_t i = 0; i < len; i++) {
		if (s[i] == '"')
			string = !string;
		else if (string)
			i += s[i] == '\\';
		else
			count += s[i] == '{' || s[i] == '[' || s[i] == ',';
	}
	return count;
}

int
feed_parse_json(struct feed_job *j, const char *text, size_t len)
{
	if (len > INT32_MAX)
		return fault_set(j->f, ERR_LIMIT, "json document of more than 2 GB");
	if (count_values(text, len) > JSON_VALUES_MAX)
		return fault_set(
		    j->f, ERR_LIMIT, "json document of more than %d values", JSON_VALUES_MAX);
	struct json_tokener *tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	json_object *o = json_tokener_parse_ex(tokener, text, (int)len);
	enum json_tokener_error error = json_tokener_get_error(tokener);
	size_t at = json_tokener_get_parse_end(tokener);
	json_tokener_free(tokener);
	int rc;
	if (error == json_tokener_error_depth)
		rc = fault_set(j->f, ERR_LIMIT, "json nested deeper than %d", JSON_DEPTH_MAX);
	else if (error == json_tokener_continue)
		rc = fault_set(j->f, ERR_INPUT, "json document ends too early");
	else if (!o)
		rc = fault_set(j->f, ERR_INPUT, "json error at byte %zu: %s", at,
		    json_tokener_error_desc(error));
	else if (!json_object_is_type(o, json_type_object))
		rc = fault_set(j->f, ERR_INPUT, "json document, no feed");
	else
		rc = read_document(j, o);
	json_object_put(o);
	return rc;
}
