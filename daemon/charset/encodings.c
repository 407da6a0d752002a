/*
 * The encodings of the charset family: their names, the labels that are taken for them, and what
 * iconv calls them. Data, and the search in it.
 */
#include "charset_priv.h"

#include <string.h>
#include <strings.h>

#define LABEL_MAX 60

#define PAGE(n)                                                                                    \
	{                                                                                          \
		"ibm" #n, FORM_SINGLE, "IBM" #n, "CP" #n, " cp" #n " "                             \
	}
#define EBCDIC(n)                                                                                  \
	{                                                                                          \
		"ibm" #n, FORM_EBCDIC, "IBM" #n, "CP" #n, " cp" #n " "                             \
	}

const struct encoding charset_encodings[] = {
    /* clang-format off */
    /* The Encoding standard, "Names and labels", and what else iconv, Python and IANA call them. */
    [ENCODING_UTF8] = {"utf-8", FORM_UTF8, NULL, NULL,
	" cp65001 unicode-1-1-utf-8 unicode11utf8 unicode20utf8 utf-8 utf8 x-unicode20utf8 utf8mb4"
	" utf-8-sig "},
    [ENCODING_WINDOWS_1252] = {"windows-1252", FORM_SINGLE, "CP1252", NULL,
	" ansi_x3.4-1968 ascii cp1252 cp819 csisolatin1 ibm819 iso-8859-1 iso-ir-100"
	" iso8859-1 iso88591 iso_8859-1 iso_8859-1:1987 l1 latin1 latin-1 us-ascii"
	" windows-1252 x-cp1252 x-user-defined iso-latin-1 ms-ansi 8859_1 iso_8859_1 "},
    [ENCODING_ISO_2022_JP] = {"iso-2022-jp", FORM_MULTI, "ISO-2022-JP", NULL,
	" csiso2022jp iso-2022-jp "},
    [ENCODING_UTF16LE] = {"utf-16le", FORM_UTF16LE, NULL, NULL,
	" csunicode iso-10646-ucs-2 ucs-2 unicode unicodefeff utf-16 utf-16le utf16 ucs-2le "},
    [ENCODING_UTF16BE] = {"utf-16be", FORM_UTF16BE, NULL, NULL,
	" unicodefffe utf-16be ucs-2be "},
    [ENCODING_UTF32LE] = {"utf-32le", FORM_UTF32LE, NULL, NULL,
	" utf-32 utf-32le ucs-4 ucs-4le "},
    [ENCODING_UTF32BE] = {"utf-32be", FORM_UTF32BE, NULL, NULL,
	" utf-32be ucs-4be "},
    {"ibm866", FORM_SINGLE, "IBM866", NULL,
	" 866 cp866 csibm866 ibm866 "},
    {"iso-8859-2", FORM_SINGLE, "ISO-8859-2", NULL,
	" csisolatin2 iso-8859-2 iso-ir-101 iso8859-2 iso88592 iso_8859-2 iso_8859-2:1987 l2"
	" latin2 cp912 8859_2 "},
    {"iso-8859-3", FORM_SINGLE, "ISO-8859-3", NULL,
	" csisolatin3 iso-8859-3 iso-ir-109 iso8859-3 iso88593 iso_8859-3 iso_8859-3:1988 l3"
	" latin3 8859_3 "},
    {"iso-8859-4", FORM_SINGLE, "ISO-8859-4", NULL,
	" csisolatin4 iso-8859-4 iso-ir-110 iso8859-4 iso88594 iso_8859-4 iso_8859-4:1988 l4"
	" latin4 8859_4 "},
    {"iso-8859-5", FORM_SINGLE, "ISO-8859-5", NULL,
	" csisolatincyrillic cyrillic iso-8859-5 iso-ir-144 iso8859-5 iso88595 iso_8859-5"
	" iso_8859-5:1988 cp915 8859_5 "},
    {"iso-8859-6", FORM_SINGLE, "ISO-8859-6", NULL,
	" arabic asmo-708 csiso88596e csiso88596i csisolatinarabic ecma-114 iso-8859-6"
	" iso-8859-6-e iso-8859-6-i iso-ir-127 iso8859-6 iso88596 iso_8859-6 iso_8859-6:1987"
	" cp1089 8859_6 "},
    {"iso-8859-7", FORM_SINGLE, "ISO-8859-7", NULL,
	" csisolatingreek ecma-118 elot_928 greek greek8 iso-8859-7 iso-ir-126 iso8859-7"
	" iso88597 iso_8859-7 iso_8859-7:1987 sun_eu_greek cp813 8859_7 "},
    {"iso-8859-8", FORM_SINGLE, "ISO-8859-8", NULL,
	" csiso88598e csisolatinhebrew hebrew iso-8859-8 iso-8859-8-e iso-ir-138 iso8859-8"
	" iso88598 iso_8859-8 iso_8859-8:1988 visual cp916 8859_8 "},
    {"iso-8859-8-i", FORM_SINGLE, "ISO-8859-8", NULL,
	" csiso88598i iso-8859-8-i logical "},
    {"iso-8859-10", FORM_SINGLE, "ISO-8859-10", NULL,
	" csisolatin6 iso-8859-10 iso-ir-157 iso8859-10 iso885910 l6 latin6 iso_8859-10 "},
    {"iso-8859-13", FORM_SINGLE, "ISO-8859-13", NULL,
	" iso-8859-13 iso8859-13 iso885913 baltic cp921 iso-ir-179 l7 latin7 "},
    {"iso-8859-14", FORM_SINGLE, "ISO-8859-14", NULL,
	" iso-8859-14 iso8859-14 iso885914 iso-celtic iso-ir-199 iso_8859-14 l8 latin8 "},
    {"iso-8859-15", FORM_SINGLE, "ISO-8859-15", NULL,
	" csisolatin9 iso-8859-15 iso8859-15 iso885915 iso_8859-15 l9 latin9 latin-9"
	" iso-ir-203 "},
    {"iso-8859-16", FORM_SINGLE, "ISO-8859-16", NULL,
	" iso-8859-16 iso-ir-226 iso_8859-16 l10 latin10 "},
    {"koi8-r", FORM_SINGLE, "KOI8-R", NULL,
	" cskoi8r koi koi8 koi8-r koi8_r "},
    {"koi8-u", FORM_SINGLE, "KOI8-U", NULL,
	" koi8-ru koi8-u "},
    {"macintosh", FORM_SINGLE, "MACINTOSH", NULL,
	" csmacintosh mac macintosh x-mac-roman "},
    {"windows-874", FORM_SINGLE, "CP874", "TIS-620",
	" dos-874 iso-8859-11 iso8859-11 iso885911 tis-620 windows-874 cp874 thai8 "},
    {"windows-1250", FORM_SINGLE, "CP1250", NULL,
	" cp1250 windows-1250 x-cp1250 ms-ee "},
    {"windows-1251", FORM_SINGLE, "CP1251", NULL,
	" cp1251 windows-1251 x-cp1251 win-1251 win1251 ms-cyrl "},
    {"windows-1253", FORM_SINGLE, "CP1253", NULL,
	" cp1253 windows-1253 x-cp1253 ms-greek "},
    {"windows-1254", FORM_SINGLE, "CP1254", NULL,
	" cp1254 csisolatin5 iso-8859-9 iso-ir-148 iso8859-9 iso88599 iso_8859-9"
	" iso_8859-9:1989 l5 latin5 windows-1254 x-cp1254 ms-turk cp920 8859_9 "},
    {"windows-1255", FORM_SINGLE, "CP1255", NULL,
	" cp1255 windows-1255 x-cp1255 ms-hebr "},
    {"windows-1256", FORM_SINGLE, "CP1256", NULL,
	" cp1256 windows-1256 x-cp1256 ms-arab "},
    {"windows-1257", FORM_SINGLE, "CP1257", NULL,
	" cp1257 windows-1257 x-cp1257 winbaltrim "},
    {"windows-1258", FORM_SINGLE, "CP1258", NULL,
	" cp1258 windows-1258 x-cp1258 "},
    {"x-mac-cyrillic", FORM_SINGLE, "MAC-CYRILLIC", "MACCYRILLIC",
	" x-mac-cyrillic x-mac-ukrainian mac-cyrillic mac-uk "},
    {"gb18030", FORM_MULTI, "GB18030", NULL,
	" gb18030 chinese csgb2312 csiso58gb231280 gb2312 gb_2312 gb_2312-80 gbk iso-ir-58"
	" x-gbk cp936 ms936 windows-936 gb13000 euc-cn cn-gb "},
    {"big5", FORM_MULTI, "BIG5-HKSCS", "BIG5",
	" big5 big5-hkscs cn-big5 csbig5 x-x-big5 cp950 big-five "},
    {"euc-jp", FORM_MULTI, "EUC-JP-MS", "EUC-JP",
	" cseucpkdfmtjapanese euc-jp x-euc-jp eucjp-ms ujis "},
    {"shift_jis", FORM_MULTI, "CP932", "SHIFT_JIS",
	" csshiftjis ms932 ms_kanji shift-jis shift_jis sjis windows-31j x-sjis cp932"
	" sjis-win "},
    {"euc-kr", FORM_MULTI, "UHC", "EUC-KR",
	" cseuckr csksc56011987 euc-kr iso-ir-149 korean ks_c_5601-1987 ks_c_5601-1989"
	" ksc5601 ksc_5601 windows-949 uhc cp949 "},

    /* Of other systems and times; of the many Chinese and Korean ones those that text was sent in. */
    PAGE(437), PAGE(737), PAGE(775), PAGE(850), PAGE(851), PAGE(852), PAGE(855), PAGE(856),
    PAGE(857), PAGE(858), PAGE(860), PAGE(861), PAGE(862), PAGE(863), PAGE(864), PAGE(865), PAGE(868),
    PAGE(869), PAGE(901), PAGE(902), PAGE(922), PAGE(1046), PAGE(1124), PAGE(1125), PAGE(1129), PAGE(1133),
    PAGE(1161), PAGE(1162), PAGE(1163),
    {"armscii-8", FORM_SINGLE, "ARMSCII-8", NULL, " armscii-8 "},
    {"dec-mcs", FORM_SINGLE, "DEC-MCS", NULL, " dec-mcs dec csdecmcs "},
    {"ecma-cyrillic", FORM_SINGLE, "ECMA-CYRILLIC", NULL, " ecma-cyrillic iso-ir-111 koi8-e "},
    {"georgian-academy", FORM_SINGLE, "GEORGIAN-ACADEMY", NULL, " georgian-academy "},
    {"georgian-ps", FORM_SINGLE, "GEORGIAN-PS", NULL, " georgian-ps "},
    {"gost_19768-74", FORM_SINGLE, "GOST_19768-74", NULL, " gost_19768-74 iso-ir-153 "},
    {"hp-greek8", FORM_SINGLE, "HP-GREEK8", NULL, " hp-greek8 "},
    {"hp-roman8", FORM_SINGLE, "HP-ROMAN8", NULL, " hp-roman8 roman8 r8 cshproman8 "},
    {"hp-roman9", FORM_SINGLE, "HP-ROMAN9", NULL, " hp-roman9 roman9 r9 "},
    {"hp-turkish8", FORM_SINGLE, "HP-TURKISH8", NULL, " hp-turkish8 turkish8 "},
    {"isiri-3342", FORM_SINGLE, "ISIRI-3342", NULL, " isiri-3342 "},
    {"iso-8859-9e", FORM_SINGLE, "ISO-8859-9E", NULL, " iso-8859-9e iso_8859-9e "},
    {"iso-ir-197", FORM_SINGLE, "ISO-IR-197", NULL, " iso-ir-197 "},
    {"iso-ir-209", FORM_SINGLE, "ISO-IR-209", NULL, " iso-ir-209 "},
    {"koi8-t", FORM_SINGLE, "KOI8-T", NULL, " koi8-t "},
    {"mac-centraleurope", FORM_SINGLE, "MAC-CENTRALEUROPE", NULL,
	" mac-centraleurope mac-latin2 x-mac-ce cp1282 "},
    {"mac-is", FORM_SINGLE, "MAC-IS", NULL, " mac-is mac-iceland x-mac-icelandic "},
    {"mac-sami", FORM_SINGLE, "MAC-SAMI", NULL, " mac-sami "},
    {"mik", FORM_SINGLE, "MIK", NULL, " mik "},
    {"pt154", FORM_SINGLE, "PT154", NULL, " pt154 ptcp154 csptcp154 cp154 cyrillic-asian "},
    {"rk1048", FORM_SINGLE, "RK1048", NULL, " rk1048 strk1048-2002 kz-1048 "},
    {"tcvn", FORM_SINGLE, "TCVN", NULL, " tcvn tcvn-5712 tcvn5712-1 "},
    {"viscii", FORM_SINGLE, "VISCII", NULL, " viscii csviscii "},
    {"win-sami-2", FORM_SINGLE, "WIN-SAMI-2", NULL, " win-sami-2 ws2 "},
    {"euc-jisx0213", FORM_MULTI, "EUC-JISX0213", NULL, " euc-jisx0213 euc-jis-2004 "},
    {"euc-tw", FORM_MULTI, "EUC-TW", NULL, " euc-tw "},
    {"iso-2022-cn", FORM_MULTI, "ISO-2022-CN-EXT", "ISO-2022-CN", " iso-2022-cn iso-2022-cn-ext "},
    {"iso-2022-kr", FORM_MULTI, "ISO-2022-KR", NULL, " iso-2022-kr csiso2022kr "},
    {"iso6937", FORM_MULTI, "ISO6937", NULL, " iso6937 iso_6937 iso-ir-156 "},
    {"johab", FORM_MULTI, "JOHAB", NULL, " johab cp1361 ms1361 "},
    {"shift_jisx0213", FORM_MULTI, "SHIFT_JISX0213", NULL, " shift_jisx0213 shift-jis-2004 "},
    {"tscii", FORM_MULTI, "TSCII", NULL, " tscii "},

    /* Of mainframes. XML 1.0, appendix F, says how they are told; nobody else sends them. */
    {"ibm037", FORM_EBCDIC, "IBM037", NULL,
	" cp37 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-nl ebcdic-cp-wt "},
    {"ibm277", FORM_EBCDIC, "IBM277", NULL, " cp277 ebcdic-cp-dk ebcdic-cp-no "},
    {"ibm500", FORM_EBCDIC, "IBM500", NULL, " cp500 ebcdic-cp-be ebcdic-cp-ch "},
    EBCDIC(273), EBCDIC(278), EBCDIC(280), EBCDIC(284), EBCDIC(285), EBCDIC(297), EBCDIC(420), EBCDIC(424),
    EBCDIC(870), EBCDIC(871), EBCDIC(875), EBCDIC(880), EBCDIC(905), EBCDIC(918), EBCDIC(1025), EBCDIC(1026),
    EBCDIC(1047), EBCDIC(1097), EBCDIC(1112), EBCDIC(1122), EBCDIC(1123), EBCDIC(1130), EBCDIC(1132),
    EBCDIC(1140), EBCDIC(1141), EBCDIC(1142), EBCDIC(1143), EBCDIC(1144), EBCDIC(1145), EBCDIC(1146),
    EBCDIC(1147), EBCDIC(1148), EBCDIC(1149), EBCDIC(1153), EBCDIC(1154), EBCDIC(1155), EBCDIC(1156),
    EBCDIC(1157), EBCDIC(1158), EBCDIC(1160), EBCDIC(1164), EBCDIC(1166),
    /* clang-format on */
};

