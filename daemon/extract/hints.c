/*
 * Hints: what an element says of its content by its tag, role, itemprop, class and id. The words
 * are those that page templates of the world use; none is the name of a site.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "hash.h"

#define WORD_MAX   32
#define SUFFIX_MIN 4
#define MEMO_KNOWN (1u << 31) /* so that no hints are an answer too */

/* Pieces of a meaning: only together do they say something. */
enum part {
	PART_STORY = 1u << 20,   /* article, post, entry ... */
	PART_CONTENT = 1u << 21, /* body, content, text ... */
	PART_PREFIX = 1u << 22,  /* counts as the beginning of a longer word too */
	PART_SUFFIX = 1u << 24,  /* ... and as the end of one */
	PART_STATE = 1u << 23,   /* "has-sidebar", "comments-enabled": of what the element is not */
};

struct word {
	const char *word;
	unsigned hints;
};

/* Sorted by first letter. */
static const struct word words[] = {
    {"ad", HINT_AD},
    {"addthis", HINT_SHARE | PART_PREFIX},
    {"addtoany", HINT_SHARE | PART_PREFIX},
    {"ads", HINT_AD},
    {"adslot", HINT_AD | PART_PREFIX},
    {"adunit", HINT_AD},
    {"advert", HINT_AD | PART_PREFIX},
    {"alertdialog", HINT_SIGNUP},
    {"also", HINT_RELATED},
    {"annonce", HINT_AD | PART_PREFIX},
    {"anzeige", HINT_AD},
    {"article", PART_STORY},
    {"articlebody", HINT_BODY},
    {"articlecontent", HINT_BODY},
    {"articletext", HINT_BODY},
    {"articolo", PART_STORY},
    {"articulo", PART_STORY},
    {"artikel", PART_STORY},
    {"artykul", PART_STORY},
    {"attribution", HINT_CAPTION},
    {"author", HINT_META | HINT_AUTHOR | PART_PREFIX},
    {"autor", HINT_META | HINT_AUTHOR | PART_PREFIX},
    {"avatar", HINT_META},
    {"bajada", HINT_LEAD},
    {"banner", HINT_NAV | PART_SUFFIX},
    {"bildunterschrift", HINT_CAPTION},
    {"bio", HINT_META},
    {"blog", PART_STORY},
    {"body", PART_CONTENT},
    {"breadcrumb", HINT_NAV | PART_PREFIX | PART_SUFFIX},
    {"brodtekst", HINT_BODY},
    {"brodtext", HINT_BODY},
    {"byline", HINT_META | HINT_AUTHOR | PART_PREFIX},
    {"caption", HINT_CAPTION | PART_PREFIX | PART_SUFFIX},
    {"card", HINT_CARD},
    {"cards", HINT_CARD},
    {"carousel", HINT_RELATED | PART_PREFIX},
    {"chapeau", HINT_LEAD},
    {"closed", PART_STATE},
    {"colophon", HINT_NAV},
    {"comentario", HINT_COMMENT | PART_PREFIX},
    {"comment", HINT_COMMENT | PART_PREFIX},
    {"commentaire", HINT_COMMENT | PART_PREFIX},
    {"comments", HINT_COMMENT | PART_SUFFIX},
    {"complementary", HINT_SIDE},
    {"consent", HINT_SIGNUP},
    {"contenido", PART_CONTENT},
    {"content", PART_CONTENT},
    {"contentinfo", HINT_NAV},
    {"contenu", PART_CONTENT},
    {"contenuto", PART_CONTENT},
    {"conteudo", PART_CONTENT},
    {"cookie", HINT_SIGNUP | PART_PREFIX},
    {"copyright", HINT_NAV},
    {"corps", PART_CONTENT},
    {"credit", HINT_CAPTION | PART_PREFIX},
    {"cta", HINT_SIGNUP},
    {"cuerpo", PART_CONTENT},
    {"date", HINT_META | HINT_DATE},
    {"dateline", HINT_META | HINT_DATE},
    {"datetime", HINT_META | HINT_DATE},
    {"datum", HINT_META | HINT_DATE},
    {"dek", HINT_LEAD},
    {"dialog", HINT_SIGNUP},
    {"didascalia", HINT_CAPTION},
    {"disabled", PART_STATE},
    {"disclaimer", HINT_NAV},
    {"discussion", HINT_COMMENT},
    {"disqus", HINT_COMMENT | PART_PREFIX},
    {"dnone", HINT_HIDDEN},
    {"dropdown", HINT_NAV},
    {"enabled", PART_STATE},
    {"entry", PART_STORY},
    {"entrycontent", HINT_BODY},
    {"facebook", HINT_SHARE},
    {"fact", HINT_SIDE},
    {"factbox", HINT_SIDE},
    {"facts", HINT_SIDE},
    {"fecha", HINT_META | HINT_DATE},
    {"feedback", HINT_COMMENT},
    {"figcaption", HINT_CAPTION},
    {"fliesstext", HINT_BODY},
    {"follow", HINT_SHARE},
    {"footer", HINT_NAV | PART_PREFIX | PART_SUFFIX},
    {"gallery", HINT_MEDIA | PART_PREFIX | PART_SUFFIX},
    {"gdpr", HINT_SIGNUP},
    {"haber", PART_STORY},
    {"has", PART_STATE},
    {"hentry", HINT_ARTICLE},
    {"hidden", HINT_HIDDEN},
    {"hide", PART_STATE},
    {"infobox", HINT_SIDE},
    {"ingress", HINT_LEAD},
    {"inhalt", PART_CONTENT},
    {"innehall", PART_CONTENT},
    {"intro", HINT_LEAD},
    {"invisible", HINT_HIDDEN},
    {"keywords", HINT_META},
    {"koment", HINT_COMMENT},
    {"komentar", HINT_COMMENT | PART_PREFIX},
    {"kommentar", HINT_COMMENT | PART_PREFIX},
    {"lead", HINT_LEAD},
    {"lede", HINT_LEAD},
    {"legal", HINT_NAV},
    {"legend", HINT_CAPTION},
    {"legende", HINT_CAPTION},
    {"login", HINT_SIGNUP},
    {"mainnav", HINT_NAV},
    {"masthead", HINT_NAV},
    {"material", PART_STORY},
    {"media", HINT_MEDIA},
    {"megamenu", HINT_NAV},
    {"menu", HINT_NAV | PART_SUFFIX},
    {"menuitem", HINT_NAV},
    {"meta", HINT_META},
    {"metadata", HINT_META},
    {"modal", HINT_SIGNUP},
    {"morestories", HINT_RELATED},
    {"mostpopular", HINT_RELATED},
    {"mostread", HINT_RELATED},
    {"nav", HINT_NAV},
    {"navbar", HINT_NAV},
    {"navigation", HINT_NAV},
    {"navlist", HINT_NAV},
    {"navmenu", HINT_NAV},
    {"news", PART_STORY},
    {"newsbody", HINT_BODY},
    {"newsletter", HINT_SIGNUP | PART_PREFIX | PART_SUFFIX},
    {"newstext", HINT_BODY},
    {"no", PART_STATE},
    {"noprint", HINT_SIDE},
    {"nota", PART_STORY},
    {"noticia", PART_STORY},
    {"notizia", PART_STORY},
    {"open", PART_STATE},
    {"opinie", HINT_COMMENT},
    {"optin", HINT_SIGNUP},
    {"outbrain", HINT_RELATED},
    {"overlay", HINT_SIGNUP},
    {"pager", HINT_NAV},
    {"pagination", HINT_NAV},
    {"pinterest", HINT_SHARE},
    {"player", HINT_MEDIA},
    {"podpis", HINT_CAPTION | PART_PREFIX},
    {"poll", HINT_SIDE},
    {"popover", HINT_SIGNUP},
    {"popular", HINT_RELATED},
    {"popup", HINT_SIGNUP},
    {"post", PART_STORY},
    {"postcontent", HINT_BODY},
    {"posted", HINT_META},
    {"postmeta", HINT_META},
    {"postmetadata", HINT_META},
    {"powiazane", HINT_RELATED},
    {"promo", HINT_RELATED | PART_PREFIX},
    {"promoted", PART_STATE}, /* an article that also stands on the front page */
    {"prose", HINT_BODY},
    {"pubdate", HINT_META | HINT_DATE},
    {"publicidad", HINT_AD},
    {"publicidade", HINT_AD},
    {"publicite", HINT_AD},
    {"publish", HINT_META | HINT_DATE},
    {"published", HINT_META | HINT_DATE},
    {"quicklinks", HINT_NAV},
    {"quiz", HINT_SIDE},
    {"rating", HINT_META},
    {"reacties", HINT_COMMENT},
    {"readalso", HINT_RELATED},
    {"readingtime", HINT_META},
    {"readmore", HINT_RELATED},
    {"readnext", HINT_RELATED},
    {"recirc", HINT_RELATED | PART_PREFIX},
    {"recommend", HINT_RELATED | PART_PREFIX},
    {"recommended", HINT_RELATED},
    {"register", HINT_SIGNUP},
    {"reklam", HINT_AD | PART_PREFIX},
    {"reklama", HINT_AD | PART_SUFFIX},
    {"relacionad", HINT_RELATED | PART_PREFIX},
    {"related", HINT_RELATED | PART_PREFIX | PART_SUFFIX},
    {"replies", HINT_COMMENT},
    {"reply", HINT_COMMENT},
    {"respond", HINT_COMMENT},
    {"richtext", HINT_BODY},
    {"sapo", HINT_LEAD},
    {"search", HINT_NAV},
    {"searchbox", HINT_NAV},
    {"searchform", HINT_NAV},
    {"share", HINT_SHARE},
    {"sharebar", HINT_SHARE},
    {"sharedaddy", HINT_SHARE},
    {"sharer", HINT_SHARE},
    {"sharing", HINT_SHARE},
    {"sidebar", HINT_SIDE | PART_PREFIX | PART_SUFFIX},
    {"signin", HINT_SIGNUP},
    {"signup", HINT_SIGNUP},
    {"sitefooter", HINT_NAV},
    {"siteheader", HINT_NAV},
    {"skip", HINT_NAV},
    {"slideshow", HINT_MEDIA},
    {"social", HINT_SHARE | PART_PREFIX | PART_SUFFIX},
    {"sommario", HINT_LEAD},
    {"sondage", HINT_SIDE},
    {"sondaz", HINT_SIDE},
    {"sponsor", HINT_AD | PART_PREFIX},
    {"sronly", HINT_HIDDEN},
    {"standfirst", HINT_LEAD},
    {"story", PART_STORY},
    {"storybody", HINT_BODY},
    {"submenu", HINT_NAV},
    {"subnav", HINT_NAV},
    {"subscribe", HINT_SIGNUP},
    {"subscription", HINT_SIGNUP},
    {"survey", HINT_SIDE},
    {"swiper", HINT_RELATED},
    {"taboola", HINT_RELATED},
    {"tag", HINT_META},
    {"taglist", HINT_META},
    {"tags", HINT_META},
    {"teaser", HINT_CARD | PART_PREFIX | PART_SUFFIX},
    {"tekst", PART_CONTENT},
    {"testo", PART_CONTENT},
    {"text", PART_CONTENT},
    {"texte", PART_CONTENT},
    {"texto", PART_CONTENT},
    {"timestamp", HINT_META | HINT_DATE},
    {"toc", HINT_NAV},
    {"toolbar", HINT_NAV},
    {"tooltip", HINT_HIDDEN},
    {"topbar", HINT_NAV},
    {"topics", HINT_META},
    {"topnav", HINT_NAV},
    {"trending", HINT_RELATED},
    {"tresc", PART_CONTENT},
    {"twitter", HINT_SHARE},
    {"vcard", HINT_META | HINT_AUTHOR},
    {"video", HINT_MEDIA},
    {"views", HINT_META},
    {"visuallyhidden", HINT_HIDDEN},
    {"vorspann", HINT_LEAD},
    {"werbung", HINT_AD},
    {"whatsapp", HINT_SHARE},
    {"widget", HINT_SIDE | PART_PREFIX},
    {"with", PART_STATE},
    {"without", PART_STATE},
    {"wysiwyg", HINT_BODY},
    {"yorum", HINT_COMMENT | PART_PREFIX},
    {"zajawka", HINT_LEAD},
    {"zdjecie", HINT_MEDIA},
    {"zdroj", HINT_META},
    {"zrodlo", HINT_META},
};

