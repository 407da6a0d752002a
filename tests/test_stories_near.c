/*
 * test_stories_near: which articles tell the same story, judged as a stream of arrivals on an
 * archive in memory, and what a revision changed. All texts are our own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "errors.h"
#include "prose.h"
#include "stories.h"

#define NOW      INT64_C(1790000000)
#define HOUR     3600
#define TEXT_MAX ((size_t)4 << 20)

/* A clean article, as a good extractor gives it. */
static const char bridge[] =
    "The old harbour bridge will be closed to all traffic from Monday after engineers found cracks "
    "in two of its main girders, the city council said on Friday.\n"
    "The damage was discovered during a routine inspection that was brought forward because of the "
    "heavy storms in January. Chief engineer Martha Lindqvist told reporters that the bridge, which "
    "carries about 41,000 vehicles a day, was not in danger of collapsing but that nobody should take "
    "a risk.\n"
    "Commuters from the eastern districts will have to use the tunnel, where the operator expects "
    "delays of up to 35 minutes in the morning. The ferry line will run every 12 minutes instead of "
    "every 20 and is free of charge until the end of March.\n"
    "Shop owners on the quay reacted with anger. \"We learned about it from the radio,\" said Jonas "
    "Perera, who runs a bakery below the northern ramp. \"If the closure lasts as long as the last one "
    "I can shut down at once.\" The previous closure in 2011 had been announced for six weeks and "
    "lasted seven months.\n"
    "Mayor Ines Okafor promised compensation for businesses that can prove their losses. The council "
    "will decide on Wednesday about an emergency budget of 18 million for the repair, of which the "
    "state is expected to pay two thirds.\n"
    "A final report on the condition of the steel is due in May. Until then cyclists and pedestrians "
    "may use the western walkway, which rests on girders of its own.";

/* The same article as a naive scraper stored it from a site that took it over. */
static const char scraped[] =
    "Harbour bridge closed after cracks are found in girders\n"
    "Harbour bridge closed after cracks are found in girders\n"
    "  \xe2\x80\xa2  Bridge carries 41,000 vehicles a day\n"
    "  \xe2\x80\xa2  Ferries run every 12 minutes and are free\n"
    "By DANA WREN FOR NORTH COAST ONLINE\n"
    "PUBLISHED: 18:42, 6 February 2026 | UPDATED: 19:10, 6 February 2026\n"
    "214 shares\n37\nView comments\n"
    "The old harbour bridge will be closed to all traffic from Monday after engineers found cracks "
    "in two of its main girders, the city council said on Friday.\xc2\xa0\n"
    "The damage was discovered during a routine inspection that was brought forward because of the "
    "heavy storms in January. Chief engineer Martha Lindqvist told reporters that the bridge, which "
    "carries about 41,000 vehicles a day, was not in danger of collapsing but that nobody should take "
    "a risk.\n"
    "Chief engineer Martha Lindqvist in front of the closed bridge on Friday (Picture: Harbour Press)\n"
    "Commuters from the eastern districts will have to use the tunnel, where the operator expects "
    "delays of up to 35 minutes in the morning. The ferry line will run every 12 minutes instead of "
    "every 20 and is free of charge until the end of March.\n"
    "SHARE THIS ARTICLE\nRELATED ARTICLES\nPrevious\n1\nNext\n"
    "Storm tears roof from the swimming hall    Tunnel toll is to rise again, says operator\n"
    "Shop owners on the quay reacted with anger. \xe2\x80\x98We learned about it from the "
    "radio,\xe2\x80\x99 said Jonas "
    "Perera, who runs a bakery below the northern ramp. \xe2\x80\x98If the closure lasts as long as "
    "the last one "
    "I can shut down at once.\xe2\x80\x99 The previous closure in 2011 had been announced for six "
    "weeks and "
    "lasted seven months.\n"
    "Shop owners on the quay fear for their trade: the bakery below the ramp (archive picture)\n"
    "Mayor Ines Okafor promised compensation for businesses that can prove their losses. The council "
    "will decide on Wednesday about an emergency budget of 18 million for the repair, of which the "
    "state is expected to pay two thirds.\n"
    "Share or comment on this article: Harbour bridge closed after cracks are found in girders\n"
    "e-mail\n214 shares\nWhat do you think? Most watched news videos\n"
    "Dog waits for the ferry every morning 1.2m views\nMan rows to work because of the closure";

