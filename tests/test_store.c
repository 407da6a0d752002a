/* test_store: what is put into the store, and what comes back: feeds, polls, links. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../daemon/store/store_priv.h"
#include "store_fixture.h"

#define ok(call) assert_int_equal((call), 0)

/* ---- feeds ---- */

static struct feed_row kept_feed;

static int
keep_feed(const struct feed_row *row, void *arg)
{
	struct store_fixture *x = arg;
	kept_feed = *row;
	kept_feed.url = arena_strdup(&x->arena, row->url);
	kept_feed.title = arena_strdup(&x->arena, row->title);
	kept_feed.tags = arena_strdup(&x->arena, row->tags);
	kept_feed.error = arena_strdup(&x->arena, row->error);
	kept_feed.etag = arena_strdup(&x->arena, row->etag);
	return 0;
}

static int
count_feed(const struct feed_row *row, void *arg)
{
	assert_true(row->id > 0);
	++*(int *)arg;
	return 0;
}

static void
a_feed_is_known_by_its_canonical_url(void **state)
{
	struct store_fixture *x = *state;
	int added;
	struct feed_row row = {.url = "HTTP://News.Example:80/feed?utm_source=list#top",
	    .title = "News",
	    .tags = "world daily",
	    .content = CONTENT_FEED,
	    .added = T0};
	ok(store_put_feed(x->store, &row, &added));
	assert_int_equal(added, 1);
	int64_t id = row.id;
	/* what is not given leaves what is there */
	row = (struct feed_row){
	    .url = "http://news.example/feed", .content = -1, .added = T0 + 86400};
	ok(store_put_feed(x->store, &row, &added));
	assert_int_equal(added, 0);
	assert_int_equal(row.id, id); /* and the row tells it */
	assert_int_equal(row.content, CONTENT_FEED);
	assert_int_equal(row.added, T0);
	assert_sql_text(x, "SELECT content FROM feeds", "feed");
	assert_sql_int(x, "SELECT added FROM feeds", T0);
	assert_sql_text(x, "SELECT added FROM feeds_iso", "2026-09-21T14:13:20Z");
	row.content = CONTENT_PAGE; /* what is given holds */
	ok(store_put_feed(x->store, &row, &added));
	assert_sql_text(x, "SELECT content FROM feeds", "page");
	row.content = CONTENT_FEED;
	ok(store_put_feed(x->store, &row, &added));
	ok(store_find_feed(x->store, "http://news.example:80/feed", keep_feed, x));
	assert_int_equal(kept_feed.id, id);
	assert_string_equal(kept_feed.title, "News");
	assert_string_equal(kept_feed.tags, "world daily");
	assert_int_equal(kept_feed.content, CONTENT_FEED);
	assert_int_equal(kept_feed.added, T0);
	/* it is fetched as it was given: the parameter may matter to the server */
	assert_non_null(strstr(kept_feed.url, "utm_source"));
	assert_int_equal(
	    store_find_feed(x->store, "http://other.example/", keep_feed, x), ERR_NOT_FOUND);
	assert_non_null(strstr(store_fault(x->store)->text, "http://other.example/"));
}

static void
a_removed_feed_keeps_its_history_and_can_come_back(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t id = store_fixture_feed(x, "http://a.example/rss");
	int active = 0, all = 0, added;
	ok(store_fixture_poll(x, id, T0, store_fixture_doc(x, "a.example", 1, 3), &r));
	arena_clear(&r.arena);
	ok(store_remove_feed(x->store, id));
	assert_int_equal(store_remove_feed(x->store, id + 77), ERR_NOT_FOUND);
	ok(store_each_feed(x->store, 1, count_feed, &active));
	ok(store_each_feed(x->store, 0, count_feed, &all));
	assert_int_equal(active, 0);
	assert_int_equal(all, 1);
	struct feed_row row = {.url = "http://a.example/rss", .content = -1, .added = T0 + 9};
	ok(store_put_feed(x->store, &row, &added));
	assert_int_equal(added, 1);
	assert_int_equal(row.id, id);
	ok(store_find_feed(x->store, row.url, keep_feed, x));
	assert_int_equal(kept_feed.items_total, 3);
	assert_int_equal(kept_feed.added, T0);
}

/* Else the next look at the lists of feeds would remove what someone added by hand. */
static void
a_feed_added_by_hand_stays_so(void **state)
{
	struct store_fixture *x = *state;
	int added;
	struct feed_row row = {
	    .url = "http://a.example/", .content = -1, .added = T0, .origin = FEED_FROM_CONTROL};
	ok(store_put_feed(x->store, &row, &added));
	row.origin = FEED_FROM_FILE;
	ok(store_put_feed(x->store, &row, &added));
	assert_int_equal(row.origin, FEED_FROM_CONTROL);
	ok(store_find_feed(x->store, row.url, keep_feed, x));
	assert_int_equal(kept_feed.origin, FEED_FROM_CONTROL);
	ok(store_remove_feed(x->store, row.id));
	row.origin = FEED_FROM_FILE;
	ok(store_put_feed(x->store, &row, &added));
	ok(store_find_feed(x->store, row.url, keep_feed, x));
	assert_int_equal(kept_feed.origin, FEED_FROM_FILE);
}

