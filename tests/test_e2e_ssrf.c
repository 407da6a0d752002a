/*
 * test_e2e_ssrf: the real daemon reads a site of an attacker's, whose documents name addresses of
 * the inner network in every place where a document can name one. A trap listens on all of this
 * machine. It sees nothing; and where the operator allows it, it sees what newsd has a use for, and
 * never the rest: images, style sheets, schemas, frames. The spellings stand in test_ssrf.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <event2/event.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"

#define SEEN_MAX 256

static struct event_base *base;
static struct origin *trap, *site;
static char *seen[SEEN_MAX]; /* what the trap was asked for */
static size_t seen_len;
static int robots_asked, turned; /* of 127.0.0.2; /scroll has scrolled on */
static unsigned endpoint_port;

/* ---- the documents: "$/x" is /x at the trap, "@/x" the same at the site ---- */

static const char atom[] =
    "<?xml version='1.0'?><?xml-stylesheet type='text/xsl' href='$/never-xsl'?>"
    "<!DOCTYPE feed SYSTEM '$/never-dtd' [<!ENTITY x SYSTEM '$/never-entity'>"
    "<!ENTITY %% p SYSTEM '$/never-parameter'> %%p;]>"
    "<feed xmlns='http://www.w3.org/2005/Atom' xmlns:xi='http://www.w3.org/2001/XInclude'"
    " xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance'"
    " xsi:schemaLocation='http://www.w3.org/2005/Atom $/never-schema'>"
    "<title>Atom &x;</title><id>urn:a</id><link rel='self' href='$/never-self'/>"
    "<link rel='alternate' href='$/never-alternate'/><link rel='hub' href='$/hub'/>"
    "<link rel='license' href='$/never-license'/><icon>$/never-icon</icon><logo>$/never-logo</logo>"
    "<generator uri='$/never-generator'>g</generator><author><name>n</name><uri>$/never-author</uri>"
    "</author><xi:include href='$/never-include'/>"
    "<entry><id>urn:1</id><title>One</title><link href='$/entry-1'/>"
    "<link rel='enclosure' href='$/never-enclosure'/><link rel='replies' href='$/never-replies'/>"
    "<link rel='via' href='$/never-via'/><content type='html'>&lt;img src='$/never-image'></content>"
    "</entry><entry><id>urn:2</id><title>Two</title><content src='$/never-content'/>"
    "<link href='@/page/quiet'/></entry>"
    "<entry xml:base='$/'><id>urn:3</id><title>Three</title><link href='entry-2'/></entry>"
    "<entry><id>urn:4</id><title>Four</title><link href='@/page/redirect'/></entry>"
    "<entry><id>urn:5</id><title>Five</title><link href='http://127.0.0.2:%u/page/quiet2'/></entry>"
    "</feed>";

static const char rss[] =
    "<rss version='2.0' xmlns:media='http://search.yahoo.com/mrss/'"
    " xmlns:itunes='http://www.itunes.com/dtds/podcast-1.0.dtd'"
    " xmlns:wfw='http://wellformedweb.org/CommentAPI/'><channel><title>Rss</title>"
    "<link>$/never-channel</link><docs>$/never-docs</docs><image><url>$/never-image</url>"
    "<link>$/never-link</link></image><textInput><link>$/never-input</link></textInput>"
    "<cloud domain='127.0.0.66' port='80' path='/never-cloud' protocol='http-post'/>"
    "<itunes:image href='$/never-image'/><itunes:new-feed-url>$/never-new</itunes:new-feed-url>"
    "<item><title>One</title><link>$/entry-3</link><guid>urn:r1</guid>"
    "<comments>$/never-comments</comments><wfw:commentRss>$/never-wfw</wfw:commentRss>"
    "<source url='$/never-source'>s</source><enclosure url='$/never-enclosure' length='1' type='a/b'/>"
    "<media:content url='$/never-media'/><media:thumbnail url='$/never-media'/>"
    "<description>&lt;iframe src='$/never-frame'>&lt;/iframe></description></item>"
    "<item><title>Two</title><guid isPermaLink='true'>$/entry-4</guid></item></channel></rss>";

static const char json[] =
    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Json\","
    "\"home_page_url\":\"$/never-home\",\"feed_url\":\"$/never-self\",\"icon\":\"$/never-icon\","
    "\"favicon\":\"$/never-icon\",\"hubs\":[{\"type\":\"WebSub\",\"url\":\"@/hub\"}],"
    "\"items\":[{\"id\":\"j1\",\"url\":\"$/entry-5\",\"title\":\"J\",\"image\":\"$/never-image\","
    "\"banner_image\":\"$/never-image\",\"attachments\":[{\"url\":\"$/never-attachment\","
    "\"mime_type\":\"a/b\"}],\"content_html\":\"<img src='$/never-image'>\"}]}";