static const char museum[] =
    "A painting that hung above the sofa of a retired teacher for forty years has turned out to be a "
    "work of the court painter Aurelio Banti, the provincial museum announced.\n"
    "The owner had brought the picture to an open day on which experts look at heirlooms. She had "
    "bought it at a flea market in 1983 for the price of a pair of shoes, mainly because of its "
    "frame. The curator, Pelle Strand, saw the signature under a layer of varnish and asked her to "
    "sit down before he told her.\n"
    "Banti worked for three dukes between 1702 and 1731 and only nine of his portraits are known. "
    "The new one shows a girl with a goldfinch and is thought to be the daughter of his landlord. It "
    "will be cleaned in the summer and shown from October on.\n"
    "The teacher wants to lend it to the museum and has asked for a good photograph in return, to "
    "hang in its old place.";

/* ---- an archive in memory ---- */

struct kept {
	char *text, *site;
	int64_t published, at, story;
	struct signature signature;
};

struct archive {
	struct story_options options;
	struct stories *stories;
	struct kept *list; /* article N is list[N - 1] */
	size_t len, cap;
	size_t loads;
	int load_status; /* what the door answers, 0: the article */
};

static int
load(void *arg, int64_t id, struct arena *arena, struct story_article *out)
{
	struct archive *a = arg;
	(void)arena;
	a->loads++;
	if (a->load_status)
		return a->load_status;
	const struct kept *k = &a->list[id - 1];
	*out = (struct story_article){k->text, k->site, k->published, k->at};
	return 0;
}

static void
start(struct archive *a)
{
	a->stories = stories_new(&a->options, &(struct story_door){load, a});
}

static struct archive
new_archive(void)
{
	return (struct archive){.options = {.memory_max = (size_t)64 << 20}};
}

static void
end(struct archive *a)
{
	stories_free(a->stories);
	for (size_t i = 0; i < a->len; i++) {
		mem_free(a->list[i].text);
		mem_free(a->list[i].site);
	}
	mem_free(a->list);
}

/* Article TEXT of SITE arrives; what is decided goes to D. Returns its number. */
static int64_t
arrive_at(struct archive *a, const char *site, const char *text, int64_t published, int64_t at,
    struct story_decision *d)
{
	if (!a->stories)
		start(a);
	struct kept k = {
	    .text = mem_strdup(text), .site = mem_strdup(site), .published = published, .at = at};
	struct story_article article = {k.text, k.site, k.published, k.at};
	signature_of_text(&k.signature, text);
	assert_int_equal(stories_find(a->stories, &article, &k.signature, d), 0);
	MEM_GROW(a->list, a->len, a->cap);
	k.story = d->story ? d->story : (int64_t)a->len + 1;
	a->list[a->len++] = k;
	stories_add(a->stories, (int64_t)a->len, k.story, story_site(site), at, &k.signature);
	return (int64_t)a->len;
}

static int64_t
arrive(struct archive *a, const char *site, const char *text, struct story_decision *d)
{
	return arrive_at(a, site, text, 0, NOW, d);
}

/* D says that the article is in STORY, being KIND of article OF. */
static void
expect_member(const struct story_decision *d, int64_t story, enum story_kind kind, int64_t of)
{
	if (d->story != story || !d->links_len || d->links[0].kind != kind || d->links[0].of != of)
		fail_msg("story %lld, %zu links, the first %s of %lld", (long long)d->story,
		    d->links_len, d->links_len ? story_kind_name(d->links[0].kind) : "none",
		    d->links_len ? (long long)d->links[0].of : 0LL);
	assert_true(d->links[0].similarity > .5 && d->links[0].similarity <= 1);
	assert_true(d->links[0].containment >= 0 && d->links[0].containment <= 1);
	assert_true(d->links[0].figures >= 0 && d->links[0].figures <= 1);
}

