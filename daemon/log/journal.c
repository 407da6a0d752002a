/*
 * journald as a sink: every event with its fields, so that `journalctl NEWSD_URL=...` tells a
 * link's whole story. Makes the entries of its native protocol (systemd.io, "Native Journal
 * Protocol") and sends one as a datagram, without ever waiting. Owns nothing: the sink keeps the
 * socket, and what journald did not take.
 */
#include "log_parts.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

const char *log_journal_path = "/run/systemd/journal/socket";

static int
connect_to_journal(int fd)
{
	struct sockaddr_un to = {.sun_family = AF_UNIX};
	size_t len = strlen(log_journal_path);
	if (len >= sizeof to.sun_path) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(to.sun_path, log_journal_path, len);
	return connect(fd, (const struct sockaddr *)&to, sizeof to);
}

int
log_journal_open(struct fault *f)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return fault_set(f, ERR_SYSTEM, "no socket for the log: %s", strerror(errno));
	if (connect_to_journal(fd) == 0)
		return fd;
	int error = errno;
	close(fd);
	return fault_set(f, error == EACCES || error == EPERM ? ERR_DENIED : ERR_NOT_FOUND,
	    "log_file = journal, but journald does not listen on %s (%s); use \"-\" or a file",
	    log_journal_path, strerror(error));
}

int
log_journal_send(int fd, const char *entry, size_t len)
{
	int flags = MSG_DONTWAIT | MSG_NOSIGNAL;
	if (send(fd, entry, len, flags) >= 0)
		return 0;
	/* a journald that was started anew listens on a new socket of the same name */
	if ((errno != ECONNREFUSED && errno != ECONNRESET && errno != ENOTCONN) ||
	    connect_to_journal(fd) < 0)
		return -1;
	return send(fd, entry, len, flags) < 0 ? -1 : 0;
}

__attribute__((format(printf, 2, 3))) static void
add(struct log_text *t, const char *fmt, ...)
{
	va_list ap;
	va_start(ap, fmt);
	t->len += (size_t)vsnprintf(t->data + t->len, sizeof t->data - t->len, fmt, ap);
	va_end(ap);
}

/* No value holds a newline (format.c), so that the protocol's simple form, NAME=value and a
 * newline, does for all. */
void
log_format_journal(struct log_text *t, const struct log_line *l, enum log_level level)
{
	t->len = 0;
	add(t,
	    "SYSLOG_IDENTIFIER=newsd\nPRIORITY=%d\nNEWSD_EVENT=%s\nMESSAGE=", log_priority(level),
	    log_event_table[l->event].word);
	log_format_message(t, l);
	for (size_t i = 0; l->event != EV_NOTE && i < l->count; i++) {
		add(t, "\n%s=", log_field_table[l->fields[i].field].journal);
		log_format_value(t, l, i);
	}
	add(t, "\n");
}
