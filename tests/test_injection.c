/*
 * test_injection: text of strangers that wants to be more than text: terminal sequences, turned
 * letters, lines of a log, formulas, queries, markup. A hostile newspaper is read by the real
 * daemon; then whatever a person or a program reads of it is looked at: every column of every view,
 * the log, the output of every command. Also who may speak to the control socket, and how.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <errno.h>
#include <grp.h>
#include <json-c/json.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utf8proc.h>

#include "buf.h"
#include "control.h"
#include "e2e_rig.h"
#include "mem.h"
#include "newsctl_rig.h"
#include "origin.h"

/* ---- what must not get through ---- */

/* What moves a cursor, ends a line, hides or turns text; written anew here, not taken from newsd.
 */
static const struct {
	int32_t first, last;
} hostile[] = {
    {0x00, 0x09},
    {0x0b, 0x1f},
    {0x7f, 0x9f},
    {0x061c, 0x061c},
    {0x200b, 0x200b},
    {0x200e, 0x200f},
    {0x2028, 0x202e},
    {0x2060, 0x206f},
    {0xfeff, 0xfeff},
    {0xfff9, 0xfffb},
    {0xe0000, 0xe007f},
};

/* What only a hostile writer puts into TEXT, where it stands first, -1: nothing; a newline counts
 * unless there may be LINES. *AT is set behind it. */
static int32_t
harm_in(const char *text, int lines, const char **at)
{
	const uint8_t *p = (const uint8_t *)text, *end = p + strlen(text);
	while (p < end) {
		int32_t c;
		utf8proc_ssize_t n = utf8proc_iterate(p, end - p, &c);
		if (n <= 0)
			c = *p, n = 1;
		p += n;
		*at = (const char *)p;
		if (c == '\n' && !lines)
			return c;
		for (size_t i = 0; i < sizeof hostile / sizeof *hostile; i++)
			if (c >= hostile[i].first && c <= hostile[i].last)
				return c;
	}
	return -1;
}

static void
assert_harmless(const char *where, const char *text, int lines)
{
	const char *at;
	int32_t c = harm_in(text, lines, &at);
	if (c >= 0)
		fail_msg("%s: U+%04X before \"%.40s\"", where, (unsigned)c, at);
}

/*
 * A title and clears the screen, C1 in UTF-8, a line of the log, a field of the journal, letters
 * turned and hidden, a tag, a formula, markup; in C, then in JSON and in XML.
 */
#define FORGED "2026-01-01T00:00:00Z info outcome url=https://forged.example/"
#define EVIL                                                                                       \
	"\x1b]0;pwned\x07\x1b[2J\xc2\x9b"                                                          \
	"31m\xc2\x85" FORGED "\xe2\x80\xa8MESSAGE=forged \xe2\x80\xaetxt.exe\xe2\x81\xa6"          \
	"\xe2\x81\xa9\xe2\x80\x8b\xef\xbb\xbf\xf3\xa0\x81\x81"                                     \
	"\r\n" FORGED "\r\b\x7f"
#define EVIL_JSON                                                                                     \
	"\\u001b]0;pwned\\u0007\\u001b[2J\\u009b31m\\u0085" FORGED                                    \
	"\\u2028MESSAGE=forged \\u202etxt.exe\\u2066\\u2069\\u200b\\ufeff\\udb40\\udc41\\r\\n" FORGED \
	"\\r\\b\\u007f\\u0000"
#define EVIL_XML                                                                                      \
	"&#27;]0;pwned&#7;&#27;[2J&#155;31m&#133;" FORGED                                             \
	"&#8232;MESSAGE=forged &#8238;txt.exe&#8294;&#8297;&#8203;&#65279;&#917569;&#13;&#10;" FORGED \
	"&#13;&#8;&#127;"

/* ---- the newspaper ---- */

#define WORDS                                                                                      \
	"<p>The council of the old harbour town met late on Tuesday and voted, after four hours "  \
	"of debate, to keep the small lighthouse lit for another winter, said its clerk.</p>"
#define PAGE(evil)                                                                                 \
	"<html lang='" evil "'><head><title>Harbour " evil "</title><meta name='author' content='" \
	"Ann " evil " Author'><meta property='og:image' content='http://a.example/" evil "'>"      \
	"<meta property='og:site_name' content='Site " evil                                        \
	"'><meta name='keywords' content='k " evil                                                 \
	",l'><meta property='article:section' content='S " evil "'>"                               \
	"<meta property='article:published_time' content='2026-01-05T10:00:00Z " evil "'>"         \
	"<meta name='description' content='D " evil "'></head><body><article><h1>Harbour " evil    \
	"</h1><h2>Sub " evil "</h2><p>" evil "</p>" WORDS WORDS WORDS WORDS WORDS WORDS            \
	"<p>Read <a href='http://b.example/" evil "'>more " evil "</a> of it in the next issue."   \
	"</p></article></body></html>"

