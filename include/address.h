/*
 * address: which network addresses and ports newsd may connect to. Pure. Refused by default is
 * everything that is not global (IANA special-purpose address registries, RFC 6890), also when an
 * IPv6 address embeds it.
 */
#ifndef NEWSD_ADDRESS_H
#define NEWSD_ADDRESS_H

#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "errors.h"

struct address_rule;  /* host[:port] or CIDR */
struct address_ports; /* first to last */

/* Zero-initialised is valid and allows nothing: no port is open. */
struct address_policy {
	struct address_rule *allow; /* allow_private */
	size_t allow_len;
	struct address_ports *ports; /* allow_ports */
	size_t ports_len;
};

/*
 * Add one word of allow_private: "192.168.0.0/16", "[fd00::]/8", "10.0.0.5:8000", "nas.local", or
 * "all". ERR_INPUT with F in words.
 */
int address_policy_allow(struct address_policy *p, const char *word, struct fault *f);
/* Add one word of allow_ports: "8000" or "8000-8100" or "all". ERR_INPUT with F in words. */
int address_policy_port(struct address_policy *p, const char *word, struct fault *f);
void address_policy_clear(struct address_policy *p);

#define ADDRESS_NETWORK_ROOM 52  /* of an address, '/' and a prefix */
#define ADDRESS_WORD_ROOM    256 /* of that, or of a name */

enum address_word { ADDRESS_NETWORK, ADDRESS_NAME, ADDRESS_ALL };
/* Word I of P's allow_private, without its port: TEXT is "192.168.0.0/16", "nas.local" or "all". */
enum address_word
address_policy_word(const struct address_policy *p, size_t i, char text[ADDRESS_WORD_ROOM]);

/* 1 when SA is globally reachable unicast. */
int address_is_global(const struct sockaddr *sa);

/* The network of the first BITS of NET; IPv4 is in its mapped form. */
typedef void (*address_network_fn)(const uint8_t net[16], unsigned bits, void *arg);
/* Call ON_NETWORK for each of the largest networks of which every prefix is global, in ascending
 * order; those by which IPv6 used to be tunnelled are left out. */
void address_global_networks(address_network_fn on_network, void *arg);
/* NET as "192.0.2.0/24" or "2001:db8::/32". */
void address_network_text(const uint8_t net[16], unsigned bits, char text[ADDRESS_NETWORK_ROOM]);

/*
 * May newsd connect to SA on behalf of HOST (the URL's host)? 0, or ERR_DENIED with F in words. A
 * rule that names host and port also opens that port.
 */
int address_check(
    const struct address_policy *p, const char *host, const struct sockaddr *sa, struct fault *f);

#endif
