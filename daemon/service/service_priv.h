/* service_priv: the running daemon, shared by service.c (life), reload.c and commands.c (the
 * control socket). */
#ifndef NEWSD_SERVICE_PRIV_H
#define NEWSD_SERVICE_PRIV_H

#include <event2/event.h>

#include "control.h"
#include "endpoint.h"
#include "feedlist.h"
#include "fetch.h"
#include "pipeline.h"
#include "service.h"

struct reload; /* one under way */

struct loop_figures {
	uint64_t turns, late; /* LATE: heartbeats that came more than LOOP_LATE_MS late */
	int64_t lag_max_ms;
};

struct service {
	const struct service_options *options;
	struct config *config; /* in force */
	struct config *boot;   /* that of the start: fetcher and pool hold on to it */
	struct event_base *base;
	struct event *signals[6], *tick, *heartbeat, *watchdog, *deadline;
	struct fetcher *fetcher;
	struct fetch_door door;
	struct pool *pool;
	struct pipeline *pipeline;
	struct writer *writer;
	struct control *control;
	struct endpoint *endpoint;     /* NULL: hubs don't push */
	struct aftercheck *aftercheck; /* NULL: the last end was in order */
	struct reload *reload;
	int reload_again; /* asked for while one was under way, or before we were ready */
	struct loop_figures loop;
	int64_t started, heartbeat_ms;
	uint64_t progress_seen;
	int64_t progress_ms;
	int ended_unclean; /* who had the store before */
	int ready, stopping, finished, exit_status;
	int clock_waits;
};

/* ---- reload.c ---- */

/* What the caller wants to hear: F NULL when the new configuration is in force. */
typedef void (*reload_done_cb)(const struct fault *f, void *arg);
/* Read the configuration and its lists again; put them in force only if all of it is right. DONE
 * may be NULL. */
void reload_begin(struct service *s, reload_done_cb done, void *arg);
/* The same for the lists alone, at start, with the configuration in force. */
void reload_first(struct service *s, reload_done_cb done, void *arg);

/* ---- aftercheck.c ---- */

/* Check the store in the background, after an unclean end. */
void aftercheck_begin(struct service *s);
/* How it stands, in words: "running", "sound", or what is wrong; NULL: there is none. */
const char *aftercheck_result(const struct service *s);
void aftercheck_free(struct service *s);

/* ---- hosts.c ---- */

struct json_object;
/* The answer to `explain`: what is known of the feed FEED_ID and its host's gate. ERR_NOT_FOUND. */
int
hosts_explain(struct service *s, int64_t feed_id, struct json_object *response, struct fault *f);
/* Put hosts_closed, their number, and closed, those that are closed for the longest. */
void hosts_put_closed(struct service *s, struct json_object *response);

/* ---- commands.c ---- */

/* A member of an answer; VALUE NULL: null. */
void service_put_str(struct json_object *o, const char *key, const char *value);
void service_put_int(struct json_object *o, const char *key, int64_t value);
extern const struct control_command service_commands[];

#endif
