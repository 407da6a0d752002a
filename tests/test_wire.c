/* wire: whole records there and back; every cut, every lie; what a hostile peer may not claim. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <math.h>

#include "feed.h"
#include "sandbox.h"
#include "wire.h"

static struct buf out;

static int
setup(void **state)
{
	(void)state;
	buf_init(&out, WIRE_FRAME_MAX);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_clear(&out);
	return 0;
}

/* ---- full records ---- */

static char *
text(struct arena *a, const char *name)
{
	return arena_printf(a, "%s é 日本", name);
}

static void
fill_texts(struct arena *a, char ***v, size_t *len, const char *name)
{
	*ARENA_PUSH(a, *v, *len) = arena_printf(a, "%s 1", name);
	*ARENA_PUSH(a, *v, *len) = arena_strdup(a, "");
	*ARENA_PUSH(a, *v, *len) = arena_printf(a, "%s 3", name);
}

static void
fill_item(struct arena *a, struct item *i)
{
	i->guid = text(a, "guid");
	i->link = text(a, "link");
	i->canonical = arena_strdup(a, "https://n.example/canonical");
	i->fetch = arena_strdup(a, "https://n.example/fetch");
	i->title = text(a, "title");
	i->summary = text(a, "summary");
	i->content = text(a, "content");
	fill_texts(a, &i->authors, &i->authors_len, "author");
	i->published_raw = text(a, "published_raw");
	i->published = (struct date){.utc = -123456789012,
	    .precision = DATE_SECOND,
	    .zone_known = 1,
	    .doubt = DATE_DOUBT_ORDER | DATE_DOUBT_CENTURY,
	    .swap_days = -300};
	i->updated = (struct date){.utc = INT64_MAX, .precision = DATE_DAY, .zone_known = 0};
	fill_texts(a, &i->tags, &i->tags_len, "tag");
	struct enclosure *e = ARENA_PUSH(a, i->enclosures, i->enclosures_len);
	*e = (struct enclosure){text(a, "enclosure"), text(a, "type"), -1};
	e = ARENA_PUSH(a, i->enclosures, i->enclosures_len);
	e->length = 1234567890123;
	i->image = text(a, "image");
	i->comments = text(a, "comments");
	i->rights = text(a, "rights");
	i->language = text(a, "language");
	i->source = text(a, "source");
	i->key = UINT64_MAX;
	i->text = text(a, "text");
	memset(i->text_hash, 0xa5, sizeof i->text_hash);
	i->words = UINT32_MAX;
}

static struct reply *
full_feed(void)
{
	struct reply *r = reply_new(JOB_FEED);
	struct arena *a = &r->arena;
	struct feed_doc *f = r->feed = arena_zalloc(a, sizeof *f);
	f->format = "atom10";
	f->title = text(a, "feed title");
	f->link = text(a, "feed link");
	f->self = text(a, "self");
	f->subtitle = text(a, "subtitle");
	f->language = text(a, "feed language");
	f->image = text(a, "feed image");
	f->author = text(a, "feed author");
	f->rights = text(a, "feed rights");
	f->generator = text(a, "generator");
	f->updated = (struct date){.utc = 7, .precision = DATE_MONTH, .zone_known = 1};
	fill_texts(a, &f->tags, &f->tags_len, "feed tag");
	fill_texts(a, &f->hubs, &f->hubs_len, "hub");
	f->next = text(a, "next");
	f->prev_archive = text(a, "prev_archive");
	f->ttl_min = -1;
	f->sy_period_s = 3600;
	f->skip_hours = 0x00800001;
	f->skip_days = 0x41;
	f->recovered = text(a, "recovered");
	fill_item(a, ARENA_PUSH(a, f->items, f->items_len));
	struct item *bare = ARENA_PUSH(a, f->items, f->items_len);
	bare->key = 1;
	f->items_hash = 0x0123456789abcdef;
	return r;
}

