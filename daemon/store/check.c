/*
 * check: is the store what it should be? Reads only, so that it works beside a running newsd and
 * for a reader of the group. Each check is a query that gives a row for each thing that is wrong.
 */
#include <stdio.h>

#include "mem.h"
#include "signature.h"
#include "store_priv.h"

#define FINDINGS_MAX 100 /* of one check; a damaged file can have millions */

/* ---- the counters ---- */

static const struct {
	const char *kind, *name;
} counter_names[COUNTER_COUNT] = {
    [COUNT_ARTICLES] = {"rows", "articles"},
    [COUNT_REVISIONS] = {"rows", "revisions"},
    [COUNT_SIGHTINGS] = {"rows", "sightings"},
    [COUNT_POLLS] = {"rows", "polls"},
};

const char *
store_counter_kind(int counter)
{
	return counter < OUTCOME_COUNT ? "links" : counter_names[counter].kind;
}

const char *
store_counter_name(int counter)
{
	return counter < OUTCOME_COUNT ? outcome_name((enum outcome)counter)
				       : counter_names[counter].name;
}

/* ---- the checks ---- */

struct check {
	int full;         /* 1: only with FULL */
	const char *what; /* for a fault */
	const char *sql;  /* one text column: what is wrong, in a sentence; "ok" is not a finding */
};

static const struct check checks[] = {
    {0, "check the counts",
	"SELECT printf('the ledger counts %d links as %s, there are %d', sum(counted), name,"
	" sum(found)) FROM"
	" (SELECT name, n AS counted, 0 AS found FROM nd_count WHERE kind = 'links'"
	" UNION ALL SELECT outcome, 0, count(*) FROM nd_link GROUP BY outcome)"
	" GROUP BY name HAVING sum(counted) <> sum(found)"},
    {0, "check the counts",
	"SELECT printf('links are numbered up to %d, there are %d', last, found) FROM"
	" (SELECT coalesce(max(id), 0) AS last, count(*) AS found FROM nd_link)"
	" WHERE last <> found"},
    {0, "check the counts",
	"SELECT printf('%d %s are counted, there are %d', c.n, c.name, t.n) FROM nd_count c JOIN"
	" (SELECT 'articles' AS name, count(*) AS n FROM nd_article"
	" UNION ALL SELECT 'revisions', count(*) FROM nd_revision"
	" UNION ALL SELECT 'sightings', count(*) FROM nd_sighting"
	" UNION ALL SELECT 'polls', count(*) FROM nd_poll) t"
	" ON t.name = c.name WHERE c.kind = 'rows' AND c.n <> t.n"},
    {0, "check the outcomes",
	"SELECT printf('link %d (%s) is %s without an article', id, url, outcome) FROM nd_link"
	" WHERE outcome IN ('stored', 'revision', 'duplicate') AND article_id IS NULL"},
    {0, "check the texts",
	"SELECT printf('article %d (%s) has no text', id, url) FROM nd_article"
	" WHERE id NOT IN (SELECT id FROM nd_body)"},
    {1, "check the stories",
	"SELECT printf('article %d (%s) has no keys, nor waits to be judged', id, url)"
	" FROM nd_article WHERE id NOT IN (SELECT article_id FROM nd_print"
	" UNION ALL SELECT article_id FROM nd_arrival)"},
    {0, "check the full-text index",
	"SELECT printf('article %d (%s) is missing in the full-text index', id, url)"
	" FROM nd_article WHERE id NOT IN (SELECT id FROM articles_fts_docsize)"},
    {0, "check the full-text index",
	"SELECT printf('the full-text index has an article %d that there is not', id)"
	" FROM articles_fts_docsize WHERE id NOT IN (SELECT id FROM nd_article)"},
    {1, "check the sightings",
	"SELECT printf('link %d (%s) was seen in no feed', id, url) FROM nd_link"
	" WHERE outcome <> 'lost' AND id NOT IN (SELECT link_id FROM nd_sighting)"},
    {1, "check the entries",
	"SELECT printf('link %d (%s) has no entry', id, url) FROM nd_link"
	" WHERE outcome <> 'lost' AND id NOT IN (SELECT link_id FROM nd_item)"},
    {1, "check the links",
	"SELECT printf('%d links have the URL %s', count(*), url) FROM nd_link"
	" GROUP BY url_hash, url HAVING count(*) > 1"},
    {0, "check the foreign keys",
	"SELECT printf('row %d of %s points to a row of %s that there is not', rowid, \"table\","
	" parent) FROM pragma_foreign_key_check"},
};

