/*
 * documents: the digest of a page against htmlReadMemory and xmlFreeDoc of the same bytes, and the
 * digest of a feed against libxml2's SAX push parser that throws everything away.
 */
#include <libxml/HTMLparser.h>
#include <libxml/parser.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "bare_parse.h"
#include "digest.h"
#include "figures.h"
#include "samples.h"
#include "scale.h"

#define PAGES_MADE 40
#define FEEDS_MADE 200
#define REAL_MAX   400

/* What a worker sets for itself (see worker.c): both sides have the same memory. */
static void
set_memory(void)
{
#ifdef __GLIBC__
	mallopt(M_MMAP_THRESHOLD, 4 << 20);
	mallopt(M_TRIM_THRESHOLD, 16 << 20);
#endif
}

static void
digest_all(const struct samples *s, enum job_kind kind, unsigned flags)
{
	for (size_t i = 0; i < s->len; i++) {
		struct job job = {.kind = kind,
		    .flags = flags,
		    .url = "http://127.1.0.1/news/1/story-1.html",
		    .content_type =
			kind == JOB_PAGE ? "text/html; charset=utf-8" : "application/xml",
		    .content_encoding = "",
		    .agent = "",
		    .body = s->list[i].data,
		    .body_len = s->list[i].len,
		    .inflated_max = 32 << 20};
		reply_free(digest(&job));
	}
}

static void
bare_pages(const struct samples *s)
{
	for (size_t i = 0; i < s->len; i++)
		bare_parse_page(s->list[i].data, s->list[i].len);
}

static void
bare_feeds(const struct samples *s)
{
	for (size_t i = 0; i < s->len; i++)
		bare_parse_feed(s->list[i].data, s->list[i].len);
}

static void
compare(
    const char *name, const struct samples *s, enum job_kind kind, unsigned flags, unsigned pairs)
{
	struct pairs p = {.len = 0};
	void (*bare)(const struct samples *) = kind == JOB_PAGE ? bare_pages : bare_feeds;
	digest_all(s, kind, flags); /* both have seen the memory once */
	bare(s);
	for (unsigned i = 0; i < pairs; i++) {
		int64_t t0 = cpu_self_us();
		digest_all(s, kind, flags);
		int64_t t1 = cpu_self_us();
		bare(s);
		int64_t t2 = cpu_self_us();
		pairs_add(
		    &p, (double)(t1 - t0) / (double)s->len, (double)(t2 - t1) / (double)s->len);
	}
	pairs_print(&p, name, "us");
}

static void
compare_real(
    const char *name, const char *dir, const char *suffix, enum job_kind kind, unsigned pairs)
{
	struct samples real = {0};
	char path[512], title[128];
	const char *corpus = getenv("BENCH_CORPUS");
	snprintf(path, sizeof path, "%s/%s", corpus ? corpus : "../shared/corpus", dir);
	samples_read(&real, path, suffix, REAL_MAX);
	if (!real.len) {
		printf("  %-42s SKIPPED: there is no %s\n", name, path);
		return;
	}
	snprintf(title, sizeof title, "%s (%zu, %zu KB mean)", name, real.len,
	    real.bytes / real.len / 1024);
	compare(title, &real, kind, 0, pairs);
	samples_clear(&real);
}

void
bench_documents(const struct scale *s)
{
	struct samples pages = {0}, feeds = {0};
	struct buf b;
	char title[128], host[32];
	set_memory();
	digest_prepare();
	buf_init(&b, SIZE_MAX / 4);
	for (unsigned i = 0; i < PAGES_MADE; i++, b.len = 0) {
		snprintf(host, sizeof host, "127.1.0.%u", i);
		sample_page(&b, host, "/news/1/story-1.html");
		samples_add(&pages, &b);
	}
	for (unsigned i = 0; i < FEEDS_MADE; i++, b.len = 0) {
		snprintf(host, sizeof host, "127.1.0.%u", i);
		sample_feed(&b, host, FEED_ITEMS);
		samples_add(&feeds, &b);
	}
	pairs_heading("a page, whole", "digest", "parse, free");
	snprintf(title, sizeof title, "generated (%zu KB)", pages.bytes / pages.len / 1024);
	compare(title, &pages, JOB_PAGE, 0, s->pairs);
	compare_real("real", "pages/fundus/html", ".html.gz", JOB_PAGE, s->pairs);
	pairs_heading("a feed, whole", "digest", "SAX push");
	snprintf(title, sizeof title, "generated (%zu KB)", feeds.bytes / feeds.len / 1024);
	compare(title, &feeds, JOB_FEED, 0, s->pairs);
	snprintf(title, sizeof title, "generated, with the texts of its entries");
	compare(title, &feeds, JOB_FEED, JOB_WANT_TEXT, s->pairs);
	compare_real("real", "feeds/real-fastfeedparser", ".xml", JOB_FEED, s->pairs);
	buf_clear(&b);
	samples_clear(&pages);
	samples_clear(&feeds);
}
