#!/bin/sh
# count.sh LOG...: adds up the summaries of test-suite.log files into one line.
cat "$@" 2>/dev/null | awk '
	/^# (PASS|XFAIL): / { passed += $3 }
	/^# (FAIL|XPASS|ERROR): / { failed += $3 }
	/^# SKIP: / { skipped += $3 }
	END { printf "%d passed, %d failed, %d skipped\n", passed, failed, skipped }'
