/* test_base: errors, mem, clock, buf, hash, heap. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "clock.h"
#include "errors.h"
#include "hash.h"
#include "heap.h"
#include "mem.h"

static void
test_fault_is_one_line(void **state)
{
	(void)state;
	struct fault f;
	assert_int_equal(fault_set(&f, ERR_IO, "a\nb\x1b[31m%s", "\rc"), ERR_IO);
	assert_string_equal(f.text, "a?b?[31m?c");
	assert_int_equal(fault_set(NULL, ERR_LIMIT, "nobody listens"), ERR_LIMIT);
	assert_string_equal(error_name(ERR_FULL), "disk_full");
	assert_string_equal(error_name(-999), "unknown");
}

static void
test_arena_keeps_what_it_gave(void **state)
{
	(void)state;
	struct arena a = {0};
	char *first = arena_strdup(&a, "first");
	for (int i = 0; i < 10000; i++)
		assert_int_equal((uintptr_t)arena_alloc(&a, (size_t)(i % 300)) % 16, 0);
	char *large = arena_zalloc(&a, 1 << 20);
	assert_int_equal(large[(1 << 20) - 1], 0);
	assert_string_equal(first, "first");
	assert_string_equal(arena_printf(&a, "%d-%s", 7, "x"), "7-x");
	assert_null(arena_strdup(&a, NULL));
	assert_true(a.total > 1 << 20);
	arena_clear(&a);
	assert_int_equal(a.total, 0);
}

static void
test_arena_adopts(void **state)
{
	(void)state;
	struct arena a = {0};
	arena_adopt(&a, NULL, 0);
	assert_int_equal(a.total, 0);
	char *first = mem_strdup("first"), *large = mem_zalloc(1 << 20);
	arena_adopt(&a, first, 6);
	arena_adopt(&a, large, 1 << 20);
	assert_true(a.total > 1 << 20);
	arena_zalloc(&a, 1 << 20);
	large[(1 << 20) - 1] = 'x';
	assert_string_equal(first, "first");
	arena_clear(&a); /* a leak would be seen by the sanitizer */
	assert_int_equal(a.total, 0);
	assert_null(a.adopted);
}

static void
test_arena_vector_grows(void **state)
{
	(void)state;
	struct arena a = {0};
	struct pair {
		int x, y;
	} *v = NULL;
	size_t len = 0;
	for (int i = 0; i < 1000; i++) {
		struct pair *p = ARENA_PUSH(&a, v, len);
		assert_int_equal(p->x, 0);
		p->x = i;
		p->y = -i;
	}
	assert_int_equal(len, 1000);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(v[i].x + v[i].y, 0);
	assert_int_equal(v[777].x, 777);
	arena_clear(&a);
}

static void
test_clock_fake_moves_only_when_told(void **state)
{
	(void)state;
	char text[32];
	clock_fake_start(INT64_C(1769835600000));
	assert_int_equal(clock_now(), 1769835600);
	int64_t mono = clock_mono_ms();
	clock_fake_advance(1500);
	assert_int_equal(clock_now_ms(), INT64_C(1769835601500));
	assert_int_equal(clock_mono_ms() - mono, 1500);
	assert_string_equal(clock_iso(1769835600, text), "2026-01-31T05:00:00Z");
	assert_string_equal(clock_iso(-1, text), "1969-12-31T23:59:59Z");
	assert_string_equal(clock_iso(INT64_C(-59011459200), text), "0100-01-01T00:00:00Z");
	assert_string_equal(clock_iso(INT64_MAX, text), "?");
	clock_fake_stop();
}

static void
test_clock_knows_nonsense(void **state)
{
	(void)state;
	assert_true(clock_is_sane());
	clock_fake_start(0);
	assert_false(clock_is_sane());
	clock_fake_start(INT64_C(4102444800000)); /* 2100 */
	assert_false(clock_is_sane());
	clock_fake_stop();
}

static void
test_buf_has_a_maximum(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 10);
	assert_string_equal(buf_str(&b), "");
	assert_int_equal(buf_add_str(&b, "12345"), 0);
	assert_int_equal(buf_add(&b, "678901", 6), ERR_LIMIT);
	assert_string_equal(buf_str(&b), "12345");
	assert_int_equal(buf_printf(&b, "%d", 67890), 0);
	assert_int_equal(buf_printf(&b, "%d", 1), ERR_LIMIT);
	assert_null(buf_reserve(&b, SIZE_MAX));
	assert_string_equal(buf_str(&b), "1234567890");
	buf_drop_front(&b, 4);
	assert_string_equal(buf_str(&b), "567890");
	buf_drop_front(&b, 99);
	assert_int_equal(b.len, 0);
	buf_clear(&b);
}

