/*
 * judge: which story each article is in. Owns the index of stories and runs on the writer's thread,
 * between its batches. docs/stories.md says why not within them.
 *
 * What came lies in the store's queue of arrivals from the commit of its article on. A step reads
 * the first of them, has each judged against the texts as they were when it came, takes it into the
 * index, and stores what was found in a transaction that also empties the queue. So the index is a
 * function of what is committed; a decision that could not be stored is kept and stored later, and
 * one that a crash lost is made again, and is the same. At the start, and after an operator's
 * decision, the index is read from the store first, in steps as well; arrivals wait meanwhile.
 */
#include "judge.h"

#include <stdlib.h>

#include "hash.h"
#include "signature.h"

#define READ_PRINTS    4000 /* taken into the index in one step: 40 ms */
#define JUDGE_ARRIVALS 200  /* judged in one step: 50 ms */

struct judged {
	struct story_print print;
	struct story_decision decision;
	uint8_t blob[SIGNATURE_BLOB_MAX];
	int is_gone; /* its article is no more */
};

struct judge {
	struct store *store;
	struct stories *stories;
	struct story_options o;
	struct map moves; /* article -> its story (as a pointer), where an operator decided */
	int started, ready;
	int64_t read; /* number of the last print that was read */
	int64_t seq;  /* of the arrival that is being judged: texts as of then */
	struct arena arena;
	struct judged *open; /* judged and in the index, but not stored; in ARENA */
	size_t open_len;
};

/* ---- the door to the texts ---- */

static int
load_text(void *arg, int64_t id, struct arena *arena, struct story_article *out)
{
	struct judge *j = arg;
	struct story_text t;
	int status = store_load_story_text(j->store, id, j->seq, arena, &t);
	if (!status)
		*out = (struct story_article){
		    .text = t.text, .site = t.site, .published = t.published, .at = t.at};
	return status;
}

struct judge *
judge_new(struct store *store, const struct story_options *o)
{
	struct judge *j = mem_zalloc(sizeof *j);
	j->store = store;
	j->o = *o;
	j->stories = stories_new(o, &(struct story_door){load_text, j});
	return j;
}

static void
forget_open(struct judge *j)
{
	arena_clear(&j->arena);
	j->open = NULL;
	j->open_len = 0;
}

void
judge_free(struct judge *j)
{
	if (!j)
		return;
	stories_free(j->stories);
	map_clear(&j->moves);
	forget_open(j);
	mem_free(j);
}

void
judge_restart(struct judge *j)
{
	stories_free(j->stories);
	j->stories = stories_new(&j->o, &(struct story_door){load_text, j});
	map_clear(&j->moves);
	forget_open(j);
	j->started = j->ready = 0;
}

/* ---- reading the index ---- */

static void
on_move(int64_t article, int64_t story, void *arg)
{
	struct judge *j = arg;
	map_put(&j->moves, (uint64_t)article, (void *)(intptr_t)story);
}

/* The story that article ID, which was judged to be in STORY, is in. */
static int64_t
story_of(const struct judge *j, int64_t id, int64_t story)
{
	void *moved = map_get(&j->moves, (uint64_t)id);
	return moved ? (int64_t)(intptr_t)moved : story;
}

static int
start_reading(struct judge *j)
{
	int64_t seq, at;
	int status = store_each_story_move(j->store, on_move, j);
	if (!status)
		status = store_last_print(j->store, &seq, &at);
	if (!status)
		status = store_print_before(j->store, stories_rebuild_start(&j->o, at), &j->read);
	j->started = !status;
	return status;
}

struct taking {
	struct judge *judge;
	size_t count;
};

static void
on_print(const struct story_print *p, void *arg)
{
	struct taking *t = arg;
	struct judge *j = t->judge;
	struct signature signature;
	signature_unpack(&signature, p->signature, p->signature_len); /* else: without keys */
	stories_add(j->stories, p->article_id, story_of(j, p->article_id, p->story_id), p->site,
	    p->at, &signature);
	j->read = p->seq;
	t->count++;
}

