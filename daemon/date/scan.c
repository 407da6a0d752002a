/*
 * date scan: one scanner for every written date. It reads tokens (numbers, joined numbers, words,
 * offsets) and fits each into the field that it can only be; what fits nowhere makes the text no
 * date. Decides nothing: what a field means together with the others is date.c's.
 */
#include <limits.h>
#include <string.h>
#include <strings.h>

#include "date_priv.h"
#include "errors.h"

#define ZONE_MAX_MIN (18 * 60) /* no civil offset was ever larger */
#define ZONE_WORDS   6         /* "Central European Summer Time" */

const struct date_scan date_scan_blank = {.year = DATE_UNSET,
    .month = DATE_UNSET,
    .day = DATE_UNSET,
    .hour = DATE_UNSET,
    .minute = DATE_UNSET,
    .second = DATE_UNSET,
    .yday = DATE_UNSET,
    .week = DATE_UNSET,
    .wday = DATE_UNSET,
    .weekday = DATE_UNSET,
    .pm = DATE_UNSET};

/* ---- characters and numbers ---- */

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

size_t
date_digits(const char *p)
{
	size_t n = 0;
	while (is_digit(p[n]))
		n++;
	return n;
}

int
date_number(const char *p, size_t n)
{
	int v = 0;
	for (size_t i = 0; i < n; i++) {
		if (v > (INT_MAX - 9) / 10)
			return INT_MAX;
		v = v * 10 + (p[i] - '0');
	}
	return v;
}

/* RFC 2822 4.3: 00-49 are 2000-2049, 50-99 and three digits count from 1900. */
int
date_full_year(int value, size_t digits)
{
	if (digits >= 4)
		return value;
	return digits == 2 && value < 50 ? 2000 + value : 1900 + value;
}

static int
set_once(int *field, int value)
{
	if (*field != DATE_UNSET)
		return ERR_INPUT;
	*field = value;
	return 0;
}

static int
set_year(struct date_scan *s, int value, size_t digits)
{
	if (digits > 2 || s->era) /* era years are small */
		return set_once(&s->year, s->era ? value : date_full_year(value, digits));
	s->doubt |= DATE_DOUBT_CENTURY;
	/* Thai writers leave the century of the Buddha out */
	return set_once(&s->year, s->thai ? 2500 + value : date_full_year(value, digits));
}

static int
has_day(const struct date_scan *s)
{
	return (s->year != DATE_UNSET && s->month != DATE_UNSET && s->day != DATE_UNSET) ||
	       s->either_order || s->yday != DATE_UNSET || s->week != DATE_UNSET;
}

static int
has_any_date(const struct date_scan *s)
{
	return s->year != DATE_UNSET || s->day != DATE_UNSET ||
	       (s->month != DATE_UNSET && !s->early_month);
}

/* ---- words ---- */

/* Behind the words of a date stands the zone's own: a run of capitals or Area/City. */
static int
looks_like_zone(const struct date_scan *s, const char *word, size_t len)
{
	if (s->hour == DATE_UNSET || len > 32)
		return 0;
	if (memchr(word, '/', len))
		return 1;
	for (size_t i = 0; i < len; i++)
		if (word[i] < 'A' || word[i] > 'Z')
			return 0;
	return len <= 5;
}

static int
take_offset(struct date_scan *s)
{
	int negative = *s->p++ == '-';
	s->p += *s->p == ' ';
	size_t n = date_digits(s->p);
	if (n == 0 || n > 4 || s->zone_set == ZONE_SET_OFFSET)
		return ERR_INPUT;
	/* [+-]h, hh, hmm, hhmm, h:mm, hh:mm, hh.mm; seconds, as of the years before zones, pass */
	int hours = date_number(s->p, n), minutes = 0;
	s->p += n;
	if (n > 2) {
		minutes = hours % 100;
		hours /= 100;
	} else if (*s->p == ':' || (*s->p == '.' && date_digits(s->p + 1) == 2)) {
		if (date_digits(++s->p) != 2)
			return ERR_INPUT;
		minutes = date_number(s->p, 2);
		s->p += 2;
		if (*s->p == ':' && date_digits(s->p + 1) == 2)
			s->p += 3;
	}
	int total = hours * 60 + minutes;
	if (minutes > 59 || total > ZONE_MAX_MIN)
		return ERR_INPUT;
	s->zone_min = negative ? -total : total;
	s->zone_set = ZONE_SET_OFFSET; /* also behind a name, "CEST+0200" */
	s->zone_known = 1;
	s->zone_rule = 0;
	s->doubt &= ~(unsigned)DATE_DOUBT_ZONE;
	return 0;
}

