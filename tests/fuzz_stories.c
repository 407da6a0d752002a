/* Fuzzer of what judges texts: signatures, stories_find and stories_compare_revision. The input is
 * two texts with a NUL between; the first bytes of the first are also read as a stored signature.
 */
#include <stdlib.h>
#include <string.h>

#include "stories.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static int
load(void *arg, int64_t id, struct arena *arena, struct story_article *out)
{
	(void)id;
	(void)arena;
	*out = (struct story_article){.text = arg, .site = "one", .at = 1790000000};
	return 0;
}

static void
expect_share(double share)
{
	if (!(share >= 0 && share <= 1))
		abort();
}

static void
try_signature(const uint8_t *data, size_t len)
{
	struct signature s;
	uint8_t blob[SIGNATURE_BLOB_MAX];
	if (signature_unpack(&s, data, len) == 0 &&
	    (signature_pack(&s, blob) != len || memcmp(blob, data, len) != 0))
		abort();
}

static void
try_find(char *one, const char *two)
{
	struct story_options options = {.memory_max = 1 << 20};
	struct stories *s = stories_new(&options, &(struct story_door){load, one});
	struct story_article article = {.text = two, .site = "two", .at = 1790000000};
	struct signature a, b;
	struct story_decision d;
	signature_of_text(&a, one);
	signature_of_text(&b, two);
	stories_add(s, 1, 1, story_site("one"), 1790000000, &a);
	if (stories_find(s, &article, &b, &d) != 0 || d.links_len > 1 || (d.story && !d.links_len))
		abort();
	if (d.links_len) {
		expect_share(d.links[0].similarity);
		expect_share(d.links[0].containment);
		expect_share(d.links[0].figures);
	}
	stories_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *one = malloc(len + 1);
	if (!one)
		return 0;
	memcpy(one, data, len);
	one[len] = '\0';
	size_t first = strlen(one);
	const char *two = first < len ? one + first + 1 : one;
	struct story_change change;
	int changed = stories_compare_revision(one, two, &change);
	if (changed != (change.added || change.removed))
		abort();
	expect_share(change.first);
	expect_share(change.last);
	if (two == one && changed)
		abort();
	try_signature(data, len);
	try_find(one, two);
	free(one);
	return 0;
}
