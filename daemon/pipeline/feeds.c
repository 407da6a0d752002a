/*
 * feeds: the set of feeds in memory: loaded at start, kept in step with the files, changed by hand.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"
#include "text.h"
#include "url.h"

#define WORDS_MAX 4096 /* of a title, or of the tags, of a feed */

#define HOSTLESS "-" /* the gate of entries that have no link of their own */

struct host *
feeds_host_of(struct pipeline *p, const char *url)
{
	char name[512];
	return hostgate_host(
	    p->gate, url && !url_authority(url, name, sizeof name) ? name : HOSTLESS);
}

enum content_mode
feed_content(const struct pipeline *p, const struct feed *f)
{
	return f->content_own >= 0 ? (enum content_mode)f->content_own : p->config->content;
}

void
feed_set_strings(struct feed *f, const char *url, const char *etag, const char *last_modified)
{
	size_t url_len = strlen(url) + 1, etag_len = etag ? strlen(etag) + 1 : 0,
	       modified_len = last_modified ? strlen(last_modified) + 1 : 0;
	char *s = mem_alloc(url_len + etag_len + modified_len);
	memcpy(s, url, url_len);
	memcpy(s + url_len, etag ? etag : "", etag_len);
	memcpy(s + url_len + etag_len, last_modified ? last_modified : "", modified_len);
	char *old = f->url;
	f->url = s;
	/* a header line is far shorter than that */
	f->etag_at = etag && url_len <= UINT16_MAX ? (uint16_t)url_len : 0;
	f->modified_at =
	    last_modified && url_len + etag_len <= UINT16_MAX ? (uint16_t)(url_len + etag_len) : 0;
	mem_free(old);
}

const char *
feed_etag(const struct feed *f)
{
	return f->etag_at ? f->url + f->etag_at : NULL;
}

const char *
feed_last_modified(const struct feed *f)
{
	return f->modified_at ? f->url + f->modified_at : NULL;
}

/* The section of F, known by its own URL, also when it was moved. */
static const struct config_feed *
section_of(const struct feed *f)
{
	const struct config *c = f->p->config;
	for (size_t i = 0; i < c->feed_sections_len; i++)
		if (c->feed_sections[i].key == f->url_key)
			return &c->feed_sections[i];
	return NULL;
}

static const char *
or_null(const char *s)
{
	return s && *s ? s : NULL;
}

const struct fetch_own *
feed_own(const struct feed *f, struct fetch_own *room)
{
	const struct config_feed *section = section_of(f);
	if (!section)
		return NULL;
	*room = (struct fetch_own){.url = section->url,
	    .auth = or_null(section->auth),
	    .headers = (const char *const *)section->headers,
	    .headers_len = section->headers_len,
	    .proxy = or_null(section->proxy),
	    .user_agent = or_null(section->user_agent)};
	return room;
}

/* What the configuration says of the feed F of ROW alone. */
static void
apply_section(struct pipeline *p, struct feed *f, const struct feed_row *row)
{
	const struct config_feed *own =
	    p->config->feed_sections_len ? config_find_feed(p->config, row->url) : NULL;
	f->content_own = (int8_t)(own && own->content >= 0 ? own->content : row->content);
	f->fixed_s = own ? own->poll_interval : 0;
}

/* Poll F, which is not busy, at URL from now on, as one that was never polled. */
static void
move_feed(struct pipeline *p, struct feed *f, const char *url)
{
	if (f->state == FEED_WAITING) {
		hostgate_remove(p->gate, f->host, &f->work, clock_mono_ms());
		p->feeds_waiting--;
		f->state = FEED_IDLE;
	}
	f->host->feeds--;
	f->host = feeds_host_of(p, url);
	f->host->feeds++;
	f->failures = 0;
	f->not_before = 0;
	feed_set_strings(f, url, NULL, NULL);
	f->validators_of = f->offers_parts = 0;
	heap_set(&p->due, &f->due, clock_mono_ms());
}

void
feeds_sleep(struct pipeline *p, struct feed *f, int64_t due_s)
{
	f->state = FEED_IDLE;
	char *moves_to = p->moves.count ? map_remove(&p->moves, (uint64_t)f->id) : NULL;
	if (f->removed)
		feeds_drop(p, f);
	else if (moves_to)
		move_feed(p, f, moves_to);
	else
		heap_set(&p->due, &f->due, clock_mono_ms() + (due_s - clock_now()) * 1000);
	mem_free(moves_to);
}

void
feeds_forget_moves(struct pipeline *p)
{
	size_t at = 0;
	for (char *url; (url = map_next(&p->moves, &at));)
		mem_free(url);
	map_clear(&p->moves);
}

