/*
 * newsctl explain: why a feed is polled when it is. Gathers what the store remembers of it and what
 * the running newsd knows of its host's gate; feed_words.c puts it in words.
 */
#include "feed_explain.h"

#include <json-c/json.h>
#include <math.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "mem.h"

#define POLLS_LOOKED_AT 50 /* for the last one that brought a document */

/* ---- the store ---- */

struct wanted {
	struct explained *e;
	int64_t id;
};

static int
on_feed(const struct feed_row *row, void *arg)
{
	struct wanted *w = arg;
	struct arena *a = &w->e->arena;
	struct feed_row *f = &w->e->feed;
	if (row->id != w->id)
		return 0;
	*f = *row;
	const char **const strings[] = {&f->url, &f->title, &f->site, &f->language, &f->tags,
	    &f->etag, &f->last_modified, &f->next_reason, &f->error, &f->recovered, &f->moved_to,
	    &f->ended, &f->validators};
	for (size_t i = 0; i < sizeof strings / sizeof *strings; i++)
		*strings[i] = arena_strdup(a, *strings[i]);
	cadence_unpack(&w->e->memory, row->memory, row->memory_len, w->e->now);
	f->memory = NULL;
	return 1;
}

static int
on_poll(const struct poll_row *row, void *arg)
{
	struct explained *e = arg;
	if (strcmp(row->outcome, poll_outcome_name(POLL_OK)) != 0 || !row->items)
		return 0;
	e->items = row->items;
	e->fresh = row->fresh;
	return 1;
}

static int
on_gap(const struct gap_row *row, void *arg)
{
	struct explained *e = arg;
	struct gap_row *gap = ARENA_PUSH(&e->arena, e->gaps, e->gaps_len);
	*gap = *row;
	gap->state = arena_strdup(&e->arena, row->state);
	gap->reason = arena_strdup(&e->arena, row->reason);
	gap->feed_url = e->feed.url;
	gap->feed_title = e->feed.title;
	return 0;
}

static int
on_proposal(const struct proposal_row *row, void *arg)
{
	struct explained *e = arg;
	struct arena *a = &e->arena;
	struct proposal_row *p = ARENA_PUSH(a, e->proposals, e->proposals_len);
	*p = *row;
	p->feed_url = e->feed.url;
	p->feed_title = e->feed.title;
	p->kind = arena_strdup(a, row->kind);
	p->old_url = arena_strdup(a, row->old_url);
	p->new_url = arena_strdup(a, row->new_url);
	p->reason = arena_strdup(a, row->reason);
	p->evidence = arena_strdup(a, row->evidence);
	p->state = arena_strdup(a, row->state);
	return 0;
}

static enum ctl_exit
read_store(struct store *store, int64_t id, struct explained *e)
{
	struct wanted w = {.e = e, .id = id};
	int status = store_each_feed(store, 0, on_feed, &w);
	if (!status)
		status = store_each_poll(store, id, POLLS_LOOKED_AT, on_poll, e);
	if (!status)
		status = store_each_gap(store, e->now - EXPLAIN_GAPS_DAYS * 86400, id, on_gap, e);
	if (!status)
		status = store_each_proposal(store, 0, id, on_proposal, e);
	return status ? ctl_complain_store(store) : CTL_OK;
}

/* ---- the running newsd ---- */

static void
ask_daemon(struct ctl *ctl, int64_t id, struct explained *e)
{
	struct fault f = {0};
	const char *path = ctl_socket_path(ctl);
	int fd = path ? control_connect(path, &f) : -1;
	if (fd >= 0) {
		struct json_object *request = ctl_request("explain");
		ctl_put_int(request, "feed", id);
		if (control_call(fd, request, &e->live, &f) != 0)
			e->live = NULL;
		json_object_put(request);
		close(fd);
	}
	if (!e->live)
		e->live_trouble = arena_strdup(&e->arena, f.text);
	else if (ctl_json_int(e->live, "next_poll"))
		e->next = ctl_json_int(e->live, "next_poll");
}

/* ---- what follows ---- */

/* The probability that more than N come where MEAN are expected (Poisson). */
static double
more_than(double mean, uint32_t n)
{
	double term = exp(-mean), sum = 0;
	if (mean > 500) /* far from both ends: the rest is nothing or all */
		return mean > n ? 1 : 0;
	for (uint32_t k = 0; k <= n; k++) {
		sum += term;
		term *= mean / (k + 1);
	}
	return sum < 1 ? 1 - sum : 0;
}

static void
reckon(struct explained *e)
{
	struct rhythm_rates rates;
	const struct window *w = &e->memory.window;
	rhythm_rates(&e->memory.rhythm, &rates);
	memcpy(e->hours, rates.hours, sizeof e->hours);
	memcpy(e->days, rates.days, sizeof e->days);
	e->rate = rhythm_rate(&rates, e->now);
	for (int i = 0; i < 24; i++)
		e->per_day += e->hours[i];
	e->overrun = -1;
	if (w->at && e->next > w->at && e->feed.active) {
		e->until_next = rhythm_expect(&e->memory.rhythm, w->at, e->next);
		if (w->full)
			e->overrun = more_than(e->until_next, w->full);
	}
}

/* ---- JSON ---- */

static struct json_object *
doubles(const double *values, size_t len)
{
	struct json_object *list = json_object_new_array();
	for (size_t i = 0; i < len; i++) {
		char text[32];
		snprintf(text, sizeof text, "%.4f", values[i]);
		json_object_array_add(list, json_object_new_double_s(values[i], text));
	}
	return list;
}

