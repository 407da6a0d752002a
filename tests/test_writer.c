/*
 * test_writer: the writer's batches on a real store: what a refused write and a full disk do to
 * them, and a stop in the middle of trouble. The disk is made full by RLIMIT_FSIZE, which fails a
 * write past a size as a full disk does, and by the byte.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <event2/event.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "clock.h"
#include "store_fixture.h"
#include "writer.h"

#define WAIT_MS 20000

struct rig {
	struct store_fixture *x;
	struct event_base *base; /* threaded only */
	struct writer *writer;
	int64_t feed;
	int began, ended; /* words of trouble */
	int handed_back;  /* writes */
	char words[512];  /* of the last trouble */
	int statuses[64]; /* of the writes, in the order in which they came back */
	size_t links[64]; /* of polls: new links */
	char faults[64][512];
};

static void
on_trouble(const struct fault *f, void *arg)
{
	struct rig *r = arg;
	if (f)
		snprintf(r->words, sizeof r->words, "%s", f->text);
	r->began += f != NULL;
	r->ended += f == NULL;
}

static void
on_done(struct write *w, void *arg)
{
	struct rig *r = arg;
	assert_true(r->handed_back < 64);
	r->statuses[r->handed_back] = w->status;
	r->links[r->handed_back] = w->kind == WRITE_POLL ? w->u.poll.result.links_len : 0;
	snprintf(r->faults[r->handed_back], sizeof *r->faults, "%s", w->fault.text);
	r->handed_back++;
}

static void
rig_begin_keeping(struct rig *r, void **state, int threaded, int64_t keep_polls_s)
{
	struct writer_options o = {.commit_interval_ms = 10,
	    .commit_rows = 500,
	    .queue_max = 40,
	    .keep_polls_s = keep_polls_s,
	    .threaded = threaded};
	struct fault f;
	*r = (struct rig){.x = *state};
	r->feed = store_fixture_feed(r->x, "http://paper.test/feed");
	if (threaded)
		assert_non_null(r->base = event_base_new());
	assert_int_equal(writer_new(&r->writer, r->base, r->x->store, &o, &f), 0);
	r->x->store = NULL; /* the writer's now */
	writer_on_trouble(r->writer, on_trouble, r);
}

static void
rig_begin(struct rig *r, void **state, int threaded)
{
	rig_begin_keeping(r, state, threaded, 0);
}

static void
rig_end(struct rig *r)
{
	writer_free(r->writer);
	if (r->base)
		event_base_free(r->base);
}

/* ---- writes ---- */

/* A poll of FEED that brought LINKS links from number FIRST on. */
static void
submit_poll(struct rig *r, int64_t feed, int first, size_t links)
{
	struct write *w = write_new(WRITE_POLL, on_done, r);
	w->reply = reply_new(JOB_FEED);
	w->reply->feed = store_fixture_doc(r->x, "paper.test", first, links);
	w->u.poll.poll = (struct poll){
	    .feed_id = feed, .at = T0, .outcome = POLL_OK, .status = 200, .content = CONTENT_PAGE};
	w->u.poll.cadence = (struct cadence_input){.event = CADENCE_CHANGED,
	    .now = T0,
	    .price = 0.14,
	    .retry_after_s = -1,
	    .max_age_s = -1,
	    .min_s = 600,
	    .max_s = 86400};
	writer_submit(r->writer, w);
}

static void
submit_remove(struct rig *r, int64_t feed)
{
	struct write *w = write_new(WRITE_REMOVE, on_done, r);
	w->u.remove.feed_id = feed;
	writer_submit(r->writer, w);
}

/* ---- the disk ---- */

/* No file may grow beyond SIZE bytes; 0: the disk has room again. */
static void
limit_files(uint64_t size)
{
	struct rlimit l;
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &l), 0);
	l.rlim_cur = size ? size : l.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &l), 0);
}

static uint64_t
wal_size(const struct rig *r)
{
	char path[160];
	struct stat st;
	snprintf(path, sizeof path, "%s-wal", r->x->path);
	return stat(path, &st) ? 0 : (uint64_t)st.st_size;
}

/* ---- tests ---- */

