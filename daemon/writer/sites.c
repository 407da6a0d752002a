/* sites: see sites.h. */
#include "sites.h"

#include <string.h>

#include "text.h"
#include "url.h"

#define SITE_NAME_MAX 512
#define RENEW_EVERY   8 /* a line's row tells every so many articles how often it was seen */

static int
load(struct store *store, const char *site, struct arena *a, struct site_work *w)
{
	struct site_row row;
	int status = store_load_site(store, site, a, &row);
	w->site = site;
	sitelines_unpack(&w->lines, row.lines, row.lines_len);
	drift_unpack(&w->drift, row.drift, row.drift_len);
	return status;
}

static int
save(struct store *store, const struct site_work *w)
{
	uint8_t lines[SITELINES_PACKED], drift[DRIFT_PACKED];
	struct site_row row = {.name = w->site, .lines = lines, .drift = drift};
	sitelines_pack(&w->lines, lines, &row.lines_len);
	drift_pack(&w->drift, drift);
	row.drift_len = sizeof drift;
	return store_put_site(store, &row);
}

/* The page's title and that of the feed's entry: one holds the other's words. */
static int
titles_match(struct arena *a, const char *page, const char *feed)
{
	if (!page || !*page || !feed || !*feed)
		return -1;
	const char *one = text_tokens(a, page, NULL), *other = text_tokens(a, feed, NULL);
	return strstr(one, other) || strstr(other, one);
}

int
sites_begin(struct store *store, const char *url, struct article *a, const struct item *item,
    int64_t at, struct arena *arena, struct site_work *w)
{
	char name[SITE_NAME_MAX];
	memset(w, 0, sizeof *w);
	w->title_match = titles_match(arena, a->title, item ? item->title : NULL);
	if (!a->text || !*a->text || url_authority(url, name, sizeof name))
		return 0;
	int status = load(store, arena_strdup(arena, name), arena, w);
	if (status)
		return status;
	sitelines_read(arena, a->text, &w->text);
	if (!store_keeps_site_lines(store) && sitelines_judge(&w->lines, &w->text, at)) {
		a->text = sitelines_strip(arena, a->text, &w->text);
		a->words = (uint32_t)text_words(a->text);
	}
	return 0;
}

const char *
sites_without_lines(struct store *store, const struct site_work *w, const char *text, int64_t at,
    struct arena *arena)
{
	struct siteline_text t;
	if (!w->site || store_keeps_site_lines(store))
		return text;
	sitelines_read(arena, text, &t);
	return sitelines_judge(&w->lines, &t, at) ? sitelines_strip(arena, text, &t) : text;
}

/* Record the lines that went, and those that have become known. */
static int
put_lines(
    struct store *store, const struct site_work *w, int64_t id, int64_t at, struct arena *arena)
{
	int status = 0;
	for (size_t i = 0; i < w->text.uses_len && !status; i++) {
		const struct siteline_use *u = &w->text.uses[i];
		int tells = u->articles >= SITELINES_KNOWN &&
			    (u->articles < RENEW_EVERY || u->articles % RENEW_EVERY == 0);
		if (!u->dropped && !tells)
			continue;
		int64_t line_id;
		struct site_line line = {.site = w->site,
		    .hash = u->hash,
		    .text = arena_strndup(arena, u->text, u->len),
		    .articles = u->articles,
		    .dropped = u->dropped,
		    .last_seen = at};
		status = store_put_line(store, &line, &line_id);
		if (!status && u->dropped)
			status = store_put_dropped(store, id, u->at + 1, line_id);
	}
	return status;
}

int
sites_end(struct store *store, struct site_work *w, const struct article *a, int64_t id, int is_new,
    int is_page, int64_t at, struct arena *arena, struct drift_change *change)
{
	*change = (struct drift_change){0};
	if (!w->site)
		return 0;
	int status = is_new ? 0 : store_forget_dropped(store, id);
	if (is_new)
		sitelines_learn(&w->lines, &w->text, at);
	if (is_new && is_page) {
		struct drift_page page = {.words = a->words, .title_match = w->title_match};
		drift_learn(&w->drift, &page, at, change);
	}
	if (!status)
		status = put_lines(store, w, id, at, arena);
	if (!status && is_new)
		status = save(store, w);
	if (!status && (change->begins || change->ends))
		status = store_put_drift(store, w->site, change, at);
	return status;
}

int
sites_note_empty(struct store *store, int64_t link_id, int64_t at, struct arena *arena,
    struct drift_change *change, const char **site)
{
	struct site_work w = {0};
	char *name;
	*change = (struct drift_change){0};
	int status = store_link_site(store, link_id, arena, &name);
	if (status || !name)
		return status;
	status = load(store, *site = name, arena, &w);
	if (status)
		return status;
	drift_learn(&w.drift, &(struct drift_page){.title_match = -1}, at, change);
	status = save(store, &w);
	if (!status && (change->begins || change->ends))
		status = store_put_drift(store, name, change, at);
	return status;
}

int
sites_order_line(struct store *store, int64_t id, enum siteline_order order, int64_t at,
    struct arena *arena, struct site_line *line)
{
	struct site_work w = {0};
	int status = store_decide_line(store, id, order, arena, line);
	if (!status)
		status = load(store, line->site, arena, &w);
	if (status)
		return status;
	sitelines_order(&w.lines, line->hash, order, at);
	return save(store, &w);
}
