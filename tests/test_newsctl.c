/* test_newsctl: the commands of newsctl as a user meets them, run with the real program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <json-c/json.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../daemon/newsctl/newsctl_priv.h"
#include "control.h"
#include "mem.h"
#include "newsctl_rig.h"

/* ---- the command line ---- */

static void
test_usage(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 2, NULL);
	expect(ran.err, "usage: newsctl");
	ran_clear(&ran);
	rig_run(&ran, 2, "serch", "x", NULL);
	expect(ran.err, "did you mean \"search\"?");
	ran_clear(&ran);
	rig_run(&ran, 2, "zzzzzz", NULL);
	expect_not(ran.err, "did you mean");
	ran_clear(&ran);
	rig_run(&ran, 2, "search", "--limt", "3", "x", NULL);
	expect(ran.err, "unknown option --limt; did you mean --limit");
	ran_clear(&ran);
	rig_run(&ran, 2, "feeds", "-z", NULL);
	expect(ran.err, "unknown option -z");
	ran_clear(&ran);
	rig_run(&ran, 2, "search", "x", "--limit", NULL);
	expect(ran.err, "--limit wants a value");
	ran_clear(&ran);
	rig_run(&ran, 2, "why", NULL);
	expect(ran.err, "expected URL");
	ran_clear(&ran);
	rig_run(&ran, 2, "why", "a", "b", NULL);
	expect(ran.err, "\"b\" is one argument too many");
	ran_clear(&ran);
	rig_run(&ran, 2, "\033[31mred", NULL);
	expect_not(ran.err, "\033");
	ran_clear(&ran);
	rig_run(&ran, 0, "--version", NULL);
	expect(ran.out, "newsctl " PACKAGE_VERSION "\n");
	ran_clear(&ran);
}

static void
test_help(void **state)
{
	(void)state;
	struct ran all, one, other;
	rig_run(&all, 0, "--help", NULL);
	for (int i = 0; i < CTL_EXIT_COUNT; i++) {
		char *status = mem_printf("\n  %d  ", i);
		expect(all.out, status);
		mem_free(status);
	}
	for (const struct ctl_command *c = ctl_commands; c->name; c++) {
		char *row = mem_printf("\n  %-8s %s\n", c->name, c->help);
		expect(all.out, row);
		mem_free(row);
		rig_run(&one, 0, "help", c->name, NULL);
		rig_run(&other, 0, c->name, "--help", NULL);
		assert_string_equal(one.out, other.out);
		for (const struct ctl_option *o = c->options; o && o->name; o++)
			expect(one.out, o->name);
		ran_clear(&one);
		ran_clear(&other);
	}
	ran_clear(&all);
	rig_run(&one, 2, "help", "statsu", NULL);
	expect(one.err, "did you mean \"status\"?");
	ran_clear(&one);
}

static void
test_bad_configuration(void **state)
{
	(void)state;
	char *path = rig_write_file("bad.conf", "stroe = /x\n");
	char *argv[] = {rig.program, mem_strdup("-c"), path, mem_strdup("feeds"), NULL};
	struct ran ran;
	program_run(&ran, argv, NULL, 0);
	assert_int_equal(ran.status, 2);
	expect(ran.err, "bad.conf:1");
	ran_clear(&ran);
	mem_free(argv[1]);
	mem_free(argv[3]);
	mem_free(path);
}

/* ---- reading ---- */

/* A precedes B in TEXT. */
static void
expect_order(const char *text, const char *a, const char *b)
{
	expect(text, a);
	expect(text, b);
	if (strstr(text, a) > strstr(text, b))
		fail_msg("\"%s\" should precede \"%s\" in:\n%s", a, b, text);
}

static void
test_feeds(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "feeds", NULL);
	expect(ran.out, "http://paper.example/feed");
	expect(ran.out, "http://dead.example/feed");
	expect_order(ran.out, "http://echo.example/feed", "recovered");
	expect(ran.out, "cut short");
	ran_clear(&ran);
	rig_run(&ran, 0, "feeds", "--failing", NULL);
	expect_not(ran.out, "http://paper.example/feed");
	expect(ran.out, "connection refused");
	ran_clear(&ran);
	rig_run(&ran, 0, "feeds", "--failing", "--json", NULL);
	struct json_object *feed = one_json(ran.out);
	assert_string_equal(json_object_get_string(member(feed, "state")), "failing");
	assert_int_equal(json_object_get_int(member(feed, "failures")), 3);
	assert_string_equal(
	    json_object_get_string(member(feed, "last_poll")), "2026-09-21T14:13:20Z");
	json_object_put(feed);
	ran_clear(&ran);
}

