/*
 * open: a store is opened and closed. Owns the lock file, the file modes, SQLite's memory and the
 * settings of the connection.
 *
 * Readers of the group have no write access, not even to the shared-memory file. SQLite lets them
 * read all the same as long as -wal and -shm exist, so both are made 0640 (SQLite gives them the
 * database's mode) and are left in place on every close (PERSIST_WAL).
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "mem.h"
#include "notify.h"
#include "store_priv.h"

#define FILE_MODE 0640
/* On a full file system SQLite's shared memory may be a hole that kills who touches it (SIGBUS). */
#define FREE_MIN  (1 << 20)

#define UPGRADE_STEPS 10000000 /* of SQLite's machine, a second or so: then ask for more time */

/* ---- memory ---- */

static sqlite3_mem_methods allocator; /* SQLite's own */

static void *
allocate(int size)
{
	return mem_checked(allocator.xMalloc(size));
}

static void *
resize(void *p, int size)
{
	return mem_checked(allocator.xRealloc(p, size));
}

/*
 * Have SQLite abort without memory, as we do. It would go on with less: a write that fails for that
 * reason is refused as if it did not fit, and a text that can't be read is a NULL. Before the first
 * connection of the process; where another part has opened one before, all stays as it is.
 */
static void
set_up_memory(void)
{
	if (allocator.xMalloc || sqlite3_config(SQLITE_CONFIG_GETMALLOC, &allocator) != SQLITE_OK)
		return;
	sqlite3_mem_methods ours = allocator;
	ours.xMalloc = allocate;
	ours.xRealloc = resize;
	sqlite3_config(SQLITE_CONFIG_MALLOC, &ours);
}

/* ---- the lock ---- */

/* Read the pid in the lock file; 0: none to be read. */
static long
read_pid(int fd)
{
	char text[24];
	ssize_t n = pread(fd, text, sizeof text - 1, 0);
	text[n > 0 ? n : 0] = '\0';
	return strtol(text, NULL, 10);
}

/* The pid stays in the file until the store is closed: who finds one there follows one that was
 * killed, or lost its power. */
int
store_take_lock(struct store *s, struct fault *f)
{
	s->lock_path = mem_printf("%s.lock", s->path);
	s->lock_fd = open(s->lock_path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, FILE_MODE);
	if (s->lock_fd < 0)
		return fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_DENIED,
		    "store %s: cannot open its lock file %s: %s: check owner and mode of the "
		    "directory",
		    s->path, s->lock_path, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return fault_set(f, ERR_BUSY,
			    "store %s: in use by another newsd, process %ld: stop that first, or "
			    "use "
			    "another store",
			    s->path, read_pid(s->lock_fd));
		return fault_set(f, ERR_SYSTEM, "store %s: cannot lock %s: %s", s->path,
		    s->lock_path, strerror(errno));
	}
	s->ended_unclean = s->check_owed = read_pid(s->lock_fd) != 0;
	char pid[24];
	int n = snprintf(pid, sizeof pid, "%ld\n", (long)getpid());
	/* written before it is cut: whatever ends us here, the file is never empty */
	errno = 0;
	if (pwrite(s->lock_fd, pid, (size_t)n, 0) != n || ftruncate(s->lock_fd, n) != 0 ||
	    fsync(s->lock_fd) != 0)
		return fault_set(f, errno == ENOSPC ? ERR_FULL : ERR_IO,
		    "store %s: cannot write its lock file %s: %s: free space on its file system",
		    s->path, s->lock_path, strerror(errno));
	return 0;
}

/* ---- the file ---- */

static int
explain_open(struct fault *f, const char *path, int number)
{
	static const struct {
		int number;
		enum error error;
		const char *advice;
	} table[] = {
	    {ENOENT, ERR_NOT_FOUND, "make the directory, or correct the option `store`"},
	    {ENOTDIR, ERR_NOT_FOUND, "correct the option `store`"},
	    {EISDIR, ERR_INPUT, "the option `store` names a file, not a directory"},
	    {EACCES, ERR_DENIED, "check owner and mode of the file and of its directory"},
	    {EPERM, ERR_DENIED, "check owner and mode of the file and of its directory"},
	    {EROFS, ERR_READONLY, "the file system is mounted read-only"},
	    {ENOSPC, ERR_FULL, "free space on its file system"},
	    {EDQUOT, ERR_FULL, "raise the quota or free space"},
	};
	for (size_t i = 0; i < sizeof table / sizeof *table; i++)
		if (table[i].number == number)
			return fault_set(f, table[i].error, "store %s: cannot open it: %s: %s",
			    path, strerror(number), table[i].advice);
	return fault_set(f, ERR_IO, "store %s: cannot open it: %s", path, strerror(number));
}

