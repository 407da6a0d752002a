/*
 * address: see include/address.h. Everything is compared as 16 bytes: an IPv4 address is its mapped
 * IPv6 form (RFC 4291 2.5.5.2), so that there is one kind of range and one table.
 */
#include "address.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "mem.h"

#define PORT_MAX 65535

struct address_rule {
	enum { RULE_ALL, RULE_NET, RULE_HOST } kind;
	uint8_t net[16];
	unsigned bits;
	char *host;
	unsigned port; /* 0: any that allow_ports has */
};

struct address_ports {
	unsigned first, last;
};

enum reach { GLOBAL, LOCAL, EMBEDS };

/*
 * The IANA special-purpose registries (and what is not unicast); the first row that fits decides,
 * so exceptions stand before their rule. EMBEDS: judged by the IPv4 address at byte AT, every byte
 * of which is XORed with FLIP.
 */
static const struct {
	const char *net;
	unsigned bits;
	enum reach reach;
	const char *what;
	unsigned at;
	uint8_t flip;
} special_ranges[] = {
    {"0.0.0.0", 8, LOCAL, "this network", 0, 0},
    {"10.0.0.0", 8, LOCAL, "private", 0, 0},
    {"100.64.0.0", 10, LOCAL, "carrier-grade NAT", 0, 0},
    {"127.0.0.0", 8, LOCAL, "loopback", 0, 0},
    {"169.254.0.0", 16, LOCAL, "link-local", 0, 0},
    {"172.16.0.0", 12, LOCAL, "private", 0, 0},
    {"192.0.0.9", 32, GLOBAL, "PCP anycast", 0, 0},
    {"192.0.0.10", 32, GLOBAL, "TURN anycast", 0, 0},
    {"192.0.0.0", 24, LOCAL, "protocol assignments", 0, 0},
    {"192.0.2.0", 24, LOCAL, "documentation", 0, 0},
    {"192.88.99.0", 24, LOCAL, "6to4 relay anycast", 0, 0},
    {"192.168.0.0", 16, LOCAL, "private", 0, 0},
    {"198.18.0.0", 15, LOCAL, "benchmarking", 0, 0},
    {"198.51.100.0", 24, LOCAL, "documentation", 0, 0},
    {"203.0.113.0", 24, LOCAL, "documentation", 0, 0},
    {"224.0.0.0", 4, LOCAL, "multicast", 0, 0},
    {"240.0.0.0", 4, LOCAL, "reserved", 0, 0},
    {"::ffff:0:0", 96, GLOBAL, "IPv4", 0, 0},
    {"::", 128, LOCAL, "unspecified", 0, 0},
    {"::1", 128, LOCAL, "loopback", 0, 0},
    {"64:ff9b::", 96, EMBEDS, "NAT64", 12, 0},
    {"64:ff9b:1::", 48, LOCAL, "local NAT64", 0, 0},
    {"100::", 64, LOCAL, "discard-only", 0, 0},
    {"2001:1::1", 128, GLOBAL, "PCP anycast", 0, 0},
    {"2001:1::2", 128, GLOBAL, "TURN anycast", 0, 0},
    {"2001:3::", 32, GLOBAL, "AMT", 0, 0},
    {"2001:4:112::", 48, GLOBAL, "AS112", 0, 0},
    {"2001:20::", 28, GLOBAL, "ORCHIDv2", 0, 0},
    {"2001::", 32, EMBEDS, "Teredo", 12, 0xff},
    {"2001::", 23, LOCAL, "protocol assignments", 0, 0},
    {"2001:db8::", 32, LOCAL, "documentation", 0, 0},
    {"2002::", 16, EMBEDS, "6to4", 2, 0},
    {"3fff::", 20, LOCAL, "documentation", 0, 0},
    {"2000::", 3, GLOBAL, "global unicast", 0, 0},
    {"fc00::", 7, LOCAL, "unique local", 0, 0},
    {"fe80::", 10, LOCAL, "link-local", 0, 0},
    {"ff00::", 8, LOCAL, "multicast", 0, 0},
    {"::", 0, LOCAL, "unassigned", 0, 0},
};

static void
map_ipv4(uint8_t out[16], const void *ipv4)
{
	memset(out, 0, 10);
	out[10] = out[11] = 0xff;
	memcpy(out + 12, ipv4, 4);
}

/* Read TEXT, an address without brackets. Returns how many bits precede it in OUT: 96, 0; -1: none.
 */
static int
read_address(const char *text, uint8_t out[16])
{
	struct in_addr v4;
	if (inet_pton(AF_INET, text, &v4) == 1) {
		map_ipv4(out, &v4);
		return 96;
	}
	return inet_pton(AF_INET6, text, out) == 1 ? 0 : -1;
}

