/*
 * test_writer_stories: how articles get into their stories: the writer on a real store, copies in
 * one batch, before their originals and by the hundred, revisions, what an operator decides, and
 * that neither a restart nor a kill changes what was decided.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "prose.h"
#include "signature.h"
#include "store_fixture.h"
#include "writer.h"

/* The story of each article. */
#define STORIES                                                                                    \
	"SELECT group_concat(story_id, ' ') FROM (SELECT story_id FROM articles ORDER BY id)"
#define TEXT_MAX ((size_t)1 << 20)

struct rig {
	struct store_fixture *x;
	struct writer *writer;
	int64_t feed;
	int handed_back;
	struct story_ordered ordered; /* of the last order */
	char last[512];               /* reason, or fault, of the last write */
};

static void
on_done(struct write *w, void *arg)
{
	struct rig *r = arg;
	const char *words = w->status                  ? w->fault.text
			    : w->kind == WRITE_ARTICLE ? w->u.article.result.reason
						       : NULL;
	snprintf(r->last, sizeof r->last, "%s", words ? words : "");
	if (w->kind == WRITE_STORY)
		r->ordered = w->u.story.done;
	r->handed_back++;
}

/* Start a writer on the store, as a newsd that is started. */
static void
start(struct rig *r)
{
	struct writer_options o = {
	    .commit_interval_ms = 10, .commit_rows = 5000, .queue_max = 10000};
	struct fault f;
	if (!r->x->store)
		r->x->store = store_fixture_open(r->x->path, STORE_WRITE);
	assert_int_equal(writer_new(&r->writer, NULL, r->x->store, &o, &f), 0);
	r->x->store = NULL; /* the writer's now */
}

static void
stop(struct rig *r)
{
	writer_free(r->writer);
	r->writer = NULL;
}

/* A store with a feed and LINKS pending links of as many sites as there are links, but never more
 * than 40. */
static void
begin(struct rig *r, void **state, int links)
{
	*r = (struct rig){.x = *state};
	struct poll_result result;
	r->feed = store_fixture_feed(r->x, "http://paper.test/feed");
	struct feed_doc *doc = arena_zalloc(&r->x->arena, sizeof *doc);
	doc->format = "rss20";
	for (int i = 1; i <= links; i++) {
		char *url = arena_printf(&r->x->arena, "http://site%d.test/story/%d", i % 40, i);
		store_fixture_item(r->x, doc, url, url, url);
	}
	assert_int_equal(store_fixture_poll(r->x, r->feed, T0, doc, &result), 0);
	arena_clear(&result.arena);
	start(r);
}

/* ---- writes ---- */

/* The page of link LINK came at AT with TEXT. */
static void
submit(struct rig *r, int link, int64_t at, const char *text, int recheck)
{
	struct write *w = write_new(WRITE_ARTICLE, on_done, r);
	char url[64];
	snprintf(url, sizeof url, "http://site%d.test/story/%d", link % 40, link);
	w->reply = reply_new(JOB_PAGE);
	struct arena *a = &w->reply->arena;
	struct article *article = w->reply->article = arena_zalloc(a, sizeof *article);
	article->url = arena_strdup(a, url);
	article->title = arena_printf(a, "Headline %d", link);
	article->text = arena_strdup(a, text);
	article->verdict = VERDICT_FULL;
	signature_text(text, article->text_hash, &article->tokens);
	article->words = article->tokens;
	w->u.article = (struct write_article){.link_id = link,
	    .feed_id = r->feed,
	    .url = arena_strdup(&w->in, url),
	    .source = BODY_PAGE,
	    .status = 200,
	    .at = at,
	    .recheck = recheck};
	writer_submit(r->writer, w);
}

/* The same alone, committed and judged. */
static void
arrive(struct rig *r, int link, int64_t at, const char *text)
{
	submit(r, link, at, text, 0);
	assert_int_equal(writer_run(r->writer), 1);
}

