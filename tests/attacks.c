/* attacks: see tests/attacks.h. */
#include "attacks.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "mem.h"

#define HEAD "<!DOCTYPE html><html lang=\"en\"><head><title>t</title></head><body>"
#define RSS  "<?xml version=\"1.0\"?><rss version=\"2.0\"><channel><title>t</title>"
#define ITEM "<item><title>a</title><link>https://n.example/a</link></item>"

/* Sanitizers make everything ten times as slow, and a quarter is enough to find what they look for.
 */
#ifdef NEWSD_SANITIZED
#define SHARE 4
#else
#define SHARE 1
#endif

static void
repeat(struct buf *b, size_t count, const char *text)
{
	size_t len = strlen(text);
	count /= SHARE;
	for (size_t i = 0; i < count && b->len + len < ATTACK_MAX; i++)
		buf_add(b, text, len);
}

/* TEXT with a number in it, from 0 on. */
static void
number(struct buf *b, size_t count, const char *before, const char *behind)
{
	count /= SHARE;
	for (size_t i = 0; i < count && b->len + 200 < ATTACK_MAX; i++)
		buf_printf(b, "%s%zu%s", before, i, behind);
}

/* BEFORE, COUNT times TEXT, BEHIND. */
#define SIMPLE(name, before, count, text, behind)                                                  \
	static void make_##name(struct buf *b)                                                     \
	{                                                                                          \
		buf_add_str(b, before);                                                            \
		repeat(b, count, text);                                                            \
		buf_add_str(b, behind);                                                            \
	}
#define NUMBERED(name, before, count, first, second, behind)                                       \
	static void make_##name(struct buf *b)                                                     \
	{                                                                                          \
		buf_add_str(b, before);                                                            \
		number(b, count, first, second);                                                   \
		buf_add_str(b, behind);                                                            \
	}

/* ---- pages ---- */

SIMPLE(deep, HEAD, 200000, "<div>", "x")
SIMPLE(deep_inline, HEAD, 200000, "<b><i>", "x")
SIMPLE(deep_unknown, HEAD, 200000, "<x-y>", "x")
SIMPLE(wide, HEAD, 400000, "<p>a</p>", "")
SIMPLE(unclosed, HEAD, 400000, "<p>a<br>", "")
SIMPLE(end_tags, HEAD "<div><div>", 500000, "</div></p>", "")
NUMBERED(attributes, HEAD "<p", 60000, " a", "=\"1\"", ">x</p>")
NUMBERED(attributes_bare, HEAD "<p", 60000, " a", "", ">x</p>")
SIMPLE(attributes_same, HEAD "<p", 600000, " a= '1'", ">x</p>")
NUMBERED(attributes_open, HEAD "<p", 600000, " class=\"a", "\"", "")
SIMPLE(attribute_value, HEAD "<p title=\"", 1000000, "quite long", "\">x</p>")
SIMPLE(classes, HEAD "<p class=\"", 500000, "article body ", "\">x</p>")
SIMPLE(text, HEAD "<p>", 1000000, "word after", "</p>")
SIMPLE(text_no_space, HEAD "<p>", 900000, "abcdefghij", "</p>")
SIMPLE(space, HEAD "<p>", 900000, " \t\n  \r\n   ", "</p>")
SIMPLE(tables, HEAD, 100000, "<table><tr><td>", "x")
SIMPLE(tables_crossed, HEAD, 50000, "<table><a href=x><td><b></table></a><tr>", "x")
SIMPLE(lists, HEAD, 100000, "<ul><li>", "x")
SIMPLE(forms, HEAD, 50000, "<form><select><option><button><textarea>", "x")
SIMPLE(svg, HEAD, 100000, "<svg><math><foreignObject>", "x")
SIMPLE(unclosed_quote, HEAD "<a href=\"", 900000, "/a b=c>d<e", "")
SIMPLE(quotes, HEAD, 900000, "<a b='c\" ", "")
SIMPLE(less_than, HEAD, 9000000, "<", "")
SIMPLE(comments, HEAD, 1000000, "<!-- -- >", "")
SIMPLE(declarations, HEAD, 500000, "<![if x]><!d ", "")
SIMPLE(scripts, HEAD, 500000, "<script>\"</scrip", "")
SIMPLE(textareas, HEAD, 300000, "<title><textarea><style>", "")
SIMPLE(references, HEAD "<p>", 500000, "&amp;amp;&#x110000;&#99999999999;&nosuch", "</p>")
SIMPLE(links, HEAD "<article>", 200000, "<p><a href=\"/a?b=c&amp;d#e\">more here</a> and</p>", "")
NUMBERED(links_other, HEAD "<article><p>", 200000, "<a href=\"https://h", ".example/\">l</a> ", "")
SIMPLE(metas, "<html><head>", 200000, "<meta property=\"og:title\" content=\"a title\">", "")
SIMPLE(times, HEAD, 150000, "<time datetime=\"2026-01-31T06:00:00.0000000+99:99\">x</time>", "")
SIMPLE(date, HEAD "<time datetime=\"", 900000, "2026-01-31", "\">x</time>")
SIMPLE(language, "<html lang=\"", 1000000, "en-latn-", "\"><body><p>a text</p>")
SIMPLE(names, HEAD "<article><p class=\"byline\">By ", 400000, "Ana Bell and ", "</p>")
SIMPLE(headings, HEAD, 300000, "<h1>A heading</h1>", "")
SIMPLE(titles, "<html><head><title>", 700000, "A title | ", "</title></head><body>x")
SIMPLE(base, "<html><head>", 200000, "<base href=\"//a.example/../../b/\">", "<a href=c>d</a>")
SIMPLE(canonical, "<link rel=canonical href=\"https://a.example/", 1000000, "../a/%2e/", "\">")
SIMPLE(marks, HEAD "<p>a", 2000000, "\xcc\x81\xe2\x80\x8d", "</p>")
SIMPLE(bidi, HEAD "<p>", 1000000, "\xe2\x80\xae\xd7\x90", "</p>")
SIMPLE(bad_utf8, HEAD "<p>", 1000000, "\xff\xfe\xc0\x80\xed\xa0\x80\xf5", "</p>")
SIMPLE(utf7, HEAD "<p>", 500000, "+ADw-script+AD4-", "</p>")
SIMPLE(escapes, HEAD "<p>", 1000000, "\x1b$B\x1b(B", "</p>")
SIMPLE(jsonld_deep, "<script type='application/ld+json'>", 900000, "[{\"a\":", "</script>x")
SIMPLE(jsonld_wide, "<script type='application/ld+json'>[", 200000,
    "{\"@type\":\"NewsArticle\",\"headline\":\"a\"},", "{}]</script>x")
