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

/* As "2003-12-31T10:14:55Z second z"; "z": the zone was named. What was decided for want of a word
 * comes behind: "order", "century", "weekday"; "zone" only where a zone was named. */
static void
check(const char *text, const char *want)
{
	struct date d;
	char got[96] = "refused";
	if (date_parse(text, &d) == 0) {
		time_t t = (time_t)d.utc;
		struct tm tm;
		assert_non_null(gmtime_r(&t, &tm));
		char doubt[DATE_DOUBT_TEXT_MAX];
		/* a time without a zone is always in doubt */
		int zone = d.precision >= DATE_MINUTE && !d.zone_known;
		assert_true(!zone || d.doubt & DATE_DOUBT_ZONE);
		date_doubt_text(zone ? d.doubt & ~(unsigned)DATE_DOUBT_ZONE : d.doubt, doubt);
		snprintf(got, sizeof got, "%04d-%02d-%02dT%02d:%02d:%02dZ %s%s%s%s",
		    tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
		    date_precision_name(d.precision), d.zone_known ? " z" : "", *doubt ? " " : "",
		    doubt);
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
	    {"Tue, 3 Feb 26 04:05 EST", "2026-02-03T09:05:00Z minute z century"},
	    {"03 Feb 2026 04:05:06 +0530", "2026-02-02T22:35:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 -08:00", "2026-02-03T12:05:06Z second z"},
	    {"Tue,03 February 2026 04:05:06 +0000", "2026-02-03T04:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 +0000 (GMT)", "2026-02-03T04:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 -0500 EST", "2026-02-03T09:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 GMT+02:00", "2026-02-03T02:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 UTC+2", "2026-02-03T02:05:06Z second z"},
	    {"Tue, 03 Feb 2026 04:05:06 Etc/GMT", "2026-02-03T04:05:06Z second z"},
	    {"Tuesday, 03-Feb-26 04:05:06 GMT", "2026-02-03T04:05:06Z second z century"},
	    {"Sunday, 06-Nov-94 08:49:37 GMT", "1994-11-06T08:49:37Z second z century"},
	    {"03 Feb 2026", "2026-02-03T00:00:00Z day"},
	    {"Tue, 03 Feb 2026 04:05:06 Z", "2026-02-03T04:05:06Z second z"},
	    /* RFC 2822 4.3: letters and unknown names say nothing */
	    {"Tue, 03 Feb 2026 04:05:06 N", "2026-02-03T04:05:06Z second"},
	    {"Tue, 03 Feb 2026 04:05:06 XYZT", "2026-02-03T04:05:06Z second"},
	    {"Tue, 03 Feb 2026 04:05:06 Area/Nowhere", "2026-02-03T04:05:06Z second"},
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
	    {"02/03/2026 04:05 PM", "2026-02-03T16:05:00Z minute order"},
	    {"02/03/2026 04:05:06 PST", "2026-02-03T12:05:06Z second z order"},
	    {"2026-02-03T4:05:06Z", "2026-02-03T04:05:06Z second z"},
	    {"26-02-03", "2026-02-03T00:00:00Z day century"},
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
	    "0001-01-01T00:00:00Z", "Wed, 30 Nov -0001 00:00:00 +0000", "10000-01-01", "-3", "013",
	    "99999999999999999999", "2026-02-03 2026-02-03", "Tue, 03 Feb 2026 04:05:06 04:05:06",
	    "1.2.3.4", "(", "2026-02-03 (", "\xff\xfe", "2026-02-03\x01",
	    "Posted by admin on 3 Feb 2026 in news"};
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
test_zones(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"2026-02-03 04:05:06 UTC+05:30", "2026-02-02T22:35:06Z second z"},
	    {"2026-02-03 04:05:06 GMT +2", "2026-02-03T02:05:06Z second z"},
	    {"2026-02-03 04:05:06 GMT+0200", "2026-02-03T02:05:06Z second z"},
	    {"2026-02-03 04:05:06 (GMT+02:00)", "2026-02-03T02:05:06Z second z"},
	    {"2026-02-03 04:05:06 + 0200", "2026-02-03T02:05:06Z second z"},
	    {"2026-02-03 04:05:06 (CET)", "2026-02-03T03:05:06Z second z"},
	    {"2026-02-03T04:05:06Z[UTC]", "2026-02-03T04:05:06Z second z"},
	    {"2026-02-03T04:05:06+01:00[Europe/Paris]", "2026-02-03T03:05:06Z second z"},
	    {"3 Jul 2026 04:05:06 CEST+0200", "2026-07-03T02:05:06Z second z"},
	    {"2026-02-03T04:05:06 Etc/GMT-5", "2026-02-02T23:05:06Z second z"},
	    {"2026-02-03Z", "2026-02-03T00:00:00Z day z"},
	    {"2026-02-03+01:00", "2026-02-03T00:00:00Z day z"},
	    {"2026-02-03-05:00", "2026-02-03T00:00:00Z day z"},
	    /* names that several zones bear */
	    {"Tue Feb 03 04:05:06 CST 2026", "2026-02-03T10:05:06Z second z zone"},
	    {"3 Feb 2026 04:05 IST", "2026-02-02T22:35:00Z minute z zone"},
	    {"3 Jul 2026 04:05 BST", "2026-07-03T03:05:00Z minute z zone"},
	    {"3 Feb 2026 04:05 AEDT", "2026-02-02T17:05:00Z minute z"},
	    /* summer */
	    {"3 Feb 2026 04:05 ET", "2026-02-03T09:05:00Z minute z"},
	    {"3 Jul 2026 04:05 ET", "2026-07-03T08:05:00Z minute z"},
	    {"2026-03-08 01:59:59 ET", "2026-03-08T06:59:59Z second z"},
	    {"2026-03-08 03:00:00 ET", "2026-03-08T07:00:00Z second z"},
	    {"2026-11-01 00:59:59 PT", "2026-11-01T07:59:59Z second z"},
	    {"2026-11-01 02:00:00 PT", "2026-11-01T10:00:00Z second z"},
	    {"2005-03-20 12:00 ET", "2005-03-20T17:00:00Z minute z"},
	    {"2026-02-03 04:05 Europe/Berlin", "2026-02-03T03:05:00Z minute z"},
	    {"2026-07-03 04:05 Europe/Berlin", "2026-07-03T02:05:00Z minute z"},
	    {"2026-03-29 03:00 Europe/Paris", "2026-03-29T01:00:00Z minute z"},
	    {"2026-03-29 01:59 Europe/Paris", "2026-03-29T00:59:00Z minute z"},
	    {"2026-07-03 04:05 Asia/Tokyo", "2026-07-02T19:05:00Z minute z"},
	    /* in words */
	    {"3 Feb 2026 04:05 Eastern Standard Time", "2026-02-03T09:05:00Z minute z"},
	    {"3 Jul 2026 04:05 Pacific Time", "2026-07-03T11:05:00Z minute z"},
	    {"3 Jul 2026 04:05 Central European Summer Time", "2026-07-03T02:05:00Z minute z"},
	    {"3 Feb 2026 04:05 Central European Standard Time", "2026-02-03T03:05:00Z minute z"},
	    {"3 Feb 2026 04:05 Coordinated Universal Time", "2026-02-03T04:05:00Z minute z"},
	};
	CHECK_ALL(t);
}

