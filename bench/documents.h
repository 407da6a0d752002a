/* documents: what the benchmarks of pages and of feeds share. */
#ifndef NEWSD_BENCH_DOCUMENTS_H
#define NEWSD_BENCH_DOCUMENTS_H

#include "digest.h"
#include "samples.h"

/* Set malloc as a worker does (see worker.c) and make digest() ready. */
void documents_prepare(void);
/* digest() of document I of S as a job of KIND; all of them. */
void documents_digest_one(const struct samples *s, size_t i, enum job_kind kind, unsigned flags);
void documents_digest(const struct samples *s, enum job_kind kind, unsigned flags);
/* Print digest() of S against BARE of the same, in turns; returns the median ratio. */
double documents_compare(const char *name, const struct samples *s, enum job_kind kind,
    unsigned flags, void (*bare)(const uint8_t *data, size_t len), unsigned pairs);
/* The path of DIR in the corpus of real documents. */
void documents_path(char *out, size_t size, const char *dir);

#endif
