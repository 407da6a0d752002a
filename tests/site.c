/* site: see tests/site.h. */
#include "site.h"

#include <brotli/encode.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <zlib.h>
#include <zstd.h>

#include "buf.h"
#include "clock.h"
#include "hash.h"
#include "mem.h"
#include "site_story.h"

#define BODY_MAX ((size_t)1 << 20)
#define HTML     "Content-Type: text/html; charset=utf-8\r\n"
#define XML      "Content-Type: application/xml\r\n"
#define GZIP     "Content-Type: application/gzip\r\n"
#define RSS      "Content-Type: application/rss+xml; charset=utf-8\r\n"
#define HUGE_DOC ((size_t)200 << 20)

/* What the child knows. */
struct world_of_papers {
	struct site *shared;
	unsigned port;
	struct made *made;
};

/* A body that was made; kept, because it is sent later. */
struct made {
	struct made *next;
	char *key, etag[24];
	void *body;
	size_t len;
};

/* ---- prose ---- */

static const char *const places[] = {"Greyhaven", "Port Ellery", "Northmoor", "Saltmarsh",
    "Upper Dale", "Kingsferry", "Ashby Cross", "Whitecliff", "Long Reach", "Marlow Bridge"};
static const char *const things[] = {"harbour", "railway station", "library", "water supply",
    "old theatre", "market hall", "hospital", "school roof", "river embankment", "bus network",
    "botanical garden", "town museum"};
static const char *const people[] = {"the mayor", "a spokeswoman for the union",
    "the chief engineer", "several residents", "the head of the committee", "an independent expert",
    "the owner of a bakery", "the county's auditor"};
/* Of each the place, the thing and the speaker follow one piece. */
static const struct {
	const char *pieces[4];
} sentences[] = {
    {{"The council of ", " voted late on Tuesday to spend a further four million on the ",
	", although ", " had warned that the accounts of last year were still open."}},
    {{"In ", " nobody could say on Wednesday how long the work on the ", " would take, and ",
	" asked for patience until the end of the winter."}},
    {{"Visitors from ", " who had seen the ",
	" before the fire said that they hardly recognised it, while ",
	" spoke of a loss that money could not mend."}},
    {{"A report that was published in ", " yesterday found forty faults in the ", ", of which ",
	" had known for more than a decade."}},
    {{"The people of ", " have waited since the spring for news of the ", ", but according to ",
	" the decision will not fall before the next election."}},
    {{"When the first stones from ", " reached the ",
	", the cheering could be heard across the river, and ", " was seen to wipe away a tear."}},
};

#define PICK(table) table[next_random(&seed) % (sizeof table / sizeof *table)]

static unsigned
next_random(unsigned *seed)
{
	*seed = *seed * 1664525u + 1013904223u;
	return *seed >> 16;
}

/* Six paragraphs that no other number has. */
static void
add_prose(struct buf *b, unsigned number)
{
	unsigned seed = number * 2654435761u + 1;
	for (int p = 0; p < 6; p++) {
		buf_add_str(b, "<p>");
		for (int s = 0; s < 3; s++) {
			const char *const *piece = PICK(sentences).pieces;
			buf_printf(b, "%s%s%s%s", piece[0], PICK(places), piece[1], PICK(things));
			buf_printf(b, "%s%s%s ", piece[2], PICK(people), piece[3]);
		}
		if (p == 0)
			buf_printf(b, "This is report number %u of the year.", number);
		buf_add_str(b, "</p>");
	}
}

static void
add_page(struct buf *b, unsigned number, const char *hook)
{
	buf_printf(b,
	    "<!doctype html><html lang=\"en\"><head><title>Report %u from the county</title>%s"
	    "</head><body><nav><a href=\"/\">Home</a> <a href=\"/all\">All news</a></nav><article>"
	    "<h1>Report %u from the county</h1>",
	    number, hook, number);
	add_prose(b, number);
	buf_add_str(b, "</article><footer>Imprint and contact</footer></body></html>");
}

/* ---- bodies ---- */

