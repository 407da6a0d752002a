/* bare_parse: the floor of parsing: libxml2 alone, with nothing made of what it reads. */
#ifndef NEWSD_BENCH_BARE_PARSE_H
#define NEWSD_BENCH_BARE_PARSE_H

#include <stddef.h>
#include <stdint.h>

/* htmlReadMemory with the encoding given, errors silenced; xmlFreeDoc. */
void bare_parse_page(const uint8_t *data, size_t len);
/* SAX2 push in pieces of 16 KB, with handlers that do nothing. */
void bare_parse_feed(const uint8_t *data, size_t len);

#endif
