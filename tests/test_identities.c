/*
 * test_identities: feeds that change what they call their entries, played through the whole road:
 * docs/identity.md. Each scenario is a feed at two moments or more.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "buf.h"
#include "log.h"
#include "mem.h"
#include "world.h"

#define FEED "http://a.example/feed"
#define TEXT                                                                                       \
	"The council of Greyhaven voted on Tuesday evening, after a debate that lasted until "     \
	"midnight and drew more than two hundred residents to the old assembly hall. "

/* One entry; NULL: it lacks that. */
struct said {
	const char *guid, *link, *title, *date, *text;
};

static char *
rss_of(const struct said *entries, size_t len)
{
	static const char *const names[] = {"guid", "link", "title", "pubDate", "description"};
	struct buf b;
	buf_init(&b, 16 << 20);
	buf_add_str(&b, "<rss version=\"2.0\"><channel><title>A</title>"
			"<link>http://a.example/</link>");
	for (size_t i = 0; i < len; i++) {
		const char *const values[] = {entries[i].guid, entries[i].link, entries[i].title,
		    entries[i].date, entries[i].text};
		buf_add_str(&b, "<item>");
		for (size_t k = 0; k < 5; k++)
			if (values[k])
				buf_printf(&b, "<%s>%s</%s>", names[k], values[k], names[k]);
		buf_add_str(&b, "</item>");
	}
	buf_add_str(&b, "</channel></rss>");
	char *s = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return s;
}

/* The feed says this from now on, and is polled until it has been seen. */
static void
say(struct world *w, const struct said *entries, size_t len)
{
	char *body = rss_of(entries, len);
	world_route(w, FEED, 200, "application/rss+xml", body);
	mem_free(body);
	pipeline_poll_now(w->pipeline, 0);
	world_run(w, 3600);
	world_check_ledger(w);
}
#define SAY(w, ...)                                                                                \
	say((w), (const struct said[]){__VA_ARGS__},                                               \
	    sizeof((const struct said[]){__VA_ARGS__}) / sizeof(struct said))

static struct world *
new_world(const char *settings)
{
	struct world *w = world_new(settings);
	world_route(w, FEED, 200, "application/rss+xml", "<rss version=\"2.0\"><channel/></rss>");
	world_add_feed(w, FEED);
	world_run(w, 60);
	return w;
}

static void
serve(struct world *w, const char *url, const char *topic)
{
	char *page = world_page(topic);
	world_route(w, url, 200, "text/html; charset=utf-8", page);
	mem_free(page);
}

static long
links(struct world *w)
{
	return world_count(w, "SELECT count(*) FROM links");
}

static long
articles(struct world *w)
{
	return world_count(w, "SELECT count(*) FROM articles");
}

/* ---- entries with little to go by ---- */

static void
test_bare_entries_are_known_again(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	SAY(w, {.title = "The dam holds", .text = TEXT "Nothing more. 3 comments"},
	    {.title = "The mayor resigns", .text = TEXT "She said so. 0 comments"});
	assert_int_equal(links(w), 2);
	/* order, counters, a summary and the markup of a title */
	SAY(w,
	    {.title = "The &lt;i&gt;mayor&lt;/i&gt; resigns ",
		.text = TEXT "She said so. 9 comments"},
	    {.title = "The dam holds (12 comments)", .text = TEXT "It holds, says the engineer."});
	assert_int_equal(links(w), 2);
	/* one more, and one that was gone for a while */
	SAY(w, {.title = "The fair begins", .text = TEXT "It begins."});
	SAY(w, {.title = "The dam holds", .text = TEXT "Nothing more. 3 comments"});
	assert_int_equal(links(w), 3);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM links WHERE url LIKE 'urn:newsd:1:%'"), 3);
	world_free(w);
}

static void
test_the_weather_every_day_is_new(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	SAY(w, {.title = "Weather", .date = "Fri, 01 Jan 2027 06:00:00 GMT", .text = TEXT "Rain."});
	SAY(w, {.title = "Weather", .date = "Sat, 02 Jan 2027 06:00:00 GMT", .text = TEXT "Sun."});
	assert_int_equal(links(w), 2);
	SAY(w, {.title = "Weather", .date = "Sun, 03 Jan 2027 06:00:00 GMT", .text = TEXT "Hail."},
	    {.title = "Weather", .date = "Sat, 02 Jan 2027 06:00:00 GMT", .text = TEXT "Sun."});
	assert_int_equal(links(w), 3);
	assert_int_equal(articles(w), 3);
	/* a date of the moment at which the feed is asked is none */
	SAY(w, {.title = "Weather", .date = "Mon, 04 Jan 2027 06:00:00 GMT", .text = TEXT "Rain."});
	assert_int_equal(links(w), 3);
	world_free(w);
}

