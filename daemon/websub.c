/* websub: see include/websub.h. */
#include "websub.h"

#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define RENEW_FROM_PERCENT 80
#define RENEW_SPAN_PERCENT 10
#define PROVEN_MIN         20 /* entries that were pushed, before anything rests on the hub */
#define MISSED_MIN         3  /* missed, before the hub is blamed */
#define RELIABLE_PERCENT   2  /* missed, at most */
#define BLAMED_PERCENT     20 /* missed, from here on */

/* ---- words that nobody can guess ---- */

void
websub_derive(const uint8_t key[WEBSUB_KEY], enum websub_word word, int64_t feed, const char *hub,
    const char *topic, char out[WEBSUB_WORD])
{
	static const char *const labels[] = {"token", "secret"};
	unsigned char digest[EVP_MAX_MD_SIZE];
	char *text = mem_printf("%s %lld %s %s", labels[word], (long long)feed, hub, topic);
	HMAC(EVP_sha256(), key, WEBSUB_KEY, (unsigned char *)text, strlen(text), digest, NULL);
	mem_free(text);
	for (size_t i = 0; i < (WEBSUB_WORD - 1) / 2; i++)
		snprintf(out + 2 * i, 3, "%02x", digest[i]);
}

/* ---- what the hub is sent ---- */

/* "NAME=VALUE", VALUE encoded, behind what stands in FORM. */
static char *
add_field(struct arena *a, const char *form, const char *name, const char *value)
{
	char *encoded = evhttp_uriencode(value, -1, 1);
	if (!encoded)
		abort(); /* no memory */
	char *all = arena_printf(a, "%s%s%s=%s", form, *form ? "&" : "", name, encoded);
	free(encoded);
	return all;
}

char *
websub_form(struct arena *a, const struct websub_ask *ask)
{
	char *form = add_field(a, "", "hub.mode", ask->unsubscribe ? "unsubscribe" : "subscribe");
	form = add_field(a, form, "hub.topic", ask->topic);
	form = add_field(a, form, "hub.callback", ask->callback);
	if (ask->unsubscribe)
		return form;
	form = add_field(
	    a, form, "hub.lease_seconds", arena_printf(a, "%lld", (long long)ask->lease_s));
	return ask->secret ? add_field(a, form, "hub.secret", ask->secret) : form;
}

/* ---- what the hub says ---- */

static int64_t
seconds(const char *s)
{
	int64_t v = 0;
	if (!s || !*s)
		return 0;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return 0;
		if (v < INT64_MAX / 16)
			v = v * 10 + (*s - '0');
	}
	return v;
}

static int
take_intent(
    struct arena *a, const struct evkeyvalq *query, struct websub_intent *out, struct fault *f)
{
	static const char *const modes[WEBSUB_MODES] = {
	    [WEBSUB_SUBSCRIBE] = "subscribe",
	    [WEBSUB_UNSUBSCRIBE] = "unsubscribe",
	    [WEBSUB_DENIED] = "denied",
	};
	const char *mode = evhttp_find_header(query, "hub.mode"),
		   *topic = evhttp_find_header(query, "hub.topic"),
		   *challenge = evhttp_find_header(query, "hub.challenge"),
		   *reason = evhttp_find_header(query, "hub.reason");
	*out = (struct websub_intent){.mode = WEBSUB_MODES};
	for (int i = 0; mode && i < WEBSUB_MODES; i++)
		if (!strcmp(mode, modes[i]))
			out->mode = (enum websub_mode)i;
	if (out->mode == WEBSUB_MODES)
		return fault_set(f, ERR_INPUT, "hub.mode is none that a subscriber knows");
	if (!topic || !*topic)
		return fault_set(f, ERR_INPUT, "hub.topic is missing");
	if (out->mode != WEBSUB_DENIED &&
	    (!challenge || !*challenge || strlen(challenge) > WEBSUB_CHALLENGE_MAX))
		return fault_set(f, ERR_INPUT, "hub.challenge is missing or too long");
	out->topic = arena_strdup(a, topic);
	out->challenge = out->mode == WEBSUB_DENIED ? NULL : arena_strdup(a, challenge);
	out->reason = arena_strdup(a, reason);
	out->lease_s = seconds(evhttp_find_header(query, "hub.lease_seconds"));
	return 0;
}

