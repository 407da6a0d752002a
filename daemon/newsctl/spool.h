/*
 * spool: where `newsctl dedup` keeps the articles of its window: their texts in a file without a
 * name, in memory only what finds them. Private to newsctl.
 */
#ifndef NEWSD_NEWSCTL_SPOOL_H
#define NEWSD_NEWSCTL_SPOOL_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "errors.h"
#include "hash.h"
#include "mem.h"

struct spooled {
	off_t offset; /* of the strings in the file: id, site, text, each with its NUL */
	uint32_t id_len, site_len, text_len;
	int64_t story, published, at;
	uint64_t url;          /* hash of its canonical form; 0: none */
	uint8_t text_hash[16]; /* zero: the text is too short to be known by it */
};

struct spool {
	int fd;
	off_t end;
	struct spooled *list; /* article N is list[N - base] */
	size_t len, cap;
	int64_t base;
	struct map by_url, by_text; /* to the number of the latest article, as a pointer */
	struct fault fault;         /* of the last failure */
};

/* The strings of an article. */
struct spool_strings {
	const char *id; /* JSON */
	const char *site, *text;
};

/* Make an empty spool in $TMPDIR (/tmp). ERR_IO and s->fault when that fails. */
int spool_open(struct spool *s);
void spool_close(struct spool *s);
/* Add an article, offset and lengths of which are set here; *NUMBER gets its number, from 1 on. */
int spool_add(
    struct spool *s, const struct spooled *a, const struct spool_strings *strings, int64_t *number);
/* Article NUMBER, NULL when it was forgotten; valid until the next spool_add. */
const struct spooled *spool_get(const struct spool *s, int64_t number);
/* Its strings, in ARENA. */
int spool_read(struct spool *s, int64_t number, struct arena *arena, struct spool_strings *out);
/* The latest article of the URL with this hash, of this text; 0: none. */
int64_t spool_find_url(const struct spool *s, uint64_t url);
int64_t spool_find_text(const struct spool *s, const uint8_t hash[16]);
/* Forget the articles before NUMBER. */
void spool_forget(struct spool *s, int64_t number);

#endif
