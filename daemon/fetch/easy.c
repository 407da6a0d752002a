/*
 * fetch/easy: a libcurl handle: the options that all hops share, the headers that are sent, and the
 * callbacks that take header lines and body under bounds and judge addresses. libcurl never looks a
 * name up (RESOLVER_START refuses), never follows, never decodes, never keeps a cookie.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <openssl/evp.h>
#include <string.h>
#include <strings.h>

#include "fetch_priv.h"
#include "hash.h"
#include "url.h"

#define DISCARD_MAX                                                                                \
	(16u << 10) /* bytes of a body that nobody wants, before the connection is cut */
#define ROOM_MAX      (256u << 10) /* made at once for a body that is announced */
#define SLOW_BYTES_S  50L          /* slower than this for SLOW_S is given up */
#define SLOW_S        20L
#define EYEBALLS_MS   300L /* start of the second family's connect; RFC 8305 8 recommends 250 */
#define VALIDATOR_MAX 1024
#define OWN_MAX       8192

/* Lists as libcurl reads them, shared by all transfers and never written. */
static char accept_encoding[] = "Accept-Encoding: gzip, br, zstd";
static char accept_feed[] =
    "Accept: application/atom+xml, application/rss+xml, application/feed+json, "
    "application/rdf+xml;q=0.9, application/xml;q=0.9, text/xml;q=0.9, "
    "application/json;q=0.8, */*;q=0.5";
static char accept_page[] = "Accept: text/html, application/xhtml+xml;q=0.9, */*;q=0.5";
static char accept_robots[] = "Accept: text/plain, */*;q=0.5";
static char accept_hub[] = "Accept: */*";
static char im_feed[] = "A-IM: feed";
static char no_expect[] = "Expect:"; /* a form is small: it is sent at once */
static struct curl_slist encoding_header = {accept_encoding, NULL};
static struct curl_slist no_expect_header = {no_expect, &encoding_header};
static struct curl_slist accept_headers[] = {
    [FETCH_FEED] = {accept_feed, &encoding_header},
    [FETCH_PAGE] = {accept_page, &encoding_header},
    [FETCH_ROBOTS] = {accept_robots, &encoding_header},
    [FETCH_HUB] = {accept_hub, &no_expect_header},
};

/* callbacks of libcurl: none of them may call it */

static size_t
on_header(char *line, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	size_t len = size * count;
	struct headers *h = &t->headers;
	int was_complete = h->complete;
	if (headers_add_line(h, line, len) != 0) {
		t->error = FETCH_PROTOCOL;
		t->error_text = "too many or too long header lines";
		return 0;
	}
	if (!h->complete || was_complete)
		return len;
	if (h->status / 100 != 2) { /* nobody wants the body; a 304 has none */
		/* one that announces a body may send it, too: it would be taken for the next answer
		 */
		t->stopped = h->content_length > (h->status == 304 ? 0 : DISCARD_MAX);
		return t->stopped ? 0 : len;
	}
	if (h->content_length > 0 && (uint64_t)h->content_length > t->fetcher->body_max) {
		t->error = FETCH_TOO_BIG;
		t->error_text =
		    arena_printf(&t->arena, "%lld bytes are announced, over the limit of %zu",
			(long long)h->content_length, t->fetcher->body_max);
		return 0;
	}
	return len;
}

/* Growing step by step copies a page twice over. Not for who promises much, nor when room is dear.
 */
static void
make_room(struct transfer *t)
{
	int64_t announced = t->headers.content_length;
	const struct budget *budget = &t->fetcher->budget;
	if (announced > 0 && announced <= ROOM_MAX && budget->used < budget->max / 2)
		buf_reserve(&t->body, (size_t)announced);
}

static size_t
on_body(char *data, size_t size, size_t count, void *arg)
{
	struct transfer *t = arg;
	struct fetcher *fe = t->fetcher;
	size_t len = size * count;
	if (t->headers.status / 100 != 2) {
		t->dropped += len;
		t->stopped = t->dropped > DISCARD_MAX;
		t->bytes += (int64_t)len;
		return t->stopped ? 0 : len;
	}
	if (len > fe->body_max - t->body.len) {
		t->error = FETCH_TOO_BIG;
		t->error_text = arena_printf(
		    &t->arena, "the body is over the limit of %zu bytes", fe->body_max);
		return 0;
	}
	if (!transfer_may_receive(t))
		return CURL_WRITEFUNC_PAUSE;
	t->bytes += (int64_t)len;
	if (!t->body.len)
		make_room(t);
	return buf_add(&t->body, data, len) == 0 ? len : 0;
}

