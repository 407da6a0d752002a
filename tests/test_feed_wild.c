/*
 * feed, as the world publishes it: rare dialects, wrong namespaces, fields by other names, bases of
 * links, broken markup. Each sample is a document (or what stands inside of one) and all that was
 * read from it, in one line.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "feed.h"

#define URL "https://paper.example/feeds/all.xml"
#define NAMESPACES                                                                                 \
	"xmlns:dc='http://purl.org/dc/elements/1.1/' "                                             \
	"xmlns:media='http://search.yahoo.com/mrss/' xmlns:atom='http://www.w3.org/2005/Atom' "    \
	"xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd' "                               \
	"xmlns:dcterms='http://purl.org/dc/terms/' xmlns:h='http://www.w3.org/1999/xhtml'"

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

/* What a sample is put into. */
enum around { DOCUMENT, CHANNEL, ITEM, ENTRY };

struct wild {
	enum around around;
	const char *text, *want;
};

/* ---- what was read, in one line ---- */

static void
put(struct buf *b, const char *name, const char *value)
{
	if (value)
		buf_printf(b, " %s=%s", name, value);
}

static void
put_list(struct buf *b, const char *name, char **list, size_t len)
{
	for (size_t i = 0; i < len; i++)
		buf_printf(b, "%s%s", i ? "|" : arena_printf(&a, " %s=", name), list[i]);
}

static void
put_date(struct buf *b, const char *name, const struct date *d)
{
	if (d->utc)
		buf_printf(b, " %s=%lld", name, (long long)d->utc);
}

static void
put_item(struct buf *b, const struct item *it)
{
	buf_add_str(b, " /");
	put(b, "id", it->guid);
	put(b, "title", it->title);
	put(b, "link", it->link);
	if (it->fetch && strcmp(it->fetch, it->link) != 0)
		put(b, "fetch", it->fetch);
	put_date(b, "published", &it->published);
	put_date(b, "updated", &it->updated);
	put_list(b, "by", it->authors, it->authors_len);
	put(b, "summary", it->summary);
	put(b, "content", it->content);
	put_list(b, "tags", it->tags, it->tags_len);
	for (size_t i = 0; i < it->enclosures_len; i++)
		buf_printf(b, " enclosure=%s,%s,%lld", it->enclosures[i].url,
		    it->enclosures[i].type ? it->enclosures[i].type : "",
		    (long long)it->enclosures[i].length);
	put(b, "image", it->image);
	put(b, "comments", it->comments);
	put(b, "rights", it->rights);
	put(b, "lang", it->language);
	put(b, "source", it->source);
}

static void
describe(struct buf *b, const struct feed_doc *d)
{
	buf_printf(b, "%s%s", d->format, d->recovered ? "!" : "");
	put(b, "title", d->title);
	put(b, "link", d->link);
	put(b, "subtitle", d->subtitle);
	put(b, "lang", d->language);
	put(b, "image", d->image);
	put(b, "by", d->author);
	put_list(b, "tags", d->tags, d->tags_len);
	for (size_t i = 0; i < d->items_len; i++)
		put_item(b, &d->items[i]);
}

static void
check(const struct wild *w, size_t len)
{
	static const char *const frames[] = {[DOCUMENT] = "%s",
	    [CHANNEL] = "<rss version='2.0' " NAMESPACES "><channel>%s</channel></rss>",
	    [ITEM] = "<rss version='2.0' " NAMESPACES "><channel><item>%s</item></channel></rss>",
	    [ENTRY] = "<feed xmlns='http://www.w3.org/2005/Atom'><entry>%s</entry></feed>"};
	int failed = 0;
	for (size_t i = 0; i < len; i++, w++) {
		const char *frame = frames[w->around], *hole = strstr(frame, "%s");
		char *text =
		    arena_printf(&a, "%.*s%s%s", (int)(hole - frame), frame, w->text, hole + 2);
		struct feed_doc *doc = NULL;
		struct fault f = {0};
		struct buf got;
		buf_init(&got, 1 << 20);
		if (feed_parse(&a, &(struct feed_source){URL, "", "", ""}, (uint8_t *)text,
			strlen(text), &doc, &f))
			buf_printf(&got, "refused: %s", f.text);
		else
			describe(&got, doc);
		if (strcmp(buf_str(&got), w->want) != 0) {
			print_error("%s\ngot    %s\nwanted %s\n", w->text, buf_str(&got), w->want);
			failed = 1;
		}
		buf_clear(&got);
	}
	if (failed)
		fail();
}

