/* promises: hosts that want to be asked by https alone, so that a restart does not ask by http. */
#include "store_priv.h"

int
store_put_promise(struct store *s, const struct store_promise *p)
{
	int own, status = store_enter(s, &own);
	if (status)
		return status;
	if (p->until > p->heard)
		status = RUN(s, SQL_PUT_PROMISE, INT(p->key), TEXT(p->host), INT(p->heard),
		    INT(p->until), INT(p->subdomains));
	else
		status = RUN(s, SQL_DROP_PROMISE, INT(p->key));
	if (!status)
		status = RUN(s, SQL_DROP_PROMISES, INT(p->heard));
	return store_leave(s, own, status);
}

int
store_rebase_promises(struct store *s, int64_t now)
{
	return RUN(s, SQL_REBASE_PROMISES, INT(now));
}

int
store_each_promise(struct store *s, int64_t now, store_promise_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_PROMISE, INT(now), INT(STORE_PROMISES_MAX));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_PROMISE, st)) > 0) {
		struct store_promise p = {.key = (uint64_t)col_int(st, 0),
		    .host = col_text(st, 1),
		    .heard = col_int(st, 2),
		    .until = col_int(st, 3),
		    .subdomains = (int)col_int(st, 4)};
		if (cb(&p, arg)) {
			store_done(st);
			return 0;
		}
	}
	return status < 0 ? status : 0;
}
