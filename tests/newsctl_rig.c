/* newsctl_rig: see newsctl_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "newsctl_rig.h"

#include <cmocka.h>
#include <event2/event.h>
#include <fcntl.h>
#include <json-c/json.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "control.h"
#include "mem.h"
#include "store.h"

#define T0           INT64_C(1790000000) /* when the stored things happened */
#define REQUESTS_MAX ((size_t)4 << 20)

struct rig rig = {.dir = "/tmp/newsd-ctl.XXXXXX"};

/* ---- running ---- */

/* Run newsctl on the test's store and socket with the words that follow, up to NULL. */
static void
ctl_v(struct ran *ran, const char *input, va_list ap)
{
	char *argv[32] = {
	    rig.program, mem_strdup("--store"), rig.store, mem_strdup("--socket"), rig.socket};
	size_t argc = 5;
	for (const char *word; (word = va_arg(ap, const char *)) && argc < 31;)
		argv[argc++] = mem_strdup(word);
	program_run(ran, argv, input, input ? strlen(input) : 0);
	mem_free(argv[1]);
	mem_free(argv[3]);
	for (size_t i = 5; i < argc; i++)
		mem_free(argv[i]);
}

void
rig_run_with(struct ran *ran, const char *input, ...)
{
	va_list ap;
	va_start(ap, input);
	ctl_v(ran, input, ap);
	va_end(ap);
}

/* The same without input; the exit status must be STATUS. */
void
rig_run(struct ran *ran, int status, ...)
{
	va_list ap;
	va_start(ap, status);
	ctl_v(ran, NULL, ap);
	va_end(ap);
	if (ran->status == status)
		return;
	va_start(ap, status);
	for (const char *word; (word = va_arg(ap, const char *));)
		print_error("%s ", word);
	va_end(ap);
	fail_msg("exit status %d, expected %d\n%s%s", ran->status, status, ran->out, ran->err);
}

void
expect(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("expected \"%s\" in:\n%s", part, text);
}

void
expect_not(const char *text, const char *part)
{
	if (strstr(text, part))
		fail_msg("did not expect \"%s\" in:\n%s", part, text);
}

