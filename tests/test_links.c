/*
 * links: where in an article's blocks its links stand, and that what pages do to text, or to their
 * links, moves none. All texts are our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "charset.h"
#include "extract.h"
#include "url.h"

#define HERE "https://www.harbour.example/2026/01/05/bridge.html"
#define ONE_TEXT                                                                                   \
	"The old swing bridge over the harbour was closed on Monday morning, after divers found "  \
	"a crack in one of the four piers that carry it."
#define ONE "<p>" ONE_TEXT "</p>"
#define TWO                                                                                        \
	"<p>Engineers said that the crack was no danger to the ships below, but that no car "      \
	"would cross before the pier has been measured, which takes about a week.</p>"
#define BEFORE                                                                                     \
	"<p>Until then the ferry, which was to be given up in spring, runs every ten minutes; "
#define AFTER " has said so in the council, and nobody pays for it before the end of March.</p>"

static struct arena a;
static struct article *art;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

/* What a reader of the blocks may rely on. */
static void
check_links(void)
{
	size_t links = 0, bytes = 0;
	for (size_t i = 0; i < art->blocks_len; i++) {
		const struct block *b = &art->blocks[i];
		size_t past = 0, len = strlen(b->text);
		assert_true(charset_is_utf8((const uint8_t *)b->text, len));
		for (size_t j = 0; j < b->links_len; j++) {
			const struct block_link *l = &b->links[j];
			assert_true(l->at >= past && l->len);
			past = (size_t)l->at + l->len;
			assert_true(past <= len);
			assert_true(charset_is_utf8((const uint8_t *)b->text + l->at, l->len));
			assert_true(b->text[l->at] != ' ' && b->text[past - 1] != ' ');
			assert_true(url_is_web(l->url) >= 0);
			bytes += strlen(l->url);
		}
		links += b->links_len;
	}
	assert_true(links <= BLOCK_LINKS_MAX && bytes <= BLOCK_LINKS_BYTES);
}

static void
extract(const char *html)
{
	struct fault f;
	assert_int_equal(extract_page(&a, HERE, "text/html; charset=utf-8", (const uint8_t *)html,
			     strlen(html), &art, &f),
	    0);
	check_links();
}

/* All links of the blocks: "text>url", with a newline behind each. */
static const char *
links(void)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	for (size_t i = 0; i < art->blocks_len; i++)
		for (size_t j = 0; j < art->blocks[i].links_len; j++) {
			const struct block_link *l = &art->blocks[i].links[j];
			buf_printf(
			    &b, "%.*s>%s\n", (int)l->len, art->blocks[i].text + l->at, l->url);
		}
	char *s = arena_strdup(&a, buf_str(&b));
	buf_clear(&b);
	return s;
}

/* Extract a page with MARKUP within its third paragraph. */
static void
links_are(const char *markup, const char *want)
{
	extract(arena_printf(&a, "<body><h1>Bridge</h1>" ONE TWO BEFORE "%s" AFTER TWO, markup));
	assert_string_equal(links(), want);
}

static void
a_link_is_where_it_stands(void **state)
{
	(void)state;
	links_are("<a href=/mayor>the mayor</a>", "the mayor>https://www.harbour.example/mayor\n");
	assert_int_equal(art->blocks[2].links_len, 1);
	assert_int_equal(art->blocks[2].links[0].at, strlen(BEFORE) - strlen("<p>"));
	links_are(
	    "<a href=a>one</a><a href=//b.example/b>two</a>, <a href=https://c.example>three</a>",
	    "one>https://www.harbour.example/2026/01/05/a\ntwo>https://b.example/b\n"
	    "three>https://c.example/\n");
	/* as it is to be fetched: in ASCII, without password and fragment, nothing else left out */
	links_are("<a href='https://me:pw@B\xc3\xbc"
		  "cher.example/\xc3\xa9 x?utm_source=n&amp;q=%7e#top'>it</a>",
	    "it>https://xn--bcher-kva.example/%C3%A9%20x?utm_source=n&q=%7e\n");
	assert_string_equal(art->links[0], "https://xn--bcher-kva.example/%C3%A9%20x?q=~");
}

