/*
 * site: a small world of newspapers on loopback for tests of the whole daemon, served by a child
 * process. Each 127.0.0.N is a host of its own, all have one port. Good feeds and pages, and one of
 * every bad kind; what the world says depends on a phase that the test may move on. It remembers
 * who asked for what.
 *
 *   /feed/paper/N  RSS of twelve links of one host: articles, and one that is not there
 *   /feed/one, /feed/two  share an article; two also names a copy on another host
 *   /feed/story    an article, another, and from phase 1 on a copy of the first on another host
 *   /feed/atom     one entry, updated with each phase     /feed/full  carries its articles whole
 *   /feed/growing  two links in phase 0, sixty from 1 on  /feed/slow  pages that drip
 *   /feed/sitemap/news.xml  one entry of this hour and 300 old ones; index.xml  three sitemaps, of
 *                  which one is old, on three hosts  /feed/json  an article and a text without page
 *   /feed/zoo      a link of every bad kind               /feed/bad/...  bad feeds
 *   /feed/trap     two links, of which /page/trap kills its worker until phase 9; /feed/deadly does
 *                  so itself
 *   /feed/moving   RSS in phase 0, from 1 on a page that declares /feed/one
 *   /home/one, /home/several, /home/links, /home/plain    home pages that name so many feeds, of
 *                  which plain names none: 127.0.0.7 has one at a usual address, 127.0.0.8 only a
 *                  sitemap that its robots.txt names, which forbids the address where a feed is
 */
#ifndef NEWSD_TESTS_SITE_H
#define NEWSD_TESTS_SITE_H

#include <stddef.h>
#include <sys/types.h>

#include "origin.h"

#define SITE_SEEN_MAX   8192
#define SITE_PAPER      12 /* links of a /feed/paper/N */
#define SITE_GROWN      60
#define SITE_DEAD_PORT  1 /* nobody listens there */
#define SITE_OTHER_PORT 2 /* not one of those that newsd may use */

struct site_request {
	char host[24], target[80];
	int conditional; /* bore a validator */
};

/* Shared with the child. */
struct site {
	volatile int phase;
	volatile size_t seen_len;
	struct site_request seen[SITE_SEEN_MAX];
};

struct site_child {
	struct site *site;
	const struct origin_counts *counts;
	unsigned port;
	pid_t pid;
};

/* Start the child; it ends with site_stop or with this process. */
void site_start(struct site_child *c);
void site_stop(struct site_child *c);
/* How many requests since number FROM had a target that begins with PREFIX; of them those without
 * a validator when ONLY_PLAIN. */
size_t site_count(const struct site *s, size_t from, const char *prefix, int only_plain);

#endif
