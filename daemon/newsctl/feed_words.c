/* newsctl explain, in words: one paragraph for each thing that has a say in the next poll. */
#include "feed_explain.h"

#include <inttypes.h>
#include <json-c/json.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "clock.h"
#include "mem.h"
#include "table.h"

#define LABEL_WIDTH 12
#define GAPS_SHOWN  5

/* "90 s", "25 min", "3.5 h", "2.0 d" */
static const char *
span(struct arena *a, int64_t s)
{
	if (s < 120)
		return arena_printf(a, "%" PRId64 " s", s);
	if (s < 7200)
		return arena_printf(a, "%" PRId64 " min", s / 60);
	if (s < 2 * 86400)
		return arena_printf(a, "%.1f h", (double)s / 3600);
	return arena_printf(a, "%.1f d", (double)s / 86400);
}

/* "2026-09-21 14:13 UTC" */
static const char *
moment(struct arena *a, int64_t t)
{
	char iso[32];
	clock_iso(t, iso);
	return strlen(iso) == 20 ? arena_printf(a, "%.10s %.5s UTC", iso, iso + 11)
				 : arena_strdup(a, iso);
}

/* Eight heights of a bar for each of LEN values; the highest is full. */
static const char *
bars(struct arena *a, const double *values, size_t len)
{
	static const char *const heights[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
	double max = 0;
	char *out = arena_zalloc(a, len * 3 + 1), *at = out;
	for (size_t i = 0; i < len; i++)
		max = values[i] > max ? values[i] : max;
	for (size_t i = 0; i < len; i++) {
		int height = max > 0 ? (int)lround(values[i] / max * 7) : 0;
		at = memcpy(at, heights[height], 3);
		at += 3;
	}
	return out;
}

/* Print TEXT, wrapped, beside LABEL. */
static void
say(const char *label, const char *text)
{
	char *wrapped = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&wrapped, &len);
	if (!out)
		return;
	ctl_print_wrapped(out, text, ctl_terminal_width(), LABEL_WIDTH);
	fclose(out);
	printf("%s%-*s%s%s", ctl_style("bold"), LABEL_WIDTH, label, ctl_style("off"),
	    len > LABEL_WIDTH ? wrapped + LABEL_WIDTH : "\n");
	free(wrapped);
}

/* ---- the paragraphs; each adds to the arena and prints ---- */

static void
say_feed(struct arena *a, const struct explained *e)
{
	const struct feed_row *f = &e->feed;
	say("feed", arena_printf(a, "%" PRId64 "  %s%s%s%s%s", f->id, f->title ? f->title : "",
			f->title ? "  " : "", f->url, f->moved_to ? ", polled at " : "",
			f->moved_to ? f->moved_to : ""));
	if (!f->active)
		say("ended", f->ended ? f->ended : "it was removed, and is not polled");
}

static void
say_next(struct arena *a, const struct explained *e)
{
	const struct feed_row *f = &e->feed;
	const char *state = e->live ? ctl_json_str(e->live, "state") : NULL;
	if (!f->active)
		return;
	int64_t in = e->next - e->now;
	say("next poll", !e->next  ? "at once: it was never polled"
			 : in <= 0 ? arena_printf(a, "%s, %s ago%s%s", moment(a, e->next),
					 span(a, -in), state ? ": it " : "", state ? state : "")
				   : arena_printf(a, "%s, in %s", moment(a, e->next), span(a, in)));
	if (f->next_reason)
		say("because", f->next_reason);
	if (f->last_poll)
		say("last poll", arena_printf(a, "%s, %s%s%s", moment(a, f->last_poll),
				     f->error         ? f->error
				     : f->last_status ? arena_printf(a, "HTTP %d", f->last_status)
						      : "well",
				     f->last_change ? "; something new came last " : "",
				     f->last_change ? moment(a, f->last_change) : ""));
}

static void
say_failures(struct arena *a, const struct explained *e)
{
	if (e->feed.failures)
		say("failures",
		    arena_printf(a,
			"%" PRId64 " in a row%s%s; after each it is left alone for longer, up "
			"to %s",
			e->feed.failures, e->memory.failing_since ? ", since " : "",
			e->memory.failing_since ? moment(a, e->memory.failing_since) : "",
			e->feed.last_status == 410
			    ? "a week"
			    : "a day, and after two months it is looked at once a week"));
	if (e->feed.stale_since)
		say("silence",
		    arena_printf(a, "it brings less than is likely for its rhythm, known since %s",
			moment(a, e->feed.stale_since)));
	if (e->feed.recovered)
		say("document", arena_printf(a, "not well-formed: %s", e->feed.recovered));
}

