/*
 * date: every way in which the world writes a moment, to UTC seconds with a precision. Pure: the
 * clock is not asked.
 */
#ifndef NEWSD_DATE_H
#define NEWSD_DATE_H

#include <stdint.h>

#define DATE_TEXT_MAX 128 /* a longer text is no date */

enum date_precision {
	DATE_NONE = 0,
	DATE_YEAR,
	DATE_MONTH,
	DATE_DAY,
	DATE_MINUTE,
	DATE_SECOND,
};

struct date {
	int64_t utc; /* seconds since 1970; meaningless with DATE_NONE */
	enum date_precision precision;
	int zone_known; /* 1: the text named its zone; 0: it was assumed (UTC; Korea for Korean) */
};

/*
 * Parse TEXT (UTF-8): RFC 822/1123/2822, asctime, RFC 3339, W3CDTF, ISO 8601 (basic, ordinal and
 * week dates too), Unix time (seconds, ms, us) and their misspellings, with the months of a score
 * of languages. Sets OUT to the start of what TEXT names. ERR_INPUT: no date, or one that does not
 * exist, or one whose day and month can't be told apart; OUT then has DATE_NONE.
 */
int date_parse(const char *text, struct date *out);
/* "second", "minute", "day", "month", "year" or "" */
const char *date_precision_name(enum date_precision p);
/* Retry-After (RFC 9110 10.2.3): seconds or an HTTP date, as a delay in seconds from NOW; -1: none.
 * A moment in the past is 0; nothing is longer than ten years. */
int64_t date_retry_after(const char *value, int64_t now);
/* Days from 1970-01-01 of a proleptic Gregorian date; valid for any year in int range. */
int64_t date_days(int year, int month, int day);

#endif
