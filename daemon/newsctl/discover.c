/*
 * newsctl, discover: the feeds of a site, as newsd finds them, and the choice among them. On a
 * terminal somebody is asked; elsewhere several are shown and none is taken.
 */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "table.h"

static const struct table_column columns[] = {
    {"no", TABLE_INT, 0, NULL},
    {"title", TABLE_STR, 1, NULL},
    {"format", TABLE_STR, 0, NULL},
    {"kind", TABLE_STR, 0, NULL},
    {"entries", TABLE_INT, 0, NULL},
    {"newest", TABLE_TIME, 0, NULL},
    {"text", TABLE_STR, 0, NULL},
    {"found", TABLE_STR, 0, NULL},
    {"url", TABLE_STR, 1, NULL},
};

/* ---- showing ---- */

static int
has_full_text(struct json_object *feed)
{
	struct json_object *full;
	return json_object_object_get_ex(feed, "full_text", &full) && json_object_get_boolean(full);
}

static void
show_table(struct json_object *found)
{
	size_t count = json_object_array_length(found);
	struct table *t = table_new(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < count; i++) {
		struct json_object *feed = json_object_array_get_idx(found, i);
		table_int(t, (int64_t)i + 1);
		table_str(t, ctl_json_str(feed, "title"));
		table_str(t, ctl_json_str(feed, "format"));
		table_str(t, ctl_json_str(feed, "class"));
		table_int(t, ctl_json_int(feed, "entries"));
		table_int(t, ctl_json_int(feed, "newest"));
		table_str(t, has_full_text(feed) ? "full" : "summary");
		table_str(t, ctl_json_str(feed, "found_by"));
		table_str(t, ctl_json_str(feed, "url"));
		table_end_row(t);
	}
	table_free(t);
}

static void
show_json(struct json_object *found)
{
	for (size_t i = 0; i < json_object_array_length(found); i++) {
		struct json_object *feed = json_object_array_get_idx(found, i);
		struct json_object *o = json_object_new_object();
		int64_t id = ctl_json_int(feed, "id");
		ctl_put_str(o, "url", ctl_json_str(feed, "url"));
		ctl_put_str(o, "title", ctl_json_str(feed, "title"));
		ctl_put_str(o, "format", ctl_json_str(feed, "format"));
		ctl_put_str(o, "class", ctl_json_str(feed, "class"));
		ctl_put_str(o, "found_by", ctl_json_str(feed, "found_by"));
		ctl_put_int(o, "entries", ctl_json_int(feed, "entries"));
		ctl_put_time(o, "newest", ctl_json_int(feed, "newest"));
		ctl_put_bool(o, "full_text", has_full_text(feed));
		ctl_put(o, "id", id ? json_object_new_int64(id) : NULL);
		ctl_print_json(stdout, o);
	}
}

/* ---- choosing ---- */

/* Ask for one of COUNT; -1: none is wanted. */
static int64_t
ask(size_t count)
{
	char line[64];
	for (;;) {
		printf("Which one? 1-%zu, Enter for 1, q for none: ", count);
		fflush(stdout);
		if (!fgets(line, sizeof line, stdin)) {
			putchar('\n');
			return -1;
		}
		char *end;
		long n = strtol(line, &end, 10);
		end += strspn(end, " \t\n");
		if (end == line + strspn(line, " \t\n") && !*end)
			return 0;
		if (!*end && n >= 1 && (size_t)n <= count)
			return n - 1;
		if (*line == 'q' || *line == 'Q')
			return -1;
	}
}

/* The number of the one to take; -1: none. */
static int64_t
choose(const struct ctl *ctl, const char *url, struct json_object *found)
{
	size_t count = json_object_array_length(found);
	if (count == 1 || ctl_get(ctl, "first"))
		return 0;
	if (ctl->json)
		show_json(found);
	else
		show_table(found);
	if (!ctl->json && isatty(STDIN_FILENO) && isatty(STDOUT_FILENO))
		return ask(count);
	ctl_complain("%s has %zu feeds and none was added: give the URL of one, or --first for the "
		     "first",
	    url, count);
	return -1;
}

/* A host is asked once a second or so: who waits is told for what. */
static void
say_where(const struct ctl *ctl, const char *url)
{
	if (ctl->json || !isatty(STDERR_FILENO))
		return;
	char *safe = table_safe(url);
	fprintf(stderr, "looking for feeds at %s ...\n", safe);
	mem_free(safe);
}

/* What newsd finds at URL: *FOUND, a list that is not empty, borrowed from *ANSWER, to be put. */
static enum ctl_exit
find(const struct ctl *ctl, int fd, const char *url, struct json_object **answer,
    struct json_object **found)
{
	struct json_object *request = ctl_request("discover");
	ctl_put_str(request, "url", url);
	say_where(ctl, url);
	enum ctl_exit status = ctl_call(fd, request, answer);
	if (status != CTL_OK)
		return status;
	if (json_object_object_get_ex(*answer, "found", found) &&
	    json_object_is_type(*found, json_type_array) && json_object_array_length(*found))
		return CTL_OK;
	ctl_complain("newsd did not tell what it found: is it of this version?");
	json_object_put(*answer);
	return CTL_FAILED;
}

enum ctl_exit
ctl_discover(const struct ctl *ctl, int fd, const char *url, char **chosen)
{
	struct json_object *answer, *found;
	enum ctl_exit status = find(ctl, fd, url, &answer, &found);
	if (status != CTL_OK)
		return status;
	int64_t at = choose(ctl, url, found);
	if (at < 0) {
		status = CTL_CHOICE;
	} else {
		const char *one = ctl_json_str(json_object_array_get_idx(found, (size_t)at), "url");
		*chosen = mem_strdup(one ? one : url);
	}
	json_object_put(answer);
	return status;
}

enum ctl_exit
ctl_check_feed(const struct ctl *ctl, int fd, const char *url)
{
	struct json_object *answer, *found;
	enum ctl_exit status = find(ctl, fd, url, &answer, &found);
	if (status != CTL_OK)
		return status;
	const char *by = ctl_json_str(json_object_array_get_idx(found, 0), "found_by");
	if (!by || strcmp(by, found_by_name(FOUND_ITSELF)) != 0) {
		ctl_complain("%s is no feed, only a page that names some", url);
		status = CTL_FAILED;
	}
	json_object_put(answer);
	return status;
}
