/*
 * language: see include/language.h. The tags (RFC 5646) and what stands in their place.
 */
#include "language.h"

#include <string.h>
#include <strings.h>

/* ISO 639-1, each of two letters */
static const char codes[] =
    "aa ab ae af ak am an ar as av ay az ba be bg bh bi bm bn bo br bs ca ce ch co cr cs cu cv cy "
    "da "
    "de dv dz ee el en eo es et eu fa ff fi fj fo fr fy ga gd gl gn gu gv ha he hi ho hr ht hu hy "
    "hz "
    "ia id ie ig ii ik io is it iu ja jv ka kg ki kj kk kl km kn ko kr ks ku kv kw ky la lb lg li "
    "ln "
    "lo lt lu lv mg mh mi mk ml mn mr ms mt my na nb nd ne ng nl nn no nr nv ny oc oj om or os pa "
    "pi "
    "pl ps pt qu rm rn ro ru rw sa sc sd se sg sh si sk sl sm sn so sq sr ss st su sv sw ta te tg "
    "th "
    "ti tk tl tn to tr ts tt tw ty ug uk ur uz ve vi vo wa wo xh yi yo za zh zu ";

/* What is written in place of a code: retired codes, countries, ISO 639-2, names. */
static const struct {
	const char *written, *code;
} aliases[] = {
    {"iw", "he"},
    {"in", "id"},
    {"ji", "yi"},
    {"jp", "ja"},
    {"cz", "cs"},
    {"dk", "da"},
    {"gr", "el"},
    {"ua", "uk"},
    {"cn", "zh"},
    {"eng", "en"},
    {"deu", "de"},
    {"ger", "de"},
    {"fra", "fr"},
    {"fre", "fr"},
    {"spa", "es"},
    {"ita", "it"},
    {"por", "pt"},
    {"nld", "nl"},
    {"dut", "nl"},
    {"swe", "sv"},
    {"dan", "da"},
    {"nor", "no"},
    {"nob", "nb"},
    {"nno", "nn"},
    {"fin", "fi"},
    {"isl", "is"},
    {"ice", "is"},
    {"pol", "pl"},
    {"ces", "cs"},
    {"cze", "cs"},
    {"slk", "sk"},
    {"slo", "sk"},
    {"slv", "sl"},
    {"hrv", "hr"},
    {"srp", "sr"},
    {"bos", "bs"},
    {"mkd", "mk"},
    {"mac", "mk"},
    {"bul", "bg"},
    {"ron", "ro"},
    {"rum", "ro"},
    {"hun", "hu"},
    {"ell", "el"},
    {"gre", "el"},
    {"tur", "tr"},
    {"rus", "ru"},
    {"ukr", "uk"},
    {"bel", "be"},
    {"lit", "lt"},
    {"lav", "lv"},
    {"est", "et"},
    {"sqi", "sq"},
    {"alb", "sq"},
    {"cat", "ca"},
    {"eus", "eu"},
    {"baq", "eu"},
    {"glg", "gl"},
    {"ara", "ar"},
    {"heb", "he"},
    {"fas", "fa"},
    {"per", "fa"},
    {"urd", "ur"},
    {"hin", "hi"},
    {"ben", "bn"},
    {"tam", "ta"},
    {"tel", "te"},
    {"mar", "mr"},
    {"guj", "gu"},
    {"kan", "kn"},
    {"mal", "ml"},
    {"pan", "pa"},
    {"tha", "th"},
    {"vie", "vi"},
    {"ind", "id"},
    {"msa", "ms"},
    {"may", "ms"},
    {"zho", "zh"},
    {"chi", "zh"},
    {"cmn", "zh"},
    {"jpn", "ja"},
    {"kor", "ko"},
    {"swa", "sw"},
    {"afr", "af"},
    {"tgl", "tl"},
    {"english", "en"},
    {"deutsch", "de"},
    {"german", "de"},
    {"french", "fr"},
    {"francais", "fr"},
    {"français", "fr"},
    {"spanish", "es"},
    {"espanol", "es"},
    {"español", "es"},
    {"castellano", "es"},
    {"italian", "it"},
    {"italiano", "it"},
    {"portuguese", "pt"},
    {"portugues", "pt"},
    {"português", "pt"},
    {"dutch", "nl"},
    {"nederlands", "nl"},
    {"swedish", "sv"},
    {"svenska", "sv"},
    {"danish", "da"},
    {"dansk", "da"},
    {"norwegian", "no"},
    {"norsk", "no"},
    {"finnish", "fi"},
    {"suomi", "fi"},
    {"polish", "pl"},
    {"polski", "pl"},
    {"czech", "cs"},
    {"slovak", "sk"},
    {"hungarian", "hu"},
    {"magyar", "hu"},
    {"romanian", "ro"},
    {"greek", "el"},
    {"turkish", "tr"},
    {"russian", "ru"},
    {"ukrainian", "uk"},
    {"bulgarian", "bg"},
    {"croatian", "hr"},
    {"serbian", "sr"},
    {"arabic", "ar"},
    {"hebrew", "he"},
    {"persian", "fa"},
    {"farsi", "fa"},
    {"hindi", "hi"},
    {"bengali", "bn"},
    {"urdu", "ur"},
    {"thai", "th"},
    {"vietnamese", "vi"},
    {"indonesian", "id"},
    {"malay", "ms"},
    {"chinese", "zh"},
    {"japanese", "ja"},
    {"korean", "ko"},
    {"catalan", "ca"},
};

