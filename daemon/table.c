/* table: see include/table.h. */
#include "table.h"

#include <assert.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <utf8proc.h>

#include "cells.h"
#include "clock.h"
#include "escape.h"
#include "mem.h"

#define GAP      2 /* spaces between columns */
#define FLEX_MIN 8 /* a cut column keeps so many, and room for its heading */
#define CUT_MARK "\xe2\x80\xa6"

struct cell {
	char *text;  /* as shown in this format, in the table's arena; NULL empty */
	int outside; /* CSV, TSV: it comes from outside, and is no number of ours */
	size_t width;
};

struct table {
	FILE *out;
	enum table_format format;
	int record;
	const struct table_column *columns;
	size_t count;
	size_t limit; /* columns of the terminal, 0: none */
	int colour;
	struct arena arena;
	struct cell **rows;
	size_t rows_len, rows_cap;
	struct cell *row; /* under construction */
	size_t filled;
	size_t total; /* rows that were ended */
};

/* ---- one cell ---- */

static char *
show_int(struct arena *a, int64_t n)
{
	return arena_printf(a, "%" PRId64, n);
}

static char *
show_time(struct arena *a, int64_t t)
{
	char iso[32];
	if (t == 0)
		return NULL;
	char *s = arena_strdup(a, clock_iso(t, iso));
	char *separator = strchr(s, 'T');
	if (separator && strlen(separator) > 6) { /* minutes are enough for eyes */
		*separator = ' ';
		separator[6] = '\0';
	}
	return s;
}

static char *
show_time_json(struct arena *a, int64_t t)
{
	char iso[32];
	return t ? arena_printf(a, "\"%s\"", clock_iso(t, iso)) : NULL;
}

static char *
show_bytes(struct arena *a, int64_t n)
{
	static const char *const units[] = {"kB", "MB", "GB", "TB", "PB", "EB"};
	double value = (double)n;
	size_t unit = 0;
	if (n > -1000 && n < 1000)
		return arena_printf(a, "%" PRId64 " B", n);
	for (value /= 1000; (value >= 999.95 || value <= -999.95) && unit < 5; unit++)
		value /= 1000;
	return arena_printf(a, "%.1f %s", value, units[unit]);
}

static char *
show_span(struct arena *a, int64_t s)
{
	static const struct {
		int64_t below, divisor;
		const char *unit;
	} steps[] = {
	    {120, 1, "s"}, {7200, 60, "min"}, {172800, 3600, "h"}, {INT64_MAX, 86400, "d"}};
	size_t i = 0;
	while (i < 3 && (s >= steps[i].below || s <= -steps[i].below))
		i++;
	return arena_printf(a, "%" PRId64 " %s", s / steps[i].divisor, steps[i].unit);
}

static const struct {
	char *(*text)(struct arena *a, int64_t n);
	char *(*json)(struct arena *a, int64_t n);
	int right; /* aligned to the right */
} types[TABLE_TYPE_COUNT] = {
    [TABLE_STR] = {show_int, show_int, 0},
    [TABLE_INT] = {show_int, show_int, 1},
    [TABLE_TIME] = {show_time, show_time_json, 0},
    [TABLE_BYTES] = {show_bytes, show_int, 1},
    [TABLE_SPAN] = {show_span, show_int, 1},
};

/* The column of the next cell. */
static const struct table_column *
next_column(struct table *t)
{
	assert(t->filled < t->count);
	if (!t->row)
		t->row = arena_zalloc(&t->arena, t->count * sizeof *t->row);
	return &t->columns[t->filled];
}

static void
add_cell(struct table *t, char *text)
{
	struct cell *c = &t->row[t->filled++];
	c->text = text;
	c->width = text && t->format == TABLE_TEXT ? table_width(text) : 0;
}

/* 0: a format without one. */
static char
separator_of(const struct table *t)
{
	return t->format == TABLE_CSV ? CELLS_CSV : t->format == TABLE_TSV ? CELLS_TSV : 0;
}

void
table_str(struct table *t, const char *s)
{
	next_column(t);
	if (!s) {
		add_cell(t, NULL);
		return;
	}
	if (separator_of(t)) {
		t->row[t->filled].outside = 1;
		add_cell(t, arena_strdup(&t->arena, s));
		return;
	}
	size_t len = strlen(s), room = ESCAPE_ROOM(len);
	char *text = arena_alloc(&t->arena, room + 2);
	if (t->format == TABLE_TEXT) {
		escape_text(text, room, s, len, ESCAPE_PLAIN, NULL);
	} else {
		text[0] = '"';
		size_t n = escape_text(text + 1, room, s, len, ESCAPE_JSON, NULL);
		memcpy(text + 1 + n, "\"", 2);
	}
	add_cell(t, text);
}

