/* extract: whole pages, as sites make them and as they should not. All texts are our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "extract.h"

#define URL "https://www.harbour.example/2026/01/05/bridge.html"

/* Three paragraphs, each long enough to be nothing else. */
#define ONE                                                                                        \
	"The old swing bridge over the harbour was closed on Monday morning, after divers found "  \
	"a "                                                                                       \
	"crack in one of the four piers that carry it."
#define TWO                                                                                        \
	"Engineers said that the crack was no danger to the ships below, but that no car would "   \
	"cross "                                                                                   \
	"before the pier has been measured, which takes about a week."
#define THREE                                                                                      \
	"Until then the ferry, which was to be given up in spring, runs every ten minutes from "   \
	"six in "                                                                                  \
	"the morning, and the mayor has promised that nobody pays for it."
#define BODY ONE "\n" TWO "\n" THREE
#define PS   "<p>" ONE "</p><p>" TWO "</p><p>" THREE "</p>"

static struct arena a;
static struct article *art;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static void
extract_at(const char *url, const char *html)
{
	struct fault f;
	assert_int_equal(extract_page(&a, url, "text/html; charset=utf-8", (const uint8_t *)html,
			     strlen(html), &art, &f),
	    0);
	assert_non_null(art->text);
	assert_non_null(art->url);
}

static void
text_is(const char *html, const char *want)
{
	extract_at(URL, html);
	assert_string_equal(art->text, want);
}

static const char news_page[] =
    "<!DOCTYPE html><html lang=en-GB><head><title>Swing bridge closed | The Harbour</title>"
    "<meta property=og:title content='Swing bridge closed'><meta property=og:site_name "
    "content='The Harbour'>"
    "<meta property=og:image content=/img/bridge.jpg><meta name=description content='A crack is "
    "found.'>"
    "<meta property=article:section content=Local><meta property=article:tag content=bridge>"
    "<meta property=article:tag content=ferry><meta name=robots content='noarchive'>"
    "<link rel=canonical href=/2026/01/05/bridge.html?utm_source=x>"
    "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"Swing bridge "
    "closed\","
    "\"datePublished\":\"2026-01-05T08:30:00+01:00\",\"dateModified\":\"2026-01-05T10:00:00Z\","
    "\"author\":[{\"@type\":\"Person\",\"name\":\"By Ada "
    "Lind\"},{\"@type\":\"Person\",\"name\":\"Bo Ek\"}]}</script>"
    "</head><body><header><nav><ul><li><a href=/>Home</a><li><a "
    "href=/sport>Sport</a></ul></nav></header>"
    "<main><article><h1>Swing bridge closed</h1><p class=standfirst>A crack in a pier stops all "
    "cars, and the "
    "ferry comes back for a while.</p><div class=byline>By <a rel=author href=/ada>Ada "
    "Lind</a></div>"
    "<time datetime=2026-01-05>5 January</time><div class='share-bar'><a href=#>Share</a></div>"
    "<figure><img src=/img/bridge.jpg><figcaption>The bridge on Monday. Photo: C. "
    "Ray</figcaption></figure>"
    "<div class=article-body><p>" ONE
    "</p><div class='ad-slot'>Advertisement: buy now, buy here, buy much.</div>"
    "<p>" TWO "</p><p><a href=/ferry>Read more: the ferry that nobody wanted</a></p><h2>Back to "
    "the ferry</h2>"
    "<p>" THREE
    "</p><ul><li>First boat at six in the morning.</li><li>Last boat at midnight.</li></ul>"
    "<blockquote><p>“We had sold the boats already,” said the harbour master, not amused at "
    "all.</p></blockquote>"
    "<iframe src=https://video.example/7></iframe></div></article>"
    "<aside class=related><h3>More from Local</h3><p>A teaser with as much prose as a real "
    "paragraph of the "
    "article would have, and a full stop.</p></aside>"
    "<section id=comments><p>I have always said so, and nobody listened to me, not even "
    "once.</p></section></main>"
    "<footer><p>The Harbour is printed on paper and has been since 1888. All rights "
    "reserved.</p></footer></body>";

