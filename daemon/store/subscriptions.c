/* subscriptions: the feeds that hubs push, one row a feed. */
#include <string.h>

#include "store_priv.h"

static const char *const state_names[SUBSCRIPTION_STATES] = {
    [SUBSCRIPTION_WANTED] = "wanted",
    [SUBSCRIPTION_ASKED] = "asked",
    [SUBSCRIPTION_ACTIVE] = "active",
    [SUBSCRIPTION_DENIED] = "denied",
    [SUBSCRIPTION_ENDING] = "ending",
};

const char *
subscription_state_name(enum subscription_state s)
{
	return (unsigned)s < SUBSCRIPTION_STATES ? state_names[s] : "unknown";
}

static enum subscription_state
state_of(const char *name)
{
	for (int i = 0; name && i < SUBSCRIPTION_STATES; i++)
		if (!strcmp(name, state_names[i]))
			return (enum subscription_state)i;
	return SUBSCRIPTION_WANTED;
}

int
store_put_subscription(struct store *s, const struct subscription *sub)
{
	return RUN(s, SQL_PUT_SUBSCRIPTION, INT(sub->feed_id), TEXT(sub->hub), TEXT(sub->topic),
	    TEXT(subscription_state_name(sub->state)), SOME(sub->since), SOME(sub->lease_until),
	    SOME(sub->due), INT(sub->attempts), TEXT(sub->error), INT(sub->pushes),
	    INT(sub->dropped), INT(sub->entries), INT(sub->missed), SOME(sub->last_push));
}

int
store_drop_subscription(struct store *s, int64_t feed_id)
{
	return RUN(s, SQL_DROP_SUBSCRIPTION, INT(feed_id));
}

int
store_each_subscription(struct store *s, store_subscription_cb cb, void *arg)
{
	sqlite3_stmt *st = store_query(s, SQL_EACH_SUBSCRIPTION, NULL, 0);
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_SUBSCRIPTION, st)) > 0) {
		struct subscription sub = {.feed_id = col_int(st, 0),
		    .hub = col_text(st, 1),
		    .topic = col_text(st, 2),
		    .state = state_of(col_text(st, 3)),
		    .since = col_int(st, 4),
		    .lease_until = col_int(st, 5),
		    .due = col_int(st, 6),
		    .attempts = col_int(st, 7),
		    .error = col_text(st, 8),
		    .pushes = col_int(st, 9),
		    .dropped = col_int(st, 10),
		    .entries = col_int(st, 11),
		    .missed = col_int(st, 12),
		    .last_push = col_int(st, 13)};
		if (cb(&sub, col_text(st, 14), arg)) {
			store_done(st);
			break;
		}
	}
	return status < 0 ? status : 0;
}