static const char page_raw[] = PAGE(EVIL), page_xml[] = PAGE(EVIL_XML);
static const char page_json[] =
    "<html><head><title>Json page</title><script type='application/ld+json'>{\"@context\":"
    "\"https://schema.org\",\"@type\":\"NewsArticle\",\"headline\":\"Json " EVIL_JSON
    "\",\"author\":{\"name\":\"Ann " EVIL_JSON "\"},\"articleSection\":\"" EVIL_JSON
    "\",\"keywords\":[\"" EVIL_JSON "\"],\"image\":\"http://a.example/" EVIL_JSON
    "\",\"datePublished\":\"2026-01-05 " EVIL_JSON "\",\"publisher\":{\"name\":\"P " EVIL_JSON
    "\"}}</script></head><body><article><h1>Json page</h1>" WORDS WORDS WORDS WORDS WORDS WORDS
    "<p>A last line that no other page of this paper has.</p></article></body></html>";

#define ITEM(evil, n, origin)                                                                      \
	"<item><title>T" n " " evil "</title><link>" origin "/page/" n "?" evil                    \
	"</link><guid>g" n evil "</guid><author>a@b (" evil ")</author><category>" evil            \
	"</category><comments>"                                                                    \
	"http://a.example/" evil "</comments><source url='http://a.example/" evil "'>" evil        \
	"</source><enclosure url='http://a.example/" evil "' type='a/" evil "' length='1'/>"       \
	"<pubDate>Mon, 05 Jan 2026 10:00:00 GMT " evil "</pubDate><description>&lt;b>" evil        \
	"&lt;/b></description></item>"
#define RSS(evil, n, m, origin)                                                                    \
	"<rss version='2.0'><channel><title>Rss " evil "</title><link>http://a.example/" evil      \
	"</link><language>en" evil "</language><generator>g " evil "</generator>"                  \
	"<managingEditor>" evil "</managingEditor><copyright>" evil "</copyright>"                 \
	"<description>" evil "</description>" ITEM(evil, n, origin)                                \
	    ITEM(evil, m, origin) "</channel></rss>"

static const char rss_raw[] = RSS(EVIL, "1", "2", "@"), rss_xml[] = RSS(EVIL_XML, "3", "4", "@");
static const char json_feed[] =
    "{\"version\":\"https://jsonfeed.org/version/1.1\",\"title\":\"Json " EVIL_JSON
    "\",\"home_page_url\":\"http://a.example/" EVIL_JSON "\",\"description\":\"" EVIL_JSON
    "\",\"language\":\"en" EVIL_JSON "\",\"authors\":[{\"name\":\"" EVIL_JSON "\"}],"
    "\"items\":[{\"id\":\"i" EVIL_JSON "\",\"url\":\"@/page/5?" EVIL_JSON
    "\",\"title\":\"J5 " EVIL_JSON "\",\"summary\":\"" EVIL_JSON
    "\",\"content_html\":\"<p>" EVIL_JSON "</p>\",\"image\":"
    "\"http://a.example/" EVIL_JSON "\",\"date_published\":\"2026-01-05T10:00:00Z" EVIL_JSON
    "\",\"tags\":[\"" EVIL_JSON "\"],\"authors\":[{\"name\":\"Bob " EVIL_JSON
    "\"}],\"attachments\":[{\"url\":\"http://a.example/" EVIL_JSON "\",\"mime_type\":\"" EVIL_JSON
    "\"}]},{\"id\":\"<script>alert(1)</script>\",\"url\":\"@/page/6\","
    "\"title\":\"=cmd|'/c calc'!A0 <script>alert(1)</script>\"}]}";

/* Links that a browser would run. */
static const char script_feed[] =
    "<feed xmlns='http://www.w3.org/2005/Atom'><title>=HYPERLINK(\"http://evil.example/\",\"x\"),+1</title><id>urn:s</id>"
    "<link href='javascript:alert(1)'/><link rel='self' href='javascript:alert(2)'/>"
    "<logo>data:text/html,&lt;script></logo><entry><id>javascript:alert(3)</id><title>S</title>"
    "<link href='javascript:alert(4)'/><link rel='replies' href=' JavaScript:alert(5)'/>"
    "<link rel='enclosure' href='vbscript:x'/></entry><entry><id>urn:7</id><title>P</title>"
    "<link href='@/page/0'/></entry></feed>";
