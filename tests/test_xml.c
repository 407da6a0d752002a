/* xml: finding the root, what the repair makes of broken documents, bounds. */
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
#include "xml.h"

/* Writes the events as "<name a=v>text</>"; '|' where the document was cut. */
struct trace {
	struct buf out;
	int restarts, refuse;
};

static void
on_restart(void *ctx)
{
	struct trace *t = ctx;
	t->out.len = 0;
	t->restarts++;
}

static int
on_start(void *ctx, const struct xml_tag *tag)
{
	struct trace *t = ctx;
	buf_printf(
	    &t->out, "<%s%s%s", tag->prefix ? tag->prefix : "", tag->prefix ? ":" : "", tag->name);
	for (size_t i = 0; i < tag->attrs_len; i++) {
		struct xml_attr at = xml_tag_attr(tag, i);
		buf_printf(&t->out, " %s=%.*s", at.name, (int)at.len, at.value);
	}
	buf_add_str(&t->out, ">");
	return t->refuse ? ERR_UNSUPPORTED : 0;
}

static void
on_end(void *ctx)
{
	buf_add_str(&((struct trace *)ctx)->out, "</>");
}

static void
on_text(void *ctx, const char *s, size_t len)
{
	buf_add(&((struct trace *)ctx)->out, s, len);
}

static void
on_cut(void *ctx)
{
	buf_add_str(&((struct trace *)ctx)->out, "|");
}

static const char *const solo[] = {"item", NULL};
static const char *const containers[] = {"channel", NULL};
static const char *const lines[] = {"title", "link", NULL};
static const char *const neighbours[] = {"text", NULL};
static const struct xml_reader reader = {
    on_restart, on_start, on_end, on_text, on_cut, solo, containers, lines, neighbours};

static int
parse(struct trace *t, const char *text, size_t len, struct xml_report *report, struct fault *f)
{
	static const char *const known[] = {"r", NULL};
	struct xml_root root;
	buf_init(&t->out, 1 << 20);
	t->restarts = 0;
	xml_find_root(text, len, known, &root);
	return xml_parse(text, len, root.at, &reader, t, report, f);
}

/* TEXT gives the events WANT; WHY is in the report, NULL: it is well-formed. */
static void
check(const char *text, const char *want, const char *why)
{
	struct trace t = {0};
	struct xml_report report;
	struct fault f = {0};
	int rc = parse(&t, text, strlen(text), &report, &f);
	if (rc || strcmp(buf_str(&t.out), want) != 0)
		fail_msg(
		    "%s\ngave   %s\nwanted %s (%d %s)", text, buf_str(&t.out), want, rc, f.text);
	if (why ? !strstr(report.recovered, why) : *report.recovered != '\0')
		fail_msg("%s: reported \"%s\"", text, report.recovered);
	buf_clear(&t.out);
}

static void
test_well_formed(void **state)
{
	(void)state;
	check("<r/>", "<r></>", NULL);
	check("<?xml version='1.0' encoding='utf-16'?>\n<!DOCTYPE r [<!ELEMENT r ANY>]>\n<!-- <x> "
	      "--><r>a</r>\n<!-- -->",
	    "<r>a</>", NULL);
	check("<?xml version='1.1'?><r a='1' b=\"&amp;&#65;&lt;\">&amp;<![CDATA[<&]]></r>",
	    "<r a=1 b=&A<>&<&</>", NULL);
	check("<p:r><p:x q:y='z'/></p:r>", "<p:r><p:x y=z></></>", NULL);
	/* HTML's entities need no declaration */
	check("<r>a&nbsp;b &eacute;&hellip;&NotEqualTilde;</r>",
	    "<r>a\xc2\xa0"
	    "b \xc3\xa9\xe2\x80\xa6\xe2\x89\x82\xcc\xb8</>",
	    NULL);
}