/* What writers of feeds do to the forms of the standards. */
static void
test_mistakes(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"Mon, 03 Feb 2026 04:05:06 GMT", "2026-02-03T04:05:06Z second z weekday"},
	    {"Tues, 3 Feb 2026 04:05:06 GMT", "2026-02-03T04:05:06Z second z"},
	    {"Tue, 3Feb2026 04:05:06 GMT", "2026-02-03T04:05:06Z second z"},
	    {"Feb3,2026 04:05", "2026-02-03T04:05:00Z minute"},
	    {"Tue , 03 Feb 2026 04 : 05 : 06 GMT", "2026-02-03T04:05:06Z second z"},
	    {"03 / 02 / 2026 04:05", "2026-03-02T04:05:00Z minute order"},
	    {"23 / 02 / 2026", "2026-02-23T00:00:00Z day"},
	    {"3 Feb 2026 / 04:05", "2026-02-03T04:05:00Z minute"},
	    {"3.2.2026 / 04:05", "2026-02-03T04:05:00Z minute"},
	    {"3 Feb 2026 - 04:05", "2026-02-03T04:05:00Z minute"},
	    {"Feb 3, 2026 @ 04:05", "2026-02-03T04:05:00Z minute"},
	    {"2026 - 02 - 03", "2026-02-03T00:00:00Z day"},
	    {"2026-02-03-04:05", "2026-02-03T04:05:00Z minute"},
	    {"2026-02-03T 04:05:06Z", "2026-02-03T04:05:06Z second z"},
	    {"2026-02-03_04:05:06", "2026-02-03T04:05:06Z second"},
	    {"2026:02:03 04:05:06", "2026-02-03T04:05:06Z second"},
	    {"03/Feb/2026:04:05:06 +0100", "2026-02-03T03:05:06Z second z"},
	    {"20260203 040506", "2026-02-03T04:05:06Z second"},
	    {"20260203 0405", "2026-02-03T04:05:00Z minute"},
	    {"20260203040506Z", "2026-02-03T04:05:06Z second z"},
	    {"202602030405 +0100", "2026-02-03T03:05:00Z minute z"},
	    {"2026-02-03&nbsp;04:05", "2026-02-03T04:05:00Z minute"},
	    {"2026-02-03&amp;nbsp;04:05&#43;01&#x3a;00", "2026-02-03T03:05:00Z minute z"},
	    {"2026\xe2\x80\x91"
	     "02\xe2\x80\x93"
	     "03\xc2\xa0"
	     "04:05",
		"2026-02-03T04:05:00Z minute"},
	    {"\xe2\x80\x8e"
	     "3 Feb 2026\xe2\x80\x8f",
		"2026-02-03T00:00:00Z day"},
	    {"\"3 Feb '26\"", "2026-02-03T00:00:00Z day century"},
	    {"Published: 3 Feb 2026", "2026-02-03T00:00:00Z day"},
	    {"Updated 2026-02-03T04:05:06Z", "2026-02-03T04:05:06Z second z"},
	    {"2026/23/02", "2026-02-23T00:00:00Z day"},
	    {"02.23.2026", "2026-02-23T00:00:00Z day"},
	    {"23-02-2026 04:05", "2026-02-23T04:05:00Z minute"},
	    {"02/2026", "2026-02-01T00:00:00Z month"},
	    {"February 2026", "2026-02-01T00:00:00Z month"},
	    {"3 Feb 126 04:05:06 GMT", "2026-02-03T04:05:06Z second z"},
	    {"2026 February 3", "2026-02-03T00:00:00Z day"},
	    {"2026 3 February", "2026-02-03T00:00:00Z day"},
	    {"10:20 3 Feb 2026", "2026-02-03T10:20:00Z minute"},
	    {"3 Feb 2026 10 PM", "2026-02-03T22:00:00Z minute"},
	    {"3 Feb 2026 10pm EST", "2026-02-04T03:00:00Z minute z"},
	    {"3 Feb 2026 12:05 AM", "2026-02-03T00:05:00Z minute"},
	    {"3 Feb 2026 3:05 p. m.", "2026-02-03T15:05:00Z minute"},
	    {"1770091506123456789", "2026-02-03T04:05:06Z second z"},
	    {"03034", "2003-02-03T00:00:00Z day century"},
	};
	CHECK_ALL(t);
}

