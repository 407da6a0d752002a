/*
 * newsctl proposals, accept, dismiss: what polls suggest to do about their feeds. After an accept
 * the line that lists the feed is looked for in the files of the configuration, so that the
 * operator knows what to change.
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"
#include "table.h"
#include "text.h"
#include "url.h"

/* ---- proposals ---- */

static const struct table_column columns[] = {
    {"id", TABLE_INT, 0, NULL},
    {"feed", TABLE_INT, 0, NULL},
    {"feed_is", TABLE_STR, 0, NULL},
    {"kind", TABLE_STR, 0, NULL},
    {"state", TABLE_STR, 0, NULL},
    {"seen", TABLE_INT, 0, NULL},
    {"last_seen", TABLE_TIME, 0, NULL},
    {"from", TABLE_STR, 1, NULL},
    {"to", TABLE_STR, 1, NULL},
};

struct listing {
	const struct ctl *ctl;
	struct table *table; /* NULL: JSON */
	size_t count;
};

struct json_object *
ctl_proposal_json(const struct proposal_row *row)
{
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "id", row->id);
	ctl_put_int(o, "feed_id", row->feed_id);
	ctl_put_str(o, "feed", row->feed_url);
	ctl_put_str(o, "title", row->feed_title);
	ctl_put_int(o, "failures", row->failures);
	ctl_put_str(o, "kind", row->kind);
	ctl_put_str(o, "state", row->state);
	ctl_put_str(o, "old_url", row->old_url);
	ctl_put_str(o, "new_url", row->new_url);
	ctl_put_str(o, "reason", row->reason);
	ctl_put_str(o, "evidence", row->evidence);
	ctl_put_time(o, "first_seen", row->first_seen);
	ctl_put_time(o, "last_seen", row->last_seen);
	ctl_put_int(o, "seen", row->seen);
	ctl_put_time(o, "decided", row->decided);
	return o;
}

static int
on_proposal(const struct proposal_row *row, void *arg)
{
	struct listing *listing = arg;
	struct table *t = listing->table;
	listing->count++;
	if (!t) {
		ctl_print_row(listing->ctl, ctl_proposal_json(row));
		return 0;
	}
	table_int(t, row->id);
	table_int(t, row->feed_id);
	table_str(t, row->failures ? "failing" : "ok");
	table_str(t, row->kind);
	table_str(t, row->state);
	table_int(t, row->seen);
	table_int(t, row->last_seen);
	table_str(t, row->old_url);
	table_str(t, row->new_url);
	table_end_row(t);
	return 0;
}

enum ctl_exit
ctl_run_proposals(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct listing listing = {.ctl = ctl};
	if (!ctl->json)
		listing.table =
		    table_new(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
	if (store_each_proposal(store, ctl_get(ctl, "all") != NULL, 0, on_proposal, &listing) != 0)
		status = ctl_complain_store(store);
	else if (listing.count == 0 && !ctl->json)
		ctl_complain("nothing is proposed");
	if (listing.table)
		table_free(listing.table);
	store_close(store);
	return status;
}

/* ---- the line that lists a feed ---- */

/* Whether the web address at the beginning of S, as it stands in a list or an attribute, is the one
 * of KEY. */
static int
is_address(const char *s, const char *key)
{
	struct arena a = {0};
	size_t len = strcspn(s, " \t\r\n\"'<>");
	const char *found = url_canonical(&a, text_unescape(&a, s, len));
	int same = found && !strcmp(found, key);
	arena_clear(&a);
	return same;
}

/* The line of TEXT that holds URL, 0: none. */
static int64_t
find_line(const char *text, const char *url)
{
	struct arena a = {0};
	const char *key = url_canonical(&a, url);
	int64_t line = 1;
	for (; key && *text; text++) {
		if (*text == '\n')
			line++;
		else if (!strncasecmp(text, "http", 4) && is_address(text, key))
			break;
	}
	arena_clear(&a);
	return key && *text ? line : 0;
}

/* The line of the file PATH that lists URL; 0: none, or it can't be read. */
static int64_t
line_in_file(const char *path, const char *url)
{
	struct buf body;
	struct fault f;
	buf_init(&body, CTL_DOCUMENT_MAX);
	int64_t line = ctl_read_document(path, &body, &f) ? 0 : find_line(buf_str(&body), url);
	buf_clear(&body);
	return line;
}

static void
add_place(struct json_object *places, const char *file, int64_t line)
{
	struct json_object *o = json_object_new_object();
	ctl_put_str(o, "file", file);
	ctl_put_int(o, "line", line);
	json_object_array_add(places, o);
}

/* The lines that name the feed of ANSWER: in the files that may list it, and of its section in the
 * configuration. */
static struct json_object *
find_places(struct json_object *answer)
{
	struct json_object *places = json_object_new_array(), *files = NULL;
	const char *listed = ctl_json_str(answer, "listed_url");
	int64_t section = ctl_json_int(answer, "section");
	json_object_object_get_ex(answer, "files", &files);
	size_t count = listed && files ? json_object_array_length(files) : 0;
	for (size_t i = 0; i < count; i++) {
		const char *file = json_object_get_string(json_object_array_get_idx(files, i));
		int64_t line = line_in_file(file, listed);
		if (line)
			add_place(places, file, line);
	}
	if (section)
		add_place(places, ctl_json_str(answer, "config"), section);
	return places;
}

/* ---- what an accept would do ---- */

struct wanted {
	int64_t id;
	char *new_url; /* malloc'ed; NULL: there is no such open proposal, or it has none */
};

static int
on_wanted(const struct proposal_row *row, void *arg)
{
	struct wanted *wanted = arg;
	if (row->id == wanted->id && row->new_url)
		wanted->new_url = mem_strdup(row->new_url);
	return wanted->new_url != NULL;
}

/* See whether a feed stands where proposal ID leads to. What is no open proposal passes: newsd says
 * what it is. */
static enum ctl_exit
check_proposed(struct ctl *ctl, int fd, int64_t id)
{
	struct store *store;
	struct wanted wanted = {.id = id};
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status == CTL_OK) {
		int rc = store_each_proposal(store, 0, 0, on_wanted, &wanted);
		if (rc && !wanted.new_url)
			status = ctl_complain_store(store);
		store_close(store);
	}
	if (status == CTL_OK && wanted.new_url)
		status = ctl_check_feed(ctl, fd, wanted.new_url);
	if (status != CTL_OK)
		ctl_complain("proposal %" PRId64 " is not accepted: its new address could not be "
			     "checked or gives no feed; --no-check accepts it all the same",
		    id);
	mem_free(wanted.new_url);
	return status;
}

