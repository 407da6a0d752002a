/* control, the client's side: see include/control.h. */
#include <errno.h>
#include <json-c/json.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "buf.h"
#include "clock.h"
#include "control.h"
#include "mem.h"

#define TIMEOUT_MS 10000
#define CHUNK      8192

/* ---- connecting ---- */

int
control_connect(const char *path, struct fault *f)
{
	struct sockaddr_un address = {.sun_family = AF_UNIX};
	if (strlen(path) >= sizeof address.sun_path)
		return fault_set(
		    f, ERR_INPUT, "the path of the control socket is too long: %s", path);
	memcpy(address.sun_path, path, strlen(path));
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return fault_set(f, ERR_SYSTEM, "no socket: %s", strerror(errno));
	if (connect(fd, (const struct sockaddr *)&address, sizeof address) == 0)
		return fd;
	int error = errno;
	close(fd);
	switch (error) {
	case ENOENT:
	case ENOTDIR:
	case ECONNREFUSED:
		return fault_set(f, ERR_NOT_FOUND,
		    "newsd is not running: no one listens on %s; start it with `systemctl start "
		    "newsd` "
		    "or `newsd`",
		    path);
	case EACCES:
	case EPERM:
		return fault_set(f, ERR_DENIED,
		    "you may not use %s; its group may, so join that group, or ask as root", path);
	case EAGAIN:
		return fault_set(
		    f, ERR_BUSY, "newsd has no time for %s: too many are waiting", path);
	default:
		return fault_set(f, ERR_IO, "%s: %s", path, strerror(error));
	}
}

/* ---- waiting ---- */

/* Wait for EVENTS on FD until the moment DEADLINE_MS, -1: for ever. */
static int
wait_for(int fd, short events, int64_t deadline_ms, struct fault *f)
{
	struct pollfd p = {.fd = fd, .events = events};
	for (;;) {
		int64_t left = deadline_ms < 0 ? -1 : deadline_ms - clock_mono_ms();
		int n = deadline_ms >= 0 && left <= 0 ? 0 : poll(&p, 1, (int)left);
		if (n > 0)
			return 0;
		if (n == 0)
			return fault_set(f, ERR_TIMEOUT, "newsd did not answer in time");
		if (errno != EINTR)
			return fault_set(f, ERR_SYSTEM, "poll: %s", strerror(errno));
	}
}

/* A peer that has closed may still have said why, so that is no error yet. */
static int
send_all(int fd, const char *data, size_t len, int64_t deadline_ms, struct fault *f)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n >= 0) {
			data += n;
			len -= (size_t)n;
		} else if (errno == EAGAIN) {
			int error = wait_for(fd, POLLOUT, deadline_ms, f);
			if (error)
				return error;
		} else if (errno == EPIPE || errno == ECONNRESET) {
			return 0;
		} else if (errno != EINTR) {
			return fault_set(
			    f, ERR_IO, "newsd can't be written to: %s", strerror(errno));
		}
	}
	return 0;
}

/* Take the bytes up to and including the first newline, or all that is there. Returns how many, 0
 * at the end, -1 with errno. */
static ssize_t
take_line_part(int fd, char chunk[CHUNK])
{
	ssize_t n = recv(fd, chunk, CHUNK, MSG_PEEK | MSG_DONTWAIT);
	if (n <= 0)
		return n;
	const char *newline = memchr(chunk, '\n', (size_t)n);
	return recv(fd, chunk, newline ? (size_t)(newline - chunk) + 1 : (size_t)n, MSG_DONTWAIT);
}

static int
read_line(int fd, struct buf *line, int64_t deadline_ms, struct fault *f)
{
	char chunk[CHUNK];
	while (line->len == 0 || line->data[line->len - 1] != '\n') {
		ssize_t n = take_line_part(fd, chunk);
		int error = 0;
		if (n > 0)
			error = buf_add(line, chunk, (size_t)n);
		else if (n < 0 && errno == EAGAIN)
			error = wait_for(fd, POLLIN, deadline_ms, f);
		else if (n == 0 || errno != EINTR)
			return fault_set(
			    f, ERR_IO, "newsd closed the connection without an answer");
		if (error == ERR_LIMIT)
			return fault_set(f, ERR_LIMIT,
			    "the answer of newsd is longer than %u bytes", CONTROL_LINE_MAX);
		if (error)
			return error;
	}
	return 0;
}

/* ---- answers ---- */

static const char *
string_of(struct json_object *o, const char *key)
{
	struct json_object *v;
	return json_object_object_get_ex(o, key, &v) && json_object_is_type(v, json_type_string)
		   ? json_object_get_string(v)
		   : NULL;
}

/* The error of the word NAME; ERR_SYSTEM for one that this newsctl does not know. */
static int
error_of_name(const char *name)
{
	for (int code = -1; strcmp(error_name(code), "unknown") != 0; code--)
		if (name && strcmp(error_name(code), name) == 0)
			return code;
	return ERR_SYSTEM;
}

static int
read_answer(const struct buf *line, struct json_object **response, struct fault *f)
{
	struct json_object *o = json_tokener_parse(buf_str(line)), *ok;
	if (!json_object_is_type(o, json_type_object) || !json_object_object_get_ex(o, "ok", &ok)) {
		json_object_put(o);
		return fault_set(f, ERR_INPUT, "the answer is not one of newsd's");
	}
	if (json_object_get_boolean(ok)) {
		*response = o;
		return 0;
	}
	const char *text = string_of(o, "error");
	int code = fault_set(f, error_of_name(string_of(o, "code")), "%s",
	    text ? text : "newsd refused, and did not say why");
	json_object_put(o);
	return code;
}

int
control_call_within(int fd, struct json_object *request, struct json_object **response,
    int timeout_ms, struct fault *f)
{
	int64_t deadline = timeout_ms < 0 ? -1 : clock_mono_ms() + timeout_ms;
	size_t len;
	const char *text = json_object_to_json_string_length(
	    request, JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE, &len);
	if (len >= CONTROL_LINE_MAX)
		return fault_set(
		    f, ERR_LIMIT, "the request is longer than %u bytes", CONTROL_LINE_MAX);
	struct buf line;
	buf_init(&line, CONTROL_LINE_MAX);
	int error = send_all(fd, text, len, deadline, f);
	if (!error)
		error = send_all(fd, "\n", 1, deadline, f);
	if (!error)
		error = read_line(fd, &line, deadline, f);
	if (!error)
		error = read_answer(&line, response, f);
	buf_clear(&line);
	return error;
}

int
control_call(int fd, struct json_object *request, struct json_object **response, struct fault *f)
{
	return control_call_within(fd, request, response, TIMEOUT_MS, f);
}
