/*
 * story_store: what stories cost in the store: an article's commit, its judging and what that
 * writes and keeps; and how long the index takes to be read at a start.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "../daemon/writer/judge.h"
#include "../tests/prose.h"
#include "buf.h"
#include "clock.h"
#include "figures.h"
#include "mem.h"
#include "rig.h"
#include "scale.h"
#include "store.h"

#define START       INT64_C(1790000000)
#define BATCH_ROWS  500u
#define TEXT_MAX    ((size_t)1 << 20)
#define COPY_ONE_IN 4u /* arrivals, one is an edited copy */
#define LAG         50u

static struct store *
open_store(const char *path)
{
	struct store_options so = {.path = path, .mode = STORE_WRITE, .synchronous = SYNC_NORMAL};
	struct store *s;
	struct fault f;
	if (store_open(&s, &so, &f))
		die("%s", f.text);
	return s;
}

/* The one link that all articles are said to be of: what links cost is told by `store`. */
static void
put_link(struct store *s)
{
	struct item item = {.title = (char *)"One",
	    .link = (char *)"http://one.example/1",
	    .canonical = (char *)"http://one.example/1",
	    .fetch = (char *)"http://one.example/1",
	    .key = 1};
	struct feed_doc doc = {.format = "rss20", .items = &item, .items_len = 1, .items_hash = 1};
	struct poll p = {.feed_id = 1, .at = START, .outcome = POLL_OK, .status = 200, .doc = &doc};
	struct poll_result r;
	if (store_put_poll(s, &p, &r))
		die("%s", store_fault(s)->text);
	arena_clear(&r.arena);
}

static void
make_text(struct buf *out, struct buf *base, unsigned i)
{
	out->len = base->len = 0;
	unsigned original = i > LAG && i % COPY_ONE_IN == 0 ? i - LAG + 1 : i;
	prose_article(base, original, 150 + original % 500);
	if (original == i)
		buf_add(out, base->data, base->len);
	else
		prose_edit(out, buf_str(base), i, 5);
}

static void
put_article(struct store *s, const char *text, unsigned i)
{
	char url[64];
	int64_t id;
	snprintf(url, sizeof url, "http://site%u.example/%u", i % 200, i);
	struct article a = {
	    .url = url, .title = url, .text = (char *)text, .verdict = VERDICT_FULL};
	signature_text(text, a.text_hash, &a.tokens);
	if (store_put_article(s, &a, 1, 1, BODY_PAGE, START + i * 30, 0, &id))
		die("%s", store_fault(s)->text);
}

