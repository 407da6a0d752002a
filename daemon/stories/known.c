/* What is known without comparing texts: the canonical URL, the exact text. See include/stories.h.
 */
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

/* 1: SUB is HOST or a name below it. HOST has a dot, so that it is no bare suffix such as "uk". */
static int
is_at_or_below(const char *sub, size_t sub_len, const char *host, size_t host_len)
{
	if (!memchr(host, '.', host_len) || sub_len < host_len)
		return sub_len == host_len && !strncasecmp(sub, host, host_len);
	const char *tail = sub + sub_len - host_len;
	return !strncasecmp(tail, host, host_len) && (tail == sub || tail[-1] == '.');
}

/* 1: the hosts differ in their first label alone and one of these is a name for the same site
 * (amp.a.example, www.a.example). */
static int
is_sibling(const struct url_parts *a, const struct url_parts *b)
{
	static const char *const names[] = {"www", "m", "amp", "mobile"};
	const struct url_parts *const both[] = {a, b};
	const char *rest[2] = {NULL, NULL};
	size_t len[2] = {0, 0};
	for (int i = 0; i < 2; i++) {
		const char *dot = memchr(both[i]->host, '.', both[i]->host_len);
		size_t label = dot ? (size_t)(dot - both[i]->host) : 0;
		for (size_t k = 0; k < sizeof names / sizeof *names; k++) {
			if (label != strlen(names[k]) ||
			    strncasecmp(both[i]->host, names[k], label))
				continue;
			rest[i] = dot + 1;
			len[i] = both[i]->host_len - label - 1;
		}
	}
	return rest[0] && rest[1] && len[0] == len[1] && !strncasecmp(rest[0], rest[1], len[0]);
}

int
stories_canonical_is_plausible(const char *declared, const char *fetched)
{
	struct url_parts d, f;
	if (url_split(declared, &d) || url_split(fetched, &f))
		return 0;
	if (!is_at_or_below(d.host, d.host_len, f.host, f.host_len) &&
	    !is_at_or_below(f.host, f.host_len, d.host, d.host_len) && !is_sibling(&d, &f))
		return 0;
	int d_front = d.path_len <= 1 && !d.query, f_front = f.path_len <= 1 && !f.query;
	return f_front || !d_front;
}
