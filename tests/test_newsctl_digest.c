/*
 * test_newsctl_digest: the filter `newsctl digest` as another program would use it: right and wrong
 * jobs, documents of every kind, hostile input, and its manners on pipes. Runs the real program
 * (NEWSCTL, else ./newsctl).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "member.h"
#include "mem.h"
#include "program.h"

#define INPUT_MAX ((size_t)256 << 20)

static char *newsctl;

/* The answers to INPUT by their ids, in one object; the filter must end with 0. */
static struct json_object *
answers(const void *input, size_t len, int in_process)
{
	char digest[] = "digest", option[] = "--inline";
	char *argv[] = {newsctl, digest, in_process ? option : NULL, NULL};
	struct ran ran;
	program_run(&ran, argv, input, len);
	if (ran.status != 0)
		fail_msg("digest ended with %d: %s", ran.status, ran.err);
	struct json_object *all = json_object_new_object();
	char *rest = ran.out, *line;
	while ((line = strsep(&rest, "\n")) && rest) {
		struct json_tokener *tokener = json_tokener_new();
		json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
		struct json_object *answer =
		    json_tokener_parse_ex(tokener, line, (int)strlen(line));
		struct json_object *id = NULL;
		json_tokener_free(tokener);
		if (!answer || !json_object_object_get_ex(answer, "id", &id))
			fail_msg("no answer: %s", line);
		const char *key = id ? json_object_get_string(id) : "null";
		assert_false(json_object_object_get_ex(all, key, NULL));
		json_object_object_add(all, key, answer);
	}
	ran_clear(&ran);
	return all;
}

static struct json_object *
answers_to(const char *input)
{
	return answers(input, strlen(input), 0);
}

static void
expect_text(struct json_object *all, const char *id, const char *key, const char *value)
{
	struct json_object *o = member(member(all, id), key);
	if (!value && !o)
		return;
	if (!value || !o)
		fail_msg("%s of %s: %s", key, id, json_object_to_json_string(member(all, id)));
	assert_string_equal(json_object_get_string(o), value);
}

static void
expect_error(struct json_object *all, const char *id, const char *words)
{
	const char *error = json_object_get_string(member(member(all, id), "error"));
	if (!error || !strstr(error, words))
		fail_msg(
		    "%s: expected an error with \"%s\", got %s", id, words, error ? error : "none");
}

/* ---- kinds that need no document ---- */

static void
test_dates(void **state)
{
	(void)state;
	struct json_object *all = answers_to(
	    "{\"id\":\"a\",\"kind\":\"date\",\"text\":\"Sat, 31 Jan 2026 06:00:00 +0100\"}\n"
	    "{\"id\":\"b\",\"kind\":\"date\",\"text\":\"2026-01-31\"}\n"
	    "{\"id\":\"c\",\"kind\":\"date\",\"text\":\"yesterday or so\"}\n"
	    "{\"id\":\"d\",\"kind\":\"date\",\"text\":\"\"}\n"
	    "{\"id\":\"e\",\"kind\":\"date\"}\n"
	    "{\"id\":\"f\",\"kind\":\"date\",\"text\":\"02/03/2026 10:00\"}\n");
	expect_text(all, "f", "doubt", "zone order");
	expect_text(all, "a", "utc", "2026-01-31T05:00:00Z");
	expect_text(all, "a", "precision", "second");
	expect_text(all, "b", "utc", "2026-01-31T00:00:00Z");
	expect_text(all, "b", "precision", "day");
	expect_text(all, "b", "doubt", "");
	expect_text(all, "c", "utc", NULL);
	expect_text(all, "d", "utc", NULL);
	expect_error(all, "e", "no text");
	json_object_put(all);
}

static void
test_urls(void **state)
{
	(void)state;
	struct json_object *all = answers_to(
	    "{\"id\":1,\"kind\":\"url\",\"text\":\"HTTP://Example.ORG:80/a/../"
	    "b?utm_source=x&k=v#frag\"}\n"
	    "{\"id\":2,\"kind\":\"url\",\"text\":\"../c\",\"base\":\"https://example.org/a/b/d\"}\n"
	    "{\"id\":3,\"kind\":\"url\",\"text\":\"javascript:alert(1)\"}\n"
	    "{\"id\":4,\"kind\":\"url\",\"text\":\"http://a/\\u0000b\"}\n");
	expect_text(all, "1", "url", "http://example.org/b?k=v");
	expect_text(all, "2", "url", "https://example.org/a/c");
	expect_text(all, "2", "fetch", "https://example.org/a/c");
	expect_text(all, "3", "url", NULL);
	expect_text(all, "3", "fetch", NULL);
	expect_error(all, "4", "NUL");
	json_object_put(all);
}