/* Day and month as numbers: what proves the order, and what only makes it likely. */
static void
test_order(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"02/03/2026", "2026-02-03T00:00:00Z day order"},
	    {"02-03-2026", "2026-03-02T00:00:00Z day order"},
	    {"02-03-2026 4:05 PM", "2026-02-03T16:05:00Z minute order"},
	    {"02.03.2026", "2026-03-02T00:00:00Z day"},
	    {"Tue 03/02/2026", "2026-02-03T00:00:00Z day"},
	    {"Tue 02/03/2026", "2026-02-03T00:00:00Z day"},
	    {"Fri 02/03/2026", "2026-02-03T00:00:00Z day order weekday"},
	    {"02/02/2026", "2026-02-02T00:00:00Z day"},
	    {"02/03/26 04:05", "2026-02-03T04:05:00Z minute order century"},
	};
	CHECK_ALL(t);
}

static void
test_scripts(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"2026年2月3日", "2026-02-03T00:00:00Z day"},
	    {"2026 年 2 月 3 日 04:05", "2026-02-03T04:05:00Z minute"},
	    {"2026年2月3日（火）午後4時5分", "2026-02-03T16:05:00Z minute"},
	    {"2026年2月3日火曜日 4:05", "2026-02-03T04:05:00Z minute"},
	    {"2026年2月3日 星期二 下午4点05分", "2026-02-03T16:05:00Z minute"},
	    {"二〇二六年二月三日", "2026-02-03T00:00:00Z day"},
	    {"二〇二六年十二月二十三日", "2026-12-23T00:00:00Z day"},
	    {"令和8年2月3日", "2026-02-03T00:00:00Z day"},
	    {"令和元年5月1日", "2019-05-01T00:00:00Z day"},
	    {"平成31年4月30日", "2019-04-30T00:00:00Z day"},
	    {"民國115年2月3日", "2026-02-03T00:00:00Z day"},
	    {"２０２６／０２／０３　０４：０５", "2026-02-03T04:05:00Z minute"},
	    {"2026. 2. 3. 13:05", "2026-02-03T13:05:00Z minute"},
	    {"2026.02.03 PM 1:05", "2026-02-03T13:05:00Z minute"},
	    {"2026년 2월 3일 화요일 오후 1시 5분", "2026-02-03T04:05:00Z minute"},
	    {"3 กุมภาพันธ์ 2569", "2026-02-03T00:00:00Z day"},
	    {"3 ก.พ. 2569 เวลา 04:05 น.", "2026-02-03T04:05:00Z minute"},
	    {"วันที่ 3 มี.ค. 2569", "2026-03-03T00:00:00Z day"},
	    {"3 ม.ค. 2569", "2026-01-03T00:00:00Z day"},
	    {"3 ก.พ. 69", "2026-02-03T00:00:00Z day century"},
	    {"٣ فبراير ٢٠٢٦", "2026-02-03T00:00:00Z day"},
	    {"٢٠٢٦-٠٢-٠٣ ٠٤:٠٥", "2026-02-03T04:05:00Z minute"},
	    {"3 شباط 2026", "2026-02-03T00:00:00Z day"},
	    {"3 كانون الثاني 2026", "2026-01-03T00:00:00Z day"},
	    {"3 תשרין 2026", "refused"},
	    {"3 בפברואר 2026", "2026-02-03T00:00:00Z day"},
	    {"३ फरवरी २०२६", "2026-02-03T00:00:00Z day"},
	    {"३ मई २०२६", "2026-05-03T00:00:00Z day"},
	    {"৩ মে ২০২৬", "2026-05-03T00:00:00Z day"},
	    {"३ फ़रवरी २०२६", "2026-02-03T00:00:00Z day"},
	    {"ngày 3 tháng 2 năm 2026", "2026-02-03T00:00:00Z day"},
	    {"3 ივლისი 2026", "2026-07-03T00:00:00Z day"},
	};
	CHECK_ALL(t);
}