const size_t charset_encodings_len = sizeof charset_encodings / sizeof *charset_encodings;

static int
is_alnum(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');
}

/* What counts in a label (UTS #22 1.4): letters and digits, without the zeros that begin a number.
 */
static void
essence(const char *s, size_t len, char out[LABEL_MAX + 1])
{
	size_t n = 0;
	for (size_t i = 0; i < len && n < LABEL_MAX; i++) {
		int in_number = n && out[n - 1] >= '0' && out[n - 1] <= '9';
		if (is_alnum(s[i]) && (s[i] != '0' || (in_number && is_alnum(s[i - 1]))))
			out[n++] = s[i];
	}
	out[n] = '\0';
}

/* "IBM-850", "csIBM850", "850" all mean "cp850". */
static void
name_page(char key[LABEL_MAX + 1])
{
	static const char *const fronts[] = {"cs", "ibm", "cp", "x", "ccsid"};
	const char *digits = key;
	for (size_t i = 0; i < sizeof fronts / sizeof *fronts; i++)
		if (!strncmp(digits, fronts[i], strlen(fronts[i])))
			digits += strlen(fronts[i]);
	size_t len = strlen(digits);
	if (len < 2 || len > 5 || strspn(digits, "0123456789") != len)
		return;
	memmove(key + 2, digits, len + 1);
	memcpy(key, "cp", 2);
}

