/* control: see include/control.h. Listening, and the beginning and end of it all. */
#include "control.h"

#include <errno.h>
#include <event2/event.h>
#include <event2/listener.h>
#include <string.h>
#include <unistd.h>

#include "control_parts.h"
#include "log.h"
#include "mem.h"

#define TICK_S 5

static void
on_connection(
    struct evconnlistener *listener, evutil_socket_t fd, struct sockaddr *from, int len, void *arg)
{
	(void)listener;
	(void)from;
	(void)len;
	control_peer_add(arg, fd);
}

/* Mostly no file descriptor is left: the waiting connection would wake us again and again. */
static void
on_failure(struct evconnlistener *listener, void *arg)
{
	struct control *c = arg;
	log_warn("control: a connection can't be accepted: %s; resting for %d s",
	    evutil_socket_error_to_string(EVUTIL_SOCKET_ERROR()), TICK_S);
	evconnlistener_disable(listener);
	c->paused = 1;
}

static void
on_tick(evutil_socket_t fd, short what, void *arg)
{
	struct control *c = arg;
	(void)fd;
	(void)what;
	control_peers_sweep(c);
	if (c->paused && evconnlistener_enable(c->listener) == 0)
		c->paused = 0;
}

int
control_new(struct control **out, struct event_base *base, const char *path, const char *group,
    const struct control_command *commands, void *arg, struct fault *f)
{
	struct control *c = mem_zalloc(sizeof *c);
	static const struct timeval every = {TICK_S, 0};
	c->base = base;
	c->commands = commands;
	c->arg = arg;
	int fd = control_listen(c, path, group, f);
	if (fd < 0) {
		mem_free(c);
		return fd;
	}
	c->listener = evconnlistener_new(
	    base, on_connection, c, LEV_OPT_CLOSE_ON_FREE | LEV_OPT_CLOSE_ON_EXEC, 0, fd);
	c->tick = event_new(base, -1, EV_PERSIST, on_tick, c);
	if (!c->listener || !c->tick || event_add(c->tick, &every) < 0) {
		if (!c->listener)
			close(fd);
		control_free(c);
		return fault_set(
		    f, ERR_SYSTEM, "control socket %s: the event loop refuses it", path);
	}
	evconnlistener_set_error_cb(c->listener, on_failure);
	*out = c;
	return 0;
}

void
control_free(struct control *c)
{
	if (!c)
		return;
	if (c->listener)
		evconnlistener_free(c->listener);
	if (c->tick)
		event_free(c->tick);
	control_peers_drop(c);
	control_unlink(c);
	mem_free(c->path);
	mem_free(c);
}
