/*
 * The words that tell a name from what stands around it, in one place. Each list is of tokens
 * (text_tokens), so case and punctuation don't matter.
 */
#include <string.h>

#include "extract_priv.h"

/* Words of a profession, which no name has: they and what stands before them in the same piece are
 * not the name. */
static const char *const roles[] = {"reporter", "reporters", "editor", "editors", "correspondent",
    "correspondents", "journalist", "journalists", "writer", "columnist", "contributor", "producer",
    "photographer", "director", "manager", "professor", "president", "founder", "founders", "ceo",
    "cto", "analyst", "author", "intern", "blogger", "strategist", "specialist", "consultant",
    "expert", "engineer", "korrespondent", "korrespondentin", "redakteur", "redakteurin",
    "reporterin", "chefredakteur", "chefredakteurin", "volontär", "volontärin", "journalistin",
    "autorin", "journaliste", "correspondant", "correspondante", "rédacteur", "rédactrice",
    "chroniqueur", "redactor", "redactora", "corresponsal", "periodista", "giornalista", "inviato",
    "corrispondente", "redacteur", "verslaggever", "dziennikarz", "redaktor", "journalisti",
    "toimittaja", "profesorius", "muhabir", "корреспондент", "журналист", "редактор", "記者",
    "记者", "編集委員"};

/* They stand before a role and go with it. */
static const char *const qualifiers[] = {"senior", "chief", "staff", "deputy", "associate",
    "managing", "political", "politics", "business", "economics", "economy", "finance", "financial",
    "health", "science", "technology", "tech", "sports", "sport", "culture", "foreign", "national",
    "world", "news", "digital", "special", "freelance", "investigative", "environment", "climate",
    "education", "city", "royal", "crime", "travel", "lead", "executive", "content", "marketing",
    "co", "the", "our", "an", "a", "former"};

/* A whole staff rather than one of it. */
static const char *const houses[] = {"staff", "team", "redaktion", "redaktionen", "onlineredaktion",
    "redaction", "rédaction", "redacción", "redacción", "redazione", "redação", "redactie",
    "redakcja", "redakce", "редакция", "toimitus", "newsroom", "desk", "bureau", "editors",
    "editorial", "agencies", "agenturen", "agence", "agencias", "news", "media", "magazine",
    "contributors", "reporters", "online", "inc", "gmbh", "llc", "ltd", "foundation", "institute",
    "university", "association", "society", "press", "nachrichtenagentur", "presseagentur",
    "inhalte", "desk"};

/* News agencies, by every name that bylines give them. */
static const char *const agencies[] = {"reuters", "afp", "ap", "associated press",
    "the associated press", "agence france presse", "dpa", "dpa afx", "apa", "sda", "keystone sda",
    "ats", "keystone ats", "efe", "ansa", "belga", "anp", "ntb", "tt", "ritzau", "stt", "pap",
    "čtk", "ctk", "tasr", "mti", "lusa", "upi", "pti", "ians", "ani", "xinhua", "kyodo", "yonhap",
    "tass", "тасс", "риа новости", "interfax", "интерфакс", "anadolu ajansı", "aa", "dha", "iha",
    "press association", "pa media", "pa", "aap", "bloomberg", "kna", "epd", "sid", "europa press",
    "adnkronos", "agi", "bernama", "antara", "canadian press", "the canadian press", "共同通信",
    "新华社", "时事通信", "時事通信", "연합뉴스", "bss", "unb", "ukrinform", "укрінформ", "bta",
    "hina", "tanjug", "beta", "agerpres", "delfi bns", "bns", "elta", "leta"};

/* Nobody: what forms and templates put where a name should be. */
static const char *const nobody[] = {"admin", "administrator", "author", "authors", "unknown",
    "no author", "none", "null", "undefined", "anonymous", "guest", "guest author", "user", "n a",
    "various", "webmaster", "root", "editor", "default", "super user", "content", "share", "follow",
    "comments", "login", "subscribe", "home", "about", "contact", "more", "read more", "posts",
    "all posts", "view all posts", "menu", "search", "updated", "published", "me", "us",
    "author bio", "about the author", "wordpress", "wordpressadmin", "test", "website", "email",
    "twitter", "facebook", "linkedin"};

/* In something that is shown, no word of a name. */
static const char *const no_names[] = {"minutes", "minute", "min", "read", "updated", "published",
    "veröffentlicht", "aktualisiert", "follow", "share", "more", "view", "posts", "written",
    "articles", "about", "category", "comments", "comment", "subscribe", "newsletter", "print",
    "email", "photo", "photos", "foto", "image", "images", "getty", "last", "reviewed", "fact",
    "checked", "this", "that", "how", "what", "why", "when", "your", "you", "is", "are", "was",
    "be", "to", "not", "click", "here", "read", "home", "blog", "all", "terms", "privacy",
    "medically", "january", "february", "march", "july", "august", "september", "october",
    "november", "december", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday",
    "sunday", "today", "yesterday", "credit", "source", "copyright"};

/* They are part of a name though small. */
static const char *const particles[] = {"van", "von", "de", "da", "di", "del", "della", "der",
    "den", "dos", "das", "do", "du", "la", "le", "ter", "ten", "zu", "zur", "al", "el", "bin",
    "ibn", "bint", "af", "av", "y", "e", "het", "op", "ap", "san", "und"};

/* After a comma: a degree, not a person. */
static const char *const degrees[] = {"md", "phd", "jd", "dvm", "rn", "rd", "rdn", "cpa", "mph",
    "mba", "msc", "ma", "ms", "bsc", "do", "dds", "esq", "jr", "sr", "ii", "iii", "facp", "facc",
    "lcsw", "cfp", "pharmd", "dmd", "ba", "np", "pa c", "ldn", "cscs", "cpt", "e ryt 200",
    "e ryt 500", "edd", "psyd", "lmft", "obe", "mbe", "qc", "kc", "mp", "faclm", "ll m", "m d",
    "ph d"};

static const struct {
	const char *const *list;
	size_t len;
} lists[] = {
    [WORDS_ROLE] = {roles, sizeof roles / sizeof *roles},
    [WORDS_QUALIFIER] = {qualifiers, sizeof qualifiers / sizeof *qualifiers},
    [WORDS_HOUSE] = {houses, sizeof houses / sizeof *houses},
    [WORDS_AGENCY] = {agencies, sizeof agencies / sizeof *agencies},
    [WORDS_NOBODY] = {nobody, sizeof nobody / sizeof *nobody},
    [WORDS_NO_NAME] = {no_names, sizeof no_names / sizeof *no_names},
    [WORDS_PARTICLE] = {particles, sizeof particles / sizeof *particles},
    [WORDS_DEGREE] = {degrees, sizeof degrees / sizeof *degrees},
};

int
name_word_is(enum name_words list, const char *tokens)
{
	for (size_t i = 0; i < lists[list].len; i++)
		if (!strcmp(lists[list].list[i], tokens))
			return 1;
	return 0;
}

int
name_word_in(struct arena *a, enum name_words list, const char *tokens)
{
	for (const char *p = tokens; *p;) {
		size_t len = strcspn(p, " ");
		if (name_word_is(list, arena_strndup(a, p, len)))
			return 1;
		p += len + (p[len] == ' ');
	}
	return 0;
}
