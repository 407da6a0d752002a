/*
 * test_store_proposals: what polls suggest is kept once and counted; an accepted move keeps the
 * feed's number and history, whoever lists it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_fixture.h"

#define OLD   "http://town.example/rss"
#define NEW   "http://town.example/feed"
#define OTHER "http://town.example/atom"

static void
ok(int status)
{
	assert_int_equal(status, 0);
}

/* A failed poll of FEED at AT that suggests NEW_URL; how many of it were new. */
static size_t
suggest(struct store_fixture *x, int64_t feed, int64_t at, const char *new_url)
{
	struct poll_result r;
	struct proposal moved = {.kind = PROPOSAL_MOVED,
	    .old_url = OLD,
	    .new_url = new_url,
	    .reason = "a page stands there",
	    .evidence = "html page"};
	struct poll p = {.feed_id = feed,
	    .at = at,
	    .outcome = POLL_NOT_FEED,
	    .status = 200,
	    .error = "input: html page",
	    .etag = "\"old\"",
	    .failures = 1,
	    .next_poll = at + 3600,
	    .proposals = &moved,
	    .proposals_len = 1};
	ok(store_put_poll(x->store, &p, &r));
	size_t n = r.proposed_len;
	if (n)
		assert_string_equal(r.proposed[0].what->new_url, new_url);
	arena_clear(&r.arena);
	return n;
}

static int64_t
put_feed(struct store_fixture *x, const char *url, enum feed_origin origin, int *added)
{
	struct feed_row row = {.url = url, .origin = origin, .content = -1, .added = T0};
	ok(store_put_feed(x->store, &row, added));
	return row.id;
}

static int
decide(struct store_fixture *x, int64_t id, int accept, struct proposal_decision *d)
{
	return store_decide_proposal(x->store, id, accept, T0 + 50, &x->arena, d);
}

static void
one_row_is_counted(void **state)
{
	struct store_fixture *x = *state;
	int added;
	int64_t feed = put_feed(x, OLD, FEED_FROM_CONTROL, &added);
	assert_int_equal(suggest(x, feed, T0, NEW), 1);
	assert_int_equal(suggest(x, feed, T0 + 10, NEW), 0);
	assert_int_equal(suggest(x, feed, T0 + 20, OTHER), 1);
	assert_sql_int(x, "SELECT count(*) FROM proposals", 2);
	assert_sql_text(x,
	    "SELECT feed || ' ' || kind || ' ' || old_url || ' ' || new_url || ' ' || reason || ' ' || "
	    "evidence || ' ' || seen || ' ' || state FROM proposals WHERE id = 1",
	    OLD " moved " OLD " " NEW " a page stands there html page 2 open");
	assert_sql_int(x, "SELECT last_seen - first_seen FROM proposals WHERE id = 1", 10);
	assert_sql_text(
	    x, "SELECT first_seen FROM proposals_iso WHERE id = 1", "2026-09-21T14:13:20Z");
	/* its own address, in any spelling, is no news, nor is that of a feed that is polled */
	assert_int_equal(suggest(x, feed, T0, "http://TOWN.example:80/rss?utm_source=x"), 0);
	put_feed(x, "http://third.example/", FEED_FROM_FILE, &added);
	assert_int_equal(suggest(x, feed, T0, "http://third.example/"), 0);
	assert_sql_int(x, "SELECT count(*) FROM proposals", 2);
}

static void
what_was_dismissed_is_not_made_again(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	int added;
	int64_t feed = put_feed(x, OLD, FEED_FROM_CONTROL, &added);
	suggest(x, feed, T0, NEW);
	ok(decide(x, 1, 0, &d));
	assert_int_equal(d.feed_id, feed);
	assert_int_equal(suggest(x, feed, T0 + 60, NEW), 0);
	assert_sql_text(x, "SELECT state || seen FROM proposals", "dismissed2");
	assert_sql_text(x, "SELECT url FROM feeds", OLD);
	/* but somebody may think better of it */
	ok(decide(x, 1, 1, &d));
	assert_sql_text(x, "SELECT url FROM feeds", NEW);
}