static int
net_has(const uint8_t net[16], unsigned bits, const uint8_t address[16])
{
	unsigned whole = bits / 8, rest = bits % 8;
	if (memcmp(net, address, whole))
		return 0;
	return !rest || !((net[whole] ^ address[whole]) >> (8 - rest));
}

/* 0 and ADDRESS and PORT of SA, or ERR_INPUT for what is not of the internet. */
static int
read_sockaddr(const struct sockaddr *sa, uint8_t address[16], unsigned *port)
{
	if (sa->sa_family == AF_INET) {
		struct sockaddr_in in;
		memcpy(&in, sa, sizeof in);
		map_ipv4(address, &in.sin_addr);
		*port = ntohs(in.sin_port);
		return 0;
	}
	if (sa->sa_family == AF_INET6) {
		struct sockaddr_in6 in6;
		memcpy(&in6, sa, sizeof in6);
		memcpy(address, &in6.sin6_addr, 16);
		*port = ntohs(in6.sin6_port);
		return 0;
	}
	return ERR_INPUT;
}

/* An interface identifier that holds an IPv4 address, under whatever prefix (RFC 5214 6.1). */
static int
is_isatap(const uint8_t address[16])
{
	static const uint8_t mark[4] = {0, 0, 0x5e, 0xfe};
	uint8_t id[4];
	memcpy(id, address + 8, sizeof id);
	id[0] &= (uint8_t)~2u; /* 1: that address is unique in the world */
	return !memcmp(id, mark, sizeof mark);
}

/* NULL when ADDRESS is global, else what it is. */
static const char *
why_not_global(const uint8_t address[16])
{
	for (size_t i = 0;; i++) { /* the last row fits everything */
		uint8_t net[16], inner[16], v4[4];
		int skip = read_address(special_ranges[i].net, net);
		if (!net_has(net, special_ranges[i].bits + (unsigned)skip, address))
			continue;
		unsigned at = special_ranges[i].at;
		if (special_ranges[i].reach == LOCAL)
			return special_ranges[i].what;
		if (special_ranges[i].reach == GLOBAL && !is_isatap(address))
			return NULL;
		if (special_ranges[i].reach == GLOBAL)
			at = 12;
		for (unsigned k = 0; k < 4; k++)
			v4[k] = address[at + k] ^ special_ranges[i].flip;
		map_ipv4(inner, v4);
		return why_not_global(inner);
	}
}

int
address_is_global(const struct sockaddr *sa)
{
	uint8_t address[16];
	unsigned port;
	return !read_sockaddr(sa, address, &port) && !why_not_global(address);
}

/* ---- the operator's words ---- */

/* A decimal number up to MAX that fills TEXT; -1: it is none. */
static long
read_number(const char *text, size_t len, long max)
{
	long value = 0;
	for (size_t i = 0; i < len; i++) {
		if (text[i] < '0' || text[i] > '9')
			return -1;
		value = value * 10 + (text[i] - '0');
		if (value > max)
			return -1;
	}
	return len ? value : -1;
}

