/*
 * date: every way in which the world writes a moment, to UTC seconds with a precision. Pure: the
 * clock is not asked.
 */
#ifndef NEWSD_DATE_H
#define NEWSD_DATE_H

#include <stddef.h>
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

/* What the text left open and newsd decided; bits. */
enum date_doubt {
	DATE_DOUBT_ZONE = 1,    /* no zone, an unknown one, or a name that several zones bear */
	DATE_DOUBT_ORDER = 2,   /* day and month may be the other way round */
	DATE_DOUBT_CENTURY = 4, /* a year of two digits */
	DATE_DOUBT_WEEKDAY = 8, /* it names a weekday that the day is not */
	DATE_DOUBT_FUTURE = 16, /* it lay in the future when it was read, and is not believed */
	DATE_DOUBT_ALL = 31
};
#define DATE_DOUBT_TEXT_MAX 48

struct date {
	int64_t utc; /* seconds since 1970; meaningless with DATE_NONE */
	enum date_precision precision;
	int zone_known; /* 1: the text named its zone; 0: it was assumed (UTC; Korea for Korean) */
	unsigned doubt; /* enum date_doubt; of DATE_NONE only DATE_DOUBT_FUTURE */
	int16_t swap_days; /* with DATE_DOUBT_ORDER: the other reading is so many days later */
};

/*
 * Parse TEXT (UTF-8): RFC 822/850/1123/2822, asctime, RFC 3339, W3CDTF, ISO 8601 (basic, ordinal
 * and week dates too), Unix time (seconds, ms, us, ns) and their misspellings, with the months,
 * weekdays and digits of the world's languages, the names of its zones, Japanese eras, the years of
 * Minguo and, beside Thai words, of the Buddha. Sets OUT to the start of what TEXT names, and what
 * was decided for want of a word as doubt. ERR_INPUT: no date, or one that does not exist; OUT then
 * has DATE_NONE.
 */
int date_parse(const char *text, struct date *out);
/*
 * Read D again, knowing that it was seen at NOW (seconds): of two orders of day and month the one
 * that is no future, and of two pasts the one that was just now. A moment more than a day ahead,
 * beyond the errors of clocks and zones, becomes DATE_NONE with DATE_DOUBT_FUTURE. What was settled
 * once does not change again.
 */
void date_settle(struct date *d, int64_t now);
/* "second", "minute", "day", "month", "year" or "" */
const char *date_precision_name(enum date_precision p);
/* The words of DOUBT separated by spaces ("zone order century weekday future"), in OUT; "" for
 * none. */
const char *date_doubt_text(unsigned doubt, char out[DATE_DOUBT_TEXT_MAX]);
/* Retry-After (RFC 9110 10.2.3): seconds or an HTTP date, as a delay in seconds from NOW; -1: none.
 * A moment in the past is 0; nothing is longer than ten years. */
int64_t date_retry_after(const char *value, int64_t now);
/* Days from 1970-01-01 of a proleptic Gregorian date; valid for any year in int range. */
int64_t date_days(int year, int month, int day);

#endif
