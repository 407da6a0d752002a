/*
 * story_methods: how many copies newsd, MinHash and SimHash find in the same stream of texts, how
 * many of their links are right, and what each text costs. A method links a text to the earlier one
 * that it finds nearest, or to none.
 */
#include <stdio.h>
#include <string.h>

#include "figures.h"
#include "labelled.h"
#include "resemblance.h"
#include "scale.h"
#include "stories.h"

#define MADE_STORIES 1500
#define MINHASH_SAME .5 /* resemblance from which two texts are called the same */
#define SIMHASH_SAME 3  /* bits in which they may differ */
#define NONE         SIZE_MAX
#define AT           INT64_C(1790000000)

struct score {
	unsigned copies, found, links, right, news, wrong;
};

/* Text I was linked to text OF (NONE: to none). FIRST: nothing of its story came before. */
static void
count(struct score *score, const struct labelled_set *s, size_t i, size_t of, int first)
{
	const struct labelled *a = &s->list[i], *b = of == NONE ? NULL : &s->list[of];
	int right = b && a->cluster == b->cluster, neutral = b && b->background;
	for (size_t k = 0; b && k < a->parts_len; k++)
		neutral |= a->parts[k] == b->cluster;
	for (size_t k = 0; b && k < b->parts_len; k++)
		neutral |= b->parts[k] == a->cluster;
	if (a->background)
		return;
	score->copies += !first;
	score->found += !first && right;
	score->news += first;
	score->wrong += first && b && !right && !neutral;
	score->links += b && (right || !neutral);
	score->right += right;
}

/* ---- the methods: each gives the text that text I is linked to ---- */

struct method {
	const char *name;
	void (*start)(struct method *m, const struct labelled_set *s);
	size_t (*link)(struct method *m, const struct labelled_set *s, size_t i);
	void (*end)(struct method *m);
	struct stories *stories;
	int64_t *story_of;
	struct map bands, exact;
	void *values;
};

static int
load(void *arg, int64_t id, struct arena *arena, struct story_article *out)
{
	const struct labelled_set *s = arg;
	(void)arena;
	*out = (struct story_article){
	    .text = s->list[id - 1].text, .site = s->list[id - 1].site, .at = AT};
	return 0;
}

static void
start_ours(struct method *m, const struct labelled_set *s)
{
	struct story_options options = {.memory_max = (size_t)1 << 30};
	m->stories = stories_new(&options, &(struct story_door){load, (void *)s});
	m->story_of = mem_zalloc((s->len + 1) * sizeof *m->story_of);
}

static size_t
link_ours(struct method *m, const struct labelled_set *s, size_t i)
{
	const struct labelled *l = &s->list[i];
	struct story_article a = {.text = l->text, .site = l->site, .at = AT};
	struct signature signature;
	struct story_decision d = {0};
	uint64_t key;
	uint8_t hash[16];
	uint32_t tokens;
	signature_text(l->text, hash, &tokens);
	memcpy(&key, hash, sizeof key);
	struct labelled *same = tokens >= SIGNATURE_TOKENS_MIN ? map_get(&m->exact, key) : NULL;
	if (same)
		return (size_t)(same - s->list);
	signature_of_text(&signature, l->text);
	if (stories_find(m->stories, &a, &signature, &d) != 0)
		die("a text is gone");
	m->story_of[i + 1] = d.story ? d.story : (int64_t)i + 1;
	stories_add(
	    m->stories, (int64_t)i + 1, m->story_of[i + 1], story_site(l->site), AT, &signature);
	if (tokens >= SIGNATURE_TOKENS_MIN)
		map_put(&m->exact, key, &s->list[i]);
	return d.story ? (size_t)d.links[0].of - 1 : NONE;
}

static void
end_ours(struct method *m)
{
	stories_free(m->stories);
	mem_free(m->story_of);
	map_clear(&m->exact);
}

static void
start_minhash(struct method *m, const struct labelled_set *s)
{
	m->values = mem_alloc(s->len * MINHASH_LEN * sizeof(uint32_t));
}