static void
test_status_without_daemon(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 3, "status", NULL);
	expect(
	    ran.out, "sum of outcomes 3 + pending 1 = 4; links discovered 4: nothing is missing");
	expect(ran.out, rig.socket);
	ran_clear(&ran);
	rig_run(&ran, 3, "status", "--json", NULL);
	struct json_object *o = one_json(ran.out), *store = member(o, "store");
	assert_null(member(o, "daemon"));
	assert_int_equal(json_object_get_int(member(store, "links")), 4);
	assert_int_equal(json_object_get_int(member(member(store, "outcomes"), "gone")), 1);
	assert_true(json_object_get_boolean(member(store, "sum_agrees")));
	/* no writer has run: its articles wait for their stories */
	assert_true(json_object_get_int(member(store, "articles")) > 0);
	assert_int_equal(json_object_get_int(member(store, "unjudged")),
	    json_object_get_int(member(store, "articles")));
	json_object_put(o);
	ran_clear(&ran);
}

static void
vandalise(const char *sql)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open(rig.store, &db), SQLITE_OK);
	assert_int_equal(sqlite3_exec(db, sql, NULL, NULL, NULL), SQLITE_OK);
	sqlite3_close(db);
}

/* A link that no outcome accounts for. */
static void
test_status_says_when_the_sum_is_wrong(void **state)
{
	(void)state;
	struct ran ran;
	vandalise("UPDATE nd_count SET n = n - 1 WHERE name = 'gone'");
	rig_run(&ran, 1, "status", NULL);
	expect(ran.out, "sum of outcomes 2 + pending 1 = 3; links discovered 4: THEY DIFFER");
	ran_clear(&ran);
	rig_run(&ran, 1, "status", "--json", NULL);
	struct json_object *o = one_json(ran.out);
	assert_false(json_object_get_boolean(member(member(o, "store"), "sum_agrees")));
	json_object_put(o);
	ran_clear(&ran);
	vandalise("UPDATE nd_count SET n = n + 1 WHERE name = 'gone'");
}

static void
test_search(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "search", "bridge", "river", NULL);
	expect(ran.out, "The Paper");
	expect(ran.out, "2026-09-21");
	expect_not(ran.out, "\033");
	ran_clear(&ran);
	rig_run(&ran, 0, "search", "BRIDGE", "--json", NULL);
	struct json_object *o = one_json(ran.out);
	assert_int_equal(json_object_get_int64(member(o, "id")), rig.article_id);
	expect_not(json_object_get_string(member(o, "snippet")), "\1");
	json_object_put(o);
	ran_clear(&ran);
	rig_run(&ran, 1, "search", "volcano", NULL);
	assert_string_equal(ran.out, "");
	ran_clear(&ran);
	rig_run(&ran, 1, "search", "bridge", "--since", "2100-01-01", NULL);
	ran_clear(&ran);
	rig_run(&ran, 0, "search", "--since", "2000w", "bridge", NULL);
	ran_clear(&ran);
	rig_run(&ran, 1, "search", "NOT (\"bridge",
	    NULL); /* no operators: only words that are not there */
	assert_string_equal(ran.err, "");
	ran_clear(&ran);
	rig_run(&ran, 0, "search", "--raw", "title: bridge NOT volcano", NULL);
	ran_clear(&ran);
	rig_run(&ran, 1, "search", "--raw", "AND (\"bridge", NULL);
	expect(ran.err, "newsctl: ");
	ran_clear(&ran);
	rig_run(&ran, 2, "search", "--since", "soon", "bridge", NULL);
	expect(ran.err, "expected a span");
	ran_clear(&ran);
	rig_run(&ran, 2, "search", "--limit", "0", "bridge", NULL);
	ran_clear(&ran);
}

