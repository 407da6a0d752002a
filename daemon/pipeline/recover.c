/*
 * recover: entries that went by unseen are looked for. A gap (window.h) opens; then, until what is
 * fetched reaches back to what had been seen, or a bound is met: the archives that the feed links
 * (RFC 5005), older pages as WordPress has them, the site's news sitemap. One request after the
 * other, through the gates of their hosts, each written as it comes. The gap's row is ended last:
 * after a crash the gap is open still, and the feed's next whole document begins its recovery anew.
 */
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"
#include "robots.h"
#include "sitemap.h"
#include "url.h"

#define REQUESTS_MAX   12         /* for one gap: a window each, of what an outage of a day loses */
#define BYTES_MAX      (8u << 20) /* for one gap, as received */
#define RECOVERIES_MAX 256        /* under way at once; other gaps wait, each at its feed */
#define TRIES_MAX      3          /* a recovery that a host's trouble ends begins anew so often */
#define SITEMAPS_MAX   3          /* of a site's that are read */
#define SITE_FACTOR    3 /* a sitemap with so many times what was lost is of more than this feed */
#define SITE_SLACK     10

enum road { ROAD_ARCHIVE, ROAD_PAGED, ROAD_SITEMAP, ROAD_END };

struct recovery {
	struct gate_work work;
	struct pipeline *p;
	struct host *host; /* of what is asked for */
	int64_t feed_id;
	struct poll_gap gap;
	struct poll_gap later; /* gaps that opened while this one is under way */
	int64_t begun;         /* the gaps that are looked for were noticed until then */
	int under_way;
	int dropped; /* the feed is gone: forget it when what is under way has ended */
	int waits;   /* at the gate */
	int tries;
	/* while it is under way: */
	enum road road;
	char *url, *next; /* asked for; the archive that a document names after it */
	char *feed_url;
	int wordpress, page;
	struct reply *robots; /* NULL: not asked yet, or it allows everything */
	int robots_known;
	const char *sitemaps[SITEMAPS_MAX]; /* in the arena */
	size_t sitemaps_len, sitemap_at;
	size_t requests, bytes;
	struct map seen; /* keys of the documents so far, and addresses that were asked for */
	int closed, trouble;
	const char *last; /* how the last road ended, in the arena */
	struct arena arena;
};

static void on_archive_parsed(struct reply *reply, void *recovery);
static void on_archive_written(struct write *w, void *recovery);
static void on_gap_ended(struct write *w, void *recovery);
static void go_on(struct recovery *k);

#define RECOVERY_OF(w) ((struct recovery *)(void *)((char *)(w)-offsetof(struct recovery, work)))

static struct feed *
feed_of(const struct recovery *k)
{
	return map_get(&k->p->feeds, (uint64_t)k->feed_id);
}

static void
reset(struct recovery *k)
{
	reply_free(k->robots);
	mem_free(k->url);
	mem_free(k->next);
	mem_free(k->feed_url);
	map_clear(&k->seen);
	arena_clear(&k->arena);
	k->robots = NULL;
	k->url = k->next = k->feed_url = NULL;
	k->p->recoveries_open -= (size_t)k->under_way;
	k->under_way = 0;
}

static void
forget(struct recovery *k)
{
	map_remove(&k->p->recoveries, (uint64_t)k->feed_id);
	reset(k);
	mem_free(k);
}

static void
tell_gap(const struct recovery *k, const struct poll_gap *gap, enum gap_state state, int64_t found,
    const char *reason)
{
	const struct feed *f = feed_of(k);
	struct log_line l;
	log_begin(&l, EV_GAP);
	log_str(&l, LF_FEED, f ? f->url : NULL);
	log_int(&l, LF_FEED_ID, k->feed_id);
	log_str(&l, LF_STATE, gap_state_name(state));
	log_int(&l, LF_LOST, (int64_t)(gap->lost + 0.5));
	if (state != GAP_OPEN)
		log_int(&l, LF_FOUND, found);
	log_str(&l, LF_REASON, reason);
	log_end(&l);
}