/* The only line of TEXT as JSON. */
struct json_object *
one_json(const char *text)
{
	size_t len = strcspn(text, "\n");
	assert_string_equal(text + len, "\n");
	struct json_tokener *tokener = json_tokener_new();
	json_tokener_set_flags(tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	struct json_object *o = json_tokener_parse_ex(tokener, text, (int)len);
	json_tokener_free(tokener);
	if (!o)
		fail_msg("no JSON: %s", text);
	return o;
}

/* ---- the store ---- */

static int64_t
put_feed(struct store *s, const char *url, const char *title, const char *tags)
{
	struct feed_row row = {
	    .url = url, .title = title, .tags = tags, .content = -1, .added = T0 - 1000};
	int added;
	assert_int_equal(store_put_feed(s, &row, &added), 0);
	return row.id;
}

/* Poll FEED at AT with COUNT items; the ids of their new links go to IDS. RECOVERED: why the
 * document is not well-formed, NULL: it is. */
static void
put_poll(struct store *s, int64_t feed, int64_t at, struct item *items, size_t count, int64_t *ids,
    const char *recovered)
{
	struct feed_doc doc = {.format = "rss20",
	    .title = mem_strdup("The Paper"),
	    .items = items,
	    .items_len = count,
	    .items_hash = (uint64_t)at + (uint64_t)feed,
	    .ttl_min = -1,
	    .sy_period_s = -1};
	struct poll poll = {.feed_id = feed,
	    .at = at,
	    .outcome = POLL_OK,
	    .status = 200,
	    .bytes = 1234,
	    .next_poll = at + 3600,
	    .interval_s = 3600,
	    .next_reason = "an hour, for a test",
	    .recovered = recovered,
	    .doc = &doc};
	struct poll_result result = {0};
	assert_int_equal(store_put_poll(s, &poll, &result), 0);
	for (size_t i = 0; i < result.links_len && ids; i++)
		ids[result.links[i].item] = result.links[i].id;
	arena_clear(&result.arena);
	mem_free(doc.title);
}

char rig_article_text[] =
    "The new bridge over the river was opened on Saturday morning by the mayor.\n"
    "It took four years to build and cost eleven million.\n"
    "Buses will cross it \033[31mfrom Monday on\a.";

/* Four links: stored, a duplicate, gone, pending; the first one seen in two feeds. */
static void
fill_store(struct store *s)
{
	static char guids[4][8] = {"g-0", "g-1", "g-2", "g-3"};
	static char links[4][32] = {"http://paper.example/bridge", "http://paper.example/copy",
	    "http://paper.example/gone", "http://paper.example/later"};
	static char moved[] = "http://echo.example/bridge", title[] = "Bridge opens",
		    stored_title[] = "Bridge \033]0;x\aopens";
	static char language[] = "en", site[] = "The Paper";
	struct item items[4] = {0};
	for (size_t i = 0; i < 4; i++) {
		items[i].guid = guids[i];
		items[i].link = items[i].canonical = items[i].fetch = links[i];
		items[i].title = title;
		items[i].key = 100 + i;
	}
	int64_t ids[4] = {0};
	assert_int_equal(store_begin(s), 0);
	int64_t paper = put_feed(s, "http://paper.example/feed", "The Paper", "city world");
	int64_t echo = put_feed(s, "http://echo.example/feed", NULL, NULL);
	int64_t dead = put_feed(s, "http://dead.example/feed", NULL, NULL);
	put_poll(s, paper, T0, items, 4, ids, NULL);
	put_poll(s, echo, T0 + 60, items, 1, NULL, NULL);
	/* the entry in the second feed gets another address, and the feed is cut short */
	items[0].link = items[0].canonical = items[0].fetch = moved;
	put_poll(s, echo, T0 + 120, items, 1, NULL, "cut short");
	items[0].link = items[0].canonical = items[0].fetch = links[0];
	struct poll failed = {.feed_id = dead,
	    .at = T0,
	    .outcome = POLL_NETWORK,
	    .error = "connection refused",
	    .next_poll = T0 + 3600,
	    .interval_s = 3600,
	    .failures = 3};
	struct poll_result result = {0};
	assert_int_equal(store_put_poll(s, &failed, &result), 0);
	arena_clear(&result.arena);
	struct article a = {.url = links[0],
	    .title = stored_title,
	    .language = language,
	    .site = site,
	    .published = {.utc = T0 - 7200, .precision = DATE_SECOND, .zone_known = 1},
	    .text = rig_article_text,
	    .words = 31,
	    .tokens = 31,
	    .verdict = VERDICT_FULL,
	    .confidence = 0.9,
	    .text_hash = {1, 2, 3}};
	assert_int_equal(
	    store_put_article(s, &a, ids[0], paper, BODY_PAGE, T0 + 5, 0, &rig.article_id), 0);
	struct link_outcome outcomes[] = {
	    {.link_id = ids[0],
		.outcome = OUTCOME_STORED,
		.at = T0 + 5,
		.status = 200,
		.attempts = 1,
		.article_id = rig.article_id},
	    {.link_id = ids[1],
		.outcome = OUTCOME_DUPLICATE,
		.reason = "the same text",
		.at = T0 + 6,
		.status = 200,
		.attempts = 2,
		.article_id = rig.article_id},
	    {.link_id = ids[2],
		.outcome = OUTCOME_GONE,
		.reason = "HTTP 404",
		.at = T0 + 7,
		.status = 404,
		.attempts = 1},
	    {.link_id = ids[3],
		.outcome = OUTCOME_PENDING,
		.reason = "connection refused",
		.at = T0 + 8,
		.attempts = 1,
		.due = T0 + 600},
	};
	for (size_t i = 0; i < 4; i++)
		assert_int_equal(store_put_outcome(s, &outcomes[i]), 0);
	assert_int_equal(store_commit(s), 0);
}

int
rig_setup(void **state)
{
	(void)state;
	rig.program = mem_strdup(getenv("NEWSCTL") ? getenv("NEWSCTL") : "./newsctl");
	assert_non_null(mkdtemp(rig.dir));
	rig.store = mem_printf("%s/news.db", rig.dir);
	rig.socket = mem_printf("%s/control.sock", rig.dir);
	struct store_options options = {
	    .path = rig.store, .mode = STORE_WRITE, .synchronous = SYNC_OFF};
	struct fault f = {0};
	struct store *s;
	if (store_open(&s, &options, &f) != 0) {
		print_error("%s\n", f.text);
		return -1;
	}
	fill_store(s);
	store_close(s);
	return 0;
}

int
rig_teardown(void **state)
{
	(void)state;
	static const char *const names[] = {"news.db", "news.db-wal", "news.db-shm", "news.db.lock",
	    "requests", "feeds.opml", "bad.conf", "list.txt", "bad.db"};
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		char *path = mem_printf("%s/%s", rig.dir, names[i]);
		unlink(path);
		mem_free(path);
	}
	mem_free(rig.program);
	mem_free(rig.store);
	mem_free(rig.socket);
	return rmdir(rig.dir);
}

