/* jsonld: what sites write, and what they should not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "jsonld.h"

static struct arena a;
static struct jsonld_article out;

static int
setup(void **state)
{
	(void)state;
	out = (struct jsonld_article){.is_accessible_for_free = -1};
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static int
read_block(const char *json)
{
	return jsonld_read(&a, json, strlen(json), &out);
}

static void
test_article(void **state)
{
	(void)state;
	assert_int_equal(
	    read_block(
		"{\"@context\":\"https://schema.org\",\"@type\":\"NewsArticle\","
		"\"headline\":\" Bridge &amp; river \",\"datePublished\":\"2026-01-05T08:00:00Z\","
		"\"dateModified\":\"2026-01-06\",\"author\":{\"@type\":\"Person\",\"name\":\"Ada "
		"Lind\"},"
		"\"publisher\":{\"@type\":\"Organization\",\"name\":\"The Harbour\"},"
		"\"image\":[{\"@type\":\"ImageObject\",\"url\":\"https://x.example/a.jpg\"}],"
		"\"articleSection\":[\"Local\",\"City\"],\"keywords\":[\"bridge\",\"river\"],"
		"\"inLanguage\":{\"@type\":\"Language\",\"name\":\"English\",\"alternateName\":"
		"\"en\"},"
		"\"mainEntityOfPage\":{\"@type\":\"WebPage\",\"@id\":\"https://x.example/1\"},"
		"\"isAccessibleForFree\":\"http://schema.org/False\",\"description\":\"d\","
		"\"articleBody\":\"One.\\n\\nTwo.\"}"),
	    1);
	assert_string_equal(out.headline, "Bridge & river");
	assert_string_equal(out.date_published, "2026-01-05T08:00:00Z");
	assert_string_equal(out.date_modified, "2026-01-06");
	assert_int_equal(out.authors_len, 1);
	assert_string_equal(out.authors[0], "Ada Lind");
	assert_string_equal(out.publisher, "The Harbour");
	assert_string_equal(out.image, "https://x.example/a.jpg");
	assert_string_equal(out.section, "Local");
	assert_string_equal(out.keywords, "bridge,river");
	assert_string_equal(out.language, "en");
	assert_string_equal(out.url, "https://x.example/1");
	assert_string_equal(out.article_body, "One.\nTwo.");
	assert_int_equal(out.is_accessible_for_free, 0);
	assert_int_equal(out.rank, JSONLD_ARTICLE);
}

static void
test_what_is_sold_and_what_is_live(void **state)
{
	read_block("{\"@type\":\"NewsArticle\",\"isAccessibleForFree\":\"False\",\"hasPart\":["
		   "{\"@type\":\"WebPageElement\",\"isAccessibleForFree\":true,\"cssSelector\":"
		   "\".free\"},{\"@type\":\"WebPageElement\",\"isAccessibleForFree\":false,"
		   "\"cssSelector\":\".sold\"}]}");
	assert_int_equal(out.is_accessible_for_free, 0);
	assert_string_equal(out.paid_selector, ".sold");
	assert_int_equal(out.is_live, 0);
	setup(state);
	read_block("{\"@type\":[\"Thing\",\"LiveBlogPosting\"],\"headline\":\"H\"}");
	assert_int_equal(out.is_live, 1);
	assert_null(out.paid_selector);
	setup(state);
	read_block("{\"@type\":\"NewsArticle\",\"coverageStartTime\":\"2026-01-05T08:00:00Z\","
		   "\"hasPart\":{\"isAccessibleForFree\":0,\"cssSelector\":\"\"}}");
	assert_int_equal(out.is_live, 1);
	assert_null(out.paid_selector);
}

static void
test_graph_and_references(void **state)
{
	(void)state;
	assert_int_equal(
	    read_block("{\"@graph\":[{\"@type\":[\"WebPage\"],\"@id\":\"#p\",\"name\":\"Page\","
		       "\"inLanguage\":\"fr\"},"
		       "{\"@type\":\"Article\",\"headline\":\"H\",\"author\":[{\"@id\":\"#a\"},{\"@"
		       "id\":\"#gone\"}],"
		       "\"publisher\":{\"@id\":\"#o\"}},{\"@type\":\"Person\",\"@id\":\"#a\","
		       "\"name\":\"Bo Ek\"},"
		       "{\"@type\":\"Organization\",\"@id\":\"#o\",\"name\":\"Paper\"}]}"),
	    1);
	assert_string_equal(out.headline, "H");
	assert_string_equal(out.language, "fr");
	assert_int_equal(out.authors_len, 1);
	assert_string_equal(out.authors[0], "Bo Ek");
	assert_string_equal(out.publisher, "Paper");
}

static void
test_order_of_blocks(void **state)
{
	(void)state;
	assert_int_equal(read_block("{\"@type\":\"WebPage\",\"name\":\"Page\",\"datePublished\":"
				    "\"2020-01-01\",\"description\":\"p\"}"),
	    0);
	assert_int_equal(read_block("[{\"@type\":\"BreadcrumbList\",\"name\":\"no\"},{\"@type\":"
				    "\"ReportageNewsArticle\",\"headline\":\"A\"}]"),
	    1);
	assert_int_equal(
	    read_block(
		"{\"@type\":\"NewsArticle\",\"headline\":\"B\",\"dateModified\":\"2021-01-01\"}"),
	    1);
	assert_string_equal(out.headline, "A");
	assert_string_equal(out.date_published, "2020-01-01");
	assert_string_equal(out.date_modified, "2021-01-01");
	assert_string_equal(out.description, "p");
}

static void
test_listed_articles_are_not_it(void **state)
{
	(void)state;
	assert_int_equal(read_block("{\"@type\":\"ItemList\",\"itemListElement\":[{\"@type\":"
				    "\"NewsArticle\",\"headline\":\"other\"}]}"),
	    0);
	assert_null(out.headline);
}

static void
test_authors(void **state)
{
	(void)state;
	read_block("{\"@type\":\"Article\",\"author\":[{\"@type\":\"Organization\",\"name\":"
		   "\"Wire\"},\"Cy Dee\","
		   "{\"@type\":\"Person\",\"name\":[\"E F\",\"G H\"]},{\"name\":null},{},7,null]}");
	assert_int_equal(out.authors_len, 3);
	assert_string_equal(out.authors[0], "Cy Dee");
	assert_string_equal(out.authors[2], "G H");
	setup(NULL);
	read_block("{\"@type\":\"Article\",\"creator\":{\"@type\":\"NewsMediaOrganization\","
		   "\"name\":\"Wire\"}}");
	assert_int_equal(out.authors_len, 0);
	assert_int_equal(out.houses_len, 1);
	assert_string_equal(out.houses[0], "Wire");
}

static void
test_what_sites_write(void **state)
{
	static const char *const rows[] = {"<!-- {\"@type\":\"Article\",\"headline\":\"H\"} -->",
	    "//<![CDATA[\n{\"@type\":\"Article\",\"headline\":\"H\"}\n//]]>",
	    "/* c */ {\"@type\":\"Article\", /* d */ \"headline\":\"H\",}",
	    "{\"@type\":\"Article\",\"headline\":\"H\",\"description\":\"line\nbreak\ttab\x01\"};",
	    "{&quot;@type&quot;:&quot;Article&quot;,&quot;headline&quot;:&quot;H&quot;}",
	    "{\"@type\":\"WebSite\"}{\"@type\":\"Article\",\"headline\":\"H\"}",
	    "\xef\xbb\xbf{\"@type\":\"https://schema.org/Article\",\"headline\":\"H\"}",
	    "[[{\"@type\":\"Article\",\"headline\":[\"H\",\"I\"]}]]"};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		setup(NULL);
		if (read_block(rows[i]) != 1)
			fail_msg("row %zu", i);
		assert_string_equal(out.headline, "H");
	}
}

