/*
 * test_addresses: names that live at one address are asked as one host where the operator wants it
 * so, in a whole newsd with a fake clock and network.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "mem.h"
#include "world.h"

#define PAGES   3
#define STARTS  200
#define ADDRESS "192.0.2.1"

/* NAMES papers at NAME0.example, NAME1.example, ... that live at ADDRESS (NULL: nobody knows). */
static void
serve_papers(struct world *w, const char *name, int names, const char *address)
{
	for (int i = 0; i < names; i++) {
		char host[64], feed[96], topic[32];
		char urls[PAGES][96];
		const char *items[PAGES + 1] = {NULL};
		snprintf(host, sizeof host, "%s%d.example", name, i);
		snprintf(feed, sizeof feed, "http://%s/feed", host);
		for (int k = 0; k < PAGES; k++) {
			snprintf(urls[k], sizeof urls[k], "http://%s/%d", host, k);
			snprintf(topic, sizeof topic, "%s %d matter number %d", name, i, k);
			char *page = world_page(topic);
			world_route(w, urls[k], 200, "text/html", page);
			mem_free(page);
			items[k] = urls[k];
		}
		char *rss = world_rss(host, items);
		world_route(w, feed, 200, "application/rss+xml", rss);
		mem_free(rss);
		world_place(w, host, address);
		world_add_feed(w, feed);
	}
}

/* The shortest time between two requests to names that begin with NAME, in ms. */
static int64_t
shortest_gap(const struct world *w, const char *name, size_t *starts)
{
	int64_t last = 0, least = INT64_MAX;
	char prefix[64];
	*starts = 0;
	snprintf(prefix, sizeof prefix, "http://%s", name);
	for (size_t i = 0; i < w->watched_len; i++) {
		if (strncmp(w->watched[i].url, prefix, strlen(prefix)) != 0)
			continue;
		if ((*starts)++ && w->watched[i].at_ms - last < least)
			least = w->watched[i].at_ms - last;
		last = w->watched[i].at_ms;
	}
	return least;
}

static void
test_small_machines_are_spared(void **state)
{
	(void)state;
	size_t starts;
	struct world *w = world_new("address_names = 10\nhost_delay = 1s\nrobots = no\n");
	world_watch(w, STARTS);
	serve_papers(w, "small", 5, ADDRESS);
	serve_papers(w, "large", 11, "192.0.2.2"); /* more than ten */
	serve_papers(w, "alone", 1, "192.0.2.3");
	serve_papers(w, "lost", 2, NULL);
	world_run(w, 120);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 19 * PAGES);
	struct pipeline_feed told; /* what explain says of it */
	assert_int_equal(pipeline_read_feed(w->pipeline, 1, &told), 0);
	assert_string_equal(told.host.name, "small0.example");
	assert_int_equal(told.host.names, 5);
	assert_int_equal(pipeline_read_feed(w->pipeline, 6, &told), 0);
	assert_string_equal(told.host.name, "large0.example");
	assert_int_equal(told.host.names, 1);
	assert_in_range(shortest_gap(w, "small", &starts), 1000, 1200);
	assert_int_equal(starts, 5 * (1 + PAGES));
	assert_true(shortest_gap(w, "large", &starts) < 100);
	assert_true(shortest_gap(w, "lost", &starts) < 100);
	assert_in_range(shortest_gap(w, "alone", &starts), 1000, 1200);
	world_check_ledger(w);
	world_free(w);
}

static void
test_so_many_at_once(void **state)
{
	(void)state;
	struct world *w = world_new("address_names = 10\nhost_connections = 3\nrobots = no\n");
	serve_papers(w, "small", 8, ADDRESS);
	world_run(w, 60);
	assert_int_equal(world_count(w, "SELECT count(*) FROM articles"), 8 * PAGES);
	assert_int_equal(w->asked_max, 3);
	world_free(w);
	w = world_new("host_connections = 3\nrobots = no\n");
	serve_papers(w, "small", 8, ADDRESS);
	world_run(w, 60);
	assert_true(w->asked_max > 3);
	assert_int_equal(w->lookups, 0); /* nobody wants to know where it lives */
	world_free(w);
}

static void
test_a_name_that_moves_is_held_elsewhere(void **state)
{
	(void)state;
	size_t starts;
	struct world *w =
	    world_new("address_names = 10\nhost_delay = 10s\nrobots = no\npoll_max = 1h\n");
	serve_papers(w, "small", 2, ADDRESS);
	serve_papers(w, "other", 1, "192.0.2.9");
	world_run(w, 7200);
	world_place(w, "small1.example", "192.0.2.9");
	world_place(w, "small0.example", "192.0.2.9");
	world_watch(w, STARTS);
	pipeline_poll_now(w->pipeline, 0);
	world_run(w, 60);
	assert_in_range(shortest_gap(w, "", &starts), 10000, 12000);
	assert_int_equal(starts, 3);
	world_free(w);
}

/* What a feed brings whole is nobody's business to look up; and one pass waits for what it looks
 * up. */
static void
test_only_what_is_asked_is_looked_up(void **state)
{
	(void)state;
	struct world *w = world_new("address_names = 10\nrobots = no\ncontent = feed\n");
	serve_papers(w, "small", 1, ADDRESS);
	world_run(w, 60);
	assert_int_equal(w->lookups, 1);
	world_free(w);
	w = world_new("address_names = 10\nrobots = no\n");
	serve_papers(w, "small", 1, ADDRESS);
	pipeline_once(w->pipeline);
	pipeline_tick(w->pipeline);
	assert_int_equal(w->sought_len, 1);
	assert_int_equal(pipeline_is_done(w->pipeline), 0);
	world_stop(w); /* in the middle of it */
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_small_machines_are_spared),
	    cmocka_unit_test(test_so_many_at_once),
	    cmocka_unit_test(test_a_name_that_moves_is_held_elsewhere),
	    cmocka_unit_test(test_only_what_is_asked_is_looked_up),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
