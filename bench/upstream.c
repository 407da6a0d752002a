/* upstream: see upstream.h. HTTP as far as libcurl speaks it: no bodies in requests, no pipelining.
 */
#include "upstream.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include "buf.h"
#include "figures.h"
#include "mem.h"
#include "samples.h"

#define REQUEST_MAX 4096
#define EVENTS      256
#define DRIP_MS     1000
#define DRIP_FIRST  ((size_t)24 << 10)

struct client {
	struct client *next, **before; /* in dripping */
	int fd;
	size_t len;
	char request[REQUEST_MAX + 1];
	struct buf out;
	size_t sent;
};

static struct {
	int epoll, listener;
	unsigned items;
	struct client *dripping;
} server;

/* ---- answers ---- */

/* The value of the header NAME in the request, copied to OUT; "" when absent. */
static void
header(const char *request, const char *name, char *out, size_t size)
{
	size_t len = strlen(name);
	*out = '\0';
	for (const char *line = strstr(request, "\r\n"); line; line = strstr(line + 2, "\r\n")) {
		if (strncasecmp(line + 2, name, len) || line[2 + len] != ':')
			continue;
		const char *value = line + 3 + len;
		value += strspn(value, " ");
		snprintf(out, size, "%.*s", (int)strcspn(value, "\r\n"), value);
		return;
	}
}

static void
answer_head(struct buf *out, const char *status, const char *type, size_t length)
{
	buf_printf(out,
	    "HTTP/1.1 %s\r\nServer: bench\r\nDate: Mon, 05 Jan 2026 10:00:00 GMT\r\n"
	    "Content-Type: %s\r\nCache-Control: max-age=300\r\nETag: " UPSTREAM_ETAG "\r\n",
	    status, type);
	if (strncmp(status, "304", 3))
		buf_printf(out, "Content-Length: %zu\r\n", length);
	buf_add_str(out, "\r\n");
}

static void
answer_drip(struct client *c)
{
	answer_head(&c->out, "200 OK", "application/rss+xml; charset=utf-8", (size_t)1 << 20);
	size_t end = c->out.len + DRIP_FIRST;
	buf_add_str(&c->out, "<rss version=\"2.0\"><channel><title>slow</title><description>");
	while (c->out.len < end)
		buf_add_str(&c->out, "All the news that is still to come, in good time. ");
	c->next = server.dripping;
	c->before = &server.dripping;
	if (c->next)
		c->next->before = &c->next;
	server.dripping = c;
}

static void
answer(struct client *c)
{
	char host[HOST_NAME_MAX_LEN], etag[64], path[256] = "/";
	struct buf body;
	header(c->request, "Host", host, sizeof host);
	header(c->request, "If-None-Match", etag, sizeof etag);
	sscanf(c->request, "%*15s %255s", path);
	buf_init(&body, SIZE_MAX / 4);
	if (!strcmp(path, "/drip")) {
		answer_drip(c);
	} else if (!strcmp(path, "/robots.txt")) {
		answer_head(&c->out, "404 Not Found", "text/plain", 0);
	} else if (!strcmp(etag, UPSTREAM_ETAG)) {
		answer_head(&c->out, "304 Not Modified", "application/rss+xml", 0);
	} else if (!strcmp(path, "/feed")) {
		sample_feed(&body, host, server.items);
		answer_head(&c->out, "200 OK", "application/rss+xml; charset=utf-8", body.len);
	} else {
		sample_page(&body, host, path);
		answer_head(&c->out, "200 OK", "text/html; charset=utf-8", body.len);
	}
	if (body.len)
		buf_add(&c->out, body.data, body.len);
	buf_clear(&body);
}

/* ---- connections ---- */

static void
client_free(struct client *c)
{
	if (c->before) {
		*c->before = c->next;
		if (c->next)
			c->next->before = c->before;
	}
	close(c->fd);
	buf_clear(&c->out);
	mem_free(c);
}