/* The key of URL in any spelling; 0 when it is no URL. */
static uint64_t
url_key(const char *url)
{
	struct arena a = {0};
	const char *canonical = url_canonical(&a, url);
	uint64_t key = canonical ? hash64_str(canonical) : 0;
	arena_clear(&a);
	return key;
}

static float
pace_of(const struct feed_row *row)
{
	struct cadence_memory memory;
	if (!row->memory)
		return 0;
	cadence_unpack(&memory, row->memory, row->memory_len, clock_now());
	return cadence_pace(&memory);
}

struct feed *
feeds_add(struct pipeline *p, const struct feed_row *row)
{
	struct feed *f = map_get(&p->feeds, (uint64_t)row->id);
	if (f) {
		f->removed = 0;
		return f;
	}
	f = mem_zalloc(sizeof *f);
	f->work.class = GATE_FEED;
	f->p = p;
	f->id = row->id;
	f->not_before = row->not_before;
	f->validators_of = row->validators_of;
	f->offers_parts = row->offers_parts != 0;
	f->failures = (uint32_t)row->failures;
	f->polled_at = row->failures ? 0 : row->last_poll;
	f->pace = pace_of(row);
	f->stale = row->stale_since != 0;
	f->from_file = row->origin == FEED_FROM_FILE;
	feed_set_strings(
	    f, row->moved_to ? row->moved_to : row->url, row->etag, row->last_modified);
	apply_section(p, f, row);
	f->host = feeds_host_of(p, f->url);
	f->host->feeds++;
	f->url_key = url_key(row->url);
	map_put(&p->feeds, (uint64_t)f->id, f);
	feeds_sleep(p, f, row->next_poll);
	wall_limit_feed(p, f);
	return f;
}

void
feeds_drop(struct pipeline *p, struct feed *f)
{
	f->removed = 1;
	if (f->state == FEED_BUSY)
		return; /* forgotten when what is under way has ended */
	if (f->state == FEED_WAITING) {
		hostgate_remove(p->gate, f->host, &f->work, clock_mono_ms());
		p->feeds_waiting--;
	}
	recover_feed_gone(p, f->id);
	heap_remove(&p->due, &f->due);
	map_remove(&p->feeds, (uint64_t)f->id);
	f->host->feeds--;
	mem_free(f->walk);
	mem_free(f->url);
	mem_free(f);
}

static int
load_feed(const struct feed_row *row, void *arg)
{
	struct feed_row settled = *row;
	wall_settle_feed(&settled);
	feeds_add(arg, &settled);
	return 0;
}

static int
load_host(uint64_t key, const char *name, int64_t due, void *arg)
{
	struct pipeline *p = arg;
	struct host *h = hostgate_host(p->gate, name);
	if (h->key != key)
		log_warn(
		    "the host %s stands under another key in the store; its pending links wait",
		    name);
	int64_t now = clock_now();
	admit_host_pending(p, h, due > now + LINK_DUE_MAX_S ? now : due);
	return 0;
}

int
pipeline_load(struct pipeline *p, struct store *store, struct fault *f)
{
	int status = wall_load(p, store);
	if (!status)
		status = hosts_load(p, store);
	if (!status)
		status = promises_load(p, store);
	if (!status)
		status = store_each_feed(store, 1, load_feed, p);
	if (!status)
		status = recover_load(p, store);
	if (!status)
		status = outage_load(p, store);
	if (!status)
		status = quarantine_load(p, store);
	ramp_feeds(p);
	if (!status && p->push.url)
		status = push_load(p, store);
	if (!status)
		status = store_each_pending_host(store, load_host, p);
	if (status && f)
		*f = *store_fault(store);
	return status;
}

/* ---- changes ---- */

struct change {
	struct pipeline *p;
	pipeline_synced_cb synced;
	pipeline_fed_cb done;
	void *arg;
	/* of feeds that are added: one for each that was asked for, in ARENA */
	struct arena arena;
	struct pipeline_fed *fed;
	size_t fed_len;
};

static void
log_feed(enum log_event event, int64_t id, const char *url)
{
	struct log_line l;
	log_begin(&l, event);
	log_str(&l, LF_FEED, url);
	log_int(&l, LF_FEED_ID, id);
	log_end(&l);
}

/* Take over what a WRITE_FEEDS has committed. Returns how many were added. */
static size_t
take_added(struct pipeline *p, const struct write_feeds *w)
{
	size_t added = 0;
	for (size_t i = 0; i < w->rows_len; i++) {
		struct feed_row row = w->stored[i];
		struct feed *known = map_get(&p->feeds, (uint64_t)row.id);
		if (!row.active) /* a proposal ended it */
			continue;
		if (known && !w->added[i]) {
			known->from_file = row.origin == FEED_FROM_FILE;
			known->url_key =
			    url_key(row.url); /* a file may list it where it moved to */
			apply_section(p, known, &row);
			continue;
		}
		row.next_poll = clock_now();
		feeds_add(p, &row);
		if (w->added[i]) {
			log_feed(EV_FEED_ADDED, row.id, row.url);
			added++;
		}
	}
	if (added > 1)
		ramp_feeds(p);
	return added;
}

