/* url: resolution (the examples of RFC 3986 5.4), the two forms, hosts in disguise, bounds. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "errors.h"
#include "url.h"

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

/* A NULL in WANT: refused. */
static void
same(const char *what, const char *in, const char *got, const char *want)
{
	if (!got != !want || (got && strcmp(got, want) != 0))
		fail_msg("%s of \"%s\": got \"%s\", wanted \"%s\"", what, in, got ? got : "NULL",
		    want ? want : "NULL");
}

static void
test_resolve_rfc3986(void **state)
{
	(void)state;
	static const char base[] = "http://a/b/c/d;p?q";
	static const struct {
		const char *ref, *want;
	} t[] = {
	    /* 5.4.1 normal */
	    {"g:h", "g:h"}, {"g", "http://a/b/c/g"}, {"./g", "http://a/b/c/g"},
	    {"g/", "http://a/b/c/g/"}, {"/g", "http://a/g"}, {"//g", "http://g"},
	    {"?y", "http://a/b/c/d;p?y"}, {"g?y", "http://a/b/c/g?y"},
	    {"#s", "http://a/b/c/d;p?q#s"}, {"g#s", "http://a/b/c/g#s"},
	    {"g?y#s", "http://a/b/c/g?y#s"}, {";x", "http://a/b/c/;x"}, {"g;x", "http://a/b/c/g;x"},
	    {"g;x?y#s", "http://a/b/c/g;x?y#s"}, {"", "http://a/b/c/d;p?q"}, {".", "http://a/b/c/"},
	    {"./", "http://a/b/c/"}, {"..", "http://a/b/"}, {"../", "http://a/b/"},
	    {"../g", "http://a/b/g"}, {"../..", "http://a/"}, {"../../", "http://a/"},
	    {"../../g", "http://a/g"},
	    /* 5.4.2 abnormal */
	    {"../../../g", "http://a/g"}, {"../../../../g", "http://a/g"}, {"/./g", "http://a/g"},
	    {"/../g", "http://a/g"}, {"g.", "http://a/b/c/g."}, {".g", "http://a/b/c/.g"},
	    {"g..", "http://a/b/c/g.."}, {"..g", "http://a/b/c/..g"}, {"./../g", "http://a/b/g"},
	    {"./g/.", "http://a/b/c/g/"}, {"g/./h", "http://a/b/c/g/h"},
	    {"g/../h", "http://a/b/c/h"}, {"g;x=1/./y", "http://a/b/c/g;x=1/y"},
	    {"g;x=1/../y", "http://a/b/c/y"}, {"g?y/./x", "http://a/b/c/g?y/./x"},
	    {"g?y/../x", "http://a/b/c/g?y/../x"}, {"g#s/./x", "http://a/b/c/g#s/./x"},
	    {"g#s/../x", "http://a/b/c/g#s/../x"},
	    {"http:g", "http://a/b/c/g"}, /* as old parsers and browsers do */
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		same("resolution", t[i].ref, url_resolve(&a, base, t[i].ref), t[i].want);
}

static void
test_resolve_as_browsers_do(void **state)
{
	(void)state;
	static const struct {
		const char *base, *ref, *want;
	} t[] = {
	    {"https://n.example/a/", " \n story.html\t\r\n", "https://n.example/a/story.html"},
	    {"https://n.example/a/", "sto\nry\t.html", "https://n.example/a/story.html"},
	    {"https://n.example/a/", "\\\\cdn.example\\x?a\\b", "https://cdn.example/x?a\\b"},
	    {"https://n.example/a/", "///cdn.example/x", "https://cdn.example/x"},
	    {"https://n.example/a/", "http:/other/x", "http://other/x"},
	    {"https://n.example/a/", "https:/x", "https://n.example/x"},
	    {"https://n.example/a/", "HTTPS:////m.example/x", "HTTPS://m.example/x"},
	    {"https://n.example", "x", "https://n.example/x"},
	    {"https://n.example?q", "x", "https://n.example/x"},
	    {"https://n.example/a/b", "mailto:desk@n.example", "mailto:desk@n.example"},
	    {"https://n.example/a/b", "tag:n.example,2026:1", "tag:n.example,2026:1"},
	    {"https://n.example/a/b", "data:text/html,a/../b", "data:text/html,a/../b"},
	    {NULL, "https://n.example/../a", "https://n.example/a"},
	    {NULL, "story.html", NULL},
	    {"", "story.html", NULL},
	    {"tag:x", "story.html", NULL},
	    {"not a url", "story.html", NULL},
	    {"not a url", "http://n.example/", "http://n.example/"},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++)
		same("resolution", t[i].ref, url_resolve(&a, t[i].base, t[i].ref), t[i].want);
}

static const struct {
	const char *in, *canonical, *fetch;
} forms[] = {
    /* as it is */
    {"https://n.example/a?b=c", "https://n.example/a?b=c", "https://n.example/a?b=c"},
    /* scheme, host, port, user, fragment */
    {"HTTP://News.EXAMPLE", "http://news.example/", "http://news.example/"},
    {"http://n.example:80/", "http://n.example/", "http://n.example/"},
    {"https://n.example:443/", "https://n.example/", "https://n.example/"},
    {"http://n.example:443/", "http://n.example:443/", "http://n.example:443/"},
    {"http://n.example:/", "http://n.example/", "http://n.example/"},
    {"http://n.example:080/", "http://n.example/", "http://n.example/"},
    {"http://u:p@n.example/", "http://n.example/", "http://n.example/"},
    {"http://a@b@n.example/", "http://n.example/", "http://n.example/"},
    {"http://n.example/a#b?c", "http://n.example/a", "http://n.example/a"},
    {"http://n.example./a", "http://n.example/a", "http://n.example./a"},
    /* who reads this differently than we do must not be sent elsewhere */
    {"http://good.example\\@evil.example/", "http://good.example/@evil.example/",
	"http://good.example/@evil.example/"},
    {"http://good.example#@evil.example/", "http://good.example/", "http://good.example/"},
    /* paths */
    {"http://n.example/a/./b/../c", "http://n.example/a/c", "http://n.example/a/./b/../c"},
    {"http://n.example/a/%2e%2E/c", "http://n.example/c", "http://n.example/a/%2e%2E/c"},
    {"http://n.example/..", "http://n.example/", "http://n.example/.."},
    {"http://n.example//a//b", "http://n.example//a//b", "http://n.example//a//b"},
    {"http://n.example/%7ejim%2fx%41", "http://n.example/~jim%2FxA",
	"http://n.example/%7ejim%2fx%41"},
    {"http://n.example/100%", "http://n.example/100%25", "http://n.example/100%"},
    {"http://n.example/%zz%4", "http://n.example/%25zz%254", "http://n.example/%zz%4"},
    {"http://n.example/a b", "http://n.example/a%20b", "http://n.example/a%20b"},
    {"http://n.example/é", "http://n.example/%C3%A9", "http://n.example/%C3%A9"},
    {"http://n.example/%c3%a9", "http://n.example/%C3%A9", "http://n.example/%c3%a9"},
    {"http://n.example/\xe9\xff", "http://n.example/%E9%FF", "http://n.example/%E9%FF"},
    {"http://n.example/a|b[c]\"d<e>", "http://n.example/a%7Cb%5Bc%5D%22d%3Ce%3E",
	"http://n.example/a|b[c]%22d%3Ce%3E"},
    {"http://n.example/a\x01\x7f", "http://n.example/a%01%7F", "http://n.example/a%01%7F"},
    {"http://n.example/a;b,c=d'(e)*!$&+@:", "http://n.example/a;b,c=d'(e)*!$&+@:",
	"http://n.example/a;b,c=d'(e)*!$&+@:"},
    {" \thttp://n.ex\nample/a\r\n", "http://n.example/a", "http://n.example/a"},
    {"https:n.example", "https://n.example/", "https://n.example/"},
    {"https:///n.example/", "https://n.example/", "https://n.example/"},
    /* queries */
    {"http://n.example?", "http://n.example/", "http://n.example/?"},
    {"http://n.example/a?", "http://n.example/a", "http://n.example/a?"},
    {"http://n.example/a?b=1&&c=&d", "http://n.example/a?b=1&c=&d", "http://n.example/a?b=1&&c=&d"},
    {"http://n.example/a?z=1&a=2", "http://n.example/a?z=1&a=2", "http://n.example/a?z=1&a=2"},
    {"http://n.example/a?q=%41+b c/?", "http://n.example/a?q=A+b%20c/?",
	"http://n.example/a?q=%41+b%20c/?"},
    {"http://n.example/a?x=http://o.example/../b", "http://n.example/a?x=http://o.example/../b",
	"http://n.example/a?x=http://o.example/../b"},
    /* tracking */
    {"http://n.example/a?utm_source=x&id=7&utm_medium=y", "http://n.example/a?id=7",
	"http://n.example/a?utm_source=x&id=7&utm_medium=y"},
    {"http://n.example/a?UTM_Source=x", "http://n.example/a", "http://n.example/a?UTM_Source=x"},
    {"http://n.example/a?%75tm_source=x&fbclid=1&gclid&mc_eid=2&_hsenc=3", "http://n.example/a",
	"http://n.example/a?%75tm_source=x&fbclid=1&gclid&mc_eid=2&_hsenc=3"},
    {"http://n.example/a?ref=x&source=y&cid=z&utm=1&utm_=2&at=3", /* could be content */
	"http://n.example/a?ref=x&source=y&cid=z&utm=1&utm_=2&at=3",
	"http://n.example/a?ref=x&source=y&cid=z&utm=1&utm_=2&at=3"},
    {"http://n.example/a?x=utm_source=1", "http://n.example/a?x=utm_source=1",
	"http://n.example/a?x=utm_source=1"},
    /* names */
    {"http://Bücher.example/", "http://xn--bcher-kva.example/", "http://xn--bcher-kva.example/"},
    {"http://b%C3%BCcher.example/", "http://xn--bcher-kva.example/",
	"http://xn--bcher-kva.example/"},
    {"http://stra\xc3\x9f"
     "e.example/",
	"http://xn--strae-oqa.example/", "http://xn--strae-oqa.example/"},
    {"http://XN--BCHER-KVA.example/", "http://xn--bcher-kva.example/",
	"http://xn--bcher-kva.example/"},
    {"http://日本語。jp/", "http://xn--wgv71a119e.jp/", "http://xn--wgv71a119e.jp/"},
    {"http://ｎ.example/", "http://n.example/", "http://n.example/"},
    {"http://☃.example/", "http://xn--n3h.example/", "http://xn--n3h.example/"},
    {"http://under_score.n.example/", "http://under_score.n.example/",
	"http://under_score.n.example/"},
    /* addresses */
    {"http://127.0.0.1/", "http://127.0.0.1/", "http://127.0.0.1/"},
    {"http://0x7f.1/", "http://127.0.0.1/", "http://127.0.0.1/"},
    {"http://2130706433/", "http://127.0.0.1/", "http://127.0.0.1/"},
    {"http://0177.0.0.01/", "http://127.0.0.1/", "http://127.0.0.1/"},
    {"http://１２７.0.0.1./", "http://127.0.0.1/", "http://127.0.0.1/"},
    {"http://[::1]:8080/", "http://[::1]:8080/", "http://[::1]:8080/"},
    {"http://[2001:DB8:0:0::0001]/", "http://[2001:db8::1]/", "http://[2001:db8::1]/"},
};

static const char *const refused[] = {
    "",
    "/a/b",
    "//n.example/",
    "n.example/a",
    "ftp://n.example/",
    "javascript:alert(1)",
    "file:///etc/passwd",
    "http:",
    "http://",
    "http:///",
    "http://?a",
    "http://@/",
    "http://:80/",
    "http://n.example:0/",
    "http://n.example:65536/",
    "http://n.example:99999999999999999999/",
    "http://n.example:8o/",
    "http://n.example:-1/",
    "http://a..example/",
    "http://.n.example/",
    "http://./",
    "http://n example/",
    "http://n%20example/",
    "http://n%00.example/",
    "http://n%2f.example/",
    "http://n%40evil.example/",
    "http://\xe2\x84\x80.example/", /* U+2100 maps to "a/c" */
    "http://\xff\xfe.example/",
    "http://a<b>.example/",
    "http://256.1.1.1/",
    "http://1.2.3.4.5/",
    "http://1.2.3.08/",
    "http://n.example.1/",
    "http://4294967296/",
    "http://[::1/",
    "http://[::g]/",
    "http://[1.2.3.4]/",
    "http://[fe80::1%25eth0]/",
    "http://[::1]x/",
};

static void
test_forms(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		same("canonical form", forms[i].in, url_canonical(&a, forms[i].in),
		    forms[i].canonical);
		same("fetch form", forms[i].in, url_fetch_form(&a, forms[i].in), forms[i].fetch);
	}
}