static void
test_one_guid_for_two(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	SAY(w, {.guid = "g", .link = "http://a.example/1", .title = "One"},
	    {.guid = "g", .link = "http://a.example/2", .title = "One"},
	    {.guid = "h", .title = "Three", .text = TEXT "Three."},
	    {.guid = "h", .title = "Four", .text = TEXT "Four."},
	    {.guid = "h", .title = "Four", .text = TEXT "Four."});
	assert_int_equal(links(w), 4);
	assert_int_equal(world_count(w, "SELECT items FROM polls WHERE new > 0"), 4);
	SAY(w, {.guid = "h", .title = "Four", .text = TEXT "Four."},
	    {.guid = "g", .link = "http://a.example/2", .title = "One"});
	assert_int_equal(links(w), 4);
	world_free(w);
}

/* ---- the same guid later ---- */

static void
test_an_edited_link_is_the_same_entry(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	serve(w, "http://a.example/storm", "storm");
	SAY(w, {.guid = "7", .link = "http://a.example/storm", .title = "The storm"});
	SAY(w, {.guid = "7", .link = "http://a.example/storm-at-sea", .title = "The storm"});
	assert_int_equal(links(w), 1);
	assert_int_equal(articles(w), 1);
	assert_null(world_find(w, "http://a.example/storm-at-sea"));
	assert_string_equal(
	    world_sql(w, "SELECT url FROM aliases"), "http://a.example/storm-at-sea");
	/* another feed that has the new link alone sees the same */
	struct said other = {.link = "http://a.example/storm-at-sea", .title = "At sea"};
	char *body = rss_of(&other, 1);
	world_route(w, "http://b.example/feed", 200, "application/rss+xml", body);
	mem_free(body);
	world_add_feed(w, "http://b.example/feed");
	world_run(w, 600);
	assert_int_equal(links(w), 1);
	assert_int_equal(world_count(w, "SELECT count(DISTINCT feed) FROM sightings"), 2);
	world_free(w);
}

static void
test_an_edited_link_gives_a_dead_one_another_chance(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	serve(w, "http://b.example/storm", "storm");
	SAY(w, {.guid = "7", .link = "http://a.example/strom", .title = "The storm"});
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "gone");
	SAY(w, {.guid = "7", .link = "http://b.example/storm", .title = "The storm"});
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_string_equal(world_sql(w, "SELECT host FROM links"), "b.example");
	assert_int_equal(links(w), 1);
	assert_int_equal(world_find(w, "http://b.example/storm")->hits, 1);
	world_free(w);
}

static void
test_an_edited_link_is_followed_while_it_waits(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	world_route(w, "http://a.example/strom", 503, "text/html", "x");
	SAY(w, {.guid = "7", .link = "http://a.example/strom", .title = "The storm"});
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "pending");
	serve(w, "http://b.example/storm", "storm");
	SAY(w, {.guid = "7", .link = "http://b.example/storm", .title = "The storm"});
	assert_string_equal(world_sql(w, "SELECT outcome FROM links"), "stored");
	assert_int_equal(links(w), 1);
	world_free(w);
}

static void
test_a_guid_that_is_used_again_is_a_new_entry(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	serve(w, "http://a.example/storm", "storm");
	serve(w, "http://a.example/fair", "fair");
	serve(w, "http://a.example/vote", "vote");
	SAY(w, {.guid = "1", .link = "http://a.example/storm", .title = "The storm"},
	    {.guid = "2", .title = "The choir sings", .text = TEXT "It sings."});
	SAY(w, {.guid = "1", .link = "http://a.example/fair", .title = "The fair"},
	    {.guid = "2", .title = "The bakery closes", .text = TEXT "It closes."});
	assert_int_equal(links(w), 4);
	assert_int_equal(articles(w), 4);
	/* known from now on, and a third one is new again */
	SAY(w, {.guid = "1", .link = "http://a.example/fair", .title = "The fair is over"});
	assert_int_equal(links(w), 4);
	SAY(w, {.guid = "1", .link = "http://a.example/vote", .title = "The vote"});
	assert_int_equal(links(w), 5);
	/* the same title under a link of another day is another article */
	SAY(w, {.guid = "w", .link = "http://a.example/weather/1", .title = "Weather report"});
	SAY(w, {.guid = "w", .link = "http://a.example/weather/2", .title = "Weather report"});
	assert_int_equal(links(w), 7);
	world_free(w);
}

