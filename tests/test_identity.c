/* test_identity: which entry is which, by the rules alone. See docs/identity.md. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "hash.h"
#include "identity.h"
#include "mem.h"
#include "url.h"

#define DAY INT64_C(86400)
#define T0  INT64_C(1798761600)

static struct arena a;

static int
teardown(void **state)
{
	(void)state;
	arena_clear(&a);
	return 0;
}

static struct item *
make(const char *guid, const char *link, const char *title)
{
	struct item *it = arena_zalloc(&a, sizeof *it);
	it->guid = arena_strdup(&a, guid);
	it->link = arena_strdup(&a, link);
	it->canonical = link ? url_canonical(&a, link) : NULL;
	it->fetch = link ? url_fetch_form(&a, link) : NULL;
	it->title = arena_strdup(&a, title);
	it->key = identity_key(&a, it, 0);
	return it;
}

static struct date
on(int64_t when, enum date_precision precision)
{
	return (struct date){.utc = when, .precision = precision, .zone_known = 1};
}

/* ---- keys ---- */

static void
test_levels(void **state)
{
	(void)state;
	const char *url = "http://a.example/1";
	struct item *full = make("g", url, "The dam holds"), *linked = make(NULL, url, "The dam"),
		    *bare = make(NULL, NULL, "The dam holds"),
		    *guid = make("g", NULL, "The dam holds");
	/* guid, link, link and title */
	assert_true(identity_key(&a, full, 0) == identity_key(&a, guid, 0));
	assert_true(identity_key(&a, full, 1) == identity_key(&a, linked, 0));
	assert_true(identity_key(&a, full, 2) != identity_key(&a, linked, 1)); /* other titles */
	assert_int_equal(identity_key(&a, full, 3), 0);
	assert_int_equal(identity_key(&a, linked, 2), 0);
	/* guid, title, title and date */
	assert_true(identity_key(&a, guid, 1) == identity_key(&a, bare, 0));
	assert_true(identity_key(&a, guid, 2) == identity_key(&a, bare, 1));
	uint64_t undated = identity_key(&a, bare, 1);
	bare->published = on(T0, DATE_DAY);
	assert_true(identity_key(&a, bare, 1) != undated);
	assert_int_equal(identity_key(&a, bare, 2), 0);
}

static void
test_titles_count_by_their_words(void **state)
{
	(void)state;
	static const char *const same[] = {"The dam holds", " the  DAM holds!", "“The dam” holds",
	    "The dam holds (3 comments)", "The dam holds [14 Kommentare]",
	    "The dam holds (1,204 views)"};
	static const char *const others[] = {"The dam holds (3)", "The dam holds (2026)",
	    "The dam holds (part 2)", "The dam holds 3 comments", "The dam", "3", "4", "!", "?",
	    "水", "火"};
	uint64_t key = make(NULL, NULL, same[0])->key;
	for (size_t i = 0; i < sizeof same / sizeof *same; i++)
		if (make(NULL, NULL, same[i])->key != key)
			fail_msg("%s is another title", same[i]);
	for (size_t i = 0; i < sizeof others / sizeof *others; i++)
		for (size_t k = 0; k <= i; k++)
			if ((make(NULL, NULL, others[i])->key ==
				make(NULL, NULL, others[k])->key) != (i == k))
				fail_msg("%s and %s", others[i], others[k]);
}

static void
test_what_has_no_title(void **state)
{
	(void)state;
	struct item *x = make(NULL, NULL, NULL), *y = make(NULL, NULL, NULL);
	assert_true(identity_key(&a, x, 0) != 0);
	x->summary = arena_strdup(&a, "<p class='x1'>The dam holds.</p> 3 replies");
	y->summary = arena_strdup(&a, "<div>The dam <b>holds</b>. </div>14 replies");
	assert_true(identity_key(&a, x, 0) == identity_key(&a, y, 0));
	y->summary = arena_strdup(&a, "The dam breaks.");
	assert_true(identity_key(&a, x, 0) != identity_key(&a, y, 0));
	struct enclosure one = {.url = arena_strdup(&a, "http://a.example/1.mp3")},
			 two = {.url = arena_strdup(&a, "http://a.example/2.mp3")};
	x->enclosures = &one;
	y->enclosures = &two;
	x->enclosures_len = y->enclosures_len = 1;
	y->summary = x->summary;
	assert_true(identity_key(&a, x, 0) != identity_key(&a, y, 0));
}

