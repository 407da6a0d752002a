/*
 * newsctl, private: what the files of the command line program share: the table of commands from
 * which parsing, `--help` and newsctl(1) are made, and the state of one invocation. The daemon
 * never includes it.
 */
#ifndef NEWSD_NEWSCTL_PRIV_H
#define NEWSD_NEWSCTL_PRIV_H

#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include "buf.h"
#include "config.h"
#include "errors.h"
#include "pool.h"
#include "record.h"
#include "store.h"
#include "table.h"

struct event_base;
struct json_object;
struct json_tokener;

#define CTL_DOCUMENT_MAX ((size_t)32 << 20) /* bytes of a document handed to the parsers */

/* ---- the tables (commands.c) ---- */

/* The exit status; help in ctl_exit_help. */
enum ctl_exit {
	CTL_OK,
	CTL_FAILED,
	CTL_USAGE,
	CTL_DOWN,
	CTL_CHOICE,
	CTL_NO_ARTICLE,
	CTL_EXIT_COUNT
};
extern const char *const ctl_exit_help[CTL_EXIT_COUNT];

struct ctl_option {
	const char *name; /* long name, without dashes */
	char letter;      /* short name, 0: none */
	const char *arg;  /* name of its value, NULL: a switch */
	int many;         /* 1: may be given several times */
	const char *help;
};

struct ctl;

struct ctl_command {
	const char *name;
	const char *args;    /* as the synopsis shows them: "URL...", "[FEED...]", "" */
	const char *help;    /* one line, no full stop */
	const char *details; /* sentences */
	const char *example; /* one or more command lines */
	const struct ctl_option *options; /* ends with name NULL; NULL: none */
	int args_min, args_max;           /* args_max -1: any number */
	enum ctl_exit (*run)(struct ctl *ctl, int argc, char **argv);
};
extern const struct ctl_command ctl_commands[];      /* ends with name NULL */
extern const struct ctl_option ctl_global_options[]; /* ends with name NULL */

/* The command called NAME, or NULL. */
const struct ctl_command *ctl_find_command(const char *name);
/* The name in the command table that is nearest to WORD; NULL when none is near. */
const char *ctl_nearest_command(const char *word);

/* ---- help (help.c) ---- */

void ctl_print_usage(FILE *out);
void ctl_print_help(FILE *out, const struct ctl_command *command);

/* ---- one invocation (common.c) ---- */

struct ctl_given {
	const struct ctl_option *option;
	const char *value; /* NULL for a switch */
};

struct ctl {
	const struct ctl_command *command;
	struct ctl_given *given; /* the options, in order */
	size_t given_len, given_cap;
	int json;              /* also for CSV and TSV, which are rows of the same members */
	char separator;        /* of these; 0: JSON */
	struct config *config; /* read when first needed */
};

void ctl_give(struct ctl *ctl, const struct ctl_option *option, const char *value);
/* The last value of option NAME ("" for a switch), NULL when it was not given. */
const char *ctl_get(const struct ctl *ctl, const char *name);
/* Option NAME as a number within MIN and MAX; VALUE is left alone when it was not given. CTL_USAGE
 * (and a message) when it is none. */
enum ctl_exit
ctl_get_number(const struct ctl *ctl, const char *name, int64_t min, int64_t max, int64_t *value);
/* Option NAME as a moment: a span back from now ("90m", "7d", "2w") or a date; 0 when not given. */
enum ctl_exit ctl_get_since(const struct ctl *ctl, const char *name, int64_t *since);
void ctl_clear(struct ctl *ctl);

