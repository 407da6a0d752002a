/* endpoint: see endpoint.h. */
#include "endpoint.h"

#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/keyvalq_struct.h>
#include <event2/listener.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/queue.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"
#include "log.h"
#include "mem.h"
#include "websub.h"

#define HEADERS_MAX    8192
#define TIMEOUT_S      20  /* without a byte */
#define ACCEPTS_MAX    100 /* connections a second */
#define OPEN_MAX       64  /* connections at once; a proxy needs one for each request under way */
#define BACKLOG        128
#define LISTEN_FDS_AT  3 /* sd_listen_fds(3) */
#define UNIX_PREFIX    "unix:"
#define SYSTEMD_SOCKET "systemd"

/* A connection of libevent's server, which does not tell when it closes one: our reference keeps
 * its bufferevent, and one that was freed has no callbacks any more. */
struct open {
	TAILQ_ENTRY(open) link;
	struct bufferevent *bev;
};

struct endpoint {
	struct evhttp *http;
	struct evconnlistener *listener; /* http's */
	struct event *pace;              /* once a second while connections come */
	unsigned accepts;                /* in this second */
	int is_held;                     /* the listener rests until the second is over */
	TAILQ_HEAD(opens, open) opens;   /* the one that has been quiet for the longest first */
	size_t opens_len;
	struct pipeline *pipeline;
	struct budget *budget;
	size_t body_max;
	char *unix_path; /* removed at the end */
};

/* ---- configuration ---- */

int
endpoint_is_wanted(const struct config *c, struct fault *f)
{
	int listens = *c->websub_listen != '\0', named = *c->websub_url != '\0';
	if (listens == named)
		return listens;
	return fault_set(f, ERR_INPUT, "%s is set, %s is not: WebSub needs both, or neither",
	    listens ? "websub_listen" : "websub_url", listens ? "websub_url" : "websub_listen");
}

static int
read_key(int fd, const char *path, uint8_t key[WEBSUB_KEY], struct fault *f)
{
	uint8_t more;
	if (read(fd, key, WEBSUB_KEY) == WEBSUB_KEY && read(fd, &more, 1) == 0)
		return 0;
	return fault_set(f, ERR_INPUT,
	    "%s is no key of newsd: remove it, and every hub is asked anew with a fresh one", path);
}

static int
make_key(const char *path, uint8_t key[WEBSUB_KEY], struct fault *f)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fault_set(f, ERR_IO, "the key %s can't be made: %s", path, strerror(errno));
	int made = getrandom(key, WEBSUB_KEY, 0) == WEBSUB_KEY &&
		   write(fd, key, WEBSUB_KEY) == WEBSUB_KEY && fsync(fd) == 0;
	int error = errno;
	close(fd);
	if (made)
		return 0;
	unlink(path);
	return fault_set(f, ERR_IO, "the key %s can't be written: %s", path, strerror(error));
}

int
endpoint_read_key(const struct config *c, uint8_t key[WEBSUB_KEY], struct fault *f)
{
	const char *slash = strrchr(c->store, '/');
	int dir_len = slash ? (int)(slash - c->store) + 1 : 0;
	char *path = mem_printf("%.*swebsub.key", dir_len, c->store);
	int fd = open(path, O_RDONLY | O_CLOEXEC), status;
	if (fd >= 0) {
		status = read_key(fd, path, key, f);
		close(fd);
	} else if (errno == ENOENT) {
		status = make_key(path, key, f);
	} else {
		status =
		    fault_set(f, ERR_IO, "the key %s can't be read: %s", path, strerror(errno));
	}
	mem_free(path);
	return status;
}

/* ---- requests ---- */

static void
answer(struct evhttp_request *req, int status, const char *body)
{
	static const struct {
		int status;
		const char *reason;
	} reasons[] = {{200, "OK"}, {202, "Accepted"}, {404, "Not Found"}, {410, "Gone"},
	    {429, "Too Many Requests"}, {503, "Service Unavailable"}};
	const char *reason = "Error";
	for (size_t i = 0; i < sizeof reasons / sizeof *reasons; i++)
		if (reasons[i].status == status)
			reason = reasons[i].reason;
	struct evkeyvalq *headers = evhttp_request_get_output_headers(req);
	evhttp_add_header(headers, "Content-Type", "text/plain; charset=utf-8");
	evhttp_add_header(headers, "X-Content-Type-Options", "nosniff");
	if (status == 429 || status == 503)
		evhttp_add_header(headers, "Retry-After", "60");
	struct evbuffer *out = evbuffer_new();
	if (!out)
		abort(); /* no memory */
	evbuffer_add(out, body, strlen(body));
	evhttp_send_reply(req, status, reason, out);
	evbuffer_free(out);
}

static const char *
header(struct evhttp_request *req, const char *name)
{
	return evhttp_find_header(evhttp_request_get_input_headers(req), name);
}

