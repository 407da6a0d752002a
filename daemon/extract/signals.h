/*
 * What the rules of verdict.c look at: counted once for a page, or asked for by the few rules that
 * want it. Tells what is there and judges nothing.
 */
#ifndef NEWSD_EXTRACT_SIGNALS_H
#define NEWSD_EXTRACT_SIGNALS_H

#include "extract_priv.h"

#define EVIDENCE_MAX 300
#define WALL_CHARS   600  /* what a wall leaves is a lede of at most so much */
#define BARE_WEIGHT  1500 /* all text of a page that is nothing but a notice */

struct signals {
	struct page *p;
	size_t chars;    /* of the article's text */
	unsigned weight; /* of all lines */
	int says_article;
	const char *title, *words; /* tokens of the title, and of a page with little text */
	/* counted in the tree, where there is less text than before a wall: */
	unsigned captchas, passwords, players, roots, paywalls;
	const char *noscript;
	char evidence[EVIDENCE_MAX];
};

/* Fill S, whose page is set. */
void signals_gather(struct signals *s);
/* What a button says by which readers agree to cookies; NULL: there is none. */
const char *signals_accept_button(struct page *p);
/* Words of a paywall in the lines around the end of the body; NULL: none. */
const char *signals_ask_for_money(struct page *p);
/* Marked times within the body, with text between: entries of a live blog bear one each. */
size_t signals_timed_entries(const struct page *p);
/* Has the page a headline of its own: not one that leads to the article, nor the site's name? */
int signals_has_headline(struct page *p);
/* Is what JSON-LD calls sold on the page all the same? */
int signals_have_paid_part(const struct page *p);
/* Is the line after the text a link that says "read more"? */
int signals_lead_on(struct page *p);
/* The share of the tokens WORDS that is in TOKENS, 0-1. */
double signals_shared(struct page *p, const char *words, const char *tokens);

#endif
