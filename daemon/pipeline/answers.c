/*
 * answers: what an answer from outside means: for a poll, for the feed's cadence, for a link and
 * for the host that gave it. Tables and pure functions; pipeline.c acts on them.
 */
#include <string.h>
#include <strings.h>

#include "pipeline_priv.h"

#define CLOSE_CHALLENGE_S 7200 /* before a bot protection */
#define CLOSE_DEFAULT_S   60   /* after 429 or 503 without Retry-After */

/* ---- the host ---- */

int64_t
answer_close_ms(const struct fetch_result *r)
{
	if (r->challenge)
		return CLOSE_CHALLENGE_S * INT64_C(1000);
	if (r->status != 429 && r->status != 503)
		return 0;
	/* a moment that has passed is as good as none */
	int64_t s = r->retry_after_s > 0 ? r->retry_after_s : CLOSE_DEFAULT_S;
	return (s < RETRY_AFTER_MAX_S ? s : RETRY_AFTER_MAX_S) * 1000;
}

int64_t
answer_retry_after_s(const struct fetch_result *r)
{
	return r->status == 429 || r->status == 503 ? r->retry_after_s : -1;
}

struct gate_signal
answer_signal(const struct fetch_result *r)
{
	int overloaded = r->status == 429 || r->status == 503 || r->challenge;
	int silent = r->error == FETCH_CONNECT || r->error == FETCH_TIMEOUT;
	return (struct gate_signal){.answer = overloaded         ? GATE_OVERLOADED
					      : silent           ? GATE_UNREACHABLE
					      : r->status == 403 ? GATE_FORBIDDEN
								 : GATE_ANSWERED,
	    .close_ms = answer_close_ms(r),
	    .pace_ms = r->pace_ms};
}

const char *
answer_describe(struct arena *a, const struct fetch_result *r)
{
	if (r->error != FETCH_OK)
		return arena_printf(a, "%s: %s", r->error_word, r->error_text);
	if (r->status == 304 && !r->conditional)
		return "HTTP 304 (unchanged), though the whole was asked for";
	if (r->challenge)
		return arena_printf(
		    a, "HTTP %d, bot_challenge: a bot protection stands before it", r->status);
	if (r->status == 451)
		return "HTTP 451, withheld for legal reasons";
	return arena_printf(a, "HTTP %d", r->status);
}

/* ---- a feed ---- */

/* The statuses that bring a feed's document: with 226 its new entries alone, or all when that was
 * not asked for. */
static int
is_document(int status)
{
	return status == 200 || status == 203 || status == 226;
}

enum poll_outcome
answer_poll_outcome(const struct fetch_result *r)
{
	if (r->error == FETCH_OK)
		return r->status == 304         ? r->conditional ? POLL_UNCHANGED : POLL_BAD
		       : is_document(r->status) ? POLL_OK
						: POLL_HTTP;
	return r->error == FETCH_TOO_BIG || r->error == FETCH_PROTOCOL ? POLL_BAD
	       : r->error == FETCH_REDIRECTS                           ? POLL_REDIRECTS
	       : r->error == FETCH_REFUSED                             ? POLL_REFUSED
								       : POLL_NETWORK;
}

/* Why no feed came. */
enum cadence_failure
answer_failure(const struct fetch_result *r)
{
	static const struct {
		enum fetch_error error;
		enum cadence_failure failure;
	} errors[] = {
	    {FETCH_DNS, FAILURE_DNS},
	    {FETCH_CONNECT, FAILURE_CONNECT},
	    {FETCH_TLS, FAILURE_TLS},
	    {FETCH_TIMEOUT, FAILURE_TIMEOUT},
	    {FETCH_TOO_BIG, FAILURE_TOO_BIG},
	    {FETCH_REFUSED, FAILURE_REFUSED},
	    {FETCH_REDIRECTS, FAILURE_REDIRECTS},
	    {FETCH_PROXY, FAILURE_CONNECT},
	    {FETCH_CLOSED, FAILURE_THROTTLED},
	};
	if (r->challenge)
		return FAILURE_CHALLENGE;
	for (size_t i = 0; i < sizeof errors / sizeof *errors; i++)
		if (errors[i].error == r->error)
			return errors[i].failure;
	if (r->error != FETCH_OK)
		return FAILURE_BROKEN;
	return r->status == 304                       ? FAILURE_BROKEN
	       : r->status == 410                     ? FAILURE_GONE
	       : r->status == 429 || r->status == 503 ? FAILURE_THROTTLED
	       : r->status >= 500                     ? FAILURE_SERVER
						      : FAILURE_CLIENT;
}

