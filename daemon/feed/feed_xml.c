/*
 * feed xml: the state machine of all XML dialects. An element is looked up in the table by its
 * namespace, its name and where it stands; the row's kind says what is done when it begins and ends
 * (feed_starts.c, feed_ends.c). While the text of an element is captured, the elements inside of it
 * are written back as markup (feed_capture.c).
 */
#include "feed_parser.h"

#include <string.h>
#include <strings.h>

#include "url.h"

#define TEXT_ROOM   ((size_t)16 << 10) /* most texts are shorter */
#define SCRATCH_MAX 65536
#define DAY_S       86400
#define BASE_MAX    1024 /* a longer xml:base is ignored: every relative link would grow by it */

static void
set_base(struct feed_parser *p, struct feed_frame *f, const char *reference)
{
	char *base = url_resolve(&p->j->scratch, f->base, reference);
	if (base && strlen(base) <= 2 * BASE_MAX && url_is_web(base) >= 0 &&
	    strcmp(base, f->base) != 0)
		f->base = arena_strdup(p->j->a, base);
}

/* xml:base and xml:lang of TAG onto its frame. */
static void
inherit(struct feed_parser *p, struct feed_frame *f, const struct xml_tag *tag)
{
	for (size_t i = 0; i < tag->attrs_len; i++) {
		struct xml_attr at = xml_tag_attr(tag, i);
		if (!at.prefix || strcmp(at.prefix, "xml") != 0)
			continue;
		if (!strcasecmp(at.name, "lang"))
			f->lang = arena_strndup(p->j->a, at.value, at.len);
		if (strcasecmp(at.name, "base") != 0 || !at.len || at.len > BASE_MAX)
			continue;
		set_base(p, f, arena_strndup(&p->j->scratch, at.value, at.len));
	}
}

static const struct feed_cached *
look_up(struct feed_parser *p, const struct xml_tag *tag)
{
	uintptr_t mix = (uintptr_t)tag->name ^ ((uintptr_t)tag->uri >> 3) ^ (uintptr_t)tag->prefix;
	struct feed_cached *c = &p->cache[(mix * UINT64_C(0x9e3779b97f4a7c15)) >> CACHE_SHIFT];
	if (c->name == tag->name && c->uri == tag->uri && c->prefix == tag->prefix)
		return c;
	*c = (struct feed_cached){
	    tag->name, tag->prefix, tag->uri, feed_elements_find(tag->name), NS_CORE};
	if (!p->root_uri || tag->uri != p->root_uri)
		c->ns = feed_namespace(tag->uri, tag->prefix);
	return c;
}

/* "rss20" for 2.0, 2.0.1 ...; "rss" when VERSION is none of RSS. */
static const char *
rss_format(const char *version)
{
	static const struct {
		const char *version, *format;
	} known[] = {{"2.", "rss20"}, {"0.91", "rss091"}, {"0.92", "rss092"}, {"0.93", "rss093"},
	    {"0.94", "rss094"}, {"0.90", "rss090"}, {"1.0", "rss10"}};
	for (size_t i = 0; version && i < sizeof known / sizeof *known; i++)
		if (!strncmp(known[i].version, version, strlen(known[i].version)))
			return known[i].format;
	return "rss";
}

static const char *
format_of(struct feed_parser *p, const struct xml_tag *tag)
{
	static const struct {
		const char *root, *format;
	} roots[] = {{"urlset", "sitemap"}, {"sitemapindex", "sitemap_index"}, {"rdf", "rdf"},
	    {"entry", "atom10"}};
	char *version = feed_attr(p, tag, "version");
	for (size_t i = 0; i < sizeof roots / sizeof *roots; i++)
		if (!strcasecmp(tag->name, roots[i].root))
			return roots[i].format;
	if (!strcasecmp(tag->name, "rss"))
		return rss_format(version);
	if (!strcasecmp(tag->name, "channel"))
		return tag->uri && strstr(tag->uri, "rss1.1") ? "rss11" : "cdf";
	return (version && !strcmp(version, "0.3")) ||
		       (tag->uri && strstr(tag->uri, "purl.org/atom/ns"))
		   ? "atom03"
		   : "atom10";
}

static void
start_root(struct feed_parser *p, const struct xml_tag *tag)
{
	struct feed_frame *f = &p->stack[p->depth];
	p->root_uri = tag->uri && feed_namespace(tag->uri, NULL) != NS_RDF ? tag->uri : NULL;
	const char *format = p->j->doc->format = format_of(p, tag);
	f->ctx = !strncmp(format, "sitemap", 7) ? CTX_SITEMAP : CTX_FEED;
	char *base = !strcmp(format, "cdf") ? feed_attr(p, tag, "base") : NULL;
	if (base && strlen(base) <= BASE_MAX)
		set_base(p, f, base);
	if (!strcasecmp(tag->name, "entry")) {
		f->el = feed_elements_match(feed_elements_find("entry"), NS_CORE, CTX_FEED);
		feed_kind_start(p, f->el, tag);
	} else {
		feed_read_root(p, tag);
	}
}

