/* signature: what counts as the same text, and that the values are stable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

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

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_stable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
