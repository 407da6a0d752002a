/*
 * digest: every kind of job, every way to fail; and the same in a real sandboxed worker (this
 * program with --worker), where an answer must not differ by a byte: what a library would open late
 * shows here.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include <event2/event.h>
#include <stdio.h>
#include <zlib.h>

#include "digest.h"
#include "pool.h"
#include "wire.h"
#include "worker.h"

#define KB(n) ((size_t)(n) << 10)

static const char feed_text[] =
    "<?xml version='1.0'?><rss version='2.0'><channel><title>Town News</title>"
    "<link>https://n.example/</link>"
    "<item><title>Bridge reopens</title><link>/bridge?utm_source=rss</link><guid>b1</guid>"
    "<pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate>"
    "<description>&lt;p&gt;The old bridge is &lt;b&gt;open&lt;/b&gt; again.&lt;/p&gt;"
    "&lt;p&gt;Buses too.&lt;/p&gt;</description></item>"
    "<item><title>No text</title><link>https://n.example/2</link></item>"
    "</channel></rss>";

static const char page_text[] =
    "<!DOCTYPE html><html lang='en'><head><title>Bridge reopens</title></head><body><article>"
    "<h1>Bridge reopens</h1>"
    "<p>The old bridge over the river was opened again on Monday, the town council said, after "
    "two years of repairs that cost four million.</p>"
    "<p>Buses will use it from Tuesday on, and lorries over twelve tonnes have to take the ring "
    "road as before, said the head of the works department.</p>"
    "<p>Some shopkeepers in the lower town hope that their customers will come back; others have "
    "closed in the meantime and moved to the station.</p>"
    "</article></body></html>";

static struct job
make_job(enum job_kind kind, const char *body)
{
	return (struct job){
	    .kind = kind,
	    .flags = JOB_WANT_TEXT,
	    .url = "https://n.example/x",
	    .content_type = "",
	    .content_encoding = "",
	    .agent = "newsd",
	    .body = (const uint8_t *)body,
	    .body_len = strlen(body),
	    .inflated_max = KB(1024),
	};
}

static struct reply *
done(enum job_kind kind, const char *body)
{
	struct job job = make_job(kind, body);
	struct reply *r = digest(&job);
	assert_int_equal(r->kind, kind);
	if (r->status)
		fail_msg("%s: %s", job_kind_name(kind), r->reason);
	return r;
}

static void
test_feed(void **state)
{
	(void)state;
	struct reply *r = done(JOB_FEED, feed_text);
	assert_non_null(r->feed);
	assert_null(r->article);
	assert_int_equal(r->feed->items_len, 2);
	const struct item *i = &r->feed->items[0];
	assert_string_equal(i->canonical, "https://n.example/bridge");
	assert_string_equal(i->text, "The old bridge is open again.\nBuses too.");
	assert_int_equal(i->words, 8);
	uint8_t zero[16] = {0};
	assert_memory_not_equal(i->text_hash, zero, 16);
	assert_null(r->feed->items[1].text);
	reply_free(r);

	struct job job = make_job(JOB_FEED, feed_text);
	job.flags = 0;
	r = digest(&job);
	assert_int_equal(r->status, 0);
	assert_null(r->feed->items[0].text);
	reply_free(r);
}

static void
test_page_and_fragment(void **state)
{
	(void)state;
	struct reply *r = done(JOB_PAGE, page_text);
	assert_non_null(r->article);
	assert_non_null(strstr(r->article->text, "Buses will use it from Tuesday on"));
	assert_int_equal(r->article->verdict, VERDICT_FULL);
	assert_string_equal(r->article->url, "https://n.example/x");
	reply_free(r);
	r = done(JOB_FRAGMENT, "<p>one \xff two</p><p>three</p>");
	assert_string_equal(r->article->text, "one \xef\xbf\xbd two\nthree");
	reply_free(r);
}

static void
test_robots_and_opml(void **state)
{
	(void)state;
	struct reply *r = done(JOB_ROBOTS, "user-agent: newsd\ndisallow: /a\n");
	assert_int_equal(r->robots->rules_len, 1);
	assert_string_equal(r->robots->rules[0].pattern, "/a");
	reply_free(r);
	r = done(JOB_ROBOTS, "");
	assert_int_equal(r->robots->rules_len, 0);
	reply_free(r);
	r = done(JOB_OPML, "https://n.example/feed\n");
	assert_int_equal(r->opml->feeds_len, 1);
	reply_free(r);
}

static void
fails(struct job job, int status)
{
	struct reply *r = digest(&job);
	if (r->status != status)
		fail_msg("%s: %d (%s), wanted %d", job_kind_name(job.kind), r->status,
		    r->reason ? r->reason : "", status);
	assert_non_null(r->reason);
	assert_true(r->reason[0]);
	assert_true(!r->feed && !r->article && !r->robots && !r->opml);
	reply_free(r);
}

static size_t
gzip(const char *text, size_t len, uint8_t *out, size_t size)
{
	z_stream z = {0};
	assert_int_equal(deflateInit2(&z, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
	z.next_in = (Bytef *)(uintptr_t)text;
	z.avail_in = (uInt)len;
	z.next_out = out;
	z.avail_out = (uInt)size;
	assert_int_equal(deflate(&z, Z_FINISH), Z_STREAM_END);
	deflateEnd(&z);
	return size - z.avail_out;
}

static void
test_encodings(void **state)
{
	(void)state;
	static uint8_t packed[KB(64)];
	struct job job = make_job(JOB_FEED, "");
	job.content_encoding = "gzip";
	job.body = packed;
	job.body_len = gzip(feed_text, sizeof feed_text - 1, packed, sizeof packed);
	struct reply *r = digest(&job);
	assert_int_equal(r->status, 0);
	assert_int_equal(r->feed->items_len, 2);
	reply_free(r);
	job.body_len /= 2; /* truncated */
	fails(job, ERR_ENCODING);
	job.body_len = gzip(feed_text, sizeof feed_text - 1, packed, sizeof packed);
	job.content_encoding = "rot13";
	fails(job, ERR_UNSUPPORTED);
	/* a small body that is a large document */
	char *large = test_calloc(1, KB(8192));
	memset(large, ' ', KB(8192));
	job.content_encoding = "gzip";
	job.body_len = gzip(large, KB(8192), packed, sizeof packed);
	fails(job, ERR_LIMIT);
	test_free(large);
}

