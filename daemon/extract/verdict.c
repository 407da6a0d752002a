/*
 * What the page is: an article, a part of one, or what stood in its place. Rules in one table, the
 * surest first: each looks at signals of the page and says how sure it is, with its evidence in
 * words; the first that has an opinion decides. A page with a long text is an article whatever else
 * it holds; so the tree and the words are looked at only where there is little text.
 */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "signals.h"
#include "text.h"

/* Characters of text, as signals count them. */
#define BINARY_SHARE  0.02 /* of the bytes; of compressed ones a tenth are such */
#define NOTHING_CHARS 100  /* less is no article */
#define VIDEO_CHARS   700  /* a description */
#define SHORT_CHARS   1500 /* less than most articles */
#define LONG_CHARS    4000 /* no page that stands in an article's place says so much */
#define SHELL_WEIGHT  400  /* all text of a page that waits for its scripts */

#define LISTING_LINKS   15   /* lines that are links, of which a section has many */
#define LISTING_CHARS   3000 /* all teasers that are kept of a section */
#define LISTING_LONGEST 250  /* weight of a paragraph that no teaser has */
#define TEXT_LINES      3    /* in a row are no teaser */
#define CONSENT_CHARS   2500 /* no dialog says so much */
#define CONSENT_SHARE   0.6  /* of the text, in lines that speak of consent */
#define LIVE_ENTRIES    8    /* marked times within the body */
#define WITNESS_PHRASES 60   /* a feed's text with fewer may be other words for the same */
#define WITNESS_DOUBT   0.05 /* of its phrases: what two texts share by chance */
#define WITNESS_WORDS   100  /* a feed's text with fewer is a summary */
#define WITNESS_MORE    1.5  /* times the words of the page */

/* Add to the evidence. */
static void __attribute__((format(printf, 2, 3))) say(struct signals *s, const char *fmt, ...)
{
	size_t at = strlen(s->evidence);
	va_list ap;
	if (at && at + 3 < sizeof s->evidence)
		at += (size_t)snprintf(s->evidence + at, sizeof s->evidence - at, ", ");
	va_start(ap, fmt);
	vsnprintf(s->evidence + at, sizeof s->evidence - at, fmt, ap);
	va_end(ap);
}

/* ---- the rules: how sure, 0: it is none ---- */

/* An image, a document, an encoding that nobody declared: the header of the answer said page. */
static double
no_text(struct signals *s)
{
	if (s->p->binary < BINARY_SHARE)
		return 0;
	say(s, "binary data, not text");
	return 0.95;
}

static double
challenge(struct signals *s)
{
	const char *found;
	if (s->chars >= SHORT_CHARS)
		return 0;
	if ((found = page_words_are(PAGE_CHALLENGE, s->title, 0.5))) {
		say(s, "titled \"%s\"", found);
		return s->says_article ? 0 : 0.95;
	}
	if (s->says_article || s->weight >= BARE_WEIGHT)
		return 0;
	if (s->captchas) {
		say(s, "a captcha and little else");
		return 0.9;
	}
	if ((found = page_words_find(PAGE_CHALLENGE, s->words)) ||
	    (s->noscript && s->weight < SHELL_WEIGHT &&
		(found = page_words_find(PAGE_CHALLENGE, s->noscript)))) {
		say(s, "\"%s\" and little else", found);
		return 0.85;
	}
	return 0;
}

static double
error_page(struct signals *s)
{
	const struct page *p = s->p;
	if (s->chars >= SHORT_CHARS || (p->ld.rank == JSONLD_ARTICLE && p->ld.date_published))
		return 0;
	const char *found = page_words_are(PAGE_ERROR, s->title, 0.5);
	for (size_t i = 0; !found && i < p->meta.h1_len; i++)
		found = page_words_are(PAGE_ERROR, text_tokens(p->a, p->meta.h1[i], NULL), 0.5);
	if (!found)
		return 0;
	say(s, "headed \"%s\"", found);
	return s->chars < WALL_CHARS ? 0.95 : 0.8;
}

