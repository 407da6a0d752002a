/*
 * figures: what the benchmarks measure with, and how they say it. CPU is what the kernel charged
 * to a process (user and system), never the time on the wall: other programs may run beside us.
 */
#ifndef NEWSD_BENCH_FIGURES_H
#define NEWSD_BENCH_FIGURES_H

#include <stddef.h>
#include <stdint.h>

#define PAIRS_MAX 32

/* One thing done by newsd and by the bare library, in turns. */
struct pairs {
	double ours[PAIRS_MAX], bare[PAIRS_MAX];
	size_t len;
};

/* CPU of this process with its threads, of the calling thread, and of children that are gone;
 * microseconds (getrusage). */
int64_t cpu_self_us(void);
int64_t cpu_thread_us(void);
int64_t cpu_children_us(void);
/* CPU of the living process PID; 0 when there is none. */
int64_t cpu_process_us(int pid);

void pairs_add(struct pairs *p, double ours, double bare);
/* Print "name  ours  bare  ratio  (min-max)": medians, the ratio being that of each pair. */
void pairs_print(const struct pairs *p, const char *name, const char *unit);
double pairs_median_ours(const struct pairs *p);
/* The median of ours over bare, of each pair. */
double pairs_median_ratio(const struct pairs *p);
/* Print the columns' names over lines that pairs_print will print. */
void pairs_heading(const char *title, const char *ours, const char *bare);

/* A figure from /proc/PID/status in KB ("VmHWM", "VmRSS"); PID 0: this process. 0: none. */
long memory_kb(int pid, const char *field);

/* Print what went wrong in words and exit: a benchmark that can't measure says so. */
void die(const char *fmt, ...) __attribute__((noreturn, format(printf, 1, 2)));

#endif