static int
check_address(struct transfer *t, const struct sockaddr *sa)
{
	if (t->proxy->url || address_check(t->fetcher->addresses, t->host, sa, &t->fault) == 0)
		return 0;
	t->refused = 1;
	return ERR_DENIED;
}

static curl_socket_t
on_open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *address)
{
	(void)purpose;
	struct transfer *t = arg;
	if (check_address(t, &address->addr) != 0)
		return CURL_SOCKET_BAD;
	t->opened++;
	t->fetcher->counters.connections++;
	return socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
}

/* A connection that is used again was opened for another transfer: its address is judged again. */
static int
on_connection_ready(void *arg, char *ip, char *local_ip, int port, int local_port)
{
	(void)local_ip;
	(void)local_port;
	struct transfer *t = arg;
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port)};
	const struct sockaddr *sa = (struct sockaddr *)&v4;
	if (t->opened)
		return CURL_PREREQFUNC_OK;
	if (inet_pton(AF_INET, ip, &v4.sin_addr) != 1) {
		sa = (struct sockaddr *)&v6;
		if (inet_pton(AF_INET6, ip, &v6.sin6_addr) != 1)
			return CURL_PREREQFUNC_ABORT;
	}
	return check_address(t, sa) == 0 ? CURL_PREREQFUNC_OK : CURL_PREREQFUNC_ABORT;
}

/* Called before any look-up, also of a numeric address (which libcurl may do: it asks nobody). */
static int
on_curl_resolves(void *resolver, void *reserved, void *arg)
{
	(void)resolver;
	(void)reserved;
	struct transfer *t = arg;
	if (!t->known_as)
		return 0;
	t->asked = 1;
	return 1;
}

