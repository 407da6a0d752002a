/* log_parts: what the files of the log share among themselves. */
#ifndef NEWSD_LOG_PARTS_H
#define NEWSD_LOG_PARTS_H

#include <stddef.h>
#include <stdint.h>

#include "log.h"

/* Every field at its longest, with name, quotes and mark, and the head of the line. */
#define LOG_LINE_MAX (LOG_FIELDS_MAX * (LOG_VALUE_MAX + 64) + 256)

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

/* Take over FD (a copy is kept, the caller closes its own) with a line prefix of priorities or not.
 */
int log_sink_set(int fd, int prefix, struct fault *f);
/* Add one line (without newline). URGENT: write at once. */
void log_sink_add(enum log_level level, const char *line, size_t len, int urgent);
/* 0 in another thread than the one that opened. */
int log_sink_is_ours(void);
void log_sink_flush(void);
void log_sink_close(void);
uint64_t log_sink_lost(void);

/* ---- journal.c ---- */

/* 0 when journald can be spoken to. */
int log_journal_check(struct fault *f);
void log_journal_send(const struct log_line *l, enum log_level level);

#endif
