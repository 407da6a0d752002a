/*
 * resolve/hosts: the hosts file (hosts(5)): read whole, kept in memory, read again when it changed.
 */
#include <arpa/inet.h>
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "clock.h"
#include "resolve_priv.h"

#define WATCH_MS   5000
#define HOSTS_MAX  (16u << 20) /* block lists of 200,000 names are about 6 MB */
#define HOSTS_LINE 4096

struct hosts_name {
	struct hosts_name *next; /* another name of the same hash */
	const char *name;
	struct addresses addresses;
};

int
watched_changed(struct watched *w)
{
	int64_t now = clock_mono_ms();
	if (w->checked_ms && now - w->checked_ms < WATCH_MS)
		return 0;
	int first = !w->checked_ms;
	w->checked_ms = now ? now : 1;
	struct stat st;
	if (stat(w->path, &st) != 0)
		memset(&st, 0, sizeof st);
	int same = st.st_mtim.tv_sec == w->modified.tv_sec &&
		   st.st_mtim.tv_nsec == w->modified.tv_nsec && st.st_size == w->size &&
		   st.st_ino == w->inode;
	w->modified = st.st_mtim;
	w->size = st.st_size;
	w->inode = st.st_ino;
	return first || !same;
}

static struct hosts_name *
name_find(const struct hosts *h, uint64_t key, const char *name)
{
	struct hosts_name *n = map_get(&h->names, key);
	while (n && strcmp(n->name, name) != 0)
		n = n->next;
	return n;
}

static void
name_add(struct hosts *h, const char *address, char *name)
{
	for (char *p = name; *p; p++)
		*p = (char)tolower((unsigned char)*p);
	uint64_t key = hash64_str(name);
	struct hosts_name *n = name_find(h, key, name);
	if (!n) {
		n = arena_zalloc(&h->arena, sizeof *n);
		n->name = arena_strdup(&h->arena, name);
		n->next = map_get(&h->names, key);
		map_put(&h->names, key, n);
	}
	addresses_add_text(&n->addresses, address);
}

/* The next word of *LINE, NULL at its end. */
static char *
word_next(char **line)
{
	char *word;
	do
		word = strsep(line, " \t");
	while (word && !*word);
	return word;
}

static void
line_read(struct hosts *h, char *line)
{
	line[strcspn(line, "#\r\n")] = '\0';
	char *address = word_next(&line);
	struct addresses probe = {0};
	if (!address || !addresses_add_text(&probe, address))
		return;
	for (char *name; (name = word_next(&line)) != NULL;)
		if (strlen(name) <= RESOLVE_NAME_MAX)
			name_add(h, address, name);
}

static void
hosts_read(struct hosts *h)
{
	arena_clear(&h->arena);
	map_clear(&h->names);
	FILE *in = fopen(h->file.path, "re");
	if (!in)
		return;
	char line[HOSTS_LINE];
	size_t total = 0;
	int rest = 0; /* of a line too long: it is not read */
	while (total < HOSTS_MAX && fgets(line, sizeof line, in)) {
		size_t len = strlen(line);
		int whole = len > 0 && line[len - 1] == '\n';
		total += len;
		if (!rest)
			line_read(h, line);
		rest = !whole;
	}
	fclose(in);
}

const struct addresses *
hosts_find(struct hosts *h, const char *name)
{
	if (watched_changed(&h->file))
		hosts_read(h);
	const struct hosts_name *n = name_find(h, hash64_str(name), name);
	return n ? &n->addresses : NULL;
}

void
hosts_clear(struct hosts *h)
{
	map_clear(&h->names);
	arena_clear(&h->arena);
	mem_free(h->file.path);
	h->file.path = NULL;
}

int
addresses_add_text(struct addresses *a, const char *text)
{
	struct in_addr v4;
	struct in6_addr v6;
	if (inet_pton(AF_INET, text, &v4) == 1) {
		if (a->v4_len < RESOLVE_ADDRESSES_MAX)
			a->v4[a->v4_len++] = v4;
		return 1;
	}
	if (inet_pton(AF_INET6, text, &v6) == 1) {
		if (a->v6_len < RESOLVE_ADDRESSES_MAX)
			a->v6[a->v6_len++] = v6;
		return 1;
	}
	return 0;
}

static void
answer_add_v4(struct resolve_answer *out, const struct in_addr *v4)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&out->addresses[out->count++];
	*sin = (struct sockaddr_in){.sin_family = AF_INET, .sin_addr = *v4};
}

static void
answer_add_v6(struct resolve_answer *out, const struct in6_addr *v6)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&out->addresses[out->count++];
	*sin6 = (struct sockaddr_in6){.sin6_family = AF_INET6, .sin6_addr = *v6};
}

void
addresses_answer(const struct addresses *a, int v6_first, struct resolve_answer *out)
{
	memset(out, 0, sizeof *out);
	unsigned v4 = 0, v6 = 0;
	int turn6 = v6_first;
	while (out->count < RESOLVE_ADDRESSES_MAX && (v4 < a->v4_len || v6 < a->v6_len)) {
		if (v6 < a->v6_len && (turn6 || v4 == a->v4_len))
			answer_add_v6(out, &a->v6[v6++]);
		else
			answer_add_v4(out, &a->v4[v4++]);
		turn6 = !turn6;
	}
	if (!out->count)
		out->status = ERR_NOT_FOUND;
}
