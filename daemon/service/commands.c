/* commands: what newsctl can ask of a running newsd; one table. */
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "mem.h"
#include "sandbox.h"
#include "service_priv.h"

#define ADD_MAX 1000 /* feeds of one request */

static const char *
text_of(struct json_object *request, const char *key)
{
	struct json_object *o;
	if (!json_object_object_get_ex(request, key, &o) ||
	    !json_object_is_type(o, json_type_string))
		return NULL;
	return json_object_get_string(o);
}

void
service_put_str(struct json_object *o, const char *key, const char *value)
{
	json_object_object_add(o, key, value ? json_object_new_string(value) : NULL);
}

void
service_put_int(struct json_object *o, const char *key, int64_t value)
{
	json_object_object_add(o, key, json_object_new_int64(value));
}

static struct json_object *
put_object(struct json_object *o, const char *key)
{
	struct json_object *child = json_object_new_object();
	json_object_object_add(o, key, child);
	return child;
}

/* The feed that the request names by "feed": its id, or an error. */
static int64_t
feed_of(struct service *s, struct json_object *request, struct fault *f)
{
	struct json_object *o;
	char number[32];
	const char *word = NULL;
	if (json_object_object_get_ex(request, "feed", &o)) {
		if (json_object_is_type(o, json_type_int)) {
			snprintf(
			    number, sizeof number, "%lld", (long long)json_object_get_int64(o));
			word = number;
		} else {
			word = text_of(request, "feed");
		}
	}
	if (!word)
		return fault_set(f, ERR_INPUT, "which feed? give its id or its URL as \"feed\"");
	int64_t id = pipeline_find_feed(s->pipeline, word);
	return id ? id
		  : fault_set(f, ERR_NOT_FOUND, "no feed %s; `newsctl feeds` lists them", word);
}

/* ---- handlers ---- */

static void
put_fed(struct json_object *o, const struct pipeline_fed *fed)
{
	service_put_str(o, "url", fed->url);
	if (fed->error) {
		service_put_str(o, "error", fed->error);
		return;
	}
	service_put_int(o, "id", fed->id);
	json_object_object_add(o, "added", json_object_new_boolean(fed->added));
}

/* One feed was added or removed: the answer is about it alone. */
static void
on_fed(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	(void)count;
	struct json_object *response = json_object_new_object();
	struct fault own;
	if (!f && fed->error) {
		fault_set(&own, ERR_INPUT, "%s: %s", fed->url, fed->error);
		f = &own;
	}
	if (!f)
		put_fed(response, fed);
	control_answer(arg, response, f);
}

static void
on_list_fed(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	struct json_object *response = json_object_new_object();
	struct json_object *results = json_object_new_array();
	json_object_object_add(response, "results", results);
	for (size_t i = 0; i < count; i++) {
		struct json_object *o = json_object_new_object();
		put_fed(o, &fed[i]);
		json_object_array_add(results, o);
	}
	control_answer(arg, response, f);
}

/* The feed that O describes. */
static int
read_feed(struct json_object *o, struct feed_row *row, struct fault *f)
{
	const char *content = text_of(o, "content");
	*row = (struct feed_row){.url = text_of(o, "url"),
	    .title = text_of(o, "title"),
	    .tags = text_of(o, "tags"),
	    .content = -1};
	if (!row->url)
		return fault_set(f, ERR_INPUT, "add what? give a feed's URL as \"url\"");
	if (content && !strcmp(content, "feed"))
		row->content = CONTENT_FEED;
	else if (content && !strcmp(content, "page"))
		row->content = CONTENT_PAGE;
	else if (content)
		return fault_set(f, ERR_INPUT, "content \"%s\": expected page or feed", content);
	return 0;
}

