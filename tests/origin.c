/* origin: see tests/origin.h. */
#include "origin.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/queue.h>
#include <sys/wait.h>
#include <unistd.h>
#include <zlib.h>

#define PIECE    65536
#define HEAD_MAX 16384
#define BODY_MAX 65536 /* of a request */

struct page {
	SLIST_ENTRY(page) link;
	char *path;
	struct origin_reply reply;
};

struct conn {
	LIST_ENTRY(conn) link;
	struct origin *origin;
	struct bufferevent *bev;
	struct event *drip;
	struct origin_reply reply; /* under way when busy */
	uint8_t *packed;           /* the body by gzip */
	size_t sent;
	int busy, ended; /* ended: the last chunk is sent */
};

struct origin {
	struct event_base *base;
	struct evconnlistener *listener;
	SSL_CTX *tls;
	unsigned port;
	SLIST_HEAD(, page) pages;
	LIST_HEAD(, conn) conns;
	origin_answer_cb answer;
	void *answer_arg;
	struct origin_counts own, *counts;
	char last_head[HEAD_MAX];
};

static void *
must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void conn_read(struct conn *c);

static void
set_busy(struct conn *c, int on)
{
	struct origin_counts *n = c->origin->counts;
	n->busy += (uint64_t)on - (uint64_t)c->busy;
	n->most = n->busy > n->most ? n->busy : n->most;
	c->busy = on;
}

static void
conn_free(struct conn *c)
{
	set_busy(c, 0);
	LIST_REMOVE(c, link);
	if (c->drip)
		event_free(c->drip);
	bufferevent_free(c->bev);
	free(c->packed);
	free(c);
}

const char *
origin_header(const char *head, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);
	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line, "\r\n")) {
		line += 2;
		if (strncasecmp(line, name, len) != 0 || line[len] != ':')
			continue;
		const char *value = line + len + 1;
		value += strspn(value, " \t");
		snprintf(out, size, "%.*s", (int)strcspn(value, "\r\n"), value);
		return out;
	}
	return NULL;
}

/* what is sent */

static void
body_piece(const struct conn *c, struct evbuffer *out, size_t from, size_t len)
{
	static char made_up[PIECE];
	if (!made_up[0])
		memset(made_up, 'x', sizeof made_up);
	if (c->reply.body)
		evbuffer_add(out, (const char *)c->reply.body + from, len);
	else
		evbuffer_add_reference(out, made_up, len, NULL, NULL);
}

static int
is_chunked(enum origin_act act)
{
	return act == ORIGIN_CHUNKED || act == ORIGIN_CHUNKED_TRUNCATED || act == ORIGIN_ENDLESS;
}

static void
head_send(struct conn *c)
{
	const struct origin_reply *r = &c->reply;
	struct evbuffer *out = bufferevent_get_output(c->bev);
	evbuffer_add_printf(out, "HTTP/1.1 %d Whatever\r\n%s", r->status ? r->status : 200,
	    r->headers ? r->headers : "");
	if (r->etag)
		evbuffer_add_printf(out, "ETag: %s\r\n", r->etag);
	if (r->last_modified)
		evbuffer_add_printf(out, "Last-Modified: %s\r\n", r->last_modified);
	if (c->packed)
		evbuffer_add_printf(out, "Content-Encoding: gzip\r\n");
	if (r->act == ORIGIN_CLOSE_IN_HEADERS) {
		evbuffer_add_printf(out, "Content-Ty");
		return;
	}
	if (is_chunked(r->act))
		evbuffer_add_printf(out, "Transfer-Encoding: chunked\r\n");
	else if (r->status != 304 && r->act != ORIGIN_UNTIL_CLOSE)
		evbuffer_add_printf(out, "Content-Length: %zu\r\n", r->size);
	if (r->act != ORIGIN_DRIP_HEADERS)
		evbuffer_add_printf(out, "\r\n");
}

static void drip_later(struct conn *c);

