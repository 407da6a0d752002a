/* world: see tests/world.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <sqlite3.h>
#include <unistd.h>

#include <cmocka.h>
#include <event2/event.h>

#include "cadence.h"
#include "clock.h"
#include "digest.h"
#include "hash.h"
#include "log.h"
#include "mem.h"
#include "url.h"
#include "world.h"

struct fake_request {
	struct route *route;
	char *url;
	int conditional, unmodified;
	fetch_done_cb done;
	void *arg;
};

static const char *
final_url_of(const struct route *r, const char *url)
{
	return r && r->final_url ? r->final_url : url;
}

/* Do the validators of REQUEST reach the server that answers by R? */
static int
is_conditional(const struct fetch_request *request, const struct route *r)
{
	uint64_t at = hash64_str(final_url_of(r, request->url));
	return (request->etag || request->last_modified) &&
	       (!request->validators_of || request->validators_of == at);
}

static int
is_unmodified(const struct fetch_request *request, const struct route *r)
{
	if (r->no_304 || r->status != 200)
		return 0;
	if (r->etag && request->etag)
		return !strcmp(request->etag, r->etag);
	return r->last_modified && request->last_modified &&
	       !strcmp(request->last_modified, r->last_modified);
}

static void
route_hear(struct route *r, const struct fetch_request *request, int conditional)
{
	r->hits++;
	r->last_hit = clock_now();
	r->conditional += conditional;
	mem_free(r->form);
	mem_free(r->sent_etag);
	mem_free(r->sent_modified);
	mem_free(r->sent_auth);
	r->sent_auth = mem_strdup(request->own ? request->own->auth : NULL);
	r->form = mem_strdup(request->form);
	r->sent_etag = mem_strdup(conditional ? request->etag : NULL);
	r->sent_modified = mem_strdup(conditional ? request->last_modified : NULL);
	r->wants_part = request->wants_part && r->sent_etag;
	if (r->turn)
		r->turn(r);
}

static void
fake_start(void *self, const struct fetch_request *request, fetch_done_cb done, void *arg)
{
	struct world *w = self;
	MEM_GROW(w->asked, w->asked_len, w->asked_cap);
	struct fake_request *q = &w->asked[w->asked_len++];
	struct route *r = world_find(w, request->url);
	*q = (struct fake_request){.route = r,
	    .url = mem_strdup(request->url),
	    .conditional = is_conditional(request, r),
	    .done = done,
	    .arg = arg};
	if (r)
		route_hear(r, request, q->conditional);
	q->unmodified = q->conditional && r && is_unmodified(request, r);
	if (w->watched_len < w->watched_max)
		w->watched[w->watched_len++] =
		    (struct watched){mem_strdup(request->url), clock_mono_ms()};
	if (w->asked_len > w->asked_max)
		w->asked_max = w->asked_len;
}

/* Where HOST lives; 0 and not found, where nobody said so. */
static void
locate(struct world *w, const char *host, struct resolve_answer *answer)
{
	*answer = (struct resolve_answer){.status = ERR_NOT_FOUND};
	for (size_t i = 0; i < w->places_len; i++) {
		struct sockaddr_in *sin = (struct sockaddr_in *)&answer->addresses[0];
		if (strcmp(w->places[i].host, host) != 0 || !w->places[i].address)
			continue;
		*answer = (struct resolve_answer){.count = 1};
		sin->sin_family = AF_INET;
		assert_int_equal(inet_pton(AF_INET, w->places[i].address, &sin->sin_addr), 1);
	}
}

/* A name is told later the first time, and at once from then on, as by a cache. */
static int
fake_locate(
    void *self, const char *host, struct resolve_answer *now, resolve_done_cb done, void *arg)
{
	struct world *w = self;
	for (size_t i = 0; i < w->places_len; i++)
		if (!strcmp(w->places[i].host, host) && w->places[i].cached) {
			locate(w, host, now);
			return 1;
		}
	MEM_GROW(w->sought, w->sought_len, w->sought_cap);
	w->sought[w->sought_len++] = (struct asked_place){mem_strdup(host), done, arg};
	w->lookups++;
	return 0;
}