static int
is_host_name(const char *s)
{
	size_t n = strspn(s, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_");
	return n && n <= 254 && !s[n] && s[0] != '.' && !strstr(s, "..");
}

/* Part WORD into its address or name and what follows: 0, '/' with a prefix or ':' with a port. */
static char
split_word(const char *word, char host[256], const char **rest)
{
	size_t n = strcspn(word, "/:");
	const char *from = word;
	if (word[0] == '[') {
		from = word + 1;
		n = strcspn(from, "]");
		*rest = from[n] ? from + n + 1 : from + n;
		n = from[n] ? n : 0; /* not closed: no address */
	} else {
		const char *colon = strchr(word, ':');
		if (colon &&
		    strchr(colon + 1, ':')) /* an IPv6 address without brackets has no port */
			n = strcspn(word, "/");
		*rest = word + n;
	}
	if (n > 255)
		n = 0;
	memcpy(host, from, n);
	host[n] = '\0';
	char mark = **rest;
	if (mark)
		(*rest)++;
	return mark;
}

static int
read_prefix(struct address_rule *r, const char *word, const char *text, int skip, struct fault *f)
{
	long bits = read_number(text, strlen(text), 128 - skip);
	if (bits < 0)
		return fault_set(
		    f, ERR_INPUT, "\"%s\": the prefix after / must be 0 to %d", word, 128 - skip);
	r->bits = (unsigned)(bits + skip);
	for (unsigned i = r->bits; i < 128; i++)
		if (r->net[i / 8] & 0x80 >> i % 8)
			return fault_set(
			    f, ERR_INPUT, "\"%s\": the address has bits beyond its prefix", word);
	return 0;
}

static int
read_rule(struct address_rule *r, const char *word, struct fault *f)
{
	char host[256];
	const char *rest;
	if (!strcmp(word, "all")) {
		r->kind = RULE_ALL;
		return 0;
	}
	char mark = split_word(word, host, &rest);
	int skip = read_address(host, r->net);
	if (skip < 0 && (word[0] == '[' || !is_host_name(host) || mark == '/'))
		return fault_set(f, ERR_INPUT,
		    "\"%s\" is no address, no network and no host name (in ASCII); expected for "
		    "example "
		    "192.168.0.0/16, [fd00::]/8, 10.0.0.5:8000, nas.local or all",
		    word);
	r->kind = skip < 0 ? RULE_HOST : RULE_NET;
	r->bits = 128;
	if (mark == '/')
		return read_prefix(r, word, rest, skip, f);
	if (mark == ':') {
		long port = read_number(rest, strlen(rest), PORT_MAX);
		if (port < 1)
			return fault_set(f, ERR_INPUT, "\"%s\": the port after : must be 1 to %d",
			    word, PORT_MAX);
		r->port = (unsigned)port;
	} else if (mark) {
		return fault_set(
		    f, ERR_INPUT, "\"%s\": expected /prefix or :port after the address", word);
	}
	if (skip < 0)
		r->host = mem_strdup(host);
	return 0;
}

int
address_policy_allow(struct address_policy *p, const char *word, struct fault *f)
{
	struct address_rule rule = {.kind = RULE_ALL};
	int rc = read_rule(&rule, word, f);
	if (rc)
		return rc;
	p->allow = mem_resize_array(p->allow, p->allow_len + 1, sizeof *p->allow);
	p->allow[p->allow_len++] = rule;
	return 0;
}

int
address_policy_port(struct address_policy *p, const char *word, struct fault *f)
{
	struct address_ports range = {1, PORT_MAX};
	if (strcmp(word, "all") != 0) {
		size_t n = strcspn(word, "-");
		const char *upper = word[n] ? word + n + 1 : word;
		long first = read_number(word, n, PORT_MAX);
		long last = read_number(upper, strlen(upper), PORT_MAX);
		if (first < 1 || last < first)
			return fault_set(f, ERR_INPUT,
			    "\"%s\" is no port; expected for example 8080, 8000-8100 or all", word);
		range = (struct address_ports){(unsigned)first, (unsigned)last};
	}
	p->ports = mem_resize_array(p->ports, p->ports_len + 1, sizeof *p->ports);
	p->ports[p->ports_len++] = range;
	return 0;
}

void
address_policy_clear(struct address_policy *p)
{
	for (size_t i = 0; i < p->allow_len; i++)
		mem_free(p->allow[i].host);
	mem_free(p->allow);
	mem_free(p->ports);
	memset(p, 0, sizeof *p);
}

/* ---- the decision ---- */

static int
same_host(const char *a, const char *b)
{
	size_t a_len = strlen(a), b_len = strlen(b);
	a_len -= a_len && a[a_len - 1] == '.';
	b_len -= b_len && b[b_len - 1] == '.';
	return a_len == b_len && !strncasecmp(a, b, a_len);
}

static int
rule_fits(const struct address_rule *r, const char *host, const uint8_t address[16], unsigned port)
{
	if (r->port && r->port != port)
		return 0;
	if (r->kind == RULE_HOST)
		return same_host(r->host, host);
	return r->kind == RULE_ALL || net_has(r->net, r->bits, address);
}

int
address_check(
    const struct address_policy *p, const char *host, const struct sockaddr *sa, struct fault *f)
{
	uint8_t address[16];
	unsigned port;
	char text[INET6_ADDRSTRLEN];
	if (read_sockaddr(sa, address, &port))
		return fault_set(
		    f, ERR_DENIED, "address family %d is not of the internet", sa->sa_family);
	const char *local = why_not_global(address);
	int address_open = !local, port_open = 0;
	for (size_t i = 0; i < p->ports_len; i++)
		port_open |= port >= p->ports[i].first && port <= p->ports[i].last;
	for (size_t i = 0; i < p->allow_len; i++)
		if (rule_fits(&p->allow[i], host, address, port)) {
			address_open = 1;
			port_open |= p->allow[i].port != 0;
		}
	if (address_open && port_open)
		return 0;
	int is_ipv4 = sa->sa_family == AF_INET;
	inet_ntop(sa->sa_family, address + (is_ipv4 ? 12 : 0), text, sizeof text);
	if (!address_open)
		return fault_set(f, ERR_DENIED, "%s has the address %s (%s), see allow_private",
		    host, text, local);
	return fault_set(f, ERR_DENIED, "port %u of %s is not among allow_ports", port, host);
}
