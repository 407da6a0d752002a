/* scale: how much is measured, and the benchmarks by name. */
#ifndef NEWSD_BENCH_SCALE_H
#define NEWSD_BENCH_SCALE_H

struct scale {
	const char *name;
	unsigned pairs; /* of each comparison that is cheap enough */
	unsigned feeds; /* polls answered 304 */
	unsigned hosts_few, hosts_many;
	unsigned first_feeds, first_pairs; /* first polls, answered 200 */
	unsigned rows;                     /* of the store's benchmark */
	unsigned sites, site_pages;        /* end to end */
	unsigned idle_feeds, in_flight;
	unsigned month_feeds, month_days;
	unsigned week_feeds, week_days; /* through the store */
	unsigned decisions, indexed;    /* stories: articles judged; articles in the index alone */
};

#define FEED_ITEMS 30u
#define TRANSFERS  128

void bench_documents(const struct scale *s); /* documents.c */
void bench_feeds(const struct scale *s);     /* feeds.c */
void bench_attacks(const struct scale *s);   /* attacks.c */
void bench_polls(const struct scale *s);     /* polls.c */
void bench_hosts(const struct scale *s);
void bench_first(const struct scale *s);
void bench_holes(const struct scale *s);    /* holes.c */
void bench_store(const struct scale *s);    /* storing.c */
void bench_articles(const struct scale *s); /* articles.c */
void bench_month(const struct scale *s);    /* month.c */
void bench_week(const struct scale *s);     /* week.c */
void bench_busy(const struct scale *s);     /* memory.c */
void bench_idle(const struct scale *s);
void bench_story_growth(const struct scale *s);  /* story_growth.c */
void bench_story_methods(const struct scale *s); /* story_methods.c */
void bench_story_store(const struct scale *s);   /* story_store.c */

#endif
