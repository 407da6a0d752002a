/*
 * Detection: the script decides where only one language of the news uses it; within Latin,
 * Cyrillic, Arabic and Devanagari the most frequent words do. No model, no file: about 20 words a
 * language.
 */
#include <stdint.h>
#include <string.h>

#include "hash.h"
#include "language.h"

#define LOOK_AT     ((size_t)8 << 10)
#define LETTERS_MIN 8 /* fewer are no text */
#define HITS_MIN    3 /* fewer frequent words prove nothing */

enum script {
	SCRIPT_NONE,
	SCRIPT_LATIN,
	SCRIPT_CYRILLIC,
	SCRIPT_ARABIC,
	SCRIPT_DEVANAGARI,
	SCRIPT_KANA,
	SCRIPT_HAN,
	SCRIPT_ALONE, /* from here on one language each, by its row in script_ranges */
};

static const struct {
	unsigned first, last;
	enum script script;
	const char *language;
} script_ranges[] = {
    {'A', 'Z', SCRIPT_LATIN, NULL},
    {'a', 'z', SCRIPT_LATIN, NULL},
    {0xc0, 0x24f, SCRIPT_LATIN, NULL},
    {0x1e00, 0x1eff, SCRIPT_LATIN, NULL},
    {0x400, 0x52f, SCRIPT_CYRILLIC, NULL},
    {0x600, 0x6ff, SCRIPT_ARABIC, NULL},
    {0x900, 0x97f, SCRIPT_DEVANAGARI, NULL},
    {0x3040, 0x30ff, SCRIPT_KANA, NULL},
    {0x4e00, 0x9fff, SCRIPT_HAN, NULL},
    {0x370, 0x3ff, SCRIPT_ALONE, "el"},
    {0x530, 0x58f, SCRIPT_ALONE, "hy"},
    {0x590, 0x5ff, SCRIPT_ALONE, "he"},
    {0x980, 0x9ff, SCRIPT_ALONE, "bn"},
    {0xa00, 0xa7f, SCRIPT_ALONE, "pa"},
    {0xa80, 0xaff, SCRIPT_ALONE, "gu"},
    {0xb00, 0xb7f, SCRIPT_ALONE, "or"},
    {0xb80, 0xbff, SCRIPT_ALONE, "ta"},
    {0xc00, 0xc7f, SCRIPT_ALONE, "te"},
    {0xc80, 0xcff, SCRIPT_ALONE, "kn"},
    {0xd00, 0xd7f, SCRIPT_ALONE, "ml"},
    {0xd80, 0xdff, SCRIPT_ALONE, "si"},
    {0xe00, 0xe7f, SCRIPT_ALONE, "th"},
    {0xe80, 0xeff, SCRIPT_ALONE, "lo"},
    {0xf00, 0xfff, SCRIPT_ALONE, "bo"},
    {0x1000, 0x109f, SCRIPT_ALONE, "my"},
    {0x10a0, 0x10ff, SCRIPT_ALONE, "ka"},
    {0x1200, 0x137f, SCRIPT_ALONE, "am"},
    {0x1780, 0x17ff, SCRIPT_ALONE, "km"},
    {0xac00, 0xd7a3, SCRIPT_ALONE, "ko"},
};

#define SCRIPT_ROWS (sizeof script_ranges / sizeof *script_ranges)

