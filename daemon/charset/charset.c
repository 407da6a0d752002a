/*
 * charset: see include/charset.h. The survey of the bytes and the decision between what they look
 * like and what others say of them.
 */
#include "charset_priv.h"

#include <endian.h>
#include <string.h>
#include <uchardet/uchardet.h>

#include "errors.h"
#include "mem.h"

#define DETECT_MAX      ((size_t)64 << 10)
/* From fewer high bytes than this uchardet guesses wildly. */
#define DETECT_HIGH_MIN 12
/* Fewer well-formed sequences than this are no proof of UTF-8 against a multi-byte declaration. */
#define UTF8_PROOF      4
#define HEAD_MAX        256 /* bytes in which the width shows, and the declaration ends */
#define HIGH_BITS       UINT64_C(0x8080808080808080)

/* ---- UTF-8 ---- */

/* Bytes below 0x80 at P. */
static size_t
ascii_run(const uint8_t *p, const uint8_t *end)
{
	const uint8_t *start = p;
	uint64_t w[4];
	while (end - p >= 8) {
		memcpy(w, p, 8);
		uint64_t high = le64toh(w[0]) & HIGH_BITS;
		if (high)
			return (size_t)(p - start) + (size_t)__builtin_ctzll(high) / 8;
		for (p += 8; end - p >= 32; p += 32) {
			memcpy(w, p, 32);
			if ((w[0] | w[1] | w[2] | w[3]) & HIGH_BITS)
				break;
		}
	}
	while (p < end && *p < 0x80)
		p++;
	return (size_t)(p - start);
}

/* Length of the well-formed sequence at P (P < END), or minus that of the maximal ill-formed
 * subpart. */
static int
utf8_step_any(const uint8_t *p, const uint8_t *end)
{
	uint8_t lead = p[0], low = 0x80, high = 0xbf;
	int need;
	if (lead < 0x80)
		return 1;
	if (lead >= 0xc2 && lead <= 0xdf) {
		need = 2;
	} else if (lead >= 0xe0 && lead <= 0xef) {
		need = 3;
		low = lead == 0xe0 ? 0xa0 : 0x80;
		high = lead == 0xed ? 0x9f : 0xbf;
	} else if (lead >= 0xf0 && lead <= 0xf4) {
		need = 4;
		low = lead == 0xf0 ? 0x90 : 0x80;
		high = lead == 0xf4 ? 0x8f : 0xbf;
	} else {
		return -1;
	}
	for (int i = 1; i < need; i++) {
		if (p + i == end || p[i] < low || p[i] > high)
			return -i;
		low = 0x80;
		high = 0xbf;
	}
	return need;
}

/* The same: what nearly all text is made of is seen at one look. */
static inline int
utf8_step(const uint8_t *p, const uint8_t *end)
{
	if (p[0] < 0x80)
		return 1;
	if (end - p >= 3) {
		if (p[0] >= 0xc2 && p[0] <= 0xdf && (p[1] & 0xc0) == 0x80)
			return 2;
		if (p[0] >= 0xe1 && p[0] <= 0xef && p[0] != 0xed && (p[1] & 0xc0) == 0x80 &&
		    (p[2] & 0xc0) == 0x80)
			return 3;
	}
	return utf8_step_any(p, end);
}

struct survey {
	size_t sequences; /* well-formed, of more than one byte */
	size_t errors;    /* bytes of ill-formed ones */
	size_t cut;       /* bytes of one that the end of the text cuts off */
	size_t high;      /* bytes from 0x80 on */
};

static struct survey
utf8_survey(const uint8_t *p, size_t len)
{
	struct survey s = {0};
	const uint8_t *end = p + len;
	while ((p += ascii_run(p, end)) < end) {
		for (; p < end && *p >= 0x80;) {
			int n = utf8_step(p, end);
			if (n > 0)
				s.sequences++;
			else if (p - n == end && *p >= 0xc2 && *p <= 0xf4)
				s.cut = (size_t)(n = -n);
			else
				s.errors += (size_t)(n = -n);
			s.high += (size_t)n;
			p += n;
		}
	}
	return s;
}

int
charset_is_utf8(const uint8_t *p, size_t len)
{
	if (!len)
		return 1;
	const uint8_t *end = p + len;
	while ((p += ascii_run(p, end)) < end) {
		for (int n; p < end && *p >= 0x80; p += n)
			if ((n = utf8_step(p, end)) < 0)
				return 0;
	}
	return 1;
}

