/*
 * holes: good feeds beside hosts that swallow everything: a hundred that take no connection, twenty
 * names that the name server never answers for, one feed that sends a few bytes a second. How long
 * until every good feed was answered, and how late the loop came, by real sockets.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "figures.h"
#include "mem.h"
#include "rig.h"
#include "scale.h"

#define DEAD    100
#define UNNAMED 20
#define FILL    16 /* connections that fill the queue of a listener which accepts none */
#define AFTER_S 20 /* the holes are given up meanwhile */

struct hole {
	int listener, fillers[FILL], names; /* NAMES: the name server that is silent, -1: none */
	unsigned port;
	char *resolv_conf;
};

/* Listen on all of 127.0.0.0/8 and accept nothing: when the queue is full, SYNs are dropped. */
static void
dig(struct hole *h, const char *dir)
{
	struct sockaddr_in a = {.sin_family = AF_INET}, dns = {.sin_family = AF_INET};
	socklen_t len = sizeof a;
	h->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(h->listener, (struct sockaddr *)&a, sizeof a) || listen(h->listener, 0) ||
	    getsockname(h->listener, (struct sockaddr *)&a, &len))
		die("no black hole could be made");
	h->port = ntohs(a.sin_port);
	a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	for (int i = 0; i < FILL; i++) {
		h->fillers[i] = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
		if (connect(h->fillers[i], (struct sockaddr *)&a, sizeof a) < 0)
			continue; /* under way, or it waits already: both is as it should be */
	}
	h->names = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	dns.sin_port = htons(53);
	inet_pton(AF_INET, "127.0.0.53", &dns.sin_addr);
	if (bind(h->names, (struct sockaddr *)&dns, sizeof dns)) {
		close(h->names);
		h->names = -1;
		return; /* not root */
	}
	h->resolv_conf = mem_printf("%s/resolv.conf", dir);
	FILE *out = fopen(h->resolv_conf, "w");
	if (!out || fputs("nameserver 127.0.0.53\n", out) < 0 || fclose(out))
		die("%s can't be written", h->resolv_conf);
}

static void
fill_up(struct hole *h)
{
	close(h->listener);
	for (int i = 0; i < FILL; i++)
		close(h->fillers[i]);
	if (h->names >= 0)
		close(h->names);
	mem_free(h->resolv_conf);
}

static void
on_added(const struct pipeline_fed *fed, size_t count, const struct fault *f, void *arg)
{
	(void)fed, (void)count;
	if (f)
		die("%s", f->text);
	*(int *)arg = 1;
}

static unsigned
add_holes(struct rig *r, const struct hole *h, const struct upstream *u)
{
	struct feed_row rows[DEAD + UNNAMED + 1] = {0};
	unsigned n = 0;
	int done = 0;
	char slow[HOST_NAME_MAX_LEN];
	for (unsigned i = 0; i < DEAD; i++)
		rows[n++].url = mem_printf("http://127.200.%u.1:%u/feed", i, h->port);
	for (unsigned i = 0; i < UNNAMED && h->names >= 0; i++)
		rows[n++].url = mem_printf("http://nobody%u.example/feed", i);
	upstream_host(u, 60000, slow);
	rows[n++].url = mem_printf("http://%s/drip", slow);
	for (unsigned i = 0; i < n; i++)
		rows[i].content = -1;
	pipeline_add_feeds(r->pipeline, rows, n, on_added, &done);
	while (!done)
		rig_turn(r, 10);
	for (unsigned i = 0; i < n; i++)
		mem_free((char *)rows[i].url);
	return n;
}

/* Poll the good feeds, with the holes beside them when H is not NULL. */
static void
run(const struct scale *s, const struct hole *h)
{
	struct upstream u;
	struct rig r;
	struct pipeline_status status;
	struct rig_options o = {.feeds = s->hosts_few,
	    .path = "/feed",
	    .content = "feed",
	    .workers = 1,
	    .transfers = TRANSFERS * 2,
	    .resolv_conf = h ? h->resolv_conf : NULL,
	    .known = 1};
	char name[64];
	upstream_start(&u, FEED_ITEMS);
	rig_open(&r, &u, &o);
	unsigned holes = h ? add_holes(&r, h, &u) : 0;
	r.measure_turns = 1;
	int64_t began = clock_mono_ms(), took = 0, end = began + (h ? AFTER_S : 1) * 1000;
	rig_begin(&r);
	do {
		rig_turn(&r, 20);
		pipeline_read_status(r.pipeline, &status);
		if (!took && status.polls >= s->hosts_few)
			took = clock_mono_ms() - began;
	} while (clock_mono_ms() < end || !took);
	snprintf(name, sizeof name, "%u good feeds, %u holes", s->hosts_few, holes);
	printf("  %-42s all answered after %lld ms\n", name, (long long)took);
	rig_print_loop(&r, "event loop");
	rig_close(&r);
	upstream_stop(&u);
}

void
bench_holes(const struct scale *s)
{
	struct hole h = {.names = -1};
	char *dir = scratch_make();
	printf("\nblack holes\n");
	run(s, NULL);
	dig(&h, dir);
	if (h.names < 0)
		printf(
		    "  (names that nobody answers for: SKIPPED, only root may be a name server)\n");
	run(s, &h);
	fill_up(&h);
	scratch_remove(dir);
}
