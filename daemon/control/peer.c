/*
 * Those who speak to the control: one line in, one line out, in order. A peer lives as long as it
 * is connected, or a handler owes it an answer, or its own line is being worked on; only the last
 * of them frees it.
 */
#include <assert.h>
#include <errno.h>
#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <json-c/json.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "clock.h"
#include "control_parts.h"
#include "escape.h"
#include "log.h"
#include "mem.h"

#define DEPTH_MAX 16

struct control_peer {
	struct control *control; /* NULL once it is dropped */
	struct bufferevent *bev; /* NULL once it is dropped */
	struct ucred who;
	int64_t since_ms; /* when it connected, began a request or was answered */
	int busy;         /* lines are being worked on */
	int owed;         /* a handler has not answered yet */
	int partial;      /* a request has begun */
	int wants_events, subscribed;
	int closing; /* when all is written */
	int ended;   /* it will say no more */
};

/* ---- life ---- */

static void
free_if_done(struct control_peer *p)
{
	if (!p->bev && !p->owed && !p->busy)
		mem_free(p);
}

static void
drop(struct control_peer *p)
{
	struct control *c = p->control;
	if (!p->bev)
		return;
	for (size_t i = 0; i < c->peers_len; i++) {
		if (c->peers[i] == p) {
			c->peers[i] = c->peers[--c->peers_len];
			break;
		}
	}
	bufferevent_free(p->bev);
	p->bev = NULL;
	p->control = NULL;
	free_if_done(p);
}

static size_t
unread(const struct control_peer *p)
{
	return evbuffer_get_length(bufferevent_get_output(p->bev));
}

/* Close P as soon as it has read what it was told. May free P, unless it is busy. */
static void
close_when_written(struct control_peer *p)
{
	if (unread(p) == 0) {
		drop(p);
		return;
	}
	p->closing = 1;
	bufferevent_disable(p->bev, EV_READ);
}

/* 1 when both directions are closed: it will not read an answer either. */
static int
has_gone(const struct control_peer *p)
{
	struct pollfd pfd = {.fd = bufferevent_getfd(p->bev)};
	return poll(&pfd, 1, 0) > 0 && (pfd.revents & (POLLHUP | POLLERR | POLLNVAL));
}

/* ---- answers ---- */

static struct json_object *
refusal(const struct fault *fault)
{
	/* a sentence that was cut may end within a character */
	char text[ESCAPE_ROOM(FAULT_TEXT_MAX)];
	escape_text(text, sizeof text, fault->text, strlen(fault->text), ESCAPE_PLAIN, NULL);
	struct json_object *o = json_object_new_object();
	json_object_object_add(o, "ok", json_object_new_boolean(0));
	json_object_object_add(o, "error", json_object_new_string(text));
	json_object_object_add(o, "code", json_object_new_string(error_name(fault->code)));
	return o;
}

static const char *
line_of(struct json_object *o, size_t *len)
{
	return json_object_to_json_string_length(
	    o, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, len);
}

/* Takes RESPONSE. */
static void
send_line(struct control_peer *p, struct json_object *response)
{
	size_t len;
	const char *text = line_of(response, &len);
	if (len >= CONTROL_LINE_MAX) {
		struct fault f;
		fault_set(&f, ERR_LIMIT, "the answer would have %zu bytes, more than %u", len,
		    CONTROL_LINE_MAX);
		json_object_put(response);
		response = refusal(&f);
		text = line_of(response, &len);
	}
	bufferevent_write(p->bev, text, len);
	bufferevent_write(p->bev, "\n", 1);
	json_object_put(response);
	p->since_ms = clock_mono_ms();
}

/* The answer that was owed. Takes RESPONSE. */
static void
settle(struct control_peer *p, struct json_object *response, const struct fault *fault)
{
	assert(p->owed);
	p->owed = 0;
	if (!p->bev) {
		json_object_put(response);
		return;
	}
	if (fault) {
		json_object_put(response);
		response = refusal(fault);
	} else {
		if (!response)
			response = json_object_new_object();
		json_object_object_add(response, "ok", json_object_new_boolean(1));
	}
	send_line(p, response);
	p->subscribed = p->wants_events && !fault;
}

/* ---- requests ---- */

static int
bad_request(struct json_object *o, struct fault *f, const char *what)
{
	json_object_put(o);
	return fault_set(
	    f, ERR_INPUT, "%s; expected one line such as {\"command\":\"status\"}", what);
}

