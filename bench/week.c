/*
 * week: one week of feeds through everything but the network: pipeline, parsers, writer and a real
 * store, under a fake clock. The made-up world of newsworld.c answers; every entry's truth is
 * known, so that the ledger as the store holds it can be held against what was lost. Pages are not
 * fetched: the feed's own text is the article.
 */
#include <math.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <event2/event.h>

#include "clock.h"
#include "digest.h"
#include "figures.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "newsworld.h"
#include "pipeline.h"
#include "rig.h"
#include "scale.h"

#define DAY     86400
#define HOST_MS 1000
#define BINS    (60 * 24 * 2)

/* One feed as the world knows it. */
struct seen {
	struct world_feed *truth;
	char url[160];
	int64_t first_poll;
	uint64_t count; /* entries published until the last whole document */
	uint64_t lost;  /* in truth */
};

struct asked {
	struct seen *feed; /* NULL: there is no such thing */
	char *url;
	int conditional;
	fetch_done_cb done;
	void *arg;
};

struct loss {
	size_t feed;
	int64_t at;
	uint64_t lost;
};

struct week {
	struct world world;
	struct seen *feeds;
	struct map by_url; /* hash of the URL -> number + 1 */
	int64_t *last_start_ms;
	struct asked queue[TRANSFERS * 2];
	size_t queue_len;
	struct loss *losses;
	size_t losses_len, losses_cap;
	struct budget budget;
	uint64_t requests, unchanged, close_starts, found, lost, others, delay[BINS];
};

/* ---- the network ---- */

static void
door_start(void *self, const struct fetch_request *request, fetch_done_cb done, void *arg)
{
	struct week *w = self;
	uintptr_t n = (uintptr_t)map_get(&w->by_url, hash64_str(request->url));
	struct asked *q = &w->queue[w->queue_len++];
	*q = (struct asked){.feed = n ? &w->feeds[n - 1] : NULL,
	    .url = mem_strdup(request->url),
	    .conditional = request->etag || request->last_modified,
	    .done = done,
	    .arg = arg};
	if (!n) {
		w->others++;
		return;
	}
	int64_t now_ms = clock_mono_ms(), *last = &w->last_start_ms[q->feed->truth->host];
	w->close_starts += *last && now_ms - *last < HOST_MS;
	*last = now_ms;
	w->requests++;
}

static size_t
door_active(const void *self)
{
	return ((const struct week *)self)->queue_len;
}

static void
write_document(struct buf *b, const struct seen *s, size_t len)
{
	const struct world_feed *f = s->truth;
	char at[32];
	buf_printf(b,
	    "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\">"
	    "<title>%s</title><id>%s</id>",
	    s->url, s->url);
	for (size_t i = 0; i < len; i++) {
		uint64_t n = f->count - 1 - i;
		buf_printf(b,
		    "<entry><id>%s#%llu</id><title>Report %llu</title>"
		    "<link href=\"%s/%llu\"/>",
		    s->url, (unsigned long long)n, (unsigned long long)n, s->url,
		    (unsigned long long)n);
		if (f->dated)
			buf_printf(b, "<published>%s</published>",
			    clock_iso(f->times[n % WINDOW_MAX], at));
		buf_printf(b,
		    "<summary>In the matter of %llu the council of %llu has decided what "
		    "nobody had expected of it, and the matter rests there.</summary></entry>",
		    (unsigned long long)(n * 7919 + f->host), (unsigned long long)hash64(&n, 8));
	}
	/* a broken end is repaired, and its validators are not kept */
	buf_add_str(b, f->malformed ? "</fed>" : "</feed>");
}

static void
note_loss(struct week *w, const struct seen *s, uint64_t lost, int64_t now)
{
	w->lost += lost;
	if (!lost)
		return;
	MEM_GROW(w->losses, w->losses_len, w->losses_cap);
	w->losses[w->losses_len++] = (struct loss){(size_t)(s - w->feeds), now, lost};
}

static void
send_document(struct week *w, struct seen *s, struct fetch_result *r)
{
	struct world_feed *f = s->truth;
	int64_t now = clock_now();
	size_t len = f->count < f->window ? (size_t)f->count : f->window;
	if (s->first_poll) {
		note_loss(w, s, f->count - s->count > len ? f->count - s->count - len : 0, now);
		for (size_t i = 0; i < len && f->count - 1 - i >= s->count; i++) {
			int64_t minutes = (now - f->times[(f->count - 1 - i) % WINDOW_MAX]) / 60;
			w->found++;
			w->delay[minutes < BINS ? minutes : BINS - 1] +=
			    f->habit == HABIT_PRODUCTIVE;
		}
	} else {
		s->first_poll = now;
	}
	s->count = f->count;
	r->status = 200;
	r->etag = f->validators ? "\"v\"" : NULL;
	r->content_type = "application/atom+xml";
	write_document(&r->body, s, len);
	r->bytes = (int64_t)r->body.len;
}

