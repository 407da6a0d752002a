/*
 * fetch_rig: a fetcher, an origin on loopback and the loop that both live on, for tests of one
 * program: the globals are made anew for each test. Names come from a hosts file of the rig's own:
 * a.test, b.test and sub.a.test are the origin's, two.test has a dead address first, private.test a
 * private one, 127-0-0-9.test refuses; nothing leaves the machine. Include after cmocka.h.
 */
#ifndef NEWSD_TESTS_FETCH_RIG_H
#define NEWSD_TESTS_FETCH_RIG_H

#include <event2/event.h>

#include "address.h"
#include "fetch.h"
#include "origin.h"

#define BODY_MAX (256u << 10) /* of net_options */

extern struct event_base *base;
extern struct origin *origin;
extern struct fetcher *fetcher;
extern struct fetch_door door;
extern struct address_policy policy;
extern char hosts_path[128], ca_path[128];

/* What a callback was told, kept beyond it. */
struct heard {
	int calls;
	enum fetch_error error;
	int status, redirects, permanent;
	char error_text[512], error_word[32], final_url[512];
	char type[128], encoding[128], etag[128], last_modified[128];
	char location[128], link[128];
	int64_t retry_after_s, max_age_s, pace_ms, bytes;
	int challenge, conditional, offers_parts;
	unsigned rights;
	struct buf body;
	int keep_body;
};

/* A fetch_done_cb whose ARG is a struct heard. */
void heard_done(struct fetch_result *r, void *arg);
void heard_clear(struct heard *h);
void net_loop_until(const int *flag);
/* Fetch, and wait for the end. */
void net_fetch(struct heard *h, struct fetch_request rq);
void net_get(struct heard *h, const char *path); /* at 127.0.0.1 */
/* The URL of PATH at HOST on the origin's port; good until the fourth call from now. */
const char *net_url(const char *host, const char *path);
struct fetch_options net_options(void);
void net_reopen(const struct fetch_options *o); /* another fetcher, by O */
void net_write(const char *path, const char *text);
int net_setup(void **state);
int net_teardown(void **state);
/* Run TESTS in a directory of their own. Returns the number that failed. */
int net_run(const struct CMUnitTest *tests, size_t count);

#endif
