/*
 * test_sites: the lines that a site puts under its stories, and whether its pages have changed. The
 * pure halves by hand, then a newspaper in a world of its own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "clock.h"
#include "drift.h"
#include "mem.h"
#include "sitelines.h"
#include "world.h"

#define T0    INT64_C(1798761600)
#define HOUR  3600
#define CALL  "Sign up for our newsletter and never miss a story from the harbour."
#define MOTTO "The harbour never sleeps, and neither do those who report from it."
#define BIO   "Ada Lind writes about ships and those who build them."

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

/* ---- lines ---- */

/* A text of its own with LAST (may be NULL) as its last line. */
static char *
story(int n, const char *first, const char *last)
{
	return arena_printf(&a,
	    "%s%sThe council met for the %dth time and spoke about the %dth bridge for two hours.\n"
	    "Nobody of the %d who had come went home before the vote, which came at %d minutes to "
	    "ten.\nThe works begin on day %d of the new year, and end when they end, said number %d."
	    "%s%s",
	    first ? first : "", first ? "\n" : "", n, n + 3, n * 7, n % 50, n * 11, n * 13,
	    last ? "\n" : "", last ? last : "");
}

/* Read TEXT at AT as a new article: what is left of it. */
static char *
take(struct sitelines *s, const char *text, int64_t at)
{
	struct siteline_text t;
	sitelines_read(&a, text, &t);
	size_t n = sitelines_judge(s, &t, at);
	char *left = n ? sitelines_strip(&a, text, &t) : arena_strdup(&a, text);
	sitelines_learn(s, &t, at);
	return left;
}

static void
test_a_call_under_every_story(void **state)
{
	(void)state;
	struct sitelines s = {0};
	int gone_from = 0;
	for (int i = 1; i <= 20; i++) {
		char *left = take(&s, story(i, NULL, CALL), T0 + i * 3 * HOUR);
		int gone = !strstr(left, CALL);
		assert_non_null(strstr(left, "The works begin"));
		if (gone && !gone_from)
			gone_from = i;
		assert_int_equal(gone, gone_from != 0);
	}
	assert_in_range(gone_from, 4, 5); /* seen in three, over some hours */
}

static void
test_a_line_over_every_story(void **state)
{
	(void)state;
	struct sitelines s = {0};
	char *left = NULL;
	for (int i = 1; i <= 10; i++)
		left =
		    take(&s, story(i, "Read on in our printed edition.", NULL), T0 + i * 3 * HOUR);
	assert_null(strstr(left, "printed edition"));
	assert_int_equal(strncmp(left, "The council", 11), 0);
}

/* One author of ten. */
static void
test_an_author_box(void **state)
{
	(void)state;
	struct sitelines s = {0};
	char *left = NULL;
	for (int i = 1; i <= 121; i++) {
		char *last = i % 20 == 1 ? arena_strdup(&a, BIO)
					 : arena_printf(&a, "Somebody of number %d wrote this.", i);
		left = take(&s, story(i, NULL, last), T0 + i * 3 * HOUR);
	}
	assert_null(strstr(left, BIO));
}

/* What follow-ups quote, and copies, are no site lines. */
static void
test_what_stories_share(void **state)
{
	(void)state;
	struct sitelines s = {0};
	static const char quote[] = "“We had sold the boats already,” said the harbour master.";
	for (int i = 1; i <= 60; i++) {
		char *left = take(&s, story(i, NULL, i % 15 == 0 ? quote : NULL), T0 + i * HOUR);
		assert_int_equal(strstr(left, quote) != NULL, i % 15 == 0);
	}
	/* the same story, brought up to date within a day */
	memset(&s, 0, sizeof s);
	for (int i = 1; i <= 12; i++) {
		char *text =
		    arena_printf(&a, "%s\nUpdate number %d came at noon.", story(1, NULL, NULL), i);
		char *left = take(&s, text, T0 + i * 2 * HOUR);
		assert_non_null(strstr(left, "The council met"));
		assert_non_null(strstr(left, "The works begin"));
	}
}

