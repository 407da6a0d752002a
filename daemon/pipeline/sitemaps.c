/*
 * sitemaps: a poll of an index of sitemaps. What it names and is worth reading is fetched one after
 * the other, through the gate; each is written as it comes, as a part of the poll, so that no more
 * than one document is in memory. The poll's own row, with the feed's validators and next poll, is
 * written last: a crash before costs no more than reading them again.
 */
#include "sitemap.h"

#include <string.h>

#include "clock.h"
#include "pipeline_priv.h"

#define WAIT_MAX_MS 3600000 /* a host that is closed for longer is not waited for */

/* Strings live in the poll's arena. */
struct sitemap_walk {
	struct write *poll; /* the index's own */
	struct host *host;  /* of the sitemap that is asked for */
	char *urls[SITEMAP_FOLLOW_MAX];
	size_t len, at, unread;
	const char *trouble; /* why the first of the unread was not */
	size_t undated;
};

static void on_part_parsed(struct reply *reply, void *feed);
static void on_part_written(struct write *w, void *feed);

/* The sitemap in turn will not be read. */
static void
note_unread(struct sitemap_walk *k, const char *why)
{
	if (!k->unread++)
		k->trouble = arena_printf(&k->poll->in, "%s: %s", k->urls[k->at], why);
}

/* Write the poll itself, which is over. */
static void
finish(struct feed *f)
{
	struct sitemap_walk *k = f->walk;
	struct write *w = k->poll;
	struct poll *poll = &w->u.poll.poll;
	if (k->unread)
		poll->recovered = arena_printf(
		    &w->in, "%zu of %zu sitemaps were not read: %s", k->unread, k->len, k->trouble);
	/* an unchanged index must prove that nothing in it has changed */
	if (k->unread || k->undated)
		poll->etag = poll->last_modified = NULL;
	f->walk = NULL;
	f->flight = NULL;
	mem_free(k);
	writer_submit(f->p->writer, w);
}

/* Wait for the gate of the sitemap in turn, if there is one. The poll does not wait for a host that
 * is closed for long. */
static void
go_on(struct feed *f)
{
	struct sitemap_walk *k = f->walk;
	for (; k->at < k->len; k->at++) {
		k->host = feeds_host_of(f->p, k->urls[k->at]);
		if (!hosts_closed_until_ms(f->p, k->host, WAIT_MAX_MS)) {
			hostgate_add(f->p->gate, k->host, &f->work, clock_mono_ms());
			return;
		}
		note_unread(k, "its host is closed for a while");
	}
	finish(f);
}

void
sitemaps_unload_host(struct pipeline *p, struct host *h)
{
	if (!hosts_closed_until_ms(p, h, WAIT_MAX_MS)) /* they would wait again */
		return;
	for (struct gate_work *w = h->queues[GATE_FEED].first, *next; w; w = next) {
		struct feed *f = FEED_OF(w);
		next = w->next;
		if (f->walk && hostgate_remove(p->gate, h, w, clock_mono_ms()))
			go_on(f);
	}
}

void
sitemaps_begin(struct feed *f, struct write *w)
{
	const char *urls[SITEMAP_FOLLOW_MAX];
	struct sitemap_walk *k = mem_zalloc(sizeof *k);
	k->poll = w;
	k->len = sitemap_choose(
	    w->reply->feed, clock_now(), f->p->config->sitemap_max_age, urls, &k->undated);
	for (size_t i = 0; i < k->len; i++)
		k->urls[i] = arena_strdup(&w->in, urls[i]);
	w->u.poll.poll.has_parts = 1;
	w->u.poll.poll.recovered = arena_strdup(&w->in, w->u.poll.poll.recovered);
	pipeline_discharge(f->p, w->reply);
	reply_free(w->reply);
	w->reply = NULL;
	f->flight = w;
	f->walk = k;
	go_on(f);
}

void
sitemaps_start(struct feed *f)
{
	struct fetch_own own;
	struct fetch_request request = {.url = f->walk->urls[f->walk->at],
	    .kind = FETCH_FEED,
	    .own = feed_own(f, &own),
	    .reuse = 1};
	f->p->feeds_fetching++;
	f->p->door.start(f->p->door.self, &request, on_sitemap_fetched, f);
}

void
on_sitemap_fetched(struct fetch_result *r, void *arg)
{
	struct feed *f = arg;
	struct sitemap_walk *k = f->walk;
	struct poll *poll = &k->poll->u.poll.poll;
	f->p->feeds_fetching--;
	pipeline_leave_host(f->p, k->host, r);
	f->p->progress++;
	poll->bytes += r->bytes;
	poll->duration_ms += r->duration_ms;
	if (r->error == FETCH_OK && r->status == 200) {
		struct job job = {.kind = JOB_FEED,
		    .flags = poll->content == CONTENT_FEED ? JOB_WANT_TEXT : 0,
		    .feed_id = f->id};
		pipeline_parse(f->p, &job, r, on_part_parsed, f);
		return;
	}
	note_unread(k, answer_describe(&k->poll->in, r));
	k->at++;
	for (; answer_close_ms(r) && k->at < k->len; k->at++) /* the host has had enough */
		note_unread(k, "");
	go_on(f);
}

static void
on_part_parsed(struct reply *reply, void *arg)
{
	struct feed *f = arg;
	struct pipeline *p = f->p;
	struct sitemap_walk *k = f->walk;
	const struct poll *whole = &k->poll->u.poll.poll;
	const char *why = reply->status                    ? reply_words(reply)
			  : !sitemap_is_pages(reply->feed) ? "no sitemap of pages"
							   : NULL;
	p->progress++;
	if (why) {
		note_unread(k, why);
		reply_free(reply);
		k->at++;
		go_on(f);
		return;
	}
	struct poll poll = {.feed_id = f->id,
	    .at = clock_now(),
	    .outcome = POLL_OK,
	    .content = whole->content,
	    .is_part = 1,
	    .skipped =
		(int64_t)sitemap_keep_news(reply->feed, clock_now(), p->config->sitemap_max_age)};
	pipeline_write_part(p, reply, &poll, on_part_written, f);
}

static void
on_part_written(struct write *w, void *arg)
{
	struct feed *f = arg;
	struct sitemap_walk *k = f->walk;
	struct poll *whole = &k->poll->u.poll.poll;
	const struct poll_result *r = &w->u.poll.result;
	pipeline_discharge(f->p, w->reply);
	f->p->progress++;
	if (w->status) {
		note_unread(k, arena_strdup(&k->poll->in, w->fault.text));
	} else {
		whole->skipped += w->u.poll.poll.skipped;
		whole->parts.items += r->items;
		whole->parts.fresh += r->fresh;
		whole->parts.sightings += r->sightings;
		whole->parts.joined += r->joined;
		for (size_t i = 0; i < r->links_len; i++)
			whole->parts.sightings += r->links[i].recheck;
		pipeline_take_links(f, &w->u.poll);
	}
	k->at++;
	go_on(f);
}