static struct json_object *
rhythm_json(const struct explained *e)
{
	struct json_object *o = json_object_new_object();
	ctl_put_time(o, "since", e->memory.rhythm.since);
	ctl_put_double(o, "per_hour_now", e->rate);
	ctl_put_double(o, "per_day", e->per_day);
	ctl_put(o, "by_hour_utc", doubles(e->hours, 24));
	ctl_put(o, "by_weekday_utc", doubles(e->days, 7));
	return o;
}

static struct json_object *
window_json(const struct explained *e)
{
	const struct window *w = &e->memory.window;
	struct json_object *o = json_object_new_object();
	ctl_put_time(o, "at", w->at);
	ctl_put_int(o, "shows", w->full);
	ctl_put(o, "items", e->items >= 0 ? json_object_new_int64(e->items) : NULL);
	ctl_put(o, "new", e->fresh >= 0 ? json_object_new_int64(e->fresh) : NULL);
	ctl_put_int(o, "replaced_in_s", (int64_t)w->life_s);
	ctl_put_double(o, "expected_until_next", e->until_next);
	if (e->overrun >= 0)
		ctl_put_double(o, "overrun", e->overrun);
	else
		ctl_put(o, "overrun", NULL);
	return o;
}

static struct json_object *
validators_json(const struct explained *e)
{
	const struct honesty *h = &e->memory.honesty;
	struct json_object *o = json_object_new_object();
	ctl_put_str(o, "belief", e->feed.validators);
	ctl_put_str(o, "etag", e->feed.etag);
	ctl_put_str(o, "last_modified", e->feed.last_modified);
	ctl_put_time(o, "whole_document", h->full_at);
	ctl_put_time(o, "unchanged", h->unchanged_at);
	ctl_put_time(o, "lied", h->lied_at);
	ctl_put_int(o, "lies", h->lies);
	return o;
}

static struct json_object *
publisher_json(const struct explained *e)
{
	const struct cadence_hints *h = &e->memory.hints;
	struct json_object *o = json_object_new_object(), *hours = json_object_new_array(),
			   *days = json_object_new_array();
	ctl_put_int(o, "ttl_s", h->ttl_s);
	ctl_put_int(o, "sy_period_s", h->sy_period_s);
	for (int i = 0; i < 24; i++)
		if (h->skip_hours >> i & 1)
			json_object_array_add(hours, json_object_new_int(i));
	for (int i = 0; i < 7; i++)
		if (h->skip_days >> i & 1)
			json_object_array_add(days, json_object_new_int(i));
	ctl_put(o, "skip_hours_utc", hours);
	ctl_put(o, "skip_days", days);
	ctl_put_time(o, "not_before", e->feed.not_before);
	return o;
}

static void
print_json(struct explained *e)
{
	const struct feed_row *f = &e->feed;
	struct json_object *o = json_object_new_object(), *gaps = json_object_new_array(),
			   *proposals = json_object_new_array();
	ctl_put_int(o, "id", f->id);
	ctl_put_str(o, "url", f->url);
	ctl_put_str(o, "moved_to", f->moved_to);
	ctl_put_str(o, "title", f->title);
	ctl_put_bool(o, "active", f->active);
	ctl_put_str(o, "ended", f->ended);
	ctl_put_int(o, "merged_into", f->merged_into);
	ctl_put_time(o, "last_poll", f->last_poll);
	ctl_put_int(o, "last_status", f->last_status);
	ctl_put_time(o, "last_change", f->last_change);
	ctl_put_time(o, "next_poll", f->active ? e->next : 0);
	ctl_put_str(o, "next_reason", f->next_reason);
	ctl_put_int(o, "interval_s", f->interval_s);
	ctl_put_int(o, "failures", f->failures);
	ctl_put_time(o, "failing_since", e->memory.failing_since);
	ctl_put_time(o, "stale_since", f->stale_since);
	ctl_put_str(o, "error", f->error);
	ctl_put_str(o, "recovered", f->recovered);
	ctl_put(o, "rhythm", rhythm_json(e));
	ctl_put(o, "window", window_json(e));
	ctl_put(o, "validators", validators_json(e));
	ctl_put(o, "publisher", publisher_json(e));
	ctl_put(o, "live", json_object_get(e->live));
	ctl_put_str(o, "live_trouble", e->live_trouble);
	for (size_t i = 0; i < e->gaps_len; i++)
		json_object_array_add(gaps, ctl_gap_json(&e->gaps[i]));
	for (size_t i = 0; i < e->proposals_len; i++)
		json_object_array_add(proposals, ctl_proposal_json(&e->proposals[i]));
	ctl_put(o, "gaps", gaps);
	ctl_put(o, "proposals", proposals);
	ctl_print_json(stdout, o);
}

enum ctl_exit
ctl_run_explain(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct store *store;
	int64_t id = 0;
	struct explained e = {.now = clock_now(), .items = -1, .fresh = -1};
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	status = ctl_find_feed(store, argv[0], &id);
	if (status == CTL_OK)
		status = read_store(store, id, &e);
	store_close(store);
	if (status == CTL_OK) {
		e.next = e.feed.next_poll;
		ask_daemon(ctl, id, &e);
		reckon(&e);
		if (ctl->json)
			print_json(&e);
		else
			explain_print(&e);
	}
	json_object_put(e.live);
	arena_clear(&e.arena);
	return status;
}