static void
test_links_count_with_their_fragment(void **state)
{
	(void)state;
	struct item *x = make(NULL, "http://a.example/live?utm_source=x#a", "A"),
		    *y = make(NULL, "http://A.example/live#a", "B"),
		    *z = make(NULL, "http://a.example/live#b", "B");
	assert_true(x->key == y->key);
	assert_true(x->key != z->key);
	z->canonical = z->fetch = NULL; /* taken away: the fragment still tells */
	assert_true(identity_key(&a, z, 0) == z->key);
	/* what is no web link identifies as it is written */
	assert_true(make(NULL, "urn:x:1", NULL)->key == make(NULL, "urn:x:1", "A")->key);
	assert_true(make(NULL, "urn:x:1", NULL)->key != make(NULL, "urn:x:2", NULL)->key);
}

/* ---- one document ---- */

/* The number of different keys of the COUNT items. */
static size_t
count_keys(struct item *const *items, size_t count, uint8_t *levels)
{
	struct item list[8] = {0};
	uint64_t keys[8];
	struct map seen = {0};
	for (size_t i = 0; i < count; i++)
		list[i] = *items[i];
	identity_tell_apart(&a, list, count, levels, keys);
	for (size_t i = 0; i < count; i++)
		if (keys[i])
			map_put(&seen, keys[i], list);
	count = seen.count;
	map_clear(&seen);
	return count;
}

static void
test_one_document(void **state)
{
	(void)state;
	static const char one[] = "http://a.example/1", two[] = "http://a.example/2";
	uint8_t levels[8];
#define KEYS(...)                                                                                  \
	count_keys((struct item *const[]){__VA_ARGS__},                                            \
	    sizeof((struct item *const[]){__VA_ARGS__}) / sizeof(struct item *), levels)
	/* a repeated entry is one */
	assert_int_equal(KEYS(make("g", one, "A"), make("g", one, "A")), 1);
	assert_int_equal(levels[0] + levels[1], 0);
	/* one guid, two links; one guid and link, two titles */
	assert_int_equal(KEYS(make("g", one, "A"), make("g", two, "A")), 2);
	assert_int_equal(KEYS(make("g", one, "A"), make("g", one, "B")), 2);
	assert_int_equal(KEYS(make("g", one, "A"), make("g", two, "A"), make("g", two, "B"),
			     make("h", two, "C")),
	    4);
	assert_int_equal(levels[0], 1);
	assert_int_equal(levels[1], 2);
	assert_int_equal(levels[3], 0);
	assert_int_equal(KEYS(make("g", NULL, "A"), make("g", NULL, "B"), make("g", NULL, "A")), 2);
	assert_int_equal(KEYS(make(NULL, one, "A"), make(NULL, one, "B")), 2);
	/* a title twice: by date, if there is one */
	struct item *x = make(NULL, NULL, "A"), *y = make(NULL, NULL, "A");
	assert_int_equal(KEYS(x, y), 1);
	x->published = on(T0, DATE_DAY);
	assert_int_equal(KEYS(x, y), 1);
	y->published = on(T0 + 3600, DATE_SECOND);
	assert_int_equal(KEYS(x, y), 1);
	y->published = on(T0 + DAY, DATE_SECOND);
	assert_int_equal(KEYS(x, y), 2);
	assert_int_equal(KEYS(y, x), 2); /* in any order */
#undef KEYS
}

/* However many share a key, what is compared is made once. */
static void
test_many_that_share_take_no_more_memory(void **state)
{
	(void)state;
	enum { MANY = 2000, LONG = 4000 };
	struct item *items = arena_zalloc(&a, MANY * sizeof *items);
	uint8_t *levels = arena_alloc(&a, MANY);
	uint64_t *keys = arena_alloc(&a, MANY * sizeof *keys);
	char *title = arena_alloc(&a, LONG + 1);
	memset(title, 'x', LONG);
	title[LONG] = '\0';
	for (int i = 0; i < MANY; i++)
		items[i] = *make("g", "http://a.example/live", i ? "Short" : title);
	struct feed_doc doc = {.items = items, .items_len = MANY};
	size_t before = a.total;
	identity_clear_shared_links(&a, "http://a.example/feed", &doc);
	identity_tell_apart(&a, items, MANY, levels, keys);
	assert_true(a.total - before < 1 << 20);
	assert_int_equal(levels[0], 2);
	assert_int_equal(levels[1], 2);
	assert_int_equal(keys[2], 0);
}

