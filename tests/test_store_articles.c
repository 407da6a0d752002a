/* test_store_articles: the archive: articles, their revisions, stories, and full-text search. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "store_fixture.h"

#define ok(call) assert_int_equal((call), 0)

static int64_t
make_link(struct store_fixture *x, int64_t feed, int n)
{
	struct poll_result r;
	ok(store_fixture_poll(x, feed, T0, store_fixture_doc(x, "a.example", n, 1), &r));
	int64_t id = r.links[0].id;
	arena_clear(&r.arena);
	return id;
}

static struct article_row kept_article;

static int
keep_article(const struct article_row *row, void *arg)
{
	struct store_fixture *x = arg;
	kept_article = *row;
	kept_article.title = arena_strdup(&x->arena, row->title);
	kept_article.body = arena_strdup(&x->arena, row->body);
	kept_article.byline = arena_strdup(&x->arena, row->byline);
	kept_article.snippet = arena_strdup(&x->arena, row->snippet);
	kept_article.feed_url = arena_strdup(&x->arena, row->feed_url);
	return 0;
}

static void
an_article_is_found_by_url_and_by_text(void **state)
{
	struct store_fixture *x = *state;
	struct article_key key;
	int64_t id, feed = store_fixture_feed(x, "http://a.example/rss");
	char *authors[] = {(char *)"Ana", (char *)"Bo"};
	struct article a =
	    store_fixture_article("http://a.example/one", "One", "Brown foxes jump.");
	a.authors = authors;
	a.authors_len = 2;
	a.published = (struct date){.utc = T0 - 86400, .precision = DATE_DAY, .zone_known = 0};
	int64_t link = make_link(x, feed, 1);
	id = store_fixture_store(x, link, feed, &a, T0);
	ok(store_find_article_by_url(x->store, "http://a.example/one", &key));
	assert_int_equal(key.id, id);
	assert_int_equal(key.link_id, link);
	assert_int_equal(key.story_id, id); /* a story of its own */
	assert_memory_equal(key.text_hash, a.text_hash, 16);
	assert_int_equal(key.tokens, 3);
	ok(store_find_article_by_text(x->store, a.text_hash, &key));
	assert_int_equal(key.id, id);
	assert_int_equal(
	    store_find_article_by_url(x->store, "http://a.example/two", &key), ERR_NOT_FOUND);
	uint8_t other[16];
	memcpy(other, a.text_hash, 16);
	other[15] ^= 1; /* the index knows the first half only */
	assert_int_equal(store_find_article_by_text(x->store, other, &key), ERR_NOT_FOUND);
	ok(store_read_article(x->store, id, keep_article, x));
	assert_string_equal(kept_article.byline, "Ana, Bo");
	assert_string_equal(kept_article.body, "Brown foxes jump.");
	assert_string_equal(kept_article.feed_url, "http://a.example/rss");
	assert_true(kept_article.confidence > 0.74 && kept_article.confidence < 0.76);
	assert_int_equal(store_read_article(x->store, id + 1, keep_article, x), ERR_NOT_FOUND);
	assert_sql_text(x, "SELECT published_precision FROM articles", "day");
	assert_sql_text(x, "SELECT substr(published, 1, 10) FROM articles_iso", "2026-09-20");
}

static void
articles_of_one_story_are_counted(void **state)
{
	struct store_fixture *x = *state;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss"), id, second;
	struct article a = store_fixture_article("http://a.example/1", "First", "One two three");
	a.site = (char *)"A";
	id = store_fixture_store(x, make_link(x, feed, 1), feed, &a, T0);
	a = store_fixture_article("http://b.example/1", "Second", "One two four");
	a.site = (char *)"B";
	int64_t link = make_link(x, feed, 2), copy = make_link(x, feed, 3);
	ok(store_put_article(x->store, &a, link, feed, BODY_FEED, T0 + 9, id, &second));
	struct link_outcome o = {
	    .link_id = link, .outcome = OUTCOME_STORED, .at = T0, .article_id = second};
	ok(store_put_outcome(x->store, &o));
	o.link_id = copy;
	o.outcome = OUTCOME_DUPLICATE;
	ok(store_put_outcome(x->store, &o));
	assert_sql_text(x,
	    "SELECT printf('%d %s %d %d %d %d', first_article, title, articles, links, sites,"
	    " last_seen - first_seen) FROM stories WHERE id = 1",
	    "1 First 2 3 1 9");
	assert_sql_text(x, "SELECT body_source FROM articles WHERE id = 2", "feed");
}

