/*
 * fetch: HTTP by libcurl's multi_socket on the libevent loop; the network's door. Bodies stay as
 * they were received (still compressed). Owns the curl handles, the resolver and the byte budget.
 * Follows redirects itself, so that every hop is checked; refuses addresses, ports and schemes by
 * policy at connect. Never parses a body, never asks a name server by libcurl.
 */
#ifndef NEWSD_FETCH_H
#define NEWSD_FETCH_H

#include <stdint.h>

#include "address.h"
#include "buf.h"
#include "errors.h"
#include "resolve.h"

struct event_base;

struct fetch_options {
	size_t transfers;       /* at once */
	size_t bytes_in_flight; /* budget of all bodies; past it all transfers but one pause */
	size_t body_max;        /* bytes received of one body */
	int64_t connect_timeout_s, transfer_timeout_s;
	int redirects_max;
	const char *user_agent;                 /* whole header value */
	const char *proxy;                      /* "" none; http, https, socks4 or socks5 */
	const char *ca_file;                    /* "" the system's bundle */
	const struct address_policy *addresses; /* outlives the fetcher */
	const char *resolv_conf, *hosts;        /* NULL or "": the system's */
};

enum fetch_kind { FETCH_FEED, FETCH_PAGE, FETCH_ROBOTS, FETCH_HUB };

/* What the operator says of one feed. Password and headers go to the origin of URL alone, never to
 * where it redirects. NULL: nothing of it. */
struct fetch_own {
	const char *url;
	const char *auth;           /* "user:password" or "bearer TOKEN" */
	const char *const *headers; /* "Name: value" */
	size_t headers_len;
	const char *proxy, *user_agent; /* instead of the general ones */
};

struct fetch_request {
	const char *url;                  /* form to fetch */
	enum fetch_kind kind;             /* chooses Accept */
	const char *etag, *last_modified; /* sent as they are; NULL none */
	uint64_t validators_of; /* hash of the URL that gave them, they are sent there alone; 0: not
				   known, sent to all */
	int wants_part; /* ask for the new entries only (RFC 3229 "feed"), if there is an etag */
	const struct fetch_own *own; /* NULL: none */
	const char *form; /* posted, as application/x-www-form-urlencoded, also after a redirect
			     (not 303); NULL: a GET */
	int reuse;        /* 1: more requests to this host are near: keep the connection */
};

enum fetch_error {
	FETCH_OK, /* an HTTP answer arrived whole; see status */
	FETCH_DNS,
	FETCH_CONNECT,
	FETCH_TLS,
	FETCH_TIMEOUT,
	FETCH_PROTOCOL, /* no HTTP, or a broken or truncated answer */
	FETCH_TOO_BIG,
	FETCH_REFUSED,   /* address, port or scheme forbidden by policy */
	FETCH_REDIRECTS, /* too many, a loop, or to nowhere */
	FETCH_PROXY,     /* the proxy failed or refused */
	FETCH_CLOSED,    /* redirected to a host that is not to be asked now; see retry_after_s */
	FETCH_ERROR_COUNT
};
/* Name E with a stable lower-case word ("too_big"). */
const char *fetch_error_name(enum fetch_error e);
/* 1: trying again later may help. */
int fetch_error_is_transient(enum fetch_error e);

struct fetch_result {
	enum fetch_error error;
	const char *error_word; /* finer than the error's name ("tls_expired"), or that */
	const char *error_text; /* in words, "" when FETCH_OK */
	int status;             /* HTTP status of the last hop, 0 none */
	const char *final_url;  /* after redirects */
	int redirects,
	    permanent; /* number of hops; 1: all were 301 or 308, none from https to http */
	const char *content_type, *content_encoding; /* "" when absent */
	const char *content_location, *link;         /* the same; several Links joined */
	const char *etag, *last_modified;            /* NULL when absent */
	int64_t retry_after_s; /* -1: none; of FETCH_CLOSED: when the host may be asked */
	int64_t max_age_s;     /* Cache-Control max-age, else Expires - Date; -1: none */
	int64_t pace_ms; /* what the server's rate limit leaves between two requests; 0: unknown */
	int challenge;   /* 1: a bot protection stands before the site */
	int conditional; /* 1: the last hop was sent validators */
	uint64_t final_hash; /* hash64_str(final_url): validators_of of the next request */
	int offers_parts;    /* 1: the server understands wants_part */
	unsigned rights;     /* what the headers say: bits of rights.h */
	struct buf body;     /* of a 2xx only; the callee may buf_move it away */
	int64_t bytes;       /* received over the wire in bodies */
	int64_t duration_ms;
};

