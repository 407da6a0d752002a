/*
 * dns: a name server of the test's own on loopback, on the caller's loop (UDP). It knows the names
 * of a table and may change its mind with each question. For tests only.
 */
#ifndef NEWSD_TESTS_DNS_H
#define NEWSD_TESTS_DNS_H

#include <stddef.h>

struct event_base;
struct dns;

#define DNS_TURNS 3

/*
 * What is said of NAME: addresses of both families, separated by spaces, or "=other.test a.b.c.d":
 * an alias of it that has this address (CNAME and its target in one answer). ANSWERS[n] is given to
 * the n-th look-up, the last that is not NULL to all further ones. A name that no row has does not
 * exist.
 */
struct dns_name {
	const char *name;
	const char *answers[DNS_TURNS];
};

/* NAMES (LEN of them) must outlive the server. */
struct dns *dns_new(struct event_base *base, const struct dns_name *names, size_t len);
unsigned dns_port(const struct dns *d);
/* Questions for the IPv4 address of NAME, of which each look-up asks one. */
unsigned dns_asked(const struct dns *d, const char *name);
void dns_free(struct dns *d);

#endif
