/*
 * newsctl_rig: what the tests of newsctl stand on: a store with a few links of known fate, the
 * program run on it, and a stand-in for the daemon that notes every request.
 */
#ifndef NEWSD_TESTS_NEWSCTL_RIG_H
#define NEWSD_TESTS_NEWSCTL_RIG_H

#include <stdint.h>

#include "member.h"
#include "program.h"

struct json_object;

struct rig {
	char *program; /* NEWSCTL, else ./newsctl */
	char dir[32];
	char *store, *socket;
	int64_t article_id; /* of the one article */
};
extern struct rig rig;
extern char rig_article_text[];

/* Fixtures of the group: make and remove the directory with the store. */
int rig_setup(void **state);
int rig_teardown(void **state);
/* Fixtures of a test: the stand-in listens on the socket. */
int rig_start_daemon(void **state);
int rig_stop_daemon(void **state);

/* Run newsctl on the rig's store and socket with the words that follow, up to NULL; the exit status
 * must be STATUS. */
void rig_run(struct ran *ran, int status, ...);
/* The same with INPUT, whatever the exit status. */
void rig_run_with(struct ran *ran, const char *input, ...);
/* Write TEXT to the file NAME of the directory; its path is malloc'ed. NAME must be one that
 * rig_teardown knows. */
char *rig_write_file(const char *name, const char *text);

void expect(const char *text, const char *part);
void expect_not(const char *text, const char *part);
/* The requests that the stand-in got, one a line; malloc'ed. */
char *rig_requests(void);
/* The stand-in got a request that holds LINE. */
void expect_request(const char *line);
/* The only line of TEXT as JSON. */
struct json_object *one_json(const char *text);

#endif