/* The name of a zone was read. "GMT-01:00": an offset may follow; in "Etc/GMT+1" it counts west. */
static int
take_zone(struct date_scan *s, const struct date_zone *zone, int posix)
{
	if (zone->flags & ZONE_AMERICAN)
		s->american = 1;
	if (s->zone_set) /* "-0500 EST": the number is exact */
		return 0;
	s->zone_min = zone->minutes;
	s->zone_known = 1;
	s->zone_rule = zone->flags & (ZONE_EU | ZONE_US);
	if (zone->flags & ZONE_DOUBT)
		s->doubt |= DATE_DOUBT_ZONE;
	s->zone_set = ZONE_SET_NAME;
	const char *sign = s->p + (*s->p == ' ' && zone->minutes == 0);
	if ((*sign != '+' && *sign != '-') || !is_digit(sign[1]))
		return 0;
	s->p = sign;
	int rc = take_offset(s);
	if (posix)
		s->zone_min = -s->zone_min;
	return rc;
}

/* "Eastern Daylight Time" by its first letters; 1 when such words stand at WORD. */
static int
take_zone_phrase(struct date_scan *s, const char *word)
{
	char initials[ZONE_WORDS + 1] = "";
	const char *p = word;
	int european = 0, standard = 0;
	for (size_t n = 0; n < ZONE_WORDS && is_letter(*p) && (unsigned char)*p < 0x80; n++) {
		size_t len = 0;
		while (is_letter(p[len]) && (unsigned char)p[len] < 0x80)
			len++;
		european |= len == 8 && !strncasecmp(p, "european", len);
		standard |= len == 8 && !strncasecmp(p, "standard", len);
		initials[n] = (char)(*p | 32);
		int last = n && len == 4 && !strncasecmp(p, "time", len);
		p += len;
		if (last) {
			if (european && standard) /* the S of CEST means the summer */
				memmove(initials + n - 1, initials + n, 2);
			const struct date_zone *zone = date_zone_of(initials);
			if (!zone)
				return 0;
			s->p = p;
			take_zone(s, zone, 0);
			return 1;
		}
		if (*p != ' ')
			break;
		p++;
	}
	return 0;
}

/* A month of two words, as the Levant's: the next one is joined to the folded one. */
static int
take_two_words(struct date_scan *s, const char *folded, size_t folded_len)
{
	char joined[DATE_WORD_MAX], *second = joined + folded_len;
	size_t len = 0;
	if (*s->p != ' ' || (unsigned char)*folded < 0x80)
		return 0;
	while ((unsigned char)s->p[1 + len] >= 0x80)
		len++;
	memcpy(joined, folded, folded_len);
	char next[DATE_WORD_MAX];
	size_t next_len = date_fold_word(s->p + 1, len, next);
	if (!next_len || folded_len + next_len >= sizeof joined)
		return 0;
	memcpy(second, next, next_len + 1);
	int exact, month = date_month_of(joined, folded_len + next_len, &exact);
	if (month)
		s->p += 1 + len;
	return month;
}

static int
take_month(struct date_scan *s, int month, const char *word)
{
	/* "2024 3 January": what was taken for the month is the day */
	if (s->numeric_month && s->day == DATE_UNSET)
		s->day = s->month;
	s->numeric_month = 0;
	/* "mar., 03 févr.": the first may be a weekday */
	s->early_month = s->month == DATE_UNSET && !s->any_digit && !s->skipped;
	s->month = month;
	s->named_month = 1;
	s->thai |= (unsigned char)word[0] == 0xe0 &&
		   ((unsigned char)word[1] == 0xb8 || (unsigned char)word[1] == 0xb9);
	return 0;
}

/* "a. m." and "p. m." as Spanish has them; 1 when it was one. */
static int
take_spaced_half(struct date_scan *s, const char *folded)
{
	const char *p = s->p;
	if (folded[1] || (*folded != 'a' && *folded != 'p') || s->hour == DATE_UNSET)
		return 0;
	p += *p == '.';
	p += *p == ' ';
	if ((*p | 32) != 'm' || is_letter(p[1]))
		return 0;
	s->pm = *folded == 'p';
	s->p = p + 1;
	return 1;
}

