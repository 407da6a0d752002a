/*
 * newsctl remove, poll, reload: requests to the running newsd about its feeds; and feeds, which
 * lists them from the store.
 */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "table.h"

/* ---- remove, poll, reload ---- */

/* Send COMMAND about FEED (NULL: none); prints SAY with the answer's number KEY and URL. */
static enum ctl_exit
call_about_feed(const struct ctl *ctl, int fd, const char *command, const char *feed,
    void (*say)(struct json_object *answer))
{
	struct json_object *request = ctl_request(command), *answer;
	if (feed)
		ctl_put_str(request, "feed", feed);
	enum ctl_exit status = ctl_call(fd, request, &answer);
	if (status != CTL_OK)
		return status;
	if (ctl->json) {
		ctl_print_json(stdout, answer);
		return CTL_OK;
	}
	say(answer);
	json_object_put(answer);
	return CTL_OK;
}

static void
say_removed(struct json_object *answer)
{
	const char *url = ctl_json_str(answer, "url");
	char *safe = table_safe(url ? url : "");
	printf("feed %" PRId64 " removed: %s\n", ctl_json_int(answer, "id"), safe);
	mem_free(safe);
}

static void
say_polled(struct json_object *answer)
{
	int64_t feeds = ctl_json_int(answer, "feeds");
	printf("%" PRId64 " feed%s will be polled now\n", feeds, feeds == 1 ? "" : "s");
}

static void
say_reloaded(struct json_object *answer)
{
	(void)answer;
	puts("the configuration was read again");
}

static enum ctl_exit
call_about_feeds(
    struct ctl *ctl, const char *command, int argc, char **argv, void (*say)(struct json_object *))
{
	int fd;
	enum ctl_exit status = ctl_connect(ctl, &fd);
	if (status != CTL_OK)
		return status;
	if (argc == 0)
		status = call_about_feed(ctl, fd, command, NULL, say);
	for (int i = 0; i < argc; i++)
		if (call_about_feed(ctl, fd, command, argv[i], say) != CTL_OK)
			status = CTL_FAILED;
	close(fd);
	return status;
}

enum ctl_exit
ctl_run_remove(struct ctl *ctl, int argc, char **argv)
{
	return call_about_feeds(ctl, "remove", argc, argv, say_removed);
}

enum ctl_exit
ctl_run_poll(struct ctl *ctl, int argc, char **argv)
{
	return call_about_feeds(ctl, "poll", argc, argv, say_polled);
}

enum ctl_exit
ctl_run_reload(struct ctl *ctl, int argc, char **argv)
{
	return call_about_feeds(ctl, "reload", argc, argv, say_reloaded);
}

/* ---- feeds ---- */

static const char *
colour_status(const char *cell)
{
	return strcmp(cell, "ok") == 0          ? "green"
	       : strcmp(cell, "failing") == 0   ? "red"
	       : strcmp(cell, "recovered") == 0 ? "yellow"
						: "dim";
}

static const struct table_column text_columns[] = {
    {"id", TABLE_INT, 0, NULL},
    {"feed", TABLE_STR, 1, NULL},
    {"state", TABLE_STR, 0, colour_status},
    {"http", TABLE_INT, 0, NULL},
    {"polled_ago", TABLE_SPAN, 0, NULL},
    {"next_in", TABLE_SPAN, 0, NULL},
    {"links", TABLE_INT, 0, NULL},
    {"error", TABLE_STR, 1, NULL},
};
#define COLUMNS (sizeof text_columns / sizeof *text_columns)

struct listing {
	const struct ctl *ctl;
	struct table *table; /* NULL: JSON */
	size_t count;
};

static const char *
feed_state(const struct feed_row *row)
{
	if (!row->active)
		return row->merged_into ? "merged" : row->ended ? "ended" : "removed";
	if (!row->last_poll)
		return "new";
	return row->failures ? "failing" : row->recovered ? "recovered" : "ok";
}

static struct json_object *
feed_row_json(const struct feed_row *row)
{
	static const char *const modes[] = {[CONTENT_PAGE] = "page", [CONTENT_FEED] = "feed"};
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "id", row->id);
	ctl_put_str(o, "url", row->url);
	ctl_put_str(o, "moved_to", row->moved_to);
	ctl_put_str(o, "ended", row->ended);
	ctl_put_int(o, "merged_into", row->merged_into);
	ctl_put_str(o, "title", row->title);
	ctl_put_str(o, "site", row->site);
	ctl_put_str(o, "language", row->language);
	ctl_put_str(o, "tags", row->tags);
	ctl_put_str(o, "content", row->content >= 0 ? modes[row->content] : NULL);
	ctl_put_str(o, "state", feed_state(row));
	ctl_put_bool(o, "active", row->active);
	ctl_put_time(o, "added", row->added);
	ctl_put_time(o, "last_poll", row->last_poll);
	ctl_put_time(o, "last_change", row->last_change);
	ctl_put_int(o, "last_status", row->last_status);
	ctl_put_str(o, "error", row->error);
	ctl_put_int(o, "failures", row->failures);
	ctl_put_str(o, "recovered", row->recovered);
	ctl_put_str(o, "validators", row->validators);
	ctl_put_time(o, "recovered_since", row->recovered_since);
	ctl_put_time(o, "guids_changed", row->guids_changed);
	ctl_put_time(o, "next_poll", row->next_poll);
	ctl_put_str(o, "next_reason", row->next_reason);
	ctl_put_int(o, "interval_s", row->interval_s);
	ctl_put_int(o, "links", row->items_total);
	return o;
}

/* SPAN seconds, nothing when the moment WHEN that it leads to is unknown. */
static void
put_span(struct table *t, int64_t when, int64_t span)
{
	if (when)
		table_int(t, span > 0 ? span : 0);
	else
		table_str(t, NULL);
}

static int
on_feed(const struct feed_row *row, void *arg)
{
	struct listing *listing = arg;
	if (ctl_get(listing->ctl, "failing") && row->failures == 0)
		return 0;
	listing->count++;
	if (!listing->table) {
		ctl_print_row(listing->ctl, feed_row_json(row));
		return 0;
	}
	struct table *t = listing->table;
	int64_t now = clock_now();
	table_int(t, row->id);
	table_str(t, row->moved_to ? row->moved_to : row->url);
	table_str(t, feed_state(row));
	table_int(t, row->last_status);
	put_span(t, row->last_poll, now - row->last_poll);
	put_span(t, row->active ? row->next_poll : 0, row->next_poll - now);
	table_int(t, row->items_total);
	table_str(t, row->ended ? row->ended : row->error ? row->error : row->recovered);
	table_end_row(t);
	return 0;
}

enum ctl_exit
ctl_run_feeds(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct listing listing = {.ctl = ctl};
	if (!ctl->json)
		listing.table = table_new(stdout, TABLE_TEXT, text_columns, COLUMNS);
	if (store_each_feed(store, !ctl_get(ctl, "all"), on_feed, &listing) != 0)
		status = ctl_complain_store(store);
	else if (listing.count == 0 && !ctl->json)
		ctl_complain(ctl_get(ctl, "failing") ? "no feed is failing"
						     : "no feeds; newsctl add URL adds one");
	if (listing.table)
		table_free(listing.table);
	store_close(store);
	return status;
}
