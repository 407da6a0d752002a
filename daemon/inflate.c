/*
 * inflate: see include/inflate.h. One step function for each coding, one loop that bounds them all.
 */
#include "inflate.h"

#include <brotli/decode.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <zlib.h>
#include <zstd.h>

#include "mem.h"

#define CODINGS_MAX     3
#define RATIO_FROM      ((size_t)1 << 20)
#define CHUNK           ((size_t)32 << 10)
#define ZSTD_WINDOW_LOG 23 /* RFC 9659: at most 8 MB for Content-Encoding */

/* Output with its bounds: the buffer's maximum and the ratio to the input. */
struct sink {
	struct buf *out;
	size_t before; /* out->len when it began */
	size_t input_len;
	uint8_t chunk[CHUNK];
};

static int
sink_add(struct sink *s, size_t n, struct fault *f)
{
	if (buf_add(s->out, s->chunk, n))
		return fault_set(
		    f, ERR_LIMIT, "the decoded document is over %zu bytes", s->out->max);
	size_t made = s->out->len - s->before;
	if (made > RATIO_FROM && made / INFLATE_RATIO_MAX > s->input_len)
		return fault_set(f, ERR_LIMIT, "%zu bytes unfold to more than %d times as many",
		    s->input_len, INFLATE_RATIO_MAX);
	return 0;
}

/* ---- zlib: gzip (also of several members) and deflate (with and without its header) ---- */

static int
run_zlib(struct sink *s, int window_bits, const uint8_t *data, size_t len, struct fault *f)
{
	z_stream z = {0};
	int err = 0, r = Z_OK;
	if (len > UINT32_MAX)
		return fault_set(f, ERR_LIMIT, "%zu compressed bytes are too many", len);
	if (inflateInit2(&z, window_bits) != Z_OK)
		return fault_set(f, ERR_SYSTEM, "inflateInit2 failed");
	z.next_in = (Bytef *)(uintptr_t)data; /* zlib's prototype lacks the const */
	z.avail_in = (uInt)len;
	while (!err) {
		z.next_out = s->chunk;
		z.avail_out = CHUNK;
		r = inflate(&z, Z_NO_FLUSH);
		err = sink_add(s, CHUNK - z.avail_out, f);
		if (r == Z_STREAM_END) {
			/* another member, or what servers leave after the last one */
			if (z.avail_in < 18 || z.next_in[0] != 0x1f || z.next_in[1] != 0x8b)
				break;
			r = inflateReset(&z);
		}
		if (r != Z_OK)
			break;
	}
	if (!err && r != Z_STREAM_END && r != Z_OK) {
		const char *why = z.msg ? z.msg : r == Z_BUF_ERROR ? "truncated" : "corrupt";
		err = fault_set(f, ERR_INPUT, "compressed data is bad after %zu bytes: %s",
		    (size_t)z.total_in, why);
	}
	inflateEnd(&z);
	return err;
}

/* Bytes that are plain markup in spite of their header: some servers only claim to compress. */
static int
looks_plain(const uint8_t *p, size_t len)
{
	size_t i = len >= 3 && !memcmp(p, "\xef\xbb\xbf", 3) ? 3 : 0;
	while (i < len && strchr(" \t\r\n", p[i]) && p[i])
		i++;
	return i < len && (p[i] == '<' || p[i] == '{');
}

static int
run_gzip(struct sink *s, const uint8_t *data, size_t len, struct fault *f)
{
	if (looks_plain(data, len))
		return buf_add(s->out, data, len)
			   ? fault_set(f, ERR_LIMIT, "the document is over %zu bytes", s->out->max)
			   : 0;
	return run_zlib(s, 15 + 16, data, len, f);
}

static int
run_deflate(struct sink *s, const uint8_t *data, size_t len, struct fault *f)
{
	/* RFC 9110 8.4.1.2: the zlib format; senders of raw deflate exist, says its note */
	int is_zlib = len >= 2 && (data[0] & 0x0f) == 8 && (data[0] << 8 | data[1]) % 31 == 0;
	return run_zlib(s, is_zlib ? 15 : -15, data, len, f);
}

/* ---- brotli, zstd ---- */