static void
test_forms_are_fixed_points(void **state)
{
	(void)state;
	struct url_parts p;
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		const char *c = forms[i].canonical, *f = forms[i].fetch;
		same("canonical form", c, url_canonical(&a, c), c);
		same("fetch form", c, url_fetch_form(&a, c), c);
		same("fetch form", f, url_fetch_form(&a, f), f);
		same("canonical form", f, url_canonical(&a, f), c);
		assert_int_equal(url_split(c, &p), 0);
		assert_int_equal(url_split(f, &p), 0);
	}
}

static void
test_refused(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof refused / sizeof *refused; i++) {
		same("canonical form", refused[i], url_canonical(&a, refused[i]), NULL);
		same("fetch form", refused[i], url_fetch_form(&a, refused[i]), NULL);
	}
}

static void
test_split(void **state)
{
	(void)state;
	struct url_parts p;
	assert_int_equal(url_split("HTTPS://u@N.example:8443/a/b?c=d&e#f", &p), 0);
	assert_memory_equal(p.scheme, "HTTPS", p.scheme_len);
	assert_int_equal(p.host_len, 9);
	assert_memory_equal(p.host, "N.example", 9);
	assert_int_equal(p.path_len, 4);
	assert_memory_equal(p.path, "/a/b", 4);
	assert_int_equal(p.query_len, 5);
	assert_memory_equal(p.query, "c=d&e", 5);
	assert_int_equal(p.port, 8443);
	assert_true(p.is_https && p.has_userinfo);

	assert_int_equal(url_split("http://[::1]", &p), 0);
	assert_int_equal(p.port, 80);
	assert_int_equal(p.host_len, 5);
	assert_int_equal(p.path_len, 0);
	assert_null(p.query);
	assert_true(!p.is_https && !p.has_userinfo);

	assert_int_equal(url_split("ftp://n.example/", &p), ERR_INPUT);
	assert_int_equal(url_split("http:n.example", &p), ERR_INPUT);
}

