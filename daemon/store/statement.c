/*
 * statement: runs the prepared statements of a handle, and turns SQLite's failures into faults. The
 * only file that steps a statement.
 */
#include <assert.h>
#include <string.h>

#include "mem.h"
#include "store_priv.h"

/* ---- faults ---- */

static const struct {
	int rc; /* an extended result code, or a primary one for all of its kind */
	enum error error;
	const char *advice;
} failure_table[] = {
    {SQLITE_FULL, ERR_FULL, "free space on its file system"},
    {SQLITE_IOERR, ERR_IO, "look at the disk and the kernel's log"},
    {SQLITE_READONLY_ROLLBACK, ERR_READONLY,
	"newsd was killed in the middle of a change: start newsd once, which undoes it"},
    {SQLITE_READONLY_RECOVERY, ERR_READONLY,
	"newsd was killed: start newsd once, which brings in what it had committed"},
    {SQLITE_READONLY, ERR_READONLY,
	"check owner and mode of the file and of its directory, and how the file system is "
	"mounted"},
    {SQLITE_CANTOPEN, ERR_DENIED, "check owner and mode of the file and of its directory"},
    {SQLITE_PERM, ERR_DENIED, "check owner and mode of the file and of its directory"},
    {SQLITE_AUTH, ERR_DENIED, "check owner and mode of the file and of its directory"},
    {SQLITE_BUSY, ERR_BUSY, "another program is writing to it: let that end first"},
    {SQLITE_LOCKED, ERR_BUSY, "another program is writing to it: let that end first"},
    {SQLITE_CORRUPT, ERR_CORRUPT,
	"restore a backup, or save what can be read with `newsctl repair NEWFILE`"},
    {SQLITE_NOTADB, ERR_CORRUPT, "restore a backup, or move the file away to begin a new store"},
    {SQLITE_TOOBIG, ERR_LIMIT, "the row is larger than the database takes"},
    {SQLITE_CONSTRAINT, ERR_INPUT, "the row does not fit to what is stored: report this"},
    {SQLITE_INTERRUPT, ERR_TIMEOUT, "try again"},
};

int
store_explain(struct fault *f, const char *path, int rc, const char *what, const char *why)
{
	for (size_t i = 0; i < sizeof failure_table / sizeof *failure_table; i++)
		if (failure_table[i].rc == rc || failure_table[i].rc == (rc & 0xff))
			return fault_set(f, failure_table[i].error, "store %s: cannot %s: %s: %s",
			    path, what, why, failure_table[i].advice);
	return fault_set(
	    f, ERR_SYSTEM, "store %s: cannot %s: %s (code %d): report this", path, what, why, rc);
}

int
store_fail(struct store *s, int rc, const char *what)
{
	int error = store_explain(&s->fault, s->path, rc, what, sqlite3_errmsg(s->db));
	if (s->in_transaction && !s->failed)
		s->failed = error;
	return error;
}

int
store_not_found(struct store *s, const char *what, int64_t id)
{
	return fault_set(&s->fault, ERR_NOT_FOUND, "store %s: there is no %s %lld", s->path, what,
	    (long long)id);
}

const struct fault *
store_fault(const struct store *s)
{
	return &s->fault;
}

/* ---- statements ---- */

struct value
store_text_value(const char *text)
{
	return (struct value){.type = text ? VALUE_TEXT : VALUE_NULL, .text = text};
}

static int
bind_value(sqlite3_stmt *st, int at, const struct value *v)
{
	switch (v->type) {
	case VALUE_INT:
		return sqlite3_bind_int64(st, at, v->num);
	case VALUE_REAL:
		return sqlite3_bind_double(st, at, v->real);
	case VALUE_TEXT:
		return sqlite3_bind_text(st, at, v->text, -1, SQLITE_STATIC);
	case VALUE_BLOB:
		return sqlite3_bind_blob(st, at, v->blob, (int)v->num, SQLITE_STATIC);
	case VALUE_NULL:
		break;
	}
	return sqlite3_bind_null(st, at);
}

sqlite3_stmt *
store_query(struct store *s, enum sql q, const struct value *values, size_t count)
{
	sqlite3_stmt **st = &s->statements[q];
	int rc = SQLITE_OK;
	if (!*st)
		rc = sqlite3_prepare_v3(
		    s->db, sql_table[q].text, -1, SQLITE_PREPARE_PERSISTENT, st, NULL);
	if (rc == SQLITE_OK) {
		assert(!sqlite3_stmt_busy(*st));
		assert((size_t)sqlite3_bind_parameter_count(*st) == count);
	}
	for (size_t i = 0; i < count && rc == SQLITE_OK; i++)
		rc = bind_value(*st, (int)i + 1, &values[i]);
	if (rc == SQLITE_OK)
		return *st;
	store_fail(s, rc, sql_table[q].what);
	return NULL;
}

