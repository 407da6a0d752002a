/*
 * digest: see include/digest.h. One table says what each kind of job is done by; the way there
 * (inflate under the job's bound) and back (a failure's words) is the same for all.
 */
#include "digest.h"

#include <string.h>

#include "buf.h"
#include "charset.h"
#include "discover.h"
#include "errors.h"
#include "extract.h"
#include "feed.h"
#include "inflate.h"
#include "opml.h"
#include "robots.h"
#include "xml.h"

#ifdef NEWSD_DEBUG_HOOKS

#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include "wire.h"

/* A debug build is crashed, hung or bloated by the document that asks for it, and tries the
 * sandbox's doors. */
#define HOOK_WINDOW 4096

static void
hook_crash(void)
{
	raise(SIGSEGV);
}

static void
hook_hang(void)
{
	for (volatile unsigned spin = 0;; spin++)
		;
}

static void
hook_eat_memory(void)
{
	for (;;)
		memset(mem_alloc(1u << 20), 1, 1u << 20);
}

/* Idle until the end: nothing comes any more. */
static void
hook_sleep(void)
{
	char rest[4096];
	while (read(WORKER_FD, rest, sizeof rest) > 0)
		;
}

/* What the sandbox refuses ends as abort, so that a door that stands open can be told from it. */
static void
hook_open(void)
{
	if (open("/etc/passwd", O_RDONLY | O_CLOEXEC) < 0)
		abort();
}

static void
hook_exec(void)
{
	char *argv[] = {NULL}, *env[] = {NULL};
	execve("/bin/true", argv, env);
	abort();
}

static void
hook_socket(void)
{
	if (socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0) < 0)
		abort();
}

static void
hook_map_code(void)
{
	if (mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0) ==
	    MAP_FAILED)
		abort();
}

static void
hook_fork(void)
{
	pid_t pid = fork();
	if (pid < 0)
		abort();
	if (!pid)
		_exit(0);
}

static void
run_hooks(const struct view *body)
{
	static const struct {
		const char *marker;
		void (*act)(void);
	} hooks[] = {
	    {"newsd-debug-crash", hook_crash},
	    {"newsd-debug-abort", abort},
	    {"newsd-debug-hang", hook_hang},
	    {"newsd-debug-eat-memory", hook_eat_memory},
	    {"newsd-debug-sleep", hook_sleep},
	    {"newsd-debug-open", hook_open},
	    {"newsd-debug-exec", hook_exec},
	    {"newsd-debug-socket", hook_socket},
	    {"newsd-debug-map-code", hook_map_code},
	    {"newsd-debug-fork", hook_fork},
	};
	size_t len = body->len < HOOK_WINDOW ? body->len : HOOK_WINDOW;
	for (size_t i = 0; i < sizeof hooks / sizeof *hooks; i++)
		if (len && memmem(body->data, len, hooks[i].marker, strlen(hooks[i].marker)))
			hooks[i].act();
}

#endif

/* Give ITEM the plain text of its content, else of its summary. */
static void
add_item_text(struct reply *r, const char *base, struct item *item)
{
	struct arena scratch = {0};
	struct article *article;
	const char *html = item->content ? item->content : item->summary;
	const char *url = item->link ? item->link : base;
	if (html && !extract_fragment(&scratch, url, html, strlen(html), &article, NULL)) {
		item->text = arena_strdup(&r->arena, article->text);
		memcpy(item->text_hash, article->text_hash, sizeof item->text_hash);
		item->words = article->words;
	}
	arena_clear(&scratch);
}

/* Bytes of what ITEM sends, or more; its canonical and fetch forms are mostly its link. */
static size_t
item_sent(const struct item *item)
{
	const char *const texts[] = {item->guid, item->link, item->title, item->summary,
	    item->content, item->published_raw, item->image, item->comments, item->rights,
	    item->language, item->source, item->text};
	size_t sum = FEED_ITEM_SENT;
	for (size_t i = 0; i < sizeof texts / sizeof *texts; i++)
		sum += texts[i] ? strlen(texts[i]) : 0;
	for (size_t i = 0; i < item->authors_len; i++)
		sum += strlen(item->authors[i]);
	for (size_t i = 0; i < item->tags_len; i++)
		sum += strlen(item->tags[i]);
	for (size_t i = 0; i < item->enclosures_len; i++)
		sum += strlen(item->enclosures[i].url);
	return sum;
}

/* Give the items of R their texts. The newest stand first, as a rule: what with its text no longer
 * fits into the answer is left out at the end. */
static void
add_texts(struct reply *r, const char *base)
{
	struct feed_doc *feed = r->feed;
	size_t sent = 0;
	for (size_t i = 0; i < feed->items_len; i++) {
		struct item *item = &feed->items[i];
		add_item_text(r, base, item);
		sent += item_sent(item);
		if (sent <= FEED_TEXTS_MAX)
			continue;
		feed->items_len = i;
		feed->recovered = arena_printf(&r->arena,
		    "%s%sit has more than %zu MB of text: what follows is left out",
		    feed->recovered ? feed->recovered : "", feed->recovered ? "; " : "",
		    FEED_TEXTS_MAX >> 20);
	}
}

static int
do_feed(const struct job *job, const struct view *body, struct reply *r, struct fault *f)
{
	struct feed_source from = {job->url, job->content_type, job->content_location, job->link};
	int rc = feed_parse(&r->arena, &from, body->data, body->len, &r->feed, f);
	if (!rc && job->flags & JOB_WANT_TEXT)
		add_texts(r, job->url);
	return rc;
}