/* The most frequent words that neighbours do not share alike; each between spaces, lower case. */
static const struct {
	enum script script;
	const char *language, *words;
} stop_words[] = {
    {SCRIPT_LATIN, "en",
	" the of and to in is that for it was on with as by at from be are this have "
	"has not his he they will said who but were been which "},
    {SCRIPT_LATIN, "de",
	" der die und das den von zu mit sich des auf für ist im dem nicht ein eine "
	"als auch es an werden aus er hat dass sie nach bei einer um "},
    {SCRIPT_LATIN, "fr",
	" le la les des et est une du dans que qui pour sur au pas par plus ce avec "
	"sont il cette ont aux été mais leur ses "},
    {SCRIPT_LATIN, "es",
	" el la de que y en los del se las por un para con una su al lo como más pero "
	"sus este ha fue es son según también "},
    {SCRIPT_LATIN, "pt",
	" o a que e do da em um para com não uma os no se na por mais as dos como mas "
	"ao das à são foi pelo pela também até "},
    {SCRIPT_LATIN, "it",
	" di che la il un per non una in del della si con sono dei le gli nel alla "
	"anche come più ha dal delle da è al lo "},
    {SCRIPT_LATIN, "nl",
	" de het een van en in is dat op te zijn met voor niet aan er om ook als bij "
	"maar dan naar uit door wordt hij heeft werd nog "},
    {SCRIPT_LATIN, "sv",
	" och i att det som en på är av för med den till inte har om ett han men var "
	"jag från så kan när vi sig också "},
    {SCRIPT_LATIN, "da",
	" og i at det er en til af den på for med der de som ikke har et han var men "
	"om fra også efter ved blev være hvor "},
    {SCRIPT_LATIN, "nb",
	" og i det er på som en til at for med av ikke den har de et om var han men "
	"fra vi etter også være å ble hvor "},
    {SCRIPT_LATIN, "fi",
	" ja on ei että se oli hän mutta ovat kun myös joka mukaan ole kuin sen niin "
	"vain jo hänen olla sekä jos nyt joka mitä "},
    {SCRIPT_LATIN, "pl",
	" w i na z się do nie że jest to o od po jak za przez dla oraz ale są był może "
	"tym które który będzie także jego "},
    {SCRIPT_LATIN, "cs",
	" a v se na je že s z do o to i za by jsou který podle jako pro ale jeho také "
	"byl být však které tak "},
    {SCRIPT_LATIN, "sk",
	" a v sa na je že s z do o to aj za by sú ktorý podľa ako pre ale jeho tiež bol "
	"byť však ktoré si po "},
    {SCRIPT_LATIN, "sl",
	" in v je na za se da so ki pa z s tudi ne ob po kot bi še ali bo od pri ter "
	"več lahko "},
    {SCRIPT_LATIN, "hr",
	" i u je na se da za su od s će koji bi o kako ne to što nije koja iz kao bio "
	"godine te samo prema "},
    {SCRIPT_LATIN, "hu",
	" a az és hogy nem is egy azt meg ez már csak volt de szerint mint még lesz el "
	"magyar kell pedig ami vagy sem "},
    {SCRIPT_LATIN, "ro",
	" de și în a la cu nu pe din care că o mai pentru un este au fost prin sau fi "
	"lui sunt într dar după cei "},
    {SCRIPT_LATIN, "tr",
	" ve bir bu için ile da de olarak çok daha olan en gibi kadar sonra var ise o "
	"ne ama olduğu oldu şekilde göre "},
    {SCRIPT_LATIN, "id",
	" yang dan di dengan untuk dari ini pada tidak itu dalam akan juga oleh ke ada "
	"saat tersebut sebagai telah bisa karena "},
    {SCRIPT_LATIN, "vi",
	" và của là các có được cho trong không với một những người này đã khi để ở "
	"từ năm nhưng ra cũng "},
    {SCRIPT_LATIN, "ca",
	" el la de i que els les un una per amb no és del al més dels però ha com va "
	"aquest són amb també seva "},
    {SCRIPT_LATIN, "et",
	" ja on et ei see ka oli kui ta mis aga oma või ning kes mille tema selle nii "
	"ole eesti pole siis "},
    {SCRIPT_LATIN, "lv",
	" un ir ka no ar par uz kas bet arī tika lai pēc gan kā bija viņš tas vai "
	"nav savu jau latvijas "},
    {SCRIPT_LATIN, "lt",
	" ir kad yra iš su į bei kaip tai apie bet nuo buvo jis dėl už tik jau savo "
	"taip pat lietuvos kuris "},
    {SCRIPT_LATIN, "sq",
	" të dhe në e një për me që është nga ka si nuk më do i kjo janë ai ishte por "
	"edhe kanë "},
    {SCRIPT_LATIN, "is",
	" og að í á sem er til við um ekki var með af fyrir hann það en frá eru eftir "
	"hefur því "},
    {SCRIPT_LATIN, "eu",
	" eta da ez du bat dira izan zuen dute ere baina egin den dela zen horrek "
	"dituzte "},
    {SCRIPT_CYRILLIC, "ru",
	" и в на что не с по он как это из о для к за от его был но также было "
	"года они то у при "},
    {SCRIPT_CYRILLIC, "uk",
	" і в на що не з та до за у про це як для від він його але є під якi який "
	"також було року "},
    {SCRIPT_CYRILLIC, "be",
	" і ў на што не з у па для ад за як гэта яго ці але было каб пра яны "
	"таксама "},
    {SCRIPT_CYRILLIC, "bg",
	" на и да в се за от е че са с не по като ще са това до този при има които "
	"беше си ли "},
    {SCRIPT_CYRILLIC, "mk",
	" на и да во се за од е дека со не ќе по што го ги како ова беше сите тоа "
	"кои до "},
    {SCRIPT_CYRILLIC, "sr",
	" и у је на се да за су од са ће који би о као не то што није која из био "
	"године "},
    {SCRIPT_CYRILLIC, "kk",
	" және бұл деп мен үшін болып туралы бар еді бір қазақстан екі деген "
	"оның "},
    {SCRIPT_CYRILLIC, "mn", " нь байна энэ юм гэж болон ийн хийх байсан өөр манай дээр хүн "},
    {SCRIPT_ARABIC, "ar",
	" في من على أن إلى التي عن مع هذا الذي ما هذه كان بعد لا قال كما ذلك بين أو "},
    {SCRIPT_ARABIC, "fa",
	" و در به از که این را با است برای آن یک خود تا کرد بر هم شده شد های می "},
    {SCRIPT_ARABIC, "ur", " کے کی میں کا اور سے ہے نے کو پر کہ یہ ہیں بھی اس کر تھا گیا "},
    {SCRIPT_ARABIC, "ps", " د په او چې کې له ته دی يې هم دا سره شوي وي لپاره نه "},
    {SCRIPT_DEVANAGARI, "hi", " के में की है से का को और ने पर कि यह हैं भी लिए इस एक नहीं था "},
    {SCRIPT_DEVANAGARI, "mr", " आहे या आणि च्या व आहेत हे ते मध्ये करण्यात केली होते असे झाली "},
    {SCRIPT_DEVANAGARI, "ne", " छ र को मा ले हो भने पनि गर्न भएको गरेको छन् लाई थियो "},
};