static int
handle_add(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	struct service *s = arg;
	struct json_object *list = NULL;
	int many = json_object_object_get_ex(request, "feeds", &list);
	size_t count = many && json_object_is_type(list, json_type_array)
			   ? json_object_array_length(list)
			   : !many;
	if (!count || count > ADD_MAX)
		return fault_set(f, ERR_INPUT, "feeds: expected a list of 1 to %d feeds", ADD_MAX);
	struct feed_row *rows = mem_zalloc(count * sizeof *rows);
	int status = 0;
	for (size_t i = 0; i < count && !status; i++)
		status =
		    read_feed(many ? json_object_array_get_idx(list, i) : request, &rows[i], f);
	if (!status)
		pipeline_add_feeds(s->pipeline, rows, count, many ? on_list_fed : on_fed, peer);
	mem_free(rows);
	return status ? status : CONTROL_LATER;
}

static int
is_awaited(void *peer)
{
	return control_peer_waits(peer);
}

static void
put_found(struct json_object *list, const struct pipeline_found *found)
{
	struct json_object *o = json_object_new_object();
	service_put_str(o, "url", found->url);
	service_put_str(o, "title", found->title);
	service_put_str(o, "format", found->format);
	service_put_str(o, "class", feed_class_name(found->class));
	service_put_str(o, "found_by", found_by_name(found->by));
	service_put_int(o, "entries", found->entries);
	service_put_int(o, "newest", found->newest);
	json_object_object_add(o, "full_text", json_object_new_boolean(found->full_text));
	service_put_int(o, "id", found->id);
	json_object_array_add(list, o);
}

static void
on_found(const struct pipeline_found *found, size_t count, const struct fault *f, void *arg)
{
	struct json_object *response = json_object_new_object();
	struct json_object *list = json_object_new_array();
	json_object_object_add(response, "found", list);
	for (size_t i = 0; i < count; i++)
		put_found(list, &found[i]);
	control_answer(arg, response, f);
}

static int
handle_discover(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	struct service *s = arg;
	const char *url = text_of(request, "url");
	if (!url)
		return fault_set(f, ERR_INPUT, "discover what? give a site's URL as \"url\"");
	int64_t id = pipeline_find_feed(s->pipeline, url);
	if (id) { /* no need to ask the site */
		struct pipeline_found known = {.url = url, .by = FOUND_ITSELF, .id = id};
		struct json_object *list = json_object_new_array();
		json_object_object_add(response, "found", list);
		put_found(list, &known);
		return 0;
	}
	int status = pipeline_discover(s->pipeline, url, on_found, is_awaited, peer, f);
	return status ? status : CONTROL_LATER;
}

/* ---- proposals ---- */

struct decision {
	struct service *s;
	struct control_peer *peer;
};

/* Where the configuration names the feed that D is about, for newsctl to look the lines up: files
 * that list it, and a section about it. */
static void
put_places(struct json_object *o, const struct config *c, const struct proposal_decision *d)
{
	const char *url = d->listed_url ? d->listed_url : d->old_url;
	const struct config_feed *section = config_find_feed(c, url);
	struct json_object *files = json_object_new_array();
	service_put_str(o, "listed_url", d->listed_url);
	service_put_str(o, "config", section ? c->path : NULL);
	service_put_int(o, "section", section ? section->line : 0);
	for (size_t i = 0; i < c->feeds_len && d->listed_url; i++)
		json_object_array_add(files, json_object_new_string(c->feeds[i]));
	json_object_object_add(o, "files", files);
}

static void
on_decided(const struct proposal_decision *d, const struct fault *f, void *arg)
{
	struct decision *c = arg;
	struct json_object *response = json_object_new_object();
	if (!f) {
		service_put_int(response, "feed", d->feed_id);
		service_put_str(response, "old_url", d->old_url);
		service_put_str(response, "new_url", d->new_url);
		service_put_str(response, "ended", d->ended);
		service_put_int(response, "merged_into", d->merged_into);
		put_places(response, c->s->config, d);
	}
	control_answer(c->peer, response, f);
	mem_free(c);
}

static int
decide(struct service *s, struct json_object *request, int accept, struct control_peer *peer,
    struct fault *f)
{
	struct json_object *o;
	if (!json_object_object_get_ex(request, "proposal", &o) ||
	    !json_object_is_type(o, json_type_int))
		return fault_set(f, ERR_INPUT, "which proposal? give its number as \"proposal\"");
	struct decision *c = mem_zalloc(sizeof *c);
	*c = (struct decision){.s = s, .peer = peer};
	pipeline_decide(s->pipeline, json_object_get_int64(o), accept, on_decided, c);
	return CONTROL_LATER;
}