static void
test_a_stamp_is_no_update(void **state)
{
	(void)state;
	struct item items[8];
	memset(items, 0, sizeof items);
	assert_true(identity_updated_tells(items, 8));
	for (int i = 0; i < 8; i++)
		items[i].updated = on(T0 + i, DATE_SECOND);
	assert_false(identity_updated_tells(items, 8));
	assert_true(identity_updated_tells(items, 4)); /* too few to tell */
	for (int i = 0; i < 4; i++)
		items[i].updated.utc -= 3600 * (i + 1);
	assert_true(identity_updated_tells(items, 8));
}

/* ---- from poll to poll ---- */

static void
test_changes(void **state)
{
	(void)state;
	static const struct {
		const char *guid, *url, *title, *summary; /* as it was */
		int64_t published;
		const char *link_now, *title_now, *summary_now, *content_now; /* NULL: as it was */
		int64_t published_now;
		int newer, change;
	} rows[] = {
	    /* nothing, a new title, a count */
	    {"g", "http://a.example/1", "A dam", "x", T0, NULL, NULL, NULL, NULL, T0, 0, 0},
	    {"g", "http://a.example/1", "A dam", "x", T0, NULL, "A fair", NULL, NULL, T0, 0,
		IDENTITY_UPDATED},
	    {"g", "http://a.example/1", "A dam (3)", "x", T0, NULL, "A dam (4)", NULL, NULL, T0, 0,
		0},
	    {"g", "http://a.example/1", "A dam", "x", T0, NULL, NULL, NULL, NULL, T0, 1,
		IDENTITY_UPDATED},
	    {"g", "http://a.example/1", "A dam", "x 1", T0, NULL, NULL, "x 2", NULL, T0, 1, 0},
	    {"g", "http://a.example/1", "A dam", "x 1", T0, NULL, NULL, "y 2", NULL, T0, 1,
		IDENTITY_UPDATED},
	    {"g", "http://a.example/1", "A dam", NULL, T0, NULL, NULL, NULL, NULL, T0, 1,
		IDENTITY_UPDATED},
	    /* another link: the title and the date decide */
	    {"g", "http://a.example/a", "A dam", NULL, 0, "http://b.example/b", NULL, NULL, NULL, 0,
		0, IDENTITY_MOVED},
	    {"g", "http://a.example/a", "A dam", NULL, T0, "http://b.example/9", NULL, NULL, NULL,
		T0, 0, IDENTITY_MOVED},
	    {"g", "http://a.example/a", "A dam", NULL, T0, "http://b.example/9", NULL, NULL, NULL,
		T0, 1, IDENTITY_MOVED | IDENTITY_UPDATED},
	    {"g", "http://a.example/a", "A dam", NULL, T0, "http://a.example/b", NULL, NULL, NULL,
		T0 + DAY, 0, IDENTITY_OTHER},
	    {"g", "http://a.example/a", "A dam", NULL, T0, "http://a.example/b", "A fair", NULL,
		NULL, T0, 0, IDENTITY_OTHER},
	    {"g", "http://a.example/1", "A dam", NULL, 0, "http://a.example/2", NULL, NULL, NULL, 0,
		0, IDENTITY_OTHER},
	    {"g", "http://a.example/?p=1", "A dam", NULL, 0, "http://a.example/?p=2", NULL, NULL,
		NULL, 0, 0, IDENTITY_OTHER},
	    {"g", "http://a.example/a", NULL, NULL, 0, "http://a.example/b", NULL, NULL, NULL, 0, 0,
		IDENTITY_OTHER},
	    {"g", "http://a.example/a", NULL, NULL, T0, "http://a.example/b", NULL, NULL, NULL, T0,
		0, IDENTITY_MOVED},
	    /* no link */
	    {"g", NULL, "A dam", "x", T0, NULL, "A fair", NULL, NULL, T0, 0, IDENTITY_UPDATED},
	    {"g", NULL, "A dam", "x", T0, NULL, "A fair", NULL, NULL, T0 + DAY, 0, IDENTITY_OTHER},
	    {"g", NULL, "A dam", "x", 0, NULL, "A fair", NULL, NULL, 0, 0, IDENTITY_OTHER},
	    {NULL, NULL, "A dam", "x", T0, NULL, NULL, "y", NULL, T0 + DAY, 0, IDENTITY_OTHER},
	    {NULL, NULL, "A dam", "x", T0, NULL, NULL, "y", NULL, T0, 0, 0},
	    {NULL, NULL, "A dam", "x", T0, NULL, NULL, "x", NULL, T0 + DAY, 0, 0},
	};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		struct item *then = make(rows[i].guid, rows[i].url, rows[i].title);
		struct item *now =
		    make(rows[i].guid, rows[i].link_now ? rows[i].link_now : rows[i].url,
			rows[i].title_now ? rows[i].title_now : rows[i].title);
		then->summary = arena_strdup(&a, rows[i].summary);
		now->summary =
		    rows[i].summary_now ? arena_strdup(&a, rows[i].summary_now) : then->summary;
		now->content = arena_strdup(&a, rows[i].content_now);
		if (rows[i].published)
			then->published = on(rows[i].published, DATE_SECOND);
		if (rows[i].published_now)
			now->published = on(rows[i].published_now, DATE_SECOND);
		struct identity_known known = {.face = identity_face(&a, then),
		    .gist = identity_gist(then),
		    .url = then->canonical,
		    .title = then->title,
		    .summary = then->summary,
		    .published = then->published};
		int change = identity_judge(&known, now, identity_gist(now), rows[i].newer);
		if (change != rows[i].change)
			fail_msg("row %zu: %d, not %d", i, change, rows[i].change);
		/* the same without what older stores do not have; only texts can't be compared then
		 */
		known.face = 0;
		change = identity_judge(&known, now, identity_gist(now), rows[i].newer);
		if (change != rows[i].change)
			fail_msg("row %zu without a face: %d, not %d", i, change, rows[i].change);
	}
}

