/*
 * push: the subscriptions at WebSub hubs, and what hubs bring. A subscription is one row in the
 * store and one struct here, made when a document names a hub, driven by the time in due (ask,
 * ask again, renew), ended when its feed is. A delivery goes the way of a polled document, but for
 * the poll's own row: it may hold a few entries only, so nothing about the feed's window or rhythm
 * is learned from it.
 */
#include <string.h>
#include <sys/queue.h>

#include "clock.h"
#include "log.h"
#include "pipeline_priv.h"
#include "url.h"

#define VERIFY_S       600  /* a hub that took the request verifies it within so long */
#define RETRY_FIRST_S  3600 /* then twice as long each time */
#define RETRY_MAX_S    86400
#define DENIED_S       (30 * INT64_C(86400)) /* until a hub that refused is asked again */
#define ENDING_MAX     3 /* tries to cancel; then the lease runs out by itself */
#define BACKUP_S       (4 * 3600)
#define LATE_S         600   /* an entry so old, and not pushed, was missed */
#define TALLY_MAX      200   /* entries and missed are halved when they are more together */
#define BURST_MAX      30    /* deliveries at once for one feed ... */
#define BURST_EVERY_MS 10000 /* ... and one in this time */
#define HINT_EVERY_MS  60000 /* a poll for a delivery that can't be taken as it is */

struct push_sub {
	LIST_ENTRY(push_sub) link;
	struct gate_work work;
	struct heap_node due;
	struct pipeline *p;
	struct host *host;       /* while it waits or is under way */
	struct subscription row; /* its strings are ours */
	char token[WEBSUB_WORD], secret[WEBSUB_WORD];
	int waiting, busy; /* at the hub's gate; asking */
	int asked;         /* the hub may verify */
	int dropped;       /* to be forgotten when what is under way has ended */
	int64_t burst_ms;  /* how far deliveries have used their allowance up */
	int64_t hint_ms;
};

/* What is under way for a delivery; the subscription may end meanwhile. */
struct delivery {
	LIST_ENTRY(delivery) link;
	struct pipeline *p;
	int64_t feed_id, bytes;
};

#define SUB_OF_WORK(w) ((struct push_sub *)(void *)((char *)(w)-offsetof(struct push_sub, work)))
#define SUB_OF_DUE(n)  ((struct push_sub *)(void *)((char *)(n)-offsetof(struct push_sub, due)))

/* ---- keeping ---- */

static struct push_sub *
find_sub(const struct pipeline *p, int64_t feed_id)
{
	return p->push.url ? map_get(&p->push.by_feed, (uint64_t)feed_id) : NULL;
}

static struct push_sub *
find_token(const struct pipeline *p, const char *token)
{
	struct push_sub *s = p->push.url ? map_get(&p->push.by_token, hash64_str(token)) : NULL;
	return s && !s->dropped && !strcmp(s->token, token) ? s : NULL;
}

/* A secret is sent over https only (REC 5.1): over http anybody could read it. */
static const char *
secret_of(const struct push_sub *s)
{
	return url_is_web(s->row.hub) == 1 ? s->secret : NULL;
}

static void
sleep_until(struct push_sub *s, int64_t due_s)
{
	s->row.due = due_s;
	heap_set(&s->p->push.due, &s->due, clock_mono_ms() + (due_s - clock_now()) * 1000);
}

static void
on_saved(struct write *w, void *arg)
{
	struct pipeline *p = arg;
	if (w->status && !p->stopping)
		log_error("the store refuses a subscription: %s", w->fault.text);
}

static void
save(const struct push_sub *s)
{
	struct write *w = write_new(WRITE_SUBSCRIPTION, on_saved, s->p);
	w->u.subscription.row = s->row;
	w->u.subscription.row.hub = arena_strdup(&w->in, s->row.hub);
	w->u.subscription.row.topic = arena_strdup(&w->in, s->row.topic);
	w->u.subscription.row.error = arena_strdup(&w->in, s->row.error);
	writer_submit(s->p->writer, w);
}

static void
set_error(struct push_sub *s, const char *words)
{
	mem_free((char *)s->row.error);
	s->row.error = mem_strdup(words);
}

