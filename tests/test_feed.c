/* feed: each dialect field by field, texts and links, identity, broken and hostile documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "errors.h"
#include "feed.h"

#define URL "https://paper.example/feeds/all.xml"

static struct arena a;
static struct fault f;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static struct feed_doc *
parse_bytes(const char *text, size_t len, const char *content_type)
{
	struct feed_doc *doc = NULL;
	f = (struct fault){0};
	if (feed_parse(&a, &(struct feed_source){URL, content_type, "", ""}, (const uint8_t *)text,
		len, &doc, &f) != 0)
		fail_msg("refused: %s\n%.300s", f.text, text);
	return doc;
}

static struct feed_doc *
parse(const char *text)
{
	return parse_bytes(text, strlen(text), "");
}

/* A well-formed feed. */
static struct feed_doc *
parse_clean(const char *text)
{
	struct feed_doc *doc = parse(text);
	if (doc->recovered)
		fail_msg("recovered: %s\n%.300s", doc->recovered, text);
	return doc;
}

static void
refused(const char *text, int code, const char *words)
{
	struct feed_doc *doc = NULL;
	f = (struct fault){0};
	assert_int_equal(feed_parse(&a, &(struct feed_source){URL, "", "", ""},
			     (const uint8_t *)text, strlen(text), &doc, &f),
	    code);
	assert_null(doc);
	if (!strstr(f.text, words))
		fail_msg("\"%s\" does not say \"%s\"", f.text, words);
}

/* RSS 2.0 around the elements of one item. */
static struct item *
rss_item(const char *elements)
{
	char *text = arena_printf(&a,
	    "<rss version='2.0' xmlns:dc='http://purl.org/dc/elements/1.1/' "
	    "xmlns:content='http://purl.org/rss/1.0/modules/content/' "
	    "xmlns:media='http://search.yahoo.com/mrss/' xmlns:atom='http://www.w3.org/2005/Atom' "
	    "xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'>"
	    "<channel><title>t</title><item>%s</item></channel></rss>",
	    elements);
	struct feed_doc *doc = parse(text);
	assert_int_equal(doc->items_len, 1);
	return doc->items;
}

static struct item *
atom_item(const char *elements)
{
	struct feed_doc *doc = parse(arena_printf(&a,
	    "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title><entry>%s</entry></feed>",
	    elements));
	assert_int_equal(doc->items_len, 1);
	return doc->items;
}

static void
same_list(char **list, size_t len, const char *want)
{
	char got[512] = "";
	size_t n = 0;
	for (size_t i = 0; i < len; i++)
		n += (size_t)snprintf(got + n, sizeof got - n, "%s%s", i ? "|" : "", list[i]);
	assert_string_equal(got, want);
}

/* ---- the dialects ---- */

static void
test_rss20(void **state)
{
	(void)state;
	struct feed_doc *d = parse_clean(
	    "<?xml version='1.0' encoding='UTF-8'?>\n"
	    "<rss version='2.0' xmlns:atom='http://www.w3.org/2005/Atom'"
	    " xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'"
	    " xmlns:dc='http://purl.org/dc/elements/1.1/'"
	    " xmlns:content='http://purl.org/rss/1.0/modules/content/'><channel>"
	    "<title>The Harbour &amp;amp; Town Paper</title><link>https://paper.example/</link>"
	    "<description>News &lt;b&gt;from&lt;/b&gt; the "
	    "quay</description><language>en-gb</language>"
	    "<copyright>2026 The Paper</copyright><managingEditor>desk@paper.example (Ann "
	    "Reed)</managingEditor>"
	    "<lastBuildDate>Tue, 03 Feb 2026 04:05:06 GMT</lastBuildDate><generator>press "
	    "4</generator>"
	    "<category>Local</category><ttl>45</ttl><docs>x</docs>"
	    "<image><url>/logo.png</url><title>ignored</title><link>https://other.example/</link></"
	    "image>"
	    "<atom:link rel='self' href='https://paper.example/feeds/all.xml' "
	    "type='application/rss+xml'/>"
	    "<atom:link rel='hub' href='https://hub.example/'/>"
	    "<atom:link rel='next' href='?page=2'/>"
	    "<skipHours><hour>0</hour><hour>23</hour><hour>99</hour></skipHours>"
	    "<skipDays><day>Monday</day><day>Sunday</day><day>Noday</day></skipDays>"
	    "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>4</sy:updateFrequency>"
	    "<sy:updateBase>2026-01-01T06:00Z</sy:updateBase>"
	    "<textInput><title>no</title><link>https://no.example/</link></textInput>"
	    "<item><title>Ferry runs "
	    "&#8220;late&#8221;</title><link>https://paper.example/ferry?utm_source=rss</link>"
	    "<guid isPermaLink='false'>tag-1</guid><pubDate>Tue, 03 Feb 2026 03:00:00 "
	    "+0100</pubDate>"
	    "<dc:creator>Ann Reed</dc:creator><dc:creator>Bo Lind</dc:creator>"
	    "<description>Short &lt;a href=\"/map\"&gt;map&lt;/a&gt;</description>"
	    "<content:encoded><![CDATA[<p>Long <img src='pic.jpg'></p>]]></content:encoded>"
	    "<category "
	    "domain='x'>Ferries</category><category>Sea</category><category>Sea</category>"
	    "<comments>https://paper.example/ferry#c</comments>"
	    "<enclosure url='https://paper.example/a.mp3' type='audio/mpeg' length='1234'/>"
	    "<source url='https://wire.example/rss'>Wire</source></item>"
	    "</channel></rss>");
	assert_string_equal(d->format, "rss20");
	assert_string_equal(d->title, "The Harbour & Town Paper");
	assert_string_equal(d->link, "https://paper.example/");
	assert_string_equal(d->subtitle, "News from the quay");
	assert_string_equal(d->language, "en-GB");
	assert_string_equal(d->rights, "2026 The Paper");
	assert_string_equal(d->author, "Ann Reed");
	assert_string_equal(d->generator, "press 4");
	assert_string_equal(d->image, "https://paper.example/logo.png");
	assert_string_equal(d->self, URL);
	assert_string_equal(d->next, "https://paper.example/feeds/all.xml?page=2");
	assert_int_equal(d->sy_base.utc, 1767247200);
	same_list(d->hubs, d->hubs_len, "https://hub.example/");
	same_list(d->tags, d->tags_len, "Local");
	assert_int_equal(d->updated.utc, 1770091506);
	assert_int_equal(d->ttl_min, 45);
	assert_int_equal(d->sy_period_s, 21600);
	assert_int_equal(d->skip_hours, 1u | 1u << 23);
	assert_int_equal(d->skip_days, 1u | 1u << 6);

	assert_int_equal(d->items_len, 1);
	const struct item *it = d->items;
	assert_string_equal(it->title, "Ferry runs \xe2\x80\x9clate\xe2\x80\x9d");
	assert_string_equal(it->link, "https://paper.example/ferry?utm_source=rss");
	assert_string_equal(it->canonical, "https://paper.example/ferry");
	assert_string_equal(it->fetch, "https://paper.example/ferry?utm_source=rss");
	assert_string_equal(it->guid, "tag-1");
	assert_string_equal(it->published_raw, "Tue, 03 Feb 2026 03:00:00 +0100");
	assert_int_equal(it->published.utc, 1770084000);
	same_list(it->authors, it->authors_len, "Ann Reed|Bo Lind");
	assert_string_equal(it->summary, "Short <a href=\"https://paper.example/map\">map</a>");
	assert_string_equal(
	    it->content, "<p>Long <img src='https://paper.example/feeds/pic.jpg'></p>");
	same_list(it->tags, it->tags_len, "Ferries|Sea");
	assert_string_equal(it->comments, "https://paper.example/ferry#c");
	assert_int_equal(it->enclosures_len, 1);
	assert_string_equal(it->enclosures[0].url, "https://paper.example/a.mp3");
	assert_string_equal(it->enclosures[0].type, "audio/mpeg");
	assert_int_equal(it->enclosures[0].length, 1234);
	assert_string_equal(it->source, "https://wire.example/rss");
	assert_true(it->key != 0);
}

