/*
 * rename: a feed whose entries all have new names. A site moves to https, to another domain, to
 * another publishing system: every guid and link changes, no article does. See identity.h.
 */
#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "hash.h"
#include "identity_priv.h"
#include "text.h"
#include "url.h"

#define MOST_MIN       5
#define DATES_MIN      3 /* dates that differ among the pairs, before dates count */
#define WORDS_MIN      2
#define ENDING_MAX     6 /* ".shtml" */
/* Parameters of a URL that are compared one by one, each with each. */
#define PARAMETERS_MAX 64

int
identity_is_most(size_t count, size_t len)
{
	return count >= MOST_MIN && count * 5 >= len * 3;
}

/* ---- the URL ---- */

/* A part of a URL, borrowed. */
struct part {
	const char *at;
	size_t len;
};

static int
has_digit(struct part p)
{
	for (size_t i = 0; i < p.len; i++)
		if (isdigit((unsigned char)p.at[i]))
			return 1;
	return 0;
}

/* Take the last of PATH's segments off; length 0: there is none. */
static struct part
pop_segment(struct part *path)
{
	while (path->len && path->at[path->len - 1] == '/')
		path->len--;
	size_t from = path->len;
	while (from && path->at[from - 1] != '/')
		from--;
	struct part segment = {path->at + from, path->len - from};
	path->len = from;
	return segment;
}

/* Without an ending such as ".html". */
static struct part
cut_ending(struct part p)
{
	for (size_t n = 1; n <= ENDING_MAX && n < p.len; n++) {
		char c = p.at[p.len - n];
		if (c == '.' && n > 2)
			return (struct part){p.at, p.len - n};
		if (!isalpha((unsigned char)c))
			break;
	}
	return p;
}

/* The last segment that names something. */
static struct part
pop_tail(struct part *path)
{
	struct part tail = cut_ending(pop_segment(path));
	if (tail.len == 5 && !strncasecmp(tail.at, "index", 5))
		tail = cut_ending(pop_segment(path));
	return tail;
}

static int
parts_equal(struct part a, struct part b)
{
	return a.len == b.len && !strncasecmp(a.at, b.at, a.len);
}

static struct part
pop_number(struct part *path)
{
	struct part p;
	do
		p = pop_segment(path);
	while (p.len && !has_digit(p));
	return p;
}

/* Do the segments with digits (dates, numbers of issues) agree? One URL may have none. */
static int
numbers_agree(struct part a, struct part b)
{
	struct part x = pop_number(&a), y = pop_number(&b);
	if (!x.len || !y.len)
		return 1;
	for (; x.len || y.len; x = pop_number(&a), y = pop_number(&b))
		if (!parts_equal(x, y))
			return 0;
	return 1;
}

static struct part
next_parameter(struct part *query)
{
	size_t n = 0;
	while (n < query->len && query->at[n] != '&' && query->at[n] != ';')
		n++;
	struct part p = {query->at, n};
	n += n < query->len;
	query->at += n;
	query->len -= n;
	return p;
}

static int
has_parameter(struct part query, struct part wanted)
{
	while (query.len)
		if (parts_equal(next_parameter(&query), wanted))
			return 1;
	return 0;
}

/* Does QUERY hold all of WANTED? */
static int
holds_all(struct part query, struct part wanted)
{
	while (wanted.len)
		if (!has_parameter(query, next_parameter(&wanted)))
			return 0;
	return 1;
}

static size_t
count_parameters(struct part query)
{
	size_t count = 0;
	for (; query.len; count++)
		next_parameter(&query);
	return count;
}

/* Is one of the two all that the other is, and maybe more? Of long ones only equals are. */
static int
queries_agree(struct part a, struct part b)
{
	if (count_parameters(a) > PARAMETERS_MAX || count_parameters(b) > PARAMETERS_MAX)
		return parts_equal(a, b);
	return holds_all(a, b) || holds_all(b, a);
}

int
identity_urls_contradict(const char *x, const char *y)
{
	struct url_parts a, b;
	if (url_split(x, &a) || url_split(y, &b))
		return 1;
	struct part a_path = {a.path, a.path_len}, b_path = {b.path, b.path_len};
	struct part a_query = {a.query, a.query_len}, b_query = {b.query, b.query_len};
	return !numbers_agree(a_path, b_path) || !queries_agree(a_query, b_query);
}

/* Do two URLs end alike, and does nothing else in them contradict? */
static int
urls_agree(const char *x, const char *y)
{
	struct url_parts a, b;
	if (!x || !y || url_split(x, &a) || url_split(y, &b))
		return 0;
	struct part a_path = {a.path, a.path_len}, b_path = {b.path, b.path_len};
	struct part a_query = {a.query, a.query_len}, b_query = {b.query, b.query_len};
	struct part a_tail = pop_tail(&a_path), b_tail = pop_tail(&b_path);
	if (!a_tail.len && !b_tail.len && !(a_query.len && b_query.len))
		return 0;
	return parts_equal(a_tail, b_tail) && numbers_agree(a_path, b_path) &&
	       queries_agree(a_query, b_query);
}

