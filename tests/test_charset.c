/* charset: every form of encoding, what is believed and what is not, and hostile bytes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#include <iconv.h>

#include "charset.h"
#include "errors.h"

#define BYTES(s) (const uint8_t *)(s), sizeof(s) - 1

static struct charset_result last;

static void
check(const uint8_t *in, size_t len, const char *type, enum charset_kind kind, const char *want,
    const char *name, int lied)
{
	struct buf out;
	buf_init(&out, 1 << 20);
	assert_int_equal(charset_to_utf8(in, len, type, kind, &out, &last), 0);
	assert_string_equal(buf_str(&out), want);
	assert_string_equal(last.name, name);
	assert_int_equal(last.lied, lied);
	assert_true(charset_is_utf8(out.data, out.len));
	buf_clear(&out);
}

static void
test_ascii_and_utf8(void **state)
{
	(void)state;
	check(BYTES("plain"), "", CHARSET_TEXT, "plain", "utf-8", 0);
	check(BYTES("plain"), NULL, CHARSET_HTML, "plain", "utf-8", 0);
	check(BYTES("plain"), "text/html; charset=koi8-r", CHARSET_HTML, "plain", "koi8-r", 0);
	check(BYTES("h\xc3\xa9las"), "", CHARSET_TEXT, "h\xc3\xa9las", "utf-8", 0);
	check(BYTES(""), "", CHARSET_TEXT, "", "utf-8", 0);
	check(BYTES("a\0b"), "", CHARSET_TEXT,
	    "a\xef\xbf\xbd"
	    "b",
	    "utf-8", 0);
	assert_int_equal(last.replaced, 1);
}

static void
test_boms(void **state)
{
	(void)state;
	check(BYTES("\xef\xbb\xbfz\xc3\xa9"), "text/html; charset=big5", CHARSET_HTML, "z\xc3\xa9",
	    "utf-8", 0);
	check(BYTES("\xff\xfeh\0\x16\x04"), "", CHARSET_XML, "h\xd0\x96", "utf-16le", 0);
	check(BYTES("\xfe\xff\0h\x04\x16"), "", CHARSET_XML, "h\xd0\x96", "utf-16be", 0);
	check(BYTES("\xff\xfe\0\0h\0\0\0\x00\xf6\x01\x00"), "", CHARSET_XML, "h\xf0\x9f\x98\x80",
	    "utf-32le", 0);
	check(BYTES("\0\0\xfe\xff\0\0\0h"), "", CHARSET_XML, "h", "utf-32be", 0);
	/* a pair, a lone half, half a unit, NUL */
	check(BYTES("\xff\xfe\x3d\xd8\x00\xde\x3d\xd8x\0\0\0y"), "", CHARSET_TEXT,
	    "\xf0\x9f\x98\x80\xef\xbf\xbdx\xef\xbf\xbd\xef\xbf\xbd", "utf-16le", 0);
}

static void
test_utf16_without_bom(void **state)
{
	(void)state;
	check(BYTES("<\0?\0x\0m\0l\0 \0v\0>\0"), "application/xml; charset=utf-8", CHARSET_XML,
	    "<?xml v>", "utf-16le", 1);
	check(BYTES("\0<\0?\0x\0m\0l\0>\0\n"), "", CHARSET_XML, "<?xml>\n", "utf-16be", 0);
	/* the first characters decide where most of the text is of another script */
	check(BYTES("<\0r\0>\0\x16\x04\x17\x04\x16\x04\x17\x04\x16\x04\x17\x04\x16\x04"), "",
	    CHARSET_XML, "<r>ЖЗЖЗЖЗЖ", "utf-16le", 0);
	check(BYTES("\0<\0?\x65\xb0\x80\x5e\x65\xb0\x80\x5e\x65\xb0\x80\x5e\x65\xb0\x80\x5e"), "",
	    CHARSET_XML, "<?新聞新聞新聞新聞", "utf-16be", 0);
	check(BYTES("<\0\0\0\x16\x04\0\0\x17\x04\0\0"), "", CHARSET_XML, "<ЖЗ", "utf-32le", 0);
	check(BYTES("\0\0\0<\0\0\x04\x16\0\0\x04\x17"), "text/xml; charset=utf-8", CHARSET_XML,
	    "<ЖЗ", "utf-32be", 1);
	/* nor do a few zero bytes make a text wide */
	check(BYTES("<\0\0b>text"), "", CHARSET_XML,
	    "<\xef\xbf\xbd\xef\xbf\xbd"
	    "b>text",
	    "utf-8", 0);
}

