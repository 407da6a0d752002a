/*
 * date words: months, weekdays, zones and the words between, in the languages of the world's feeds,
 * and how a word is looked up among them.
 */
#include <stddef.h>
#include <string.h>
#include <utf8proc.h>

#include "date_priv.h"
#include "names.h"

#define PREFIX_MIN 3 /* characters of a beginning that may stand for a month */

#define COUNT(a) (sizeof(a) / sizeof *(a))

/* RFC 822 5.1 and the names that feeds use besides, sorted; where a name has several meanings, the
 * one that news uses most, and the doubt is kept. */
static const struct date_zone zones[] = {
    {"acdt", 630, 0},
    {"acst", 570, 0},
    {"adt", -180, 0},
    {"aedt", 660, 0},
    {"aest", 600, 0},
    {"aft", 270, 0},
    {"akdt", -480, ZONE_AMERICAN},
    {"akst", -540, ZONE_AMERICAN},
    {"almt", 300, 0},
    {"amst", -180, ZONE_DOUBT}, /* Amazon, Armenia */
    {"amt", -240, ZONE_DOUBT},
    {"anat", 720, 0},
    {"art", -180, 0},
    {"ast", -240, ZONE_DOUBT}, /* Atlantic, Arabia */
    {"at", -240, 0},
    {"awst", 480, 0},
    {"azost", 0, 0},
    {"azot", -60, 0},
    {"azt", 240, 0},
    {"bdt", 360, 0},
    {"bnt", 480, 0},
    {"bot", -240, 0},
    {"brst", -120, 0},
    {"brt", -180, 0},
    {"bst", 60, ZONE_DOUBT}, /* British summer, Bangladesh */
    {"btt", 360, 0},
    {"cat", 120, 0},
    {"cdt", -300, ZONE_AMERICAN},
    {"cest", 120, 0},
    {"cet", 60, 0},
    {"chadt", 825, 0},
    {"chast", 765, 0},
    {"chst", 600, 0},
    {"clst", -180, 0},
    {"clt", -240, 0},
    {"cot", -300, 0},
    {"cst", -360, ZONE_AMERICAN | ZONE_DOUBT}, /* America, China */
    {"ct", -360, ZONE_AMERICAN | ZONE_US},
    {"cut", 0, 0}, /* coordinated universal time */
    {"cvt", -60, 0},
    {"cxt", 420, 0},
    {"eat", 180, 0},
    {"ect", -300, 0},
    {"edt", -240, ZONE_AMERICAN},
    {"eest", 180, 0},
    {"eet", 120, 0},
    {"egst", 0, 0},
    {"egt", -60, 0},
    {"est", -300, ZONE_AMERICAN},
    {"et", -300, ZONE_AMERICAN | ZONE_US},
    {"fet", 180, 0},
    {"fjt", 720, 0},
    {"gala", -360, 0},
    {"get", 240, 0},
    {"gft", -180, 0},
    {"gmt", 0, 0},
    {"gst", 240, ZONE_DOUBT}, /* Gulf, South Georgia */
    {"gyt", -240, 0},
    {"hast", -600, ZONE_AMERICAN},
    {"hkt", 480, 0},
    {"hst", -600, ZONE_AMERICAN},
    {"ict", 420, 0},
    {"idt", 180, 0},
    {"irdt", 270, 0},
    {"irkt", 480, 0},
    {"irst", 210, 0},
    {"ist", 330, ZONE_DOUBT}, /* India, Ireland, Israel */
    {"jst", 540, 0},
    {"kgt", 360, 0},
    {"krat", 420, 0},
    {"kst", 540, 0},
    {"lhst", 630, 0},
    {"magt", 660, 0},
    {"mdt", -360, ZONE_AMERICAN},
    {"mest", 120, 0},
    {"mesz", 120, 0},
    {"met", 60, 0},
    {"mez", 60, 0},
    {"mmt", 390, 0},
    {"msd", 240, 0},
    {"msk", 180, 0},
    {"mst", -420, ZONE_AMERICAN},
    {"mt", -420, ZONE_AMERICAN | ZONE_US},
    {"mut", 240, 0},
    {"mvt", 300, 0},
    {"myt", 480, 0},
    {"ndt", -150, 0},
    {"novt", 420, 0},
    {"npt", 345, 0},
    {"nst", -210, 0},
    {"nt", -210, 0},
    {"nzdt", 780, 0},
    {"nzst", 720, 0},
    {"omst", 360, 0},
    {"pdt", -420, ZONE_AMERICAN},
    {"pet", -300, 0},
    {"pgt", 600, 0},
    {"phst", 480, 0},
    {"pht", 480, 0},
    {"pkt", 300, 0},
    {"pst", -480, ZONE_AMERICAN},
    {"pt", -480, ZONE_AMERICAN | ZONE_US},
    {"pyst", -180, 0},
    {"pyt", -240, 0},
    {"ret", 240, 0},
    {"samt", 240, 0},
    {"sast", 120, 0},
    {"sct", 240, 0},
    {"sgt", 480, 0},
    {"srt", -180, 0},
    {"sst", -660, ZONE_DOUBT}, /* Samoa, Singapore */
    {"tjt", 300, 0},
    {"tlt", 540, 0},
    {"tmt", 300, 0},
    {"tot", 780, 0},
    {"trt", 180, 0},
    {"ulat", 480, 0},
    {"ut", 0, 0},
    {"utc", 0, 0},
    {"uyst", -120, 0},
    {"uyt", -180, 0},
    {"uzt", 300, 0},
    {"vet", -240, 0},
    {"vlat", 600, 0},
    {"wast", 120, 0},
    {"wat", 60, 0},
    {"west", 60, 0},
    {"wet", 0, 0},
    {"wib", 420, 0},
    {"wit", 540, 0},
    {"wita", 480, 0},
    {"yakt", 540, 0},
    {"yekt", 300, 0},
    {"z", 0, 0},
    {"zulu", 0, 0},
    {"мск", 180, 0},
};

