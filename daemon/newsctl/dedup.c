/*
 * newsctl dedup: stories in a stream, as newsd judges them: one JSON article a line in, in order of
 * arrival, one JSON decision a line out, in the same order. Owns the window of articles: their
 * texts in a temporary file (spool), the index in stories. Never touches the network; reads a store
 * only when one is given, for what is known already (known).
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <json-c/json.h>
#include <signal.h>
#include <string.h>

#include "clock.h"
#include "date.h"
#include "known.h"
#include "signature.h"
#include "spool.h"
#include "stories.h"
#include "url.h"

#define WINDOW_DAYS_MAX 3650
#define MEMORY_MB_MAX   (1 << 20)

struct dedup {
	struct ctl_lines lines;
	struct spool spool;
	struct stories *stories;
	struct store *store; /* what was there before the stream; NULL: nothing */
	int failed;          /* of the temporary file, or the store: stop */
};

/* An article of the input. Strings are borrowed from its line. */
struct arrival {
	struct json_object *id;
	const char *text, *canonical; /* its URL; NULL: none */
	struct story_article as;
	struct spooled record;
	uint32_t tokens;
	struct signature signature;
	struct arena arena;
};

/* What is answered. */
struct answer {
	int64_t story, of;
	enum story_kind kind; /* 0: a new story */
	double similarity;
	const struct story_decision *decision; /* of a near text, else NULL */
};

/* ---- the articles ---- */

static int
load(void *arg, int64_t id, struct arena *arena, struct story_article *out)
{
	struct dedup *d = arg;
	const struct spooled *a = spool_get(&d->spool, id);
	struct spool_strings strings;
	if (id < 0)
		return known_load(d->store, id, arena, out, NULL);
	int status = spool_read(&d->spool, id, arena, &strings);
	if (!status)
		*out = (struct story_article){.text = strings.text,
		    .site = strings.site,
		    .published = a->published,
		    .at = a->at};
	return status;
}

/* A time as a number of seconds or as a date in words; 0 when there is none that can be read. */
static int64_t
get_time(struct json_object *o, const char *key)
{
	struct json_object *value = NULL;
	struct date date;
	if (!json_object_object_get_ex(o, key, &value) || !value)
		return 0;
	if (json_object_is_type(value, json_type_int) ||
	    json_object_is_type(value, json_type_double))
		return json_object_get_int64(value);
	if (json_object_is_type(value, json_type_string) &&
	    date_parse(json_object_get_string(value), &date) == 0)
		return date.utc;
	return 0;
}

/* The host of URL, which is the site when none is named; "" when it has none. */
static const char *
host_of(struct arena *arena, const char *url)
{
	struct url_parts parts;
	if (!url || url_split(url, &parts) != 0)
		return "";
	return arena_strndup(arena, parts.host, parts.host_len);
}

static int
get_arrival(struct arrival *a, struct json_object *o, struct fault *f)
{
	const char *url, *site;
	if (ctl_member_text(o, "url", &url, f) != 0 || ctl_member_text(o, "site", &site, f) != 0 ||
	    ctl_member_text(o, "text", &a->text, f) != 0)
		return f->code;
	if (!a->text)
		return fault_set(f, ERR_INPUT, "no text");
	int64_t at = get_time(o, "at");
	a->as = (struct story_article){
	    .text = a->text,
	    .site = site ? site : host_of(&a->arena, url),
	    .published = get_time(o, "published"),
	    .at = at > 0 ? at : clock_now(),
	};
	a->record.published = a->as.published;
	a->record.at = a->as.at;
	a->canonical = url ? url_canonical(&a->arena, url) : NULL;
	if (url && *url)
		a->record.url = hash64_str(a->canonical ? a->canonical : url);
	signature_text(a->text, a->record.text_hash, &a->tokens);
	if (a->tokens < SIGNATURE_TOKENS_MIN)
		memset(a->record.text_hash, 0, sizeof a->record.text_hash);
	signature_of_text(&a->signature, a->text);
	return 0;
}

/* ---- judging ---- */