static void
test_atom10(void **state)
{
	(void)state;
	struct feed_doc *d = parse_clean(
	    "<feed xmlns='http://www.w3.org/2005/Atom' xml:lang='de' "
	    "xml:base='https://blatt.example/x/'>"
	    "<id>urn:feed</id><title type='html'>Blatt &amp;lt;3</title><subtitle>a &lt; "
	    "b</subtitle>"
	    "<link href='./'/><link rel='self' "
	    "href='atom.xml'/><logo>l.png</logo><icon>i.ico</icon>"
	    "<updated>2026-02-03T04:05:06Z</updated><author><name>Ann</name><email>a@b.example</"
	    "email></author>"
	    "<rights>r</rights><generator uri='x'>g</generator>"
	    "<entry xml:lang='fr' xml:base='y/'><id>urn:1</id><title type='xhtml'><div "
	    "xmlns='http://www.w3.org/1999/xhtml'>"
	    "A <b>bold</b> &amp; <i>b</i></div></title>"
	    "<link rel='alternate' type='application/json' href='1.json'/>"
	    "<link rel='alternate' type='text/html' href='1.html'/>"
	    "<link rel='http://www.iana.org/assignments/relation/enclosure' href='a.mp3' "
	    "type='audio/mpeg' length='9'/>"
	    "<link rel='replies' href='1.html#c' type='text/html'/>"
	    "<published>2026-02-01T00:00:00Z</published><updated>2026-02-02</updated>"
	    "<author><name>Bo</name><uri>https://bo.example/</uri></"
	    "author><author><email>c@d.example</email></author>"
	    "<contributor><name>Not me</name></contributor>"
	    "<category term='t1' label='T 1'/><category term='t2'/>"
	    "<summary>1 &lt; 2 &amp; so</summary>"
	    "<content type='xhtml'><div xmlns='http://www.w3.org/1999/xhtml'><p class='a&quot;b'>x "
	    "&lt; y<br/>"
	    "<a href='z' xml:base='/q/'>l</a><img src='i.png'/></p><svg "
	    "xmlns='http://www.w3.org/2000/svg'><g/></svg></div></content>"
	    "<source><id>urn:s</id><title>Other</title><link href='https://other.example/'/>"
	    "<link rel='self' "
	    "href='https://other.example/feed'/><updated>2001-01-01</updated></source>"
	    "</entry></feed>");
	assert_string_equal(d->format, "atom10");
	assert_string_equal(d->title, "Blatt <3");
	assert_string_equal(d->subtitle, "a < b");
	assert_string_equal(d->link, "https://blatt.example/x/");
	assert_string_equal(d->self, "https://blatt.example/x/atom.xml");
	assert_string_equal(d->image, "https://blatt.example/x/l.png");
	assert_string_equal(d->language, "de");
	assert_string_equal(d->author, "Ann");
	assert_string_equal(d->rights, "r");
	assert_string_equal(d->generator, "g");
	assert_int_equal(d->updated.utc, 1770091506);
	assert_int_equal(d->ttl_min, -1);
	assert_int_equal(d->sy_period_s, -1);

	assert_int_equal(d->items_len, 1);
	const struct item *it = d->items;
	assert_string_equal(it->guid, "urn:1");
	assert_string_equal(it->title, "A bold & b");
	assert_string_equal(it->link, "https://blatt.example/x/y/1.html");
	assert_string_equal(it->language, "fr");
	assert_string_equal(it->comments, "https://blatt.example/x/y/1.html#c");
	assert_int_equal(it->published.utc, 1769904000);
	assert_int_equal(it->updated.precision, DATE_DAY);
	same_list(it->authors, it->authors_len, "Bo|c@d.example");
	same_list(it->tags, it->tags_len, "t1|t2");
	assert_string_equal(it->summary, "1 &lt; 2 &amp; so");
	assert_string_equal(it->content,
	    "<p class=\"a&quot;b\">x &lt; y<br /><a href=\"https://blatt.example/q/z\">l</a>"
	    "<img src=\"https://blatt.example/x/y/i.png\" /></p><svg><g></g></svg>");
	assert_int_equal(it->enclosures_len, 1);
	assert_string_equal(it->enclosures[0].url, "https://blatt.example/x/y/a.mp3");
	assert_string_equal(it->source, "https://other.example/");
}

static void
test_atom03(void **state)
{
	(void)state;
	struct feed_doc *d = parse_clean(
	    "<feed version='0.3' xmlns='http://purl.org/atom/ns#'><title>Old</title><tagline "
	    "mode='escaped' type='text/html'>"
	    "a &lt;b&gt;line&lt;/b&gt;</tagline><modified>2004-05-06T07:08:09Z</modified>"
	    "<entry><title mode='escaped'>One</title><id>tag:1</id><link rel='alternate' "
	    "type='text/html' href='/1'/>"
	    "<issued>2004-05-05T00:00:00Z</issued><modified>2004-05-06T00:00:00Z</"
	    "modified><created>2004-05-04</created>"
	    "<summary type='application/octet-stream' mode='base64'>PHA+aGVsbG88L3A+</summary>"
	    "<content type='text/html' "
	    "mode='escaped'>&lt;p&gt;b&lt;/p&gt;</content></entry></feed>");
	assert_string_equal(d->format, "atom03");
	assert_string_equal(d->subtitle, "a line");
	assert_int_equal(d->updated.precision, DATE_SECOND);
	assert_int_equal(d->items[0].published.utc, 1083715200);
	assert_int_equal(d->items[0].updated.utc, 1083801600);
	assert_string_equal(d->items[0].summary, "<p>hello</p>");
	assert_string_equal(d->items[0].content, "<p>b</p>");
}

static void
test_rdf(void **state)
{
	(void)state;
	struct feed_doc *d = parse_clean(
	    "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
	    "xmlns='http://purl.org/rss/1.0/'"
	    " xmlns:dc='http://purl.org/dc/elements/1.1/'>"
	    "<channel "
	    "rdf:about='https://r.example/'><title>R</title><link>https://r.example/</"
	    "link><dc:date>2026-02-03</dc:date>"
	    "<image rdf:resource='https://r.example/i'/><items><rdf:Seq><rdf:li "
	    "resource='x'/></rdf:Seq></items></channel>"
	    "<image "
	    "rdf:about='https://r.example/i'><title>i</title><url>https://r.example/i.png</url></"
	    "image>"
	    "<item "
	    "rdf:about='https://r.example/1'><title>One</title><link>https://r.example/1</link>"
	    "<dc:date>2026-02-03T04:05:06Z</dc:date><dc:subject>s</dc:subject></item>"
	    "<item "
	    "rdf:about='https://r.example/2'><title>Two</title><link>https://r.example/2</link></"
	    "item></rdf:RDF>");
	assert_string_equal(d->format, "rdf");
	assert_string_equal(d->title, "R");
	assert_string_equal(d->image, "https://r.example/i.png");
	assert_int_equal(d->items_len, 2);
	assert_string_equal(d->items[0].guid, "https://r.example/1");
	assert_int_equal(d->items[0].published.utc, 1770091506);
	same_list(d->items[0].tags, d->items[0].tags_len, "s");
	assert_string_equal(d->items[1].title, "Two");
}

