/*
 * salvage: all rows of a table that can still be read, though some of its pages can't.
 *
 * A row is reached through the pages above it by its key, so a damaged page hides a stretch of keys
 * and nothing else. The table is read forward until the first damage and backward until the last;
 * what lies between is found by probing: where a seek to the middle of a stretch succeeds, reading
 * goes on from there in both directions until it meets damage again; where it fails, both halves
 * are tried. The first stretches are the leaves, as far as the pages above them can be read
 * (separators.c), else powers of two; they are probed in turn, the larger first, so that a bounded
 * number of probes finds every readable leaf of a table of any size.
 *
 * A key is one number of 128 bits: the rowid in its upper half, or the two first columns of the
 * primary key of a table without rowid. A table that has neither is read from both ends only.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "mem.h"
#include "store_priv.h"

#define PROBES_MAX  200000 /* beside one a leaf; each is a descent in its tree, microseconds */
#define DEPTH_MAX   12     /* halvings of a stretch: a leaf has fewer rows than 2^12 */
#define COMMIT_ROWS 10000
#define COLUMNS_MAX 100
#define SQL_MAX     16384

typedef unsigned __int128 wide;
#define WIDE_MAX (~(wide)0)
#define HALF     ((wide)1 << 64)

struct stretch {
	wide low, high; /* both may be keys */
	int depth;      /* halvings that led to it */
};

struct salvage {
	struct store *from, *to;
	int fd;
	struct store_saved *t;
	int keys;  /* how many columns the key has: 1 or 2; 0: none that can be sought */
	wide unit; /* between two keys */
	sqlite3_stmt *forward, *backward, *put;
	int columns;
	struct stretch *todo; /* a queue, from HEAD on */
	size_t head, len, cap;
	wide begin,
	    high; /* while they are planned: where the next begins, and where the last ends */
	int uncommitted;
};

/* ---- keys ---- */

static int64_t
upper_of(wide key)
{
	return (int64_t)((uint64_t)(key >> 64) ^ (UINT64_C(1) << 63));
}

static int64_t
lower_of(wide key)
{
	return (int64_t)((uint64_t)key ^ (UINT64_C(1) << 63));
}

static wide
wide_of(int64_t upper, int64_t lower)
{
	return (wide)((uint64_t)upper ^ (UINT64_C(1) << 63)) << 64 |
	       ((uint64_t)lower ^ (UINT64_C(1) << 63));
}

static wide
key_of(const struct salvage *s, sqlite3_stmt *st)
{
	return wide_of(col_int(st, 0), s->keys > 1 ? col_int(st, 1) : INT64_MIN);
}

/* The last key at or before AT, the first at or after it: those of one column have no lower half.
 */
static wide
floor_of(const struct salvage *s, wide at)
{
	return at / s->unit * s->unit;
}

/* ---- statements ---- */

/* The columns of the table in its order, quoted, and how many; those of its key that are numbers.
 */
static int
read_columns(struct salvage *s, struct buf *columns, char key[2][80], int *has_rowid)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->to->db,
	    "SELECT name, pk, type, (SELECT wr FROM pragma_table_list WHERE schema = 'main'"
	    " AND name = ?1) FROM pragma_table_info(?1) ORDER BY cid",
	    -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_bind_text(st, 1, s->t->table, -1, SQLITE_STATIC);
	*has_rowid = 1;
	while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		int64_t pk = col_int(st, 1);
		buf_printf(columns, "%s\"%s\"", s->columns++ ? ", " : "", col_text(st, 0));
		if ((pk == 1 || pk == 2) && !sqlite3_stricmp(col_text(st, 2), "INTEGER"))
			snprintf(key[pk - 1], sizeof key[0], "%s", col_text(st, 0));
		*has_rowid = !col_int(st, 3);
		rc = SQLITE_OK;
	}
	int status = rc == SQLITE_DONE ? 0 : store_fail(s->to, rc, "read the columns of a table");
	sqlite3_finalize(st);
	assert(s->columns <= COLUMNS_MAX);
	return status;
}

static int
prepare(struct store *store, const char *sql, sqlite3_stmt **st)
{
	int rc = sqlite3_prepare_v2(store->db, sql, -1, st, NULL);
	return rc == SQLITE_OK ? 0 : store_fail(store, rc, "read a table");
}