/* ---- lines that are no jobs ---- */

static void
test_bad_lines(void **state)
{
	(void)state;
	static const struct {
		const char *line, *words;
	} bad[] = {
	    {"nonsense", "no JSON"},
	    {"{\"id\": 1", "cut short"},
	    {"{\"id\": 1} trailing", "no JSON"},
	    {"[1, 2]", "no JSON object"},
	    {"{\"id\": {\"a\": 1}, \"kind\": \"date\", \"text\": \"2026\"}",
		"neither a text nor a number"},
	    {"{\"id\": NaN, \"kind\": \"date\", \"text\": \"2026\"}", "number"},
	    {"{\"kind\": \"poem\"}", "expected feed"},
	    {"{}", "expected feed"},
	    {"{\"kind\": 5}", "kind is not a text"},
	    {"{\"kind\": \"feed\"}", "no document"},
	    {"{\"kind\": \"feed\", \"body\": 5}", "body is not a text"},
	    {"{\"kind\": \"feed\", \"body_base64\": \"@@@@\"}", "damaged at byte 0"},
	    {"{\"kind\": \"feed\", \"body_base64\": \"QUJDR\"}", "cut short"},
	    {"{\"kind\": \"feed\", \"file\": \"/nonexistent/feed\"}", "No such file"},
	    {"{\"kind\": \"feed\", \"file\": \"/\"}", "not a regular file"},
	    {"{\"kind\": \"feed\", \"file\": \"-\"}", "No such file"},
	    {"{\"kind\": \"robots\", \"text\": \"\", \"targets\": \"x\"}", "not a list"},
	    {"{\"kind\": \"robots\", \"text\": \"\", \"targets\": [1]}", "no text"},
	    {"{\"kind\": \"url\", \"text\": \"\xff\"}", "no JSON"},
	    {"[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "no JSON"},
	};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		/* The next job is answered all the same. */
		char *input = mem_printf(
		    "\n  \r\n%s\n{\"id\":\"after\",\"kind\":\"date\",\"text\":\"2026-01-31\"}",
		    bad[i].line);
		struct json_object *all = answers_to(input);
		assert_int_equal(json_object_object_length(all), 2);
		struct json_object *one;
		const char *id = json_object_object_get_ex(all, "1", &one) ? "1" : "null";
		expect_error(all, id, bad[i].words);
		expect_text(all, "after", "utc", "2026-01-31T00:00:00Z");
		json_object_put(all);
		mem_free(input);
	}
}

static void
test_pipe_as_file(void **state)
{
	(void)state;
	char dir[] = "/tmp/newsd-digest.XXXXXX";
	assert_non_null(mkdtemp(dir));
	char *path = mem_printf("%s/pipe", dir);
	assert_int_equal(mkfifo(path, 0600), 0);
	char *input = mem_printf("{\"id\":1,\"kind\":\"feed\",\"file\":\"%s\"}\n", path);
	struct json_object *all = answers_to(input);
	expect_error(all, "1", "not a regular file"); /* and not: hangs for ever */
	json_object_put(all);
	unlink(path);
	rmdir(dir);
	mem_free(path);
	mem_free(input);
}

static void
test_endless_line(void **state)
{
	(void)state;
	size_t len = (size_t)97 << 20;
	static const char after[] =
	    "\n{\"id\":\"after\",\"kind\":\"date\",\"text\":\"2026-01-31\"}\n";
	char *input = mem_alloc(len + sizeof after);
	memset(input, 'x', len);
	memcpy(input + len, after, sizeof after);
	struct json_object *all = answers(input, len + sizeof after - 1, 0);
	expect_error(all, "null", "longer than");
	expect_text(all, "after", "utc", "2026-01-31T00:00:00Z");
	json_object_put(all);
	mem_free(input);
}

/* ---- documents ---- */

