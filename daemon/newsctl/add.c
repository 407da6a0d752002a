/* newsctl add: feeds by their own URLs, or those of their sites. */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "table.h"
#include "url.h"

/* The tags given, joined by spaces, malloc'ed; NULL when there are none. */
static char *
given_tags(const struct ctl *ctl)
{
	char *tags = NULL;
	for (size_t i = 0; i < ctl->given_len; i++) {
		if (strcmp(ctl->given[i].option->name, "tag") != 0)
			continue;
		char *joined =
		    mem_printf("%s%s%s", tags ? tags : "", tags ? " " : "", ctl->given[i].value);
		mem_free(tags);
		tags = joined;
	}
	return tags;
}

static enum ctl_exit
check_add(const struct ctl *ctl, int argc, char **argv)
{
	const char *content = ctl_get(ctl, "content");
	if (content && strcmp(content, "page") != 0 && strcmp(content, "feed") != 0) {
		ctl_complain("--content \"%s\": expected page or feed", content);
		return CTL_USAGE;
	}
	if (ctl_get(ctl, "title") && argc > 1) {
		ctl_complain("--title names one feed, but there are %d", argc);
		return CTL_USAGE;
	}
	for (int i = 0; i < argc; i++) {
		struct arena arena = {0};
		const char *url = url_canonical(&arena, argv[i]);
		arena_clear(&arena);
		if (!url) {
			ctl_complain("\"%s\" is no http or https URL%s%s", argv[i],
			    strstr(argv[i], "://") ? "" : "; did you mean https://",
			    strstr(argv[i], "://") ? "" : argv[i]);
			return CTL_USAGE;
		}
	}
	return CTL_OK;
}

static void
say_added(struct json_object *answer)
{
	const char *url = ctl_json_str(answer, "url");
	char *safe = table_safe(url ? url : "");
	printf("feed %" PRId64 " %s: %s\n", ctl_json_int(answer, "id"),
	    ctl_json_int(answer, "added") ? "added" : "was there already", safe);
	mem_free(safe);
}

struct adding {
	const struct ctl *ctl;
	size_t failed;
};

static void
on_added(struct json_object *result, void *arg)
{
	struct adding *adding = arg;
	const char *url = ctl_json_str(result, "url"), *error = ctl_json_str(result, "error");
	adding->failed += error != NULL;
	if (adding->ctl->json)
		ctl_print_json(stdout, json_object_get(result));
	else if (error)
		ctl_complain("%s: %s", url ? url : "", error);
	else
		say_added(result);
}

static enum ctl_exit
add_one(const struct ctl *ctl, int fd, const char *url, const char *tags)
{
	struct json_object *request = ctl_request("add"), *answer;
	ctl_put_feed(request, url, ctl_get(ctl, "title"), tags, ctl_get(ctl, "content"));
	enum ctl_exit status = ctl_call(fd, request, &answer);
	if (status != CTL_OK)
		return status;
	struct adding adding = {.ctl = ctl};
	on_added(answer, &adding);
	json_object_put(answer);
	return CTL_OK;
}

static enum ctl_exit
add_many(const struct ctl *ctl, int fd, int argc, char **argv, const char *tags)
{
	struct adding adding = {.ctl = ctl};
	struct json_object *feeds = json_object_new_array_ext(argc);
	for (int i = 0; i < argc; i++) {
		struct json_object *o = json_object_new_object();
		ctl_put_feed(o, argv[i], NULL, tags, ctl_get(ctl, "content"));
		json_object_array_add(feeds, o);
	}
	size_t answered = ctl_add_feeds(fd, feeds, on_added, &adding);
	json_object_put(feeds);
	return adding.failed || answered < (size_t)argc ? CTL_FAILED : CTL_OK;
}

/* Put the feeds that are found at URLS, or that are chosen of those, in their places; malloc'ed.
 * What went wrong with one keeps no other away: returns the worst that came of it. */
static enum ctl_exit
find_feeds(const struct ctl *ctl, int fd, int count, char **urls, char **feeds, int *found)
{
	enum ctl_exit worst = CTL_OK;
	*found = 0;
	for (int i = 0; i < count; i++) {
		enum ctl_exit status = ctl_discover(ctl, fd, urls[i], &feeds[*found]);
		*found += status == CTL_OK;
		if (status != CTL_OK && worst != CTL_FAILED)
			worst = status;
	}
	return worst;
}

static enum ctl_exit
add_feeds(const struct ctl *ctl, int fd, int count, char **urls)
{
	char *tags = given_tags(ctl);
	enum ctl_exit status =
	    count == 1 ? add_one(ctl, fd, urls[0], tags) : add_many(ctl, fd, count, urls, tags);
	mem_free(tags);
	return status;
}

static enum ctl_exit
add_found(const struct ctl *ctl, int fd, int argc, char **argv)
{
	char **feeds = mem_zalloc((size_t)argc * sizeof *feeds);
	int found;
	enum ctl_exit status = find_feeds(ctl, fd, argc, argv, feeds, &found);
	enum ctl_exit added = found ? add_feeds(ctl, fd, found, feeds) : CTL_OK;
	for (int i = 0; i < found; i++)
		mem_free(feeds[i]);
	mem_free(feeds);
	return added != CTL_OK ? added : status;
}

enum ctl_exit
ctl_run_add(struct ctl *ctl, int argc, char **argv)
{
	int fd;
	enum ctl_exit status = check_add(ctl, argc, argv);
	if (status != CTL_OK || (status = ctl_connect(ctl, &fd)) != CTL_OK)
		return status;
	status = ctl_get(ctl, "no-discover") ? add_feeds(ctl, fd, argc, argv)
					     : add_found(ctl, fd, argc, argv);
	close(fd);
	return status;
}
