/* newsctl import, export: whole lists of feeds, in and out of other programs. */
#include "newsctl_priv.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "opml.h"
#include "table.h"

#define EXPORT_MAX ((size_t)256 << 20)

/* ---- import ---- */

/* The tags of FEED as newsd writes them, joined by spaces, with dashes for the spaces in them;
 * malloc'ed, NULL when there are none. */
static char *
joined_tags(const struct opml_feed *feed)
{
	char *tags = NULL;
	for (size_t i = 0; i < feed->tags_len; i++) {
		char *tag = mem_strdup(feed->tags[i]);
		for (char *c = tag; *c; c++)
			if (*c == ' ' || *c == '\t')
				*c = '-';
		char *longer =
		    *tag ? mem_printf("%s%s%s", tags ? tags : "", tags ? " " : "", tag) : NULL;
		mem_free(tag);
		if (longer) {
			mem_free(tags);
			tags = longer;
		}
	}
	return tags;
}

static void
show_list(const struct ctl *ctl, const struct opml_doc *doc)
{
	static const struct table_column columns[] = {
	    {"url", TABLE_STR, 1, NULL},
	    {"title", TABLE_STR, 1, NULL},
	    {"tags", TABLE_STR, 1, NULL},
	};
	struct table *t = table_new(stdout, ctl->json ? TABLE_JSON : TABLE_TEXT, columns, 3);
	for (size_t i = 0; i < doc->feeds_len; i++) {
		char *tags = joined_tags(&doc->feeds[i]);
		table_str(t, doc->feeds[i].url);
		table_str(t, doc->feeds[i].title);
		table_str(t, tags);
		table_end_row(t);
		mem_free(tags);
	}
	table_free(t);
}

struct import_sum {
	size_t added, known, refused;
};

static void
import_feed(int fd, const struct opml_feed *feed, struct import_sum *sum)
{
	struct json_object *request = ctl_request("add"), *answer;
	char *tags = joined_tags(feed);
	ctl_put_str(request, "url", feed->url);
	if (feed->title &&
	    strcmp(feed->title, feed->url) != 0) /* OPML puts the URL where none is known */
		ctl_put_str(request, "title", feed->title);
	if (tags)
		ctl_put_str(request, "tags", tags);
	mem_free(tags);
	if (ctl_call(fd, request, &answer) != CTL_OK) {
		ctl_complain("... so not added: %s", feed->url);
		sum->refused++;
		return;
	}
	if (ctl_json_int(answer, "added"))
		sum->added++;
	else
		sum->known++;
	json_object_put(answer);
}

static enum ctl_exit
import_list(struct ctl *ctl, const struct opml_doc *doc)
{
	int fd, progress = isatty(STDERR_FILENO) && !ctl->json;
	enum ctl_exit status = ctl_connect(ctl, &fd);
	if (status != CTL_OK)
		return status;
	struct import_sum sum = {0};
	for (size_t i = 0; i < doc->feeds_len; i++) {
		import_feed(fd, &doc->feeds[i], &sum);
		if (progress && (i % 16 == 15 || i + 1 == doc->feeds_len))
			fprintf(stderr, "\r%zu of %zu feeds%s", i + 1, doc->feeds_len,
			    i + 1 == doc->feeds_len ? "\r\033[K" : "");
	}
	close(fd);
	if (ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put_int(o, "added", (int64_t)sum.added);
		ctl_put_int(o, "known", (int64_t)sum.known);
		ctl_put_int(o, "refused", (int64_t)sum.refused);
		ctl_print_json(stdout, o);
	} else {
		printf("%zu feeds added, %zu were there already, %zu refused\n", sum.added,
		    sum.known, sum.refused);
	}
	return sum.refused ? CTL_FAILED : CTL_OK;
}

enum ctl_exit
ctl_run_import(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct buf body;
	struct fault f = {0};
	buf_init(&body, CTL_DOCUMENT_MAX);
	if (ctl_read_document(argv[0], &body, &f) != 0) {
		buf_clear(&body);
		return ctl_complain_fault(&f);
	}
	struct reply *reply;
	enum ctl_exit status = ctl_parse_list(&body, &reply);
	buf_clear(&body);
	if (status != CTL_OK)
		return status;
	if (reply->status != 0) {
		ctl_complain(
		    "%s: %s", argv[0], reply->reason ? reply->reason : error_name(reply->status));
		status = CTL_FAILED;
	} else if (reply->opml->feeds_len == 0) {
		ctl_complain("%s: no feeds in it", argv[0]);
		status = CTL_FAILED;
	} else if (ctl_get(ctl, "dry-run")) {
		show_list(ctl, reply->opml);
	} else {
		status = import_list(ctl, reply->opml);
	}
	reply_free(reply);
	return status;
}

/* ---- export ---- */

struct export
{
	struct arena arena;
	struct opml_doc doc;
};

static int
on_feed(const struct feed_row *row, void *arg)
{
	struct export *export = arg;
	struct arena *a = &export->arena;
	struct opml_feed *feed = ARENA_PUSH(a, export->doc.feeds, export->doc.feeds_len);
	feed->url = arena_strdup(a, row->url);
	feed->title = arena_strdup(a, row->title);
	feed->site = arena_strdup(a, row->site);
	for (const char *tag = row->tags; tag && *tag;) {
		size_t len = strcspn(tag, " ");
		if (len > 0) {
			char **slot = ARENA_PUSH(a, feed->tags, feed->tags_len);
			*slot = arena_strndup(a, tag, len);
		}
		tag += len + (tag[len] == ' ');
	}
	return 0;
}

/* Write OUT beside PATH, then put it in its place. */
static enum ctl_exit
replace_file(const char *path, const struct buf *out)
{
	char *draft = mem_printf("%s.XXXXXX", path);
	int fd = mkstemp(draft), written = 0, saved = errno;
	if (fd >= 0) {
		mode_t mask = umask(0);
		umask(mask);
		FILE *file = fdopen(fd, "w");
		written = file && fchmod(fd, 0666 & ~mask) == 0 &&
			  fwrite(out->data, 1, out->len, file) == out->len && fflush(file) == 0 &&
			  fsync(fd) == 0;
		saved = errno;
		if (file ? fclose(file) : close(fd))
			written = 0;
		if (written && rename(draft, path) != 0) {
			saved = errno;
			written = 0;
		}
		if (!written)
			unlink(draft);
	}
	if (!written)
		ctl_complain("%s: %s", path, strerror(saved));
	mem_free(draft);
	return written ? CTL_OK : CTL_FAILED;
}

static enum ctl_exit
write_list(const struct opml_doc *doc, const char *path)
{
	struct buf out;
	buf_init(&out, EXPORT_MAX);
	enum ctl_exit status = CTL_OK;
	if (opml_write(doc, "newsd feeds", &out) != 0) {
		ctl_complain("the list is larger than %zu bytes", out.max);
		status = CTL_FAILED;
	} else if (path && strcmp(path, "-") != 0) {
		status = replace_file(path, &out);
	} else {
		fwrite(buf_str(&out), 1, out.len, stdout);
	}
	buf_clear(&out);
	return status;
}

enum ctl_exit
ctl_run_export(struct ctl *ctl, int argc, char **argv)
{
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct export export = {0};
	if (store_each_feed(store, 1, on_feed, &export) != 0)
		status = ctl_complain_store(store);
	else
		status = write_list(&export.doc, argc ? argv[0] : NULL);
	store_close(store);
	arena_clear(&export.arena);
	return status;
}
