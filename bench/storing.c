/*
 * storing: the store alone (its polls, look-ups, articles, outcomes and index, in batches) against
 * bare prepared inserts of the same rows.
 */
#include <stdio.h>

#include "bare_store.h"
#include "clock.h"
#include "digest.h"
#include "figures.h"
#include "mem.h"
#include "rig.h"
#include "samples.h"
#include "scale.h"
#include "store.h"
#include "storing.h"

#define BATCH_ROWS      500
#define CHECKPOINT_ROWS 20000
#define FILL_FEEDS      100 /* whose documents are in memory at once */

struct documents {
	struct reply **list;
	unsigned len;
	unsigned before; /* so many feeds come before the first of these */
};

static struct reply *
make_document(const struct upstream *u, unsigned i)
{
	char host[HOST_NAME_MAX_LEN];
	struct buf b;
	buf_init(&b, SIZE_MAX / 4);
	upstream_host(u, i, host);
	sample_feed(&b, host, FEED_ITEMS);
	struct job job = {.kind = JOB_FEED,
	    .flags = JOB_WANT_TEXT,
	    .url = "http://127.1.0.1/feed",
	    .content_type = "application/rss+xml; charset=utf-8",
	    .content_encoding = "",
	    .agent = "",
	    .body = b.data,
	    .body_len = b.len,
	    .inflated_max = 32 << 20};
	struct reply *r = digest(&job);
	buf_clear(&b);
	if (r->status)
		die("a generated feed does not parse: %s", r->reason);
	return r;
}

static void
put_article(struct store *s, int64_t feed_id, const struct feed_doc *doc,
    const struct link_work *link, int64_t at)
{
	const struct item *it = &doc->items[link->item];
	static char from_feed[] = "feed";
	struct article a = {.url = it->canonical,
	    .title = it->title,
	    .authors = it->authors,
	    .authors_len = it->authors_len,
	    .published = it->published,
	    .language = doc->language,
	    .language_source = from_feed,
	    .site = doc->title,
	    .tags = it->tags,
	    .tags_len = it->tags_len,
	    .text = it->text,
	    .words = it->words,
	    .tokens = it->words,
	    .confidence = 1};
	struct link_outcome o = {.link_id = link->id, .outcome = OUTCOME_STORED, .at = at};
	struct article_key key;
	for (int i = 0; i < 16; i++)
		a.text_hash[i] = it->text_hash[i];
	/* as the writer does: is it known, by its URL or by its text? */
	if (store_find_article_by_url(s, a.url, &key) != ERR_NOT_FOUND ||
	    store_find_article_by_text(s, a.text_hash, &key) != ERR_NOT_FOUND ||
	    store_put_article(s, &a, link->id, feed_id, BODY_FEED, at, 0, &o.article_id) ||
	    store_put_outcome(s, &o))
		die("an article was not stored: %s", store_fault(s)->text);
}

static void
put_all(struct store *s, const struct documents *d)
{
	unsigned rows = 0, since_checkpoint = 0;
	int64_t at = clock_now();
	if (store_begin(s))
		die("%s", store_fault(s)->text);
	for (unsigned i = 0; i < d->len; i++) {
		struct poll p = {.feed_id = d->before + i + 1,
		    .at = at,
		    .outcome = POLL_OK,
		    .status = 200,
		    .bytes = 30000,
		    .duration_ms = 3,
		    .etag = UPSTREAM_ETAG,
		    .next_poll = at + 3600,
		    .interval_s = 3600,
		    .next_reason = "as bench says",
		    .content = CONTENT_FEED,
		    .doc = d->list[i]->feed};
		struct poll_result r;
		if (store_put_poll(s, &p, &r))
			die("%s", store_fault(s)->text);
		for (size_t k = 0; k < r.links_len; k++)
			put_article(s, p.feed_id, p.doc, &r.links[k], at);
		rows += (unsigned)r.links_len;
		arena_clear(&r.arena);
		if (rows < BATCH_ROWS && i + 1 < d->len)
			continue;
		if (store_commit(s))
			die("%s", store_fault(s)->text);
		since_checkpoint += rows;
		rows = 0;
		if (since_checkpoint >= CHECKPOINT_ROWS) {
			store_checkpoint(s, 0);
			since_checkpoint = 0;
		}
		if (i + 1 < d->len && store_begin(s))
			die("%s", store_fault(s)->text);
	}
}

static double
ours_us(const char *path, const struct documents *d)
{
	struct store_options so = {.path = path, .mode = STORE_WRITE, .synchronous = SYNC_NORMAL};
	struct store *s;
	struct fault f;
	int64_t before = cpu_self_us();
	if (store_open(&s, &so, &f))
		die("%s", f.text);
	put_all(s, d);
	store_close(s);
	return (double)(cpu_self_us() - before) / d->len / FEED_ITEMS;
}

static double
bare_us(const char *path, const struct upstream *u, const struct documents *d)
{
	char host[HOST_NAME_MAX_LEN];
	int64_t before = cpu_self_us();
	struct bare_store *s = bare_store_open(path);
	for (unsigned i = 0; i < d->len; i++) {
		upstream_host(u, i, host);
		bare_store_put(s, i + 1, host, d->list[i]->feed, clock_now());
	}
	bare_store_close(s);
	return (double)(cpu_self_us() - before) / d->len / FEED_ITEMS;
}

static void
free_documents(struct documents *d)
{
	for (unsigned i = 0; i < d->len; i++)
		reply_free(d->list[i]);
	mem_free(d->list);
}

void
storing_fill(const char *path, unsigned articles)
{
	struct upstream nobody = {.port = 8080};
	struct store_options so = {.path = path, .mode = STORE_WRITE, .synchronous = SYNC_OFF};
	struct documents d = {0};
	struct store *s;
	struct fault f;
	digest_prepare();
	if (store_open(&s, &so, &f))
		die("%s", f.text);
	for (unsigned left = articles / FEED_ITEMS; left; left -= d.len) {
		d.len = left < FILL_FEEDS ? left : FILL_FEEDS;
		d.list = mem_zalloc(d.len * sizeof *d.list);
		for (unsigned i = 0; i < d.len; i++)
			d.list[i] = make_document(&nobody, d.before + i);
		put_all(s, &d);
		store_checkpoint(s, 1);
		d.before += d.len;
		free_documents(&d);
	}
	store_close(s);
}

void
bench_store(const struct scale *s)
{
	struct upstream nobody = {.port = 8080};
	struct documents d = {.len = s->rows / FEED_ITEMS};
	struct pairs p = {.len = 0};
	struct rig_options o = {.feeds = d.len, .path = "/feed"};
	char title[96];
	digest_prepare();
	d.list = mem_zalloc(d.len * sizeof *d.list);
	for (unsigned i = 0; i < d.len; i++)
		d.list[i] = make_document(&nobody, i);
	for (unsigned i = 0; i < s->first_pairs + 2; i++) {
		char *dir = scratch_make(), *one = mem_printf("%s/ours.db", dir),
		     *other = mem_printf("%s/bare.db", dir);
		scratch_store(one, &nobody, &o);
		scratch_store(other, &nobody, &o);
		double ours = ours_us(one, &d);
		pairs_add(&p, ours, bare_us(other, &nobody, &d));
		mem_free(one);
		mem_free(other);
		scratch_remove(dir);
	}
	pairs_heading("the store, for each article of a first poll", "store", "inserts");
	snprintf(title, sizeof title, "%u articles, %d a batch, with full text", d.len * FEED_ITEMS,
	    BATCH_ROWS);
	pairs_print(&p, title, "us");
	free_documents(&d);
}
