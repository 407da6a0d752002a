/* robots: groups, matching, encodings, the mistakes of the world, hostile files. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "robots.h"

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static const struct robots_doc *
parse(const char *text)
{
	struct robots_doc *doc;
	robots_parse(&a, (const uint8_t *)text, strlen(text), "newsd", &doc);
	return doc;
}

static void
judged(const char *text, const char *path, int want)
{
	char *url = arena_printf(&a, "https://n.example%s", path);
	int got = robots_allows(parse(text), url);
	if (got != want)
		fail_msg("%s under\n%s: got %d", path, text, got);
}

static void
test_groups(void **state)
{
	(void)state;
	judged("", "/a", 1);
	judged("user-agent: *\ndisallow: /a", "/a", 0);
	judged("user-agent: *\ndisallow: /a", "/b", 1);
	/* the own group, and only that */
	judged("user-agent: *\ndisallow: /a\nuser-agent: newsd\ndisallow: /b", "/a", 1);
	judged("user-agent: *\ndisallow: /a\nuser-agent: newsd\ndisallow: /b", "/b", 0);
	judged("user-agent: NEWSD/2.0\ndisallow: /a", "/a", 0);
	judged("user-agent: newsd-images\ndisallow: /a", "/a", 1);
	judged("user-agent: news\ndisallow: /a", "/a", 1);
	judged("user-agent: newsd\nuser-agent: *\ndisallow:\n", "/a", 1);
	judged(
	    "user-agent: *\ndisallow: /\n\nuser-agent: newsd\n", "/a", 1); /* empty is own, too */
	/* several of the same name are one (RFC 9309 2.2.1) */
	judged("user-agent: newsd\ndisallow: /a\nuser-agent: x\ndisallow: /c\n"
	       "user-agent: newsd\ndisallow: /b",
	    "/a", 0);
	judged("user-agent: newsd\ndisallow: /a\nuser-agent: x\ndisallow: /c\n"
	       "user-agent: newsd\ndisallow: /b",
	    "/b", 0);
	judged("user-agent: newsd\ndisallow: /a\nuser-agent: x\ndisallow: /c\n"
	       "user-agent: newsd\ndisallow: /b",
	    "/c", 1);
	/* one group of many; only rules end the list of names */
	judged("user-agent: x\n\n# c\nunknown: y\nsitemap: https://n.example/s\nuser-agent: newsd\n"
	       "disallow: /a",
	    "/a", 0);
	/* rules before any name belong to nobody */
	judged("disallow: /a\nuser-agent: *\ndisallow: /b", "/a", 1);
	judged("user-agent: *foo\ndisallow: /a", "/a", 1);
	judged("user-agent: * everyone\ndisallow: /a", "/a", 0);
}

static void
test_matching(void **state)
{
	(void)state;
	static const char longest[] =
	    "user-agent: *\nallow: /a/b\ndisallow: /a\nallow: /a/b/c$\ndisallow: /a/b/\n";
	judged(longest, "/a", 0);
	judged(longest, "/a/b", 1);
	judged(longest, "/a/b/x", 0);
	judged(longest, "/a/b/c", 1);
	judged(longest, "/a/b/c/d", 0);
	judged("user-agent: *\ndisallow: /a\nallow: /a", "/a", 1);
	judged("user-agent: *\nallow: /a\ndisallow: /a", "/a", 1);
	judged("user-agent: *\ndisallow: /a", "/A", 1);
	judged("user-agent: *\ndisallow: /*.pdf$", "/x/y.pdf", 0);
	judged("user-agent: *\ndisallow: /*.pdf$", "/x/y.pdf?z", 1);
	judged("user-agent: *\ndisallow: /*.pdf$", "/x.pdf/y.pdf", 0);
	judged("user-agent: *\ndisallow: /*.pdf", "/x/y.pdf?z", 0);
	judged("user-agent: *\ndisallow: /a*b*c", "/aXbXcX", 0);
	judged("user-agent: *\ndisallow: /a*b*c", "/aXcXb", 1);
	judged("user-agent: *\ndisallow: /a*b$", "/aXbXb", 0);
	judged("user-agent: *\ndisallow: *", "/a", 0);
	judged("user-agent: *\ndisallow: **", "/a", 0);
	judged("user-agent: *\ndisallow: $", "/a", 1);
	judged("user-agent: *\ndisallow: /$", "/", 0);
	judged("user-agent: *\ndisallow: /$", "/a", 1);
	judged("user-agent: *\ndisallow: /*$", "/a", 0);
	judged("user-agent: *\ndisallow: /a$b", "/a$b", 0); /* only at the end it is an anchor */
	judged("user-agent: *\ndisallow: a", "/a", 1);
	judged("user-agent: *\ndisallow: /*?", "/a?b", 0);
	judged("user-agent: *\ndisallow: /*?", "/a", 1);
	judged("user-agent: *\ndisallow: /?", "?q", 0); /* an empty path is "/" */
	judged("user-agent: *\ndisallow: /a#b", "/a", 0);
	judged("user-agent: *\ndisallow: /a", "/x#/a", 1);
	judged("user-agent: *\ndisallow: /", "", 0);
	/* an index page stands for its directory */
	judged("user-agent: *\ndisallow: /\nallow: /d/index.html", "/d/", 1);
	judged("user-agent: *\ndisallow: /\nallow: /d/index.html", "/d/x", 0);
}