static struct reply *
full_page(enum job_kind kind)
{
	struct reply *r = reply_new(kind);
	struct arena *a = &r->arena;
	struct article *x = r->article = arena_zalloc(a, sizeof *x);
	x->url = arena_strdup(a, "https://n.example/");
	x->canonical = text(a, "canonical");
	x->title = text(a, "title");
	x->subtitle = text(a, "subtitle");
	x->title_source = text(a, "title_source");
	fill_texts(a, &x->authors, &x->authors_len, "author");
	x->published_raw = text(a, "raw date");
	x->published = (struct date){.utc = 1, .precision = DATE_MINUTE, .zone_known = 1};
	x->modified = (struct date){.utc = 2, .precision = DATE_NONE, .zone_known = 0};
	x->published_source = text(a, "published_source");
	*ARENA_PUSH(a, x->links, x->links_len) = arena_strdup(a, "https://n.example/to");
	x->language = text(a, "language");
	x->language_source = text(a, "language_source");
	x->site = text(a, "site");
	x->section = text(a, "section");
	x->image = text(a, "image");
	x->agency = text(a, "agency");
	x->syndicated_from = text(a, "syndicated_from");
	x->charset = text(a, "charset");
	fill_texts(a, &x->tags, &x->tags_len, "tag");
	for (int i = 0; i < BLOCK_TYPE_COUNT; i++)
		*ARENA_PUSH(a, x->blocks, x->blocks_len) =
		    (struct block){.type = (enum block_type)i, .text = text(a, "block")};
	struct block *b = &x->blocks[BLOCK_QUOTE]; /* "block é 日本" */
	*ARENA_PUSH(a, b->links, b->links_len) =
	    (struct block_link){0, 5, arena_strdup(a, "https://n.example/block")};
	*ARENA_PUSH(a, b->links, b->links_len) =
	    (struct block_link){9, 6, arena_strdup(a, "http://n.example/?a=(1)&b=\"2\"")};
	x->text = text(a, "text");
	x->words = 3;
	memset(x->text_hash, 0x5a, sizeof x->text_hash);
	x->tokens = 4;
	x->verdict = VERDICT_NOT_ARTICLE;
	x->confidence = 0.625;
	x->evidence = text(a, "evidence");
	*ARENA_PUSH(a, x->trace, x->trace_len) =
	    (struct trace_line){BLOCK_QUOTE, 1, "rule", 0.25, text(a, "line")};
	*ARENA_PUSH(a, x->trace, x->trace_len) = (struct trace_line){0, 0, "", 0, text(a, "line")};
	*ARENA_PUSH(a, x->claims, x->claims_len) =
	    (struct trace_claim){"title", "h1", text(a, "value"), CLAIM_WON};
	x->noarchive = 1;
	x->rights = 33;
	return r;
}

static struct reply *
full_robots(void)
{
	struct reply *r = reply_new(JOB_ROBOTS);
	struct arena *a = &r->arena;
	struct robots_doc *d = r->robots = arena_zalloc(a, sizeof *d);
	struct robots_rule *rule = ARENA_PUSH(a, d->rules, d->rules_len);
	*rule = (struct robots_rule){arena_strdup(a, "/%7Ea"), arena_strdup(a, "/~a"), 1};
	rule = ARENA_PUSH(a, d->rules, d->rules_len);
	*rule = (struct robots_rule){arena_strdup(a, "/"), NULL, 0};
	d->crawl_delay_s = 2.5;
	*ARENA_PUSH(a, d->sitemaps, d->sitemaps_len) = arena_strdup(a, "https://n.example/s");
	return r;
}

static struct reply *
full_opml(void)
{
	struct reply *r = reply_new(JOB_OPML);
	struct arena *a = &r->arena;
	struct opml_doc *d = r->opml = arena_zalloc(a, sizeof *d);
	struct opml_feed *f = ARENA_PUSH(a, d->feeds, d->feeds_len);
	f->url = arena_strdup(a, "https://n.example/feed");
	f->title = text(a, "title");
	f->site = text(a, "site");
	fill_texts(a, &f->tags, &f->tags_len, "folder");
	f = ARENA_PUSH(a, d->feeds, d->feeds_len);
	*f = (struct opml_feed){.url = text(a, "|command"), .refused = text(a, "why")};
	return r;
}

static struct discovery *
full_discovery(struct arena *a)
{
	struct discovery *d = arena_zalloc(a, sizeof *d);
	d->format = text(a, "rss20");
	d->reason = text(a, "reason");
	d->title = text(a, "title");
	d->entries = UINT32_MAX;
	d->newest = -7;
	d->full_text = 1;
	d->class = FEED_COMMENTS;
	struct feed_link *link = ARENA_PUSH(a, d->links, d->links_len);
	*link = (struct feed_link){arena_strdup(a, "https://n.example/feed"), text(a, "link"),
	    FOUND_SITEMAP, FEED_PODCAST};
	link = ARENA_PUSH(a, d->links, d->links_len);
	link->url = arena_strdup(a, "http://n.example/");
	return d;
}

static struct reply *
full(enum job_kind kind)
{
	struct reply *r;
	switch (kind) {
	case JOB_DISCOVER:
		r = reply_new(kind);
		r->discovery = full_discovery(&r->arena);
		return r;
	case JOB_FEED:
		return full_feed();
	case JOB_ROBOTS:
		return full_robots();
	case JOB_OPML:
		return full_opml();
	default:
		return full_page(kind);
	}
}

/* ---- there and back ---- */

static struct reply *
back(uint64_t want_id)
{
	struct reply *r = NULL;
	uint64_t id = 0;
	assert_int_equal(wire_get_reply(out.data, out.len, &id, &r), 0);
	assert_true(id == want_id);
	return r;
}