static void
test_sitemaps(void **state)
{
	(void)state;
	struct feed_doc *d = parse_clean(
	    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
	    " xmlns:news='http://www.google.com/schemas/sitemap-news/0.9'"
	    " xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'>"
	    "<url><loc>https://paper.example/a?x=1&amp;y=2</loc><lastmod>2026-02-03</lastmod>"
	    "<news:news><news:publication><news:name>The "
	    "Paper</news:name><news:language>en</news:language></news:publication>"
	    "<news:publication_date>2026-02-03T04:05:06Z</news:publication_date><news:title>Tide "
	    "&amp; Time</news:title>"
	    "<news:keywords>sea, town;quay</news:keywords></news:news>"
	    "<image:image><image:loc>https://paper.example/a.jpg</image:loc></image:image></url>"
	    "<url><loc>https://paper.example/b</loc></url></urlset>");
	assert_string_equal(d->format, "sitemap");
	assert_int_equal(d->items_len, 2);
	const struct item *it = d->items;
	assert_string_equal(it->link, "https://paper.example/a?x=1&y=2");
	assert_string_equal(it->title, "Tide & Time");
	assert_string_equal(it->source, "The Paper");
	assert_string_equal(it->language, "en");
	assert_string_equal(it->image, "https://paper.example/a.jpg");
	assert_int_equal(it->published.utc, 1770091506);
	assert_int_equal(it->updated.precision, DATE_DAY);
	same_list(it->tags, it->tags_len, "sea|town|quay");

	d = parse_clean("<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
			"<sitemap><loc>https://paper.example/s1.xml.gz</loc><lastmod>2026-02-03</"
			"lastmod></sitemap></sitemapindex>");
	assert_string_equal(d->format, "sitemap_index");
	assert_string_equal(d->items[0].link, "https://paper.example/s1.xml.gz");
}

static void
test_json(void **state)
{
	(void)state;
	struct feed_doc *d = parse_clean(
	    "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"J\", "
	    "\"home_page_url\": \"/\","
	    "\"feed_url\": \"" URL
	    "\", \"description\": \"a < b\", \"icon\": \"i.png\", \"language\": \"en_us\","
	    "\"authors\": [{\"name\": \"Ann\"}], \"hubs\": [{\"type\": \"WebSub\", \"url\": "
	    "\"https://hub.example/\"}],"
	    "\"next_url\": \"?p=2\", \"items\": ["
	    "{\"id\": 7, \"url\": \"a\", \"title\": \"T\", \"content_html\": \"<p><a "
	    "href='/x'>y</a></p>\","
	    "\"content_text\": \"no\", \"summary\": \"1 < 2\", \"image\": \"p.jpg\", "
	    "\"date_published\": \"2026-02-03T04:05:06Z\","
	    "\"date_modified\": \"2026-02-03\", \"tags\": [\"t\", 5, null, \"u\"], \"authors\": "
	    "[{\"name\": \"Bo\"}, {}, null],"
	    "\"attachments\": [{\"url\": \"a.mp3\", \"mime_type\": \"audio/mpeg\", "
	    "\"size_in_bytes\": 9}, {\"x\": 1}, 4]},"
	    "{\"id\": \"https://paper.example/q\", \"content_text\": \"x < y\", \"author\": "
	    "{\"name\": \"Di\"}}, 5, null]}");
	assert_string_equal(d->format, "json11");
	assert_string_equal(d->link, "https://paper.example/");
	assert_string_equal(d->subtitle, "a < b");
	assert_string_equal(d->language, "en-US");
	assert_string_equal(d->author, "Ann");
	assert_string_equal(d->next, "https://paper.example/feeds/all.xml?p=2");
	same_list(d->hubs, d->hubs_len, "https://hub.example/");
	assert_int_equal(d->items_len, 2);
	const struct item *it = d->items;
	assert_string_equal(it->guid, "7");
	assert_string_equal(it->link, "https://paper.example/feeds/a");
	assert_string_equal(it->content, "<p><a href='https://paper.example/x'>y</a></p>");
	assert_string_equal(it->summary, "1 &lt; 2");
	assert_string_equal(it->image, "https://paper.example/feeds/p.jpg");
	assert_int_equal(it->published.utc, 1770091506);
	same_list(it->tags, it->tags_len, "t|u");
	same_list(it->authors, it->authors_len, "Bo");
	assert_int_equal(it->enclosures_len, 1);
	assert_int_equal(it->enclosures[0].length, 9);
	assert_string_equal(it[1].link, "https://paper.example/q");
	assert_string_equal(it[1].content, "x &lt; y");
	same_list(it[1].authors, it[1].authors_len, "Di");

	refused("{\"version\": \"1\", \"items\": [", ERR_INPUT, "too early");
	refused("{\"a\": 1 ]", ERR_INPUT, "json error at byte 8");
	refused("{\"error\": \"not found\"}", ERR_INPUT, "no feed");
	refused("[1]", ERR_INPUT, "no feed");
	char *deep = arena_printf(&a, "{\"items\": %0*d", 200, 0);
	memset(strchr(deep, '0'), '[', 200);
	refused(deep, ERR_INPUT, "too early");
}

static void
test_formats(void **state)
{
	(void)state;
	static const struct {
		const char *text, *format;
		size_t items;
	} t[] = {
	    {"<rss version='0.91'><channel><item/></channel></rss>", "rss091", 1},
	    {"<rss version='0.92'><channel><item/></channel></rss>", "rss092", 1},
	    {"<rss version='2.0.1'><channel/></rss>", "rss20", 0},
	    {"<rss/>", "rss", 0},
	    {"<RSS VERSION='2.0'><Channel><Item><Title>x</Title></Item></Channel></RSS>", "rss20",
		1},
	    {"<r:rss xmlns:r='http://backend.userland.com/rss2' "
	     "version='2.0'><r:channel><r:item/></r:channel></r:rss>",
		"rss20", 1},
	    {"<a:feed xmlns:a='http://www.w3.org/2005/Atom'><a:entry/></a:feed>", "atom10", 1},
	    {"<feed><entry/></feed>", "atom10", 1},
	    {"<feed xmlns='http://unheard.example/of'><entry/></feed>", "atom10", 1},
	    {"<feed xmlns='HTTPS://WWW.W3.org/2005/Atom/'><entry/></feed>", "atom10", 1},
	    {"<a:feed><a:entry/></a:feed>", "atom10",
		0}, /* the prefix is neither bound nor known */
	    {"<atom:feed><atom:entry/></atom:feed>", "atom10", 1},
	    {"<entry xmlns='http://www.w3.org/2005/Atom'><id>x</id></entry>", "atom10", 1},
	    {"<Channel xmlns='http://purl.org/net/rss1.1#'><items><item/></items></Channel>",
		"rss11", 1},
	    {"<CHANNEL HREF='https://c.example/'><ITEM HREF='a'><TITLE>x</TITLE></ITEM></CHANNEL>",
		"cdf", 1},
	    {"<rss version='2.0'><channel/><item/><item/></rss>", "rss20", 2},
	    {"<rss version='2.0'><item/></rss>", "rss20", 1},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct feed_doc *d = parse(t[i].text);
		if (strcmp(d->format, t[i].format) != 0 || d->items_len != t[i].items)
			fail_msg("%s: %s, %zu items", t[i].text, d->format, d->items_len);
	}
}

