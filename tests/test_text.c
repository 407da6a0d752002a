/* text: lines, paragraphs, references, words, tokens; combining marks without end. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <utf8proc.h>

#include "buf.h"
#include "text.h"

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static void
line_is(const char *in, const char *want)
{
	assert_string_equal(text_line(&a, in, strlen(in), 1000), want);
}

static void
test_line(void **state)
{
	(void)state;
	line_is("", "");
	line_is("word", "word");
	line_is(" \t two \r\n\n words\f ", "two words");
	line_is("no\xc2\xa0"
		"break\xe3\x80\x80wide\xe2\x80\x89thin\xe2\x80\xa8"
		"end",
	    "no break wide thin end");
	line_is("so\xc2\xad"
		"ft zero\xe2\x80\x8bwidth \xef\xbb\xbf"
		"bom",
	    "soft zerowidth bom");
	line_is("evil\xe2\x80\xae"
		"txt.exe \x1b[31m\x07",
	    "eviltxt.exe [31m");
	line_is("tag\xf3\xa0\x81\xa1s", "tags");
	/* joiners carry meaning in Persian, Hindi and emoji */
	line_is("می\xe2\x80\x8cخواهم", "می\xe2\x80\x8cخواهم");
	line_is("👩\xe2\x80\x8d💻", "👩\xe2\x80\x8d💻");
}

static void
test_line_is_nfc(void **state)
{
	(void)state;
	line_is("cafe\xcc\x81 u\xcc\x88"
		"ber",
	    "café über");
	line_is("\xe2\x84\xab", "Å");                          /* Angstrom sign */
	line_is("\xe1\x84\x92\xe1\x85\xa1\xe1\x86\xab", "한"); /* jamo */
	line_is("й: \xd0\xb8\xcc\x86", "й: й");
}

static void
test_line_is_cut_at_a_character(void **state)
{
	(void)state;
	assert_string_equal(text_line(&a, "aé", 3, 2), "a");
	assert_string_equal(text_line(&a, "abc def", 7, 5), "abc d");
	assert_string_equal(text_line(&a, "abc def", 7, 4), "abc");
	assert_string_equal(text_line(&a, "  x", 3, 1), "x");
	assert_string_equal(text_line(&a, "x", 1, 0), "");
	assert_string_equal(text_line(&a, "日本語", 9, 8), "日本");
}

