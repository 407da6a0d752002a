/*
 * newsctl digest: the pure parsers as a filter, one JSON job a line in, one JSON answer a line out.
 * Owns the pool of workers, the jobs in flight and the line that is being read; reads no further
 * while there is no room for more. Never touches the store or the network.
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <math.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "date.h"
#include "mem.h"
#include "robots.h"
#include "url.h"

#define READ_CHUNK     ((size_t)256 << 10)
#define LINE_MAX_BYTES ((size_t)96 << 20) /* a document of CTL_DOCUMENT_MAX, base64 or escaped */
#define FLIGHT_MAX                                                                                 \
	((size_t)64 << 20) /* bytes of bodies handed to the pool and not yet answered              \
			    */
#define QUEUE_A_WORKER 16
#define JSON_DEPTH_MAX 16

struct filter {
	struct event_base *base;
	struct pool *pool;
	struct event *readable; /* NULL: standard input is always ready (a regular file) */
	struct json_tokener *tokener;
	struct buf in;
	size_t taken;    /* bytes of in that were used */
	size_t searched; /* bytes of in that are known to hold no newline */
	int ended;       /* end of input */
	int skipping;    /* within a line that was too long */
	int failed;      /* reading or writing failed: stop */
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

/* ---- answers ---- */

static struct json_object *
new_answer(struct json_object *id)
{
	struct json_object *o = json_object_new_object();
	ctl_put(o, "id", json_object_get(id));
	return o;
}

static void
answer_error(struct json_object *id, const char *words)
{
	struct json_object *o = new_answer(id);
	ctl_put_str(o, "error", words);
	ctl_print_json(stdout, o);
}

/* ---- the members of a job ---- */

/* Text member KEY: 0 and *OUT (NULL when absent or null), or ERR_INPUT. */
static int
get_text(struct json_object *job, const char *key, const char **out, struct fault *f)
{
	struct json_object *value = NULL;
	*out = NULL;
	if (!json_object_object_get_ex(job, key, &value) || !value)
		return 0;
	if (!json_object_is_type(value, json_type_string))
		return fault_set(f, ERR_INPUT, "%s is not a text", key);
	*out = json_object_get_string(value);
	if (strlen(*out) != (size_t)json_object_get_string_len(value))
		return fault_set(f, ERR_INPUT, "%s holds a NUL", key);
	return 0;
}

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
	if (get_text(job, "text", &text, f) != 0)
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
	if (get_text(job, "text", &text, f) != 0 || get_text(job, "base", &base, f) != 0)
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
		answer_error(asked->id, reply->reason ? reply->reason : error_name(reply->status));
	} else {
		struct json_object *o = new_answer(asked->id);
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
	const char *url, *type, *encoding, *agent;
	struct json_object *targets = NULL;
	if (get_text(job, "url", &url, f) != 0 || get_text(job, "content_type", &type, f) != 0 ||
	    get_text(job, "content_encoding", &encoding, f) != 0 ||
	    get_text(job, "agent", &agent, f) != 0 || get_targets(job, &targets, f) != 0)
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
	    .agent = agent ? agent : "newsd",
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
	if (get_text(job, "kind", &name, f) != 0)
		return f->code;
	for (size_t i = 0; name && i < sizeof kinds / sizeof *kinds; i++) {
		if (strcmp(kinds[i].name, name) != 0)
			continue;
		if (kinds[i].job)
			return ask_pool(filter, &kinds[i], id, job, f);
		struct json_object *o = new_answer(id);
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

/* Whether ID can be given back as valid JSON that a reader can match. */
static int
id_is_plain(struct json_object *id)
{
	if (json_object_is_type(id, json_type_double))
		return isfinite(json_object_get_double(id));
	return !id || json_object_is_type(id, json_type_string) ||
	       json_object_is_type(id, json_type_int);
}

static void
do_line(struct filter *filter, const char *line, size_t len)
{
	while (len > 0 && strchr(" \t\r", line[len - 1]))
		len--;
	if (len == 0)
		return;
	struct fault f = {0};
	json_tokener_reset(filter->tokener);
	struct json_object *job = json_tokener_parse_ex(filter->tokener, line, (int)len);
	enum json_tokener_error error = json_tokener_get_error(filter->tokener);
	struct json_object *id = NULL;
	if (error != json_tokener_success)
		fault_set(&f, ERR_INPUT, "the line is no JSON: %s",
		    error == json_tokener_continue ? "it is cut short"
						   : json_tokener_error_desc(error));
	else if (!json_object_is_type(job, json_type_object))
		fault_set(&f, ERR_INPUT, "the line is no JSON object");
	else if (json_object_object_get_ex(job, "id", &id) && !id_is_plain(id)) {
		id = NULL;
		fault_set(&f, ERR_INPUT, "id is neither a text nor a number");
	} else
		do_job(filter, id, job, &f);
	if (f.code != 0)
		answer_error(id, f.text);
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
	const char *start = buf_str(&filter->in) + filter->taken;
	size_t left = filter->in.len - filter->taken;
	const char *end = memchr(start + filter->searched, '\n', left - filter->searched);
	if (!end && (!filter->ended || left == 0)) {
		filter->searched = left;
		return 0;
	}
	size_t len = end ? (size_t)(end - start) : left;
	if (!filter->skipping)
		do_line(filter, start, len);
	filter->skipping = 0;
	filter->taken += end ? len + 1 : len;
	filter->searched = 0;
	return 1;
}

static void
read_more(struct filter *filter)
{
	buf_drop_front(&filter->in, filter->taken);
	filter->taken = 0;
	if (filter->skipping) {
		buf_clear(&filter->in);
		filter->searched = 0;
	}
	void *to = buf_reserve(&filter->in, READ_CHUNK);
	if (!to) {
		char words[80];
		snprintf(words, sizeof words, "the line is longer than %zu bytes", LINE_MAX_BYTES);
		answer_error(NULL, words);
		filter->skipping = 1;
		return;
	}
	ssize_t n;
	do
		n = read(STDIN_FILENO, to, READ_CHUNK);
	while (n < 0 && errno == EINTR);
	if (n < 0) {
		ctl_complain("standard input: %s", strerror(errno));
		filter->failed = 1;
	}
	filter->ended = n <= 0;
	if (n > 0)
		buf_added(&filter->in, (size_t)n);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	read_more(arg);
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
	int hungry = has_room(filter) && !filter->ended && !filter->failed;
	if (filter->failed || (filter->ended && pending == 0 && filter->taken == filter->in.len))
		return 0;
	if (hungry && (!filter->readable || pending == 0)) {
		read_more(filter);
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
	buf_init(&filter->in, LINE_MAX_BYTES);
	filter->tokener = json_tokener_new_ex(JSON_DEPTH_MAX);
	filter->base = event_base_new();
	if (!filter->tokener || !filter->base) {
		ctl_complain("no event loop or no memory");
		return ERR_SYSTEM;
	}
	json_tokener_set_flags(filter->tokener, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	if (input_can_wait())
		filter->readable =
		    event_new(filter->base, STDIN_FILENO, EV_READ, on_readable, filter);
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
	if (filter->tokener)
		json_tokener_free(filter->tokener);
	buf_clear(&filter->in);
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
	int failed = rc != 0 || filter.failed;
	close_filter(&filter);
	return failed ? CTL_FAILED : CTL_OK;
}
