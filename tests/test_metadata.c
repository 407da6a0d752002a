/* metadata: what a page says of itself, chosen between its sources. All pages are our own. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "extract.h"

#define URL "https://www.harbour.example/2026/boats/ferry.html"
#define PS                                                                                         \
	"<p>The old swing bridge over the harbour was closed on Monday morning, after divers "     \
	"found a crack in one of the four piers that carry it.</p><p>Engineers said that the "     \
	"crack was no danger to the ships below, but that no car would cross before the pier has " \
	"been measured, which takes about a week.</p><p>Until then the ferry, which was to be "    \
	"given up in spring, runs every ten minutes from six in the morning, and the mayor has "   \
	"promised that nobody pays for it.</p>"
#define LD(json) "<script type=application/ld+json>" json "</script>"

static struct arena a;
static struct article *art;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static void
extract_at(const char *url, const char *html)
{
	struct fault f;
	assert_int_equal(extract_page(&a, url, "text/html; charset=utf-8", (const uint8_t *)html,
			     strlen(html), &art, &f),
	    0);
}

static const char *
authors(void)
{
	struct buf b;
	buf_init(&b, 1 << 16);
	for (size_t i = 0; i < art->authors_len; i++)
		buf_printf(&b, "%s%s", i ? "|" : "", art->authors[i]);
	const char *s = arena_strdup(&a, buf_str(&b));
	buf_clear(&b);
	return s;
}

/* Pages whose headline is HTML's, one a row. */
struct title_row {
	const char *html, *title, *source;
};

static void
titles_are(const struct title_row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		extract_at(URL, arena_printf(&a, "%s<div>%s</div>", rows[i].html, PS));
		assert_non_null(art->title);
		assert_string_equal(art->title, rows[i].title);
		if (rows[i].source)
			assert_string_equal(art->title_source, rows[i].source);
	}
}

static void
the_headline_that_readers_see_outweighs_copies(void **state)
{
	(void)state;
	static const struct title_row rows[] = {
	    {"<title>Swing bridge closed: what now?</title><meta property=og:title content='Swing "
	     "bridge closed: what now?'><meta name=twitter:title content='Swing bridge closed: "
	     "what now?'><body><h1>Bridge closed for a week</h1>",
		"Bridge closed for a week", "h1"},
	    /* without one the title written for readers, then those for machines */
	    {"<title>SEO words</title><meta property=og:title content='For readers'><body>",
		"For readers", "opengraph"},
	    {"<title>Only this</title><body>", "Only this", "title"},
	    {"<body>" LD("{\"@type\":\"NewsArticle\",\"headline\":\"From the data\"}"),
		"From the data", "jsonld"},
	};
	titles_are(rows, sizeof rows / sizeof *rows);
}

static void
a_headline_of_something_else_is_passed_over(void **state)
{
	(void)state;
	static const struct title_row rows[] = {
	    {"<title>Ferry runs again | Harbour</title><body><h1>Search</h1><h1>Ferry runs "
	     "again</h1>",
		"Ferry runs again", "h1"},
	    {"<title>Ferry runs again</title><meta property=og:title content='Ferry runs again'>"
	     "<body><h1>Subscribe to our weekly letter</h1>",
		"Ferry runs again", NULL},
	    {"<meta property=og:site_name content='The Harbour'><title>Ferry runs again - The "
	     "Harbour</title><body><h1>The Harbour</h1>",
		"Ferry runs again", NULL},
	    /* a lone one of several words is the title where the head says only the site's */
	    {"<title>Home</title><body><h1>Time to say goodbye</h1>", "Time to say goodbye", "h1"},
	    {"<title>Tireless effort – The New Coast Daily News</title><meta property=og:title "
	     "content='Tireless effort - The New Coast Daily News'><body><h1>Tireless effort</h1>",
		"Tireless effort", "h1"},
	    /* teasers' classes around the headline itself */
	    /* the site's name, linked to its root, although the title has it, too */
	    {"<title>Tideway Harbour Notes: Ferry runs again</title><meta property=og:title "
	     "content='Ferry runs again'><body><h1><a href=/>Tideway Harbour Notes</a></h1>",
		"Ferry runs again", NULL},
	    {"<title>Ferry runs again</title><body><h1><a href=/ferry>Ferry at last</a></h1>",
		"Ferry at last", "h1"},
	    /* a headline that is no h1, beside an h1 of something else, or of the same */
	    {"<title>Ferry runs once more</title><body><h1>Quarterly market updates</h1><h2></h2><h2>Ferry "
	     "runs once more</h2>",
		"Ferry runs once more", NULL},
	    {"<title>Ferry runs once more</title><body><h1>Ferry runs again, says mayor</h1>"
	     "<h3>Ferry runs once more</h3>",
		"Ferry runs again, says mayor", "h1"},
	    {"<title>Ferry runs again</title><body><div class=promo-card><h1>Ferry runs again, "
	     "free</h1></div>",
		"Ferry runs again, free", "h1"},
	};
	titles_are(rows, sizeof rows / sizeof *rows);
}