static void
test_news_page_text(void **state)
{
	(void)state;
	text_is(news_page,
	    "A crack in a pier stops all cars, and the ferry comes back for a while.\n" ONE "\n" TWO
	    "\nBack to the ferry\n" THREE
	    "\nFirst boat at six in the morning.\nLast boat at midnight.\n"
	    "“We had sold the boats already,” said the harbour master, not amused at all.");
	assert_int_equal(art->verdict, VERDICT_FULL);
	assert_true(art->confidence > 0.9);
	assert_true(art->words > 80 && art->tokens > 80);
}

static void
test_news_page_blocks(void **state)
{
	(void)state;
	size_t of[BLOCK_TYPE_COUNT] = {0};
	extract_at(URL, news_page);
	for (size_t i = 0; i < art->blocks_len; i++) {
		of[art->blocks[i].type]++;
		if (art->blocks[i].type == BLOCK_CAPTION)
			assert_string_equal(
			    art->blocks[i].text, "The bridge on Monday. Photo: C. Ray");
		if (art->blocks[i].type == BLOCK_EMBED)
			assert_string_equal(art->blocks[i].text, "https://video.example/7");
	}
	assert_int_equal(of[BLOCK_PARAGRAPH], 4);
	assert_int_equal(of[BLOCK_HEADING], 1);
	assert_int_equal(of[BLOCK_LIST_ITEM], 2);
	assert_int_equal(of[BLOCK_QUOTE], 1);
	assert_int_equal(of[BLOCK_CAPTION], 1);
	assert_int_equal(of[BLOCK_EMBED], 1);
}

static void
test_news_page_metadata(void **state)
{
	(void)state;
	extract_at(URL, news_page);
	assert_string_equal(art->title, "Swing bridge closed");
	assert_string_equal(art->subtitle, "A crack is found.");
	assert_int_equal(art->authors_len, 2);
	assert_string_equal(art->authors[0], "Ada Lind");
	assert_string_equal(art->authors[1], "Bo Ek");
	assert_int_equal(art->published.utc, 1767598200);
	assert_int_equal(art->modified.utc, 1767607200);
	assert_string_equal(art->language, "en-GB");
	assert_string_equal(art->language_source, "declared");
	assert_string_equal(art->site, "The Harbour");
	assert_string_equal(art->section, "Local");
	assert_string_equal(art->image, "https://www.harbour.example/img/bridge.jpg");
	assert_string_equal(art->canonical, URL "?utm_source=x");
	assert_string_equal(art->url, URL);
	assert_string_equal(art->charset, "utf-8");
	assert_int_equal(art->tags_len, 2);
	assert_string_equal(art->tags[1], "ferry");
	assert_int_equal(art->noarchive, 1);
}

static void
test_bare_pages(void **state)
{
	(void)state;
	text_is("<body>" PS, BODY);
	text_is("<body><div>" ONE "<br><br>" TWO "<br><br>" THREE "</div>", BODY);
	text_is("<body><table><tr><td width=150><a href=/a>Home</a><br><a "
		"href=/b>News</a></td><td><font size=2>" ONE "<br><br>" TWO "<br><br>" THREE
		"</font></td></tr></table>",
	    BODY);
	text_is("<body><div><section><p>" ONE "</p></section><section><p>" TWO
		"</p></section><div class=ad>Buy</div>"
		"<section><p>" THREE "</p></section></div>",
	    BODY);
	text_is("<body class='has-sidebar nav-open comments-enabled'><div class=page>" PS "</div>",
	    BODY);
}