static const struct wild dialects[] = {
    {DOCUMENT,
	"<?xml version=\"1.0\"?><rdf:RDF xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns=\"http://my.netscape.com/rdf/simple/0.9/\"><channel><title>t</title><link>http://a.example/</link></channel><image><url>http://a.example/i.gif</url></image><item><title>one</title><link>http://a.example/1</link></item><textinput><title>s</title><link>http://a.example/s</link></textinput></rdf:RDF>",
	"rdf title=t link=http://a.example/ image=http://a.example/i.gif / title=one link=http://a.example/1"},
    {DOCUMENT,
	"<!DOCTYPE rss SYSTEM \"http://my.netscape.com/publish/formats/rss-0.91.dtd\" [<!ENTITY % L PUBLIC \"-//W3C//ENTITIES Latin 1 for XHTML//EN\" \"http://www.w3.org/TR/xhtml1/DTD/xhtml-lat1.ent\"> %L; <!ENTITY eacute \"&#233;\"><!ENTITY paper \"The Paper\">]><rss version=\"0.91\"><channel><title>caf&eacute; &paper;</title><item><title>one</title><link>/&paper;</link></item></channel></rss>",
	"rss091 title=caf\xc3\xa9 The Paper / title=one link=https://paper.example/The Paper fetch=https://paper.example/The%20Paper"},
    {DOCUMENT,
	"<rss xmlns=\"http://backend.userland.com/rss2\" version=\"2.0\"><channel><item><title>one</title></item></channel></rss>",
	"rss20 / title=one"},
    {DOCUMENT,
	"<Channel xmlns=\"http://purl.org/net/rss1.1#\" xmlns:rdf=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\"><title>t</title><image rdf:parseType=\"Resource\"><url>i.png</url></image><items rdf:parseType=\"Collection\"><item rdf:about=\"http://a.example/1\"><title>one</title></item></items></Channel>",
	"rss11 title=t image=https://paper.example/feeds/i.png / id=http://a.example/1 title=one link=http://a.example/1"},
    {DOCUMENT,
	"<R:RDF xmlns:R=\"http://www.w3.org/1999/02/22-rdf-syntax-ns#\" xmlns:q=\"http://purl.org/rss/1.0/\"><q:channel><q:title>t</q:title></q:channel><q:item R:about=\"http://a.example/1\"><q:title>one</q:title></q:item></R:RDF>",
	"rdf title=t / id=http://a.example/1 title=one link=http://a.example/1"},
    {DOCUMENT,
	"<entry xmlns=\"http://www.w3.org/2005/Atom\"><id>urn:1</id><title>one</title><link href=\"/1\"/></entry>",
	"atom10 / id=urn:1 title=one link=https://paper.example/1"},
    {DOCUMENT,
	"<a:feed xmlns:a=\"https://www.w3.org/2005/Atom/\"><a:title>t</a:title><a:entry><a:title>one</a:title></a:entry></a:feed>",
	"atom10 title=t / title=one"},
    {DOCUMENT, "<feed><title>no namespace</title><entry><title>one</title></entry></feed>",
	"atom10 title=no namespace / title=one"},
    {DOCUMENT,
	"<CHANNEL HREF=\"http://a.example/\" BASE=\"http://a.example/base/\"><TITLE>t</TITLE><ABSTRACT>ab</ABSTRACT><LOGO HREF=\"l.gif\" STYLE=\"IMAGE\"/><ITEM HREF=\"one.html\" LASTMOD=\"2003-01-02\"><TITLE>one</TITLE><ABSTRACT>a1</ABSTRACT></ITEM><CHANNEL><TITLE>sub</TITLE><ITEM HREF=\"/2\"><TITLE>two</TITLE></ITEM></CHANNEL></CHANNEL>",
	"cdf title=t link=http://a.example/ subtitle=ab image=http://a.example/base/l.gif / title=one link=http://a.example/base/one.html updated=1041465600 summary=a1 / title=two link=http://a.example/2"},
    {DOCUMENT,
	"<urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" xmlns:x=\"http://www.w3.org/1999/xhtml\" xmlns:v=\"http://www.google.com/schemas/sitemap-video/1.1\"><url><loc> https://a.example/1 </loc><x:link rel=\"alternate\" hreflang=\"de\" href=\"https://a.example/de/1\"/><v:video><v:title>V</v:title><v:thumbnail_loc>https://a.example/t.jpg</v:thumbnail_loc><v:content_loc>https://a.example/v.mp4</v:content_loc></v:video></url></urlset>",
	"sitemap / link=https://a.example/1 image=https://a.example/t.jpg"},
    {DOCUMENT, "https://a.example/1\r\n\n  https://a.example/2?a=1&b=2 \n",
	"sitemap_text / link=https://a.example/1 / link=https://a.example/2?a=1&b=2"},
    {CHANNEL, "<url>not an item</url><sitemap>nor this</sitemap><item><title>one</title></item>",
	"rss20 / title=one"},
};