static int
on_start(void *ctx, const struct xml_tag *tag)
{
	struct feed_parser *p = ctx;
	const struct feed_frame *parent = &p->stack[p->depth];
	struct feed_frame *f = &p->stack[++p->depth];
	*f = (struct feed_frame){
	    CTX_NONE, NULL, tag->name, tag->prefix, parent->base, parent->lang, 0};
	if (tag->attrs_len)
		inherit(p, f, tag);
	if (p->depth == 1) {
		start_root(p, tag);
		return 0;
	}
	if (!p->capture && !parent->ctx)
		return feed_check_memory(p->j);
	const struct feed_cached *c = look_up(p, tag);
	if (p->capture) {
		f->html = c->ns == NS_XHTML;
		feed_capture_start(p, f, tag);
		return feed_check_memory(p->j);
	}
	f->el = c->row ? feed_elements_match(c->row, c->ns, parent->ctx) : NULL;
	if (!f->el)
		return feed_check_memory(p->j); /* its xml:base counts, too */
	if (feed_kind_start(p, f->el, tag))
		feed_capture_begin(p);
	return feed_check_memory(p->j);
}

static void
end_captured(struct feed_parser *p, const struct feed_element *el)
{
	if (feed_capture_finish(p))
		feed_kind_end(p, el);
	p->text.len = 0; /* it is no text of the group around it */
}

static void
on_end(void *ctx)
{
	struct feed_parser *p = ctx;
	const struct feed_frame *f = &p->stack[p->depth];
	if (p->capture && p->depth > p->capture)
		feed_capture_end(p, f);
	else if (f->el && p->capture)
		end_captured(p, f->el);
	else if (f->el && feed_kind_is_group(f->el))
		feed_kind_end(p, f->el);
	p->depth--;
	if (p->j->scratch.total > SCRATCH_MAX)
		arena_clear(&p->j->scratch);
}

static void
on_text(void *ctx, const char *s, size_t len)
{
	struct feed_parser *p = ctx;
	if (p->capture || feed_kind_has_text(p->stack[p->depth].el))
		feed_capture_text(p, s, len);
}

static void
on_cut(void *ctx)
{
	struct feed_parser *p = ctx;
	p->cut = 1;
}

static void
on_restart(void *ctx)
{
	struct feed_parser *p = ctx;
	struct feed_job *j = p->j;
	struct buf text = p->text;
	feed_reset(j);
	*p = (struct feed_parser){.j = j, .text = text, .frequency = 1};
	p->stack[0].base = j->base;
}

int
feed_parse_xml(struct feed_job *j, const char *text, size_t len, const struct xml_root *root)
{
	static const char *const solo[] = {"item", "entry", "sitemap", NULL};
	static const char *const containers[] = {
	    "channel", "feed", "rss", "rdf", "urlset", "sitemapindex", "items", NULL};
	static const char *const lines[] = {"title", "link", "guid", "id", "pubdate", "published",
	    "updated", "comments", "date", "creator", NULL};
	static const char *const neighbours[] = {"item", "entry", "description", "summary",
	    "content", "encoded", "category", "enclosure", "author", "origlink", NULL};
	static const struct xml_reader reader = {.restart = on_restart,
	    .start = on_start,
	    .end = on_end,
	    .text = on_text,
	    .cut = on_cut,
	    .solo = solo,
	    .containers = containers,
	    .lines = lines,
	    .neighbours = neighbours};
	struct feed_parser *p = mem_zalloc(sizeof *p);
	p->j = j;
	buf_init(&p->text, FEED_FIELD_MAX);
	buf_reserve(&p->text, TEXT_ROOM);
	on_restart(p);
	struct xml_report report;
	int rc = xml_parse(text, len, root->at, &reader, p, &report, j->f);
	if (rc == ERR_LIMIT && p->item)
		j->doc->items_len--;
	rc = feed_keep_whole(j, rc);
	if (!rc && *report.recovered)
		j->doc->recovered = arena_strdup(j->a, report.recovered);
	if (!p->period_s && p->frequency > 1)
		p->period_s = DAY_S; /* what is meant where only the frequency is said */
	if (p->period_s)
		j->doc->sy_period_s =
		    p->period_s / p->frequency > 0 ? p->period_s / p->frequency : 1;
	buf_clear(&p->text);
	mem_free(p);
	return rc;
}
