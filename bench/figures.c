/* figures: see figures.h. */
#include "figures.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <time.h>

static int64_t
usage_us(int who)
{
	struct rusage u;
	if (getrusage(who, &u))
		die("getrusage failed");
	return (u.ru_utime.tv_sec + u.ru_stime.tv_sec) * INT64_C(1000000) + u.ru_utime.tv_usec +
	       u.ru_stime.tv_usec;
}

int64_t
cpu_self_us(void)
{
	return usage_us(RUSAGE_SELF);
}

int64_t
cpu_thread_us(void)
{
	return usage_us(RUSAGE_THREAD);
}

int64_t
cpu_children_us(void)
{
	return usage_us(RUSAGE_CHILDREN);
}

int64_t
cpu_process_us(int pid)
{
	struct timespec t;
	clockid_t id;
	if (clock_getcpuclockid(pid, &id) || clock_gettime(id, &t))
		return 0;
	return t.tv_sec * INT64_C(1000000) + t.tv_nsec / 1000;
}

void
pairs_add(struct pairs *p, double ours, double bare)
{
	if (p->len == PAIRS_MAX)
		die("more than %d pairs", PAIRS_MAX);
	p->ours[p->len] = ours;
	p->bare[p->len++] = bare;
}

static int
compare(const void *a, const void *b)
{
	double x = *(const double *)a, y = *(const double *)b;
	return x < y ? -1 : x > y;
}

static double
median(const double *values, size_t len)
{
	double sorted[PAIRS_MAX];
	memcpy(sorted, values, len * sizeof *values);
	qsort(sorted, len, sizeof *sorted, compare);
	return len % 2 ? sorted[len / 2] : (sorted[len / 2 - 1] + sorted[len / 2]) / 2;
}

double
pairs_median_ours(const struct pairs *p)
{
	return median(p->ours, p->len);
}

double
pairs_median_ratio(const struct pairs *p)
{
	double ratio[PAIRS_MAX];
	for (size_t i = 0; i < p->len; i++)
		ratio[i] = p->bare[i] > 0 ? p->ours[i] / p->bare[i] : 0;
	return median(ratio, p->len);
}

void
pairs_print(const struct pairs *p, const char *name, const char *unit)
{
	double ratio[PAIRS_MAX], least = 0, most = 0;
	char ours[32], bare[32];
	if (!p->len)
		die("%s: nothing was measured", name);
	for (size_t i = 0; i < p->len; i++) {
		ratio[i] = p->bare[i] > 0 ? p->ours[i] / p->bare[i] : 0;
		least = !i || ratio[i] < least ? ratio[i] : least;
		most = ratio[i] > most ? ratio[i] : most;
	}
	snprintf(ours, sizeof ours, "%.1f %s", median(p->ours, p->len), unit);
	snprintf(bare, sizeof bare, "%.1f %s", median(p->bare, p->len), unit);
	printf("  %-42s %12s %12s  %5.2f  (%.2f-%.2f)\n", name, ours, bare, median(ratio, p->len),
	    least, most);
	fflush(stdout);
}

void
pairs_heading(const char *title, const char *ours, const char *bare)
{
	printf("\n%-44s %12s %12s  ratio  (min-max)\n", title, ours, bare);
	fflush(stdout);
}

long
memory_kb(int pid, const char *field)
{
	char path[64], line[256];
	long kb = 0;
	size_t len = strlen(field);
	if (pid)
		snprintf(path, sizeof path, "/proc/%d/status", pid);
	else
		snprintf(path, sizeof path, "/proc/self/status");
	FILE *f = fopen(path, "r");
	while (f && fgets(line, sizeof line, f))
		if (!strncmp(line, field, len) && line[len] == ':')
			kb = strtol(line + len + 1, NULL, 10);
	if (f)
		fclose(f);
	return kb;
}

void
die(const char *fmt, ...)
{
	va_list ap;
	fflush(stdout);
	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(1);
}
