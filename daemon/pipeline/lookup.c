/*
 * lookup: the search for the feeds of a site on behalf of somebody who waits. Step after step from
 * the surest place to the least sure, see docs/discovery.md; each request passes its host's gate
 * and each document goes to a worker, as all others do. Ends by itself, in time or when nobody
 * waits any more; what is in flight then comes back to a search that is over, and is dropped.
 */
#include <string.h>

#include "clock.h"
#include "discover.h"
#include "pipeline_priv.h"
#include "robots.h"
#include "url.h"

#define DECLARED_MAX 12 /* candidates that are tried, by how they were found */
#define LINKED_MAX   6
#define LISTED_MAX   12
#define SITEMAPS_MAX 3
#define FOUND_MAX    DECLARED_MAX /* no step finds more, and the first that finds some is the last */

enum step {
	STEP_PAGE,
	STEP_DECLARED,
	STEP_LINKED,
	STEP_LISTED,
	STEP_ROBOTS,
	STEP_GUESS,
	STEP_SITEMAPS,
	STEP_END
};

/* A document that is asked for. In the search's arena. */
struct probe {
	struct gate_work work;
	struct lookup *lookup;
	struct probe *next;
	struct host *host;
	struct feed_link link;
	const char *moved; /* where it was redirected to for good, NULL */
	size_t number;     /* in the order of asking */
	int waiting;       /* at the gate */
};

struct lookup {
	struct pipeline *p;
	struct lookup *next;
	struct arena arena;
	enum step step; /* under way */
	int64_t deadline_ms;
	struct probe *probes; /* not over yet: at a gate, or in flight */
	size_t asked, named;  /* probes so far; of them candidates that the page named */
	struct map seen;      /* their canonical URLs */
	struct reply *page, *robots, *listing; /* LISTING: a page of feeds that the page links */
	const char *page_url;
	char *guesses[DISCOVER_GUESSES_MAX];
	size_t guesses_len, guess;
	int out_of_reach;                       /* robots.txt can't be had: nothing is guessed */
	const char *trouble;                    /* why the first that the page named is no feed */
	struct pipeline_found found[FOUND_MAX]; /* the best first */
	size_t numbers[FOUND_MAX];              /* of their probes */
	size_t found_len;
	pipeline_found_cb done; /* NULL: answered */
	pipeline_wanted_cb wanted;
	void *arg;
};

#define PROBE_OF(w) ((struct probe *)(void *)((char *)(w)-offsetof(struct probe, work)))

/* ---- the end ---- */

static void
lookup_free(struct lookup *l)
{
	struct lookup **at = &l->p->lookups;
	while (*at != l)
		at = &(*at)->next;
	*at = l->next;
	reply_free(l->page);
	reply_free(l->robots);
	reply_free(l->listing);
	map_clear(&l->seen);
	arena_clear(&l->arena);
	mem_free(l);
}

/* Answer with what was found, or with F. The search lives on until what is in flight has come. */
static void
answer(struct lookup *l, const struct fault *f)
{
	pipeline_found_cb done = l->done;
	l->done = NULL;
	l->p->lookups_open--;
	for (struct probe **at = &l->probes; *at;) {
		struct probe *b = *at;
		if (b->waiting) {
			hostgate_remove(l->p->gate, b->host, &b->work, clock_mono_ms());
			*at = b->next;
		} else {
			at = &b->next;
		}
	}
	done(l->found, f ? 0 : l->found_len, f, l->arg);
}

static void
answer_nothing(struct lookup *l)
{
	struct fault f;
	const char *rest = l->out_of_reach
			       ? "its robots.txt is out of reach, so nothing else was tried"
			       : "nothing is at the usual addresses";
	if (l->trouble)
		fault_set(&f, ERR_NOT_FOUND,
		    "%s: the page names %zu addresses of feeds, but none is one (%s), and %s; "
		    "--no-discover adds an address as it is",
		    l->page_url, l->named, l->trouble, rest);
	else
		fault_set(&f, ERR_NOT_FOUND,
		    "%s is no feed (%s) and names none, and %s; --no-discover adds an address as "
		    "it is",
		    l->page_url, l->page->discovery->reason, rest);
	answer(l, &f);
}