static void
sites_sections_and_dates_leave_a_title(void **state)
{
	(void)state;
	static const struct title_row rows[] = {
	    {"<title>Ferry runs | boats | Harbour</title><body>", "Ferry runs", NULL},
	    {"<meta property=og:site_name content=港湾新聞><title>渡し船の運航再開：港湾新聞</"
	     "title><body>",
		"渡し船の運航再開", NULL},
	    {"<title>Harbour | Ferry runs once more</title><body>", "Ferry runs once more", NULL},
	    {"<title>05.01.2026 - Ferry runs once more</title><body>", "Ferry runs once more",
		NULL},
	    {"<title>Ferry runs (The Harbour)</title><meta property=og:site_name content='The "
	     "Harbour'><body>",
		"Ferry runs", NULL},
	    /* what only looks like a site's name stays */
	    {"<title>Ferry runs - mayor pays</title><body>", "Ferry runs - mayor pays", NULL},
	    {"<title>„Sold“ – a new study of boats</title><meta property=og:title content='„Sold“ – "
	     "a new study of boats | Harbour'><body>",
		"„Sold“ – a new study of boats", NULL},
	};
	titles_are(rows, sizeof rows / sizeof *rows);
}

static void
kickers_go_by_what_others_say(void **state)
{
	(void)state;
	static const struct title_row rows[] = {
	    /* nobody else has it */
	    /* a kicker that the markup glued to the first word */
	    {"<meta property=og:title content='Town hall / Ferry runs once more'><body><h1>"
	     "<span>Town hall</span><span>Ferry runs once more</span></h1>",
		"Town hall / Ferry runs once more", NULL},
	    {"<meta property=og:title content='Ferry runs once more'><body><h1><span>Town "
	     "hall</span> Ferry runs once more</h1>",
		"Ferry runs once more", NULL},
	    {"<meta property=og:title content='Ferry runs once more'><body><h1><div>Ferry runs "
	     "once more</div><div>And nobody pays for it</div></h1>",
		"Ferry runs once more", NULL},
	    /* all have it */
	    {LD("{\"@type\":\"NewsArticle\",\"headline\":\"Town hall: Ferry runs once more\"}") "<meta property=og:title content='Ferry runs once more'><title>Town hall: Ferry runs "
												"once more</title><body><h1>Town hall: Ferry runs once more</h1>",
		"Town hall: Ferry runs once more", "h1"},
	    /* the data and OpenGraph have what the headline lacks */
	    {LD("{\"@type\":\"NewsArticle\",\"headline\":\"Town hall: Ferry runs once more\"}") "<meta property=og:title content='Town hall: Ferry runs once more'><body><h1>Ferry "
												"runs once more</h1>",
		"Town hall: Ferry runs once more", NULL},
	};
	titles_are(rows, sizeof rows / sizeof *rows);
}

static void
capitals_give_way_to_the_same_words(void **state)
{
	(void)state;
	static const struct title_row rows[] = {
	    {"<title>Ferry runs once more</title><body><h1>FERRY RUNS ONCE MORE</h1>",
		"Ferry runs once more", NULL},
	};
	titles_are(rows, 1);
}

