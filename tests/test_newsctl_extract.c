/*
 * test_newsctl_extract: `newsctl extract` as people use it: pages from a file, from standard input
 * and from a site on loopback, every form of output, exit statuses and complaints. Runs the real
 * programs on real sockets.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "e2e_rig.h"
#include "member.h"
#include "mem.h"

#define ONE                                                                                        \
	"The old <swing> bridge & its *four* piers were closed on Monday morning, after divers "   \
	"found a crack in one of the four piers that carry it across the harbour."
#define ONE_HTML                                                                                    \
	"The old &lt;swing&gt; bridge &amp; its *four* piers were closed on Monday morning, after " \
	"divers found a crack in one of the four piers that carry it across the harbour."
#define TWO                                                                                        \
	"Engineers said that the crack was no danger to the ships below, but that no car would "   \
	"cross before the pier has been measured, which takes about a week."

static const char page[] =
    "<html lang=en><head><title>Bridge \"closed\" - Harbour</title><meta property=og:site_name content=Harbour><meta name=author content='Ada "
    "Lind'><meta property=article:published_time content=2026-01-05T10:00:00Z></head><body>"
    "<nav><a href=/>Front page</a></nav><article><h1>Bridge \"closed\"</h1><p>" ONE_HTML
    "</p><h2>How long</h2><p>" TWO
    "</p><ul><li>1. The ferry runs every ten minutes.</li><li>Nobody "
    "pays for it, says the mayor.</li></ul><blockquote>We have waited for this since the spring, and "
    "we are glad.</blockquote><p>" TWO " And more.</p></article></body></html>";

static void
expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("\"%s\" is not in: %s", part, text);
}

/* Run `newsctl extract` on the words, up to NULL, with INPUT. */
static void
extract(struct ran *ran, int status, const char *input, ...)
{
	char *argv[12] = {e2e.newsctl, (char *)"-c", e2e.conf, (char *)"extract"};
	va_list words;
	va_start(words, input);
	for (size_t i = 4; (argv[i] = va_arg(words, char *)); i++)
		assert_true(i < 10);
	va_end(words);
	program_run(ran, argv, input, input ? strlen(input) : 0);
	if (ran->status != status)
		fail_msg("extract ended with %d, not %d: %s", ran->status, status, ran->err);
}

static void
test_text(void **state)
{
	(void)state;
	struct ran ran;
	extract(&ran, 0, page, "-", NULL);
	assert_string_equal(ran.out,
	    "Bridge \"closed\"\nAda Lind - 2026-01-05 - Harbour\n\n" ONE "\n\nHow long\n\n" TWO
	    "\n\n- 1. The ferry runs every ten minutes.\n- Nobody pays for it, says the mayor.\n\n"
	    "> We have waited for this since the spring, and we are glad.\n\n" TWO " And more.\n");
	assert_string_equal(ran.err, "");
	ran_clear(&ran);
}

static void
test_markup_is_escaped(void **state)
{
	(void)state;
	struct ran ran;
	char *path = e2e_write("page.html", page);
	extract(&ran, 0, NULL, "--html", path, NULL);
	expect(ran.out, "<!DOCTYPE html>\n<html lang=\"en\">");
	expect(ran.out, "<h1>Bridge &quot;closed&quot;</h1>\n");
	expect(ran.out, "<p>" ONE_HTML "</p>\n<h2>How long</h2>\n");
	expect(ran.out, "<ul>\n<li>1. The ferry runs every ten minutes.</li>\n<li>");
	expect(ran.out, "</li>\n</ul>\n<blockquote>We have");
	assert_null(strstr(ran.out, "canonical"));
	ran_clear(&ran);
	extract(&ran, 0, NULL, "--html", "--url", "https://a.example/?a=1&b=2", path, NULL);
	expect(ran.out, "<link rel=\"canonical\" href=\"https://a.example/?a=1&amp;b=2\">");
	ran_clear(&ran);
	extract(&ran, 0, NULL, "--markdown", path, NULL);
	expect(ran.out,
	    "# Bridge \"closed\"\n\n*Ada Lind - 2026-01-05 - Harbour*\n\nThe old \\<swing\\> bridge "
	    "\\& its \\*four\\* piers");
	expect(ran.out, "## How long\n\n");
	expect(ran.out, "- 1\\. The ferry runs every ten minutes.\n- Nobody");
	expect(ran.out, "\n\n> We have waited");
	ran_clear(&ran);
	mem_free(path);
}

