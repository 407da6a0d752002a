/* journald as a sink: every event with its fields, so that `journalctl NEWSD_URL=...` tells a
 * link's whole story. Owns nothing; libsystemd keeps the socket. */
#include "log_parts.h"

#ifdef HAVE_LIBSYSTEMD

#define SD_JOURNAL_SUPPRESS_LOCATION
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/uio.h>
#include <systemd/sd-journal.h>
#include <unistd.h>

#define JOURNAL_SOCKET "/run/systemd/journal/socket"
#define HEAD_FIELDS    4 /* SYSLOG_IDENTIFIER, PRIORITY, NEWSD_EVENT, MESSAGE */

int
log_journal_check(struct fault *f)
{
	/* sd_journal_sendv says nothing when there is no journald */
	if (access(JOURNAL_SOCKET, W_OK) == 0)
		return 0;
	return fault_set(f, ERR_NOT_FOUND,
	    "log_file = journal, but journald does not listen on " JOURNAL_SOCKET
	    " (%s); use \"-\" or a file",
	    strerror(errno));
}

/* Start a field at *IO in T; what is appended until end_field is its value. */
static void
begin_field(struct iovec *io, struct log_text *t, const char *name)
{
	io->iov_base = t->data + t->len;
	t->len += (size_t)snprintf(t->data + t->len, sizeof t->data - t->len, "%s=", name);
}

static void
end_field(struct iovec *io, const struct log_text *t)
{
	io->iov_len = (size_t)(t->data + t->len - (char *)io->iov_base);
}

void
log_journal_send(const struct log_line *l, enum log_level level)
{
	struct log_text message = {0}, rest = {0};
	struct iovec io[HEAD_FIELDS + LOG_FIELDS_MAX];
	char priority[] = {
	    'P', 'R', 'I', 'O', 'R', 'I', 'T', 'Y', '=', (char)('0' + log_priority(level))};
	size_t n = 0;
	io[n++] = (struct iovec){(void *)(uintptr_t) "SYSLOG_IDENTIFIER=newsd", 23};
	io[n++] = (struct iovec){priority, sizeof priority};
	begin_field(&io[n], &message, "MESSAGE");
	log_format_message(&message, l);
	end_field(&io[n++], &message);
	begin_field(&io[n], &rest, "NEWSD_EVENT");
	rest.len += (size_t)snprintf(rest.data + rest.len, sizeof rest.data - rest.len, "%s",
	    log_event_table[l->event].word);
	end_field(&io[n++], &rest);
	for (size_t i = 0; l->event != EV_NOTE && i < l->count; i++) {
		begin_field(&io[n], &rest, log_field_table[l->fields[i].field].journal);
		log_format_value(&rest, l, i);
		end_field(&io[n++], &rest);
	}
	sd_journal_sendv(io, (int)n);
}

#else

int
log_journal_check(struct fault *f)
{
	return fault_set(f, ERR_UNSUPPORTED,
	    "log_file = journal, but this newsd was built without libsystemd; use \"-\" or a file");
}

void
log_journal_send(const struct log_line *l, enum log_level level)
{
	(void)l;
	(void)level;
}

#endif