/* Append with ill-formed sequences and, on demand, NULs replaced; counts their bytes. */
int
charset_repair(const uint8_t *p, size_t len, int nul_too, struct buf *out, size_t *replaced)
{
	const uint8_t *end = p + len, *kept = p;
	size_t before = out->len;
	int err = 0;
	while (p < end && !err) {
		int n = utf8_step(p, end);
		if (n > 0 && (*p || !nul_too)) {
			p += n;
			continue;
		}
		n = n < 0 ? -n : n;
		err = buf_add(out, kept, (size_t)(p - kept));
		if (!err)
			err = buf_add(out, CHARSET_REPLACEMENT, 3);
		*replaced += (size_t)n;
		kept = p += n;
	}
	if (!err)
		err = buf_add(out, kept, (size_t)(p - kept));
	if (err && out->data) {
		out->len = before;
		out->data[before] = '\0';
	}
	return err;
}

int
charset_repair_utf8(const uint8_t *data, size_t len, struct buf *out)
{
	size_t replaced = 0;
	if (!len)
		return 0;
	return charset_repair(data, len, 0, out, &replaced);
}

/* ---- the decision ---- */

static const struct encoding *
find_bom(const uint8_t *p, size_t len, size_t *bom_len)
{
	static const struct {
		const char *bytes;
		size_t len;
		int encoding;
	} boms[] = {
	    {"\xef\xbb\xbf", 3, ENCODING_UTF8},
	    {"\xff\xfe\0\0", 4, ENCODING_UTF32LE},
	    {"\0\0\xfe\xff", 4, ENCODING_UTF32BE},
	    {"\xff\xfe", 2, ENCODING_UTF16LE},
	    {"\xfe\xff", 2, ENCODING_UTF16BE},
	};
	for (size_t i = 0; i < sizeof boms / sizeof *boms; i++)
		if (len >= boms[i].len && !memcmp(p, boms[i].bytes, boms[i].len)) {
			*bom_len = boms[i].len;
			return &charset_encodings[boms[i].encoding];
		}
	return NULL;
}

/*
 * UTF-16 or UTF-32 by the first characters of markup, "<" and what may follow it (XML 1.0, appendix
 * F): certain, whatever the script of the text behind them.
 */
static const struct encoding *
find_wide_start(const uint8_t *p, size_t len)
{
	if (len < 4)
		return NULL;
	if (!memcmp(p, "<\0\0\0", 4))
		return &charset_encodings[ENCODING_UTF32LE];
	if (!memcmp(p, "\0\0\0<", 4))
		return &charset_encodings[ENCODING_UTF32BE];
	uint8_t next = p[0] ? p[2] : p[3];
	if (next != '?' && next != '!' && ((next | 32) < 'a' || (next | 32) > 'z'))
		return NULL;
	if (p[0] == '<' && !p[1] && !p[3])
		return &charset_encodings[ENCODING_UTF16LE];
	if (!p[0] && p[1] == '<' && !p[2])
		return &charset_encodings[ENCODING_UTF16BE];
	return NULL;
}

/*
 * UTF-16 or UTF-32 without BOM. Elsewhere too markup is mostly ASCII, so its zero bytes show the
 * width and the order. Now and then a character of another script stands among it, and there are
 * such whose low byte is zero.
 */
static const struct encoding *
find_wide(const uint8_t *p, size_t len)
{
	const struct encoding *start = find_wide_start(p, len);
	if (start)
		return start;
	size_t zeros[4] = {0}, n = len < HEAD_MAX ? len & ~(size_t)3 : HEAD_MAX;
	for (size_t i = 0; i < n; i++)
		zeros[i & 3] += p[i] == 0;
	size_t q = n / 4, even = zeros[0] + zeros[2], odd = zeros[1] + zeros[3];
	if (q == 0)
		return NULL;
	if (zeros[3] == q && zeros[2] * 8 > q * 7 && zeros[1] * 2 > q && zeros[0] * 8 < q)
		return &charset_encodings[ENCODING_UTF32LE];
	if (zeros[0] == q && zeros[1] * 8 > q * 7 && zeros[2] * 2 > q && zeros[3] * 8 < q)
		return &charset_encodings[ENCODING_UTF32BE];
	if (odd > q && even * 8 < q)
		return &charset_encodings[ENCODING_UTF16LE];
	if (even > q && odd * 8 < q)
		return &charset_encodings[ENCODING_UTF16BE];
	return NULL;
}

