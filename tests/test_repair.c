/*
 * test_repair: pages of a store are destroyed on purpose, and the new store that a repair makes
 * holds every row that did not lie on them, is sound, and says what is lost.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <sqlite3.h>

#include "schema.h"
#include "store_fixture.h"

#define ok(call)  assert_int_equal((call), 0)
#define LINKS     2000
#define ARTICLES  1000
#define PAGE_SIZE 8192

struct outcome_of_repair {
	char text[4096]; /* the sentences, a line each */
	int64_t lost;
	struct {
		char name[32];
		int64_t rows, refused, expected;
		int damaged;
	} tables[40];
	size_t tables_len;
	struct fault f;
};

static void
on_saved(const struct store_saved *t, void *arg)
{
	struct outcome_of_repair *o = arg;
	assert_true(o->tables_len < 40);
	snprintf(o->tables[o->tables_len].name, sizeof o->tables->name, "%s", t->table);
	o->tables[o->tables_len].rows = t->rows;
	o->tables[o->tables_len].refused = t->refused;
	o->tables[o->tables_len].expected = t->expected;
	o->tables[o->tables_len++].damaged = t->damaged;
}

static void
on_sentence(const char *sentence, void *arg)
{
	struct outcome_of_repair *o = arg;
	size_t len = strlen(o->text);
	snprintf(o->text + len, sizeof o->text - len, "%s\n", sentence);
}

static void
refuse_finding(const char *sentence, void *arg)
{
	(void)arg;
	fail_msg("the repaired store: %s", sentence);
}

/* ---- a store ---- */

/* A store with LINKS links of two feeds, every second of which led to an article. */
static void
fill(struct store_fixture *x)
{
	struct poll_result r;
	int64_t feeds[] = {store_fixture_feed(x, "http://a.example/rss"),
	    store_fixture_feed(x, "http://b.example/rss")};
	for (int i = 0; i < LINKS / 100; i++) {
		ok(store_begin(x->store));
		ok(store_fixture_poll(x, feeds[i % 2], T0 + 600 * i,
		    store_fixture_doc(x, i % 2 ? "b.example" : "a.example", i * 100, 100), &r));
		assert_int_equal(r.links_len, 100);
		for (size_t k = 0; k < 100; k += 2) {
			char *url = arena_strdup(&x->arena, r.links[k].url), body[1600] = "";
			for (int w = 0; w < 120; w++) {
				size_t len = strlen(body);
				snprintf(body + len, sizeof body - len, "word%d ",
				    (int)(r.links[k].id * 7 + w) % 5000);
			}
			struct article a = store_fixture_article(url, "A story", body);
			store_fixture_store(x, r.links[k].id, feeds[i % 2], &a, T0 + 600 * i);
		}
		ok(store_commit(x->store));
		arena_clear(&r.arena);
	}
	assert_sql_int(x, "SELECT count(*) FROM articles", ARTICLES);
	ok(store_check(x->store, 1, refuse_finding, NULL));
	store_close(x->store);
	x->store = NULL;
}

/* ---- damage ---- */

/* Pages of TABLE of a kind (leaf, internal, overflow), in order; their number. CELLS: entries of
 * those that match. */
