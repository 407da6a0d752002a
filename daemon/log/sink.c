/*
 * Where lines go: one file descriptor, a buffer before it, and what happens when it takes no more.
 * A line is text with a newline, or for journald an entry, which stands in the buffer after its
 * size.
 * The descriptor keeps its number while the file behind it changes, so that a line of another
 * thread never meets a closed or foreign one. Lines leave in order and whole: after a failed write
 * they wait in the backlog; when that is full, new lines are dropped and counted.
 */
#include "log_parts.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "mem.h"

#define FLUSH_SIZE    (64u << 10) /* buffered bytes that are not left to the loop's next turn */
#define BACKLOG_MAX   (4u << 20)
#define CLOSE_WAIT_MS 1000

/* Its address tells one thread from another. */
static _Thread_local char thread_mark;

static struct {
	int fd; /* stderr itself before the first log_sink_set */
	enum sink_kind kind;
	int socket, regular;
	const char *owner; /* the thread that opened, NULL: nobody yet */
	char *data;
	size_t len, cap;
	int trouble;   /* errno of the write that failed, 0: the sink works */
	uint64_t lost; /* lines since the trouble began */
	uint64_t lost_all;
} sink = {.fd = STDERR_FILENO};

static void
count_lost(uint64_t lines)
{
	__atomic_add_fetch(&sink.lost, lines, __ATOMIC_RELAXED);
	__atomic_add_fetch(&sink.lost_all, lines, __ATOMIC_RELAXED);
}

/* Bytes of the first line of the buffer from AT on, with its newline or size. */
static size_t
line_size(size_t at)
{
	if (sink.kind != SINK_JOURNAL)
		return (size_t)((char *)memchr(sink.data + at, '\n', sink.len - at) + 1 -
				(sink.data + at));
	uint32_t size;
	memcpy(&size, sink.data + at, sizeof size);
	return sizeof size + size;
}

static void
drop_backlog(void)
{
	uint64_t lines = 0;
	for (size_t at = 0; at < sink.len; at += line_size(at))
		lines++;
	count_lost(lines);
	sink.len = 0;
}

int
log_sink_set(int fd, enum sink_kind kind, struct fault *f)
{
	struct stat st;
	if (fstat(fd, &st) < 0)
		return fault_set(f, ERR_IO, "the log can't be written to: %s", strerror(errno));
	log_sink_flush();
	int slot =
	    sink.fd == STDERR_FILENO ? fcntl(fd, F_DUPFD_CLOEXEC, 3) : dup3(fd, sink.fd, O_CLOEXEC);
	if (slot < 0)
		return fault_set(
		    f, ERR_SYSTEM, "no file descriptor for the log: %s", strerror(errno));
	if ((kind == SINK_JOURNAL) != (sink.kind == SINK_JOURNAL))
		drop_backlog();
	sink.fd = slot;
	sink.kind = kind;
	sink.socket = S_ISSOCK(st.st_mode);
	sink.regular = S_ISREG(st.st_mode);
	sink.owner = &thread_mark;
	return 0;
}

/* Send the entry that stands at DATA. One that no datagram can hold will never go: it is lost. */
static ssize_t
send_entry(const char *data)
{
	size_t size = line_size((size_t)(data - sink.data)), head = sizeof(uint32_t);
	if (log_journal_send(sink.fd, data + head, size - head) < 0) {
		if (errno != EMSGSIZE)
			return -1;
		count_lost(1);
	}
	return (ssize_t)size;
}

/* Like write(2), but returns with EAGAIN rather than wait for a reader. The descriptor may be
 * shared with other processes (a shell's terminal), so O_NONBLOCK is not ours to set. */
