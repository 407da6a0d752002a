/*
 * apply: what each kind of write means to the store. Runs on the writer's thread, inside its
 * transaction, and may be run again after a rollback: it changes nothing but the store and the
 * write's results.
 */
#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "rights.h"
#include "signature.h"
#include "stories.h"
#include "sites.h"
#include "writer_priv.h"

/* ---- an article ---- */

struct known {
	struct article_key key;
	char *title;
	struct story_known story;
};

static int
keep_title(const struct article_row *row, void *arg)
{
	*(char **)arg = mem_strdup(row->title);
	return 0;
}

/* Fill KNOWN from a look-up that answered STATUS. Returns the story_known, NULL when there is none.
 */
static const struct story_known *
known_from(struct store *store, int status, struct known *known, int with_title)
{
	if (status)
		return NULL;
	if (with_title)
		store_read_article(store, known->key.id, keep_title, &known->title);
	known->story = (struct story_known){.id = known->key.id,
	    .link_id = known->key.link_id,
	    .text_hash = known->key.text_hash,
	    .title = known->title};
	return &known->story;
}

static int
is_failure(int status)
{
	return status && status != ERR_NOT_FOUND;
}

/* Is the feed's date A better than the page's B? */
static int
is_better_date(const struct date *a, const struct date *b)
{
	if (a->precision != b->precision)
		return a->precision > b->precision;
	return a->precision != DATE_NONE && !a->doubt && b->doubt;
}

/* The dates as they are to be believed at AT; of page and feed the better one. */
static void
complete_dates(struct article *a, const struct item *item, int64_t at)
{
	date_settle(&a->published, at);
	date_settle(&a->modified, at);
	if (!item)
		return;
	struct date published = item->published, updated = item->updated;
	date_settle(&published, at);
	date_settle(&updated, at);
	if (is_better_date(&published, &a->published)) {
		a->published = published;
		a->published_source = (char *)"feed";
		a->published_raw = item->published_raw;
	} else if (a->published.precision == DATE_NONE) {
		a->published.doubt |= published.doubt;
		if (!a->published_raw)
			a->published_raw = item->published_raw;
	}
	if (!a->modified.precision)
		a->modified = updated;
}

/* What the page did not say is taken from its feed's entry, and the URL is made the one of
 * identity. */
static void
complete_article(struct article *a, const struct item *item, const char *link_url, int64_t at)
{
	if (!a->url || !stories_canonical_is_plausible(a->url, link_url))
		a->url = (char *)link_url;
	complete_dates(a, item, at);
	if (!item)
		return;
	if (!a->title || !*a->title) {
		a->title = item->title;
		a->title_source = item->title ? (char *)"feed" : NULL;
	}
	if (!a->authors_len) {
		a->authors = item->authors;
		a->authors_len = item->authors_len;
	}
	if (!a->image)
		a->image = item->image;
	if (!a->tags_len) {
		a->tags = item->tags;
		a->tags_len = item->tags_len;
	}
	if ((!a->language || !*a->language) && item->language) {
		a->language = item->language;
		a->language_source = (char *)"feed";
	}
}

struct article_place {
	int64_t link_id, feed_id, at;
	int recheck;
	const char *link_url;
	enum body_source source;
	const struct site_work *site; /* its site, as it was when the article came */
};

/* A has another text than article OF, of which it is a new version. *CAUSE gets what changed, in
 * words. Where only white space, letter case, punctuation or a counter did, or a line of the site
 * that newsd had not learned yet when it came before, it is no revision: *RELATION becomes
 * OTHERWISE. */
static int
compare_texts(struct store *store, int64_t of, const struct article *a,
    const struct article_place *at, enum story_relation otherwise, struct arena *out,
    enum story_relation *relation, const char **cause)
{
	struct story_text old;
	struct story_change change;
	int status = store_load_story_text(store, of, INT64_MAX, out, &old);
	*cause = NULL;
	if (!status)
		old.text = sites_without_lines(store, at->site, old.text, at->at, out);
	if (!status && stories_compare_revision(old.text, a->text ? a->text : "", &change))
		*cause = story_change_words(out, &change);
	else
		*relation = otherwise;
	return status;
}