static int
handle_accept(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	return decide(arg, request, 1, peer, f);
}

static int
handle_dismiss(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	return decide(arg, request, 0, peer, f);
}

/* ---- stories ---- */

static void
on_ordered(const struct story_ordered *done, const struct fault *f, void *arg)
{
	struct json_object *response = json_object_new_object();
	if (!f) {
		service_put_int(response, "story", done->story);
		service_put_int(response, "other", done->from);
		service_put_int(response, "moved", done->moved);
	}
	control_answer(arg, response, f);
}

/* The number KEY of the request; 0 and F when there is none. */
static int64_t
number_of(struct json_object *request, const char *key, struct fault *f)
{
	struct json_object *o;
	int64_t n = 0;
	if (json_object_object_get_ex(request, key, &o) && json_object_is_type(o, json_type_int))
		n = json_object_get_int64(o);
	if (n <= 0)
		fault_set(f, ERR_INPUT, "which %s? give a number as \"%s\"", key, key);
	return n > 0 ? n : 0;
}

static int
handle_split(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	struct service *s = arg;
	struct story_order order = {.kind = STORY_SPLIT, .a = number_of(request, "article", f)};
	if (!order.a)
		return f->code;
	pipeline_order_story(s->pipeline, &order, on_ordered, peer);
	return CONTROL_LATER;
}

static int
handle_merge(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	struct service *s = arg;
	struct story_order order = {.kind = STORY_MERGE, .a = number_of(request, "story", f)};
	if (order.a)
		order.b = number_of(request, "other", f);
	if (!order.a || !order.b)
		return f->code;
	pipeline_order_story(s->pipeline, &order, on_ordered, peer);
	return CONTROL_LATER;
}

/* ---- lines of sites ---- */

static void
on_line_ordered(const struct site_line *line, const struct fault *f, void *arg)
{
	struct json_object *response = json_object_new_object();
	if (!f) {
		service_put_int(response, "line", line->id);
		service_put_str(response, "site", line->site);
		service_put_str(response, "text", line->text);
	}
	control_answer(arg, response, f);
}

static int
handle_line(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	struct service *s = arg;
	int64_t id = number_of(request, "line", f);
	const char *decision = text_of(request, "decision");
	if (!id)
		return f->code;
	for (int o = 0; decision && o < SITELINE_ORDERS; o++)
		if (!strcmp(decision, siteline_order_name((enum siteline_order)o))) {
			pipeline_order_line(
			    s->pipeline, id, (enum siteline_order)o, on_line_ordered, peer);
			return CONTROL_LATER;
		}
	return fault_set(f, ERR_INPUT, "decision: expected keep, drop or learned");
}

/* ---- quarantine ---- */

static void
put_quarantined(struct json_object *o, const struct quarantine_ordered *done)
{
	service_put_str(o, "url", done->url);
	service_put_str(o, "kind", done->kind);
	service_put_int(o, "link", done->link_id);
	service_put_int(o, "feed", done->feed_id);
}

static void
on_quarantine_forgotten(const struct quarantine_ordered *done, const struct fault *f, void *arg)
{
	struct json_object *response = json_object_new_object();
	if (!f) {
		put_quarantined(response, done);
		service_put_str(response, "then", "forgotten");
	}
	control_answer(arg, response, f);
}

static void
on_quarantine_retried(const struct quarantine_ordered *done, const struct fault *f, void *arg)
{
	struct json_object *response = json_object_new_object();
	if (!f) {
		put_quarantined(response, done);
		service_put_str(response, "then",
		    done->link_id   ? "its link is fetched again now"
		    : done->feed_id ? "its feed is polled now"
				    : "it is tried when it is wanted next");
	}
	control_answer(arg, response, f);
}

static int
handle_quarantine(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	struct service *s = arg;
	int64_t id = number_of(request, "row", f);
	const char *order = text_of(request, "order");
	int is_retry = order && !strcmp(order, "retry");
	if (!id)
		return f->code;
	if (!is_retry && (!order || strcmp(order, "forget") != 0))
		return fault_set(f, ERR_INPUT, "order: expected retry or forget");
	pipeline_order_quarantine(s->pipeline, id, is_retry ? QUARANTINE_RETRY : QUARANTINE_FORGET,
	    is_retry ? on_quarantine_retried : on_quarantine_forgotten, peer);
	return CONTROL_LATER;
}

