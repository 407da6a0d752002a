/* memory: the main process at its fullest and at rest. */
#include <stdio.h>

#include "clock.h"
#include "figures.h"
#include "rig.h"
#include "scale.h"

#define FILL_MS 15000 /* for all transfers to have got what the server sends at once */
#define REST_MS 2000

static void
turn_for(struct rig *r, int64_t ms)
{
	for (int64_t end = clock_mono_ms() + ms, now; (now = clock_mono_ms()) < end;)
		rig_turn(r, end - now);
}

/* Every answer sends 24 KB and then a little each second: all transfers are open at once. */
void
bench_busy(const struct scale *s)
{
	struct upstream u;
	struct rig r;
	struct rig_options o = {.feeds = s->in_flight,
	    .path = "/drip",
	    .content = "feed",
	    .workers = 1,
	    .transfers = (int)s->in_flight};
	upstream_start(&u, 1);
	rig_open(&r, &u, &o);
	r.measure_turns = 1;
	rig_begin(&r);
	turn_for(&r, FILL_MS);
	printf("\nmemory of the main process\n");
	printf(
	    "  %-42s peak %ld MB, now %ld MB; bodies %zu MB of a budget of %zu MB, %llu pauses\n",
	    "slow transfers", memory_kb(0, "VmHWM") / 1024, memory_kb(0, "VmRSS") / 1024,
	    r.door.budget->used >> 20, r.door.budget->max >> 20,
	    (unsigned long long)fetch_counters(r.fetcher)->pauses);
	printf("  %-42s %zu\n", "at once", r.active_max);
	rig_print_loop(&r, "event loop");
	rig_close(&r);
	upstream_stop(&u);
}

void
bench_idle(const struct scale *s)
{
	struct upstream nobody = {.port = 8080};
	struct rig r;
	struct rig_options o = {.feeds = s->idle_feeds,
	    .path = "/feed",
	    .content = "feed",
	    .workers = 1,
	    .transfers = TRANSFERS,
	    .known = 1};
	rig_open(&r, &nobody, &o);
	turn_for(&r, REST_MS);
	printf("  %-12u%-30s peak %ld MB, now %ld MB\n", s->idle_feeds, "feeds, nothing due",
	    memory_kb(0, "VmHWM") / 1024, memory_kb(0, "VmRSS") / 1024);
	rig_close(&r);
}