/* The number at the end of PATH, else one of its own. */
static unsigned
number_of(const char *path)
{
	unsigned number = (unsigned)strtoul(strrchr(path, '/') + 1, NULL, 10);
	return number ? number : 10000 + (unsigned)(hash64_str(path) % 10000);
}

static void
make_article(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w;
	add_page(b, number_of(path), "");
}

static void
make_changing(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	add_page(b, w->shared->phase < 2 ? 900 : 901, "");
}

static void
make_crash(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	add_page(b, 910, "<!-- newsd-debug-crash -->");
}

static void
make_hang(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	add_page(b, 911, "<!-- newsd-debug-hang -->");
}

/* Until phase 9 what kills its worker, in a build with debug hooks. */
static const char *
trap(const struct world_of_papers *w)
{
	return w->shared->phase < 9 ? "<!-- newsd-debug-crash -->" : "";
}

static void
make_trap(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	add_page(b, 912, trap(w));
}

static void
make_robots(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	buf_add_str(b, "User-agent: *\nDisallow: /page/forbidden\n");
}

/* Declared as UTF-8, written as windows-1252: 0x93 and 0x94 are quotes, 0xe9 is an e with acute. */
static void
make_latin_page(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	buf_add_str(b,
	    "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>The caf\xe9 "
	    "report</title></head><body><article><h1>The caf\xe9 report</h1><p>\x93Our caf\xe9 "
	    "stays open\x94, the owner said.</p>");
	add_prose(b, 912);
	buf_add_str(b, "</article></body></html>");
}

static void
make_latin_feed(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	buf_printf(b,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss "
	    "version=\"2.0\"><channel><title>Caf\xe9 "
	    "news</title><item><title>The \x93"
	    "caf\xe9\x94 report</title><link>http://127.0.0.1:%u/"
	    "news/31</link></item></channel></rss>",
	    w->port);
}

static void
make_html(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	buf_add_str(b, "<!doctype html><html><head><title>Sorry</title></head><body><p>We have "
		       "moved. Please see our new site.</p></body></html>");
}

/* ---- homes ---- */

static void
add_home(struct buf *b, const char *head, const char *body)
{
	buf_printf(b,
	    "<!doctype html><html><head><title>Our town</title>%s</head><body><h1>Our town</h1>%s"
	    "<p>Read all about it.</p></body></html>",
	    head, body);
}

static void
make_home_one(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	add_home(b,
	    "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"The news\" "
	    "href=\"../feed/one\">"
	    "<link rel=\"alternate\" type=\"application/atom+xml\" href=\"/feed/bad/html\">",
	    "");
}

static void
make_home_several(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	add_home(b,
	    "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"Town Comments\" "
	    "href=\"/feed/two\">"
	    "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"The news\" "
	    "href=\"/feed/full\">",
	    "<link rel=\"ALTERNATE\" type=\"application/atom+xml\" href=\"/feed/atom\">");
}

static void
make_home_links(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	add_home(b, "", "<a href=\"/news/1\">A report</a> <a href=\"/feed/growing\">RSS</a>");
}

static void
make_home_plain(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	add_home(b, "", "<a href=\"/news/1\">A report</a>");
}

static void
make_robots_with_sitemap(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	buf_printf(b,
	    "User-agent: *\nDisallow: /rss.xml\n\nSitemap: http://127.0.0.8:%u/maps/news.xml\n",
	    w->port);
}

static void
begin_rss(struct buf *b, const char *title)
{
	buf_printf(b,
	    "<?xml version=\"1.0\" encoding=\"utf-8\"?><rss version=\"2.0\" xmlns:content=\""
	    "http://purl.org/rss/1.0/modules/content/\"><channel><title>%s</title>",
	    title);
}

static void
add_item(struct buf *b, unsigned host, unsigned port, const char *path)
{
	buf_printf(b,
	    "<item><title>About %s</title><link>http://127.0.0.%u:%u%s</link><guid "
	    "isPermaLink=\"false\">%u%s</guid></item>",
	    path, host, port, path, host, path);
}