/* ---- the end ---- */

/* The feed's next poll shall bring its whole document, which begins the recovery. */
static void
wait_for_document(struct recovery *k)
{
	struct feed *f = feed_of(k);
	reset(k);
	if (f && f->state != FEED_BUSY)
		feed_set_strings(f, f->url, NULL, NULL);
}

static void
end(struct recovery *k)
{
	if (k->trouble && !k->closed && ++k->tries < TRIES_MAX) {
		wait_for_document(k);
		return;
	}
	struct write *w = write_new(WRITE_GAP_END, on_gap_ended, k);
	w->u.gap_end = (struct gap_end){.feed_id = k->feed_id,
	    .at = clock_now(),
	    .noticed_until = k->begun,
	    .closed = k->closed,
	    .reason = arena_printf(&w->in, "%s; %zu requests", k->last, k->requests)};
	writer_submit(k->p->writer, w);
}

static void
on_gap_ended(struct write *w, void *arg)
{
	struct recovery *k = arg;
	const struct gap_end *e = &w->u.gap_end;
	if (w->status) {
		if (!k->p->stopping)
			log_error("the store refuses the end of a gap: %s", w->fault.text);
	} else {
		tell_gap(k, &k->gap, e->state, e->found, e->reason);
	}
	if (k->later.ends && !k->dropped && !w->status) {
		k->gap = k->later;
		k->later = (struct poll_gap){0};
		k->tries = 0;
		wait_for_document(k);
	} else {
		forget(k);
	}
}

/* ---- the roads ---- */

/* Was URL not asked for before? */
static int
is_new_url(struct recovery *k, const char *url)
{
	uint64_t key = hash64_str(url);
	if (map_get(&k->seen, key))
		return 0;
	map_put(&k->seen, key, k);
	return 1;
}

/* This road leads no further, because of WHY; the next one is tried. The last one can be left only
 * once. */
static void
leave_road(struct recovery *k, const char *why)
{
	static const char *const names[] = {
	    [ROAD_ARCHIVE] = "archive", [ROAD_PAGED] = "older pages", [ROAD_SITEMAP] = "sitemap"};
	if (k->road == ROAD_END)
		return;
	k->last = arena_printf(&k->arena, "%s%s%s: %s", k->last ? k->last : "", k->last ? "; " : "",
	    names[k->road], why);
	k->road++;
}

static char *
paged_url(const struct recovery *k)
{
	size_t len = strcspn(k->feed_url, "#");
	return mem_printf("%.*s%cpaged=%d", (int)len, k->feed_url,
	    memchr(k->feed_url, '?', len) ? '&' : '?', k->page);
}

static char *
robots_url(const struct recovery *k)
{
	char name[512];
	if (url_authority(k->feed_url, name, sizeof name))
		return NULL;
	return mem_printf(
	    "%s://%s/robots.txt", url_is_web(k->feed_url) == 1 ? "https" : "http", name);
}

/* What is to be asked for next on this road, or NULL and the road is left. What the feed does not
 * link itself is asked for only after robots.txt. */
static char *
next_url(struct recovery *k)
{
	char *url = NULL;
	if (k->road == ROAD_ARCHIVE) {
		url = k->next;
		k->next = NULL;
		if (!url)
			leave_road(k, k->requests ? "no older one is linked" : "none is linked");
	} else if (k->road == ROAD_PAGED && !k->wordpress) {
		leave_road(k, "the feed is not known to have any");
	} else if (!k->robots_known) {
		url = robots_url(k);
	} else if (k->road == ROAD_PAGED) {
		k->page++;
		url = paged_url(k);
	} else if (k->sitemap_at < k->sitemaps_len) {
		url = mem_strdup(k->sitemaps[k->sitemap_at++]);
	} else {
		leave_road(k, k->sitemaps_len ? "it does not reach back"
					      : "robots.txt names no news sitemap");
	}
	if (!url)
		return NULL;
	int allowed =
	    k->road == ROAD_ARCHIVE || !k->robots || robots_allows(k->robots->robots, url);
	if (allowed && is_new_url(k, url))
		return url;
	leave_road(k, allowed ? "it leads in a circle" : "robots.txt forbids it");
	mem_free(url);
	return NULL;
}