/* What comes back is written again, byte for byte the same. */
static void
test_every_kind_comes_back(void **state)
{
	(void)state;
	for (int kind = JOB_FEED; kind < JOB_KIND_COUNT; kind++) {
		struct buf again;
		struct reply *r = full((enum job_kind)kind);
		out.len = 0;
		assert_int_equal(wire_put_reply(&out, 42, r), 0);
		struct reply *b = back(42);
		assert_int_equal(b->kind, kind);
		assert_int_equal(b->status, 0);
		assert_true(!b->feed == !r->feed && !b->article == !r->article);
		assert_true(!b->robots == !r->robots && !b->opml == !r->opml);
		buf_init(&again, WIRE_FRAME_MAX);
		assert_int_equal(wire_put_reply(&again, 42, b), 0);
		assert_int_equal(again.len, out.len);
		assert_memory_equal(again.data, out.data, out.len);
		buf_clear(&again);
		reply_free(r);
		reply_free(b);
	}
}

/* What is one string before is one after, and is sent once. */
static void
test_forms_of_a_link_are_sent_once(void **state)
{
	(void)state;
	static char link[] = "https://n.example/a-link-of-some-length", no_url[] = "urn:x";
	struct reply *r = full_feed();
	struct item *i = &r->feed->items[0];
	i->guid = i->link = link;
	i->canonical = i->fetch = arena_strdup(&r->arena, link);
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 1, r), 0);
	size_t apart = out.len;
	i->canonical = i->fetch = link;
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 1, r), 0);
	assert_int_equal(apart - out.len, sizeof link);
	struct reply *b = back(1);
	const struct item *j = &b->feed->items[0];
	assert_string_equal(j->guid, link);
	assert_ptr_equal(j->guid, j->link);
	assert_ptr_equal(j->link, j->canonical);
	assert_ptr_equal(j->canonical, j->fetch);
	reply_free(b);
	/* a URL is one also where it is sent as the field before, which need be none */
	i->link = i->canonical = i->fetch = no_url;
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 1, r), 0);
	uint64_t id;
	assert_int_equal(wire_get_reply(out.data, out.len, &id, &b), ERR_INPUT);
	/* the first field has none before it, and an absent one is no string */
	static const uint8_t same[4] = {0xfe, 0xff, 0xff, 0xff};
	for (int absent = 0; absent < 2; absent++) {
		i->guid = absent ? NULL : link;
		i->link = link;
		i->canonical = i->fetch = NULL;
		out.len = 0;
		assert_int_equal(wire_put_reply(&out, 1, r), 0);
		uint8_t *at = memmem(out.data, out.len, link, sizeof link);
		memcpy(at - 4, same, 4);
		assert_int_equal(wire_get_reply(out.data, out.len, &id, &b), ERR_INPUT);
	}
	reply_free(r);
}

static void
test_feed_fields(void **state)
{
	(void)state;
	struct reply *r = full_feed();
	wire_put_reply(&out, 1, r);
	struct reply *b = back(1);
	const struct feed_doc *f = b->feed, *g = r->feed;
	assert_string_equal(f->format, "atom10");
	assert_string_equal(f->prev_archive, g->prev_archive);
	assert_int_equal(f->updated.precision, DATE_MONTH);
	assert_int_equal(f->ttl_min, -1);
	assert_int_equal(f->skip_hours, 0x00800001);
	assert_int_equal(f->skip_days, 0x41);
	assert_true(f->items_hash == g->items_hash);
	assert_int_equal(f->hubs_len, 3);
	assert_string_equal(f->hubs[2], "hub 3");
	assert_int_equal(f->items_len, 2);
	const struct item *i = &f->items[0], *j = &g->items[0];
	assert_string_equal(i->canonical, j->canonical);
	assert_string_equal(i->content, j->content);
	assert_true(i->published.utc == -123456789012 && i->published.zone_known);
	assert_int_equal(i->published.doubt, DATE_DOUBT_ORDER | DATE_DOUBT_CENTURY);
	assert_int_equal(i->published.swap_days, -300);
	assert_int_equal(i->updated.doubt, 0);
	assert_true(i->updated.utc == INT64_MAX && !i->updated.zone_known);
	assert_int_equal(i->enclosures_len, 2);
	assert_true(i->enclosures[0].length == -1 && i->enclosures[1].length == 1234567890123);
	assert_null(i->enclosures[1].url);
	assert_true(i->key == UINT64_MAX);
	assert_memory_equal(i->text_hash, j->text_hash, 16);
	assert_true(i->words == UINT32_MAX);
	assert_null(f->items[1].title);
	assert_null(f->items[1].tags);
	reply_free(r);
	reply_free(b);
}

