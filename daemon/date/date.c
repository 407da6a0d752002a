/*
 * date: see include/date.h. One scanner for every written date: it reads tokens (numbers, joined
 * numbers, words, offsets) and fits each into the field that it can only be; what fits nowhere
 * makes the text no date. The tables of words are in words.c. Never guesses a day that the text
 * leaves open.
 */
#include "date.h"

#include <ctype.h>
#include <limits.h>
#include <stddef.h>
#include <string.h>

#include "date_priv.h"
#include "errors.h"

#define DAY_S        86400
#define UNSET        (-1)
#define ZONE_MAX_MIN (18 * 60) /* no civil offset was ever larger */
#define YEAR_MIN     100       /* smaller four-digit years are programs' zero values */
#define YEAR_MAX     9999
#define RETRY_MAX_S  ((int64_t)10 * 365 * DAY_S)
#define KOREA_MIN    (9 * 60)

struct scan {
	const char *p;
	int year, month, day;
	int hour, minute, second;
	int yday, week, wday; /* ordinal and week dates */
	int slash_a, slash_b; /* 3/4/2012 that may be either way round */
	int zone_min, zone_set, zone_known;
	int pm;          /* UNSET, 0 am, 1 pm */
	int american;    /* what follows says that months come first */
	int korean;      /* no zone means Korea */
	int after_t;     /* an ISO time follows at once */
	int skipped;     /* the one unknown word that may stand first: a weekday */
	int any_digit;   /* a number was read */
	int early_month; /* the month stands first */
};

static const struct scan blank = {.year = UNSET,
    .month = UNSET,
    .day = UNSET,
    .hour = UNSET,
    .minute = UNSET,
    .second = UNSET,
    .yday = UNSET,
    .week = UNSET,
    .wday = UNSET,
    .slash_a = UNSET,
    .slash_b = UNSET,
    .pm = UNSET};

static const struct unit {
	const char *text;
	size_t field; /* of struct scan */
	int korean;
} units[] = {
    {"년", offsetof(struct scan, year), 1},
    {"월", offsetof(struct scan, month), 1},
    {"일", offsetof(struct scan, day), 1},
    {"시", offsetof(struct scan, hour), 1},
    {"분", offsetof(struct scan, minute), 1},
    {"초", offsetof(struct scan, second), 1},
    {"年", offsetof(struct scan, year), 0},
    {"月", offsetof(struct scan, month), 0},
    {"日", offsetof(struct scan, day), 0},
    {"号", offsetof(struct scan, day), 0},
    {"時", offsetof(struct scan, hour), 0},
    {"时", offsetof(struct scan, hour), 0},
    {"分", offsetof(struct scan, minute), 0},
    {"秒", offsetof(struct scan, second), 0},
};

static const struct half_day {
	const char *text;
	int pm;
} half_days[] = {{"am", 0}, {"pm", 1}, {"오전", 0}, {"오후", 1}, {"上午", 0}, {"下午", 1},
    {"午前", 0}, {"午後", 1}, {"πμ", 0}, {"μμ", 1}};

static int
is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* Part of a word: an ASCII letter or any byte of a longer character. */
static int
is_letter(char c)
{
	return ((c | 32) >= 'a' && (c | 32) <= 'z') || (unsigned char)c >= 0x80;
}

static size_t
digits_at(const char *p)
{
	size_t n = 0;
	while (is_digit(p[n]))
		n++;
	return n;
}

/* The number in N digits; INT_MAX when it would not fit. */
static int
number(const char *p, size_t n)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (v > (INT_MAX - 9) / 10)
			return INT_MAX;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

static int
set_once(int *field, int value)
{
	if (*field != UNSET)
		return ERR_INPUT;
	*field = value;
	return 0;
}

/* RFC 2822 4.3: 00-49 are 2000-2049, 50-99 and three digits count from 1900. */
static int
full_year(int value, size_t digits)
{
	if (digits >= 4)
		return value;
	return digits == 2 && value < 50 ? 2000 + value : 1900 + value;
}

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

/* The day of an ISO 8601 week date: week 1 holds January 4th. */
static int64_t
week_day(int year, int week, int wday)
{
	int64_t jan4 = date_days(year, 1, 4);
	int64_t monday = jan4 - (((jan4 + 3) % 7) + 7) % 7;
	return monday + (int64_t)(week - 1) * 7 + wday - 1;
}