static size_t
pages_of(const struct store_fixture *x, const char *table, const char *kind, int64_t *pages,
    int64_t *cells, size_t max)
{
	sqlite3 *db;
	sqlite3_stmt *st;
	size_t n = 0;
	assert_int_equal(sqlite3_open_v2(x->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT pageno, ncell FROM dbstat WHERE name = ?1 AND pagetype = ?2"
			     " ORDER BY path",
			     -1, &st, NULL),
	    SQLITE_OK);
	sqlite3_bind_text(st, 1, table, -1, SQLITE_STATIC);
	sqlite3_bind_text(st, 2, kind, -1, SQLITE_STATIC);
	for (; sqlite3_step(st) == SQLITE_ROW && n < max; n++) {
		pages[n] = sqlite3_column_int64(st, 0);
		cells[n] = sqlite3_column_int64(st, 1);
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	return n;
}

static void
destroy_page(const struct store_fixture *x, int64_t page)
{
	static const char rubbish[PAGE_SIZE] = "no page of any table";
	FILE *f = fopen(x->path, "r+");
	assert_non_null(f);
	ok(fseek(f, (page - 1) * PAGE_SIZE, SEEK_SET));
	assert_int_equal(fwrite(rubbish, 1, PAGE_SIZE, f), PAGE_SIZE);
	ok(fclose(f));
}

/* Destroy every STEPth leaf of TABLE from number FROM on. Returns how many rows stood there. */
static int64_t
destroy_leaves(const struct store_fixture *x, const char *table, size_t from, size_t step)
{
	int64_t pages[512], cells[512], rows = 0;
	size_t n = pages_of(x, table, "leaf", pages, cells, 512);
	if (n <= from)
		fail_msg("%s has %zu leaves", table, n);
	for (size_t i = from; i < n; i += step) {
		destroy_page(x, pages[i]);
		rows += cells[i];
	}
	assert_true(rows > 0);
	return rows;
}

/* ---- repair ---- */

static int
repair(struct store_fixture *x, struct outcome_of_repair *o)
{
	char *new_path = arena_printf(&x->arena, "%s/new.db", x->dir);
	struct store_repair r = {
	    .path = x->path, .new_path = new_path, .saved = on_saved, .say = on_sentence, .arg = o};
	memset(o, 0, sizeof *o);
	return store_repair(&r, &o->lost, &o->f);
}

/* The fixture is the repaired store from now on, which must be sound, and which newsd can go on
 * with. */
static void
take_new(struct store_fixture *x)
{
	snprintf(x->path, sizeof x->path, "%s/new.db", x->dir);
	struct store *s = store_fixture_open(x->path, STORE_READ);
	if (store_check(s, 1, refuse_finding, NULL))
		fail_msg("%s", store_fault(s)->text);
	struct store_status status;
	int64_t sum = 0;
	ok(store_read_status(s, &status));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		sum += status.outcomes[i];
	assert_int_equal(sum, status.links); /* the ledger adds up */
	store_close(s);
	x->store = store_fixture_open(x->path, STORE_WRITE);
}

static int64_t
saved_of(const struct outcome_of_repair *o, const char *table)
{
	for (size_t i = 0; i < o->tables_len; i++)
		if (!strcmp(o->tables[i].name, table))
			return o->tables[i].rows;
	fail_msg("%s is not in the report", table);
	return -1;
}

static void
expect(const struct outcome_of_repair *o, const char *what, int64_t n)
{
	char line[128];
	snprintf(line, sizeof line, "%s: %lld", what, (long long)n);
	const char *at = strstr(o->text, line);
	if (!at || !strchr(";\n", at[strlen(line)]))
		fail_msg("expected: %s\nsaid: %s", line, o->text);
}

/* ---- tests ---- */

static void
nothing_is_lost_of_a_sound_store(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	fill(x);
	char *before = store_fixture_text(
	    x, "SELECT group_concat(url || outcome || coalesce(article_id, '')) FROM links");
	ok(repair(x, &o));
	assert_int_equal(o.lost, 0);
	for (size_t i = 0; i < o.tables_len; i++)
		if (o.tables[i].damaged || o.tables[i].refused)
			fail_msg("%s", o.tables[i].name);
	assert_int_equal(saved_of(&o, "nd_link"), LINKS);
	take_new(x);
	char *after = store_fixture_text(
	    x, "SELECT group_concat(url || outcome || coalesce(article_id, '')) FROM links");
	assert_string_equal(before, after);
	assert_sql_int(x, "SELECT count(*) FROM articles", ARTICLES);
	assert_sql_int(x, "SELECT count(*) FROM articles_fts WHERE articles_fts MATCH 'word77'",
	    store_fixture_int(x, "SELECT count(*) FROM articles WHERE body LIKE '%word77 %'"));
	mem_free(before);
	mem_free(after);
}

/* One leaf in the middle, then every third: what is on the others is all there. */
static void
every_row_on_another_page_is_saved(void **state)
{
	static const struct {
		const char *table;
		int64_t rows;
		size_t from, step;
	} damage[] = {
	    {"nd_link", LINKS, 5, 100},
	    {"nd_link", LINKS, 1, 3},
	    {"nd_body", ARTICLES, 100, 1000},
	    {"nd_body", ARTICLES, 0, 2},
	    {"nd_item", LINKS, 2, 4},
	    {"nd_sighting", LINKS, 4, 100},
	    {"nd_sighting", LINKS, 1, 3},
	    {"nd_article", ARTICLES, 3, 4},
	};
	for (size_t i = 0; i < sizeof damage / sizeof *damage; i++) {
		struct store_fixture *x;
		struct outcome_of_repair o;
		ok(store_fixture_setup((void **)&x));
		fill(x);
		int64_t gone = destroy_leaves(x, damage[i].table, damage[i].from, damage[i].step);
		ok(repair(x, &o));
		if (saved_of(&o, damage[i].table) != damage[i].rows - gone)
			fail_msg("%s: %lld rows of %lld, %lld were destroyed", damage[i].table,
			    (long long)saved_of(&o, damage[i].table), (long long)damage[i].rows,
			    (long long)gone);
		take_new(x);
		store_fixture_teardown((void **)&x);
	}
	(void)state;
}

static void
a_lost_link_keeps_its_number_and_its_article(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	struct poll_result r;
	fill(x);
	int64_t gone = destroy_leaves(x, "nd_link", 2, 1000);
	ok(repair(x, &o));
	assert_true(o.lost >= gone / 2 && o.lost <= gone / 2 + 1); /* every second had an article */
	expect(&o, "links made again from their articles", gone - o.lost);
	expect(&o, "links lost", o.lost);
	take_new(x);
	assert_sql_int(x, "SELECT count(*) FROM links", LINKS);
	assert_sql_int(x, "SELECT links FROM ledger WHERE outcome = 'lost'", o.lost);
	assert_sql_int(x, "SELECT count(*) FROM articles", ARTICLES);
	/* a feed that still shows the entry brings it anew, once */
	assert_sql_int(x, "SELECT count(*) FROM nd_feed WHERE etag IS NOT NULL", 0);
	int64_t id = store_fixture_int(x, "SELECT min(id) FROM links WHERE outcome = 'lost'");
	int batch = (int)(id - 1) / 100;
	struct feed_doc *doc =
	    store_fixture_doc(x, batch % 2 ? "b.example" : "a.example", batch * 100, 100);
	ok(store_fixture_poll(x, 1 + batch % 2, T0 + 100000, doc, &r));
	assert_true(r.fresh > 0 && r.fresh <= o.lost);
	arena_clear(&r.arena);
	ok(store_check(x->store, 1, refuse_finding, NULL));
}

/* One flipped bit in a number is no reason to make as many links. */
static void
a_damaged_number_makes_no_links(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	sqlite3 *db;
	fill(x);
	assert_int_equal(sqlite3_open(x->path, &db), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "UPDATE nd_article SET link_id = link_id + (1 << 40) WHERE id = 1",
		NULL, NULL, NULL),
	    SQLITE_OK);
	sqlite3_close(db);
	ok(repair(x, &o));
	take_new(x);
	assert_sql_int(x, "SELECT count(*) FROM links", LINKS);
}

