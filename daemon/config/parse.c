/*
 * The text of newsd.conf: lines, comments, sections. Options that the text does not name get their
 * default at the end, by the same setters, so that a list which is given replaces its default.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"
#include "config_parts.h"
#include "hash.h"
#include "mem.h"
#include "url.h"

#define LINE_MAX_LEN 65536

struct parser {
	struct config *config;
	struct config_place at;
	struct fault *f;
	/* what the options now stand for: the whole, or the last section */
	const struct config_option *table;
	void *base;
	size_t feeds_cap, hosts_cap;
	/* line on which each option of the table was given, 0: not yet */
	unsigned global_lines[CONFIG_OPTIONS_MAX], section_lines[CONFIG_OPTIONS_MAX];
	unsigned *lines;
};

static char *
trim(char *s)
{
	s += strspn(s, " \t");
	size_t len = strlen(s);
	while (len && strchr(" \t\r", s[len - 1]))
		s[--len] = '\0';
	return s;
}

/* Set every option of TABLE that LINES does not know to its default. */
static void
set_defaults(void *base, const struct config_option *table, const unsigned *lines)
{
	static const struct config_place nowhere = {"default", 0};
	for (size_t i = 0; table[i].name; i++) {
		assert(i < CONFIG_OPTIONS_MAX);
		if (lines[i])
			continue;
		struct fault f = {0};
		int error = config_set(base, &table[i], table[i].value, &nowhere, &f);
		assert(!error);
		(void)error;
	}
}

static int
is_list(const struct config_option *o)
{
	return o->type == CONFIG_LIST || o->type == CONFIG_HEADERS || o->type == CONFIG_ADDRESS ||
	       o->type == CONFIG_PORT;
}

static int
unknown_option(struct parser *p, const char *name)
{
	char shown[CONFIG_SHOWN];
	const struct config_option *near = config_nearest_option(p->table, name);
	config_shown(name, shown);
	if (p->table != config_options && config_find_option(config_options, name))
		return fault_set(p->f, ERR_INPUT,
		    "%s:%u: %s holds for all: put it above the first section", p->at.file,
		    p->at.line, shown);
	if (near)
		return fault_set(p->f, ERR_INPUT,
		    "%s:%u: unknown option \"%s\"; did you mean \"%s\"?", p->at.file, p->at.line,
		    shown, near->name);
	return fault_set(p->f, ERR_INPUT, "%s:%u: unknown option \"%s\"; see newsd.conf(5)",
	    p->at.file, p->at.line, shown);
}

static int
parse_option(struct parser *p, const char *name, const char *value)
{
	const struct config_option *o = config_find_option(p->table, name);
	if (!o)
		return unknown_option(p, name);
	unsigned *line = &p->lines[o - p->table];
	if (*line && !is_list(o))
		return fault_set(p->f, ERR_INPUT,
		    "%s:%u: %s was already given on line %u; remove one", p->at.file, p->at.line,
		    name, *line);
	*line = p->at.line;
	if (p->table == config_options) {
		uint64_t *given = &p->config->given[o - p->table];
		*given = *given * 31 + hash64_str(value);
	}
	return config_set(p->base, o, value, &p->at, p->f);
}

/* Defaults for the section that ends here, if there is one. */
static void
end_section(struct parser *p)
{
	if (p->table != config_options)
		set_defaults(p->base, p->table, p->section_lines);
}

/* Each takes the name of a section, makes a place for it at its end and returns that; NULL: the
 * name is none. */

static void *
begin_feed(struct parser *p, const char *url, struct arena *a)
{
	struct config *c = p->config;
	char *canonical = url_canonical(a, url);
	if (!canonical)
		return NULL;
	MEM_GROW(c->feed_sections, c->feed_sections_len, p->feeds_cap);
	struct config_feed *feed = &c->feed_sections[c->feed_sections_len++];
	*feed = (struct config_feed){.url = mem_strdup(url),
	    .canonical = mem_strdup(canonical),
	    .key = hash64_str(canonical),
	    .line = p->at.line};
	return feed;
}

static void *
begin_host(struct parser *p, const char *word, struct arena *a)
{
	struct config *c = p->config;
	struct url_parts parts;
	char name[512];
	char *url = arena_printf(a, "http://%s/", word), *fetch = url_fetch_form(a, url);
	/* a host and no more: what follows it, or stands before it, would be dropped silently */
	if (strpbrk(word, "/?#@\\") || !fetch || url_split(fetch, &parts) != 0 ||
	    url_authority(fetch, name, sizeof name) != 0)
		return NULL;
	size_t len = strlen(name);
	if (len > 4 && !strcmp(name + len - 4, ":443")) /* https, and so no port of its own */
		name[len - 4] = '\0';
	MEM_GROW(c->host_sections, c->host_sections_len, p->hosts_cap);
	struct config_host *host = &c->host_sections[c->host_sections_len++];
	*host = (struct config_host){.name = mem_strdup(name), .line = p->at.line};
	return host;
}