/* The statements that read from a key on, in both directions. A failure is one of FROM. */
static int
prepare_readers(struct salvage *s, const char *columns, char key[2][80], int has_rowid)
{
	struct buf sql;
	int status = 0;
	if (has_rowid) {
		s->keys = 1;
		snprintf(key[0], sizeof key[0], "rowid");
	} else {
		s->keys = !*key[0] ? 0 : !*key[1] ? 1 : 2;
	}
	s->unit = s->keys == 2 ? 1 : HALF;
	buf_init(&sql, SQL_MAX);
	for (int back = 0; back < 2 && !status; back++) {
		const char *order = back ? " DESC" : "", *than = back ? "<=" : ">=";
		sqlite3_stmt **st = back ? &s->backward : &s->forward;
		buf_clear(&sql);
		if (s->keys == 2)
			buf_printf(&sql,
			    "SELECT \"%s\", \"%s\", %s FROM %s WHERE (\"%s\", \"%s\") %s (?1, ?2)"
			    " ORDER BY \"%s\"%s, \"%s\"%s",
			    key[0], key[1], columns, s->t->table, key[0], key[1], than, key[0],
			    order, key[1], order);
		else if (s->keys)
			buf_printf(&sql,
			    "SELECT %s, 0, %s FROM %s WHERE %s %s ?1 AND ?2 = ?2 ORDER BY %s%s",
			    key[0], columns, s->t->table, key[0], than, key[0], order);
		else
			buf_printf(&sql, "SELECT 0, 0, %s FROM %s WHERE ?1 = ?1 AND ?2 = ?2",
			    columns, s->t->table);
		status = prepare(s->from, buf_str(&sql), st);
	}
	buf_clear(&sql);
	return status;
}

static int
prepare_writer(struct salvage *s, const char *columns, int with_rowid)
{
	struct buf sql;
	buf_init(&sql, SQL_MAX);
	buf_printf(&sql, "INSERT INTO %s (%s%s) VALUES (", s->t->table, with_rowid ? "rowid, " : "",
	    columns);
	for (int i = 0; i < s->columns + with_rowid; i++)
		buf_add_str(&sql, i ? ", ?" : "?");
	buf_add_str(&sql, ")");
	int status = prepare(s->to, buf_str(&sql), &s->put);
	buf_clear(&sql);
	return status;
}

/* ---- rows ---- */

/* Keep the row that ST stands at, unless it is no row of this table. */
static int
keep_row(struct salvage *s, sqlite3_stmt *st)
{
	int at = 1;
	if (sqlite3_bind_parameter_count(s->put) > s->columns) /* no column is the rowid */
		sqlite3_bind_int64(s->put, at++, col_int(st, 0));
	for (int i = 0; i < s->columns; i++)
		sqlite3_bind_value(s->put, at++, sqlite3_column_value(st, i + 2));
	int rc = sqlite3_step(s->put);
	sqlite3_reset(s->put);
	sqlite3_clear_bindings(s->put);
	if (rc == SQLITE_DONE)
		s->t->rows++;
	else if ((rc & 0xff) == SQLITE_CONSTRAINT || (rc & 0xff) == SQLITE_MISMATCH)
		/* one that is there already was come by on two ways */
		s->t->refused +=
		    rc != SQLITE_CONSTRAINT_PRIMARYKEY && rc != SQLITE_CONSTRAINT_ROWID;
	else
		return store_fail(s->to, rc, "keep a row");
	if (++s->uncommitted < COMMIT_ROWS)
		return 0;
	s->uncommitted = 0;
	int status = store_execute(s->to, "COMMIT", "commit");
	return status ? status : store_execute(s->to, "BEGIN", "begin to write");
}

/* How reading from a key went: whether it ended at a row that can't be read, and the first and the
 * last key that could; SOME 0: none. */
struct run {
	int damaged, some;
	wide first, last;
};

/* Keep all rows from AT on, forward or backward, up to END. Keys that do not go on in order are
 * those of a page that does not belong there. Returns 0, or an error of the new store. */
static int
read_run(struct salvage *s, int back, wide at, wide end, struct run *r)
{
	sqlite3_stmt *st = back ? s->backward : s->forward;
	int status = 0;
	*r = (struct run){0};
	sqlite3_bind_int64(st, 1, upper_of(at));
	sqlite3_bind_int64(st, 2, lower_of(at));
	while (!status) {
		int rc = sqlite3_step(st);
		if (rc != SQLITE_ROW) {
			r->damaged = rc != SQLITE_DONE;
			break;
		}
		wide key = key_of(s, st);
		int in_order = !r->some || (back ? key < r->last : key > r->last);
		if (s->keys && !in_order) {
			r->damaged = 1;
			break;
		}
		if (s->keys && (back ? key < end : key > end))
			break;
		status = keep_row(s, st);
		if (!r->some)
			r->first = key;
		r->last = key;
		r->some = 1;
	}
	sqlite3_reset(st);
	s->t->damaged |= r->damaged;
	return status;
}

/* ---- stretches ---- */

static void
push(struct salvage *s, wide low, wide high, int depth)
{
	if (depth > DEPTH_MAX)
		return;
	MEM_GROW(s->todo, s->len, s->cap);
	s->todo[s->len++] = (struct stretch){low, high, depth};
}

/* What lies before and behind the keys from AFTER down and from BEFORE up; either may be none. */
static void
push_below(struct salvage *s, wide low, wide key, int depth)
{
	if (key > low && key - low >= s->unit)
		push(s, low, key - s->unit, depth);
}

