/* dns: see tests/dns.h. */
#include "dns.h"

#include <arpa/inet.h>
#include <event2/event.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define PACKET_MAX 1500
#define TYPE_A     1
#define TYPE_CNAME 5
#define TYPE_AAAA  28
#define OWNER      0xc00c /* a pointer to the name of the question, RFC 1035 4.1.4 */

struct dns {
	int fd;
	unsigned port;
	struct event *event;
	const struct dns_name *names;
	unsigned *asked;
	size_t len;
};

/* A packet under construction. */
struct packet {
	uint8_t bytes[PACKET_MAX];
	size_t len;
	unsigned answers;
};

static void
put(struct packet *p, const void *bytes, size_t len)
{
	if (len > sizeof p->bytes - p->len)
		abort();
	memcpy(p->bytes + p->len, bytes, len);
	p->len += len;
}

static void
put16(struct packet *p, unsigned v)
{
	put(p, (uint8_t[]){(uint8_t)(v >> 8), (uint8_t)v}, 2);
}

static void
put_record(struct packet *p, unsigned owner, unsigned type, const void *data, size_t len)
{
	put16(p, owner);
	put16(p, type);
	put16(p, 1); /* IN */
	put16(p, 0);
	put16(p, 0); /* TTL */
	put16(p, (unsigned)len);
	put(p, data, len);
	p->answers++;
}

static size_t
encode_name(uint8_t *out, const char *name, size_t len)
{
	size_t at = 0;
	for (const char *end = name + len; name < end;) {
		size_t label = strcspn(name, ". ");
		out[at++] = (uint8_t)label;
		memcpy(out + at, name, label);
		at += label;
		name += label + 1;
	}
	out[at++] = 0;
	return at;
}

/* The records of TYPE that ANSWER holds. */
static void
put_answer(struct packet *p, const char *answer, unsigned type)
{
	unsigned owner = OWNER;
	while (*answer) {
		char word[128];
		uint8_t data[128];
		size_t n = strcspn(answer, " ");
		snprintf(word, sizeof word, "%.*s", (int)n, answer);
		if (word[0] == '=') {
			size_t at =
			    p->len + 12; /* of the target, behind the fields of this record */
			put_record(p, owner, TYPE_CNAME, data, encode_name(data, word + 1, n - 1));
			owner = 0xc000u | (unsigned)at;
		} else if (type == TYPE_A && inet_pton(AF_INET, word, data) == 1) {
			put_record(p, owner, type, data, 4);
		} else if (type == TYPE_AAAA && inet_pton(AF_INET6, word, data) == 1) {
			put_record(p, owner, type, data, 16);
		}
		answer += n + (answer[n] == ' ');
	}
}

/* The name of the question as text, and its type; the offset behind it, 0: there is none. */
static size_t
question_read(const uint8_t *p, size_t len, char name[256], unsigned *type)
{
	size_t at = 12, out = 0;
	while (at < len && p[at]) {
		size_t label = p[at];
		if (at + label + 1 >= len || out + label + 2 > 256)
			return 0;
		if (out)
			name[out++] = '.';
		memcpy(name + out, p + at + 1, label);
		out += label;
		at += label + 1;
	}
	name[out] = '\0';
	if (at + 5 > len)
		return 0;
	*type = (unsigned)(p[at + 1] << 8 | p[at + 2]);
	return at + 5;
}

static size_t
find(const struct dns *d, const char *name)
{
	size_t i = 0;
	while (i < d->len && strcasecmp(d->names[i].name, name) != 0)
		i++;
	return i;
}

/* Both families of one look-up get the answer of one turn: the IPv4 question is sent first. */
static const char *
answer_of(struct dns *d, size_t i, unsigned type)
{
	unsigned turn = type == TYPE_A ? d->asked[i]++ : d->asked[i] ? d->asked[i] - 1 : 0;
	if (turn >= DNS_TURNS)
		turn = DNS_TURNS - 1;
	while (turn && !d->names[i].answers[turn])
		turn--;
	return d->names[i].answers[turn];
}

static void
on_question(evutil_socket_t fd, short what, void *arg)
{
	(void)what;
	struct dns *d = arg;
	struct packet p = {.len = 0};
	char name[256];
	unsigned type;
	struct sockaddr_in from;
	socklen_t from_len = sizeof from;
	ssize_t got = recvfrom(fd, p.bytes, 512, 0, (struct sockaddr *)&from, &from_len);
	if (got < 12 || !(p.len = question_read(p.bytes, (size_t)got, name, &type)))
		return;
	size_t i = find(d, name);
	if (i < d->len)
		put_answer(&p, answer_of(d, i, type), type);
	uint8_t head[10] = {0x81, i < d->len ? 0x80 : 0x83, 0, 1, 0, (uint8_t)p.answers};
	memcpy(p.bytes + 2, head, sizeof head);
	sendto(fd, p.bytes, p.len, 0, (struct sockaddr *)&from, from_len);
}

struct dns *
dns_new(struct event_base *base, const struct dns_name *names, size_t len)
{
	struct sockaddr_in at = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t size = sizeof at;
	struct dns *d = calloc(1, sizeof *d);
	if (!d || !(d->asked = calloc(len + 1, sizeof *d->asked)))
		abort();
	d->names = names;
	d->len = len;
	d->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (d->fd < 0 || bind(d->fd, (struct sockaddr *)&at, sizeof at) != 0 ||
	    getsockname(d->fd, (struct sockaddr *)&at, &size) != 0)
		abort();
	d->port = ntohs(at.sin_port);
	d->event = event_new(base, d->fd, EV_READ | EV_PERSIST, on_question, d);
	if (!d->event || event_add(d->event, NULL) != 0)
		abort();
	return d;
}

unsigned
dns_port(const struct dns *d)
{
	return d->port;
}

unsigned
dns_asked(const struct dns *d, const char *name)
{
	size_t i = find(d, name);
	return i < d->len ? d->asked[i] : 0;
}

void
dns_free(struct dns *d)
{
	if (!d)
		return;
	event_free(d->event);
	close(d->fd);
	free(d->asked);
	free(d);
}