/* Store A as what it is: RELATION to article OF, which is its link's own (IS_OWN) or another's. */
static int
store_as(struct store *store, const struct article *a, const struct article_place *at,
    enum story_relation relation, int64_t of, int is_own, struct arena *out, struct link_result *r)
{
	int status = 0;
	const char *cause = NULL;
	if (relation == STORY_REVISION)
		status = compare_texts(store, of, a, at, is_own ? STORY_UNCHANGED : STORY_SAME_URL,
		    out, &relation, &cause);
	*r = (struct link_result){.outcome = OUTCOME_STORED, .article_id = of};
	if (status)
		return status;
	switch (relation) {
	case STORY_NEW:
		status = store_put_article(
		    store, a, at->link_id, at->feed_id, at->source, at->at, 0, &r->article_id);
		break;
	case STORY_UNCHANGED:
		r->reason = "unchanged";
		break;
	case STORY_REVISION:
		r->revised = 1;
		r->reason = arena_printf(out, "the text changed: %s", cause);
		status = store_revise_article(store, of, a, at->source, at->at, cause);
		break;
	case STORY_SAME_URL:
	case STORY_SAME_TEXT:
		r->outcome = OUTCOME_DUPLICATE;
		r->reason = arena_printf(out, "%s as article %lld",
		    relation == STORY_SAME_URL ? "the same canonical URL" : "the same text",
		    (long long)of);
		break;
	}
	return status;
}

/* Judge ARTICLE, which is complete, against the store and store what that means. */
static int
judge_article(struct store *store, struct article *a, const struct article_place *at,
    struct arena *out, struct link_result *r)
{
	struct known by_url = {0}, by_text = {0};
	struct article_key own_key;
	int64_t of;
	if (at->recheck && !store_find_article_by_link(store, at->link_id, &own_key)) {
		int same = !memcmp(own_key.text_hash, a->text_hash, sizeof own_key.text_hash);
		return store_as(
		    store, a, at, same ? STORY_UNCHANGED : STORY_REVISION, own_key.id, 1, out, r);
	}
	int url_status = store_find_article_by_url(store, a->url, &by_url.key);
	int text_status = a->tokens >= SIGNATURE_TOKENS_MIN
			      ? store_find_article_by_text(store, a->text_hash, &by_text.key)
			      : ERR_NOT_FOUND;
	int status = is_failure(url_status)    ? url_status
		     : is_failure(text_status) ? text_status
					       : 0;
	if (!status) {
		const struct story_known *u = known_from(store, url_status, &by_url, 1);
		const struct story_known *t = known_from(store, text_status, &by_text, 0);
		enum story_relation relation = stories_judge(a, at->link_id, u, t, &of);
		if (relation == STORY_NEW && u) /* a canonical URL shared by pages that differ */
			a->url = (char *)at->link_url;
		int own = u && of == u->id && u->link_id == at->link_id;
		status = store_as(store, a, at, relation, of, own, out, r);
		if (!status && r->revised && !own)
			r->outcome = OUTCOME_REVISION;
	}
	mem_free(by_url.title);
	return status;
}

static int
apply_one_article(struct store *store, struct article *a, const struct item *item,
    const struct article_place *at, struct arena *out, struct link_result *r)
{
	struct site_work site;
	struct article_place place = *at;
	place.site = &site;
	int status = sites_begin(store, at->link_url, a, item, at->at, out, &site);
	if (status)
		return status;
	complete_article(a, item, at->link_url, at->at);
	status = judge_article(store, a, &place, out, r);
	int is_new = r->outcome == OUTCOME_STORED && !r->reason && !r->revised;
	if (status || !(is_new || r->revised))
		return status;
	r->site = site.site;
	return sites_end(store, &site, a, r->article_id, is_new, at->source != BODY_FEED, at->at,
	    out, &r->drift);
}

