/*
 * test_e2e_discover: newsctl add finds the feeds of sites, by the real daemon over real sockets;
 * and a page in the place of a feed becomes a proposal that can be accepted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <pty.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "buf.h"
#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"

/* newsctl add URL OPTION (may be NULL) ends with STATUS; its words to RAN. */
static void
add(struct ran *ran, int status, unsigned host, const char *path, const char *option)
{
	char *url = e2e_url(host, path);
	e2e_ctl(ran, status, "add", url, option, NULL);
	mem_free(url);
}

static void
expect_feed(unsigned host, const char *path)
{
	char *url = e2e_url(host, path);
	char *sql = mem_printf("SELECT count(*) FROM feeds WHERE url = '%s' AND active", url);
	e2e_expect_int(sql, 1);
	mem_free(sql);
	mem_free(url);
}

static void
end(void)
{
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

/* ---- add ---- */

/* Two addresses are declared, one is a feed, and it is added and polled. */
static void
test_one_feed(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 0, 1, "/home/one", NULL);
	expect(ran.out, "/feed/one");
	ran_clear(&ran);
	expect_feed(1, "/feed/one");
	e2e_expect_int("SELECT count(*) FROM feeds", 1);
	e2e_until("SELECT count(*) FROM articles", 2);
	end();
}

static void
test_the_feed_itself(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 0, 1, "/feed/two", NULL);
	ran_clear(&ran);
	expect_feed(1, "/feed/two");
	add(&ran, 0, 1, "/feed/two", NULL);
	expect(ran.out, "was there already");
	ran_clear(&ran);
	end();
}

static void
test_several_feeds(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 4, 1, "/home/several", NULL);
	/* the site's own first, comments last */
	const char *full = strstr(ran.out, "/feed/full"), *atom = strstr(ran.out, "/feed/atom"),
		   *comments = strstr(ran.out, "/feed/two");
	assert_true(full && atom && comments && full < atom && atom < comments);
	expect(ran.out, "full");
	expect(ran.err, "has 3 feeds and none was added");
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds", 0);

	add(&ran, 0, 1, "/home/several", "--first");
	expect(ran.out, "/feed/full");
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds", 1);
	expect_feed(1, "/feed/full");
	end();
}

static void
test_several_feeds_as_json(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 4, 1, "/home/several", "--json");
	ran.out[strcspn(ran.out, "\n") + 1] = '\0'; /* the first */
	struct json_object *o = one_json(ran.out);
	expect(json_object_get_string(member(o, "url")), "/feed/full");
	assert_string_equal(json_object_get_string(member(o, "format")), "rss20");
	assert_string_equal(json_object_get_string(member(o, "class")), "main");
	assert_string_equal(json_object_get_string(member(o, "found_by")), "declared");
	assert_int_equal(json_object_get_int(member(o, "entries")), 3);
	assert_true(json_object_get_boolean(member(o, "full_text")));
	json_object_put(o);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds", 0);
	end();
}

static void
test_a_link_to_a_feed(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 0, 1, "/home/links", NULL);
	ran_clear(&ran);
	expect_feed(1, "/feed/growing");
	e2e_expect_int("SELECT count(*) FROM feeds", 1);
	end();
}

/* The page names none: the usual addresses are tried up to the first feed. */
static void
test_a_guess(void **state)
{
	(void)state;
	struct ran ran;
	size_t from = e2e.site.site->seen_len;
	e2e_start();
	add(&ran, 0, 7, "/home/plain", NULL);
	ran_clear(&ran);
	expect_feed(7, "/rss.xml");
	assert_int_equal(site_count(e2e.site.site, from, "/atom.xml", 0), 0);
	assert_int_equal(site_count(e2e.site.site, from, "/robots.txt", 0) > 0, 1);
	end();
}

/* robots.txt forbids the address where a feed is, and names a sitemap of news. */
static void
test_a_sitemap(void **state)
{
	(void)state;
	struct ran ran;
	size_t from = e2e.site.site->seen_len;
	e2e_start();
	add(&ran, 0, 8, "/home/plain", NULL);
	ran_clear(&ran);
	expect_feed(8, "/maps/news.xml");
	assert_int_equal(site_count(e2e.site.site, from, "/rss.xml", 0), 0);
	e2e_until("SELECT count(*) FROM articles", 1);
	end();
}

