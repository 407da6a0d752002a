/*
 * origin: a scriptable HTTP/1.1 origin on loopback, with all the bad manners that one meets. On the
 * caller's loop, or in a child process for tests of a whole daemon. Also serves as a bad proxy.
 * For tests only: it trusts its caller, and aborts when it can't do what it was told.
 */
#ifndef NEWSD_TESTS_ORIGIN_H
#define NEWSD_TESTS_ORIGIN_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

struct event_base;
struct origin;
struct ssl_ctx_st;

enum origin_act {
	ORIGIN_WHOLE,             /* with Content-Length, keeps the connection */
	ORIGIN_CHUNKED,           /* in chunks, keeps the connection */
	ORIGIN_UNTIL_CLOSE,       /* no length: the end is the end of the connection */
	ORIGIN_TRUNCATED,         /* Content-Length of all, half of it, closed */
	ORIGIN_CHUNKED_TRUNCATED, /* a chunk begun, then closed */
	ORIGIN_ENDLESS,           /* chunks without end */
	ORIGIN_DRIP,              /* a byte of the body every drip_ms */
	ORIGIN_DRIP_HEADERS,      /* a byte of the header section every drip_ms, without end */
	ORIGIN_HANG,              /* takes the request, says nothing */
	ORIGIN_CLOSE,             /* closes without a byte */
	ORIGIN_CLOSE_IN_HEADERS,  /* closes in the middle of a header line */
	ORIGIN_RAW,               /* sends the body as it is, as the whole answer, and closes */
	ORIGIN_RAW_KEEP,          /* the same, keeps the connection */
	ORIGIN_RAW_DRIP,          /* the same, then a byte every drip_ms, without end */
	ORIGIN_RESET,             /* Content-Length of all, half of it, then a reset */
};

struct origin_reply {
	int status;          /* 0: 200 */
	const char *headers; /* more header lines, each with CR LF */
	const void *body;    /* NULL: SIZE bytes are made up */
	size_t size;
	enum origin_act act;
	int gzip;                         /* compress BODY and say so */
	const char *etag, *last_modified; /* sent; a request that names one of them gets 304 */
	int drip_ms;                      /* 0: 10 */
};

struct origin_request {
	const char *method, *target, *host; /* as sent; host without port */
	const char *head;                   /* the whole header section */
	const char *body;                   /* of a request with Content-Length; else "" */
};
/* Copy the value of header NAME of HEAD into OUT; NULL when it has none, else OUT. */
const char *origin_header(const char *head, const char *name, char *out, size_t size);

/* Fill REPLY, which is zeroed but for status 404 where no page fits. */
typedef void (*origin_answer_cb)(
    const struct origin_request *request, struct origin_reply *reply, void *arg);

struct origin_counts {
	uint64_t connections, requests, not_modified;
	uint64_t busy, most; /* requests that are being answered: now, and most at once */
};

/* Listen on ADDRESS (NULL: 127.0.0.1) and PORT (0: any); with TLS when that is not NULL (consumed).
 */
struct origin *
origin_new(struct event_base *base, const char *address, unsigned port, struct ssl_ctx_st *tls);
void origin_free(struct origin *o);
unsigned origin_port(const struct origin *o);
/* A port of 127.0.0.1 that nobody listens on now. */
unsigned origin_free_port(struct event_base *base);
/* Serve REPLY under PATH (with its query); what it points to must outlive the origin. */
void origin_page(struct origin *o, const char *path, struct origin_reply reply);
/* Ask ANSWER for what no page fits. */
void origin_answer(struct origin *o, origin_answer_cb answer, void *arg);
const struct origin_counts *origin_counts(const struct origin *o);
const char *origin_last_head(const struct origin *o); /* the last request, "" none */

/*
 * Run an origin in a child: SETUP is called there to add the pages. Returns the child, which ends
 * with its parent, and sets *PORT and *COUNTS (shared memory, kept until the parent exits).
 */
pid_t origin_spawn(const char *address, void (*setup)(struct origin *o, void *arg), void *arg,
    unsigned *port, const struct origin_counts **counts);
void origin_kill(pid_t child);

/*
 * A server context with a fresh certificate for NAMES ("DNS:a.test,IP:127.0.0.1"), signed by a
 * fresh CA whose certificate is written to CA_FILE in PEM.
 */
struct ssl_ctx_st *origin_tls_new(const char *ca_file, const char *names);
/* What a CRL says. */
enum origin_crl {
	ORIGIN_NO_CRL,
	ORIGIN_CRL_OF_OTHERS, /* the certificate is not in it */
	ORIGIN_CRL,           /* it is */
	ORIGIN_OLD_CRL,       /* it is, and the list is out of date */
	ORIGIN_OLD_CRL_OF_OTHERS,
	ORIGIN_STRANGE_CRL /* of another authority */
};
/* The same with something wrong. */
struct origin_tls {
	const char *names;
	long from_s, until_s;  /* valid from now on ... to; 0 0: from a day ago to a day ahead */
	int self_signed;       /* signed by nobody else; CA_FILE has another one */
	int leaves_out;        /* an intermediate certificate that it should send */
	int weak;              /* a key that is too short */
	int old;               /* TLS 1.0 at most */
	int revokes;           /* CA_FILE has a CRL of the CA, too: enum origin_crl */
	const char *only_name; /* answers no handshake for another name (SNI) */
};
struct ssl_ctx_st *origin_tls_made(const char *ca_file, const struct origin_tls *how);
/* Write the certificate and key of CTX for another server. */
void origin_tls_write(struct ssl_ctx_st *ctx, const char *cert_file, const char *key_file);

#endif