static double
consent_wall(struct signals *s)
{
	struct page *p = s->p;
	unsigned about = 0, kept = 0;
	const char *button = s->chars < CONSENT_CHARS ? signals_accept_button(p) : NULL;
	if (!button)
		return 0;
	for (size_t i = 0; i < p->lines_len; i++) {
		struct line *l = &p->lines[i];
		if (!l->kept)
			continue;
		kept += l->weight;
		if (page_words_find(PAGE_CONSENT, text_tokens(p->a, line_text(p, l), NULL)))
			about += l->weight;
	}
	if (!kept || about < kept * CONSENT_SHARE)
		return 0;
	say(s, "%u %% of the text is about consent, a button \"%s\"", about * 100 / kept, button);
	return s->says_article ? 0.6 : 0.9;
}

static double
paywall_stub(struct signals *s)
{
	const struct page *p = s->p;
	const char *found;
	if (s->chars >= WALL_CHARS)
		return 0;
	if (p->ld.is_accessible_for_free == 0) {
		say(s, "declared as not free, %zu characters", s->chars);
		return 0.9;
	}
	if ((found = signals_ask_for_money(s->p))) {
		say(s, "\"%s\" after %zu characters", found, s->chars);
		return s->paywalls ? 0.9 : 0.75;
	}
	if (s->paywalls && s->chars && s->says_article) {
		say(s, "a paywall after %zu characters", s->chars);
		return 0.7;
	}
	if (s->passwords && s->weight < BARE_WEIGHT && !s->says_article) {
		say(s, "a login and little else");
		return 0.75;
	}
	return 0;
}

static double
spa_shell(struct signals *s)
{
	const char *found = s->noscript ? page_words_find(PAGE_SCRIPT, s->noscript) : NULL;
	if (s->chars >= NOTHING_CHARS || s->weight >= SHELL_WEIGHT)
		return 0;
	if (!found)
		found = page_words_find(PAGE_SCRIPT, s->words);
	if (found)
		say(s, "\"%s\"", found);
	if (s->roots)
		say(s, "an empty root element");
	return found && s->roots ? 0.95 : found || s->roots ? 0.85 : 0;
}

static double
live_blog(struct signals *s)
{
	struct page *p = s->p;
	if (s->chars < NOTHING_CHARS)
		return 0;
	if (p->ld.is_live) {
		say(s, "declared as a live blog");
		return 0.95;
	}
	if (p->meta.claims_of[META_PUBLISHED] < LIVE_ENTRIES)
		return 0;
	const char *found = page_words_find(PAGE_LIVE, s->title);
	if (!found)
		found = page_words_find(PAGE_LIVE, text_tokens(p->a, p->url, NULL));
	size_t entries = found ? signals_timed_entries(p) : 0;
	if (entries < LIVE_ENTRIES)
		return 0;
	say(s, "\"%s\" and %zu entries with a time", found, entries);
	return 0.7;
}

static double
video_only(struct signals *s)
{
	const struct page *p = s->p;
	const char *type = p->meta.value[META_TYPE];
	int ld = p->ld.rank == JSONLD_VIDEO && p->ld.type && strcasestr(p->ld.type, "VideoObject");
	int og = type && !strncasecmp(type, "video", 5);
	if (s->chars >= VIDEO_CHARS || p->ld.rank == JSONLD_ARTICLE || !(ld || og || s->players))
		return 0;
	if (!ld && !og && (s->chars >= WALL_CHARS / 2 || s->says_article))
		return 0;
	say(s, ld || og ? "declared as a video" : "a player");
	say(s, "%zu characters", s->chars);
	return ld || og ? 0.85 : 0.6;
}

/* A front page or section: headlines that are links, each with a line or two, and no article. What
 * the addresses of pages look like tells little: articles were found under those of front pages. */
static double
listing(struct signals *s)
{
	struct page *p = s->p;
	size_t linked = 0, longest = 0, kept = 0, between = 0, since = 0;
	if (s->says_article || s->chars >= LISTING_CHARS)
		return 0;
	for (size_t i = 0; i < p->lines_len; i++) {
		const struct line *l = &p->lines[i];
		int link = !(element_of(l->block)->inherited & (HINT_NAV | HINT_RELATED)) &&
			   l->weight >= 20 && l->link_weight * 10 >= l->weight * 8;
		linked += (size_t)link;
		since += (size_t)link;
		if (!l->kept)
			continue;
		between += kept ? since : 0;
		since = 0;
		kept++;
		longest = l->weight > longest ? l->weight : longest;
	}
	if (linked < LISTING_LINKS || longest >= LISTING_LONGEST)
		return 0;
	if (s->chars >= NOTHING_CHARS &&
	    (signals_has_headline(p) || (kept >= TEXT_LINES && between * 2 < kept)))
		return 0;
	say(s, "%zu linked headlines, no long paragraph", linked);
	return 0.7;
}