static void
test_no_feeds(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 1, 1, "/home/plain", NULL);
	expect(ran.err, "html page: \"Our town\"");
	expect(ran.err, "--no-discover adds an address as it is");
	ran_clear(&ran);
	add(&ran, 1, 1, "/home/none", NULL);
	expect(ran.err, "HTTP 404");
	ran_clear(&ran);
	add(&ran, 1, 66, "/home/one", NULL); /* an address that newsd may not ask */
	expect(ran.err, "refused");
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds", 0);

	add(&ran, 0, 1, "/home/plain", "--no-discover");
	ran_clear(&ran);
	expect_feed(1, "/home/plain");
	end();
}

/* What went wrong with one site keeps no other away. */
static void
test_many_sites(void **state)
{
	(void)state;
	struct ran ran;
	char *one = e2e_url(1, "/home/one"), *several = e2e_url(1, "/home/several"),
	     *links = e2e_url(1, "/home/links");
	e2e_start();
	e2e_ctl(&ran, 4, "add", one, several, links, NULL);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds", 2);
	expect_feed(1, "/feed/one");
	expect_feed(1, "/feed/growing");
	end();
	mem_free(one);
	mem_free(several);
	mem_free(links);
}

/* Who leaves is searched for no more; the daemon goes on. */
static void
test_who_leaves(void **state)
{
	(void)state;
	struct ran ran;
	char *url = e2e_url(2, "/slow/1");
	char *const argv[] = {
	    e2e.newsctl, (char *)"--socket", e2e.socket, (char *)"add", url, NULL};
	size_t from = e2e.site.site->seen_len;
	int to, out;
	e2e_start();
	pid_t pid = program_start(argv, &to, &out);
	while (!site_count(e2e.site.site, from, "/slow/1", 0))
		e2e_pause();
	kill(pid, SIGKILL);
	program_wait(pid);
	close(to);
	close(out);
	add(&ran, 0, 1, "/home/one", NULL);
	ran_clear(&ran);
	end();
	mem_free(url);
}

/* ---- on a terminal ---- */

/* Run add on a terminal of its own, give ANSWER to the question; what was shown, malloc'ed. */
static char *
add_on_terminal(const char *path, const char *answer, int *status)
{
	int terminal;
	char *url = e2e_url(1, path);
	struct buf shown;
	buf_init(&shown, 1 << 20);
	pid_t pid = forkpty(&terminal, NULL, NULL, NULL);
	assert_true(pid >= 0);
	if (pid == 0) {
		execl(e2e.newsctl, e2e.newsctl, "--socket", e2e.socket, "add", url, (char *)NULL);
		_exit(127);
	}
	char chunk[4096];
	ssize_t n;
	int asked = 0;
	while ((n = read(terminal, chunk, sizeof chunk)) > 0) {
		buf_add(&shown, chunk, (size_t)n);
		if (!asked && strstr(buf_str(&shown), "q for none: ")) {
			asked = 1;
			assert_int_equal(
			    write(terminal, answer, strlen(answer)), (ssize_t)strlen(answer));
		}
	}
	close(terminal);
	*status = program_wait(pid);
	char *text = mem_strdup(buf_str(&shown));
	buf_clear(&shown);
	mem_free(url);
	return text;
}

static void
test_on_a_terminal(void **state)
{
	(void)state;
	int status;
	e2e_start();
	char *shown = add_on_terminal("/home/several", "9\n2\n", &status);
	assert_int_equal(status, 0);
	expect(shown, "looking for feeds at http");
	expect(shown, "TITLE");
	mem_free(shown);
	expect_feed(1, "/feed/atom");
	mem_free(add_on_terminal("/home/several", "\n", &status));
	assert_int_equal(status, 0);
	expect_feed(1, "/feed/full");
	mem_free(add_on_terminal("/home/several", "q\n", &status));
	assert_int_equal(status, 4);
	e2e_expect_int("SELECT count(*) FROM feeds", 2);
	end();
}

/* ---- a page in the place of a feed ---- */