/* An article with a paragraph of MARKUP, in the form OPTION, has WANT. */
static void
linked_is(const char *option, const char *markup, const char *want)
{
	struct ran ran;
	char *html = mem_printf(
	    "<article><h1>Bridge</h1><p>" ONE_HTML "</p><p>%s</p><p>" TWO "</p></article>", markup);
	extract(&ran, 0, html, option, "--url", "https://a.example/1/", "-", NULL);
	expect(ran.out, want);
	ran_clear(&ran);
	mem_free(html);
}

#define REST " said the mayor, who was there on Sunday, and not amused at all, in the end."

static void
test_links(void **state)
{
	(void)state;
	linked_is("--html", "<a href='?a=1&b=\"2\">&#39;<x'>“No &lt;b&gt;”,</a>" REST,
	    "<p><a "
	    "href=\"https://a.example/1/?a=1&amp;b=%222%22%3E&#39;%3Cx\">“No &lt;b&gt;”,</a>" REST
	    "</p>\n");
	linked_is("--html", "<a href=' javascript:alert(1)'>“No”,</a>" REST, "<p>“No”," REST);
	linked_is("--markdown", "Oh!<a href='b_(c)/[d]?e=1&f=2&copy;'>[1] *No*,</a>-" REST,
	    "\n\nOh\\![\\[1\\] \\*No\\*,](https://a.example/1/b_\\(c\\)/[d]?e=1&f=2%C2%A9)- said");
	linked_is("--markdown", "<a href='?x=1&amp;copy;&amp;y;z'>1. No,</a>" REST,
	    "\n\n[1. No,](https://a.example/1/?x=1\\&copy;\\&y;z) said");
	linked_is("--markdown", "1<a href=//b.example>. No,</a>" REST,
	    "\n\n1[. No,](https://b.example/) said");
	linked_is("--markdown", "1. <a href=//b.example>No,</a>" REST,
	    "\n\n1\\. [No,](https://b.example/) said");
	linked_is("--json", "été 港 <a href=//b.example>日本</a>" REST,
	    "\"links\":[{\"start\":6,\"length\":2,\"url\":\"https://b.example/\"}]");
}

/* Where nobody says where the page was found, relative links lead nowhere. */
static void
test_links_of_a_page_from_nowhere(void **state)
{
	(void)state;
	struct ran ran;
	static const char html[] =
	    "<link rel=canonical href=/c><article><h1>Bridge</h1><img src=/i.jpg><p>" ONE_HTML
	    "</p><p><a href=/x>Yes</a> and <a href=//b.example/y>no</a>," REST "</p><p>" TWO
	    "</p></article>";
	extract(&ran, 0, html, "--html", "-", NULL);
	expect(ran.out, "<p>Yes and <a href=\"http://b.example/y\">no</a>," REST "</p>");
	assert_null(strstr(ran.out, "localhost"));
	ran_clear(&ran);
	extract(&ran, 0, html, "--json", "-", NULL);
	expect(ran.out, "\"links\":[\"http://b.example/y\"]");
	expect(ran.out, "\"image\":null");
	assert_null(strstr(ran.out, "localhost"));
	ran_clear(&ran);
}

static void
test_json(void **state)
{
	(void)state;
	struct ran ran;
	extract(&ran, 0, page, "--json", "--url", "https://a.example/1", "-", NULL);
	struct json_object *o = json_tokener_parse(ran.out), *ignored;
	assert_string_equal(json_object_get_string(member(o, "verdict")), "full");
	assert_string_equal(json_object_get_string(member(o, "url")), "https://a.example/1");
	expect(json_object_get_string(member(o, "evidence")), "words");
	assert_false(json_object_object_get_ex(o, "trace", &ignored));
	json_object_put(o);
	ran_clear(&ran);
	extract(&ran, 0, page, "--json", "--explain", "-", NULL);
	o = json_tokener_parse(ran.out);
	struct json_object *trace = member(o, "trace"), *claims = member(o, "claims");
	assert_int_equal(json_object_array_length(trace), 9);
	struct json_object *first = json_object_array_get_idx(trace, 0);
	assert_false(json_object_get_boolean(member(first, "kept")));
	assert_string_equal(json_object_get_string(member(first, "text")), "Front page");
	assert_string_equal(
	    json_object_get_string(member(json_object_array_get_idx(claims, 0), "fate")), "won");
	json_object_put(o);
	ran_clear(&ran);
}