static const char sitemap[] =
    "<urlset xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'"
    " xmlns:image='http://www.google.com/schemas/sitemap-image/1.1'><url><loc>$/entry-6</loc>"
    "<image:image><image:loc>$/never-image</image:loc></image:image></url></urlset>";

static const char sitemap_index[] =
    "<sitemapindex xmlns='http://www.sitemaps.org/schemas/sitemap/0.9'>"
    "<sitemap><loc>$/sitemap-1</loc></sitemap><sitemap><loc>$/sitemap-2</loc></sitemap>"
    "</sitemapindex>";

#define WORDS                                                                                      \
	"<p>The council of the old harbour town met late on Tuesday and voted, after four hours "  \
	"of debate, to keep the small lighthouse lit for another winter, said its clerk.</p>"
static const char quiet_page[] =
    "<html><head><base href='$/'><title>A quiet page of the old harbour</title>"
    "<link rel='canonical' href='$/never-canonical'><link rel='amphtml' href='$/never-amp'>"
    "<link rel='stylesheet' href='$/never-css'><link rel='preload' href='$/never-preload'>"
    "<link rel='alternate' type='application/rss+xml' href='$/never-declared'>"
    "<meta http-equiv='refresh' content='0; url=$/never-refresh'>"
    "<meta property='og:image' content='$/never-image'><meta property='og:url' content='$/never-og'>"
    "<script type='application/ld+json'>{\"@context\":\"$/never-context\",\"@type\":\"NewsArticle\","
    "\"url\":\"$/never-ld\",\"image\":\"$/never-image\"}</script><script src='$/never-js'></script>"
    "</head><body background='$/never-image'><article><h1>A quiet page of the old harbour</h1>" WORDS
	WORDS WORDS WORDS WORDS WORDS "<img src='$/never-image' srcset='$/never-image 2x'>"
    "<iframe src='$/never-frame'></iframe><object data='$/never-object'></object>"
    "<a href='$/never-out'>out</a></article></body></html>";

static const char home[] =
    "<html><head><title>Home</title><link rel='alternate' type='application/rss+xml' title='Feed' "
    "href='$/declared'></head><body><a href='$/declared-2'>RSS</a></body></html>";

/* Spellings of the trap's address; none of them is an address that the configuration allows. */
static const char *const spellings[] = {"127.0.0.66", "[::1]", "2130706498", "0x7f.66",
    "0177.0.0.102", "[::ffff:127.0.0.66]", "127.66", "[::ffff:7f00:42]"};
static size_t turn;

/* TEMPLATE with its marks replaced; kept until the end. */
static struct origin_reply
filled(const char *template)
{
	static struct buf kept[32];
	static size_t kept_len;
	struct buf *b = &kept[kept_len++ % 32];
	buf_clear(b);
	buf_init(b, 1 << 20);
	for (const char *p = template; *p; p++) {
		if (*p == '%' && p[1] == 'u')
			buf_printf(b, "%u", origin_port(site)), p++;
		else if (*p == '%')
			buf_add_char(b, *++p);
		else if (*p == '$')
			buf_printf(b, "http://%s:%u", spellings[turn++ % 8], origin_port(trap));
		else if (*p == '@')
			buf_printf(b, "http://127.0.0.1:%u", origin_port(site));
		else
			buf_add_char(b, *p);
	}
	return (struct origin_reply){.body = buf_str(b), .size = b->len};
}

static struct origin_reply
redirect(int status, const char *to)
{
	struct origin_reply r = filled(to);
	char *header = mem_printf("Location: %s\r\n", (const char *)r.body);
	static char *kept[16];
	static size_t kept_len;
	char **slot = &kept[kept_len++ % 16];
	mem_free(*slot);
	*slot = header;
	return (struct origin_reply){.status = status, .headers = header};
}

/* Twenty entries of a minute each; from the second time on none of those of the first. */
static struct origin_reply
scroll(void)
{
	struct buf b;
	char at[32];
	buf_init(&b, 1 << 20);
	buf_add_str(&b,
	    "<feed xmlns='http://www.w3.org/2005/Atom'><title>S</title><id>urn:s</id>"
	    "<link rel='next' href='$/older'/><link rel='prev-archive' href='$/archive'/>");
	for (int i = 0; i < 20; i++) {
		int n = turned ? 100 - i : 20 - i;
		buf_printf(&b,
		    "<entry><id>urn:s:%d</id><title>S %d</title><link href='@/page/s%d'/>"
		    "<updated>%s</updated></entry>",
		    n, n, n, clock_iso(clock_now() - 60 * (100 - n), at));
	}
	buf_add_str(&b, "</feed>");
	struct origin_reply r = filled(buf_str(&b));
	buf_clear(&b);
	return r;
}

