/*
 * Fixed phrases of page furniture in the languages of the news. Compared with the beginning of a
 * line, case ignored for ASCII; a phrase that ends in ':' or '.' only so.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"

static const char *const read_more[] = {"read more", "read also", "also read", "read next",
    "see also", "read:", "related:", "related stories", "related articles", "more on this",
    "more from", "click here", "don't miss", "recommended", "you may also", "you might also",
    "continue reading", "more:", "watch:", "listen:", "lesen sie auch", "lesen sie mehr",
    "lesen sie hier", "lesen sie dazu", "auch interessant", "mehr zum thema", "mehr dazu",
    "zum thema", "lies auch", "passend dazu", "siehe auch", "weiterlesen", "mehr:", "lire aussi",
    "à lire aussi", "lire également", "à lire", "a lire", "voir aussi", "lire la suite",
    "sur le même sujet", "lea también", "lee también", "leer también", "le puede interesar",
    "te puede interesar", "ver también", "más información", "también te puede", "leer más",
    "leggi anche", "leggi tutto", "potrebbe interessarti", "leia também", "leia mais", "saiba mais",
    "veja também", "ler mais", "lees ook", "lees meer", "lees verder", "läs också", "läs även",
    "läs mer", "les også", "les mer", "læs også", "læs mere", "lue myös", "lue lisää", "czytaj też",
    "czytaj także", "czytaj również", "czytaj więcej", "zobacz też", "zobacz także",
    "zobacz również", "przeczytaj", "čtěte také", "čtěte více", "přečtěte si", "prečítajte si",
    "olvasd el", "citește și", "citeste si", "vezi și", "pročitajte", "preberite tudi", "loe ka",
    "lasi arī", "skaitykite", "taip pat skaitykite", "читайте также", "читать также",
    "читайте по теме", "смотрите также", "читайте також", "читайте нас", "прочетете още",
    "вижте още", "прочитајте", "διαβάστε επίσης", "διαβάστε ακόμα", "διαβάστε ακόμη",
    "διαβάστε περισσότερα", "δείτε επίσης", "δείτε ακόμα", "ayrıca okuyun", "haberin devamı",
    "ilgili haber", "baca juga", "simak juga", "baca selengkapnya", "xem thêm", "đọc thêm",
    "اقرأ أيضا", "اقرأ أيضًا", "إقرأ أيضا", "بیشتر بخوانید", "مزید پڑھیں", "यह भी पढ़ें", "ये भी पढ़ें",
    "इसे भी पढ़ें", "আরও পড়ুন", "相关阅读", "延伸阅读", "相关新闻", "更多新闻", "関連記事",
    "あわせて読みたい", "관련기사", "관련 기사", "อ่านเพิ่มเติม", "อ่านข่าว", NULL};

static const char *const furniture[] = {"advertisement", "anzeige", "werbung", "publicité",
    "publicidad", "pubblicità", "publicidade", "reklama", "реклама", "advertentie", "annons",
    "annonse", "mainos", "share this", "share on", "share:", "follow us", "sign up", "subscribe",
    "log in", "comments", "kommentare", "copyright", "©", "all rights reserved",
    "alle rechte vorbehalten", "image source", "photo:", "foto:", "loading", "skip to", "teilen",
    "partager", "compartir", "condividi", "compartilhar", "delen", "udostępnij", "поделиться",
    "print", "tags:", "tag:", "topics:", "filed under", "posted in", "scroll to continue",
    "story continues below", "article continues", "newsletter", NULL};

/* Anywhere in a short line. */
static const char *const comments[] = {"comment", "kommentar", "komentar", "kommentit",
    "comentario", "comentário", "reacties", "yorumlar", "replies", "reply", "discussion",
    "hozzászól", "комментар", "Комментар", "коментар", "Коментар", "σχόλι", "Σχόλι", "ΣΧΟΛΙΑ",
    "σχολι", "评论", "評論", "网友", "跟帖", "コメント", "댓글", "ความคิดเห็น", "تعليق", "نظرات",
    "תגובות", "टिप्पणी", "bình luận", NULL};

static int
begins_with(const char *s, const char *const *phrases)
{
	for (; *phrases; phrases++)
		if (!strncasecmp(s, *phrases, strlen(*phrases)))
			return 1;
	return 0;
}

/* Past what stands before words: bullets, arrows, quotes. */
static const char *
first_word(const char *s)
{
	static const char *const marks[] = {" ", "-", "+", ">", "»", "•", "→", "▶", "►", "*", "(",
	    "[", "–", "—", "\"", "“", "|", "■", "●", "👉", "＞"};
	for (int again = 1; again;) {
		again = 0;
		for (size_t i = 0; i < sizeof marks / sizeof *marks; i++) {
			size_t n = strlen(marks[i]);
			if (!strncmp(s, marks[i], n)) {
				s += n;
				again = 1;
			}
		}
	}
	return s;
}

int
phrase_is_read_more(const char *s)
{
	return begins_with(first_word(s), read_more);
}

int
phrase_is_furniture(const char *s)
{
	return begins_with(first_word(s), furniture);
}

int
phrase_is_comments(const char *s)
{
	for (const char *const *c = comments; *c; c++)
		if (strcasestr(s, *c))
			return 1;
	return 0;
}
