/* The control's socket file: made, guarded against a second newsd, removed. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "control_parts.h"
#include "log.h"
#include "mem.h"

#define BACKLOG 32

static int
code_of(int error)
{
	return error == EACCES || error == EPERM     ? ERR_DENIED
	       : error == ENOENT || error == ENOTDIR ? ERR_NOT_FOUND
						     : ERR_SYSTEM;
}

static int
failed(const char *path, const char *what, struct fault *f)
{
	int error = errno;
	return fault_set(
	    f, code_of(error), "control socket %s: %s: %s", path, what, strerror(error));
}

/* Remove a socket that nobody listens on; ERR_BUSY when somebody does. */
static int
clear_stale(const struct sockaddr_un *address, struct fault *f)
{
	const char *path = address->sun_path;
	struct stat st;
	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : failed(path, "can't be looked at", f);
	if (!S_ISSOCK(st.st_mode))
		return fault_set(f, ERR_INPUT,
		    "control socket %s: there is something else of that name; move it away", path);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed(path, "socket", f);
	int refused = connect(fd, (const struct sockaddr *)address, sizeof *address) < 0 &&
		      errno == ECONNREFUSED;
	close(fd);
	if (!refused)
		return fault_set(
		    f, ERR_BUSY, "control socket %s: another newsd answers on it", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return failed(path, "a dead newsd left it, and it can't be removed", f);
	return 0;
}

static int
find_group(const char *name, gid_t *out, struct fault *f)
{
	const struct group *g = getgrnam(name);
	if (!g)
		return fault_set(f, ERR_INPUT, "control socket: there is no group %s", name);
	*out = g->gr_gid;
	return 0;
}

/* Give the socket to the group GID, unless it is of that group already. A confined newsd may not be
 * allowed to: then the socket serves its own group, which is less than was wished for, not more. */
static int
give_to_group(const char *path, gid_t gid, const char *group, struct fault *f)
{
	struct stat st;
	if (lstat(path, &st) < 0)
		return failed(path, "can't be looked at", f);
	if (st.st_gid != gid && lchown(path, (uid_t)-1, gid) < 0)
		log_warn("control socket %s: can't be given to the group %s (%s); it stays with "
			 "group number %u",
		    path, group, strerror(errno), (unsigned)st.st_gid);
	return 0;
}

/* Bound but not yet listening: nobody can connect before mode and group are right. */
static int
dress(const char *path, const char *group, struct fault *f)
{
	gid_t gid = 0;
	int error = *group ? find_group(group, &gid, f) : 0;
	if (!error && *group)
		error = give_to_group(path, gid, group, f);
	if (!error && chmod(path, 0660) < 0)
		error = failed(path, "chmod", f);
	return error;
}

/* PATH as an address. */
static int
address_of(const char *path, struct sockaddr_un *out, struct fault *f)
{
	*out = (struct sockaddr_un){.sun_family = AF_UNIX};
	if (!*path || strlen(path) >= sizeof out->sun_path)
		return fault_set(f, ERR_INPUT,
		    "control socket %s: the path has more than %zu bytes", path,
		    sizeof out->sun_path - 1);
	memcpy(out->sun_path, path, strlen(path));
	return 0;
}

int
control_check(const char *path, struct fault *f)
{
	struct sockaddr_un address;
	return address_of(path, &address, f);
}

int
control_listen(struct control *c, const char *path, const char *group, struct fault *f)
{
	struct sockaddr_un address;
	struct stat st;
	int error = address_of(path, &address, f);
	if (!error)
		error = clear_stale(&address, f);
	if (error)
		return error;
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return failed(path, "socket", f);
	if (bind(fd, (const struct sockaddr *)&address, sizeof address) < 0) {
		error = failed(path, "can't be made", f);
		close(fd);
		return error;
	}
	error = dress(path, group, f);
	if (!error && (lstat(path, &st) < 0 || listen(fd, BACKLOG) < 0))
		error = failed(path, "can't be listened on", f);
	if (error) {
		unlink(path);
		close(fd);
		return error;
	}
	c->path = mem_strdup(path);
	c->device = st.st_dev;
	c->inode = st.st_ino;
	return fd;
}

void
control_unlink(const struct control *c)
{
	struct stat st;
	if (lstat(c->path, &st) == 0 && st.st_dev == c->device && st.st_ino == c->inode)
		unlink(c->path);
}
