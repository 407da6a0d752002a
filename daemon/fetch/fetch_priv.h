/*
 * fetch_priv: what the files of fetch share.
 *
 *   fetch.c    the door: slots, the end of a request, the byte budget
 *   hop.c      one HTTP exchange, from the look-up to its end; redirects
 *   easy.c     a libcurl handle: its options and callbacks
 *   loop.c     libcurl's sockets and timer on libevent
 *   headers.c  what a response's header section said, under bounds
 *   trust.c    the CA bundle, parsed once
 *   proxy.c    the option proxy
 *   hsts.c     hosts that want https alone
 *   tls.c      a word for each way in which TLS fails
 */
#ifndef NEWSD_FETCH_PRIV_H
#define NEWSD_FETCH_PRIV_H

#include <curl/curl.h>
#include <event2/event.h>
#include <event2/event_struct.h>
#include <sys/queue.h>
#include <sys/stat.h>

#include "buf.h"
#include "fetch.h"
#include "hash.h"
#include "mem.h"
#include "resolve.h"

/* headers */

/* The header section of one response; its strings live in the arena that was given. */
struct headers {
	struct arena *arena;
	int status;             /* of the last status line */
	int complete;           /* the empty line after a final status has come */
	size_t bytes, lines;    /* of all sections, so that interim answers are bounded too */
	int64_t content_length; /* -1: none */
	char *content_type, *content_encoding, *etag, *last_modified; /* NULL when absent */
	char *content_location, *link;
	char *location, *retry_after, *cache_control, *expires, *date, *length;
	char *rate_limit, *rate_remaining, *rate_reset, *mitigated;
	char *age, *hsts, *im, *vary, *robots, *tdm;
};
void headers_init(struct headers *h, struct arena *a);
/* Read one line as libcurl hands it over. ERR_LIMIT: too many or too long. */
int headers_add_line(struct headers *h, const char *line, size_t len);
int64_t headers_retry_after_s(const struct headers *h);
int64_t headers_max_age_s(const struct headers *h);
/* The gap that the server's rate limit leaves between two requests, 0: it says nothing. */
int64_t headers_pace_ms(const struct headers *h);
/* 1: a bot protection answered in the place of the site, and says so. */
int headers_is_challenge(const struct headers *h);

/* 1: the server gives partial answers to who asks for them (RFC 3229). */
int headers_offer_parts(const struct headers *h);
/* What the site says of its rights (rights.h). */
unsigned headers_rights(const struct headers *h);

/* hsts */

#define HOST_SIZE 256

struct hsts {
	struct map hosts;       /* hash of a host -> what it promised */
	fetch_promise_cb heard; /* NULL: nobody wants to know */
	void *arg;
};
/* Note what HOST said, over valid https, in a Strict-Transport-Security FIELD. */
void hsts_hear(struct hsts *h, const char *host, const char *field);
/* Note what was promised before; nobody is told. */
void hsts_restore(struct hsts *h, const struct fetch_promise *promise);
int hsts_knows(const struct hsts *h, const char *host); /* 1: it is asked by https alone */
/* URL, or in A its https form when its host wants to be asked so. */
char *hsts_upgrade(const struct hsts *h, struct arena *a, char *url);
void hsts_clear(struct hsts *h);

/* tls */

/* Name the failure CODE with a word ("tls_expired"), by what OpenSSL found wrong with the
 * certificate; *WORDS, libcurl's, may be replaced by better ones. */
const char *tls_word(CURLcode code, long verdict, const char **words);

/* trust */

struct trust {
	char *file;  /* NULL: no bundle was found */
	void *store; /* X509_STORE; NULL: libcurl reads the file by itself */
	struct timespec modified;
	off_t size;
	uint64_t *loads;
};
/* Load CA_FILE ("" or NULL: the system's bundle). ERR_NOT_FOUND, ERR_INPUT. */
int trust_open(struct trust *t, const char *ca_file, uint64_t *loads, struct fault *f);
/* Make EASY verify by this bundle. */
void trust_apply(struct trust *t, CURL *easy);
void trust_close(struct trust *t);

/* loop */

struct transfer;
TAILQ_HEAD(transfers, transfer);

