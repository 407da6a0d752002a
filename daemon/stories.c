/* stories: see include/stories.h. */
#include "stories.h"

#include <string.h>

#include "mem.h"
#include "signature.h"
#include "text.h"
#include "url.h"

static int
titles_are_alike(const char *a, const char *b)
{
	if (!a || !b)
		return 0;
	struct arena arena = {0};
	const char *x = text_tokens(&arena, a, NULL), *y = text_tokens(&arena, b, NULL);
	int alike = *x && !strcmp(x, y);
	arena_clear(&arena);
	return alike;
}

enum story_relation
stories_judge(const struct article *article, int64_t link_id, const struct story_known *by_url,
    const struct story_known *by_text, int64_t *of)
{
	*of = 0;
	if (by_url) {
		int own = by_url->link_id == link_id;
		*of = by_url->id;
		if (!memcmp(by_url->text_hash, article->text_hash, 16))
			return own ? STORY_UNCHANGED : STORY_SAME_URL;
		if (own || titles_are_alike(by_url->title, article->title))
			return STORY_REVISION;
	}
	*of = 0;
	if (by_text && article->tokens >= SIGNATURE_TOKENS_MIN) {
		*of = by_text->id;
		return by_text->link_id == link_id ? STORY_UNCHANGED : STORY_SAME_TEXT;
	}
	return STORY_NEW;
}

/* The last two labels of a host: a rough site, enough to refuse a canonical URL elsewhere. */
static void
site_of(const struct url_parts *u, const char **site, size_t *len)
{
	size_t dots = 0, at = u->host_len;
	while (at > 0) {
		if (u->host[at - 1] == '.' && ++dots == 2)
			break;
		at--;
	}
	*site = u->host + at;
	*len = u->host_len - at;
}

int
stories_canonical_is_plausible(const char *declared, const char *fetched)
{
	struct url_parts d, f;
	if (url_split(declared, &d) || url_split(fetched, &f))
		return 0;
	const char *d_site, *f_site;
	size_t d_len, f_len;
	site_of(&d, &d_site, &d_len);
	site_of(&f, &f_site, &f_len);
	if (d_len != f_len || strncasecmp(d_site, f_site, d_len))
		return 0;
	int d_front = d.path_len <= 1 && !d.query, f_front = f.path_len <= 1 && !f.query;
	return f_front || !d_front;
}
