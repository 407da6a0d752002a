/*
 * newsctl status, check: how the store and the daemon do. The outcomes, which the store counts at
 * every change, are added up here and compared with the links that were discovered, whose number
 * does not come from those counts.
 */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "mem.h"
#include "outcome.h"
#include "table.h"

#define CHECK_FULL_MAX (INT64_C(256) << 20) /* bytes of a store that is checked in full unasked */

/* ---- the store ---- */

static int64_t
sum_ended(const struct store_status *s)
{
	int64_t sum = 0;
	for (int o = 0; o < OUTCOME_COUNT; o++)
		if (o != OUTCOME_PENDING)
			sum += s->outcomes[o];
	return sum;
}

/* Every link has one outcome or is pending. */
static int
sum_agrees(const struct store_status *s)
{
	return sum_ended(s) + s->outcomes[OUTCOME_PENDING] == s->links;
}

static void
print_store(const char *path, const struct store_status *s)
{
	static const struct table_column columns[] = {
	    {"store", TABLE_STR, 1, NULL},
	    {"size", TABLE_BYTES, 0, NULL},
	    {"write-ahead log", TABLE_BYTES, 0, NULL},
	    {"schema", TABLE_INT, 0, NULL},
	    {"feeds", TABLE_INT, 0, NULL},
	    {"failing feeds", TABLE_INT, 0, NULL},
	    {"strangely silent feeds", TABLE_INT, 0, NULL},
	    {"open proposals", TABLE_INT, 0, NULL},
	    {"articles", TABLE_INT, 0, NULL},
	    {"newest article", TABLE_TIME, 0, NULL},
	    {"revisions", TABLE_INT, 0, NULL},
	    {"texts not judged yet", TABLE_INT, 0, NULL},
	    {"sightings", TABLE_INT, 0, NULL},
	    {"polls kept", TABLE_INT, 0, NULL},
	    {"oldest pending", TABLE_TIME, 0, NULL},
	};
	const int64_t numbers[] = {s->size, s->wal_size, s->schema, s->feeds, s->feeds_failing,
	    s->feeds_stale, s->proposals, s->articles, s->newest_article, s->revisions, s->unjudged,
	    s->sightings, s->polls, s->oldest_pending};
	struct table *t =
	    table_new_record(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
	table_str(t, path);
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
		table_int(t, numbers[i]);
	table_end_row(t);
	table_free(t);
}

static void
print_outcomes(const struct store_status *s)
{
	static const struct table_column columns[] = {
	    {"outcome", TABLE_STR, 0, NULL},
	    {"links", TABLE_INT, 0, NULL},
	    {"meaning", TABLE_STR, 1, NULL},
	};
	putchar('\n');
	struct table *t = table_new(stdout, TABLE_TEXT, columns, 3);
	for (int o = 0; o < OUTCOME_COUNT; o++) {
		if (s->outcomes[o] == 0)
			continue;
		table_str(t, outcome_table[o].name);
		table_int(t, s->outcomes[o]);
		table_str(t, outcome_table[o].help);
		table_end_row(t);
	}
	table_free(t);
	int64_t ended = sum_ended(s), pending = s->outcomes[OUTCOME_PENDING];
	int agrees = sum_agrees(s);
	printf("sum of outcomes %" PRId64 " + pending %" PRId64 " = %" PRId64
	       "; links discovered %" PRId64 ": %s%s%s\n",
	    ended, pending, ended + pending, s->links, ctl_style(agrees ? "green" : "red"),
	    agrees ? "nothing is missing" : "THEY DIFFER, see newsctl check", ctl_style("off"));
}

static struct json_object *
store_json(const char *path, const struct store_status *s)
{
	struct json_object *o = json_object_new_object(), *outcomes = json_object_new_object();
	ctl_put_str(o, "path", path);
	ctl_put_int(o, "schema", s->schema);
	ctl_put_int(o, "size", s->size);
	ctl_put_int(o, "wal_size", s->wal_size);
	ctl_put_int(o, "feeds", s->feeds);
	ctl_put_int(o, "feeds_failing", s->feeds_failing);
	ctl_put_int(o, "feeds_stale", s->feeds_stale);
	ctl_put_int(o, "proposals", s->proposals);
	ctl_put_int(o, "articles", s->articles);
	ctl_put_time(o, "newest_article", s->newest_article);
	ctl_put_int(o, "revisions", s->revisions);
	ctl_put_int(o, "unjudged", s->unjudged);
	ctl_put_int(o, "sightings", s->sightings);
	ctl_put_int(o, "polls", s->polls);
	ctl_put_int(o, "links", s->links);
	ctl_put_time(o, "oldest_pending", s->oldest_pending);
	for (int i = 0; i < OUTCOME_COUNT; i++)
		ctl_put_int(outcomes, outcome_table[i].name, s->outcomes[i]);
	ctl_put(o, "outcomes", outcomes);
	ctl_put_int(o, "ended", sum_ended(s));
	ctl_put_int(o, "pending", s->outcomes[OUTCOME_PENDING]);
	ctl_put_bool(o, "sum_agrees", sum_agrees(s));
	return o;
}

/* ---- the daemon ---- */

/* A figure of the daemon's answer: where it stands in it, and how it is shown. */
static const struct daemon_figure {
	const char *group, *key; /* group NULL: at the top */
	struct table_column column;
} daemon_figures[] = {
    {NULL, "version", {"newsd", TABLE_STR, 0, NULL}},
    {NULL, "pid", {"process", TABLE_INT, 0, NULL}},
    {NULL, "started", {"started", TABLE_TIME, 0, NULL}},
    {NULL, "feeds", {"feeds polled", TABLE_INT, 0, NULL}},
    {NULL, "next_poll", {"next poll", TABLE_TIME, 0, NULL}},
    {NULL, "outage", {"network out since", TABLE_TIME, 0, NULL}},
    {"waiting", "feeds", {"feeds waiting", TABLE_INT, 0, NULL}},
    {"waiting", "links", {"links waiting", TABLE_INT, 0, NULL}},
    {NULL, "polls", {"polls", TABLE_INT, 0, NULL}},
    {NULL, "pages", {"pages fetched", TABLE_INT, 0, NULL}},
    {NULL, "stored", {"articles stored", TABLE_INT, 0, NULL}},
    {NULL, "transfers", {"transfers now", TABLE_INT, 0, NULL}},
    {NULL, "bytes_in_flight", {"bytes in flight", TABLE_BYTES, 0, NULL}},
    {"fetch", "requests", {"requests", TABLE_INT, 0, NULL}},
    {"fetch", "redirects", {"redirects", TABLE_INT, 0, NULL}},
    {"fetch", "connections", {"connections", TABLE_INT, 0, NULL}},
    {"fetch", "bytes", {"bytes received", TABLE_BYTES, 0, NULL}},
    {"fetch", "dns_lookups", {"DNS look-ups", TABLE_INT, 0, NULL}},
    {"fetch", "ca_loads", {"CA bundle loads", TABLE_INT, 0, NULL}},
    {"workers", "count", {"workers", TABLE_INT, 0, NULL}},
    {"workers", "sandbox", {"sandbox", TABLE_STR, 1, NULL}},
    {"workers", "queued", {"documents queued", TABLE_INT, 0, NULL}},
    {"workers", "jobs", {"documents parsed", TABLE_INT, 0, NULL}},
    {"workers", "crashes", {"worker crashes", TABLE_INT, 0, NULL}},
    {"workers", "timeouts", {"worker time-outs", TABLE_INT, 0, NULL}},
    {"workers", "respawns", {"worker respawns", TABLE_INT, 0, NULL}},
    {NULL, "quarantined", {"in quarantine", TABLE_INT, 0, NULL}},
    {"writer", "queued", {"writes queued", TABLE_INT, 0, NULL}},
    {"writer", "commits", {"commits", TABLE_INT, 0, NULL}},
    {"writer", "rows", {"rows written", TABLE_INT, 0, NULL}},
    {"writer", "slowest_commit_ms", {"slowest commit, ms", TABLE_INT, 0, NULL}},
    {"stories", "ready", {"stories ready", TABLE_STR, 0, NULL}},
    {"stories", "articles", {"articles compared with", TABLE_INT, 0, NULL}},
    {"stories", "bytes", {"memory of stories", TABLE_BYTES, 0, NULL}},
    {"writer", "trouble", {"store trouble", TABLE_STR, 1, NULL}},
    {"loop", "lag_max_ms", {"loop lag at most, ms", TABLE_INT, 0, NULL}},
    {"loop", "over_20ms", {"loop turns over 20 ms", TABLE_INT, 0, NULL}},
    {"loop", "turns", {"loop turns", TABLE_INT, 0, NULL}},
};
#define FIGURES (sizeof daemon_figures / sizeof *daemon_figures)

/* The word at KEY of IN; for what is true or false, "yes" or "no". */
static const char *
word_of(struct json_object *in, const char *key)
{
	struct json_object *value = NULL;
	if (json_object_object_get_ex(in, key, &value) &&
	    json_object_is_type(value, json_type_boolean))
		return json_object_get_boolean(value) ? "yes" : "no";
	const char *text = ctl_json_str(in, key);
	return text ? text : "none";
}

static void
print_daemon(struct json_object *answer)
{
	struct table_column columns[FIGURES];
	for (size_t i = 0; i < FIGURES; i++)
		columns[i] = daemon_figures[i].column;
	putchar('\n');
	struct table *t = table_new_record(stdout, TABLE_TEXT, columns, FIGURES);
	for (size_t i = 0; i < FIGURES; i++) {
		const struct daemon_figure *figure = &daemon_figures[i];
		struct json_object *in = answer;
		if (figure->group && !json_object_object_get_ex(answer, figure->group, &in))
			in = NULL;
		if (!json_object_is_type(in, json_type_object))
			table_str(t, NULL);
		else if (figure->column.type == TABLE_STR)
			table_str(t, word_of(in, figure->key));
		else
			table_int(t, ctl_json_int(in, figure->key));
	}
	table_end_row(t);
	table_free(t);
}

/* The daemon's answer to `status`; NULL and F when it can't be had. */
static struct json_object *
ask_daemon(const char *path, struct fault *f)
{
	struct json_object *request, *answer = NULL;
	int fd = control_connect(path, f);
	if (fd < 0)
		return NULL;
	request = ctl_request("status");
	if (control_call(fd, request, &answer, f) != 0)
		answer = NULL;
	json_object_put(request);
	close(fd);
	return answer;
}

enum ctl_exit
ctl_run_status(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct store *store;
	struct store_status figures = {0};
	struct store_polling polling = {0};
	struct fault down = {0};
	const char *socket = ctl_socket_path(ctl);
	if (!socket)
		return CTL_USAGE;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status == CTL_USAGE)
		return status;
	if (status == CTL_OK) {
		int64_t now = clock_now();
		if (store_read_status(store, &figures) != 0 ||
		    store_read_polling(store, now, now - CTL_STATUS_GAP_DAYS * 86400, &polling) !=
			0)
			status = ctl_complain_store(store);
		store_close(store);
	}
	struct json_object *daemon = ask_daemon(socket, &down);
	if (ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put(o, "store",
		    status == CTL_OK ? store_json(ctl_store_path(ctl), &figures) : NULL);
		ctl_put(o, "polling", status == CTL_OK ? ctl_polling_json(&polling) : NULL);
		ctl_put(o, "daemon", json_object_get(daemon));
		ctl_put_str(o, "daemon_error", daemon ? NULL : down.text);
		ctl_print_json(stdout, o);
	} else {
		if (status == CTL_OK) {
			print_store(ctl_store_path(ctl), &figures);
			print_outcomes(&figures);
			ctl_print_polling(
			    &polling, figures.feeds, figures.feeds_failing, figures.proposals);
		}
		if (daemon) {
			ctl_print_closed(daemon);
			print_daemon(daemon);
		} else {
			printf("\n%s%s%s\n", ctl_style("yellow"), down.text, ctl_style("off"));
		}
	}
	int is_up = daemon != NULL;
	json_object_put(daemon);
	if (status != CTL_OK)
		return status;
	if (!sum_agrees(&figures))
		return CTL_FAILED;
	return is_up ? CTL_OK : CTL_DOWN;
}