static void
make_paper(struct world_of_papers *w, struct buf *b, const char *path)
{
	unsigned host = number_of(path);
	begin_rss(b, "A paper");
	for (unsigned i = 1; i < SITE_PAPER; i++) {
		char link[40];
		snprintf(link, sizeof link, "/news/%u", host * 100 + i);
		add_item(b, host, w->port, link);
	}
	add_item(b, host, w->port, "/gone/1");
	buf_add_str(b, "</channel></rss>");
}

static void
make_one(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "One");
	add_item(b, 1, w->port, "/news/1");
	add_item(b, 1, w->port, "/news/2");
	buf_add_str(b, "</channel></rss>");
}

static void
make_two(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "Two");
	add_item(b, 1, w->port, "/news/1?utm_source=two");
	if (w->shared->phase > 0) /* so that it is the later one */
		add_item(b, 2, w->port, "/news/2");
	buf_add_str(b, "</channel></rss>");
}

static void
make_story(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "Story");
	add_item(b, 1, w->port, "/story/original");
	add_item(b, 1, w->port, "/news/51");
	if (w->shared->phase > 0) /* so that it is the later one */
		add_item(b, 2, w->port, "/story/copy");
	buf_add_str(b, "</channel></rss>");
}

static void
make_original(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	site_story_original(b);
}

static void
make_copy(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w, (void)path;
	site_story_republished(b);
}

static void
make_growing(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "Growing");
	for (unsigned i = 1; i <= (w->shared->phase ? SITE_GROWN : 2); i++) {
		char link[40];
		snprintf(link, sizeof link, "/news/%u", 2000 + i);
		add_item(b, 1, w->port, link);
	}
	buf_add_str(b, "</channel></rss>");
}

static void
make_moving(struct world_of_papers *w, struct buf *b, const char *path)
{
	if (w->shared->phase == 0)
		make_one(w, b, path);
	else
		add_home(b,
		    "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"Comments\" "
		    "href=\"/feed/two\">"
		    "<link rel=\"alternate\" type=\"application/rss+xml\" title=\"The news\" "
		    "href=\"/feed/one\">",
		    "");
}

static void
make_slow(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "Slow");
	for (unsigned i = 1; i <= 8; i++) {
		char link[40];
		snprintf(link, sizeof link, "/%s/%u", i <= 4 ? "news" : "slow", 3000 + i);
		add_item(b, i <= 4 ? 1 : 2, w->port, link);
	}
	buf_add_str(b, "</channel></rss>");
}

static void
make_full(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "Full");
	for (unsigned i = 1; i <= 3; i++) {
		buf_printf(b,
		    "<item><title>Whole %u</title><link>http://127.0.0.1:%u/never/%u</link>"
		    "<content:encoded><![CDATA[",
		    i, w->port, i);
		add_prose(b, 4000 + i);
		buf_add_str(b, "]]></content:encoded></item>");
	}
	buf_add_str(b, "</channel></rss>");
}

static void
make_atom(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	buf_printf(b,
	    "<?xml version=\"1.0\"?><feed xmlns=\"http://www.w3.org/2005/Atom\"><title>Atom</title>"
	    "<id>urn:x</id><updated>2026-01-0%dT10:00:00Z</updated><entry><title>Changing</title>"
	    "<id>urn:x:1</id><updated>2026-01-0%dT10:00:00Z</updated>"
	    "<link href=\"http://127.0.0.1:%u/changing\"/></entry></feed>",
	    w->shared->phase < 2 ? 1 : 2, w->shared->phase < 2 ? 1 : 2, w->port);
}

/* An article of which the page says neither title nor date. */
static void
make_plain(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)w;
	buf_add_str(b, "<!doctype html><html lang=\"en\"><head></head><body><article>");
	add_prose(b, number_of(path));
	buf_add_str(b, "</article></body></html>");
}

static const char *
ago(int64_t seconds, char iso[32])
{
	return clock_iso(clock_now() - seconds, iso);
}

#define SITEMAP_NS "xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\""

