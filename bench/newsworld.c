/* newsworld: see newsworld.h. */
#include "newsworld.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "hash.h"
#include "mem.h"

#define HOUR 3600
#define DAY  86400

/* Shares of the world, in percent. From public lists of news feeds and measurements of them: 17 %
 * of the feeds bring 97 % of the entries, 15 % are stale or dead, 15 % have no validators, 23 % say
 * sy:updatePeriod (nearly all of them hourly, the default of their software), 2 % are malformed. */
#define PRODUCTIVE 17
#define STALE      8
#define DEAD       7
#define BLIND      15
#define LIARS      2
#define MALFORMED  2
#define UNDATED    8
#define HOURLY_SY  20
#define BATCHES    10
#define LIMITED    1

#define WINDOW_HOURS 4.0

uint64_t
random_next(uint64_t *state)
{
	uint64_t x = *state += UINT64_C(0x9e3779b97f4a7c15); /* splitmix64 */
	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

double
random_unit(uint64_t *state)
{
	return (double)(random_next(state) >> 11) / 9007199254740992.0;
}

static double
random_normal(uint64_t *state)
{
	double u = random_unit(state) + 1e-12, v = random_unit(state);
	return sqrt(-2 * log(u)) * cos(2 * 3.14159265358979 * v);
}

static int
percent(uint64_t *state, int share)
{
	return random_unit(state) * 100 < share;
}

/* Day and week of a newsroom: the small hours bring a tenth of the noon, weekends half. */
static double
shape(const struct world_feed *f, int64_t t)
{
	int64_t local = t + f->zone_h * HOUR;
	double hour = (double)(local % DAY) / HOUR;
	double day = 1 + 0.85 * sin((hour - 8) / 24 * 2 * 3.14159265358979);
	int64_t weekday = (local / DAY + 3) % 7;
	return day * (weekday >= 5 ? 0.5 : 1.2);
}

#define SHAPE_MAX   (1.85 * 1.2)
#define BURST_TIMES 4.0
#define BURST_S     (2 * HOUR)
#define BURST_EVERY (7 * DAY)

/* When the next entry comes after NOW: a Poisson process, thinned. */
static void
draw_next(struct world_feed *f, int64_t now)
{
	int64_t t = now;
	if (f->per_hour <= 0) {
		f->next = INT64_MAX;
		return;
	}
	for (;;) {
		double most = f->per_hour * SHAPE_MAX * BURST_TIMES / f->batch;
		double wait = -log(random_unit(&f->rng) + 1e-15) / most * HOUR;
		t += (int64_t)wait + 1;
		while (t > f->next_burst) {
			f->burst_until = f->next_burst + BURST_S;
			f->next_burst +=
			    BURST_S - (int64_t)(log(random_unit(&f->rng) + 1e-15) * BURST_EVERY);
		}
		int burst = f->habit == HABIT_PRODUCTIVE && t < f->burst_until;
		double rate = f->per_hour * shape(f, t) * (burst ? BURST_TIMES : 1) / f->batch;
		if (random_unit(&f->rng) * most < rate)
			break;
	}
	f->next = t;
}

static void
publish(struct world_feed *f, int64_t t)
{
	f->times[f->count++ % WINDOW_MAX] = t;
}

void
world_advance(struct world_feed *f, int64_t now)
{
	while (f->next <= now) {
		int64_t t = f->next;
		for (int i = 0; i < f->batch; i++)
			publish(f, t);
		draw_next(f, t);
	}
}

int
world_throttles(struct world_host *h, int64_t now)
{
	if (!h->limit_per_min)
		return 0;
	if (now - h->minute >= 60) {
		h->minute = now;
		h->in_minute = 0;
	}
	return ++h->in_minute > h->limit_per_min;
}

static void
make_feed(struct world_feed *f, uint32_t host, int zone_h, uint64_t seed)
{
	uint64_t r = seed;
	double what = random_unit(&r) * 100;
	f->host = host;
	f->zone_h = zone_h;
	f->batch = 1;
	f->window = (size_t)(10 + random_unit(&r) * 15);
	f->dated = !percent(&r, UNDATED);
	f->validators = !percent(&r, BLIND);
	f->malformed = percent(&r, MALFORMED);
	f->liar = f->validators && percent(&r, LIARS);
	f->unpaid_sy = percent(&r, HOURLY_SY) ? 60 : 0;
	if (what < PRODUCTIVE) {
		f->habit = HABIT_PRODUCTIVE;
		f->per_hour = exp(log(40) + 0.8 * random_normal(&r)) / 24;
		f->window = (size_t)(12 + random_unit(&r) * 38);
		/* who publishes more shows more: hours, not minutes, of an ordinary day */
		if ((double)f->window < f->per_hour * WINDOW_HOURS)
			f->window = (size_t)(f->per_hour * WINDOW_HOURS);
		if (f->window > 50)
			f->window = 50;
		f->batch = percent(&r, BATCHES) ? 3 : 1;
	} else if (what < PRODUCTIVE + STALE) {
		f->habit = HABIT_STALE;
	} else if (what < PRODUCTIVE + STALE + DEAD) {
		static const enum cadence_failure kinds[] = {FAILURE_DNS, FAILURE_CONNECT,
		    FAILURE_CLIENT, FAILURE_CLIENT, FAILURE_SERVER, FAILURE_NOT_FEED,
		    FAILURE_TIMEOUT};
		f->habit = HABIT_DEAD;
		f->failure = kinds[random_next(&r) % (sizeof kinds / sizeof *kinds)];
	} else {
		f->habit = HABIT_SLOW;
		f->per_hour = exp(log(0.25) + 1.2 * random_normal(&r)) / 24;
	}
	f->rng = r;
	f->next_burst = WORLD_START - (int64_t)(log(random_unit(&f->rng) + 1e-15) * BURST_EVERY);
	/* the window as it stands when we come */
	double before_h = f->per_hour > 0 ? 1 / f->per_hour : 24 * 30;
	for (size_t i = f->window; i > 0; i--)
		publish(f, WORLD_START - (int64_t)((double)i * before_h * HOUR) - 600);
	draw_next(f, WORLD_START);
}

/* ---- who lives where ---- */

static size_t
host_length(const char *url, const char **host)
{
	*host = strstr(url, "://");
	*host = *host ? *host + 3 : url;
	return strcspn(*host, "/:\r\n");
}

static uint32_t
host_of(struct world *w, struct map *by_name, const char *name, size_t len, uint64_t *r)
{
	uint64_t key = hash64(name, len);
	uintptr_t known = (uintptr_t)map_get(by_name, key);
	if (known)
		return (uint32_t)(known - 1);
	struct world_host *h = &w->hosts[w->hosts_len];
	h->name = mem_strndup(name, len);
	h->limit_per_min = percent(r, LIMITED) ? 1 : 0;
	w->hosts_len++;
	map_put(by_name, key, (void *)(uintptr_t)w->hosts_len);
	return (uint32_t)(w->hosts_len - 1);
}

/* The hosts of feeds where there is no list: most have one, a few have hundreds. */
static void
made_up_host(size_t i, uint64_t *r, char out[64])
{
	double u = random_unit(r);
	size_t shared = (size_t)(7 * pow(u + 1e-6, -1.2));
	if (percent(r, 45))
		snprintf(out, 64, "own-%zu.example", i);
	else
		snprintf(out, 64, "shared-%zu.example", shared < 3000 ? shared : i);
}

void
world_make(struct world *w, const char *list, size_t feeds, uint64_t seed)
{
	FILE *in = list ? fopen(list, "r") : NULL;
	size_t max = feeds ? feeds : 13000;
	struct map by_name = {0};
	uint64_t r = seed;
	char line[4096];
	*w = (struct world){.feeds = mem_zalloc(max * sizeof *w->feeds),
	    .hosts = mem_zalloc(max * sizeof *w->hosts)};
	while (w->feeds_len < max) {
		const char *host;
		size_t len;
		if (in && fgets(line, sizeof line, in)) {
			len = host_length(line, &host);
		} else if (in) {
			break;
		} else {
			made_up_host(w->feeds_len, &r, line);
			host = line;
			len = strlen(line);
		}
		if (!len)
			continue;
		uint32_t h = host_of(w, &by_name, host, len, &r);
		int zone_h = (int)(hash64(host, len) % 18) - 8;
		make_feed(&w->feeds[w->feeds_len++], h, zone_h, random_next(&r));
	}
	map_clear(&by_name);
	if (in)
		fclose(in);
}

void
world_clear(struct world *w)
{
	for (size_t i = 0; i < w->hosts_len; i++)
		mem_free((char *)w->hosts[i].name);
	mem_free(w->hosts);
	mem_free(w->feeds);
	*w = (struct world){0};
}
