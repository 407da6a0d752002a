/*
 * addresses: where hosts live. With the option address_names, a host's address is looked up before
 * anything is asked of it, and told to its gate; the fetch that follows finds it in the resolver's
 * cache. While it is looked up, only that host waits.
 */
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "pipeline_priv.h"

/* A look-up under way. */
struct seek {
	LIST_ENTRY(seek) link;
	struct pipeline *p;
	struct host *host;
};

/* What stands for all addresses of ANSWER, whatever their order: its lowest IPv4 address, which
 * names with and without IPv6 have in common, else its lowest IPv6 address; 0: it has none. */
static uint64_t
key_of(const struct resolve_answer *answer)
{
	uint8_t low[16];
	size_t low_len = 0;
	for (size_t i = 0; i < answer->count; i++) {
		const struct sockaddr_storage *ss = &answer->addresses[i];
		int is_v4 = ss->ss_family == AF_INET;
		size_t len = is_v4 ? 4 : 16;
		const void *bytes =
		    is_v4 ? (const void *)&((const struct sockaddr_in *)ss)->sin_addr
			  : (const void *)&((const struct sockaddr_in6 *)ss)->sin6_addr;
		if (low_len && (len > low_len || (len == low_len && memcmp(bytes, low, len) >= 0)))
			continue;
		memcpy(low, bytes, len);
		low_len = len;
	}
	return low_len ? hash64(low, low_len) : 0;
}

static void
on_found(const struct resolve_answer *answer, void *arg)
{
	struct seek *s = arg;
	hostgate_place(s->p->gate, s->host, key_of(answer), clock_mono_ms());
	s->p->seeks_len--;
	LIST_REMOVE(s, link);
	mem_free(s);
}

/* The name of H without its port. */
static void
name_of(const struct host *h, char *out, size_t size)
{
	const char *colon = strrchr(h->name, ':');
	int has_port = colon && !strchr(colon, ']');
	snprintf(
	    out, size, "%.*s", has_port ? (int)(colon - h->name) : (int)strlen(h->name), h->name);
}

/* What a feed brought whole needs no server. */
static int
is_asked(const struct gate_work *w)
{
	return w->class < GATE_PAGE || link_is_fetched(LINK_OF(w));
}

int
addresses_take(struct pipeline *p, struct host *h, struct gate_work *w, int64_t now_ms)
{
	struct resolve_answer now;
	char name[256];
	if (!p->config->address_names || !p->door.locate || !is_asked(w))
		return 1;
	struct seek *s = mem_zalloc(sizeof *s);
	*s = (struct seek){.p = p, .host = h};
	name_of(h, name, sizeof name);
	int known = p->door.locate(p->door.self, name, &now, on_found, s);
	uint64_t key = known ? key_of(&now) : 0;
	int stays = known && hostgate_lives_at(h, key);
	if (known) {
		mem_free(s);
	} else {
		LIST_INSERT_HEAD(&p->seeks, s, link);
		p->seeks_len++;
	}
	if (stays)
		return 1;
	hostgate_put_back(p->gate, h, w, now_ms);
	if (known)
		hostgate_place(p->gate, h, key, now_ms);
	else
		hostgate_seek(p->gate, h, now_ms);
	return 0;
}

void
addresses_configure(struct pipeline *p)
{
	hostgate_set_addresses(p->gate, (size_t)p->config->address_names, clock_mono_ms());
}

void
addresses_free(struct pipeline *p)
{
	for (struct seek *s; (s = LIST_FIRST(&p->seeks));) {
		LIST_REMOVE(s, link);
		mem_free(s);
	}
}
