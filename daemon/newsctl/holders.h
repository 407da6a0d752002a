/* holders: the processes that have a store open, as the kernel's table of locks tells. */
#ifndef NEWSD_NEWSCTL_HOLDERS_H
#define NEWSD_NEWSCTL_HOLDERS_H

#include <stddef.h>
#include <stdint.h>

struct holder {
	long pid;
	char command[32];
	int reads;  /* a reader's transaction is open: the log can't be reset past it */
	int writes; /* a writer's is */
};

/* Those that have STORE open but this one, at most MAX, into LIST. Returns how many. None when that
 * can't be seen: without /proc, or for processes of another pid namespace. */
size_t holders_find(const char *store, struct holder *list, size_t max);
/* 1: this system shows its locks. */
int holders_are_seen(void);

#endif
