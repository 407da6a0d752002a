/*
 * test_discover: what pages and feeds say to somebody who looks for feeds: declared links in all
 * their spellings, links that look like feeds, what is left out, and hostile pages.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/resource.h>

#include <cmocka.h>

#include "buf.h"
#include "discover.h"
#include "extract.h"

#define PAGE_URL "https://town.example/"

static struct arena a;

static int
setup(void **state)
{
	(void)state;
	extract_prepare();
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static const struct discovery *
read_at(const char *url, const char *document)
{
	struct discovery *d;
	struct fault f = {0};
	if (discover_document(&a, url, "", (const uint8_t *)document, strlen(document), &d, &f) !=
	    0)
		fail_msg("%s: %s", document, f.text);
	return d;
}

static const struct discovery *
read_page(const char *html)
{
	return read_at(PAGE_URL, html);
}

/* The page HTML has exactly the links URLS (ends with NULL), in this order. */
static void
found(const char *html, const char *first, ...)
{
	const struct discovery *d = read_page(html);
	va_list urls;
	size_t n = 0;
	va_start(urls, first);
	for (const char *url = first; url; url = va_arg(urls, const char *), n++) {
		if (n >= d->links_len)
			fail_msg("%s\nhas %zu links, %s is not there", html, d->links_len, url);
		if (strcmp(d->links[n].url, url) != 0)
			fail_msg("%s\nlink %zu is %s, not %s", html, n, d->links[n].url, url);
	}
	va_end(urls);
	if (n != d->links_len)
		fail_msg("%s\nhas another link: %s", html, d->links[n].url);
}

#define LINK(attributes) "<html><head><link " attributes "></head><body>text</body></html>"

/* ---- declared links ---- */

static void
test_types(void **state)
{
	(void)state;
	static const char *const types[] = {"application/rss+xml", "application/atom+xml",
	    "application/feed+json", "application/json", "application/rdf+xml", "text/xml",
	    "application/xml", "APPLICATION/RSS+XML", " application/atom+xml; charset=utf-8",
	    "application/x-rss+xml", "text/rss+xml"};
	static const char *const others[] = {"text/html", "application/json+oembed",
	    "text/xml+oembed", "application/rss", "application/activity+json", "image/png", "",
	    "application/rss+xmlx"};
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		found(arena_printf(&a, LINK("rel='alternate' type='%s' href='/a'"), types[i]),
		    "https://town.example/a", NULL);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		if (strcmp(others[i], "application/rss") != 0)
			found(arena_printf(
				  &a, LINK("rel='alternate' type='%s' href='/a'"), others[i]),
			    NULL);
}

static void
test_relations(void **state)
{
	(void)state;
	static const char feed[] = "https://town.example/a";
	found(LINK("REL=Alternate TYPE=application/rss+xml HREF=/a"), feed, NULL);
	found(LINK("rel='home alternate' type='application/rss+xml' href='/a'"), feed, NULL);
	found(LINK("rel='feed' href='/a'"), feed, NULL);
	found(LINK("rel='alternate feed' type='text/html' href='/a'"), feed, NULL);
	found(LINK("rel='alternates' type='application/rss+xml' href='/a'"), NULL);
	found(LINK("rel='alternate stylesheet' type='text/xml' href='/a'"), NULL);
	found(LINK("rel='alternate' hreflang='de' href='/de/'"), NULL);
	found(LINK("rel='stylesheet' type='text/css' href='/a.css'"), NULL);
	found(LINK("rel='alternate' type='application/rss+xml'"), NULL);
	found(LINK("rel='alternate' type='application/rss+xml' href=' '"), NULL);
	/* in the body, and as an anchor */
	found("<body><div><link rel=alternate type=application/rss+xml href=/a></div>", feed, NULL);
	found("<body><a rel=alternate type=application/rss+xml href=/a>x</a>", feed, NULL);
	/* the REST interface that WordPress declares */
	found(LINK("rel=alternate type=application/json href='/wp-json/wp/v2/pages/2'"), NULL);
}

