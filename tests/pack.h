/* pack: documents as servers send them packed. */
#ifndef NEWSD_TESTS_PACK_H
#define NEWSD_TESTS_PACK_H

#include <stddef.h>
#include <stdint.h>

/* LEN bytes of DATA by gzip, malloc'ed, *PACKED of them. Fails the test when zlib can't. */
uint8_t *pack_gzip(const void *data, size_t len, size_t *packed);

#endif