static void
test_failures(void **state)
{
	(void)state;
	fails(make_job(JOB_FEED, ""), ERR_INPUT);
	fails(make_job(JOB_FEED, "<html><body>not here</body></html>"), ERR_INPUT);
	fails(make_job(JOB_KIND_COUNT, feed_text), ERR_UNSUPPORTED);
	fails(make_job((enum job_kind)0, feed_text), ERR_UNSUPPORTED);
	struct job job = make_job(JOB_FEED, feed_text);
	job.inflated_max = 100;
	fails(job, ERR_LIMIT);
	/* a job out of a frame may have no strings and no body at all */
	for (int kind = JOB_FEED; kind < JOB_KIND_COUNT; kind++) {
		job = (struct job){.kind = (enum job_kind)kind, .inflated_max = 100};
		reply_free(digest(&job));
	}
}

/* ---- in the sandbox ---- */

static struct {
	struct event_base *base;
	struct pool *pool;
	struct reply *reply;
} t;

static void
on_done(struct reply *r, void *arg)
{
	(void)arg;
	t.reply = r;
}

static void
start(int64_t deadline_ms)
{
	struct fault f = {0};
	struct pool_options o = {
	    .workers = 1, .deadline_ms = deadline_ms, .documents_max = 10000, .queue_max = 10};
	t.base = event_base_new();
	assert_int_equal(pool_new(&t.pool, t.base, &o, &f), 0);
}

static void
stop(void)
{
	pool_free(t.pool);
	event_base_free(t.base);
}

static struct reply *
in_worker(const struct job *job)
{
	struct buf body;
	buf_init(&body, WIRE_FRAME_MAX);
	buf_add(&body, job->body, job->body_len);
	t.reply = NULL;
	pool_submit(t.pool, job, &body, on_done, NULL);
	while (!t.reply)
		assert_int_equal(event_base_loop(t.base, EVLOOP_ONCE), 0);
	return t.reply;
}

static void
same_in_worker(const char *what, const struct job *job)
{
	struct buf here, there;
	struct reply *a = digest(job), *b = in_worker(job);
	if (b->status == ERR_CRASHED || a->status != b->status)
		fail_msg("%s: %d here, %d (%s) in a worker", what, a->status, b->status,
		    b->reason ? b->reason : "");
	buf_init(&here, WIRE_FRAME_MAX);
	buf_init(&there, WIRE_FRAME_MAX);
	wire_put_reply(&here, 1, a);
	wire_put_reply(&there, 1, b);
	if (here.len != there.len || memcmp(here.data, there.data, here.len) != 0)
		fail_msg("%s: another answer in a worker", what);
	buf_clear(&here);
	buf_clear(&there);
	reply_free(a);
	reply_free(b);
}