#define LANGUAGES (sizeof stop_words / sizeof *stop_words)

/* Languages that share most of their frequent words: the letters that only one of them writes. */
static const struct {
	const char *language, *letters;
} own_letters[] = {
    {"uk", "іїєґ"},
    {"be", "ўі"},
    {"ru", "ыэё"},
    {"sr", "ђћџјљњ"},
    {"mk", "ѓќѕ"},
    {"kk", "әғқңұүһө"},
    {"mn", "өү"},
    {"fa", "پچژگ"},
    {"ur", "ٹڈڑےں"},
    {"sv", "äö"},
    {"da", "æø"},
    {"nb", "æø"},
    {"pl", "ąęłńśźż"},
    {"cs", "ěřů"},
    {"sk", "ľĺŕô"},
    {"ro", "ăîșț"},
    {"tr", "ğışİ"},
    {"hu", "őű"},
    {"lv", "āēīūķļņ"},
    {"lt", "ėįųū"},
    {"pt", "ãõ"},
    {"es", "ñ¿¡"},
    {"de", "ßäöü"},
    {"et", "õ"},
    {"is", "þðæ"},
    {"vi", "ơưđạệốấ"},
    {"ca", "·"},
};

struct text_view {
	char text[LOOK_AT + 3]; /* lower case, anything but letters a space, a space at both ends */
	size_t len;
	size_t letters, script[SCRIPT_ROWS];
};