/* Say on standard error what is wrong; control characters are made visible. */
void ctl_complain(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
/* Complain with F's words; returns CTL_FAILED. */
enum ctl_exit ctl_complain_fault(const struct fault *f);

/* The configuration; NULL (and a message) when it can't be read: CTL_USAGE. */
const struct config *ctl_config(struct ctl *ctl);
/* Where the store and the control socket are: --store and --socket, else the configuration.
 * NULL (and a message) when that can't be read: CTL_USAGE. */
const char *ctl_store_path(struct ctl *ctl);
const char *ctl_socket_path(struct ctl *ctl);
/* Open the store for reading; complains and returns the exit status when it can't. */
enum ctl_exit ctl_open_store(struct ctl *ctl, struct store **out);
/* Complain about S's last failure; returns CTL_FAILED. */
enum ctl_exit ctl_complain_store(const struct store *s);
/* Connect to the running newsd; complains and returns CTL_DOWN when nobody listens. */
enum ctl_exit ctl_connect(struct ctl *ctl, int *fd);
/* Send REQUEST (consumed) and read the answer, to be put by the caller. Complains when it fails. */
enum ctl_exit ctl_call(int fd, struct json_object *request, struct json_object **answer);
/* Connect, ask REQUEST (consumed) alone, and close: as both of these. */
enum ctl_exit ctl_ask(struct ctl *ctl, struct json_object *request, struct json_object **answer);
/* A request object for COMMAND. */
struct json_object *ctl_request(const char *command);

/* ---- output (output.c) ---- */

/* Write O as one line of JSON to OUT and put it. */
void ctl_print_json(FILE *out, struct json_object *o);
/* The same on standard output as CTL asks for: JSON, or a row of CSV or TSV, the first one behind a
 * line with the names of its members. What a member holds of others is JSON in its cell. */
void ctl_print_row(const struct ctl *ctl, struct json_object *o);
/* Add KEY to O: NULL text and time 0 become null. KEY is a literal. */
void ctl_put_str(struct json_object *o, const char *key, const char *value);
void ctl_put_int(struct json_object *o, const char *key, int64_t value);
void ctl_put_bool(struct json_object *o, const char *key, int value);
void ctl_put_time(struct json_object *o, const char *key, int64_t value);
void ctl_put_double(struct json_object *o, const char *key, double value); /* three decimals */
void ctl_put(struct json_object *o, const char *key, struct json_object *value);
/* DATE as an ISO 8601 text, NULL (null) when it has none. */
struct json_object *ctl_date_json(const struct date *date);
/* KEY's text in O, NULL when absent or no text; KEY's number, 0 when absent. */
const char *ctl_json_str(struct json_object *o, const char *key);
int64_t ctl_json_int(struct json_object *o, const char *key);

/* A table on standard output as CTL asks for: JSON lines, or aligned. COLUMNS, COUNT: table.h. */
struct table *
ctl_table_new(const struct ctl *ctl, const struct table_column *columns, size_t count);

/* The escape sequence for STYLE ("bold", "dim", "red", "green", "yellow", "off") when standard
 * output wants colour, else "". */
const char *ctl_style(const char *style);
/* Columns of the terminal on standard output; 0 when it is none: no wrapping then. */
size_t ctl_terminal_width(void);
/* Print TEXT to OUT made safe, wrapped at WIDTH columns (0: not), every line after INDENT spaces;
 * lines of TEXT stay lines. */
void ctl_print_wrapped(FILE *out, const char *text, size_t width, size_t indent);

/* ROW without its body, as the commands write it (articles.c). */
struct json_object *ctl_article_json(const struct article_row *row);
/* A gap (gaps.c), a proposal (proposals.c) as the commands write it. */
struct json_object *ctl_gap_json(const struct gap_row *row);
struct json_object *ctl_proposal_json(const struct proposal_row *row);
/* The article that WORD names, by its number or a URL in any spelling; 0 when there is none, which
 * is complained about. A number is not looked up. (articles.c) */
int64_t ctl_find_article(struct store *store, const char *word);
/* WORD as the number of a WHAT ("story"); 0, and a complaint, when it is none. (stories.c) */
int64_t ctl_number(const char *what, const char *word);
/* The colour of an outcome word (why.c). */
const char *ctl_outcome_style(const char *outcome);

/* ---- parsing in workers (parse.c) ---- */

/* Processors that this process may use. */
int ctl_processors(void);
/* A pool of WORKERS (0: inline) on BASE; complains and returns NULL when it can't be had. */
struct pool *ctl_new_pool(struct event_base *base, int workers, size_t queue_max);
/* Read the regular file PATH ("-": standard input) into BODY, whose maximum holds. */
int ctl_read_document(const char *path, struct buf *body, struct fault *f);
/* Parse BODY (consumed) as a list of feeds in one worker; the caller frees *REPLY. */
enum ctl_exit ctl_parse_list(struct buf *body, struct reply **reply);

/* ---- answers of `digest` (answer.c) ---- */

/* Put what REPLY found into the answer O. TARGETS: the URLs that a robots job asks about, or NULL.
 */
typedef void (*ctl_answer_fn)(
    struct json_object *o, const struct reply *reply, struct json_object *targets);
void ctl_answer_feed(struct json_object *o, const struct reply *reply, struct json_object *targets);
void ctl_answer_page(struct json_object *o, const struct reply *reply, struct json_object *targets);
void
ctl_answer_robots(struct json_object *o, const struct reply *reply, struct json_object *targets);
void ctl_answer_opml(struct json_object *o, const struct reply *reply, struct json_object *targets);
void
ctl_answer_discover(struct json_object *o, const struct reply *reply, struct json_object *targets);

/* ---- which feed (find.c) ---- */

/* The feed of STORE that WORD means: its number, its URL in any spelling, or a part of its title or
 * URL that no other has. Complains of what is none: CTL_FAILED; of several: CTL_CHOICE. */
enum ctl_exit ctl_find_feed(struct store *store, const char *word, int64_t *id);

/* ---- how polling stands (polling.c) ---- */

#define CTL_STATUS_GAP_DAYS 7
void
ctl_print_polling(const struct store_polling *p, int64_t feeds, int64_t failing, int64_t proposals);
struct json_object *ctl_polling_json(const struct store_polling *p);
/* The hosts that are closed, as the daemon's answer to `status` has them. */
void ctl_print_closed(struct json_object *answer);

/* ---- answers of `extract` (render.c, explain.c) ---- */

/* Print A as a document of its own. Only the text of its blocks, escaped. */
void ctl_print_html(FILE *out, const struct article *a);
void ctl_print_markdown(FILE *out, const struct article *a);
/* Print A for eyes, wrapped to the terminal. */
void ctl_print_article(FILE *out, const struct article *a);
/* Print the verdict on A, and the trace of how it and the text came about. */
void ctl_explain(const struct article *a);
/* Print the page R as one line of JSON, with its trace if it has one. */
void ctl_print_page(const struct reply *r);

/* ---- finding feeds (discover.c) ---- */

/* Have newsd find the feeds of URL, and choose one. CTL_OK: *CHOSEN is its URL, malloc'ed.
 * CTL_CHOICE: there are several, they were shown, and none was chosen. Complains when it fails. */
enum ctl_exit ctl_discover(const struct ctl *ctl, int fd, const char *url, char **chosen);
/* Have newsd fetch URL and see whether a feed stands there. Complains when none does. */
enum ctl_exit ctl_check_feed(const struct ctl *ctl, int fd, const char *url);

/* ---- filters: JSON lines in, JSON lines out (lines.c) ---- */

struct ctl_lines {
	struct json_tokener *tokener;
	struct buf in;
	size_t taken;    /* bytes of in that were used */
	size_t searched; /* bytes of in, past taken, that are known to hold no newline */
	int ended;       /* end of input */
	int skipping;    /* within a line that was too long */
	int failed;      /* reading failed: stop */
};
/* Complains when it fails; ctl_lines_clear is to be called all the same. */
int ctl_lines_init(struct ctl_lines *lines);
void ctl_lines_clear(struct ctl_lines *lines);
/* Read once from standard input, waiting for it. A line that is too long is answered by an error.
 */
void ctl_lines_read(struct ctl_lines *lines);
/* The next whole line in memory without its end, valid until the next read; LEN 0: there is nothing
 * in it. 0 when there is none. */
int ctl_lines_take(struct ctl_lines *lines, const char **line, size_t *len);
/* 1: bytes are in memory that were not taken. */
int ctl_lines_left(const struct ctl_lines *lines);
/* The object that LINE is and its id (borrowed; NULL: none); F says what else it is. To be put. */
struct json_object *ctl_lines_parse(struct ctl_lines *lines, const char *line, size_t len,
    struct json_object **id, struct fault *f);
/* Text member KEY of O: 0 and *OUT (NULL when absent or null), or ERR_INPUT. */
int ctl_member_text(struct json_object *o, const char *key, const char **out, struct fault *f);
/* A new answer to ID. */
struct json_object *ctl_answer_new(struct json_object *id);
void ctl_answer_error(struct json_object *id, const char *words);

/* ---- adding feeds (lists.c) ---- */

/* Put a feed into O as the control command `add` takes it; what is NULL is left out. */
void ctl_put_feed(struct json_object *o, const char *url, const char *title, const char *tags,
    const char *content);
/* What became of one feed: url with id and added, or with error. Borrowed. */
typedef void (*ctl_result_fn)(struct json_object *result, void *arg);
/*
 * Have newsd add FEEDS, an array of such objects, in requests of bounded size. ON_RESULT is told of
 * each in order. Complains of the first request that fails, and stops there. Returns how many were
 * answered.
 */
size_t ctl_add_feeds(int fd, struct json_object *feeds, ctl_result_fn on_result, void *arg);

/* ---- lines of sites (site_lines.c) ---- */

/* Show the lines that were left out of ARTICLE_ID. */
enum ctl_exit ctl_show_dropped(const struct ctl *ctl, struct store *store, int64_t article_id);

/* ---- the commands ---- */

enum ctl_exit ctl_run_add(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_remove(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_poll(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_reload(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_feeds(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_explain(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_gaps(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_proposals(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_accept(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_dismiss(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_quarantine(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_lines(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_hubs(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_import(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_export(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_status(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_check(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_backup(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_repair(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_doctor(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_search(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_show(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_tail(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_why(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_stories(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_story(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_split(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_merge(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_why_dup(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_digest(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_dedup(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_extract(struct ctl *ctl, int argc, char **argv);
enum ctl_exit ctl_run_help(struct ctl *ctl, int argc, char **argv);

#endif
