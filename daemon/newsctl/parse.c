/*
 * newsctl, parse: documents read from files and handed to the pool of sandboxed workers. Owns no
 * document longer than one job; never parses itself (but inline, when asked to).
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <sched.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

#define CPU_MS        2000  /* of one document, as in the daemon */
#define DEADLINE_MS   5000  /* of one document, as in the daemon */
#define DOCUMENTS_MAX 10000 /* of one worker, then it is replaced */

int
ctl_processors(void)
{
	cpu_set_t set;
	if (sched_getaffinity(0, sizeof set, &set) == 0)
		return CPU_COUNT(&set);
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	return n > 0 ? (int)n : 1;
}

struct pool *
ctl_new_pool(struct event_base *base, int workers, size_t queue_max)
{
	struct pool_options options = {
	    .workers = workers,
	    .cpu_ms = CPU_MS,
	    .deadline_ms = DEADLINE_MS,
	    .documents_max = DOCUMENTS_MAX,
	    .queue_max = queue_max,
	};
	struct pool *pool = NULL;
	struct fault f = {0};
	if (pool_new(&pool, base, &options, &f) != 0) {
		ctl_complain_fault(&f);
		return NULL;
	}
	return pool;
}

static int
read_all(int fd, const char *path, struct buf *body, struct fault *f)
{
	int status = buf_read_fd(body, fd);
	if (status == ERR_LIMIT)
		return fault_set(f, ERR_LIMIT, "%s: larger than %zu bytes", path, body->max);
	return status ? fault_set(f, status, "%s: %s", path, strerror(errno)) : 0;
}

int
ctl_read_document(const char *path, struct buf *body, struct fault *f)
{
	if (strcmp(path, "-") == 0)
		return read_all(STDIN_FILENO, "standard input", body, f);
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return fault_set(
		    f, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO, "%s: %s", path, strerror(errno));
	struct stat st;
	int rc = 0;
	if (fstat(fd, &st) != 0)
		rc = fault_set(f, ERR_IO, "%s: %s", path, strerror(errno));
	else if (!S_ISREG(st.st_mode))
		rc = fault_set(f, ERR_INPUT, "%s: not a regular file", path);
	else
		rc = read_all(fd, path, body, f);
	close(fd);
	return rc;
}

static void
on_list_parsed(struct reply *reply, void *arg)
{
	struct reply **out = arg;
	*out = reply;
}

enum ctl_exit
ctl_parse_list(struct buf *body, struct reply **reply)
{
	struct event_base *base = event_base_new();
	struct pool *pool = base ? ctl_new_pool(base, 1, 1) : NULL;
	*reply = NULL;
	if (pool) {
		struct job job = {
		    .kind = JOB_OPML,
		    .url = "",
		    .content_type = "",
		    .content_encoding = "",
		    .inflated_max = CTL_DOCUMENT_MAX,
		};
		pool_submit(pool, &job, body, on_list_parsed, reply);
		while (!*reply && event_base_loop(base, EVLOOP_ONCE) == 0)
			;
		pool_free(pool);
	}
	if (base)
		event_base_free(base);
	if (*reply)
		return CTL_OK;
	if (!pool)
		return CTL_FAILED;
	ctl_complain("the list could not be parsed: no worker answered");
	return CTL_FAILED;
}
