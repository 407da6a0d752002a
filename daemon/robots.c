/*
 * robots: see include/robots.h. Line syntax is RFC 9309 2.2 with the mistakes that Google's parser
 * forgives too: a missing colon, five spellings of "disallow", half a byte order mark.
 */
#include "robots.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "errors.h"
#include "url.h"

#define CRAWL_DELAY_MAX_S 86400.0

struct text {
	const char *at;
	size_t len;
};

struct group_rules {
	struct robots_rule *rules;
	size_t rules_len;
	double delay_s; /* -1: none */
};

/* The state between lines. A line of rules ends a run of user-agent lines, nothing else does. */
struct parser {
	struct arena *arena;
	struct text agent;
	struct robots_doc *doc;
	struct group_rules own, any; /* of groups that name the agent; of groups for "*" */
	int ever_own;
	int in_own, in_any, after_rule;
};

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\v' || c == '\f';
}

static struct text
trim(struct text t)
{
	while (t.len && is_space(t.at[0])) {
		t.at++;
		t.len--;
	}
	while (t.len && is_space(t.at[t.len - 1]))
		t.len--;
	return t;
}

static int
text_is(struct text t, const char *word)
{
	return t.len == strlen(word) && !strncasecmp(t.at, word, t.len);
}

/* ---- percent-encoding ---- */

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c = (char)(c | 0x20);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* RFC 3986 2.3 */
static int
is_unreserved(int c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	       (c && c < 0x80 && strchr("-._~", c));
}

/*
 * Copy S into OUT (3 * LEN bytes are enough) with %XX in upper case; ENCODE: also bytes that are no
 * visible ASCII as %XX; DECODE: also unreserved characters out of their %XX. Returns the length.
 */
static size_t
copy_percent(char *out, const char *s, size_t len, int encode, int decode)
{
	static const char hex[] = "0123456789ABCDEF";
	size_t n = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)s[i];
		int high = -1, low = -1;
		if (c == '%' && len - i > 2) {
			high = hex_value(s[i + 1]);
			low = hex_value(s[i + 2]);
		}
		int is_triplet = high >= 0 && low >= 0;
		if (is_triplet) {
			c = (unsigned char)(high << 4 | low);
			i += 2;
		}
		if (is_triplet ? !(decode && is_unreserved(c))
			       : encode && (c <= ' ' || c >= 0x7f)) {
			out[n++] = '%';
			out[n++] = hex[c >> 4];
			out[n++] = hex[c & 15];
		} else {
			out[n++] = (char)c;
		}
	}
	return n;
}

/* ---- lines ---- */

static void
add_rule(struct parser *p, struct group_rules *g, struct text path, int allow)
{
	char *pattern = arena_alloc(p->arena, 3 * path.len + 1);
	size_t n = copy_percent(pattern, path.at, path.len, 1, 0);
	pattern[n] = '\0';
	char *normal = NULL;
	if (memchr(pattern, '%', n)) {
		normal = arena_alloc(p->arena, n + 1);
		size_t m = copy_percent(normal, pattern, n, 1, 1);
		normal[m] = '\0';
		if (m == n)
			normal = NULL; /* nothing was decoded */
	}
	struct robots_rule *r = ARENA_PUSH(p->arena, g->rules, g->rules_len);
	*r = (struct robots_rule){.pattern = pattern, .normal = normal, .allow = allow};
}

static void
add_rule_where_it_counts(struct parser *p, struct text path, int allow)
{
	if (p->in_own)
		add_rule(p, &p->own, path, allow);
	if (p->in_any)
		add_rule(p, &p->any, path, allow);
}

static void
on_user_agent(struct parser *p, struct text value)
{
	if (p->after_rule)
		p->in_own = p->in_any = p->after_rule = 0;
	if (value.len && value.at[0] == '*' && (value.len == 1 || is_space(value.at[1]))) {
		p->in_any = 1;
		return;
	}
	/* RFC 9309 2.2.1: a product token is letters, '_' and '-'; what follows is not compared */
	size_t n = 0;
	while (n < value.len && (((value.at[n] | 0x20) >= 'a' && (value.at[n] | 0x20) <= 'z') ||
				    value.at[n] == '_' || value.at[n] == '-'))
		n++;
	if (n && n == p->agent.len && !strncasecmp(value.at, p->agent.at, n))
		p->in_own = p->ever_own = 1;
}

