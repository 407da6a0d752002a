/*
 * e2e_rig: the real newsd and newsctl in a directory of their own, beside a site on loopback. One
 * rig a program. Conditions are waited for with a bound, never a time.
 */
#ifndef NEWSD_TESTS_E2E_RIG_H
#define NEWSD_TESTS_E2E_RIG_H

#include <stdint.h>

#include "program.h"
#include "site.h"

#define E2E_WAIT_MS 20000 /* for a condition that is to come true */

struct event_base;

struct e2e {
	char dir[40];
	char *newsd, *newsctl;                    /* NEWSD, NEWSCTL, else ./newsd and ./newsctl */
	char *conf, *store, *socket, *log, *said; /* said: standard output and error of newsd */
	struct site_child site;
	pid_t pid; /* of the running newsd, 0 none */
};
extern struct e2e e2e;

/* Fixtures of a group: a directory with a configuration, and the site. */
int e2e_setup(void **state);
int e2e_teardown(void **state);
/* Fixture of a test: no newsd, no store, the first phase, an empty log. */
int e2e_fresh(void **state);

/* Write the configuration: places, the site's addresses and ports, no delays, then SETTINGS. */
void e2e_configure(const char *settings);
/* Name these feeds in the configuration, "HOST PATH" each, NULL at the end: 1 is 127.0.0.1. */
void e2e_feeds(const char *first, ...) __attribute__((sentinel));
/* http://127.0.0.HOST:PORT/PATH of the site, malloc'ed. */
char *e2e_url(unsigned host, const char *path);
/* Write TEXT to the file NAME of the directory; its path is malloc'ed. */
char *e2e_write(const char *name, const char *text);
char *e2e_read(const char *path); /* malloc'ed, "" when it is not there */

/* Run newsd with the configuration and the words that follow, up to NULL. */
void e2e_newsd(struct ran *ran, ...) __attribute__((sentinel));
void e2e_once(void); /* --once, which must end well */
/* The same, not waited for. */
void e2e_begin(const char *option);
/* Start the daemon and wait until it is ready. */
void e2e_start(void);
/* Send SIGNAL, wait for the end; the status as in struct ran. */
int e2e_stop(int signal);
/* Run newsctl with the words that follow, up to NULL; its exit status must be STATUS. */
void e2e_ctl(struct ran *ran, int status, ...) __attribute__((sentinel));

/* The first column of the first row of SQL, as any reader sees it. INT64_MIN: no row or no store.
 * Text is malloc'ed, "" without a row. */
int64_t e2e_int(const char *sql);
char *e2e_text(const char *sql);
void e2e_expect_int(const char *sql, int64_t expected);
void e2e_expect_text(const char *sql, const char *part);
/* Change the store, which no newsd holds. */
void e2e_execute(const char *sql);
/* Wait until SQL gives VALUE; until the log holds PART. */
void e2e_until(const char *sql, int64_t value);
void e2e_until_log(const char *part);
size_t e2e_logged(const char *part); /* how many lines hold it */
void e2e_pause(void);                /* between two looks at a condition */
/* The same where origins on BASE are to answer meanwhile. */
void e2e_pump(struct event_base *base);
void e2e_pump_until(struct event_base *base, const char *sql, int64_t value);
/* Skip the test, and say WHY. */
void e2e_skip(const char *why);
/* RUN with the store on a file system of SIZE ("32m") of its own, where BALLAST is to take room
 * away. Skips the test where none can be mounted. The test's teardown is e2e_leave_disk. */
void e2e_on_disk(const char *size, void (*run)(const char *ballast));
int e2e_leave_disk(void **state);
/* Outcomes and pending add up, nothing is there twice, the file is sound. */
void e2e_expect_sound(void);

#endif