static void
test_host_and_scheme(void **state)
{
	(void)state;
	char host[16];
	assert_int_equal(url_host("http://N.Example:81/", host, sizeof host), 0);
	assert_string_equal(host, "n.example");
	assert_int_equal(url_host("http://[FE80::1]/", host, sizeof host), 0);
	assert_string_equal(host, "[fe80::1]");
	assert_int_equal(url_host("http://aaaaaaaaaaaaaaa/", host, sizeof host), 0);
	assert_int_equal(url_host("http://aaaaaaaaaaaaaaaa/", host, sizeof host), ERR_LIMIT);
	assert_int_equal(url_host("mailto:x", host, sizeof host), ERR_INPUT);
	assert_int_equal(url_is_web("https://x"), 1);
	assert_int_equal(url_is_web("HtTp://x"), 0);
	assert_int_equal(url_is_web("httpx://x"), -1);
	assert_int_equal(url_is_web("x"), -1);
	assert_int_equal(url_is_web(""), -1);
}

static void
test_line(void **state)
{
	(void)state;
	static const struct {
		const char *url, *line;
	} t[] = {
	    {"http://a.example/", "http://a.example/"},
	    {"http://a.example/caf\xc3\xa9/\xe6\x96\xb0",
		"http://a.example/caf\xc3\xa9/\xe6\x96\xb0"},
	    {"http://a.example/\x1b[31m\x7f", "http://a.example/%1B[31m%7F"},
	    {"http://a.example/\xc2\x9b\xe2\x80\xae/\xc3\xa9",
		"http://a.example/%C2%9B%E2%80%AE/\xc3\xa9"},
	    {"tag:a\nb", "tag:a%0Ab"},
	    {"http://a.example/\xff\xc3", "http://a.example/%FF%C3"},
	};
	for (size_t i = 0; i < sizeof t / sizeof *t; i++) {
		assert_string_equal(url_line(&a, arena_strdup(&a, t[i].url)), t[i].line);
		assert_string_equal(url_line(&a, arena_strdup(&a, t[i].line)), t[i].line);
	}
	assert_string_equal(url_resolve(&a, "http://a.example/x", "y\x1b\xe2\x80\xae"),
	    "http://a.example/y%1B%E2%80%AE");
}

