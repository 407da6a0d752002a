/* signature: what counts as the same text, what is kept of one to find it again, and that the
 * values are stable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "errors.h"
#include "hash.h"
#include "prose.h"
#include "signature.h"

static int
same(const char *one, const char *two)
{
	uint8_t a[16], b[16];
	uint32_t n, m;
	signature_text(one, a, &n);
	signature_text(two, b, &m);
	return n == m && !memcmp(a, b, 16);
}

static void
test_same(void **state)
{
	(void)state;
	assert_true(same("Rain  fell, in “Spain”.\n", "rain fell in SPAIN"));
	assert_true(same("ﬁne\xc2\xa0words", "fine words"));
	assert_false(same("rain fell", "rainfell"));
	assert_false(same("one two", "two one"));
}

static void
test_stable(void **state)
{
	/* stored values: a change here orphans every store */
	uint8_t hash[16];
	uint32_t tokens;
	char hex[33];
	(void)state;
	signature_text("The quick brown fox jumps over the lazy dog. Größe 東京", hash, &tokens);
	for (size_t i = 0; i < 16; i++)
		snprintf(hex + i * 2, 3, "%02x", hash[i]);
	assert_int_equal(tokens, 12);
	assert_string_equal(hex, "ee424a8dfc074231a5cfc3ce0c664a18");
	signature_text("", hash, &tokens);
	assert_int_equal(tokens, 0);
}

/* ---- readings ---- */

static void
test_reading(void **state)
{
	struct reading r;
	(void)state;
	reading_init(&r, "Rain, RAIN in Spain!\n\n  \nOn 12 May.\nrain rain in spain");
	assert_int_equal(r.tokens_len, 11);
	assert_int_equal(r.lines_len, 3);
	assert_int_equal(r.lines[1].first, 4);
	assert_int_equal(r.lines[1].tokens, 3);
	assert_true(r.lines[0].hash == r.lines[2].hash && r.lines[0].hash != r.lines[1].hash);
	assert_int_equal(r.kinds[5], TEXT_FIGURE);
	assert_int_equal(r.kinds[6], TEXT_WORD);
	assert_true(r.tokens[0] == r.tokens[1] && r.tokens[0] != r.tokens[2]);
	reading_shingle(&r);
	assert_int_equal(r.shingles_len, 7); /* of 9, the last line's two are the first's */
	for (uint32_t i = 0; i < r.shingles_len; i++)
		assert_int_equal(reading_find(&r, r.shingles[i]), i);
	assert_int_equal(reading_find(&r, 1), -1);
	reading_clear(&r);
}

static void
test_dropped_lines_leave_no_trace(void **state)
{
	struct reading with, without;
	static const uint8_t drop[] = {0, 1, 0, 1};
	(void)state;
	reading_init(&with, "One two three four\nSubscribe now\nfive 6 seven\n(c) all rights");
	reading_init(&without, "One two three four\nfive 6 seven");
	reading_drop_lines(&with, drop);
	reading_shingle(&with);
	reading_shingle(&without);
	assert_int_equal(with.tokens_len, without.tokens_len);
	assert_memory_equal(with.tokens, without.tokens, with.tokens_len * sizeof *with.tokens);
	assert_memory_equal(with.kinds, without.kinds, with.tokens_len);
	assert_int_equal(with.lines_len, 2);
	assert_int_equal(with.lines[1].first, 4);
	assert_int_equal(with.shingles_len, without.shingles_len);
	assert_memory_equal(
	    with.shingles, without.shingles, with.shingles_len * sizeof *with.shingles);
	reading_clear(&with);
	reading_clear(&without);
}

static void
test_characters(void **state)
{
	struct reading r;
	(void)state;
	reading_init(&r, "東京は雨だ です"); /* seven characters, three shingles of five */
	reading_shingle(&r);
	assert_int_equal(r.tokens_len, 7);
	assert_int_equal(r.kinds[0], TEXT_CHARACTER);
	assert_int_equal(r.shingles_len, 3);
	reading_clear(&r);
	assert_int_equal(text_token_kind("๔", 3), TEXT_FIGURE);
	assert_int_equal(text_token_kind("covid19", 7), TEXT_FIGURE);
	assert_int_equal(text_token_kind("größe", 7), TEXT_WORD);
	assert_int_equal(text_token_kind("", 0), TEXT_WORD);
}

static void
test_reading_is_bounded(void **state)
{
	struct reading r;
	struct buf b;
	(void)state;
	buf_init(&b, (size_t)2 << 20);
	for (int i = 0; b.len < 1000000; i++)
		buf_printf(&b, "%d ", i);
	reading_init(&r, buf_str(&b));
	reading_shingle(&r);
	assert_int_equal(r.tokens_len, READING_TOKENS_MAX);
	assert_int_equal(r.shingles_len, READING_TOKENS_MAX - 2);
	reading_clear(&r);
	reading_init(&r, "");
	reading_shingle(&r);
	assert_int_equal(r.tokens_len, 0);
	assert_int_equal(reading_find(&r, 1), -1);
	reading_clear(&r);
	buf_clear(&b);
}

/* ---- keys ---- */