int
websub_read_intent(struct arena *a, const char *query, struct websub_intent *out, struct fault *f)
{
	struct evkeyvalq pairs;
	*out = (struct websub_intent){.mode = WEBSUB_MODES};
	if (!query || evhttp_parse_query_str(query, &pairs) != 0)
		return fault_set(f, ERR_INPUT, "this is the callback of a hub: see W3C WebSub");
	int rc = take_intent(a, &pairs, out, f);
	evhttp_clear_headers(&pairs);
	return rc;
}

/* The hex digits at S into OUT; 0 when they are not LEN bytes. */
static int
read_hex(const char *s, unsigned char *out, size_t len)
{
	static const char digits[] = "0123456789abcdef";
	if (strlen(s) != 2 * len)
		return 0;
	for (size_t i = 0; i < 2 * len; i++) {
		const char *at = strchr(digits, s[i] | 32);
		if (!at)
			return 0;
		unsigned char half = (unsigned char)(at - digits);
		out[i / 2] = (unsigned char)(i % 2 ? out[i / 2] << 4 | half : half);
	}
	return 1;
}

enum websub_signature
websub_check(const char *header, const char *secret, const void *body, size_t len)
{
	static const struct {
		const char *method;
		const EVP_MD *(*digest)(void);
		enum websub_signature proves;
	} methods[] = {
	    {"sha1=", EVP_sha1, WEBSUB_WEAK},
	    {"sha256=", EVP_sha256, WEBSUB_SIGNED},
	    {"sha384=", EVP_sha384, WEBSUB_SIGNED},
	    {"sha512=", EVP_sha512, WEBSUB_SIGNED},
	};
	unsigned char given[EVP_MAX_MD_SIZE], right[EVP_MAX_MD_SIZE];
	for (size_t i = 0; header && i < sizeof methods / sizeof *methods; i++) {
		size_t n = strlen(methods[i].method);
		unsigned right_len = 0;
		if (strncasecmp(header, methods[i].method, n) != 0)
			continue;
		HMAC(
		    methods[i].digest(), secret, (int)strlen(secret), body, len, right, &right_len);
		if (!read_hex(header + n, given, right_len))
			return WEBSUB_FORGED;
		return CRYPTO_memcmp(given, right, right_len) ? WEBSUB_FORGED : methods[i].proves;
	}
	return WEBSUB_UNSIGNED;
}

int64_t
websub_renew_s(int64_t lease_s, uint64_t seed)
{
	if (lease_s > WEBSUB_LEASE_MAX_S)
		lease_s = WEBSUB_LEASE_MAX_S;
	if (lease_s < WEBSUB_LEASE_MIN_S)
		lease_s = WEBSUB_LEASE_MIN_S;
	int64_t percent = RENEW_FROM_PERCENT + (int64_t)(seed % (RENEW_SPAN_PERCENT + 1));
	return lease_s * percent / 100;
}

/* ---- how far a hub can be relied on ---- */

enum websub_trust
websub_judge(int64_t pushed, int64_t missed)
{
	int64_t all = pushed + missed;
	if (missed >= MISSED_MIN && missed * 100 >= all * BLAMED_PERCENT)
		return WEBSUB_UNRELIABLE;
	if (pushed >= PROVEN_MIN && missed * 100 <= all * RELIABLE_PERCENT)
		return WEBSUB_RELIABLE;
	return WEBSUB_UNPROVEN;
}

const char *
websub_trust_name(enum websub_trust t)
{
	static const char *const names[WEBSUB_TRUSTS] = {
	    [WEBSUB_UNPROVEN] = "unproven",
	    [WEBSUB_RELIABLE] = "reliable",
	    [WEBSUB_UNRELIABLE] = "unreliable",
	};
	return (unsigned)t < WEBSUB_TRUSTS ? names[t] : "unknown";
}