void
store_done(sqlite3_stmt *st)
{
	sqlite3_reset(st);
}

int
store_step(struct store *s, enum sql q, sqlite3_stmt *st)
{
	int rc = sqlite3_step(st), status = 0;
	if (rc == SQLITE_ROW)
		return 1;
	if (rc != SQLITE_DONE)
		status = store_fail(s, rc, sql_table[q].what);
	sqlite3_reset(st);
	return status;
}

int
store_run(struct store *s, enum sql q, const struct value *values, size_t count)
{
	sqlite3_stmt *st = store_query(s, q, values, count);
	return st ? store_step(s, q, st) : s->fault.code;
}

int
store_number(
    struct store *s, enum sql q, int64_t *out, int *found, const struct value *values, size_t count)
{
	*out = *found = 0;
	sqlite3_stmt *st = store_query(s, q, values, count);
	int status = st ? store_step(s, q, st) : s->fault.code;
	if (status <= 0)
		return status;
	*out = col_int(st, 0);
	*found = 1;
	store_done(st);
	return 0;
}

const char *
col_text(sqlite3_stmt *st, int i)
{
	return (const char *)sqlite3_column_text(st, i);
}

int64_t
col_int(sqlite3_stmt *st, int i)
{
	return sqlite3_column_int64(st, i);
}

int
store_execute(struct store *s, const char *sql, const char *what)
{
	int rc = sqlite3_exec(s->db, sql, NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0 : store_fail(s, rc, what);
}

/* ---- transactions ---- */

int
store_begin(struct store *s)
{
	assert(!s->in_transaction);
	if (s->mode == STORE_READ)
		return fault_set(&s->fault, ERR_READONLY,
		    "store %s: opened for reading only: only newsd writes to it", s->path);
	int status = store_run(s, SQL_BEGIN, NULL, 0);
	s->in_transaction = !status;
	s->failed = 0;
	return status;
}

static int
flush_counts(struct store *s)
{
	int status = 0;
	for (int i = 0; i < COUNTER_COUNT && !status; i++)
		if (s->counts[i])
			status = RUN(s, SQL_ADD_COUNT, TEXT(store_counter_kind(i)),
			    TEXT(store_counter_name(i)), INT(s->counts[i]));
	return status;
}

static void
forget_changes(struct store *s)
{
	s->in_transaction = 0;
	s->index_from = 0;
	memset(s->counts, 0, sizeof s->counts);
}

int
store_commit(struct store *s)
{
	assert(s->in_transaction);
	int status = s->failed;
	if (!status)
		status = store_index_new(s);
	if (!status)
		status = flush_counts(s);
	if (!status)
		status = store_run(s, SQL_COMMIT, NULL, 0);
	if (status) {
		store_rollback(s);
		return status;
	}
	forget_changes(s);
	return 0;
}

void
store_rollback(struct store *s)
{
	struct fault kept = s->fault;
	if (!s->in_transaction)
		return;
	if (!sqlite3_get_autocommit(s->db)) /* SQLite may have rolled back by itself */
		store_run(s, SQL_ROLLBACK, NULL, 0);
	forget_changes(s);
	map_clear(&s->hosts);
	if (s->failed == ERR_FULL) /* what the log holds may fit into free pages of the database */
		store_checkpoint(s, 1);
	s->fault = kept;
}

int
store_enter(struct store *s, int *own)
{
	*own = !s->in_transaction;
	return *own ? store_begin(s) : s->failed;
}

int
store_leave(struct store *s, int own, int status)
{
	if (!own)
		return status;
	if (!status)
		return store_commit(s);
	store_rollback(s);
	return status;
}

static int
checkpoint(struct store *s, int mode, int wait_ms)
{
	int pages = 0, moved = 0;
	sqlite3_busy_timeout(s->db, wait_ms);
	int rc = sqlite3_wal_checkpoint_v2(s->db, NULL, mode, &pages, &moved);
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	if (rc == SQLITE_OK && mode != SQLITE_CHECKPOINT_PASSIVE)
		s->log_pages = 0;
	/* busy: readers look at older pages; what could be moved is moved */
	if (rc == SQLITE_OK || (rc & 0xff) == SQLITE_BUSY || (rc & 0xff) == SQLITE_LOCKED)
		return 0;
	return store_fail(s, rc, "move the write-ahead log into the database");
}

int
store_checkpoint(struct store *s, int full)
{
	return checkpoint(s, full ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE, 0);
}

int
store_restart_log(struct store *s, int wait_ms)
{
	return checkpoint(s, SQLITE_CHECKPOINT_RESTART, wait_ms);
}

int64_t
store_log_bytes(const struct store *s)
{
	return s->log_pages * STORE_PAGE;
}
