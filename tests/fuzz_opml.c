/* Fuzzer of opml_parse: any bytes are a list or a fault in words; a list survives writing and
 * reading. */
#include <stdlib.h>
#include <string.h>

#include "opml.h"
#include "url.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct arena a = {0};
	struct opml_doc *doc = NULL, *again = NULL;
	struct fault f = {0};
	struct buf out;
	buf_init(&out, 64 << 20);
	if (opml_parse(&a, data, len, &doc, &f) != 0) {
		if (!*f.text)
			abort();
	} else {
		size_t taken = 0;
		for (size_t i = 0; i < doc->feeds_len; i++) {
			taken += !doc->feeds[i].refused;
			if (!doc->feeds[i].refused && url_is_web(doc->feeds[i].url) < 0)
				abort();
			opml_join_tags(&a, &doc->feeds[i]);
		}
		if (opml_write(doc, "fuzz", &out) != 0 ||
		    opml_parse(&a, out.data, out.len, &again, &f) != 0 || again->feeds_len != taken)
			abort();
	}
	buf_clear(&out);
	arena_clear(&a);
	return 0;
}
