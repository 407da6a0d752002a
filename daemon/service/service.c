/* service: see include/service.h. */
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "sandbox.h"
#include "service_priv.h"

#define LOOP_LATE_MS  20
#define HEARTBEAT_MS  20   /* only while something is under way */
#define STOP_MS       2500 /* for what is being parsed and written when the order to stop comes */
#define CLOCK_WAIT_MS 5000 /* between two looks at a clock that is years off */
#define UNANSWERED_MAX                                                                             \
	50 /* polls in a row of feeds that were well, and no server answers, though no outage is   \
	      known */
#define WRITER_STUCK_MS 30000 /* a write that waits longer than this keeps the watchdog hungry */
#define FILES_SPARE     256   /* descriptors beside those of transfers */

/* ---- privileges and places ---- */

/* Make the directory of the file PATH if it is missing, for USER (NULL: as we are). */
static int
make_directory_for(const char *path, const struct passwd *user, struct fault *f)
{
	char *dir = mem_strdup(path), *slash = strrchr(dir, '/');
	int status = 0;
	if (slash && slash != dir) {
		*slash = '\0';
		for (char *p = dir + 1; !status; p++) {
			if (*p && *p != '/')
				continue;
			char was = *p;
			*p = '\0';
			int made = !mkdir(dir, 0750);
			if (made && user && chown(dir, user->pw_uid, user->pw_gid))
				log_warn("%s: %s", dir, strerror(errno));
			if (!made && errno != EEXIST && errno != EROFS && errno != EACCES)
				status = fault_set(
				    f, ERR_IO, "%s can't be made: %s", dir, strerror(errno));
			*p = was;
			if (!was)
				break;
		}
	}
	mem_free(dir);
	return status;
}

/* The user to become, NULL when none is named, and the group to take with it. */
static int
find_user(const struct config *c, const struct passwd **user, gid_t *gid, struct fault *f)
{
	const struct group *group = NULL;
	*user = NULL;
	if (*c->user && !(*user = getpwnam(c->user)))
		return fault_set(f, ERR_INPUT,
		    "user = %s: there is no such user; make it or change the option", c->user);
	if (*c->group && !(group = getgrnam(c->group)))
		return fault_set(f, ERR_INPUT, "group = %s: there is no such group", c->group);
	*gid = group ? group->gr_gid : *user ? (*user)->pw_gid : getegid();
	return 0;
}

static int
become(const struct passwd *user, gid_t gid, struct fault *f)
{
	if (initgroups(user->pw_name, gid) || setgid(gid) || setuid(user->pw_uid))
		return fault_set(
		    f, ERR_SYSTEM, "becoming user %s failed: %s", user->pw_name, strerror(errno));
	return 0;
}

static int
drop_privileges(const struct config *c, struct fault *f)
{
	const struct passwd *user;
	gid_t gid;
	int status = find_user(c, &user, &gid, f);
	if (geteuid() != 0)
		user = NULL;
	if (!status)
		status = make_directory_for(c->store, user, f);
	if (!status && *c->control_socket)
		status = make_directory_for(c->control_socket, user, f);
	return status || !user ? status : become(user, gid, f);
}

/* Every transfer is a descriptor: make room for them. */
static void
raise_file_limit(int64_t transfers)
{
	struct rlimit files;
	rlim_t want = (rlim_t)transfers * 2 + FILES_SPARE;
	if (getrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur >= want)
		return;
	files.rlim_cur =
	    files.rlim_max == RLIM_INFINITY || files.rlim_max >= want ? want : files.rlim_max;
	if (setrlimit(RLIMIT_NOFILE, &files) || files.rlim_cur < want)
		log_warn(
		    "only %llu open files are allowed; %lld transfers want %llu (LimitNOFILE=)",
		    (unsigned long long)files.rlim_cur, (long long)transfers,
		    (unsigned long long)want);
}

/* ---- stopping ---- */

static void
on_deadline(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct service *s = arg;
	s->finished = 1;
}

