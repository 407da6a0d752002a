/*
 * Which story an article is in: candidates from the index, their texts through the door, and the
 * rules. Owns the index. See include/stories.h and docs/stories.md.
 */
#include "stories.h"

#include <stdlib.h>
#include <string.h>

#include "compare.h"
#include "errors.h"
#include "hash.h"
#include "index.h"

/* A candidate that shares less than this of its shingles is not looked at closely: copies with
 * every third word edited keep .28 (docs/stories.md). */
#define CONTAINMENT_MIN  .1
/* So alike that no other candidate can be nearer. */
#define RANK_SURE        .85
#define QUOTE_PASSAGE    16 /* words in a row: more than a phrase */
#define QUOTE_COVERED    .15
#define NEAR_COVERED     .7 /* of the longer text: else one holds the other */
#define EMBEDDED_BEFORE  .6
#define EMBEDDED_COVERED .6
#define NEAR_S           (72 * 3600) /* what is told twice is told so within three days */

#define LINES_END 100u

struct stories {
	struct story_door door;
	struct index *index;
};

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

static int64_t
window_of(const struct story_options *o)
{
	return o->window_s > 0 ? o->window_s : STORY_WINDOW_S;
}

struct stories *
stories_new(const struct story_options *o, const struct story_door *door)
{
	struct stories *s = mem_zalloc(sizeof *s);
	s->door = *door;
	s->index = index_new(window_of(o), o->memory_max ? o->memory_max : STORY_MEMORY,
	    o->keys_max ? o->keys_max : SIGNATURE_KEYS_MAX);
	return s;
}

void
stories_free(struct stories *s)
{
	if (!s)
		return;
	index_free(s->index);
	mem_free(s);
}

uint32_t
story_site(const char *name)
{
	return name ? (uint32_t)hash64_str(name) : 0;
}

void
stories_add(struct stories *s, int64_t id, int64_t story, uint32_t site, int64_t at,
    const struct signature *signature)
{
	struct indexed a = {.id = id, .story = story, .at = at, .site = site};
	index_add(s->index, &a, signature);
}

int64_t
stories_rebuild_start(const struct story_options *o, int64_t now)
{
	return index_start(window_of(o), now);
}

int64_t
stories_oldest(const struct stories *s)
{
	return index_oldest(s->index);
}

void
stories_measure(const struct stories *s, struct story_figures *out)
{
	struct index_figures f;
	index_measure(s->index, &f);
	*out = (struct story_figures){f.bytes, f.articles, f.entries, f.dropped};
}

/* ---- judging one candidate ---- */

/* Read A's text without the lines that its site repeats. Those stand at the ends of a text, and of
 * a text of very many lines no others are looked up. */
static void
read_article(const struct stories *s, struct reading *r, const struct story_article *a)
{
	uint32_t site = story_site(a->site), known = 0;
	reading_init(r, a->text);
	uint8_t *drop = arena_zalloc(&r->arena, r->lines_len);
	for (uint32_t i = 0; i < r->lines_len; i++) {
		if (i >= LINES_END && r->lines_len - i > LINES_END)
			continue;
		drop[i] =
		    index_line_stories(s->index, site, r->lines[i].hash) >= INDEX_LINE_STORIES;
		known += drop[i];
	}
	if (known)
		reading_drop_lines(r, drop);
	reading_shingle(r);
}

static int
is_same_site(const struct story_article *a, const struct story_article *b)
{
	return a->site && b->site && *a->site && !strcmp(a->site, b->site);
}

/* Seconds between the two: by publication where both tell it, else by arrival. */
static int64_t
distance_s(const struct story_article *a, const struct story_article *b)
{
	int64_t d = a->published && b->published ? a->published - b->published : a->at - b->at;
	return d < 0 ? -d : d;
}

static double
figures_of(const struct likeness *l)
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
	double f = figures_of(l);
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
		    figures_of(l) >= r->figures && (!r->alike || begin_alike(l)))
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
static enum story_kind
judge(const struct reading *a, const struct reading *b, int64_t distance, int same_site,
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

/* ---- the decision ---- */

struct judged {
	struct story_link link;
	double rank;
};

/* Members first, then the more alike. */
static int
by_rank(const void *a, const void *b)
{
	const struct judged *x = a, *y = b;
	int x_quotes = x->link.kind == STORY_KIND_QUOTES,
	    y_quotes = y->link.kind == STORY_KIND_QUOTES;
	if (x_quotes != y_quotes)
		return x_quotes - y_quotes;
	if (x->rank != y->rank)
		return x->rank > y->rank ? -1 : 1;
	return x->link.of < y->link.of ? -1 : x->link.of > y->link.of;
}

/* Of two that are as alike, the one with which the other begins is the nearer. */
static double
rank_of(const struct likeness *l)
{
	double before = l->a.before > l->b.before ? l->a.before : l->b.before;
	return l->resemblance * (1 - before / 2);
}

/* Judge candidate F; *KEPT tells whether JUDGED was filled. */
static int
judge_candidate(const struct stories *s, const struct story_article *a, const struct reading *ra,
    const struct found *f, struct judged *judged, int *kept)
{
	struct arena arena = {0};
	struct story_article b;
	struct reading rb;
	struct likeness l;
	int status = s->door.load(s->door.arg, f->id, &arena, &b);
	*kept = 0;
	if (!status) {
		read_article(s, &rb, &b);
		enum story_rule rule;
		enum story_kind kind =
		    judge(ra, &rb, distance_s(a, &b), is_same_site(a, &b), &l, &rule);
		double covered = ra->tokens_len <= rb.tokens_len ? l.a.covered : l.b.covered;
		*kept = kind != 0;
		if (kind)
			*judged = (struct judged){.link = {.of = f->id,
						      .story = f->story,
						      .kind = kind,
						      .rule = rule,
						      .similarity = covered,
						      .containment = l.containment,
						      .figures = figures_of(&l)},
			    .rank = rank_of(&l)};
		reading_clear(&rb);
	}
	arena_clear(&arena);
	return status == ERR_NOT_FOUND ? 0 : status;
}

int
stories_find(struct stories *s, const struct story_article *a, const struct signature *signature,
    struct story_decision *d)
{
	struct found found[INDEX_FOUND_MAX];
	struct judged judged[INDEX_FOUND_MAX];
	struct reading ra;
	size_t n = 0;
	int status = 0, kept;
	memset(d, 0, sizeof *d);
	index_advance(s->index, a->at);
	size_t candidates = index_find(s->index, signature, found);
	if (!candidates)
		return 0;
	read_article(s, &ra, a);
	for (size_t i = 0; i < candidates && !status; i++) {
		status = judge_candidate(s, a, &ra, &found[i], &judged[n], &kept);
		n += (size_t)kept;
		if (kept && judged[n - 1].link.kind == STORY_KIND_NEAR &&
		    judged[n - 1].rank >= RANK_SURE)
			break;
	}
	reading_clear(&ra);
	if (status)
		return status;
	qsort(judged, n, sizeof *judged, by_rank);
	for (size_t i = 0; i < n; i++)
		d->links[d->links_len++] = judged[i].link;
	if (n && judged[0].link.kind != STORY_KIND_QUOTES)
		d->story = judged[0].link.story;
	return 0;
}
