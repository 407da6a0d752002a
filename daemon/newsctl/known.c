/* known: see known.h. */
#include "known.h"

#include "hash.h"
#include "signature.h"

#define STEP 4000

struct reading_prints {
	struct stories *stories;
	struct map moves; /* article -> its story (as a pointer), where an operator decided */
	int64_t seq;
	size_t count;
};

static void
on_move(int64_t article, int64_t story, void *arg)
{
	struct reading_prints *r = arg;
	map_put(&r->moves, (uint64_t)article, (void *)(intptr_t)story);
}

static void
on_print(const struct story_print *p, void *arg)
{
	struct reading_prints *r = arg;
	struct signature signature;
	void *moved = map_get(&r->moves, (uint64_t)p->article_id);
	int64_t story = moved ? (int64_t)(intptr_t)moved : p->story_id;
	signature_unpack(&signature, p->signature, p->signature_len); /* else: without keys */
	stories_add(r->stories, -p->article_id, -story, p->site, p->at, &signature);
	r->seq = p->seq;
	r->count++;
}

int
known_read(struct store *store, struct stories *stories, const struct story_options *o)
{
	struct reading_prints r = {.stories = stories, .count = STEP};
	int64_t seq, at;
	int status = store_each_story_move(store, on_move, &r);
	if (!status)
		status = store_last_print(store, &seq, &at);
	if (!status)
		status = store_print_before(store, stories_rebuild_start(o, at), &r.seq);
	while (!status && r.count == STEP) {
		r.count = 0;
		status = store_each_print(store, r.seq, STEP, on_print, &r);
	}
	map_clear(&r.moves);
	return status;
}

int
known_load(struct store *store, int64_t number, struct arena *arena, struct story_article *out,
    int64_t *story)
{
	struct story_text t;
	int status = store_load_story_text(store, -number, INT64_MAX, arena, &t);
	if (status)
		return status;
	*out = (struct story_article){
	    .text = t.text, .site = t.site, .published = t.published, .at = t.at};
	if (story)
		*story = -t.story_id;
	return 0;
}

int
known_find(struct store *store, const char *url, const uint8_t hash[16], uint32_t tokens,
    int64_t *number, int *same_url)
{
	struct article_key key;
	*number = 0;
	int status = url ? store_find_article_by_url(store, url, &key) : ERR_NOT_FOUND;
	*same_url = !status;
	if (status == ERR_NOT_FOUND && tokens >= SIGNATURE_TOKENS_MIN)
		status = store_find_article_by_text(store, hash, &key);
	if (!status)
		*number = -key.id;
	return status == ERR_NOT_FOUND ? 0 : status;
}