static void
an_accepted_feed_keeps_its_history(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	struct poll_result r;
	int added;
	int64_t feed = put_feed(x, OLD, FEED_FROM_CONTROL, &added);
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "town.example", 1, 3), &r));
	arena_clear(&r.arena);
	suggest(x, feed, T0 + 10, NEW);
	suggest(x, feed, T0 + 10, OTHER);
	ok(decide(x, 1, 1, &d));
	assert_string_equal(d.old_url, OLD);
	assert_string_equal(d.new_url, NEW);
	assert_null(d.listed_url);
	assert_sql_int(x, "SELECT id FROM feeds WHERE url = '" NEW "' AND moved_to IS NULL", feed);
	assert_sql_int(x, "SELECT count(*) FROM feeds", 1);
	assert_sql_int(x, "SELECT count(*) FROM links WHERE first_feed = '" NEW "'", 3);
	/* nothing that was known of the old address is believed of the new one */
	assert_sql_int(x,
	    "SELECT count(*) FROM feeds WHERE etag IS NULL AND error IS NULL AND failures = 0 AND "
	    "next_poll = 1790000050",
	    1);
	/* the other suggestions for it are void */
	assert_sql_text(x, "SELECT group_concat(state) FROM proposals", "accepted");
	assert_int_equal(decide(x, 1, 1, &d), ERR_INPUT);
	assert_int_equal(decide(x, 1, 0, &d), ERR_INPUT);
	assert_int_equal(decide(x, 77, 1, &d), ERR_NOT_FOUND);
	/* a poll of the old address that was under way suggests nothing */
	assert_int_equal(suggest(x, feed, T0 + 60, NEW), 0);
}

static int
keep_moved(const struct feed_row *row, void *arg)
{
	assert_string_equal(row->url, OLD);
	assert_string_equal(row->moved_to, NEW);
	*(int *)arg += 1;
	return 0;
}

static void
a_listed_feed_is_redirected_until_the_list_changes(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	int added, seen = 0;
	int64_t feed = put_feed(x, OLD, FEED_FROM_FILE, &added);
	suggest(x, feed, T0, NEW);
	ok(decide(x, 1, 1, &d));
	assert_string_equal(d.listed_url, OLD);
	ok(store_each_feed(x->store, 1, keep_moved, &seen));
	assert_int_equal(seen, 1);
	/* a reload */
	assert_int_equal(put_feed(x, OLD, FEED_FROM_FILE, &added), feed);
	assert_int_equal(added, 0);
	assert_sql_text(x, "SELECT moved_to FROM feeds", NEW);
	/* who adds the new address by hand means this feed */
	assert_int_equal(put_feed(x, NEW, FEED_FROM_CONTROL, &added), feed);
	assert_int_equal(added, 0);
	assert_sql_text(x, "SELECT url || ' ' || moved_to FROM feeds", OLD " " NEW);
	/* the file lists the new address */
	assert_int_equal(put_feed(x, NEW, FEED_FROM_FILE, &added), feed);
	assert_int_equal(added, 0);
	assert_sql_int(x,
	    "SELECT count(*) FROM feeds WHERE url = '" NEW "' AND moved_to IS NULL AND active", 1);
	assert_sql_int(x, "SELECT count(*) FROM feeds", 1);
}

/* A poll of FEED at AT that went well, over a permanent redirect to NEW_URL; NULL: one that found
 * it gone. How many proposals became open. */
static size_t
redirected(struct store_fixture *x, int64_t feed, int64_t at, const char *new_url)
{
	struct poll_result r;
	struct proposal o = {.kind = new_url ? PROPOSAL_REDIRECT : PROPOSAL_GONE,
	    .old_url = OLD,
	    .new_url = new_url,
	    .reason = new_url ? "it redirects there" : "its server says so"};
	struct poll p = {.feed_id = feed,
	    .at = at,
	    .outcome = new_url ? POLL_UNCHANGED : POLL_HTTP,
	    .status = new_url ? 304 : 410,
	    .proposals = &o,
	    .proposals_len = 1};
	ok(store_put_poll(x->store, &p, &r));
	size_t n = r.proposed_len;
	arena_clear(&r.arena);
	return n;
}

static void
a_merged_feed_hands_its_names_on(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	struct poll_result r;
	int added;
	struct feed_row one = {.url = OLD,
			    .title = "Mine",
			    .tags = "town local",
			    .added = T0,
			    .content = -1},
			two = {.url = NEW, .tags = "local daily", .added = T0, .content = -1};
	ok(store_put_feed(x->store, &one, &added));
	ok(store_put_feed(x->store, &two, &added));
	ok(store_fixture_poll(x, one.id, T0, store_fixture_doc(x, "town.example", 1, 3), &r));
	arena_clear(&r.arena);
	/* often, but not for long; then for long */
	assert_int_equal(redirected(x, one.id, T0, NEW), 0);
	assert_int_equal(redirected(x, one.id, T0 + 60, NEW), 0);
	assert_int_equal(redirected(x, one.id, T0 + 120, NEW), 0);
	assert_sql_int(x, "SELECT count(*) FROM proposals", 0);
	assert_int_equal(decide(x, 1, 1, &d), ERR_NOT_FOUND);
	assert_int_equal(redirected(x, one.id, T0 + 7 * 86400, NEW), 1);
	ok(decide(x, 1, 1, &d));
	assert_string_equal(d.ended, "merged into feed 2, " NEW);
	assert_int_equal(d.merged_into, two.id);
	assert_sql_text(
	    x, "SELECT title || '/' || tags FROM feeds WHERE id = 2", "Mine/local daily town");
	assert_sql_int(x, "SELECT count(*) FROM sightings WHERE feed_id = 1", 3);
	/* whoever names it means the other one, also a file that goes on listing it */
	struct feed_row again = {.url = OLD, .origin = FEED_FROM_FILE, .added = T0, .content = -1};
	ok(store_put_feed(x->store, &again, &added));
	assert_int_equal(again.id, two.id);
	assert_int_equal(added, 0);
	assert_true(again.active);
	/* but not one that is polled no more */
	ok(store_remove_feed(x->store, two.id));
	ok(store_put_feed(x->store, &again, &added));
	assert_int_equal(again.id, one.id);
	assert_int_equal(added, 1);
	assert_sql_int(x,
	    "SELECT count(*) FROM feeds WHERE id = 1 AND active AND merged_into IS NULL AND ended IS NULL",
	    1);
}

