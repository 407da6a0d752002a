/* rules: see rules.h. docs/stories.md tells them in words. */
#include "rules.h"

#include <string.h>

/* A candidate that shares less than this of its shingles is not looked at closely: copies with
 * every third word edited keep .28 (docs/stories.md). */
#define CONTAINMENT_MIN  .1
#define QUOTE_PASSAGE    16 /* words in a row: more than a phrase */
#define QUOTE_COVERED    .15
#define NEAR_COVERED     .7 /* of the longer text: else one holds the other */
#define EMBEDDED_BEFORE  .6
#define EMBEDDED_COVERED .6
#define NEAR_S           (72 * 3600) /* what is told twice is told so within three days */

static const char *const kind_names[STORY_KIND_COUNT] = {
    [STORY_KIND_EXACT] = "exact",
    [STORY_KIND_NEAR] = "near",
    [STORY_KIND_CONTAINED] = "contained",
    [STORY_KIND_CONTAINS] = "contains",
    [STORY_KIND_REVISION] = "revision",
    [STORY_KIND_QUOTES] = "quotes",
};

const char *
story_kind_name(enum story_kind k)
{
	return k > 0 && k < STORY_KIND_COUNT ? kind_names[k] : "unknown";
}

int
rules_same_site(const struct story_article *a, const struct story_article *b)
{
	return a->site && b->site && *a->site && !strcmp(a->site, b->site);
}

/* Seconds between the two: by publication where both tell it, else by arrival. */
int64_t
rules_distance(const struct story_article *a, const struct story_article *b)
{
	int64_t d = a->published && b->published ? a->published - b->published : a->at - b->at;
	return d < 0 ? -d : d;
}

double
rules_figures(const struct likeness *l)
{
	uint32_t all = l->agree + l->conflict;
	return all ? (double)l->agree / all : 1;
}

/*
 * Do the figures allow that the two are one story? Reports written from a form (weather, markets,
 * results) share most of their words and differ in the figures: that tells them from copies, in
 * which hardly one is changed.
 */
static int
figures_agree(const struct likeness *l, uint32_t tokens)
{
	double f = rules_figures(l);
	if (f >= .8)
		return 1;
	if (l->containment >= .85) /* a long text with a few figures brought up to date */
		return f >= .5 || l->conflict == 1;
	return l->conflict == 1 && tokens >= 100 && (l->agree >= 2 || l->containment >= .65);
}

/* Both texts begin alike. */
static int
begin_alike(const struct likeness *l)
{
	return l->a.head >= .2 && l->b.head >= .2 && l->a.place < .15 && l->b.place < .15;
}

static const struct {
	const char *name, *help;
} rule_words[STORY_RULE_COUNT] = {
    [STORY_RULE_COPY] = {"copy",
	"within 72 hours, of 80 words or more: covered .55, spread .7, containment .5"},
    [STORY_RULE_SHORT_COPY] = {"short copy",
	"within 72 hours: covered .55, spread .7, containment .65"},
    [STORY_RULE_EDITED] = {"edited throughout",
	"within 72 hours, of 150 words or more: covered .55, spread .8, containment .25"},
    [STORY_RULE_LATER] = {"later version",
	"within 72 hours, of 150 words or more, both begin alike: covered .4, of the longer .35, "
	"spread .5, containment .3"},
    [STORY_RULE_WINDOW] = {"within the window",
	"covered .75, spread .8, containment .75, figures .9"},
    [STORY_RULE_PASSAGE] = {"passage",
	"a passage of 16 words or more, covered .15: not the same story"},
};

const char *
story_rule_name(enum story_rule r)
{
	return r > 0 && r < STORY_RULE_COUNT ? rule_words[r].name : "none";
}

const char *
story_rule_help(enum story_rule r)
{
	return r > 0 && r < STORY_RULE_COUNT ? rule_words[r].help : "";
}

/*
 * When two texts are one story, their figures apart: everything of one row is so. Chosen on a
 * corpus of real copies (docs/stories.md says how, and what that is worth).
 */
