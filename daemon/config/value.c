/*
 * Values of options: from text into the struct, by one row for each type, and in words what a type
 * takes. A value that is not what it should be leaves the struct as it was.
 */
#include <assert.h>
#include <errno.h>
#include <pwd.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "config_parts.h"
#include "escape.h"
#include "mem.h"
#include "url.h"

struct unit {
	const char *name;
	int64_t factor;
};
static const struct unit byte_units[] = {{"K", 1 << 10}, {"M", 1 << 20}, {"G", 1 << 30}, {0}};
static const struct unit span_units[] = {{"ms", 1}, {"s", 1000}, {"m", 60 * 1000},
    {"h", 3600 * 1000}, {"d", 86400 * 1000}, {"w", 7 * 86400 * 1000}, {0}};

/* ---- pieces of text ---- */

const char *
config_shown(const char *s, char *out)
{
	int cut;
	size_t len = escape_text(out, CONFIG_SHOWN - 4, s, strlen(s), ESCAPE_PLAIN, &cut);
	if (cut)
		memcpy(out + len, "...", 4);
	return out;
}

/*
 * Take the next word of *AT: up to white space, or in double quotes. Returns it allocated, NULL at
 * the end; *BAD is 1 when a quote is not closed or something sticks to it.
 */
static char *
next_word(const char **at, int *bad)
{
	const char *s = *at + strspn(*at, " \t");
	if (!*s)
		return NULL;
	if (*s != '"') {
		size_t len = strcspn(s, " \t");
		*at = s + len;
		return mem_strndup(s, len);
	}
	char *word = mem_alloc(strlen(s) + 1), *to = word;
	for (s++; *s && *s != '"'; s++) {
		if (*s == '\\' && (s[1] == '"' || s[1] == '\\'))
			s++;
		*to++ = *s;
	}
	*to = '\0';
	*bad |= *s != '"' || (s[1] && !strchr(" \t", s[1]));
	*at = *s ? s + 1 : s;
	return word;
}

/* A value that is not a list: as it stands, or one quoted word. NULL when the quotes are wrong. */
static char *
whole_value(const char *text)
{
	int bad = 0;
	if (*text != '"')
		return mem_strdup(text);
	char *word = next_word(&text, &bad), *more = next_word(&text, &bad);
	if (bad || more) {
		mem_free(word);
		word = NULL;
	}
	mem_free(more);
	return word;
}

/* 1 when S is one of the space-separated WORDS; *INDEX says which. */
static int
is_word_of(const char *s, const char *words, int *index)
{
	size_t len = strlen(s);
	*index = 0;
	for (const char *w = words; w && *w; (*index)++) {
		size_t n = strcspn(w, " ");
		if (n == len && memcmp(w, s, n) == 0)
			return 1;
		w += n + (w[n] == ' ');
	}
	return 0;
}

/* ---- numbers ---- */

static int
read_digits(const char **at, int64_t *out)
{
	char *end;
	if (**at < '0' || **at > '9')
		return ERR_INPUT;
	errno = 0;
	long long n = strtoll(*at, &end, 10);
	if (errno)
		return ERR_INPUT;
	*at = end;
	*out = n;
	return 0;
}

static int
read_count(const char *s, int64_t *out)
{
	int sign = *s == '-' ? -1 : 1;
	s += *s == '-';
	if (read_digits(&s, out) != 0 || *s)
		return ERR_INPUT;
	*out *= sign;
	return 0;
}

/* The unit that S begins with; the longest name wins. */
static const struct unit *
find_unit(const struct unit *units, const char *s)
{
	const struct unit *best = NULL;
	for (const struct unit *u = units; u->name; u++)
		if (strncasecmp(s, u->name, strlen(u->name)) == 0 &&
		    (!best || strlen(u->name) > strlen(best->name)))
			best = u;
	return best;
}

static int
read_bytes(const char *s, int64_t *out)
{
	if (read_digits(&s, out) != 0)
		return ERR_INPUT;
	const struct unit *u = find_unit(byte_units, s);
	if (u && __builtin_mul_overflow(*out, u->factor, out))
		return ERR_INPUT;
	return s[u ? strlen(u->name) : 0] ? ERR_INPUT : 0;
}

