/*
 * test_newsctl_dedup: the filter `newsctl dedup` as another program would use it: the answers and
 * their order, bad lines, its options, and its manners on pipes. Runs the real program (NEWSCTL,
 * else ./newsctl).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "member.h"
#include "mem.h"
#include "program.h"
#include "prose.h"

#define INPUT_MAX ((size_t)256 << 20)

static char *newsctl;

/* ---- input ---- */

/* Add an article of SITE at URL with TEXT, and MORE members (",\"at\":1", or ""). */
static void
add(struct buf *in, int id, const char *site, const char *url, const char *text, const char *more)
{
	struct json_object *quoted = json_object_new_string(text);
	buf_printf(in, "{\"id\":%d,\"site\":\"%s\",\"url\":\"%s\",\"text\":", id, site, url);
	buf_add_str(in, json_object_to_json_string_ext(quoted, JSON_C_TO_STRING_PLAIN));
	buf_printf(in, "%s}\n", more);
	json_object_put(quoted);
}

static char *
article(uint64_t seed)
{
	struct buf b;
	buf_init(&b, INPUT_MAX);
	prose_article(&b, seed, 200);
	char *text = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return text;
}

static char *
edited(const char *text, unsigned percent)
{
	struct buf b;
	buf_init(&b, INPUT_MAX);
	prose_edit(&b, text, 1, percent);
	char *out = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return out;
}

/* ---- answers ---- */

/* The answers to IN (cleared) as an array, in the order in which they came. OPTION may be NULL. */
static struct json_object *
answers(struct buf *in, const char *option, const char *value)
{
	char command[] = "dedup";
	char *argv[] = {newsctl, command, (char *)option, (char *)value, NULL};
	struct ran ran;
	program_run(&ran, argv, in->data, in->len);
	if (ran.status != 0)
		fail_msg("dedup ended with %d: %s", ran.status, ran.err);
	struct json_object *all = json_object_new_array();
	char *rest = ran.out, *line;
	while ((line = strsep(&rest, "\n")) && rest) {
		struct json_object *o = json_tokener_parse(line);
		if (!o)
			fail_msg("no JSON: %s", line);
		json_object_array_add(all, o);
	}
	ran_clear(&ran);
	buf_clear(in);
	buf_init(in, INPUT_MAX);
	return all;
}

/* Answer I is RELATION (NULL: none) to article OF (0: none). Returns its story. */
static int64_t
expect(struct json_object *all, size_t i, const char *relation, int of)
{
	struct json_object *o = json_object_array_get_idx(all, i);
	struct json_object *told = member(o, "relation"), *told_of = member(o, "of");
	assert_int_equal(json_object_get_int(member(o, "id")), i + 1);
	if ((relation == NULL) != (told == NULL) ||
	    (relation && strcmp(relation, json_object_get_string(told)) != 0) ||
	    json_object_get_int(told_of) != of || (!of && told_of))
		fail_msg("%s: expected %s of %d", json_object_to_json_string(o),
		    relation ? relation : "null", of);
	double similarity = json_object_get_double(member(o, "similarity"));
	assert_true(similarity >= 0 && similarity <= 1 && (similarity > 0) == (of != 0));
	return json_object_get_int64(member(o, "story"));
}

/* ---- tests ---- */

static void
test_stories(void **state)
{
	struct buf in;
	char *one = article(1), *two = article(2), *near = edited(one, 4), *later = edited(one, 10);
	(void)state;
	buf_init(&in, INPUT_MAX);
	add(&in, 1, "A", "http://a.example/1", one, "");
	add(&in, 2, "B", "http://b.example/1", two, "");
	add(&in, 3, "C", "http://c.example/1", near, "");
	add(&in, 4, "C", "http://c.example/2", one, "");
	add(&in, 5, "A", "http://a.example/1", one, "");
	add(&in, 6, "A", "http://A.EXAMPLE:80/1?utm_source=x", later, ""); /* the same address */
	char *both = mem_printf("%s\n%s", two, one);
	add(&in, 7, "D", "http://d.example/1", both, "");
	struct json_object *all = answers(&in, NULL, NULL);
	assert_int_equal(json_object_array_length(all), 7);
	int64_t story = expect(all, 0, NULL, 0), other = expect(all, 1, NULL, 0);
	assert_int_not_equal(story, other);
	assert_int_equal(expect(all, 2, "near", 1), story);
	assert_int_equal(expect(all, 3, "exact", 1), story);
	assert_int_equal(expect(all, 4, "exact", 1), story);
	assert_int_equal(expect(all, 5, "revision", 1), story);
	assert_int_equal(expect(all, 6, "contains", 2), other);
	struct json_object *also = member(json_object_array_get_idx(all, 6), "also");
	assert_true(json_object_array_length(also) >= 1);
	struct json_object *link = json_object_array_get_idx(also, 0);
	assert_int_equal(json_object_get_int64(member(link, "story")), story);
	assert_true(json_object_get_int(member(link, "of")) > 0);
	json_object_put(all);
	mem_free(one);
	mem_free(two);
	mem_free(near);
	mem_free(later);
	mem_free(both);
	buf_clear(&in);
}

