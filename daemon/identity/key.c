/* key: what identifies an entry, and how those of one document are told apart. See identity.h. */
#include <string.h>
#include <strings.h>

#include "hash.h"
#include "identity_priv.h"
#include "text.h"
#include "url.h"

#define COUNTER_MAX   40  /* bytes in the brackets of "(12 comments)" */
#define OPENING       160 /* letters of a text that stand for a missing title */
#define SHARED_MIN    3   /* entries with one link between them: it is none of theirs */
#define AUTHORITY_MAX 512

/* ---- titles and texts ---- */

/* The beginnings of words for what readers leave below an article. */
static const char *const counted[] = {"comment", "koment", "komment", "coment", "comentar", "repl",
    "respon", "antwort", "reac", "reak", "view", "vote", "like", "point", "opmerking", "коммент",
    "комент", "評論", "评论", "コメント", "댓글"};

/* Is what stands in the brackets [S, S + LEN) a count? */
static int
is_counter(const char *s, size_t len, int bare)
{
	size_t digits = strspn(s, "0123456789.,");
	if (!digits || len > COUNTER_MAX)
		return 0;
	if (digits >= len) /* a year is none */
		return bare && !(len == 4 && (!strncmp(s, "19", 2) || !strncmp(s, "20", 2)));
	const char *word = s + digits + strspn(s + digits, " ");
	for (size_t i = 0; i < sizeof counted / sizeof *counted; i++)
		if (!strncasecmp(word, counted[i], strlen(counted[i])))
			return 1;
	return 0;
}

const char *
identity_title(struct arena *a, const char *title, int counters)
{
	size_t len = title ? strlen(title) : 0;
	if (!len)
		return "";
	char last = title[len - 1];
	if (last == ')' || last == ']') {
		const char *open = strrchr(title, last == ')' ? '(' : '[');
		if (open && open > title &&
		    is_counter(open + 1, (size_t)(title + len - 2 - open), counters))
			title = arena_strndup(a, title, (size_t)(open - title));
	}
	const char *words = text_tokens(a, title, NULL);
	return *words ? words : title; /* nothing but signs: they tell, then */
}

