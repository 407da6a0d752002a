/* opml: the three forms, broken lists, what is left out, writing and reading back. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "errors.h"
#include "opml.h"

static struct arena a;
static struct fault f;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static struct opml_doc *
read_list(const char *text)
{
	struct opml_doc *doc = NULL;
	f = (struct fault){0};
	if (opml_parse(&a, (const uint8_t *)text, strlen(text), &doc, &f) != 0)
		fail_msg("refused: %s", f.text);
	return doc;
}

static void
refused(const char *text, const char *words)
{
	struct opml_doc *doc = NULL;
	f = (struct fault){0};
	assert_int_equal(opml_parse(&a, (const uint8_t *)text, strlen(text), &doc, &f), ERR_INPUT);
	assert_null(doc);
	if (!strstr(f.text, words))
		fail_msg("\"%s\" does not say \"%s\"", f.text, words);
}

/* The feeds as "url|title|site|tag,tag;". */
static void
same(const struct opml_doc *doc, const char *want)
{
	char got[2048] = "";
	for (size_t i = 0; i < doc->feeds_len; i++) {
		const struct opml_feed *feed = &doc->feeds[i];
		size_t n = strlen(got);
		n += (size_t)snprintf(got + n, sizeof got - n, "%s|%s|%s|", feed->url,
		    feed->title ? feed->title : "", feed->site ? feed->site : "");
		for (size_t k = 0; k < feed->tags_len; k++)
			n += (size_t)snprintf(
			    got + n, sizeof got - n, "%s%s", k ? "," : "", feed->tags[k]);
		snprintf(got + n, sizeof got - n, ";");
	}
	assert_string_equal(got, want);
}

static void
test_opml(void **state)
{
	(void)state;
	same(read_list("<?xml version='1.0' encoding='UTF-8'?><opml "
		       "version='2.0'><head><title>x</title></head>"
		       "<body>"
		       "<outline text='Harbour' xmlUrl='https://harbour.example/rss' "
		       "htmlUrl='https://harbour.example/'/>"
		       "<outline text='Region'><outline text='North'>"
		       "<outline title='Fjord &amp; Fell' text='other' XMLURL=' "
		       "https://fjord.example/feed ' "
		       "category='/local/sea,news'/>"
		       "</outline><outline text='South' type='rss' "
		       "xmlurl='http://south.example/a?b=1&amp;c=2'/></outline>"
		       "<outline text='A note without an address'/>"
		       "</body></opml>"),
	    "https://harbour.example/rss|Harbour|https://harbour.example/|;"
	    "https://fjord.example/feed|Fjord & Fell||Region,North,local/sea,news;"
	    "http://south.example/a?b=1&c=2|South||Region;");
}

static void
test_opml_addresses(void **state)
{
	(void)state;
	same(read_list("<opml><body>"
		       "<outline xmlUrl='feed://one.example/rss'/><outline "
		       "xmlUrl='feed:https://two.example/rss'/>"
		       "<outline xmlUrl='|~/bin/make-feed'/><outline xmlUrl='file:///etc/passwd'/>"
		       "<outline xmlUrl='exec:ls'/><outline xmlUrl=''/><outline "
		       "xmlUrl='javascript:alert(1)'/>"
		       "<outline xmlUrl='HTTPS://Three.example/RSS'/>"
		       "</body></opml>"),
	    "http://one.example/rss|||;https://two.example/rss|||;HTTPS://Three.example/RSS|||;");
}

static void
test_opml_places(void **state)
{
	(void)state;
	static const char feed[] = "<outline xmlUrl='http://a.example/'/>";
	char text[512];
	snprintf(text, sizeof text, "<opml><head>%s</head><body/>%s</opml>", feed, feed);
	same(read_list(text), "");
	snprintf(text, sizeof text, "<opml>%s</opml>", feed);
	same(read_list(text), "http://a.example/|||;");
	snprintf(text, sizeof text, "<list><body>%s</body></list>", feed);
	same(read_list(text), "http://a.example/|||;");
	same(read_list("<opml version='2.0'><head/></opml>"), "");
}

static void
test_opml_broken(void **state)
{
	(void)state;
	static const char want[] =
	    "http://a.example/?x=1&y=2|Sea & Sand||Far > Near;http://b.example/|B||;";
	/* bare ampersands, an unquoted value, a missing end, an entity of HTML, a control character
	 */
	same(read_list("<opml><body><outline text='Far > Near'>"
		       "<outline text='Sea & Sand' xmlUrl='http://a.example/?x=1&y=2'></outline>"
		       "<note>&nbsp;\x01</outline><outline title=B xmlUrl=http://b.example/ >"),
	    want);
	/* cut in the middle of a tag: what was whole stays */
	same(read_list(
		 "<opml><body><outline text='Far &gt; Near'>"
		 "<outline text='Sea &amp; Sand' xmlUrl='http://a.example/?x=1&amp;y=2'/></outline>"
		 "<outline text='B' xmlUrl='http://b.example/'/><outline text='C' "
		 "xmlUrl='http://c.exa"),
	    want);
	same(
	    read_list(
		"some words\n<opml><body><outline xmlUrl='http://a.example/'/></body></opml> more"),
	    "http://a.example/|||;");
}