static void
test_http_label(void **state)
{
	(void)state;
	check(BYTES("\xd0\xf3\xf1\xf1\xea\xe8\xe9 \xff\xe7\xfb\xea"),
	    "text/html; Charset=\"Windows-1251\"", CHARSET_HTML, "Русский язык", "windows-1251", 0);
	check(BYTES("\x80 \x93quoted\x94 caf\xe9"), "text/html;charset=ISO-8859-1", CHARSET_HTML,
	    "€ “quoted” café", "windows-1252", 0);
	check(BYTES("\xc4\xe3\xba\xc3"), "text/plain; charset=GB2312", CHARSET_TEXT, "你好",
	    "gb18030", 0);
	check(
	    BYTES("\xa7\x41\xa6\x6e"), "text/plain; charset=big5", CHARSET_TEXT, "你好", "big5", 0);
	check(BYTES("\x93\xfa\x96\x7b\x8c\xea\x87\x40"), "text/plain; charset=Shift_JIS",
	    CHARSET_TEXT, "日本語①", "shift_jis", 0);
	check(BYTES("\xc6\xfc\xcb\xdc\xb8\xec"), "text/plain; charset=x-euc-jp", CHARSET_TEXT,
	    "日本語", "euc-jp", 0);
	check(BYTES("\xc7\xd1\xb1\xdb\x8c\x63"), "text/plain; charset=ks_c_5601-1987", CHARSET_TEXT,
	    "한글똠", "euc-kr", 0);
	check(BYTES("\xa1\xc3\xd8"), "text/plain; charset=TIS-620", CHARSET_TEXT, "กรุ",
	    "windows-874", 0);
	check(BYTES("\xb3\xbf"), "text/plain; charset=iso-8859-2", CHARSET_TEXT, "łż", "iso-8859-2",
	    0);
	check(BYTES("\xeb\xe9"), "text/plain; charset=iso-8859-8-i", CHARSET_TEXT, "כי",
	    "iso-8859-8-i", 0);
}

static void
test_declarations(void **state)
{
	(void)state;
	check(BYTES("<?xml version='1.0' encoding='ISO-8859-15'?><a>\xa4</a>"), "application/xml",
	    CHARSET_XML, "<?xml version='1.0' encoding='ISO-8859-15'?><a>€</a>", "iso-8859-15", 0);
	check(BYTES("<html><!-- <meta charset=big5> --><META CHARSET = koi8-r>\xf0\xd2\xc9"),
	    "text/html", CHARSET_HTML,
	    "<html><!-- <meta charset=big5> --><META CHARSET = koi8-r>При", "koi8-r", 0);
	check(BYTES("<meta http-equiv='Content-Type' content='text/html; charset=euc-kr'>\xc7\xd1"),
	    "", CHARSET_HTML,
	    "<meta http-equiv='Content-Type' content='text/html; charset=euc-kr'>한", "euc-kr", 0);
	/* read as ASCII, it can't be UTF-16 */
	check(BYTES("<meta charset=utf-16>\xc3\xa9"), "", CHARSET_HTML, "<meta charset=utf-16>é",
	    "utf-8", 0);
	/* HTTP goes before the document */
	check(BYTES("<meta charset=koi8-r>\xcf\xf0\xe8"), "text/html; charset=windows-1251",
	    CHARSET_HTML, "<meta charset=koi8-r>При", "windows-1251", 0);
}

