/* Fuzzes what a worker does with a page: charset, parse, extraction, signature; and the same bytes
 * as a feed entry's fragment. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "buf.h"
#include "charset.h"
#include "extract.h"
#include "wire.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What newsctl would refuse from a worker is no good answer from one. */
static void
check_wire(struct article *art)
{
	struct reply *reply = reply_new(JOB_PAGE), *back;
	struct buf frame;
	uint64_t id;
	buf_init(&frame, WIRE_FRAME_MAX);
	reply->article = art;
	if (wire_put_reply(&frame, 1, reply) || wire_get_reply(frame.data, frame.len, &id, &back))
		abort();
	reply_free(back);
	reply_free(reply);
	buf_clear(&frame);
}

static void
check(struct article *art)
{
	check_wire(art);
	if (!charset_is_utf8((const uint8_t *)art->text, strlen(art->text)) ||
	    strlen(art->text) > EXTRACT_TEXT_MAX || !(art->confidence >= 0 && art->confidence <= 1))
		abort();
	for (size_t i = 0; i < art->trace_len; i++)
		if (!(art->trace[i].score >= 0 && art->trace[i].score <= 1))
			abort();
	if (art->evidence &&
	    !charset_is_utf8((const uint8_t *)art->evidence, strlen(art->evidence)))
		abort();
	if (art->title && !charset_is_utf8((const uint8_t *)art->title, strlen(art->title)))
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct article *art;
	struct fault f;
	struct buf utf8;
	extract_prepare();
	buf_init(&utf8, size * 3 + 1);
	int repaired = !charset_repair_utf8(data, size, &utf8);
	/* the page as its own witness: whatever it holds is markup of a feed, too */
	struct extract_wish wish = {
	    .trace = 1, .witness_title = "x", .witness = repaired ? buf_str(&utf8) : NULL};
	if (!extract_page_as(&a, &wish, "https://www.example.org/2026/01/05/x", "text/html", data,
		size, &art, &f))
		check(art);
	arena_clear(&a);
	if (repaired &&
	    !extract_fragment(&a, "https://www.example.org/", buf_str(&utf8), utf8.len, &art, &f))
		check(art);
	buf_clear(&utf8);
	arena_clear(&a);
	return 0;
}