static void
test_show(void **state)
{
	(void)state;
	struct ran ran;
	char *id = mem_printf("%lld", (long long)rig.article_id);
	rig_run(&ran, 0, "show", id, NULL);
	expect(ran.out, "It took four years to build and cost eleven million.\n");
	expect(ran.out, "2026-09-21T12:13:20Z");
	expect(ran.out, "from Monday on");
	expect_not(ran.out, "\033"); /* what the page brought is shown, not obeyed */
	expect_not(ran.out, "\a");
	ran_clear(&ran);
	rig_run(&ran, 0, "show", "--json", "HTTP://PAPER.example/bridge#top", NULL);
	struct json_object *o = one_json(ran.out);
	assert_string_equal(json_object_get_string(member(o, "body")), rig_article_text);
	json_object_put(o);
	ran_clear(&ran);
	rig_run(&ran, 1, "show", "999999", NULL);
	expect(ran.err, "there is no article 999999");
	ran_clear(&ran);
	rig_run(&ran, 1, "show", "http://paper.example/gone", NULL);
	expect(ran.err, "gone, HTTP 404");
	ran_clear(&ran);
	rig_run(&ran, 1, "show", "http://nowhere.example/", NULL);
	expect(ran.err, "no feed has shown");
	ran_clear(&ran);
	mem_free(id);
}

static void
test_why(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "why", "http://paper.example/bridge", NULL);
	expect_order(ran.out, "discovered in feed http://paper.example/feed", " of story ");
	expect_order(ran.out, "stored after 1 attempt (HTTP 200)",
	    "also seen in feed http://echo.example/feed");
	expect_order(ran.out, "also seen in", "last polls of http://paper.example/feed");
	expect_not(ran.out, "\033");
	ran_clear(&ran);
	/* by the address that its entry got later */
	rig_run(&ran, 0, "why", "http://echo.example/bridge", NULL);
	expect(ran.out, "http://paper.example/bridge\n");
	expect(ran.out,
	    "feed http://echo.example/feed gave it another address: http://echo.example/bridge");
	ran_clear(&ran);
	rig_run(&ran, 0, "why", "http://paper.example/copy", NULL);
	char *of =
	    mem_printf("duplicate of article %lld after 2 attempts (HTTP 200): the same text",
		(long long)rig.article_id);
	expect(ran.out, of);
	mem_free(of);
	ran_clear(&ran);
	rig_run(&ran, 0, "why", "http://paper.example/later", NULL);
	expect_order(ran.out, "still pending after 1 attempt: connection refused",
	    "next attempt, not before");
	ran_clear(&ran);
	rig_run(&ran, 0, "why", "--json", "http://paper.example/gone", NULL);
	struct json_object *o = one_json(ran.out);
	assert_string_equal(json_object_get_string(member(o, "outcome")), "gone");
	assert_int_equal(json_object_array_length(member(o, "sightings")), 1);
	assert_int_equal(json_object_array_length(member(o, "aliases")), 0);
	assert_int_equal(json_object_array_length(member(o, "polls")), 1);
	json_object_put(o);
	ran_clear(&ran);
	rig_run(&ran, 1, "why", "http://nowhere.example/", NULL);
	expect(ran.err, "has ever shown the link");
	ran_clear(&ran);
	rig_run(&ran, 1, "why", "http://echo.example/feed", NULL);
	expect(ran.err, "is a feed");
	ran_clear(&ran);
}

static void
test_tail(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "tail", "-n", "3", NULL);
	expect_order(ran.out, "http://paper.example/copy", "http://paper.example/gone");
	expect_not(ran.out, "http://paper.example/bridge");
	ran_clear(&ran);
	rig_run(&ran, 0, "tail", "-n1", "--json", NULL);
	struct json_object *o = one_json(ran.out);
	assert_string_equal(json_object_get_string(member(o, "url")), "http://paper.example/later");
	assert_string_equal(json_object_get_string(member(o, "event")), "retry");
	json_object_put(o);
	ran_clear(&ran);
	rig_run(&ran, 3, "tail", "-f", NULL);
	ran_clear(&ran);
	rig_run(&ran, 2, "tail", "-n", "-1", NULL);
	ran_clear(&ran);
}