static void
names_are_people(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    /* as JSON-LD writes them, and what they are */
	    {"By Ada Lind", "Ada Lind"},
	    {"Von Ada Lind und Bo Ek", "Ada Lind|Bo Ek"},
	    {"Par Ada Lind et Bo Ek", "Ada Lind|Bo Ek"},
	    {"Ada Lind, Bo Ek &amp; Cy Ray", "Ada Lind|Bo Ek|Cy Ray"},
	    {"Ada Lind / Bo Ek | Cy Ray", "Ada Lind|Bo Ek|Cy Ray"},
	    {"Ada Lind och Bo Ek", "Ada Lind|Bo Ek"},
	    {"Ада Линд и Бо Эк", "Ада Линд|Бо Эк"},
	    {"記者 山田太郎、鈴木花子", "山田太郎|鈴木花子"},
	    {"Ortega y Gasset", "Ortega y Gasset"},
	    {"Ada Lind, Senior Reporter", "Ada Lind"},
	    {"Ada Lind Chief Correspondent", "Ada Lind"},
	    {"Ada Lind, PhD", "Ada Lind"},
	    {"Ada Lind (Content Manager)", "Ada Lind"},
	    {"Lind, Ada", "Ada Lind"},
	    {"ada-lind", "Ada Lind"},
	    {"Ludwig van den Berg", "Ludwig van den Berg"},
	    {"Text: Ada Lind", "Ada Lind"},
	    {"ADA LIND, Ada Lind", "ADA LIND"},
	    {"https://social.example/ada", ""},
	    {"a.lind@harbour.example", ""},
	    {"admin", ""},
	    {"null", ""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(URL,
		    arena_printf(&a,
			LD("{\"@type\":\"NewsArticle\",\"author\":{\"@type\":\"Person\",\"name\":"
			   "\"%s\"}}") "<body>" PS,
			rows[i][0]));
		assert_string_equal(authors(), rows[i][1]);
	}
}

static void
houses_stand_in_where_nobody_is_named(void **state)
{
	(void)state;
	extract_at(
	    URL, LD("{\"@type\":\"NewsArticle\",\"author\":[{\"@type\":\"Organization\",\"name\":"
		    "\"The Harbour\"},{\"@type\":\"Person\",\"name\":\"Ada Lind\"}]}") PS);
	assert_string_equal(authors(), "Ada Lind");
	extract_at(
	    URL, LD("{\"@type\":\"NewsArticle\",\"author\":{\"@type\":\"Organization\",\"name\":"
		    "\"The Harbour\"}}") PS);
	assert_string_equal(authors(), "The Harbour");
	/* a person by name, a site by its address: whom the byline names is the author */
	extract_at(URL, LD("{\"@type\":\"NewsArticle\",\"author\":{\"@type\":\"Person\",\"name\":"
			   "\"Harbour\"}}") "<body><h1>Ferry runs once more</h1>"
					    "<p>By Ada Lind in Oslo</p>" PS);
	assert_string_equal(authors(), "Ada Lind");
	extract_at(URL, "<meta name=author content='Harbour News, Oslo, Norway'><body>" PS);
	assert_string_equal(authors(), "Harbour News");
}

static void
agencies_are_noted(void **state)
{
	(void)state;
	extract_at(
	    URL, LD("{\"@type\":\"NewsArticle\",\"author\":[{\"@type\":\"Person\",\"name\":\"Ada "
		    "Lind\"},{\"@type\":\"Organization\",\"name\":\"Reuters\"}]}") PS);
	assert_string_equal(art->agency, "Reuters");
	assert_string_equal(authors(), "Ada Lind|Reuters");
	extract_at(
	    URL, LD("{\"@type\":\"NewsArticle\",\"author\":{\"@type\":\"Person\",\"name\":\"sid/"
		    "dpa\"}}") PS);
	assert_string_equal(art->agency, "sid/dpa");
	extract_at(URL,
	    "<body><h1>Ferry runs</h1><p>OSLO (dpa/lno) – The ferry runs again every ten "
	    "minutes, and the mayor has promised that nobody pays for it.</p>" PS);
	assert_null(art->agency); /* half of it is none that we know */
	extract_at(URL, "<body><h1>Ferry runs</h1><p>OSLO (AP) — The ferry runs again every ten "
			"minutes, and the mayor has promised that nobody pays for it.</p>" PS);
	assert_string_equal(art->agency, "AP");
	extract_at(URL, "<body>" PS);
	assert_null(art->agency);
}