static void
say_rhythm(struct arena *a, const struct explained *e)
{
	if (!e->memory.rhythm.since) {
		say("rhythm", "not known yet: it gave no document");
		return;
	}
	say("rhythm", arena_printf(a,
			  "%.1f entries a day, %.2f an hour expected now; learned since %s\n"
			  "by hour (UTC)  00 %s 23\n"
			  "by weekday     Mo %s Su",
			  e->per_day, e->rate, moment(a, e->memory.rhythm.since),
			  bars(a, e->hours, 24), bars(a, e->days, 7)));
}

static void
say_window(struct arena *a, const struct explained *e)
{
	const struct window *w = &e->memory.window;
	if (!w->at)
		return;
	const char *text = arena_printf(a, "it shows %u entries", w->full);
	if (e->items > 0)
		text = arena_printf(a,
		    "%s; of the %" PRId64 " of its last news %" PRId64 " were new, %.0f %% known",
		    text, e->items, e->fresh,
		    100 * (double)(e->items - e->fresh) / (double)e->items);
	if (w->life_s > 0)
		text = arena_printf(a, "%s; a whole window was replaced in %s lately", text,
		    span(a, (int64_t)w->life_s));
	say("window", text);
	if (e->overrun >= 0)
		say("risk",
		    arena_printf(a,
			"%.1f entries are expected until the next poll; that more come than it "
			"shows: %s",
			e->until_next,
			e->overrun < 0.0005 ? "less than 0.1 %"
					    : arena_printf(a, "%.1f %%", 100 * e->overrun)));
}

static void
say_validators(struct arena *a, const struct explained *e)
{
	static const struct {
		const char *word, *means;
	} beliefs[] = {
	    {"trusted", "they are sent, and a 304 is believed"},
	    {"doubted", "304 came for so long that the next request goes without them, to see"},
	    {"lying", "304 came though there was news: they are not sent"},
	    {"useless", "they change though the entries don't: each poll is a whole document"},
	    {"none", "each poll is a whole document, and the floor is poll_min_blind"},
	};
	const struct feed_row *f = &e->feed;
	const struct honesty *h = &e->memory.honesty;
	const char *means = NULL;
	if (!f->validators || (!h->full_at && !h->unchanged_at))
		return;
	for (size_t i = 0; i < sizeof beliefs / sizeof *beliefs; i++)
		if (!strcmp(beliefs[i].word, f->validators))
			means = beliefs[i].means;
	say("validators",
	    arena_printf(a, "%s%s%s%s%s%s%s%s%s%s", f->etag ? "ETag" : "",
		f->etag && f->last_modified ? " and " : "", f->last_modified ? "Last-Modified" : "",
		f->etag || f->last_modified ? ", " : "", f->validators, means ? ": " : "",
		means ? means : "", h->full_at ? "; the last whole document came " : "",
		h->full_at ? moment(a, h->full_at) : "",
		h->lies ? arena_printf(a, "; %u lies were found, the last %s", h->lies,
			      moment(a, h->lied_at))
			: ""));
}

/* The hours or days that are set in MASK, "0 1 2". */
static const char *
set_bits(struct arena *a, uint32_t mask, int count, const char *const *names)
{
	const char *text = "";
	for (int i = 0; i < count; i++)
		if (mask >> i & 1)
			text = names ? arena_printf(a, "%s %s", text, names[i])
				     : arena_printf(a, "%s %d", text, i);
	return text;
}

static void
say_publisher(struct arena *a, const struct explained *e)
{
	static const char *const days[] = {"Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"};
	const struct cadence_hints *h = &e->memory.hints;
	const char *text = "";
	if (h->ttl_s)
		text = arena_printf(a, "ttl %s", span(a, h->ttl_s));
	if (h->sy_period_s)
		text = arena_printf(
		    a, "%s%ssy:updatePeriod %s", text, *text ? "; " : "", span(a, h->sy_period_s));
	if (h->skip_hours)
		text = arena_printf(a, "%s%sskipHours%s (GMT)", text, *text ? "; " : "",
		    set_bits(a, h->skip_hours, 24, NULL));
	if (h->skip_days)
		text = arena_printf(a, "%s%sskipDays%s", text, *text ? "; " : "",
		    set_bits(a, h->skip_days, 7, days));
	if (*text)
		say("publisher", text);
	if (e->feed.not_before > e->now)
		say("server", arena_printf(a, "asks to be left alone until %s (Retry-After)",
				  moment(a, e->feed.not_before)));
}

