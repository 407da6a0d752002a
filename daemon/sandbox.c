/*
 * sandbox: see include/sandbox.h.
 *
 * A build with a sanitizer keeps memory, files and processes unlimited, landlock and the seccomp
 * filter off and stderr open: the sanitizers reserve terabytes, look into /proc and write reports
 * as they like.
 */
#include "sandbox.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
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

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) ||                         \
    __has_feature(memory_sanitizer)
#define SANDBOX_SANITIZED 1
#endif
#endif
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define SANDBOX_SANITIZED 1
#endif
#ifndef SANDBOX_SANITIZED
#define SANDBOX_SANITIZED 0
#endif

#define MEMORY_MAX ((rlim_t)1 << 30)

static int
complain(const char *what, int error)
{
	fprintf(stderr, "newsd: worker: cannot close the sandbox: %s: %s\n", what, strerror(error));
	return -1;
}

/* ---- rlimits ---- */

static int
set_limits(int keep)
{
	const struct {
		int resource;
		rlim_t limit;
		const char *name;
		int sanitizers_too;
	} limits[] = {
	    {RLIMIT_FSIZE, 0, "RLIMIT_FSIZE", 1},
	    {RLIMIT_CORE, 0, "RLIMIT_CORE", 1},
	    {RLIMIT_NOFILE, (rlim_t)keep + 1, "RLIMIT_NOFILE", 0},
	    {RLIMIT_NPROC, 0, "RLIMIT_NPROC", 0},
	    {RLIMIT_AS, MEMORY_MAX, "RLIMIT_AS", 0},
	};
	for (size_t i = 0; i < sizeof limits / sizeof *limits; i++) {
		struct rlimit r = {limits[i].limit, limits[i].limit};
		if (SANDBOX_SANITIZED && !limits[i].sanitizers_too)
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
	if (!SANDBOX_SANITIZED && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		return complain("not dumpable", errno);
	prctl(PR_SET_NAME, "newsd-worker", 0, 0, 0);
	return 0;
}

/* ---- landlock: the kernel's own list of files and ports, here an empty one ---- */

/*
 * Spelt out here rather than taken from <linux/landlock.h>: the kernel that newsd runs on is often
 * newer than the headers that it was built with, and knows more rights than these. The numbers are
 * the same on all architectures (but alpha). Kernels take a longer struct than their own when what
 * they don't know is 0.
 */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset 444
#define SYS_landlock_restrict_self  446
#endif
#define RULESET_VERSION 1u

struct ruleset {
	uint64_t files, ports,
	    scopes; /* rights that are handled, and so refused where no rule gives them */
};

/* The rights that version VERSION of landlock handles (Documentation/userspace-api/landlock.rst).
 */
static struct ruleset
rights_of(long version)
{
	static const struct {
		long version;
		int files, ports, scopes; /* how many bits */
	} known[] = {{6, 16, 2, 2}, {5, 16, 2, 0}, {4, 15, 2, 0}, {3, 15, 0, 0}, {2, 14, 0, 0},
	    {1, 13, 0, 0}};
	size_t i = 0;
	while (version < known[i].version)
		i++;
	return (struct ruleset){(UINT64_C(1) << known[i].files) - 1,
	    (UINT64_C(1) << known[i].ports) - 1, (UINT64_C(1) << known[i].scopes) - 1};
}

int
sandbox_enter_landlock(void)
{
	long version = syscall(SYS_landlock_create_ruleset, NULL, 0, RULESET_VERSION);
	if (version < 1)
		return 0;
	struct ruleset rights = rights_of(version);
	long fd = syscall(SYS_landlock_create_ruleset, &rights, sizeof rights, 0);
	if (fd < 0)
		return 0;
	long rc = syscall(SYS_landlock_restrict_self, (int)fd, 0);
	close((int)fd);
	return rc == 0;
}

/* ---- seccomp ---- */

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

/* Whatever no table names kills the process. 1: it holds. */
static int
enter_seccomp(void)
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
	return rc ? complain("seccomp", -rc) : 1;
}

#else

/* Built without libseccomp: the hello says so, and the parent complains. */
static int
enter_seccomp(void)
{
	return 0;
}

#endif

/* ---- all of it ---- */

static void
ignore_signals(void)
{
	/* a terminal's ^C reaches the whole group: when to end is the parent's to say */
	static const int ignored[] = {SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGPIPE};
	for (size_t i = 0; i < sizeof ignored / sizeof *ignored; i++)
		signal(ignored[i], SIG_IGN);
}

static int
close_files(int keep)
{
#ifdef SYS_close_range
	syscall(SYS_close_range, (unsigned)keep + 1, ~0u, 0); /* there should be none */
#endif
	int null = open("/dev/null", O_RDWR | O_CLOEXEC);
	if (null < 0)
		return complain("/dev/null", errno);
	if (dup2(null, STDIN_FILENO) < 0 || dup2(null, STDOUT_FILENO) < 0)
		return complain("standard files", errno);
	close(null);
	return 0;
}

int
sandbox_enter(int keep, unsigned *layers)
{
	*layers = 0;
	ignore_signals();
	if (drop_privileges() || close_files(keep))
		return -1;
	/* before the limits: it needs a descriptor for a moment */
	if (!SANDBOX_SANITIZED && sandbox_enter_landlock())
		*layers |= SANDBOX_LANDLOCK;
	if (set_limits(keep))
		return -1;
	if (SANDBOX_SANITIZED)
		return 0;
	*layers |= SANDBOX_RLIMITS;
	int confined = enter_seccomp();
	if (confined < 0)
		return -1;
	if (confined)
		*layers |= SANDBOX_SECCOMP;
	close(STDERR_FILENO); /* last: until here it had to say what failed */
	return 0;
}

const char *
sandbox_words(unsigned layers, char *out, size_t size)
{
	static const char *const names[] = {"rlimits", "landlock", "seccomp"};
	size_t len = 0;
	*out = '\0';
	for (int missing = 0; missing < 2; missing++) {
		int first = 1;
		for (unsigned i = 0; i < 3; i++) {
			if ((layers >> i & 1) == (unsigned)missing)
				continue;
			const char *before = !first ? ", " : missing ? len ? "; not " : "not " : "";
			int n = snprintf(out + len, size - len, "%s%s", before, names[i]);
			len += n > 0 && (size_t)n < size - len ? (size_t)n : 0;
			first = 0;
		}
	}
	return out;
}
