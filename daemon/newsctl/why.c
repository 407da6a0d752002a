/*
 * newsctl why: the whole story of one link, in words and in order of time. Reads the link, its
 * sightings, its article and the polls of its feed, and sorts what they tell.
 */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "outcome.h"
#include "table.h"

#define POLLS_SHOWN 5

/* Something that happened to the link. */
struct moment {
	int64_t at;
	size_t order; /* within one second */
	char *words;  /* in the arena */
};

struct story {
	struct arena arena;
	int64_t link_id, article_id, feed_id, first_seen;
	struct link_row link; /* strings in the arena */
	struct moment *moments;
	size_t moments_len;
	int has_article;
	struct json_object *json; /* the same for scripts */
	struct json_object *json_sightings, *json_aliases, *json_revisions, *json_polls;
};

static void
tell(struct story *story, int64_t at, char *words)
{
	struct moment *m = ARENA_PUSH(&story->arena, story->moments, story->moments_len);
	m->at = at;
	m->order = story->moments_len;
	m->words = words;
}

static int
compare_moments(const void *a, const void *b)
{
	const struct moment *x = a, *y = b;
	if (x->at != y->at)
		return x->at < y->at ? -1 : 1;
	return x->order < y->order ? -1 : x->order > y->order;
}

/* ---- what the store tells ---- */

static int
on_link(const struct link_row *row, void *arg)
{
	struct story *story = arg;
	struct arena *a = &story->arena;
	story->link = *row;
	story->link.url = arena_strdup(a, row->url);
	story->link.outcome = arena_strdup(a, row->outcome);
	story->link.reason = arena_strdup(a, row->reason);
	story->link.final_url = arena_strdup(a, row->final_url);
	story->link.first_feed = arena_strdup(a, row->first_feed);
	story->link.title = arena_strdup(a, row->title);
	return 1;
}

static void
put_link(struct json_object *o, const struct link_row *link)
{
	ctl_put_int(o, "link_id", link->id);
	ctl_put_str(o, "url", link->url);
	ctl_put_str(o, "final_url", link->final_url);
	ctl_put_str(o, "title", link->title);
	ctl_put_str(o, "first_feed", link->first_feed);
	ctl_put_time(o, "first_seen", link->first_seen);
	ctl_put_str(o, "outcome", link->outcome);
	ctl_put_str(o, "reason", link->reason);
	ctl_put_time(o, "at", link->at);
	ctl_put_int(o, "status", link->status);
	ctl_put_int(o, "attempts", link->attempts);
	ctl_put_int(o, "rechecks", link->rechecks);
	ctl_put_time(o, "due", link->due);
	ctl_put(o, "article_id", link->article_id ? json_object_new_int64(link->article_id) : NULL);
}

static int
on_sighting(const struct sighting_row *row, void *arg)
{
	struct story *story = arg;
	struct arena *a = &story->arena;
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "feed_id", row->feed_id);
	ctl_put_str(o, "feed", row->feed_url);
	ctl_put_str(o, "feed_title", row->title);
	ctl_put_time(o, "first_seen", row->first_seen);
	ctl_put_str(o, "guid", row->guid);
	json_object_array_add(story->json_sightings, o);
	int first = story->link.first_feed && row->feed_url &&
		    strcmp(story->link.first_feed, row->feed_url) == 0 &&
		    row->first_seen == story->link.first_seen;
	if (first)
		story->feed_id = row->feed_id;
	tell(story, row->first_seen,
	    arena_printf(a, "%s in feed %s%s%s%s%s%s", first ? "discovered" : "also seen",
		row->feed_url, row->title ? " (" : "", row->title ? row->title : "",
		row->title ? ")" : "", row->guid ? ", as " : "", row->guid ? row->guid : ""));
	return 0;
}

static int
on_alias(const struct alias_row *row, void *arg)
{
	struct story *story = arg;
	struct json_object *o = json_object_new_object();
	ctl_put_time(o, "at", row->at);
	ctl_put_str(o, "url", row->url);
	ctl_put_str(o, "feed", row->feed_url);
	json_object_array_add(story->json_aliases, o);
	tell(story, row->at,
	    arena_printf(
		&story->arena, "feed %s gave it another address: %s", row->feed_url, row->url));
	return 0;
}

