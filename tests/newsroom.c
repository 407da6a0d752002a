/*
 * newsroom: serves a folder of sample sites on loopback, for `./autogen.sh demo` and for the test
 * of the service. A folder named 127.0.0.2 is the site at that address; all sites have one port,
 * which is free by chance. A file NAME.2 takes NAME's place from the second edition on; "@PORT@" in
 * a file becomes the port.
 *
 * usage: newsroom DIRECTORY
 *
 * Writes the port and a newline to its standard output when it listens. SIGUSR1 publishes the
 * second edition. Ends with SIGTERM, and when the pipe that is its standard input ends: it does not
 * outlive who started it.
 */
#include <dirent.h>
#include <event2/event.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "buf.h"
#include "hash.h"
#include "mem.h"
#include "origin.h"

#define FILE_MAX  ((size_t)1 << 20)
#define EDITIONS  2
#define SITES_MAX 8
#define PORT_MARK "@PORT@"

struct page {
	struct page *next;
	char *path; /* begins with '/' */
	struct buf body[EDITIONS];
	char etag[EDITIONS][24];
	char headers[80];
};

struct site {
	char *address;
	struct page *pages;
	struct origin *origin;
};

static struct site sites[SITES_MAX];
static size_t sites_len;
static int edition;

static const struct {
	const char *suffix, *type;
} types[] = {
    {".html", "text/html; charset=utf-8"},
    {".xml", "application/rss+xml; charset=utf-8"},
    {".atom", "application/atom+xml; charset=utf-8"},
    {".txt", "text/plain; charset=utf-8"},
};

static void
fail(const char *what)
{
	perror(what);
	exit(1);
}

static int
has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && strcmp(s + n - m, suffix) == 0;
}

/* ---- reading the folder ---- */

/* Read the file at PATH into B, with PORT in the places that are marked for it. */
static void
read_body(struct buf *b, const char *path, unsigned port)
{
	FILE *f = fopen(path, "r");
	char *text = mem_alloc(FILE_MAX + 1);
	size_t len = f ? fread(text, 1, FILE_MAX, f) : 0;

	if (!f || ferror(f))
		fail(path);
	text[len] = '\0';
	buf_init(b, FILE_MAX);
	char *at = text, *mark;
	while ((mark = strstr(at, PORT_MARK))) {
		buf_add(b, at, (size_t)(mark - at));
		buf_printf(b, "%u", port);
		at = mark + strlen(PORT_MARK);
	}
	buf_add_str(b, at);
	mem_free(text);
	fclose(f);
}

static struct page *
find_page(struct site *site, const char *path)
{
	struct page *p = site->pages;

	while (p && strcmp(p->path, path) != 0)
		p = p->next;
	return p;
}

static void
add_page(struct site *site, const char *file, char *path, unsigned port)
{
	int which = has_suffix(path, ".2");

	if (which)
		path[strlen(path) - 2] = '\0';
	struct page *p = find_page(site, path);
	if (!p) {
		p = mem_zalloc(sizeof *p);
		p->path = mem_strdup(path);
		p->next = site->pages;
		site->pages = p;
	}
	read_body(&p->body[which], file, port);
	snprintf(p->etag[which], sizeof p->etag[which], "\"%016llx\"",
	    (unsigned long long)hash64(p->body[which].data, p->body[which].len));
	for (size_t i = 0; i < sizeof types / sizeof *types; i++)
		if (has_suffix(path, types[i].suffix))
			snprintf(
			    p->headers, sizeof p->headers, "Content-Type: %s\r\n", types[i].type);
}

static void
read_folder(struct site *site, const char *folder, const char *path, unsigned port)
{
	DIR *d = opendir(folder);
	struct dirent *entry;
	struct stat st;

	if (!d)
		fail(folder);
	while ((entry = readdir(d))) {
		char *file = mem_printf("%s/%s", folder, entry->d_name);
		char *below = mem_printf("%s/%s", path, entry->d_name);

		if (entry->d_name[0] == '.' || stat(file, &st) != 0)
			;
		else if (S_ISDIR(st.st_mode))
			read_folder(site, file, below, port);
		else
			add_page(site, file, below, port);
		mem_free(file);
		mem_free(below);
	}
	closedir(d);
}

