/*
 * url: see include/url.h. A URL is cleaned as browsers do (RFC 3986 says nothing of newlines and
 * backslashes, and feeds are full of them), taken apart, and written anew into a bounded buffer:
 * whatever url_fetch_form or url_canonical return can be split again and is a fixed point of both.
 */
#include "url.h"

#include <arpa/inet.h>
#include <idn2.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "errors.h"
#include "escape.h"

#define HOST_MAX  253 /* RFC 1035 2.3.4, without the root's dot */
#define LABEL_MAX 63

/* ---- a bounded writer ---- */

struct out {
	size_t len;
	int over;
	char text[URL_MAX + 1];
};

/* The text is not cleared: there is a lot of it. */
static void
out_begin(struct out *o)
{
	o->len = 0;
	o->over = 0;
}

static void
out_add(struct out *o, const char *s, size_t len)
{
	if (len > URL_MAX - o->len) {
		o->over = 1;
		return;
	}
	memcpy(o->text + o->len, s, len);
	o->len += len;
}

static void
out_char(struct out *o, char c)
{
	out_add(o, &c, 1);
}

static void
out_percent(struct out *o, unsigned char c)
{
	static const char hex[] = "0123456789ABCDEF";
	out_add(o, (char[]){'%', hex[c >> 4], hex[c & 15]}, 3);
}

static char *
out_finish(struct out *o, struct arena *a)
{
	return o->over ? NULL : arena_strndup(a, o->text, o->len);
}

/* ---- characters ---- */

static int
is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c + ('a' - 'A')) : c;
}

/* What may stand as it is (RFC 3986 2.3, 3.3, 3.4). */
enum { UNRESERVED = 1, IN_PATH = 2, IN_QUERY = 4 };

static const uint8_t classes[256] = {
#define PLAIN (UNRESERVED | IN_PATH | IN_QUERY)
#define MARK  (IN_PATH | IN_QUERY)
    /* clang-format off */
    ['A' ... 'Z'] = PLAIN, ['a' ... 'z'] = PLAIN, ['0' ... '9'] = PLAIN,
    ['-'] = PLAIN, ['.'] = PLAIN, ['_'] = PLAIN, ['~'] = PLAIN,
    ['!'] = MARK, ['$'] = MARK, ['&'] = MARK, ['\''] = MARK, ['('] = MARK, [')'] = MARK, ['*'] = MARK,
    ['+'] = MARK, [','] = MARK, [';'] = MARK, ['='] = MARK, [':'] = MARK, ['@'] = MARK, ['/'] = MARK,
    ['?'] = IN_QUERY,
    /* clang-format on */
};

