/*
 * propose: what a poll suggests to do about its feed, besides what the page that stood in its place
 * named (pipeline.c). How often and how long something must have been seen before anybody is told
 * is the store's matter (daemon/store/proposals.c).
 */
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "writer_priv.h"

#define DEAD_AFTER_S   (60 * 86400)
#define DEAD_TRIES_MIN 30 /* a day apart at most: newsd itself was there for half of that time */

static int
is_good(const struct poll *poll)
{
	return poll->outcome == POLL_OK || poll->outcome == POLL_UNCHANGED;
}

static void
describe_redirect(struct proposal *o, const struct poll *poll, struct arena *a)
{
	o->kind = PROPOSAL_REDIRECT;
	o->new_url = poll->redirect;
	o->unlike = poll->doc && !poll->overlap; /* without a document: 304 */
	o->reason = "its address redirects there for good, and the same feed is there";
	o->evidence =
	    poll->doc
		? arena_printf(a, "301 or 308 on every hop; %lld of %zu entries known",
		      (long long)poll->overlap, poll->doc->items_len)
		: arena_printf(a, "301 or 308 on every hop; unchanged (HTTP %d)", poll->status);
}

static void
describe_dead(
    struct proposal *o, const struct poll *poll, const struct cadence_memory *m, struct arena *a)
{
	char since[32];
	o->kind = PROPOSAL_DEAD;
	o->reason = arena_printf(a, "no poll has gone well for %lld days",
	    (long long)((poll->at - m->failing_since) / 86400));
	o->evidence = arena_printf(a, "%lld failures in a row since %s, the last: %s",
	    (long long)poll->failures, clock_iso(m->failing_since, since),
	    poll->error ? poll->error : "no reason given");
}

/* What POLL suggests into *O; 0: nothing. */
static int
describe(struct proposal *o, const struct poll *poll, const struct cadence_memory *m, int first,
    struct arena *a)
{
	/* a first document says nothing: there is none to compare it with */
	if (poll->redirect && is_good(poll)) {
		if (first)
			return 0;
		describe_redirect(o, poll, a);
	} else if (poll->outcome == POLL_HTTP && poll->status == 410) {
		o->kind = PROPOSAL_GONE;
		o->reason = "its server says that it is gone";
		o->evidence =
		    arena_printf(a, "HTTP 410, %lld failures in a row", (long long)poll->failures);
	} else if (m->failing_since && poll->at - m->failing_since >= DEAD_AFTER_S &&
		   poll->failures >= DEAD_TRIES_MIN) {
		describe_dead(o, poll, m, a);
	} else {
		return 0;
	}
	return 1;
}

void
propose(const struct write_poll *p, struct poll *poll, const struct cadence_memory *memory,
    int first, struct arena *a)
{
	struct proposal one = {.old_url = p->url};
	if (!describe(&one, poll, memory, first, a))
		return;
	struct proposal *all = arena_zalloc(a, (poll->proposals_len + 1) * sizeof *all);
	if (poll->proposals_len)
		memcpy(all, poll->proposals, poll->proposals_len * sizeof *all);
	all[poll->proposals_len++] = one;
	poll->proposals = all;
}