/* A page in the place of a feed often says where that is now. */
static void
add_declared(const struct job *job, const struct view *body, struct reply *r)
{
	if (r->kind == JOB_FEED && r->status == ERR_INPUT)
		discover_declared(
		    &r->arena, job->url, job->content_type, body->data, body->len, &r->discovery);
}

static int
do_discover(const struct job *job, const struct view *body, struct reply *r, struct fault *f)
{
	return discover_document(
	    &r->arena, job->url, job->content_type, body->data, body->len, &r->discovery, f);
}

static int
do_page(const struct job *job, const struct view *body, struct reply *r, struct fault *f)
{
	struct extract_wish wish = {.trace = (job->flags & JOB_WANT_TRACE) != 0,
	    .witness_title = job->witness_title,
	    .witness = job->witness};
	return extract_page_as(
	    &r->arena, &wish, job->url, job->content_type, body->data, body->len, &r->article, f);
}

static int
do_fragment(const struct job *job, const struct view *body, struct reply *r, struct fault *f)
{
	struct buf text;
	buf_init(&text, SIZE_MAX / 4);
	int rc = charset_repair_utf8(body->data, body->len, &text);
	if (!rc)
		rc =
		    extract_fragment(&r->arena, job->url, buf_str(&text), text.len, &r->article, f);
	buf_clear(&text);
	return rc;
}

static int
do_robots(const struct job *job, const struct view *body, struct reply *r, struct fault *f)
{
	(void)f;
	robots_parse(&r->arena, body->data, body->len, job->agent, &r->robots);
	return 0;
}

static int
do_opml(const struct job *job, const struct view *body, struct reply *r, struct fault *f)
{
	(void)job;
	return opml_parse(&r->arena, body->data, body->len, &r->opml, f);
}

static int (*const kind_table[JOB_KIND_COUNT])(
    const struct job *job, const struct view *body, struct reply *r, struct fault *f) = {
    [JOB_FEED] = do_feed,
    [JOB_PAGE] = do_page,
    [JOB_FRAGMENT] = do_fragment,
    [JOB_ROBOTS] = do_robots,
    [JOB_OPML] = do_opml,
    [JOB_DISCOVER] = do_discover,
};

static const char *
or_empty(const char *s)
{
	return s ? s : "";
}

struct reply *
digest(const struct job *given)
{
	struct job job = *given;
	struct reply *r = reply_new(job.kind);
	struct fault f = {.code = 0};
	static const uint8_t nothing[1]; /* the parsers get a pointer also for 0 bytes */
	struct buf room;
	struct view body;
	if (!job.kind || job.kind >= JOB_KIND_COUNT) {
		reply_fail(r, ERR_UNSUPPORTED, "unknown kind of job: %d", (int)job.kind);
		return r;
	}
	job.url = or_empty(job.url);
	job.content_type = or_empty(job.content_type);
	job.content_encoding = or_empty(job.content_encoding);
	job.content_location = or_empty(job.content_location);
	job.link = or_empty(job.link);
	job.agent = or_empty(job.agent);
	job.witness_title = or_empty(job.witness_title);
	job.witness = or_empty(job.witness);
	buf_init(&room, job.inflated_max);
	int rc = inflate_body(job.content_encoding, job.body, job.body_len, &room, &body, &f);
	int inflated = !rc;
	if (rc == ERR_INPUT) /* the document never came: what it is can't be said */
		rc = ERR_ENCODING;
	if (!body.len)
		body.data = nothing;
#ifdef NEWSD_DEBUG_HOOKS
	if (inflated)
		run_hooks(&body);
#endif
	if (inflated)
		rc = kind_table[job.kind](&job, &body, r, &f);
	if (rc)
		reply_fail(r, rc, "%s", f.text[0] ? f.text : error_name(rc));
	if (rc && inflated)
		add_declared(&job, &body, r);
	buf_clear(&room);
	return r;
}

/*
 * Libraries open files and fill tables when they are first asked. Here they are asked: once for
 * every kind, in a charset that must be detected, with a host name that must be converted.
 */
void
digest_prepare(void)
{
	static const struct {
		enum job_kind kind;
		const char *body;
	} samples[] = {
	    {JOB_FEED,
		"<rss version='2.0'><channel><title>t</title><item><title>\xe4\xf6\xfc</title>"
		"<link>http://b\xc3\xbc.example/</link>"
		"<pubDate>Mon, 05 Jan 2026 00:00:00 GMT</pubDate></item></channel></rss>"},
	    {JOB_FEED,
		"{\"version\":\"https://jsonfeed.org/version/1\",\"items\":[{\"id\":\"1\"}]}"},
	    {JOB_PAGE, "<html><head><title>t</title><script type='application/ld+json'>"
		       "{\"@type\":\"NewsArticle\"}</script></head><body><p>\xe4\xf6\xfc</p></"
		       "body></html>"},
	    {JOB_FRAGMENT, "<p>t</p>"},
	    {JOB_ROBOTS, "user-agent: *\nsitemap: http://b\xc3\xbc.example/"},
	    {JOB_DISCOVER, "<html><link rel=alternate type='application/rss+xml' href='/f'>"},
	    {JOB_OPML,
		"<opml version='2.0'><body><outline xmlUrl='http://a.example/'/></body></opml>"},
	};
	charset_preload();
	xml_prepare();
	extract_prepare();
	for (size_t i = 0; i < sizeof samples / sizeof *samples; i++) {
		struct job job = {
		    .kind = samples[i].kind,
		    .flags = JOB_WANT_TEXT,
		    .url = "http://a.example/",
		    .agent = "newsd",
		    .body = (const uint8_t *)samples[i].body,
		    .body_len = strlen(samples[i].body),
		    .inflated_max = 1u << 20,
		};
		reply_free(digest(&job));
	}
}