static void
test_bounds(void **state)
{
	(void)state;
	struct url_parts p;
	char *url = arena_alloc(&a, 2 * URL_MAX);
	memset(url, 'a', 2 * URL_MAX);
	memcpy(url, "http://n.example/", 17);
	url[URL_MAX] = '\0';
	assert_int_equal(url_split(url, &p), 0);
	same("fetch form", "the longest", url_fetch_form(&a, url), url);
	same("resolution", "the longest", url_resolve(&a, "http://x/", url), url);
	url[URL_MAX] = 'a';
	url[URL_MAX + 1] = '\0';
	assert_int_equal(url_split(url, &p), ERR_LIMIT);
	assert_null(url_fetch_form(&a, url));
	assert_null(url_canonical(&a, url));
	assert_null(url_resolve(&a, "http://x/", url));
	/* what grows past the bound is refused too, also where it is a tracker's */
	url[URL_MAX] = '\0';
	memset(url + 17, ' ', 2000);
	assert_null(url_fetch_form(&a, url));
	assert_null(url_canonical(&a, url));
	/* joined with its base it is too long */
	memset(url, 'b', URL_MAX - 1);
	url[URL_MAX - 1] = '\0';
	assert_null(url_resolve(&a, "http://n.example/a/", url));
	/* a label, a name */
	memset(url, 'a', 2 * URL_MAX);
	memcpy(url, "http://", 7);
	memcpy(url + 7 + 63, ".example/", 10);
	assert_non_null(url_canonical(&a, url));
	url[7 + 63] = 'a';
	memcpy(url + 7 + 64, ".example/", 10);
	assert_null(url_canonical(&a, url));
	for (size_t i = 0; i < 260; i++)
		url[7 + i] = i % 50 == 49 ? '.' : 'a';
	memcpy(url + 7 + 253, "/", 2);
	assert_non_null(url_canonical(&a, url));
	memcpy(url + 7 + 253, "a/", 3);
	assert_null(url_canonical(&a, url));
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test_teardown(test_resolve_rfc3986, teardown),
	    cmocka_unit_test_teardown(test_resolve_as_browsers_do, teardown),
	    cmocka_unit_test_teardown(test_forms, teardown),
	    cmocka_unit_test_teardown(test_forms_are_fixed_points, teardown),
	    cmocka_unit_test_teardown(test_refused, teardown),
	    cmocka_unit_test_teardown(test_split, teardown),
	    cmocka_unit_test_teardown(test_host_and_scheme, teardown),
	    cmocka_unit_test_teardown(test_line, teardown),
	    cmocka_unit_test_teardown(test_bounds, teardown),
	};
	return cmocka_run_group_tests_name("url", tests, NULL, NULL);
}
