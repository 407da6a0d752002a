/* outages: when newsd's own network was out. */
#include "store_priv.h"

int
store_put_outage(struct store *s, const struct store_outage *o)
{
	int own, status;
	if (o->ends)
		return RUN(s, SQL_END_OUTAGE, INT(o->ends));
	status = store_enter(s, &own);
	if (status)
		return status;
	status = RUN(s, SQL_PUT_OUTAGE, INT(o->begins), INT(o->sites), TEXT(o->reason));
	if (!status)
		status = RUN(s, SQL_EXCUSE_FEEDS, INT(o->begins));
	return store_leave(s, own, status);
}

int
store_each_open_outage(struct store *s, store_outage_cb cb, void *arg)
{
	sqlite3_stmt *st = store_query(s, SQL_OPEN_OUTAGES, NULL, 0);
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_OPEN_OUTAGES, st)) > 0) {
		struct store_outage o = {
		    .begins = col_int(st, 0), .sites = col_int(st, 1), .reason = col_text(st, 2)};
		if (cb(&o, arg)) {
			store_done(st);
			return 0;
		}
	}
	return status < 0 ? status : 0;
}