char *
rig_write_file(const char *name, const char *text)
{
	char *path = mem_printf("%s/%s", rig.dir, name);
	FILE *f = fopen(path, "w");
	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
	return path;
}

/* ---- a stand-in for the daemon ---- */

struct stand_in {
	struct control *control;
	int log;
};

static void
note(struct stand_in *d, struct json_object *request)
{
	const char *text = json_object_to_json_string_ext(
	    request, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
	dprintf(d->log, "%s\n", text);
}

/* What the daemon would answer, by the URL or command. */
static int
answer(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)peer;
	note(arg, request);
	struct json_object *url;
	if (json_object_object_get_ex(request, "url", &url) &&
	    strstr(json_object_get_string(url), "refused"))
		return fault_set(f, ERR_DENIED, "this feed is refused");
	json_object_object_add(response, "id", json_object_new_int(7));
	json_object_object_add(
	    response, "url", json_object_new_string("http://canonical.example/"));
	json_object_object_add(response, "feeds", json_object_new_int(3));
	json_object_object_add(response, "version", json_object_new_string("9.9"));
	struct json_object *stories = json_object_new_object();
	json_object_object_add(stories, "ready", json_object_new_boolean(1));
	json_object_object_add(response, "stories", stories);
	json_object_object_add(response, "added",
	    json_object_new_boolean(url && !strstr(json_object_get_string(url), "known")));
	return 0;
}

/* What the daemon would answer for each feed of a list, by its URL. */
static int
answer_list(struct json_object *list, struct json_object *response)
{
	struct json_object *results = json_object_new_array();
	json_object_object_add(response, "results", results);
	for (size_t i = 0; i < json_object_array_length(list); i++) {
		const char *url =
		    json_object_get_string(member(json_object_array_get_idx(list, i), "url"));
		struct json_object *o = json_object_new_object();
		json_object_object_add(o, "url", json_object_new_string(url));
		if (strstr(url, "refused")) {
			json_object_object_add(
			    o, "error", json_object_new_string("this feed is refused"));
		} else {
			json_object_object_add(o, "id", json_object_new_int64((int64_t)i + 20));
			json_object_object_add(
			    o, "added", json_object_new_boolean(!strstr(url, "known")));
		}
		json_object_array_add(results, o);
	}
	return 0;
}

static int
answer_add(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	struct json_object *list;
	if (!json_object_object_get_ex(request, "feeds", &list))
		return answer(arg, request, response, peer, f);
	note(arg, request);
	const char *first =
	    json_object_get_string(member(json_object_array_get_idx(list, 0), "url"));
	if (strstr(first, "trouble"))
		return fault_set(f, ERR_FULL, "the disk is full");
	return strstr(first, "silent") ? 0 : answer_list(list, response);
}

/* Subscribes, and some events come: one that the store has told already, and two new ones. */
static int
answer_tail(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)response;
	(void)f;
	struct stand_in *d = arg;
	note(d, request);
	control_subscribe(peer);
	return 0;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	struct stand_in *d = arg;
	char *known = mem_printf(
	    "{\"at\":\"2026-09-21T14:13:27Z\",\"level\":\"info\",\"event\":\"outcome\",\"url\":"
	    "\"http://paper.example/gone\",\"link_id\":3,\"outcome\":\"gone\"}");
	static const char news[] =
	    "{\"at\":\"2026-09-21T15:00:00Z\",\"level\":\"info\",\"event\":\"outcome\",\"url\":"
	    "\"http://paper.example/"
	    "new\",\"link_id\":99,\"outcome\":\"stub\",\"reason\":\"short\"}";
	control_publish(d->control, known, strlen(known));
	control_publish(d->control, news, sizeof news - 1);
	mem_free(known);
}

/* Proposal 1 is about a feed that the file feeds.opml of the directory lists, 9 about one that it
 * lists and that ends, others about one that nothing lists. */