/* Of ASCII the letters, and all that is not ASCII. */
static int
is_letter(unsigned char c)
{
	return c >= 0x80 || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

uint64_t
identity_letters(const char *s, size_t max)
{
	uint64_t sum = 0;
	char part[256];
	size_t len = 0, total = 0;
	int in_tag = 0;
	for (; s && *s && total < max; s++) {
		unsigned char c = (unsigned char)*s;
		if (c == '<')
			in_tag = 1;
		if (!in_tag && is_letter(c)) {
			part[len++] = (char)c;
			total++;
		}
		if (c == '>')
			in_tag = 0;
		if (len == sizeof part) {
			sum = (sum ^ hash64(part, len)) * 0x9e3779b97f4a7c15u;
			len = 0;
		}
	}
	if (len)
		sum = (sum ^ hash64(part, len)) * 0x9e3779b97f4a7c15u;
	return total && !sum ? 1 : sum;
}

static int
has_text(const struct item *it)
{
	return (it->content && *it->content) || (it->summary && *it->summary);
}

/* ---- keys ---- */

const char *
identity_fragment(const char *s)
{
	return s + strcspn(s, "#");
}

static uint64_t
nonzero(uint64_t key)
{
	return key ? key : 1;
}

const char *
identity_link(struct arena *a, const struct item *it)
{
	if (!it->link)
		return NULL;
	const char *fragment = identity_fragment(it->link), *canonical = it->canonical;
	if (!canonical && url_is_web(it->link) < 0)
		return it->link;
	if (!canonical && !*fragment)
		return NULL;
	if (!canonical)
		canonical = url_canonical(a, it->link);
	if (!canonical || !*fragment)
		return canonical;
	return arena_printf(a, "%s%s", canonical, fragment);
}

/* What stands for the title of an entry: "" when it says nothing at all. */
static const char *
title_of(struct arena *a, const struct item *it)
{
	const char *title = identity_title(a, it->title, 0);
	if (*title)
		return title;
	if (it->enclosures_len && it->enclosures[0].url)
		return it->enclosures[0].url;
	uint64_t letters = identity_letters(it->summary, OPENING);
	if (!letters)
		letters = identity_letters(it->content, OPENING);
	return arena_printf(a, "%016llx", (unsigned long long)letters);
}

uint64_t
identity_key(struct arena *a, const struct item *it, int level)
{
	if (it->guid && !level)
		return nonzero(hash64_str(it->guid));
	int step = level - (it->guid != NULL);
	if (step > 1)
		return 0;
	const char *link = identity_link(a, it), *title = link && !step ? NULL : title_of(a, it);
	if (!step)
		return nonzero(hash64_str(link ? link : title));
	return nonzero(
	    hash64_str(link ? arena_printf(a, "%s\n%s", link, title)
			    : arena_printf(a, "%s\n%lld", title,
				  (long long)(it->published.precision ? it->published.utc : 0))));
}

/* ---- one document ---- */

int
identity_compare_dates(struct date a, struct date b)
{
	if (a.precision < DATE_DAY || b.precision < DATE_DAY)
		return 0;
	enum date_precision coarser = a.precision < b.precision ? a.precision : b.precision;
	int64_t unit = coarser == DATE_DAY ? 86400 : coarser == DATE_MINUTE ? 60 : 1;
	int64_t x = a.utc, y = b.utc;
	/* floor, also before 1970 */
	x -= (x % unit + unit) % unit;
	y -= (y % unit + unit) % unit;
	return x == y ? 1 : -1;
}

/* What tells an entry from others that share its key; made once, however many these are. */
struct marks {
	const struct item *item;
	uint64_t link, title; /* 0: none */
};

static struct marks
marks_of(const struct item *it)
{
	struct arena a = {0};
	const char *link = identity_link(&a, it);
	struct marks m = {it, link ? nonzero(hash64_str(link)) : 0, hash64_str(title_of(&a, it))};
	arena_clear(&a);
	return m;
}

static int
differ(const struct marks *x, const struct marks *y)
{
	if (x->title != y->title || (x->link && y->link && x->link != y->link))
		return 1;
	return !x->link && !y->link &&
	       identity_compare_dates(x->item->published, y->item->published) < 0;
}

/* The keys that entries share which differ, in SHARED; FIRST: the first entry of each key. */
static void
find_shared(const struct item *items, size_t len, const uint64_t *keys, struct map *first,
    struct map *shared)
{
	struct arena a = {0};
	struct map marks = {0};
	for (size_t i = 0; i < len; i++) {
		const struct item *other = map_get(first, keys[i]);
		if (!other) {
			map_put(first, keys[i], (void *)(uintptr_t)&items[i]);
			continue;
		}
		if (map_get(shared, keys[i]))
			continue;
		struct marks *of_first = map_get(&marks, keys[i]), own = marks_of(&items[i]);
		if (!of_first) {
			of_first = arena_alloc(&a, sizeof *of_first);
			*of_first = marks_of(other);
			map_put(&marks, keys[i], of_first);
		}
		if (differ(&own, of_first))
			map_put(shared, keys[i], (void *)(uintptr_t)other);
	}
	map_clear(&marks);
	arena_clear(&a);
}

/* One round: raise the level of all entries whose key is shared by one that differs. Returns how
 * many were raised; where none was, those that repeat another have lost their key. */
static size_t
raise_shared(struct arena *a, const struct item *items, size_t len, uint8_t *levels, uint64_t *keys)
{
	struct map first = {0}, shared = {0};
	size_t raised = 0;
	find_shared(items, len, keys, &first, &shared);
	for (size_t i = 0; i < len && shared.count; i++) {
		if (!map_get(&shared, keys[i]) || levels[i] + 1 >= IDENTITY_LEVELS)
			continue;
		uint64_t next = identity_key(a, &items[i], levels[i] + 1);
		if (!next)
			continue;
		levels[i]++;
		keys[i] = next;
		raised++;
	}
	for (size_t i = 0; i < len && !raised && first.count < len; i++)
		if (map_get(&first, keys[i]) != &items[i])
			keys[i] = 0;
	map_clear(&first);
	map_clear(&shared);
	return raised;
}

void
identity_tell_apart(
    struct arena *a, const struct item *items, size_t len, uint8_t *levels, uint64_t *keys)
{
	for (size_t i = 0; i < len; i++) {
		levels[i] = 0;
		keys[i] = items[i].key;
	}
	while (raise_shared(a, items, len, levels, keys))
		;
}

int
identity_updated_tells(const struct item *items, size_t len)
{
	int64_t newest = INT64_MIN;
	size_t stamped = 0;
	for (size_t i = 0; i < len; i++)
		if (items[i].updated.precision >= DATE_MINUTE && items[i].updated.utc > newest)
			newest = items[i].updated.utc;
	for (size_t i = 0; i < len; i++)
		stamped += items[i].updated.precision >= DATE_MINUTE &&
			   items[i].updated.utc >= newest - IDENTITY_STAMP_S;
	return !identity_is_most(stamped, len);
}

/* ---- links that are nobody's own ---- */

/* The authority of URL without www, "" when it has none. */
static const char *
site_of(const char *url, char *out, size_t size)
{
	if (!url || url_authority(url, out, size) != 0)
		return "";
	return strncmp(out, "www.", 4) ? out : out + 4;
}

/* The pages that belong to the feed as a whole. */
struct home {
	const char *page, *feed; /* canonical; NULL: not known */
	char page_buf[AUTHORITY_MAX], feed_buf[AUTHORITY_MAX];
	const char *page_site, *feed_site;
};

static int
is_home(const struct home *h, const char *canonical)
{
	struct url_parts parts;
	char buf[AUTHORITY_MAX];
	if ((h->page && !strcmp(canonical, h->page)) || (h->feed && !strcmp(canonical, h->feed)))
		return 1;
	if (url_split(canonical, &parts) || parts.path_len > 1 || parts.query_len)
		return 0;
	const char *site = site_of(canonical, buf, sizeof buf);
	return *site && (!strcmp(site, h->page_site) || !strcmp(site, h->feed_site));
}

/* Entries that share one link. */
struct sharing {
	uint64_t link;               /* with the fragment, of the first one */
	uint64_t titles[SHARED_MIN]; /* different ones */
	size_t titles_len;
	int fragments; /* differ, and so do titles */
};

static void
add_sharer(struct sharing *s, const struct item *it)
{
	struct marks own = marks_of(it);
	size_t i = 0;
	while (i < s->titles_len && s->titles[i] != own.title)
		i++;
	if (!s->titles_len)
		s->link = own.link;
	s->fragments |= i > 0 && own.link != s->link;
	if (i == s->titles_len && i < SHARED_MIN)
		s->titles[s->titles_len++] = own.title;
}

/* Find the links that several entries have. SHARED: of a link to its struct sharing, in A. */
static void
count_sharing(struct arena *a, const struct feed_doc *doc, struct map *shared)
{
	struct map firsts = {0};
	for (size_t i = 0; i < doc->items_len; i++) {
		const struct item *it = &doc->items[i];
		if (!it->canonical)
			continue;
		uint64_t key = hash64_str(it->canonical);
		const struct item *first = map_get(&firsts, key);
		if (!first) { /* most links are shared by nobody */
			map_put(&firsts, key, (void *)(uintptr_t)it);
			continue;
		}
		struct sharing *s = map_get(shared, key);
		if (!s) {
			s = arena_zalloc(a, sizeof *s);
			map_put(shared, key, s);
			add_sharer(s, first);
		}
		add_sharer(s, it);
	}
	map_clear(&firsts);
}

static int
some_have_text(const struct feed_doc *doc)
{
	for (size_t i = 0; i < doc->items_len; i++)
		if (has_text(&doc->items[i]))
			return 1;
	return 0;
}

void
identity_clear_shared_links(struct arena *a, const char *url, struct feed_doc *doc)
{
	struct home home = {.page = doc->link ? url_canonical(a, doc->link) : NULL,
	    .feed = url ? url_canonical(a, url) : NULL};
	struct map shared = {0};
	if (!some_have_text(doc)) /* as in sitemaps, which are long */
		return;
	home.page_site = site_of(doc->link, home.page_buf, sizeof home.page_buf);
	home.feed_site = site_of(url, home.feed_buf, sizeof home.feed_buf);
	count_sharing(a, doc, &shared);
	for (size_t i = 0; i < doc->items_len; i++) {
		struct item *it = &doc->items[i];
		if (!it->canonical || !has_text(it))
			continue;
		const struct sharing *s = map_get(&shared, hash64_str(it->canonical));
		if (is_home(&home, it->canonical) ||
		    (s && (s->titles_len >= SHARED_MIN || s->fragments)))
			it->canonical = it->fetch = NULL;
	}
	map_clear(&shared);
}