/* ---- texts ---- */

static void
test_titles(void **state)
{
	(void)state;
	static const struct {
		const char *in, *want;
	} t[] = {
	    {"plain", "plain"},
	    {" two\n lines ", "two lines"},
	    {"&lt;b&gt;bold&lt;/b&gt; move", "bold move"},
	    {"<![CDATA[<b>bold</b> move]]>", "bold move"},
	    {"<b>bold</b> move", "bold move"},
	    {"AT&amp;T", "AT&T"},
	    {"AT&amp;amp;T", "AT&T"},
	    {"<![CDATA[AT&T &#39;q&#39; &eacute;]]>", "AT&T 'q' \xc3\xa9"},
	    {"1 &lt; 2 &gt; 0", "1 < 2 > 0"},
	    {"Use &lt;vector&gt; now", "Use <vector> now"},
	    {"&lt;img alt=\"a &gt; b\"/&gt;x", "x"},
	    {"a&lt;br&gt;b&lt;!-- no --&gt;c", "a b c"},
	    {"don&#146;t", "don\xe2\x80\x99t"}, /* windows-1252 in disguise */
	    {"don\xc2\x92t \xc2\xa0x", "don\xe2\x80\x99t x"},
	    {"a&nbsp;&hellip;", "a \xe2\x80\xa6"},
	    {"\xe2\x80\xaeneddih", "neddih"},
	    {"&lt;b", "<b"},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct item *it = rss_item(arena_printf(&a, "<title>%s</title>", t[i].in));
		if (!it->title || strcmp(it->title, t[i].want) != 0)
			fail_msg("%s: \"%s\"", t[i].in, it->title ? it->title : "NULL");
	}
	assert_null(rss_item("<title> </title>")->title);
	assert_null(rss_item("<title/>")->title);
	assert_string_equal(rss_item("<media:title>m</media:title><title>t</title>")->title, "t");
	assert_string_equal(rss_item("<media:title>m</media:title>")->title, "m");
	assert_string_equal(rss_item("<title>t</title><title>u</title>")->title, "t");
	/* Atom: text is text, unless it is markup all the same */
	assert_string_equal(atom_item("<title>Use &lt;b> well</title>")->title, "Use <b> well");
	assert_string_equal(atom_item("<title>&lt;b>x&lt;/b> &amp;lt;</title>")->title, "x <");
	assert_string_equal(
	    atom_item("<title type='text'>AT&amp;amp;T</title>")->title, "AT&amp;T");
	assert_string_equal(atom_item("<title type='html'>AT&amp;amp;T</title>")->title, "AT&T");
}

static void
test_markup(void **state)
{
	(void)state;
	static const struct {
		const char *in, *want;
	} t[] = {
	    {"&lt;a href=x&gt;y&lt;/a&gt;", "<a href=https://paper.example/feeds/x>y</a>"},
	    {"&lt;a title='href=no' href='?q=1&amp;amp;r'&gt;",
		"<a title='href=no' href='https://paper.example/feeds/all.xml?q=1&amp;r'>"},
	    {"&lt;A HREF=\"//cdn.example/z\"&gt;", "<A HREF=\"https://cdn.example/z\">"},
	    {"&lt;a href='mailto:a@b.example'&gt;&lt;img src='data:,x'&gt;",
		"<a href='mailto:a@b.example'><img src='data:,x'>"},
	    {"&lt;a href=''&gt;&lt;a href&gt;&lt;a href=&gt;", "<a href=''><a href><a href=>"},
	    {"&lt;img alt=\"a > b\" src=\"i.png\"&gt;",
		"<img alt=\"a > b\" src=\"https://paper.example/feeds/i.png\">"},
	    {"&lt;a href='unclosed", "<a href='unclosed"},
	    {"1 &lt; 2, x=y", "1 < 2, x=y"},
	    {"<p>bare <a href='x'>y</a><br/></p>",
		"<p>bare <a href=\"https://paper.example/feeds/x\">y</a><br /></p>"},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct item *it =
		    rss_item(arena_printf(&a, "<description>%s</description>", t[i].in));
		if (!it->summary || strcmp(it->summary, t[i].want) != 0)
			fail_msg("%s: \"%s\"", t[i].in, it->summary ? it->summary : "NULL");
	}
	struct item *it = rss_item(
	    "<description>d</description><itunes:summary>s</itunes:summary>"
	    "<content:encoded>c</content:encoded><media:description>m</media:description>");
	assert_string_equal(it->summary, "d");
	assert_string_equal(it->content, "c");
	it = rss_item("<body xmlns='http://www.w3.org/1999/xhtml'><p>x</p></body>");
	assert_string_equal(it->content, "<p>x</p>");
	it = atom_item("<content type='image/png'>AAAA</content><summary>s</summary>");
	assert_null(it->content); /* bytes, no text */
}

static void
test_persons(void **state)
{
	(void)state;
	static const struct {
		const char *in, *want;
	} t[] = {
	    {"<author>ann@paper.example (Ann Reed)</author>", "Ann Reed"},
	    {"<author>Ann Reed &lt;ann@paper.example></author>", "Ann Reed"},
	    {"<author>ann@paper.example</author>", "ann@paper.example"},
	    {"<author>ann@paper.example ()</author>", "ann@paper.example"},
	    {"<author>&lt;ann@paper.example></author>", "ann@paper.example"},
	    {"<author>Ann Reed (The Paper)</author>", "Ann Reed (The Paper)"},
	    {"<author><name> Ann </name><email>x@y.example</email></author>", "Ann"},
	    {"<author><name/><email>x@y.example</email></author>", "x@y.example"},
	    {"<itunes:author>I</itunes:author><dc:creator>D</dc:creator>", "D"},
	    {"<dc:creator>D</dc:creator><itunes:author>I</itunes:author>", "D"},
	    {"<dc:creator/><author/>", ""},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct item *it = rss_item(t[i].in);
		same_list(it->authors, it->authors_len, t[i].want);
	}
}

static void
test_links(void **state)
{
	(void)state;
	assert_string_equal(rss_item("<link> /a b\n</link>")->fetch, "https://paper.example/a%20b");
	assert_string_equal(
	    rss_item("<guid>https://g.example/</guid>")->link, "https://g.example/");
	assert_string_equal(
	    rss_item("<guid isPermaLink='true'>/g</guid>")->link, "https://paper.example/g");
	assert_null(rss_item("<guid isPermaLink='false'>https://g.example/</guid>")->link);
	assert_null(rss_item("<guid>g</guid>")->link);
	assert_string_equal(
	    rss_item("<atom:link href='https://a.example/'/><link>https://l.example/</link>")->link,
	    "https://l.example/");
	assert_string_equal(
	    rss_item("<link/><atom:link href='https://a.example/'/>")->link, "https://a.example/");
	/* not of the web: kept as written, nothing to fetch */
	struct item *it = rss_item("<link>news:comp.lang.c</link>");
	assert_string_equal(it->link, "news:comp.lang.c");
	assert_null(it->canonical);
	assert_null(it->fetch);
	it = rss_item("<media:content url='a.jpg' medium='image'/><media:content url='v.mp4' "
		      "type='video/mp4' fileSize='5'/>"
		      "<media:thumbnail url='t.jpg'/>");
	assert_string_equal(it->image, "https://paper.example/feeds/t.jpg");
	assert_int_equal(it->enclosures_len, 1);
	assert_int_equal(it->enclosures[0].length, 5);
	it = rss_item("<enclosure url='a.mp3' length='lots'/>");
	assert_int_equal(it->enclosures[0].length, -1);
	/* the link before the redirector's */
	struct feed_doc *d = parse(
	    "<rss xmlns:feedburner='http://rssnamespace.org/feedburner/ext/1.0'><channel><item>"
	    "<link>https://r.example/~r/1</link><feedburner:origLink>https://o.example/1</"
	    "feedburner:origLink>"
	    "</item></channel></rss>");
	assert_string_equal(d->items[0].link, "https://r.example/~r/1");
	assert_string_equal(d->items[0].canonical, "https://o.example/1");
	assert_string_equal(d->items[0].fetch, "https://o.example/1");
	/* prefixes that nobody bound */
	d = parse(
	    "<rss><channel><item><dc:creator>D</dc:creator><content:encoded>c</content:encoded>"
	    "<x:title>no</x:title></item></channel></rss>");
	assert_string_equal(d->items[0].content, "c");
	assert_null(d->items[0].title);
}

