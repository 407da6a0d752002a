/* html: the tree of ordinary, broken and hostile documents. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "html.h"

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

/* The tree below ROOT in short: (name text child ...). */
static const char *
shape(struct html_node *root)
{
	static struct buf b;
	buf_clear(&b);
	buf_init(&b, 1 << 20);
	for (struct html_node *n = root; n;) {
		if (n->tag == HTML_TEXT)
			buf_printf(&b, "'%s'", n->name);
		else
			buf_printf(&b, "(%s", n->name);
		if (n->first) {
			buf_add_char(&b, ' ');
			n = n->first;
			continue;
		}
		if (n->tag != HTML_TEXT)
			buf_add_char(&b, ')');
		while (n != root && !n->next) {
			n = n->parent;
			buf_add_char(&b, ')');
		}
		if (n == root)
			break;
		buf_add_char(&b, ' ');
		n = n->next;
	}
	char *kept = arena_strdup(&a, buf_str(&b));
	buf_clear(&b);
	return kept;
}

static struct html_doc *
parse(const char *text)
{
	struct html_doc *doc;
	assert_int_equal(html_parse(&a, text, strlen(text), &doc), 0);
	assert_non_null(doc->root);
	return doc;
}

static void
body_is(const char *text, const char *want)
{
	struct html_doc *doc = parse(text);
	assert_non_null(doc->body);
	assert_string_equal(shape(doc->body), want);
}

static void
test_document(void **state)
{
	(void)state;
	struct html_doc *doc =
	    parse("<!DOCTYPE html><html lang=de><head><title>T</title><meta charset=big5>"
		  "</head><body class=\"a b\"><p>x</p></body></html>");
	assert_string_equal(shape(doc->root), "(html (head (title 'T') (meta)) (body (p 'x')))");
	assert_string_equal(html_attr(doc->root, "lang"), "de");
	assert_string_equal(html_attr(doc->body, "class"), "a b");
	assert_null(html_attr(doc->body, "id"));
	assert_int_equal(doc->root->tag, HTML_HTML);
	assert_int_equal(doc->body->first->tag, HTML_P);
	assert_false(doc->truncated);
	/* tags that may be left out, before elements that are younger than the parser */
	doc = parse("<title>T</title><article><p>x</p></article><p>y");
	assert_string_equal(
	    shape(doc->root), "(html (head (title 'T')) (body (article (p 'x')) (p 'y')))");
	assert_ptr_equal(doc->body, doc->root->last);
}

static void
test_nothing(void **state)
{
	(void)state;
	static const char *const rows[] = {
	    "", " \n ", "<", "<!", "<!--", "</", "<a", "<a href=\"", "&", "<?xml"};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_int_equal(parse(rows[i])->root->tag, HTML_HTML);
	assert_string_equal(shape(parse("just text")->body), "(body (p 'just text'))");
}

static void
test_broken(void **state)
{
	(void)state;
	body_is("<body><p>a<p>b<ul><li>c<li>d</ul>e",
	    "(body (p 'a') (p 'b') (ul (li 'c') (li 'd')) 'e')");
	body_is("<body><p><b>a</p><p>b", "(body (p (b 'a')) (p 'b'))");
	body_is("<body></div></p>x</span>", "(body 'x')");
	body_is("<body><div>a</body></html><div>b</div>", "(body (div 'a' (div 'b')))");
	body_is("<body><p>1 < 2 && 3 <4", "(body (p '1 < 2 && 3 <4'))");
	body_is("<body><table><tr><td>a<td>b<tr><td>c</table>d",
	    "(body (table (tr (td 'a') (td 'b')) (tr (td 'c'))) 'd')");
	body_is("<body><p>a<br/>b</br>c<wbr>d", "(body (p 'a' (br) 'b' (br) 'cd'))");
	body_is("<body><p\"x>a</p><Foo-Bar>b</FOO-BAR>", "(body 'a' (foo-bar 'b'))");
}

static void
test_cut(void **state)
{
	(void)state;
	body_is("<body>a<script>if (x<y) '</b>'</script>b", "(body 'ab')");
	body_is("<body><p>a<!-- <p>no --><style>p{}</style><svg><svg></svg><title>t</title></svg>b",
	    "(body (p 'ab'))");
	body_is("<body><p>a<!--> b --> c", "(body (p 'a b --> c'))");
	body_is(
	    "<body><p>a<svg><path></p><p>b", "(body (p 'a' (path)) (p 'b'))"); /* never closed */
	body_is("<body><p>a<svg/>b<svg />c", "(body (p 'abc'))");
	body_is("<body><iframe src=/v>fallback <p></iframe>x", "(body (iframe) 'x')");
	body_is("<body><template><p>no</p></template><p>x", "(body (p 'x'))");
	body_is("<body><template shadowrootmode=open><p>yes</p></template>",
	    "(body (template (p 'yes')))");
	body_is("<body><picture><source srcset=x><img src=y></picture>",
	    "(body (picture (source) (img)))");
	body_is("<body><script>never closed <p>x", "(body)");
}

