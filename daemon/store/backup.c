/*
 * backup: the store as it is at one moment, copied page by page into a new file while newsd goes on
 * writing. The copy bears another name until it is whole and on the disk.
 */
#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"
#include "store_priv.h"

#define PAGES_AT_ONCE 256       /* 2 MB, between two words of progress */
#define ROOM_SPARE    (1 << 20) /* bytes that a copy leaves free */
#define COPY_MODE     0640

/* The directory of FILE; malloc'ed. */
static char *
directory_of(const char *file)
{
	char *copy = mem_strdup(file), *dir = mem_strdup(dirname(copy));
	mem_free(copy);
	return dir;
}

static int
check_target(struct store *s, const char *file, int force)
{
	struct stat there, ours;
	if (stat(file, &there) != 0)
		return 0;
	if (!S_ISREG(there.st_mode))
		return fault_set(&s->fault, ERR_INPUT,
		    "%s: this is no regular file: name a new file for the copy", file);
	if (stat(s->path, &ours) == 0 && ours.st_dev == there.st_dev && ours.st_ino == there.st_ino)
		return fault_set(&s->fault, ERR_INPUT,
		    "%s: this is the store itself: name a new file for the copy", file);
	return force ? 0
		     : fault_set(&s->fault, ERR_INPUT,
			   "%s: there is a file already: remove it, or name another", file);
}

static int
check_copy_room(struct store *s, const char *file, int64_t bytes)
{
	struct store_room room;
	char *dir = directory_of(file);
	int status = store_read_room(dir, &room, &s->fault);
	mem_free(dir);
	if (!status && room.free < bytes + ROOM_SPARE)
		return fault_set(&s->fault, ERR_FULL,
		    "%s: the copy takes %lld MB, %lld MB are free on that file system: free space, or "
		    "copy to another",
		    file, (long long)(bytes >> 20) + 1, (long long)(room.free >> 20));
	return status;
}

/* Make the empty file PART and open it as a database that is neither synced nor undone: only the
 * whole copy gets the name. */
static int
open_copy(struct store *s, const char *part, sqlite3 **copy)
{
	int fd = open(part, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, COPY_MODE);
	if (fd < 0)
		return fault_set(&s->fault, errno == ENOSPC ? ERR_FULL : error_of_file(errno),
		    "%s: it can't be made: %s", part, strerror(errno));
	close(fd);
	int rc = sqlite3_open_v2(
	    part, copy, SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE, NULL);
	if (rc == SQLITE_OK)
		rc = sqlite3_exec(
		    *copy, "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF", NULL, NULL, NULL);
	return rc == SQLITE_OK ? 0
			       : store_explain(&s->fault, part, rc, "make it",
				     *copy ? sqlite3_errmsg(*copy) : "no memory");
}

static int
copy_pages(struct store *s, sqlite3 *copy, struct store_copy *c)
{
	sqlite3_backup *b = sqlite3_backup_init(copy, "main", s->db, "main");
	int rc = b ? SQLITE_OK : sqlite3_errcode(copy), stopped = 0;
	while (rc == SQLITE_OK && !stopped) {
		rc = sqlite3_backup_step(b, PAGES_AT_ONCE);
		int64_t total = sqlite3_backup_pagecount(b);
		if (c->progress)
			stopped = c->progress(total - sqlite3_backup_remaining(b), total, c->arg);
	}
	int end = b ? sqlite3_backup_finish(b) : SQLITE_OK;
	if (rc == SQLITE_DONE)
		rc = end;
	if (rc == SQLITE_OK && stopped)
		return fault_set(&s->fault, ERR_TIMEOUT, "%s: the copy was broken off", c->file);
	return rc == SQLITE_OK
		   ? 0
		   : store_explain(&s->fault, s->path, rc, "copy it", sqlite3_errstr(rc));
}

/* One moment for the whole copy: a reader's transaction, whose pages stay as they are. */
static int
copy_moment(struct store *s, sqlite3 *copy, struct store_copy *c)
{
	int64_t pages, size;
	int status = store_execute(s, "BEGIN", "begin to copy it");
	if (status)
		return status;
	status = store_pragma_number(s, "page_count", &pages);
	if (!status)
		status = store_pragma_number(s, "page_size", &size);
	c->bytes = status ? 0 : pages * size;
	if (!status)
		status = check_copy_room(s, c->file, c->bytes);
	if (!status)
		status = copy_pages(s, copy, c);
	struct fault kept = s->fault;
	store_execute(s, "ROLLBACK", "end the copy");
	s->fault = kept;
	return status;
}

/* Have PATH, a file or directory, on the disk. 0 or an errno. */
static int
sync_path(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	int error = fd < 0 || fsync(fd) ? errno : 0;
	if (fd >= 0)
		close(fd);
	return error;
}

int
store_sync_file(const char *path)
{
	char *dir = directory_of(path);
	int error = sync_path(path);
	if (!error)
		error = sync_path(dir);
	mem_free(dir);
	return error;
}

/* Name PART FILE; without FORCE what has come there meanwhile is kept, where the file system can
 * promise that. */
static int
name_file(const char *part, const char *file, int force)
{
#ifdef RENAME_NOREPLACE
	if (!force && !renameat2(AT_FDCWD, part, AT_FDCWD, file, RENAME_NOREPLACE))
		return 0;
	if (!force && errno == EEXIST)
		return errno;
#endif
	(void)force;
	return rename(part, file) ? errno : 0;
}

static int
give_name(struct store *s, const char *part, const char *file, int force)
{
	int error = sync_path(part);
	if (!error)
		error = name_file(part, file, force);
	if (!error)
		error = store_sync_file(file);
	return error ? fault_set(&s->fault, error == ENOSPC ? ERR_FULL : ERR_IO,
			   "%s: the copy can't be put there: %s", file, strerror(error))
		     : 0;
}

int
store_backup(struct store *s, struct store_copy *c)
{
	assert(!s->in_transaction);
	sqlite3 *copy = NULL;
	int status = check_target(s, c->file, c->force);
	if (status)
		return status;
	char *part = mem_printf("%s.part-%ld", c->file, (long)getpid());
	status = open_copy(s, part, &copy);
	if (!status)
		status = copy_moment(s, copy, c);
	int rc = sqlite3_close(copy);
	if (!status && rc != SQLITE_OK)
		status = store_explain(&s->fault, part, rc, "close it", sqlite3_errstr(rc));
	if (!status)
		status = give_name(s, part, c->file, c->force);
	if (status)
		unlink(part);
	mem_free(part);
	return status;
}