static void
test_buf_reads_to_the_end(void **state)
{
	(void)state;
	struct buf b;
	FILE *file = tmpfile();
	assert_non_null(file);
	for (int i = 0; i < 100000; i++)
		fputs("0123456789", file);
	fflush(file);
	int fd = fileno(file);
	buf_init(&b, 1000000); /* just as much */
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(buf_read_fd(&b, fd), 0);
	assert_int_equal(b.len, 1000000);
	buf_clear(&b);
	buf_init(&b, 999999);
	assert_int_equal(lseek(fd, 0, SEEK_SET), 0);
	assert_int_equal(buf_read_fd(&b, fd), ERR_LIMIT);
	assert_int_equal(buf_read_fd(&b, -1), ERR_IO);
	buf_clear(&b);
	fclose(file);
}

static void
test_buf_charges_its_budget(void **state)
{
	(void)state;
	struct budget budget = {.max = 1000};
	struct buf a, b;
	buf_init_budget(&a, 1 << 20, &budget);
	for (int i = 0; i < 1000; i++)
		assert_int_equal(buf_add(&a, "0123456789", 10), 0);
	assert_true(budget.used >= 10000);
	assert_int_equal(budget.used, a.cap);
	buf_move(&b, &a);
	assert_int_equal(a.len, 0);
	assert_int_equal(b.len, 10000);
	buf_clear(&a);
	assert_int_equal(budget.used, b.cap);
	buf_clear(&b);
	assert_int_equal(budget.used, 0);
}

static void
test_hash_is_stable(void **state)
{
	(void)state;
	/* stored values depend on it: XXH3 of the empty string and of "newsd", from the reference
	 * library */
	uint8_t h[16], again[16];
	assert_true(hash64("", 0) == UINT64_C(0x2d06800538d394c2));
	hash128("newsd", 5, h);
	hash128("newsd", 5, again);
	assert_memory_equal(h, again, 16);
	hash128("newsD", 5, again);
	assert_memory_not_equal(h, again, 16);
}

static void
test_map_survives_churn(void **state)
{
	(void)state;
	static int values[5000];
	struct map m = {0};
	assert_null(map_get(&m, 1));
	for (uint64_t round = 0; round < 4; round++) {
		for (uint64_t k = 0; k < 5000; k++)
			map_put(&m, k * 7 + round, &values[k]);
		for (uint64_t k = 0; k < 5000; k++)
			assert_ptr_equal(map_get(&m, k * 7 + round), &values[k]);
		for (uint64_t k = 0; k < 5000; k += 2)
			assert_ptr_equal(map_remove(&m, k * 7 + round), &values[k]);
		assert_null(map_remove(&m, round));
		for (uint64_t k = 1; k < 5000; k += 2)
			assert_ptr_equal(map_remove(&m, k * 7 + round), &values[k]);
		assert_int_equal(m.count, 0);
		assert_true(m.cap <= 16384);
	}
	map_put(&m, 9, &values[1]);
	map_put(&m, 9, &values[2]);
	size_t at = 0;
	assert_ptr_equal(map_next(&m, &at), &values[2]);
	assert_null(map_next(&m, &at));
	map_clear(&m);
}

static void
test_heap_orders_and_moves(void **state)
{
	(void)state;
	static struct heap_node nodes[2000];
	struct heap h = {0};
	memset(nodes, 0, sizeof nodes);
	assert_null(heap_peek(&h));
	for (size_t i = 0; i < 2000; i++)
		heap_set(&h, &nodes[i], (int64_t)(i * 7919 % 2003));
	for (size_t i = 0; i < 2000; i += 3)
		heap_set(&h, &nodes[i], (int64_t)(i * 31 % 977));
	for (size_t i = 0; i < 2000; i += 5)
		heap_remove(&h, &nodes[i]);
	heap_remove(&h, &nodes[0]); /* twice is fine */
	assert_int_equal(h.len, 1600);
	assert_null(heap_pop_due(&h, -1));
	int64_t last = -1;
	size_t n = 0;
	for (struct heap_node *x; (x = heap_pop_due(&h, 5000)); n++) {
		assert_true(x->due >= last);
		assert_int_equal(x->at, 0);
		last = x->due;
	}
	assert_int_equal(n, 1600);
	heap_clear(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fault_is_one_line),
	    cmocka_unit_test(test_arena_keeps_what_it_gave),
	    cmocka_unit_test(test_arena_adopts),
	    cmocka_unit_test(test_arena_vector_grows),
	    cmocka_unit_test(test_clock_fake_moves_only_when_told),
	    cmocka_unit_test(test_clock_knows_nonsense),
	    cmocka_unit_test(test_buf_has_a_maximum),
	    cmocka_unit_test(test_buf_reads_to_the_end),
	    cmocka_unit_test(test_buf_charges_its_budget),
	    cmocka_unit_test(test_hash_is_stable),
	    cmocka_unit_test(test_map_survives_churn),
	    cmocka_unit_test(test_heap_orders_and_moves),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
