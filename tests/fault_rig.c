/* fault_rig: see tests/fault_rig.h. */
#include "fault_rig.h"

#include <fcntl.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "mem.h"

static struct faults *shared;
static char *shared_path, *preloaded;

struct faults *
fault_rig_open(const char *dir)
{
	const char *build = getenv("NEWSD_BUILD");
	preloaded = mem_printf("%s/tests/faults.so", build ? build : ".");
	shared_path = mem_printf("%s/faults", dir);
	int fd =
	    access(preloaded, R_OK) ? -1 : open(shared_path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	void *p = fd >= 0 && !ftruncate(fd, sizeof *shared)
		      ? mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0)
		      : MAP_FAILED;
	if (fd >= 0)
		close(fd);
	shared = p == MAP_FAILED ? NULL : p;
	return shared;
}

void
fault_rig_close(void)
{
	if (shared)
		munmap(shared, sizeof *shared);
	shared = NULL;
	mem_free(shared_path);
	mem_free(preloaded);
	shared_path = preloaded = NULL;
}

void
fault_rig_begin(const char *prefix)
{
	*shared = (struct faults){0};
	snprintf(shared->prefix, sizeof shared->prefix, "%s", prefix);
	setenv(FAULTS_FILE, shared_path, 1);
	setenv("LD_PRELOAD", preloaded, 1);
}

void
fault_rig_end(void)
{
	unsetenv("LD_PRELOAD");
	unsetenv(FAULTS_FILE);
}
