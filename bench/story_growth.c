/*
 * story_growth: what the decision which story an article is in costs when the window holds many
 * articles and ten times as many: whole, with texts read from a file; and of the index alone, which
 * is cheap enough to be filled further. The window is full in each row, and the cost is that of its
 * last tenth.
 */
#include <math.h>
#include <stdio.h>

#include "../daemon/newsctl/spool.h"
#include "../daemon/stories/index.h"
#include "../tests/prose.h"
#include "buf.h"
#include "figures.h"
#include "scale.h"
#include "stories.h"

#define WINDOW_S    STORY_WINDOW_S
#define START       INT64_C(1790000000)
#define SITES       2000u
#define TEXT_MAX    ((size_t)1 << 20)
#define MEMORY_MAX  ((size_t)8 << 30)
#define COPY_ONE_IN 4u  /* arrivals, one is a copy of an article of the last hours */
#define FORM_ONE_IN 20u /* and one a report from a form */
#define LAG_MAX     2000u

/* ---- the whole decision ---- */

struct stream {
	struct spool spool;
	struct stories *stories;
	struct buf text, base;
	unsigned arrivals;
	unsigned copies, found, wrong;
	int64_t us; /* of the last tenth */
};

static int
load(void *arg, int64_t id, struct arena *arena, struct story_article *out)
{
	struct stream *s = arg;
	struct spool_strings strings;
	int status = spool_read(&s->spool, id, arena, &strings);
	const struct spooled *a = spool_get(&s->spool, id);
	if (!status)
		*out = (struct story_article){strings.text, strings.site, a->published, a->at};
	return status;
}

static uint32_t
chance(uint64_t i, uint32_t sides)
{
	uint64_t h = (i + 1) * UINT64_C(0x9e3779b97f4a7c15);
	h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
	return (uint32_t)((h >> 33) % sides);
}

/* What arrival I is a copy of; I: of nothing. */
static unsigned
original_of(unsigned i)
{
	while (i > LAG_MAX && chance(i, COPY_ONE_IN) == 0)
		i -= 1 + chance(i + 77, LAG_MAX - 1);
	return i;
}

static int
is_report(unsigned original)
{
	return chance(original + 5, FORM_ONE_IN) == 0;
}

static void
make_arrival(struct stream *s, unsigned i, unsigned original, unsigned site)
{
	s->text.len = s->base.len = 0;
	if (is_report(original))
		prose_report(&s->text, i); /* a report is new each time */
	else
		prose_article(&s->base, original, 100 + chance(original, 500));
	if (!is_report(original) && i == original)
		buf_add(&s->text, s->base.data, s->base.len);
	else if (!is_report(original) && i % 2)
		prose_cut(&s->text, buf_str(&s->base), 2 + i % 4);
	else if (!is_report(original))
		prose_edit(&s->text, buf_str(&s->base), i, 2 + i % 15);
	buf_printf(&s->text,
	    "\nSubscribe to the letter of town %u and never miss what happens there.\n"
	    "Read all about our towns every morning at six, with pictures of site %u.",
	    site, site);
}

static void
arrive(struct stream *s, unsigned i)
{
	char site[16];
	unsigned original = original_of(i), town = chance(i + 3, SITES);
	int64_t number, at = START + (int64_t)i * WINDOW_S / s->arrivals;
	struct story_decision d;
	struct signature signature;
	snprintf(site, sizeof site, "site %u", town);
	make_arrival(s, i, original, town);
	const char *text = buf_str(&s->text);
	struct story_article a = {.text = text, .site = site, .at = at};
	int64_t before = cpu_thread_us();
	signature_of_text(&signature, text);
	int status = stories_find(s->stories, &a, &signature, &d);
	s->us += cpu_thread_us() - before;
	struct spooled record = {.at = at, .story = d.story ? d.story : (int64_t)i + 1};
	if (status ||
	    spool_add(&s->spool, &record, &(struct spool_strings){"", site, text}, &number))
		die("the texts' file: %s", s->spool.fault.text);
	before = cpu_thread_us();
	stories_add(s->stories, number, record.story, story_site(site), at, &signature);
	s->us += cpu_thread_us() - before;
	if (is_report(original))
		s->wrong += d.story != 0;
	else if (i != original) {
		s->copies++;
		s->found += d.story == spool_get(&s->spool, original + 1)->story;
	} else
		s->wrong += d.story != 0;
}

