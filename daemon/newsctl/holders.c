/*
 * holders: which processes have a store open, and which of them are reading it at this moment and
 * so keep its log from being reset. Read from /proc/locks: the store's files are never opened here,
 * because closing one would drop the locks that SQLite has on it in this process.
 *
 * SQLite locks bytes of the -shm file (wal.c, os_unix.c): 120 to write, 121 to move the log, 122 to
 * recover, 123 to 127 for what a reader looks at, 128 as long as it has the store open.
 */
#include "holders.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "mem.h"

#define LOCKS      "/proc/locks"
#define BYTE_WRITE 120
#define BYTE_READ  123
#define BYTE_OPEN  128

static void
read_command(struct holder *h)
{
	char path[64];
	snprintf(path, sizeof path, "/proc/%ld/comm", h->pid);
	FILE *f = fopen(path, "re");
	if (!f || !fgets(h->command, sizeof h->command, f))
		snprintf(h->command, sizeof h->command, "?");
	if (f)
		fclose(f);
	h->command[strcspn(h->command, "\n")] = '\0';
}

static struct holder *
holder_of(struct holder *list, size_t *len, size_t max, long pid)
{
	for (size_t i = 0; i < *len; i++)
		if (list[i].pid == pid)
			return &list[i];
	if (*len == max)
		return NULL;
	struct holder *h = &list[(*len)++];
	*h = (struct holder){.pid = pid};
	read_command(h);
	return h;
}

/* "1: POSIX  ADVISORY  READ 4711 08:01:123456 123 123"; who waits for a lock has "->" there. */
static int
read_lock(const char *line, int *is_write, long *pid, unsigned long long *inode, long long *from,
    long long *to)
{
	char kind[16], mode[16], access[8], end[24];
	if (sscanf(line, "%*u: %15s %15s %7s %ld %*x:%*x:%llu %lld %23s", kind, mode, access, pid,
		inode, from, end) != 7 ||
	    strcmp(kind, "POSIX") != 0)
		return 0;
	*is_write = !strcmp(access, "WRITE");
	*to = INT64_MAX;
	if (strcmp(end, "EOF") != 0)
		sscanf(end, "%lld", to);
	return 1;
}

size_t
holders_find(const char *store, struct holder *list, size_t max)
{
	struct stat st;
	char line[256], *shm = mem_printf("%s-shm", store);
	size_t len = 0;
	int there = stat(shm, &st) == 0;
	mem_free(shm);
	FILE *f = there ? fopen(LOCKS, "re") : NULL;
	while (f && fgets(line, sizeof line, f)) {
		int is_write;
		long pid;
		unsigned long long inode;
		long long from, to;
		if (!read_lock(line, &is_write, &pid, &inode, &from, &to) || inode != st.st_ino ||
		    from < BYTE_WRITE || to > BYTE_OPEN || pid <= 0 || pid == (long)getpid())
			continue;
		struct holder *h = holder_of(list, &len, max, pid);
		if (h && !is_write && from >= BYTE_READ && from < BYTE_OPEN)
			h->reads = 1;
		if (h && is_write && from == BYTE_WRITE)
			h->writes = 1;
	}
	if (f)
		fclose(f);
	return len;
}

int
holders_are_seen(void)
{
	return access(LOCKS, R_OK) == 0;
}