static void
test_addresses(void **state)
{
	(void)state;
	static const struct {
		const char *href, *url;
	} cases[] = {
	    {"feed.xml", "https://town.example/feed.xml"},
	    {"//cdn.example/f", "https://cdn.example/f"},
	    {" /a b ", "https://town.example/a%20b"},
	    {"feed:https://f.example/rss", "https://f.example/rss"},
	    {"feed://f.example/rss", "https://f.example/rss"},
	    {"FEED:/rss", "https://town.example/rss"},
	    {"?feed=rss2&amp;x=1#top", "https://town.example/?feed=rss2&x=1"},
	    {"https://user:pw@f.example/rss", "https://f.example/rss"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		found(arena_printf(&a, LINK("rel=alternate type=application/rss+xml href='%s'"),
			  cases[i].href),
		    cases[i].url, NULL);
	static const char *const refused[] = {
	    "javascript:x()", "ftp://f.example/rss", "feed:", "http://", "mailto:a@b.example"};
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++)
		found(arena_printf(
			  &a, LINK("rel=alternate type=application/rss+xml href='%s'"), refused[i]),
		    NULL);
}

static void
test_base(void **state)
{
	(void)state;
#define FEED_AT_F "<link rel=alternate type=application/rss+xml href=f>"
	found("<head>" FEED_AT_F "<base href='/x/'></head>", "https://town.example/x/f", NULL);
	found("<head><base href='http://cdn.example/y/'><base href=/z/>" FEED_AT_F,
	    "http://cdn.example/y/f", NULL);
	/* one that is no web address is none */
	found("<head><base href='data:,x'>" FEED_AT_F, "https://town.example/f", NULL);
	found("<head><base target=_blank>" FEED_AT_F, "https://town.example/f", NULL);
	const struct discovery *d = read_at("https://town.example/a/b.html", FEED_AT_F);
	assert_string_equal(d->links[0].url, "https://town.example/a/f");
}

static void
test_titles(void **state)
{
	(void)state;
	const struct discovery *d = read_page(
	    "<title> Our\n Town &amp; Sea </title>"
	    "<link rel=alternate type=application/rss+xml title=' Town &raquo;\n News ' href=/a>"
	    "<link rel=alternate type=application/atom+xml href=/b>"
	    "<a rel=alternate type=application/rss+xml href=/c>The <b>sea</b></a>");
	assert_string_equal(d->title, "Our Town & Sea");
	assert_null(d->format);
	assert_string_equal(d->reason, "html page: \"Our Town & Sea\"");
	assert_int_equal(d->links_len, 3);
	assert_string_equal(d->links[0].title, "Town \xc2\xbb News");
	assert_null(d->links[1].title);
	assert_string_equal(d->links[2].title, "The sea");
}

/* ---- rank ---- */

static void
test_classes(void **state)
{
	(void)state;
	static const struct {
		const char *href, *title;
		enum feed_class class;
	} cases[] = {
	    {"/feed/", "Town &raquo; Feed", FEED_MAIN},
	    {"/comments/feed/", "", FEED_COMMENTS},
	    {"/x", "Town &raquo; Comments Feed", FEED_COMMENTS},
	    {"/x", "Stadt &raquo; Kommentar-Feed", FEED_COMMENTS},
	    {"/x", "Ville &raquo; Flux des commentaires", FEED_COMMENTS},
	    {"/x",
		"\xd0\x9b\xd0\xb5\xd0\xbd\xd1\x82\xd0\xb0 \xd0\xba\xd0\xbe\xd0\xbc\xd0\xbc\xd0\xb5"
		"\xd0\xbd\xd1\x82\xd0\xb0\xd1\x80\xd0\xb8\xd0\xb5\xd0\xb2",
		FEED_COMMENTS},
	    {"/feeds/12345/comments/default", "", FEED_COMMENTS},
	    {"/category/sea/feed/", "", FEED_TOPIC},
	    {"/tag/sea/feed", "", FEED_TOPIC},
	    {"/?s=sea&amp;feed=rss2", "", FEED_TOPIC},
	    {"/author/ann/feed", "", FEED_TOPIC},
	    {"/podcast.xml", "", FEED_PODCAST},
	    {"/x", "The Town Podcast", FEED_PODCAST},
	    {"/commentary.xml", "Comment and opinion", FEED_MAIN},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		const struct discovery *d = read_page(arena_printf(&a,
		    LINK("rel=alternate type=application/rss+xml href='%s' title='%s'"),
		    cases[i].href, cases[i].title));
		assert_int_equal(d->links_len, 1);
		if (d->links[0].class != cases[i].class)
			fail_msg("%s \"%s\" is taken for %s", cases[i].href, cases[i].title,
			    feed_class_name(d->links[0].class));
	}
}

static void
test_order(void **state)
{
	(void)state;
	/* the site's own in the page's order, then topics, podcasts, comments; declared before
	 * linked */
	found("<a href=/rss>RSS</a>"
	      "<link rel=alternate type=application/rss+xml href=/comments/feed/>"
	      "<link rel=alternate type=application/rss+xml href=/podcast>"
	      "<link rel=alternate type=application/rss+xml href=/tag/a/feed>"
	      "<link rel=alternate type=application/rss+xml href=/one>"
	      "<link rel=alternate type=application/atom+xml href=/two>",
	    "https://town.example/one", "https://town.example/two",
	    "https://town.example/tag/a/feed", "https://town.example/podcast",
	    "https://town.example/comments/feed/", "https://town.example/rss", NULL);
	/* none twice, in whatever spelling */
	found("<link rel=alternate type=application/rss+xml href=/one>"
	      "<link rel=alternate type=application/rss+xml href='HTTPS://Town.example:443/one#x'>"
	      "<a href='/one?utm_source=page'>RSS</a>",
	    "https://town.example/one", NULL);
}

/* Where the page of a topic was asked for, its feed is the one. */
static void
test_page_of_a_topic(void **state)
{
	(void)state;
	static const char page[] =
	    "<link rel=alternate type=application/rss+xml href=/feed/>"
	    "<link rel=alternate type=application/rss+xml href=/comments/feed/>"
	    "<link rel=alternate type=application/rss+xml href=/category/sea/feed/>"
	    "<link rel=alternate type=application/rss+xml href=/category/land/feed/>";
	const struct discovery *d = read_at("https://town.example/category/sea/?page=2", page);
	assert_int_equal(d->links_len, 4);
	assert_string_equal(d->links[0].url, "https://town.example/category/sea/feed/");
	assert_int_equal(d->links[0].class, FEED_MAIN);
	assert_string_equal(d->links[1].url, "https://town.example/feed/");
	assert_int_equal(d->links[2].class, FEED_TOPIC);
	assert_int_equal(d->links[3].class, FEED_COMMENTS);
}

/* ---- links that look like feeds ---- */

static void
test_linked(void **state)
{
	(void)state;
	static const char *const feeds[] = {"/feed", "/feed/", "/rss", "/news/rss.xml", "/atom.xml",
	    "/index.rdf", "/a/news.rss", "/b.atom", "/RSS.XML?x=1", "/feeds/posts/default?alt=rss",
	    "/feed.json", "/rss/sea.xml", "/feeds/5.xml", "/index.php?type=rss", "/?feed=rss2",
	    "/blog?format=atom"};
	for (size_t i = 0; i < sizeof feeds / sizeof *feeds; i++) {
		const struct discovery *d =
		    read_page(arena_printf(&a, "<a href='%s'>x</a>", feeds[i]));
		if (d->links_len != 1 || d->links[0].by != FOUND_LINKED)
			fail_msg("%s is not taken", feeds[i]);
	}
	static const char *const others[] = {
	    "https://share.example/dialog/feed?link=https://town.example/",
	    "https://reader.example/add?u=http%3A%2F%2Ftown.example%2Frss", "/", "/feedback",
	    "/sitemap.xml", "/rss-readers.html", "/news.xml.gz", "/about#feed", "/?p=feed",
	    "/press"};
	found("<a href=/x>Sensor lets the man who lost his hands feed himself</a>", NULL);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		found(arena_printf(&a, "<a href='%s'>x</a>", others[i]), NULL);
	/* by their words, behind those whose address says it */
	found("<a href=/x>RSS-Feed</a><a href=/y>Our <b>Atom</b></a><a href=/z>Feedback</a>"
	      "<a href=/rss>x</a>",
	    "https://town.example/rss", "https://town.example/x", "https://town.example/y", NULL);
}

/* What a refused feed may tell of itself: declared, of a type that is sure, and no comments. */
static void
test_declared_only(void **state)
{
	(void)state;
	static const char page[] =
	    "<link rel=alternate type=text/xml href=/unsure><a href=/rss>RSS</a>"
	    "<link rel=feed href=/also>"
	    "<link rel=alternate type=application/rss+xml href=/comments/feed/>"
	    "<link rel=alternate type=application/atom+xml title=T href=/sure>";
	struct discovery *d;
	discover_declared(&a, PAGE_URL, "text/html", (const uint8_t *)page, sizeof page - 1, &d);
	assert_non_null(d);
	assert_int_equal(d->links_len, 1);
	assert_string_equal(d->links[0].url, "https://town.example/sure");
	assert_string_equal(d->links[0].title, "T");
	static const char none[] = "<p>We have moved.</p><a href=/rss>RSS</a>";
	discover_declared(&a, PAGE_URL, "", (const uint8_t *)none, sizeof none - 1, &d);
	assert_null(d);
}

/* ---- feeds ---- */

static void
test_feed(void **state)
{
	(void)state;
	const struct discovery *d = read_page(
	    "<rss version='2.0'><channel><title>Town &amp;amp; sea</title>"
	    "<item><title>One</title><pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate></item>"
	    "<item><title>Two</title><pubDate>Tue, 06 Jan 2026 10:00:00 GMT</pubDate></item>"
	    "<item><title>Three</title></item></channel></rss>");
	assert_string_equal(d->format, "rss20");
	assert_null(d->reason);
	assert_string_equal(d->title, "Town & sea");
	assert_int_equal(d->entries, 3);
	assert_int_equal(d->newest, 1767693600);
	assert_int_equal(d->full_text, 0);
	assert_int_equal(d->class, FEED_MAIN);
	assert_int_equal(d->links_len, 0);
	d = read_page(
	    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"T\",\"items\":[]}");
	assert_int_equal(d->entries, 0);
	assert_int_equal(d->newest, 0);
	assert_non_null(d->format);
}

static void
test_full_text(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "<rss version='2.0'><channel><title>T</title>");
	for (int i = 0; i < 4; i++) {
		buf_printf(&b, "<item><guid>%d</guid><description>", i);
		for (int w = 0; w < (i < 2 ? DISCOVER_WORDS_MIN : DISCOVER_WORDS_MIN - 1); w++)
			buf_add_str(&b, "word ");
		buf_add_str(&b, "</description></item>");
	}
	size_t two = b.len;
	buf_add_str(&b, "</channel></rss>");
	assert_int_equal(read_page(buf_str(&b))->full_text, 1);
	b.len = two;
	buf_add_str(&b, "<item><guid>short</guid></item></channel></rss>");
	assert_int_equal(read_page(buf_str(&b))->full_text, 0);
	buf_clear(&b);
}