static void
set_callbacks(CURL *easy, struct transfer *t)
{
	curl_easy_setopt(easy, CURLOPT_PRIVATE, t);
	curl_easy_setopt(easy, CURLOPT_ERRORBUFFER, t->words);
	curl_easy_setopt(easy, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(easy, CURLOPT_HEADERDATA, t);
	curl_easy_setopt(easy, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(easy, CURLOPT_WRITEDATA, t);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETFUNCTION, on_open_socket);
	curl_easy_setopt(easy, CURLOPT_OPENSOCKETDATA, t);
	curl_easy_setopt(easy, CURLOPT_PREREQFUNCTION, on_connection_ready);
	curl_easy_setopt(easy, CURLOPT_PREREQDATA, t);
	curl_easy_setopt(easy, CURLOPT_RESOLVER_START_FUNCTION, on_curl_resolves);
	curl_easy_setopt(easy, CURLOPT_RESOLVER_START_DATA, t);
}

int
easy_open(struct transfer *t)
{
	const struct fetcher *fe = t->fetcher;
	CURL *easy = t->easy = curl_easy_init();
	if (!easy)
		return ERR_SYSTEM;
	set_callbacks(easy, t);
	curl_easy_setopt(easy, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(easy, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(easy, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(easy, CURLOPT_TCP_NODELAY, 1L);
	curl_easy_setopt(easy, CURLOPT_HTTP_CONTENT_DECODING, 0L);
	curl_easy_setopt(easy, CURLOPT_SUPPRESS_CONNECT_HEADERS, 1L);
	curl_easy_setopt(easy, CURLOPT_USERAGENT, fe->user_agent);
	curl_easy_setopt(
	    easy, CURLOPT_PROXY, fe->proxy.url ? fe->proxy.url : ""); /* not http_proxy */
	curl_easy_setopt(easy, CURLOPT_NOPROXY, "");
	curl_easy_setopt(easy, CURLOPT_CONNECTTIMEOUT_MS, (long)fe->connect_timeout_ms);
	curl_easy_setopt(easy, CURLOPT_HAPPY_EYEBALLS_TIMEOUT_MS, EYEBALLS_MS);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_LIMIT, SLOW_BYTES_S);
	curl_easy_setopt(easy, CURLOPT_LOW_SPEED_TIME, SLOW_S);
	/* -1 also spares the walk over the whole cache after each transfer */
	curl_easy_setopt(easy, CURLOPT_DNS_CACHE_TIMEOUT, -1L);
	/* RFC 8996: older ones are not to be spoken, whatever the system's OpenSSL allows */
	curl_easy_setopt(easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	/* HTTP/2 for a single document costs three times HTTP/1.1 (measured) */
	curl_easy_setopt(easy, CURLOPT_HTTP_VERSION,
	    t->side->reuse ? (long)CURL_HTTP_VERSION_2TLS : (long)CURL_HTTP_VERSION_1_1);
	curl_easy_setopt(easy, CURLOPT_FORBID_REUSE, t->side->reuse ? 0L : 1L);
	/* a session is 5 KB, and this handle won't meet that host again soon */
	curl_easy_setopt(easy, CURLOPT_SSL_SESSIONID_CACHE, t->side->reuse ? 1L : 0L);
	trust_apply(&t->fetcher->trust, easy);
	return 0;
}

/* ---- what is sent ---- */

/* What can't be a header value (RFC 9110 5.5) is not sent. */
static int
value_is_sane(const char *value, size_t max)
{
	size_t len = value ? strlen(value) : 0;
	for (size_t i = 0; i < len; i++)
		if ((unsigned char)value[i] < ' ' || value[i] == 0x7f)
			return 0;
	return len > 0 && len <= max;
}

static void
send_line(struct transfer *t, char *line)
{
	struct curl_slist *node = arena_alloc(&t->arena, sizeof *node);
	*node = (struct curl_slist){line, t->send_first};
	t->send_first = node;
}

static void
send_add(struct transfer *t, const char *name, const char *value, size_t max)
{
	if (value_is_sane(value, max))
		send_line(t, transfer_join(t, name, ": ", value));
}

/* The value of Authorization: RFC 6750 2.1 or RFC 7617 2. */
static char *
authorization(struct transfer *t, const char *auth)
{
	static const char bearer[] = "bearer ";
	if (strncasecmp(auth, bearer, sizeof bearer - 1) == 0)
		return transfer_join(t, "Bearer ", auth + sizeof bearer - 1, "");
	size_t len = strlen(auth);
	unsigned char *packed = arena_alloc(&t->arena, len / 3 * 4 + 5);
	EVP_EncodeBlock(packed, (const unsigned char *)auth, (int)len);
	return transfer_join(t, "Basic ", (const char *)packed, "");
}

/* Is the URL of this hop of the origin that OWN was said of? */
static int
is_own_origin(const struct transfer *t, const struct fetch_own *own)
{
	char ours[HOST_SIZE];
	struct url_parts parts;
	if (url_split(own->url, &parts) != 0 || url_host(own->url, ours, sizeof ours) != 0 ||
	    strcmp(ours, t->host) != 0)
		return 0;
	/* a host that wants https alone is the same one by https */
	return (parts.port == t->port && parts.is_https == t->is_https) ||
	       (t->is_https && !parts.is_https && hsts_knows(&t->fetcher->hsts, ours) &&
		   t->port == (parts.port == 80 ? 443 : parts.port));
}

void
easy_set_sent(struct transfer *t)
{
	const struct fetch_request *rq = &t->request;
	const struct fetch_own *own = rq->own;
	t->send_first = &accept_headers[rq->kind];
	t->conditional = 0;
	if (!rq->validators_of || rq->validators_of == hash64_str(t->url)) {
		struct curl_slist *before = t->send_first;
		send_add(t, "If-Modified-Since", rq->last_modified, VALIDATOR_MAX);
		struct curl_slist *without_etag = t->send_first;
		send_add(t, "If-None-Match", rq->etag, VALIDATOR_MAX);
		t->conditional = t->send_first != before;
		if (rq->wants_part && t->send_first != without_etag)
			send_line(t, im_feed);
	}
	if (own) {
		send_add(t, "User-Agent", own->user_agent, OWN_MAX);
		int is_own = is_own_origin(t, own);
		if (is_own && own->auth)
			send_add(t, "Authorization", authorization(t, own->auth), OWN_MAX);
		for (size_t i = 0; is_own && i < own->headers_len; i++)
			if (value_is_sane(own->headers[i], OWN_MAX))
				send_line(t, arena_strdup(&t->arena, own->headers[i]));
	}
	curl_easy_setopt(t->easy, CURLOPT_HTTPHEADER, t->send_first);
	if (t->own_proxy.url)
		curl_easy_setopt(t->easy, CURLOPT_PROXY, t->own_proxy.url);
	if (rq->form) {
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDS, rq->form);
		curl_easy_setopt(t->easy, CURLOPT_POSTFIELDSIZE, (long)strlen(rq->form));
	} else {
		curl_easy_setopt(t->easy, CURLOPT_HTTPGET, 1L);
	}
}

void
easy_forget_sent(struct transfer *t)
{
	if (!t->own_proxy.url)
		return;
	const char *general = t->fetcher->proxy.url;
	curl_easy_setopt(t->easy, CURLOPT_PROXY, general ? general : "");
}