static void
go_on(struct recovery *k)
{
	if (k->dropped) {
		forget(k);
		return;
	}
	mem_free(k->url);
	k->url = NULL;
	if (!k->closed && !k->trouble && (k->requests >= REQUESTS_MAX || k->bytes >= BYTES_MAX)) {
		leave_road(k, "more would be too much");
		k->road = ROAD_END;
	}
	while (!k->closed && !k->trouble && !k->url && k->road < ROAD_END)
		k->url = next_url(k);
	if (!k->url) {
		end(k);
		return;
	}
	k->host = feeds_host_of(k->p, k->url);
	k->waits = 1;
	hostgate_add(k->p->gate, k->host, &k->work, clock_mono_ms());
}

/* ---- a gap opens ---- */

static struct recovery *
recovery_of(struct pipeline *p, int64_t feed_id)
{
	struct recovery *k = map_get(&p->recoveries, (uint64_t)feed_id);
	if (k)
		return k;
	k = mem_zalloc(sizeof *k);
	k->work.class = GATE_ARCHIVE;
	k->p = p;
	k->feed_id = feed_id;
	map_put(&p->recoveries, (uint64_t)feed_id, k);
	return k;
}

static void
add_gap(struct poll_gap *to, const struct poll_gap *gap)
{
	if (!to->ends || gap->begins < to->begins)
		to->begins = gap->begins;
	if (gap->ends > to->ends)
		to->ends = gap->ends;
	to->lost += gap->lost;
}

static int
is_wordpress(const struct feed_doc *doc)
{
	return doc->generator && strcasestr(doc->generator, "wordpress");
}

static void
begin(struct recovery *k, const struct feed *f, const struct feed_doc *doc,
    const struct poll_result *r)
{
	k->under_way = 1;
	k->p->recoveries_open++;
	k->begun = clock_now();
	k->road = ROAD_ARCHIVE;
	k->page = 1;
	k->robots_known = k->closed = k->trouble = 0;
	k->requests = k->bytes = k->sitemaps_len = k->sitemap_at = 0;
	k->last = NULL;
	k->feed_url = mem_strdup(f->url);
	k->next = mem_strdup(doc->prev_archive ? doc->prev_archive : doc->next);
	k->wordpress = is_wordpress(doc);
	is_new_url(k, f->url);
	for (size_t i = 0; i < r->entries_len; i++)
		map_put(&k->seen, r->entries[i].key, k);
	go_on(k);
}

int
recover_take(struct feed *f, const struct write *w)
{
	struct pipeline *p = f->p;
	const struct write_poll *poll = &w->u.poll;
	const struct feed_doc *doc = w->reply ? w->reply->feed : NULL;
	struct recovery *k = map_get(&p->recoveries, (uint64_t)f->id);
	if (poll->gap.ends) {
		k = recovery_of(p, f->id);
		add_gap(k->under_way ? &k->later : &k->gap, &poll->gap);
		tell_gap(k, &poll->gap, GAP_OPEN, 0, NULL);
	}
	int has_room = p->recoveries_open < RECOVERIES_MAX;
	if (k && !k->under_way && has_room && doc && !w->u.poll.poll.has_parts)
		begin(k, f, doc, &poll->result);
	return k && !k->under_way;
}

static int
load_gap(int64_t feed_id, const struct poll_gap *gap, void *arg)
{
	struct pipeline *p = arg;
	if (!map_get(&p->feeds, (uint64_t)feed_id))
		return 0;
	struct recovery *k = recovery_of(p, feed_id);
	add_gap(&k->gap, gap);
	wait_for_document(k);
	return 0;
}