/* ---- polls ---- */

struct seen_polls {
	int count;
	int64_t at[8];
};

static int
see_poll(const struct poll_row *row, void *arg)
{
	struct seen_polls *seen = arg;
	if (seen->count < 8)
		seen->at[seen->count++] = row->at;
	return 0;
}

static void
a_poll_sets_the_feeds_state_and_its_history(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t a = store_fixture_feed(x, "http://a.example/"),
		b = store_fixture_feed(x, "http://b.example/");
	for (int i = 0; i < 5; i++) {
		ok(store_fixture_poll(x, a, T0 + 10 * i, NULL, &r));
		ok(store_fixture_poll(x, b, T0 + 10 * i + 1, NULL, &r));
	}
	struct poll p = {.feed_id = a,
	    .at = T0 + 100,
	    .outcome = POLL_NETWORK,
	    .error = "connection refused",
	    .failures = 1,
	    .next_poll = T0 + 900,
	    .not_before = T0 + 800,
	    .etag = "\"kept\""};
	ok(store_put_poll(x->store, &p, &r));
	ok(store_find_feed(x->store, "http://a.example/", keep_feed, x));
	assert_string_equal(kept_feed.error, "connection refused");
	assert_string_equal(kept_feed.etag, "\"kept\"");
	assert_int_equal(kept_feed.failures, 1);
	assert_int_equal(kept_feed.last_poll, T0 + 100);
	assert_int_equal(kept_feed.last_status, 0);
	assert_int_equal(kept_feed.not_before, T0 + 800);

	struct seen_polls seen = {0};
	ok(store_each_poll(x->store, a, 3, see_poll, &seen));
	assert_int_equal(seen.count, 3); /* the newest of this feed, newest first */
	assert_int_equal(seen.at[0], T0 + 100);
	assert_int_equal(seen.at[1], T0 + 40);
	assert_int_equal(seen.at[2], T0 + 30);
	seen = (struct seen_polls){0};
	ok(store_each_poll(x->store, 0, 3, see_poll, &seen));
	assert_int_equal(seen.at[1], T0 + 41);
	assert_sql_text(x, "SELECT error FROM feeds WHERE id = 1", "connection refused");
	assert_sql_text(x, "SELECT next_poll FROM feeds_iso WHERE id = 1", "2026-09-21T14:28:20Z");
	assert_sql_int(x, "SELECT items IS NULL FROM polls WHERE id = 1", 1);
}

static void
a_poll_of_an_unknown_feed_is_refused_whole(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	assert_int_equal(store_fixture_poll(x, 99, T0, NULL, &r), ERR_NOT_FOUND);
	assert_int_equal(store_fixture_poll(x, 99, T0, store_fixture_doc(x, "a.example", 1, 2), &r),
	    ERR_NOT_FOUND);
	assert_non_null(strstr(store_fault(x->store)->text, "no feed 99"));
	assert_sql_int(x, "SELECT (SELECT count(*) FROM polls) + (SELECT count(*) FROM links)", 0);
}

static void
decide_by_news(struct poll *p, const struct poll_result *r, void *arg)
{
	++*(int *)arg;
	p->outcome = r->fresh ? POLL_OK : POLL_UNCHANGED;
	p->next_poll = p->at + 100 * r->fresh;
	p->next_reason = "decided";
}

static void
what_was_new_decides_the_next_poll(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int asked = 0;
	int64_t feed = store_fixture_feed(x, "http://a.example/");
	struct poll p = {.feed_id = feed,
	    .at = T0,
	    .doc = store_fixture_doc(x, "a.example", 1, 4),
	    .decide = decide_by_news,
	    .decide_arg = &asked};
	ok(store_put_poll(x->store, &p, &r));
	arena_clear(&r.arena);
	assert_int_equal(asked, 1);
	ok(store_find_feed(x->store, "http://a.example/", keep_feed, x));
	assert_int_equal(kept_feed.next_poll, T0 + 400);
	assert_sql_text(x, "SELECT next_reason FROM polls", "decided");
	assert_sql_int(x, "SELECT new FROM polls", 4);
}

static void
old_polls_are_pruned_and_the_chain_ends_there(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	size_t removed;
	int64_t a = store_fixture_feed(x, "http://a.example/");
	for (int i = 0; i < 8; i++)
		ok(store_fixture_poll(x, a, T0 + i, NULL, &r));
	ok(store_prune_polls(x->store, T0 + 5, T0 + 9, 3, &removed));
	assert_int_equal(removed, 3);
	ok(store_prune_polls(x->store, T0 + 5, T0 + 9, 3, &removed));
	assert_int_equal(removed, 2);
	ok(store_prune_polls(x->store, T0 + 5, T0 + 9, 3, &removed));
	assert_int_equal(removed, 0);
	struct seen_polls seen = {0};
	ok(store_each_poll(x->store, a, 8, see_poll, &seen));
	assert_int_equal(seen.count, 3);
	struct store_status status;
	ok(store_read_status(x->store, &status));
	assert_int_equal(status.polls, 3);
}