static void
order(struct rig *r, enum story_order_kind kind, int64_t a, int64_t b)
{
	struct write *w = write_new(WRITE_STORY, on_done, r);
	w->u.story.order = (struct story_order){.kind = kind, .a = a, .b = b, .at = T0};
	writer_submit(r->writer, w);
	assert_int_equal(writer_run(r->writer), 1);
}

/* ---- texts, malloc'ed ---- */

static char *
take(struct buf *b)
{
	char *text = mem_strdup(buf_str(b));
	buf_clear(b);
	return text;
}

static char *
article(uint64_t seed, unsigned words)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	prose_article(&b, seed, words);
	return take(&b);
}

static char *
edited(const char *text, uint64_t seed, unsigned percent)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	prose_edit(&b, text, seed, percent);
	return take(&b);
}

static char *
cut(const char *text, unsigned paragraphs)
{
	struct buf b;
	buf_init(&b, TEXT_MAX);
	prose_cut(&b, text, paragraphs);
	return take(&b);
}

/* ---- tests ---- */

static void
test_copies_of_one_batch(void **state)
{
	struct rig r;
	begin(&r, state, 6);
	char *text = article(1, 300), *other = article(2, 300), *copy = edited(text, 1, 5),
	     *part = cut(text, 3);
	submit(&r, 1, T0, text, 0);
	submit(&r, 2, T0, copy, 0);
	submit(&r, 3, T0, other, 0);
	submit(&r, 4, T0, part, 0);
	submit(&r, 5, T0, text, 0); /* word for word: no article of its own */
	assert_int_equal(writer_run(r.writer), 5);
	assert_sql_int(r.x, "SELECT count(*) FROM articles", 4);
	assert_sql_text(r.x, STORIES, "1 1 3 1");
	assert_sql_text(r.x,
	    "SELECT group_concat(coalesce(relation, 'first') || ' ' || coalesce(of_article, ''), ',')"
	    " FROM (SELECT * FROM story_members WHERE story_id = 1 ORDER BY link_id)",
	    "first ,near 1,contained 1,exact 1");
	assert_sql_text(r.x,
	    "SELECT printf('%d %d %d %d', id, articles, links, sites) FROM top_stories", "1 3 4 4");
	assert_sql_int(r.x, "SELECT count(*) FROM nd_print", 4);
	assert_sql_int(r.x, "SELECT count(*) FROM nd_arrival", 0);
	assert_sql_int(r.x,
	    "SELECT count(*) FROM relations WHERE rule = 'copy' AND similarity > .8"
	    " AND containment > .5 AND figures > .5",
	    2);
	stop(&r);
	mem_free(text);
	mem_free(other);
	mem_free(copy);
	mem_free(part);
}

static void
test_copy_before_its_original(void **state)
{
	struct rig r;
	begin(&r, state, 3);
	char *text = article(1, 400), *part = cut(text, 3);
	arrive(&r, 1, T0, part);
	arrive(&r, 2, T0 + 60, text);
	assert_sql_int(r.x, "SELECT story_id FROM articles WHERE id = 2", 1);
	assert_sql_text(r.x, "SELECT kind FROM relations WHERE article_id = 2", "contains");
	assert_sql_text(r.x, "SELECT origin_reason FROM stories", "first seen");
	stop(&r);
	mem_free(text);
	mem_free(part);
}

static void
test_a_hundred_copies_within_a_minute(void **state)
{
	enum { COPIES = 300 };
	struct rig r;
	begin(&r, state, COPIES + 1);
	char *text = article(1, 300);
	submit(&r, 1, T0, text, 0);
	for (int i = 0; i < COPIES; i++) {
		char *copy = edited(text, (uint64_t)i + 1, 4);
		submit(&r, i + 2, T0 + i / 5, copy, 0);
		mem_free(copy);
		if (i % 100 == 99)
			writer_run(r.writer);
	}
	writer_run(r.writer);
	assert_sql_int(r.x, "SELECT count(DISTINCT story_id) FROM articles", 1);
	assert_sql_int(r.x, "SELECT sites FROM top_stories", 40);
	stop(&r);
	mem_free(text);
}