/* A sum of numbers with units, or 0; in milliseconds. */
static int
read_span_ms(const char *s, int64_t *out)
{
	int64_t sum = 0;
	if (strcmp(s, "0") == 0) {
		*out = 0;
		return 0;
	}
	do {
		int64_t n;
		if (read_digits(&s, &n) != 0)
			return ERR_INPUT;
		const struct unit *u = find_unit(span_units, s);
		if (!u || __builtin_mul_overflow(n, u->factor, &n) ||
		    __builtin_add_overflow(sum, n, &sum))
			return ERR_INPUT;
		s += strlen(u->name);
	} while (*s);
	*out = sum;
	return 0;
}

static int
read_span(const char *s, int64_t *out)
{
	if (read_span_ms(s, out) != 0 || *out % 1000)
		return ERR_INPUT;
	*out /= 1000;
	return 0;
}

/* ---- one setter for each kind of value ---- */

struct setting {
	void *to; /* the member */
	const struct config_option *option;
	const char *text;
	const struct config_place *at;
	struct fault *f;
};

static int
store_string(const struct setting *s, char *value)
{
	char **to = s->to;
	mem_free(*to);
	*to = value;
	return 0;
}

static int
set_string(const struct setting *s)
{
	char *value = whole_value(s->text);
	return value ? store_string(s, value) : ERR_INPUT;
}

static int
set_header(const struct setting *s)
{
	char *value = whole_value(s->text);
	if (!value)
		return ERR_INPUT;
	for (const char *c = value; *c; c++) {
		if (*c < ' ' || *c > '~' || (s->option->words && strchr(s->option->words, *c))) {
			mem_free(value);
			return ERR_INPUT;
		}
	}
	return store_string(s, value);
}

static int
is_printable(const char *value)
{
	for (; *value; value++)
		if (*value < ' ' || *value > '~')
			return 0;
	return 1;
}

static int
set_secret(const struct setting *s)
{
	char *value = whole_value(s->text);
	if (value && (!*value || (is_printable(value) && strpbrk(value, ": "))))
		return store_string(s, value);
	mem_free(value);
	return ERR_INPUT;
}

static int
set_url(const struct setting *s)
{
	char *value = whole_value(s->text);
	int good = value && !*value;
	for (const char *w = s->option->words; value && *w && !good;) {
		size_t n = strcspn(w, " ");
		good = strncasecmp(value, w, n) == 0 && value[n] && !strpbrk(value, " \t");
		w += n + (w[n] == ' ');
	}
	if (good)
		return store_string(s, value);
	mem_free(value);
	return ERR_INPUT;
}

static const char *
home_dir(void)
{
	const char *home = getenv("HOME");
	if (home && *home == '/')
		return home;
	const struct passwd *pw = getpwuid(geteuid());
	return pw ? pw->pw_dir : "/";
}

/* WORD as a path: "~/" is the home, a relative one starts from the directory of the file. */
static char *
resolve_path(const char *word, const char *file)
{
	const char *slash = strrchr(file, '/');
	if (strncmp(word, "~/", 2) == 0)
		return mem_printf("%s/%s", home_dir(), word + 2);
	if (!*word || *word == '/' || !slash)
		return mem_strdup(word);
	return mem_printf("%.*s/%s", (int)(slash - file), file, word);
}

static int
set_path(const struct setting *s)
{
	int index;
	char *value = whole_value(s->text);
	if (!value)
		return ERR_INPUT;
	if (is_word_of(value, s->option->words, &index))
		return store_string(s, value);
	char *path = resolve_path(value, s->at->file);
	mem_free(value);
	return store_string(s, path);
}

static int
set_enum(const struct setting *s)
{
	int index = -1;
	if (!is_word_of(s->text, s->option->words, &index)) {
		if (*s->text || *s->option->value)
			return ERR_INPUT;
		index = -1; /* empty: unset, where that is the default */
	}
	memcpy(s->to, &index, sizeof index);
	return 0;
}

static int
set_bool(const struct setting *s)
{
	int index;
	if (!is_word_of(s->text, "no yes false true off on 0 1", &index))
		return ERR_INPUT;
	*(int *)s->to = index % 2;
	return 0;
}

static int (*number_reader(enum config_type type))(const char *, int64_t *)
{
	switch (type) {
	case CONFIG_BYTES:
	case CONFIG_AUTO_BYTES:
		return read_bytes;
	case CONFIG_SPAN:
		return read_span;
	case CONFIG_SPAN_MS:
		return read_span_ms;
	default:
		return read_count;
	}
}

