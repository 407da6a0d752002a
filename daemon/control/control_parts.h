/* control_parts: what the files of the control's server share among themselves. */
#ifndef NEWSD_CONTROL_PARTS_H
#define NEWSD_CONTROL_PARTS_H

#include <stdint.h>
#include <sys/types.h>

#include "control.h"

struct control {
	struct event_base *base;
	struct evconnlistener *listener;
	struct event *tick; /* sweeps, and gives a listener that failed another chance */
	char *path;
	dev_t device; /* of the socket file, so that only our own is removed */
	ino_t inode;
	int paused; /* the listener failed and rests until the next tick */
	const struct control_command *commands;
	void *arg;
	struct control_peer *peers[CONTROL_PEERS_MAX];
	size_t peers_len;
};

/* ---- socket.c ---- */

/* Make the listening socket; fills path, device, inode. Returns the fd or an error. */
int control_listen(struct control *c, const char *path, const char *group, struct fault *f);
/* Remove the socket file, if it is still ours. */
void control_unlink(const struct control *c);

/* ---- peer.c ---- */

/* Serve FD, which is taken. When there is no room it is told so and closed. */
void control_peer_add(struct control *c, int fd);
/* Drop peers that have gone, or that have kept us waiting for too long. */
void control_peers_sweep(struct control *c);
/* Let go of all peers. */
void control_peers_drop(struct control *c);

#endif
