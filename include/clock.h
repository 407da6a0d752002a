/*
 * clock: the only caller of the system clock. Tests put a fake in its place, and then time moves
 * only when they say so.
 */
#ifndef NEWSD_CLOCK_H
#define NEWSD_CLOCK_H

#include <stdint.h>
#include <sys/types.h>

int64_t clock_now(void);     /* wall clock, seconds since 1970 UTC */
int64_t clock_now_ms(void);  /* wall clock, milliseconds */
int64_t clock_mono_ms(void); /* monotonic, milliseconds, origin unspecified */
int64_t clock_mono_us(void); /* monotonic, microseconds */

struct timespec;
/* The monotonic moment DELAY_MS from now, for waits with a deadline; never the fake's. */
void clock_deadline(struct timespec *out, int64_t delay_ms);

/* CPU time that the process PID has used in its life, in microseconds; negative when that can't be
 * read. Never the fake's. */
int64_t clock_cpu_us(pid_t pid);

/* Replace wall and monotonic time by a fake that stands at NOW_MS; move it. Tests only. */
void clock_fake_start(int64_t now_ms);
void clock_fake_advance(int64_t delta_ms);
void clock_fake_jump(int64_t delta_ms); /* the wall clock alone, as when it is set */
void clock_fake_stop(void);

/* Write T (epoch seconds) as "2026-01-31T05:00:00Z" into OUT (at least 25 bytes). Returns OUT. */
char *clock_iso(int64_t t, char out[32]);

/* 1 when the wall clock is plausible: not before this program was built, not 20 years after it. */
int clock_is_sane(void);

#endif
