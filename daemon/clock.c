/* clock: see include/clock.h. The only caller of the system clock. */
#include "clock.h"

#include <stdio.h>
#include <time.h>

#define SANE_YEARS_AHEAD 20

static struct {
	int on;
	int64_t wall_ms, mono_us;
} fake;

static int64_t
read_us(clockid_t id)
{
	struct timespec ts;
	clock_gettime(id, &ts);
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

int64_t
clock_now_ms(void)
{
	return fake.on ? fake.wall_ms : read_us(CLOCK_REALTIME) / 1000;
}

int64_t
clock_now(void)
{
	return clock_now_ms() / 1000;
}

int64_t
clock_mono_us(void)
{
	return fake.on ? fake.mono_us : read_us(CLOCK_MONOTONIC);
}

int64_t
clock_mono_ms(void)
{
	return clock_mono_us() / 1000;
}

void
clock_deadline(struct timespec *out, int64_t delay_ms)
{
	int64_t us = read_us(CLOCK_MONOTONIC) + delay_ms * 1000;
	out->tv_sec = (time_t)(us / 1000000);
	out->tv_nsec = (long)(us % 1000000) * 1000;
}

int64_t
clock_cpu_us(pid_t pid)
{
	clockid_t id;
	struct timespec ts;
	if (clock_getcpuclockid(pid, &id) || clock_gettime(id, &ts))
		return -1;
	return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

void
clock_fake_start(int64_t now_ms)
{
	fake.on = 1;
	fake.wall_ms = now_ms;
	fake.mono_us = 1000000;
}

void
clock_fake_advance(int64_t delta_ms)
{
	fake.wall_ms += delta_ms;
	fake.mono_us += delta_ms * 1000;
}

void
clock_fake_jump(int64_t delta_ms)
{
	fake.wall_ms += delta_ms;
}

void
clock_fake_stop(void)
{
	fake.on = 0;
}

char *
clock_iso(int64_t t, char out[32])
{
	time_t when = (time_t)t;
	struct tm tm;
	if (!gmtime_r(&when, &tm) || tm.tm_year < -1900 || tm.tm_year > 8099)
		snprintf(out, 32, "?");
	else
		snprintf(out, 32, "%04d-%02d-%02dT%02d:%02d:%02dZ", tm.tm_year + 1900,
		    tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	return out;
}

int
clock_is_sane(void)
{
	int64_t year_s = 31556952;
	return clock_now() >= NEWSD_BUILT_AT &&
	       clock_now() <= NEWSD_BUILT_AT + SANE_YEARS_AHEAD * year_s;
}
