/*
 * origin_h2: an HTTP/2 server on loopback whose every frame the test decides. It reads the frames
 * of a client (RFC 9113) but not its header fields, and answers what its script has it answer. For
 * tests only.
 */
#ifndef NEWSD_TESTS_ORIGIN_H2_H
#define NEWSD_TESTS_ORIGIN_H2_H

#include <stddef.h>
#include <stdint.h>

struct event_base;
struct ssl_ctx_st;
struct h2_origin;
struct h2_conn;

/* A request has come whole on STREAM of C. */
typedef void (*h2_request_cb)(struct h2_conn *c, uint32_t stream, void *arg);

#define H2_NO_ERROR       0 /* RFC 9113 7 */
#define H2_INTERNAL_ERROR 2
#define H2_REFUSED_STREAM 7

/* Listen on 127.0.0.1 with TLS (consumed), which offers h2 alone. */
struct h2_origin *
h2_new(struct event_base *base, struct ssl_ctx_st *tls, h2_request_cb on_request, void *arg);
void h2_free(struct h2_origin *o);
unsigned h2_port(const struct h2_origin *o);
unsigned h2_connections(const struct h2_origin *o); /* that were ever opened */
unsigned h2_number(const struct h2_conn *c);        /* 1: the first connection */
unsigned h2_requests(const struct h2_conn *c);      /* that came on it */

/* The status 200, without fields; the body that follows; END: it is the last. */
void h2_send_head(struct h2_conn *c, uint32_t stream);
void h2_send_data(struct h2_conn *c, uint32_t stream, const char *text, int end);
void h2_send_reset(struct h2_conn *c, uint32_t stream, uint32_t error);
void h2_send_goaway(struct h2_conn *c, uint32_t last_stream, uint32_t error);
/* Close when all that was sent has gone out. */
void h2_close(struct h2_conn *c);

#endif