/* What has arrived is parsed and committed; what has not is asked for again at the next start. */
static void
stop(struct service *s, const char *why)
{
	if (s->stopping)
		return;
	s->stopping = 1;
	notify_send("STOPPING=1");
	struct log_line l;
	log_begin(&l, EV_STOPPING);
	log_str(&l, LF_REASON, why);
	log_end(&l);
	pipeline_stop(s->pipeline);
	fetch_stop(s->fetcher);
	struct timeval in = {STOP_MS / 1000, STOP_MS % 1000 * 1000};
	s->deadline = evtimer_new(s->base, on_deadline, s);
	evtimer_add(s->deadline, &in);
}

/* ---- events ---- */

static void
on_signal(evutil_socket_t number, short what, void *arg)
{
	(void)what;
	struct service *s = arg;
	struct fault f;
	switch (number) {
	case SIGHUP:
		if (s->reload || !s->ready)
			s->reload_again = 1;
		else
			reload_begin(s, NULL, NULL);
		break;
	case SIGUSR1:
		if (log_reopen(&f))
			log_error("%s", f.text);
		break;
	default:
		stop(s, number == SIGINT ? "SIGINT" : "SIGTERM");
	}
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what, (void)arg; /* the loop has turned: that is all that is wanted */
}

/* How late a timer comes tells how long the loop was kept from turning. */
static void
on_heartbeat(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct service *s = arg;
	int64_t now = clock_mono_ms(), lag = now - s->heartbeat_ms - HEARTBEAT_MS;
	if (lag > s->loop.lag_max_ms)
		s->loop.lag_max_ms = lag;
	s->loop.late += lag > LOOP_LATE_MS;
	s->heartbeat_ms = 0;
}

static void
keep_heartbeat(struct service *s)
{
	int busy = s->reload || s->door.active(s->door.self) || pool_pending(s->pool) ||
		   writer_pending(s->writer);
	if (s->heartbeat_ms || !busy)
		return;
	struct timeval in = {0, HEARTBEAT_MS * 1000};
	s->heartbeat_ms = clock_mono_ms();
	evtimer_add(s->heartbeat, &in);
}

/* Fed while the loop turns, the writer writes, what is under way comes to an end, and servers
 * answer, unless it is known that our network is out. Nothing under way, by schedule, is well, too.
 */
static void
on_watchdog(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct service *s = arg;
	struct pipeline_status p;
	struct writer_counters w;
	int64_t now = clock_mono_ms();
	pipeline_read_status(s->pipeline, &p);
	writer_read_counters(s->writer, &w);
	if (p.progress != s->progress_seen || !s->door.active(s->door.self)) {
		s->progress_seen = p.progress;
		s->progress_ms = now;
	}
	int writes = !w.oldest_ms || *w.trouble || now - w.oldest_ms < WRITER_STUCK_MS;
	int fetches = now - s->progress_ms < 2 * 1000 * s->boot->transfer_timeout;
	int answers = p.outage || p.unanswered < UNANSWERED_MAX;
	if (writes && fetches && answers)
		notify_send("WATCHDOG=1");
	else
		log_error(
		    "no progress: %s; the watchdog is not fed", !writes    ? "the writer is stuck"
								: !fetches ? "no transfer ends"
									   : "no server answers");
}

static void
on_death(const char *url, int pid, int signal, const char *how, void *arg)
{
	(void)arg;
	struct log_line l;
	log_begin(&l, EV_WORKER_DIED);
	log_str(&l, LF_URL, url);
	log_int(&l, LF_PID, pid);
	log_int(&l, LF_SIGNAL, signal);
	log_str(&l, LF_REASON, how);
	log_end(&l);
}

/* Once, whatever the number of workers: what does not hold is the same for all. */
static void
on_sandbox(unsigned layers, void *arg)
{
	(void)arg;
	char words[SANDBOX_WORDS_SIZE];
	if (!(layers & SANDBOX_SECCOMP))
		log_warn(
		    "the workers have no seccomp filter, for this build has none: a parser that "
		    "is taken over may use the network and read files; build newsd with libseccomp");
	if (!(layers & SANDBOX_LANDLOCK))
		log_warn("the workers have no landlock, for this kernel or build has none%s",
		    layers & SANDBOX_SECCOMP ? "; the seccomp filter holds without it" : "");
	log_debug("sandbox of the workers: %s", sandbox_words(layers, words, sizeof words));
}