static void
test_page_fields(void **state)
{
	(void)state;
	struct reply *r = full_page(JOB_PAGE);
	wire_put_reply(&out, 1, r);
	struct reply *b = back(1);
	const struct article *x = b->article;
	assert_int_equal(x->blocks_len, BLOCK_TYPE_COUNT);
	assert_int_equal(x->blocks[BLOCK_TABLE].type, BLOCK_TABLE);
	assert_int_equal(x->blocks[BLOCK_TABLE].links_len, 0);
	assert_int_equal(x->blocks[BLOCK_QUOTE].links_len, 2);
	assert_int_equal(x->blocks[BLOCK_QUOTE].links[1].at, 9);
	assert_int_equal(x->blocks[BLOCK_QUOTE].links[1].len, 6);
	assert_string_equal(x->blocks[BLOCK_QUOTE].links[0].url, "https://n.example/block");
	assert_string_equal(x->text, r->article->text);
	assert_int_equal(x->verdict, VERDICT_NOT_ARTICLE);
	assert_true(x->confidence > 0.62 && x->confidence < 0.63);
	assert_int_equal(x->noarchive, 1);
	assert_int_equal(x->rights, 33);
	assert_string_equal(x->evidence, r->article->evidence);
	assert_int_equal(x->trace_len, 2);
	assert_int_equal(x->trace[0].type, BLOCK_QUOTE);
	assert_true(x->trace[0].kept && x->trace[0].score == 0.25);
	assert_string_equal(x->trace[0].rule, "rule");
	assert_string_equal(x->trace[1].text, r->article->trace[1].text);
	assert_int_equal(x->claims_len, 1);
	assert_int_equal(x->claims[0].fate, CLAIM_WON);
	assert_string_equal(x->claims[0].source, "h1");
	assert_int_equal(x->tokens, 4);
	assert_string_equal(x->charset, r->article->charset);
	reply_free(r);
	reply_free(b);
}

static void
test_failure(void **state)
{
	(void)state;
	for (int status = ERR_READONLY; status < 0; status++) {
		struct reply *r = reply_new(JOB_PAGE);
		reply_fail(r, status, "no: %s", "\xff bad \xe6\x97");
		out.len = 0;
		assert_int_equal(wire_put_reply(&out, 7, r), 0);
		struct reply *b = back(7);
		assert_int_equal(b->status, status);
		assert_string_equal(b->reason, "no: \xef\xbf\xbd bad \xef\xbf\xbd");
		assert_null(b->article);
		reply_free(r);
		reply_free(b);
	}
}

/* A page in the place of a feed: why it is none, and the feeds that it declares. */
static void
test_failure_with_links(void **state)
{
	(void)state;
	struct reply *r = reply_new(JOB_FEED);
	reply_fail(r, ERR_INPUT, "html page");
	r->discovery = full_discovery(&r->arena);
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 7, r), 0);
	struct reply *b = back(7);
	assert_int_equal(b->status, ERR_INPUT);
	assert_string_equal(b->reason, "html page");
	assert_null(b->feed);
	const struct discovery *d = b->discovery;
	assert_int_equal(d->entries, UINT32_MAX);
	assert_int_equal(d->newest, -7);
	assert_int_equal(d->links_len, 2);
	assert_string_equal(d->links[0].url, "https://n.example/feed");
	assert_int_equal(d->links[0].by, FOUND_SITEMAP);
	assert_int_equal(d->links[0].class, FEED_PODCAST);
	assert_null(d->links[1].title);
	reply_free(b);
	/* only a feed's failure may bring them */
	r->kind = JOB_OPML;
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 7, r), 0);
	uint64_t id;
	assert_int_equal(wire_get_reply(out.data, out.len, &id, &b), ERR_INPUT);
	reply_free(r);
}

static void
test_job(void **state)
{
	(void)state;
	struct job job = {.kind = JOB_PAGE,
	    .flags = JOB_WANT_TEXT,
	    .url = "https://n.example/",
	    .content_type = "text/html; charset=\xe9", /* as the network gave it */
	    .content_encoding = "",
	    .witness_title = "its title",
	    .witness = "<p>its text",
	    .content_location = "/\xe9",
	    .link = "<https://h.example/>; rel=hub",
	    .body_len = 4,
	    .inflated_max = 1u << 31};
	struct job got;
	uint64_t id;
	size_t need;
	assert_int_equal(wire_put_job_head(&out, UINT64_MAX, &job), 0);
	size_t head = out.len;
	buf_add(&out, "b\0dy", 4);
	assert_int_equal(wire_frame_size(out.data, head, &need), 0);
	assert_int_equal(need, out.len);
	assert_int_equal(wire_get_job(out.data, out.len, &id, &got), 0);
	assert_true(id == UINT64_MAX);
	assert_int_equal(got.kind, JOB_PAGE);
	assert_int_equal(got.flags, JOB_WANT_TEXT);
	assert_string_equal(got.url, job.url);
	assert_string_equal(got.content_type, job.content_type);
	assert_string_equal(got.content_encoding, "");
	assert_string_equal(got.content_location, job.content_location);
	assert_string_equal(got.link, job.link);
	assert_null(got.agent);
	assert_string_equal(got.witness_title, job.witness_title);
	assert_string_equal(got.witness, job.witness);
	assert_int_equal(got.body_len, 4);
	assert_memory_equal(got.body, "b\0dy", 4);
	assert_true(got.inflated_max == (size_t)1 << 31);
	/* neither is the other */
	struct reply *r;
	assert_int_equal(wire_get_reply(out.data, out.len, &id, &r), ERR_INPUT);
	unsigned layers;
	assert_int_equal(wire_is_hello(out.data, out.len, &layers), 0);
	/* every cut is noticed */
	for (size_t cut = 0; cut < out.len; cut++)
		assert_int_not_equal(wire_get_job(out.data, cut, &id, &got), 0);
	job.kind = JOB_KIND_COUNT;
	out.len = 0;
	wire_put_job_head(&out, 1, &job);
	buf_add(&out, "body", 4);
	assert_int_equal(wire_get_job(out.data, out.len, &id, &got), ERR_INPUT);
}

