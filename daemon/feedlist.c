/* feedlist: see include/feedlist.h. */
#include "feedlist.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "hash.h"
#include "log.h"
#include "opml.h"
#include "url.h"

#define FILE_MAX (64u << 20)

struct loading {
	struct pool *pool;
	const struct config *config;
	feedlist_done_cb done;
	void *arg;
	struct reply **replies; /* one for each file, as far as they have come */
	size_t replies_len;
	struct fault fault;
};

static int
read_file(const char *path, struct buf *out, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "%s: %s; the option feeds names it", path, strerror(errno));
	int status = buf_read_fd(out, fd);
	if (status == ERR_LIMIT)
		fault_set(f, status, "%s: over %u MB; no list of feeds is so large", path,
		    FILE_MAX >> 20);
	else if (status)
		fault_set(f, status, "%s: %s", path, strerror(errno));
	close(fd);
	return status;
}

/* Add FEED unless its URL is there; a section's words win over a file's. */
static void
add_feed(struct arena *a, struct opml_doc *list, struct map *seen, const struct opml_feed *feed,
    const struct config *config)
{
	const char *canonical = feed->refused ? NULL : url_canonical(a, feed->url);
	if (!canonical || map_get(seen, hash64_str(canonical)))
		return;
	struct opml_feed *to = ARENA_PUSH(a, list->feeds, list->feeds_len);
	*to = *feed;
	map_put(seen, hash64_str(canonical), list);
	const struct config_feed *own =
	    config->feed_sections_len ? config_find_feed(config, feed->url) : NULL;
	char *tags = own && own->tags ? own->tags : opml_join_tags(a, feed);
	if (own && own->title)
		to->title = own->title;
	to->tags_len = tags != NULL;
	to->tags = arena_alloc(a, sizeof *to->tags);
	to->tags[0] = tags;
}

/* Say what the file PATH holds that is no feed of the web. */
static void
tell_refused(const char *path, const struct opml_doc *doc)
{
	const struct opml_feed *first = NULL;
	size_t count = 0;
	for (size_t i = 0; i < doc->feeds_len; i++) {
		if (!doc->feeds[i].refused)
			continue;
		first = first ? first : &doc->feeds[i];
		count++;
	}
	if (count)
		log_warn("%s: %zu entries are not taken, the first is %s (%s)", path, count,
		    first->url, first->refused);
}

static void
finish(struct loading *l)
{
	struct arena a = {0};
	struct map seen = {0};
	struct opml_doc list = {0};
	for (size_t i = 0; i < l->replies_len && !l->fault.code; i++)
		for (size_t k = 0; k < l->replies[i]->opml->feeds_len; k++)
			add_feed(&a, &list, &seen, &l->replies[i]->opml->feeds[k], l->config);
	int failed = l->fault.code != 0;
	for (size_t i = 0; i < l->replies_len && !failed; i++)
		tell_refused(l->config->feeds[i], l->replies[i]->opml);
	l->done(failed ? NULL : &list, failed ? &l->fault : NULL, l->arg);
	for (size_t i = 0; i < l->replies_len; i++)
		reply_free(l->replies[i]);
	map_clear(&seen);
	arena_clear(&a);
	mem_free(l->replies);
	mem_free(l);
}

static void load_next(struct loading *l);

static void
on_file_parsed(struct reply *reply, void *arg)
{
	struct loading *l = arg;
	l->replies[l->replies_len++] = reply;
	if (reply->status)
		fault_set(&l->fault, reply->status, "%s: %s", l->config->feeds[l->replies_len - 1],
		    reply_words(reply));
	load_next(l);
}

/* One file after the other: a single place in the pool is enough for them. */
static void
load_next(struct loading *l)
{
	struct buf body;
	if (l->fault.code || l->replies_len == l->config->feeds_len) {
		finish(l);
		return;
	}
	const char *path = l->config->feeds[l->replies_len];
	struct job job = {.kind = JOB_OPML,
	    .url = path,
	    .content_type = "",
	    .content_encoding = "",
	    .agent = "",
	    .inflated_max = FILE_MAX};
	buf_init(&body, FILE_MAX);
	if (read_file(path, &body, &l->fault) == 0)
		pool_submit(l->pool, &job, &body, on_file_parsed, l);
	else
		finish(l);
	buf_clear(&body);
}

void
feedlist_load(struct pool *pool, const struct config *config, feedlist_done_cb done, void *arg)
{
	struct loading *l = mem_zalloc(sizeof *l);
	*l = (struct loading){.pool = pool, .config = config, .done = done, .arg = arg};
	l->replies = mem_zalloc(config->feeds_len * sizeof(*l->replies));
	load_next(l);
}