static void
push_above(struct salvage *s, wide key, wide high, int depth)
{
	if (high > key && high - key >= s->unit)
		push(s, key + s->unit, high, depth);
}

/* A stretch ends at KEY, and the next begins behind it. */
static void
cut_at(struct salvage *s, wide key)
{
	if (key < s->begin || key >= s->high)
		return;
	push(s, s->begin, key, 0);
	s->begin = key + s->unit;
}

static void
on_separator(const int64_t key[2], void *arg)
{
	struct salvage *s = arg;
	wide at = wide_of(key[0], s->keys > 1 ? key[1] : INT64_MIN);
	cut_at(s, at);
	/* here a row stands on that page itself, and is reached by way of either leaf beside it */
	if (s->keys > 1 && s->begin == at + s->unit)
		s->begin = at;
}

/* The page at the top of the table's tree, 0: unknown. */
static int64_t
root_of(struct salvage *s)
{
	sqlite3_stmt *st = NULL;
	int64_t root = 0;
	if (sqlite3_prepare_v2(s->from->db, "SELECT rootpage FROM sqlite_schema WHERE name = ?1",
		-1, &st, NULL) == SQLITE_OK) {
		sqlite3_bind_text(st, 1, s->t->table, -1, SQLITE_STATIC);
		root = sqlite3_step(st) == SQLITE_ROW ? col_int(st, 0) : 0;
	}
	sqlite3_finalize(st);
	return root;
}

/* Cut what lies between LOW and HIGH into stretches. */
static void
plan(struct salvage *s, wide low, wide high)
{
	int64_t page_size = 0;
	s->begin = low;
	s->high = high;
	if (store_pragma_number(s->from, "page_size", &page_size) == 0)
		store_each_separator(s->fd, page_size, root_of(s), on_separator, s);
	if (s->begin == low) /* the pages above the leaves can't be read */
		for (int bit = 0; bit < 63; bit++)
			cut_at(s, wide_of(INT64_C(1) << bit, INT64_MIN) - s->unit);
	push(s, s->begin, high, 0);
}

/* Look into a stretch that has damage at both ends: from its middle on. */
static int
probe(struct salvage *s, struct stretch in)
{
	struct run up, down;
	wide middle = floor_of(s, in.low + (in.high - in.low) / 2);
	if (middle < in.low)
		middle = in.low;
	int status = read_run(s, 0, middle, in.high, &up);
	if (status)
		return status;
	if (up.damaged && !up.some) { /* damage here: it may be all, or end on either side */
		push_below(s, in.low, middle, in.depth + 1);
		push_above(s, middle, in.high, in.depth + 1);
		return 0;
	}
	if (up.damaged)
		push_above(s, up.last, in.high, in.depth + 1);
	if (middle == in.low)
		return 0;
	status = read_run(s, 1, middle - s->unit, in.low, &down);
	if (!status && down.damaged)
		push_below(s, in.low, down.some ? down.last : middle, in.depth + 1);
	return status;
}

static int
read_table(struct salvage *s)
{
	struct run up, down = {0};
	wide low = 0, high = floor_of(s, WIDE_MAX);
	int status = read_run(s, 0, low, high, &up);
	if (status || !up.damaged)
		return status;
	status = read_run(s, 1, high, up.some ? up.last + s->unit : low, &down);
	if (status || !s->keys)
		return status;
	if (up.some)
		low = up.last + s->unit;
	if (down.some)
		high = down.last - s->unit;
	if (low <= high)
		plan(s, low, high);
	size_t probes_max = s->len + PROBES_MAX;
	while (s->head < s->len && s->head < probes_max && !status)
		status = probe(s, s->todo[s->head++]);
	return status;
}

int
store_salvage(struct store *from, int fd, struct store *to, struct store_saved *t)
{
	struct salvage s = {.from = from, .fd = fd, .to = to, .t = t};
	struct buf columns;
	char key[2][80] = {"", ""};
	int has_rowid, has_key;
	buf_init(&columns, SQL_MAX);
	int status = read_columns(&s, &columns, key, &has_rowid);
	has_key = *key[0] != '\0';
	if (!status)
		status = prepare_writer(&s, buf_str(&columns), has_rowid && !has_key);
	if (!status && prepare_readers(&s, buf_str(&columns), key, has_rowid))
		t->damaged = 1; /* not even its root, or another version of the table */
	else if (!status)
		status = store_execute(to, "BEGIN", "begin to write");
	if (!status && s.backward) {
		status = read_table(&s);
		int end = store_execute(to, status ? "ROLLBACK" : "COMMIT", "commit");
		status = status ? status : end;
	}
	sqlite3_finalize(s.forward);
	sqlite3_finalize(s.backward);
	sqlite3_finalize(s.put);
	mem_free(s.todo);
	buf_clear(&columns);
	return status;
}