/* Take the half of the day at the head of S->p, in a script whose words are not spaced. */
static int
take_half_day(struct scan *s, const char *word, size_t len)
{
	for (size_t i = 0; i < sizeof half_days / sizeof *half_days; i++) {
		if (strlen(half_days[i].text) != len || memcmp(half_days[i].text, word, len))
			continue;
		s->pm = half_days[i].pm;
		s->american |= len == 2;
		s->korean |= i == 2 || i == 3;
		return 1;
	}
	return 0;
}

/* A zone that is no word of ours but stands where zones stand: a run of capitals or Area/City. */
static int
looks_like_zone(const struct scan *s, const char *word, size_t len)
{
	if (s->hour == UNSET || len > 32)
		return 0;
	if (memchr(word, '/', len))
		return 1;
	for (size_t i = 0; i < len; i++)
		if (word[i] < 'A' || word[i] > 'Z')
			return 0;
	return len <= 5;
}

static int
take_zone_word(struct scan *s, const struct date_zone *zone)
{
	s->american |= zone->american;
	if (s->zone_set) /* "-0500 EST": the number is exact */
		return 0;
	s->zone_min = zone->minutes;
	s->zone_known = 1;
	/* "GMT-01:00": an offset may follow */
	s->zone_set = zone->minutes != 0 || (*s->p != '+' && *s->p != '-');
	return 0;
}

static int
take_word(struct scan *s)
{
	const char *word = s->p;
	while (is_letter(*s->p) || (*s->p == '.' && is_letter(s->p[1])) ||
	       ((*s->p == '/' || *s->p == '_') && is_letter(s->p[1])))
		s->p++;
	size_t len = (size_t)(s->p - word);
	char folded[DATE_WORD_MAX];
	size_t folded_len = date_fold_word(word, len, folded);

	if (len == 1 && (*word | 32) == 't' && is_digit(*s->p) && s->hour == UNSET) {
		s->after_t = 1;
		return 0;
	}
	if (take_half_day(s, word, len) || (folded_len && take_half_day(s, folded, folded_len)))
		return 0;
	if (folded_len == 0)
		return ERR_INPUT;
	if (date_is_weekday(folded, folded_len))
		return 0;
	const struct date_zone *zone = s->hour != UNSET ? date_zone_of(folded) : NULL;
	if (zone)
		return take_zone_word(s, zone);
	int month = s->month == UNSET || s->early_month ? date_month_of(folded, folded_len) : 0;
	if (month) { /* the early one was a weekday: "mar., 03 févr." */
		s->early_month = s->month == UNSET && !s->any_digit && !s->skipped;
		s->month = month;
		return 0;
	}
	if (date_is_noise(folded))
		return 0;
	if (looks_like_zone(s, word, len)) /* RFC 2822 4.3: unknown names and letters are -0000 */
		return 0;
	if (!s->any_digit && s->month == UNSET && !s->skipped) {
		s->skipped = 1;
		return 0;
	}
	return ERR_INPUT;
}

/* ---- numbers ---- */

/* [.,]digits after a second: read and forgotten. */
static void
skip_fraction(struct scan *s)
{
	if ((*s->p == '.' || *s->p == ',') && is_digit(s->p[1])) {
		s->p++;
		s->p += digits_at(s->p);
	}
}

/* h:mm[:ss[.fff]], also 10h30; S->p is behind the hour. */
static int
take_clock(struct scan *s, int hour)
{
	if (s->hour != UNSET)
		return ERR_INPUT;
	s->hour = hour;
	s->p++;
	size_t n = digits_at(s->p);
	if (n == 0 || n > 2)
		return ERR_INPUT;
	s->minute = number(s->p, n);
	s->p += n;
	if (*s->p == ':') {
		n = digits_at(++s->p);
		if (n == 0 || n > 2)
			return ERR_INPUT;
		s->second = number(s->p, n);
		s->p += n;
	}
	skip_fraction(s);
	return *s->p == ':' ? ERR_INPUT : 0;
}

/* ISO 8601 basic time: hh, hhmm or hhmmss, N digits at S->p. */
static int
take_basic_time(struct scan *s, size_t n)
{
	if (s->hour != UNSET || (n != 2 && n != 4 && n != 6))
		return ERR_INPUT;
	s->hour = number(s->p, 2);
	s->minute = n >= 4 ? number(s->p + 2, 2) : UNSET;
	s->second = n == 6 ? number(s->p + 4, 2) : UNSET;
	s->p += n;
	skip_fraction(s);
	return 0;
}