static void
test_more_languages(void **state)
{
	(void)state;
	static const struct sample t[] = {
	    {"Dienstag, 3. Februar 2026, 10.20 Uhr", "2026-02-03T10:20:00Z minute"},
	    {"Di., 3. Feb. 2026 um 10 Uhr", "2026-02-03T10:00:00Z minute"},
	    {"mardi 3 février 2026 à 10h20", "2026-02-03T10:20:00Z minute"},
	    {"1er février 2026 à 10 h 20", "2026-02-01T10:20:00Z minute"},
	    {"3 juil. 2026", "2026-07-03T00:00:00Z day"},
	    {"martes, 3 de febrero de 2026 a las 10:20 h", "2026-02-03T10:20:00Z minute"},
	    {"3 set 2026", "2026-09-03T00:00:00Z day"},
	    {"martedì 3 febbraio 2026, ore 10:20", "2026-02-03T10:20:00Z minute"},
	    {"terça-feira, 3 de fevereiro de 2026 às 10h20", "2026-02-03T10:20:00Z minute"},
	    {"dinsdag 3 mrt 2026", "2026-03-03T00:00:00Z day"},
	    {"wtorek, 3 lutego 2026, godz. 10:20", "2026-02-03T10:20:00Z minute"},
	    {"3 listopada 2026", "2026-11-03T00:00:00Z day"},
	    {"úterý 3. února 2026", "2026-02-03T00:00:00Z day"},
	    {"3. 2. 2026 10:20", "2026-02-03T10:20:00Z minute"},
	    {"вторник, 3 февраля 2026 г. в 10:20", "2026-02-03T10:20:00Z minute"},
	    {"3-го февраля 2026", "2026-02-03T00:00:00Z day"},
	    {"3 сент. 2026 10:20 МСК", "2026-09-03T07:20:00Z minute z"},
	    {"tiistai 3. helmikuuta 2026 klo 10.20", "2026-02-03T10:20:00Z minute"},
	    {"tirsdag den 3. februar 2026 kl. 10.20", "2026-02-03T10:20:00Z minute"},
	    {"2026. február 3., kedd 10:20", "2026-02-03T10:20:00Z minute"},
	    {"2026 m. vasario 3 d.", "2026-02-03T00:00:00Z day"},
	    {"3 Şubat 2026 Salı 10:20", "2026-02-03T10:20:00Z minute"},
	    {"Selasa, 3 Februari 2026 10:20 WIB", "2026-02-03T03:20:00Z minute z"},
	    {"3 Agt 2026", "2026-08-03T00:00:00Z day"},
	    {"Τρίτη, 3 Φεβρουαρίου 2026 10:20 μ.μ.", "2026-02-03T22:20:00Z minute"},
	    {"уторак, 3. фебруар 2026.", "2026-02-03T00:00:00Z day"},
	    {"3 Chwefror 2026", "2026-02-03T00:00:00Z day"},
	};
	CHECK_ALL(t);
}