static void
test_jsonld_is_kept(void **state)
{
	(void)state;
	struct html_doc *doc =
	    parse("<head><script type='application/LD+json'>{\"a\":\"<b>&amp;\"}</script>"
		  "<script type=text/javascript>x</script></head>");
	struct html_node *script = doc->head->first;
	assert_int_equal(script->tag, HTML_SCRIPT);
	assert_string_equal(script->first->name, "{\"a\":\"<b>&amp;\"}");
	assert_null(script->next);
}

static void
test_references(void **state)
{
	(void)state;
	body_is("<body><p>AT&T &copy; &hellip; &lt;b&gt; &amp;lt; &#8217; &#x1F600; &#150; "
		"&unknown; &copy=1",
	    "(body (p 'AT&T © … <b> &lt; ’ 😀 – &unknown; &copy=1'))");
	struct html_doc *doc = parse(
	    "<body><a href=\"?a=1&amp;b=2&copy=3\" title='say \"hi\" &eacute;' id=a\"b>x</a>");
	struct html_node *link = doc->body->first;
	assert_string_equal(html_attr(link, "href"), "?a=1&b=2&copy=3");
	assert_string_equal(html_attr(link, "title"), "say \"hi\" é");
	assert_string_equal(html_attr(link, "id"), "a\"b");
}

static void
test_attributes(void **state)
{
	(void)state;
	struct html_node *n =
	    parse("<body><img SRC=a src=b ALT onclick=\"x()\" data-junk=1 style='color:red' "
		  "hidden/><p style='display:none'>x")
		->body->first;
	assert_string_equal(html_attr(n, "src"), "a");
	assert_string_equal(html_attr(n, "alt"), "");
	assert_string_equal(html_attr(n, "hidden"), "");
	assert_null(html_attr(n, "onclick"));
	assert_null(html_attr(n, "style"));
	assert_string_equal(html_attr(n->next, "style"), "display:none");
}

static void
test_nul(void **state)
{
	(void)state;
	static const char in[] = "<body><p cl\0ass=x class\0=y a\0>a\0b</p><\0><a\0>x"
				 "<script type=ld+json>{\0}</script><p>c";
	struct html_doc *doc;
	assert_int_equal(html_parse(&a, in, sizeof in - 1, &doc), 0);
	assert_string_equal(doc->body->first->first->name, "a b");
	assert_int_equal(doc->body->first->attributes_len, 0);
	assert_string_equal(doc->body->last->first->name, "c");
}

static void
test_white_space(void **state)
{
	(void)state;
	body_is("<body> <div> <p>a</p> \n <p><b>b</b> <i>c</i> </p> </div>",
	    "(body (div (p 'a') (p (b 'b') ' ' (i 'c'))))");
	body_is("<body><pre>a\n  b</pre>", "(body (pre 'a\n  b'))");
	body_is("<body><p>a\x01"
		"b\x0c"
		"c",
	    "(body (p 'a b c'))");
}

static void
test_fragment(void **state)
{
	(void)state;
	struct html_doc *doc;
	static const char in[] = "Hello <b>you</b><p>there";
	assert_int_equal(html_parse_fragment(&a, in, sizeof in - 1, &doc), 0);
	assert_ptr_equal(doc->root, doc->body);
	assert_int_equal(doc->root->tag, HTML_BODY);
	assert_null(doc->root->parent);
	assert_string_equal(shape(doc->root), "(body (p 'Hello ' (b 'you')) (p 'there'))");
	assert_int_equal(html_parse_fragment(&a, "", 0, &doc), 0);
	assert_string_equal(shape(doc->root), "(body)");
	assert_int_equal(html_parse_fragment(&a, "<title>x</title>", 16, &doc), 0);
	assert_int_equal(doc->root->tag, HTML_BODY);
}