static size_t
link_minhash(struct method *m, const struct labelled_set *s, size_t i)
{
	uint32_t(*values)[MINHASH_LEN] = m->values;
	struct reading r;
	size_t best = NONE;
	double most = MINHASH_SAME;
	reading_init(&r, s->list[i].text);
	reading_shingle(&r);
	uint32_t tokens = r.tokens_len;
	minhash(&r, values[i]);
	reading_clear(&r);
	for (unsigned b = 0; b < MINHASH_BANDS && tokens >= SIGNATURE_TOKENS_MIN; b++) {
		uint64_t key = minhash_band(values[i], b);
		struct labelled *other = map_get(&m->bands, key);
		double like = other ? minhash_compare(values[i], values[other - s->list]) : 0;
		if (other && like >= most) {
			most = like;
			best = (size_t)(other - s->list);
		}
		map_put(
		    &m->bands, key, &s->list[i]); /* the latest, as a bucket is read from its end */
	}
	return best;
}

static void
start_simhash(struct method *m, const struct labelled_set *s)
{
	m->values = mem_zalloc(s->len * sizeof(uint64_t));
}

/* Every earlier text is compared: no index could find more. */
static size_t
link_simhash(struct method *m, const struct labelled_set *s, size_t i)
{
	uint64_t *values = m->values;
	struct reading r;
	size_t best = NONE;
	int least = SIMHASH_SAME;
	reading_init(&r, s->list[i].text);
	reading_shingle(&r);
	values[i] = r.tokens_len >= SIGNATURE_TOKENS_MIN ? simhash(&r) : 0;
	reading_clear(&r);
	for (size_t k = 0; k < i && values[i]; k++) {
		int bits = values[k] ? __builtin_popcountll(values[i] ^ values[k]) : 64;
		if (bits > least)
			continue;
		least = bits;
		best = k;
	}
	return best;
}

static void
end_values(struct method *m)
{
	mem_free(m->values);
	map_clear(&m->bands);
}

static void
run_method(struct method m, const struct labelled_set *s)
{
	struct score score = {0};
	struct map seen = {0};
	int64_t us = 0;
	m.start(&m, s);
	for (size_t i = 0; i < s->len; i++) {
		uint64_t cluster = s->list[i].cluster;
		int64_t before = cpu_thread_us();
		size_t of = m.link(&m, s, i);
		us += cpu_thread_us() - before;
		count(&score, s, i, of, !map_get(&seen, cluster));
		map_put(&seen, cluster, &s->list[i]);
	}
	m.end(&m);
	map_clear(&seen);
	printf("  %-34s %8.3f %10.3f %12.3f %10.0f us\n", m.name,
	    (double)score.found / (score.copies ? score.copies : 1),
	    (double)score.right / (score.links ? score.links : 1),
	    (double)score.wrong / (score.news ? score.news : 1), (double)us / (double)s->len);
	fflush(stdout);
}

void
bench_story_methods(const struct scale *scale)
{
	static const struct method methods[] = {
	    {.name = "newsd", .start = start_ours, .link = link_ours, .end = end_ours},
	    {.name = "MinHash, 16 bands of 8",
		.start = start_minhash,
		.link = link_minhash,
		.end = end_values},
	    {.name = "SimHash, 64 bits, 3 may differ",
		.start = start_simhash,
		.link = link_simhash,
		.end = end_values},
	};
	struct labelled_set sets[2];
	(void)scale;
	labelled_make(&sets[0], MADE_STORIES);
	int real = labelled_read(&sets[1]);
	for (int k = 0; k < 2; k++) {
		if (k == 1 && !real) {
			printf(
			    "  real texts SKIPPED: there is no stories/docs.jsonl.gz in $BENCH_CORPUS\n");
			break;
		}
		printf("\n%s, %zu %21s %10s %12s %13s\n",
		    k ? "stories in real texts" : "stories in invented texts", sets[k].len,
		    "recall", "precision", "new ones lost", "a text");
		for (size_t i = 0; i < sizeof methods / sizeof *methods; i++)
			run_method(methods[i], &sets[k]);
		labelled_clear(&sets[k]);
	}
}