static const char script_page[] =
    "<html><head><title>Script page</title><meta property='og:image' content='javascript:alert(1)'>"
    "<link rel='canonical' href='javascript:alert(2)'></head><body><article><h1>Script page</h1>" WORDS
	WORDS WORDS WORDS WORDS WORDS "<p>See <a href='javascript:alert(3)'>this</a> and "
    "<a href='data:text/html,x'>that</a>.</p></article></body></html>";

static const char no_feed[] = "<html><head><title>No feed " EVIL "</title></head><body>" EVIL
			      "<link rel='alternate' type='application/rss+xml' title='" EVIL
			      "' href='/rss-raw?" EVIL "'></body></html>";
static const char robots[] = "User-agent: *\nDisallow: /forbidden " EVIL "\nSitemap: " EVIL "\n";

static char *
of_origin(const struct origin *o, const char *template)
{
	struct buf b;
	buf_init(&b, 1 << 20);
	for (const char *p = template; *p; p++)
		if (*p == '@' && p[1] == '/')
			buf_printf(&b, "http://127.0.0.1:%u", origin_port(o));
		else
			buf_add_char(&b, *p);
	char *text = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return text; /* for the life of the child */
}

/* All pages of one number have a text of their own; else they would be copies of one another. */
static void
on_paper(const struct origin_request *rq, struct origin_reply *reply, void *arg)
{
	static const char *const pages[] = {page_raw, page_xml, page_json};
	static char texts[7][65536]; /* each is being sent when the next is asked for */
	(void)arg;
	int n = 0;
	if (sscanf(rq->target, "/page/%d", &n) != 1 || n > 6)
		return;
	char *text = texts[n];
	const char *page = n ? pages[n % 3] : script_page, *at = strstr(page, "its clerk");
	int len = snprintf(text, sizeof texts[0], "%.*s%d of the %d clerks%s", (int)(at - page),
	    page, n * 31, n * 977, at + 9);
	*reply = (struct origin_reply){.body = text,
	    .size = (size_t)len,
	    .headers = "Content-Type: text/html; charset=utf-8\x1b[31m\r\n"};
}

static void
serve_paper(struct origin *o, void *arg)
{
	static const struct {
		const char *path, *type, *text;
	} documents[] = {
	    {"/rss-raw", "application/rss+xml", rss_raw},
	    {"/rss-xml", "application/rss+xml", rss_xml},
	    {"/json", "application/feed+json", json_feed},
	    {"/script", "application/atom+xml", script_feed},
	    {"/no-feed", "text/html", no_feed},
	    {"/robots.txt", "text/plain", robots},
	};
	(void)arg;
	for (size_t i = 0; i < sizeof documents / sizeof *documents; i++) {
		char *text = of_origin(o, documents[i].text);
		origin_page(o, documents[i].path,
		    (struct origin_reply){.body = text,
			.size = strlen(text),
			.etag = "\"\x1b[31m\"",
			.headers = mem_printf("Content-Type: %s\r\nX-Evil: \x1b[31m\r\n"
					      "Last-Modified: \x1b[2J\xe2\x80\xae\r\n",
			    documents[i].type)});
	}
	origin_page(o, "/moved",
	    (struct origin_reply){
		.status = 302, .headers = "Location: javascript:alert(\x1b[31m)\xe2\x80\xae\r\n"});
	origin_page(o, "/moved2",
	    (struct origin_reply){
		.status = 302, .headers = "Location: /gone?\xc2\x9b\xe2\x80\xae\r\n"});
	origin_answer(o, on_paper, NULL);
}

static pid_t paper;
static unsigned paper_port;

static void
configure(const char *log_format)
{
	static const char *const paths[] = {
	    "/rss-raw", "/rss-xml", "/json", "/script", "/no-feed", "/moved", "/moved2"};
	struct buf list;
	buf_init(&list, 1 << 16);
	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		buf_printf(&list, "http://127.0.0.1:%u%s\n", paper_port, paths[i]);
	char *feeds = e2e_write("hostile-feeds.txt", buf_str(&list));
	char *settings =
	    mem_printf("feeds = %s\nallow_ports = %u\nlog_format = %s\nlog_level = debug\n", feeds,
		paper_port, log_format);
	e2e_configure(settings);
	mem_free(settings);
	mem_free(feeds);
	buf_clear(&list);
}