static int
put_result(
    struct store *store, const struct write_article *w, struct link_result *r, struct arena *out)
{
	if (w->why)
		r->reason = r->reason ? arena_printf(out, "%s; %s", w->why, r->reason) : w->why;
	char words[RIGHTS_WORDS_SIZE];
	const char *rights = rights_words(w->rights, words);
	struct link_outcome o = {.link_id = w->link_id,
	    .rights = *rights ? rights : NULL,
	    .outcome = r->outcome,
	    .reason = r->reason,
	    .at = w->at,
	    .status = w->status,
	    .attempts = w->attempts,
	    .article_id = r->article_id,
	    .final_url = w->final_url};
	return store_put_outcome(store, &o);
}

static int
apply_article(struct store *store, struct write *w)
{
	struct write_article *in = &w->u.article;
	struct article a =
	    *w->reply->article; /* completed here, so that a second run starts afresh */
	struct item *item = NULL;
	int status = store_load_item(store, in->link_id, &w->out, &item);
	if (is_failure(status))
		return status;
	struct article_place at = {.link_id = in->link_id,
	    .feed_id = in->feed_id,
	    .at = in->at,
	    .recheck = in->recheck,
	    .link_url = in->url,
	    .source = in->source};
	status = apply_one_article(store, &a, item, &at, &w->out, &in->result);
	struct write_article as = *in;
	as.rights |= a.rights;
	if (!status)
		status = put_result(store, &as, &in->result, &w->out);
	return status;
}

/* ---- a poll ---- */

/* The article that a feed's own entry is. */
static void
article_from_item(const struct item *item, const struct feed_doc *doc, struct article *a)
{
	*a = (struct article){.url = item->canonical,
	    .title = item->title,
	    .text = item->text,
	    .words = item->words,
	    .site = doc->title,
	    .verdict = VERDICT_FEED_ONLY,
	    .confidence = 1};
	/* the hash of the entry covers the same tokens; only whether they are enough matters here
	 */
	a->tokens = item->words;
	memcpy(a->text_hash, item->text_hash, 16);
	if (!item->language && doc->language) {
		a->language = doc->language;
		a->language_source = (char *)"feed";
	}
}

static int
apply_feed_articles(struct store *store, struct write *w)
{
	struct write_poll *p = &w->u.poll;
	const struct feed_doc *doc = p->poll.doc;
	size_t n =
	    p->poll.content == CONTENT_FEED ? p->result.links_len : 0; /* else no text was made */
	p->outcomes = n ? arena_zalloc(&w->out, n * sizeof *p->outcomes) : NULL;
	for (size_t i = 0; i < n; i++) {
		const struct link_work *link = &p->result.links[i];
		struct link_result *r = &p->outcomes[i];
		if (link->content != CONTENT_FEED || link->item >= doc->items_len)
			continue; /* stays pending: its page is fetched */
		const struct item *item = &doc->items[link->item];
		struct write_article as = {.link_id = link->id, .at = p->poll.at};
		int status = 0;
		if (!item->text || !*item->text) {
			*r = (struct link_result){
			    .outcome = OUTCOME_STUB, .reason = "the feed's entry has no text"};
		} else {
			struct article a;
			article_from_item(item, doc, &a);
			struct article_place at = {.link_id = link->id,
			    .feed_id = link->feed_id,
			    .at = p->poll.at,
			    .recheck = link->recheck,
			    .link_url = link->url,
			    .source = BODY_FEED};
			status = apply_one_article(store, &a, item, &at, &w->out, r);
		}
		if (!status)
			status = put_result(store, &as, r, &w->out);
		if (status)
			return status;
	}
	return 0;
}

