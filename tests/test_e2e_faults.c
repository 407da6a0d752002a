/*
 * test_e2e_faults: newsd whose disk fails once, for a while and for good, and which gets no memory:
 * a sample of each kind (tests/sweep_kinds.h).
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "e2e_rig.h"
#include "sweep_kinds.h"

int
main(void)
{
	struct CMUnitTest tests[SWEEP_KINDS - SWEEP_KILLS];
	for (size_t k = SWEEP_KILLS; k < SWEEP_KINDS; k++)
		tests[k - SWEEP_KILLS] = (struct CMUnitTest){
		    sweep_kinds[k].name, sweep_sample, e2e_fresh, NULL, (void *)&sweep_kinds[k]};
	return cmocka_run_group_tests(tests, sweep_setup, sweep_teardown);
}