static void
test_podcast(void **state)
{
	(void)state;
#define EPISODE(n)                                                                                 \
	"<item><guid>" n "</guid><enclosure url='http://t.example/" n                              \
	".mp3' type='audio/mpeg' length='1'/></item>"
	const struct discovery *d =
	    read_page("<rss version='2.0'><channel><title>T</title>" EPISODE("1")
		    EPISODE("2") "<item><guid>3</guid></item></channel></rss>");
	assert_int_equal(d->class, FEED_PODCAST);
	d = read_page("<rss version='2.0'><channel><title>T</title>" EPISODE(
	    "1") "<item><guid>3</guid></item></channel></rss>");
	assert_int_equal(d->class, FEED_MAIN);
}

/* ---- guesses ---- */

static void
test_guesses(void **state)
{
	(void)state;
	char *g[DISCOVER_GUESSES_MAX];
	assert_int_equal(discover_guess(&a, "https://town.example", g), DISCOVER_GUESSES_MAX);
	assert_string_equal(g[0], "https://town.example/feed");
	for (size_t i = 0; i < DISCOVER_GUESSES_MAX; i++)
		assert_int_equal(strncmp(g[i], "https://town.example/", 21), 0);
	assert_int_equal(
	    discover_guess(&a, "http://town.example:8080/blog/?p=/1/", g), DISCOVER_GUESSES_MAX);
	assert_string_equal(g[0], "http://town.example:8080/blog/feed");
	assert_string_equal(g[2], "http://town.example:8080/feed");
}