static void
tell_place(struct world *w)
{
	struct asked_place q = w->sought[--w->sought_len];
	struct resolve_answer answer;
	locate(w, q.host, &answer);
	if (!answer.count)
		world_place(w, q.host, NULL); /* an unknown name is known to be so */
	for (size_t i = 0; i < w->places_len; i++)
		w->places[i].cached |= !strcmp(w->places[i].host, q.host);
	q.done(&answer, q.arg);
	mem_free(q.host);
}

void
world_place(struct world *w, const char *host, const char *address)
{
	size_t i = 0;
	while (i < w->places_len && strcmp(w->places[i].host, host) != 0)
		i++;
	if (i == w->places_len) {
		MEM_GROW(w->places, w->places_len, w->places_cap);
		w->places[w->places_len++] = (struct place){.host = mem_strdup(host)};
	}
	mem_free(w->places[i].address);
	w->places[i].address = mem_strdup(address);
}

static size_t
fake_active(const void *self)
{
	return ((const struct world *)self)->asked_len;
}

static void
fake_on_promise(void *self, fetch_promise_cb heard, void *arg)
{
	struct world *w = self;
	w->heard = heard;
	w->heard_arg = arg;
}

static void
fake_restore(void *self, const struct fetch_promise *p)
{
	struct world *w = self;
	MEM_GROW(w->restored, w->restored_len, w->restored_cap);
	w->restored[w->restored_len++] =
	    (struct restored){mem_strdup(p->host), p->left_s, p->subdomains};
}

static void
fake_on_hop(void *self, fetch_hop_cb may, void *arg)
{
	struct world *w = self;
	w->may_hop = may;
	w->may_hop_arg = arg;
}

/* May the redirect from URL to FINAL_URL be followed? What would be waited for has passed. */
static int
follows(struct world *w, const char *url, const char *final_url, struct fetch_result *r)
{
	char from[256], to[256];
	int64_t wait_ms = 0;
	if (!url_authority(url, from, sizeof from) && !url_authority(final_url, to, sizeof to) &&
	    strcmp(from, to))
		wait_ms = w->may_hop(final_url, w->may_hop_arg);
	if (wait_ms <= FETCH_HOP_WAIT_MS)
		return 1;
	r->error = FETCH_CLOSED;
	r->error_word = fetch_error_name(r->error);
	r->error_text = "redirected to a host that is not to be asked now";
	r->status = 302;
	r->retry_after_s = (wait_ms + 999) / 1000;
	return 0;
}

static void
forget_restored(struct world *w)
{
	for (size_t i = 0; i < w->restored_len; i++)
		mem_free(w->restored[i].host);
	w->restored_len = 0;
}

void
world_promise(struct world *w, const char *host, int64_t left_s, int subdomains)
{
	w->heard(&(struct fetch_promise){host, left_s, subdomains}, w->heard_arg);
	writer_run(w->writer);
}

/* Answer one request. */
static void
answer(struct world *w)
{
	struct fake_request q = w->asked[--w->asked_len];
	const struct route *r = q.route;
	const char *final_url = final_url_of(r, q.url);
	struct fetch_result result = {.error_text = "",
	    .error_word = "",
	    .final_url = final_url,
	    .final_hash = hash64_str(final_url),
	    .conditional = q.conditional,
	    .redirects = r && r->final_url,
	    .permanent = r && r->permanent,
	    .content_type = r && r->type ? r->type : "",
	    .content_encoding = r && r->encoding ? r->encoding : "",
	    .content_location = r && r->content_location ? r->content_location : "",
	    .link = r && r->link ? r->link : "",
	    .etag = r ? r->etag : NULL,
	    .last_modified = r ? r->last_modified : NULL,
	    .retry_after_s = -1,
	    .max_age_s = r && r->max_age_s ? r->max_age_s : -1,
	    .challenge = r && r->challenge,
	    .offers_parts = r && r->offers_parts,
	    .rights = r ? r->rights : 0,
	    .duration_ms = 3};
	buf_init_budget(&result.body, 1 << 20, &w->budget);
	if (!r) {
		result.status = 404;
	} else if (r->final_url && !follows(w, q.url, final_url, &result)) {
		/* the last hop was not asked */
	} else if (!r->status) {
		result.error = r->error;
		result.error_word = fetch_error_name(r->error);
		result.error_text = "as the test says";
	} else if (q.unmodified) {
		result.status = 304;
	} else {
		result.status = r->status;
		result.retry_after_s = r->retry_after_s ? r->retry_after_s : -1;
		if (r->body)
			buf_add(&result.body, r->body, r->size ? r->size : strlen(r->body));
		result.bytes = (int64_t)result.body.len;
	}
	q.done(&result, q.arg);
	buf_clear(&result.body);
	mem_free(q.url);
}

