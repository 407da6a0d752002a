/* writer_priv: between the writer's thread (writer.c) and what a write means to the store
 * (apply.c). */
#ifndef NEWSD_WRITER_PRIV_H
#define NEWSD_WRITER_PRIV_H

#include "writer.h"

/* Do W on STORE within the open transaction, filling its results. May be called again after a
 * rollback. Returns 0 or an enum error, told by store_fault. */
int apply_write(struct store *store, struct write *w);

/* ---- propose.c ---- */

/* Add to what POLL suggests, in A. To be called when all else is decided. FIRST: the feed had shown
 * no document before. */
void propose(const struct write_poll *p, struct poll *poll, const struct cadence_memory *memory,
    int first, struct arena *a);

#endif