static void
bylines_are_read_where_they_stand(void **state)
{
	(void)state;
	static const char *const rows[][2] = {
	    {"<h1>Ferry runs</h1><p>By Ada Lind and Bo Ek in Oslo</p>" PS, "Ada Lind|Bo Ek"},
	    {"<h1>Ferry runs</h1><div>Posted on May 3, 2026 by Ada Lind</div>" PS, "Ada Lind"},
	    {"<h1>Ferry runs</h1><p>Door Ada van den Berg, 3 mei 2026</p>" PS, "Ada van den Berg"},
	    {"<h1>Ferry runs</h1><p>Autorin: Ada Lind</p>" PS, "Ada Lind"},
	    {"<h1>Ferry runs</h1><p>By Dr. Ada C. Lind. Photos by nobody</p>" PS,
		"Dr. Ada C. Lind"},
	    {"<h1>Ferry runs</h1><div><a href=/authors/ada-lind>Ada Lind</a></div>" PS, "Ada Lind"},
	    {"<h1>Ferry runs</h1><div class=byline>Ada Lind<br>Sports Editor</div>" PS, "Ada Lind"},
	    {"<h1>Ferry runs</h1><div itemprop=author itemscope><img src=/a.png><span "
	     "itemprop=name>Ada Lind</span> has a boat.</div>" PS,
		"Ada Lind"},
	    {"<h1>Ferry runs</h1><p>Ada Lind</p><p>May 3, 2026</p>" PS, "Ada Lind"},
	    /* a name alone is anybody's */
	    {"<h1>Ferry runs</h1><p>Ada Lind</p>" PS, ""},
	    /* prose is no byline */
	    {"<h1>Ferry runs</h1><p>By the time the boats came, all were asleep</p>" PS, ""},
	    {"<h1>Ferry runs</h1><div class=author>Share this article</div>" PS, ""},
	    /* those of comments and other articles */
	    {"<h1>Ferry runs</h1>" PS "<div class=comments><span class=author>Bo Ek</span></div>",
		""},
	    {"<h1>Ferry runs</h1>" PS "<div class=related-posts><a href=/author/bo>Bo "
	     "Ek</a></div>",
		""},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(URL, arena_printf(&a, "<title>Ferry runs</title><body>%s", rows[i][0]));
		assert_string_equal(authors(), rows[i][1]);
	}
}

static void
a_label_names_the_author(void **state)
{
	(void)state;
	extract_at(URL, "<meta name=twitter:label1 content='Geschrieben von'><meta "
			"name=twitter:data1 content='Ada Lind'><meta name=twitter:label2 "
			"content=Lesezeit><meta name=twitter:data2 content='Bo Ek'><body>" PS);
	assert_string_equal(authors(), "Ada Lind");
}

static void
a_longer_list_completes_a_shorter(void **state)
{
	(void)state;
	extract_at(URL,
	    LD("{\"@type\":\"NewsArticle\",\"author\":\"Ada Lind\"}") "<body><h1>Ferry runs once more</h1><p>By Ada Lind and Bo Ek</p>" PS);
	assert_string_equal(authors(), "Ada Lind|Bo Ek");
	/* others beside the author are reviewers */
	extract_at(URL,
	    LD("{\"@type\":\"NewsArticle\",\"author\":\"Ada Lind\"}") "<body><h1>Ferry runs once more</h1><a href=/author/1>Ada Lind</a> <a "
								      "href=/author/2>Bo Ek</a>" PS);
	assert_string_equal(authors(), "Ada Lind");
}

