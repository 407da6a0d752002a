/*
 * witness: a page whose feed gave a text is read together with that text, which the store keeps
 * until the link's end. The page waits for it with its body still as it was received.
 */
#include <string.h>

#include "pipeline_priv.h"
#include "text.h"

/* A page that was fetched and waits. */
struct held_page {
	struct buf body;
	char *url, *type, *encoding;
};

void
pipeline_read_page(struct link *l, struct fetch_result *r)
{
	struct pipeline *p = l->p;
	if (!l->has_content) {
		struct job job = {
		    .kind = JOB_PAGE, .subject = l->url, .link_id = l->id, .feed_id = l->feed_id};
		pipeline_parse(p, &job, r, on_page_parsed, l);
		return;
	}
	struct held_page *page = l->page = mem_zalloc(sizeof *page);
	page->url = mem_strdup(r->final_url ? r->final_url : l->fetch);
	page->type = mem_strdup(r->content_type);
	page->encoding = mem_strdup(r->content_encoding);
	buf_init_budget(&page->body, r->body.max, p->door.budget);
	buf_move(&page->body, &r->body);
	pipeline_use_item(p, l);
}

void
pipeline_drop_page(struct link *l)
{
	if (!l->page)
		return;
	buf_clear(&l->page->body);
	mem_free(l->page->url);
	mem_free(l->page->type);
	mem_free(l->page->encoding);
	mem_free(l->page);
	l->page = NULL;
}

void
pipeline_submit_page(struct pipeline *p, struct link *l)
{
	struct held_page *page = l->page;
	const struct item *item = l->item;
	const char *said = !item ? "" : item->content ? item->content : item->summary;
	struct arena a = {0};
	struct job job = {.kind = JOB_PAGE,
	    .url = page->url,
	    .content_type = page->type,
	    .content_encoding = page->encoding,
	    .agent = "",
	    .witness_title = item && item->title ? item->title : "",
	    .witness =
		said ? arena_strndup(&a, said, text_cut(said, strlen(said), JOB_WITNESS_MAX)) : "",
	    .inflated_max = (size_t)p->config->inflated_max,
	    .subject = l->url,
	    .link_id = l->id,
	    .feed_id = l->feed_id};
	pool_submit(p->pool, &job, &page->body, on_page_parsed, l);
	arena_clear(&a);
	pipeline_drop_page(l);
}