static void
test_hello(void **state)
{
	(void)state;
	size_t need;
	unsigned layers = 0;
	wire_put_hello(&out, SANDBOX_ALL);
	assert_int_equal(out.len, WIRE_HEADER);
	assert_int_equal(wire_frame_size(out.data, out.len, &need), 0);
	assert_int_equal(need, WIRE_HEADER);
	assert_int_equal(wire_is_hello(out.data, out.len, &layers), 1);
	assert_int_equal(layers, SANDBOX_ALL);
	for (size_t i = 0; i < out.len; i++) {
		out.data[i] ^= 8; /* a layer that is none */
		assert_int_equal(wire_is_hello(out.data, out.len, &layers), 0);
		assert_int_equal(layers, 0);
		out.data[i] ^= 8;
	}
}

static void
test_frame_size(void **state)
{
	(void)state;
	size_t need = 1;
	static const uint8_t small[] = {12, 0, 0, 0}, big[] = {0xfd, 0xff, 0xff, 0x03};
	assert_int_equal(wire_frame_size(NULL, 0, &need), 0);
	assert_int_equal(need, 0);
	assert_int_equal(wire_frame_size(small, 3, &need), 0);
	assert_int_equal(need, 0);
	assert_int_equal(wire_frame_size(small, 4, &need), ERR_LIMIT);
	assert_int_equal(wire_frame_size(big, 4, &need), ERR_LIMIT);
	wire_put_hello(&out, 0);
	out.data[4]++; /* the version */
	assert_int_equal(wire_frame_size(out.data, 4, &need), 0);
	assert_int_equal(wire_frame_size(out.data, 8, &need), ERR_VERSION);
}

/* ---- too much ---- */

static void
test_too_large(void **state)
{
	(void)state;
	struct reply *r = full_page(JOB_PAGE);
	struct buf small;
	buf_add_str(&out, "kept");
	r->article->text = arena_alloc(&r->arena, WIRE_FRAME_MAX);
	memset(r->article->text, 'x', WIRE_FRAME_MAX - 1);
	r->article->text[WIRE_FRAME_MAX - 1] = '\0';
	assert_int_equal(wire_put_reply(&out, 1, r), ERR_LIMIT);
	assert_int_equal(out.len, 4); /* nothing of it */
	r->article->text[100] = '\0';
	buf_init(&small, 200);
	assert_int_equal(wire_put_reply(&small, 1, r), ERR_LIMIT);
	assert_int_equal(small.len, 0);
	buf_clear(&small);
	reply_free(r);
	/* half of it is still more than the main process decodes */
	r = full_page(JOB_PAGE);
	r->article->text = arena_alloc(&r->arena, WIRE_REPLY_MAX);
	memset(r->article->text, 'x', WIRE_REPLY_MAX - 1);
	r->article->text[WIRE_REPLY_MAX - 1] = '\0';
	assert_int_equal(wire_put_reply(&out, 1, r), ERR_LIMIT);
	r->article->text[WIRE_REPLY_MAX / 2] = '\0';
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 1, r), 0);
	/* ... also when a worker sends it all the same */
	struct reply *back;
	uint64_t id;
	size_t more = WIRE_REPLY_MAX;
	buf_reserve(&out, more);
	memset(out.data + out.len, 0, more);
	buf_added(&out, more);
	for (int i = 0; i < 4; i++)
		out.data[i] = (uint8_t)((out.len - 4) >> 8 * i);
	assert_int_equal(wire_get_reply(out.data, out.len, &id, &back), ERR_INPUT);
	reply_free(r);
	out.len = 4;
	struct job job = {.kind = JOB_PAGE, .url = "u", .body_len = WIRE_FRAME_MAX};
	assert_int_equal(wire_put_job_head(&out, 1, &job), ERR_LIMIT);
	job.body_len = SIZE_MAX;
	assert_int_equal(wire_put_job_head(&out, 1, &job), ERR_LIMIT);
	assert_int_equal(out.len, 4);
}

/* ---- a hostile peer ---- */

static void
refused(struct reply *r)
{
	struct reply *b = NULL;
	uint64_t id;
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 1, r), 0);
	assert_int_equal(wire_get_reply(out.data, out.len, &id, &b), ERR_INPUT);
	assert_null(b);
	reply_free(r);
}

