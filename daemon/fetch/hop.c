/*
 * fetch/hop: one HTTP exchange: look the host up, hand URL and addresses to libcurl, and at its end
 * follow the redirect or end the transfer. Owns what libcurl's DNS cache knows: each hop puts its
 * addresses there, and the next one takes them away.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "fetch_priv.h"
#include "hash.h"
#include "url.h"

#define ROBOTS_REDIRECTS_MAX 5 /* RFC 9309 2.3.1.2 */

/* begin */

/* Write the addresses of ANSWER as "address,[address]". */
static void
addresses_write(const struct resolve_answer *answer, char *out, size_t size)
{
	size_t len = 0;
	for (size_t i = 0; i < answer->count; i++) {
		char text[INET6_ADDRSTRLEN];
		const struct sockaddr_storage *ss = &answer->addresses[i];
		int is_v6 = ss->ss_family == AF_INET6;
		const void *address =
		    is_v6 ? (const void *)&((const struct sockaddr_in6 *)ss)->sin6_addr
			  : (const void *)&((const struct sockaddr_in *)ss)->sin_addr;
		inet_ntop(ss->ss_family, address, text, sizeof text);
		len += (size_t)snprintf(
		    out + len, size - len, is_v6 ? "%s[%s]" : "%s%s", i ? "," : "", text);
	}
}

/* What earlier hops left in libcurl's cache goes in the same stroke in which this hop's is added.
 */
static void
hand_over_addresses(
    struct transfer *t, const char *host, unsigned port, const struct resolve_answer *answer)
{
	struct side *s = t->side;
	char list[RESOLVE_ADDRESSES_MAX * (INET6_ADDRSTRLEN + 3)] = "", colon_port[16];
	t->resolve = s->stale;
	s->stale = NULL;
	/* RESOLVE can't name an IPv6 address; libcurl reads it by itself */
	int is_v6_literal = strchr(host, ':') != NULL;
	if (!is_v6_literal) {
		snprintf(colon_port, sizeof colon_port, ":%u", port);
		addresses_write(answer, list, sizeof list);
		t->known_as = transfer_join(t, "-", host, colon_port);
		t->resolve =
		    curl_slist_append(t->resolve, transfer_join(t, t->known_as + 1, ":", list));
	}
	curl_easy_setopt(t->easy, CURLOPT_DNS_CACHE_TIMEOUT, is_v6_literal ? 0L : -1L);
	curl_easy_setopt(t->easy, CURLOPT_RESOLVE, t->resolve);
}

/* Why a look-up that ended with STATUS gave no address. */
static const char *
look_up_words(int status)
{
	switch (status) {
	case ERR_NOT_FOUND:
		return "no such host";
	case ERR_TIMEOUT:
		return "the name servers fail or don't answer";
	case ERR_LIMIT:
		return "the name servers' answer is too long for UDP and was cut; a line of "
		       "/etc/hosts with its address helps";
	default:
		return "the name servers refuse";
	}
}

/*
 * Leave in ANSWER what newsd may connect to; 0: nothing, and T's fault says why. What is left is
 * judged again at the connect; but when libcurl finds several addresses and all of them closed, it
 * sits half of its time limit out.
 */
static size_t
keep_allowed(struct transfer *t, struct resolve_answer *answer)
{
	size_t kept = 0;
	for (size_t i = 0; i < answer->count; i++) {
		struct sockaddr_storage *ss = &answer->addresses[i];
		if (ss->ss_family == AF_INET6)
			((struct sockaddr_in6 *)ss)->sin6_port = htons((uint16_t)t->port);
		else
			((struct sockaddr_in *)ss)->sin_port = htons((uint16_t)t->port);
		if (!address_check(
			t->fetcher->addresses, t->host, (struct sockaddr *)ss, &t->fault))
			answer->addresses[kept++] = *ss;
	}
	return answer->count = kept;
}