static void
make_news_sitemap(struct world_of_papers *w, struct buf *b, const char *path)
{
	char iso[32];
	(void)path;
	buf_printf(b,
	    "<?xml version=\"1.0\"?><urlset " SITEMAP_NS
	    " xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\"><url>"
	    "<loc>http://127.0.0.1:%u/plain/51</loc><news:news><news:publication><news:name>The "
	    "Paper</news:name><news:language>en</news:language></news:publication>"
	    "<news:publication_date>%s</news:publication_date><news:title>The bridge &amp; the "
	    "ferry</news:title></news:news></url>",
	    w->port, ago(3600, iso));
	for (unsigned i = 0; i < 300; i++)
		buf_printf(b,
		    "<url><loc>http://127.0.0.1:%u/gone/%u</loc><lastmod>%s</lastmod></url>",
		    w->port, 5000 + i, ago(INT64_C(400000) * (i + 1), iso));
	buf_add_str(b, "</urlset>");
}

static void
make_sitemap_index(struct world_of_papers *w, struct buf *b, const char *path)
{
	static const struct {
		const char *path;
		int64_t age_s;
	} parts[] = {{"old.xml", 40 * 86400}, {"packed.xml.gz", 60}, {"other.xml", 3600}};
	char iso[32];
	(void)path;
	buf_add_str(b, "<?xml version=\"1.0\"?><sitemapindex " SITEMAP_NS ">");
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
		buf_printf(b,
		    "<sitemap><loc>http://127.0.0.%zu:%u/feed/sitemap/%s</loc><lastmod>%s</lastmod>"
		    "</sitemap>",
		    i + 1, w->port, parts[i].path, ago(parts[i].age_s, iso));
	buf_add_str(b, "</sitemapindex>");
}

/* What the robots.txt of one address names. */
static void
make_listed_sitemap(struct world_of_papers *w, struct buf *b, const char *path)
{
	char iso[32];
	(void)path;
	buf_printf(b,
	    "<?xml version=\"1.0\"?><urlset xmlns=\"http://www.sitemaps.org/schemas/sitemap/0.9\" "
	    "xmlns:news=\"http://www.google.com/schemas/sitemap-news/0.9\"><url><loc>http://"
	    "127.0.0.8:%u/news/71</loc><news:news><news:publication_date>%s</"
	    "news:publication_date><news:title>A report of news</news:title></news:news></url>"
	    "</urlset>",
	    w->port, ago(1800, iso));
}

/* Two pages of this hour, with numbers of their own for each address. */
static void
make_sitemap(struct world_of_papers *w, struct buf *b, const char *path)
{
	char iso[32];
	unsigned first = number_of(path);
	buf_add_str(b, "<?xml version=\"1.0\"?><urlset " SITEMAP_NS ">");
	for (unsigned i = first; i < first + 2; i++)
		buf_printf(b,
		    "<url><loc>http://127.0.0.1:%u/news/%u</loc><lastmod>%s</lastmod></url>",
		    w->port, i, ago(1800, iso));
	buf_add_str(b, "</urlset>");
}

static void
make_text_sitemap(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	for (unsigned i = 81; i < 83; i++)
		buf_printf(b, "http://127.0.0.1:%u/news/%u\r\n", w->port, i);
}

static void
make_json_feed(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	buf_printf(b,
	    "{\"version\": \"https://jsonfeed.org/version/1.1\", \"title\": \"JSON\","
	    " \"items\": [{\"id\": \"a\", \"url\": \"http://127.0.0.1:%u/plain/61\","
	    " \"title\": \"From the feed\", \"date_published\": \"2026-01-31T06:00:00+01:00\","
	    " \"authors\": [{\"name\": \"Ana\"}], \"tags\": [\"sea\"],"
	    " \"content_text\": \"Short.\"}, {\"id\": 2, \"title\": \"Without a page\","
	    " \"content_html\": \"",
	    w->port);
	add_prose(b, 62);
	buf_add_str(b, "\"}]}");
}

/* A link of every bad kind, and of the kinds of packing. */
static void
make_zoo(struct world_of_papers *w, struct buf *b, const char *path)
{
	static const char *const paths[] = {"/page/gzip", "/page/br", "/page/zstd", "/page/latin",
	    "/page/cut-gzip", "/page/cut", "/page/huge", "/page/endless", "/page/loop",
	    "/page/forbidden", "/page/pdf", "/page/403", "/page/empty", "/page/crash", "/page/hang",
	    "/gone/1", "/news/30"};
	(void)path;
	begin_rss(b, "Zoo");
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		add_item(b, 1, w->port, paths[i]);
	add_item(b, 5, w->port, "/page/503");
	add_item(b, 1, SITE_OTHER_PORT, "/other-port");
	add_item(b, 66, w->port, "/other-address");
	add_item(b, 9, SITE_DEAD_PORT, "/dead");
	buf_add_str(b, "</channel></rss>");
}

