/*
 * faults: see tests/faults.h. Preloaded, so it stands before the C library for the program and for
 * SQLite, whose table of system calls is filled by the same names. The calls themselves go to the
 * kernel directly: nothing here may call what it replaces.
 */
/* The C library's checked calls are inlined over those that stand here. */
#undef _FORTIFY_SOURCE
#include "faults.h"

#include <errno.h>
#include <fcntl.h>
#include <link.h>
#include <signal.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <unistd.h>

#define RANGES_MAX 8

/* glibc's own, under names that nobody replaces. */
void *__libc_malloc(size_t size);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *p, size_t size);

static struct faults *shared;
/* Code of the libraries whose allocations are counted. */
static struct range {
	uintptr_t from, to;
} ranges[RANGES_MAX];
static size_t ranges_len;

/* ---- the beginning ---- */

static int
add_library(struct dl_phdr_info *info, size_t size, void *arg)
{
	static const char *const names[] = {"/libsqlite3", "/libcurl", "/libevent"};
	(void)size, (void)arg;
	for (size_t n = 0; n < sizeof names / sizeof *names; n++)
		for (int i = 0; i < info->dlpi_phnum && strstr(info->dlpi_name, names[n]); i++) {
			const ElfW(Phdr) *h = &info->dlpi_phdr[i];
			if (h->p_type != PT_LOAD || !(h->p_flags & PF_X) ||
			    ranges_len == RANGES_MAX)
				continue;
			uintptr_t from = info->dlpi_addr + h->p_vaddr;
			ranges[ranges_len++] = (struct range){from, from + h->p_memsz};
		}
	return 0;
}

__attribute__((constructor)) static void
begin(void)
{
	const char *path = getenv(FAULTS_FILE);
	int fd = path ? open(path, O_RDWR | O_CLOEXEC) : -1;
	if (fd < 0)
		return;
	void *p = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	close(fd);
	if (p == MAP_FAILED)
		return;
	dl_iterate_phdr(add_library, NULL);
	shared = p;
}

/* ---- who is struck ---- */

static void
die(void)
{
	syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
}

static uint32_t
count(uint32_t *counter)
{
	return __atomic_add_fetch(counter, 1, __ATOMIC_SEQ_CST);
}

static int
is_struck(uint32_t n)
{
	return shared->at && n >= shared->at && n - shared->at < shared->times;
}

/* What is to be done with the next call of KIND. */
static int
act_on(enum fault_call kind)
{
	uint32_t n = count(&shared->calls);
	count(&shared->of_kind[kind]);
	if (shared->act >= FAULT_READ || !is_struck(n))
		return FAULT_NONE;
	count(&shared->struck);
	shared->struck_kind = kind;
	if (shared->act == FAULT_KILL_BEFORE)
		die();
	return shared->act == FAULT_SHORT && n > shared->at ? FAULT_ERROR : shared->act;
}

static int
path_counts(const char *path)
{
	return shared && !strncmp(path, shared->prefix, strlen(shared->prefix));
}

static int
fd_counts(int fd)
{
	char name[40], path[sizeof shared->prefix + 16];
	if (!shared)
		return 0;
	int error = errno;
	snprintf(name, sizeof name, "/proc/self/fd/%d", fd);
	ssize_t n = readlink(name, path, sizeof path - 1);
	errno = error;
	path[n > 0 ? n : 0] = '\0';
	return path_counts(path);
}

/* What a call does that is not to be done by halves: DO is its expression. */
#define CALL(kind, counts, do_it)                                                                  \
	do {                                                                                       \
		int act_ = (counts) ? act_on(kind) : FAULT_NONE;                                   \
		if (act_ == FAULT_KILL_TORN)                                                       \
			die();                                                                     \
		if (act_ == FAULT_ERROR || act_ == FAULT_SHORT) {                                  \
			errno = shared->error;                                                     \
			return -1;                                                                 \
		}                                                                                  \
		long result_ = (do_it);                                                            \
		if (act_ == FAULT_KILL_AFTER)                                                      \
			die();                                                                     \
		return (int)result_;                                                               \
	} while (0)

/* ---- writing ---- */

/* AT < 0: where the file stands. */
static ssize_t
write_at(int fd, const void *data, size_t len, off_t at)
{
	return at < 0 ? syscall(SYS_write, fd, data, len)
		      : syscall(SYS_pwrite64, fd, data, len, at);
}

