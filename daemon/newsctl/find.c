/* newsctl, find: which feed of the store somebody means: by number, URL or a part of its title. */
#include "newsctl_priv.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "table.h"
#include "url.h"

#define SHOWN_MAX 10

struct match {
	int64_t id;
	const char *url, *title;
};

struct search {
	struct arena arena;
	const char *word, *key; /* key: WORD as a canonical URL, NULL: it is none */
	int64_t id;             /* WORD as a number, 0: it is none */
	int64_t exact;
	struct match *near; /* that hold WORD, of active feeds first */
	size_t near_len;
	int near_active;
};

static int
is_at(struct search *s, const char *url)
{
	struct arena a = {0};
	const char *key = url && s->key ? url_canonical(&a, url) : NULL;
	int same = key && !strcmp(key, s->key);
	arena_clear(&a);
	return same;
}

static int
on_feed(const struct feed_row *row, void *arg)
{
	struct search *s = arg;
	if (row->id == s->id || is_at(s, row->moved_to) || is_at(s, row->url)) {
		s->exact = row->id;
		return row->id == s->id || row->active;
	}
	if (!strcasestr(row->url, s->word) && !(row->title && strcasestr(row->title, s->word)))
		return 0;
	if (row->active < s->near_active)
		return 0;
	if (row->active > s->near_active)
		s->near_len = 0;
	s->near_active = row->active;
	struct match *m = ARENA_PUSH(&s->arena, s->near, s->near_len);
	*m = (struct match){.id = row->id,
	    .url = arena_strdup(&s->arena, row->url),
	    .title = arena_strdup(&s->arena, row->title)};
	return 0;
}

static enum ctl_exit
complain_of_several(const struct search *s)
{
	ctl_complain(
	    "\"%s\" is in the title or URL of %zu feeds; say which:", s->word, s->near_len);
	for (size_t i = 0; i < s->near_len && i < SHOWN_MAX; i++)
		ctl_complain("  %" PRId64 "  %s%s%s%s", s->near[i].id, s->near[i].url,
		    s->near[i].title ? " (" : "", s->near[i].title ? s->near[i].title : "",
		    s->near[i].title ? ")" : "");
	if (s->near_len > SHOWN_MAX)
		ctl_complain("  and %zu more", s->near_len - SHOWN_MAX);
	return CTL_CHOICE;
}

enum ctl_exit
ctl_find_feed(struct store *store, const char *word, int64_t *id)
{
	char *end;
	struct search s = {.word = word, .near_active = -1};
	long long number = strtoll(word, &end, 10);
	s.id = *word && !*end && number > 0 ? number : 0;
	s.key = strstr(word, "://") ? url_canonical(&s.arena, word) : NULL;
	enum ctl_exit status = CTL_OK;
	if (!*word) {
		ctl_complain("which feed? give its number, its URL or a part of its title");
		status = CTL_USAGE;
	} else if (store_each_feed(store, 0, on_feed, &s) != 0) {
		status = ctl_complain_store(store);
	} else if (s.exact || s.near_len == 1) {
		*id = s.exact ? s.exact : s.near[0].id;
	} else if (s.near_len) {
		status = complain_of_several(&s);
	} else {
		ctl_complain("no feed has \"%s\" for its number or in its URL or title; "
			     "newsctl feeds --all lists them",
		    word);
		status = CTL_FAILED;
	}
	arena_clear(&s.arena);
	return status;
}