static void
on_site(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	static const struct {
		const char *path, *type, *document;
	} documents[] = {
	    {"/atom", "Content-Type: application/atom+xml\r\n", atom},
	    {"/rss", "Content-Type: application/rss+xml\r\n", rss},
	    {"/json", "Content-Type: application/feed+json\r\n", json},
	    {"/sitemap", "Content-Type: application/xml\r\n", sitemap},
	    {"/index", "Content-Type: application/xml\r\n", sitemap_index},
	    {"/page/quiet", "Content-Type: text/html\r\n", quiet_page},
	    {"/page/quiet2", "Content-Type: text/html\r\n", quiet_page},
	    {"/home", "Content-Type: text/html\r\n", home},
	};
	(void)arg;
	if (!strcmp(rq->target, "/robots.txt")) {
		int second = !strcmp(rq->host, "127.0.0.2");
		robots_asked += second;
		*reply = second ? redirect(302, "$/robots.txt")
				: filled("User-agent: *\nDisallow:\nSitemap: $/declared-3\n");
	} else if (!strcmp(rq->target, "/moved")) {
		*reply = redirect(301, "$/moved");
	} else if (!strcmp(rq->target, "/page/redirect")) {
		*reply = redirect(307, "$/redirected");
	} else if (!strcmp(rq->target, "/hub")) {
		*reply = redirect(307, "$/hub-moved");
	} else if (!strcmp(rq->target, "/scroll")) {
		*reply = scroll();
	}
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++)
		if (!strcmp(rq->target, documents[i].path)) {
			*reply = filled(documents[i].document);
			reply->headers = documents[i].type;
		}
}

static void
on_trap(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	(void)arg;
	if (seen_len < SEEN_MAX)
		seen[seen_len++] = mem_strdup(rq->target);
	*reply = (struct origin_reply){.status = 404};
}

static int
was_seen(const char *prefix)
{
	for (size_t i = 0; i < seen_len; i++)
		if (!strncmp(seen[i], prefix, strlen(prefix)))
			return 1;
	return 0;
}

/* ---- fixtures ---- */

/* MORE: what the operator allows beside the site. */
static void
configure(const char *more)
{
	static const char *const paths[] = {
	    "/atom", "/rss", "/json", "/sitemap", "/index", "/moved", "/scroll"};
	struct buf list;
	buf_init(&list, 1 << 16);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		buf_printf(&list, "http://127.0.0.1:%u%s\n", origin_port(site), paths[i]);
	for (size_t i = 0; i < 8; i++) /* and some of the operator's file lead there at once */
		buf_printf(&list, "http://%s:%u/listed-%zu\n", spellings[i], origin_port(trap), i);
	char *feeds = e2e_write("ssrf-feeds.txt", buf_str(&list));
	char *settings = mem_printf("feeds = %s\nallow_ports = %u %u\npoll_min = 1s\n"
				    "poll_min_blind = 1s\nwebsub_listen = 127.0.0.1:%u\n"
				    "websub_url = https://news.example/websub\n%s",
	    feeds, origin_port(site), origin_port(trap), endpoint_port, more);
	e2e_configure(settings);
	mem_free(settings);
	mem_free(feeds);
	buf_clear(&list);
}

static int
fresh(void **state)
{
	e2e_fresh(state);
	for (size_t i = 0; i < seen_len; i++)
		mem_free(seen[i]);
	seen_len = 0;
	turned = robots_asked = 0;
	turn = 0;
	return 0;
}

static int
setup(void **state)
{
	if (e2e_setup(state))
		return -1;
	base = event_base_new();
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	struct sockaddr_in6 at = {.sin6_family = AF_INET6};
	int has_v6 = fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof at) == 0;
	if (fd >= 0)
		close(fd);
	trap = origin_new(base, has_v6 ? "::" : "0.0.0.0", 0, NULL);
	site = origin_new(base, "0.0.0.0", 0, NULL);
	endpoint_port = origin_free_port(base);
	origin_answer(trap, on_trap, NULL);
	origin_answer(site, on_site, NULL);
	return 0;
}

static int
teardown(void **state)
{
	fresh(state);
	origin_free(trap);
	origin_free(site);
	event_base_free(base);
	return e2e_teardown(state);
}