static void
on_feeds_synced(struct write *w, void *arg)
{
	struct change *c = arg;
	struct write_feeds *r = &w->u.feeds;
	size_t added = 0;
	if (!w->status) {
		added = take_added(c->p, r);
		for (size_t i = 0; i < r->removed_len; i++) {
			struct feed *f = map_get(&c->p->feeds, (uint64_t)r->removed[i]);
			if (!f)
				continue;
			log_feed(EV_FEED_REMOVED, f->id, f->url);
			push_feed_removed(c->p, f->id);
			feeds_drop(c->p, f);
		}
	}
	c->synced(added, r->removed_len, w->status ? &w->fault : NULL, c->arg);
	mem_free(c);
}

void
pipeline_sync_feeds(
    struct pipeline *p, const struct opml_doc *feeds, pipeline_synced_cb done, void *arg)
{
	struct change *c = mem_zalloc(sizeof *c);
	*c = (struct change){.p = p, .synced = done, .arg = arg};
	struct write *w = write_new(WRITE_FEEDS, on_feeds_synced, c);
	struct write_feeds *r = &w->u.feeds;
	r->sync = 1;
	r->rows = arena_zalloc(&w->in, feeds->feeds_len * sizeof *r->rows);
	for (size_t i = 0; i < feeds->feeds_len; i++) {
		const struct opml_feed *from = &feeds->feeds[i];
		char *url = url_fetch_form(&w->in, from->url), *tags = NULL;
		if (!url)
			continue;
		for (size_t t = 0; t < from->tags_len; t++)
			tags = arena_printf(
			    &w->in, "%s%s%s", tags ? tags : "", tags ? " " : "", from->tags[t]);
		r->rows[r->rows_len++] = (struct feed_row){.url = url,
		    .title = arena_strdup(&w->in, from->title),
		    .site = arena_strdup(&w->in, from->site),
		    .tags = tags,
		    .origin = FEED_FROM_FILE,
		    .added = clock_now(),
		    .content = -1};
	}
	writer_submit(p->writer, w);
}

static void
on_feeds_added(struct write *w, void *arg)
{
	struct change *c = arg;
	const struct write_feeds *r = &w->u.feeds;
	if (!w->status)
		take_added(c->p, r);
	for (size_t i = 0, row = 0; i < c->fed_len && !w->status; i++) {
		if (c->fed[i].error)
			continue;
		c->fed[i].id = r->stored[row].id;
		c->fed[i].added = r->added[row++];
	}
	c->done(c->fed, c->fed_len, w->status ? &w->fault : NULL, c->arg);
	arena_clear(&c->arena);
	mem_free(c);
}

/* What somebody gave for a title or for tags. */
static char *
line_of(struct arena *a, const char *words)
{
	return words ? text_line(a, words, strlen(words), WORDS_MAX) : NULL;
}

void
pipeline_add_feeds(
    struct pipeline *p, const struct feed_row *rows, size_t count, pipeline_fed_cb done, void *arg)
{
	struct change *c = mem_zalloc(sizeof *c);
	*c = (struct change){.p = p, .done = done, .arg = arg};
	struct write *w = write_new(WRITE_FEEDS, on_feeds_added, c);
	struct write_feeds *r = &w->u.feeds;
	c->fed_len = count;
	c->fed = arena_zalloc(&c->arena, count * sizeof *c->fed);
	r->rows = arena_zalloc(&w->in, count * sizeof *r->rows);
	for (size_t i = 0; i < count; i++) {
		char *url = rows[i].url ? url_fetch_form(&w->in, rows[i].url) : NULL;
		c->fed[i].url = arena_strdup(&c->arena, url ? url : rows[i].url);
		if (!url) {
			c->fed[i].error = "not a feed URL: give http:// or https:// and a host";
			continue;
		}
		r->rows[r->rows_len++] = (struct feed_row){.url = url,
		    .title = line_of(&w->in, rows[i].title),
		    .tags = line_of(&w->in, rows[i].tags),
		    .origin = FEED_FROM_CONTROL,
		    .added = clock_now(),
		    .content = rows[i].content};
	}
	writer_submit(p->writer, w);
}