/* The address itself can't be read. */
static void
answer_unreadable(struct lookup *l, const char *url, const char *why)
{
	struct fault f;
	fault_set(&f, ERR_IO, "%s: %s; is the address right? --no-discover adds it all the same",
	    url, why);
	answer(l, &f);
}

/* ---- candidates ---- */

static uint64_t
key_of(const char *url)
{
	struct arena a = {0};
	const char *canonical = url_canonical(&a, url);
	uint64_t key = hash64_str(canonical ? canonical : url);
	arena_clear(&a);
	return key;
}

static int
is_asked(const struct lookup *l, const char *url)
{
	return map_get(&l->seen, key_of(url)) != NULL;
}

static void
ask(struct lookup *l, const char *url, enum found_by by, const struct feed_link *link)
{
	struct pipeline *p = l->p;
	struct probe *b = arena_zalloc(&l->arena, sizeof *b);
	*b = (struct probe){.work.class = GATE_LOOKUP,
	    .lookup = l,
	    .next = l->probes,
	    .host = feeds_host_of(p, url),
	    .number = l->asked++,
	    .waiting = 1};
	b->link = link ? *link : (struct feed_link){.by = by};
	b->link.url = arena_strdup(&l->arena, url);
	l->probes = b;
	map_put(&l->seen, key_of(url), l);
	hostgate_add(p->gate, b->host, &b->work, clock_mono_ms());
}

static void
ask_named(struct lookup *l, const struct discovery *d, enum found_by by, size_t max)
{
	for (size_t i = 0, n = 0; i < d->links_len && n < max; i++) {
		if (d->links[i].by != by || is_asked(l, d->links[i].url))
			continue;
		ask(l, d->links[i].url, by, &d->links[i]);
		n++;
		l->named++;
	}
}

static void
ask_robots(struct lookup *l)
{
	const char *url = url_resolve(&l->arena, l->page_url, "/robots.txt");
	if (url)
		ask(l, url, FOUND_ITSELF, NULL);
}

/* The next address that robots.txt leaves open; one at a time, the first feed ends it. */
static void
ask_guess(struct lookup *l)
{
	while (l->guess < l->guesses_len && !l->probes) {
		const char *url = l->guesses[l->guess++];
		if (!l->robots || !l->p->config->robots || robots_allows(l->robots->robots, url))
			ask(l, url, FOUND_GUESSED, NULL);
	}
}

static void
ask_sitemaps(struct lookup *l)
{
	size_t n = 0, len = l->robots ? l->robots->robots->sitemaps_len : 0;
	for (int news = 1; news >= 0; news--)
		for (size_t i = 0; i < len && n < SITEMAPS_MAX; i++) {
			const char *url = l->robots->robots->sitemaps[i];
			char *fetch = url_fetch_form(&l->arena, url);
			if (!fetch || (strcasestr(url, "news") != NULL) != news)
				continue;
			ask(l, fetch, FOUND_SITEMAP, NULL);
			n++;
		}
}

/* All that was asked has come: go on with the next step that has something to ask. */
static void
advance(struct lookup *l)
{
	while (!l->found_len && !l->probes) {
		if (l->step != STEP_GUESS || l->guess == l->guesses_len)
			l->step++;
		switch (l->step) {
		case STEP_DECLARED:
			ask_named(l, l->page->discovery, FOUND_DECLARED, DECLARED_MAX);
			break;
		case STEP_LINKED:
			ask_named(l, l->page->discovery, FOUND_LINKED, LINKED_MAX);
			break;
		case STEP_LISTED:
			if (l->listing)
				ask_named(l, l->listing->discovery, FOUND_LINKED, LISTED_MAX);
			break;
		case STEP_ROBOTS:
			ask_robots(l);
			break;
		case STEP_GUESS:
			if (!l->guesses_len && !l->out_of_reach)
				l->guesses_len = discover_guess(&l->arena, l->page_url, l->guesses);
			ask_guess(l);
			break;
		case STEP_SITEMAPS:
			ask_sitemaps(l);
			break;
		default:
			answer_nothing(l);
			return;
		}
	}
	if (l->found_len)
		answer(l, NULL);
}