static void
on_trouble(const struct fault *f, void *arg)
{
	(void)arg;
	struct log_line l;
	log_begin(&l, f ? EV_STORE_TROUBLE : EV_STORE_RECOVERED);
	log_str(&l, LF_REASON, f ? f->text : NULL);
	log_end(&l);
	log_flush();
}

static void
on_low(const struct fault *f, void *arg)
{
	struct service *s = arg;
	struct log_line l;
	log_begin(&l, f ? EV_SPACE_LOW : EV_SPACE_ENOUGH);
	if (f)
		log_str(&l, LF_REASON, f->text);
	log_end(&l);
	log_flush();
	if (f && s->options->once) { /* nobody waits for it to end some day */
		s->exit_status = SERVICE_FAILED;
		stop(s, "too little space is free");
	}
}

static void
on_event_line(const char *json, size_t len, void *arg)
{
	struct service *s = arg;
	if (s->control)
		control_publish(s->control, json, len);
}

/* What libevent has to say; evdns tells of every name server that comes and goes. */
static void
on_libevent(int severity, const char *text)
{
	if (severity >= EVENT_LOG_WARN)
		log_warn("libevent: %s", text);
	else
		log_debug("libevent: %s", text);
}

/* ---- putting the parts together ---- */

static int
open_store(struct service *s, struct store **store, struct fault *f)
{
	struct store_options o = {.path = s->config->store,
	    .mode = STORE_WRITE,
	    .synchronous = s->config->synchronous,
	    .drop_links = !s->config->keep_links,
	    .keep_site_lines = !s->config->drop_site_lines,
	    .upgrade_backup = s->config->upgrade_backup};
	int status = store_open(store, &o, f);
	s->ended_unclean = !status && store_ended_unclean(*store);
	return status;
}

static int
new_pool(const struct config *c, struct event_base *base, struct pool **pool, struct fault *f)
{
	long processors = sysconf(_SC_NPROCESSORS_ONLN);
	int64_t workers = c->workers >= 0 ? c->workers : processors > 0 ? processors : 1;
	struct pool_options o = {.workers = (int)workers,
	    .cpu_ms = 2000,
	    .deadline_ms = 5000,
	    .documents_max = 10000,
	    .queue_max = (size_t)c->transfers * 2 + 64};
	return pool_new(pool, base, &o, f);
}

static int
new_fetcher(struct service *s, struct fault *f)
{
	const struct config *c = s->boot;
	struct fetch_options o = {.transfers = (size_t)c->transfers,
	    .bytes_in_flight = (size_t)c->bytes_in_flight,
	    .body_max = (size_t)c->body_max,
	    .connect_timeout_s = c->connect_timeout,
	    .transfer_timeout_s = c->transfer_timeout,
	    .redirects_max = (int)c->redirects_max,
	    .user_agent = c->user_agent,
	    .proxy = c->proxy,
	    .ca_file = c->ca_file,
	    .addresses = &c->addresses};
	int status = fetch_new(&s->fetcher, s->base, &o, f);
	if (!status)
		s->door = fetch_door(s->fetcher);
	return status;
}

static int
new_writer(struct service *s, struct store *store, struct fault *f)
{
	const struct config *c = s->boot;
	struct writer_options o = {.commit_interval_ms = c->commit_interval,
	    .commit_rows = (size_t)c->commit_rows,
	    .queue_max = (size_t)c->commit_rows * 2 + (size_t)c->transfers * 4,
	    .keep_polls_s = c->keep_polls,
	    .free_space_floor = c->free_space_floor,
	    .stories = {.window_s = c->story_window_days * 86400,
		.memory_max = (size_t)c->story_memory,
		.keys_max = (unsigned)c->story_keys},
	    .threaded = 1};
	int status = writer_new(&s->writer, s->base, store, &o, f);
	if (status) {
		store_close(store);
		return status;
	}
	writer_on_trouble(s->writer, on_trouble, s);
	writer_on_low(s->writer, on_low, s);
	return 0;
}

/* Have the pipeline subscribe, if hubs may push. */
static int
open_push(struct service *s, struct fault *f)
{
	const struct config *c = s->boot;
	int wanted = endpoint_is_wanted(c, f);
	if (wanted <= 0)
		return wanted;
	size_t len = strlen(c->websub_url);
	char *url = mem_printf("%s%s", c->websub_url, c->websub_url[len - 1] == '/' ? "" : "/");
	struct pipeline_push push = {.url = url};
	int status = endpoint_read_key(c, push.key, f);
	if (!status)
		pipeline_push_open(s->pipeline, &push);
	mem_free(url);
	return status;
}