static void
expect_new(const struct story_decision *d)
{
	if (d->story)
		fail_msg("%s of %lld, similarity %.2f", story_kind_name(d->links[0].kind),
		    (long long)d->links[0].of, d->links[0].similarity);
}

/* TEXT changed by F, to be freed. */
static char *
cut(const char *text, unsigned paragraphs)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	prose_cut(&b, text, paragraphs);
	char *out = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return out;
}

static char *
edited(const char *text, uint64_t seed, unsigned percent)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	prose_edit(&b, text, seed, percent);
	char *out = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return out;
}

static char *
article(uint64_t seed, unsigned words)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	prose_article(&b, seed, words);
	char *out = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return out;
}

/* ---- kinds ---- */

static void
test_copies(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	arrive(&a, "Coast", bridge, &d);
	expect_new(&d);
	assert_int_equal(d.links_len, 0);
	arrive(&a, "Lake", museum, &d);
	expect_new(&d);
	char *text = edited(bridge, 1, 5);
	arrive(&a, "Hill", text, &d);
	expect_member(&d, 1, STORY_KIND_NEAR, 1);
	mem_free(text);
	for (unsigned paragraphs = 2; paragraphs <= 4; paragraphs++) {
		text = cut(bridge, paragraphs);
		arrive(&a, "Dale", text, &d);
		assert_int_equal(d.story, 1);
		assert_true(
		    d.links[0].kind == STORY_KIND_CONTAINED || d.links[0].kind == STORY_KIND_NEAR);
		mem_free(text);
	}
	end(&a);
}

static void
test_a_cut_copy_comes_first(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	char *text = cut(bridge, 2);
	arrive(&a, "Coast", text, &d);
	arrive(&a, "Hill", bridge, &d);
	expect_member(&d, 1, STORY_KIND_CONTAINS, 1);
	mem_free(text);
	end(&a);
}

static void
test_scraped_beside_clean(void **state)
{
	struct story_decision d;
	(void)state;
	for (int clean_first = 0; clean_first < 2; clean_first++) {
		struct archive a = new_archive();
		arrive(&a, "Coast", clean_first ? bridge : scraped, &d);
		arrive(&a, "North Coast Online", clean_first ? scraped : bridge, &d);
		assert_int_equal(d.story, 1);
		end(&a);
	}
}

static void
test_edited_throughout(void **state)
{
	struct story_decision d;
	(void)state;
	for (uint64_t seed = 0; seed < 20; seed++) {
		struct archive a = new_archive();
		char *text = article(seed, 350), *other = edited(text, seed, 25);
		arrive(&a, "Coast", text, &d);
		arrive(&a, "Hill", other, &d);
		expect_member(&d, 1, STORY_KIND_NEAR, 1);
		mem_free(text);
		mem_free(other);
		end(&a);
	}
}

static void
test_a_merged_article_has_two_relations(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	arrive(&a, "Coast", bridge, &d);
	arrive(&a, "Lake", museum, &d);
	char *both = mem_printf("%s\n%s", bridge, museum);
	arrive(&a, "Hill", both, &d);
	expect_member(&d, 1, STORY_KIND_CONTAINS, 1); /* the one that it begins with */
	assert_int_equal(d.links_len, 2);
	assert_int_equal(d.links[1].of, 2);
	assert_int_equal(d.links[1].kind, STORY_KIND_QUOTES);
	/* and a copy of the second is in the second's story, not in the merged one's */
	char *copy = edited(museum, 3, 4);
	arrive(&a, "Dale", copy, &d);
	expect_member(&d, 2, STORY_KIND_NEAR, 2);
	mem_free(both);
	mem_free(copy);
	end(&a);
}