struct world *
world_new(const char *settings)
{
	struct world *w = mem_zalloc(sizeof *w);
	struct fault f;
	char dir[] = "/tmp/newsd-world-XXXXXX";
	assert_non_null(mkdtemp(dir));
	w->dir = mem_strdup(dir);
	w->path = mem_printf("%s/news.db", dir);
	w->steps = -1;
	settings = settings ? settings : "";
	char *text = mem_printf("store = %s\n%s%s%s", w->path,
	    strstr(settings, "workers") ? "" : "workers = 0\n",
	    strstr(settings, "host_delay") ? "" : "host_delay = 0ms\n", settings);
	assert_int_equal(config_parse(&w->config, "test", text, strlen(text), &f), 0);
	mem_free(text);
	w->budget.max = (size_t)w->config->bytes_in_flight;
	digest_prepare();
	assert_int_equal(log_open("/dev/null", LOG_FORMAT_TEXT, LOG_LEVEL_DEBUG, &f), 0);
	clock_fake_start(WORLD_START * 1000);
	w->base = event_base_new();
	world_start(w);
	return w;
}

void
world_start(struct world *w)
{
	struct fault f;
	struct store *store;
	struct fetch_door door = {.start = fake_start,
	    .active = fake_active,
	    .locate = fake_locate,
	    .on_promise = fake_on_promise,
	    .restore = fake_restore,
	    .on_hop = fake_on_hop,
	    .budget = &w->budget,
	    .self = w};
	struct pool_options pool = {.workers = (int)w->config->workers,
	    .deadline_ms = 5000,
	    .documents_max = 1000,
	    .queue_max = w->pool_queue ? w->pool_queue : 1000};
	struct store_options so = {.path = w->path,
	    .mode = STORE_WRITE,
	    .synchronous = SYNC_OFF,
	    .keep_site_lines = !w->config->drop_site_lines};
	struct writer_options wo = {.commit_interval_ms = 250,
	    .commit_rows = 500,
	    .queue_max = 2000,
	    .keep_polls_s = w->config->keep_polls};
	forget_restored(w);
	if (store_open(&store, &so, &f))
		fail_msg("%s", f.text);
	assert_int_equal(pool_new(&w->pool, w->base, &pool, &f), 0);
	w->pipeline = pipeline_new(w->config, &door, w->pool);
	struct pipeline_push push = {.url = w->config->websub_url};
	if (*push.url)
		pipeline_push_open(w->pipeline, &push);
	assert_int_equal(pipeline_load(w->pipeline, store, &f), 0);
	assert_int_equal(writer_new(&w->writer, NULL, store, &wo, &f), 0);
	pipeline_start(w->pipeline, w->writer);
}

void
world_stop(struct world *w)
{
	writer_free(w->writer);
	pool_free(w->pool);
	pipeline_free(w->pipeline);
	for (size_t i = 0; i < w->asked_len; i++)
		mem_free(w->asked[i].url);
	w->asked_len = 0;
	for (size_t i = 0; i < w->sought_len; i++)
		mem_free(w->sought[i].host);
	w->sought_len = 0;
	w->pipeline = NULL;
}