/* Year, month and day joined by SEP; LEN are their digits. */
static int
take_three(struct scan *s, const int v[3], const size_t len[3], char sep)
{
	if (s->year != UNSET || s->month != UNSET || s->day != UNSET)
		return ERR_INPUT;
	if (len[0] == 4 || (sep == '-' && len[0] == 2 && len[2] == 2)) {
		s->year = full_year(v[0], len[0]);
		s->month = v[1];
		s->day = v[2];
		return 0;
	}
	if (len[0] > 2 || len[1] > 2 || (len[2] != 4 && len[2] != 2))
		return ERR_INPUT;
	s->year = full_year(v[2], len[2]);
	if (sep == '.' || v[0] > 12) {
		s->day = v[0];
		s->month = v[1];
	} else if (v[1] > 12) {
		s->month = v[0];
		s->day = v[1];
	} else {
		s->slash_a = v[0];
		s->slash_b = v[1];
	}
	return 0;
}

/* Numbers joined by - / or . ; the first has N digits at S->p. */
static int
take_joined(struct scan *s, size_t n)
{
	int v[3] = {number(s->p, n), 0, 0};
	size_t len[3] = {n, 0, 0}, count = 1;
	const char *p = s->p + n;
	char sep = *p;
	while (count < 3 && *p == sep && is_digit(p[1])) {
		len[count] = digits_at(++p);
		v[count] = number(p, len[count]);
		p += len[count++];
	}
	s->p = p;
	if (count == 3)
		return take_three(s, v, len, sep);
	if (len[0] != 4 || sep == '.' || set_once(&s->year, v[0]))
		return ERR_INPUT;
	if (len[1] == 3)
		return set_once(&s->yday, v[1]);
	return len[1] <= 2 ? set_once(&s->month, v[1]) : ERR_INPUT;
}

/* YYYY[-]Www[[-]D] with the year's digits at S->p; 1 when it is one. */
static int
take_week(struct scan *s)
{
	const char *p = s->p + 4;
	p += *p == '-';
	if ((*p | 32) != 'w' || digits_at(p + 1) < 2)
		return 0;
	s->year = number(s->p, 4);
	s->week = number(p + 1, 2);
	s->wday = 1;
	p += 3;
	if (is_digit(*p) || (*p == '-' && is_digit(p[1]))) {
		p += *p == '-';
		s->wday = *p++ - '0';
	}
	s->p = p;
	return 1;
}

/* A number before a CJK unit; 1 when there is one. */
static int
take_unit(struct scan *s, size_t n)
{
	for (size_t i = 0; i < sizeof units / sizeof *units; i++) {
		size_t len = strlen(units[i].text);
		if (strncmp(s->p + n, units[i].text, len) != 0)
			continue;
		int *field = (int *)((char *)s + units[i].field);
		if (set_once(field, number(s->p, n)))
			return 0;
		s->korean |= units[i].korean;
		s->p += n + len;
		return 1;
	}
	return 0;
}

/* A number on its own: what is still missing decides. */
static int
take_plain(struct scan *s, size_t n)
{
	int v = number(s->p, n);
	const char *digits = s->p;
	s->p += n;
	if (n == 8 && s->year == UNSET && s->month == UNSET && s->day == UNSET) {
		s->year = number(digits, 4);
		s->month = number(digits + 4, 2);
		s->day = number(digits + 6, 2);
		return 0;
	}
	if (n == 7 && s->year == UNSET && (*s->p | 32) == 't') {
		s->year = number(digits, 4);
		s->yday = number(digits + 4, 3);
		return 0;
	}
	if (n == 4)
		return set_once(&s->year, v);
	if (n > 3 || n == 0)
		return ERR_INPUT;
	if (n <= 2 && s->day == UNSET) {
		static const char *const endings[] = {"st", "nd", "rd", "th"};
		for (size_t i = 0; i < 4; i++)
			if (!strncasecmp(s->p, endings[i], 2) && !is_letter(s->p[2]))
				s->p += 2;
		s->day = v;
		return 0;
	}
	if (n == 1 || s->month == UNSET)
		return ERR_INPUT;
	return set_once(&s->year, full_year(v, n));
}

static int
take_number(struct scan *s)
{
	size_t n = digits_at(s->p);
	char next = s->p[n], after = next ? s->p[n + 1] : '\0';
	int after_t = s->after_t;
	s->any_digit = 1;
	s->after_t = 0;
	if (next == ':' || ((next | 32) == 'h' && is_digit(after) && n <= 2)) {
		int hour = number(s->p, n);
		s->p += n;
		return n <= 2 ? take_clock(s, hour) : ERR_INPUT;
	}
	if (after_t)
		return take_basic_time(s, n);
	if ((unsigned char)next >= 0x80 && take_unit(s, n))
		return 0;
	if (n == 4 && s->year == UNSET && take_week(s))
		return 0;
	if ((next == '-' || next == '/' || next == '.') && is_digit(after))
		return take_joined(s, n);
	return take_plain(s, n);
}