/*
 * Make the database file with its mode, unless it is there. It must not be opened by us once SQLite
 * has it: closing any descriptor of a file drops all of the process's locks on it.
 */
static int
make_file(const char *path, struct fault *f)
{
	int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, FILE_MODE);
	if (fd < 0)
		return errno == EEXIST ? 0 : explain_open(f, path, errno);
	int status = fchmod(fd, FILE_MODE) == 0 ? 0 : explain_open(f, path, errno);
	close(fd);
	return status;
}

/* Set s->path to the file itself, so that two names of one store meet at one lock. */
static int
find_file(struct store *s, const char *path, struct fault *f)
{
	struct stat st;
	char *real = realpath(path, NULL);
	if (!real && errno == ENOENT && s->mode == STORE_READ)
		return fault_set(f, ERR_NOT_FOUND,
		    "store %s: there is none: start newsd to make it, or correct the option "
		    "`store`",
		    path);
	if (!real)
		return explain_open(f, path, errno);
	s->path = mem_strdup(real);
	free(real);
	if (stat(s->path, &st) != 0)
		return explain_open(f, s->path, errno);
	if (!S_ISREG(st.st_mode))
		return explain_open(f, s->path, S_ISDIR(st.st_mode) ? EISDIR : EINVAL);
	if (access(s->path, s->mode == STORE_READ ? R_OK : R_OK | W_OK) != 0)
		return explain_open(f, s->path, errno);
	return 0;
}

static int
check_room(const struct store *s, struct fault *f)
{
	struct store_room room;
	int status = store_room(s, &room, f);
	if (!status && room.free < FREE_MIN)
		return fault_set(f, ERR_FULL,
		    "store %s: only %lld bytes are left on its file system: free at least %d",
		    s->path, (long long)room.free, FREE_MIN);
	return status;
}

/* ---- the connection ---- */

/* SQLite's URI for PATH with a parameter; malloc'ed. */
static char *
make_uri(const char *path, const char *parameter)
{
	struct buf b;
	buf_init(&b, 3 * PATH_MAX + 64);
	buf_add_str(&b, "file:");
	for (const char *p = path; *p; p++) {
		if (strchr("%?#", *p))
			buf_printf(&b, "%%%02X", (unsigned char)*p);
		else
			buf_add_char(&b, *p);
	}
	buf_add_str(&b, parameter);
	char *uri = mem_strdup(buf_str(&b));
	buf_clear(&b);
	return uri;
}

