/*
 * fuzz_websub: the first line is a signature header, the second the query of a hub's GET, the rest
 * a body. What is read must be whole, and no signature may be believed but by the right key.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "fuzz.h"
#include "websub.h"

/* The next line of DATA, as a string in A. */
static char *
line(struct arena *a, const uint8_t **data, size_t *size)
{
	const uint8_t *end = *size ? memchr(*data, '\n', *size) : NULL;
	size_t len = end ? (size_t)(end - *data) : *size, used = end ? len + 1 : len;
	char *s = arena_strndup(a, (const char *)*data, len);
	*data += used;
	*size -= used;
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena a = {0};
	struct fault f;
	struct websub_intent intent;
	char *header = line(&a, &data, &size), *query = line(&a, &data, &size);
	enum websub_signature proof =
	    websub_check(header, "0123456789abcdef0123456789abcdef", data, size);
	check(proof == WEBSUB_UNSIGNED || proof == WEBSUB_FORGED || strchr(header, '='));
	if (websub_read_intent(&a, query, &intent, &f) == 0) {
		check(intent.topic && *intent.topic && intent.lease_s >= 0);
		check(intent.mode == WEBSUB_DENIED
			  ? !intent.challenge
			  : strlen(intent.challenge) <= WEBSUB_CHALLENGE_MAX);
		int64_t renew = websub_renew_s(intent.lease_s, size);
		check(renew > 0 && renew < WEBSUB_LEASE_MAX_S);
		struct websub_ask ask = {
		    .callback = "https://n.example/w/1", .topic = intent.topic};
		struct websub_intent again;
		char *form = websub_form(&a, &ask);
		char *back = arena_printf(&a, "%s&hub.challenge=c", form);
		check(websub_read_intent(&a, back, &again, &f) == 0);
		check(!strcmp(again.topic, intent.topic));
	}
	arena_clear(&a);
	return 0;
}
