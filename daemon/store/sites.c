/*
 * sites: what is known of each site from its articles: the lines that it repeats (sitelines.h), and
 * how its texts usually are (drift.h). One row a site, read and written with each article; a line
 * has a row of its own once it was seen in several.
 */
#include <string.h>

#include "mem.h"
#include "store_priv.h"

static const uint8_t *
copy_blob(sqlite3_stmt *st, int column, struct arena *a, size_t *len)
{
	*len = (size_t)sqlite3_column_bytes(st, column);
	return *len ? memcpy(arena_alloc(a, *len), sqlite3_column_blob(st, column), *len) : NULL;
}

int
store_load_site(struct store *s, const char *name, struct arena *a, struct site_row *out)
{
	*out = (struct site_row){.name = name};
	sqlite3_stmt *st = QUERY(s, SQL_LOAD_SITE, INT(hash64_str(name)));
	int status = st ? store_step(s, SQL_LOAD_SITE, st) : s->fault.code;
	if (status <= 0)
		return status;
	out->lines = copy_blob(st, 0, a, &out->lines_len);
	out->drift = copy_blob(st, 1, a, &out->drift_len);
	store_done(st);
	return 0;
}

int
store_put_site(struct store *s, const struct site_row *row)
{
	return RUN(s, SQL_PUT_SITE, INT(hash64_str(row->name)), TEXT(row->name),
	    BLOB(row->lines, row->lines_len), BLOB(row->drift, row->drift_len));
}

int
store_keeps_site_lines(const struct store *s)
{
	return s->keep_site_lines;
}

int
store_put_line(struct store *s, const struct site_line *l, int64_t *id)
{
	int found;
	struct value values[] = {INT(hash64_str(l->site)), INT(l->hash), TEXT(l->text),
	    INT(l->articles), INT(l->dropped), INT(l->last_seen)};
	return store_number(s, SQL_PUT_LINE, id, &found, values, sizeof values / sizeof *values);
}

int
store_put_dropped(struct store *s, int64_t article_id, size_t position, int64_t line_id)
{
	return RUN(s, SQL_PUT_DROPPED, INT(article_id), INT(position), INT(line_id));
}

int
store_forget_dropped(struct store *s, int64_t article_id)
{
	return RUN(s, SQL_FORGET_DROPPED, INT(article_id));
}

int
store_each_line(
    struct store *s, const char *site, int all, size_t limit, store_line_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_LINE, TEXT(site), INT(all != 0), INT(limit));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_LINE, st)) > 0) {
		struct site_line l = {.id = col_int(st, 0),
		    .site = col_text(st, 1),
		    .text = col_text(st, 2),
		    .articles = col_int(st, 3),
		    .dropped = col_int(st, 4),
		    .first_seen = col_int(st, 5),
		    .last_seen = col_int(st, 6),
		    .decision = col_text(st, 7)};
		if (cb(&l, arg)) {
			store_done(st);
			break;
		}
	}
	return status < 0 ? status : 0;
}

int
store_each_dropped(struct store *s, int64_t article_id, store_dropped_cb cb, void *arg)
{
	sqlite3_stmt *st = QUERY(s, SQL_EACH_DROPPED, INT(article_id));
	int status = st ? 1 : s->fault.code;
	while (status > 0 && (status = store_step(s, SQL_EACH_DROPPED, st)) > 0)
		if (cb(col_int(st, 0), col_int(st, 1), col_text(st, 2), arg)) {
			store_done(st);
			break;
		}
	return status < 0 ? status : 0;
}

int
store_decide_line(
    struct store *s, int64_t id, enum siteline_order order, struct arena *a, struct site_line *out)
{
	sqlite3_stmt *st = QUERY(s, SQL_READ_LINE, INT(id));
	int status = st ? store_step(s, SQL_READ_LINE, st) : s->fault.code;
	*out = (struct site_line){.id = id};
	if (!status)
		return fault_set(&s->fault, ERR_NOT_FOUND,
		    "no line %lld; `newsctl lines` lists them", (long long)id);
	if (status < 0)
		return status;
	out->site = arena_strdup(a, col_text(st, 0));
	out->text = arena_strdup(a, col_text(st, 1));
	out->hash = (uint64_t)col_int(st, 2);
	store_done(st);
	return RUN(s, SQL_DECIDE_LINE, INT(id), TEXT(siteline_order_name(order)));
}

/* ---- drifts ---- */

int
store_put_drift(struct store *s, const char *site, const struct drift_change *change, int64_t at)
{
	uint64_t key = hash64_str(site);
	if (change->ends)
		return RUN(s, SQL_END_DRIFT, INT(key), INT(at),
		    TEXT(change->settled ? "settled" : "recovered"));
	return RUN(s, SQL_PUT_DRIFT, INT(key), TEXT(drift_kind_name(change->kind)),
	    INT(change->since), INT(at), REAL(change->before), REAL(change->after));
}

int
store_link_site(struct store *s, int64_t link_id, struct arena *a, char **site)
{
	sqlite3_stmt *st = QUERY(s, SQL_LINK_SITE, INT(link_id));
	int status = st ? store_step(s, SQL_LINK_SITE, st) : s->fault.code;
	*site = NULL;
	if (status <= 0)
		return status;
	*site = arena_strdup(a, col_text(st, 0));
	store_done(st);
	return 0;
}
