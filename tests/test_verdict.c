/*
 * verdict: what pages are, one of every kind as sites make them, and articles that look like them;
 * the feed's entry as a witness; the trace of what was decided. All texts are our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "buf.h"
#include "../daemon/extract/extract_priv.h"
#include "mem.h"
#include "prose.h"
#include "text.h"

#define URL "https://www.harbour.example/2026/01/05/bridge.html"

static struct arena a;
static struct article *art;
static struct buf page;

static int
setup(void **state)
{
	(void)state;
	buf_init(&page, 16 << 20);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	buf_clear(&page);
	arena_clear(&a);
	return 0;
}

static void
extract_as(const struct extract_wish *wish, const char *url, const char *html)
{
	struct fault f;
	assert_int_equal(extract_page_as(&a, wish, url, "text/html; charset=utf-8",
			     (const uint8_t *)html, strlen(html), &art, &f),
	    0);
}

/* HTML is a page of that kind, and the evidence holds PART. */
static void
page_is(const char *html, enum verdict v, const char *part)
{
	static const struct extract_wish none;
	extract_as(&none, URL, html);
	if (art->verdict != v || !art->evidence || !strstr(art->evidence, part))
		fail_msg("expected %s for \"%s\", got %s for \"%s\", of: %.200s", verdict_name(v),
		    part, verdict_name(art->verdict), art->evidence ? art->evidence : "(null)",
		    html);
	assert_true(art->confidence > 0.5 && art->confidence <= 1);
}

/* COUNT paragraphs of prose, of about 25 words each, in CLASS. */
static void
add_prose(int count)
{
	for (int i = 0; i < count; i++) {
		buf_add_str(&page, "<p>");
		prose_article(&page, (uint64_t)i + 1, 40);
		buf_add_str(&page, "</p>");
	}
}

static const char *
with_prose(const char *before, int count, const char *after)
{
	buf_clear(&page);
	buf_add_str(&page, before);
	add_prose(count);
	buf_add_str(&page, after);
	return buf_str(&page);
}

#define LD(more)                                                                                   \
	"<script type=application/ld+json>{\"@type\":\"NewsArticle\",\"headline\":\"The bridge\"," \
	"\"datePublished\":\"2026-01-05\"" more "}</script>"