/* ---- titles ---- */

static uint64_t
title_key(struct arena *a, const char *title)
{
	const char *words = identity_title(a, title, 0);
	int letters = 0;
	for (const char *s = words; *s; s++)
		letters |= isalpha((unsigned char)*s) || (unsigned char)*s >= 0x80;
	return letters && text_words(words) >= WORDS_MIN ? hash64_str(words) : 0;
}

/* The titles of one side: which entry bears which. */
struct side {
	const struct identity_trace *traces;
	size_t len;
	int stamped;      /* most dates are the same: that of the document, not of the entries */
	uint64_t *titles; /* 0: tells nothing */
	struct map first; /* title -> its first bearer */
};

static int
is_stamped(const struct identity_trace *traces, size_t len)
{
	int64_t newest = INT64_MIN;
	size_t count = 0;
	for (size_t i = 0; i < len; i++)
		if (traces[i].date.precision >= DATE_MINUTE && traces[i].date.utc > newest)
			newest = traces[i].date.utc;
	for (size_t i = 0; i < len; i++)
		count += traces[i].date.precision >= DATE_MINUTE &&
			 traces[i].date.utc >= newest - IDENTITY_STAMP_S;
	return identity_is_most(count, len);
}

static void
side_init(struct side *s, struct arena *a, const struct identity_trace *traces, size_t len)
{
	*s = (struct side){.traces = traces,
	    .len = len,
	    .stamped = is_stamped(traces, len),
	    .titles = arena_alloc(a, (len + 1) * sizeof *s->titles)};
	for (size_t i = 0; i < len; i++) {
		s->titles[i] = title_key(a, traces[i].title);
		size_t *first = s->titles[i] ? map_get(&s->first, s->titles[i]) : NULL;
		if (first) {
			*first = SIZE_MAX; /* two bear it: it tells nothing of either */
		} else if (s->titles[i]) {
			first = arena_alloc(a, sizeof *first);
			*first = i;
			map_put(&s->first, s->titles[i], first);
		}
	}
}

/* The only entry of S with TITLE, SIZE_MAX when there is none or more than one. */
static size_t
side_find(const struct side *s, uint64_t title)
{
	const size_t *first = title ? map_get(&s->first, title) : NULL;
	return first ? *first : SIZE_MAX;
}

/* ---- pairs ---- */

static int
compare_dates(const struct side *now, size_t i, const struct side *old, size_t k)
{
	if (now->stamped || old->stamped)
		return 0;
	return identity_compare_dates(now->traces[i].date, old->traces[k].date);
}

/* How many different dates the pairs that agree in their date show, up to DATES_MIN. */
static size_t
count_dates(const struct side *now, const struct side *old, const size_t *of)
{
	int64_t seen[DATES_MIN];
	size_t count = 0;
	for (size_t i = 0; i < now->len; i++) {
		if (of[i] == SIZE_MAX)
			continue;
		struct date date = now->traces[i].date;
		size_t k = 0;
		while (k < count && seen[k] != date.utc)
			k++;
		if (k == count && count < DATES_MIN && compare_dates(now, i, old, of[i]) > 0)
			seen[count++] = date.utc;
	}
	return count;
}

/* Keep the pairs that have evidence; returns how many. */
static size_t
keep_evident(const struct side *now, const struct side *old, size_t *of)
{
	size_t kept = 0;
	int dates_tell = count_dates(now, old, of) >= DATES_MIN;
	for (size_t i = 0; i < now->len; i++) {
		if (of[i] == SIZE_MAX)
			continue;
		const struct identity_trace *x = &now->traces[i], *y = &old->traces[of[i]];
		int date = compare_dates(now, i, old, of[i]);
		if ((date > 0 && dates_tell) || (date >= 0 && urls_agree(x->url, y->url)))
			kept++;
		else
			of[i] = SIZE_MAX;
	}
	return kept;
}

size_t
identity_match(const struct identity_trace *now, size_t now_len, const struct identity_trace *old,
    size_t old_len, size_t *of)
{
	struct arena a = {0};
	struct side x, y;
	side_init(&x, &a, now, now_len);
	side_init(&y, &a, old, old_len);
	for (size_t i = 0; i < now_len; i++) {
		size_t k = side_find(&x, x.titles[i]) == i ? side_find(&y, x.titles[i]) : SIZE_MAX;
		of[i] = now[i].taken || k == SIZE_MAX || old[k].taken ? SIZE_MAX : k;
	}
	size_t kept = keep_evident(&x, &y, of);
	if (!identity_is_most(kept, now_len)) {
		for (size_t i = 0; i < now_len; i++)
			of[i] = SIZE_MAX;
		kept = 0;
	}
	map_clear(&x.first);
	map_clear(&y.first);
	arena_clear(&a);
	return kept;
}