static void
test_revisions_are_changes_of_substance(void **state)
{
	struct rig r;
	begin(&r, state, 3);
	char *text = article(1, 200), *counted = mem_printf("%s\n12 comments", text),
	     *later = mem_printf("%s\n15 Comments", text),
	     *revised = mem_printf("%s\nThe mayor denied it on Sunday evening.\n20 comments", text),
	     *copy = edited(text, 3, 4);
	arrive(&r, 1, T0, counted);
	submit(&r, 1, T0 + 60, later, 1);
	writer_run(r.writer);
	assert_string_equal(r.last, "unchanged");
	assert_sql_int(r.x, "SELECT count(*) FROM revisions", 0);
	submit(&r, 1, T0 + 120, revised, 1);
	writer_run(r.writer);
	assert_non_null(strstr(r.last, "the text changed: 7 words added, near the end"));
	assert_sql_text(r.x, "SELECT cause FROM revisions", "7 words added, near the end");
	arrive(&r, 2, T0 + 180, copy);
	assert_sql_int(r.x, "SELECT story_id FROM articles WHERE id = 2", 1);
	assert_sql_int(r.x, "SELECT count(*) FROM nd_print", 3); /* the revision's, too */
	assert_sql_int(r.x, "SELECT count(*) FROM nd_arrival", 0);
	stop(&r);
	mem_free(text);
	mem_free(counted);
	mem_free(later);
	mem_free(revised);
	mem_free(copy);
}

/* What the site puts under all its stories is learned after the first of them, which is read again:
 * that the line goes now is no news of the article. */
static void
test_a_line_learned_since_is_no_revision(void **state)
{
	enum { STORIES_OF_SITE = 12, SITES = 40, HOUR = 3600 };
	static const char call[] = "Sign up for our newsletter and never miss a story from town.";
	struct rig r;
	begin(&r, state, STORIES_OF_SITE * SITES);
	char *first = NULL;
	for (int i = 0; i < STORIES_OF_SITE; i++) {
		char *text = article(100 + (uint64_t)i, 200),
		     *called = mem_printf("%s\n12 comments\n%s", text, call);
		arrive(&r, 1 + i * SITES, T0 + i * 3 * HOUR, called);
		mem_free(called);
		if (i)
			mem_free(text);
		else
			first = text;
	}
	assert_sql_int(
	    r.x, "SELECT count(*) FROM nd_body WHERE id = 1 AND text LIKE '%Sign up%'", 1);
	assert_sql_int(
	    r.x, "SELECT count(*) FROM nd_body WHERE id = 12 AND text LIKE '%Sign up%'", 0);
	char *counted = mem_printf("%s\n15 comments\n%s", first, call),
	     *revised =
		 mem_printf("%s\nThe mayor denied it on Sunday.\n12 comments\n%s", first, call);
	submit(&r, 1, T0 + 50 * HOUR, counted, 1);
	writer_run(r.writer);
	assert_string_equal(r.last, "unchanged");
	assert_sql_int(r.x, "SELECT count(*) FROM revisions", 0);
	submit(&r, 1, T0 + 51 * HOUR, revised, 1);
	writer_run(r.writer);
	assert_sql_text(r.x, "SELECT cause FROM revisions", "6 words added, near the end");
	stop(&r);
	mem_free(first);
	mem_free(counted);
	mem_free(revised);
}

/* A text that somebody deleted: its story and its number are not used again, its copies are judged
 * by what is left, and its link is not new. */