static void
make_trap_feed(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "Trap");
	add_item(b, 1, w->port, "/page/trap");
	add_item(b, 1, w->port, "/news/30");
	buf_add_str(b, "</channel></rss>");
}

/* A feed that kills. */
static void
make_deadly_feed(struct world_of_papers *w, struct buf *b, const char *path)
{
	(void)path;
	begin_rss(b, "Deadly");
	buf_add_str(b, trap(w));
	add_item(b, 1, w->port, "/news/31");
	buf_add_str(b, "</channel></rss>");
}

/* ---- packing ---- */

static void
pack_br(struct buf *b)
{
	size_t len = BODY_MAX;
	uint8_t *out = mem_alloc(len);
	if (!BrotliEncoderCompress(BROTLI_DEFAULT_QUALITY, BROTLI_DEFAULT_WINDOW,
		BROTLI_DEFAULT_MODE, b->len, b->data, &len, out))
		abort();
	b->len = 0;
	buf_add(b, out, len);
	mem_free(out);
}

/* Leave HALF of what gzip makes of it, or all. */
static void
pack_zlib(struct buf *b, int half)
{
	z_stream z = {0};
	uint8_t *out = mem_alloc(BODY_MAX);
	if (deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) != Z_OK)
		abort();
	z.next_in = b->data;
	z.avail_in = (uInt)b->len;
	z.next_out = out;
	z.avail_out = BODY_MAX;
	if (deflate(&z, Z_FINISH) != Z_STREAM_END)
		abort();
	b->len = 0;
	buf_add(b, out, half ? z.total_out / 2 : z.total_out);
	deflateEnd(&z);
	mem_free(out);
}

static void
pack_gzip(struct buf *b)
{
	pack_zlib(b, 0);
}

/* By gzip, and the end is missing, although HTTP is content. */
static void
pack_cut(struct buf *b)
{
	pack_zlib(b, 1);
}

static void
pack_zstd(struct buf *b)
{
	void *out = mem_alloc(BODY_MAX);
	size_t len = ZSTD_compress(out, BODY_MAX, b->data, b->len, 3);
	if (ZSTD_isError(len))
		abort();
	b->len = 0;
	buf_add(b, out, len);
	mem_free(out);
}

/* ---- the table ---- */