static void
test_values_out_of_range(void **state)
{
	(void)state;
	struct reply *r;
#define REFUSED(kind, change)                                                                      \
	do {                                                                                       \
		r = full(kind);                                                                    \
		change;                                                                            \
		refused(r);                                                                        \
	} while (0)
	static char bad[] = "\xff", ftp[] = "ftp://n.example/", none[] = "";
	REFUSED(JOB_PAGE, r->article->verdict = VERDICT_COUNT);
	REFUSED(JOB_PAGE, r->article->trace[0].score = 1.5);
	REFUSED(JOB_PAGE, r->article->trace[0].kept = 2);
	REFUSED(JOB_PAGE, r->article->trace[1].type = BLOCK_TYPE_COUNT);
	REFUSED(JOB_PAGE, r->article->claims[0].fate = CLAIM_FATE_COUNT);
	REFUSED(JOB_PAGE, r->article->claims[0].value = NULL);
	REFUSED(JOB_PAGE, r->article->blocks[0].type = BLOCK_TYPE_COUNT);
	REFUSED(JOB_PAGE, r->article->blocks[0].text = NULL);
	REFUSED(JOB_PAGE, r->article->text = NULL);
	REFUSED(JOB_PAGE, r->article->url = ftp);
	REFUSED(JOB_PAGE, r->article->title = bad);
	REFUSED(JOB_PAGE, r->article->authors[1] = bad);
	REFUSED(JOB_PAGE, r->article->authors[1] = NULL);
	REFUSED(JOB_PAGE, r->article->noarchive = 2);
	REFUSED(JOB_PAGE, r->article->rights = 128);
	REFUSED(JOB_PAGE, r->article->confidence = 1.5);
	REFUSED(JOB_PAGE, r->article->confidence = -2);
	REFUSED(JOB_PAGE, r->article->confidence = (double)NAN);
	REFUSED(JOB_PAGE, r->article->confidence = (double)INFINITY);
	REFUSED(JOB_PAGE, r->article->published.precision = DATE_SECOND + 1);
	REFUSED(JOB_PAGE, r->article->published.doubt = DATE_DOUBT_ALL + 1);
	REFUSED(JOB_FEED, r->feed->format = NULL);
	REFUSED(JOB_FEED, r->feed->items[0].key = 0);
	REFUSED(JOB_FEED, r->feed->items[0].fetch = NULL);
	REFUSED(JOB_FEED, r->feed->items[0].canonical = NULL);
	REFUSED(JOB_FEED, r->feed->items[0].fetch = ftp);
	REFUSED(JOB_ROBOTS, r->robots->rules[0].pattern = NULL);
	REFUSED(JOB_ROBOTS, r->robots->rules[0].allow = 2);
	REFUSED(JOB_ROBOTS, r->robots->sitemaps[0] = none);
	REFUSED(JOB_ROBOTS, r->robots->crawl_delay_s = 86401);
	REFUSED(JOB_DISCOVER, r->discovery->links[1].url = ftp);
	REFUSED(JOB_DISCOVER, r->discovery->links[1].by = FOUND_BY_COUNT);
	REFUSED(JOB_DISCOVER, r->discovery->links[1].class = FEED_CLASS_COUNT);
	REFUSED(JOB_DISCOVER, r->discovery->class = FEED_CLASS_COUNT);
	REFUSED(JOB_DISCOVER, r->discovery->full_text = 2);
	REFUSED(JOB_OPML, r->opml->feeds[0].url = NULL);
	REFUSED(JOB_OPML, r->opml->feeds[0].url = ftp);
	REFUSED(JOB_OPML, r->opml->feeds[1].refused = NULL);
	/* a fragment has no URL of its own, nor has a page that was given without one */
	r = full(JOB_FRAGMENT);
	r->article->url = NULL;
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 1, r), 0);
	reply_free(r);
	reply_free(back(1));
}

/* N links to URL, one for each byte of a text of N bytes, in blocks of 100. */
static struct reply *
linked_page(size_t n, char *url)
{
	struct reply *r = full_page(JOB_PAGE);
	struct arena *a = &r->arena;
	struct block *b = NULL;
	r->article->blocks_len = 0;
	for (size_t i = 0; i < n; i++) {
		if (i % 100 == 0) {
			b = ARENA_PUSH(a, r->article->blocks, r->article->blocks_len);
			*b = (struct block){.text = arena_printf(a, "%0100d", 0)};
		}
		*ARENA_PUSH(a, b->links, b->links_len) =
		    (struct block_link){(uint32_t)(i % 100), 1, url};
	}
	return r;
}