static void
test_what_is_no_body(void **state)
{
	(void)state;
	text_is("<body><h1>Swing bridge closed</h1>" PS "<p>Swing bridge closed</p><p>" ONE "</p>",
	    BODY);
	text_is("<body><div class=post-content>" PS "<h3>You may also like</h3></div>", BODY);
	text_is("<body><div class=post-content>" PS "<p>Lire aussi : <a href=/x>le bac</a></p>"
		"<p>Читайте также: паром</p><p>関連記事：渡し船</p></div>",
	    BODY);
	text_is("<body><div class=post-content>" PS
		"<ul><li><a href=/1>A ferry for the whole town and more</a>"
		"<li><a href=/2>The year in which the harbour froze over</a></ul></div>",
	    BODY);
	text_is("<body><div class=post-content>" PS
		"<div class=newsletter-signup><p>Get our letter every morning, and "
		"never miss what happens in the harbour.</p></div></div>",
	    BODY);
	text_is("<body><article>" PS "</article><article><h2>Another story</h2>" PS PS "</article>",
	    BODY);
	text_is("<body><article>" PS
		"<table><tr><th>Day</th><th>Boats</th></tr><tr><td>Mon</td><td>7</td></tr>"
		"<tr><td>Tue</td><td>9</td></tr></table></article>",
	    BODY);
	assert_int_equal(art->blocks[art->blocks_len - 1].type, BLOCK_TABLE);
}

/* Names that are written in one word, and in other languages. */
static void
test_names_of_furniture(void **state)
{
	static const char *const classes[] = {
	    "photoscaption", "bildunterschrift", "komentarze", "articlecomments", "relatedteaser"};
	(void)state;
	for (size_t i = 0; i < sizeof classes / sizeof *classes; i++)
		text_is(
		    arena_printf(&a,
			"<body><div class=post-content>" PS "<div class=%s><p>The harbour master "
			"waves to the last boat of the evening, as he does.</p></div></div>",
			classes[i]),
		    BODY);
}

/* What the model is for: no rule knows this line. */
/* Hints that would leave a page without its text. */
static void
test_names_that_say_nothing(void **state)
{
	(void)state;
	/* prose here, prose there, and a hint against each half of it */
	extract_at(URL,
	    "<title>Swing bridge closed</title><body><h1>Swing bridge closed</h1><div "
	    "class=widget>" PS "</div><div class=teaser><p>" TWO " It was so last year.</p>"
	    "<p>" ONE " Nobody knew then.</p><p>" THREE " It is for sale.</p></div>");
	assert_int_equal(strncmp(art->text, BODY, sizeof BODY - 1), 0);
	/* a frame named like a dialog, an article named as promoted, and more prose in a true
	 * dialog */
	text_is(
	    "<title>Swing bridge closed</title><body><div class=dialog-off-canvas-main-canvas>"
	    "<main><article class='node node--promoted'><h1>Swing bridge closed</h1><div>" PS
	    "</div></article></main></div><div class=consent-dialog><p>We and our partners keep "
	    "what you read, where you are, and what you paid, for as long as we please, in order "
	    "to show you better offers.</p><p>Your choice is kept for a year, on this device, and "
	    "is asked for again when it has been lost, or when our partners change.</p><p>You "
	    "may object at any time, in writing, by post, with a copy of your passport, and we "
	    "will think about it, kindly.</p><p>More about each of the 812 partners, their "
	    "purposes, their seats and their lawyers can be read further below.</p></div>",
	    BODY);
}

static void
test_model(void **state)
{
	(void)state;
	text_is("<body><h1>Swing bridge closed</h1><div class=x>" PS
		"<p><i>Follow us on Facebook, Twitter and WhatsApp or get our newsletter by "
		"email.</i></p></div>",
	    BODY);
}

static void
test_scripts_without_spaces(void **state)
{
	(void)state;
	static const char one[] = "港湾に架かる古い旋回橋は、橋脚の一つに亀裂が見つかったため、月曜"
				  "日の朝から通行止めとなった。";
	static const char two[] = "技術者によると、船舶に危険はないが、橋脚の測定が終わるまで車両は"
				  "通れず、作業は約一週間かかる見込みだ。";
	char *html = arena_printf(&a,
	    "<body><div class=nav><a href=/>トップ</a></div><div><p>%s</p><p>%s</p></div>", one,
	    two);
	char *want = arena_printf(&a, "%s\n%s", one, two);
	text_is(html, want);
	assert_string_equal(art->language, "ja");
	assert_string_equal(art->language_source, "detected");
	assert_int_equal(art->verdict, VERDICT_FULL);
}