static void
test_batch_is_one_commit(void **state)
{
	struct rig r;
	rig_begin(&r, state, 0);
	submit_poll(&r, r.feed, 1, 3);
	submit_poll(&r, r.feed, 4, 2);
	assert_int_equal(writer_pending(r.writer), 2);
	assert_sql_int(r.x, "SELECT count(*) FROM links", 0);
	assert_int_equal(writer_run(r.writer), 2);
	assert_int_equal(r.handed_back, 2);
	assert_int_equal(r.links[0], 3);
	assert_int_equal(r.links[1], 2);
	assert_sql_int(r.x, "SELECT count(*) FROM links", 5);
	struct writer_counters c;
	writer_read_counters(r.writer, &c);
	assert_int_equal(c.commits, 1);
	assert_int_equal(c.writes, 2);
	assert_int_equal(c.failed, 0);
	assert_int_equal(writer_run(r.writer), 0);
	rig_end(&r);
}

static void
test_room(void **state)
{
	struct rig r;
	rig_begin(&r, state, 0);
	assert_int_equal(writer_room(r.writer), 40);
	for (int i = 0; i < 42; i++) /* what is under way must end: beyond the room it is taken */
		submit_poll(&r, r.feed, i, 1);
	assert_int_equal(writer_room(r.writer), 0);
	assert_int_equal(writer_run(r.writer), 42);
	assert_int_equal(writer_room(r.writer), 40);
	rig_end(&r);
}

static void
test_refused_write_fails_alone(void **state)
{
	struct rig r;
	rig_begin(&r, state, 0);
	submit_poll(&r, r.feed, 1, 3);
	submit_poll(&r, 4711, 50, 3);
	submit_remove(&r, 4712);
	submit_poll(&r, r.feed, 4, 2);
	assert_int_equal(writer_run(r.writer), 4);
	assert_int_equal(r.statuses[0], 0);
	assert_int_equal(r.statuses[1], ERR_NOT_FOUND);
	assert_int_equal(r.statuses[2], ERR_NOT_FOUND);
	assert_int_equal(r.statuses[3], 0);
	assert_non_null(strstr(r.faults[1], "there is no feed 4711"));
	assert_non_null(strstr(r.faults[2], "there is no feed 4712"));
	assert_sql_int(r.x, "SELECT count(*) FROM links", 5);
	assert_sql_int(r.x, "SELECT count(*) FROM polls", 2);
	assert_int_equal(r.began, 0); /* that is no trouble of the store */
	struct writer_counters c;
	writer_read_counters(r.writer, &c);
	assert_int_equal(c.failed, 2);
	rig_end(&r);
}

static void
test_full_disk_holds_back_and_recovers(void **state)
{
	struct rig r;
	struct writer_counters c;
	rig_begin(&r, state, 0);
	submit_poll(&r, r.feed, 1, 3);
	submit_poll(&r, r.feed, 4, 2);
	limit_files(4096);
	for (int i = 0; i < 3; i++) { /* every try but the first is silent */
		assert_int_equal(writer_run(r.writer), 0);
		assert_int_equal(r.began, 1);
	}
	writer_read_counters(r.writer, &c);
	limit_files(0);
	assert_non_null(strstr(r.words, "store /"));
	assert_string_equal(c.trouble, r.words);
	assert_int_equal(c.commits, 0);
	assert_int_equal(r.handed_back, 0);
	assert_int_equal(writer_pending(r.writer), 2);
	assert_sql_int(r.x, "SELECT count(*) FROM links", 0);

	submit_poll(&r, r.feed, 6, 1); /* behind those that wait */
	assert_int_equal(writer_run(r.writer), 3);
	assert_int_equal(r.ended, 1);
	assert_int_equal(r.began, 1);
	for (int i = 0; i < 3; i++)
		assert_int_equal(r.statuses[i], 0);
	assert_int_equal(r.links[0], 3);
	assert_int_equal(r.links[2], 1);
	assert_sql_int(r.x, "SELECT count(*) FROM links", 6);
	assert_sql_int(r.x, "SELECT count(*) FROM polls", 3);
	writer_read_counters(r.writer, &c);
	assert_string_equal(c.trouble, "");
	rig_end(&r);
}

/* The disk fills up between the writes of a batch that had to be taken apart: what was committed by
 * then is not done twice. */