static void
on_disallow(struct parser *p, struct text value)
{
	p->after_rule = 1;
	if (value.len)
		add_rule_where_it_counts(p, value, 0);
}

static void
on_allow(struct parser *p, struct text value)
{
	static const char index_page[] = "/index.htm";
	p->after_rule = 1;
	if (!value.len)
		return;
	add_rule_where_it_counts(p, value, 1);
	/* who allows a directory's index page means the directory's own URL too (Google does so) */
	const char *slash = memrchr(value.at, '/', value.len);
	size_t rest = slash ? (size_t)(value.at + value.len - slash) : 0;
	if (rest >= sizeof index_page - 1 && !memcmp(slash, index_page, sizeof index_page - 1)) {
		size_t len = value.len - rest + 1;
		char *directory = arena_alloc(p->arena, len + 1);
		memcpy(directory, value.at, len);
		directory[len] = '$';
		add_rule_where_it_counts(p, (struct text){directory, len + 1}, 1);
	}
}

/* Not in RFC 9309, but common. Of several the longest is kept. */
static void
on_crawl_delay(struct parser *p, struct text value)
{
	double delay = 0, unit = 1;
	int digits = 0, point = 0;
	for (size_t i = 0; i < value.len; i++) {
		char c = value.at[i];
		if (c >= '0' && c <= '9') {
			digits = 1;
			unit = point ? unit / 10 : unit;
			delay = point ? delay + (c - '0') * unit : delay * 10 + (c - '0');
		} else if (c == '.' && !point) {
			point = 1;
		} else {
			break;
		}
	}
	if (!digits)
		return;
	if (!(delay < CRAWL_DELAY_MAX_S))
		delay = CRAWL_DELAY_MAX_S;
	if (p->in_own && delay > p->own.delay_s)
		p->own.delay_s = delay;
	if (p->in_any && delay > p->any.delay_s)
		p->any.delay_s = delay;
}

static void
on_sitemap(struct parser *p, struct text value)
{
	char *url = url_fetch_form(p->arena, arena_strndup(p->arena, value.at, value.len));
	if (url)
		*ARENA_PUSH(p->arena, p->doc->sitemaps, p->doc->sitemaps_len) = url;
}

static const struct {
	const char *name;
	void (*handle)(struct parser *p, struct text value);
} line_table[] = {
    {"user-agent", on_user_agent},
    {"useragent", on_user_agent},
    {"user agent", on_user_agent},
    {"allow", on_allow},
    {"disallow", on_disallow},
    {"dissallow", on_disallow},
    {"dissalow", on_disallow},
    {"disalow", on_disallow},
    {"diasllow", on_disallow},
    {"disallaw", on_disallow},
    {"crawl-delay", on_crawl_delay},
    {"crawldelay", on_crawl_delay},
    {"sitemap", on_sitemap},
    {"site-map", on_sitemap},
};

static void
parse_line(struct parser *p, struct text line)
{
	const char *hash = memchr(line.at, '#', line.len);
	if (hash)
		line.len = (size_t)(hash - line.at);
	line = trim(line);
	const char *mark = memchr(line.at, ':', line.len);
	if (!mark) {
		/* "disallow /x": only where exactly one gap parts two words */
		size_t n = 0;
		while (n < line.len && !is_space(line.at[n]))
			n++;
		struct text rest = trim((struct text){line.at + n, line.len - n});
		for (size_t i = 0; i < rest.len; i++)
			if (is_space(rest.at[i]))
				return;
		if (!rest.len)
			return;
		mark = line.at + n;
	}
	struct text name = trim((struct text){line.at, (size_t)(mark - line.at)});
	struct text value = {mark + 1, line.len - (size_t)(mark - line.at) - 1};
	for (size_t i = 0; i < sizeof line_table / sizeof *line_table; i++)
		if (text_is(name, line_table[i].name)) {
			line_table[i].handle(p, trim(value));
			return;
		}
}

/* qsort is not stable, so equal lengths are told apart by what decides: allow before disallow. */
static int
compare_rules(const void *a, const void *b)
{
	const struct robots_rule *x = a, *y = b;
	size_t x_len = strlen(x->pattern), y_len = strlen(y->pattern);
	return x_len != y_len ? (x_len < y_len) - (x_len > y_len) : y->allow - x->allow;
}

