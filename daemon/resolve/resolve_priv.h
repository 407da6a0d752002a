/* resolve_priv: what the files of resolve share. */
#ifndef NEWSD_RESOLVE_PRIV_H
#define NEWSD_RESOLVE_PRIV_H

#include <netinet/in.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/stat.h>

#include "hash.h"
#include "mem.h"
#include "resolve.h"

#define RESOLVE_NAME_MAX 253 /* RFC 1035 2.3.4, as text */

/* The addresses of one name, by family. */
struct addresses {
	unsigned v4_len, v6_len;
	struct in_addr v4[RESOLVE_ADDRESSES_MAX];
	struct in6_addr v6[RESOLVE_ADDRESSES_MAX];
};

/* Add the address that TEXT spells; 0 when it spells none. What is too many is forgotten. */
int addresses_add_text(struct addresses *a, const char *text);
/* Fill OUT, the families alternating; the one that V6_FIRST names leads. */
void addresses_answer(const struct addresses *a, int v6_first, struct resolve_answer *out);

/* A file that is looked at again when it changed, at most every WATCH_MS. */
struct watched {
	char *path;
	int64_t checked_ms;
	struct timespec modified;
	off_t size;
	ino_t inode;
};
/* 1: W is new or changed (also: gone) since the last call that said so. */
int watched_changed(struct watched *w);

struct hosts {
	struct watched file;
	struct arena arena;
	struct map names; /* hash of the name -> struct hosts_name */
};
/* The addresses of NAME (lower case) by the hosts file, NULL when it has none. */
const struct addresses *hosts_find(struct hosts *h, const char *name);
void hosts_clear(struct hosts *h);

/* Believe from now on that this host has (no) ROUTE for IPv6. Tests only. */
void resolve_assume_v6(struct resolver *r, int route);

#endif
