/* config_parts: what the files of config share among themselves. */
#ifndef NEWSD_CONFIG_PARTS_H
#define NEWSD_CONFIG_PARTS_H

#include "config.h"

/* Where a value stands, for messages and relative paths. */
struct config_place {
	const char *file;
	unsigned line;
};

/* ---- value.c ---- */

/* Parse TEXT, the value of O, into the struct at BASE. Lists are added to; after an error they
 * may hold a part. */
int config_set(void *base, const struct config_option *o, const char *text,
    const struct config_place *at, struct fault *f);
/* Free what config_set stored for O in BASE; address lists belong to the policy and are skipped. */
void config_unset(void *base, const struct config_option *o);
/* 1: no message may show a value of O. */
int config_is_secret(const struct config_option *o);
/* S as it is shown in a message: escaped, at most about 60 bytes. OUT has CONFIG_SHOWN bytes. */
#define CONFIG_SHOWN 80
const char *config_shown(const char *s, char *out);

/* ---- options.c ---- */

/* The row of NAME, NULL when there is none. */
const struct config_option *config_find_option(const struct config_option *table, const char *name);
/* The row whose name is most like NAME, NULL when none is near. */
const struct config_option *
config_nearest_option(const struct config_option *table, const char *name);

/* ---- config.c ---- */

/* Fill in the values that are computed: paths, the user agent. */
void config_complete(struct config *c);

#endif
