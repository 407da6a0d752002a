/*
 * test_store_quarantine: one row for what a document is, deaths added up, the last documents kept
 * within their bounds, and what an operator orders.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_fixture.h"

#define MB ((size_t)1 << 20)

static void
ok(int status)
{
	assert_int_equal(status, 0);
}

static int64_t
die(struct store_fixture *x, uint64_t key, int64_t visits, enum quarantine_state state, int64_t at,
    const void *document, size_t len)
{
	struct quarantine_death d = {.key = key,
	    .kind = "page",
	    .url = "http://town.example/1",
	    .reason = "the parser died of signal 11",
	    .signal = 11,
	    .deaths = 2,
	    .visits = visits,
	    .at = at,
	    .state = state,
	    .document_url = "http://town.example/1?x",
	    .content_type = "text/html",
	    .content_encoding = "gzip",
	    .document = document,
	    .document_len = len};
	int64_t id;
	ok(store_put_quarantine(x->store, &d, &id));
	return id;
}

static void
one_row_for_one_document(void **state)
{
	struct store_fixture *x = *state;
	int64_t id = die(x, 1, 1, QUARANTINE_WAITING, T0, "a", 1);
	assert_int_equal(die(x, 1, 2, QUARANTINE_WAITING, T0 + 9, "b", 1), id);
	assert_int_not_equal(die(x, UINT64_MAX, 1, QUARANTINE_WAITING, T0, "c", 1), id);
	assert_sql_text(x,
	    "SELECT kind || ' ' || url || ' ' || signal || ' ' || deaths || ' ' || visits || ' ' ||"
	    " state || ' ' || (last_seen - first_seen) || ' ' || bytes || ' ' || document_url"
	    " FROM quarantine WHERE id = 1",
	    "page http://town.example/1 11 4 2 waiting 9 1 http://town.example/1?x");
	assert_sql_int(
	    x, "SELECT retry IS NULL AND settled IS NULL FROM quarantine WHERE id = 1", 1);
	ok(store_settle_quarantine(x->store, 1, QUARANTINE_RELEASED, T0 + 20));
	ok(store_settle_quarantine(x->store, 77, QUARANTINE_RELEASED, T0 + 20)); /* none */
	assert_sql_text(x,
	    "SELECT state || ' ' || (settled - last_seen) FROM quarantine WHERE id = 1",
	    "released 11");
	/* it comes back */
	die(x, 1, 1, QUARANTINE_WAITING, T0 + 30, "d", 1);
	assert_sql_int(x, "SELECT deaths FROM quarantine WHERE id = 1 AND settled IS NULL", 6);
}

struct seen {
	size_t count, rows;
	uint64_t key;
	int64_t visits;
	uint8_t first;
	size_t len;
};

static void
on_quarantined(uint64_t key, int64_t visits, enum quarantine_state state, void *arg)
{
	struct seen *s = arg;
	s->count++;
	s->key = key;
	s->visits = visits + (state == QUARANTINE_GIVEN_UP ? 100 : 0);
}

static int
on_row(const struct quarantine_row *row, void *arg)
{
	struct seen *s = arg;
	s->rows++;
	s->visits = row->visits;
	assert_true(row->bytes >= 0);
	assert_string_equal(row->kind, "page");
	return 0;
}

static int
on_offender(const uint8_t *data, size_t len, const char *url, const char *type,
    const char *encoding, void *arg)
{
	struct seen *s = arg;
	s->first = len ? data[0] : 0;
	s->len = len;
	assert_string_equal(url, "http://town.example/1?x");
	assert_string_equal(type, "text/html");
	assert_string_equal(encoding, "gzip");
	return 0;
}

static void
what_is_open_is_read(void **state)
{
	struct store_fixture *x = *state;
	struct seen seen = {0};
	die(x, UINT64_MAX - 1, 3, QUARANTINE_GIVEN_UP, T0, "a", 1);
	die(x, 2, 0, QUARANTINE_RELEASED, T0 + 1, "", 0);
	ok(store_each_quarantined(x->store, on_quarantined, &seen));
	assert_int_equal(seen.count, 1);
	assert_true(seen.key == UINT64_MAX - 1);
	assert_int_equal(seen.visits, 103);
	ok(store_each_quarantine(x->store, 0, on_row, &seen));
	assert_int_equal(seen.rows, 1);
	ok(store_each_quarantine(x->store, 1, on_row, &seen));
	assert_int_equal(seen.rows, 3);
	ok(store_read_offender(x->store, 2, on_offender, &seen)); /* an empty one is one */
	assert_int_equal(seen.len, 0);
	ok(store_read_offender(x->store, 1, on_offender, &seen));
	assert_int_equal(seen.first, 'a');
	assert_int_equal(store_read_offender(x->store, 9, on_offender, &seen), ERR_NOT_FOUND);
}