static void
dates_are_those_of_the_article(void **state)
{
	(void)state;
	static const struct {
		const char *html;
		int64_t day; /* since 1970, 0: none */
		const char *source;
	} rows[] = {
	    {LD("{\"@type\":\"NewsArticle\",\"datePublished\":\"2026-01-05T10:00:00Z\"}") "<body><time datetime=2026-02-01>x</time>",
		20458, "jsonld"},
	    {LD("{\"@type\":\"NewsArticle\",\"datePublished\":\"1970-01-01T00:00:00Z\"}") "<body><h1>Ferry runs</h1><time datetime=2026-01-05>x</time>" PS,
		20458, "time"},
	    {"<meta name=citation_date content=2026/01/05><body>", 20458, "meta"},
	    /* the article's rather than a teaser's above or below it */
	    {"<body><div><time datetime=2026-01-20>x</time> A teaser</div><div>Other</div>"
	     "<div>words</div><div>stand</div><div>here</div><div>and</div><div>there</div>"
	     "<h1>Ferry runs</h1><time datetime=2026-01-05>x</time>" PS
	     "<time datetime=2026-01-10>x</time>",
		20458, "time"},
	    {"<body><h1>Ferry runs</h1><p>Oslo, January 5, 2026</p>" PS, 20458, "text"},
	    {"<body><h1>Ferry runs</h1><p><span>Jan 5, 2026</span><span>Ada Lind</span></p>" PS,
		20458, "text"},
	    {"<body><h1>Ferry runs</h1><p>Veröffentlicht: 05.01.2026</p>" PS, 20458, "text"},
	    {"<body><h1>Ferry runs</h1><p>5 min read</p>" PS, 0, NULL},
	    {"<body><h1>Ferry runs</h1>" PS "<footer>Since 5 January 2026</footer>", 0, NULL},
	    {"<body><h1>Ferry runs</h1>" PS PS "<div>1</div><div>2</div><div>3</div><div>4</div>"
	     "<div>5</div><div>6</div><div>7</div><div>8</div><div>9</div><div>10</div>"
	     "<div>11</div><div>12</div><div>13</div><div>Last updated: January 5, 2026</div>",
		20458, "modified"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(URL, arena_printf(&a, "<title>Ferry runs</title>%s", rows[i].html));
		assert_int_equal(art->published.utc / 86400, rows[i].day);
		if (rows[i].source)
			assert_string_equal(art->published_source, rows[i].source);
		else
			assert_null(art->published_source);
	}
}

static void
a_date_is_kept_as_it_is_written(void **state)
{
	(void)state;
	extract_at(
	    URL, LD("{\"@type\":\"NewsArticle\",\"datePublished\":\"2026-01-05T10:00:00Z\"}") PS);
	assert_string_equal(art->published_raw, "2026-01-05T10:00:00Z");
	extract_at(URL, "<title>Ferry runs</title><body><h1>Ferry runs</h1><p>Ada Lind | January "
			"5, 2026</p>" PS);
	assert_string_equal(art->published_raw, "January 5, 2026");
	extract_at("https://www.harbour.example/2026/01/05/x", "<body>" PS);
	assert_null(art->published_raw);
	assert_true(art->published.doubt & DATE_DOUBT_ZONE);
}

static void
changes_are_told_from_publication(void **state)
{
	(void)state;
	static const char *const pages[] = {
	    "<p>Published January 5, 2026</p><p>Updated January 7, 2026</p>",
	    "<p>Mis à jour le 7 janvier 2026, publié le <time datetime=2026-01-05>x</time></p>",
	    "<time datetime=2026-01-07 class=updated-date>x</time> <time "
	    "datetime=2026-01-05>y</time>",
	    "<p>Aktualisiert am <time datetime=2026-01-07>7. Januar 2026</time></p>"
	    "<p><time datetime=2026-01-05>5. Januar 2026</time></p>",
	    "<meta itemprop=dateModified content=2026-01-07><meta itemprop=datePublished "
	    "content=2026-01-05>",
	};
	for (size_t i = 0; i < sizeof pages / sizeof *pages; i++) {
		extract_at(
		    URL, arena_printf(&a, "<title>Ferry runs</title><body><h1>Ferry runs</h1>%s" PS,
			     pages[i]));
		assert_int_equal(art->published.utc / 86400, 20458);
		if (i != 1)
			assert_int_equal(art->modified.utc / 86400, 20460);
	}
}

static void
a_label_above_says_what_a_date_is_of(void **state)
{
	(void)state;
	extract_at(URL, "<title>Ferry runs</title><body><h1>Ferry runs</h1><div>Posted on</div>"
			"<div>Jan 5, 2026</div><div>Last update</div><div>Jan 7, 2026</div>" PS);
	assert_int_equal(art->published.utc / 86400, 20458);
	assert_int_equal(art->modified.utc / 86400, 20460);
	extract_at(URL, "<title>Ferry runs</title><body><h1>Ferry runs</h1><h4>Updated</h4>"
			"<p><time datetime=2026-01-07>7 January</time></p><h4>Published</h4>"
			"<p><time datetime=2026-01-05>5 January</time></p>" PS);
	assert_int_equal(art->published.utc / 86400, 20458);
	assert_int_equal(art->modified.utc / 86400, 20460);
	/* what machines are to read may stand in a title */
	extract_at(URL, "<title>Ferry runs</title><body><p>6 May 2020</p><h1>Ferry runs</h1>" PS
			"<abbr class=published title=2026-01-05T10:00:00Z>10:00</abbr> <span "
			"class='entry updated' title=2026-01-07T10:00:00Z></span>"
			"<a class=published title='2026 - the year of the ferry' href=/x>x</a>");
	assert_int_equal(art->published.utc / 86400, 18388);
	assert_int_equal(art->modified.utc / 86400, 20460);
	extract_at(URL, "<title>Ferry runs</title><body><h1>Ferry runs</h1>" PS
			"<abbr itemprop=datePublished title=2026-01-05T10:00:00Z>10:00</abbr>");
	assert_int_equal(art->published.utc / 86400, 20458);
	extract_at(URL, "<title>Ferry runs</title><body><h1>Ferry runs</h1><div>Опубликовано</div>"
			"<div>05.01.2026</div><div>Letzte Änderung: 07.01.2026</div>" PS);
	assert_int_equal(art->published.utc / 86400, 20458);
	assert_int_equal(art->modified.utc / 86400, 20460);
	/* a line that says more is no label, nor is one above a line that says it itself */
	extract_at(URL, "<title>Ferry runs</title><body><h1>Ferry runs</h1><div>Updated with words "
			"of the mayor of it</div><div>Jan 5, 2026</div>" PS);
	assert_int_equal(art->modified.precision, DATE_NONE);
	extract_at(URL, "<title>Ferry runs</title><body><h1>Ferry runs</h1><div>Edited by</div>"
			"<div>Ada Lind, Jan 5, 2026</div>" PS);
	assert_int_equal(art->modified.precision, DATE_NONE);
}

static void
the_address_dates_the_article(void **state)
{
	static const struct {
		const char *url, *html;
		int64_t day; /* since 1970, 0: none */
	} rows[] = {
	    {"https://a.example/2026/01/05/ferry", "", 20458},
	    {"https://a.example/news/2026/jan/5/ferry", "", 20458},
	    {"https://a.example/2026/january/05", "", 20458},
	    {"https://a.example/2026/may/5", "<p>January 5, 2026</p>", 20458},
	    {"https://a.example/2026/mayor/5", "", 0},
	    {"https://a.example/12026/may/5", "", 0},
	    {"https://a.example/2026/may/32", "", 0},
	    {"https://a.example/1026/may/3", "", 0},
	    {"https://a.example/2026-01-05", "", 20458},
	    {"https://a.example/n/25-01-2026", "", 20478},
	    {"https://a.example/news_vom_05.01.2026_x", "", 20458},
	    {"https://a.example/25-01-2026/2026/01/05", "", 20458},
	    {"https://a.example/325-01-2026", "", 0},
	    {"https://a.example/25-01-20261", "", 0},
	    {"https://a.example/25-31-2026", "", 0},
	    {"https://a.example/25-01", "", 0},
	    /* the order of day and month */
	    {"https://a.example/2026/jan/5/ferry", "<p>05/01/2026</p>", 20458},
	    {"https://a.example/2026-01-05/ferry", "<p>01/05/2026</p>", 20458},
	};
	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		extract_at(rows[i].url,
		    arena_printf(&a, "<title>Ferry runs</title><body><h1>Ferry runs</h1>%s" PS,
			rows[i].html));
		assert_int_equal(art->published.utc / 86400, rows[i].day);
	}
}