static const char documents[] =
    "{\"id\":\"rss\",\"kind\":\"feed\",\"url\":\"http://paper.example/"
    "feed\",\"content_type\":\"application/rss+xml\","
    "\"body\":\"<rss version='2.0'><channel><title>The "
    "Paper</title><link>http://paper.example/</link>"
    "<item><title>Bridge opens</title><link>/bridge</link><guid>b-1</guid>"
    "<pubDate>Sat, 31 Jan 2026 05:00:00 GMT</pubDate><category>City</category></item>"
    "<item><title>Rain</title><link>http://paper.example/rain</link></item></channel></rss>\"}\n"
    "{\"id\":\"html\",\"kind\":\"feed\",\"url\":\"http://paper.example/\",\"content_type\":\"text/"
    "html\","
    "\"body\":\"<!DOCTYPE html><html><body><p>Not a feed.</p></body></html>\"}\n"
    "{\"id\":\"map\",\"kind\":\"sitemap\",\"url\":\"http://paper.example/sitemap.xml\","
    "\"body\":\"<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'><url>"
    "<loc>http://paper.example/bridge</loc></url></urlset>\"}\n"
    "{\"id\":\"robots\",\"kind\":\"robots\",\"text\":\"User-agent: *\\nDisallow: "
    "/private\\nCrawl-delay: 2\\n"
    "Sitemap: http://paper.example/sitemap.xml\\n\",\"agent\":\"newsd\","
    "\"targets\":[\"http://paper.example/private/a\",\"http://paper.example/a\"]}\n"
    "{\"id\":\"robots64\",\"kind\":\"robots\",\"text_base64\":"
    "\"VXNlci1hZ2VudDogKgpEaXNhbGxvdzogLwo=\","
    "\"agent\":\"newsd\",\"targets\":[\"http://paper.example/\"]}\n"
    "{\"id\":\"opml\",\"kind\":\"opml\",\"body\":\"<opml version='2.0'><body><outline text='World'>"
    "<outline type='rss' text='Paper' "
    "xmlUrl='http://paper.example/feed'/></outline></body></opml>\"}\n"
    "{\"id\":\"home\",\"kind\":\"discover\",\"url\":\"http://paper.example/\",\"body\":\"<title>The "
    "Paper</title><link rel=alternate type='application/rss+xml' title='News' href='/feed'>\"}\n"
    "{\"id\":\"page\",\"kind\":\"page\",\"url\":\"http://paper.example/"
    "bridge\",\"content_type\":\"text/html\","
    "\"body\":\"<html lang='en'><head><title>Bridge opens</title></head><body><article><h1>Bridge "
    "opens</h1>"
    "<p>The new bridge over the river was opened on Saturday morning by the mayor, who cut a "
    "ribbon in front of "
    "some two hundred people from both banks.</p><p>It took four years to build, one more than was "
    "planned, and "
    "cost eleven million, which the city paid without a loan.</p><p>Buses will cross it from "
    "Monday on; until "
    "then it belongs to those who come on foot or by bicycle.</p></article></body></html>\"}\n";

static void
expect_documents(struct json_object *all)
{
	struct json_object *rss = member(all, "rss"), *entries = member(rss, "entries");
	assert_string_equal(
	    json_object_get_string(member(member(rss, "feed"), "title")), "The Paper");
	assert_int_equal(json_object_array_length(entries), 2);
	struct json_object *entry = json_object_array_get_idx(entries, 0);
	assert_string_equal(
	    json_object_get_string(member(entry, "link")), "http://paper.example/bridge");
	assert_string_equal(
	    json_object_get_string(member(entry, "published")), "2026-01-31T05:00:00Z");
	assert_string_equal(
	    json_object_get_string(json_object_array_get_idx(member(entry, "tags"), 0)), "City");
	assert_null(member(json_object_array_get_idx(entries, 1), "published"));
	assert_null(member(rss, "recovered"));
	expect_error(all, "html", "html");
	expect_text(all, "map", "format", "sitemap");
	struct json_object *allowed = member(member(all, "robots"), "allowed");
	assert_false(json_object_get_boolean(json_object_array_get_idx(allowed, 0)));
	assert_true(json_object_get_boolean(json_object_array_get_idx(allowed, 1)));
	expect_text(all, "robots", "crawl_delay", "2.000");
	allowed = member(member(all, "robots64"), "allowed");
	assert_false(json_object_get_boolean(json_object_array_get_idx(allowed, 0)));
	struct json_object *feed =
	    json_object_array_get_idx(member(member(all, "opml"), "feeds"), 0);
	assert_string_equal(
	    json_object_get_string(member(feed, "url")), "http://paper.example/feed");
	struct json_object *home = member(all, "home"),
			   *link = json_object_array_get_idx(member(home, "links"), 0);
	assert_null(member(home, "format"));
	expect_text(all, "home", "reason", "html page: \"The Paper\"");
	assert_string_equal(
	    json_object_get_string(member(link, "url")), "http://paper.example/feed");
	assert_string_equal(json_object_get_string(member(link, "found_by")), "declared");
	struct json_object *page = member(all, "page");
	assert_string_equal(json_object_get_string(member(page, "title")), "Bridge opens");
	assert_non_null(
	    strstr(json_object_get_string(member(page, "articleBody")), "four years to build"));
	assert_string_equal(json_object_get_string(member(page, "verdict")), "full");
	assert_string_equal(json_object_get_string(member(page, "body_source")), "page");
	assert_true(json_object_array_length(member(page, "blocks")) >= 3);
}