/* Poll the feed, which now gives a page; the proposal is there. */
static void
let_it_move(void)
{
	struct ran ran;
	e2e_until("SELECT count(*) FROM articles", 2);
	e2e.site.site->phase = 1;
	e2e_ctl(&ran, 0, "poll", NULL);
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM proposals WHERE state = 'open'", 1);
	char *to = e2e_url(1, "/feed/one");
	char *sql =
	    mem_printf("SELECT count(*) FROM proposals WHERE kind = 'moved' AND new_url = '%s'"
		       " AND seen >= 1 AND evidence LIKE '%%Our town%%The news%%'",
		to);
	e2e_expect_int(sql, 1);
	mem_free(sql);
	e2e_until_log(" proposal feed=");
	e2e_ctl(&ran, 0, "proposals", NULL);
	expect(ran.out, to);
	expect(ran.out, "failing");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "status", "--json", NULL);
	struct json_object *status = one_json(ran.out);
	assert_int_equal(json_object_get_int(member(member(status, "store"), "proposals")), 1);
	json_object_put(status);
	ran_clear(&ran);
	mem_free(to);
}

static void
expect_polled_at(const char *path)
{
	size_t from = e2e.site.site->seen_len;
	struct ran ran;
	e2e_ctl(&ran, 0, "poll", NULL);
	ran_clear(&ran);
	while (!site_count(e2e.site.site, from, "/feed/", 0))
		e2e_pause();
	assert_int_equal(site_count(e2e.site.site, from, path, 0), 1);
}

static void
test_accept(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 0, 1, "/feed/moving", NULL);
	ran_clear(&ran);
	let_it_move();
	e2e_ctl(&ran, 0, "accept", "1", NULL);
	expect(ran.out, "feed 1 is polled at http");
	expect_not(ran.out, "change");
	ran_clear(&ran);
	e2e_until(
	    "SELECT count(*) FROM feeds WHERE id = 1 AND error IS NULL AND last_status = 200 AND "
	    "failures = 0 AND url LIKE '%/feed/one'",
	    1);
	e2e_expect_int("SELECT count(*) FROM feeds", 1);
	e2e_expect_int("SELECT count(*) FROM links", 2); /* the same as before */
	e2e_expect_int("SELECT count(*) FROM proposals WHERE state = 'accepted'", 1);
	e2e_ctl(&ran, 1, "accept", "1", NULL);
	expect(ran.err, "was accepted before");
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "dismiss", "7", NULL);
	expect(ran.err, "`newsctl proposals` lists them");
	ran_clear(&ran);
	end();
	e2e_start();
	expect_polled_at("/feed/one");
	end();
}

/* What was a feed when it was proposed may be none when it is accepted. */
static void
test_accept_checks_first(void **state)
{
	(void)state;
	struct ran ran;
	e2e_start();
	add(&ran, 0, 1, "/feed/moving", NULL);
	ran_clear(&ran);
	let_it_move();
	end();
	static const char *const broken[][2] = {
	    {"/feed/bad/missing", "HTTP 404"}, {"/home/several", "is no feed, only a page"}};
	const char *now = "/feed/one";
	for (size_t i = 0; i < 2; i++) {
		char *sql =
		    mem_printf("UPDATE nd_proposal SET new_url = replace(new_url, '%s', '%s')", now,
			broken[i][0]);
		e2e_execute(sql);
		mem_free(sql);
		now = broken[i][0];
		e2e_start();
		e2e_ctl(&ran, 1, "accept", "1", NULL);
		expect(ran.err, broken[i][1]);
		expect(ran.err, "proposal 1 is not accepted");
		expect(ran.err, "--no-check");
		ran_clear(&ran);
		e2e_expect_int("SELECT count(*) FROM proposals WHERE state = 'open'", 1);
		e2e_expect_int("SELECT count(*) FROM feeds WHERE url LIKE '%/feed/moving'", 1);
		if (i == 1) {
			e2e_ctl(&ran, 0, "accept", "--no-check", "1", NULL);
			expect(ran.out, "feed 1 is polled at http");
			ran_clear(&ran);
		}
		end();
	}
	e2e_expect_int("SELECT count(*) FROM feeds WHERE url LIKE '%/home/several'", 1);
}

