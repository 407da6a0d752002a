/* newsctl stories, story, split, merge: which articles tell the same story. Only split and merge
 * speak to the daemon. */
#include "newsctl_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "table.h"

#define STORIES_LIMIT     20
#define STORIES_LIMIT_MAX 100000
#define SINCE_S           86400

int64_t
ctl_number(const char *what, const char *word)
{
	char *end;
	errno = 0;
	intmax_t n = strtoimax(word, &end, 10);
	if (!errno && end != word && !*end && n > 0)
		return n;
	ctl_complain(
	    "\"%s\" is no number of %s %s", word, strchr("aeiou", *what) ? "an" : "a", what);
	return 0;
}

/* ---- stories ---- */

static int
on_story(const struct story_row *row, void *arg)
{
	struct table *t = arg;
	table_int(t, row->id);
	table_int(t, row->sites);
	table_int(t, row->articles);
	table_int(t, row->links);
	table_int(t, row->first_seen);
	table_int(t, row->last_seen);
	table_str(t, row->title);
	table_str(t, row->origin);
	table_str(t, row->origin_reason);
	table_end_row(t);
	return 0;
}

enum ctl_exit
ctl_run_stories(struct ctl *ctl, int argc, char **argv)
{
	static const struct table_column columns[] = {
	    {"story", TABLE_INT, 0, NULL},
	    {"sites", TABLE_INT, 0, NULL},
	    {"articles", TABLE_INT, 0, NULL},
	    {"links", TABLE_INT, 0, NULL},
	    {"first_seen", TABLE_TIME, 0, NULL},
	    {"last_seen", TABLE_TIME, 0, NULL},
	    {"title", TABLE_STR, 1, NULL},
	    {"origin", TABLE_STR, 1, NULL},
	    {"origin_by", TABLE_STR, 0, NULL},
	};
	(void)argc;
	(void)argv;
	struct store *store;
	int64_t since, limit = STORIES_LIMIT;
	if (ctl_get_since(ctl, "since", &since) != CTL_OK ||
	    ctl_get_number(ctl, "limit", 1, STORIES_LIMIT_MAX, &limit) != CTL_OK)
		return CTL_USAGE;
	if (!ctl_get(ctl, "since"))
		since = clock_now() - SINCE_S;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct table *t = ctl_table_new(ctl, columns, sizeof columns / sizeof *columns);
	int rc = store_each_story(store, since, (size_t)limit, on_story, t);
	table_free(t);
	if (rc != 0)
		status = ctl_complain_store(store);
	store_close(store);
	return status;
}

/* ---- story ---- */

struct members {
	struct table *table;
	int64_t story;
};

static void
on_member(const struct member_row *row, void *arg)
{
	struct members *m = arg;
	char share[16] = "";
	if (row->relation)
		snprintf(share, sizeof share, "%.3f", row->similarity);
	table_int(m->table, row->first_seen);
	table_str(m->table, row->site);
	table_int(m->table, row->article_id);
	/* one that an operator put here may be nothing to the others */
	table_str(m->table, row->relation                 ? row->relation
			    : row->article_id == m->story ? "first"
							  : NULL);
	table_int(m->table, row->of);
	table_str(m->table, row->relation ? share : NULL);
	table_str(m->table, row->decided);
	table_str(m->table, row->agency ? row->agency : row->syndicated_from);
	table_str(m->table, row->title);
	table_str(m->table, row->url);
	table_end_row(m->table);
}

static int
on_story_of(const struct article_row *row, void *arg)
{
	*(int64_t *)arg = row->story_id;
	return 0;
}

enum ctl_exit
ctl_run_story(struct ctl *ctl, int argc, char **argv)
{
	static const struct table_column columns[] = {
	    {"at", TABLE_TIME, 0, NULL},
	    {"site", TABLE_STR, 0, NULL},
	    {"article", TABLE_INT, 0, NULL},
	    {"relation", TABLE_STR, 0, NULL},
	    {"of", TABLE_INT, 0, NULL},
	    {"similarity", TABLE_STR, 0, NULL},
	    {"decided", TABLE_STR, 0, NULL},
	    {"named", TABLE_STR, 0, NULL},
	    {"title", TABLE_STR, 1, NULL},
	    {"url", TABLE_STR, 1, NULL},
	};
	(void)argc;
	struct store *store;
	int64_t story = ctl_number("story", argv[0]), of = 0;
	if (!story)
		return CTL_USAGE;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct members m = {.table = ctl_table_new(ctl, columns, sizeof columns / sizeof *columns)};
	/* the number of a story is that of its first article; else it is that of another one's */
	int rc = store_read_article(store, story, on_story_of, &of);
	m.story = of;
	if (rc == 0)
		rc = store_each_member(store, of, on_member, &m);
	table_free(m.table);
	if (rc == ERR_NOT_FOUND) {
		ctl_complain("there is no story %" PRId64, story);
		status = CTL_FAILED;
	} else if (rc != 0) {
		status = ctl_complain_store(store);
	}
	store_close(store);
	return status;
}

/* ---- split, merge ---- */

/* Send REQUEST and say what came of it. */
static enum ctl_exit
order(struct ctl *ctl, struct json_object *request, int is_split)
{
	struct json_object *answer;
	enum ctl_exit status = ctl_ask(ctl, request, &answer);
	if (status != CTL_OK)
		return status;
	int64_t story = ctl_json_int(answer, "story"), other = ctl_json_int(answer, "other"),
		moved = ctl_json_int(answer, "moved");
	if (ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put_int(o, "story", story);
		ctl_put_int(o, "other", other);
		ctl_put_int(o, "moved", moved);
		ctl_print_json(stdout, o);
	} else if (is_split) {
		printf("story %" PRId64 " is that article alone; what it was with is story %" PRId64
		       "\n",
		    story, other);
	} else {
		printf("story %" PRId64 " has taken in story %" PRId64 ": %" PRId64 " article%s\n",
		    story, other, moved, moved == 1 ? "" : "s");
	}
	json_object_put(answer);
	return CTL_OK;
}

enum ctl_exit
ctl_run_split(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	int64_t article = ctl_number("article", argv[0]);
	if (!article)
		return CTL_USAGE;
	struct json_object *request = ctl_request("split");
	ctl_put_int(request, "article", article);
	return order(ctl, request, 1);
}

enum ctl_exit
ctl_run_merge(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	int64_t a = ctl_number("story", argv[0]), b = ctl_number("story", argv[1]);
	if (!a || !b)
		return CTL_USAGE;
	struct json_object *request = ctl_request("merge");
	ctl_put_int(request, "story", a);
	ctl_put_int(request, "other", b);
	return order(ctl, request, 0);
}