/* The bounds in ->words, as text. */
static void
split_bounds(const struct config_option *o, char low[24], char high[24])
{
	size_t n = strcspn(o->words, " ");
	snprintf(low, 24, "%.*s", (int)n, o->words);
	snprintf(high, 24, "%s", o->words + n + 1);
}

static int
set_number(const struct setting *s)
{
	int (*read)(const char *, int64_t *) = number_reader(s->option->type);
	char low[24], high[24];
	int64_t min = 0, max = 0, n;
	int may_be_auto = s->option->type == CONFIG_AUTO || s->option->type == CONFIG_AUTO_BYTES;
	if (may_be_auto && strcmp(s->text, "auto") == 0) {
		*(int64_t *)s->to = -1;
		return 0;
	}
	if (!*s->text && !*s->option->value) { /* unset, where that is the default */
		*(int64_t *)s->to = -1;
		return 0;
	}
	split_bounds(s->option, low, high);
	int table_is_right = read(low, &min) == 0 && read(high, &max) == 0;
	assert(table_is_right);
	if (read(s->text, &n) != 0 || n < min || n > max)
		return ERR_INPUT;
	*(int64_t *)s->to = n;
	return 0;
}

/* ---- lists ---- */

/* Hand every word of the value to ADD; stops at the first that is refused. */
static int
each_word(const struct setting *s, int (*add)(const struct setting *s, const char *word))
{
	const char *at = s->text;
	int bad = 0, error = 0;
	char *word;
	while (!error && (word = next_word(&at, &bad)) != NULL) {
		error = bad || !*word ? ERR_INPUT : add(s, word);
		mem_free(word);
	}
	return error;
}

/* The vector and its length stand side by side in struct config. */
struct list {
	char **words;
	size_t len;
};
_Static_assert(offsetof(struct config_feed, headers_len) - offsetof(struct config_feed, headers) ==
		   offsetof(struct list, len),
    "the same");
_Static_assert(offsetof(struct config, feeds_len) - offsetof(struct config, feeds) ==
		   offsetof(struct list, len),
    "a list is a vector and its length");

static int
add_path(const struct setting *s, const char *word)
{
	struct list *list = s->to;
	if (url_is_web(word) >= 0)
		return fault_set(s->f, ERR_INPUT,
		    "expected files; a single feed is added by `newsctl add URL`, or as a line of "
		    "a file that is named here");
	list->words = mem_resize_array(list->words, list->len + 1, sizeof *list->words);
	list->words[list->len++] = resolve_path(word, s->at->file);
	return 0;
}

/* RFC 9110 5.6.2: what a field's name consists of. */
#define TOKEN "!#$%&'*+-.^_`|~0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"

static int
add_header(const struct setting *s, const char *word)
{
	struct list *list = s->to;
	size_t name = strspn(word, TOKEN);
	if (!name || word[name] != ':' || !is_printable(word))
		return ERR_INPUT;
	list->words = mem_resize_array(list->words, list->len + 1, sizeof *list->words);
	list->words[list->len++] = mem_strdup(word);
	return 0;
}

static int
set_headers(const struct setting *s)
{
	return each_word(s, add_header);
}

static int
add_address(const struct setting *s, const char *word)
{
	return address_policy_allow(s->to, word, s->f);
}

static int
add_port(const struct setting *s, const char *word)
{
	return address_policy_port(s->to, word, s->f);
}

static int
set_list(const struct setting *s)
{
	return each_word(s, add_path);
}

static int
set_addresses(const struct setting *s)
{
	return each_word(s, add_address);
}

static int
set_ports(const struct setting *s)
{
	return each_word(s, add_port);
}

/* ---- the types ---- */

