/*
 * newsctl extract: the article of one page, for people who want only that. The page comes from a
 * file, from standard input or, through the same fetcher and rules as the daemon's, from its site;
 * it is parsed in a sandboxed worker. Never touches the store, never asks the daemon.
 */
#include "newsctl_priv.h"

#include <event2/event.h>
#include <signal.h>
#include <string.h>
#include <strings.h>

#include "fetch.h"
#include "mem.h"
#include "url.h"

#define NOWHERE "http://localhost/" /* a page of which nobody says where it was found */

/* The page as it came. */
struct source {
	const char *name; /* as the command line gave it */
	struct buf body;
	char *url, *type, *encoding;
	int done;
	struct fault f;
};

static void
source_clear(struct source *s)
{
	buf_clear(&s->body);
	mem_free(s->url);
	mem_free(s->type);
	mem_free(s->encoding);
}

/* ---- from its site ---- */

static int
is_page_type(const char *type)
{
	return !*type || strcasestr(type, "html") || strcasestr(type, "xml") ||
	       strcasestr(type, "text/") || strcasestr(type, "octet-stream");
}

static void
on_fetched(struct fetch_result *r, void *arg)
{
	struct source *s = arg;
	s->done = 1;
	if (r->error != FETCH_OK) {
		fault_set(&s->f, ERR_IO, "%s: %s: %s", s->name, fetch_error_name(r->error),
		    r->error_text);
	} else if (r->status < 200 || r->status > 299) {
		fault_set(&s->f, ERR_IO, "%s: HTTP %d%s", s->name, r->status,
		    r->challenge ? ", a bot protection" : "");
	} else if (!is_page_type(r->content_type)) {
		fault_set(&s->f, ERR_INPUT, "%s is no page but %s", s->name, r->content_type);
	} else {
		/* a copy: the fetcher, whose budget the body is charged to, goes before it */
		buf_add(&s->body, r->body.data, r->body.len);
		s->url = mem_strdup(r->final_url);
		s->type = mem_strdup(r->content_type);
		s->encoding = mem_strdup(r->content_encoding);
	}
}

static enum ctl_exit
fetch_page(struct ctl *ctl, struct event_base *base, struct source *s)
{
	const struct config *c = ctl_config(ctl);
	struct arena a = {0};
	struct fetcher *fetcher = NULL;
	if (!c)
		return CTL_USAGE;
	const char *url = url_fetch_form(&a, s->name);
	struct fetch_options o = {.transfers = 1,
	    .bytes_in_flight = (size_t)c->body_max,
	    .body_max = (size_t)c->body_max,
	    .connect_timeout_s = c->connect_timeout,
	    .transfer_timeout_s = c->transfer_timeout,
	    .redirects_max = (int)c->redirects_max,
	    .user_agent = c->user_agent,
	    .proxy = c->proxy,
	    .ca_file = c->ca_file,
	    .addresses = &c->addresses};
	if (!url) {
		fault_set(&s->f, ERR_INPUT, "%s is no address of a page", s->name);
	} else if (!fetch_new(&fetcher, base, &o, &s->f)) {
		struct fetch_door door = fetch_door(fetcher);
		struct fetch_request request = {.url = url, .kind = FETCH_PAGE};
		door.start(door.self, &request, on_fetched, s);
		while (!s->done && event_base_loop(base, EVLOOP_ONCE) == 0)
			;
		fetch_free(fetcher);
	}
	arena_clear(&a);
	return s->f.code ? ctl_complain_fault(&s->f) : CTL_OK;
}

/* ---- from anywhere ---- */

static int
is_address(const char *name)
{
	return !strncasecmp(name, "http://", 7) || !strncasecmp(name, "https://", 8);
}

static enum ctl_exit
load(struct ctl *ctl, struct event_base *base, struct source *s)
{
	const char *url = ctl_get(ctl, "url");
	if (is_address(s->name)) {
		if (!url)
			return fetch_page(ctl, base, s);
		ctl_complain("--url is for a file or standard input: %s has its own", s->name);
		return CTL_USAGE;
	}
	if (url && !is_address(url)) {
		ctl_complain(
		    "--url \"%s\": expected an address that begins with http:// or https://", url);
		return CTL_USAGE;
	}
	s->url = mem_strdup(url ? url : NOWHERE);
	s->type = mem_strdup("");
	s->encoding = mem_strdup("");
	return ctl_read_document(s->name, &s->body, &s->f) ? ctl_complain_fault(&s->f) : CTL_OK;
}