static void
test_encoding(void **state)
{
	(void)state;
	/* RFC 9309 2.2.2: octets outside ASCII are compared percent-encoded */
	judged("user-agent: *\ndisallow: /é", "/%C3%A9", 0);
	judged("user-agent: *\ndisallow: /%c3%a9", "/%C3%A9", 0);
	judged("user-agent: *\ndisallow: /%C3%A9", "/%c3%a9", 0);
	judged("user-agent: *\ndisallow: /é", "/é", 0);
	/* unreserved characters are the same in both spellings; the others are not */
	judged("user-agent: *\ndisallow: /%7Ejim", "/~jim", 0);
	judged("user-agent: *\ndisallow: /~jim", "/%7ejim", 0);
	judged("user-agent: *\ndisallow: /a/b", "/a%2Fb", 1);
	judged("user-agent: *\ndisallow: /a%2Fb", "/a/b", 1);
	/* the stricter reading: an allow in another spelling opens nothing */
	judged("user-agent: *\ndisallow: /\nallow: /%7Ejim", "/%7Ejim", 1);
	judged("user-agent: *\ndisallow: /\nallow: /%7Ejim", "/~jim", 0);
	judged("user-agent: *\ndisallow: /a b", "/a%20b", 0);
	judged("user-agent: *\ndisallow: /100%", "/100%", 0);
}

static void
test_mistakes(void **state)
{
	(void)state;
	judged("\xef\xbb\xbfuser-agent: *\ndisallow: /a", "/a", 0);
	judged("user-agent: *\rdisallow: /a\r", "/a", 0);
	judged("user-agent: *\r\ndisallow: /a\r\n", "/a", 0);
	judged("  USER-AGENT \t: * \n\t Disallow :/a  # why", "/a", 0);
	judged("user-agent *\ndisallow /a", "/a", 0);
	judged("user-agent *\ndisallow /a b", "/a", 1);
	judged("useragent: *\ndissalow: /a", "/a", 0);
	judged("user-agent: *\ndisallowed: /a", "/a", 1);
	judged("user-agent: *\n: /a\n:::\ndisallow\ndisallow: /b", "/b", 0);
	judged("<html><body>disallow: / user-agent: *</body></html>", "/a", 1);
	judged("user-agent: *\nnoindex: /a\ndisallow: /b", "/a", 1);
}