static void
test_a_quoted_passage_is_no_membership(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	char *text = article(7, 220), *passage = cut(strchr(strchr(bridge, '\n') + 1, '\n') + 1, 2);
	char *quoting = mem_printf("%s\n%s", text, passage);
	arrive(&a, "Coast", bridge, &d);
	arrive(&a, "Hill", quoting, &d);
	expect_new(&d);
	assert_int_equal(d.links_len, 1);
	assert_int_equal(d.links[0].kind, STORY_KIND_QUOTES);
	assert_int_equal(d.links[0].of, 1);
	mem_free(text);
	mem_free(passage);
	mem_free(quoting);
	end(&a);
}

static void
test_without_word_spaces(void **state)
{
	/* forty characters and more: a copy with two words changed, and another text */
	static const char rain[] =
	    "港口大桥将从周一起对所有车辆关闭，因为工程师在检查中发现主梁上有两处裂缝。市议会周五表示，"
	    "这座桥每天通行四万一千辆汽车，目前没有倒塌的危险，但是任何人都不应该冒险。"
	    "东区的居民必须使用隧道，运营方预计早晨将延误三十五分钟。";
	static const char rain_again[] =
	    "港口大桥将从周一起对所有车辆关闭，因为专家在检查中发现主梁上有两处裂缝。市政府周五表示，"
	    "这座桥每天通行四万一千辆汽车，目前没有倒塌的危险，但是任何人都不应该冒险。"
	    "东区的居民必须使用隧道，运营方预计早晨将延误三十五分钟。";
	static const char other[] =
	    "省立博物馆宣布，一位退休教师家里挂了四十年的一幅画原来是宫廷画家的作品。"
	    "她在跳蚤市场上用一双鞋的价钱买下了它，主要是因为喜欢那个画框。"
	    "馆长在一层清漆下面看到了签名，请她先坐下，然后才告诉她。这幅画将在夏天清洗，十月起展出。";
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	arrive(&a, "A", rain, &d);
	arrive(&a, "B", other, &d);
	expect_new(&d);
	arrive(&a, "C", rain_again, &d);
	expect_member(&d, 1, STORY_KIND_NEAR, 1);
	end(&a);
}

/* ---- what is not the same ---- */

static void
test_short_texts_are_never_near(void **state)
{
	static const char lede[] =
	    "The old harbour bridge will be closed to all traffic from Monday after engineers found "
	    "cracks in two of its main girders, the city council said on Friday.";
	static const char *const texts[] = {
	    "", "bridge", "Please log in to read this article.", lede};
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
			arrive(&a, "Coast", texts[i], &d);
			expect_new(&d);
			assert_int_equal(d.links_len, 0);
		}
	end(&a);
}

static void
test_reports_from_a_form(void **state)
{
	/* most of their words are the same, their figures are not */
	static const char *const sites[] = {"Coast", "Hill", "Lake"};
	struct archive a = new_archive();
	struct story_decision d;
	struct buf b;
	(void)state;
	buf_init(&b, TEXT_MAX);
	for (uint64_t seed = 0; seed < 300; seed++, b.len = 0) {
		prose_report(&b, seed);
		arrive(&a, sites[seed % 3], buf_str(&b), &d);
		expect_new(&d);
	}
	buf_clear(&b);
	/* the same report on another site is the same */
	char *again = mem_printf("%s\nFrom our weather desk.", a.list[299].text);
	arrive(&a, "Dale", again, &d);
	expect_member(&d, 300, STORY_KIND_NEAR, 300);
	mem_free(again);
	end(&a);
}

static void
test_figures_brought_up_to_date(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	arrive(&a, "Coast", bridge, &d);
	char *text = mem_strdup(bridge), *at = strstr(text, "35 minutes");
	memcpy(at, "50", 2);
	at = strstr(text, "18 million");
	memcpy(at, "21", 2);
	arrive(&a, "Hill", text, &d);
	expect_member(&d, 1, STORY_KIND_NEAR, 1);
	assert_true(d.links[0].figures < 1);
	mem_free(text);
	end(&a);
}