/* A burst is no habit: three articles within the hour. */
static void
test_a_burst(void **state)
{
	(void)state;
	struct sitelines s = {0};
	for (int i = 1; i <= 10; i++)
		assert_non_null(strstr(take(&s, story(i, NULL, CALL), T0 + i * 60), CALL));
}

static void
test_half_of_the_text_stays(void **state)
{
	(void)state;
	struct sitelines s = {0};
	char *left = NULL;
	for (int i = 1; i <= 20; i++)
		left = take(&s,
		    arena_printf(
			&a, "Number %d.\n" CALL "\n" BIO "\nAll rights are reserved here.", i),
		    T0 + i * 3 * HOUR);
	assert_non_null(strstr(left, CALL));
}

static void
test_what_the_operator_says(void **state)
{
	(void)state;
	struct sitelines s = {0};
	struct siteline_text t;
	sitelines_read(&a, story(1, NULL, CALL), &t);
	uint64_t hash = t.uses[t.uses_len - 1].hash;
	sitelines_order(&s, hash, SITELINE_DROP, T0);
	assert_null(strstr(take(&s, story(1, NULL, CALL), T0), CALL));
	sitelines_order(&s, hash, SITELINE_KEEP, T0);
	for (int i = 2; i < 300; i++) /* and it is not forgotten, whatever comes */
		assert_non_null(strstr(take(&s, story(i, NULL, CALL), T0 + i * 3 * HOUR), CALL));
	sitelines_order(&s, hash, SITELINE_LEARNED, T0 + 900 * HOUR);
	assert_null(strstr(take(&s, story(301, NULL, CALL), T0 + 910 * HOUR), CALL));
}

static void
test_memory_is_bounded_and_packed(void **state)
{
	(void)state;
	struct sitelines s = {0}, back;
	uint8_t bytes[SITELINES_PACKED];
	size_t len;
	struct buf b;
	buf_init(&b, 1 << 20);
	for (int i = 1; i <= 400; i++) {
		b.len = 0;
		for (int k = 0; k < 30; k++)
			buf_printf(&b, "Line number %d of text number %d.\n", k, i);
		take(&s, buf_str(&b), T0 + i * HOUR);
		assert_true(s.len <= SITELINES_MAX);
		arena_clear(&a);
	}
	sitelines_pack(&s, bytes, &len);
	assert_true(len <= SITELINES_PACKED);
	sitelines_unpack(&back, bytes, len);
	assert_int_equal(back.len, s.len);
	assert_int_equal(back.number, s.number);
	assert_memory_equal(back.lines, s.lines, s.len * sizeof *s.lines);
	sitelines_unpack(&back, bytes, len - 1); /* nothing else is taken */
	assert_int_equal(back.len, 0);
	sitelines_unpack(&back, NULL, 0);
	assert_int_equal(back.len, 0);
	buf_clear(&b);
	take(&back, "", T0);
	take(&back, "\n\n\n", T0);
}

/* ---- drift ---- */

static struct drift_change
see(struct drift *d, uint32_t words, int match, int64_t *at)
{
	struct drift_change c;
	drift_learn(d, &(struct drift_page){words, match}, *at += HOUR, &c);
	return c;
}

static void
usual(struct drift *d, int n, int64_t *at)
{
	for (int i = 0; i < n; i++) {
		struct drift_change c = see(d, 300 + (uint32_t)(i * 37 % 400), 1, at);
		assert_int_equal(c.begins + c.ends, 0);
	}
}