/* ---- identity ---- */

static void
test_keys(void **state)
{
	(void)state;
	/* the guid decides, then the link without its tracking, then the words of the title */
	assert_int_equal(rss_item("<guid>1</guid><link>https://a.example/1</link>")->key,
	    rss_item("<guid>1</guid><link>https://a.example/2</link>")->key);
	assert_int_equal(rss_item("<link>https://a.example/1?utm_source=x</link>")->key,
	    rss_item("<link>https://a.example/1</link><title>t</title>")->key);
	assert_int_equal(rss_item("<title>The &lt;b&gt;dam&lt;/b&gt; holds</title>"
				  "<description>3 comments</description>")
			     ->key,
	    rss_item("<title> The dam holds. </title><description>4 comments</description>")->key);
	assert_true(rss_item("<title>The dam holds</title>")->key !=
		    rss_item("<title>The dam breaks</title>")->key);
	assert_true(rss_item("")->key != 0);
}

/* Links that name no page of the entry are no links for the archive: its own text is taken. */
static void
test_links_that_are_nobodys_own(void **state)
{
	(void)state;
	struct feed_doc *d = parse("<rss><channel><link>https://www.paper.example/</link>"
				   "<item><title>a</title><link>https://paper.example/</link>"
				   "<description>Text a.</description></item>"
				   "<item><title>b</title><link>https://paper.example/#b</link>"
				   "<description>Text b.</description></item>"
				   "<item><title>c</title><link>https://paper.example/live#1</link>"
				   "<description>Text c.</description></item>"
				   "<item><title>d</title><link>https://paper.example/live#2</link>"
				   "<description>Text d.</description></item>"
				   "<item><title>e</title><link>https://paper.example/e</link>"
				   "<description>Text e.</description></item></channel></rss>");
	for (size_t i = 0; i < 5; i++) {
		assert_non_null(d->items[i].link);
		assert_int_equal(d->items[i].canonical != NULL, i == 4);
		assert_int_equal(d->items[i].fetch != NULL, i == 4);
		for (size_t k = 0; k < i; k++)
			assert_true(d->items[i].key != d->items[k].key);
	}
	/* an article that stands in three places of the feed is one */
	d = parse("<rss><channel><item><title>a</title><link>https://paper.example/a</link>"
		  "<description>Text.</description></item>"
		  "<item><title>A, again</title><link>https://paper.example/a</link>"
		  "<description>Text.</description></item>"
		  "<item><title>A, again</title><link>https://paper.example/a</link>"
		  "<description>Text.</description></item></channel></rss>");
	assert_non_null(d->items[0].canonical);
	assert_non_null(d->items[2].canonical);
	/* without a text the page is all that there is */
	d = parse("<rss><channel><link>https://paper.example/</link>"
		  "<item><title>a</title><link>https://paper.example/</link></item>"
		  "<item><title>b</title><link>https://other.example/</link>"
		  "<description>Text b.</description></item></channel></rss>");
	assert_non_null(d->items[0].canonical);
	assert_non_null(d->items[1].canonical);
}

static void
test_items_hash(void **state)
{
	(void)state;
	static const char one[] = "<item><guid>1</guid><title>a</title></item>",
			  two[] = "<item><guid>2</guid><title>b</title></item>",
			  changed[] = "<item><guid>2</guid><title>B</title></item>";
	const char *const sets[][2] = {{one, two}, {two, one}, {one, changed}, {one, ""}};
	uint64_t hashes[4];
	for (size_t i = 0; i < 4; i++)
		hashes[i] = parse(
		    arena_printf(&a, "<rss><channel><pubDate>%zu</pubDate>%s%s</channel></rss>", i,
			sets[i][0], sets[i][1]))
				->items_hash;
	assert_int_equal(hashes[0], hashes[1]);
	assert_true(hashes[0] != hashes[2]);
	assert_true(hashes[0] != hashes[3]);

	/* parameters for tracking are no change, and neither is when the feed was built */
	for (size_t i = 0; i < 2; i++) {
		char *items = arena_strdup(&a, "");
		for (int k = 0; k < 6; k++)
			items = arena_printf(&a,
			    "%s<entry><id>%d</id><link href='https://a.example/%d?utm_source=%zu'/>"
			    "<updated>2026-02-03T0%zu:00:00Z</updated></entry>",
			    items, k, k, i, i);
		hashes[i] = parse(
		    arena_printf(&a, "<feed xmlns='http://www.w3.org/2005/Atom'>%s</feed>", items))
				->items_hash;
	}
	assert_int_equal(hashes[0], hashes[1]);
}

/* ---- broken ---- */

static void
test_recovered(void **state)
{
	(void)state;
	static const struct {
		const char *text, *why;
	} t[] = {
	    {"<rss><channel><item><title>A & "
	     "B</title><link>https://a.example/?a=1&b=2</link></item></channel></rss>",
		"line 1"},
	    {"\n  junk <rss><channel><item><title>A &amp; "
	     "B</title><link>https://a.example/?a=1&amp;b=2</link></item></channel></rss>",
		"before the document"},
	    {"<rss><channel><item><title>A \x02&amp; "
	     "B</title><link>https://a.example/?a=1&amp;b=2</link></item></channel></rss>",
		"line 1"},
	    {"<rss><channel><item><title>A &amp; "
	     "B</b></title><link>https://a.example/?a=1&amp;b=2</item></channel></rss>",
		"line 1"},
	    {"<rss><channel><item><title>A &amp; "
	     "B</title><link>https://a.example/?a=1&amp;b=2</link></item></channel>",
		""},
	    {"<rss><channel><item><title>A &amp; "
	     "B</title><link>https://a.example/?a=1&amp;b=2</link></item></channel></rss><junk>",
		"line 1"},
	    {"<rss><channel><item><title>A &amp; "
	     "B</title><link>https://a.example/?a=1&amp;b=2</link></item>"
	     "<item><title>never whole</title><link>https://a.example/2</link><description>and he "
	     "sa",
		""},
	    {"<rss><channel><item><title>A &amp; "
	     "B</title><link>https://a.example/?a=1&amp;b=2</link></item><item><tit",
		""},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct feed_doc *d = parse(t[i].text);
		if (!d->recovered || !strstr(d->recovered, t[i].why) || d->items_len != 1 ||
		    !d->items[0].title || strcmp(d->items[0].title, "A & B") != 0 ||
		    !d->items[0].link ||
		    strcmp(d->items[0].link, "https://a.example/?a=1&b=2") != 0)
			fail_msg("%s\nrecovered \"%s\", %zu items, title \"%s\", link \"%s\"",
			    t[i].text, d->recovered ? d->recovered : "NULL", d->items_len,
			    d->items_len ? d->items[0].title : "",
			    d->items_len ? d->items[0].link : "");
	}
	/* an end tag forgotten: both items are there */
	struct feed_doc *d = parse(
	    "<rss><channel><item><title>a</title><item><title>b</title></item></channel></rss>");
	assert_int_equal(d->items_len, 2);
	assert_string_equal(d->items[1].title, "b");
}