/* EBCDIC where an XML declaration in it begins the text (XML 1.0, appendix F). HTTP may say which,
 * or the declaration does: it looks alike in all of them. */
static const struct encoding *
find_ebcdic(const uint8_t *p, size_t len, const struct encoding *http)
{
	static const char declaration[] = "\x4c\x6f\xa7\x94"; /* "<?xm" */
	const struct encoding *said = http, *any;
	struct buf head;
	size_t bad = 0;
	if (len < 4 || memcmp(p, declaration, 4) != 0)
		return NULL;
	any = charset_find("ibm037", 6);
	if (!charset_is_usable(any))
		return NULL;
	if (!said || said->form != FORM_EBCDIC) {
		buf_init(&head, HEAD_MAX * 3);
		charset_decode(any, p, len < HEAD_MAX ? len : HEAD_MAX, &head, &bad);
		said = charset_find_xml_declaration(buf_str(&head), head.len);
		buf_clear(&head);
	}
	return said && said->form == FORM_EBCDIC && charset_is_usable(said) ? said : any;
}

static const struct encoding *
detect(const uint8_t *p, size_t len)
{
	size_t skip = ascii_run(p, p + len);
	skip = skip > 1024 ? skip - 1024 : 0;
	uchardet_t ud = uchardet_new();
	if (!ud)
		return NULL;
	uchardet_handle_data(
	    ud, (const char *)p + skip, len - skip < DETECT_MAX ? len - skip : DETECT_MAX);
	uchardet_data_end(ud);
	const char *name = uchardet_get_charset(ud);
	const struct encoding *e = charset_find(name, strlen(name));
	uchardet_delete(ud);
	return e && e->form <= FORM_MULTI ? e : NULL;
}

static int
is_utf8(const struct survey *s, const struct encoding *http, const struct encoding *declared)
{
	const struct encoding *said = http ? http : declared;
	if (s->errors + s->cut == 0)
		return !said || said->form != FORM_MULTI || s->sequences >= UTF8_PROOF;
	/* no other encoding makes nine sequences of ten well-formed by chance */
	if (s->sequences >= UTF8_PROOF && s->errors * 10 <= s->sequences)
		return 1;
	return said && said->form == FORM_UTF8 && s->errors + s->cut < s->sequences;
}

/* Servers that add "iso-8859-1" to everything: text that is half high bytes is no Western text. */
static int
http_is_a_default(const uint8_t *p, size_t len, const struct survey *s, const struct encoding *http,
    const struct encoding *declared)
{
	if (!http || !declared || http == declared || declared->form == FORM_UTF8 ||
	    http != &charset_encodings[ENCODING_WINDOWS_1252])
		return 0;
	size_t runs = 0; /* high bytes with a high neighbour: rare in Western text */
	for (size_t i = 1; i < len; i++)
		runs += p[i] >= 0x80 && p[i - 1] >= 0x80;
	return runs * 2 > s->high;
}

static int
decode_legacy(const uint8_t *p, size_t len, const struct survey *s, const struct encoding *first,
    const struct encoding *second, struct buf *out, const struct encoding **used, size_t *bad)
{
	const struct encoding *tries[4] = {first, second, NULL,
	    &charset_encodings[ENCODING_WINDOWS_1252]},
			      *best = NULL;
	size_t before = out->len, best_bad = 0;
	for (size_t i = 0; i < 4; i++) {
		if (i == 2)
			tries[i] = s->high >= DETECT_HIGH_MIN ? detect(p, len) : NULL;
		const struct encoding *e = tries[i];
		if (!e || e->form == FORM_UTF8 || !charset_is_usable(e))
			continue;
		size_t n = 0;
		int err = charset_decode(e, p, len, out, &n);
		/* at most 2 % without meaning, or one slip in a short text */
		if (err || n * 50 <= s->high || (n == 1 && s->high >= 4)) {
			*used = e;
			*bad = n;
			return err;
		}
		if (!best || n < best_bad) {
			best = e;
			best_bad = n;
		}
		out->len = before;
	}
	*used = best ? best : &charset_encodings[ENCODING_UTF8];
	*bad = 0;
	return charset_decode(*used, p, len, out, bad);
}