/* ---- hostile pages ---- */

static void
test_many_links(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64 << 20);
	for (int i = 0; i < 100000; i++)
		buf_printf(&b, "<a href='/%d/feed'>RSS</a>", i);
	buf_add_str(&b, "<link rel=alternate type=application/rss+xml href=/last>");
	const struct discovery *d = read_page(buf_str(&b));
	assert_int_equal(d->links_len, DISCOVERY_LINKS_MAX);
	/* what is declared is found, however many look like feeds before it */
	assert_string_equal(d->links[0].url, "https://town.example/last");
	buf_clear(&b);
}

static void
test_long_links(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64 << 20);
	buf_add_str(&b, "<link rel=alternate type=application/rss+xml href='/");
	for (int i = 0; i < 1 << 20; i++)
		buf_add_str(&b, "a/");
	buf_add_str(&b, "'><link rel=alternate type=application/rss+xml href=/b title='");
	for (int i = 0; i < 1 << 20; i++)
		buf_add_str(&b, "\xe2\x82\xac");
	buf_add_str(&b, "'>");
	const struct discovery *d = read_page(buf_str(&b));
	assert_int_equal(d->links_len, 1);
	assert_string_equal(d->links[0].url, "https://town.example/b");
	assert_true(strlen(d->links[0].title) <= 120);
	buf_clear(&b);
}