static void
test_ill_formed_input(void **state)
{
	(void)state;
	line_is("a\xff"
		"b",
	    "a\xef\xbf\xbd"
	    "b");
	line_is("\xe2\x82", "\xef\xbf\xbd\xef\xbf\xbd");
	line_is("\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	assert_int_equal(text_words("\xf0\x9f"), 0);
	assert_string_equal(text_tokens(&a, "a\xc3(b", NULL), "a b");
}

static void
test_endless_marks_are_bounded(void **state)
{
	enum { MARKS = 200000 };
	char *s = arena_alloc(&a, MARKS * 2 + 2);
	(void)state;
	s[0] = 'e';
	for (size_t i = 0; i < MARKS;
	     i++) /* classes 230 and 220 by turns: the worst case for sorting */
		memcpy(s + 1 + i * 2, i % 2 ? "\xcc\xa3" : "\xcc\x81", 2);
	s[MARKS * 2 + 1] = '\0';
	assert_true(strlen(text_line(&a, s, MARKS * 2 + 1, SIZE_MAX)) < 100);
	assert_true(strlen(text_tokens(&a, s, NULL)) < 100);
}

/* IN with brackets where the marks are: what they become, and that they change nothing. */
static void
marked_is(const char *in, const char *want)
{
	size_t marks[16], n = 0, len = 0;
	char *plain = arena_alloc(&a, strlen(in) + 1);
	struct buf out;
	for (const char *s = in; *s; s++) {
		if (strchr("[]", *s))
			marks[n++] = len;
		else
			plain[len++] = *s;
	}
	const char *got = text_line_marked(&a, plain, len, 1000, marks, n);
	assert_string_equal(got, text_line(&a, plain, len, 1000));
	buf_init(&out, 1000);
	size_t at = 0;
	for (size_t i = 0; i < n; i++) {
		assert_in_range(marks[i], at, strlen(got));
		buf_printf(&out, "%.*s%c", (int)(marks[i] - at), got + at, "[]"[i % 2]);
		at = marks[i];
	}
	buf_add_str(&out, got + at);
	assert_string_equal(buf_str(&out), want);
	buf_clear(&out);
}

static void
test_marks_stay_where_they_were(void **state)
{
	(void)state;
	marked_is("[plain] text", "[plain] text");
	marked_is("a  b [ c \t d ] e", "a b[ c d] e");
	marked_is("  [x]  ", "[x]");
	marked_is("x [ ]", "x[]");
	marked_is("so\xc2\xad"
		  "ft [ze\xe2\x80\x8bro\xe2\x80\xae]\xc2\xad width",
	    "soft [zero] width");
	marked_is("[日本]\xe3\x80\x80[語]で", "[日本] [語]で");
	/* composed: behind the mark, before it, and across */
	marked_is("cafe\xcc\x81 [u\xcc\x88"
		  "ber] e\xcc\x81",
	    "café [über] é");
	marked_is("cafe[\xcc\x81 x] y", "café[ x] y");
	marked_is("[cafe]\xcc\x81 y", "[café] y");
	marked_is("e[\xcc\x81] y", "é[] y");
	marked_is("\xe1\x84\x92[\xe1\x85\xa1]\xe1\x86\xab [\xe1\x84\x92\xe1\x85\xa1]", "한[] [하]");
	/* no script is torn: vowel signs, joined emoji, flags */
	marked_is("[क]ि x", "[कि] x");
	marked_is("[👩]\xe2\x80\x8d💻", "[👩\xe2\x80\x8d💻]");
	marked_is("x [🇳]🇴 y", "x [🇳🇴] y");
	marked_is("[a\xff]"
		  "b",
	    "[a\xef\xbf\xbd]"
	    "b");
	marked_is("[]", "[]");
}

static void
test_marks_are_cut_with_the_text(void **state)
{
	(void)state;
	size_t marks[] = {0, 3, 4, 9};
	assert_string_equal(text_line_marked(&a, "abc  defgh", 10, 6, marks, 4), "abc de");
	assert_int_equal(marks[0], 0);
	assert_int_equal(marks[1], 3);
	assert_int_equal(marks[2], 3);
	assert_int_equal(marks[3], 6);
	size_t past[] = {1, 2};
	assert_string_equal(text_line_marked(&a, "xy", 2, 1, past, 2), "x");
	assert_int_equal(past[0], 1);
	assert_int_equal(past[1], 1);
}

/* Marks at clusters may be composed apart because of this. */
static void
test_composition_stays_within_clusters(void **state)
{
	(void)state;
	for (utf8proc_int32_t c = 0; c < 0x110000; c++) {
		utf8proc_int32_t parts[32];
		int before = 0;
		if (c >= 0xd800 && c < 0xe000)
			continue;
		utf8proc_ssize_t n = utf8proc_decompose_char(
		    c, parts, 32, UTF8PROC_DECOMPOSE | UTF8PROC_STABLE, &before);
		assert_in_range(n, 1, 32);
		for (utf8proc_ssize_t i = 1; i < n; i++)
			assert_false(utf8proc_grapheme_break(parts[i - 1], parts[i]));
		if (utf8proc_get_property(c)->combining_class) /* these may change places */
			assert_false(utf8proc_grapheme_break('a', c));
	}
}

/* Texts of all that is difficult, in any order, with marks anywhere. */
static void
test_marks_never_change_the_text(void **state)
{
	static const char *const parts[] = {"a", "e", " ", "  ", "\xcc\x81", "\xcc\xa3", "\xc2\xad",
	    "日", "\xe1\x84\x92", "\xe1\x85\xa1", "\xe1\x86\xab", "하", "\xe2\x80\x8d", "👩", "🇳",
	    "ক", "ে", "া", "\n", "\xff", "\xe2\x80\xae", "\xe0\xa5\x98", "\xc2\xa0", "x."};
	uint32_t seed = 7;
	(void)state;
	for (int round = 0; round < 20000; round++) {
		char s[256];
		size_t len = 0, marks[8], n = 0;
		for (int i = 0; i < 20; i++) {
			seed = seed * 1664525 + 1013904223;
			const char *part = parts[(seed >> 16) % (sizeof parts / sizeof *parts)];
			if ((seed >> 12) % 4 == 0 && n < 8)
				marks[n++] = len;
			memcpy(s + len, part, strlen(part));
			len += strlen(part);
		}
		size_t max = round % 3 ? 1000 : (seed >> 8) % 40;
		const char *got = text_line_marked(&a, s, len, max, marks, n);
		assert_string_equal(got, text_line(&a, s, len, max));
		for (size_t i = 0; i < n; i++) {
			assert_in_range(marks[i], i ? marks[i - 1] : 0, strlen(got));
			assert_true(((uint8_t)got[marks[i]] & 0xc0) != 0x80);
		}
		arena_clear(&a);
	}
}

static void
test_paragraphs(void **state)
{
	(void)state;
	static const char in[] = "\n\n one  two \r\n\r\n\tthree\n \n\xc2\xa0\nfour";
	assert_string_equal(text_paragraphs(&a, in, sizeof in - 1, 100), "one two\nthree\nfour");
	assert_string_equal(text_paragraphs(&a, "a\nb", 3, 2), "a");
	assert_string_equal(text_paragraphs(&a, "\n \n", 3, 9), "");
}

static void
unescape_is(const char *in, const char *want)
{
	assert_string_equal(text_unescape(&a, in, strlen(in)), want);
}

static void
test_references(void **state)
{
	(void)state;
	unescape_is("plain", "plain");
	unescape_is("a &amp;amp; b &lt;i&gt; &quot;&apos;", "a &amp; b <i> \"'");
	unescape_is("&eacute;&Eacute;&nbsp;&hellip;&rsquo;", "éÉ\xc2\xa0…’");
	unescape_is(
	    "&CounterClockwiseContourIntegral; &nGt; &zwnj;", "∳ ≫\xe2\x83\x92 \xe2\x80\x8c");
	unescape_is("&#65;&#x42;&#X63;&#8217;&#128512;", "ABc’😀");
	unescape_is("&#150;&#x80;", "–€");
	unescape_is("&#0;&#xd800;&#1114112;&#99999999999999;",
	    "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd");
	unescape_is("&copy 2026 AT&T &amp &lt", "© 2026 AT&T & <");
	unescape_is("?a=1&copy=2&notit;&lang=de&hellip", "?a=1&copy=2&notit;&lang=de&hellip");
	unescape_is("&;&#;&#x;&&bogus;&", "&;&#;&#x;&&bogus;&");
	unescape_is("&AElig;&zwnj;&Abreve;", "Æ\xe2\x80\x8cĂ"); /* the ends of the table */
}

static void
test_words(void **state)
{
	(void)state;
	assert_int_equal(text_words(""), 0);
	assert_int_equal(text_words("Hello, world! 42 times"), 4);
	assert_int_equal(text_words("don't stop"), 3);
	assert_int_equal(text_words("Привет, мир"), 2);
	assert_int_equal(text_words("日本語 text"), 4);
	assert_int_equal(text_words("हिन्दी में"), 2);
	assert_int_equal(text_words("กา"), 2);
	assert_int_equal(text_words("한국어 기사"), 2);
}

static void
tokens_are(const char *in, const char *want, size_t want_count)
{
	size_t count;
	assert_string_equal(text_tokens(&a, in, &count), want);
	assert_int_equal(count, want_count);
}

static void
test_tokens(void **state)
{
	(void)state;
	tokens_are("", "", 0);
	tokens_are(" -- ", "", 0);
	tokens_are("The QUICK, brown-fox!", "the quick brown fox", 4);
	tokens_are("“Größe” STRASSE straße", "grösse strasse strasse", 3);
	tokens_are("ПРИВЕТ Ёж Ґанок", "привет ёж ґанок", 3);
	tokens_are("ΑΣ ς", "ασ σ", 2);
	tokens_are("ＦＵＬＬ ﬁne ①", "full fine 1", 3);
	tokens_are("東京 tower", "東 京 tower", 3);
	tokens_are("cafe\xcc\x81 CAFÉ", "café café", 2);
	tokens_are("so\xc2\xad"
		   "ft",
	    "soft", 1);
	tokens_are("İstanbul", "i\xcc\x87stanbul", 1);
	tokens_are("a.b", "a b", 2);
	tokens_are("don’t", "don t", 2);
}

static void
test_tokens_do_not_depend_on_the_path(void **state)
{
	(void)state;
	/* each word once alone and once beside a character that forces the general way */
	static const char *const words[] = {"Žluťoučký", "ŁÓDŹ", "ЁЛКА", "Ŀ", "ŉ", "ſ", "Ĳ", "ß",
	    "Ÿ", "Ά", "Σ", "Щ", "ﬀ", "ア", "한", "ŸŽž", "ĸ", "Đđ", "Ŋ", "ŒŦ", "İ", "ı", "Ѓ", "Џ"};
	for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
		char *fast = text_tokens(&a, words[i], NULL);
		char *slow =
		    text_tokens(&a, arena_printf(&a, "%s\xe2\x80\x85\xcd\x8f", words[i]), NULL);
		assert_string_equal(fast, slow);
	}
}