void
robots_parse(
    struct arena *a, const uint8_t *body, size_t len, const char *agent, struct robots_doc **out)
{
	static const char bom[] = "\xef\xbb\xbf";
	struct parser p = {
	    .arena = a,
	    .agent = {agent, strlen(agent)},
	    .doc = arena_zalloc(a, sizeof(struct robots_doc)),
	    .own.delay_s = -1,
	    .any.delay_s = -1,
	};
	const char *s = (const char *)body;
	const char *end = s + (len > ROBOTS_MAX ? ROBOTS_MAX : len);
	for (size_t i = 0; i < 3 && s < end && *s == bom[i]; i++)
		s++;
	while (s < end) {
		const char *eol = s;
		while (eol < end && *eol != '\n' && *eol != '\r')
			eol++;
		parse_line(&p, (struct text){s, (size_t)(eol - s)});
		s = eol + 1;
	}
	const struct group_rules *g = p.ever_own ? &p.own : &p.any;
	if (g->rules_len)
		qsort(g->rules, g->rules_len, sizeof *g->rules, compare_rules);
	p.doc->rules = g->rules;
	p.doc->rules_len = g->rules_len;
	p.doc->crawl_delay_s = g->delay_s;
	*out = p.doc;
}

/* ---- judging ---- */

/*
 * Bytes of path that may be searched for one URL. The searches run at 0.25 to 1 GB/s, so that half
 * a megabyte of patterns made to be slow holds up the caller for 10 ms and not for 200; 500 real
 * rules with stars on a URL of 200 bytes come to a tenth of it.
 */
#define WORK_MAX ((size_t)1 << 20)

/*
 * Does PATTERN match a prefix of PATH (all of it with a final '$')? The pieces between stars are
 * looked for from the left, each where the one before ended, which is enough and needs no going
 * back. WORK grows by the bytes searched.
 */
static int
pattern_matches(const char *pattern, const char *path, size_t path_len, size_t *work)
{
	size_t len = strlen(pattern);
	int anchored = len && pattern[len - 1] == '$';
	const char *end = pattern + len - anchored;
	for (int first = 1;; first = 0) {
		const char *star = memchr(pattern, '*', (size_t)(end - pattern));
		size_t n = (size_t)((star ? star : end) - pattern);
		const char *at;
		if (n > path_len)
			return 0;
		if (first) {
			at = memcmp(pattern, path, n) ? NULL : path;
		} else if (anchored && !star) {
			at = memcmp(pattern, path + path_len - n, n) ? NULL : path + path_len - n;
		} else {
			at = memmem(path, path_len, pattern, n);
			*work += at ? (size_t)(at - path) : path_len;
		}
		if (!at)
			return 0;
		path_len -= (size_t)(at + n - path);
		path = at + n;
		if (!star)
			return !anchored || !path_len;
		pattern = star + 1;
	}
}

static int
judge(const struct robots_doc *doc, const char *path, size_t len, int normal, size_t *work)
{
	for (size_t i = 0; i < doc->rules_len; i++) {
		const struct robots_rule *r = &doc->rules[i];
		if (pattern_matches(normal && r->normal ? r->normal : r->pattern, path, len, work))
			return r->allow;
		if (*work > WORK_MAX)
			return 0; /* whoever makes the rules so dear does not want to be read */
	}
	return 1;
}

int
robots_allows(const struct robots_doc *doc, const char *url)
{
	char path[URL_MAX + 1], compared[3 * URL_MAX];
	struct url_parts parts;
	size_t work = 0;
	if (url_split(url, &parts))
		return 0;
	size_t len = parts.path_len;
	memcpy(path, parts.path, len);
	if (!len)
		path[len++] = '/';
	if (parts.query) {
		path[len++] = '?';
		memcpy(path + len, parts.query, parts.query_len);
		len += parts.query_len;
	}
	size_t n = copy_percent(compared, path, len, 0, 0);
	if (!judge(doc, compared, n, 0, &work))
		return 0;
	n = copy_percent(compared, path, len, 1, 1);
	return judge(doc, compared, n, 1, &work);
}
