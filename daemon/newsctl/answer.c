/* newsctl, answers: what the parsers found, as the JSON that `newsctl digest` documents. Pure. */
#include "newsctl_priv.h"

#include <json-c/json.h>
#include <json-c/printbuf.h>

#include "robots.h"

/* A new value that O did not have yet: KEY is a literal and used once, so nothing is looked up. */
static void
put_new(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add_ex(
	    o, key, value, JSON_C_OBJECT_ADD_KEY_IS_NEW | JSON_C_OBJECT_KEY_IS_CONSTANT);
}

static void
put_str(struct json_object *o, const char *key, const char *value)
{
	put_new(o, key, value ? json_object_new_string(value) : NULL);
}

static void
put_list(struct json_object *o, const char *key, char *const *values, size_t len)
{
	struct json_object *list = json_object_new_array_ext((int)(len ? len : 1));
	for (size_t i = 0; i < len; i++)
		json_object_array_add(list, json_object_new_string(values[i]));
	put_new(o, key, list);
}

static void
put_date(struct json_object *o, const char *key, const char *precision_key, const struct date *date)
{
	struct json_object *text = ctl_date_json(date);
	put_new(o, key, text);
	put_str(o, precision_key, text ? date_precision_name(date->precision) : NULL);
}

/* KEY: a whole number, null when VALUE is the -1 of "none". */
static void
put_count(struct json_object *o, const char *key, int64_t value)
{
	put_new(o, key, value >= 0 ? json_object_new_int64(value) : NULL);
}

/* ---- feeds ---- */