/* Parsed by workers and in the process: the same answers. */
/* What a feed says of a page is heard, in the worker too. */
static void
test_feed_as_a_witness(void **state)
{
	(void)state;
	static const char words[] =
	    "the old bridge over the harbour was closed on Monday by divers "
	    "who found a crack in one of its piers ";
	struct buf in;
	buf_init(&in, 1 << 20);
	buf_printf(&in,
	    "{\"id\":\"more\",\"kind\":\"page\",\"url\":\"http://a.example/1\",\"body\":\"<h1>The "
	    "bridge</h1><p>Today %s%s.</p>\",\"feed_title\":\"The bridge\",\"feed_text\":\"",
	    words, words);
	for (int i = 0; i < 12; i++)
		buf_add_str(&in, words);
	buf_add_str(
	    &in, "\"}\n{\"id\":\"bad\",\"kind\":\"page\",\"body\":\"x\",\"feed_text\":1}\n");
	for (int in_process = 0; in_process < 2; in_process++) {
		struct json_object *all = answers(buf_str(&in), in.len, in_process);
		assert_string_equal(
		    json_object_get_string(member(member(all, "more"), "verdict")), "feed_only");
		assert_non_null(strstr(
		    json_object_get_string(member(member(all, "bad"), "error")), "feed_text"));
		json_object_put(all);
	}
	buf_clear(&in);
}

static void
test_documents(void **state)
{
	(void)state;
	struct json_object *sandboxed = answers(documents, sizeof documents - 1, 0);
	struct json_object *in_process = answers(documents, sizeof documents - 1, 1);
	assert_int_equal(json_object_object_length(sandboxed), 8);
	expect_documents(sandboxed);
	json_object_object_foreach(sandboxed, id, answer)
	{
		struct json_object *other = member(in_process, id);
		if (!json_object_equal(answer, other))
			fail_msg("%s: %s differs from %s", id, json_object_to_json_string(answer),
			    json_object_to_json_string(other));
	}
	json_object_put(sandboxed);
	json_object_put(in_process);
}

/* A page that breaks its worker is answered with an error, and the others are none the worse. */
static void
test_deadly_page(void **state)
{
	(void)state;
#ifdef NEWSD_DEBUG_HOOKS
	struct json_object *all = answers_to(
	    "{\"id\":1,\"kind\":\"page\",\"url\":\"http://a.example/"
	    "\",\"body\":\"newsd-debug-crash\"}\n"
	    "{\"id\":2,\"kind\":\"robots\",\"text\":\"\",\"targets\":[\"http://a.example/\"]}\n");
	assert_int_equal(json_object_object_length(all), 2);
	member(member(all, "1"), "error");
	member(member(all, "2"), "allowed");
	json_object_put(all);
#else
	print_message("only a build with --enable-debug has a page that crashes a worker\n");
	skip();
#endif
}

static void
test_many(void **state)
{
	(void)state;
	struct buf input;
	buf_init(&input, INPUT_MAX);
	for (int i = 0; i < 3000; i++)
		buf_printf(&input,
		    "{\"id\":%d,\"kind\":\"robots\",\"text\":\"User-agent: *\\nDisallow: "
		    "/%d\",\"targets\":"
		    "[\"http://a.example/%d\",\"http://a.example/x\"]}\n",
		    i, i, i);
	struct json_object *all = answers(input.data, input.len, 0);
	buf_clear(&input);
	assert_int_equal(json_object_object_length(all), 3000);
	for (int i = 0; i < 3000; i++) {
		char id[16];
		snprintf(id, sizeof id, "%d", i);
		struct json_object *allowed = member(member(all, id), "allowed");
		assert_false(json_object_get_boolean(json_object_array_get_idx(allowed, 0)));
		assert_true(json_object_get_boolean(json_object_array_get_idx(allowed, 1)));
	}
	json_object_put(all);
}

