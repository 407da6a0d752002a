/*
 * Names of people out of what sites put in their place: "By Ada Lind, Senior Reporter, and Bo Ek in
 * Oslo" are two names. The words that this needs stand in name_words.c.
 */
#include <string.h>
#include <strings.h>

#include "extract_priv.h"
#include "text.h"

#define NAME_BYTES_MAX 80
#define NAME_WORDS_MAX 6

/* "By" and its like. With a colon or a space after them they stand before names; BYLINE: alone they
 * are enough to know a line of text for a byline. */
static const struct opener {
	const char *word;
	int byline;
} openers[] = {
    {"written by", 1},
    {"posted by", 1},
    {"published by", 1},
    {"reported by", 1},
    {"words by", 1},
    {"story by", 1},
    {"article by", 1},
    {"by", 1},
    {"von", 1},
    {"geschrieben von", 1},
    {"par", 1},
    {"écrit par", 1},
    {"publié par", 1},
    {"por", 1},
    {"escrito por", 1},
    {"publicado por", 1},
    {"di", 1},
    {"scritto da", 1},
    {"a cura di", 1},
    {"door", 1},
    {"geschreven door", 1},
    {"av", 1},
    {"af", 1},
    {"skrevet av", 1},
    {"skrevet af", 1},
    {"kirjoittanut", 1},
    {"tekst", 1},
    {"napisał", 1},
    {"autor", 1},
    {"autorin", 1},
    {"autoren", 1},
    {"auteur", 1},
    {"autore", 1},
    {"author", 1},
    {"authors", 1},
    {"yazar", 1},
    {"yazan", 1},
    {"автор", 1},
    {"автори", 1},
    {"авторы", 1},
    {"authored by", 1},
    {"erstellt von", 1},
    {"text von", 1},
    {"vom", 0},
    {"責任編集", 0},
    {"责任编辑", 1},
    {"编辑", 0},
    {"text", 0},
    {"texte", 0},
    {"texto", 0},
    {"testo", 0},
    {"redigerad av", 0},
    {"content", 0},
    {"da", 0},
    {"od", 0},
    {"oleh", 0},
    {"bài", 0},
    {"作者", 0},
    {"文", 0},
    {"記者", 0},
    {"记者", 0},
    {"από", 0},
};

/* What stands between two names. SURNAMES: a letter that joins the surnames of one person, too, so
 * that both sides must be whole names. */
static const struct joiner {
	const char *text;
	int surnames;
} joiners[] = {{", ", 0}, {";", 0}, {" & ", 0}, {" and ", 0}, {" und ", 0}, {" et ", 0}, {" y ", 1},
    {" e ", 1}, {" i ", 1}, {" en ", 0}, {" och ", 0}, {" og ", 0}, {" ja ", 0}, {" и ", 0},
    {" та ", 0}, {" і ", 0}, {" ve ", 0}, {" și ", 0}, {" és ", 0}, {" a ", 1}, {" και ", 0},
    {" dan ", 0}, {" | ", 0}, {" / ", 0}, {"、", 0}, {"，", 0}, {"・", 0}, {"／", 0}, {" · ", 0},
    {" • ", 0}, {"\n", 0}, {" with ", 0}, {" mit ", 0}, {" med ", 0}, {" avec ", 0}};

/* What ends a list of names: what follows is a place, an employer, a date. */
static const char *const enders[] = {" in ", " aus ", " at ", " for ", " für ", " from ", " on ",
    " am ", " pour ", " para ", " via ", " | ", " - ", " – ", " — ", " (", "（", " published",
    " updated", " posted", " veröffentlicht", " publié", " publicado", " min read", "\t"};

static int
starts_with_word(const char *s, const char *word, size_t *len)
{
	size_t n = strlen(word);
	if (strncasecmp(s, word, n) != 0)
		return 0;
	const char *rest = s + n;
	while (*rest == ' ')
		rest++;
	if (*rest == ':' || *rest == '/') {
		*len = (size_t)(rest + 1 - s);
		return 1;
	}
	if (!strncmp(rest, "：", 3) || !strncmp(rest, "／", 3)) {
		*len = (size_t)(rest + 3 - s);
		return 1;
	}
	*len = (size_t)(rest - s);
	return rest > s + n || (unsigned char)word[n - 1] >= 0x80;
}