/* The words of a date by their meaning: FOLDED is what was read, LEN its bytes as written. */
static int
take_meaning(struct date_scan *s, const char *word, size_t len, const char *folded, size_t n)
{
	int weekday = date_english_weekday(folded, n);
	if (weekday) {
		s->weekday = weekday;
		return 0;
	}
	int may_be_month =
	    s->month == DATE_UNSET || s->early_month || (s->numeric_month && s->day == DATE_UNSET);
	if (date_take_special(s, word, len, folded) || take_spaced_half(s, folded))
		return 0;
	/* "at" is Atlantic time, too; behind a day alone stands no more than Z */
	const struct date_zone *zone =
	    s->hour != DATE_UNSET || has_day(s) ? date_zone_of(folded) : NULL;
	if (zone && (s->hour != DATE_UNSET || zone->minutes == 0))
		return take_zone(s, zone, !strncmp(folded, "etc/", 4));
	int exact = 0;
	int month = may_be_month ? take_two_words(s, folded, n) : 0;
	if (!month && may_be_month)
		month = date_month_of(folded, n, &exact);
	if (!month && may_be_month && !strncmp(folded, "ב", 2)) /* Hebrew: "in January" */
		month = date_month_of(folded + 2, n - 2, &exact);
	if (month && exact)
		return take_month(s, month, word);
	weekday = date_weekday_of(folded, n);
	if (month && weekday == DATE_UNSET)
		return take_month(s, month, word);
	if (weekday != DATE_UNSET) {
		s->weekday = weekday ? weekday : s->weekday;
		return 0;
	}
	if (!date_is_noise(folded) || (is_digit(*s->p) && (unsigned char)*word < 0x80)) /* v1.2 */
		return ERR_INPUT;
	s->noise = 1;
	return 0;
}

static int
take_word(struct date_scan *s)
{
	const char *word = s->p;
	if ((s->hour != DATE_UNSET) && take_zone_phrase(s, word))
		return 0;
	while (is_letter(*s->p) || (*s->p == '.' && is_letter(s->p[1])) ||
	       ((*s->p == '/' || *s->p == '_') && is_letter(s->p[1])))
		s->p++;
	size_t len = (size_t)(s->p - word);
	char folded[DATE_WORD_MAX];
	size_t folded_len = date_fold_word(word, len, folded);

	if (len == 1 && (*word | 32) == 't' && is_digit(s->p[*s->p == ' ']) &&
	    s->hour == DATE_UNSET) {
		s->after_t = 1;
		return 0;
	}
	if (folded_len == 0)
		return ERR_INPUT;
	if (!take_meaning(s, word, len, folded, folded_len))
		return 0;
	if (looks_like_zone(s, word, len)) /* RFC 2822 4.3: unknown names and letters are -0000 */
		return 0;
	if (!s->any_digit && s->month == DATE_UNSET && !s->skipped && !is_digit(*s->p)) {
		s->skipped = 1;
		s->p += *s->p == ':'; /* "Updated: ..." */
		return 0;
	}
	return ERR_INPUT;
}

/* ---- times ---- */

/* [.,]digits after a second: read and forgotten. */
static void
skip_fraction(struct date_scan *s)
{
	if ((*s->p == '.' || *s->p == ',') && is_digit(s->p[1])) {
		s->p++;
		s->p += date_digits(s->p);
	}
}

/* h:mm[:ss[.fff]] with SEP for the colon, also 10h30; S->p is behind the hour. */
static int
take_clock(struct date_scan *s, int hour, char sep)
{
	if (s->hour != DATE_UNSET)
		return ERR_INPUT;
	s->hour = hour;
	s->p++;
	size_t n = date_digits(s->p);
	if (n == 0 || n > 2)
		return ERR_INPUT;
	s->minute = date_number(s->p, n);
	s->p += n;
	if (*s->p == sep && is_digit(s->p[1])) {
		n = date_digits(++s->p);
		if (n == 0 || n > 2)
			return ERR_INPUT;
		s->second = date_number(s->p, n);
		s->p += n;
	} else if (*s->p == ':') {
		return ERR_INPUT;
	}
	skip_fraction(s);
	return *s->p == ':' ? ERR_INPUT : 0;
}