/* The places of the time zone database where most news is made, as they are today; sorted. */
static const struct date_zone places[] = {
    {"africa/cairo", 120, ZONE_DOUBT},
    {"africa/johannesburg", 120, 0},
    {"africa/lagos", 60, 0},
    {"africa/nairobi", 180, 0},
    {"america/argentina/buenos_aires", -180, 0},
    {"america/bogota", -300, 0},
    {"america/buenos_aires", -180, 0},
    {"america/caracas", -240, 0},
    {"america/chicago", -360, ZONE_AMERICAN | ZONE_US},
    {"america/denver", -420, ZONE_AMERICAN | ZONE_US},
    {"america/detroit", -300, ZONE_AMERICAN | ZONE_US},
    {"america/halifax", -240, ZONE_US},
    {"america/lima", -300, 0},
    {"america/los_angeles", -480, ZONE_AMERICAN | ZONE_US},
    {"america/mexico_city", -360, 0},
    {"america/new_york", -300, ZONE_AMERICAN | ZONE_US},
    {"america/phoenix", -420, ZONE_AMERICAN},
    {"america/sao_paulo", -180, 0},
    {"america/toronto", -300, ZONE_AMERICAN | ZONE_US},
    {"america/vancouver", -480, ZONE_AMERICAN | ZONE_US},
    {"asia/bangkok", 420, 0},
    {"asia/calcutta", 330, 0},
    {"asia/colombo", 330, 0},
    {"asia/dhaka", 360, 0},
    {"asia/dubai", 240, 0},
    {"asia/ho_chi_minh", 420, 0},
    {"asia/hong_kong", 480, 0},
    {"asia/jakarta", 420, 0},
    {"asia/karachi", 300, 0},
    {"asia/kathmandu", 345, 0},
    {"asia/kolkata", 330, 0},
    {"asia/kuala_lumpur", 480, 0},
    {"asia/manila", 480, 0},
    {"asia/riyadh", 180, 0},
    {"asia/seoul", 540, 0},
    {"asia/shanghai", 480, 0},
    {"asia/singapore", 480, 0},
    {"asia/taipei", 480, 0},
    {"asia/tehran", 210, 0},
    {"asia/tokyo", 540, 0},
    {"australia/brisbane", 600, 0},
    {"australia/perth", 480, 0},
    {"europe/amsterdam", 60, ZONE_EU},
    {"europe/athens", 120, ZONE_EU},
    {"europe/belgrade", 60, ZONE_EU},
    {"europe/berlin", 60, ZONE_EU},
    {"europe/brussels", 60, ZONE_EU},
    {"europe/bucharest", 120, ZONE_EU},
    {"europe/budapest", 60, ZONE_EU},
    {"europe/copenhagen", 60, ZONE_EU},
    {"europe/dublin", 0, ZONE_EU},
    {"europe/helsinki", 120, ZONE_EU},
    {"europe/istanbul", 180, 0},
    {"europe/kiev", 120, ZONE_EU},
    {"europe/kyiv", 120, ZONE_EU},
    {"europe/lisbon", 0, ZONE_EU},
    {"europe/london", 0, ZONE_EU},
    {"europe/madrid", 60, ZONE_EU},
    {"europe/moscow", 180, 0},
    {"europe/oslo", 60, ZONE_EU},
    {"europe/paris", 60, ZONE_EU},
    {"europe/prague", 60, ZONE_EU},
    {"europe/riga", 120, ZONE_EU},
    {"europe/rome", 60, ZONE_EU},
    {"europe/sofia", 120, ZONE_EU},
    {"europe/stockholm", 60, ZONE_EU},
    {"europe/tallinn", 120, ZONE_EU},
    {"europe/vienna", 60, ZONE_EU},
    {"europe/vilnius", 120, ZONE_EU},
    {"europe/warsaw", 60, ZONE_EU},
    {"europe/zagreb", 60, ZONE_EU},
    {"europe/zurich", 60, ZONE_EU},
    {"us/central", -360, ZONE_AMERICAN | ZONE_US},
    {"us/eastern", -300, ZONE_AMERICAN | ZONE_US},
    {"us/mountain", -420, ZONE_AMERICAN | ZONE_US},
    {"us/pacific", -480, ZONE_AMERICAN | ZONE_US},
};