static void
test_what_was_pruned_is_not_new(void **state)
{
	struct rig r;
	begin(&r, state, 4);
	char *text = article(1, 300), *copy = edited(text, 1, 4), *third = edited(text, 2, 4);
	arrive(&r, 1, T0, text);
	arrive(&r, 2, T0 + 60, copy);
	stop(&r);
	store_fixture_execute(
	    r.x, "DELETE FROM nd_relation WHERE article_id = 1; DELETE FROM nd_body WHERE id = 1");
	start(&r);
	arrive(&r, 3, T0 + 120, third);
	assert_sql_int(r.x, "SELECT story_id FROM articles WHERE id = 3", 1);
	assert_sql_int(r.x, "SELECT other_id FROM relations WHERE article_id = 3", 2);
	stop(&r);
	mem_free(text);
	mem_free(copy);
	mem_free(third);
}

static void
test_splits_and_merges_are_remembered(void **state)
{
	struct rig r;
	begin(&r, state, 12);
	char *text = article(1, 300), *other = article(2, 300), *copy = edited(text, 1, 9);
	arrive(&r, 1, T0, text);
	arrive(&r, 2, T0, copy);
	arrive(&r, 3, T0, other);
	order(&r, STORY_SPLIT, 3, 0);
	assert_non_null(strstr(r.last, "article 3 is the only one of its story"));
	order(&r, STORY_SPLIT, 77, 0);
	assert_non_null(strstr(r.last, "there is no article 77"));
	order(&r, STORY_MERGE, 1, 2);
	assert_non_null(strstr(r.last, "there is no story 2"));
	order(&r, STORY_MERGE, 1, 1);
	assert_non_null(strstr(r.last, "are one already"));

	order(&r, STORY_SPLIT, 2, 0);
	assert_int_equal(r.ordered.story, 2);
	assert_int_equal(r.ordered.from, 1);
	order(&r, STORY_MERGE, 3, 1);
	assert_int_equal(r.ordered.story, 1);
	assert_int_equal(r.ordered.from, 3);
	assert_int_equal(r.ordered.moved, 1);
	assert_sql_text(r.x, STORIES, "1 2 1");
	for (int restart = 0; restart < 2; restart++) { /* copies follow, before and after one */
		char *of_split = edited(copy, (uint64_t)restart + 5, 2),
		     *of_merged = edited(other, (uint64_t)restart + 5, 4);
		arrive(&r, 4 + restart * 2, T0 + 60, of_split);
		arrive(&r, 5 + restart * 2, T0 + 60, of_merged);
		mem_free(of_split);
		mem_free(of_merged);
		stop(&r);
		start(&r);
	}
	assert_sql_text(r.x, STORIES, "1 2 1 2 1 2 1");
	assert_sql_text(r.x,
	    "SELECT group_concat(article_id || decided, ' ') FROM story_members"
	    " WHERE decided IS NOT NULL",
	    "2split 3merge");
	/* the first article of a story leaves it: the others go on as the next one's */
	order(&r, STORY_SPLIT, 1, 0);
	assert_sql_text(r.x, STORIES, "1 2 3 2 3 2 3");
	char *of_first = edited(text, 9, 2);
	arrive(&r, 8, T0 + 90, of_first);
	assert_sql_int(r.x, "SELECT story_id FROM articles WHERE id = 8", 1);
	mem_free(of_first);
	stop(&r);
	mem_free(text);
	mem_free(other);
	mem_free(copy);
}

static void
on_finding(const char *sentence, void *arg)
{
	struct buf *all = arg;
	buf_add_str(all, sentence);
}

static void
test_the_check_knows_of_stories(void **state)
{
	struct rig r;
	struct buf found;
	buf_init(&found, TEXT_MAX);
	begin(&r, state, 2);
	char *text = article(1, 200), *other = article(2, 200);
	arrive(&r, 1, T0, text);
	arrive(&r, 2, T0, other);
	stop(&r);
	store_fixture_execute(r.x, "DELETE FROM nd_print WHERE article_id = 2");
	r.x->store = store_fixture_open(r.x->path, STORE_WRITE);
	assert_int_equal(store_check(r.x->store, 1, on_finding, &found), ERR_CORRUPT);
	assert_non_null(strstr(buf_str(&found),
	    "article 2 (http://site2.test/story/2) has no keys, nor waits to be judged"));
	buf_clear(&found);
	mem_free(text);
	mem_free(other);
}

