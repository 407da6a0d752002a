/*
 * date words: months, zones and the words between, in the languages of the world's feeds. Tables,
 * and how a word is looked up in them.
 */
#include "date_priv.h"

#include <string.h>
#include <utf8proc.h>

static const char *const english_months[] = {"january", "february", "march", "april", "may", "june",
    "july", "august", "september", "october", "november", "december"};

/* Twelve names to a row, as date_fold_word() leaves them; any unambiguous beginning of three
 * letters will do. The order decides between languages that share a beginning. */
static const char *const month_names[] = {
    "januar februar marz april mai juni juli august september oktober november dezember",
    "janvier fevrier mars avril mai juin juillet aout septembre octobre novembre decembre",
    "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
    "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre dicembre",
    "janeiro fevereiro marco abril maio junho julho agosto setembro outubro novembro dezembro",
    "januari februari maart april mei juni juli augustus september oktober november december",
    "января февраля марта апреля мая июня июля августа сентября октября ноября декабря",
    "январь февраль март апрель маи июнь июль август сентябрь октябрь ноябрь декабрь",
    "січня лютого березня квітня травня червня липня серпня вересня жовтня листопада грудня",
    "януари февруари март април маи юни юли август септември октомври ноември декември",
    "stycznia lutego marca kwietnia maja czerwca lipca sierpnia wrzesnia pazdziernika listopada "
    "grudnia",
    "styczen luty marzec kwiecien maj czerwiec lipiec sierpien wrzesien pazdziernik listopad "
    "grudzien",
    "ledna unora brezna dubna kvetna cervna cervence srpna zari rijna listopadu prosince",
    "leden unor brezen duben kveten cerven cervenec srpen zari rijen listopad prosinec",
    "januari februari mars april maj juni juli augusti september oktober november december",
    "januar februar marts april maj juni juli august september oktober november desember",
    "tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesakuuta heinakuuta elokuuta "
    "syyskuuta lokakuuta marraskuuta joulukuuta",
    "januar februar marcius aprilis majus junius julius augusztus szeptember oktober november "
    "december",
    "ιανουαριου φεβρουαριου μαρτιου απριλιου μαιου ιουνιου ιουλιου αυγουστου σεπτεμβριου οκτωβριου "
    "νοεμβριου δεκεμβριου",
    "ιανουαριοσ φεβρουαριοσ μαρτιοσ απριλιοσ μαιοσ ιουνιοσ ιουλιοσ αυγουστοσ σεπτεμβριοσ οκτωβριοσ "
    "νοεμβριοσ δεκεμβριοσ",
    "ocak subat mart nisan mayıs haziran temmuz agustos eylul ekim kasım aralık",
    "ianuarie februarie martie aprilie mai iunie iulie august septembrie octombrie noiembrie "
    "decembrie",
    "januari februari maret april mei juni juli agustus september oktober november desember",
    "يناير فبراير مارس ابريل مايو يونيو يوليو اغسطس سبتمبر اكتوبر نوفمبر ديسمبر",
};

/* RFC 822 5.1 and the names that feeds use besides; where a name has several meanings, the one that
 * news uses most. Minutes east of Greenwich. */