/* The text of the page that is article NUMBER again: unchanged, or a revision of it. */
static int
judge_again(struct dedup *d, const struct arrival *a, int64_t number, struct answer *answer)
{
	struct arena arena = {0};
	struct story_article before;
	struct story_change change;
	int status = load(d, number, &arena, &before);
	if (!status) {
		int changed = stories_compare_revision(before.text, a->text, &change);
		uint32_t old = change.kept + change.removed, new = change.kept + change.added;
		uint32_t shorter = old < new ? old : new;
		answer->kind = changed ? STORY_KIND_REVISION : STORY_KIND_EXACT;
		answer->similarity = shorter ? (double)change.kept / shorter : !changed;
	}
	arena_clear(&arena);
	return status;
}

/* The article of the store with the URL or the text of A. */
static int
find_known(struct dedup *d, const struct arrival *a, int64_t *same_url, int64_t *same_text)
{
	int64_t number;
	int by_url;
	int status =
	    known_find(d->store, a->canonical, a->record.text_hash, a->tokens, &number, &by_url);
	*(by_url ? same_url : same_text) = number;
	return status;
}

static int
find_story(struct dedup *d, int64_t number, int64_t *story)
{
	struct arena arena = {0};
	struct story_article known;
	int status = 0;
	if (number < 0)
		status = known_load(d->store, number, &arena, &known, story);
	else
		*story = spool_get(&d->spool, number)->story;
	arena_clear(&arena);
	return status;
}

/* The order of checks; the first that finds something ends it. */
static int
judge(struct dedup *d, const struct arrival *a, struct story_decision *decision,
    struct answer *answer)
{
	int64_t same_url = spool_find_url(&d->spool, a->record.url);
	int64_t same_text =
	    a->tokens >= SIGNATURE_TOKENS_MIN ? spool_find_text(&d->spool, a->record.text_hash) : 0;
	int status = 0;
	if (d->store && !same_url && !same_text)
		status = find_known(d, a, &same_url, &same_text);
	*answer = (struct answer){.of = same_url ? same_url : same_text};
	if (status)
		return status;
	if (same_url) {
		status = judge_again(d, a, same_url, answer);
	} else if (same_text) {
		answer->kind = STORY_KIND_EXACT;
		answer->similarity = 1;
	} else {
		status = stories_find(d->stories, &a->as, &a->signature, decision);
		if (!status && decision->links_len) {
			answer->decision = decision;
			answer->of = decision->links[0].of;
			answer->kind = decision->links[0].kind;
			answer->similarity = decision->links[0].similarity;
			answer->story = decision->story;
		}
	}
	if (!status && (same_url || same_text))
		status = find_story(d, answer->of, &answer->story);
	return status;
}

/* Keep A: everything but what is word for word known. */
static int
keep(struct dedup *d, struct arrival *a, struct answer *answer)
{
	int64_t number;
	if (answer->kind == STORY_KIND_EXACT)
		return 0;
	const char *id = json_object_to_json_string_ext(a->id, JSON_C_TO_STRING_PLAIN);
	struct spool_strings strings = {.id = id, .site = a->as.site, .text = a->text};
	int64_t next = d->spool.base + (int64_t)d->spool.len;
	a->record.story = answer->story ? answer->story : next;
	int status = spool_add(&d->spool, &a->record, &strings, &number);
	if (status)
		return status;
	answer->story = a->record.story;
	stories_add(
	    d->stories, number, answer->story, story_site(a->as.site), a->as.at, &a->signature);
	return 0;
}

/* ---- answers ---- */

/* The id of article NUMBER as it was given. */
static struct json_object *
id_of(struct dedup *d, int64_t number)
{
	struct arena arena = {0};
	struct spool_strings strings;
	struct json_object *id = NULL;
	if (number > 0 && spool_read(&d->spool, number, &arena, &strings) == 0)
		id = json_tokener_parse(strings.id);
	arena_clear(&arena);
	return id;
}

static void
put_link(
    struct dedup *d, struct json_object *o, enum story_kind kind, int64_t of, double similarity)
{
	ctl_put_str(o, "relation", kind ? story_kind_name(kind) : NULL);
	ctl_put(o, "of", id_of(d, of));
	if (d->store)
		ctl_put_int(o, "stored", of < 0 ? -of : 0);
	ctl_put_double(o, "similarity", similarity);
}