/* ---- feeds ---- */

static int
handle_remove(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	struct service *s = arg;
	int64_t id = feed_of(s, request, f);
	if (id < 0)
		return (int)id;
	int status = pipeline_remove_feed(s->pipeline, id, on_fed, peer, f);
	return status ? status : CONTROL_LATER;
}

static int
handle_poll(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)peer;
	struct service *s = arg;
	int64_t id = 0;
	if (json_object_object_get_ex(request, "feed", NULL) && (id = feed_of(s, request, f)) < 0)
		return (int)id;
	service_put_int(response, "feeds", (int64_t)pipeline_poll_now(s->pipeline, id));
	return 0;
}

static int
handle_explain(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)peer;
	int64_t id = feed_of(arg, request, f);
	return id < 0 ? (int)id : hosts_explain(arg, id, response, f);
}

static void
on_reloaded(const struct fault *f, void *arg)
{
	control_answer(arg, json_object_new_object(), f);
}

static int
handle_reload(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)request, (void)response, (void)f;
	reload_begin(arg, on_reloaded, peer);
	return CONTROL_LATER;
}

static int
handle_tail(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)arg, (void)request, (void)response, (void)f;
	control_subscribe(peer);
	return 0;
}

static void
put_workers(struct service *s, struct json_object *response)
{
	const struct pool_counters *c = pool_counters(s->pool);
	struct json_object *o = put_object(response, "workers");
	char words[SANDBOX_WORDS_SIZE];
	int layers = pool_sandbox(s->pool);
	service_put_str(o, "sandbox",
	    !s->boot->workers ? "none: workers = 0"
	    : layers < 0      ? "no worker is ready yet"
			      : sandbox_words((unsigned)layers, words, sizeof words));
	service_put_int(o, "count", (int64_t)pool_pids(s->pool, NULL, 0));
	service_put_int(o, "queued", (int64_t)pool_pending(s->pool));
	service_put_int(o, "jobs", (int64_t)c->jobs);
	service_put_int(o, "crashes", (int64_t)c->crashes);
	service_put_int(o, "timeouts", (int64_t)c->timeouts);
	service_put_int(o, "respawns", (int64_t)c->respawns);
	service_put_int(o, "recycled", (int64_t)c->recycled);
}

static void
put_fetch(struct service *s, struct json_object *response)
{
	const struct fetch_counters *c = fetch_counters(s->fetcher);
	struct json_object *o = put_object(response, "fetch");
	service_put_int(o, "requests", (int64_t)c->requests);
	service_put_int(o, "redirects", (int64_t)c->redirects);
	service_put_int(o, "connections", (int64_t)c->connections);
	service_put_int(o, "bytes", (int64_t)c->bytes);
	service_put_int(o, "dns_lookups", (int64_t)c->dns_lookups);
	service_put_int(o, "ca_loads", (int64_t)c->ca_loads);
}

static void
put_writer(struct service *s, struct json_object *response)
{
	struct writer_counters c;
	writer_read_counters(s->writer, &c);
	struct json_object *o = put_object(response, "writer");
	service_put_int(o, "queued", (int64_t)writer_pending(s->writer));
	service_put_int(o, "commits", (int64_t)c.commits);
	service_put_int(o, "rows", (int64_t)c.writes);
	service_put_int(o, "failed", (int64_t)c.failed);
	service_put_int(o, "slowest_commit_ms", c.slowest_commit_ms);
	service_put_str(o, "trouble", *c.trouble ? c.trouble : NULL);
	o = put_object(response, "stories");
	json_object_object_add(o, "ready", json_object_new_boolean(c.stories_ready));
	service_put_int(o, "articles", (int64_t)c.stories.articles);
	service_put_int(o, "bytes", (int64_t)c.stories.bytes);
	service_put_int(o, "forgotten", (int64_t)c.stories.forgotten);
}