static void
test_a_new_template(void **state)
{
	(void)state;
	static const struct {
		uint32_t words;
		int match;
		enum drift_kind kind;
	} cases[] = {{40, 1, DRIFT_SHORT}, {450, 0, DRIFT_TITLES}, {0, -1, DRIFT_EMPTY}};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct drift d;
		int64_t at = T0;
		drift_unpack(&d, NULL, 0);
		usual(&d, 60, &at);
		struct drift_change c = {0};
		int64_t first = at + HOUR;
		for (int k = 1; k <= 5; k++) {
			c = see(&d, cases[i].words, cases[i].match, &at);
			assert_int_equal(c.begins, k == 5);
		}
		assert_int_equal(c.kind, cases[i].kind);
		assert_int_equal(c.since, first);
		assert_true(c.before > c.after);
		uint8_t bytes[DRIFT_PACKED]; /* over a restart */
		drift_pack(&d, bytes);
		drift_unpack(&d, bytes, sizeof bytes);
		for (int k = 1; k <= 5; k++) {
			c = see(&d, 400, 1, &at);
			assert_int_equal(c.ends, k == 5);
		}
		assert_int_equal(c.settled, 0);
		usual(&d, 20, &at);
	}
}

/* It stays so: the site is learned anew. */
static void
test_a_template_that_stays(void **state)
{
	(void)state;
	struct drift d;
	int64_t at = T0;
	int begins = 0, ends = 0, settled = 0;
	drift_unpack(&d, NULL, 0);
	usual(&d, 60, &at);
	for (int i = 0; i < 100; i++) {
		struct drift_change c = see(&d, 50, 1, &at);
		begins += c.begins;
		ends += c.ends;
		settled += c.settled;
	}
	assert_int_equal(begins, 1);
	assert_int_equal(ends, 1);
	assert_int_equal(settled, 1);
}

/* Short notes among long reads, a site whose titles never match, and one that is new. */
/* Every second page gives nothing and the others a tenth: no kind has five in a row. */
static void
test_a_template_broken_in_two_ways(void **state)
{
	(void)state;
	struct drift d;
	int64_t at = 0, first = 0;
	drift_unpack(&d, NULL, 0);
	usual(&d, 30, &at);
	for (int i = 1; i <= 20; i++) {
		struct drift_change c = see(&d, i % 2 ? 50 : 0, i % 2 ? 1 : -1, &at);
		first = i == 1 ? at : first;
		assert_int_equal(c.begins, i == 5);
		assert_int_equal(c.ends, i == 20);
		if (c.begins || c.ends) {
			assert_int_equal(c.kind, DRIFT_SHORT);
			assert_int_equal(c.since, first);
		}
		assert_int_equal(c.settled, c.ends);
	}
}

static void
test_what_is_no_drift(void **state)
{
	(void)state;
	struct drift d;
	int64_t at = T0;
	drift_unpack(&d, NULL, 0);
	for (int i = 0; i < 400; i++) {
		struct drift_change c = see(&d, i % 3 ? 900 : 60, i % 2, &at);
		assert_int_equal(c.begins, 0);
	}
	drift_unpack(&d, NULL, 0);
	for (int i = 0; i < 15; i++)
		assert_int_equal(see(&d, i < 8 ? 500 : 20, -1, &at).begins, 0);
}

/* ---- in a world ---- */

static char *
page(int n, const char *text)
{
	return mem_printf(
	    "<html><head><title>Bridge %d</title></head><body><article><h1>Bridge %d</h1>"
	    "%s</article></body></html>",
	    n, n, text);
}

/* Serve story N, and a feed that names it. */
static void
publish(struct world *w, int n, int is_short)
{
	char url[64],
	    *paragraphs = mem_printf(
		"<p>The council met for the %dth time and spoke about bridge %d for two "
		"hours, while the rain fell on the roof of the hall.</p>"
		"<p>Nobody of the %d who had come went home before the vote, which came at "
		"%d minutes to ten and was close, as it always is.</p>"
		"<p>The works begin on day %d of the new year, and they end when they end, "
		"said the engineer, who has built %d others.</p>"
		"<p>In the hall of the old fish market, where %d chairs had been set out, "
		"people stood along the walls and out on the quay, and those who could not "
		"hear asked those who could, who told them something else.</p><p>" MOTTO "</p>",
		n, n, n * 7, n % 50, n * 11, n * 3, n * 9);
	snprintf(url, sizeof url, "http://paper.example/%d", n);
	char *body =
	    page(n, is_short ? "<p>The page has a new shape, and the text is somewhere else "
			       "in it, where nobody who reads this will ever find it.</p>"
			     : paragraphs);
	world_route(w, url, 200, "text/html", body);
	mem_free(body);
	mem_free(paragraphs);
	body =
	    mem_printf("<rss version='2.0'><channel><title>P</title><item><title>Bridge %d</title>"
		       "<link>%s</link></item></channel></rss>",
		n, url);
	world_route(w, "http://paper.example/feed", 200, "application/rss+xml", body);
	mem_free(body);
	world_run(w, 4 * HOUR);
}

