/*
 * fetch/hsts: hosts that said over valid https that they want to be asked by https alone (RFC
 * 6797). A host is its hash; the memory is bounded, and when it is full of promises that hold, new
 * ones are not noted: then http is asked as if nothing had been said. Times are monotonic here:
 * who remembers promises over a restart, in wall time, is told of them and gives them back.
 */
#include <arpa/inet.h>
#include <string.h>
#include <strings.h>

#include "clock.h"
#include "fetch_priv.h"
#include "hash.h"
#include "url.h"

#define HOSTS_MAX 8192
#define TOLD_PART 10 /* a promise is told again when a tenth of what was told is over */
#define AGE_MAX_S (2 * 365 * INT64_C(86400)) /* a longer promise is cut */

struct promise {
	uint64_t key;
	int64_t until_ms; /* monotonic */
	int64_t told_ms;  /* until then, as was told */
	int subdomains;
};

static int
is_address(const char *host)
{
	struct in_addr v4;
	return host[0] == '[' || inet_pton(AF_INET, host, &v4) == 1;
}

/* Read a Strict-Transport-Security field (RFC 6797 6.1). ERR_INPUT when it has no max-age. */
static int
read_field(const char *field, int64_t *age_s, int *subdomains)
{
	*age_s = -1;
	*subdomains = 0;
	for (const char *p = field; *p;) {
		p += strspn(p, "; \t");
		size_t len = strcspn(p, ";= \t");
		const char *value = p + len + strspn(p + len, " \t");
		if (len == 7 && !strncasecmp(p, "max-age", len) && *value == '=') {
			value += 1 + strspn(value + 1, " \t\"");
			if (*value < '0' || *value > '9')
				return ERR_INPUT;
			for (*age_s = 0; *value >= '0' && *value <= '9'; value++)
				*age_s = *age_s < AGE_MAX_S ? *age_s * 10 + (*value - '0') : *age_s;
		} else if (len == 17 && !strncasecmp(p, "includeSubDomains", len)) {
			*subdomains = 1;
		}
		p += strcspn(p, ";");
	}
	if (*age_s > AGE_MAX_S)
		*age_s = AGE_MAX_S;
	return *age_s < 0 ? ERR_INPUT : 0;
}

/* Removing while walking is fine: only map_put moves what is there. */
static void
forget_expired(struct map *hosts, int64_t now_ms)
{
	size_t at = 0;
	for (struct promise *p; (p = map_next(hosts, &at));)
		if (p->until_ms <= now_ms)
			mem_free(map_remove(hosts, p->key));
}

/* The promise of the host with this KEY, made when there is room; else NULL. */
static struct promise *
promise_of(struct map *hosts, uint64_t key, int64_t now_ms)
{
	struct promise *p = map_get(hosts, key);
	if (!p && hosts->count >= HOSTS_MAX)
		forget_expired(hosts, now_ms);
	if (p || hosts->count >= HOSTS_MAX)
		return p;
	p = mem_zalloc(sizeof *p);
	p->key = key;
	map_put(hosts, key, p);
	return p;
}

static void
tell(const struct hsts *h, const char *host, int64_t left_s, int subdomains)
{
	if (h->heard)
		h->heard(&(struct fetch_promise){host, left_s, subdomains}, h->arg);
}

void
hsts_hear(struct hsts *h, const char *host, const char *field)
{
	int64_t age_s, now_ms = clock_mono_ms();
	int subdomains;
	uint64_t key = hash64_str(host);
	if (is_address(host) || read_field(field, &age_s, &subdomains) != 0)
		return;
	if (!age_s) {
		struct promise *taken = map_remove(&h->hosts, key);
		if (taken)
			tell(h, host, 0, 0);
		mem_free(taken);
		return;
	}
	struct promise *p = promise_of(&h->hosts, key, now_ms);
	if (!p)
		return;
	int64_t told_s = (p->told_ms - now_ms) / 1000;
	int is_news =
	    subdomains != p->subdomains || told_s < age_s - age_s / TOLD_PART || told_s > age_s;
	p->until_ms = now_ms + age_s * 1000;
	p->subdomains = subdomains;
	if (!is_news)
		return;
	p->told_ms = p->until_ms;
	tell(h, host, age_s, subdomains);
}

void
hsts_restore(struct hsts *h, const struct fetch_promise *promise)
{
	int64_t now_ms = clock_mono_ms();
	int64_t left_s = promise->left_s < AGE_MAX_S ? promise->left_s : AGE_MAX_S;
	struct promise *p = promise_of(&h->hosts, hash64_str(promise->host), now_ms);
	if (!p || left_s <= 0)
		return;
	p->until_ms = p->told_ms = now_ms + left_s * 1000;
	p->subdomains = promise->subdomains;
}

int
hsts_knows(const struct hsts *h, const char *host)
{
	int64_t now_ms = clock_mono_ms();
	int is_own = 1;
	if (!h->hosts.count || is_address(host))
		return 0;
	for (const char *name = host; *name; is_own = 0) {
		const struct promise *p = map_get(&h->hosts, hash64_str(name));
		if (p && p->until_ms > now_ms && (is_own || p->subdomains))
			return 1;
		const char *dot = strchr(name, '.');
		name = dot ? dot + 1 : "";
	}
	return 0;
}

char *
hsts_upgrade(const struct hsts *h, struct arena *a, char *url)
{
	char host[HOST_SIZE];
	if (!h->hosts.count || url_is_web(url) != 0 || url_host(url, host, sizeof host) != 0 ||
	    !hsts_knows(h, host))
		return url;
	/* RFC 6797 8.3: port 80, which the form to fetch does not name, becomes 443, others stay */
	return arena_printf(a, "https%s", url + strlen("http"));
}

void
hsts_clear(struct hsts *h)
{
	size_t at = 0;
	for (struct promise *p; (p = map_next(&h->hosts, &at));)
		mem_free(p);
	map_clear(&h->hosts);
}