/* S after its openers; BYLINE (may be NULL) is set when one is enough to make a byline. */
static const char *
skip_openers(const char *s, int *byline)
{
	for (int again = 1; again;) {
		again = 0;
		s += strspn(s, " (|:·-");
		while (!strncmp(s, "–", 3) || !strncmp(s, "—", 3) || !strncmp(s, "•", 3))
			s += 3;
		for (size_t i = 0; i < sizeof openers / sizeof *openers && !again; i++) {
			size_t len;
			if (!starts_with_word(s, openers[i].word, &len) || !s[len])
				continue;
			if (byline)
				*byline |= openers[i].byline || strpbrk(s, ":") == s + len - 1;
			s += len;
			again = 1;
		}
	}
	return s;
}

static int
has_capital(const char *s)
{
	for (; *s; s++)
		if (*s >= 'A' && *s <= 'Z')
			return 1;
	return 0;
}

static int
has_small(const char *s)
{
	for (; *s; s++)
		if ((*s >= 'a' && *s <= 'z') || (unsigned char)*s >= 0x80)
			return 1;
	return 0;
}

static size_t
words_of(const char *s, size_t len)
{
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += s[i] != ' ' && (i == 0 || s[i - 1] == ' ');
	return n;
}

/* The next joiner in S of LEN bytes: its place, LEN when there is none, and its width. */
static size_t
find_joiner(const char *s, size_t len, size_t *width)
{
	size_t best = len;
	*width = 0;
	for (size_t i = 0; i < sizeof joiners / sizeof *joiners; i++) {
		size_t n = strlen(joiners[i].text);
		const char *at = memmem(s, len, joiners[i].text, n);
		if (!at || (size_t)(at - s) >= best)
			continue;
		size_t before = (size_t)(at - s);
		if (joiners[i].surnames &&
		    (words_of(s, before) < 2 || words_of(at + n, len - before - n) < 2))
			continue;
		best = before;
		*width = n;
	}
	return best;
}

/* Cut a role from the end: "Ada Lind Senior Reporter" is "Ada Lind", "Senior Reporter" nothing. */
static void
cut_role(struct arena *a, char *name)
{
	size_t starts[32], n = 0, role = 32;
	for (char *p = name; *p && n < 32;) {
		size_t len = strcspn(p, " ");
		const char *word = text_tokens(a, arena_strndup(a, p, len), NULL);
		starts[n] = (size_t)(p - name);
		if (role == 32 && name_word_is(WORDS_ROLE, word))
			role = n;
		n++;
		p += len + (p[len] == ' ');
	}
	if (role == 32)
		return;
	while (role > 0) {
		size_t from = starts[role - 1], to = starts[role];
		const char *word = text_tokens(a, arena_strndup(a, name + from, to - from), NULL);
		if (!name_word_is(WORDS_QUALIFIER, word))
			break;
		role--;
	}
	if (role == 1)
		role = 0; /* "Sports Editor", "Astrologer Editor" */
	name[role ? starts[role] : 0] = '\0';
}

static int
looks_like_name(struct arena *a, const char *name)
{
	size_t words = 0;
	for (const char *p = name; *p; words++) {
		size_t len = strcspn(p, " ");
		unsigned char c = (unsigned char)p[0];
		int small = c >= 'a' && c <= 'z' && !strpbrk(arena_strndup(a, p, len), "-'");
		if (small &&
		    (words == 0 || !name_word_is(WORDS_PARTICLE, arena_strndup(a, p, len))))
			return 0;
		p += len + (p[len] == ' ');
	}
	return words >= 2 || (unsigned char)name[0] >= 0xe0;
}

/* "ada-lind" of an address as "Ada Lind"; NULL when it is none. */
static char *
from_slug(struct arena *a, const char *s)
{
	size_t dashes = 0, run = 0;
	for (const char *p = s; *p; p++) {
		if (*p == '-') {
			if (run < 2)
				return NULL;
			dashes++;
			run = 0;
		} else if (*p < 'a' || *p > 'z') {
			return NULL;
		} else {
			run++;
		}
	}
	if (dashes < 1 || dashes > 2 || run < 2)
		return NULL;
	char *name = arena_strdup(a, s);
	for (char *p = name; *p; p++) {
		if (*p == '-')
			*p = ' ';
		else if (p == name || p[-1] == ' ')
			*p = (char)(*p - 32);
	}
	return name;
}

