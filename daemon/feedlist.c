/* feedlist: see include/feedlist.h. */
#include "feedlist.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "hash.h"
#include "url.h"

#define FILE_MAX (64u << 20)

struct loading;

struct file {
	struct loading *of;
	const char *path;
	struct reply *reply;
};

struct loading {
	const struct config *config;
	feedlist_done_cb done;
	void *arg;
	struct file *files;
	size_t files_len, open; /* OPEN: answers still to come, and one while we are still asking */
	struct fault fault;
};

static int
read_file(const char *path, struct buf *out, struct fault *f)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return fault_set(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "%s: %s; the option feeds names it", path, strerror(errno));
	int status = 0;
	for (;;) {
		char *to = buf_reserve(out, 65536);
		ssize_t n = to ? read(fd, to, 65536) : -1;
		if (n <= 0) {
			if (!to)
				status = fault_set(f, ERR_LIMIT,
				    "%s: over %u MB; no list of feeds is so large", path,
				    FILE_MAX >> 20);
			else if (n < 0)
				status = fault_set(f, ERR_IO, "%s: %s", path, strerror(errno));
			break;
		}
		buf_added(out, (size_t)n);
	}
	close(fd);
	return status;
}

/* Add FEED unless its URL is there; a section's words win over a file's. */
static void
add_feed(struct arena *a, struct opml_doc *list, struct map *seen, const struct opml_feed *feed,
    const struct config *config)
{
	const char *canonical = url_canonical(a, feed->url);
	if (!canonical || map_get(seen, hash64_str(canonical)))
		return;
	struct opml_feed *to = ARENA_PUSH(a, list->feeds, list->feeds_len);
	*to = *feed;
	map_put(seen, hash64_str(canonical), list);
	const struct config_feed *own = config_find_feed(config, feed->url);
	if (own && own->title)
		to->title = own->title;
	if (own && own->tags) {
		to->tags = arena_alloc(a, sizeof *to->tags);
		to->tags[0] = own->tags;
		to->tags_len = 1;
	}
}

static void
finish(struct loading *l)
{
	struct arena a = {0};
	struct map seen = {0};
	struct opml_doc list = {0};
	for (size_t i = 0; i < l->files_len && !l->fault.code; i++) {
		const struct reply *r = l->files[i].reply;
		if (r->status) {
			fault_set(&l->fault, r->status, "%s: %s", l->files[i].path,
			    r->reason ? r->reason : error_name(r->status));
			break;
		}
		for (size_t k = 0; k < r->opml->feeds_len; k++)
			add_feed(&a, &list, &seen, &r->opml->feeds[k], l->config);
	}
	for (size_t i = 0; i < l->config->feed_sections_len; i++) {
		const struct config_feed *s = &l->config->feed_sections[i];
		struct opml_feed feed = {.url = s->url};
		add_feed(&a, &list, &seen, &feed, l->config);
	}
	int failed = l->fault.code != 0;
	l->done(failed ? NULL : &list, failed ? &l->fault : NULL, l->arg);
	for (size_t i = 0; i < l->files_len; i++)
		reply_free(l->files[i].reply);
	map_clear(&seen);
	arena_clear(&a);
	mem_free(l->files);
	mem_free(l);
}

static void
on_file_parsed(struct reply *reply, void *arg)
{
	struct file *file = arg;
	file->reply = reply;
	if (--file->of->open == 0)
		finish(file->of);
}

void
feedlist_load(struct pool *pool, const struct config *config, feedlist_done_cb done, void *arg)
{
	struct loading *l = mem_zalloc(sizeof *l);
	*l = (struct loading){.config = config, .done = done, .arg = arg, .open = 1};
	l->files = mem_zalloc(config->feeds_len * sizeof *l->files);
	for (size_t i = 0; i < config->feeds_len && !l->fault.code; i++) {
		struct buf body;
		struct job job = {.kind = JOB_OPML,
		    .url = config->feeds[i],
		    .content_type = "",
		    .content_encoding = "",
		    .agent = "",
		    .inflated_max = FILE_MAX};
		struct file *file = &l->files[i];
		*file = (struct file){.of = l, .path = config->feeds[i]};
		buf_init(&body, FILE_MAX);
		if (read_file(config->feeds[i], &body, &l->fault) == 0 && pool_room(pool) == 0)
			fault_set(
			    &l->fault, ERR_BUSY, "%s: the workers are busy; try again", file->path);
		if (!l->fault.code) {
			l->files_len++;
			l->open++;
			pool_submit(pool, &job, &body, on_file_parsed, file);
		}
		buf_clear(&body);
	}
	if (--l->open == 0)
		finish(l);
}