void
table_int(struct table *t, int64_t n)
{
	const struct table_column *column = next_column(t);
	char iso[32];
	if (separator_of(t) && column->type == TABLE_TIME)
		add_cell(t, n ? arena_strdup(&t->arena, clock_iso(n, iso)) : NULL);
	else
		add_cell(t, t->format == TABLE_TEXT ? types[column->type].text(&t->arena, n)
						    : types[column->type].json(&t->arena, n));
}

/* ---- widths ---- */

static size_t
next_width(const char *s, size_t *taken)
{
	int32_t c;
	*taken = 1;
	if ((unsigned char)*s < 0x80)
		return 1;
	utf8proc_ssize_t n = utf8proc_iterate((const uint8_t *)s, -1, &c);
	if (n <= 0)
		return 1;
	*taken = (size_t)n;
	int width = utf8proc_charwidth(c);
	return width > 0 ? (size_t)width : 0;
}

size_t
table_width(const char *s)
{
	size_t width = 0, taken;
	for (; *s; s += taken)
		width += next_width(s, &taken);
	return width;
}

/* Bytes of S that fit into WIDTH columns, *SHOWN of which they take; combining characters stay with
 * their base. */
static size_t
fitting(const char *s, size_t width, size_t *shown)
{
	size_t len = 0, taken, w;
	for (*shown = 0; s[len]; len += taken, *shown += w) {
		w = next_width(s + len, &taken);
		if (*shown + w > width)
			break;
	}
	return len;
}

static size_t
terminal_width(FILE *out)
{
	struct winsize size;
	int fd = fileno(out);
	if (fd < 0 || !isatty(fd) || ioctl(fd, TIOCGWINSZ, &size) < 0)
		return 0;
	return size.ws_col;
}

static size_t
least_width(const struct table_column *column)
{
	size_t heading = strlen(column->name);
	return heading > FLEX_MIN ? heading : FLEX_MIN;
}

/* Narrow the widest columns that allow it until TOTAL fits the terminal. */
static void
narrow(const struct table *t, size_t *widths, size_t total)
{
	for (size_t i = 0; i < t->count; i++) {
		size_t enough = t->limit + least_width(&t->columns[i]);
		if (t->columns[i].flex && widths[i] > enough) {
			total -= widths[i] - enough;
			widths[i] = enough;
		}
	}
	while (total > t->limit) {
		size_t *widest = NULL;
		for (size_t i = 0; i < t->count; i++)
			if (t->columns[i].flex && widths[i] > least_width(&t->columns[i]) &&
			    (!widest || widths[i] > *widest))
				widest = &widths[i];
		if (!widest)
			return;
		--*widest;
		total--;
	}
}

/* ---- printing text ---- */

const char *
table_style(const char *style)
{
	static const struct {
		const char *name, *sequence;
	} styles[] = {
	    {"bold", "\033[1m"},
	    {"dim", "\033[2m"},
	    {"red", "\033[31m"},
	    {"green", "\033[32m"},
	    {"yellow", "\033[33m"},
	    {"off", "\033[0m"},
	};
	for (size_t i = 0; style && i < sizeof styles / sizeof *styles; i++)
		if (strcmp(styles[i].name, style) == 0)
			return styles[i].sequence;
	return "";
}

static void
print_coloured(const struct table *t, const char *name, const char *text, size_t len)
{
	const char *begin = t->colour ? table_style(name) : "";
	fprintf(t->out, "%s%.*s%s", begin, (int)len, text, *begin ? table_style("off") : "");
}

/* Print the cell in WIDTH columns; PAD 0: without spaces after it. */
static void
print_cell(const struct table *t, const struct table_column *column, const struct cell *cell,
    size_t width, int pad)
{
	const char *text = cell->text ? cell->text : "";
	const char *colour = column->colour && cell->text ? column->colour(text) : NULL;
	size_t len = strlen(text), shown = cell->width;
	int right = types[column->type].right, cut = shown > width && column->flex;
	if (cut)
		len = fitting(text, width - 1, &shown);
	int spaces = shown + (size_t)cut < width ? (int)(width - shown) - cut : 0;
	if (right)
		fprintf(t->out, "%*s", spaces, "");
	print_coloured(t, colour, text, len);
	if (cut)
		fputs(CUT_MARK, t->out);
	if (pad && !right)
		fprintf(t->out, "%*s", spaces, "");
}

static void
print_heading(const struct table *t, const size_t *widths)
{
	for (size_t i = 0; i < t->count; i++) {
		char name[64];
		size_t len = 0;
		for (const char *c = t->columns[i].name; *c && len < sizeof name - 1; c++)
			name[len++] = *c == '_'                ? ' '
				      : *c >= 'a' && *c <= 'z' ? (char)(*c - 'a' + 'A')
							       : *c;
		name[len] = '\0';
		int spaces = (int)(widths[i] - len), right = types[t->columns[i].type].right;
		if (right)
			fprintf(t->out, "%*s", spaces, "");
		print_coloured(t, "bold", name, len);
		if (i + 1 < t->count)
			fprintf(t->out, "%*s", GAP + (right ? 0 : spaces), "");
	}
	fputc('\n', t->out);
}