/* The guids are places in the list: each new entry moves all the others. */
static void
test_guids_that_are_places_lose_nothing(void **state)
{
	(void)state;
	enum { SHOWN = 8, DAYS = 12 };
	static const char *const words[] = {"storm", "fair", "vote", "choir", "bakery", "dam",
	    "mayor", "school", "bridge", "harbour", "library", "market", "museum", "station",
	    "theatre", "airport", "forest", "river", "stadium", "hospital"};
	struct world *w = new_world("content = feed\n");
	char guids[SHOWN][8], links_[20][64], titles[20][64], texts[20][300];
	for (int i = 0; i < 20; i++) {
		snprintf(links_[i], sizeof links_[i], "http://a.example/%s", words[i]);
		snprintf(titles[i], sizeof titles[i], "News of the %s", words[i]);
		snprintf(texts[i], sizeof texts[i], TEXT "It was about the %s.", words[i]);
	}
	for (int day = 0; day <= DAYS; day++) {
		struct said said[SHOWN];
		for (int i = 0; i < SHOWN; i++) {
			int k = day + SHOWN - 1 - i;
			snprintf(guids[i], sizeof guids[i], "item-%d", i + 1);
			said[i] = (struct said){guids[i], links_[k], titles[k], NULL, texts[k]};
		}
		say(w, said, SHOWN);
		assert_int_equal(links(w), SHOWN + day);
	}
	assert_int_equal(articles(w), SHOWN + DAYS);
	/* each entry is remembered by its link, not once a place */
	assert_true(world_count(w, "SELECT count(*) FROM sightings") <= 2 * (SHOWN + DAYS));
	world_free(w);
}

static void
test_the_same_guids_of_two_feeds_do_not_mix(void **state)
{
	(void)state;
	struct world *w = new_world("content = feed\n");
	struct said other = {"1", NULL, "The fair begins", NULL, TEXT "It begins."};
	char *body = rss_of(&other, 1);
	world_route(w, "http://b.example/feed", 200, "application/rss+xml", body);
	mem_free(body);
	world_add_feed(w, "http://b.example/feed");
	SAY(w, {"1", NULL, "The dam holds", NULL, TEXT "It holds."});
	assert_int_equal(links(w), 2);
	assert_int_equal(articles(w), 2);
	world_free(w);
}

/* ---- a feed that renames all ---- */

enum { MANY = 8 };
static const char *const subjects[MANY] = {
    "storm", "fair", "vote", "choir", "bakery", "dam", "mayor", "school"};

/* MANY entries, whose guids, links, titles and dates are made of these forms: # is the entry's
 * number, @ its subject. NULL: none. */
struct manner {
	const char *guid, *link, *title, *date;
};

static char *
fill_in(const char *form, int number, const char *subject)
{
	struct buf b;
	buf_init(&b, 1 << 12);
	for (; *form; form++) {
		if (*form == '#')
			buf_printf(&b, "%d", number);
		else if (*form == '@')
			buf_add_str(&b, subject);
		else
			buf_add_char(&b, *form);
	}
	char *s = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return s;
}

static void
say_all(struct world *w, const struct manner *m, int from)
{
	struct said said[MANY];
	char *made[MANY][4];
	for (int i = 0; i < MANY; i++) {
		const char *forms[] = {m->guid, m->link, m->title, m->date};
		for (int k = 0; k < 4; k++) {
			made[i][k] = NULL;
			if (forms[k])
				made[i][k] = fill_in(forms[k], from + i, subjects[i]);
		}
		said[i] = (struct said){made[i][0], made[i][1], made[i][2], made[i][3], NULL};
	}
	say(w, said, MANY);
	for (int i = 0; i < MANY; i++)
		for (int k = 0; k < 4; k++)
			mem_free(made[i][k]);
}