/* Else it would stand at the head of another poll's chain, or of another feed's. */
static void
the_number_of_a_poll_is_not_used_again(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	size_t removed;
	int64_t a = store_fixture_feed(x, "http://a.example/"),
		b = store_fixture_feed(x, "http://b.example/");
	for (int i = 0; i < 4; i++)
		ok(store_fixture_poll(x, a, T0 + i, NULL, &r));
	ok(store_prune_polls(x->store, T0 + 86400, T0 + 90000, 100, &removed));
	assert_int_equal(removed, 3);
	assert_sql_int(x, "SELECT id FROM polls", 4);
	ok(store_prune_polls(x->store, T0 + 86400, T0 + 90000, 100, &removed));
	assert_int_equal(removed, 0);
	ok(store_fixture_poll(x, b, T0 + 90000, NULL, &r));
	assert_sql_int(x, "SELECT id FROM polls WHERE feed_id = 2", 5);
	struct seen_polls seen = {0};
	ok(store_each_poll(x->store, a, 8, see_poll, &seen));
	assert_int_equal(seen.count, 1);
}

/* A store in which numbers were used twice shows no feed the polls of another. */
static void
a_feeds_polls_are_its_own(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t a = store_fixture_feed(x, "http://a.example/"),
		b = store_fixture_feed(x, "http://b.example/");
	ok(store_fixture_poll(x, a, T0, NULL, &r));
	ok(store_fixture_poll(x, a, T0 + 1, NULL, &r));
	ok(store_fixture_poll(x, b, T0 + 2, NULL, &r));
	struct seen_polls seen = {0};
	store_fixture_execute(x, "UPDATE nd_poll SET prev = 3 WHERE id = 2");
	ok(store_each_poll(x->store, a, 8, see_poll, &seen));
	assert_int_equal(seen.count, 1);
	assert_int_equal(seen.at[0], T0 + 1);
	store_fixture_execute(x, "UPDATE nd_feed SET last_poll_id = 3 WHERE id = 1");
	seen = (struct seen_polls){0};
	ok(store_each_poll(x->store, a, 8, see_poll, &seen));
	assert_int_equal(seen.count, 0);
}

/* The clock ran ahead for some polls, and was then set right. */
static void
polls_of_the_future_do_not_stop_the_pruning(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	size_t removed;
	static const int64_t at[] = {
	    1, 2, 1000000, 1000001, 1000002, 3, 4, 1000003, 100, 101, 1000004, 102};
	int64_t a = store_fixture_feed(x, "http://a.example/");
	for (size_t i = 0; i < sizeof at / sizeof *at; i++)
		ok(store_fixture_poll(x, a, T0 + at[i], NULL, &r));
	ok(store_prune_polls(x->store, T0 + 50, T0 + 200, 3, &removed));
	assert_int_equal(removed, 3); /* bounded, though an old one stands further on */
	assert_sql_int(x, "SELECT min(id) FROM polls", 4);
	ok(store_prune_polls(x->store, T0 + 50, T0 + 200, 100, &removed));
	assert_int_equal(removed, 4);
	/* what is not followed by an old one may be new */
	assert_sql_text(x, "SELECT group_concat(id, ' ') FROM (SELECT id FROM polls ORDER BY id)",
	    "8 9 10 11 12");
	ok(store_prune_polls(x->store, T0 + 50, T0 + 200, 100, &removed));
	assert_int_equal(removed, 0);
	/* a row that claims to be very old does not take those with it that came before it */
	store_fixture_execute(x, "UPDATE nd_poll SET at = 0 WHERE id = 11");
	ok(store_prune_polls(x->store, T0 + 50, T0 + 200, 100, &removed));
	assert_int_equal(removed, 0);
}

/* ---- entries and links ---- */

static void
new_entries_become_work(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example:8080", 1, 2);
	doc->items[0].summary = arena_strdup(&x->arena, "A summary.");
	store_fixture_item(x, doc, "g3", "HTTP://A.example:8080/three?utm_medium=rss#x", "Three");
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	assert_int_equal(r.items, 3);
	assert_int_equal(r.fresh, 3);
	assert_int_equal(r.sightings, 3);
	assert_int_equal(r.links_len, 3);
	const struct link_work *w = &r.links[2];
	assert_string_equal(w->url, "http://a.example:8080/three");
	assert_non_null(strstr(w->fetch, "utm_medium"));
	assert_true(w->host == hash64_str("a.example:8080"));
	assert_int_equal(w->feed_id, feed);
	assert_int_equal(w->content, CONTENT_PAGE);
	assert_int_equal(w->item, 2);
	assert_int_equal(w->has_content, 0);
	assert_int_equal(r.links[0].has_content, 1);
	arena_clear(&r.arena);
	assert_sql_int(
	    x, "SELECT count(*) FROM links WHERE outcome = 'pending' AND due = 1790000000", 3);
	assert_sql_text(x, "SELECT host FROM links WHERE title = 'Three'", "a.example:8080");
	assert_sql_int(x, "SELECT items FROM feeds", 3);
	assert_sql_int(x, "SELECT last_change FROM feeds", T0);
}

