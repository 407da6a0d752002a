/*
 * newsctl digest: the pure parsers as a filter, one JSON job a line in, one JSON answer a line out.
 * Owns the pool of workers and the jobs in flight; reads no further while there is no room for
 * more. Never touches the store or the network.
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "date.h"
#include "mem.h"
#include "robots.h"
#include "url.h"

#define FLIGHT_MAX                                                                                 \
	((size_t)64 << 20) /* bytes of bodies handed to the pool and not yet answered              \
			    */
#define QUEUE_A_WORKER 16

struct filter {
	struct event_base *base;
	struct pool *pool;
	struct event *readable; /* NULL: standard input is always ready (a regular file) */
	struct ctl_lines lines;
	int failed; /* writing failed: stop */
	size_t in_flight;
	struct asked *slots; /* as many as the pool takes jobs */
	size_t slots_len;
	struct asked *spare;
};

/* A job in the pool. */
struct asked {
	struct filter *filter;
	const struct kind *kind;
	struct json_object *id;
	struct json_object *targets; /* of robots, else NULL */
	size_t bytes;
	struct asked *next; /* spare slot */
};

struct kind {
	const char *name;
	enum job_kind job;    /* parsed by the pool; 0: answered at once by DIRECT */
	ctl_answer_fn answer; /* what the reply says */
	int (*direct)(struct json_object *o, struct json_object *job, struct fault *f);
};

/* ---- the members of a job ---- */

static int
base64_value(unsigned char c)
{
	if (c >= 'A' && c <= 'Z')
		return c - 'A';
	if (c >= 'a' && c <= 'z')
		return c - 'a' + 26;
	if (c >= '0' && c <= '9')
		return c - '0' + 52;
	return c == '+' || c == '-' ? 62 : c == '/' || c == '_' ? 63 : -1;
}

/* RFC 4648, both alphabets; white space between is skipped and padding may be absent. */
static int
base64_decode(const char *text, size_t len, struct buf *out, struct fault *f)
{
	unsigned char *to = buf_reserve(out, len / 4 * 3 + 3);
	if (!to)
		return fault_set(f, ERR_LIMIT, "the document is larger than %zu bytes", out->max);
	uint32_t bits = 0;
	size_t count = 0, written = 0, padding = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		int value = base64_value(c);
		if (c == '=') {
			padding++;
		} else if (value >= 0 && padding == 0) {
			bits = bits << 6 | (uint32_t)value;
			if (++count % 4 != 1)
				to[written++] =
				    (unsigned char)(bits >> (6 - 2 * ((count - 1) % 4)));
		} else if (!strchr(" \t\r\n", c)) {
			return fault_set(f, ERR_INPUT, "the base64 is damaged at byte %zu", i);
		}
	}
	if (count % 4 == 1 || padding > 2)
		return fault_set(f, ERR_INPUT, "the base64 is cut short");
	buf_added(out, written);
	return 0;
}

/* The document of JOB into BODY: a file, a text or base64. */
static int
load_document(struct json_object *job, struct buf *body, struct fault *f)
{
	static const struct {
		const char *key;
		enum { FROM_FILE, FROM_TEXT, FROM_BASE64 } from;
	} sources[] = {
	    {"file", FROM_FILE},
	    {"body", FROM_TEXT},
	    {"body_base64", FROM_BASE64},
	    {"text", FROM_TEXT},
	    {"text_base64", FROM_BASE64},
	};
	for (size_t i = 0; i < sizeof sources / sizeof *sources; i++) {
		struct json_object *value = NULL;
		if (!json_object_object_get_ex(job, sources[i].key, &value) || !value)
			continue;
		if (!json_object_is_type(value, json_type_string))
			return fault_set(f, ERR_INPUT, "%s is not a text", sources[i].key);
		const char *text = json_object_get_string(value);
		size_t len = (size_t)json_object_get_string_len(value);
		if (sources[i].from == FROM_BASE64)
			return base64_decode(text, len, body, f);
		if (sources[i].from == FROM_TEXT)
			return buf_add(body, text, len) == 0
				   ? 0
				   : fault_set(f, ERR_LIMIT,
					 "the document is larger than %zu bytes", body->max);
		if (strlen(text) != len)
			return fault_set(f, ERR_INPUT, "file holds a NUL");
		if (strcmp(text, "-") == 0) /* standard input is where the jobs are */
			return fault_set(f, ERR_NOT_FOUND, "-: No such file or directory");
		return ctl_read_document(text, body, f);
	}
	return fault_set(f, ERR_INPUT, "no document: expected file, body or body_base64");
}

/* ---- kinds that need no worker ---- */

static int
direct_date(struct json_object *o, struct json_object *job, struct fault *f)
{
	const char *text;
	if (ctl_member_text(job, "text", &text, f) != 0)
		return f->code;
	if (!text)
		return fault_set(f, ERR_INPUT, "no text");
	struct date date;
	if (date_parse(text, &date) != 0)
		date = (struct date){0};
	struct json_object *utc = ctl_date_json(&date);
	ctl_put(o, "utc", utc);
	ctl_put_str(o, "precision", utc ? date_precision_name(date.precision) : NULL);
	if (utc) {
		char doubt[DATE_DOUBT_TEXT_MAX];
		ctl_put_bool(o, "zone_known", date.zone_known);
		ctl_put_str(o, "doubt", date_doubt_text(date.doubt, doubt));
	}
	return 0;
}