static const struct section {
	const char *word;
	const struct config_option *options;
	void *(*begin)(struct parser *p, const char *name, struct arena *a);
	const char *wrong; /* what a name that is none should have been */
} sections[] = {
    {"feed", config_feed_options, begin_feed, "is no URL of a feed; expected [feed https://...]"},
    {"host", config_host_options, begin_host,
	"is no host; expected [host example.com], with :PORT where that is not the usual one"},
};

/* The section that LINE, "[word name", begins; *NAME. */
static const struct section *
find_section(char *line, char **name)
{
	for (size_t i = 0; i < sizeof sections / sizeof *sections; i++) {
		size_t len = strlen(sections[i].word);
		if (strncmp(line + 1, sections[i].word, len) || !line[1 + len] ||
		    !strchr(" \t", line[1 + len]))
			continue;
		*name = line + 1 + len + strspn(line + 1 + len, " \t");
		return &sections[i];
	}
	return NULL;
}

/* `[feed URL]`, `[host NAME]`; LINE is trimmed. */
static int
parse_section(struct parser *p, char *line)
{
	char shown[CONFIG_SHOWN], *name = NULL;
	size_t len = strlen(line);
	struct arena a = {0};
	const struct section *s = line[len - 1] == ']' ? find_section(line, &name) : NULL;
	if (!s)
		return fault_set(p->f, ERR_INPUT, "%s:%u: %s: expected [feed URL] or [host NAME]",
		    p->at.file, p->at.line, config_shown(line, shown));
	line[len - 1] = '\0';
	trim(name);
	end_section(p);
	p->table = config_options; /* the section that ended has its defaults */
	void *base = strpbrk(name, " \t") ? NULL : s->begin(p, name, &a);
	arena_clear(&a);
	if (!base)
		return fault_set(p->f, ERR_INPUT, "%s:%u: \"%s\" %s", p->at.file, p->at.line,
		    config_shown(name, shown), s->wrong);
	p->table = s->options;
	p->base = base;
	p->lines = p->section_lines;
	memset(p->section_lines, 0, sizeof p->section_lines);
	return 0;
}

/* Cut a comment off: `#` at the start or after white space, outside quotes, which begin a word. */
static void
strip_comment(char *line)
{
	int quoted = 0;
	for (char *c = line; *c; c++) {
		int after_space = c == line || strchr(" \t", c[-1]) != NULL;
		if (quoted) {
			if (*c == '\\' && (c[1] == '"' || c[1] == '\\'))
				c++;
			else if (*c == '"')
				quoted = 0;
		} else if (*c == '"' && (after_space || c[-1] == '=')) {
			quoted = 1;
		} else if (*c == '#' && after_space) {
			*c = '\0';
			return;
		}
	}
}

/* A line that is no option, but may be meant to be one with a secret. */
static int
begins_with_secret(const char *line)
{
	size_t len = strcspn(line, " \t:");
	for (const struct config_option *o = config_feed_options; o->name; o++)
		if (config_is_secret(o) && strlen(o->name) == len && !strncmp(o->name, line, len))
			return 1;
	return 0;
}

static int
parse_line(struct parser *p, char *line)
{
	char shown[CONFIG_SHOWN];
	strip_comment(line);
	line = trim(line);
	if (!*line)
		return 0;
	for (const char *c = line; *c; c++)
		if ((unsigned char)*c < ' ' && *c != '\t')
			return fault_set(p->f, ERR_INPUT,
			    "%s:%u: control character 0x%02x; expected plain text", p->at.file,
			    p->at.line, (unsigned)*c);
	if (*line == '[')
		return parse_section(p, line);
	char *equals = strchr(line, '=');
	if ((!equals || equals == line) && begins_with_secret(line))
		return fault_set(
		    p->f, ERR_INPUT, "%s:%u: expected name = value", p->at.file, p->at.line);
	if (!equals || equals == line)
		return fault_set(p->f, ERR_INPUT, "%s:%u: \"%s\": expected name = value",
		    p->at.file, p->at.line, config_shown(line, shown));
	*equals = '\0';
	return parse_option(p, trim(line), trim(equals + 1));
}

static int
parse_lines(struct parser *p, const char *text, size_t len)
{
	const char *end = text + len;
	if (len >= 3 && memcmp(text, "\xef\xbb\xbf", 3) == 0)
		text += 3;
	while (text < end) {
		const char *newline = memchr(text, '\n', (size_t)(end - text));
		size_t n = (size_t)((newline ? newline : end) - text);
		p->at.line++;
		if (n > LINE_MAX_LEN)
			return fault_set(p->f, ERR_LIMIT, "%s:%u: the line is longer than %d bytes",
			    p->at.file, p->at.line, LINE_MAX_LEN);
		if (memchr(text, '\0', n) || !charset_is_utf8((const uint8_t *)text, n))
			return fault_set(p->f, ERR_INPUT, "%s:%u: this is no text; expected UTF-8",
			    p->at.file, p->at.line);
		char *line = mem_strndup(text, n);
		int error = parse_line(p, line);
		mem_free(line);
		if (error)
			return error;
		text += n + 1;
	}
	return 0;
}

