/* signature: see include/signature.h. */
#include "signature.h"

#include <string.h>

#include "hash.h"
#include "text.h"

void
signature_text(const char *text, uint8_t hash[16], uint32_t *tokens)
{
	struct arena a = {0};
	size_t count = 0;
	const char *form = text_tokens(&a, text, &count);
	hash128(form, strlen(form), hash);
	*tokens = count > UINT32_MAX ? UINT32_MAX : (uint32_t)count;
	arena_clear(&a);
}
