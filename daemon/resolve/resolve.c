/*
 * resolve: see include/resolve.h. Owns evdns, the cache of answers and the look-ups under way. An
 * entry is one name: under way (it has waiters), then ready until it expires; ready entries are
 * bounded, and the least recently used goes first.
 */
#include "resolve.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <event2/dns.h>
#include <event2/event.h>
#include <string.h>
#include <sys/queue.h>
#include <unistd.h>

#include "clock.h"
#include "resolve_priv.h"

#define CACHE_MAX 4096
#define TTL_MIN_S 30
#define TTL_MAX_S 3600
#define FAILURE_S 30
#define ROUTE_MS  300000 /* how long to believe that there is (no) IPv6 */
#define SECOND_MS                                                                                  \
	250 /* what the second family may take longer than the first; RFC 8305 3 says 50 */
#define LABEL_MAX    63    /* RFC 1035 2.3.4 */
#define INFLIGHT_MAX "512" /* evdns asks 64 at once by default and queues the rest */

struct waiter {
	STAILQ_ENTRY(waiter) link;
	resolve_done_cb done;
	void *arg;
};

/* One question to evdns. It outlives its entry: evdns calls back even after it was shut down. */
struct query {
	LIST_ENTRY(query) link;
	struct entry *entry; /* NULL: nobody waits any more */
};

struct entry {
	TAILQ_ENTRY(entry) link; /* in resolver.ready or resolver.asking */
	struct resolver *resolver;
	char *name;
	uint64_t key;
	STAILQ_HEAD(, waiter) waiters;
	unsigned pending; /* questions without an answer */
	int ready;        /* the waiters have been told */
	int failure;      /* of a family: 0 or enum error; the graver one */
	int64_t ttl_s;
	int64_t expires_ms;
	struct event
	    *second; /* runs while the second family is waited for; also: tell at once, but later */
	struct addresses addresses;
};

TAILQ_HEAD(entries, entry);

struct resolver {
	struct event_base *base;
	struct evdns_base *dns;
	struct watched servers;
	struct hosts hosts;
	struct map names; /* hash of the name -> struct entry */
	struct entries ready, asking;
	size_t ready_len;
	LIST_HEAD(, query) queries;
	uint64_t queries_sent;
	int v6_route;
	int64_t v6_checked_ms;
};