static struct world *
world_of_many(const struct manner *m)
{
	struct world *w = new_world("robots = no\n");
	for (int i = 0; i < MANY; i++) {
		char url[128];
		snprintf(
		    url, sizeof url, "http://www.a.example/2027/%d/%s.html", 10 + i, subjects[i]);
		serve(w, url, subjects[i]);
	}
	say_all(w, m, 10);
	assert_int_equal(links(w), MANY);
	assert_int_equal(articles(w), MANY);
	return w;
}

#define OLD_LINK "http://www.a.example/2027/#/@.html"
#define TITLE    "What the @ brings"
#define DATE     "Fri, 01 Jan 2027 #:30:00 GMT"

static int events; /* guids_changed, with the counts that they should have */

static void
on_event(const char *json, size_t len, void *arg)
{
	(void)len;
	(void)arg;
	if (strstr(json, "\"event\":\"guids_changed\""))
		events += strstr(json, "\"items\":8,\"new\":0,\"joined\":8") != NULL;
}

static void
test_renamed_feeds_are_known_again(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct manner before, after;
	} cases[] = {
	    {"https", {OLD_LINK, OLD_LINK, TITLE, NULL},
		{"https://www.a.example/2027/#/@.html", "https://www.a.example/2027/#/@.html",
		    TITLE, NULL}},
	    {"domain", {OLD_LINK, OLD_LINK, TITLE, NULL},
		{"http://b.example/news/2027/#/@.html", "http://b.example/news/2027/#/@.html",
		    TITLE, NULL}},
	    {"no www, no ending, a slash", {OLD_LINK, OLD_LINK, TITLE, NULL},
		{NULL, "http://a.example/2027/#/@/", TITLE, NULL}},
	    {"a parameter", {NULL, OLD_LINK, TITLE, NULL},
		{NULL, OLD_LINK "?channel=rss", TITLE, NULL}},
	    {"another publishing system", {"#", OLD_LINK, TITLE, DATE},
		{"post-9#", "http://www.a.example/post/9#", TITLE, DATE}},
	    {"links alone", {"id-#", OLD_LINK, TITLE, DATE},
		{"id-#", "https://b.example/a/9#", TITLE, DATE}},
	    {"guids alone", {"id-#", OLD_LINK, TITLE, NULL}, {"n#", OLD_LINK, TITLE, NULL}},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world *w = world_of_many(&cases[i].before);
		int hits = world_find(w, "http://www.a.example/2027/10/storm.html")->hits;
		events = 0;
		log_set_tap(on_event, NULL);
		say_all(w, &cases[i].after, 10);
		log_set_tap(NULL, NULL);
		assert_int_equal(events, 1);
		if (links(w) != MANY || articles(w) != MANY)
			fail_msg("%s: %ld links", cases[i].what, links(w));
		assert_int_equal(
		    world_find(w, "http://www.a.example/2027/10/storm.html")->hits, hits);
		assert_int_equal(world_count(w, "SELECT joined FROM polls WHERE joined > 0"), MANY);
		assert_int_equal(
		    world_count(w, "SELECT count(*) FROM feeds WHERE guids_changed"), 1);
		/* later polls know them at once, also with news among them */
		say_all(w, &cases[i].after, 10);
		say_all(w, &cases[i].before, 10);
		say_all(w, &cases[i].after, 10);
		assert_int_equal(links(w), MANY);
		assert_int_equal(
		    world_count(w, "SELECT count(*) FROM polls WHERE joined > 0"), 1 + (i == 5));
		world_free(w);
	}
}

