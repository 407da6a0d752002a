/* test_outcome: the closed list of ends is complete, and its words are stable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#include "outcome.h"

static void
every_outcome_has_a_word_and_help(void **state)
{
	(void)state;
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		const struct outcome_row *row = &outcome_table[i];
		assert_non_null(row->name);
		assert_true(row->name[strspn(row->name, "abcdefghijklmnopqrstuvwxyz_")] == '\0');
		assert_non_null(row->help);
		assert_int_equal(row->help[strlen(row->help) - 1], '.');
		assert_string_equal(outcome_name((enum outcome)i), row->name);
		assert_int_equal(outcome_parse(row->name), i); /* no word stands twice */
	}
}

/* They are in everybody's database and queries. */
static void
words_are_those_of_the_first_release(void **state)
{
	static const char *const words[] = {"pending", "stored", "duplicate", "revision",
	    "filtered", "robots", "gone", "http_error", "refused", "not_html", "too_big",
	    "bad_body", "wall", "stub", "listing", "parser_crash", "parser_timeout", "gave_up",
	    "lost"};
	(void)state;
	assert_int_equal(sizeof words / sizeof *words, OUTCOME_COUNT);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_string_equal(outcome_name((enum outcome)i), words[i]);
}

static void
foreign_words_and_numbers_are_refused(void **state)
{
	static const char *const words[] = {"", "Stored", "stored ", "store", "unknown"};
	(void)state;
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		assert_int_equal(outcome_parse(words[i]), -1);
	assert_int_equal(outcome_parse(NULL), -1);
	assert_string_equal(outcome_name(OUTCOME_COUNT), "unknown");
	assert_string_equal(outcome_name((enum outcome)(-1)), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(every_outcome_has_a_word_and_help),
	    cmocka_unit_test(words_are_those_of_the_first_release),
	    cmocka_unit_test(foreign_words_and_numbers_are_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