static void
test_what_a_site_puts_under_its_stories(void **state)
{
	static const char wall[] =
	    "To go on reading please become a subscriber of the Coast, the paper of the bay.\n"
	    "Our subscribers read all our articles on every device, get a letter from the editor "
	    "every Friday and are invited to four evenings a year in our house on the quay.\n"
	    "You can cancel at any time and pay nothing in the first month. If you have questions our "
	    "readers' desk is there for you from eight to six, and on Saturdays until noon.";
	struct archive a = new_archive();
	struct story_decision d;
	(void)state;
	for (uint64_t i = 0; i < 30; i++) {
		char *lead = article(i, 25), *text = mem_printf("%s\n%s", lead, wall);
		arrive(&a, "Coast", text, &d);
		expect_new(&d);
		mem_free(lead);
		mem_free(text);
	}
	/* known by now, the lines are left out: a cut copy is found though they are most of it */
	char *lead = cut(bridge, 2), *text = mem_printf("%s\n%s", lead, wall);
	arrive(&a, "Hill", lead, &d);
	arrive(&a, "Coast", text, &d);
	expect_member(&d, 31, STORY_KIND_NEAR, 31);
	assert_true(d.links[0].similarity > .99);
	mem_free(lead);
	mem_free(text);
	end(&a);
}

/* ---- time ---- */

static void
test_what_is_far_in_time_must_be_more_alike(void **state)
{
	struct story_decision d;
	char *light = edited(bridge, 1, 2), *heavy = edited(bridge, 2, 20);
	static const struct {
		int64_t hours;
		int light, heavy; /* 1: it is the same story */
	} cases[] = {{0, 1, 1}, {71, 1, 1}, {-71, 1, 1}, {73, 1, 0}, {-73, 1, 0}, {29 * 24, 1, 0}};
	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
		for (int is_heavy = 0; is_heavy < 2; is_heavy++) {
			struct archive a = new_archive();
			arrive_at(&a, "Coast", bridge, NOW, NOW, &d);
			arrive_at(&a, "Hill", is_heavy ? heavy : light, NOW + cases[i].hours * HOUR,
			    NOW, &d);
			assert_int_equal(d.story != 0, is_heavy ? cases[i].heavy : cases[i].light);
			end(&a);
		}
	mem_free(light);
	mem_free(heavy);
}

static void
test_arrival_stands_for_publication(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	char *heavy = edited(bridge, 2, 20);
	(void)state;
	arrive_at(&a, "Coast", bridge, 0, NOW, &d);
	arrive_at(&a, "Hill", heavy, NOW - 400 * 24 * HOUR, NOW + HOUR, &d); /* one has no date */
	assert_int_equal(d.story, 1);
	mem_free(heavy);
	end(&a);
}

static void
test_the_window_ends(void **state)
{
	struct archive a = new_archive();
	struct story_figures f;
	struct story_decision d;
	(void)state;
	arrive_at(&a, "Coast", bridge, 0, NOW, &d);
	assert_int_equal(stories_oldest(a.stories), 1);
	arrive_at(&a, "Hill", bridge, 0, NOW + STORY_WINDOW_S + 1, &d);
	expect_new(&d);
	arrive_at(&a, "Dale", bridge, 0, NOW + STORY_WINDOW_S + 2, &d);
	expect_member(&d, 2, STORY_KIND_NEAR, 2);
	arrive_at(&a, "Lake", museum, 0, NOW + STORY_WINDOW_S * 2, &d);
	stories_measure(a.stories, &f);
	assert_true(f.articles < 4);
	end(&a);
}

/* ---- hostile texts, and the door ---- */