static void
test_language_that_lies(void **state)
{
	(void)state;
	text_is("<html lang=fr><body>" PS, BODY);
	assert_string_equal(art->language, "en");
	assert_string_equal(art->language_source, "detected");
}

static void
test_charsets(void **state)
{
	(void)state;
	struct fault f;
	static const char in[] =
	    "<meta charset=utf-8><body><p>Die Br\xfc"
	    "cke \xfc"
	    "ber den Hafen wurde am Montag gesperrt, weil "
	    "Taucher einen Riss in einem der vier Pfeiler entdeckt haben, die sie tragen.</p>";
	assert_int_equal(
	    extract_page(&a, URL, "text/html", (const uint8_t *)in, sizeof in - 1, &art, &f), 0);
	assert_non_null(strstr(art->text, "Die Brücke über"));
	assert_string_equal(art->charset, "windows-1252");
	assert_string_equal(art->language, "de");
}

static void
test_identity(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {"<link rel=canonical href=https://harbour.example/a>", "https://harbour.example/a"},
	    {"<link rel=canonical href=https://m.harbour.example/a>",
		"https://m.harbour.example/a"},
	    {"<link rel=canonical href=https://evil.example/a>", URL},
	    {"<link rel=canonical href=https://www.harbour.example/>", URL},
	    {"<link rel=canonical href='javascript:x'>", URL},
	    {"<link rel=canonical href=''>", URL},
	    {"<meta property=og:url content=/b>", "https://www.harbour.example/b"},
	    {"<base href=https://www.harbour.example/c/><link rel=canonical href=d>",
		"https://www.harbour.example/c/d"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(URL, rows[i][0]);
		assert_string_equal(art->url, rows[i][1]);
	}
}

static void
test_titles(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {"<title>Swing bridge closed - The Harbour</title><meta property=og:site_name "
	     "content='The Harbour'>",
		"Swing bridge closed"},
	    {"<title>Swing bridge closed | Local | Harbour</title>", "Swing bridge closed | Local"},
	    {"<title>Bridge - closed</title>", "Bridge - closed"},
	    {"<title>X</title><h1>Swing bridge closed</h1>", "Swing bridge closed"},
	    {"<h1><a href=/>Harbour</a></h1><title>Swing bridge closed</title>",
		"Swing bridge closed"},
	    {"<meta property=og:title content='AT&amp;amp;T buys bridge'>", "AT&T buys bridge"}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(URL, rows[i][0]);
		assert_string_equal(art->title, rows[i][1]);
	}
	extract_at(URL, "<p>x");
	assert_null(art->title);
}

static void
test_authors(void **state)
{
	(void)state;
	static const struct {
		const char *html, *first, *second;
	} rows[] = {{"<meta name=author content='Ada Lind and Bo Ek'>", "Ada Lind", "Bo Ek"},
	    {"<meta name=author content='Von Ada Lind, Bo Ek'>", "Ada Lind", "Bo Ek"},
	    {"<meta property=article:author content=https://face.example/x><body><a rel=author>Ada "
	     "Lind</a>",
		"Ada Lind", NULL},
	    {"<body><span class=byline>By Ada Lind</span>", "Ada Lind", NULL},
	    {"<body><div class=author>Ada Lind has written for us since 1999, likes boats, "
	     "dislikes bridges, and lives "
	     "in a house by the water with two dogs, as she never tires of saying.</div>",
		NULL, NULL},
	    {"<body><div class=comments><span class=author>Troll Troll</span></div>", NULL, NULL},
	    {"<body><span itemprop=author>作者：林海</span>", "林海", NULL}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(URL, rows[i].html);
		assert_int_equal(art->authors_len, !!rows[i].first + !!rows[i].second);
		if (rows[i].first)
			assert_string_equal(art->authors[0], rows[i].first);
		if (rows[i].second)
			assert_string_equal(art->authors[1], rows[i].second);
	}
}