/* Send the next piece of the body; 0 when there is none left. */
static int
piece_send(struct conn *c)
{
	struct evbuffer *out = bufferevent_get_output(c->bev);
	int chunked = is_chunked(c->reply.act);
	int halves = c->reply.act == ORIGIN_TRUNCATED || c->reply.act == ORIGIN_RESET;
	size_t end = halves ? c->reply.size / 2 : c->reply.size;
	size_t len = c->reply.act == ORIGIN_ENDLESS ? PIECE : end - c->sent;
	if (len > PIECE)
		len = PIECE;
	if (c->reply.act == ORIGIN_DRIP && len > 1)
		len = 1;
	if (!len && c->reply.act == ORIGIN_CHUNKED && !c->ended) {
		evbuffer_add(out, "0\r\n\r\n", 5);
		c->ended = 1;
		return 1;
	}
	if (!len && c->reply.act == ORIGIN_RAW_DRIP) {
		drip_later(c);
		return 1;
	}
	if (!len)
		return 0;
	if (c->reply.act == ORIGIN_CHUNKED_TRUNCATED) {
		evbuffer_add_printf(out, "%zx\r\n", len + 1);
		body_piece(c, out, c->sent, len);
		c->sent = c->reply.size;
		return 1;
	}
	if (chunked)
		evbuffer_add_printf(out, "%zx\r\n", len);
	body_piece(c, out, c->sent, len);
	if (chunked)
		evbuffer_add(out, "\r\n", 2);
	c->sent += len;
	return 1;
}

static int
keeps_connection(enum origin_act act)
{
	return act == ORIGIN_WHOLE || act == ORIGIN_CHUNKED || act == ORIGIN_DRIP ||
	       act == ORIGIN_RAW_KEEP;
}

