/* log: see include/log.h. The public side: opening, levels, diagnostics, events, the tap. */
#include "log.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log_parts.h"
#include "mem.h"

#define FILE_MODE 0640

enum target { TO_STDERR, TO_FILE, TO_JOURNAL };

static struct {
	enum target target;
	char *path; /* TO_FILE */
	enum log_format format;
	enum log_level level;
	void (*tap)(const char *json, size_t len, void *arg);
	void *tap_arg;
} state = {.level = LOG_LEVEL_INFO};

/* ---- opening ---- */

/* 1 when stderr is the stream that systemd.exec(5) announces in $JOURNAL_STREAM. */
static int
stderr_is_journal(void)
{
	const char *announced = getenv("JOURNAL_STREAM");
	struct stat st;
	char ours[64];
	if (!announced || fstat(STDERR_FILENO, &st) < 0)
		return 0;
	snprintf(ours, sizeof ours, "%ju:%ju", (uintmax_t)st.st_dev, (uintmax_t)st.st_ino);
	return strcmp(announced, ours) == 0;
}

/* The group reads a log that we made, whatever the umask is; the mode of an older one is its own.
 */
static int
open_or_make(const char *path)
{
	/* O_NONBLOCK: a FIFO that nobody reads is an error rather than a wait */
	int flags = O_WRONLY | O_APPEND | O_CLOEXEC | O_NOCTTY | O_NONBLOCK;
	int fd = open(path, flags | O_CREAT | O_EXCL, FILE_MODE);
	if (fd < 0 && errno == EEXIST)
		return open(path, flags | O_CREAT, FILE_MODE);
	if (fd >= 0 && fchmod(fd, FILE_MODE) < 0) {
		int error = errno;
		close(fd);
		errno = error;
		return -1;
	}
	return fd;
}

static int
open_file(const char *path, struct fault *f)
{
	int fd = open_or_make(path);
	if (fd < 0) {
		return fault_set(f, error_of_file(errno), "log file %s can't be opened: %s", path,
		    strerror(errno));
	}
	int error = log_sink_set(fd, SINK_LINES, f);
	close(fd);
	return error;
}

static int
open_journal(struct fault *f)
{
	int fd = log_journal_open(f);
	if (fd < 0)
		return fd;
	int error = log_sink_set(fd, SINK_JOURNAL, f);
	close(fd);
	return error;
}

static enum target
target_of(const char *file)
{
	if (strcmp(file, "") == 0 || strcmp(file, "-") == 0)
		return TO_STDERR;
	return strcmp(file, "journal") == 0 ? TO_JOURNAL : TO_FILE;
}

int
log_open(const char *file, enum log_format format, enum log_level level, struct fault *f)
{
	enum target target = target_of(file);
	int error;
	if (target == TO_JOURNAL)
		error = open_journal(f);
	else if (target == TO_FILE)
		error = open_file(file, f);
	else
		error = log_sink_set(
		    STDERR_FILENO, stderr_is_journal() ? SINK_PREFIXED : SINK_LINES, f);
	if (error)
		return error;
	char *path = target == TO_FILE ? mem_strdup(file) : NULL;
	mem_free(state.path);
	state.path = path;
	state.target = target;
	state.format = format;
	state.level = level;
	return 0;
}

static int
check_file(const char *path, struct fault *f)
{
	struct stat st;
	const char *slash = strrchr(path, '/');
	char *dir = slash ? mem_strndup(path, (size_t)(slash - path) + 1) : mem_strdup(".");
	int exists = stat(path, &st) == 0, error = 0;
	if (exists && S_ISDIR(st.st_mode))
		error = EISDIR;
	else if (faccessat(AT_FDCWD, exists ? path : dir, W_OK, AT_EACCESS) < 0)
		error = errno;
	mem_free(dir);
	return error ? fault_set(f, error_of_file(error), "log file %s can't be opened: %s", path,
			   strerror(error))
		     : 0;
}

int
log_check(const char *file, struct fault *f)
{
	switch (target_of(file)) {
	case TO_FILE:
		return check_file(file, f);
	case TO_JOURNAL: {
		int fd = log_journal_open(f);
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : 0;
	}
	default:
		return 0;
	}
}

