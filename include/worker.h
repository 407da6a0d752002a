/*
 * worker: the sandboxed process. Reads job frames from its socket, answers with reply frames; no
 * network, no files, no exec, bounded memory.
 */
#ifndef NEWSD_WORKER_H
#define NEWSD_WORKER_H

/* The main of `--worker`: never returns to the caller but with an exit status. 0: the parent
 * closed. */
int worker_main(void);

#endif
