/*
 * test_schema: the views are what the documentation says. Every column of every view has its row in
 * schema_doc and in docs/schema.md, and the examples there run.
 */
#include <setjmp.h>
#include <sqlite3.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "schema.h"
#include "store_fixture.h"

#define DOC_MAX (1 << 20)

static char *
read_document(void)
{
	const char *top = getenv("NEWSD_SOURCE");
	char path[1024];
	struct buf b;
	size_t n;
	snprintf(path, sizeof path, "%s/docs/schema.md", top ? top : ".");
	FILE *file = fopen(path, "r");
	if (!file)
		fail_msg("%s can't be read (NEWSD_SOURCE names the source tree)", path);
	buf_init(&b, DOC_MAX);
	do {
		char *to = buf_reserve(&b, 4096);
		assert_non_null(to);
		n = fread(to, 1, 4096, file);
		buf_added(&b, n);
	} while (n);
	fclose(file);
	char *text = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return text;
}

/* The documented columns of VIEW, comma-separated. */
static void
documented_columns(const char *view, struct buf *out)
{
	for (const struct schema_doc_row *c = schema_doc; c->view; c++)
		if (!strcmp(c->view, view))
			buf_printf(out, "%s,", c->column);
}

static void
real_columns(struct store_fixture *x, const char *view, struct buf *out)
{
	char *sql = mem_printf("SELECT group_concat(name, ',') FROM pragma_table_info('%s')", view);
	char *names = store_fixture_text(x, sql);
	buf_printf(out, "%s,", names ? names : "");
	mem_free(names);
	mem_free(sql);
}

static void
compare_columns(struct store_fixture *x, const char *view, const char *documented)
{
	struct buf real, words;
	buf_init(&real, DOC_MAX);
	buf_init(&words, DOC_MAX);
	real_columns(x, view, &real);
	documented_columns(documented, &words);
	if (strcmp(buf_str(&real), buf_str(&words)) != 0)
		fail_msg("%s has the columns\n%s\ndocumented are\n%s", view, buf_str(&real),
		    buf_str(&words));
	buf_clear(&real);
	buf_clear(&words);
}

static void
columns_and_documentation_are_the_same(void **state)
{
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		compare_columns(*state, v->view, v->view);
		if (v->twin)
			compare_columns(*state, v->twin, v->view);
	}
}

/* Nothing else is public: all other names are private, SQLite's, or the index's own tables. */
static void
every_public_name_is_documented(void **state)
{
	struct buf sql;
	buf_init(&sql, DOC_MAX);
	buf_add_str(&sql,
	    "SELECT group_concat(name) FROM sqlite_master WHERE type IN ('table', 'view')"
	    " AND name NOT LIKE 'nd\\_%' ESCAPE '\\' AND name NOT LIKE 'sqlite%'"
	    " AND name NOT LIKE 'articles_fts\\_%' ESCAPE '\\' AND name NOT IN (''");
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		buf_printf(&sql, ", '%s'", v->view);
		if (v->twin)
			buf_printf(&sql, ", '%s'", v->twin);
	}
	buf_add_str(&sql, ")");
	char *names = store_fixture_text(*state, buf_str(&sql));
	if (names)
		fail_msg("not documented: %s", names);
	buf_clear(&sql);
}

static void
every_row_is_a_sentence(void **state)
{
	(void)state;
	for (const struct schema_doc_row *c = schema_doc; c->view; c++) {
		assert_true(c->type < SCHEMA_TYPE_COUNT);
		assert_true(strlen(c->help) > 5);
		assert_int_equal(c->help[strlen(c->help) - 1], '.');
	}
	assert_string_equal(schema_type_name(SCHEMA_TIME), "time");
	assert_string_equal(schema_type_name(SCHEMA_TYPE_COUNT), "unknown");
}