static void
test_hostile_texts(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	struct buf b;
	(void)state;
	buf_init(&b, TEXT_MAX);
	while (b.len < 1000000)
		buf_add_str(&b, "spam "); /* 1 MB of one word */
	for (int i = 0; i < 3; i++)
		arrive(&a, "A", buf_str(&b), &d);
	b.len = 0;
	while (b.len < 1000000)
		buf_add_str(&b, "a\n"); /* lines and lines */
	for (int i = 0; i < 3; i++)
		arrive(&a, "B", buf_str(&b), &d);
	b.len = 0;
	while (b.len < 1000000)
		buf_printf(&b, "%zu ", b.len); /* nothing but figures, all different */
	for (int i = 0; i < 3; i++)
		arrive(&a, "C", buf_str(&b), &d);
	assert_int_equal(d.story, 7);
	b.len = 0;
	while (b.len < 1000000)
		buf_add_str(&b, "x\xcc\x81\xff\xe4\xb8"); /* marks and broken characters */
	arrive(&a, "D", buf_str(&b), &d);
	buf_clear(&b);
	end(&a);
}

static void
test_very_many_copies(void **state)
{
	/* what one arrival costs does not grow with the copies before it */
	struct archive a = new_archive();
	struct story_decision d;
	struct story_figures f;
	(void)state;
	char *texts[64];
	for (uint64_t i = 0; i < 64; i++)
		texts[i] = edited(bridge, i, 3);
	for (int i = 0; i < 20000; i++) {
		a.loads = 0;
		arrive(&a, i % 2 ? "Coast" : "Hill", texts[i % 64], &d);
		assert_true(a.loads <= STORY_LINKS_MAX);
		assert_int_equal(d.story, i ? 1 : 0);
	}
	stories_measure(a.stories, &f);
	assert_int_equal(f.articles, 20000);
	assert_true(f.bytes < 20000 * 50); /* copies bring hardly any keys */
	for (int i = 0; i < 64; i++)
		mem_free(texts[i]);
	end(&a);
}

static void
test_the_door_fails(void **state)
{
	struct archive a = new_archive();
	struct story_decision d;
	struct signature signature;
	struct story_article article = {bridge, "Hill", 0, NOW};
	(void)state;
	signature_of_text(&signature, bridge);
	arrive(&a, "Coast", bridge, &d);
	a.load_status = ERR_NOT_FOUND; /* pruned: as if it were not there */
	assert_int_equal(stories_find(a.stories, &article, &signature, &d), 0);
	expect_new(&d);
	a.load_status = ERR_IO;
	assert_int_equal(stories_find(a.stories, &article, &signature, &d), ERR_IO);
	end(&a);
}

/* ---- a rebuild ---- */

/* Three hundred arrivals, half of them copies of what came before. */
static void
play(struct archive *a, int rebuild_at)
{
	struct story_decision d;
	for (int i = 0; i < 300; i++) {
		int64_t at = NOW + (int64_t)i * 5 * HOUR; /* 62 days: longer than the window */
		char *base = article((uint64_t)(i / 4), 200),
		     *text = edited(base, (uint64_t)i, i % 4 * 6);
		if (i == rebuild_at) {
			int64_t start_at =
			    stories_rebuild_start(&a->options, a->list[a->len - 1].at);
			stories_free(a->stories);
			start(a);
			for (size_t k = 0; k < a->len; k++)
				if (a->list[k].at >= start_at)
					stories_add(a->stories, (int64_t)k + 1, a->list[k].story,
					    story_site(a->list[k].site), a->list[k].at,
					    &a->list[k].signature);
		}
		arrive_at(a, i % 3 ? "Coast" : "Hill", text, 0, at, &d);
		mem_free(base);
		mem_free(text);
	}
}

static void
test_a_rebuild_decides_the_same(void **state)
{
	struct archive a = new_archive();
	(void)state;
	play(&a, -1);
	for (int stop = 7; stop < 300; stop += 61) {
		struct archive b = new_archive();
		play(&b, stop);
		assert_int_equal(a.len, b.len);
		for (size_t i = 0; i < a.len; i++)
			assert_int_equal(a.list[i].story, b.list[i].story);
		end(&b);
	}
	/* four arrivals in a row are one story */
	size_t stories = 0;
	for (size_t i = 0; i < a.len; i++)
		stories += a.list[i].story == (int64_t)i + 1;
	assert_in_range(stories, 75, 80);
	end(&a);
}