static int
answer_decision(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)peer;
	note(arg, request);
	int64_t id = json_object_get_int64(member(request, "proposal"));
	if (id > 2 && id != 9)
		return fault_set(f, ERR_NOT_FOUND, "no proposal %d", (int)id);
	json_object_object_add(response, "feed", json_object_new_int(5));
	json_object_object_add(
	    response, "old_url", json_object_new_string("http://old.example/feed?a=1&b=2"));
	json_object_object_add(
	    response, "new_url", json_object_new_string("http://new.example/feed"));
	if (id == 9)
		json_object_object_add(
		    response, "ended", json_object_new_string("gone: its server says so"));
	if (id == 1 || id == 9) {
		struct json_object *files = json_object_new_array();
		char *path = mem_printf("%s/feeds.opml", rig.dir);
		json_object_array_add(files, json_object_new_string("/nonexistent/list"));
		json_object_array_add(files, json_object_new_string(path));
		mem_free(path);
		json_object_object_add(response, "listed_url",
		    json_object_new_string("http://old.example/feed?a=1&b=2"));
		json_object_object_add(response, "files", files);
		json_object_object_add(
		    response, "config", json_object_new_string("/etc/newsd.conf"));
		json_object_object_add(response, "section", json_object_new_int(7));
	}
	return 0;
}

/* A site whose address says "home" has two feeds, any other address is that of one. */
static int
answer_discover(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f)
{
	(void)peer;
	note(arg, request);
	const char *url = json_object_get_string(member(request, "url"));
	struct json_object *found = json_object_new_array();
	json_object_object_add(response, "found", found);
	if (strstr(url, "nothing"))
		return fault_set(f, ERR_NOT_FOUND, "it names none");
	int is_site = strstr(url, "home") != NULL;
	for (int i = 0; i <= is_site; i++) {
		static const char one[] =
		    "{\"url\":\"%s%s\",\"title\":\"Feed\\u001b[31m %d\","
		    "\"format\":\"rss20\",\"class\":\"%s\",\"found_by\":\"%s\","
		    "\"entries\":%d,\"newest\":1790000000,\"full_text\":true,\"id\":0}";
		char *text = mem_printf(one, url, is_site ? i ? "comments" : "feed" : "", i + 1,
		    i ? "comments" : "main", is_site ? "declared" : "itself", 10 + i);
		json_object_array_add(found, json_tokener_parse(text));
		mem_free(text);
	}
	return 0;
}

static const struct control_command stand_in_commands[] = {
    {"discover", answer_discover, "", 0},
    {"accept", answer_decision, "", 0},
    {"dismiss", answer_decision, "", 0},
    {"add", answer_add, "", 0},
    {"remove", answer, "", 0},
    {"poll", answer, "", 0},
    {"reload", answer, "", 0},
    {"status", answer, "", 0},
    {"tail", answer_tail, "", 0},
    {NULL, NULL, NULL, 0},
};

static char *
requests_path(void)
{
	return mem_printf("%s/requests", rig.dir);
}

/* Listen on the socket until killed; tells on READY when it does. */
static void
serve(int ready)
{
	struct event_base *base = event_base_new();
	char *path = requests_path();
	struct stand_in d = {.log = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_APPEND, 0600)};
	struct fault f = {0};
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (control_new(&d.control, base, rig.socket, "", stand_in_commands, &d, &f) != 0) {
		fprintf(stderr, "%s\n", f.text);
		_exit(1);
	}
	struct timeval often = {.tv_usec = 50000};
	struct event *tick = event_new(base, -1, EV_PERSIST, on_tick, &d);
	event_add(tick, &often);
	if (write(ready, "x", 1) != 1)
		_exit(1);
	event_base_dispatch(base);
	_exit(0);
}

int
rig_start_daemon(void **state)
{
	int ready[2];
	char byte;
	assert_int_equal(pipe2(ready, O_CLOEXEC), 0);
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		serve(ready[1]);
	close(ready[1]);
	int rc = read(ready[0], &byte, 1) == 1 ? 0 : -1;
	close(ready[0]);
	pid_t *kept = mem_alloc(sizeof *kept);
	*kept = pid;
	*state = kept;
	return rc;
}

int
rig_stop_daemon(void **state)
{
	pid_t *pid = *state;
	kill(*pid, SIGKILL);
	program_wait(*pid);
	mem_free(pid);
	return unlink(rig.socket);
}

/* The requests so far, malloc'ed. */
char *
rig_requests(void)
{
	char *path = requests_path(), *text = mem_zalloc(REQUESTS_MAX);
	FILE *f = fopen(path, "r");
	assert_non_null(f);
	assert_true(fread(text, 1, REQUESTS_MAX - 1, f) > 0);
	fclose(f);
	mem_free(path);
	return text;
}

void
expect_request(const char *line)
{
	char *all = rig_requests();
	expect(all, line);
	mem_free(all);
}
