/* room: how much is free on the store's file system, and whether that is enough. */
#include <errno.h>
#include <string.h>
#include <sys/statvfs.h>

#include "store_priv.h"

#define MB             (INT64_C(1) << 20)
#define FLOOR_SHARE    20 /* a twentieth of the file system ... */
#define FLOOR_AUTO_MAX (2048 * MB)
#define FLOOR_AUTO_MIN (64 * MB)

int
store_read_room(const char *path, struct store_room *out, struct fault *f)
{
	struct statvfs fs;
	if (statvfs(path, &fs) != 0)
		return fault_set(f, errno == ENOENT ? ERR_NOT_FOUND : ERR_IO,
		    "%s: its file system can't be asked how much is free: %s", path,
		    strerror(errno));
	*out = (struct store_room){.free = (int64_t)(fs.f_bavail * fs.f_frsize),
	    .total = (int64_t)(fs.f_blocks * fs.f_frsize),
	    .block = (int64_t)fs.f_frsize};
	return 0;
}

int
store_room(const struct store *s, struct store_room *out, struct fault *f)
{
	return store_read_room(s->path, out, f);
}

int64_t
store_floor(int64_t option, int64_t total)
{
	if (option >= 0)
		return option;
	int64_t share = total / FLOOR_SHARE;
	return share > FLOOR_AUTO_MAX   ? FLOOR_AUTO_MAX
	       : share < FLOOR_AUTO_MIN ? FLOOR_AUTO_MIN
					: share;
}

int
store_room_is_low(const struct store_room *r, int64_t floor, int was)
{
	return r->free < (was ? floor + floor / 4 : floor);
}