static void
on_feed_removed(struct write *w, void *arg)
{
	struct change *c = arg;
	struct feed *f = map_get(&c->p->feeds, (uint64_t)w->u.remove.feed_id);
	char *url = mem_strdup(f ? f->url : "");
	if (!w->status && f) {
		log_feed(EV_FEED_REMOVED, f->id, f->url);
		push_feed_removed(c->p, f->id);
		feeds_drop(c->p, f);
	}
	struct pipeline_fed fed = {.url = url, .id = w->u.remove.feed_id};
	c->done(&fed, 1, w->status ? &w->fault : NULL, c->arg);
	mem_free(url);
	mem_free(c);
}

int
pipeline_remove_feed(
    struct pipeline *p, int64_t id, pipeline_fed_cb done, void *arg, struct fault *f)
{
	struct feed *feed = map_get(&p->feeds, (uint64_t)id);
	if (!feed)
		return fault_set(
		    f, ERR_NOT_FOUND, "no feed %lld; `newsctl feeds` lists them", (long long)id);
	if (feed->from_file)
		return fault_set(f, ERR_DENIED,
		    "%s stands in a file of the option feeds: remove it there and reload",
		    feed->url);
	struct change *c = mem_zalloc(sizeof *c);
	*c = (struct change){.p = p, .done = done, .arg = arg};
	struct write *w = write_new(WRITE_REMOVE, on_feed_removed, c);
	w->u.remove.feed_id = id;
	writer_submit(p->writer, w);
	return 0;
}

/* ---- decisions ---- */

struct decision {
	struct pipeline *p;
	pipeline_decided_cb done;
	void *arg;
};

static void
move_when_idle(struct pipeline *p, const struct feed *f, const char *url)
{
	mem_free(map_remove(&p->moves, (uint64_t)f->id));
	map_put(&p->moves, (uint64_t)f->id, mem_strdup(url));
}

static void
on_decided(struct write *w, void *arg)
{
	struct decision *c = arg;
	struct pipeline *p = c->p;
	const struct proposal_decision *d = &w->u.decision.decision;
	struct feed *f = map_get(&p->feeds, (uint64_t)d->feed_id);
	if (!w->status && d->ended && f) {
		tell_ended(f, d->ended);
		push_feed_removed(p, f->id);
		feeds_drop(p, f);
	} else if (!w->status && w->u.decision.accept && f) {
		struct log_line l;
		log_begin(&l, EV_FEED_MOVED);
		log_str(&l, LF_FEED, f->url);
		log_int(&l, LF_FEED_ID, f->id);
		log_str(&l, LF_URL, d->new_url);
		log_end(&l);
		if (!d->listed_url)
			f->url_key = url_key(d->new_url);
		if (f->state == FEED_BUSY)
			move_when_idle(p, f, d->new_url);
		else
			move_feed(p, f, d->new_url);
	}
	c->done(d, w->status ? &w->fault : NULL, c->arg);
	mem_free(c);
}

void
pipeline_decide(struct pipeline *p, int64_t id, int accept, pipeline_decided_cb done, void *arg)
{
	struct decision *c = mem_zalloc(sizeof *c);
	*c = (struct decision){.p = p, .done = done, .arg = arg};
	struct write *w = write_new(WRITE_DECISION, on_decided, c);
	w->u.decision =
	    (struct write_decision){.proposal_id = id, .accept = accept, .at = clock_now()};
	writer_submit(p->writer, w);
}

int64_t
pipeline_find_feed(const struct pipeline *p, const char *word)
{
	char *end;
	long long id = strtoll(word, &end, 10);
	if (*word && !*end)
		return map_get(&p->feeds, (uint64_t)id) ? id : 0;
	struct arena a = {0};
	uint64_t key = url_key(word);
	const char *fetch = url_fetch_form(&a, word);
	size_t at = 0;
	int64_t found = 0;
	/* an operator's rare question: a map would cost 4 MB at 100,000 feeds, a look at each 5 ms
	 */
	for (const struct feed *f; !found && key && (f = map_next(&p->feeds, &at));)
		if (f->url_key == key || !strcmp(f->url, fetch)) /* where it moved to, too */
			found = f->id;
	arena_clear(&a);
	return found;
}

/* 1: F is due now; 0: it is being polled, or its server does not want to be asked yet. */
static size_t
make_due(struct pipeline *p, struct feed *f)
{
	if (f->state != FEED_IDLE || f->not_before > clock_now())
		return 0;
	heap_set(&p->due, &f->due, clock_mono_ms());
	return 1;
}

size_t
pipeline_poll_now(struct pipeline *p, int64_t id)
{
	size_t n = 0, at = 0;
	struct feed *f = id ? map_get(&p->feeds, (uint64_t)id) : NULL;
	if (id)
		return f ? make_due(p, f) : 0;
	while ((f = map_next(&p->feeds, &at)))
		n += make_due(p, f);
	if (!p->once)
		ramp_feeds(p);
	return n;
}