static const char settings[] = "poll_min = 1h\npoll_min_blind = 1h\npoll_max = 2h\n";

static void
test_a_newspaper(void **state)
{
	(void)state;
	struct world *w = world_new(settings);
	publish(w, 1, 0);
	world_add_feed(w, "http://paper.example/feed");
	for (int i = 1; i <= 12; i++)
		publish(w, i, 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 12);
	long with =
	    world_count(w, "SELECT count(*) FROM articles WHERE body LIKE '%never sleeps%'");
	assert_in_range(with, 3, 5);
	assert_int_equal(world_count(w, "SELECT count(*) FROM dropped_lines"), 12 - with);
	assert_string_equal(world_sql(w, "SELECT text FROM dropped_lines"), MOTTO);
	assert_int_equal(world_count(w, "SELECT dropped FROM site_lines"), 12 - with);
	assert_string_equal(world_sql(w, "SELECT site FROM site_lines"), "paper.example");
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM articles WHERE body LIKE '%The works begin%'"),
	    12);
	/* over a restart nothing is forgotten */
	world_stop(w);
	world_start(w);
	publish(w, 13, 0);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM articles WHERE body LIKE '%never sleeps%'"), with);
	world_free(w);

	char *keeping = mem_printf("%sdrop_site_lines = no\n", settings);
	w = world_new(keeping);
	mem_free(keeping);
	publish(w, 1, 0);
	world_add_feed(w, "http://paper.example/feed");
	for (int i = 1; i <= 12; i++)
		publish(w, i, 0);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM articles WHERE body LIKE '%never sleeps%'"), 12);
	assert_true(
	    world_count(w, "SELECT count(*) FROM site_lines") > 0); /* learned all the same */
	world_free(w);
}

static void
test_a_newspaper_with_a_new_shape(void **state)
{
	(void)state;
	struct world *w = world_new(settings);
	publish(w, 1, 0);
	world_add_feed(w, "http://paper.example/feed");
	for (int i = 1; i <= 24; i++)
		publish(w, i, 0);
	assert_int_equal(world_count(w, "SELECT count(*) FROM drifts"), 0);
	for (int i = 25; i <= 31; i++)
		publish(w, i, 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM drifts"), 1);
	assert_string_equal(world_sql(w, "SELECT site FROM drifts"), "paper.example");
	assert_int_equal(world_count(w, "SELECT ended IS NULL FROM drifts"), 1);
	for (int i = 32; i <= 40; i++)
		publish(w, i, 0);
	assert_string_equal(world_sql(w, "SELECT how FROM drifts"), "recovered");
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_a_call_under_every_story, teardown),
	    cmocka_unit_test_teardown(test_a_line_over_every_story, teardown),
	    cmocka_unit_test_teardown(test_an_author_box, teardown),
	    cmocka_unit_test_teardown(test_what_stories_share, teardown),
	    cmocka_unit_test_teardown(test_a_burst, teardown),
	    cmocka_unit_test_teardown(test_half_of_the_text_stays, teardown),
	    cmocka_unit_test_teardown(test_what_the_operator_says, teardown),
	    cmocka_unit_test_teardown(test_memory_is_bounded_and_packed, teardown),
	    cmocka_unit_test(test_a_new_template),
	    cmocka_unit_test(test_a_template_that_stays),
	    cmocka_unit_test(test_a_template_broken_in_two_ways),
	    cmocka_unit_test(test_what_is_no_drift),
	    cmocka_unit_test(test_a_newspaper),
	    cmocka_unit_test(test_a_newspaper_with_a_new_shape),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
