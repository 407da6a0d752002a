/*
 * websub: the subscriber's half of WebSub (W3C REC 2018-01-23) as far as it is pure: secrets, what
 * a hub is sent, what a hub says, signatures, leases, and how far a hub can be relied on. Sockets,
 * time and the store are the caller's: pipeline/push.c and service/endpoint.c. See docs/websub.md.
 */
#ifndef NEWSD_WEBSUB_H
#define NEWSD_WEBSUB_H

#include <stddef.h>
#include <stdint.h>

#include "errors.h"
#include "mem.h"

#define WEBSUB_KEY           32 /* bytes of the key from which tokens and secrets are made */
#define WEBSUB_WORD          33 /* bytes of a token or secret: 32 hex digits and NUL */
#define WEBSUB_LEASE_S       (7 * 86400)  /* asked for; the hub decides */
#define WEBSUB_LEASE_MAX_S   (30 * 86400) /* a longer one is renewed as if it were this long */
#define WEBSUB_LEASE_MIN_S   60
#define WEBSUB_CHALLENGE_MAX 1024

/* ---- words that nobody can guess ---- */

enum websub_word { WEBSUB_TOKEN, WEBSUB_SECRET };
/*
 * The token of the callback's URL, or the secret of hub.secret, for the subscription of FEED at HUB
 * to TOPIC: HMAC-SHA-256 by KEY, so that neither has to be stored, and a new hub or topic has new
 * ones.
 */
void websub_derive(const uint8_t key[WEBSUB_KEY], enum websub_word word, int64_t feed,
    const char *hub, const char *topic, char out[WEBSUB_WORD]);

/* ---- what the hub is sent ---- */

struct websub_ask {
	int unsubscribe;
	const char *callback, *topic;
	const char *secret; /* NULL: none, as over plain http (REC 5.1) */
	int64_t lease_s;
};
/* The body of the request (REC 5.1), as application/x-www-form-urlencoded, in A. */
char *websub_form(struct arena *a, const struct websub_ask *ask);

/* ---- what the hub says ---- */

enum websub_mode { WEBSUB_SUBSCRIBE, WEBSUB_UNSUBSCRIBE, WEBSUB_DENIED, WEBSUB_MODES };
/* Strings in the arena that was given. */
struct websub_intent {
	enum websub_mode mode;
	char *topic;
	char *challenge; /* NULL with WEBSUB_DENIED */
	char *reason;    /* of a denial; NULL */
	int64_t lease_s; /* 0: not said */
};
/* Read QUERY, what stands behind '?' in the URL of a hub's GET (REC 5.2, 5.3). ERR_INPUT: F says
 * what is missing. */
int
websub_read_intent(struct arena *a, const char *query, struct websub_intent *out, struct fault *f);

enum websub_signature {
	WEBSUB_UNSIGNED, /* no header, or none that can be read */
	WEBSUB_FORGED,   /* it does not fit */
	WEBSUB_WEAK,     /* it fits, by SHA-1 */
	WEBSUB_SIGNED,   /* it fits, by SHA-256, SHA-384 or SHA-512 */
};
/* What HEADER, the value of X-Hub-Signature (NULL: none), proves of the LEN bytes of BODY
 * (REC 7.1). Compares in constant time. */
enum websub_signature
websub_check(const char *header, const char *secret, const void *body, size_t len);

/* Seconds until a lease of LEASE_S that begins now is to be renewed: between 80 and 90 % of it. */
int64_t websub_renew_s(int64_t lease_s, uint64_t seed);

/* ---- how far a hub can be relied on ---- */

enum websub_trust {
	WEBSUB_UNPROVEN,
	WEBSUB_RELIABLE,   /* it pushes all but nothing of what appears */
	WEBSUB_UNRELIABLE, /* polling finds what it did not push */
	WEBSUB_TRUSTS
};
/* Judge by the entries that came first by a push, and those that a poll found long after they were
 * published. */
enum websub_trust websub_judge(int64_t pushed, int64_t missed);
const char *websub_trust_name(enum websub_trust t);

#endif
