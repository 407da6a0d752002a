/*
 * newsctl doctor: looks at the house as a whole. One table of checks, each of which says one or
 * more lines: whether it is well, what is there, and what to do next where it is not. Changes
 * nothing.
 */
#include "newsctl_priv.h"

#include <errno.h>
#include <inttypes.h>
#include <json-c/json.h>
#ifdef HAVE_SECCOMP
#include <linux/seccomp.h>
#endif
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "control.h"
#include "drop_in.h"
#include "fetch.h"
#include "holders.h"
#include "mem.h"
#include "service.h"
#include "table.h"

#define DROP_IN_MAX   ((size_t)1 << 20)
#define MB            (INT64_C(1) << 20)
#define WAL_LARGE     (256 * MB) /* four times what newsd leaves there itself */
#define BLOCK_SMALL   4096
#define HOLDERS_MAX   32
#define FAILING_WARN  20 /* per cent of the feeds ... */
#define FAILING_BAD   60
#define FAILING_FEEDS 5 /* ... of at least so many */
#define AHEAD_S       86400

enum level { LEVEL_OK, LEVEL_WARN, LEVEL_BAD, LEVELS };
static const char *const level_words[LEVELS] = {"ok", "warn", "bad"};

struct doctor {
	struct ctl *ctl;
	const struct config *config;
	const char *store_path, *socket_path;
	struct store *store; /* NULL: it can't be read */
	struct fault store_fault;
	struct store_status figures;
	struct json_object *daemon; /* its answer to `status`; NULL: it does not answer */
	struct table *table;
	const char *check; /* whose line it is */
	int worst;
};

static const char *
colour_of_level(const char *cell)
{
	return !strcmp(cell, "bad") ? "red" : !strcmp(cell, "warn") ? "yellow" : "green";
}

static const struct table_column columns[] = {
    {"check", TABLE_STR, 0, NULL},
    {"state", TABLE_STR, 0, colour_of_level},
    {"what", TABLE_STR, 0, NULL},
    {"next", TABLE_STR, 0, NULL},
};
#define COLUMNS (sizeof columns / sizeof *columns)

/* One line: what is there, and what to do NEXT (NULL: nothing). */
static void __attribute__((format(printf, 4, 5)))
say(struct doctor *d, enum level level, const char *next, const char *fmt, ...)
{
	char what[FAULT_TEXT_MAX];
	va_list ap;
	va_start(ap, fmt);
	vsnprintf(what, sizeof what, fmt, ap);
	va_end(ap);
	table_str(d->table, d->check);
	table_str(d->table, level_words[level]);
	table_str(d->table, what);
	table_str(d->table, next);
	table_end_row(d->table);
	if ((int)level > d->worst)
		d->worst = level;
}

/* ---- configuration ---- */

