/* intake: a document on its way into the store. entries.c takes its entries in; renames.c knows
 * them again under other names. */
#ifndef NEWSD_STORE_INTAKE_H
#define NEWSD_STORE_INTAKE_H

#include "identity.h"
#include "store_priv.h"

/* A feed that changes `updated` at every poll must not have its pages fetched for ever. */
#define RECHECKS_MAX 5

/* One entry on its way in. */
struct entry {
	const struct item *item;
	size_t index;    /* in the document */
	uint64_t key;    /* its identity within the feed */
	int64_t version; /* its `updated`, 0: none, or it tells nothing */
	uint64_t face, gist;
	int64_t link_id; /* of an entry new to the feed: its link, as far as it is known; else 0 */
	int renamed;     /* the link was found although its URL is new */
};

struct intake {
	struct store *s;
	const struct poll *p;
	struct poll_result *r;
	struct arena scratch;
	struct map made; /* links of this very document: hash of the URL -> its entry */
	int updated_tells;
	struct window_entry *seen; /* by index in the document; key 0: a repetition */
	struct entry *news; /* entries that the feed did not have, by their keys; in scratch */
	size_t news_len;
	int64_t *links; /* that the document's other entries lead to; in scratch */
	size_t links_len;
};

/* ---- entries.c ---- */

/* Take the document of IN->p in. */
int store_take_entries(struct intake *in);
void store_clear_intake(struct intake *in);
/* Work for the link of E, with strings in the result. */
struct link_work *store_add_work(
    struct intake *in, const struct entry *e, int64_t id, const char *url, const char *fetch);
/* The host of the link URL (NULL: an entry without one), which has its row afterwards. */
int store_put_host(struct store *s, const char *url, uint64_t *key);
/* Make the link ID, which stood at OUTCOME, pending again. */
int store_reopen(struct intake *in, int64_t id, enum outcome outcome, const char *reason);

/* ---- renames.c ---- */

/* When most of the document is new by key and link: find the links of entries that the feed showed
 * lately under other names. */
int store_find_renamed(struct intake *in);
/* The link ID is at E's URL now: remember that, and look there from now on. */
int store_move_link(struct intake *in, const struct entry *e, int64_t id);
/* Remember which links the feed shows, for the next document. */
int store_put_window(struct intake *in);

#endif
