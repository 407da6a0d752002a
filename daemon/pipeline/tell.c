/*
 * tell: the ingestion log of the pipeline. Called after the commit that holds what is told, never
 * before.
 */
#include <stdio.h>

#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"

void
tell_poll(const struct feed *f, const struct write_poll *p)
{
	static const enum log_event events[POLL_OUTCOME_COUNT] = {
	    [POLL_OK] = EV_POLL,
	    [POLL_UNCHANGED] = EV_POLL_UNCHANGED,
	    [POLL_HTTP] = EV_POLL_FAILED,
	    [POLL_NETWORK] = EV_POLL_FAILED,
	    [POLL_REDIRECTS] = EV_POLL_FAILED,
	    [POLL_REFUSED] = EV_POLL_FAILED,
	    [POLL_NOT_FEED] = EV_POLL_FAILED,
	    [POLL_BAD] = EV_POLL_FAILED,
	    [POLL_RECOVERY] = EV_POLL,
	};
	char next[32];
	enum log_event event = events[p->outcome];
	struct log_line l;
	log_begin(&l, event);
	log_str(&l, LF_FEED, f->url);
	log_int(&l, LF_FEED_ID, f->id);
	log_int(&l, LF_STATUS, p->poll.status);
	if (event != EV_POLL_FAILED) {
		log_int(&l, LF_ITEMS, p->result.items);
		log_int(&l, LF_NEW, p->result.fresh);
	}
	log_int(&l, LF_BYTES, p->poll.bytes);
	log_int(&l, LF_MS, p->poll.duration_ms);
	if (l.wanted)
		log_str(&l, LF_NEXT, clock_iso(p->next.at, next));
	log_str(&l, LF_REASON, p->poll.error ? p->poll.error : p->poll.recovered);
	log_end(&l);
}

void
tell_guids_changed(const struct feed *f, const struct write_poll *p)
{
	struct log_line l;
	log_begin(&l, EV_GUIDS_CHANGED);
	log_str(&l, LF_FEED, f->url);
	log_int(&l, LF_FEED_ID, f->id);
	log_int(&l, LF_ITEMS, p->result.items);
	log_int(&l, LF_NEW, p->result.fresh);
	log_int(&l, LF_JOINED, p->result.joined);
	log_end(&l);
}

void
tell_ended(const struct feed *f, const char *reason)
{
	struct log_line l;
	log_begin(&l, EV_FEED_REMOVED);
	log_str(&l, LF_FEED, f->url);
	log_int(&l, LF_FEED_ID, f->id);
	log_str(&l, LF_REASON, reason);
	log_end(&l);
}

void
tell_stale(struct feed *f, const struct write_poll *p)
{
	if (!p->stale_changed || f->stale == p->is_stale)
		return;
	f->stale = p->is_stale != 0;
	size_t at = 0;
	/* rare enough for a look at all */
	for (const struct feed *other; (other = map_next(&f->p->feeds, &at));)
		if (other != f && other->stale && other->host == f->host)
			return;
	struct log_line l;
	log_begin(&l, EV_STALE);
	log_str(&l, LF_FEED, f->url);
	log_int(&l, LF_FEED_ID, f->id);
	log_str(&l, LF_STATE, f->stale ? "silent" : "usual");
	log_str(&l, LF_REASON, p->stale);
	log_end(&l);
}

void
tell_proposal(const struct feed *f, const struct proposal *proposal)
{
	struct log_line l;
	log_begin(&l, EV_PROPOSAL);
	log_str(&l, LF_FEED, f->url);
	log_int(&l, LF_FEED_ID, f->id);
	if (proposal->new_url)
		log_str(&l, LF_URL, proposal->new_url);
	log_str(&l, LF_REASON, proposal->reason);
	log_end(&l);
}

/* The feed that a link was found in, as far as it is still polled. */
static void
add_feed(struct log_line *l, const struct pipeline *p, int64_t feed_id)
{
	const struct feed *f = map_get(&p->feeds, (uint64_t)feed_id);
	if (f)
		log_str(l, LF_FEED, f->url);
	log_int(l, LF_FEED_ID, feed_id);
}

void
tell_end(const struct pipeline *p, enum log_event event, const struct link_end *e)
{
	struct log_line l;
	log_begin(&l, event);
	log_str(&l, LF_URL, e->url);
	log_int(&l, LF_LINK_ID, e->link_id);
	add_feed(&l, p, e->feed_id);
	log_str(&l, LF_OUTCOME, outcome_name(e->result->outcome));
	log_str(&l, LF_REASON, e->result->reason);
	if (e->status)
		log_int(&l, LF_STATUS, e->status);
	if (e->attempts)
		log_int(&l, LF_ATTEMPT, e->attempts);
	if (e->result->article_id)
		log_int(&l, LF_ARTICLE_ID, e->result->article_id);
	if (e->article && e->result->outcome == OUTCOME_STORED) {
		log_str(&l, LF_TITLE, e->article->title);
		log_str(&l, LF_LANGUAGE, e->article->language);
		log_int(&l, LF_WORDS, e->article->words);
		log_str(&l, LF_BODY_SOURCE, body_source_name(e->source));
	}
	log_end(&l);
}

void
tell_discovered(const struct feed *f, const struct link_work *work, const struct feed_doc *doc)
{
	struct log_line l;
	log_begin(&l, EV_DISCOVERED);
	log_str(&l, LF_URL, work->url);
	log_int(&l, LF_LINK_ID, work->id);
	add_feed(&l, f->p, f->id);
	if (doc && work->item < doc->items_len)
		log_str(&l, LF_TITLE, doc->items[work->item].title);
	log_end(&l);
}

void
tell_drift(const char *site, const struct drift_change *change)
{
	struct log_line l;
	char words[120];
	if (!change->begins && !change->ends)
		return;
	log_begin(&l, EV_TEMPLATE_DRIFT);
	log_str(&l, LF_SITE, site);
	log_str(&l, LF_KIND, drift_kind_name(change->kind));
	log_str(&l, LF_STATE,
	    change->begins    ? "begins"
	    : change->settled ? "settled"
			      : "recovered");
	snprintf(
	    words, sizeof words, "usual was %.2f, now it is %.2f", change->before, change->after);
	if (change->begins)
		log_str(&l, LF_REASON, words);
	log_end(&l);
}

void
tell_retry(const struct link *l, const struct link_outcome *o)
{
	struct log_line line;
	char due[32];
	log_begin(&line, EV_RETRY);
	log_str(&line, LF_URL, l->url);
	log_int(&line, LF_LINK_ID, l->id);
	add_feed(&line, l->p, l->feed_id);
	log_str(&line, LF_REASON, o->reason);
	if (o->status)
		log_int(&line, LF_STATUS, o->status);
	log_int(&line, LF_ATTEMPT, o->attempts);
	log_str(&line, LF_NEXT, clock_iso(o->due, due));
	log_end(&line);
}