static int
take_delivery(struct endpoint *e, struct evhttp_request *req, const char *token)
{
	struct evbuffer *in = evhttp_request_get_input_buffer(req);
	const char *type = header(req, "Content-Type"), *encoding = header(req, "Content-Encoding");
	struct buf body;
	buf_init_budget(&body, e->body_max, e->budget);
	int status = 503;
	char piece[16384];
	int n = 0, room = 0;
	while (!room && (n = evbuffer_remove(in, piece, sizeof piece)) > 0)
		room = buf_add(&body, piece, (size_t)n);
	if (!room) {
		struct pipeline_delivery d = {.token = token,
		    .content_type = type ? type : "",
		    .content_encoding = encoding ? encoding : "",
		    .signature = header(req, "X-Hub-Signature"),
		    .body = &body};
		status = pipeline_push_take(e->pipeline, &d);
	}
	buf_clear(&body);
	return status;
}

/* The last part of the path, which a proxy may have shortened. */
static const char *
token_of(struct evhttp_request *req)
{
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *path = uri ? evhttp_uri_get_path(uri) : NULL;
	const char *slash = path ? strrchr(path, '/') : NULL;
	return slash ? slash + 1 : "";
}

/* The connection of REQ is quiet no more. */
static void
open_heard(struct endpoint *e, struct evhttp_request *req)
{
	struct bufferevent *bev =
	    evhttp_connection_get_bufferevent(evhttp_request_get_connection(req));
	struct open *o;
	TAILQ_FOREACH(o, &e->opens, link)
	if (o->bev == bev)
		break;
	if (!o)
		return;
	TAILQ_REMOVE(&e->opens, o, link);
	TAILQ_INSERT_TAIL(&e->opens, o, link);
}

static void
on_request(struct evhttp_request *req, void *arg)
{
	struct endpoint *e = arg;
	const struct evhttp_uri *uri = evhttp_request_get_evhttp_uri(req);
	const char *token = token_of(req), *body = "";
	struct arena a = {0};
	open_heard(e, req);
	int status = evhttp_request_get_command(req) == EVHTTP_REQ_POST
			 ? take_delivery(e, req, token)
			 : pipeline_push_verify(e->pipeline, token,
			       uri ? evhttp_uri_get_query(uri) : NULL, &a, &body);
	answer(req, status, body);
	arena_clear(&a);
}

/* ---- connections ---- */

static void
on_second(evutil_socket_t fd, short what, void *arg)
{
	(void)fd, (void)what;
	struct endpoint *e = arg;
	e->accepts = 0;
	if (e->is_held)
		evconnlistener_enable(e->listener);
	e->is_held = 0;
}

static void
open_forget(struct endpoint *e, struct open *o)
{
	TAILQ_REMOVE(&e->opens, o, link);
	e->opens_len--;
	bufferevent_decref(o->bev);
	mem_free(o);
}

static int
is_freed(const struct open *o)
{
	void *arg;
	bufferevent_getcb(o->bev, NULL, NULL, NULL, &arg);
	return !arg;
}

/* Forget those that have ended; where there are too many all the same, the one that has been quiet
 * for the longest ends, so that who says nothing keeps nobody out. */
static void
make_room(struct endpoint *e)
{
	struct open *o, *next;
	for (o = TAILQ_FIRST(&e->opens); o; o = next) {
		next = TAILQ_NEXT(o, link);
		if (is_freed(o))
			open_forget(e, o);
	}
	if (e->opens_len < OPEN_MAX)
		return;
	o = TAILQ_FIRST(&e->opens);
	shutdown(bufferevent_getfd(o->bev), SHUT_RDWR); /* the server sees the end, and closes */
	open_forget(e, o);
}

/* Called for each connection: gives what libevent itself would have made. */
static struct bufferevent *
on_accept(struct event_base *base, void *arg)
{
	static const struct timeval second = {1, 0};
	struct endpoint *e = arg;
	make_room(e);
	struct open *o = mem_zalloc(sizeof *o);
	o->bev = bufferevent_socket_new(base, -1, 0);
	if (!o->bev)
		abort(); /* no memory */
	bufferevent_incref(o->bev);
	TAILQ_INSERT_TAIL(&e->opens, o, link);
	e->opens_len++;
	if (!e->accepts++)
		evtimer_add(e->pace, &second);
	if (e->accepts >= ACCEPTS_MAX && !e->is_held) {
		e->is_held = 1;
		evconnlistener_disable(e->listener);
	}
	return o->bev;
}

/* ---- sockets ---- */