/* ---- accept, dismiss ---- */

/* "FILE, line 3 and FILE, line 7", malloc'ed; NULL when there are none. */
static char *
joined_places(struct json_object *places)
{
	char *text = NULL;
	for (size_t i = 0; i < json_object_array_length(places); i++) {
		struct json_object *place = json_object_array_get_idx(places, i);
		const char *file = ctl_json_str(place, "file");
		char *longer = mem_printf("%s%s%s, line %" PRId64, text ? text : "",
		    text ? " and " : "", file ? file : "?", ctl_json_int(place, "line"));
		mem_free(text);
		text = longer;
	}
	return text;
}

static void
say_accepted(struct json_object *answer, struct json_object *places)
{
	const char *from = ctl_json_str(answer, "old_url"), *to = ctl_json_str(answer, "new_url");
	const char *listed = ctl_json_str(answer, "listed_url");
	char *where = joined_places(places);
	const char *ended = ctl_json_str(answer, "ended");
	char *text = ended ? mem_printf("feed %" PRId64 " is polled no more: %s",
				 ctl_json_int(answer, "feed"), ended)
			   : mem_printf("feed %" PRId64 " is polled at %s from now on",
				 ctl_json_int(answer, "feed"), to ? to : "?");
	ctl_print_wrapped(stdout, text, 0, 0);
	mem_free(text);
	if (ended && where) {
		text = mem_printf("%s: remove %s; until then newsd leaves it alone all the same",
		    where, listed ? listed : from);
		ctl_print_wrapped(stdout, text, 0, 0);
		mem_free(text);
	} else if (!ended && (listed || where)) {
		text = mem_printf("%s: change %s to %s%s",
		    where ? where : "one of the files that newsd.conf names",
		    listed ? listed : from, to ? to : "?",
		    listed ? "; until then newsd polls the new address all the same" : "");
		ctl_print_wrapped(stdout, text, 0, 0);
		mem_free(text);
	}
	mem_free(where);
}

/* Takes PLACES. */
static struct json_object *
decision_json(int64_t id, struct json_object *answer, struct json_object *places)
{
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "proposal", id);
	ctl_put_int(o, "feed", ctl_json_int(answer, "feed"));
	ctl_put_str(o, "old_url", ctl_json_str(answer, "old_url"));
	ctl_put_str(o, "new_url", ctl_json_str(answer, "new_url"));
	ctl_put_str(o, "ended", ctl_json_str(answer, "ended"));
	ctl_put_int(o, "merged_into", ctl_json_int(answer, "merged_into"));
	ctl_put_str(o, "listed_url", ctl_json_str(answer, "listed_url"));
	ctl_put(o, "to_change", places);
	return o;
}

static enum ctl_exit
decide(struct ctl *ctl, int fd, const char *command, const char *word)
{
	char *end;
	errno = 0;
	intmax_t id = strtoimax(word, &end, 10);
	if (errno || end == word || *end || id < 1) {
		ctl_complain(
		    "\"%s\" is no number of a proposal; newsctl proposals lists them", word);
		return CTL_USAGE;
	}
	int accept = strcmp(command, "accept") == 0;
	enum ctl_exit status =
	    accept && !ctl_get(ctl, "no-check") ? check_proposed(ctl, fd, id) : CTL_OK;
	if (status != CTL_OK)
		return status;
	struct json_object *request = ctl_request(command), *answer;
	ctl_put_int(request, "proposal", id);
	status = ctl_call(fd, request, &answer);
	if (status != CTL_OK)
		return status;
	struct json_object *places = accept ? find_places(answer) : NULL;
	if (ctl->json)
		ctl_print_json(stdout, decision_json(id, answer, json_object_get(places)));
	else if (accept)
		say_accepted(answer, places);
	else
		printf("proposal %" PRIdMAX " is dismissed\n", id);
	json_object_put(places);
	json_object_put(answer);
	return CTL_OK;
}

static enum ctl_exit
decide_all(struct ctl *ctl, const char *command, int argc, char **argv)
{
	int fd;
	enum ctl_exit status = ctl_connect(ctl, &fd);
	if (status != CTL_OK)
		return status;
	for (int i = 0; i < argc; i++) {
		enum ctl_exit one = decide(ctl, fd, command, argv[i]);
		if (one != CTL_OK)
			status = one;
	}
	close(fd);
	return status;
}

enum ctl_exit
ctl_run_accept(struct ctl *ctl, int argc, char **argv)
{
	return decide_all(ctl, "accept", argc, argv);
}

enum ctl_exit
ctl_run_dismiss(struct ctl *ctl, int argc, char **argv)
{
	return decide_all(ctl, "dismiss", argc, argv);
}