static void
hop_connect(struct transfer *t, const struct resolve_answer *found)
{
	struct resolve_answer copy = *found, *answer = &copy;
	struct fetcher *fe = t->fetcher;
	const struct proxy *proxy = t->proxy;
	const char *host = proxy->url ? proxy->host : t->host;
	if (answer->status != 0) {
		transfer_fail(t, proxy->url ? FETCH_PROXY : FETCH_DNS, "%s: %s", host,
		    look_up_words(answer->status));
		return;
	}
	if (!proxy->url && !keep_allowed(t, answer)) {
		transfer_fail(t, FETCH_REFUSED, "%s", t->fault.text);
		return;
	}
	int64_t left_ms = t->started_ms + fe->transfer_timeout_ms - clock_mono_ms();
	if (left_ms <= 0) {
		transfer_fail(t, FETCH_TIMEOUT, "not done in %lld s",
		    (long long)fe->transfer_timeout_ms / 1000);
		return;
	}
	hand_over_addresses(t, host, proxy->url ? proxy->port : t->port, answer);
	t->words[0] = '\0';
	curl_easy_setopt(t->easy, CURLOPT_URL, t->url);
	curl_easy_setopt(t->easy, CURLOPT_TIMEOUT_MS, (long)left_ms);
	easy_set_sent(t);
	CURLMcode code = curl_multi_add_handle(t->side->multi, t->easy);
	if (code != CURLM_OK) {
		hop_clear(t);
		transfer_fail(t, FETCH_PROTOCOL, "libcurl: %s", curl_multi_strerror(code));
		return;
	}
	t->in_multi = 1;
	fe->counters.requests++;
}

static void
on_resolved(const struct resolve_answer *answer, void *arg)
{
	hop_connect(arg, answer);
}

/* RFC 6761 6.3: these names are loopback's wherever they are looked up. */
static int
is_localhost(const char *host)
{
	static const char name[] = "localhost";
	size_t len = strlen(host);
	len -= len && host[len - 1] == '.';
	if (len < sizeof name - 1 || strncmp(host + len - (sizeof name - 1), name, sizeof name - 1))
		return 0;
	return len == sizeof name - 1 || host[len - sizeof name] == '.';
}

/* Behind a proxy only what the URL itself says can be judged: its port, a numeric address, and
 * names that mean the proxy itself. */
static int
check_proxied(struct transfer *t)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons((uint16_t)t->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons((uint16_t)t->port)};
	const struct sockaddr *sa = (struct sockaddr *)&v4;
	if (t->host[0] == '[') {
		sa = (struct sockaddr *)&v6;
		char *bare = arena_strndup(&t->arena, t->host + 1, strlen(t->host) - 2);
		if (inet_pton(AF_INET6, bare, &v6.sin6_addr) != 1)
			return fault_set(&t->fault, ERR_DENIED, "%s is no address", t->host);
	} else if (inet_pton(AF_INET, t->host, &v4.sin_addr) != 1) {
		/* else any global address: the port counts */
		v4.sin_addr.s_addr = htonl(is_localhost(t->host) ? INADDR_LOOPBACK : 0x08080808);
	}
	return address_check(t->fetcher->addresses, t->host, sa, &t->fault);
}

void
hop_start(struct transfer *t)
{
	struct fetcher *fe = t->fetcher;
	struct url_parts parts;
	struct resolve_answer now;
	char host[HOST_SIZE];
	if (url_split(t->url, &parts) != 0 || url_host(t->url, host, sizeof host) != 0) {
		transfer_fail(t, FETCH_REFUSED, "not a URL that can be fetched");
		return;
	}
	t->host = arena_strdup(&t->arena, host);
	t->port = parts.port;
	t->is_https = parts.is_https;
	headers_init(&t->headers, &t->arena);
	*ARENA_PUSH(&t->arena, t->seen, t->seen_len) = hash64_str(t->url);
	if (t->proxy->url && check_proxied(t) != 0) {
		transfer_fail(t, FETCH_REFUSED, "%s", t->fault.text);
		return;
	}
	if (resolve_lookup(
		fe->resolver, t->proxy->url ? t->proxy->host : host, &now, on_resolved, t))
		hop_connect(t, &now);
	fe->counters.dns_lookups = resolve_queries(fe->resolver);
}

