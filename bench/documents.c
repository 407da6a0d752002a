/*
 * documents: the digest of a page against htmlReadMemory and xmlFreeDoc of the same bytes, and what
 * feeds.c shares with it.
 */
#include "documents.h"

#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

#include "bare_parse.h"
#include "figures.h"
#include "rival.h"
#include "scale.h"

#define PAGES_MADE 40
#define REAL_MAX   400
#define RIVAL_MAX  40 /* pages for those that take 15 ms and more for one */

static const struct rival rivals[] = {
    {"readability-lxml", "BENCH_PYTHON", "/usr/bin/python3", "BENCH_READABILITY_PY",
	"bench/readability_pass.py", 5},
    {"Readability.js", "BENCH_NODE", "node", "BENCH_READABILITY_JS", "bench/readability_pass.cjs",
	10},
};

void
documents_prepare(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
	digest_prepare();
}

void
documents_path(char *out, size_t size, const char *dir)
{
	const char *corpus = getenv("BENCH_CORPUS");
	snprintf(out, size, "%s/%s", corpus ? corpus : "../shared/corpus", dir);
}

void
documents_digest_one(const struct samples *s, size_t i, enum job_kind kind, unsigned flags)
{
	struct job job = {.kind = kind,
	    .flags = flags,
	    .url = "http://127.1.0.1/news/1/story-1.html",
	    .content_type = kind == JOB_PAGE ? "text/html; charset=utf-8" : "application/xml",
	    .content_encoding = "",
	    .agent = "",
	    .body = s->list[i].data,
	    .body_len = s->list[i].len,
	    .inflated_max = 32 << 20};
	reply_free(digest(&job));
}

void
documents_digest(const struct samples *s, enum job_kind kind, unsigned flags)
{
	for (size_t i = 0; i < s->len; i++)
		documents_digest_one(s, i, kind, flags);
}

double
documents_compare(const char *name, const struct samples *s, enum job_kind kind, unsigned flags,
    void (*bare)(const uint8_t *data, size_t len), unsigned pairs)
{
	struct pairs p = {.len = 0};
	documents_digest(s, kind, flags); /* both have seen the memory once */
	for (size_t i = 0; i < s->len; i++)
		bare(s->list[i].data, s->list[i].len);
	for (unsigned n = 0; n < pairs; n++) {
		int64_t t0 = cpu_self_us();
		documents_digest(s, kind, flags);
		int64_t t1 = cpu_self_us();
		for (size_t i = 0; i < s->len; i++)
			bare(s->list[i].data, s->list[i].len);
		int64_t t2 = cpu_self_us();
		pairs_add(
		    &p, (double)(t1 - t0) / (double)s->len, (double)(t2 - t1) / (double)s->len);
	}
	pairs_print(&p, name, "us");
	return pairs_median_ratio(&p);
}

void
bench_documents(const struct scale *s)
{
	struct samples made = {0}, real = {0};
	struct buf b;
	char title[128], host[32], path[512];
	documents_prepare();
	buf_init(&b, SIZE_MAX / 4);
	for (unsigned i = 0; i < PAGES_MADE; i++, b.len = 0) {
		snprintf(host, sizeof host, "127.1.0.%u", i);
		sample_page(&b, host, "/news/1/story-1.html");
		samples_add(&made, &b);
	}
	pairs_heading("a page, whole", "digest", "parse, free");
	snprintf(title, sizeof title, "generated (%zu KB)", made.bytes / made.len / 1024);
	documents_compare(title, &made, JOB_PAGE, 0, bare_parse_page, s->pairs);
	documents_path(path, sizeof path, "pages/fundus/html");
	samples_read(&real, path, ".html.gz", REAL_MAX);
	if (!real.len) {
		printf("  %-42s SKIPPED: there is no %s\n", "real", path);
	} else {
		snprintf(title, sizeof title, "real (%zu, %zu KB mean)", real.len,
		    real.bytes / real.len / 1024);
		documents_compare(title, &real, JOB_PAGE, 0, bare_parse_page, s->pairs);
		samples_clear(&real);
		samples_read(&real, path, ".html.gz", RIVAL_MAX);
		for (size_t i = 0; i < sizeof rivals / sizeof *rivals; i++)
			rival_compare(&rivals[i], "a page, whole", &real, JOB_PAGE, path, s->pairs);
	}
	buf_clear(&b);
	samples_clear(&made);
	samples_clear(&real);
}
