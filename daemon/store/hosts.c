/* hosts: what was learned of a host's patience, so that a restart does not try it anew. */
#include "store_priv.h"

int
store_put_host_memory(struct store *s, const struct host_memory *m)
{
	return RUN(s, SQL_REMEMBER_HOST, INT(m->key), TEXT(m->name), INT(m->gap_ms),
	    INT(m->gap_until), SOME(m->closed_until));
}

int
store_each_host_memory(struct store *s, int64_t now, store_host_memory_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_REMEMBERED_HOSTS, INT(now));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_REMEMBERED_HOSTS, st)) > 0) {
		struct host_memory m = {.key = (uint64_t)col_int(st, 0),
		    .name = col_text(st, 1),
		    .gap_ms = col_int(st, 2),
		    .gap_until = col_int(st, 3),
		    .closed_until = col_int(st, 4)};
		if (cb(&m, arg)) {
			store_done(st);
			return 0;
		}
	}
	return status < 0 ? status : 0;
}