static unsigned
next_char(const unsigned char **p, const unsigned char *end)
{
	unsigned c = **p;
	int more = c < 0xc0 ? 0 : c < 0xe0 ? 1 : c < 0xf0 ? 2 : 3;
	c = more == 0 ? c : c & (0x3fu >> more);
	for (++*p; more && *p < end && (**p & 0xc0) == 0x80; more--)
		c = c << 6 | (*(*p)++ & 0x3fu);
	return c;
}

static unsigned
to_lower(unsigned c)
{
	if ((c >= 'A' && c <= 'Z') || (c >= 0xc0 && c <= 0xde && c != 0xd7) ||
	    (c >= 0x410 && c <= 0x42f))
		return c + 32;
	if (c >= 0x400 && c <= 0x40f)
		return c + 80;
	/* pairs of capital and small letter: even and odd, or odd and even */
	if ((c >= 0x100 && c <= 0x137) || (c >= 0x14a && c <= 0x177) ||
	    (c >= 0x218 && c <= 0x21b) || (c >= 0x490 && c <= 0x4ff) ||
	    (c >= 0x1ea0 && c <= 0x1ef9))
		return c == 0x130 ? 'i' : c | 1;
	if ((c >= 0x139 && c <= 0x148) || (c >= 0x179 && c <= 0x17e))
		return c + (c & 1);
	return c == 0x1a0 || c == 0x1af ? c + 1 : c;
}

static void
view_put(struct text_view *v, unsigned c)
{
	char *to = v->text + v->len;
	if (c < 0x80) {
		to[0] = (char)c;
		v->len += 1;
	} else if (c < 0x800) {
		to[0] = (char)(0xc0 | c >> 6);
		to[1] = (char)(0x80 | (c & 0x3f));
		v->len += 2;
	} else {
		to[0] = (char)(0xe0 | c >> 12);
		to[1] = (char)(0x80 | (c >> 6 & 0x3f));
		to[2] = (char)(0x80 | (c & 0x3f));
		v->len += 3;
	}
}

static void
look(struct text_view *v, const char *text, size_t len)
{
	const unsigned char *p = (const unsigned char *)text, *end = p + len;
	v->text[v->len++] = ' ';
	while (p < end && v->len + 4 < LOOK_AT) {
		unsigned c = next_char(&p, end);
		size_t row = 0;
		while (row < SCRIPT_ROWS &&
		       (c < script_ranges[row].first || c > script_ranges[row].last))
			row++;
		if (row < SCRIPT_ROWS) {
			v->letters++;
			v->script[row]++;
			view_put(v, to_lower(c));
		} else if (c >= 0x300 && c < 0x370) {
			view_put(v, c);
		} else if (v->text[v->len - 1] != ' ') {
			v->text[v->len++] = ' ';
		}
	}
	if (v->text[v->len - 1] != ' ')
		v->text[v->len++] = ' ';
	v->text[v->len] = '\0';
}

/* How often letters of SET stand in the text. */
static size_t
count_letters(const struct text_view *v, const char *set)
{
	size_t n = 0;
	for (const char *p = set; *p;) {
		const unsigned char *q = (const unsigned char *)p;
		next_char(&q, q + strlen(p));
		size_t width = (size_t)((const char *)q - p);
		for (const char *at = v->text;
		     (at = memmem(at, (size_t)(v->text + v->len - at), p, width)); at += width)
			n++;
		p += width;
	}
	return n;
}

#define SLOTS     1024 /* a power of two */
#define WORDS_MAX 700