/* Connecting a datagram socket sends nothing, but asks the routing table. */
static int
route_v6_exists(void)
{
	struct sockaddr_in6 to = {.sin6_family = AF_INET6, .sin6_port = htons(53)};
	socklen_t len = sizeof to;
	inet_pton(AF_INET6, "2001:4860:4860::8888", &to.sin6_addr);
	int fd = socket(AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return 0;
	int ok = connect(fd, (struct sockaddr *)&to, sizeof to) == 0 &&
		 getsockname(fd, (struct sockaddr *)&to, &len) == 0 &&
		 (to.sin6_addr.s6_addr[0] & 0xe0) == 0x20; /* 2000::/3, RFC 4291 2.4 */
	close(fd);
	return ok;
}

static int
resolver_has_v6(struct resolver *r)
{
	int64_t now = clock_mono_ms();
	if (!r->v6_checked_ms || now - r->v6_checked_ms >= ROUTE_MS) {
		r->v6_route = route_v6_exists();
		r->v6_checked_ms = now;
	}
	return r->v6_route;
}

void
resolve_assume_v6(struct resolver *r, int route)
{
	r->v6_route = route;
	r->v6_checked_ms = INT64_MAX;
}

/* A file without a name server makes evdns ask 127.0.0.1, as resolv.conf(5) says. */
static void
servers_read(struct resolver *r)
{
	evdns_base_clear_nameservers_and_suspend(r->dns);
	evdns_base_search_clear(r->dns);
	evdns_base_resolv_conf_parse(
	    r->dns, DNS_OPTION_NAMESERVERS | DNS_OPTION_SEARCH | DNS_OPTION_MISC, r->servers.path);
	evdns_base_resume(r->dns);
}

static const char *
path_or(const char *path, const char *otherwise)
{
	return path && *path ? path : otherwise;
}

int
resolve_new_from(struct resolver **out, struct event_base *base, const char *resolv_conf,
    const char *hosts, struct fault *f)
{
	*out = NULL;
	struct evdns_base *dns = evdns_base_new(base, EVDNS_BASE_DISABLE_WHEN_INACTIVE);
	if (!dns)
		return fault_set(f, ERR_SYSTEM, "no resolver: libevent could not start evdns");
	struct resolver *r = mem_zalloc(sizeof *r);
	r->base = base;
	r->dns = dns;
	TAILQ_INIT(&r->ready);
	TAILQ_INIT(&r->asking);
	LIST_INIT(&r->queries);
	r->servers.path = mem_strdup(path_or(resolv_conf, "/etc/resolv.conf"));
	r->hosts.file.path = mem_strdup(path_or(hosts, "/etc/hosts"));
	/* glibc waits 5 s and asks twice; resolv.conf may say otherwise */
	evdns_base_set_option(dns, "timeout:", "3");
	evdns_base_set_option(dns, "attempts:", "3");
	evdns_base_set_option(dns, "max-inflight:", INFLIGHT_MAX);
	if (watched_changed(&r->servers))
		servers_read(r);
	*out = r;
	return 0;
}

static void
entry_free(struct entry *e)
{
	struct resolver *r = e->resolver;
	struct waiter *w;
	while ((w = STAILQ_FIRST(&e->waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&e->waiters, link);
		mem_free(w);
	}
	if (map_get(&r->names, e->key) == e)
		map_remove(&r->names, e->key);
	if (e->second)
		event_free(e->second);
	mem_free(e->name);
	mem_free(e);
}

/* Those whose second family is still asked for stay: there are at most as many as evdns asks at
 * once. */
static void
cache_trim(struct resolver *r)
{
	struct entry *e = TAILQ_FIRST(&r->ready), *next;
	for (; e && r->ready_len > CACHE_MAX; e = next) {
		next = TAILQ_NEXT(e, link);
		if (e->pending)
			continue;
		TAILQ_REMOVE(&r->ready, e, link);
		r->ready_len--;
		entry_free(e);
	}
}

static void
entry_set_expiry(struct entry *e)
{
	int64_t ttl = e->addresses.v4_len || e->addresses.v6_len ? e->ttl_s : FAILURE_S;
	ttl = ttl < TTL_MIN_S ? TTL_MIN_S : ttl > TTL_MAX_S ? TTL_MAX_S : ttl;
	e->expires_ms = clock_mono_ms() + ttl * 1000;
}

static void
entry_answer(const struct entry *e, struct resolve_answer *out)
{
	addresses_answer(&e->addresses, e->resolver->v6_route, out);
	if (!out->count && e->failure)
		out->status = e->failure;
}

static void
entry_tell(struct entry *e)
{
	struct resolver *r = e->resolver;
	struct resolve_answer answer;
	if (e->second)
		evtimer_del(e->second);
	e->ready = 1;
	entry_set_expiry(e);
	entry_answer(e, &answer);
	TAILQ_REMOVE(&r->asking, e, link);
	TAILQ_INSERT_TAIL(&r->ready, e, link);
	r->ready_len++;
	STAILQ_HEAD(, waiter) waiters = STAILQ_HEAD_INITIALIZER(waiters);
	STAILQ_CONCAT(&waiters, &e->waiters);
	cache_trim(r); /* E may be gone from here on */
	struct waiter *w;
	while ((w = STAILQ_FIRST(&waiters)) != NULL) {
		STAILQ_REMOVE_HEAD(&waiters, link);
		w->done(&answer, w->arg);
		mem_free(w);
	}
}

static void
on_second_late(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	entry_tell(arg);
}

static void
entry_tell_in(struct entry *e, int delay_ms)
{
	struct timeval tv = {.tv_usec = delay_ms * 1000};
	if (!e->second)
		e->second = evtimer_new(e->resolver->base, on_second_late, e);
	evtimer_add(e->second, &tv);
}

static const struct {
	int dns, error;
} failures[] = {
    {DNS_ERR_NOTEXIST, ERR_NOT_FOUND}, {DNS_ERR_NODATA, ERR_NOT_FOUND},
    {DNS_ERR_TIMEOUT, ERR_TIMEOUT},
    {DNS_ERR_TRUNCATED, ERR_LIMIT}, /* libevent 2.1 has neither EDNS nor TCP */
};

static int
failure_of(int dns)
{
	for (size_t i = 0; i < sizeof failures / sizeof *failures; i++)
		if (failures[i].dns == dns)
			return failures[i].error;
	return ERR_IO;
}

static void
entry_add(struct entry *e, int type, int count, int ttl_s, const void *list)
{
	struct addresses *a = &e->addresses;
	for (int i = 0; i < count; i++) {
		if (type == DNS_IPv4_A && a->v4_len < RESOLVE_ADDRESSES_MAX)
			a->v4[a->v4_len++] = ((const struct in_addr *)list)[i];
		else if (type == DNS_IPv6_AAAA && a->v6_len < RESOLVE_ADDRESSES_MAX)
			a->v6[a->v6_len++] = ((const struct in6_addr *)list)[i];
	}
	if (count > 0 && ttl_s < e->ttl_s)
		e->ttl_s = ttl_s;
}

static void
on_dns_answer(int result, char type, int count, int ttl_s, void *list, void *arg)
{
	struct query *q = arg;
	struct entry *e = q->entry;
	if (e)
		LIST_REMOVE(q, link);
	mem_free(q);
	if (!e)
		return;
	e->pending--;
	if (result == DNS_ERR_NONE)
		entry_add(e, type, count, ttl_s, list);
	else if (e->failure == 0 || e->failure == ERR_NOT_FOUND)
		e->failure = failure_of(result);
	if (e->ready) /* the second family came late */
		entry_set_expiry(e);
	else if (!e->pending)
		entry_tell(e);
	else if (e->addresses.v4_len || e->addresses.v6_len)
		entry_tell_in(e, SECOND_MS);
}

static void
entry_ask_family(struct entry *e, int v6)
{
	struct resolver *r = e->resolver;
	struct query *q = mem_zalloc(sizeof *q);
	q->entry = e;
	LIST_INSERT_HEAD(&r->queries, q, link);
	/* the search list is for bare names: a name with a dot would leak into it, and cost time */
	int flags = strchr(e->name, '.') ? DNS_QUERY_NO_SEARCH : 0;
	struct evdns_request *sent =
	    v6 ? evdns_base_resolve_ipv6(r->dns, e->name, flags, on_dns_answer, q)
	       : evdns_base_resolve_ipv4(r->dns, e->name, flags, on_dns_answer, q);
	if (sent) {
		e->pending++;
		r->queries_sent++;
		return;
	}
	LIST_REMOVE(q, link);
	mem_free(q);
	e->failure = ERR_IO;
}

static void
entry_ask(struct entry *e)
{
	struct resolver *r = e->resolver;
	if (watched_changed(&r->servers))
		servers_read(r);
	TAILQ_INSERT_TAIL(&r->asking, e, link);
	e->ready = 0;
	e->failure = 0;
	e->ttl_s = TTL_MAX_S;
	memset(&e->addresses, 0, sizeof e->addresses);
	entry_ask_family(e, 0);
	if (resolver_has_v6(r))
		entry_ask_family(e, 1);
	if (!e->pending)
		entry_tell_in(e, 0);
}

/* Copy HOST to OUT in lower case without brackets or a final dot. ERR_NOT_FOUND: no name can be so.
 */
static int
name_normalise(const char *host, char out[RESOLVE_NAME_MAX + 1])
{
	size_t len = strlen(host);
	int bracketed = len > 2 && host[0] == '[' && host[len - 1] == ']';
	if (bracketed) {
		host++;
		len -= 2;
	}
	if (len > 1 && host[len - 1] == '.')
		len--;
	if (!len || len > RESOLVE_NAME_MAX)
		return ERR_NOT_FOUND;
	size_t label = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)host[i];
		int bad = c >= 0x80 || (!isalnum(c) && !strchr("-_.:%", c)) || (c == '.' && !label);
		label = c == '.' ? 0 : label + 1;
		if (bad || label > LABEL_MAX)
			return ERR_NOT_FOUND;
		out[i] = (char)tolower(c);
	}
	out[len] = '\0';
	return 0;
}