static int
direct_url(struct json_object *o, struct json_object *job, struct fault *f)
{
	const char *text, *base;
	if (ctl_member_text(job, "text", &text, f) != 0 ||
	    ctl_member_text(job, "base", &base, f) != 0)
		return f->code;
	if (!text)
		return fault_set(f, ERR_INPUT, "no text");
	struct arena arena = {0};
	const char *url = base && *base ? url_resolve(&arena, base, text) : text;
	ctl_put_str(o, "url", url ? url_canonical(&arena, url) : NULL);
	ctl_put_str(o, "fetch", url ? url_fetch_form(&arena, url) : NULL);
	arena_clear(&arena);
	return 0;
}

static const struct kind kinds[] = {
    {"feed", JOB_FEED, ctl_answer_feed, NULL},
    {"sitemap", JOB_FEED, ctl_answer_feed, NULL},
    {"page", JOB_PAGE, ctl_answer_page, NULL},
    {"robots", JOB_ROBOTS, ctl_answer_robots, NULL},
    {"opml", JOB_OPML, ctl_answer_opml, NULL},
    {"discover", JOB_DISCOVER, ctl_answer_discover, NULL},
    {"date", 0, NULL, direct_date},
    {"url", 0, NULL, direct_url},
};

/* ---- jobs ---- */

/* Give the slot of ASKED back. */
static void
forget(struct asked *asked)
{
	struct filter *filter = asked->filter;
	json_object_put(asked->id);
	json_object_put(asked->targets);
	*asked = (struct asked){.filter = filter, .next = filter->spare};
	filter->spare = asked;
}

static void
on_reply(struct reply *reply, void *arg)
{
	struct asked *asked = arg;
	if (reply->status != 0) {
		ctl_answer_error(asked->id, reply_words(reply));
	} else {
		struct json_object *o = ctl_answer_new(asked->id);
		asked->kind->answer(o, reply, asked->targets);
		ctl_print_json(stdout, o);
	}
	reply_free(reply);
	asked->filter->in_flight -= asked->bytes;
	forget(asked);
}

/* The list of URLs that a robots job asks about, borrowed. */
static int
get_targets(struct json_object *job, struct json_object **out, struct fault *f)
{
	*out = NULL;
	if (!json_object_object_get_ex(job, "targets", out) || !*out)
		return 0;
	if (!json_object_is_type(*out, json_type_array))
		return fault_set(f, ERR_INPUT, "targets is not a list");
	for (size_t i = 0; i < json_object_array_length(*out); i++)
		if (!json_object_is_type(json_object_array_get_idx(*out, i), json_type_string))
			return fault_set(f, ERR_INPUT, "targets holds something that is no text");
	return 0;
}

static int
ask_pool(struct filter *filter, const struct kind *kind, struct json_object *id,
    struct json_object *job, struct fault *f)
{
	const char *url, *type, *encoding, *location, *link, *agent, *feed_title, *feed_text;
	struct json_object *targets = NULL;
	if (ctl_member_text(job, "url", &url, f) != 0 ||
	    ctl_member_text(job, "content_type", &type, f) != 0 ||
	    ctl_member_text(job, "content_encoding", &encoding, f) != 0 ||
	    ctl_member_text(job, "content_location", &location, f) != 0 ||
	    ctl_member_text(job, "link", &link, f) != 0 ||
	    ctl_member_text(job, "agent", &agent, f) != 0 ||
	    ctl_member_text(job, "feed_title", &feed_title, f) != 0 ||
	    ctl_member_text(job, "feed_text", &feed_text, f) != 0 ||
	    get_targets(job, &targets, f) != 0)
		return f->code;
	struct buf body;
	buf_init(&body, CTL_DOCUMENT_MAX);
	if (load_document(job, &body, f) != 0) {
		buf_clear(&body);
		return f->code;
	}
	struct asked *asked = filter->spare; /* there is room in the pool, so there is one */
	filter->spare = asked->next;
	*asked = (struct asked){
	    .filter = filter,
	    .kind = kind,
	    .id = json_object_get(id),
	    .targets = json_object_get(targets),
	    .bytes = body.len,
	};
	struct job request = {
	    .kind = kind->job,
	    .url = url ? url : "",
	    .content_type = type ? type : "",
	    .content_encoding = encoding ? encoding : "",
	    .content_location = location ? location : "",
	    .link = link ? link : "",
	    .agent = agent ? agent : "newsd",
	    .witness_title = feed_title ? feed_title : "",
	    .witness = feed_text ? feed_text : "",
	    .inflated_max = CTL_DOCUMENT_MAX,
	};
	filter->in_flight += body.len;
	pool_submit(filter->pool, &request, &body, on_reply, asked);
	return 0;
}