static const struct rule {
	enum story_rule name;
	int64_t distance_s;     /* at most so far apart in time */
	uint32_t tokens;        /* of the shorter text */
	double covered, spread; /* of the shorter text */
	double longer;          /* covered of the longer */
	double containment;
	double figures; /* that agree */
	int alike;      /* 1: both begin alike */
} rules[] = {{STORY_RULE_COPY, NEAR_S, 80, .55, .7, 0, .5, 0, 0},
    {STORY_RULE_SHORT_COPY, NEAR_S, 0, .55, .7, 0, .65, 0, 0},
    {STORY_RULE_EDITED, NEAR_S, 150, .55, .8, 0, .25, 0, 0},
    {STORY_RULE_LATER, NEAR_S, 150, .4, .5, .35, .3, 0, 1},
    {STORY_RULE_WINDOW, INT64_MAX, 0, .75, .8, 0, .75, .9, 0}};

/* The rule by which they are one story; 0: by none. */
static enum story_rule
find_rule(const struct likeness *l, const struct side *shorter, const struct side *longer,
    uint32_t tokens, int64_t distance)
{
	if (!figures_agree(l, tokens))
		return 0;
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		const struct rule *r = &rules[i];
		if (distance <= r->distance_s && tokens >= r->tokens &&
		    shorter->covered >= r->covered && shorter->spread >= r->spread &&
		    longer->covered >= r->longer && l->containment >= r->containment &&
		    rules_figures(l) >= r->figures && (!r->alike || begin_alike(l)))
			return r->name;
	}
	return 0;
}

/* The shorter text stands somewhere within the longer, which is about something else before: a
 * round-up, or the second half of two articles made one. */
static int
is_embedded(const struct side *shorter, const struct side *longer)
{
	return longer->covered < EMBEDDED_COVERED && longer->before >= EMBEDDED_BEFORE &&
	       shorter->covered > 0;
}

/* Articles of one site that begin with something of their own have in common what the site puts
 * under its stories. */
static int
have_own_leads(const struct likeness *l)
{
	return l->a.lead < .2 && l->b.lead < .2;
}

/* Measure A against B and name what they are to each other; 0: nothing. */
enum story_kind
rules_judge(const struct reading *a, const struct reading *b, int64_t distance, int same_site,
    struct likeness *l, enum story_rule *rule)
{
	if (a->tokens_len < SIGNATURE_TOKENS_MIN || b->tokens_len < SIGNATURE_TOKENS_MIN ||
	    compare_containment(a, b) < CONTAINMENT_MIN)
		return 0;
	compare_readings(a, b, l);
	int a_is_shorter = a->tokens_len <= b->tokens_len;
	uint32_t tokens = a_is_shorter ? a->tokens_len : b->tokens_len;
	if (same_site && have_own_leads(l))
		return 0;
	const struct side *shorter = a_is_shorter ? &l->a : &l->b;
	const struct side *longer = a_is_shorter ? &l->b : &l->a;
	*rule = find_rule(l, shorter, longer, tokens, distance);
	if (*rule && !is_embedded(shorter, longer))
		return longer->covered >= NEAR_COVERED ? STORY_KIND_NEAR
		       : a_is_shorter                  ? STORY_KIND_CONTAINED
						       : STORY_KIND_CONTAINS;
	int quotes = figures_agree(l, tokens) && l->passage >= QUOTE_PASSAGE &&
		     shorter->covered >= QUOTE_COVERED;
	*rule = STORY_RULE_PASSAGE;
	return quotes ? STORY_KIND_QUOTES : 0;
}

const char *
rules_refusal(
    const struct reading *a, const struct reading *b, int same_site, const struct likeness *l)
{
	uint32_t tokens = a->tokens_len < b->tokens_len ? a->tokens_len : b->tokens_len;
	if (tokens < SIGNATURE_TOKENS_MIN)
		return "a text of fewer than 40 words is near to no other";
	if (l->containment < CONTAINMENT_MIN)
		return "they have too little in common: containment under .1";
	if (same_site && have_own_leads(l))
		return "articles of one site that begin differently: what they share is the site's";
	if (!figures_agree(l, tokens))
		return "their figures differ, as in reports from a form";
	return "they have a part in common, but no rule holds";
}
