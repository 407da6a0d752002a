/*
 * proposals: those that nobody needs to be asked about are accepted by themselves, as far as the
 * option accept_proposals goes. A page that stands where a feed stood, and names another, never is:
 * it may stand there for an hour.
 */
#include "log.h"
#include "pipeline_priv.h"

static int
is_allowed(enum accept_proposals allowed, enum proposal_kind kind)
{
	switch (kind) {
	case PROPOSAL_REDIRECT:
		return allowed >= ACCEPT_REDIRECTS;
	case PROPOSAL_GONE:
	case PROPOSAL_DEAD:
		return allowed >= ACCEPT_ALL;
	default:
		return 0;
	}
}

static void
on_accepted(const struct proposal_decision *d, const struct fault *f, void *arg)
{
	(void)d, (void)arg;
	if (f)
		log_warn("a proposal was not accepted by itself: %s", f->text);
}

void
proposals_accept(struct pipeline *p, const struct poll_result *proposed)
{
	for (size_t i = 0; i < proposed->proposed_len; i++)
		if (is_allowed(p->config->accept_proposals, proposed->proposed[i].what->kind))
			pipeline_decide(p, proposed->proposed[i].id, 1, on_accepted, NULL);
}