void
world_free(struct world *w)
{
	if (w->pipeline)
		world_stop(w);
	static const char *const tails[] = {"", "-wal", "-shm", ".lock"};
	for (size_t i = 0; i < sizeof tails / sizeof *tails; i++) {
		char *path = mem_printf("%s%s", w->path, tails[i]);
		unlink(path);
		mem_free(path);
	}
	assert_int_equal(rmdir(w->dir), 0);
	for (size_t i = 0; i < w->routes_len; i++) {
		mem_free(w->routes[i].url);
		mem_free(w->routes[i].body);
		mem_free(w->routes[i].type);
		mem_free(w->routes[i].etag);
		mem_free(w->routes[i].final_url);
		mem_free(w->routes[i].content_location);
		mem_free(w->routes[i].link);
		mem_free(w->routes[i].form);
		mem_free(w->routes[i].sent_etag);
		mem_free(w->routes[i].sent_modified);
		mem_free(w->routes[i].sent_auth);
	}
	for (size_t i = 0; i < w->watched_len; i++)
		mem_free(w->watched[i].url);
	mem_free(w->watched);
	for (size_t i = 0; i < w->places_len; i++) {
		mem_free(w->places[i].host);
		mem_free(w->places[i].address);
	}
	mem_free(w->places);
	forget_restored(w);
	mem_free(w->restored);
	mem_free(w->sought);
	event_base_free(w->base);
	mem_free(w->routes);
	mem_free(w->asked);
	mem_free(w->dir);
	mem_free(w->path);
	config_free(w->config);
	mem_free(w);
	clock_fake_stop();
	log_close();
}

struct route *
world_find(struct world *w, const char *url)
{
	for (size_t i = 0; i < w->routes_len; i++)
		if (!strcmp(w->routes[i].url, url))
			return &w->routes[i];
	return NULL;
}

struct route *
world_route(struct world *w, const char *url, int status, const char *type, const char *body)
{
	struct route *r = world_find(w, url);
	assert_int_equal(w->asked_len, 0); /* routes may move */
	if (!r) {
		MEM_GROW(w->routes, w->routes_len, w->routes_cap);
		r = &w->routes[w->routes_len++];
		*r = (struct route){.url = mem_strdup(url)};
	}
	mem_free(r->body);
	mem_free(r->type);
	r->status = status;
	r->type = mem_strdup(type);
	r->body = mem_strdup(body);
	return r;
}

void
world_watch(struct world *w, size_t max)
{
	w->watched = mem_zalloc(max * sizeof *w->watched);
	w->watched_max = max;
}

void
world_make_overdue(struct world *w, int64_t seconds, int64_t quick)
{
	sqlite3 *db;
	sqlite3_stmt *s;
	int64_t now = clock_now();
	assert_int_equal(sqlite3_open(w->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "UPDATE nd_feed SET last_poll = ?1, next_poll = ?1 + 600, memory = ?2"
			     " WHERE (id > ?3) = ?4",
			     -1, &s, NULL),
	    SQLITE_OK);
	for (int is_quick = 0; is_quick < 2; is_quick++) {
		struct cadence_memory m = {.window = {.at = now - seconds, .full = 20}};
		uint8_t packed[CADENCE_PACKED];
		int64_t t = now - seconds;
		m.rhythm =
		    (struct rhythm){.since = t - 30 * 86400, .at = t, .level = is_quick ? 3360 : 5};
		cadence_pack(&m, packed);
		sqlite3_bind_int64(s, 1, now - seconds);
		sqlite3_bind_blob(s, 2, packed, sizeof packed, SQLITE_TRANSIENT);
		sqlite3_bind_int64(s, 3, quick);
		sqlite3_bind_int(s, 4, is_quick);
		assert_int_equal(sqlite3_step(s), SQLITE_DONE);
		sqlite3_reset(s);
	}
	sqlite3_finalize(s);
	sqlite3_close(db);
}

static void
on_added(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	if (f || fed->error)
		fail_msg("%s", f ? f->text : fed->error);
	assert_int_equal(count, 1);
	*(int *)arg = 1;
}