/* The escapes to JIS X 0208. */
static int
looks_iso_2022_jp(const uint8_t *p, size_t len)
{
	const uint8_t *end = p + len;
	for (; (p = memchr(p, 0x1b, (size_t)(end - p))); p++)
		if (end - p >= 3 && p[1] == '$' && (p[2] == 'B' || p[2] == '@'))
			return 1;
	return 0;
}

/* Decode without BOM; sets *USED. *PLAIN: it is UTF-8 already, and nothing was put into OUT. */
static int
decide(const uint8_t *p, size_t len, const char *content_type, enum charset_kind kind,
    struct buf *out, struct charset_result *r, const struct encoding **used, int *plain)
{
	const struct encoding *http = charset_find_param(content_type, strlen(content_type));
	const struct encoding *declared = charset_find_declared((const char *)p, len, kind);
	const struct encoding *said = http ? http : declared;
	const struct encoding *wide = find_wide(p, len);
	if (!wide)
		wide = find_ebcdic(p, len, http);
	int err;
	if (wide) {
		*used = wide;
		r->lied = said && (said->form < FORM_UTF16LE ||
				      (said->form == FORM_EBCDIC) != (wide->form == FORM_EBCDIC));
		return charset_decode(wide, p, len, out, &r->replaced);
	}
	if (http && http->form == FORM_EBCDIC) /* it would be seen */
		http = NULL;
	struct survey s = utf8_survey(p, len);
	const struct encoding *utf8 = &charset_encodings[ENCODING_UTF8];
	const struct encoding *jis = &charset_encodings[ENCODING_ISO_2022_JP];
	if (s.high == 0 && looks_iso_2022_jp(p, len) && charset_is_usable(jis)) {
		*used = jis;
		r->lied = said && said != *used;
		return charset_decode(*used, p, len, out, &r->replaced);
	}
	if (is_utf8(&s, http, declared)) {
		int ascii = s.high == 0 && said && said->form <= FORM_MULTI;
		*used = ascii ? said : utf8;
		r->lied = s.high && said && said != utf8;
		*plain = !s.errors && !s.cut && !memchr(p, 0, len);
		return *plain ? 0 : charset_repair(p, len, 1, out, &r->replaced);
	}
	if (http_is_a_default(p, len, &s, http, declared))
		err = decode_legacy(p, len, &s, declared, http, out, used, &r->replaced);
	else
		err = decode_legacy(p, len, &s, http, declared, out, used, &r->replaced);
	r->lied = said && said != *used;
	return err;
}

/* NUL means nothing in any text; the decoders of legacy encodings let it pass. */
static int
replace_nuls(struct buf *out, size_t *replaced)
{
	struct buf bare = {0};
	if (!out->len || !memchr(out->data, 0, out->len))
		return 0;
	buf_move(&bare, out);
	int err = charset_repair(bare.data, bare.len, 1, out, replaced);
	buf_clear(&bare);
	return err;
}

int
charset_view_utf8(const uint8_t *data, size_t len, const char *content_type, enum charset_kind kind,
    struct buf *room, struct view *text, struct charset_result *result)
{
	struct charset_result r = {.name = "utf-8"};
	size_t bom_len = 0;
	int plain = 0, err;
	*text = (struct view){data, 0};
	if (result)
		*result = r;
	if (!len)
		return 0;
	charset_preload();
	const struct encoding *used = find_bom(data, len, &bom_len);
	const char *header = used ? "charset=utf-8" : content_type ? content_type : "";
	data += bom_len;
	len -= bom_len;
	if (used && used->form != FORM_UTF8)
		err = charset_decode(used, data, len, room, &r.replaced);
	else
		err = decide(data, len, header, kind, room, &r, &used, &plain);
	if (!err && !plain)
		err = replace_nuls(room, &r.replaced);
	if (err) {
		buf_clear(room);
		return err;
	}
	if (plain)
		*text = (struct view){data, len};
	else if (room->len)
		*text = (struct view){room->data, room->len};
	memcpy(r.name, used->name, strlen(used->name) + 1);
	if (result)
		*result = r;
	return 0;
}

int
charset_to_utf8(const uint8_t *data, size_t len, const char *content_type, enum charset_kind kind,
    struct buf *out, struct charset_result *result)
{
	struct buf room;
	struct view text;
	buf_init(&room, out->max - out->len);
	int err = charset_view_utf8(data, len, content_type, kind, &room, &text, result);
	if (!err)
		err = buf_add(out, text.data, text.len);
	buf_clear(&room);
	return err;
}