static void
test_broken_json_is_fished(void **state)
{
	(void)state;
	assert_int_equal(read_block("{\"@type\":\"NewsArticle\",\"headline\":\"He said "
				    "\\\"no\\\"\",\"description\":\"a \"quote\" too many\","
				    "\"datePublished\" : \"2026-02-03\"}"),
	    0);
	assert_string_equal(out.date_published, "2026-02-03");
	setup(NULL);
	assert_int_equal(read_block("{\"@type\":\"NewsArticle\",\"headline\":\"cut off"), 0);
	assert_null(out.headline);
}

static void
test_hostile(void **state)
{
	static const char *const rows[] = {"", "{", "[", "null", "7", "\"x\"", "{\"@type\":7}",
	    "{\"@type\":[]}", "{\"@type\":[null,{}]}", "{\"@type\":\"Article\",\"author\":\"\"}",
	    "{\"@type\":\"Article\",\"image\":[[[[]]]]}", "{\"@graph\":{\"@graph\":[]}}",
	    "{\"@type\":\"Article\",\"headline\":{\"a\":1},\"datePublished\":20200101}",
	    "{\"@type\":\"Article\",\"headline\":\"\\ud800\\u0000x\"}",
	    "{\"@type\":\"Article\",\"author\":{\"@id\":7}}",
	    "{\"@graph\":[{\"@id\":\"#x\",\"@type\":\"Article\",\"author\":{\"@id\":\"#x\"}}]}"};
	struct buf b;
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		setup(NULL);
		read_block(rows[i]);
		assert_int_equal(out.authors_len, 0);
	}
	setup(NULL);
	buf_init(&b, 8 << 20);
	for (size_t i = 0; i < 100000; i++)
		buf_add_str(&b, "{\"mainEntity\":");
	assert_int_equal(read_block(buf_str(&b)), 0);
	buf_clear(&b);
	buf_add_str(&b, "{\"@type\":\"Article\",\"author\":[");
	for (size_t i = 0; i < 10000; i++)
		buf_add_str(&b, "{\"@id\":\"#a\"},\"N\",");
	buf_add_str(&b, "\"Z\"]}");
	assert_int_equal(read_block(buf_str(&b)), 1);
	assert_true(out.authors_len <= JSONLD_AUTHORS_MAX);
	buf_clear(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_article, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_is_sold_and_what_is_live, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_graph_and_references, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_order_of_blocks, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_listed_articles_are_not_it, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_authors, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_what_sites_write, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_broken_json_is_fished, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_hostile, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
