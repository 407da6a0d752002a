/*
 * pipeline: the road, one on_... function for each thing that can have happened, in reading order.
 * See include/pipeline.h; what may start is decided in admit.c, the set of feeds is kept in
 * feeds.c, robots.txt in rules.c; answers.c knows what an answer means; sitemaps.c follows an
 * index; tell.c writes the log.
 *
 *   pipeline_tick    a feed is due           -> fetch
 *   on_feed_fetched  304, error              -> writer        200 -> pool
 *   on_feed_parsed                           -> writer
 *   on_poll_written  new links, committed    -> admit
 *   pipeline_tick    a page may be fetched   -> robots, fetch
 *   on_page_fetched                          -> pool, or the link's end; by way of the writer where
 *                                               the feed gave a text that is to be its witness
 *   on_page_parsed                           -> writer, or the feed's own text instead
 *   on_article_written, on_outcome_written   -> log
 *
 * Invariants, each with a test in tests/test_pipeline.c:
 * 1. The only durable state is the database. A feed's validators and next poll time commit together
 * with its items, and pending links are the durable work list: kill -9 loses only work in flight,
 * which is done again, and never twice stored.
 * 2. Every discovered link ends in exactly one outcome of the closed list; outcomes and pending add
 * up to what was discovered.
 * 3. Nothing starts upstream without room downstream. Under load feeds are late, never lost.
 * 4. A job has one owner; handing it on ends your ownership.
 * 5. A log line for an outcome is written after its commit, never before.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"
#include "rights.h"
#include "sitemap.h"
#include "url.h"

#define FEED_TEXT_WORDS_MIN 60  /* a feed's text stands in for a page from so many words on */
#define RETRY_FIRST_S       300 /* then 6 times as long each time: 5 min, 30 min, 3 h, 18 h */
#define RETRY_FACTOR        6
#define RETRY_MAX_S         86400
#define DOCUMENTS_SHARE     4    /* of the budget of bytes, for parsed documents */
#define PROPOSALS_MAX       3    /* of one page */
#define FAILED_WRITE_S      3600 /* a poll that the store refuses is tried again after so long */

/* ---- small help ---- */

static void
hold_workers(struct pipeline *p)
{
	pool_hold(p->pool, p->documents > p->door.budget->max / DOCUMENTS_SHARE);
}

/*
 * Documents in memory count against the budget that holds fetches back. A document can be many
 * times its body: while those that wait for the writer take their share of the budget, the workers
 * make no more of them.
 */
void
pipeline_charge(struct pipeline *p, const struct reply *r)
{
	p->door.budget->used += r->arena.total;
	p->documents += r->arena.total;
	hold_workers(p);
}

void
pipeline_discharge(struct pipeline *p, const struct reply *r)
{
	if (!r)
		return;
	p->door.budget->used -= r->arena.total;
	p->documents -= r->arena.total;
	hold_workers(p);
	if (p->door.released)
		p->door.released(p->door.self);
}

void
pipeline_write_part(
    struct pipeline *p, struct reply *reply, const struct poll *poll, write_done_cb done, void *arg)
{
	struct write *w = write_new(WRITE_POLL, done, arg);
	pipeline_charge(p, reply);
	w->reply = reply;
	w->u.poll.poll = *poll;
	writer_submit(p->writer, w);
}

void
pipeline_parse(
    struct pipeline *p, const struct job *as, struct fetch_result *r, pool_done_cb done, void *arg)
{
	struct job job = *as;
	job.url = r->final_url;
	job.content_type = r->content_type;
	job.content_encoding = r->content_encoding;
	job.content_location = r->content_location;
	job.link = r->link;
	job.agent = "newsd";
	job.inflated_max = (size_t)p->config->inflated_max;
	pool_submit(p->pool, &job, &r->body, done, arg);
}

void
pipeline_leave_host(struct pipeline *p, struct host *h, const struct fetch_result *r)
{
	gates_end(p, h, r);
	if (r->status) {
		p->unanswered = 0;
		outage_take_answer(p, h);
	}
}

/* ---- a feed ---- */

static void on_feed_parsed(struct reply *reply, void *write);
static void on_poll_written(struct write *w, void *feed);

