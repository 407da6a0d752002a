/* xml: what its files share, see include/xml.h. */
#ifndef NEWSD_XML_PRIV_H
#define NEWSD_XML_PRIV_H

#include "buf.h"
#include "xml.h"

/* A name of XML may begin with / hold C (bytes of longer characters are let through). */
int xml_is_name_start(char c);
int xml_is_name_char(char c);

/*
 * Put the entities that the internal DTD before AT declares into the text from AT, as characters.
 * OUT (initialised here) stays empty when there is nothing to put in. ERR_LIMIT: too long.
 */
int xml_expand_entities(const char *text, size_t len, size_t at, struct buf *out, struct fault *f);

/*
 * Rewrite the document in TEXT from AT as well-formed XML into OUT. Where TEXT ends with elements
 * open, the processing instruction <?cut?> stands, and behind it only what closes them; no other
 * instruction is left. ERR_LIMIT: too deep or too long.
 */
int xml_repair(const char *text, size_t len, size_t at, const struct xml_reader *reader,
    struct buf *out, struct fault *f);

#endif