static void
test_lies(void **state)
{
	(void)state;
	/* UTF-8 that says latin1, windows-1251, gbk */
	check(BYTES("<meta charset=iso-8859-1>d\xc3\xa9j\xc3\xa0 vu, \xe2\x80\x9cno\xe2\x80\x9d"),
	    "", CHARSET_HTML, "<meta charset=iso-8859-1>déjà vu, “no”", "utf-8", 1);
	check(BYTES("\xd0\x9f\xd1\x80\xd0\xb8\xd0\xb2\xd0\xb5\xd1\x82"), "text/html; charset=gbk",
	    CHARSET_HTML, "Привет", "utf-8", 1);
	/* the other way round: the document knows better */
	check(BYTES("<meta charset=windows-1251>\xcf\xf0\xe8\xe2\xe5\xf2, \xec\xe8\xf0"),
	    "text/html; charset=utf-8", CHARSET_HTML, "<meta charset=windows-1251>Привет, мир",
	    "windows-1251", 1);
	/* a default of the server that the bytes contradict */
	check(BYTES("<meta charset=gb2312>\xc4\xe3\xba\xc3\xca\xc0\xbd\xe7"),
	    "text/html; charset=iso-8859-1", CHARSET_HTML, "<meta charset=gb2312>你好世界",
	    "gb18030", 1);
	/* ... but not when they are Western */
	check(BYTES("<meta charset=koi8-r>caf\xe9 cr\xe8me"), "text/html; charset=iso-8859-1",
	    CHARSET_HTML, "<meta charset=koi8-r>café crème", "windows-1252", 0);
	check(
	    BYTES("caf\xe9"), "text/html; charset=utf-8", CHARSET_HTML, "café", "windows-1252", 1);
	check(BYTES("caf\xe9"), "text/html; charset=nonsense", CHARSET_HTML, "café", "windows-1252",
	    0);
}

static void
test_mostly_utf8_is_repaired(void **state)
{
	(void)state;
	check(BYTES("ééééééééééé \xe9 ééé"), "text/html; charset=utf-8", CHARSET_HTML,
	    "ééééééééééé \xef\xbf\xbd ééé", "utf-8", 0);
	assert_int_equal(last.replaced, 1);
	/* truncated within a character, declared otherwise */
	check(BYTES("ééééééééééé\xe2\x82"), "text/html; charset=windows-1252", CHARSET_HTML,
	    "ééééééééééé\xef\xbf\xbd", "utf-8", 1);
}

static void
test_detection(void **state)
{
	(void)state;
	check(BYTES("\xd3\xc5\xc7\xcf\xc4\xce\xd1 \xd7 \xcd\xcf\xd3\xcb\xd7\xc5 "
		    "\xd0\xd2\xcf\xdb\xcc\xc1 "
		    "\xcb\xcf\xce\xc6\xc5\xd2\xc5\xce\xc3\xc9\xd1 \xd0\xcf "
		    "\xd7\xcf\xd0\xd2\xcf\xd3\xc1\xcd "
		    "\xc2\xc5\xda\xcf\xd0\xc1\xd3\xce\xcf\xd3\xd4\xc9"),
	    "", CHARSET_TEXT, "сегодня в москве прошла конференция по вопросам безопасности",
	    "koi8-r", 0);
	check(BYTES("\x1b$B$3$s$K$A$O\x1b(B"), "text/plain; charset=utf-8", CHARSET_TEXT,
	    "こんにちは", "iso-2022-jp", 1);
}

static void
test_broken_multibyte(void **state)
{
	(void)state;
	/* a lead byte before ASCII must not swallow it: markup would vanish */
	check(BYTES("\xc4\xe3\xba\xc3\xc4\xe3\xba\xc3\xc4<b>"), "text/html; charset=gbk",
	    CHARSET_HTML, "你好你好\xef\xbf\xbd<b>", "gb18030", 0);
	check(BYTES("\xc6\xfc\xcb\xdc\xb8"), "text/plain; charset=euc-jp", CHARSET_TEXT,
	    "日本\xef\xbf\xbd", "euc-jp", 0);
}

static void
test_validity(void **state)
{
	static const char *const bad[] = {"\xc0\x80", "\xc1\xbf", "\xe0\x80\x80", "\xed\xa0\x80",
	    "\xf0\x80\x80\x80", "\xf4\x90\x80\x80", "\xf5\x80\x80\x80", "\x80", "\xc3", "\xe2\x82",
	    "\xf0\x9f\x98"};
	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++)
		assert_false(charset_is_utf8((const uint8_t *)bad[i], strlen(bad[i])));
	assert_true(charset_is_utf8(BYTES("\xf4\x8f\xbf\xbf\xed\x9f\xbf\xee\x80\x80")));
	assert_true(charset_is_utf8(BYTES("")));
	assert_false(charset_is_utf8(BYTES("0123456789abcdef\xff")));
}