/* ---- what has come ---- */

/* B is over; so may be the search, which is freed then. */
static void
end_probe(struct probe *b)
{
	struct lookup *l = b->lookup;
	struct probe **at = &l->probes;
	while (*at != b)
		at = &(*at)->next;
	*at = b->next;
	l->p->progress++;
	if (l->probes)
		return;
	if (l->done)
		advance(l);
	if (!l->done && !l->probes)
		lookup_free(l);
}

static int
is_found_already(const struct lookup *l, const char *url)
{
	uint64_t key = key_of(url);
	for (size_t i = 0; i < l->found_len; i++)
		if (key_of(l->found[i].url) == key)
			return 1;
	return 0;
}

/* A goes before B: by what it is, then by whether it has entries, then in the page's order. */
static int
is_before(const struct pipeline_found *a, size_t a_number, const struct pipeline_found *b,
    size_t b_number)
{
	if (a->class != b->class)
		return a->class < b->class;
	if (!a->entries != !b->entries)
		return a->entries > 0;
	return a_number < b_number;
}

static void
take_feed(struct lookup *l, const struct probe *b, const struct discovery *d)
{
	const char *url = b->moved ? b->moved : b->link.url;
	const char *title = d->title ? d->title : b->link.title;
	size_t at = l->found_len;
	if (at == FOUND_MAX || is_found_already(l, url))
		return;
	struct pipeline_found found = {.url = arena_strdup(&l->arena, url),
	    .title = arena_strdup(&l->arena, title),
	    .format = arena_strdup(&l->arena, d->format),
	    .by = b->link.by,
	    .class = b->link.class != FEED_MAIN ? b->link.class : d->class,
	    .entries = d->entries,
	    .newest = d->newest,
	    .full_text = d->full_text,
	    .id = pipeline_find_feed(l->p, url)};
	for (; at && is_before(&found, b->number, &l->found[at - 1], l->numbers[at - 1]); at--) {
		l->found[at] = l->found[at - 1];
		l->numbers[at] = l->numbers[at - 1];
	}
	l->found[at] = found;
	l->numbers[at] = b->number;
	l->found_len++;
}

/* B is no feed, for the reason WHY. */
static void
note_trouble(struct lookup *l, const struct probe *b, const char *why)
{
	int is_named = b->link.by == FOUND_DECLARED || b->link.by == FOUND_LINKED;
	if (l->step == STEP_PAGE)
		answer_unreadable(l, b->link.url, why);
	else if (l->step == STEP_ROBOTS)
		l->out_of_reach = l->p->config->robots;
	else if (is_named && !l->trouble)
		l->trouble = arena_printf(&l->arena, "%s: %s", b->link.url, why);
}

static void
on_document_parsed(struct reply *reply, void *arg)
{
	struct probe *b = arg;
	struct lookup *l = b->lookup;
	const struct discovery *d = reply->discovery;
	if (!l->done) { /* nobody waits any more */
	} else if (reply->status) {
		note_trouble(l, b, reply_words(reply));
	} else if (d->format) {
		take_feed(l, b, d);
	} else if (l->step == STEP_PAGE) {
		l->page = reply;
		reply = NULL;
	} else {
		note_trouble(l, b, d->reason ? d->reason : "no feed");
		if (l->step == STEP_LINKED && d->links_len && !l->listing) {
			l->listing = reply;
			reply = NULL;
		}
	}
	reply_free(reply);
	end_probe(b);
}

static void
on_rules_parsed(struct reply *reply, void *arg)
{
	struct probe *b = arg;
	struct lookup *l = b->lookup;
	if (reply->status) {
		note_trouble(l, b, "unreadable");
		reply_free(reply);
	} else {
		l->robots = reply;
	}
	end_probe(b);
}

