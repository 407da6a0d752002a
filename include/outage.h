/*
 * outage: is it the feeds, or our own network? Pure. When one site after the other fails that had
 * answered before, and none answers in between, the fault is ours: no feed is to be charged with
 * it. Fed with how each poll ended; times are seconds of a clock that nobody sets.
 *
 * Any answer of a server, an error too, proves the network. A site counts once, however many hosts
 * and feeds it has; one that was failing anyway counts for nothing, one that never answered yet for
 * half, and for nothing once any site has answered: somebody may have added a
 * list of dead ones. As many must fail as half of the sites that answered lately, at least
 * OUTAGE_SITES_MIN, at most OUTAGE_SITES_MAX, within OUTAGE_RUN_S. So one dead host, or all of one
 * company's, is never taken for an outage, and who has feeds of one or two sites only never learns
 * of one; where one poll in ten fails, the eight in a row that many feeds need come about by chance
 * once in 10^8.
 */
#ifndef NEWSD_OUTAGE_H
#define NEWSD_OUTAGE_H

#include <stddef.h>
#include <stdint.h>

#define OUTAGE_SITES_MIN 3
#define OUTAGE_SITES_MAX 8
#define OUTAGE_RUN_S     3600
#define OUTAGE_RUN_MAX   (2 * OUTAGE_SITES_MAX)

/* What was known of a site before it failed. */
enum outage_weight {
	OUTAGE_FAILING,  /* it was failing already */
	OUTAGE_UNPROVEN, /* it never answered yet */
	OUTAGE_WELL,     /* it answered when it was last asked */
};

struct outage_failure {
	uint64_t site;
	int64_t at;
	enum outage_weight weight;
};

struct outage {
	int known;      /* 1: there is one ... */
	int64_t begins; /* ... since then; it stays when that is over */
	struct outage_failure run[OUTAGE_RUN_MAX];
	size_t run_len;
	uint64_t answered[2 * OUTAGE_SITES_MAX]; /* the sites that answered last, each once */
	size_t answered_at;
	int64_t last_answer;
};

/* The site of HOST, a name with or without a port: its last two labels, or three where the last two
 * are as short as those under which names are given away (co.uk). An address is its own site. */
uint64_t outage_site(const char *host);

/* SITE answered at the moment AT. Returns 1 when that ends an outage. */
int outage_answered(struct outage *o, uint64_t site, int64_t at);
/*
 * No answer came from SITE, which was asked at ASKED and given up at AT, for a reason that our own
 * network may be. A server that answered meanwhile proves that it was not. Returns 1 when an outage
 * has begun: at o->begins, when the first of the run was given up.
 */
int outage_failed(
    struct outage *o, uint64_t site, enum outage_weight weight, int64_t asked, int64_t at);
/* Failures in a row, of different sites. */
size_t outage_sites(const struct outage *o);

#endif