static void
the_same_items_cost_nothing(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 5);
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	arena_clear(&r.arena);
	/* would be a new link, were it looked at: only the hash of the set counts */
	doc->items[0].canonical = arena_strdup(&x->arena, "http://a.example/unseen");
	doc->items[0].key = 4711;
	ok(store_fixture_poll(x, feed, T0 + 60, doc, &r));
	assert_int_equal(r.items, 5);
	assert_int_equal(r.fresh + r.sightings, 0);
	assert_int_equal(r.links_len, 0);
	assert_sql_int(x, "SELECT count(*) FROM links", 5);
	assert_sql_int(x, "SELECT last_change FROM feeds", T0);
	doc->items_hash++;
	ok(store_fixture_poll(x, feed, T0 + 120, doc, &r));
	assert_int_equal(r.fresh, 1);
	arena_clear(&r.arena);
}

static void
a_second_feed_sees_and_does_not_repeat(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t a = store_fixture_feed(x, "http://a.example/rss"),
		b = store_fixture_feed(x, "http://b.example/rss");
	ok(store_fixture_poll(x, a, T0, store_fixture_doc(x, "a.example", 1, 3), &r));
	arena_clear(&r.arena);
	ok(store_fixture_poll(x, b, T0 + 5, store_fixture_doc(x, "a.example", 2, 3), &r));
	assert_int_equal(r.items, 3);
	assert_int_equal(r.fresh, 1);
	assert_int_equal(r.sightings, 3);
	assert_int_equal(r.links_len, 1);
	arena_clear(&r.arena);
	assert_sql_int(x, "SELECT count(*) FROM links", 4);
	assert_sql_int(x, "SELECT count(*) FROM sightings", 6);
	assert_sql_text(x,
	    "SELECT group_concat(feed, ' ') FROM (SELECT feed FROM sightings"
	    " WHERE url = 'http://a.example/story/2' ORDER BY first_seen)",
	    "http://a.example/rss http://b.example/rss");
	assert_sql_text(x, "SELECT first_feed FROM links WHERE url = 'http://a.example/story/2'",
	    "http://a.example/rss");
}

static void
an_entry_repeated_in_a_document_counts_once(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 2);
	store_fixture_item(
	    x, doc, "http://a.example/story/1", "http://a.example/story/1", "Story 1 of a.example");
	/* another guid for the same link: another entry, no other link */
	store_fixture_item(x, doc, "other", "http://a.example/story/1", "Again");
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	assert_int_equal(r.items, 3);
	assert_int_equal(r.fresh, 2);
	assert_int_equal(r.sightings, 3);
	assert_int_equal(r.links_len, 2);
	arena_clear(&r.arena);
}

static void
one_guid_for_all_entries_loses_none(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 0);
	store_fixture_item(x, doc, "0", "http://a.example/one", "One");
	store_fixture_item(x, doc, "0", "http://a.example/two", "Two");
	store_fixture_item(x, doc, "0", "http://a.example/two", "Two");
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	assert_int_equal(r.items, 2);
	assert_int_equal(r.fresh, 2);
	arena_clear(&r.arena);
	store_fixture_item(x, doc, "0", "http://a.example/three", "Three");
	ok(store_fixture_poll(x, feed, T0 + 60, doc, &r));
	assert_int_equal(r.fresh, 1);
	arena_clear(&r.arena);
}

static void
an_entry_without_link_gets_one(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct item *it;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 0);
	store_fixture_item(x, doc, "note-1", NULL, "A note")->content =
	    arena_strdup(&x->arena, "<p>Text.</p>");
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	assert_int_equal(r.links_len, 1);
	assert_int_equal(strncmp(r.links[0].url, "urn:newsd:1:", 12), 0);
	assert_int_equal(r.links[0].content, CONTENT_FEED);
	assert_int_equal(r.links[0].has_content, 1);
	assert_true(r.links[0].host == hash64_str(STORE_HOSTLESS));
	ok(store_load_item(x->store, r.links[0].id, &x->arena, &it));
	assert_null(it->canonical);
	assert_null(it->link);
	assert_string_equal(it->content, "<p>Text.</p>");
	arena_clear(&r.arena);
	doc->items_hash++;
	ok(store_fixture_poll(x, feed, T0 + 1, doc, &r));
	assert_int_equal(r.fresh, 0);
	arena_clear(&r.arena);
	/* the same guid in another feed is another entry */
	int64_t other = store_fixture_feed(x, "http://b.example/rss");
	ok(store_fixture_poll(x, other, T0 + 2, doc, &r));
	assert_int_equal(r.fresh, 1);
	arena_clear(&r.arena);
}

