/*
 * newsctl tail: the newest outcomes from the store, then the events of the running newsd as they
 * are committed. Subscribes before it reads the store, so that nothing falls between the two, and
 * leaves out the events that the store has told already.
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#include <string.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "mem.h"
#include "table.h"

#define LINES_DEFAULT 10
#define LINES_MAX     100000
#define READ_CHUNK    ((size_t)16 << 10)

/* A link that the first part has shown, with the outcome that it had. */
struct shown {
	int64_t link_id;
	char *outcome;
};

struct tail {
	const struct ctl *ctl;
	struct shown *shown;
	size_t shown_len, shown_cap;
};

/* STYLE: how WORD is coloured. DETAIL may be "". */
static void
print_event(
    const char *at, const char *style, const char *word, const char *subject, const char *detail)
{
	char *safe_word = table_safe(word), *safe_subject = table_safe(subject),
	     *safe_detail = table_safe(detail);
	printf("%s%.20s%s  %s%-14s%s  %s%s%s%s%s\n", ctl_style("dim"), at, ctl_style("off"),
	    ctl_style(style), safe_word, ctl_style("off"), safe_subject, *detail ? "  " : "",
	    ctl_style("dim"), safe_detail, ctl_style("off"));
	mem_free(safe_word);
	mem_free(safe_subject);
	mem_free(safe_detail);
}

/* ---- from the store ---- */

static struct json_object *
link_event(const struct link_row *row)
{
	struct json_object *o = json_object_new_object();
	ctl_put_time(o, "at", row->at);
	ctl_put_str(o, "event", strcmp(row->outcome, "pending") == 0 ? "retry" : "outcome");
	ctl_put_str(o, "url", row->url);
	ctl_put_int(o, "link_id", row->id);
	ctl_put_str(o, "feed", row->first_feed);
	ctl_put_str(o, "outcome", row->outcome);
	ctl_put_str(o, "reason", row->reason);
	ctl_put_int(o, "status", row->status);
	ctl_put_int(o, "attempt", row->attempts);
	ctl_put(o, "article_id", row->article_id ? json_object_new_int64(row->article_id) : NULL);
	ctl_put_str(o, "title", row->title);
	return o;
}

static int
on_link(const struct link_row *row, void *arg)
{
	struct tail *tail = arg;
	char iso[32];
	MEM_GROW(tail->shown, tail->shown_len, tail->shown_cap);
	tail->shown[tail->shown_len++] = (struct shown){row->id, mem_strdup(row->outcome)};
	if (tail->ctl->json)
		ctl_print_json(stdout, link_event(row));
	else
		print_event(clock_iso(row->at ? row->at : row->first_seen, iso),
		    ctl_outcome_style(row->outcome), row->outcome, row->url,
		    row->reason && *row->reason ? row->reason
		    : row->title                ? row->title
						: "");
	return 0;
}

static enum ctl_exit
print_newest(struct ctl *ctl, struct tail *tail, size_t count)
{
	struct store *store;
	enum ctl_exit status = ctl_open_store(ctl, &store);
	if (status != CTL_OK)
		return status;
	if (store_each_recent_link(store, count, on_link, tail) != 0)
		status = ctl_complain_store(store);
	store_close(store);
	return status;
}

/* ---- from the daemon ---- */

/* Whether the store has told of EVENT already; once, because the next time it is news. */
static int
was_shown(struct tail *tail, struct json_object *event)
{
	const char *outcome = ctl_json_str(event, "outcome");
	int64_t link_id = ctl_json_int(event, "link_id");
	for (size_t i = 0; outcome && i < tail->shown_len; i++) {
		if (tail->shown[i].link_id == link_id && tail->shown[i].outcome &&
		    strcmp(tail->shown[i].outcome, outcome) == 0) {
			mem_free(tail->shown[i].outcome);
			tail->shown[i].outcome = NULL;
			return 1;
		}
	}
	return 0;
}