static const struct wild namespaces[] = {
    {DOCUMENT,
	"<rss xmlns:q=\"https://purl.org/dc/elements/1.1\"><channel><item><q:creator>C</q:creator><q:date>2026-01-02</q:date></item></channel></rss>",
	"rss / published=1767312000 updated=1767312000 by=C"},
    {DOCUMENT,
	"<rss xmlns:q=\"http://PURL.org/DC/Elements/1.1/\"><channel><item><q:creator>C</q:creator></item></channel></rss>",
	"rss / by=C"},
    {DOCUMENT,
	"<rss xmlns:content=\"http://purl.org/dc/elements/1.1/\" xmlns:dc=\"http://purl.org/rss/1.0/modules/content/\"><channel><item><content:creator>C</content:creator><dc:encoded>x</dc:encoded></item></channel></rss>",
	"rss / by=C content=x"},
    {DOCUMENT,
	"<rss xmlns:dc=\"\" xmlns:media=\"http://search.yahoo.com/mrss/%zz\" xmlns:a=\"not a uri \"><channel><item><dc:creator>C</dc:creator><media:thumbnail url=\"t.jpg\"/></item></channel></rss>",
	"rss / by=C image=https://paper.example/feeds/t.jpg"},
    {ITEM,
	"<x:title xmlns:x=\"http://foo.example/\">no</x:title><x:box xmlns:x=\"http://foo.example/\"><title>inner</title><guid>inner</guid></x:box><title>t</title>",
	"rss20 / title=t"},
    {ITEM,
	"<dcterms:creator>C</dcterms:creator><dcterms:available>2026-01-01</dcterms:available><dcterms:abstract>Abs</dcterms:abstract><dcterms:rights>r</dcterms:rights>",
	"rss20 / published=1767225600 by=C summary=Abs rights=r"},
    {DOCUMENT,
	"<rss xmlns:prism=\"http://prismstandard.org/namespaces/basic/2.0/\"><channel><item><prism:publicationDate>2026-01-02T00:00:00Z</prism:publicationDate><prism:url>http://a.example/p</prism:url><prism:keyword>k</prism:keyword></item></channel></rss>",
	"rss / link=http://a.example/p published=1767312000 tags=k"},
    {ITEM, "<h:body><h:p>a</h:p></h:body><description>d</description>",
	"rss20 / summary=d content=<p>a</p>"},
    {ITEM, "<h:div><h:p>a</h:p></h:div>", "rss20 / content=<p>a</p>"},
    {DOCUMENT,
	"<rss xmlns:y=\"http://news.example/ns\"><channel><item><y:full-text>ft</y:full-text></item></channel></rss>",
	"rss / content=ft"},
    {ITEM,
	"<atom:id>aid</atom:id><atom:updated>2026-01-02T00:00:00Z</atom:updated><atom:author><atom:name>N</atom:name></atom:author><atom:link rel=\"enclosure\" href=\"e.mp3\" type=\"audio/mpeg\" length=\"3\"/><atom:content type=\"html\">&lt;b&gt;c&lt;/b&gt;</atom:content>",
	"rss20 / id=aid updated=1767312000 by=N content=<b>c</b> enclosure=https://paper.example/feeds/e.mp3,audio/mpeg,3"},
};