static int
build(struct service *s, struct fault *f)
{
	struct store *store = NULL;
	s->base = event_base_new();
	if (!s->base)
		return fault_set(f, ERR_SYSTEM, "no event loop could be made");
	int status = open_store(s, &store, f);
	if (!status)
		status = new_fetcher(s, f);
	if (!status)
		status = new_pool(s->boot, s->base, &s->pool, f);
	if (!status) {
		pool_on_death(s->pool, on_death, s);
		pool_on_sandbox(s->pool, on_sandbox, s);
		s->pipeline = pipeline_new(s->config, &s->door, s->pool);
		status = open_push(s, f);
		if (!status)
			status = pipeline_load(s->pipeline, store, f);
	}
	if (status) {
		store_close(store);
		return status;
	}
	status = new_writer(s, store, f);
	if (status)
		return status;
	pipeline_start(s->pipeline, s->writer);
	if (*s->config->control_socket)
		status = control_new(&s->control, s->base, s->config->control_socket,
		    s->config->group, service_commands, s, f);
	if (!status && *s->boot->websub_listen)
		status =
		    endpoint_new(&s->endpoint, s->base, s->boot, s->pipeline, s->door.budget, f);
	return status;
}

static void
add_events(struct service *s)
{
	static const int numbers[] = {SIGTERM, SIGINT, SIGHUP, SIGUSR1};
	for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++) {
		s->signals[i] = evsignal_new(s->base, numbers[i], on_signal, s);
		event_add(s->signals[i], NULL);
	}
	s->tick = evtimer_new(s->base, on_tick, s);
	s->heartbeat = evtimer_new(s->base, on_heartbeat, s);
	int64_t watchdog_ms = notify_watchdog_ms();
	s->watchdog = event_new(s->base, -1, EV_PERSIST, on_watchdog, s);
	if (watchdog_ms) {
		struct timeval every = {watchdog_ms / 1000, watchdog_ms % 1000 * 1000};
		event_add(s->watchdog, &every);
	}
}

static void
tear_down(struct service *s)
{
	log_set_tap(NULL, NULL);
	aftercheck_free(s);
	control_free(s->control);
	endpoint_free(s->endpoint);
	writer_free(s->writer); /* hands back what it still had, to the pipeline */
	pool_free(s->pool);
	pipeline_free(s->pipeline);
	fetch_free(s->fetcher); /* last: the budget of all bodies is its */
	struct event *events[] = {s->signals[0], s->signals[1], s->signals[2], s->signals[3],
	    s->tick, s->heartbeat, s->watchdog, s->deadline};
	for (size_t i = 0; i < sizeof events / sizeof *events; i++)
		if (events[i])
			event_free(events[i]);
	if (s->base)
		event_base_free(s->base);
	if (s->config != s->boot)
		config_free(s->config);
	config_free(s->boot);
}

/* ---- the loop ---- */

static void
on_started(const struct fault *f, void *arg)
{
	struct service *s = arg;
	if (f) {
		log_error("%s", f->text);
		s->exit_status = SERVICE_CONFIG;
		s->finished = 1;
		return;
	}
	struct pipeline_status p;
	struct log_line l;
	s->ready = 1;
	if (s->options->once)
		pipeline_once(s->pipeline);
	pipeline_read_status(s->pipeline, &p);
	log_begin(&l, EV_READY);
	log_int(&l, LF_FEEDS, (int64_t)p.feeds);
	log_str(&l, LF_STORE, s->config->store);
	log_end(&l);
	if (!p.feeds)
		log_info("no feeds yet: add some with `newsctl add URL`, or name a list with the "
			 "option feeds");
	notify_send("READY=1");
	if (s->ended_unclean && !s->options->once)
		aftercheck_begin(s);
}

