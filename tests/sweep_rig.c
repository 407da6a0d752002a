/* sweep_rig: see tests/sweep_rig.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include "sweep_rig.h"

#include <cmocka.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "e2e_rig.h"
#include "fault_rig.h"
#include "mem.h"
#include "outcome.h"
#include "store.h"

#define COPY_MAX ((size_t)1 << 16)

struct sweep_stage sweep_stages[SWEEP_STAGES];
const char *const sweep_finding_words[FOUND_KINDS] = {
    [FOUND_LOST] = "lost",
    [FOUND_DOUBLE] = "double",
    [FOUND_UNSOUND] = "unsound",
    [FOUND_DIFFERENT] = "different",
    [FOUND_STUCK] = "stuck",
    [FOUND_UNEXPLAINED] = "unexplained",
};
static struct faults *shared; /* with the struck newsd */

__attribute__((format(printf, 3, 4))) static void
find(struct sweep_result *r, enum sweep_finding what, const char *fmt, ...)
{
	va_list words;
	if (!r->found[what]++ && !*r->why) {
		int n = snprintf(r->why, sizeof r->why, "%s: ", sweep_finding_words[what]);
		va_start(words, fmt);
		vsnprintf(r->why + n, sizeof r->why - (size_t)n, fmt, words);
		va_end(words);
	}
}

int
sweep_is_clean(const struct sweep_result *r)
{
	return !*r->why;
}

/* ---- the store's files ---- */

static const char *const suffixes[] = {"", "-wal"};

static void
copy_file(const char *from, const char *to)
{
	static char part[COPY_MAX];
	int in = open(from, O_RDONLY | O_CLOEXEC);
	if (in < 0)
		return;
	int out = open(to, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0640);
	assert_true(out >= 0);
	ssize_t n;
	while ((n = read(in, part, sizeof part)) > 0)
		assert_int_equal(write(out, part, (size_t)n), n);
	close(in);
	close(out);
}

static void
copy_store(const char *from, const char *to)
{
	for (size_t i = 0; i < sizeof suffixes / sizeof *suffixes; i++) {
		char *a = mem_printf("%s%s", from, suffixes[i]);
		char *b = mem_printf("%s%s", to, suffixes[i]);
		copy_file(a, b);
		mem_free(a);
		mem_free(b);
	}
}

void
sweep_restore(int stage)
{
	e2e_fresh(NULL);
	unlink(e2e.said);
	e2e_feeds("1 /feed/stream/1", "2 /feed/stream/2", "3 /feed/stream/3", "1 /feed/full",
	    "2 /feed/atom", "5 /feed/json", NULL);
	e2e.site.site->phase = stage;
	e2e.site.site->seen_len = 0;
	if (sweep_stages[stage].snapshot)
		copy_store(sweep_stages[stage].snapshot, e2e.store);
}

/* ---- what there is ---- */

char *
sweep_content(void)
{
	static const char *const parts[] = {
	    /* links, what became of them, and the texts */
	    "SELECT group_concat(line, char(10)) FROM (SELECT l.url || ' ' || l.outcome || ' ' ||"
	    " coalesce(a.body, '-') AS line FROM links l LEFT JOIN articles a ON a.id ="
	    " l.article_id ORDER BY l.url)",
	    "SELECT group_concat(line, char(10)) FROM (SELECT feed || ' ' || url AS line FROM"
	    " sightings ORDER BY feed, url)",
	    /* earlier texts */
	    "SELECT group_concat(line, char(10)) FROM (SELECT a.url || ' ' || r.body AS line FROM"
	    " revisions r JOIN articles a ON a.id = r.article_id ORDER BY 1)",
	    /* which articles are one story, whichever of them leads it */
	    "SELECT group_concat(urls, char(10)) FROM (SELECT group_concat(url, ' ') AS urls FROM"
	    " (SELECT story_id, url FROM nd_article ORDER BY story_id, url) GROUP BY story_id"
	    " ORDER BY urls)",
	};
	struct buf b;
	buf_init(&b, SIZE_MAX / 4);
	for (size_t i = 0; i < sizeof parts / sizeof *parts; i++) {
		char *text = e2e_text(parts[i]);
		buf_printf(&b, "%s\n\n", text);
		mem_free(text);
	}
	char *all = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return all;
}

static void
expect_content(struct sweep_result *r, const char *expected)
{
	char *content = sweep_content();
	size_t at = 0;
	while (content[at] && content[at] == expected[at])
		at++;
	if (content[at] || expected[at])
		find(r, FOUND_DIFFERENT, "at byte %zu \"%.60s\", not \"%.60s\"", at, content + at,
		    expected + at);
	mem_free(content);
}

static void
on_finding(const char *sentence, void *arg)
{
	find(arg, FOUND_UNSOUND, "%s", sentence);
}

