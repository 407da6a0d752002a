/* outcome: see include/outcome.h. */
#include "outcome.h"

#include <stddef.h>
#include <string.h>

const struct outcome_row outcome_table[OUTCOME_COUNT] = {
    [OUTCOME_PENDING] = {"pending",
	"Not an end: the link waits for its first fetch or for a retry; "
	"the reason says for which."},
    [OUTCOME_STORED] = {"stored", "The article is in the archive."},
    [OUTCOME_DUPLICATE] = {"duplicate",
	"The same canonical URL or the same text as an article that is in the archive already; "
	"article_id names it."},
    [OUTCOME_REVISION] = {"revision",
	"A new text under the canonical URL of an article in the archive: the article was "
	"replaced, the old text is kept as a revision."},
    [OUTCOME_FILTERED] = {"filtered", "The configuration says that such a link is not wanted."},
    [OUTCOME_ROBOTS] = {"robots", "The site's robots.txt forbids the page."},
    [OUTCOME_GONE] = {"gone",
	"The site says that the page is not there: by HTTP 404 or 410, or in the page's words."},
    [OUTCOME_HTTP_ERROR] = {"http_error",
	"The site answered with an HTTP status that a retry will not change."},
    [OUTCOME_REFUSED] = {"refused",
	"The link or a redirect leads to an address, port or scheme that newsd does not connect "
	"to."},
    [OUTCOME_NOT_HTML] = {"not_html", "The link leads to something other than a web page."},
    [OUTCOME_TOO_BIG] = {"too_big", "The page is larger than the configuration allows."},
    [OUTCOME_BAD_BODY] = {"bad_body", "The page came truncated or could not be decoded."},
    [OUTCOME_WALL] = {"wall", "A paywall, consent or login page stood in the article's place."},
    [OUTCOME_STUB] = {"stub", "The page holds too little text to be the article."},
    [OUTCOME_LISTING] = {"listing",
	"The page is a front page, a section or a list of links, not an article."},
    [OUTCOME_PARSER_CRASH] = {"parser_crash",
	"The page crashed the workers that read it, at three visits."},
    [OUTCOME_PARSER_TIMEOUT] = {"parser_timeout",
	"The page kept the workers that read it busy past 2 s of CPU or 5 s, at three visits."},
    [OUTCOME_GAVE_UP] = {"gave_up",
	"Only transient failures until the attempts ran out; the reason is the last one."},
};

const char *
outcome_name(enum outcome o)
{
	return (unsigned)o < OUTCOME_COUNT ? outcome_table[o].name : "unknown";
}

int
outcome_parse(const char *name)
{
	if (!name)
		return -1;
	for (int i = 0; i < OUTCOME_COUNT; i++)
		if (!strcmp(outcome_table[i].name, name))
			return i;
	return -1;
}
