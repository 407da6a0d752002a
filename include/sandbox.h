/*
 * sandbox: shuts a worker's doors, one layer after another: rlimits, landlock, seccomp. For a
 * process that has one socket and will never again need anything else of the system. What each
 * layer is for stands in docs/security.md.
 */
#ifndef NEWSD_SANDBOX_H
#define NEWSD_SANDBOX_H

#include <stddef.h>

/* The layers that hold, as bits; a worker names them in its hello. */
#define SANDBOX_RLIMITS  1u
#define SANDBOX_LANDLOCK 2u
#define SANDBOX_SECCOMP  4u
#define SANDBOX_ALL      7u

/*
 * Close all above the descriptor KEEP, make the standard files /dev/null and enter all layers that
 * can be had; *LAYERS gets their bits. Landlock may be missing in the kernel, seccomp in
 * the build; anything else that fails is said on standard error, and -1. Not to be undone.
 */
int sandbox_enter(int keep, unsigned *layers);

/* Of these landlock alone, for a process that has given up new privileges. 1: no file, port or
 * stranger is in its reach any more; 0: this kernel has none of it. */
int sandbox_enter_landlock(void);

#define SANDBOX_WORDS_SIZE 64
/* LAYERS in words: "rlimits, landlock, seccomp", or with "; not seccomp" behind those that hold. */
const char *sandbox_words(unsigned layers, char *out, size_t size);

#endif