static void
test_repair(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 100);
	/* maximal subparts: the example of the Unicode Standard */
	assert_int_equal(charset_repair_utf8(BYTES("a\xf1\x80\x80\xe1\x80\xc2"
						   "b\x80"
						   "c\x80\xbf"
						   "d"),
			     &out),
	    0);
	assert_string_equal(buf_str(&out), "a\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"
					   "b\xef\xbf\xbd"
					   "c\xef\xbf\xbd\xef\xbf\xbd"
					   "d");
	buf_clear(&out);
}

static void
test_maximum(void **state)
{
	struct buf out;
	(void)state;
	buf_init(&out, 10);
	assert_int_equal(buf_add_str(&out, "kept"), 0);
	assert_int_equal(
	    charset_to_utf8(BYTES("1234567"), "", CHARSET_TEXT, &out, NULL), ERR_LIMIT);
	assert_string_equal(buf_str(&out), "kept");
	/* six letters of two bytes each in UTF-8 */
	assert_int_equal(charset_to_utf8(BYTES("\xcf\xf0\xe8\xe2"), "a/b; charset=cp1251",
			     CHARSET_TEXT, &out, NULL),
	    ERR_LIMIT);
	assert_int_equal(
	    charset_to_utf8(BYTES("\xcf\xf0\xe8"), "a/b; charset=cp1251", CHARSET_TEXT, &out, NULL),
	    0);
	assert_string_equal(buf_str(&out), "keptПри");
	buf_clear(&out);
}

static void
test_every_byte_of_every_encoding(void **state)
{
	static const char *const labels[] = {"ibm866", "iso-8859-2", "iso-8859-3", "iso-8859-4",
	    "iso-8859-5", "iso-8859-6", "iso-8859-7", "iso-8859-8", "iso-8859-10", "iso-8859-13",
	    "iso-8859-14", "iso-8859-15", "iso-8859-16", "koi8-r", "koi8-u", "macintosh",
	    "windows-874", "windows-1250", "windows-1251", "windows-1252", "windows-1253",
	    "windows-1254", "windows-1255", "windows-1256", "windows-1257", "windows-1258",
	    "x-mac-cyrillic", "gbk", "gb18030", "big5", "euc-jp", "iso-2022-jp", "shift_jis",
	    "euc-kr", "utf-16", "utf-32", "utf-7"};
	uint8_t in[256 * 4];
	(void)state;
	for (size_t i = 0; i < sizeof in; i++)
		in[i] = (uint8_t)(i < 256 ? i : i * i / 7);
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		char type[64] = "text/html; charset=";
		struct buf out;
		memcpy(type + strlen(type), labels[i], strlen(labels[i]) + 1);
		buf_init(&out, 1 << 16);
		for (size_t from = 0; from < 300; from += 37) {
			out.len = 0;
			assert_int_equal(charset_to_utf8(in + from, sizeof in - from, type,
					     CHARSET_HTML, &out, &last),
			    0);
			assert_true(out.len > 0 && charset_is_utf8(out.data, out.len));
			assert_null(memchr(out.data, 0, out.len));
		}
		buf_clear(&out);
	}
}

/* TEXT (UTF-8) as iconv writes it in CODE; the caller frees. */
static struct buf
encode(const char *code, const char *text)
{
	struct buf b;
	iconv_t cd = iconv_open(code, "UTF-8");
	char *from = (char *)(uintptr_t)text;
	size_t left = strlen(text), room = left * 4 + 64;
	buf_init(&b, 1 << 20);
	char *to = buf_reserve(&b, room), *start = to;
	assert_true(cd != (iconv_t)-1);
	assert_int_not_equal(iconv(cd, &from, &left, &to, &room), -1);
	assert_int_not_equal(iconv(cd, NULL, NULL, &to, &room), -1);
	buf_added(&b, (size_t)(to - start));
	iconv_close(cd);
	return b;
}

/* TEXT written as CODE and sent as LABEL is read again, and nothing is called a lie. */
static void
there_and_back(const char *code, const char *label, const char *text)
{
	char type[128];
	struct buf bytes = encode(code, text);
	snprintf(type, sizeof type, "text/plain; charset=%s", label);
	struct buf out;
	buf_init(&out, 1 << 20);
	assert_int_equal(
	    charset_to_utf8(bytes.data, bytes.len, type, CHARSET_TEXT, &out, &last), 0);
	if (strcmp(buf_str(&out), text) != 0 || last.lied)
		fail_msg("%s as %s: \"%s\", read as %s", label, code, buf_str(&out), last.name);
	buf_clear(&out);
	buf_clear(&bytes);
}