static int
hex_value(char c)
{
	if (is_digit(c))
		return c - '0';
	c = lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that "%XX" at S stands for, -1 when there is no such triplet before END. */
static int
percent_value(const char *s, const char *end)
{
	if (end - s < 3 || *s != '%')
		return -1;
	int high = hex_value(s[1]), low = hex_value(s[2]);
	return high < 0 || low < 0 ? -1 : high << 4 | low;
}

/* ---- any reference, taken apart as RFC 3986 appendix B does ---- */

struct span {
	const char *at; /* NULL: the component is absent */
	size_t len;
};

struct reference {
	struct span scheme, authority, path, query, fragment;
};

static size_t
scheme_length(const char *s)
{
	size_t n = 0;
	if (!is_alpha(s[0]))
		return 0;
	while (is_alpha(s[n]) || is_digit(s[n]) || (s[n] && strchr("+-.", s[n])))
		n++;
	return s[n] == ':' ? n : 0;
}

static void
split_reference(const char *s, struct reference *r)
{
	memset(r, 0, sizeof *r);
	size_t n = scheme_length(s);
	if (n) {
		r->scheme = (struct span){s, n};
		s += n + 1;
	}
	if (s[0] == '/' && s[1] == '/') {
		s += 2;
		r->authority = (struct span){s, strcspn(s, "/?#")};
		s += r->authority.len;
	}
	r->path = (struct span){s, strcspn(s, "?#")};
	s += r->path.len;
	if (*s == '?') {
		r->query = (struct span){s + 1, strcspn(s + 1, "#")};
		s += 1 + r->query.len;
	}
	if (*s == '#')
		r->fragment = (struct span){s + 1, strlen(s + 1)};
}

static int
scheme_is_web(struct span s)
{
	return (s.len == 4 && !strncasecmp(s.at, "http", 4)) ||
	       (s.len == 5 && !strncasecmp(s.at, "https", 5));
}

/* Copy S into OUT without the white space that browsers ignore. ERR_LIMIT past URL_MAX. */
static int
clean(const char *s, char out[URL_MAX + 1])
{
	size_t n = 0;
	while (*s && (unsigned char)*s <= ' ')
		s++;
	for (; *s; s += *s != '\0') {
		size_t run = strcspn(s, "\t\n\r");
		if (run > URL_MAX - n)
			return ERR_LIMIT;
		memcpy(out + n, s, run);
		n += run;
		s += run;
	}
	while (n && (unsigned char)out[n - 1] <= ' ')
		n--;
	out[n] = '\0';
	return 0;
}

/* WHATWG URL 4.4: in web URLs a backslash before the query is a slash. */
static void
turn_backslashes(char *s)
{
	static const char stops[] = "\\?#";
	for (s += strcspn(s, stops); *s == '\\'; s += strcspn(s, stops))
		*s = '/';
}

/* ---- hosts ---- */

/* Dotted labels of letters, digits, '-' and '_' (which is no host name but lives in the DNS). */
static int
is_dns_name(const char *host, size_t len)
{
	size_t label = 0;
	if (len && host[len - 1] == '.')
		len--;
	if (!len || len > HOST_MAX)
		return 0;
	for (size_t i = 0; i < len; i++) {
		if (host[i] == '.') {
			if (!label)
				return 0;
			label = 0;
		} else if (!(is_alpha(host[i]) || is_digit(host[i]) || host[i] == '-' ||
			       host[i] == '_') ||
			   ++label > LABEL_MAX) {
			return 0;
		}
	}
	return label > 0;
}

/* One number of an IPv4 address as inet_aton reads it: decimal, 0octal, 0xhex. -1: it is none. */
static int64_t
ipv4_number(const char *s, size_t len)
{
	int base = 10;
	int64_t value = 0;
	if (len >= 2 && s[0] == '0') {
		int is_hex = lower(s[1]) == 'x';
		base = is_hex ? 16 : 8;
		s += is_hex ? 2 : 1;
		len -= is_hex ? 2 : 1;
	} else if (!len) {
		return -1;
	}
	for (size_t i = 0; i < len; i++) {
		int digit = hex_value(s[i]);
		if (digit < 0 || digit >= base)
			return -1;
		value = value * base + digit;
		if (value > UINT32_MAX)
			return -1;
	}
	return value;
}

/*
 * WHATWG URL 3.5: a host whose last label is a number is an IPv4 address in one of its many
 * spellings ("0x7f.1", "2130706433") or nothing at all. Such a host is rewritten as a dotted quad,
 * so that every later check sees the address. 0: a name; 1: rewritten; ERR_INPUT.
 */
static int
rewrite_ipv4(char *host, size_t *len)
{
	int64_t parts[4] = {0};
	size_t count = 0, end = *len;
	if (end && host[end - 1] == '.')
		end--;
	size_t last = end;
	while (last && host[last - 1] != '.')
		last--;
	int digits = 1;
	for (size_t i = last; i < end; i++)
		digits &= is_digit(host[i]);
	if (!digits && ipv4_number(host + last, end - last) < 0)
		return 0;
	for (size_t i = 0; i <= end;) {
		size_t n = strcspn(host + i, ".");
		if (n > end - i)
			n = end - i;
		if (count == 4 || (parts[count] = ipv4_number(host + i, n)) < 0)
			return ERR_INPUT;
		count++;
		i += n + 1;
	}
	int64_t address = 0;
	for (size_t i = 0; i + 1 < count; i++) {
		if (parts[i] > 255)
			return ERR_INPUT;
		address |= parts[i] << (24 - 8 * i);
	}
	if (parts[count - 1] >= (int64_t)1 << (8 * (5 - count)))
		return ERR_INPUT;
	address |= parts[count - 1];
	*len = (size_t)snprintf(host, 16, "%d.%d.%d.%d", (int)(address >> 24 & 255),
	    (int)(address >> 16 & 255), (int)(address >> 8 & 255), (int)(address & 255));
	return 1;
}

static int
add_ipv6(struct out *o, const char *host, size_t len)
{
	char text[INET6_ADDRSTRLEN];
	struct in6_addr address;
	if (len < 4 || host[len - 1] != ']' || len - 2 >= sizeof text)
		return ERR_INPUT;
	memcpy(text, host + 1, len - 2);
	text[len - 2] = '\0';
	if (inet_pton(AF_INET6, text, &address) != 1)
		return ERR_INPUT;
	inet_ntop(AF_INET6, &address, text, sizeof text);
	out_char(o, '[');
	out_add(o, text, strlen(text));
	out_char(o, ']');
	return 0;
}

/* UTS46 to ASCII: non-transitional as browsers do, transitional for what IDNA2008 forbids. */
static int
idn_to_ascii(const char *host, char ascii[HOST_MAX + 2], size_t *len)
{
	char *result = NULL;
	int rc = idn2_to_ascii_8z(host, &result, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
	if (rc == IDN2_DISALLOWED)
		rc = idn2_to_ascii_8z(host, &result, IDN2_NFC_INPUT | IDN2_TRANSITIONAL);
	if (rc != IDN2_OK)
		return ERR_INPUT;
	*len = strlen(result);
	int fits = *len <= HOST_MAX + 1;
	if (fits)
		memcpy(ascii, result, *len + 1);
	idn2_free(result);
	return fits ? 0 : ERR_INPUT;
}

/* Write HOST in ASCII and lower case, without the root's dot; *DOTTED: it had one. */
static int
add_host(struct out *o, const char *host, size_t len, int *dotted)
{
	char text[HOST_MAX * 4], ascii[HOST_MAX + 2];
	size_t n = 0;
	int is_ascii = 1;
	if (len && host[0] == '[')
		return add_ipv6(o, host, len);
	for (size_t i = 0; i < len; i++) {
		int c = percent_value(host + i, host + len);
		i += c >= 0 ? 2 : 0;
		c = c >= 0 ? c : (unsigned char)lower(host[i]);
		if (c == 0 || n == sizeof text - 1)
			return ERR_INPUT;
		is_ascii &= c < 0x80;
		text[n++] = (char)c;
	}
	text[n] = '\0';
	if (!is_ascii) {
		if (idn_to_ascii(text, ascii, &n))
			return ERR_INPUT;
	} else if (n > HOST_MAX + 1) {
		return ERR_INPUT;
	} else {
		memcpy(ascii, text, n + 1);
	}
	for (size_t i = 0; i < n; i++)
		ascii[i] = lower(ascii[i]);
	if (!is_dns_name(ascii, n) || rewrite_ipv4(ascii, &n) < 0)
		return ERR_INPUT;
	*dotted = ascii[n - 1] == '.';
	out_add(o, ascii, n - (size_t)*dotted);
	return 0;
}

/* ---- web URLs, taken apart ---- */

/* Split "user@host:port" of P's scheme; absent or empty port: the default. */
static int
split_authority(struct span authority, struct url_parts *p)
{
	const char *end = authority.at + authority.len;
	const char *at = memrchr(authority.at, '@', authority.len);
	p->has_userinfo = at != NULL;
	p->host = at ? at + 1 : authority.at;
	const char *from = p->host;
	if (from < end && *from == '[') {
		from = memchr(from, ']', (size_t)(end - from));
		if (!from)
			return ERR_INPUT;
	}
	const char *colon = memchr(from, ':', (size_t)(end - from));
	p->host_len = (size_t)((colon ? colon : end) - p->host);
	if (!p->host_len)
		return ERR_INPUT;
	for (size_t i = 0; i < p->host_len; i++)
		if ((unsigned char)p->host[i] <= ' ' || strchr("\"<>\\^`{|}\x7f", p->host[i]))
			return ERR_INPUT;
	p->port = p->is_https ? 443 : 80;
	if (!colon || colon + 1 == end)
		return 0;
	p->port = 0;
	for (const char *c = colon + 1; c < end; c++) {
		if (!is_digit(*c))
			return ERR_INPUT;
		p->port = p->port * 10 + (unsigned)(*c - '0');
		if (p->port > 65535)
			return ERR_INPUT;
	}
	return p->port ? 0 : ERR_INPUT;
}

int
url_split(const char *url, struct url_parts *out)
{
	struct reference r;
	if (strnlen(url, URL_MAX + 1) > URL_MAX)
		return ERR_LIMIT;
	split_reference(url, &r);
	if (!scheme_is_web(r.scheme) || !r.authority.at)
		return ERR_INPUT;
	*out = (struct url_parts){
	    .scheme = r.scheme.at,
	    .scheme_len = r.scheme.len,
	    .path = r.path.at,
	    .path_len = r.path.len,
	    .query = r.query.at,
	    .query_len = r.query.len,
	    .is_https = r.scheme.len == 5,
	};
	return split_authority(r.authority, out);
}

int
url_host(const char *url, char *out, size_t out_size)
{
	struct url_parts p;
	int rc = url_split(url, &p);
	if (rc)
		return rc;
	if (p.host_len >= out_size)
		return ERR_LIMIT;
	for (size_t i = 0; i < p.host_len; i++)
		out[i] = lower(p.host[i]);
	out[p.host_len] = '\0';
	return 0;
}

int
url_is_web(const char *url)
{
	struct span scheme = {url, scheme_length(url)};
	return scheme_is_web(scheme) ? scheme.len == 5 : -1;
}

/* ---- resolution, RFC 3986 5.2 ---- */

/* Append PATH without its dot segments (RFC 3986 5.2.4). */
static void
add_path(struct out *o, const char *path, size_t len)
{
	size_t floor = o->len;
	const char *end = path + len;
	while (path < end) {
		const char *segment = path + (*path == '/');
		const char *next = memchr(segment, '/', (size_t)(end - segment));
		size_t n = (size_t)((next ? next : end) - segment);
		int dots = n == 1 && segment[0] == '.' ? 1 : 0;
		if (n == 2 && segment[0] == '.' && segment[1] == '.')
			dots = 2;
		if (dots == 2) {
			while (o->len > floor && o->text[--o->len] != '/')
				;
		}
		if (!dots)
			out_add(o, path, (size_t)(segment - path) + n);
		else if (!next)
			out_char(o, '/');
		path = segment + n;
	}
}

static void
add_component(struct out *o, char mark, struct span s)
{
	if (s.at) {
		out_char(o, mark);
		out_add(o, s.at, s.len);
	}
}

/* Target path of a reference with the path R under the base B (RFC 3986 5.2.2 and 5.2.3). */
static void
add_merged_path(struct out *o, const struct reference *b, struct span r)
{
	struct out merged;
	out_begin(&merged);
	if (r.at[0] != '/') {
		const char *slash = memrchr(b->path.at, '/', b->path.len);
		if (slash)
			out_add(&merged, b->path.at, (size_t)(slash - b->path.at) + 1);
		else if (b->authority.at)
			out_char(&merged, '/');
	}
	out_add(&merged, r.at, r.len);
	o->over |= merged.over;
	add_path(o, merged.text, merged.len);
}

/*
 * Give the web reference S its "//": browsers take any number of slashes, also none, for two
 * (WHATWG URL 4.4, special authority slashes state). S has room for two more bytes.
 */
static void
straighten_slashes(char *s, size_t scheme_len)
{
	char *after = s + (scheme_len ? scheme_len + 1 : 0);
	size_t slashes = strspn(after, "/");
	if (slashes == 2)
		return;
	memmove(after + 2, after + slashes, strlen(after + slashes) + 1);
	memcpy(after, "//", 2);
}

/* Read REF, cleaned and made regular where it is (or, by BASE, becomes) a web URL, into TEXT. */
static int
read_reference(
    const char *ref, const struct reference *base, char text[URL_MAX + 3], struct reference *r)
{
	if (clean(ref, text))
		return ERR_LIMIT;
	size_t n = scheme_length(text);
	struct span scheme = {text, n};
	int base_web = base && scheme_is_web(base->scheme);
	if (n ? scheme_is_web(scheme) : base_web) {
		turn_backslashes(text);
		char *after = text + (n ? n + 1 : 0);
		int network = after[0] == '/' && after[1] == '/';
		int same = n && base_web && n == base->scheme.len &&
			   !strncasecmp(text, base->scheme.at, n);
		if (same && !network)
			memmove(
			    text, after, strlen(after) + 1); /* "http:x" is "x", RFC 3986 5.2.2 */
		else if (n || network)
			straighten_slashes(text, n);
	}
	split_reference(text, r);
	return 0;
}

char *
url_line(struct arena *a, char *url)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t len = strlen(url), at = 0;
	if (!escape_is_needed(url, len))
		return url;
	char *line = arena_alloc(a, len * 3 + 1);
	for (size_t i = 0; i < len;) {
		int hides;
		size_t n = escape_step(url + i, len - i, &hides);
		for (; n; n--, i++) {
			if (!hides) {
				line[at++] = url[i];
				continue;
			}
			line[at++] = '%';
			line[at++] = hex[(unsigned char)url[i] >> 4];
			line[at++] = hex[url[i] & 15];
		}
	}
	line[at] = '\0';
	return line;
}

char *
url_resolve(struct arena *a, const char *base, const char *ref)
{
	char base_text[URL_MAX + 3], ref_text[URL_MAX + 3];
	struct reference b = {.scheme = {NULL, 0}}, r;
	if (!base || read_reference(base, NULL, base_text, &b))
		b.scheme.at = NULL;
	if (read_reference(ref, b.scheme.at ? &b : NULL, ref_text, &r))
		return NULL;
	if (r.scheme.at && !r.authority.at)
		/* mailto:, tag:, data: have nothing to resolve */
		return url_line(a, arena_strdup(a, ref_text));
	if (!r.scheme.at && (!b.scheme.at || (!b.authority.at && b.path.at[0] != '/')))
		return NULL;

	struct out o;
	out_begin(&o);
	struct span scheme = r.scheme.at ? r.scheme : b.scheme;
	struct span authority = r.scheme.at || r.authority.at ? r.authority : b.authority;
	int own_path = r.scheme.at || r.authority.at;
	out_add(&o, scheme.at, scheme.len);
	out_char(&o, ':');
	if (authority.at) {
		out_add(&o, "//", 2);
		out_add(&o, authority.at, authority.len);
	}
	if (own_path)
		add_path(&o, r.path.at, r.path.len);
	else if (r.path.len)
		add_merged_path(&o, &b, r.path);
	else
		out_add(&o, b.path.at, b.path.len);
	add_component(&o, '?', own_path || r.path.len || r.query.at ? r.query : b.query);
	add_component(&o, '#', r.fragment);
	char *url = out_finish(&o, a);
	return url ? url_line(a, url) : NULL;
}

/* ---- the two forms ---- */

/*
 * Parameters that say how the reader came, never what he reads. A name that any site could use for
 * its content ("ref", "source", "cid") is not here. A final '*' stands for any ending.
 */
static const char *const tracking_names[] = {
    /* Google Analytics and whoever copied it; Matomo, Piwik; HubSpot ads */
    "utm_*", "mtm_*", "hsa_*", "pk_campaign", "pk_content", "pk_keyword", "pk_kwd", "pk_medium",
    "pk_source", "_ga", "_gl",
    /* AT Internet, Comscore, Webtrekk, Webtrends */
    "at_campaign", "at_campaign_type", "at_custom1", "at_custom2", "at_custom3", "at_custom4",
    "at_bbc_team", "at_format", "at_link_id", "at_link_origin", "at_link_type", "at_medium",
    "at_ptr_name", "xtor", "ns_campaign", "ns_fee", "ns_linkname", "ns_mchannel", "ns_source",
    "wt_mc", "wt_zmc", "wt.mc_id",
    /* click identifiers of networks */
    "fbclid", "gclid", "gclsrc", "gbraid", "wbraid", "dclid", "msclkid", "yclid", "ysclid",
    "ymclid", "twclid", "ttclid", "li_fat_id", "rb_clickid", "wickedid", "srsltid", "igsh",
    "igshid",
    /* newsletters */
    "mc_cid", "mc_eid", "_hsenc", "_hsmi", "__hsfp", "__hssc", "__hstc", "hsctatracking", "mkt_tok",
    "vero_conv", "vero_id", "oly_anon_id", "oly_enc_id", "ml_subscriber", "ml_subscriber_hash",
    "elqtrack", "elqtrackid",
    /* Yahoo's consent redirect */
    "guccounter", "guce_referrer", "guce_referrer_sig"};

static int
is_tracking(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof tracking_names / sizeof *tracking_names; i++) {
		const char *known = tracking_names[i];
		if (*known != lower(*name))
			continue;
		size_t n = strlen(known);
		int prefix = known[n - 1] == '*';
		n -= (size_t)prefix;
		if ((prefix ? len > n : len == n) && !strncasecmp(name, known, n))
			return 1;
	}
	return 0;
}