static const struct {
	int (*set)(const struct setting *s);
	const char *expected; /* %L and %H are the bounds, %W the words */
} types[CONFIG_TYPE_COUNT] = {
    [CONFIG_STRING] = {set_string, "text"},
    [CONFIG_PATH] = {set_path, "a path"},
    [CONFIG_LIST] = {set_list, "paths"},
    [CONFIG_HEADER] = {set_header, "printable ASCII text"},
    [CONFIG_HEADERS] = {set_headers, "header fields, each in quotes: \"Name: value\""},
    [CONFIG_SECRET] = {set_secret, "user:password, or bearer and a token, in printable ASCII"},
    [CONFIG_URL] = {set_url, "a URL that starts with %W"},
    [CONFIG_INT] = {set_number, "a whole number from %L to %H"},
    [CONFIG_AUTO] = {set_number, "auto, or a whole number from %L to %H"},
    [CONFIG_BYTES] = {set_number, "bytes such as 64K, 10M or 1G, from %L to %H"},
    [CONFIG_AUTO_BYTES] = {set_number, "auto, or bytes such as 64M or 2G, from %L to %H"},
    [CONFIG_SPAN] = {set_number, "a time such as 30s, 10m, 2h or 1d, from %L to %H"},
    [CONFIG_SPAN_MS] = {set_number, "a time such as 250ms, 2s or 1m, from %L to %H"},
    [CONFIG_BOOL] = {set_bool, "yes or no"},
    [CONFIG_ENUM] = {set_enum, "%W"},
    [CONFIG_ADDRESS] = {set_addresses, "addresses, networks or host names"},
    [CONFIG_PORT] = {set_ports, "port numbers or ranges"},
};

/* A bounded writer: what has no room is cut. */
struct words {
	char *out;
	size_t room, len;
};

static void
append(struct words *w, const char *s, size_t n)
{
	if (n > w->room - 1 - w->len)
		n = w->room - 1 - w->len;
	memcpy(w->out + w->len, s, n);
	w->len += n;
	w->out[w->len] = '\0';
}

/* "a b c" as "a, b or c". */
static void
append_choice(struct words *w, const char *choice)
{
	while (*choice) {
		size_t n = strcspn(choice, " ");
		append(w, choice, n);
		choice += n;
		choice += *choice == ' ';
		if (*choice)
			append(w, strchr(choice, ' ') ? ", " : " or ", strchr(choice, ' ') ? 2 : 4);
	}
}

void
config_expected(const struct config_option *o, char *out, size_t room)
{
	struct words w = {out, room, 0};
	char bound[24], other[24];
	append(&w, "", 0);
	for (const char *e = types[o->type].expected; *e; e++) {
		if (*e != '%') {
			append(&w, e, 1);
			continue;
		}
		e++;
		if (*e == 'W') {
			append_choice(&w, o->words);
		} else {
			split_bounds(o, *e == 'L' ? bound : other, *e == 'L' ? other : bound);
			append(&w, bound, strlen(bound));
		}
	}
	if (o->type == CONFIG_HEADER && o->words) {
		append(&w, " without ", 9);
		append(&w, o->words, strlen(o->words));
	}
}

int
config_is_secret(const struct config_option *o)
{
	return o->type == CONFIG_SECRET || o->type == CONFIG_HEADERS;
}

int
config_set(void *base, const struct config_option *o, const char *text,
    const struct config_place *at, struct fault *f)
{
	char expected[160], shown[CONFIG_SHOWN];
	struct fault why = {0};
	struct setting s = {(char *)base + o->offset, o, text, at, &why};
	int error = types[o->type].set(&s);
	if (!error)
		return 0;
	config_expected(o, expected, sizeof expected);
	return fault_set(f, error, "%s:%u: %s = %s: %s%s", at->file, at->line, o->name,
	    config_is_secret(o) || (o->type == CONFIG_URL && strchr(text, '@')) ? "(secret)"
	    : *text ? config_shown(text, shown)
		    : "(nothing)",
	    why.code ? "" : "expected ", why.code ? why.text : expected);
}

void
config_unset(void *base, const struct config_option *o)
{
	void *at = (char *)base + o->offset;
	switch (o->type) {
	case CONFIG_STRING:
	case CONFIG_PATH:
	case CONFIG_HEADER:
	case CONFIG_SECRET:
	case CONFIG_URL:
		mem_free(*(char **)at);
		*(char **)at = NULL;
		break;
	case CONFIG_HEADERS:
	case CONFIG_LIST: {
		struct list *list = at;
		for (size_t i = 0; i < list->len; i++)
			mem_free(list->words[i]);
		mem_free(list->words);
		*list = (struct list){0};
		break;
	}
	default:
		break;
	}
}