static void
reply_end(struct conn *c)
{
	struct linger at_once = {.l_onoff = 1};
	set_busy(c, 0);
	if (c->reply.act == ORIGIN_RESET)
		setsockopt(
		    bufferevent_getfd(c->bev), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
	if (keeps_connection(c->reply.act))
		conn_read(c);
	else
		conn_free(c);
}

static void
drip_later(struct conn *c)
{
	int ms = c->reply.drip_ms ? c->reply.drip_ms : 10;
	struct timeval tv = {.tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000};
	evtimer_add(c->drip, &tv);
}

/* All that was written has gone out. */
static void
on_written(struct bufferevent *bev, void *arg)
{
	struct conn *c = arg;
	/* libevent also says so once before anything was written */
	if (!c->busy || c->reply.act == ORIGIN_HANG ||
	    evbuffer_get_length(bufferevent_get_output(bev)) > 0)
		return;
	if (c->reply.act == ORIGIN_DRIP_HEADERS ||
	    (c->reply.act == ORIGIN_DRIP && c->sent < c->reply.size))
		drip_later(c);
	else if (!piece_send(c))
		reply_end(c);
}

static void
on_drip(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct conn *c = arg;
	if (c->reply.act == ORIGIN_DRIP_HEADERS || c->reply.act == ORIGIN_RAW_DRIP)
		evbuffer_add(bufferevent_get_output(c->bev), "x", 1);
	else
		piece_send(c);
}

static void
body_pack(struct conn *c)
{
	z_stream z = {0};
	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	size_t room = deflateBound(&z, c->reply.size);
	c->packed = must(malloc(room));
	z.next_in = (Bytef *)(uintptr_t)c->reply.body;
	z.avail_in = (uInt)c->reply.size;
	z.next_out = c->packed;
	z.avail_out = (uInt)room;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	c->reply.body = c->packed;
	c->reply.size = z.total_out;
	deflateEnd(&z);
}

static void
reply_start(struct conn *c)
{
	free(c->packed);
	c->packed = NULL;
	c->sent = 0;
	c->ended = 0;
	set_busy(c, 1);
	if (c->reply.gzip)
		body_pack(c);
	if (c->reply.status == 304 || c->reply.status == 204)
		c->reply.size = 0;
	switch (c->reply.act) {
	case ORIGIN_HANG:
		return;
	case ORIGIN_CLOSE:
		conn_free(c);
		return;
	case ORIGIN_RAW:
	case ORIGIN_RAW_KEEP:
	case ORIGIN_RAW_DRIP:
		piece_send(c);
		return;
	default:
		head_send(c);
	}
}

/* what is asked */

static int
is_unmodified(const struct origin_reply *r, const char *head)
{
	char value[1024];
	if (r->etag && origin_header(head, "If-None-Match", value, sizeof value))
		return strcmp(value, r->etag) == 0;
	return r->last_modified && origin_header(head, "If-Modified-Since", value, sizeof value) &&
	       strcmp(value, r->last_modified) == 0;
}

static void
request_answer(struct conn *c, const struct origin_request *rq)
{
	struct origin *o = c->origin;
	struct page *p;
	o->counts->requests++;
	c->reply = (struct origin_reply){.status = 404};
	SLIST_FOREACH(p, &o->pages, link)
	if (strcmp(p->path, rq->target) == 0)
		break;
	if (p)
		c->reply = p->reply;
	else if (o->answer)
		o->answer(rq, &c->reply, o->answer_arg);
	if (is_unmodified(&c->reply, rq->head)) {
		o->counts->not_modified++;
		c->reply.status = 304;
		c->reply.act = ORIGIN_WHOLE;
		c->reply.gzip = 0;
	}
	reply_start(c);
}

static void
request_read(struct conn *c, size_t len, size_t body_len)
{
	static char body[BODY_MAX];
	char *head = c->origin->last_head;
	char line[HEAD_MAX], host[256] = "", *rest = line;
	struct origin_request rq = {.head = head, .host = host, .body = body};
	evbuffer_remove(bufferevent_get_input(c->bev), head, len);
	evbuffer_remove(bufferevent_get_input(c->bev), body, body_len);
	body[body_len] = '\0';
	head[len] = '\0';
	snprintf(line, sizeof line, "%.*s", (int)strcspn(head, "\r\n"), head);
	rq.method = strsep(&rest, " ");
	rq.target = strsep(&rest, " ");
	if (!rq.method || !rq.target) {
		conn_free(c);
		return;
	}
	if (origin_header(head, "Host", host, sizeof host) && strrchr(host, ':'))
		*strrchr(host, ':') = '\0';
	request_answer(c, &rq);
}

/* The length of the body behind the header section of LEN bytes in IN. */
static size_t
body_length(struct evbuffer *in, size_t len)
{
	char head[HEAD_MAX], value[32];
	evbuffer_copyout(in, head, len);
	head[len] = '\0';
	size_t n = origin_header(head, "Content-Length", value, sizeof value)
		       ? strtoul(value, NULL, 10)
		       : 0;
	if (n >= BODY_MAX)
		abort();
	return n;
}

static void
conn_read(struct conn *c)
{
	struct evbuffer *in = bufferevent_get_input(c->bev);
	struct evbuffer_ptr end = evbuffer_search(in, "\r\n\r\n", 4, NULL);
	if (c->busy)
		return;
	char first = 0;
	if (evbuffer_copyout(in, &first, 1) == 1 && (first < 'A' || first > 'Z')) { /* TLS */
		static const char text[] = "HTTP/1.1 400 No\r\n\r\n";
		evbuffer_drain(in, evbuffer_get_length(in));
		c->reply =
		    (struct origin_reply){.act = ORIGIN_RAW, .body = text, .size = sizeof text - 1};
		reply_start(c);
		return;
	}
	if (end.pos >= 0 && end.pos + 4 < HEAD_MAX) {
		size_t len = (size_t)end.pos + 4, body_len = body_length(in, len);
		if (evbuffer_get_length(in) >= len + body_len)
			request_read(c, len, body_len);
	} else if (evbuffer_get_length(in) >= HEAD_MAX) {
		conn_free(c);
	}
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	(void)bev;
	conn_read(arg);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	(void)bev;
	if (what & (BEV_EVENT_EOF | BEV_EVENT_ERROR))
		conn_free(arg);
}

static void
on_accept(struct evconnlistener *l, evutil_socket_t fd, struct sockaddr *sa, int len, void *arg)
{
	(void)l;
	(void)sa;
	(void)len;
	struct origin *o = arg;
	struct conn *c = must(calloc(1, sizeof *c));
	c->origin = o;
	c->bev = must(
	    o->tls ? bufferevent_openssl_socket_new(o->base, fd, must(SSL_new(o->tls)),
			 BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS)
		   : bufferevent_socket_new(
			 o->base, fd, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS));
	c->drip = must(evtimer_new(o->base, on_drip, c));
	LIST_INSERT_HEAD(&o->conns, c, link);
	o->counts->connections++;
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

struct origin *
origin_new(struct event_base *base, const char *address, unsigned port, SSL_CTX *tls)
{
	struct origin *o = must(calloc(1, sizeof *o));
	struct sockaddr_storage ss = {0};
	struct sockaddr_in *v4 = (struct sockaddr_in *)&ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)&ss;
	socklen_t len = sizeof ss;
	o->base = base;
	o->tls = tls;
	o->counts = &o->own;
	if (inet_pton(AF_INET, address ? address : "127.0.0.1", &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons((uint16_t)port);
		len = sizeof *v4;
	} else if (inet_pton(AF_INET6, address, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		len = sizeof *v6;
	}
	o->listener = must(evconnlistener_new_bind(base, on_accept, o,
	    LEV_OPT_CLOSE_ON_FREE | LEV_OPT_REUSEABLE | LEV_OPT_CLOSE_ON_EXEC, 4096,
	    (struct sockaddr *)&ss, (int)len));
	if (getsockname(evconnlistener_get_fd(o->listener), (struct sockaddr *)&ss, &len) != 0)
		abort();
	o->port = ntohs(ss.ss_family == AF_INET ? v4->sin_port : v6->sin6_port);
	return o;
}

void
origin_free(struct origin *o)
{
	struct conn *c;
	struct page *p;
	if (!o)
		return;
	while ((c = LIST_FIRST(&o->conns)) != NULL)
		conn_free(c);
	while ((p = SLIST_FIRST(&o->pages)) != NULL) {
		SLIST_REMOVE_HEAD(&o->pages, link);
		free(p->path);
		free(p);
	}
	evconnlistener_free(o->listener);
	SSL_CTX_free(o->tls);
	free(o);
}

unsigned
origin_port(const struct origin *o)
{
	return o->port;
}

unsigned
origin_free_port(struct event_base *base)
{
	struct origin *o = origin_new(base, NULL, 0, NULL);
	unsigned port = origin_port(o);
	origin_free(o);
	return port;
}

void
origin_page(struct origin *o, const char *path, struct origin_reply reply)
{
	struct page *p = must(calloc(1, sizeof *p));
	p->path = must(strdup(path));
	p->reply = reply;
	SLIST_INSERT_HEAD(&o->pages, p, link); /* so that a later one for the same path wins */
}

void
origin_answer(struct origin *o, origin_answer_cb answer, void *arg)
{
	o->answer = answer;
	o->answer_arg = arg;
}

const struct origin_counts *
origin_counts(const struct origin *o)
{
	return o->counts;
}

const char *
origin_last_head(const struct origin *o)
{
	return o->last_head;
}

/* in a child */

static void
child_run(const char *address, void (*setup)(struct origin *o, void *arg), void *arg, int port_fd,
    struct origin_counts *counts)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGPIPE, SIG_IGN);
	struct event_base *base = must(event_base_new());
	struct origin *o = origin_new(base, address, 0, NULL);
	o->counts = counts;
	setup(o, arg);
	if (write(port_fd, &o->port, sizeof o->port) != (ssize_t)sizeof o->port)
		abort();
	close(port_fd);
	event_base_dispatch(base);
	_exit(0);
}

pid_t
origin_spawn(const char *address, void (*setup)(struct origin *o, void *arg), void *arg,
    unsigned *port, const struct origin_counts **counts)
{
	int fds[2];
	struct origin_counts *shared =
	    mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED || pipe(fds) != 0)
		abort();
	pid_t child = fork();
	if (child == 0) {
		close(fds[0]);
		child_run(address, setup, arg, fds[1], shared);
	}
	close(fds[1]);
	if (child < 0 || read(fds[0], port, sizeof *port) != (ssize_t)sizeof *port)
		abort();
	close(fds[0]);
	*counts = shared;
	return child;
}

void
origin_kill(pid_t child)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}