SIMPLE(jsonld_text, "<script type='application/ld+json'>{\"@type\":\"Article\",\"articleBody\":\"",
    1000000, "\\u0041\\n", "\"}</script>x")
SIMPLE(jsonld_many, "<html><head>", 100000,
    "<script type='application/ld+json'>{\"@graph\":[{\"@type\":\"Article\"}]}</script>", "")
SIMPLE(doctype_bomb,
    "<!DOCTYPE html [<!ENTITY a \"0123456789\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\">]><html><body><p>",
    100000, "&c;", "</p>")

static void
make_nul(struct buf *b)
{
	buf_add_str(b, HEAD "<p>");
	for (int i = 0; i < 1000000; i++)
		buf_add(b, "a\0<\0b\0>", 7);
}

/* Little-endian, of an odd length, halves of pairs alone. */
static void
make_utf16(struct buf *b)
{
	buf_add(b, "\xff\xfe<\0p\0>\0", 8);
	for (int i = 0; i < 1000000; i++)
		buf_add(b, "\x00\xd8\x00\xdc\x00\xdc", 6);
	buf_add(b, "x", 1);
}

/* Sentences of which each looks like the one before. */
static void
make_sentences(struct buf *b)
{
	buf_add_str(b, HEAD "<article>");
	number(b, 60000, "<p>The council said on Monday that bridge number ",
	    " will be closed for repairs, and that buses go another way.</p>");
}

/* ---- feeds ---- */

SIMPLE(feed_deep, RSS, 300000, "<item>", "")
SIMPLE(feed_deep_inside, RSS "<item><description>", 300000, "<a>", "")
NUMBERED(feed_attributes, RSS "<item", 60000, " a", "=\"1\"", ">" ITEM "</channel></rss>")
NUMBERED(feed_attributes_apart, RSS "<item", 60000, " a", "\n=\n'1'", "></item></channel></rss>")
NUMBERED(feed_attributes_broken, RSS "&<item", 60000, " a", "= '1'", "></item></channel></rss>")
SIMPLE(feed_attributes_same, RSS "<item", 60000, " a= '1'", "></item></channel></rss>")
NUMBERED(feed_spaces, RSS "<item", 60000, " xmlns:a", "=\"urn:a\"", "></item></channel></rss>")
NUMBERED(feed_spaces_nested, RSS, 60000, "<a xmlns:n", "=\"urn:a\"><b></b>", "")
NUMBERED(feed_names, RSS, 400000, "<n", "/>", ITEM "</channel></rss>")
SIMPLE(feed_name, RSS "<", 1000000, "abcdefgh", "/>" ITEM "</channel></rss>")
NUMBERED(feed_entries, RSS, 40000, "<item><title>a</title><link>https://n.example/",
    "</link><description>text of it</description></item>", "</channel></rss>")
