/*
 * drop_in: see drop_in.h. systemd knows no list of what is global, and its IPAddressAllow goes
 * before IPAddressDeny: so everything is denied, and the networks are listed that are not private.
 */
#include "drop_in.h"

#include <ctype.h>
#include <event2/util.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "address.h"

#define LINE_WIDTH  100
#define ALLOW       "IPAddressAllow="
#define RESOLV_CONF "/etc/resolv.conf"
#define NAMESPACES  "/proc/sys/user/max_user_namespaces"

/* ---- what is to be open ---- */

static void
open_network(struct drop_in *d, const char *network, const char *why)
{
	for (size_t i = 0; network && i < d->openings_len; i++)
		if (d->openings[i].network && !strcmp(d->openings[i].network, network))
			return;
	d->openings = mem_resize_array(d->openings, d->openings_len + 1, sizeof *d->openings);
	d->openings[d->openings_len++] = (struct drop_in_opening){
	    network ? arena_strdup(&d->arena, network) : NULL, arena_strdup(&d->arena, why)};
}

/* Open the address SA, unless it is open as the internet is. */
static void
open_address(struct drop_in *d, const struct sockaddr *sa, const char *why)
{
	char text[NI_MAXHOST];
	if (address_is_global(sa))
		return;
	socklen_t len =
	    sa->sa_family == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	if (getnameinfo(sa, len, text, sizeof text, NULL, 0, NI_NUMERICHOST))
		return;
	text[strcspn(text, "%")] = '\0'; /* the interface of a link-local address */
	open_network(d, text, why);
}

/* Open HOST, an address or a name. */
static void
open_host(struct drop_in *d, const char *host, const char *why)
{
	static const struct addrinfo hints = {.ai_socktype = SOCK_STREAM};
	struct addrinfo *found = NULL;
	if (getaddrinfo(host, NULL, &hints, &found)) {
		open_network(d, NULL, why);
		return;
	}
	for (struct addrinfo *a = found; a; a = a->ai_next)
		if (a->ai_family == AF_INET || a->ai_family == AF_INET6)
			open_address(d, a->ai_addr, why);
	freeaddrinfo(found);
}

/* ---- looking at the machine ---- */

/* resolv.conf(5); the resolver of newsd's own reads it as evdns does, with a port after it or not.
 */
static void
open_resolvers(struct drop_in *d, const char *path)
{
	char line[512], address[256];
	size_t servers = 0;
	FILE *in = fopen(path, "re");
	while (in && fgets(line, sizeof line, in)) {
		struct sockaddr_storage sa;
		int len = sizeof sa;
		if (sscanf(line, " nameserver %255s", address) != 1)
			continue;
		servers++;
		address[strcspn(address, "%")] = '\0';
		if (!evutil_parse_sockaddr_port(address, (struct sockaddr *)&sa, &len))
			open_address(d, (struct sockaddr *)&sa, "resolver");
	}
	if (in)
		fclose(in);
	if (!servers)
		open_network(d, "127.0.0.1", "resolver, as no other is named");
}

static int
open_allowed(struct drop_in *d, const struct address_policy *p, struct fault *f)
{
	for (size_t i = 0; i < p->allow_len; i++) {
		char word[ADDRESS_WORD_ROOM], why[ADDRESS_WORD_ROOM + 32];
		enum address_word kind = address_policy_word(p, i, word);
		snprintf(why, sizeof why, "allow_private = %s", word);
		if (kind == ADDRESS_ALL)
			return fault_set(f, ERR_INPUT,
			    "allow_private = all leaves no network to close: name the networks that "
			    "newsd shall reach");
		if (kind == ADDRESS_NETWORK)
			open_network(d, word, "allow_private");
		else
			open_host(d, word, why);
	}
	return 0;
}

/* PROXY: [SCHEME://][USER:PASSWORD@]HOST[:PORT][/]; the words must not show the password. */
static void
open_proxy(struct drop_in *d, const char *proxy)
{
	char host[256], why[300];
	const char *from = strstr(proxy, "://"), *at;
	if (!*proxy)
		return;
	from = from ? from + 3 : proxy;
	size_t len = strcspn(from, "/");
	at = memrchr(from, '@', len);
	len -= at ? (size_t)(at + 1 - from) : 0;
	from = at ? at + 1 : from;
	if (*from == '[') {
		from++;
		len = strcspn(from, "]");
	} else {
		const char *colon = memchr(from, ':', len);
		len = colon ? (size_t)(colon - from) : len;
	}
	snprintf(host, sizeof host, "%.*s", (int)(len < 255 ? len : 255), from);
	snprintf(why, sizeof why, "proxy %s", host);
	open_host(d, host, why);
}

