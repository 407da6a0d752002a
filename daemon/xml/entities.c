/*
 * xml entities: the harmless part of an internal DTD. An entity whose value is plain characters (a
 * name for a character, a publisher's name) is put in where it is used, once and as text; what
 * refers to other entities, holds markup, or stands elsewhere (SYSTEM, PUBLIC) stays undefined. So
 * nothing nests, nothing is fetched, and no text is longer than its bound.
 */
#include "xml_priv.h"

#include <string.h>

#include "hash.h"
#include "mem.h"
#include "text.h"

#define ENTITIES_MAX 256 /* HTML's own has as many */
#define VALUE_MAX    256 /* bytes as declared */
#define EXPAND_ROOM  65536

struct entity {
	const char *name;
	size_t len;
	char *value; /* escaped: it is inserted as it is */
};

struct entities {
	struct arena arena;
	struct map by_name; /* hash of the name to the first that is declared (XML 1.0, 4.2) */
	size_t count;
};

static int
is_space(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static const char *
skip_space(const char *p, const char *end)
{
	while (p < end && is_space(*p))
		p++;
	return p;
}

/* The characters of VALUE with markup escaped; NULL when it holds markup or names an entity. */
static char *
inert_value(struct arena *a, const char *value, size_t len)
{
	if (len > VALUE_MAX || memchr(value, '<', len) || memchr(value, '%', len))
		return NULL;
	struct buf out;
	buf_init(&out, VALUE_MAX * 6 + 1);
	for (const char *p = value; p < value + len;) {
		char text[TEXT_REFERENCE_MAX];
		size_t text_len = 1, used = 1;
		text[0] = *p;
		if (*p == '&')
			used = text_reference(p, (size_t)(value + len - p), text, &text_len);
		if (!used) {
			buf_clear(&out);
			return NULL;
		}
		if (text_len == 1 && strchr("&<>\"", text[0]))
			buf_printf(&out, "&#%d;", text[0]);
		else
			buf_add(&out, text, text_len);
		p += used;
	}
	char *result = arena_strdup(a, buf_str(&out));
	buf_clear(&out);
	return result;
}

/* The declaration behind "<!ENTITY" at P. */
static void
declare(struct entities *e, const char *p, const char *end)
{
	const char *name = p = skip_space(p, end);
	while (p < end && xml_is_name_char(*p))
		p++;
	size_t len = (size_t)(p - name);
	p = skip_space(p, end);
	if (!len || p >= end || (*p != '"' && *p != '\'') || e->count == ENTITIES_MAX)
		return;
	const char *close = memchr(p + 1, *p, (size_t)(end - p - 1));
	char *value = close ? inert_value(&e->arena, p + 1, (size_t)(close - p - 1)) : NULL;
	uint64_t key = hash64(name, len);
	if (!value || map_get(&e->by_name, key))
		return;
	struct entity *made = arena_alloc(&e->arena, sizeof *made);
	*made = (struct entity){name, len, value};
	map_put(&e->by_name, key, made);
	e->count++;
}

static const struct entity *
find_entity(const struct entities *e, const char *name, size_t len)
{
	const struct entity *found = map_get(&e->by_name, hash64(name, len));
	return found && found->len == len && !memcmp(found->name, name, len) ? found : NULL;
}

/* Where the text that must not change at P ends: CDATA or a comment; P itself when it is none. */
static const char *
skip_literal(const char *p, const char *end)
{
	static const struct {
		const char *open, *close;
	} literals[] = {{"<![CDATA[", "]]>"}, {"<!--", "-->"}};
	for (size_t i = 0; i < sizeof literals / sizeof *literals; i++) {
		size_t n = strlen(literals[i].open);
		if ((size_t)(end - p) < n || memcmp(p, literals[i].open, n) != 0)
			continue;
		const char *close = memmem(p, (size_t)(end - p), literals[i].close, 3);
		return close ? close + 3 : end;
	}
	return p;
}

static int
expand(const struct entities *e, const char *text, size_t len, size_t at, struct buf *out)
{
	const char *end = text + len, *from = text, *p = text + at;
	while (p < end) {
		if (*p == '<') {
			const char *after = skip_literal(p, end);
			p = after > p ? after : p + 1;
			continue;
		}
		if (*p++ != '&')
			continue;
		const char *name = p;
		while (p < end && p - name < VALUE_MAX && xml_is_name_char(*p))
			p++;
		const struct entity *found =
		    p < end && *p == ';' ? find_entity(e, name, (size_t)(p - name)) : NULL;
		if (!found)
			continue;
		if (buf_add(out, from, (size_t)(name - 1 - from)) || buf_add_str(out, found->value))
			return ERR_LIMIT;
		from = ++p;
	}
	return from == text ? 0 : buf_add(out, from, (size_t)(end - from));
}

int
xml_expand_entities(const char *text, size_t len, size_t at, struct buf *out, struct fault *f)
{
	static const char open[] = "<!ENTITY";
	const char *end = text + at, *p = memmem(text, at, open, sizeof open - 1);
	if (!p)
		return 0;
	struct entities e = {0};
	for (; p; p = memmem(p, (size_t)(end - p), open, sizeof open - 1))
		declare(&e, p += sizeof open - 1, end);
	buf_init(out, len * 2 + EXPAND_ROOM);
	int rc = e.count ? expand(&e, text, len, at, out) : 0;
	if (rc)
		rc = fault_set(
		    f, ERR_LIMIT, "the document grows too much when its entities are put in");
	map_clear(&e.by_name);
	arena_clear(&e.arena);
	return rc;
}
