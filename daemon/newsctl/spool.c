/* spool: see spool.h. */
#include "spool.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const uint8_t no_hash[16];

/* The key under which a text is found: hashes are spread evenly, so any part of one will do. */
static uint64_t
text_key(const uint8_t hash[16])
{
	uint64_t key;
	memcpy(&key, hash, sizeof key);
	return key;
}

int
spool_open(struct spool *s)
{
	*s = (struct spool){.fd = -1, .base = 1};
	const char *dir = getenv("TMPDIR");
	char *path = mem_printf("%s/newsctl-XXXXXX", dir && *dir ? dir : "/tmp");
	s->fd = mkostemp(path, O_CLOEXEC);
	int status = 0;
	if (s->fd < 0)
		status = fault_set(&s->fault, ERR_IO, "%s: %s (TMPDIR names the directory)", path,
		    strerror(errno));
	else
		unlink(path);
	mem_free(path);
	return status;
}

void
spool_close(struct spool *s)
{
	if (s->fd >= 0)
		close(s->fd);
	mem_free(s->list);
	map_clear(&s->by_url);
	map_clear(&s->by_text);
}

static int
write_all(struct spool *s, const char *bytes, size_t len)
{
	while (len > 0) {
		ssize_t n = pwrite(s->fd, bytes, len, s->end);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return fault_set(&s->fault, ERR_IO,
			    "the temporary file: %s (TMPDIR names its directory)", strerror(errno));
		bytes += n;
		len -= (size_t)n;
		s->end += n;
	}
	return 0;
}

int
spool_add(
    struct spool *s, const struct spooled *a, const struct spool_strings *strings, int64_t *number)
{
	struct spooled new = *a;
	struct arena arena = {0};
	new.offset = s->end;
	new.id_len = (uint32_t)strlen(strings->id);
	new.site_len = (uint32_t)strlen(strings->site);
	new.text_len = (uint32_t)strlen(strings->text);
	size_t len = (size_t) new.id_len + new.site_len + new.text_len + 3;
	char *bytes = arena_alloc(&arena, len);
	memcpy(bytes, strings->id, new.id_len + 1);
	memcpy(bytes + new.id_len + 1, strings->site, new.site_len + 1);
	memcpy(bytes + new.id_len + new.site_len + 2, strings->text, new.text_len + 1);
	int status = write_all(s, bytes, len);
	arena_clear(&arena);
	if (status)
		return status;
	MEM_GROW(s->list, s->len, s->cap);
	s->list[s->len++] = new;
	*number = s->base + (int64_t)s->len - 1;
	if (new.url)
		map_put(&s->by_url, new.url, (void *)(intptr_t)*number);
	if (memcmp(new.text_hash, no_hash, sizeof no_hash) != 0)
		map_put(&s->by_text, text_key(new.text_hash), (void *)(intptr_t)*number);
	return 0;
}

const struct spooled *
spool_get(const struct spool *s, int64_t number)
{
	int64_t i = number - s->base;
	return i >= 0 && (size_t)i < s->len ? &s->list[i] : NULL;
}

int
spool_read(struct spool *s, int64_t number, struct arena *arena, struct spool_strings *out)
{
	const struct spooled *a = spool_get(s, number);
	if (!a)
		return ERR_NOT_FOUND;
	size_t len = (size_t)a->id_len + a->site_len + a->text_len + 3, got = 0;
	char *bytes = arena_alloc(arena, len);
	while (got < len) {
		ssize_t n = pread(s->fd, bytes + got, len - got, a->offset + (off_t)got);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return fault_set(&s->fault, ERR_IO, "the temporary file: %s",
			    n < 0 ? strerror(errno) : "it was cut short");
		got += (size_t)n;
	}
	out->id = bytes;
	out->site = bytes + a->id_len + 1;
	out->text = bytes + a->id_len + a->site_len + 2;
	return 0;
}

int64_t
spool_find_url(const struct spool *s, uint64_t url)
{
	return url ? (int64_t)(intptr_t)map_get(&s->by_url, url) : 0;
}

int64_t
spool_find_text(const struct spool *s, const uint8_t hash[16])
{
	int64_t number = (int64_t)(intptr_t)map_get(&s->by_text, text_key(hash));
	const struct spooled *a = spool_get(s, number);
	return a && !memcmp(a->text_hash, hash, 16) ? number : 0;
}

/* Remove KEY from M if it leads to NUMBER, and not to a later article. */
static void
unmap(struct map *m, uint64_t key, int64_t number)
{
	if ((int64_t)(intptr_t)map_get(m, key) == number)
		map_remove(m, key);
}

void
spool_forget(struct spool *s, int64_t number)
{
	size_t n = 0;
	while (n < s->len && s->base + (int64_t)n < number) {
		unmap(&s->by_url, s->list[n].url, s->base + (int64_t)n);
		unmap(&s->by_text, text_key(s->list[n].text_hash), s->base + (int64_t)n);
		n++;
	}
	if (!n)
		return;
	/* Give the disk back; a file system that can't do so keeps the bytes until the end. */
	off_t free_to = n < s->len ? s->list[n].offset : s->end;
	(void)fallocate(s->fd, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, free_to);
	memmove(s->list, s->list + n, (s->len - n) * sizeof *s->list);
	s->len -= n;
	s->base += (int64_t)n;
}