static void
a_lost_text_is_fetched_again(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	fill(x);
	int64_t gone = destroy_leaves(x, "nd_body", 10, 1000);
	ok(repair(x, &o));
	expect(&o, "articles whose text is lost", gone);
	expect(&o, "links whose article is lost", gone);
	take_new(x);
	assert_sql_int(x, "SELECT count(*) FROM articles", ARTICLES - gone);
	assert_sql_int(x, "SELECT count(*) FROM links WHERE outcome = 'pending'", LINKS / 2 + gone);
	assert_sql_int(x, "SELECT count(*) FROM articles_fts", ARTICLES - gone);
}

static void
a_lost_article_is_made_again_from_its_text(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	fill(x);
	int64_t gone = destroy_leaves(x, "nd_article", 1, 1000);
	ok(repair(x, &o));
	expect(&o, "articles made again from texts and entries", gone);
	assert_int_equal(o.lost, 0);
	take_new(x);
	assert_sql_int(x, "SELECT count(*) FROM articles", ARTICLES);
	assert_sql_int(x, "SELECT count(*) FROM articles WHERE title LIKE 'Story % of %'", gone);
	/* known by their texts as before */
	struct article_key key;
	char *body = store_fixture_text(x, "SELECT body FROM articles WHERE title LIKE 'Story %'");
	struct article a = store_fixture_article("http://c.example/", "Copy", body);
	ok(store_find_article_by_text(x->store, a.text_hash, &key));
	assert_int_equal(key.tokens, a.tokens);
	mem_free(body);
}

/* The page above all others: nothing of that table can be reached. */
static void
a_lost_root_costs_its_table(void **state)
{
	static const char *const tables[] = {
	    "nd_link", "nd_item", "nd_sighting", "nd_poll", "nd_host", "nd_feed", "nd_count"};
	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++) {
		struct store_fixture *x;
		struct outcome_of_repair o;
		char sql[128];
		ok(store_fixture_setup((void **)&x));
		fill(x);
		snprintf(sql, sizeof sql, "SELECT rootpage FROM sqlite_schema WHERE name = '%s'",
		    tables[i]);
		destroy_page(x, store_fixture_int(x, sql));
		ok(repair(x, &o));
		take_new(x);
		assert_sql_int(x, "SELECT count(*) FROM links", LINKS);
		assert_sql_int(x, "SELECT count(*) FROM articles", ARTICLES);
		store_fixture_teardown((void **)&x);
	}
	(void)state;
}

