/*
 * url: RFC 3986 references resolved, http(s) URLs made canonical for identity and fit to fetch.
 * Pure. Never resolves names, never knows a site.
 */
#ifndef NEWSD_URL_H
#define NEWSD_URL_H

#include <stddef.h>
#include <stdint.h>

#include "mem.h"

#define URL_MAX 4096 /* a longer one is refused */

/* The parts of an absolute http(s) URL, as offsets borrowed from the text that was split. */
struct url_parts {
	const char *scheme, *host, *path, *query; /* not NUL-terminated; query NULL when absent */
	size_t scheme_len, host_len, path_len, query_len;
	unsigned port; /* explicit or the scheme's default */
	int is_https;
	int has_userinfo;
};

/* Split an absolute http or https URL. ERR_INPUT when it is none, ERR_LIMIT when too long. */
int url_split(const char *url, struct url_parts *out);

/* URL with what can't stand in a line (control characters, bidi controls, what is invisible,
 * ill-formed UTF-8) percent-encoded: itself, or a copy in A. */
char *url_line(struct arena *a, char *url);

/* Resolve REF against BASE (RFC 3986 5.2; leading and trailing space and embedded newlines and tabs
 * are removed as browsers do). The result lives in A; NULL when it can't be resolved. The scheme of
 * the result may be any. */
char *url_resolve(struct arena *a, const char *base, const char *ref);

/*
 * The form to fetch: absolute http(s), host in ASCII (IDNA2008/UTS46), no fragment, no userinfo,
 * non-ASCII and spaces percent-encoded, everything else as written. NULL when it is no http(s) URL.
 */
char *url_fetch_form(struct arena *a, const char *url);

/*
 * The form for identity, of which a link has exactly one: as url_fetch_form, and scheme and host in
 * lower case, default port dropped, dot segments removed, percent-encodings normalised (upper-case
 * hex, unreserved decoded), an empty path as "/", tracking parameters removed (a table of names
 * that are only ever used for tracking), an empty query dropped. Parameters keep their order. http
 * and https stay different here. NULL when it is no http(s) URL.
 */
char *url_canonical(struct arena *a, const char *url);

/* Both forms at once, in A, for little more than the price of one. ERR_INPUT, or ERR_LIMIT when one
 * would be longer than URL_MAX: both are NULL then. */
int url_forms(struct arena *a, const char *url, char **canonical, char **fetch);

/* Host (lower case, as in the URL, brackets of IPv6 kept) copied into OUT; 0 or
 * ERR_INPUT/ERR_LIMIT. */
int url_host(const char *url, char *out, size_t out_size);
/* Host as url_host gives it, with ":port" unless it is the scheme's own: who is being asked (the
 * key of pacing, robots.txt and pending work). */
int url_authority(const char *url, char *out, size_t out_size);
/* "https" 1, "http" 0, anything else -1. */
int url_is_web(const char *url);

#endif