static void
test_full_disk_in_a_batch_taken_apart(void **state)
{
	struct rig r;
	rig_begin(&r, state, 0);
	submit_poll(&r, r.feed, 1000, 1);
	assert_int_equal(writer_run(r.writer), 1); /* so that the WAL has its size */
	submit_poll(&r, r.feed, 1, 3);
	submit_poll(&r, 4711, 50, 3);
	submit_poll(&r, r.feed, 2000, 2500);
	limit_files(wal_size(&r) + 200000);
	assert_int_equal(writer_run(r.writer), 0);
	limit_files(0);
	assert_int_equal(r.began, 1);
	assert_sql_int(r.x, "SELECT count(*) FROM links", 4); /* the first one is there */
	assert_int_equal(writer_run(r.writer), 3);
	assert_int_equal(r.statuses[1], 0);
	assert_int_equal(r.links[1], 3); /* and tells of its links, or they would not be fetched */
	assert_int_equal(r.statuses[2], ERR_NOT_FOUND);
	assert_int_equal(r.statuses[3], 0);
	assert_int_equal(r.links[3], 2500);
	assert_sql_int(r.x, "SELECT count(*) FROM polls", 3);
	assert_sql_int(r.x, "SELECT count(*) FROM links", 2504);
	rig_end(&r);
}

/* Old polls go while new ones come, a bounded slice after each batch. */
static void
test_polls_are_pruned_under_load(void **state)
{
	struct store_fixture *x = *state;
	struct poll_result result;
	struct rig r;
	int64_t feed = store_fixture_feed(x, "http://old.test/feed");
	assert_int_equal(store_begin(x->store), 0);
	for (int i = 0; i < 2500; i++)
		assert_int_equal(store_fixture_poll(x, feed, T0 - 90000 + i, NULL, &result), 0);
	assert_int_equal(store_commit(x->store), 0);
	clock_fake_start((T0 + 10) * 1000);
	rig_begin_keeping(&r, state, 0, 3600);
	static const int64_t left[] = {1501, 502, 3, 4};
	for (int i = 0; i < 4; i++) {
		submit_poll(&r, r.feed, i, 1);
		assert_int_equal(writer_run(r.writer), 1);
		assert_sql_int(x, "SELECT count(*) FROM polls", left[i]);
	}
	clock_fake_advance(3000 * 1000); /* within the hour it does not look again */
	store_fixture_execute(x, "UPDATE nd_poll SET at = at - 3600 WHERE id < 2503");
	submit_poll(&r, r.feed, 5, 1);
	assert_int_equal(writer_run(r.writer), 1);
	assert_sql_int(x, "SELECT count(*) FROM polls", 5);
	clock_fake_advance(700 * 1000); /* by now all are old, and the newest one stays */
	submit_poll(&r, r.feed, 6, 1);
	assert_int_equal(writer_run(r.writer), 1);
	assert_sql_int(x, "SELECT count(*) FROM polls", 1);
	clock_fake_stop();
	rig_end(&r);
}

/* Write COUNT polls with 30 links each, one a batch, without a pause; returns the largest size that
 * the log had. */
static uint64_t
write_without_pause(struct rig *r, int count, int *first)
{
	uint64_t most = 0;
	for (int i = 0; i < count; i++, *first += 30) {
		r->handed_back = 0;
		submit_poll(r, r->feed, *first, 30);
		assert_int_equal(writer_run(r->writer), 1);
		assert_int_equal(r->statuses[0], 0);
		uint64_t size = wal_size(r);
		most = size > most ? size : most;
	}
	return most;
}

#define LOG_SIZE_MAX ((uint64_t)64 << 20)

/* Many small commits without an idle moment write much more to the log than their rows are. */
static void
test_the_log_stays_small_under_load(void **state)
{
	struct rig r;
	int first = 0;
	rig_begin(&r, state, 0);
	assert_true(write_without_pause(&r, 500, &first) < LOG_SIZE_MAX);
	rig_end(&r);
}