/* Why the feed is not to blame that none came. */
static enum cadence_excuse
excuse_of(struct pipeline *p, const struct fetch_result *r)
{
	if (r->error == FETCH_CLOSED)
		return EXCUSE_CLOSED;
	return outage_is_network(r->error) && outage_is_known(p) ? EXCUSE_OUTAGE : EXCUSE_NONE;
}

/* The write that tells the store of this poll, as far as the answer tells it. */
static struct write *
poll_write(struct feed *f, const struct fetch_result *r)
{
	struct pipeline *p = f->p;
	struct write *w = write_new(WRITE_POLL, on_poll_written, f);
	struct poll *poll = &w->u.poll.poll;
	int64_t now = clock_now();
	poll->feed_id = f->id;
	poll->at = now;
	poll->outcome = answer_poll_outcome(r);
	poll->status = r->status;
	poll->bytes = r->bytes;
	poll->duration_ms = r->duration_ms;
	poll->content = feed_content(p, f);
	if (r->redirects && r->permanent)
		poll->redirect = arena_strdup(&w->in, r->final_url);
	/* validators: those of a good answer; else what we had (a 304 may bring new ones) */
	int good = poll->outcome == POLL_OK || poll->outcome == POLL_UNCHANGED;
	int fresh = poll->outcome == POLL_OK;
	poll->etag = arena_strdup(&w->in, good && r->etag ? r->etag : fresh ? NULL : feed_etag(f));
	poll->last_modified = arena_strdup(&w->in, good && r->last_modified ? r->last_modified
						   : fresh                  ? NULL
							   : feed_last_modified(f));
	poll->validators_of = good ? r->final_hash : f->validators_of;
	poll->offers_parts = fresh ? r->offers_parts : f->offers_parts;
	poll->is_new_only = r->status == 226;
	enum cadence_excuse excuse = good ? EXCUSE_NONE : excuse_of(p, r);
	if (!good) {
		poll->error = answer_describe(&w->in, r);
		poll->failures = f->failures + !excuse;
	}
	w->u.poll.cadence = (struct cadence_input){
	    .event = good ? (fresh ? CADENCE_CHANGED : CADENCE_UNCHANGED) : CADENCE_FAILED,
	    .failure = answer_failure(r),
	    .now = now,
	    .failures = poll->failures,
	    .retry_after_s = answer_retry_after_s(r),
	    .max_age_s = good ? r->max_age_s : -1,
	    .fixed_s = f->fixed_s,
	    .min_s = p->config->poll_min,
	    .max_s = p->config->poll_max,
	    .blind_min_s = p->config->poll_min_blind,
	    .price = (double)p->config->poll_patience / 3600,
	    .backup_s = push_backup_s(f),
	    .excuse = excuse,
	    .again_s = r->retry_after_s,
	    .seed = (uint64_t)f->id};
	w->u.poll.url = arena_strdup(&w->in, f->url);
	w->u.poll.conditional = r->conditional;
	return w;
}

void
on_feed_fetched(struct fetch_result *r, void *arg)
{
	struct feed *f = arg;
	struct pipeline *p = f->p;
	p->feeds_fetching--;
	pipeline_leave_host(p, f->host, r);
	p->polls++;
	p->progress++;
	outage_take_failure(f, r);
	struct write *w = poll_write(f, r);
	if (w->u.poll.poll.outcome != POLL_OK) {
		writer_submit(p->writer, w);
		return;
	}
	f->flight = w;
	struct job job = {.kind = JOB_FEED,
	    .flags = w->u.poll.poll.content == CONTENT_FEED ? JOB_WANT_TEXT : 0,
	    .subject = f->url,
	    .feed_id = f->id};
	pipeline_parse(p, &job, r, on_feed_parsed, w);
}

void
pipeline_refuse_feed(struct feed *f, const char *reason)
{
	struct fetch_result r = {.error = FETCH_REFUSED,
	    .error_word = fetch_error_name(FETCH_REFUSED),
	    .error_text = reason,
	    .final_url = f->url,
	    .content_type = "",
	    .content_encoding = "",
	    .retry_after_s = -1,
	    .max_age_s = -1};
	f->p->progress++;
	writer_submit(f->p->writer, poll_write(f, &r));
}