static void
test_ids_come_back_as_they_were(void **state)
{
	struct buf in;
	char *one = article(1);
	(void)state;
	buf_init(&in, INPUT_MAX);
	buf_printf(&in, "{\"id\":\"x/\\u00e9\\\"\",\"text\":");
	struct json_object *quoted = json_object_new_string(one);
	const char *text = json_object_to_json_string_ext(quoted, JSON_C_TO_STRING_PLAIN);
	buf_printf(&in, "%s}\n{\"text\":%s}", text, text);
	json_object_put(quoted);
	struct json_object *all = answers(&in, NULL, NULL);
	assert_int_equal(json_object_array_length(all), 2); /* the last line has no newline */
	struct json_object *first = json_object_array_get_idx(all, 0);
	struct json_object *second = json_object_array_get_idx(all, 1);
	assert_string_equal(json_object_get_string(member(first, "id")), "x/\xc3\xa9\"");
	assert_null(member(second, "id"));
	assert_string_equal(json_object_get_string(member(second, "of")), "x/\xc3\xa9\"");
	json_object_put(all);
	mem_free(one);
	buf_clear(&in);
}

static void
test_bad_lines(void **state)
{
	static const struct {
		const char *line, *id, *words;
	} cases[] = {
	    {"nonsense", NULL, "no JSON"},
	    {"[1]", NULL, "no JSON object"},
	    {"{\"id\":1,\"text\":\"a", NULL, "cut short"},
	    {"{\"id\":2}", "2", "no text"},
	    {"{\"id\":3,\"text\":4}", "3", "text is not a text"},
	    {"{\"id\":4,\"text\":\"a\\u0000b\"}", "4", "text holds a NUL"},
	    {"{\"id\":5,\"text\":\"a\",\"site\":[]}", "5", "site is not a text"},
	    {"{\"id\":{},\"text\":\"a\"}", NULL, "id is neither"},
	};
	struct buf in;
	size_t n = sizeof cases / sizeof *cases;
	(void)state;
	buf_init(&in, INPUT_MAX);
	for (size_t i = 0; i < n; i++)
		buf_printf(&in, "%s\n\n  \n", cases[i].line);
	buf_add_str(&in, "{\"id\":99,\"text\":\"It goes on.\",\"published\":\"no date\"}\n");
	struct json_object *all = answers(&in, NULL, NULL);
	assert_int_equal(json_object_array_length(all), n + 1);
	for (size_t i = 0; i < n; i++) {
		struct json_object *o = json_object_array_get_idx(all, i);
		const char *error = json_object_get_string(member(o, "error"));
		struct json_object *id = member(o, "id");
		if (!strstr(error, cases[i].words))
			fail_msg("%s: %s", cases[i].line, error);
		assert_int_equal(id != NULL, cases[i].id != NULL);
		if (id)
			assert_string_equal(json_object_get_string(id), cases[i].id);
	}
	assert_null(member(json_object_array_get_idx(all, n), "relation"));
	json_object_put(all);
	buf_clear(&in);
}

static void
test_dates_and_the_window(void **state)
{
	struct buf in;
	char *one = article(1), *far = edited(one, 20), *cut_far = edited(one, 3);
	(void)state;
	buf_init(&in, INPUT_MAX);
	add(&in, 1, "A", "", one, ",\"published\":\"2026-01-01T00:00:00Z\"");
	add(&in, 2, "B", "", far, ",\"published\":\"Thu, 01 Jan 2026 20:00:00 GMT\"");
	struct json_object *all = answers(&in, NULL, NULL);
	expect(all, 1, "near", 1);
	json_object_put(all);
	add(&in, 1, "A", "", one, ",\"published\":\"2026-01-01T00:00:00Z\"");
	add(&in, 2, "B", "", far,
	    ",\"published\":1767916800"); /* a week later: too much is changed */
	all = answers(&in, NULL, NULL);
	assert_int_not_equal(expect(all, 0, NULL, 0),
	    json_object_get_int64(member(json_object_array_get_idx(all, 1), "story")));
	json_object_put(all);
	for (int day = 3; day <= 5; day += 2) { /* inside and outside of a window of four days */
		char later[64];
		snprintf(later, sizeof later, ",\"at\":%d", 1000000 + day * 86400);
		add(&in, 1, "A", "", one, ",\"at\":1000000");
		add(&in, 2, "B", "", cut_far, later);
		all = answers(&in, "--window", "4");
		expect(all, 1, day < 4 ? "near" : NULL, day < 4 ? 1 : 0);
		json_object_put(all);
	}
	mem_free(one);
	mem_free(far);
	mem_free(cut_far);
	buf_clear(&in);
}