void
hop_clear(struct transfer *t)
{
	struct fetcher *fe = t->fetcher;
	if (t->later)
		event_del(t->later);
	if (t->in_multi)
		curl_multi_remove_handle(t->side->multi, t->easy);
	t->in_multi = 0;
	fe->paused_len -= (size_t)t->paused;
	t->paused = 0;
	if (t->known_as) {
		struct curl_slist *node = curl_slist_append(NULL, t->known_as);
		node->next = t->side->stale;
		t->side->stale = node;
	}
	t->known_as = NULL;
	curl_easy_setopt(t->easy, CURLOPT_RESOLVE, NULL);
	easy_forget_sent(t);
	curl_slist_free_all(t->resolve);
	t->resolve = NULL;
	t->dropped = 0;
	t->stopped = t->refused = t->opened = t->asked = 0;
}

/* end */

static int
status_redirects(int status)
{
	return status == 301 || status == 302 || status == 303 || status == 307 || status == 308;
}

static int
seen_before(const struct transfer *t, const char *url)
{
	uint64_t hash = hash64_str(url);
	for (size_t i = 0; i < t->seen_len; i++)
		if (t->seen[i] == hash)
			return 1;
	return 0;
}

static void
on_later(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	hop_start(arg);
}

/* After how many ms NEXT may be asked, where T's host has sent it. */
static int64_t
wait_for_host(const struct transfer *t, const char *next)
{
	const struct fetcher *fe = t->fetcher;
	char here[HOST_SIZE], there[HOST_SIZE];
	if (!fe->may_hop || url_authority(t->url, here, sizeof here) != 0 ||
	    url_authority(next, there, sizeof there) != 0 || !strcmp(here, there))
		return 0;
	return fe->may_hop(next, fe->may_hop_arg);
}

/* Go on to NEXT, as soon as its host may be asked. */
static void
hop_go_on(struct transfer *t, char *next)
{
	int64_t wait_ms = wait_for_host(t, next);
	struct timeval tv = {(time_t)(wait_ms / 1000), (suseconds_t)(wait_ms % 1000 * 1000)};
	t->url = next;
	t->again = 0;
	if (wait_ms > FETCH_HOP_WAIT_MS) {
		t->closed_ms = wait_ms;
		transfer_fail(t, FETCH_CLOSED,
		    "redirected to %.200s, whose host is not to be asked for %lld s", next,
		    (long long)(wait_ms + 999) / 1000);
	} else if (wait_ms > 0) {
		if (!t->later)
			t->later = evtimer_new(t->fetcher->base, on_later, t);
		evtimer_add(t->later, &tv);
	} else {
		hop_start(t);
	}
}

static void
hop_follow(struct transfer *t)
{
	struct fetcher *fe = t->fetcher;
	int status = t->headers.status;
	const char *location = t->headers.location;
	char *target = location ? url_resolve(&t->arena, t->url, location) : NULL;
	char *next = target ? url_fetch_form(&t->arena, target) : NULL;
	int most = t->request.kind == FETCH_ROBOTS ? ROBOTS_REDIRECTS_MAX : fe->redirects_max;
	if (next)
		next = hsts_upgrade(&fe->hsts, &t->arena, next);
	if (!target) {
		transfer_fail(t, FETCH_REDIRECTS, "status %d without a usable Location", status);
	} else if (!next) {
		transfer_fail(t, url_is_web(target) < 0 ? FETCH_REFUSED : FETCH_REDIRECTS,
		    "redirected to %.200s, which is no http or https URL", target);
	} else if (t->redirects >= most) {
		transfer_fail(t, FETCH_REDIRECTS, "more than %d redirects", most);
	} else if (seen_before(t, next)) {
		transfer_fail(t, FETCH_REDIRECTS, "redirected in a loop, back to %.200s", next);
	} else {
		int lasting =
		    (status == 301 || status == 308) && !(t->is_https && url_is_web(next) == 0);
		t->permanent = lasting && (t->permanent || t->redirects == 0);
		t->redirects++;
		fe->counters.redirects++;
		hop_go_on(t, next);
	}
}