#define WORDS (sizeof words / sizeof *words)

/* The hints of WORD in the table, else of its first word with which WORD begins, where that may be
 * less than all. */
static unsigned
look_up_from(const char *word, size_t len, unsigned least)
{
	unsigned begun = 0;
	size_t low = 0, high = WORDS;
	while (low < high) { /* the first with this letter */
		size_t mid = (low + high) / 2;
		if (words[mid].word[0] < word[0])
			low = mid + 1;
		else
			high = mid;
	}
	for (size_t i = low; i < WORDS && words[i].word[0] == word[0]; i++) {
		size_t n = strlen(words[i].word);
		if (n > len || memcmp(words[i].word, word, n) != 0)
			continue;
		if (n == len && (words[i].hints & least || !least))
			return words[i].hints;
		if (!begun && !least && words[i].hints & PART_PREFIX && n >= 4)
			begun = words[i].hints;
	}
	return begun;
}

/* The hints of one word; an entry that begins or ends it counts where the table says so. */
static unsigned
look_up(const char *word, size_t len)
{
	unsigned found = look_up_from(word, len, 0);
	for (size_t i = 2; !found && i + SUFFIX_MIN <= len; i++)
		found = look_up_from(word + i, len - i, PART_SUFFIX);
	return found;
}

static int
is_alnum(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

/* The next word of S at *AT, lower case, cut at punctuation and where small letters meet a capital.
 */
static size_t
next_word(const char *s, size_t len, size_t *at, char word[WORD_MAX])
{
	size_t i = *at, n = 0;
	while (i < len && !is_alnum(s[i]))
		i++;
	while (i < len && is_alnum(s[i])) {
		int upper = s[i] >= 'A' && s[i] <= 'Z';
		if (n && upper && s[i - 1] >= 'a' && s[i - 1] <= 'z')
			break;
		if (n < WORD_MAX)
			word[n++] = (char)(upper ? s[i] + 32 : s[i]);
		i++;
	}
	*at = i;
	return n;
}

/* One class or id: its words taken together. */
static unsigned
hints_of_name(const char *s, size_t len)
{
	char word[WORD_MAX];
	unsigned all = 0;
	size_t at = 0, n;
	while ((n = next_word(s, len, &at, word)))
		all |= look_up(word, n);
	if (all & PART_STATE)
		return 0;
	if ((all & PART_STORY) && (all & PART_CONTENT)) {
		/* "article-body-ad", "post-content-share" are not the body */
		if (!(all & (HINT_JUNK | HINT_META | HINT_CAPTION)))
			all |= HINT_BODY;
	}
	return all & ~(unsigned)(PART_STORY | PART_CONTENT | PART_PREFIX | PART_SUFFIX);
}

/* Pages use few classes and each of them often: MEMO knows what was found. */
static unsigned
hints_of_list(struct map *memo, const char *s)
{
	uint64_t key = hash64_str(s) | 1;
	uintptr_t known = memo ? (uintptr_t)map_get(memo, key) : 0;
	unsigned all = 0;
	if (known)
		return (unsigned)known & ~MEMO_KNOWN;
	while (*s) {
		size_t len = strcspn(s, " \t\r\n");
		if (len)
			all |= hints_of_name(s, len);
		s += len + (s[len] != '\0');
	}
	if (memo)
		map_put(memo, key, (void *)(uintptr_t)(all | MEMO_KNOWN));
	return all;
}

static int
has_word(const char *list, const char *word)
{
	size_t n = strlen(word);
	for (const char *p = list; p && *p;) {
		size_t len = strcspn(p, " \t\r\n");
		if (len == n && !strncasecmp(p, word, n))
			return 1;
		p += len + (p[len] != '\0');
	}
	return 0;
}

static unsigned
hints_of_tag(const struct html_node *n)
{
	switch (n->tag) {
	case HTML_NAV:
	case HTML_FOOTER:
	case HTML_BUTTON: /* broken pages leave them open: then they hold the article */
		return HINT_NAV;
	case HTML_ASIDE:
		return HINT_SIDE;
	case HTML_ARTICLE:
		return HINT_ARTICLE;
	case HTML_FIGCAPTION:
		return HINT_CAPTION;
	case HTML_TIME:
	case HTML_ADDRESS:
		return HINT_META;
	default:
		return 0;
	}
}

static unsigned
hints_of_itemprop(const char *value)
{
	if (has_word(value, "articleBody"))
		return HINT_BODY;
	if (has_word(value, "author"))
		return HINT_META | HINT_AUTHOR;
	if (has_word(value, "datePublished") || has_word(value, "dateModified"))
		return HINT_META | HINT_DATE;
	if (has_word(value, "caption"))
		return HINT_CAPTION;
	if (has_word(value, "comment"))
		return HINT_COMMENT;
	return 0;
}

static unsigned
hints_of_role(const char *role)
{
	static const struct {
		const char *role;
		unsigned hints;
	} roles[] = {
	    {"navigation", HINT_NAV},
	    {"contentinfo", HINT_NAV},
	    {"banner", HINT_NAV | PART_SUFFIX},
	    {"search", HINT_NAV},
	    {"media", HINT_MEDIA},
	    {"menu", HINT_NAV | PART_SUFFIX},
	    {"complementary", HINT_SIDE},
	    {"dialog", HINT_SIGNUP},
	    {"alertdialog", HINT_SIGNUP},
	};
	for (size_t i = 0; i < sizeof roles / sizeof *roles; i++)
		if (has_word(role, roles[i].role))
			return roles[i].hints;
	return 0;
}

unsigned
hints_of_memo(struct map *memo, const struct html_node *n)
{
	unsigned all = hints_of_tag(n);
	for (unsigned i = 0; i < n->attributes_len; i++) {
		const char *name = n->attributes[i].name, *value = n->attributes[i].value;
		if (!strcmp(name, "class") || !strcmp(name, "id"))
			all |= hints_of_list(memo, value);
		else if (!strcmp(name, "itemprop") || !strcmp(name, "property"))
			all |= hints_of_itemprop(value);
		else if (!strcmp(name, "role"))
			all |= hints_of_role(value);
		else if (!strcmp(name, "rel") && has_word(value, "author"))
			all |= HINT_META | HINT_AUTHOR;
		else if (!strcmp(name, "data-component") || !strcmp(name, "data-testid") ||
			 !strcmp(name, "data-type"))
			all |= hints_of_list(memo, value);
		else if (!strcmp(name, "hidden") ||
			 (!strcmp(name, "style") && strstr(value, "none")) ||
			 (!strcmp(name, "aria-hidden") && !strcasecmp(value, "true")))
			all |= HINT_HIDDEN;
	}
	/* an article's classes name its author, tags and format too */
	if (n->tag == HTML_ARTICLE || n->tag == HTML_MAIN)
		all &= ~(unsigned)(HINT_META | HINT_AUTHOR | HINT_DATE | HINT_MEDIA);
	if (all & HINT_BODY)
		all &= ~(unsigned)(HINT_SIDE | HINT_CARD | HINT_SHARE);
	return all;
}

unsigned
hints_of(const struct html_node *n)
{
	return hints_of_memo(NULL, n);
}