static int
do_job(struct filter *filter, struct json_object *id, struct json_object *job, struct fault *f)
{
	const char *name;
	if (ctl_member_text(job, "kind", &name, f) != 0)
		return f->code;
	for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		if (kinds[i].job)
			return ask_pool(filter, &kinds[i], id, job, f);
		struct json_object *o = ctl_answer_new(id);
		int rc = kinds[i].direct(o, job, f);
		if (rc == 0)
			ctl_print_json(stdout, o);
		else
			json_object_put(o);
		return rc;
	}
	return fault_set(f, ERR_INPUT,
	    "kind \"%.40s\": expected feed, sitemap, page, robots, opml, date or url",
	    name ? name : "");
}

static void
do_line(struct filter *filter, const char *line, size_t len)
{
	struct fault f = {0};
	struct json_object *id, *job = ctl_lines_parse(&filter->lines, line, len, &id, &f);
	if (f.code == 0)
		do_job(filter, id, job, &f);
	if (f.code != 0)
		ctl_answer_error(id, f.text);
	json_object_put(job);
}

/* ---- input ---- */

static int
has_room(const struct filter *filter)
{
	return pool_room(filter->pool) > 0 && filter->in_flight < FLIGHT_MAX;
}

/* Do the next line that is in memory; 0 when there is no whole one. */
static int
take_line(struct filter *filter)
{
	const char *line;
	size_t len;
	if (!ctl_lines_take(&filter->lines, &line, &len))
		return 0;
	if (len > 0)
		do_line(filter, line, len);
	return 1;
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	ctl_lines_read(arg);
}

/* One step: everything that can be done at once, then wait for what comes first. */
static int
step(struct filter *filter)
{
	while (has_room(filter) && take_line(filter))
		;
	pool_run(filter->pool);
	if (fflush(stdout) != 0) {
		filter->failed = 1;
		ctl_complain("standard output: %s", strerror(errno));
	}
	size_t pending = pool_pending(filter->pool);
	int failed = filter->failed || filter->lines.failed, ended = filter->lines.ended;
	int hungry = has_room(filter) && !ended && !failed;
	if (failed || (ended && pending == 0 && !ctl_lines_left(&filter->lines)))
		return 0;
	if (hungry && (!filter->readable || pending == 0)) {
		ctl_lines_read(&filter->lines);
		if (pending > 0)
			event_base_loop(filter->base, EVLOOP_NONBLOCK);
		return 1;
	}
	if (hungry)
		event_add(filter->readable, NULL);
	if (pending > 0)
		event_base_loop(filter->base, EVLOOP_ONCE);
	return 1;
}

/* Regular files (and what else epoll refuses) are read whenever there is room. */
static int
input_can_wait(void)
{
	struct stat st;
	return fstat(STDIN_FILENO, &st) == 0 &&
	       (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || isatty(STDIN_FILENO));
}

static int
open_filter(struct filter *filter, int workers)
{
	*filter = (struct filter){0};
	if (ctl_lines_init(&filter->lines) != 0)
		return ERR_SYSTEM;
	filter->base = event_base_new();
	if (!filter->base) {
		ctl_complain("no event loop");
		return ERR_SYSTEM;
	}
	if (input_can_wait())
		filter->readable =
		    event_new(filter->base, STDIN_FILENO, EV_READ, on_readable, &filter->lines);
	filter->slots_len = (size_t)(workers ? workers : 1) * QUEUE_A_WORKER;
	filter->slots = mem_zalloc(filter->slots_len * sizeof *filter->slots);
	for (size_t i = 0; i < filter->slots_len; i++) {
		filter->slots[i].filter = filter;
		forget(&filter->slots[i]);
	}
	filter->pool = ctl_new_pool(filter->base, workers, filter->slots_len);
	return filter->pool ? 0 : ERR_SYSTEM;
}

static void
close_filter(struct filter *filter)
{
	if (filter->pool)
		pool_free(filter->pool);
	for (size_t i = 0; i < filter->slots_len; i++)
		forget(&filter->slots[i]); /* those that the pool did not answer */
	mem_free(filter->slots);
	if (filter->readable)
		event_free(filter->readable);
	if (filter->base)
		event_base_free(filter->base);
	ctl_lines_clear(&filter->lines);
}

enum ctl_exit
ctl_run_digest(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	int64_t workers = ctl_processors();
	if (ctl_get_number(ctl, "workers", 0, 256, &workers) != CTL_OK)
		return CTL_USAGE;
	if (ctl_get(ctl, "inline"))
		workers = 0;
	/* A worker that dies, or a reader that goes, is an error to handle and not our end. */
	signal(SIGPIPE, SIG_IGN);
	struct filter filter;
	int rc = open_filter(&filter, (int)workers);
	while (rc == 0 && step(&filter))
		;
	int failed = rc != 0 || filter.failed || filter.lines.failed;
	close_filter(&filter);
	return failed ? CTL_FAILED : CTL_OK;
}