/* 1 for what a request line bears (RFC 9112 3) and every server takes as it is. */
static int
is_sendable(char c)
{
	switch (c) {
	case '"':
	case '<':
	case '>':
	case '`':
	case '{':
	case '}':
		return 0;
	default:
		return c > ' ' && c < 0x7f;
	}
}

static void
add_as_written(struct out *o, const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		size_t from = i;
		while (i < len && is_sendable(s[i]))
			i++;
		out_add(o, s + from, i - from);
		if (i < len)
			out_percent(o, (unsigned char)s[i]);
	}
}

/* RFC 3986 6.2.2.1 and 6.2.2.2; what is not of CLASS, also a lone '%', is encoded. */
static void
add_normalised(struct out *o, const char *s, size_t len, int class)
{
	for (size_t i = 0; i < len; i++) {
		size_t from = i;
		while (i < len && classes[(unsigned char)s[i]] & class)
			i++;
		out_add(o, s + from, i - from);
		if (i == len)
			break;
		int c = percent_value(s + i, s + len);
		if (c >= 0 && classes[c] & UNRESERVED)
			out_char(o, (char)c);
		else
			out_percent(o, c >= 0 ? (unsigned char)c : (unsigned char)s[i]);
		i += c >= 0 ? 2 : 0;
	}
}