static const struct row {
	const char *path; /* with '*' at its end: all that begin so */
	void (*make)(struct world_of_papers *w, struct buf *b, const char *path);
	void (*pack)(struct buf *b);
	struct origin_reply reply;
	const char *host; /* of this host only, NULL: of all */
} rows[] = {
    {"/robots.txt", make_robots_with_sitemap, NULL, {.headers = "Content-Type: text/plain\r\n"},
	"127.0.0.8"},
    {"/rss.xml", make_one, NULL, {.headers = RSS}, "127.0.0.8"},
    {"/maps/news.xml", make_listed_sitemap, NULL, {.headers = "Content-Type: text/xml\r\n"},
	"127.0.0.8"},
    {"/rss.xml", make_one, NULL, {.headers = RSS}, "127.0.0.7"},
    {"/robots.txt", make_robots, NULL, {.headers = "Content-Type: text/plain\r\n"}, NULL},
    {"/feed/paper/*", make_paper, NULL, {.headers = RSS, .gzip = 1}, NULL},
    {"/feed/one", make_one, NULL, {.headers = RSS}, NULL},
    {"/feed/two", make_two, NULL, {.headers = RSS}, NULL},
    {"/feed/story", make_story, NULL, {.headers = RSS}, NULL},
    {"/story/original", make_original, NULL, {.headers = HTML}, NULL},
    {"/story/copy", make_copy, NULL, {.headers = HTML}, NULL},
    {"/feed/growing", make_growing, NULL, {.headers = RSS}, NULL},
    {"/feed/slow", make_slow, NULL, {.headers = RSS}, NULL},
    {"/feed/full", make_full, NULL, {.headers = RSS}, NULL},
    {"/feed/atom", make_atom, NULL, {.headers = "Content-Type: application/atom+xml\r\n"}, NULL},
    {"/feed/zoo", make_zoo, NULL, {.headers = RSS, .act = ORIGIN_CHUNKED}, NULL},
    {"/feed/sitemap/news.xml", make_news_sitemap, NULL, {.headers = XML}, NULL},
    {"/feed/sitemap/index.xml", make_sitemap_index, NULL, {.headers = XML}, NULL},
    {"/feed/sitemap/packed.xml.gz", make_sitemap, pack_gzip, {.headers = GZIP}, NULL},
    {"/feed/sitemap/plain.txt", make_text_sitemap, NULL,
	{.headers = "Content-Type: text/plain\r\n"}, NULL},
    {"/feed/sitemap/*", make_sitemap, NULL, {.headers = XML}, NULL},
    {"/feed/json", make_json_feed, NULL, {.headers = "Content-Type: application/feed+json\r\n"},
	NULL},
    {"/feed/bad/html", make_html, NULL, {.headers = HTML}, NULL},
    {"/feed/bad/empty", NULL, NULL, {.headers = RSS}, NULL},
    {"/feed/bad/cut", make_one, NULL, {.headers = RSS, .act = ORIGIN_TRUNCATED}, NULL},
    {"/feed/bad/cut-gzip", make_one, pack_cut, {.headers = RSS "Content-Encoding: gzip\r\n"}, NULL},
    {"/feed/bad/latin", make_latin_feed, NULL, {.headers = RSS}, NULL},
    {"/feed/bad/huge", NULL, NULL, {.headers = RSS, .size = HUGE_DOC}, NULL},
    {"/feed/bad/endless", NULL, NULL, {.headers = RSS, .act = ORIGIN_ENDLESS}, NULL},
    {"/feed/bad/loop", NULL, NULL, {.status = 302, .headers = "Location: loop\r\n"}, NULL},
    {"/feed/bad/503", NULL, NULL, {.status = 503, .headers = "Retry-After: 7200\r\n"}, NULL},
    {"/news/*", make_article, NULL, {.headers = HTML}, NULL},
    {"/plain/*", make_plain, NULL, {.headers = HTML}, NULL},
    {"/slow/*", make_article, NULL, {.headers = HTML, .act = ORIGIN_DRIP, .drip_ms = 50}, NULL},
    {"/changing", make_changing, NULL, {.headers = HTML}, NULL},
    {"/page/gzip", make_article, NULL, {.headers = HTML, .gzip = 1}, NULL},
    {"/page/br", make_article, pack_br, {.headers = HTML "Content-Encoding: br\r\n"}, NULL},
    {"/page/zstd", make_article, pack_zstd, {.headers = HTML "Content-Encoding: zstd\r\n"}, NULL},
    {"/page/latin", make_latin_page, NULL, {.headers = HTML}, NULL},
    {"/page/cut", make_article, NULL, {.headers = HTML, .act = ORIGIN_TRUNCATED}, NULL},
    {"/page/cut-gzip", make_article, pack_cut, {.headers = HTML "Content-Encoding: gzip\r\n"},
	NULL},
    {"/page/huge", NULL, NULL, {.headers = HTML, .size = HUGE_DOC}, NULL},
    {"/page/endless", NULL, NULL, {.headers = HTML, .act = ORIGIN_ENDLESS}, NULL},
    {"/page/loop", NULL, NULL, {.status = 301, .headers = "Location: /page/loop\r\n"}, NULL},
    {"/page/pdf", make_html, NULL, {.headers = "Content-Type: application/pdf\r\n"}, NULL},
    {"/page/403", make_html, NULL, {.status = 403, .headers = HTML}, NULL},
    {"/page/503", make_html, NULL, {.status = 503, .headers = HTML "Retry-After: 7200\r\n"}, NULL},
    {"/page/empty", NULL, NULL, {.headers = HTML}, NULL},
    {"/page/crash", make_crash, NULL, {.headers = HTML}, NULL},
    {"/page/trap", make_trap, NULL, {.headers = HTML}, NULL},
    {"/feed/trap", make_trap_feed, NULL, {.headers = RSS}, NULL},
    {"/feed/deadly", make_deadly_feed, NULL, {.headers = RSS}, NULL},
    {"/page/hang", make_hang, NULL, {.headers = HTML}, NULL},
    {"/home/one", make_home_one, NULL, {.headers = HTML}, NULL},
    {"/home/several", make_home_several, NULL, {.headers = HTML}, NULL},
    {"/home/links", make_home_links, NULL, {.headers = HTML}, NULL},
    {"/home/plain", make_home_plain, NULL, {.headers = HTML}, NULL},
    {"/feed/moving", make_moving, NULL, {.headers = RSS}, NULL},
};