int
recover_load(struct pipeline *p, struct store *store)
{
	return store_each_open_gap(store, load_gap, p);
}

void
recover_feed_gone(struct pipeline *p, int64_t feed_id)
{
	struct recovery *k = map_get(&p->recoveries, (uint64_t)feed_id);
	if (!k)
		return;
	k->dropped = 1;
	if (k->waits)
		hostgate_remove(p->gate, k->host, &k->work, clock_mono_ms());
	if (k->waits || !k->under_way)
		forget(k);
}

void
recover_free(struct pipeline *p)
{
	size_t at = 0;
	for (struct recovery *k; (k = map_next(&p->recoveries, &at));) {
		reset(k);
		mem_free(k);
	}
	map_clear(&p->recoveries);
}

/* ---- one document ---- */

void
recover_start(struct pipeline *p, struct gate_work *work)
{
	struct recovery *k = RECOVERY_OF(work);
	int robots = k->road != ROAD_ARCHIVE && !k->robots_known;
	const struct feed *f = feed_of(k);
	struct fetch_own own;
	struct fetch_request request = {.url = k->url,
	    .kind = robots ? FETCH_ROBOTS : FETCH_FEED,
	    .own = f && !robots ? feed_own(f, &own) : NULL,
	    .reuse = 1};
	k->waits = 0;
	k->requests++;
	p->door.start(p->door.self, &request, on_archive_fetched, k);
}

void
on_archive_fetched(struct fetch_result *r, void *arg)
{
	struct recovery *k = arg;
	struct pipeline *p = k->p;
	const struct feed *f = feed_of(k);
	int robots = k->road != ROAD_ARCHIVE && !k->robots_known;
	pipeline_leave_host(p, k->host, r);
	p->progress++;
	k->bytes += (size_t)r->bytes;
	if (!f || k->dropped) {
		forget(k);
		return;
	}
	if (r->error == FETCH_OK && r->status == 200) {
		int text = !robots && feed_content(p, f) == CONTENT_FEED;
		struct job job = {.kind = robots ? JOB_ROBOTS : JOB_FEED,
		    .flags = text ? JOB_WANT_TEXT : 0,
		    .feed_id = robots ? 0 : f->id};
		pipeline_parse(p, &job, r, on_archive_parsed, k);
		return;
	}
	const char *words = answer_describe(&k->arena, r);
	if (r->error == FETCH_OK && r->status >= 400 && r->status < 500 && r->status != 429) {
		if (robots)
			k->robots_known = 1; /* RFC 9309 2.3.1.3: everything is allowed */
		else
			leave_road(k, words);
	} else if (!robots && r->error != FETCH_OK && !fetch_error_is_transient(r->error)) {
		leave_road(k, words); /* forbidden, too large, a loop: so it will be tomorrow */
	} else {                      /* that may pass */
		leave_road(k, words);
		k->trouble = 1;
	}
	go_on(k);
}

static void
take_robots(struct recovery *k, struct reply *reply)
{
	k->robots_known = 1;
	if (reply->status) { /* what can't be read allows nothing */
		leave_road(k, "robots.txt can't be read");
		k->road = ROAD_END;
		reply_free(reply);
		return;
	}
	const struct robots_doc *doc = reply->robots;
	for (size_t i = 0; i < doc->sitemaps_len && k->sitemaps_len < SITEMAPS_MAX; i++)
		if (strcasestr(doc->sitemaps[i], "news") && url_is_web(doc->sitemaps[i]) >= 0)
			k->sitemaps[k->sitemaps_len++] = arena_strdup(&k->arena, doc->sitemaps[i]);
	k->robots = reply;
}

static int64_t
time_of(const struct item *item)
{
	return item->published.precision >= DATE_MINUTE ? item->published.utc : 0;
}

/*
 * Leave in DOC what was published in the gap, or says no time. Returns whether it reaches back to
 * before the gap; a single older entry of a feed may be a pinned one.
 */
