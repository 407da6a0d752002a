/* newsctl status, the part about polling: feeds that are due, gaps of the last days, hosts that are
 * closed and why. */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <json-c/json.h>

#include "mem.h"
#include "table.h"

struct json_object *
ctl_polling_json(const struct store_polling *p)
{
	struct json_object *o = json_object_new_object();
	ctl_put_int(o, "due", p->due);
	ctl_put_int(o, "overdue", p->overdue);
	ctl_put_int(o, "ended", p->ended);
	ctl_put_int(o, "gap_days", CTL_STATUS_GAP_DAYS);
	ctl_put_int(o, "gaps", p->gaps);
	ctl_put_double(o, "lost", p->lost);
	ctl_put_int(o, "found", p->found);
	return o;
}

void
ctl_print_polling(const struct store_polling *p, int64_t feeds, int64_t failing, int64_t proposals)
{
	printf("\n%" PRId64 " feed%s: %" PRId64 " failing, %" PRId64 " due, %s%" PRId64
	       " of them for more than an hour%s, %" PRId64 " ended by proposals\n",
	    feeds, feeds == 1 ? "" : "s", failing, p->due, ctl_style(p->overdue ? "yellow" : ""),
	    p->overdue, ctl_style("off"), p->ended);
	if (p->gaps)
		printf("%s%" PRId64
		       " gap%s in the last %d days%s: about %.0f entries went by unseen, %" PRId64
		       " were found again; newsctl gaps lists them\n",
		    ctl_style("yellow"), p->gaps, p->gaps == 1 ? "" : "s", CTL_STATUS_GAP_DAYS,
		    ctl_style("off"), p->lost, p->found);
	else
		printf("no gaps in the last %d days\n", CTL_STATUS_GAP_DAYS);
	if (proposals)
		printf("%s%" PRId64 " open proposal%s%s; newsctl proposals lists them\n",
		    ctl_style("yellow"), proposals, proposals == 1 ? "" : "s", ctl_style("off"));
}

static const struct table_column columns[] = {
    {"host", TABLE_STR, 0, NULL},
    {"closed_for", TABLE_SPAN, 0, NULL},
    {"gap_s", TABLE_STR, 0, NULL},
    {"feeds", TABLE_INT, 0, NULL},
    {"pages", TABLE_INT, 0, NULL},
    {"because", TABLE_STR, 1, NULL},
};

void
ctl_print_closed(struct json_object *answer)
{
	struct json_object *list = NULL;
	int64_t total = ctl_json_int(answer, "hosts_closed");
	json_object_object_get_ex(answer, "closed", &list);
	size_t shown =
	    json_object_is_type(list, json_type_array) ? json_object_array_length(list) : 0;
	if (!shown)
		return;
	printf("\n%" PRId64 " host%s closed%s\n", total, total == 1 ? " is" : "s are",
	    (size_t)total > shown ? ", those for the longest:" : ":");
	struct table *t = table_new(stdout, TABLE_TEXT, columns, sizeof columns / sizeof *columns);
	for (size_t i = 0; i < shown; i++) {
		struct json_object *h = json_object_array_get_idx(list, i);
		char gap[32];
		snprintf(gap, sizeof gap, "%.1f", (double)ctl_json_int(h, "gap_ms") / 1000);
		table_str(t, ctl_json_str(h, "name"));
		table_int(t, (ctl_json_int(h, "open_in_ms") + 999) / 1000);
		table_str(t, gap);
		table_int(t, ctl_json_int(h, "feeds"));
		table_int(t, ctl_json_int(h, "pages_waiting"));
		table_str(t, ctl_json_str(h, "closed_by"));
		table_end_row(t);
	}
	table_free(t);
}
