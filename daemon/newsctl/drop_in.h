/*
 * drop_in: the drop-in for systemd by which the kernel lets newsd speak to the internet, and beyond
 * that only to what this machine's configuration names: resolvers, a proxy, allow_private. Private
 * to newsctl. drop_in_gather looks at the machine, drop_in_write is pure.
 */
#ifndef NEWSD_NEWSCTL_DROP_IN_H
#define NEWSD_NEWSCTL_DROP_IN_H

#include "buf.h"
#include "config.h"
#include "mem.h"

struct drop_in_opening {
	const char *network; /* "192.168.1.1" or "10.0.0.0/8"; NULL: it must be filled in by hand */
	const char *why;     /* "resolver", "allow_private = nas.local" */
};

struct drop_in {
	struct drop_in_opening *openings;
	size_t openings_len;
	int no_user_namespaces; /* the kernel makes none: PrivateUsers would keep newsd from
				   starting */
	struct arena arena;
};

/* Where drop_in_gather looks; NULL: the system's own. */
struct drop_in_places {
	const char *resolv_conf, *user_namespaces;
};

/*
 * Fill D (zeroed by the caller, who calls drop_in_clear) with what C needs on this machine: what is
 * not global and newsd must reach all the same. Names are looked up, which may take a while.
 * ERR_INPUT, with F in words, when C allows all of the private networks.
 */
int drop_in_gather(struct drop_in *d, const struct config *c, const struct drop_in_places *places,
    struct fault *f);
/* The whole file. */
void drop_in_write(const struct drop_in *d, struct buf *out);
void drop_in_clear(struct drop_in *d);

#endif
