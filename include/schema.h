/*
 * schema: what people may query. One row for every column of every public view, and one for every
 * view; newsd-schema(5), docs/schema.md and the tests are checked against these tables. Knows no
 * SQL.
 *
 * Every view with times has a twin of the same columns whose times are ISO 8601 text: articles_iso
 * for articles, and so on.
 */
#ifndef NEWSD_SCHEMA_H
#define NEWSD_SCHEMA_H

enum schema_type {
	SCHEMA_INTEGER,
	SCHEMA_REAL,
	SCHEMA_TEXT,
	SCHEMA_TIME, /* UTC seconds since 1970, NULL when unknown; in the twin view ISO 8601 text */
	SCHEMA_TYPE_COUNT
};

struct schema_doc_row {
	const char *view;
	const char *column;
	const char *help; /* one sentence, plain text */
	enum schema_type type;
};
/* In the order of views and of their columns; ends with view NULL. */
extern const struct schema_doc_row schema_doc[];

struct schema_view_row {
	const char *view;
	const char *help;
	const char *twin; /* name of the view with readable times, NULL: it has no times */
};
/* Ends with view NULL. */
extern const struct schema_view_row schema_views[];

/* migrations.c: the SQL that makes the tables of VERSION (from 1 on) from those of the version
 * before; for tests of the upgrade. */
const char *schema_migration(int version);

/* "integer", "real", "text" or "time" */
const char *schema_type_name(enum schema_type t);

#endif
