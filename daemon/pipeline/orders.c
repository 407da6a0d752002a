/* orders: what an operator decides about stories goes to the writer, and its answer back. */
#include "clock.h"
#include "mem.h"
#include "pipeline_priv.h"

struct order {
	pipeline_ordered_cb done;
	void *arg;
};

static void
on_ordered(struct write *w, void *arg)
{
	struct order *o = arg;
	o->done(&w->u.story.done, w->status ? &w->fault : NULL, o->arg);
	mem_free(o);
}

void
pipeline_order_story(
    struct pipeline *p, const struct story_order *order, pipeline_ordered_cb done, void *arg)
{
	struct order *o = mem_zalloc(sizeof *o);
	*o = (struct order){done, arg};
	struct write *w = write_new(WRITE_STORY, on_ordered, o);
	w->u.story.order = *order;
	w->u.story.order.at = clock_now();
	writer_submit(p->writer, w);
}