static void
tell(const struct push_sub *s)
{
	const struct feed *f = map_get(&s->p->feeds, (uint64_t)s->row.feed_id);
	char next[32];
	struct log_line l;
	log_begin(&l, EV_SUBSCRIPTION);
	log_str(&l, LF_FEED, f ? f->url : NULL);
	log_int(&l, LF_FEED_ID, s->row.feed_id);
	log_str(&l, LF_HUB, s->row.hub);
	log_str(&l, LF_STATE, subscription_state_name(s->row.state));
	log_str(&l, LF_NEXT, clock_iso(s->row.due, next));
	log_str(&l, LF_REASON, s->row.error);
	log_end(&l);
}

static struct push_sub *
sub_new(struct pipeline *p, const struct subscription *row)
{
	struct push_sub *s = mem_zalloc(sizeof *s);
	s->work.class = GATE_HUB;
	s->p = p;
	s->row = *row;
	s->row.hub = mem_strdup(row->hub);
	s->row.topic = mem_strdup(row->topic);
	s->row.error = mem_strdup(row->error);
	websub_derive(p->push.key, WEBSUB_TOKEN, row->feed_id, row->hub, row->topic, s->token);
	websub_derive(p->push.key, WEBSUB_SECRET, row->feed_id, row->hub, row->topic, s->secret);
	LIST_INSERT_HEAD(&p->push.subs, s, link);
	map_put(&p->push.by_feed, (uint64_t)row->feed_id, s);
	map_put(&p->push.by_token, hash64_str(s->token), s);
	return s;
}

static void
sub_free(struct push_sub *s)
{
	LIST_REMOVE(s, link);
	mem_free((char *)s->row.hub);
	mem_free((char *)s->row.topic);
	mem_free((char *)s->row.error);
	mem_free(s);
}

/* Forget S, as soon as nothing of it is under way. */
static void
forget(struct push_sub *s)
{
	struct push *push = &s->p->push;
	if (!s->dropped) {
		map_remove(&push->by_feed, (uint64_t)s->row.feed_id);
		map_remove(&push->by_token, hash64_str(s->token));
		heap_remove(&push->due, &s->due);
	}
	s->dropped = 1;
	if (s->waiting)
		hostgate_remove(s->p->gate, s->host, &s->work, clock_mono_ms());
	s->waiting = 0;
	if (!s->busy)
		sub_free(s);
}

static void
drop(struct push_sub *s)
{
	struct write *w = write_new(WRITE_SUBSCRIPTION, on_saved, s->p);
	w->u.subscription.row.feed_id = s->row.feed_id;
	w->u.subscription.drop = 1;
	writer_submit(s->p->writer, w);
	forget(s);
}

static int
load_sub(const struct subscription *row, const char *feed_url, void *arg)
{
	struct pipeline *p = arg;
	(void)feed_url;
	struct push_sub *s = sub_new(p, row);
	s->asked = row->state == SUBSCRIPTION_ASKED;
	if (!map_get(&p->feeds, (uint64_t)row->feed_id))
		s->row.state = SUBSCRIPTION_ENDING;
	int64_t now = clock_now();
	/* none is renewed later, unless the clock was wrong */
	sleep_until(s, row->due && row->due <= now + WEBSUB_LEASE_MAX_S ? row->due : now);
	return 0;
}

int
push_load(struct pipeline *p, struct store *store)
{
	return store_each_subscription(store, load_sub, p);
}

void
pipeline_push_open(struct pipeline *p, const struct pipeline_push *push)
{
	p->push.url = mem_strdup(push->url);
	memcpy(p->push.key, push->key, sizeof p->push.key);
}

void
push_free(struct pipeline *p)
{
	for (struct push_sub *s; (s = LIST_FIRST(&p->push.subs));)
		sub_free(s);
	for (struct delivery *d; (d = LIST_FIRST(&p->push.deliveries));) {
		LIST_REMOVE(d, link);
		mem_free(d);
	}
	map_clear(&p->push.by_feed);
	map_clear(&p->push.by_token);
	heap_clear(&p->push.due);
	mem_free(p->push.url);
}

/* ---- beginning and end ---- */

void
push_discover(struct feed *f, const struct feed_doc *doc)
{
	struct pipeline *p = f->p;
	const char *hub = NULL, *topic = doc->self ? doc->self : f->url;
	for (size_t i = 0; i < doc->hubs_len && !hub; i++)
		if (url_is_web(doc->hubs[i]) >= 0)
			hub = doc->hubs[i];
	if (!p->push.url || !hub || f->removed)
		return;
	struct push_sub *s = find_sub(p, f->id);
	if (s && !strcmp(s->row.hub, hub) && !strcmp(s->row.topic, topic) &&
	    s->row.state != SUBSCRIPTION_ENDING)
		return;
	if (s)
		forget(s);
	s = sub_new(p, &(struct subscription){.feed_id = f->id, .hub = hub, .topic = topic});
	sleep_until(s, clock_now());
	save(s);
}