/* ISO 8601 basic time: hh, hhmm or hhmmss, N digits at S->p. */
static int
take_basic_time(struct date_scan *s, size_t n)
{
	if (s->hour != DATE_UNSET || (n != 2 && n != 4 && n != 6))
		return ERR_INPUT;
	s->hour = date_number(s->p, 2);
	s->minute = n >= 4 ? date_number(s->p + 2, 2) : DATE_UNSET;
	s->second = n == 6 ? date_number(s->p + 4, 2) : DATE_UNSET;
	s->p += n;
	skip_fraction(s);
	return 0;
}

/* ---- numbers that are joined ---- */

/* Day and month as two numbers: A stood first. Dots have one meaning only; of 3/2/2024 and 3-2-2024
 * the first is how America writes and the second how the others do, as PHP and Perl have it, too.
 */
static void
take_pair(struct date_scan *s, int a, int b, char sep)
{
	int day_first = sep != '/';
	if (a > 12 || b > 12)
		day_first = b <= 12;
	else if (sep != '.' && a != b)
		s->either_order = day_first ? ORDER_DAY_FIRST : ORDER_MONTH_FIRST;
	s->day = day_first ? a : b;
	s->month = day_first ? b : a;
}

/* Year, month and day joined by SEP; LEN are their digits. */
static int
take_three(struct date_scan *s, const int v[3], const size_t len[3], char sep)
{
	if (has_any_date(s))
		return ERR_INPUT;
	if (len[0] == 4 || (sep == '-' && len[0] == 2 && len[2] == 2)) {
		int swapped = sep != '-' && v[1] > 12 && v[2] <= 12; /* 2024/31/01 */
		s->month = v[swapped ? 2 : 1];
		s->day = v[swapped ? 1 : 2];
		return set_year(s, v[0], len[0]);
	}
	if (len[0] > 2 || len[1] > 2 || (len[2] != 4 && len[2] != 2))
		return ERR_INPUT;
	take_pair(s, v[0], v[1], sep);
	return set_year(s, v[2], len[2]);
}

/* Two numbers joined by SEP. */
static int
take_two(struct date_scan *s, const int v[2], const size_t len[2], char sep)
{
	if (len[0] == 4 && sep != '.') {
		if (set_once(&s->year, v[0]))
			return ERR_INPUT;
		if (len[1] == 3)
			return set_once(&s->yday, v[1]);
		return len[1] <= 2 ? set_once(&s->month, v[1]) : ERR_INPUT;
	}
	if (len[0] > 2)
		return ERR_INPUT;
	if (len[1] == 4 && sep == '/') /* 01/2024 */
		return set_once(&s->month, v[0]) || set_once(&s->year, v[1]) ? ERR_INPUT : 0;
	if (len[1] > 2 || s->month != DATE_UNSET || s->day != DATE_UNSET)
		return ERR_INPUT;
	take_pair(s, v[0], v[1], sep); /* a year must come */
	return 0;
}

/* Numbers joined by - / or . ; the first has N digits at S->p. */
static int
take_joined(struct date_scan *s, size_t n)
{
	int v[3] = {date_number(s->p, n), 0, 0};
	size_t len[3] = {n, 0, 0}, count = 1;
	const char *p = s->p + n;
	char sep = *p;
	if (sep == '.' && n <= 2 && has_day(s)) { /* 10.20 Uhr */
		s->p += n;
		return take_clock(s, v[0], sep);
	}
	while (count < 3 && *p == sep && is_digit(p[1])) {
		len[count] = date_digits(++p);
		v[count] = date_number(p, len[count]);
		p += len[count++];
	}
	s->p = p;
	return count == 3 ? take_three(s, v, len, sep) : take_two(s, v, len, sep);
}

