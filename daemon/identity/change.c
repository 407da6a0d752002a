/* change: what has become of an entry since it was last seen. See identity.h. */
#include <string.h>

#include "hash.h"
#include "identity_priv.h"

uint64_t
identity_face(struct arena *a, const struct item *it)
{
	uint32_t title = it->title ? (uint32_t)hash64_str(it->title) : 0, link = 0;
	const char *own = it->canonical ? it->canonical : identity_link(a, it);
	if (own)
		link = (uint32_t)hash64_str(own) | 1;
	else if (it->published.precision != DATE_NONE)
		link = (uint32_t)hash64(&it->published.utc, sizeof it->published.utc);
	uint64_t face = (uint64_t)title << 32 | link;
	return face ? face : (uint64_t)1 << 32;
}

uint64_t
identity_gist(const struct item *it)
{
	uint64_t gist = identity_letters(it->content, SIZE_MAX);
	return gist ? gist : identity_letters(it->summary, SIZE_MAX);
}

/* What two sightings of one key have in common: 1 the same, -1 not, 0 not known. */
struct likeness {
	int link, title, date, text;
	int contrary; /* the links are of different articles, by their numbers */
};

static int
compare_links(struct arena *a, const struct identity_known *known, const struct item *now)
{
	/* the last one seen, or (it was changed back) the first */
	if (known->face && identity_link(a, now) &&
	    (uint32_t)known->face == (uint32_t)identity_face(a, now))
		return 1;
	if (!known->url || !now->canonical)
		return 0;
	return !strcmp(known->url, now->canonical) ? 1 : -1;
}

static struct likeness
compare(struct arena *a, const struct identity_known *known, const struct item *now, uint64_t gist)
{
	const char *before = identity_title(a, known->title, 0),
		   *after = identity_title(a, now->title, 0);
	int link = compare_links(a, known, now);
	uint32_t title = known->face >> 32;
	return (struct likeness){
	    .link = link,
	    .title = title && title == identity_face(a, now) >> 32 ? 1
		     : !*before || !*after                         ? 0
		     : strcmp(before, after)                       ? -1
								   : 1,
	    .date = identity_compare_dates(known->published, now->published),
	    .text = !known->gist || !gist ? 0
		    : known->gist == gist ? 1
					  : -1,
	    .contrary = link < 0 && identity_urls_contradict(known->url, now->canonical),
	};
}

/* Is it another entry, which has the key by chance or because its publisher begins anew? */
static int
is_other(const struct likeness *l)
{
	if (l->link > 0)
		return 0;
	if (l->link < 0) /* the link was changed, or it is another entry */
		return l->title < 0 || l->date < 0 || (!l->date && (!l->title || l->contrary));
	if (l->title < 0)
		return l->date <= 0; /* without a link: a new title at the same time is an edit */
	return l->date < 0 && l->text < 0; /* the weather, every day */
}

/* Was it changed so that the page is worth a look? A number of comments is not worth one. */
static int
is_updated(struct arena *a, const struct identity_known *known, const struct item *now,
    const struct likeness *l, int newer)
{
	if (l->title < 0 &&
	    strcmp(identity_title(a, known->title, 1), identity_title(a, now->title, 1)) != 0)
		return 1;
	if (!newer || l->text < 0 || !l->text)
		return newer;
	if (now->content && *now->content)
		return 0;
	/* of the page only an excerpt is known: `updated` is believed, unless a number in the
	 * excerpt is what was updated */
	return !strcmp(known->summary ? known->summary : "", now->summary ? now->summary : "");
}

int
identity_judge(const struct identity_known *known, const struct item *now, uint64_t gist, int newer)
{
	struct arena a = {0};
	struct likeness l = compare(&a, known, now, gist);
	int change = IDENTITY_OTHER;
	if (!is_other(&l))
		change = (l.link < 0 ? IDENTITY_MOVED : 0) |
			 (is_updated(&a, known, now, &l, newer) ? IDENTITY_UPDATED : 0);
	arena_clear(&a);
	return change;
}