/* Have a child do what `newsd -n` does; its first line into WORDS. Returns its exit status. */
static int
check_as_newsd(const struct config *config, char *words, size_t room)
{
	int ends[2], status = 0;
	*words = '\0';
	fflush(NULL);
	if (pipe(ends))
		return -1;
	pid_t pid = fork();
	if (!pid) {
		dup2(ends[1], STDOUT_FILENO);
		dup2(ends[1], STDERR_FILENO);
		close(ends[0]);
		close(ends[1]);
		status = service_check(config);
		fflush(NULL);
		_exit(status);
	}
	close(ends[1]);
	FILE *said = fdopen(ends[0], "r");
	char line[FAULT_TEXT_MAX];
	while (said && fgets(line, sizeof line, said))
		if (!*words)
			snprintf(words, room, "%.*s", (int)strcspn(line, "\n"), line);
	if (said)
		fclose(said);
	if (pid < 0 || waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		return -1;
	return WEXITSTATUS(status);
}

/* Only root, who may become newsd's user, and that user itself can tell whether newsd could start.
 */
static int
may_check_as_newsd(const struct doctor *d)
{
	struct stat st;
	return geteuid() == 0 ||
	       (stat(d->store_path, &st) == 0 ? st.st_uid == geteuid() : errno == ENOENT);
}

static void
check_configuration(struct doctor *d)
{
	char words[FAULT_TEXT_MAX];
	const char *file = d->config->path ? d->config->path : "no file, all defaults";
	if (!may_check_as_newsd(d)) {
		say(d, LEVEL_OK, "as root or newsd's user: newsd -n",
		    "%s: can be read; places and lists "
		    "were not looked at",
		    file);
		return;
	}
	int status = check_as_newsd(d->config, words, sizeof words);
	if (!status)
		say(d, LEVEL_OK, NULL, "%s", words);
	else
		say(d, LEVEL_BAD, "correct it; newsd -n tells all that is wrong", "%s",
		    *words ? words : "it can't be checked");
}

/* ---- the store ---- */

static void
check_store(struct doctor *d)
{
	if (d->store) {
		say(d, LEVEL_OK, NULL,
		    "%s: schema %d, %" PRId64 " feeds, %" PRId64 " articles, %" PRId64 " MB",
		    d->store_path, d->figures.schema, d->figures.feeds, d->figures.articles,
		    d->figures.size / MB);
		return;
	}
	enum level level = d->store_fault.code == ERR_VERSION ? LEVEL_WARN : LEVEL_BAD;
	say(d, level, NULL, "%s", d->store_fault.text);
}

static void
check_space(struct doctor *d)
{
	struct store_room r;
	struct fault f;
	char *dir = mem_strdup(d->store_path), *slash = strrchr(dir, '/');
	if (slash)
		*slash = '\0';
	int status = store_read_room(!slash ? "." : slash == dir ? "/" : dir, &r, &f);
	mem_free(dir);
	if (status) {
		say(d, LEVEL_BAD, "make the directory, or correct the option store", "%s", f.text);
		return;
	}
	int64_t floor = store_floor(d->config->free_space_floor, r.total);
	int is_low = store_room_is_low(&r, floor, 0);
	int is_near = store_room_is_low(&r, 2 * floor, 0);
	say(d,
	    is_low    ? LEVEL_BAD
	    : is_near ? LEVEL_WARN
		      : LEVEL_OK,
	    is_low || is_near ? "free space, or change free_space_floor" : NULL,
	    "%" PRId64 " MB are free, free_space_floor is %" PRId64 " MB%s", r.free / MB,
	    floor / MB, is_low ? ": nothing is fetched" : "");
	if (r.block < BLOCK_SMALL)
		say(d, LEVEL_WARN, "put the store on a file system with blocks of 4 KB",
		    "the file system has blocks of %" PRId64
		    " bytes: when it is full, programs that open the store can die (SIGBUS)",
		    r.block);
}

/* "4711 (sqlite3), ...": those who read and do not write, which keeps the log from being reset. */
static size_t
list_readers(const struct holder *list, size_t count, char *out, size_t room)
{
	size_t readers = 0, len = 0;
	*out = '\0';
	for (size_t i = 0; i < count; i++) {
		if (!list[i].reads || list[i].writes)
			continue;
		if (len < room)
			len += (size_t)snprintf(out + len, room - len, "%s%ld (%s)",
			    readers ? ", " : "", list[i].pid, list[i].command);
		readers++;
	}
	return readers;
}

static void
check_log_of_store(struct doctor *d)
{
	struct holder list[HOLDERS_MAX];
	struct stat st;
	char names[256], *wal = mem_printf("%s-wal", d->store_path);
	int64_t size = stat(wal, &st) == 0 ? st.st_size : 0;
	size_t count = holders_find(d->store_path, list, HOLDERS_MAX);
	size_t readers = list_readers(list, count, names, sizeof names);
	mem_free(wal);
	int is_large = size > WAL_LARGE;
	const char *next = !is_large   ? NULL
			   : readers   ? "end that query or process: the log can't be reset before"
			   : d->daemon ? "look again in a minute; no process is seen that holds it"
				       : "start newsd, which moves it into the store";
	if (!holders_are_seen())
		say(d, is_large ? LEVEL_WARN : LEVEL_OK, next,
		    "%" PRId64
		    " MB; who has the store open can't be told: /proc/locks can't be read",
		    size / MB);
	else
		say(d, is_large ? LEVEL_WARN : LEVEL_OK, next,
		    "%" PRId64 " MB; the store is open in %zu processes, being read by %s",
		    size / MB, count, readers ? names : "none");
}

static void
check_feeds(struct doctor *d)
{
	if (!d->store)
		return;
	int64_t feeds = d->figures.feeds, failing = d->figures.feeds_failing;
	int64_t share = feeds ? failing * 100 / feeds : 0;
	enum level level = feeds < FAILING_FEEDS  ? LEVEL_OK
			   : share >= FAILING_BAD ? LEVEL_BAD
			   : share > FAILING_WARN ? LEVEL_WARN
						  : LEVEL_OK;
	if (!feeds)
		say(d, LEVEL_WARN, "newsctl add URL", "there are none");
	else
		say(d, level, level ? "newsctl feeds --failing; newsctl proposals" : NULL,
		    "%" PRId64 " of %" PRId64 " fail, %" PRId64 " are strangely silent", failing,
		    feeds, d->figures.feeds_stale);
}

/* ---- the running newsd ---- */

static void
check_daemon(struct doctor *d)
{
	static const struct {
		const char *group, *key, *what;
	} troubles[] = {{"writer", "trouble", "the store"}, {"writer", "paused", "paused"}};
	struct fault f = {0};
	int fd = control_connect(d->socket_path, &f);
	struct json_object *request = ctl_request("status");
	if (fd < 0 || control_call(fd, request, &d->daemon, &f) != 0)
		d->daemon = NULL;
	json_object_put(request);
	if (fd >= 0)
		close(fd);
	if (!d->daemon) {
		say(d, f.code == ERR_DENIED ? LEVEL_BAD : LEVEL_WARN,
		    f.code == ERR_DENIED
			? "become a member of its group (usermod -aG newsd USER), and log "
			  "in again"
			: NULL,
		    "%s", f.text);
		return;
	}
	const char *version = ctl_json_str(d->daemon, "version");
	int is_ours = version && !strcmp(version, PACKAGE_VERSION);
	say(d, is_ours ? LEVEL_OK : LEVEL_WARN, is_ours ? NULL : "restart newsd after an upgrade",
	    "newsd %s runs, process %" PRId64, version ? version : "?",
	    ctl_json_int(d->daemon, "pid"));
	for (size_t i = 0; i < sizeof troubles / sizeof *troubles; i++) {
		struct json_object *in = NULL;
		json_object_object_get_ex(d->daemon, troubles[i].group, &in);
		const char *words = ctl_json_str(in, troubles[i].key);
		if (words)
			say(d, LEVEL_BAD, NULL, "%s: %s", troubles[i].what, words);
	}
	const char *check = ctl_json_str(d->daemon, "store_check");
	if (check && strcmp(check, "sound") != 0 && strcmp(check, "running") != 0)
		say(d, LEVEL_BAD, NULL, "after an unclean end: %s", check);
}

/* ---- the machine ---- */

static void
check_sandbox(struct doctor *d)
{
	long landlock = -1;
#ifdef SYS_landlock_create_ruleset
	landlock = syscall(SYS_landlock_create_ruleset, NULL, 0, 1 /* the version */);
#endif
	char also[48] = "no landlock";
	if (landlock > 0)
		snprintf(also, sizeof also, "landlock version %ld", landlock);
#ifdef HAVE_SECCOMP
	uint32_t action = SECCOMP_RET_KILL_PROCESS;
	if (!syscall(SYS_seccomp, SECCOMP_GET_ACTION_AVAIL, 0, &action))
		say(d, LEVEL_OK, NULL, "seccomp; %s", also);
	else
		say(d, LEVEL_BAD, "use a kernel with CONFIG_SECCOMP_FILTER, 4.14 or later",
		    "this kernel has no seccomp that could hold the workers; %s", also);
#else
	say(d, LEVEL_WARN, "build newsd with libseccomp",
	    "built without seccomp: workers are held by resource limits only; %s", also);
#endif
}

static void
check_certificates(struct doctor *d)
{
	const char *file = *d->config->ca_file ? d->config->ca_file : fetch_ca_bundle();
	if (!file)
		say(d, LEVEL_BAD, "install ca-certificates, or set ca_file",
		    "no bundle of CA certificates was found: https will fail");
	else if (access(file, R_OK) != 0)
		say(d, LEVEL_BAD, "correct ca_file", "%s: %s", file, strerror(errno));
	else
		say(d, LEVEL_OK, NULL, "%s", file);
}

static void
check_dns(struct doctor *d)
{
	char line[512], servers[256] = "";
	FILE *f = fopen("/etc/resolv.conf", "re");
	while (f && fgets(line, sizeof line, f)) {
		char server[128];
		size_t len = strlen(servers);
		if (sscanf(line, " nameserver %127s", server) == 1)
			snprintf(
			    servers + len, sizeof servers - len, "%s%s", len ? " " : "", server);
	}
	if (f)
		fclose(f);
	if (*servers)
		say(d, LEVEL_OK, NULL, "name servers: %s", servers);
	else
		say(d, LEVEL_WARN, "unless one listens on 127.0.0.1, name one there",
		    "/etc/resolv.conf names no name server");
}

static void
check_clock(struct doctor *d)
{
	char now[32], newest[32];
	clock_iso(clock_now(), now);
	if (!clock_is_sane())
		say(d, LEVEL_BAD, "set it; newsd polls nothing before",
		    "it says %s, which can't be", now);
	else if (d->store && d->figures.newest_article > clock_now() + AHEAD_S)
		say(d, LEVEL_WARN, "see whether it was or is wrong",
		    "it says %s, the newest article came at %s", now,
		    clock_iso(d->figures.newest_article, newest));
	else
		say(d, LEVEL_OK, NULL, "%s", now);
}

static void
check_log_file(struct doctor *d)
{
	struct fault f;
	const char *file = d->config->log_file;
	if (!strcmp(file, "-") || !*file)
		say(d, LEVEL_OK, NULL, "standard error");
	else if (!may_check_as_newsd(d) && strcmp(file, "journal") != 0)
		say(d, LEVEL_OK, NULL, "%s: only root and newsd's user can tell", file);
	else if (log_check(file, &f))
		say(d, LEVEL_BAD, "correct log_file, or make the place", "%s", f.text);
	else
		say(d, LEVEL_OK, NULL, "%s", file);
}

/* ---- all of it ---- */

/* A further check is one more row. */
static const struct check {
	const char *name;
	void (*run)(struct doctor *d);
} checks[] = {
    {"configuration", check_configuration},
    {"newsd", check_daemon},
    {"store", check_store},
    {"space", check_space},
    {"write-ahead log", check_log_of_store},
    {"feeds", check_feeds},
    {"sandbox", check_sandbox},
    {"certificates", check_certificates},
    {"DNS", check_dns},
    {"clock", check_clock},
    {"log", check_log_file},
};

static void
open_store(struct doctor *d)
{
	struct store_options o = {.path = d->store_path, .mode = STORE_READ};
	if (store_open(&d->store, &o, &d->store_fault) == 0 &&
	    store_read_status(d->store, &d->figures) != 0) {
		d->store_fault = *store_fault(d->store);
		store_close(d->store);
		d->store = NULL;
	}
}

static enum ctl_exit
write_drop_in(const struct config *config)
{
	struct drop_in d = {0};
	struct buf out;
	struct fault f;
	enum ctl_exit end = CTL_OK;
	buf_init(&out, DROP_IN_MAX);
	if (drop_in_gather(&d, config, NULL, &f)) {
		end = ctl_complain_fault(&f);
	} else {
		drop_in_write(&d, &out);
		fputs(buf_str(&out), stdout);
	}
	buf_clear(&out);
	drop_in_clear(&d);
	return end;
}

enum ctl_exit
ctl_run_doctor(struct ctl *ctl, int argc, char **argv)
{
	(void)argc, (void)argv;
	struct doctor d = {.ctl = ctl, .config = ctl_config(ctl)};
	if (!d.config) /* said */
		return CTL_USAGE;
	if (ctl_get(ctl, "drop-in"))
		return write_drop_in(d.config);
	d.store_path = ctl_store_path(ctl);
	d.socket_path = ctl_socket_path(ctl);
	open_store(&d);
	d.table = ctl_table_new(ctl, columns, COLUMNS);
	for (size_t i = 0; i < sizeof checks / sizeof *checks; i++) {
		d.check = checks[i].name;
		checks[i].run(&d);
	}
	table_free(d.table);
	json_object_put(d.daemon);
	store_close(d.store);
	return d.worst == LEVEL_BAD ? CTL_FAILED : CTL_OK;
}