static int
see_revision(const struct revision_row *row, void *arg)
{
	assert_int_equal(row->at, T0 + 60);
	assert_string_equal(row->title, "Mayor resigns");
	assert_string_equal(row->body, "The unicorn left.");
	assert_string_equal(row->cause, "the page has a new text");
	assert_int_equal(row->words, 3);
	++*(int *)arg;
	return 0;
}

static int
count_article(const struct article_row *row, void *arg)
{
	(void)row;
	++*(int *)arg;
	return 0;
}

static int
hits(struct store_fixture *x, const char *query)
{
	int n = 0;
	ok(store_search(x->store, query, 0, 0, 100, count_article, &n));
	return n;
}

static void
no_finding(const char *sentence, void *arg)
{
	(void)arg;
	fail_msg("%s", sentence);
}

static void
a_revision_keeps_what_was_and_leaves_no_ghost(void **state)
{
	struct store_fixture *x = *state;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct article a =
	    store_fixture_article("http://a.example/1", "Mayor resigns", "The unicorn left.");
	a.site = (char *)"A";
	a.published = (struct date){.utc = T0, .precision = DATE_MINUTE, .zone_known = 1};
	int64_t id = store_fixture_store(x, make_link(x, feed, 1), feed, &a, T0);
	assert_int_equal(hits(x, "unicorn"), 1);
	struct article b =
	    store_fixture_article("http://a.example/else", "Mayor stays", "The griffin stays put.");
	ok(store_revise_article(x->store, id, &b, BODY_FEED, T0 + 60, "the page has a new text"));
	assert_int_equal(hits(x, "unicorn"), 0);
	assert_int_equal(hits(x, "resigns"), 0);
	assert_int_equal(hits(x, "griffin mayor"), 1);
	int revisions = 0;
	ok(store_each_revision(x->store, id, see_revision, &revisions));
	assert_int_equal(revisions, 1);
	assert_sql_text(x, "SELECT url || ' ' || site FROM articles", "http://a.example/1 A");
	assert_sql_text(x, "SELECT published_precision FROM articles", "minute");
	assert_sql_int(x, "SELECT revisions FROM articles", 1);
	assert_sql_int(x, "SELECT words FROM articles", 4);
	struct article_key key;
	ok(store_find_article_by_text(x->store, b.text_hash, &key));
	assert_int_equal(store_find_article_by_text(x->store, a.text_hash, &key), ERR_NOT_FOUND);
	assert_int_equal(store_revise_article(x->store, 99, &b, BODY_PAGE, T0, ""), ERR_NOT_FOUND);
	ok(store_check(x->store, 1, no_finding, NULL));
	/* FTS5's own check compares index and text word by word */
	store_fixture_execute(
	    x, "INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)");
}