void
push_feed_removed(struct pipeline *p, int64_t feed_id)
{
	struct push_sub *s = find_sub(p, feed_id);
	if (!s)
		return;
	int known = s->row.state == SUBSCRIPTION_ACTIVE || s->row.state == SUBSCRIPTION_ASKED;
	if (!known) {
		drop(s);
		return;
	}
	s->row.state = SUBSCRIPTION_ENDING;
	s->row.attempts = 0;
	sleep_until(s, clock_now());
	save(s);
}

/* ---- asking the hub ---- */

int64_t
push_tick(struct pipeline *p, int64_t now_ms)
{
	for (struct heap_node *n; (n = heap_pop_due(&p->push.due, now_ms));) {
		struct push_sub *s = SUB_OF_DUE(n);
		if (s->waiting || s->busy)
			continue;
		if (s->row.state == SUBSCRIPTION_ACTIVE && s->row.lease_until <= clock_now()) {
			s->row.state = SUBSCRIPTION_WANTED;
			set_error(s, "the lease ended before the hub renewed it");
			tell(s);
		}
		s->waiting = 1;
		s->host = feeds_host_of(p, s->row.hub);
		hostgate_add(p->gate, s->host, &s->work, now_ms);
	}
	const struct heap_node *next = heap_peek(&p->push.due);
	return next ? next->due : INT64_MAX;
}

static int64_t
retry_s(const struct push_sub *s)
{
	int doublings = s->row.attempts < 6 ? (int)s->row.attempts - 1 : 5;
	int64_t wait = (int64_t)RETRY_FIRST_S << (doublings > 0 ? doublings : 0);
	return wait < RETRY_MAX_S ? wait : RETRY_MAX_S;
}

static void
on_hub_asked(struct fetch_result *r, void *arg)
{
	struct push_sub *s = arg;
	struct pipeline *p = s->p;
	int64_t now = clock_now();
	pipeline_leave_host(p, s->host, r);
	p->progress++;
	s->busy = 0;
	if (s->dropped) {
		forget(s);
		return;
	}
	int taken = r->error == FETCH_OK && r->status / 100 == 2, ending;
	s->row.attempts++;
	ending = s->row.state == SUBSCRIPTION_ENDING;
	if (ending && s->row.attempts >= ENDING_MAX) {
		drop(s);
		return;
	}
	if (!taken) {
		struct arena a = {0};
		s->asked = 0;
		set_error(s, answer_describe(&a, r));
		arena_clear(&a);
		int64_t wait = retry_s(s);
		sleep_until(s, now + (wait > r->retry_after_s ? wait : r->retry_after_s));
		tell(s);
	} else if (s->asked) { /* else the hub has verified already, before it answered */
		if (s->row.state != SUBSCRIPTION_ACTIVE && !ending)
			s->row.state = SUBSCRIPTION_ASKED;
		int64_t due = now + VERIFY_S * (s->row.attempts < 6 ? s->row.attempts : 144);
		int ends = s->row.state == SUBSCRIPTION_ACTIVE && s->row.lease_until < due;
		sleep_until(s, ends ? s->row.lease_until : due);
	} else if (ending) { /* the feed went while the hub verified */
		sleep_until(s, now);
	}
	save(s);
}

void
push_start(struct pipeline *p, struct gate_work *work)
{
	struct push_sub *s = SUB_OF_WORK(work);
	struct arena a = {0};
	struct websub_ask ask = {.unsubscribe = s->row.state == SUBSCRIPTION_ENDING,
	    .callback = arena_printf(&a, "%s%s", p->push.url, s->token),
	    .topic = s->row.topic,
	    .secret = secret_of(s),
	    .lease_s = WEBSUB_LEASE_S};
	struct fetch_request request = {
	    .url = s->row.hub, .kind = FETCH_HUB, .form = websub_form(&a, &ask), .reuse = 1};
	s->waiting = 0;
	s->busy = s->asked = 1;
	if (s->row.state == SUBSCRIPTION_DENIED)
		s->row.state = SUBSCRIPTION_WANTED;
	p->door.start(p->door.self, &request, on_hub_asked, s);
	arena_clear(&a);
}