static void
test_explain(void **state)
{
	(void)state;
	struct ran ran;
	extract(&ran, 0, page, "--explain", "-", NULL);
	expect(ran.out, "full (0.");
	expect(ran.out, "FIELD");
	expect(ran.out, "title      won     h1         Bridge \"closed\"");
	expect(ran.out, "published  won     opengraph  2026-01-05T10:00:00Z");
	expect(ran.out, "author     won     meta       Ada Lind");
	expect(ran.out, "drop  paragraph  outside");
	expect(ran.out, "keep  list_item");
	ran_clear(&ran);
}

static void
test_what_is_no_article(void **state)
{
	(void)state;
	struct ran ran;
	static const char gone[] = "<title>Page not found</title><body><p>Sorry.</p>";
	extract(&ran, 5, gone, "-", NULL);
	assert_string_equal(ran.out, "");
	expect(ran.err, "newsctl: -: error_page: headed \"page not found\"");
	ran_clear(&ran);
	extract(&ran, 5, gone, "--json", "-", NULL);
	expect(ran.out, "\"verdict\":\"error_page\"");
	ran_clear(&ran);
	extract(&ran, 5, gone, "--explain", "-", NULL);
	expect(ran.out, "error_page (0.95): headed");
	ran_clear(&ran);
	extract(&ran, 5, "", "--html", "-", NULL);
	assert_string_equal(ran.out, "");
	expect(ran.err, "not_article: no text");
	ran_clear(&ran);
}

static void
test_from_a_site(void **state)
{
	(void)state;
	struct ran ran;
	char *url = e2e_url(1, "/news/7"), *gone = e2e_url(1, "/nowhere/1");
	extract(&ran, 0, NULL, url, NULL);
	expect(ran.out, "Report 7 from the county\n");
	expect(ran.out, "This is report number 7 of the year.");
	ran_clear(&ran);
	extract(&ran, 1, NULL, gone, NULL);
	expect(ran.err, "HTTP 404");
	assert_string_equal(ran.out, "");
	ran_clear(&ran);
	extract(&ran, 1, NULL, "http://127.0.0.99/x", NULL); /* not one that the rules allow */
	expect(ran.err, "refused: ");
	ran_clear(&ran);
	extract(&ran, 2, NULL, "--url", url, url, NULL);
	expect(ran.err, "--url is for a file");
	ran_clear(&ran);
	mem_free(url);
	mem_free(gone);
}

static void
test_complaints(void **state)
{
	(void)state;
	struct ran ran;
	extract(&ran, 1, NULL, "/nowhere/page.html", NULL);
	expect(ran.err, "/nowhere/page.html: No such file");
	ran_clear(&ran);
	extract(&ran, 2, page, "--html", "--markdown", "-", NULL);
	expect(ran.err, "exclude each other");
	ran_clear(&ran);
	extract(&ran, 2, page, "--url", "a.example", "-", NULL);
	expect(ran.err, "http:// or https://");
	ran_clear(&ran);
	extract(&ran, 2, NULL, NULL);
	expect(ran.err, "extract: expected URL|FILE|-");
	ran_clear(&ran);
}

/* A page that crashes its worker costs the answer, not newsctl. */
static void
test_hostile_page(void **state)
{
	(void)state;
	struct ran ran;
#ifdef NEWSD_DEBUG_HOOKS
	extract(&ran, 1, "<body><!-- newsd-debug-crash --><p>x</p>", "-", NULL);
	assert_true(strlen(ran.err) > 0);
	ran_clear(&ran);
#endif
	extract(&ran, 0, "<title>A\x1b[31mB</title><article><p>" TWO "</p><p>" ONE_HTML "</p>", "-",
	    NULL);
	assert_null(strchr(ran.out, '\x1b'));
	ran_clear(&ran);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_markup_is_escaped),
	    cmocka_unit_test(test_links),
	    cmocka_unit_test(test_links_of_a_page_from_nowhere),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_explain),
	    cmocka_unit_test(test_what_is_no_article),
	    cmocka_unit_test(test_from_a_site),
	    cmocka_unit_test(test_complaints),
	    cmocka_unit_test(test_hostile_page),
	};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