/* Take what the poll says into MEMORY. */
static void
learn_poll(struct write_poll *p, struct poll *poll, const struct poll_result *r,
    struct cadence_memory *memory)
{
	struct window_view view = {0};
	if (p->cadence.event == CADENCE_FAILED) {
		/* one that begins to fail at a new address has not failed there before */
		if (!p->cadence.excuse && (!memory->failing_since || p->cadence.failures <= 1))
			memory->failing_since = poll->at;
		return;
	}
	memory->failing_since = 0;
	if (poll->has_parts || poll->is_new_only) {
		cadence_learn_parts(memory, (size_t)r->sightings, poll->at);
		return;
	}
	if (!poll->doc) {
		cadence_learn_unchanged(memory, poll->at);
		return;
	}
	struct cadence_document d = {.doc = poll->doc,
	    .entries = r->entries,
	    .len = r->entries_len,
	    .conditional = p->conditional};
	cadence_learn(memory, &d, poll->at, &view);
	poll->overlap = r->entries ? (int64_t)view.overlap : r->items;
	/* what a hub has pushed meanwhile, or a 226 has brought, was not missed: then some of it is
	 * known */
	int pushed = (p->cadence.backup_s || poll->offers_parts) && r->sightings < r->items;
	if (view.gap && !r->renamed && !pushed)
		poll->gap = (struct poll_gap){view.gap_from, view.gap_until, view.lost};
	p->gap = poll->gap;
}

static const char *
validators_word(
    const struct cadence_input *in, const struct cadence_memory *memory, enum honesty_mode mode)
{
	if (mode == HONESTY_LIAR)
		return "lying";
	if (!in->has_validators)
		return "none";
	return mode == HONESTY_ASK                    ? "doubted"
	       : honesty_is_useless(&memory->honesty) ? "useless"
						      : "trusted";
}

static void
judge_silence(struct write_poll *p, struct poll *poll, struct cadence_memory *memory)
{
	char reason[200];
	if (!cadence_judge_silence(memory, poll->at, reason, sizeof reason))
		return;
	p->stale_changed = poll->stale_changed = 1;
	p->stale = arena_strdup(&p->result.arena, reason);
	p->is_stale = memory->silence.alarm != SILENCE_NONE;
	poll->stale = p->is_stale ? p->stale : NULL;
}

/* Called by the store between the items and the feed's own row: what was new decides the next poll.
 * New is what this feed had not shown before, also where another feed had it first, and what it has
 * updated. */
static void
decide_poll(struct poll *poll, const struct poll_result *r, void *arg)
{
	struct write_poll *p = arg;
	struct cadence_input in = p->cadence;
	struct cadence_memory memory;
	in.items = r->items;
	in.fresh = r->sightings;
	for (size_t i = 0; i < r->links_len; i++)
		in.fresh += r->links[i].recheck;
	if (in.event == CADENCE_CHANGED && !in.fresh) {
		in.event = CADENCE_UNCHANGED;
		if (!r->joined)
			poll->outcome = POLL_UNCHANGED;
	}
	p->outcome = poll->outcome;
	cadence_unpack(&memory, poll->memory, poll->memory_len, poll->at);
	int first = !memory.window.at;
	learn_poll(p, poll, r, &memory);
	in.memory = &memory;
	in.has_validators = poll->etag || poll->last_modified;
	p->stale_changed = 0;
	if (in.event != CADENCE_FAILED)
		judge_silence(p, poll, &memory);
	cadence_decide(&in, &p->next);
	poll->validators = validators_word(&in, &memory, p->next.mode);
	p->blank = p->next.mode != HONESTY_TRUSTED;
	if (p->blank) /* the next request shall bring the whole document */
		poll->etag = poll->last_modified = NULL;
	uint8_t *packed = arena_alloc(&p->result.arena, CADENCE_PACKED);
	cadence_pack(&memory, packed);
	poll->memory = packed;
	poll->memory_len = CADENCE_PACKED;
	poll->next_poll = p->next.at;
	poll->interval_s = p->next.interval_s;
	poll->next_reason = p->next.reason;
	poll->not_before = p->next.not_before;
	propose(p, poll, &memory, first, &p->result.arena);
}