/* Words between the parts of a date that say nothing, folded. */
static const char *const noise_words[] = {"a", "aasta", "ad", "alle", "am", "an", "ano", "as", "at",
    "ce", "d", "da", "dag", "dans", "de", "del", "den", "der", "di", "dia", "dne", "do", "el", "en",
    "g", "gada", "god", "godz", "h", "ho", "hod", "hora", "horas", "hrs", "il", "kell", "kl", "klo",
    "klockan", "klokken", "la", "las", "le", "luc", "m", "min", "nam", "ngay", "o", "of", "om",
    "on", "ora", "ore", "the", "to", "u", "um", "ur", "uhr", "uur", "v", "vid", "vom", "в", "г",
    "год", "года", "ч", "час", "р", "року", "ta", "ж", "թ", "στισ", "ωρα", "الساعة", "في", "公元",
    "西暦", "西元", "คศ", "เวลา", "น", "วันที่", "เมื่อ"};

static const struct {
	const char *text;
	size_t field; /* of struct date_scan */
	int korean;
} units[] = {
    {"년", offsetof(struct date_scan, year), 1},
    {"월", offsetof(struct date_scan, month), 1},
    {"일", offsetof(struct date_scan, day), 1},
    {"시", offsetof(struct date_scan, hour), 1},
    {"분", offsetof(struct date_scan, minute), 1},
    {"초", offsetof(struct date_scan, second), 1},
    {"年", offsetof(struct date_scan, year), 0},
    {"月", offsetof(struct date_scan, month), 0},
    {"日", offsetof(struct date_scan, day), 0},
    {"号", offsetof(struct date_scan, day), 0},
    {"號", offsetof(struct date_scan, day), 0},
    {"時", offsetof(struct date_scan, hour), 0},
    {"时", offsetof(struct date_scan, hour), 0},
    {"点", offsetof(struct date_scan, hour), 0},
    {"點", offsetof(struct date_scan, hour), 0},
    {"分", offsetof(struct date_scan, minute), 0},
    {"秒", offsetof(struct date_scan, second), 0},
};