/* A page in the place of the feed F names feeds: one of them may be what F has become. */
static void
propose_move(struct write *w, const struct feed *f, const struct discovery *page)
{
	struct poll *poll = &w->u.poll.poll;
	size_t n = page->links_len < PROPOSALS_MAX ? page->links_len : PROPOSALS_MAX;
	struct proposal *proposals = arena_zalloc(&w->in, n * sizeof *proposals);
	for (size_t i = 0; i < n; i++) {
		const struct feed_link *link = &page->links[i];
		proposals[i] = (struct proposal){.kind = PROPOSAL_MOVED,
		    .old_url = arena_strdup(&w->in, f->url),
		    .new_url = arena_strdup(&w->in, link->url),
		    .reason = "a page stands where the feed was, and declares this feed",
		    .evidence = arena_printf(&w->in, "%s; declared%s%s%s", poll->error,
			link->title ? " as \"" : "", link->title ? link->title : "",
			link->title ? "\"" : "")};
	}
	poll->proposals = proposals;
	poll->proposals_len = n;
}

static void
on_feed_parsed(struct reply *reply, void *arg)
{
	struct write *w = arg;
	struct feed *f = w->arg;
	struct poll *poll = &w->u.poll.poll;
	f->flight = NULL;
	pipeline_charge(f->p, reply);
	w->reply = reply;
	if (reply->status) {
		poll->outcome = reply->status == ERR_INPUT ? POLL_NOT_FEED : POLL_BAD;
		poll->error = arena_printf(&w->in, "%s: %s", error_name(reply->status),
		    reply->reason ? reply->reason : "no reason given");
		poll->failures = f->failures + 1;
		w->u.poll.cadence.event = CADENCE_FAILED;
		w->u.poll.cadence.failure = reply->status == ERR_INPUT      ? FAILURE_NOT_FEED
					    : reply->status == ERR_ENCODING ? FAILURE_BROKEN
									    : FAILURE_PARSE;
		w->u.poll.cadence.failures = poll->failures;
		if (reply->discovery)
			propose_move(w, f, reply->discovery);
	} else {
		poll->recovered = reply->feed->recovered;
		if (sitemap_is_pages(reply->feed))
			poll->skipped = (int64_t)sitemap_keep_news(
			    reply->feed, clock_now(), f->p->config->sitemap_max_age);
	}
	/* validators of a body that did not parse, or not as it was meant (it may have been cut
	 * short), would keep the rest and the next one from us */
	if (reply->status || reply->feed->recovered)
		poll->etag = poll->last_modified = NULL;
	if (!reply->status && sitemap_is_index(reply->feed))
		sitemaps_begin(f, w);
	else
		writer_submit(f->p->writer, w);
}

void
pipeline_take_links(struct feed *f, const struct write_poll *poll)
{
	struct pipeline *p = f->p;
	if (poll->result.renamed)
		tell_guids_changed(f, poll);
	for (size_t i = 0; i < poll->result.proposed_len; i++)
		tell_proposal(f, poll->result.proposed[i].what);
	for (size_t i = 0; i < poll->result.links_len; i++) {
		const struct link_work *work = &poll->result.links[i];
		const struct link_result *r = poll->outcomes ? &poll->outcomes[i] : NULL;
		if (!work->recheck && !work->moved)
			tell_discovered(f, work, poll->poll.doc);
		if (r && r->outcome != OUTCOME_PENDING) {
			const struct item *item = &poll->poll.doc->items[work->item];
			struct article a = {
			    .title = item->title, .language = item->language, .words = item->words};
			struct link_end e = {.url = work->url,
			    .link_id = work->id,
			    .feed_id = f->id,
			    .result = r,
			    .article = &a,
			    .source = BODY_FEED};
			p->stored += r->outcome == OUTCOME_STORED;
			tell_end(p, EV_OUTCOME, &e);
		} else {
			if (work->moved)
				admit_recall_link(p, work->id);
			admit_link(p, work);
		}
	}
}