/* What only looks like it: each of these is news. */
static void
test_news_is_not_taken_for_renamed(void **state)
{
	(void)state;
	static const struct {
		const char *what;
		struct manner before, after;
		int step;
	} cases[] = {
	    {"untitled", {OLD_LINK, OLD_LINK, "Untitled", DATE},
		{NULL, "http://www.a.example/2027/9#/@.html", "Untitled", DATE}, 0},
	    {"one word", {OLD_LINK, OLD_LINK, "@", NULL}, {NULL, "http://b.example/#/@", "@", NULL},
		0},
	    {"numbers", {OLD_LINK, OLD_LINK, "# 2027", DATE},
		{NULL, "http://b.example/#/@", "# 2027", DATE}, 0},
	    {"the same every day", {OLD_LINK, OLD_LINK, TITLE, DATE},
		{NULL, OLD_LINK "?b", TITLE, "Sat, 02 Jan 2027 #:30:00 GMT"}, 0},
	    {"the same every day, undated", {OLD_LINK, OLD_LINK, TITLE, NULL},
		{NULL, OLD_LINK, TITLE, NULL}, 1},
	    {"the same every day, by parameter", {NULL, OLD_LINK "?day=#", TITLE, NULL},
		{NULL, OLD_LINK "?day=9#", TITLE, NULL}, 0},
	    {"other titles", {OLD_LINK, OLD_LINK, TITLE, DATE},
		{NULL, "http://b.example/#/@", "How the @ went", DATE}, 0},
	    {"the date of the document",
		{OLD_LINK, OLD_LINK, TITLE, "Fri, 01 Jan 2027 06:00:00 GMT"},
		{NULL, "http://www.a.example/#-2", TITLE, "Fri, 01 Jan 2027 06:00:00 GMT"}, 0},
	};
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
		struct world *w = new_world("robots = no\n");
		say_all(w, &cases[i].before, 10);
		say_all(w, &cases[i].after, 10 + cases[i].step);
		if (links(w) != 2 * MANY)
			fail_msg("%s: %ld links", cases[i].what, links(w));
		assert_int_equal(
		    world_count(w, "SELECT count(*) FROM feeds WHERE guids_changed"), 0);
		world_free(w);
	}
}

static void
test_news_among_the_renamed_is_new(void **state)
{
	(void)state;
	static const struct manner before = {OLD_LINK, OLD_LINK, TITLE, DATE};
	struct world *w = world_of_many(&before);
	struct said said[MANY];
	char made[MANY][2][128];
	for (int i = 0; i < MANY; i++) {
		snprintf(made[i][0], sizeof made[i][0], "https://b.example/%s", subjects[i]);
		snprintf(made[i][1], sizeof made[i][1], "What the %s brings", subjects[i]);
		said[i] = (struct said){NULL, made[i][0], made[i][1], NULL, NULL};
	}
	said[2].title = "The ballots are counted";
	said[5].link = "https://b.example/another";
	say(w, said, MANY);
	assert_int_equal(links(w), MANY + 2);
	assert_int_equal(world_count(w, "SELECT joined FROM polls WHERE joined > 0"), MANY - 2);
	assert_int_equal(world_count(w, "SELECT new FROM polls WHERE joined > 0"), 2);
	world_free(w);
}

static void
test_a_dead_domain_is_followed(void **state)
{
	(void)state;
	static const struct manner before = {OLD_LINK, OLD_LINK, TITLE, NULL},
				   after = {NULL, "http://b.example/2027/#/@", TITLE, NULL};
	struct world *w = new_world("robots = no\n");
	say_all(w, &before, 10); /* nobody serves them */
	assert_int_equal(world_count(w, "SELECT count(*) FROM links WHERE outcome = 'gone'"), MANY);
	for (int i = 0; i < MANY; i++) {
		char url[128];
		snprintf(url, sizeof url, "http://b.example/2027/%d/%s", 10 + i, subjects[i]);
		serve(w, url, subjects[i]);
	}
	say_all(w, &after, 10);
	assert_int_equal(links(w), MANY);
	assert_int_equal(articles(w), MANY);
	world_free(w);
}

/* ---- changes ---- */

static void
say_atom(struct world *w, const char *title, const char *updated, const char *summary,
    const char *content)
{
	char *body = mem_printf(
	    "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>A</title><entry><id>1</id>"
	    "<link href=\"http://a.example/storm\"/><title>%s</title><updated>%s</updated>%s%s%s%s"
	    "%s%s</entry></feed>",
	    title, updated, summary ? "<summary>" : "", summary ? summary : "",
	    summary ? "</summary>" : "", content ? "<content type=\"html\">" : "",
	    content ? content : "", content ? "</content>" : "");
	world_route(w, FEED, 200, "application/atom+xml", body);
	mem_free(body);
	pipeline_poll_now(w->pipeline, 0);
	world_run(w, 3600);
	world_check_ledger(w);
}

