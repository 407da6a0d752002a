/* Fuzzer of config_parse: any bytes are a configuration or a fault in words. */
#include <stdlib.h>
#include <string.h>

#include "config.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct config *c = NULL;
	struct fault f = {0};
	if (config_parse(&c, "fuzz/newsd.conf", (const char *)data, len, &f) == 0) {
		if (!config_find_feed(c, "https://a.example/") && c->feed_sections_len)
			config_find_feed(c, c->feed_sections[0].url);
		if (c->poll_min > c->poll_max || !c->store[0] || !c->user_agent[0])
			abort();
		config_free(c);
	} else if (!f.text[0]) {
		abort();
	}
	return 0;
}