static void
test_repair(void **state)
{
	(void)state;
	check("<r>a & b</r>", "<r>a & b</>", "line 1");
	check("<r>\n\n<x>a && b &bogus; &#; &#xzz; &</x></r>",
	    "<r>\n\n<x>a && b &bogus; &#; &#xzz; &</></>", "line 3");
	check("<r a='?x=1&y=2&copy=3&amp;z=4'/>", "<r a=?x=1&y=2&copy=3&z=4></>", "");
	check("<r t='caf&eacute;'/>", "<r t=caf\xc3\xa9></>", "eacute");
	check("<r>1 < 2 <3 <= 4</r>", "<r>1 < 2 <3 <= 4</>", "");
	check("<r>a\x01\x08"
	      "b\x0c"
	      "c</r>",
	    "<r>abc</>", "");
	check("<r>&#1;&#0;&#65535;&#xd800;&#150;</r>", "<r>\xef\xbf\xbd\xef\xbf\xbd\xe2\x80\x93</>",
	    "");
	check("<r>\xef\xbf\xbe\xef\xbf\xbf\xef\xbb\xbf</r>", "<r>\xef\xbb\xbf</>", "");
	check("<r><b><i>x</b></i> y</r>", "<r><b><i>x</></> y</>", "");
	check("<r>a</x>b</r>", "<r>ab</>", "");
	check("<r><X>a</x></r>", "<r><X>a</></>", "");
	check("<r>a<br>b<IMG src=x.png>c</r>", "<r>a<br></>b<IMG src=x.png></>c</>", "");
	check("<r a=1 b c='2' a='3' 9='4' d=\"5'\"><x/></r>", "<r a=1 b= c=2 d=5'><x></></>", "");
	check("<r><a href=http://a.example/>x</a></r>", "<r><a href=http://a.example/>x</></>", "");
	check("<r a='<b>'>x</r>", "<r a=<b>>x</>", "");
	check("<r><!-- a -- b -->x<!-- never ends <y/></r>", "<r>x never ends <y></></>", "");
	check("<r>a]]>b</r>", "<r>a]]>b</>", "");
	check("<r><![CDATA[a<![CDATA[b]]>c]]></r>", "<r>a<![CDATA[bc]]></>", "");
	/* a section that never ends takes its element, not the document */
	check("<r><x><![CDATA[a & b</x2></x><y>c</y><x><![CDATA[d</x></r>",
	    "<r><x>a & b</x2></><y>c</><x>d</></>", "");
	/* what looks like a tag and runs into the next one is words; with a value it is a tag */
	check("<r>if a <b and <c d</r>", "<r>if a <b and <c d</>", "");
	check("<r><x a='1'<y/></x></r>", "<r><x a=1><y></></></>", "");
	/* end tags that HTML lets go */
	check("<r><p>a<p>b<ul><li>c<li>d</ul></r>", "<r><p>a</><p>b<ul><li>c</><li>d</></></></>",
	    "");
	/* elements that hold text alone end where their neighbours begin */
	check("<r><title>a<link>b</title><text>c</text></r>",
	    "<r><title>a</><link>b</><text>c</></>", "");
	check("<r><title>a</link><link>b</link></r>", "<r><title>a</><link>b</></>", "");
}

/* What is never closed may stand there as often as it likes. */
static void
test_unclosed(void **state)
{
	(void)state;
	struct buf text;
	struct trace t = {0};
	struct xml_report report;
	struct fault f = {0};
	buf_init(&text, 1 << 20);
	buf_add_str(&text, "<r>");
	for (int i = 0; i < 1000; i++)
		buf_add_str(&text, "<p>a<br>");
	buf_add_str(&text, "</r>");
	assert_int_equal(parse(&t, buf_str(&text), text.len, &report, &f), 0);
	assert_int_equal(t.restarts, 1);
	assert_non_null(strstr(report.recovered, "line 1"));
	buf_clear(&t.out);
	buf_clear(&text);
}

static void
test_solo(void **state)
{
	(void)state;
	/* an item inside of an item: the end tag of the first was forgotten */
	check("<r><channel><item><t>a<item><t>b</t></item></channel></r>",
	    "<r><channel><item><t>a</></><item><t>b</></></></>", "");
}

static void
test_cut(void **state)
{
	(void)state;
	check("<r><x>a</x><x>b", "<r><x>a</><x>b|</></>", "too early");
	check("<r><x>a</x><x y='", "<r><x>a</>|</>", "");
	check("<r><x>a</x", "<r><x>a</>|</>", "");
	check("<r><![CDATA[a", "<r>a|</>", "");
	check("<r>a</r>b", "<r>a</>", "line 1");
	check("<r>a</r><r>b</r>", "<r>a</>", "line 1");
}