static void
test_charsets(void **state)
{
	(void)state;
	static const char latin1[] =
	    "<?xml version='1.0' "
	    "encoding='iso-8859-1'?><rss><channel><title>Caf\xe9</title></channel></rss>";
	struct feed_doc *d = parse_clean(latin1);
	assert_string_equal(d->title, "Caf\xc3\xa9");
	/* the header wins */
	d = parse_bytes(latin1, sizeof latin1 - 1, "text/xml; charset=iso-8859-5");
	assert_string_equal(d->title, "Caf\xd1\x89");
	/* a declaration that lies */
	d = parse("<?xml version='1.0' encoding='utf-8'?><rss><channel><title>Caf\xe9 au "
		  "lait</title></channel></rss>");
	assert_string_equal(d->title, "Caf\xc3\xa9 au lait");
	assert_non_null(d->recovered);
	static const char utf16[] = "\xff\xfe<\0r\0s\0s\0>\0<\0c\0h\0a\0n\0n\0e\0l\0>\0<"
				    "\0t\0i\0t\0l\0e\0>\0\xe9\0<\0/\0t\0i\0t\0l\0e\0>\0"
				    "<\0/\0c\0h\0a\0n\0n\0e\0l\0>\0<\0/\0r\0s\0s\0>";
	d = parse_bytes(utf16, sizeof utf16, "");
	assert_string_equal(d->title, "\xc3\xa9");
}

static void
test_no_feed(void **state)
{
	(void)state;
	refused("", ERR_INPUT, "empty document");
	refused(" \n\t", ERR_INPUT, "empty document");
	refused("not found", ERR_INPUT, "no markup: \"not found\"");
	refused(
	    "<!DOCTYPE html><html><head><title>Just a\n moment &amp; wait</title></head></html>",
	    ERR_INPUT, "html page: \"Just a moment & wait\"");
	refused("<div>x</div>", ERR_INPUT, "html page");
	refused("<opml><body/></opml>", ERR_INPUT, "opml");
	refused("<soap:Envelope xmlns:soap='x'/>", ERR_INPUT, "root <envelope>");
	refused("<?xml version='1.0'?>", ERR_INPUT, "no markup");
	refused("<", ERR_INPUT, "no markup");
}

/* ---- hostile ---- */

static void
test_bounds(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 64 << 20);
	buf_add_str(&text, "<rss><channel>");
	for (int i = 0; i < 300; i++)
		buf_add_str(&text, "<x>");
	refused(buf_str(&text), ERR_LIMIT, "deeper");

	buf_clear(&text);
	buf_add_str(&text, "{\"title\": \"t\", \"items\": [{\"id\": 1}, {\"id\": [{}");
	for (int i = 0; i < 40000; i++)
		buf_add_str(&text, ",{}");
	buf_add_str(&text, "]}, {\"id\": 3}]}");
	struct feed_doc *d = parse(buf_str(&text));
	assert_int_equal(d->items_len, 2);
	assert_string_equal(d->items[1].guid, "3");
	assert_non_null(strstr(d->recovered, "json values"));

	/* items: the first ones are kept, and the document says so */
	buf_clear(&text);
	buf_add_str(&text, "<rss><channel>");
	for (int i = 0; i < FEED_ITEMS_MAX + 10; i++)
		buf_printf(&text, "<item><link>https://paper.example/%0100d</link></item>", i);
	buf_add_str(&text, "</channel></rss>");
	d = parse(buf_str(&text));
	assert_int_equal(d->items_len, FEED_ITEMS_MAX);
	assert_non_null(strstr(d->recovered, "more entries"));

	/* a bound that is passed behind whole items costs what follows, not them */
	buf_clear(&text);
	buf_add_str(&text, "<rss><channel><item><title>1</title></item><item><title>2</title>");
	for (int i = 0; i < 300; i++)
		buf_add_str(&text, "<x>");
	d = parse(buf_str(&text));
	assert_int_equal(d->items_len, 1);
	assert_non_null(strstr(d->recovered, "deeper"));

	/* a field: left out, the rest of the item stays */
	buf_clear(&text);
	buf_add_str(&text, "<rss><channel><item><description>");
	for (unsigned i = 0; i < FEED_FIELD_MAX / 8 + 1; i++)
		buf_add_str(&text, "12345678");
	buf_add_str(&text, "</description><title>t</title></item></channel></rss>");
	d = parse(buf_str(&text));
	assert_null(d->items[0].summary);
	assert_string_equal(d->items[0].title, "t");
	assert_non_null(strstr(d->recovered, "longer"));

	/* tags: a list has a bound, an overlong link is none */
	buf_clear(&text);
	buf_add_str(&text, "<rss><channel><item><link>https://a.example/");
	for (int i = 0; i < 5000; i++)
		buf_add_str(&text, "a");
	buf_add_str(&text, "</link>");
	for (int i = 0; i < 2000; i++)
		buf_printf(&text, "<category>%d</category>", i);
	buf_add_str(&text, "</item></channel></rss>");
	d = parse(buf_str(&text));
	assert_in_range(d->items[0].tags_len, 1, 300);
	assert_null(d->items[0].canonical);
	buf_clear(&text);
}

/* How often a feed changes: the syndication module of RSS means days where no period is said. */
static void
test_periods(void **state)
{
	(void)state;
	static const struct {
		const char *says;
		int64_t period_s;
	} rows[] = {{"", -1}, {"<sy:updatePeriod>hourly</sy:updatePeriod>", 3600},
	    {"<sy:updateFrequency>4</sy:updateFrequency>", 21600},
	    {"<sy:updateFrequency>2</sy:updateFrequency><sy:updatePeriod>weekly</sy:updatePeriod>",
		302400},
	    {"<sy:updatePeriod>often</sy:updatePeriod>", -1}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char *text = arena_printf(&a,
		    "<rss xmlns:sy='http://purl.org/rss/1.0/modules/syndication/'><channel>"
		    "<title>t</title>%s</channel></rss>",
		    rows[i].says);
		assert_int_equal(parse(text)->sy_period_s, rows[i].period_s);
	}
}

/* What is left out for its length is told of, wherever it is noticed. */
static void
test_long_texts(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 64 << 20);
	buf_add_str(&text, "<rss><channel><item><title>t</title><description>");
	for (unsigned i = 0; i < FEED_FIELD_MAX / 5 + 1; i++)
		buf_add_str(&text, "<b/>"); /* "<b></b>" */
	buf_add_str(&text, "</description></item></channel></rss>");
	struct feed_doc *doc = parse_bytes(buf_str(&text), text.len, "");
	assert_null(doc->items[0].summary);
	assert_string_equal(doc->recovered, "a text longer than newsd takes is left out");
	arena_clear(&a);

	buf_clear(&text);
	buf_add_str(&text, "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"t\","
			   "\"items\": [{\"id\": \"1\", \"content_html\": \"");
	for (unsigned i = 0; i < FEED_FIELD_MAX / 8 + 1; i++)
		buf_add_str(&text, "12345678");
	buf_add_str(&text, "\"}]}");
	doc = parse_bytes(buf_str(&text), text.len, "");
	assert_null(doc->items[0].content);
	assert_string_equal(doc->recovered, "a text longer than newsd takes is left out");
	arena_clear(&a);

	buf_clear(&text);
	buf_add_str(&text, "<rdf:RDF xmlns:rdf='http://www.w3.org/1999/02/22-rdf-syntax-ns#' "
			   "xmlns='http://purl.org/rss/1.0/'><item rdf:about='");
	for (int i = 0; i < 100000; i++)
		buf_add_str(&text, "a");
	buf_add_str(&text, "'><title>t</title></item></rdf:RDF>");
	doc = parse_bytes(buf_str(&text), text.len, "");
	assert_in_range(strlen(doc->items[0].guid), 1, 4096);
	arena_clear(&a);
	buf_clear(&text);
}