/* All that newsd itself can tell of a store's soundness. Returns 0: there is no whole store yet. */
static int
expect_sound(struct sweep_result *r)
{
	struct store_options o = {.path = e2e.store, .mode = STORE_READ};
	struct store *s;
	struct fault f;
	int status = store_open(&s, &o, &f);
	/* READONLY: newsd died while it made the file, and only a writer can undo that */
	if (status == ERR_VERSION || status == ERR_NOT_FOUND || status == ERR_READONLY)
		return 0;
	if (status) {
		find(r, FOUND_UNSOUND, "%s", f.text);
		return 0;
	}
	status = store_check(s, 1, on_finding, r);
	if (status && status != ERR_CORRUPT)
		find(r, FOUND_UNSOUND, "%s", store_fault(s)->text);
	store_close(s);
	return 1;
}

/* ---- what was told ---- */

/* The number after " NAME=" in LINE; 0 none. */
static int64_t
number_in(const char *line, const char *name)
{
	const char *at = strstr(line, name);
	return at ? strtoll(at + strlen(name), NULL, 10) : 0;
}

static int
outcome_in(const char *line, char out[24])
{
	const char *at = strstr(line, " outcome=");
	snprintf(out, 24, "%.*s", at ? (int)strcspn(at + 9, " ") : 0, at ? at + 9 : "");
	return at != NULL;
}

/* Call CB for each line of the log that tells the end of a link. Returns how many there are. */
static size_t
each_told(void (*cb)(int64_t link, const char *outcome, void *arg), void *arg)
{
	char *text = e2e_read(e2e.log), *rest = text, *line, outcome[24];
	size_t n = 0;
	while ((line = strsep(&rest, "\n"))) {
		int64_t link = number_in(line, " link_id=");
		if (!rest || !link || !strstr(line, " outcome ") || !outcome_in(line, outcome))
			continue;
		n++;
		if (cb)
			cb(link, outcome, arg);
	}
	mem_free(text);
	return n;
}

struct told {
	struct sweep_result *result;
	sqlite3_stmt *ask;
	struct buf stored; /* " ID " of each link that was told to be stored */
};

static void
expect_there(int64_t link, const char *outcome, void *arg)
{
	struct told *t = arg;
	sqlite3_bind_int64(t->ask, 1, link);
	const char *is = sqlite3_step(t->ask) == SQLITE_ROW
			     ? (const char *)sqlite3_column_text(t->ask, 0)
			     : "not there";
	if (strcmp(is, outcome) != 0)
		find(t->result, FOUND_LOST, "link %lld was told %s and is %s", (long long)link,
		    outcome, is);
	sqlite3_reset(t->ask);
}

/* What was told must be in the store as it lies there now. */
static void
expect_kept(struct sweep_result *r, int is_whole)
{
	struct told t = {.result = r};
	sqlite3 *db;
	if (!is_whole) {
		if (each_told(NULL, NULL))
			find(r, FOUND_LOST, "outcomes were told and there is no store");
		return;
	}
	if (sqlite3_open_v2(e2e.store, &db, SQLITE_OPEN_READONLY, NULL) ||
	    sqlite3_prepare_v2(db,
		"SELECT l.outcome FROM links l LEFT JOIN articles a ON a.id = l.article_id WHERE"
		" l.id = ? AND (l.article_id IS NULL OR a.body IS NOT NULL)",
		-1, &t.ask, NULL))
		find(r, FOUND_UNSOUND, "the store can't be read: %s", sqlite3_errmsg(db));
	else
		each_told(expect_there, &t);
	sqlite3_finalize(t.ask);
	sqlite3_close(db);
}

static void
expect_new(int64_t link, const char *outcome, void *arg)
{
	struct told *t = arg;
	char id[32];
	if (strcmp(outcome, outcome_name(OUTCOME_STORED)) != 0)
		return;
	snprintf(id, sizeof id, " %lld ", (long long)link);
	if (strstr(buf_str(&t->stored), id))
		find(t->result, FOUND_DOUBLE, "link %lld was told stored twice", (long long)link);
	buf_add_str(&t->stored, id);
}

static void
expect_single(struct sweep_result *r)
{
	struct told t = {.result = r};
	buf_init(&t.stored, SIZE_MAX / 4);
	each_told(expect_new, &t);
	buf_clear(&t.stored);
	int64_t n = e2e_int(
	    "SELECT count(*) FROM (SELECT 1 FROM articles GROUP BY url HAVING count(*) > 1)");
	if (n)
		find(r, FOUND_DOUBLE, "%lld URLs have two articles", (long long)n);
}

/* ---- running and striking ---- */

/* Does the store stay sick, so that an operator would stop newsd? */
static int
wants_stop(const struct sweep_blow *blow)
{
	return blow->act >= FAULT_ERROR && blow->times == FAULTS_FOR_ALL &&
	       e2e_logged(" store_trouble ") > 0;
}

