/* newsctl gaps: where entries went by unseen, and what became of that. */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>

#include "clock.h"
#include "hash.h"
#include "mem.h"
#include "table.h"

#define SINCE_DEFAULT (7 * 86400)

static const char *
colour_state(const char *cell)
{
	return strcmp(cell, "recovered") == 0 ? "green"
	       : strcmp(cell, "lost") == 0    ? "red"
					      : "yellow";
}

static const struct table_column columns[] = {
    {"noticed", TABLE_TIME, 0, NULL},
    {"feed", TABLE_INT, 0, NULL},
    {"from", TABLE_TIME, 0, NULL},
    {"span", TABLE_SPAN, 0, NULL},
    {"lost", TABLE_STR, 0, NULL},
    {"found", TABLE_INT, 0, NULL},
    {"state", TABLE_STR, 0, colour_state},
    {"url", TABLE_STR, 1, NULL},
};

/* The closed list of what may become of a gap; what the store says besides counts as open. */
static const char *const states[] = {"recovered", "partly", "lost", "open"};
#define STATES (sizeof states / sizeof *states)

struct sum {
	const struct ctl *ctl;
	struct table *table; /* NULL: JSON */
	size_t gaps, by_state[STATES];
	double lost;
	int64_t found;
	struct map feeds; /* by id */
};

struct json_object *
ctl_gap_json(const struct gap_row *row)
{
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "id", row->id);
	ctl_put_int(o, "feed_id", row->feed_id);
	ctl_put_str(o, "feed", row->feed_url);
	ctl_put_str(o, "title", row->feed_title);
	ctl_put_time(o, "at", row->at);
	ctl_put_time(o, "begins", row->begins);
	ctl_put_time(o, "ends", row->ends);
	ctl_put_double(o, "lost", row->lost);
	ctl_put_int(o, "found", row->found);
	ctl_put_str(o, "state", row->state);
	ctl_put_str(o, "reason", row->reason);
	return o;
}

static void
add_up(struct sum *sum, const struct gap_row *row)
{
	size_t state = 0;
	while (state < STATES - 1 && strcmp(row->state, states[state]) != 0)
		state++;
	sum->by_state[state]++;
	sum->gaps++;
	sum->lost += row->lost;
	sum->found += row->found;
	map_put(&sum->feeds, (uint64_t)row->feed_id, sum);
}

static int
on_gap(const struct gap_row *row, void *arg)
{
	struct sum *sum = arg;
	struct table *t = sum->table;
	char lost[32];
	add_up(sum, row);
	if (!t) {
		ctl_print_row(sum->ctl, ctl_gap_json(row));
		return 0;
	}
	snprintf(lost, sizeof lost, "~%.0f", row->lost);
	table_int(t, row->at);
	table_int(t, row->feed_id);
	table_int(t, row->begins);
	table_int(t, row->ends - row->begins);
	table_str(t, lost);
	table_int(t, row->found);
	table_str(t, row->state);
	table_str(t, row->feed_url);
	table_end_row(t);
	return 0;
}

static void
print_sum(const struct sum *sum)
{
	printf("%zu gap%s of %zu feed%s: about %.0f entries went by unseen, %" PRId64
	       " of them were found again",
	    sum->gaps, sum->gaps == 1 ? "" : "s", sum->feeds.count,
	    sum->feeds.count == 1 ? "" : "s", sum->lost, sum->found);
	const char *before = " (";
	for (size_t i = 0; i < STATES; i++) {
		if (!sum->by_state[i])
			continue;
		printf("%s%zu %s", before, sum->by_state[i], states[i]);
		before = ", ";
	}
	puts(")");
}

enum ctl_exit
ctl_run_gaps(struct ctl *ctl, int argc, char **argv)
{
	struct store *store;
	struct sum sum = {.ctl = ctl};
	int64_t since = 0, feed_id = 0;
	enum ctl_exit status = ctl_get_since(ctl, "since", &since);
	if (status == CTL_OK)
		status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	if (!since)
		since = clock_now() - SINCE_DEFAULT;
	if (argc > 0)
		status = ctl_find_feed(store, argv[0], &feed_id);
	if (status == CTL_OK && !ctl->json)
		sum.table =
		    table_new(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
	if (status == CTL_OK && store_each_gap(store, since, feed_id, on_gap, &sum) != 0)
		status = ctl_complain_store(store);
	if (sum.table)
		table_free(sum.table);
	if (status == CTL_OK && !ctl->json && sum.gaps)
		print_sum(&sum);
	else if (status == CTL_OK && !ctl->json)
		ctl_complain("no gap was noticed in that time");
	map_clear(&sum.feeds);
	store_close(store);
	return status;
}