static void
test_check(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "check", NULL);
	expect(ran.out, "is sound (full check");
	ran_clear(&ran);
	rig_run(&ran, 0, "check", "--fast", "--json", NULL);
	struct json_object *o = one_json(ran.out);
	assert_true(json_object_get_boolean(member(o, "sound")));
	assert_false(json_object_get_boolean(member(o, "full")));
	json_object_put(o);
	ran_clear(&ran);
	rig_run(&ran, 2, "check", "--fast", "--full", NULL);
	ran_clear(&ran);
}

static void
test_bad_store(void **state)
{
	(void)state;
	struct ran ran;
	char *path = rig_write_file(
	    "bad.db", "This is not a database, it is a text that someone put in its place.\n");
	static const char *const commands[] = {"feeds", "check", "tail", "export"};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		rig_run(&ran, 1, "--store", path, commands[i], NULL);
		expect(ran.err, "bad.db");
		ran_clear(&ran);
	}
	rig_run(&ran, 1, "--store", "/nonexistent/news.db", "feeds", NULL);
	expect(ran.err, "/nonexistent/news.db");
	ran_clear(&ran);
	mem_free(path);
}

/* ---- the daemon ---- */

static void
test_without_daemon(void **state)
{
	(void)state;
	struct ran ran;
	static const char *const commands[][2] = {{"add", "http://paper.example/feed"},
	    {"remove", "1"}, {"poll", NULL}, {"reload", NULL}, {"accept", "1"}, {"dismiss", "1"},
	    {"split", "1"}};
	for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
		rig_run(&ran, 3, commands[i][0], commands[i][1], NULL);
		expect(ran.err, rig.socket);
		expect(ran.err, "start");
		ran_clear(&ran);
	}
}

static void
test_add(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "add", "http://a.example/feed", "--title", "A feed", "--tag", "x", "--tag",
	    "y", "--content", "feed", NULL);
	expect(ran.out, "feed 7 added: http://canonical.example/");
	expect_request("{\"command\":\"add\",\"url\":\"http://a.example/feed\",\"title\":\"A "
		       "feed\",\"tags\":\"x y\","
		       "\"content\":\"feed\"}");
	ran_clear(&ran);
	rig_run(&ran, 1, "add", "http://known.example/", "http://refused.example/", NULL);
	expect(ran.out, "feed 20 was there already: http://known.example/");
	expect(ran.err, "http://refused.example/: this feed is refused");
	expect_request("{\"command\":\"add\",\"feeds\":[{\"url\":\"http://known.example/"
		       "\"},{\"url\":\"http://refused.example/\"}]}\n");
	ran_clear(&ran);
	rig_run(&ran, 0, "add", "http://a.example/", "http://b.example/", "--tag", "x", "--content",
	    "feed", "--json", NULL);
	assert_string_equal(ran.out, "{\"url\":\"http://a.example/\",\"id\":20,\"added\":true}\n"
				     "{\"url\":\"http://b.example/\",\"id\":21,\"added\":true}\n");
	expect_request("{\"url\":\"http://b.example/\",\"tags\":\"x\",\"content\":\"feed\"}");
	ran_clear(&ran);
	rig_run(&ran, 1, "add", "http://trouble.example/", "http://b.example/", NULL);
	expect(ran.err, "the disk is full");
	expect(ran.err, "2 feeds were not added");
	ran_clear(&ran);
	rig_run(&ran, 1, "add", "http://silent.example/", "http://b.example/", NULL);
	expect(ran.err, "newsd told of 0 feeds where 2 were to be added");
	ran_clear(&ran);
	rig_run(&ran, 2, "add", "paper.example/feed", NULL);
	expect(ran.err, "did you mean https://paper.example/feed");
	ran_clear(&ran);
	rig_run(&ran, 2, "add", "ftp://paper.example/feed", NULL);
	ran_clear(&ran);
	rig_run(&ran, 2, "add", "http://a.example/", "--content", "all", NULL);
	ran_clear(&ran);
	rig_run(&ran, 2, "add", "http://a.example/", "http://b.example/", "--title", "T", NULL);
	ran_clear(&ran);
}