/* ---- check ---- */

struct findings {
	int json;
	struct json_object *list;
	size_t count;
};

static void
on_finding(const char *sentence, void *arg)
{
	struct findings *findings = arg;
	findings->count++;
	if (findings->json) {
		json_object_array_add(findings->list, json_object_new_string(sentence));
		return;
	}
	char *safe = table_safe(sentence);
	printf("%s%s%s\n", ctl_style("red"), safe, ctl_style("off"));
	mem_free(safe);
}

/* Whether to compare every index: as asked for, else by the size of the store. */
static int
wants_full(const struct ctl *ctl, struct store *store)
{
	struct store_status figures;
	if (ctl_get(ctl, "full") || ctl_get(ctl, "fast"))
		return ctl_get(ctl, "full") != NULL;
	return store_read_status(store, &figures) != 0 || figures.size <= CHECK_FULL_MAX;
}

enum ctl_exit
ctl_run_check(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	if (ctl_get(ctl, "full") && ctl_get(ctl, "fast")) {
		ctl_complain("--full and --fast exclude each other");
		return CTL_USAGE;
	}
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct findings findings = {.json = ctl->json, .list = json_object_new_array()};
	int full = wants_full(ctl, store);
	int64_t start = clock_mono_ms();
	int rc = store_check(store, full, on_finding, &findings);
	if (rc != 0 && findings.count == 0)
		status = ctl_complain_store(store);
	else if (rc != 0)
		status = CTL_FAILED;
	if (ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put_str(o, "path", ctl_store_path(ctl));
		ctl_put_bool(o, "sound", rc == 0);
		ctl_put_bool(o, "full", full);
		ctl_put_int(o, "ms", clock_mono_ms() - start);
		ctl_put(o, "findings", findings.list);
		ctl_print_json(stdout, o);
	} else {
		json_object_put(findings.list);
		if (rc == 0)
			printf("%s is sound (%s check, %.1f s)\n", ctl_store_path(ctl),
			    full ? "full" : "fast", (double)(clock_mono_ms() - start) / 1000);
	}
	store_close(store);
	return status;
}
