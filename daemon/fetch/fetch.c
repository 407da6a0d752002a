/*
 * fetch: see include/fetch.h. The door: slots (a transfer with its libcurl handle, used again), the
 * end of a request, and the byte budget: past it all transfers pause but a privileged one, so that
 * there is always progress.
 */
#include "fetch.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "fetch_priv.h"
#include "hash.h"
#include "url.h"

#define IDLE_MAX        64 /* slots kept a side: a new handle costs 3-8 % of a poll (measured) */
#define TICK_MS         100
#define CURL_FLOOR      0x075500 /* 7.85: CURLOPT_PROTOCOLS_STR */
#define CURL_FLOOR_TEXT "7.85"

static const struct {
	const char *name;
	int transient;
} errors[FETCH_ERROR_COUNT] = {
    [FETCH_OK] = {"ok", 0},
    [FETCH_DNS] = {"dns", 1},
    [FETCH_CONNECT] = {"connect", 1},
    [FETCH_TLS] = {"tls", 1}, /* an expired certificate gets renewed */
    [FETCH_TIMEOUT] = {"timeout", 1},
    [FETCH_PROTOCOL] = {"protocol", 1},
    [FETCH_TOO_BIG] = {"too_big", 0},
    [FETCH_REFUSED] = {"refused", 0},
    [FETCH_REDIRECTS] = {"redirects", 0},
    [FETCH_PROXY] = {"proxy", 1},
    [FETCH_CLOSED] = {"closed", 1},
};

const char *
fetch_error_name(enum fetch_error e)
{
	return errors[e].name;
}

int
fetch_error_is_transient(enum fetch_error e)
{
	return errors[e].transient;
}

/* slots */

static struct transfer *
slot_take(struct side *s)
{
	struct transfer *t = TAILQ_FIRST(&s->idle);
	if (t) {
		TAILQ_REMOVE(&s->idle, t, link);
		s->idle_len--;
		return t;
	}
	t = mem_zalloc(sizeof *t);
	t->fetcher = s->fetcher;
	t->side = s;
	if (easy_open(t) != 0)
		abort(); /* libcurl has no memory */
	return t;
}

static void
slot_free(struct transfer *t)
{
	curl_easy_cleanup(t->easy);
	if (t->later)
		event_free(t->later);
	mem_free(t);
}

static void
slot_give(struct transfer *t)
{
	struct side *s = t->side;
	proxy_clear(&t->own_proxy);
	buf_clear(&t->body);
	arena_clear(&t->arena);
	if (s->idle_len >= IDLE_MAX) {
		slot_free(t);
		return;
	}
	TAILQ_INSERT_HEAD(&s->idle, t, link);
	s->idle_len++;
}

/* the end */