/* Neither the title nor the text that the feed announced: a redirect led elsewhere. */
static double
another_page(struct signals *s)
{
	struct page *p = s->p;
	const struct witness *w = p->witness;
	if (!w || w->phrases < WITNESS_PHRASES || !*w->title ||
	    witness_in(p, p->body) >= WITNESS_DOUBT)
		return 0;
	double like = signals_shared(p, w->title, s->title);
	for (size_t i = 0; i < p->meta.h1_len; i++) {
		double one = signals_shared(p, w->title, text_tokens(p->a, p->meta.h1[i], NULL));
		like = one > like ? one : like;
	}
	if (like >= 0.5)
		return 0;
	say(s, "neither the title nor any of the %u words that the feed announced", w->words);
	return 0.75;
}

/* The page shows the beginning of what the feed has whole. */
static double
feed_only(struct signals *s)
{
	const struct page *p = s->p;
	const struct witness *w = p->witness;
	uint32_t words = p->article->words;
	if (!w || w->words < WITNESS_WORDS || w->words < words * WITNESS_MORE ||
	    (words && witness_in(p, p->container) == 0))
		return 0;
	say(s, "the feed has %u words, the page %u of them", w->words, words);
	return 0.8;
}

static double
not_article(struct signals *s)
{
	if (s->chars >= NOTHING_CHARS)
		return 0;
	if (!s->chars)
		say(s, "no text");
	else
		say(s, "%zu characters of text", s->chars);
	return s->chars ? 0.7 : 0.9;
}

static double
partial(struct signals *s)
{
	struct page *p = s->p;
	const char *text = p->article->text, *found = NULL;
	int cut = extract_ends_with(text, "...") || extract_ends_with(text, "…") ||
		  extract_ends_with(text, "[…]") || extract_ends_with(text, "[...]");
	if (s->chars < SHORT_CHARS && cut &&
	    (signals_lead_on(p) || s->paywalls || signals_ask_for_money(s->p))) {
		say(s, "ends with an ellipsis after %zu characters", s->chars);
		return 0.6;
	}
	if (p->ld.is_accessible_for_free != 0 || signals_have_paid_part(p) ||
	    s->chars >= LONG_CHARS)
		return 0;
	if (!p->ld.paid_selector && !(found = signals_ask_for_money(s->p)))
		return 0;
	say(s, "declared as not free");
	if (found)
		say(s, "\"%s\" after %zu characters", found, s->chars);
	else
		say(s, "the part that is sold is not there");
	return 0.75;
}

static double
full(struct signals *s)
{
	if (s->says_article)
		say(s, "declared as an article");
	say(s, "%u words", s->p->article->words);
	return s->says_article ? 0.95 : s->chars > 1000 ? 0.8 : 0.6;
}

static const struct {
	enum verdict verdict;
	double (*rule)(struct signals *s);
} rules[] = {
    {VERDICT_NOT_ARTICLE, no_text},
    {VERDICT_BOT_CHALLENGE, challenge},
    {VERDICT_ERROR_PAGE, error_page},
    {VERDICT_CONSENT_WALL, consent_wall},
    {VERDICT_NOT_ARTICLE, another_page},
    {VERDICT_FEED_ONLY, feed_only},
    {VERDICT_VIDEO_ONLY, video_only},
    {VERDICT_PAYWALL_STUB, paywall_stub},
    {VERDICT_SPA_SHELL, spa_shell},
    {VERDICT_LISTING, listing},
    {VERDICT_NOT_ARTICLE, not_article},
    {VERDICT_LIVE_BLOG, live_blog},
    {VERDICT_PARTIAL, partial},
    {VERDICT_FULL, full},
};

void
verdict_judge(struct page *p)
{
	struct signals s = {.p = p};
	signals_gather(&s);
	for (size_t i = 0; i < sizeof rules / sizeof *rules; i++) {
		double sure = rules[i].rule(&s);
		if (sure > 0) {
			p->article->verdict = rules[i].verdict;
			p->article->confidence = sure;
			p->article->evidence =
			    text_line(p->a, s.evidence, strlen(s.evidence), EVIDENCE_MAX);
			return;
		}
		s.evidence[0] = '\0';
	}
}