/* The file stays the truth: it is told what to change, redirected until then, and then the same. */
static void
test_accept_of_a_listed_feed(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("2 /feed/two", "1 /feed/moving", NULL);
	e2e_start();
	e2e_until("SELECT count(*) FROM feeds WHERE last_poll > 0", 2);
	int64_t id = e2e_int("SELECT id FROM feeds WHERE url LIKE '%/feed/moving'");
	let_it_move();
	e2e_ctl(&ran, 0, "accept", "1", NULL);
	expect(ran.out, "feeds.txt, line 2: change http");
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM feeds WHERE url LIKE '%/feed/moving' AND moved_to LIKE "
		  "'%/feed/one' AND last_status = 200 AND error IS NULL",
	    1);
	e2e_ctl(&ran, 0, "reload", NULL);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds WHERE moved_to IS NOT NULL AND active", 1);
	e2e_ctl(&ran, 0, "export", NULL);
	expect(ran.out, "/feed/one\"");
	expect_not(ran.out, "/feed/moving");
	ran_clear(&ran);
	add(&ran, 0, 1, "/feed/one", NULL);
	expect(ran.out, "was there already");
	ran_clear(&ran);
	assert_int_equal(e2e_stop(SIGKILL), 128 + SIGKILL);
	e2e_start();
	expect_polled_at("/feed/one");

	e2e_feeds("2 /feed/two", "1 /feed/one", NULL);
	e2e_ctl(&ran, 0, "reload", NULL);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds", 2);
	char *sql =
	    mem_printf("SELECT count(*) FROM feeds WHERE id = %lld AND url LIKE '%%/feed/one'"
		       " AND moved_to IS NULL AND active",
		(long long)id);
	e2e_expect_int(sql, 1);
	mem_free(sql);
	expect_polled_at("/feed/one");
	end();
}

static void
test_dismiss(void **state)
{
	(void)state;
	struct ran ran;
	e2e_feeds("1 /feed/moving", NULL);
	e2e_start();
	let_it_move();
	e2e_ctl(&ran, 0, "dismiss", "1", NULL);
	expect(ran.out, "proposal 1 is dismissed");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "poll", NULL);
	ran_clear(&ran);
	e2e_until("SELECT count(*) FROM proposals WHERE seen = 2", 1);
	e2e_expect_int("SELECT count(*) FROM proposals WHERE state = 'dismissed'", 1);
	e2e_ctl(&ran, 0, "proposals", NULL);
	assert_string_equal(ran.out, "");
	expect(ran.err, "nothing is proposed");
	ran_clear(&ran);
	e2e_ctl(&ran, 0, "proposals", "--all", "--json", NULL);
	struct json_object *o = one_json(ran.out);
	assert_string_equal(json_object_get_string(member(o, "state")), "dismissed");
	json_object_put(o);
	ran_clear(&ran);
	end();
}

static void
test_without_the_daemon(void **state)
{
	(void)state;
	struct ran ran;
	add(&ran, 3, 1, "/home/one", NULL);
	expect(ran.err, "newsd is not running");
	expect(ran.err, "start it with");
	ran_clear(&ran);
	e2e_ctl(&ran, 3, "accept", "1", NULL);
	ran_clear(&ran);
}

#define FRESH(test) cmocka_unit_test_setup(test, e2e_fresh)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    FRESH(test_one_feed),
	    FRESH(test_the_feed_itself),
	    FRESH(test_several_feeds),
	    FRESH(test_several_feeds_as_json),
	    FRESH(test_a_link_to_a_feed),
	    FRESH(test_a_guess),
	    FRESH(test_a_sitemap),
	    FRESH(test_no_feeds),
	    FRESH(test_many_sites),
	    FRESH(test_who_leaves),
	    FRESH(test_on_a_terminal),
	    FRESH(test_accept),
	    FRESH(test_accept_checks_first),
	    FRESH(test_accept_of_a_listed_feed),
	    FRESH(test_dismiss),
	    FRESH(test_without_the_daemon),
	};
	return cmocka_run_group_tests(tests, e2e_setup, e2e_teardown);
}
