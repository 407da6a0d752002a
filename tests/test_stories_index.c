/* test_stories_index: the index of stories and its tables: what is found, what is forgotten, what
 * is bounded, and that a rebuild makes the same. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "../daemon/stories/index.h"
#include "../daemon/stories/table.h"

#define WINDOW_S ((int64_t)8 * 3600)
#define MB       ((size_t)1 << 20)

/* ---- tables ---- */

/* A key that is like any other, for each N. */
static uint64_t
key_of(uint64_t n)
{
	uint64_t h = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 31) * UINT64_C(0xd6e8feb86659fd93);
	h = (h ^ h >> 29) * UINT64_C(0xff51afd7ed558ccd);
	return h >> (64 - TABLE_KEY_BITS);
}

static unsigned
count_values(const struct table *t, uint64_t key, uint32_t *last)
{
	unsigned n = 0;
	uint64_t *slot;
	for (uint32_t at = 0; (slot = table_next(t, key, &at)); n++)
		*last = (uint32_t)*slot & ((1u << TABLE_VALUE_BITS) - 1);
	return n;
}

static void
test_table_keeps_what_it_was_given(void **state)
{
	struct table t = {0};
	uint32_t value;
	(void)state;
	assert_int_equal(count_values(&t, 1, &value), 0);
	for (uint32_t i = 1; i <= 200000; i++)
		assert_int_equal(table_add(&t, key_of(i), i), 1);
	for (uint32_t i = 1; i <= 200000; i++) {
		assert_true(count_values(&t, key_of(i), &value) >= 1);
		if (i % 1000 == 0)
			assert_int_equal(value, i);
	}
	assert_int_equal(count_values(&t, key_of(200001), &value), 0);
	/* 8 bytes an entry, and at most a fifth of them free */
	assert_in_range(t.bytes, 200000 * 8, 200000 * 8 * 5 / 4);
	table_clear(&t);
	assert_int_equal(t.bytes, 0);
}

static void
test_table_bounds_made_keys(void **state)
{
	/* keys that all want one slot: the first are kept, the others left out, and the look-up
	 * ends */
	struct table t = {0};
	uint32_t value;
	unsigned kept = 0;
	(void)state;
	for (uint32_t i = 1; i <= 100000; i++)
		kept += (unsigned)table_add(&t, i, i);
	assert_in_range(kept, 64, 100000);
	assert_int_equal(count_values(&t, 1, &value), 1);
	assert_true(t.bytes < 4 * MB);
	for (uint32_t i = 1; i <= 10000; i++)
		table_add(&t, 77, i);
	assert_in_range(count_values(&t, 77, &value), 0, 10000);
	table_clear(&t);
}

/* ---- the index ---- */

static struct signature
signature_of(uint64_t first, unsigned keys, uint32_t line)
{
	struct signature s = {
	    .keys_len = (uint8_t)keys, .lines_len = line ? 1 : 0, .lines = {line}};
	for (unsigned i = 0; i < keys; i++)
		s.keys[i] = key_of(first + i);
	return s;
}

static void
add(struct index *x, int64_t id, int64_t story, int64_t at, uint64_t first, unsigned keys)
{
	struct signature s = signature_of(first, keys, 0);
	struct indexed a = {.id = id, .story = story, .at = at, .site = 1};
	index_add(x, &a, &s);
}

static size_t
find(const struct index *x, uint64_t first, unsigned keys, struct found out[INDEX_FOUND_MAX])
{
	struct signature s = signature_of(first, keys, 0);
	return index_find(x, &s, out);
}

static void
test_two_shared_keys_make_a_candidate(void **state)
{
	struct index *x = index_new(WINDOW_S, 64 * MB, 36);
	struct found found[INDEX_FOUND_MAX];
	(void)state;
	assert_int_equal(find(x, 0, 20, found), 0);
	assert_int_equal(index_oldest(x), 0);
	add(x, 1, 1, 1000, 0, 20);
	add(x, 2, 2, 1000, 100, 20);
	assert_int_equal(find(x, 19, 20, found), 0); /* one key */
	assert_int_equal(find(x, 18, 20, found), 1);
	assert_int_equal(found[0].id, 1);
	assert_int_equal(found[0].keys, 2);
	assert_int_equal(find(x, 200, 20, found), 0);
	assert_int_equal(index_oldest(x), 1);
	index_free(x);
}

