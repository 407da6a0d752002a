/* date: what its files share, see include/date.h. */
#ifndef NEWSD_DATE_PRIV_H
#define NEWSD_DATE_PRIV_H

#include <stddef.h>
#include <stdint.h>

#include "date.h"

#define DATE_WORD_MAX 64
#define DATE_UNSET    (-1)

enum date_zone_set { ZONE_SET_NONE, ZONE_SET_NAME, ZONE_SET_OFFSET };

/* How day and month were read where both readings are days. */
enum date_order { ORDER_SURE, ORDER_DAY_FIRST, ORDER_MONTH_FIRST };

/* What a scanner found. Fields are DATE_UNSET until they are read. */
struct date_scan {
	const char *p;
	int year, month, day;
	int hour, minute, second;
	int yday, week, wday; /* ordinal and ISO week dates; wday 1 = Monday */
	int weekday;          /* said in words, 1 = Monday */
	int pm;               /* 0 am, 1 pm */
	int era;              /* years to add */
	int zone_min, zone_known;
	int zone_set;  /* enum date_zone_set */
	int zone_rule; /* enum date_zone_flag */
	unsigned doubt;
	int either_order;  /* enum date_order: of two numbers as day and month */
	int american;      /* what follows says that months come first */
	int korean;        /* no zone means Korea */
	int thai;          /* years may be those of the Buddha */
	int after_t;       /* an ISO time follows at once */
	int skipped;       /* the one unknown word that may stand first: "Published" */
	int noise;         /* words that say nothing were read */
	int any_digit;     /* a number was read */
	int early_month;   /* the month stands first, and may be a weekday after all */
	int expect_month;  /* "tháng" 1 */
	int named_month;   /* the month is a word */
	int numeric_month; /* the month is a number that came behind the year */
};

/* ---- prepare.c ---- */

/* Copy TEXT into OUT with ASCII digits and signs: scripts' digits, wide forms, dashes, spaces,
 * references that HTML left, numbers in CJK. Its length; 0 when it is empty, too long or no UTF-8.
 */
size_t date_prepare(const char *text, char out[DATE_TEXT_MAX + 1]);

/* ---- scan.c ---- */

extern const struct date_scan date_scan_blank;
/* Read what stands at S->p to its end. 0 or ERR_INPUT. */
int date_scan_text(struct date_scan *s);
/* How many digits begin at P. */
size_t date_digits(const char *p);
/* The number in N digits; INT_MAX when it would not fit. */
int date_number(const char *p, size_t n);
/* The whole year that VALUE of DIGITS digits means. */
int date_full_year(int value, size_t digits);

/* ---- words.c ---- */

enum date_zone_flag {
	ZONE_AMERICAN = 1, /* where months are written first */
	ZONE_DOUBT = 2,    /* other zones bear the name, too */
	ZONE_EU = 4,       /* an hour more in the summer of the European Union */
	ZONE_US = 8,       /* ... of the United States */
};

struct date_zone {
	const char *name; /* lower case */
	short minutes;    /* east of Greenwich */
	unsigned char flags;
};

/* Fold LEN bytes of WORD to lower case without accents and dots. The length; 0 when too long. */
size_t date_fold_word(const char *word, size_t len, char out[DATE_WORD_MAX]);
/* 1-12 for a folded name of a month in any of the languages (EXACT: the whole name or a usual
 * abbreviation), or its beginning; else 0. */
int date_month_of(const char *word, size_t len, int *exact);
/* 1-7 (Monday is 1) for "mon", "tue" ..., which is nearly always all that is asked; else 0. */
int date_english_weekday(const char *word, size_t len);
/* 1-7 for a folded weekday in any of the languages, 0 for one that depends on the
 * language, DATE_UNSET for none. */
int date_weekday_of(const char *word, size_t len);
/* The zone of a folded name, also with "etc/" before it; NULL when unknown. */
const struct date_zone *date_zone_of(const char *word);
/* 1 for a folded word that says nothing. */
int date_is_noise(const char *word);
/* The words that say something of their own: halves of the day, eras, "tháng". 1 when WORD (FOLDED
 * is the same, folded) is one and was taken into S. */
int date_take_special(struct date_scan *s, const char *word, size_t len, const char *folded);
/* The field of S that the unit at P (年, 월 ...) names, and its length; NULL when there is none. */
int *date_unit_at(struct date_scan *s, const char *p, size_t *len);

#endif