static void
test_opml_charset(void **state)
{
	(void)state;
	same(read_list("<?xml version='1.0' encoding='ISO-8859-1'?><opml><body>"
		       "<outline text='Caf\xe9' xmlUrl='http://a.example/'/></body></opml>"),
	    "http://a.example/|Caf\xc3\xa9||;");
}

static void
test_opml_hostile(void **state)
{
	(void)state;
	static const char bomb[] =
	    "<!DOCTYPE opml [<!ENTITY a 'aaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;'>"
	    "<!ENTITY f SYSTEM 'file:///etc/passwd'>]>"
	    "<opml><body><outline text='&b;&f;' xmlUrl='http://a.example/'/></body></opml>";
	same(read_list(bomb), "http://a.example/|&b;&f;||;");

	static char deep[1 << 16];
	size_t n = 0;
	while (n < sizeof deep - 64)
		n += (size_t)snprintf(deep + n, sizeof deep - n, "<outline>");
	struct opml_doc *doc = NULL;
	assert_int_equal(opml_parse(&a, (const uint8_t *)deep, n, &doc, &f), ERR_LIMIT);
	assert_non_null(strstr(f.text, "deeper"));
}

static void
test_newsboat(void **state)
{
	(void)state;
	same(read_list(
		 "# my feeds\n"
		 "\n"
		 "https://a.example/rss news \"far away\" \"~The \\\"A\\\" Post\" # a remark\r\n"
		 "http://b.example/feed\t\"!\" ~B\n"
		 "\"query:unread:unread = \\\"yes\\\"\"\n"
		 "\"exec:~/bin/feed.sh\" news\n"
		 "\"filter:~/bin/f:https://c.example/\"\n"
		 "file:///home/me/feed.xml\n"
		 "  feed://d.example/rss  "),
	    "https://a.example/rss|The \"A\" Post||news,far away;http://b.example/feed|B||;"
	    "http://d.example/rss|||;");
}

static void
test_plain(void **state)
{
	(void)state;
	same(read_list(""), "");
	same(read_list("\n # nothing\n"), "");
	same(read_list("\xef\xbb\xbfhttp://a.example/\nhttp://b.example/"),
	    "http://a.example/|||;http://b.example/|||;");
}

static void
test_refused(void **state)
{
	(void)state;
	refused("http://a.example/\n\na.example/rss\n", "line 3: \"a.example/rss\"");
	refused("<html><body>no</body></html>", "HTML page");
	refused("<rss><channel/></rss>", "root <rss>");
	refused("<", "markup without elements");
	refused("{\"feeds\": []}", "line 1");
	refused("\x7f"
		"ELF\x02\x01\x01",
	    "line 1");
	refused("http://\n", "line 1");
}

static void
test_write(void **state)
{
	(void)state;
	static char *north[] = {(char *)"Region <\"N\">", (char *)"sea", (char *)"fish"};
	static struct opml_feed feeds[] = {
	    {(char *)"http://a.example/?x=1&y=2", (char *)"A & <B>", (char *)"http://a.example/",
		north, 3},
	    {(char *)"http://b.example/", NULL, NULL, NULL, 0},
	    {(char *)"http://c.example/", (char *)"C", NULL, north, 1},
	};
	const struct opml_doc doc = {feeds, 3};
	struct buf out;
	buf_init(&out, 4096);
	assert_int_equal(opml_write(&doc, "T & T", &out), 0);
	assert_non_null(strstr(buf_str(&out), "<title>T &amp; T</title>"));
	/* a feed without title is named by its URL; folders keep their feeds together */
	same(read_list(buf_str(&out)),
	    "http://a.example/?x=1&y=2|A & <B>|http://a.example/|Region <\"N\">,sea,fish;"
	    "http://c.example/|C||Region <\"N\">;"
	    "http://b.example/|http://b.example/||;");
	buf_clear(&out);

	buf_init(&out, 300);
	assert_int_equal(opml_write(&doc, NULL, &out), ERR_LIMIT);
	buf_clear(&out);

	const struct opml_doc none = {NULL, 0};
	buf_init(&out, 4096);
	assert_int_equal(opml_write(&none, NULL, &out), 0);
	same(read_list(buf_str(&out)), "");
	buf_clear(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_opml, teardown),
	    cmocka_unit_test_teardown(test_opml_addresses, teardown),
	    cmocka_unit_test_teardown(test_opml_places, teardown),
	    cmocka_unit_test_teardown(test_opml_broken, teardown),
	    cmocka_unit_test_teardown(test_opml_charset, teardown),
	    cmocka_unit_test_teardown(test_opml_hostile, teardown),
	    cmocka_unit_test_teardown(test_newsboat, teardown),
	    cmocka_unit_test_teardown(test_plain, teardown),
	    cmocka_unit_test_teardown(test_refused, teardown),
	    cmocka_unit_test_teardown(test_write, teardown),
	};
	return cmocka_run_group_tests_name("opml", tests, NULL, NULL);
}