static int
keep_missed(struct feed_doc *doc, const struct poll_gap *gap, int is_sitemap)
{
	size_t kept = 0, older = 0;
	for (size_t i = 0; i < doc->items_len; i++) {
		int64_t t = time_of(&doc->items[i]);
		older += t && t <= gap->begins;
		if ((t > gap->begins && t < gap->ends) || (!t && !is_sitemap))
			doc->items[kept++] = doc->items[i];
	}
	int alone = doc->items_len == 1;
	doc->items_len = kept;
	return older > 1 || (older && (is_sitemap || alone));
}

static void
write_page(struct recovery *k, struct reply *reply)
{
	struct pipeline *p = k->p;
	struct poll poll = {.feed_id = k->feed_id,
	    .at = clock_now(),
	    .outcome = POLL_RECOVERY,
	    .status = 200,
	    .content = feed_content(p, feed_of(k)),
	    .is_archive = 1};
	pipeline_write_part(p, reply, &poll, on_archive_written, k);
}

static void
on_archive_parsed(struct reply *reply, void *arg)
{
	struct recovery *k = arg;
	k->p->progress++;
	if (k->dropped || !feed_of(k)) {
		reply_free(reply);
		forget(k);
		return;
	}
	if (k->road != ROAD_ARCHIVE && !k->robots_known) {
		take_robots(k, reply);
		go_on(k);
		return;
	}
	struct feed_doc *doc = reply->status ? NULL : reply->feed;
	int is_sitemap = doc && sitemap_is_pages(doc);
	if (!doc || is_sitemap != (k->road == ROAD_SITEMAP) || sitemap_is_index(doc)) {
		leave_road(k, doc ? "another kind of document came"
				  : arena_printf(&k->arena, "%s", reply_words(reply)));
		reply_free(reply);
		go_on(k);
		return;
	}
	size_t before = doc->items_len;
	int closed = keep_missed(doc, &k->gap, is_sitemap);
	if (is_sitemap && (double)doc->items_len > SITE_FACTOR * k->gap.lost + SITE_SLACK) {
		doc->items_len = 0; /* they may be another feed's of the site */
		closed = 0;
		leave_road(k, "it lists far more than this feed lost");
	}
	if (before && !doc->items_len && !closed && k->road == ROAD_PAGED)
		leave_road(k, "a page brought nothing of that time");
	k->closed = closed;
	write_page(k, reply);
}

/* What the page, as it was written, tells: whether it reached what was known, where it goes on. */
static void
judge_page(struct recovery *k, const struct poll_result *r, const struct feed_doc *doc)
{
	size_t new_keys = 0;
	for (size_t i = 0; i < r->entries_len; i++) {
		const struct window_entry *e = &r->entries[i];
		if (map_get(&k->seen, e->key))
			continue;
		if (!e->published && !e->fresh && !k->tries) /* a try before may have brought it */
			k->closed = 1;
		map_put(&k->seen, e->key, k);
		new_keys++;
	}
	const char *older = doc->prev_archive ? doc->prev_archive : doc->next;
	if (k->road == ROAD_ARCHIVE)
		k->next = mem_strdup(older);
	else if (k->road == ROAD_PAGED && !new_keys)
		leave_road(k, "they repeat themselves");
}

static void
on_archive_written(struct write *w, void *arg)
{
	struct recovery *k = arg;
	struct feed *f = feed_of(k);
	pipeline_discharge(k->p, w->reply);
	k->p->progress++;
	if (k->dropped || !f) {
		forget(k);
		return;
	}
	if (w->status) {
		k->trouble = 1;
		leave_road(k, arena_strdup(&k->arena, w->fault.text));
	} else {
		judge_page(k, &w->u.poll.result, w->reply->feed);
		pipeline_take_links(f, &w->u.poll);
	}
	if (k->closed)
		leave_road(k, "it reaches back to what had been seen");
	go_on(k);
}