int
control_parse_request(const char *line, size_t len, struct json_object **out, struct fault *f)
{
	struct json_object *o, *command;
	if (len > CONTROL_LINE_MAX)
		return fault_set(
		    f, ERR_LIMIT, "the request is longer than %u bytes", CONTROL_LINE_MAX);
	if (memchr(line, '\0', len)) /* which json-c would take for the end */
		return bad_request(NULL, f, "the request holds a NUL byte");
	struct json_tokener *tok = json_tokener_new_ex(DEPTH_MAX);
	json_tokener_set_flags(tok, JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
	o = json_tokener_parse_ex(tok, line, (int)len);
	enum json_tokener_error error = json_tokener_get_error(tok);
	size_t end = json_tokener_get_parse_end(tok);
	json_tokener_free(tok);
	if (error == json_tokener_continue)
		return bad_request(o, f, "the request is no whole JSON value");
	if (error != json_tokener_success)
		return bad_request(o, f, json_tokener_error_desc(error));
	for (; end < len; end++)
		if (!strchr(" \t\r", line[end]))
			return bad_request(o, f, "something follows the request on its line");
	if (!json_object_is_type(o, json_type_object) ||
	    !json_object_object_get_ex(o, "command", &command) ||
	    !json_object_is_type(command, json_type_string))
		return bad_request(o, f, "the request is no object with a string \"command\"");
	*out = o;
	return 0;
}

static const struct control_command *
find_command(const struct control *c, const char *name)
{
	for (const struct control_command *row = c->commands; row->name; row++)
		if (strcmp(row->name, name) == 0)
			return row;
	return NULL;
}

static void
answer_line(struct control_peer *p, const char *line, size_t len)
{
	struct json_object *request = NULL, *command, *response = json_object_new_object();
	struct fault f = {0};
	p->owed = 1;
	int status = control_parse_request(line, len, &request, &f);
	if (!status) {
		json_object_object_get_ex(request, "command", &command);
		const char *name = json_object_get_string(command);
		const struct control_command *row = find_command(p->control, name);
		if (row)
			(row->only_reads ? log_debug : log_info)("control: %s from uid %u pid %d",
			    row->name, (unsigned)p->who.uid, (int)p->who.pid);
		status = row ? row->handler(p->control->arg, request, response, p, &f)
			     : fault_set(&f, ERR_UNSUPPORTED, "unknown command \"%.64s\"", name);
	}
	json_object_put(request);
	if (status == CONTROL_LATER) {
		json_object_put(response);
		return;
	}
	if (status && !f.code)
		fault_set(&f, status, "the command failed");
	settle(p, response, status ? &f : NULL);
}

/* Take one line out of the input. NULL: there is no whole one. */
static char *
next_line(struct control_peer *p, size_t *len)
{
	struct evbuffer *in = bufferevent_get_input(p->bev);
	char *line = evbuffer_readln(in, len, EVBUFFER_EOL_LF);
	p->partial = evbuffer_get_length(in) > 0;
	return line;
}

/* Work on the whole lines that have come, as long as answers are read. May free P. */
static void
work(struct control_peer *p)
{
	char *line;
	size_t len;
	if (p->busy)
		return;
	p->busy = 1;
	while (p->bev && !p->owed && !p->subscribed && !p->closing &&
	       unread(p) < CONTROL_LINE_MAX && (line = next_line(p, &len)) != NULL) {
		answer_line(p, line, len);
		free(line);
	}
	if (p->bev && !p->owed && !p->subscribed && !p->closing) {
		if (evbuffer_get_length(bufferevent_get_input(p->bev)) >= CONTROL_LINE_MAX &&
		    unread(p) < CONTROL_LINE_MAX) {
			struct fault f;
			fault_set(
			    &f, ERR_LIMIT, "the request is longer than %u bytes", CONTROL_LINE_MAX);
			send_line(p, refusal(&f));
			close_when_written(p);
		} else if (p->ended && unread(p) < CONTROL_LINE_MAX) {
			close_when_written(p);
		}
	}
	p->busy = 0;
	free_if_done(p);
}

void
control_answer(struct control_peer *p, struct json_object *response, const struct fault *fault)
{
	settle(p, response, fault);
	if (p->bev)
		work(p); /* what it asked meanwhile */
	else
		free_if_done(p);
}

int
control_peer_waits(const struct control_peer *p)
{
	return p->bev && !has_gone(p);
}

void
control_subscribe(struct control_peer *p)
{
	p->wants_events = 1;
}

void
control_publish(struct control *c, const char *json, size_t len)
{
	for (size_t i = c->peers_len; i-- > 0;) {
		/* one that is dropped leaves its place to the last, which has had its turn */
		struct control_peer *p = c->peers[i];
		if (!p->subscribed)
			continue;
		if (unread(p) + len + 1 > CONTROL_BACKLOG_MAX) {
			log_warn("control: a reader of events (pid %d) is too slow and is cut off",
			    (int)p->who.pid);
			drop(p);
			continue;
		}
		bufferevent_write(p->bev, json, len);
		bufferevent_write(p->bev, "\n", 1);
	}
}

/* ---- what the loop tells ---- */

static void
on_readable(struct bufferevent *bev, void *arg)
{
	struct control_peer *p = arg;
	if (p->subscribed) {
		struct evbuffer *in = bufferevent_get_input(bev);
		evbuffer_drain(in, evbuffer_get_length(in));
		return;
	}
	if (!p->partial)
		p->since_ms = clock_mono_ms();
	work(p);
}

static void
on_written(struct bufferevent *bev, void *arg)
{
	struct control_peer *p = arg;
	(void)bev;
	if (p->closing)
		drop(p);
	else
		work(p);
}

static void
on_event(struct bufferevent *bev, short what, void *arg)
{
	struct control_peer *p = arg;
	(void)bev;
	if ((what & BEV_EVENT_ERROR) || has_gone(p)) {
		drop(p);
		return;
	}
	p->ended = 1; /* it may have shut down its half only, and still listen */
	work(p);
}

void
control_peers_sweep(struct control *c)
{
	int64_t now = clock_mono_ms();
	for (size_t i = c->peers_len; i-- > 0;) {
		struct control_peer *p = c->peers[i];
		int pressing = p->partial || p->closing || unread(p) > 0;
		int64_t limit_ms = (pressing ? CONTROL_HALF_S : CONTROL_IDLE_S) * INT64_C(1000);
		int late = !p->owed && !p->subscribed && now - p->since_ms > limit_ms;
		if (late)
			log_debug(
			    "control: pid %d kept us waiting and is cut off", (int)p->who.pid);
		/* of the others the loop tells, after what they said last */
		int watched = p->ended || p->subscribed || p->owed;
		if (late || (watched && has_gone(p)))
			drop(p);
	}
}

void
control_peers_drop(struct control *c)
{
	while (c->peers_len) {
		struct control_peer *p = c->peers[c->peers_len - 1];
		struct evbuffer *out = bufferevent_get_output(p->bev);
		evbuffer_unfreeze(out, 1); /* the bufferevent keeps others from it */
		evbuffer_write(out, bufferevent_getfd(p->bev));
		drop(p);
	}
}

/* ---- arrival ---- */

static void
turn_away(int fd)
{
	struct fault f;
	size_t len;
	fault_set(
	    &f, ERR_BUSY, "newsd already speaks with %d others; try again", CONTROL_PEERS_MAX);
	struct json_object *o = refusal(&f);
	char *line = mem_printf("%s\n", line_of(o, &len));
	/* a fresh socket has room for a line; and if not, the closing says enough */
	if (send(fd, line, len + 1, MSG_NOSIGNAL | MSG_DONTWAIT) < 0)
		log_debug("control: the one turned away could not be told: %s", strerror(errno));
	mem_free(line);
	json_object_put(o);
	close(fd);
}

void
control_peer_add(struct control *c, int fd)
{
	socklen_t size = sizeof(struct ucred);
	control_peers_sweep(c);
	if (c->peers_len == CONTROL_PEERS_MAX) {
		log_warn("control: %d peers at once, another is turned away", CONTROL_PEERS_MAX);
		turn_away(fd);
		return;
	}
	struct control_peer *p = mem_zalloc(sizeof *p);
	p->control = c;
	p->since_ms = clock_mono_ms();
	if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &p->who, &size) == 0)
		log_debug("control: connection from uid %u gid %u pid %d", (unsigned)p->who.uid,
		    (unsigned)p->who.gid, (int)p->who.pid);
	p->bev = bufferevent_socket_new(c->base, fd, BEV_OPT_CLOSE_ON_FREE);
	if (!p->bev) {
		close(fd);
		mem_free(p);
		return;
	}
	c->peers[c->peers_len++] = p;
	bufferevent_setcb(p->bev, on_readable, on_written, on_event, p);
	bufferevent_setwatermark(p->bev, EV_READ, 0, CONTROL_LINE_MAX);
	bufferevent_enable(p->bev, EV_READ | EV_WRITE);
}