static void
test_sandbox_changes_nothing(void **state)
{
	(void)state;
	static const char *const charsets[] = {"utf-8", "utf-16le", "utf-16be", "windows-1252",
	    "iso-8859-2", "iso-8859-15", "windows-1251", "koi8-r", "koi8-u", "shift_jis", "euc-jp",
	    "iso-2022-jp", "gbk", "gb18030", "gb2312", "big5", "euc-kr", "windows-874", "macintosh",
	    "ibm866", "windows-1256", "x-user-defined", "none-such"};
	static const char *const samples[JOB_KIND_COUNT] = {
	    [JOB_FEED] = feed_text,
	    [JOB_PAGE] = page_text,
	    [JOB_FRAGMENT] = "<p>one</p>",
	    [JOB_ROBOTS] = "user-agent: *\ndisallow: /\nsitemap: http://stra\xc3\x9f"
			   "e.example/",
	    [JOB_DISCOVER] = "<html><title>a</title><link rel=alternate type='application/rss+xml' "
			     "href='http://b\xc3\xbc"
			     "cher.example/'>",
	    [JOB_OPML] = "<opml version='2.0'><body><outline text='a' "
			 "xmlUrl='http://b\xc3\xbc"
			 "cher.example/'/></body></opml>",
	};
	start(20000);
	for (int kind = JOB_FEED; kind < JOB_KIND_COUNT; kind++) {
		struct job job = make_job((enum job_kind)kind, samples[kind]);
		same_in_worker(job_kind_name(job.kind), &job);
		job.body_len /= 2;
		same_in_worker(job_kind_name(job.kind), &job);
		job.content_encoding = "gzip, br, zstd";
		same_in_worker(job_kind_name(job.kind), &job);
	}
	for (size_t i = 0; i < sizeof charsets / sizeof *charsets; i++) {
		char type[64];
		snprintf(type, sizeof type, "text/html; charset=%s", charsets[i]);
		struct job job = make_job(
		    JOB_PAGE, "<p>\xe4\xf6\xfc \x93\xfa\x96\x7b \xd0\xcd \x1b$B \xc0\xe0\xb0\xa1");
		job.content_type = type;
		same_in_worker(charsets[i], &job);
	}
	assert_int_equal(pool_counters(t.pool)->crashes, 0);
	assert_int_equal(pool_counters(t.pool)->respawns, 0);
	stop();
}

/* Sizes at which a library changes its ways: many items to sort, a large document. */
static void
test_sandbox_holds_large_documents(void **state)
{
	(void)state;
	struct buf b;
	start(60000);
	buf_init(&b, KB(16384));
	buf_add_str(&b, "user-agent: newsd\n");
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "disallow: /%d/%d\n", i % 7, i);
	struct job job = make_job(JOB_ROBOTS, buf_str(&b));
	job.inflated_max = KB(16384);
	same_in_worker("20000 rules", &job);
	b.len = 0;
	buf_add_str(&b, "<html><body>");
	for (int i = 0; i < 20000; i++)
		buf_printf(&b, "<p>Paragraph %d of a very long story that has an end, too.</p>", i);
	job.kind = JOB_PAGE;
	job.body = b.data;
	job.body_len = b.len;
	same_in_worker("a page of 1.2 MB", &job);
	assert_int_equal(pool_counters(t.pool)->respawns, 0);
	buf_clear(&b);
	stop();
}

#ifdef NEWSD_DEBUG_HOOKS

static void
hooked(const char *marker, int64_t deadline_ms, int status)
{
	char page[200];
	snprintf(page, sizeof page, "<html><!-- %s --><p>text</p></html>", marker);
	struct job job = make_job(JOB_PAGE, page);
	start(deadline_ms);
	struct reply *r = in_worker(&job);
	if (r->status != status)
		fail_msg("%s: %d (%s)", marker, r->status, r->reason ? r->reason : "");
	reply_free(r);
	job = make_job(JOB_PAGE, page_text);
	r = in_worker(&job);
	assert_int_equal(r->status, 0);
	reply_free(r);
	stop();
}

static void
test_debug_hooks(void **state)
{
	(void)state;
	hooked("newsd-debug-crash", 20000, ERR_CRASHED);
	hooked("newsd-debug-hang", 300, ERR_TIMEOUT);
#if !defined(NEWSD_SANITIZED)
	hooked("newsd-debug-eat-memory", 60000, ERR_CRASHED);
#endif
}

#else

static void
test_debug_hooks(void **state)
{
	(void)state;
	struct reply *r = done(JOB_PAGE, "<html><!-- newsd-debug-crash --><p>text</p></html>");
	reply_free(r); /* the markers mean nothing */
}

#endif

int
main(int argc, char **argv)
{
	static const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_feed),
	    cmocka_unit_test(test_page_and_fragment),
	    cmocka_unit_test(test_robots_and_opml),
	    cmocka_unit_test(test_encodings),
	    cmocka_unit_test(test_failures),
	    cmocka_unit_test(test_sandbox_changes_nothing),
	    cmocka_unit_test(test_sandbox_holds_large_documents),
	    cmocka_unit_test(test_debug_hooks),
	};
	if (argc == 2 && !strcmp(argv[1], "--worker"))
		return worker_main();
	digest_prepare();
	return cmocka_run_group_tests_name("digest", tests, NULL, NULL);
}