/* ---- serving it ---- */

static void
on_request(const struct origin_request *request, struct origin_reply *reply, void *arg)
{
	char path[256];

	snprintf(path, sizeof path, "%.*s", (int)strcspn(request->target, "?"), request->target);
	const struct page *p = find_page(arg, path);
	/* What the second edition did not replace stays; what only it has is not there before. */
	int which = p && edition && p->body[1].data ? 1 : 0;

	if (!p || !p->body[which].data) {
		reply->headers = "Content-Type: text/plain\r\n";
		reply->body = "not here\n";
		reply->size = 9;
		return;
	}
	reply->status = 200;
	reply->headers = p->headers;
	reply->body = p->body[which].data;
	reply->size = p->body[which].len;
	reply->etag = p->etag[which];
	reply->gzip = 1;
}

static int
is_site(const struct dirent *entry)
{
	return strncmp(entry->d_name, "127.", 4) == 0;
}

static void
open_sites(struct event_base *base, const char *directory)
{
	struct dirent **names;
	int n = scandir(directory, &names, is_site, alphasort);
	unsigned port = 0;

	if (n <= 0 || n > SITES_MAX)
		fail(directory);
	for (int i = 0; i < n; i++) {
		struct site *site = &sites[sites_len++];
		char *folder = mem_printf("%s/%s", directory, names[i]->d_name);

		site->address = mem_strdup(names[i]->d_name);
		site->origin = origin_new(base, site->address, port, NULL);
		port = origin_port(site->origin);
		read_folder(site, folder, "", port);
		origin_answer(site->origin, on_request, site);
		mem_free(folder);
		free(names[i]);
	}
	free(names);
	printf("%u\n", port);
	fflush(stdout);
}

static void
close_sites(void)
{
	for (size_t i = 0; i < sites_len; i++) {
		origin_free(sites[i].origin);
		for (struct page *p = sites[i].pages, *next; p; p = next) {
			next = p->next;
			buf_clear(&p->body[0]);
			buf_clear(&p->body[1]);
			mem_free(p->path);
			mem_free(p);
		}
		mem_free(sites[i].address);
	}
}

static void
on_publish(evutil_socket_t signal_number, short what, void *arg)
{
	(void)signal_number;
	(void)what;
	(void)arg;
	edition = 1;
}

static void
on_end(evutil_socket_t signal_number, short what, void *arg)
{
	(void)signal_number;
	(void)what;
	event_base_loopbreak(arg);
}

static void
on_input(evutil_socket_t fd, short what, void *arg)
{
	char byte;

	(void)what;
	if (read(fd, &byte, 1) <= 0)
		event_base_loopbreak(arg);
}

int
main(int argc, char **argv)
{
	struct stat st;

	if (argc != 2) {
		fprintf(stderr, "usage: newsroom DIRECTORY\n");
		return 2;
	}
	signal(SIGPIPE, SIG_IGN);
	struct event_base *base = event_base_new();
	struct event *publish = evsignal_new(base, SIGUSR1, on_publish, NULL);
	struct event *end = evsignal_new(base, SIGTERM, on_end, base);
	struct event *input = NULL;
	event_add(publish, NULL);
	event_add(end, NULL);
	if (fstat(STDIN_FILENO, &st) == 0 && S_ISFIFO(st.st_mode)) {
		input = event_new(base, STDIN_FILENO, EV_READ | EV_PERSIST, on_input, base);
		event_add(input, NULL);
	}
	open_sites(base, argv[1]);
	event_base_dispatch(base);
	close_sites();
	if (input)
		event_free(input);
	event_free(end);
	event_free(publish);
	event_base_free(base);
	return 0;
}