static void
fill_entry(struct store_fixture *x, struct item *it)
{
	struct arena *a = &x->arena;
	*ARENA_PUSH(a, it->authors, it->authors_len) = arena_strdup(a, "Ana Pérez");
	*ARENA_PUSH(a, it->authors, it->authors_len) = arena_strdup(a, "Bo\nYu"); /* hostile */
	*ARENA_PUSH(a, it->tags, it->tags_len) = arena_strdup(a, "climate, change");
	struct enclosure *e = ARENA_PUSH(a, it->enclosures, it->enclosures_len);
	*e = (struct enclosure){arena_strdup(a, "http://a.example/a b.mp3"), NULL, 1234567890123};
	e = ARENA_PUSH(a, it->enclosures, it->enclosures_len);
	*e = (struct enclosure){NULL, arena_strdup(a, "audio/mpeg; x=1"), -1};
	it->published = (struct date){.utc = -86400,
	    .precision = DATE_DAY,
	    .zone_known = 0,
	    .doubt = DATE_DOUBT_CENTURY}; /* before 1970 is a time like another */
	it->updated = (struct date){.utc = T0, .precision = DATE_SECOND, .zone_known = 1};
	it->published_raw = arena_strdup(a, "New Year's Eve 1969");
	it->summary = arena_strdup(a, "'); DROP TABLE nd_link; --");
	it->content = arena_strdup(a, "<p>\"Quoted\" 日本 \U0001F30D</p>");
	it->image = arena_strdup(a, "http://a.example/i.png");
	it->comments = arena_strdup(a, "http://a.example/c");
	it->rights = arena_strdup(a, "©");
	it->language = arena_strdup(a, "ja");
	it->source = arena_strdup(a, "");
}

static void
what_the_feed_said_comes_back(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct item *it;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 0);
	fill_entry(x, store_fixture_item(x, doc, "g'1", "http://a.example/1?b=2&a=1", "T\"1"));
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	int64_t id = r.links[0].id;
	arena_clear(&r.arena);
	ok(store_load_item(x->store, id, &x->arena, &it));
	assert_string_equal(it->guid, "g'1");
	assert_true(it->key == doc->items[0].key);
	assert_string_equal(it->canonical, doc->items[0].canonical);
	assert_string_equal(it->fetch, doc->items[0].fetch);
	assert_string_equal(it->title, "T\"1");
	assert_int_equal(it->authors_len, 2);
	assert_string_equal(it->authors[0], "Ana Pérez");
	assert_string_equal(it->authors[1], "Bo Yu");
	assert_int_equal(it->tags_len, 1);
	assert_string_equal(it->tags[0], "climate, change");
	assert_int_equal(it->enclosures_len, 2);
	assert_string_equal(it->enclosures[0].url, "http://a.example/a b.mp3");
	assert_null(it->enclosures[0].type);
	assert_int_equal(it->enclosures[0].length, 1234567890123);
	assert_null(it->enclosures[1].url);
	assert_string_equal(it->enclosures[1].type, "audio/mpeg; x=1");
	assert_int_equal(it->enclosures[1].length, -1);
	assert_int_equal(it->published.utc, -86400);
	assert_int_equal(it->published.precision, DATE_DAY);
	assert_int_equal(it->published.doubt, DATE_DOUBT_CENTURY);
	assert_sql_text(x, "SELECT published_precision FROM links", "day");
	assert_sql_text(x, "SELECT published_doubt FROM links", "century");
	assert_sql_text(x, "SELECT published_raw FROM links", "New Year's Eve 1969");
	assert_int_equal(it->published.zone_known, 0);
	assert_int_equal(it->updated.precision, DATE_SECOND);
	assert_int_equal(it->updated.zone_known, 1);
	assert_string_equal(it->summary, "'); DROP TABLE nd_link; --");
	assert_string_equal(it->content, doc->items[0].content);
	assert_string_equal(it->rights, "©");
	assert_string_equal(it->language, "ja");
	assert_string_equal(it->source, "");
	assert_sql_text(x, "SELECT published FROM links_iso", "1969-12-31T00:00:00Z");
	assert_sql_text(x, "SELECT authors FROM links", "Ana Pérez, Bo Yu");
	assert_int_equal(store_load_item(x->store, 99, &x->arena, &it), ERR_NOT_FOUND);
}

/* ---- pending ---- */

static int
count_host(uint64_t host, const char *name, int64_t due, void *arg)
{
	assert_true(host == hash64_str(name));
	assert_int_equal(due, T0);
	++*(int *)arg;
	return 0;
}

