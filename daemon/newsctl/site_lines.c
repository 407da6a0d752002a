/* newsctl lines: the lines that sites repeat under their stories, and what the operator says of
 * them; show --dropped: what was left out of one article. */
#include <inttypes.h>
#include <json-c/json.h>

#include "mem.h"
#include "newsctl_priv.h"
#include "table.h"

#define LIMIT     200
#define LIMIT_MAX 1000000

static const struct table_column columns[] = {
    {"id", TABLE_INT, 0, NULL},
    {"articles", TABLE_INT, 0, NULL},
    {"dropped", TABLE_INT, 0, NULL},
    {"decision", TABLE_STR, 0, NULL},
    {"last_seen", TABLE_TIME, 0, NULL},
    {"site", TABLE_STR, 0, NULL},
    {"text", TABLE_STR, 1, NULL},
};

static int
on_line(const struct site_line *l, void *arg)
{
	struct table *t = arg;
	table_int(t, l->id);
	table_int(t, l->articles);
	table_int(t, l->dropped);
	table_str(t, l->decision);
	table_int(t, l->last_seen);
	table_str(t, l->site);
	table_str(t, l->text);
	table_end_row(t);
	return 0;
}

static enum ctl_exit
list_lines(struct ctl *ctl, const char *site)
{
	struct store *store;
	int64_t limit = LIMIT;
	enum ctl_exit status = ctl_get_number(ctl, "limit", 1, LIMIT_MAX, &limit);
	if (status == CTL_OK)
		status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct table *t = ctl_table_new(ctl, columns, sizeof columns / sizeof *columns);
	if (store_each_line(store, site, ctl_get(ctl, "all") != NULL, (size_t)limit, on_line, t) !=
	    0)
		status = ctl_complain_store(store);
	table_free(t);
	store_close(store);
	return status;
}

static enum ctl_exit
order_line(struct ctl *ctl, int64_t id, enum siteline_order order)
{
	struct json_object *answer, *request = ctl_request("line");
	ctl_put_int(request, "line", id);
	ctl_put_str(request, "decision", siteline_order_name(order));
	enum ctl_exit status = ctl_ask(ctl, request, &answer);
	if (status != CTL_OK)
		return status;
	if (ctl->json) {
		ctl_print_json(stdout, json_object_get(answer));
	} else {
		static const char *const words[SITELINE_ORDERS] = {
		    [SITELINE_LEARNED] = "is decided about by newsd again",
		    [SITELINE_KEEP] = "stays in the texts",
		    [SITELINE_DROP] = "is left out of the texts",
		};
		const char *site = ctl_json_str(answer, "site"),
			   *text = ctl_json_str(answer, "text");
		char *said = mem_printf("line %" PRId64 " of %s %s from now on: %s", id,
		    site ? site : "?", words[order], text ? text : "");
		ctl_print_wrapped(stdout, said, 0, 0);
		mem_free(said);
	}
	json_object_put(answer);
	return CTL_OK;
}

enum ctl_exit
ctl_run_lines(struct ctl *ctl, int argc, char **argv)
{
	static const struct {
		const char *option;
		enum siteline_order order;
	} orders[] = {
	    {"keep", SITELINE_KEEP}, {"drop", SITELINE_DROP}, {"forget", SITELINE_LEARNED}};
	int64_t id = 0;
	int given = 0;
	enum siteline_order order = SITELINE_LEARNED;
	for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
		enum ctl_exit status = ctl_get_number(ctl, orders[i].option, 1, INT64_MAX, &id);
		if (status != CTL_OK)
			return status;
		if (!ctl_get(ctl, orders[i].option))
			continue;
		order = orders[i].order;
		given++;
	}
	if (given > 1 || (given && argc)) {
		ctl_complain("lines: HOST, --keep, --drop and --forget exclude each other");
		return CTL_USAGE;
	}
	if (given)
		return order_line(ctl, id, order);
	return list_lines(ctl, argc ? argv[0] : NULL);
}

/* ---- what was left out of one article ---- */

struct dropped {
	const struct ctl *ctl;
	size_t count;
};

static int
on_dropped(int64_t position, int64_t line_id, const char *text, void *arg)
{
	struct dropped *d = arg;
	d->count++;
	if (d->ctl->json) {
		struct json_object *o = json_object_new_object();
		ctl_put_int(o, "position", position);
		ctl_put_int(o, "line", line_id);
		ctl_put_str(o, "text", text);
		ctl_print_json(stdout, o);
		return 0;
	}
	char *said = mem_printf(
	    "line %" PRId64 " of the text (%" PRId64 "): %s", position, line_id, text ? text : "");
	ctl_print_wrapped(stdout, said, ctl_terminal_width(), 0);
	mem_free(said);
	return 0;
}

enum ctl_exit
ctl_show_dropped(const struct ctl *ctl, struct store *store, int64_t article_id)
{
	struct dropped d = {.ctl = ctl};
	if (store_each_dropped(store, article_id, on_dropped, &d) != 0)
		return ctl_complain_store(store);
	if (!d.count && !ctl->json)
		ctl_complain("nothing was left out of article %" PRId64, article_id);
	return CTL_OK;
}
