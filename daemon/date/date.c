/*
 * date: see include/date.h. What the scanner (scan.c) found is put together to a moment here, and
 * what it left open is decided and said as doubt. The words are in words.c, the characters in
 * prepare.c.
 */
#include "date.h"

#include <stdio.h>
#include <string.h>

#include "date_priv.h"
#include "errors.h"

#define DAY_S       86400
#define YEAR_MIN    100  /* smaller four-digit years are programs' zero values */
#define REFORM      1583 /* of the calendar: 1403/11/11 and 1445/7/19 count years in another one */
#define YEAR_MAX    9999
#define LONE_MIN    1900 /* a year without a day is only believed when news may come from it */
#define LONE_MAX    2199
#define RETRY_MAX_S ((int64_t)10 * 365 * DAY_S)
#define KOREA_MIN   (9 * 60)
#define BUDDHA      543   /* years before Christ's */
#define BUDDHA_MIN  2400  /* no smaller year is the Buddha's */
#define FUTURE_S    DAY_S /* a wrong clock and a forgotten zone make no more */
#define JUST_NOW_S  ((int64_t)2 * DAY_S)

/* ---- calendar ---- */

int64_t
date_days(int year, int month, int day)
{
	/* years from March on, so that the leap day is the last (Howard Hinnant, days_from_civil)
	 */
	int64_t y = (int64_t)year - (month <= 2);
	int64_t era = (y >= 0 ? y : y - 399) / 400;
	int64_t of_era = y - era * 400;
	int64_t of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static int
is_leap(int year)
{
	return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static int
month_days(int year, int month)
{
	static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
	return month == 2 && is_leap(year) ? 29 : days[month - 1];
}

/* 1-7 for DAYS since 1970; Monday is 1. */
static int
weekday_of(int64_t days)
{
	return (int)(((days + 3) % 7 + 7) % 7) + 1;
}

/* The day of an ISO 8601 week date: week 1 holds January 4th. */
static int64_t
week_day(int year, int week, int wday)
{
	int64_t jan4 = date_days(year, 1, 4);
	return jan4 - weekday_of(jan4) + 1 + (int64_t)(week - 1) * 7 + wday - 1;
}

/* The Nth Sunday of a month, or with 5 its last. */
static int64_t
sunday(int year, int month, int nth)
{
	int64_t first = date_days(year, month, 1);
	int64_t day = first + (7 - weekday_of(first)) % 7 + (int64_t)(nth - 1) * 7;
	return day - first < month_days(year, month) ? day : day - 7;
}

/* Is UTC, a moment of standard time at MINUTES east, in the summer of RULE? */
static int
is_summer(int64_t utc, int year, int minutes, int rule)
{
	int64_t from, to;
	if (rule & ZONE_EU) { /* directive 2000/84/EC */
		from = sunday(year, 3, 5) * DAY_S + 3600;
		to = sunday(year, 10, 5) * DAY_S + 3600;
	} else if (rule & ZONE_US) { /* 15 USC 260a; before 2007 from April to October */
		int late = year < 2007;
		from = sunday(year, late ? 4 : 3, late ? 1 : 2) * DAY_S + 7200 - minutes * 60;
		to = sunday(year, late ? 10 : 11, late ? 5 : 1) * DAY_S + 3600 - minutes * 60;
	} else {
		return 0;
	}
	return utc >= from && utc < to;
}

/* ---- from what was read to a moment ---- */

static int
out_of(int value, int low, int high)
{
	return value != DATE_UNSET && (value < low || value > high);
}

static int
is_day(int year, int month, int day)
{
	return month >= 1 && month <= 12 && day >= 1 && day <= month_days(year, month);
}

/* Decide which of two numbers is the month: a weekday proves it, else it is the writer's habit. */
static int64_t
decide_order(struct date_scan *s, struct date *out)
{
	if (s->american && s->either_order == ORDER_DAY_FIRST) {
		int day = s->day;
		s->day = s->month;
		s->month = day;
	}
	int64_t days = date_days(s->year, s->month, s->day);
	int64_t other = date_days(s->year, s->day, s->month);
	int fits = s->weekday > 0 && weekday_of(days) == s->weekday;
	int other_fits = s->weekday > 0 && weekday_of(other) == s->weekday;
	if (other_fits && !fits)
		return other;
	if (!fits || other_fits) {
		out->doubt |= DATE_DOUBT_ORDER;
		out->swap_days = (int16_t)(other - days);
	}
	return days;
}

/* The day that S names, or ERR_INPUT when there is none. */
static int
day_of(struct date_scan *s, int64_t *days, struct date *out)
{
	if (s->year > YEAR_MAX)
		return ERR_INPUT;
	s->year += s->year != DATE_UNSET ? s->era : 0;
	if (s->thai && s->year > BUDDHA_MIN)
		s->year -= BUDDHA;
	if (s->year < (s->named_month ? YEAR_MIN : REFORM) || s->year > YEAR_MAX ||
	    out_of(s->month, 1, 12))
		return ERR_INPUT;
	out->precision = DATE_DAY;
	if (s->week != DATE_UNSET) {
		if (out_of(s->week, 1, 53) || out_of(s->wday, 1, 7))
			return ERR_INPUT;
		*days = week_day(s->year, s->week, s->wday);
	} else if (s->yday != DATE_UNSET) {
		if (out_of(s->yday, 1, 365 + is_leap(s->year)))
			return ERR_INPUT;
		*days = date_days(s->year, 1, 1) + s->yday - 1;
	} else if (s->day != DATE_UNSET) {
		if (!is_day(s->year, s->month, s->day))
			return ERR_INPUT;
		*days =
		    s->either_order ? decide_order(s, out) : date_days(s->year, s->month, s->day);
	} else {
		int is_text = s->skipped || (s->noise && s->month == DATE_UNSET);
		if (out_of(s->year, LONE_MIN, LONE_MAX) || is_text)
			return ERR_INPUT;
		out->precision = s->month != DATE_UNSET ? DATE_MONTH : DATE_YEAR;
		*days = date_days(s->year, s->month != DATE_UNSET ? s->month : 1, 1);
		return 0;
	}
	if (s->weekday > 0 && weekday_of(*days) != s->weekday)
		out->doubt |= DATE_DOUBT_WEEKDAY;
	return 0;
}

/* The seconds of the day. */
static int
time_of(struct date_scan *s, int *of_day)
{
	if (out_of(s->minute, 0, 59) || out_of(s->second, 0, 60))
		return ERR_INPUT;
	if (s->pm != DATE_UNSET && s->hour <= 12)
		s->hour = s->hour % 12 + (s->pm ? 12 : 0);
	int rest = (s->minute > 0 ? s->minute * 60 : 0) + (s->second > 0 ? s->second : 0);
	if (s->hour > 24 || (s->hour == 24 && rest > 0))
		return ERR_INPUT;
	*of_day = s->hour * 3600 + rest;
	return 0;
}

static int
finish(struct date_scan *s, struct date *out)
{
	int64_t days;
	int of_day;
	*out = (struct date){.doubt = s->doubt, .zone_known = s->zone_known};
	if (day_of(s, &days, out))
		return ERR_INPUT;
	out->utc = days * DAY_S;
	if (s->hour == DATE_UNSET) {
		out->doubt &= ~(unsigned)DATE_DOUBT_ZONE; /* days are read without zone */
		return s->minute != DATE_UNSET || s->second != DATE_UNSET || s->pm != DATE_UNSET
			   ? ERR_INPUT
			   : 0;
	}
	if (out->precision != DATE_DAY || time_of(s, &of_day))
		return ERR_INPUT;
	out->precision = s->second != DATE_UNSET ? DATE_SECOND : DATE_MINUTE;
	int zone = s->zone_known ? s->zone_min : s->korean ? KOREA_MIN : 0;
	out->utc += of_day - zone * 60;
	if (is_summer(out->utc, s->year, zone, s->zone_rule))
		out->utc -= 3600;
	if (!s->zone_known)
		out->doubt |= DATE_DOUBT_ZONE;
	return 0;
}

/* ---- texts of nothing but digits ---- */

/* How many digits mean what. Letters take one digit each; U: Unix time. */
static const struct digits {
	unsigned char len, seconds_digits;
	const char *shape;
} digit_shapes[] = {{4, 0, "YYYY"}, {5, 0, "yyJJJ"}, {6, 0, "yyMMDD"}, {6, 0, "YYYYMM"},
    {7, 0, "YYYYJJJ"}, {8, 0, "YYYYMMDD"}, {9, 9, "U"}, {10, 10, "U"}, {12, 0, "YYYYMMDDhhmm"},
    {12, 9, "U"}, {13, 10, "U"}, {14, 0, "YYYYMMDDhhmmss"}, {16, 10, "U"}, {19, 10, "U"}};

static int
fit_shape(const struct digits *d, const char *text, struct date *out)
{
	if (*d->shape == 'U') {
		int64_t seconds = 0;
		for (size_t i = 0; i < d->seconds_digits; i++)
			seconds = seconds * 10 + (text[i] - '0');
		*out = (struct date){.utc = seconds, .precision = DATE_SECOND, .zone_known = 1};
		return 0;
	}
	struct date_scan s = date_scan_blank;
	const struct {
		char letter;
		int *field;
	} fields[] = {{'Y', &s.year}, {'y', &s.year}, {'M', &s.month}, {'D', &s.day},
	    {'J', &s.yday}, {'h', &s.hour}, {'m', &s.minute}, {'s', &s.second}};
	for (const char *p = d->shape; *p;) {
		size_t n = strspn(p, (char[]){*p, '\0'});
		int value = date_number(text + (p - d->shape), n);
		for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
			if (fields[i].letter == *p)
				*fields[i].field = *p == 'y' ? date_full_year(value, n) : value;
		if (*p == 'y')
			s.doubt |= DATE_DOUBT_CENTURY;
		p += n;
	}
	return finish(&s, out);
}

/* TEXT is N digits, maybe with a fraction. */
static int
parse_digits(const char *text, size_t n, struct date *out)
{
	if (n == 5 && *text != '0') /* a number, unless no number is written so */
		return ERR_INPUT;
	for (size_t i = 0; i < sizeof digit_shapes / sizeof *digit_shapes; i++) {
		const struct digits *d = &digit_shapes[i];
		if (d->len != n || (text[n] && *d->shape != 'U'))
			continue;
		if (!fit_shape(d, text, out))
			return 0;
	}
	return ERR_INPUT;
}

/* ISO 8601:1988 with the century left out: -YYMM and -YY-MM. 1 when TEXT is one. */
static int
take_no_century(struct date_scan *s)
{
	const char *p = s->p;
	size_t n = *p == '-' ? date_digits(p + 1) : 0;
	int basic = n == 4 && !p[5];
	if (!basic && !(n == 2 && p[3] == '-' && date_digits(p + 4) == 2 && !p[6]))
		return 0;
	s->year = date_full_year(date_number(p + 1, 2), 2);
	s->month = date_number(p + (basic ? 3 : 4), 2);
	s->doubt = DATE_DOUBT_CENTURY;
	return 1;
}

int
date_parse(const char *text, struct date *out)
{
	char copy[DATE_TEXT_MAX + 1];
	struct date found = {0};
	*out = found;
	size_t len = date_prepare(text, copy);
	if (len == 0)
		return ERR_INPUT;
	size_t n = date_digits(copy);
	int rc;
	if (n == len || (n >= 9 && copy[n] == '.' && n + 1 + date_digits(copy + n + 1) == len)) {
		rc = parse_digits(copy, n, &found);
	} else {
		struct date_scan s = date_scan_blank;
		s.p = copy;
		rc = take_no_century(&s) ? 0 : date_scan_text(&s);
		if (!rc)
			rc = finish(&s, &found);
	}
	if (!rc)
		*out = found;
	return rc;
}

void
date_settle(struct date *d, int64_t now)
{
	if (d->precision == DATE_NONE)
		return;
	if (d->doubt & DATE_DOUBT_ORDER) {
		int64_t other = d->utc + (int64_t)d->swap_days * DAY_S;
		int is_future = d->utc > now + FUTURE_S, other_is = other > now + FUTURE_S;
		int is_now = now - d->utc < JUST_NOW_S, other_is_now = now - other < JUST_NOW_S;
		if ((is_future && !other_is) || (!other_is && other_is_now && !is_now)) {
			d->utc = other;
			d->swap_days = (int16_t)-d->swap_days;
		}
	}
	if (d->utc > now + FUTURE_S)
		*d = (struct date){.doubt = DATE_DOUBT_FUTURE};
}

const char *
date_precision_name(enum date_precision p)
{
	static const char *const names[] = {"", "year", "month", "day", "minute", "second"};
	return (size_t)p < sizeof names / sizeof *names ? names[p] : "";
}

const char *
date_doubt_text(unsigned doubt, char out[DATE_DOUBT_TEXT_MAX])
{
	static const char *const words[] = {"zone", "order", "century", "weekday", "future"};
	size_t n = 0;
	*out = '\0';
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		if (doubt & 1u << i)
			n += (size_t)snprintf(
			    out + n, DATE_DOUBT_TEXT_MAX - n, "%s%s", n ? " " : "", words[i]);
	return out;
}

int64_t
date_retry_after(const char *value, int64_t now)
{
	while (*value == ' ' || *value == '\t')
		value++;
	size_t n = date_digits(value);
	if (n && value[n + strspn(value + n, " \t")] == '\0') {
		int64_t seconds = n > 9 ? RETRY_MAX_S : date_number(value, n);
		return seconds < RETRY_MAX_S ? seconds : RETRY_MAX_S;
	}
	struct date d;
	if (n || date_parse(value, &d) || d.precision != DATE_SECOND)
		return -1;
	int64_t delay = d.utc - now;
	return delay < 0 ? 0 : delay < RETRY_MAX_S ? delay : RETRY_MAX_S;
}
