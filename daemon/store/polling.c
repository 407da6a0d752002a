/* polling: how polling stands, and what went by unseen, for people. */
#include "store_priv.h"

static void
fill_gap(sqlite3_stmt *st, struct gap_row *row)
{
	*row = (struct gap_row){.id = col_int(st, 0),
	    .feed_id = col_int(st, 1),
	    .at = col_int(st, 2),
	    .begins = col_int(st, 3),
	    .ends = col_int(st, 4),
	    .lost = sqlite3_column_double(st, 5),
	    .found = col_int(st, 6),
	    .state = col_text(st, 7),
	    .feed_url = col_text(st, 8),
	    .feed_title = col_text(st, 9),
	    .reason = col_text(st, 10)};
}

int
store_each_gap(struct store *s, int64_t since, int64_t feed_id, store_gap_row_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_GAP, INT(since), INT(feed_id));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_GAP, st)) > 0) {
		struct gap_row row;
		fill_gap(st, &row);
		if (cb(&row, arg)) {
			store_done(st);
			break;
		}
	}
	return status < 0 ? status : 0;
}

int
store_read_polling(struct store *s, int64_t now, int64_t since, struct store_polling *out)
{
	*out = (struct store_polling){0};
	sqlite3_stmt *st = QUERY(s, SQL_STATUS_DUE, INT(now));
	int status = st ? store_step(s, SQL_STATUS_DUE, st) : s->fault.code;
	if (status <= 0)
		return status;
	out->due = col_int(st, 0);
	out->overdue = col_int(st, 1);
	out->ended = col_int(st, 2);
	store_done(st);
	st = QUERY(s, SQL_STATUS_GAPS, INT(since));
	status = st ? store_step(s, SQL_STATUS_GAPS, st) : s->fault.code;
	if (status <= 0)
		return status;
	out->gaps = col_int(st, 0);
	out->lost = sqlite3_column_double(st, 1);
	out->found = col_int(st, 2);
	store_done(st);
	return 0;
}
