/*
 * attacks: documents made to harm who parses them, one of each kind that is known to have harmed
 * somebody. Shared by the test that lets them at real workers and the benchmark that weighs them.
 */
#ifndef NEWSD_TESTS_ATTACKS_H
#define NEWSD_TESTS_ATTACKS_H

#include "buf.h"
#include "record.h"

/* What becomes of the worker. */
enum attack_end {
	ATTACK_ANSWERED, /* nothing: it says what it made of the document, or why nothing */
	ATTACK_KILLED,   /* it dies by SIGNAL */
	ATTACK_CPU,      /* it is killed at its bound of CPU */
	ATTACK_ASLEEP,   /* it is killed at its bound of time */
};

struct attack {
	const char *name;
	enum job_kind kind;
	void (*make)(struct buf *out);
	const char *type;     /* Content-Type, NULL: that of the kind */
	const char *encoding; /* Content-Encoding, NULL: none */
	enum attack_end end;
	int signal;
	const char *hook; /* NULL; or a page with this marker, for builds with debug hooks */
};
extern const struct attack attacks[]; /* ends with name NULL */

#define ATTACK_MAX ((size_t)10 << 20) /* bytes of one: more newsd does not fetch */

/* The document of A into OUT, which is empty, and the job for it; strings are static. */
struct job attack_make(const struct attack *a, struct buf *out);

#endif