static const struct wild fields[] = {
    {ITEM,
	"<title>T</title><media:group><media:title>MT</media:title><media:description>MD</media:description><media:credit role=\"author\">Cred</media:credit><media:credit role=\"singer\">No</media:credit><media:content url=\"v.mp4\" type=\"video/mp4\" fileSize=\"7\"><media:thumbnail url=\"t.jpg\"/></media:content><media:keywords>k1, k2</media:keywords></media:group>",
	"rss20 / title=T by=Cred summary=MD tags=k1|k2 enclosure=https://paper.example/feeds/v.mp4,video/mp4,7 image=https://paper.example/feeds/t.jpg"},
    {ITEM,
	"<media:group><media:title>MT</media:title><media:content url=\"i.JPG?w=1\"/><media:content url=\"v.webm\"/><media:content url=\"page\"/></media:group>",
	"rss20 / title=MT enclosure=https://paper.example/feeds/v.webm,,-1 image=https://paper.example/feeds/i.JPG?w=1"},
    {ITEM,
	"<media:content url=\"i.jpg\" type=\"image/jpeg\"><media:title>caption</media:title><media:description>c</media:description></media:content><title>T</title>",
	"rss20 / title=T image=https://paper.example/feeds/i.jpg"},
    {ITEM,
	"<media:thumbnail>http://a.example/t.jpg</media:thumbnail><media:copyright>MC</media:copyright>",
	"rss20 / image=http://a.example/t.jpg rights=MC"},
    {ITEM, "<image>http://a.example/i.jpg</image>", "rss20 / image=http://a.example/i.jpg"},
    {ITEM, "<image><title>x</title><url>http://a.example/i.jpg</url></image>",
	"rss20 / image=http://a.example/i.jpg"},
    {ITEM, "<thumbnail url=\"t.jpg\"/><source>The Wire</source>",
	"rss20 / image=https://paper.example/feeds/t.jpg source=The Wire"},
    {CHANNEL,
	"<image>http://a.example/i.png</image><itunes:owner><itunes:name>ON</itunes:name><itunes:email>o@a.example</itunes:email></itunes:owner>",
	"rss20 image=http://a.example/i.png by=ON"},
    {ITEM, "<author>a@b.example</author><dc:creator>Ann Reed</dc:creator>", "rss20 / by=Ann Reed"},
    {ITEM, "<author>mailto:a@b.example</author>", "rss20 / by=a@b.example"},
    {ITEM, "<author>a@b.example (Ann Reed)</author><dc:creator>Bo Lind</dc:creator>",
	"rss20 / by=Ann Reed"},
    {ENTRY,
	"<author><name>A</name></author><author><email>b@b.example</email></author><contributor><name>C</name></contributor>",
	"atom10 / by=A|b@b.example"},
    {ITEM,
	"<category>a<image><url>x</url></image></category><category domain=\"d\"></category><media:category label=\"L\">m</media:category><media:category label=\"only\"/><itunes:category><itunes:category text=\"deep\"/></itunes:category><itunes:category text=\"h\"><itunes:category text=\"i\"/></itunes:category>",
	"rss20 / tags=a|m|only|deep|h|i"},
    {ITEM,
	"<enclosure url=\"a.mp3\" type=\"\" length=\"-4\"/><enclosure/><enclosure url=\"c.jpg\" type=\"image/jpeg\" length=\"12 \"/>",
	"rss20 / enclosure=https://paper.example/feeds/a.mp3,,-1 enclosure=https://paper.example/feeds/c.jpg,image/jpeg,12 image=https://paper.example/feeds/c.jpg"},
    {ITEM, "<source><language>de</language><author>Ann Reed</author></source>",
	"rss20 / by=Ann Reed lang=de"},
    {ITEM, "<dc:date>2026-01-02</dc:date>", "rss20 / published=1767312000 updated=1767312000"},
    {ITEM,
	"<dc:date>2026-01-02</dc:date><atom:updated>2026-01-03</atom:updated><pubDate>Sun, 04 Jan 2026 00:00:00 GMT</pubDate>",
	"rss20 / published=1767484800 updated=1767398400"},
    {ITEM,
	"<pubDate>garbage</pubDate><pubDate>Sun, 04 Jan 2026 00:00:00 GMT</pubDate><pubDate>Mon, 05 Jan 2026 00:00:00 GMT</pubDate>",
	"rss20 / published=1767571200"},
    {ITEM,
	"<title>&lt;![CDATA[ab &amp; c]]&gt;</title><description>&lt;![CDATA[&lt;p>x&lt;/p>]]&gt;</description><link>&lt;![CDATA[ http://a.example/1 ]]&gt;</link>",
	"rss20 / title=ab & c link=http://a.example/1 summary=<p>x</p>"},
    {ITEM, "<title>one</title><title>two</title><description/><description>d</description>",
	"rss20 / title=one summary=d"},
};

