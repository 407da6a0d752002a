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

/* The feeds that are taken as "url|title|site|tag,tag;". */
static void
same(const struct opml_doc *doc, const char *want)
{
	char got[2048] = "";
	for (size_t i = 0; i < doc->feeds_len; i++) {
		const struct opml_feed *feed = &doc->feeds[i];
		if (feed->refused)
			continue;
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

/* The entries that are not taken as "url: why;". */
static void
not_taken(const struct opml_doc *doc, const char *want)
{
	char got[2048] = "";
	for (size_t i = 0; i < doc->feeds_len; i++) {
		size_t n = strlen(got);
		if (doc->feeds[i].refused)
			snprintf(got + n, sizeof got - n, "%s: %s;", doc->feeds[i].url,
			    doc->feeds[i].refused);
	}
	assert_string_equal(got, want);
}

static void
test_what_is_not_taken_says_why(void **state)
{
	(void)state;
	const struct opml_doc *doc =
	    read_list("http://a.example/rss\n\"exec:~/bin/feed.sh\" news\n"
		      "\"filter:~/bin/f:https://c.example/\"\n|~/bin/old\n"
		      "\"query:unread:unread = \\\"yes\\\"\"\nfile:///home/me/feed.xml\n"
		      "gopher://d.example/\nb.example/rss\n");
	same(doc, "http://a.example/rss|||;");
	not_taken(doc,
	    "exec:~/bin/feed.sh: line 2: a command, and newsd runs none;"
	    "filter:~/bin/f:https://c.example/: line 3: a filter of newsboat, and newsd "
	    "runs no commands;"
	    "|~/bin/old: line 4: a command, and newsd runs none;"
	    "query:unread:unread = \"yes\": line 5: a query of newsboat over its other "
	    "feeds;"
	    "file:///home/me/feed.xml: line 6: a file, and newsd reads feeds by http and "
	    "https only;"
	    "gopher://d.example/: line 7: no http or https address;"
	    "b.example/rss: line 8: no http or https address;");
	doc = read_list("<opml><body><outline text='Birds' xmlUrl='|~/bin/birds'/>"
			"<outline xmlUrl='http://a.example/'/></body></opml>");
	same(doc, "http://a.example/|||;");
	not_taken(doc, "|~/bin/birds: a command, and newsd runs none;");
	assert_string_equal(doc->feeds[0].title, "Birds");
	/* a list of nothing but commands is a list */
	same(read_list("\"exec:~/bin/feed.sh\"\n"), "");
}

/* The lists that programs of the wild write. */
static void
test_opml_wild(void **state)
{
	(void)state;
	static const char want[] = "http://a.example/?x=1&y=2|A < B & \"C\"||Far;";
	/* a bare '<' in a value, upper case, entities of HTML, no body, no head */
	same(read_list("<opml version=\"1.1\"><body><outline text=\"Far\"><outline type=\"rss\" "
		       "text='A < B & \"C\"' xmlUrl=\"http://a.example/?x=1&y=2\"/></outline>"
		       "</body></opml>"),
	    want);
	same(read_list(
		 "<OPML VERSION='1.0'><HEAD/><BODY><OUTLINE TEXT='Far'><OUTLINE TYPE='RSS' "
		 "TITLE='A &lt; B &amp; &quot;C&quot;' XMLURL='http://a.example/?x=1&amp;y=2'/>"
		 "</OUTLINE></BODY></OPML>"),
	    want);
	same(read_list("<opml><outline text='Far'><outline text='A &lt; B &amp; &#34;C&#34;' "
		       "xmlUrl='http://a.example/?x=1&amp;y=2'>"),
	    want);
	same(read_list("<opml><body><outline text='Caf&eacute;&nbsp;Nord' "
		       "xmlUrl='http://a.example/'/></body></opml>"),
	    "http://a.example/|Caf\xc3\xa9 Nord||;");
	same(read_list("<opml><body><outline text='one' text='two' xmlUrl='http://a.example/'/>"
		       "<outline/><outline text=''/><outline xmlUrl='  '/></body></opml>"),
	    "http://a.example/|one||;");
	/* the root of the days before OPML had a name */
	same(read_list("<outlineDocument><body><outline text='A' xmlUrl='http://a.example/'/>"
		       "</body></outlineDocument>"),
	    "http://a.example/|A||;");
	same(read_list("<opml xmlns:fz='urn:x'><body><outline text='A' fz:title='B' "
		       "fz:xmlUrl='http://b.example/' xmlUrl='http://a.example/'/></body></opml>"),
	    "http://a.example/|A||;");
}

static void
test_opml_charsets(void **state)
{
	(void)state;
	static const char wide[] =
	    "\xff\xfe<\0o\0p\0m\0l\0>\0<\0o\0u\0t\0l\0i\0n\0e\0 \0x\0m"
	    "\0l\0U\0r\0l\0=\0'\0h\0t\0t\0p\0:\0/\0/\0\x34\x04'\0/\0>\0<\0/\0o\0"
	    "p\0m\0l\0>\0";
	struct opml_doc *doc = NULL;
	f = (struct fault){0};
	assert_int_equal(opml_parse(&a, (const uint8_t *)wide, sizeof wide - 1, &doc, &f), 0);
	same(doc, "http://\xd0\xb4|||;");
	same(read_list("<?xml version='1.0' encoding='windows-1251'?><opml><body>"
		       "<outline text='\xcd\xee\xe2\xee\xf1\xf2\xe8' xmlUrl='http://a.example/'/>"
		       "</body></opml>"),
	    "http://a.example/|\xd0\x9d\xd0\xbe\xd0\xb2\xd0\xbe\xd1\x81\xd1\x82\xd0\xb8||;");
	/* it says UTF-8 and is not */
	same(read_list("<?xml version='1.0' encoding='UTF-8'?><opml><body>"
		       "<outline text='Caf\xe9' xmlUrl='http://a.example/'/></body></opml>"),
	    "http://a.example/|Caf\xc3\xa9||;");
}

/* What newsd keeps of a list, written and read again, is the same: addresses, titles, tags. */
static void
test_round_trip(void **state)
{
	(void)state;
	const struct opml_doc *doc = read_list(
	    "<opml><body><outline text='World, News'><outline text='/North -'>"
	    "<outline text='A &amp; B' htmlUrl='http://a.example/' xmlUrl='http://a.example/f?x&amp;y'"
	    " category='sea,/fish/cod,two words'/></outline>"
	    "<outline xmlUrl='http://b.example/'/></outline>"
	    "<outline title='C' xmlUrl='http://c.example/'/></body></opml>");
	struct opml_doc kept = {0};
	for (size_t i = 0; i < doc->feeds_len; i++) { /* as import and export do */
		struct opml_feed *feed = ARENA_PUSH(&a, kept.feeds, kept.feeds_len);
		*feed = doc->feeds[i];
		feed->tags = NULL;
		feed->tags_len = 0;
		char *tags = opml_join_tags(&a, &doc->feeds[i]);
		for (char *tag = tags ? strtok_r(tags, " ", &tags) : NULL; tag;
		     tag = strtok_r(NULL, " ", &tags))
			*ARENA_PUSH(&a, feed->tags, feed->tags_len) = tag;
	}
	static const char want[] =
	    "http://a.example/f?x&y|A & B|http://a.example/|World-News,North,sea,fish/cod,two-words;"
	    "http://b.example/|%s||World-News;http://c.example/|C||;";
	char text[512];
	snprintf(text, sizeof text, want, "");
	same(&kept, text);
	struct buf out;
	buf_init(&out, 4096);
	assert_int_equal(opml_write(&kept, "T", &out), 0);
	snprintf(text, sizeof text, want, "http://b.example/"); /* named by its address */
	same(read_list(buf_str(&out)), text);
	buf_clear(&out);
}

static void
test_plain(void **state)
{
	(void)state;
	same(read_list(""), "");
	same(read_list("\n # nothing\n"), "");
	/* lines as three systems end them */
	same(read_list("http://a.example/ t\r\nhttp://b.example/\rhttp://c.example/\n"),
	    "http://a.example/|||t;http://b.example/|||;http://c.example/|||;");
	same(read_list("\" http://a.example/ \" x\n"), "http://a.example/|||x;");
	same(read_list("\x0f\x0fhttp://a.example/\x01\n"), "http://a.example/|||;");
	same(read_list("\xef\xbb\xbfhttp://a.example/\nhttp://b.example/"),
	    "http://a.example/|||;http://b.example/|||;");
}

static void
test_refused(void **state)
{
	(void)state;
	refused("# mine\n\na.example/rss\nb.example/rss\n", "line 3: \"a.example/rss\"");
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
	    {.url = (char *)"http://a.example/?x=1&y=2",
		.title = (char *)"A & <B>",
		.site = (char *)"http://a.example/",
		.tags = north,
		.tags_len = 3},
	    {.url = (char *)"http://b.example/"},
	    {.url = (char *)"http://c.example/",
		.title = (char *)"C",
		.tags = north,
		.tags_len = 1},
	    {.url = (char *)"|~/bin/birds", .refused = (char *)"a command"},
	};
	const struct opml_doc doc = {feeds, 4};
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
	    cmocka_unit_test_teardown(test_what_is_not_taken_says_why, teardown),
	    cmocka_unit_test_teardown(test_opml_wild, teardown),
	    cmocka_unit_test_teardown(test_opml_charsets, teardown),
	    cmocka_unit_test_teardown(test_round_trip, teardown),
	    cmocka_unit_test_teardown(test_plain, teardown),
	    cmocka_unit_test_teardown(test_refused, teardown),
	    cmocka_unit_test_teardown(test_write, teardown),
	};
	return cmocka_run_group_tests_name("opml", tests, NULL, NULL);
}