void
transfer_fail(struct transfer *t, enum fetch_error error, const char *fmt, ...)
{
	char words[FAULT_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	t->error = error;
	t->error_text = arena_strdup(&t->arena, words);
	TAILQ_INSERT_TAIL(&t->fetcher->ended, t, ended_link);
	event_active(t->fetcher->ended_event, EV_TIMEOUT, 0);
}

char *
transfer_join(struct transfer *t, const char *a, const char *b, const char *c)
{
	size_t a_len = strlen(a), b_len = strlen(b), c_len = strlen(c);
	char *all = arena_alloc(&t->arena, a_len + b_len + c_len + 1);
	memcpy(all, a, a_len);
	memcpy(all + a_len, b, b_len);
	memcpy(all + a_len + b_len, c, c_len + 1);
	return all;
}

static const char *
or_empty(const char *s)
{
	return s ? s : "";
}

static void
result_fill(struct fetch_result *r, struct transfer *t)
{
	const struct headers *h = &t->headers;
	*r = (struct fetch_result){
	    .error = t->error,
	    .error_word = t->error_word ? t->error_word : fetch_error_name(t->error),
	    .error_text = t->error == FETCH_OK ? "" : or_empty(t->error_text),
	    .status = h->complete ? h->status : 0,
	    .final_url = t->url,
	    .redirects = t->redirects,
	    .permanent = t->permanent,
	    .content_type = or_empty(h->content_type),
	    .content_encoding = or_empty(h->content_encoding),
	    .content_location = or_empty(h->content_location),
	    .link = or_empty(h->link),
	    .etag = h->etag,
	    .last_modified = h->last_modified,
	    .retry_after_s =
		t->error == FETCH_CLOSED ? (t->closed_ms + 999) / 1000 : headers_retry_after_s(h),
	    .max_age_s = headers_max_age_s(h),
	    .pace_ms = headers_pace_ms(h),
	    .challenge = headers_is_challenge(h),
	    .conditional = t->conditional,
	    .final_hash = hash64_str(t->url),
	    .offers_parts = headers_offer_parts(h),
	    .rights = headers_rights(h),
	    .bytes = t->bytes,
	    .duration_ms = clock_mono_ms() - t->started_ms,
	};
	buf_init_budget(&r->body, t->body.max, t->body.budget);
	if (t->error == FETCH_OK)
		buf_move(&r->body, &t->body);
}

static void
fetch_released(void *self)
{
	struct fetcher *fe = self;
	if (fe->paused_len)
		event_active(fe->tick, EV_TIMEOUT, 0);
}

void
transfer_end(struct transfer *t)
{
	struct fetcher *fe = t->fetcher;
	struct fetch_result result;
	TAILQ_REMOVE(&fe->active, t, link);
	fe->active_len--;
	if (fe->privileged == t)
		fe->privileged = NULL;
	fe->counters.bytes += (uint64_t)t->bytes;
	result_fill(&result, t);
	buf_clear(&t->body);
	t->done(&result, t->arg);
	buf_clear(&result.body);
	slot_give(t);
	fetch_released(fe);
}

static void
on_ended(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct fetcher *fe = arg;
	/* what the callbacks start and what fails at once waits for the next turn */
	struct transfers ended = TAILQ_HEAD_INITIALIZER(ended);
	TAILQ_CONCAT(&ended, &fe->ended, ended_link);
	struct transfer *t;
	while ((t = TAILQ_FIRST(&ended)) != NULL) {
		TAILQ_REMOVE(&ended, t, ended_link);
		transfer_end(t);
	}
}

/* the byte budget */

static int
budget_is_spent(const struct fetcher *fe)
{
	return fe->budget.used > fe->budget.max;
}

static void
tick_start(struct fetcher *fe)
{
	struct timeval tv = {.tv_usec = TICK_MS * 1000};
	if (!event_pending(fe->tick, EV_TIMEOUT, NULL))
		evtimer_add(fe->tick, &tv);
}

int
transfer_may_receive(struct transfer *t)
{
	struct fetcher *fe = t->fetcher;
	if (!budget_is_spent(fe) || fe->privileged == t)
		return 1;
	if (!fe->privileged) {
		fe->privileged = t;
		fe->privileged_bytes = t->bytes;
		return 1;
	}
	t->paused = 1;
	fe->paused_len++;
	fe->counters.pauses++;
	tick_start(fe);
	return 0;
}

/* libcurl may call on_body from within, and that may pause T again. */
static void
transfer_go_on(struct transfer *t)
{
	t->paused = 0;
	t->fetcher->paused_len--;
	curl_easy_pause(t->easy, CURLPAUSE_CONT);
}

static struct transfer *
oldest_paused(struct fetcher *fe)
{
	struct transfer *t;
	TAILQ_FOREACH(t, &fe->active, link)
	if (t->paused)
		return t;
	return NULL;
}

/* One that got nothing since the last tick hands the privilege on: a slow host holds nobody up. */
static void
privilege_hand_on(struct fetcher *fe)
{
	struct transfer *t = fe->privileged;
	if (t && t->bytes != fe->privileged_bytes) {
		fe->privileged_bytes = t->bytes;
		return;
	}
	fe->privileged = t = oldest_paused(fe);
	if (!t)
		return;
	fe->privileged_bytes = t->bytes;
	transfer_go_on(t);
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct fetcher *fe = arg;
	struct transfer *t, *next;
	for (t = TAILQ_FIRST(&fe->active); t && !budget_is_spent(fe); t = next) {
		next = TAILQ_NEXT(t, link);
		if (t->paused)
			transfer_go_on(t);
	}
	if (budget_is_spent(fe) && fe->paused_len)
		privilege_hand_on(fe);
	if (fe->paused_len)
		tick_start(fe);
}

/* the door */

/* Keep of REQUEST, which is gone when fetch_start returns, what the hops need. */
static void
request_copy(struct transfer *t, const struct fetch_request *request)
{
	struct arena *a = &t->arena;
	t->request = *request;
	t->request.url = NULL;
	t->request.etag = arena_strdup(a, request->etag);
	t->request.last_modified = arena_strdup(a, request->last_modified);
	t->request.form = arena_strdup(a, request->form);
	if (!request->own)
		return;
	const struct fetch_own *from = request->own;
	struct fetch_own *own = arena_zalloc(a, sizeof *own);
	const char **headers = arena_zalloc(a, from->headers_len * sizeof *headers);
	for (size_t i = 0; i < from->headers_len; i++)
		headers[i] = arena_strdup(a, from->headers[i]);
	*own = (struct fetch_own){.url = arena_strdup(a, from->url),
	    .auth = arena_strdup(a, from->auth),
	    .headers = headers,
	    .headers_len = from->headers_len,
	    .user_agent = arena_strdup(a, from->user_agent)};
	t->request.own = own;
}

static void
fetch_start(void *self, const struct fetch_request *request, fetch_done_cb done, void *arg)
{
	struct fetcher *fe = self;
	assert(fe->active_len < fe->transfers_max);
	struct transfer *t = slot_take(request->reuse ? &fe->keep : &fe->once);
	t->done = done;
	t->arg = arg;
	t->started_ms = clock_mono_ms();
	t->seen = NULL;
	t->seen_len = 0;
	t->redirects = t->permanent = 0;
	t->error = FETCH_OK;
	t->error_word = t->error_text = NULL;
	t->bytes = 0;
	t->again = 0;
	buf_init_budget(&t->body, fe->body_max, &fe->budget);
	headers_init(&t->headers, &t->arena);
	request_copy(t, request);
	TAILQ_INSERT_TAIL(&fe->active, t, link);
	fe->active_len++;
	struct fault f;
	t->url = url_fetch_form(&t->arena, request->url);
	if (!t->url) {
		t->url = arena_strdup(&t->arena, request->url);
		transfer_fail(t, FETCH_REFUSED, "not an http or https URL");
	} else if (request->own && request->own->proxy &&
		   proxy_read(&t->own_proxy, request->own->proxy, &f) != 0) {
		transfer_fail(t, FETCH_PROXY, "%s", f.text);
	} else {
		t->proxy = t->own_proxy.url ? &t->own_proxy : &fe->proxy;
		t->url = hsts_upgrade(&fe->hsts, &t->arena, t->url);
		hop_start(t);
	}
}

static size_t
fetch_active(const void *self)
{
	return ((const struct fetcher *)self)->active_len;
}

static int
fetch_locate(
    void *self, const char *host, struct resolve_answer *now, resolve_done_cb done, void *arg)
{
	struct fetcher *fe = self;
	if (fe->proxy.url) {
		*now = (struct resolve_answer){.status = ERR_NOT_FOUND};
		return 1;
	}
	int known = resolve_lookup(fe->resolver, host, now, done, arg);
	fe->counters.dns_lookups = resolve_queries(fe->resolver);
	return known;
}

static void
fetch_on_promise(void *self, fetch_promise_cb heard, void *arg)
{
	struct fetcher *fe = self;
	fe->hsts.heard = heard;
	fe->hsts.arg = arg;
}

static void
fetch_restore(void *self, const struct fetch_promise *promise)
{
	hsts_restore(&((struct fetcher *)self)->hsts, promise);
}

static void
fetch_on_hop(void *self, fetch_hop_cb may, void *arg)
{
	struct fetcher *fe = self;
	fe->may_hop = may;
	fe->may_hop_arg = arg;
}

struct fetch_door
fetch_door(struct fetcher *fe)
{
	return (struct fetch_door){.start = fetch_start,
	    .active = fetch_active,
	    .released = fetch_released,
	    .locate = fetch_locate,
	    .on_promise = fetch_on_promise,
	    .restore = fetch_restore,
	    .on_hop = fetch_on_hop,
	    .budget = &fe->budget,
	    .self = fe};
}

const struct fetch_counters *
fetch_counters(const struct fetcher *fe)
{
	return &fe->counters;
}

/* birth and death */

static int
fetcher_open(struct fetcher *fe, const struct fetch_options *o, struct fault *f)
{
	int error = proxy_read(&fe->proxy, o->proxy, f);
	if (!error)
		error = trust_open(&fe->trust, o->ca_file, &fe->counters.ca_loads, f);
	if (!error)
		error = resolve_new_from(&fe->resolver, fe->base, o->resolv_conf, o->hosts, f);
	if (error)
		return error;
	fe->ended_event = evtimer_new(fe->base, on_ended, fe);
	fe->tick = evtimer_new(fe->base, on_tick, fe);
	if (side_open(&fe->once, fe, 0) != 0 || side_open(&fe->keep, fe, 1) != 0)
		return fault_set(f, ERR_SYSTEM, "libcurl could not make a multi handle");
	return 0;
}

static void *
zeroed(size_t n, size_t size)
{
	size_t bytes;
	return __builtin_mul_overflow(n, size, &bytes) ? NULL : mem_zalloc(bytes);
}

int
fetch_new(
    struct fetcher **out, struct event_base *base, const struct fetch_options *o, struct fault *f)
{
	*out = NULL;
	/* a header or a name that libcurl found no memory for would be a request without it */
	if (curl_global_init_mem(CURL_GLOBAL_DEFAULT, mem_alloc, mem_free, mem_resize, mem_strdup,
		zeroed) != CURLE_OK)
		return fault_set(f, ERR_SYSTEM, "libcurl could not start");
	const curl_version_info_data *v = curl_version_info(CURLVERSION_NOW);
	if (v->version_num < CURL_FLOOR) {
		fault_set(f, ERR_UNSUPPORTED, "libcurl %s is too old: newsd needs " CURL_FLOOR_TEXT,
		    v->version);
		curl_global_cleanup();
		return ERR_UNSUPPORTED;
	}
	struct fetcher *fe = mem_zalloc(sizeof *fe);
	fe->base = base;
	fe->transfers_max = o->transfers;
	fe->body_max = o->body_max;
	fe->connect_timeout_ms = o->connect_timeout_s * 1000;
	fe->transfer_timeout_ms = o->transfer_timeout_s * 1000;
	fe->redirects_max = o->redirects_max;
	fe->user_agent = mem_strdup(o->user_agent);
	fe->addresses = o->addresses;
	fe->budget.max = o->bytes_in_flight;
	TAILQ_INIT(&fe->active);
	TAILQ_INIT(&fe->ended);
	TAILQ_INIT(&fe->once.idle);
	TAILQ_INIT(&fe->keep.idle);
	int error = fetcher_open(fe, o, f);
	if (error) {
		fetch_free(fe);
		return error;
	}
	*out = fe;
	return 0;
}

static void
slots_free(struct transfers *list)
{
	struct transfer *t;
	while ((t = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, t, link);
		hop_clear(t);
		proxy_clear(&t->own_proxy);
		buf_clear(&t->body);
		arena_clear(&t->arena);
		slot_free(t);
	}
}

void
fetch_stop(struct fetcher *fe)
{
	resolve_free(fe->resolver);
	fe->resolver = NULL;
	TAILQ_INIT(&fe->ended);
	slots_free(&fe->active);
	fe->active_len = fe->paused_len = 0;
	fe->privileged = NULL;
}

void
fetch_free(struct fetcher *fe)
{
	if (!fe)
		return;
	fetch_stop(fe);
	slots_free(&fe->once.idle);
	slots_free(&fe->keep.idle);
	side_close(&fe->once);
	side_close(&fe->keep);
	if (fe->ended_event)
		event_free(fe->ended_event);
	if (fe->tick)
		event_free(fe->tick);
	trust_close(&fe->trust);
	proxy_clear(&fe->proxy);
	hsts_clear(&fe->hsts);
	mem_free(fe->user_agent);
	mem_free(fe);
	curl_global_cleanup();
}