/* 1 while the wall clock is years off: what would be stored now would bear nonsense times. */
static int
clock_is_awaited(struct service *s)
{
	int waits = !clock_is_sane();
	if (waits && !s->clock_waits) {
		char now[32];
		log_warn("the clock says %s, which can't be: nothing is polled until it is set "
			 "(time synchronisation?)",
		    clock_iso(clock_now(), now));
	} else if (!waits && s->clock_waits) {
		log_info("the clock is set; polling starts");
		pipeline_clock_set(s->pipeline);
	}
	s->clock_waits = waits;
	return waits;
}

static int
nothing_is_open(const struct service *s)
{
	return !pool_pending(s->pool) && !writer_pending(s->writer);
}

static void
turn(struct service *s)
{
	int64_t next = INT64_MAX;
	if (s->ready && !s->stopping && !s->reload)
		next = clock_is_awaited(s) ? clock_mono_ms() + CLOCK_WAIT_MS
					   : pipeline_tick(s->pipeline);
	int inline_work = pool_run(s->pool) > 0 || (!s->boot->workers && pool_pending(s->pool));
	if (s->ready && s->options->once && !s->stopping && !inline_work &&
	    pipeline_is_done(s->pipeline)) {
		stop(s, "one pass is done");
	}
	if (s->stopping && nothing_is_open(s)) {
		s->finished = 1;
		return;
	}
	log_flush();
	keep_heartbeat(s);
	int64_t wait_ms = next == INT64_MAX ? 3600000 : next - clock_mono_ms();
	if (wait_ms < 0 || inline_work)
		wait_ms = 0;
	struct timeval in = {wait_ms / 1000, wait_ms % 1000 * 1000};
	evtimer_add(s->tick, &in);
	event_base_loop(s->base, EVLOOP_ONCE);
	s->loop.turns++;
}

static int
exit_status_of(int error)
{
	return error == ERR_BUSY    ? SERVICE_BUSY
	       : error == ERR_INPUT ? SERVICE_CONFIG
				    : SERVICE_FAILED;
}

int
service_run(struct config *config, const struct service_options *o)
{
	struct service s = {.options = o, .config = config, .boot = config, .started = clock_now()};
	struct fault f;
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	event_set_mem_functions(mem_alloc, mem_resize, mem_free); /* no memory: the same end */
	event_set_log_callback(on_libevent);
	int status = drop_privileges(config, &f);
	if (!status)
		status = log_open(config->log_file, config->log_format, config->log_level, &f);
	if (!status) {
		struct log_line l;
		log_begin(&l, EV_STARTING);
		log_str(&l, LF_VERSION, PACKAGE_VERSION);
		log_int(&l, LF_PID, getpid());
		log_str(&l, LF_STORE, config->store);
		log_end(&l);
		if (geteuid() == 0)
			log_warn("running as root: set the option user, so that newsd gives its "
				 "rights up");
		if (!config->workers)
			log_warn("workers = 0: newsd parses what comes from the network itself, "
				 "without a sandbox");
		raise_file_limit(config->transfers);
		status = build(&s, &f);
	}
	if (status) {
		log_error("%s", f.text);
		s.exit_status = exit_status_of(status);
	} else {
		log_set_tap(on_event_line, &s);
		add_events(&s);
		reload_first(&s, on_started, &s);
		while (!s.finished)
			turn(&s);
		struct log_line l;
		log_begin(&l, EV_STOPPED);
		log_end(&l);
	}
	tear_down(&s);
	log_close();
	return s.exit_status;
}

/* ---- newsd -n ---- */

/* Cut the last part off PATH, which stays the caller's. */
static const char *
parent_of(char *path)
{
	char *slash = strrchr(path, '/');
	if (!slash)
		return ".";
	slash[slash == path] = '\0';
	return path;
}

/* The file PATH of OPTION could be made: its directory is ours to write in, or is missing and would
 * be made. */
static int
check_place(const char *option, const char *path, struct fault *f)
{
	struct stat st;
	if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		return fault_set(f, ERR_INPUT, "%s = %s: this is a directory", option, path);
	char *copy = mem_strdup(path);
	const char *dir;
	do
		dir = parent_of(copy);
	while (dir == copy && access(dir, F_OK) < 0 && errno == ENOENT);
	int error = 0;
	if (stat(dir, &st) == 0 && !S_ISDIR(st.st_mode))
		error = ENOTDIR;
	else if (faccessat(AT_FDCWD, dir, W_OK | X_OK, AT_EACCESS) < 0)
		error = errno;
	if (error)
		fault_set(f, ERR_INPUT, "%s = %s: nothing can be made in %s: %s", option, path, dir,
		    strerror(error));
	mem_free(copy);
	return error ? ERR_INPUT : 0;
}

