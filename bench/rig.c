/* rig: see rig.h. */
#include "rig.h"

#include <dirent.h>
#include <errno.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "clock.h"
#include "figures.h"
#include "log.h"
#include "mem.h"
#include "store.h"
#include "writer.h"

#define HEARTBEAT_MS 20
#define LATE_MS      20

/* ---- places ---- */

char *
scratch_make(void)
{
	const char *tmp = getenv("TMPDIR");
	char *dir = mem_printf("%s/newsd-bench-XXXXXX", tmp && *tmp ? tmp : "/tmp");
	if (!mkdtemp(dir))
		die("%s: %s", dir, strerror(errno));
	return dir;
}

void
scratch_remove(char *dir)
{
	DIR *d = opendir(dir);
	for (struct dirent *e; d && (e = readdir(d));) {
		char *path = mem_printf("%s/%s", dir, e->d_name);
		if (e->d_name[0] != '.')
			unlink(path);
		mem_free(path);
	}
	if (d)
		closedir(d);
	rmdir(dir);
	mem_free(dir);
}

static void
put_feeds(struct store *s, const struct upstream *u, const struct rig_options *o)
{
	int64_t now = clock_now();
	for (unsigned i = 0; i < o->feeds; i++) {
		char host[HOST_NAME_MAX_LEN], url[128];
		struct feed_row row = {.url = url, .content = -1, .added = now};
		struct poll poll = {.at = now - 3600,
		    .outcome = POLL_OK,
		    .status = 200,
		    .interval_s = 3600,
		    .next_poll = now + 86400,
		    .etag = UPSTREAM_ETAG};
		struct poll_result result;
		int added;
		upstream_host(u, o->first + i, host);
		snprintf(url, sizeof url, "http://%s%s", host, o->path);
		if (store_put_feed(s, &row, &added))
			die("%s", store_fault(s)->text);
		if (!o->known)
			continue;
		poll.feed_id = row.id;
		if (store_put_poll(s, &poll, &result))
			die("%s", store_fault(s)->text);
		arena_clear(&result.arena);
	}
}

static void
make_store(const char *path, const struct upstream *u, const struct rig_options *o)
{
	struct store_options so = {.path = path, .mode = STORE_WRITE, .synchronous = SYNC_NORMAL};
	struct store *s;
	struct fault f;
	if (store_open(&s, &so, &f))
		die("%s", f.text);
	if (store_begin(s))
		die("%s", store_fault(s)->text);
	put_feeds(s, u, o);
	if (store_commit(s))
		die("%s", store_fault(s)->text);
	store_close(s);
}

/* In a process of its own, whose memory is not ours. */
void
scratch_store(const char *path, const struct upstream *u, const struct rig_options *o)
{
	int status = 0;
	fflush(NULL);
	pid_t pid = fork();
	if (pid == 0) {
		make_store(path, u, o);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status)
		die("no store could be made at %s", path);
}

/* ---- putting together ---- */

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg;
}

static void
on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	struct rig *r = arg;
	int64_t lag = clock_mono_ms() - r->heartbeat_ms - HEARTBEAT_MS;
	(void)fd, (void)what;
	r->beats++;
	r->late += lag > LATE_MS;
	r->lag_max_ms = lag > r->lag_max_ms ? lag : r->lag_max_ms;
	r->heartbeat_ms = 0;
}

static void
make_config(struct rig *r, const struct rig_options *o)
{
	struct fault f;
	char *text =
	    mem_printf("store = %s\nworkers = %d\ntransfers = %d\ncontent = %s\nhost_delay = 0ms\n"
		       "allow_private = 127.0.0.0/8\nallow_ports = all\nlog_file = %s/log\n",
		r->store, o->workers, o->transfers, o->content, r->dir);
	if (config_parse(&r->config, "bench", text, strlen(text), &f) ||
	    log_open(r->config->log_file, r->config->log_format, r->config->log_level, &f))
		die("%s", f.text);
	mem_free(text);
}

static void
make_parts(struct rig *r, const struct rig_options *o)
{
	const struct config *c = r->config;
	struct fetch_options fo = {.transfers = (size_t)c->transfers,
	    .bytes_in_flight = (size_t)c->bytes_in_flight,
	    .body_max = (size_t)c->body_max,
	    .connect_timeout_s = c->connect_timeout,
	    .transfer_timeout_s = c->transfer_timeout,
	    .redirects_max = (int)c->redirects_max,
	    .user_agent = c->user_agent,
	    .addresses = &c->addresses,
	    .resolv_conf = o->resolv_conf};
	struct pool_options po = {.workers = (int)c->workers,
	    .cpu_ms = 2000,
	    .deadline_ms = 5000,
	    .documents_max = 10000,
	    .queue_max = (size_t)c->transfers * 2 + 64};
	struct store_options so = {.path = r->store,
	    .mode = STORE_WRITE,
	    .synchronous = c->synchronous,
	    .drop_links = !c->keep_links,
	    .keep_site_lines = !c->drop_site_lines};
	struct writer_options wo = {.commit_interval_ms = c->commit_interval,
	    .commit_rows = (size_t)c->commit_rows,
	    .queue_max = (size_t)c->commit_rows * 2 + (size_t)c->transfers * 4,
	    .keep_polls_s = c->keep_polls,
	    .threaded = 1};
	struct store *store;
	struct fault f;
	if (store_open(&store, &so, &f) || fetch_new(&r->fetcher, r->base, &fo, &f) ||
	    pool_new(&r->pool, r->base, &po, &f))
		die("%s", f.text);
	r->door = fetch_door(r->fetcher);
	r->pipeline = pipeline_new(c, &r->door, r->pool);
	if (pipeline_load(r->pipeline, store, &f) ||
	    writer_new(&r->writer, r->base, store, &wo, &f))
		die("%s", f.text);
	pipeline_start(r->pipeline, r->writer);
}