static void
test_dates(void **state)
{
	(void)state;
	static const struct {
		const char *url, *html;
		int64_t day; /* 0: none */
	} rows[] = {{"https://x.example/a",
			"<meta property=article:published_time content=2026-01-05>", 20458},
	    {"https://x.example/a", "<body><time datetime=2026-01-05T10:00:00Z>x</time>", 20458},
	    {"https://x.example/a",
		"<body><span class=date>Published January 5, 2026 by Ada</span>", 20458},
	    {"https://x.example/2026/01/05/a", "<p>x", 20458},
	    {"https://x.example/2026-01-05-a", "<p>x", 20458},
	    {"https://x.example/120260/01/051", "<p>x", 0},
	    {"https://x.example/2026/13/05/a", "<p>x", 0},
	    {"https://x.example/a",
		"<body><div class=comments><time datetime=2026-01-05>x</time></div>", 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(rows[i].url, rows[i].html);
		assert_int_equal(art->published.precision != DATE_NONE, rows[i].day != 0);
		if (rows[i].day)
			assert_int_equal(art->published.utc / 86400, rows[i].day);
	}
}

static void
test_verdicts(void **state)
{
	(void)state;
	extract_at(URL, "");
	assert_int_equal(art->verdict, VERDICT_NOT_ARTICLE);
	assert_string_equal(art->text, "");
	extract_at(URL, "<body><p>The bridge is closed until further notice.</p>");
	assert_int_equal(art->verdict, VERDICT_NOT_ARTICLE);
	extract_at(URL,
	    "<title>Just a moment...</title><body><p>We check that you are no robot, which takes a "
	    "few "
	    "seconds, and then send you on to the page that you asked for. Thank you.</p>");
	assert_int_equal(art->verdict, VERDICT_BOT_CHALLENGE);
	extract_at(URL, "<script "
			"type=application/"
			"ld+json>{\"@type\":\"NewsArticle\",\"isAccessibleForFree\":false}</script>"
			"<body><p>The bridge is closed.</p>");
	assert_int_equal(art->verdict, VERDICT_PAYWALL_STUB);
	/* a lede before the wall is no article; the whole text of one that is sold is */
	static const char sold[] = "<script type=application/ld+json>{\"@type\":\"NewsArticle\","
				   "\"isAccessibleForFree\":false}</script><body><article>";
	struct buf page;
	buf_init(&page, 1 << 16);
	buf_add_str(&page, sold);
	for (int i = 0; i < 8; i++) {
		buf_printf(&page,
		    "<p>The small boats of the sound may land a fifth less cod in year %d, and their owners, who "
		    "met in the harbour office on Monday, are doing sums on the backs of envelopes.</p>",
		    i);
		if (i > 0)
			continue;
		extract_at(URL, buf_str(&page));
		assert_int_equal(art->verdict, VERDICT_PAYWALL_STUB);
	}
	extract_at(URL, buf_str(&page));
	assert_int_equal(art->verdict, VERDICT_FULL);
	buf_clear(&page);
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "<body><main>");
	for (int i = 0; i < 40; i++)
		buf_printf(&b,
		    "<div><h3><a href=/%d>Headline number %d about the harbour</a></h3><p>Short "
		    "words %d.</p></div>",
		    i, i, i);
	extract_at("https://www.harbour.example/", buf_str(&b));
	assert_int_equal(art->verdict, VERDICT_LISTING);
	buf_clear(&b);
}

/* A figure is a picture with its caption, but also a quote with its source. */
static void
test_figures(void **state)
{
	(void)state;
	text_is("<article><p>" ONE "</p><figure><blockquote><p>" TWO
		"</p></blockquote><figcaption>Ada Lind, engineer</figcaption></figure><p>" THREE
		"</p></article>",
	    BODY);
	text_is("<article><p>" ONE
		"</p><figure><img src=/a.png><p>The bridge on Monday, seen from the "
		"tower of the old town hall.</p></figure><p>" TWO "</p><p>" THREE "</p></article>",
	    BODY);
}

