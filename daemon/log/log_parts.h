/* log_parts: what the files of the log share among themselves. */
#ifndef NEWSD_LOG_PARTS_H
#define NEWSD_LOG_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "log.h"

/* Every field at its longest, with name, quotes and mark, and the head of the line; twice, because
 * journald gets all of it as the message and again as fields. */
#define LOG_LINE_MAX (2 * (LOG_FIELDS_MAX * (LOG_VALUE_MAX + 64) + 256))

/* One line under construction; bounded by what goes in, so it never overflows. */
struct log_text {
	size_t len;
	char data[LOG_LINE_MAX];
};

/* ---- format.c ---- */

/* `at level event key=value ...`, no newline. */
void
log_format_text(struct log_text *t, const struct log_line *l, enum log_level level, int64_t at);
/* The same from the event word on; of a note only its message, for journald's MESSAGE. */
void log_format_message(struct log_text *t, const struct log_line *l);
void
log_format_json(struct log_text *t, const struct log_line *l, enum log_level level, int64_t at);
/* The value of field I as it stands in journald's field: escaped, not quoted. */
void log_format_value(struct log_text *t, const struct log_line *l, size_t i);
/* syslog(3) priority of LEVEL. */
int log_priority(enum log_level level);

/* ---- sink.c: the file descriptor, its buffer and its troubles ---- */

enum sink_kind {
	SINK_LINES,
	SINK_PREFIXED, /* lines that bear their priority, "<4>" */
	SINK_JOURNAL,  /* entries of journal.c, each a datagram */
};

/* Take over FD (a copy is kept, the caller closes its own). What still waits goes to it too, unless
 * it is of the wrong kind for it: then it counts as lost. */
int log_sink_set(int fd, enum sink_kind kind, struct fault *f);
/* Add one line (without newline) or one entry. URGENT: write at once. */
void log_sink_add(enum log_level level, const char *line, size_t len, int urgent);
/* 0 in another thread than the one that opened. */
int log_sink_is_ours(void);
void log_sink_flush(void);
void log_sink_close(void);
uint64_t log_sink_lost(void);

/* ---- journal.c ---- */

/* Where journald listens; a test sets a place of its own. */
extern const char *log_journal_path;

/* A socket to journald, the caller's; ERR_NOT_FOUND, ERR_DENIED, ERR_SYSTEM. */
int log_journal_open(struct fault *f);
/* Send one entry without waiting; -1 with errno, EAGAIN when journald lags behind. */
int log_journal_send(int fd, const char *entry, size_t len);
/* L as an entry. */
void log_format_journal(struct log_text *t, const struct log_line *l, enum log_level level);

#endif