/* ---- what must hold between options ---- */

static const struct {
	const char *lesser, *greater;
} orders[] = {
    {"poll_min", "poll_max"},
    {"connect_timeout", "transfer_timeout"},
    {"body_max", "inflated_max"},
    {"body_max", "bytes_in_flight"},
};

static int64_t
number_of(const struct parser *p, const struct config_option *o)
{
	return *(const int64_t *)((const char *)p->config + o->offset);
}

static int
check_orders(struct parser *p)
{
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		const struct config_option *a =
		    config_find_option(config_options, orders[i].lesser);
		const struct config_option *b =
		    config_find_option(config_options, orders[i].greater);
		unsigned at_a = p->global_lines[a - config_options];
		unsigned at_b = p->global_lines[b - config_options];
		if (number_of(p, a) <= number_of(p, b))
			continue;
		const struct config_option *unset = !at_a ? a : !at_b ? b : NULL;
		char hint[80] = "";
		if (unset)
			snprintf(
			    hint, sizeof hint, " (%s is by default %s)", unset->name, unset->value);
		return fault_set(p->f, ERR_INPUT, "%s:%u: %s must not exceed %s%s", p->at.file,
		    at_a > at_b ? at_a : at_b, a->name, b->name, hint);
	}
	return 0;
}

static int
by_canonical(const void *a, const void *b)
{
	const struct config_feed *x = a, *y = b;
	return strcmp(x->canonical, y->canonical);
}

static int
by_canonical_and_line(const void *a, const void *b)
{
	const struct config_feed *x = a, *y = b;
	int order = by_canonical(a, b);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int
by_name_and_line(const void *a, const void *b)
{
	const struct config_host *x = a, *y = b;
	int order = strcmp(x->name, y->name);
	return order ? order : (x->line > y->line) - (x->line < y->line);
}

static int
sort_hosts(struct parser *p)
{
	struct config *c = p->config;
	if (c->host_sections_len)
		qsort(c->host_sections, c->host_sections_len, sizeof *c->host_sections,
		    by_name_and_line);
	for (size_t i = 1; i < c->host_sections_len; i++)
		if (!strcmp(c->host_sections[i - 1].name, c->host_sections[i].name))
			return fault_set(p->f, ERR_INPUT,
			    "%s:%u: there is a section for %.200s on line %u already; join them",
			    p->at.file, c->host_sections[i].line, c->host_sections[i].name,
			    c->host_sections[i - 1].line);
	return 0;
}

static int
sort_sections(struct parser *p)
{
	struct config *c = p->config;
	if (c->feed_sections_len)
		qsort(c->feed_sections, c->feed_sections_len, sizeof *c->feed_sections,
		    by_canonical_and_line);
	for (size_t i = 1; i < c->feed_sections_len; i++)
		if (by_canonical(&c->feed_sections[i - 1], &c->feed_sections[i]) == 0)
			return fault_set(p->f, ERR_INPUT,
			    "%s:%u: there is a section for %.200s on line %u already; join them",
			    p->at.file, c->feed_sections[i].line, c->feed_sections[i].canonical,
			    c->feed_sections[i - 1].line);
	return 0;
}

const struct config_feed *
config_find_feed(const struct config *c, const char *url)
{
	struct arena a = {0};
	struct config_feed key = {.canonical = url_canonical(&a, url)};
	const struct config_feed *found = NULL;
	if (key.canonical && c->feed_sections_len)
		found =
		    bsearch(&key, c->feed_sections, c->feed_sections_len, sizeof key, by_canonical);
	arena_clear(&a);
	return found;
}

int
config_parse(struct config **out, const char *name, const char *text, size_t len, struct fault *f)
{
	struct parser p = {
	    .config = mem_zalloc(sizeof(struct config)),
	    .at = {name, 0},
	    .f = f,
	    .table = config_options,
	};
	p.base = p.config;
	p.lines = p.global_lines;
	int error = parse_lines(&p, text, len);
	if (!error) {
		end_section(&p);
		set_defaults(p.config, config_options, p.global_lines);
		error = check_orders(&p);
	}
	if (!error)
		error = sort_sections(&p);
	if (!error)
		error = sort_hosts(&p);
	if (error) {
		config_free(p.config);
		return error;
	}
	config_complete(p.config);
	*out = p.config;
	return 0;
}
