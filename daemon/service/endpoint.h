/*
 * endpoint: where WebSub hubs reach newsd: a small HTTP server (libevent's) for the one purpose of
 * W3C WebSub 5.2, 5.3 and 7, meant to stand behind a reverse proxy that speaks TLS. It never looks
 * into a body: that goes to a worker.
 */
#ifndef NEWSD_SERVICE_ENDPOINT_H
#define NEWSD_SERVICE_ENDPOINT_H

#include "config.h"
#include "errors.h"
#include "fetch.h"
#include "pipeline.h"

struct endpoint;
struct event_base;

/* 1: the configuration wants hubs to push. ERR_INPUT with F: it says so by halves. */
int endpoint_is_wanted(const struct config *c, struct fault *f);
/* Read the key of this store's subscriptions, or make it: the file websub.key beside the store. */
int endpoint_read_key(const struct config *c, uint8_t key[32], struct fault *f);
/* Listen as C says, and hand what hubs say to P. BUDGET: of all bodies. */
int endpoint_new(struct endpoint **out, struct event_base *base, const struct config *c,
    struct pipeline *p, struct budget *budget, struct fault *f);
void endpoint_free(struct endpoint *e); /* NULL is fine */

#endif