static void
test_only_changes_of_substance_are_looked_at(void **state)
{
	(void)state;
	static const struct {
		const char *title, *updated, *summary, *content;
		int again;
	} polls[] = {
	    {"The storm", "2027-01-01T01:00:00Z", "It rains. 3 comments", NULL, 1},
	    {"The storm ", "2027-01-01T01:00:00Z", "It rains. 3 comments", NULL, 0},
	    {"The storm (4)", "2027-01-01T01:00:00Z", "It rains. 4 comments", NULL, 0},
	    {"The storm (5 comments)", "2027-01-01T02:00:00Z", "It rains. 5 comments", NULL, 0},
	    {"The storm", "2027-01-01T03:00:00Z", "It hails. 5 comments", NULL, 1},
	    {"The storm is over", "2027-01-01T03:00:00Z", "It hails. 5 comments", NULL, 1},
	    {"The storm is over", "2027-01-01T04:00:00Z", "It hailed.", "All of it. 5 views", 1},
	    {"The storm is over", "2027-01-01T05:00:00Z", "It hailed.", "All of it. 6 views", 0},
	    {"The storm is over", "2027-01-01T04:00:00Z", "It hailed.", "All of it, really.", 0},
	    {"The storm is over", "2027-01-01T06:00:00Z", "It hailed.", "All of it, indeed.", 1},
	    {"All is over", "2027-01-01T06:00:00Z", "It hailed.", "All of it, indeed.", 1},
	    {"All is well", "2027-01-01T06:00:00Z", "It hailed.", "All of it, indeed.", 0},
	};
	struct world *w = new_world("robots = no\n");
	serve(w, "http://a.example/storm", "storm");
	int hits = 0;
	for (size_t i = 0; i < sizeof polls / sizeof *polls; i++) {
		say_atom(w, polls[i].title, polls[i].updated, polls[i].summary, polls[i].content);
		hits += polls[i].again;
		if (world_find(w, "http://a.example/storm")->hits != hits)
			fail_msg("poll %zu: the page was %s", i,
			    polls[i].again ? "not looked at" : "looked at");
	}
	/* five times at most, whatever happens */
	assert_int_equal(world_count(w, "SELECT rechecks FROM links"), 5);
	assert_string_equal(world_sql(w, "SELECT title FROM links"), "All is well");
	assert_int_equal(links(w), 1);
	world_free(w);
}

static void
test_a_feed_that_is_built_anew_is_not_updated(void **state)
{
	(void)state;
	struct world *w = new_world("robots = no\n");
	for (int hour = 1; hour < 4; hour++) {
		struct buf b;
		buf_init(&b, 1 << 16);
		buf_add_str(&b, "<feed xmlns=\"http://www.w3.org/2005/Atom\"><title>A</title>");
		for (int i = 0; i < MANY; i++) {
			char url[64];
			snprintf(url, sizeof url, "http://a.example/%s", subjects[i]);
			serve(w, url, subjects[i]);
			buf_printf(&b,
			    "<entry><id>%s</id><link href=\"%s\"/><title>%s</title>"
			    "<updated>2027-01-01T0%d:00:0%dZ</updated></entry>",
			    url, url, subjects[i], hour, i);
		}
		buf_add_str(&b, "</feed>");
		world_route(w, FEED, 200, "application/atom+xml", buf_str(&b));
		buf_clear(&b);
		pipeline_poll_now(w->pipeline, 0);
		world_run(w, 3600);
	}
	assert_int_equal(articles(w), MANY);
	assert_int_equal(world_count(w, "SELECT sum(rechecks) FROM links"), 0);
	assert_string_equal(
	    world_sql(w, "SELECT outcome FROM polls ORDER BY id DESC LIMIT 1"), "unchanged");
	world_free(w);
}

/* ---- links that are not one's own ---- */

static void
test_one_link_for_all_entries(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	serve(w, "http://a.example/", "front page");
	serve(w, "http://a.example/live", "live blog");
	SAY(w, {NULL, "http://a.example/", "The dam holds", NULL, TEXT "It holds."},
	    {"2", "http://www.a.example/", "The fair begins", NULL, TEXT "It begins."},
	    {NULL, "http://a.example/live#a", "Nine o'clock", NULL, TEXT "Rain."},
	    {NULL, "http://a.example/live#b", "Ten o'clock", NULL, TEXT "Sun."});
	assert_int_equal(articles(w), 4);
	assert_int_equal(
	    world_count(w, "SELECT count(*) FROM articles WHERE body_source = 'feed'"), 4);
	SAY(w, {NULL, "http://a.example/live#c", "Eleven o'clock", NULL, TEXT "Hail."},
	    {NULL, "http://a.example/live#b", "Ten o'clock, corrected", NULL, TEXT "Sun."},
	    {NULL, "http://a.example/", "The dam holds", NULL, TEXT "It holds."},
	    {NULL, "http://a.example/", "The mayor resigns", NULL, TEXT "She does."});
	assert_int_equal(links(w), 6);
	assert_int_equal(world_find(w, "http://a.example/")->hits, 0);
	world_free(w);
}