/* Words that set a field, whatever stands there: as written, or folded. */
static const struct {
	const char *word;
	size_t field;
	int value;
} specials[] = {
    {"pm", offsetof(struct date_scan, pm), 1},
    {"오전", offsetof(struct date_scan, pm), 0},
    {"오후", offsetof(struct date_scan, pm), 1},
    {"上午", offsetof(struct date_scan, pm), 0},
    {"早上", offsetof(struct date_scan, pm), 0},
    {"凌晨", offsetof(struct date_scan, pm), 0},
    {"下午", offsetof(struct date_scan, pm), 1},
    {"晚上", offsetof(struct date_scan, pm), 1},
    {"午前", offsetof(struct date_scan, pm), 0},
    {"午後", offsetof(struct date_scan, pm), 1},
    {"πμ", offsetof(struct date_scan, pm), 0},
    {"μμ", offsetof(struct date_scan, pm), 1},
    {"ص", offsetof(struct date_scan, pm), 0},
    {"صباحا", offsetof(struct date_scan, pm), 0},
    {"م", offsetof(struct date_scan, pm), 1},
    {"مساء", offsetof(struct date_scan, pm), 1},
    {"明治", offsetof(struct date_scan, era), 1867},
    {"大正", offsetof(struct date_scan, era), 1911},
    {"昭和", offsetof(struct date_scan, era), 1925},
    {"平成", offsetof(struct date_scan, era), 1988},
    {"令和", offsetof(struct date_scan, era), 2018},
    {"民國", offsetof(struct date_scan, era), 1911},
    {"民国", offsetof(struct date_scan, era), 1911},
    {"中華民國", offsetof(struct date_scan, era), 1911},
    {"พศ", offsetof(struct date_scan, thai), 1},
    {"thang", offsetof(struct date_scan, expect_month), 1},
};

/* Is C a mark that words are written with or without? In other scripts marks are vowels, which tell
 * words apart: only Thai's tell January and March. */
static int
is_optional_mark(utf8proc_int32_t c)
{
	static const struct {
		utf8proc_int32_t first, last;
	} ranges[] = {{0x300, 0x36f}, {0x591, 0x5c7}, {0x64b, 0x65f}, {0x670, 0x670},
	    {0x93c, 0x93c}, {0x9bc, 0x9bc}, {0xa3c, 0xa3c}};
	for (size_t i = 0; i < COUNT(ranges); i++)
		if (c >= ranges[i].first && c <= ranges[i].last)
			return 1;
	return 0;
}

size_t
date_fold_word(const char *word, size_t len, char out[DATE_WORD_MAX])
{
	size_t n = 0;
	for (size_t i = 0; i < len;) {
		utf8proc_int32_t c, parts[8];
		if ((unsigned char)word[i] < 0x80) { /* nearly always */
			if (n + 1 >= DATE_WORD_MAX)
				return 0;
			if (word[i] != '.')
				out[n++] = (char)(word[i] >= 'A' && word[i] <= 'Z' ? word[i] | 32
										   : word[i]);
			i++;
			continue;
		}
		utf8proc_ssize_t used = utf8proc_iterate(
		    (const utf8proc_uint8_t *)word + i, (utf8proc_ssize_t)(len - i), &c);
		if (used <= 0)
			return 0;
		i += (size_t)used;
		int boundary = 0;
		utf8proc_ssize_t count = utf8proc_decompose_char(
		    c, parts, 8, UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD, &boundary);
		for (utf8proc_ssize_t k = 0; k < count && k < 8; k++) {
			if (is_optional_mark(parts[k]))
				continue;
			if (n + 5 > DATE_WORD_MAX)
				return 0;
			n += (size_t)utf8proc_encode_char(parts[k], (utf8proc_uint8_t *)out + n);
		}
	}
	out[n] = '\0';
	return n;
}

