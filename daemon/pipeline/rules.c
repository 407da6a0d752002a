/*
 * rules: robots.txt (RFC 9309) of the origins whose pages, and with robots_feeds also feeds, are
 * wanted: asked for before the first one, kept for a day, compiled in a worker. While it is being
 * asked for, what wants it waits at the host's gate.
 */
#include <string.h>

#include "clock.h"
#include "pipeline_priv.h"
#include "robots.h"
#include "url.h"

#define ROBOTS_KEEP_S    86400 /* RFC 9309 2.4 */
#define ROBOTS_TROUBLE_S 600   /* one that is out of reach is asked for again after so long ... */
#define DOUBLINGS_MAX    4     /* ... doubled each time, up to 2 h 40 min */

struct origin_rules *
rules_of(struct pipeline *p, struct host *h, const char *url)
{
	int https = url_is_web(url) == 1;
	if (!h->rules)
		h->rules = mem_zalloc(sizeof *h->rules);
	struct origin_rules *o = &h->rules->origins[https];
	if (!o->url) {
		o->work.class = GATE_ROBOTS;
		o->p = p;
		o->host = h;
		o->url = mem_printf("%s://%s/robots.txt", https ? "https" : "http", h->name);
	}
	return o;
}

int
rules_are_known(const struct origin_rules *o, int64_t now_ms)
{
	return o->known && now_ms < o->until_ms;
}

void
rules_ask(struct origin_rules *o, enum gate_class class, int64_t now_ms)
{
	hostgate_hold(o->p->gate, o->host, class, 1, now_ms);
	if (!o->asked)
		hostgate_add(o->p->gate, o->host, &o->work, now_ms);
	o->asked = 1;
}

static void
forget(struct origin_rules *o)
{
	reply_free(o->reply);
	mem_free(o->trouble);
	o->reply = NULL;
	o->trouble = NULL;
	o->known = 0;
}

int
rules_allow(const struct origin_rules *o, const char *url)
{
	return !o->reply || robots_allows(o->reply->robots, url);
}

static int
is_asked(const struct host *h)
{
	return h->rules->origins[0].asked || h->rules->origins[1].asked;
}

/* The rules are known (REPLY, taken; NULL: all is allowed) or out of reach (TROUBLE), for KEEP_S
 * from now on: what waits for them may be looked at. */
static void
settle_for(struct origin_rules *o, struct reply *reply, const char *trouble, int64_t keep_s)
{
	int64_t now = clock_mono_ms();
	forget(o);
	o->reply = reply;
	o->trouble = mem_strdup(trouble);
	o->known = 1;
	o->asked = 0;
	o->until_ms = now + keep_s * 1000;
	if (is_asked(o->host)) /* the other origin's: what waits may wait for it */
		return;
	static const enum gate_class held[] = {GATE_FEED, GATE_PAGE, GATE_RECHECK};
	for (size_t i = 0; i < sizeof held / sizeof *held; i++)
		hostgate_hold(o->p->gate, o->host, held[i], 0, now);
}

static void
settle(struct origin_rules *o, struct reply *reply, const char *trouble)
{
	int64_t keep_s = trouble ? ROBOTS_TROUBLE_S << o->doublings : ROBOTS_KEEP_S;
	o->doublings = !trouble ? 0 : o->doublings + (o->doublings < DOUBLINGS_MAX);
	settle_for(o, reply, trouble, keep_s);
}

static void
on_robots_parsed(struct reply *reply, void *arg)
{
	struct origin_rules *o = arg;
	if (!reply->status)
		hostgate_set_crawl_delay(o->host,
		    (int64_t)(reply->robots->crawl_delay_s > 0 ? reply->robots->crawl_delay_s * 1000
							       : 0));
	if (!reply->status && reply->robots->rules_len) {
		settle(o, reply, NULL);
		return;
	}
	if (!reply->status) {
		settle(o, NULL, NULL); /* no rules: nothing to keep */
		reply_free(reply);
		return;
	}
	struct arena a = {0};
	int64_t alone_s =
	    quarantine_is_death(reply->status) ? quarantine_delay_s(o->p, JOB_ROBOTS, o->url) : 0;
	settle_for(o, NULL, arena_printf(&a, "robots.txt can't be read: %s", reply_words(reply)),
	    alone_s ? alone_s : ROBOTS_TROUBLE_S);
	arena_clear(&a);
	reply_free(reply);
}

/* The origin itself is not one that we connect to: its pages will be refused, each with that as its
 * outcome, and must not wait for rules that can't come. */
static int
is_forbidden_origin(const struct fetch_result *r)
{
	return r->error == FETCH_REFUSED && !r->status && !r->redirects;
}

void
on_robots_fetched(struct fetch_result *r, void *arg)
{
	struct origin_rules *o = arg;
	struct pipeline *p = o->p;
	pipeline_leave_host(p, o->host, r);
	p->progress++;
	int answered = r->error == FETCH_OK;
	if (answered && r->status >= 200 && r->status < 300) {
		struct job job = {.kind = JOB_ROBOTS, .subject = o->url};
		pipeline_parse(p, &job, r, on_robots_parsed, o);
	} else if ((answered && r->status >= 300 && r->status < 500 && r->status != 429) ||
		   r->error == FETCH_REDIRECTS || is_forbidden_origin(r)) {
		/* RFC 9309 2.3.1.3: unavailable, everything is allowed */
		settle(o, NULL, NULL);
	} else { /* RFC 9309 2.3.1.4: unreachable, nothing is allowed for now */
		struct arena a = {0};
		const char *why =
		    arena_printf(&a, "robots.txt is out of reach: %s", answer_describe(&a, r));
		if (r->error == FETCH_CLOSED) /* it was not asked: no trouble that grows */
			settle_for(o, NULL, why, r->retry_after_s);
		else
			settle(o, NULL, why);
		arena_clear(&a);
	}
}

void
rules_sweep(struct pipeline *p, int64_t now_ms)
{
	size_t at = 0;
	for (struct host *h; (h = hostgate_each(p->gate, &at));) {
		if (!h->rules || h->hold) /* none, or being asked for */
			continue;
		int kept = 0;
		for (int i = 0; i < 2; i++) {
			struct origin_rules *o = &h->rules->origins[i];
			if (rules_are_known(o, now_ms))
				kept = 1;
			else
				forget(o);
		}
		if (!kept) {
			rules_free(h->rules);
			h->rules = NULL;
		}
	}
	hostgate_sweep(p->gate, now_ms);
}

void
rules_free(struct host_rules *r)
{
	for (int i = 0; i < 2; i++) {
		forget(&r->origins[i]);
		mem_free(r->origins[i].url);
	}
	mem_free(r);
}