/* Who comes to the hubs' endpoint: a reverse proxy, as far as can be told. A socket of the
 * manager's (systemd) is of another unit, and its packets pass by that unit's lists. */
static void
open_endpoint(struct drop_in *d, const char *listen)
{
	struct sockaddr_storage sa;
	int len = sizeof sa;
	char why[128];
	if (evutil_parse_sockaddr_port(listen, (struct sockaddr *)&sa, &len))
		return;
	const struct sockaddr_in *v4 = (const void *)&sa;
	const struct sockaddr_in6 *v6 = (const void *)&sa;
	int loopback = sa.ss_family == AF_INET ? ntohl(v4->sin_addr.s_addr) >> 24 == 127
					       : IN6_IS_ADDR_LOOPBACK(&v6->sin6_addr);
	snprintf(why, sizeof why, "reverse proxy of websub_listen = %s", listen);
	open_network(d, loopback ? "localhost" : NULL, why);
}

/* 1 when the kernel was told to make no user namespaces. */
static int
forbids_namespaces(const char *path)
{
	char text[32] = "";
	FILE *in = fopen(path, "re");
	int none = in && fgets(text, sizeof text, in) && strtol(text, NULL, 10) == 0;
	if (in)
		fclose(in);
	return none;
}

int
drop_in_gather(
    struct drop_in *d, const struct config *c, const struct drop_in_places *places, struct fault *f)
{
	const char *namespaces =
	    places && places->user_namespaces ? places->user_namespaces : NAMESPACES;
	d->no_user_namespaces = forbids_namespaces(namespaces);
	open_resolvers(d, places && places->resolv_conf ? places->resolv_conf : RESOLV_CONF);
	open_proxy(d, c->proxy);
	for (size_t i = 0; i < c->feed_sections_len; i++)
		open_proxy(d, c->feed_sections[i].proxy);
	open_endpoint(d, c->websub_listen);
	return open_allowed(d, &c->addresses, f);
}

void
drop_in_clear(struct drop_in *d)
{
	mem_free(d->openings);
	arena_clear(&d->arena);
	*d = (struct drop_in){0};
}

/* ---- the file ---- */

struct lines {
	struct buf *out;
	size_t column;
};

static void
on_network(const uint8_t net[16], unsigned bits, void *arg)
{
	struct lines *l = arg;
	char text[ADDRESS_NETWORK_ROOM];
	address_network_text(net, bits, text);
	if (l->column && l->column + 1 + strlen(text) > LINE_WIDTH) {
		buf_add_char(l->out, '\n');
		l->column = 0;
	}
	buf_add_str(l->out, l->column ? " " : ALLOW);
	l->column += l->column ? 1 : strlen(ALLOW);
	buf_add_str(l->out, text);
	l->column += strlen(text);
}

static void
write_openings(const struct drop_in *d, struct buf *out)
{
	for (size_t i = 0; i < d->openings_len; i++) {
		const struct drop_in_opening *o = &d->openings[i];
		if (o->network)
			buf_printf(out, "# %s\n" ALLOW "%s\n", o->why, o->network);
		else
			buf_printf(out,
			    "# %s: its address isn't known here; fill it in\n#" ALLOW "\n", o->why);
	}
}

void
drop_in_write(const struct drop_in *d, struct buf *out)
{
	struct lines lines = {out, 0};
	buf_add_str(out,
	    "# newsd-addresses.conf: the kernel lets newsd speak to the internet and to nobody else,\n"
	    "# whatever a feed, a redirect or a name server says. `newsctl doctor --drop-in` writes the "
	    "one\n# for a machine; it goes to /etc/systemd/system/newsd.service.d/.\n"
	    "# A packet to an address that is not listed is dropped: to newsd it looks like silence.\n\n"
	    "[Service]\n");
	buf_add_str(out,
	    d->no_user_namespaces
		? "# Not here: the kernel makes no user namespaces (user.max_user_namespaces is 0).\n"
		  "#PrivateUsers=yes\n"
		: "PrivateUsers=yes\n");
	buf_add_str(out,
	    "IPAddressDeny=any\n\n# Not private, by the registries of IANA (RFC 6890); "
	    "64:ff9b::/96 is NAT64.\n");
	address_global_networks(on_network, &lines);
	buf_add_str(out, "\n\n# Private, and needed all the same on this machine.\n");
	write_openings(d, out);
}