/* The last twenty; fewer where they are large; none that is too large. */
static void
documents_are_bounded(void **state)
{
	struct store_fixture *x = *state;
	uint8_t *large = calloc(1, 17 * MB);
	for (uint64_t i = 1; i <= 25; i++)
		die(x, i, 1, QUARANTINE_WAITING, T0 + (int64_t)i, "x", 1);
	assert_sql_int(x, "SELECT count(*) FROM quarantine WHERE bytes IS NOT NULL", 20);
	assert_sql_int(x, "SELECT min(id) FROM quarantine WHERE bytes IS NOT NULL", 6);
	assert_sql_int(x, "SELECT count(*) FROM quarantine", 25);
	die(x, 6, 2, QUARANTINE_WAITING, T0 + 50, "x", 1); /* takes its own place */
	assert_sql_int(x, "SELECT count(*) FROM quarantine WHERE bytes IS NOT NULL", 20);
	for (uint64_t i = 30; i < 34; i++)
		die(x, i, 1, QUARANTINE_WAITING, T0 + 60 + (int64_t)i, large, 15 * MB);
	assert_sql_int(x, "SELECT count(*) FROM quarantine WHERE bytes IS NOT NULL", 2);
	assert_sql_int(x, "SELECT sum(bytes) <= 32 << 20 FROM quarantine", 1);
	die(x, 40, 1, QUARANTINE_WAITING, T0 + 200, large, 17 * MB);
	assert_sql_int(x, "SELECT count(*) FROM quarantine WHERE bytes IS NOT NULL", 2);
	assert_sql_int(x, "SELECT deaths FROM quarantine WHERE last_seen = 1790000200", 2);
	free(large);
}

/* Ten thousand rows; of more those go that nothing waits for, the oldest first. */
static void
rows_are_bounded(void **state)
{
	struct store_fixture *x = *state;
	ok(store_begin(x->store));
	for (uint64_t i = 1; i <= 10040; i++)
		die(x, i, 0, QUARANTINE_RELEASED, T0 + (int64_t)i, "", 0);
	ok(store_commit(x->store));
	assert_sql_int(x, "SELECT count(*) FROM quarantine", 10000);
	assert_sql_int(x, "SELECT min(id) FROM quarantine", 41);
}

static void
orders(void **state)
{
	struct store_fixture *x = *state;
	struct quarantine_ordered done;
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://town.example/rss");
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "town.example", 1, 1), &r));
	int64_t link = r.links[0].id, id;
	arena_clear(&r.arena);
	struct link_outcome end = {.link_id = link,
	    .outcome = OUTCOME_PARSER_CRASH,
	    .reason = "died",
	    .at = T0,
	    .attempts = 3};
	ok(store_put_outcome(x->store, &end));
	struct quarantine_death d = {.key = 5,
	    .kind = "page",
	    .url = "http://town.example/story/1",
	    .reason = "died",
	    .link_id = link,
	    .feed_id = feed,
	    .deaths = 2,
	    .visits = 3,
	    .at = T0,
	    .state = QUARANTINE_GIVEN_UP};
	ok(store_put_quarantine(x->store, &d, &id));
	assert_sql_int(x, "SELECT retry IS NULL FROM quarantine", 1);
	ok(store_retry_quarantine(x->store, id, T0 + 100, &x->arena, &done));
	assert_int_equal(done.link_id, link);
	assert_int_equal(done.feed_id, feed);
	assert_true(done.key == 5);
	assert_string_equal(done.fetch, "http://town.example/story/1");
	assert_sql_text(x,
	    "SELECT state || ' ' || visits || ' ' || (retry - last_seen) FROM quarantine",
	    "waiting 0 100");
	assert_sql_text(x, "SELECT outcome || ' ' || attempts FROM links", "pending 0");
	assert_sql_int(x, "SELECT links FROM ledger WHERE outcome = 'pending'", 1);
	assert_sql_int(x, "SELECT links FROM ledger WHERE outcome = 'parser_crash'", 0);
	ok(store_check(x->store, 1, NULL, NULL));
	ok(store_forget_quarantine(x->store, id, &x->arena, &done));
	assert_true(done.key == 5);
	assert_sql_int(x, "SELECT count(*) FROM quarantine", 0);
	assert_int_equal(store_forget_quarantine(x->store, id, &x->arena, &done), ERR_NOT_FOUND);
	assert_int_equal(store_retry_quarantine(x->store, id, T0, &x->arena, &done), ERR_NOT_FOUND);
	assert_non_null(strstr(store_fault(x->store)->text, "row of the quarantine"));
}

int
main(void)
{
#define STORE_TEST(f)                                                                              \
	cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)
	const struct CMUnitTest tests[] = {
	    STORE_TEST(one_row_for_one_document),
	    STORE_TEST(what_is_open_is_read),
	    STORE_TEST(documents_are_bounded),
	    STORE_TEST(rows_are_bounded),
	    STORE_TEST(orders),
	};
	return cmocka_run_group_tests_name("store quarantine", tests, NULL, NULL);
}
