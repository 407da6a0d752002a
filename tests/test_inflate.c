/* inflate: every coding there and back, lists, bombs, truncation, servers that lie. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <brotli/encode.h>
#include <zlib.h>
#include <zstd.h>

#include "inflate.h"
#include "mem.h"

static char page[100000];
static struct fault f;

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof page; i++)
		page[i] = (char)(' ' + i * i / 97 % 90);
	return 0;
}

static struct buf
zlib_pack(const void *data, size_t len, int window_bits)
{
	struct buf b;
	z_stream z = {0};
	buf_init(&b, SIZE_MAX / 2);
	deflateInit2(&z, 9, Z_DEFLATED, window_bits, 9, Z_DEFAULT_STRATEGY);
	size_t bound = deflateBound(&z, len);
	z.next_in = (Bytef *)(uintptr_t)data;
	z.avail_in = (uInt)len;
	z.next_out = buf_reserve(&b, bound);
	z.avail_out = (uInt)bound;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	buf_added(&b, z.total_out);
	deflateEnd(&z);
	return b;
}

static struct buf
brotli_pack(const void *data, size_t len)
{
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	size_t n = BrotliEncoderMaxCompressedSize(len);
	uint8_t *to = buf_reserve(&b, n);
	assert_true(BrotliEncoderCompress(5, 22, BROTLI_MODE_TEXT, len, data, &n, to));
	buf_added(&b, n);
	return b;
}

static struct buf
zstd_pack(const void *data, size_t len)
{
	struct buf b;
	buf_init(&b, SIZE_MAX / 2);
	void *to = buf_reserve(&b, ZSTD_compressBound(len));
	buf_added(&b, ZSTD_compress(to, ZSTD_compressBound(len), data, len, 3));
	return b;
}

static int
run(const char *encoding, const void *data, size_t len, size_t max, struct buf *out)
{
	struct buf room;
	struct view got;
	buf_init(&room, max);
	buf_init(out, max);
	f.text[0] = '\0';
	int rc = inflate_body(encoding, data, len, &room, &got, &f);
	assert_int_equal(buf_add(out, got.data, got.len), 0);
	buf_clear(&room);
	return rc;
}

/* PACKED, sent as ENCODING, must give the page; cut or over the maximum it must fail. Frees it. */
static void
check(const char *encoding, struct buf packed)
{
	struct buf out;
	assert_int_equal(run(encoding, packed.data, packed.len, sizeof page, &out), 0);
	assert_int_equal(out.len, sizeof page);
	assert_memory_equal(out.data, page, sizeof page);
	buf_clear(&out);
	assert_int_equal(run(encoding, packed.data, packed.len, sizeof page - 1, &out), ERR_LIMIT);
	assert_int_equal(out.len, 0);
	assert_true(f.text[0]);
	buf_clear(&out);
	assert_int_equal(run(encoding, packed.data, packed.len / 2, sizeof page, &out), ERR_INPUT);
	buf_clear(&out);
	buf_clear(&packed);
}

static void
test_codings(void **state)
{
	(void)state;
	check("gzip", zlib_pack(page, sizeof page, 15 + 16));
	check(" X-GZIP ", zlib_pack(page, sizeof page, 15 + 16));
	check("deflate", zlib_pack(page, sizeof page, 15));
	check("deflate", zlib_pack(page, sizeof page, -15));
	check("br", brotli_pack(page, sizeof page));
	check("zstd", zstd_pack(page, sizeof page));
	check("", zlib_pack(page, sizeof page, 15 + 16)); /* sitemap.xml.gz */
}

static void
test_identity(void **state)
{
	struct buf out;
	(void)state;
	assert_int_equal(run("identity", "abc", 3, 10, &out), 0);
	assert_string_equal(buf_str(&out), "abc");
	buf_clear(&out);
	assert_int_equal(run("", "abc", 3, 2, &out), ERR_LIMIT);
	buf_clear(&out);
	assert_int_equal(run("gzip", "", 0, 10, &out), 0);
	assert_int_equal(out.len, 0);
	buf_clear(&out);
}

static void
test_nothing_to_undo_is_not_copied(void **state)
{
	static const uint8_t text[] = "<rss/>";
	struct buf room;
	struct view got;
	(void)state;
	buf_init(&room, 100);
	assert_int_equal(inflate_body("identity", text, sizeof text, &room, &got, &f), 0);
	assert_ptr_equal(got.data, text);
	assert_null(room.data);
}