static void
print_answer(struct dedup *d, struct json_object *id, const struct answer *answer)
{
	struct json_object *o = ctl_answer_new(id);
	ctl_put_int(o, "story", answer->story);
	put_link(d, o, answer->kind, answer->of, answer->similarity);
	const struct story_decision *decision = answer->decision;
	if (decision && decision->links_len > 1) {
		struct json_object *list = json_object_new_array();
		for (size_t i = 1; i < decision->links_len; i++) {
			const struct story_link *l = &decision->links[i];
			struct json_object *also = json_object_new_object();
			put_link(d, also, l->kind, l->of, l->similarity);
			ctl_put_int(also, "story", l->story);
			json_object_array_add(list, also);
		}
		ctl_put(o, "also", list);
	}
	ctl_print_json(stdout, o);
}

static void
do_article(struct dedup *d, struct json_object *id, struct json_object *o, struct fault *f)
{
	struct arrival a = {.id = id};
	struct story_decision decision;
	struct answer answer;
	if (get_arrival(&a, o, f) == 0) {
		if (judge(d, &a, &decision, &answer) != 0 || keep(d, &a, &answer) != 0) {
			int is_store = d->store && d->spool.fault.code == 0;
			ctl_complain(
			    "%s", is_store ? store_fault(d->store)->text : d->spool.fault.text);
			d->failed = 1;
		} else {
			print_answer(d, id, &answer);
			spool_forget(&d->spool, stories_oldest(d->stories));
		}
	}
	arena_clear(&a.arena);
}

static void
do_line(struct dedup *d, const char *line, size_t len)
{
	struct fault f = {0};
	struct json_object *id, *o = ctl_lines_parse(&d->lines, line, len, &id, &f);
	if (f.code == 0)
		do_article(d, id, o, &f);
	if (f.code != 0)
		ctl_answer_error(id, f.text);
	json_object_put(o);
}

/* All whole lines that are in memory; what is known is written before more is waited for. */
static void
do_lines(struct dedup *d)
{
	const char *line;
	size_t len;
	while (!d->failed && ctl_lines_take(&d->lines, &line, &len))
		if (len > 0)
			do_line(d, line, len);
	if (fflush(stdout) != 0) {
		ctl_complain("standard output: %s", strerror(errno));
		d->failed = 1;
	}
}

static enum ctl_exit
get_options(const struct ctl *ctl, struct story_options *o)
{
	int64_t days = STORY_WINDOW_S / 86400, megabytes = STORY_MEMORY >> 20,
		keys = SIGNATURE_KEYS_MAX;
	if (ctl_get_number(ctl, "window", 1, WINDOW_DAYS_MAX, &days) != CTL_OK ||
	    ctl_get_number(ctl, "memory", 1, MEMORY_MB_MAX, &megabytes) != CTL_OK ||
	    ctl_get_number(ctl, "keys", 4, SIGNATURE_KEYS_MAX, &keys) != CTL_OK)
		return CTL_USAGE;
	*o = (struct story_options){.window_s = days * 86400,
	    .memory_max = (size_t)megabytes << 20,
	    .keys_max = (unsigned)keys};
	return CTL_OK;
}

static void
read_store(struct ctl *ctl, struct dedup *d, const struct story_options *o)
{
	d->failed = ctl_open_store(ctl, &d->store) != CTL_OK;
	if (!d->failed && known_read(d->store, d->stories, o) != 0) {
		ctl_complain_store(d->store);
		d->failed = 1;
	}
}

enum ctl_exit
ctl_run_dedup(struct ctl *ctl, int argc, char **argv)
{
	struct story_options options;
	struct dedup d = {0};
	(void)argc;
	(void)argv;
	if (get_options(ctl, &options) != CTL_OK)
		return CTL_USAGE;
	signal(SIGPIPE, SIG_IGN); /* a reader that goes is an error to handle */
	d.failed = ctl_lines_init(&d.lines) != 0;
	if (spool_open(&d.spool) != 0) {
		ctl_complain("%s", d.spool.fault.text);
		d.failed = 1;
	}
	d.stories = stories_new(&options, &(struct story_door){load, &d});
	if (!d.failed && ctl_get(ctl, "store"))
		read_store(ctl, &d, &options);
	while (!d.failed && !d.lines.failed && !(d.lines.ended && !ctl_lines_left(&d.lines))) {
		ctl_lines_read(&d.lines);
		do_lines(&d);
	}
	stories_free(d.stories);
	store_close(d.store);
	spool_close(&d.spool);
	ctl_lines_clear(&d.lines);
	return d.failed || d.lines.failed ? CTL_FAILED : CTL_OK;
}