/* Lines that say where the text comes from are no text. */
static void
test_credits(void **state)
{
	(void)state;
	static const struct {
		const char *line, *source, *agency;
	} cases[] = {
	    {"<p>Source: The Harbour Gazette</p>", "The Harbour Gazette", NULL},
	    {"<p>Source: <a href='https://www.gazette.example/1'>Read Full Article</a></p>",
		"gazette.example", NULL},
	    {"<p>Quelle: Hafenblatt</p>", "Hafenblatt", NULL},
	    {"<p>来源：海港日报</p>", "海港日报", NULL},
	    {"<p>This story was originally published by The Gazette and is republished with "
	     "permission.</p>",
		"The Gazette", NULL},
	    {"<p><em>Cet article a été initialement publié sur Gazette du Port.</em></p>",
		"Gazette du Port", NULL},
	    {"<p>Dieser Text erschien zuerst bei hafen.example.</p>", "hafen.example", NULL},
	    {"<p>Dieser Text erschien zuerst in der HAFENPOST 10/22.</p>", "HAFENPOST 10/22", NULL},
	    {"<p>© 2026 dpa. All rights reserved.</p>", NULL, "dpa"},
	    {"<p>Copyright 2026 The Associated Press. All rights reserved.</p>", NULL,
		"Associated Press"},
	    {"<p>dpa/afp</p>", NULL, "dpa/afp"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char *html = arena_printf(&a, "<article>" PS "%s</article>", cases[i].line);
		text_is(html, BODY);
		if (cases[i].source)
			assert_string_equal(art->syndicated_from, cases[i].source);
		else
			assert_null(art->syndicated_from);
		if (cases[i].agency)
			assert_string_equal(art->agency, cases[i].agency);
		else
			assert_null(art->agency);
	}
	/* at the end of the text, which keeps it */
	extract_at(URL,
	    "<article>" PS "<p>The old ferry, which nobody had painted for years, was blue "
	    "again by the evening. (dpa)</p></article>");
	assert_string_equal(art->agency, "dpa");
	assert_non_null(strstr(art->text, "blue again by the evening. (dpa)"));
	extract_at(
	    URL, "<article>" PS "<p>This story was first published on Wednesday.</p></article>");
	assert_null(art->syndicated_from);
	/* sentences that only speak of sources */
	text_is("<article>" PS
		"<p>The source of the river lies in the hills, and the fish that first "
		"appeared on the coast in May come from there, said the biologist.</p></article>",
	    BODY
	    "\nThe source of the river lies in the hills, and the fish that first appeared on the "
	    "coast in May come from there, said the biologist.");
}

static void
test_jsonld_body(void **state)
{
	(void)state;
	/* the page renders its text by script */
	text_is("<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"articleBody\":\"" ONE
		"\\n\\n" TWO "\\n" THREE "\"}</script><body><p>Loading the page for you.</p>",
	    BODY);
	assert_int_equal(art->from_jsonld, 1);
	/* as markup, too */
	text_is(
	    "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"articleBody\":\"<p>" ONE
	    "<\\/p><p>" TWO "<\\/p><p>" THREE
	    "<\\/p>\"}</script><body><p>Loading the page for you.</p>",
	    BODY);
	/* an excerpt is not the body */
	text_is(
	    "<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"articleBody\":\"" ONE TWO
	    "...\"}</script>"
	    "<body><p>" THREE "</p>",
	    THREE);
}

static void
test_fragment(void **state)
{
	(void)state;
	struct fault f;
	static const char in[] =
	    "Intro &amp; more<p>One.</p><p>Two <b>bold</b>.</p><img src=/a.png><script>x</script>";
	assert_int_equal(extract_fragment(&a, URL, in, sizeof in - 1, &art, &f), 0);
	assert_string_equal(art->text, "Intro & more\nOne.\nTwo bold.");
	assert_string_equal(art->image, "https://www.harbour.example/a.png");
	assert_int_equal(art->words, 5);
	assert_int_equal(art->verdict, VERDICT_FEED_ONLY);
	assert_int_equal(extract_fragment(&a, URL, "", 0, &art, &f), 0);
	assert_string_equal(art->text, "");
	assert_int_equal(art->verdict, VERDICT_NOT_ARTICLE);
}

static void
test_same_text_same_hash(void **state)
{
	(void)state;
	uint8_t hash[16];
	extract_at(URL, "<body>" PS);
	memcpy(hash, art->text_hash, 16);
	extract_at(URL, news_page);
	assert_memory_not_equal(hash, art->text_hash, 16);
	extract_at(URL, "<body><div>" ONE "<br><br>" TWO "<br><br>" THREE "</div>");
	assert_memory_equal(hash, art->text_hash, 16);
}

static void
test_hostile_pages(void **state)
{
	(void)state;
	static const struct {
		const char *before, *part;
		size_t count;
	} rows[] = {{"<body>", "<div class=date>", 240}, {"<body>", "<p class=author>A", 100000},
	    {"<body>", "<div class='date author'><b>", 100000},
	    {"<body>", "<meta name=author content=a>", 100000},
	    {"<body>", "<h1>Swing</h1>", 100000},
	    {"<title>Swing</title><body>", "<p>Swing</p>", 100000},
	    {"<body>", "<article><p>" ONE "</p></article>", 3000},
	    {"<body>", "<p>" ONE "</p>", 20000},
	    {"<body>", "<script type=application/ld+json>{}</script>", 50000},
	    {"<body><p class='", "comment ", 200000}, {"<title>", " | x", 100000},
	    {"<meta name=author content='", "a, ", 100000}, {"<body>", "<time datetime=x>", 100000},
	    {"<body><p>", "a\xcc\x81\xcc\xa3", 200000}, {"<body>", "<blockquote><li><p>x", 50000}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b;
		buf_init(&b, 16 << 20);
		buf_add_str(&b, rows[i].before);
		for (size_t j = 0; j < rows[i].count; j++)
			buf_add_str(&b, rows[i].part);
		extract_at(URL, buf_str(&b));
		assert_true(strlen(art->text) <= EXTRACT_TEXT_MAX);
		assert_true(a.total < (size_t)512 << 20);
		buf_clear(&b);
		arena_clear(&a);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_news_page_text, teardown),
	    cmocka_unit_test_teardown(test_news_page_blocks, teardown),
	    cmocka_unit_test_teardown(test_news_page_metadata, teardown),
	    cmocka_unit_test_teardown(test_bare_pages, teardown),
	    cmocka_unit_test_teardown(test_what_is_no_body, teardown),
	    cmocka_unit_test_teardown(test_names_of_furniture, teardown),
	    cmocka_unit_test_teardown(test_names_that_say_nothing, teardown),
	    cmocka_unit_test_teardown(test_model, teardown),
	    cmocka_unit_test_teardown(test_scripts_without_spaces, teardown),
	    cmocka_unit_test_teardown(test_language_that_lies, teardown),
	    cmocka_unit_test_teardown(test_charsets, teardown),
	    cmocka_unit_test_teardown(test_identity, teardown),
	    cmocka_unit_test_teardown(test_titles, teardown),
	    cmocka_unit_test_teardown(test_authors, teardown),
	    cmocka_unit_test_teardown(test_dates, teardown),
	    cmocka_unit_test_teardown(test_verdicts, teardown),
	    cmocka_unit_test_teardown(test_figures, teardown),
	    cmocka_unit_test_teardown(test_credits, teardown),
	    cmocka_unit_test_teardown(test_jsonld_body, teardown),
	    cmocka_unit_test_teardown(test_fragment, teardown),
	    cmocka_unit_test_teardown(test_same_text_same_hash, teardown),
	    cmocka_unit_test_teardown(test_hostile_pages, teardown),
	};
	extract_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