static void
the_document_has_every_row(void **state)
{
	(void)state;
	char *text = read_document();
	const char *at = text;
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		char *heading = mem_printf("\n## %s\n", v->view);
		at = strstr(text, heading);
		if (!at || !strstr(at, v->help))
			fail_msg("docs/schema.md does not describe the view %s", v->view);
		mem_free(heading);
		for (const struct schema_doc_row *c = schema_doc; c->view; c++) {
			if (strcmp(c->view, v->view) != 0)
				continue;
			char *row = mem_printf("\n| `%s` | %s | %s |\n", c->column,
			    schema_type_name(c->type), c->help);
			const char *next = strstr(at + 1, "\n## "), *found = strstr(at, row);
			if (!found || (next && found > next))
				fail_msg("docs/schema.md lacks%s", row);
			mem_free(row);
		}
	}
	mem_free(text);
}

/* ---- the examples ---- */

static void
fill(struct store_fixture *x)
{
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://town.example/rss"), id;
	struct feed_doc *doc = store_fixture_doc(x, "town.example", 1, 2);
	store_fixture_item(x, doc, "f", "http://town.example/news/flood", "Flood");
	store_fixture_item(x, doc, "o", "http://other.example/flood", "Flood");
	assert_int_equal(store_fixture_poll(x, feed, T0, doc, &r), 0);
	arena_clear(&r.arena);
	/* it gets another address */
	struct feed_doc *moved = store_fixture_doc(x, "town.example", 1, 2);
	store_fixture_item(x, moved, "f", "http://town.example/news/floods", "Flood");
	moved->items_hash++;
	assert_int_equal(store_fixture_poll(x, feed, T0 + 5, moved, &r), 0);
	arena_clear(&r.arena);
	struct article a = store_fixture_article(
	    "http://town.example/news/flood", "Flood", "The river flood came at night.");
	a.published = (struct date){.utc = T0, .precision = DATE_SECOND, .zone_known = 1};
	a.site = (char *)"Town";
	char *links[] = {(char *)"https://river.example/levels"};
	a.links = links;
	a.links_len = 1;
	int64_t first = store_fixture_store(x, 3, feed, &a, T0);
	a.url = (char *)"http://other.example/flood";
	a.site = (char *)"Other";
	a.published = (struct date){.doubt = DATE_DOUBT_FUTURE};
	a.published_raw = (char *)"2099-01-01";
	id = store_fixture_store(x, 4, feed, &a, T0);
	struct story_link near = {.of = first, .kind = STORY_KIND_NEAR, .rule = STORY_RULE_COPY};
	struct story_print print = {.seq = 2,
	    .article_id = id,
	    .story_id = first,
	    .at = T0,
	    .signature = "",
	    .signature_len = 1,
	    .links = &near,
	    .links_len = 1};
	assert_int_equal(store_put_print(x->store, &print), 0);
	a.site = NULL; /* stays what it was */
	assert_int_equal(
	    store_revise_article(x->store, first, &a, BODY_PAGE, T0 + 1, "the text changed"), 0);
	struct link_outcome o = {.link_id = 2, .outcome = OUTCOME_GONE, .at = T0, .status = 404};
	assert_int_equal(store_put_outcome(x->store, &o), 0);
	struct proposal elsewhere = {.kind = PROPOSAL_MOVED,
	    .old_url = "http://town.example/rss",
	    .new_url = "http://town.example/feed",
	    .reason = "a page stands there"};
	struct poll p = {.feed_id = feed,
	    .at = T0 + 9,
	    .outcome = POLL_NETWORK,
	    .error = "no route to host",
	    .failures = 1,
	    .gap = {.begins = T0 - 100, .ends = T0 - 50, .lost = 3.5},
	    .proposals = &elsewhere,
	    .proposals_len = 1};
	assert_int_equal(store_put_poll(x->store, &p, &r), 0);
	arena_clear(&r.arena);
	struct subscription sub = {.feed_id = feed,
	    .hub = "https://hub.example/",
	    .topic = "https://paper.example/feed",
	    .state = SUBSCRIPTION_ACTIVE,
	    .since = T0};
	assert_int_equal(store_put_subscription(x->store, &sub), 0);
	struct site_row site = {.name = "town.example"};
	struct site_line line = {
	    .site = "town.example", .hash = 7, .text = "Sign up.", .articles = 3, .last_seen = T0};
	struct quarantine_death death = {.key = 1,
	    .kind = "page",
	    .url = "http://t.example/",
	    .reason = "died",
	    .deaths = 2,
	    .visits = 1,
	    .at = T0};
	int64_t death_id;
	assert_int_equal(store_put_quarantine(x->store, &death, &death_id), 0);
	struct drift_change drift = {.begins = 1, .kind = DRIFT_SHORT, .since = T0, .before = 400};
	assert_int_equal(store_put_site(x->store, &site), 0);
	assert_int_equal(store_put_line(x->store, &line, &id), 0);
	assert_int_equal(store_put_dropped(x->store, first, 3, id), 0);
	assert_int_equal(store_put_drift(x->store, "town.example", &drift, T0), 0);
	p.stale_changed = 1;
	p.stale = "nothing new for long";
	p.proposals_len = 0;
	assert_int_equal(store_put_poll(x->store, &p, &r), 0);
	arena_clear(&r.arena);
	struct store_outage outage = {.begins = T0 + 500, .sites = 8, .reason = "all failed"};
	assert_int_equal(store_put_outage(x->store, &outage), 0);
}

