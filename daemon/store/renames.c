/*
 * renames: entries that a feed shows under new guids and links. The links of its last documents are
 * remembered (nd_window), and a link's other URLs are its aliases (nd_alias).
 */
#include <stdlib.h>
#include <string.h>

#include "intake.h"
#include "mem.h"
#include "url.h"

#define WINDOW_MIN  16    /* links remembered at least */
#define WINDOW_MORE 256   /* at most so many more than the document has */
#define WINDOW_MAX  16384 /* each costs two look-ups when a feed may have renamed all */
#define NUMBER_MAX  20    /* digits of a number, and a space */
#define ALIASES_MAX 8     /* of a link: some links are different at every poll */

/* ---- what a feed showed lately ---- */

static int
by_age(const void *a, const void *b)
{
	int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
	return x < y ? 1 : x > y ? -1 : 0;
}

/* The remembered links of the feed, newest first, in the scratch arena: a number, then the distance
 * of each to the next. */
static int
read_window(struct intake *in, int64_t **ids, size_t *len)
{
	*ids = NULL;
	*len = 0;
	sqlite3_stmt *st = QUERY(in->s, SQL_READ_WINDOW, INT(in->p->feed_id));
	int status = st ? store_step(in->s, SQL_READ_WINDOW, st) : in->s->fault.code;
	if (status <= 0)
		return status;
	int64_t id = 0;
	for (const char *s = col_text(st, 0); s && *s && *len < WINDOW_MAX;) {
		char *end;
		int64_t n = strtoll(s, &end, 10);
		if (end == s)
			break;
		id = *len ? id - n : n;
		*ARENA_PUSH(&in->scratch, *ids, *len) = id;
		s = end;
	}
	store_done(st);
	return 0;
}

/* Sort IDS newest first, each once; returns how many are left. */
static size_t
sort_ids(int64_t *ids, size_t len)
{
	size_t kept = 0;
	if (len)
		qsort(ids, len, sizeof *ids, by_age);
	for (size_t i = 0; i < len; i++)
		if (!kept || ids[kept - 1] != ids[i])
			ids[kept++] = ids[i];
	return kept;
}

/* IDS as they are remembered. Written with every document that has news, so not by printf. */
static const char *
join_ids(struct intake *in, const int64_t *ids, size_t len)
{
	char *text = arena_alloc(&in->scratch, len * NUMBER_MAX + 1), *to = text;
	for (size_t i = 0; i < len; i++) {
		char digits[NUMBER_MAX];
		size_t n = 0;
		for (int64_t v = i ? ids[i - 1] - ids[i] : ids[i]; v || !n; v /= 10)
			digits[n++] = (char)('0' + v % 10);
		if (i)
			*to++ = ' ';
		while (n)
			*to++ = digits[--n];
	}
	*to = '\0';
	return text;
}

int
store_put_window(struct intake *in)
{
	int64_t *ids;
	size_t len;
	int status = read_window(in, &ids, &len);
	if (status)
		return status;
	for (size_t i = 0; i < in->links_len; i++)
		*ARENA_PUSH(&in->scratch, ids, len) = in->links[i];
	for (size_t i = 0; i < in->news_len; i++)
		*ARENA_PUSH(&in->scratch, ids, len) = in->news[i].link_id;
	size_t shown = in->p->doc->items_len,
	       most = shown + (shown < WINDOW_MORE ? shown : WINDOW_MORE);
	most = most < WINDOW_MIN ? WINDOW_MIN : most > WINDOW_MAX ? WINDOW_MAX : most;
	len = sort_ids(ids, len);
	return RUN(in->s, SQL_PUT_WINDOW, INT(in->p->feed_id),
	    TEXT(join_ids(in, ids, len < most ? len : most)));
}

/* ---- entries under new names ---- */

static struct date
date_of(struct date published, struct date updated)
{
	return published.precision != DATE_NONE ? published : updated;
}

/* What the store remembers of the links IDS; those that the document shows are taken. */
static int
read_traces(struct intake *in, const int64_t *ids, size_t len, struct identity_trace *traces)
{
	struct map shown = {0};
	int status = 0;
	for (size_t i = 0; i < in->links_len; i++)
		map_put(&shown, (uint64_t)in->links[i], in);
	for (size_t i = 0; i < in->news_len; i++)
		if (in->news[i].link_id)
			map_put(&shown, (uint64_t)in->news[i].link_id, in);
	for (size_t i = 0; i < len && status >= 0; i++) {
		sqlite3_stmt *st = QUERY(in->s, SQL_ENTRY_BEFORE, INT(ids[i]));
		status = st ? store_step(in->s, SQL_ENTRY_BEFORE, st) : in->s->fault.code;
		traces[i] = (struct identity_trace){.taken = 1};
		if (status <= 0)
			continue;
		struct date published = {
		    .utc = col_int(st, 3), .precision = (enum date_precision)col_int(st, 4)};
		struct date updated = {
		    .utc = col_int(st, 5), .precision = (enum date_precision)col_int(st, 6)};
		const char *url = col_text(st, 0);
		traces[i] =
		    (struct identity_trace){.title = arena_strdup(&in->scratch, col_text(st, 1)),
			.url = url_is_web(url) >= 0 ? arena_strdup(&in->scratch, url) : NULL,
			.date = date_of(published, updated),
			.taken = map_get(&shown, (uint64_t)ids[i]) != NULL};
		store_done(st);
	}
	map_clear(&shown);
	return status < 0 ? status : 0;
}