static void
print_event_json(struct json_object *event)
{
	const char *at = ctl_json_str(event, "at"), *level = ctl_json_str(event, "level");
	const char *outcome = ctl_json_str(event, "outcome"), *word = ctl_json_str(event, "event");
	const char *reason = ctl_json_str(event, "reason"), *title = ctl_json_str(event, "title");
	const char *subject = NULL, *detail = reason && *reason ? reason : title;
	static const char *const subjects[] = {"url", "feed", "message", "store"};
	for (size_t i = 0; !subject && i < sizeof subjects / sizeof *subjects; i++)
		subject = ctl_json_str(event, subjects[i]);
	const char *style = outcome                            ? ctl_outcome_style(outcome)
			    : level && !strcmp(level, "error") ? "red"
			    : level && !strcmp(level, "warn")  ? "yellow"
							       : NULL;
	if (!subject) {
		subject = detail;
		detail = NULL;
	}
	print_event(at ? at : "", style,
	    outcome ? outcome
	    : word  ? word
		    : "event",
	    subject ? subject : "", detail ? detail : "");
}

static void
print_line(struct tail *tail, const char *line, size_t len)
{
	struct json_tokener *tokener = json_tokener_new();
	struct json_object *event = tokener ? json_tokener_parse_ex(tokener, line, (int)len) : NULL;
	if (event && json_object_is_type(event, json_type_object) && !was_shown(tail, event)) {
		if (tail->ctl->json)
			ctl_print_json(stdout, json_object_get(event));
		else
			print_event_json(event);
	}
	json_object_put(event);
	if (tokener)
		json_tokener_free(tokener);
}

/* Print the events that come on FD until it ends. */
static enum ctl_exit
follow(struct tail *tail, int fd)
{
	struct buf in;
	buf_init(&in, CONTROL_LINE_MAX + READ_CHUNK);
	for (;;) {
		char *end;
		while (in.len > 0 && (end = memchr(in.data, '\n', in.len))) {
			size_t len = (size_t)(end - (char *)in.data);
			print_line(tail, (char *)in.data, len);
			buf_drop_front(&in, len + 1);
		}
		if (fflush(stdout) != 0)
			break;
		void *to = buf_reserve(&in, READ_CHUNK);
		ssize_t n = to ? read(fd, to, READ_CHUNK) : 0;
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		buf_added(&in, (size_t)n);
	}
	buf_clear(&in);
	if (ferror(stdout))
		return CTL_FAILED;
	ctl_complain("newsd has ended, or has cut this reader off because it was too slow");
	return CTL_DOWN;
}

static enum ctl_exit
subscribe(struct ctl *ctl, int *fd)
{
	struct json_object *answer;
	enum ctl_exit status = ctl_connect(ctl, fd);
	if (status != CTL_OK)
		return status;
	status = ctl_call(*fd, ctl_request("tail"), &answer);
	if (status == CTL_OK)
		json_object_put(answer);
	else
		close(*fd);
	return status;
}

enum ctl_exit
ctl_run_tail(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	(void)argv;
	int64_t lines = LINES_DEFAULT;
	int fd = -1, follows = ctl_get(ctl, "follow") != NULL;
	if (ctl_get_number(ctl, "lines", 0, LINES_MAX, &lines) != CTL_OK)
		return CTL_USAGE;
	enum ctl_exit status = follows ? subscribe(ctl, &fd) : CTL_OK;
	if (status != CTL_OK)
		return status;
	struct tail tail = {.ctl = ctl};
	if (lines > 0)
		status = print_newest(ctl, &tail, (size_t)lines);
	if (status == CTL_OK && follows)
		status = follow(&tail, fd);
	if (fd >= 0)
		close(fd);
	for (size_t i = 0; i < tail.shown_len; i++)
		mem_free(tail.shown[i].outcome);
	mem_free(tail.shown);
	return status;
}