/* Damage that no page can be recognised by: rows that are none of this table are left out. */
static void
pages_of_another_table_are_not_believed(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	int64_t links[512], polls[8], cells[512];
	char page[PAGE_SIZE];
	fill(x);
	assert_true(pages_of(x, "nd_link", "leaf", links, cells, 512) > 4);
	assert_true(pages_of(x, "nd_poll", "leaf", polls, cells, 8) > 0);
	FILE *f = fopen(x->path, "r+");
	assert_non_null(f);
	ok(fseek(f, (links[0] - 1) * PAGE_SIZE, SEEK_SET));
	assert_int_equal(fread(page, 1, PAGE_SIZE, f), PAGE_SIZE);
	ok(fseek(f, (links[3] - 1) * PAGE_SIZE, SEEK_SET));
	assert_int_equal(fwrite(page, 1, PAGE_SIZE, f), PAGE_SIZE);
	ok(fclose(f));
	ok(repair(x, &o));
	take_new(x);
	assert_sql_int(x, "SELECT count(*) FROM links", LINKS);
	assert_sql_int(x, "SELECT count(DISTINCT url) FROM links", LINKS);
}

static void
what_can_not_be_repaired_is_said(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	fill(x);
	/* a newsd that has it */
	x->store = store_fixture_open(x->path, STORE_WRITE);
	assert_int_equal(repair(x, &o), ERR_BUSY);
	assert_non_null(strstr(o.f.text, "in use by another newsd"));
	store_close(x->store);
	x->store = NULL;
	/* a file where the new one is to be */
	char *new_path = arena_printf(&x->arena, "%s/new.db", x->dir);
	FILE *f = fopen(new_path, "w");
	fputs("precious", f);
	fclose(f);
	assert_int_equal(repair(x, &o), ERR_INPUT);
	assert_non_null(strstr(o.f.text, "there is a file already"));
	struct stat st;
	ok(stat(new_path, &st));
	assert_int_equal(st.st_size, 8);
	ok(unlink(new_path));
	/* the first page */
	destroy_page(x, 1);
	assert_true(repair(x, &o) != 0);
	assert_non_null(strstr(o.f.text, "restore a backup"));
	assert_int_equal(access(new_path, F_OK), -1);
}

/* A store of an older version is repaired as such, and upgraded later. */
static void
an_older_store_is_repaired_and_upgraded(void **state)
{
	struct store_fixture *x = *state;
	struct outcome_of_repair o;
	store_close(x->store);
	x->store = NULL;
	unlink(x->path);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open(x->path, &db), SQLITE_OK);
	ok(sqlite3_exec(db, "PRAGMA page_size = 8192", NULL, NULL, NULL));
	ok(sqlite3_exec(db, schema_migration(1), NULL, NULL, NULL));
	ok(sqlite3_exec(db,
	    "PRAGMA application_id = 1853322084; PRAGMA user_version = 1;"
	    "INSERT INTO nd_feed (id, key, url, origin, content, active, added) VALUES"
	    " (1, 'http://a.example/rss', 'http://a.example/rss', 1, -1, 1, 7);"
	    "INSERT INTO nd_host VALUES (5, 'a.example');"
	    "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000)"
	    " INSERT INTO nd_link (id, url, url_hash, host, first_feed, first_seen, content, outcome,"
	    " at, due) SELECT i, 'http://a.example/' || i, i, 5, 1, 7, 0, 'pending', 7, 7 FROM n;"
	    "INSERT INTO nd_item (link_id, title) SELECT id, 'Title ' || id FROM nd_link;"
	    "INSERT INTO nd_sighting SELECT 1, id, id, url, 7, 0 FROM nd_link;"
	    "INSERT INTO nd_count VALUES ('links', 'pending', 1000), ('rows', 'sightings', 1000);",
	    NULL, NULL, NULL));
	sqlite3_close(db);
	int64_t gone = destroy_leaves(x, "nd_link", 1, 4);
	ok(repair(x, &o));
	expect(&o, "links lost", gone);
	snprintf(x->path, sizeof x->path, "%s/new.db", x->dir);
	assert_sql_int(x, "PRAGMA user_version", 1);
	x->store = store_fixture_open(x->path, STORE_WRITE);
	assert_sql_int(x, "PRAGMA user_version", STORE_SCHEMA_VERSION);
	assert_sql_int(x, "SELECT count(*) FROM links WHERE outcome = 'pending'", 1000 - gone);
	ok(store_check(x->store, 1, refuse_finding, NULL));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(nothing_is_lost_of_a_sound_store),
	    TEST(every_row_on_another_page_is_saved),
	    TEST(a_lost_link_keeps_its_number_and_its_article),
	    TEST(a_damaged_number_makes_no_links),
	    TEST(a_lost_text_is_fetched_again),
	    TEST(a_lost_article_is_made_again_from_its_text),
	    TEST(a_lost_root_costs_its_table),
	    TEST(pages_of_another_table_are_not_believed),
	    TEST(what_can_not_be_repaired_is_said),
	    TEST(an_older_store_is_repaired_and_upgraded),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