static int
run_brotli(struct sink *s, const uint8_t *data, size_t len, struct fault *f)
{
	BrotliDecoderState *state = BrotliDecoderCreateInstance(NULL, NULL, NULL);
	if (!state)
		return fault_set(f, ERR_SYSTEM, "no brotli decoder");
	BrotliDecoderResult r = BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT;
	int err = 0;
	while (!err && r == BROTLI_DECODER_RESULT_NEEDS_MORE_OUTPUT) {
		uint8_t *to = s->chunk;
		size_t room = CHUNK;
		r = BrotliDecoderDecompressStream(state, &len, &data, &room, &to, NULL);
		err = sink_add(s, CHUNK - room, f);
	}
	if (!err && r == BROTLI_DECODER_RESULT_NEEDS_MORE_INPUT)
		err = fault_set(f, ERR_INPUT, "brotli data is truncated");
	else if (!err && r == BROTLI_DECODER_RESULT_ERROR)
		err = fault_set(f, ERR_INPUT, "brotli data is corrupt: %s",
		    BrotliDecoderErrorString(BrotliDecoderGetErrorCode(state)));
	BrotliDecoderDestroyInstance(state);
	return err;
}

static int
run_zstd(struct sink *s, const uint8_t *data, size_t len, struct fault *f)
{
	ZSTD_DCtx *ctx = ZSTD_createDCtx();
	if (!ctx)
		return fault_set(f, ERR_SYSTEM, "no zstd decoder");
	ZSTD_DCtx_setParameter(ctx, ZSTD_d_windowLogMax, ZSTD_WINDOW_LOG);
	ZSTD_inBuffer in = {data, len, 0};
	size_t r = 1;
	int err = 0, full = 0;
	while (!err && (in.pos < in.size || full)) {
		ZSTD_outBuffer out = {s->chunk, CHUNK, 0};
		r = ZSTD_decompressStream(ctx, &out, &in);
		if (ZSTD_isError(r))
			err = fault_set(
			    f, ERR_INPUT, "zstd data is corrupt: %s", ZSTD_getErrorName(r));
		else
			err = sink_add(s, out.pos, f);
		full = out.pos == out.size;
	}
	if (!err && r != 0)
		err = fault_set(f, ERR_INPUT, "zstd data is truncated");
	ZSTD_freeDCtx(ctx);
	return err;
}

/* ---- the codings by name ---- */

typedef int coding_run(struct sink *, const uint8_t *, size_t, struct fault *);

static const struct coding {
	const char *name;
	coding_run *run; /* NULL: nothing to undo */
} codings[] = {
    {"gzip", run_gzip}, {"x-gzip", run_gzip}, {"deflate", run_deflate}, {"br", run_brotli},
    {"zstd", run_zstd}, {"identity", NULL}, {"none", NULL}, /* not registered, but sent */
};

static const struct coding *
find_coding(const char *name, size_t len)
{
	for (size_t i = 0; i < sizeof codings / sizeof *codings; i++)
		if (strlen(codings[i].name) == len && !strncasecmp(codings[i].name, name, len))
			return &codings[i];
	return NULL;
}

/* The list of the header, in the order in which it was applied. Returns its length or an error. */
static int
read_list(const char *encoding, coding_run *list[CODINGS_MAX], struct fault *f)
{
	int n = 0;
	for (const char *p = encoding; *p;) {
		size_t skip = strspn(p, " \t,");
		size_t len = strcspn(p += skip, " \t,");
		if (!len)
			break;
		const struct coding *c = find_coding(p, len);
		if (!c)
			return fault_set(f, ERR_UNSUPPORTED, "Content-Encoding '%.*s' is not known",
			    (int)(len < 40 ? len : 40), p);
		if (c->run && n == CODINGS_MAX)
			return fault_set(
			    f, ERR_UNSUPPORTED, "over %d content codings", CODINGS_MAX);
		if (c->run)
			list[n++] = c->run;
		p += len;
	}
	return n;
}

static int
undo(coding_run *run, const uint8_t *data, size_t len, struct buf *out, struct fault *f)
{
	struct sink *s = mem_alloc(sizeof *s);
	s->out = out;
	s->before = out->len;
	s->input_len = len;
	int err = run(s, data, len, f);
	mem_free(s);
	return err;
}

int
inflate_body(const char *encoding, const uint8_t *data, size_t len, struct buf *room,
    struct view *out, struct fault *f)
{
	coding_run *list[CODINGS_MAX];
	int n = read_list(encoding, list, f), err = 0;
	*out = (struct view){NULL, 0};
	if (n < 0)
		return n;
	for (int i = n - 1; i >= -1 && len && !err; i--) {
		int is_file = len > 2 && data[0] == 0x1f && data[1] == 0x8b && data[2] == 8;
		struct buf next = {.max = room->max};
		if (i < 0 && !is_file)
			break;
		err = undo(i < 0 ? run_gzip : list[i], data, len, &next, f);
		buf_clear(room);
		buf_move(room, &next);
		data = room->data;
		len = room->len;
	}
	if (!err && len > room->max)
		err = fault_set(f, ERR_LIMIT, "the document is over %zu bytes", room->max);
	if (err)
		buf_clear(room);
	else
		*out = (struct view){data, len};
	return err;
}