static void
say_host(struct arena *a, const struct explained *e)
{
	struct json_object *h = NULL;
	if (!e->feed.active)
		return;
	if (!e->live || !json_object_object_get_ex(e->live, "host", &h)) {
		say("host", arena_printf(a, "not known while newsd does not say: %s",
				e->live_trouble ? e->live_trouble : "no answer"));
		return;
	}
	const char *closed = ctl_json_str(h, "closed_by"),
		   *robots = ctl_json_str(h, "robots_trouble"), *name = ctl_json_str(h, "name"),
		   *from = ctl_json_str(h, "gap_from");
	int64_t feeds = ctl_json_int(h, "feeds"), crawl_ms = ctl_json_int(h, "crawl_delay_ms");
	const char *text = arena_printf(a,
	    "%s: %.1f s between two requests (%s), %" PRId64 " at once; %" PRId64
	    " feed%s there, %" PRId64 " page%s waiting",
	    name ? name : "?", (double)ctl_json_int(h, "gap_ms") / 1000, from ? from : "?",
	    ctl_json_int(h, "connections"), feeds, feeds == 1 ? " lives" : "s live",
	    ctl_json_int(h, "pages_waiting"), ctl_json_int(h, "pages_waiting") == 1 ? "" : "s");
	if (crawl_ms)
		text = arena_printf(a, "%s; crawl-delay %.1f s%s", text, (double)crawl_ms / 1000,
		    json_object_get_boolean(json_object_object_get(h, "crawl_delay_ignored"))
			? ", ignored as newsd.conf wants it"
			: "");
	if (ctl_json_int(h, "address_names") > 1)
		text = arena_printf(a, "%s; %" PRId64 " names at its address are asked as one",
		    text, ctl_json_int(h, "address_names"));
	if (closed)
		text = arena_printf(a, "%s; closed for another %s: %s", text,
		    span(a, ctl_json_int(h, "open_in_ms") / 1000), closed);
	if (robots)
		text = arena_printf(a, "%s; %s", text, robots);
	say("host", text);
}

static void
say_gaps(struct arena *a, const struct explained *e)
{
	double lost = 0;
	if (!e->gaps_len) {
		if (e->memory.window.at)
			say("gaps", arena_printf(a, "none in the last %d days", EXPLAIN_GAPS_DAYS));
		return;
	}
	for (size_t i = 0; i < e->gaps_len; i++)
		lost += e->gaps[i].lost;
	const char *text =
	    arena_printf(a, "%zu in the last %d days, about %.0f entries went by unseen",
		e->gaps_len, EXPLAIN_GAPS_DAYS, lost);
	size_t from = e->gaps_len > GAPS_SHOWN ? e->gaps_len - GAPS_SHOWN : 0;
	for (size_t i = from; i < e->gaps_len; i++) {
		const struct gap_row *g = &e->gaps[i];
		text = arena_printf(a, "%s\n%s  ~%.0f in %s, %s, %" PRId64 " found%s%s", text,
		    moment(a, g->at), g->lost, span(a, g->ends - g->begins), g->state, g->found,
		    g->reason ? ": " : "", g->reason ? g->reason : "");
	}
	say("gaps", text);
}

static void
say_proposals(struct arena *a, const struct explained *e)
{
	for (size_t i = 0; i < e->proposals_len; i++) {
		const struct proposal_row *p = &e->proposals[i];
		say("proposal",
		    arena_printf(a, "%" PRId64 "  %s%s%s: %s (%s; seen %" PRId64 " times since %s)",
			p->id, p->kind, p->new_url ? " to " : "", p->new_url ? p->new_url : "",
			p->reason, p->evidence ? p->evidence : "", p->seen,
			moment(a, p->first_seen)));
	}
}

void
explain_print(const struct explained *e)
{
	struct arena a = {0};
	say_feed(&a, e);
	say_next(&a, e);
	say_failures(&a, e);
	say_rhythm(&a, e);
	say_window(&a, e);
	say_validators(&a, e);
	say_publisher(&a, e);
	say_host(&a, e);
	say_gaps(&a, e);
	say_proposals(&a, e);
	arena_clear(&a);
}
