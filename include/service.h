/*
 * service: the daemon's life: start, signals, reload, watchdog, one pass or for ever, stop. Puts
 * the parts together and turns the loop.
 */
#ifndef NEWSD_SERVICE_H
#define NEWSD_SERVICE_H

#include "config.h"

struct service_options {
	const char *config_path; /* -c, NULL: the default place */
	int once;                /* one pass, then exit */
};

/* What newsd(8) promises of exit statuses. */
enum service_exit { SERVICE_OK = 0, SERVICE_FAILED = 1, SERVICE_CONFIG = 2, SERVICE_BUSY = 3 };

/* Run with CONFIG (taken; replaced on reload) until told to stop. Returns an exit status. */
int service_run(struct config *config, const struct service_options *o);
/* Be the child that reads every page of the store PATH: its first finding, or "sound", to standard
 * output. Returns an exit status. */
int service_check_store(const char *path);
/* Check whether newsd could start with CONFIG (`newsd -n`): user and group, the places of store,
 * socket and log, the bundle of certificates, and the lists of feeds. Prints all that is wrong, a
 * line each, or a summary. As root with a user to become it becomes that user for good; makes
 * nothing. */
int service_check(const struct config *config);

#endif