/* newsctl with WORD about URL, while the site answers. Its standard error is ours. */
static int
ctl(const char *word, const char *url)
{
	char *filled_url = mem_strdup(filled(url).body);
	char *argv[] = {
	    e2e.newsctl, (char *)"--config", e2e.conf, (char *)(uintptr_t)word, filled_url, NULL};
	int in, out, status;
	pid_t pid = program_start(argv, &in, &out);
	close(in);
	char byte;
	struct timeval none = {0, 0};
	fd_set set;
	for (;;) { /* until it closes its output */
		e2e_pump(base);
		FD_ZERO(&set);
		FD_SET(out, &set);
		if (select(out + 1, &set, NULL, NULL, &none) == 1 && read(out, &byte, 1) <= 0)
			break;
	}
	close(out);
	status = program_wait(pid);
	mem_free(filled_url);
	return status;
}

/* ---- the tests ---- */

#define DONE "SELECT count(*) FROM feeds WHERE last_poll IS NULL"

static void
nothing_that_a_document_says_leads_inside(void **state)
{
	(void)state;
	configure("");
	e2e_start();
	e2e_pump_until(base, DONE, 0);
	e2e_pump_until(base,
	    "SELECT count(*) FROM feeds WHERE url LIKE '%/listed-%' AND error LIKE 'refused:%'", 8);
	e2e_pump_until(base,
	    "SELECT count(*) FROM polls WHERE feed LIKE '%/moved' AND outcome = 'refused'", 1);
	/* six entries, one redirect */
	e2e_pump_until(base, "SELECT count(*) FROM links WHERE outcome = 'refused'", 7);
	e2e_pump_until(base, "SELECT count(*) FROM links WHERE outcome = 'stored'", 1);
	e2e_expect_text(
	    "SELECT reason FROM links WHERE url LIKE '%/page/redirect'", "allow_private");
	/* a robots.txt that leads inside counts as out of reach */
	e2e_pump_until(base,
	    "SELECT count(*) FROM links WHERE url LIKE '%/page/quiet2' AND reason LIKE '%robots%'",
	    1);
	assert_true(robots_asked > 0);
	e2e_pump_until(
	    base, "SELECT count(*) FROM subscriptions WHERE error LIKE '%allow_private%'", 2);
	e2e_pump_until(base,
	    "SELECT recovered LIKE '%allow_private%' FROM polls WHERE feed LIKE '%/index'", 1);
	/* the archives, and older pages, of a feed that scrolled on */
	turned = 1;
	assert_int_equal(ctl("poll", "@/scroll"), 0);
	e2e_pump_until(base, "SELECT count(*) FROM gaps WHERE state = 'lost'", 1);
	e2e_expect_text("SELECT reason FROM gaps", "allow_private");
	/* what an operator asks for on behalf of an attacker */
	assert_int_not_equal(ctl("add", "$/asked"), 0);
	ctl("add", "@/home"); /* finds /rss at a usual address, after those that it declares */
	assert_int_not_equal(ctl("extract", "$/asked"), 0);
	assert_int_not_equal(ctl("extract", "@/page/redirect"), 0);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	e2e_expect_sound();
	assert_int_equal(origin_counts(trap)->connections, 0);
}

/* With leave the same documents do lead there, by every road; images and the like still do not. */
static void
with_leave_only_what_is_read_is_fetched(void **state)
{
	(void)state;
	static const char *const roads[] = {"/listed-", "/entry-", "/sitemap-", "/moved",
	    "/redirected", "/hub", "/hub-moved", "/robots.txt", "/archive", "/declared", "/asked"};
	configure("allow_private = all\n");
	e2e_start();
	e2e_pump_until(base, DONE, 0);
	e2e_pump_until(base, "SELECT count(*) FROM links WHERE outcome = 'stored'", 2);
	e2e_pump_until(
	    base, "SELECT count(*) FROM links WHERE url LIKE '%/entry-%' AND outcome = 'gone'", 6);
	turned = 1;
	assert_int_equal(ctl("poll", "@/scroll"), 0);
	e2e_pump_until(base, "SELECT count(*) FROM gaps WHERE state = 'lost'", 1);
	ctl("add", "$/asked");
	ctl("add", "@/home");
	for (size_t i = 0; i < sizeof roads / sizeof *roads; i++)
		if (!was_seen(roads[i]))
			fail_msg("nothing came by %s: the trap is none", roads[i]);
	for (size_t i = 0; i < seen_len; i++)
		if (strstr(seen[i], "never"))
			fail_msg("%s was fetched", seen[i]);
	assert_int_equal(e2e_stop(SIGTERM), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(nothing_that_a_document_says_leads_inside, fresh),
	    cmocka_unit_test_setup(with_leave_only_what_is_read_is_fetched, fresh),
	};
	return cmocka_run_group_tests_name("ssrf", tests, setup, teardown);
}