static void
print_text(const struct table *t)
{
	size_t *widths = mem_zalloc(t->count * sizeof *widths), total = GAP * (t->count - 1);
	for (size_t i = 0; i < t->count; i++) {
		widths[i] = strlen(t->columns[i].name);
		for (size_t r = 0; r < t->rows_len; r++)
			if (t->rows[r][i].width > widths[i])
				widths[i] = t->rows[r][i].width;
		total += widths[i];
	}
	if (t->limit)
		narrow(t, widths, total);
	print_heading(t, widths);
	for (size_t r = 0; r < t->rows_len; r++) {
		for (size_t i = 0; i < t->count; i++) {
			int last = i + 1 == t->count;
			print_cell(t, &t->columns[i], &t->rows[r][i], widths[i], !last);
			if (!last)
				fprintf(t->out, "%*s", GAP, "");
		}
		fputc('\n', t->out);
	}
	mem_free(widths);
}

static void
print_records(const struct table *t)
{
	size_t names = 0;
	for (size_t i = 0; i < t->count; i++)
		if (strlen(t->columns[i].name) > names)
			names = strlen(t->columns[i].name);
	for (size_t r = 0; r < t->rows_len; r++) {
		if (r)
			fputc('\n', t->out);
		for (size_t i = 0; i < t->count; i++) {
			struct table_column column = t->columns[i];
			const struct cell *cell = &t->rows[r][i];
			size_t room = t->limit > names + GAP + FLEX_MIN ? t->limit - names - GAP
									: cell->width;
			column.type = TABLE_STR; /* numbers stand to the left here */
			print_coloured(t, "bold", column.name, strlen(column.name));
			fprintf(t->out, "%*s", (int)(names - strlen(column.name)) + GAP, "");
			print_cell(t, &column, cell, room, 0);
			fputc('\n', t->out);
		}
	}
}

static void
print_json_row(const struct table *t)
{
	for (size_t i = 0; i < t->count; i++)
		fprintf(t->out, "%s\"%s\":%s", i ? "," : "{", t->columns[i].name,
		    t->row[i].text ? t->row[i].text : "null");
	fputs("}\n", t->out);
}

static void
print_cells_row(const struct table *t)
{
	char separator = separator_of(t);
	for (size_t i = 0; t->total == 0 && i < t->count; i++)
		fprintf(t->out, "%s%c", t->columns[i].name, i + 1 < t->count ? separator : '\n');
	for (size_t i = 0; i < t->count; i++) {
		if (t->row[i].outside)
			cells_text(t->out, separator, t->row[i].text);
		else
			fputs(t->row[i].text ? t->row[i].text : "", t->out);
		fputc(i + 1 < t->count ? separator : '\n', t->out);
	}
}

/* ---- the table ---- */

static struct table *
table_make(FILE *out, enum table_format format, const struct table_column *columns, size_t count,
    int record)
{
	struct table *t = mem_zalloc(sizeof *t);
	assert(count > 0);
	*t = (struct table){
	    .out = out,
	    .format = format,
	    .record = record,
	    .columns = columns,
	    .count = count,
	    .limit = terminal_width(out),
	    .colour = table_wants_colour(out),
	};
	return t;
}

struct table *
table_new(FILE *out, enum table_format format, const struct table_column *columns, size_t count)
{
	return table_make(out, format, columns, count, 0);
}

struct table *
table_new_record(
    FILE *out, enum table_format format, const struct table_column *columns, size_t count)
{
	return table_make(out, format, columns, count, 1);
}

void
table_end_row(struct table *t)
{
	if (!t->row)
		t->row = arena_zalloc(&t->arena, t->count * sizeof *t->row);
	if (t->format != TABLE_TEXT) {
		(t->format == TABLE_JSON ? print_json_row : print_cells_row)(t);
		arena_clear(&t->arena);
	} else {
		MEM_GROW(t->rows, t->rows_len, t->rows_cap);
		t->rows[t->rows_len++] = t->row;
	}
	t->row = NULL;
	t->filled = 0;
	t->total++;
}

size_t
table_free(struct table *t)
{
	if (!t)
		return 0;
	if (t->rows_len)
		(t->record ? print_records : print_text)(t);
	size_t total = t->total;
	arena_clear(&t->arena);
	mem_free(t->rows);
	mem_free(t);
	return total;
}

char *
table_safe(const char *s)
{
	size_t len = strlen(s), room = ESCAPE_ROOM(len);
	char *out = mem_alloc(room);
	escape_text(out, room, s, len, ESCAPE_PLAIN, NULL);
	return out;
}

int
table_wants_colour(FILE *out)
{
	const char *no_colour = getenv("NO_COLOR"), *term = getenv("TERM");
	int fd = fileno(out);
	if ((no_colour && *no_colour) || !term || strcmp(term, "dumb") == 0)
		return 0;
	return fd >= 0 && isatty(fd);
}