static void
test_add_finds(void **state)
{
	(void)state;
	struct ran ran;
	/* several, and nobody to ask */
	rig_run(&ran, 4, "add", "http://home.example/", NULL);
	expect(ran.out, "http://home.example/feed");
	expect(ran.out, "2026-09-21 14:13");
	expect(ran.out, "comments");
	expect_not(ran.out, "\033[31m");
	expect(ran.err, "http://home.example/ has 2 feeds and none was added");
	ran_clear(&ran);
	char *all = rig_requests();
	expect_not(all, "\"command\":\"add\",\"url\":\"http://home.example/");
	mem_free(all);
	rig_run(&ran, 0, "add", "--first", "--tag", "x", "http://home.example/", NULL);
	expect_request("{\"command\":\"add\",\"url\":\"http://home.example/feed\",\"tags\":\"x\"}");
	ran_clear(&ran);
	/* the others are added all the same */
	rig_run(&ran, 1, "add", "http://nothing.example/", "http://b.example/", NULL);
	expect(ran.err, "it names none");
	expect(ran.out, "added");
	ran_clear(&ran);
	rig_run(&ran, 0, "add", "--no-discover", "http://nothing.example/", NULL);
	expect_request("{\"command\":\"add\",\"url\":\"http://nothing.example/\"}");
	ran_clear(&ran);
	rig_run(&ran, 4, "add", "--json", "http://home.example/", NULL);
	expect(ran.out,
	    "{\"url\":\"http://home.example/feed\",\"title\":\"Feed\\u001b[31m 1\",\"format\":"
	    "\"rss20\",\"class\":\"main\",\"found_by\":\"declared\",\"entries\":10,\"newest\":"
	    "\"2026-09-21T14:13:20Z\",\"full_text\":true,\"id\":null}\n");
	ran_clear(&ran);
}

static void
test_decide(void **state)
{
	(void)state;
	struct ran ran;
	char *list = rig_write_file("feeds.opml",
	    "<opml>\n<outline xmlUrl=\"http://other.example/feed?a=1&amp;b=2\"/>\n"
	    "<outline text='x' htmlUrl='http://old.example/' "
	    "xmlUrl='http://OLD.example/feed?a=1&amp;b=2'/>\n</opml>\n");
	rig_run(&ran, 0, "accept", "1", NULL);
	char *place =
	    mem_printf("%s, line 3 and /etc/newsd.conf, line 7: change "
		       "http://old.example/feed?a=1&b=2 to http://new.example/feed; until",
		list);
	expect(ran.out, "feed 5 is polled at http://new.example/feed from now on");
	expect(ran.out, place);
	expect_request("{\"command\":\"accept\",\"proposal\":1}");
	ran_clear(&ran);
	rig_run(&ran, 0, "accept", "--json", "1", NULL);
	struct json_object *o = one_json(ran.out);
	struct json_object *first = json_object_array_get_idx(member(o, "to_change"), 0);
	assert_int_equal(json_object_array_length(member(o, "to_change")), 2);
	assert_int_equal(json_object_get_int(member(first, "line")), 3);
	assert_string_equal(json_object_get_string(member(first, "file")), list);
	json_object_put(o);
	ran_clear(&ran);
	rig_run(&ran, 0, "accept", "9", NULL);
	expect(ran.out, "feed 5 is polled no more: gone: its server says so");
	expect(ran.out,
	    "line 3 and /etc/newsd.conf, line 7: remove http://old.example/feed?a=1&b=2; until "
	    "then newsd leaves it alone all the same");
	ran_clear(&ran);
	unlink(list);
	rig_run(&ran, 0, "accept", "1", NULL);
	expect(ran.out, "from now on\n/etc/newsd.conf, line 7: change http://old.example/");
	ran_clear(&ran);
	rig_run(&ran, 0, "accept", "2", NULL);
	expect_not(ran.out, "change");
	ran_clear(&ran);
	rig_run(&ran, 1, "dismiss", "2", "3", NULL);
	expect(ran.out, "proposal 2 is dismissed");
	expect(ran.err, "no proposal 3");
	ran_clear(&ran);
	rig_run(&ran, 2, "accept", "x", NULL);
	expect(ran.err, "newsctl proposals lists them");
	ran_clear(&ran);
	mem_free(place);
	mem_free(list);
}

