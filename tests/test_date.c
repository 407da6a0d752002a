/* date: the forms of the standards and of the wild, what is refused, precision, Retry-After. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "date.h"
#include "errors.h"

/* As "2003-12-31T10:14:55Z second z"; "z": the zone was named. */
static void
check(const char *text, const char *want)
{
	struct date d;
	char got[64] = "refused";
	if (date_parse(text, &d) == 0) {
		time_t t = (time_t)d.utc;
		struct tm tm;
		assert_non_null(gmtime_r(&t, &tm));
		snprintf(got, sizeof got, "%04d-%02d-%02dT%02d:%02d:%02dZ %s%s", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		    date_precision_name(d.precision), d.zone_known ? " z" : "");
	} else {
		assert_int_equal(d.precision, DATE_NONE);
	}
	if (strcmp(got, want) != 0)
		fail_msg("\"%s\": got %s, wanted %s", text, got, want);
}

struct sample {
	const char *text, *want;
};

static void
check_all(const struct sample *t, size_t n)
{
	for (size_t i = 0; i < n; i++)
		check(t[i].text, t[i].want);
}

#define CHECK_ALL(t) check_all(t, sizeof(t) / sizeof *(t))

static void
test_rfc822(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"Tue, 03 Feb 2026 04:05:06 GMT", "2026-02-03T04:05:06Z second z"},
	    {"Tue, 3 Feb 26 04:05 EST", "2026-02-03T09:05:00Z minute z"},
	    {"03 Feb 2026 04:05:06 +0530", "2026-02-02T22:35:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 -08:00", "2026-02-03T12:05:06Z second z"},
	    {"Tue,03 February 2026 04:05:06 +0000", "2026-02-03T04:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 +0000 (GMT)", "2026-02-03T04:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 -0500 EST", "2026-02-03T09:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 GMT+02:00", "2026-02-03T02:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 UTC+2", "2026-02-03T02:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 Etc/GMT", "2026-02-03T04:05:06Z second z"},
	    {"Tuesday, 03-Feb-26 04:05:06 GMT", "2026-02-03T04:05:06Z second z"},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z second z"},
	    {"03 Feb 2026", "2026-02-03T00:00:00Z day"},
	    {"Tue, 03 Feb 2026 04:05:06 Z", "2026-02-03T04:05:06Z second z"},
	    /* RFC 2822 4.3: letters and unknown names say nothing */
	    {"Tue, 03 Feb 2026 04:05:06 N", "2026-02-03T04:05:06Z second"},
	    {"Tue, 03 Feb 2026 04:05:06 XYZT", "2026-02-03T04:05:06Z second"},
	    {"Tue, 03 Feb 2026 04:05:06 Europe/Berlin", "2026-02-03T04:05:06Z second"},
	    {"Tue, 03 Feb 2026 04:05:06 CEST", "2026-02-03T02:05:06Z second z"},
	    {"  Tue,  3   Feb 2026\n 04:05:06\tGMT ", "2026-02-03T04:05:06Z second z"},
	    {"Wrong, 03 Feb 2026 24:00:00 GMT", "2026-02-04T00:00:00Z second z"},
	    {"Wed, 31 Dec 2025 23:59:60 GMT", "2026-01-01T00:00:00Z second z"},
	};
	CHECK_ALL(t);
}

static void
test_asctime(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"Tue Feb  3 04:05:06 2026", "2026-02-03T04:05:06Z second"},
	    {"Tue Feb 03 04:05:06 +0100 2026", "2026-02-03T03:05:06Z second z"},
	    {"Tue Feb 03 04:05:06 GMT 2026", "2026-02-03T04:05:06Z second z"},
	    {"Tue Feb 03 2026 04:05:06 GMT+0100 (Central European Standard Time)",
		"2026-02-03T03:05:06Z second z"},
	};
	CHECK_ALL(t);
}