/* ---- the hub asks back ---- */

static int
verify_subscribe(struct push_sub *s, const struct websub_intent *intent)
{
	int64_t now = clock_now(), lease = intent->lease_s ? intent->lease_s : WEBSUB_LEASE_S;
	if (!s->asked || s->row.state == SUBSCRIPTION_ENDING)
		return 404;
	if (s->row.state != SUBSCRIPTION_ACTIVE)
		s->row.since = now;
	s->row.state = SUBSCRIPTION_ACTIVE;
	s->row.attempts = 0;
	s->asked = 0;
	set_error(s, NULL);
	s->row.lease_until = now + lease;
	sleep_until(s, now + websub_renew_s(lease, (uint64_t)s->row.feed_id));
	tell(s);
	save(s);
	return 200;
}

static int
verify_denied(struct push_sub *s, const char *reason)
{
	if (s->row.state == SUBSCRIPTION_ENDING) {
		drop(s);
	} else if (s->row.state != SUBSCRIPTION_DENIED) {
		set_error(s, reason ? reason : "the hub gives no reason");
		s->row.state = SUBSCRIPTION_DENIED;
		s->asked = 0;
		sleep_until(s, clock_now() + DENIED_S);
		tell(s);
		save(s);
	}
	return 200;
}

static int
verify_unsubscribe(struct push_sub *s)
{
	if (s->row.state != SUBSCRIPTION_ENDING)
		return 404; /* somebody else wants us to lose it */
	drop(s);
	return 200;
}

int
pipeline_push_verify(
    struct pipeline *p, const char *token, const char *query, struct arena *a, const char **body)
{
	struct websub_intent intent;
	struct fault f;
	struct push_sub *s = find_token(p, token);
	*body = "";
	if (!s || websub_read_intent(a, query, &intent, &f) || strcmp(intent.topic, s->row.topic))
		return 404;
	if (intent.mode == WEBSUB_DENIED)
		return verify_denied(s, intent.reason);
	int status =
	    intent.mode == WEBSUB_SUBSCRIBE ? verify_subscribe(s, &intent) : verify_unsubscribe(s);
	if (status == 200)
		*body = intent.challenge;
	return status;
}

/* ---- a delivery ---- */

static void
delivery_end(struct delivery *d)
{
	LIST_REMOVE(d, link);
	mem_free(d);
}

/* 0 when S has had its share of deliveries for now. */
static int
is_within_burst(struct push_sub *s)
{
	int64_t now_ms = clock_mono_ms();
	if (s->burst_ms < now_ms)
		s->burst_ms = now_ms;
	if (s->burst_ms - now_ms > BURST_MAX * (int64_t)BURST_EVERY_MS)
		return 0;
	s->burst_ms += BURST_EVERY_MS;
	return 1;
}

static void
count_push(struct push_sub *s, int64_t entries)
{
	s->row.pushes++;
	s->row.entries += entries;
	s->row.last_push = clock_now();
	save(s);
}

static void
on_push_written(struct write *w, void *arg)
{
	struct delivery *d = arg;
	struct pipeline *p = d->p;
	struct feed *f = map_get(&p->feeds, (uint64_t)d->feed_id);
	struct push_sub *s = find_sub(p, d->feed_id);
	const struct poll_result *r = &w->u.poll.result;
	pipeline_discharge(p, w->reply);
	p->progress++;
	if (w->status && !p->stopping)
		log_error("the store refuses what a hub brought: %s", w->fault.text);
	if (!w->status && f && s) {
		struct log_line l;
		log_begin(&l, EV_PUSHED);
		log_str(&l, LF_FEED, f->url);
		log_int(&l, LF_FEED_ID, f->id);
		log_str(&l, LF_HUB, s->row.hub);
		log_int(&l, LF_ITEMS, r->items);
		log_int(&l, LF_NEW, r->fresh);
		log_int(&l, LF_BYTES, d->bytes);
		log_end(&l);
		count_push(s, r->sightings);
	}
	if (!w->status && f)
		pipeline_take_links(f, &w->u.poll);
	delivery_end(d);
}