static const struct row *
row_of(const char *host, const char *path)
{
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		size_t len = strlen(rows[i].path);
		int open = rows[i].path[len - 1] == '*';
		if (rows[i].host && strcmp(host, rows[i].host) != 0)
			continue;
		if (open ? !strncmp(path, rows[i].path, len - 1) : !strcmp(path, rows[i].path))
			return &rows[i];
	}
	return NULL;
}

static const struct made *
made_for(struct world_of_papers *w, const struct row *row, const char *path)
{
	char *key = mem_printf("%d %s%s", w->shared->phase, row->host ? row->host : "", path);
	struct made *m = w->made;
	while (m && strcmp(m->key, key) != 0)
		m = m->next;
	if (m) {
		mem_free(key);
		return m;
	}
	struct buf b;
	buf_init(&b, BODY_MAX);
	row->make(w, &b, path);
	if (row->pack)
		row->pack(&b);
	m = mem_zalloc(sizeof *m);
	*m = (struct made){.next = w->made, .key = key, .body = b.data, .len = b.len};
	snprintf(m->etag, sizeof m->etag, "\"%016llx\"", (unsigned long long)hash64(b.data, b.len));
	w->made = m;
	return m;
}

static void
note(struct site *s, const struct origin_request *rq)
{
	char value[256];
	if (s->seen_len == SITE_SEEN_MAX)
		return;
	struct site_request *r = &s->seen[s->seen_len];
	snprintf(r->host, sizeof r->host, "%s", rq->host);
	snprintf(r->target, sizeof r->target, "%s", rq->target);
	r->conditional = origin_header(rq->head, "If-None-Match", value, sizeof value) ||
			 origin_header(rq->head, "If-Modified-Since", value, sizeof value);
	s->seen_len++;
}

static void
on_request(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	struct world_of_papers *w = arg;
	char *path = mem_strndup(rq->target, strcspn(rq->target, "?"));
	const struct row *row = row_of(rq->host, path);
	note(w->shared, rq);
	if (row)
		*reply = row->reply;
	if (row && row->make) {
		const struct made *m = made_for(w, row, path);
		reply->body = m->body;
		reply->size = m->len;
		if (!strncmp(path, "/feed/", 6))
			reply->etag = m->etag;
	}
	mem_free(path);
}

static void
set_up(struct origin *o, void *arg)
{
	struct world_of_papers *w = mem_zalloc(sizeof *w);
	w->shared = arg;
	w->port = origin_port(o);
	origin_answer(o, on_request, w);
}

void
site_start(struct site_child *c)
{
	c->site =
	    mmap(NULL, sizeof *c->site, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (c->site == MAP_FAILED)
		abort();
	c->pid = origin_spawn("0.0.0.0", set_up, c->site, &c->port, &c->counts);
}

void
site_stop(struct site_child *c)
{
	origin_kill(c->pid);
	munmap(c->site, sizeof *c->site);
	*c = (struct site_child){0};
}

size_t
site_count(const struct site *s, size_t from, const char *prefix, int only_plain)
{
	size_t n = 0;
	for (size_t i = from; i < s->seen_len; i++)
		n += !strncmp(s->seen[i].target, prefix, strlen(prefix)) &&
		     !(only_plain && s->seen[i].conditional);
	return n;
}
