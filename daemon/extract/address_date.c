/*
 * The day in a page's address: "/2024/05/31/", "2024-05-31", "/2024/may/31/", "31-05-2024".
 */
#include <stdio.h>
#include <string.h>

#include "extract_priv.h"

#define YEAR_MIN 1990 /* numbers that only look like a date are often of older years */
#define YEAR_MAX 2100

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Does S have the form of FORM, where '0' is a digit, '-' a separator, and the end no digit? Then
 * the text that date_parse reads, in A; else NULL. */
static char *
of_form(struct arena *a, const char *s, const char *form, const char *separators)
{
	size_t i;
	for (i = 0; form[i]; i++)
		if (form[i] == '0' ? !is_digit(s[i]) : !s[i] || !strchr(separators, s[i]))
			return NULL;
	if (is_digit(s[i]))
		return NULL;
	char *text = arena_strndup(a, s, i);
	for (char *c = text; *c; c++)
		if (*c == '/' || *c == '_')
			*c = '-';
	return text;
}

/* "2024/may/31" */
static char *
of_month_name(struct arena *a, const char *s)
{
	char month[16];
	int year, day;
	if (strspn(s, "0123456789") != 4 || s[4] != '/' ||
	    sscanf(s, "%4d/%15[A-Za-z]/%2d", &year, month, &day) != 3)
		return NULL;
	return arena_printf(a, "%d %s %d", day, month, year);
}

static int
is_day(const char *text, struct date *out)
{
	if (!text || date_parse(text, out) || out->precision != DATE_DAY ||
	    out->utc < date_days(YEAR_MIN, 1, 1) * 86400 ||
	    out->utc >= date_days(YEAR_MAX + 1, 1, 1) * 86400)
		return 0;
	out->doubt |= DATE_DOUBT_ZONE;
	return 1;
}

int
date_in_address(struct arena *a, const char *url, struct date *out)
{
	struct date day;
	int found = 0;
	for (const char *s = url; *s; s++) {
		if (!is_digit(*s) || (s > url && is_digit(s[-1])))
			continue;
		if (is_day(of_form(a, s, "0000-00-00", "/-_"), out) ||
		    is_day(of_month_name(a, s), out))
			return 1;
		if (!found && is_day(of_form(a, s, "00-00-0000", "-_."), &day))
			found = 1;
	}
	if (found) /* the year in front is surer, wherever it stands */
		*out = day;
	return found;
}