int
name_is_agency(struct arena *a, const char *name)
{
	for (;;) {
		size_t len = strcspn(name, "/");
		if (!name_word_is(WORDS_AGENCY, text_tokens(a, arena_strndup(a, name, len), NULL)))
			return 0;
		if (!name[len])
			return 1;
		name += len + 1;
	}
}

/* Words of Japanese have it, names in bylines are written in Kanji. */
static int
has_hiragana(const char *s)
{
	for (; (s = strstr(s, "\xe3")); s++)
		if ((unsigned char)s[1] == 0x81 ||
		    ((unsigned char)s[1] == 0x82 && (unsigned char)s[2] <= 0x96))
			return 1;
	return 0;
}

static enum name_kind
kind_of(struct arena *a, const char *name, enum name_trust trust)
{
	const char *tokens = text_tokens(a, name, NULL);
	size_t words = text_words(name);
	int spaceless = (unsigned char)name[0] >= 0xe3;
	if (!*tokens || strlen(name) > NAME_BYTES_MAX || strpbrk(name, "@{}<>$=\\") ||
	    strstr(name, "://") || strcasestr(name, "www.") || name_word_is(WORDS_NOBODY, tokens))
		return NAME_NONE;
	if (name_is_agency(a, name))
		return NAME_AGENCY;
	const char *dot = strchr(name, ' ') ? NULL : strrchr(name, '.');
	if (dot && dot > name && strlen(dot) <= 4)
		return NAME_HOUSE; /* "harbour.example" */
	if (dot && !has_capital(name))
		return NAME_NONE; /* a login or a variable: "ada.lind" */
	if (name[strcspn(name, "0123456789")])
		return trust == NAME_DECLARED && words > 1 ? NAME_HOUSE : NAME_NONE;
	if (!spaceless && words > NAME_WORDS_MAX)
		return NAME_NONE;
	if (spaceless && strlen(name) > 36)
		return NAME_NONE;
	if (name_word_in(a, WORDS_HOUSE, tokens))
		return NAME_HOUSE;
	if (trust != NAME_DECLARED && (name_word_in(a, WORDS_NO_NAME, tokens) || strlen(name) < 3))
		return NAME_NONE;
	if (trust == NAME_SHOWN && (!looks_like_name(a, name) || has_hiragana(name)))
		return NAME_NONE;
	return NAME_PERSON;
}

/* Is it only "By"? */
static int
is_opener(const char *name)
{
	for (size_t i = 0; i < sizeof openers / sizeof *openers; i++)
		if (!strcasecmp(name, openers[i].word))
			return 1;
	return 0;
}

static void
add_name(struct arena *a, struct names *all, const char *s, size_t len, enum name_trust trust)
{
	char *name = text_line(a, s, len, 200), *paren;
	name = arena_strdup(a, skip_openers(name, NULL));
	if (*name != '(' && (paren = strpbrk(name, "([")) && paren > name)
		*paren = '\0';
	if ((paren = strstr(name, "（")) && paren > name)
		*paren = '\0';
	/* "Photos and text: Ada Lind" */
	for (char *label; (label = strstr(name, ": ")); name = label + 2)
		;
	if (is_opener(name) || name_word_is(WORDS_DEGREE, text_tokens(a, name, NULL)))
		return;
	cut_role(a, name);
	size_t n = strlen(name);
	while (n && strchr(" ,;|-:)(/", name[n - 1]))
		name[--n] = '\0';
	if (n > 3 && name[n - 1] == '.' && name[n - 2] >= 'a') /* a sentence's, not an initial's */
		name[--n] = '\0';
	if (!n)
		return;
	char *plain = from_slug(a, name);
	name = plain ? plain : name;
	enum name_kind kind = kind_of(a, name, trust);
	if (kind == NAME_NONE || all->len == AUTHORS_MAX)
		return;
	const char *tokens = text_tokens(a, name, NULL);
	for (size_t i = 0; i < all->len; i++)
		if (!strcmp(all->list[i].tokens, tokens))
			return;
	all->list[all->len++] = (struct name){name, tokens, kind};
}