static void
test_lists(void **state)
{
	(void)state;
	struct buf inner = zlib_pack(page, sizeof page, 15 + 16);
	struct buf outer = brotli_pack(inner.data, inner.len), out;
	assert_int_equal(run("gzip, br", outer.data, outer.len, sizeof page, &out), 0);
	assert_memory_equal(out.data, page, sizeof page);
	buf_clear(&out);
	/* a gzip file that was compressed once more on the way */
	assert_int_equal(run("br", outer.data, outer.len, sizeof page, &out), 0);
	assert_int_equal(out.len, sizeof page);
	buf_clear(&out);
	assert_int_equal(
	    run("gzip,gzip,gzip,gzip", outer.data, outer.len, sizeof page, &out), ERR_UNSUPPORTED);
	buf_clear(&out);
	assert_int_equal(run("exi", outer.data, outer.len, sizeof page, &out), ERR_UNSUPPORTED);
	assert_non_null(strstr(f.text, "exi"));
	buf_clear(&out);
	buf_clear(&inner);
	buf_clear(&outer);
}

static void
test_members_and_tails(void **state)
{
	(void)state;
	struct buf two = zlib_pack("hello ", 6, 15 + 16), next = zlib_pack("world", 5, 15 + 16),
		   out;
	assert_int_equal(buf_add(&two, next.data, next.len), 0);
	assert_int_equal(buf_add_str(&two, "\n<!-- cached -->"), 0);
	assert_int_equal(run("gzip", two.data, two.len, 100, &out), 0);
	assert_string_equal(buf_str(&out), "hello world");
	buf_clear(&out);
	buf_clear(&two);
	buf_clear(&next);
}

static void
test_lies_and_corruption(void **state)
{
	struct buf out;
	(void)state;
	assert_int_equal(run("gzip", " <html>", 7, 100, &out), 0);
	assert_string_equal(buf_str(&out), " <html>");
	buf_clear(&out);
	static const char *const names[] = {"gzip", "deflate", "br", "zstd"};
	for (size_t i = 0; i < 4; i++) {
		assert_int_equal(
		    run(names[i], "\x1f\x8b\xff\xff\xff garbage garbage", 21, 100, &out),
		    ERR_INPUT);
		assert_true(f.text[0]);
		buf_clear(&out);
	}
	struct buf packed = zlib_pack(page, sizeof page, 15 + 16);
	packed.data[packed.len - 6] ^= 1; /* the checksum */
	assert_int_equal(run("gzip", packed.data, packed.len, sizeof page, &out), ERR_INPUT);
	buf_clear(&out);
	buf_clear(&packed);
}

static void
test_bombs(void **state)
{
	enum { BIG = 64 << 20 };
	(void)state;
	char *zeros = mem_zalloc(BIG);
	struct buf out, zip = zlib_pack(zeros, BIG, 15 + 16), br = brotli_pack(zeros, BIG),
			zs = zstd_pack(zeros, BIG);
	/* zlib reaches 1030 : 1 at most, the others far more */
	assert_int_equal(run("gzip", zip.data, zip.len, SIZE_MAX / 2, &out), ERR_LIMIT);
	buf_clear(&out);
	assert_int_equal(run("br", br.data, br.len, SIZE_MAX / 2, &out), ERR_LIMIT);
	assert_true(out.cap < 4 << 20);
	buf_clear(&out);
	assert_int_equal(run("zstd", zs.data, zs.len, SIZE_MAX / 2, &out), ERR_LIMIT);
	buf_clear(&out);
	assert_int_equal(run("gzip", zip.data, zip.len, 1 << 20, &out), ERR_LIMIT);
	buf_clear(&out);
	buf_clear(&zip);
	buf_clear(&br);
	buf_clear(&zs);
	mem_free(zeros);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_codings),
	    cmocka_unit_test(test_identity),
	    cmocka_unit_test(test_nothing_to_undo_is_not_copied),
	    cmocka_unit_test(test_lists),
	    cmocka_unit_test(test_members_and_tails),
	    cmocka_unit_test(test_lies_and_corruption),
	    cmocka_unit_test(test_bombs),
	};
	return cmocka_run_group_tests(tests, setup, NULL);
}