static struct json_object *
feed_json(const struct feed_doc *doc)
{
	struct json_object *o = json_object_new_object();
	put_str(o, "title", doc->title);
	put_str(o, "link", doc->link);
	put_str(o, "self", doc->self);
	put_str(o, "subtitle", doc->subtitle);
	put_str(o, "language", doc->language);
	put_str(o, "image", doc->image);
	put_str(o, "author", doc->author);
	put_str(o, "rights", doc->rights);
	put_str(o, "generator", doc->generator);
	put_date(o, "updated", "updated_precision", &doc->updated);
	put_list(o, "tags", doc->tags, doc->tags_len);
	put_list(o, "hubs", doc->hubs, doc->hubs_len);
	put_str(o, "next", doc->next);
	put_str(o, "prev_archive", doc->prev_archive);
	put_count(o, "ttl_min", doc->ttl_min);
	put_count(o, "sy_period_s", doc->sy_period_s);
	put_date(o, "sy_base", "sy_base_precision", &doc->sy_base);
	struct json_object *hours = json_object_new_array();
	for (int hour = 0; hour < 24; hour++)
		if (doc->skip_hours & (UINT32_C(1) << hour))
			json_object_array_add(hours, json_object_new_int(hour));
	put_new(o, "skip_hours", hours);
	static const char *const days[] = {
	    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"};
	struct json_object *skipped = json_object_new_array();
	for (int day = 0; day < 7; day++)
		if (doc->skip_days & (1u << day))
			json_object_array_add(skipped, json_object_new_string(days[day]));
	put_new(o, "skip_days", skipped);
	return o;
}

static struct json_object *
enclosures_json(const struct item *item)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < item->enclosures_len; i++) {
		const struct enclosure *e = &item->enclosures[i];
		struct json_object *o = json_object_new_object();
		put_str(o, "url", e->url);
		put_str(o, "type", e->type);
		put_count(o, "length", e->length);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *
item_json(const struct item *item)
{
	struct json_object *o = json_object_new_object();
	put_str(o, "id", item->guid);
	put_str(o, "title", item->title);
	put_str(o, "link", item->link);
	put_date(o, "published", "published_precision", &item->published);
	put_date(o, "updated", "updated_precision", &item->updated);
	put_str(o, "author", item->authors_len ? item->authors[0] : NULL);
	put_list(o, "authors", item->authors, item->authors_len);
	put_str(o, "summary", item->summary);
	put_str(o, "content", item->content);
	put_list(o, "tags", item->tags, item->tags_len);
	put_new(o, "enclosures", enclosures_json(item));
	put_str(o, "image", item->image);
	put_str(o, "comments", item->comments);
	put_str(o, "rights", item->rights);
	put_str(o, "language", item->language);
	put_str(o, "source", item->source);
	return o;
}

/* The items of a feed, one after the other: as json-c's objects all at once, 50,000 of them would
 * take 150 MB. The feed must live until the answer is printed. */
static int
write_entries(struct json_object *o, struct printbuf *out, int level, int flags)
{
	(void)level;
	const struct feed_doc *doc = json_object_get_userdata(o);
	int start = out->bpos;
	printbuf_memappend(out, "[", 1);
	for (size_t i = 0; i < doc->items_len; i++) {
		size_t len;
		struct json_object *item = item_json(&doc->items[i]);
		const char *text = json_object_to_json_string_length(item, flags, &len);
		if (i)
			printbuf_memappend(out, ",", 1);
		printbuf_memappend(out, text, (int)len);
		json_object_put(item);
	}
	printbuf_memappend(out, "]", 1);
	return out->bpos - start;
}

void
ctl_answer_feed(struct json_object *o, const struct reply *reply, struct json_object *targets)
{
	(void)targets;
	const struct feed_doc *doc = reply->feed;
	struct json_object *entries = json_object_new_object();
	json_object_set_serializer(entries, write_entries, reply->feed, NULL);
	put_str(o, "format", doc->format);
	put_str(o, "recovered", doc->recovered);
	put_new(o, "feed", feed_json(doc));
	put_new(o, "entries", entries);
}

/* ---- pages ---- */

/* Characters, which begin within N bytes of S. */
static int
characters(const char *s, size_t n)
{
	int count = 0;
	for (size_t i = 0; i < n; i++)
		count += ((unsigned char)s[i] & 0xc0) != 0x80;
	return count;
}

/* Counted in characters (code points), not in bytes, which readers of JSON do not see. */
static struct json_object *
block_links_json(const struct block *b)
{
	struct json_object *list = json_object_new_array_ext((int)b->links_len);
	const char *s = b->text;
	for (size_t i = 0, at = 0, seen = 0; i < b->links_len; i++) {
		const struct block_link *l = &b->links[i];
		struct json_object *o = json_object_new_object();
		at += (size_t)characters(s + seen, l->at - seen);
		seen = l->at;
		put_count(o, "start", (int64_t)at);
		put_count(o, "length", characters(s + seen, l->len));
		put_str(o, "url", l->url);
		json_object_array_add(list, o);
	}
	return list;
}

static struct json_object *
blocks_json(const struct article *a)
{
	struct json_object *list = json_object_new_array_ext((int)(a->blocks_len + 1));
	for (size_t i = 0; i < a->blocks_len; i++) {
		struct json_object *o = json_object_new_object();
		put_str(o, "type", block_type_name(a->blocks[i].type));
		put_str(o, "text", a->blocks[i].text);
		if (a->blocks[i].links_len)
			put_new(o, "links", block_links_json(&a->blocks[i]));
		json_object_array_add(list, o);
	}
	return list;
}

void
ctl_answer_page(struct json_object *o, const struct reply *reply, struct json_object *targets)
{
	(void)targets;
	const struct article *a = reply->article;
	put_str(o, "url", a->url);
	put_str(o, "title", a->title);
	put_str(o, "title_source", a->title_source);
	put_str(o, "subtitle", a->subtitle);
	put_list(o, "author", a->authors, a->authors_len);
	put_date(o, "date", "date_precision", &a->published);
	put_str(o, "date_source", a->published_source);
	put_date(o, "modified", "modified_precision", &a->modified);
	put_str(o, "lang", a->language);
	put_str(o, "lang_source", a->language_source);
	put_str(o, "canonical", a->canonical);
	put_str(o, "image", a->image);
	put_str(o, "siteName", a->site);
	put_str(o, "section", a->section);
	put_list(o, "tags", a->tags, a->tags_len);
	put_str(o, "agency", a->agency);
	put_str(o, "syndicated_from", a->syndicated_from);
	put_str(o, "charset", a->charset);
	put_str(o, "verdict", verdict_name(a->verdict));
	ctl_put_double(o, "confidence", a->confidence);
	put_str(o, "evidence", a->evidence);
	put_str(o, "body_source", a->from_jsonld ? "jsonld" : "page");
	put_count(o, "words", a->words);
	put_new(o, "noarchive", json_object_new_boolean(a->noarchive));
	put_str(o, "articleBody", a->text ? a->text : "");
	put_new(o, "blocks", blocks_json(a));
	put_list(o, "links", a->links, a->links_len);
}

/* ---- the rest ---- */

void
ctl_answer_robots(struct json_object *o, const struct reply *reply, struct json_object *targets)
{
	const struct robots_doc *doc = reply->robots;
	struct json_object *allowed = json_object_new_array();
	size_t count = targets ? json_object_array_length(targets) : 0;
	for (size_t i = 0; i < count; i++) {
		const char *url = json_object_get_string(json_object_array_get_idx(targets, i));
		json_object_array_add(allowed, json_object_new_boolean(robots_allows(doc, url)));
	}
	put_new(o, "allowed", allowed);
	if (doc->crawl_delay_s >= 0)
		ctl_put_double(o, "crawl_delay", doc->crawl_delay_s);
	else
		put_new(o, "crawl_delay", NULL);
	put_list(o, "sitemaps", doc->sitemaps, doc->sitemaps_len);
}

void
ctl_answer_opml(struct json_object *o, const struct reply *reply, struct json_object *targets)
{
	(void)targets;
	const struct opml_doc *doc = reply->opml;
	struct json_object *feeds = json_object_new_array_ext((int)(doc->feeds_len + 1));
	for (size_t i = 0; i < doc->feeds_len; i++) {
		const struct opml_feed *feed = &doc->feeds[i];
		struct json_object *f = json_object_new_object();
		put_str(f, "url", feed->url);
		put_str(f, "title", feed->title);
		put_str(f, "site", feed->site);
		put_list(f, "tags", feed->tags, feed->tags_len);
		put_str(f, "refused", feed->refused);
		json_object_array_add(feeds, f);
	}
	put_new(o, "feeds", feeds);
}

void
ctl_answer_discover(struct json_object *o, const struct reply *reply, struct json_object *targets)
{
	(void)targets;
	const struct discovery *d = reply->discovery;
	struct json_object *links = json_object_new_array_ext((int)(d->links_len + 1));
	for (size_t i = 0; i < d->links_len; i++) {
		const struct feed_link *link = &d->links[i];
		struct json_object *l = json_object_new_object();
		put_str(l, "url", link->url);
		put_str(l, "title", link->title);
		put_str(l, "found_by", found_by_name(link->by));
		put_str(l, "class", feed_class_name(link->class));
		json_object_array_add(links, l);
	}
	put_str(o, "format", d->format);
	put_str(o, "reason", d->reason);
	put_str(o, "title", d->title);
	put_str(o, "class", feed_class_name(d->class));
	put_count(o, "entries", d->entries);
	ctl_put_time(o, "newest", d->newest);
	put_new(o, "full_text", json_object_new_boolean(d->full_text));
	put_new(o, "links", links);
}