/* Committed: what is new may be fetched, and the feed sleeps until its next poll. */
static void
on_poll_written(struct write *w, void *arg)
{
	struct feed *f = arg;
	struct pipeline *p = f->p;
	struct write_poll *poll = &w->u.poll;
	pipeline_discharge(p, w->reply);
	p->feeds_busy--;
	p->progress++;
	if (w->status) {
		if (!p->stopping)
			log_error("the store refuses the poll of %s: %s", f->url, w->fault.text);
		feeds_sleep(p, f, clock_now() + FAILED_WRITE_S);
		return;
	}
	tell_poll(f, poll);
	tell_stale(f, poll);
	push_tally(f, poll);
	pipeline_take_links(f, poll);
	if (w->reply && w->reply->feed)
		push_discover(f, w->reply->feed);
	int waits = recover_take(f, w); /* for a whole document */
	f->failures = (uint32_t)poll->poll.failures;
	f->pace = poll->next.pace;
	if (!f->failures && !poll->cadence.excuse)
		f->polled_at = poll->poll.at;
	f->not_before = poll->next.not_before;
	int blank = poll->blank || waits;
	feed_set_strings(
	    f, f->url, blank ? NULL : poll->poll.etag, blank ? NULL : poll->poll.last_modified);
	f->validators_of = poll->poll.validators_of;
	f->offers_parts = poll->poll.offers_parts != 0;
	feeds_sleep(p, f, poll->next.at);
	proposals_accept(p, &poll->result);
}

/* ---- a page ---- */

static void on_outcome_written(struct write *w, void *link);
static void on_article_written(struct write *w, void *link);

void
on_page_fetched(struct fetch_result *r, void *arg)
{
	struct link *l = arg;
	struct pipeline *p = l->p;
	struct arena a = {0};
	pipeline_leave_host(p, l->host, r);
	p->pages++;
	p->progress++;
	l->status = r->status;
	l->rights = r->rights;
	if (r->final_url && strcmp(r->final_url, l->fetch)) {
		mem_free(l->final_url);
		l->final_url = mem_strdup(r->final_url);
	}
	enum outcome outcome = answer_page_outcome(r);
	if (outage_is_network(r->error) && outage_is_known(p)) {
		pipeline_postpone_link(l, answer_describe(&a, r), clock_now() + RETRY_FIRST_S);
	} else if (r->error == FETCH_CLOSED) {
		pipeline_postpone_link(l, answer_describe(&a, r), clock_now() + r->retry_after_s);
	} else if (r->challenge && outcome == OUTCOME_PENDING && !l->recheck) {
		l->patience_s = answer_close_ms(r) / 1000;
		pipeline_end_link(p, l, OUTCOME_HTTP_ERROR, answer_describe(&a, r));
	} else if (outcome == OUTCOME_PENDING) {
		pipeline_retry_link(p, l, answer_describe(&a, r), r->retry_after_s);
	} else if (outcome != OUTCOME_STORED) {
		pipeline_end_link(p, l, outcome, answer_describe(&a, r));
	} else if (!answer_is_page(r->content_type)) {
		pipeline_end_link(
		    p, l, OUTCOME_NOT_HTML, arena_printf(&a, "Content-Type %s", r->content_type));
	} else if (!r->body.len) {
		pipeline_end_link(p, l, OUTCOME_BAD_BODY, "an empty body");
	} else {
		pipeline_read_page(l, r);
	}
	arena_clear(&a);
}

static void
submit_article(struct link *l, struct reply *reply, enum body_source source, const char *why)
{
	struct write *w = write_new(WRITE_ARTICLE, on_article_written, l);
	w->reply = reply;
	struct write_article *a = &w->u.article;
	a->link_id = l->id;
	a->feed_id = l->feed_id;
	a->url = arena_strdup(&w->in, l->url);
	a->final_url = arena_strdup(&w->in, l->final_url);
	a->why = arena_strdup(&w->in, why);
	a->source = source;
	a->recheck = l->recheck;
	a->status = l->status;
	a->rights = l->rights;
	a->attempts = l->attempts + (source != BODY_FEED);
	a->at = clock_now();
	writer_submit(l->p->writer, w);
}