static int
listen_at(int family, const struct sockaddr *sa, socklen_t len, const char *words, struct fault *f)
{
	int fd = socket(family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0), yes = 1;
	if (fd >= 0 && family != AF_UNIX)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
	if (fd >= 0 && bind(fd, sa, len) == 0 && listen(fd, BACKLOG) == 0)
		return fd;
	fault_set(f, ERR_SYSTEM, "websub_listen = %s: %s", words, strerror(errno));
	if (fd >= 0)
		close(fd);
	return -1;
}

static int
listen_unix(struct endpoint *e, const char *path, const char *words, struct fault *f)
{
	struct sockaddr_un sun = {.sun_family = AF_UNIX};
	struct stat st;
	if (*path != '/' || strlen(path) >= sizeof sun.sun_path) {
		fault_set(f, ERR_INPUT,
		    "websub_listen = %s: expected an absolute path of at most %zu bytes", words,
		    sizeof sun.sun_path - 1);
		return -1;
	}
	memcpy(sun.sun_path, path, strlen(path) + 1);
	if (lstat(path, &st) == 0 && S_ISSOCK(st.st_mode))
		unlink(path); /* left by a newsd that was killed */
	int fd = listen_at(AF_UNIX, (struct sockaddr *)&sun, sizeof sun, words, f);
	if (fd >= 0) {
		chmod(path, 0660);
		e->unix_path = mem_strdup(path);
	}
	return fd;
}

/* The socket that the service manager hands over: the first, see sd_listen_fds(3). */
static int
listen_systemd(struct fault *f)
{
	const char *pid = getenv("LISTEN_PID"), *count = getenv("LISTEN_FDS");
	if (pid && count && strtoll(pid, NULL, 10) == getpid() && strtoll(count, NULL, 10) > 0) {
		fcntl(LISTEN_FDS_AT, F_SETFD, FD_CLOEXEC);
		evutil_make_socket_nonblocking(LISTEN_FDS_AT);
		return LISTEN_FDS_AT;
	}
	fault_set(f, ERR_INPUT,
	    "websub_listen = systemd: no socket was handed over; is newsd-websub.socket enabled?");
	return -1;
}

static int
listen_for(struct endpoint *e, const char *where, struct fault *f)
{
	struct sockaddr_storage ss;
	int len = sizeof ss;
	if (!strcmp(where, SYSTEMD_SOCKET))
		return listen_systemd(f);
	if (!strncmp(where, UNIX_PREFIX, sizeof UNIX_PREFIX - 1))
		return listen_unix(e, where + sizeof UNIX_PREFIX - 1, where, f);
	const char *colon = strrchr(where, ':');
	if (colon && evutil_parse_sockaddr_port(where, (struct sockaddr *)&ss, &len) == 0)
		return listen_at(ss.ss_family, (struct sockaddr *)&ss, (socklen_t)len, where, f);
	fault_set(f, ERR_INPUT,
	    "websub_listen = %s: expected ADDRESS:PORT (127.0.0.1:8090, [::1]:8090), unix:/PATH or "
	    "systemd",
	    where);
	return -1;
}

/* ---- life ---- */

int
endpoint_new(struct endpoint **out, struct event_base *base, const struct config *c,
    struct pipeline *p, struct budget *budget, struct fault *f)
{
	struct endpoint *e = mem_zalloc(sizeof *e);
	TAILQ_INIT(&e->opens);
	e->pipeline = p;
	e->budget = budget;
	e->body_max = (size_t)c->body_max;
	int fd = listen_for(e, c->websub_listen, f);
	if (fd < 0) {
		endpoint_free(e);
		return f->code;
	}
	e->http = evhttp_new(base);
	e->pace = evtimer_new(base, on_second, e);
	e->listener = evconnlistener_new(
	    base, NULL, NULL, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, -1, fd);
	if (!e->http || !e->listener || !evhttp_bind_listener(e->http, e->listener)) {
		close(fd);
		endpoint_free(e);
		return fault_set(f, ERR_SYSTEM, "websub_listen: no HTTP server could be made");
	}
	evhttp_set_allowed_methods(e->http, EVHTTP_REQ_GET | EVHTTP_REQ_POST);
	evhttp_set_max_headers_size(e->http, HEADERS_MAX);
	evhttp_set_max_body_size(e->http, (ev_ssize_t)e->body_max);
	evhttp_set_timeout(e->http, TIMEOUT_S);
	evhttp_set_bevcb(e->http, on_accept, e);
	evhttp_set_gencb(e->http, on_request, e);
	log_info("hubs may push to %s, which is to reach %s", c->websub_url, c->websub_listen);
	*out = e;
	return 0;
}

void
endpoint_free(struct endpoint *e)
{
	if (!e)
		return;
	if (e->http)
		evhttp_free(e->http);
	for (struct open *o; (o = TAILQ_FIRST(&e->opens));)
		open_forget(e, o);
	if (e->pace)
		event_free(e->pace);
	if (e->unix_path)
		unlink(e->unix_path);
	mem_free(e->unix_path);
	mem_free(e);
}