static int
read_prints(struct judge *j)
{
	struct taking t = {.judge = j};
	int status = j->started ? 0 : start_reading(j);
	if (!status)
		status = store_each_print(j->store, j->read, READ_PRINTS, on_print, &t);
	if (!status && t.count < READ_PRINTS)
		j->ready = 1;
	return status;
}

/* ---- judging ---- */

/* The story that the article of a revision is in; TOLD: what the store says, which does not know
 * what was judged in this step. */
static int64_t
story_of_revised(const struct judge *j, int64_t id, int64_t told)
{
	for (size_t i = j->open_len; i-- > 0;)
		if (j->open[i].print.article_id == id)
			return j->open[i].print.story_id;
	return told;
}

static int
judge_arrival(struct judge *j, const struct story_arrival *a, struct judged *out)
{
	struct arena arena = {0};
	struct story_article article;
	struct story_text text;
	struct signature signature;
	j->seq = a->seq;
	out->print = (struct story_print){.seq = a->seq, .article_id = a->article_id, .at = a->at};
	int status = store_load_story_text(j->store, a->article_id, a->seq, &arena, &text);
	out->is_gone = status == ERR_NOT_FOUND;
	if (!status) {
		article = (struct story_article){
		    .text = text.text, .site = text.site, .published = text.published, .at = a->at};
		signature_of_text(&signature, text.text);
		if (!a->is_revision)
			status = stories_find(j->stories, &article, &signature, &out->decision);
	}
	if (!status) {
		int64_t story = a->is_revision ? story_of_revised(j, a->article_id, text.story_id)
				: out->decision.story ? out->decision.story
						      : a->article_id;
		struct story_print *p = &out->print;
		p->story_id = story_of(j, a->article_id, story);
		p->site = story_site(text.site);
		p->signature = out->blob;
		p->signature_len = signature_pack(&signature, out->blob);
		p->links = out->decision.links;
		p->links_len = out->decision.links_len;
		stories_add(j->stories, p->article_id, p->story_id, p->site, p->at, &signature);
	}
	arena_clear(&arena);
	return out->is_gone ? 0 : status;
}

/* Store what was judged; 0 when it is committed. */
static int
store_open_ones(struct judge *j)
{
	int status = store_begin(j->store);
	for (size_t i = 0; i < j->open_len && !status; i++)
		status = j->open[i].is_gone ? store_drop_arrival(j->store, j->open[i].print.seq)
					    : store_put_print(j->store, &j->open[i].print);
	if (!status)
		status = store_commit(j->store);
	if (status)
		store_rollback(j->store);
	else
		forget_open(j);
	return status;
}

static int
judge_arrivals(struct judge *j, size_t *count)
{
	struct story_arrival *list;
	int status = store_load_arrivals(j->store, JUDGE_ARRIVALS, &j->arena, &list, count);
	if (!status && *count)
		j->open = arena_zalloc(&j->arena, *count * sizeof *j->open);
	while (!status && j->open_len < *count) {
		status = judge_arrival(j, &list[j->open_len], &j->open[j->open_len]);
		j->open_len += !status;
	}
	return status;
}

int
judge_step(struct judge *j, int *more)
{
	size_t count = 0;
	*more = 0;
	int status = j->open_len ? store_open_ones(j) : 0;
	if (!status)
		forget_open(j); /* what a step that failed before it judged anything left */
	if (!status && !j->ready) {
		status = read_prints(j);
		*more = !status;
		return status;
	}
	if (!status)
		status = judge_arrivals(j, &count);
	if (!status && !count) {
		forget_open(j);
		return 0;
	}
	if (j->open_len) { /* also those before the one that failed */
		int stored = store_open_ones(j);
		status = status ? status : stored;
	}
	*more = !status && count == JUDGE_ARRIVALS;
	return status;
}

int
judge_is_ready(const struct judge *j)
{
	return j->ready;
}

void
judge_measure(const struct judge *j, struct story_figures *out)
{
	stories_measure(j->stories, out);
}