SIMPLE(feed_text, RSS "<item><title>a</title><description><![CDATA[", 900000, "<p>word</p>",
    "]]></description></item></channel></rss>")
SIMPLE(feed_texts, RSS, 100000,
    "<item><description><![CDATA[<p><p><p><b><i>w]]></description></item>", "</channel></rss>")
SIMPLE(feed_categories, RSS "<item><title>a</title>", 400000, "<category>a</category>",
    "</item></channel></rss>")
SIMPLE(feed_enclosures, RSS "<item>", 200000,
    "<enclosure url=\"http://a.example/b\" length=\"9\"/>", "</item></channel></rss>")
SIMPLE(
    feed_dates, RSS "<item><pubDate>", 900000, "Mon, 05 Jan", "</pubDate></item></channel></rss>")
SIMPLE(feed_ampersands, RSS "<item><title>", 2000000, "&a &", "</title></item></channel></rss>")
SIMPLE(feed_crossed, RSS, 300000, "<item><b><i></b><link>a</item>", "")
SIMPLE(feed_cdata, RSS "<item><title>", 700000, "<![CDATA[ ]] ", "")
SIMPLE(feed_instructions, "<?xml version=\"1.0\"?>", 700000, "<?a b? <!-- ", RSS ITEM)
SIMPLE(
    feed_bases, RSS, 250, "<a xml:base=\"../aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa/\">", ITEM)
SIMPLE(feed_laughs,
    "<!DOCTYPE rss [<!ENTITY a \"0123456789\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
    "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
    "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">]>"
    "<rss version=\"2.0\"><channel><item><title>",
    1000, "&f;", "</title></item></channel></rss>")
SIMPLE(feed_external,
    "<!DOCTYPE rss [<!ENTITY a SYSTEM \"file:///etc/passwd\"><!ENTITY b SYSTEM "
    "\"http://127.0.0.1:1/\">]><rss version=\"2.0\"><channel><item><title>",
    1000, "&a;&b;", "</title></item></channel></rss>")
SIMPLE(feed_parameter,
    "<!DOCTYPE rss [<!ENTITY % a \"<!ENTITY b 'c'>\"><!ENTITY % d SYSTEM \"file:///dev/zero\">",
    200000, "%a;%d;", "]><rss version=\"2.0\"><channel>" ITEM "</channel></rss>")
SIMPLE(feed_dtd, "<!DOCTYPE rss SYSTEM \"http://127.0.0.1:1/rss.dtd\" [", 300000,
    "<!ATTLIST rss a CDATA \"b\">", "]><rss version=\"2.0\"><channel>" ITEM "</channel></rss>")
NUMBERED(feed_declared, "<!DOCTYPE rss [", 200000, "<!ENTITY e", " \"a\">",
    "]><rss version=\"2.0\"><channel>" ITEM "</channel></rss>")
