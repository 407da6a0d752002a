/*
 * errors: the one enum of failures, and the sentence that goes with one.
 * Every fallible function returns 0 or one of these; where a human must be told, it also fills a
 * struct fault. Never asserts, never allocates.
 */
#ifndef NEWSD_ERRORS_H
#define NEWSD_ERRORS_H

enum error {
	ERR_OK = 0,
	ERR_INPUT = -1,  /* the bytes are not what they should be */
	ERR_LIMIT = -2,  /* a bound was reached: size, depth, count, ratio */
	ERR_IO = -3,     /* read, write or network failed */
	ERR_SYSTEM = -4, /* a system call failed that should not */
	ERR_NOT_FOUND = -5,
	ERR_BUSY = -6,        /* locked by another process, or no room right now */
	ERR_VERSION = -7,     /* written by a newer newsd, or a peer of another version */
	ERR_FULL = -8,        /* no space left on the device */
	ERR_UNSUPPORTED = -9, /* understood, but not something that newsd handles */
	ERR_TIMEOUT = -10,
	ERR_CRASHED = -11, /* the worker died over it */
	ERR_DENIED = -12,  /* forbidden by policy: address, port, robots, permission */
	ERR_CORRUPT = -13, /* the store is damaged */
	ERR_READONLY = -14,
	ERR_ENCODING = -15, /* compressed bytes that don't unfold: cut short or damaged */
};

#define FAULT_TEXT_MAX 512

/* A failure in words: one line, says what, where and what to do next. */
struct fault {
	int code; /* enum error */
	char text[FAULT_TEXT_MAX];
};

/* Name CODE with a stable lower-case word ("not_found"); "unknown" for a foreign number. */
const char *error_name(int code);
/* The code for errno ERROR of a file that can't be opened. */
int error_of_file(int error);

/*
 * Set F (may be NULL) to CODE with a printf-style sentence and return CODE, so that a caller can
 * `return fault_set(f, ERR_IO, ...)`. Control characters in the result are replaced by '?'.
 */
int
fault_set(struct fault *f, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