static void
whole_decisions(unsigned arrivals)
{
	struct story_options options = {.memory_max = MEMORY_MAX};
	struct stream s = {.arrivals = arrivals};
	struct story_figures f;
	if (spool_open(&s.spool) != 0)
		die("%s", s.spool.fault.text);
	s.stories = stories_new(&options, &(struct story_door){load, &s});
	buf_init(&s.text, TEXT_MAX);
	buf_init(&s.base, TEXT_MAX);
	for (unsigned i = 0; i < arrivals; i++) {
		if (i == arrivals - arrivals / 10)
			s.us = 0;
		arrive(&s, i);
	}
	stories_measure(s.stories, &f);
	printf("  %12u %14.1f us %12.0f B %10.1f %10.4f %12u\n", arrivals,
	    (double)s.us / (arrivals / 10), (double)f.bytes / (double)f.articles,
	    (double)f.entries / (double)f.articles, (double)s.found / (s.copies ? s.copies : 1),
	    s.wrong);
	fflush(stdout);
	spool_close(&s.spool);
	stories_free(s.stories);
	buf_clear(&s.text);
	buf_clear(&s.base);
}

/* ---- the index alone ---- */

/* The keys of an invented article: some are phrases that many have, the others its own. */
static void
make_signature(struct signature *s, uint64_t article)
{
	*s = (struct signature){.keys_len = 30, .lines_len = SIGNATURE_LINES_MAX};
	for (unsigned i = 0; i < s->keys_len; i++) {
		uint64_t n = i < 3 ? (uint64_t)exp(chance(article * 64 + i, 1u << 30) /
						   (double)(1u << 30) * 14)
				   : article * 64 + i + (UINT64_C(1) << 32);
		uint64_t h = (n + 1) * UINT64_C(0x9e3779b97f4a7c15);
		h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93);
		h = (h ^ h >> 32) * UINT64_C(0xff51afd7ed558ccd);
		s->keys[i] = h >> 24;
	}
	for (unsigned i = 0; i < s->lines_len; i++)
		s->lines[i] = i < 2 ? i : (uint32_t)(article * 8 + i);
}

static void
index_alone(unsigned articles)
{
	struct index *x = index_new(WINDOW_S, MEMORY_MAX, SIGNATURE_KEYS_MAX);
	struct signature signature;
	struct found found[INDEX_FOUND_MAX];
	struct index_figures f;
	int64_t before = 0;
	for (unsigned i = 0; i < articles; i++) {
		unsigned original = original_of(i);
		if (i == articles - articles / 10)
			before = cpu_thread_us();
		make_signature(&signature, original);
		index_find(x, &signature, found);
		struct indexed a = {.id = i + 1,
		    .story = original + 1,
		    .site = chance(i, SITES),
		    .at = START + (int64_t)i * WINDOW_S / articles};
		index_add(x, &a, &signature);
	}
	index_measure(x, &f);
	printf("  %12u %14.1f us %12.0f B %10.1f\n", articles,
	    (double)(cpu_thread_us() - before) / (articles / 10),
	    (double)f.bytes / (double)f.articles, (double)f.entries / (double)f.articles);
	fflush(stdout);
	index_free(x);
}

void
bench_story_growth(const struct scale *scale)
{
	printf("\nstories, whole decisions\n  %12s %17s %14s %10s %10s %12s\n", "articles",
	    "CPU, each", "memory, each", "entries", "recall", "wrong links");
	for (unsigned n = 10000; n <= scale->decisions; n *= 10)
		whole_decisions(n);
	printf("\nstories, the index alone\n  %12s %17s %14s %10s\n", "articles", "CPU, each",
	    "memory, each", "entries");
	for (unsigned n = 10000; n <= scale->indexed; n *= 10)
		index_alone(n);
}