/* A store of before stories were kept: what it has is judged when newsd starts. */
static void
test_what_was_there_before_is_judged(void **state)
{
	struct rig r;
	begin(&r, state, 3);
	char *text = article(1, 300), *copy = edited(text, 1, 4), *third = edited(text, 2, 4);
	arrive(&r, 1, T0, text);
	arrive(&r, 2, T0 + 60, copy);
	stop(&r);
	store_fixture_execute(r.x,
	    "DELETE FROM nd_print; DELETE FROM nd_relation; UPDATE nd_article SET story_id = id;"
	    "INSERT INTO nd_arrival (seq, article_id, at, revision)"
	    " SELECT id, id, first_seen, 0 FROM nd_article");
	start(&r);
	arrive(&r, 3, T0 + 70, third);
	assert_sql_text(r.x, STORIES, "1 1 1");
	stop(&r);
	mem_free(text);
	mem_free(copy);
	mem_free(third);
}

/* ---- the same arrivals, the same stories ---- */

enum { ARRIVALS = 240 };

struct stream {
	char *texts[ARRIVALS];
	int links[ARRIVALS], rechecks[ARRIVALS];
};

static uint64_t
random_next(uint64_t *seed)
{
	*seed = *seed * 6364136223846793005u + 1442695040888963407u;
	return *seed >> 33;
}

/* Originals, copies of all kinds near and far in time, word for word the same, and revisions. */
static void
make_stream(struct stream *s)
{
	uint64_t seed = 7;
	for (int i = 0; i < ARRIVALS; i++) {
		int of = i ? (int)(random_next(&seed) % (uint64_t)i) : 0;
		unsigned what = i ? (unsigned)(random_next(&seed) % 8) : 0;
		s->links[i] = i + 1;
		if (what < 3)
			s->texts[i] = article((uint64_t)i + 1, 120);
		else if (what < 5)
			s->texts[i] = edited(s->texts[of], (uint64_t)i, 3 + what * 3);
		else if (what == 5)
			s->texts[i] = cut(s->texts[of], 2);
		else if (what == 6)
			s->texts[i] = mem_strdup(s->texts[of]);
		else {
			s->texts[i] = edited(s->texts[of], (uint64_t)i, 20);
			s->links[i] = s->links[of];
			s->rechecks[i] = 1;
		}
	}
}

static void
clear_stream(struct stream *s)
{
	for (int i = 0; i < ARRIVALS; i++)
		mem_free(s->texts[i]);
}

static void
run_stream(struct rig *r, const struct stream *s, int from, int batch_max, uint64_t *seed)
{
	for (int i = from; i < ARRIVALS;) {
		int batch = 1 + (int)(random_next(seed) % (uint64_t)batch_max);
		for (int k = 0; k < batch && i < ARRIVALS; k++, i++)
			submit(r, s->links[i], T0 + i * 1800, s->texts[i], s->rechecks[i]);
		writer_run(r->writer);
	}
}

/* Everything that was decided, in one text. */
static char *
stories_of(const struct store_fixture *x)
{
	return store_fixture_text(x,
	    "SELECT (SELECT group_concat(id || ':' || story_id || ':' || url, ' ') FROM"
	    " (SELECT * FROM articles ORDER BY id)) || char(10) ||"
	    " (SELECT group_concat(article_id || kind || other_id || ':' || similarity, ' ') FROM"
	    " (SELECT * FROM relations ORDER BY article_id, other_id)) || char(10) ||"
	    " (SELECT group_concat(seq || ':' || story_id || ':' || at, ' ') FROM"
	    " (SELECT * FROM nd_print ORDER BY seq))");
}

/* How many of the stream's arrivals the store has: each ends in one of two ways. */
static int
arrived(const struct store_fixture *x)
{
	return (int)store_fixture_int(x, "SELECT count(*) FROM nd_seen");
}

