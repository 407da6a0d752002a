/*
 * quarantine: documents that killed the worker that parsed them. Told by the pool of every document
 * that is answered, so that none is forgotten; has each death recorded with the bytes that did it,
 * and each good parse of the same document clear its row. For links it says how long they wait for
 * their next visit, and when the last was. See docs/security.md.
 */
#include <stdio.h>
#include <string.h>

#include "charset.h"
#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"
#include "text.h"

#define FIELD_MAX      8192
#define VISITS_MAX     3     /* of a link, whose document killed at each */
#define REMEMBERED_MAX 65536 /* of more a link is given up at once: somebody does it on purpose */

/* After the first and after each other one: a machine that was sick is well again, or the site has
 * changed its page. */
static const int64_t delays_s[] = {3600, 86400};

struct quarantined {
	int64_t visits;
	enum quarantine_state state; /* waiting or given up */
};

int
quarantine_is_death(int status)
{
	return status == ERR_CRASHED || status == ERR_TIMEOUT;
}

/* What a server says in a header field, as text. */
static char *
field_text(struct arena *a, const char *s)
{
	struct buf text;
	buf_init(&text, FIELD_MAX * 4);
	charset_repair_utf8((const uint8_t *)s, strnlen(s, FIELD_MAX), &text);
	char *line = text_line(a, buf_str(&text), text.len, FIELD_MAX);
	buf_clear(&text);
	return line;
}

static uint64_t
key_of(enum job_kind kind, const char *subject)
{
	uint64_t words[2] = {(uint64_t)kind, hash64_str(subject)};
	return hash64(words, sizeof words);
}

/* ---- the record ---- */

static void
tell(const struct pipeline *p, const struct quarantine_death *d, int64_t next)
{
	const struct feed *f = map_get(&p->feeds, (uint64_t)d->feed_id);
	struct log_line l;
	char at[32];
	log_begin(&l, EV_QUARANTINE);
	log_str(&l, LF_URL, d->url);
	if (d->link_id)
		log_int(&l, LF_LINK_ID, d->link_id);
	if (d->feed_id) {
		log_str(&l, LF_FEED, f ? f->url : NULL);
		log_int(&l, LF_FEED_ID, d->feed_id);
	}
	log_str(&l, LF_KIND, d->kind);
	log_str(&l, LF_STATE, quarantine_state_name(d->state));
	if (d->signal)
		log_int(&l, LF_SIGNAL, d->signal);
	if (d->visits)
		log_int(&l, LF_ATTEMPT, d->visits);
	if (next)
		log_str(&l, LF_NEXT, clock_iso(next, at));
	log_str(&l, LF_REASON, d->reason);
	log_end(&l);
}

static void
on_written(struct write *w, void *arg)
{
	struct pipeline *p = arg;
	const struct quarantine_death *d = &w->u.death.death;
	int64_t delay = d->visits > 1 ? delays_s[1] : delays_s[0];
	p->progress++;
	if (w->status && !p->stopping)
		log_error("the store refuses the record of a document that killed a worker: %s",
		    w->fault.text);
	else if (!w->status)
		tell(p, d, d->link_id && d->state == QUARANTINE_WAITING ? d->at + delay : 0);
}

/* A write about the document of JOB. */
static struct write *
write_about(struct pipeline *p, const struct job *job)
{
	struct write *w = write_new(WRITE_DEATH, on_written, p);
	w->u.death.death = (struct quarantine_death){.key = key_of(job->kind, job->subject),
	    .kind = job_kind_name(job->kind),
	    .url = field_text(&w->in, job->subject),
	    .link_id = job->link_id,
	    .feed_id = job->feed_id,
	    .at = clock_now()};
	return w;
}

/* The row of JOB's document is over, as STATE. */
static void
settle(struct pipeline *p, const struct job *job, enum quarantine_state state)
{
	struct write *w = write_about(p, job);
	w->u.death.settles = 1;
	w->u.death.death.state = state;
	mem_free(map_remove(&p->quarantined, w->u.death.death.key));
	writer_submit(p->writer, w);
}

/* What is remembered of the document with KEY, from now on if need be; NULL: there is no room. */
static struct quarantined *
remember(struct pipeline *p, uint64_t key)
{
	struct quarantined *q = map_get(&p->quarantined, key);
	if (!q && p->quarantined.count < REMEMBERED_MAX) {
		q = mem_zalloc(sizeof *q);
		map_put(&p->quarantined, key, q);
	}
	return q;
}

static void
forget(struct pipeline *p, uint64_t key)
{
	if (p->quarantined.count)
		mem_free(map_remove(&p->quarantined, key));
}

/* Say in D how it stands with the document of JOB, whose reply has STATUS. */
static void
judge(struct pipeline *p, const struct job *job, int status, struct quarantine_death *d)
{
	struct quarantined *q;
	if (!quarantine_is_death(status) && status != ERR_SYSTEM) {
		forget(p, d->key); /* the second worker read it */
		d->state = QUARANTINE_RELEASED;
		return;
	}
	/* where no second worker could be had, that was no visit: the next one tells */
	int is_visit = status != ERR_SYSTEM;
	q = remember(p, d->key);
	/* one that was given up and is visited all the same has changed: it begins anew */
	d->visits = (q && q->state == QUARANTINE_WAITING ? q->visits : 0) + is_visit;
	d->state = job->link_id && (!q || d->visits >= VISITS_MAX) ? QUARANTINE_GIVEN_UP
								   : QUARANTINE_WAITING;
	if (q)
		*q = (struct quarantined){d->visits, d->state};
}