static const struct wild links[] = {
    {ITEM, "<link>http://a.example/1?a=1&amp;amp;b=2</link>",
	"rss20 / link=http://a.example/1?a=1&amp;b=2 fetch=http://a.example/1?a=1&b=2"},
    {ITEM, "<link/><guid isPermaLink=\"true\">http://a.example/g</guid>",
	"rss20 / id=http://a.example/g link=http://a.example/g"},
    {ITEM, "<guid isPermaLink=\"false\">http://a.example/g</guid>",
	"rss20 / id=http://a.example/g"},
    {ITEM, "<link href=\"http://a.example/l\"/>", "rss20 / link=http://a.example/l"},
    {ENTRY, "<id>http://a.example/i</id>",
	"atom10 / id=http://a.example/i link=http://a.example/i"},
    {ENTRY, "<id>tag:a.example,2026:1</id>", "atom10 / id=tag:a.example,2026:1"},
    {ENTRY,
	"<link rel=\"self\" href=\"s\"/><link rel=\"via\" href=\"v\"/><link rel=\"related\" href=\"r\"/><link rel=\"edit\" href=\"e\"/>",
	"atom10 / source=https://paper.example/feeds/v"},
    {ENTRY,
	"<link rel=\"alternate\" type=\"application/pdf\" href=\"a.pdf\"/><link rel=\"alternate\" href=\"a.html\" hreflang=\"de\"/>",
	"atom10 / link=https://paper.example/feeds/a.html"},
    {ENTRY, "<content type=\"text/html\" src=\"full.html\"/>",
	"atom10 / link=https://paper.example/feeds/full.html"},
    {DOCUMENT,
	"<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:lang=\"en-GB\"><entry><link hreflang=\"fr\" href=\"fr\"/><link hreflang=\"en\" href=\"en\"/></entry></feed>",
	"atom10 lang=en-GB / link=https://paper.example/feeds/en"},
    {DOCUMENT,
	"<feed xmlns=\"http://www.w3.org/2005/Atom\" xml:base=\"http://a.example/b1/\"><link href=\"f\"/><logo>l.png</logo><entry xml:base=\"b2/\"><link xml:base=\"b3/\" href=\"x\"/><content xml:base=\"/b4/\" type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\" xml:base=\"b5/\"><a xml:base=\"b6/\" href=\"z\">q</a></div></content></entry></feed>",
	"atom10 link=http://a.example/b1/f image=http://a.example/b1/l.png / link=http://a.example/b1/b2/b3/x content=<a href=\"http://a.example/b4/b5/b6/z\">q</a>"},
    {ENTRY, "<link xml:base=\"mailto:x\" href=\"y\"/>",
	"atom10 / link=https://paper.example/feeds/y"},
    {CHANNEL,
	"<link>http://site.example/dir/</link><item><link>x</link><guid isPermaLink=\"true\">g</guid><description>&lt;a href=\"/y\">z&lt;/a></description></item>",
	"rss20 link=http://site.example/dir/ / id=https://paper.example/feeds/g link=http://site.example/dir/x summary=<a href=\"http://site.example/y\">z</a>"},
    {DOCUMENT,
	"<rss xml:base=\"http://b.example/p/\"><channel><link>http://site.example/dir/</link><item><link>x</link></item></channel></rss>",
	"rss link=http://site.example/dir/ / link=http://b.example/p/x"},
    {CHANNEL, "<link>https://paper.example/front/</link><item><link>x</link></item>",
	"rss20 link=https://paper.example/front/ / link=https://paper.example/feeds/x"},
    {ENTRY,
	"<content type=\"html\">&lt;img src=\"a.png\" srcset=\"a.png 1x, /b.png?x=1,2 2x,c.png\">&lt;source data-srcset=d.webp>&lt;video poster=\"p.jpg\">&lt;a href=\"mailto:a@b.example\">&lt;blockquote cite=\"q\">&lt;form action=f>&lt;img src=\"data:image/png;base64,AA\"></content>",
	"atom10 / content=<img src=\"https://paper.example/feeds/a.png\" srcset=\"https://paper.example/feeds/a.png 1x, https://paper.example/b.png?x=1,2 2x,https://paper.example/feeds/c.png\"><source data-srcset=https://paper.example/feeds/d.webp><video poster=\"https://paper.example/feeds/p.jpg\"><a href=\"mailto:a@b.example\"><blockquote cite=\"https://paper.example/feeds/q\"><form action=https://paper.example/feeds/f><img src=\"data:image/png;base64,AA\">"},
    {ENTRY,
	"<content type=\"xhtml\"><div xmlns=\"http://www.w3.org/1999/xhtml\"><img srcset=\"a.png 640w, https://c.example/b.png 1280w\" alt=\"srcset=no\"/></div></content>",
	"atom10 / content=<img srcset=\"https://paper.example/feeds/a.png 640w, https://c.example/b.png 1280w\" alt=\"srcset=no\" />"},
};