/* Who prints a block copies its text from link to link, and their URLs into markup. */
static void
test_links_out_of_their_text(void **state)
{
	(void)state;
	static const struct {
		uint32_t at, len;   /* of the second link, */
		uint32_t first_len; /* and the first is from 0 on */
	} spans[] = {{9, 6, 0}, {9, 6, 10}, {4, 11, 5}, {15, 1, 5}, {15, 0, 5}, {9, 7, 5},
	    {9, UINT32_MAX, 5}, {UINT32_MAX, 1, 5}, {7, 1, 5}, {6, 1, 5}, {9, 4, 5}, {8, 7, 7}};
	static char urls[][32] = {"javascript:alert(1)//", "", "https:", "/x",
	    "https://a.example/ x", "https://a.example/\n", "https://a.example/\x1b",
	    "https://a.example/\x7f", "https://a.example/é"};
	struct reply *r;
	for (size_t i = 0; i < sizeof spans / sizeof *spans; i++) {
		r = full(JOB_PAGE);
		struct block_link *l = r->article->blocks[BLOCK_QUOTE].links;
		l[0].len = spans[i].first_len;
		l[1].at = spans[i].at;
		l[1].len = spans[i].len;
		refused(r);
	}
	for (size_t i = 0; i < sizeof urls / sizeof *urls; i++) {
		r = full(JOB_PAGE);
		r->article->blocks[BLOCK_QUOTE].links[1].url = urls[i];
		refused(r);
	}
	r = full(JOB_PAGE);
	r->article->blocks[BLOCK_QUOTE].text = arena_strdup(&r->arena, "");
	refused(r);
}

static void
test_too_many_links(void **state)
{
	(void)state;
	static char url[BLOCK_LINKS_BYTES / BLOCK_LINKS_MAX + 2] = "http://n.example/";
	struct reply *r;
	refused(linked_page(BLOCK_LINKS_MAX + 1, url));
	memset(url + strlen(url), 'x', sizeof url - 1 - strlen(url));
	refused(linked_page(BLOCK_LINKS_MAX, url));
	url[sizeof url - 2] = '\0';
	r = linked_page(BLOCK_LINKS_MAX, url);
	out.len = 0;
	assert_int_equal(wire_put_reply(&out, 1, r), 0);
	reply_free(r);
	reply_free(back(1));
}

/* Cut or lengthen the frame, with a length that fits. */
static void
set_length(size_t len)
{
	out.len = len;
	for (size_t i = 0; i < 4; i++)
		out.data[i] = (uint8_t)((len - 4) >> 8 * i);
}

static void
test_every_cut_is_refused(void **state)
{
	(void)state;
	for (int kind = JOB_FEED; kind < JOB_KIND_COUNT; kind++) {
		struct reply *r = full((enum job_kind)kind), *b;
		uint64_t id;
		out.len = 0;
		wire_put_reply(&out, 1, r);
		size_t whole = out.len;
		for (size_t len = 0; len < whole; len++)
			assert_int_not_equal(wire_get_reply(out.data, len, &id, &b), 0);
		for (size_t len = WIRE_HEADER; len < whole; len++) {
			set_length(len);
			assert_int_equal(wire_get_reply(out.data, len, &id, &b), ERR_INPUT);
		}
		set_length(whole);
		buf_add_char(&out, 0);
		assert_int_equal(wire_get_reply(out.data, out.len, &id, &b), ERR_INPUT);
		set_length(out.len);
		assert_int_equal(wire_get_reply(out.data, out.len, &id, &b), ERR_INPUT);
		reply_free(r);
	}
}

/* Every byte turned every way: refused or a valid record, which can be written and read again. */
static void
test_every_byte_may_lie(void **state)
{
	(void)state;
	static const uint8_t lies[] = {0x01, 0x80, 0xff, 0x7f};
	for (int kind = JOB_FEED; kind < JOB_KIND_COUNT; kind++) {
		struct reply *r = full((enum job_kind)kind), *b;
		struct buf again;
		uint64_t id;
		out.len = 0;
		wire_put_reply(&out, 1, r);
		buf_init(&again, WIRE_FRAME_MAX);
		for (size_t i = 0; i < out.len; i++)
			for (size_t k = 0; k < sizeof lies; k++) {
				out.data[i] ^= lies[k];
				if (!wire_get_reply(out.data, out.len, &id, &b)) {
					again.len = 0;
					assert_int_equal(wire_put_reply(&again, id, b), 0);
					assert_int_equal(again.len, out.len);
					assert_memory_equal(again.data, out.data, out.len);
					reply_free(b);
				}
				out.data[i] ^= lies[k];
			}
		buf_clear(&again);
		reply_free(r);
	}
}

/* Where the count of items stands in a frame of a feed that has none but the count. */
static void
test_counts_claim_no_memory(void **state)
{
	(void)state;
	static const uint32_t claims[] = {1, 1000, FEED_ITEMS_MAX + 1, 0x10000000, UINT32_MAX};
	struct reply *r = reply_new(JOB_FEED), *b;
	uint64_t id;
	r->feed = arena_zalloc(&r->arena, sizeof *r->feed);
	r->feed->format = "rss20";
	wire_put_reply(&out, 1, r);
	size_t at = out.len - 8 - 4; /* before items_hash */
	for (size_t i = 0; i < sizeof claims / sizeof *claims; i++) {
		for (size_t k = 0; k < 4; k++)
			out.data[at + k] = (uint8_t)(claims[i] >> 8 * k);
		assert_int_equal(wire_get_reply(out.data, out.len, &id, &b), ERR_INPUT);
	}
	memset(out.data + at, 0, 4);
	reply_free(back(1));
	reply_free(r);
}