static void
test_proposals(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "proposals", NULL);
	assert_string_equal(ran.out, "");
	expect(ran.err, "nothing is proposed");
	ran_clear(&ran);
}

static void
test_requests(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 0, "remove", "http://a.example/feed", "12", NULL);
	expect_request("{\"command\":\"remove\",\"feed\":\"http://a.example/feed\"}\n"
		       "{\"command\":\"remove\",\"feed\":\"12\"}\n");
	ran_clear(&ran);
	rig_run(&ran, 0, "poll", NULL);
	expect(ran.out, "3 feeds will be polled now");
	expect_request("{\"command\":\"poll\"}\n");
	ran_clear(&ran);
	rig_run(&ran, 0, "poll", "5", "--json", NULL);
	json_object_put(one_json(ran.out));
	expect_request("{\"command\":\"poll\",\"feed\":\"5\"}\n");
	ran_clear(&ran);
	rig_run(&ran, 0, "reload", NULL);
	expect_request("{\"command\":\"reload\"}\n");
	ran_clear(&ran);
	rig_run(&ran, 0, "status", NULL);
	expect(ran.out, "9.9");
	expect(ran.out, "stories ready           yes\n");
	expect(ran.out, "nothing is missing");
	ran_clear(&ran);
}

static void
test_follow(void **state)
{
	(void)state;
	char *argv[] = {rig.program, mem_strdup("--store"), rig.store, mem_strdup("--socket"),
	    rig.socket, mem_strdup("tail"), mem_strdup("-f"), mem_strdup("-n2"), NULL};
	int in, out;
	pid_t pid = program_start(argv, &in, &out);
	static const char *const expected[] = {
	    "http://paper.example/gone", "http://paper.example/later", "http://paper.example/new"};
	for (size_t i = 0; i < 3; i++) {
		char *line = program_read_line(out, 30);
		assert_non_null(line);
		expect(line, expected[i]);
		mem_free(line);
	}
	kill(pid, SIGTERM);
	assert_int_equal(program_wait(pid), 128 + SIGTERM);
	close(in);
	close(out);
	static const size_t own[] = {1, 3, 5, 6, 7};
	for (size_t i = 0; i < sizeof own / sizeof *own; i++)
		mem_free(argv[own[i]]);
}

/* ---- lists ---- */

static void
test_export_import(void **state)
{
	(void)state;
	struct ran ran, again;
	char *path = mem_printf("%s/feeds.opml", rig.dir);
	rig_run(&ran, 0, "export", NULL);
	expect(ran.out, "xmlUrl=\"http://paper.example/feed\"");
	rig_run(&again, 0, "export", path, NULL);
	assert_string_equal(again.out, "");
	ran_clear(&again);
	rig_run_with(&again, ran.out, "import", "--dry-run", "--json", "-", NULL);
	assert_int_equal(again.status, 0);
	expect(again.out, "\"tags\":\"city world\"");
	ran_clear(&again);
	ran_clear(&ran);
	rig_run(&ran, 0, "import", path, NULL);
	expect(ran.out, "3 feeds added, 0 were there already, 0 refused");
	expect_request("\"url\":\"http://paper.example/feed\",\"title\":\"The "
		       "Paper\",\"tags\":\"city world\"");
	ran_clear(&ran);
	mem_free(path);
}

static void
test_import(void **state)
{
	(void)state;
	struct ran ran;
	char *path =
	    rig_write_file("list.txt", "# my feeds\nhttp://a.example/feed \"front page\" \"~The "
				       "A\"\nhttp://refused.example/\nhttp://known.example/\n");
	rig_run(&ran, 1, "import", path, NULL);
	expect(ran.out, "1 feeds added, 1 were there already, 1 refused");
	expect(ran.err, "http://refused.example/");
	expect_request("front-page");
	ran_clear(&ran);
	mem_free(path);
	rig_run(&ran, 1, "import", "/nonexistent/list", NULL);
	expect(ran.err, "/nonexistent/list");
	ran_clear(&ran);
	rig_run_with(&ran, "# nothing\n", "import", "-", NULL);
	assert_int_equal(ran.status, 1);
	ran_clear(&ran);
	rig_run_with(&ran, "<html><body>a page</body></html>", "import", "-", NULL);
	assert_int_equal(ran.status, 1);
	ran_clear(&ran);
}