/* One number that SQL gives on the store at PATH. */
static double
ask(const char *path, const char *sql)
{
	sqlite3 *db = NULL;
	sqlite3_stmt *st = NULL;
	double value = 0;
	if (sqlite3_open_v2(path, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(db, sql, -1, &st, NULL) || sqlite3_step(st) != SQLITE_ROW)
		die("%s: %s", sql, sqlite3_errmsg(db));
	value = sqlite3_column_double(st, 0);
	sqlite3_finalize(st);
	sqlite3_close(db);
	return value;
}

static int64_t
wal_bytes(const char *path)
{
	struct stat st;
	char *wal = mem_printf("%s-wal", path);
	int64_t size = stat(wal, &st) ? 0 : (int64_t)st.st_size;
	mem_free(wal);
	return size;
}

static void
judge_all(struct judge *j, struct store *s)
{
	int more = 1;
	while (more)
		if (judge_step(j, &more))
			die("%s", store_fault(s)->text);
}

static void
commit_and_judge(const char *path, unsigned articles)
{
	struct store *s = open_store(path);
	struct judge *j = judge_new(s, &(struct story_options){0});
	struct buf text, base;
	int64_t committing = 0, judging = 0, written = 0;
	buf_init(&text, TEXT_MAX);
	buf_init(&base, TEXT_MAX);
	put_link(s);
	for (unsigned i = 0; i < articles;) {
		if (store_begin(s))
			die("%s", store_fault(s)->text);
		for (unsigned k = 0; k < BATCH_ROWS && i < articles; k++, i++) {
			make_text(&text, &base, i);
			int64_t before = cpu_thread_us();
			put_article(s, buf_str(&text), i);
			committing += cpu_thread_us() - before;
		}
		int64_t before = cpu_thread_us(), wal;
		if (store_commit(s))
			die("%s", store_fault(s)->text);
		int64_t after = cpu_thread_us();
		committing += after - before;
		wal = wal_bytes(path);
		judge_all(j, s);
		judging += cpu_thread_us() - after;
		written += wal_bytes(path) - wal;
	}
	judge_free(j);
	store_close(s);
	double n = articles;
	printf("\nstories in the store, %u articles, %u a batch, one in %u a copy\n", articles,
	    BATCH_ROWS, COPY_ONE_IN);
	printf("  an article's commit %27.1f us\n  judging it, with its commit %19.1f us\n",
	    (double)committing / n, (double)judging / n);
	printf("  written by judging %28.0f B\n", (double)written / n);
	printf("  keys kept %37.0f B\n",
	    ask(path, "SELECT sum(pgsize) FROM dbstat WHERE name = 'nd_print'") / n);
	printf("  relations kept %32.0f B\n",
	    ask(path, "SELECT sum(pgsize) FROM dbstat WHERE name = 'nd_relation'") / n);
	printf("  copies found %34.3f\n",
	    ask(path, "SELECT count(*) FROM nd_article WHERE story_id <> id") /
		((n - LAG) / COPY_ONE_IN));
	buf_clear(&text);
	buf_clear(&base);
}

/* Keys that no two articles share, but for copies. */
static size_t
make_blob(uint8_t *blob, uint64_t article)
{
	struct signature s = {.keys_len = 30, .lines_len = SIGNATURE_LINES_MAX};
	uint64_t h = (article + 1) * UINT64_C(0x9e3779b97f4a7c15);
	for (unsigned i = 0; i < s.keys_len; i++) {
		h = (h ^ h >> 32) * UINT64_C(0xd6e8feb86659fd93) + i;
		s.keys[i] = h >> 24;
	}
	for (unsigned i = 0; i < s.lines_len; i++)
		s.lines[i] = i < 2 ? i : (uint32_t)(h >> i);
	return signature_pack(&s, blob);
}

static void
read_index(const char *path, unsigned prints)
{
	struct store *s = open_store(path);
	struct story_options o = {.memory_max = (size_t)4 << 30};
	uint8_t blob[SIGNATURE_BLOB_MAX];
	struct story_figures f;
	int64_t start_at = START;
	if (store_begin(s))
		die("%s", store_fault(s)->text);
	for (unsigned i = 0; i < prints; i++) {
		unsigned of = i > LAG && i % COPY_ONE_IN == 0 ? i - LAG + 1 : i;
		struct story_print p = {.seq = i + 1,
		    .article_id = i + 1,
		    .story_id = of + 1,
		    .site = i % 2000,
		    .at = start_at + (int64_t)i * STORY_WINDOW_S / prints,
		    .signature = blob,
		    .signature_len = make_blob(blob, of)};
		if (store_put_print(s, &p))
			die("%s", store_fault(s)->text);
	}
	if (store_commit(s))
		die("%s", store_fault(s)->text);
	store_close(s);
	s = open_store(path);
	struct judge *j = judge_new(s, &o);
	int64_t cpu = cpu_thread_us(), wall = clock_mono_ms(), slowest = 0;
	while (!judge_is_ready(j)) {
		int more;
		int64_t before = clock_mono_ms();
		if (judge_step(j, &more))
			die("%s", store_fault(s)->text);
		if (clock_mono_ms() - before > slowest)
			slowest = clock_mono_ms() - before;
	}
	judge_measure(j, &f);
	printf("\nthe index read at a start, %u articles: %.2f s of CPU, %.2f s; longest step "
	       "%lld ms; %.0f B each\n",
	    prints, (double)(cpu_thread_us() - cpu) / 1e6, (double)(clock_mono_ms() - wall) / 1e3,
	    (long long)slowest, (double)f.bytes / (double)f.articles);
	judge_free(j);
	store_close(s);
}

void
bench_story_store(const struct scale *scale)
{
	struct upstream nobody = {.port = 8080};
	struct rig_options o = {.feeds = 1, .path = "/feed"};
	char *dir = scratch_make(), *one = mem_printf("%s/one.db", dir),
	     *other = mem_printf("%s/other.db", dir);
	scratch_store(one, &nobody, &o);
	scratch_store(other, &nobody, &o);
	commit_and_judge(one, scale->rows);
	read_index(other, scale->decisions);
	mem_free(one);
	mem_free(other);
	scratch_remove(dir);
}
