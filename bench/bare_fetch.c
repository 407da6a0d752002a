/* bare_fetch: see bare_fetch.h. Handles are used again; the body is kept in a buffer. */
#include "bare_fetch.h"

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "figures.h"

struct request {
	CURL *easy;
	char *body;
	size_t len, cap;
};

struct watch {
	struct event event;
	struct watch *next;
};

static struct {
	struct event_base *base;
	struct event timer;
	CURLM *multi;
	struct watch *spare;
	struct request *idle[4096];
	unsigned idle_len, asked, count, active;
	const struct upstream *upstream;
	const char *path;
	struct curl_slist *headers;
	struct bare_fetch_result *result;
} loop;

static size_t
on_body(char *data, size_t size, size_t n, void *arg)
{
	struct request *r = arg;
	size_t len = size * n;
	if (r->len + len > r->cap) {
		r->cap = (r->len + len) * 2;
		r->body = realloc(r->body, r->cap);
		if (!r->body)
			die("no memory");
	}
	memcpy(r->body + r->len, data, len);
	r->len += len;
	return len;
}

static struct request *
new_request(void)
{
	struct request *r = calloc(1, sizeof *r);
	CURL *e = curl_easy_init();
	if (!r || !e)
		die("no memory");
	r->easy = e;
	curl_easy_setopt(e, CURLOPT_PRIVATE, r);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, r);
	curl_easy_setopt(e, CURLOPT_HTTPHEADER, loop.headers);
	curl_easy_setopt(e, CURLOPT_USERAGENT, "bench");
	curl_easy_setopt(e, CURLOPT_PROXY, "");
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, 10000L);
	curl_easy_setopt(e, CURLOPT_TIMEOUT_MS, 60000L);
	curl_easy_setopt(e, CURLOPT_FORBID_REUSE, 1L);
	curl_easy_setopt(e, CURLOPT_DNS_CACHE_TIMEOUT, 0L);
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(e, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	return r;
}

static void
ask_more(unsigned transfers)
{
	char host[HOST_NAME_MAX_LEN], url[128];
	while (loop.active < transfers && loop.asked < loop.count) {
		struct request *r = loop.idle_len ? loop.idle[--loop.idle_len] : new_request();
		upstream_host(loop.upstream, loop.asked++, host);
		snprintf(url, sizeof url, "http://%s%s", host, loop.path);
		curl_easy_setopt(r->easy, CURLOPT_URL, url);
		if (curl_multi_add_handle(loop.multi, r->easy))
			die("curl_multi_add_handle failed");
		loop.active++;
	}
}

static void
harvest(void)
{
	int left;
	for (CURLMsg *m; (m = curl_multi_info_read(loop.multi, &left));) {
		struct request *r;
		long status = 0;
		CURL *easy = m->easy_handle;
		CURLcode code = m->data.result;
		curl_easy_getinfo(easy, CURLINFO_PRIVATE, &r);
		curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
		curl_multi_remove_handle(loop.multi, easy);
		loop.result->answers_200 += !code && status == 200;
		loop.result->answers_304 += !code && status == 304;
		loop.result->failures += code || (status != 200 && status != 304);
		loop.result->bytes += (long long)r->len;
		r->len = 0;
		loop.idle[loop.idle_len++] = r;
		loop.active--;
	}
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	int running, mask = (what & EV_READ ? CURL_CSELECT_IN : 0) |
			    (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	(void)arg;
	curl_multi_socket_action(loop.multi, fd, mask, &running);
	harvest();
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	int running;
	(void)fd, (void)what, (void)arg;
	curl_multi_socket_action(loop.multi, CURL_SOCKET_TIMEOUT, 0, &running);
	harvest();
}

static int
wants_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	struct watch *w = of_socket;
	(void)easy, (void)arg;
	if (w)
		event_del(&w->event);
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			w->next = loop.spare;
			loop.spare = w;
		}
		return 0;
	}
	if (!w) {
		w = loop.spare ? loop.spare : malloc(sizeof *w);
		if (!w)
			die("no memory");
		loop.spare = w == loop.spare ? w->next : loop.spare;
		curl_multi_assign(loop.multi, fd, w);
	}
	short events =
	    (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
	event_assign(&w->event, loop.base, fd, (short)(events | EV_PERSIST), on_socket, w);
	event_add(&w->event, NULL);
	return 0;
}

static int
wants_timer(CURLM *multi, long ms, void *arg)
{
	struct timeval in = {ms / 1000, ms % 1000 * 1000};
	(void)multi, (void)arg;
	if (ms < 0)
		evtimer_del(&loop.timer);
	else
		evtimer_add(&loop.timer, &in);
	return 0;
}

static struct curl_slist *
make_headers(const char *etag)
{
	char line[128];
	struct curl_slist *h = curl_slist_append(NULL, "Accept-Encoding: gzip, br, zstd");
	if (etag) {
		snprintf(line, sizeof line, "If-None-Match: %s", etag);
		h = curl_slist_append(h, line);
	}
	return h;
}

static void
close_all(void)
{
	while (loop.idle_len) {
		struct request *r = loop.idle[--loop.idle_len];
		curl_easy_cleanup(r->easy);
		free(r->body);
		free(r);
	}
	curl_multi_cleanup(loop.multi);
	evtimer_del(&loop.timer);
	for (struct watch *w = loop.spare, *next; w; w = next) {
		next = w->next;
		free(w);
	}
	curl_slist_free_all(loop.headers);
	event_base_free(loop.base);
}

void
bare_fetch(const struct upstream *u, unsigned count, unsigned transfers, const char *path,
    const char *etag, struct bare_fetch_result *out)
{
	memset(&loop, 0, sizeof loop);
	memset(out, 0, sizeof *out);
	loop.upstream = u;
	loop.count = count;
	loop.path = path;
	loop.result = out;
	loop.headers = make_headers(etag);
	loop.base = event_base_new();
	loop.multi = curl_multi_init();
	evtimer_assign(&loop.timer, loop.base, on_timer, NULL);
	curl_multi_setopt(loop.multi, CURLMOPT_SOCKETFUNCTION, wants_socket);
	curl_multi_setopt(loop.multi, CURLMOPT_TIMERFUNCTION, wants_timer);
	do {
		ask_more(transfers);
		event_base_loop(loop.base, EVLOOP_ONCE);
	} while (loop.active || loop.asked < count);
	close_all();
}