static void
test_iso(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z second z"},
	    {"2026-02-03t04:05:06z", "2026-02-03T04:05:06Z second z"},
	    {"2026-02-03T04:05:06.789+01:00", "2026-02-03T03:05:06Z second z"},
	    {"2026-02-03T04:05:06,789-0130", "2026-02-03T05:35:06Z second z"},
	    {"2026-02-03T04:05:06+01", "2026-02-03T03:05:06Z second z"},
	    {"2026-02-03 04:05:06 +0100", "2026-02-03T03:05:06Z second z"},
	    {"2026-02-03 04:05:06", "2026-02-03T04:05:06Z second"},
	    {"2026-02-03T04:05Z", "2026-02-03T04:05:00Z minute z"},
	    {"2026-02-03T04", "2026-02-03T04:00:00Z minute"},
	    {"2026-02-03", "2026-02-03T00:00:00Z day"},
	    {"2026-02", "2026-02-01T00:00:00Z month"},
	    {"2026", "2026-01-01T00:00:00Z year"},
	    {"20260203", "2026-02-03T00:00:00Z day"},
	    {"20260203T040506Z", "2026-02-03T04:05:06Z second z"},
	    {"20260203T0405+0100", "2026-02-03T03:05:00Z minute z"},
	    {"2026-034", "2026-02-03T00:00:00Z day"},
	    {"2026034", "2026-02-03T00:00:00Z day"},
	    {"2026034T040506Z", "2026-02-03T04:05:06Z second z"},
	    {"2024-366", "2024-12-31T00:00:00Z day"},
	    {"2026-W06-2", "2026-02-03T00:00:00Z day"},
	    {"2026W062", "2026-02-03T00:00:00Z day"},
	    {"2026-W06", "2026-02-02T00:00:00Z day"},
	    {"2026-W06-2T04:05:06Z", "2026-02-03T04:05:06Z second z"},
	    {"2020-W53-5", "2021-01-01T00:00:00Z day"},
	    {"2026-02-03T24:00:00Z", "2026-02-04T00:00:00Z second z"},
	    {"1969-12-31T23:59:59Z", "1969-12-31T23:59:59Z second z"},
	    {"2024-02-29", "2024-02-29T00:00:00Z day"},
	};
	CHECK_ALL(t);
}

static void
test_unix(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"1770091506", "2026-02-03T04:05:06Z second z"},
	    {"1770091506123", "2026-02-03T04:05:06Z second z"},
	    {"1770091506123456", "2026-02-03T04:05:06Z second z"},
	    {"1770091506.25", "2026-02-03T04:05:06Z second z"},
	    {"20260203040506", "2026-02-03T04:05:06Z second"},
	    {"202602030405", "2026-02-03T04:05:00Z minute"},
	    {"123456789", "1973-11-29T21:33:09Z second z"},
	};
	CHECK_ALL(t);
}

static void
test_wild(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"February 3, 2026 4:05 PM", "2026-02-03T16:05:00Z minute"},
	    {"Feb. 3rd, 2026 at 12:05am EST", "2026-02-03T05:05:00Z minute z"},
	    {"3 Feb 2026 12:05 p.m.", "2026-02-03T12:05:00Z minute"},
	    {"03.02.2026 04:05", "2026-02-03T04:05:00Z minute"},
	    {"3.2.2026", "2026-02-03T00:00:00Z day"},
	    {"2026/02/03 04:05:06 EST", "2026-02-03T09:05:06Z second z"},
	    {"23/02/2026", "2026-02-23T00:00:00Z day"},
	    {"02/23/2026", "2026-02-23T00:00:00Z day"},
	    {"02/03/2026 04:05 PM", "2026-02-03T16:05:00Z minute"},
	    {"02/03/2026 04:05:06 PST", "2026-02-03T12:05:06Z second z"},
	    {"2026-02-03T4:05:06Z", "2026-02-03T04:05:06Z second z"},
	    {"26-02-03", "2026-02-03T00:00:00Z day"},
	};
	CHECK_ALL(t);
}

static void
test_languages(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"Di, 03 März 2026 04:05:06 +0100", "2026-03-03T03:05:06Z second z"},
	    {"3. Februar 2026 um 04:05 Uhr", "2026-02-03T04:05:00Z minute"},
	    {"mar., 03 févr. 2026 04:05:06 +0100", "2026-02-03T03:05:06Z second z"},
	    {"lundi 3 août 2026", "2026-08-03T00:00:00Z day"},
	    {"3 de febrero de 2026", "2026-02-03T00:00:00Z day"},
	    {"Вт, 03 фев 2026 04:05:06 +0300", "2026-02-03T01:05:06Z second z"},
	    {"3 мая 2026 г.", "2026-05-03T00:00:00Z day"},
	    {"3 травня 2026", "2026-05-03T00:00:00Z day"},
	    {"3 września 2026", "2026-09-03T00:00:00Z day"},
	    {"3 července 2026", "2026-07-03T00:00:00Z day"},
	    {"Τρι, 03 Φεβ 2026 04:05:06 GMT", "2026-02-03T04:05:06Z second z"},
	    {"3 Şubat 2026", "2026-02-03T00:00:00Z day"},
	    {"2026-július-03T4:05-05:00", "2026-07-03T09:05:00Z minute z"},
	    {"2026年2月3日 04:05", "2026-02-03T04:05:00Z minute"},
	    {"2026년 02월 03일 13:05:06", "2026-02-03T04:05:06Z second"},
	    {"2026-02-03 오후 1:05:06", "2026-02-03T04:05:06Z second"},
	    {"3 يناير 2026", "2026-01-03T00:00:00Z day"},
	};
	CHECK_ALL(t);
}