/* ---- manners on pipes ---- */

/* A caller that waits for each answer before it asks again gets it. */
static void
test_conversation(void **state)
{
	(void)state;
	char digest[] = "digest";
	char *argv[] = {newsctl, digest, NULL};
	int in, out;
	pid_t pid = program_start(argv, &in, &out);
	for (int i = 0; i < 4; i++) {
		char *job =
		    i % 2
			? mem_printf("{\"id\":%d,\"kind\":\"date\",\"text\":\"2026-01-31\"}\n", i)
			: mem_printf(
			      "{\"id\":%d,\"kind\":\"robots\",\"text\":\"\",\"targets\":[]}\n", i);
		assert_int_equal(write(in, job, strlen(job)), strlen(job));
		char *answer = program_read_line(out, 30);
		assert_non_null(answer);
		char *start = mem_printf("{\"id\":%d,", i);
		assert_memory_equal(answer, start, strlen(start));
		mem_free(start);
		mem_free(answer);
		mem_free(job);
	}
	close(in);
	assert_null(program_read_line(out, 30));
	assert_int_equal(program_wait(pid), 0);
	close(out);
}

/* A reader that goes away ends the filter with an error, and not by a signal. */
static void
test_reader_gone(void **state)
{
	(void)state;
	char digest[] = "digest";
	char *argv[] = {newsctl, digest, NULL};
	int in, out;
	pid_t pid = program_start(argv, &in, &out);
	close(out);
	static const char job[] = "{\"id\":1,\"kind\":\"date\",\"text\":\"2026-01-31\"}\n";
	assert_int_equal(write(in, job, sizeof job - 1), sizeof job - 1);
	assert_int_equal(program_wait(pid), 1);
	close(in);
}

static void
test_options(void **state)
{
	(void)state;
	static const char *const bad[] = {
	    "--workers=many", "--workers=-1", "--workers=1000", "--workers="};
	for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) {
		char digest[] = "digest", *option = mem_strdup(bad[i]);
		char *argv[] = {newsctl, digest, option, NULL};
		struct ran ran;
		program_run(&ran, argv, NULL, 0);
		assert_int_equal(ran.status, 2);
		assert_non_null(strstr(ran.err, "--workers"));
		ran_clear(&ran);
		mem_free(option);
	}
}

/* A URL is wanted for links only: what is none is no reason to read nothing. */
static void
test_page_without_a_url(void **state)
{
	(void)state;
	static const char page[] =
	    "\"kind\":\"page\",\"body\":\"<h1>Rain</h1><p>The rain that fell on the hills for three "
	    "days has filled the lake, and the gates were opened at noon.</p>\"";
	char *input = mem_printf("{\"id\":\"a\",\"url\":\"note: rain\",%s}\n{\"id\":\"b\",%s}\n"
				 "{\"id\":\"c\",\"url\":\"file:///tmp/rain.html\",%s}\n",
	    page, page, page);
	struct json_object *all = answers_to(input);
	static const char *const ids[] = {"a", "b", "c"};
	for (size_t i = 0; i < 3; i++)
		assert_non_null(
		    strstr(json_object_get_string(member(member(all, ids[i]), "articleBody")),
			"filled the lake"));
	json_object_put(all);
	mem_free(input);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_dates),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_bad_lines),
	    cmocka_unit_test(test_pipe_as_file),
	    cmocka_unit_test(test_endless_line),
	    cmocka_unit_test(test_feed_as_a_witness),
	    cmocka_unit_test(test_documents),
	    cmocka_unit_test(test_deadly_page),
	    cmocka_unit_test(test_many),
	    cmocka_unit_test(test_conversation),
	    cmocka_unit_test(test_reader_gone),
	    cmocka_unit_test(test_options),
	    cmocka_unit_test(test_page_without_a_url),
	};
	signal(SIGPIPE, SIG_IGN);
	newsctl = mem_strdup(getenv("NEWSCTL") ? getenv("NEWSCTL") : "./newsctl");
	int rc = cmocka_run_group_tests(tests, NULL, NULL);
	mem_free(newsctl);
	return rc;
}