/* New articles are indexed by the commit; until then there is nothing to take out of the index. */
static void
an_article_can_be_revised_in_the_batch_that_brought_it(void **state)
{
	struct store_fixture *x = *state;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	int64_t old_link = make_link(x, feed, 1), new_link = make_link(x, feed, 2);
	struct article a = store_fixture_article("http://a.example/1", "One", "The unicorn left.");
	struct article b = store_fixture_article("http://a.example/2", "Two", "A walrus came.");
	struct article c = store_fixture_article("http://a.example/3", "Three", "The griffin.");
	int64_t old = store_fixture_store(x, old_link, feed, &a, T0);
	ok(store_begin(x->store));
	int64_t fresh = store_fixture_store(x, new_link, feed, &b, T0);
	ok(store_revise_article(x->store, fresh, &c, BODY_PAGE, T0 + 1, "c"));
	ok(store_revise_article(x->store, old, &c, BODY_PAGE, T0 + 1, "c"));
	ok(store_commit(x->store));
	assert_int_equal(hits(x, "walrus"), 0);
	assert_int_equal(hits(x, "unicorn"), 0);
	assert_int_equal(hits(x, "griffin"), 2);
	ok(store_begin(x->store));
	store_fixture_store(x, new_link, feed, &b, T0);
	store_rollback(x->store);
	assert_int_equal(hits(x, "walrus"), 0);
	ok(store_revise_article(x->store, fresh, &b, BODY_PAGE, T0 + 2, "c"));
	assert_int_equal(hits(x, "walrus"), 1);
	ok(store_check(x->store, 1, no_finding, NULL));
	store_fixture_execute(
	    x, "INSERT INTO articles_fts(articles_fts, rank) VALUES ('integrity-check', 1)");
}

static void
any_words_can_be_searched_for(void **state)
{
	static const struct {
		const char *query;
		int hits;
	} rows[] = {{"cafe", 1}, {"CAFÉ", 1}, {"two cafés", 0}, {"one two", 1}, {"zebra", 0},
	    {"\"", 0}, {"one AND", 0}, {"NEAR(one", 0}, {"title:one", 0}, {"one*", 1}, {"-one", 1},
	    {"o'clock", 1}, {"*", 0}, {"^one", 1}, {"one\" OR \"zebra", 0}, {"東京", 1}};
	struct store_fixture *x = *state;
	int n = 0;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct article a = store_fixture_article(
	    "http://a.example/1", "Café society", "One two three o'clock. 東京 today.");
	store_fixture_store(x, make_link(x, feed, 1), feed, &a, T0);
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		if (hits(x, rows[i].query) != rows[i].hits)
			fail_msg("%s: %d hits", rows[i].query, hits(x, rows[i].query));
	assert_int_equal(store_search(x->store, " \t", 0, 0, 9, count_article, &n), ERR_INPUT);
	assert_int_equal(store_search(x->store, "one AND", 1, 0, 9, count_article, &n), ERR_INPUT);
	assert_non_null(strstr(store_fault(x->store)->text, "one AND"));
	ok(store_search(x->store, "one OR zebra", 1, 0, 9, count_article, &n));
	ok(store_search(x->store, "title:cafe", 1, 0, 9, count_article, &n));
	assert_int_equal(n, 2);
	ok(store_search(x->store, "one", 0, T0 + 1, 9, count_article, &n));
	assert_int_equal(n, 2); /* too old */
	ok(store_search(x->store, "two", 0, T0, 9, keep_article, x));
	assert_non_null(strstr(kept_article.snippet, "\1two\2"));
	assert_sql_int(x,
	    "SELECT articles.id FROM articles JOIN articles_fts ON articles_fts.rowid = articles.id"
	    " WHERE articles_fts MATCH 'cafe'",
	    1);
}

static void
the_headline_counts_more(void **state)
{
	struct store_fixture *x = *state;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	struct article a = store_fixture_article(
	    "http://a.example/1", "Weather", "The harvest was small. Much else was said here.");
	store_fixture_store(x, make_link(x, feed, 1), feed, &a, T0);
	a = store_fixture_article(
	    "http://a.example/2", "A harvest", "Much else was said here about other things also.");
	store_fixture_store(x, make_link(x, feed, 2), feed, &a, T0);
	ok(store_search(x->store, "harvest", 0, 0, 1, keep_article, x));
	assert_string_equal(kept_article.title, "A harvest");
}

