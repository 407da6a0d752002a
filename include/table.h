/*
 * table: rows for human eyes (aligned, coloured, cut to the terminal), as JSON lines, CSV or TSV.
 * Cells come from outside: control characters and escapes never reach the terminal (escape.h), and
 * JSON is valid whatever the bytes. Text is aligned by the width of its characters, in UTF-8. Never
 * looks at the locale.
 */
#ifndef NEWSD_TABLE_H
#define NEWSD_TABLE_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum table_format { TABLE_TEXT, TABLE_JSON, TABLE_CSV, TABLE_TSV };
enum table_type {
	TABLE_STR,
	TABLE_INT,
	TABLE_TIME,  /* epoch seconds: "2026-01-31 05:00" UTC in text, ISO 8601 in JSON; 0 is empty
		      */
	TABLE_BYTES, /* 1.2 MB (powers of 1000) in text, a number in JSON */
	TABLE_SPAN,  /* seconds: "3 h" in text, a number in JSON */
	TABLE_TYPE_COUNT
};

struct table_column {
	const char *name; /* JSON key; upper-cased as heading, '_' as a space */
	enum table_type type;
	int flex;                                /* 1: may be cut when the line is too wide */
	const char *(*colour)(const char *cell); /* "green", "red", "yellow", "dim" or NULL */
};

struct table;

/*
 * COLUMNS (COUNT of them) must outlive the table. On a terminal lines are cut to its width, in the
 * columns that allow it; elsewhere there is no limit. JSON: one object a line, written row by row;
 * an empty cell is null. CSV and TSV (cells.h): the same values, behind a line with their names.
 */
struct table *
table_new(FILE *out, enum table_format format, const struct table_column *columns, size_t count);
/* The same as one `name  value` list a row: aligned, without heading, a blank line between rows. */
struct table *table_new_record(
    FILE *out, enum table_format format, const struct table_column *columns, size_t count);
void table_str(struct table *t, const char *s); /* next cell, of whatever type; NULL is empty */
void table_int(struct table *t, int64_t n);     /* next cell, shown by the column's type */
void table_end_row(struct table *t);            /* cells not given are empty */
/* Print what is buffered (text is aligned over all rows; no rows, no heading). Returns the number
 * of rows. */
size_t table_free(struct table *t);

/* S with control characters and terminal escapes made visible, for one line of a terminal. The
 * result is malloc'ed. */
char *table_safe(const char *s);

/* Columns that the UTF-8 text S takes on a terminal. */
size_t table_width(const char *s);

/* The escape sequence that begins STYLE: "bold", "dim", "red", "green", "yellow", or that ends all
 * of them, "off"; "" for NULL and any other. */
const char *table_style(const char *style);

/* 1 when OUT is a terminal that wants colour (NO_COLOR and TERM=dumb are honoured). */
int table_wants_colour(FILE *out);

#endif