static void
on_push_parsed(struct reply *reply, void *arg)
{
	struct delivery *d = arg;
	struct pipeline *p = d->p;
	struct feed *f = map_get(&p->feeds, (uint64_t)d->feed_id);
	struct push_sub *s = find_sub(p, d->feed_id);
	if (reply->status || !f || !s) {
		if (s && reply->status) {
			set_error(s, reply_words(reply));
			tell(s);
			save(s);
		}
		reply_free(reply);
		delivery_end(d);
		return;
	}
	struct poll poll = {.feed_id = f->id,
	    .at = clock_now(),
	    .outcome = POLL_OK,
	    .content = feed_content(p, f),
	    .is_part = 1,
	    .is_push = 1};
	pipeline_write_part(p, reply, &poll, on_push_written, d);
}

/* The delivery can't be taken at its word, but says that there is something: ask the feed itself.
 */
static void
take_hint(struct push_sub *s)
{
	int64_t now_ms = clock_mono_ms();
	if (s->hint_ms && now_ms - s->hint_ms < HINT_EVERY_MS)
		return;
	s->hint_ms = now_ms;
	count_push(s, 0);
	pipeline_poll_now(s->p, s->row.feed_id);
}

int
pipeline_push_take(struct pipeline *p, const struct pipeline_delivery *d)
{
	struct push_sub *s = find_token(p, d->token);
	struct feed *f = s ? map_get(&p->feeds, (uint64_t)s->row.feed_id) : NULL;
	if (!s || !f || s->row.state == SUBSCRIPTION_ENDING || s->row.state == SUBSCRIPTION_DENIED)
		return 410;
	if (!is_within_burst(s))
		return 429;
	if (p->stopping || !admit_has_room(p))
		return 503;
	const char *secret = secret_of(s);
	enum websub_signature proof =
	    secret ? websub_check(d->signature, secret, d->body->data, d->body->len) : WEBSUB_WEAK;
	if (proof == WEBSUB_UNSIGNED || proof == WEBSUB_FORGED) { /* 2xx all the same (REC 7.1) */
		s->row.dropped++;
		save(s);
	} else if (proof == WEBSUB_WEAK || !d->body->len) {
		take_hint(s);
	} else {
		struct delivery *under_way = mem_zalloc(sizeof *under_way);
		*under_way =
		    (struct delivery){.p = p, .feed_id = f->id, .bytes = (int64_t)d->body->len};
		LIST_INSERT_HEAD(&p->push.deliveries, under_way, link);
		struct job job = {.kind = JOB_FEED,
		    .flags = feed_content(p, f) == CONTENT_FEED ? JOB_WANT_TEXT : 0,
		    .url = f->url,
		    .content_type = d->content_type,
		    .content_encoding = d->content_encoding,
		    .agent = "newsd",
		    .inflated_max = (size_t)p->config->inflated_max,
		    .feed_id = f->id};
		pool_submit(p->pool, &job, d->body, on_push_parsed, under_way);
	}
	return 202;
}

/* ---- how far the hub can be relied on ---- */

static int
is_missed(const struct item *item, const struct push_sub *s, int64_t now)
{
	int64_t at = item->published.precision >= DATE_MINUTE ? item->published.utc : 0;
	return at > s->row.since && at < now - LATE_S;
}

void
push_tally(struct feed *f, const struct write_poll *poll)
{
	struct push_sub *s = find_sub(f->p, f->id);
	const struct feed_doc *doc = poll->poll.doc;
	int64_t missed = 0, now = clock_now();
	if (!s || !doc || s->row.state != SUBSCRIPTION_ACTIVE)
		return;
	for (size_t i = 0; i < poll->result.links_len; i++) {
		const struct link_work *link = &poll->result.links[i];
		if (!link->recheck && !link->moved && link->item < doc->items_len)
			missed += is_missed(&doc->items[link->item], s, now);
	}
	if (!missed)
		return;
	s->row.missed += missed;
	if (s->row.entries + s->row.missed > TALLY_MAX) {
		s->row.entries /= 2;
		s->row.missed /= 2;
	}
	save(s);
}

int64_t
push_backup_s(const struct feed *f)
{
	const struct push_sub *s = find_sub(f->p, f->id);
	int relied = s && s->row.state == SUBSCRIPTION_ACTIVE && s->row.lease_until > clock_now() &&
		     websub_judge(s->row.entries, s->row.missed) == WEBSUB_RELIABLE;
	return relied ? BACKUP_S : 0;
}