/* ---- a page ---- */

/* What a status means for a link. Everything that is not here: 5xx is retried, the rest is
 * http_error. */
static const struct {
	int status;
	enum outcome outcome; /* OUTCOME_PENDING: retry */
} status_outcomes[] = {
    {401, OUTCOME_WALL},
    {402, OUTCOME_WALL},
    {404, OUTCOME_GONE},
    {408, OUTCOME_PENDING},
    {410, OUTCOME_GONE},
    {425, OUTCOME_PENDING},
    {429, OUTCOME_PENDING},
};

static enum outcome
error_outcome(enum fetch_error e)
{
	if (fetch_error_is_transient(e))
		return OUTCOME_PENDING;
	return e == FETCH_REFUSED   ? OUTCOME_REFUSED
	       : e == FETCH_TOO_BIG ? OUTCOME_TOO_BIG
				    : OUTCOME_HTTP_ERROR;
}

enum outcome
answer_page_outcome(const struct fetch_result *r)
{
	if (r->error != FETCH_OK)
		return error_outcome(r->error);
	if (r->status >= 200 && r->status < 300)
		return OUTCOME_STORED;
	if (r->challenge) /* it says something of the host, nothing of this page */
		return OUTCOME_PENDING;
	for (size_t i = 0; i < sizeof status_outcomes / sizeof *status_outcomes; i++)
		if (status_outcomes[i].status == r->status)
			return status_outcomes[i].outcome;
	return r->status >= 500 ? OUTCOME_PENDING : OUTCOME_HTTP_ERROR;
}

int
answer_is_page(const char *type)
{
	static const char *const types[] = {"text/html", "application/xhtml+xml", "text/plain",
	    "application/xml", "text/xml", "application/octet-stream"};
	size_t len = strcspn(type, "; \t");
	if (!len)
		return 1;
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (strlen(types[i]) == len && !strncasecmp(type, types[i], len))
			return 1;
	return 0;
}

enum outcome
answer_reply_outcome(int status)
{
	switch (status) {
	case ERR_CRASHED:
		return OUTCOME_PARSER_CRASH;
	case ERR_TIMEOUT:
		return OUTCOME_PARSER_TIMEOUT;
	case ERR_LIMIT:
		return OUTCOME_TOO_BIG;
	case ERR_SYSTEM:
		return OUTCOME_PENDING;
	default:
		return OUTCOME_BAD_BODY;
	}
}

/* What a page is decides what becomes of its link. A wall is never stored as an article's text;
 * what is stored tells its verdict. */
static const enum outcome verdict_outcomes[VERDICT_COUNT] = {
    [VERDICT_FULL] = OUTCOME_STORED,
    [VERDICT_PARTIAL] = OUTCOME_STORED,
    [VERDICT_LIVE_BLOG] = OUTCOME_STORED,
    [VERDICT_FEED_ONLY] = OUTCOME_STUB, /* of a page: the feed's text is to be taken */
    [VERDICT_PAYWALL_STUB] = OUTCOME_WALL,
    [VERDICT_CONSENT_WALL] = OUTCOME_WALL,
    [VERDICT_BOT_CHALLENGE] = OUTCOME_WALL,
    [VERDICT_SPA_SHELL] = OUTCOME_STUB,
    [VERDICT_ERROR_PAGE] = OUTCOME_GONE,
    [VERDICT_LISTING] = OUTCOME_LISTING,
    [VERDICT_VIDEO_ONLY] = OUTCOME_STUB,
    [VERDICT_NOT_ARTICLE] = OUTCOME_STUB,
};

enum outcome
answer_verdict_outcome(enum verdict v)
{
	return verdict_outcomes[v];
}

const char *
answer_describe_page(struct arena *a, const struct reply *r)
{
	if (r->status)
		return arena_strdup(a, reply_words(r));
	const struct article *art = r->article;
	return arena_printf(a, "%s: %s (%.2f)", verdict_name(art->verdict),
	    art->evidence ? art->evidence : "no evidence", art->confidence);
}