/* ---- offsets and the rest ---- */

/* [+-]h, hh, hmm, hhmm, h:mm or hh:mm */
static int
take_offset(struct scan *s)
{
	int negative = *s->p++ == '-';
	size_t n = digits_at(s->p);
	if (n == 0 || n > 4 || s->zone_set)
		return ERR_INPUT;
	int hours = number(s->p, n), minutes = 0;
	s->p += n;
	if (n > 2) {
		minutes = hours % 100;
		hours /= 100;
	} else if (*s->p == ':') {
		if (digits_at(++s->p) != 2)
			return ERR_INPUT;
		minutes = number(s->p, 2);
		s->p += 2;
	}
	int total = hours * 60 + minutes;
	if (minutes > 59 || total > ZONE_MAX_MIN)
		return ERR_INPUT;
	s->zone_min = negative ? -total : total;
	s->zone_set = s->zone_known = 1;
	return 0;
}

static int
take_sign(struct scan *s)
{
	if (is_digit(s->p[1]) && s->hour != UNSET)
		return take_offset(s);
	/* the hyphen of 02-Jan-2006 and of "May 5 - 10:00" */
	int joins = *s->p == '-' && (s->year == UNSET || s->day == UNSET || s->hour == UNSET);
	if (!joins || (is_digit(s->p[1]) && s->year != UNSET && s->day != UNSET))
		return ERR_INPUT;
	s->p++;
	return 0;
}

static int
scan_text(struct scan *s)
{
	while (*s->p) {
		int rc = 0;
		if (is_digit(*s->p)) {
			rc = take_number(s);
		} else if (is_letter(*s->p)) {
			rc = take_word(s);
		} else if (*s->p == '+' || *s->p == '-') {
			rc = take_sign(s);
		} else if (*s->p == '(') { /* RFC 2822 3.2.3: a comment */
			const char *end = strchr(s->p, ')');
			if (!end)
				return ERR_INPUT;
			s->p = end + 1;
		} else if (strchr(" \t\r\n,;.|", *s->p)) {
			s->p++;
		} else {
			return ERR_INPUT;
		}
		if (rc)
			return rc;
	}
	return 0;
}

static int
out_of(int value, int low, int high)
{
	return value != UNSET && (value < low || value > high);
}

/* The day that S names, or ERR_INPUT when there is none. */
static int
day_of(struct scan *s, int64_t *days, enum date_precision *precision)
{
	if (s->slash_a != UNSET) {
		if (!s->american)
			return ERR_INPUT;
		s->month = s->slash_a;
		s->day = s->slash_b;
	}
	if (s->year < YEAR_MIN || s->year > YEAR_MAX || out_of(s->month, 1, 12))
		return ERR_INPUT;
	*precision = DATE_DAY;
	if (s->week != UNSET) {
		if (out_of(s->week, 1, 53) || out_of(s->wday, 1, 7))
			return ERR_INPUT;
		*days = week_day(s->year, s->week, s->wday);
	} else if (s->yday != UNSET) {
		if (out_of(s->yday, 1, 365 + is_leap(s->year)))
			return ERR_INPUT;
		*days = date_days(s->year, 1, 1) + s->yday - 1;
	} else if (s->day != UNSET) {
		if (s->month == UNSET || out_of(s->day, 1, month_days(s->year, s->month)))
			return ERR_INPUT;
		*days = date_days(s->year, s->month, s->day);
	} else {
		*precision = s->month != UNSET ? DATE_MONTH : DATE_YEAR;
		*days = date_days(s->year, s->month != UNSET ? s->month : 1, 1);
	}
	return 0;
}

static int
finish(struct scan *s, struct date *out)
{
	int64_t days;
	enum date_precision precision;
	if (day_of(s, &days, &precision))
		return ERR_INPUT;
	int64_t of_day = 0;
	if (s->hour != UNSET) {
		if (precision != DATE_DAY || out_of(s->minute, 0, 59) || out_of(s->second, 0, 60))
			return ERR_INPUT;
		if (s->pm != UNSET && s->hour <= 12)
			s->hour = s->hour % 12 + (s->pm ? 12 : 0);
		precision = s->second != UNSET ? DATE_SECOND : DATE_MINUTE;
		int rest = (s->minute > 0 ? s->minute * 60 : 0) + (s->second > 0 ? s->second : 0);
		if (s->hour > 24 || (s->hour == 24 && rest > 0))
			return ERR_INPUT;
		of_day = s->hour * 3600 + rest;
	} else if (s->minute != UNSET || s->second != UNSET || s->pm != UNSET) {
		return ERR_INPUT;
	}
	int zone = s->zone_known ? s->zone_min : s->korean ? KOREA_MIN : 0;
	out->utc = days * DAY_S + of_day - (precision >= DATE_MINUTE ? zone * 60 : 0);
	out->precision = precision;
	out->zone_known = s->zone_known;
	return 0;
}