static const struct {
	CURLcode code;
	enum fetch_error error;
	const char *words; /* NULL: libcurl's own */
} failures[] = {
    {CURLE_OK, FETCH_PROTOCOL, "the answer has no status"},
    {CURLE_COULDNT_RESOLVE_HOST, FETCH_DNS, NULL},
    {CURLE_COULDNT_RESOLVE_PROXY, FETCH_PROXY, NULL},
    {CURLE_PROXY, FETCH_PROXY, NULL},
    {CURLE_COULDNT_CONNECT, FETCH_CONNECT, NULL},
    {CURLE_INTERFACE_FAILED, FETCH_CONNECT, NULL},
    {CURLE_OPERATION_TIMEDOUT, FETCH_TIMEOUT, NULL},
    {CURLE_SSL_CONNECT_ERROR, FETCH_TLS, NULL},
    {CURLE_PEER_FAILED_VERIFICATION, FETCH_TLS, NULL},
    {CURLE_SSL_CERTPROBLEM, FETCH_TLS, NULL},
    {CURLE_SSL_CIPHER, FETCH_TLS, NULL},
    {CURLE_SSL_CACERT_BADFILE, FETCH_TLS, NULL},
    {CURLE_SSL_ISSUER_ERROR, FETCH_TLS, NULL},
    {CURLE_SSL_INVALIDCERTSTATUS, FETCH_TLS, NULL},
    {CURLE_UNSUPPORTED_PROTOCOL, FETCH_PROTOCOL, "the answer is no HTTP"},
    {CURLE_GOT_NOTHING, FETCH_PROTOCOL, "the connection was closed without an answer"},
};

static enum fetch_error
failure_of(CURLcode code, const char **words)
{
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].code == code) {
			*words = failures[i].words ? failures[i].words : *words;
			return failures[i].error;
		}
	return FETCH_PROTOCOL;
}

static void
hop_failed(struct transfer *t, CURLcode code, long connect_status)
{
	const char *words = t->words[0] ? t->words : curl_easy_strerror(code);
	enum fetch_error error = failure_of(code, &words);
	int proxied = t->proxy->url != NULL;
	long verdict = 0;
	if (t->error != FETCH_OK)
		error = t->error, words = t->error_text;
	else if (t->refused && !t->opened)
		error = FETCH_REFUSED, words = t->fault.text;
	else if (proxied && (error == FETCH_CONNECT || connect_status >= 300))
		error = FETCH_PROXY;
	else if (t->paused && error == FETCH_TIMEOUT)
		words = "held back by the byte budget until its time was up";
	if (error == FETCH_TLS) {
		curl_easy_getinfo(t->easy, CURLINFO_SSL_VERIFYRESULT, &verdict);
		t->error_word = tls_word(code, verdict, &words);
	}
	t->error = error;
	t->error_text = arena_strdup(&t->arena, words);
}

static int
speaks_nonsense(CURLcode code)
{
	return code == CURLE_UNSUPPORTED_PROTOCOL || code == CURLE_WEIRD_SERVER_REPLY ||
	       code == CURLE_GOT_NOTHING || code == CURLE_RECV_ERROR || code == CURLE_SEND_ERROR;
}

void
hop_done(struct transfer *t, CURLcode code)
{
	long connect_status = 0;
	if (t->proxy->url)
		curl_easy_getinfo(t->easy, CURLINFO_HTTP_CONNECTCODE, &connect_status);
	int answered = t->headers.complete && (code == CURLE_OK || t->stopped);
	int is_stale = !t->opened && !t->headers.complete && speaks_nonsense(code);
	if (!answered && (t->asked || is_stale) && !t->again) {
		/* a connection died before its answer, and meanwhile another hop to this host
		 * took the addresses away with it; or one that was kept still held the rest of
		 * another answer */
		hop_clear(t);
		t->again = 1;
		t->seen_len--;
		hop_start(t);
		return;
	}
	if (!answered)
		hop_failed(t, code, connect_status);
	else if (t->is_https && t->headers.hsts)
		hsts_hear(&t->fetcher->hsts, t->host, t->headers.hsts);
	hop_clear(t);
	int is_final = t->request.form && t->headers.status == 303;
	if (t->error == FETCH_OK && status_redirects(t->headers.status) && !is_final) {
		hop_follow(t);
		return;
	}
	if (t->error == FETCH_OK && t->headers.status == 407 && t->proxy->url) {
		t->error = FETCH_PROXY;
		t->error_text = "the proxy asks for a password (407)";
	}
	transfer_end(t);
}