/* YYYY[-]Www[[-]D] with the year's digits at S->p; 1 when it is one. */
static int
take_week(struct date_scan *s)
{
	const char *p = s->p + 4;
	p += *p == '-';
	if ((*p | 32) != 'w' || date_digits(p + 1) < 2)
		return 0;
	s->year = date_number(s->p, 4);
	s->week = date_number(p + 1, 2);
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
take_unit(struct date_scan *s, size_t n)
{
	size_t len;
	int *field = date_unit_at(s, s->p + n, &len);
	if (!field || *field != DATE_UNSET)
		return 0;
	if (field == &s->year)
		set_year(s, date_number(s->p, n), n);
	else
		*field = date_number(s->p, n);
	s->p += n + len;
	return 1;
}

/* ---- numbers that stand alone ---- */

/* YYYYMMDD, also with hhmm[ss] at once, in N digits at DIGITS. */
static int
take_long(struct date_scan *s, const char *digits, size_t n)
{
	s->year = date_number(digits, 4);
	s->month = date_number(digits + 4, 2);
	s->day = date_number(digits + 6, 2);
	if (n == 8)
		return 0;
	s->p = digits + 8;
	return take_basic_time(s, n - 8);
}

/* "31st", "1er", "2º", "31-го" */
static void
skip_ordinal(struct date_scan *s)
{
	static const char *const endings[] = {"st", "nd", "rd", "th", "er", "ère", "ème", "eme",
	    "re", "te", "ter", "ten", "de", "a", "e", "º", "ª", "°", "-го", "го", "-е", "-ое", "-a",
	    ":a", ":e"};
	size_t best = 0;
	if (*s->p == ' ' || !*s->p) /* nearly always */
		return;
	for (size_t i = 0; i < sizeof endings / sizeof *endings; i++) {
		size_t n = strlen(endings[i]);
		if (n > best && !strncasecmp(s->p, endings[i], n) && !is_letter(s->p[n]))
			best = n;
	}
	s->p += best;
}

/* An hour before "pm", "h" or "Uhr", V at S->p; 1 when it was one. */
static int
take_lone_hour(struct date_scan *s, int v)
{
	const char *p = s->p + (*s->p == ' ');
	if (s->hour != DATE_UNSET || !is_letter(*p))
		return 0;
	size_t n = strcspn(p, " ,;)");
	char folded[DATE_WORD_MAX];
	if (!date_fold_word(p, n, folded))
		return 0;
	static const char *const hours[] = {"am", "pm", "h", "hrs", "uhr", "uur", "ч"};
	for (size_t i = 0; i < sizeof hours / sizeof *hours; i++)
		if (!strcmp(folded, hours[i]) && (i > 1 || v <= 12)) {
			s->hour = v;
			return 1;
		}
	return 0;
}

/* One or two digits: what is still missing decides. */
static int
take_short(struct date_scan *s, int v, size_t n)
{
	if (s->expect_month) {
		s->expect_month = 0;
		return set_once(&s->month, v);
	}
	if (take_lone_hour(s, v))
		return 0;
	if (s->year != DATE_UNSET && s->month == DATE_UNSET && s->day == DATE_UNSET && v <= 12) {
		s->month = v; /* 2024. 1. 31 */
		s->numeric_month = 1;
		return 0;
	}
	if (s->day == DATE_UNSET) {
		s->day = v;
		skip_ordinal(s);
		return 0;
	}
	if (s->month == DATE_UNSET) {
		take_pair(s, s->day, v, '.'); /* "31. 1. 2024" */
		return 0;
	}
	if (s->hour != DATE_UNSET && s->minute == DATE_UNSET && s->year != DATE_UNSET) {
		s->minute = v; /* 10 h 30 */
		return 0;
	}
	return n == 2 ? set_year(s, v, n) : ERR_INPUT;
}

static int
take_plain(struct date_scan *s, size_t n)
{
	int v = date_number(s->p, n);
	const char *digits = s->p;
	s->p += n;
	if ((n == 8 || n == 12 || n == 14) && !has_any_date(s))
		return take_long(s, digits, n);
	if (n == 7 && s->year == DATE_UNSET && (*s->p | 32) == 't') {
		s->year = date_number(digits, 4);
		s->yday = date_number(digits + 4, 3);
		return 0;
	}
	if ((n == 4 || n == 6) && has_day(s)) {
		s->p = digits;
		return take_basic_time(s, n);
	}
	if (n == 4)
		return set_once(&s->year, v);
	if (n == 3)
		return s->month != DATE_UNSET ? set_year(s, v, n) : ERR_INPUT;
	return n == 1 || n == 2 ? take_short(s, v, n) : ERR_INPUT;
}

/* 2024:01:31, as cameras write it; or the year of 31/Jan/2024:10:20:30. 1 when it was one. */
static int
take_year_colon(struct date_scan *s)
{
	const char *p = s->p + 5;
	if (s->year != DATE_UNSET || !is_digit(*p))
		return 0;
	if (!has_any_date(s) && date_digits(p) == 2 && p[2] == ':' && date_digits(p + 3) == 2) {
		s->month = date_number(p, 2);
		s->day = date_number(p + 3, 2);
		p += 5;
	} else if (s->day == DATE_UNSET || s->month == DATE_UNSET) {
		return 0;
	}
	s->year = date_number(s->p, 4);
	s->p = p;
	return 1;
}

static int
take_number(struct date_scan *s)
{
	size_t n = date_digits(s->p);
	char next = s->p[n], after = next ? s->p[n + 1] : '\0';
	int after_t = s->after_t;
	s->any_digit = 1;
	s->after_t = 0;
	if (n == 4 && next == ':' && take_year_colon(s))
		return 0;
	if ((next == ':' && !(n <= 2 && is_letter(after))) ||
	    ((next | 32) == 'h' && is_digit(after) && n <= 2)) {
		int hour = date_number(s->p, n);
		s->p += n;
		return n <= 2 ? take_clock(s, hour, ':') : ERR_INPUT;
	}
	if (after_t)
		return take_basic_time(s, n);
	if (((unsigned char)next >= 0x80 || (next == ' ' && (unsigned char)after >= 0x80)) &&
	    take_unit(s, n))
		return 0;
	if (n == 4 && s->year == DATE_UNSET && take_week(s))
		return 0;
	if ((next == '-' || next == '/' || next == '.') && is_digit(after))
		return take_joined(s, n);
	return take_plain(s, n);
}

/* ---- signs ---- */

/* 1 when "-05:00" at P can be the zone of a date without time, as XML Schema has it. */
static int
is_date_offset(const char *p)
{
	size_t n = date_digits(p + 1);
	return n == 2 && p[3] == ':' && date_digits(p + 4) == 2 && p[6] != ':' &&
	       date_number(p + 1, 2) <= 14 && date_number(p + 4, 2) % 15 == 0;
}

static int
take_sign(struct date_scan *s)
{
	const char *p = s->p + 1 + (s->p[1] == ' ');
	size_t n = date_digits(p);
	int dated = has_day(s) || (s->month != DATE_UNSET && s->day != DATE_UNSET);
	if (n && dated && (s->hour != DATE_UNSET || is_date_offset(s->p)))
		return take_offset(s);
	/* the hyphen of 02-Jan-2006, of "May 5 - 10:00" and of 2024-01-31-10:20 */
	if (*s->p == '+' || !*p || (n && p == s->p + 1 && has_day(s) && p[n] != ':'))
		return ERR_INPUT;
	s->p++;
	return 0;
}

/* RFC 2822 3.2.3: a comment. One that names a zone, or a weekday, is read. */
static int
take_comment(struct date_scan *s, char close)
{
	const char *end = strchr(s->p, close);
	if (!end)
		return ERR_INPUT;
	char text[DATE_TEXT_MAX + 1];
	size_t len = (size_t)(end - s->p) - 1;
	memcpy(text, s->p + 1, len);
	text[len] = '\0';
	s->p = end + 1;
	if (text[strcspn(text, "()[]")])
		return 0;
	struct date_scan sub = date_scan_blank;
	sub.p = text;
	sub.hour = sub.year = sub.month = sub.day = sub.any_digit = 1; /* only the rest is read */
	if (date_scan_text(&sub))
		return 0;
	if (sub.weekday != DATE_UNSET)
		s->weekday = sub.weekday;
	if (sub.zone_known && !s->zone_known) {
		s->zone_min = sub.zone_min;
		s->zone_rule = sub.zone_rule;
		s->zone_known = 1;
		s->zone_set = sub.zone_set;
		s->american |= sub.american;
		s->doubt |= sub.doubt;
	}
	return 0;
}

int
date_scan_text(struct date_scan *s)
{
	const char *start = s->p;
	while (*s->p) {
		int rc = 0;
		if (is_digit(*s->p)) {
			rc = take_number(s);
		} else if (is_letter(*s->p)) {
			rc = take_word(s);
		} else if (*s->p == '+' || *s->p == '-') {
			rc = take_sign(s);
		} else if (*s->p == '(' || *s->p == '[') {
			rc = take_comment(s, *s->p == '(' ? ')' : ']');
		} else if (strchr(" ,;.|_@", *s->p)) {
			s->p++;
		} else if (*s->p == '/' && s->p > start &&
			   (strchr(" /", s->p[-1]) || is_letter(s->p[-1]) || is_letter(s->p[1]))) {
			s->p++; /* 31/Jan/2024, 31.1.2024 / 10:20 */
		} else {
			return ERR_INPUT;
		}
		if (rc)
			return rc;
	}
	return 0;
}