static void
test_settle(void **state)
{
	(void)state;
	const int64_t day = 86400, now = 1770091506; /* 2026-02-03T04:05:06Z */
	struct date d;
	assert_int_equal(date_parse("2026-02-03T03:00:00Z", &d), 0);
	struct date before = d;
	date_settle(&d, now);
	assert_memory_equal(&d, &before, sizeof d);

	/* a day ahead may be a clock or a zone; more is no truth */
	assert_int_equal(date_parse("2026-02-04T04:05:06Z", &d), 0);
	date_settle(&d, now);
	assert_int_equal(d.precision, DATE_SECOND);
	assert_int_equal(date_parse("2026-02-04T04:05:07Z", &d), 0);
	date_settle(&d, now);
	assert_int_equal(d.precision, DATE_NONE);
	assert_int_equal(d.doubt, DATE_DOUBT_FUTURE);
	date_settle(&d, now); /* for good */
	assert_int_equal(d.doubt, DATE_DOUBT_FUTURE);

	/* of two orders the one that is no future */
	assert_int_equal(date_parse("03/02/2026", &d), 0);
	assert_int_equal(d.utc, now / day * day + 27 * day);
	date_settle(&d, now);
	assert_int_equal(d.utc, now / day * day);
	assert_int_equal(d.doubt, DATE_DOUBT_ORDER);
	date_settle(&d, now);
	assert_int_equal(d.utc, now / day * day);
	/* and of two pasts the one that was just now */
	assert_int_equal(date_parse("02-01-2026", &d), 0);
	date_settle(&d, (int64_t)20485 * day); /* 2026-02-01 */
	assert_int_equal(d.utc, (int64_t)20485 * day);
	/* else what the writer's habit says */
	assert_int_equal(date_parse("02-01-2025", &d), 0);
	date_settle(&d, now);
	assert_int_equal(d.utc, date_days(2025, 1, 2) * day);
	/* both ahead */
	assert_int_equal(date_parse("05/06/2026", &d), 0);
	date_settle(&d, now);
	assert_int_equal(d.doubt, DATE_DOUBT_FUTURE);

	char words[DATE_DOUBT_TEXT_MAX];
	assert_string_equal(
	    date_doubt_text(DATE_DOUBT_ALL, words), "zone order century weekday future");
	assert_string_equal(date_doubt_text(0, words), "");
}

static void
test_no_dates(void **state)
{
	(void)state;
	static const char *const t[] = {"22013", "12345", "1403/11/11", "۱۴۰۳/۱۱/۱۱", "2024a",
	    "2024-01-", "in 2024", "1848", "0312", "1.2.3", "v1.2.34", "3.14", "1,234", "$1,234.00",
	    "100%", "12/25", "24/7", "1-2-3", "555-1234", "+1 555 123 4567", "2024-2025", "2024/25",
	    "ISO-8601", "Page 3 of 2013", "Chapter 2013", "10:20", "10:20 2024", "3 Feb",
	    "May the 4th", "Tuesday", "today", "2 hours ago", "0000-00-00T00:00:00", "1234-56-78",
	    "31.04.2026", "29 Feb 2025", "32/01/2026", "2026-02-03 25:00", "13 pm 2026",
	    "2026-02-03 04:05 and more", "2026-02-03 04:05:06 04:05", "Feb 30, 2026", "NaN", "null",
	    "undefined", "Invalid Date", "Thu, 01 Jan 1970x", "2026-W60-1", "2026-400", "&nbsp;",
	    "&#0;", "令和9999999999年2月3日"};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		check(t[i], "refused");
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
	    cmocka_unit_test(test_zones),
	    cmocka_unit_test(test_mistakes),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_scripts),
	    cmocka_unit_test(test_more_languages),
	    cmocka_unit_test(test_settle),
	    cmocka_unit_test(test_no_dates),
	    cmocka_unit_test(test_calendar),
	    cmocka_unit_test(test_retry_after),
	};
	return cmocka_run_group_tests_name("date", tests, NULL, NULL);
}