/* A multi handle on the loop: one for hosts that are asked once, one that keeps connections. */
struct side {
	struct fetcher *fetcher;
	int reuse;
	CURLM *multi;
	struct event timer;
	struct transfers idle; /* slots with an easy handle to use again */
	size_t idle_len;
	struct socket_watch *spare;
	struct curl_slist *stale; /* "-host:port": what to remove from libcurl's DNS cache */
};
int side_open(struct side *s, struct fetcher *fe, int reuse);
void side_close(struct side *s);

/* proxy */

struct proxy {
	char *url; /* NULL: none */
	char *host;
	unsigned port;
};
/* Read TEXT ("" or NULL: none). ERR_INPUT. */
int proxy_read(struct proxy *p, const char *text, struct fault *f);
void proxy_clear(struct proxy *p);

/* the fetcher */

struct fetcher {
	struct event_base *base;
	size_t transfers_max, body_max;
	int64_t connect_timeout_ms, transfer_timeout_ms;
	int redirects_max;
	char *user_agent;
	struct proxy proxy;
	struct hsts hsts;
	const struct address_policy *addresses;
	struct resolver *resolver;
	struct trust trust;
	struct side once, keep;
	struct transfers active; /* oldest first */
	size_t active_len;
	struct transfers ended; /* failed before libcurl had them; told in the next turn */
	struct event *ended_event;
	struct budget budget;
	size_t paused_len;
	struct transfer *privileged; /* goes on when the budget is spent */
	int64_t privileged_bytes;    /* that it had at the last tick */
	struct event *tick;
	fetch_hop_cb may_hop; /* NULL: always */
	void *may_hop_arg;
	struct fetch_counters counters;
};

struct transfer {
	TAILQ_ENTRY(transfer) link; /* in fetcher.active or side.idle */
	TAILQ_ENTRY(transfer) ended_link;
	struct fetcher *fetcher;
	struct side *side;
	CURL *easy;
	char words[CURL_ERROR_SIZE]; /* libcurl's */

	/* the request */
	struct arena arena;
	fetch_done_cb done;
	void *arg;
	struct fetch_request request;   /* its strings are copies in the arena */
	struct proxy own_proxy, *proxy; /* the one to use: its own, or the fetcher's */
	struct curl_slist *send_first;  /* of this hop; in the arena */
	int64_t started_ms;
	uint64_t *seen; /* hashes of the URLs of all hops */
	size_t seen_len;
	int redirects, permanent;
	enum fetch_error error;
	const char *error_word, *error_text; /* a finer word, NULL: none */
	int64_t bytes;
	struct buf body;

	/* this hop */
	char *url, *host;
	unsigned port;
	int is_https;
	char *known_as; /* "-host:port", its name in libcurl's DNS cache; NULL: not there */
	struct curl_slist *resolve;
	struct headers headers;
	size_t dropped; /* bytes of a body that nobody wants */
	int in_multi;
	int stopped;     /* we ended it: the answer is complete without the rest of its body */
	int refused;     /* an address was refused, FAULT says why */
	int opened;      /* sockets */
	int asked;       /* libcurl wanted to look a name up */
	int again;       /* this hop was begun again because of that */
	int conditional; /* it was sent validators */
	int paused;
	struct event *later; /* the hop begins then; NULL: none ever had to wait */
	int64_t closed_ms;   /* its host is not to be asked for so long; with FETCH_CLOSED */
	struct fault fault;
};

/* Begin a hop to T's url. May end T (later). */
void hop_start(struct transfer *t);
/* libcurl is done with T's hop. */
void hop_done(struct transfer *t, CURLcode code);
/* Take T from libcurl and forget what belongs to the hop. */
void hop_clear(struct transfer *t);

/* easy */

/* Give T a handle, set to what is the same for all its hops. ERR_SYSTEM. */
int easy_open(struct transfer *t);
/* Set on the handle what T sends to the URL of its hop: headers, password, user agent, proxy. */
void easy_set_sent(struct transfer *t);
/* What of that must not stay for the next hop. */
void easy_forget_sent(struct transfer *t);

/* fetch */

/* End T with ERROR in words, in the loop's next turn. */
void transfer_fail(struct transfer *t, enum fetch_error error, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));
/* Tell the caller how T ended and free its slot. */
void transfer_end(struct transfer *t);
/* A, B and C joined, in T's arena (printf costs 3 % of a poll here). */
char *transfer_join(struct transfer *t, const char *a, const char *b, const char *c);
/* 1 when T may take bytes now, else it must pause. */
int transfer_may_receive(struct transfer *t);

#endif
