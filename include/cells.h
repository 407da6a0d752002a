/*
 * cells: text of strangers as one cell of CSV (RFC 4180) or TSV, for programs and spreadsheets. A
 * cell is one line; control characters are made visible (escape.h); what a spreadsheet would take
 * for a formula begins with an apostrophe, which it takes for "this is text".
 */
#ifndef NEWSD_CELLS_H
#define NEWSD_CELLS_H

#include <stdio.h>

#define CELLS_CSV ','
#define CELLS_TSV '\t'

/* Write S (NULL: an empty cell) to OUT, without SEPARATOR, one of the two above. */
void cells_text(FILE *out, char separator, const char *s);

#endif