static int
connect_with(struct store *s, const char *parameter)
{
	int flags = s->mode == STORE_READ ? SQLITE_OPEN_READONLY : SQLITE_OPEN_READWRITE;
	char *uri = make_uri(s->path, parameter);
	int64_t ignored;
	int rc = sqlite3_open_v2(uri, &s->db,
	    flags | SQLITE_OPEN_URI | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	mem_free(uri);
	if (rc != SQLITE_OK)
		return store_fail(s, rc, "open it");
	sqlite3_busy_timeout(s->db, STORE_BUSY_MS);
	return store_pragma_number(s, "schema_version", &ignored); /* the first real look at it */
}

/*
 * A reader never writes the shared memory (readonly_shm), so that it can be neither the one who
 * makes it nor the one who dies of a full file system. Where a stranger removed it, SQLite may make
 * it anew.
 */
int
store_connect_reader(struct store *s)
{
	int status = connect_with(s, "?readonly_shm=1");
	if (!status || status == ERR_CORRUPT)
		return status;
	sqlite3_close(s->db);
	s->db = NULL;
	return connect_with(s, "");
}

int
store_pragma_number(struct store *s, const char *pragma, int64_t *out)
{
	char sql[64];
	sqlite3_stmt *st = NULL;
	snprintf(sql, sizeof sql, "PRAGMA %s", pragma);
	int rc = sqlite3_prepare_v2(s->db, sql, -1, &st, NULL);
	if (rc == SQLITE_OK) {
		rc = sqlite3_step(st);
		*out = rc == SQLITE_ROW ? sqlite3_column_int64(st, 0) : 0;
		rc = rc == SQLITE_ROW || rc == SQLITE_DONE ? SQLITE_OK : rc;
	}
	int status = rc == SQLITE_OK ? 0 : store_fail(s, rc, "read it");
	sqlite3_finalize(st);
	return status;
}

/* Whose file is it, and of which version? Sets *VERSION, 0: an empty database. */
static int
check_version(struct store *s, int64_t *version)
{
	int64_t application, changes;
	int status = store_pragma_number(s, "application_id", &application);
	if (!status)
		status = store_pragma_number(s, "user_version", version);
	if (!status)
		status = store_pragma_number(s, "schema_version", &changes);
	if (status)
		return status;
	int is_empty = !application && !*version && !changes;
	if (application != STORE_APPLICATION && !is_empty)
		return fault_set(&s->fault, ERR_INPUT,
		    "store %s: this is the database of another program: correct the option `store`",
		    s->path);
	if (*version > STORE_SCHEMA_VERSION)
		return fault_set(&s->fault, ERR_VERSION,
		    "store %s was written by a newer newsd (schema %lld, this one knows %d): "
		    "upgrade "
		    "newsd or use another store",
		    s->path, (long long)*version, STORE_SCHEMA_VERSION);
	if (*version < STORE_SCHEMA_VERSION && s->mode == STORE_READ)
		return fault_set(&s->fault, ERR_VERSION,
		    "store %s has schema %lld, this program reads %d: start newsd once to upgrade "
		    "it",
		    s->path, (long long)*version, STORE_SCHEMA_VERSION);
	return 0;
}

static const char *const synchronous_words[] = {
    [SYNC_OFF] = "OFF", [SYNC_NORMAL] = "NORMAL", [SYNC_FULL] = "FULL"};

/* Where SQLite can't have shared memory it keeps the journal that it had, and says so as if all
 * were well. */
static int
set_wal(struct store *s)
{
	char mode[16] = "";
	sqlite3_stmt *st = NULL;
	int rc = sqlite3_prepare_v2(s->db, "PRAGMA journal_mode = WAL", -1, &st, NULL);
	if (rc == SQLITE_OK && (rc = sqlite3_step(st)) == SQLITE_ROW) {
		snprintf(mode, sizeof mode, "%s", col_text(st, 0));
		rc = SQLITE_OK;
	}
	int status = rc == SQLITE_OK ? 0 : store_fail(s, rc, "give it a write-ahead log");
	sqlite3_finalize(st);
	if (status || !strcmp(mode, "wal"))
		return status;
	return fault_set(&s->fault, ERR_UNSUPPORTED,
	    "store %s: its file system allows no write-ahead log (SQLite's journal stays \"%s\"): put "
	    "the store on a local file system (option `store`)",
	    s->path, mode);
}

static int
on_commit(void *arg, sqlite3 *db, const char *name, int pages)
{
	struct store *s = arg;
	(void)db, (void)name;
	s->log_pages = pages;
	return SQLITE_OK;
}

/* ---- upgrades ---- */

/* An upgrade takes its time: the service manager shall wait for it. */
static int
ask_for_time(void *arg)
{
	(void)arg;
	notify_send("EXTEND_TIMEOUT_USEC=60000000");
	return 0;
}

static int
on_copied(int64_t done, int64_t total, void *arg)
{
	(void)done, (void)total;
	return ask_for_time(arg);
}

/* The way back: a copy beside the store, as it was. */
static int
save_before(struct store *s, int64_t version)
{
	char *file = mem_printf("%s.v%lld-backup", s->path, (long long)version);
	struct store_copy c = {.file = file, .force = 1, .progress = on_copied};
	int status = store_backup(s, &c);
	if (status) {
		struct fault f = s->fault;
		fault_set(&s->fault, status,
		    "store %s: it must be upgraded, and the copy before that failed; `upgrade_backup = "
		    "no` does without: %s",
		    s->path, f.text);
	}
	mem_free(file);
	return status;
}

static int
upgrade(struct store *s, const struct store_options *o, int64_t version)
{
	int status = o->upgrade_backup ? save_before(s, version) : 0;
	sqlite3_progress_handler(s->db, UPGRADE_STEPS, ask_for_time, NULL);
	if (!status)
		status = store_migrate(s);
	if (!status) /* a whole table may stand in the log now */
		status = store_checkpoint(s, 1);
	sqlite3_progress_handler(s->db, 0, NULL, NULL);
	return status;
}

/*
 * The writer's settings. Checkpoints are the writer's own, for they are what makes commits stall;
 * the log shrinks to journal_size_limit when it starts anew. secure_delete (on in Debian) would
 * zero what is public anyway, at the price of more pages written.
 */
static int
set_up_writer(struct store *s, const struct store_options *o, int64_t version)
{
	char sql[512], page_size[40];
	int one = 1;
	snprintf(sql, sizeof sql,
	    "PRAGMA synchronous = %s;"
	    "PRAGMA wal_autocheckpoint = 0;"
	    "PRAGMA journal_size_limit = 33554432;"
	    "PRAGMA foreign_keys = ON;"
	    "PRAGMA secure_delete = OFF;"
	    "PRAGMA temp_store = MEMORY;"
	    "PRAGMA cache_size = -16384;",
	    synchronous_words[o->synchronous]);
	int rc = sqlite3_file_control(s->db, "main", SQLITE_FCNTL_PERSIST_WAL, &one);
	if (rc != SQLITE_OK)
		return store_fail(s, rc, "keep its write-ahead log");
	/* entries of 1 KB: 20 % less CPU, 12 % less disk than with 4096; before the log begins */
	snprintf(page_size, sizeof page_size, "PRAGMA page_size = %d;", STORE_PAGE);
	int status = store_execute(s, page_size, "set it up");
	if (!status)
		status = set_wal(s);
	if (!status)
		status = store_execute(s, sql, "set it up");
	sqlite3_wal_hook(s->db, on_commit, s); /* in the place of autocheckpoint's */
	if (!status && version && version < STORE_SCHEMA_VERSION)
		return upgrade(s, o, version);
	return status ? status : store_migrate(s);
}

static int
set_up(struct store *s, const struct store_options *o)
{
	int64_t version;
	int status = s->mode == STORE_WRITE ? connect_with(s, "") : store_connect_reader(s);
	if (status)
		return status;
	/* a damaged or forged file can't make the connection run or write what it should not */
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_DEFENSIVE, 1, NULL);
	sqlite3_db_config(s->db, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0, NULL);
	status = check_version(s, &version);
	if (status)
		return status;
	if (s->mode == STORE_READ)
		return store_execute(s, "PRAGMA temp_store = MEMORY;", "set it up");
	return set_up_writer(s, o, version);
}