/* Names that are never asked for: RFC 6761 6.3 and 6.4, RFC 7686 2. */
static const struct {
	const char *domain;
	const char *v4, *v6;
} special_names[] = {
    {"localhost", "127.0.0.1", "::1"},
    {"invalid", NULL, NULL},
    {"onion", NULL, NULL},
};

static int
special_answer(const char *name, struct addresses *out)
{
	const char *dot = strrchr(name, '.');
	const char *top = dot ? dot + 1 : name;
	for (size_t i = 0; i < sizeof special_names / sizeof *special_names; i++) {
		if (strcmp(top, special_names[i].domain) != 0)
			continue;
		if (special_names[i].v4) {
			addresses_add_text(out, special_names[i].v4);
			addresses_add_text(out, special_names[i].v6);
		}
		return 1;
	}
	return 0;
}

/* What needs neither the cache nor a server. */
static int
answer_known(struct resolver *r, const char *host, char *name, struct resolve_answer *now)
{
	struct addresses own = {0};
	const struct addresses *from_file;
	if (name_normalise(host, name) != 0 || addresses_add_text(&own, name)) {
		addresses_answer(&own, 1, now);
		return 1;
	}
	if ((from_file = hosts_find(&r->hosts, name)) != NULL) {
		addresses_answer(from_file, resolver_has_v6(r), now);
		return 1;
	}
	if (strchr(name, ':') || special_answer(name, &own)) {
		addresses_answer(&own, 0, now);
		return 1;
	}
	return 0;
}