/* The directory of PATH is there. */
static int
has_directory(const char *path)
{
	char *copy = mem_strdup(path);
	int there = access(parent_of(copy), F_OK) == 0;
	mem_free(copy);
	return there;
}

static int
check_ca_file(const char *path, struct fault *f)
{
	struct stat st;
	int error = 0;
	if (!*path)
		return 0;
	if (faccessat(AT_FDCWD, path, R_OK, AT_EACCESS) < 0)
		error = errno;
	else if (stat(path, &st) == 0 && S_ISDIR(st.st_mode))
		error = EISDIR;
	return error ? fault_set(
			   f, ERR_INPUT, "ca_file = %s can't be read: %s", path, strerror(error))
		     : 0;
}

/* Print what F says when STATUS is an error. Returns an exit status. */
static int
say(int status, const struct fault *f)
{
	if (!status)
		return SERVICE_OK;
	fprintf(stderr, "newsd: %s\n", f->text);
	return SERVICE_CONFIG;
}

/* Say all that stands in the way of a start with C. Directories that are missing are made before
 * USER, if there is one, is become; all else must be right for that user. */
static int
check_places(const struct config *c, const struct passwd *user, gid_t gid)
{
	struct {
		const char *option, *path;
		int is_checked;
	} places[] = {{"store", c->store, 0}, {"control_socket", c->control_socket, 0}};
	struct fault f;
	int status = SERVICE_OK;
	size_t n = sizeof places / sizeof *places;
	for (size_t i = 0; user && i < n; i++) {
		if (has_directory(places[i].path))
			continue;
		status |= say(check_place(places[i].option, places[i].path, &f), &f);
		places[i].is_checked = 1;
	}
	if (user && become(user, gid, &f))
		return say(ERR_SYSTEM, &f);
	for (size_t i = 0; i < n; i++)
		if (!places[i].is_checked)
			status |= say(check_place(places[i].option, places[i].path, &f), &f);
	status |= say(control_check(c->control_socket, &f), &f);
	status |= say(log_check(c->log_file, &f), &f);
	status |= say(endpoint_is_wanted(c, &f) < 0 ? ERR_INPUT : 0, &f);
	return status | say(check_ca_file(c->ca_file, &f), &f);
}

struct check {
	int done, exit_status;
	const struct config *config;
};

static void
on_checked(const struct opml_doc *feeds, const struct fault *f, void *arg)
{
	struct check *c = arg;
	c->done = 1;
	if (f) {
		fprintf(stderr, "newsd: %s\n", f->text);
		c->exit_status = SERVICE_CONFIG;
		return;
	}
	printf("configuration ok: %s, %zu feeds named, store %s\n",
	    c->config->path ? c->config->path : "no file, all defaults", feeds->feeds_len,
	    c->config->store);
}

/* The lists of feeds, by the same road as at a start. */
static int
check_feeds(const struct config *config)
{
	struct check c = {.config = config};
	struct fault f;
	struct pool *pool = NULL;
	struct event_base *base = event_base_new();
	if (!base || new_pool(config, base, &pool, &f)) {
		fprintf(stderr, "newsd: %s\n", base ? f.text : "no event loop could be made");
		if (base)
			event_base_free(base);
		return SERVICE_FAILED;
	}
	feedlist_load(pool, config, on_checked, &c);
	while (!c.done) {
		pool_run(pool);
		if (!c.done)
			event_base_loop(
			    base, EVLOOP_ONCE | (config->workers ? 0 : EVLOOP_NONBLOCK));
	}
	pool_free(pool);
	event_base_free(base);
	return c.exit_status;
}

int
service_check(const struct config *config)
{
	const struct passwd *user;
	struct fault f;
	gid_t gid;
	int status = say(find_user(config, &user, &gid, &f), &f);
	if (!status)
		status = check_places(config, geteuid() == 0 ? user : NULL, gid);
	return status ? status : check_feeds(config);
}