/* RESULT is valid within the call only. Never called from within fetch_start. */
typedef void (*fetch_done_cb)(struct fetch_result *result, void *arg);

/* A host wants to be asked by https alone (RFC 6797). */
struct fetch_promise {
	const char *host;
	int64_t left_s; /* for so long from now on; 0: it takes that back */
	int subdomains; /* 1: its subdomains, too */
};
typedef void (*fetch_promise_cb)(const struct fetch_promise *promise, void *arg);

/* A redirect leads to URL on another host: after how many ms that may be asked. What is more than
 * FETCH_HOP_WAIT_MS is not waited for. */
#define FETCH_HOP_WAIT_MS 5000
typedef int64_t (*fetch_hop_cb)(const char *url, void *arg);

/* The door: the real fetcher and the tests' fake both look like this. */
struct fetch_door {
	/* Start REQUEST (copied). DONE is called once. There must be room. */
	void (*start)(
	    void *self, const struct fetch_request *request, fetch_done_cb done, void *arg);
	size_t (*active)(const void *self); /* transfers under way */
	/* Bodies or documents were freed: transfers that wait for the budget may go on. NULL: none
	 * wait. */
	void (*released)(void *self);
	/* Where is HOST (no port) asked? As resolve_lookup; ERR_NOT_FOUND also where a proxy looks
	 * it up. DONE is not called after the fetcher's end. NULL: nobody knows. */
	int (*locate)(void *self, const char *host, struct resolve_answer *now,
	    resolve_done_cb done, void *arg);
	/* Tell HEARD what is promised from now on, as far as it is worth remembering: not each time
	 * that a host says the same. NULL: nothing is. */
	void (*on_promise)(void *self, fetch_promise_cb heard, void *arg);
	/* Take up what was promised before. NULL as above. */
	void (*restore)(void *self, const struct fetch_promise *promise);
	/* Ask MAY before a redirect to another host is followed. NULL: all are. */
	void (*on_hop)(void *self, fetch_hop_cb may, void *arg);
	struct budget *budget; /* shared by all bodies */
	void *self;
};

struct fetch_counters {
	uint64_t requests;    /* hops sent, redirects included */
	uint64_t redirects;   /* followed */
	uint64_t connections; /* sockets opened */
	uint64_t bytes;       /* of bodies */
	uint64_t dns_lookups; /* questions to name servers */
	uint64_t ca_loads;    /* times that the CA bundle was parsed */
	uint64_t pauses;      /* transfers held back by the byte budget */
};

struct fetcher;
/*
 * Set *OUT to a fetcher on BASE. ERR_INPUT (proxy), ERR_NOT_FOUND or ERR_INPUT (ca_file),
 * ERR_SYSTEM, ERR_UNSUPPORTED (libcurl too old), with F in words. Parses the CA bundle (20 ms):
 * call it before the loop runs. The process must ignore SIGPIPE (TLS writes raise it).
 */
int fetch_new(
    struct fetcher **out, struct event_base *base, const struct fetch_options *o, struct fault *f);
struct fetch_door fetch_door(struct fetcher *fe);
const struct fetch_counters *fetch_counters(const struct fetcher *fe);
/* The bundle of CA certificates that is trusted where the option ca_file names none; NULL: there is
 * none to be found. */
const char *fetch_ca_bundle(void);
/* Cancel what is under way, without calling back; nothing may be started any more. Not from within
 * a fetch_done_cb. */
void fetch_stop(struct fetcher *fe);
/* Stop and free. Bodies that were moved away must be cleared before: they are charged to this
 * fetcher's budget. */
void fetch_free(struct fetcher *fe);

#endif
