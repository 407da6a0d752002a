/* gaps: where entries of a feed went by unseen, and what became of them. polls.c records a gap with
 * the poll that noticed it. */
#include <string.h>

#include "store_priv.h"

static const char *const state_names[GAP_STATE_COUNT] = {
    [GAP_OPEN] = "open",
    [GAP_RECOVERED] = "recovered",
    [GAP_PARTLY] = "partly",
    [GAP_LOST] = "lost",
};

const char *
gap_state_name(enum gap_state s)
{
	return (unsigned)s < GAP_STATE_COUNT ? state_names[s] : "unknown";
}

int
store_each_open_gap(struct store *s, store_gap_cb cb, void *arg)
{
	sqlite3_stmt *st = store_query(s, SQL_OPEN_GAPS, NULL, 0);
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_OPEN_GAPS, st)) > 0) {
		struct poll_gap gap = {.begins = col_int(st, 1),
		    .ends = col_int(st, 2),
		    .lost = sqlite3_column_double(st, 3)};
		if (cb(col_int(st, 0), &gap, arg)) {
			store_done(st);
			return 0;
		}
	}
	return status < 0 ? status : 0;
}

int
store_end_gaps(struct store *s, struct gap_end *e)
{
	int own, status = store_enter(s, &own);
	e->found = 0;
	e->state = GAP_LOST;
	if (status)
		return status;
	sqlite3_stmt *st = QUERY(s, SQL_END_GAPS, INT(e->feed_id), INT(e->at), INT(e->closed),
	    TEXT(e->reason), INT(e->noticed_until));
	status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_END_GAPS, st)) > 0)
		e->found += col_int(st, 0);
	if (status >= 0)
		e->state = e->closed ? GAP_RECOVERED : e->found ? GAP_PARTLY : GAP_LOST;
	return store_leave(s, own, status < 0 ? status : 0);
}