/* The same for what a hub brought: the next poll stays as it was decided. */
static void
learn_pushed(struct poll *poll, const struct poll_result *r, void *arg)
{
	struct write_poll *p = arg;
	struct cadence_memory memory;
	cadence_unpack(&memory, poll->memory, poll->memory_len, poll->at);
	cadence_learn_pushed(&memory, (size_t)r->sightings, poll->at);
	uint8_t *packed = arena_alloc(&p->result.arena, CADENCE_PACKED);
	cadence_pack(&memory, packed);
	poll->memory = packed;
	poll->memory_len = CADENCE_PACKED;
}

static int
apply_poll(struct store *store, struct write *w)
{
	struct write_poll *p = &w->u.poll;
	struct poll poll = p->poll; /* decide_poll changes it; a second run starts afresh */
	arena_clear(&p->result.arena);
	p->result = (struct poll_result){0};
	poll.doc = p->poll.doc = w->reply ? w->reply->feed : NULL;
	poll.decide = poll.is_archive ? NULL : poll.is_push ? learn_pushed : decide_poll;
	poll.decide_arg = p;
	int status = store_put_poll(store, &poll, &p->result);
	if (!status && poll.doc)
		status = apply_feed_articles(store, w);
	return status;
}

/* ---- the rest ---- */

static int
apply_outcome(struct store *store, struct write *w)
{
	const struct link_outcome *o = &w->u.outcome;
	int is_empty = o->outcome == OUTCOME_STUB || o->outcome == OUTCOME_LISTING;
	int status = store_put_outcome(store, o);
	w->drift = (struct drift_change){0};
	return status || !is_empty
		   ? status
		   : sites_note_empty(store, o->link_id, o->at, &w->out, &w->drift, &w->site);
}

static int
apply_pending(struct store *store, struct write *w)
{
	struct write_pending *p = &w->u.pending;
	p->found = arena_zalloc(&w->out, p->hosts_len * sizeof *p->found);
	for (size_t i = 0; i < p->hosts_len; i++) {
		int status = store_load_pending(store, p->hosts[i], p->now, p->limit, &w->out,
		    &p->found[i].links, &p->found[i].links_len, &p->found[i].next_due);
		if (status)
			return status;
	}
	return 0;
}

static int
apply_item(struct store *store, struct write *w)
{
	int status = store_load_item(store, w->u.item.link_id, &w->out, &w->u.item.item);
	return status == ERR_NOT_FOUND ? 0 : status;
}

struct sync_state {
	struct write *w;
	struct map listed; /* feed id -> anything */
	int64_t *ended;    /* feeds that a proposal ended, and that no file lists any more */
	size_t ended_len;
};

static int
collect_unlisted(const struct feed_row *row, void *arg)
{
	struct sync_state *s = arg;
	struct write_feeds *f = &s->w->u.feeds;
	if (row->origin != FEED_FROM_FILE || map_get(&s->listed, (uint64_t)row->id))
		return 0;
	if (row->active)
		*ARENA_PUSH(&s->w->out, f->removed, f->removed_len) = row->id;
	else if (row->ended && !row->merged_into)
		*ARENA_PUSH(&s->w->out, s->ended, s->ended_len) = row->id;
	return 0;
}

static int
apply_feeds(struct store *store, struct write *w)
{
	struct write_feeds *f = &w->u.feeds;
	struct sync_state sync = {.w = w};
	int status = 0;
	f->stored = arena_zalloc(&w->out, f->rows_len * sizeof *f->stored);
	f->added = arena_zalloc(&w->out, f->rows_len * sizeof *f->added);
	f->removed = NULL;
	f->removed_len = 0;
	for (size_t i = 0; i < f->rows_len && !status; i++) {
		f->stored[i] = f->rows[i];
		status = store_put_feed(store, &f->stored[i], &f->added[i]);
		map_put(&sync.listed, (uint64_t)f->stored[i].id, f);
	}
	if (!status && f->sync)
		status = store_each_feed(store, 0, collect_unlisted, &sync);
	for (size_t i = 0; i < f->removed_len && !status; i++)
		status = store_remove_feed(store, f->removed[i]);
	for (size_t i = 0; i < sync.ended_len && !status; i++)
		status = store_remove_feed(store, sync.ended[i]);
	map_clear(&sync.listed);
	return status;
}