void
world_add_feed(struct world *w, const char *url)
{
	struct feed_row row = {.url = url, .content = -1};
	int done = 0;
	pipeline_add_feeds(w->pipeline, &row, 1, on_added, &done);
	writer_run(w->writer);
	assert_int_equal(done, 1);
}

/* One step of work. Returns 0 when there was nothing to do. */
static int
step(struct world *w)
{
	if (w->sought_len) {
		tell_place(w);
		return 1;
	}
	if (w->asked_len) {
		answer(w);
		return 1;
	}
	if (w->config->workers && pool_pending(w->pool)) {
		clock_fake_advance(20); /* the pool looks again a little later for who died */
		event_base_loop(w->base, EVLOOP_ONCE);
		return 1;
	}
	return pool_run(w->pool) > 0 || writer_run(w->writer) > 0;
}

int
world_run(struct world *w, int64_t seconds)
{
	int64_t end = clock_mono_ms() + seconds * 1000;
	for (;;) {
		int64_t next = pipeline_tick(w->pipeline), now = clock_mono_ms();
		if (w->steps == 0)
			return 1;
		w->steps -= w->steps > 0;
		if (step(w))
			continue;
		if (next <= now)
			continue;
		if (next > end)
			break;
		clock_fake_advance(next - now);
	}
	clock_fake_advance(end - clock_mono_ms());
	return 0;
}

const char *
world_sql(struct world *w, const char *sql)
{
	static char *last[8]; /* a few answers stay valid at once */
	static unsigned at;
	sqlite3 *db;
	sqlite3_stmt *s;
	assert_int_equal(sqlite3_open_v2(w->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	if (sqlite3_prepare_v2(db, sql, -1, &s, NULL) != SQLITE_OK)
		fail_msg("%s: %s", sql, sqlite3_errmsg(db));
	char **slot = &last[at++ % 8];
	mem_free(*slot);
	*slot = NULL;
	if (sqlite3_step(s) == SQLITE_ROW)
		*slot = mem_strdup((const char *)sqlite3_column_text(s, 0));
	sqlite3_finalize(s);
	sqlite3_close(db);
	return *slot ? *slot : "";
}

long
world_count(struct world *w, const char *sql)
{
	return strtol(world_sql(w, sql), NULL, 10);
}

void
world_check_ledger(struct world *w)
{
	assert_int_equal(world_count(w, "SELECT sum(links) FROM ledger"),
	    world_count(w, "SELECT count(*) FROM links"));
	assert_int_equal(
	    world_count(
		w, "SELECT count(*) FROM links WHERE outcome = 'stored' AND article_id IS NULL"),
	    0);
	assert_int_equal(
	    world_count(
		w, "SELECT count(*) FROM (SELECT 1 FROM links GROUP BY url HAVING count(*) > 1)"),
	    0);
}

char *
world_rss(const char *title, const char *const *urls)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_printf(
	    &b, "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>%s</title>", title);
	for (; *urls; urls++)
		buf_printf(&b, "<item><title>About %s</title><link>%s</link><guid>%s</guid></item>",
		    *urls, *urls, *urls);
	buf_add_str(&b, "</channel></rss>");
	char *s = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return s;
}

char *
world_page(const char *topic)
{
	return mem_printf(
	    "<!doctype html><html lang=\"en\"><head><title>The %s "
	    "report</title></head><body><nav><a href=\"/\">Home</a>"
	    "</nav><article><h1>The %s report</h1>"
	    "<p>The council of Greyhaven voted on Tuesday evening to spend a further four million "
	    "on the %s, after a debate "
	    "that lasted until midnight and drew more than two hundred residents to the old "
	    "assembly hall.</p>"
	    "<p>Supporters said that the %s had been neglected for decades and that every year of "
	    "delay would make the "
	    "repairs dearer, while opponents asked why the money was not spent on the schools "
	    "first.</p>"
	    "<p>The mayor, who cast the deciding vote, promised that the work on the %s would "
	    "begin before the end of "
	    "spring and that the accounts would be published every month for everyone to see.</p>"
	    "</article><footer>Imprint</footer></body></html>",
	    topic, topic, topic, topic, topic);
}