struct report {
	store_finding_cb cb;
	void *arg;
	int findings;
};

static void
report(struct report *r, const char *sentence)
{
	r->findings++;
	r->cb(sentence, r->arg);
}

static int
run_check(struct store *s, const struct check *c, struct report *r)
{
	sqlite3_stmt *st = NULL;
	int found = 0, rc = sqlite3_prepare_v2(s->db, c->sql, -1, &st, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		const char *sentence = rc == SQLITE_ROW ? col_text(st, 0) : NULL;
		if (!sentence || sqlite3_stricmp(sentence, "ok") == 0)
			continue;
		report(r, sentence);
		if (++found == FINDINGS_MAX) {
			report(r, "(and more of that kind)");
			break;
		}
	}
	int status = rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : store_fail(s, rc, c->what);
	sqlite3_finalize(st);
	if (status == ERR_CORRUPT) { /* so damaged that it can't be read: a finding, too */
		report(r, s->fault.text);
		status = 0;
	}
	return status;
}

/* ---- the full-text index, word by word ---- */

/* Add up the numbers of an FTS5 docsize record: the words in each column of one article. */
static int64_t
sum_varints(const uint8_t *p, int len)
{
	int64_t sum = 0;
	uint64_t v = 0;
	for (int i = 0; i < len; i++) {
		v = v << 7 | (p[i] & 0x7f);
		if (!(p[i] & 0x80)) {
			sum += (int64_t)v;
			v = 0;
		}
	}
	return sum;
}

static int
count_words(struct store *s, int64_t *expected)
{
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, "SELECT sz FROM articles_fts_docsize", -1, &st, NULL);
	*expected = 0;
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		if (rc == SQLITE_ROW)
			*expected +=
			    sum_varints(sqlite3_column_blob(st, 0), sqlite3_column_bytes(st, 0));
	}
	int status = rc == SQLITE_DONE ? 0 : store_fail(s, rc, "check the full-text index");
	sqlite3_finalize(st);
	return status;
}