static void
test_charsets_there_and_back(void **state)
{
	static const struct {
		const char *text, *codes[24];
	} samples[] = {
	    {"Žluťoučký kůň úpěl ďábelské ódy",
		{"ISO-8859-2", "CP1250", "CP852", "MAC-CENTRALEUROPE"}},
	    {"Garçon, où est la forêt? Ça ira, là-bas! Été, naïf, hélas",
		{"ISO-8859-1", "ISO-8859-3", "ISO-8859-9", "ISO-8859-15", "CP1252", "CP437",
		    "CP850", "CP858", "CP863", "MACINTOSH", "HP-ROMAN8", "DEC-MCS", "CP1254"}},
	    {"Съешь же ещё этих мягких французских булок",
		{"KOI8-R", "KOI8-U", "CP1251", "CP866", "ISO-8859-5", "CP855", "MAC-CYRILLIC",
		    "ECMA-CYRILLIC", "CP1125", "KOI8-T", "PT154"}},
	    {"Ξεσκεπάζω την ψυχοφθόρα βδελυγμία", {"ISO-8859-7", "CP1253", "CP737", "CP869"}},
	    {"Pijamalı hasta yağız şoföre çabucak güvendi", {"CP857", "ISO-8859-9", "CP1254"}},
	    {"דג סקרן שט בים מאוכזב", {"ISO-8859-8", "CP1255", "CP862"}},
	    {"نص حكيم له سر قاطع وذو شأن", {"ISO-8859-6", "CP1256"}},
	    {"เป็นมนุษย์สุดประเสริฐเลิศคุณค่า", {"CP874", "TIS-620", "ISO-8859-11"}},
	    {"Glāžšķūņa rūķīši dzērumā čiepj", {"ISO-8859-13", "CP1257", "ISO-8859-4", "CP775"}},
	    {"Đặng Tiến Đông là một viên tướng", {"VISCII", "TCVN"}},
	    {"Բել դղյակի ձախ ժամն օֆ ազգությանը", {"ARMSCII-8"}},
	    {"ჩემი ქართული ენა", {"GEORGIAN-PS", "GEORGIAN-ACADEMY"}},
	    {"いろはにほへとちりぬるを、日本語のテスト。",
		{"EUC-JP", "SHIFT_JIS", "CP932", "ISO-2022-JP", "EUC-JISX0213"}},
	    {"키스의 고유조건은 입술끼리 만나야 하고", {"EUC-KR", "CP949", "JOHAB", "ISO-2022-KR"}},
	    {"我能吞下玻璃而不伤身体，这是测试。", {"GB2312", "GBK", "GB18030", "ISO-2022-CN"}},
	    {"我能吞下玻璃而不傷身體，這是測試。", {"BIG5", "BIG5-HKSCS", "EUC-TW", "GB18030"}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++)
		for (size_t j = 0; j < 24 && samples[i].codes[j]; j++)
			there_and_back(samples[i].codes[j], samples[i].codes[j], samples[i].text);
}

static void
test_labels_that_are_nearly_right(void **state)
{
	static const struct {
		const char *code, *labels[8];
	} rows[] = {
	    {"CP1252", {"ISO_8859_1", "iso8859-01", "windows_1252", "'latin1'"}},
	    {"CP850", {"850", "IBM-850", "ibm850", "csIBM850", "cp0850", "CP_850"}},
	    {"UTF-8", {"UTF_8", "cp65001", "UTF8", "\"utf-8\""}},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t j = 0; j < 8 && rows[i].labels[j]; j++)
			there_and_back(rows[i].code, rows[i].labels[j],
			    "Garçon, où est la forêt? Là-bas! Ça ira, naïf");
	/* a label may hold spaces where it stands in quotes */
	check(BYTES("<?xml version='1.0' encoding='iso 8859-2'?><a>\xb3</a>"), "", CHARSET_XML,
	    "<?xml version='1.0' encoding='iso 8859-2'?><a>ł</a>", "iso-8859-2", 0);
}

static void
test_utf7_never(void **state)
{
	static const char text[] = "<a>+ADw-script+AD4- +AOk-</a>";
	static const char *const labels[] = {"utf-7", "UTF7", "unicode-1-1-utf-7", "utf-7-imap"};
	(void)state;
	for (size_t i = 0; i < sizeof labels / sizeof *labels; i++) {
		char type[64];
		snprintf(type, sizeof type, "text/xml; charset=%s", labels[i]);
		check(BYTES(text), type, CHARSET_XML, text, "utf-8", 0);
	}
}

static void
test_mojibake_is_left_alone(void **state)
{
	static const char twice[] = "<a>cafÃ© â€œquotedâ€\xc2\x9d Ð¼Ð¸Ñ€</a>";
	(void)state;
	check(BYTES(twice), "text/xml; charset=utf-8", CHARSET_XML, twice, "utf-8", 0);
	check(BYTES(twice), "text/xml; charset=iso-8859-1", CHARSET_XML, twice, "utf-8", 1);
}

static void
test_wide_text_without_bom(void **state)
{
	static const char *const texts[] = {
	    "<?xml version='1.0'?><rss><channel><title>Новости</title></channel></rss>",
	    "<rss version='2.0'><channel><title>Ā Ȁ ਀ 新聞</title></channel></rss>",
	};
	static const struct {
		const char *code, *name;
	} forms[] = {{"UTF-16LE", "utf-16le"}, {"UTF-16BE", "utf-16be"}, {"UTF-32LE", "utf-32le"},
	    {"UTF-32BE", "utf-32be"}};
	(void)state;
	for (size_t i = 0; i < 2; i++)
		for (size_t j = 0; j < 4; j++) {
			struct buf b = encode(forms[j].code, texts[i]);
			check(b.data, b.len, "", CHARSET_XML, texts[i], forms[j].name, 0);
			check(b.data, b.len, "text/xml; charset=utf-8", CHARSET_XML, texts[i],
			    forms[j].name, 1);
			buf_clear(&b);
		}
	/* Han text says it in no zeros: there HTTP is believed */
	struct buf b = encode("UTF-16BE", "新聞社説政治経済社会文化国際");
	check(b.data, b.len, "text/plain; charset=utf-16be", CHARSET_TEXT,
	    "新聞社説政治経済社会文化国際", "utf-16be", 0);
	buf_clear(&b);
}

static void
test_ebcdic(void **state)
{
	static const char text[] = "<?xml version='1.0' encoding='cp500'?><a>[é]!</a>";
	(void)state;
	struct buf b = encode("IBM500", text);
	check(b.data, b.len, "", CHARSET_XML, text, "ibm500", 0);
	check(b.data, b.len, "text/xml; charset=utf-8", CHARSET_XML, text, "ibm500", 1);
	buf_clear(&b);
	b = encode("IBM1140", text);
	check(b.data, b.len, "text/xml; charset=ibm1140", CHARSET_XML, text, "ibm1140", 0);
	buf_clear(&b);
	/* ASCII that is called EBCDIC */
	check(BYTES("<a>x</a>"), "text/xml; charset=cp037", CHARSET_XML, "<a>x</a>", "utf-8", 0);
}

static void
test_borders_of_pieces(void **state)
{
	static const struct {
		const char *code, *text;
	} rows[] = {{"GB18030", "你好😀㐂"}, {"CP932", "日本語①"}, {"EUC-JP", "日本語"},
	    {"BIG5", "你好"}, {"CP949", "한글똠"}, {"ISO-2022-JP", "日本語"}, {"UTF-16LE", "a😀日"},
	    {"UTF-32BE", "a😀日"}, {"CP1251", "Привет"}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		for (size_t pad = 4080; pad < 4100; pad++) {
			char text[8192 + 256], type[64];
			size_t len = 0;
			memset(text, 'x', pad);
			for (len = pad; len < 8300; len += strlen(rows[i].text))
				memcpy(text + len, rows[i].text, strlen(rows[i].text));
			text[len] = '\0';
			struct buf b = encode(rows[i].code, text), out;
			snprintf(type, sizeof type, "a/b; charset=%s", rows[i].code);
			buf_init(&out, 1 << 20);
			assert_int_equal(
			    charset_to_utf8(b.data, b.len, type, CHARSET_TEXT, &out, &last), 0);
			assert_string_equal(buf_str(&out), text);
			buf_clear(&out);
			buf_clear(&b);
		}
}

static void
test_bad_bytes_at_borders(void **state)
{
	enum { SIZE = 4096 * 2 };
	static uint8_t in[SIZE];
	(void)state;
	for (size_t at = 4090; at < 4100; at++) {
		struct buf out;
		for (size_t i = 0; i + 2 < SIZE; i += 2)
			memcpy(in + i, "é", 2);
		memset(in + SIZE - 2, ' ', 2);
		in[at] = 0xff;
		buf_init(&out, SIZE * 3);
		assert_int_equal(charset_to_utf8(in, SIZE, "", CHARSET_TEXT, &out, &last), 0);
		assert_string_equal(last.name, "utf-8");
		assert_int_equal(last.replaced, 2); /* the byte, and the half that it left */
		assert_true(charset_is_utf8(out.data, out.len));
		buf_clear(&out);
	}
}

static void
test_hostile_labels(void **state)
{
	static char type[10240 + 64], text[10240 * 2];
	(void)state;
	memcpy(type, "text/xml; charset=", 18);
	memset(type + 18, 'u', 10240);
	check(BYTES("<a>caf\xe9</a>"), type, CHARSET_XML, "<a>café</a>", "windows-1252", 0);
	memset(type + 18, '-', 10240);
	check(BYTES("<a>caf\xc3\xa9</a>"), type, CHARSET_XML, "<a>café</a>", "utf-8", 0);
	int n = snprintf(text, sizeof text, "<?xml version='1.0' encoding='%s'?><a/>", type + 18);
	check((uint8_t *)text, (size_t)n, "", CHARSET_XML, text, "utf-8", 0);
	n = snprintf(text, sizeof text, "<meta charset=\"%s\">x", type + 18);
	check((uint8_t *)text, (size_t)n, "", CHARSET_HTML, text, "utf-8", 0);
	check(BYTES("<?xml encoding='"), "", CHARSET_XML, "<?xml encoding='", "utf-8", 0);
	check(BYTES("<?xml encoding='k\0oi8-r'?>\xc1"), "", CHARSET_XML,
	    "<?xml encoding='k\xef\xbf\xbdoi8-r'?>Á", "windows-1252", 0);
}

static void
test_view(void **state)
{
	static const uint8_t plain[] = "\xef\xbb\xbfz\xc3\xa9", legacy[] = "caf\xe9 cr\xe8me";
	struct buf room;
	struct view text;
	(void)state;
	buf_init(&room, 100);
	assert_int_equal(
	    charset_view_utf8(plain, sizeof plain - 1, "", CHARSET_TEXT, &room, &text, &last), 0);
	assert_ptr_equal(text.data, plain + 3);
	assert_int_equal(text.len, 3);
	assert_null(room.data);
	assert_int_equal(
	    charset_view_utf8(legacy, sizeof legacy - 1, "", CHARSET_TEXT, &room, &text, &last), 0);
	assert_ptr_equal(text.data, room.data);
	assert_memory_equal(text.data, "café crème", text.len);
	buf_clear(&room);
	buf_init(&room, 5);
	assert_int_equal(
	    charset_view_utf8(legacy, sizeof legacy - 1, "", CHARSET_TEXT, &room, &text, &last),
	    ERR_LIMIT);
	assert_int_equal(text.len, 0);
	assert_null(room.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_ascii_and_utf8),
	    cmocka_unit_test(test_boms),
	    cmocka_unit_test(test_utf16_without_bom),
	    cmocka_unit_test(test_http_label),
	    cmocka_unit_test(test_declarations),
	    cmocka_unit_test(test_lies),
	    cmocka_unit_test(test_mostly_utf8_is_repaired),
	    cmocka_unit_test(test_detection),
	    cmocka_unit_test(test_broken_multibyte),
	    cmocka_unit_test(test_validity),
	    cmocka_unit_test(test_repair),
	    cmocka_unit_test(test_maximum),
	    cmocka_unit_test(test_every_byte_of_every_encoding),
	    cmocka_unit_test(test_charsets_there_and_back),
	    cmocka_unit_test(test_labels_that_are_nearly_right),
	    cmocka_unit_test(test_utf7_never),
	    cmocka_unit_test(test_mojibake_is_left_alone),
	    cmocka_unit_test(test_wide_text_without_bom),
	    cmocka_unit_test(test_ebcdic),
	    cmocka_unit_test(test_borders_of_pieces),
	    cmocka_unit_test(test_bad_bytes_at_borders),
	    cmocka_unit_test(test_hostile_labels),
	    cmocka_unit_test(test_view),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