/* A reader who stays keeps the log from being begun anew; when it has gone, it becomes small. */
static void
test_the_log_becomes_small_after_a_long_reader(void **state)
{
	struct rig r;
	int first = 0;
	rig_begin(&r, state, 0);
	write_without_pause(&r, 1, &first);
	struct store *reader = store_fixture_open(r.x->path, STORE_READ);
	sqlite3 *db = NULL;
	assert_int_equal(sqlite3_open_v2(r.x->path, &db, SQLITE_OPEN_READONLY, NULL), SQLITE_OK);
	assert_int_equal(
	    sqlite3_exec(db, "BEGIN; SELECT count(*) FROM links;", NULL, NULL, NULL), SQLITE_OK);
	assert_true(write_without_pause(&r, 250, &first) > LOG_SIZE_MAX);
	sqlite3_close(db);
	write_without_pause(&r, 60, &first);
	assert_true(wal_size(&r) <= LOG_SIZE_MAX);
	assert_int_equal(store_check(reader, 1, NULL, NULL), 0);
	store_close(reader);
	rig_end(&r);
}

/* ---- with the thread ---- */

static void
turn_until(struct rig *r, const int *count, int value)
{
	int64_t end = clock_mono_ms() + WAIT_MS;
	while (*count < value) {
		struct timeval soon = {0, 100000};
		assert_true(clock_mono_ms() < end);
		event_base_loopexit(r->base, &soon);
		event_base_loop(r->base, EVLOOP_ONCE);
	}
}

static void
test_thread_hands_back_in_order(void **state)
{
	struct rig r;
	rig_begin(&r, state, 1);
	for (int i = 0; i < 30; i++)
		submit_poll(&r, r.feed, i * 10, (size_t)i % 7 + 1);
	turn_until(&r, &r.handed_back, 30);
	for (int i = 0; i < 30; i++) {
		assert_int_equal(r.statuses[i], 0);
		assert_int_equal(r.links[i], i % 7 + 1);
	}
	assert_int_equal(writer_pending(r.writer), 0);
	rig_end(&r);
	assert_sql_int((struct store_fixture *)*state, "SELECT count(*) FROM polls", 30);
}

/* To stop means: write what waits first. */
static void
test_stop_writes_what_waits(void **state)
{
	struct rig r;
	rig_begin(&r, state, 1);
	for (int i = 0; i < 10; i++)
		submit_poll(&r, r.feed, i * 10, 2);
	rig_end(&r);
	assert_int_equal(r.handed_back, 10);
	for (int i = 0; i < 10; i++)
		assert_int_equal(r.statuses[i], 0);
	assert_sql_int((struct store_fixture *)*state, "SELECT count(*) FROM links", 20);
}

/* In trouble it does not wait for better times: what is open fails, is done again after the next
 * start, and nothing of it is half there. */
static void
test_stop_in_trouble(void **state)
{
	struct rig r;
	rig_begin(&r, state, 1);
	limit_files(4096);
	submit_poll(&r, r.feed, 1, 3);
	submit_poll(&r, r.feed, 4, 2);
	turn_until(&r, &r.began, 1);
	int64_t begin = clock_mono_ms();
	rig_end(&r);
	limit_files(0);
	assert_true(clock_mono_ms() - begin < 1500); /* less than the pause between two tries */
	for (int i = 0; i < r.handed_back; i++)
		assert_true(r.statuses[i] < 0);
	struct store_fixture *x = *state;
	x->store = store_fixture_open(x->path, STORE_WRITE);
	assert_int_equal(store_check(x->store, 1, NULL, NULL), 0);
	assert_sql_int(x, "SELECT count(*) FROM links", 0);
	assert_sql_int(x, "SELECT count(*) FROM feeds", 1);
}

#define ON_STORE(test)                                                                             \
	cmocka_unit_test_setup_teardown(test, store_fixture_setup, store_fixture_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    ON_STORE(test_batch_is_one_commit),
	    ON_STORE(test_room),
	    ON_STORE(test_refused_write_fails_alone),
	    ON_STORE(test_full_disk_holds_back_and_recovers),
	    ON_STORE(test_full_disk_in_a_batch_taken_apart),
	    ON_STORE(test_polls_are_pruned_under_load),
	    ON_STORE(test_the_log_stays_small_under_load),
	    ON_STORE(test_the_log_becomes_small_after_a_long_reader),
	    ON_STORE(test_thread_hands_back_in_order),
	    ON_STORE(test_stop_writes_what_waits),
	    ON_STORE(test_stop_in_trouble),
	};
	signal(SIGXFSZ, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