static void
test_challenges(void **state)
{
	(void)state;
	static const struct {
		const char *html, *part;
	} rows[] = {
	    {"<title>Just a moment...</title><body><p>We check that you are no robot, which takes "
	     "a few seconds, and then send you on to the page that you asked for.</p>",
		"just a moment"},
	    {"<title>harbour.example</title><body><noscript>Enable JavaScript and cookies to "
	     "continue</noscript>",
		"enable javascript and cookies"},
	    {"<title>Harbour</title><body><form id=challenge-form><p>One more step, please.</p>"
	     "</form>",
		"captcha"},
	    {"<title>Security</title><body><p>Please confirm.</p><div class=g-recaptcha></div>",
		"captcha"},
	    {"<title>Доступ ограничен</title><body><p>Мы заметили необычные запросы.</p>",
		"доступ ограничен"},
	    {"<title>Harbour</title><body><p>Nous devons nous assurer que vous êtes une personne. "
	     "Cochez la case : je ne suis pas un robot.</p>",
		"je ne suis pas un robot"},
	    {"<title>人机验证</title><body><p>请稍候。</p>", "人 机 验 证"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		page_is(rows[i].html, VERDICT_BOT_CHALLENGE, rows[i].part);
	page_is(with_prose("<title>Just a moment</title><h1>Just a moment</h1>", 12, ""),
	    VERDICT_FULL, "words");
	page_is(with_prose("<title>Swing</title><body>", 12,
		    "<form><div class=g-recaptcha></div>Comment</form>"),
	    VERDICT_FULL, "words");
}

static void
test_errors_with_status_200(void **state)
{
	(void)state;
	static const struct {
		const char *html, *part;
	} rows[] = {
	    {"<title>404 - Page not found | The Harbour</title><body><h1>Page not found</h1><p>The "
	     "page that you look for has gone, or was never there. Try the front page.</p>",
		"not found"},
	    {"<title>The Harbour</title><body><h1>Seite nicht gefunden</h1><p>Diese Seite gibt es "
	     "hier nicht mehr.</p>",
		"nicht gefunden"},
	    {"<title>Страница не найдена</title><body><p>Попробуйте начать с главной.</p>",
		"страница не найдена"},
	    {"<title>ページが見つかりません</title><body><p>お探しのページはありません。</p>",
		"見 つ か り ま せ ん"},
	    {"<title>Error 404</title><body><p>Nothing here.</p>", "404"},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		page_is(rows[i].html, VERDICT_ERROR_PAGE, rows[i].part);
	page_is(with_prose("<title>Page not found: why links rot</title><body>"
			   "<h1>Page not found: why links rot</h1>",
		    12, ""),
	    VERDICT_FULL, "words");
}

static void
test_consent(void **state)
{
	(void)state;
	page_is(
	    "<title>The Harbour</title><body><div role=main><h1>Before you continue</h1><p>We and "
	    "our partners store cookies on your device, and use them to show personalised ads "
	    "and to count who reads what. You may withdraw your consent at any time.</p><p>More "
	    "about this in our privacy policy, which names all our partners.</p>"
	    "<button>Accept all</button><button>Settings</button></div>",
	    VERDICT_CONSENT_WALL, "accept");
	page_is(
	    "<title>Hafenblatt</title><body><main><p>Mit Ihrer Einwilligung speichern wir und "
	    "unsere Partner Cookies auf Ihrem Gerät, um personalisierte Anzeigen zu zeigen und "
	    "die Nutzung zu messen. Den Datenschutz erklären wir hier.</p><a href=#>Akzeptieren "
	    "und weiter</a></main>",
	    VERDICT_CONSENT_WALL, "akzeptieren");
	/* the dialog beside an article */
	page_is(with_prose("<body><div role=dialog class=cookie-banner><p>We use cookies.</p>"
			   "<button>Accept all</button></div><article>",
		    8, "</article>"),
	    VERDICT_FULL, "words");
}

static void
test_paywalls(void **state)
{
	(void)state;
	page_is(LD(",\"isAccessibleForFree\":false") "<body><p>The bridge is closed.</p>",
	    VERDICT_PAYWALL_STUB, "not free");
	page_is(
	    "<title>The bridge</title><body><article><h1>The bridge</h1><p>The old swing bridge "
	    "over the harbour was closed on Monday morning, after divers found a crack in one "
	    "of the four piers that carry it.</p><div class=paywall><p>Subscribe to continue "
	    "reading. Already a subscriber? Log in.</p></div></article>",
	    VERDICT_PAYWALL_STUB, "subscribe to continue");
	page_is(
	    "<title>Die Brücke</title><body><article><h1>Die Brücke</h1><p>Die alte Drehbrücke "
	    "über den Hafen ist seit Montag gesperrt, weil Taucher einen Riss in einem der vier "
	    "Pfeiler gefunden haben, die sie tragen.</p><p>Jetzt weiterlesen mit dem "
	    "Probeabo.</p></article>",
	    VERDICT_PAYWALL_STUB, "jetzt weiterlesen");
	page_is(
	    "<title>Log in</title><body><form><p>Please log in to your account to go on, or ask "
	    "for a new password if you have forgotten yours, which happens.</p><input type=text>"
	    "<input type=password></form>",
	    VERDICT_PAYWALL_STUB, "a login");
	/* what is sold is there, for those who know where to look */
	page_is(with_prose(LD(",\"isAccessibleForFree\":false,\"hasPart\":{\"@type\":"
			      "\"WebPageElement\",\"isAccessibleForFree\":\"False\","
			      "\"cssSelector\":\".sold\"}") "<body><article><div class='x sold'>",
		    8, "</div></article>"),
	    VERDICT_FULL, "article");
	/* and here only the part before it */
	page_is(with_prose(LD(",\"isAccessibleForFree\":false,\"hasPart\":[{\"@type\":"
			      "\"WebPageElement\",\"isAccessibleForFree\":false,"
			      "\"cssSelector\":\"#sold\"}]") "<body><article>",
		    4, "<div id=sold></div></article>"),
	    VERDICT_PARTIAL, "not there");
	/* an article about them */
	page_is(with_prose("<body><article><h1>Papers</h1>", 8,
		    "<p>Most papers ask who comes twice to subscribe to continue reading.</p>"
		    "</article>"),
	    VERDICT_FULL, "words");
}

static void
test_shells(void **state)
{
	(void)state;
	page_is(
	    "<title>The Harbour</title><body><noscript>You need to enable JavaScript to run this "
	    "app.</noscript><div id=root></div>",
	    VERDICT_SPA_SHELL, "an empty root element");
	page_is("<title>Hafen</title><body><noscript>Bitte aktivieren Sie JavaScript.</noscript>"
		"<div id=main>Laden</div>",
	    VERDICT_SPA_SHELL, "aktivieren sie javascript");
	page_is("<title>The Harbour</title><body><div id=__next></div>", VERDICT_SPA_SHELL, "root");
	page_is(with_prose("<body><noscript>Please enable JavaScript.</noscript><div id=root>", 8,
		    "</div>"),
	    VERDICT_FULL, "words");
}

static void
test_videos(void **state)
{
	(void)state;
	page_is("<meta property=og:type content=video.other><title>The bridge turns</title><body>"
		"<h1>The bridge turns</h1><video src=a.mp4></video><p>For the last time before its "
		"repair the old swing bridge over the harbour has turned, watched by a crowd.</p>",
	    VERDICT_VIDEO_ONLY, "declared as a video");
	page_is(
	    "<script type=application/ld+json>{\"@type\":\"VideoObject\",\"name\":\"The "
	    "bridge\",\"description\":\"It turns.\"}</script><body><h1>The bridge</h1><p>The old "
	    "swing bridge turns for the last time.</p>",
	    VERDICT_VIDEO_ONLY, "characters");
	page_is(with_prose("<meta property=og:type content=article><body><article><video "
			   "src=a.mp4></video>",
		    8, "</article>"),
	    VERDICT_FULL, "article");
}

static void
test_live_blogs(void **state)
{
	(void)state;
	buf_add_str(
	    &page, "<title>Live: the bridge</title><body><article><h1>Live: the bridge</h1>");
	for (int i = 0; i < 10; i++) {
		buf_printf(
		    &page, "<section><time datetime=2026-01-05T1%d:00:00Z>1%d:00</time>", i, i);
		add_prose(1);
		buf_add_str(&page, "</section>");
	}
	page_is(buf_str(&page), VERDICT_LIVE_BLOG, "entries with a time");
	page_is(with_prose("<script type=application/ld+json>{\"@type\":[\"LiveBlogPosting\"],"
			   "\"headline\":\"The bridge\"}</script><body><article>",
		    6, "</article>"),
	    VERDICT_LIVE_BLOG, "declared");
	/* readers' comments bear times, too */
	buf_clear(&page);
	buf_add_str(&page, "<title>To live by the bridge</title><body><article>");
	add_prose(6);
	buf_add_str(&page, "</article><div class=comments>");
	for (int i = 0; i < 10; i++)
		buf_printf(
		    &page, "<p><time datetime=2026-01-05T1%d:00:00Z>then</time> I like it.</p>", i);
	page_is(buf_str(&page), VERDICT_FULL, "words");
}

static void
add_teasers(int count, const char *text)
{
	for (int i = 0; i < count; i++)
		buf_printf(&page,
		    "<div><h3><a href=/%d>Headline number %d about the harbour</a></h3>%s</div>", i,
		    i, text);
}

static void
test_listings(void **state)
{
	(void)state;
	buf_add_str(&page, "<title>Harbour</title><body><main>");
	add_teasers(40, "<p>A few short words about it.</p>");
	page_is(buf_str(&page), VERDICT_LISTING, "linked headlines");
	buf_clear(&page);
	buf_add_str(&page,
	    "<title>Harbour</title><body><main><div class=lead><h2><a href=/x>The "
	    "bridge is closed</a></h2><p>Divers found a crack in one of the four piers "
	    "that carry it, and no car will cross for a week.</p></div>");
	add_teasers(30, "");
	page_is(buf_str(&page), VERDICT_LISTING, "linked headlines");
	/* a short article among links, under the address of a front page */
	static const struct extract_wish none;
	buf_clear(&page);
	buf_add_str(&page,
	    "<title>The bridge is closed</title><body><h1>The bridge is closed</h1><p>"
	    "Divers found a crack in one of the four piers that carry it.</p><p>No car "
	    "will cross for a week, and the ferry runs every ten minutes.</p><div "
	    "class=list>");
	add_teasers(40, "");
	extract_as(&none, "https://www.harbour.example/", buf_str(&page));
	assert_int_equal(art->verdict, VERDICT_FULL);
}

/* Bytes as a compressed body has them, each value as often, under the type TYPE. */
static void
extract_noise(const char *head, const char *type)
{
	struct fault f;
	uint32_t x = 1;
	buf_clear(&page);
	buf_add(&page, head, strlen(head));
	for (int i = 0; i < 40000; i++) {
		uint8_t byte = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
		buf_add(&page, &byte, 1);
	}
	assert_int_equal(extract_page(&a, URL, type, page.data, page.len, &art, &f), 0);
}

static void
test_binary(void **state)
{
	(void)state;
	static const char *const types[] = {"", "text/html", "text/html; charset=utf-8",
	    "text/html; charset=windows-1252", "text/html; charset=gb18030",
	    "application/octet-stream"};
	for (size_t i = 0; i < 2 * sizeof types / sizeof *types; i++) {
		extract_noise(
		    i % 2 ? "%PDF-1.7\n1 0 obj << /Type /Catalog >> stream\n" : "", types[i / 2]);
		if (art->verdict != VERDICT_NOT_ARTICLE || !strstr(art->evidence, "binary data"))
			fail_msg("as \"%s\": %s, %s", types[i / 2], verdict_name(art->verdict),
			    art->evidence);
	}
	/* a stray control character in an old encoding is no such thing */
	buf_clear(&page);
	for (int i = 0; i < 9; i++)
		buf_printf(&page,
		    "<p>The caf\xe9 by the harbour was closed on day %d of the month,\x01 and "
		    "nobody could say when it would be opened again, its owner said.</p>",
		    i);
	struct fault f;
	assert_int_equal(extract_page(&a, URL, "text/html", page.data, page.len, &art, &f), 0);
	assert_int_equal(art->verdict, VERDICT_FULL);
}

static void
test_nothing(void **state)
{
	(void)state;
	page_is("", VERDICT_NOT_ARTICLE, "no text");
	page_is("<body><p>The bridge is closed until further notice.</p>", VERDICT_NOT_ARTICLE,
	    "42 characters");
	page_is(
	    "<body><article><h1>The bridge</h1><p>The old swing bridge over the harbour was "
	    "closed on Monday morning, after divers found a crack in one of the four piers that "
	    "carry ...</p><p><a href=/full>Read more</a></p></article>",
	    VERDICT_PARTIAL, "ellipsis");
}

/* The lists are compared with tokens: each phrase must be such. */
static void
test_words_are_tokens(void **state)
{
	(void)state;
	for (enum page_words list = 0; list < PAGE_WORDS_COUNT; list++)
		for (const char *const *phrase = page_words_list(list); *phrase; phrase++)
			assert_string_equal(*phrase, text_tokens(&a, *phrase, NULL));
}

/* ---- the witness ---- */

static void
test_witness_finds_the_body(void **state)
{
	(void)state;
	/* two columns far apart, the wrong one with more prose */
	struct buf said;
	buf_init(&said, 1 << 20);
	buf_add_str(&said, "<p>");
	prose_article(&said, 7, 60);
	buf_add_str(&said, "</p>");
	buf_add_str(&page, "<title>Harbour</title><body><div id=a>");
	add_prose(5);
	buf_add_str(&page, "</div><ul>");
	for (int i = 0; i < 300; i++)
		buf_printf(&page, "<li><a href=/%d>The ferry again, number %d</a>", i, i);
	buf_printf(&page, "</ul><div id=b>%s<p>", buf_str(&said));
	prose_article(&page, 99, 120);
	buf_add_str(&page, "</p></div>");
	struct extract_wish wish = {.witness = NULL};
	extract_as(&wish, URL, buf_str(&page));
	char *alone = arena_strdup(&a, art->text);
	wish.witness = buf_str(&said);
	extract_as(&wish, URL, buf_str(&page));
	assert_string_not_equal(alone, art->text);
	assert_int_equal(art->verdict, VERDICT_FULL);
	buf_clear(&said);
}

static void
test_witness_knows_another_page(void **state)
{
	(void)state;
	struct buf said;
	buf_init(&said, 1 << 20);
	prose_article(&said, 1234, 120);
	struct extract_wish wish = {
	    .witness_title = "Crack found in swing bridge", .witness = buf_str(&said)};
	extract_as(&wish, URL,
	    with_prose("<title>Cod prices fall</title><h1>Cod prices fall</h1>", 8, ""));
	assert_int_equal(art->verdict, VERDICT_NOT_ARTICLE);
	assert_non_null(strstr(art->evidence, "that the feed announced"));
	/* other words under the same title are a summary */
	extract_as(&wish, URL,
	    with_prose("<title>Crack found in swing bridge</title><h1>Crack found</h1>", 8, ""));
	assert_int_equal(art->verdict, VERDICT_FULL);
	/* and few words are no witness */
	wish.witness = "A few words about the old bridge and its crack.";
	extract_as(&wish, URL,
	    with_prose("<title>Cod prices fall</title><h1>Cod prices fall</h1>", 8, ""));
	assert_int_equal(art->verdict, VERDICT_FULL);
	buf_clear(&said);
}

static void
test_witness_has_more(void **state)
{
	(void)state;
	struct buf said;
	buf_init(&said, 1 << 20);
	buf_add_str(&said, "<p>");
	prose_article(&said, 1, 40); /* as with_prose begins */
	buf_add_str(&said, "</p><p>");
	prose_article(&said, 555, 200);
	buf_add_str(&said, "</p>");
	struct extract_wish wish = {.witness_title = "Swing", .witness = buf_str(&said)};
	extract_as(&wish, URL, with_prose("<h1>Swing</h1>", 1, ""));
	assert_int_equal(art->verdict, VERDICT_FEED_ONLY);
	assert_non_null(strstr(art->evidence, "the feed has"));
	extract_as(&wish, URL, with_prose("<h1>Swing</h1>", 8, ""));
	assert_int_equal(art->verdict, VERDICT_FULL);
	buf_clear(&said);
}

static void
test_hostile_witnesses(void **state)
{
	(void)state;
	struct buf said;
	buf_init(&said, 4 << 20);
	for (int i = 0; i < 100000; i++)
		buf_add_str(&said, "<div>a\xff b ");
	struct extract_wish wish = {.witness_title = "\xff\xfe", .witness = buf_str(&said)};
	extract_as(&wish, URL, with_prose("", 8, ""));
	assert_int_equal(art->verdict, VERDICT_FULL);
	buf_clear(&said);
}

/* ---- the trace ---- */

static const struct trace_line *
line_of(const char *part)
{
	for (size_t i = 0; i < art->trace_len; i++)
		if (strstr(art->trace[i].text, part))
			return &art->trace[i];
	fail_msg("no line with %s", part);
	return NULL;
}

static void
test_trace(void **state)
{
	(void)state;
	struct extract_wish wish = {.trace = 1};
	extract_as(&wish, URL,
	    with_prose(
		LD("") "<meta property=og:title content='The bridge'><meta property=og:title "
		       "content='Another'><body><nav><p>Home page</p></nav><article><h1>The "
		       "bridge</h1><p class=byline>By Ada Lind</p>",
		4, "<p><a href=/x>Read more: the ferry</a></p></article>"));
	assert_int_equal(line_of("Home page")->kept, 0);
	assert_string_equal(line_of("Home page")->rule, "outside");
	assert_int_equal(line_of("Read more")->kept, 0);
	assert_true(strlen(line_of("Read more")->rule) > 0);
	size_t kept = 0;
	for (size_t i = 0; i < art->trace_len; i++) {
		assert_true(art->trace[i].score >= 0 && art->trace[i].score <= 1);
		if (art->trace[i].kept) {
			kept++;
			assert_string_equal(art->trace[i].rule, "");
			assert_true(art->trace[i].score > 0);
		}
	}
	assert_int_equal(kept, 4);
	size_t won = 0, lost = 0, agree = 0;
	for (size_t i = 0; i < art->claims_len; i++) {
		const struct trace_claim *c = &art->claims[i];
		won += c->fate == CLAIM_WON;
		agree += c->fate == CLAIM_AGREES;
		lost += c->fate == CLAIM_LOST;
		if (!strcmp(c->value, "Another"))
			assert_int_equal(c->fate, CLAIM_LOST);
	}
	assert_int_equal(won, 3); /* title, published, author */
	assert_true(agree >= 2 && lost >= 1);
	wish.trace = 0;
	extract_as(&wish, URL, buf_str(&page));
	assert_int_equal(art->trace_len, 0);
	assert_int_equal(art->claims_len, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    TEST(test_challenges),
	    TEST(test_errors_with_status_200),
	    TEST(test_consent),
	    TEST(test_paywalls),
	    TEST(test_shells),
	    TEST(test_videos),
	    TEST(test_live_blogs),
	    TEST(test_listings),
	    TEST(test_binary),
	    TEST(test_nothing),
	    TEST(test_words_are_tokens),
	    TEST(test_witness_finds_the_body),
	    TEST(test_witness_knows_another_page),
	    TEST(test_witness_has_more),
	    TEST(test_hostile_witnesses),
	    TEST(test_trace),
	};
	extract_prepare();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