static unsigned
shared_keys(const struct signature *a, const struct signature *b)
{
	unsigned n = 0;
	for (unsigned i = 0; i < a->keys_len; i++)
		for (unsigned k = 0; k < b->keys_len; k++)
			n += a->keys[i] == b->keys[k];
	return n;
}

static void
test_keys_survive_a_cut(void **state)
{
	struct buf whole, cut;
	unsigned keys = 0, lost = 0;
	(void)state;
	buf_init(&whole, 1 << 20);
	buf_init(&cut, 1 << 20);
	for (uint64_t seed = 0; seed < 500; seed++, whole.len = cut.len = 0) {
		struct signature a, b;
		prose_article(&whole, seed, 400);
		prose_cut(&cut, buf_str(&whole), 2); /* 90 words of 400 */
		signature_of_text(&a, buf_str(&whole));
		signature_of_text(&b, buf_str(&cut));
		keys += a.keys_len;
		lost += shared_keys(&a, &b) < 2;
		assert_in_range(a.keys_len, 12, SIGNATURE_KEYS_MAX);
		/* the first keys of one are among the first of the other: they can be cut too */
		for (unsigned i = 1; i < a.keys_len; i++)
			assert_true(a.keys[i] != a.keys[i - 1] && a.keys[i] >> 40 == 0);
	}
	assert_int_equal(lost, 0);
	assert_in_range(keys / 500, 28, 36);
	buf_clear(&whole);
	buf_clear(&cut);
}

static void
test_unlike_texts_share_no_keys(void **state)
{
	struct buf text;
	struct signature one, other;
	unsigned shared = 0;
	(void)state;
	buf_init(&text, 1 << 20);
	prose_article(&text, 0, 400);
	signature_of_text(&one, buf_str(&text));
	for (uint64_t seed = 1; seed < 500; seed++) {
		text.len = 0;
		prose_article(&text, seed, 400);
		signature_of_text(&other, buf_str(&text));
		shared += shared_keys(&one, &other);
	}
	assert_in_range(shared, 0, 50);
	buf_clear(&text);
}

static void
test_short_texts_have_no_keys(void **state)
{
	struct buf text;
	struct signature s;
	(void)state;
	buf_init(&text, 1 << 20);
	signature_of_text(&s, "");
	assert_int_equal(s.keys_len + s.lines_len, 0);
	prose_article(&text, 1, SIGNATURE_TOKENS_MIN - 1);
	signature_of_text(&s, buf_str(&text));
	assert_int_equal(s.keys_len + s.lines_len, 0);
	text.len = 0;
	prose_article(&text, 1, SIGNATURE_TOKENS_MIN);
	signature_of_text(&s, buf_str(&text));
	assert_true(s.keys_len > 0 && s.lines_len > 0);
	buf_clear(&text);
}

static void
test_pack(void **state)
{
	struct buf text;
	struct signature s, back;
	uint8_t blob[SIGNATURE_BLOB_MAX + 1];
	(void)state;
	buf_init(&text, 1 << 20);
	for (unsigned words = 0; words < 3000; words += 177, text.len = 0) {
		prose_article(&text, words, words);
		signature_of_text(&s, buf_str(&text));
		size_t len = signature_pack(&s, blob);
		assert_true(len <= SIGNATURE_BLOB_MAX);
		assert_int_equal(signature_unpack(&back, blob, len), 0);
		assert_memory_equal(&s, &back, sizeof s);
		assert_int_equal(signature_unpack(&back, blob, len - 1), ERR_INPUT);
		assert_int_equal(signature_unpack(&back, blob, len + 1), ERR_INPUT);
		assert_int_equal(back.keys_len, 0);
	}
	assert_true(SIGNATURE_BLOB_MAX <= 240);
	memset(blob, 0xff, sizeof blob);
	assert_int_equal(signature_unpack(&back, blob, sizeof blob), ERR_INPUT);
	assert_int_equal(signature_unpack(&back, blob, 0), ERR_INPUT);
	buf_clear(&text);
}

static void
test_keys_are_stable(void **state)
{
	/* stored values too */
	struct buf text;
	struct signature s;
	uint8_t blob[SIGNATURE_BLOB_MAX], hash[16];
	char hex[33];
	(void)state;
	buf_init(&text, 1 << 20);
	prose_article(&text, 11, 300);
	buf_add_str(&text, "\nGröße 東京は雨だった 12");
	signature_of_text(&s, buf_str(&text));
	hash128(blob, signature_pack(&s, blob), hash);
	for (size_t i = 0; i < 16; i++)
		snprintf(hex + i * 2, 3, "%02x", hash[i]);
	assert_string_equal(hex, "b4b784093ba8214c07714bb0d707f14f");
	buf_clear(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_stable),
	    cmocka_unit_test(test_reading),
	    cmocka_unit_test(test_dropped_lines_leave_no_trace),
	    cmocka_unit_test(test_characters),
	    cmocka_unit_test(test_reading_is_bounded),
	    cmocka_unit_test(test_keys_survive_a_cut),
	    cmocka_unit_test(test_unlike_texts_share_no_keys),
	    cmocka_unit_test(test_short_texts_have_no_keys),
	    cmocka_unit_test(test_pack),
	    cmocka_unit_test(test_keys_are_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