static int
says_unchanged(const struct seen *s, int64_t now)
{
	const struct world_feed *f = s->truth;
	uint64_t unseen = f->count - s->count;
	if (!unseen)
		return 1;
	uint64_t in_window = unseen < f->window ? unseen : f->window;
	return f->liar && now - f->times[(f->count - in_window) % WINDOW_MAX] < 6 * 3600;
}

static void
answer(struct week *w)
{
	struct asked q = w->queue[--w->queue_len];
	struct seen *s = q.feed;
	struct fetch_result r = {.error_text = "",
	    .final_url = q.url,
	    .content_type = "",
	    .content_encoding = "",
	    .retry_after_s = -1,
	    .max_age_s = -1,
	    .conditional = q.conditional,
	    .duration_ms = 100};
	int64_t now = clock_now();
	buf_init_budget(&r.body, 1 << 22, &w->budget);
	if (s)
		world_advance(s->truth, now);
	if (!s || s->truth->habit == HABIT_DEAD) {
		r.status = 404;
	} else if (world_throttles(&w->world.hosts[s->truth->host], now)) {
		r.status = 429;
		r.retry_after_s = 1800;
	} else if (q.conditional && s->truth->validators && s->first_poll &&
		   says_unchanged(s, now)) {
		r.status = 304;
		w->unchanged++;
	} else {
		send_document(w, s, &r);
	}
	q.done(&r, q.arg);
	buf_clear(&r.body);
	mem_free(q.url);
}

/* ---- the ledger ---- */

static void
print_ledger(const struct week *w, const char *path)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	uint64_t gaps = 0, wrong = 0, named = 0, within = 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(db, "SELECT feed, at, lost FROM gaps", -1, &st, NULL))
		die("%s: %s", path, sqlite3_errmsg(db));
	while (sqlite3_step(st) == SQLITE_ROW) {
		uintptr_t n = (uintptr_t)map_get(
		    &w->by_url, hash64_str((const char *)sqlite3_column_text(st, 0)));
		int64_t at = sqlite3_column_int64(st, 1);
		double said = sqlite3_column_double(st, 2);
		uint64_t lost = 0;
		for (size_t i = 0; i < w->losses_len; i++)
			if (w->losses[i].feed == n - 1 && w->losses[i].at == at)
				lost = w->losses[i].lost;
		gaps++;
		wrong += !lost;
		named += lost;
		if (lost && said >= (double)lost / 2 && said <= (double)lost * 2)
			within += lost;
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	printf(
	    "  lost in truth %llu of %llu (%.3f %%); gaps %llu, of them false %llu; they name %.1f %% "
	    "of what was lost, within a factor of 2 %.1f %%\n",
	    (unsigned long long)w->lost, (unsigned long long)(w->lost + w->found),
	    100.0 * (double)w->lost / (double)(w->lost + w->found + 1), (unsigned long long)gaps,
	    (unsigned long long)wrong, w->lost ? 100.0 * (double)named / (double)w->lost : 0,
	    w->lost ? 100.0 * (double)within / (double)w->lost : 0);
}

