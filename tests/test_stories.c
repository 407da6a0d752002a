/* test_stories: which articles are the same, judged from what was looked up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "stories.h"

static const uint8_t text_a[16] = {1}, text_b[16] = {2};

static struct article
article(const uint8_t hash[16], const char *title, uint32_t tokens)
{
	struct article a = {.title = (char *)title, .tokens = tokens};
	memcpy(a.text_hash, hash, 16);
	return a;
}

static void
test_nothing_known_is_new(void **state)
{
	(void)state;
	int64_t of = 9;
	struct article a = article(text_a, "Harbour bridge opens", 300);
	assert_int_equal(stories_judge(&a, 1, NULL, NULL, &of), STORY_NEW);
	assert_int_equal(of, 0);
}

static void
test_own_link_again(void **state)
{
	(void)state;
	int64_t of;
	struct article a = article(text_a, "Harbour bridge opens", 300);
	struct story_known k = {
	    .id = 5, .link_id = 1, .text_hash = text_a, .title = "Harbour bridge opens"};
	assert_int_equal(stories_judge(&a, 1, &k, &k, &of), STORY_UNCHANGED);
	k.text_hash = text_b;
	k.title = "Another headline"; /* headlines change too */
	assert_int_equal(stories_judge(&a, 1, &k, NULL, &of), STORY_REVISION);
	assert_int_equal(of, 5);
}

static void
test_another_link_to_the_same_url(void **state)
{
	(void)state;
	int64_t of;
	struct article a = article(text_a, "Harbour bridge opens", 300);
	struct story_known k = {
	    .id = 5, .link_id = 2, .text_hash = text_a, .title = "Harbour bridge opens"};
	assert_int_equal(stories_judge(&a, 1, &k, &k, &of), STORY_SAME_URL);
	k.text_hash = text_b;
	k.title = "HARBOUR BRIDGE opens!";
	assert_int_equal(stories_judge(&a, 1, &k, NULL, &of), STORY_REVISION);
	/* a site that gives every page the same canonical URL must not have its articles swallowed
	 */
	k.title = "Budget passes";
	assert_int_equal(stories_judge(&a, 1, &k, NULL, &of), STORY_NEW);
	assert_int_equal(of, 0);
}

static void
test_same_text_elsewhere(void **state)
{
	(void)state;
	int64_t of;
	struct article a = article(text_a, "Harbour bridge opens", 40);
	struct story_known k = {.id = 5, .link_id = 2, .text_hash = text_a, .title = "Bridge"};
	assert_int_equal(stories_judge(&a, 1, NULL, &k, &of), STORY_SAME_TEXT);
	assert_int_equal(of, 5);
	a.tokens = 39; /* too short to be called the same */
	assert_int_equal(stories_judge(&a, 1, NULL, &k, &of), STORY_NEW);
}

static void
test_canonical_must_be_plausible(void **state)
{
	(void)state;
	assert_true(stories_canonical_is_plausible(
	    "https://www.a.example/x", "http://amp.a.example/x?amp=1"));
	assert_true(stories_canonical_is_plausible("https://a.example/", "https://a.example/"));
	assert_false(
	    stories_canonical_is_plausible("https://a.example/", "https://a.example/news/1"));
	assert_false(
	    stories_canonical_is_plausible("https://b.test/news/1", "https://a.example/news/1"));
	assert_false(stories_canonical_is_plausible("not a url", "https://a.example/news/1"));
	/* neighbours under a public suffix are strangers */
	assert_false(
	    stories_canonical_is_plausible("https://paper.co.uk/1", "https://evil.co.uk/1"));
	assert_false(stories_canonical_is_plausible("http://10.0.0.1/1", "http://10.1.0.1/1"));
	assert_true(
	    stories_canonical_is_plausible("https://www.paper.co.uk/1", "https://paper.co.uk/1"));
	assert_true(
	    stories_canonical_is_plausible("https://paper.co.uk/1", "https://amp.paper.co.uk/1"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_nothing_known_is_new),
	    cmocka_unit_test(test_own_link_again),
	    cmocka_unit_test(test_another_link_to_the_same_url),
	    cmocka_unit_test(test_same_text_elsewhere),
	    cmocka_unit_test(test_canonical_must_be_plausible),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
