/*
 * fetch/loop: libcurl's sockets and timer on libevent (CURLMOPT_SOCKETFUNCTION, _TIMERFUNCTION).
 * Owns the watches. Transfers that ended are handed on after libcurl has returned, so that what
 * they lead to may call libcurl again.
 */
#include "fetch_priv.h"

#define KEPT_CONNECTIONS 64L /* idle ones of the side that keeps them */

struct socket_watch {
	struct event event;
	struct side *side;
	struct socket_watch *next; /* spare */
};

static void
side_harvest(struct side *s)
{
	int left;
	CURLMsg *msg;
	while ((msg = curl_multi_info_read(s->multi, &left)) != NULL) {
		struct transfer *t = NULL;
		if (msg->msg != CURLMSG_DONE)
			continue;
		CURLcode code = msg->data.result; /* MSG is gone once the handle is removed */
		curl_easy_getinfo(msg->easy_handle, CURLINFO_PRIVATE, &t);
		hop_done(t, code);
	}
}

static void
on_socket(evutil_socket_t fd, short what, void *arg)
{
	struct side *s = ((struct socket_watch *)arg)->side;
	int running;
	int mask =
	    (what & EV_READ ? CURL_CSELECT_IN : 0) | (what & EV_WRITE ? CURL_CSELECT_OUT : 0);
	curl_multi_socket_action(s->multi, fd, mask, &running);
	side_harvest(s);
}

static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct side *s = arg;
	int running;
	curl_multi_socket_action(s->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	side_harvest(s);
}

static struct socket_watch *
watch_take(struct side *s)
{
	struct socket_watch *w = s->spare;
	if (w)
		s->spare = w->next;
	else
		w = mem_alloc(sizeof *w);
	w->side = s;
	return w;
}

static int
curl_wants_socket(CURL *easy, curl_socket_t fd, int what, void *arg, void *of_socket)
{
	(void)easy;
	struct side *s = arg;
	struct socket_watch *w = of_socket;
	if (w)
		event_del(&w->event);
	if (what == CURL_POLL_REMOVE) {
		if (w) {
			w->next = s->spare;
			s->spare = w;
		}
		return 0;
	}
	if (!w) {
		w = watch_take(s);
		curl_multi_assign(s->multi, fd, w);
	}
	short events =
	    (short)((what & CURL_POLL_IN ? EV_READ : 0) | (what & CURL_POLL_OUT ? EV_WRITE : 0));
	event_assign(&w->event, s->fetcher->base, fd, (short)(events | EV_PERSIST), on_socket, w);
	event_add(&w->event, NULL);
	return 0;
}

static int
curl_wants_timer(CURLM *multi, long delay_ms, void *arg)
{
	(void)multi;
	struct side *s = arg;
	if (delay_ms < 0) {
		evtimer_del(&s->timer);
		return 0;
	}
	struct timeval tv = {.tv_sec = delay_ms / 1000, .tv_usec = delay_ms % 1000 * 1000};
	evtimer_add(&s->timer, &tv);
	return 0;
}

int
side_open(struct side *s, struct fetcher *fe, int reuse)
{
	s->fetcher = fe;
	s->reuse = reuse;
	TAILQ_INIT(&s->idle);
	evtimer_assign(&s->timer, fe->base, on_timer, s);
	s->multi = curl_multi_init();
	if (!s->multi)
		return ERR_SYSTEM;
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETFUNCTION, curl_wants_socket);
	curl_multi_setopt(s->multi, CURLMOPT_SOCKETDATA, s);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERFUNCTION, curl_wants_timer);
	curl_multi_setopt(s->multi, CURLMOPT_TIMERDATA, s);
	if (reuse)
		curl_multi_setopt(s->multi, CURLMOPT_MAXCONNECTS, KEPT_CONNECTIONS);
	return 0;
}

void
side_close(struct side *s)
{
	if (!s->multi)
		return;
	curl_multi_cleanup(s->multi); /* says CURL_POLL_REMOVE for what is still open */
	evtimer_del(&s->timer);
	for (struct socket_watch *w = s->spare, *next; w; w = next) {
		next = w->next;
		mem_free(w);
	}
	curl_slist_free_all(s->stale);
	s->multi = NULL;
}