/* The encoding one of whose labels has the essence KEY. */
static const struct encoding *
find_loosely(const char *key)
{
	char other[LABEL_MAX + 1];
	for (size_t i = 0; i < charset_encodings_len; i++) {
		const char *s = charset_encodings[i].labels;
		for (size_t len; *(s += strspn(s, " ")); s += len) {
			len = strcspn(s, " ");
			essence(s, len, other);
			if (!strcmp(key, other))
				return &charset_encodings[i];
		}
	}
	return NULL;
}

const struct encoding *
charset_find(const char *label, size_t len)
{
	char key[LABEL_MAX + 3]; /* between spaces, as the labels stand in the table */
	while (len && strchr(" \t\r\n\f\"'", label[0]))
		label++, len--;
	while (len && strchr(" \t\r\n\f\"'", label[len - 1]))
		len--;
	if (!len || len > LABEL_MAX)
		return NULL;
	key[0] = ' ';
	for (size_t i = 0; i < len; i++) {
		char c = label[i];
		if (c < ' ' || c > '~')
			return NULL;
		key[i + 1] = c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
	}
	memcpy(key + len + 1, " ", 2);
	for (size_t i = 0; !memchr(label, ' ', len) && i < charset_encodings_len; i++)
		if (strstr(charset_encodings[i].labels, key))
			return &charset_encodings[i];
	char core[LABEL_MAX + 1];
	essence(key + 1, len, core);
	if (!*core)
		return NULL;
	const struct encoding *e = find_loosely(core);
	if (!e) {
		name_page(core);
		e = find_loosely(core);
	}
	return e;
}
