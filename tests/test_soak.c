/*
 * test_soak: a day of virtual time with news and outages every hour, feeds that end and come back;
 * what is in memory, and how many descriptors are open, must not grow after the first hours. The
 * same in real time, with processes and sockets, is tests/soak.sh.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <dirent.h>
#include <malloc.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>

#include "buf.h"
#include "clock.h"
#include "mem.h"
#include "prose.h"
#include "world.h"
#include "writer.h"

#define HOUR       3600
#define HOURS      24
#define WARM_UP    12 /* hours */
#define FEEDS      12
#define AN_HOUR    4  /* new entries of a feed */
#define WINDOW     12 /* entries of its document */
#define DRIFT_MAX  0.05
#define BODY_MAX   ((size_t)1 << 16)
#define SQLITE_MAX ((int64_t)24 << 20) /* its cache has 16 MB */

static void
name_page(char url[80], unsigned feed, unsigned number)
{
	snprintf(url, 80, "http://paper%u.example/story/%u", feed, number);
}

/* What a feed says in this hour; sometimes its server says nothing good. */
static void
answer_of_the_hour(struct route *r)
{
	unsigned feed, hour = (unsigned)((clock_now() - WORLD_START) / HOUR);
	char url[80];
	const char *urls[WINDOW + 1] = {NULL};
	char names[WINDOW][80];
	assert_int_equal(sscanf(r->url, "http://paper%u.", &feed), 1);
	for (unsigned i = 0; i < WINDOW; i++) {
		name_page(url, feed, hour * AN_HOUR + i);
		memcpy(names[i], url, sizeof url);
		urls[i] = names[i];
	}
	mem_free(r->body);
	r->body = world_rss("Paper", urls);
	r->status = 200;
	if ((hour + feed) % 7 == 3)
		r->status = 500;
	if ((hour + feed) % 9 == 5) {
		r->status = 0;
		r->error = FETCH_TIMEOUT;
	}
}

static void
serve_page(struct world *w, unsigned feed, unsigned number)
{
	struct buf text, page;
	char url[80];
	buf_init(&text, BODY_MAX);
	buf_init(&page, BODY_MAX);
	prose_article(&text, feed * 1000 + number, 150 + number % 100);
	buf_printf(&page,
	    "<!doctype html><html lang=\"en\"><head><title>Number %u</title></head><body><article>"
	    "<h1>Number %u</h1>",
	    number, number);
	char *rest = (char *)buf_str(&text), *line;
	while ((line = strsep(&rest, "\n")))
		buf_printf(&page, "<p>%s</p>", line);
	buf_add_str(&page, "</article></body></html>");
	name_page(url, feed, number);
	world_route(
	    w, url, number % 11 == 7 ? 404 : 200, "text/html; charset=utf-8", buf_str(&page));
	buf_clear(&text);
	buf_clear(&page);
}

static struct world *
make_world(void)
{
	struct world *w = world_new("story_memory = 1M\nkeep_polls = 6h\npoll_min = 10m\n");
	char url[80];
	for (unsigned feed = 0; feed < FEEDS; feed++) {
		for (unsigned i = 0; i < (HOURS + 1) * AN_HOUR + WINDOW; i++)
			serve_page(w, feed, i);
		snprintf(url, sizeof url, "http://paper%u.example/robots.txt", feed);
		world_route(w, url, 200, "text/plain", "User-agent: *\nAllow: /\n");
		snprintf(url, sizeof url, "http://paper%u.example/feed", feed);
		world_route(w, url, 200, "application/rss+xml", "")->turn = answer_of_the_hour;
	}
	for (unsigned feed = 0; feed < FEEDS; feed++) {
		snprintf(url, sizeof url, "http://paper%u.example/feed", feed);
		world_add_feed(w, url);
	}
	return w;
}

/* Bytes that are allocated, but for SQLite's and the index of stories, which have bounds of their
 * own (the index: story_memory). */
static int64_t
memory(struct world *w)
{
#if defined __GLIBC__ && !defined NEWSD_SANITIZED
	struct mallinfo2 m = mallinfo2();
	struct writer_counters c;
	writer_read_counters(w->writer, &c);
	return (int64_t)(m.uordblks + m.hblkhd) - sqlite3_memory_used() - (int64_t)c.stories.bytes;
#else
	(void)w;
	return 0; /* another malloc: what grows is the leak checker's matter */
#endif
}

static int
descriptors(void)
{
	DIR *d = opendir("/proc/self/fd");
	int n = 0;
	while (d && readdir(d))
		n++;
	if (d)
		closedir(d);
	return n;
}

static void
test_a_day(void **state)
{
	(void)state;
	int64_t bytes[2] = {0};
	int files[2] = {0};
	struct world *w = make_world();
	int64_t made = memory(w); /* nearly all of it is the world itself */
	for (int hour = 1; hour <= HOURS; hour++) {
		assert_int_equal(world_run(w, HOUR), 0);
		int at = hour == WARM_UP ? 0 : 1;
		bytes[at] = memory(w) - made;
		files[at] = descriptors();
	}
	print_message(
	    "%ld articles; memory %lld KB, then %lld KB; SQLite %lld KB; %d descriptors\n",
	    world_count(w, "SELECT count(*) FROM articles"), (long long)bytes[0] >> 10,
	    (long long)bytes[1] >> 10, (long long)sqlite3_memory_used() >> 10, files[1]);
	assert_true(world_count(w, "SELECT count(*) FROM articles") > FEEDS * HOURS * AN_HOUR / 2);
	assert_true((double)bytes[1] <= (double)bytes[0] * (1 + DRIFT_MAX));
	assert_int_equal(files[1], files[0]);
	assert_true(sqlite3_memory_used() < SQLITE_MAX);
	world_check_ledger(w);
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_a_day)};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