static const struct date_zone zones[] = {
    {"z", 0, 0},
    {"gmt", 0, 0},
    {"utc", 0, 0},
    {"ut", 0, 0},
    {"est", -300, 1},
    {"edt", -240, 1},
    {"cst", -360, 1},
    {"cdt", -300, 1},
    {"mst", -420, 1},
    {"mdt", -360, 1},
    {"pst", -480, 1},
    {"pdt", -420, 1},
    {"et", -300, 1},
    {"ct", -360, 1},
    {"mt", -420, 1},
    {"pt", -480, 1},
    {"at", -240, 0},
    {"ast", -240, 0},
    {"adt", -180, 0},
    {"nst", -210, 0},
    {"ndt", -150, 0},
    {"akst", -540, 1},
    {"akdt", -480, 1},
    {"hst", -600, 1},
    {"wet", 0, 0},
    {"west", 60, 0},
    {"bst", 60, 0},
    {"cet", 60, 0},
    {"cest", 120, 0},
    {"met", 60, 0},
    {"mest", 120, 0},
    {"mez", 60, 0},
    {"mesz", 120, 0},
    {"eet", 120, 0},
    {"eest", 180, 0},
    {"sast", 120, 0},
    {"cat", 120, 0},
    {"eat", 180, 0},
    {"wat", 60, 0},
    {"msk", 180, 0},
    {"msd", 240, 0},
    {"trt", 180, 0},
    {"gst", 240, 0},
    {"pkt", 300, 0},
    {"ist", 330, 0},
    {"npt", 345, 0},
    {"ict", 420, 0},
    {"wib", 420, 0},
    {"wita", 480, 0},
    {"wit", 540, 0},
    {"hkt", 480, 0},
    {"sgt", 480, 0},
    {"pht", 480, 0},
    {"awst", 480, 0},
    {"jst", 540, 0},
    {"kst", 540, 0},
    {"acst", 570, 0},
    {"acdt", 630, 0},
    {"aest", 600, 0},
    {"aedt", 660, 0},
    {"nzst", 720, 0},
    {"nzdt", 780, 0},
    {"brt", -180, 0},
    {"brst", -120, 0},
    {"art", -180, 0},
    {"clt", -240, 0},
    {"clst", -180, 0},
};

/* Words between the parts of a date that say nothing. */
static const char *const noise_words[] = {"of", "de", "del", "di", "den", "um", "om", "kl", "klo",
    "uhr", "at", "a", "le", "el", "il", "г", "года", "в", "as"};

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
		utf8proc_ssize_t count = utf8proc_decompose_char(c, parts, 8,
		    UTF8PROC_DECOMPOSE | UTF8PROC_STRIPMARK | UTF8PROC_CASEFOLD, &boundary);
		for (utf8proc_ssize_t k = 0; k < count && k < 8; k++) {
			if (n + 5 > DATE_WORD_MAX)
				return 0;
			n += (size_t)utf8proc_encode_char(parts[k], (utf8proc_uint8_t *)out + n);
		}
	}
	out[n] = '\0';
	return n;
}

/* 1-12 for WORD in the names of ROW: the whole name, or its beginning when BEGINNING. Else 0. */
static int
month_in_row(const char *row, const char *word, size_t len, int beginning)
{
	for (int month = 1; *row; month++) {
		size_t name = strcspn(row, " ");
		if ((beginning ? name >= len : name == len) && !memcmp(row, word, len))
			return month;
		row += name + (row[name] == ' ');
	}
	return 0;
}

int
date_month_of(const char *word, size_t len)
{
	if (len < 3)
		return 0;
	if (len == 4 && !memcmp(word, "sept", 4))
		return 9;
	int month = 0;
	for (int i = 0; i < 12 && !month; i++)
		if (word[0] == english_months[i][0] && !strncmp(english_months[i], word, len))
			month = i + 1;
	for (size_t pass = 0; pass < 2 && !month; pass++)
		for (size_t i = 0; i < sizeof month_names / sizeof *month_names && !month; i++)
			month = month_in_row(month_names[i], word, len, (int)pass);
	return month;
}

/* English only, and only to be fast: a weekday of another language is the one skipped word. */
int
date_is_weekday(const char *word, size_t len)
{
	static const char *const days[] = {
	    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"};
	for (size_t i = 0; i < 7; i++)
		if (len >= 3 && word[0] == days[i][0] && !strncmp(days[i], word, len))
			return 1;
	return 0;
}

const struct date_zone *
date_zone_of(const char *word)
{
	if (!strncmp(word, "etc/", 4))
		word += 4;
	for (size_t i = 0; i < sizeof zones / sizeof *zones; i++)
		if (!strcmp(zones[i].name, word))
			return &zones[i];
	return NULL;
}

int
date_is_noise(const char *word)
{
	for (size_t i = 0; i < sizeof noise_words / sizeof *noise_words; i++)
		if (!strcmp(noise_words[i], word))
			return 1;
	return 0;
}
