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
#include "rules.h"

/* So alike that no other candidate can be nearer. */
#define RANK_SURE .85
#define LINES_END 100u

struct stories {
	struct story_door door;
	struct index *index;
};

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

/* ---- one candidate ---- */

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
		    rules_judge(ra, &rb, rules_distance(a, &b), rules_same_site(a, &b), &l, &rule);
		double covered = ra->tokens_len <= rb.tokens_len ? l.a.covered : l.b.covered;
		*kept = kind != 0;
		if (kind)
			*judged = (struct judged){.link = {.of = f->id,
						      .story = f->story,
						      .kind = kind,
						      .rule = rule,
						      .similarity = covered,
						      .containment = l.containment,
						      .figures = rules_figures(&l)},
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