static int
apply_remove(struct store *store, struct write *w)
{
	return store_remove_feed(store, w->u.remove.feed_id);
}

static int
apply_decision(struct store *store, struct write *w)
{
	struct write_decision *d = &w->u.decision;
	return store_decide_proposal(
	    store, d->proposal_id, d->accept, d->at, &w->out, &d->decision);
}

static int
apply_subscription(struct store *store, struct write *w)
{
	const struct write_subscription *sub = &w->u.subscription;
	return sub->drop ? store_drop_subscription(store, sub->row.feed_id)
			 : store_put_subscription(store, &sub->row);
}

static int
apply_host(struct store *store, struct write *w)
{
	return store_put_host_memory(store, &w->u.host);
}

static int
apply_promise(struct store *store, struct write *w)
{
	return store_put_promise(store, &w->u.promise);
}

static int
apply_outage(struct store *store, struct write *w)
{
	return store_put_outage(store, &w->u.outage);
}

static int
apply_settle(struct store *store, struct write *w)
{
	return store_settle_pending(store, w->u.settle_now);
}

static int
apply_gap_end(struct store *store, struct write *w)
{
	return store_end_gaps(store, &w->u.gap_end);
}

static int
apply_story(struct store *store, struct write *w)
{
	return store_order_story(store, &w->u.story.order, &w->u.story.done);
}

static int
apply_line(struct store *store, struct write *w)
{
	struct write_line *l = &w->u.line;
	return sites_order_line(store, l->line_id, l->order, l->at, &w->out, &l->line);
}

static int
apply_death(struct store *store, struct write *w)
{
	struct write_death *d = &w->u.death;
	d->id = 0;
	if (d->settles)
		return store_settle_quarantine(store, d->death.key, d->death.state, d->death.at);
	d->death.document = d->document.data;
	d->death.document_len = d->document.len;
	return store_put_quarantine(store, &d->death, &d->id);
}

static int
apply_quarantine(struct store *store, struct write *w)
{
	struct write_quarantine *q = &w->u.quarantine;
	return q->order == QUARANTINE_RETRY
		   ? store_retry_quarantine(store, q->id, q->at, &w->out, &q->done)
		   : store_forget_quarantine(store, q->id, &w->out, &q->done);
}

static int (*const appliers[WRITE_KIND_COUNT])(struct store *, struct write *) = {
    [WRITE_POLL] = apply_poll,
    [WRITE_ARTICLE] = apply_article,
    [WRITE_OUTCOME] = apply_outcome,
    [WRITE_PENDING] = apply_pending,
    [WRITE_ITEM] = apply_item,
    [WRITE_FEEDS] = apply_feeds,
    [WRITE_REMOVE] = apply_remove,
    [WRITE_DECISION] = apply_decision,
    [WRITE_STORY] = apply_story,
    [WRITE_LINE] = apply_line,
    [WRITE_SUBSCRIPTION] = apply_subscription,
    [WRITE_HOST] = apply_host,
    [WRITE_PROMISE] = apply_promise,
    [WRITE_OUTAGE] = apply_outage,
    [WRITE_SETTLE] = apply_settle,
    [WRITE_GAP_END] = apply_gap_end,
    [WRITE_DEATH] = apply_death,
    [WRITE_QUARANTINE] = apply_quarantine,
};

int
apply_write(struct store *store, struct write *w)
{
	assert(w->kind < WRITE_KIND_COUNT);
	arena_clear(&w->out);
	return appliers[w->kind](store, w);
}
