/*
 * aftercheck: after an unclean end the store is checked while newsd works: a child reads every page
 * of it. A child, because what reads damaged pages may die of it and because the writer is the only
 * thread. Owns the child and its pipe; the store keeps its mark until the check found it sound.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "log.h"
#include "mem.h"
#include "service_priv.h"

#define NICE     10
#define SAID_MAX 4096 /* of what the child says; the first finding is enough */
#define REAP_MS  50
#define SOUND    "sound\n" /* the child's only word when nothing is wrong */
#define CHECKER  "newsd-check"

extern char **environ;

struct aftercheck {
	struct service *s;
	pid_t pid; /* 0: it is over */
	int fd;
	struct event *readable, *reap;
	struct buf said;
	int64_t start_ms;
	char result[FAULT_TEXT_MAX]; /* for people */
};

/* ---- the child ---- */

static void
print_finding(const char *sentence, void *arg)
{
	int *count = arg;
	if (!(*count)++) {
		printf("%s\n", sentence);
		fflush(stdout);
	}
}

int
service_check_store(const char *path)
{
	struct store *store;
	struct store_options o = {.path = path, .mode = STORE_READ};
	struct fault f;
	int count = 0;
	setpriority(PRIO_PROCESS, 0, NICE); /* or not */
	if (store_open(&store, &o, &f)) {
		printf("%s\n", f.text);
		return SERVICE_FAILED;
	}
	int status = store_check_pages(store, print_finding, &count);
	if (status && !count)
		printf("%s\n", store_fault(store)->text);
	else if (!status)
		printf(SOUND);
	store_close(store);
	return status ? SERVICE_FAILED : SERVICE_OK;
}

/* ---- its end ---- */

static void
tell(struct aftercheck *a, int status)
{
	struct log_line l;
	int is_sound =
	    WIFEXITED(status) && !WEXITSTATUS(status) && !strcmp(buf_str(&a->said), SOUND);
	char *line = mem_strndup(buf_str(&a->said), strcspn(buf_str(&a->said), "\n"));
	if (is_sound)
		snprintf(a->result, sizeof a->result, "sound");
	else if (WIFSIGNALED(status))
		snprintf(a->result, sizeof a->result,
		    "the check died of signal %d (%s): see newsctl check --full", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		snprintf(a->result, sizeof a->result,
		    "%.300s: newsctl check --full tells more; restore a backup, or stop newsd and save "
		    "what can be read with newsctl repair NEWFILE",
		    *line ? line : "the check said nothing");
	log_begin(&l, is_sound ? EV_STORE_CHECKED : EV_STORE_DAMAGED);
	log_str(&l, LF_STORE, a->s->config->store);
	log_int(&l, LF_MS, clock_mono_ms() - a->start_ms);
	if (!is_sound)
		log_str(&l, LF_REASON, a->result);
	log_end(&l);
	log_flush();
	if (is_sound)
		writer_note_checked(a->s->writer);
	mem_free(line);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct aftercheck *a = arg;
	struct timeval in = {0, REAP_MS * 1000};
	int status = 0;
	pid_t got = waitpid(a->pid, &status, WNOHANG);
	if (!got) {
		evtimer_add(a->reap, &in);
		return;
	}
	a->pid = 0;
	tell(a, status);
}

static void
on_readable(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct aftercheck *a = arg;
	char bytes[512];
	ssize_t n = read(fd, bytes, sizeof bytes);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0) {
		buf_add(&a->said, bytes, (size_t)n); /* what is too much is not needed */
		return;
	}
	event_free(a->readable);
	a->readable = NULL;
	close(a->fd);
	a->fd = -1;
	on_reap(-1, 0, a);
}

/* ---- its begin ---- */

/* Start the check of the store PATH, its words to OUT. 0 or an errno. */
static int
spawn(const char *path, int out, pid_t *pid)
{
	char name[] = CHECKER, option[] = "--check-store", *copy = mem_strdup(path);
	char *argv[] = {name, option, copy, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attributes;
	sigset_t all, none;
	sigfillset(&all);
	sigemptyset(&none);
	int rc = posix_spawn_file_actions_init(&files);
	if (!rc && (rc = posix_spawnattr_init(&attributes)))
		posix_spawn_file_actions_destroy(&files);
	if (!rc) {
		posix_spawn_file_actions_addopen(&files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
		posix_spawn_file_actions_adddup2(&files, out, STDOUT_FILENO);
		posix_spawnattr_setsigmask(&attributes, &none);
		posix_spawnattr_setsigdefault(&attributes, &all);
		posix_spawnattr_setflags(
		    &attributes, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
		rc = posix_spawn(pid, "/proc/self/exe", &files, &attributes, argv, environ);
		posix_spawnattr_destroy(&attributes);
		posix_spawn_file_actions_destroy(&files);
	}
	mem_free(copy);
	return rc;
}

void
aftercheck_begin(struct service *s)
{
	int ends[2];
	struct log_line l;
	log_begin(&l, EV_UNCLEAN_END);
	log_str(&l, LF_STORE, s->config->store);
	log_end(&l);
	struct aftercheck *a = mem_zalloc(sizeof *a);
	*a = (struct aftercheck){.s = s, .fd = -1, .start_ms = clock_mono_ms()};
	buf_init(&a->said, SAID_MAX);
	snprintf(a->result, sizeof a->result, "running");
	s->aftercheck = a;
	int error = pipe2(ends, O_CLOEXEC) ? errno : 0;
	if (!error) {
		error = spawn(s->config->store, ends[1], &a->pid);
		close(ends[1]);
		a->fd = ends[0];
	}
	if (error) {
		a->pid = 0;
		snprintf(a->result, sizeof a->result, "could not be started: %s", strerror(error));
		log_error("the check of the store after an unclean end %s", a->result);
		return;
	}
	fcntl(a->fd, F_SETFL, O_NONBLOCK);
	a->readable = event_new(s->base, a->fd, EV_READ | EV_PERSIST, on_readable, a);
	a->reap = evtimer_new(s->base, on_reap, a);
	event_add(a->readable, NULL);
}

const char *
aftercheck_result(const struct service *s)
{
	return s->aftercheck ? s->aftercheck->result : NULL;
}

void
aftercheck_free(struct service *s)
{
	struct aftercheck *a = s->aftercheck;
	if (!a)
		return;
	if (a->pid) {
		log_info("the check of the store is not finished: the next start begins it again");
		kill(a->pid, SIGKILL);
		waitpid(a->pid, NULL, 0);
	}
	if (a->readable)
		event_free(a->readable);
	if (a->reap)
		event_free(a->reap);
	if (a->fd >= 0)
		close(a->fd);
	buf_clear(&a->said);
	mem_free(a);
	s->aftercheck = NULL;
}