int
log_reopen(struct fault *f)
{
	return state.target == TO_FILE ? open_file(state.path, f) : 0;
}

void
log_close(void)
{
	log_sink_close();
	mem_free(state.path);
	state.path = NULL;
	state.target = TO_STDERR;
	state.format = LOG_FORMAT_TEXT;
	state.level = LOG_LEVEL_INFO;
}

void
log_flush(void)
{
	int saved = errno;
	log_sink_flush();
	errno = saved;
}

uint64_t
log_lost(void)
{
	return log_sink_lost();
}

void
log_set_tap(void (*tap)(const char *json, size_t len, void *arg), void *arg)
{
	state.tap = tap;
	state.tap_arg = arg;
}

/* ---- lines ---- */

static void
write_line(const struct log_line *l, enum log_level level)
{
	struct log_text t;
	if (state.target == TO_JOURNAL)
		log_format_journal(&t, l, level);
	else if (state.format == LOG_FORMAT_JSON)
		log_format_json(&t, l, level, clock_now());
	else
		log_format_text(&t, l, level, clock_now());
	log_sink_add(level, t.data, t.len, level == LOG_LEVEL_ERROR);
}

__attribute__((format(printf, 2, 0))) static void
note(enum log_level level, const char *fmt, va_list ap)
{
	if (level > state.level)
		return;
	int saved = errno;
	char message[2 * LOG_VALUE_MAX]; /* what is lost here would be cut anyway */
	vsnprintf(message, sizeof message, fmt, ap);
	struct log_line l = {.event = EV_NOTE, .wanted = 1};
	log_str(&l, LF_MESSAGE, message);
	write_line(&l, level);
	errno = saved;
}

#define DEFINE_NOTE(name, level)                                                                   \
	void name(const char *fmt, ...)                                                            \
	{                                                                                          \
		va_list ap;                                                                        \
		va_start(ap, fmt);                                                                 \
		note(level, fmt, ap);                                                              \
		va_end(ap);                                                                        \
	}
DEFINE_NOTE(log_error, LOG_LEVEL_ERROR)
DEFINE_NOTE(log_warn, LOG_LEVEL_WARN)
DEFINE_NOTE(log_info, LOG_LEVEL_INFO)
DEFINE_NOTE(log_debug, LOG_LEVEL_DEBUG)

void
log_begin(struct log_line *l, enum log_event event)
{
	l->event = event;
	l->wanted = state.tap || log_event_table[event].level <= state.level;
	l->count = 0;
}

/* 1 when the row of EVENT names FIELD. */
static int
event_bears(enum log_event event, enum log_field field)
{
	const char *name = log_field_table[field].name, *list = log_event_table[event].fields;
	size_t len = strlen(name);
	for (const char *at = strstr(list, name); at; at = strstr(at + 1, name))
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return 1;
	return 0;
}

static int
can_add(const struct log_line *l, enum log_field field, enum log_type type)
{
	assert(log_field_table[field].type == type);
	assert(event_bears(l->event, field));
	assert(l->count < LOG_FIELDS_MAX);
	return l->count < LOG_FIELDS_MAX;
}

void
log_str(struct log_line *l, enum log_field field, const char *value)
{
	if (!l->wanted || !value || !can_add(l, field, LOG_STR))
		return;
	l->fields[l->count].field = field;
	l->fields[l->count++].str = value;
}

void
log_int(struct log_line *l, enum log_field field, int64_t value)
{
	if (!l->wanted || !can_add(l, field, LOG_INT))
		return;
	l->fields[l->count].field = field;
	l->fields[l->count++].num = value;
}

void
log_end(struct log_line *l)
{
	if (!l->wanted)
		return;
	int saved = errno;
	enum log_level level = log_event_table[l->event].level;
	if (level <= state.level)
		write_line(l, level);
	if (state.tap && l->event != EV_NOTE && log_sink_is_ours()) {
		struct log_text t;
		log_format_json(&t, l, level, clock_now());
		state.tap(t.data, t.len, state.tap_arg);
	}
	errno = saved;
}
