/*
 * log: one event, one line. Two kinds of lines share the sinks: ingestion events (a closed table of
 * words and fields, written after the commit that they report) and diagnostics, which are the event
 * `note` with the one field `message`, at any level.
 *
 * Sinks: stderr, a file (reopened on request), journald with fields. Formats:
 *
 *   text  2026-01-31T05:00:00Z info poll feed=https://a.example/rss items=30 new=2
 *         A value other than plain printable ASCII without = " \ is quoted; what stands between the
 *         quotes is a JSON string.
 *   json  {"at":"2026-01-31T05:00:00Z","level":"info","event":"poll","feed":"https://...","new":2}
 *
 * Outside text is escaped (escape.h), cut at LOG_VALUE_MAX bytes and marked by an ellipsis, so that
 * it can't forge a line. Lines are whole UTF-8, whatever came in. Where stderr is the journal's
 * stream, each line bears its priority as sd-daemon(3) wants it: "<4>".
 *
 * Never stops the daemon and never waits for a reader: what can't be written stays in a bounded
 * backlog, then new lines are dropped and counted, and one line says so once the log works again.
 * The process must ignore SIGPIPE. errno survives all calls. Lines of another thread than the one
 * that opened the log are written at once, unbuffered, and not tapped.
 */
#ifndef NEWSD_LOG_H
#define NEWSD_LOG_H

#include <stddef.h>
#include <stdint.h>

#include "errors.h"

#define LOG_VALUE_MAX  2048
#define LOG_FIELDS_MAX 16

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARN, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG };
enum log_format { LOG_FORMAT_TEXT, LOG_FORMAT_JSON };

/* The events. The table (daemon/log/events.c) gives word, level, fields and help; newsd-log(5) is
 * made from it. */
enum log_event {
	EV_STARTING,
	EV_READY,
	EV_RELOADED,
	EV_RELOAD_FAILED,
	EV_STOPPING,
	EV_STOPPED,
	EV_FEED_ADDED,
	EV_FEED_REMOVED,
	EV_POLL,           /* a feed was polled and had something new, or changed its state */
	EV_POLL_UNCHANGED, /* 304, or the same items */
	EV_POLL_FAILED,
	EV_GUIDS_CHANGED,
	EV_PROPOSAL,       /* a poll suggests something to do about its feed */
	EV_FEED_MOVED,     /* a feed is polled at another URL from now on */
	EV_SUBSCRIPTION,   /* a hub has verified, refused or lost a subscription */
	EV_STALE,          /* the silence of a feed is strange, or is over */
	EV_OUTAGE,         /* our network is out, or again there */
	EV_GAP,            /* entries went by unseen, or what became of them */
	EV_PUSHED,         /* a hub brought entries */
	EV_DISCOVERED,     /* a new link */
	EV_OUTCOME,        /* a link reached its outcome */
	EV_RETRY,          /* a link stays pending after a transient failure */
	EV_REVISED,        /* the text of a stored article changed */
	EV_TEMPLATE_DRIFT, /* what is extracted from a site's pages has changed its character */
	EV_WORKER_DIED,
	EV_QUARANTINE, /* a document killed its workers, or what became of it */
	EV_STORE_TROUBLE,
	EV_STORE_RECOVERED,
	EV_NOTE, /* a diagnostic: log_error() to log_debug() */
	EV_COUNT
};

/* The fields. The table gives name, type and help. */
enum log_field {
	LF_FEED, /* feed URL */
	LF_FEED_ID,
	LF_URL, /* canonical URL of a link */
	LF_LINK_ID,
	LF_ARTICLE_ID,
	LF_OUTCOME,
	LF_REASON,
	LF_STATUS, /* HTTP status */
	LF_BYTES,
	LF_ITEMS,
	LF_NEW,
	LF_JOINED,
	LF_LOST,
	LF_FOUND,
	LF_MS,   /* duration */
	LF_NEXT, /* next poll or retry, ISO 8601 */
	LF_ATTEMPT,
	LF_SITE,
	LF_KIND,
	LF_HUB,
	LF_STATE,
	LF_TITLE,
	LF_WORDS,
	LF_LANGUAGE,
	LF_BODY_SOURCE,
	LF_SIGNAL,
	LF_PID,
	LF_STORE,
	LF_FEEDS,
	LF_VERSION,
	LF_MESSAGE, /* the text of a note */
	LF_COUNT
};

enum log_type { LOG_STR, LOG_INT };

struct log_event_row {
	const char *word;
	enum log_level level;
	const char *help;
	const char *fields; /* the fields that it bears, space-separated, for the manual */
};
struct log_field_row {
	const char *name;    /* in text and JSON */
	const char *journal; /* in journald: NEWSD_... */
	enum log_type type;
	const char *help;
};
extern const struct log_event_row log_event_table[EV_COUNT];
extern const struct log_field_row log_field_table[LF_COUNT];

const char *log_level_name(enum log_level level);

/*
 * Open the sink: FILE "" or "-" is stderr, "journal" journald (FORMAT is then of no matter), else a
 * path to append to, created with mode 0640. Until the first call lines go to stderr as text, from
 * level info on, unbuffered. On error F says why and the previous sink stays: ERR_NOT_FOUND (no
 * journald, no such directory), ERR_DENIED, ERR_IO, ERR_SYSTEM.
 */
int log_open(const char *file, enum log_format format, enum log_level level, struct fault *f);
/* 0 when this process could open FILE so; else the same errors. Makes and changes nothing. */
int log_check(const char *file, struct fault *f);
/* Open the same path again, after logrotate moved it away. On error the old file is kept. */
int log_reopen(struct fault *f);
/* Write what is buffered (waits up to a second for a slow pipe) and return to the initial state. */
void log_close(void);
/* Write what is buffered; the loop does it once a turn. Errors are flushed without it. */
void log_flush(void);
/* Lines that were dropped since the start because the sink could not take them. */
uint64_t log_lost(void);

/* A diagnostic line; no newline at the end of FMT. */
void log_error(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_warn(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_info(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void log_debug(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/*
 * An event line: begin, add fields, end. NULL strings are left out. A field that the event's row
 * does not name, or of the other type, is our mistake and asserts.
 */
struct log_line {
	enum log_event event;
	int wanted; /* 0: below the level and nobody taps: the rest costs nothing */
	size_t count;
	struct {
		enum log_field field;
		const char *str; /* borrowed until log_end */
		int64_t num;
	} fields[LOG_FIELDS_MAX];
};
void log_begin(struct log_line *l, enum log_event event);
void log_str(struct log_line *l, enum log_field field, const char *value);
void log_int(struct log_line *l, enum log_field field, int64_t value);
void log_end(struct log_line *l);

/* Also hand every event, whatever its level, but no note, as a JSON line (without newline) to TAP,
 * which may log notes itself; NULL removes. */
void log_set_tap(void (*tap)(const char *json, size_t len, void *arg), void *arg);

#endif