/* A long base and many links may not fill the memory: a page has CANDIDATES_MAX of each way. */
static void
test_long_base(void **state)
{
	(void)state;
	struct buf b;
	buf_init(&b, 64 << 20);
	buf_add_str(&b, "<base href='https://town.example/");
	for (int i = 0; i < 3500; i++)
		buf_add_str(&b, "a");
	buf_add_str(&b, "/'>");
	for (int i = 0; i < 80000; i++)
		buf_printf(&b, "<link rel=alternate type=application/rss+xml href=%d>", i);
	struct rusage before, after;
	getrusage(RUSAGE_SELF, &before);
	const struct discovery *d = read_page(buf_str(&b));
	getrusage(RUSAGE_SELF, &after);
	assert_in_range(after.ru_maxrss - before.ru_maxrss, 0, 512 << 10); /* KB; else 1.4 GB */
	assert_int_equal(d->links_len, DISCOVERY_LINKS_MAX);
	buf_clear(&b);
}

static void
test_no_page(void **state)
{
	(void)state;
	static const char *const documents[] = {"", "\x89PNG\r\n\x1a\n", "{\"a\":1}", "hello",
	    "<?xml version='1.0'?><opml version='2.0'><body/></opml>", "<", "<html",
	    "\xff\xfe<\0a"};
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
		const struct discovery *d = read_page(documents[i]);
		assert_null(d->format);
		assert_non_null(d->reason);
		assert_int_equal(d->links_len, 0);
	}
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_types),
	    TEST(test_relations),
	    TEST(test_addresses),
	    TEST(test_base),
	    TEST(test_titles),
	    TEST(test_classes),
	    TEST(test_order),
	    TEST(test_page_of_a_topic),
	    TEST(test_linked),
	    TEST(test_declared_only),
	    TEST(test_feed),
	    TEST(test_full_text),
	    TEST(test_podcast),
	    TEST(test_guesses),
	    TEST(test_many_links),
	    TEST(test_long_links),
	    TEST(test_long_base),
	    TEST(test_no_page),
	};
	return cmocka_run_group_tests_name("discover", tests, setup, NULL);
}