static void
links_out_are_those_of_the_text(void **state)
{
	(void)state;
	extract_at(URL,
	    "<base href=https://www.harbour.example/deep/><body><nav><a href=/home>Home</a></nav>"
	    "<h1>Ferry runs</h1>" PS
	    "<p>The <a href=report.pdf>report of the engineers</a> of the town, which <a "
	    "href=https://other.example/x?utm_source=y#z>others</a> wrote <a "
	    "href=https://other.example/x>of</a> before, says no more than what <a "
	    "href='mailto:a@b.example'>all</a> knew <a href=#top>long</a> ago and <a "
	    "href=" URL ">here</a>.</p>" PS "<footer><a href=/imprint>Imprint</a></footer>");
	assert_int_equal(art->links_len, 2);
	assert_string_equal(art->links[0], "https://www.harbour.example/deep/report.pdf");
	assert_string_equal(art->links[1], "https://other.example/x");
	struct buf b;
	buf_init(&b, 1 << 20);
	buf_add_str(&b, "<body>" PS "<p>");
	for (int i = 0; i < ARTICLE_LINKS_MAX + 50; i++)
		buf_printf(&b, "words that are no link, and <a href=/%d>one</a>, ", i);
	extract_at(URL, buf_str(&b));
	assert_int_equal(art->links_len, ARTICLE_LINKS_MAX);
	buf_clear(&b);
}

