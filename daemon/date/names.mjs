// Writes names.h: the months and weekdays of the world's languages, from the locale data (CLDR) that
// node's Intl carries. Run: node daemon/date/names.mjs > daemon/date/names.h
const languages = `en de fr es it pt nl ru pl cs uk be bg mk sr sr-Latn hr bs sl sk lt lv et fi sv da nb nn
is fo hu el tr az ro sq ca gl eu oc br cy ga gd mt lb fy af sw id ms fil jv ar ar-MA ar-SY ar-DZ ar-IQ he fa
ur ps hi bn mr gu pa ta te kn ml si ne th lo my km ka hy kk ky uz uz-Cyrl tg mn tk am so ha yo ig zu xh rm
kl se eo ku de-AT es-MX pt-PT en-AU en-GB fr-CA zh ja ko vi`.split(/\s+/);

// Marks that words are written with or without: those of Latin, Greek, Cyrillic, Hebrew and Arabic, and
// the dots below of Indic letters. In other scripts marks are vowels, which tell words apart.
const marks = /[\u0300-\u036f\u0591-\u05c7\u064b-\u065f\u0670\u093c\u09bc\u0a3c]/gu;
// As date_fold_word() does it, and without spaces.
const fold = (s) => s.toLowerCase().normalize("NFD").replace(marks, "").replace(/ς/g, "σ")
	.replace(/ß/g, "ss").replace(/[\s.\u200c\u200d\u200e\u200f'’-]/gu, "");

// Of two languages that use one name the one whose feeds are more counts: it stands further ahead.
// What the locale data lacks but feeds write stands here.
const months = new Map(Object.entries({sept: 9, mrt: 3, agt: 8, nop: 11, peb: 2, juil: 7, juill: 7, jui: 6,
	ago: 8, des: 12, dez: 12, dic: 12, mag: 5, "маи": 5, "сент": 9, lut: 2, mrz: 3, jaen: 1, janner: 1}));
const weekdays = new Map();
const take = (map, name, n, conflict) => {
	const key = fold(name);
	if (!key || /[0-9\p{N}]/u.test(key) || [...key].length < 2)
		return;
	if (!map.has(key))
		map.set(key, n);
	else if (map.get(key) !== n && conflict !== undefined)
		map.set(key, conflict);
};
for (const language of languages) {
	if (!Intl.DateTimeFormat.supportedLocalesOf(language).length)
		continue;
	const part = (options, date, type) => new Intl.DateTimeFormat(language,
		{calendar: "gregory", numberingSystem: "latn", timeZone: "UTC", ...options})
		.formatToParts(date).find((p) => p.type === type)?.value ?? "";
	for (const width of ["long", "short"]) {
		for (let m = 0; m < 12; m++)
			for (const more of [{day: "numeric"}, {}, {day: "numeric", year: "numeric"}])
				take(months, part({month: width, ...more}, Date.UTC(2024, m, 15), "month"), m + 1);
		for (let d = 0; d < 7; d++) // 2024-01-01 was a Monday
			for (const more of [{}, {day: "numeric", month: "long", year: "numeric"}])
				take(weekdays, part({weekday: width, ...more}, Date.UTC(2024, 0, 1 + d), "weekday"), d + 1, 0);
	}
}
for (const [n, kanji] of [..."月火水木金土日"].entries()) {
	weekdays.set(kanji + "曜日", n + 1).set(kanji + "曜", n + 1);
}
for (const [n, kanji] of [..."一二三四五六日"].entries()) {
	for (const front of ["星期", "周", "週", "礼拜", "禮拜"])
		weekdays.set(front + kanji, n + 1);
}
weekdays.set("星期天", 7);

const bytes = (s) => Buffer.from(s, "utf8");
const wrap = (parts, width) => parts.reduce((lines, part) => {
	if (lines.at(-1).length + part.length > width)
		lines.push("\t");
	lines.push(lines.pop() + part);
	return lines;
}, ["\t"]).join("\n");
let text = [], at = 0;
const print = (title, name, map) => {
	const rows = [...map].sort((a, b) => Buffer.compare(bytes(a[0]), bytes(b[0]))).map(([key, n]) => {
		const row = `{${at},${n}},`;
		text.push(`"${key}\\0"`);
		at += bytes(key).length + 1;
		return row;
	});
	console.log(`/* ${title} */\nstatic const struct date_name ${name}[] = {\n${wrap(rows, 96)}\n};\n`);
};
console.log(`/*
 * The months and weekdays of the world's languages: folded, sorted by their bytes. Made by names.mjs.
 */
/* clang-format off */
#ifndef NEWSD_DATE_NAMES_H
#define NEWSD_DATE_NAMES_H

#include <stdint.h>

struct date_name {
	uint16_t at; /* offset in date_names */
	uint8_t number;
};
`);
print("1 = January", "month_names", months);
print("1 = Monday; 0: it depends on the language", "weekday_names", weekdays);
console.log(`static const char date_names[] =\n${wrap(text, 96)};\n\n#endif`);