/* The first of COUNT sorted names that is not before the LEN bytes of WORD. */
static size_t
lower_bound(const struct date_name *names, size_t count, const char *word, size_t len)
{
	size_t low = 0, high = count;
	while (low < high) {
		size_t mid = (low + high) / 2;
		if (strncmp(date_names + names[mid].at, word, len) < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return low;
}

static size_t
characters(const char *word, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += ((unsigned char)word[i] & 0xc0) != 0x80;
	return n;
}

/* The number, from 1 on, of the three letters of WORD among those in NAMES; 0: none. Nearly every
 * feed has its dates in English. */
static int
english_number(const char *names, const char *word, size_t len)
{
	for (int i = 0; len == 3 && names[i]; i += 3)
		if (names[i] == word[0] && names[i + 1] == word[1] && names[i + 2] == word[2])
			return i / 3 + 1;
	return 0;
}

int
date_month_of(const char *word, size_t len, int *exact)
{
	int english = english_number("janfebmaraprmayjunjulaugsepoctnovdec", word, len);
	*exact = english != 0;
	if (english)
		return english;
	size_t i = lower_bound(month_names, COUNT(month_names), word, len);
	*exact = i < COUNT(month_names) && !strcmp(date_names + month_names[i].at, word);
	if (*exact)
		return month_names[i].number;
	if (characters(word, len) < PREFIX_MIN)
		return 0;
	int month = 0;
	for (; i < COUNT(month_names); i++) {
		if (strncmp(date_names + month_names[i].at, word, len) != 0)
			break;
		if (month && month != month_names[i].number)
			return 0; /* languages differ */
		month = month_names[i].number;
	}
	return month;
}

int
date_english_weekday(const char *word, size_t len)
{
	return english_number("montuewedthufrisatsun", word, len);
}

int
date_weekday_of(const char *word, size_t len)
{
	int short_name = date_english_weekday(word, len);
	if (short_name)
		return short_name;
	size_t i = lower_bound(weekday_names, COUNT(weekday_names), word, len);
	if (i < COUNT(weekday_names) && !strcmp(date_names + weekday_names[i].at, word))
		return weekday_names[i].number;
	static const char *const english[] = {
	    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
	for (int d = 0; d < 7; d++) /* Tues, Thurs */
		if (len >= PREFIX_MIN && !strncmp(english[d], word, len))
			return d + 1;
	return DATE_UNSET;
}

const struct date_zone *
date_zone_of(const char *word)
{
	if (!strncmp(word, "etc/", 4))
		word += 4;
	const struct date_zone *rows = strchr(word, '/') ? places : zones;
	size_t low = 0, high = rows == places ? COUNT(places) : COUNT(zones);
	while (low < high) {
		size_t mid = (low + high) / 2;
		int order = strcmp(rows[mid].name, word);
		if (order == 0)
			return &rows[mid];
		if (order < 0)
			low = mid + 1;
		else
			high = mid;
	}
	return NULL;
}

int
date_is_noise(const char *word)
{
	for (size_t i = 0; i < COUNT(noise_words); i++)
		if (!strcmp(noise_words[i], word))
			return 1;
	return 0;
}

int
date_take_special(struct date_scan *s, const char *word, size_t len, const char *folded)
{
	if (!strcmp(folded, "am")) {
		if (!s->any_digit) /* German: am 3. Mai */
			return 0;
		s->pm = 0;
		s->american = 1;
		return 1;
	}
	int is_ascii = (unsigned char)*folded < 0x80;
	if (is_ascii && *folded != 'p' && *folded != 't')
		return 0;
	for (size_t i = 0; i < COUNT(specials); i++) {
		const char *special = specials[i].word;
		if (strcmp(special, folded) != 0 &&
		    (strlen(special) != len || memcmp(special, word, len) != 0))
			continue;
		*(int *)((char *)s + specials[i].field) = specials[i].value;
		s->american |= *special == 'p';
		s->korean |= !strncmp(special, "오", 3);
		return 1;
	}
	return 0;
}

int *
date_unit_at(struct date_scan *s, const char *p, size_t *len)
{
	size_t space = *p == ' ';
	for (size_t i = 0; i < COUNT(units); i++) {
		size_t n = strlen(units[i].text);
		if (strncmp(p + space, units[i].text, n) != 0)
			continue;
		s->korean |= units[i].korean;
		*len = space + n;
		return (int *)((char *)s + units[i].field);
	}
	return NULL;
}