/* Every beginning of a document gives events that are balanced, and no crash. */
static void
test_every_cut(void **state)
{
	(void)state;
	static const char text[] =
	    "<?xml version='1.0'?><!DOCTYPE r [<!ENTITY a 'b'>]><r a='1'><x:y>&amp;"
	    "<![CDATA[c]]>&nbsp;<!-- c --></x:y><z/>t & u</r>";
	for (size_t len = 0; len < sizeof text; len++) {
		struct trace t = {0};
		struct xml_report report;
		struct fault f = {0};
		struct xml_root root;
		xml_find_root(text, len, containers, &root);
		if (!*root.name)
			continue;
		char *copy = malloc(len + 1); /* exact, so that ASan sees a step too far */
		memcpy(copy, text, len);
		copy[len] = '\0';
		int rc = parse(&t, copy, len, &report, &f);
		size_t opened = 0, closed = 0;
		for (const char *p = buf_str(&t.out); *p; p++) {
			opened += *p == '<' && p[1] != '/' && p[1] != '>';
			closed += *p == '<' && p[1] == '/';
		}
		if (!rc && opened != closed)
			fail_msg("%s gave %s", copy, buf_str(&t.out));
		buf_clear(&t.out);
		free(copy);
	}
}

static void
refuse_long(const struct buf *text, const char *words)
{
	struct trace t = {0};
	struct xml_report report;
	struct fault f = {0};
	assert_int_equal(parse(&t, buf_str(text), text->len, &report, &f), ERR_LIMIT);
	if (!strstr(f.text, words))
		fail_msg("\"%s\" does not say \"%s\"", f.text, words);
	buf_clear(&t.out);
}

static void
test_entities_never(void **state)
{
	(void)state;
	/* a declared entity is not defined, from wherever it would come */
	check("<!DOCTYPE r [<!ENTITY a 'x'><!ENTITY b '&a;&a;'>]><r>&b;</r>", "<r>&b;</>", "");
	check(
	    "<!DOCTYPE r [<!ENTITY a SYSTEM 'file:///etc/hostname'>]><r>&a;</r>", "<r>&a;</>", "");
	check("<!DOCTYPE r SYSTEM 'http://127.0.0.1/x.dtd'><r/>", "<r></>", NULL);
	check("<!DOCTYPE r [ <!-- ]> --> <!ENTITY a \"]>\"> ]><r>x</r>", "<r>x</>", NULL);
	check("<r><!DOCTYPE r [<!ENTITY a 'x'>]>&a;</r>", "<r>]>&a;</>", "");
	check("<!DOCTYPE r [<!ENTITY a '<x/>'><!ENTITY % p 'q'><!ENTITY b '%p;'>]><r>&a;&b;&p;</r>",
	    "<r>&a;&b;&p;</>", "");
}

/* Entities that are plain characters: put in once, as text. */
static void
test_entities(void **state)
{
	(void)state;
	check("<!DOCTYPE r [<!ENTITY paper 'The Paper'><!ENTITY eacute \"&#233;\">\n<!ENTITY lt2 "
	      "'&lt;b&gt; &amp;amp;'>]><r a='&paper; &eacute;'>&paper;, caf&eacute; &lt2;</r>",
	    "<r a=The Paper \xc3\xa9>The Paper, caf\xc3\xa9 <b> &amp;</>", NULL);
	/* the first declaration binds; CDATA and comments are left alone */
	check("<!DOCTYPE r [<!ENTITY a '1'><!ENTITY a '2'>]><r>&a;<![CDATA[&a;]]><!-- &a; "
	      "--></r>",
	    "<r>1&a;</>", NULL);
	/* many uses of a long one: out of proportion */
	struct buf text;
	buf_init(&text, 1 << 20);
	buf_add_str(&text, "<!DOCTYPE r [<!ENTITY a '");
	for (int i = 0; i < 200; i++)
		buf_add_str(&text, "x");
	buf_add_str(&text, "'>]><r>");
	for (int i = 0; i < 100000; i++)
		buf_add_str(&text, "&a;");
	refuse_long(&text, "entities");
	buf_clear(&text);
}

