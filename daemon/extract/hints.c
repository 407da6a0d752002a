/*
 * Hints: what an element says of its content by its tag, role, itemprop, class and id. The words
 * are those that page templates of the world use; none is the name of a site.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"

#define WORD_MAX 32

/* Pieces of a meaning: only together do they say something. */
enum part {
	PART_STORY = 1u << 20,   /* article, post, entry ... */
	PART_CONTENT = 1u << 21, /* body, content, text ... */
	PART_PREFIX = 1u << 22,  /* counts as the beginning of a longer word too */
	PART_STATE = 1u << 23,   /* "has-sidebar", "comments-enabled": of what the element is not */
};

struct word {
	const char *word;
	unsigned hints;
};

/* Sorted by first letter. */
static const struct word words[] = {
    {"ad", HINT_AD},
    {"ads", HINT_AD},
    {"adslot", HINT_AD | PART_PREFIX},
    {"adunit", HINT_AD},
    {"advert", HINT_AD | PART_PREFIX},
    {"also", HINT_RELATED},
    {"anzeige", HINT_AD},
    {"article", PART_STORY},
    {"articlebody", HINT_BODY},
    {"articlecontent", HINT_BODY},
    {"articletext", HINT_BODY},
    {"articolo", PART_STORY},
    {"articulo", PART_STORY},
    {"artikel", PART_STORY},
    {"author", HINT_META | HINT_AUTHOR | PART_PREFIX},
    {"autor", HINT_META | HINT_AUTHOR | PART_PREFIX},
    {"avatar", HINT_META},
    {"banner", HINT_AD},
    {"bio", HINT_META},
    {"blog", PART_STORY},
    {"body", PART_CONTENT},
    {"breadcrumb", HINT_NAV | PART_PREFIX},
    {"byline", HINT_META | HINT_AUTHOR | PART_PREFIX},
    {"caption", HINT_CAPTION | PART_PREFIX},
    {"card", HINT_CARD},
    {"cards", HINT_CARD},
    {"carousel", HINT_RELATED | PART_PREFIX},
    {"closed", PART_STATE},
    {"comentario", HINT_COMMENT | PART_PREFIX},
    {"comment", HINT_COMMENT | PART_PREFIX},
    {"commentaire", HINT_COMMENT | PART_PREFIX},
    {"consent", HINT_SIGNUP},
    {"contenido", PART_CONTENT},
    {"content", PART_CONTENT},
    {"contenu", PART_CONTENT},
    {"contenuto", PART_CONTENT},
    {"cookie", HINT_SIGNUP | PART_PREFIX},
    {"copyright", HINT_NAV},
    {"corps", PART_CONTENT},
    {"credit", HINT_CAPTION | PART_PREFIX},
    {"cuerpo", PART_CONTENT},
    {"date", HINT_META | HINT_DATE},
    {"dateline", HINT_META | HINT_DATE},
    {"datetime", HINT_META | HINT_DATE},
    {"datum", HINT_META | HINT_DATE},
    {"dek", HINT_LEAD},
    {"disabled", PART_STATE},
    {"disclaimer", HINT_NAV},
    {"discussion", HINT_COMMENT},
    {"enabled", PART_STATE},
    {"entry", PART_STORY},
    {"fact", HINT_SIDE},
    {"factbox", HINT_SIDE},
    {"facts", HINT_SIDE},
    {"fecha", HINT_META | HINT_DATE},
    {"feedback", HINT_COMMENT},
    {"figcaption", HINT_CAPTION},
    {"follow", HINT_SHARE},
    {"footer", HINT_NAV | PART_PREFIX},
    {"gallery", HINT_MEDIA | PART_PREFIX},
    {"gdpr", HINT_SIGNUP},
    {"has", PART_STATE},
    {"hentry", HINT_ARTICLE},
    {"hidden", HINT_HIDDEN},
    {"hide", PART_STATE},
    {"infobox", HINT_SIDE},
    {"inhalt", PART_CONTENT},
    {"intro", HINT_LEAD},
    {"keywords", HINT_META},
    {"kommentar", HINT_COMMENT | PART_PREFIX},
    {"lead", HINT_LEAD},
    {"lede", HINT_LEAD},
    {"legend", HINT_CAPTION},
    {"login", HINT_SIGNUP},
    {"masthead", HINT_NAV},
    {"media", HINT_MEDIA},
    {"menu", HINT_NAV},
    {"meta", HINT_META},
    {"metadata", HINT_META},
    {"modal", HINT_SIGNUP},
    {"mostread", HINT_RELATED},
    {"nav", HINT_NAV},
    {"navbar", HINT_NAV},
    {"navigation", HINT_NAV | PART_PREFIX},
    {"news", PART_STORY},
    {"newsletter", HINT_SIGNUP | PART_PREFIX},
    {"no", PART_STATE},
    {"noprint", HINT_SIDE},
    {"nota", PART_STORY},
    {"noticia", PART_STORY},
    {"open", PART_STATE},
    {"overlay", HINT_SIGNUP},
    {"pager", HINT_NAV},
    {"pagination", HINT_NAV},
    {"player", HINT_MEDIA},
    {"poll", HINT_SIDE},
    {"popular", HINT_RELATED},
    {"popup", HINT_SIGNUP},
    {"post", PART_STORY},
    {"postmeta", HINT_META},
    {"postmetadata", HINT_META},
    {"promo", HINT_RELATED | PART_PREFIX},
    {"pubdate", HINT_META | HINT_DATE},
    {"publicidad", HINT_AD},
    {"publish", HINT_META | HINT_DATE},
    {"published", HINT_META | HINT_DATE},
    {"quiz", HINT_SIDE},
    {"rating", HINT_META},
    {"readalso", HINT_RELATED},
    {"readmore", HINT_RELATED},
    {"recirc", HINT_RELATED | PART_PREFIX},
    {"recommend", HINT_RELATED | PART_PREFIX},
    {"recommended", HINT_RELATED},
    {"reklama", HINT_AD},
    {"relacionad", HINT_RELATED | PART_PREFIX},
    {"related", HINT_RELATED | PART_PREFIX},
    {"respond", HINT_COMMENT},
    {"share", HINT_SHARE},
    {"sharebar", HINT_SHARE},
    {"sharedaddy", HINT_SHARE},
    {"sharing", HINT_SHARE},
    {"sidebar", HINT_SIDE | PART_PREFIX},
    {"signup", HINT_SIGNUP},
    {"skip", HINT_NAV},
    {"slideshow", HINT_MEDIA},
    {"social", HINT_SHARE | PART_PREFIX},
    {"sponsor", HINT_AD | PART_PREFIX},
    {"standfirst", HINT_LEAD},
    {"story", PART_STORY},
    {"storybody", HINT_BODY},
    {"subscribe", HINT_SIGNUP},
    {"subscription", HINT_SIGNUP},
    {"tag", HINT_META},
    {"taglist", HINT_META},
    {"tags", HINT_META},
    {"teaser", HINT_CARD | PART_PREFIX},
    {"tekst", PART_CONTENT},
    {"testo", PART_CONTENT},
    {"text", PART_CONTENT},
    {"texte", PART_CONTENT},
    {"texto", PART_CONTENT},
    {"timestamp", HINT_META | HINT_DATE},
    {"toc", HINT_NAV},
    {"toolbar", HINT_NAV},
    {"tooltip", HINT_HIDDEN},
    {"topics", HINT_META},
    {"trending", HINT_RELATED},
    {"vcard", HINT_META | HINT_AUTHOR},
    {"video", HINT_MEDIA},
    {"werbung", HINT_AD},
    {"widget", HINT_SIDE | PART_PREFIX},
    {"with", PART_STATE},
    {"without", PART_STATE},
};