/* Quotes that hide the end of every tag: each tag would be looked for to the end of the text. */
static void
test_hidden_ends(void **state)
{
	(void)state;
	static const char *const fields[] = {"title", "description"};
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
		struct buf text;
		buf_init(&text, 64 << 20);
		buf_printf(&text, "<rss><channel><item><guid>1</guid><%s>", fields[i]);
		for (int k = 0; k < 300000; k++)
			buf_add_str(&text, "&lt;b \">\" ");
		buf_printf(&text, "end</%s></item></channel></rss>", fields[i]);
		struct feed_doc *doc = parse_bytes(buf_str(&text), text.len, "");
		assert_true(doc->items[0].title || doc->items[0].summary);
		arena_clear(&a);
		buf_clear(&text);
	}
}

/* A long base and many relative links may not fill the memory. */
static void
test_amplification(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 64 << 20);
	buf_add_str(
	    &text, "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/");
	for (int i = 0; i < 900; i++)
		buf_add_str(&text, "a");
	buf_add_str(&text, "/'><entry><content type='html'>");
	for (int i = 0; i < 200000; i++)
		buf_add_str(&text, "&lt;a href=x>");
	buf_add_str(&text, "</content></entry></feed>");
	struct feed_doc *doc = NULL;
	int rc =
	    feed_parse(&a, &(struct feed_source){URL, "", "", ""}, text.data, text.len, &doc, &f);
	assert_true(rc == 0 || rc == ERR_LIMIT);
	assert_in_range(a.total, 0, text.len * 8 + ((size_t)4 << 20));
	if (rc == 0)
		assert_in_range(strlen(doc->items[0].content), 0, text.len * 4);
	arena_clear(&a);

	buf_clear(&text);
	buf_add_str(
	    &text, "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/");
	for (int i = 0; i < 900; i++)
		buf_add_str(&text, "a");
	buf_add_str(&text, "/'>");
	for (int i = 0; i < FEED_ITEMS_MAX; i++)
		buf_add_str(&text, "<entry><link href='x'/></entry>");
	buf_add_str(&text, "</feed>");
	doc = parse_bytes(buf_str(&text), text.len, "");
	assert_in_range(doc->items_len, 1, FEED_ITEMS_MAX - 1);
	assert_non_null(strstr(doc->recovered, "memory"));
	assert_in_range(a.total, 0, text.len * 8 + ((size_t)4 << 20));
	arena_clear(&a);

	/* bases of elements that mean nothing */
	buf_clear(&text);
	buf_add_str(
	    &text, "<feed xmlns='http://www.w3.org/2005/Atom' xml:base='https://a.example/");
	for (int i = 0; i < 900; i++)
		buf_add_str(&text, "a");
	buf_add_str(&text, "/'>");
	for (int i = 0; i < 100000; i++)
		buf_add_str(&text, "<z xml:base='b'/>");
	buf_add_str(&text, "</feed>");
	assert_int_equal(
	    feed_parse(&a, &(struct feed_source){URL, "", "", ""}, text.data, text.len, &doc, &f),
	    ERR_LIMIT);
	assert_in_range(a.total, 0, text.len * 8 + ((size_t)4 << 20));
	arena_clear(&a);

	/* the shortest of items */
	buf_clear(&text);
	buf_add_str(&text, "<rss><channel>");
	for (int i = 0; i < FEED_ITEMS_MAX; i++)
		buf_add_str(&text, "<item/>");
	buf_add_str(&text, "</channel></rss>");
	doc = parse(buf_str(&text));
	assert_in_range(doc->items_len, 10000, FEED_ITEMS_MAX - 1);
	assert_in_range(a.total, 0, text.len * 8 + ((size_t)4 << 20));
	arena_clear(&a);

	/* a document that is not out of proportion: a sitemap of nothing but short links */
	buf_clear(&text);
	buf_add_str(&text, "<urlset>");
	for (int i = 0; i < FEED_ITEMS_MAX; i++)
		buf_printf(&text, "<url><loc>https://paper.example/%d</loc></url>", i);
	buf_add_str(&text, "</urlset>");
	doc = parse_clean(buf_str(&text));
	assert_int_equal(doc->items_len, FEED_ITEMS_MAX);
	assert_in_range(a.total, 0, text.len * 8 + ((size_t)4 << 20));
	buf_clear(&text);
}

static void
test_entities(void **state)
{
	(void)state;
	struct feed_doc *d = parse(
	    "<!DOCTYPE rss [<!ENTITY a 'aaaaaaaaaaaaaaaa'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>"
	    "<!ENTITY x SYSTEM 'file:///etc/passwd'><!ENTITY % p SYSTEM 'http://127.0.0.1/'>%p;]>"
	    "<rss><channel><title>&b;&x;</title></channel></rss>");
	assert_string_equal(d->title, "&b;&x;");
	d = parse_clean("<!DOCTYPE rss PUBLIC '-//Netscape Communications//DTD RSS 0.91//EN' "
			"'http://my.netscape.com/publish/formats/rss-0.91.dtd'>"
			"<rss version='0.91'><channel><title>caf&eacute;</title></channel></rss>");
	assert_string_equal(d->title, "caf\xc3\xa9");
}

/* Cut at every byte: never a crash, and what was whole stays. */
static void
test_every_cut(void **state)
{
	(void)state;
	static const char text[] =
	    "<?xml version='1.0'?><rss version='2.0'><channel><title>t</title>"
	    "<item><title>one</title><guid>1</guid></item>"
	    "<item><title>two &amp; "
	    "<![CDATA[<b>]]></title><link>/2</link><guid>2</guid></item></channel></rss>";
	size_t first = (size_t)(strstr(text, "</item>") - text) + 7;
	for (size_t len = 0; len < sizeof text - 1; len++) {
		char *copy = malloc(len + 1);
		memcpy(copy, text, len);
		struct feed_doc *doc = NULL;
		int rc = feed_parse(
		    &a, &(struct feed_source){URL, "", "", ""}, (uint8_t *)copy, len, &doc, &f);
		assert_true(rc == 0 || *f.text);
		if (len >= first) {
			assert_int_equal(rc, 0);
			assert_in_range(doc->items_len, 1, 2);
			assert_string_equal(doc->items[0].title, "one");
			assert_non_null(doc->recovered);
		}
		free(copy);
		arena_clear(&a);
	}
}

/* ---- what HTTP says ---- */

static struct feed_doc *
parse_from(const char *content_location, const char *link, const char *text)
{
	struct feed_doc *doc = NULL;
	struct feed_source from = {URL, "", content_location, link};
	f = (struct fault){0};
	if (feed_parse(&a, &from, (const uint8_t *)text, strlen(text), &doc, &f) != 0)
		fail_msg("refused: %s", f.text);
	return doc;
}