static void
on_fetched(struct fetch_result *r, void *arg)
{
	struct probe *b = arg;
	struct lookup *l = b->lookup;
	struct arena a = {0};
	pipeline_leave_host(l->p, b->host, r);
	int good = r->error == FETCH_OK && r->status >= 200 && r->status < 300;
	int is_robots = l->step == STEP_ROBOTS;
	if (l->done && good) {
		if (l->step == STEP_PAGE)
			l->page_url = arena_strdup(&l->arena, r->final_url);
		if (r->redirects && r->permanent)
			b->moved = arena_strdup(&l->arena, r->final_url);
		pipeline_parse(l->p, &(struct job){.kind = is_robots ? JOB_ROBOTS : JOB_DISCOVER},
		    r, is_robots ? on_rules_parsed : on_document_parsed, b);
		return;
	}
	/* RFC 9309 2.3.1.3: without a robots.txt all is allowed */
	int is_absent = is_robots && r->error == FETCH_OK && r->status >= 400 && r->status < 500 &&
			r->status != 429;
	if (l->done && !is_absent)
		note_trouble(l, b, answer_describe(&a, r));
	arena_clear(&a);
	end_probe(b);
}

void
lookup_start(struct pipeline *p, struct gate_work *work)
{
	struct probe *b = PROBE_OF(work);
	struct fetch_request request = {.url = b->link.url,
	    .kind = b->lookup->step == STEP_ROBOTS ? FETCH_ROBOTS : FETCH_FEED,
	    .reuse = 1};
	b->waiting = 0;
	p->door.start(p->door.self, &request, on_fetched, b);
}

/* ---- life ---- */

int
pipeline_discover(struct pipeline *p, const char *url, pipeline_found_cb done,
    pipeline_wanted_cb wanted, void *arg, struct fault *f)
{
	if (p->stopping || p->lookups_open >= PIPELINE_LOOKUPS_MAX)
		return fault_set(f, ERR_BUSY, "%s; try again",
		    p->stopping ? "newsd is stopping" : "newsd searches for others already");
	struct lookup *l = mem_zalloc(sizeof *l);
	char *fetch = url_fetch_form(&l->arena, url);
	if (!fetch) {
		arena_clear(&l->arena);
		mem_free(l);
		return fault_set(
		    f, ERR_INPUT, "%s: not a URL: give http:// or https:// and a host", url);
	}
	l->p = p;
	l->deadline_ms = clock_mono_ms() + PIPELINE_LOOKUP_S * INT64_C(1000);
	l->done = done;
	l->wanted = wanted;
	l->arg = arg;
	l->next = p->lookups;
	p->lookups = l;
	p->lookups_open++;
	ask(l, fetch, FOUND_ITSELF, NULL);
	return 0;
}

int64_t
lookup_tick(struct pipeline *p, int64_t now_ms)
{
	int64_t next_ms = INT64_MAX;
	for (struct lookup *l = p->lookups, *next; l; l = next) {
		next = l->next;
		if (!l->done)
			continue;
		if (l->deadline_ms <= now_ms || !l->wanted(l->arg)) {
			struct fault f;
			fault_set(&f, ERR_TIMEOUT,
			    "no feed was found within %d seconds: the site is slow to answer; "
			    "--no-discover adds an address as it is",
			    PIPELINE_LOOKUP_S);
			answer(l, l->found_len ? NULL : &f);
			if (!l->probes)
				lookup_free(l);
		} else if (l->deadline_ms < next_ms) {
			next_ms = l->deadline_ms;
		}
	}
	return next_ms;
}

void
lookup_stop(struct pipeline *p)
{
	struct fault f;
	fault_set(&f, ERR_BUSY, "newsd is stopping; try again when it runs");
	for (struct lookup *l = p->lookups, *next; l; l = next) {
		next = l->next;
		if (l->done)
			answer(l, &f);
		if (!l->probes)
			lookup_free(l);
	}
}

void
lookup_free_all(struct pipeline *p)
{
	lookup_stop(p);
	while (p->lookups)
		lookup_free(p->lookups);
}