/* The document's entries: all are known but the nameless, whose news they are in NEWS_OF. */
static struct identity_trace *
make_traces(struct intake *in, size_t *news_of)
{
	const struct feed_doc *doc = in->p->doc;
	struct identity_trace *traces =
	    arena_zalloc(&in->scratch, (doc->items_len + 1) * sizeof *traces);
	for (size_t i = 0; i < doc->items_len; i++) {
		const struct item *it = &doc->items[i];
		traces[i] = (struct identity_trace){.title = it->title,
		    .url = it->canonical,
		    .date = date_of(it->published, it->updated),
		    .taken = 1};
	}
	for (size_t k = 0; k < in->news_len; k++) {
		if (in->news[k].link_id)
			continue;
		traces[in->news[k].index].taken = 0;
		news_of[in->news[k].index] = k;
	}
	return traces;
}

int
store_find_renamed(struct intake *in)
{
	size_t nameless = 0, len, now_len = in->p->doc->items_len;
	int64_t *ids;
	for (size_t i = 0; i < in->news_len; i++)
		nameless += !in->news[i].link_id;
	if (!identity_is_most(nameless, (size_t)in->r->items))
		return 0;
	int status = read_window(in, &ids, &len);
	if (status || !len)
		return status;
	struct identity_trace *old = arena_alloc(&in->scratch, len * sizeof *old);
	status = read_traces(in, ids, len, old);
	if (status)
		return status;
	size_t *of = arena_alloc(&in->scratch, now_len * sizeof *of),
	       *news_of = arena_zalloc(&in->scratch, now_len * sizeof *news_of);
	struct identity_trace *now = make_traces(in, news_of);
	identity_match(now, now_len, old, len, of);
	for (size_t i = 0; i < now_len; i++) {
		if (of[i] == SIZE_MAX)
			continue;
		in->news[news_of[i]].link_id = ids[of[i]];
		in->news[news_of[i]].renamed = 1;
	}
	return 0;
}

/* ---- links that move ---- */

/* An outcome that another address may change. */
static int
is_dead_end(enum outcome o)
{
	return o == OUTCOME_GONE || o == OUTCOME_HTTP_ERROR || o == OUTCOME_GAVE_UP ||
	       o == OUTCOME_REFUSED;
}

static int
put_alias(struct intake *in, const char *url, int64_t id)
{
	int64_t count, other;
	int found, status = NUMBER(
		       in->s, SQL_LINK_BY_URL, &other, &found, INT(hash64_str(url)), TEXT(url));
	if (status || found)
		return status;
	status = NUMBER(in->s, SQL_COUNT_ALIASES, &count, &found, INT(id));
	if (status || count >= ALIASES_MAX)
		return status;
	return RUN(in->s, SQL_PUT_ALIAS, INT(hash64_str(url)), TEXT(url), INT(id),
	    INT(in->p->feed_id), INT(in->p->at));
}

/* Where LINK stands, from SQL_RECHECK: it is fetched from its new place, if it is still to be
 * fetched; again, if the old one was a dead end. */
static int
follow(struct intake *in, const struct entry *e, int64_t id, uint64_t host)
{
	sqlite3_stmt *st = QUERY(in->s, SQL_RECHECK, INT(id));
	int status = st ? store_step(in->s, SQL_RECHECK, st) : in->s->fault.code;
	if (status <= 0)
		return status;
	int outcome = outcome_parse(col_text(st, 0));
	int reopen = outcome >= 0 && is_dead_end((enum outcome)outcome) &&
		     col_int(st, 1) < RECHECKS_MAX && !col_int(st, 8);
	if (reopen || (outcome == OUTCOME_PENDING && !col_int(st, 8))) {
		struct link_work *w = store_add_work(in, e, id, col_text(st, 2), e->item->fetch);
		w->host = host;
		w->feed_id = col_int(st, 5);
		w->content = (enum content_mode)col_int(st, 6);
		w->attempts = reopen ? 0 : (int)col_int(st, 9);
		w->moved = 1;
	}
	store_done(st);
	return reopen ? store_reopen(in, id, (enum outcome)outcome, "its address changed") : 0;
}

int
store_move_link(struct intake *in, const struct entry *e, int64_t id)
{
	const struct item *it = e->item;
	uint64_t host;
	if (!it->canonical || !it->fetch)
		return 0;
	int status = put_alias(in, it->canonical, id);
	if (!status)
		status = store_put_host(in->s, it->canonical, &host);
	if (!status)
		status = RUN(in->s, SQL_MOVE_LINK, INT(id), TEXT(it->fetch), INT(host));
	return status ? status : follow(in, e, id, host);
}