static void
test_the_best_comes_first(void **state)
{
	struct index *x = index_new(WINDOW_S, 64 * MB, 36);
	struct found found[INDEX_FOUND_MAX];
	(void)state;
	for (int i = 0; i < 10; i++)
		add(x, i + 1, i + 1, 1000, 2 * (uint64_t)i, 20); /* shares 20, 18, 16 ... with 0 */
	assert_int_equal(find(x, 0, 20, found), INDEX_FOUND_MAX);
	for (int i = 0; i < INDEX_FOUND_MAX; i++)
		assert_int_equal(found[i].id, i + 1);
	index_free(x);
}

static void
test_a_copy_adds_only_what_is_new(void **state)
{
	struct index *x = index_new(WINDOW_S, 64 * MB, 36);
	struct index_figures f;
	struct found found[INDEX_FOUND_MAX];
	(void)state;
	for (int i = 0; i < 1000; i++)
		add(x, i + 1, 1, 1000, i % 2 ? 0 : 10, 20);
	index_measure(x, &f);
	assert_int_equal(f.articles, 1000);
	assert_int_equal(f.entries, 30); /* of keys 0 to 29 */
	assert_int_equal(find(x, 5, 20, found), 2);
	assert_int_equal(found[0].keys, 20);
	index_free(x);
}

static void
test_a_key_of_very_many_stories_is_bounded(void **state)
{
	struct index *x = index_new(WINDOW_S, 64 * MB, 36);
	struct index_figures f;
	struct found found[INDEX_FOUND_MAX];
	(void)state;
	for (int i = 0; i < 100000; i++)
		add(x, i + 1, i + 1, 1000, 0, 20);
	index_measure(x, &f);
	assert_int_equal(f.entries, 20 * 8);
	/* the latest are kept */
	assert_int_equal(find(x, 0, 20, found), INDEX_FOUND_MAX);
	for (int i = 0; i < INDEX_FOUND_MAX; i++)
		assert_in_range(found[i].id, 100000 - 7, 100000);
	index_free(x);
}

static void
test_rare_keys_weigh_more(void **state)
{
	struct index *x = index_new(WINDOW_S, 64 * MB, 36);
	struct found found[INDEX_FOUND_MAX];
	(void)state;
	for (int i = 0; i < 6; i++)
		add(x, i + 1, i + 1, 1000, 0, 8); /* eight keys that many have */
	add(x, 50, 50, 1000, 100, 4);             /* four that one has */
	struct signature s = signature_of(0, 8, 0), t = signature_of(100, 4, 0);
	memcpy(s.keys + 8, t.keys, 4 * sizeof *t.keys);
	s.keys_len = 12;
	assert_int_equal(index_find(x, &s, found), INDEX_FOUND_MAX);
	assert_int_equal(found[0].id, 50);
	index_free(x);
}

static void
test_the_window(void **state)
{
	struct index *x = index_new(WINDOW_S, 64 * MB, 36);
	struct found found[INDEX_FOUND_MAX];
	struct index_figures f;
	(void)state;
	add(x, 1, 1, WINDOW_S * 10, 0, 20);
	add(x, 2, 2, WINDOW_S * 10 + WINDOW_S / 2, 0, 20);
	index_advance(x, WINDOW_S * 11);
	assert_int_equal(find(x, 0, 20, found), 2);
	index_advance(x, WINDOW_S * 11 + 1); /* the first is a second too old */
	assert_int_equal(find(x, 0, 20, found), 1);
	assert_int_equal(found[0].id, 2);
	/* time does not go back */
	assert_int_equal(index_advance(x, 5), WINDOW_S * 11 + 1);
	index_advance(x, WINDOW_S * 20);
	index_measure(x, &f);
	assert_int_equal(f.generations, 0);
	assert_int_equal(f.dropped, 0);
	assert_int_equal(find(x, 0, 20, found), 0);
	index_free(x);
}

static void
test_memory_is_bounded(void **state)
{
	struct index *x = index_new(WINDOW_S, MB, 36);
	struct index_figures f;
	struct found found[INDEX_FOUND_MAX];
	(void)state;
	for (int i = 0; i < 30000; i++) {
		add(x, i + 1, i + 1, 1000, (uint64_t)i * 30, 30);
		if (i % 100)
			continue;
		index_measure(x, &f);
		assert_true(f.bytes <= MB);
	}
	index_measure(x, &f);
	assert_true(f.articles > 2000 && f.generations <= 9);
	assert_int_equal(f.articles + f.dropped, 30000);
	assert_int_equal(index_oldest(x), f.dropped + 1);
	assert_int_equal(find(x, 29999 * 30, 30, found), 1); /* the newest is there */
	assert_int_equal(find(x, 0, 30, found), 0);
	index_free(x);
}