static void
test_cut(void **state)
{
	(void)state;
	assert_int_equal(text_cut("abc", 3, 9), 3);
	assert_int_equal(text_cut("é", 2, 1), 0);
	assert_int_equal(text_cut("a😀", 5, 4), 1);
	assert_int_equal(text_cut("a😀", 5, 5), 5);
}

static void
test_distance(void **state)
{
	static const struct {
		const char *a, *b;
		size_t distance;
	} cases[] = {
	    {"", "", 0},
	    {"poll", "poll", 0},
	    {"", "tail", 4},
	    {"tail", "", 4},
	    {"serch", "search", 1},
	    {"searrch", "search", 1},
	    {"sesrch", "search", 1},
	    {"saerch", "search", 1},
	    {"ca", "abc", 3}, /* a swap is final: optimal string alignment, not Damerau */
	    {"kitten", "sitting", 3},
	};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		assert_int_equal(text_distance(cases[i].a, cases[i].b), cases[i].distance);
	char longer[2][1001];
	memset(longer, 'x', sizeof longer);
	longer[0][1000] = longer[1][1000] = '\0';
	longer[1][999] = 'y'; /* past what counts */
	assert_int_equal(text_distance(longer[0], longer[1]), 0);
	longer[1][63] = 'y';
	assert_int_equal(text_distance(longer[0], longer[1]), 1);
	assert_int_equal(text_distance(longer[0], ""), 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_line, teardown),
	    cmocka_unit_test_teardown(test_line_is_nfc, teardown),
	    cmocka_unit_test_teardown(test_line_is_cut_at_a_character, teardown),
	    cmocka_unit_test_teardown(test_ill_formed_input, teardown),
	    cmocka_unit_test_teardown(test_endless_marks_are_bounded, teardown),
	    cmocka_unit_test_teardown(test_marks_stay_where_they_were, teardown),
	    cmocka_unit_test_teardown(test_marks_are_cut_with_the_text, teardown),
	    cmocka_unit_test_teardown(test_composition_stays_within_clusters, teardown),
	    cmocka_unit_test_teardown(test_marks_never_change_the_text, teardown),
	    cmocka_unit_test_teardown(test_paragraphs, teardown),
	    cmocka_unit_test_teardown(test_references, teardown),
	    cmocka_unit_test_teardown(test_words, teardown),
	    cmocka_unit_test_teardown(test_tokens, teardown),
	    cmocka_unit_test_teardown(test_tokens_do_not_depend_on_the_path, teardown),
	    cmocka_unit_test_teardown(test_cut, teardown),
	    cmocka_unit_test(test_distance),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