static void
large_and_empty_texts_are_kept(void **state)
{
	struct store_fixture *x = *state;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	size_t size = 3 << 20;
	char *text = arena_alloc(&x->arena, size + 1);
	for (size_t i = 0; i < size; i++)
		text[i] = i % 9 ? (char)('a' + i % 26) : ' ';
	text[size] = '\0';
	struct article a = store_fixture_article("http://a.example/1", "Large", text);
	store_fixture_store(x, make_link(x, feed, 1), feed, &a, T0);
	struct article empty = {
	    .url = (char *)"http://a.example/2", .verdict = VERDICT_NOT_ARTICLE};
	int64_t id = store_fixture_store(x, make_link(x, feed, 2), feed, &empty, T0);
	assert_sql_int(x, "SELECT length(body) FROM articles WHERE id = 1", (int64_t)size);
	assert_sql_text(x, "SELECT body FROM articles WHERE id = 2", "");
	ok(store_revise_article(x->store, id, &a, BODY_PAGE, T0, "c"));
	ok(store_revise_article(x->store, id, &empty, BODY_PAGE, T0, "c"));
	ok(store_check(x->store, 1, no_finding, NULL));
	struct article nameless = {.title = (char *)"T"};
	assert_int_equal(
	    store_put_article(x->store, &nameless, 1, feed, BODY_PAGE, T0, 0, &id), ERR_INPUT);
}

static void
links_out_lead_to_what_is_known(void **state)
{
	struct store_fixture *x = *state;
	int64_t id, feed = store_fixture_feed(x, "http://a.example/rss");
	char *links[] = {(char *)"http://a.example/story/1", (char *)"https://else.example/x"};
	struct article a = store_fixture_article("http://a.example/story/1", "One", "One two");
	store_fixture_store(x, make_link(x, feed, 1), feed, &a, T0);
	a = store_fixture_article("http://a.example/story/2", "Two", "Three four");
	a.links = links;
	a.links_len = 2;
	a.title_source = (char *)"h1";
	a.published_source = (char *)"jsonld";
	a.published = (struct date){.utc = T0, .precision = DATE_DAY, .zone_known = 0};
	id = store_fixture_store(x, make_link(x, feed, 2), feed, &a, T0);
	assert_sql_text(x,
	    "SELECT group_concat(article_id || ' ' || position || ' ' || url || ' ' || host || ' '"
	    " || coalesce(link_id, '-') || ' ' || coalesce(to_article_id, '-'), ', ')"
	    " FROM (SELECT * FROM article_links ORDER BY position)",
	    "2 1 http://a.example/story/1 a.example 1 1, 2 2 https://else.example/x else.example -"
	    " -");
	assert_sql_text(x,
	    "SELECT title_source || ' ' || published_source FROM articles WHERE id = 2",
	    "h1 jsonld");
	/* the new text's replace them; a date that it does not say keeps its source */
	struct article b = store_fixture_article("http://a.example/story/2", "Two", "Five six");
	b.links = links + 1;
	b.links_len = 1;
	ok(store_revise_article(x->store, id, &b, BODY_PAGE, T0 + 1, "c"));
	assert_sql_text(
	    x, "SELECT position || ' ' || url FROM article_links", "1 https://else.example/x");
	assert_sql_text(x, "SELECT published_source FROM articles WHERE id = 2", "jsonld");
}

static void
links_out_are_left_away_on_demand(void **state)
{
	struct store_fixture *x = *state;
	struct store_options o = {.path = x->path, .mode = STORE_WRITE, .drop_links = 1};
	struct fault f;
	int64_t feed = store_fixture_feed(x, "http://a.example/rss");
	char *links[] = {(char *)"https://else.example/x"};
	struct article a = store_fixture_article("http://a.example/1", "One", "One two");
	a.links = links;
	a.links_len = 1;
	store_close(x->store);
	ok(store_open(&x->store, &o, &f));
	store_fixture_store(x, make_link(x, feed, 1), feed, &a, T0);
	assert_sql_int(x, "SELECT count(*) FROM article_links", 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(an_article_is_found_by_url_and_by_text),
	    TEST(articles_of_one_story_are_counted),
	    TEST(a_revision_keeps_what_was_and_leaves_no_ghost),
	    TEST(an_article_can_be_revised_in_the_batch_that_brought_it),
	    TEST(any_words_can_be_searched_for),
	    TEST(the_headline_counts_more),
	    TEST(large_and_empty_texts_are_kept),
	    TEST(links_out_lead_to_what_is_known),
	    TEST(links_out_are_left_away_on_demand),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