static void
test_memory_is_bounded(void **state)
{
	/* more articles than a megabyte of index holds: the newest are known, the oldest forgotten
	 */
	struct buf in;
	enum { MANY = 6000 };
	(void)state;
	buf_init(&in, INPUT_MAX);
	for (int i = 0; i < MANY; i++) {
		char *text = article((uint64_t)i);
		add(&in, i + 1, "A", "", text, "");
		mem_free(text);
	}
	char *first = article(0), *last = article(MANY - 1);
	add(&in, MANY + 1, "B", "", last, "");
	add(&in, MANY + 2, "C", "", first, "");
	struct json_object *all = answers(&in, "--memory", "1");
	assert_int_equal(json_object_array_length(all), MANY + 2);
	expect(all, MANY, "exact", MANY);
	expect(all, MANY + 1, NULL, 0);
	json_object_put(all);
	mem_free(first);
	mem_free(last);
	buf_clear(&in);
}

static void
test_wrong_options(void **state)
{
	static const char *const cases[][2] = {{"--window", "0"}, {"--window", "x"},
	    {"--memory", "0"}, {"--keys", "37"}, {"--keys", "3"}, {"--sandbox", "1"}};
	char command[] = "dedup";
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *argv[] = {newsctl, command, (char *)cases[i][0], (char *)cases[i][1], NULL};
		struct ran ran;
		program_run(&ran, argv, "", 0);
		assert_int_equal(ran.status, 2);
		assert_true(*ran.err);
		ran_clear(&ran);
	}
}

static void
test_a_temporary_file_that_cannot_be(void **state)
{
	char command[] = "dedup", *argv[] = {newsctl, command, NULL};
	struct ran ran;
	(void)state;
	setenv("TMPDIR", "/nowhere/at/all", 1);
	program_run(&ran, argv, "{\"text\":\"a\"}\n", 13);
	unsetenv("TMPDIR");
	assert_int_equal(ran.status, 1);
	assert_non_null(strstr(ran.err, "TMPDIR"));
	assert_int_equal(ran.out_len, 0);
	ran_clear(&ran);
}

static void
test_answers_come_at_once(void **state)
{
	char command[] = "dedup", *argv[] = {newsctl, command, NULL};
	static const char line[] = "{\"id\":1,\"text\":\"Rain fell in the hills.\"}\n";
	int in, out;
	(void)state;
	pid_t pid = program_start(argv, &in, &out);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(write(in, line, sizeof line - 1), sizeof line - 1);
		char *answer = program_read_line(out, 30);
		assert_non_null(answer);
		assert_non_null(strstr(answer, "\"id\":1"));
		free(answer);
	}
	close(in);
	assert_int_equal(program_wait(pid), 0);
	close(out);
}

static void
test_a_reader_that_goes(void **state)
{
	char command[] = "dedup", *argv[] = {newsctl, command, NULL};
	static const char line[] = "{\"id\":1,\"text\":\"Rain fell in the hills.\"}\n";
	int in, out;
	(void)state;
	pid_t pid = program_start(argv, &in, &out);
	close(out);
	assert_int_equal(write(in, line, sizeof line - 1), sizeof line - 1);
	assert_int_equal(program_wait(pid), 1);
	close(in);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_stories),
	    cmocka_unit_test(test_ids_come_back_as_they_were),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_dates_and_the_window),
	    cmocka_unit_test(test_memory_is_bounded),
	    cmocka_unit_test(test_wrong_options),
	    cmocka_unit_test(test_a_temporary_file_that_cannot_be),
	    cmocka_unit_test(test_answers_come_at_once),
	    cmocka_unit_test(test_a_reader_that_goes),
	};
	const char *program = getenv("NEWSCTL");
	newsctl = mem_strdup(program && *program ? program : "./newsctl");
	int failed = cmocka_run_group_tests(tests, NULL, NULL);
	mem_free(newsctl);
	return failed;
}