static void
test_extras(void **state)
{
	(void)state;
	const struct robots_doc *d =
	    parse("Sitemap: https://n.example/s.xml\nuser-agent: *\ncrawl-delay: 2.5\n"
		  "sitemap: HTTP://N.example/\xc3\xa9\nsitemap: /relative\nsitemap: ftp://x/\n");
	assert_int_equal(d->sitemaps_len, 2);
	assert_string_equal(d->sitemaps[0], "https://n.example/s.xml");
	assert_string_equal(d->sitemaps[1], "http://n.example/%C3%A9");
	assert_true(d->crawl_delay_s > 2.49 && d->crawl_delay_s < 2.51);
	assert_true(parse("user-agent: *\ndisallow:")->crawl_delay_s < 0);
	assert_true(parse("user-agent: x\ncrawl-delay: 3")->crawl_delay_s < 0);
	assert_true(parse("user-agent: *\ncrawl-delay: soon")->crawl_delay_s < 0);
	assert_true(parse("user-agent: *\ncrawl-delay: -3")->crawl_delay_s < 0);
	assert_int_equal((int)parse("user-agent: *\ncrawl-delay: 10 # s")->crawl_delay_s, 10);
	assert_int_equal(
	    (int)parse("user-agent: *\ncrawl-delay: 3\ncrawl-delay: 1")->crawl_delay_s, 3);
	assert_int_equal((int)parse("user-agent: *\ncrawl-delay: "
				    "99999999999999999999999999999999999999999999999999")
			     ->crawl_delay_s,
	    86400);
	assert_int_equal(robots_allows(d, "ftp://n.example/"), 0);
	assert_int_equal(robots_allows(d, "not a url"), 0);
}

static void
test_bounds(void **state)
{
	(void)state;
	/* what stands behind the first 500 KiB is not read */
	size_t len = ROBOTS_MAX + 100;
	char *text = arena_alloc(&a, len + 1);
	struct robots_doc *doc;
	memset(text, '\n', len);
	text[len] = '\0';
	memcpy(text, "user-agent: *\n", 14);
	memcpy(text + ROBOTS_MAX, "disallow: /a", 12);
	memcpy(text + ROBOTS_MAX - 20, "disallow: /b", 12);
	judged(text, "/a", 1);
	judged(text, "/b", 0);
	/* a NUL does not cut the file short */
	static const uint8_t nul[] = "user-agent: *\nallow: /\0x\ndisallow: /a";
	robots_parse(&a, nul, sizeof nul - 1, "newsd", &doc);
	assert_int_equal(robots_allows(doc, "https://n.example/a"), 0);
	robots_parse(&a, nul, 0, "newsd", &doc);
	assert_int_equal(robots_allows(doc, "https://n.example/a"), 1);
}

/* 500 KB of patterns made to be slow, against the longest URL: the answer is no, and it is quick.
 */
static void
test_hostile_patterns(void **state)
{
	(void)state;
	static const char *const lines[] = {"disallow:/*ab\n",
	    "disallow:/aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa*aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab\n"};
	char *text = arena_alloc(&a, ROBOTS_MAX), *url = arena_alloc(&a, 4097);
	struct robots_doc *doc;
	memset(url, 'a', 4096);
	url[4096] = '\0';
	memcpy(url, "https://n.example/", 18);
	for (size_t i = 0; i < sizeof lines / sizeof *lines; i++) {
		size_t len = 14, line = strlen(lines[i]);
		memcpy(text, "user-agent: *\n", 14);
		for (; len + line <= ROBOTS_MAX; len += line)
			memcpy(text + len, lines[i], line);
		robots_parse(&a, (const uint8_t *)text, len, "newsd", &doc);
		assert_int_equal(doc->rules_len, (len - 14) / line);
		assert_int_equal(robots_allows(doc, url), 0);
		/* ordinary URLs are still judged by the rules alone */
		assert_int_equal(robots_allows(doc, "https://n.example/story"), 1);
		assert_int_equal(robots_allows(doc, "https://n.example/xab"), i);
	}
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_groups, teardown),
	    cmocka_unit_test_teardown(test_matching, teardown),
	    cmocka_unit_test_teardown(test_encoding, teardown),
	    cmocka_unit_test_teardown(test_mistakes, teardown),
	    cmocka_unit_test_teardown(test_extras, teardown),
	    cmocka_unit_test_teardown(test_bounds, teardown),
	    cmocka_unit_test_teardown(test_hostile_patterns, teardown),
	};
	return cmocka_run_group_tests_name("robots", tests, NULL, NULL);
}