static void
test_content_location(void **state)
{
	(void)state;
	static const char entry[] = "<rss version='2.0'><channel><title>t</title>%s"
				    "<item%s><link>a.html</link></item></channel></rss>";
	static const struct {
		const char *location, *feed_link, *item_attr, *want;
	} cases[] = {
	    {"", "", "", "https://paper.example/feeds/a.html"},
	    {"/news/en/all.xml", "", "", "https://paper.example/news/en/a.html"},
	    {"../en/all.xml", "", "", "https://paper.example/en/a.html"},
	    {"https://PAPER.example:443/x/y", "", "", "https://PAPER.example:443/x/a.html"},
	    /* before the feed's own link, behind xml:base */
	    {"/n/all.xml", "<link>https://site.example/</link>", "",
		"https://paper.example/n/a.html"},
	    {"", "<link>https://site.example/</link>", "", "https://site.example/a.html"},
	    {"/n/all.xml", "", " xml:base='/own/'", "https://paper.example/own/a.html"},
	    /* of another origin, or no URL at all */
	    {"https://evil.example/n/", "", "", "https://paper.example/feeds/a.html"},
	    {"http://paper.example/n/", "", "", "https://paper.example/feeds/a.html"},
	    {"https://paper.example:8443/n/", "", "", "https://paper.example/feeds/a.html"},
	    {"javascript:alert(1)", "", "", "https://paper.example/feeds/a.html"},
	    {"//evil.example/n/", "", "", "https://paper.example/feeds/a.html"},
	    {"/n\xe9/all.xml", "", "", "https://paper.example/feeds/a.html"},
	    {"/n /all.xml", "", "", "https://paper.example/feeds/a.html"},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		char text[512];
		snprintf(text, sizeof text, entry, cases[i].feed_link, cases[i].item_attr);
		struct feed_doc *doc = parse_from(cases[i].location, "", text);
		assert_string_equal(doc->items[0].link, cases[i].want);
	}
	struct feed_doc *doc = parse_from("/n/all.json", "",
	    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":["
	    "{\"id\":\"1\",\"url\":\"a.html\"}]}");
	assert_string_equal(doc->items[0].link, "https://paper.example/n/a.html");
}

#define FEED_OF(head) "<feed xmlns='http://www.w3.org/2005/Atom'><title>t</title>" head "</feed>"

static void
test_link_header(void **state)
{
	(void)state;
	struct feed_doc *doc = parse_from("",
	    "<https://hub.example/>; rel=\"hub\", </feeds/all>; rel=self, "
	    "<?page=2>;rel=next;title=\"a, <b>; rel=hub\" ,<old>; REL=\"x Prev-Archive\", "
	    "<https://two.example/h>; rel=hub; rel=next",
	    FEED_OF(""));
	assert_int_equal(doc->hubs_len, 2);
	assert_string_equal(doc->hubs[0], "https://hub.example/");
	assert_string_equal(doc->hubs[1], "https://two.example/h");
	assert_string_equal(doc->self, "https://paper.example/feeds/all");
	assert_string_equal(doc->next, "https://paper.example/feeds/all.xml?page=2");
	assert_string_equal(doc->prev_archive, "https://paper.example/feeds/old");
	/* with a hub the header is the one that counts, of hubs and topic */
	doc = parse_from("", "<https://h.example/>;rel=hub,<https://p.example/t>;rel=\"self\"",
	    FEED_OF("<link rel='hub' href='https://own.example/'/><link rel='self' href='/s'/>"
		    "<link rel='next' href='/2'/>"));
	assert_int_equal(doc->hubs_len, 1);
	assert_string_equal(doc->hubs[0], "https://h.example/");
	assert_string_equal(doc->self, "https://p.example/t");
	/* without one the document is */
	doc = parse_from("", "<https://p.example/t>; rel=\"self next\"",
	    FEED_OF("<link rel='hub' href='https://own.example/'/><link rel='self' href='/s'/>"
		    "<link rel='next' href='/2'/>"));
	assert_string_equal(doc->hubs[0], "https://own.example/");
	assert_string_equal(doc->self, "https://paper.example/s");
	assert_string_equal(doc->next, "https://paper.example/2");
}

static void
test_hostile_link_headers(void **state)
{
	(void)state;
	static const char *const nothing[] = {"", "<", "<>", "<>;rel=hub, ",
	    "x<https://h/>; rel=hub", "<https://h.example/>", "<https://h.example/>; rel",
	    "<https://h.example/>; rel=", "<https://h.example/>; rel=\"",
	    "<https://h.example/>; rel=\"\\", "<https://h.example/; rel=hub",
	    "<javascript:x>; rel=hub", "<file:///etc/x>; rel=hub",
	    "<https://h.example/\xff>; rel=hub", "<https://h .example/>; rel=hub",
	    "<https://h.example/>; anchor=\"/other\"; rel=hub", "<https://h.example/>; rel=hubs",
	    "<https://h.example/>; xrel=hub", "<https://h.example/>; title=\"rel=hub",
	    "<https://h.example/>; =\"\"=\"; rel\"hub", "<https://h.example/>;\"\"\"\"\"\"\"\"",
	    ";;;,,,===\"\"\""};
	for (size_t i = 0; i < sizeof nothing / sizeof *nothing; i++) {
		struct feed_doc *doc = parse_from("", nothing[i], FEED_OF(""));
		if (doc->hubs_len || doc->self)
			fail_msg("read a link from: %s", nothing[i]);
	}
	char many[8192] = "";
	size_t len = 0;
	for (int i = 0; i < 200; i++)
		len += (size_t)snprintf(
		    many + len, sizeof many - len, "<https://h.example/%d>;rel=hub,", i);
	assert_int_equal(parse_from("", many, FEED_OF(""))->hubs_len, 64);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_rss20, teardown),
	    cmocka_unit_test_teardown(test_atom10, teardown),
	    cmocka_unit_test_teardown(test_atom03, teardown),
	    cmocka_unit_test_teardown(test_rdf, teardown),
	    cmocka_unit_test_teardown(test_sitemaps, teardown),
	    cmocka_unit_test_teardown(test_json, teardown),
	    cmocka_unit_test_teardown(test_formats, teardown),
	    cmocka_unit_test_teardown(test_titles, teardown),
	    cmocka_unit_test_teardown(test_markup, teardown),
	    cmocka_unit_test_teardown(test_persons, teardown),
	    cmocka_unit_test_teardown(test_links, teardown),
	    cmocka_unit_test_teardown(test_keys, teardown),
	    cmocka_unit_test_teardown(test_links_that_are_nobodys_own, teardown),
	    cmocka_unit_test_teardown(test_items_hash, teardown),
	    cmocka_unit_test_teardown(test_recovered, teardown),
	    cmocka_unit_test_teardown(test_charsets, teardown),
	    cmocka_unit_test_teardown(test_no_feed, teardown),
	    cmocka_unit_test_teardown(test_bounds, teardown),
	    cmocka_unit_test_teardown(test_amplification, teardown),
	    cmocka_unit_test_teardown(test_long_texts, teardown),
	    cmocka_unit_test_teardown(test_periods, teardown),
	    cmocka_unit_test_teardown(test_hidden_ends, teardown),
	    cmocka_unit_test_teardown(test_entities, teardown),
	    cmocka_unit_test_teardown(test_every_cut, teardown),
	    cmocka_unit_test_teardown(test_content_location, teardown),
	    cmocka_unit_test_teardown(test_link_header, teardown),
	    cmocka_unit_test_teardown(test_hostile_link_headers, teardown),
	};
	return cmocka_run_group_tests_name("feed", tests, NULL, NULL);
}