#define WORDS (sizeof words / sizeof *words)

/* The hints of one word; a longer entry that begins it counts where the table says so. */
static unsigned
look_up(const char *word, size_t len)
{
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
		if (n == len || (words[i].hints & PART_PREFIX && n >= 4))
			return words[i].hints;
	}
	return 0;
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
	return all & ~(unsigned)(PART_STORY | PART_CONTENT | PART_PREFIX);
}

static unsigned
hints_of_list(const char *s)
{
	unsigned all = 0;
	while (s && *s) {
		size_t len = strcspn(s, " \t\r\n");
		if (len)
			all |= hints_of_name(s, len);
		s += len + (s[len] != '\0');
	}
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
	    {"banner", HINT_NAV},
	    {"search", HINT_NAV},
	    {"media", HINT_MEDIA},
	    {"menu", HINT_NAV},
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
hints_of(const struct html_node *n)
{
	unsigned all = hints_of_tag(n);
	for (unsigned i = 0; i < n->attributes_len; i++) {
		const char *name = n->attributes[i].name, *value = n->attributes[i].value;
		if (!strcmp(name, "class") || !strcmp(name, "id"))
			all |= hints_of_list(value);
		else if (!strcmp(name, "itemprop") || !strcmp(name, "property"))
			all |= hints_of_itemprop(value);
		else if (!strcmp(name, "role"))
			all |= hints_of_role(value);
		else if (!strcmp(name, "rel") && has_word(value, "author"))
			all |= HINT_META | HINT_AUTHOR;
		else if (!strcmp(name, "data-component") || !strcmp(name, "data-testid") ||
			 !strcmp(name, "data-type"))
			all |= hints_of_list(value);
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
