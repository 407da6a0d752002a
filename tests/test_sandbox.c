/*
 * test_sandbox: landlock alone, which the filter of system calls would hide, and the words for what
 * holds. The whole is tried in test_pool and test_attack.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "sandbox.h"

enum seen { SEEN_NO_LANDLOCK = 1, SEEN_FILE = 2, SEEN_WRITE = 4, SEEN_DIR = 8 };

/* What is in reach of a process under landlock. */
static int
look_around(void)
{
	int seen = 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || !sandbox_enter_landlock())
		return SEEN_NO_LANDLOCK;
	seen |= open("/etc/passwd", O_RDONLY | O_CLOEXEC) >= 0 || errno != EACCES ? SEEN_FILE : 0;
	seen |=
	    open("/tmp/newsd-landlock", O_WRONLY | O_CREAT | O_CLOEXEC, 0600) >= 0 ? SEEN_WRITE : 0;
	seen |= open("/tmp", O_RDONLY | O_DIRECTORY | O_CLOEXEC) >= 0 ? SEEN_DIR : 0;
	return seen;
}

static void
test_landlock_hides_files(void **state)
{
	(void)state;
	int status = 0;
	pid_t pid = fork();
	if (!pid)
		_exit(look_around());
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFEXITED(status));
	if (WEXITSTATUS(status) == SEEN_NO_LANDLOCK) {
		print_message("SKIPPED: this kernel has no landlock\n");
		skip();
	}
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void
test_words(void **state)
{
	(void)state;
	static const struct {
		unsigned layers;
		const char *words;
	} rows[] = {
	    {SANDBOX_ALL, "rlimits, landlock, seccomp"},
	    {SANDBOX_RLIMITS | SANDBOX_SECCOMP, "rlimits, seccomp; not landlock"},
	    {SANDBOX_RLIMITS, "rlimits; not landlock, seccomp"},
	    {0, "not rlimits, landlock, seccomp"},
	};
	char words[SANDBOX_WORDS_SIZE], small[12];
	for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
		assert_string_equal(
		    sandbox_words(rows[i].layers, words, sizeof words), rows[i].words);
	sandbox_words(SANDBOX_ALL, small, sizeof small);
	assert_true(strlen(small) < sizeof small);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_landlock_hides_files),
	    cmocka_unit_test(test_words),
	};
	return cmocka_run_group_tests_name("sandbox", tests, NULL, NULL);
}