int
store_open(struct store **out, const struct store_options *o, struct fault *f)
{
	assert(o->synchronous <= SYNC_FULL);
	*out = NULL;
	if (!o->path || !*o->path)
		return fault_set(f, ERR_INPUT, "store: no path is given: set the option `store`");
	set_up_memory();
	struct store *s = mem_zalloc(sizeof *s);
	s->mode = o->mode;
	s->drop_links = o->drop_links;
	s->keep_site_lines = o->keep_site_lines;
	s->lock_fd = -1;
	int status = s->mode == STORE_WRITE ? make_file(o->path, f) : 0;
	if (!status)
		status = find_file(s, o->path, f);
	if (!status && s->mode == STORE_WRITE)
		status = check_room(s, f);
	if (!status && s->mode == STORE_WRITE)
		status = store_take_lock(s, f);
	if (!status) {
		status = set_up(s, o);
		if (status && f)
			*f = s->fault;
	}
	if (status) {
		store_close(s);
		return status;
	}
	s->is_open = 1;
	*out = s;
	return 0;
}

int
store_ended_unclean(const struct store *s)
{
	return s->ended_unclean;
}

void
store_note_checked(struct store *s)
{
	s->check_owed = 0;
}

void
store_close(struct store *s)
{
	if (!s)
		return;
	if (s->in_transaction)
		store_rollback(s);
	for (int i = 0; i < SQL_COUNT; i++)
		sqlite3_finalize(s->statements[i]);
	sqlite3_close(s->db); /* the last one out moves the log into the database */
	if (s->is_open && s->lock_fd >= 0 && !s->check_owed && ftruncate(s->lock_fd, 0))
		log_warn("store %s: its lock file can't be emptied: %s", s->path, strerror(errno));
	if (s->lock_fd >= 0)
		close(s->lock_fd); /* the file stays: removing it would race with the next newsd */
	map_clear(&s->hosts);
	mem_free(s->path);
	mem_free(s->lock_path);
	mem_free(s);
}