static void
add_canonical_query(struct out *o, const char *query, size_t len)
{
	char mark = '?';
	if (!query)
		return;
	for (const char *end = query + len; query < end;) {
		const char *amp = memchr(query, '&', (size_t)(end - query));
		size_t n = (size_t)((amp ? amp : end) - query);
		struct out parameter;
		out_begin(&parameter);
		add_normalised(&parameter, query, n, IN_QUERY);
		const char *equals = memchr(parameter.text, '=', parameter.len);
		size_t name = equals ? (size_t)(equals - parameter.text) : parameter.len;
		if (parameter.len && !is_tracking(parameter.text, name)) {
			out_char(o, mark);
			out_add(o, parameter.text, parameter.len);
			mark = '&';
		}
		o->over |= parameter.over;
		query += n + 1;
	}
}

static void
add_canonical_path(struct out *o, const char *path, size_t len)
{
	struct out normalised;
	out_begin(&normalised);
	add_normalised(&normalised, path, len, IN_PATH);
	o->over |= normalised.over;
	add_path(o, normalised.text, normalised.len);
}

/* Scheme, host and PORT of either form, and a path's first slash where there is none. */
static void
begin_form(struct out *o, const struct url_parts *p, const struct out *host, const char *port)
{
	out_begin(o);
	out_add(o, p->is_https ? "https://" : "http://", p->is_https ? 8 : 7);
	out_add(o, host->text, host->len);
	out_add(o, port, strlen(port));
	if (!p->path_len)
		out_char(o, '/');
}