static void
what_leads_nowhere_is_no_link(void **state)
{
	(void)state;
	static const char *const hrefs[] = {"javascript:alert(1)", " JaVaScRiPt:alert(1)",
	    "java\nscript:x()", "\x01javascript:x()", "data:text/html,x", "vbscript:x",
	    "mailto:a@b.example", "tel:1", "ftp://a.example/", "file:///etc/passwd", "#top", "",
	    " ", HERE, HERE "#x", "http://", "https://[::1", "http:/\\",
	    "blob:https://a.example/1"};
	for (size_t i = 0; i < sizeof hrefs / sizeof *hrefs; i++)
		links_are(arena_printf(&a, "<a href=\"%s\">the mayor</a>", hrefs[i]), "");
	links_are("<a>the mayor</a> <a name=x>and</a>", "");
	char *longer = arena_zalloc(&a, URL_MAX + 100);
	memset(longer, 'x', URL_MAX + 99);
	links_are(arena_printf(&a, "<a href=/%s>the mayor</a>", longer), "");
}

static void
text_moves_no_link(void **state)
{
	(void)state;
	links_are(
	    "so,  <b>\n the&shy;re&#8203; </b><a href=/m>\n  the\n<i> may</i>&shy;or&nbsp; \n</a> ,",
	    "the mayor>https://www.harbour.example/m\n");
	links_are("cafe&#x301; <a href=/m>u&#x308;ber e&#x301;</a> e&#x301;",
	    "über é>https://www.harbour.example/m\n");
	links_are("caf<a href=/m>e</a>&#x301; <a href=/n>\u6e2f</a>\u306f",
	    "é>https://www.harbour.example/m\n港>https://www.harbour.example/n\n");
	links_are(
	    "&#x202e;<a href=/m>&#x202e;שלום&#x200f;</a>&#x202c; <a href=/n>می&zwnj;خواهم</a>",
	    "שלום>https://www.harbour.example/m\nمی\u200cخواهم>https://www.harbour.example/n\n");
	links_are("<a href=/m>the<br>mayor<br></a>", "the mayor>https://www.harbour.example/m\n");
	links_are("<a href=/m>\ufffd&#xfffd;</a>", "\ufffd\ufffd>https://www.harbour.example/m\n");
	links_are("<a href=/m>&#8203;&shy;&nbsp;</a><a href=/n></a><a href=/o><img src=x></a>", "");
	assert_int_equal(art->links_len, 1); /* its text is nothing, and yet not empty */
}

static void
broken_markup_moves_no_link(void **state)
{
	(void)state;
	links_are("<a href=/m>the <a href=/n>mayor</a> of</a> it",
	    "the>https://www.harbour.example/m\nmayor>https://www.harbour.example/n\n");
	links_are("<a href=/m>the <span><a href=/n>mayor</a></span> of</a> it",
	    "the>https://www.harbour.example/m\nmayor>https://www.harbour.example/n\n");
	links_are("</a></a><a href=/m>the</a></a>", "the>https://www.harbour.example/m\n");
	/* never closed: at the latest the next ends it */
	extract("<body>" ONE "<p>It is <a href=/m>so, says the mayor of the town, who was there on "
		"Sunday.</p>" TWO "<p>And <a href=/n>he</a> is right, as everybody in the harbour "
		"says who has been asked since.</p>" ONE);
	assert_int_equal(art->blocks[0].links_len, 0);
	assert_int_equal(art->blocks[1].links[0].at, strlen("It is "));
	assert_string_equal(art->blocks[3].links[0].url, "https://www.harbour.example/n");
	assert_int_equal(art->blocks[3].links[0].len, 2);
}

/* One element in two blocks, with space between that is dropped again. */
static void
a_link_over_blocks_is_in_each(void **state)
{
	static const char *const between[] = {
	    "<br><br>", " <br>\n<br> <br><br> ", " <div> \n </div> "};
	(void)state;
	for (size_t i = 0; i < sizeof between / sizeof *between; i++) {
		extract(arena_printf(&a,
		    "<body><h1>Bridge</h1>" ONE "<p>" ONE_TEXT " <a href=/m>The mayor %sof the "
		    "town</a> wants to hear on Thursday what the repair will cost, and who was to "
		    "look after the piers.</p>" TWO,
		    between[i]));
		assert_int_equal(art->blocks_len, 4);
		assert_string_equal(links(), "The mayor>https://www.harbour.example/m\nof the "
					     "town>https://www.harbour.example/m\n");
		assert_int_equal(art->links_len, 1);
	}
}

