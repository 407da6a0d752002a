/* program: see program.h. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>

#include "program.h"

#include <cmocka.h>
#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "mem.h"

extern char **environ;

/* A file that has no name. */
static int
nameless_file(void)
{
	char path[] = "/tmp/newsd-test.XXXXXX";
	int fd = mkostemp(path, O_CLOEXEC);
	assert_true(fd >= 0);
	unlink(path);
	return fd;
}

static char *
read_back(int fd, size_t *len)
{
	struct stat st;
	assert_int_equal(fstat(fd, &st), 0);
	char *text = mem_alloc((size_t)st.st_size + 1);
	size_t got = 0;
	ssize_t n;
	while (got < (size_t)st.st_size &&
	       (n = pread(fd, text + got, (size_t)st.st_size - got, (off_t)got)) > 0)
		got += (size_t)n;
	text[got] = '\0';
	if (len)
		*len = got;
	close(fd);
	return text;
}

static pid_t
spawn(char *const argv[], int in, int out, int err)
{
	posix_spawn_file_actions_t actions;
	posix_spawnattr_t attributes;
	sigset_t defaults;
	pid_t pid;
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, in, 0);
	posix_spawn_file_actions_adddup2(&actions, out, 1);
	if (err >= 0)
		posix_spawn_file_actions_adddup2(&actions, err, 2);
	posix_spawnattr_init(&attributes);
	sigemptyset(&defaults);
	sigaddset(&defaults, SIGPIPE);
	posix_spawnattr_setsigdefault(&attributes, &defaults);
	posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF);
	int rc = posix_spawn(&pid, argv[0], &actions, &attributes, argv, environ);
	posix_spawnattr_destroy(&attributes);
	posix_spawn_file_actions_destroy(&actions);
	if (rc != 0)
		fail_msg("%s: %s", argv[0], strerror(rc));
	return pid;
}

int
program_wait(pid_t pid)
{
	int status;
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

void
program_run(struct ran *ran, char *const argv[], const void *input, size_t len)
{
	int in = nameless_file(), out = nameless_file(), err = nameless_file();
	if (len > 0)
		assert_int_equal(pwrite(in, input, len, 0), len);
	pid_t pid = spawn(argv, in, out, err);
	close(in);
	ran->status = program_wait(pid);
	ran->out = read_back(out, &ran->out_len);
	ran->err = read_back(err, NULL);
}

void
ran_clear(struct ran *ran)
{
	mem_free(ran->out);
	mem_free(ran->err);
	*ran = (struct ran){0};
}

pid_t
program_start(char *const argv[], int *in, int *out)
{
	int to[2], from[2];
	assert_int_equal(pipe2(to, O_CLOEXEC), 0);
	assert_int_equal(pipe2(from, O_CLOEXEC), 0);
	pid_t pid = spawn(argv, to[0], from[1], -1);
	close(to[0]);
	close(from[1]);
	*in = to[1];
	*out = from[0];
	return pid;
}

char *
program_read_line(int fd, int seconds)
{
	size_t len = 0, cap = 256;
	char *line = mem_alloc(cap);
	struct pollfd ready = {.fd = fd, .events = POLLIN};
	while (poll(&ready, 1, seconds * 1000) > 0 && read(fd, line + len, 1) == 1) {
		if (line[len] == '\n') {
			line[len] = '\0';
			return line;
		}
		if (++len == cap)
			line = mem_resize(line, cap *= 2);
	}
	mem_free(line);
	return NULL;
}
