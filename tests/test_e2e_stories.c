/*
 * test_e2e_stories: an article that another site took over as scrapers do is one story, by the real
 * daemon over real sockets; newsctl tells who tells it and why, and an operator's word on it holds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>

#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"
#include "site_story.h"

#define JUDGED "SELECT count(*) FROM nd_print WHERE NOT EXISTS (SELECT 1 FROM nd_arrival)"

/* Run newsctl and look for PART in what it says. */
#define EXPECT_CTL(part, ...)                                                                      \
	do {                                                                                       \
		struct ran ran_;                                                                   \
		e2e_ctl(&ran_, 0, __VA_ARGS__, NULL);                                              \
		expect(ran_.out, (part));                                                          \
		ran_clear(&ran_);                                                                  \
	} while (0)

/* The original is there, and an article about something else; then the other site's copy. */
static void
let_it_be_copied(void)
{
	struct ran ran;
	e2e_feeds("1 /feed/story", NULL);
	e2e_start();
	e2e_until(JUDGED, 2);
	e2e.site.site->phase = 1;
	e2e_ctl(&ran, 0, "poll", NULL);
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM articles", 3);
	e2e_until("SELECT count(*) FROM nd_arrival", 0);
}

/* newsctl dedup --store knows what is in the store. */
static void
expect_known(void)
{
	struct ran ran;
	char *body = e2e_text("SELECT body FROM articles WHERE url LIKE '%/story/original'");
	struct json_object *in = json_object_new_object();
	char *longer = mem_printf("%s\nThe county has since found a second boat.", body);
	json_object_object_add(in, "text", json_object_new_string(longer));
	const char *line = json_object_to_json_string_ext(in, JSON_C_TO_STRING_PLAIN);
	char *input = mem_printf("%s\n", line), dedup[] = "dedup", option[] = "--store";
	char *argv[] = {e2e.newsctl, dedup, option, e2e.store, NULL};
	program_run(&ran, argv, input, strlen(input));
	assert_int_equal(ran.status, 0);
	struct json_object *out = one_json(ran.out);
	assert_string_equal(json_object_get_string(member(out, "relation")), "near");
	assert_int_equal(json_object_get_int64(member(out, "stored")),
	    e2e_int("SELECT id FROM articles WHERE url LIKE '%/story/original'"));
	assert_int_equal(
	    -json_object_get_int64(member(out, "story")), e2e_int("SELECT id FROM top_stories"));
	json_object_put(out);
	json_object_put(in);
	ran_clear(&ran);
	mem_free(input);
	mem_free(longer);
	mem_free(body);
}

static void
test_a_scraped_copy_is_the_same_story(void **state)
{
	(void)state;
	let_it_be_copied();
	e2e_expect_int("SELECT count(*) FROM stories", 2);
	e2e_expect_int("SELECT sites FROM top_stories", 2);
	e2e_expect_text("SELECT title FROM top_stories", SITE_STORY_TITLE);
	e2e_expect_int("SELECT count(*) FROM story_members WHERE relation IN ('near', 'contains')"
		       " AND url LIKE '%/story/copy' AND of_article = (SELECT article_id FROM links"
		       " WHERE url LIKE '%/story/original')",
	    1);
	EXPECT_CTL(SITE_STORY_TITLE, "stories");
	/* its trailer is no text: it tells where the story comes from */
	EXPECT_CTL("courier.example", "stories", "--since", "1h", "--limit", "1");
	e2e_expect_text("SELECT syndicated_from FROM articles WHERE url LIKE '%/story/copy'",
	    "courier.example");
	e2e_expect_int("SELECT count(*) FROM articles WHERE body LIKE '%Read Full Article%'", 0);
	struct ran ran;
	e2e_ctl(&ran, 0, "stories", "--since", "2001-01-01", "--json", NULL);
	ran.out[strcspn(ran.out, "\n") + 1] = '\0'; /* the first */
	struct json_object *o = one_json(ran.out);
	assert_int_equal(json_object_get_int(member(o, "sites")), 2);
	json_object_put(o);
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
	expect_known();
}