static void
pending_links_come_in_order_of_their_time(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct link_work *links;
	size_t len;
	int64_t next, feed = store_fixture_feed(x, "http://a.example/rss");
	int hosts = 0;
	uint64_t a = hash64_str("a.example");
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 3), &r));
	struct link_outcome retry = {.link_id = r.links[0].id,
	    .outcome = OUTCOME_PENDING,
	    .reason = "HTTP 503",
	    .at = T0 + 1,
	    .status = 503,
	    .attempts = 1,
	    .due = T0 + 50};
	ok(store_put_outcome(x->store, &retry));
	arena_clear(&r.arena);
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "b.example", 1, 1), &r));
	arena_clear(&r.arena);

	ok(store_each_pending_host(x->store, count_host, &hosts));
	assert_int_equal(hosts, 2);
	ok(store_load_pending(x->store, a, T0, 1, &x->arena, &links, &len, &next));
	assert_int_equal(len, 1);
	assert_int_equal(next, T0); /* another one is due as well */
	ok(store_load_pending(x->store, a, T0, 10, &x->arena, &links, &len, &next));
	assert_int_equal(len, 2);
	assert_int_equal(next, T0 + 50);
	assert_string_equal(links[0].url, "http://a.example/story/2");
	assert_string_equal(links[0].fetch, "http://a.example/story/2");
	assert_true(links[0].item == SIZE_MAX);
	ok(store_load_pending(x->store, a, T0 + 50, 10, &x->arena, &links, &len, &next));
	assert_int_equal(len, 3);
	assert_int_equal(next, 0);
	assert_int_equal(links[2].attempts, 1);
	assert_int_equal(links[2].recheck, 0);
	ok(store_load_pending(x->store, 12345, T0 + 50, 10, &x->arena, &links, &len, &next));
	assert_int_equal(len, 0);
	/* by a clock that was two years ahead: it is due at once, as soon as what is due is read */
	retry.due = T0 + 2 * 365 * 86400;
	ok(store_put_outcome(x->store, &retry));
	ok(store_load_pending(x->store, a, T0 + 50, 1, &x->arena, &links, &len, &next));
	assert_int_equal(next, T0);
	ok(store_load_pending(x->store, a, T0 + 50, 10, &x->arena, &links, &len, &next));
	assert_int_equal(len, 2);
	assert_int_equal(next, T0 + 50);
	ok(store_load_pending(x->store, a, T0 + 50, 10, &x->arena, &links, &len, &next));
	assert_int_equal(len, 3);
	assert_int_equal(next, 0);
	assert_int_equal(next, 0);
	assert_sql_text(x, "SELECT reason FROM links WHERE id = 1", "HTTP 503");
}

/* ---- outcomes ---- */

static void
every_link_ends_once_and_the_sum_is_right(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct store_status status;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, OUTCOME_COUNT);
	doc->items[3].content = arena_strdup(&x->arena, "<p>Long text</p>");
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	for (int i = 0; i < OUTCOME_COUNT; i++) {
		struct link_outcome o = {.link_id = r.links[i].id,
		    .outcome = (enum outcome)i,
		    .reason = "because",
		    .at = T0 + i,
		    .due = T0 + 99};
		assert_sql_int(
		    x, "SELECT sum(links) = (SELECT count(*) FROM links) FROM ledger", 1);
		ok(store_put_outcome(x->store, &o));
	}
	arena_clear(&r.arena);
	ok(store_read_status(x->store, &status));
	assert_int_equal(status.links, OUTCOME_COUNT);
	/* the number of links does not come from the counts: a lost one is noticed */
	store_fixture_execute(x, "UPDATE nd_count SET n = n - 1 WHERE name = 'stored'");
	ok(store_read_status(x->store, &status));
	assert_int_equal(status.links, OUTCOME_COUNT);
	assert_int_equal(status.outcomes[OUTCOME_STORED], 0);
	store_fixture_execute(x, "UPDATE nd_count SET n = n + 1 WHERE name = 'stored'");
	ok(store_read_status(x->store, &status));
	for (int i = 0; i < OUTCOME_COUNT; i++)
		assert_int_equal(status.outcomes[i], 1);
	assert_int_equal(status.oldest_pending, T0);
	assert_sql_int(x, "SELECT count(*) FROM ledger", OUTCOME_COUNT);
	assert_sql_int(x, "SELECT count(*) FROM links WHERE due IS NOT NULL", 1);
	/* what the feed gave in the page's place is of no more use */
	assert_sql_int(x, "SELECT count(*) FROM nd_content", 0);
	struct link_outcome o = {.link_id = 999, .outcome = OUTCOME_GONE, .at = T0};
	assert_int_equal(store_put_outcome(x->store, &o), ERR_NOT_FOUND);
}

static int
keep_link_id(const struct link_row *row, void *arg)
{
	*(int64_t *)arg = row->id;
	return 0;
}

static int
collect_link_ids(const struct link_row *row, void *arg)
{
	char *text = arg;
	size_t n = strlen(text);
	text[n] = (char)('0' + row->id);
	text[n + 1] = '\0';
	return 0;
}

static void
a_link_is_found_by_any_of_its_urls(void **state)
{
	static const char *const spellings[] = {"http://a.example/story/1",
	    "HTTP://A.EXAMPLE:80/x/../story/1?utm_source=mail#comments",
	    "https://www.a.example/2026/one", "http://a.example/declared"};
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t id, feed = store_fixture_feed(x, "http://a.example/rss");
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 2), &r));
	arena_clear(&r.arena);
	struct article a =
	    store_fixture_article("http://a.example/declared", "T", "Some text here");
	int64_t article = store_fixture_store(x, 1, feed, &a, T0);
	struct link_outcome o = {.link_id = 1,
	    .outcome = OUTCOME_STORED,
	    .at = T0,
	    .final_url = "https://www.a.example:443/2026/one?utm_campaign=x"};
	ok(store_put_outcome(x->store, &o));
	for (size_t i = 0; i < sizeof spellings / sizeof *spellings; i++) {
		id = 0;
		ok(store_find_link(x->store, spellings[i], keep_link_id, &id));
		assert_int_equal(id, 1);
	}
	assert_int_equal(store_find_link(x->store, "http://a.example/story/7", keep_link_id, &id),
	    ERR_NOT_FOUND);
	assert_int_equal(store_find_link(x->store, "no url", keep_link_id, &id), ERR_NOT_FOUND);
	/* article_id 0 leaves it */
	assert_sql_int(x, "SELECT article_id FROM links WHERE id = 1", article);
}

