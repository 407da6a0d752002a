/*
 * store_fixture: a store in a directory of its own, a second connection that sees what any reader
 * sees, and the few records that tests of the store are made of.
 */
#ifndef NEWSD_TESTS_STORE_FIXTURE_H
#define NEWSD_TESTS_STORE_FIXTURE_H

#include <stdint.h>

#include "store.h"

#define T0 INT64_C(1790000000) /* the time at which the tests' stories begin */

struct store_fixture {
	char dir[64], path[128];
	struct store *store; /* open for writing */
	struct arena arena;  /* for the records of one test */
};

/* cmocka's setup and teardown: *STATE is a struct store_fixture. */
int store_fixture_setup(void **state);
int store_fixture_teardown(void **state);
struct store *store_fixture_open(const char *path, enum store_mode mode);
/* Run SQL on a connection of its own that may write, as a vandal would. */
void store_fixture_execute(const struct store_fixture *x, const char *sql);
/* The first column of the first row of SQL, as any reader sees it; INT64_MIN without a row. */
int64_t store_fixture_int(const struct store_fixture *x, const char *sql);
/* The same as text, malloc'ed; NULL for NULL or no row. */
char *store_fixture_text(const struct store_fixture *x, const char *sql);
#define assert_sql_text(x, sql, expected)                                                          \
	do {                                                                                       \
		char *text_ = store_fixture_text((x), (sql));                                      \
		assert_non_null(text_);                                                            \
		assert_string_equal(text_, (expected));                                            \
		free(text_);                                                                       \
	} while (0)
#define assert_sql_int(x, sql, expected) assert_int_equal(store_fixture_int((x), (sql)), (expected))

/* Files of a directory tree are removed with it. */
void store_fixture_remove(const char *dir);

int64_t store_fixture_feed(struct store_fixture *x, const char *url);
/* A document with COUNT entries of their own links, http://HOST/story/N from FIRST on. */
struct feed_doc *
store_fixture_doc(struct store_fixture *x, const char *host, int first, size_t count);
struct item *store_fixture_item(struct store_fixture *x, struct feed_doc *doc, const char *guid,
    const char *link, const char *title);
/* Record a poll that brought DOC (NULL: 304) at AT; the result's arena is the caller's. */
int store_fixture_poll(struct store_fixture *x, int64_t feed, int64_t at,
    const struct feed_doc *doc, struct poll_result *r);
/* An article with URL, TITLE and TEXT; text_hash is made of the text. */
struct article store_fixture_article(const char *url, const char *title, const char *text);
/* Store an article for a link and end the link with it. Returns its id. */
int64_t store_fixture_store(
    struct store_fixture *x, int64_t link, int64_t feed, const struct article *a, int64_t at);

#endif