static int
on_article(const struct article_row *row, void *arg)
{
	struct story *story = arg;
	struct arena *a = &story->arena;
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "id", row->id);
	ctl_put_str(o, "url", row->url);
	ctl_put_str(o, "title", row->title);
	ctl_put_time(o, "first_seen", row->first_seen);
	ctl_put_int(o, "words", row->words);
	ctl_put_str(o, "body_source", row->body_source);
	ctl_put_int(o, "story_id", row->story_id);
	ctl_put_int(o, "revisions", row->revisions);
	ctl_put(story->json, "article", o);
	story->has_article = 1;
	tell(story, row->first_seen,
	    arena_printf(a,
		"article %" PRId64 " of story %" PRId64 " stored: %s%s%s, %" PRId64
		" words from the %s",
		row->id, row->story_id, row->title ? row->title : "(no title)",
		row->url && strcmp(row->url, story->link.url) != 0 ? ", at " : "",
		row->url && strcmp(row->url, story->link.url) != 0 ? row->url : "", row->words,
		row->body_source ? row->body_source : "page"));
	return 0;
}

static int
on_revision(const struct revision_row *row, void *arg)
{
	struct story *story = arg;
	struct json_object *o = json_object_new_object();
	ctl_put_time(o, "at", row->at);
	ctl_put_str(o, "cause", row->cause);
	ctl_put_str(o, "title", row->title);
	ctl_put_int(o, "words", row->words);
	json_object_array_add(story->json_revisions, o);
	tell(story, row->at,
	    arena_printf(&story->arena,
		"text of the article replaced%s%s; the old one had %" PRId64 " words",
		row->cause && *row->cause ? ": " : "", row->cause ? row->cause : "", row->words));
	return 0;
}

static int
on_poll(const struct poll_row *row, void *arg)
{
	struct story *story = arg;
	struct json_object *o = json_object_new_object();
	ctl_put_time(o, "at", row->at);
	ctl_put_str(o, "feed", row->feed_url);
	ctl_put_str(o, "outcome", row->outcome);
	ctl_put_int(o, "status", row->status);
	ctl_put_str(o, "error", row->error);
	ctl_put_int(o, "items", row->items);
	ctl_put_int(o, "new", row->fresh);
	ctl_put_time(o, "next_poll", row->next_poll);
	ctl_put_str(o, "next_reason", row->next_reason);
	json_object_array_add(story->json_polls, o);
	return 0;
}

/* ---- in words ---- */

const char *
ctl_outcome_style(const char *outcome)
{
	switch (outcome_parse(outcome)) {
	case OUTCOME_STORED:
	case OUTCOME_REVISION:
		return "green";
	case OUTCOME_PENDING:
	case OUTCOME_DUPLICATE:
		return "yellow";
	case -1:
		return NULL; /* another word */
	default:
		return "red";
	}
}

/* The last thing that the link's row tells: its outcome, or where it stands. */
static void
tell_outcome(struct story *story)
{
	const struct link_row *l = &story->link;
	struct arena *a = &story->arena;
	int outcome = outcome_parse(l->outcome), pending = outcome == OUTCOME_PENDING;
	char *tries = l->attempts ? arena_printf(a, " after %" PRId64 " attempt%s", l->attempts,
					l->attempts == 1 ? "" : "s")
				  : arena_strdup(a, "");
	const char *reason = l->reason && *l->reason ? l->reason : NULL;
	int said = reason && strncmp(reason, "HTTP ", 5) == 0; /* the number stands there already */
	char *status = l->status && !said ? arena_printf(a, " (HTTP %" PRId64 ")", l->status)
					  : arena_strdup(a, "");
	char *of = outcome == OUTCOME_DUPLICATE && l->article_id
		       ? arena_printf(a, " of article %" PRId64, l->article_id)
		       : arena_strdup(a, "");
	if (pending && l->attempts == 0 && !reason)
		tell(story, l->at ? l->at : l->first_seen,
		    arena_strdup(a, "waits for its first fetch"));
	else
		tell(story, l->at ? l->at : l->first_seen,
		    arena_printf(a, "%s%s%s%s%s%s", pending ? "still pending" : l->outcome, of,
			tries, status, reason ? ": " : "", reason ? reason : ""));
	if (pending && l->due) {
		char iso[32];
		tell(story, l->due,
		    arena_printf(a, "next attempt, not before %s", clock_iso(l->due, iso)));
	}
}