static void
test_spellings_of_one_link_are_one(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	serve(w, "http://a.example/storm?utm_source=rss", "storm");
	SAY(w, {NULL, "http://a.example/storm?utm_source=rss", "The storm", NULL, NULL});
	SAY(w, {NULL, "http://A.example:80/storm?utm_campaign=x#top", "The storm", NULL, NULL});
	SAY(w, {NULL, "http://a.example/./storm", "The storm", NULL, NULL});
	assert_int_equal(links(w), 1);
	assert_int_equal(articles(w), 1);
	world_free(w);
}

/* ---- what a poll remembers ---- */

static void
test_validators_of_a_recovered_document_are_not_sent(void **state)
{
	(void)state;
	struct said all[] = {{"1", "http://a.example/1", "One thing", NULL, NULL},
	    {"2", "http://a.example/2", "Another thing", NULL, NULL}};
	struct world *w = world_new(NULL);
	char *whole = rss_of(all, 2), *cut = mem_strdup(whole);
	*strstr(cut, "<guid>2") = '\0';
	world_route(w, FEED, 200, "application/rss+xml", cut)->etag = mem_strdup("\"v\"");
	world_add_feed(w, FEED);
	world_run(w, 7200);
	struct route *feed = world_find(w, FEED);
	assert_true(feed->hits > 1);
	assert_int_equal(feed->conditional, 0);
	assert_int_equal(strlen(world_sql(w, "SELECT coalesce(etag, '') FROM feeds")), 0);
	assert_int_equal(world_count(w, "SELECT recovered_since FROM feeds WHERE recovered <> ''"),
	    world_count(w, "SELECT min(at) FROM polls"));
	/* whole again: what was cut off is there, and the validators are good */
	world_route(w, FEED, 200, "application/rss+xml", whole);
	int before = world_find(w, FEED)->hits;
	world_run(w, 2 * 86400);
	feed = world_find(w, FEED);
	assert_true(feed->conditional > 0);
	assert_int_equal(feed->conditional, feed->hits - before - 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM sightings WHERE guid = '2'"), 1);
	assert_int_equal(world_count(w, "SELECT count(*) FROM feeds WHERE recovered IS NULL AND "
					"recovered_since IS NULL"),
	    1);
	mem_free(whole);
	mem_free(cut);
	world_free(w);
}

static void
test_other_bytes_with_the_same_entries_are_unchanged(void **state)
{
	(void)state;
	struct world *w = new_world(NULL);
	serve(w, "http://a.example/1?utm_source=a", "storm");
	SAY(w, {"1", "http://a.example/1?utm_source=a", "One thing", NULL, "3 comments"});
	SAY(w, {"1", "http://a.example/1?utm_source=b", "One thing", NULL, "4 comments"});
	assert_string_equal(
	    world_sql(w, "SELECT outcome FROM polls ORDER BY id DESC LIMIT 1"), "unchanged");
	assert_string_equal(world_sql(w, "SELECT summary_untrusted FROM links"), "3 comments");
	assert_int_equal(world_find(w, "http://a.example/1?utm_source=a")->hits, 1);
	world_free(w);
}

static void
test_five_thousand_entries(void **state)
{
	(void)state;
	enum { COUNT = 5000 };
	struct world *w = new_world("content = feed\n");
	struct said *said = mem_zalloc((COUNT + 1) * sizeof *said);
	char(*made)[3][64] = mem_zalloc((COUNT + 1) * sizeof *made);
	for (int i = 0; i <= COUNT; i++) {
		snprintf(made[i][0], sizeof made[i][0], "http://a.example/%d", i);
		snprintf(made[i][1], sizeof made[i][1], "Case %d of the court", i);
		snprintf(made[i][2], sizeof made[i][2], "https://b.example/%d/", i);
		said[i] = (struct said){made[i][0], made[i][0], made[i][1], NULL, "A few words."};
	}
	say(w, said + 1, COUNT);
	assert_int_equal(links(w), COUNT);
	say(w, said, COUNT);
	assert_int_equal(links(w), COUNT + 1);
	assert_int_equal(world_count(w, "SELECT new FROM polls ORDER BY id DESC LIMIT 1"), 1);
	for (int i = 0; i <= COUNT; i++) {
		said[i].guid = NULL;
		said[i].link = made[i][2];
	}
	said[7].title = "Another case of the court";
	say(w, said, COUNT + 1);
	assert_int_equal(links(w), COUNT + 2);
	mem_free(said);
	mem_free(made);
	world_free(w);
}

/* ---- crash ---- */

#define WHOLE                                                                                      \
	"SELECT group_concat(x, char(10)) FROM (SELECT l.url || ' ' || l.outcome || ' ' || "       \
	"(SELECT count(*) FROM sightings WHERE link_id = l.id) || ' ' || (SELECT count(*) FROM "   \
	"aliases WHERE link_id = l.id) AS x FROM links l ORDER BY l.url)"

/* A feed that has renamed all, and was polled under its old names before. */
static struct world *
renamed_world(void)
{
	static const struct manner before = {OLD_LINK, OLD_LINK, TITLE, NULL};
	struct world *w = world_of_many(&before);
	struct said said[MANY + 1];
	char made[MANY][2][128];
	for (int i = 0; i < MANY; i++) {
		snprintf(made[i][0], sizeof made[i][0], "https://b.example/%s", subjects[i]);
		snprintf(made[i][1], sizeof made[i][1], "What the %s brings", subjects[i]);
		said[i] = (struct said){NULL, made[i][0], made[i][1], NULL, NULL};
	}
	said[MANY] = (struct said){NULL, "https://b.example/new", "All is new", NULL, NULL};
	serve(w, "https://b.example/new", "new thing");
	char *body = rss_of(said, MANY + 1);
	world_route(w, FEED, 200, "application/rss+xml", body);
	mem_free(body);
	return w;
}

static void
test_killed_while_it_is_known_again(void **state)
{
	(void)state;
	struct world *w = renamed_world();
	world_run(w, 86400);
	char *want = mem_strdup(world_sql(w, WHOLE));
	assert_int_equal(links(w), MANY + 1);
	world_free(w);
	long killed = 0;
	for (long k = 0; k < 12; k++) {
		w = renamed_world();
		world_stop(w);
		pid_t child = fork();
		assert_true(child >= 0);
		if (!child) {
			world_start(w);
			pipeline_poll_now(w->pipeline, 0);
			w->steps = k;
			_exit(world_run(w, 3600) ? 9 : 0);
		}
		int status;
		assert_int_equal(waitpid(child, &status, 0), child);
		assert_true(WIFEXITED(status));
		killed += WEXITSTATUS(status) == 9;
		world_start(w);
		world_run(w, 86400);
		if (strcmp(want, world_sql(w, WHOLE)))
			fail_msg(
			    "killed after %ld steps: %s\nnot: %s", k, world_sql(w, WHOLE), want);
		world_check_ledger(w);
		world_free(w);
	}
	assert_true(killed > 3);
	mem_free(want);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_bare_entries_are_known_again),
	    cmocka_unit_test(test_the_weather_every_day_is_new),
	    cmocka_unit_test(test_one_guid_for_two),
	    cmocka_unit_test(test_an_edited_link_is_the_same_entry),
	    cmocka_unit_test(test_an_edited_link_gives_a_dead_one_another_chance),
	    cmocka_unit_test(test_an_edited_link_is_followed_while_it_waits),
	    cmocka_unit_test(test_a_guid_that_is_used_again_is_a_new_entry),
	    cmocka_unit_test(test_guids_that_are_places_lose_nothing),
	    cmocka_unit_test(test_the_same_guids_of_two_feeds_do_not_mix),
	    cmocka_unit_test(test_renamed_feeds_are_known_again),
	    cmocka_unit_test(test_news_is_not_taken_for_renamed),
	    cmocka_unit_test(test_news_among_the_renamed_is_new),
	    cmocka_unit_test(test_a_dead_domain_is_followed),
	    cmocka_unit_test(test_only_changes_of_substance_are_looked_at),
	    cmocka_unit_test(test_a_feed_that_is_built_anew_is_not_updated),
	    cmocka_unit_test(test_one_link_for_all_entries),
	    cmocka_unit_test(test_spellings_of_one_link_are_one),
	    cmocka_unit_test(test_validators_of_a_recovered_document_are_not_sent),
	    cmocka_unit_test(test_other_bytes_with_the_same_entries_are_unchanged),
	    cmocka_unit_test(test_five_thousand_entries),
	    cmocka_unit_test(test_killed_while_it_is_known_again),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