void
on_page_parsed(struct reply *reply, void *arg)
{
	struct link *l = arg;
	struct pipeline *p = l->p;
	struct arena a = {0};
	enum outcome outcome = reply->status ? answer_reply_outcome(reply->status)
					     : answer_verdict_outcome(reply->article->verdict);
	p->progress++;
	if (outcome == OUTCOME_STORED) {
		pipeline_charge(p, reply);
		submit_article(
		    l, reply, reply->article->from_jsonld ? BODY_JSONLD : BODY_PAGE, NULL);
		return;
	}
	if (!reply->status) {
		l->rights |= reply->article->rights;
		if (reply->article->verdict == VERDICT_BOT_CHALLENGE)
			gates_take_challenge(p, l->final_url ? l->final_url : l->fetch);
	}
	const char *reason = answer_describe_page(&a, reply);
	int status = reply->status;
	reply_free(reply);
	if (quarantine_is_death(status))
		quarantine_take_link(l, JOB_PAGE, status, reason);
	else if (outcome == OUTCOME_PENDING)
		pipeline_retry_link(p, l, reason, -1);
	else
		pipeline_end_link(p, l, outcome, reason);
	arena_clear(&a);
}

/* ---- the end of a link ---- */

static void
submit_end(struct link *l, enum outcome outcome, const char *reason, int64_t due, int attempts)
{
	struct write *w = write_new(WRITE_OUTCOME, on_outcome_written, l);
	char rights[RIGHTS_WORDS_SIZE];
	w->u.outcome = (struct link_outcome){.link_id = l->id,
	    .outcome = outcome,
	    .reason = arena_strdup(&w->in, reason),
	    .at = clock_now(),
	    .status = l->status,
	    .attempts = attempts,
	    .due = due,
	    .rights = l->rights ? arena_strdup(&w->in, rights_words(l->rights, rights)) : NULL,
	    .final_url = arena_strdup(&w->in, l->final_url)};
	writer_submit(l->p->writer, w);
}

static void
submit_outcome(struct link *l, enum outcome outcome, const char *reason, int64_t due)
{
	submit_end(l, outcome, reason, due, l->attempts + 1);
}

void
pipeline_defer_link(struct link *l, const char *reason, int64_t due)
{
	submit_outcome(l, OUTCOME_PENDING, reason, due);
}

void
pipeline_postpone_link(struct link *l, const char *reason, int64_t due_s)
{
	submit_end(l, OUTCOME_PENDING, reason, due_s, l->attempts);
}

/* The page did not come, and its feed has no text for it. */
static void
end_without_text(struct link *l, enum outcome outcome, const char *reason)
{
	int64_t patience_s = l->patience_s;
	l->patience_s = l->has_content = 0;
	if (patience_s)
		pipeline_retry_link(l->p, l, reason, patience_s);
	else
		submit_outcome(l, outcome, reason, 0);
}

void
pipeline_end_link(struct pipeline *p, struct link *l, enum outcome outcome, const char *reason)
{
	int may_stand_in = outcome != OUTCOME_FILTERED && outcome != OUTCOME_PARSER_CRASH;
	if (l->recheck && l->content != CONTENT_FEED) { /* what is stored is better than nothing */
		char words[400];
		snprintf(words, sizeof words, "the page can't be looked at again: %s (%s)",
		    outcome_name(outcome), reason);
		submit_outcome(l, OUTCOME_STORED, words, 0);
		return;
	}
	if (!l->has_content || !may_stand_in) {
		end_without_text(l, outcome, reason);
		return;
	}
	l->verdict = outcome;
	mem_free(l->reason);
	l->reason = mem_strdup(reason);
	pipeline_use_item(p, l);
}

void
pipeline_retry_link(struct pipeline *p, struct link *l, const char *reason, int64_t min_delay_s)
{
	if (l->attempts + 1 >= p->config->attempts_max) {
		char words[300];
		snprintf(words, sizeof words, "%d attempts; the last: %s", l->attempts + 1, reason);
		pipeline_end_link(p, l, OUTCOME_GAVE_UP, words);
		return;
	}
	int64_t delay = RETRY_FIRST_S;
	for (int i = 0; i < l->attempts && delay < RETRY_MAX_S; i++)
		delay *= RETRY_FACTOR;
	if (delay > RETRY_MAX_S)
		delay = RETRY_MAX_S;
	if (delay < min_delay_s)
		delay = min_delay_s < RETRY_AFTER_MAX_S ? min_delay_s : RETRY_AFTER_MAX_S;
	submit_outcome(l, OUTCOME_PENDING, reason, clock_now() + delay);
}

