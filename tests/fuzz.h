/* fuzz: what harnesses have in common. */
#ifndef NEWSD_TESTS_FUZZ_H
#define NEWSD_TESTS_FUZZ_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What does not hold is a finding. */
static inline void
check(int fine)
{
	if (!fine)
		abort();
}

#endif
