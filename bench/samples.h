/*
 * samples: documents to measure with. Generated ones are the same in every run: a feed and a page
 * are functions of the host and the path. Real ones are read from a directory, where there is one.
 */
#ifndef NEWSD_BENCH_SAMPLES_H
#define NEWSD_BENCH_SAMPLES_H

#include "buf.h"

struct sample {
	uint8_t *data;
	size_t len;
};
struct samples {
	struct sample *list;
	size_t len, cap;
	size_t bytes;
};

/* Make the sentences that all documents are put together from. Once per process. */
void samples_prepare(void);

/* An RSS feed of HOST ("127.1.0.7:8080") with ITEMS entries, each with a summary of 1 KB. */
void sample_feed(struct buf *out, const char *host, unsigned items);
/*
 * The page of HOST at PATH: 150 KB, of which 60 % are scripts, styles, drawings and comments, as on
 * the news sites that were looked at; navigation, metadata (Open Graph, JSON-LD), related links,
 * and an article of 30 paragraphs.
 */
void sample_page(struct buf *out, const char *host, const char *path);

void samples_add(struct samples *s, const struct buf *b);
/* Add the files below DIR whose names end as SUFFIX ("" all), each at most 4 MB (inflated if
 * they end as ".gz"), in order of their names, at most MAX. A directory that is not there adds
 * nothing. */
void samples_read(struct samples *s, const char *dir, const char *suffix, size_t max);
void samples_clear(struct samples *s);

#endif
