/* writer_priv: between the writer's thread (writer.c) and what a write means to the store
 * (apply.c). */
#ifndef NEWSD_WRITER_PRIV_H
#define NEWSD_WRITER_PRIV_H

#include "writer.h"

/* Do W on STORE within the open transaction, filling its results. May be called again after a
 * rollback. Returns 0 or an enum error, told by store_fault. */
int apply_write(struct store *store, struct write *w);

#endif