static void
test_refused(void **state)
{
	(void)state;
	static const char *const t[] = {"", " ", "yesterday", "Tue", "February", "3 Feb", "12:00",
	    "2026-13-01", "2026-00-01", "2026-02-30", "2025-02-29", "1900-02-29", "2026-02-00",
	    "2026-366", "2026-W54-1", "2026-W06-8", "2026-02-03T25:00:00Z", "2026-02-03T24:00:01Z",
	    "2026-02-03T04:60:00Z", "2026-02-03T04:05:61Z", "2026-02-03T04:xx:00Z", "2026-xx-03",
	    "2026-02-03-01", "2026-02-03T04:05:06+99:00", "2026-02-03T04:05:06+00:99",
	    "2026-02-03T04:05:06+0:x", "2026-02-03T04:05:06Zextra", "Tue, 32 Feb 2026 04:05:06 GMT",
	    "Tue, 03 zzz 2026 04:05:06 GMT", "Tue, 03 Feb 2026 1:2:3:4 GMT",
	    "Tue, 03 Feb 2026 04:05:06 +zz:00", "0000-00-00", "0000-00-00 00:00:00",
	    "0001-01-01T00:00:00Z", "Wed, 30 Nov -0001 00:00:00 +0000", "10000-01-01",
	    /* either the second of March or the third of February */
	    "02/03/2026", "02/03/2026 04:05", "-3", "013", "99999999999999999999",
	    "2026-02-03 2026-02-03", "Tue, 03 Feb 2026 04:05:06 04:05:06", "1.2.3.4", "(",
	    "2026-02-03 (", "\xff\xfe", "2026-02-03\x01", "Posted by admin on 3 Feb 2026 in news"};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		check(t[i], "refused");
	char digits[5000];
	memset(digits, '7', sizeof digits - 1);
	digits[sizeof digits - 1] = '\0';
	check(digits, "refused");
	memset(digits, 'a', sizeof digits - 1);
	check(digits, "refused");
}

static void
test_calendar(void **state)
{
	(void)state;
	assert_int_equal(date_days(1970, 1, 1), 0);
	assert_int_equal(date_days(1969, 12, 31), -1);
	assert_int_equal(date_days(2000, 3, 1), 11017);
	assert_int_equal(date_days(2026, 2, 3), 20487);
	assert_int_equal(date_days(1, 1, 1), -719162);
	assert_int_equal(date_days(-400, 3, 1) + 2 * 146097, date_days(400, 3, 1));
	/* every day of 400 years follows the one before */
	int64_t day = date_days(1800, 1, 1);
	for (int year = 1800; year < 2200; year++)
		for (int month = 1; month <= 12; month++) {
			int64_t first = date_days(year, month, 1);
			assert_int_equal(first, day);
			int64_t next =
			    month == 12 ? date_days(year + 1, 1, 1) : date_days(year, month + 1, 1);
			assert_in_range(next - first, 28, 31);
			day = next;
		}
}

static void
test_retry_after(void **state)
{
	(void)state;
	const int64_t now = 1770091506; /* 2026-02-03T04:05:06Z */
	assert_int_equal(date_retry_after("120", now), 120);
	assert_int_equal(date_retry_after(" 120 ", now), 120);
	assert_int_equal(date_retry_after("0", now), 0);
	assert_int_equal(date_retry_after("Tue, 03 Feb 2026 04:06:06 GMT", now), 60);
	assert_int_equal(date_retry_after("Tue, 03 Feb 2026 04:04:06 GMT", now), 0);
	assert_int_equal(date_retry_after("99999999999999999999", now), (int64_t)3650 * 86400);
	assert_int_equal(
	    date_retry_after("Tue, 03 Feb 9026 04:04:06 GMT", now), (int64_t)3650 * 86400);
	static const char *const none[] = {"", "-1", "soon", "120s", "1.5", "2026-02-03", "12 0"};
	for (size_t i = 0; i < sizeof none / sizeof *none; i++)
		assert_int_equal(date_retry_after(none[i], now), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_rfc822),
	    cmocka_unit_test(test_asctime),
	    cmocka_unit_test(test_iso),
	    cmocka_unit_test(test_unix),
	    cmocka_unit_test(test_wild),
	    cmocka_unit_test(test_languages),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_calendar),
	    cmocka_unit_test(test_retry_after),
	};
	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
