/* cells: see include/cells.h. */
#include "cells.h"

#include <string.h>

#include "escape.h"
#include "mem.h"

/* What begins a formula, also in its wide form; in TSV, which knows no quotes, a spreadsheet takes
 * one off first. */
static const char *const formula_marks[] = {
    "=", "+", "-", "@", "\xef\xbc\x9d", "\xef\xbc\x8b", "\xef\xbc\x8d", "\xef\xbc\xa0"};

static int
is_formula(const char *s, char separator)
{
	s += strspn(s, " ");
	if (separator == CELLS_TSV && *s == '"')
		return 1;
	for (size_t i = 0; i < sizeof formula_marks / sizeof *formula_marks; i++)
		if (!strncmp(s, formula_marks[i], strlen(formula_marks[i])))
			return 1;
	/* a tab or the like, which a spreadsheet passes over; it is visible now */
	return s[0] == '\\' && (s[1] == 't' || s[1] == 'r' || s[1] == 'n');
}

void
cells_text(FILE *out, char separator, const char *s)
{
	if (!s || !*s)
		return;
	size_t len = strlen(s), room = ESCAPE_ROOM(len);
	char *line = mem_alloc(room);
	escape_text(line, room, s, len, ESCAPE_PLAIN, NULL);
	int quoted = separator == CELLS_CSV && (strpbrk(line, ",\"") || *line == ' ');
	if (quoted)
		fputc('"', out);
	if (is_formula(line, separator))
		fputc('\'', out);
	for (const char *p = line; *p; p++) {
		if (quoted && *p == '"')
			fputc('"', out);
		fputc(*p, out);
	}
	if (quoted)
		fputc('"', out);
	mem_free(line);
}