void
rig_open(struct rig *r, const struct upstream *u, const struct rig_options *o)
{
	struct rlimit files;
	*r = (struct rig){.dir = scratch_make()};
	r->store = mem_printf("%s/news.db", r->dir);
	scratch_store(r->store, u, o);
	signal(SIGPIPE, SIG_IGN);
	if (!getrlimit(RLIMIT_NOFILE, &files)) {
		files.rlim_cur = files.rlim_max;
		setrlimit(RLIMIT_NOFILE, &files);
	}
	make_config(r, o);
	r->base = event_base_new();
	r->tick = evtimer_new(r->base, on_tick, r);
	r->heartbeat = evtimer_new(r->base, on_heartbeat, r);
	make_parts(r, o);
}

/* ---- turning ---- */

static void
keep_heartbeat(struct rig *r)
{
	struct timeval in = {0, HEARTBEAT_MS * 1000};
	if (r->heartbeat_ms || (!r->door.active(r->door.self) && !pool_pending(r->pool)))
		return;
	r->heartbeat_ms = clock_mono_ms();
	evtimer_add(r->heartbeat, &in);
}

void
rig_turn(struct rig *r, int64_t wait_max_ms)
{
	int64_t before_us = r->measure_turns ? cpu_thread_us() : 0;
	int64_t wait_ms = pipeline_tick(r->pipeline) - clock_mono_ms();
	size_t active = r->door.active(r->door.self);
	int inline_work = pool_run(r->pool) > 0 || (!r->config->workers && pool_pending(r->pool));
	log_flush();
	keep_heartbeat(r);
	r->active_max = active > r->active_max ? active : r->active_max;
	wait_ms = wait_ms < 0 || inline_work ? 0 : wait_ms > wait_max_ms ? wait_max_ms : wait_ms;
	struct timeval in = {wait_ms / 1000, wait_ms % 1000 * 1000};
	evtimer_add(r->tick, &in);
	event_base_loop(r->base, EVLOOP_ONCE);
	if (r->measure_turns) {
		int64_t us = cpu_thread_us() - before_us;
		r->turn_max_us = us > r->turn_max_us ? us : r->turn_max_us;
	}
}

int64_t
rig_workers_us(const struct rig *r)
{
	int pids[RIG_WORKERS_MAX];
	int64_t us = cpu_children_us(); /* those that were recycled */
	size_t n = pool_pids(r->pool, pids, RIG_WORKERS_MAX);
	for (size_t i = 0; i < n; i++)
		us += cpu_process_us(pids[i]);
	return us;
}

void
rig_begin(struct rig *r)
{
	pipeline_once(r->pipeline);
}

void
rig_pass(struct rig *r, struct rig_cost *cost)
{
	int64_t main_us = cpu_self_us(), loop_us = cpu_thread_us(), workers_us = rig_workers_us(r),
		wall_us = clock_mono_us();
	rig_begin(r);
	do
		rig_turn(r, 3600000);
	while (!pipeline_is_done(r->pipeline));
	evtimer_del(r->heartbeat); /* until the next pass nobody turns the loop */
	r->heartbeat_ms = 0;
	cost->main_us = cpu_self_us() - main_us;
	cost->loop_us = cpu_thread_us() - loop_us;
	cost->workers_us = rig_workers_us(r) - workers_us;
	cost->wall_us = clock_mono_us() - wall_us;
}

uint64_t
rig_stored(const struct rig *r)
{
	struct pipeline_status s;
	pipeline_read_status(r->pipeline, &s);
	return s.stored;
}

void
rig_print_loop(const struct rig *r, const char *name)
{
	printf("  %-42s greatest lag %lld ms, %llu of %llu heartbeats over %d ms late; most CPU of "
	       "a turn "
	       "%.1f ms\n",
	    name, (long long)r->lag_max_ms, (unsigned long long)r->late,
	    (unsigned long long)r->beats, LATE_MS, (double)r->turn_max_us / 1000);
}

void
rig_close(struct rig *r)
{
	pipeline_stop(r->pipeline);
	fetch_stop(r->fetcher);
	writer_free(r->writer);
	pool_free(r->pool);
	pipeline_free(r->pipeline);
	fetch_free(r->fetcher);
	event_free(r->tick);
	event_free(r->heartbeat);
	event_base_free(r->base);
	config_free(r->config);
	log_close();
	mem_free(r->store);
	scratch_remove(r->dir);
}
