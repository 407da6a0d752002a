/* Fuzzer of date_parse, date_settle and date_retry_after. */
#include <stdlib.h>
#include <string.h>

#include "date.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char *text = malloc(len + 1); /* exact, so that a step too far is seen */
	if (!text)
		return 0;
	memcpy(text, data, len);
	text[len] = '\0';
	struct date d;
	int rc = date_parse(text, &d);
	if ((rc == 0) != (d.precision != DATE_NONE))
		abort();
	/* the years 99 (by the zone) to 10000, or Unix time of ten digits */
	if (rc == 0 &&
	    (d.utc < date_days(99, 1, 1) * 86400 || d.utc > date_days(10001, 1, 1) * 86400))
		abort();
	for (int64_t now = 0; now <= d.utc; now += d.utc / 2 + 1) {
		struct date settled = d;
		date_settle(&settled, now);
		if (settled.precision != DATE_NONE
			? settled.utc > now + 86400
			: d.precision != DATE_NONE && settled.doubt != DATE_DOUBT_FUTURE)
			abort();
	}
	if (date_retry_after(text, 1790000000) < -1)
		abort();
	free(text);
	return 0;
}