static void
test_memory_of_an_article(void **state)
{
	/* the most keys and lines: docs/stories.md promises 400 bytes for usual ones */
	struct index *x = index_new(WINDOW_S, 256 * MB, 36),
		     *low = index_new(WINDOW_S, 256 * MB, 12);
	struct index_figures f;
	(void)state;
	for (int i = 0; i < 50000; i++) {
		struct signature s = signature_of((uint64_t)i * 100, 36, 0);
		for (unsigned k = 0; k < SIGNATURE_LINES_MAX; k++)
			s.lines[k] = (uint32_t)(i * 16 + (int)k);
		s.lines_len = SIGNATURE_LINES_MAX;
		struct indexed a = {.id = i, .story = i, .at = 1000, .site = 7};
		index_add(x, &a, &s);
		index_add(low, &a, &s);
	}
	index_measure(x, &f);
	assert_int_equal(f.entries, 50000 * 42);
	assert_in_range(f.bytes / 50000, 42 * 8, 450);
	index_measure(low, &f);
	assert_in_range(f.bytes / 50000, 18 * 8, 220);
	index_free(x);
	index_free(low);
}

static void
test_lines_of_a_site(void **state)
{
	struct index *x = index_new(WINDOW_S, 64 * MB, 36);
	(void)state;
	struct signature s = signature_of(0, 4, 0xabcdef01);
	struct indexed a = {.id = 1, .story = 1, .at = 1000, .site = 5};
	index_add(x, &a, &s);
	a.id = 2; /* another article of the same story says nothing new */
	index_add(x, &a, &s);
	assert_int_equal(index_line_stories(x, 5, 0xabcdef01), 1);
	for (int i = 3; i < 20; i++) {
		a.id = a.story = i;
		index_add(x, &a, &s);
	}
	assert_int_equal(index_line_stories(x, 5, 0xabcdef01), INDEX_LINE_STORIES);
	assert_int_equal(index_line_stories(x, 6, 0xabcdef01), 0); /* another site's */
	assert_int_equal(index_line_stories(x, 5, 0xabcdef02), 0);
	index_free(x);
}

/* The two find the same for the article that begins at FIRST. */
static void
expect_same(const struct index *a, const struct index *b, uint64_t first)
{
	struct found x[INDEX_FOUND_MAX], y[INDEX_FOUND_MAX];
	size_t n = find(a, first, 30, x), m = find(b, first, 30, y);
	assert_int_equal(n, m);
	for (size_t i = 0; i < n; i++) {
		assert_int_equal(x[i].id, y[i].id);
		assert_int_equal(x[i].story, y[i].story);
		assert_int_equal(x[i].keys, y[i].keys);
	}
}

/* Article I of a stream of stories that come back, a minute after the one before it. */
static void
add_number(struct index *x, int64_t i)
{
	int64_t story = (i * 7919) % 500 + 1;
	add(x, i, story, i * 60, (uint64_t)(story * 40 + i % 10), 30);
}

static void
test_a_rebuild_makes_the_same(void **state)
{
	static const size_t memories[] = {64 * MB, MB / 8}; /* all, and too little */
	(void)state;
	for (int m = 0; m < 2; m++)
		for (int64_t stop = 100; stop < 4000; stop += 777) {
			struct index *x = index_new(WINDOW_S, memories[m], 36);
			struct index *y = index_new(WINDOW_S, memories[m], 36);
			struct index_figures f, g;
			for (int64_t i = 1; i <= stop; i++)
				add_number(x, i);
			int64_t start = index_start(WINDOW_S, stop * 60);
			for (int64_t i = 1; i <= stop; i++)
				if (i * 60 >= start)
					add_number(y, i);
			index_measure(x, &f);
			index_measure(y, &g);
			assert_int_equal(f.bytes, g.bytes);
			assert_int_equal(f.articles, g.articles);
			assert_int_equal(f.entries, g.entries);
			for (uint64_t k = 0; k < 20000; k += 37)
				expect_same(x, y, k);
			index_free(x);
			index_free(y);
		}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table_keeps_what_it_was_given),
	    cmocka_unit_test(test_table_bounds_made_keys),
	    cmocka_unit_test(test_two_shared_keys_make_a_candidate),
	    cmocka_unit_test(test_the_best_comes_first),
	    cmocka_unit_test(test_a_copy_adds_only_what_is_new),
	    cmocka_unit_test(test_a_key_of_very_many_stories_is_bounded),
	    cmocka_unit_test(test_rare_keys_weigh_more),
	    cmocka_unit_test(test_the_window),
	    cmocka_unit_test(test_memory_is_bounded),
	    cmocka_unit_test(test_memory_of_an_article),
	    cmocka_unit_test(test_lines_of_a_site),
	    cmocka_unit_test(test_a_rebuild_makes_the_same),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