/* The link stays pending in the store, and is read from there again. */
static void
on_link_refused(const struct link *l, const struct write *w)
{
	if (!l->p->stopping)
		log_error("the store refuses the %s of %s: %s",
		    w->kind == WRITE_ARTICLE ? "article" : "outcome", l->url, w->fault.text);
	admit_host_pending(l->p, l->host, clock_now() + FAILED_WRITE_S);
}

static void
on_outcome_written(struct write *w, void *arg)
{
	struct link *l = arg;
	struct pipeline *p = l->p;
	const struct link_outcome *o = &w->u.outcome;
	p->progress++;
	if (w->status) {
		on_link_refused(l, w);
	} else if (o->outcome == OUTCOME_PENDING) {
		tell_retry(l, o);
		admit_host_pending(p, l->host, o->due);
	} else {
		struct link_result r = {.outcome = o->outcome, .reason = o->reason};
		struct link_end e = {.url = l->url,
		    .link_id = l->id,
		    .feed_id = l->feed_id,
		    .result = &r,
		    .status = o->status,
		    .attempts = o->attempts};
		tell_end(p, EV_OUTCOME, &e);
		tell_drift(w->site, &w->drift);
		quarantine_end_link(l);
	}
	admit_forget_link(p, l);
}

static void
on_article_written(struct write *w, void *arg)
{
	struct link *l = arg;
	struct pipeline *p = l->p;
	const struct write_article *a = &w->u.article;
	pipeline_discharge(p, w->reply);
	p->progress++;
	if (w->status) {
		on_link_refused(l, w);
	} else {
		p->stored += a->result.outcome == OUTCOME_STORED;
		struct link_end e = {.url = l->url,
		    .link_id = l->id,
		    .feed_id = l->feed_id,
		    .result = &a->result,
		    .status = a->status,
		    .attempts = a->attempts,
		    .article = w->reply->article,
		    .source = a->source};
		if (a->result.revised)
			tell_end(p, EV_REVISED, &e);
		tell_end(p, EV_OUTCOME, &e);
		tell_drift(a->result.site, &a->result.drift);
		quarantine_end_link(l);
	}
	admit_forget_link(p, l);
}

/* ---- the feed's own text in the place of the page ---- */

static void on_item_parsed(struct reply *reply, void *link);

void
pipeline_use_item(struct pipeline *p, struct link *l)
{
	struct write *w = write_new(WRITE_ITEM, on_item_loaded, l);
	w->u.item.link_id = l->id;
	writer_submit(p->writer, w);
}

/* End LINK with what its page came to. */
static void
end_without_item(struct link *l)
{
	if (l->verdict)
		end_without_text(l, l->verdict, l->reason);
	else
		submit_outcome(l, OUTCOME_STUB, "the feed's entry has no text", 0);
}

void
on_item_loaded(struct write *w, void *arg)
{
	struct link *l = arg;
	struct pipeline *p = l->p;
	const struct item *item = w->u.item.item;
	if (w->status) {
		pipeline_drop_page(l);
		pipeline_retry_link(p, l, w->fault.text, -1);
		return;
	}
	if (!l->page && (!item || (!item->content && !item->summary))) {
		end_without_item(l);
		return;
	}
	l->item_arena = w->out; /* the item lives in it */
	w->out = (struct arena){0};
	l->item = (struct item *)item;
	if (admit_item_has_room(p)) {
		pipeline_submit_item(p, l);
	} else {
		p->door.budget->used += l->item_arena.total;
		STAILQ_INSERT_TAIL(&p->waiting, l, waiting);
	}
}

void
pipeline_submit_item(struct pipeline *p, struct link *l)
{
	if (l->page) {
		pipeline_submit_page(p, l);
		arena_clear(&l->item_arena);
		l->item = NULL;
		return;
	}
	const char *html = l->item->content ? l->item->content : l->item->summary;
	struct buf body;
	buf_init_budget(&body, strlen(html), p->door.budget);
	buf_add_str(&body, html);
	struct job job = {.kind = JOB_FRAGMENT,
	    .url = l->fetch ? l->fetch : "",
	    .content_type = "text/html; charset=utf-8",
	    .content_encoding = "",
	    .agent = "",
	    .inflated_max = (size_t)p->config->inflated_max,
	    .subject = l->url,
	    .link_id = l->id,
	    .feed_id = l->feed_id};
	pool_submit(p->pool, &job, &body, on_item_parsed, l);
	buf_clear(&body);
	arena_clear(&l->item_arena);
	l->item = NULL;
}