static void
recent_links_are_those_of_the_latest_outcomes(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	char ids[16] = "";
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 4), &r));
	arena_clear(&r.arena);
	for (int i = 3; i > 0; i--) {
		struct link_outcome o = {.link_id = i, .outcome = OUTCOME_GONE, .at = T0 + 10 - i};
		ok(store_put_outcome(x->store, &o));
	}
	ok(store_each_recent_link(x->store, 3, collect_link_ids, ids));
	assert_string_equal(ids, "321");
}

/* Ended and pending links are one list; of the same second the later number is the newer. */
static void
recent_links_are_ended_and_pending_ones(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	static const struct {
		int id, ended, at;
	} rows[] = {{1, 1, 50}, {2, 0, 60}, {3, 1, 30}, {4, 1, 60}, {6, 0, 20}, {7, 1, 40}};
	static const char order[] = "58637124"; /* 5 and 8 have waited since T0 */
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 8), &r));
	arena_clear(&r.arena);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct link_outcome o = {.link_id = rows[i].id,
		    .outcome = rows[i].ended ? OUTCOME_GONE : OUTCOME_PENDING,
		    .due = T0 + 900,
		    .at = T0 + rows[i].at};
		ok(store_put_outcome(x->store, &o));
	}
	for (size_t count = 0; count <= 9; count++) {
		char ids[16] = "";
		size_t skipped = count < 8 ? 8 - count : 0;
		ok(store_each_recent_link(x->store, count, collect_link_ids, ids));
		assert_string_equal(ids, order + skipped);
	}
}

/* The plan has no walk over all the links. */
static void
recent_links_are_found_by_an_index(void **state)
{
	struct store_fixture *x = *state;
	char *sql =
	    arena_printf(&x->arena, "EXPLAIN QUERY PLAN %s", sql_table[SQL_RECENT_LINKS].text);
	sqlite3 *db;
	sqlite3_stmt *st;
	int steps = 0;
	assert_int_equal(sqlite3_open(x->path, &db), SQLITE_OK);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	for (; sqlite3_step(st) == SQLITE_ROW; steps++)
		assert_string_not_equal((const char *)sqlite3_column_text(st, 3), "SCAN nd_link");
	assert_true(steps > 3);
	sqlite3_finalize(st);
	sqlite3_close(db);
}

static void
entry_updated(struct feed_doc *doc, int64_t when)
{
	doc->items[0].updated =
	    (struct date){.utc = when, .precision = DATE_SECOND, .zone_known = 1};
	doc->items_hash++;
}

static void
an_updated_entry_opens_its_link_again(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct link_work *links;
	size_t len;
	int64_t next, feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 1);
	entry_updated(doc, T0 - 50);
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	int64_t link = r.links[0].id;
	arena_clear(&r.arena);
	struct article a = store_fixture_article("http://a.example/story/1", "T", "First text");
	int64_t article = store_fixture_store(x, link, feed, &a, T0 + 1);
	for (int i = 1; i <= 7; i++) {
		entry_updated(doc, T0 + 100 * i);
		doc->items[0].title = arena_printf(&x->arena, "Title %d", i);
		ok(store_fixture_poll(x, feed, T0 + 100 * i, doc, &r));
		/* five times; then a feed that always says "updated" is not believed any more */
		assert_int_equal(r.links_len, i <= 5);
		if (i <= 5) {
			assert_int_equal(r.links[0].id, link);
			assert_int_equal(r.links[0].recheck, 1);
			assert_int_equal(r.links[0].feed_id, feed);
			assert_int_equal(r.fresh, 0);
			assert_sql_int(x, "SELECT links FROM ledger WHERE outcome = 'pending'", 1);
			assert_sql_text(x, "SELECT reason FROM links", "entry updated");
			ok(store_load_pending(x->store, hash64_str("a.example"), T0 + 1000, 5,
			    &x->arena, &links, &len, &next));
			assert_int_equal(len, 1);
			assert_int_equal(links[0].recheck, 1);
			struct link_outcome o = {.link_id = link,
			    .outcome = OUTCOME_STORED,
			    .at = T0 + 100 * i + 1,
			    .article_id = article};
			ok(store_put_outcome(x->store, &o));
		}
		arena_clear(&r.arena);
	}
	assert_sql_int(x, "SELECT rechecks FROM links", 5);
	assert_sql_text(x, "SELECT title FROM links", "Title 7");
	/* the same version again is none */
	doc->items_hash++;
	ok(store_fixture_poll(x, feed, T0 + 5000, doc, &r));
	assert_int_equal(r.links_len, 0);
	arena_clear(&r.arena);
}

