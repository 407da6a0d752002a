/* newsctl import, export: whole lists of feeds, in and out of other programs. */
#include "newsctl_priv.h"

#include <errno.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "control.h"
#include "mem.h"
#include "opml.h"
#include "table.h"

#define EXPORT_MAX  ((size_t)256 << 20)
#define CHUNK_FEEDS 500 /* of one request: so many are one commit */
/* The answer repeats each URL, twice where it is refused, and must fit into a line, too. */
#define CHUNK_BYTES (CONTROL_LINE_MAX / 4)

/* ---- adding ---- */

void
ctl_put_feed(struct json_object *o, const char *url, const char *title, const char *tags,
    const char *content)
{
	const struct {
		const char *key, *value;
	} members[] = {{"url", url}, {"title", title}, {"tags", tags}, {"content", content}};
	for (size_t i = 0; i < sizeof members / sizeof *members; i++)
		if (members[i].value)
			ctl_put_str(o, members[i].key, members[i].value);
}

/* A request to add the first of FEEDS from number FROM on. Sets *COUNT: how many. */
static struct json_object *
request_chunk(struct json_object *feeds, size_t from, size_t *count)
{
	struct json_object *request = ctl_request("add"), *chunk = json_object_new_array();
	size_t total = json_object_array_length(feeds), bytes = 0, len;
	for (*count = 0; *count < CHUNK_FEEDS && from + *count < total; ++*count) {
		struct json_object *feed = json_object_array_get_idx(feeds, from + *count);
		json_object_to_json_string_length(feed, JSON_C_TO_STRING_PLAIN, &len);
		bytes += len;
		if (*count && bytes > CHUNK_BYTES)
			break;
		json_object_array_add(chunk, json_object_get(feed));
	}
	ctl_put(request, "feeds", chunk);
	return request;
}

/* The results in ANSWER, of which there must be COUNT; else complains and returns NULL. */
static struct json_object *
results_in(struct json_object *answer, size_t count)
{
	struct json_object *results = NULL;
	json_object_object_get_ex(answer, "results", &results);
	size_t found =
	    json_object_is_type(results, json_type_array) ? json_object_array_length(results) : 0;
	if (found == count)
		return results;
	ctl_complain("newsd told of %zu feeds where %zu were to be added: is it of this version?",
	    found, count);
	return NULL;
}

size_t
ctl_add_feeds(int fd, struct json_object *feeds, ctl_result_fn on_result, void *arg)
{
	size_t total = json_object_array_length(feeds), answered = 0, count;
	while (answered < total) {
		struct json_object *answer, *results = NULL;
		if (ctl_call(fd, request_chunk(feeds, answered, &count), &answer) == CTL_OK) {
			results = results_in(answer, count);
			for (size_t i = 0; results && i < count; i++)
				on_result(json_object_array_get_idx(results, i), arg);
			json_object_put(answer);
		}
		if (!results) {
			ctl_complain("... so %zu feeds were not added", total - answered);
			break;
		}
		answered += count;
	}
	return answered;
}

/* ---- import ---- */

static void
show_list(const struct ctl *ctl, const struct opml_doc *doc)
{
	static const struct table_column columns[] = {
	    {"url", TABLE_STR, 1, NULL},
	    {"title", TABLE_STR, 1, NULL},
	    {"tags", TABLE_STR, 1, NULL},
	};
	struct table *t = ctl_table_new(ctl, columns, 3);
	for (size_t i = 0; i < doc->feeds_len; i++) {
		struct arena a = {0};
		if (doc->feeds[i].refused)
			continue;
		table_str(t, doc->feeds[i].url);
		table_str(t, doc->feeds[i].title);
		table_str(t, opml_join_tags(&a, &doc->feeds[i]));
		table_end_row(t);
		arena_clear(&a);
	}
	table_free(t);
}

/* Say what the list at PATH holds that newsd does not take. Returns how much of it. */
static size_t
complain_of_refused(const char *path, const struct opml_doc *doc)
{
	size_t count = 0;
	for (size_t i = 0; i < doc->feeds_len; i++) {
		const struct opml_feed *feed = &doc->feeds[i];
		if (!feed->refused)
			continue;
		count++;
		ctl_complain("%s: %s: not taken: %s", path, feed->url, feed->refused);
	}
	return count;
}

struct import {
	const struct ctl *ctl;
	size_t feeds, answered, added, refused;
};

static void
on_imported(struct json_object *result, void *arg)
{
	struct import *import = arg;
	const char *url = ctl_json_str(result, "url"), *error = ctl_json_str(result, "error");
	import->answered++;
	if (error) {
		import->refused++;
		ctl_complain("%s: not added: %s", url ? url : "", error);
	} else {
		import->added += ctl_json_int(result, "added") != 0;
	}
	int is_last = import->answered == import->feeds;
	if ((import->answered % 100 == 0 || is_last) && !import->ctl->json && isatty(STDERR_FILENO))
		fprintf(stderr, "\r%zu of %zu feeds%s", import->answered, import->feeds,
		    is_last ? "\r\033[K" : "");
}

static struct json_object *
list_json(const struct opml_doc *doc)
{
	struct json_object *feeds = json_object_new_array();
	for (size_t i = 0; i < doc->feeds_len; i++) {
		const struct opml_feed *feed = &doc->feeds[i];
		struct arena a = {0};
		if (feed->refused)
			continue;
		struct json_object *o = json_object_new_object();
		/* OPML puts the URL where no title is known */
		int is_titled = feed->title && strcmp(feed->title, feed->url) != 0;
		ctl_put_feed(
		    o, feed->url, is_titled ? feed->title : NULL, opml_join_tags(&a, feed), NULL);
		json_object_array_add(feeds, o);
		arena_clear(&a);
	}
	return feeds;
}

static enum ctl_exit
import_list(struct ctl *ctl, const struct opml_doc *doc, size_t not_taken)
{
	int fd;
	enum ctl_exit status = ctl_connect(ctl, &fd);
	if (status != CTL_OK)
		return status;
	struct import import = {.ctl = ctl, .feeds = doc->feeds_len - not_taken};
	struct json_object *feeds = list_json(doc);
	ctl_add_feeds(fd, feeds, on_imported, &import);
	json_object_put(feeds);
	close(fd);
	size_t known = import.answered - import.added - import.refused;
	size_t refused = import.refused + import.feeds - import.answered;
	if (ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put_int(o, "added", (int64_t)import.added);
		ctl_put_int(o, "known", (int64_t)known);
		ctl_put_int(o, "refused", (int64_t)refused);
		ctl_put_int(o, "not_taken", (int64_t)not_taken);
		ctl_print_json(stdout, o);
	} else {
		printf("%zu feeds added, %zu were there already, %zu refused", import.added, known,
		    refused);
		if (not_taken)
			printf(", %zu not taken", not_taken);
		putchar('\n');
	}
	return refused ? CTL_FAILED : CTL_OK;
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
		ctl_complain("%s: %s", argv[0], reply_words(reply));
		status = CTL_FAILED;
	} else {
		size_t not_taken = complain_of_refused(argv[0], reply->opml);
		if (reply->opml->feeds_len == not_taken) {
			ctl_complain("%s: no feeds in it", argv[0]);
			status = CTL_FAILED;
		} else if (ctl_get(ctl, "dry-run")) {
			show_list(ctl, reply->opml);
		} else {
			status = import_list(ctl, reply->opml, not_taken);
		}
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
	feed->url = arena_strdup(a, row->moved_to ? row->moved_to : row->url);
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