/* "Lind, Ada": one person, the surname first, when no other comma follows. */
static char *
reversed(struct arena *a, const char *s)
{
	const char *comma = strchr(s, ',');
	if (!comma || comma == s || comma[1] != ' ' || strpbrk(comma + 1, ",;&|/"))
		return NULL;
	size_t before = words_of(s, (size_t)(comma - s)),
	       after = words_of(comma, strlen(comma)) - 1;
	const char *last = text_tokens(a, arena_strndup(a, s, (size_t)(comma - s)), NULL);
	const char *first = text_tokens(a, comma, NULL);
	if (before != 1 || after > 2 || name_word_is(WORDS_AGENCY, last) ||
	    name_word_is(WORDS_AGENCY, first) || name_word_is(WORDS_DEGREE, first) ||
	    name_word_in(a, WORDS_ROLE, first) || name_word_in(a, WORDS_HOUSE, first) ||
	    strstr(first, " and ") || strstr(first, " und "))
		return NULL;
	/* "LONDON, AFP": capitals are no surname's */
	if (!has_small(comma))
		return NULL;
	return arena_printf(a, "%s %.*s", comma + 2, (int)(comma - s), s);
}

void
names_add(struct arena *a, struct names *all, const char *text, enum name_trust trust)
{
	if (!text)
		return;
	size_t from = all->len;
	int before_comma = 0;
	text = skip_openers(text, NULL);
	char *turned = trust == NAME_DECLARED ? reversed(a, text) : NULL;
	if (turned) {
		add_name(a, all, turned, strlen(turned), trust);
		return;
	}
	size_t len = strlen(text);
	for (size_t pieces = 0; len && pieces < AUTHORS_MAX * 2; pieces++) {
		size_t width, at = find_joiner(text, len, &width);
		/* "Harbour News, Oslo": a place */
		int place = all->len > from && all->list[all->len - 1].kind != NAME_PERSON &&
			    *text != '\0' && words_of(text, at) == 1 && before_comma;
		if (!place)
			add_name(a, all, text, at, trust);
		before_comma = width == 2 && text[at] == ',';
		text += at + width;
		len -= at + width;
	}
}

/* The stop that ends a sentence, not that of an initial or of "Dr."; the end of S when there is
 * none. */
static size_t
end_of_sentence(const char *s)
{
	size_t word = 0;
	for (size_t i = 0; s[i]; i++) {
		if (s[i] == '.' && s[i + 1] == ' ' && i - word > 3)
			return i;
		if (s[i] == ' ')
			word = i + 1;
	}
	return strlen(s);
}

/* Where a list of names that begins at S ends: at a date, a place, a sentence. */
static size_t
end_of_names(const char *s)
{
	size_t end = strcspn(s, "0123456789\n|•·"), stop = end_of_sentence(s);
	end = stop < end ? stop : end;
	for (size_t i = 0; i < sizeof enders / sizeof *enders; i++) {
		const char *at = strcasestr(s, enders[i]);
		if (at && at > s && (size_t)(at - s) < end)
			end = (size_t)(at - s);
	}
	return end;
}

void
names_add_byline(struct arena *a, struct names *all, const char *line)
{
	static const char *const inner[] = {" by ", " von ", " par ", " por ", " door ", " By "};
	int byline = 0;
	const char *s = skip_openers(line, &byline);
	for (size_t i = 0; !byline && i < sizeof inner / sizeof *inner; i++) {
		const char *at = strstr(line, inner[i]);
		/* "Posted on May 3, 2024 by Ada Lind" */
		if (at && strlen(line) < 120 && line[strcspn(line, "0123456789")]) {
			s = at + strlen(inner[i]);
			byline = 1;
		}
	}
	if (!byline)
		return;
	char *names = arena_strndup(a, s, end_of_names(s));
	size_t words = words_of(names, strlen(names));
	names_add(
	    a, all, names, words == 1 && *names >= 'A' && *names <= 'Z' ? NAME_MARKED : NAME_SHOWN);
}
