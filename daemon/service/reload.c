/*
 * reload: a new configuration is read and checked whole, its lists of feeds parsed, and only then
 * put in force; what is wrong leaves the old one running, with a clear word.
 */
#include <string.h>

#include "clock.h"
#include "log.h"
#include "notify.h"
#include "service_priv.h"

struct reload {
	struct service *s;
	struct config *config; /* the new one; NULL: only the lists, of the one in force */
	reload_done_cb done;   /* may be NULL */
	void *arg;
};

static void
finish(struct reload *r, const struct fault *f)
{
	struct service *s = r->s;
	s->reload = NULL;
	config_free(r->config);
	reload_done_cb done = r->done;
	void *arg = r->arg;
	mem_free(r);
	if (done)
		done(f, arg);
	if (s->reload_again && s->ready) {
		s->reload_again = 0;
		reload_begin(s, NULL, NULL);
	}
}

/* The old configuration stays in force. */
static void
fail(struct reload *r, const struct fault *f)
{
	if (r->s->ready) {
		struct log_line l;
		log_begin(&l, EV_RELOAD_FAILED);
		log_str(&l, LF_REASON, f->text);
		log_end(&l);
		notify_send("READY=1");
	}
	finish(r, f);
}

static void
on_synced(size_t added, size_t removed, const struct fault *f, void *arg)
{
	struct reload *r = arg;
	struct service *s = r->s;
	if (f) {
		struct fault own;
		fault_set(&own, f->code,
		    "the configuration is in force, but its feeds were not taken over: %s",
		    f->text);
		fail(r, &own);
		return;
	}
	if (s->ready) {
		struct pipeline_status status;
		struct log_line l;
		char reason[128];
		pipeline_read_status(s->pipeline, &status);
		snprintf(reason, sizeof reason, "%zu feeds added, %zu removed", added, removed);
		log_begin(&l, EV_RELOADED);
		log_int(&l, LF_FEEDS, (int64_t)status.feeds);
		log_str(&l, LF_REASON, reason);
		log_end(&l);
		notify_send("READY=1");
	}
	finish(r, NULL);
}

/* The new configuration is right in every part: put it in force. */
static int
put_in_force(struct reload *r, struct fault *f)
{
	struct service *s = r->s;
	struct config *new = r->config;
	if (!new)
		return 0;
	int log_changed = strcmp(new->log_file, s->config->log_file) ||
			  new->log_format != s->config->log_format ||
			  new->log_level != s->config->log_level;
	int status = log_changed ? log_open(new->log_file, new->log_format, new->log_level, f) : 0;
	if (status)
		return status;
	struct buf names;
	buf_init(&names, 4096);
	if (config_needs_restart(s->boot, new, &names))
		log_warn("takes effect at the next start only: %s", buf_str(&names));
	buf_clear(&names);
	if (s->config != s->boot)
		config_free(s->config);
	s->config = new;
	r->config = NULL;
	pipeline_reconfigure(s->pipeline, new);
	writer_set_floor(s->writer, new->free_space_floor);
	return 0;
}

static void
on_list(const struct opml_doc *feeds, const struct fault *f, void *arg)
{
	struct reload *r = arg;
	struct fault own = {0};
	if (!f && put_in_force(r, &own))
		f = &own;
	if (f)
		fail(r, f);
	else
		pipeline_sync_feeds(r->s->pipeline, feeds, on_synced, r);
}

static struct reload *
begin(struct service *s, reload_done_cb done, void *arg)
{
	struct reload *r = mem_zalloc(sizeof *r);
	*r = (struct reload){.s = s, .done = done, .arg = arg};
	s->reload = r;
	return r;
}

void
reload_first(struct service *s, reload_done_cb done, void *arg)
{
	struct reload *r = begin(s, done, arg);
	feedlist_load(s->pool, s->config, on_list, r);
}

void
reload_begin(struct service *s, reload_done_cb done, void *arg)
{
	struct fault f;
	if (s->reload) {
		fault_set(&f, ERR_BUSY, "a reload is under way; try again");
		if (done)
			done(&f, arg);
		return;
	}
	char state[64];
	snprintf(
	    state, sizeof state, "RELOADING=1\nMONOTONIC_USEC=%lld", (long long)clock_mono_us());
	notify_send(state);
	struct reload *r = begin(s, done, arg);
	if (config_load(&r->config, s->options->config_path, &f))
		fail(r, &f);
	else
		feedlist_load(s->pool, r->config, on_list, r);
}