static uint64_t
wal_size(const struct store_fixture *x)
{
	char path[160];
	struct stat st;
	snprintf(path, sizeof path, "%s-wal", x->path);
	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

/* In a process of its own, run S on until it is killed by writing past ROOM more bytes of the log:
 * in the middle of a commit. Returns 1 when it came to the end. */
static int
run_until_killed(struct store_fixture *x, const struct stream *s, uint64_t room, uint64_t seed)
{
	struct rig r = {.x = x, .feed = 1};
	int status;
	pid_t pid = fork();
	assert_true(pid >= 0);
	if (pid == 0) {
		struct rlimit l = {0, RLIM_INFINITY}, core = {0, 0};
		l.rlim_cur = wal_size(x) + room;
		setrlimit(RLIMIT_CORE, &core);
		int from = arrived(x);
		start(&r);
		signal(SIGXFSZ, SIG_DFL);
		setrlimit(RLIMIT_FSIZE, &l);
		run_stream(&r, s, from, 12, &seed);
		_exit(0); /* without an end in order */
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) ? WTERMSIG(status) == SIGXFSZ : WEXITSTATUS(status) == 0);
	return !WIFSIGNALED(status);
}

static void
test_kills_change_nothing(void **state)
{
	struct stream s = {0};
	struct rig r;
	uint64_t seed = 1;
	make_stream(&s);
	begin(&r, state, ARRIVALS);
	run_stream(&r, &s, 0, 1, &seed); /* one by one, never ended */
	stop(&r);
	char *expected = stories_of(r.x);
	assert_true(store_fixture_int(r.x, "SELECT count(DISTINCT story_id) FROM articles") > 60);
	assert_true(store_fixture_int(r.x, "SELECT count(*) FROM top_stories") > 20);
	assert_true(store_fixture_int(r.x, "SELECT count(*) FROM revisions") > 10);

	void *again = NULL;
	store_fixture_setup(&again);
	begin(&r, &again, ARRIVALS);
	stop(&r);
	/* what has come, counted by the store itself: a link's end, each time */
	store_fixture_execute(r.x,
	    "CREATE TABLE nd_seen (n INTEGER); CREATE TRIGGER nd_see AFTER UPDATE OF outcome ON"
	    " nd_link BEGIN INSERT INTO nd_seen VALUES (1); END");
	int kills = 0;
	while (!run_until_killed(r.x, &s, 30000 + random_next(&seed) % 150000, seed + kills))
		kills++;
	assert_true(kills >= 10);
	struct writer_counters c;
	struct buf findings;
	buf_init(&findings, TEXT_MAX);
	start(&r); /* what the last one left to be judged */
	writer_run(r.writer);
	writer_read_counters(r.writer, &c);
	assert_true(c.stories_ready);
	stop(&r);
	r.x->store = store_fixture_open(r.x->path, STORE_WRITE);
	if (store_check(r.x->store, 1, on_finding, &findings))
		fail_msg("%s", buf_str(&findings));
	buf_clear(&findings);
	store_close(r.x->store);
	r.x->store = NULL;
	char *found = stories_of(r.x);
	assert_string_equal(found, expected);
	print_message("%d kills\n", kills);
	free(found);
	free(expected);
	store_fixture_teardown(&again);
	clear_stream(&s);
}

#define ON_STORE(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_STORE(test_copies_of_one_batch),
	    ON_STORE(test_copy_before_its_original),
	    ON_STORE(test_a_hundred_copies_within_a_minute),
	    ON_STORE(test_revisions_are_changes_of_substance),
	    ON_STORE(test_a_line_learned_since_is_no_revision),
	    ON_STORE(test_what_was_pruned_is_not_new),
	    ON_STORE(test_splits_and_merges_are_remembered),
	    ON_STORE(test_what_was_there_before_is_judged),
	    ON_STORE(test_the_check_knows_of_stories),
	    ON_STORE(test_kills_change_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
