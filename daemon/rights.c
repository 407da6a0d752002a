/* rights: see include/rights.h. */
#include "rights.h"

#include <string.h>
#include <strings.h>

#define BLANKS " \t\r\n"

/* Words that sites use, and what newsd calls them (the first of its bit). */
static const struct {
	const char *word;
	unsigned bit;
} words[] = {
    {"noarchive", RIGHTS_NOARCHIVE},
    {"noindex", RIGHTS_NOINDEX},
    {"nosnippet", RIGHTS_NOSNIPPET},
    {"noai", RIGHTS_NOAI},
    {"noimageai", RIGHTS_NOIMAGEAI},
    {"tdm_reserved", RIGHTS_TDM_RESERVED},
    {"legal", RIGHTS_LEGAL},
    {"nocache", RIGHTS_NOARCHIVE}, /* an old name of the same */
    {"none", RIGHTS_NOINDEX},
};
#define WORDS_LEN (sizeof words / sizeof *words)

/* Directives that have a value behind a colon: they name no agent. */
static int
takes_value(const char *word, size_t len)
{
	static const char *const names[] = {
	    "max-snippet", "max-image-preview", "max-video-preview", "unavailable_after"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++)
		if (strlen(names[i]) == len && !strncasecmp(names[i], word, len))
			return 1;
	return 0;
}

unsigned
rights_read_robots(const char *value, const char *agent)
{
	unsigned rights = 0;
	int is_for_us = 1;
	for (const char *p = value; *p;) {
		p += strspn(p, "," BLANKS);
		size_t len = strcspn(p, ",:" BLANKS);
		const char *after = p + len + strspn(p + len, BLANKS);
		if (*after == ':' && !takes_value(p, len)) {
			is_for_us = (strlen(agent) == len && !strncasecmp(agent, p, len)) ||
				    (len == 1 && *p == '*');
			p = after + 1;
			continue;
		}
		for (size_t i = 0; i < WORDS_LEN && is_for_us; i++)
			if (strlen(words[i].word) == len && !strncasecmp(words[i].word, p, len))
				rights |= words[i].bit;
		p += strcspn(p, ",");
	}
	return rights & ~(unsigned)(RIGHTS_TDM_RESERVED | RIGHTS_LEGAL); /* said elsewhere */
}

unsigned
rights_read_reservation(const char *value)
{
	value += strspn(value, BLANKS);
	return *value == '1' && !value[1 + strspn(value + 1, BLANKS)] ? RIGHTS_TDM_RESERVED : 0;
}

const char *
rights_words(unsigned rights, char out[RIGHTS_WORDS_SIZE])
{
	size_t len = 0;
	out[0] = '\0';
	for (size_t i = 0; i < WORDS_LEN; i++) {
		if (!(rights & words[i].bit))
			continue;
		size_t n = strlen(words[i].word);
		if (len)
			out[len++] = ' ';
		memcpy(out + len, words[i].word, n + 1);
		len += n;
		rights &= ~words[i].bit;
	}
	return out;
}
