/* newsctl hubs: the WebSub hubs, and how far each can be relied on; the subscriptions one by one.
 */
#include <string.h>

#include <json-c/json.h>

#include "mem.h"
#include "newsctl_priv.h"
#include "table.h"
#include "websub.h"

/* ---- subscriptions ---- */

static const struct table_column feed_columns[] = {
    {"feed", TABLE_INT, 0, NULL},
    {"state", TABLE_STR, 0, NULL},
    {"pushes", TABLE_INT, 0, NULL},
    {"entries", TABLE_INT, 0, NULL},
    {"missed", TABLE_INT, 0, NULL},
    {"dropped", TABLE_INT, 0, NULL},
    {"last_push", TABLE_TIME, 0, NULL},
    {"lease_until", TABLE_TIME, 0, NULL},
    {"url", TABLE_STR, 1, NULL},
    {"hub", TABLE_STR, 1, NULL},
    {"error", TABLE_STR, 1, NULL},
};

static int
show_subscription(const struct subscription *s, const char *feed_url, void *arg)
{
	struct table *t = arg;
	table_int(t, s->feed_id);
	table_str(t, subscription_state_name(s->state));
	table_int(t, s->pushes);
	table_int(t, s->entries);
	table_int(t, s->missed);
	table_int(t, s->dropped);
	table_int(t, s->last_push);
	table_int(t, s->lease_until);
	table_str(t, feed_url);
	table_str(t, s->hub);
	table_str(t, s->error);
	table_end_row(t);
	return 0;
}

/* ---- hubs ---- */

static const struct table_column hub_columns[] = {
    {"feeds", TABLE_INT, 0, NULL},
    {"active", TABLE_INT, 0, NULL},
    {"pushes", TABLE_INT, 0, NULL},
    {"entries", TABLE_INT, 0, NULL},
    {"missed", TABLE_INT, 0, NULL},
    {"dropped", TABLE_INT, 0, NULL},
    {"last_push", TABLE_TIME, 0, NULL},
    {"trust", TABLE_STR, 0, NULL},
    {"hub", TABLE_STR, 1, NULL},
};

struct hub {
	struct table *table;
	char *url; /* of the hub that is added up, NULL: none yet */
	int64_t feeds, active, pushes, entries, missed, dropped, last_push;
};

static void
end_hub(struct hub *h)
{
	if (!h->url)
		return;
	table_int(h->table, h->feeds);
	table_int(h->table, h->active);
	table_int(h->table, h->pushes);
	table_int(h->table, h->entries);
	table_int(h->table, h->missed);
	table_int(h->table, h->dropped);
	table_int(h->table, h->last_push);
	table_str(h->table, websub_trust_name(websub_judge(h->entries, h->missed)));
	table_str(h->table, h->url);
	table_end_row(h->table);
	mem_free(h->url);
	*h = (struct hub){.table = h->table};
}

static int
add_subscription(const struct subscription *s, const char *feed_url, void *arg)
{
	struct hub *h = arg;
	(void)feed_url;
	if (h->url && strcmp(h->url, s->hub) != 0) /* they come hub by hub */
		end_hub(h);
	if (!h->url)
		h->url = mem_strdup(s->hub);
	h->feeds++;
	h->active += s->state == SUBSCRIPTION_ACTIVE;
	h->pushes += s->pushes;
	h->entries += s->entries;
	h->missed += s->missed;
	h->dropped += s->dropped;
	if (s->last_push > h->last_push)
		h->last_push = s->last_push;
	return 0;
}

enum ctl_exit
ctl_run_hubs(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	struct hub hub = {0};
	int failed;
	if (ctl_get(ctl, "feeds")) {
		struct table *t =
		    ctl_table_new(ctl, feed_columns, sizeof feed_columns / sizeof *feed_columns);
		failed = store_each_subscription(store, show_subscription, t);
		table_free(t);
	} else {
		hub.table =
		    ctl_table_new(ctl, hub_columns, sizeof hub_columns / sizeof *hub_columns);
		failed = store_each_subscription(store, add_subscription, &hub);
		end_hub(&hub);
		table_free(hub.table);
	}
	if (failed)
		status = ctl_complain_store(store);
	store_close(store);
	return status;
}