static void
record(struct pipeline *p, const struct pool_end *end)
{
	const struct job *job = end->job;
	struct write *w = write_about(p, job);
	struct quarantine_death *d = &w->u.death.death;
	judge(p, job, end->reply->status, d);
	d->deaths = end->deaths;
	d->signal = end->signal;
	d->reason = arena_strdup(&w->in, end->reason);
	d->document_url = field_text(&w->in, job->url);
	d->content_type = field_text(&w->in, job->content_type);
	d->content_encoding = field_text(&w->in, job->content_encoding);
	buf_move(&w->u.death.document, end->body);
	writer_submit(p->writer, w);
}

void
quarantine_on_end(const struct pool_end *end, void *arg)
{
	struct pipeline *p = arg;
	if (!p->writer)
		return;
	if (end->deaths) {
		record(p, end);
		return;
	}
	if (!p->quarantined.count || end->reply->status == ERR_SYSTEM)
		return;
	if (map_get(&p->quarantined, key_of(end->job->kind, end->job->subject)))
		settle(p, end->job, QUARANTINE_RELEASED);
}

/* ---- what follows from it ---- */

static int64_t
delay_s(const struct quarantined *q)
{
	if (!q || q->state == QUARANTINE_GIVEN_UP)
		return 0;
	return q->visits > 1 ? delays_s[1] : delays_s[0];
}

int64_t
quarantine_delay_s(const struct pipeline *p, enum job_kind kind, const char *subject)
{
	return delay_s(map_get(&p->quarantined, key_of(kind, subject)));
}

void
quarantine_take_link(struct link *l, enum job_kind kind, int status, const char *reason)
{
	const struct quarantined *q = map_get(&l->p->quarantined, key_of(kind, l->url));
	int64_t delay = delay_s(q);
	char words[400];
	snprintf(words, sizeof words, "%s; visit %lld of %d", reason, q ? (long long)q->visits : 1,
	    VISITS_MAX);
	if (delay)
		pipeline_defer_link(l, words, clock_now() + delay);
	else
		pipeline_end_link(l->p, l, answer_reply_outcome(status), words);
}

void
quarantine_end_link(struct link *l)
{
	static const enum job_kind kinds[] = {JOB_PAGE, JOB_FRAGMENT};
	for (size_t i = 0; l->p->quarantined.count && i < sizeof kinds / sizeof *kinds; i++) {
		struct quarantined *q = map_get(&l->p->quarantined, key_of(kinds[i], l->url));
		struct job job = {
		    .kind = kinds[i], .subject = l->url, .link_id = l->id, .feed_id = l->feed_id};
		if (q && q->state == QUARANTINE_WAITING)
			settle(l->p, &job, QUARANTINE_ENDED);
	}
}

/* ---- what an operator orders ---- */

struct order {
	struct pipeline *p;
	pipeline_quarantine_cb done;
	void *arg;
};

/* What is tried again is due now. */
static void
try_again(struct pipeline *p, const struct quarantine_ordered *o)
{
	struct quarantined *q = remember(p, o->key);
	if (q)
		*q = (struct quarantined){.state = QUARANTINE_WAITING};
	if (o->link_id)
		admit_host_pending(p, feeds_host_of(p, o->fetch), clock_now());
	else if (o->feed_id)
		pipeline_poll_now(p, o->feed_id);
}

static void
on_ordered(struct write *w, void *arg)
{
	struct order *o = arg;
	struct pipeline *p = o->p;
	const struct write_quarantine *q = &w->u.quarantine;
	if (!w->status && q->order == QUARANTINE_RETRY)
		try_again(p, &q->done);
	else if (!w->status)
		forget(p, q->done.key);
	o->done(&q->done, w->status ? &w->fault : NULL, o->arg);
	mem_free(o);
}

void
pipeline_order_quarantine(struct pipeline *p, int64_t id, enum quarantine_order order,
    pipeline_quarantine_cb done, void *arg)
{
	struct order *o = mem_zalloc(sizeof *o);
	*o = (struct order){p, done, arg};
	struct write *w = write_new(WRITE_QUARANTINE, on_ordered, o);
	w->u.quarantine = (struct write_quarantine){.id = id, .at = clock_now(), .order = order};
	writer_submit(p->writer, w);
}

/* ---- life ---- */

static void
load(uint64_t key, int64_t visits, enum quarantine_state state, void *arg)
{
	struct quarantined *q = remember(arg, key);
	if (q)
		*q = (struct quarantined){visits, state};
}

int
quarantine_load(struct pipeline *p, struct store *store)
{
	return store_each_quarantined(store, load, p);
}

void
quarantine_free(struct pipeline *p)
{
	size_t at = 0;
	for (struct quarantined *q; (q = map_next(&p->quarantined, &at));)
		mem_free(q);
	map_clear(&p->quarantined);
}
