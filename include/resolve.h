/*
 * resolve: names to addresses on the loop (evdns): never blocks, needs no thread. /etc/hosts is
 * read too, TTLs are kept (bounded 30 s to 1 h; failures 30 s), the cache is bounded. Never
 * connects.
 */
#ifndef NEWSD_RESOLVE_H
#define NEWSD_RESOLVE_H

#include <stdint.h>
#include <sys/socket.h>

#include "errors.h"

struct event_base;
struct resolver;

#define RESOLVE_ADDRESSES_MAX 8

/* STATUS: 0, ERR_NOT_FOUND (no such name, or no address), ERR_TIMEOUT (no answer, or SERVFAIL after
 * evdns has asked again), ERR_LIMIT (the answer is over 512 bytes and was cut: nothing of it is
 * used), ERR_IO (the servers refuse, or answer rubbish). The addresses have port
 * 0; IPv6 and IPv4 alternate, IPv6 first if this host has a route for it. */
struct resolve_answer {
	int status;
	size_t count;
	struct sockaddr_storage addresses[RESOLVE_ADDRESSES_MAX];
};
/* ANSWER is valid within the call. */
typedef void (*resolve_done_cb)(const struct resolve_answer *answer, void *arg);

/* Look up by these files instead of /etc/resolv.conf and /etc/hosts (NULL or "": those). Both are
 * read again when they change. */
int resolve_new_from(struct resolver **out, struct event_base *base, const char *resolv_conf,
    const char *hosts, struct fault *f);
/*
 * Look HOST up (ASCII, or a numeric address with or without brackets). Known at once (numeric,
 * cached, /etc/hosts): fills *NOW and returns 1, DONE is not called. Else returns 0 and calls DONE
 * later, never from within. Look-ups of one name share one query.
 */
int resolve_lookup(struct resolver *r, const char *host, struct resolve_answer *now,
    resolve_done_cb done, void *arg);
uint64_t resolve_queries(const struct resolver *r); /* sent to name servers */
/* Forgets pending look-ups without calling back. What evdns still holds of them is given back in
 * the loop's next turn. */
void resolve_free(struct resolver *r);

#endif