/* Run one example; it must find something in the store that fill() made. */
static void
run_example(sqlite3 *db, const char *sql)
{
	sqlite3_stmt *st = NULL;
	int rows = 0, rc = sqlite3_prepare_v2(db, sql, -1, &st, NULL);
	while (rc == SQLITE_OK || rc == SQLITE_ROW) {
		rc = sqlite3_step(st);
		rows += rc == SQLITE_ROW;
	}
	if (rc != SQLITE_DONE)
		fail_msg("%s\n%s", sql, sqlite3_errmsg(db));
	if (!rows)
		fail_msg("%s\nfinds nothing", sql);
	sqlite3_finalize(st);
}

static void
the_examples_run_and_find_something(void **state)
{
	static const char open_mark[] = "```sql\n", close_mark[] = "```\n";
	struct store_fixture *x = *state;
	char *text = read_document();
	sqlite3 *db = NULL;
	int count = 0;
	fill(x);
	assert_int_equal(sqlite3_open_v2(x->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	for (char *at = text; (at = strstr(at, open_mark)); count++) {
		at += strlen(open_mark);
		char *end = strstr(at, close_mark);
		assert_non_null(end);
		char *sql = mem_strndup(at, (size_t)(end - at));
		run_example(db, sql);
		mem_free(sql);
		at = end + strlen(close_mark);
	}
	assert_true(count >= 10);
	sqlite3_close(db);
	mem_free(text);
}

/* Every column of every view can be read, also where nothing is known. */
static void
every_view_can_be_read(void **state)
{
	struct store_fixture *x = *state;
	fill(x);
	for (const struct schema_view_row *v = schema_views; v->view; v++) {
		char *sql = mem_printf("SELECT count(*) FROM (SELECT * FROM %s)", v->view);
		assert_true(store_fixture_int(x, sql) > 0);
		mem_free(sql);
		if (!v->twin)
			continue;
		sql = mem_printf("SELECT (SELECT count(*) FROM %s) = (SELECT count(*) FROM %s)",
		    v->view, v->twin);
		assert_int_equal(store_fixture_int(x, sql), 1);
		mem_free(sql);
	}
	/* unknown times are NULL in both */
	assert_sql_int(x, "SELECT modified IS NULL FROM articles WHERE id = 1", 1);
	assert_sql_int(x, "SELECT modified IS NULL FROM articles_iso WHERE id = 1", 1);
	assert_sql_text(x, "SELECT revised FROM articles_iso WHERE id = 1", "2026-09-21T14:13:21Z");
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(columns_and_documentation_are_the_same),
	    TEST(every_public_name_is_documented),
	    cmocka_unit_test(every_row_is_a_sentence),
	    cmocka_unit_test(the_document_has_every_row),
	    TEST(the_examples_run_and_find_something),
	    TEST(every_view_can_be_read),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