static void
an_image_of_the_body_stands_in(void **state)
{
	(void)state;
	extract_at(URL, "<body><h1>Ferry runs</h1>" PS
			"<img src=data:image/gif;base64,AAAA><img src=/dot.png width=1><img "
			"src=/ferry.jpg width=800>" PS);
	assert_string_equal(art->image, "https://www.harbour.example/ferry.jpg");
}

static void
tags_are_split_and_told_once(void **state)
{
	(void)state;
	extract_at(URL, "<meta name=keywords content='Ferry, bridge; ferry、港'><body>" PS);
	assert_int_equal(art->tags_len, 3);
	assert_string_equal(art->tags[0], "Ferry");
	assert_string_equal(art->tags[2], "港");
}

static void
hostile_metadata_costs_little(void **state)
{
	(void)state;
	static const struct {
		const char *before, *part;
		size_t count;
	} rows[] = {
	    {"<body>", "<p>1 updated 2 January 3</p>", 100000},
	    {"<body>", "<a href=/author/x>A a a, b and c</a><br>", 100000},
	    {"<body>", "<div class=byline>By A, B & C (d) / e\n</div>", 50000},
	    {"<title>a b c d</title><body>", "<h1>a b c d e f g h i j k l m</h1>", 50000},
	    {"<meta property=og:title content='", "a b ", 100000},
	    {"", "<meta property=og:title content='a | b - c'>", 100000},
	    {"", "<meta name=author content='a, b, c and d, e'>", 100000},
	    {"<body>" PS "<p>", "<a href=/x>x</a> word ", 100000},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct buf b;
		buf_init(&b, 16 << 20);
		buf_add_str(&b, rows[i].before);
		for (size_t j = 0; j < rows[i].count; j++)
			buf_add_str(&b, rows[i].part);
		extract_at(URL, buf_str(&b));
		assert_true(a.total < (size_t)512 << 20);
		buf_clear(&b);
		arena_clear(&a);
	}
}

#define TEST(f) cmocka_unit_test_teardown(f, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(the_headline_that_readers_see_outweighs_copies),
	    TEST(a_headline_of_something_else_is_passed_over),
	    TEST(sites_sections_and_dates_leave_a_title),
	    TEST(kickers_go_by_what_others_say),
	    TEST(capitals_give_way_to_the_same_words),
	    TEST(names_are_people),
	    TEST(houses_stand_in_where_nobody_is_named),
	    TEST(agencies_are_noted),
	    TEST(bylines_are_read_where_they_stand),
	    TEST(a_label_names_the_author),
	    TEST(a_longer_list_completes_a_shorter),
	    TEST(dates_are_those_of_the_article),
	    TEST(a_date_is_kept_as_it_is_written),
	    TEST(changes_are_told_from_publication),
	    TEST(a_label_above_says_what_a_date_is_of),
	    TEST(the_address_dates_the_article),
	    TEST(links_out_are_those_of_the_text),
	    TEST(an_image_of_the_body_stands_in),
	    TEST(tags_are_split_and_told_once),
	    TEST(hostile_metadata_costs_little),
	};
	extract_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