static void
test_why_is_told(void **state)
{
	(void)state;
	let_it_be_copied();
	char *copy = e2e_url(2, "/story/copy"), *original = e2e_url(1, "/story/original"),
	     *other = e2e_url(1, "/news/51");
	EXPECT_CTL("by the rule \"copy\"", "why-dup", copy);
	EXPECT_CTL("[The ferry that ran aground off Saltmarsh on Saturday night", "why-dup", copy);
	EXPECT_CTL("Measured now: A is", "why-dup", original, copy);
	EXPECT_CTL("Nothing was decided about these two", "why-dup", original, other);
	EXPECT_CTL("too little in common", "why-dup", original, other);
	struct ran ran;
	e2e_ctl(&ran, 0, "why-dup", copy, "--json", NULL);
	struct json_object *o = one_json(ran.out);
	assert_string_equal(json_object_get_string(member(o, "rule")), "copy");
	assert_true(json_object_get_double(member(o, "containment")) > .8);
	assert_true(json_object_get_double(member(member(o, "decided"), "figures")) > .9);
	expect(json_object_get_string(member(member(o, "b"), "marked")), "[\"You can't sell");
	json_object_put(o);
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "why-dup", other, NULL);
	expect(ran.err, "name one to compare it with");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "why-dup", copy, copy, NULL);
	expect(ran.err, "both are article");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "why-dup", "4711", NULL);
	expect(ran.err, "there is no article 4711");
	ran_clear(&ran);
	mem_free(copy);
	mem_free(original);
	mem_free(other);
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

static void
test_an_operator_has_the_last_word(void **state)
{
	(void)state;
	struct ran ran;
	let_it_be_copied();
	char *story = e2e_text("SELECT CAST(id AS TEXT) FROM top_stories"),
	     *copy = e2e_text("SELECT CAST(article_id AS TEXT) FROM links WHERE url LIKE "
			      "'%/story/copy'");
	EXPECT_CTL("that article alone", "split", copy);
	e2e_expect_int("SELECT count(*) FROM stories", 3);
	EXPECT_CTL("split", "story", copy);
	EXPECT_CTL("has taken in", "merge", copy, story);
	e2e_expect_int("SELECT sites FROM top_stories", 2);
	EXPECT_CTL("merge", "story", story);
	/* what has nothing to do with them: there, but not the first nor a copy */
	char *other = e2e_text("SELECT CAST(id AS TEXT) FROM stories WHERE sites = 1");
	EXPECT_CTL("has taken in", "merge", other, story);
	e2e_ctl(&ran, 0, "story", "--json", story, NULL);
	char *first = strstr(ran.out, "\"relation\":\"first\"");
	assert_non_null(first);
	assert_null(strstr(first + 1, "\"relation\":\"first\""));
	expect(ran.out, "\"relation\":null");
	ran_clear(&ran);
	EXPECT_CTL("what it was with", "split", other);
	mem_free(other);
	e2e_ctl(&ran, 1, "merge", copy, story, NULL);
	expect(ran.err, "there is no story");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "split", "4711", NULL);
	expect(ran.err, "there is no article 4711");
	ran_clear(&ran);
	e2e_ctl(&ran, 2, "split", "x", NULL);
	expect(ran.err, "\"x\" is no number of an article");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "story", "4711", NULL);
	expect(ran.err, "there is no story 4711");
	ran_clear(&ran);
	EXPECT_CTL("\"other\":", "split", "--json", copy);
	EXPECT_CTL("articles compared with", "status");
	e2e_stop(SIGKILL);
	e2e_start();
	e2e_expect_int("SELECT count(*) FROM stories", 3);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	mem_free(story);
	mem_free(copy);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_a_scraped_copy_is_the_same_story, e2e_fresh),
	    cmocka_unit_test_setup(test_why_is_told, e2e_fresh),
	    cmocka_unit_test_setup(test_an_operator_has_the_last_word, e2e_fresh),
	};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
