/*
 * worker: see include/worker.h. First everything is opened that the parsers will ever need, then
 * the doors are shut one after another, then the parent is told, and only then comes the first
 * document.
 *
 * A build with a sanitizer keeps memory, files and processes unlimited, the seccomp filter off and
 * stderr open: the sanitizers reserve terabytes, look into /proc and write reports as they like.
 */
#include "worker.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>
#ifdef HAVE_SECCOMP
#include <seccomp.h>
#endif

#include "buf.h"
#include "digest.h"
#include "errors.h"
#include "wire.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define WORKER_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define WORKER_SANITIZED 1
#endif
#ifndef WORKER_SANITIZED
#define WORKER_SANITIZED 0
#endif

#define MEMORY_MAX ((rlim_t)1 << 30)
#define READ_CHUNK ((size_t)64 << 10)
#define KEPT_MAX   ((size_t)4 << 20) /* a larger buffer is given back after its document */

/*
 * A page's trees and buffers are freed after each document. With glibc's defaults (128 KB, moving)
 * the memory goes back to the kernel and is faulted in again for the next one: 5.4-6.4 ms of CPU a
 * news page against 4.2-4.8 ms with these; larger thresholds gained nothing more.
 */
#define MMAP_THRESHOLD (4 << 20)
#define TRIM_THRESHOLD (16 << 20)

static int
complain(const char *what, int error)
{
	fprintf(stderr, "newsd: worker: cannot close the sandbox: %s: %s\n", what, strerror(error));
	return -1;
}

/* ---- the sandbox ---- */

static int
set_limits(void)
{
	static const struct {
		int resource;
		rlim_t limit;
		const char *name;
		int sanitizers_too;
	} limits[] = {
	    {RLIMIT_FSIZE, 0, "RLIMIT_FSIZE", 1},
	    {RLIMIT_CORE, 0, "RLIMIT_CORE", 1},
	    {RLIMIT_NOFILE, WORKER_FD + 1, "RLIMIT_NOFILE", 0},
	    {RLIMIT_NPROC, 0, "RLIMIT_NPROC", 0},
	    {RLIMIT_AS, MEMORY_MAX, "RLIMIT_AS", 0},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct rlimit r = {limits[i].limit, limits[i].limit};
		if (WORKER_SANITIZED && !limits[i].sanitizers_too)
			continue;
		if (setrlimit(limits[i].resource, &r))
			return complain(limits[i].name, errno);
	}
	return 0;
}

static int
drop_privileges(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return complain("no_new_privs", errno);
	if (prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0))
		return complain("parent death signal", errno);
	/* no other process of the same user may look into this one */
	if (!WORKER_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return complain("not dumpable", errno);
	prctl(PR_SET_NAME, "newsd-worker", 0, 0, 0);
	return 0;
}

#ifdef HAVE_SECCOMP

/* What a parser needs: the socket, memory, time, an end. */
static const int calls_allowed[] = {
    SCMP_SYS(read),
    SCMP_SYS(readv),
    SCMP_SYS(write),
    SCMP_SYS(writev),
    SCMP_SYS(brk),
    SCMP_SYS(munmap),
    SCMP_SYS(mremap),
    SCMP_SYS(madvise),
    SCMP_SYS(futex),
    SCMP_SYS(sched_yield),
    SCMP_SYS(getrandom),
    SCMP_SYS(clock_gettime),
    SCMP_SYS(gettimeofday),
    SCMP_SYS(time),
    SCMP_SYS(getpid),
    SCMP_SYS(gettid),
    SCMP_SYS(sysinfo), /* qsort asks how much memory there is */
    SCMP_SYS(rt_sigaction),
    SCMP_SYS(rt_sigprocmask),
    SCMP_SYS(rt_sigreturn),
    SCMP_SYS(restart_syscall),
    SCMP_SYS(close),
    SCMP_SYS(exit),
    SCMP_SYS(exit_group),
};

/* What a C library tries and can do without: refused, which the caller sees as a missing file. */
static const int calls_refused[] = {
    SCMP_SYS(open),
    SCMP_SYS(openat),
    SCMP_SYS(access),
    SCMP_SYS(faccessat),
    SCMP_SYS(faccessat2),
    SCMP_SYS(stat),
    SCMP_SYS(lstat),
    SCMP_SYS(fstat),
    SCMP_SYS(newfstatat),
    SCMP_SYS(statx),
    SCMP_SYS(readlink),
    SCMP_SYS(readlinkat),
    SCMP_SYS(getcwd),
    SCMP_SYS(ioctl),
    SCMP_SYS(fcntl),
    SCMP_SYS(lseek),
    SCMP_SYS(uname),
    SCMP_SYS(prlimit64),
    SCMP_SYS(getrlimit),
    SCMP_SYS(sched_getaffinity),
};

static int
add_call(scmp_filter_ctx filter, uint32_t action, int call)
{
	int rc = seccomp_rule_add(filter, action, call, 0);
	return rc == -EDOM ? 0 : rc; /* this architecture has no such call */
}

/* Memory may be had, but never to run code from, and never that of a file; abort may kill itself.
 */