/* The entry of NAME; a new one is neither ready nor asked for. */
static struct entry *
entry_get(struct resolver *r, const char *name)
{
	uint64_t key = hash64_str(name);
	struct entry *e = map_get(&r->names, key);
	if (e && strcmp(e->name, name) == 0)
		return e;
	e = mem_zalloc(sizeof *e);
	e->resolver = r;
	e->name = mem_strdup(name);
	e->key = key;
	STAILQ_INIT(&e->waiters);
	map_put(
	    &r->names, key, e); /* two names of one hash: the newer is found, the older expires */
	return e;
}

int
resolve_lookup(struct resolver *r, const char *host, struct resolve_answer *now,
    resolve_done_cb done, void *arg)
{
	char name[RESOLVE_NAME_MAX + 1];
	if (answer_known(r, host, name, now))
		return 1;
	struct entry *e = entry_get(r, name);
	if (e->ready) {
		TAILQ_REMOVE(&r->ready, e, link);
		if (e->pending || clock_mono_ms() < e->expires_ms) {
			TAILQ_INSERT_TAIL(&r->ready, e, link);
			entry_answer(e, now);
			return 1;
		}
		r->ready_len--;
		entry_ask(e);
	} else if (STAILQ_EMPTY(&e->waiters)) {
		entry_ask(e);
	}
	struct waiter *w = mem_zalloc(sizeof *w);
	w->done = done;
	w->arg = arg;
	STAILQ_INSERT_TAIL(&e->waiters, w, link);
	return 0;
}

uint64_t
resolve_queries(const struct resolver *r)
{
	return r->queries_sent;
}

static void
entries_free(struct entries *list)
{
	struct entry *e;
	while ((e = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, e, link);
		entry_free(e);
	}
}

void
resolve_free(struct resolver *r)
{
	if (!r)
		return;
	struct query *q;
	while ((q = LIST_FIRST(&r->queries)) != NULL) {
		LIST_REMOVE(q, link);
		q->entry = NULL;
	}
	evdns_base_free(r->dns, 1);
	entries_free(&r->ready);
	entries_free(&r->asking);
	map_clear(&r->names);
	hosts_clear(&r->hosts);
	mem_free(r->servers.path);
	mem_free(r);
}
