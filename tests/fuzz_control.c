/* Fuzzer of control_parse_request, as the server calls it for each line: any bytes are a request or
 * a fault in words. */
#include <json-c/json.h>
#include <stdint.h>
#include <stdlib.h>

#include "control.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct json_object *o = NULL;
	struct fault f = {0};
	if (control_parse_request((const char *)data, len, &o, &f) == 0) {
		if (!json_object_object_get_ex(o, "command", NULL))
			abort();
		json_object_put(o);
	} else if (!f.text[0] || o) {
		abort();
	}
	return 0;
}