static ssize_t
struck_write(int fd, const void *data, size_t len, off_t at)
{
	int act = fd_counts(fd) ? act_on(CALL_WRITE) : FAULT_NONE;
	int halves = act == FAULT_KILL_TORN || (act == FAULT_SHORT && len > 1);
	if (act == FAULT_ERROR || (act == FAULT_SHORT && !halves)) {
		errno = shared->error;
		return -1;
	}
	ssize_t n = write_at(fd, data, halves ? len / 2 : len, at);
	if (act == FAULT_KILL_TORN || act == FAULT_KILL_AFTER)
		die();
	return n;
}

ssize_t
write(int fd, const void *data, size_t len)
{
	return struck_write(fd, data, len, -1);
}

ssize_t
pwrite(int fd, const void *data, size_t len, off_t at)
{
	return struck_write(fd, data, len, at);
}

ssize_t
pwrite64(int fd, const void *data, size_t len, off64_t at)
{
	return struck_write(fd, data, len, at);
}

ssize_t
writev(int fd, const struct iovec *parts, int n)
{
	CALL(CALL_WRITE, fd_counts(fd), syscall(SYS_writev, fd, parts, n));
}

/* ---- reading ---- */

/* 1: this read is to fail; errno is set. */
static int
read_fails(int fd)
{
	if (!fd_counts(fd))
		return 0;
	uint32_t n = count(&shared->reads);
	if (shared->act != FAULT_READ || !is_struck(n))
		return 0;
	count(&shared->struck);
	errno = shared->error;
	return 1;
}

ssize_t
read(int fd, void *data, size_t len)
{
	return read_fails(fd) ? -1 : syscall(SYS_read, fd, data, len);
}

ssize_t
pread(int fd, void *data, size_t len, off_t at)
{
	return read_fails(fd) ? -1 : syscall(SYS_pread64, fd, data, len, at);
}

ssize_t
pread64(int fd, void *data, size_t len, off64_t at)
{
	return read_fails(fd) ? -1 : syscall(SYS_pread64, fd, data, len, at);
}

/* ---- the rest ---- */

int
fsync(int fd)
{
	CALL(CALL_SYNC, fd_counts(fd), syscall(SYS_fsync, fd));
}

int
fdatasync(int fd)
{
	CALL(CALL_SYNC, fd_counts(fd), syscall(SYS_fdatasync, fd));
}

int
ftruncate(int fd, off_t size)
{
	CALL(CALL_TRUNCATE, fd_counts(fd), syscall(SYS_ftruncate, fd, size));
}

int
ftruncate64(int fd, off64_t size)
{
	CALL(CALL_TRUNCATE, fd_counts(fd), syscall(SYS_ftruncate, fd, size));
}

int
rename(const char *from, const char *to)
{
	CALL(CALL_NAME, path_counts(from) || path_counts(to), syscall(SYS_rename, from, to));
}

int
unlink(const char *path)
{
	CALL(CALL_NAME, path_counts(path), syscall(SYS_unlink, path));
}

static int
struck_open(const char *path, int flags, mode_t mode)
{
	CALL(CALL_CREATE, (flags & O_CREAT) && path_counts(path),
	    syscall(SYS_openat, AT_FDCWD, path, flags, mode));
}

static mode_t
mode_of(int flags, va_list rest)
{
	return flags & (O_CREAT | __O_TMPFILE) ? va_arg(rest, mode_t) : 0;
}

int
open(const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = mode_of(flags, rest);
	va_end(rest);
	return struck_open(path, flags, mode);
}

int
open64(const char *path, int flags, ...)
{
	va_list rest;
	va_start(rest, flags);
	mode_t mode = mode_of(flags, rest);
	va_end(rest);
	return struck_open(path, flags | O_LARGEFILE, mode);
}

/* ---- memory ---- */

/* 1: the allocation that is asked for from the code at CALLER is to fail. */
static int
lacks_memory(const void *caller)
{
	uintptr_t at = (uintptr_t)caller;
	if (!shared)
		return 0;
	for (size_t i = 0; i < ranges_len; i++) {
		if (at < ranges[i].from || at >= ranges[i].to)
			continue;
		uint32_t n = count(&shared->allocations);
		if (shared->act != FAULT_NO_MEMORY || !is_struck(n))
			return 0;
		count(&shared->struck);
		errno = ENOMEM;
		return 1;
	}
	return 0;
}

void *
malloc(size_t size)
{
	return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_malloc(size);
}

void *
calloc(size_t n, size_t size)
{
	return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_calloc(n, size);
}

void *
realloc(void *p, size_t size)
{
	return lacks_memory(__builtin_return_address(0)) ? NULL : __libc_realloc(p, size);
}
