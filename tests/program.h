/* program: runs a program as a user would, with a file as its input, and collects what it says. */
#ifndef NEWSD_TESTS_PROGRAM_H
#define NEWSD_TESTS_PROGRAM_H

#include <stddef.h>
#include <sys/types.h>

struct ran {
	int status; /* exit status, 128 + signal when it was killed */
	char *out, *err;
	size_t out_len;
};

/* Run ARGV (ends with NULL) with INPUT (NULL: nothing) of LEN bytes. Fails the test when it can't
 * be started. */
void program_run(struct ran *ran, char *const argv[], const void *input, size_t len);
void ran_clear(struct ran *ran);

/* Start ARGV with pipes on its standard input and output; its standard error is ours. */
pid_t program_start(char *const argv[], int *in, int *out);
/* Wait for PID; its status as in struct ran. */
int program_wait(pid_t pid);
/* Read one line from FD within SECONDS, malloc'ed, without its newline; NULL: none came. */
char *program_read_line(int fd, int seconds);

#endif