static void
print_story(struct story *story)
{
	const struct link_row *l = &story->link;
	int outcome = outcome_parse(l->outcome);
	char *url = table_safe(l->url), *title = table_safe(l->title ? l->title : "");
	printf("%s%s%s\n", ctl_style("bold"), url, ctl_style("off"));
	if (*title)
		printf("%s\n", title);
	mem_free(url);
	mem_free(title);
	printf("\n%s%s%s: %s\n", ctl_style(ctl_outcome_style(l->outcome)), l->outcome,
	    ctl_style("off"), outcome >= 0 ? outcome_table[outcome].help : "");
	if (l->final_url) {
		char *final = table_safe(l->final_url);
		printf("redirected to %s\n", final);
		mem_free(final);
	}
	if (l->rechecks)
		printf("looked at again %" PRId64 " time%s, because its entry was updated\n",
		    l->rechecks, l->rechecks == 1 ? "" : "s");
	putchar('\n');
	for (size_t i = 0; i < story->moments_len; i++) {
		char iso[32], *words = table_safe(story->moments[i].words);
		printf("%s%s%s  %s\n", ctl_style("dim"), clock_iso(story->moments[i].at, iso),
		    ctl_style("off"), words);
		mem_free(words);
	}
}

static void
print_polls(struct json_object *polls, const char *feed)
{
	static const struct table_column columns[] = {
	    {"at", TABLE_STR, 0, NULL},
	    {"outcome", TABLE_STR, 0, NULL},
	    {"http", TABLE_INT, 0, NULL},
	    {"items", TABLE_INT, 0, NULL},
	    {"new", TABLE_INT, 0, NULL},
	    {"error", TABLE_STR, 1, NULL},
	};
	size_t count = json_object_array_length(polls);
	if (count == 0)
		return;
	char *safe = table_safe(feed ? feed : "");
	printf("\nlast polls of %s\n", safe);
	mem_free(safe);
	struct table *t = table_new(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < count; i++) {
		struct json_object *o = json_object_array_get_idx(polls, i);
		table_str(t, ctl_json_str(o, "at"));
		table_str(t, ctl_json_str(o, "outcome"));
		table_int(t, ctl_json_int(o, "status"));
		table_int(t, ctl_json_int(o, "items"));
		table_int(t, ctl_json_int(o, "new"));
		table_str(t, ctl_json_str(o, "error"));
		table_end_row(t);
	}
	table_free(t);
}

/* ---- the command ---- */

/* Everything about the link in STORY; 0 or an error of the store. */
static int
read_story(struct store *store, struct story *story)
{
	int rc = store_each_sighting(store, story->link.id, on_sighting, story);
	if (rc == 0)
		rc = store_each_alias(store, story->link.id, on_alias, story);
	if (rc == 0 && story->link.article_id)
		rc = store_read_article(store, story->link.article_id, on_article, story);
	if (rc == ERR_NOT_FOUND)
		rc = 0;
	if (rc == 0 && story->has_article)
		rc = store_each_revision(store, story->link.article_id, on_revision, story);
	if (rc == 0 && story->feed_id)
		rc = store_each_poll(store, story->feed_id, POLLS_SHOWN, on_poll, story);
	return rc;
}

static int
on_feed(const struct feed_row *row, void *arg)
{
	(void)row;
	*(int *)arg = 1;
	return 1;
}

static enum ctl_exit
complain_unknown(struct store *store, const char *url)
{
	int is_feed = 0;
	if (store_find_feed(store, url, on_feed, &is_feed) == 0 && is_feed)
		ctl_complain(
		    "%s is a feed and not a link in one; newsctl feeds tells how it does", url);
	else
		ctl_complain("no feed that newsd polls has ever shown the link %s", url);
	return CTL_FAILED;
}

enum ctl_exit
ctl_run_why(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct story story = {
	    .json = json_object_new_object(),
	    .json_sightings = json_object_new_array(),
	    .json_aliases = json_object_new_array(),
	    .json_revisions = json_object_new_array(),
	    .json_polls = json_object_new_array(),
	};
	int rc = store_find_link(store, argv[0], on_link, &story);
	if (rc == ERR_NOT_FOUND) {
		status = complain_unknown(store, argv[0]);
	} else if (rc != 0 || read_story(store, &story) != 0) {
		status = ctl_complain_store(store);
	} else if (ctl->json) {
		put_link(story.json, &story.link);
		ctl_put(story.json, "sightings", json_object_get(story.json_sightings));
		ctl_put(story.json, "aliases", json_object_get(story.json_aliases));
		ctl_put(story.json, "revisions", json_object_get(story.json_revisions));
		ctl_put(story.json, "polls", json_object_get(story.json_polls));
		ctl_print_json(stdout, json_object_get(story.json));
	} else {
		tell_outcome(&story);
		qsort(story.moments, story.moments_len, sizeof *story.moments, compare_moments);
		print_story(&story);
		print_polls(story.json_polls, story.link.first_feed);
	}
	json_object_put(story.json);
	json_object_put(story.json_sightings);
	json_object_put(story.json_aliases);
	json_object_put(story.json_revisions);
	json_object_put(story.json_polls);
	arena_clear(&story.arena);
	store_close(store);
	return status;
}