static int
is_alpha(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if ((s[i] | 32) < 'a' || (s[i] | 32) > 'z')
			return 0;
	return 1;
}

static int
is_digits(const char *s, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (s[i] < '0' || s[i] > '9')
			return 0;
	return 1;
}

static void
copy_cased(char *to, const char *s, size_t len, int first_upper, int rest_upper)
{
	for (size_t i = 0; i < len; i++) {
		int upper = i ? rest_upper : first_upper;
		int c = s[i] | ((unsigned)(s[i] | 32) - 'a' < 26u ? 32 : 0);
		to[i] = (char)(upper && c >= 'a' && c <= 'z' ? c - 32 : c);
	}
	to[len] = '\0';
}

/* The primary subtag into OUT, lower case; its length or 0. */
static size_t
read_primary(const char *s, size_t len, char out[LANGUAGE_MAX])
{
	for (size_t i = 0; i < sizeof aliases / sizeof *aliases; i++)
		if (strlen(aliases[i].written) == len && !strncasecmp(aliases[i].written, s, len)) {
			memcpy(out, aliases[i].code, 3);
			return 2;
		}
	if (len < 2 || len > 3 || !is_alpha(s, len))
		return 0;
	copy_cased(out, s, len, 0, 0);
	if (len == 2) {
		char key[4] = {out[0], out[1], ' ', '\0'};
		for (const char *p = codes; (p = strstr(p, key)); p++)
			if ((p - codes) % 3 == 0)
				return len;
		out[0] = '\0';
		return 0;
	}
	/* ISO 639-2: several, undetermined, none */
	if (!strcmp(out, "mul") || !strcmp(out, "und") || !strcmp(out, "zxx")) {
		out[0] = '\0';
		return 0;
	}
	return len;
}

void
language_normalise(const char *tag, char out[LANGUAGE_MAX])
{
	out[0] = '\0';
	if (!tag)
		return;
	tag += strspn(tag, " \t\r\n\"'[");
	size_t len = strcspn(tag, "-_ ,;.@\t\r\n\"'/()]"), n = read_primary(tag, len, out);
	if (!n)
		return;
	/* after the script, the region; variants and extensions say nothing that we use */
	for (int seen_script = 0; tag[len] == '-' || tag[len] == '_';) {
		const char *sub = tag + len + 1;
		size_t sub_len = strcspn(sub, "-_ ,;.@\t\r\n\"'/()]");
		int script = sub_len == 4 && is_alpha(sub, 4) && !seen_script;
		int region =
		    (sub_len == 2 && is_alpha(sub, 2)) || (sub_len == 3 && is_digits(sub, 3));
		if ((!script && !region) || n + 1 + sub_len >= LANGUAGE_MAX)
			return;
		out[n++] = '-';
		copy_cased(out + n, sub, sub_len, 1, region);
		n += sub_len;
		len += 1 + sub_len;
		seen_script = 1;
		if (region)
			return;
	}
}

int
language_same(const char *a, const char *b)
{
	size_t n = strcspn(a, "-");
	return n && n == strcspn(b, "-") && !strncasecmp(a, b, n);
}
