/*
 * newsctl, output: JSON lines, colours and wrapped text. Text from outside goes through table_safe
 * before it meets a terminal.
 */
#include "newsctl_priv.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "cells.h"
#include "clock.h"
#include "escape.h"
#include "mem.h"
#include "table.h"

/* ---- tables ---- */

struct table *
ctl_table_new(const struct ctl *ctl, const struct table_column *columns, size_t count)
{
	enum table_format format = ctl->separator == CELLS_CSV   ? TABLE_CSV
				   : ctl->separator == CELLS_TSV ? TABLE_TSV
				   : ctl->json                   ? TABLE_JSON
								 : TABLE_TEXT;
	return table_new(stdout, format, columns, count);
}

/* ---- JSON ---- */

void
ctl_print_json(FILE *out, struct json_object *o)
{
	size_t len;
	const char *text = json_object_to_json_string_length(
	    o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	/* what json-c leaves as it is, and a terminal does not: outside of strings there is none of
	 * it, and within them the two spellings mean the same */
	if (escape_is_needed(text, len)) {
		char *safe = mem_alloc(ESCAPE_ROOM(len));
		len = escape_text(safe, ESCAPE_ROOM(len), text, len, ESCAPE_PLAIN, NULL);
		fwrite(safe, 1, len, out);
		mem_free(safe);
	} else {
		fwrite(text, 1, len, out);
	}
	fputc('\n', out);
	json_object_put(o);
}

static void
print_cell(char separator, struct json_object *value)
{
	const char *text = value ? json_object_to_json_string_ext(value,
				       JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE)
				 : "";
	if (json_object_is_type(value, json_type_string))
		cells_text(stdout, separator, json_object_get_string(value));
	else if (json_object_is_type(value, json_type_array) ||
		 json_object_is_type(value, json_type_object))
		cells_text(stdout, separator, text);
	else
		fputs(text, stdout);
}

void
ctl_print_row(const struct ctl *ctl, struct json_object *o)
{
	static int begun;
	char separator = ctl->separator, between = 0;
	if (!separator) {
		ctl_print_json(stdout, o);
		return;
	}
	for (int names = !begun; names >= 0; names--, between = 0) {
		json_object_object_foreach(o, key, value)
		{
			if (between)
				fputc(between, stdout);
			between = separator;
			if (names)
				fputs(key, stdout);
			else
				print_cell(separator, value);
		}
		fputc('\n', stdout);
	}
	begun = 1;
	json_object_put(o);
}

void
ctl_put(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add_ex(o, key, value, JSON_C_OBJECT_KEY_IS_CONSTANT);
}

void
ctl_put_str(struct json_object *o, const char *key, const char *value)
{
	ctl_put(o, key, value ? json_object_new_string(value) : NULL);
}

void
ctl_put_int(struct json_object *o, const char *key, int64_t value)
{
	ctl_put(o, key, json_object_new_int64(value));
}

void
ctl_put_bool(struct json_object *o, const char *key, int value)
{
	ctl_put(o, key, json_object_new_boolean(value));
}

void
ctl_put_time(struct json_object *o, const char *key, int64_t value)
{
	char iso[32];
	ctl_put_str(o, key, value ? clock_iso(value, iso) : NULL);
}

void
ctl_put_double(struct json_object *o, const char *key, double value)
{
	char text[32];
	if (!isfinite(value) || fabs(value) > 1e15)
		value = 0;
	snprintf(text, sizeof text, "%.3f", value);
	ctl_put(o, key, json_object_new_double_s(value, text));
}

struct json_object *
ctl_date_json(const struct date *date)
{
	char iso[32];
	if (date->precision == DATE_NONE || *clock_iso(date->utc, iso) == '?')
		return NULL;
	return json_object_new_string(iso);
}

const char *
ctl_json_str(struct json_object *o, const char *key)
{
	struct json_object *value;
	if (!json_object_object_get_ex(o, key, &value) ||
	    !json_object_is_type(value, json_type_string))
		return NULL;
	return json_object_get_string(value);
}

int64_t
ctl_json_int(struct json_object *o, const char *key)
{
	struct json_object *value;
	return json_object_object_get_ex(o, key, &value) ? json_object_get_int64(value) : 0;
}

/* ---- the terminal ---- */

const char *
ctl_style(const char *style)
{
	static int wanted = -1;
	if (wanted < 0)
		wanted = table_wants_colour(stdout);
	return wanted ? table_style(style) : "";
}

size_t
ctl_terminal_width(void)
{
	struct winsize size;
	if (!isatty(STDOUT_FILENO))
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 20)
		return 80;
	return size.ws_col;
}

/* ---- wrapping ---- */

/* A character of UTF-8 text: its bytes and the columns that it takes. */
struct glyph {
	size_t bytes, columns;
	int is_space;
};

static struct glyph
next_glyph(const char *s, size_t len)
{
	utf8proc_int32_t code;
	utf8proc_ssize_t n =
	    utf8proc_iterate((const utf8proc_uint8_t *)s, (utf8proc_ssize_t)len, &code);
	if (n <= 0)
		return (struct glyph){1, 1, 0};
	int columns = utf8proc_charwidth(code);
	return (struct glyph){(size_t)n, columns > 0 ? (size_t)columns : 0, code == ' '};
}

/* Bytes of the first line when S is wrapped at WIDTH columns: up to the last space or wide (East
 * Asian) character that fits, else as many characters as fit, but at least one. */
static size_t
line_bytes(const char *s, size_t len, size_t width)
{
	size_t at = 0, columns = 0, fitting = 0;
	while (at < len) {
		struct glyph g = next_glyph(s + at, len - at);
		if (g.is_space)
			fitting = at;
		else if (g.columns == 2 && at > 0 && columns <= width)
			fitting = at;
		if (columns + g.columns > width && !g.is_space)
			return fitting ? fitting : at ? at : g.bytes;
		at += g.bytes;
		columns += g.columns;
	}
	return len;
}

static void
print_line(FILE *out, const char *s, size_t len, size_t width, size_t indent)
{
	do {
		size_t bytes = width ? line_bytes(s, len, width) : len;
		size_t shown = bytes;
		while (width && shown > 0 && s[shown - 1] == ' ')
			shown--;
		fprintf(out, "%*s%.*s\n", shown ? (int)indent : 0, "", (int)shown, s);
		while (width && bytes < len && s[bytes] == ' ')
			bytes++;
		s += bytes;
		len -= bytes;
	} while (len > 0);
}

void
ctl_print_wrapped(FILE *out, const char *text, size_t width, size_t indent)
{
	if (width)
		width = width > indent + 20 ? width - indent : 20;
	for (const char *line = text; line;) {
		const char *end = strchr(line, '\n');
		char *raw = mem_strndup(line, end ? (size_t)(end - line) : strlen(line));
		char *safe = table_safe(raw);
		print_line(out, safe, strlen(safe), width, indent);
		mem_free(safe);
		mem_free(raw);
		line = end ? end + 1 : NULL;
	}
}
