/* Fuzzes the decoding of any bytes under any label. The first line of the input is the
 * Content-Type; its length decides the kind of document. */
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "charset.h"

#define TYPE_MAX 200

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char type[TYPE_MAX + 1] = "";
	struct charset_result r;
	struct buf out;
	const uint8_t *line = memchr(data, '\n', size < TYPE_MAX ? size : TYPE_MAX);
	size_t type_len = line ? (size_t)(line - data) : 0;
	memcpy(type, data, type_len);
	data += line ? type_len + 1 : 0;
	size -= line ? type_len + 1 : 0;
	charset_preload();
	buf_init(&out, size * 4 + 16);
	int err = charset_to_utf8(data, size, type, (enum charset_kind)(type_len % 3), &out, &r);
	/* no byte becomes more than three, but for the odd half of a pair: the bound can't be met
	 */
	if (err || !charset_is_utf8(out.data, out.len) ||
	    memchr(out.data ? out.data : (uint8_t *)type, 0, out.len) || r.replaced > size)
		abort();
	buf_clear(&out);
	return 0;
}