static void
on_parsed(struct reply *reply, void *arg)
{
	struct reply **out = arg;
	*out = reply;
}

/* The page in *OUT, which a worker parsed. */
static enum ctl_exit
parse(struct ctl *ctl, struct event_base *base, struct source *s, struct reply **out)
{
	struct pool *pool = ctl_new_pool(base, 1, 1);
	if (!pool)
		return CTL_FAILED;
	struct job job = {.kind = JOB_PAGE,
	    .flags = ctl_get(ctl, "explain") ? JOB_WANT_TRACE : 0,
	    .url = s->url,
	    .content_type = s->type,
	    .content_encoding = s->encoding,
	    .agent = "",
	    .inflated_max = CTL_DOCUMENT_MAX};
	pool_submit(pool, &job, &s->body, on_parsed, out);
	while (!*out && event_base_loop(base, EVLOOP_ONCE) == 0)
		;
	pool_free(pool);
	if (*out && (*out)->status == 0)
		return CTL_OK;
	ctl_complain("%s: %s", s->name,
	    !*out            ? "no worker answered"
	    : (*out)->reason ? (*out)->reason
			     : error_name((*out)->status));
	return CTL_FAILED;
}

/* ---- the answer ---- */

static int
is_article(enum verdict v)
{
	return v == VERDICT_FULL || v == VERDICT_PARTIAL || v == VERDICT_LIVE_BLOG;
}

static int
is_nowhere(const char *url)
{
	return url && !strncmp(url, NOWHERE, strlen(NOWHERE));
}

/* Nobody says where the page was found: forget what its relative links would lead to. */
static void
forget_nowhere(struct article *a)
{
	size_t kept = 0;
	if (is_nowhere(a->canonical))
		a->canonical = NULL;
	if (is_nowhere(a->image))
		a->image = NULL;
	a->url = a->canonical;
	for (size_t i = 0; i < a->links_len; i++)
		if (!is_nowhere(a->links[i]))
			a->links[kept++] = a->links[i];
	a->links_len = kept;
	for (size_t i = 0; i < a->blocks_len; i++) {
		struct block *b = &a->blocks[i];
		kept = 0;
		for (size_t j = 0; j < b->links_len; j++)
			if (!is_nowhere(b->links[j].url))
				b->links[kept++] = b->links[j];
		b->links_len = kept;
	}
}

static enum ctl_exit
show(const struct ctl *ctl, const char *name, const struct reply *r)
{
	struct article *a = r->article;
	if (!is_address(name) && !ctl_get(ctl, "url"))
		forget_nowhere(a);
	if (ctl->json)
		ctl_print_page(r);
	else if (ctl_get(ctl, "explain"))
		ctl_explain(a);
	else if (a->verdict != VERDICT_FULL)
		ctl_complain("%s: %s: %s", name, verdict_name(a->verdict),
		    a->evidence ? a->evidence : "no evidence");
	if (!is_article(a->verdict))
		return CTL_NO_ARTICLE;
	if (ctl_get(ctl, "html"))
		ctl_print_html(stdout, a);
	else if (ctl_get(ctl, "markdown"))
		ctl_print_markdown(stdout, a);
	else if (!ctl->json && !ctl_get(ctl, "explain"))
		ctl_print_article(stdout, a);
	return CTL_OK;
}

enum ctl_exit
ctl_run_extract(struct ctl *ctl, int argc, char **argv)
{
	(void)argc;
	struct source s = {.name = argv[0]};
	struct reply *reply = NULL;
	int forms = (ctl_get(ctl, "html") != NULL) + (ctl_get(ctl, "markdown") != NULL) +
		    (ctl->json || ctl_get(ctl, "explain"));
	if (forms > 1) {
		ctl_complain(
		    "extract: --html, --markdown and --json or --explain exclude each other");
		return CTL_USAGE;
	}
	signal(SIGPIPE, SIG_IGN);
	struct event_base *base = event_base_new();
	if (!base) {
		ctl_complain("no event loop");
		return CTL_FAILED;
	}
	buf_init(&s.body, CTL_DOCUMENT_MAX);
	enum ctl_exit status = load(ctl, base, &s);
	if (status == CTL_OK)
		status = parse(ctl, base, &s, &reply);
	if (status == CTL_OK)
		status = show(ctl, s.name, reply);
	if (reply)
		reply_free(reply);
	source_clear(&s);
	event_base_free(base);
	return status;
}