static ssize_t
write_some(const char *data, size_t len)
{
	if (sink.kind == SINK_JOURNAL)
		return send_entry(data);
	if (sink.socket)
		return send(sink.fd, data, len, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (!sink.regular) {
		struct pollfd p = {.fd = sink.fd, .events = POLLOUT};
		if (poll(&p, 1, 0) == 0) {
			errno = EAGAIN;
			return -1;
		}
		if (len > PIPE_BUF) /* pipe(7): writable means room for so many */
			len = PIPE_BUF;
	}
	return write(sink.fd, data, len);
}

/* Write as much as goes; 0 when nothing is left. */
static int
drain(void)
{
	size_t done = 0;
	while (done < sink.len) {
		ssize_t n = write_some(sink.data + done, sink.len - done);
		if (n > 0) {
			done += (size_t)n;
			continue;
		}
		if (n < 0 && errno == EINTR)
			continue;
		int error = n < 0 ? errno : EIO;
		if (error != EAGAIN || !sink.trouble)
			sink.trouble = error;
		break;
	}
	sink.len -= done;
	memmove(sink.data, sink.data + done, sink.len);
	return sink.len ? -1 : 0;
}

static int
buffer_add(const char *prefix, const char *line, size_t len)
{
	int journal = sink.kind == SINK_JOURNAL;
	uint32_t size = (uint32_t)len;
	size_t head = journal ? sizeof size : strlen(prefix);
	size_t need = sink.len + head + len + !journal;
	if (need > BACKLOG_MAX)
		return ERR_LIMIT;
	if (need > sink.cap) {
		sink.cap = sink.cap * 2 > need ? sink.cap * 2 : need + FLUSH_SIZE;
		sink.data = mem_resize(sink.data, sink.cap);
	}
	memcpy(sink.data + sink.len, journal ? (const char *)&size : prefix, head);
	memcpy(sink.data + sink.len + head, line, len);
	if (!journal)
		sink.data[need - 1] = '\n';
	sink.len = need;
	return 0;
}

/* The sink works again: say what is missing, unless nothing is and it had only been slow. */
static void
report_trouble(void)
{
	int trouble = sink.trouble;
	uint64_t lost = __atomic_exchange_n(&sink.lost, 0, __ATOMIC_RELAXED);
	sink.trouble = 0;
	if (lost || trouble != EAGAIN)
		log_error("the log could not be written (%s); lines lost: %llu",
		    trouble == EAGAIN ? "its reader is too slow" : strerror(trouble),
		    (unsigned long long)lost);
}

void
log_sink_flush(void)
{
	if (sink.len == 0 || drain() < 0)
		return;
	if (sink.trouble)
		report_trouble();
}

/* A line of another thread: the buffer is not its own, so it goes out alone, in one write. */
static void
write_alone(const char *prefix, const char *line, size_t len)
{
	if (sink.kind == SINK_JOURNAL) {
		if (log_journal_send(sink.fd, line, len) < 0)
			count_lost(1);
		return;
	}
	char whole[LOG_LINE_MAX + 8];
	int head = snprintf(whole, sizeof whole, "%s", prefix);
	memcpy(whole + head, line, len);
	whole[(size_t)head + len] = '\n';
	size_t all = (size_t)head + len + 1;
	ssize_t n;
	do
		n = write(sink.fd, whole, all);
	while (n < 0 && errno == EINTR);
	if (n != (ssize_t)all)
		count_lost(1);
}

int
log_sink_is_ours(void)
{
	return !sink.owner || sink.owner == &thread_mark;
}

void
log_sink_add(enum log_level level, const char *line, size_t len, int urgent)
{
	char prefix[8] = "";
	if (sink.kind == SINK_PREFIXED)
		snprintf(prefix, sizeof prefix, "<%d>", log_priority(level));
	if (!log_sink_is_ours()) {
		write_alone(prefix, line, len);
		return;
	}
	if (buffer_add(prefix, line, len) < 0)
		count_lost(1);
	if (urgent || !sink.owner || (sink.len >= FLUSH_SIZE && !sink.trouble))
		log_sink_flush();
}

void
log_sink_close(void)
{
	log_sink_flush();
	for (int waited = 0; sink.len && sink.trouble == EAGAIN && waited < CLOSE_WAIT_MS;
	     waited += 50) {
		struct pollfd p = {.fd = sink.fd, .events = POLLOUT};
		poll(&p, 1, 50);
		log_sink_flush();
	}
	if (sink.fd != STDERR_FILENO)
		close(sink.fd);
	mem_free(sink.data);
	sink.fd = STDERR_FILENO;
	sink.kind = SINK_LINES;
	sink.socket = sink.regular = sink.trouble = 0;
	sink.owner = NULL;
	sink.data = NULL;
	sink.len = sink.cap = 0;
	sink.lost = 0;
}

uint64_t
log_sink_lost(void)
{
	return __atomic_load_n(&sink.lost_all, __ATOMIC_RELAXED);
}