static int
add_calls_with_conditions(scmp_filter_ctx filter)
{
	int rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mmap), 2,
	    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0),
	    SCMP_A3(SCMP_CMP_MASKED_EQ, MAP_ANONYMOUS, MAP_ANONYMOUS));
	if (!rc)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(mprotect), 1,
		    SCMP_A2(SCMP_CMP_MASKED_EQ, PROT_EXEC, 0));
	if (!rc)
		rc = seccomp_rule_add(filter, SCMP_ACT_ALLOW, SCMP_SYS(tgkill), 1,
		    SCMP_A0(SCMP_CMP_EQ, (scmp_datum_t)getpid(), 0));
	return rc;
}

/* Whatever no table names kills the process. */
static int
confine(void)
{
	scmp_filter_ctx filter = seccomp_init(SCMP_ACT_KILL_PROCESS);
	int rc = filter ? 0 : -ENOMEM;
	for (size_t i = 0; i < sizeof calls_allowed / sizeof *calls_allowed && !rc; i++)
		rc = add_call(filter, SCMP_ACT_ALLOW, calls_allowed[i]);
	for (size_t i = 0; i < sizeof calls_refused / sizeof *calls_refused && !rc; i++)
		rc = add_call(filter, SCMP_ACT_ERRNO(EACCES), calls_refused[i]);
	if (!rc)
		rc = add_calls_with_conditions(filter);
	if (!rc)
		rc = seccomp_load(filter);
	if (filter)
		seccomp_release(filter);
	return rc ? complain("seccomp", -rc) : 0;
}

#else

/* Built without libseccomp: rlimits and no_new_privs alone. */
static int
confine(void)
{
	return 0;
}

#endif

static void
ignore_signals(void)
{
	/* a terminal's ^C reaches the whole group: when to end is the parent's to say */
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
}

static int
close_files(void)
{
#ifdef SYS_close_range
	syscall(SYS_close_range, WORKER_FD + 1, ~0u, 0); /* there should be none */
#endif
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return complain("/dev/null", errno);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return complain("standard files", errno);
	close(null);
	return 0;
}

static int
enter_sandbox(void)
{
	ignore_signals();
	if (drop_privileges() || close_files() || set_limits())
		return -1;
	if (WORKER_SANITIZED)
		return 0;
	if (confine())
		return -1;
	close(STDERR_FILENO); /* last: until here it had to say what failed */
	return 0;
}

/* ---- the loop ---- */

static int
write_all(const struct buf *b)
{
	for (size_t done = 0; done < b->len;) {
		ssize_t n = write(WORKER_FD, b->data + done, b->len - done);
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		done += n > 0 ? (size_t)n : 0;
	}
	return 0;
}

/* Read until IN holds a whole frame. 0: *SIZE is set; 1: the parent closed; negative: error. */
static int
read_frame(struct buf *in, size_t *size)
{
	for (;;) {
		int rc = wire_frame_size(in->data, in->len, size);
		if (rc || (*size && in->len >= *size))
			return rc;
		size_t want = *size > in->len + READ_CHUNK ? *size - in->len : READ_CHUNK;
		void *to = buf_reserve(in, want);
		if (!to)
			return ERR_LIMIT;
		ssize_t n = read(WORKER_FD, to, want);
		if (n == 0)
			return 1;
		if (n < 0 && errno != EINTR)
			return ERR_IO;
		buf_added(in, n > 0 ? (size_t)n : 0);
	}
}

static int
answer(const uint8_t *frame, size_t size, struct buf *out)
{
	struct job job;
	uint64_t id;
	int rc = wire_get_job(frame, size, &id, &job);
	if (rc)
		return rc;
	struct reply *reply = digest(&job);
	out->len = 0;
	/* the frame takes less than the records; growing by steps would hold two copies of it */
	buf_reserve(out, reply->arena.total);
	rc = wire_put_reply(out, id, reply);
	if (rc) {
		reply_fail(reply, rc, "what the parser made of it is too large");
		rc = wire_put_reply(out, id, reply);
	}
	reply_free(reply);
	return rc ? rc : write_all(out);
}

static void
give_back(struct buf *b)
{
	if (!b->len && b->cap > KEPT_MAX)
		buf_clear(b);
}

static int
serve(struct buf *in, struct buf *out)
{
	wire_put_hello(out);
	int rc = write_all(out);
	while (!rc) {
		size_t size;
		rc = read_frame(in, &size);
		if (!rc)
			rc = answer(in->data, size, out);
		if (!rc) {
			buf_drop_front(in, size);
			out->len = 0;
			give_back(in);
			give_back(out);
		}
	}
	return rc;
}

int
worker_main(void)
{
	struct buf in, out;
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, MMAP_THRESHOLD);
	mallopt(M_TRIM_THRESHOLD, TRIM_THRESHOLD);
#endif
	digest_prepare();
	if (enter_sandbox())
		return 1;
	buf_init(&in, WIRE_FRAME_MAX + READ_CHUNK);
	buf_init(&out, WIRE_FRAME_MAX);
	int rc = serve(&in, &out);
	buf_clear(&in);
	buf_clear(&out);
	return rc == 1 ? 0 : 2;
}