static void
test_bounds(void **state)
{
	(void)state;
	struct buf text;
	buf_init(&text, 1 << 20);
	for (int i = 0; i < 100000; i++)
		assert_int_equal(buf_add_str(&text, "<r>"), 0);
	refuse_long(&text, "deeper");

	buf_clear(&text);
	buf_add_str(&text, "<r");
	for (int i = 0; i < 60000; i++)
		assert_int_equal(buf_printf(&text, " a%d=''", i), 0);
	buf_add_str(&text, "/>");
	refuse_long(&text, "attributes");
	buf_clear(&text);
	buf_add_str(&text, "<r><x");
	for (int i = 0; i < 600; i++)
		assert_int_equal(buf_printf(&text, " a%d=''", i), 0);
	buf_add_str(&text, "/></r>");
	refuse_long(&text, "attributes");

	/* namespaces that are bound at once */
	buf_clear(&text);
	buf_add_str(&text, "<r>");
	for (int i = 0; i < 100; i++)
		buf_printf(&text, "<x xmlns:a%d='u' xmlns:b%d='u' xmlns:c%d='u'>", i, i, i);
	refuse_long(&text, "namespaces");

	buf_clear(&text);
	buf_add_str(&text, "<r>");
	for (int i = 0; i < 60000; i++)
		assert_int_equal(buf_printf(&text, "<a%d/>", i), 0);
	refuse_long(&text, "different names");

	/* a text of ampersands grows fivefold: that is not repaired */
	buf_clear(&text);
	buf_add_str(&text, "<r>");
	for (int i = 0; i < 100000; i++)
		buf_add_str(&text, "&");
	refuse_long(&text, "grows");
	buf_clear(&text);
}

static void
test_refusal(void **state)
{
	(void)state;
	struct trace t = {.refuse = 1};
	struct xml_report report;
	struct fault f = {0};
	assert_int_equal(parse(&t, "<r><x/></r>", 11, &report, &f), ERR_UNSUPPORTED);
	assert_string_equal(buf_str(&t.out), "<r>");
	assert_int_equal(t.restarts, 0);
	buf_clear(&t.out);
}

static void
test_root(void **state)
{
	(void)state;
	static const struct {
		const char *text, *name;
		size_t at;
		int known, junk;
	} t[] = {
	    {"", "", 0, 0, 0},
	    {"no markup", "", 0, 0, 0},
	    {"<", "", 0, 0, 0},
	    {"  <feed>", "feed", 2, 1, 0},
	    {"<?xml version='1.0'?><!-- <rss> --><FEED a='b'>", "feed", 35, 1, 0},
	    {"<!DOCTYPE html><html><feed>", "html", 15, 0, 0},
	    {"<!DOCTYPE x [<!ENTITY y '<rss>'>]><feed>", "feed", 34, 1, 0},
	    {"<p:feed xmlns:p='x'>", "feed", 0, 1, 0},
	    {"Warning: <b>x</b> <?xml version='1.0'?><feed>", "feed", 39, 1, 1},
	    {"<other><feed>", "feed", 7, 1, 1},
	    {"<other/>", "other", 0, 0, 0},
	    {"<!-- never <feed>", "feed", 11, 1, 1},
	};
	static const char *const known[] = {"feed", "rss", NULL};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		struct xml_root root;
		xml_find_root(t[i].text, strlen(t[i].text), known, &root);
		if (strcmp(root.name, t[i].name) != 0 || root.at != t[i].at ||
		    root.known != t[i].known || root.junk != t[i].junk)
			fail_msg("%s: <%s> at %zu, known %d, junk %d", t[i].text, root.name,
			    root.at, root.known, root.junk);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_well_formed),
	    cmocka_unit_test(test_repair),
	    cmocka_unit_test(test_solo),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_every_cut),
	    cmocka_unit_test(test_entities_never),
	    cmocka_unit_test(test_entities),
	    cmocka_unit_test(test_unclosed),
	    cmocka_unit_test(test_bounds),
	    cmocka_unit_test(test_refusal),
	    cmocka_unit_test(test_root),
	};
	return cmocka_run_group_tests_name("xml", tests, NULL, NULL);
}