static void
only_a_link_with_its_own_article_is_opened_again(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct item *it;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct feed_doc *doc = store_fixture_doc(x, "a.example", 1, 2);
	ok(store_fixture_poll(x, feed, T0, doc, &r));
	arena_clear(&r.arena);
	/* pending: nothing to open, but the newer text counts */
	entry_updated(doc, T0 + 5);
	doc->items[0].content = arena_strdup(&x->arena, "newer");
	ok(store_fixture_poll(x, feed, T0 + 5, doc, &r));
	assert_int_equal(r.links_len, 0);
	arena_clear(&r.arena);
	ok(store_load_item(x->store, 1, &x->arena, &it));
	assert_string_equal(it->content, "newer");
	/* a duplicate of another link's article */
	struct article a = store_fixture_article("http://a.example/story/2", "T", "First text");
	int64_t article = store_fixture_store(x, 2, feed, &a, T0 + 6);
	struct link_outcome o = {
	    .link_id = 1, .outcome = OUTCOME_DUPLICATE, .at = T0 + 7, .article_id = article};
	ok(store_put_outcome(x->store, &o));
	entry_updated(doc, T0 + 8);
	ok(store_fixture_poll(x, feed, T0 + 8, doc, &r));
	assert_int_equal(r.links_len, 0);
	arena_clear(&r.arena);
	assert_sql_text(x, "SELECT outcome FROM links WHERE id = 1", "duplicate");
}

/* ---- transactions ---- */

static void
nothing_is_seen_before_the_commit_or_after_a_rollback(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	struct store_status status;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	ok(store_begin(x->store));
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 3), &r));
	arena_clear(&r.arena);
	assert_sql_int(x, "SELECT count(*) FROM links", 0);
	assert_sql_int(x, "SELECT sum(links) FROM ledger", 0);
	store_rollback(x->store);
	store_rollback(x->store); /* harmless */
	ok(store_read_status(x->store, &status));
	assert_int_equal(status.links, 0);
	ok(store_begin(x->store));
	/* done again after the rollback: the host's row is made again, too */
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", 1, 3), &r));
	arena_clear(&r.arena);
	ok(store_commit(x->store));
	assert_sql_int(x, "SELECT count(*) FROM links", 3);
	assert_sql_int(x, "SELECT sum(links) FROM ledger", 3);
}

static void
a_failed_write_spoils_the_batch(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result r;
	int64_t id, feed = store_fixture_feed(x, "http://a.example/rss");
	struct article a = store_fixture_article("http://a.example/1", "T", "Text");
	ok(store_begin(x->store));
	ok(store_fixture_poll(x, feed, T0, NULL, &r));
	/* there is no such link: the foreign key says no */
	assert_int_equal(
	    store_put_article(x->store, &a, 4711, feed, BODY_PAGE, T0, 0, &id), ERR_INPUT);
	assert_int_equal(store_fixture_poll(x, feed, T0, NULL, &r), ERR_INPUT);
	assert_int_equal(store_commit(x->store), ERR_INPUT);
	assert_non_null(strstr(store_fault(x->store)->text, "store an article"));
	assert_sql_int(x, "SELECT count(*) FROM polls", 0);
	ok(store_begin(x->store));
	/* an answer is no failure */
	struct link_outcome o = {.link_id = 4711, .outcome = OUTCOME_GONE, .at = T0};
	assert_int_equal(store_put_outcome(x->store, &o), ERR_NOT_FOUND);
	ok(store_fixture_poll(x, feed, T0, NULL, &r));
	ok(store_commit(x->store));
	assert_sql_int(x, "SELECT count(*) FROM polls", 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(a_feed_is_known_by_its_canonical_url),
	    TEST(a_removed_feed_keeps_its_history_and_can_come_back),
	    TEST(a_feed_added_by_hand_stays_so),
	    TEST(a_poll_sets_the_feeds_state_and_its_history),
	    TEST(a_poll_of_an_unknown_feed_is_refused_whole),
	    TEST(what_was_new_decides_the_next_poll),
	    TEST(old_polls_are_pruned_and_the_chain_ends_there),
	    TEST(the_number_of_a_poll_is_not_used_again),
	    TEST(a_feeds_polls_are_its_own),
	    TEST(polls_of_the_future_do_not_stop_the_pruning),
	    TEST(new_entries_become_work),
	    TEST(the_same_items_cost_nothing),
	    TEST(a_second_feed_sees_and_does_not_repeat),
	    TEST(an_entry_repeated_in_a_document_counts_once),
	    TEST(one_guid_for_all_entries_loses_none),
	    TEST(an_entry_without_link_gets_one),
	    TEST(what_the_feed_said_comes_back),
	    TEST(pending_links_come_in_order_of_their_time),
	    TEST(every_link_ends_once_and_the_sum_is_right),
	    TEST(a_link_is_found_by_any_of_its_urls),
	    TEST(recent_links_are_those_of_the_latest_outcomes),
	    TEST(recent_links_are_ended_and_pending_ones),
	    TEST(recent_links_are_found_by_an_index),
	    TEST(an_updated_entry_opens_its_link_again),
	    TEST(only_a_link_with_its_own_article_is_opened_again),
	    TEST(nothing_is_seen_before_the_commit_or_after_a_rollback),
	    TEST(a_failed_write_spoils_the_batch),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