/* TEXT with COUNT URLs, each longer than PADDING bytes. */
static char *
long_list(size_t count, size_t padding)
{
	struct buf list;
	buf_init(&list, (size_t)16 << 20);
	for (size_t i = 0; i < count; i++)
		buf_printf(&list, "http://a.example/%zu/%0*d\n", i, (int)padding, 0);
	char *text = mem_strdup(buf_str(&list));
	buf_clear(&list);
	return text;
}

/* A list goes in few requests, and each fits into a line, as does its answer. */
static void
test_import_in_chunks(void **state)
{
	(void)state;
	static const struct {
		size_t feeds, padding, requests_min, requests_max;
	} rows[] = {{500, 1, 1, 1}, {1201, 1, 3, 3}, {1000, 1500, 6, 20}};
	size_t before = 0;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct ran ran;
		char *text = long_list(rows[i].feeds, rows[i].padding);
		char *path = rig_write_file("list.txt", text);
		char *sum =
		    mem_printf("%zu feeds added, 0 were there already, 0 refused\n", rows[i].feeds);
		rig_run(&ran, 0, "import", path, NULL);
		assert_string_equal(ran.out, sum);
		assert_string_equal(ran.err, ""); /* no progress where nobody looks on */
		ran_clear(&ran);
		char *all = rig_requests();
		size_t requests = 0;
		for (const char *line = all, *end; (end = strchr(line, '\n')); line = end + 1) {
			assert_true((size_t)(end - line) < CONTROL_LINE_MAX / 2);
			requests++;
		}
		assert_in_range(requests - before, rows[i].requests_min, rows[i].requests_max);
		before = requests;
		mem_free(all);
		mem_free(sum);
		mem_free(path);
		mem_free(text);
	}
}

/* When newsd can't, what it was not told of counts as refused. */
static void
test_import_in_trouble(void **state)
{
	(void)state;
	struct ran ran;
	char *path = rig_write_file("list.txt", "http://trouble.example/\nhttp://a.example/\n");
	rig_run(&ran, 1, "import", path, NULL);
	expect(ran.out, "0 feeds added, 0 were there already, 2 refused");
	expect(ran.err, "the disk is full");
	ran_clear(&ran);
	mem_free(path);
}

/* A file that can't be written is said. */
static void
test_export_fails(void **state)
{
	(void)state;
	struct ran ran;
	rig_run(&ran, 1, "export", "/nonexistent/feeds.opml", NULL);
	expect(ran.err, "/nonexistent/feeds.opml");
	ran_clear(&ran);
	char *target = mem_printf("%s/news.db/feeds.opml", rig.dir); /* below a file */
	rig_run(&ran, 1, "export", target, NULL);
	expect(ran.err, "Not a directory");
	mem_free(target);
	ran_clear(&ran);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_usage),
	    cmocka_unit_test(test_help),
	    cmocka_unit_test(test_bad_configuration),
	    cmocka_unit_test(test_feeds),
	    cmocka_unit_test(test_status_without_daemon),
	    cmocka_unit_test(test_status_says_when_the_sum_is_wrong),
	    cmocka_unit_test(test_search),
	    cmocka_unit_test(test_show),
	    cmocka_unit_test(test_why),
	    cmocka_unit_test(test_tail),
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_bad_store),
	    cmocka_unit_test(test_without_daemon),
	    cmocka_unit_test_setup_teardown(test_add, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test_setup_teardown(test_add_finds, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test_setup_teardown(test_decide, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test(test_proposals),
	    cmocka_unit_test_setup_teardown(test_requests, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test_setup_teardown(test_follow, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test_setup_teardown(test_export_import, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test_setup_teardown(test_import, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test_setup_teardown(
		test_import_in_chunks, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test_setup_teardown(
		test_import_in_trouble, rig_start_daemon, rig_stop_daemon),
	    cmocka_unit_test(test_export_fails),
	};
	return cmocka_run_group_tests(tests, rig_setup, rig_teardown);
}