static void
watch(struct client *c, uint32_t events, int how)
{
	struct epoll_event e = {.events = events, .data.ptr = c};
	if (epoll_ctl(server.epoll, how, c->fd, &e))
		die("epoll_ctl: %s", strerror(errno));
}

/* Send what the socket takes. Returns -1 when the connection is over. */
static int
client_flush(struct client *c)
{
	while (c->sent < c->out.len) {
		ssize_t n = send(c->fd, c->out.data + c->sent, c->out.len - c->sent, MSG_NOSIGNAL);
		if (n < 0 && errno == EAGAIN) {
			watch(c, EPOLLIN | EPOLLOUT, EPOLL_CTL_MOD);
			return 0;
		}
		if (n <= 0)
			return -1;
		c->sent += (size_t)n;
	}
	buf_clear(&c->out);
	c->sent = 0;
	return 0;
}

static int
client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->request + c->len, REQUEST_MAX - c->len, 0);
	if (n <= 0)
		return n < 0 && errno == EAGAIN ? 0 : -1;
	c->len += (size_t)n;
	c->request[c->len] = '\0';
	if (!strstr(c->request, "\r\n\r\n"))
		return c->len < REQUEST_MAX ? 0 : -1;
	answer(c);
	c->len = 0;
	return client_flush(c);
}

static void
accept_all(void)
{
	int one = 1;
	for (int fd;
	     (fd = accept4(server.listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC)) >= 0;) {
		struct client *c = mem_zalloc(sizeof *c);
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
		c->fd = fd;
		buf_init(&c->out, SIZE_MAX / 4);
		watch(c, EPOLLIN, EPOLL_CTL_ADD);
	}
}

static void
drip(void)
{
	for (struct client *c = server.dripping, *next; c; c = next) {
		next = c->next;
		buf_add_str(
		    &c->out, "And so it goes on, a line a second, sixty-four bytes at a time. ");
		if (client_flush(c))
			client_free(c);
	}
}

static void
serve(void)
{
	struct epoll_event events[EVENTS], e = {.events = EPOLLIN, .data.ptr = NULL};
	server.epoll = epoll_create1(EPOLL_CLOEXEC);
	epoll_ctl(server.epoll, EPOLL_CTL_ADD, server.listener, &e);
	for (int n;;) {
		n = epoll_wait(server.epoll, events, EVENTS, server.dripping ? DRIP_MS : -1);
		for (int i = 0; i < n; i++) {
			struct client *c = events[i].data.ptr;
			int over = 0;
			if (!c) {
				accept_all();
				continue;
			}
			if (events[i].events & EPOLLOUT) {
				watch(c, EPOLLIN, EPOLL_CTL_MOD);
				over = client_flush(c);
			}
			if (!over && events[i].events & (EPOLLIN | EPOLLHUP | EPOLLERR))
				over = client_read(c);
			if (over)
				client_free(c);
		}
		if (!n)
			drip();
	}
}

/* ---- the process ---- */

static int
open_listener(unsigned *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
	socklen_t len = sizeof a;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) || listen(fd, 4096) ||
	    getsockname(fd, (struct sockaddr *)&a, &len))
		die("no port to listen on: %s", strerror(errno));
	*port = ntohs(a.sin_port);
	return fd;
}

void
upstream_start(struct upstream *u, unsigned items)
{
	server.items = items;
	server.listener = open_listener(&u->port);
	fflush(NULL);
	u->pid = fork();
	if (u->pid < 0)
		die("fork: %s", strerror(errno));
	if (u->pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
		serve();
	}
	close(server.listener);
}

void
upstream_stop(struct upstream *u)
{
	kill(u->pid, SIGKILL);
	waitpid(u->pid, NULL, 0);
}

void
upstream_host(const struct upstream *u, unsigned i, char out[HOST_NAME_MAX_LEN])
{
	snprintf(out, HOST_NAME_MAX_LEN, "127.%u.%u.%u:%u", 1 + i / 65536, i / 256 % 256, i % 256,
	    u->port);
}