struct slot {
	uint64_t key; /* hash of a word; 0: free */
	size_t count;
};

/* The slot of the word with KEY, or the free one to put it in: there always is one. */
static struct slot *
find_slot(struct slot *slots, uint64_t key)
{
	size_t i = (size_t)(key >> 20) % SLOTS;
	while (slots[i].key && slots[i].key != key)
		i = (i + 1) % SLOTS;
	return &slots[i];
}

/* How often the frequent words of each language of SCRIPT stand in the text; returns its words. */
static size_t
count_words(const struct text_view *v, size_t hits[LANGUAGES], enum script script)
{
	struct slot slots[SLOTS] = {{0}}, *s;
	size_t words = 0, len;
	for (const char *p = v->text + 1; *p && words < WORDS_MAX; p += len + 1, words++) {
		len = strcspn(p, " ");
		uint64_t key = hash64(p, len) | 1;
		s = find_slot(slots, key);
		s->key = key;
		s->count++;
	}
	for (size_t i = 0; i < LANGUAGES; i++) {
		if (stop_words[i].script != script)
			continue;
		for (const char *p = stop_words[i].words + 1; *p; p += len + 1) {
			len = strcspn(p, " ");
			hits[i] += find_slot(slots, hash64(p, len) | 1)->count;
		}
	}
	return words;
}

static void
by_words(const struct text_view *v, enum script script, char out[LANGUAGE_MAX], double *confidence)
{
	size_t hits[LANGUAGES] = {0}, words = count_words(v, hits, script), letters = v->letters;
	double best = 0, second = 0;
	size_t which = 0;
	for (size_t i = 0; i < LANGUAGES; i++) {
		double score = (double)hits[i];
		if (hits[i] < HITS_MIN)
			continue;
		for (size_t j = 0; j < sizeof own_letters / sizeof *own_letters; j++)
			if (!strcmp(own_letters[j].language, stop_words[i].language))
				score += 3.0 * (double)words *
					 (double)count_letters(v, own_letters[j].letters) /
					 (double)letters;
		if (score > best) {
			second = best;
			best = score;
			which = i;
		} else if (score > second) {
			second = score;
		}
	}
	/* a frequent word in ten is the least that running text has */
	if (best * 10 < (double)words || best == 0)
		return;
	memcpy(out, stop_words[which].language, 3);
	*confidence = best / (best + second * 0.9);
}

void
language_detect(const char *text, size_t len, char out[LANGUAGE_MAX], double *confidence)
{
	struct text_view v = {.len = 0};
	size_t of[SCRIPT_ALONE + 1] = {0}, alone = 0;
	double ignored;
	if (!confidence)
		confidence = &ignored;
	out[0] = '\0';
	*confidence = 0;
	look(&v, text, len < LOOK_AT ? len : LOOK_AT);
	for (size_t i = 0; i < SCRIPT_ROWS; i++) {
		enum script s = script_ranges[i].script;
		of[s] += v.script[i];
		if (s == SCRIPT_ALONE && v.script[i] > v.script[alone])
			alone = i;
	}
	if (v.letters < LETTERS_MIN)
		return;
	if (alone && v.script[alone] * 2 > v.letters) {
		memcpy(out, script_ranges[alone].language, 3);
		*confidence = (double)v.script[alone] / (double)v.letters;
	} else if ((of[SCRIPT_HAN] + of[SCRIPT_KANA]) * 2 > v.letters) {
		memcpy(out, of[SCRIPT_KANA] * 10 > of[SCRIPT_HAN] ? "ja" : "zh", 3);
		*confidence = (double)(of[SCRIPT_HAN] + of[SCRIPT_KANA]) / (double)v.letters;
	} else {
		for (enum script s = SCRIPT_LATIN; s <= SCRIPT_DEVANAGARI; s++)
			if (of[s] * 2 > v.letters)
				by_words(&v, s, out, confidence);
	}
}
