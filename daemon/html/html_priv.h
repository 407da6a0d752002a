/* What the files of the html family share. */
#ifndef NEWSD_HTML_PRIV_H
#define NEWSD_HTML_PRIV_H

#include "html.h"

/* The element of this name (lower case), HTML_OTHER when it is none of the table. */
enum html_tag html_find_tag(const char *name, size_t len);
/* Its name, static; "" for HTML_TEXT and HTML_OTHER. */
const char *html_tag_name(enum html_tag tag);
/* The static name of an attribute that is kept, NULL when it is dropped. Any case. */
const char *html_find_attribute(const char *name, size_t len);

struct html_cut {
	char *text; /* malloc'ed by mem */
	size_t len;
};

/*
 * Copy TEXT without what no reader sees (see html_parse), tags made regular: lower case, quoted
 * values, at most HTML_ATTRIBUTES_MAX kept attributes, no end tag without its start. References are
 * decoded except for the markup characters. Linear in LEN whatever the input.
 */
struct html_cut html_cut(const char *text, size_t len);

#endif