static void
only_kept_text_has_links(void **state)
{
	(void)state;
	extract("<body><nav><a href=/1>Home</a></nav><h1>Bridge</h1>" ONE
		"<figure><img src=/i.jpg><figcaption>The bridge. Photo: <a href=/2>C. Ray"
		"</a></figcaption></figure>" TWO
		"<p><a href=/3>Read more: the ferry that nobody wanted</a></p>" BEFORE
		"<a href=/4>the mayor</a>" AFTER "<footer><a href=/5>Imprint</a></footer>");
	assert_string_equal(links(), "the mayor>https://www.harbour.example/4\n");
	assert_int_equal(art->links_len, 1);
	/* text that is not that of the page's elements has none */
	extract("<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"articleBody\":"
		"\"" ONE_TEXT " " ONE_TEXT " " ONE_TEXT "\\n" ONE_TEXT "\"}</script>"
		"<body><h1>Bridge</h1><p>The old swing <a href=/1>bridge</a> was closed.</p>");
	assert_true(art->from_jsonld);
	assert_string_equal(links(), "");
}

static void
links_are_bounded(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 4 << 20);
	buf_add_str(&b, "<body>" ONE "<p>");
	for (int i = 0; i < BLOCK_LINKS_MAX + 50; i++)
		buf_printf(&b, "words that are no link, and <a href=/%d>one</a>, ", i % 30);
	extract(buf_str(&b));
	assert_int_equal(art->links_len, 30);
	assert_int_equal(art->blocks[1].links_len, BLOCK_LINKS_MAX);
	b.len = 0;
	buf_add_str(&b, "<body>" ONE "<p>");
	for (int i = 0; i < BLOCK_LINKS_MAX; i++)
		buf_printf(&b, "words that are no link, and <a href=/%d/%02000d>one</a>, ", i, 0);
	extract(buf_str(&b));
	assert_in_range(art->blocks[1].links_len, 100, 131);
	buf_clear(&b);
}

static void
hostile_links_cost_little(void **state)
{
	(void)state;
	static const struct {
		const char *before, *part;
		size_t count;
	} rows[] = {
	    {"<body>" ONE "<p>", "<a href=/x>x</a> word ", 100000},
	    {"<body>" ONE "<p>", "<a href=/x>x", 100000},
	    {"<body>" ONE "<p>", "<a href=/x> </a>", 100000},
	    {"<body>" ONE "<p>", "<a href=javascript:x>word</a> word ", 100000},
	    {"<body>" ONE "<p><a href=/x>", "word<br>", 100000},
	    {"<body>" ONE "<a href=/x>", "<p>word and word</p>", 50000},
	    {"<body>" ONE "<p>words e", "&#x301;<a href=/x>&#x323;</a>", 100000},
	    {"<body>" ONE "<p>words ", "<a href=/x>\xf0\x9f\x91\xa9</a>\xe2\x80\x8d", 100000},
	    {"<body>" ONE "<p>words ", "<a href=/x>\xe1\x84\x92</a>\xe1\x85\xa1\xe1\x86\xab",
		100000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b;
		buf_init(&b, 16 << 20);
		buf_add_str(&b, rows[i].before);
		for (size_t j = 0; j < rows[i].count; j++)
			buf_add_str(&b, rows[i].part);
		extract(buf_str(&b));
		assert_true(a.total < (size_t)512 << 20);
		buf_clear(&b);
		arena_clear(&a);
	}
}

int
main(void)
{
#define TEST(f) cmocka_unit_test_teardown(f, teardown)
	const struct CMUnitTest tests[] = {
	    TEST(a_link_is_where_it_stands),
	    TEST(what_leads_nowhere_is_no_link),
	    TEST(text_moves_no_link),
	    TEST(broken_markup_moves_no_link),
	    TEST(a_link_over_blocks_is_in_each),
	    TEST(only_kept_text_has_links),
	    TEST(links_are_bounded),
	    TEST(hostile_links_cost_little),
	};
	extract_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