/* ---- revisions ---- */

static void
expect_change(const char *old, const char *new, const char *words)
{
	struct story_change change;
	struct arena arena = {0};
	int changed = stories_compare_revision(old, new, &change);
	assert_int_equal(changed, words != NULL);
	if (words)
		assert_string_equal(story_change_words(&arena, &change), words);
	arena_clear(&arena);
}

static void
test_changes_of_no_substance(void **state)
{
	(void)state;
	expect_change(bridge, bridge, NULL);
	expect_change("", "", NULL);
	expect_change("\"Rain,\" he said.", "\xe2\x80\x9cRain\xe2\x80\x9d \n he SAID", NULL);
	expect_change("12 comments\nRain fell in the hills.\nUpdated 14:05",
	    "137 comments\nRain fell in the hills.\nUpdated 15:30", NULL);
	expect_change("Rain fell.\n3 comments", "Rain fell.\n4 comments\n5 comments", NULL);
}

static void
test_changes_of_substance(void **state)
{
	(void)state;
	expect_change("Rain fell in the hills.", "Rain fell in the green hills.",
	    "1 word added, near the end");
	expect_change("Rain fell in the green hills.", "Rain fell in the hills.",
	    "1 word removed, near the end");
	expect_change("", "Rain fell.", "2 words added");
	expect_change("Rain fell.", "", "2 words removed");
	/* a figure in a sentence is news, not a counter */
	expect_change("The fire killed 12 people in the old town, the mayor said.",
	    "The fire killed 15 people in the old town, the mayor said.",
	    "1 word added, 1 removed, near the beginning, one figure replaced");
	char *longer = mem_printf("%s\nThe mayor resigned on Sunday.", bridge);
	expect_change(bridge, longer, "5 words added, near the end");
	mem_free(longer);
	struct story_change change;
	assert_int_equal(stories_compare_revision(bridge, museum, &change), 1);
	assert_true(change.kept * 5 < change.added);
	longer = mem_printf("%s\n%s", museum, bridge);
	assert_int_equal(stories_compare_revision(bridge, longer, &change), 1);
	assert_int_equal(change.removed, 0);
	assert_true(change.first < .01);
	mem_free(longer);
}

static void
test_kinds_have_names(void **state)
{
	(void)state;
	for (int k = 1; k < STORY_KIND_COUNT; k++)
		assert_true(*story_kind_name((enum story_kind)k));
	assert_string_equal(story_kind_name(STORY_KIND_QUOTES), "quotes");
	assert_string_equal(story_kind_name((enum story_kind)0), "unknown");
	assert_string_equal(story_kind_name(STORY_KIND_COUNT), "unknown");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_copies),
	    cmocka_unit_test(test_a_cut_copy_comes_first),
	    cmocka_unit_test(test_scraped_beside_clean),
	    cmocka_unit_test(test_edited_throughout),
	    cmocka_unit_test(test_a_merged_article_has_two_relations),
	    cmocka_unit_test(test_a_quoted_passage_is_no_membership),
	    cmocka_unit_test(test_without_word_spaces),
	    cmocka_unit_test(test_short_texts_are_never_near),
	    cmocka_unit_test(test_reports_from_a_form),
	    cmocka_unit_test(test_figures_brought_up_to_date),
	    cmocka_unit_test(test_what_a_site_puts_under_its_stories),
	    cmocka_unit_test(test_what_is_far_in_time_must_be_more_alike),
	    cmocka_unit_test(test_arrival_stands_for_publication),
	    cmocka_unit_test(test_the_window_ends),
	    cmocka_unit_test(test_hostile_texts),
	    cmocka_unit_test(test_very_many_copies),
	    cmocka_unit_test(test_the_door_fails),
	    cmocka_unit_test(test_a_rebuild_decides_the_same),
	    cmocka_unit_test(test_changes_of_no_substance),
	    cmocka_unit_test(test_changes_of_substance),
	    cmocka_unit_test(test_kinds_have_names),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