static void
on_item_parsed(struct reply *reply, void *arg)
{
	struct link *l = arg;
	uint32_t words_min = l->content == CONTENT_FEED ? 1 : FEED_TEXT_WORDS_MIN;
	int usable = !reply->status && reply->article->words >= words_min;
	if (!usable) {
		if (reply->status == ERR_SYSTEM) /* no worker could be had: that passes */
			pipeline_retry_link(
			    l->p, l, reply->reason ? reply->reason : "no worker", -1);
		else if (quarantine_is_death(reply->status) && !l->verdict)
			quarantine_take_link(l, JOB_FRAGMENT, reply->status, reply_words(reply));
		else if (reply->status && !l->verdict)
			submit_outcome(l, answer_reply_outcome(reply->status), reply->reason, 0);
		else
			end_without_item(l);
		reply_free(reply);
		return;
	}
	pipeline_charge(l->p, reply);
	char why[400] = "";
	if (l->verdict)
		snprintf(why, sizeof why, "the text is the feed's own, the page: %s (%s)",
		    outcome_name(l->verdict), l->reason);
	submit_article(l, reply, BODY_FEED, *why ? why : NULL);
}

/* ---- life ---- */

struct pipeline *
pipeline_new(const struct config *config, const struct fetch_door *door, struct pool *pool)
{
	struct pipeline *p = mem_zalloc(sizeof *p);
	p->config = config;
	p->door = *door;
	p->pool = pool;
	p->wall_offset_ms = clock_now_ms() - clock_mono_ms();
	STAILQ_INIT(&p->waiting);
	p->gate = hostgate_new(config->host_delay, (int)config->host_connections);
	gates_configure(p);
	pool_on_end(pool, quarantine_on_end, p);
	return p;
}

void
pipeline_start(struct pipeline *p, struct writer *writer)
{
	p->writer = writer;
}

void
pipeline_reconfigure(struct pipeline *p, const struct config *config)
{
	p->config = config;
	gates_configure(p);
}

void
pipeline_stop(struct pipeline *p)
{
	p->stopping = 1;
	lookup_stop(p);
}

void
pipeline_once(struct pipeline *p)
{
	p->once = 1;
	size_t at = 0;
	for (struct feed *f; (f = map_next(&p->feeds, &at));)
		f->once_done = f->not_before > clock_now();
	pipeline_poll_now(p, 0);
}

void
pipeline_read_status(const struct pipeline *p, struct pipeline_status *out)
{
	*out = (struct pipeline_status){.feeds = p->feeds.count,
	    .feeds_waiting = p->feeds_waiting,
	    .feeds_busy = p->feeds_busy,
	    .links = p->links.count,
	    .hosts = hostgate_count(p->gate),
	    .quarantined = p->quarantined.count,
	    .polls = p->polls,
	    .pages = p->pages,
	    .stored = p->stored,
	    .progress = p->progress,
	    .unanswered = p->unanswered,
	    .outage = p->outage_since};
	const struct heap_node *first = heap_peek(&p->due);
	if (first)
		out->next_poll = clock_now() + (first->due - clock_mono_ms()) / 1000;
}

void
pipeline_free(struct pipeline *p)
{
	if (!p)
		return;
	size_t at = 0;
	for (struct link *l; (l = map_next(&p->links, &at));)
		admit_forget_link(p, l);
	at = 0;
	for (struct feed *f; (f = map_next(&p->feeds, &at));) {
		write_free(f->flight);
		f->state = FEED_IDLE; /* the gate, where it may be waiting, goes too */
		feeds_drop(p, f);
	}
	lookup_free_all(p);
	push_free(p);
	recover_free(p);
	addresses_free(p);
	quarantine_free(p);
	map_clear(&p->links);
	map_clear(&p->feeds);
	feeds_forget_moves(p);
	heap_clear(&p->due);
	heap_clear(&p->pending);
	hostgate_free(p->gate, rules_free);
	mem_free(p);
}