static int64_t
number(const char *path, const char *sql)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	int64_t n = 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(db, sql, -1, &st, NULL))
		die("%s: %s", sql, sqlite3_errmsg(db));
	if (sqlite3_step(st) == SQLITE_ROW)
		n = sqlite3_column_int64(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static int
delay_at(const struct week *w, double share)
{
	uint64_t total = 0, sum = 0;
	for (int i = 0; i < BINS; i++)
		total += w->delay[i];
	for (int i = 0; i < BINS; i++)
		if ((double)(sum += w->delay[i]) >= share * (double)total)
			return i;
	return BINS;
}

static void
print_week(const struct week *w, const char *path, int64_t cpu_us)
{
	struct stat st;
	if (stat(path, &st))
		st.st_size = 0;
	printf(
	    "  %llu requests for feeds, %.1f %% answered 304, %llu others; %llu too near to the last at "
	    "their host; delay of productive feeds %d min (median), %d min (99th percentile)\n",
	    (unsigned long long)w->requests, 100.0 * (double)w->unchanged / (double)w->requests,
	    (unsigned long long)w->others, (unsigned long long)w->close_starts, delay_at(w, 0.5),
	    delay_at(w, 0.99));
	print_ledger(w, path);
	int64_t links = number(path, "SELECT count(*) FROM links"),
		sum = number(path, "SELECT sum(links) FROM ledger");
	printf(
	    "  store: %lld links, outcomes add up to %lld; %lld articles, %lld polls, %lld outages, "
	    "%lld alarms; %.0f MB; CPU %.0f s\n",
	    (long long)links, (long long)sum,
	    (long long)number(path, "SELECT count(*) FROM articles"),
	    (long long)number(path, "SELECT count(*) FROM polls"),
	    (long long)number(path, "SELECT count(*) FROM outages"),
	    (long long)number(path, "SELECT count(*) FROM alarms"), (double)st.st_size / 1e6,
	    (double)cpu_us / 1e6);
}

/* ---- the run ---- */

static void
on_added(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	(void)fed, (void)count, (void)arg;
	if (f)
		die("%s", f->text);
}

static void
add_feeds(struct week *w, struct pipeline *p, struct writer *writer)
{
	size_t n = w->world.feeds_len;
	struct feed_row *rows = mem_zalloc(n * sizeof *rows);
	for (size_t i = 0; i < n; i++) {
		struct seen *s = &w->feeds[i];
		s->truth = &w->world.feeds[i];
		snprintf(s->url, sizeof s->url, "http://h%u.example/feed%zu", s->truth->host, i);
		map_put(&w->by_url, hash64_str(s->url), (void *)(uintptr_t)(i + 1));
		rows[i] = (struct feed_row){.url = s->url, .content = -1};
	}
	pipeline_add_feeds(p, rows, n, on_added, NULL);
	writer_run(writer);
	mem_free(rows);
}

static void
run(struct week *w, struct pipeline *p, struct pool *pool, struct writer *writer, int64_t end_ms)
{
	for (;;) {
		int64_t next = pipeline_tick(p), now = clock_mono_ms();
		if (w->queue_len)
			answer(w);
		else if (pool_run(pool) || writer_run(writer) || next <= now)
			continue;
		else if (next > end_ms)
			break;
		else
			clock_fake_advance(next - now);
	}
}

void
bench_week(const struct scale *s)
{
	const char *corpus = getenv("BENCH_CORPUS");
	char list[4096], *dir = scratch_make(), *path = mem_printf("%s/news.db", dir);
	char *text = mem_printf("store = %s\nworkers = 0\ncontent = feed\nhost_delay = 1s\n", path);
	struct week *w = mem_zalloc(sizeof *w);
	struct event_base *base = event_base_new();
	struct config *config;
	struct store *store;
	struct pool *pool;
	struct writer *writer;
	struct fault f;
	struct fetch_door door = {
	    .start = door_start, .active = door_active, .budget = &w->budget, .self = w};
	struct pool_options po = {
	    .workers = 0, .deadline_ms = 5000, .documents_max = 1000, .queue_max = 1000};
	struct store_options so = {.path = path, .mode = STORE_WRITE, .synchronous = SYNC_OFF};
	struct writer_options wo = {.commit_interval_ms = 250,
	    .commit_rows = 500,
	    .queue_max = 2000,
	    .keep_polls_s = 30 * DAY};
	snprintf(list, sizeof list, "%s/feedlists/news.txt", corpus ? corpus : "../shared/corpus");
	printf("a week through the store: %u feeds, %u days\n", s->week_feeds, s->week_days);
	digest_prepare();
	clock_fake_start(WORLD_START * 1000);
	world_make(&w->world, list, s->week_feeds, 7);
	w->feeds = mem_zalloc(w->world.feeds_len * sizeof *w->feeds);
	w->last_start_ms = mem_zalloc(w->world.hosts_len * sizeof *w->last_start_ms);
	if (config_parse(&config, "bench", text, strlen(text), &f) ||
	    log_open("/dev/null", LOG_FORMAT_TEXT, LOG_LEVEL_ERROR, &f) ||
	    store_open(&store, &so, &f) || pool_new(&pool, base, &po, &f))
		die("%s", f.text);
	w->budget.max = (size_t)config->bytes_in_flight;
	struct pipeline *p = pipeline_new(config, &door, pool);
	if (pipeline_load(p, store, &f) || writer_new(&writer, NULL, store, &wo, &f))
		die("%s", f.text);
	pipeline_start(p, writer);
	int64_t cpu_us = cpu_self_us(),
		end_ms = clock_mono_ms() + s->week_days * DAY * INT64_C(1000);
	add_feeds(w, p, writer);
	run(w, p, pool, writer, end_ms);
	writer_free(writer);
	print_week(w, path, cpu_self_us() - cpu_us);
	pool_free(pool);
	pipeline_free(p);
	config_free(config);
	event_base_free(base);
	clock_fake_stop();
	log_close();
	world_clear(&w->world);
	map_clear(&w->by_url);
	mem_free(w->feeds);
	mem_free(w->last_start_ms);
	mem_free(w->losses);
	mem_free(w);
	mem_free(text);
	mem_free(path);
	scratch_remove(dir);
}
