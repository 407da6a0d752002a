/*
 * promises: hosts that want to be asked by https alone (RFC 6797) are remembered in the store, in
 * wall time; the fetcher keeps them in time of its own. A clock that was set back gives a promise
 * its whole length once more, from then on; one that was set ahead ends it, and the host's next
 * answer renews it.
 */
#include "clock.h"
#include "hash.h"
#include "log.h"
#include "pipeline_priv.h"

static void
on_promise_written(struct write *w, void *arg)
{
	const struct pipeline *p = arg;
	if (w->status && !p->stopping)
		log_error(
		    "the store refuses the promise of %s: %s", w->u.promise.host, w->fault.text);
}

static void
on_promise(const struct fetch_promise *promise, void *arg)
{
	struct pipeline *p = arg;
	int64_t now = clock_now();
	struct write *w = write_new(WRITE_PROMISE, on_promise_written, p);
	w->u.promise = (struct store_promise){.key = hash64_str(promise->host),
	    .host = arena_strdup(&w->in, promise->host),
	    .heard = now,
	    .until = now + promise->left_s,
	    .subdomains = promise->subdomains};
	writer_submit(p->writer, w);
}

static int
load_promise(const struct store_promise *from, void *arg)
{
	struct pipeline *p = arg;
	int64_t now = clock_now(), length_s = from->until - from->heard;
	struct fetch_promise promise = {.host = from->host,
	    .left_s = now < from->heard ? length_s : from->until - now,
	    .subdomains = from->subdomains};
	p->door.restore(p->door.self, &promise);
	return 0;
}

int
promises_load(struct pipeline *p, struct store *store)
{
	int64_t now = clock_now();
	if (!p->door.restore)
		return 0;
	p->door.on_promise(p->door.self, on_promise, p);
	/* a clock that was never set is no reason to write */
	int status = clock_is_sane() ? store_rebase_promises(store, now) : 0;
	return status ? status : store_each_promise(store, now, load_promise, p);
}