SIMPLE(json_deep, "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":", 2000000, "[", "")
SIMPLE(json_entries, "{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[", 200000,
    "{\"id\":\"1\",\"content_html\":\"<p>\"},", "{}]}")
NUMBERED(sitemap, "<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\">", 100000,
    "<url><loc>https://n.example/", "</loc></url>", "</urlset>")

/* An entity as long as may be, and as often. */
static void
make_feed_quadratic(struct buf *b)
{
	buf_add_str(b, "<!DOCTYPE rss [<!ENTITY a \"");
	repeat(b, 25, "0123456789");
	buf_add_str(b, "\">]><rss version=\"2.0\"><channel><item><title>");
	repeat(b, 200000, "&a;");
	buf_add_str(b, "</title></item></channel></rss>");
}

/* ---- the rest ---- */

NUMBERED(robots_rules, "user-agent: *\n", 400000, "disallow: /*a*b*", "*$\n", "")
SIMPLE(robots_stars, "user-agent: *\ndisallow: /", 4000000, "*a", "\n")
SIMPLE(robots_agents, "", 500000, "user-agent: newsd\n", "disallow: /\n")
SIMPLE(opml_deep, "<opml version=\"2.0\"><body>", 200000, "<outline text=\"a\">", "")
NUMBERED(opml_wide, "<opml version=\"2.0\"><body>", 90000, "<outline xmlUrl=\"http://a.example/",
    "\"/>", "</body></opml>")
SIMPLE(lines, "", 900000, "\"a\\\" b\" ~\n", "")
SIMPLE(fragment, "", 400000, "<p><b><a href=//x>", "")
NUMBERED(discover_links, "<html><head>", 100000,
    "<link rel=alternate type=application/rss+xml href=\"/f", "\">", "")

static void
pack(struct buf *b, size_t count)
{
	static uint8_t zeros[1 << 16];
	z_stream z = {0};
	if (deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		return;
	for (size_t i = 0; i <= count; i++) {
		z.next_in = zeros;
		z.avail_in = i < count ? sizeof zeros : 0;
		do {
			z.avail_out = 1 << 16;
			z.next_out = buf_reserve(b, 1 << 16);
			deflate(&z, i < count ? Z_NO_FLUSH : Z_FINISH);
			buf_added(b, (1 << 16) - z.avail_out);
		} while (!z.avail_out);
	}
	deflateEnd(&z);
}

/* A gigabyte of nothing. */
static void
make_gzip_bomb(struct buf *b)
{
	pack(b, 1 << 14);
}

/* The same, packed once more. */
static void
make_gzip_twice(struct buf *b)
{
	struct buf inner;
	z_stream z = {0};
	buf_init(&inner, ATTACK_MAX);
	pack(&inner, 1 << 14);
	deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY);
	z.next_in = inner.data;
	z.avail_in = (uInt)inner.len;
	z.avail_out = (uInt)inner.len + 4096;
	z.next_out = buf_reserve(b, z.avail_out);
	deflate(&z, Z_FINISH);
	buf_added(b, z.total_out);
	deflateEnd(&z);
	buf_clear(&inner);
}

/* Members of nothing, each with its header. */
static void
make_gzip_members(struct buf *b)
{
	struct buf one;
	buf_init(&one, ATTACK_MAX);
	pack(&one, 0);
	while (b->len + one.len < ATTACK_MAX / 2)
		buf_add(b, one.data, one.len);
	buf_clear(&one);
}

static void
make_noise(struct buf *b)
{
	uint64_t x = 88172645463325252u;
	while (b->len + 8 < ATTACK_MAX / 4) {
		x ^= x << 13, x ^= x >> 7, x ^= x << 17;
		buf_add(b, &x, sizeof x);
	}
}

#define PAGE(n)                                                                                    \
	{                                                                                          \
#n, JOB_PAGE, make_##n, NULL, NULL, ATTACK_ANSWERED, 0, NULL                       \
	}
#define PAGE_AS(n, t)                                                                              \
	{                                                                                          \
#n, JOB_PAGE, make_##n, t, NULL, ATTACK_ANSWERED, 0, NULL                          \
	}
#define FEED(n)                                                                                    \
	{                                                                                          \
#n, JOB_FEED, make_##n, NULL, NULL, ATTACK_ANSWERED, 0, NULL                       \
	}
#define OTHER(n, k)                                                                                \
	{                                                                                          \
#n, k, make_##n, NULL, NULL, ATTACK_ANSWERED, 0, NULL                              \
	}
#define PACKED(n, e)                                                                               \
	{                                                                                          \
#n " " e, JOB_PAGE, make_##n, NULL, e, ATTACK_ANSWERED, 0, NULL                    \
	}
#define HOOK(n, end, signal)                                                                       \
	{                                                                                          \
		n, JOB_PAGE, NULL, NULL, NULL, end, signal, "newsd-debug-" n                       \
	}

const struct attack attacks[] = {
    PAGE(deep),
    PAGE(deep_inline),
    PAGE(deep_unknown),
    PAGE(wide),
    PAGE(unclosed),
    PAGE(end_tags),
    PAGE(attributes),
    PAGE(attributes_bare),
    PAGE(attributes_same),
    PAGE(attributes_open),
    PAGE(attribute_value),
    PAGE(classes),
    PAGE(text),
    PAGE(text_no_space),
    PAGE(space),
    PAGE(tables),
    PAGE(tables_crossed),
    PAGE(lists),
    PAGE(forms),
    PAGE(svg),
    PAGE(unclosed_quote),
    PAGE(quotes),
    PAGE(less_than),
    PAGE(comments),
    PAGE(declarations),
    PAGE(scripts),
    PAGE(textareas),
    PAGE(references),
    PAGE(links),
    PAGE(links_other),
    PAGE(metas),
    PAGE(times),
    PAGE(date),
    PAGE(language),
    PAGE(names),
    PAGE(headings),
    PAGE(titles),
    PAGE(base),
    PAGE(canonical),
    PAGE(marks),
    PAGE(bidi),
    PAGE(bad_utf8),
    PAGE(noise),
    PAGE_AS(utf7, "text/html; charset=utf-7"),
    PAGE_AS(escapes, "text/html; charset=iso-2022-jp"),
    PAGE_AS(bad_utf8, "text/html; charset=gb18030"),
    PAGE(jsonld_deep),
    PAGE(jsonld_wide),
    PAGE(jsonld_text),
    PAGE(jsonld_many),
    PAGE(doctype_bomb),
    PAGE(nul),
    PAGE(utf16),
    PAGE(sentences),
    FEED(feed_deep),
    FEED(feed_deep_inside),
    FEED(feed_attributes),
    FEED(feed_attributes_apart),
    FEED(feed_attributes_broken),
    FEED(feed_attributes_same),
    FEED(feed_spaces),
    FEED(feed_spaces_nested),
    FEED(feed_names),
    FEED(feed_name),
    FEED(feed_entries),
    FEED(feed_text),
    FEED(feed_texts),
    FEED(feed_categories),
    FEED(feed_enclosures),
    FEED(feed_dates),
    FEED(feed_ampersands),
    FEED(feed_crossed),
    FEED(feed_cdata),
    FEED(feed_instructions),
    FEED(feed_bases),
    FEED(feed_laughs),
    FEED(feed_external),
    FEED(feed_parameter),
    FEED(feed_dtd),
    FEED(feed_declared),
    FEED(feed_quadratic),
    FEED(json_deep),
    FEED(json_entries),
    FEED(sitemap),
    OTHER(nul, JOB_FEED),
    OTHER(utf16, JOB_FEED),
    OTHER(noise, JOB_FEED),
    OTHER(robots_rules, JOB_ROBOTS),
    OTHER(robots_stars, JOB_ROBOTS),
    OTHER(robots_agents, JOB_ROBOTS),
    OTHER(opml_deep, JOB_OPML),
    OTHER(opml_wide, JOB_OPML),
    OTHER(lines, JOB_OPML),
    OTHER(fragment, JOB_FRAGMENT),
    OTHER(deep, JOB_FRAGMENT),
    OTHER(discover_links, JOB_DISCOVER),
    PACKED(gzip_bomb, "gzip"),
    PACKED(gzip_twice, "gzip, gzip"),
    PACKED(gzip_members, "gzip"),
    PACKED(noise, "br"),
    PACKED(noise, "zstd"),
    HOOK("crash", ATTACK_KILLED, SIGSEGV),
    HOOK("abort", ATTACK_KILLED, SIGABRT),
    HOOK("eat-memory", ATTACK_KILLED, SIGABRT),
    HOOK("open", ATTACK_KILLED, SIGABRT),
    HOOK("exec", ATTACK_KILLED, SIGSYS),
    HOOK("socket", ATTACK_KILLED, SIGSYS),
    HOOK("map-code", ATTACK_KILLED, SIGSYS),
    HOOK("fork", ATTACK_KILLED, SIGSYS),
    HOOK("hang", ATTACK_CPU, SIGKILL),
    HOOK("sleep", ATTACK_ASLEEP, SIGKILL),
    {0},
};

struct job
attack_make(const struct attack *a, struct buf *out)
{
	if (a->hook)
		buf_printf(out, HEAD "<!-- %s --><p>text</p></body></html>", a->hook);
	else
		a->make(out);
	return (struct job){.kind = a->kind,
	    .flags = a->kind == JOB_FEED ? JOB_WANT_TEXT : 0,
	    .url = "https://n.example/attack",
	    .content_type = a->type ? a->type : "",
	    .content_encoding = a->encoding ? a->encoding : "",
	    .agent = "newsd",
	    .body = out->data,
	    .body_len = out->len,
	    .inflated_max = (size_t)32 << 20};
}
