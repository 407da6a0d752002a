/* origin_h2: see tests/origin_h2.h. */
#include "origin_h2.h"

#include <arpa/inet.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/bufferevent_ssl.h>
#include <event2/listener.h>
#include <openssl/ssl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>

#define PREFACE    24 /* RFC 9113 3.4 */
#define FRAME_HEAD 9  /* 4.1: length, type, flags, stream */

enum frame_type { DATA, HEADERS, PRIORITY, RST_STREAM, SETTINGS, PUSH_PROMISE, PING, GOAWAY };
#define END_STREAM  0x1
#define ACK         0x1
#define END_HEADERS 0x4
#define STATUS_200  "\x88" /* RFC 7541, Appendix A: 8 */

struct h2_conn {
	LIST_ENTRY(h2_conn) link;
	struct h2_origin *origin;
	struct bufferevent *bev;
	unsigned number, requests;
	int greeted, closing;
};

struct h2_origin {
	struct event_base *base;
	struct evconnlistener *listener;
	SSL_CTX *tls;
	unsigned port, connections;
	LIST_HEAD(, h2_conn) conns;
	h2_request_cb on_request;
	void *arg;
};

static void *
must(void *p)
{
	if (!p)
		abort();
	return p;
}

static void
frame_send(struct h2_conn *c, enum frame_type type, uint8_t flags, uint32_t stream,
    const void *payload, size_t len)
{
	const uint8_t head[FRAME_HEAD] = {(uint8_t)(len >> 16), (uint8_t)(len >> 8), (uint8_t)len,
	    (uint8_t)type, flags, (uint8_t)(stream >> 24), (uint8_t)(stream >> 16),
	    (uint8_t)(stream >> 8), (uint8_t)stream};
	bufferevent_write(c->bev, head, sizeof head);
	bufferevent_write(c->bev, payload, len);
}

void
h2_send_head(struct h2_conn *c, uint32_t stream)
{
	frame_send(c, HEADERS, END_HEADERS, stream, STATUS_200, 1);
}

void
h2_send_data(struct h2_conn *c, uint32_t stream, const char *text, int end)
{
	frame_send(c, DATA, end ? END_STREAM : 0, stream, text, strlen(text));
}

void
h2_send_reset(struct h2_conn *c, uint32_t stream, uint32_t error)
{
	uint32_t word = htonl(error);
	frame_send(c, RST_STREAM, 0, stream, &word, sizeof word);
}

void
h2_send_goaway(struct h2_conn *c, uint32_t last_stream, uint32_t error)
{
	uint32_t words[2] = {htonl(last_stream), htonl(error)};
	frame_send(c, GOAWAY, 0, 0, words, sizeof words);
}

static void
conn_free(struct h2_conn *c)
{
	LIST_REMOVE(c, link);
	bufferevent_free(c->bev);
	free(c);
}

void
h2_close(struct h2_conn *c)
{
	c->closing = 1;
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct h2_conn *c = arg;
	if (c->closing && !evbuffer_get_length(bufferevent_get_output(bev)))
		conn_free(c);
}

static void
frame_take(struct h2_conn *c, const uint8_t *frame, size_t len)
{
	const uint8_t *payload = frame + FRAME_HEAD;
	uint32_t stream;
	memcpy(&stream, frame + 5, sizeof stream);
	stream = ntohl(stream) & 0x7fffffff;
	if (frame[3] == SETTINGS && !(frame[4] & ACK))
		frame_send(c, SETTINGS, ACK, 0, "", 0);
	else if (frame[3] == PING && !(frame[4] & ACK))
		frame_send(c, PING, ACK, 0, payload, len - FRAME_HEAD);
	if (frame[3] != HEADERS)
		return;
	if (!(frame[4] & END_STREAM) || !(frame[4] & END_HEADERS))
		abort(); /* a GET has no body, and ours have few fields */
	c->requests++;
	c->origin->on_request(c, stream, c->origin->arg);
}

static void
on_read(struct bufferevent *bev, void *arg)
{
	struct h2_conn *c = arg;
	struct evbuffer *in = bufferevent_get_input(bev);
	if (!c->greeted && evbuffer_get_length(in) >= PREFACE) {
		evbuffer_drain(in, PREFACE);
		frame_send(c, SETTINGS, 0, 0, "", 0);
		c->greeted = 1;
	}
	while (c->greeted && !c->closing && evbuffer_get_length(in) >= FRAME_HEAD) {
		uint8_t head[FRAME_HEAD];
		evbuffer_copyout(in, head, sizeof head);
		size_t len = FRAME_HEAD + ((size_t)head[0] << 16 | (size_t)head[1] << 8 | head[2]);
		if (evbuffer_get_length(in) < len)
			return;
		frame_take(c, evbuffer_pullup(in, (ev_ssize_t)len), len);
		evbuffer_drain(in, len);
	}
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
	(void)l, (void)sa, (void)len;
	struct h2_origin *o = arg;
	struct h2_conn *c = must(calloc(1, sizeof *c));
	c->origin = o;
	c->number = ++o->connections;
	c->bev = must(bufferevent_openssl_socket_new(o->base, fd, must(SSL_new(o->tls)),
	    BUFFEREVENT_SSL_ACCEPTING, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS));
	LIST_INSERT_HEAD(&o->conns, c, link);
	bufferevent_setcb(c->bev, on_read, on_written, on_event, c);
	bufferevent_enable(c->bev, EV_READ | EV_WRITE);
}

static int
on_alpn(SSL *ssl, const unsigned char **out, unsigned char *out_len, const unsigned char *in,
    unsigned in_len, void *arg)
{
	static const unsigned char h2[] = "\x02h2";
	(void)ssl, (void)arg;
	return SSL_select_next_proto((unsigned char **)(uintptr_t)out, out_len, h2, sizeof h2 - 1,
		   in, in_len) == OPENSSL_NPN_NEGOTIATED
		   ? SSL_TLSEXT_ERR_OK
		   : SSL_TLSEXT_ERR_ALERT_FATAL;
}

struct h2_origin *
h2_new(struct event_base *base, SSL_CTX *tls, h2_request_cb on_request, void *arg)
{
	struct h2_origin *o = must(calloc(1, sizeof *o));
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof sin;
	o->base = base;
	o->tls = tls;
	o->on_request = on_request;
	o->arg = arg;
	SSL_CTX_set_alpn_select_cb(tls, on_alpn, NULL);
	o->listener = must(evconnlistener_new_bind(
	    base, on_accept, o, LEV_OPT_CLOSE_ON_FREE, -1, (struct sockaddr *)&sin, (int)len));
	if (getsockname(evconnlistener_get_fd(o->listener), (struct sockaddr *)&sin, &len) != 0)
		abort();
	o->port = ntohs(sin.sin_port);
	return o;
}

void
h2_free(struct h2_origin *o)
{
	for (struct h2_conn *c; (c = LIST_FIRST(&o->conns));)
		conn_free(c);
	evconnlistener_free(o->listener);
	SSL_CTX_free(o->tls);
	free(o);
}

unsigned
h2_port(const struct h2_origin *o)
{
	return o->port;
}

unsigned
h2_connections(const struct h2_origin *o)
{
	return o->connections;
}

unsigned
h2_number(const struct h2_conn *c)
{
	return c->number;
}

unsigned
h2_requests(const struct h2_conn *c)
{
	return c->requests;
}