static int
setup(void **state)
{
	const struct origin_counts *counts;
	if (e2e_setup(state))
		return -1;
	paper = origin_spawn("127.0.0.1", serve_paper, NULL, &paper_port, &counts);
	e2e_fresh(state);
	configure("text");
	e2e_once();
	return 0;
}

static int
teardown(void **state)
{
	origin_kill(paper);
	return e2e_teardown(state);
}

/* ---- the store ---- */

static sqlite3 *
open_store(void)
{
	sqlite3 *db;
	assert_int_equal(sqlite3_open_v2(e2e.store, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	return db;
}

/* Texts of several lines, and lists whose members stand in lines. */
static int
is_of_lines(const char *column)
{
	return !strcmp(column, "body") || !strcmp(column, "authors") ||
	       !strcmp(column, "enclosures") || !strcmp(column, "tags");
}

/* The markup of strangers: nothing of it is promised. */
static int
is_markup(const char *view, const char *column)
{
	return strstr(column, "_untrusted") ||
	       (!strcmp(view, "nd_item") && !strcmp(column, "summary"));
}

/* A link that is none of the web's would run where a page shows it; a guid is no link. */
static int
is_script(const char *column, const char *text)
{
	static const char *const schemes[] = {"javascript:", "vbscript:", "data:"};
	for (size_t i = 0; i < 3; i++)
		if (!strncasecmp(text, schemes[i], strlen(schemes[i])) &&
		    strcmp(column, "guid") != 0)
			return 1;
	return 0;
}

/* Counts the texts of VIEW, and those that are harmful. */
static void
look_at_view(sqlite3 *db, const char *view, size_t *texts, size_t *bad)
{
	char sql[128];
	sqlite3_stmt *st;
	snprintf(sql, sizeof sql, "SELECT * FROM %.60s", view);
	assert_int_equal(sqlite3_prepare_v2(db, sql, -1, &st, NULL), SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW)
		for (int i = 0; i < sqlite3_column_count(st); i++) {
			const char *column = sqlite3_column_name(st, i), *at = "";
			const char *text = (const char *)sqlite3_column_text(st, i);
			if (!text || is_markup(view, column))
				continue;
			int32_t c =
			    is_script(column, text) ? 's' : harm_in(text, is_of_lines(column), &at);
			if (c >= 0)
				print_message("%s.%s: U+%04X before \"%.30s\"\n", view, column,
				    (unsigned)c, at);
			*bad += c >= 0;
			*texts += sqlite3_column_type(st, i) == SQLITE_TEXT;
		}
	sqlite3_finalize(st);
}

static void
stored_lines_are_harmless(void **state)
{
	(void)state;
	e2e_expect_int("SELECT count(*) FROM links WHERE outcome = 'stored'", 7);
	sqlite3 *db = open_store();
	sqlite3_stmt *st;
	size_t texts = 0, views = 0, bad = 0;
	assert_int_equal(sqlite3_prepare_v2(db,
			     "SELECT name FROM sqlite_master WHERE type = 'view'", -1, &st, NULL),
	    SQLITE_OK);
	while (sqlite3_step(st) == SQLITE_ROW) {
		look_at_view(db, (const char *)sqlite3_column_text(st, 0), &texts, &bad);
		views++;
	}
	sqlite3_finalize(st);
	sqlite3_close(db);
	assert_true(views > 15 && texts > 200);
	assert_int_equal(bad, 0);
	/* and it is there, with its harmless part */
	e2e_expect_text("SELECT title FROM articles WHERE title LIKE 'Harbour%'", "pwned");
	e2e_expect_text("SELECT title FROM feeds WHERE url LIKE '%/json'", "Json ]0;pwned[2J31m");
}

/* Markup is kept nowhere but in columns that say so. */
static void
markup_is_named_untrusted(void **state)
{
	(void)state;
	e2e_expect_int("SELECT count(*) FROM links WHERE summary_untrusted LIKE '<b>%'", 4);
	e2e_expect_int("SELECT count(*) FROM pragma_table_info('links') WHERE name = 'summary'", 0);
	e2e_expect_int(
	    "SELECT count(*) FROM articles WHERE body LIKE '%<p>%' OR body LIKE '%</%'", 0);
	/* markup in a title is words like all others */
	e2e_expect_text("SELECT title FROM links WHERE url LIKE '%/page/6'", "=cmd|'/c calc'!A0");
}

/* ---- the log ---- */

static size_t
lines_of(const char *text)
{
	size_t n = 0;
	for (; (text = strchr(text, '\n')); text++)
		n++;
	return n;
}

static void
the_log_can_not_be_forged(void **state)
{
	(void)state;
	char *log = e2e_read(e2e.log);
	assert_harmless("log", log, 1);
	assert_true(lines_of(log) > 20);
	expect_not(log, "\n" FORGED);
	expect_not(log, "\nMESSAGE=");
	for (char *line = log, *end; (end = strchr(line, '\n')); line = end + 1) {
		int year, month, used = 0;
		char level[8], event[32];
		*end = '\0';
		if (sscanf(line, "%d-%d-%*[^ ] %7[a-z] %31[a-z_]%n", &year, &month, level, event,
			&used) != 4 ||
		    (line[used] && line[used] != ' '))
			fail_msg("no line of newsd's: %s", line);
		/* what it tells of is its own moment's, and no stranger's word stands unquoted */
		assert_int_not_equal(strncmp(line, FORGED, strlen(FORGED)), 0);
		const char *forged = strstr(line, "url=https://forged.example/");
		if (forged) {
			size_t quotes = 0;
			for (const char *p = line; p < forged; p++)
				quotes += *p == '"' && p[-1] != '\\';
			if (quotes % 2 == 0)
				fail_msg("a forged field: %s", line);
		}
	}
	mem_free(log);
}

static void
the_log_in_json_is_json(void **state)
{
	e2e_fresh(state);
	configure("json");
	e2e_once();
	char *log = e2e_read(e2e.log);
	size_t events = 0;
	assert_harmless("log", log, 1);
	for (char *line = log, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		struct json_object *o = json_tokener_parse(line);
		if (!json_object_is_type(o, json_type_object))
			fail_msg("no JSON: %s", line);
		json_object_put(o);
		events++;
	}
	assert_true(events > 20);
	mem_free(log);
}

/* ---- newsctl ---- */

/* Its output, of whichever exit status, holds nothing that a terminal obeys. */
static void
says_harmless(const char *first, ...)
{
	char *argv[12] = {e2e.newsctl, (char *)"--config", e2e.conf, (char *)(uintptr_t)first};
	struct ran ran;
	int n = 4;
	va_list words;
	va_start(words, first);
	while (n < 11 && (argv[n] = va_arg(words, char *)))
		n++;
	va_end(words);
	program_run(&ran, argv, NULL, 0);
	assert_harmless(first, ran.out, 1);
	assert_harmless(first, ran.err, 1);
	assert_int_equal(strlen(ran.out), ran.out_len);
	ran_clear(&ran);
}

static void
the_terminal_can_not_be_forged(void **state)
{
	(void)state;
	static const char *const forms[] = {"--store", "--json"};
	char *url = e2e_text("SELECT url FROM links WHERE url LIKE '%/page/1%'");
	char *article = e2e_text("SELECT id FROM articles WHERE title LIKE 'Harbour%'");
	char *story = e2e_text("SELECT story_id FROM articles WHERE title LIKE 'Harbour%'");
	char *feed = e2e_text("SELECT id FROM feeds WHERE url LIKE '%/json'");
	char *wrong = e2e_text("SELECT id FROM feeds WHERE url LIKE '%/no-feed'");
	for (size_t i = 0; i < 2; i++) {
		const char *form = forms[i], *value = i ? NULL : e2e.store;
#define SAYS(...)                                                                                  \
	(value ? says_harmless(__VA_ARGS__, form, value, NULL)                                     \
	       : says_harmless(__VA_ARGS__, form, NULL))
		SAYS("feeds");
		SAYS("search", "harbour");
		SAYS("search", "pwned");
		SAYS("show", article);
		SAYS("why", url);
		SAYS("tail", "-n", "100");
		SAYS("stories");
		SAYS("story", story);
		SAYS("explain", feed);
		SAYS("explain", wrong);
		SAYS("proposals", "--all");
		SAYS("gaps");
		SAYS("lines");
		SAYS("status");
		SAYS("check");
		SAYS("why-dup", url, url);
		/* a word of the caller's own comes back as harmless as that of a feed */
		SAYS("why", EVIL);
		SAYS("show", EVIL);
		SAYS("explain", EVIL);
		SAYS("search", "--raw", EVIL);
		SAYS(EVIL);
	}
	says_harmless("export", NULL);
	mem_free(url);
	mem_free(article);
	mem_free(story);
	mem_free(feed);
	mem_free(wrong);
}

static void
extracted_documents_are_harmless(void **state)
{
	(void)state;
	char *page = mem_printf("http://127.0.0.1:%u/page/1", paper_port);
	static const char *const options[] = {"--html", "--markdown", "--explain", "--json"};
	says_harmless("extract", page, NULL);
	for (size_t i = 0; i < 4; i++)
		says_harmless("extract", page, options[i], NULL);
	struct ran ran;
	e2e_ctl(&ran, 0, "extract", "--html", page, NULL);
	expect_not(ran.out, "<script");
	ran_clear(&ran);
	mem_free(page);
}

/* Each cell of TEXT, which is CSV (RFC 4180) or TSV, is shown to LOOK. Returns how many rows. */
static size_t
read_cells(const char *text, char separator, void (*look)(const char *cell))
{
	char cell[65536];
	size_t rows = 0, columns = 0, first = 0;
	for (const char *p = text; *p;) {
		size_t len = 0;
		int quoted = separator == ',' && *p == '"';
		p += quoted;
		for (; *p && (quoted ? *p != '"' || p[1] == '"' : *p != separator && *p != '\n');
		     p++) {
			p += quoted && *p == '"';
			cell[len++] = *p;
		}
		p += quoted;
		cell[len] = '\0';
		look(cell);
		columns++;
		if (*p == '\n') {
			first = first ? first : columns;
			assert_int_equal(columns, first); /* no text makes a cell of its own */
			columns = 0;
			rows++;
		}
		assert_true(*p == '\n' || *p == separator);
		p++;
	}
	return rows;
}

static size_t formulas, guarded;

static void
look_at_cell(const char *cell)
{
	assert_harmless("cell", cell, 0);
	const char *end;
	guarded += *cell == '\'';
	(void)strtod(cell, (char **)(uintptr_t)&end);
	int number = *cell && !*end && end != cell;
	formulas += !number && *cell && strchr("=+-@\t\r", *cell) != NULL;
}

static void
formulas_are_text(void **state)
{
	(void)state;
	static const char *const commands[] = {
	    "feeds", "search", "stories", "gaps", "proposals", "hubs"};
	static const char *const forms[] = {"--csv", "--tsv"};
	for (size_t i = 0; i < 12; i++) {
		char *argv[] = {e2e.newsctl, (char *)"--config", e2e.conf,
		    (char *)(uintptr_t)commands[i / 2], (char *)(uintptr_t)forms[i % 2],
		    i / 2 == 1 ? (char *)"harbour" : NULL, NULL};
		struct ran ran;
		formulas = guarded = 0;
		program_run(&ran, argv, NULL, 0);
		size_t rows = read_cells(ran.out, i % 2 ? '\t' : ',', look_at_cell);
		assert_int_equal(formulas, 0);
		if (i / 2 == 0) {
			assert_int_equal(rows, 8); /* the names, and seven feeds */
			assert_int_equal(guarded, 1);
			expect(ran.out,
			    i % 2 ? "\t'=HYPERLINK(\"http://evil.example/\",\"x\"),+1\t"
				  : ",\"'=HYPERLINK(\"\"http://evil.example/\"\",\"\"x\"\"),+1\",");
		}
		if (i / 2 == 1)
			assert_true(rows > 3);
		ran_clear(&ran);
	}
}

/* ---- queries ---- */

/* Without --raw no word is an operator, and no character ends the words. */
static void
words_of_a_search_are_quoted(void **state)
{
	(void)state;
	static const struct {
		const char *words;
		int status;
	} searches[] = {
	    {"harbour", 0},
	    {"harbour NOT lighthouse", 1}, /* "not" is in no text */
	    {"harbour OR xylophone", 1},
	    {"harbour AND lighthouse", 0}, /* "and" is */
	    {"title:harbour", 1},
	    {"harb*", 1},
	    {"\"harbour", 0},
	    {"harbour\"", 0},
	    {"\"\"", 1},
	    {"(harbour", 0},
	    {"NEAR(harbour lighthouse)", 1},
	    {"^harbour", 0},
	    {"-harbour", 0},
	    {"+harbour", 0},
	    {"{title body}:harbour", 1},
	    {"harbour'; DROP TABLE nd_article; --", 1},
	    {"' OR 1=1 --", 1},
	    {"\x1b[2J", 0}, /* the word "2J" */
	    {"harbour\n\"OR\" xylophone", 1},
	    {"*", 1},
	};
	for (size_t i = 0; i < sizeof searches / sizeof *searches; i++) {
		char *argv[] = {e2e.newsctl, (char *)"--config", e2e.conf, (char *)"search",
		    (char *)"--", (char *)(uintptr_t)searches[i].words, NULL};
		struct ran ran;
		program_run(&ran, argv, NULL, 0);
		if (ran.status != searches[i].status || strstr(ran.err, "syntax"))
			fail_msg(
			    "%s: status %d, %s%s", searches[i].words, ran.status, ran.out, ran.err);
		ran_clear(&ran);
	}
	/* with it, FTS5 reads them, and what it can't read is one clear line */
	struct ran ran;
	e2e_ctl(&ran, 0, "search", "--raw", "title: harbour NOT xylophone", NULL);
	ran_clear(&ran);
	e2e_ctl(&ran, 1, "search", "--raw", "title: (", NULL);
	assert_int_equal(lines_of(ran.err), 1);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM articles", 7);
}

/* ---- lists ---- */

static void
lists_bring_http_alone(void **state)
{
	(void)state;
	static const char list[] =
	    "<opml version='2.0'><body><outline text='ok' xmlUrl='http://ok.example/feed'/>"
	    "<outline text='feed' xmlUrl='feed://feed.example/feed'/>"
	    "<outline text='a' xmlUrl='javascript:alert(1)'/><outline text='b' xmlUrl='file:///etc/passwd'/>"
	    "<outline text='c' xmlUrl='feed:file:///etc/passwd'/>"
	    "<outline text='d' xmlUrl='data:text/xml,&lt;rss/&gt;'/>"
	    "<outline text='e' xmlUrl='exec:/bin/sh -c id'/><outline text='f' xmlUrl='|id'/>"
	    "<outline text='g' xmlUrl='filter:/bin/sh:http://x.example/'/>"
	    "<outline text='h' xmlUrl='gopher://127.0.0.1:6379/_x'/>"
	    "<outline text='i' xmlUrl='ftp://x.example/feed'/><outline text='j' xmlUrl='$(id)'/>"
	    "<outline text='k' xmlUrl='`id`'/><outline text='l' xmlUrl='vbscript:x'/>"
	    "<outline text='m' xmlUrl='http:///etc/passwd'/><outline text='n' xmlUrl='ht&#9;tp:x'/>"
	    "<outline text='" EVIL_XML "' xmlUrl='http://evil.example/" EVIL_XML "'/>"
	    "</body></opml>";
	char *path = e2e_write("hostile.opml", list);
	struct ran ran;
	e2e_ctl(&ran, 0, "import", "--dry-run", "--json", path, NULL);
	assert_harmless("import", ran.out, 1);
	assert_harmless("import", ran.err, 1);
	for (char *line = ran.out, *end; (end = strchr(line, '\n')); line = end + 1) {
		*end = '\0';
		struct json_object *o = json_tokener_parse(line);
		const char *url = json_object_get_string(member(o, "url"));
		if (strncmp(url, "http://", 7) != 0)
			fail_msg("taken: %s", url);
		json_object_put(o);
	}
	/* http:///etc is a host "etc" to browsers, and to newsd */
	assert_int_equal(lines_of(ran.err), 13);
	ran_clear(&ran);
	mem_free(path);
}

/* ---- the control socket ---- */

static int
connect_as(uid_t uid, gid_t gid)
{
	pid_t pid = fork();
	if (pid == 0) {
		struct fault f;
		if (setgroups(0, NULL) || setgid(gid) || setuid(uid))
			_exit(99);
		int fd = control_connect(e2e.socket, &f);
		_exit(fd >= 0 ? 0 : f.code == ERR_DENIED ? 1 : 2);
	}
	return program_wait(pid);
}

static void
a_stranger_may_not_connect(void **state)
{
	(void)state;
	struct stat st;
	if (getuid() != 0) {
		print_message("SKIPPED: only root can be somebody else\n");
		skip();
	}
	assert_int_equal(chmod(e2e.dir, 0755), 0); /* so that the socket itself decides */
	configure("text");
	e2e_start();
	assert_int_equal(stat(e2e.socket, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0660);
	/* what comes over it is one line, too, when it is kept */
	struct ran ran;
	e2e_ctl(&ran, 0, "add", "--no-discover", "--title", "Mine " EVIL, "--tag", "a\x1b[31m",
	    "http://127.0.0.1:1/\xe2\x80\xae\x1bx", NULL);
	ran_clear(&ran);
	e2e_expect_text("SELECT title FROM feeds WHERE url LIKE '%:1/%'", "Mine ]0;pwned");
	e2e_expect_text("SELECT url FROM feeds WHERE title LIKE 'Mine%'", "/%E2%80%AE%1Bx");
	char *title = e2e_text("SELECT title || tags FROM feeds WHERE title LIKE 'Mine%'");
	assert_harmless("title", title, 0);
	mem_free(title);
	assert_int_equal(connect_as(65534, 65534), 1);
	assert_int_equal(connect_as(65534, st.st_gid), 0); /* a member of its group */
	assert_int_equal(connect_as(0, 0), 0);
	/* and who did what stands in the log */
	e2e_ctl(&ran, 0, "reload", NULL);
	ran_clear(&ran);
	e2e_until_log("control: reload from uid 0 pid ");
	assert_int_equal(e2e_stop(SIGTERM), 0);
	assert_int_equal(chmod(e2e.dir, 0700), 0);
}

static void
garbage_on_the_socket_costs_its_sender_alone(void **state)
{
	(void)state;
	static const char *const garbage[] = {"\n", "{}\n", "[]\n", "null\n", "{\"command\":1}\n",
	    "{\"command\":\"\\u0000\"}\n", "{\"command\":\"status\"\n", "GET / HTTP/1.1\r\n\r\n",
	    "\x16\x03\x01\x02\n", "\xff\xfe\xfd\n", "{\"command\":\"add\",\"url\":{}}\n",
	    "{\"command\":\"add\",\"url\":\"javascript:alert(1)\"}\n",
	    "{\"command\":\"add\",\"url\":\"file:///etc/passwd\"}\n",
	    "{\"command\":\"poll\",\"feed\":\"" EVIL_JSON "\"}\n",
	    "{\"command\":\"" EVIL_JSON "\"}\n", "{\"command\":\"remove\",\"feed\":-1}\n",
	    "{\"command\":\"merge\",\"story\":1e99,\"other\":[]}\n",
	    "[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[\n"};
	static char big[CONTROL_LINE_MAX + 4096];
	struct fault f;
	configure("text");
	e2e_start();
	for (size_t i = 0; i <= sizeof garbage / sizeof *garbage + 1; i++) {
		const char *text = big;
		size_t len = sizeof big;
		if (i < sizeof garbage / sizeof *garbage)
			text = garbage[i], len = strlen(text);
		else
			memset(big, i % 2 ? 'x' : '[', sizeof big);
		int fd = control_connect(e2e.socket, &f);
		assert_true(fd >= 0);
		for (size_t at = 0; at < len;) { /* it may have had enough of us before the end */
			ssize_t n = send(fd, text + at, len - at, MSG_NOSIGNAL);
			if (n <= 0)
				break;
			at += (size_t)n;
		}
		shutdown(fd, SHUT_WR);
		char answer[4096];
		size_t got = 0;
		for (ssize_t n; got < sizeof answer - 1 &&
				(n = read(fd, answer + got, sizeof answer - 1 - got)) > 0;)
			got += (size_t)n;
		answer[got] = '\0';
		close(fd);
		if (got) {
			assert_harmless("answer", answer, 1);
			expect(answer, "\"ok\":false");
		}
	}
	for (int i = 0; i < CONTROL_PEERS_MAX; i++) { /* half a request each, then gone */
		int fd = control_connect(e2e.socket, &f);
		if (fd >= 0 && write(fd, "{\"comm", 7) > 0)
			close(fd);
	}
	struct ran ran;
	e2e_ctl(&ran, 0, "status", NULL);
	ran_clear(&ran);
	e2e_expect_int("SELECT count(*) FROM feeds WHERE url NOT LIKE 'http%'", 0);
	assert_int_equal(e2e_stop(SIGTERM), 0);
	char *log = e2e_read(e2e.log);
	assert_harmless("log", log, 1);
	mem_free(log);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(stored_lines_are_harmless),
	    cmocka_unit_test(markup_is_named_untrusted),
	    cmocka_unit_test(the_log_can_not_be_forged),
	    cmocka_unit_test(the_terminal_can_not_be_forged),
	    cmocka_unit_test(extracted_documents_are_harmless),
	    cmocka_unit_test(formulas_are_text),
	    cmocka_unit_test(words_of_a_search_are_quoted),
	    cmocka_unit_test(lists_bring_http_alone),
	    cmocka_unit_test(the_log_in_json_is_json),
	    cmocka_unit_test(a_stranger_may_not_connect),
	    cmocka_unit_test(garbage_on_the_socket_costs_its_sender_alone),
	};
	return cmocka_run_group_tests_name("injection", tests, setup, teardown);
}