static void
test_gist(void **state)
{
	(void)state;
	struct item *x = make("g", NULL, NULL), *y = make("g", NULL, NULL);
	assert_int_equal(identity_gist(x), 0);
	x->summary = arena_strdup(&a, "12");
	assert_int_equal(identity_gist(x), 0);
	x->summary = arena_strdup(&a, "<p>12 dams</p>");
	y->summary = arena_strdup(&a, "<b>14</b> dams");
	assert_true(identity_gist(x) == identity_gist(y));
	y->content = arena_strdup(&a, "A longer text about 14 dams.");
	assert_true(identity_gist(x) != identity_gist(y));
}

/* ---- renamed feeds: each refusal; test_identities has whole feeds ---- */

#define COUNT 6
static const char *const titles[COUNT] = {"The dam holds", "A fair begins", "Her choir sings",
    "Bread is dear", "No school today", "Ten ships sail"};

struct pair {
	struct identity_trace now[COUNT], old[COUNT];
};

static void
fill(struct pair *p)
{
	for (int i = 0; i < COUNT; i++) {
		p->old[i] = (struct identity_trace){
		    .title = titles[i], .url = arena_printf(&a, "http://a.example/x/%c", 'a' + i)};
		p->now[i] = (struct identity_trace){.title = titles[i],
		    .url = arena_printf(&a, "http://b.example/y/%c.htm", 'a' + i)};
	}
}

static size_t
matched(const struct pair *p, size_t now_len)
{
	size_t of[COUNT], found = identity_match(p->now, now_len, p->old, COUNT, of), count = 0;
	for (size_t i = 0; i < now_len; i++)
		if (of[i] != SIZE_MAX) {
			assert_string_equal(p->now[i].title, p->old[of[i]].title);
			count++;
		}
	assert_int_equal(found, count);
	return found;
}

static void
test_matching(void **state)
{
	(void)state;
	struct pair p;
	fill(&p);
	assert_int_equal(matched(&p, COUNT), COUNT);
	assert_int_equal(matched(&p, 4), 0); /* too few */
	p.now[0].title = "Something else";
	assert_int_equal(matched(&p, COUNT), COUNT - 1);
	p.now[1].taken = 1; /* known by its own name */
	assert_int_equal(matched(&p, COUNT), 0);
	fill(&p);
	p.old[1].taken = 1; /* the document shows it under its old name */
	assert_int_equal(matched(&p, COUNT), COUNT - 1);
	p.old[2].title = titles[3]; /* two bear one title: neither is known again */
	assert_int_equal(matched(&p, COUNT), 0);
	fill(&p);
	p.now[2].title = titles[3];
	assert_int_equal(matched(&p, COUNT), 0);
	fill(&p);
	for (int i = 0; i < COUNT; i++)
		p.now[i].url = NULL; /* the title alone is not enough */
	assert_int_equal(matched(&p, COUNT), 0);
	for (int i = 0; i < COUNT; i++)
		p.now[i].date = p.old[i].date = on(T0 + i * DAY, DATE_SECOND);
	assert_int_equal(matched(&p, COUNT), COUNT);
	for (int i = 0; i < COUNT; i++) /* two dates are not enough */
		p.now[i].date = p.old[i].date = on(T0 + i % 2 * DAY, DATE_SECOND);
	assert_int_equal(matched(&p, COUNT), 0);
}

