/*
 * rights: what a site says of the use of its pages, in header fields and in meta elements. newsd
 * records it with the link, and leaves what follows to its reader. Pure.
 */
#ifndef NEWSD_RIGHTS_H
#define NEWSD_RIGHTS_H

#include <stddef.h>

enum rights {
	RIGHTS_NOARCHIVE = 1 << 0,    /* no copy is to be shown */
	RIGHTS_NOINDEX = 1 << 1,      /* the page is not to be found by a search */
	RIGHTS_NOSNIPPET = 1 << 2,    /* no part of its text is to be shown */
	RIGHTS_NOAI = 1 << 3,         /* not for the training of models */
	RIGHTS_NOIMAGEAI = 1 << 4,    /* the same for its images */
	RIGHTS_TDM_RESERVED = 1 << 5, /* text and data mining is reserved (TDMRep) */
	RIGHTS_LEGAL = 1 << 6,        /* withheld for legal reasons: status 451 (RFC 7725) */
	RIGHTS_ALL = (1 << 7) - 1,
};

/*
 * Read the comma list of an X-Robots-Tag field, of several fields joined, or of a robots meta
 * element ("noindex, noarchive"; "none" is noindex). Behind "otherbot:" it is not meant for us, up
 * to the next agent; behind AGENT: it is. Returns bits.
 */
unsigned rights_read_robots(const char *value, const char *agent);
/* Read the value of TDM-Reservation, a field or a meta element: "1" reserves. Returns bits. */
unsigned rights_read_reservation(const char *value);

#define RIGHTS_WORDS_SIZE 128
/* Write RIGHTS as words with spaces between ("noarchive tdm_reserved"); "" when there are none. */
const char *rights_words(unsigned rights, char out[RIGHTS_WORDS_SIZE]);

#endif
