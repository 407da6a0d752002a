/* xml: what its files share, see include/xml.h. */
#ifndef NEWSD_XML_PRIV_H
#define NEWSD_XML_PRIV_H

#include "buf.h"
#include "xml.h"

/* A name of XML may begin with / hold C (bytes of longer characters are let through). */
int xml_is_name_start(char c);
int xml_is_name_char(char c);

/*
 * Rewrite the document in TEXT from AT as well-formed XML into OUT. Where TEXT ends with elements
 * open, the processing instruction <?cut?> stands, and behind it only what closes them; no other
 * instruction is left. ERR_LIMIT: too deep or too long.
 */
int xml_repair(const char *text, size_t len, size_t at, const struct xml_reader *reader,
    struct buf *out, struct fault *f);

#endif