/* ---- texts of nothing but digits ---- */

/* How many digits mean what. Letters take one digit each; U: Unix time. */
static const struct digits {
	unsigned char len, seconds_digits;
	const char *shape;
} digit_shapes[] = {{4, 0, "YYYY"}, {5, 0, "yyJJJ"}, {6, 0, "yyMMDD"}, {6, 0, "YYYYMM"},
    {7, 0, "YYYYJJJ"}, {8, 0, "YYYYMMDD"}, {9, 9, "U"}, {10, 10, "U"}, {12, 0, "YYYYMMDDhhmm"},
    {12, 9, "U"}, {13, 10, "U"}, {14, 0, "YYYYMMDDhhmmss"}, {16, 10, "U"}};

static int
fit_shape(const struct digits *d, const char *text, struct date *out)
{
	if (*d->shape == 'U') {
		int64_t seconds = 0;
		for (size_t i = 0; i < d->seconds_digits; i++)
			seconds = seconds * 10 + (text[i] - '0');
		*out = (struct date){seconds, DATE_SECOND, 1};
		return 0;
	}
	struct scan s = blank;
	const struct {
		char letter;
		int *field;
	} fields[] = {{'Y', &s.year}, {'y', &s.year}, {'M', &s.month}, {'D', &s.day},
	    {'J', &s.yday}, {'h', &s.hour}, {'m', &s.minute}, {'s', &s.second}};
	for (const char *p = d->shape; *p;) {
		size_t n = strspn(p, (char[]){*p, '\0'});
		int value = number(text + (p - d->shape), n);
		for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
			if (fields[i].letter == *p)
				*fields[i].field = *p == 'y' ? full_year(value, n) : value;
		p += n;
	}
	return finish(&s, out);
}

/* TEXT is N digits, maybe with a fraction. */
static int
parse_digits(const char *text, size_t n, struct date *out)
{
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
take_no_century(struct scan *s)
{
	const char *p = s->p;
	size_t n = digits_at(p + 1);
	if (*p != '-' ||
	    !((n == 4 && !p[5]) || (n == 2 && p[3] == '-' && digits_at(p + 4) == 2 && !p[6])))
		return 0;
	s->year = full_year(number(p + 1, 2), 2);
	s->month = number(p + (n == 4 ? 3 : 4), 2);
	s->p += strlen(p);
	return 1;
}

int
date_parse(const char *text, struct date *out)
{
	*out = (struct date){0};
	while (isspace((unsigned char)*text))
		text++;
	size_t len = strnlen(text, DATE_TEXT_MAX + 1);
	while (len && isspace((unsigned char)text[len - 1]))
		len--;
	if (len == 0 || len > DATE_TEXT_MAX)
		return ERR_INPUT;
	char copy[DATE_TEXT_MAX + 1];
	memcpy(copy, text, len);
	copy[len] = '\0';

	struct date found = {0};
	size_t n = digits_at(copy);
	int rc;
	if (n == len || (n >= 9 && copy[n] == '.' && n + 1 + digits_at(copy + n + 1) == len)) {
		rc = parse_digits(copy, n, &found);
	} else {
		struct scan s = blank;
		s.p = copy;
		rc = take_no_century(&s) ? 0 : scan_text(&s);
		if (!rc)
			rc = finish(&s, &found);
	}
	if (!rc)
		*out = found;
	return rc;
}

const char *
date_precision_name(enum date_precision p)
{
	static const char *const names[] = {"", "year", "month", "day", "minute", "second"};
	return (size_t)p < sizeof names / sizeof *names ? names[p] : "";
}

int64_t
date_retry_after(const char *value, int64_t now)
{
	while (*value == ' ' || *value == '\t')
		value++;
	size_t n = digits_at(value);
	if (n && value[n + strspn(value + n, " \t")] == '\0') {
		int64_t seconds = n > 9 ? RETRY_MAX_S : number(value, n);
		return seconds < RETRY_MAX_S ? seconds : RETRY_MAX_S;
	}
	struct date d;
	if (n || date_parse(value, &d) || d.precision != DATE_SECOND)
		return -1;
	int64_t delay = d.utc - now;
	return delay < 0 ? 0 : delay < RETRY_MAX_S ? delay : RETRY_MAX_S;
}