static int
handle_status(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)request, (void)peer, (void)f;
	struct service *s = arg;
	struct pipeline_status p;
	pipeline_read_status(s->pipeline, &p);
	service_put_str(response, "version", PACKAGE_VERSION);
	service_put_int(response, "pid", getpid());
	service_put_int(response, "started", s->started);
	service_put_int(response, "feeds", (int64_t)p.feeds);
	struct json_object *waiting = put_object(response, "waiting");
	service_put_int(waiting, "feeds", (int64_t)p.feeds_waiting);
	service_put_int(waiting, "links", (int64_t)p.links);
	service_put_int(response, "next_poll", p.next_poll);
	service_put_int(response, "outage", p.outage);
	service_put_int(response, "hosts", (int64_t)p.hosts);
	service_put_int(response, "quarantined", (int64_t)p.quarantined);
	service_put_int(response, "polls", (int64_t)p.polls);
	service_put_int(response, "pages", (int64_t)p.pages);
	service_put_int(response, "stored", (int64_t)p.stored);
	service_put_int(response, "transfers", (int64_t)s->door.active(s->door.self));
	service_put_int(response, "bytes_in_flight", (int64_t)s->door.budget->used);
	hosts_put_closed(s, response);
	put_workers(s, response);
	put_fetch(s, response);
	put_writer(s, response);
	struct json_object *loop = put_object(response, "loop");
	service_put_int(loop, "turns", (int64_t)s->loop.turns);
	service_put_int(loop, "lag_max_ms", s->loop.lag_max_ms);
	service_put_int(loop, "over_20ms", (int64_t)s->loop.late);
	return 0;
}

const struct control_command service_commands[] = {
    {"add", handle_add,
	"url, title, tags, content (page, feed): add a feed; answers id, url, added. Or feeds: a "
	"list of up to 1000 of these; answers results, one for each, with error where it is no "
	"URL",
	0},
    {"discover", handle_discover,
	"url (of a site or a feed): find its feeds, within a minute; answers found, a list of url, "
	"title, format, class (main, topic, podcast, comments), found_by (itself, declared, "
	"linked, guessed, sitemap), entries, newest, full_text and id (0: not polled yet), the "
	"best first",
	1},
    {"accept", handle_accept,
	"proposal (its number): do what it suggests; answers feed, old_url, new_url, ended (why the "
	"feed is polled no more), merged_into (the feed that is polled in its place), and where the "
	"configuration names the feed: listed_url and files, where a file lists it, config and "
	"section (the line), where it has a section of its own",
	0},
    {"dismiss", handle_dismiss, "proposal (its number): do not; answers feed, old_url, new_url", 0},
    {"split", handle_split,
	"article (its number): it becomes a story of its own; answers story (its own), other (that "
	"of those that it left) and moved (articles)",
	0},
    {"merge", handle_merge,
	"story and other (their numbers): they become one; answers story (the one that stays), "
	"other and moved (articles)",
	0},
    {"line", handle_line,
	"line (its number) and decision (keep, drop or learned): what becomes of a line that a site "
	"repeats; answers line, site and text",
	0},
    {"quarantine", handle_quarantine,
	"row (its number) and order (retry or forget): have a document that killed its workers tried "
	"again, or forget it; answers url, kind, link and feed (0: none), and then, in words",
	0},
    {"remove", handle_remove,
	"feed (id or URL): stop polling it, keep its history; answers id, url", 0},
    {"poll", handle_poll,
	"feed (id or URL; absent: all): poll now, except where the server asked for a wait; "
	"answers feeds",
	0},
    {"explain", handle_explain,
	"feed (id or URL): what only the running newsd knows of it; answers state, next_poll, and "
	"host: name, gap_ms, gap_from, crawl_delay_ms, open_in_ms, closed_by, robots_trouble, "
	"connections, active, feeds, pages_waiting",
	1},
    {"reload", handle_reload, "read the configuration again; answers when it is in force", 0},
    {"status", handle_status, "figures of the running daemon", 1},
    {"tail", handle_tail, "answers, then sends every event as a line of JSON", 1},
    {NULL, NULL, NULL, 0},
};