static void
test_walks(void **state)
{
	(void)state;
	struct html_doc *doc = parse("<body><div><p>a</p><p>b</p></div><p>c");
	struct html_node *div = doc->body->first, *p = div->first;
	assert_ptr_equal(html_next(div, div), p);
	assert_ptr_equal(html_skip(div, p), p->next);
	assert_null(html_skip(div, p->next));
	assert_null(html_skip(div, div));
	assert_ptr_equal(html_skip(doc->body, div), div->next);
	assert_string_equal(html_text(&a, doc->body), "\n\na\n\nb\n\n\nc\n");
	assert_string_equal(html_text_start(&a, doc->body, 2), "\n\na\n");
	assert_string_equal(html_text(&a, parse("<body>x<br>y")->body), "x\ny");
}

/* A document of COUNT times PART. */
static struct html_doc *
parse_many(const char *before, const char *part, size_t count, const char *after)
{
	struct buf b;
	struct html_doc *doc;
	buf_init(&b, 64 << 20);
	buf_add_str(&b, before);
	for (size_t i = 0; i < count; i++)
		buf_add_str(&b, part);
	buf_add_str(&b, after);
	assert_int_equal(html_parse(&a, buf_str(&b), b.len, &doc), 0);
	buf_clear(&b);
	return doc;
}

static size_t
depth_of(struct html_doc *doc)
{
	size_t most = 0;
	for (struct html_node *n = doc->root; n; n = html_next(doc->root, n)) {
		size_t depth = 0;
		for (struct html_node *up = n; up; up = up->parent)
			depth++;
		most = depth > most ? depth : most;
	}
	return most;
}

static void
test_depth_is_capped(void **state)
{
	(void)state;
	struct html_doc *doc = parse_many("<body>", "<div>", 1500, "deep</div><p>after");
	assert_true(doc->truncated);
	assert_true(depth_of(doc) <= HTML_DEPTH_MAX + 3);
	assert_non_null(strstr(html_text(&a, doc->root), "deep"));
	assert_non_null(strstr(html_text(&a, doc->root), "after"));
	doc = parse_many("<body>", "<b><i>", 400000, "x");
	assert_true(doc->truncated && depth_of(doc) <= HTML_DEPTH_MAX + 3);
}

static void
test_nodes_are_capped(void **state)
{
	(void)state;
	struct html_doc *doc = parse_many("<body>", "<p>x</p>", 400000, "");
	assert_true(doc->truncated);
	assert_true(doc->nodes <= HTML_NODES_MAX + 1);
}

static void
test_hostile_input_takes_linear_time(void **state)
{
	(void)state;
	/* each took libxml2 or a naive scan minutes */
	struct html_doc *doc = parse_many("<body><p ", "a1=b ", 60000, ">x");
	assert_string_equal(shape(doc->body), "(body (p 'x'))");
	doc = parse_many("<body><p ", "class=b ", 200000, ">x");
	assert_int_equal(doc->body->first->attributes_len, 1);
	parse_many("<body>", "</i>", 1000000, "x");
	parse_many("<body><i>", "<b></i>", 300000, "x");
	parse_many("<body>", "<svg>", 300000, "x");
	parse_many("<body>", "<svg><svg></svg>", 100000, "x");
	parse_many("<body>", "<style>", 300000, "x");
	parse_many("<body>", "<!--", 300000, "x");
	parse_many("<body>", "<!-- >", 300000, "x");
	parse_many("<body>", "<a b='", 300000, "x");
	parse_many("<body>", "<", 300000, "x");
	parse_many("<body>", "&", 300000, "x");
	parse_many("<body>", "&amp", 300000, "x");
	parse_many("<body>", "<script type=ld+json>", 100000, "x");
	parse_many("", "<html><head><body>", 200000, "x");
	parse_many("<body>", "<table><tr><td>", 100000, "x");
	parse_many("<body>", "<select><option>", 100000, "x");
	parse_many("<body>", "<a>", 300000, "x");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_document, teardown),
	    cmocka_unit_test_teardown(test_nothing, teardown),
	    cmocka_unit_test_teardown(test_broken, teardown),
	    cmocka_unit_test_teardown(test_cut, teardown),
	    cmocka_unit_test_teardown(test_jsonld_is_kept, teardown),
	    cmocka_unit_test_teardown(test_references, teardown),
	    cmocka_unit_test_teardown(test_attributes, teardown),
	    cmocka_unit_test_teardown(test_nul, teardown),
	    cmocka_unit_test_teardown(test_white_space, teardown),
	    cmocka_unit_test_teardown(test_fragment, teardown),
	    cmocka_unit_test_teardown(test_walks, teardown),
	    cmocka_unit_test_teardown(test_depth_is_capped, teardown),
	    cmocka_unit_test_teardown(test_nodes_are_capped, teardown),
	    cmocka_unit_test_teardown(test_hostile_input_takes_linear_time, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