int
sweep_run(const struct sweep_blow *blow, struct sweep_result *r)
{
	fault_rig_begin(e2e.store);
	shared->act = (int)blow->act;
	shared->error = blow->error;
	shared->times = blow->times;
	shared->at = blow->at;
	e2e_begin("--once");
	fault_rig_end();
	int status, stopping = 0;
	int64_t begun = clock_mono_ms();
	while (waitpid(e2e.pid, &status, WNOHANG) != e2e.pid) {
		int64_t ms = clock_mono_ms() - begun;
		if (blow->kill_ms && ms >= blow->kill_ms) {
			status = e2e_stop(SIGKILL);
			r->struck = status > 128; /* else it has just ended by itself */
			return status;
		}
		if (!stopping && wants_stop(blow))
			stopping = kill(e2e.pid, SIGTERM) == 0;
		if (ms > E2E_WAIT_MS) {
			r->struck = shared->struck > 0;
			find(r, FOUND_STUCK, "the struck run did not end%s",
			    stopping ? " by SIGTERM" : "");
			return e2e_stop(SIGKILL);
		}
		e2e_pause();
	}
	e2e.pid = 0;
	r->struck = shared->struck > 0;
	r->kind = shared->struck_kind;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Whatever ends otherwise than well says why, and names the store. */
static int
is_explained(void)
{
	char *said = e2e_read(e2e.said), *log = e2e_read(e2e.log);
	int yes =
	    strstr(said, e2e.store) || strstr(log, " error ") || strstr(said, "out of memory");
	mem_free(said);
	mem_free(log);
	return yes;
}

static void
expect_end(struct sweep_result *r, const struct sweep_blow *blow)
{
	int killed = blow->act <= FAULT_KILL_TORN;
	if (r->found[FOUND_STUCK])
		return;
	if (killed && r->status != (r->struck ? 128 + SIGKILL : 0))
		find(r, FOUND_UNEXPLAINED, "status %d", r->status);
	if (!killed && r->status > 128 &&
	    !(blow->act == FAULT_NO_MEMORY && r->status == 128 + SIGABRT))
		find(r, FOUND_UNEXPLAINED, "killed by signal %d", r->status - 128);
	if (!killed && r->status && !is_explained())
		find(r, FOUND_UNEXPLAINED, "status %d without a word of the store", r->status);
}

void
sweep_strike(const struct sweep_blow *blow, struct sweep_result *r)
{
	struct ran ran;
	*r = (struct sweep_result){0};
	sweep_restore(blow->stage);
	r->status = sweep_run(blow, r);
	expect_end(r, blow);
	expect_kept(r, expect_sound(r));
	e2e_newsd(&ran, "--once", NULL);
	if (ran.status)
		find(r, FOUND_UNEXPLAINED, "the next start ended with %d: %.100s", ran.status,
		    ran.err);
	ran_clear(&ran);
	expect_kept(r, expect_sound(r));
	expect_single(r);
	expect_content(r, sweep_stages[blow->stage].truth);
}

/* ---- the undisturbed run ---- */

static void
learn_stage(int stage)
{
	struct sweep_stage *s = &sweep_stages[stage];
	struct sweep_blow none = {.stage = stage};
	struct sweep_result r = {0};
	sweep_restore(stage);
	int64_t begun = clock_mono_ms();
	r.status = sweep_run(&none, &r);
	s->ms = clock_mono_ms() - begun;
	s->calls = shared->calls;
	s->reads = shared->reads;
	s->allocations = shared->allocations;
	memcpy(s->of_kind, shared->of_kind, sizeof s->of_kind);
	expect_kept(&r, expect_sound(&r));
	expect_single(&r);
	s->truth = sweep_content();
	s->told = each_told(NULL, NULL);
	if (r.status || *r.why)
		fail_msg("undisturbed: status %d, %s", r.status, r.why);
	if (stage + 1 < SWEEP_STAGES) {
		sweep_stages[stage + 1].snapshot = mem_printf("%s/stage%d.db", e2e.dir, stage + 1);
		copy_store(e2e.store, sweep_stages[stage + 1].snapshot);
	}
}

/* A run that nobody disturbs agrees with another: else nothing could be learnt from one that was.
 */
static void
learn_again(int stage)
{
	struct sweep_blow none = {.stage = stage};
	struct sweep_result r;
	sweep_strike(&none, &r);
	if (!sweep_is_clean(&r))
		fail_msg("two undisturbed runs of stage %d: %s", stage, r.why);
}

int
sweep_is_possible(void)
{
	return shared != NULL;
}

int
sweep_setup(void **state)
{
	if (e2e_setup(state))
		return -1;
	shared = fault_rig_open(e2e.dir);
	if (!shared)
		return 0;
	for (int i = 0; i < SWEEP_STAGES; i++)
		learn_stage(i);
	for (int i = 0; i < SWEEP_STAGES; i++)
		learn_again(i);
	return 0;
}

int
sweep_teardown(void **state)
{
	for (int i = 0; i < SWEEP_STAGES; i++) {
		mem_free(sweep_stages[i].snapshot);
		mem_free(sweep_stages[i].truth);
		sweep_stages[i] = (struct sweep_stage){0};
	}
	fault_rig_close();
	shared = NULL;
	return e2e_teardown(state);
}