int
url_forms(struct arena *a, const char *url, char **canonical, char **fetch)
{
	char text[URL_MAX + 3], port[8] = "";
	struct reference r;
	struct url_parts p;
	struct out o, host;
	int dotted = 0;
	*canonical = *fetch = NULL;
	out_begin(&host);
	if (read_reference(url, NULL, text, &r) || url_split(text, &p) ||
	    add_host(&host, p.host, p.host_len, &dotted))
		return ERR_INPUT;
	if (p.port != (p.is_https ? 443 : 80))
		snprintf(port, sizeof port, ":%u", p.port);

	begin_form(&o, &p, &host, port);
	add_canonical_path(&o, p.path, p.path_len);
	add_canonical_query(&o, p.query, p.query_len);
	*canonical = out_finish(&o, a);

	if (dotted)
		out_char(&host, '.');
	begin_form(&o, &p, &host, port);
	add_as_written(&o, p.path, p.path_len);
	if (p.query) {
		out_char(&o, '?');
		add_as_written(&o, p.query, p.query_len);
	}
	*fetch = out_finish(&o, a);
	if (*canonical && *fetch)
		return 0;
	*canonical = *fetch = NULL;
	return ERR_LIMIT;
}

char *
url_fetch_form(struct arena *a, const char *url)
{
	char *canonical, *fetch;
	url_forms(a, url, &canonical, &fetch);
	return fetch;
}

char *
url_canonical(struct arena *a, const char *url)
{
	char *canonical, *fetch;
	url_forms(a, url, &canonical, &fetch);
	return canonical;
}

int
url_authority(const char *url, char *out, size_t out_size)
{
	struct url_parts u;
	int status = url_split(url, &u);
	if (!status)
		status = url_host(url, out, out_size);
	if (status || u.port == (u.is_https ? 443u : 80u))
		return status;
	size_t len = strlen(out);
	int n = snprintf(out + len, out_size - len, ":%u", u.port);
	return n < 0 || (size_t)n >= out_size - len ? ERR_LIMIT : 0;
}