static const struct wild broken[] = {
    {CHANNEL,
	"<item><title>a<link>http://a.example/1<guid>g</guid></item><item><title>b</title></item>",
	"rss20! / id=g title=a link=http://a.example/1 / title=b"},
    {CHANNEL, "<item><title>a</link><link>http://a.example/1</title></item>",
	"rss20! / title=a link=http://a.example/1"},
    {CHANNEL,
	"<item><description><![CDATA[a &amp; b </description><title>x</title></item><item><title>z</title></item>",
	"rss20! / title=x summary=a &amp; b / title=z"},
    {CHANNEL,
	"<item><description><![CDATA[a <![CDATA[b]]> c]]></description><title>x</title></item>",
	"rss20! / title=x summary=a <![CDATA[b c]]>"},
    {CHANNEL,
	"<item><title>if a <b and <c then</title><description>1<2 && 3>2</description></item>",
	"rss20! / title=if a <b and <c then summary=1<2 && 3>2"},
    {CHANNEL,
	"<item><description><p>a<br>b<p>c <img src=a.png><ul><li>d<li>e</ul></description></item><item><title>two</title></item>",
	"rss20! / summary=<p>a<br />b</p><p>c <img src=\"https://paper.example/feeds/a.png\" /><ul><li>d</li><li>e</li></ul></p> / title=two"},
    {CHANNEL,
	"<item><enclosure url=\"a\" url=\"b\" type='x'/><title>&lsquo;x&rsquo; &bogus; &#x26; &#38</title></item>",
	"rss20! / title=\xe2\x80\x98x\xe2\x80\x99 &bogus; & & enclosure=https://paper.example/feeds/a,x,-1"},
    {DOCUMENT,
	"<RSS VERSION=2.0><CHANNEL><ITEM><TITLE>one</Title><LINK>/1</LINK><PUBDATE>Fri, 02 Jan 2026 03:04:05 GMT</PUBDATE></ITEM></CHANNEL></RSS>",
	"rss20! / title=one link=https://paper.example/1 published=1767323045"},
    {DOCUMENT,
	"HTTP/1.1 200 OK\n\n<?xml version=\"1.0\"?><?xml version=\"1.0\"?><rss><channel><item><title>one</title></item></channel></rss><script>var x=\"<item>\";</script>",
	"rss! / title=one"},
    {DOCUMENT,
	"<rss><channel><item><title>one</title></item></channel></rss><rss><channel><item><title>two</title></item></channel></rss>",
	"rss! / title=one"},
    {DOCUMENT, "<rss><channel><title>t</title></channel><item><title>one</title></item></rss>",
	"rss title=t / title=one"},
    {DOCUMENT,
	"<html><head><title>x</title></head><body><pre style=\"a\">&lt;?xml version=\"1.0\"?&gt;\n&lt;rss&gt;&lt;channel&gt;&lt;item&gt;&lt;title&gt;one &amp;amp; x&lt;/title&gt;&lt;/item&gt;&lt;/channel&gt;&lt;/rss&gt;</pre></body></html>",
	"rss! / title=one & x"},
    {DOCUMENT,
	"<html><body><rss><channel><item><title>one</title></item></channel></rss></body></html>",
	"rss! / title=one"},
    {DOCUMENT,
	"<html><pre>{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"a &amp; b\",\"items\":[{\"id\":\"1\"}]}</pre></html>",
	"json11! title=a & b / id=1"},
    {DOCUMENT,
	"{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"t\",\"items\":[{\"id\":\"1\",\"title\":\"a\"},{\"id\":\"2\",\"url\":\"u",
	"json11! title=t / id=1 title=a"},
    {DOCUMENT,
	"{\"version\":\"https://jsonfeed.org/version/1.1\",\"items\":[{\"id\":\"1\" \"x\":2},{\"id\":\"2\"}],\"title\":\"t\"}",
	"json11! title=t / id=2"},
    {DOCUMENT,
	"{\"version\":\"https://jsonfeed.org/version/1.1\",/* it's */\"items\":[{\"id\":\"}]\\\"\",\"title\":'o\"['},5,null,[{}],{\"id\":2.5,\"content_html\":\"a\\u0000b\",},],\"title\":\"t\",}",
	"json11 title=t / id=}]\" title=o\"[ / id=2.5 content=ab"},
    {DOCUMENT,
	"\xef\xbb\xbf{\"title\":\"t\",\"home_page_url\":\"http://h.example/\",\"favicon\":\"f.ico\",\"items\":[{\"id\":\"1\",\"external_url\":\"http://e.example/\",\"banner_image\":\"b.png\",\"_x\":{\"items\":[{\"id\":\"no\"}]}}]}",
	"json1 title=t link=http://h.example/ image=https://paper.example/feeds/f.ico / id=1 link=http://e.example/ image=https://paper.example/feeds/b.png"},
};
#define TEST(name)                                                                                 \
	static void test_##name(void **state)                                                      \
	{                                                                                          \
		(void)state;                                                                       \
		check(name, sizeof name / sizeof *name);                                           \
	}
TEST(dialects)
TEST(namespaces)
TEST(fields)
TEST(links)
TEST(broken)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_dialects, teardown),
	    cmocka_unit_test_teardown(test_namespaces, teardown),
	    cmocka_unit_test_teardown(test_fields, teardown),
	    cmocka_unit_test_teardown(test_links, teardown),
	    cmocka_unit_test_teardown(test_broken, teardown),
	};
	return cmocka_run_group_tests_name("feed_wild", tests, NULL, NULL);
}
