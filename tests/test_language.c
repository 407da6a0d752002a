/* language: tags as sites write them, and detection. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "language.h"

static void
test_tags(void **state)
{
	static const char *const rows[][2] = {{"en", "en"}, {"EN_us", "en-US"}, {"english", "en"},
	    {"ger", "de"}, {"zh-hans-cn", "zh-Hans-CN"}, {"ZH-TW", "zh-TW"},
	    {"pt_BR.UTF-8", "pt-BR"}, {"es-419", "es-419"}, {"sr-Latn", "sr-Latn"},
	    {"de-DE-1996", "de-DE"}, {"en-US,en;q=0.5", "en-US"}, {" fr ", "fr"}, {"iw", "he"},
	    {"jp", "ja"}, {"gsw", "gsw"}, {"x-default", ""}, {"", ""}, {"und", ""}, {"zz", ""},
	    {"c", ""}, {"nonsense", ""}, {"en-GB-oxendict", "en-GB"}, {"français", "fr"},
	    {"12", ""}, {"[en]", "en"}, {"en-", "en"}, {"en--US", "en"}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[LANGUAGE_MAX];
		language_normalise(rows[i][0], out);
		assert_string_equal(out, rows[i][1]);
	}
	char out[LANGUAGE_MAX];
	language_normalise(NULL, out);
	assert_string_equal(out, "");
}

static void
test_same(void **state)
{
	(void)state;
	assert_true(language_same("en", "en-US"));
	assert_true(language_same("EN-GB", "en"));
	assert_false(language_same("en", "eng"));
	assert_false(language_same("", ""));
}

static void
test_detection(void **state)
{
	static const char *const rows[][2] = {
	    {"en", "The mayor said on Monday that the bridge would be closed for repairs until the "
		   "end of the year."},
	    {"de", "Der Bürgermeister hat am Montag gesagt, dass die Brücke bis zum Ende des "
		   "Jahres für den Verkehr gesperrt ist."},
	    {"fr", "Le maire a annoncé lundi que le pont sera fermé pour des travaux et que les "
		   "bus ne passeront plus par cette rue."},
	    {"es", "El alcalde dijo el lunes que el puente estará cerrado por obras hasta el final "
		   "del año y que los autobuses no pasarán por la calle."},
	    {"pt", "O prefeito disse na segunda-feira que a ponte não será aberta até o fim do ano "
		   "e que os ônibus vão passar por uma rua ao lado."},
	    {"it", "Il sindaco ha detto lunedì che il ponte non sarà aperto fino alla fine "
		   "dell'anno e che gli autobus sono deviati per una via."},
	    {"nl", "De burgemeester heeft maandag gezegd dat de brug tot het einde van het jaar "
		   "niet open is voor het verkeer."},
	    {"sv", "Borgmästaren sade på måndagen att bron inte kommer att öppnas för trafik och "
		   "att det är en fråga om säkerhet."},
	    {"da", "Borgmesteren sagde mandag, at broen ikke bliver åbnet for trafik af hensyn til "
		   "sikkerheden, og det er der ikke noget at gøre ved."},
	    {"fi", "Pormestari sanoi maanantaina, että silta on suljettu vuoden loppuun, mutta se "
		   "ei ole niin suuri ongelma kuin oli pelätty."},
	    {"pl", "Burmistrz powiedział w poniedziałek, że most będzie zamknięty do końca roku, "
		   "ale to nie jest problem dla kierowców."},
	    {"cs", "Starosta v pondělí řekl, že most bude uzavřen do konce roku, ale je to podle "
		   "něj jen malý problém pro řidiče a také pro firmy."},
	    {"hu", "A polgármester hétfőn azt mondta, hogy a híd az év végéig zárva lesz, de ez "
		   "nem jelent nagy gondot, és már csak egy hónap van hátra."},
	    {"ro", "Primarul a declarat luni că podul este închis până la sfârșitul anului și că "
		   "nu au fost găsite alte soluții pentru șoferi."},
	    {"tr", "Belediye başkanı pazartesi günü köprünün yıl sonuna kadar kapalı olduğunu ve "
		   "bunun için bir çözüm bulunacağını söyledi, ancak çok zor."},
	    {"id", "Wali kota mengatakan pada hari Senin bahwa jembatan itu akan ditutup untuk "
		   "perbaikan dan tidak dibuka dalam tahun ini."},
	    {"vi", "Thị trưởng cho biết cây cầu này sẽ không được mở cho đến cuối năm và những "
		   "người dân đã được thông báo."},
	    {"ru", "Мэр города сказал в понедельник, что мост будет закрыт до конца года, но это "
		   "не такая большая проблема."},
	    {"uk", "Мер міста сказав у понеділок, що міст буде закрито до кінця року, але це не "
		   "така велика проблема для водіїв."},
	    {"bg", "Кметът на града каза в понеделник, че мостът ще бъде затворен до края на "
		   "годината и това не е голям проблем."},
	    {"sr", "Градоначелник је рекао у понедељак да ће мост бити затворен до краја године и "
		   "да то није велики проблем за возаче."},
	    {"el", "Ο δήμαρχος είπε τη Δευτέρα ότι η γέφυρα θα μείνει κλειστή."},
	    {"ar", "قال رئيس البلدية يوم الاثنين إن الجسر سيبقى مغلقا حتى نهاية العام، وهذا ما كان "
		   "في الخطة التي أعلنها مع الحكومة من قبل."},
	    {"fa", "شهردار روز دوشنبه گفت که این پل تا پایان سال بسته است و برای آن راه دیگری در "
		   "نظر گرفته شده است که از مرکز شهر می‌گذرد."},
	    {"he", "ראש העיר אמר ביום שני שהגשר יהיה סגור עד סוף השנה."},
	    {"hi", "महापौर ने सोमवार को कहा कि पुल साल के अंत तक बंद रहेगा और यह शहर के लिए बड़ी समस्या है।"},
	    {"th", "นายกเทศมนตรีกล่าวเมื่อวันจันทร์ว่าสะพานจะปิด"},
	    {"ja", "市長は月曜日、橋を年末まで閉鎖すると述べた。"},
	    {"zh", "市长周一表示,这座桥将关闭到年底。"},
	    {"ko", "시장은 월요일 다리가 연말까지 폐쇄된다고 말했다."}};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[LANGUAGE_MAX];
		double confidence;
		language_detect(rows[i][1], strlen(rows[i][1]), out, &confidence);
		assert_string_equal(out, rows[i][0]);
		assert_true(confidence > 0.5 && confidence <= 1);
	}
}

static void
test_unsure(void **state)
{
	static const char *const rows[] = {"", "1234 5678", "Lorem",
	    "OK Zebra Qwx Brrt Xyzzy Plugh Vrmm Tchk", "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
	    "\xf0\x9f\xe2"};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char out[LANGUAGE_MAX];
		double confidence;
		language_detect(rows[i], strlen(rows[i]), out, &confidence);
		assert_string_equal(out, "");
		assert_true(confidence == 0);
	}
}

static void
test_long_text(void **state)
{
	static char text[1 << 16];
	char out[LANGUAGE_MAX];
	(void)state;
	/* all distinct words: the table of words must not overflow */
	for (size_t i = 0; i + 4 < sizeof text; i += 4) {
		text[i] = (char)('a' + i / 4 % 26);
		text[i + 1] = (char)('a' + i / 104 % 26);
		text[i + 2] = (char)('a' + i / 2704 % 26);
		text[i + 3] = ' ';
	}
	language_detect(text, sizeof text - 1, out, NULL);
	memset(text, 'x', sizeof text);
	language_detect(text, sizeof text, out, NULL);
	assert_string_equal(out, "");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_same),
	    cmocka_unit_test(test_detection),
	    cmocka_unit_test(test_unsure),
	    cmocka_unit_test(test_long_text),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