static int
count_indexed(struct store *s, int64_t *indexed)
{
	sqlite3_stmt *st = NULL;
	int status = store_execute(s,
	    "CREATE VIRTUAL TABLE IF NOT EXISTS temp.nd_vocabulary USING"
	    " fts5vocab(main, articles_fts, row)",
	    "check the full-text index");
	if (status)
		return status;
	int rc = sqlite3_prepare_v2(
	    s->db, "SELECT coalesce(sum(cnt), 0) FROM temp.nd_vocabulary", -1, &st, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_step(st);
	*indexed = rc == SQLITE_ROW ? col_int(st, 0) : 0;
	if (rc != SQLITE_ROW)
		status = store_fail(s, rc, "check the full-text index");
	sqlite3_finalize(st);
	store_execute(s, "DROP TABLE temp.nd_vocabulary", "check the full-text index");
	return status;
}

/*
 * FTS5's own integrity check is a write, which a reader can't do. Walking the whole index reads
 * every page of it, and ghosts of texts that were deleted with the wrong words make it hold more
 * words than its articles have.
 */
static int
check_words(struct store *s, struct report *r)
{
	char sentence[160];
	int64_t expected, indexed;
	int status = count_words(s, &expected);
	if (!status)
		status = count_indexed(s, &indexed);
	if (status == ERR_CORRUPT) {
		report(r, s->fault.text);
		return 0;
	}
	if (!status && expected != indexed) {
		snprintf(sentence, sizeof sentence,
		    "the full-text index holds %lld words, its articles have %lld",
		    (long long)indexed, (long long)expected);
		report(r, sentence);
	}
	return status;
}

/* ---- the keys of stories ---- */

/* Each is what signature_pack makes. */
static int
check_keys(struct store *s, struct report *r)
{
	sqlite3_stmt *st = NULL;
	int found = 0, rc = sqlite3_prepare_v2(
			   s->db, "SELECT seq, article_id, signature FROM nd_print", -1, &st, NULL);
	while ((rc == SQLITE_OK || rc == SQLITE_ROW) && found < FINDINGS_MAX) {
		struct signature signature;
		char sentence[120];
		rc = sqlite3_step(st);
		if (rc != SQLITE_ROW || signature_unpack(&signature, sqlite3_column_blob(st, 2),
					    (size_t)sqlite3_column_bytes(st, 2)) == 0)
			continue;
		snprintf(sentence, sizeof sentence,
		    "the keys of article %lld (number %lld) are damaged", (long long)col_int(st, 1),
		    (long long)col_int(st, 0));
		report(r, sentence);
		found++;
	}
	int status =
	    rc == SQLITE_DONE || rc == SQLITE_ROW ? 0 : store_fail(s, rc, "check the keys");
	sqlite3_finalize(st);
	if (status == ERR_CORRUPT) {
		report(r, s->fault.text);
		return 0;
	}
	return status;
}

/* ---- all of it ---- */

/* What R comes to when the checks ended with STATUS. */
static int
conclude(struct store *s, const struct report *r, int status)
{
	if (status || !r->findings)
		return status;
	return fault_set(&s->fault, ERR_CORRUPT,
	    "store %s: %d findings: restore a backup, or save what can be read with `newsctl --store "
	    "%s repair NEWFILE`",
	    s->path, r->findings, s->path);
}

int
store_check(struct store *s, int full, store_finding_cb cb, void *arg)
{
	static const struct check pages[] = {
	    {0, "check the pages", "SELECT * FROM pragma_quick_check(100)"},
	    {1, "check the pages", "SELECT * FROM pragma_integrity_check(100)"},
	};
	struct report r = {.cb = cb, .arg = arg};
	/* one moment for all the checks, while newsd goes on writing */
	int own = sqlite3_get_autocommit(s->db);
	int status = own ? store_execute(s, "BEGIN", "begin to check") : 0;
	if (status)
		return status;
	status = run_check(s, &pages[full != 0], &r);
	for (size_t i = 0; i < sizeof checks / sizeof *checks && !status; i++)
		if (full || !checks[i].full)
			status = run_check(s, &checks[i], &r);
	if (!status && full)
		status = check_words(s, &r);
	if (!status && full)
		status = check_keys(s, &r);
	if (own && !sqlite3_get_autocommit(s->db))
		store_execute(s, "ROLLBACK", "end the check");
	return conclude(s, &r, status);
}

int
store_check_pages(struct store *s, store_finding_cb cb, void *arg)
{
	struct report r = {.cb = cb, .arg = arg};
	sqlite3_stmt *st = NULL;
	int status = 0, rc = sqlite3_prepare_v2(s->db,
			    "SELECT name FROM sqlite_schema WHERE type = 'table' AND rootpage > 0"
			    " UNION ALL SELECT 'sqlite_schema'",
			    -1, &st, NULL);
	struct arena a = {0};
	char **names = NULL;
	size_t count = 0;
	while (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		*ARENA_PUSH(&a, names, count) = arena_strdup(&a, col_text(st, 0));
		rc = SQLITE_OK;
	}
	if (rc != SQLITE_DONE)
		status = store_fail(s, rc, "read the names of its tables");
	sqlite3_finalize(st); /* ends the look, so that none goes on over all the tables */
	for (size_t i = 0; i < count && !status; i++) {
		char *sql = arena_printf(&a, "SELECT * FROM pragma_quick_check('%s')", names[i]);
		status = run_check(s, &(struct check){0, "check the pages", sql}, &r);
	}
	arena_clear(&a);
	if (status == ERR_CORRUPT) {
		report(&r, s->fault.text);
		status = 0;
	}
	return conclude(s, &r, status);
}
