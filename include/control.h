/*
 * control: the unix socket by which newsctl speaks to a running newsd. One JSON object a line each
 * way, bounded (CONTROL_LINE_MAX); one table of commands. Requests {"command": "...", ...}; answers
 * {"ok": true, ...} or {"ok": false, "error": "sentence", "code": "not_found"}, in the order of the
 * requests. `tail` answers ok and then streams one event a line; what such a peer still says is
 * ignored.
 *
 * Access is the socket's mode 0660 and group; who changes something (SO_PEERCRED) is logged. Peers
 * are bounded in number and in what they may leave unread or unfinished. The process must ignore
 * SIGPIPE. Never blocks the loop.
 */
#ifndef NEWSD_CONTROL_H
#define NEWSD_CONTROL_H

#include <stddef.h>

#include "errors.h"

#define CONTROL_LINE_MAX    (1u << 20) /* bytes of one request or answer, with its newline */
#define CONTROL_BACKLOG_MAX (1u << 20) /* bytes of events that a subscriber may lag behind */
#define CONTROL_PEERS_MAX   64
#define CONTROL_HALF_S      10  /* for the rest of a request, and to read an answer */
#define CONTROL_IDLE_S      300 /* between two requests */

struct event_base;
struct json_object;
struct control;
struct control_peer;

/*
 * A command's handler: REQUEST is the parsed object; fill RESPONSE (an object) and return 0, or
 * fill F and return an error. It may keep PEER and answer with control_answer, later or before it
 * returns; then it returns CONTROL_LATER. Until then nothing more is read from PEER.
 */
#define CONTROL_LATER 1
typedef int (*control_handler)(void *arg, struct json_object *request, struct json_object *response,
    struct control_peer *peer, struct fault *f);

struct control_command {
	const char *name;
	control_handler handler;
	const char *help; /* parameters and answer, for the manual */
	int only_reads;   /* 1: changes nothing, and is logged for debuggers alone */
};

/*
 * Listen on PATH with mode 0660 and GROUP ("" is the process's; when it can't be given to GROUP, a
 * warning says so and it stays with the process's). COMMANDS ends with name NULL and outlives the
 * control. A socket that a dead newsd left is replaced. ERR_BUSY: somebody answers on
 * it; ERR_INPUT: PATH is something else, or too long, or GROUP is unknown; ERR_DENIED,
 * ERR_NOT_FOUND, ERR_SYSTEM: it can't be made, F says why.
 */
int control_new(struct control **out, struct event_base *base, const char *path, const char *group,
    const struct control_command *commands, void *arg, struct fault *f);
/* 0 when PATH may be the name of a socket; ERR_INPUT: empty or too long. */
int control_check(const char *path, struct fault *f);
/* Answer later: takes RESPONSE (NULL: nothing but ok); FAULT NULL is success. Exactly once for each
 * CONTROL_LATER; a peer, or a control, that has gone is fine. */
void
control_answer(struct control_peer *peer, struct json_object *response, const struct fault *fault);
/* 0: PEER, who is owed an answer, has gone and will not read it. */
int control_peer_waits(const struct control_peer *peer);
/* From a handler: after its answer this peer gets every event line; bounded: a slow reader is cut
 * off. */
void control_subscribe(struct control_peer *peer);
/* Send the line JSON (LEN bytes, without newline) to all subscribers. */
void control_publish(struct control *c, const char *json, size_t len);
/* Parse one request line, without its newline, which was LEN bytes: an object with a string
 * "command", at most 16 levels deep, strict JSON in UTF-8. ERR_INPUT with F in words. The caller
 * puts *OUT. */
int control_parse_request(const char *line, size_t len, struct json_object **out, struct fault *f);
void control_free(struct control *c); /* cuts all peers off and removes the socket */

/* ---- the client's side, for newsctl: blocking, with a timeout ---- */

/* Connect. ERR_NOT_FOUND: nobody listens (F tells how to start newsd); ERR_DENIED; ERR_BUSY.
 * Returns an fd, the caller's, or an error. */
int control_connect(const char *path, struct fault *f);
/*
 * Send REQUEST, read one answer (*RESPONSE, to be put by the caller) within 10 seconds. An {"ok":
 * false} answer becomes F and an error of the same code. ERR_TIMEOUT; ERR_IO: newsd has gone. Reads
 * not one byte past the answer, so that a stream of events can be read from FD afterwards.
 */
int
control_call(int fd, struct json_object *request, struct json_object **response, struct fault *f);
/* The same within TIMEOUT_MS; -1 waits for ever. */
int control_call_within(int fd, struct json_object *request, struct json_object **response,
    int timeout_ms, struct fault *f);

#endif