static void
an_ended_feed_stays_so_for_the_file_that_lists_it(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	int added;
	int64_t feed = put_feed(x, OLD, FEED_FROM_FILE, &added);
	for (int day = 0; day < 3; day++)
		redirected(x, feed, T0 + day * 86400, NULL);
	ok(decide(x, 1, 1, &d));
	assert_string_equal(d.ended, "gone: its server says so");
	assert_string_equal(d.listed_url, OLD);
	struct feed_row row = {.url = OLD, .origin = FEED_FROM_FILE, .added = T0, .content = -1};
	ok(store_put_feed(x->store, &row, &added));
	assert_int_equal(added, 0);
	assert_false(row.active);
	assert_sql_text(
	    x, "SELECT active || ' ' || ended FROM feeds", "0 gone: its server says so");
	/* the list forgets it, and has it again */
	ok(store_remove_feed(x->store, feed));
	ok(store_put_feed(x->store, &row, &added));
	assert_int_equal(added, 1);
	assert_true(row.active);
}

static void
a_removed_feed_is_redirected_no_more(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	int added;
	int64_t feed = put_feed(x, OLD, FEED_FROM_FILE, &added);
	suggest(x, feed, T0, NEW);
	ok(decide(x, 1, 1, &d));
	ok(store_remove_feed(x->store, feed));
	assert_int_equal(put_feed(x, OLD, FEED_FROM_FILE, &added), feed);
	assert_sql_int(x, "SELECT moved_to IS NULL FROM feeds", 1);
}

/* It moves away, and back again. */
static void
a_redirection_may_lead_back(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	int added;
	int64_t feed = put_feed(x, OLD, FEED_FROM_FILE, &added);
	suggest(x, feed, T0, NEW);
	ok(decide(x, 1, 1, &d));
	assert_int_equal(suggest(x, feed, T0 + 60, OLD), 1);
	ok(decide(x, 2, 1, &d));
	assert_sql_int(
	    x, "SELECT count(*) FROM feeds WHERE url = '" OLD "' AND moved_to IS NULL", 1);
	assert_int_equal(suggest(x, feed, T0 + 60, NEW), 1); /* and there again */
}

static void
what_can_not_be_accepted_is_explained(void **state)
{
	struct store_fixture *x = *state;
	struct proposal_decision d;
	int added;
	int64_t feed = put_feed(x, OLD, FEED_FROM_CONTROL, &added);
	suggest(x, feed, T0, NEW);
	suggest(x, feed, T0, OTHER);
	put_feed(x, NEW, FEED_FROM_CONTROL, &added); /* meanwhile */
	assert_int_equal(decide(x, 1, 1, &d), ERR_INPUT);
	assert_non_null(strstr(store_fault(x->store)->text, "feed 2 is polled at " NEW " already"));
	/* a feed that was removed has the URL, and keeps it with its history */
	int64_t third = put_feed(x, OTHER, FEED_FROM_CONTROL, &added);
	ok(store_remove_feed(x->store, third));
	ok(decide(x, 2, 1, &d));
	assert_sql_text(x, "SELECT moved_to FROM feeds WHERE id = 1", OTHER);
	assert_sql_text(x, "SELECT url FROM feeds WHERE id = 1", OLD);
	suggest(x, feed, T0, "http://town.example/last");
	ok(store_remove_feed(x->store, feed));
	assert_int_equal(decide(x, 3, 1, &d), ERR_INPUT);
	assert_non_null(strstr(store_fault(x->store)->text, "feed 1 was removed"));
	ok(decide(x, 3, 0, &d));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(one_row_is_counted),
	    TEST(what_was_dismissed_is_not_made_again),
	    TEST(an_accepted_feed_keeps_its_history),
	    TEST(a_listed_feed_is_redirected_until_the_list_changes),
	    TEST(a_merged_feed_hands_its_names_on),
	    TEST(an_ended_feed_stays_so_for_the_file_that_lists_it),
	    TEST(a_removed_feed_is_redirected_no_more),
	    TEST(a_redirection_may_lead_back),
	    TEST(what_can_not_be_accepted_is_explained),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