static void
test_dates_contradict(void **state)
{
	(void)state;
	struct pair p;
	fill(&p);
	for (int i = 0; i < COUNT; i++) {
		p.old[i].date = on(T0 + i * DAY, DATE_SECOND);
		p.now[i].date = on(T0 + i * DAY + 60, DATE_SECOND);
	}
	assert_int_equal(matched(&p, COUNT), 0);
	for (int i = 0; i < COUNT; i++)
		p.now[i].date.precision = DATE_DAY; /* as exactly as both are known */
	assert_int_equal(matched(&p, COUNT), COUNT);
	for (int i = 0; i < COUNT; i++)
		p.now[i].date = on(T0 + 99 * DAY, DATE_SECOND); /* when it was built: none */
	assert_int_equal(matched(&p, COUNT), COUNT);
}

static void
test_urls_contradict(void **state)
{
	(void)state;
	static const struct {
		const char *old, *now;
		int agree;
	} forms[] = {
	    {"http://a.example/x", "https://www.a.example/x/", 1},
	    {"http://a.example/x.html", "http://a.example/X", 1},
	    {"http://a.example/x/index.html", "http://a.example/x", 1},
	    {"http://a.example/2027/01/x", "http://b.example/en/2027/01/x", 1},
	    {"http://a.example/2027/01/x", "http://b.example/x", 1},
	    {"http://a.example/2027/01/x", "http://b.example/2027/02/x", 0},
	    {"http://a.example/2027/01/x", "http://b.example/2027/x", 0},
	    {"http://a.example/x-1", "http://a.example/x-2", 0},
	    {"http://a.example/x", "http://a.example/x?from=feed", 1},
	    {"http://a.example/x?id=1", "http://b.example/x?id=1&from=feed", 1},
	    {"http://a.example/x?id=1", "http://b.example/x?id=2", 0},
	    {"http://a.example/?id=1", "http://b.example/?id=1", 1},
	    {"http://a.example/", "http://b.example/", 0},
	    {"http://a.example/v1.2", "http://b.example/v1.3", 0},
	    {"http://a.example/x", "ftp://a.example/x", 0},
	};
	for (size_t i = 0; i < sizeof forms / sizeof *forms; i++) {
		struct pair p;
		fill(&p);
		for (int k = 0; k < COUNT; k++) {
			p.old[k].url = forms[i].old;
			p.now[k].url = forms[i].now;
		}
		if (matched(&p, COUNT) != (forms[i].agree ? COUNT : 0))
			fail_msg("%s and %s", forms[i].old, forms[i].now);
	}
}

/* Each parameter is compared with each: of long queries only equals agree. */
static void
test_long_queries(void **state)
{
	(void)state;
	static const struct {
		size_t count;
		const char *last;
		int agree;
	} rows[] = {{60, "", 1}, {60, "more=1", 1}, {2000, "", 1}, {2000, "more=1", 0}};
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
		char old[4096] = "http://a.example/x?", now[4096];
		for (size_t k = 0; k < rows[i].count; k++)
			memcpy(old + strlen(old), "a&", 3);
		snprintf(now, sizeof now, "%s%s", old, rows[i].last);
		struct pair p;
		fill(&p);
		for (int k = 0; k < COUNT; k++) {
			p.old[k].url = old;
			p.now[k].url = now;
		}
		assert_int_equal(matched(&p, COUNT), rows[i].agree ? COUNT : 0);
	}
}

#define T(test) cmocka_unit_test_teardown(test, teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_levels),
	    T(test_titles_count_by_their_words),
	    T(test_what_has_no_title),
	    T(test_links_count_with_their_fragment),
	    T(test_one_document),
	    T(test_many_that_share_take_no_more_memory),
	    T(test_a_stamp_is_no_update),
	    T(test_changes),
	    T(test_gist),
	    T(test_matching),
	    T(test_dates_contradict),
	    T(test_urls_contradict),
	    T(test_long_queries),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