static void
test_reply_names(void **state)
{
	(void)state;
	for (int i = 0; i < VERDICT_COUNT; i++)
		assert_string_not_equal(verdict_name((enum verdict)i), "unknown");
	for (int i = 0; i < BLOCK_TYPE_COUNT; i++)
		assert_string_not_equal(block_type_name((enum block_type)i), "unknown");
	for (int i = JOB_FEED; i < JOB_KIND_COUNT; i++)
		assert_string_not_equal(job_kind_name((enum job_kind)i), "unknown");
	assert_string_equal(verdict_name(VERDICT_PAYWALL_STUB), "paywall_stub");
	assert_string_equal(verdict_name((enum verdict)99), "unknown");
	assert_string_equal(job_kind_name((enum job_kind)0), "unknown");
	reply_free(NULL);
	/* the words may come out of the record that they replace */
	struct reply *r = full(JOB_PAGE);
	assert_int_equal(reply_fail(r, ERR_LIMIT, "%s", r->article->title), ERR_LIMIT);
	assert_string_equal(r->reason, "title é 日本");
	assert_null(r->article);
	reply_free(r);
}

/* The frame of the sample NAME into OUT. */
static void
make_sample(const char *name)
{
	static const struct {
		const char *name;
		enum job_kind kind;
	} documents[] = {{"feed", JOB_FEED}, {"page", JOB_PAGE}, {"fragment", JOB_FRAGMENT},
	    {"robots", JOB_ROBOTS}, {"opml", JOB_OPML}, {"discover", JOB_DISCOVER}};
	struct reply *r = NULL;
	out.len = 0;
	if (!strcmp(name, "hello")) {
		wire_put_hello(&out, SANDBOX_RLIMITS | SANDBOX_SECCOMP);
	} else if (!strcmp(name, "job")) {
		struct job job = {.kind = JOB_PAGE,
		    .url = "https://n.example/a",
		    .content_location = "",
		    .link = "",
		    .content_type = "text/html",
		    .content_encoding = "gzip",
		    .agent = "newsd",
		    .witness_title = "Rain",
		    .witness = "<p>Rain.</p>",
		    .inflated_max = 1000000};
		assert_int_equal(wire_put_job_head(&out, 7, &job), 0);
	} else if (!strcmp(name, "failure")) {
		r = reply_new(JOB_PAGE);
		r->status = ERR_INPUT;
		r->reason = arena_strdup(&r->arena, "no page");
	} else if (!strcmp(name, "moved")) {
		r = full(JOB_DISCOVER);
		r->kind = JOB_FEED;
		r->status = ERR_INPUT;
		r->reason = arena_strdup(&r->arena, "a page");
	}
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
		if (!strcmp(name, documents[i].name))
			r = full(documents[i].kind);
	if (r)
		assert_int_equal(wire_put_reply(&out, 7, r), 0);
	reply_free(r);
}

/* A fuzzer that starts from frames of another version starts from nothing. NEWSD_WRITE_SAMPLES in
 * the environment writes them anew. */
static void
test_samples_are_of_this_version(void **state)
{
	(void)state;
	static const char *const names[] = {"hello", "job", "feed", "page", "fragment", "robots",
	    "opml", "discover", "moved", "failure"};
	const char *top = getenv("NEWSD_SOURCE");
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char path[512];
		uint8_t data[16384];
		snprintf(path, sizeof path, "%s/tests/corpus/wire/%s", top ? top : ".", names[i]);
		make_sample(names[i]);
		FILE *file = fopen(path, getenv("NEWSD_WRITE_SAMPLES") ? "w+b" : "rb");
		if (!file)
			fail_msg("%s can't be read (NEWSD_SOURCE names the source tree)", path);
		if (getenv("NEWSD_WRITE_SAMPLES")) {
			assert_int_equal(fwrite(out.data, 1, out.len, file), out.len);
			rewind(file);
		}
		size_t len = fread(data, 1, sizeof data, file);
		fclose(file);
		if (len != out.len || memcmp(data, out.data, len) != 0)
			fail_msg("%s is of another version: run tests/test_wire with "
				 "NEWSD_WRITE_SAMPLES=1",
			    path);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	static const struct CMUnitTest tests[] = {
	    TEST(test_every_kind_comes_back),
	    TEST(test_samples_are_of_this_version),
	    TEST(test_feed_fields),
	    TEST(test_forms_of_a_link_are_sent_once),
	    TEST(test_page_fields),
	    TEST(test_failure),
	    TEST(test_failure_with_links),
	    TEST(test_job),
	    TEST(test_hello),
	    TEST(test_frame_size),
	    TEST(test_too_large),
	    TEST(test_values_out_of_range),
	    TEST(test_links_out_of_their_text),
	    TEST(test_too_many_links),
	    TEST(test_every_cut_is_refused),
	    TEST(test_every_byte_may_lie),
	    TEST(test_counts_claim_no_memory),
	    TEST(test_reply_names),
	};
	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
