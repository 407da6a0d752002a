/* date: what its files share, see include/date.h. */
#ifndef NEWSD_DATE_PRIV_H
#define NEWSD_DATE_PRIV_H

#include <stddef.h>

#define DATE_WORD_MAX 64

struct date_zone {
	const char *name; /* lower case */
	short minutes;    /* east of Greenwich */
	char american;    /* where months are written first */
};

/* Fold LEN bytes of WORD to lower case without accents and dots. The length; 0 when too long. */
size_t date_fold_word(const char *word, size_t len, char out[DATE_WORD_MAX]);
/* 1-12 for a folded name of a month in any of the languages, or its beginning; else 0. */
int date_month_of(const char *word, size_t len);
/* 1 for an English weekday or its beginning. */
int date_is_weekday(const char *word, size_t len);
/* The zone of a folded name, also with "etc/" before it; NULL when unknown. */
const struct date_zone *date_zone_of(const char *word);
/* 1 for a folded word that says nothing. */
int date_is_noise(const char *word);

#endif
